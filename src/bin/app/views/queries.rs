//! The queries of a log: a row per fingerprint, or per table, user, request, … and beside them the
//! selected one in full.

pub mod columns;
mod detail;
pub mod executions;
mod happened;

use std::sync::Arc;

use flamedrop::format;
use flamedrop::protocol::{Answer, Ask, GroupRow, QueriesOverview, Request, Response, Window};
use flamedrop::queries::by::By;
use leptos::prelude::*;

use self::detail::Detail;
use crate::components::cells::Units;
use crate::components::copy_table::{Whole, close_on_escape, copy_table};
use crate::components::data_table::{Setup, data_table};
use crate::components::paged::{self, Asked, Paged};
use crate::document::{OpenDocument, Sort, answers};
use crate::log_view::{THRESHOLD, filter, title};
use crate::open;
use crate::patterns::Patterns;
use crate::state::state;

/// What statements are grouped by, and what of it is selected: the fingerprint is one selection for all
/// views.
pub fn selected_group(document: OpenDocument) -> Signal<Option<u32>> {
    let log = document.log;
    Signal::derive(move || match log.by.get() {
        By::Fingerprint => document.fingerprint.get(),
        _ => log.group.get(),
    })
}

/// Selects a group of what statements are grouped by.
pub fn select_group(document: OpenDocument, key: Option<u32>) {
    let log = document.log;
    document.statement.set(None);
    if log.by.get_untracked() == By::Fingerprint {
        document.fingerprint.set(key);
    } else {
        log.group.set(key);
    }
}

/// The queries of a log.
#[component]
pub fn Queries(document: OpenDocument, overview: QueriesOverview) -> impl IntoView {
    let log = document.log;
    let units = Units::of(&overview);
    let requests = untrack(|| document.is_requests());
    let table = move || groups_table(document, log.by.get(), columns::of(log), units, requests);
    let copy = copy_table(
        document,
        "queries",
        units,
        Whole {
            request: Arc::new(move || {
                let asked = Asked { first: 0, count: u32::MAX, selected: None };
                Some(question(document, log.by.get(), false, asked))
            }),
            pick,
            columns: Arc::new(move || columns::chosen(columns::of(log), log.by.get(), requests)),
        },
    );
    let selected = selected_group(document);
    let wide = move || log.wide.get() && selected.get().is_some();
    view! {
        <div class="split" class:wide=wide>
            <div class="listing">
                <div class="view-bar">
                    <GroupBy document />
                    <Columns document />
                    {copy}
                    <Totals document units />
                </div>
                {requests.then(|| view! { <SitePatterns /> })}
                {table}
            </div>
            <Show when=move || selected.get().is_some()>
                <Detail document units statistics=overview.statistics />
            </Show>
        </div>
    }
}

fn groups_table(document: OpenDocument, by: By, mask: u32, units: Units, requests: bool) -> AnyView {
    let sort = document.log.group_sort;
    let shown = columns::chosen(mask, by, requests);
    let charts = shown.iter().any(|def| matches!(def.key, "durations" | "over-time"));
    let paged = Paged::new(
        document,
        selected_group(document),
        |row: &GroupRow| row.key,
        move |asked| Some(question(document, by, charts, asked)),
        pick,
    );
    data_table(Setup {
        label: if requests { "Routes" } else { "Queries" },
        heading: Some(title(requests, by)),
        columns: shown,
        paged,
        sort,
        units,
        select: Arc::new(move |row: GroupRow| select_group(document, Some(row.key))),
        open: Arc::new(move |row: GroupRow| {
            select_group(document, Some(row.key));
            document.log.wide.set(true);
        }),
        empty: if requests { "No request fits the filter." } else { "No query matches the filter." }
            .to_owned(),
    })
}

fn question(document: OpenDocument, by: By, charts: bool, asked: Asked) -> Request {
    let Asked { first, count, selected } = asked;
    let Sort { column, descending } = document.log.group_sort.get();
    let window = Window { sort: column, descending, first, count, selected };
    let threshold = document.log.threshold.get();
    Request::View(filter(document), Ask::Groups { by, window, charts, threshold })
}

fn pick(response: Response) -> Option<paged::Answer<GroupRow>> {
    match response {
        Response::View(Answer::Groups(page, _)) => Some((page.rows, page.page, page.selected)),
        _ => None,
    }
}

