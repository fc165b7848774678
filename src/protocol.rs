//! What the page and a document's worker say to each other.
//!
//! Messages are encoded with postcard into one byte buffer, which is transferred, not copied. Every
//! request has a number; its answer carries the same number. Times of profiles are seconds, those of
//! logs milliseconds.

use serde::{Deserialize, Serialize};

use crate::document::Diagnostic;
use crate::findings::{Digest, Report, Settings};
use crate::profile::Category;
use crate::queries::Operation;

/// Page to worker, after the file itself was posted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// The functions table: rows `first..first + count` of the sorted and filtered table.
    Functions {
        /// Column to sort by.
        sort: FunctionColumn,
        /// Largest (or last) first.
        descending: bool,
        /// Only functions whose `name`, `file` or `file:line` contains this, ignoring case.
        filter: String,
        /// First row.
        first: u32,
        /// How many rows at most.
        count: u32,
        /// The function whose row is asked for as well, wherever it is.
        selected: Option<u32>,
    },
    /// One function with its callers and callees.
    Function {
        /// Which.
        function: u32,
    },
    /// The function of this identity, if there is one: how links keep their selection.
    FindFunction {
        /// File path.
        file: String,
        /// First line.
        line: i64,
        /// Name.
        name: String,
    },
    /// From now on every answer is about lines, as the file has them, or about functions, as at first:
    /// for profiles with [`ProfileOverview::by_line`]. Ids of the one are none of the other.
    ByLine(bool),
    /// The whole call tree, as boxes.
    Tree,
    /// Functions that match a text.
    SearchFunctions {
        /// Contained in `name`, `file` or `file:line`, ignoring case.
        text: String,
    },
    /// The queries table: rows `first..first + count` of the sorted and filtered table.
    Queries {
        /// Column to sort by.
        sort: QueryColumn,
        /// Largest (or last) first.
        descending: bool,
        /// Only fingerprints whose text or tables contain this, ignoring case.
        filter: String,
        /// First row.
        first: u32,
        /// How many rows at most.
        count: u32,
        /// The fingerprint whose row is asked for as well, wherever it is.
        selected: Option<u32>,
    },
    /// One fingerprint in full.
    Query {
        /// Which.
        fingerprint: u32,
    },
    /// Executions of one fingerprint: rows `first..first + count`.
    Executions {
        /// Which fingerprint.
        fingerprint: u32,
        /// Column to sort by.
        sort: ExecutionColumn,
        /// Largest first.
        descending: bool,
        /// First row.
        first: u32,
        /// How many rows at most.
        count: u32,
        /// The statement whose row is asked for as well, wherever it is.
        selected: Option<u32>,
    },
    /// Every statement as columns, on lanes.
    Timeline,
    /// One statement with its text out of the file.
    Statement {
        /// Which: index in order of start.
        statement: u32,
    },
    /// What to fix first, by this document alone. The report's digest, handed to the worker of the
    /// other document of a pair, lets that one judge the pair.
    Findings {
        /// The rules' thresholds.
        settings: Settings,
    },
    /// What this document and the other one of its pair say together.
    PairFindings {
        /// The rules' thresholds.
        settings: Settings,
        /// [`Report::digest`] of the other document.
        other: Digest,
    },
}

/// Columns of the functions table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FunctionColumn {
    /// All calls.
    Calls,
    /// Self time.
    SelfTime,
    /// Self time by call.
    SelfPerCall,
    /// Total time.
    TotalTime,
    /// Total time by primitive call.
    TotalPerCall,
    /// `filename:lineno(function)`.
    Place,
}

/// Columns of the queries table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum QueryColumn {
    /// Executions.
    Calls,
    /// Sum of durations.
    Total,
    /// Mean duration.
    Mean,
    /// Median duration.
    P50,
    /// 95th percentile.
    P95,
    /// 99th percentile.
    P99,
    /// Longest duration.
    Max,
    /// Tables, by name.
    Tables,
    /// Fingerprint, by text.
    Text,
}

