//! Queues for locks: statements that wait while a transaction holds what they need.

use super::digest::shortened;
use super::event_times::{grouped, is_of_deadlock};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::events::Lock;
use crate::queries::locks::{Held, Holders};
use crate::queries::{EventClass, EventKind, NONE, QueryLog};

/// See the module.
pub(super) struct LockQueues;

const WAITED: Threshold = Threshold {
    key: "waited",
    title: "minimum time that executions of a query waited for locks, together",
    default: 1000.0,
    unit: Unit::Milliseconds,
    source: "our choice: PostgreSQL logs a wait from deadlock_timeout on, which is a second by default",
};

/// For the registry.
pub(super) static ABOUT: About =
    About { id: "lock-queues", title: "Queues for locks", looks_at: LooksAt::Queries, thresholds: &[WAITED] };

/// How many waits one behind the other are followed to who holds the lock that all wait for.
const CHAIN: usize = 64;

/// What of the wait a holder does nothing, from which on it is called idle.
const IDLE: f64 = 0.5;

impl Rule for LockQueues {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let events = &log.events;
        let waits = events.locks.iter().filter(|lock| is_wait(log, lock));
        let mut groups = grouped(waits.map(|lock| (events.fingerprint[lock.event as usize], lock)));
        groups.retain(|(_, waits)| {
            waits.iter().map(|lock| lock.waited).sum::<f64>() >= settings.get(&ABOUT, &WAITED)
        });
        if groups.is_empty() {
            return;
        }
        let holders = Holders::new(log);
        findings.extend(groups.iter().map(|(query, waits)| found(log, &holders, *query, waits)));
    }
}

/// Whether it is a wait that did not end in a deadlock.
fn is_wait(log: &QueryLog, lock: &Lock) -> bool {
    let events = &log.events;
    let at = lock.event as usize;
    events.kind[at] == EventKind::LockWait
        && !events.deadlocks.iter().any(|deadlock| is_of_deadlock(log, lock, deadlock))
}

/// The wait at the head of the queue: that of who holds the lock, if it waits itself, and so on.
fn head<'a>(log: &'a QueryLog, lock: &'a Lock) -> &'a Lock {
    let events = &log.events;
    let bounds = |lock: &Lock| {
        let from = events.time[lock.event as usize] - events.amount[lock.event as usize];
        (from, from + lock.waited)
    };
    let mut head = lock;
    for _ in 0..CHAIN {
        let (from, to) = bounds(head);
        let next = events.locks.iter().find(|other| {
            let (other_from, other_to) = bounds(other);
            head.holders.contains(&other.waiter)
                && other.waiter != head.waiter
                && other_from <= to
                && other_to >= from
                && other_from <= from + 1.0
        });
        match next {
            Some(next) if next.event != head.event => head = next,
            _ => break,
        }
    }
    head
}

