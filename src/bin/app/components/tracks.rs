//! Threads, processes, or profiles of one file: which of them is shown.

use flamedrop::format;
use flamedrop::protocol::ProfileOverview;
use leptos::prelude::*;

use crate::document::OpenDocument;

/// Shown beside the tabs, since it holds for all views.
#[component]
pub fn TrackSelector(document: OpenDocument, overview: ProfileOverview) -> impl IntoView {
    let ProfileOverview { unit, tracks, track, .. } = overview;
    let whole: f64 = tracks.iter().map(|track| track.total).sum();
    let option = |(index, label, total): (Option<u32>, String, f64)| {
        let text = format!("{label}: {}, {}", unit.text(total), format::percent(total / whole));
        let value = index.map(|index| index.to_string()).unwrap_or_default();
        view! { <option value=value selected=track == index>{text}</option> }
    };
    let all = (None, format!("All {}", tracks.len()), whole);
    let each = tracks.into_iter().zip(0_u32..).map(|(track, index)| (Some(index), track.label, track.total));
    let options: Vec<_> = std::iter::once(all).chain(each).map(option).collect();
    let changed =
        move |event: web_sys::Event| document.show_track(event_target_value(&event).parse::<u32>().ok());
    view! {
        <label class="tracks" title="Findings, and what is shared, are about all of them">
            "Track "
            <select on:change=changed>{options}</select>
        </label>
    }
}
