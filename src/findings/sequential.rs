//! Independent queries in sequence: slow SELECTs one after the other, none of which can depend on the one
//! before.
//!
//! [Sentry's rule](https://docs.sentry.io/product/issues/issue-details/performance-issues/consecutive-db-queries/).

use super::n_plus_one::request_title;
use super::{
    About, Bound, Case, Confidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, evidence,
};
use crate::queries::{Clock, Fingerprint, Operation, QueryLog};
use crate::sort;

/// See the module.
pub(super) struct Sequential;

const EACH: Threshold = Threshold {
    key: "each",
    title: "minimum time of each query",
    default: 30.0,
    unit: Unit::Milliseconds,
    source: "as Sentry",
};

const SAVING: Threshold = Threshold {
    key: "saving",
    title: "minimum saving if they ran at once",
    default: 100.0,
    unit: Unit::Milliseconds,
    source: "as Sentry",
};

/// So far, ms, may a query seem to begin before the end of the one before: servers round what they write to
/// the millisecond.
const STAMP: f64 = 1.0;

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "sequential",
    title: "Independent queries in sequence",
    looks_at: LooksAt::Queries,
    thresholds: &[EACH, SAVING],
};

impl Rule for Sequential {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        if log.clock == Clock::Sequence {
            return;
        }
        let independent: Vec<bool> = log.fingerprints.iter().map(is_independent).collect();
        let (first, by_request) = log.by_request();
        let mut worst: std::collections::BTreeMap<Vec<u32>, (f64, f64, u64, u32)> = Default::default();
        for request in 0..log.requests.len() {
            let own = &by_request[first[request] as usize..first[request + 1] as usize];
            let slow = |at: &u32| {
                independent[log.statements.fingerprint[*at as usize] as usize]
                    && evidence::duration(log, *at) >= settings.get(&ABOUT, &EACH)
            };
            let in_turn = |a: &u32, b: &u32| {
                log.statements.start[*b as usize] >= log.statements.end(*a as usize) - STAMP
            };
            // They cannot take longer than the request.
            let whole = log.requests[request].duration;
            let whole = if whole > 0.0 { whole } else { f64::INFINITY };
            let runs = own.chunk_by(|a, b| slow(a) && slow(b) && in_turn(a, b));
            for run in runs.filter(|run| run.len() > 1) {
                let mut ids: Vec<u32> =
                    run.iter().map(|&at| log.statements.fingerprint[at as usize]).collect();
                sort::by_number(&mut ids, |id| *id);
                ids.dedup();
                if ids.len() < run.len() {
                    continue;
                }
                let total = run.iter().map(|&at| evidence::duration(log, at)).sum::<f64>().min(whole);
                let longest = run.iter().map(|&at| evidence::duration(log, at)).fold(0.0, f64::max);
                if total - longest >= settings.get(&ABOUT, &SAVING) {
                    let found = worst.entry(ids).or_insert((0.0, 0.0, 0, run[0]));
                    found.0 += total;
                    found.1 += total - longest;
                    found.2 += 1;
                }
            }
        }
        findings.extend(worst.iter().map(|(ids, found)| finding(log, ids, *found)));
    }
}

/// Whether its text leaves no value open that the query before could have given. Those of its own LIMIT are
/// none; of a subquery's there is more to come, its parenthesis at least.
fn is_independent(fingerprint: &Fingerprint) -> bool {
    let text = fingerprint.text.as_str();
    let own = text.rfind(" LIMIT ").filter(|&at| !text[at..].contains(')'));
    let body = own.map_or(text, |at| &text[..at]);
    fingerprint.operation == Operation::Select && !fingerprint.tables.is_empty() && !body.contains('?')
}

fn finding(log: &QueryLog, ids: &[u32], (total, saving, times, first): (f64, f64, u64, u32)) -> Finding {
    let origin = log.span().map_or(0.0, |(first, _)| first);
    let from = log.statements.start[first as usize] - origin;
    let mut shown = vec![
        evidence::count("queries", "Queries", ids.len() as u64),
        evidence::count("requests", "Requests with them", times),
        evidence::time("total_ms", "One after the other", total),
        evidence::time("longest_ms", "Side by side", total - saving)
            .at(Link::Range(from, from + (total / times.max(1) as f64).max(1e-3))),
    ];
    shown
        .extend(evidence::queries(log, ids.iter().map(|&id| (id, log.numbers[id as usize].total)).collect()));
    let texts: Vec<&str> = ids.iter().map(|&id| log.fingerprints[id as usize].text.as_str()).collect();
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: texts.join("; "),
        title: format!(
            "{} waits for {} queries in turn that do not depend on each other",
            request_title(log, log.statements.request[first as usize]),
            ids.len()
        ),
        at_stake: total,
        saving,
        bound: Bound::AtMost,
        computed: "Side by side they would take as long as the longest of them.".to_owned(),
        evidence: shown,
        remedy: "Ask for what belongs together in one query (several aggregates in one aggregate(), a union, a \
                 subquery), keep answers that change seldom, or run them side by side (asyncio.gather over the \
                 asynchronous ORM, each on a connection of its own)."
            .to_owned(),
        code: "Model.objects.aggregate(Count(\"pk\"), Sum(\"amount\"), paid=Count(\"pk\", filter=Q(paid=True)))"
            .to_owned(),
        confidence: Confidence::Medium,
        doubts: "The code may look at one answer before it asks for the next; and a busy server runs them no \
                 faster side by side."
            .to_owned(),
        also: Vec::new(),
        price: None,
    }
}
