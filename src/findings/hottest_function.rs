//! The single hottest function of the user's own code, with those who call it.

use super::naming::{is_generator, is_named, spoken, titled};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format::{self, pstats_place};
use crate::profile::FunctionId;
use crate::sort;

/// See the module.
pub(super) struct HottestFunction;

const TIME: Threshold = Threshold {
    key: "time",
    title: "an own function takes at least so long in itself",
    default: 25.0,
    unit: Unit::Milliseconds,
    source: "our own: a tenth of 250 ms, which is a quick page",
};

const SHARE: Threshold = Threshold {
    key: "share",
    title: "and at least this share of the profile",
    default: 0.1,
    unit: Unit::Share,
    source: "our own: below a tenth there is more to gain elsewhere",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "hottest-function",
    title: "The hottest function of your own",
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
        let Case::Profile(profile, layers, _, digest) = *case else { return };
        let Some(hottest) = digest.hottest.first() else { return };
        if hottest.time < settings.get(&ABOUT, &TIME)
            || hottest.time < settings.get(&ABOUT, &SHARE) * digest.total
        {
            return;
        }
        let (functions, edges) = (&profile.functions, &profile.edges);
        let (id, at) = (hottest.function, hottest.function as usize);
        let calls = functions.calls_of(id).unwrap_or(-1);
        let mut evidence = vec![
            Evidence::new(
                "function",
                "The function",
                Value::Place(pstats_place(&hottest.file, hottest.line, &hottest.name)),
            )
            .at(Link::Function(id)),
            Evidence::new("own_ms", "In itself and built-in functions", Value::Milliseconds(hottest.time)),
            Evidence::new(
                "total_ms",
                "With all it calls",
                Value::Milliseconds(functions.total_time[at] * 1e3),
            ),
            Evidence::new("share", "Share of the profile", Value::Share(hottest.time / digest.total)),
        ];
        if calls > 0 {
            evidence.push(Evidence::new("calls", "Calls", Value::Count(calls as u64)));
        }
        let built_in = edges
            .out_of(id)
            .iter()
            .map(|&edge| (edges.callee[edge as usize], edges.self_time[edge as usize] * 1e3))
            .filter(|&(callee, time)| layers.is_shared(functions, callee) && time >= hottest.time / 2.0)
            .max_by(|a, b| a.1.total_cmp(&b.1));
        let mostly = |(callee, time): (FunctionId, f64)| {
            Evidence::new(
                "built_in",
                &format!("{} of it in", profile.unit.thousandths(time)),
                Value::Place(functions.place(callee)),
            )
            .at(Link::Function(callee))
        };
        evidence.extend(built_in.map(mostly));
        let mut callers: Vec<usize> = edges.into(id).collect();
        sort::by(&mut callers, |&a, &b| edges.total_time[b].total_cmp(&edges.total_time[a]));
        for (rank, &edge) in callers.iter().take(CALLERS).enumerate() {
            let caller = edges.caller[edge];
            let text = functions.place(caller);
            let label = match profile.edge_calls(edge).unwrap_or(-1) {
                1 => "Called once by".to_owned(),
                calls @ 2.. => format!("Called {} times by", format::count(calls)),
                _ => "Called by".to_owned(),
            };
            evidence.push(
                Evidence::new(&format!("caller_{}", rank + 1), &label, Value::Place(text))
                    .at(Link::Function(caller)),
            );
        }
        let often = calls > 100;
        let gives_items = is_generator(profile, id);
        let named = is_named(&hottest.name);
        let of_calls = match calls {
            1 => " in one call".to_owned(),
            // A sampler sees no calls.
            i64::MIN..=-1 => String::new(),
            calls if gives_items => format!(" for {} items", format::count(calls)),
            calls => format!(" in {} calls", format::count(calls)),
        };
        let most = built_in
            .map_or(String::new(), |(callee, _)| format!(", most of it in {}", spoken(functions, callee)));
        findings.push(Finding {
            unit: crate::format::Unit::Seconds,
            rule: ABOUT.id.to_owned(),
            key: format!("{}({})", hottest.file, hottest.name),
            title: format!(
                "{} is your hottest function: {}{of_calls}{most}",
                titled(functions, id),
                profile.unit.thousandths(hottest.time),
            ),
            at_stake: hottest.time,
            saving: hottest.time,
            bound: Bound::AtMost,
            computed: "Its self time, and that of the built-in functions it calls; a fix saves at most all of \
                       it."
                .to_owned(),
            evidence,
            remedy: if gives_items {
                "It gives items one by one: ask for fewer of them (filter and sum in the database), or do for each \
                 only what the sum needs."
            } else if often && named {
                "It is called often: take it out of the loop, do the work once for all rows, or keep results \
                 that come again (functools.lru_cache, if it depends on its arguments alone and they can be hashed)."
            } else if often {
                "It is called often: take it out of the loop, or do the work once for all rows."
            } else if calls < 0 {
                "Look who calls it how often, and for loops inside it: use a dict or set in place of searching lists, \
                 and let the database filter, sort and sum."
            } else {
                "Most of the time is within few calls: look for loops inside it, use a dict or set in place of \
                 searching lists, and let the database filter, sort and sum."
            }
            .to_owned(),
            // Whether its result depends on its arguments alone only the code says.
            code: String::new(),
            confidence: Confidence::Medium,
            doubts: if often {
                "cProfile charges every call; the true share of a function that is called very often is smaller. \
                 A generator counts as called for each item it gives."
            } else {
                "One recording: with other arguments, and in another request, it may take another time."
            }
            .to_owned(),
        });
    }
}
