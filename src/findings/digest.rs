//! What is known of a profile or a log in short: what rules for both need of it, and what the summary
//! shows. Small enough to be posted from one worker to another.

mod queries;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

pub(super) use self::queries::frame;
use super::Link;
use super::boxes::Boxes;
use crate::format::short_name;
use crate::profile::{CallTree, FunctionId, Layer, Layers, Profile, category};
use crate::queries::Frame;
use crate::queries::highlight::brief;
use crate::schema::Schema;
use crate::sort;

/// Functions or queries kept one by one; the rest is a sum.
const ITEMS: usize = 200;

/// Gaps and sites kept.
const PLACES: usize = 20;

/// Boxes of the call tree that tells which code a statement comes from.
pub const TREE_BUDGET: usize = 10_000;

/// Calls deep that functions called back by a driver are followed.
const DEEPEST_CALLBACK: usize = 20;

/// Characters kept of a query's text.
const TEXT: usize = 120;

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Digest {
    /// Of a profile.
    Profile(ProfileDigest),
    /// Of a log.
    Queries(QueriesDigest),
    /// A schema, which is short as it is: for [`super::Settings::add_schema`].
    Schema(Schema),
}

/// A function or a query with its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The function's name, the query's text in brief.
    pub label: String,
    /// `file:line`, empty for built-in functions and queries.
    pub place: String,
    /// A function's layer; of queries [`Layer::Database`].
    pub layer: Layer,
    /// Milliseconds: self time, or of all executions.
    pub time: f64,
    /// Where it is seen.
    pub link: Link,
}

/// Many items: the largest one by one, the others as a sum.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Items {
    /// Largest first.
    pub largest: Vec<Item>,
    /// How many there are that took any time.
    pub count: u32,
    /// Milliseconds of all.
    pub total: f64,
}

/// A profile in short. Times are milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ProfileDigest {
    /// What times are thousandths of: milliseconds, mostly.
    pub unit: crate::format::Unit,
    /// In all.
    pub total: f64,
    /// Per layer, in the order of [`Layer::ALL`].
    pub layers: Vec<f64>,
    /// Functions by self time.
    pub functions: Items,
    /// The function through which statements are executed.
    pub execute: Option<Execute>,
    /// Functions of database drivers, and what SQLite calls back, with the self time they have there:
    /// waiting for the database, most of it.
    pub driver: Vec<(u32, f64)>,
    /// The user's own functions by the time their statements took, an estimate; largest first.
    pub sites: Vec<CodeSite>,
    /// The user's own functions by self time with that of the built-in functions they call; largest
    /// first.
    pub hottest: Vec<CodeSite>,
}

/// How statements are executed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execute {
    /// The function's id.
    pub function: u32,
    /// `utils.py:88(execute)`.
    pub place: String,
    /// How often it was called.
    pub calls: i64,
    /// Total time.
    pub time: f64,
}

/// A function of the user's with a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodeSite {
    /// Its id.
    pub function: u32,
    /// File.
    pub file: String,
    /// First line.
    pub line: i64,
    /// Name.
    pub name: String,
    /// Milliseconds.
    pub time: f64,
}

/// A log in short. Times are milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct QueriesDigest {
    /// Of all statements.
    pub total: f64,
    /// How many statements.
    pub executions: u32,
    /// How many of them have no duration.
    pub without_duration: u32,
    /// Queries by the time of all their executions.
    pub queries: Items,
    /// How many requests.
    pub requests: u32,
    /// How many of them were recorded as such.
    pub recorded: u32,
    /// Wall time of all requests.
    pub wall: f64,
    /// The longest stretches within a request without a statement, longest first.
    pub gaps: Vec<Gap>,
    /// All such stretches of the requests.
    pub outside: f64,
    /// Code that runs statements, by time.
    pub sites: Vec<StatementSite>,
    /// Of all statements that have a site.
    pub sited: f64,
}

/// A stretch of a request in which no statement ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// Milliseconds.
    pub time: f64,
    /// [`crate::queries::Request::title`].
    pub request: String,
    /// When it began, ms since the log's first start.
    pub from: f64,
    /// The statement before, in brief; none at the start of a recorded request.
    pub after: Option<String>,
    /// The statement that follows, in brief; none at the end of a recorded request.
    pub before: Option<String>,
    /// Where in the code the statement before came from.
    pub after_frame: Option<Frame>,
    /// Where in the code the statement that follows comes from.
    pub before_frame: Option<Frame>,
}

/// A line of code that runs statements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementSite {
    /// The innermost frame of the user's own.
    pub frame: Frame,
    /// How many statements.
    pub executions: u32,
    /// Their time, ms.
    pub time: f64,
    /// The query that took most of it.
    pub query: u32,
    /// That query in brief.
    pub text: String,
}

impl Items {
    fn new(mut items: Vec<(f64, u32)>, make: impl Fn(u32, f64) -> Item) -> Self {
        items.retain(|(time, _)| *time > 0.0);
        sort::by(&mut items, |a, b| b.0.total_cmp(&a.0));
        Self {
            count: items.len() as u32,
            total: items.iter().map(|(time, _)| time).sum(),
            largest: items.iter().take(ITEMS).map(|&(time, id)| make(id, time)).collect(),
        }
    }

    /// What is kept one by one took at least so long, and what is not at most; 0 if all are kept.
    pub fn floor(&self) -> f64 {
        match self.largest.last() {
            Some(last) if (self.largest.len() as u32) < self.count => last.time,
            _ => 0.0,
        }
    }

    /// How many of the largest make `share` of the total, and their sum; if that needs more than are
    /// kept one by one, all that are kept.
    pub fn vital(&self, share: f64) -> (usize, f64) {
        let mut sum = 0.0;
        for (count, item) in self.largest.iter().enumerate() {
            if sum >= share * self.total {
                return (count, sum);
            }
            sum += item.time;
        }
        (self.largest.len(), sum)
    }
}

