//! The queries table: one row per fingerprint; beside it the selected one in full.

use std::sync::Arc;

use flamedrop::format::{self, TimeColumn};
use flamedrop::protocol::{
    ExecutionColumn, ExecutionRow, QueriesOverview, QueryColumn, QueryDetail, QueryRow, Request, Response,
};
use flamedrop::queries::EventKind;
use leptos::prelude::*;

use super::functions::share_cell;
use super::paged::{Asked, Paged};
use crate::components::copy::CopyButton;
use crate::components::events::Events;
use crate::components::plan::PlanTable;
use crate::components::sql::{Sql, operation_class};
use crate::components::table::{Actions, Column, Row, Table};
use crate::document::{OpenDocument, Sort, answers};
use crate::view::View;

/// The queries of a log.
#[component]
pub fn Queries(document: OpenDocument, overview: QueriesOverview) -> impl IntoView {
    let sort = document.query_sort;
    let paged = Paged::new(
        document,
        document.fingerprint.into(),
        |row: &QueryRow| row.fingerprint,
        move |Asked { first, count, selected }| {
            let Sort { column, descending } = sort.get();
            let filter = document.search.get();
            Some(Request::Queries { sort: column, descending, filter, first, count, selected })
        },
        |response| match response {
            Response::Queries { rows, page, selected } => Some((rows, page, selected)),
            _ => None,
        },
    );
    // Totals and single executions differ by orders of magnitude: each kind of column has its unit.
    let totals = TimeColumn::for_milliseconds(overview.total);
    let singles = TimeColumn { unit: format::TimeUnit::Milliseconds, decimals: 2 };
    let row = move |index: u32| {
        paged.at(index).map(|row| Row { cells: cells(&row, totals, singles), faint: false })
    };
    const COLUMNS: [(QueryColumn, bool); 10] = [
        (QueryColumn::Text, false),
        (QueryColumn::Calls, true),
        (QueryColumn::Total, true),
        // The share of the log: the same order.
        (QueryColumn::Total, true),
        (QueryColumn::Mean, true),
        (QueryColumn::P50, true),
        (QueryColumn::P95, true),
        (QueryColumn::P99, true),
        (QueryColumn::Max, true),
        (QueryColumn::Tables, false),
    ];
    let direction = move |index: usize| {
        move || {
            let sort = sort.get();
            (sort.column == COLUMNS[index].0).then_some(sort.descending)
        }
    };
    let columns = vec![
        Column::text("Query", "minmax(220px, 1fr)", "The statement with literals normalised away")
            .leading()
            .sortable(direction(0)),
        Column::number("Calls", "", "80px", "How often it ran").sortable(direction(1)),
        Column::number(
            "Total",
            totals.unit.symbol(),
            "116px",
            "Sum of its durations, and their share of the log",
        )
        .sortable(direction(2)),
        Column::number("Share", "%", "72px", "Its share of the log's time"),
        Column::number("Mean", "ms", "80px", "Mean duration").sortable(direction(4)),
        Column::number("p50", "ms", "80px", "Half of its executions took at most this long (nearest rank)")
            .sortable(direction(5)),
        Column::number("p95", "ms", "80px", "95 % of its executions took at most this long")
            .sortable(direction(6)),
        Column::number("p99", "ms", "80px", "99 % of its executions took at most this long")
            .sortable(direction(7)),
        Column::number("Max", "ms", "80px", "Its longest execution").sortable(direction(8)),
        Column::text("Tables", "minmax(100px, 0.35fr)", "The tables it names").sortable(direction(9)),
    ];
    let actions = Actions {
        select: Arc::new(move |index| {
            let row = untrack(|| paged.at(index));
            row.is_some_and(|row| {
                document.statement.set(None);
                document.fingerprint.set(Some(row.fingerprint));
                true
            })
        }),
        sort: Arc::new(move |index| {
            if let Some(&(column, first_descending)) = COLUMNS.get(index) {
                sort.update(|sort| *sort = sort.clicked(column, first_descending));
            }
        }),
        ..Actions::default()
    };
    view! {
        <div class="split">
            <Table label="Queries" columns rows=paged.rows() row=Arc::new(row) window=paged.window selected=paged.selected_row() actions loaded=paged.loaded() empty="No query matches the search." />
            <Show when=move || document.fingerprint.get().is_some()>
                <Detail document wall_clock=overview.wall_clock statistics=overview.statistics />
            </Show>
        </div>
    }
}

