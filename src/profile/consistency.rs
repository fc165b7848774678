//! Whether the numbers of a call graph agree with each other, and if not, why.
//!
//! `Modules/_lsprof.c` of CPython adds up the same clock readings for functions and for edges, so in a
//! sound file they agree to the last digits: a function outside of cycles lasts as long as it takes
//! itself and its callees take (`ct = tt + Σ ct`); no edge lasts longer than its caller or its callee;
//! and every edge was left as often as it was entered. Three things break this:
//!
//! * Code objects with the same file, line and name (lambdas on one line, comprehensions, what `exec`
//!   runs twice). `snapshot_stats` in
//!   [`cProfile.py`](https://github.com/python/cpython/blob/main/Lib/cProfile.py) writes each under that
//!   key, and the last one stays; but what they call has the edges of all, so it takes longer than the
//!   one that stayed, and the callers of those that went lack a callee.
//! * Threads on Python 3.12 and later, where the profiler listens to all of them with one stack
//!   (<https://github.com/python/cpython/pull/138229>), and greenlets on any: calls are left while
//!   another one is on top. Edges stay behind that were entered and never left (0 calls), or left
//!   without an outermost call.
//! * Files that were edited, or merged in another way than `pstats.Stats.add` does.

use rustc_hash::FxHashSet;

use super::components::Components;
use super::{FunctionId, Profile};

/// Differences below this share of what they are a part of are rounding.
pub(super) const ROUNDING: f64 = 1e-9;

/// Contradictions of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Found {
    /// How many functions or edges.
    pub count: u64,
    /// The function with the largest.
    pub function: FunctionId,
    /// The largest, seconds.
    pub largest: f64,
    /// All of them, seconds.
    pub seconds: f64,
}

impl Found {
    fn add(&mut self, function: FunctionId, seconds: f64) {
        if self.count == 0 || seconds > self.largest {
            self.function = function;
            self.largest = seconds;
        }
        self.count += 1;
        self.seconds += seconds;
    }

    fn some(self) -> Option<Self> {
        (self.count > 0).then_some(self)
    }
}

/// How a call graph contradicts itself; a sound one not at all.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Contradictions {
    /// Edges that were not left as often as they were entered, by callee. Then the others follow.
    pub out_of_turn: Option<Found>,
    /// A function in which a thread begins, if the file has one.
    pub thread: Option<FunctionId>,
    /// Functions whose callees take longer than they last.
    pub short: Option<Found>,
    /// Functions that last longer than they and their callees take.
    pub lacking: Option<Found>,
    /// Edges with more calls or time than their callee has, by callee.
    pub exceeding: Option<Found>,
}

impl Contradictions {
    /// Of a profile with times of edges that are the file's own.
    pub fn of(profile: &Profile) -> Self {
        let out_of_turn = out_of_turn(profile);
        let (short, lacking) = uneven(profile);
        let thread = out_of_turn.and_then(|_| thread_start(profile));
        Self { out_of_turn, thread, short, lacking, exceeding: exceeding(profile) }
    }

    /// Seconds that are in the wrong place, about.
    pub fn seconds(&self) -> f64 {
        let kinds = [self.short, self.lacking, self.exceeding];
        kinds.iter().flatten().map(|found| found.seconds).fold(0.0, f64::max)
    }
}

/// Below this share of all time a negative time is rounding.
const SET_BACK: f64 = 0.01;

/// Functions whose times are wrong because the clock was set back: those that have negative ones, what takes longer
/// itself than in all, and what called them.
pub fn set_back(profile: &Profile) -> FxHashSet<FunctionId> {
    let functions = &profile.functions;
    let all: f64 = functions.self_time.iter().map(|time| time.abs()).sum();
    let mut wrong = FxHashSet::default();
    let is_negative = |id: &FunctionId| {
        let (own, total) = (functions.self_time[*id as usize], functions.total_time[*id as usize]);
        own.min(total) < -SET_BACK * all
    };
    let mut open: Vec<FunctionId> = (0..functions.len() as FunctionId).filter(is_negative).collect();
    while let Some(function) = open.pop() {
        if wrong.insert(function) {
            open.extend(profile.edges.callers(function));
        }
    }
    wrong
}

/// From this share of its total time on a function's numbers are off by more than rounding and small callees.
const OFF: f64 = 0.05;

/// The functions whose own numbers do not fit: what rests on them is doubtful, what does not is sound.
pub fn affected(profile: &Profile) -> FxHashSet<FunctionId> {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let mut all = FxHashSet::default();
    // With edges that were never left, the others' times lie wherever another call was on top.
    let mixed = out_of_turn(profile).is_some();
    let mut components = None;
    for function in 0..functions.len() as FunctionId {
        let index = function as usize;
        let (own, total) = (functions.self_time[index], functions.total_time[index]);
        if own < 0.0 || total < 0.0 {
            all.insert(function);
            continue;
        }
        if total <= 0.0 || edges.is_empty() {
            continue;
        }
        let below: f64 = edges.out_of(function).iter().map(|&edge| edges.total_time[edge as usize]).sum();
        let (mut entered, mut calls) = (0.0, 0_i64);
        for edge in edges.into(function) {
            entered += edges.self_time[edge];
            calls = calls.saturating_add(edges.calls[edge]);
            if mixed && (edges.calls[edge] == 0 || edges.primitive_calls[edge] == 0) {
                all.insert(function);
            }
        }
        let beyond = entered - own > OFF * total
            || (functions.calls[index] > 0 && calls > functions.calls[index] && entered > 0.0);
        let uneven = (own + below - total).abs() > OFF * total && {
            let components = components.get_or_insert_with(|| Components::of(functions.len(), edges));
            components.members(components.component[index]).len() <= 1
                && !edges.out_of(function).iter().any(|&edge| edges.callee[edge as usize] == function)
        };
        if beyond || uneven {
            all.insert(function);
        }
    }
    all
}

