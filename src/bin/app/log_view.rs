//! How a log is looked at: what its statements are grouped by, what is selected in its tables, and what
//! it is compared with. All of it is in the address.

use flamedrop::protocol::{CompareColumn, EventColumn, GroupColumn, RequestColumn, TableColumn};
use flamedrop::queries::EventClass;
use flamedrop::queries::by::By;
use flamedrop::queries::compare::Per;
use flamedrop::queries::events::EventBy;
use flamedrop::queries::filter::{Facet, Filter};
use leptos::prelude::*;

use crate::document::{OpenDocument, Sort};
use crate::storage;
use crate::text;
use crate::views::data_table::{parsed_sort, sort_text};
use crate::views::queries::columns as group_columns;
use crate::views::{compare, events, requests, tables};

/// Apdex's threshold at first, ms: what New Relic begins with.
pub const THRESHOLD: f64 = 500.0;

/// How single events are sorted at first: in their order.
const EVENTS_SORT: Sort<EventColumn> = Sort { column: EventColumn::First, descending: false };

/// Why a server's statistics have no requests and no use of tables.
pub const STATISTICS: &str =
    "Statistics of a server have no single statements: the Queries tab has their numbers.";

/// The setting that keeps which columns groups have.
const COLUMNS: &str = "query-columns";

/// What a log is compared with.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Against {
    /// Nothing yet: nobody asked.
    #[default]
    Nothing,
    /// Its own first half; with a range, what was as long before it.
    Earlier,
    /// A range of it, ms since its first start.
    Range(f64, f64),
    /// Another open log, by its name.
    Log(String),
}

/// A handle; copies are the same.
#[derive(Clone, Copy)]
pub struct LogView {
    /// What the form of conditions is about to add: of what kind, and which.
    pub adding: RwSignal<By>,
    /// The value that goes with it.
    pub adding_value: RwSignal<Option<String>>,
    /// What statements are grouped by.
    pub by: RwSignal<By>,
    /// The selected group, of other kinds than fingerprints.
    pub group: RwSignal<Option<u32>>,
    /// Whether the selected group has the whole width.
    pub wide: RwSignal<bool>,
    /// Which columns groups have: a bit each.
    pub columns: RwSignal<u32>,
    /// How groups are sorted.
    pub group_sort: RwSignal<Sort<GroupColumn>>,
    /// Whether tables are a picture over time.
    pub matrix: RwSignal<bool>,
    /// The selected table of the database.
    pub table: RwSignal<Option<u32>>,
    /// How tables are sorted.
    pub table_sort: RwSignal<Sort<TableColumn>>,
    /// Whether the requests of a view are one row.
    pub by_view: RwSignal<bool>,
    /// Apdex's threshold, ms.
    pub threshold: RwSignal<f64>,
    /// The selected request.
    pub request: RwSignal<Option<u32>>,
    /// How requests are sorted.
    pub request_sort: RwSignal<Sort<RequestColumn>>,
    /// Which events are shown; `None`: the first that there are.
    pub event_class: RwSignal<Option<EventClass>>,
    /// What events are grouped by.
    pub event_by: RwSignal<EventBy>,
    /// The selected group of events: single ones are only of it.
    pub event_group: RwSignal<Option<u32>>,
    /// What that is called.
    pub event_group_name: RwSignal<String>,
    /// The selected event.
    pub event: RwSignal<Option<u32>>,
    /// How groups of events are sorted.
    pub event_group_sort: RwSignal<Sort<EventColumn>>,
    /// How single events are sorted.
    pub event_sort: RwSignal<Sort<EventColumn>>,
    /// What it is compared with.
    pub against: RwSignal<Against>,
    /// What calls and totals are made comparable by.
    pub per: RwSignal<Per>,
    /// How comparisons are sorted.
    pub compare_sort: RwSignal<Sort<CompareColumn>>,
    /// The selected comparison.
    pub compared: RwSignal<Option<u32>>,
}

