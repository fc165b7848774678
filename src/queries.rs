//! An SQL log: statements as flat columns, their fingerprints and connections.
//!
//! A *statement* is one execution. Its text is not kept: [`Statements::offset`] and
//! [`Statements::length`] say where in the (unwrapped) file its record is, and the format gives the
//! text out of that ([`crate::import::Format::statement_text`]).

pub mod digest;
pub mod fingerprint;
pub mod highlight;
pub mod keywords;
pub mod lexer;
pub mod statements;
pub mod tables;

use serde::{Deserialize, Serialize};

pub use digest::Numbers;
pub use statements::LogBuilder;

/// A log of SQL statements.
#[derive(Debug, Clone, Default)]
pub struct QueryLog {
    /// Every execution, in order of its start (of the file where starts are equal or unknown).
    pub statements: Statements,
    /// Every distinct fingerprint, in order of first appearance.
    pub fingerprints: Vec<Fingerprint>,
    /// Per fingerprint: its figures over all its statements.
    pub numbers: Vec<Numbers>,
    /// What statements ran on: server processes, sessions, database aliases.
    pub connections: Vec<Connection>,
    /// What [`Statements::start`] counts from.
    pub clock: Clock,
    /// What the reader inferred about the file, to be shown: `log_line_prefix = '%m [%p] '`.
    pub inferred: Option<String>,
}

/// Statements as columns of equal length; 48 bytes each.
#[derive(Debug, Clone, Default)]
pub struct Statements {
    /// Milliseconds on the log's [`Clock`] at which execution began.
    pub start: Vec<f64>,
    /// Milliseconds it took, parse and bind included; NaN where the log does not say.
    pub duration: Vec<f64>,
    /// Index into [`QueryLog::fingerprints`].
    pub fingerprint: Vec<u32>,
    /// Index into [`QueryLog::connections`].
    pub connection: Vec<u32>,
    /// Byte in the unwrapped file where its record begins.
    pub offset: Vec<u64>,
    /// Bytes of its record, parameters included.
    pub length: Vec<u32>,
    /// Whether it ended in an error: 0 or 1.
    pub failed: Vec<u8>,
    /// Hash of its parameters or literals: equal hashes under one fingerprint are the same query.
    pub parameters: Vec<u64>,
}

impl QueryLog {
    /// Sum of durations, ms.
    pub fn total(&self) -> f64 {
        self.numbers.iter().map(|numbers| numbers.total).sum()
    }

    /// First start and last end on the log's clock, ms; `None` without statements.
    pub fn span(&self) -> Option<(f64, f64)> {
        let first = *self.statements.start.first()?;
        let ends = self.statements.start.iter().zip(&self.statements.duration);
        let last = ends.map(|(start, duration)| start + if duration.is_nan() { 0.0 } else { *duration });
        Some((first, last.fold(first, f64::max)))
    }
}

impl Statements {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.start.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.start.is_empty()
    }
}

/// What a statement does, by its first word (and `WITH` looked through).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// SELECT, and VALUES or TABLE.
    Select,
    /// INSERT, or REPLACE.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kin.
    Transaction,
    /// CREATE, ALTER, DROP, TRUNCATE.
    Schema,
    /// Everything else: SET, SHOW, EXPLAIN, FETCH, COPY, …
    Other,
}

/// One shape of statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// The text with literals, lists and comments normalised away.
    pub text: String,
    /// What it does.
    pub operation: Operation,
    /// The tables it names, each once, in order of appearance, unquoted (`auth_user`, `audit.log`).
    pub tables: Vec<String>,
}

/// What statements ran on. Empty texts where the log does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Connection {
    /// Server process, session or thread id.
    pub process: String,
    /// Database, or Django's alias.
    pub database: String,
    /// Database user.
    pub user: String,
    /// Application name.
    pub application: String,
    /// Client host.
    pub client: String,
}

/// What the starts of statements mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Clock {
    /// The log has no times: statements are laid end to end from 0, in order.
    #[default]
    Sequence,
    /// Milliseconds since 1970-01-01T00:00 *on the wall clock of the log's zone*.
    Wall {
        /// The zone as the log writes it (`UTC`, `CET`, `+02:00`); `None` if it does not.
        zone: Option<String>,
    },
}
