//! Threads, processes, or profiles of one file: which of them are shown.

use flamedrop::format;
use flamedrop::protocol::ProfileOverview;
use leptos::prelude::*;

use super::copy_table::close_on_escape;
use crate::document::OpenDocument;

/// The value of the choice of several, which are no single track.
const SEVERAL: &str = "several";

/// Shown beside the tabs, since it holds for all views: one, all, or some of them.
#[component]
pub fn TrackSelector(document: OpenDocument, overview: ProfileOverview) -> impl IntoView {
    let ProfileOverview { unit, tracks, shown_tracks: shown, .. } = overview;
    let whole: f64 = tracks.iter().map(|track| track.total).sum();
    let text = move |label: String, total: f64| {
        format!("{label}: {}, {}", unit.text(total), format::percent(total / whole))
    };
    let count = tracks.len();
    let several = (shown.len() > 1).then(|| {
        let total = tracks.iter().enumerate().filter(|(at, _)| shown.contains(&(*at as u32)));
        let total = total.map(|(_, track)| track.total).sum();
        let text = text(format!("{} of {count}", shown.len()), total);
        view! { <option value=SEVERAL selected=true>{text}</option> }
    });
    let boxes = (count > 2).then(|| {
        let tracks = tracks.iter().map(|track| text(track.label.clone(), track.total)).collect();
        view! { <Several document tracks shown=shown.clone() /> }
    });
    let option = |value: String, selected: bool, text: String| {
        view! { <option value=value selected=selected>{text}</option> }
    };
    let all = option(String::new(), shown.is_empty(), text(format!("All {count}"), whole));
    let each: Vec<_> = tracks
        .into_iter()
        .zip(0_u32..)
        .map(|(track, at)| option(at.to_string(), shown == [at], text(track.label, track.total)))
        .collect();
    let changed = move |event: web_sys::Event| {
        let value = event_target_value(&event);
        if value != SEVERAL {
            document.show_tracks(value.parse::<u32>().into_iter().collect());
        }
    };
    view! {
        <div class="tracks" title="Findings, and what is shared, are about all of them">
            <label>"Track " <select on:change=changed>{all} {several} {each}</select></label>
            {boxes}
        </div>
    }
}

/// Boxes to choose several. They are shown with a button and not one by one: each choice makes the views anew, and this
/// with them.
#[component]
fn Several(
    document: OpenDocument,
    /// What each is called, and what it has.
    tracks: Vec<String>,
    /// Those that are shown; none stand for all.
    shown: Vec<u32>,
) -> impl IntoView {
    let count = tracks.len();
    let chosen = RwSignal::new(shown);
    let boxes: Vec<_> = tracks
        .into_iter()
        .zip(0_u32..)
        .map(|(text, at)| {
            let toggle = move |_| {
                chosen.update(|chosen| match chosen.binary_search(&at) {
                    Ok(place) => drop(chosen.remove(place)),
                    Err(place) => chosen.insert(place, at),
                });
            };
            view! {
                <label>
                    <input
                        type="checkbox"
                        prop:checked=move || chosen.with(|chosen| chosen.contains(&at))
                        on:change=toggle
                    />
                    {text}
                </label>
            }
        })
        .collect();
    let show = move |_| {
        let chosen = chosen.get_untracked();
        document.show_tracks(if chosen.len() == count { Vec::new() } else { chosen });
    };
    view! {
        <details class="column-menu" on:keydown=close_on_escape>
            <summary>"Several"</summary>
            <div class="menu-list" role="group" aria-label="Tracks">
                {boxes}
                <button type="button" disabled=move || chosen.with(Vec::is_empty) on:click=show>"Show these"</button>
            </div>
        </details>
    }
}
