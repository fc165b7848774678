//! What ran between two states of a server's statistics, opened as a document of its own.

use flamedrop::protocol::{ContentOverview, Request, Response};
use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::document::OpenDocument;
use crate::open;
use crate::state::{State, state};

/// A choice of the earlier state among what is open, for a document that holds statistics.
#[component]
pub fn Between(document: OpenDocument) -> impl IntoView {
    let state = state();
    let others = move || {
        let is_statistics = |other: &OpenDocument| {
            other.overview().is_some_and(
                |overview| matches!(&overview.content, ContentOverview::Queries(log) if log.statistics),
            )
        };
        let documents = state.documents.get();
        documents.into_iter().filter(|other| *other != document && is_statistics(other)).collect::<Vec<_>>()
    };
    let choices = move || {
        let others = others();
        if others.is_empty() {
            return view! {
                <p>"Open an earlier export of the same server as well: what ran in between can be shown alone."</p>
            }
            .into_any();
        }
        let buttons: Vec<AnyView> = others
            .into_iter()
            .map(|other| {
                view! {
                    <p>
                        <button type="button" on:click=move |_| show(state, other, document)>
                            "Show what ran since " {move || other.name.get()}
                        </button>
                    </p>
                }
                .into_any()
            })
            .collect();
        buttons.into_any()
    };
    view! {
        <div class="empty">
            <p>"These are counters since the server's start or last reset, and of no moment."</p>
            {choices}
        </div>
    }
}

/// Opens what ran between `before` and `after`.
fn show(state: State, before: OpenDocument, after: OpenDocument) {
    spawn_local(async move {
        match difference(before, after).await {
            Ok(blob) => {
                let name = format!("{} − {}", after.name.get_untracked(), before.name.get_untracked());
                let opened = open::open(state, name, blob);
                state.show(Some(opened));
            }
            Err(problem) => state.say(problem),
        }
    });
}

async fn difference(before: OpenDocument, after: OpenDocument) -> Result<Blob, String> {
    const GONE: &str = "The earlier file cannot be read again: open it anew";
    let blob = before.blob.try_get_value().flatten().ok_or(GONE)?;
    let bytes = JsFuture::from(blob.array_buffer()).await.map_err(|_| GONE)?;
    match after.ask(Request::Between(Uint8Array::new(&bytes).to_vec())).await {
        Some(Response::Shared(bytes)) => {
            let parts = Array::of1(&Uint8Array::from(bytes.as_slice()));
            Blob::new_with_u8_array_sequence(&parts).map_err(|_| "The browser has no room for it".to_owned())
        }
        Some(Response::Refused(problem)) => Err(problem),
        _ => Err(format!("{} was closed", after.name.get_untracked())),
    }
}
