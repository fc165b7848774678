//! The dialog that saves a page with documents in it.

use flamedrop::format;
use flamedrop::protocol::ContentOverview;
use flamedrop::share::page::About;
use flamedrop::share::{Keep, Strip};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::icons;
use crate::document::OpenDocument;
use crate::effect::effect;
use crate::save::{self, Choice};
use crate::state::state;

/// A dialog, shown while [`crate::state::State::sharing`] is set.
#[component]
pub fn SavePage() -> impl IntoView {
    let state = state();
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        if state.sharing.get() {
            if !dialog.open() {
                let _ = dialog.show_modal();
            }
        } else {
            dialog.close();
        }
    });
    view! {
        <dialog class="save-page" aria-labelledby="save-page-title" node_ref=dialog on:close=move |_| state.sharing.set(false)>
            <header>
                <h2 id="save-page-title">"Save as page"</h2>
                <button type="button" class="icon" aria-label="Close" on:click=move |_| state.sharing.set(false)>{icons::close()}</button>
            </header>
            {move || state.sharing.get().then(|| view! { <Form /> })}
        </dialog>
    }
}

/// How far it is.
#[derive(Clone, PartialEq)]
enum Progress {
    Choosing,
    Making,
    Made(String),
    Failed(String),
}

#[component]
fn Form() -> impl IntoView {
    let state = state();
    let readable: Vec<OpenDocument> = state
        .documents
        .get_untracked()
        .into_iter()
        .filter(|document| untrack(|| document.overview()).is_some())
        .collect();
    let left_out = RwSignal::new(Vec::<u32>::new());
    let strip = RwSignal::new(Strip::default());
    let keep = RwSignal::new(Keep::Everything);
    let progress = RwSignal::new(Progress::Choosing);
    let has = |is_it: fn(&ContentOverview) -> bool| {
        let mut overviews = readable.iter().filter_map(|document| untrack(|| document.overview()));
        overviews.any(|overview| is_it(&overview.content))
    };
    let has_log = has(|content| matches!(content, ContentOverview::Queries(_)));
    let has_requests = has(|content| matches!(content, ContentOverview::Requests(_)));
    let parameters = match (has_log, has_requests) {
        (true, true) => "logged apart; values in the addresses of requests",
        (true, false) => "logged apart from their statements",
        (false, _) => "values in the addresses of requests",
    };
    let documents: Vec<_> = readable
        .iter()
        .map(|&document| {
            let id = document.id();
            let chosen = move || !left_out.with(|ids| ids.contains(&id));
            let what =
                untrack(|| document.overview()).map(|overview| save::in_words(&overview)).unwrap_or_default();
            view! {
                <li><label>
                    <input type="checkbox" prop:checked=chosen on:change=move |_| {
                        progress.set(Progress::Choosing);
                        left_out.update(|ids| {
                            let before = ids.len();
                            ids.retain(|other| *other != id);
                            if ids.len() == before {
                                ids.push(id);
                            }
                        });
                    } />
                    <span class="document-name">{document.name.get_untracked()}</span>
                    <span class="what">{what}</span>
                </label></li>
            }
        })
        .collect();
    let chosen = {
        let readable = readable.clone();
        move || -> Vec<OpenDocument> {
            readable
                .iter()
                .copied()
                .filter(|document| !left_out.with(|ids| ids.contains(&document.id())))
                .collect()
        }
    };
    let in_words = {
        let chosen = chosen.clone();
        move || {
            let documents = chosen().into_iter().filter_map(|document| {
                let overview = untrack(|| document.overview())?;
                Some((overview.name.clone(), save::in_words(&overview)))
            });
            let documents: Vec<_> = documents.collect();
            if documents.is_empty() {
                return "Nothing is chosen.".to_owned();
            }
            About { documents, strip: strip.get(), keep: keep.get(), ..About::default() }.in_words()
        }
    };
    let option =
        move |label: &'static str, note: &'static str, get: fn(Strip) -> bool, flip: fn(&mut Strip)| {
            view! {
                <li><label>
                    <input type="checkbox" prop:checked=move || get(strip.get()) on:change=move |_| {
                        progress.set(Progress::Choosing);
                        strip.update(flip);
                    } />
                    <span>{label}</span>
                    <span class="what">{note}</span>
                </label></li>
            }
        };
    let amount = move |label: &'static str, note: &'static str, value: Keep| {
        view! {
            <li><label>
                <input type="radio" name="keep" prop:checked=move || keep.get() == value on:change=move |_| {
                    progress.set(Progress::Choosing);
                    keep.set(value);
                } />
                <span>{label}</span>
                <span class="what">{note}</span>
            </label></li>
        }
    };
    let empty = {
        let chosen = chosen.clone();
        move || chosen().is_empty() || progress.get() == Progress::Making
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let choice =
            Choice { documents: untrack(&chosen), strip: strip.get_untracked(), keep: keep.get_untracked() };
        let first = choice.documents.first().map(|document| document.name.get_untracked());
        let name = save::file_name(&first.unwrap_or_default(), ".html");
        progress.set(Progress::Making);
        spawn_local(async move {
            let done = match save::page(state, choice).await {
                Ok(blob) => {
                    save::download(&name, &blob);
                    Progress::Made(format!("{name}, {}", format::bytes(blob.size() as u64)))
                }
                Err(problem) => Progress::Failed(problem),
            };
            // The dialog may be closed by now.
            progress.try_set(done);
        });
    };
    view! {
        <form on:submit=save>
            <fieldset>
                <legend>"Documents"</legend>
                <ul>{documents}</ul>
            </fieldset>
            {has_log.then(|| view! {
                <fieldset>
                    <legend>"Of SQL logs"</legend>
                    <ul>
                        {amount("Everything", "every view, with each statement's time", Keep::Everything)}
                        {amount("Only the results", "findings and queries; no single statements, no timeline", Keep::Results)}
                    </ul>
                </fieldset>
            })}
            <fieldset>
                <legend>"Leave out"</legend>
                <ul>
                    {has_log.then(|| option("SQL literals", "values and comments in statements", |strip| strip.literals, |strip| strip.literals ^= true))}
                    {(has_log || has_requests).then(|| option("Parameters", parameters, |strip| strip.parameters, |strip| strip.parameters ^= true))}
                    {option("Paths and names", "folders, addresses, hosts, users, databases", |strip| strip.paths, |strip| strip.paths ^= true)}
                </ul>
            </fieldset>
            <p class="in-words">{in_words}</p>
            <p class="hint">"All numbers stay. Names of functions, tables and columns stay. The file opens by double-click, without a server."</p>
            <p class="actions">
                <button type="submit" class="primary" disabled=empty>"Save"</button>
                <span role="status" class="outcome">{move || match progress.get() {
                    Progress::Choosing => String::new(),
                    Progress::Making => "Making the page …".to_owned(),
                    Progress::Made(what) => format!("Saved: {what}"),
                    Progress::Failed(problem) => problem,
                }}</span>
            </p>
        </form>
    }
}
