//! What the page shows of a document before it asks anything.

use serde::{Deserialize, Serialize};

use super::*;

/// What the page shows of a document before it asks anything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// The file's name, without `.gz`.
    pub name: String,
    /// Stable id of the format.
    pub format: String,
    /// The format's name.
    pub format_title: String,
    /// What it holds, with its totals.
    pub content: ContentOverview,
    /// What the reader noticed.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that are read as this one log; empty if it is one file.
    pub parts: Vec<Part>,
}

/// Totals of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ContentOverview {
    /// Of a profile.
    Profile(ProfileOverview),
    /// Of a log.
    Queries(QueriesOverview),
    /// Of a schema.
    Schema(SchemaOverview),
    /// Of a log of requests: these are what statements are in an SQL log, routes are fingerprints.
    Requests(QueriesOverview),
}

/// Totals of a schema.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SchemaOverview {
    /// How many tables.
    pub tables: u32,
    /// Their columns.
    pub columns: u32,
    /// Their keys and indexes.
    pub indexes: u32,
}

/// Totals of a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileOverview {
    /// How many functions; ids are smaller.
    pub functions: u32,
    /// How many of them are in what is shown: of one track, or after steps, that is not all.
    pub shown_functions: u32,
    /// How many caller→callee edges.
    pub edges: u32,
    /// All calls, if the file has them.
    pub calls: Option<i64>,
    /// Of them, not recursive.
    pub primitive_calls: Option<i64>,
    /// All samples, if that is what the file counts.
    pub samples: Option<i64>,
    /// Whether any time was recorded.
    pub has_times: bool,
    /// The longest a function takes for a call, seconds: the column of those has one unit.
    pub longest_call: f64,
    /// What all times are.
    pub unit: Unit,
    /// All there is, in the profile's unit.
    pub total: f64,
    /// What the file keeps apart: threads, processes, profiles; none where there is only one.
    pub tracks: Vec<TrackOverview>,
    /// Which of them are shown, if not all: see [`Request::Tracks`].
    pub shown_tracks: Vec<u32>,
    /// Of when its calls ran, if the file says it.
    pub spans: Option<SpansOverview>,
    /// What was measured on the same stacks; none where the file has one thing only.
    pub measures: Vec<MeasureOverview>,
    /// Which of them is shown.
    pub measure: u32,
    /// How it is narrowed, in the order applied: see [`Request::Transform`].
    pub steps: Vec<StepOverview>,
    /// All there is without these steps, in the profile's unit.
    pub whole_total: f64,
    /// Whether there are lines with numbers: see [`Request::Lines`].
    pub has_lines: bool,
    /// Whether something was measured over time: see [`Request::Series`].
    pub has_series: bool,
    /// Whether the call tree is estimated.
    pub tree_estimated: bool,
    /// Whether it is known who called whom; without that there is no call tree.
    pub has_callers: bool,
    /// Whether the file has lines, of which functions were made: see [`Request::ByLine`].
    pub by_line: bool,
    /// Whether so many modules were imported that the tree is easier to read without what lies between them.
    pub many_imports: bool,
}

/// One of the transforms that are applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepOverview {
    /// Which.
    pub step: Transform,
    /// What it is about: the function's name, the package's.
    pub label: String,
    /// What there is after it, in the profile's unit.
    pub total: f64,
}

/// A thread, a process, or one of several profiles in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrackOverview {
    /// What it is called; no two of a file are called the same.
    pub label: String,
    /// What it has, in the profile's unit.
    pub total: f64,
}

/// Totals of a log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct QueriesOverview {
    /// How many statements ran.
    pub executions: u32,
    /// How many distinct fingerprints.
    pub fingerprints: u32,
    /// How many connections; processes of the server's own that log something are among them.
    pub connections: u32,
    /// Sum of durations, ms.
    pub total: f64,
    /// Statements without a duration.
    pub without_duration: u32,
    /// Statements that ended in an error.
    pub failed: u32,
    /// First start and last end on the log's clock, ms; `None` without statements.
    pub span: Option<(f64, f64)>,
    /// Whether times are wall-clock.
    pub wall_clock: bool,
    /// The zone as the log writes it.
    pub zone: Option<String>,
    /// How far apart the moments are that the log can tell, ms: 1000 where it has whole seconds.
    pub grain: f64,
    /// What the reader inferred.
    pub inferred: Option<String>,
    /// Whether any request has a view.
    pub views: bool,
    /// Whether any request has an HTTP status.
    pub statuses: bool,
    /// Whether any request's bounds are known, not inferred: else how long they took in all is a guess.
    pub known_requests: bool,
    /// Whether these are a server's own numbers: there are no single statements, no times, no requests.
    pub statistics: bool,
    /// The events of each kind; kinds without any are left out.
    pub events: Vec<EventTotal>,
    /// Statements that ended in an error beside [`Self::executions`]: the server logs no duration for them.
    pub attempts: u32,
    /// Of a log of requests without durations: how to log them with its server.
    pub how_to_time: Option<String>,
    /// Whether it has only the results, not the single statements, since nothing else was saved: then
    /// only [`Request::Queries`], [`Request::Query`] and findings are answered.
    pub results_only: bool,
}
