//! Several profiles of one program as one: what each function took in all of them.
//!
//! Functions and edges are added as `pstats.Stats.add` adds them
//! ([`Lib/pstats.py`](https://github.com/python/cpython/blob/main/Lib/pstats.py), `add_func_stats`, `add_callers`): those
//! of one file, line and name. Recorded stacks stay apart by track.

use rustc_hash::FxHashMap;

use super::stacks::{Builder, Same, Track};
use super::{Edge, Edges, FunctionId, Functions, Profile, UNKNOWN_CALLS};
use crate::format::Unit;

impl Profile {
    /// The sum of some profiles, each with what it is called. Only the first measure of each is in it, and neither times
    /// of calls nor lines: what has these is better looked at alone.
    ///
    /// # Errors
    /// When there are none, or they measure different things: a sentence that says so.
    pub fn merged(profiles: &[(&str, &Self)]) -> Result<Self, String> {
        let Some(((_, first), rest)) = profiles.split_first() else {
            return Err("there is no profile".to_owned());
        };
        if let Some((name, _)) = rest.iter().find(|(_, other)| other.unit != first.unit) {
            return Err(format!("{name} measures something different from {}", profiles[0].0));
        }
        if let Some((name, _)) = rest.iter().find(|(_, other)| other.by_line != first.by_line) {
            return Err(format!("of {name} and {} one is by line, the other by function", profiles[0].0));
        }
        // Samples have no calls: added to what has them, both would be lost.
        let has_calls = |profile: &Self| profile.calls().is_some();
        if let Some((name, _)) = rest.iter().find(|(_, other)| has_calls(other) != has_calls(first)) {
            return Err(format!(
                "{name} and {} are by different kinds of profilers: only one of them counts calls",
                profiles[0].0
            ));
        }
        let is_recorded = profiles.iter().all(|(_, profile)| profile.recorded_tree.is_some());
        Ok(match is_recorded && !first.by_line {
            true => merged_stacks(profiles, first.unit),
            false => merged_functions(profiles, first),
        })
    }
}

/// Stacks below each other, tracks beside each other.
fn merged_stacks(profiles: &[(&str, &Profile)], unit: Unit) -> Profile {
    let recorded =
        || profiles.iter().filter_map(|(name, one)| Some((*name, one, one.recorded_tree.as_ref()?)));
    let counted = recorded().all(|(_, _, recorded)| recorded.stacks.counted);
    let mut builder = Builder::new(Same::Place, counted);
    for (name, profile, recorded) in recorded() {
        let functions = &profile.functions;
        let ids: Vec<FunctionId> = (0..functions.len() as FunctionId)
            .map(|at| builder.function(functions.file(at), functions.line(at), functions.name(at)))
            .collect();
        let stacks = &recorded.stacks;
        let mut nodes: Vec<u32> = Vec::with_capacity(stacks.function.len());
        for (&function, &parent) in stacks.function.iter().zip(&stacks.parent) {
            let parent = nodes.get(parent as usize).copied().unwrap_or(parent);
            nodes.push(builder.child(parent, ids[function as usize]));
        }
        let labels = stacks.labels();
        for (track, label) in stacks.tracks.iter().zip(labels) {
            let name = if stacks.tracks.len() > 1 { format!("{name}: {label}") } else { name.to_owned() };
            let id = builder.track(Track { name, weights: Vec::new(), start: None, ..track.clone() });
            for weight in &track.weights {
                if let Some(&node) = nodes.get(weight.node as usize) {
                    builder.add(id, node, weight.value, weight.calls);
                }
            }
        }
    }
    builder.writer(profiles[0].1.functions.writer);
    builder.finish(unit)
}

/// Adds two numbers of calls; what is not known of one is not known of both.
fn calls(one: i64, other: i64) -> i64 {
    if one < 0 || other < 0 { UNKNOWN_CALLS } else { one.saturating_add(other) }
}

fn merged_functions(profiles: &[(&str, &Profile)], first: &Profile) -> Profile {
    let mut all = Functions {
        writer: first.functions.writer,
        sampled: profiles.iter().all(|(_, profile)| profile.functions.sampled),
        ..Functions::default()
    };
    let mut known: FxHashMap<(u32, i64, u32), FunctionId> = FxHashMap::default();
    let mut edges: Vec<Edge> = Vec::new();
    let mut places: FxHashMap<(FunctionId, FunctionId), u32> = FxHashMap::default();
    for (_, profile) in profiles {
        let functions = &profile.functions;
        let mut ids = Vec::with_capacity(functions.len());
        for at in 0..functions.len() {
            let function = at as FunctionId;
            let key = (
                all.files.intern(functions.file(function)),
                functions.line[at],
                all.names.intern(functions.name(function)),
            );
            let next = all.file.len() as FunctionId;
            let id = *known.entry(key).or_insert(next);
            if id == next {
                all.file.push(key.0);
                all.line.push(key.1);
                all.name.push(key.2);
                all.calls.push(functions.calls[at]);
                all.primitive_calls.push(functions.primitive_calls[at]);
                all.self_time.push(functions.self_time[at]);
                all.total_time.push(functions.total_time[at]);
            } else {
                let sum = id as usize;
                all.calls[sum] = calls(all.calls[sum], functions.calls[at]);
                all.primitive_calls[sum] = calls(all.primitive_calls[sum], functions.primitive_calls[at]);
                all.self_time[sum] += functions.self_time[at];
                all.total_time[sum] += functions.total_time[at];
            }
            ids.push(id);
        }
        for edge in (0..profile.edges.len()).map(|edge| profile.edges.get(edge)) {
            let (caller, callee) = (ids[edge.caller as usize], ids[edge.callee as usize]);
            let next = edges.len() as u32;
            let place = *places.entry((caller, callee)).or_insert(next);
            if place == next {
                edges.push(Edge { caller, callee, ..edge });
                continue;
            }
            let sum = &mut edges[place as usize];
            sum.calls = calls(sum.calls, edge.calls);
            sum.primitive_calls = calls(sum.primitive_calls, edge.primitive_calls);
            sum.self_time += edge.self_time;
            sum.total_time += edge.total_time;
        }
    }
    Profile {
        unit: first.unit,
        edges: Edges::new(all.len(), edges),
        functions: all,
        by_line: first.by_line,
        ..Profile::default()
    }
}
