//! The single requests of a log of these, the slowest first: beside the list the selected one with its line.

use std::sync::Arc;

use flamedrop::protocol::{Ask, ExecutionColumn, ExecutionRow, QueriesOverview, Request, Window};
use leptos::prelude::*;

use super::queries::executions::{DURATION, pick};
use super::statement_card::StatementDetails;
use crate::components::cells::{Cell, Units};
use crate::components::copy_table::{Whole, copy_table};
use crate::components::data_table::{Def, Holds, Setup, data_table};
use crate::components::paged::{Asked, Paged};
use crate::document::{OpenDocument, Sort};
use crate::log_view::filter;
use crate::view::View;

/// The columns.
const COLUMNS: &[Def<ExecutionRow, ExecutionColumn>] = &[
    Def {
        key: "start",
        label: "Begin",
        holds: Holds::Moments,
        width: "leading",
        hint: "When it began",
        sort: Some((ExecutionColumn::Start, true)),
        cell: |row| Cell::Start(row.start),
    },
    DURATION,
    Def {
        key: "status",
        label: "Status",
        holds: Holds::Numbers,
        width: "72px",
        hint: "What it was answered with; nothing where the client left before",
        sort: None,
        cell: |row| match row.status {
            0 => Cell::Unknown,
            status if row.failed => Cell::Bad(status.to_string()),
            status => Cell::Text(status.to_string()),
        },
    },
    Def {
        key: "route",
        label: "Route",
        holds: Holds::Words,
        width: "minmax(160px, 1fr)",
        hint: "Its method, and its address without what names one object",
        sort: None,
        cell: |row| Cell::Text(row.route.clone()),
    },
    Def {
        key: "worker",
        label: "Worker",
        holds: Holds::Words,
        width: "minmax(80px, 0.4fr)",
        hint: "The process that answered",
        sort: None,
        cell: |row| match row.connection.is_empty() {
            true => Cell::Unknown,
            false => Cell::Quiet(row.connection.clone()),
        },
    },
];

fn question(document: OpenDocument, asked: Asked) -> Option<Request> {
    let Asked { first, count, selected } = asked;
    let Sort { column, descending } = document.execution_sort.get();
    let window = Window { sort: column, descending, first, count, selected };
    Some(Request::View(filter(document), Ask::Executions(window)))
}

/// The view.
#[component]
pub fn SingleRequests(document: OpenDocument, overview: QueriesOverview) -> impl IntoView {
    let units = Units::of(&overview);
    let copy = copy_table(
        document,
        "requests",
        units,
        Whole {
            request: Arc::new(move || {
                question(document, Asked { first: 0, count: u32::MAX, selected: None })
            }),
            pick,
            columns: Arc::new(|| COLUMNS.iter().collect()),
        },
    );
    let paged = Paged::new(
        document,
        document.statement.into(),
        |row: &ExecutionRow| row.statement,
        move |asked| question(document, asked),
        pick,
    );
    let table = data_table(Setup {
        label: "Requests",
        heading: None,
        columns: COLUMNS.iter().collect(),
        paged,
        sort: document.execution_sort,
        units,
        select: Arc::new(move |row: ExecutionRow| document.statement.set(Some(row.statement))),
        // Enter shows it among its neighbours.
        open: Arc::new(move |row: ExecutionRow| {
            document.statement.set(Some(row.statement));
            document.view.set(View::Timeline);
        }),
        empty: "No request fits the filter.".to_owned(),
    });
    let failed = move || document.filter.with(|filter| filter.failed);
    let only = move |failed: bool| document.filter.update(|filter| filter.failed = failed);
    view! {
        <div class="split">
            <div class="listing">
                <div class="view-bar">
                    <div class="switch" role="group" aria-label="Rows">
                        <button type="button" aria-pressed=move || (!failed()).to_string() on:click=move |_| only(false)>"All"</button>
                        <button type="button" aria-pressed=move || failed().to_string() on:click=move |_| only(true)>"5xx only"</button>
                    </div>
                    {copy}
                </div>
                {table}
            </div>
            <Show when=move || document.statement.get().is_some()>
                <StatementDetails document wall_clock=overview.wall_clock />
            </Show>
        </div>
    }
}
