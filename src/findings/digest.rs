//! What is known of a profile or a log in short: what rules for both need of it, and what the summary
//! shows. Small enough to be posted from one worker to another.

mod queries;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

pub(super) use self::queries::frame;
use super::Link;
use super::own_use::{OwnUses, own_use};
use super::pricing::{AskedBy, LEAST_SCALE, Price};
use crate::format::{self, short_name};
use crate::profile::home::lies_in;
use crate::profile::{CallTree, FunctionId, Functions, Layer, Layers, Profile, category};
use crate::queries::highlight::brief;
use crate::schema::Schema;
use crate::sort;

/// Functions or queries kept one by one; the rest is a sum.
const ITEMS: usize = 200;

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
    /// Waiting for the next request or task: nobody's time.
    pub idle: f64,
    /// What the profiler itself takes, about: see [`profiler_time`].
    pub profiler: f64,
    /// How many statements own functions ask for, and what Python takes for them.
    pub asked: (f64, f64),
    /// Functions of the ORM that ask for statements of one kind.
    pub asks: Vec<AskingFrame>,
}

/// A function of the ORM that asks, with what it takes in all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AskingFrame {
    /// For which statements.
    pub asked_by: AskedBy,
    /// Its id.
    pub function: u32,
    /// `query.py:595(count)`.
    pub place: String,
    /// How often it was called.
    pub calls: i64,
    /// Total time, ms.
    pub time: f64,
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
    /// By [`AskedBy::ALL`] how many statements were asked for so, and their time.
    pub asked: Vec<(f64, f64)>,
    /// What findings of the log cost, by [`super::Finding::mark`].
    pub prices: Vec<(String, Price)>,
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
        Self::with(profile, layers, &own_use(profile, layers, tree))
    }

    /// The digest of `profile`, of which it is known what its own functions cost.
    pub(super) fn with(profile: &Profile, layers: &Layers, uses: &OwnUses) -> Self {
        let functions = &profile.functions;
        let ids = 0..functions.len() as FunctionId;
        let milliseconds = |function: FunctionId| functions.self_time[function as usize] * 1e3;
        // Waiting for the next request is nobody's time.
        let idle: FxHashMap<FunctionId, f64> = layers.idle.iter().copied().collect();
        let busy = |id: FunctionId| milliseconds(id) - idle.get(&id).map_or(0.0, |seconds| seconds * 1e3);
        let execute = execute(profile, layers);
        let driver = within_drivers(profile);
        Self {
            unit: profile.unit,
            total: profile.total() * 1e3,
            layers: layers.time.iter().map(|seconds| seconds * 1e3).collect(),
            functions: Items::new(ids.clone().map(|id| (busy(id), id)).collect(), |id, time| Item {
                label: short_name(functions.file(id), functions.name(id)).into_owned(),
                place: match functions.file(id) {
                    "~" | "" => String::new(),
                    file => format::line(file, functions.line(id)),
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
            idle: layers.idle.iter().map(|(_, seconds)| seconds * 1e3).sum(),
            profiler: profiler_time(functions),
            asked: uses.values().flat_map(|own| own.asks.values()).fold((0.0, 0.0), |(count, time), one| {
                (count + one.statements, time + (one.time - one.driver).max(0.0))
            }),
            asks: AskedBy::ALL.into_iter().filter_map(|asked_by| asking_frame(functions, asked_by)).collect(),
        }
    }

    /// All time but that in which a server waits for its next visitor, ms.
    pub fn busy(&self) -> f64 {
        (self.total - self.idle).max(0.0)
    }

    /// Waiting for the database or for others, ms.
    pub fn waits(&self) -> f64 {
        let driver: f64 = self.driver.iter().map(|(_, time)| time).sum();
        let layer = |layer: Layer| self.layers.get(layer as usize).copied().unwrap_or(0.0);
        (driver + layer(Layer::Network) + layer(Layer::Waiting) - self.idle).clamp(0.0, self.busy())
    }

    /// Computing, ms.
    pub fn python(&self) -> f64 {
        self.busy() - self.waits()
    }

    /// What is left of Python's time without the profiler: a share, 0 to 1.
    pub fn unprofiled(&self) -> f64 {
        let python = self.python();
        if python <= 0.0 { 1.0 } else { ((python - self.profiler) / python).clamp(LEAST_SCALE, 1.0) }
    }
}

/// cProfile's own time for a call, in those of the shortest built-in functions, which are hardly anything else: 1.9
/// to 2.3 of them in tests/data/findings, whose requests were measured without it as well.
const OF_A_CALL: f64 = 2.0;

/// Milliseconds: a built-in function that takes longer is not recorded call by call.
const SHORTEST: f64 = 2e-3;

/// What the profiler itself takes, ms: for each call as much as the shortest calls say, among which are a quarter of
/// all calls of built-in functions.
fn profiler_time(functions: &Functions) -> f64 {
    const OFTEN: i64 = 20;
    if functions.sampled {
        // A sampler looks from outside.
        return 0.0;
    }
    let mut short: Vec<(f64, f64)> = (0..functions.len() as FunctionId)
        .filter(|&id| functions.is_built_in(id) && functions.calls[id as usize] >= OFTEN)
        .map(|id| {
            let calls = functions.calls[id as usize] as f64;
            (functions.self_time[id as usize].max(0.0) * 1e3 / calls, calls)
        })
        .collect();
    sort::by(&mut short, |a, b| a.0.total_cmp(&b.0));
    let quarter = short.iter().map(|(_, calls)| calls).sum::<f64>() / 4.0;
    let mut sum = 0.0;
    let shortest = short.iter().find(|(_, calls)| {
        sum += calls;
        sum >= quarter
    });
    let all: i64 = functions.calls.iter().filter(|&&calls| calls > 0).sum();
    match shortest {
        Some((time, _)) if *time <= SHORTEST => OF_A_CALL * time * all as f64,
        _ => 0.0,
    }
}

/// The function of the ORM that asks for such statements: of several of its name the one that takes most.
fn asking_frame(functions: &Functions, asked_by: AskedBy) -> Option<AskingFrame> {
    let (file, name) = asked_by.function();
    let is = |&id: &FunctionId| functions.known_name(id) == name && lies_in(functions.file(id), &[file]);
    let time = |id: FunctionId| functions.total_time[id as usize];
    let function =
        (0..functions.len() as FunctionId).filter(is).max_by(|&a, &b| time(a).total_cmp(&time(b)))?;
    Some(AskingFrame {
        asked_by,
        function,
        place: functions.place(function),
        calls: functions.calls_of(function).unwrap_or(0),
        time: time(function).max(0.0) * 1e3,
    })
}

/// The function through which statements are executed.
pub(super) fn execute(profile: &Profile, layers: &Layers) -> Option<FunctionId> {
    let functions = &profile.functions;
    // Of functions that call each other the outermost has the most time.
    (0..functions.len() as FunctionId)
        .filter(|&function| layers.layer(function) == Layer::Database)
        .filter(|&function| matches!(base_name(&functions.known_name(function)), "execute" | "_execute"))
        .max_by(|&a, &b| functions.total_time[a as usize].total_cmp(&functions.total_time[b as usize]))
}

/// Functions of drivers and what they call, with the self time there, ms: Python functions that SQLite calls
/// back are part of what a statement takes. Of what others call as well (`str.split`) that is the time of the
/// calls from there; what it calls in turn is not told apart.
fn within_drivers(profile: &Profile) -> Vec<(FunctionId, f64)> {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let mut within: Vec<bool> = (0..functions.len() as FunctionId)
        .map(|function| {
            let (file, name) = functions.known_as(function);
            category::is_driver(file, &name)
        })
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

/// A query in brief, short enough for a line or two.
pub(super) fn shortened(text: &str) -> String {
    let brief = brief(text);
    match brief.char_indices().nth(TEXT) {
        None => brief,
        Some((end, _)) => format!("{}…", &brief[..end]),
    }
}
