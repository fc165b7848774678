//! What is said of an SQL log; times are milliseconds.

use serde::{Deserialize, Serialize};

use crate::queries::plan::{Plan, Spelling};
use crate::queries::{EventKind, Operation};

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
    /// How many events of each kind its executions had, and attempts that never became one.
    pub events: Vec<(EventKind, u32)>,
    /// The first of them that are no plans.
    pub first_events: Vec<EventDetail>,
    /// The plan of its slowest execution that has one.
    pub plan: Option<Box<PlanDetail>>,
}

/// What happened to a statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventDetail {
    /// What.
    pub kind: EventKind,
    /// When it was logged, ms on the log's clock; NaN if unknown.
    pub time: f64,
    /// The statement it happened to, if the log has its execution.
    pub statement: Option<u32>,
    /// Milliseconds of waits and plans, bytes of temporary files; NaN for others.
    pub amount: f64,
    /// SQLSTATE, if the log has it.
    pub state: Option<String>,
    /// The server's message.
    pub message: String,
    /// What the server adds.
    pub detail: Option<String>,
    /// What the server advises.
    pub hint: Option<String>,
    /// Where it happened.
    pub context: Option<String>,
    /// The SQL the server names, if that is not the statement's own.
    pub named: Option<String>,
    /// The processes that hold the lock it waits for.
    pub holders: Option<String>,
}

/// The plan of a statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanDetail {
    /// The statement it is of.
    pub statement: u32,
    /// Milliseconds it took, as logged with the plan.
    pub duration: f64,
    /// As a tree, if it could be read.
    pub plan: Option<Plan>,
    /// As the server wrote it.
    pub text: String,
    /// How that is spelt.
    pub spelling: Spelling,
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
    /// Of a request its route; empty of a statement.
    pub route: String,
    /// Of a request what it was answered with; 0 if nothing, and of a statement.
    pub status: u16,
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
    /// What happened to it: the first of its events, in the order of the file, plans left out.
    pub events: Vec<EventDetail>,
    /// How many events there are beyond those.
    pub more_events: u32,
    /// Its plan; of several, that of the longest run.
    pub plan: Option<Box<PlanDetail>>,
}

/// Statements for the timeline: columns of equal length, sorted by lane, then start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TimelineColumns {
    /// Names of the lanes.
    pub lanes: Vec<String>,
    /// Per lane: the program's thread that its statements ran in, where lanes are connections and that is known.
    pub threads: Vec<Option<u64>>,
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
