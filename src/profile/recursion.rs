//! Recursion that the numbers of calls deny.
//!
//! An edge from a function to itself is recursion, so some of its calls are not primitive. Files by
//! pyinstrument
//! ([`pstatsrenderer.py`](https://github.com/joerick/pyinstrument/blob/main/pyinstrument/renderers/pstatsrenderer.py))
//! have such edges and no counts at all (-1), and the total time of such a function is that of all its
//! calls, nested ones as well. Other tools' files may count each call as primitive. What is known of a
//! function that is never active twice must not be believed of those.

use super::components::Components;
use super::consistency::ROUNDING;
use super::{Edges, FunctionId, Profile};

/// Functions with an edge to themselves of whose calls none is counted as recursive.
pub fn uncounted(profile: &Profile) -> Vec<FunctionId> {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let mut found = Vec::new();
    if profile.by_line {
        // Numbers of samples, of which those in a line itself are no primitive calls.
        return found;
    }
    for edge in 0..edges.len() {
        let function = edges.callee[edge];
        let index = function as usize;
        let happened = edges.calls[edge] != 0 || edges.total_time[edge] > 0.0;
        if edges.caller[edge] == function
            && happened
            && functions.primitive_calls[index] >= functions.calls[index]
        {
            found.push(function);
        }
    }
    found
}

/// Per function how long the cycle lasted that it is on, from the outermost call of any that is on it; infinite where it is on
/// none. No function on it was on for longer.
pub(super) fn entered(profile: &Profile) -> Vec<f64> {
    let edges = &profile.edges;
    let mut entered = vec![f64::INFINITY; profile.functions.len()];
    let components = Components::of(profile.functions.len(), edges);
    for function in 0..entered.len() {
        let own = components.component[function];
        let members = components.members(own);
        // Each cycle once, at the first of its functions.
        if members.len() < 2 || entered[function].is_finite() {
            continue;
        }
        let mut lasted = 0.0;
        for &member in members {
            // What no caller has is of calls by nobody.
            let mut by_nobody = profile.functions.total_time[member as usize];
            for edge in Edges::into(edges, member) {
                let time = edges.total_time[edge];
                by_nobody -= time;
                if components.component[edges.caller[edge] as usize] != own {
                    lasted += time;
                }
            }
            lasted += by_nobody.max(0.0);
        }
        for &member in members {
            entered[member as usize] = lasted;
        }
    }
    entered
}

/// Functions whose total time has moments more than once, as pyinstrument adds them up.
pub fn counted_twice(profile: &Profile, recursive: &[FunctionId]) -> Vec<FunctionId> {
    let (total, cycles) = (&profile.functions.total_time, &profile.functions.cycles);
    let is_twice = |at: usize| {
        let is_longer = |lasted: &f64| *lasted < total[at] * (1.0 - ROUNDING);
        recursive.contains(&(at as FunctionId)) || cycles.get(at).is_some_and(is_longer)
    };
    (0..total.len()).filter(|&at| is_twice(at)).map(|at| at as FunctionId).collect()
}

/// Whether the file has no numbers of calls.
pub(super) fn counts_are_unknown(profile: &Profile) -> bool {
    let functions = &profile.functions;
    !functions.is_empty() && functions.calls.iter().all(|&calls| calls < 0)
}

/// Makes the calls over these functions' edges to themselves recursive ones.
pub(super) fn count(profile: &mut Profile, recursive: &[FunctionId]) {
    let edges = &profile.edges;
    let functions = &mut profile.functions;
    for &function in recursive {
        let index = function as usize;
        let (mut all, mut nested, mut nested_calls) = (0.0, 0.0, 0_i64);
        for edge in edges.into(function) {
            all += edges.total_time[edge];
            if edges.caller[edge] == function {
                nested += edges.total_time[edge];
                nested_calls = nested_calls.saturating_add(edges.calls[edge]);
            }
        }
        functions.primitive_calls[index] = functions.calls[index].saturating_sub(nested_calls.max(1));
        // Where counts are unknown, nested calls may have been added up with the outermost ones.
        let total = functions.total_time[index];
        if functions.calls[index] < 0 && (total - all).abs() <= ROUNDING * total {
            functions.total_time[index] = all - nested;
        }
    }
}

/// Makes functions without callers called once, by nobody, and those in cycles recursive.
pub(super) fn guess_counts(profile: &mut Profile) {
    let components = Components::of(profile.functions.len(), &profile.edges);
    let functions = &mut profile.functions;
    for function in 0..functions.len() as FunctionId {
        let index = function as usize;
        if Edges::into(&profile.edges, function).is_empty() {
            functions.calls[index] = 1;
            functions.primitive_calls[index] = 1;
        } else if components.members(components.component[index]).len() > 1 {
            functions.primitive_calls[index] = functions.calls[index].saturating_sub(1);
        }
    }
}

/// Makes functions whose calls are not counted, among others that are, called once in each call of their callers: what
/// yappi leaves out.
pub(super) fn guess_missing(profile: &mut Profile) {
    let functions = &mut profile.functions;
    let edges = &mut profile.edges;
    for function in 0..functions.len() as FunctionId {
        let index = function as usize;
        if functions.calls[index] >= 0 {
            continue;
        }
        let mut sum = 0_i64;
        for edge in Edges::into(edges, function) {
            let calls = functions.calls[edges.caller[edge] as usize].max(1);
            edges.calls[edge] = calls;
            edges.primitive_calls[edge] = calls;
            sum = sum.saturating_add(calls);
        }
        functions.calls[index] = sum.max(1);
        functions.primitive_calls[index] = sum.max(1);
    }
}
