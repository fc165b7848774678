//! What is asked of a log through a filter: [`super::Request::View`]. Every question carries its filter,
//! so answers do not depend on what was asked before or comes in between. Times are milliseconds.

use serde::{Deserialize, Serialize};

use super::{
    EventColumn, EventGlance, EventGroupRow, EventRow, EventView, ExecutionColumn, ExecutionRow,
    TimelineColumns,
};
use crate::findings::waste::Role;
use crate::queries::Operation;
use crate::queries::by::By;
use crate::queries::compare::{Compared, Per, Shapes};
use crate::queries::events::{EventBy, EventClass, EventFigures};
use crate::queries::figures::Figures;
use crate::queries::filter::Filter;
use crate::queries::overview::{Glance, Series};
use crate::queries::request_use::RequestUse;
use crate::queries::site::Site;
use crate::queries::table_use::{ColumnTotal, TableUse};
use crate::requests::route_use::RouteUse;

/// Rows of a table: how they are sorted, and which are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Window<C> {
    /// Column to sort by.
    pub sort: C,
    /// Largest (or last) first.
    pub descending: bool,
    /// First row.
    pub first: u32,
    /// How many rows at most.
    pub count: u32,
    /// The row that is asked for as well, wherever it is, by its id.
    pub selected: Option<u32>,
}

/// Some rows of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<R> {
    /// Rows in all.
    pub rows: u32,
    /// Those asked for.
    pub page: Vec<R>,
    /// Where the selected one is, if it was asked for and is there.
    pub selected: Option<u32>,
}

/// A question about the statements of a filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    /// Totals and curves: [`Answer::Glance`].
    Glance,
    /// What statements can be grouped by, and how many groups there are of each:
    /// [`Answer::Kinds`].
    Kinds,
    /// What the filter's facets are called, in their order: [`Answer::Labels`].
    Labels,
    /// One row per group that has statements: [`Answer::Groups`].
    Groups {
        /// By what.
        by: By,
        /// Which rows.
        window: Window<GroupColumn>,
        /// Whether each row has its histogram and its curve over time.
        charts: bool,
        /// Apdex's threshold, ms: of a log of requests.
        threshold: f64,
    },
    /// One group in full, without its executions: [`Answer::Group`].
    Group {
        /// Of what kind.
        by: By,
        /// Its key: [`GroupRow::key`].
        key: u32,
        /// Apdex's threshold, ms: of a log of requests.
        threshold: f64,
    },
    /// Single executions: [`Answer::Executions`].
    Executions(Window<ExecutionColumn>),
    /// Single executions of one group: [`Answer::Executions`].
    GroupExecutions {
        /// Of what kind.
        by: By,
        /// Its key: [`GroupRow::key`].
        key: u32,
        /// Which rows.
        window: Window<ExecutionColumn>,
    },
    /// One row per table: [`Answer::Tables`].
    Tables {
        /// Which rows; ids are [`TableUse::id`].
        window: Window<TableColumn>,
        /// How many steps the curves over time have.
        steps: u32,
    },
    /// The columns that are filtered, joined, grouped and sorted by, those of most time first:
    /// [`Answer::Columns`].
    Columns {
        /// Of one table only.
        table: Option<String>,
    },
    /// One row per request or view: [`Answer::Requests`].
    Requests {
        /// Whether requests of one view are one row.
        by_view: bool,
        /// Apdex's threshold.
        threshold: f64,
        /// Which rows; ids are [`RequestUse::request`].
        window: Window<RequestColumn>,
    },
    /// How a site did, by the requests of a log of these: [`Answer::Site`].
    Site {
        /// Apdex's threshold.
        threshold: f64,
        /// How many workers there are; `None`: as many as the log names.
        workers: Option<u32>,
    },
    /// The statements of one request one after the other, whatever the filter: [`Answer::Waterfall`].
    Waterfall {
        /// Which request.
        request: u32,
    },
    /// The statements on lanes: [`Answer::Timeline`].
    Timeline {
        /// What the lanes are.
        lanes: By,
    },
    /// How many events of each kind there are, what they add up to, and when they happen:
    /// [`Answer::EventGlance`].
    EventGlance,
    /// What events can be grouped by, and how many groups there are of each: [`Answer::EventKinds`].
    EventKinds {
        /// Of one class only.
        class: Option<EventClass>,
    },
    /// One row per group of events: [`Answer::EventGroups`].
    EventGroups {
        /// Of one class only.
        class: Option<EventClass>,
        /// By what.
        by: EventBy,
        /// Those of one group of statements only: of what kind, and its key.
        within: Option<(By, u32)>,
        /// Which rows; ids are [`EventGroupRow::key`].
        window: Window<EventColumn>,
    },
    /// Single events: [`Answer::EventList`].
    EventList {
        /// Of one class only.
        class: Option<EventClass>,
        /// Those of one group only: by what, and its key.
        within: Option<(EventBy, u32)>,
        /// Which rows; ids are [`EventRow::event`].
        window: Window<EventColumn>,
    },
    /// One event with its texts out of the file, whatever the filter: [`Answer::Event`].
    Event {
        /// Which: its index in the order of the file.
        event: u32,
    },
    /// These statements in short, for the comparison in another worker: [`Answer::Shapes`].
    Shapes,
    /// What the statements are compared with: kept, and named by the answer [`Answer::Kept`].
    Keep(Box<Shapes>),
    /// The statements beside others: [`Answer::Compared`].
    Compare {
        /// What was before.
        with: With,
        /// What calls and totals are made comparable by.
        per: Per,
        /// Which rows; ids are places in the order of what hurts.
        window: Window<CompareColumn>,
    },
    /// Looks for a text in the statements' own texts, parameters and plans and in what the log says of events, for some
    /// milliseconds: [`Answer::Searched`]. Asked again until it is through; not asked again it is cancelled. After
    /// that [`Filter::all_texts`] holds for this text. The filter of the question is not looked at.
    Search {
        /// Contained in the text, ignoring the case of ASCII letters.
        text: String,
        /// Whether to begin anew.
        begin: bool,
    },
}

