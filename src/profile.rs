//! A profile: functions, and who called whom with which numbers. Exact, as the file has it.
//!
//! Columns are flat, one entry per function or edge; ids are indices into them. Times are in the profile's
//! [`Unit`]: seconds, or samples, or bytes.
//! The numbers mean what `Modules/_lsprof.c` of CPython records: total time counts only outermost
//! activations of a recursive function; self time is additive even under recursion.

mod asking;
pub mod built_in;
mod by_file;
pub mod call_tree;
pub mod category;
mod children;
pub mod compare;
mod components;
pub mod consistency;
pub mod cut;
mod edges;
pub mod estimate;
pub mod groups;
pub mod hide;
pub(crate) mod home;
pub mod imports;
pub mod label;
pub mod layer;
pub mod line_table;
pub mod lines;
pub mod matcher;
pub mod measures;
mod merge;
mod native;
pub mod recursion;
pub mod repair;
pub mod series;
pub mod spans;
pub mod stacks;
mod strings;
mod suspended;
pub mod transform;
pub mod twins;
mod unnamed;
pub mod writer;

use std::borrow::Cow;

use self::home::{Home, SEPARATORS, home};
pub use crate::format::Unit;
use crate::format::pstats_place;

pub use call_tree::CallTree;
pub use category::Category;
pub use edges::{Edge, Edges};
pub use layer::{Layer, Layers};
pub use line_table::LineTable;
pub use measures::{Measure, Measures};
pub use merge::Sum;
pub use series::Series;
pub use spans::Spans;
pub use stacks::{Recorded, Stacks, Track};
pub use strings::Strings;
pub use writer::Writer;

/// What stands in a column of calls where the file has none. Nobody is shown it: [`Functions::calls_of`] and its
/// kin say `None`.
pub const UNKNOWN_CALLS: i64 = -1;

/// A number of calls out of a column, if it is known.
fn known_calls(calls: i64) -> Option<i64> {
    (calls >= 0).then_some(calls)
}

/// Index of a function in [`Functions`].
pub type FunctionId = u32;

/// A profile with its exact call graph.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// What the times are: nothing else says it.
    pub unit: Unit,
    /// Every function, in the order of the file.
    pub functions: Functions,
    /// Every caller→callee edge, grouped by callee: see [`Edges::into`].
    pub edges: Edges,
    /// Whether each function is one line of it: see [`lines`].
    pub by_line: bool,
    /// Stacks, if the format records them; pstats does not.
    pub recorded_tree: Option<Recorded>,
    /// Of a profile that was made by changing an estimated call tree ([`transform`]): that tree.
    pub estimated_tree: Option<Box<CallTree>>,
    /// When each call ran, if the format records it: see [`spans`].
    pub spans: Option<Box<Spans>>,
    /// What else was measured on the same stacks.
    pub measures: Option<Measures>,
    /// What each line of the code took, if the file says so.
    pub line_table: Option<Box<LineTable>>,
    /// What was measured in the course of time, if the file says so.
    pub series: Option<Box<Series>>,
}

/// Functions as columns. `(file, line, name)` is the identity, as pstats keys it.
#[derive(Debug, Clone, Default)]
pub struct Functions {
    /// File paths, each once; `~` for built-in functions.
    pub files: Strings,
    /// Names, each once.
    pub names: Strings,
    /// Per function: index into [`Self::files`].
    pub file: Vec<u32>,
    /// Per function: first line, 0 for built-in functions.
    pub line: Vec<i64>,
    /// Per function: index into [`Self::names`].
    pub name: Vec<u32>,
    /// Per function: all calls (pstats' `nc`); [`UNKNOWN_CALLS`] where the file has none, since samples are not
    /// calls.
    pub calls: Vec<i64>,
    /// Whether the columns of calls hold samples, which balance as calls do but are none: see [`lines`].
    pub sampled: bool,
    /// Which tool wrote the file, as far as it can be told.
    pub writer: Writer,
    /// Per function: calls that were not recursive (pstats' `cc`).
    pub primitive_calls: Vec<i64>,
    /// Per function: seconds in the function itself (pstats' `tt`, tottime).
    pub self_time: Vec<f64>,
    /// Per function: seconds in it and all it called (pstats' `ct`, cumtime).
    pub total_time: Vec<f64>,
    /// Of a file by pyinstrument per function how long the cycle of calls lasted that it is on, seconds; infinite where it is on
    /// none. Empty where that was not worked out: [`Profile::with_cycles`].
    pub cycles: Vec<f64>,
}

