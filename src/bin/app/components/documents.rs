//! The list of open documents.

use leptos::html;
use leptos::prelude::*;
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

use super::icons;
use crate::document::{OpenDocument, Status};
use crate::effect::effect;
use crate::state::state;

/// A tab and a closing cross for each open document.
#[component]
pub fn Documents() -> impl IntoView {
    let state = state();
    let list = NodeRef::<html::Ul>::new();
    // Of many tabs the active one is in sight.
    effect(move || {
        state.active.track();
        state.documents.with(Vec::len);
        request_animation_frame(move || {
            let current = list.try_get_untracked().flatten();
            if let Some(Ok(Some(tab))) = current.map(|list| list.query_selector(".current")) {
                let how = ScrollIntoViewOptions::new();
                how.set_block(ScrollLogicalPosition::Nearest);
                how.set_inline(ScrollLogicalPosition::Nearest);
                tab.scroll_into_view_with_scroll_into_view_options(&how);
            }
        });
    });
    view! {
        <ul class="documents" aria-label="Documents" node_ref=list>
            <For each=move || state.documents.get() key=|document| document.id() let:document>
                <Tab document />
            </For>
        </ul>
    }
}

#[component]
fn Tab(document: OpenDocument) -> impl IntoView {
    let state = state();
    let name = document.name;
    let current = move || state.active.get() == Some(document);
    let condition = move || match document.status.get() {
        Status::Reading { read, size } => {
            let percent = if size == 0 { 0.0 } else { read as f64 / size as f64 * 100.0 };
            view! { <span class="reading">{format!("{percent:.0} %")}</span> }.into_any()
        }
        Status::Failed(_) => {
            view! { <span class="failed-mark" title="Could not be read">"!"</span> }.into_any()
        }
        Status::Open(_) => ().into_any(),
    };
    view! {
        <li class="document" class:current=current>
            <button
                type="button"
                class="name"
                title=move || name.get()
                aria-current=move || if current() { "true" } else { "false" }
                on:click=move |_| state.show(Some(document))
                on:auxclick=move |event| {
                    // The middle button closes, as on a browser's own tabs.
                    if event.button() == 1 {
                        event.prevent_default();
                        state.close(document);
                    }
                }
            >
                <span class="text">{move || name.get()}</span>
                {condition}
            </button>
            <button type="button" class="icon" aria-label=move || format!("Close {}", name.get()) title="Close"
                on:click=move |_| state.close(document)>
                {icons::close()}
            </button>
        </li>
    }
}
