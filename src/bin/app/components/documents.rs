//! The list of open documents. A pair, a profile and its log, is one tab.

use flamedrop::findings::pairs::stem;
use leptos::html;
use leptos::prelude::*;
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

use super::icons;
use crate::document::{OpenDocument, Status};
use crate::effect::effect;
use crate::judgement;
use crate::state::{State, state};

/// A tab and a closing cross for each open document.
#[component]
pub fn Documents() -> impl IntoView {
    let state = state();
    let list = NodeRef::<html::Ul>::new();
    let tabs = Memo::new(move |_| judgement::tabs(state));
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
            <For
                each=move || tabs.get()
                key=|(document, partner)| (document.id(), partner.map(OpenDocument::id))
                let((document, partner))
            >
                <Tab document partner />
            </For>
        </ul>
    }
}

#[component]
fn Tab(document: OpenDocument, partner: Option<OpenDocument>) -> impl IntoView {
    let state = state();
    let current = move || {
        let active = state.active.get();
        active == Some(document) || partner.is_some() && active == partner
    };
    let close_both = move || match partner {
        None => state.close(document),
        Some(partner) => {
            let said =
                format!("{} and {} closed", document.name.get_untracked(), partner.name.get_untracked());
            state.close_all(vec![document, partner], Vec::new(), said);
        }
    };
    let closing = move || match partner {
        None => format!("Close {}", document.name.get()),
        Some(partner) => format!("Close {} and {}", document.name.get(), partner.name.get()),
    };
    view! {
        <li class="document" class:current=current class:pair=partner.is_some()>
            {half(state, document, None, close_both)}
            {partner.map(|partner| half(state, partner, Some(document), close_both))}
            <button type="button" class="icon" aria-label=closing title="Close" on:click=move |_| close_both()>
                {icons::close()}
            </button>
        </li>
    }
}

/// The name of a document, by which it is looked at. Behind its profile's a log's ending is enough.
fn half(
    state: State,
    document: OpenDocument,
    behind: Option<OpenDocument>,
    close: impl Fn() + 'static,
) -> impl IntoView {
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
        Status::Group => {
            let (read, of) = document.group.progress();
            (read < of).then(|| view! { <span class="reading">{format!("{read} of {of}")}</span> }).into_any()
        }
        Status::Open(_) => ().into_any(),
    };
    let text = move || {
        let name = name.get();
        let ending = behind.and_then(|before| ending_of(&name, &before.name.get()));
        ending.unwrap_or(name)
    };
    view! {
        <button
            type="button"
            class="name"
            title=move || name.get()
            aria-label=move || behind.is_some().then(|| name.get())
            aria-current=move || if current() { "true" } else { "false" }
            on:click=move |_| state.show(Some(document))
            on:auxclick=move |event| {
                // The middle button closes, as on a browser's own tabs.
                if event.button() == 1 {
                    event.prevent_default();
                    close();
                }
            }
        >
            <span class="text" class:long=move || is_long(&text()) data-end=move || end_of(&text())>
                {text}
            </span>
            {condition}
        </button>
    }
}

/// What a log's name has behind the stem that it shares with its profile's: `.sql.jsonl`.
fn ending_of(name: &str, profile: &str) -> Option<String> {
    let own = stem(name);
    let end = name.rfind(own)? + own.len();
    (own == stem(profile) && end < name.len()).then(|| name[end..].to_owned())
}

/// A tab has no room for more characters, whichever they are.
const LONG: usize = 36;

/// So many at the end of a long name are seen as well: recordings of one minute begin alike.
const END: usize = 12;

fn is_long(name: &str) -> bool {
    name.chars().count() > LONG
}

/// The end of a name. The whole of it stays the tab's text: the end is painted over it only.
fn end_of(name: &str) -> String {
    let count = name.chars().count();
    name.chars().skip(count.saturating_sub(END)).collect()
}