impl Ask {
    /// The first row that is asked for, and the row that is asked for wherever it is.
    pub fn place(&self) -> Option<(u32, Option<u32>)> {
        fn of<C>(window: &Window<C>) -> Option<(u32, Option<u32>)> {
            Some((window.first, window.selected))
        }
        match self {
            Self::Groups { window, .. } => of(window),
            Self::Executions(window) | Self::GroupExecutions { window, .. } => of(window),
            Self::Tables { window, .. } => of(window),
            Self::Requests { window, .. } => of(window),
            Self::Compare { window, .. } => of(window),
            Self::EventGroups { window, .. } | Self::EventList { window, .. } => of(window),
            _ => None,
        }
    }
}

/// What is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum With {
    /// Other statements of the same log.
    Filter(Box<Filter>),
    /// What was handed over by [`Ask::Keep`], by the number it was given.
    Kept(u32),
}

/// Columns of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GroupColumn {
    /// What it is called.
    Label,
    /// Executions.
    Calls,
    /// Sum of durations.
    Total,
    /// Shortest.
    Min,
    /// Mean.
    Mean,
    /// Median.
    P50,
    /// 95th percentile.
    P95,
    /// 99th percentile.
    P99,
    /// Longest.
    Max,
    /// Standard deviation.
    Deviation,
    /// Variance-to-mean ratio.
    Dispersion,
    /// Ended in an error.
    Failed,
    /// Rows in all.
    Rows,
    /// Rows looked at in all.
    RowsExamined,
    /// Time waited for locks.
    LockTime,
    /// First start.
    First,
    /// Last start.
    Last,
    /// Different queries with their parameters.
    Distinct,
    /// Different fingerprints.
    Shapes,
    /// Tables, by name.
    Tables,
    /// Apdex; of a log of requests, as the next ones.
    Apdex,
    /// 4xx.
    ClientErrors,
    /// Clients that left.
    Gone,
    /// Bytes of the answers.
    Bytes,
}

/// Columns of tables of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TableColumn {
    /// Its name.
    Table,
    /// Statements that read it.
    Reads,
    /// Statements that change it.
    Writes,
    /// Time of those that read it.
    ReadTime,
    /// Time of those that change it.
    WriteTime,
    /// Time of both.
    Time,
    /// Its share of the time.
    Share,
    /// Rows read.
    RowsRead,
    /// Rows written.
    RowsWritten,
    /// Fingerprints.
    Shapes,
}

/// Columns of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RequestColumn {
    /// When it began.
    Start,
    /// What it is called.
    Label,
    /// How many requests.
    Requests,
    /// Statements.
    Statements,
    /// Time in the database.
    DatabaseTime,
    /// Wall time in all.
    Wall,
    /// Median wall time.
    WallP50,
    /// 95th percentile of the wall time.
    WallP95,
    /// Statements in loops.
    Loops,
    /// Statements that repeat another.
    Repeated,
    /// Statements that failed.
    Failed,
    /// Apdex.
    Apdex,
}

/// Columns of comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CompareColumn {
    /// Text.
    Text,
    /// Change of the total.
    Change,
    /// Change of the calls.
    Calls,
    /// Change of the mean.
    Mean,
    /// Change of the 95th percentile.
    P95,
    /// Total before.
    Before,
    /// Total after.
    After,
}

