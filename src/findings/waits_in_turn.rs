//! Long waits one after the other, while no other thread of the process does anything: what could run side by side. Only
//! a profile in order of time shows it; sums are the same either way. What a tool does not record as waiting counts as
//! computing, and then nothing is said: VizTracer sees `LOCK.acquire()`, but not that `with LOCK` waits.

use std::collections::BTreeMap;

use super::naming::located;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format;
use crate::profile::spans::doing::{Doing, doing};
use crate::profile::spans::{Clock, ELSEWHERE, SpanTrack};
use crate::profile::{FunctionId, Layers, Profile};
use crate::sort;

/// See the module.
pub(super) struct WaitsInTurn;

const WAITS: Threshold = Threshold {
    key: "waits",
    title: "minimum number of waits of a function",
    default: 2.0,
    unit: Unit::Count,
    source: "our choice: one alone has nothing to run beside",
};

const EACH: Threshold = Threshold {
    key: "each",
    title: "minimum time of each of them",
    default: 5.0,
    unit: Unit::Milliseconds,
    source: "our choice: a server in the same data centre answers in less, and many small questions are better put together",
};

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum time of them all",
    default: 50.0,
    unit: Unit::Milliseconds,
    source: "our choice, as for waiting for others",
};

const SHARE: Threshold = Threshold {
    key: "share",
    title: "minimum share of the run",
    default: 0.1,
    unit: Unit::Share,
    source: "our choice: below a tenth there is more to gain elsewhere",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "waits-in-turn",
    title: "Waits one after the other",
    looks_at: LooksAt::Profile,
    thresholds: &[WAITS, EACH, TIME, SHARE],
};

impl Rule for WaitsInTurn {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, layers, ..) = *case else { return };
        let Some(spans) = profile.spans.as_deref() else { return };
        if spans.clock != Clock::Recorded || !profile.unit.is_time() || spans.tracks.len() < 2 {
            return;
        }
        let run = spans.length() * 1e3;
        let least = settings.get(&ABOUT, &TIME).max(settings.get(&ABOUT, &SHARE) * run);
        for (own, mut waits) in waits_alone(profile, layers, &spans.tracks) {
            waits.long.retain(|wait| *wait >= settings.get(&ABOUT, &EACH));
            let all: f64 = waits.long.iter().sum();
            if waits.long.len() as f64 >= settings.get(&ABOUT, &WAITS).max(2.0) && all >= least && all > 0.0 {
                findings.push(finding(profile, own, &waits, run));
            }
        }
    }
}

/// Waits of one function in which no other thread did anything.
#[derive(Default)]
struct Waits {
    /// Each of them, ms.
    long: Vec<f64>,
    /// Of their time, in which another thread waited for this one, ms; in the rest others had no task.
    held_up: f64,
    /// How many other threads there were, at most.
    others: usize,
}

/// What a thread does from a moment on.
#[derive(Clone, Copy, PartialEq)]
struct Change {
    at: f64,
    track: usize,
    doing: Doing,
    /// Of what asks: the call below the user's own function.
    call: usize,
}

/// Per own function what it waits for while no other thread of its process does anything.
fn waits_alone(profile: &Profile, layers: &Layers, tracks: &[SpanTrack]) -> BTreeMap<FunctionId, Waits> {
    let mut found: BTreeMap<FunctionId, Waits> = BTreeMap::new();
    let doing = doing(profile, layers);
    if !doing.iter().any(|doing| matches!(doing, Doing::Asks { .. })) {
        return found;
    }
    let mut processes: BTreeMap<Option<u64>, Vec<Change>> = BTreeMap::new();
    for (track, (spans, about)) in tracks.iter().zip(profile.tracks()).enumerate() {
        add_changes(spans, track, &doing, processes.entry(about.process).or_default());
    }
    for mut changes in processes.into_values() {
        sort::by(&mut changes, |a, b| a.at.total_cmp(&b.at));
        sweep(&changes, tracks.len(), &mut found);
    }
    found
}

/// Adds when `spans` begins to do something else. Before its first call and after its last there is no thread.
fn add_changes(spans: &SpanTrack, track: usize, doing: &[Doing], changes: &mut Vec<Change>) {
    let mut now: Option<(Doing, usize)> = None;
    let mut end = 0.0;
    spans.pieces(|open, from, to| {
        let next = match open.last() {
            // In a gap nothing was recorded.
            None => (Doing::Idle, 0),
            Some(&top) if spans.node(top) == ELSEWHERE => (Doing::Idle, 0),
            Some(&top) => match doing.get(spans.node(top) as usize).copied().unwrap_or(Doing::Computes) {
                asks @ Doing::Asks { depth, .. } => {
                    (asks, open.get(depth as usize + 1).copied().unwrap_or(top))
                }
                other => (other, 0),
            },
        };
        if now != Some(next) {
            now = Some(next);
            changes.push(Change { at: from, track, doing: next.0, call: next.1 });
        }
        end = to;
    });
    if now.is_some() {
        // It computes no more, and is not idle either.
        changes.push(Change { at: end, track, doing: Doing::Computes, call: GONE });
    }
}

