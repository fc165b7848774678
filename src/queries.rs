//! An SQL log: statements as flat columns, their fingerprints and connections.
//!
//! A *statement* is one execution. Its text is not kept: [`Statements::offset`] and
//! [`Statements::length`] say where in the (unwrapped) file its record is, and the format gives the
//! text out of that ([`crate::import::Format::statement_text`]).

pub mod by;
pub mod columns;
pub mod comments;
pub mod compare;
pub mod digest;
pub mod events;
pub mod figures;
pub mod filter;
pub mod highlight;
mod laid_out;
pub mod locks;
pub mod overview;
pub mod plan;
pub mod request_use;
pub mod requests;
pub mod saved;
pub mod served;
pub mod site;
pub mod statements;
pub mod statistics;
pub mod table_use;
pub mod tables;
mod texts;

use serde::{Deserialize, Serialize};

use crate::format;
use crate::requests::Served;

pub use columns::{ColumnUse, Sort, Usage};
pub use flamedrop_sql::{fingerprint, keywords, lexer};

pub use digest::Numbers;
pub use events::{EventClass, EventKind, Events};
pub use requests::{Origin, Request};
pub use statements::LogBuilder;
pub use texts::{EventText, StatementText};

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
    /// What statements ran for, in order of the first statement: recorded, or inferred.
    pub requests: Vec<Request>,
    /// Where in the code statements come from, each place once; empty where the log does not say.
    pub sites: Vec<Site>,
    /// Errors, cancels, waits, temporary files and plans, where the log has them.
    pub events: Events,
    /// What [`Statements::start`] counts from.
    pub clock: Clock,
    /// Of a server's own statistics: its counters, which [`Self::numbers`] are made of. There are no
    /// statements, connections, requests then.
    pub statistics: Option<Box<statistics::Statistics>>,
    /// Of a log of requests: what these have beside. A request is a statement here, its route the fingerprint, its worker
    /// the connection; [`Self::requests`] is empty then.
    pub served: Option<Box<Served>>,
    /// What the reader inferred about the file, to be shown: `log_line_prefix = '%m [%p] '`.
    pub inferred: Option<String>,
    /// What a saved document has in place of the file.
    pub saved: Option<Box<saved::Saved>>,
}

/// In a column of ids: none.
pub const NONE: u32 = u32::MAX;

/// Statements as columns of equal length, but for those that may be empty; about 50 bytes each.
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
    /// Index into [`QueryLog::requests`]; empty in a log of requests.
    pub request: Vec<u32>,
    /// Index into [`QueryLog::sites`], or [`NONE`]; empty if the log has no sites at all.
    pub site: Vec<u32>,
    /// Rows the statement returned or changed, or [`NONE`]; empty if the log has none at all.
    pub rows: Vec<u32>,
    /// Rows it looked at, or [`NONE`]; empty if the log has none at all.
    pub rows_examined: Vec<u32>,
    /// Which transaction of its request it is in, where the log says so of the statement itself, or
    /// [`NONE`]; empty if the log has none at all. Others have BEGIN and COMMIT as statements.
    pub transaction: Vec<u32>,
    /// Milliseconds it waited for locks, part of its duration, or NaN; empty if the log has none at all.
    pub lock_time: Vec<f64>,
}

impl QueryLog {
    /// Per fingerprint its slowest execution, by index in order of start, or [`NONE`]. An unknown duration is
    /// slower than none, but not than a known one.
    pub fn slowest(&self) -> Vec<u32> {
        let statements = &self.statements;
        let duration = |at: u32| statements.duration.get(at as usize).map_or(f64::MIN, |time| time.max(-1.0));
        let mut slowest = vec![NONE; self.fingerprints.len()];
        for (at, &fingerprint) in statements.fingerprint.iter().enumerate() {
            if let Some(best) = slowest.get_mut(fingerprint as usize)
                && duration(at as u32) > duration(*best)
            {
                *best = at as u32;
            }
        }
        slowest
    }

    /// Sum of durations, ms.
    pub fn total(&self) -> f64 {
        self.numbers.iter().map(|numbers| numbers.total).sum()
    }

    /// How often anything ran: statements, or what a server counted.
    pub fn executions(&self) -> u64 {
        if let Some(results) = self.results() {
            return u64::from(results.executions);
        }
        self.statistics.as_ref().map_or(self.statements.len() as u64, |statistics| statistics.calls())
    }

    /// First start and last end on the log's clock, ms, of statements, of requests that were recorded
    /// as such, and of events; `None` without any.
    pub fn span(&self) -> Option<(f64, f64)> {
        if let Some(results) = self.results() {
            return results.span;
        }
        let join = |span: Option<(f64, f64)>, from: f64, to: f64| match span {
            Some((first, last)) => Some((first.min(from), last.max(to))),
            None => Some((from, to)),
        };
        let mut span = None;
        if let Some(&first) = self.statements.start.first() {
            let ends = (0..self.statements.len()).map(|statement| self.statements.end(statement));
            span = Some((first, ends.fold(first, f64::max)));
        }
        let recorded = self.requests.iter().filter(|request| request.origin == Origin::Recorded);
        for request in recorded.filter(|_| !self.statements.is_empty()) {
            span = join(span, request.start, request.start + request.duration);
        }
        let times = self.events.time.iter().filter(|time| !time.is_nan());
        times.fold(span, |span, &time| join(span, time, time))
    }

    /// The line of code a statement comes from: `orders.py:27(orders)`; empty if the log does not say.
    pub fn place(&self, statement: usize) -> String {
        let site = self.statements.site(statement).and_then(|site| self.sites.get(site as usize));
        site.and_then(|site| site.frames.first()).map_or_else(String::new, Frame::place)
    }

