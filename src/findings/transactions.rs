//! Transactions that stay open while nothing runs: their locks, and what VACUUM may not remove, stay with
//! them.

use super::n_plus_one::request_title;
use super::{
    About, Bound, Case, Confidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, evidence,
};
use crate::format;
use crate::queries::requests::{BURST_GAP, Kind};
use crate::queries::{Clock, QueryLog};
use crate::sort;

/// See the module.
pub(super) struct Transactions;

const IDLE: Threshold = Threshold {
    key: "idle",
    title: "minimum time a transaction is open without a statement, in pauses of more than 100 ms",
    default: 250.0,
    unit: Unit::Milliseconds,
    source: "our choice: long before a second others wait; PostgreSQL's idle_in_transaction_session_timeout is \
             set to seconds",
};

/// Shorter pauses, ms, are a loop's: the code between two statements takes its time, and a cursor's rows are
/// worked on before the next are fetched. A mail or another service's answer takes longer.
const PAUSE: f64 = BURST_GAP;

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "transactions",
    title: "Transactions open while nothing runs",
    looks_at: LooksAt::Queries,
    thresholds: &[IDLE],
};

/// One of them.
#[derive(Clone, Copy)]
struct Open {
    first: u32,
    start: f64,
    /// All pauses that are longer than [`PAUSE`], ms.
    idle: f64,
    /// All pauses, ms: a fix of the long ones may move what takes the short ones as well.
    between: f64,
    /// The longest pause, and the statement after it.
    pause: (f64, u32),
    end: f64,
    statements: u32,
}

impl Open {
    fn new(first: u32, start: f64, end: f64) -> Self {
        Self { first, start, idle: 0.0, between: 0.0, pause: (0.0, first), end, statements: 1 }
    }
}

impl Rule for Transactions {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        if log.clock == Clock::Sequence {
            return;
        }
        // By what follows the longest pause: the same code.
        let mut all: std::collections::BTreeMap<u32, Vec<Open>> = std::collections::BTreeMap::new();
        each(log, |open| {
            if open.idle > 0.0 && open.idle >= settings.get(&ABOUT, &IDLE) {
                let after = log.statements.fingerprint[open.pause.1 as usize];
                all.entry(after).or_default().push(open);
            }
        });
        findings.extend(all.values().filter_map(|found| finding(log, found)));
    }
}

/// Shows every transaction that begins and ends in the log. Where the log says of a statement that it is in
/// one, and BEGIN and COMMIT are not logged, it is open from the first such statement to the last.
fn each(log: &QueryLog, mut visit: impl FnMut(Open)) {
    let kinds: Vec<Kind> = log.fingerprints.iter().map(Kind::of).collect();
    let mut open: Vec<Option<Open>> = vec![None; log.connections.len()];
    // Per connection: the request and the transaction in it that its last statement was in.
    let mut said: Vec<Option<(u32, u32)>> = vec![None; log.connections.len()];
    let mut failures = Failures::of(log);
    for at in 0..log.statements.len() {
        let kind = kinds[log.statements.fingerprint[at] as usize];
        let (start, end) = (log.statements.start[at], log.statements.end(at));
        let connection = log.statements.connection[at] as usize;
        let place = &mut open[connection];
        let failed = failures.until(connection, start);
        let number = log.statements.transaction(at).map(|number| (log.statements.request[at], number));
        if said[connection] != number {
            if said[connection].is_some()
                && let Some(one) = place.take()
            {
                visit(one);
            }
            said[connection] = number;
            if number.is_some() {
                *place = Some(Open::new(at as u32, start, end));
                continue;
            }
        }
        if let Some(one) = place {
            // What failed has no duration in the log, and may have run since the statement before it.
            let pause = start - one.end.max(failed);
            if pause > one.pause.0 {
                one.pause = (pause, at as u32);
            }
            one.between += pause.max(0.0);
            one.idle += if pause > PAUSE { pause } else { 0.0 };
            one.end = one.end.max(end);
            one.statements += 1;
        }
        match kind {
            Kind::Begin => {
                *place = Some(Open::new(at as u32, start, end));
            }
            Kind::End => {
                if let Some(one) = place.take() {
                    visit(one);
                }
            }
            _ => {}
        }
    }
    for (one, said) in open.into_iter().zip(said) {
        if let (Some(one), Some(_)) = (one, said) {
            visit(one);
        }
    }
}

/// When statements failed that the log has no duration of, by connection; each in order of time.
struct Failures {
    times: Vec<Vec<f64>>,
    passed: Vec<usize>,
}

impl Failures {
    fn of(log: &QueryLog) -> Self {
        let mut times = vec![Vec::new(); log.connections.len()];
        for (connection, time) in log.events.endings() {
            if let Some(times) = times.get_mut(connection as usize) {
                times.push(time);
            }
        }
        times.iter_mut().for_each(|times| sort::by(times, |one, other| one.total_cmp(other)));
        Self { passed: vec![0; times.len()], times }
    }

    /// The last one of a connection up to `start`, ms; before everything if there is none. Asked in order of time.
    fn until(&mut self, connection: usize, start: f64) -> f64 {
        let (times, passed) = (&self.times[connection], &mut self.passed[connection]);
        while times.get(*passed).is_some_and(|time| *time <= start) {
            *passed += 1;
        }
        passed.checked_sub(1).map_or(f64::NEG_INFINITY, |last| times[last])
    }
}

fn finding(log: &QueryLog, found: &[Open]) -> Option<Finding> {
    let worst = found.iter().max_by(|a, b| a.idle.total_cmp(&b.idle))?;
    let time: f64 = found.iter().map(|open| open.end - open.start).sum();
    let between: f64 = found.iter().map(|open| open.between).sum();
    let origin = log.span().map_or(0.0, |(first, _)| first);
    let request = log.statements.request[worst.first as usize];
    let after = log.statements.fingerprint[worst.pause.1 as usize];
    let mut shown = vec![
        evidence::count("transactions", "Transactions", found.len() as u64),
        evidence::time("idle_ms", "The worst, without a statement", worst.idle)
            .at(Link::Range(worst.start - origin, worst.end - origin)),
        evidence::time("open_ms", "It was open", worst.end - worst.start),
        evidence::count("statements", "Its statements", u64::from(worst.statements)),
        evidence::query(log, "query", "What followed the longest pause", after),
    ];
    shown.extend(evidence::code(log, worst.pause.1));
    Some(Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: log.fingerprints[after as usize].text.clone(),
        title: format!(
            "{} keeps a transaction open for {} while nothing runs",
            request_title(log, request),
            format::milliseconds(worst.idle)
        ),
        at_stake: time,
        saving: between,
        bound: Bound::AtMost,
        computed: format!(
            "{} {} open for {}, of which {} without a statement: so long their locks are held for nothing.",
            format::counted(found.len() as i64, "transaction", "transactions"),
            if found.len() == 1 { "was" } else { "were" },
            format::milliseconds(time),
            format::milliseconds(between)
        ),
        evidence: shown,
        remedy: "Do what needs no database (calls of other services, rendering, mail) before the transaction or \
                 after it (transaction.on_commit), and put atomic() around the writes only. ATOMIC_REQUESTS keeps \
                 one open for the whole view: @transaction.non_atomic_requests takes a view out."
            .to_owned(),
        code: "answer = ask_payment_service()\nwith transaction.atomic():\n    …\n    \
               transaction.on_commit(send_mail)"
            .to_owned(),
        confidence: Confidence::High,
        doubts: "Somebody at a prompt keeps transactions open as well.".to_owned(),
        also: Vec::new(),
        price: None,
    })
}
