//! Autovacuum that has to keep dead rows, since an old transaction may still see them; or that runs for long.

use std::collections::BTreeMap;

use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::events::Vacuum;
use crate::queries::{EventClass, Operation, QueryLog};

/// See the module.
pub(super) struct DeadRows;

const KEPT: Threshold = Threshold {
    key: "kept",
    title: "minimum dead rows that one autovacuum of a table had to keep",
    default: 10_000.0,
    unit: Unit::Count,
    source: "our choice: fewer cost a scan of the table little",
};

const LONG: Threshold = Threshold {
    key: "long",
    title: "or minimum time it took",
    default: 60_000.0,
    unit: Unit::Milliseconds,
    source: "our choice: a minute",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "dead-rows",
    title: "Autovacuum that keeps dead rows, or takes long",
    looks_at: LooksAt::Queries,
    thresholds: &[KEPT, LONG],
};

impl Rule for DeadRows {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let (kept, long) = (settings.get(&ABOUT, &KEPT), settings.get(&ABOUT, &LONG));
        let mut tables: BTreeMap<&str, Vec<&Vacuum>> = BTreeMap::new();
        for vacuum in &log.events.vacuums {
            tables.entry(log.events.message(vacuum.event as usize)).or_default().push(vacuum);
        }
        for (table, vacuums) in tables {
            if vacuums.iter().any(|one| one.kept_dead as f64 >= kept && one.kept_dead > 0) {
                findings.push(keeping(log, table, &vacuums));
            } else if vacuums.iter().any(|one| one.elapsed >= long) {
                findings.push(lengthy(table, &vacuums, long));
            }
        }
    }
}

/// The table without its database.
fn short(table: &str) -> &str {
    let within = table.split_once('.').map_or(table, |(_, within)| within);
    within.strip_prefix("public.").unwrap_or(within)
}

fn about(vacuums: &[&Vacuum]) -> Vec<Evidence> {
    let most = |of: fn(&Vacuum) -> u64| vacuums.iter().map(|one| of(one)).max().unwrap_or(0);
    vec![
        evidence::count("runs", "Times autovacuum went over it", vacuums.len() as u64)
            .at(Link::Events(EventClass::Vacuum)),
        evidence::count("kept_dead", "Dead rows that had to stay, at most", most(|one| one.kept_dead)),
        evidence::count("removed", "Dead rows removed, in all", vacuums.iter().map(|one| one.removed).sum()),
        evidence::count("pages", "Pages of the table, at most", most(|one| one.pages)),
        evidence::time(
            "longest_ms",
            "The longest run",
            vacuums.iter().map(|one| one.elapsed).fold(0.0, f64::max),
        ),
    ]
}

fn keeping(log: &QueryLog, table: &str, vacuums: &[&Vacuum]) -> Finding {
    let most = vacuums.iter().max_by_key(|one| one.kept_dead).copied();
    let rows = most.map_or(0, |one| one.kept_dead);
    let mut finding = Finding::new(
        &ABOUT,
        table.to_owned(),
        format!("Autovacuum has to keep {} dead rows of {}", format::count(rows as i64), short(table)),
    );
    finding.evidence = about(vacuums);
    if let Some((statement, age)) = most.and_then(|one| oldest(log, log.events.time[one.event as usize])) {
        let id = log.statements.fingerprint[statement as usize] as usize;
        let text = log.fingerprints.get(id).map_or_else(String::new, |it| it.text.clone());
        finding.evidence.push(
            Evidence::new("transaction", "A transaction that was open then, from", Value::Sql(text))
                .at(Link::Statement(statement)),
        );
        finding.evidence.push(evidence::time("open_ms", "It had been open for", age));
    }
    let wasted: f64 = vacuums
        .iter()
        .filter(|one| one.kept_dead > 0)
        .map(|one| one.elapsed)
        .filter(|time| time.is_finite())
        .sum();
    finding.at_stake = wasted;
    finding.saving = wasted;
    finding.bound = Bound::AtMost;
    finding.computed =
        "The time of the runs that had to leave dead rows behind: they are gone over again. Queries \
                        read the dead rows as well, which the log does not price."
            .to_owned();
    finding.remedy = "Some transaction is open for longer than the rows live: find it (idle in transaction, a long \
                      report, pg_dump, a standby with hot_standby_feedback, a forgotten replication slot or prepared \
                      transaction) and end it sooner. idle_in_transaction_session_timeout ends what was forgotten; run \
                      reports on a standby."
        .to_owned();
    finding.code = "SELECT pid, state, xact_start, query FROM pg_stat_activity ORDER BY xact_start;\n\
                    ALTER ROLE … SET idle_in_transaction_session_timeout = '1min';"
        .to_owned();
    finding.confidence = Confidence::Medium;
    finding.doubts =
        "Of transactions the log has those whose BEGIN it has; other databases of the same server, \
                      standbys and slots keep rows as well."
            .to_owned();
    finding
}

