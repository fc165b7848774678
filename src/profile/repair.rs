//! The call graph as it would be if its file had kept everything, for the estimate of the call tree.
//!
//! Two things a file can have lost leave traces enough to put them back: functions that share file,
//! line and name with others ([`super::twins`]), and that calls are recursive ([`super::recursion`]).
//! Everything that shows the file's own numbers keeps those.

use rustc_hash::FxHashMap;

use super::components::Components;
use super::consistency::ROUNDING;
use super::recursion;
use super::twins::{self, Lost};
use super::{Edge, Edges, FunctionId, Profile};

/// A profile in which was put back what its file lost.
#[derive(Debug, Clone)]
pub struct Repair {
    /// The profile. Twins are one function, with the numbers of all of them.
    pub profile: Profile,
    /// Calls of lost twins that are in it.
    pub lost: Lost,
    /// Functions that call themselves, though the file says that they do not.
    pub recursive: Vec<FunctionId>,
}

/// `profile` with what its file lost, as far as its numbers leave one answer. `None` where nothing is
/// lost, or nothing can be put back.
pub fn repaired(profile: &Profile) -> Option<Repair> {
    let lost = twins::lost(profile);
    let keys = lost.as_ref().map(Lost::keys).unwrap_or_default();
    let mut recursive = recursion::uncounted(profile);
    // A twin that calls another is no recursion.
    recursive.retain(|function| !keys.contains(function));
    let negative = without_negatives(profile);
    let unknown = recursion::counts_are_unknown(profile);
    let some_unknown = !unknown && profile.functions.calls.iter().any(|&calls| calls < 0);
    if lost.is_none() && recursive.is_empty() && !unknown && !some_unknown && negative.is_none() {
        return None;
    }
    let whole = negative.unwrap_or_else(|| profile.clone());
    let mut repair = Repair { profile: whole, lost: lost.unwrap_or_default(), recursive };
    recursion::count(&mut repair.profile, &repair.recursive);
    if unknown {
        recursion::guess_counts(&mut repair.profile);
    } else if some_unknown {
        recursion::guess_missing(&mut repair.profile);
    }
    if !repair.lost.calls.is_empty() {
        put_back(&mut repair.profile, &repair.lost);
    }
    Some(repair)
}

/// `profile` without the negative times that a clock which was set back leaves, so that its self times still add up to
/// its total: what is negative is nothing, and what called it takes as much less itself. `None` where none is negative, or they
/// do not add up by that: then it was not only the clock.
pub fn without_negatives(profile: &Profile) -> Option<Profile> {
    let is_negative = |times: &[f64]| times.iter().any(|&time| time < 0.0);
    let (functions, edges) = (&profile.functions, &profile.edges);
    if !is_negative(&functions.self_time) && !is_negative(&functions.total_time) {
        return None;
    }
    let mut clean = profile.clone();
    for times in [
        &mut clean.functions.self_time,
        &mut clean.functions.total_time,
        &mut clean.edges.self_time,
        &mut clean.edges.total_time,
    ] {
        times.iter_mut().for_each(|time| *time = time.max(0.0));
    }
    for function in 0..functions.len() as FunctionId {
        let calls_one = edges.out_of(function).iter().any(|&edge| edges.total_time[edge as usize] < 0.0);
        if !calls_one {
            continue;
        }
        let below: f64 =
            edges.out_of(function).iter().map(|&edge| edges.total_time[edge as usize].max(0.0)).sum();
        let left = (functions.total_time[function as usize] - below).max(0.0);
        let own = &mut clean.functions.self_time[function as usize];
        let share = if *own > left { left / *own } else { 1.0 };
        *own *= share;
        for edge in Edges::into(edges, function) {
            clean.edges.self_time[edge] *= share;
        }
    }
    let (total, sum) = (profile.total(), clean.total());
    (total > 0.0 && (sum - total).abs() <= ROUNDING * total).then_some(clean)
}

/// Adds the lost twins' calls to those of the twin that stayed.
fn put_back(profile: &mut Profile, lost: &Lost) {
    let edges = &profile.edges;
    let mut all: Vec<Edge> = (0..edges.len()).map(|edge| edges.get(edge)).collect();
    let mut places: FxHashMap<(FunctionId, FunctionId), usize> = FxHashMap::default();
    for (place, edge) in all.iter().enumerate() {
        places.insert((edge.caller, edge.callee), place);
    }
    let functions = &mut profile.functions;
    for call in &lost.calls {
        let place = *places.entry((call.caller, call.key)).or_insert(all.len());
        if place == all.len() {
            all.push(Edge {
                caller: call.caller,
                callee: call.key,
                calls: 0,
                primitive_calls: 0,
                self_time: 0.0,
                total_time: 0.0,
            });
        }
        let edge = &mut all[place];
        edge.calls = edge.calls.saturating_add(call.calls);
        edge.primitive_calls = edge.primitive_calls.saturating_add(call.calls);
        edge.self_time += call.self_time;
        edge.total_time += call.total_time;
        let key = call.key as usize;
        functions.calls[key] = functions.calls[key].saturating_add(call.calls);
        functions.self_time[key] += call.self_time;
    }
    profile.edges = Edges::new(functions.len(), all);
    let components = Components::of(functions.len(), &profile.edges);
    for calls in lost.calls.chunk_by(|one, other| one.key == other.key) {
        let key = calls[0].key;
        // Within its cycle, calls of one twin may be below those of another; those from outside are not.
        let is_outside =
            |caller: FunctionId| components.component[caller as usize] != components.component[key as usize];
        let (mut entries, mut time, mut longest, mut whole) = (0_i64, 0.0, 0.0_f64, true);
        for edge in Edges::into(&profile.edges, key) {
            longest = longest.max(profile.edges.total_time[edge]);
            if is_outside(profile.edges.caller[edge]) {
                entries = entries.saturating_add(profile.edges.calls[edge]);
                time += profile.edges.total_time[edge];
            } else {
                whole = false;
            }
        }
        for &edge in profile.edges.out_of(key) {
            longest = longest.max(profile.edges.total_time[edge as usize]);
        }
        let key = key as usize;
        if whole {
            let primitive = &mut functions.primitive_calls[key];
            *primitive = calls.iter().fold(*primitive, |sum, call| sum.saturating_add(call.calls));
            functions.total_time[key] += calls.iter().map(|call| call.total_time).sum::<f64>();
        } else {
            functions.primitive_calls[key] = entries.max(1);
            functions.total_time[key] = functions.total_time[key].max(time).max(longest);
        }
    }
}
