//! The search box, how its text is read, and what it found, beside it.

use flamedrop::format;
use flamedrop::protocol::ContentOverview;
use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::icons;
use crate::document::OpenDocument;
use crate::effect::effect;
use crate::keys;
use crate::state::state;

/// The box in the bar on top.
#[component]
pub fn Search() -> impl IntoView {
    let state = state();
    let searchable = Memo::new(move |_| state.active.get().filter(|document| !document.views().is_empty()));
    let is_profile = Memo::new(move |_| {
        let overview = searchable.get().and_then(OpenDocument::overview);
        overview.is_some_and(|overview| matches!(overview.content, ContentOverview::Profile(_)))
    });
    // Made anew with the document, so that no answer is taken for another one's.
    let owner = StoredValue::new(None::<Owner>);
    let here = Owner::current();
    effect(move || {
        let document = searchable.get();
        let made = here.as_ref().map(Owner::child);
        // The recordings of a group are looked through by their table.
        let followed = document.filter(|document| !document.is_group());
        if let (Some(owner), Some(document)) = (&made, followed) {
            owner.with(|| document.follow_search());
        }
        if let Some(Some(old)) = owner.try_update_value(|owner| std::mem::replace(owner, made)) {
            old.cleanup();
        }
    });
    let switch = move |label: &'static str, name: &'static str, of: fn(OpenDocument) -> RwSignal<bool>| {
        view! {
            <button
                type="button"
                class="icon"
                title=name
                aria-label=name
                aria-pressed=move || searchable.get().is_some_and(|document| of(document).get()).to_string()
                on:click=move |_| {
                    if let Some(document) = searchable.get_untracked() {
                        of(document).update(|is_set| *is_set = !*is_set);
                    }
                }
            >{label}</button>
        }
    };
    view! {
        <div class="search" role="search">
            {icons::search()}
            <input
                id=keys::SEARCH
                type="search"
                aria-label="Search"
                placeholder="Search  /"
                title="A name, a file, file:line, or module:package; Enter and Shift+Enter walk what was found"
                autocomplete="off"
                spellcheck="false"
                disabled=move || searchable.get().is_none()
                prop:value=move || searchable.get().map(|document| document.search.get()).unwrap_or_default()
                on:input=move |event| {
                    if let Some(document) = searchable.get_untracked() {
                        document.searching.place.set(None);
                        document.search.set(event_target_value(&event));
                    }
                }
                on:keydown=move |event| {
                    let Some(document) = searchable.get_untracked() else { return };
                    match event.key().as_str() {
                        "Escape" => {
                            document.search.set(String::new());
                            let input: HtmlInputElement = event_target(&event);
                            let _ = input.blur();
                            keys::focus_view();
                        }
                        "Enter" => {
                            event.prevent_default();
                            document.searching.step(!event.shift_key());
                        }
                        _ => {}
                    }
                }
            />
            <Show when=move || is_profile.get()>
                {switch("Aa", "Match case", |document| document.searching.case)}
                {switch(".*", "Regular expression", |document| document.searching.regex)}
            </Show>
            <span class="found" role="status">{move || searchable.get().and_then(said)}</span>
        </div>
    }
}

/// What was found, in a few words; follows it.
fn said(document: OpenDocument) -> Option<AnyView> {
    let found = document.searching.found.get()?;
    if let Some(problem) = &found.problem {
        let problem = problem.clone();
        return Some(
            view! { <span class="wrong" title=problem>"invalid regular expression"</span> }.into_any(),
        );
    }
    let count = match document.searching.place.get() {
        Some((at, of)) => format!("{} of {}", format::count(i64::from(at)), format::count(i64::from(of))),
        None => {
            let matches = if found.count == 1 { "match" } else { "matches" };
            format!("{} {matches}", format::count(i64::from(found.count)))
        }
    };
    let shares = found.times.zip(document.profile_overview()).filter(|_| found.count > 0).map(
        |((self_time, total_time), profile)| {
            let share = |part: f64| format::percent(part / profile.total);
            format!(", {} self, {} total", share(self_time), share(total_time))
        },
    );
    Some(view! { {count}{shares} }.into_any())
}
