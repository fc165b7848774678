//! What happened to statements beside running: errors, cancels, waits for locks, temporary files,
//! plans.
//!
//! An event is kept by its place in the file; its text is read again when it is asked for
//! ([`crate::import::Format::event_text`]).

use serde::{Deserialize, Serialize};

use super::{Fingerprint, NONE, QueryLog};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// It failed, for none of the reasons below.
    Error,
    /// It ran longer than `statement_timeout`.
    StatementTimeout,
    /// Someone cancelled it: `pg_cancel_backend`, Ctrl-C, a client's own timeout.
    Cancelled,
    /// It waited longer than `lock_timeout` for a lock.
    LockTimeout,
    /// It and others waited for each other: the server ended it.
    Deadlock,
    /// It waits for a lock longer than `deadlock_timeout`.
    LockWait,
    /// It got the lock it had waited for.
    LockAcquired,
    /// It needed more memory than `work_mem` and wrote to disk.
    TemporaryFile,
    /// Its plan was logged (`auto_explain`).
    Plan,
}

impl EventKind {
    /// All of them, the gravest first.
    pub const ALL: [Self; 9] = [
        Self::Error,
        Self::StatementTimeout,
        Self::Cancelled,
        Self::LockTimeout,
        Self::Deadlock,
        Self::LockWait,
        Self::LockAcquired,
        Self::TemporaryFile,
        Self::Plan,
    ];

    /// One and several of them, as people say it.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Error => ("error", "errors"),
            Self::StatementTimeout => ("statement timeout", "statement timeouts"),
            Self::Cancelled => ("cancelled statement", "cancelled statements"),
            Self::LockTimeout => ("lock timeout", "lock timeouts"),
            Self::Deadlock => ("deadlock", "deadlocks"),
            Self::LockWait => ("wait for a lock", "waits for locks"),
            Self::LockAcquired => ("lock acquired after a wait", "locks acquired after a wait"),
            Self::TemporaryFile => ("temporary file", "temporary files"),
            Self::Plan => ("plan", "plans"),
        }
    }

    /// `3 temporary files`
    pub fn counted(self, count: u32) -> String {
        let (one, several) = self.names();
        format!("{} {}", crate::format::count(i64::from(count)), if count == 1 { one } else { several })
    }

    /// Whether the statement ended by it.
    pub fn ends_statement(self) -> bool {
        matches!(
            self,
            Self::Error | Self::StatementTimeout | Self::Cancelled | Self::LockTimeout | Self::Deadlock
        )
    }
}

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
        EventKind::ALL.into_iter().zip(counts).filter(|&(_, count)| count > 0).collect()
    }

    /// An event's SQLSTATE.
    pub fn state(&self, event: usize) -> Option<&str> {
        let state = self.state.get(event).filter(|state| state[0] != 0)?;
        std::str::from_utf8(state).ok()
    }
}

impl QueryLog {
    /// What an event's statement is, whether or not it ever ran to its end.
    pub fn event_fingerprint(&self, event: usize) -> Option<&Fingerprint> {
        let id = *self.events.fingerprint.get(event)? as usize;
        self.fingerprints
            .get(id)
            .or_else(|| self.events.unfinished.get(id.checked_sub(self.fingerprints.len())?))
    }
}
