//! The tabs of a document's views. The two halves of a pair are one thing: each has the other's tabs beside its own.

use flamedrop::protocol::ContentOverview;
use leptos::prelude::*;

use crate::document::{OpenDocument, Status};
use crate::judgement;
use crate::keys;
use crate::state::{State, state};
use crate::view::View;

/// A tab: a view of a document.
#[derive(Clone, Copy, PartialEq)]
struct Tab {
    of: OpenDocument,
    view: View,
    title: &'static str,
    /// Whether the other half's begin here.
    begins: bool,
}

/// The tabs of the document that is looked at, and of its partner.
#[component]
pub fn ViewTabs(document: OpenDocument) -> impl IntoView {
    let state = state();
    let partner = Memo::new(move |_| judgement::partner(state, document));
    let tabs = move || {
        let tabs = tabs(document, partner.get());
        tabs.iter().map(|&one| tab(state, document, one, tabs.clone())).collect::<Vec<_>>()
    };
    view! { <div class="views" role="tablist" aria-label="Views">{tabs}</div> }
}

/// The profile's first, then the log's; findings are of both, and once.
fn tabs(document: OpenDocument, partner: Option<OpenDocument>) -> Vec<Tab> {
    let single = |view: View| Tab { of: document, view, title: view.title(), begins: false };
    if matches!(document.status.get_untracked(), Status::Group) {
        return View::OF_GROUP.into_iter().map(single).collect();
    }
    let is_profile = |document: &OpenDocument| {
        document.overview().is_some_and(|overview| matches!(overview.content, ContentOverview::Profile(_)))
    };
    let mut halves: Vec<OpenDocument> = [document].into_iter().chain(partner).collect();
    halves.sort_by_key(|half| !is_profile(half));
    let mut tabs = Vec::new();
    for (place, half) in halves.iter().copied().enumerate() {
        let Some(overview) = half.overview() else { continue };
        let before = tabs.len();
        for view in View::of(&overview) {
            if view == View::Findings {
                if place == 0 {
                    tabs.push(single(view));
                }
                continue;
            }
            let title = match (view, &overview.content) {
                (View::Compare, ContentOverview::Profile(_)) if partner.is_some() => "Compare functions",
                (View::Compare, _) if partner.is_some() => "Compare queries",
                _ => view.title_of(&overview),
            };
            tabs.push(Tab { of: half, view, title, begins: place > 0 && tabs.len() == before });
        }
    }
    tabs
}

/// The id of a tab, for what it is of.
pub fn tab_id(document: OpenDocument, view: View) -> String {
    format!("tab-{}-{}", document.id(), view.key())
}

fn go(state: State, tab: Tab) {
    tab.of.view.set(tab.view);
    state.show(Some(tab.of));
}

fn tab(state: State, document: OpenDocument, tab: Tab, tabs: Vec<Tab>) -> impl IntoView {
    let Tab { of, view, title, begins } = tab;
    let current = move || of == document && document.view.get() == view;
    let on_key = move |event: web_sys::KeyboardEvent| {
        let place = tabs.iter().position(|&other| other == tab).unwrap_or(0);
        if event.key() == "Tab" && !event.shift_key() {
            // The view itself comes first, what is set of it can be had from there backwards.
            event.prevent_default();
            keys::focus_view();
            return;
        }
        let next = match event.key().as_str() {
            "ArrowRight" => (place + 1) % tabs.len(),
            "ArrowLeft" => (place + tabs.len() - 1) % tabs.len(),
            "Home" => 0,
            "End" => tabs.len() - 1,
            _ => return,
        };
        event.prevent_default();
        let next = tabs[next];
        go(state, next);
        let id = tab_id(next.of, next.view);
        if next.of == document {
            keys::focus_element(&id);
        } else {
            // With the other half its own tabs come.
            keys::focus_later(id);
        }
    };
    view! {
        <button
            type="button"
            role="tab"
            class:begins=begins
            id=tab_id(of, view)
            aria-controls="view"
            aria-selected=move || current().to_string()
            tabindex=move || if current() { "0" } else { "-1" }
            on:click=move |event| {
                go(state, tab);
                // Whoever walks the tabs by key stays there.
                if event.detail() > 0 {
                    keys::focus_view();
                } else if of != document {
                    keys::focus_later(tab_id(of, view));
                }
            }
            on:keydown=on_key
        >
            {title}
        </button>
    }
}
