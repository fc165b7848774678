//! Slow statements: queries that take long each time they run.

use super::digest::{frame, shortened};
use super::n_plus_one::place;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format;
use crate::queries::Operation;

/// See the module.
pub(super) struct SlowStatements;

const DURATION: Threshold = Threshold {
    key: "duration",
    title: "from so long on an execution is slow",
    default: 500.0,
    unit: Unit::Milliseconds,
    source: "django-debug-toolbar (SQL_WARNING_THRESHOLD), Sentry and New Relic (explain_threshold): 500 ms",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "slow-statements",
    title: "Slow statements",
    looks_at: LooksAt::Queries,
    thresholds: &[DURATION],
};

impl Rule for SlowStatements {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let threshold = settings.get(&ABOUT, &DURATION);
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
            let tables = fingerprint.tables.join(", ");
            findings.push(Finding {
                rule: ABOUT.id.to_owned(),
                key: fingerprint.text.clone(),
                title: format!(
                    "{} takes up to {}: {}",
                    match (fingerprint.operation, tables.is_empty()) {
                        (_, true) => "A statement".to_owned(),
                        (Operation::Select, _) => format!("A query of {tables}"),
                        (Operation::Insert, _) => format!("An insert into {tables}"),
                        (Operation::Update, _) => format!("An update of {tables}"),
                        (Operation::Delete, _) => format!("A delete from {tables}"),
                        _ => format!("A statement on {tables}"),
                    },
                    format::milliseconds(slowest),
                    shortened(&fingerprint.text),
                ),
                at_stake: time,
                saving: above,
                bound: Bound::Estimate,
                computed: format!(
                    "{} executions took {} or more, {} together; that is what they took above {} each.",
                    format::count(count as i64),
                    format::milliseconds(threshold),
                    format::milliseconds(time),
                    format::milliseconds(threshold),
                ),
                evidence,
                remedy: "Ask the database how it runs: an index on the columns of WHERE and JOIN, a narrower \
                         question (fewer rows, .only() fewer columns), or an answer that is kept (a column that \
                         is updated on write, a table or cache that is refreshed now and then). Reports can be \
                         made by a task, away from the request."
                    .to_owned(),
                code: "print(queryset.explain(analyze=True))  # Seq Scan over many rows: an index is missing\n\
                       \nclass Meta:\n    indexes = [models.Index(fields=[\"…\"])]"
                    .to_owned(),
                // One slow execution may have met a lock or a cold cache.
                confidence: if count > 1 || numbers.calls == 1 { Confidence::Medium } else { Confidence::Low },
                doubts: "A lock, a cold cache or a busy machine makes a quick statement slow once: look whether \
                         the median is slow as well."
                    .to_owned(),
            });
        }
    }
}
