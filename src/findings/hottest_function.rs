//! The user's own functions by what a fix in them can save: their total time less that of other own functions below
//! them, and less what other rules are about (statements, templates, waiting, known library calls).

use super::caveats::overhead;
use super::naming::{called, is_generator, is_named, located, spoken};
use super::own_use::{OwnUse, heaviest, most};
use super::remedies::{Statements, of_layer};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format;
use crate::profile::writer::C_CODE;
use crate::profile::{FunctionId, Layer, Layers, Profile};
use crate::sort;

/// See the module.
pub(super) struct HottestFunction;

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum time of a function of your own, without the others of yours that it calls",
    default: 25.0,
    unit: Unit::Milliseconds,
    source: "our choice: a tenth of 250 ms, which is a quick page",
};

const SHARE: Threshold = Threshold::TENTH_OF_PROFILE;

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "hottest-function",
    title: "Slow functions of your own",
    looks_at: LooksAt::Profile,
    thresholds: &[TIME, SHARE],
};

/// Callers named one by one.
const CALLERS: usize = 3;

impl Rule for HottestFunction {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, layers, _, digest, uses) = *case else { return };
        let busy = digest.busy();
        let least = settings.get(&ABOUT, &TIME).max(settings.get(&ABOUT, &SHARE) * busy);
        for (id, own) in heaviest(uses, |own| own.computes, least) {
            findings.push(finding(profile, layers, id, own, busy));
        }
    }
}

fn finding(profile: &Profile, layers: &Layers, id: FunctionId, own: &OwnUse, busy: f64) -> Finding {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let total = (profile.outermost_total(id) * 1e3).max(0.0);
    let time = if total > 0.0 { own.computes.min(total) } else { own.computes }.min(busy);
    // None where the file has none: then nothing rests on them.
    let calls = functions.calls_of(id).unwrap_or(0);
    let through = most(&own.through).filter(|(callee, one)| *callee != id && one.time >= own.computes / 3.0);
    let mut evidence = vec![
        Evidence::new("function", "The function", Value::Place(functions.place(id))).at(Link::Function(id)),
        Evidence::new("own_ms", "Without other functions of your own", Value::Milliseconds(time)),
        Evidence::new("total_ms", "With all it calls", Value::Milliseconds(total.max(time))),
        Evidence::new("share", "Share of the profile", Value::share(time, busy)),
    ];
    if calls > 0 {
        evidence.push(Evidence::new("calls", "Calls", Value::Count(calls as u64)));
    }
    let mut by_callee: Vec<_> = own.through.iter().filter(|(callee, _)| **callee != id).collect();
    sort::by(&mut by_callee, |a, b| b.1.time.total_cmp(&a.1.time).then(a.0.cmp(b.0)));
    for (rank, (callee, one)) in by_callee.into_iter().take(CALLERS).enumerate() {
        if one.time * 10.0 < time {
            break;
        }
        // Where recursion is counted at each level, a part may be written as more than the whole.
        let part = profile.unit.thousandths(one.time.min(total.max(time)));
        let label = match one.calls.round() {
            calls if calls > 1.0 => format!("{part} of it in {} calls of", format::count(calls as i64)),
            _ => format!("{part} of it in"),
        };
        let place = Value::Place(functions.place(*callee));
        evidence
            .push(Evidence::new(&format!("callee_{}", rank + 1), &label, place).at(Link::Function(*callee)));
    }
    let mut callers: Vec<usize> = edges.into(id).collect();
    sort::by(&mut callers, |&a, &b| edges.total_time[b].total_cmp(&edges.total_time[a]));
    for (rank, &edge) in callers.iter().take(CALLERS).enumerate() {
        let caller = edges.caller[edge];
        let label = match profile.edge_calls(edge).unwrap_or(0) {
            1 => "Called once by".to_owned(),
            calls @ 2.. => format!("Called {} times by", format::count(calls)),
            _ => "Called by".to_owned(),
        };
        let place = Value::Place(functions.place(caller));
        evidence
            .push(Evidence::new(&format!("caller_{}", rank + 1), &label, place).at(Link::Function(caller)));
    }
    let spends = match through {
        Some((callee, one)) if one.calls >= 1.5 => {
            format!(": {} {} times", called(functions, callee), format::count(one.calls.round() as i64))
        }
        Some((callee, _)) => format!(": {}", called(functions, callee)),
        None => match calls {
            2.. if is_generator(profile, id) => format!(", for {} items", format::count(calls)),
            2.. => format!(", in {} calls", format::count(calls)),
            _ => String::new(),
        },
    };
    let often = match calls {
        0 => None,
        calls => Some(calls > 100),
    };
    let (remedy, code) = remedy(profile, layers, id, through.map(|(callee, _)| callee), often);
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: format!("{}({})", functions.file(id), functions.name(id)),
        title: format!(
            "{} takes {}, {}{spends}",
            located(functions, id),
            profile.unit.thousandths(time),
            format::percent((time / busy).clamp(0.0, 1.0)),
        ),
        at_stake: time,
        saving: time,
        bound: Bound::AtMost,
        computed: "Its total time, without that of other functions of your own below it, without statements, templates \
                   and waiting: a fix in it can save up to all of that."
            .to_owned(),
        evidence,
        remedy,
        code,
        confidence: Confidence::Medium,
        doubts: match often {
            Some(true) => overhead(profile),
            _ => "This is one recording: with other arguments, or in another request, it may take more or less time."
                .to_owned(),
        },
        also: Vec::new(),
        price: None,
    }
}

