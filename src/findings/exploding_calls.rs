//! Functions whose calls explode: one call of the user's own function makes thousands of another.

use super::boxes::Boxes;
use super::caveats::overhead;
use super::library_costs::is_known;
use super::naming::{is_generator, is_named, spoken};
use super::remedies::{Remedy, Statements, of_layer};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format;
use crate::profile::home::{Home, home};
use crate::profile::{FunctionId, Layer, Profile};

/// See the module.
pub(super) struct ExplodingCalls;

const RATIO: Threshold = Threshold {
    key: "ratio",
    title: "minimum calls of one function per call of another",
    default: 1000.0,
    unit: Unit::Count,
    source: "our choice: loops over a page's rows make tens",
};

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum time",
    default: 25.0,
    unit: Unit::Milliseconds,
    source: "our choice: a tenth of 250 ms, which is a quick page",
};

const SHARE: Threshold = Threshold::TENTH_OF_PROFILE;

/// Milliseconds: a built-in function that takes less for each call (`append`, `len`) is no work that could be
/// left out; the loop around it is, and it is its caller's own.
const TRIFLE: f64 = 1e-3;

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "exploding-calls",
    title: "Called too often",
    looks_at: LooksAt::Profile,
    thresholds: &[RATIO, TIME, SHARE],
};

impl Rule for ExplodingCalls {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, layers, tree, digest, _) = *case else { return };
        if profile.calls().is_none() {
            // A sampler sees none.
            return;
        }
        let (functions, edges) = (&profile.functions, &profile.edges);
        // Per caller the edge that takes most; an edge has no less than what it says.
        let mut worst: std::collections::BTreeMap<u32, usize> = std::collections::BTreeMap::new();
        for edge in 0..edges.len() {
            let (caller, callee) = (edges.caller[edge], edges.callee[edge]);
            let calls = functions.calls[caller as usize].max(1) as f64;
            let time = edges.total_time[edge] * 1e3;
            let is_trifle = || functions.is_built_in(callee) && time < TRIFLE * edges.calls[edge] as f64;
            if layers.layer(caller) == Layer::Own
                && caller != callee
                && edges.calls[edge] as f64 >= settings.get(&ABOUT, &RATIO) * calls
                && time >= settings.get(&ABOUT, &TIME)
                && time >= settings.get(&ABOUT, &SHARE) * digest.total
                && time > 0.0
                && !is_trifle()
                // What is known to be costly is a finding of its own, with better advice.
                && !is_known(functions, callee)
            {
                let known = worst.entry(caller).or_insert(edge);
                if edges.total_time[*known] < edges.total_time[edge] {
                    *known = edge;
                }
            }
        }
        let boxes = (!worst.is_empty()).then(|| Boxes::of(profile, layers, tree));
        for (caller, edge) in worst {
            let callee = edges.callee[edge];
            let time = edges.total_time[edge] * 1e3;
            // The loop around them is the caller's own. What else it does is not: a loop takes no longer than
            // what it calls.
            let around = (functions.self_time[caller as usize].max(0.0) * 1e3).min(time);
            let saving = (time + around).min(functions.total_time[caller as usize].max(0.0) * 1e3).max(time);
            let (calls, of) = (edges.calls[edge], functions.calls[caller as usize].max(1));
            let (by, name) = (spoken(functions, caller), spoken(functions, callee));
            let many = format::count(calls);
            let what = match is_generator(profile, callee) {
                true => format!("takes {many} items of {name}"),
                false => format!("calls {name} {many} times"),
            };
            let within = match of {
                1 => "one call".to_owned(),
                of => format::counted(of, "call", "calls"),
            };
            let work = boxes.as_ref().map(|boxes| boxes.work(profile, tree, caller, callee));
            let layer = work.and_then(|work| work.layer).unwrap_or(layers.layer(callee));
            // Of four calls at least one runs one: the others read what is loaded already.
            let runs_statements = work.is_some_and(|work| work.statements * 4.0 >= calls as f64);
            // Then the statements are the cause, which others name.
            if runs_statements {
                continue;
            }
            let (remedy, code) = remedy(profile, layer, callee);
            findings.push(Finding {
                unit: crate::format::Unit::Seconds,
                rule: ABOUT.id.to_owned(),
                key: format!("{}({})", functions.file(caller), functions.name(caller)),
                title: format!("{by} {what} in {within}"),
                at_stake: saving,
                saving,
                bound: Bound::AtMost,
                computed: "The time of these calls with all they make, and as much again of the function that calls, in \
                           which the loop runs: fewer calls can save up to all of it."
                    .to_owned(),
                evidence: vec![
                    Evidence::new("function", "The function that calls", Value::Place(functions.place(caller)))
                        .at(Link::Function(caller)),
                    Evidence::new("callee", "What it calls", Value::Place(functions.place(callee)))
                        .at(Link::Function(callee)),
                    Evidence::new("calls", "Calls", Value::Count(calls.max(0) as u64)),
                    Evidence::new("total_ms", "Their time", Value::Milliseconds(time)),
                ],
                remedy: remedy.to_owned(),
                code: code.to_owned(),
                confidence: Confidence::Medium,
                doubts: overhead(profile),
                also: Vec::new(),
                price: None,
            });
        }
    }
}

/// Built-in functions that look at one item after the other.
const SEARCHING: &[&str] = &["list.count", "list.index", "list.remove", "tuple.count", "tuple.index"];

/// What helps, by the layer in which most of the time of `callee` is.
fn remedy(profile: &Profile, layer: Layer, callee: FunctionId) -> Remedy {
    let functions = &profile.functions;
    let is_own = !functions.is_built_in(callee)
        && matches!(home(functions.file(callee)), Home::Script(_) | Home::Elsewhere);
    let name = spoken(functions, callee);
    match layer {
        Layer::Database => (
            "Objects or queries are made one by one: load fewer rows and columns, build a query once, before the loop, \
             and let the database sum and sort.",
            "",
        ),
        Layer::Own | Layer::Python if SEARCHING.contains(&name.as_str()) || (is_own && is_named(&name)) => (
            "Look for a loop inside a loop, a search step by step (compute it directly, or use bisect), a list that is \
             searched where a dict or set would find, and a property that computes anew each time it is \
             read (functools.cached_property).",
            if SEARCHING.contains(&name.as_str()) {
                "by_key = {row.key: row for row in rows}  # once\nfor key in keys:\n    row = by_key[key]"
            } else {
                ""
            },
        ),
        Layer::Own | Layer::Python if name == "print" => (
            "Write once: put the lines together first, or let the output be buffered.",
            "print(\"\\n\".join(lines))",
        ),
        Layer::Own | Layer::Python | Layer::Library => (
            "Call it once for all values, where it can take them (numpy, pandas and codecs can), keep what comes again, \
             or take out of the loop what is the same each time.",
            "",
        ),
        layer => of_layer(layer, profile, Statements::default()),
    }
}
