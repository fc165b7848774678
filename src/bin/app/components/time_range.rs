//! The part of the time that all views of a profile are about, and the way back to all of it.

use flamedrop::format::{self, Unit};
use flamedrop::profile::spans::Clock;
use flamedrop::protocol::{ProfileOverview, SpansOverview};
use leptos::prelude::*;

use crate::beside::halves;
use crate::document::OpenDocument;
use crate::state::state;
use crate::view::View;

/// Shown beside the tabs while there is one, since it holds for all views but the findings.
#[component]
pub fn TimeRange(document: OpenDocument, overview: ProfileOverview) -> impl IntoView {
    let unit = overview.unit;
    let text = overview.spans.as_ref().and_then(|spans| Some(range_text(spans.range?, spans, unit)));
    let on_findings = Memo::new(move |_| document.view.get() == View::Findings);
    let state = state();
    let log = move || {
        let halves = halves(state, document)?;
        matches!(halves.alignment(), Some(Ok(_))).then_some(halves.log)
    };
    text.map(|text| {
        let shown = text.clone();
        view! {
            <Show
                when=move || !on_findings.get()
                fallback=|| view! { <p class="time-range">"Findings are about all of the time"</p> }
            >
                <p class="time-range">
                    {format!("Only {shown}")}
                    {move || log().map(|log| format!(", in {} as well", log.name.get()))}
                    <button
                        type="button"
                        class="icon"
                        title="Show all of the time"
                        aria-label="Show all of the time"
                        on:click=move |_| document.show_range(None)
                    >"×"</button>
                </p>
            </Show>
        }
    })
}

/// `1.20 s to 3.40 s`.
fn range_text((from, to): (f64, f64), spans: &SpansOverview, unit: Unit) -> String {
    format!("{} to {}", moment(from, spans, unit), moment(to, spans, unit))
}

/// A moment, or a stretch of time.
pub fn moment(value: f64, spans: &SpansOverview, unit: Unit) -> String {
    if spans.clock == Clock::Recorded { format::seconds(value) } else { unit.text(value) }
}