/// Answers to [`Ask`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Ask::Glance`].
    Glance(Box<Glance>),
    /// To [`Ask::Kinds`]: kinds of which there is more than one group, or a group with a name.
    Kinds(Vec<(By, u32)>),
    /// To [`Ask::Labels`].
    Labels(Vec<String>),
    /// To [`Ask::Groups`]: the rows, and the figures of all of them together.
    Groups(Page<GroupRow>, Box<Figures>),
    /// To [`Ask::Group`]; `None` if none of the statements is in it.
    Group(Option<Box<GroupDetail>>),
    /// To [`Ask::Executions`].
    Executions(Page<ExecutionRow>),
    /// To [`Ask::Tables`]: the rows, and the total time of the statements.
    Tables(Page<TableUse>, f64),
    /// To [`Ask::Columns`].
    Columns(Vec<ColumnTotal>),
    /// To [`Ask::Requests`].
    Requests(Page<RequestRow>),
    /// To [`Ask::Site`].
    Site(Box<Site>),
    /// To [`Ask::Waterfall`].
    Waterfall(Box<Waterfall>),
    /// To [`Ask::Timeline`].
    Timeline(TimelineColumns),
    /// To [`Ask::EventGlance`].
    EventGlance(Box<EventGlance>),
    /// To [`Ask::EventKinds`].
    EventKinds(Vec<(EventBy, u32)>),
    /// To [`Ask::EventGroups`]: the rows, and the figures of all of them together.
    EventGroups(Page<EventGroupRow>, EventFigures),
    /// To [`Ask::EventList`].
    EventList(Page<EventRow>),
    /// To [`Ask::Event`].
    Event(Box<EventView>),
    /// To [`Ask::Shapes`].
    Shapes(Box<Shapes>),
    /// To [`Ask::Keep`]: its number.
    Kept(u32),
    /// To [`Ask::Compare`].
    Compared(Page<Compared>, Comparison),
    /// To [`Ask::Search`].
    Searched {
        /// Texts looked at so far: of statements, and of events.
        done: u32,
        /// Texts in all.
        all: u32,
        /// Statements found so far.
        found: u32,
    },
}

/// One group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupRow {
    /// Its key, the same under every filter.
    pub key: u32,
    /// What a filter names it by ([`crate::queries::filter::Facet::value`]).
    pub value: String,
    /// What it is called, cut to 300 characters.
    pub label: String,
    /// Of a fingerprint, what it does.
    pub operation: Option<Operation>,
    /// Of a fingerprint, the tables it names.
    pub tables: Vec<String>,
    /// Its figures.
    pub figures: Figures,
    /// Its share of the time of all groups, 0 to 1.
    pub share: f64,
    /// System impact, %: [`Figures::impact`].
    pub impact: f64,
    /// What its requests were answered with: of a log of requests.
    pub served: Option<RouteUse>,
    /// Executions per class of durations ([`crate::queries::overview::class`]); empty if not asked for.
    pub classes: Vec<u32>,
    /// Executions per step of time, all rows over the same time; empty if not asked for.
    pub calls_over_time: Vec<u32>,
}

/// One group in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupDetail {
    /// Its figures, with both charts.
    pub row: GroupRow,
    /// Its whole name: of a fingerprint the text.
    pub text: String,
    /// Its curves over time.
    pub series: Series,
    /// The parameter sets it ran with most: how often, how long in all, and one such statement. Of a
    /// fingerprint only.
    pub parameters: Vec<ParameterSet>,
    /// Who runs it: callers by time.
    pub callers: Vec<GroupRow>,
    /// What it runs: fingerprints by time; of a fingerprint none.
    pub queries: Vec<GroupRow>,
    /// Its slowest execution.
    pub slowest: Option<u32>,
}

/// Executions of a fingerprint with the same parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ParameterSet {
    /// Executions.
    pub calls: u32,
    /// Sum of their durations.
    pub total: f64,
    /// The slowest of them.
    pub statement: u32,
}

/// One request, or those of one view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestRow {
    /// What it spends.
    pub usage: RequestUse,
    /// What it is called; of requests of one view the view.
    pub label: String,
    /// The view.
    pub view: String,
    /// HTTP status, 0 if unknown.
    pub status: u16,
    /// Start on the log's clock.
    pub start: f64,
    /// Whether its bounds are a guess.
    pub inferred: bool,
}

/// One request, statement by statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waterfall {
    /// The request; all its statements count, whatever the filter.
    pub row: RequestRow,
    /// Its statements in order of start, at most 10,000.
    pub steps: Vec<WaterfallStep>,
    /// How many there are.
    pub statements: u32,
    /// Time between its start and its end in which no statement ran.
    pub outside: f64,
}

/// One statement of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaterfallStep {
    /// Its index in order of start.
    pub statement: u32,
    /// Its fingerprint's id.
    pub fingerprint: u32,
    /// The fingerprint in brief, cut to 120 characters.
    pub text: String,
    /// What it does.
    pub operation: Operation,
    /// Milliseconds since the request's start.
    pub start: f64,
    /// Milliseconds; NaN if unknown.
    pub duration: f64,
    /// Time before it in which no statement of the request ran.
    pub gap: f64,
    /// Whether it ended in an error.
    pub failed: bool,
    /// Whether it is part of a loop, or repeats another.
    pub role: Role,
    /// The line of code it comes from; empty if the log does not say.
    pub place: String,
}

/// Both sides of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What is compared with: its name.
    pub name: String,
    /// Sum of durations before, as it is.
    pub before: f64,
    /// Sum of durations after.
    pub after: f64,
    /// Executions before.
    pub calls_before: u32,
    /// Executions after.
    pub calls_after: u32,
    /// What calls and totals before are multiplied by.
    pub scale: f64,
    /// Shapes that are new.
    pub new: u32,
    /// Shapes that are gone.
    pub gone: u32,
    /// Shapes on both sides that differ by more than chance.
    pub clear: u32,
}
