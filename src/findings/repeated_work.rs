//! The same work again at once: a function of the user's own that another calls several times in a row, each time as
//! long and with the same calls below. Which arguments it was called with a trace does not say; that names, counts and
//! durations are equal is what can be seen, and only in time order.

use std::collections::BTreeMap;

use super::caveats::overhead;
use super::naming::{is_generator, spoken};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    share,
};
use crate::format;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::spans::SpanTrack;
use crate::profile::spans::likeness::Likeness;
use crate::profile::{FunctionId, Layer, Layers, Profile};

/// See the module.
pub(super) struct RepeatedWork;

const RUNS: Threshold = Threshold {
    key: "runs",
    title: "minimum calls in a row",
    default: 3.0,
    unit: Unit::Count,
    source: "our choice: two calls may well be alike by chance",
};

const EACH: Threshold = Threshold {
    key: "each",
    title: "minimum time of each call",
    default: 1.0,
    unit: Unit::Milliseconds,
    source: "our choice: shorter ones are a loop, which Slow functions of your own is about",
};

const BELOW: Threshold = Threshold {
    key: "below",
    title: "minimum calls below each of them",
    default: 3.0,
    unit: Unit::Count,
    source: "our choice: where nothing is called, only the time tells work from other work",
};

const DIFFERENCE: Threshold = Threshold {
    key: "difference",
    title: "maximum difference of their times",
    default: 0.1,
    unit: Unit::Share,
    source: "our choice: a quiet machine repeats the same work within some per cent",
};

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum time of all calls but the first",
    default: 25.0,
    unit: Unit::Milliseconds,
    source: "our choice: a tenth of 250 ms, which is a quick page",
};

const SHARE: Threshold = Threshold::TENTH_OF_PROFILE;

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "repeated-work",
    title: "The same work again",
    looks_at: LooksAt::Profile,
    thresholds: &[RUNS, EACH, BELOW, DIFFERENCE, TIME, SHARE],
};

/// Between two calls of a loop there is less than this share of a call.
const GAP: f64 = 0.1;

/// A generator's last step, in which it only ends, takes less than this share of the others.
const LAST_STEP: f64 = 0.1;

impl Rule for RepeatedWork {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, layers, _, digest, _) = *case else { return };
        let Some(spans) = profile.spans.as_deref() else { return };
        // A sampler's spans are no calls.
        if profile.calls().is_none() || !profile.unit.is_time() {
            return;
        }
        let limits = Limits {
            runs: (settings.get(&ABOUT, &RUNS) as usize).max(2),
            each: settings.get(&ABOUT, &EACH) / 1e3,
            below: settings.get(&ABOUT, &BELOW) as u64,
            difference: settings.get(&ABOUT, &DIFFERENCE),
        };
        let least = settings.get(&ABOUT, &TIME).max(settings.get(&ABOUT, &SHARE) * digest.total);
        let candidates = candidates(profile, layers, least);
        if candidates.is_empty() {
            return;
        }
        let mut found: BTreeMap<(FunctionId, FunctionId), Repeated> = BTreeMap::new();
        for track in &spans.tracks {
            add_runs(profile, track, &candidates, &limits, &mut found);
        }
        for ((caller, callee), repeated) in found {
            if repeated.again >= least && repeated.again > 0.0 {
                findings.push(finding(profile, caller, callee, &repeated, digest.total));
            }
        }
    }
}

/// What is asked of calls in a row.
struct Limits {
    runs: usize,
    /// Seconds.
    each: f64,
    below: u64,
    /// 0 to 1.
    difference: f64,
}

/// Calls of one function by another that were the same again.
#[derive(Default)]
struct Repeated {
    /// In how many rows.
    rows: u64,
    /// Calls in them, the first ones included.
    calls: u64,
    /// Milliseconds of all but the first of each row.
    again: f64,
    /// Calls below one of them, of the row with most.
    below: u64,
}

/// Per node of the stacks whether it is a function of the user's own, called by one, that takes `least` ms in all;
/// empty if there is none.
fn candidates(profile: &Profile, layers: &Layers, least: f64) -> Vec<bool> {
    let Some(recorded) = &profile.recorded_tree else { return Vec::new() };
    let stacks = &recorded.stacks;
    let functions = &profile.functions;
    let can_be: Vec<bool> = (0..functions.len() as FunctionId)
        .map(|id| {
            layers.layer(id) == Layer::Own
                && functions.total_time[id as usize] * 1e3 >= least
                && functions.calls_of(id).is_some_and(|calls| calls > 1)
                && !is_generator(profile, id)
        })
        .collect();
    if !can_be.contains(&true) {
        return Vec::new();
    }
    let is_candidate = |node: usize| {
        let parent = stacks.parent[node];
        can_be[stacks.function[node] as usize]
            && parent != NO_PARENT
            && layers.layer(stacks.function[parent as usize]) == Layer::Own
            && stacks.function[parent as usize] != stacks.function[node]
    };
    (0..stacks.function.len()).map(is_candidate).collect()
}