fn found(log: &QueryLog, holders: &Holders<'_>, query: u32, waits: &[&Lock]) -> Finding {
    let events = &log.events;
    let total: f64 = waits.iter().map(|lock| lock.waited).sum();
    let longest = waits.iter().map(|lock| lock.waited).fold(0.0, f64::max);
    let queue = waits.iter().map(|lock| lock.queue.len().max(1)).max().unwrap_or(1);
    let worst = waits.iter().max_by(|a, b| a.waited.total_cmp(&b.waited)).copied();
    let mut finding = Finding::new(
        &ABOUT,
        log.any_fingerprint(query).map_or_else(|| "(unknown)".to_owned(), |it| it.text.clone()),
        format!(
            "{} for locks, {} in all: {}",
            format::counted(waits.len() as i64, "wait", "waits"),
            format::milliseconds(total),
            log.any_fingerprint(query).map_or_else(String::new, |it| shortened(&it.text)),
        ),
    );
    finding.evidence = vec![
        evidence::count("waits", "Waits", waits.len() as u64).at(Link::Events(EventClass::Locks)),
        evidence::time("waited_ms", "Waited in all", total),
        evidence::time("longest_ms", "The longest", longest),
        evidence::count("queue", "Most that waited at once", queue as u64),
    ];
    if query != NONE {
        finding.evidence.push(evidence::query(log, "query", "What waited", query));
    }
    let (mut idle, mut known) = (0.0, 0.0);
    for lock in waits {
        let held = meanwhile(log, holders, lock);
        if !held.idle.is_nan() {
            idle += held.idle.min(lock.waited);
            known += lock.waited;
        }
    }
    let idle_share = if known > 0.0 { Some(idle / known) } else { None };
    if let Some(worst) = worst {
        let first = head(log, worst);
        let names: Vec<String> = first.holders.iter().map(u32::to_string).collect();
        if !names.is_empty() {
            let holder = Evidence::new(
                "holder",
                "Who held the lock in the longest wait",
                Value::Text(format!("process {}", names.join(", "))),
            );
            finding.evidence.push(holder);
        }
        let held = meanwhile(log, holders, worst);
        let sql = |key: &str, label: &str, statement: u32| {
            let id = log.statements.fingerprint[statement as usize];
            let text = log.any_fingerprint(id).map_or_else(String::new, |it| it.text.clone());
            Evidence::new(key, label, Value::Sql(text)).at(Link::Statement(statement))
        };
        if let Some(before) = held.before {
            finding.evidence.push(sql("held_by", "What it had run before", before));
        }
        let most = held.statements.iter().max_by(|a, b| a.duration.total_cmp(&b.duration));
        if let Some(most) = most.filter(|_| idle_share.is_some_and(|share| share < IDLE)) {
            finding.evidence.push(sql("meanwhile", "What it ran meanwhile, longest", most.statement));
        }
    }
    if let Some(share) = idle_share {
        let label = "Of the wait the holder ran nothing (idle in transaction)";
        finding.evidence.push(Evidence::new("idle", label, Value::share(share, 1.0)));
    }
    let is_idle = idle_share.is_some_and(|share| share >= IDLE);
    finding.at_stake = total;
    finding.saving = if is_idle { idle.min(total) } else { total };
    finding.bound = Bound::AtMost;
    finding.computed = if is_idle {
        "The time they waited while the holder of the lock ran no statement.".to_owned()
    } else {
        "The time they waited, as far as the log tells.".to_owned()
    };
    finding.remedy = if is_idle {
        "The holder keeps its transaction open while it does something else: take mails, other services and slow \
         computing out of transaction.atomic(), and do the write that takes the lock last. \
         idle_in_transaction_session_timeout ends what was forgotten; select_for_update(nowait=True) or \
         skip_locked=True does not wait at all."
    } else {
        "The holder works all the time: make its transaction shorter, or do it in smaller parts. Counters that every \
         request updates (stock, views) become rows of their own that are added up. Changes of the schema wait for \
         everyone and everyone for them: SET lock_timeout before them, AddIndexConcurrently. \
         select_for_update(skip_locked=True) serves queues."
    }
    .to_owned();
    finding.code =
        "with transaction.atomic():\n    order = Order.objects.select_for_update().get(pk=pk)\n    \
                    order.paid = True\n    order.save()\n    transaction.on_commit(lambda: send_mail(order))"
            .to_owned();
    finding.confidence =
        if idle_share.is_some() && events.locks.len() > 1 { Confidence::High } else { Confidence::Medium };
    finding.doubts = "PostgreSQL logs a wait once it has lasted deadlock_timeout: shorter ones are not counted. Who \
                      holds a lock is known when the wait is logged, and may have changed before. What the holder ran \
                      is only in the log if all statements are (log_min_duration_statement = 0)."
        .to_owned();
    finding
}

fn meanwhile(log: &QueryLog, holders: &Holders<'_>, lock: &Lock) -> Held {
    let first = head(log, lock);
    let at = lock.event as usize;
    // Who is at the head of the queue holds up all; the wait is this one's.
    let of = Lock { holders: first.holders.clone(), ..lock.clone() };
    holders.meanwhile(&of, log.events.time[at], log.events.amount[at])
}