fn lengthy(table: &str, vacuums: &[&Vacuum], long: f64) -> Finding {
    let longest = vacuums.iter().map(|one| one.elapsed).fold(0.0, f64::max);
    let mut finding = Finding::new(
        &ABOUT,
        table.to_owned(),
        format!("Autovacuum of {} takes up to {}", short(table), format::milliseconds(longest)),
    );
    finding.evidence = about(vacuums);
    let above: f64 = vacuums.iter().map(|one| (one.elapsed - long).max(0.0)).sum();
    finding.at_stake = vacuums.iter().map(|one| one.elapsed).filter(|time| time.is_finite()).sum();
    finding.saving = above;
    finding.bound = Bound::AtMost;
    finding.computed = format!(
        "What runs took above {} each; autovacuum works beside statements.",
        format::milliseconds(long)
    );
    finding.remedy = "Let it run more often, so that each run has less to do: a smaller \
                      autovacuum_vacuum_scale_factor for this table. It sleeps most of the time to spare the disk: a \
                      larger autovacuum_vacuum_cost_limit lets it work. More than one pass over the indexes says that \
                      maintenance_work_mem (autovacuum_work_mem) is too small."
        .to_owned();
    finding.code = format!("ALTER TABLE {} SET (autovacuum_vacuum_scale_factor = 0.02);", short(table));
    finding.confidence = Confidence::Medium;
    finding.doubts =
        "A run to prevent wraparound goes over the whole table once in a while, and must.".to_owned();
    finding
}

/// The transaction that had been open longest at `time`, of those that ran for at least a second: its BEGIN, and for
/// how long, ms.
fn oldest(log: &QueryLog, time: f64) -> Option<(u32, f64)> {
    let statements = &log.statements;
    let is = |at: usize, words: &[&str]| {
        let fingerprint = log.fingerprints.get(statements.fingerprint[at] as usize);
        fingerprint.is_some_and(|it| {
            let first = it.text.split([' ', ';']).next().unwrap_or_default();
            it.operation == Operation::Transaction
                && words.iter().any(|word| first.eq_ignore_ascii_case(word))
        })
    };
    let mut open: Vec<Option<u32>> = vec![None; log.connections.len()];
    for at in (0..statements.len()).take_while(|&at| statements.start[at] <= time) {
        let place = &mut open[statements.connection[at] as usize];
        if is(at, &["BEGIN", "START"]) {
            *place = Some(at as u32);
        } else if is(at, &["COMMIT", "ROLLBACK", "END", "ABORT"]) {
            *place = None;
        }
    }
    let first = open
        .into_iter()
        .flatten()
        .min_by(|&a, &b| statements.start[a as usize].total_cmp(&statements.start[b as usize]))?;
    let age = time - statements.start[first as usize];
    (age >= 1000.0).then_some((first, age))
}