impl LogView {
    /// As a log is looked at first.
    pub fn new() -> Self {
        let columns = storage::setting(COLUMNS).map(|kept| group_columns::from_names(&kept));
        Self {
            adding: RwSignal::new(By::Table),
            adding_value: RwSignal::new(None),
            by: RwSignal::new(By::Fingerprint),
            group: RwSignal::new(None),
            wide: RwSignal::new(false),
            columns: RwSignal::new(columns.unwrap_or(group_columns::DEFAULT)),
            group_sort: RwSignal::new(Sort::descending(GroupColumn::Total)),
            matrix: RwSignal::new(false),
            table: RwSignal::new(None),
            table_sort: RwSignal::new(Sort::descending(TableColumn::Share)),
            by_view: RwSignal::new(false),
            threshold: RwSignal::new(THRESHOLD),
            request: RwSignal::new(None),
            request_sort: RwSignal::new(Sort::descending(RequestColumn::DatabaseTime)),
            event_class: RwSignal::new(None),
            event_by: RwSignal::new(EventBy::Message),
            event_group: RwSignal::new(None),
            event_group_name: RwSignal::new(String::new()),
            event: RwSignal::new(None),
            event_group_sort: RwSignal::new(Sort::descending(EventColumn::Count)),
            event_sort: RwSignal::new(EVENTS_SORT),
            against: RwSignal::new(Against::Nothing),
            per: RwSignal::new(Per::Time),
            compare_sort: RwSignal::new(Sort::descending(CompareColumn::Change)),
            compared: RwSignal::new(None),
        }
    }

    /// Chooses the columns of groups, for this visit and the next.
    pub fn set_columns(self, columns: u32) {
        self.columns.set(columns);
        storage::set_setting(COLUMNS, &group_columns::names(columns));
    }

    /// Groups by another kind: what was selected is of no meaning there.
    pub fn group_by(self, by: By) {
        if self.by.get_untracked() != by {
            self.group.set(None);
            self.by.set(by);
        }
    }

    /// Shows events of this class, by what the server says of them.
    pub fn show_events(self, class: EventClass) {
        if self.event_class.get_untracked() != Some(class) {
            self.event.set(None);
            self.event_group.set(None);
            self.event_by.set(EventBy::Message);
            self.event_class.set(Some(class));
        }
    }

    /// One step back, for Escape; says whether there was one.
    pub fn back_out(self, document: OpenDocument) -> bool {
        if self.wide.get_untracked() {
            self.wide.set(false);
            return true;
        }
        if document.statement.get_untracked().is_some() {
            return false;
        }
        let selections = [self.group, self.table, self.request, self.event, self.event_group, self.compared];
        match selections.into_iter().find(|selection| selection.get_untracked().is_some()) {
            Some(selection) => {
                selection.set(None);
                true
            }
            None => false,
        }
    }

    /// Where one looks: steps that Back takes back.
    pub fn place(self) -> Vec<(&'static str, String)> {
        let number = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
        let flag = |set: bool, text: &str| if set { text.to_owned() } else { String::new() };
        let by = self.by.get();
        vec![
            ("group-by", flag(by != By::Fingerprint, by.key())),
            ("group", number(self.group.get())),
            ("wide", flag(self.wide.get(), "yes")),
            ("tables", flag(self.matrix.get(), "over-time")),
            ("table", number(self.table.get())),
            ("requests", flag(self.by_view.get(), "by-view")),
            ("request", number(self.request.get())),
            ("events", self.event_class.get().map_or("", EventClass::key).to_owned()),
            ("events-by", flag(self.event_by.get() != EventBy::Message, self.event_by.get().key())),
            ("events-of", number(self.event_group.get())),
            ("event", number(self.event.get())),
            (
                "against",
                match self.against.get() {
                    Against::Nothing => String::new(),
                    Against::Earlier => "earlier".to_owned(),
                    Against::Range(from, to) => format!("range:{from:.3}-{to:.3}"),
                    Against::Log(name) => format!("log:{name}"),
                },
            ),
        ]
    }