/// Columns of the list of executions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ExecutionColumn {
    /// Start.
    Start,
    /// Duration.
    Duration,
}

/// Worker to page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// The worker runs and can be posted a file.
    Ready,
    /// How far reading has come, in stored bytes.
    Progress {
        /// Read so far.
        read: u64,
        /// In all.
        size: u64,
    },
    /// The file was read.
    Opened(Overview),
    /// The file could not be read.
    Failed(Failure),
    /// The answer to the request of this number.
    Answer(u32, Response),
    /// The worker panicked; it answers no more.
    Panicked(String),
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The format it looked like.
    pub looked_like: Option<String>,
    /// Where it broke: `byte 1,024`.
    pub place: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What to try.
    pub advice: String,
}

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
}

/// Totals of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ContentOverview {
    /// Of a profile.
    Profile(ProfileOverview),
    /// Of a log.
    Queries(QueriesOverview),
}

/// Totals of a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileOverview {
    /// How many functions.
    pub functions: u32,
    /// How many caller→callee edges.
    pub edges: u32,
    /// All calls.
    pub calls: i64,
    /// Of them, not recursive.
    pub primitive_calls: i64,
    /// Seconds in all.
    pub total: f64,
    /// Whether the call tree is estimated.
    pub tree_estimated: bool,
    /// Whether the file has lines, of which functions were made: see [`Request::ByLine`].
    pub by_line: bool,
}

/// Totals of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueriesOverview {
    /// How many statements ran.
    pub executions: u32,
    /// How many distinct fingerprints.
    pub fingerprints: u32,
    /// How many connections.
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
    /// What the reader inferred.
    pub inferred: Option<String>,
}

/// Answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Response {
    /// To [`Request::Functions`].
    Functions {
        /// Rows in all, after filtering.
        rows: u32,
        /// The rows asked for.
        page: Vec<FunctionRow>,
        /// The row of the selected one, if it was asked for and is not filtered out.
        selected: Option<u32>,
    },
    /// To [`Request::Function`].
    Function(FunctionDetail),
    /// To [`Request::FindFunction`].
    FoundFunction(Option<u32>),
    /// To [`Request::ByLine`]: what answers are about now.
    ByLine(bool),
    /// To [`Request::Tree`].
    Tree(Tree),
    /// To [`Request::SearchFunctions`].
    Matches {
        /// Ids of the functions that match, ascending.
        functions: Vec<u32>,
        /// Sum of their self times, seconds.
        self_time: f64,
    },
    /// To [`Request::Queries`].
    Queries {
        /// Rows in all, after filtering.
        rows: u32,
        /// The rows asked for.
        page: Vec<QueryRow>,
        /// The row of the selected one, if it was asked for and is not filtered out.
        selected: Option<u32>,
    },
    /// To [`Request::Query`].
    Query(QueryDetail),
    /// To [`Request::Executions`].
    Executions {
        /// Rows in all.
        rows: u32,
        /// The rows asked for.
        page: Vec<ExecutionRow>,
        /// The row of the selected one, if it was asked for and is not filtered out.
        selected: Option<u32>,
    },
    /// To [`Request::Timeline`].
    Timeline(TimelineColumns),
    /// To [`Request::Statement`].
    Statement(StatementDetail),
    /// To [`Request::Findings`] and [`Request::PairFindings`].
    Findings(Report),
    /// The request does not fit the document, or its file cannot be read again.
    Refused(String),
}

/// A function's own numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionRow {
    /// Its id.
    pub function: u32,
    /// File path, `~` for built-in functions.
    pub file: String,
    /// First line.
    pub line: i64,
    /// Name.
    pub name: String,
    /// What it belongs to.
    pub category: Category,
    /// All calls.
    pub calls: i64,
    /// Of them, not recursive.
    pub primitive_calls: i64,
    /// Seconds in itself.
    pub self_time: f64,
    /// Seconds in all.
    pub total_time: f64,
}

