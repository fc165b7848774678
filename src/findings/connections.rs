//! Connection churn: nearly every request opens a connection of its own (`CONN_MAX_AGE = 0`).

use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::{Clock, Connection, Origin, QueryLog};
use crate::sort;

/// See the module.
pub(super) struct Connections;

const CONNECTIONS: Threshold = Threshold {
    key: "connections",
    title: "minimum connections that end while others begin",
    default: 20.0,
    unit: Unit::Count,
    source: "our choice: more than the workers of a small site",
};

const REQUESTS: Threshold = Threshold {
    key: "requests",
    title: "maximum requests per connection",
    default: 2.0,
    unit: Unit::Count,
    source: "Django's default, CONN_MAX_AGE = 0, gives 1; requests may be inferred wrongly",
};

const COST: Threshold = Threshold {
    key: "cost",
    title: "time to open one",
    default: 20.0,
    unit: Unit::Milliseconds,
    source: "our choice: TCP, TLS, SCRAM and a new server process within one data centre",
};

/// A connection that is silent for so long, ms, before another begins has ended, as far as a log can tell:
/// one that is kept would have served it.
const SILENCE: f64 = 1000.0;

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "connections",
    title: "Connection churn",
    looks_at: LooksAt::Queries,
    thresholds: &[CONNECTIONS, REQUESTS, COST],
};

impl Rule for Connections {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        // Only a server's log tells connections apart. What records requests numbers its own threads or lanes.
        if log.clock == Clock::Sequence || log.requests.iter().any(|one| one.origin == Origin::Recorded) {
            return;
        }
        let is_one = |at: u32| log.connections.get(at as usize).is_some_and(Connection::is_of_a_server);
        let connections = (0..log.connections.len() as u32).filter(|&at| is_one(at)).count();
        let ended = ended(log).filter(|&at| is_one(at)).count();
        if (ended as f64) < settings.get(&ABOUT, &CONNECTIONS) || ended * 2 < connections {
            return;
        }
        let statements = &log.statements;
        let pairs = statements.connection.iter().copied().zip(statements.request.iter().copied());
        let mut served: Vec<(u32, u32)> = pairs.filter(|&(connection, _)| is_one(connection)).collect();
        sort::by_key(&mut served, |served| *served);
        served.dedup();
        let each = served.len() as f64 / connections as f64;
        let cost = settings.get(&ABOUT, &COST);
        let time = connections as f64 * cost;
        if each > settings.get(&ABOUT, &REQUESTS) || time <= 0.0 {
            return;
        }
        let mut evidence = vec![
            evidence::count("connections", "Connections", connections as u64),
            evidence::count("requests", "Requests on them", served.len() as u64),
            evidence::count("ended", "Silent a second and more before others began", ended as u64),
            Evidence::new("rate", "New ones", Value::Text(evidence::rate(log, connections as u64))),
        ];
        let first = statements.connection.iter().position(|&connection| is_one(connection));
        if let Some(first) = first {
            let process = log.connections[statements.connection[first] as usize].process.clone();
            let shown = Evidence::new("first", "The first of them, by its process", Value::Text(process));
            evidence.push(shown.at(Link::Statement(first as u32)));
        }
        findings.push(Finding {
            unit: crate::format::Unit::Seconds,
            rule: ABOUT.id.to_owned(),
            key: "all".to_owned(),
            title: format!("{} connections for {} requests", connections, served.len()),
            at_stake: time,
            saving: time,
            bound: Bound::AtMost,
            computed: format!(
                "{} connections at {} each, which the log does not hold: set what time to open one here.",
                format::count(connections as i64),
                format::milliseconds(cost)
            ),
            evidence,
            remedy: "Keep connections open between requests (CONN_MAX_AGE), with health checks; on PostgreSQL \
                     Django 5.1 has a pool. With more workers than the server takes connections, put PgBouncer \
                     in between."
                .to_owned(),
            code: "DATABASES[\"default\"][\"CONN_MAX_AGE\"] = 60\nDATABASES[\"default\"][\"CONN_HEALTH_CHECKS\"] = True"
                .to_owned(),
            confidence: Confidence::Medium,
            doubts: "A short excerpt of a large pool looks the same. A pooler between Django and the server opens connections of its own, and threads that live \
                     for one request cannot keep them."
                .to_owned(),
            also: Vec::new(),
            price: None,
        });
    }
}

/// The connections that end while others begin: silent for [`SILENCE`] when the last one begins, and never
/// used again after so long.
fn ended(log: &QueryLog) -> impl Iterator<Item = u32> {
    let statements = &log.statements;
    // Per connection: when it was last used, for which request, and whether after a silence.
    let mut used: Vec<Option<(f64, u32, bool)>> = vec![None; log.connections.len()];
    let mut last_begins = f64::NEG_INFINITY;
    for at in 0..statements.len() {
        let (start, request) = (statements.start[at], statements.request[at]);
        let place = &mut used[statements.connection[at] as usize];
        let came_back = match *place {
            None => {
                last_begins = start;
                false
            }
            Some((end, before, came_back)) => came_back || (request != before && start - end >= SILENCE),
        };
        let end = place.map_or(f64::NEG_INFINITY, |(end, ..)| end);
        *place = Some((statements.end(at).max(end), request, came_back));
    }
    (0_u32..).zip(used).filter_map(move |(connection, used)| {
        let (end, _, came_back) = used?;
        (!came_back && end + SILENCE <= last_begins).then_some(connection)
    })
}
