//! Coroutines that wait, on yappi's wall clock: a suspended coroutine counts as running there, so the waiting of
//! `await` is the coroutine's own time, beside that of asyncio's event loop, which waits for the same
//! (<https://github.com/sumerc/yappi/blob/master/doc/coroutine-profiling.md>).
//!
//! Which functions are coroutines the file does not say. But whatever a task computes runs below the loop's
//! `Handle._run`, so all tasks together compute no longer than that takes. A function of a task (it is called from
//! there, or it or what calls it has no caller, and is neither where the loop nor where a thread begins) that takes
//! longer itself has waited for the rest at least.

use rustc_hash::FxHashMap;

use super::home::lies_in;
use super::{Edges, FunctionId, Profile, Writer};

/// Per coroutine that is known to have waited: seconds of its self time in which it did.
pub(super) fn of(profile: &Profile) -> FxHashMap<FunctionId, f64> {
    let functions = &profile.functions;
    let mut suspended = FxHashMap::default();
    if functions.writer != Writer::Yappi {
        return suspended;
    }
    let named = |file: &str, name: &str| {
        let is_it = |&id: &FunctionId| {
            let (place, known) = functions.known_as(id);
            known == name && lies_in(place, &[file])
        };
        (0..functions.len() as FunctionId).filter(is_it).collect::<Vec<_>>()
    };
    let runs = named("asyncio/events.py", "_run");
    if runs.is_empty() {
        return suspended;
    }
    let computed: f64 = runs.iter().map(|&run| functions.total_time[run as usize].max(0.0)).sum();
    // Where the loop runs, and threads: what is called from there is not a task's, unless the loop runs it.
    let loops = reached(profile, &runs, Way::Callers, &[]);
    let mut starts: Vec<FunctionId> = named("threading.py", "run");
    starts.extend(named("threading.py", "_bootstrap_inner"));
    starts.extend((0..functions.len() as FunctionId).filter(|&id| loops[id as usize] && !runs.contains(&id)));
    let mut roots: Vec<FunctionId> = (0..functions.len() as FunctionId)
        .filter(|&id| {
            Edges::into(&profile.edges, id).is_empty() && !loops[id as usize] && !starts.contains(&id)
        })
        .collect();
    roots.extend(&runs);
    let of_tasks = reached(profile, &roots, Way::Callees, &[]);
    // Not through the loop.
    let elsewhere = reached(profile, &starts, Way::Callees, &runs);
    for id in 0..functions.len() as FunctionId {
        let waited = functions.self_time[id as usize] - computed;
        if of_tasks[id as usize]
            && !runs.contains(&id)
            && !elsewhere[id as usize]
            && !functions.is_built_in(id)
            && waited > 0.0
        {
            suspended.insert(id, waited);
        }
    }
    suspended
}

#[derive(Clone, Copy)]
enum Way {
    Callers,
    Callees,
}

/// What is reached from `starts`, they included, not through those that are `closed`.
fn reached(profile: &Profile, starts: &[FunctionId], way: Way, closed: &[FunctionId]) -> Vec<bool> {
    let edges = &profile.edges;
    let mut seen = vec![false; profile.functions.len()];
    let mut open = starts.to_vec();
    for &one in starts.iter().chain(closed) {
        seen[one as usize] = true;
    }
    while let Some(at) = open.pop() {
        let mut visit = |next: FunctionId| {
            if !std::mem::replace(&mut seen[next as usize], true) {
                open.push(next);
            }
        };
        match way {
            Way::Callers => edges.callers(at).for_each(&mut visit),
            Way::Callees => edges.out_of(at).iter().for_each(|&edge| visit(edges.callee[edge as usize])),
        }
    }
    seen
}
