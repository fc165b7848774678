//! Rows that are loaded and counted by another query: COUNT, SUM, AVG over what the request selected anyway.

use rustc_hash::FxHashMap;

use super::n_plus_one::request_title;
use super::pricing::Price;
use super::selected::{Tokens, fits};
use super::shape::model;
use super::{About, Bound, Case, Confidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, evidence};
use crate::format;
use crate::queries::{Fingerprint, Operation, QueryLog};
use crate::sort;

/// See the module.
pub(super) struct CountedRows;

const COUNTS: Threshold = Threshold {
    key: "aggregates",
    title: "minimum aggregates per request over rows that it loads as well",
    default: 2.0,
    unit: Unit::Count,
    source: "our choice: one is what Paginator asks",
};

/// So many different loads of a table are looked at in one request: no page has more.
const MOST_LOADS: usize = 16;

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "counted-rows",
    title: "Rows loaded and counted",
    looks_at: LooksAt::Queries,
    thresholds: &[COUNTS],
};

impl Rule for CountedRows {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let kinds: Vec<Kind<'_>> = log.fingerprints.iter().map(Kind::of).collect();
        let (first, by_request) = log.by_request();
        // Per table: aggregates, requests, the most in one of them.
        let mut all: FxHashMap<&str, Found> = FxHashMap::default();
        for request in 0..log.requests.len() {
            let own = &by_request[first[request] as usize..first[request + 1] as usize];
            let kind = |at: u32| &kinds[log.statements.fingerprint[at as usize] as usize];
            let mut loaded: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
            for &at in own {
                if let Kind::Loads(table, _) = kind(at) {
                    let id = log.statements.fingerprint[at as usize];
                    let loads = loaded.entry(table).or_default();
                    if loads.len() < MOST_LOADS && !loads.contains(&id) {
                        loads.push(id);
                    }
                }
            }
            // Per table: the aggregates, and what loads the rows of the first.
            let mut counts: FxHashMap<&str, (u32, Vec<u32>)> = FxHashMap::default();
            for &at in own {
                if let Kind::Counts(table, counted) = kind(at)
                    && let Some(&load) = loaded.get(table).and_then(|loads| {
                        loads.iter().find(|&&load| is_within(counted, &kinds[load as usize]))
                    })
                {
                    counts.entry(table).or_insert_with(|| (load, Vec::new())).1.push(at);
                }
            }
            for (table, (load, counts)) in counts {
                if (counts.len() as f64) < settings.get(&ABOUT, &COUNTS) {
                    continue;
                }
                let found = all.entry(table).or_default();
                found.requests += 1;
                found.load = load;
                if counts.len() > found.worst.0 {
                    found.worst = (counts.len(), request as u32);
                }
                let time: f64 = counts.iter().map(|&at| evidence::duration(log, at)).sum();
                found.price.add(log, own, &counts, counts.len() as f64, time);
                found.statements.extend(counts);
            }
        }
        let mut all: Vec<(&str, Found)> = all.into_iter().collect();
        sort::by_key(&mut all, |(table, _)| *table);
        for (table, found) in all {
            let time: f64 = found.statements.iter().map(|&at| evidence::duration(log, at)).sum();
            if found.price.saving() > 0.0 {
                findings.push(finding(log, table, &found, time));
            }
        }
    }
}

#[derive(Default)]
struct Found {
    requests: u64,
    load: u32,
    worst: (usize, u32),
    statements: Vec<u32>,
    price: Price,
}

/// What a query does with the rows of its one table, all that fit its conditions.
enum Kind<'a> {
    /// Loads them.
    Loads(&'a str, Vec<String>),
    /// Makes one row of them.
    Counts(&'a str, Vec<String>),
    Other,
}

impl<'a> Kind<'a> {
    fn of(fingerprint: &'a Fingerprint) -> Self {
        let [table] = fingerprint.tables.as_slice() else { return Self::Other };
        let text = fingerprint.text.as_str();
        let has = |word: &str| text.contains(word);
        // What was cut has conditions that are not known.
        let is_cut = text.ends_with('…');
        if fingerprint.operation != Operation::Select || has(" GROUP BY ") || has(" LIMIT ") || is_cut {
            return Self::Other;
        }
        let tokens = Tokens::of(text);
        let aggregates = ["SELECT COUNT(", "SELECT SUM(", "SELECT AVG(", "SELECT MIN(", "SELECT MAX("];
        if aggregates.iter().any(|aggregate| text.starts_with(aggregate)) {
            Self::Counts(table, tokens.conditions())
        } else if tokens.has_rows() {
            Self::Loads(table, tokens.conditions())
        } else {
            Self::Other
        }
    }
}

/// Whether what is counted is among what was loaded: every condition of the load is one of the count, or one
/// of these says more. Values are not compared.
fn is_within(counted: &[String], load: &Kind<'_>) -> bool {
    let Kind::Loads(_, loaded) = load else { return false };
    loaded.iter().all(|wide| counted.iter().any(|condition| fits(condition, wide)))
}

fn finding(log: &QueryLog, table: &str, found: &Found, time: f64) -> Finding {
    let count = found.statements.len() as u64;
    let mut shown = vec![
        evidence::count("executions", "Aggregates", count),
        evidence::count("requests", "Requests with them", found.requests),
        evidence::time("total_ms", "Their time", time),
        evidence::query(log, "load", "The rows are loaded by", found.load),
    ];
    if let Some(&first) = found.statements.first() {
        let id = log.statements.fingerprint[first as usize];
        shown.push(evidence::query(log, "query", "And counted by", id));
        shown.extend(evidence::code(log, first));
    }
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: table.to_owned(),
        title: format!(
            "{} loads rows of {table} and has the database count them {} more",
            request_title(log, found.worst.1),
            format::counted(found.worst.0 as i64, "time", "times"),
        ),
        at_stake: found.price.at_stake(),
        saving: found.price.saving(),
        bound: Bound::Estimate,
        computed: format!(
            "The {} aggregates take {}; over rows that are there they cost next to nothing. {}",
            format::count(count as i64),
            format::milliseconds(found.price.saving()),
            found.price.computed()
        ),
        evidence: shown,
        remedy: "Count what is loaded in Python: len(rows), sum(…), collections.Counter. If the rows are not needed, \
                 do not load them, and ask for all aggregates at once (aggregate with Count and filter=Q(…))."
            .to_owned(),
        code: format!(
            "rows = list({}.objects.filter(…))\ncount = len(rows)\nby_kind = Counter(row.kind for row in rows)",
            model(table)
        ),
        confidence: Confidence::Medium,
        doubts: "What is counted may be more than what is loaded: the parameters are not compared.".to_owned(),
        also: Vec::new(),
        price: Some(found.price),
    }
}