impl Functions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.name.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.name.is_empty()
    }

    /// File path of `function`; `~` for a built-in one.
    pub fn file(&self, function: FunctionId) -> &str {
        self.files.get(self.file[function as usize])
    }

    /// Name of `function`.
    pub fn name(&self, function: FunctionId) -> &str {
        self.names.get(self.name[function as usize])
    }

    /// Whether `function` is a built-in one, which has no file.
    pub fn is_built_in(&self, function: FunctionId) -> bool {
        built_in::is_built_in(self.file(function), self.line(function))
    }

    /// File and name by which it is known what `function` does: see [`built_in::known_as`].
    pub fn known_as(&self, function: FunctionId) -> (&str, Cow<'_, str>) {
        if self.writer == Writer::ImportTime {
            // Finding, loading and running a module is the import system's work, whatever the module is for.
            return (imports::SYSTEM_FILE, Cow::Borrowed(self.name(function)));
        }
        built_in::known_as(self.file(function), self.line(function), self.name(function))
    }

    /// `function` as pstats prints it: [`crate::format::pstats_place`].
    pub fn place(&self, function: FunctionId) -> String {
        pstats_place(self.file(function), self.line(function), self.name(function))
    }

    /// Whether the file has lost the total time of `function`: betas of Python 3.12 wrote 0 for functions that they took
    /// for recursive throughout. It is at least the self time.
    pub fn total_is_lost(&self, function: FunctionId) -> bool {
        let at = function as usize;
        self.calls[at] > 0
            && self.primitive_calls[at] == 0
            && self.self_time[at] > 0.0
            && self.total_time[at] == 0.0
    }

    /// Samples that ended in `function` itself, and those that had it on the stack, if that is what the file counts.
    pub fn samples_of(&self, function: FunctionId) -> Option<(i64, i64)> {
        let at = function as usize;
        self.sampled.then(|| (self.primitive_calls[at].max(0), self.calls[at].max(0)))
    }

    /// All calls of `function`, if the file has them.
    pub fn calls_of(&self, function: FunctionId) -> Option<i64> {
        known_calls(self.calls[function as usize]).filter(|_| !self.sampled)
    }

    /// Calls of `function` that were not recursive, if the file has them.
    pub fn primitive_calls_of(&self, function: FunctionId) -> Option<i64> {
        known_calls(self.primitive_calls[function as usize]).filter(|_| !self.sampled)
    }

    /// The name of [`Self::known_as`].
    pub fn known_name(&self, function: FunctionId) -> Cow<'_, str> {
        self.known_as(function).1
    }

    /// First line of `function`, 0 for a built-in one.
    pub fn line(&self, function: FunctionId) -> i64 {
        self.line[function as usize]
    }

    /// The first function of this identity.
    pub fn find(&self, file: &str, line: i64, name: &str) -> Option<FunctionId> {
        let (file, name) = (self.files.id(file)?, self.names.id(name)?);
        (0..self.len())
            .find(|&index| self.name[index] == name && self.line[index] == line && self.file[index] == file)
            .map(|index| index as FunctionId)
    }
}

/// Per function the number of its strongly connected component: functions of one call each other.
pub(crate) fn strong_components(functions: usize, edges: &Edges) -> Vec<u32> {
    components::Components::of(functions, edges).component
}

/// Less than this share of a function's total time beside its self time is rounding.
const NO_CALLEES: f64 = 1e-6;

impl Profile {
    /// All there is, in its unit: the sum of self times.
    pub fn total(&self) -> f64 {
        if let Some(tree) = &self.estimated_tree {
            // Some of it may be in boxes that are too small to say whose it is.
            return tree.total();
        }
        // The sum of nothing is -0 otherwise.
        self.functions.self_time.iter().fold(0.0, |sum, time| sum + time)
    }

    /// Whether it is known who called whom. A file that names no callers (`subcalls=False` of cProfile, or they were
    /// taken out) still has functions that last longer than they themselves do.
    pub fn has_callers(&self) -> bool {
        let functions = &self.functions;
        let times = functions.self_time.iter().zip(&functions.total_time);
        let called_more = |(own, total): (&f64, &f64)| *own >= 0.0 && total - own > NO_CALLEES * total;
        self.recorded_tree.is_some()
            || self.estimated_tree.is_some()
            || !self.edges.is_empty()
            || functions.len() < 2
            || !times.into_iter().any(called_more)
    }

