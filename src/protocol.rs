//! What the page and a document's worker say to each other.
//!
//! Messages are encoded with postcard into one byte buffer, which is transferred, not copied. Every
//! request has a number; its answer carries the same number. Times of profiles are seconds, those of
//! logs milliseconds.

mod code;
mod compare;
mod events;
mod gather;
mod measured;
mod overview;
mod profile;
mod queries;
mod spans;
mod views;

use serde::{Deserialize, Serialize};

pub use code::*;
pub use compare::*;
pub use events::*;
pub use gather::*;
pub use measured::*;
pub use overview::*;
pub use profile::*;
pub use queries::*;
pub use spans::*;
pub use views::*;

use crate::brief::Brief;
use crate::document::{Diagnostic, Kind};
use crate::export::table::Form;
use crate::findings::{Digest, Report, Settings};
use crate::format::Unit;
use crate::import::Members;
use crate::input::Part;
use crate::profile::transform::{Transform, Turned};
use crate::queries::events::EventTotal;
use crate::queries::filter::Filter;
use crate::share::{Keep, Strip};

/// Page to worker, after the file itself was posted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// The functions table: rows `first..first + count` of the sorted and filtered table.
    Functions {
        /// Column to sort by.
        sort: FunctionColumn,
        /// Largest (or last) first.
        descending: bool,
        /// Only functions that match this, as [`crate::profile::matcher::Matcher`] reads it.
        filter: String,
        /// First row.
        first: u32,
        /// How many rows at most.
        count: u32,
        /// The function whose row is asked for as well, wherever it is.
        selected: Option<u32>,
    },
    /// The functions table by module, package or layer.
    FunctionGroups(GroupAsk),
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
    /// Reads the file once more, with PostgreSQL's setting as the user gives it; `None`: as it is guessed.
    /// Ids of the reading before are none of the new one.
    Reread {
        /// `log_line_prefix`, or of an access log `log_format`: its layout.
        log_line_prefix: Option<String>,
    },
    /// Reads a log of requests once more, with its routes by the site's own patterns ([`crate::import::urls`]); `None`: by
    /// addresses alone. Answered as [`Self::Reread`] is.
    Urls(Option<String>),
    /// From now on what views ask is about some tracks only, by their places in [`ProfileOverview::tracks`], in order; none
    /// stand for all, as at first. Ids of functions stay. Findings and what is handed on are about the whole.
    Tracks(Vec<u32>),
    /// From now on what views ask is about this part of the time only (moments of [`crate::profile::spans::Spans`]), or
    /// about all of it, as at first; of the tracks that are shown. Ids of functions stay. Findings and what is handed on
    /// are about the whole, and so is [`Self::Spans`].
    Range(Option<(f64, f64)>),
    /// From now on what views ask is about what these transforms leave, in their order, of the tracks, range and measure
    /// that are shown; none of them: about all, as at first. Ids of functions stay, those of boxes do not. Findings and
    /// what is handed on are about the whole.
    Transform(Vec<Transform>),
    /// About spans in time order: for profiles with [`ProfileOverview::spans`].
    Spans(SpanAsk),
    /// From now on what views ask is about one of [`ProfileOverview::measures`]; 0 is the first. Tracks and ids of
    /// functions stay. Findings and what is handed on are about the first.
    Measure(u32),
    /// The lines of a file, with their numbers.
    Lines(LinesOf),
    /// What was measured over time.
    Series,
    /// About places in the code.
    Code(CodeAsk),
    /// The call tree, as boxes.
    Tree {
        /// Without what lies between a module and the ones it imports.
        hide_imports: bool,
        /// Turned over, or one function's part of it.
        turned: Option<Turned>,
        /// What is to be seen of a large one; without it all of it.
        sight: Option<Box<Sight>>,
    },
    /// From one box of the call tree to the next one that a search finds, or the one before.
    WalkMatches {
        /// See [`Self::Tree`].
        hide_imports: bool,
        /// See [`Self::Tree`].
        turned: Option<Turned>,
        /// As [`crate::profile::matcher::Matcher`] reads it.
        text: String,
        /// From where, by its place in the whole tree; from the beginning, or the end, if there is none.
        from: Option<u32>,
        /// Whether to the next.
        forwards: bool,
    },
    /// About the profile beside others of the same program.
    Compare(CompareAsk),
    /// Functions that match a text.
    SearchFunctions {
        /// As [`crate::profile::matcher::Matcher`] reads it.
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
    /// One statement with its text out of the file.
    Statement {
        /// Which: index in order of start.
        statement: u32,
    },
    /// About the statements of a log that a filter lets through.
    View(Filter, Ask),
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
    /// The document, or one of its tables, as other tools read it.
    Export(Export),
    /// The document as it is handed on, in [Flamedrop's own format](crate::saved).
    Share {
        /// What is left out.
        strip: Strip,
        /// How much is kept.
        keep: Keep,
        /// The thresholds that results are judged with.
        settings: Settings,
    },
    /// What ran between an earlier state of a server's statistics, the bytes of whose file these are, and
    /// this one: a document as [`Request::Share`] gives it.
    Between(Vec<u8>),
    /// The document in one line.
    Brief {
        /// The thresholds that its findings are judged with; `None` for its numbers alone.
        settings: Option<Settings>,
    },
    /// About recordings of which this worker reads one after the other. It is asked of the worker, whatever it has open:
    /// [`crate::session::Gathered`].
    Gather(GatherAsk),
}

