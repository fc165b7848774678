//! The functions table: pstats' columns, sorted and filtered by the worker, drawn a window at a time.

use std::sync::Arc;

use flamedrop::format::{self, TimeColumn, TimeUnit, Unit};
use flamedrop::profile::imports::short_path;
use flamedrop::protocol::{FunctionColumn, FunctionRow, ProfileOverview, Request, Response};
use leptos::prelude::*;

use crate::components::cells::share_cell;
use crate::components::paged::{Asked, Paged};
use crate::components::table::{Actions, Column, Row, Table};
use crate::document::{OpenDocument, Sort};
use crate::narrowing::Menu;
use crate::view::View;

/// The unit of per-call times, of which the longest is given: microseconds, which most calls take, unless that makes
/// numbers of six digits.
pub fn per_call_column(longest: f64) -> TimeColumn {
    match longest < 0.1 {
        true => TimeColumn { unit: TimeUnit::Microseconds, decimals: 1 },
        false => TimeColumn { unit: TimeUnit::Milliseconds, decimals: 4 },
    }
}

/// The functions table of a profile.
#[component]
pub fn Functions(
    document: OpenDocument,
    overview: ProfileOverview,
    /// Whether there is room for times and names only.
    #[prop(optional)]
    brief: bool,
) -> impl IntoView {
    let sort = document.function_sort;
    let paged = Paged::new(
        document,
        document.function.into(),
        |row: &FunctionRow| row.function,
        move |Asked { first, count, selected }| {
            let Sort { column, descending } = sort.get();
            let filter = document.search_text();
            Some(Request::Functions { sort: column, descending, filter, first, count, selected })
        },
        |response| match response {
            Response::Functions { rows, page, selected } => Some((rows, page, selected)),
            _ => None,
        },
    );

    document.searching.follow(move |forwards| walk(document, paged.rows(), paged.selected_row(), forwards));
    let times = overview.unit.column(overview.total);
    let total = overview.total;
    let calls = per_call_column(overview.longest_call);
    // A sampler sees no calls: without them there are no columns of them, and none of times without any.
    let sampled = overview.samples.is_some();
    let kept: &'static [usize] = match (overview.calls.is_some(), sampled, overview.has_times) {
        _ if brief => &[1, 3, 7],
        (true, _, true) => &[0, 1, 2, 3, 4, 5, 6, 7],
        (true, _, false) => &[0, 7],
        (false, true, _) => &[0, 1, 3, 5, 6, 7],
        (false, false, _) => &[1, 3, 5, 6, 7],
    };
    // Nothing else can be sorted by.
    if !overview.has_times && sort.get_untracked().column != FunctionColumn::Place {
        sort.set(Sort { column: FunctionColumn::Calls, descending: true });
    }
    let row = move |index: u32| {
        paged.at(index).map(|row| Row { cells: only(kept, cells(&row, times, calls, total)), faint: false })
    };
    let direction = move |column: FunctionColumn| {
        move || {
            let sort = sort.get();
            (sort.column == column).then_some(sort.descending)
        }
    };
    let unit = times.unit.symbol();
    let (in_itself, in_all) = match overview.unit {
        Unit::Seconds | Unit::CpuSeconds => {
            ("Time in the function itself (self time)", "Time in the function and all it called (total time)")
        }
        Unit::Samples => {
            ("Samples that ended in the function itself", "Samples that had the function on the stack")
        }
        Unit::Count => (
            "How often it happened in the function itself",
            "How often it happened in the function and all it called",
        ),
        Unit::Bytes => (
            "Memory that the function itself asked for",
            "Memory that the function and all it called asked for",
        ),
    };
    let all_columns = vec![
        if sampled {
            Column::number(
                "samples",
                "",
                "128px",
                "Samples that had the function on the stack; after a stroke those that ended in it, where they differ",
            )
        } else {
            Column::number("ncalls", "", "128px", "Calls; all/primitive where a function calls itself")
        }
        .sortable(direction(FunctionColumn::Calls)),
        Column::number("tottime", unit, "132px", in_itself).sortable(direction(FunctionColumn::SelfTime)),
        Column::number("percall", calls.unit.symbol(), "96px", "tottime divided by calls")
            .sortable(direction(FunctionColumn::SelfPerCall)),
        Column::number("cumtime", unit, "132px", in_all).sortable(direction(FunctionColumn::TotalTime)),
        Column::number("percall", calls.unit.symbol(), "96px", "cumtime divided by primitive calls")
            .sortable(direction(FunctionColumn::TotalPerCall)),
        Column::number("self", "%", "64px", "tottime as a share of all there is")
            .sortable(direction(FunctionColumn::SelfTime)),
        Column::number("total", "%", "64px", "cumtime as a share of all there is")
            .sortable(direction(FunctionColumn::TotalTime)),
        Column::text("function", if brief { "minmax(140px, 1fr)" } else { "minmax(260px, 1fr)" }, "Its name, and where it is defined, from where packages lie")
            .leading()
            .sortable(direction(FunctionColumn::Place)),
    ];
    let columns = only(kept, all_columns);
    const COLUMNS: [(FunctionColumn, bool); 8] = [
        (FunctionColumn::Calls, true),
        (FunctionColumn::SelfTime, true),
        (FunctionColumn::SelfPerCall, true),
        (FunctionColumn::TotalTime, true),
        (FunctionColumn::TotalPerCall, true),
        (FunctionColumn::SelfTime, true),
        (FunctionColumn::TotalTime, true),
        (FunctionColumn::Place, false),
    ];
    let actions = Actions {
        select: Arc::new(move |index| {
            let row = untrack(|| paged.at(index));
            row.is_some_and(|row| {
                document.select_function(row.function);
                true
            })
        }),
        open: Arc::new(move |_| document.view.set(View::Callers)),
        menu: Some(Arc::new(move |x, y| document.narrowing.menu.set(Some(Menu { x, y })))),
        sort: Arc::new(move |index| {
            let column = kept.get(index).and_then(|&column| COLUMNS.get(column));
            if let Some(&(column, first_descending)) = column {
                sort.update(|sort| *sort = sort.clicked(column, first_descending));
            }
        }),
        ..Actions::default()
    };
    view! {
        <Table
            label="Functions"
            columns
            rows=paged.rows()
            row=Arc::new(row)
            window=paged.window
            selected=paged.selected_row()
            actions
            loaded=paged.loaded()
            empty="No function matches the search."
        />
    }
}