/// Adds the rows of equal calls in a track.
fn add_runs(
    profile: &Profile,
    track: &SpanTrack,
    candidates: &[bool],
    limits: &Limits,
    found: &mut BTreeMap<(FunctionId, FunctionId), Repeated>,
) {
    let Some(recorded) = &profile.recorded_tree else { return };
    let stacks = &recorded.stacks;
    // Made when two calls are alike by their times.
    let mut likeness: Option<Likeness> = None;
    let length = |span: usize| track.end(span) - track.start(span);
    // The calls of a row are next to each other and within the same call: a stack's node is that of one stack, so what
    // lies between two of them in time is what tells one call above from the next.
    for depth in 1..track.depths() {
        let row = track.row(depth);
        let mut at = row.start;
        while at < row.end {
            let first = at;
            at += 1;
            let node = track.node(first);
            let is_one = candidates.get(node as usize).is_some_and(|is| *is) && length(first) >= limits.each;
            if !is_one {
                continue;
            }
            let follows = |span: usize| {
                span < row.end
                    && track.node(span) == node
                    && track.start(span) - track.end(span - 1) <= GAP * length(first)
            };
            let is_near =
                |span: usize| (length(span) - length(first)).abs() <= limits.difference * length(first);
            while follows(at)
                && is_near(at)
                && track.parent(at) == track.parent(first)
                && likeness.get_or_insert_with(|| Likeness::of(track)).are_alike(track, first, at)
            {
                at += 1;
            }
            let calls = at - first;
            let is_resumed = follows(at) && length(at) < LAST_STEP * length(first);
            if calls < limits.runs || is_resumed {
                continue;
            }
            let below = likeness.as_ref().map_or(0, |likeness| likeness.calls_below(track, first));
            if below < limits.below {
                continue;
            }
            let caller = stacks.function[stacks.parent[node as usize] as usize];
            let repeated = found.entry((caller, stacks.function[node as usize])).or_default();
            repeated.rows += 1;
            repeated.calls += calls as u64;
            repeated.again += (first + 1..at).map(length).sum::<f64>() * 1e3;
            repeated.below = repeated.below.max(below);
        }
    }
}

fn finding(
    profile: &Profile,
    caller: FunctionId,
    callee: FunctionId,
    repeated: &Repeated,
    total: f64,
) -> Finding {
    let functions = &profile.functions;
    let &Repeated { rows, calls, again, below } = repeated;
    let (by, name) = (spoken(functions, caller), spoken(functions, callee));
    let text = profile.unit.thousandths(again);
    let title = match rows {
        1 => format!(
            "{by} runs {name} {} times in a row, each as long as the first: {text} for the same again",
            format::count(calls as i64)
        ),
        rows => format!(
            "{by} runs {name} again and again, {} times in {} rows, each as long as its first: {text} for the same again",
            format::count(calls as i64),
            format::count(rows as i64)
        ),
    };
    let key = format!("{}({}) {}", functions.file(caller), functions.name(caller), functions.name(callee));
    let mut finding = Finding::new(&ABOUT, key, title);
    (finding.at_stake, finding.saving, finding.bound) = (again, again, Bound::AtMost);
    finding.computed =
        "The calls in a row that took as long as the first and made the same calls, by name and count; all \
                        but the first."
            .to_owned();
    finding.evidence = vec![
        Evidence::new("function", "The function that runs again", Value::Place(functions.place(callee)))
            .at(Link::Function(callee)),
        Evidence::new("caller", "The function that runs it", Value::Place(functions.place(caller)))
            .at(Link::Function(caller)),
        Evidence::new("calls", "Calls in a row", Value::Count(calls)),
        Evidence::new("rows", "Rows of such calls", Value::Count(rows)),
        Evidence::new("again_ms", "All but the first", Value::Milliseconds(again)),
        Evidence::new("share", "Share of the profile", Value::Share(share(again, total))),
        Evidence::new("below", "Calls below each of them", Value::Count(below)),
    ];
    finding.remedy = "Where it is called with the same arguments, call it once and keep the result: in a variable before the \
                      loop, with functools.cache, or as a functools.cached_property of the object."
        .to_owned();
    finding.code = format!("found = {name}(rows)  # once, before the loop");
    // More calls below that are equal, name by name, are less likely to be chance.
    finding.confidence = if below >= MANY_BELOW { Confidence::Medium } else { Confidence::Low };
    finding.doubts = format!(
        "The file does not say with which arguments it was called: with others that are as much work, nothing is done \
         twice. {}",
        overhead(profile)
    );
    finding
}

/// Calls below a call, all of them equal to another's, that are hardly chance.
const MANY_BELOW: u64 = 10;