    /// The recorded call tree; without one an estimated one of at most `budget` boxes, and none at all where it is not
    /// known who called whom.
    pub fn tree(&self, budget: usize) -> Cow<'_, CallTree> {
        match &self.recorded_tree {
            Some(recorded) => Cow::Borrowed(&recorded.tree),
            None if let Some(tree) = &self.estimated_tree => Cow::Borrowed(tree),
            None if !self.has_callers() => Cow::Owned(CallTree { estimated: true, ..CallTree::default() }),
            None => Cow::Owned(estimate::estimate(self, budget)),
        }
    }

    /// Whether functions of these files or packages ran: see [`home::lies_in`].
    pub(crate) fn ran(&self, places: &[&str]) -> bool {
        self.functions.files.iter().any(|file| home::lies_in(file, places))
    }

    /// Whether its files have lost their directories (`strip_dirs()` of pstats, stacks of Python 3.15's sampler), so that
    /// a library's `base.py` looks as the user's own does. In py-spy's stacks only files that lie in no package have none.
    pub fn is_stripped(&self) -> bool {
        let files: Vec<&str> = self.functions.files.iter().filter(|file| file.ends_with(".py")).collect();
        let is_library = |file: &&str| {
            *file == "__init__.py"
                || (self.recorded_tree.is_none() && matches!(home(file), Home::Standard(_)))
        };
        files.iter().all(|file| !file.contains(SEPARATORS)) && files.iter().any(is_library)
    }

    /// Whether any time was recorded: a timer without a unit leaves calls only.
    pub fn has_times(&self) -> bool {
        self.functions.self_time.iter().chain(&self.functions.total_time).any(|&time| time != 0.0)
    }

    /// All samples, if that is what the file counts.
    pub fn samples(&self) -> Option<i64> {
        let functions = &self.functions;
        functions.sampled.then(|| functions.primitive_calls.iter().map(|&samples| samples.max(0)).sum())
    }

    /// Whether code ran in greenlets, of which profilers of threads know nothing.
    pub fn has_greenlets(&self) -> bool {
        self.ran(&["gevent/", "greenlet/", "eventlet/"])
            || self.functions.names.iter().any(|name| name.contains("greenlet.greenlet'"))
    }

    /// Whether coroutines that wait count as running, as on yappi's wall clock: then waits of several overlap.
    pub fn waits_overlap(&self) -> bool {
        !suspended::of(self).is_empty()
    }

    /// The time of `function` in which each moment counts once: the file's total time, but of what pyinstrument adds
    /// up once per level of recursion the outermost calls only; where the recursion goes through several functions, at most
    /// what the outermost of those lasted.
    pub fn outermost_total(&self, function: FunctionId) -> f64 {
        match self.functions.writer {
            Writer::Pyinstrument => {
                let cycle = self.functions.cycles.get(function as usize);
                self.outermost(function, cycle.copied().unwrap_or(f64::INFINITY))
            }
            _ => self.functions.total_time[function as usize],
        }
    }

    /// It, with [`Functions::cycles`] worked out where a file has the time of recursive functions once per level.
    pub fn with_cycles(mut self) -> Self {
        if self.functions.writer == Writer::Pyinstrument && self.functions.cycles.is_empty() {
            self.functions.cycles = recursion::entered(&self);
        }
        self
    }

    /// What [`Self::outermost_total`] is in a file by pyinstrument, where the cycle that the function is on lasted so long.
    fn outermost(&self, function: FunctionId, cycle: f64) -> f64 {
        let total = self.functions.total_time[function as usize];
        let edges = &self.edges;
        let (mut all, mut nested) = (0.0, 0.0);
        for edge in edges.into(function) {
            all += edges.total_time[edge];
            if edges.caller[edge] == function {
                nested += edges.total_time[edge];
            }
        }
        let outermost = if nested > 0.0 && all > nested { total.min(all - nested) } else { total };
        outermost.min(cycle).min(self.total())
    }

    /// All calls, if the file has any counts; those that it does not know are left out.
    pub fn calls(&self) -> Option<i64> {
        sum_of_counts(&self.functions.calls).filter(|_| !self.functions.sampled)
    }

    /// Calls that were not recursive, if the file has any counts.
    pub fn primitive_calls(&self) -> Option<i64> {
        sum_of_counts(&self.functions.primitive_calls).filter(|_| !self.functions.sampled)
    }

    /// Calls over an edge, if the file has them.
    pub fn edge_calls(&self, edge: usize) -> Option<i64> {
        known_calls(self.edges.calls[edge]).filter(|_| !self.functions.sampled)
    }

    /// Calls over an edge that were not recursive, if the file has them.
    pub fn edge_primitive_calls(&self, edge: usize) -> Option<i64> {
        known_calls(self.edges.primitive_calls[edge]).filter(|_| !self.functions.sampled)
    }
}

fn sum_of_counts(counts: &[i64]) -> Option<i64> {
    if counts.is_empty() {
        return Some(0);
    }
    let known = counts.iter().copied().filter_map(known_calls);
    known.fold(None, |sum, count| Some(sum.unwrap_or(0_i64).saturating_add(count)))
}
