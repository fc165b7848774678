//! Refused connections: more clients than the server takes, or clients that may not come in.

use std::collections::BTreeMap;

use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::{EventClass, EventKind, QueryLog};

/// See the module.
pub(super) struct RefusedConnections;

const TIMES: Threshold = Threshold {
    key: "times",
    title: "minimum connections refused for one reason",
    default: 3.0,
    unit: Unit::Count,
    source: "our choice: a mistyped password is no trouble",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "refused-connections",
    title: "Refused connections",
    looks_at: LooksAt::Queries,
    thresholds: &[TIMES],
};

/// What a connection that is tried in vain takes, ms: as long as opening one (see connection churn).
const COST: f64 = 20.0;

impl Rule for RefusedConnections {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let events = &log.events;
        let mut reasons: BTreeMap<Reason, Vec<usize>> = BTreeMap::new();
        for event in (0..events.len()).filter(|&event| events.kind[event] == EventKind::Refused) {
            reasons.entry(Reason::of(log, event)).or_default().push(event);
        }
        for (reason, refused) in reasons {
            if refused.len() as f64 >= settings.get(&ABOUT, &TIMES) {
                findings.push(found(log, reason, &refused));
            }
        }
    }
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    TooMany,
    NotReady,
    NotAllowed,
}

impl Reason {
    fn of(log: &QueryLog, event: usize) -> Self {
        let message = log.events.message(event);
        match log.events.state(event) {
            Some("53300") => Self::TooMany,
            Some("57P03") => Self::NotReady,
            Some(_) => Self::NotAllowed,
            None if message.contains("too many") || message.contains("connection slots") => Self::TooMany,
            None if message.starts_with("the database system is") => Self::NotReady,
            None => Self::NotAllowed,
        }
    }
}

fn found(log: &QueryLog, reason: Reason, refused: &[usize]) -> Finding {
    let events = &log.events;
    let count = format::counted(refused.len() as i64, "connection was refused", "connections were refused");
    let (key, title, remedy, code) = match reason {
        Reason::TooMany => (
            "too many",
            format!("{count}: too many clients"),
            "Each worker and thread keeps a connection (CONN_MAX_AGE): have fewer of them than the server takes, or \
             put PgBouncer in between, which serves many clients by few connections. Raising max_connections costs \
             memory and, beyond some hundreds, speed.",
            "# workers x threads (+ tasks, shells) < max_connections - superuser_reserved_connections\n\
             SHOW max_connections;",
        ),
        Reason::NotReady => (
            "not ready",
            format!("{count}: the server was starting or stopping"),
            "Clients came while the server started, recovered or stopped: see why it did (a crash, out of memory, a \
             deployment), and have clients wait for it (pg_isready).",
            "",
        ),
        Reason::NotAllowed => (
            "not allowed",
            format!("{count}: wrong user, password or database"),
            "Some client has settings of another time or place (a job, a monitor, a copy of the site), or someone \
             tries passwords: see from which host, and do not let the port be reached from outside.",
            "",
        ),
    };
    let mut finding = Finding::new(&ABOUT, key.to_owned(), title);
    finding.evidence = vec![
        evidence::count("refused", "Refused", refused.len() as u64).at(Link::Events(EventClass::Connections)),
        Evidence::new("message", "The server says", Value::Text(events.message(refused[0]).to_owned())),
    ];
    for (name, label, of) in [
        ("users", "Users", names(log, refused, |connection| &connection.user)),
        ("hosts", "From", names(log, refused, |connection| &connection.client)),
    ] {
        if !of.is_empty() {
            finding.evidence.push(Evidence::new(name, label, Value::Text(of)));
        }
    }
    if reason == Reason::TooMany {
        finding.evidence.push(evidence::count(
            "open",
            "Most sessions that were open at once",
            most_open(log),
        ));
    }
    let cost = refused.len() as f64 * COST;
    finding.at_stake = cost;
    finding.saving = cost;
    finding.bound = Bound::AtMost;
    finding.computed =
        "20 ms for each that is tried in vain; what it cost the one who asked for the page is not in \
                        the log."
            .to_owned();
    finding.remedy = remedy.to_owned();
    finding.code = code.to_owned();
    finding.confidence = Confidence::High;
    finding.doubts = "Clients that try again until they are let in are counted each time.".to_owned();
    finding
}

/// The names that refused connections have, each once, the first three.
fn names(log: &QueryLog, refused: &[usize], of: fn(&crate::queries::Connection) -> &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for &event in refused {
        let connection = log.connections.get(log.events.connection[event] as usize);
        if let Some(name) = connection.map(of).filter(|name| !name.is_empty() && !names.contains(name)) {
            names.push(name);
        }
    }
    let more = names.len().saturating_sub(3);
    let shown = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// The most sessions that were open at one time, of those whose beginning and end the log has.
fn most_open(log: &QueryLog) -> u64 {
    let (mut open, mut most) = (0_i64, 0_i64);
    for &kind in &log.events.kind {
        match kind {
            EventKind::Connected => open += 1,
            // A refused one may have been counted: it was who it said.
            EventKind::Disconnected | EventKind::Refused => open = (open - 1).max(0),
            _ => {}
        }
        most = most.max(open);
    }
    most.unsigned_abs()
}
