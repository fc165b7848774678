//! The part of the code that most of the database's time comes from.

use super::n_plus_one::place;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format::{self, pstats_place};

/// See the module.
pub(super) struct StatementSites;

const TIME: Threshold = Threshold {
    key: "time",
    title: "the statements of one place take at least so long",
    default: 50.0,
    unit: Unit::Milliseconds,
    source: "Sentry's rules for the database begin at 50 ms",
};

const SHARE: Threshold = Threshold {
    key: "share",
    title: "and at least this share of all statements' time",
    default: 0.5,
    unit: Unit::Share,
    source: "our own: more than everything else together",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "statement-sites",
    title: "The code that statements come from",
    looks_at: LooksAt::Both,
    thresholds: &[TIME, SHARE],
};

/// Places named one by one.
const NAMED: usize = 3;

impl Rule for StatementSites {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Pair(profile, log) = *case else { return };
        // By the stacks in the log; without those by the profile's call tree, scaled to the log.
        let recorded = log.sited > 0.0;
        let entries: f64 = profile.sites.iter().map(|site| site.time).sum();
        let places: Vec<(String, f64, Vec<Evidence>)> = if recorded {
            log.sites
                .iter()
                .take(NAMED)
                .map(|site| {
                    let spelt = place(&site.frame);
                    let label = format!(
                        "{} in {} statements from",
                        format::milliseconds(site.time),
                        format::count(i64::from(site.executions))
                    );
                    let place =
                        Evidence::new("", &label, Value::Place(spelt.clone())).at(Link::Query(site.query));
                    (
                        spelt,
                        site.time,
                        vec![
                            place,
                            Evidence::new("", "most of it for", Value::Sql(site.text.clone()))
                                .at(Link::Query(site.query)),
                        ],
                    )
                })
                .collect()
        } else {
            profile
                .sites
                .iter()
                .take(NAMED)
                .map(|site| {
                    let time = site.time / entries * log.total;
                    let spelt = pstats_place(&site.file, site.line, &site.name);
                    let label = format!("≈ {} of the statements from", format::milliseconds(time));
                    let place = Evidence::new("", &label, Value::Place(spelt.clone()))
                        .at(Link::Function(site.function));
                    (spelt, time, vec![place])
                })
                .collect()
        };
        let Some((first, time, _)) = places.first() else { return };
        let (first, time) = (first.clone(), *time);
        let total = if recorded { log.sited } else { log.total };
        if total <= 0.0 || time < settings.get(&ABOUT, &TIME) || time < settings.get(&ABOUT, &SHARE) * total {
            return;
        }
        let mut evidence = vec![
            Evidence::new("site_ms", "Its statements", Value::Milliseconds(time)),
            Evidence::new("share", "Share of all statements' time", Value::Share(time / total)),
            Evidence::new("statements", "Statements in all", Value::Count(u64::from(log.executions))),
        ];
        for (rank, (_, _, named)) in places.into_iter().enumerate() {
            for (part, mut one) in named.into_iter().enumerate() {
                one.key = format!("{}_{}", if part == 0 { "place" } else { "query" }, rank + 1);
                evidence.push(one);
            }
        }
        findings.push(Finding {
            unit: crate::format::Unit::Seconds,
            rule: ABOUT.id.to_owned(),
            key: first.clone(),
            title: format!("{} of the database's time comes from {first}", format::percent(time / total)),
            at_stake: time,
            saving: time,
            bound: Bound::AtMost,
            computed: if recorded {
                "By the stack that was recorded with each statement: the sum of the durations of those whose \
                 innermost own frame is this line."
                    .to_owned()
            } else {
                "By the profile: the share of the time in the database layer that this function calls for, of \
                 the log's total."
                    .to_owned()
            },
            evidence,
            remedy: "Look at this place before any other: what it asks in a loop can be asked once, and what it \
                     asks each time can be kept."
                .to_owned(),
            code: String::new(),
            confidence: if recorded { Confidence::High } else { Confidence::Low },
            doubts: if recorded {
                "A queryset runs where it is read, not where it is written: the line may be the loop, and the \
                 query be made elsewhere."
                    .to_owned()
            } else {
                "pstats keeps no stacks: which function a statement belongs to is estimated. Flamedrop's \
                 recorder writes the stack of each statement."
                    .to_owned()
            },
        });
    }
}
