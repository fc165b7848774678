//! The requests of a log: what each, or all of one view, spend on the database; and one of them
//! statement by statement.

mod waterfall;

use std::sync::Arc;

use flamedrop::protocol::{
    Answer, Ask, QueriesOverview, Request, RequestColumn as SortBy, RequestRow, Response, Window,
};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::Filter;
use leptos::prelude::*;

use self::waterfall::WaterfallOf;
use super::statement_card::StatementDetails;
use crate::components::cells::{Cell, Units};
use crate::components::copy_table::{Whole, copy_table};
use crate::components::data_table::{Def, Holds, Setup, data_table};
use crate::components::paged::{self, Asked, Paged};
use crate::components::switch::switch_buttons;
use crate::document::{OpenDocument, Sort, answers};
use crate::log_view::{STATISTICS, filter, only};
use crate::text;

/// Columns of requests, and of views: [`of`] says which are of which.
pub const COLUMNS: &[Def<RequestRow, SortBy>] = &[
    Def {
        key: "request",
        label: "Request",
        holds: Holds::Name,
        width: "minmax(200px, 1fr)",
        hint: "What it is called: its method and path, its view, or its number",
        sort: Some((SortBy::Label, false)),
        cell: |row| Cell::Text(row.label.clone()),
    },
    Def {
        key: "view",
        label: "View",
        holds: Holds::Words,
        width: "minmax(110px, 0.5fr)",
        hint: "The view that answered it",
        sort: None,
        cell: |row| if row.view.is_empty() { Cell::Unknown } else { Cell::Quiet(row.view.clone()) },
    },
    Def {
        key: "start",
        label: "Start",
        holds: Holds::Moments,
        width: "",
        hint: "When it began",
        sort: Some((SortBy::Start, false)),
        cell: |row| Cell::Start(row.start),
    },
    Def {
        key: "status",
        label: "Status",
        holds: Holds::Numbers,
        width: "72px",
        hint: "HTTP status",
        sort: None,
        cell: |row| match row.status {
            0 => Cell::Unknown,
            500.. => Cell::Bad(row.status.to_string()),
            status => Cell::Text(status.to_string()),
        },
    },
    Def {
        key: "requests",
        label: "Requests",
        holds: Holds::Numbers,
        width: "88px",
        hint: "How many requests",
        sort: Some((SortBy::Requests, true)),
        cell: |row| Cell::Count(u64::from(row.usage.requests)),
    },
    Def {
        key: "statements",
        label: "Statements",
        holds: Holds::Numbers,
        width: "98px",
        hint: "Statements in all",
        sort: Some((SortBy::Statements, true)),
        cell: |row| Cell::Count(u64::from(row.usage.statements)),
    },
    Def {
        key: "each",
        label: "Each",
        holds: Holds::Numbers,
        width: "72px",
        hint: "Statements per request",
        sort: None,
        cell: |row| Cell::Number(f64::from(row.usage.statements) / f64::from(row.usage.requests.max(1)), 1),
    },
    Def {
        key: "database-time",
        label: "Database",
        holds: Holds::Totals,
        width: "116px",
        hint: "Time of its statements, and as a bar their share of its wall time",
        sort: Some((SortBy::DatabaseTime, true)),
        cell: |row| {
            let share = if row.usage.wall > 0.0 { row.usage.database_time / row.usage.wall } else { 0.0 };
            Cell::Total(row.usage.database_time, share)
        },
    },
    Def {
        key: "wall",
        label: "Wall",
        holds: Holds::Totals,
        width: "104px",
        hint: "Time from its beginning to its end: as recorded, or from its first statement to its last",
        sort: Some((SortBy::Wall, true)),
        cell: |row| Cell::Total(row.usage.wall, 0.0),
    },
    Def {
        key: "wall-p50",
        label: "p50",
        holds: Holds::In("ms"),
        width: "88px",
        hint: "Half of the requests took at most this long",
        sort: Some((SortBy::WallP50, true)),
        cell: |row| Cell::Single(row.usage.wall_p50),
    },
    Def {
        key: "wall-p95",
        label: "p95",
        holds: Holds::In("ms"),
        width: "88px",
        hint: "95 % of the requests took at most this long",
        sort: Some((SortBy::WallP95, true)),
        cell: |row| Cell::Single(row.usage.wall_p95),
    },
    Def {
        key: "loops",
        label: "N+1",
        holds: Holds::Numbers,
        width: "84px",
        hint: "Statements of loops over rows (N+1): the same query again and again with other parameters",
        sort: Some((SortBy::Loops, true)),
        cell: |row| Cell::Count(u64::from(row.usage.loops)),
    },
    Def {
        key: "repeated",
        label: "Duplicates",
        holds: Holds::Numbers,
        width: "88px",
        hint: "Statements that only repeat another one of the same request, parameters included",
        sort: Some((SortBy::Repeated, true)),
        cell: |row| Cell::Count(u64::from(row.usage.repeated)),
    },
    Def {
        key: "failed",
        label: "Failed",
        holds: Holds::Numbers,
        width: "72px",
        hint: "Statements that ended in an error",
        sort: Some((SortBy::Failed, true)),
        cell: |row| Cell::Count(u64::from(row.usage.failed.saturating_add(row.usage.attempts))),
    },
    Def {
        key: "apdex",
        label: "Apdex",
        holds: Holds::Numbers,
        width: "76px",
        hint: "Apdex of the wall time: satisfied up to the threshold, tolerating up to four times as long (half), frustrated beyond that or when it failed",
        sort: Some((SortBy::Apdex, false)),
        cell: |row| Cell::Number(row.usage.apdex(), 2),
    },
];

