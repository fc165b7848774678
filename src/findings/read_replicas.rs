//! Which reads could leave the primary server: the log is played again with a replica beside it.

use super::replay::{self, Outcome, Parts};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;

/// See the module.
pub(super) struct ReadReplicas;

const LAG: Threshold = Threshold {
    key: "lag",
    title: "minimum time between a write and a read of the same table on one connection",
    default: 1000.0,
    unit: Unit::Milliseconds,
    source: "our choice: streaming replication is within a second as a rule",
};

const SHARE: Threshold = Threshold {
    key: "share",
    title: "minimum share of time of the reads that could move",
    default: 0.5,
    unit: Unit::Share,
    source: "our choice: below a half another server buys little",
};

const READS: Threshold = Threshold {
    key: "reads",
    title: "minimum number of them",
    default: 500.0,
    unit: Unit::Count,
    source: "our choice: a few pages say nothing about a day",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "read-replicas",
    title: "Reads for a replica",
    looks_at: LooksAt::Queries,
    thresholds: &[LAG, SHARE, READS],
};

impl Rule for ReadReplicas {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, digest) = *case else { return };
        let lag = settings.get(&ABOUT, &LAG);
        let outcomes = replay::replicas(log, &Parts::of(log), lag);
        let count = |which| outcomes.iter().filter(|&&outcome| outcome == which).count() as u64;
        let leave = count(Outcome::Away);
        let away = || outcomes.iter().enumerate().filter(|(_, outcome)| **outcome == Outcome::Away);
        let time: f64 = away().map(|(at, _)| evidence::duration(log, at as u32)).sum();
        let share = time / digest.total.max(f64::MIN_POSITIVE);
        if (leave as f64) < settings.get(&ABOUT, &READS)
            || share < settings.get(&ABOUT, &SHARE)
            || time <= 0.0
        {
            return;
        }
        let mut queries = vec![0.0; log.fingerprints.len()];
        for (at, _) in away() {
            queries[log.statements.fingerprint[at] as usize] += evidence::duration(log, at as u32);
        }
        let mut shown = vec![
            evidence::count("leave", "Reads that could leave", leave),
            evidence::count(
                "in_transactions",
                "Reads that stay: in transactions",
                count(Outcome::InTransaction),
            ),
            evidence::count("after_writes", "After a write of their tables", count(Outcome::AfterWrite)),
            evidence::count("locking", "With locks", count(Outcome::Locks)),
            evidence::count("writes", "Writes", count(Outcome::Write)),
            evidence::time("leave_ms", "Time of those that could leave", time),
            evidence::time("total_ms", "Time of all statements", digest.total),
            Evidence::new("share", "Share of the time", Value::Share(share)),
        ];
        let queries = queries.into_iter().enumerate().filter(|(_, time)| *time > 0.0);
        let queries = queries.map(|(id, time)| (id as u32, time)).collect();
        shown.extend(evidence::queries(log, queries));
        findings.push(Finding {
            unit: crate::format::Unit::Seconds,
            rule: ABOUT.id.to_owned(),
            key: "all".to_owned(),
            title: format!("A replica could take {} of the database's time", format::percent(share)),
            at_stake: digest.total,
            saving: time.min(digest.total),
            bound: Bound::AtMost,
            computed: format!(
                "Reads outside of transactions, that lock nothing, and more than {} after a write of their \
                 tables on the same connection. They do not become faster: the primary has so much less to do.",
                format::milliseconds(lag)
            ),
            evidence: shown,
            remedy: "Send reads to a replica with a database router; keep those that follow a write on the primary \
                     (pin the session to it for a moment after a POST)."
                .to_owned(),
            code: "class Router:\n    def db_for_read(self, model, **hints):\n        return \"replica\"\n\n    \
                   def db_for_write(self, model, **hints):\n        return \"default\""
                .to_owned(),
            confidence: Confidence::Low,
            doubts: "A visitor may be served by another connection than the one that wrote for them. A server that \
                     is not busy gains nothing, and an index or a cache is cheaper than a server."
                .to_owned(),
            also: Vec::new(),
            price: None,
        });
    }
}
