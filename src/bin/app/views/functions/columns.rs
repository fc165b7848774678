//! The columns of the functions table: pstats' own, and shares.

use flamedrop::format::{self, TimeColumn, Unit};
use flamedrop::protocol::{FunctionColumn, FunctionGroup, FunctionRow, ProfileOverview};
use leptos::prelude::*;

use super::rows::{Item, Side};
use super::{function_cell, per_call, per_call_column, place_cell};
use crate::components::cells::share_cell;
use crate::components::copy_table::close_on_escape;
use crate::components::table::Column;
use crate::document::{OpenDocument, Sort};
use crate::function_table::ALL_COLUMNS;

/// What each column is sorted by, and whether largest first at first.
pub const SORTS: [(FunctionColumn, bool); 8] = [
    (FunctionColumn::Calls, true),
    (FunctionColumn::SelfTime, true),
    (FunctionColumn::SelfPerCall, true),
    (FunctionColumn::TotalTime, true),
    (FunctionColumn::TotalPerCall, true),
    (FunctionColumn::SelfTime, true),
    (FunctionColumn::TotalTime, true),
    (FunctionColumn::Place, false),
];

/// The last column, which is always there: what a row is about.
const NAME: usize = 7;

/// What the choice of columns calls them.
const TITLES: [&str; NAME] =
    ["Calls", "Self time", "Self time per call", "Total time", "Total time per call", "Self %", "Total %"];

/// The columns that a profile has. A sampler sees no calls: without them there are no columns of them, and none of times
/// without any.
pub fn there(overview: &ProfileOverview, brief: bool) -> &'static [usize] {
    match (overview.calls.is_some(), overview.samples.is_some(), overview.has_times) {
        _ if brief => &[1, 3, NAME],
        (true, _, true) => &[0, 1, 2, 3, 4, 5, 6, NAME],
        (true, _, false) => &[0, NAME],
        (false, true, _) => &[0, 1, 3, 5, 6, NAME],
        (false, false, _) => &[1, 3, 5, 6, NAME],
    }
}

/// Those that are chosen.
pub fn chosen(there: &[usize], mask: u32) -> Vec<usize> {
    there.iter().copied().filter(|&column| column == NAME || mask >> column & 1 != 0).collect()
}

/// Those of `all` at the places `kept`.
pub fn only<T>(kept: &[usize], all: Vec<T>) -> Vec<T> {
    all.into_iter().enumerate().filter(|(place, _)| kept.contains(place)).map(|(_, one)| one).collect()
}

/// All columns of a profile, sorted as `sort` says.
pub fn columns(overview: &ProfileOverview, brief: bool, sort: RwSignal<Sort<FunctionColumn>>) -> Vec<Column> {
    let times = overview.unit.column(overview.total);
    let calls = per_call_column(overview.longest_call);
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
    // pstats' words are about time.
    let (own, all_of) = match overview.unit {
        Unit::Bytes | Unit::Count => ("self", "total"),
        _ => ("tottime", "cumtime"),
    };
    let (own_share, all_share) = match own {
        "self" => ("self as a share of all there is", "total as a share of all there is"),
        _ => ("tottime as a share of all there is", "cumtime as a share of all there is"),
    };
    let name = if brief { "minmax(140px, 1fr)" } else { "minmax(260px, 1fr)" };
    let all = vec![
        if overview.samples.is_some() {
            Column::number(
                "samples",
                "",
                "minmax(96px, 128px)",
                "Samples that had the function on the stack; after a stroke those that ended in it, where they differ",
            )
        } else {
            Column::number(
                "ncalls",
                "",
                "minmax(96px, 128px)",
                "Calls; all/primitive where a function calls itself",
            )
        },
        Column::number(own, unit, "minmax(108px, 132px)", in_itself).keyed("tottime"),
        Column::number("percall", calls.unit.symbol(), "96px", "tottime divided by calls")
            .keyed("tottime-percall"),
        Column::number(all_of, unit, "minmax(108px, 132px)", in_all).keyed("cumtime"),
        Column::number("percall", calls.unit.symbol(), "96px", "cumtime divided by primitive calls")
            .keyed("cumtime-percall"),
        Column::number("self", "%", "64px", own_share),
        Column::number("total", "%", "64px", all_share),
        Column::text("function", name, "Its name, and where it is defined, from where packages lie")
            .leading(),
    ];
    all.into_iter().zip(SORTS).map(|(column, (by, _))| column.sortable(direction(by))).collect()
}

/// How the numbers of a table are written.
#[derive(Clone, Copy)]
pub struct Numbers {
    times: TimeColumn,
    each: TimeColumn,
    total: f64,
}

impl Numbers {
    /// Those of a profile.
    pub fn of(overview: &ProfileOverview) -> Self {
        Self {
            times: overview.unit.column(overview.total),
            each: per_call_column(overview.longest_call),
            total: overview.total,
        }
    }

