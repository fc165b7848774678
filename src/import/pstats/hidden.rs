//! Time that yappi has in nobody's self time. Without `builtins=True` it leaves the rows of built-in functions out when
//! it writes the file, but does not give their time to who called them
//! ([`yappi.py`](https://github.com/sumerc/yappi/blob/master/yappi/yappi.py), `YFuncStats.get`). What a function lasts
//! beyond itself and the functions it calls was in C code.

use crate::profile::imports::MODULE;
use crate::profile::writer::C_CODE;
use crate::profile::{Edge, Edges, FunctionId, Functions, UNKNOWN_CALLS, strong_components};

/// What the time is called. It stands for all C code, since nobody knows what it was.
const NAME: &str = C_CODE;

/// Seconds that each number may be off by: the file has whole microseconds.
const ROUNDING: f64 = 1e-6;

/// Adds a function that stands for C code, with an edge from each that called any. Seconds of all of it; 0 if nothing is
/// hidden.
pub(super) fn add(functions: &mut Functions, edges: &mut Vec<Edge>) -> f64 {
    let hidden = hidden(functions, edges);
    let all: f64 = hidden.iter().map(|(_, seconds)| seconds).sum();
    if hidden.is_empty() {
        return 0.0;
    }
    let code = functions.len() as FunctionId;
    functions.file.push(functions.files.intern("~"));
    functions.line.push(0);
    functions.name.push(functions.names.intern(NAME));
    functions.calls.push(UNKNOWN_CALLS);
    functions.primitive_calls.push(UNKNOWN_CALLS);
    functions.self_time.push(all);
    functions.total_time.push(all);
    edges.extend(hidden.into_iter().map(|(caller, seconds)| Edge {
        caller,
        callee: code,
        calls: UNKNOWN_CALLS,
        primitive_calls: UNKNOWN_CALLS,
        self_time: seconds,
        total_time: seconds,
    }));
    all
}

/// Whether time is missing that no other tool leaves out: cProfile gives that of built-in functions, where it does not
/// record them, to who called them. What it loses itself is functions that share file, line and name, which those with a
/// name in a file do not.
pub(super) fn is_nobodys(functions: &Functions, edges: &[Edge]) -> bool {
    const LEAST: f64 = 0.01;
    let could_be_lost = |id: FunctionId| {
        let (file, name) = (functions.file(id), functions.name(id));
        (name.starts_with('<') && name != MODULE) || (file.starts_with('<') && !file.starts_with("<frozen "))
    };
    let longest = functions.total_time.iter().copied().fold(0.0, f64::max);
    !edges.is_empty()
        && !(0..functions.len() as FunctionId).any(could_be_lost)
        && hidden(functions, edges).iter().map(|(_, seconds)| seconds).sum::<f64>() > LEAST * longest
}

/// Per function that called C code, seconds of it. Functions that call each other are one: times of theirs overlap.
/// What is hidden in all of them is given to each by its self time.
fn hidden(functions: &Functions, edges: &[Edge]) -> Vec<(FunctionId, f64)> {
    let count = functions.len();
    let component = strong_components(count, &Edges::new(count, edges.to_vec()));
    let components = component.iter().max().map_or(0, |&last| last as usize + 1);
    let mut groups = vec![Group::default(); components];
    for function in 0..count {
        let group = &mut groups[component[function] as usize];
        group.members += 1;
        group.longest = group.longest.max(functions.total_time[function]);
        group.own += functions.self_time[function].max(0.0);
        group.numbers += 2;
    }
    for edge in edges {
        let (from, to) = (component[edge.caller as usize], component[edge.callee as usize]);
        if from != to {
            groups[from as usize].below += edge.total_time.max(0.0);
            groups[from as usize].numbers += 1;
            groups[to as usize].entered += edge.total_time.max(0.0);
        }
    }
    let mut found = Vec::new();
    for function in 0..count {
        let group = groups[component[function] as usize];
        let lasts = if group.members > 1 { group.longest.max(group.entered) } else { group.longest };
        let hidden = lasts - group.own - group.below;
        if hidden <= ROUNDING * f64::from(group.numbers) {
            continue;
        }
        let share = match group.members {
            1 => 1.0,
            _ if group.own > 0.0 => functions.self_time[function].max(0.0) / group.own,
            members => 1.0 / f64::from(members),
        };
        if share > 0.0 {
            found.push((function as FunctionId, hidden * share));
        }
    }
    found
}

/// Functions that call each other, or one alone.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    members: u32,
    longest: f64,
    /// Seconds of calls from outside.
    entered: f64,
    /// Seconds of the functions themselves.
    own: f64,
    /// Seconds of what they call outside.
    below: f64,
    /// How many numbers of the file that is made of.
    numbers: u32,
}
