//! How a log is looked at, in the address.

use flamedrop::protocol::{CompareColumn, EventColumn, GroupColumn, RequestColumn, TableColumn};
use flamedrop::queries::EventClass;
use flamedrop::queries::by::By;
use flamedrop::queries::compare::Per;
use flamedrop::queries::events::EventBy;
use leptos::prelude::*;

use crate::components::data_table::{parsed_sort, sort_text};
use crate::document::Sort;
use crate::log_view::{Against, EVENTS_SORT, LogView, THRESHOLD};
use crate::text;
use crate::views::queries::columns as group_columns;
use crate::views::{compare, events, requests, tables};

/// Where one looks: steps that Back takes back.
pub fn place(log: LogView) -> Vec<(&'static str, String)> {
    let number = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
    let flag = |set: bool, text: &str| if set { text.to_owned() } else { String::new() };
    let by = log.by.get();
    vec![
        ("group-by", flag(by != By::Fingerprint, by.key())),
        ("group", number(log.group.get())),
        ("wide", flag(log.wide.get(), "yes")),
        ("tables", flag(log.matrix.get(), "over-time")),
        ("table", number(log.table.get())),
        ("requests", flag(log.by_view.get(), "by-view")),
        ("request", number(log.request.get())),
        ("events", log.event_class.get().map_or("", EventClass::key).to_owned()),
        ("events-by", flag(log.event_by.get() != EventBy::Message, log.event_by.get().key())),
        ("events-of", number(log.event_group.get())),
        ("event", number(log.event.get())),
        (
            "against",
            match log.against.get() {
                Against::Nothing => String::new(),
                Against::Earlier => "earlier".to_owned(),
                Against::Range(from, to) => format!("range:{from:.3}-{to:.3}"),
                Against::Log(name) => format!("log:{name}"),
            },
        ),
    ]
}

/// How one looks at it.
pub fn manner(log: LogView) -> Vec<(&'static str, String)> {
    let (columns, threshold) = (group_columns::of(log), log.threshold.get());
    vec![
        (
            "columns",
            if columns == group_columns::DEFAULT { String::new() } else { group_columns::names(columns) },
        ),
        ("queries-sort", sort_text(group_columns::ALL, log.group_sort.get(), GroupColumn::Total)),
        ("tables-sort", sort_text(tables::COLUMNS, log.table_sort.get(), TableColumn::Share)),
        ("apdex", if threshold == THRESHOLD { String::new() } else { threshold.to_string() }),
        ("workers", log.workers.get().map(|workers| workers.to_string()).unwrap_or_default()),
        ("requests-sort", sort_text(requests::COLUMNS, log.request_sort.get(), RequestColumn::DatabaseTime)),
        ("event-groups-sort", sort_text(events::GROUPS, log.event_group_sort.get(), EventColumn::Count)),
        (
            "events-sort",
            if log.event_sort.get() == EVENTS_SORT {
                String::new()
            } else {
                sort_text(events::SINGLE, log.event_sort.get(), EventColumn::Count)
            },
        ),
        (
            "per",
            match log.per.get() {
                Per::Time => String::new(),
                Per::Request => "request".to_owned(),
                Per::Log => "log".to_owned(),
            },
        ),
        ("compare-sort", sort_text(compare::COLUMNS, log.compare_sort.get(), CompareColumn::Change)),
        ("compared", log.compared.get().map(|place| place.to_string()).unwrap_or_default()),
    ]
}

/// Makes it what the address says.
pub fn apply(log: LogView, value: impl Fn(&str) -> Option<String>) {
    let text = |key: &str| value(key).unwrap_or_default();
    let number = |key: &str| text(key).parse::<u32>().ok();
    set(log.by, By::from_key(&text("group-by")).unwrap_or_default());
    set(log.group, number("group"));
    set(log.wide, text("wide") == "yes");
    set(log.matrix, text("tables") == "over-time");
    set(log.table, number("table"));
    set(log.by_view, text("requests") == "by-view");
    set(log.request, number("request"));
    set(log.event_class, EventClass::from_key(&text("events")));
    set(log.event_by, EventBy::from_key(&text("events-by")).unwrap_or_default());
    set(log.event_group, number("events-of"));
    set(log.event, number("event"));
    set(
        log.event_group_sort,
        parsed_sort(events::GROUPS, &text("event-groups-sort"))
            .unwrap_or(Sort::descending(EventColumn::Count)),
    );
    set(log.event_sort, parsed_sort(events::SINGLE, &text("events-sort")).unwrap_or(EVENTS_SORT));
    set(log.against, parsed_against(&text("against")).unwrap_or_default());
    // An address that says nothing of columns leaves the user's own.
    if let Some(names) = value("columns") {
        set(log.columns, Some(group_columns::from_names(&names)));
    }
    set(
        log.group_sort,
        parsed_sort(group_columns::ALL, &text("queries-sort"))
            .unwrap_or(Sort::descending(GroupColumn::Total)),
    );
    set(
        log.table_sort,
        parsed_sort(tables::COLUMNS, &text("tables-sort")).unwrap_or(Sort::descending(TableColumn::Share)),
    );
    set(
        log.request_sort,
        parsed_sort(requests::COLUMNS, &text("requests-sort"))
            .unwrap_or(Sort::descending(RequestColumn::DatabaseTime)),
    );
    set(
        log.compare_sort,
        parsed_sort(compare::COLUMNS, &text("compare-sort"))
            .unwrap_or(Sort::descending(CompareColumn::Change)),
    );
    set(log.workers, number("workers").filter(|&workers| workers > 0));
    let threshold = text("apdex").parse().ok().filter(|ms: &f64| ms.is_finite() && *ms > 0.0);
    set(log.threshold, threshold.unwrap_or(THRESHOLD));
    set(
        log.per,
        match text("per").as_str() {
            "request" => Per::Request,
            "log" => Per::Log,
            _ => Per::Time,
        },
    );
    set(log.compared, number("compared"));
}

fn parsed_against(text: &str) -> Option<Against> {
    if text == "earlier" {
        return Some(Against::Earlier);
    }
    let (kind, rest) = text.split_once(':')?;
    match kind {
        "log" => Some(Against::Log(rest.to_owned())),
        "range" => {
            let (from, to) = rest.split_once('-')?;
            let (from, to) = (text::number(from)?, text::number(to)?);
            (from < to).then_some(Against::Range(from, to))
        }
        _ => None,
    }
}

fn set<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}
