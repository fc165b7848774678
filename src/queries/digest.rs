//! What is kept of all executions of one fingerprint, or of any other choice of statements.
//!
//! Merging two digests is associative and commutative, to the bit: sums are whole picoseconds, and the
//! durations and the hashes of parameters are kept, sorted. What needs more than a sum (percentiles, the
//! standard deviation) is computed from those, in their order. So a log can be digested in parts, in
//! parallel or on many machines.

use super::{NONE, QueryLog, Statements};
use crate::sort;

/// All executions of one fingerprint, mergeable.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Digest {
    /// Executions.
    pub calls: u64,
    /// Of them, ended in an error.
    pub failed: u64,
    /// Sum of known durations, picoseconds.
    total: u128,
    /// Known durations, ms, ascending.
    durations: Vec<f64>,
    /// Rows returned or changed.
    rows: Amounts,
    /// Rows looked at.
    rows_examined: Amounts,
    /// Time waited for locks, picoseconds.
    lock_time: Amounts,
    /// First and last start, ms on the log's clock.
    starts: Option<(f64, f64)>,
    /// The hashes of parameters, each once, ascending.
    parameters: Vec<u64>,
}

/// A sum of whole numbers that some executions say and others do not.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Amounts {
    known: u64,
    total: u128,
    max: u128,
}

/// A digest's figures: milliseconds, all 0 if no duration is known. Those of a server's own statistics
/// ([`super::statistics`]) are NaN where the server does not count them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Numbers {
    /// Executions.
    pub calls: u32,
    /// Executions without a duration: in `calls`, but not in the other times.
    pub without_duration: u32,
    /// Executions that ended in an error.
    pub failed: u32,
    /// Sum.
    pub total: f64,
    /// Shortest.
    pub min: f64,
    /// Mean of those with a duration.
    pub mean: f64,
    /// Standard deviation of the population, as `stddev_exec_time` of
    /// [pg_stat_statements](https://www.postgresql.org/docs/current/pgstatstatements.html).
    pub stddev: f64,
    /// Variance over mean, ms: pt-query-digest's V/M, which is in seconds.
    pub variance_to_mean: f64,
    /// Median; nearest rank, as the other percentiles.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Longest.
    pub max: f64,
    /// Rows returned or changed, if the log says so of any execution.
    pub rows: Option<Rows>,
    /// Rows looked at, likewise.
    pub rows_examined: Option<Rows>,
    /// Time waited for locks, which is part of the duration, likewise.
    pub lock_time: Option<LockTime>,
    /// First and last start, ms on the log's clock; `None` without executions.
    pub starts: Option<(f64, f64)>,
    /// How many different sets of parameters (or literals) it ran with.
    pub distinct_parameters: u32,
}

impl Numbers {
    /// Executions whose duration is known.
    pub fn timed(&self) -> u32 {
        self.calls.saturating_sub(self.without_duration)
    }

    /// By total time; where that is equal, as in logs without durations, by executions.
    pub fn by_weight(&self, other: &Self) -> std::cmp::Ordering {
        self.total.total_cmp(&other.total).then(self.calls.cmp(&other.calls))
    }
}

/// Rows of the executions that say how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rows {
    /// So many executions say it.
    pub known: u32,
    /// Sum.
    pub total: u64,
    /// Most of one execution; [`NONE`] where only the sum is known, as in a server's statistics.
    pub max: u32,
}

/// Time waited for locks by the executions that say it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LockTime {
    /// So many executions say it.
    pub known: u32,
    /// Sum, ms.
    pub total: f64,
    /// Longest, ms; NaN where only the sum is known.
    pub max: f64,
}

/// Milliseconds as whole picoseconds; nothing for what is no duration.
pub(crate) fn picoseconds(milliseconds: f64) -> u128 {
    // The cast saturates, and makes 0 of NaN.
    (milliseconds * 1e9).round() as u128
}

/// The shortest of the sorted durations that at least `share` (0 to 1) do not exceed, 0 without any:
/// [nearest rank](https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method).
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(0.0)
}

fn milliseconds(picoseconds: u128) -> f64 {
    picoseconds as f64 / 1e9
}

impl Amounts {
    fn add(&mut self, amount: u128) {
        self.merge(&Self { known: 1, total: amount, max: amount });
    }

    /// Saturating sums of what is not negative are associative, too.
    fn merge(&mut self, other: &Self) {
        self.known += other.known;
        self.total = self.total.saturating_add(other.total);
        self.max = self.max.max(other.max);
    }

    fn rows(&self) -> Option<Rows> {
        (self.known > 0).then_some(Rows {
            known: self.known as u32,
            total: self.total as u64,
            max: self.max as u32,
        })
    }

    fn lock_time(&self) -> Option<LockTime> {
        (self.known > 0).then_some(LockTime {
            known: self.known as u32,
            total: milliseconds(self.total),
            max: milliseconds(self.max),
        })
    }
}

