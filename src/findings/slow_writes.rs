//! Tables whose writes are slow, beside how little they are read: too many indexes, or locks.

use super::groups::Lists;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence, index_candidates, unindexable,
};
use crate::format;
use crate::queries::{Operation, QueryLog};
use crate::schema::Index;
use crate::sort;

/// See the module.
pub(super) struct SlowWrites;

const MEAN: Threshold = Threshold {
    key: "mean",
    title: "minimum mean time of a write (per 100 rows, where it writes many)",
    default: 20.0,
    unit: Unit::Milliseconds,
    source: "as PgHero's slow queries",
};

const WRITES: Threshold = Threshold {
    key: "writes",
    title: "minimum number of them",
    default: 5.0,
    unit: Unit::Count,
    source: "our choice: one may have met a checkpoint",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "slow-writes",
    title: "Slow writes",
    looks_at: LooksAt::Queries,
    thresholds: &[MEAN, WRITES],
};

impl Rule for SlowWrites {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let targets: Vec<Option<&str>> = log.fingerprints.iter().map(written).collect();
        let mut tables: Vec<&str> = targets.iter().copied().flatten().collect();
        sort::by_key(&mut tables, |table| *table);
        tables.dedup();
        for table in tables {
            let (mut calls, mut time, mut waited, mut known) = (0_u64, 0.0, 0.0, false);
            let (mut reads, mut read_time) = (0_u64, 0.0);
            let (mut hundreds, mut longest) = (0.0, 0);
            let (mut searching, mut is_mysql) = (0_u64, false);
            let mut queries = Vec::new();
            for (id, (fingerprint, numbers)) in log.fingerprints.iter().zip(&log.numbers).enumerate() {
                if targets[id] == Some(table) {
                    // What an index would make quick is its finding's, and no table's indexes make it slow.
                    if !index_candidates::wanted(fingerprint, numbers, settings).is_empty()
                        || unindexable::obstacle(fingerprint, numbers, settings).is_some()
                    {
                        searching += u64::from(numbers.calls);
                        continue;
                    }
                    calls += u64::from(numbers.calls - numbers.without_duration);
                    time += numbers.total;
                    hundreds += self::hundreds(log, id as u32);
                    longest = longest.max(fingerprint.longest_list);
                    waited += numbers.lock_time.map_or(0.0, |lock| lock.total);
                    known |= numbers.lock_time.is_some();
                    queries.push((id as u32, numbers.total));
                    is_mysql |= fingerprint.is_mysql;
                } else if fingerprint.operation == Operation::Select
                    && fingerprint.tables.iter().any(|name| name == table)
                {
                    reads += u64::from(numbers.calls);
                    read_time += numbers.total;
                }
            }
            let mean = time / calls.max(1) as f64;
            if (calls as f64) < settings.get(&ABOUT, &WRITES)
                || mean < settings.get(&ABOUT, &MEAN)
                || time < settings.get(&ABOUT, &MEAN) * hundreds
            {
                continue;
            }
            let mut shown = vec![
                evidence::count("writes", "Writes", calls),
                Evidence::new("rate", "That is", Value::Text(evidence::rate(log, calls))),
                evidence::time("mean_ms", "One takes", mean),
                evidence::time("total_ms", "Their time", time),
                evidence::count("reads", "Reads of the table", reads),
                evidence::time("reads_ms", "Time of the reads", read_time),
            ];
            if longest > 1 {
                shown.push(evidence::count("rows", "Rows at once, at most", u64::from(longest)));
            }
            if known {
                shown.push(evidence::time("lock_ms", "Of the writes' time, waiting for locks", waited));
            }
            let known = settings.schema().table(table);
            let mut superfluous = Vec::new();
            if let Some(known) = known {
                shown.push(evidence::count(
                    "indexes",
                    "Its indexes, by the schema",
                    known.indexes.len() as u64,
                ));
                superfluous = known.redundant();
            }
            if !superfluous.is_empty() {
                let pairs: Vec<String> = superfluous
                    .iter()
                    .map(|(index, by)| format!("{}: {} serves as well", index.text(), by.text()))
                    .collect();
                let label = "Superfluous among them";
                shown.push(Evidence::new("superfluous", label, Value::Text(pairs.join("; "))));
            }
            shown.extend(evidence::queries(log, queries));
            let names: Vec<&Index> = superfluous.into_iter().map(|(index, _)| index).collect();
            findings.push(finding(table, &names, (calls, mean, time), searching, is_mysql, shown));
        }
    }
}

/// How many hundreds of rows a query's executions write, at least one each: by the rows that the log says, or as
/// if each were as long as the longest.
fn hundreds(log: &QueryLog, id: u32) -> f64 {
    let (fingerprint, numbers) = (&log.fingerprints[id as usize], &log.numbers[id as usize]);
    let known = numbers.calls - numbers.without_duration;
    let rows = match numbers.rows {
        Some(rows) => rows.total as f64,
        None if Lists::of(log, id) == Lists::Batches => {
            f64::from(known) * f64::from(fingerprint.longest_list)
        }
        None => 0.0,
    };
    f64::from(known).max(rows / 100.0)
}

fn written(fingerprint: &crate::queries::Fingerprint) -> Option<&str> {
    match fingerprint.operation {
        Operation::Schema => None,
        _ => super::replay::target(fingerprint),
    }
}

fn finding(
    table: &str,
    superfluous: &[&Index],
    (calls, mean, time): (u64, f64, f64),
    searching: u64,
    is_mysql: bool,
    shown: Vec<Evidence>,
) -> Finding {
    let named = match superfluous {
        [] => String::new(),
        [one] => format!(" One is superfluous by the schema: {}.", one.text()),
        [one, ..] => {
            format!(" {} are superfluous by the schema, the first {}.", superfluous.len(), one.text())
        }
    };
    // Neither view has the schema in the table's name.
    let name = table.rsplit('.').next().unwrap_or(table).replace('\'', "''");
    let (unused, code) = if is_mysql {
        (
            "sys.schema_unused_indexes",
            format!("SELECT index_name FROM sys.schema_unused_indexes\nWHERE object_name = '{name}'"),
        )
    } else {
        (
            "idx_scan is 0 in pg_stat_user_indexes",
            format!(
                "SELECT indexrelname, idx_scan FROM pg_stat_user_indexes\nWHERE relname = '{name}' ORDER BY idx_scan"
            ),
        )
    };
    let searching = match searching {
        0 => String::new(),
        more => format!(
            " Not among them: {} whose rows are looked up without an index, which is a finding of its own.",
            format::counted(more as i64, "write", "writes")
        ),
    };
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: table.to_owned(),
        title: format!("A write of {table} takes {}", format::milliseconds(mean)),
        at_stake: time,
        saving: time,
        bound: Bound::AtMost,
        computed: format!(
            "The {} writes took {}; without their waits and their indexes they would take a fraction of it.",
            format::count(calls as i64),
            format::milliseconds(time)
        ),
        evidence: shown,
        remedy: format!(
            "Writes that wait for locks: make transactions shorter, and let nothing outside the database happen \
             inside them. Else look for indexes of {table} that nothing reads ({unused}) and drop \
             them: each is written with every row.{named} Wide rows (JSON, sessions) \
             are better split."
        ),
        code,
        confidence: Confidence::Medium,
        doubts: format!(
            "A slow disk or a busy machine makes all writes slow, and a bulk write of many rows may well take so \
             long.{searching}"
        ),
        also: Vec::new(),
        price: None,
    }
}
