//! What a server counted of its statements itself: PostgreSQL's `pg_stat_statements`, MySQL's
//! `performance_schema` digests. Numbers per query, and no single statement.
//!
//! The counters grow from a server's start or reset on, so two of them tell what happened in between:
//! [`difference`].

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::digest::{LockTime, Numbers, Rows};
use super::{Fingerprint, NONE, QueryLog};
use crate::diagnostics::{Diagnostics, Level};
use crate::sort;

/// What [`Statistics::source`] may be.
pub const SOURCES: [&str; 2] = ["pg_stat_statements", "performance_schema's statement digests"];

/// The counters of a server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statistics {
    /// Whose: `pg_stat_statements`.
    pub source: &'static str,
    /// One for each line of the server's view. Several may have one fingerprint: of several users,
    /// databases or functions, or cut differently by the server.
    pub entries: Vec<Entry>,
}

/// One line of the server's view.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Hash of what the server knows it by: user, database, query id.
    pub identity: u64,
    /// Index into [`QueryLog::fingerprints`].
    pub fingerprint: u32,
    /// Its numbers.
    pub counters: Counters,
}

/// The counters of one or several entries; times are milliseconds. What the server does not count is NaN
/// or `None`, and so is what cannot be told of several together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// Executions.
    pub calls: u64,
    /// Of them, ended in an error; 0 where that is not counted.
    pub failed: u64,
    /// Sum of durations.
    pub total: f64,
    /// Shortest.
    pub min: f64,
    /// Longest.
    pub max: f64,
    /// Standard deviation of the population.
    pub stddev: f64,
    /// Percentiles.
    pub p95: f64,
    /// See [`Self::p95`].
    pub p99: f64,
    /// Rows returned or changed.
    pub rows: Option<u64>,
    /// Rows looked at.
    pub rows_examined: Option<u64>,
    /// Time waited for locks.
    pub lock_time: Option<f64>,
    /// First and last time it was seen, ms since 1970 on the server's clock.
    pub seen: Option<(f64, f64)>,
}

impl Default for Counters {
    /// Of no execution: nothing is known of how long one takes.
    fn default() -> Self {
        Self {
            calls: 0,
            failed: 0,
            total: 0.0,
            min: f64::NAN,
            max: f64::NAN,
            stddev: f64::NAN,
            p95: f64::NAN,
            p99: f64::NAN,
            rows: None,
            rows_examined: None,
            lock_time: None,
            seen: None,
        }
    }
}

impl Counters {
    /// Mean duration, ms; NaN without executions.
    pub fn mean(&self) -> f64 {
        self.total / self.calls as f64
    }

    /// Sum of the squared durations, ms².
    fn squares(&self) -> f64 {
        self.calls as f64 * (self.stddev.powi(2) + self.mean().powi(2))
    }

    /// The deviation that so many executions have with this total and this sum of squares. Both may have
    /// been rounded: less than nothing is nothing.
    fn deviation(calls: u64, total: f64, squares: f64) -> f64 {
        let mean = total / calls as f64;
        let variance = squares / calls as f64 - mean.powi(2);
        if variance.is_nan() { f64::NAN } else { variance.max(0.0).sqrt() }
    }

    /// Both together.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        if self.calls == 0 {
            return *other;
        }
        if other.calls == 0 {
            return *self;
        }
        let calls = self.calls.saturating_add(other.calls);
        let total = self.total + other.total;
        // NaN is not known: neither is the least of it and another.
        let either = |a: f64, b: f64, choose: fn(f64, f64) -> f64| {
            if a.is_nan() || b.is_nan() { f64::NAN } else { choose(a, b) }
        };
        Self {
            calls,
            failed: self.failed.saturating_add(other.failed),
            total,
            min: either(self.min, other.min, f64::min),
            max: either(self.max, other.max, f64::max),
            stddev: Self::deviation(calls, total, self.squares() + other.squares()),
            // Percentiles of two do not make those of both.
            p95: f64::NAN,
            p99: f64::NAN,
            rows: self.rows.zip(other.rows).map(|(a, b)| a.saturating_add(b)),
            rows_examined: self.rows_examined.zip(other.rows_examined).map(|(a, b)| a.saturating_add(b)),
            lock_time: self.lock_time.zip(other.lock_time).map(|(a, b)| a + b),
            seen: match (self.seen, other.seen) {
                (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
                (one, None) | (None, one) => one,
            },
        }
    }

    /// What was counted since `before`; `None` if a counter went back, as after a reset.
    fn since(&self, before: &Self) -> Option<Self> {
        let calls = self.calls.checked_sub(before.calls)?;
        // Sums of floating point numbers: the last digits of an unchanged one may differ.
        let total = self.total - before.total;
        if total < -1e-6 * self.total.max(1.0) {
            return None;
        }
        let less = |after: Option<u64>, before: Option<u64>| match (after, before) {
            (Some(after), Some(before)) => after.checked_sub(before).map(Some),
            _ => Some(None),
        };
        let total = total.max(0.0);
        // The difference of two large sums of squares may have no true digit left.
        let squares = self.squares() - before.squares();
        let exact = squares > 1e-9 * self.squares();
        Some(Self {
            calls,
            failed: self.failed.saturating_sub(before.failed),
            total,
            // Shortest and longest are of the whole time. But a longest that is new is of this time.
            min: if self.min < before.min { self.min } else { f64::NAN },
            max: if self.max > before.max { self.max } else { f64::NAN },
            stddev: if exact { Self::deviation(calls, total, squares) } else { f64::NAN },
            p95: f64::NAN,
            p99: f64::NAN,
            rows: less(self.rows, before.rows)?,
            rows_examined: less(self.rows_examined, before.rows_examined)?,
            lock_time: self.lock_time.zip(before.lock_time).map(|(after, before)| (after - before).max(0.0)),
            seen: self.seen,
        })
    }

    /// As figures of a query. Counts beyond 32 bits become the largest that there is; see
    /// [`Statistics::numbers`].
    fn numbers(&self) -> Numbers {
        let mean = if self.calls == 0 { 0.0 } else { self.mean() };
        let calls = small(self.calls);
        let rows = |total: u64| Rows { known: calls, total, max: NONE };
        Numbers {
            calls,
            without_duration: 0,
            failed: small(self.failed),
            total: self.total,
            min: self.min,
            mean,
            stddev: self.stddev,
            variance_to_mean: self.stddev.powi(2) / mean,
            p50: f64::NAN,
            p95: self.p95,
            p99: self.p99,
            max: self.max,
            rows: self.rows.map(rows),
            rows_examined: self.rows_examined.map(rows),
            lock_time: self.lock_time.map(|total| LockTime { known: calls, total, max: f64::NAN }),
            starts: self.seen,
            distinct_parameters: 0,
        }
    }
}

fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Statistics {
    /// The counters of every fingerprint.
    pub fn counters(&self, fingerprints: usize) -> Vec<Counters> {
        let mut counters = vec![Counters::default(); fingerprints];
        for entry in &self.entries {
            if let Some(place) = counters.get_mut(entry.fingerprint as usize) {
                *place = place.with(&entry.counters);
            }
        }
        counters
    }

    /// The figures of every fingerprint.
    pub fn numbers(&self, fingerprints: usize) -> Vec<Numbers> {
        self.counters(fingerprints).iter().map(Counters::numbers).collect()
    }

    /// Executions in all.
    pub fn calls(&self) -> u64 {
        self.entries.iter().fold(0, |sum, entry| sum.saturating_add(entry.counters.calls))
    }
}

impl QueryLog {
    /// A log of these statistics: fingerprints with numbers, and no statement.
    pub fn of_statistics(
        statistics: Statistics,
        fingerprints: Vec<Fingerprint>,
        inferred: Option<String>,
    ) -> Self {
        Self {
            numbers: statistics.numbers(fingerprints.len()),
            fingerprints,
            inferred,
            statistics: Some(Box::new(statistics)),
            ..Self::default()
        }
    }
}

/// What happened between two states of one server's counters, with what has to be said about it.
///
/// # Errors
/// When one of the two is no statistics, or they are of different kinds.
pub fn difference(before: &QueryLog, after: &QueryLog) -> Result<(QueryLog, Diagnostics), String> {
    let (Some(first), Some(second)) = (&before.statistics, &after.statistics) else {
        let problem =
            "only statistics of a server have a difference (pg_stat_statements, performance_schema)";
        return Err(problem.to_owned());
    };
    if first.source != second.source {
        return Err(format!("{} and {} cannot be compared", first.source, second.source));
    }
    let mut diagnostics = Diagnostics::default();
    // Entries of one identity, if the export left out what tells them apart, are taken together.
    let known = by_identity(first);
    let mut seen = FxHashSet::default();
    let mut entries = Vec::new();
    let text = |fingerprint: u32, log: &QueryLog| {
        log.fingerprints.get(fingerprint as usize).map(|fingerprint| fingerprint.text.clone())
    };
    for (identity, entry) in by_identity(second) {
        seen.insert(identity);
        let counters = match known.get(&identity) {
            None => entry.counters,
            Some(earlier) => match entry.counters.since(&earlier.counters) {
                Some(counters) => counters,
                None => {
                    let problem = "counters that went back were reset, or evicted and begun anew, in between: what is \
                                   shown of them began after that";
                    diagnostics.note(Level::Warning, problem, || text(entry.fingerprint, after));
                    entry.counters
                }
            },
        };
        if counters.calls > 0 {
            entries.push(Entry { counters, ..entry });
        }
    }
    let gone: Vec<&Entry> =
        known.iter().filter(|(identity, _)| !seen.contains(identity)).map(|(_, entry)| entry).collect();
    let problem = "queries of the first state are missing in the second: they were evicted or reset, and what ran of \
                   them in between is not known";
    let example = gone.iter().min_by_key(|entry| entry.fingerprint).copied();
    diagnostics.note_many(Level::Warning, problem, gone.len() as u64, || {
        example.and_then(|entry| text(entry.fingerprint, before))
    });
    if entries.is_empty() {
        let problem = "nothing ran between the two: they may be the same state";
        diagnostics.note(Level::Warning, problem, || None);
    }
    // In the order of the second state, and only the queries that ran.
    sort::by_number(&mut entries, |entry| entry.fingerprint);
    let mut fingerprints: Vec<Fingerprint> = Vec::new();
    let mut last = None;
    for entry in &mut entries {
        if last != Some(entry.fingerprint) {
            last = Some(entry.fingerprint);
            fingerprints.extend(after.fingerprints.get(entry.fingerprint as usize).cloned());
        }
        entry.fingerprint = fingerprints.len().saturating_sub(1) as u32;
    }
    let statistics = Statistics { source: second.source, entries };
    Ok((QueryLog::of_statistics(statistics, fingerprints, after.inferred.clone()), diagnostics))
}

fn by_identity(statistics: &Statistics) -> FxHashMap<u64, Entry> {
    let mut entries: FxHashMap<u64, Entry> = FxHashMap::default();
    for entry in &statistics.entries {
        entries
            .entry(entry.identity)
            .and_modify(|known| known.counters = known.counters.with(&entry.counters))
            .or_insert(*entry);
    }
    entries
}