/// What the requests of a log have.
#[derive(Clone, Copy)]
struct Has {
    views: bool,
    statuses: bool,
    /// Bounds that are no guess: what is inferred from a connection's pauses has no response time to judge.
    known: bool,
}

/// The columns of requests, or of views, that say something.
fn of(by_view: bool, has: Has) -> Vec<&'static Def<RequestRow, SortBy>> {
    let left_out: &[&str] =
        if by_view { &["view", "start", "status"] } else { &["requests", "each", "wall-p50", "wall-p95"] };
    let says_nothing = |key: &str| match key {
        "view" => !has.views,
        "status" => !has.statuses,
        "apdex" => !has.known,
        _ => false,
    };
    COLUMNS.iter().filter(|def| !left_out.contains(&def.key) && !says_nothing(def.key)).collect()
}

/// The requests of a log.
#[component]
pub fn Requests(document: OpenDocument, overview: QueriesOverview) -> impl IntoView {
    let units = Units::of(&overview);
    let log = document.log;
    let statistics = overview.statistics;
    let has = Has { views: overview.views, statuses: overview.statuses, known: overview.known_requests };
    // Without views all would be one row.
    let by_view = Memo::new(move |_| log.by_view.get() && has.views);
    let table = move || requests_table(document, by_view.get(), units, has, statistics);
    let switch = switch_buttons([false, true], log.by_view, |by_view| match by_view {
        false => "Each request",
        true => "By view",
    });
    let copy = copy_table(
        document,
        "requests",
        units,
        Whole {
            request: Arc::new(move || {
                let asked = Asked { first: 0, count: u32::MAX, selected: None };
                Some(question(document, by_view.get(), asked))
            }),
            pick,
            columns: Arc::new(move || of(by_view.get(), has)),
        },
    );
    let said = (!overview.wall_clock).then(|| {
        view! { <p class="sum">"The log has no times: wall time is time in the database, laid end to end."</p> }
    });
    let one = move || log.request.get().filter(|_| !by_view.get());
    view! {
        <div class="split">
            <div class="listing">
                <div class="view-bar">
                    {has.views.then(|| view! { <div class="switch" role="group" aria-label="Rows">{switch}</div> })}
                    <label class="choice" hidden=!has.known>
                        "Apdex threshold "
                        <input
                            type="number"
                            min="1"
                            step="any"
                            prop:value=move || log.threshold.get().to_string()
                            on:change=move |event| {
                                let ms = text::number(&event_target_value(&event));
                                if let Some(ms) = ms.filter(|ms| ms.is_finite() && *ms > 0.0) {
                                    log.threshold.set(ms);
                                }
                            }
                        />
                        " ms"
                    </label>
                    {copy}
                    {said}
                </div>
                <div class="stacked">
                    {table}
                    {move || one().map(|request| view! { <WaterfallOf document request units /> })}
                    {move || log.request.get().filter(|_| by_view.get()).map(|request| view! { <ViewOf document request /> })}
                </div>
            </div>
            <Show when=move || document.statement.get().is_some() && one().is_some()>
                <StatementDetails document wall_clock=overview.wall_clock />
            </Show>
        </div>
    }
}

