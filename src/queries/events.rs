//! What else a log says: what happened to statements beside running (errors, cancels, waits for locks, temporary
//! files, plans), and what the server tells of itself (checkpoints, autovacuum, sessions).
//!
//! An event is kept by its place in the file; its text is read again when it is asked for
//! ([`crate::import::Format::event_text`]).

mod facts;
mod groups;
mod kind;
mod of_log;
mod shape;
mod total;

pub use facts::{Checkpoint, Deadlock, Facts, Lock, Vacuum};
pub use groups::{EventBy, EventFigures, EventGroups, condition, event_groups, event_key};
pub use kind::{EventClass, EventKind};
pub use of_log::{moment, requests, select_events, vacuumed_table};
pub use shape::shape;
pub use total::EventTotal;

use super::{Fingerprint, NONE, QueryLog};

/// An SQLSTATE: five capitals or digits, or zeros where the log does not say.
pub type SqlState = [u8; 5];

/// One event, as a reader found it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// When it was logged, ms on the log's clock; NaN if unknown.
    pub time: f64,
    /// Id of the connection.
    pub connection: u32,
    /// The fingerprint of the SQL it names or belongs to, or [`NONE`].
    pub fingerprint: u32,
    /// How long, ms: of waits and plans. How many bytes: of temporary files. NaN for others.
    pub amount: f64,
    /// SQLSTATE.
    pub state: SqlState,
    /// Id from [`super::LogBuilder::message`], or [`NONE`].
    pub message: u32,
    /// Byte of its record.
    pub offset: u64,
    /// Bytes of its record.
    pub length: u32,
}

/// Events as columns of equal length, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Events {
    /// What happened.
    pub kind: Vec<EventKind>,
    /// When it was logged, ms on the log's clock; NaN if unknown.
    pub time: Vec<f64>,
    /// The statement it happened to, or [`NONE`]: then there is no record of an execution.
    pub statement: Vec<u32>,
    /// The fingerprint of its statement, or of the SQL it names, or [`NONE`]; see
    /// [`Events::fingerprint`].
    pub fingerprint: Vec<u32>,
    /// Index into [`QueryLog::connections`].
    pub connection: Vec<u32>,
    /// Milliseconds of waits and plans, bytes of temporary files; NaN for others.
    pub amount: Vec<f64>,
    /// SQLSTATE; zeros where the log does not say.
    pub state: Vec<SqlState>,
    /// What the server says, in short: index into [`Self::messages`], or [`NONE`].
    pub message: Vec<u32>,
    /// Every distinct message, without what differs from one time to the next ([`shape()`]): of a checkpoint its
    /// cause, of autovacuum its table.
    pub messages: Vec<String>,
    /// What is known of locks in numbers.
    pub locks: Vec<Lock>,
    /// What is known of checkpoints.
    pub checkpoints: Vec<Checkpoint>,
    /// What is known of autovacuum's work.
    pub vacuums: Vec<Vacuum>,
    /// What is known of deadlocks.
    pub deadlocks: Vec<Deadlock>,
    /// Byte in the unwrapped file where its record begins.
    pub offset: Vec<u64>,
    /// Bytes of its record.
    pub length: Vec<u32>,
    /// What statements are that never ran to their end: their ids follow those of
    /// [`QueryLog::fingerprints`].
    pub unfinished: Vec<Fingerprint>,
}

