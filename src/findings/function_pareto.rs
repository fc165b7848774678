//! The few functions that make 80 % of a profile's time.

use super::digest::ProfileDigest;
use super::layers::TIME;
use super::summary::VITAL_SHARE;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    heaviest,
};
use crate::format;

/// See the module.
pub(super) struct FunctionPareto;

const FEW: Threshold = Threshold {
    key: "few",
    title: "and at most this share of the functions makes 80 % of it",
    default: 0.2,
    unit: Unit::Share,
    source: "Pareto's rule: 20 % of the causes make 80 % of the effect",
};

const MOST: Threshold = Threshold {
    key: "most",
    title: "which are at most",
    default: 25.0,
    unit: Unit::Count,
    source: "our own: a longer list is nothing to begin with",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "function-pareto",
    title: "Functions that make 80 % of the time",
    looks_at: LooksAt::Profile,
    thresholds: &[TIME, FEW, MOST],
};

/// Milliseconds: what a profiler charges is nothing beside calls that take so long.
const LONG: f64 = 0.1;

/// Functions named one by one.
const NAMED: usize = 5;

impl Rule for FunctionPareto {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, .., digest) = *case else { return };
        let ProfileDigest { functions, total, .. } = digest;
        // Without what a server waits for its next visitor.
        let total = total.min(functions.total);
        let (vital, sum) = functions.vital(VITAL_SHARE);
        let few = settings.get(&ABOUT, &FEW) * f64::from(functions.count);
        // `vital` is cut where the list is: then there are too many to be few.
        if vital == 0
            || total < settings.get(&ABOUT, &TIME)
            || vital as f64 > few.max(1.0).min(settings.get(&ABOUT, &MOST))
            || sum < VITAL_SHARE * functions.total
        {
            return;
        }
        let mut evidence = vec![
            Evidence::new("functions", "Functions that make 80 %", Value::Count(vital as u64)),
            Evidence::new("of", "Of all functions", Value::Count(u64::from(functions.count))),
            Evidence::new("self_ms", "Their self time", Value::Milliseconds(sum)),
            Evidence::new("share", "Share of the profile", Value::Share(sum / total)),
        ];
        evidence.extend(heaviest(profile.unit, functions.largest.iter().take(vital.min(NAMED))));
        let calls: i64 = functions
            .largest
            .iter()
            .take(vital)
            .map(|item| match item.link {
                Link::Function(id) => profile.functions.calls_of(id).unwrap_or(0),
                _ => 0,
            })
            .sum();
        let names =
            if vital == 1 { "One function makes".to_owned() } else { format!("{vital} functions make") };
        findings.push(Finding {
            unit: crate::format::Unit::Seconds,
            rule: ABOUT.id.to_owned(),
            key: String::new(),
            title: format!("{names} {} of the time", format::percent(sum / total)),
            at_stake: sum,
            saving: sum,
            bound: Bound::AtMost,
            computed: format!(
                "Their self times add up to {}; nothing saves more than that.",
                profile.unit.thousandths(sum)
            ),
            evidence,
            remedy: if vital == 1 {
                "Begin with it: call it less often before you make it quicker. Who calls it is under Callers and \
                 callees."
            } else {
                "Begin with these, in this order: call them less often before you make them quicker. Who calls them \
                 is under Callers and callees."
            }
            .to_owned(),
            code: String::new(),
            confidence: Confidence::High,
            doubts: if sum < LONG * calls as f64 {
                "cProfile charges every call; functions that are called very often look heavier than they are."
            } else {
                "Waiting counts as working does: time asleep, or until a thread or another server is done, is in it."
            }
            .to_owned(),
        });
    }
}
