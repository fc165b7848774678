//! Statements that a timeout ended: all they did is lost.

use super::digest::shortened;
use super::event_times::{Before, grouped};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::{EventClass, EventKind, NONE, QueryLog};

/// See the module.
pub(super) struct StatementTimeouts;

const TIMES: Threshold = Threshold {
    key: "times",
    title: "minimum executions of the same statement that a timeout ended",
    default: 3.0,
    unit: Unit::Count,
    source: "our choice: one may have met a lock or a busy server",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "statement-timeouts",
    title: "Statements ended by a timeout",
    looks_at: LooksAt::Queries,
    thresholds: &[TIMES],
};

impl Rule for StatementTimeouts {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let events = &log.events;
        let is_ended = |kind| matches!(kind, EventKind::StatementTimeout | EventKind::LockTimeout);
        let ended = (0..events.len()).filter(|&event| is_ended(events.kind[event]));
        let key = |event: usize| (events.kind[event], events.fingerprint[event]);
        let mut groups = grouped(ended.map(|event| (key(event), event)));
        groups.retain(|(_, group)| group.len() as f64 >= settings.get(&ABOUT, &TIMES));
        let before = Before::new(log, groups.iter().flat_map(|(_, group)| group).copied());
        findings.extend(groups.iter().map(|(_, group)| found(log, &before, group)));
    }
}

fn found(log: &QueryLog, before: &Before<'_>, ended: &[usize]) -> Finding {
    let events = &log.events;
    let first = ended[0];
    let query = events.fingerprint[first];
    let by_lock = events.kind[first] == EventKind::LockTimeout;
    let text = log.any_fingerprint(query).map_or("", |it| it.text.as_str());
    let setting = if by_lock { "lock_timeout" } else { "statement_timeout" };
    let mut finding = Finding::new(
        &ABOUT,
        format!("{setting}; {text}"),
        format!(
            "{setting} ended {} {}: {}",
            if text.is_empty() { "statements" } else { "a statement" },
            format::counted(ended.len() as i64, "time", "times"),
            shortened(text)
        ),
    );
    // The timeout is the same each time, so each ran no longer than the shortest pause before one.
    let own = |&event: &usize| {
        let statement = events.statement[event];
        let known = log.statements.duration.get(statement as usize).copied();
        known.filter(|duration| !duration.is_nan()).or_else(|| before.idle(event))
    };
    let ran = ended.iter().filter_map(own).fold(f64::INFINITY, f64::min);
    let ran = if ran.is_finite() { ran } else { 0.0 };
    finding.evidence = vec![
        evidence::count("times", "Times", ended.len() as u64).at(Link::Events(EventClass::Cancelled)),
        evidence::time("ran_ms", "It ran, each time, at most", ran),
    ];
    if query != NONE {
        finding.evidence.push(evidence::query(log, "query", "The statement", query));
    }
    let numbers = log.numbers.get(query as usize).filter(|numbers| numbers.calls > 0);
    match numbers {
        Some(numbers) => {
            let calls = u64::from(numbers.calls);
            finding.evidence.push(evidence::count("executions", "Executions that ended well", calls));
            finding.evidence.push(evidence::time("max_ms", "The longest of them", numbers.max));
        }
        None => finding.evidence.push(Evidence::new(
            "executions",
            "Executions that ended well",
            Value::Text("none in this log".to_owned()),
        )),
    }
    let time = ran * ended.len() as f64;
    finding.at_stake = time;
    finding.saving = time;
    finding.bound = Bound::AtMost;
    finding.computed = format!(
        "{} at {}: the time since the statement before on the same connection, the shortest of them. All of it is \
         lost; what is tried again comes on top.",
        format::counted(ended.len() as i64, "time", "times"),
        format::milliseconds(ran)
    );
    finding.remedy = if by_lock {
        "Something holds the lock for longer than it may be waited for: see the locks in the Events view for who does. \
         Take the lock in a short transaction, and try again after a while."
    } else {
        "Make it faster (see how it runs: explain(analyze=True) without the timeout), or do it elsewhere: a task with \
         a longer timeout of its own, in parts, on a standby. A request that is cancelled has cost its time in full: do \
         not let users send it again at once."
    }
    .to_owned();
    finding.code = if by_lock {
        String::new()
    } else {
        "with transaction.atomic(), connection.cursor() as cursor:\n    \
         cursor.execute(\"SET LOCAL statement_timeout = '30s'\")\n    …"
            .to_owned()
    };
    finding.confidence = if numbers.is_none() { Confidence::High } else { Confidence::Medium };
    finding.doubts =
        "What the program does between two statements is counted as well; a lock or a busy server makes \
                      a quick statement late."
            .to_owned();
    finding
}
