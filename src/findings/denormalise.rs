//! Denormalise: joins over a table between two others that are run often, while what they join is
//! seldom written.

use super::shape::model;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::{Fingerprint, Operation, QueryLog, Usage};
use crate::sort;

/// See the module.
pub(super) struct Denormalise;

const CALLS: Threshold = Threshold {
    key: "executions",
    title: "a join over a table between runs at least so often",
    default: 50.0,
    unit: Unit::Count,
    source: "our own: copies that are kept up to date must serve many reads",
};

const TIME: Threshold = Threshold {
    key: "time",
    title: "and takes at least so long in all",
    default: 100.0,
    unit: Unit::Milliseconds,
    source: "our own: below it there is nothing to gain",
};

const WRITTEN: Threshold = Threshold {
    key: "written",
    title: "while its tables are written at most so often for each read",
    default: 0.05,
    unit: Unit::Share,
    source: "our own: each write then has to change the copies as well",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "denormalise",
    title: "Joins to denormalise",
    looks_at: LooksAt::Queries,
    thresholds: &[CALLS, TIME, WRITTEN],
};

impl Rule for Denormalise {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        // Per table between: the queries over it.
        let mut all: std::collections::BTreeMap<&str, Vec<u32>> = std::collections::BTreeMap::new();
        for (id, fingerprint) in log.fingerprints.iter().enumerate() {
            if let Some(through) = through(fingerprint) {
                all.entry(through).or_default().push(id as u32);
            }
        }
        for (through, ids) in all {
            let numbers = || ids.iter().map(|&id| &log.numbers[id as usize]);
            let calls: u64 = numbers().map(|one| u64::from(one.calls)).sum();
            let time: f64 = numbers().map(|one| one.total).sum();
            let mut tables: Vec<&str> = Vec::new();
            for &id in &ids {
                tables.extend(log.fingerprints[id as usize].tables.iter().map(String::as_str));
            }
            sort::by_key(&mut tables, |table| *table);
            tables.dedup();
            let writes: u64 = tables.iter().map(|table| super::replay::writes(log, table)).sum();
            if calls as f64 >= settings.get(&ABOUT, &CALLS)
                && time >= settings.get(&ABOUT, &TIME)
                && writes as f64 <= settings.get(&ABOUT, &WRITTEN) * calls as f64
            {
                let queries = ids.iter().map(|&id| (id, log.numbers[id as usize].total)).collect();
                findings.push(finding(log, through, &tables, (calls, writes, time), queries));
            }
        }
    }
}

/// The table that joins two others: two of its foreign keys are compared.
fn through(fingerprint: &Fingerprint) -> Option<&str> {
    // Django's own tables are not the user's to change.
    let is_foreign = |table: &String| table.starts_with("auth_") || table.starts_with("django_");
    if fingerprint.operation != Operation::Select || fingerprint.tables.iter().any(is_foreign) {
        return None;
    }
    fingerprint.columns.iter().find_map(|one| {
        let keys = fingerprint.columns.iter().filter(|other| {
            other.mention == one.mention
                && other.column.ends_with("_id")
                && matches!(other.usage, Usage::Join | Usage::Equal | Usage::In)
        });
        let mut keys: Vec<&str> = keys.map(|other| other.column.as_str()).collect();
        sort::by_key(&mut keys, |key| *key);
        keys.dedup();
        let joined = one.usage == Usage::Join && one.partner.is_some();
        if joined && keys.len() > 1 { one.table.as_deref() } else { None }
    })
}

fn finding(
    log: &QueryLog,
    through: &str,
    tables: &[&str],
    (calls, writes, time): (u64, u64, f64),
    queries: Vec<(u32, f64)>,
) -> Finding {
    let mut shown = vec![
        Evidence::new("tables", "The tables", Value::Text(tables.join(", "))),
        evidence::count("executions", "Executions", calls),
        evidence::count("writes", "Writes of these tables", writes),
        evidence::time("total_ms", "Time of the joins", time),
    ];
    shown.extend(evidence::queries(log, queries));
    Finding {
        rule: ABOUT.id.to_owned(),
        key: through.to_owned(),
        title: format!(
            "Joins over {through} are run {} times for {}",
            format::count(calls as i64),
            format::counted(writes as i64, "write", "writes")
        ),
        at_stake: time,
        saving: time,
        bound: Bound::AtMost,
        computed: format!(
            "The joins took {} in all; with the answer kept in the row they need not run. What \
             Python takes to make objects of their rows comes on top.",
            format::milliseconds(time)
        ),
        evidence: shown,
        remedy: format!(
            "Keep what is read in the row that shows it: a JSON or array column with the names, a counter, or \
             a copied field, set when the relation changes (the m2m_changed signal of {through}, or a trigger). \
             Keep the relation itself for editing."
        ),
        code: format!(
            "class {0}(models.Model):\n    names = models.JSONField(default=list)  # kept by m2m_changed of \
             {through}",
            tables.first().map_or_else(|| "Model".to_owned(), |table| model(table))
        ),
        confidence: Confidence::Low,
        doubts:
            "A copy can go stale: weigh a cache first. The log may not hold the hours in which these tables \
                 are written."
                .to_owned(),
    }
}
