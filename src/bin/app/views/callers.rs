//! Callers and callees of the selected function: exact, with the numbers of each edge.

use std::sync::Arc;

use flamedrop::format::{self, Unit};
use flamedrop::protocol::{FunctionColumn, FunctionDetail, FunctionRow, ProfileOverview, Request, Response};
use leptos::prelude::*;

use super::details::place_line;
use super::functions::{function_cell, only, per_call, per_call_column, spelt};
use crate::components::cells::share_cell;
use crate::components::table::{Actions, Column, Row, Table};
use crate::document::{OpenDocument, answers, selected_function};
use crate::effect::effect;

/// The function's numbers above, who calls it and whom it calls below.
#[component]
pub fn Callers(document: OpenDocument, overview: ProfileOverview) -> impl IntoView {
    select_heaviest(document);
    let detail = selected_function(document);
    let (unit, total, longest_call) = (overview.unit, overview.total, overview.longest_call);
    let counts = match (overview.calls, overview.samples) {
        (Some(_), _) => Some("ncalls"),
        (None, Some(_)) => Some("samples"),
        (None, None) => None,
    };
    view! {
        <div class="callers">
            <Show when=move || detail.get().is_some() fallback=|| view! { <p class="empty">"No function is selected."</p> }>
                {move || detail.get().map(|detail| summary(detail.row.clone(), unit, total))}
            </Show>
            <section aria-labelledby="callers-title">
                <h2 id="callers-title">"Callers"</h2>
                <Neighbours document detail label="Callers" unit total longest_call counts pick=|detail| &detail.callers
                    empty="Nothing in this profile calls it: it is where a stack begins." />
            </section>
            <section aria-labelledby="callees-title">
                <h2 id="callees-title">"Callees"</h2>
                <Neighbours document detail label="Callees" unit total longest_call counts pick=|detail| &detail.callees
                    empty="It calls nothing that was profiled." />
            </section>
        </div>
    }
}

/// Without a selection the view begins where most time is.
pub fn select_heaviest(document: OpenDocument) {
    let top = answers(
        document,
        move || {
            document.function.get().is_none().then_some(Request::Functions {
                sort: FunctionColumn::TotalTime,
                descending: true,
                filter: String::new(),
                first: 0,
                count: 1,
                selected: None,
            })
        },
        |response| match response {
            Response::Functions { page, .. } => page.first().map(|row| row.function),
            _ => None,
        },
    );
    effect(move || {
        if let Some((_, function)) = top.get()
            && document.function.get_untracked().is_none()
        {
            document.select_function(function);
        }
    });
}

fn summary(row: FunctionRow, unit: Unit, total: f64) -> impl IntoView {
    let (name, _) = spelt(&row);
    view! {
        <header class="summary">
            <h2>{name}</h2>
            <p class="place">{place_line(&row)}</p>
            <dl class="numbers">
                <div><dt>"Self"</dt><dd>{unit.text(row.self_time)} <small>{format::percent(row.self_share(total))}</small></dd></div>
                <div><dt>"Total"</dt><dd>{row.total_text(unit)} <small>{format::percent(row.total_share(total))}</small></dd></div>
                {row.calls.map(|_| view! { <div><dt>"Calls"</dt><dd>{row.counts()}</dd></div> })}
                {row.samples.map(|_| view! { <div><dt>"Samples"</dt><dd>{row.counts()}</dd></div> })}
            </dl>
        </header>
    }
}

#[component]
fn Neighbours(
    document: OpenDocument,
    detail: Signal<Option<Arc<FunctionDetail>>>,
    label: &'static str,
    unit: Unit,
    total: f64,
    longest_call: f64,
    /// What the file counts, as a column is called.
    counts: Option<&'static str>,
    pick: fn(&FunctionDetail) -> &Vec<FunctionRow>,
    empty: &'static str,
) -> impl IntoView {
    let window = RwSignal::new(0..0);
    let rows = Signal::derive(move || {
        detail.with(|detail| detail.as_ref().map_or(0, |detail| pick(detail).len() as u32))
    });
    let times = unit.column(total);
    let each = per_call_column(longest_call);
    let kept: &'static [usize] = match counts {
        Some("samples") => &[0, 1, 2, 4],
        Some(_) => &[0, 1, 2, 3, 4],
        None => &[1, 2, 4],
    };
    let at = move |index: u32| detail.with(|detail| pick(detail.as_ref()?).get(index as usize).cloned());
    let row = move |index: u32| {
        let whole = detail.with(|detail| {
            detail.as_ref().map_or(0.0, |detail| pick(detail).iter().map(|row| row.total_time).sum::<f64>())
        });
        at(index).map(|row| Row {
            cells: only(
                kept,
                vec![
                    row.counts().into_any(),
                    times.seconds(row.self_time).into_any(),
                    share_cell(times.seconds(row.total_time), row.total_time / whole),
                    per_call(row.total_time, row.primitive_calls, each),
                    function_cell(&row),
                ],
            ),
            faint: document.searching.is_other(row.function),
        })
    };
    let symbol = times.unit.symbol();
    // pstats' words are about time.
    let (own, all_of, own_hint, all_hint) = match unit {
        Unit::Bytes | Unit::Count => (
            "self",
            "total",
            "What the called function itself asked for, over this edge",
            "What the called function and all it called asked for, over this edge",
        ),
        _ => (
            "tottime",
            "cumtime",
            "Time in the called function itself, over this edge",
            "Time in the called function and all it called, over this edge",
        ),
    };
    let all_columns = vec![
        match counts {
            Some(samples @ "samples") => Column::number(samples, "", "128px", "Samples of this edge"),
            _ => Column::number("ncalls", "", "128px", "Calls over this edge; all/primitive where recursive"),
        },
        Column::number(own, symbol, "132px", own_hint),
        Column::number(all_of, symbol, "132px", all_hint),
        Column::number("percall", each.unit.symbol(), "96px", "cumtime divided by primitive calls"),
        Column::text("function", "minmax(220px, 1fr)", "Its name, and where it is defined").leading(),
    ];
    let columns = only(kept, all_columns);
    let go: Arc<dyn Fn(u32) + Send + Sync> = Arc::new(move |index: u32| {
        if let Some(row) = untrack(|| at(index)) {
            document.select_function(row.function);
        }
    });
    // A click goes there at once; with the keys, rows are walked first and Enter goes.
    let place = RwSignal::new(None::<u32>);
    effect(move || {
        detail.track();
        place.set(None);
    });
    let walk = move |index| {
        place.set(Some(index));
        true
    };
    let actions = Actions { select: Arc::new(walk), click: Some(go.clone()), open: go, ..Actions::default() };
    view! {
        <Table label columns rows row=Arc::new(row) window selected=place.into() actions loaded=Signal::derive(move || detail.with(Option::is_some)) empty />
    }
}
