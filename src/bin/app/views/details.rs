//! The side panel of a profile: the selected function with its nearest callers and callees, or what a
//! merged box stands for.

use std::sync::Arc;

use flamedrop::format::{self, TimeColumn, Unit};
use flamedrop::protocol::{FunctionDetail, FunctionRow, ProfileOverview, Tree};
use leptos::prelude::*;

use super::box_card::{RECURSIVE, more, others};
use super::frames::Frames;
use super::functions::{layer_class, spelt};
use crate::components::copy::CopyButton;
use crate::components::edge::Edge;
use crate::components::place::place;
use crate::components::source_lines::source_lines;
use crate::document::{OpenDocument, selected_function};
use crate::sources::Matched;
use crate::state::state;
use crate::view::View;

/// Callers and callees shown before "all".
const NEAREST: usize = 6;

/// Shown while a function is selected.
#[component]
pub fn FunctionDetails(document: OpenDocument, overview: ProfileOverview) -> impl IntoView {
    let detail = selected_function(document);
    let whole = (overview.unit, overview.total);
    let has_lines = overview.has_lines;
    let matched = state().sources.of(document);
    let frames = Frames::of(document);
    // The tree is there if a box of it is selected.
    let merged = Memo::new(move |_| {
        let (place, tree) = (document.selected_box.get()?, document.tree()?);
        tree.at_place(place).filter(|&at| tree.function_of(at).is_none())
    });
    let recursive = Memo::new(move |_| {
        let (Some(place), Some(tree)) = (document.selected_box.get(), document.tree()) else { return false };
        tree.at_place(place).is_some_and(|at| tree.is_recursive(at))
    });
    view! {
        <Show
            when=move || document.function.get().is_some() || merged.get().is_some()
            // There from the start, so that nothing moves under the pointer when something is selected.
            fallback=|| view! {
                <aside class="details nothing" aria-label="Selection">
                    <Edge />
                    <p>"Nothing is selected: click a box or a row, or walk there with the arrow keys."</p>
                    <p>"A right click, a long press or Shift+F10 shows what can be done with it; Enter or a double click zooms."</p>
                </aside>
            }
        >
            <aside class="details" aria-label=move || if merged.get().is_some() { "Selected box" } else { "Selected function" }>
                <Edge />
                <button type="button" class="close" aria-label="Close details" on:click=move |_| {
                    document.selected_box.set(None);
                    document.function.set(None);
                }>"×"</button>
                {move || match merged.get() {
                    Some(merged) => document.tree().map(|tree| merged_body(document, &tree, merged)),
                    None => detail.get().map(|detail| {
                        let code = code(document, &detail.row, matched, has_lines, frames);
                        view! { {body(document, detail, whole, recursive.get())} {code} }.into_any()
                    }),
                }}
            </aside>
        </Show>
    }
}

/// `recursive`: the selected box is the time of its recursive calls.
fn body(
    document: OpenDocument,
    detail: Arc<FunctionDetail>,
    (unit, total): (Unit, f64),
    recursive: bool,
) -> impl IntoView {
    let row = &detail.row;
    let (name, _) = spelt(row);
    let heading = if recursive { format!("{name} (recursive)") } else { name };
    let per_call = |time: f64, calls: Option<i64>| match calls {
        Some(calls @ 1..) => unit.text(time / calls as f64),
        _ => format::UNKNOWN.to_owned(),
    };
    let counted = row.calls.is_some();
    let number = |label: &'static str, value: String, note: String| {
        view! { <div><dt>{label}</dt><dd>{value} <small>{note}</small></dd></div> }
    };
    view! {
        <section>
            <h2 class="wrap"><span class=format!("swatch {}", layer_class(row)) aria-hidden="true"></span>{heading}</h2>
            <p class="place">{place_line(row)}</p>
            {recursive.then(|| view! { <p class="place">{RECURSIVE} " The numbers below are all of the function's."</p> })}
            <dl class="numbers">
                {number("Self", unit.text(row.self_time), format::percent(row.self_share(total)))}
                {number("Total", row.total_text(unit), format::percent(row.total_share(total)))}
                {row.samples.map(|_| number("Samples", row.counts(), String::new()))}
                {counted.then(|| number("Calls", format::recursive_calls(row.calls, row.primitive_calls), String::new()))}
                {counted.then(|| number("Self per call", per_call(row.self_time, row.calls), String::new()))}
                {counted.then(|| number("Total per call", per_call(row.total_time, row.primitive_calls), String::new()))}
            </dl>
        </section>
        {neighbours(document, unit, "Callers", &detail.callers, row.outermost)}
        {neighbours(document, unit, "Callees", &detail.callees, row.outermost)}
    }
}