/// What can be done with the selected view, of which `request` is the first.
#[component]
fn ViewOf(document: OpenDocument, request: u32) -> impl IntoView {
    let log = document.log;
    let answer = answers(
        document,
        move || Some(Request::View(Filter::default(), Ask::Waterfall { request })),
        |response| match response {
            Response::View(Answer::Waterfall(waterfall)) => Some(waterfall.row.view),
            _ => None,
        },
    );
    move || {
        answer.get().map(|(_, name)| {
            let label = if name.is_empty() { "(no view)".to_owned() } else { name.clone() };
            let button = |text: &'static str, then: fn(OpenDocument)| {
                let name = name.clone();
                view! {
                    <button type="button" class="link" on:click=move |_| {
                        only(document, By::View, name.clone());
                        then(document);
                    }>{text}</button>
                }
            };
            view! {
                <section class="waterfall of-view" aria-label="Selected view">
                    <header>
                        <h2>{label}</h2>
                        <div class="deeds">
                            {button("Only requests of this view", |_| ())}
                            {button("Its requests one by one", |document| {
                                document.log.request.set(None);
                                document.log.by_view.set(false);
                            })}
                            {button("Its queries", OpenDocument::show_queries)}
                        </div>
                        <button type="button" class="icon" aria-label="Close the view" on:click=move |_| log.request.set(None)>"×"</button>
                    </header>
                </section>
            }
        })
    }
}

fn question(document: OpenDocument, by_view: bool, asked: Asked) -> Request {
    let Asked { first, count, selected } = asked;
    let Sort { column, descending } = document.log.request_sort.get();
    let window = Window { sort: column, descending, first, count, selected };
    let threshold = document.log.threshold.get();
    Request::View(filter(document), Ask::Requests { by_view, threshold, window })
}

fn pick(response: Response) -> Option<paged::Answer<RequestRow>> {
    match response {
        Response::View(Answer::Requests(page)) => Some((page.rows, page.page, page.selected)),
        _ => None,
    }
}

fn requests_table(
    document: OpenDocument,
    by_view: bool,
    units: Units,
    has: Has,
    statistics: bool,
) -> AnyView {
    let log = document.log;
    let sort = log.request_sort;
    let paged = Paged::new(
        document,
        log.request.into(),
        |row: &RequestRow| row.usage.request,
        move |asked| Some(question(document, by_view, asked)),
        pick,
    );
    let select = move |row: RequestRow| {
        if log.request.get_untracked() != Some(row.usage.request) {
            document.statement.set(None);
            log.request.set(Some(row.usage.request));
        }
    };
    data_table(Setup {
        label: "Requests",
        heading: by_view.then_some("View"),
        columns: of(by_view, has),
        paged,
        sort,
        units,
        select: Arc::new(select),
        open: Arc::new(move |row: RequestRow| {
            select(row);
            // A view's row is its first request: from there one looks at that.
            log.by_view.set(false);
        }),
        empty: if statistics { STATISTICS } else { "None of the statements shown belongs to a request." }
            .to_owned(),
    })
}