    /// The statements request by request, in order: request `r` has `order[first[r]..first[r + 1]]`.
    pub fn by_request(&self) -> (Vec<u32>, Vec<u32>) {
        let mut first = vec![0_u32; self.requests.len() + 1];
        for &request in &self.statements.request {
            first[request as usize + 1] += 1;
        }
        for request in 0..self.requests.len() {
            first[request + 1] += first[request];
        }
        let mut next = first.clone();
        let mut order = vec![0; self.statements.len()];
        for (at, &request) in self.statements.request.iter().enumerate() {
            let place = &mut next[request as usize];
            order[*place as usize] = at as u32;
            *place += 1;
        }
        (first, order)
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

    /// When the statement ended, ms on the log's clock; its start if its duration is unknown.
    pub fn end(&self, statement: usize) -> f64 {
        let duration = self.duration[statement];
        self.start[statement] + if duration.is_nan() { 0.0 } else { duration }
    }

    /// The statement's site, if the log has it.
    pub fn site(&self, statement: usize) -> Option<u32> {
        self.site.get(statement).copied().filter(|&site| site != NONE)
    }

    /// The statement's rows, if the log has them.
    pub fn rows(&self, statement: usize) -> Option<u32> {
        self.rows.get(statement).copied().filter(|&rows| rows != NONE)
    }

    /// How many rows the statement looked at, if the log has it.
    pub fn rows_examined(&self, statement: usize) -> Option<u32> {
        self.rows_examined.get(statement).copied().filter(|&rows| rows != NONE)
    }

    /// Which transaction of its request the statement is in, if the log says it of the statement.
    pub fn transaction(&self, statement: usize) -> Option<u32> {
        self.transaction.get(statement).copied().filter(|&number| number != NONE)
    }

    /// How far apart the moments are that the log can tell, ms: the longest of a second, a millisecond and a microsecond of
    /// which all that it stamps are multiples, be that where statements begin or where they end.
    pub fn grain(&self) -> f64 {
        const GRAINS: [f64; 3] = [1000.0, 1.0, 1e-3];
        // Enough to tell a multiple from chance.
        const LOOKED: usize = 1000;
        let of = |grain: f64, at: &dyn Fn(usize) -> f64| {
            (0..self.len().min(LOOKED)).all(|statement| {
                let moment = at(statement) / grain;
                // As exact as a double is at this distance from 1970.
                (moment - moment.round()).abs() * grain < 5e-4 && !moment.is_nan()
            })
        };
        let is = |grain: &f64| of(*grain, &|at| self.start[at]) || of(*grain, &|at| self.end(at));
        GRAINS.into_iter().find(|grain| !self.is_empty() && is(grain)).unwrap_or(GRAINS[2])
    }

    /// How long the statement waited for locks, ms, if the log has it.
    pub fn lock_time(&self, statement: usize) -> Option<f64> {
        self.lock_time.get(statement).copied().filter(|time| !time.is_nan())
    }
}

/// What a statement does, by its first word (and `WITH` looked through).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    #[default]
    Other,
}

/// One shape of statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// The text with literals, lists and comments normalised away.
    pub text: String,
    /// What it does.
    pub operation: Operation,
    /// The tables it names, each once, in order of appearance, unquoted (`auth_user`, `audit.log`).
    pub tables: Vec<String>,
    /// The columns it filters, joins, groups and sorts by.
    pub columns: Vec<ColumnUse>,
    /// Elements of the longest list after IN, or rows after VALUES, of all its executions.
    pub longest_list: u32,
    /// How many of its executions have such a list of more than one.
    pub lists: u32,
    /// The most rows that one of its executions passed over (OFFSET), by its text or its logged parameters.
    pub largest_offset: u64,
    /// The most rows that one of its executions asked for (LIMIT); 0 if none says how many.
    pub largest_limit: u64,
    /// Whether it was asked of MySQL or MariaDB, as far as its log or its quotes say.
    pub is_mysql: bool,
}

/// A place in the code that runs statements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Site {
    /// The user's own frames, innermost first.
    pub frames: Vec<Frame>,
    /// The relation between models that the ORM followed, if one was.
    pub relation: Option<Relation>,
}

/// One frame of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Frame {
    /// File path.
    pub file: String,
    /// The line that was running.
    pub line: u32,
    /// The function's name.
    pub name: String,
}

impl Frame {
    /// As pstats writes it: `orders.py:27(orders)`.
    pub fn place(&self) -> String {
        format::pstats_place(&self.file, i64::from(self.line), &self.name)
    }
}

/// A relation the ORM followed from one object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Relation {
    /// In which way.
    pub kind: RelationKind,
    /// The attribute it was followed by and the model that has it: `Order.customer`, `Order.lines`.
    pub name: String,
    /// The attribute alone, as select_related and prefetch_related name it: `customer`, `lines`.
    pub accessor: String,
}

/// How a relation was followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// From the row with the foreign key to the one it names: `order.customer`.
    Forward,
    /// From the named row to those that name it: `order.lines.all()`.
    Reverse,
    /// Over a table between: `product.tags.all()`.
    ManyToMany,
    /// To a column of the row itself that was left out when it was loaded: `defer()`, `only()`.
    Deferred,
}

/// What statements ran on. Empty texts where the log does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Connection {
    /// Server process, session or thread id; of a recording, which lane ([`Connection::lane`]).
    pub process: String,
    /// Database, or Django's alias.
    pub database: String,
    /// Database user.
    pub user: String,
    /// Application name.
    pub application: String,
    /// Client host.
    pub client: String,
    /// The program's thread that uses it, by the operating system's number, where a recording says it.
    pub thread: Option<u64>,
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