/// The choice of what statements are grouped by: what the log tells apart.
#[component]
fn GroupBy(document: OpenDocument) -> impl IntoView {
    let log = document.log;
    let kinds = answers(
        document,
        move || Some(Request::View(filter(document), Ask::Kinds)),
        |response| match response {
            Response::View(Answer::Kinds(kinds)) => Some(kinds),
            _ => None,
        },
    );
    // What is chosen is offered, whatever the log has.
    let offered = Memo::new(move |_| {
        let mut kinds = kinds.get().map(|(_, kinds)| kinds).unwrap_or_default();
        let by = log.by.get();
        if !kinds.iter().any(|(kind, _)| *kind == by) {
            kinds.push((by, 0));
        }
        kinds
    });
    let options = move || {
        let option = |(by, count): (By, u32)| {
            let count =
                if count == 0 { String::new() } else { format!(" ({})", format::count(i64::from(count))) };
            let name = title(untrack(|| document.is_requests()), by);
            view! { <option value=by.key() selected=log.by.get_untracked() == by>{name} {count}</option> }
        };
        offered.get().into_iter().map(option).collect::<Vec<_>>()
    };
    view! {
        <label class="choice">
            "Group by "
            <select
                prop:value=move || { offered.track(); log.by.get().key() }
                on:change=move |event| {
                    if let Some(by) = By::from_key(&event_target_value(&event)) {
                        log.group_by(by);
                    }
                }
            >
                {options}
            </select>
        </label>
    }
}

/// The choice of columns, remembered for the next visit.
#[component]
fn Columns(document: OpenDocument) -> impl IntoView {
    let log = document.log;
    let requests = untrack(|| document.is_requests());
    let boxes: Vec<_> = columns::ALL
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(_, def)| columns::is_of(def.key, requests))
        .map(|(at, def)| {
            let checked = move || columns::of(log) >> at & 1 != 0;
            view! {
                <label title=def.hint>
                    <input
                        type="checkbox"
                        prop:checked=checked
                        on:change=move |_| columns::choose(log, untrack(|| columns::of(log)) ^ 1 << at)
                    />
                    {def.label}
                </label>
            }
        })
        .collect();
    view! {
        <details class="column-menu" on:keydown=close_on_escape>
            <summary>"Columns"</summary>
            <div class="menu-list" role="group" aria-label="Columns">
                {boxes}
                <button type="button" on:click=move |_| columns::choose(log, columns::DEFAULT)>"As at first"</button>
            </div>
        </details>
    }
}

/// Whose patterns routes are, and the way back.
#[component]
fn SitePatterns() -> impl IntoView {
    let state = state();
    let line = move |patterns: Patterns| {
        view! {
            <p class="site-patterns">
                <span>"Routes by the patterns of " <b>{patterns.name}</b></span>
                <button type="button" class="link" on:click=move |_| open::leave_urls(state)>
                    "Leave the patterns out"
                </button>
            </p>
        }
    };
    move || state.urls.get().map(line)
}

/// What all groups are together, however they are grouped.
#[component]
fn Totals(document: OpenDocument, units: Units) -> impl IntoView {
    let log = document.log;
    let whole = answers(
        document,
        move || {
            let Sort { column: sort, descending } = log.group_sort.get();
            let window = Window { sort, descending, first: 0, count: 0, selected: None };
            Some(Request::View(
                filter(document),
                Ask::Groups { by: log.by.get(), window, charts: false, threshold: THRESHOLD },
            ))
        },
        |response| match response {
            Response::View(Answer::Groups(page, figures)) => Some((page.rows, figures)),
            _ => None,
        },
    );
    let text = move || {
        whole.with(|answer| {
            let (_, (rows, figures)) = answer.as_ref()?;
            let total = if figures.timed() > 0 {
                format!(" · {} {}", units.totals.milliseconds(figures.total), units.totals.unit.symbol())
            } else {
                String::new()
            };
            let many = if *rows == 1 { "row" } else { "rows" };
            let what = if untrack(|| document.is_requests()) { "requests" } else { "executions" };
            Some(format!(
                "{} {many} · {} {what}{total}",
                format::count(i64::from(*rows)),
                format::count(i64::from(figures.calls))
            ))
        })
    };
    view! { <p class="sum">{text}</p> }
}
