//! Every single execution of the selected group.

use std::sync::Arc;

use flamedrop::protocol::{Answer, Ask, ExecutionColumn, ExecutionRow, Request, Response, Window};
use leptos::prelude::*;

use super::selected_group;
use crate::components::cells::{Cell, Units};
use crate::components::copy_table::{Whole, copy_table};
use crate::components::data_table::{Def, Holds, Setup, data_table};
use crate::components::paged::{self, Asked, Paged};
use crate::document::{OpenDocument, Sort};
use crate::log_view::filter;
use crate::view::View;

/// How long each took.
pub const DURATION: Def<ExecutionRow, ExecutionColumn> = Def {
    key: "duration",
    label: "Duration",
    holds: Holds::In("ms"),
    width: "100px",
    hint: "How long it took",
    sort: Some((ExecutionColumn::Duration, true)),
    cell: |row| if row.duration.is_nan() { Cell::Unknown } else { Cell::Single(row.duration) },
};

/// Columns of executions.
const EXECUTIONS: &[Def<ExecutionRow, ExecutionColumn>] = &[
    Def {
        key: "start",
        label: "Start",
        holds: Holds::Moments,
        width: "leading",
        hint: "When it began",
        sort: Some((ExecutionColumn::Start, true)),
        cell: |row| Cell::Start(row.start),
    },
    DURATION,
    Def {
        key: CONNECTION,
        label: "Connection",
        holds: Holds::Words,
        width: "minmax(100px, 1fr)",
        hint: "What it ran on",
        sort: None,
        cell: connection,
    },
    Def {
        key: WORKER,
        label: "Worker",
        holds: Holds::Words,
        width: "minmax(100px, 1fr)",
        hint: "The process or thread that answered, if the log names it",
        sort: None,
        cell: connection,
    },
];

const CONNECTION: &str = "connection";
const WORKER: &str = "worker";

/// What an execution ran on, and whether it failed.
fn connection(row: &ExecutionRow) -> Cell {
    match row.failed {
        true if row.connection.is_empty() => Cell::Bad("failed".to_owned()),
        true => Cell::Bad(format!("{} · failed", row.connection)),
        false => Cell::Text(row.connection.clone()),
    }
}

/// The columns of a log of requests, or of statements.
fn columns(requests: bool) -> Vec<&'static Def<ExecutionRow, ExecutionColumn>> {
    let other = if requests { CONNECTION } else { WORKER };
    EXECUTIONS.iter().filter(|def| def.key != other).collect()
}

fn question(document: OpenDocument, asked: Asked) -> Option<Request> {
    let Asked { first, count, selected } = asked;
    let Sort { column, descending } = document.execution_sort.get();
    let (by, key) = (document.log.by.get(), selected_group(document).get()?);
    let window = Window { sort: column, descending, first, count, selected };
    Some(Request::View(filter(document), Ask::GroupExecutions { by, key, window }))
}

/// The rows of an answer.
pub fn pick(response: Response) -> Option<paged::Answer<ExecutionRow>> {
    match response {
        Response::View(Answer::Executions(page)) => Some((page.rows, page.page, page.selected)),
        _ => None,
    }
}

/// The menu that copies or saves them.
pub fn copy_executions(document: OpenDocument, units: Units) -> AnyView {
    let requests = untrack(|| document.is_requests());
    copy_table(
        document,
        "executions",
        units,
        Whole {
            request: Arc::new(move || {
                question(document, Asked { first: 0, count: u32::MAX, selected: None })
            }),
            pick,
            columns: Arc::new(move || columns(requests)),
        },
    )
}

/// The list.
pub fn executions(document: OpenDocument, units: Units) -> AnyView {
    let requests = untrack(|| document.is_requests());
    let sort = document.execution_sort;
    let paged = Paged::new(
        document,
        document.statement.into(),
        |row: &ExecutionRow| row.statement,
        move |asked| question(document, asked),
        pick,
    );
    data_table(Setup {
        label: if requests { "Requests" } else { "Executions" },
        heading: None,
        columns: columns(requests),
        paged,
        sort,
        units,
        select: Arc::new(move |row: ExecutionRow| document.statement.set(Some(row.statement))),
        // Enter shows it among its neighbours.
        open: Arc::new(move |row: ExecutionRow| {
            document.statement.set(Some(row.statement));
            document.view.set(View::Timeline);
        }),
        empty: format!("No {}.", if requests { "requests" } else { "executions" }),
    })
}
