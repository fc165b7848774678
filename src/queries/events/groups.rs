//! Groups of events: how many, how much, from when to when.

use serde::{Deserialize, Serialize};

use super::of_log::moment;
use super::{EventClass, EventKind};
use crate::queries::by::{By, Keys};
use crate::queries::filter::Selection;
use crate::queries::overview::Steps;
use crate::queries::{NONE, QueryLog};

/// What events are grouped by. Every event has exactly one key of each, so sums over any grouping are the whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventBy {
    /// What the server says, in short.
    #[default]
    Message,
    /// Its kind.
    Kind,
    /// SQLSTATE.
    State,
    /// What statements are grouped by as well.
    Of(By),
}

impl EventBy {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 14] = [
        Self::Message,
        Self::Kind,
        Self::State,
        Self::Of(By::Fingerprint),
        Self::Of(By::Table),
        Self::Of(By::Operation),
        Self::Of(By::View),
        Self::Of(By::Request),
        Self::Of(By::Caller),
        Self::Of(By::Application),
        Self::Of(By::User),
        Self::Of(By::Host),
        Self::Of(By::Database),
        Self::Of(By::Connection),
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Message => "Message",
            Self::Kind => "Kind",
            Self::State => "SQLSTATE",
            Self::Of(by) => by.title(),
        }
    }

    /// Its name in addresses.
    pub fn key(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Kind => "kind",
            Self::State => "sqlstate",
            Self::Of(by) => by.key(),
        }
    }

    /// The one of this [`Self::key`].
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.key() == key)
    }
}

/// How many events a group has, and what they add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct EventFigures {
    /// Events.
    pub count: u32,
    /// Of them, ended a statement.
    pub failed: u32,
    /// Sum of [`super::Events::amount_of`]: bytes of temporary files, else ms.
    pub amount: f64,
    /// The largest of them.
    pub largest: f64,
    /// How many have one.
    pub known: u32,
    /// The first one's time, ms on the log's clock; NaN if no event has a time.
    pub first: f64,
    /// The last one's.
    pub last: f64,
}

/// Groups that have events.
#[derive(Debug, Clone, Default)]
pub struct EventGroups {
    /// What they are grouped by.
    pub by: EventBy,
    /// Per group its key, in order of the first event.
    pub keys: Vec<u32>,
    /// Per group what it is called.
    pub labels: Vec<String>,
    /// Per group what a filter names it by, if it can.
    pub values: Vec<Option<String>>,
    /// Their figures.
    pub figures: Vec<EventFigures>,
    /// Per group: events per step of time.
    pub over_time: Vec<Vec<u32>>,
}

impl EventFigures {
    fn add(&mut self, log: &QueryLog, event: usize) {
        if self.count == 0 {
            (self.first, self.last) = (f64::NAN, f64::NAN);
        }
        self.count += 1;
        self.failed += u32::from(log.events.kind[event].ends_statement());
        let amount = log.events.amount_of(event);
        if !amount.is_nan() {
            self.amount += amount;
            self.largest = self.largest.max(amount);
            self.known += 1;
        }
        // `min` and `max` pass over NaN.
        (self.first, self.last) =
            (self.first.min(log.events.time[event]), self.last.max(log.events.time[event]));
    }

    /// Those of all events of `selection` of this class, or of any.
    pub fn of(log: &QueryLog, selection: &Selection, class: Option<EventClass>) -> Self {
        let mut figures = Self::default();
        for event in selection.iter().filter(|&event| is_of(log, event, class)) {
            figures.add(log, event);
        }
        figures
    }
}

fn is_of(log: &QueryLog, event: usize, class: Option<EventClass>) -> bool {
    class.is_none_or(|class| log.events.kind[event].class() == class)
}

/// An event's key.
pub fn event_key(log: &QueryLog, by: EventBy, keys: Option<&Keys>, event: usize) -> u32 {
    let events = &log.events;
    match by {
        // Where nothing is said the kind stands for it.
        EventBy::Message => match events.message[event] {
            NONE => events.messages.len() as u32 + events.kind[event] as u32,
            message => message,
        },
        EventBy::Kind => events.kind[event] as u32,
        EventBy::State => u32::try_from(
            events.state[event].iter().fold(0_u64, |state, &byte| state * 37 + u64::from(digit(byte))),
        )
        .unwrap_or(NONE),
        EventBy::Of(_) => keys.and_then(|keys| keys.of_event.get(event)).copied().unwrap_or(NONE),
    }
}

/// Capitals and digits as 1 to 36, so that five of them are one number; 0 for none.
fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0' + 1,
        b'A'..=b'Z' => byte - b'A' + 11,
        _ => 0,
    }
}

