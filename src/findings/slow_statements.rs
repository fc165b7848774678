//! Slow statements: queries that take long each time they run.

use super::asked::{self, Cause};
use super::digest::{frame, shortened};
use super::n_plus_one::place;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format;
use crate::queries::{Fingerprint, Operation, QueryLog};

/// See the module.
pub(super) struct SlowStatements;

const DURATION: Threshold = Threshold {
    key: "duration",
    title: "slow from",
    default: 500.0,
    unit: Unit::Milliseconds,
    source: "as django-debug-toolbar (SQL_WARNING_THRESHOLD), Sentry and New Relic (explain_threshold)",
};

const WAITED: Threshold = Threshold {
    key: "waited",
    title: "slow from, in a profile: mean wait per statement of a function",
    default: 60.0,
    unit: Unit::Milliseconds,
    source: "our choice: more than a statement's way to another region and back (45 ms); Sentry's rules for the database \
             begin at 50 ms",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "slow-statements",
    title: "Slow statements",
    looks_at: LooksAt::Either,
    thresholds: &[DURATION, WAITED],
};

impl Rule for SlowStatements {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        asked::judge(case, &ABOUT, Cause::Slow, settings.get(&ABOUT, &WAITED), findings);
        let Case::Queries(log, _) = *case else { return };
        let threshold = settings.get(&ABOUT, &DURATION);
        if log.statistics.is_some() {
            by_mean(log, threshold, findings);
            return;
        }
        let statements = &log.statements;
        // Per query: slow executions, their time, what of it is above the threshold, the slowest.
        let mut slow = vec![(0_u64, 0.0, 0.0, (f64::NEG_INFINITY, 0_usize)); log.fingerprints.len()];
        for (at, (&duration, &fingerprint)) in
            statements.duration.iter().zip(&statements.fingerprint).enumerate()
        {
            if duration >= threshold {
                let (count, time, above, slowest) = &mut slow[fingerprint as usize];
                *count += 1;
                *time += duration;
                *above += duration - threshold;
                if duration > slowest.0 {
                    *slowest = (duration, at);
                }
            }
        }
        for (id, (count, time, above, (slowest, at))) in slow.into_iter().enumerate() {
            let (fingerprint, numbers) = (&log.fingerprints[id], &log.numbers[id]);
            if count == 0 || fingerprint.operation == Operation::Transaction {
                continue;
            }
            let mut evidence = vec![
                Evidence::new("slow_executions", "Slow executions", Value::Count(count)),
                Evidence::new("executions", "Executions in all", Value::Count(u64::from(numbers.calls))),
                Evidence::new("slowest_ms", "The slowest", Value::Milliseconds(slowest))
                    .at(Link::Statement(at as u32)),
                Evidence::new("median_ms", "The median", Value::Milliseconds(numbers.p50)),
                Evidence::new("query", "The query", Value::Sql(fingerprint.text.clone()))
                    .at(Link::Query(id as u32)),
            ];
            if let Some(frame) = frame(log, at) {
                evidence.push(
                    Evidence::new("place", "The line of code", Value::Place(place(&frame)))
                        .at(Link::Statement(at as u32)),
                );
            }
            findings.push(Finding {
                unit: crate::format::Unit::Seconds,
                rule: ABOUT.id.to_owned(),
                key: fingerprint.text.clone(),
                title: format!(
                    "{}: up to {}: {}",
                    named(fingerprint),
                    format::milliseconds(slowest),
                    shortened(&fingerprint.text),
                ),
                at_stake: time,
                saving: above,
                bound: Bound::Estimate,
                computed: format!(
                    "{} took {} or more, {} together; that is what they took above {} each.",
                    format::counted(count as i64, "execution", "executions"),
                    format::milliseconds(threshold),
                    format::milliseconds(time),
                    format::milliseconds(threshold),
                ),
                evidence,
                remedy: REMEDY.to_owned(),
                code: CODE.to_owned(),
                // One slow execution may have met a lock or a cold cache.
                confidence: if count > 1 || numbers.calls == 1 {
                    Confidence::Medium
                } else {
                    Confidence::Low
                },
                doubts:
                    "A lock, a cold cache or a busy machine makes a quick statement slow once: look whether \
                         the median is slow as well."
                        .to_owned(),
                also: Vec::new(),
                price: None,
            });
        }
    }
}

const REMEDY: &str = "Ask the database how it runs: an index on the columns of WHERE and JOIN, a narrower question \
                      (fewer rows, .only() fewer columns), or an answer that is kept (a column that is updated on \
                      write, a table or cache that is refreshed now and then). Reports can be made by a task, away \
                      from the request.";

const CODE: &str = "print(queryset.explain(analyze=True))  # Seq Scan over many rows: an index is missing\n\
                    \nclass Meta:\n    indexes = [models.Index(fields=[\"…\"])]";

/// What a query is called at the beginning of a sentence.
fn named(fingerprint: &Fingerprint) -> String {
    let tables = fingerprint.tables.join(", ");
    match (fingerprint.operation, tables.is_empty()) {
        (_, true) => "Slow statement".to_owned(),
        (Operation::Select, _) => format!("Slow query on {tables}"),
        (Operation::Insert, _) => format!("Slow insert into {tables}"),
        (Operation::Update, _) => format!("Slow update of {tables}"),
        (Operation::Delete, _) => format!("Slow delete from {tables}"),
        _ => format!("Slow statement on {tables}"),
    }
}

/// A server's statistics have no single executions: a query is slow whose executions are on average.
fn by_mean(log: &QueryLog, threshold: f64, findings: &mut Vec<Finding>) {
    for (id, (fingerprint, numbers)) in log.fingerprints.iter().zip(&log.numbers).enumerate() {
        if numbers.calls == 0 || numbers.mean < threshold || fingerprint.operation == Operation::Transaction {
            continue;
        }
        let above = numbers.total - threshold * f64::from(numbers.calls);
        let mut evidence = vec![
            Evidence::new("executions", "Executions", Value::Count(u64::from(numbers.calls))),
            Evidence::new("mean_ms", "On average", Value::Milliseconds(numbers.mean)),
        ];
        let spread =
            [("slowest_ms", "The slowest", numbers.max), ("stddev_ms", "Standard deviation", numbers.stddev)];
        for (key, label, value) in spread.into_iter().filter(|(.., value)| value.is_finite()) {
            evidence.push(Evidence::new(key, label, Value::Milliseconds(value)));
        }
        let query = Evidence::new("query", "The query", Value::Sql(fingerprint.text.clone()));
        evidence.push(query.at(Link::Query(id as u32)));
        findings.push(Finding {
            unit: crate::format::Unit::Seconds,
            rule: ABOUT.id.to_owned(),
            key: fingerprint.text.clone(),
            title: format!(
                "{}: {} on average: {}",
                named(fingerprint),
                format::milliseconds(numbers.mean),
                shortened(&fingerprint.text),
            ),
            at_stake: numbers.total,
            saving: above.max(0.0),
            bound: Bound::Estimate,
            computed: format!(
                "{} took {} together; that is what they took above {} each.",
                format::counted(i64::from(numbers.calls), "execution", "executions"),
                format::milliseconds(numbers.total),
                format::milliseconds(threshold),
            ),
            evidence,
            remedy: REMEDY.to_owned(),
            code: CODE.to_owned(),
            confidence: if numbers.calls > 1 { Confidence::Medium } else { Confidence::Low },
            doubts: "A few very long executions make an average: look at the deviation. Statistics count from the \
                     server's last reset on, so what was repaired since is still in them."
                .to_owned(),
            also: Vec::new(),
            price: None,
        });
    }
}