/// What helps, and code. `often`: whether it is called often, if the file has calls.
fn remedy(
    profile: &Profile,
    layers: &Layers,
    id: FunctionId,
    through: Option<FunctionId>,
    often: Option<bool>,
) -> (String, String) {
    let functions = &profile.functions;
    let name = &*functions.known_name(id);
    let is_often = often == Some(true);
    let keep = " Where the same comes again, keep the result (functools.lru_cache, if it depends on its arguments \
                alone and they can be hashed).";
    if let Some(callee) = through {
        if functions.name(callee) == C_CODE {
            let remedy = "Most of it is in C code, of which this file does not say what it is: sleeping, a database, sorting. \
                          Record again with built-in functions.";
            return (remedy.to_owned(), "yappi.start(builtins=True)".to_owned());
        }
        let layer = layers.layer(callee);
        if matches!(layer, Layer::Regex | Layer::Serialisation) {
            let (remedy, code) = of_layer(layer, profile, Statements::default());
            return (format!("{remedy}{}", if is_often { keep } else { "" }), code.to_owned());
        }
        if spoken(functions, callee) == "print" {
            return (
                "Write once: put the lines together first, or let the output be buffered.".to_owned(),
                "print(\"\\n\".join(lines))".to_owned(),
            );
        }
        if matches!(spoken(functions, callee).as_str(), "list.count" | "list.index" | "list.remove") {
            return (
                "A list is searched from its beginning each time: make a dict or a set of it once, before the loop."
                    .to_owned(),
                "by_key = {row.key: row for row in rows}  # once\nfor key in keys:\n    row = by_key[key]"
                    .to_owned(),
            );
        }
    }
    let remedy = if is_generator(profile, id) {
        "It gives items one by one: ask for fewer of them (filter and sum in the database), or do for each \
         only what the sum needs."
    } else if is_often && is_named(name) {
        "It is called often: take it out of the loop, do the work once for all rows, or keep results \
         that come again (functools.lru_cache, if it depends on its arguments alone and they can be hashed)."
    } else if is_often {
        "It is called often: take it out of the loop, or do the work once for all rows."
    } else if often.is_none() {
        "Look for loops in it, and for what they call: use a dict or set in place of searching lists, do work once that \
         comes again, and let the database filter, sort and sum."
    } else {
        "Most of the time is within few calls: look for loops inside it, use a dict or set in place of \
         searching lists, and let the database filter, sort and sum."
    };
    // Whether its result depends on its arguments alone only the code says.
    (remedy.to_owned(), String::new())
}