/// Where a function is, with the ways there.
pub fn place_line(row: &FunctionRow) -> AnyView {
    if row.file == "~" {
        return view! { "built in " <CopyButton text=spelt(row).0 label="Copy name" /> }.into_any();
    }
    place(&row.file, row.line)
}

/// The function's source, as far as the user dropped it, and its statements, as far as the other half of the pair has
/// them.
fn code(
    document: OpenDocument,
    row: &FunctionRow,
    matched: Signal<Option<Matched>>,
    has_lines: bool,
    frames: Frames,
) -> AnyView {
    let lines = (has_lines && row.file != "~").then(|| {
        view! {
            <button type="button" class="link" on:click=move |_| {
                // That of the selected function.
                document.lines_file.set(None);
                document.view.set(View::Lines);
            }>"Show its lines"</button>
        }
    });
    view! {
        {source_lines(matched, row.file.clone(), row.line, row.name.clone())}
        {lines}
        {frames.statements(row.function, row.layer)}
    }
    .into_any()
}

/// A merged box by function.
fn merged_body(document: OpenDocument, tree: &Tree, merged: u32) -> AnyView {
    let unit = tree.unit;
    let split = tree.split_of(merged, usize::MAX);
    let seconds = tree.total_time.get(merged as usize).copied().unwrap_or_default();
    let share = move |part: f64| format::percent(part / seconds);
    let largest = split.named.iter().map(|part| part.self_time).fold(split.rest, f64::max);
    let column = unit.column(largest);
    let items: Vec<_> = split
        .named
        .iter()
        .filter_map(|part| Some((tree.functions.get(part.function as usize)?, part.self_time)))
        .map(|(row, own)| neighbour(document, column, row, own, share(own)))
        .collect();
    let rest = (split.rest > 0.0).then(|| {
        view! {
            <p class="rest">
                <span class="name">{others(split.others)}</span>
                <span class="value">{with_unit(column, split.rest)}</span>
                <span class="percent">{share(split.rest)}</span>
            </p>
        }
    });
    view! {
        <section>
            <h2 class="wrap"><span class="swatch merged" aria-hidden="true"></span>{more(tree, merged)}</h2>
            <p class="place">"Boxes too small to draw"</p>
            <dl class="numbers">
                <div><dt>"Total"</dt><dd>{unit.text(seconds)} " " <small>{format::percent(seconds / tree.total)}</small></dd></div>
            </dl>
        </section>
        <section>
            <h3>"Self time, estimated"</h3>
            <ul class="neighbours">{items}</ul>
            {rest}
        </section>
    }
    .into_any()
}

/// A time of a column, with its unit: a list has no head to say it.
fn with_unit(column: TimeColumn, seconds: f64) -> String {
    format!("{} {}", column.seconds(seconds), column.unit.symbol())
}

/// A function one can go to, with a time and its share.
fn neighbour(
    document: OpenDocument,
    column: TimeColumn,
    row: &FunctionRow,
    seconds: f64,
    share: String,
) -> AnyView {
    let function = row.function;
    let (name, file) = spelt(row);
    view! {
        <li>
            <button type="button" title=format!("{name} {file}") on:click=move |_| document.select_function(function)>
                <span class=format!("swatch {}", layer_class(row)) aria-hidden="true"></span>
                <span class="name">{name.clone()}</span>
                <span class="value">{with_unit(column, seconds)}</span>
                <span class="percent">{share}</span>
            </button>
        </li>
    }
    .into_any()
}

fn neighbours(
    document: OpenDocument,
    unit: Unit,
    title: &'static str,
    rows: &[FunctionRow],
    whole: f64,
) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    // Of the function that is selected: what it has beyond its callees is its own.
    let column = unit.column(rows.iter().map(|row| row.total_time).fold(0.0, f64::max));
    let items: Vec<_> = rows
        .iter()
        .take(NEAREST)
        .map(|row| neighbour(document, column, row, row.total_time, format::percent(row.total_time / whole)))
        .collect();
    let all = (rows.len() > NEAREST).then(|| {
        view! {
            <button type="button" class="link" on:click=move |_| document.view.set(View::Callers)>
                {format!("All {}", format::count(rows.len() as i64))}
            </button>
        }
    });
    view! { <section><h3>{title}</h3><ul class="neighbours">{items}</ul>{all}</section> }.into_any()
}