fn cells(row: &QueryRow, totals: TimeColumn, singles: TimeColumn) -> Vec<AnyView> {
    let known = row.calls > row.without_duration;
    let single =
        |value: f64| if known { singles.milliseconds(value) } else { format::UNKNOWN.to_owned() }.into_any();
    vec![
        view! {
            <span class="query" title=row.text.clone()>
                <span class=format!("swatch {}", operation_class(row.operation)) aria-hidden="true"></span>
                <code>{row.text.clone()}</code>
            </span>
        }
        .into_any(),
        format::count(i64::from(row.calls)).into_any(),
        if known {
            share_cell(totals.milliseconds(row.total), row.share)
        } else {
            format::UNKNOWN.into_any()
        },
        if known { format::percent_cell(row.share) } else { format::UNKNOWN.to_owned() }.into_any(),
        single(row.mean),
        single(row.p50),
        single(row.p95),
        single(row.p99),
        single(row.max),
        view! { <span class="tables" title=row.tables.join(", ")>{row.tables.join(", ")}</span> }.into_any(),
    ]
}

/// The selected fingerprint: SQL, numbers, an example, and its executions.
#[component]
fn Detail(document: OpenDocument, wall_clock: bool, statistics: bool) -> impl IntoView {
    let detail = answers(
        document,
        move || document.fingerprint.get().map(|fingerprint| Request::Query { fingerprint }),
        |response| match response {
            Response::Query(detail) => Some(Arc::new(detail)),
            _ => None,
        },
    );
    view! {
        <aside class="details" aria-label="Selected query">
            <button type="button" class="close" aria-label="Close details" on:click=move |_| document.fingerprint.set(None)>"×"</button>
            {move || detail.get().map(|(_, detail)| body(detail, statistics))}
            {if statistics {
                view! { <p class="facts">"A server's statistics: numbers since its last reset, without single executions."</p> }.into_any()
            } else {
                view! {
                    <section class="executions" aria-labelledby="executions-title">
                        <h3 id="executions-title">"Executions"</h3>
                        <Executions document wall_clock />
                    </section>
                }
                .into_any()
            }}
        </aside>
    }
}

fn body(detail: Arc<QueryDetail>, statistics: bool) -> impl IntoView {
    let row = &detail.row;
    let known = row.calls > row.without_duration;
    let time = |value: f64| if known { format::milliseconds(value) } else { format::UNKNOWN.to_owned() };
    let number = |label: &'static str, value: String| view! { <div><dt>{label}</dt><dd>{value}</dd></div> };
    let variety = match (detail.distinct_parameters, row.calls) {
        (_, 1) => "ran once".to_owned(),
        _ if statistics => "parameters are not counted".to_owned(),
        (1, _) => "always the same parameters".to_owned(),
        (distinct, calls) if distinct == calls => "never the same parameters twice".to_owned(),
        (distinct, _) => format!("{} different parameter sets", format::count(i64::from(distinct))),
    };
    let example = detail.example.as_ref().map(|example| {
        let parameters = example.parameters.clone().map(|parameters| {
            view! { <h3>"Parameters"</h3> <pre class="parameters" tabindex="0">{parameters}</pre> }
        });
        view! {
            <section>
                <h3>"Slowest execution" <small>{format::milliseconds(example.duration)}</small> <CopyButton text=example.sql.clone() label="Copy SQL" /></h3>
                <Sql text=example.sql.clone() label="Slowest execution" />
                {parameters}
            </section>
        }
    });
    let happened: Vec<String> = detail.events.iter().map(|&(kind, count)| kind.counted(count)).collect();
    let happened = (!happened.is_empty()).then(|| view! { <p class="facts">{happened.join(" · ")}</p> });
    let told = detail.first_events.len() as u32;
    let all: u32 =
        detail.events.iter().filter(|(kind, _)| *kind != EventKind::Plan).map(|(_, count)| count).sum();
    view! {
        <section>
            <h2>"Query" <CopyButton text=detail.text.clone() label="Copy fingerprint" /></h2>
            <Sql text=detail.text.clone() label="Fingerprint" />
            <p class="facts">{variety} {(!row.tables.is_empty()).then(|| format!(" · {}", row.tables.join(", ")))}</p>
            {happened}
            <dl class="numbers">
                {number("Calls", format::count(i64::from(row.calls)))}
                {number("Total", time(row.total))}
                {number("Share", format::percent(row.share))}
                {number("Mean", time(row.mean))}
                {number("Min", time(row.min))}
                {number("p50", time(row.p50))}
                {number("p95", time(row.p95))}
                {number("p99", time(row.p99))}
                {number("Max", time(row.max))}
            </dl>
        </section>
        {example}
        <Events events=detail.first_events.clone() more=all - told />
        {detail.plan.clone().map(|detail| view! { <PlanTable detail=*detail /> })}
    }
}

