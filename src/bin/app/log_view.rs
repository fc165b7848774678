//! How a log is looked at: what its statements are grouped by, what is selected in its tables, and what
//! it is compared with. All of it is in the address (`url/log.rs`).

use flamedrop::protocol::{CompareColumn, EventColumn, GroupColumn, RequestColumn, TableColumn};
use flamedrop::queries::EventClass;
use flamedrop::queries::by::By;
use flamedrop::queries::compare::Per;
use flamedrop::queries::events::EventBy;
use flamedrop::queries::filter::{Facet, Filter};
use leptos::prelude::*;

use crate::document::{OpenDocument, Sort};

/// Apdex's threshold at first, ms: what New Relic begins with.
pub const THRESHOLD: f64 = 500.0;

/// How single events are sorted at first: in their order.
pub const EVENTS_SORT: Sort<EventColumn> = Sort { column: EventColumn::First, descending: false };

/// Why a server's statistics have no requests and no use of tables.
pub const STATISTICS: &str =
    "Statistics of a server have no single statements: the Queries tab has their numbers.";

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
    /// Which columns groups have, a bit each; `None`: as they were chosen last.
    pub columns: RwSignal<Option<u32>>,
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
    /// How many workers a site has; `None`: as many as its log names.
    pub workers: RwSignal<Option<u32>>,
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
        Self {
            adding: RwSignal::new(By::Table),
            adding_value: RwSignal::new(None),
            by: RwSignal::new(By::Fingerprint),
            group: RwSignal::new(None),
            wide: RwSignal::new(false),
            columns: RwSignal::new(None),
            group_sort: RwSignal::new(Sort::descending(GroupColumn::Total)),
            matrix: RwSignal::new(false),
            table: RwSignal::new(None),
            table_sort: RwSignal::new(Sort::descending(TableColumn::Share)),
            by_view: RwSignal::new(false),
            threshold: RwSignal::new(THRESHOLD),
            workers: RwSignal::new(None),
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
}

/// Looks at the statements with this value only; conditions of other kinds stay.
pub fn only(document: OpenDocument, by: By, value: String) {
    document.filter.update(|filter| {
        filter.facets.retain(|facet| facet.by != by);
        filter.facets.push(Facet { by, value, not: false });
    });
}

/// What groups of a kind are called.
pub fn title(requests: bool, by: By) -> &'static str {
    if requests { by.title_of_requests() } else { by.title() }
}

/// Which statements of a log are looked at; follows it.
pub fn filter(document: OpenDocument) -> Filter {
    document.asked()
}
