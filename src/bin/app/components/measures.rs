//! What a file measured on the same stacks: wall time, the processor's, bytes, allocations. Which of them is shown.

use flamedrop::protocol::ProfileOverview;
use leptos::prelude::*;

use crate::document::OpenDocument;

/// Shown beside the tabs, since it holds for all views of functions.
#[component]
pub fn MeasureSelector(document: OpenDocument, overview: ProfileOverview) -> impl IntoView {
    let ProfileOverview { measures, measure: shown, .. } = overview;
    let option = |(index, measure): (u32, flamedrop::protocol::MeasureOverview)| {
        let text = format!("{}: {}", measure.name, measure.unit.text(measure.total));
        view! { <option value=index.to_string() selected=index == shown>{text}</option> }
    };
    let options: Vec<_> = (0_u32..).zip(measures).map(option).collect();
    let changed = move |event: web_sys::Event| {
        document.show_measure(event_target_value(&event).parse::<u32>().unwrap_or(0));
    };
    view! {
        <label class="tracks" title="Findings, and what is shared, are about the first of them">
            "Measure "
            <select on:change=changed>{options}</select>
        </label>
    }
}
