//! What is said of an SQL log; times are milliseconds.

use serde::{Deserialize, Serialize};

use crate::queries::Operation;

/// A fingerprint's numbers; milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryRow {
    /// Its id.
    pub fingerprint: u32,
    /// Its text in brief (see [`crate::queries::highlight::brief`]), cut to 300 characters.
    pub text: String,
    /// What it does.
    pub operation: Operation,
    /// The tables it names.
    pub tables: Vec<String>,
    /// Executions.
    pub calls: u32,
    /// Sum of durations.
    pub total: f64,
    /// Share of the log's total, 0 to 1.
    pub share: f64,
    /// Shortest.
    pub min: f64,
    /// Mean.
    pub mean: f64,
    /// Median (nearest rank, as the other percentiles).
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Longest.
    pub max: f64,
    /// Executions without a duration; they are in `calls` but not in the other numbers.
    pub without_duration: u32,
}

/// A fingerprint in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryDetail {
    /// Its numbers.
    pub row: QueryRow,
    /// Its whole text.
    pub text: String,
    /// How many different parameter sets it ran with.
    pub distinct_parameters: u32,
    /// Its slowest execution, with SQL and parameters.
    pub example: Option<StatementDetail>,
}

/// One execution in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExecutionRow {
    /// Its index in order of start.
    pub statement: u32,
    /// Start on the log's clock, ms.
    pub start: f64,
    /// Duration, ms; NaN if unknown.
    pub duration: f64,
    /// Connection, as [`TimelineColumns::lanes`] names it.
    pub connection: String,
    /// Whether it ended in an error.
    pub failed: bool,
}

/// One execution in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementDetail {
    /// Its index in order of start.
    pub statement: u32,
    /// Its fingerprint's id.
    pub fingerprint: u32,
    /// SQL as logged.
    pub sql: String,
    /// Parameters as logged.
    pub parameters: Option<String>,
    /// Start on the log's clock, ms.
    pub start: f64,
    /// Duration, ms; NaN if unknown.
    pub duration: f64,
    /// Its connection.
    pub connection: String,
    /// Whether it ended in an error.
    pub failed: bool,
    /// What it ran for: index in order of the first statement.
    pub request: u32,
    /// The line of code it comes from; empty if the log does not say.
    pub place: String,
    /// Time since the previous statement of the same connection ended, ms; `None` for the first.
    pub gap_before: Option<f64>,
}

/// Statements for the timeline: columns of equal length, sorted by lane, then start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TimelineColumns {
    /// Names of the lanes.
    pub lanes: Vec<String>,
    /// Per lane: where its statements begin in the columns; one entry more than lanes.
    pub first: Vec<u32>,
    /// Index of the statement in order of start.
    pub statement: Vec<u32>,
    /// Milliseconds since [`Self::origin`].
    pub start: Vec<f64>,
    /// Milliseconds; NaN if unknown.
    pub duration: Vec<f32>,
    /// Fingerprint id.
    pub fingerprint: Vec<u32>,
    /// Whether it ended in an error.
    pub failed: Vec<u8>,
    /// What [`Self::start`] counts from, on the log's clock, ms.
    pub origin: f64,
    /// Last end, ms since the origin.
    pub length: f64,
    /// Whether [`Self::origin`] is wall-clock.
    pub wall_clock: bool,
    /// The zone as the log writes it.
    pub zone: Option<String>,
    /// Per fingerprint: its text in brief, cut to 120 characters.
    pub texts: Vec<String>,
    /// Per fingerprint: what it does.
    pub operations: Vec<Operation>,
    /// Whether statements that are not here may have run where a lane is empty.
    pub without_gaps: bool,
}