impl Events {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.kind.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kind.is_empty()
    }

    /// Adds one, without a statement; gives its index.
    pub(super) fn push(&mut self, event: Event) -> usize {
        self.kind.push(event.kind);
        self.time.push(event.time);
        self.statement.push(NONE);
        self.fingerprint.push(event.fingerprint);
        self.connection.push(event.connection);
        self.amount.push(event.amount);
        self.state.push(event.state);
        self.message.push(event.message);
        self.offset.push(event.offset);
        self.length.push(event.length);
        self.kind.len() - 1
    }

    /// Events of a statement, in the order of the file.
    pub fn of_statement(&self, statement: u32) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(move |&index| self.statement[index] == statement)
    }

    /// Events of a fingerprint, in the order of the file.
    pub fn of_fingerprint(&self, fingerprint: u32) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(move |&index| self.fingerprint[index] == fingerprint)
    }

    /// How many of each kind there are among `indices`; kinds without any are left out.
    pub fn counts(&self, indices: impl Iterator<Item = usize>) -> Vec<(EventKind, u32)> {
        let mut counts = [0_u32; EventKind::ALL.len()];
        for index in indices {
            counts[self.kind[index] as usize] += 1;
        }
        let all = EventKind::ALL.into_iter().map(|kind| (kind, counts[kind as usize]));
        all.filter(|&(_, count)| count > 0).collect()
    }

    /// What the events of each kind add up to; kinds without any are left out.
    pub fn totals(&self) -> Vec<EventTotal> {
        let mut totals: Vec<EventTotal> = EventKind::ALL.map(EventTotal::none).into();
        let place = |kind: EventKind| EventKind::ALL.iter().position(|&other| other == kind);
        for event in 0..self.len() {
            if let Some(total) = place(self.kind[event]).and_then(|place| totals.get_mut(place)) {
                total.add(self.amount_of(event));
            }
        }
        totals.retain(|total| total.count > 0);
        totals
    }

    /// An event's SQLSTATE.
    pub fn state(&self, event: usize) -> Option<&str> {
        let state = self.state.get(event).filter(|state| state[0] != 0)?;
        std::str::from_utf8(state).ok()
    }

    /// What the server says of it, in short; its kind where that is not known.
    pub fn message(&self, event: usize) -> &str {
        let known = self.message.get(event).and_then(|&id| self.messages.get(id as usize));
        let kind = || self.kind.get(event).map_or("", |kind| kind.names().0);
        known.map_or_else(kind, String::as_str)
    }

    /// What is known of an event in numbers.
    pub fn facts(&self, event: usize) -> Option<Facts> {
        let lock = || facts::of(&self.locks, event, |one| one.event).cloned().map(Facts::Lock);
        let checkpoint =
            || facts::of(&self.checkpoints, event, |one| one.event).copied().map(Facts::Checkpoint);
        let vacuum = || facts::of(&self.vacuums, event, |one| one.event).copied().map(Facts::Vacuum);
        let deadlock = || facts::of(&self.deadlocks, event, |one| one.event).cloned().map(Facts::Deadlock);
        match self.kind.get(event)? {
            EventKind::LockWait | EventKind::LockFailure => lock(),
            EventKind::Checkpoint => checkpoint(),
            EventKind::Vacuum => vacuum(),
            EventKind::Deadlock => deadlock(),
            _ => None,
        }
    }

    /// What of an event adds up: bytes of temporary files; else milliseconds, of waits for locks the whole of each
    /// once, where it begins. NaN if there is nothing.
    pub fn amount_of(&self, event: usize) -> f64 {
        match self.kind[event] {
            EventKind::LockWait => {
                facts::of(&self.locks, event, |one| one.event).map_or(self.amount[event], |lock| lock.waited)
            }
            EventKind::LockAcquired | EventKind::FrequentCheckpoints => f64::NAN,
            _ => self.amount[event],
        }
    }

    /// What ended statements, whose time is not in the log: the connection, and when (ms on the log's clock), in the order
    /// of the file.
    pub fn endings(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        let ends = (0..self.len()).filter(|&event| self.kind[event].ends_statement());
        ends.map(|event| (self.connection[event], self.time[event]))
    }

    /// Whether a statement ended by it that the server counts no execution for, nor a duration.
    pub fn is_attempt(&self, event: usize) -> bool {
        self.kind[event].ends_statement() && self.statement[event] == NONE && self.fingerprint[event] != NONE
    }
}

impl QueryLog {
    /// What an event's statement is, whether or not it ever ran to its end.
    pub fn event_fingerprint(&self, event: usize) -> Option<&Fingerprint> {
        self.any_fingerprint(*self.events.fingerprint.get(event)?)
    }

    /// The fingerprint of this id, also of what never ran to its end ([`Events::unfinished`]).
    pub fn any_fingerprint(&self, id: u32) -> Option<&Fingerprint> {
        let id = id as usize;
        self.fingerprints
            .get(id)
            .or_else(|| self.events.unfinished.get(id.checked_sub(self.fingerprints.len())?))
    }
}