impl Digest {
    /// The digest of these of `statements`: indices, in any order, each once.
    pub fn of(statements: &Statements, chosen: impl IntoIterator<Item = u32>) -> Self {
        let mut digest = Self::default();
        let chosen = chosen.into_iter();
        digest.durations.reserve(chosen.size_hint().0);
        digest.parameters.reserve(chosen.size_hint().0);
        for index in chosen {
            let at = index as usize;
            digest.calls += 1;
            digest.failed += u64::from(statements.failed[at]);
            digest.durations.push(statements.duration[at]);
            digest.parameters.push(statements.parameters[at]);
            let start = statements.start[at];
            digest.starts = joined(digest.starts, Some((start, start)));
            if let Some(rows) = statements.rows(at) {
                digest.rows.add(u128::from(rows));
            }
            if let Some(rows) = statements.rows_examined(at) {
                digest.rows_examined.add(u128::from(rows));
            }
            if let Some(time) = statements.lock_time(at) {
                digest.lock_time.add(picoseconds(time));
            }
        }
        digest.durations.retain(|duration| !duration.is_nan());
        sort::floats(&mut digest.durations);
        digest.total = sum(&digest.durations);
        sort::numbers(&mut digest.parameters);
        digest.parameters.dedup();
        digest
    }

    /// Takes in the executions of `other`, of which this has none.
    pub fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.total = self.total.saturating_add(other.total);
        self.durations.extend_from_slice(&other.durations);
        sort::floats(&mut self.durations);
        self.rows.merge(&other.rows);
        self.rows_examined.merge(&other.rows_examined);
        self.lock_time.merge(&other.lock_time);
        self.starts = joined(self.starts, other.starts);
        self.parameters.extend_from_slice(&other.parameters);
        sort::numbers(&mut self.parameters);
        self.parameters.dedup();
    }

    /// The shortest duration that at least `share` (0 to 1) of the durations do not exceed: nearest rank.
    pub fn percentile(&self, share: f64) -> f64 {
        percentile(&self.durations, share)
    }

    /// Mean of the squared distances from the mean, ms²: in two passes, so that nothing cancels out.
    fn variance(&self, mean: f64) -> f64 {
        let squares: f64 = self.durations.iter().map(|duration| (duration - mean).powi(2)).sum();
        squares / self.durations.len().max(1) as f64
    }

    /// Its figures.
    pub fn numbers(&self) -> Numbers {
        let known = self.durations.len() as u64;
        let total = milliseconds(self.total);
        let mean = if known == 0 { 0.0 } else { total / known as f64 };
        let variance = self.variance(mean);
        Numbers {
            calls: self.calls as u32,
            without_duration: (self.calls - known) as u32,
            failed: self.failed as u32,
            total,
            min: self.durations.first().copied().unwrap_or(0.0),
            mean,
            stddev: variance.sqrt(),
            variance_to_mean: if mean > 0.0 { variance / mean } else { 0.0 },
            p50: self.percentile(0.50),
            p95: self.percentile(0.95),
            p99: self.percentile(0.99),
            max: self.durations.last().copied().unwrap_or(0.0),
            rows: self.rows.rows(),
            rows_examined: self.rows_examined.rows(),
            lock_time: self.lock_time.lock_time(),
            starts: self.starts,
            distinct_parameters: self.parameters.len() as u32,
        }
    }
}

fn sum(durations: &[f64]) -> u128 {
    durations.iter().fold(0, |sum: u128, &duration| sum.saturating_add(picoseconds(duration)))
}

/// The span over both.
fn joined(a: Option<(f64, f64)>, b: Option<(f64, f64)>) -> Option<(f64, f64)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (one, None) | (None, one) => one,
    }
}

