//! A choice of what statements are told apart by, out of what the log has.

use std::sync::Arc;

use flamedrop::protocol::{Answer, Ask, Request, Response};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::Filter;
use leptos::prelude::*;

use crate::document::{OpenDocument, answers};

/// A select with those of `kinds` by which the log's statements can be told apart.
#[component]
pub fn KindSelect(
    document: OpenDocument,
    label: &'static str,
    kinds: &'static [By],
    chosen: RwSignal<By>,
) -> impl IntoView {
    let known = answers(
        document,
        move || Some(Request::View(Filter::default(), Ask::Kinds)),
        |response| match response {
            Response::View(Answer::Kinds(kinds)) => Some(Arc::new(kinds)),
            _ => None,
        },
    );
    let options = move || {
        let known = known.get().map(|(_, known)| known);
        // The chosen one is there before the answer is.
        let there = |by: By| {
            by == chosen.get_untracked()
                || known.as_ref().is_some_and(|known| known.iter().any(|(other, _)| *other == by))
        };
        let options = kinds.iter().copied().filter(|&by| there(by)).map(|by| {
            let name = crate::log_view::title(untrack(|| document.is_requests()), by).to_ascii_lowercase();
            view! { <option value=by.key() selected=move || chosen.get() == by>{name}</option> }
        });
        options.collect::<Vec<_>>()
    };
    view! {
        <label class="kind choice">
            {label} " "
            <select on:change=move |event| {
                if let Some(by) = By::from_key(&event_target_value(&event)) {
                    chosen.set(by);
                }
            }>{options}</select>
        </label>
    }
}
