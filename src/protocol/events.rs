//! What is said of a log's events: at a glance, in groups, one by one. Times are milliseconds.

use serde::{Deserialize, Serialize};

use super::EventDetail;
use crate::queries::EventKind;
use crate::queries::events::{EventClass, EventFigures, Facts};
use crate::queries::locks::Meanwhile;

/// Columns of events, and of groups of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventColumn {
    /// What it is called.
    Label,
    /// How many; of single ones the number in the file.
    Count,
    /// What they add up to: bytes, or milliseconds.
    Amount,
    /// The largest of them.
    Largest,
    /// First time; of single ones its time.
    First,
    /// Last time.
    Last,
    /// The query, by its text.
    Query,
    /// Of a checkpoint: pages written.
    Buffers,
    /// Of a checkpoint: WAL since the one before.
    Distance,
    /// Of a checkpoint: time to sync.
    Sync,
    /// Of autovacuum: dead rows that stayed.
    KeptDead,
    /// Of autovacuum: dead rows that were removed.
    Removed,
    /// Of autovacuum: pages of the table.
    Pages,
}

/// The events of a filter at a glance; plans are left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EventGlance {
    /// Kinds that have events, the gravest first, with their figures.
    pub kinds: Vec<(EventKind, EventFigures)>,
    /// Where the first step of time begins, ms since the log's first moment.
    pub from: f64,
    /// Length of a step, ms.
    pub step: f64,
    /// Per class that has events: how many happen in each step.
    pub over_time: Vec<(EventClass, Vec<u32>)>,
    /// All events.
    pub count: u32,
}

/// One group of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventGroupRow {
    /// Its key, the same under every filter.
    pub key: u32,
    /// What it is called, cut to 300 characters.
    pub label: String,
    /// What a filter of statements names it by, where one can.
    pub value: Option<String>,
    /// Its figures.
    pub figures: EventFigures,
    /// Its share of all events of the answer, 0 to 1.
    pub share: f64,
    /// Events per step of time, all rows over the same time.
    pub over_time: Vec<u32>,
}

/// One event in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    /// Its index in the order of the file.
    pub event: u32,
    /// What happened.
    pub kind: EventKind,
    /// When, ms on the log's clock; NaN if unknown.
    pub time: f64,
    /// What the server says, in short.
    pub message: String,
    /// SQLSTATE, if the log has it.
    pub state: Option<String>,
    /// The query it is of, by its fingerprint's id, and in brief.
    pub query: Option<(u32, String)>,
    /// The statement it happened to, if the log has its execution.
    pub statement: Option<u32>,
    /// Its connection.
    pub connection: String,
    /// Database user.
    pub user: String,
    /// Application.
    pub application: String,
    /// Client host.
    pub host: String,
    /// What adds up ([`crate::queries::Events::amount_of`]): bytes of temporary files, else ms; NaN if unknown.
    pub amount: f64,
    /// What else is known in numbers.
    pub facts: Option<Facts>,
}

/// One event in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventView {
    /// As a row.
    pub row: EventRow,
    /// Its texts.
    pub detail: EventDetail,
    /// Of a deadlock: what the processes ran, in the order in which each waits for the next one: process, query's id
    /// and text.
    pub parts: Vec<(u32, Option<u32>, String)>,
    /// Of a wait for a lock: what the holders did meanwhile, in order of start.
    pub meanwhile: Vec<Meanwhile>,
    /// Of a wait for a lock: how long the holders did nothing meanwhile, within a transaction as it seems, ms; NaN if
    /// the log does not have their statements.
    pub idle: f64,
}