/// The figures of every fingerprint of `log`. One digest at a time: all of them together are as large
/// as the log's columns of durations and parameters.
pub fn numbers(log: &QueryLog) -> Vec<Numbers> {
    let statements = &log.statements;
    let mut first = vec![0_u32; log.fingerprints.len() + 1];
    for &fingerprint in &statements.fingerprint {
        first[fingerprint as usize + 1] += 1;
    }
    for fingerprint in 0..log.fingerprints.len() {
        first[fingerprint + 1] += first[fingerprint];
    }
    let mut next = first.clone();
    let mut order = vec![NONE; statements.len()];
    for (index, &fingerprint) in statements.fingerprint.iter().enumerate() {
        let place = &mut next[fingerprint as usize];
        order[*place as usize] = index as u32;
        *place += 1;
    }
    first
        .windows(2)
        .map(|range| &order[range[0] as usize..range[1] as usize])
        .map(|chosen| Digest::of(statements, chosen.iter().copied()).numbers())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Statements with these durations, ms; NaN where unknown.
    fn statements(durations: &[f64]) -> Statements {
        Statements {
            start: (0..durations.len()).map(|at| at as f64 * 10.0).collect(),
            duration: durations.to_vec(),
            failed: durations.iter().map(|duration| u8::from(duration.is_nan())).collect(),
            parameters: durations.iter().map(|duration| duration.to_bits()).collect(),
            ..Statements::default()
        }
    }

    fn digest(durations: &[f64]) -> Digest {
        Digest::of(&statements(durations), 0..durations.len() as u32)
    }

    #[test]
    fn nearest_rank() {
        let digest = digest(&[15.0, 20.0, 35.0, 40.0, 50.0, f64::NAN]);
        assert_eq!(
            digest.numbers(),
            Numbers {
                calls: 6,
                without_duration: 1,
                failed: 1,
                total: 160.0,
                min: 15.0,
                mean: 32.0,
                stddev: 166_f64.sqrt(),
                variance_to_mean: 166.0 / 32.0,
                p50: 35.0,
                p95: 50.0,
                p99: 50.0,
                max: 50.0,
                rows: None,
                rows_examined: None,
                lock_time: None,
                starts: Some((0.0, 50.0)),
                distinct_parameters: 6,
            }
        );
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(super::tests::digest(&hundred).percentile(0.95), 95.0);
        assert_eq!(super::tests::digest(&[f64::NAN]).numbers().p50, 0.0);
        assert_eq!(Digest::default().numbers(), Numbers::default());
    }

    /// A billion milliseconds and a spread of one: sums of squares in floating point give 0 or less.
    #[test]
    fn a_small_spread_far_from_zero_is_seen() {
        let numbers = digest(&[1e9, 1e9 + 2.0]).numbers();
        assert_eq!((numbers.mean, numbers.stddev), (1e9 + 1.0, 1.0));
    }

    #[test]
    fn what_only_some_executions_say() {
        let mut statements = statements(&[1.0, 1.0, 1.0]);
        statements.rows = vec![NONE, 5, 7];
        statements.rows_examined = vec![u32::MAX - 1, NONE, u32::MAX - 1];
        statements.lock_time = vec![0.25, f64::NAN, 0.5];
        let numbers = Digest::of(&statements, 0..3).numbers();
        assert_eq!(numbers.rows, Some(Rows { known: 2, total: 12, max: 7 }));
        let most = u32::MAX - 1;
        assert_eq!(numbers.rows_examined, Some(Rows { known: 2, total: 2 * u64::from(most), max: most }));
        assert_eq!(numbers.lock_time, Some(LockTime { known: 2, total: 0.75, max: 0.5 }));
        assert_eq!(numbers.distinct_parameters, 1);
    }

    #[test]
    fn durations_beyond_all_measure_do_not_overflow() {
        assert!(digest(&[f64::MAX, f64::MAX, f64::INFINITY]).numbers().total > 1e29);
    }

    /// Statements and to which of three parts each belongs.
    fn parted() -> impl Strategy<Value = (Statements, Vec<u32>)> {
        let duration = prop_oneof![4 => 0.0..1e6_f64, 1 => Just(f64::NAN), 1 => Just(0.1)];
        let rows = || prop_oneof![1 => Just(NONE), 3 => 0_u32..1000];
        let lock = prop_oneof![1 => Just(f64::NAN), 1 => 0.0..1e3_f64];
        let one = (duration, -1e3..1e12_f64, rows(), rows(), lock, 0_u64..9, 0_u8..2, 0_u32..3);
        proptest::collection::vec(one, 0..60).prop_map(|all| {
            let mut statements = Statements::default();
            let mut parts = Vec::new();
            for (duration, start, rows, examined, lock, parameters, failed, part) in all {
                statements.duration.push(duration);
                statements.start.push(start);
                statements.rows.push(rows);
                statements.rows_examined.push(examined);
                statements.lock_time.push(lock);
                statements.parameters.push(parameters);
                statements.failed.push(failed);
                parts.push(part);
            }
            (statements, parts)
        })
    }

    proptest! {
        /// However a log is cut and its parts are merged, the digest is that of the whole, to the bit.
        #[test]
        fn merging_is_associative_and_commutative((statements, parts) in parted()) {
            let of = |part: u32| {
                let chosen = (0..parts.len() as u32).filter(|&at| parts[at as usize] == part);
                Digest::of(&statements, chosen)
            };
            let whole = Digest::of(&statements, 0..parts.len() as u32);
            let (a, b, c) = (of(0), of(1), of(2));
            let merged = |a: &Digest, b: &Digest| {
                let mut merged = a.clone();
                merged.merge(b);
                merged
            };
            prop_assert_eq!(&merged(&merged(&a, &b), &c), &whole);
            prop_assert_eq!(&merged(&a, &merged(&b, &c)), &whole);
            prop_assert_eq!(&merged(&merged(&c, &a), &b), &whole);
            prop_assert_eq!(merged(&merged(&c, &b), &a).numbers(), whole.numbers());
        }
    }
}
