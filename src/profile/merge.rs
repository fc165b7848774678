//! Several profiles of one program as one: what each function took in all of them.
//!
//! Functions and edges are added as `pstats.Stats.add` adds them
//! ([`Lib/pstats.py`](https://github.com/python/cpython/blob/main/Lib/pstats.py), `add_func_stats`, `add_callers`): those
//! of one file, line and name. Recorded stacks stay apart by track. One profile after the other is added, so that no two
//! of them need be in memory at once.

use rustc_hash::FxHashMap;

use super::stacks::{Builder, Same, Track};
use super::{Edge, Edges, FunctionId, Functions, Profile, UNKNOWN_CALLS, Writer};
use crate::format::Unit;

/// A sum of profiles that grows by one after the other. Only the first measure of each is in it, and neither times of calls
/// nor lines: what has these is better looked at alone.
#[derive(Default)]
pub struct Sum {
    first: Option<First>,
    functions: Functions,
    known: FxHashMap<(u32, i64, u32), FunctionId>,
    edges: Vec<Edge>,
    places: FxHashMap<(FunctionId, FunctionId), u32>,
    /// The stacks, as long as every profile has recorded some.
    stacks: Option<StackSum>,
}

/// What all others must be like.
struct First {
    name: String,
    unit: Unit,
    by_line: bool,
    has_calls: bool,
    writer: Writer,
}

impl Sum {
    /// Adds a profile, which is called `name`; gives the ids that its functions have in [`Self::functions`].
    ///
    /// # Errors
    /// When it measures something different from the first one, in another way: a sentence that says so. The sum stays as
    /// it was then.
    pub fn add(&mut self, name: &str, profile: &Profile) -> Result<Vec<FunctionId>, String> {
        // Samples have no calls: added to what has them, both would be lost.
        let has_calls = profile.calls().is_some();
        let has_stacks = profile.recorded_tree.is_some() && !profile.by_line;
        match &self.first {
            None => {
                self.functions.writer = profile.functions.writer;
                self.functions.sampled = profile.functions.sampled;
                self.stacks = has_stacks.then(StackSum::new);
                self.first = Some(First {
                    name: name.to_owned(),
                    unit: profile.unit,
                    by_line: profile.by_line,
                    has_calls,
                    writer: profile.functions.writer,
                });
            }
            Some(first) if first.unit != profile.unit => {
                return Err(format!("{name} measures something different from {}", first.name));
            }
            Some(first) if first.by_line != profile.by_line => {
                return Err(format!("of {name} and {} one is by line, the other by function", first.name));
            }
            Some(first) if first.has_calls != has_calls => {
                return Err(format!(
                    "{name} and {} are by different kinds of profilers: only one of them counts calls",
                    first.name
                ));
            }
            Some(_) => {}
        }
        self.functions.sampled &= profile.functions.sampled;
        if !has_stacks {
            self.stacks = None;
        }
        if let Some(stacks) = &mut self.stacks {
            stacks.add(name, profile);
        }
        Ok(self.add_functions(profile))
    }

    /// What each function took in all profiles so far. Of what is not pstats' a total is the sum of the profiles' own
    /// totals, as it is in [`Self::finish`].
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// What the numbers are; `None` as long as nothing was added.
    pub fn unit(&self) -> Option<Unit> {
        self.first.as_ref().map(|first| first.unit)
    }

    /// The profile.
    ///
    /// # Errors
    /// When nothing was added: a sentence that says so.
    pub fn finish(self) -> Result<Profile, String> {
        let Some(first) = self.first else { return Err("there is no profile".to_owned()) };
        if let Some(stacks) = self.stacks {
            return Ok(stacks.finish(first.unit, first.writer));
        }
        Ok(Profile {
            unit: first.unit,
            edges: Edges::new(self.functions.len(), self.edges),
            functions: self.functions,
            by_line: first.by_line,
            ..Profile::default()
        })
    }

    fn add_functions(&mut self, profile: &Profile) -> Vec<FunctionId> {
        let (all, functions) = (&mut self.functions, &profile.functions);
        let mut ids = Vec::with_capacity(functions.len());
        for at in 0..functions.len() {
            let function = at as FunctionId;
            let key = (
                all.files.intern(functions.file(function)),
                functions.line[at],
                all.names.intern(functions.name(function)),
            );
            let next = all.file.len() as FunctionId;
            let id = *self.known.entry(key).or_insert(next);
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
            let next = self.edges.len() as u32;
            let place = *self.places.entry((caller, callee)).or_insert(next);
            if place == next {
                self.edges.push(Edge { caller, callee, ..edge });
                continue;
            }
            let sum = &mut self.edges[place as usize];
            sum.calls = calls(sum.calls, edge.calls);
            sum.primitive_calls = calls(sum.primitive_calls, edge.primitive_calls);
            sum.self_time += edge.self_time;
            sum.total_time += edge.total_time;
        }
        ids
    }
}

/// Stacks below each other, tracks beside each other.
struct StackSum {
    builder: Builder,
    counted: bool,
}

impl StackSum {
    fn new() -> Self {
        Self { builder: Builder::new(Same::Place, true), counted: true }
    }

    fn add(&mut self, name: &str, profile: &Profile) {
        let Some(recorded) = &profile.recorded_tree else { return };
        let (builder, functions, stacks) = (&mut self.builder, &profile.functions, &recorded.stacks);
        self.counted &= stacks.counted;
        let ids: Vec<FunctionId> = (0..functions.len() as FunctionId)
            .map(|at| builder.function(functions.file(at), functions.line(at), functions.name(at)))
            .collect();
        let mut nodes: Vec<u32> = Vec::with_capacity(stacks.function.len());
        for (&function, &parent) in stacks.function.iter().zip(&stacks.parent) {
            let parent = nodes.get(parent as usize).copied().unwrap_or(parent);
            nodes.push(builder.child(parent, ids[function as usize]));
        }
        for (track, label) in stacks.tracks.iter().zip(stacks.labels()) {
            let name = if stacks.tracks.len() > 1 { format!("{name}: {label}") } else { name.to_owned() };
            let id = builder.track(Track { name, weights: Vec::new(), start: None, ..track.clone() });
            for weight in &track.weights {
                if let Some(&node) = nodes.get(weight.node as usize) {
                    builder.add(id, node, weight.value, weight.calls);
                }
            }
        }
    }

    fn finish(self, unit: Unit, writer: Writer) -> Profile {
        let Self { mut builder, counted } = self;
        builder.counted(counted);
        builder.writer(writer);
        builder.finish(unit)
    }
}

/// Adds two numbers of calls; what is not known of one is not known of both.
fn calls(one: i64, other: i64) -> i64 {
    if one < 0 || other < 0 { UNKNOWN_CALLS } else { one.saturating_add(other) }
}
