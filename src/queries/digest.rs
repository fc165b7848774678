//! What is kept of all executions of one fingerprint.
//!
//! Merging two digests is associative and commutative, exactly: sums are whole picoseconds, and the
//! durations are kept, sorted. So a log can be digested in parts, in parallel or on many machines.

use super::QueryLog;

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
}

/// A digest's figures: milliseconds, all 0 if no duration is known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Numbers {
    /// Executions.
    pub calls: u32,
    /// Executions without a duration: in `calls`, but not in the other numbers.
    pub without_duration: u32,
    /// Executions that ended in an error.
    pub failed: u32,
    /// Sum.
    pub total: f64,
    /// Shortest.
    pub min: f64,
    /// Mean of those with a duration.
    pub mean: f64,
    /// Median; nearest rank, as the other percentiles.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Longest.
    pub max: f64,
}

/// Milliseconds as whole picoseconds; nothing for what is no duration.
fn picoseconds(milliseconds: f64) -> u128 {
    // The cast saturates, and makes 0 of NaN.
    (milliseconds * 1e9).round() as u128
}

impl Digest {
    /// The digest of these executions: `durations` in ms, NaN where unknown.
    pub fn new(mut durations: Vec<f64>, failed: u64) -> Self {
        let calls = durations.len() as u64;
        durations.retain(|duration| !duration.is_nan());
        durations.sort_unstable_by(f64::total_cmp);
        let total = durations.iter().map(|&duration| picoseconds(duration)).sum();
        Self { calls, failed, total, durations }
    }

    /// Takes in the executions of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.total += other.total;
        self.durations.extend_from_slice(&other.durations);
        // Two ascending runs: the stable sort finds and merges them.
        self.durations.sort_by(f64::total_cmp);
    }

    /// The shortest duration that at least `share` (0 to 1) of the durations do not exceed:
    /// [nearest rank](https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method).
    pub fn percentile(&self, share: f64) -> f64 {
        let count = self.durations.len();
        let rank = (share * count as f64).ceil() as usize;
        self.durations.get(rank.clamp(1, count.max(1)) - 1).copied().unwrap_or(0.0)
    }

    /// Its figures.
    pub fn numbers(&self) -> Numbers {
        let known = self.durations.len() as u64;
        let total = self.total as f64 / 1e9;
        Numbers {
            calls: self.calls as u32,
            without_duration: (self.calls - known) as u32,
            failed: self.failed as u32,
            total,
            min: self.durations.first().copied().unwrap_or(0.0),
            mean: if known == 0 { 0.0 } else { total / known as f64 },
            p50: self.percentile(0.50),
            p95: self.percentile(0.95),
            p99: self.percentile(0.99),
            max: self.durations.last().copied().unwrap_or(0.0),
        }
    }
}

/// The digest of every fingerprint of `log`.
pub fn digests(log: &QueryLog) -> Vec<Digest> {
    let statements = &log.statements;
    let mut durations = vec![Vec::new(); log.fingerprints.len()];
    let mut failed = vec![0_u64; log.fingerprints.len()];
    for index in 0..statements.len() {
        let fingerprint = statements.fingerprint[index] as usize;
        durations[fingerprint].push(statements.duration[index]);
        failed[fingerprint] += u64::from(statements.failed[index]);
    }
    durations.into_iter().zip(failed).map(|(durations, failed)| Digest::new(durations, failed)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nearest_rank() {
        let digest = Digest::new(vec![15.0, 20.0, 35.0, 40.0, 50.0, f64::NAN], 1);
        assert_eq!(
            digest.numbers(),
            Numbers {
                calls: 6,
                without_duration: 1,
                failed: 1,
                total: 160.0,
                min: 15.0,
                mean: 32.0,
                p50: 35.0,
                p95: 50.0,
                p99: 50.0,
                max: 50.0,
            }
        );
        assert_eq!(Digest::new((1..=100).map(f64::from).collect(), 0).percentile(0.95), 95.0);
        assert_eq!(Digest::new(vec![f64::NAN], 0).numbers().p50, 0.0);
        assert_eq!(Digest::default().numbers(), Numbers::default());
    }

    fn durations() -> impl Strategy<Value = Digest> {
        let duration = prop_oneof![4 => 0.0..1e6_f64, 1 => Just(f64::NAN), 1 => Just(0.1)];
        (proptest::collection::vec(duration, 0..40), 0_u64..3)
            .prop_map(|(durations, failed)| Digest::new(durations, failed))
    }

    fn merged(parts: &[&Digest]) -> Digest {
        let mut whole = Digest::default();
        for part in parts {
            whole.merge(part);
        }
        whole
    }

    proptest! {
        #[test]
        fn merging_is_associative_and_commutative(a in durations(), b in durations(), c in durations()) {
            let mut right = b.clone();
            right.merge(&c);
            let mut whole = a.clone();
            whole.merge(&right);
            prop_assert_eq!(&whole, &merged(&[&a, &b, &c]));
            prop_assert_eq!(&whole, &merged(&[&c, &a, &b]));
        }
    }
}
