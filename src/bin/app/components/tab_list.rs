//! All that is open, as a list that can be searched: of thirty tabs few are in sight.

use flamedrop::protocol::{ContentOverview, Request, Response};
use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::copy_table::close_on_escape;
use crate::document::OpenDocument;
use crate::open;
use crate::state::{State, state};
use crate::text::{lower, natural};

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
        for document in state.documents.get_untracked() {
            if !others || Some(document) != active {
                state.close(document);
            }
        }
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
    spawn_local(async move {
        match merged(&profiles).await {
            Ok(blob) => {
                let opened = open::open(state, format!("{} profiles merged", profiles.len()), blob);
                state.show(Some(opened));
            }
            Err(problem) => state.say(problem),
        }
    });
}

async fn merged(profiles: &[OpenDocument]) -> Result<Blob, String> {
    let Some((first, others)) = profiles.split_first() else { return Err("There is no profile".to_owned()) };
    let mut files = Vec::with_capacity(others.len());
    for other in others {
        let name = other.name.get_untracked();
        let gone = || format!("{name} cannot be read again: open it anew");
        let blob = other.blob.try_get_value().flatten().ok_or_else(gone)?;
        let bytes = JsFuture::from(blob.array_buffer()).await.map_err(|_| gone())?;
        files.push((name, Uint8Array::new(&bytes).to_vec()));
    }
    match first.ask(Request::Merge(files)).await {
        Some(Response::Shared(bytes)) => {
            let parts = Array::of1(&Uint8Array::from(bytes.as_slice()));
            Blob::new_with_u8_array_sequence(&parts).map_err(|_| "The browser has no room for it".to_owned())
        }
        Some(Response::Refused(problem)) => Err(problem),
        _ => Err(format!("{} was closed", first.name.get_untracked())),
    }
}
