//! What waits outside of Python and the database (another server, `sleep`, a lock, another process), named by the
//! user's own function that asks for it.

use super::naming::{called, located};
use super::own_use::{OwnUse, heaviest, most};
use super::remedies::{Statements, of_layer};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::profile::{FunctionId, Layer, Layers, Profile};

/// See the module.
pub(super) struct ExternalWaits;

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum waiting time of a function of your own",
    default: 50.0,
    unit: Unit::Milliseconds,
    source: "our choice: a server in the same data centre answers in a few milliseconds",
};

const SHARE: Threshold = Threshold::TENTH_OF_PROFILE;

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "external-waits",
    title: "Waiting for others",
    looks_at: LooksAt::Profile,
    thresholds: &[TIME, SHARE],
};

impl Rule for ExternalWaits {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, layers, _, digest, uses) = *case else { return };
        let busy = digest.busy();
        let least = settings.get(&ABOUT, &TIME).max(settings.get(&ABOUT, &SHARE) * busy);
        for (id, own) in heaviest(uses, |own| own.waits, least) {
            findings.push(finding(profile, layers, id, own, busy));
        }
    }
}

fn finding(profile: &Profile, layers: &Layers, id: FunctionId, own: &OwnUse, busy: f64) -> Finding {
    let functions = &profile.functions;
    let time = own.waits.min(busy);
    let through = most(&own.waits_through);
    let network = layers.heaviest(functions, Layer::Network);
    let waiting = layers.heaviest(functions, Layer::Waiting);
    let sum = |all: &[(FunctionId, f64)]| all.iter().map(|(_, time)| time).sum::<f64>();
    let is_network = through.is_some_and(|(callee, _)| layers.layer(callee) == Layer::Network)
        || sum(&network) > sum(&waiting);
    let (layer, heaviest) = if is_network { (Layer::Network, network) } else { (Layer::Waiting, waiting) };
    let mut shown = vec![
        Evidence::new("function", "The function that asks", Value::Place(functions.place(id)))
            .at(Link::Function(id)),
        Evidence::new("waits_ms", "It waits", Value::Milliseconds(time)),
        Evidence::new("share", "Share of the profile", Value::share(time, busy)),
        Evidence::new(
            "total_ms",
            "All it takes",
            Value::Milliseconds((profile.outermost_total(id) * 1e3).max(time)),
        ),
    ];
    if let Some(calls @ 1..) = functions.calls_of(id) {
        shown.push(Evidence::new("calls", "Calls", Value::Count(calls as u64)));
    }
    shown.extend(evidence::functions(profile, "wait", &heaviest, |time| format!("{time} of all waiting in")));
    // A coroutine whose waiting counts as its own names nobody that it waits for.
    let what = through.filter(|(callee, _)| *callee != id).map_or(String::new(), |(callee, one)| {
        let name = called(functions, callee);
        match one.calls.round() {
            calls if calls >= 2.0 => format!(": {name} {} times", format::count(calls as i64)),
            _ => format!(": {name}"),
        }
    });
    let sleeps = |&(id, _): &(FunctionId, f64)| functions.known_name(id).contains("time.sleep");
    let (remedy, code) = match of_layer(layer, profile, Statements::default()) {
        (remedy, _) if layer == Layer::Waiting && heaviest.first().is_some_and(sleeps) => {
            (remedy, "done.wait(timeout=3)  # in place of: while not ready(): time.sleep(0.1)")
        }
        remedy => remedy,
    };
    // What waits side by side: the run gets shorter by what one of them waits at most.
    let threads = profile.longest_track().map(|longest| longest * 1e3).filter(|longest| *longest < time);
    let tasks = longest_call(profile).filter(|longest| *longest < time);
    let (saving, computed) = match (threads, tasks) {
        (Some(longest), _) => (
            longest,
            format!(
                "What it waits for, by the profile, which adds {} up; as they wait side by side, a fix saves no more than \
                 the longest of them lasted, {}.",
                format::counted(profile.tracks().len() as i64, "thread", "threads"),
                profile.unit.thousandths(longest),
            ),
        ),
        (None, Some(longest)) => (
            longest,
            format!(
                "What it waits for, by the profile, in which waits of tasks overlap; a fix saves no more than the longest \
                 call lasted, {}.",
                profile.unit.thousandths(longest),
            ),
        ),
        (None, None) => {
            (time, "What it waits for, by the profile; a fix can save up to all of it.".to_owned())
        }
    };
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: format!("{}({})", functions.file(id), functions.name(id)),
        title: format!(
            "{} waits {}, {}{what}",
            located(functions, id),
            profile.unit.thousandths(time),
            format::percent((time / busy).clamp(0.0, 1.0)),
        ),
        at_stake: time,
        saving,
        bound: Bound::AtMost,
        computed,
        evidence: shown,
        remedy: remedy.to_owned(),
        code: code.to_owned(),
        confidence: Confidence::Medium,
        doubts: "Where one thread waits another may work; an event loop or a worker that waits for the next task has \
                 nothing to do, as it should be."
            .to_owned(),
        also: Vec::new(),
        price: None,
    }
}

/// Of waits that overlap: the longest that anything called once took, ms, which is about as long as the run lasted.
fn longest_call(profile: &Profile) -> Option<f64> {
    let functions = &profile.functions;
    let once = (0..functions.len() as FunctionId).filter(|&id| functions.calls_of(id) == Some(1));
    let longest = once.map(|id| functions.total_time[id as usize] * 1e3).fold(0.0, f64::max);
    (longest > 0.0 && profile.waits_overlap()).then_some(longest)
}