/// Selects the next function that was found, or the one before: the table has no others.
fn walk(document: OpenDocument, rows: Signal<u32>, selected: Signal<Option<u32>>, forwards: bool) {
    let Some(last) =
        rows.get_untracked().checked_sub(1).filter(|_| untrack(|| !document.search_text().is_empty()))
    else {
        return;
    };
    let next = match (selected.get_untracked(), forwards) {
        (None, true) => 0,
        (None, false) => last,
        (Some(row), true) => {
            if row >= last {
                0
            } else {
                row + 1
            }
        }
        (Some(row), false) => row.checked_sub(1).unwrap_or(last),
    };
    let Sort { column: sort, descending } = document.function_sort.get_untracked();
    let filter = untrack(|| document.search_text());
    leptos::task::spawn_local(async move {
        let request = Request::Functions { sort, descending, filter, first: next, count: 1, selected: None };
        if let Some(Response::Functions { page, rows, .. }) = document.ask(request).await
            && let Some(row) = page.first()
        {
            document.select_function(row.function);
            document.searching.place.set(Some((next + 1, rows)));
        }
    });
}

/// Those of `all` at the places `kept`.
pub fn only<T>(kept: &[usize], all: Vec<T>) -> Vec<T> {
    all.into_iter().enumerate().filter(|(place, _)| kept.contains(place)).map(|(_, one)| one).collect()
}

fn cells(row: &FunctionRow, times: TimeColumn, each: TimeColumn, total: f64) -> Vec<AnyView> {
    vec![
        row.counts().into_any(),
        share_cell(times.seconds(row.self_time), row.self_share(total)),
        per_call(row.self_time, row.calls, each),
        share_cell(row.total_cell(times), row.total_share(total)),
        per_call(row.total_time, row.primitive_calls, each),
        format::percent_cell(row.self_share(total)).into_any(),
        format::percent_cell(row.total_share(total)).into_any(),
        function_cell(row),
    ]
}

/// A time per call, or a dash without calls.
pub fn per_call(seconds: f64, calls: Option<i64>, column: TimeColumn) -> AnyView {
    match calls {
        Some(calls @ 1..) => column.seconds(seconds / calls as f64),
        _ => format::UNKNOWN.to_owned(),
    }
    .into_any()
}

/// A function as a cell: the colour of what it belongs to, its name, and where it is.
pub fn function_cell(row: &FunctionRow) -> AnyView {
    place_cell((&row.file, row.line, &row.name), layer_class(row), None)
}

/// The same of a file, line and name; with a word in front of it.
pub fn place_cell((file, line, name): (&str, i64, &str), layer: &str, mark: Option<&'static str>) -> AnyView {
    let place = format::pstats_place(file, line, name);
    // As pstats has it, also of modules: the file stands beside it.
    let name = format::short_name(file, name).into_owned();
    let file = match line {
        _ if file == "~" => String::new(),
        // A package, or a file that is known without lines.
        0 => short_path(file).into_owned(),
        line => format::line(&short_path(file), line),
    };
    let short = name.len() < 40;
    view! {
        <span class="function" title=place>
            <span class=format!("swatch {layer}") aria-hidden="true"></span>
            {mark.map(|mark| view! { <span class="mark">{mark}</span> })}
            <span class="name" class:short=short>{name}</span>
            <span class="file"><bdi>{file}</bdi></span>
        </span>
    }
    .into_any()
}

/// A function's name, of a module its file, and its place: `loads`, `json/__init__.py:299`; built-in ones have no
/// place.
pub fn spelt(row: &FunctionRow) -> (String, String) {
    let place = match row.line {
        _ if row.file == "~" => String::new(),
        // A package, or a file that is known without lines.
        0 => row.file.clone(),
        line => format::line(&row.file, line),
    };
    (row.label().into_owned(), place)
}

/// The style class of what a function belongs to.
pub fn layer_class(row: &FunctionRow) -> &'static str {
    row.layer.id()
}