fn out_of_turn(profile: &Profile) -> Option<Found> {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let mut found = Found::default();
    // Without one that was never left, the others are the fault of Python 3.12.0, which lost counts.
    if !edges.calls.contains(&0) {
        return None;
    }
    for (edge, &callee) in edges.callee.iter().enumerate() {
        let only_nested = edges.primitive_calls[edge] == 0 && functions.primitive_calls[callee as usize] > 0;
        if edges.calls[edge] == 0 || only_nested {
            found.add(callee, edges.self_time[edge].max(0.0));
        }
    }
    found.some()
}

/// Functions that have recursive calls, though nothing that they call leads back to them.
pub fn false_recursion(profile: &Profile) -> Option<Found> {
    let functions = &profile.functions;
    let components = Components::of(functions.len(), &profile.edges);
    let mut found = Found::default();
    for function in 0..functions.len() as FunctionId {
        let index = function as usize;
        let nested =
            functions.primitive_calls[index] < functions.calls[index] && functions.primitive_calls[index] > 0;
        let calls_itself = || profile.edges.callers(function).any(|caller| caller == function);
        if nested && components.members(components.component[index]).len() == 1 && !calls_itself() {
            found.add(function, functions.total_time[index].max(0.0));
        }
    }
    found.some()
}

fn thread_start(profile: &Profile) -> Option<FunctionId> {
    let functions = &profile.functions;
    let names = ["_bootstrap", "_bootstrap_inner"].map(|name| functions.names.id(name));
    let is_start = |function: FunctionId| {
        names.contains(&Some(functions.name[function as usize]))
            && functions.file(function).ends_with("threading.py")
    };
    (0..functions.len() as FunctionId).find(|&function| is_start(function))
}

/// Functions that last less than their callees, and those that last longer than all they do.
fn uneven(profile: &Profile) -> (Option<Found>, Option<Found>) {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let (mut short, mut lacking) = (Found::default(), Found::default());
    if edges.is_empty() {
        // Recorded without subcalls: nobody's callees are known.
        return (None, None);
    }
    // Sound files have none outside of cycles, so most need no components.
    let mut components = None;
    for function in 0..functions.len() as FunctionId {
        let index = function as usize;
        let (calls, own, total) =
            (functions.calls[index], functions.self_time[index], functions.total_time[index]);
        let lost = functions.primitive_calls[index] <= 0 && total <= 0.0;
        if calls <= 0 || lost || own < 0.0 {
            continue;
        }
        let (mut below, mut longest) = (0.0, 0.0_f64);
        for &edge in edges.out_of(function) {
            below += edges.total_time[edge as usize];
            longest = longest.max(edges.total_time[edge as usize]);
        }
        let rounding = ROUNDING * total.max(own + below);
        let difference = own + below - total;
        if difference.abs() <= rounding {
            continue;
        }
        let components = components.get_or_insert_with(|| Components::of(functions.len(), edges));
        let in_cycle = components.members(components.component[index]).len() > 1
            || edges.out_of(function).iter().any(|&edge| edges.callee[edge as usize] == function);
        if !in_cycle {
            let found = if difference > 0.0 { &mut short } else { &mut lacking };
            found.add(function, difference.abs());
        } else if longest > total + rounding {
            // Recursion makes callees overlap; but one alone lasts no longer than what called it.
            short.add(function, longest - total);
        }
    }
    (short.some(), lacking.some())
}

fn exceeding(profile: &Profile) -> Option<Found> {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let mut found = Found::default();
    for function in 0..functions.len() as FunctionId {
        let index = function as usize;
        let (own, total) = (functions.self_time[index], functions.total_time[index]);
        if functions.primitive_calls[index] <= 0 && total <= 0.0 {
            continue;
        }
        let (mut calls, mut below, mut longest) = (0_i64, 0.0, 0.0_f64);
        // Several functions under one key make an edge of several, which may be within each other.
        let nested = functions.primitive_calls[index] < functions.calls[index];
        for edge in edges.into(function) {
            calls = calls.saturating_add(edges.calls[edge]);
            below += edges.self_time[edge];
            if !nested {
                longest = longest.max(edges.total_time[edge]);
            }
        }
        let rounding = ROUNDING * total.max(own);
        if calls > functions.calls[index] || below > own + rounding || longest > total + rounding {
            found.add(function, (below - own).max(longest - total).max(0.0));
        }
    }
    found.some()
}