    /// How one looks at it.
    pub fn manner(self) -> Vec<(&'static str, String)> {
        let (columns, threshold) = (self.columns.get(), self.threshold.get());
        vec![
            (
                "columns",
                if columns == group_columns::DEFAULT { String::new() } else { group_columns::names(columns) },
            ),
            ("queries-sort", sort_text(group_columns::ALL, self.group_sort.get(), GroupColumn::Total)),
            ("tables-sort", sort_text(tables::COLUMNS, self.table_sort.get(), TableColumn::Share)),
            ("apdex", if threshold == THRESHOLD { String::new() } else { threshold.to_string() }),
            (
                "requests-sort",
                sort_text(requests::COLUMNS, self.request_sort.get(), RequestColumn::DatabaseTime),
            ),
            ("event-groups-sort", sort_text(events::GROUPS, self.event_group_sort.get(), EventColumn::Count)),
            (
                "events-sort",
                if self.event_sort.get() == EVENTS_SORT {
                    String::new()
                } else {
                    sort_text(events::SINGLE, self.event_sort.get(), EventColumn::Count)
                },
            ),
            (
                "per",
                match self.per.get() {
                    Per::Time => String::new(),
                    Per::Request => "request".to_owned(),
                    Per::Log => "log".to_owned(),
                },
            ),
            ("compare-sort", sort_text(compare::COLUMNS, self.compare_sort.get(), CompareColumn::Change)),
            ("compared", self.compared.get().map(|place| place.to_string()).unwrap_or_default()),
        ]
    }

    /// Makes it what the address says.
    pub fn apply(self, value: impl Fn(&str) -> Option<String>) {
        let text = |key: &str| value(key).unwrap_or_default();
        let number = |key: &str| text(key).parse::<u32>().ok();
        set(self.by, By::from_key(&text("group-by")).unwrap_or_default());
        set(self.group, number("group"));
        set(self.wide, text("wide") == "yes");
        set(self.matrix, text("tables") == "over-time");
        set(self.table, number("table"));
        set(self.by_view, text("requests") == "by-view");
        set(self.request, number("request"));
        set(self.event_class, EventClass::from_key(&text("events")));
        set(self.event_by, EventBy::from_key(&text("events-by")).unwrap_or_default());
        set(self.event_group, number("events-of"));
        set(self.event, number("event"));
        set(
            self.event_group_sort,
            parsed_sort(events::GROUPS, &text("event-groups-sort"))
                .unwrap_or(Sort::descending(EventColumn::Count)),
        );
        set(self.event_sort, parsed_sort(events::SINGLE, &text("events-sort")).unwrap_or(EVENTS_SORT));
        set(self.against, parsed_against(&text("against")).unwrap_or_default());
        // An address that says nothing of columns leaves the user's own.
        if let Some(names) = value("columns") {
            set(self.columns, group_columns::from_names(&names));
        }
        set(
            self.group_sort,
            parsed_sort(group_columns::ALL, &text("queries-sort"))
                .unwrap_or(Sort::descending(GroupColumn::Total)),
        );
        set(
            self.table_sort,
            parsed_sort(tables::COLUMNS, &text("tables-sort"))
                .unwrap_or(Sort::descending(TableColumn::Share)),
        );
        set(
            self.request_sort,
            parsed_sort(requests::COLUMNS, &text("requests-sort"))
                .unwrap_or(Sort::descending(RequestColumn::DatabaseTime)),
        );
        set(
            self.compare_sort,
            parsed_sort(compare::COLUMNS, &text("compare-sort"))
                .unwrap_or(Sort::descending(CompareColumn::Change)),
        );
        let threshold = text("apdex").parse().ok().filter(|ms: &f64| ms.is_finite() && *ms > 0.0);
        set(self.threshold, threshold.unwrap_or(THRESHOLD));
        set(
            self.per,
            match text("per").as_str() {
                "request" => Per::Request,
                "log" => Per::Log,
                _ => Per::Time,
            },
        );
        set(self.compared, number("compared"));
    }
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

/// Looks at the statements with this value only; conditions of other kinds stay.
pub fn only(document: OpenDocument, by: By, value: String) {
    document.filter.update(|filter| {
        filter.facets.retain(|facet| facet.by != by);
        filter.facets.push(Facet { by, value, not: false });
    });
}

/// Which statements of a log are looked at; follows it.
pub fn filter(document: OpenDocument) -> Filter {
    document.asked()
}