    /// The cells of a row; `name` is the last.
    fn cells(self, row: &FunctionRow, name: AnyView) -> Vec<AnyView> {
        let Self { times, each, total } = self;
        vec![
            row.counts().into_any(),
            share_cell(times.seconds(row.self_time), row.self_share(total)),
            per_call(row.self_time, row.calls, each),
            share_cell(row.total_cell(times), row.total_share(total)),
            per_call(row.total_time, row.primitive_calls, each),
            format::percent_cell(row.self_share(total)).into_any(),
            format::percent_cell(row.total_share(total)).into_any(),
            name,
        ]
    }

    /// The cells of whatever stands in a row. `toggle` opens and closes it.
    pub fn of_item(self, item: &Item, toggle: Option<impl Fn() + 'static>) -> Vec<AnyView> {
        let mut empty: Vec<AnyView> = (0..NAME).map(|_| ().into_any()).collect();
        let arrow = |is_open: Option<bool>| {
            view! {
                <span class="arrow-space" aria-hidden="true">
                    {is_open.map(|is_open| view! {
                        <span class="twisty" class:open=is_open on:click=move |event| {
                            event.stop_propagation();
                            if let Some(toggle) = &toggle {
                                toggle();
                            }
                        }></span>
                    })}
                </span>
            }
        };
        let branch = |level: u32, arrow: AnyView, cell: AnyView| {
            view! { <span class="function opens" style:--level=level.to_string()>{arrow}{cell}</span> }
                .into_any()
        };
        match item {
            Item::Function { row, level, is_open } => {
                let name = function_cell(row);
                // In the table of a sandwich nothing opens.
                self.cells(
                    row,
                    match is_open {
                        None => name,
                        is_open => branch(*level, arrow(*is_open).into_any(), name),
                    },
                )
            }
            Item::Neighbour { row, side, level } => {
                let place = (row.file.as_str(), row.line, row.name.as_str());
                let name = place_cell(place, row.layer.id(), Some(side.mark()));
                self.cells(row, branch(*level, arrow(None).into_any(), name))
            }
            Item::Group { group, is_open } => {
                self.group(group, branch(0, arrow(Some(*is_open)).into_any(), group_cell(group)))
            }
            Item::More { side, count, level, .. } => {
                let text = side.more(*count);
                empty.push(branch(
                    *level,
                    arrow(None).into_any(),
                    view! { <span class="name rest">{text}</span> }.into_any(),
                ));
                empty
            }
            Item::Coming { level } => {
                empty.push(branch(
                    *level,
                    arrow(None).into_any(),
                    view! { <span class="name rest">"…"</span> }.into_any(),
                ));
                empty
            }
        }
    }

    fn group(self, group: &FunctionGroup, name: AnyView) -> Vec<AnyView> {
        let Self { times, each, total } = self;
        let share = |part: f64| part / total;
        vec![
            group.calls.map_or(format::UNKNOWN.to_owned(), format::count).into_any(),
            share_cell(times.seconds(group.self_time), share(group.self_time)),
            per_call(group.self_time, group.calls, each),
            share_cell(times.seconds(group.total_time), share(group.total_time)),
            per_call(group.total_time, group.calls, each),
            format::percent_cell(share(group.self_time)).into_any(),
            format::percent_cell(share(group.total_time)).into_any(),
            name,
        ]
    }
}

fn group_cell(group: &FunctionGroup) -> AnyView {
    let count = format::counted(i64::from(group.functions), "function", "functions");
    view! {
        <span class="function" title=group.place.clone()>
            <span class=format!("swatch {}", group.layer.id()) aria-hidden="true"></span>
            <span class="name short group">{group.name.clone()}</span>
            <span class="file"><bdi>{count}</bdi></span>
        </span>
    }
    .into_any()
}

impl Side {
    /// What stands in front of a function.
    fn mark(self) -> &'static str {
        match self {
            Self::Callers => "called by",
            Self::Callees => "calls",
        }
    }

    /// What stands for those that are not listed.
    fn more(self, count: u32) -> String {
        let count = i64::from(count);
        match self {
            Self::Callers => format::counted(count, "more caller", "more callers"),
            Self::Callees => format::counted(count, "more callee", "more callees"),
        }
    }
}

/// The choice of columns, remembered for the next visit.
pub fn chooser(document: OpenDocument, there: &'static [usize]) -> AnyView {
    let table = document.function_table;
    let boxes: Vec<_> = there
        .iter()
        .filter_map(|&at| Some((at, *TITLES.get(at)?)))
        .map(|(at, title)| {
            let checked = move || table.shown_columns() >> at & 1 != 0;
            view! {
                <label>
                    <input
                        type="checkbox"
                        prop:checked=checked
                        on:change=move |_| table.show_columns(untrack(|| table.shown_columns()) ^ 1 << at)
                    />
                    {title}
                </label>
            }
        })
        .collect();
    view! {
        <details class="column-menu" on:keydown=close_on_escape>
            <summary>"Columns"</summary>
            <div class="menu-list" role="group" aria-label="Columns">
                {boxes}
                <button type="button" on:click=move |_| table.show_columns(ALL_COLUMNS)>"As at first"</button>
            </div>
        </details>
    }
    .into_any()
}
