//! The few queries that make 80 % of the database's time.

use super::digest::{QueriesDigest, shortened};
use super::summary::VITAL_SHARE;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format;

/// See the module.
pub(super) struct QueryPareto;

const TIME: Threshold = Threshold {
    key: "time",
    title: "the statements of a request take at least so long, on average",
    default: 100.0,
    unit: Unit::Milliseconds,
    source: "Laravel Telescope calls a query slow from 100 ms on; a request whose statements all together \
             take less gains little",
};

const FEW: Threshold = Threshold {
    key: "few",
    title: "and at most this share of the queries makes 80 % of it",
    default: 0.5,
    unit: Unit::Share,
    source: "Pareto's rule speaks of 20 %; a log of ten queries has no two that make 80 %",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "query-pareto",
    title: "Queries that make 80 % of the time",
    looks_at: LooksAt::Queries,
    thresholds: &[TIME, FEW],
};

/// Queries named one by one.
const NAMED: usize = 5;

impl Rule for QueryPareto {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, digest) = *case else { return };
        let QueriesDigest { queries, requests, .. } = digest;
        let (vital, sum) = queries.vital(VITAL_SHARE);
        let by_request = queries.total / f64::from((*requests).max(1));
        let few = settings.get(&ABOUT, &FEW) * f64::from(queries.count);
        if vital == 0 || by_request < settings.get(&ABOUT, &TIME) || vital as f64 > few.max(1.0) {
            return;
        }
        let mut evidence = vec![
            Evidence::new("queries", "Queries that make 80 %", Value::Count(vital as u64)),
            Evidence::new("of", "Of all queries", Value::Count(u64::from(queries.count))),
            Evidence::new("total_ms", "Their time", Value::Milliseconds(sum)),
            Evidence::new("share", "Share of all statements' time", Value::Share(sum / queries.total)),
        ];
        for (rank, item) in queries.largest.iter().take(vital.min(NAMED)).enumerate() {
            let Link::Query(id) = item.link else { continue };
            let text = shortened(&log.fingerprints[id as usize].text);
            let key = format!("query_{}", rank + 1);
            evidence.push(
                Evidence::new(&key, &format!("{} in", format::milliseconds(item.time)), Value::Sql(text))
                    .at(item.link),
            );
        }
        let names = if vital == 1 { "One query makes".to_owned() } else { format!("{vital} queries make") };
        findings.push(Finding {
            unit: crate::format::Unit::Seconds,
            rule: ABOUT.id.to_owned(),
            key: String::new(),
            title: format!("{names} {} of the database's time", format::percent(sum / queries.total)),
            at_stake: sum,
            saving: sum,
            bound: Bound::AtMost,
            computed: format!(
                "All their executions took {}; nothing saves more than that.",
                format::milliseconds(sum)
            ),
            evidence,
            remedy: "Begin with these, in this order; everything else together is not worth as much. Run them \
                     less often (a cache, a join in place of a loop), make each quicker (an index), or ask for \
                     less (.only(), .values(), a limit)."
                .to_owned(),
            code: String::new(),
            confidence: Confidence::High,
            doubts: "A log of one page, or of an hour at night, says little about the whole site.".to_owned(),
        });
    }
}