#[component]
fn Executions(document: OpenDocument, wall_clock: bool) -> impl IntoView {
    let sort = document.execution_sort;
    let paged = Paged::new(
        document,
        document.statement.into(),
        |row: &ExecutionRow| row.statement,
        move |Asked { first, count, selected }| {
            let Sort { column, descending } = sort.get();
            let fingerprint = document.fingerprint.get()?;
            Some(Request::Executions { fingerprint, sort: column, descending, first, count, selected })
        },
        |response| match response {
            Response::Executions { rows, page, selected } => Some((rows, page, selected)),
            _ => None,
        },
    );
    const COLUMNS: [ExecutionColumn; 2] = [ExecutionColumn::Start, ExecutionColumn::Duration];
    let direction = move |column: ExecutionColumn| {
        move || {
            let sort = sort.get();
            (sort.column == column).then_some(sort.descending)
        }
    };
    let row = move |index: u32| {
        paged.at(index).map(|ExecutionRow { start, duration, connection, failed, .. }| Row {
            cells: vec![
                start_text(start, wall_clock).into_any(),
                TimeColumn { unit: format::TimeUnit::Milliseconds, decimals: 2 }
                    .milliseconds(duration)
                    .into_any(),
                view! { <span class:failed=failed>{connection} {failed.then_some(" · failed")}</span> }
                    .into_any(),
            ],
            faint: false,
        })
    };
    let columns = vec![
        Column::text("Start", "120px", "When it began").leading().sortable(direction(ExecutionColumn::Start)),
        Column::number("Duration", "ms", "100px", "How long it took")
            .sortable(direction(ExecutionColumn::Duration)),
        Column::text("Connection", "minmax(100px, 1fr)", "What it ran on"),
    ];
    let actions = Actions {
        select: Arc::new(move |index| {
            let row = untrack(|| paged.at(index));
            row.is_some_and(|row| {
                document.statement.set(Some(row.statement));
                true
            })
        }),
        // Enter shows it among its neighbours.
        open: Arc::new(move |_| document.view.set(View::Timeline)),
        sort: Arc::new(move |index| {
            if let Some(&column) = COLUMNS.get(index) {
                sort.update(|sort| *sort = sort.clicked(column, true));
            }
        }),
        ..Actions::default()
    };
    view! { <Table label="Executions" columns rows=paged.rows() row=Arc::new(row) window=paged.window selected=paged.selected_row() actions loaded=paged.loaded() empty="No executions." /> }
}

/// A start on the log's clock: the time of day, or the time since the log began.
pub fn start_text(start: f64, wall_clock: bool) -> String {
    if wall_clock { format::time_of_day(start) } else { format!("+{}", format::milliseconds(start)) }
}
