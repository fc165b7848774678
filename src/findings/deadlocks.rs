//! Deadlocks: transactions that lock the same rows in different orders.

use std::collections::BTreeMap;

use super::event_times::{Before, is_of_deadlock};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::events::Deadlock;
use crate::queries::{EventClass, EventKind, NONE, QueryLog};

/// See the module.
pub(super) struct Deadlocks;

const DEADLOCKS: Threshold = Threshold {
    key: "deadlocks",
    title: "minimum deadlocks of the same statements",
    default: 1.0,
    unit: Unit::Count,
    source: "our choice: each ends a transaction that was right",
};

/// For the registry.
pub(super) static ABOUT: About =
    About { id: "deadlocks", title: "Deadlocks", looks_at: LooksAt::Queries, thresholds: &[DEADLOCKS] };

impl Rule for Deadlocks {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let events = &log.events;
        let all: Vec<usize> =
            (0..events.len()).filter(|&event| events.kind[event] == EventKind::Deadlock).collect();
        if all.is_empty() {
            return;
        }
        // By what waited for each other, whichever was ended.
        let mut groups: BTreeMap<Vec<u32>, Vec<usize>> = BTreeMap::new();
        for &event in &all {
            let mut queries: Vec<u32> = match parts(log, event) {
                Some(deadlock) => deadlock.parts.iter().map(|&(_, query)| query).collect(),
                None => vec![events.fingerprint[event]],
            };
            queries.sort_unstable();
            queries.dedup();
            groups.entry(queries).or_default().push(event);
        }
        let before = Before::new(log, all.iter().copied());
        for (queries, deadlocks) in groups {
            if deadlocks.len() as f64 >= settings.get(&ABOUT, &DEADLOCKS) {
                findings.push(found(log, &before, &queries, &deadlocks));
            }
        }
    }
}

fn parts(log: &QueryLog, event: usize) -> Option<&Deadlock> {
    let place = log.events.deadlocks.binary_search_by_key(&(event as u32), |one| one.event).ok()?;
    log.events.deadlocks.get(place)
}

fn found(log: &QueryLog, before: &Before<'_>, queries: &[u32], deadlocks: &[usize]) -> Finding {
    let text = |query: u32| log.any_fingerprint(query).map_or("", |it| it.text.as_str());
    let tables: Vec<&str> = {
        let named = queries.iter().filter_map(|&query| log.any_fingerprint(query));
        let mut tables: Vec<&str> = named.filter_map(|it| it.tables.first()).map(String::as_str).collect();
        tables.dedup();
        tables
    };
    let of = if tables.is_empty() { String::new() } else { format!(" on {}", tables.join(" and ")) };
    let mut finding = Finding::new(
        &ABOUT,
        queries.iter().map(|&query| text(query)).collect::<Vec<_>>().join("; "),
        format!("{}{of}", format::counted(deadlocks.len() as i64, "deadlock", "deadlocks")),
    );
    let waited: f64 = deadlocks.iter().map(|&event| waited(log, event)).sum();
    let first = deadlocks[0];
    finding.evidence = vec![
        evidence::count("deadlocks", "Deadlocks, each of which ended a transaction", deadlocks.len() as u64)
            .at(Link::Events(EventClass::Locks)),
        evidence::time("waited_ms", "All who took part waited, together", waited),
    ];
    if let Some(deadlock) = parts(log, first) {
        for (place, &(process, query)) in deadlock.parts.iter().enumerate().take(4) {
            let label = match place {
                0 => format!("Process {process} (which was ended) waited with"),
                _ => format!("Process {process} waited with"),
            };
            if query != NONE {
                finding.evidence.push(evidence::query(log, &format!("waiting_{}", place + 1), &label, query));
            }
        }
    }
    if let Some(write) = before.write(first) {
        let query = log.statements.fingerprint[write as usize];
        let label = "Before that, in its transaction, the one that was ended had run";
        let text = text(query).to_owned();
        finding.evidence.push(Evidence::new("before", label, Value::Sql(text)).at(Link::Statement(write)));
    }
    finding.at_stake = waited;
    finding.saving = waited;
    finding.bound = Bound::Estimate;
    finding.computed = "The time that the transactions waited for each other until the server ended one \
                        (deadlock_timeout), and the others after it. What was rolled back and is done again comes on \
                        top."
        .to_owned();
    finding.remedy = "Lock rows in one order everywhere: sort by primary key before a loop of saves, \
                      select_for_update().order_by(\"pk\") at the beginning of the transaction, one UPDATE in place of \
                      several. Keep transactions short. A deadlock is an OperationalError: the transaction may be tried \
                      again as a whole."
        .to_owned();
    finding.code = "with transaction.atomic():\n    \
                    rows = Model.objects.select_for_update().filter(pk__in=ids).order_by(\"pk\")\n    \
                    for row in rows:\n        …"
        .to_owned();
    finding.confidence = Confidence::High;
    finding.doubts =
        "Foreign keys and unique indexes take locks as well, so the rows in question need not be those of \
                      the statements named. The server keeps the first kilobyte of a statement \
                      (track_activity_query_size): longer ones are cut here."
            .to_owned();
    finding
}

/// How long those who took part in a deadlock waited, ms.
fn waited(log: &QueryLog, event: usize) -> f64 {
    let Some(deadlock) = parts(log, event) else { return 0.0 };
    let locks = log.events.locks.iter().filter(|lock| is_of_deadlock(log, lock, deadlock));
    locks.map(|lock| lock.waited).sum()
}
