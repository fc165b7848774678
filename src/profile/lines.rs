//! Profiles whose functions are single lines, as the sampling profiler of Python 3.15 writes them.
//!
//! Its [collector](https://github.com/python/cpython/blob/main/Lib/profiling/sampling/pstats_collector.py)
//! counts samples by (file, *current* line, qualified name): a function appears once for each of its
//! lines that was seen. "Calls" are samples: `cc` those that ended in the line, `nc` those that had it on
//! the stack. A caller's number is how often it stood right below, each activation counted, so these
//! numbers balance exactly, recursion or not: what comes into a line goes out of it or ends there.
//!
//! The file does not have a function's first line. Merged, it stands at the smallest line seen; two
//! functions of one file and one qualified name (two lambdas of a function) become one.

use rustc_hash::FxHashMap;

use super::components::Components;
use super::{Edge, Edges, FunctionId, Functions, Profile};

/// Gives the edges of a sampled profile their times, which the file has as numbers of samples: in all
/// exactly; of the callee itself in proportion.
pub(crate) fn time_edges(functions: &Functions, edges: &mut Edges, interval: f64) {
    for callee in 0..functions.len() {
        let incoming = Edges::into(edges, callee as FunctionId);
        let counted: f64 = edges.calls[incoming.clone()].iter().map(|&calls| calls.max(0) as f64).sum();
        let all = counted.max(functions.calls[callee] as f64);
        for edge in incoming {
            let samples = edges.calls[edge].max(0) as f64;
            edges.total_time[edge] = samples * interval;
            edges.self_time[edge] = if all > 0.0 { functions.self_time[callee] * samples / all } else { 0.0 };
        }
    }
}

/// Seconds of one sample.
pub(crate) fn interval(functions: &Functions) -> f64 {
    let samples: f64 = functions.calls.iter().map(|&calls| calls.max(0) as f64).sum();
    let seconds: f64 = functions.total_time.iter().map(|seconds| seconds.max(0.0)).sum();
    if samples > 0.0 { seconds / samples } else { 0.0 }
}

/// The profile by function: lines of one file and name together.
#[must_use]
pub fn merged(profile: &Profile) -> Profile {
    let lines = &profile.functions;
    let mut functions = Functions {
        files: lines.files.clone(),
        names: lines.names.clone(),
        sampled: lines.sampled,
        writer: lines.writer,
        ..Functions::default()
    };
    let mut known: FxHashMap<(u32, u32), FunctionId> = FxHashMap::default();
    let mut ids: Vec<FunctionId> = Vec::with_capacity(lines.len());
    for line in 0..lines.len() {
        let next = functions.name.len() as FunctionId;
        let id = *known.entry((lines.file[line], lines.name[line])).or_insert(next);
        if id == next {
            functions.file.push(lines.file[line]);
            functions.name.push(lines.name[line]);
            functions.line.push(lines.line[line]);
            functions.calls.push(0);
            functions.primitive_calls.push(0);
            functions.self_time.push(0.0);
            functions.total_time.push(0.0);
        }
        let index = id as usize;
        functions.line[index] = functions.line[index].min(lines.line[line]);
        functions.primitive_calls[index] += lines.primitive_calls[line].max(0);
        functions.calls[index] += lines.calls[line].max(0);
        functions.self_time[index] += lines.self_time[line];
        ids.push(id);
    }
    let mut places: FxHashMap<(FunctionId, FunctionId), usize> = FxHashMap::default();
    let mut edges: Vec<Edge> = Vec::new();
    for edge in 0..profile.edges.len() {
        let caller = ids[profile.edges.caller[edge] as usize];
        let callee = ids[profile.edges.callee[edge] as usize];
        let place = *places.entry((caller, callee)).or_insert(edges.len());
        if place == edges.len() {
            edges.push(Edge {
                caller,
                callee,
                calls: 0,
                primitive_calls: 0,
                self_time: 0.0,
                total_time: 0.0,
            });
        }
        let samples = profile.edges.calls[edge].max(0);
        edges[place].calls = edges[place].calls.saturating_add(samples);
        edges[place].primitive_calls = edges[place].calls;
    }
    let mut edges = Edges::new(functions.len(), edges);
    count_samples(&mut functions, &edges);
    let interval = interval(lines);
    for (seconds, &samples) in functions.total_time.iter_mut().zip(&functions.calls) {
        *seconds = samples as f64 * interval;
    }
    time_edges(&functions, &mut edges, interval);
    Profile { unit: profile.unit, edges, functions, by_line: false, ..Profile::default() }
}

/// How many samples had each function on the stack. The sum over its lines has some twice, where it
/// calls itself from another line. What ended in it and what went on to other functions counts each
/// sample once, unless the function is in a cycle with others; then no sample was missed, and no more
/// are counted than went through the cycle.
fn count_samples(functions: &mut Functions, edges: &Edges) {
    let components = Components::of(functions.len(), edges);
    for component in 0..components.len() as u32 {
        let members = components.members(component);
        let mut through = 0_i64;
        for &member in members {
            let index = member as usize;
            let ended = functions.primitive_calls[index];
            let (mut onwards, mut leaving) = (ended, ended);
            for &edge in edges.out_of(member) {
                let callee = edges.callee[edge as usize];
                let samples = edges.calls[edge as usize];
                if callee != member {
                    onwards = onwards.saturating_add(samples);
                }
                if components.component[callee as usize] != component {
                    leaving = leaving.saturating_add(samples);
                }
            }
            through = through.saturating_add(leaving);
            functions.calls[index] = functions.calls[index].min(onwards);
        }
        for &member in members {
            let calls = &mut functions.calls[member as usize];
            *calls = (*calls).min(through);
        }
    }
}
