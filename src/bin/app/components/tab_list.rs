//! All that is open, as a list that can be searched: of thirty tabs few are in sight.

use flamedrop::format::counted;
use flamedrop::protocol::ContentOverview;
use flamedrop::text::natural;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::copy_table::close_on_escape;
use crate::document::OpenDocument;
use crate::state::{State, state};
use crate::text::lower;
use crate::{gather, open};

/// From so many documents on there is a list of them.
const FROM: usize = 4;

/// The button and its list.
#[component]
pub fn TabList() -> impl IntoView {
    let state = state();
    let search = RwSignal::new(String::new());
    let found = move || {
        let text = lower(search.get().trim());
        let mut found: Vec<OpenDocument> = state
            .documents
            .get()
            .into_iter()
            .filter(|document| lower(&document.name.get()).contains(&text))
            .collect();
        found.sort_by_cached_key(|document| natural(&document.name.get()));
        found
    };
    let row = move |document: OpenDocument| {
        let current = move || state.active.get() == Some(document);
        view! {
            <li>
                <button
                    type="button"
                    aria-current=move || current().then_some("true")
                    on:click=move |_| state.show(Some(document))
                >
                    {move || document.name.get()}
                </button>
            </li>
        }
    };
    let rows = move || found().into_iter().map(row).collect::<Vec<_>>();
    let close = move |others: bool| {
        let active = state.active.get_untracked();
        let all = state.documents.get_untracked().into_iter();
        let closed: Vec<OpenDocument> = all.filter(|one| !others || Some(*one) != active).collect();
        let said = format!("{} closed", counted(closed.len() as i64, "file", "files"));
        state.close_all(closed, Vec::new(), said);
    };
    // Those that the search leaves: so a few of many are merged.
    let profiles = move || {
        let is_profile = |document: &OpenDocument| {
            document.overview().is_some_and(
                |overview| matches!(&overview.content, ContentOverview::Profile(profile) if profile.functions > 0),
            )
        };
        found().into_iter().filter(is_profile).collect::<Vec<_>>()
    };
    let merging = move || {
        let count = profiles().len();
        (count > 1).then(|| {
            view! {
                <button
                    type="button"
                    title="One profile of what each function took in all of them, as pstats' add makes it"
                    on:click=move |_| merge(state, untrack(profiles))
                >
                    {format!("Merge {count} profiles")}
                </button>
            }
        })
    };
    let is_there = Memo::new(move |_| state.documents.with(Vec::len) >= FROM);
    view! {
        <Show when=move || is_there.get()>
            <details class="column-menu tab-list" on:keydown=close_on_escape>
                <summary>{move || format!("All {}", state.documents.with(Vec::len))}</summary>
                <div class="menu-list one" role="group" aria-label="Open files">
                    <input
                        type="search"
                        placeholder="Find an open file"
                        aria-label="Find an open file"
                        autocomplete="off"
                        spellcheck="false"
                        prop:value=move || search.get()
                        on:input=move |event| search.set(event_target_value(&event))
                    />
                    <ul>{rows}</ul>
                    <div class="actions">
                        {merging}
                        <button type="button" on:click=move |_| close(true)>"Close others"</button>
                        <button type="button" on:click=move |_| close(false)>"Close all"</button>
                    </div>
                </div>
            </details>
        </Show>
    }
}

/// Opens the sum of some profiles.
fn merge(state: State, profiles: Vec<OpenDocument>) {
    let file = |document: &OpenDocument| {
        Some((document.name.get_untracked(), document.blob.try_get_value().flatten()?))
    };
    let files: Vec<_> = profiles.iter().filter_map(file).collect();
    let count = files.len();
    spawn_local(async move {
        match gather::merged(files, |_| ()).await {
            Ok(blob) => {
                let opened = open::open(state, format!("{count} profiles merged"), blob);
                state.show(Some(opened));
            }
            Err(problem) => state.say(problem),
        }
    });
}
