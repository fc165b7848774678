//! Writes row by row: the same INSERT, UPDATE or DELETE many times in one request.

use rustc_hash::FxHashMap;

use super::asked::{self, Cause};
use super::groups::{Lists, each_group};
use super::n_plus_one::request_title;
use super::pricing::Price;
use super::shape::model;
use super::{
    About, Bound, Case, Confidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, evidence,
};
use crate::format;
use crate::queries::{Operation, QueryLog};
use crate::sort;

/// See the module.
pub(super) struct RowWrites;

const EXECUTIONS: Threshold = Threshold {
    key: "executions",
    title: "minimum equal writes per request",
    default: 5.0,
    unit: Unit::Count,
    source: "as for N+1 queries",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "row-writes",
    title: "Writes row by row",
    looks_at: LooksAt::Either,
    thresholds: &[EXECUTIONS],
};

#[derive(Default)]
struct Writes {
    executions: u64,
    time: f64,
    price: Price,
    inferred: bool,
    /// Executions, request, first and last statement.
    worst: (usize, u32, u32, u32),
}

impl Rule for RowWrites {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        asked::judge(case, &ABOUT, Cause::Saves, settings.get(&ABOUT, &EXECUTIONS) * 2.0, findings);
        let Case::Queries(log, _) = *case else { return };
        let mut all: FxHashMap<u32, Writes> = FxHashMap::default();
        each_group(log, |group| {
            let fingerprint = &log.fingerprints[group.fingerprint as usize];
            let count = group.statements.len();
            if !matches!(fingerprint.operation, Operation::Insert | Operation::Update | Operation::Delete)
                || fingerprint.tables.is_empty()
                || Lists::of(log, group.fingerprint) == Lists::Batches
                || (count as f64) < settings.get(&ABOUT, &EXECUTIONS)
            {
                return;
            }
            let time = group.time(log);
            let writes = all.entry(group.fingerprint).or_default();
            writes.executions += count as u64;
            writes.time += time;
            let saved = time - time / count as f64;
            writes.price.add(log, group.around, group.statements, count as f64 - 1.0, saved);
            writes.inferred |= log.requests[group.request as usize].origin.is_inferred();
            if count > writes.worst.0 {
                writes.worst = (count, group.request, group.statements[0], group.statements[count - 1]);
            }
        });
        let mut all: Vec<(u32, Writes)> =
            all.into_iter().filter(|(_, writes)| writes.price.saving() > 0.0).collect();
        sort::by_number(&mut all, |(fingerprint, _)| *fingerprint);
        findings.extend(all.iter().map(|(fingerprint, writes)| finding(log, *fingerprint, writes)));
    }
}

fn finding(log: &QueryLog, id: u32, writes: &Writes) -> Finding {
    let fingerprint = &log.fingerprints[id as usize];
    let (count, request, first, last) = writes.worst;
    let table = fingerprint.tables.first().map_or("a table", String::as_str);
    let name = model(table);
    let (verb, remedy, code) = match fingerprint.operation {
        Operation::Insert => (
            "inserts",
            "Make the objects first and insert them at once. bulk_create calls neither save() nor the signals; with \
             update_conflicts=True it updates what is there.",
            format!("{name}.objects.bulk_create(rows, batch_size=500)"),
        ),
        Operation::Delete => (
            "deletes",
            "Delete by one condition in place of one row after the other.",
            format!("{name}.objects.filter(pk__in=keys).delete()"),
        ),
        _ => (
            "updates",
            "If all rows get the same, update them by one condition, with F() for what depends on the row; if each \
             gets its own, bulk_update. Neither calls save() or the signals.",
            format!(
                "{name}.objects.filter(…).update(stock=F(\"stock\") - 1)\n{name}.objects.bulk_update(rows, \
                 [\"stock\"], batch_size=500)"
            ),
        ),
    };
    let origin = log.span().map_or(0.0, |(first, _)| first);
    let (from, to) = (log.statements.start[first as usize], log.statements.end(last as usize));
    let mut shown = vec![
        evidence::count("executions", "Executions in all", writes.executions),
        evidence::count("executions_in_worst_request", "In the worst request", count as u64)
            .at(Link::Range(from - origin, to - origin)),
        evidence::time("total_ms", "Their time", writes.time),
        evidence::query(log, "query", "The statement", id),
    ];
    shown.extend(evidence::code(log, first));
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: fingerprint.text.clone(),
        title: format!(
            "{} {verb} {table} {}: {count} statements where one would do",
            request_title(log, request),
            Lists::of(log, id).text()
        ),
        at_stake: writes.price.at_stake(),
        saving: writes.price.saving(),
        bound: Bound::Estimate,
        computed: format!(
            "The {} executions take {}; one in place of those of a request takes about as long as one of them. {}",
            format::count(writes.executions as i64),
            format::milliseconds(writes.price.at_stake()),
            writes.price.computed()
        ),
        evidence: shown,
        remedy: remedy.to_owned(),
        code,
        confidence: if writes.inferred { Confidence::Medium } else { Confidence::High },
        doubts: "Each write may need the answer to the one before, or a signal of its own.".to_owned(),
        also: Vec::new(),
        price: Some(writes.price),
    }
}