/// Groups the events of `selection` that are of `class`, or of any. `keys` are those of [`EventBy::Of`].
pub fn event_groups(
    log: &QueryLog,
    selection: &Selection,
    class: Option<EventClass>,
    by: EventBy,
    keys: Option<&Keys>,
    steps: Steps,
) -> EventGroups {
    let mut groups = EventGroups { by, ..EventGroups::default() };
    let mut places: rustc_hash::FxHashMap<u32, usize> = rustc_hash::FxHashMap::default();
    let (origin, _) = log.span().unwrap_or_default();
    for event in selection.iter().filter(|&event| is_of(log, event, class)) {
        let key = event_key(log, by, keys, event);
        let next = groups.keys.len();
        let place = *places.entry(key).or_insert(next);
        if place == next {
            groups.keys.push(key);
            let (label, value) = named(log, by, keys, key, event);
            groups.labels.push(label);
            groups.values.push(value);
            groups.figures.push(EventFigures::default());
            groups.over_time.push(vec![0; steps.count]);
        }
        groups.figures[place].add(log, event);
        groups.over_time[place][steps.of(moment(log, event, origin))] += 1;
    }
    groups
}

/// What a key is called, and what a filter of statements names it by.
fn named(
    log: &QueryLog,
    by: EventBy,
    keys: Option<&Keys>,
    key: u32,
    event: usize,
) -> (String, Option<String>) {
    match (by, keys) {
        (EventBy::Message, _) => (log.events.message(event).to_owned(), None),
        (EventBy::Kind, _) => (kind_label(log.events.kind[event]), None),
        (EventBy::State, _) => {
            (log.events.state(event).map_or_else(|| "(not logged)".to_owned(), state_label), None)
        }
        (EventBy::Of(_), Some(keys)) => (keys.label(log, key), Some(keys.value(key).into_owned())),
        (EventBy::Of(_), None) => (String::new(), None),
    }
}

fn kind_label(kind: EventKind) -> String {
    kind.names().1.to_owned()
}

/// `23505 unique_violation`, where the name is known.
fn state_label(state: &str) -> String {
    match condition(state) {
        Some(name) => format!("{state} {name}"),
        None => state.to_owned(),
    }
}

/// What PostgreSQL calls an SQLSTATE, of those that sites meet:
/// [all of them](https://www.postgresql.org/docs/current/errcodes-appendix.html).
pub fn condition(state: &str) -> Option<&'static str> {
    const NAMES: &[(&str, &str)] = &[
        ("08006", "connection_failure"),
        ("0A000", "feature_not_supported"),
        ("21000", "cardinality_violation"),
        ("22001", "string_data_right_truncation"),
        ("22003", "numeric_value_out_of_range"),
        ("22007", "invalid_datetime_format"),
        ("22008", "datetime_field_overflow"),
        ("22012", "division_by_zero"),
        ("22021", "character_not_in_repertoire"),
        ("22P02", "invalid_text_representation"),
        ("23000", "integrity_constraint_violation"),
        ("23502", "not_null_violation"),
        ("23503", "foreign_key_violation"),
        ("23505", "unique_violation"),
        ("23514", "check_violation"),
        ("23P01", "exclusion_violation"),
        ("25001", "active_sql_transaction"),
        ("25006", "read_only_sql_transaction"),
        ("25P01", "no_active_sql_transaction"),
        ("25P02", "in_failed_sql_transaction"),
        ("25P03", "idle_in_transaction_session_timeout"),
        ("25P04", "transaction_timeout"),
        ("28000", "invalid_authorization_specification"),
        ("28P01", "invalid_password"),
        ("3D000", "invalid_catalog_name"),
        ("40001", "serialization_failure"),
        ("40P01", "deadlock_detected"),
        ("42501", "insufficient_privilege"),
        ("42601", "syntax_error"),
        ("42703", "undefined_column"),
        ("42704", "undefined_object"),
        ("42804", "datatype_mismatch"),
        ("42883", "undefined_function"),
        ("42P01", "undefined_table"),
        ("42P07", "duplicate_table"),
        ("53100", "disk_full"),
        ("53200", "out_of_memory"),
        ("53300", "too_many_connections"),
        ("55P03", "lock_not_available"),
        ("57014", "query_canceled"),
        ("57P01", "admin_shutdown"),
        ("57P02", "crash_shutdown"),
        ("57P03", "cannot_connect_now"),
        ("57P05", "idle_session_timeout"),
        ("P0001", "raise_exception"),
        ("XX000", "internal_error"),
    ];
    let place = NAMES.binary_search_by_key(&state, |(code, _)| code).ok()?;
    NAMES.get(place).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_found() {
        assert_eq!(condition("08006"), Some("connection_failure"));
        assert_eq!(condition("23505"), Some("unique_violation"));
        assert_eq!(condition("XX000"), Some("internal_error"));
        assert_eq!(condition("00000"), None);
    }

    #[test]
    fn addresses_name_every_grouping() {
        for by in EventBy::ALL {
            assert_eq!(EventBy::from_key(by.key()), Some(by));
        }
        // All that tells statements apart; the other two are of requests only.
        let of_requests = [By::Method, By::Status];
        assert_eq!(EventBy::ALL.len(), 3 + By::ALL.len() - of_requests.len());
    }
}
