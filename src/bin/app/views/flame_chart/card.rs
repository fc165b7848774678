//! What is said of a span: beside the pointer, to screen readers, and in the list of the longest on screen.

use std::sync::Arc;

use flamedrop::format::{self, Unit};
use flamedrop::layout::flame_chart::Boxes;
use flamedrop::protocol::{FunctionRow, SpanDetail, SpansOverview};
use leptos::prelude::*;

use super::hands::detail_of;
use super::{Chart, statements};
use crate::components::card::Card;
use crate::components::time_range::moment;
use crate::views::functions::{layer_class, spelt};

/// The rows of a list.
pub struct Listed;

impl Listed {
    /// So many at most.
    pub const MOST: usize = 50;
}

/// What is said of time that another track has.
const ELSEWHERE: &str = "in another track";

/// The card beside the pointer.
#[component]
pub fn SpanCard(chart: Chart) -> impl IntoView {
    // A span, or a statement.
    let over = Memo::new(move |_| chart.over_statement().map(Err).or_else(|| chart.over().map(Ok)));
    let place = Signal::derive(move || over.get().and(chart.hover.get()));
    let content = move || {
        let at = match over.get()? {
            Ok(at) => at,
            Err(place) => return statements::card(chart, place),
        };
        let (boxes, rows) = (chart.boxes.get()?, chart.document.span_functions()?);
        if at >= boxes.columns.span.len() {
            return None;
        }
        Some(chart.overview.with_value(|spans| match detail_of(&boxes, at) {
            Some(detail) => single(&detail, &rows, spans, chart.unit),
            None => several(chart, &boxes, at, &rows, spans),
        }))
    };
    view! { <Card place surface=chart.surface>{content}</Card> }
}

fn single(detail: &SpanDetail, rows: &[FunctionRow], spans: &SpansOverview, unit: Unit) -> AnyView {
    let row = detail.function.and_then(|function| rows.get(function as usize));
    let (name, place) = row.map_or_else(|| (ELSEWHERE.to_owned(), String::new()), spelt);
    let swatch = row.map(|row| view! { <span class=format!("swatch {}", layer_class(row))></span> });
    let line = |label: &'static str, value: String, share: String| {
        view! { <tr><th>{label}</th><td>{value}</td><td>{share}</td></tr> }
    };
    let total = detail.end - detail.start;
    view! {
        <p class="name">{swatch}{name}</p>
        <p class="place">{place}</p>
        <table>
            {line("Total", moment(total, spans, unit), format::percent(total / spans.length))}
            {row.is_some().then(|| line("Self", unit.text(detail.own), String::new()))}
            {line("Start", moment(detail.start, spans, unit), String::new())}
        </table>
    }
    .into_any()
}

fn several(chart: Chart, boxes: &Boxes, at: usize, rows: &[FunctionRow], spans: &SpansOverview) -> AnyView {
    let columns = &boxes.columns;
    let count = chart.counted(u64::from(columns.count[at]));
    let busy = moment(columns.busy[at], spans, chart.unit);
    let longest =
        rows.get(columns.function[at] as usize).map(|row| format!("; among the longest: {}", spelt(row).0));
    view! {
        <p class="name">{format!("{count}, each less than a pixel")}</p>
        <p class="note">{format!("{busy} together{}; click to zoom", longest.unwrap_or_default())}</p>
    }
    .into_any()
}

/// A span in one sentence.
pub fn spoken(detail: &SpanDetail, rows: &[FunctionRow], spans: &SpansOverview, unit: Unit) -> String {
    let row = detail.function.and_then(|function| rows.get(function as usize));
    let name = row.map_or_else(
        || ELSEWHERE.to_owned(),
        |row| {
            let (name, place) = spelt(row);
            if place.is_empty() { name } else { format!("{name}, {place}") }
        },
    );
    let track = spans.tracks.get(detail.id.track as usize).filter(|_| spans.tracks.len() > 1);
    format!(
        "{name}. Total {}. Self {}. Start {}. Level {}{}.",
        moment(detail.end - detail.start, spans, unit),
        unit.text(detail.own),
        moment(detail.start, spans, unit),
        detail.depth + 1,
        track.map(|(label, _)| format!(" of {label}")).unwrap_or_default(),
    )
}

/// The longest calls on screen as a table: made while it is open.
#[component]
pub fn Longest(chart: Chart) -> impl IntoView {
    let rows = move || {
        let (boxes, functions) = (chart.boxes.get()?, chart.document.span_functions()?);
        let (view, tracks) = (chart.view.get(), chart.tracks());
        let mut all: Vec<usize> = Vec::new();
        for (track, first, end) in view.rows(&tracks, 0.0) {
            for depth in first..end {
                all.extend(
                    boxes.row(track, depth, view.from, view.to).filter(|&at| boxes.columns.count[at] == 1),
                );
            }
        }
        let columns = &boxes.columns;
        let length = |at: usize| columns.end[at] - columns.start[at];
        flamedrop::sort::by(&mut all, |&a, &b| length(b).total_cmp(&length(a)));
        all.truncate(Listed::MOST);
        let rows = all.into_iter().filter_map(|at| detail_of(&boxes, at));
        Some(rows.map(|detail| listed(chart, detail, &functions)).collect::<Vec<_>>())
    };
    listed_details(
        "Longest on screen",
        &["Function", "Track", "Start", "Total", "Self"],
        Arc::new(move || rows().unwrap_or_default()),
    )
}

/// A table below the chart, made while it is open.
pub fn listed_details(
    label: &'static str,
    heads: &'static [&'static str],
    rows: Arc<dyn Fn() -> Vec<AnyView> + Send + Sync>,
) -> AnyView {
    let open = RwSignal::new(false);
    view! {
        <details class="longest" on:toggle=move |event| {
            use leptos::wasm_bindgen::JsCast;
            let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            open.set(element.is_some_and(|element| element.has_attribute("open")));
        }>
            <summary>{label}</summary>
            {move || open.get().then(|| {
                let rows = Arc::clone(&rows);
                view! {
                    <div class="longest-rows" role="region" aria-label=label tabindex="0">
                        <table>
                            <thead><tr>{heads.iter().map(|head| view! { <th>{*head}</th> }).collect::<Vec<_>>()}</tr></thead>
                            <tbody>{move || rows()}</tbody>
                        </table>
                    </div>
                }
            })}
        </details>
    }
    .into_any()
}

fn listed(chart: Chart, detail: SpanDetail, functions: &Arc<Vec<FunctionRow>>) -> AnyView {
    let row = detail.function.and_then(|function| functions.get(function as usize));
    let name = row.map_or_else(|| ELSEWHERE.to_owned(), |row| spelt(row).0);
    let unit = chart.unit;
    let (track, start, total) = chart.overview.with_value(|spans| {
        let track = spans.tracks.get(detail.id.track as usize).map(|(label, _)| label.clone());
        (
            track.unwrap_or_default(),
            moment(detail.start, spans, unit),
            moment(detail.end - detail.start, spans, unit),
        )
    });
    let own = unit.text(detail.own);
    view! {
        <tr>
            <td><button type="button" class="link" on:click=move |_| chart.select(detail.clone())>{name}</button></td>
            <td>{track}</td>
            <td class="number">{start}</td>
            <td class="number">{total}</td>
            <td class="number">{own}</td>
        </tr>
    }
    .into_any()
}