/// A function and its neighbours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionDetail {
    /// Itself.
    pub row: FunctionRow,
    /// Who calls it; numbers are those of the edge. Descending by total time.
    pub callers: Vec<FunctionRow>,
    /// Whom it calls; numbers are those of the edge. Descending by total time.
    pub callees: Vec<FunctionRow>,
}

/// A call tree for drawing: [`crate::profile::CallTree`]'s columns, and the functions they name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// Whether it was estimated.
    pub estimated: bool,
    /// Per box: index into [`Self::functions`]; `u32::MAX` for "(n more)".
    pub function: Vec<u32>,
    /// Per box: the box that called it, `u32::MAX` for roots.
    pub parent: Vec<u32>,
    /// Per box: 0 for roots.
    pub depth: Vec<u32>,
    /// Per box: one past its subtree.
    pub end: Vec<u32>,
    /// Per box: seconds in itself.
    pub self_time: Vec<f64>,
    /// Per box: seconds in all.
    pub total_time: Vec<f64>,
    /// Per box: calls; of "(n more)", how many boxes it stands for.
    pub calls: Vec<f64>,
    /// Per box: see [`crate::profile::call_tree::Certainty`].
    pub certainty: Vec<u8>,
    /// Per box: the least its total time can be, seconds.
    pub low: Vec<f64>,
    /// Per box: the most its total time can be, seconds.
    pub high: Vec<f64>,
    /// What the "(n more)" boxes stand for, by box, the largest functions of each first. What a box
    /// has beyond them is in smaller functions, and in what all of them call.
    pub merged: Vec<MergedFunction>,
    /// Share of self time, 0 to 1, in boxes whose time the file determines to 20 % or better.
    pub certain_share: f64,
    /// Share of all time, 0 to 1, that was moved because the file contradicts itself.
    pub contradiction: f64,
    /// The functions named by boxes, with their own numbers.
    pub functions: Vec<FunctionRow>,
    /// Sum of the roots' total times, seconds.
    pub total: f64,
}

impl Tree {
    /// The largest functions that the "(n more)" box `at` stands for; none of another box.
    pub fn merged_in(&self, at: u32) -> &[MergedFunction] {
        let first = self.merged.partition_point(|part| part.merged < at);
        let count = self.merged[first..].partition_point(|part| part.merged == at);
        &self.merged[first..first + count]
    }

    /// What the "(n more)" box `at` stands for, in at most `most` functions and a rest.
    pub fn split_of(&self, at: u32, most: usize) -> MergedSplit<'_> {
        let parts = self.merged_in(at);
        let named = &parts[..parts.len().min(most)];
        let index = at as usize;
        let all = self.calls.get(index).map_or(0.0, |&boxes| boxes.max(0.0)) as u32;
        let own: f64 = named.iter().map(|part| part.self_time).sum();
        let rest = self.self_time.get(index).map_or(0.0, |&seconds| (seconds - own).max(0.0));
        MergedSplit { named, others: all.saturating_sub(named.len() as u32), rest }
    }
}

/// What an "(n more)" box stands for: see [`Tree::split_of`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MergedSplit<'a> {
    /// The largest, descending.
    pub named: &'a [MergedFunction],
    /// Boxes beyond them.
    pub others: u32,
    /// Seconds in the others, and in what all of them call.
    pub rest: f64,
}

/// A function that has no box of its own: one of those an "(n more)" box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MergedFunction {
    /// The "(n more)" box.
    pub merged: u32,
    /// Index into [`Tree::functions`].
    pub function: u32,
    /// Seconds in the function itself, where its box would be.
    pub self_time: f64,
}

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
}

/// Encodes a message for posting.
///
/// # Errors
/// Never for the types of this module; postcard's signature allows for it.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_stdvec(message)
}

/// Decodes what [`encode`] made.
///
/// # Errors
/// When the bytes are not of that type.
pub fn decode<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<T, postcard::Error> {
    postcard::from_bytes(bytes)
}
