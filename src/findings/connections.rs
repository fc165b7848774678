//! Connection churn: nearly every request opens a connection of its own (`CONN_MAX_AGE = 0`).

use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::sort;

/// See the module.
pub(super) struct Connections;

const CONNECTIONS: Threshold = Threshold {
    key: "connections",
    title: "at least so many connections",
    default: 20.0,
    unit: Unit::Count,
    source: "our own: more than the workers of a small site",
};

const REQUESTS: Threshold = Threshold {
    key: "requests",
    title: "each of which serves at most so many requests",
    default: 2.0,
    unit: Unit::Count,
    source: "Django's default, CONN_MAX_AGE = 0, gives 1; requests may be inferred wrongly",
};

const COST: Threshold = Threshold {
    key: "cost",
    title: "opening one takes",
    default: 20.0,
    unit: Unit::Milliseconds,
    source: "our own: TCP, TLS, SCRAM and a new server process within one data centre",
};

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
        // Only a server's log tells connections apart.
        let connections = log.connections.iter().filter(|one| !one.process.is_empty()).count();
        if (connections as f64) < settings.get(&ABOUT, &CONNECTIONS) {
            return;
        }
        let mut served: Vec<(u32, u32)> =
            log.statements.connection.iter().copied().zip(log.statements.request.iter().copied()).collect();
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
            Evidence::new("rate", "New ones", Value::Text(evidence::rate(log, connections as u64))),
        ];
        if !log.statements.is_empty() {
            let first = Evidence::new(
                "first",
                "The first of them, by its process",
                Value::Text(log.connections[0].process.clone()),
            );
            evidence.push(first.at(Link::Statement(0)));
        }
        findings.push(Finding {
            rule: ABOUT.id.to_owned(),
            key: "all".to_owned(),
            title: format!("{} connections for {} requests", connections, served.len()),
            at_stake: time,
            saving: time,
            bound: Bound::AtMost,
            computed: format!(
                "{} connections at {} each, which the log does not hold: set what opening one takes here.",
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
            doubts: "A pooler between Django and the server opens connections of its own, and threads that live \
                     for one request cannot keep them."
                .to_owned(),
        });
    }
}