/// The call of a thread that has ended.
const GONE: usize = usize::MAX;

/// Goes from moment to moment and adds what one thread waits for while the others do nothing.
fn sweep(changes: &[Change], tracks: usize, found: &mut BTreeMap<FunctionId, Waits>) {
    let mut now: Vec<Option<Change>> = vec![None; tracks];
    let (mut asking, mut computing, mut without_task, mut held_up) = (0_usize, 0_usize, 0_usize, 0_usize);
    // By function, track and call: a wait may be in pieces.
    let mut waits: BTreeMap<(FunctionId, usize, usize), (f64, f64, usize)> = BTreeMap::new();
    let mut last = changes.first().map_or(0.0, |change| change.at);
    let mut alone: Option<(FunctionId, usize, usize)> = None;
    for change in changes {
        if let Some(key) = alone
            && change.at > last
        {
            let (time, held, others) = waits.entry(key).or_default();
            *time += (change.at - last) * 1e3;
            if held_up > 0 {
                *held += (change.at - last) * 1e3;
            }
            *others = (*others).max(without_task + held_up);
        }
        last = change.at;
        let mut count = |change: &Change, by: isize| {
            let counter = match change.doing {
                _ if change.call == GONE => return,
                Doing::Computes => &mut computing,
                Doing::Asks { .. } => &mut asking,
                Doing::WaitsForThreads => &mut held_up,
                Doing::Idle => &mut without_task,
            };
            *counter = counter.saturating_add_signed(by);
        };
        if let Some(before) = now[change.track].replace(*change) {
            count(&before, -1);
        }
        count(change, 1);
        let is_alone = asking == 1 && computing == 0 && without_task + held_up > 0;
        alone = is_alone.then(|| now.iter().flatten().find_map(asks)).flatten();
    }
    for ((own, ..), (time, held_up, others)) in waits {
        let waits = found.entry(own).or_default();
        waits.long.push(time);
        waits.held_up += held_up;
        waits.others = waits.others.max(others);
    }
}

/// By what a wait is known.
fn asks(change: &Change) -> Option<(FunctionId, usize, usize)> {
    match change.doing {
        Doing::Asks { own, .. } => Some((own, change.track, change.call)),
        _ => None,
    }
}

fn finding(profile: &Profile, own: FunctionId, waits: &Waits, run: f64) -> Finding {
    let functions = &profile.functions;
    let all: f64 = waits.long.iter().sum();
    let longest = waits.long.iter().copied().fold(0.0, f64::max);
    let name = functions.known_name(own).into_owned();
    let times = format::count(waits.long.len() as i64);
    let others = format::counted(waits.others as i64, "other thread", "other threads");
    let are_held_up = waits.held_up > all / 2.0;
    let title = format!(
        "{} waits {times} times in turn, {} in all, while {others} {}",
        located(functions, own),
        profile.unit.thousandths(all),
        match (are_held_up, waits.others) {
            (true, 1) => "waits for it",
            (true, _) => "wait for it",
            (false, 1) => "is idle",
            (false, _) => "are idle",
        }
    );
    let mut finding = Finding::new(&ABOUT, format!("{}({name})", functions.file(own)), title);
    (finding.at_stake, finding.saving, finding.bound) = (all, (all - longest).max(0.0), Bound::AtMost);
    finding.computed = format!(
        "The waits in which no other thread did anything, all but the longest, {}: side by side they take no longer \
         than that one.",
        profile.unit.thousandths(longest)
    );
    finding.evidence = vec![
        Evidence::new("function", "The function that asks", Value::Place(functions.place(own)))
            .at(Link::Function(own)),
        Evidence::new("waits", "Waits", Value::Count(waits.long.len() as u64)),
        Evidence::new("waits_ms", "They take", Value::Milliseconds(all)),
        Evidence::new("longest_ms", "The longest", Value::Milliseconds(longest)),
        Evidence::new("share", "Share of the run", Value::share(all, run)),
        Evidence::new("threads", "Other threads", Value::Count(waits.others as u64)),
    ];
    if are_held_up {
        finding.remedy = "Other threads wait until this one has its answer. Hold a lock only around what needs it, not around \
                          waiting; where one thread does all the asking, let several do it."
            .to_owned();
        finding.code =
            format!("answer = {name}(key)  # without the lock\nwith LOCK:\n    answers[key] = answer");
    } else {
        finding.remedy = "Ask for all of them at once: hand each to a thread that has nothing to do, or use tasks of an event \
                          loop."
            .to_owned();
        finding.code = format!("answers = list(executor.map({name}, keys))");
    }
    finding.confidence = if waits.long.len() > 2 { Confidence::Medium } else { Confidence::Low };
    finding.doubts = "Where a wait needs the answer of the one before it, they cannot run side by side. In a server that was \
                      recorded with one visitor, the other threads are there for others."
        .to_owned();
    finding
}