impl Request {
    /// Whether views come first: what to fix first may take longer than all of them. Its answer does not depend on what
    /// they ask in between.
    pub fn can_wait(&self) -> bool {
        matches!(self, Self::Findings { .. } | Self::PairFindings { .. })
    }
}

/// What is written for other tools: what the command line's `export` writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Export {
    /// The call tree as folded stacks.
    Folded,
    /// The call tree for speedscope.
    Speedscope,
    /// Functions and edges for KCachegrind and its kin.
    Callgrind,
    /// The functions table, whole, as [`Request::Functions`] shows it.
    Functions {
        /// Column to sort by.
        sort: FunctionColumn,
        /// Largest (or last) first.
        descending: bool,
        /// See [`Request::Functions`].
        filter: String,
        /// How it is written.
        form: Form,
    },
    /// Callers and callees of one function, by total time.
    Neighbours {
        /// Which.
        function: u32,
        /// How they are written.
        form: Form,
    },
    /// The queries table, whole, as [`Request::Queries`] shows it.
    Queries {
        /// Column to sort by.
        sort: QueryColumn,
        /// Largest (or last) first.
        descending: bool,
        /// See [`Request::Queries`].
        filter: String,
        /// How it is written.
        form: Form,
    },
    /// What the document's own rules found.
    Findings {
        /// The rules' thresholds.
        settings: Settings,
        /// How they are written.
        form: Form,
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
    /// The file holds what a worker of another build reads ([`Kind::is_read_here`]): it is to be posted to that one.
    Elsewhere(Kind),
    /// The file was read.
    Opened(Overview),
    /// It was read for this line alone, and is not open.
    Brief(Box<Brief>),
    /// The file is a saved page: these are the documents in it, by name, gzipped.
    Contents(Vec<(String, Vec<u8>)>),
    /// It is several files: each is to be opened as a document of its own, in this one's place.
    Members(Members),
    /// It is no document but a site's patterns, which logs of requests are read by: [`Request::Urls`].
    Urls(String),
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
    /// What to try; may be empty.
    pub advice: String,
    /// What can be read, in a few lines, where nothing better can be said.
    pub supported: Vec<String>,
    /// Whether it may be a log of requests that can be read once its layout is given.
    pub may_have_layout: bool,
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
    /// To [`Request::FunctionGroups`], sorted.
    FunctionGroups(Vec<FunctionGroup>),
    /// To [`Request::Function`].
    Function(FunctionDetail),
    /// To [`Request::FindFunction`].
    FoundFunction(Option<u32>),
    /// To [`Request::ByLine`]: what answers are about now.
    ByLine(bool),
    /// To [`Request::Reread`], [`Request::Tracks`], [`Request::Measure`], [`Request::Range`] and [`Request::Transform`]: as
    /// after opening.
    Reread(Box<Overview>),
    /// To [`Request::Spans`].
    Spans(SpanAnswer),
    /// To [`Request::Tree`].
    Tree(Tree),
    /// To [`Request::WalkMatches`]; nothing where no box is found.
    Walked(Option<Walked>),
    /// To [`Request::Lines`].
    Lines(Box<LinesAnswer>),
    /// To [`Request::Compare`].
    Compare(CompareAnswer),
    /// To [`Request::Series`].
    Series(Box<SeriesAnswer>),
    /// To [`Request::Code`].
    Code(CodeAnswer),
    /// To [`Request::SearchFunctions`].
    Matches {
        /// Ids of the functions that match, ascending.
        functions: Vec<u32>,
        /// Sum of their self times, seconds.
        self_time: f64,
        /// Seconds of all stacks that any of them is on, as the call tree has it.
        total_time: f64,
        /// What is wrong with the text, if it is no regular expression and should be one.
        problem: Option<String>,
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
    /// To [`Request::Statement`].
    Statement(StatementDetail),
    /// To [`Request::View`].
    View(Answer),
    /// To [`Request::Findings`] and [`Request::PairFindings`].
    Findings(Report),
    /// To [`Request::Brief`].
    Brief(Box<Brief>),
    /// To [`Request::Gather`].
    Gathered(GatherAnswer),
    /// To [`Request::Share`]: the file.
    Shared(Vec<u8>),
    /// To [`Request::Export`]: the file, which is text.
    Exported(Vec<u8>),
    /// The request does not fit the document, or its file cannot be read again.
    Refused(String),
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