impl ProfileDigest {
    /// The digest of `profile`.
    pub fn of(profile: &Profile, layers: &Layers, tree: &CallTree) -> Self {
        let functions = &profile.functions;
        let ids = 0..functions.len() as FunctionId;
        let milliseconds = |function: FunctionId| functions.self_time[function as usize] * 1e3;
        // Waiting for the next request is nobody's time.
        let idle: FxHashMap<FunctionId, f64> = layers.idle.iter().copied().collect();
        let busy = |id: FunctionId| milliseconds(id) - idle.get(&id).map_or(0.0, |seconds| seconds * 1e3);
        let database = |function: &FunctionId| layers.layer(*function) == Layer::Database;
        // Of functions that call each other the outermost has the most time.
        let execute = ids
            .clone()
            .filter(database)
            .filter(|&function| matches!(base_name(functions.name(function)), "execute" | "_execute"))
            .max_by(|&a, &b| functions.total_time[a as usize].total_cmp(&functions.total_time[b as usize]));
        let driver = within_drivers(profile);
        Self {
            unit: profile.unit,
            total: profile.total() * 1e3,
            layers: layers.time.iter().map(|seconds| seconds * 1e3).collect(),
            functions: Items::new(ids.clone().map(|id| (busy(id), id)).collect(), |id, time| Item {
                label: short_name(functions.file(id), functions.name(id)).into_owned(),
                place: match functions.file(id) {
                    "~" | "" => String::new(),
                    file => format!("{file}:{}", functions.line(id)),
                },
                layer: layers.layer(id),
                time,
                link: Link::Function(id),
            }),
            execute: execute.map(|function| Execute {
                function,
                place: functions.place(function),
                calls: functions.calls_of(function).unwrap_or(0),
                time: functions.total_time[function as usize] * 1e3,
            }),
            driver,
            sites: Boxes::of(profile, layers, tree)
                .sites(tree, functions.len(), Layer::Database)
                .into_iter()
                .take(PLACES)
                .map(|(function, time)| code_site(profile, function, time))
                .collect(),
            hottest: hottest(profile, layers),
        }
    }
}

/// Functions of drivers and what they call, with the self time there, ms: Python functions that SQLite calls
/// back are part of what a statement takes. Of what others call as well (`str.split`) that is the time of the
/// calls from there; what it calls in turn is not told apart.
fn within_drivers(profile: &Profile) -> Vec<(FunctionId, f64)> {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let mut within: Vec<bool> = (0..functions.len() as FunctionId)
        .map(|function| category::is_driver(functions.file(function), functions.name(function)))
        .collect();
    let mut changed = true;
    // Each pass goes one call deeper; what is called back is shallow.
    for _ in 0..DEEPEST_CALLBACK {
        if !std::mem::take(&mut changed) {
            break;
        }
        for function in 0..functions.len() as FunctionId {
            let mut callers = edges.into(function).map(|edge| edges.caller[edge]).peekable();
            if !within[function as usize]
                && callers.peek().is_some()
                && callers.all(|caller| within[caller as usize] || caller == function)
            {
                within[function as usize] = true;
                changed = true;
            }
        }
    }
    let from_within = |function: FunctionId| -> f64 {
        let edges_in = edges.into(function).filter(|&edge| within[edges.caller[edge] as usize]);
        edges_in.map(|edge| edges.self_time[edge].max(0.0)).sum()
    };
    (0..functions.len() as FunctionId)
        .map(|function| {
            let own = functions.self_time[function as usize];
            let there = if within[function as usize] { own } else { from_within(function).min(own) };
            (function, there * 1e3)
        })
        .filter(|(_, time)| *time > 0.0)
        .collect()
}

/// `execute` out of `<method 'execute' of 'sqlite3.Cursor' objects>`; other names as they are.
fn base_name(name: &str) -> &str {
    name.strip_prefix("<method '").and_then(|rest| rest.split('\'').next()).unwrap_or(name)
}

fn code_site(profile: &Profile, function: FunctionId, time: f64) -> CodeSite {
    let functions = &profile.functions;
    CodeSite {
        function,
        file: functions.file(function).to_owned(),
        line: functions.line(function),
        name: functions.name(function).to_owned(),
        time,
    }
}

/// Own functions by their self time with that of the built-in functions they call.
fn hottest(profile: &Profile, layers: &Layers) -> Vec<CodeSite> {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let own = (0..functions.len() as FunctionId).filter(|&id| layers.layer(id) == Layer::Own);
    let times = own
        .map(|function| {
            let built_in: f64 = edges
                .out_of(function)
                .iter()
                .filter(|&&edge| layers.is_shared(functions, edges.callee[edge as usize]))
                .map(|&edge| edges.self_time[edge as usize].max(0.0))
                .sum();
            (function, (functions.self_time[function as usize] + built_in) * 1e3)
        })
        .collect();
    largest(profile, times)
}

fn largest(profile: &Profile, times: FxHashMap<FunctionId, f64>) -> Vec<CodeSite> {
    let mut sites: Vec<(FunctionId, f64)> = times.into_iter().filter(|(_, time)| *time > 0.0).collect();
    sort::by(&mut sites, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    sites.iter().take(PLACES).map(|&(function, time)| code_site(profile, function, time)).collect()
}

/// A query in brief, short enough for a line or two.
pub(super) fn shortened(text: &str) -> String {
    let brief = brief(text);
    match brief.char_indices().nth(TEXT) {
        None => brief,
        Some((end, _)) => format!("{}…", &brief[..end]),
    }
}
