//! Two logs, or two parts of one, side by side: which shapes are new or gone, which run more often or
//! take longer, and how far to trust that.
//!
//! One side is known by its [`Shapes`] only: the other log may be in another worker.
//!
//! Whether a shape takes longer is judged by the
//! [Mann–Whitney U test](https://en.wikipedia.org/wiki/Mann%E2%80%93Whitney_U_test) over fine classes of
//! durations, with its correction for ties: durations are far from normal, and a few slow executions
//! move a mean but not a rank. Whether it runs more often is judged as
//! [two Poisson rates](https://en.wikipedia.org/wiki/Poisson_distribution#Computational_methods): of all
//! its executions each was on the later side with the probability of that side's share of the time (or
//! of the requests). Statements of one request come together, so that the second is a bit too sure of
//! itself. Whether more of its executions fail is judged as
//! [two proportions](https://en.wikipedia.org/wiki/Two-proportion_Z-test). All give a z; [`CLEAR`] is asked of it.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::figures::Groups;
use super::filter::Selection;
use super::overview::present;
use super::{NONE, Operation, QueryLog};
use crate::sort;

/// Two-sided 99 %: among hundreds of shapes some are 95 % "sure" by chance.
pub const CLEAR: f64 = 2.576;

/// Fewer executions on a side say nothing about durations: the test's normal approximation needs them.
pub const FEWEST: u32 = 8;

/// Classes of durations per doubling: neighbours differ by 9 %.
const PER_DOUBLING: f64 = 8.0;

/// The longest duration of the first class, ms.
const FIRST: f64 = 1e-4;

/// Characters of a text that are kept.
const TEXT: usize = 4000;

/// One side of a comparison in short.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shapes {
    /// What is compared, for people.
    pub name: String,
    /// From its first start to its last end, ms.
    pub span: f64,
    /// How many requests.
    pub requests: u32,
    /// Its shapes.
    pub shapes: Vec<Shape>,
}

/// One shape on one side. Milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// The fingerprint's text: what it is found by on the other side.
    pub text: String,
    /// What it does.
    pub operation: Operation,
    /// Its id on its own side.
    pub fingerprint: u32,
    /// Its figures.
    pub side: Side,
    /// Executions per class of durations: class and count, ascending.
    classes: Vec<(u16, u32)>,
}

/// Figures of a shape on one side. Milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Executions.
    pub calls: u32,
    /// Of them, with a duration.
    pub timed: u32,
    /// Of them, ended in an error: of requests those that were answered with 5xx.
    pub failed: u32,
    /// Sum of durations.
    pub total: f64,
    /// Mean.
    pub mean: f64,
    /// 95th percentile.
    pub p95: f64,
    /// Standard deviation.
    pub deviation: f64,
}

/// What totals and calls are made comparable by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Per {
    /// As they are.
    Log,
    /// As if the earlier side had been as long as the later.
    Time,
    /// As if the earlier side had had as many requests as the later.
    Request,
}

/// A shape on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Its place in the order of what hurts.
    pub place: u32,
    /// Its text.
    pub text: String,
    /// What it does.
    pub operation: Operation,
    /// Its id in the log compared; `None` if it is gone.
    pub fingerprint: Option<u32>,
    /// Before; all 0 if it is new.
    pub before: Side,
    /// After; all 0 if it is gone.
    pub after: Side,
    /// What calls and totals before are multiplied by.
    pub scale: f64,
    /// z of the calls: positive where it runs more often.
    pub calls_z: f64,
    /// z of the durations: positive where it takes longer; 0 where there are too few to say.
    pub slower_z: f64,
    /// z of the share that ended in an error: positive where more do; 0 where there are too few to say.
    pub failed_z: f64,
    /// The probability that an execution after takes longer than one before.
    pub slower: f64,
    /// 99 % interval of the mean's change, ms
    /// ([Welch](https://en.wikipedia.org/wiki/Welch%27s_t-test), normal approximation); `None` with
    /// fewer than [`FEWEST`] executions on a side.
    pub mean_change: Option<(f64, f64)>,
}

impl Compared {
    /// Change of the total, ms: what it costs more.
    pub fn change(&self) -> f64 {
        self.after.total - self.before.total * self.scale
    }

    /// Whether the difference is larger than chance makes them.
    pub fn is_clear(&self) -> bool {
        [self.calls_z, self.slower_z, self.failed_z].iter().any(|z| z.abs() >= CLEAR)
    }

    /// Whether it was not there before.
    pub fn is_new(&self) -> bool {
        self.before.calls == 0
    }

    /// Whether it is there no more.
    pub fn is_gone(&self) -> bool {
        self.after.calls == 0
    }
}

fn class(duration: f64) -> u16 {
    // The cast saturates, and makes 0 of NaN.
    ((duration / FIRST).log2() * PER_DOUBLING).ceil() as u16
}

impl Shapes {
    /// The shapes of `selection`, `span` ms long; `groups` are its fingerprints.
    pub fn new(name: String, log: &QueryLog, selection: &Selection, span: f64, groups: &Groups) -> Self {
        let mut slots = vec![NONE; log.fingerprints.len()];
        for (slot, &key) in groups.keys.iter().enumerate() {
            slots[key as usize] = slot as u32;
        }
        let mut classes: Vec<FxHashMap<u16, u32>> = vec![FxHashMap::default(); groups.keys.len()];
        let statements = &log.statements;
        for at in selection.iter() {
            let duration = statements.duration[at];
            if !duration.is_nan() {
                let slot = slots[statements.fingerprint[at] as usize];
                *classes[slot as usize].entry(class(duration)).or_default() += 1;
            }
        }
        let shapes =
            groups.keys.iter().zip(&groups.figures).zip(classes).map(|((&key, figures), classes)| {
                let fingerprint = &log.fingerprints[key as usize];
                let mut classes: Vec<(u16, u32)> = classes.into_iter().collect();
                sort::by(&mut classes, Ord::cmp);
                Shape {
                    text: match fingerprint.text.char_indices().nth(TEXT) {
                        Some((end, _)) => fingerprint.text[..end].to_owned(),
                        None => fingerprint.text.clone(),
                    },
                    operation: fingerprint.operation,
                    fingerprint: key,
                    side: Side {
                        calls: figures.calls,
                        timed: figures.timed(),
                        failed: figures.failed,
                        total: figures.total,
                        mean: figures.mean,
                        p95: figures.p95,
                        deviation: figures.deviation,
                    },
                    classes,
                }
            });
        // A log of requests has them as its statements.
        let requests = match log.served {
            Some(_) => selection.len() as u32,
            None => present(selection, &statements.request, log.requests.len()),
        };
        Self { name, span, requests, shapes: shapes.collect() }
    }

    /// What of this side is multiplied by to be as much as `later`.
    pub fn scale(&self, later: &Self, per: Per) -> f64 {
        let ratio = match per {
            Per::Log => 1.0,
            Per::Time => later.span / self.span,
            Per::Request => f64::from(later.requests) / f64::from(self.requests),
        };
        if ratio.is_finite() && ratio > 0.0 { ratio } else { 1.0 }
    }
}

/// Every shape of either side; what costs more than before comes first.
pub fn compare(before: &Shapes, after: &Shapes, per: Per) -> Vec<Compared> {
    let scale = before.scale(after, per);
    let earlier: FxHashMap<&str, &Shape> = before.shapes.iter().map(|it| (it.text.as_str(), it)).collect();
    let later: FxHashMap<&str, &Shape> = after.shapes.iter().map(|it| (it.text.as_str(), it)).collect();
    let both = after.shapes.iter().map(|shape| (earlier.get(shape.text.as_str()).copied(), Some(shape)));
    let gone = before.shapes.iter().filter(|shape| !later.contains_key(shape.text.as_str()));
    let mut rows: Vec<Compared> = both
        .chain(gone.map(|shape| (Some(shape), None)))
        .filter_map(|(before, after)| pair(before, after, scale))
        .collect();
    sort::by(&mut rows, |a, b| b.change().total_cmp(&a.change()).then_with(|| a.text.cmp(&b.text)));
    for (place, row) in rows.iter_mut().enumerate() {
        row.place = place as u32;
    }
    rows
}

fn pair(before: Option<&Shape>, after: Option<&Shape>, scale: f64) -> Option<Compared> {
    let known = after.or(before)?;
    let side = |shape: Option<&Shape>| shape.map(|shape| shape.side).unwrap_or_default();
    let (earlier, later) = (side(before), side(after));
    let classes = |shape: Option<&Shape>| shape.map_or(Vec::new(), |shape| shape.classes.clone());
    let enough = earlier.timed >= FEWEST && later.timed >= FEWEST;
    let (slower_z, slower) = match enough {
        true => mann_whitney(&classes(before), &classes(after)),
        false => (0.0, 0.5),
    };
    let mean_change = enough.then(|| {
        let error = |side: Side| side.deviation.powi(2) / f64::from(side.timed - 1);
        let change = later.mean - earlier.mean;
        let half = CLEAR * (error(earlier) + error(later)).sqrt();
        (change - half, change + half)
    });
    Some(Compared {
        place: 0,
        text: known.text.clone(),
        operation: known.operation,
        fingerprint: after.map(|shape| shape.fingerprint),
        before: earlier,
        after: later,
        scale,
        calls_z: rates(earlier.calls, later.calls, scale),
        slower_z,
        failed_z: proportions(earlier, later),
        slower,
        mean_change,
    })
}

/// z of `after` executions against `before` of them, where the later side is `scale` times as long.
fn rates(before: u32, after: u32, scale: f64) -> f64 {
    let all = f64::from(before) + f64::from(after);
    let share = scale / (1.0 + scale);
    let spread = (all * share * (1.0 - share)).sqrt();
    if spread > 0.0 { (f64::from(after) - all * share) / spread } else { 0.0 }
}

/// z of the share of `after` that failed against that of `before`.
fn proportions(before: Side, after: Side) -> f64 {
    let (first, second) = (f64::from(before.calls), f64::from(after.calls));
    if before.calls < FEWEST || after.calls < FEWEST {
        return 0.0;
    }
    let failed = |side: Side| f64::from(side.failed);
    let all = (failed(before) + failed(after)) / (first + second);
    let spread = (all * (1.0 - all) * (1.0 / first + 1.0 / second)).sqrt();
    if spread > 0.0 { (failed(after) / second - failed(before) / first) / spread } else { 0.0 }
}

/// z, and the probability that one of `after` is greater than one of `before` (a tie counts half);
/// both as class and count, ascending.
fn mann_whitney(before: &[(u16, u32)], after: &[(u16, u32)]) -> (f64, f64) {
    let count = |side: &[(u16, u32)]| side.iter().map(|&(_, count)| f64::from(count)).sum::<f64>();
    let (first, second) = (count(before), count(after));
    let all = first + second;
    let (mut one, mut other) = (before.iter().peekable(), after.iter().peekable());
    let (mut below, mut wins, mut ties) = (0.0, 0.0, 0.0);
    loop {
        let class = match (one.peek(), other.peek()) {
            (Some(&&(a, _)), Some(&&(b, _))) => a.min(b),
            (Some(&&(class, _)), None) | (None, Some(&&(class, _))) => class,
            (None, None) => break,
        };
        let a = one.next_if(|(other, _)| *other == class).map_or(0.0, |&(_, count)| f64::from(count));
        let b = other.next_if(|(other, _)| *other == class).map_or(0.0, |&(_, count)| f64::from(count));
        wins += b * (below + a / 2.0);
        below += a;
        let tied = a + b;
        ties += tied.powi(3) - tied;
    }
    let pairs = first * second;
    let variance = pairs / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0)));
    let z = if variance > 0.0 { (wins - pairs / 2.0) / variance.sqrt() } else { 0.0 };
    (z, if pairs > 0.0 { wins / pairs } else { 0.5 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By definition: all pairs.
    fn by_pairs(before: &[u16], after: &[u16]) -> f64 {
        let mut wins = 0.0;
        for a in before {
            for b in after {
                wins += if b > a {
                    1.0
                } else if a == b {
                    0.5
                } else {
                    0.0
                };
            }
        }
        wins / (before.len() * after.len()) as f64
    }

    fn counted(values: &[u16]) -> Vec<(u16, u32)> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        sorted.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len() as u32)).collect()
    }

    #[test]
    fn more_errors_are_no_chance() {
        let side = |calls, failed| Side { calls, failed, ..Side::default() };
        // 41 and 76 of 150: (76 - 41)/150 / sqrt(0.39 * 0.61 * 2/150).
        let z = proportions(side(150, 41), side(150, 76));
        assert!((z - 4.142_955).abs() < 1e-6, "{z}");
        assert!((proportions(side(150, 76), side(150, 41)) + z).abs() < 1e-12);
        assert_eq!(proportions(side(150, 0), side(150, 0)), 0.0);
        assert_eq!(proportions(side(150, 150), side(150, 150)), 0.0);
        assert_eq!(proportions(side(7, 0), side(900, 900)), 0.0);
    }

    #[test]
    fn a_worked_example() {
        // scipy.stats.mannwhitneyu(after, before, method="asymptotic", use_continuity=False):
        // U = 60.5, z = 2.9966
        let (before, after) = ([1, 2, 3, 4, 5, 5, 6, 7], [4, 6, 7, 8, 8, 9, 9, 9]);
        let (z, slower) = mann_whitney(&counted(&before), &counted(&after));
        assert!((slower - by_pairs(&before, &after)).abs() < 1e-12);
        let u = slower * 64.0;
        // Ties: 4 4, 5 5, 6 6, 7 7, 8 8, 9 9 9.
        let variance = 64.0 / 12.0 * (17.0 - (5.0 * 6.0 + 24.0) / (16.0 * 15.0));
        assert!((z - (u - 32.0) / f64::sqrt(variance)).abs() < 1e-12, "{u} {z}");
    }

    #[test]
    fn rates_are_scaled() {
        assert_eq!(rates(100, 100, 1.0), 0.0);
        assert_eq!(rates(100, 200, 2.0), 0.0);
        assert!(rates(100, 200, 1.0) > CLEAR);
        assert!(rates(0, 3, 1.0) < CLEAR);
        assert_eq!(rates(0, 0, 1.0), 0.0);
    }

    proptest! {
        #[test]
        fn ranks_are_those_of_all_pairs(
            before in proptest::collection::vec(0_u16..20, 1..40),
            after in proptest::collection::vec(0_u16..20, 1..40),
        ) {
            let (z, slower) = mann_whitney(&counted(&before), &counted(&after));
            let (back, faster) = mann_whitney(&counted(&after), &counted(&before));
            prop_assert!((slower - by_pairs(&before, &after)).abs() < 1e-9);
            prop_assert!((z + back).abs() < 1e-9 && (slower + faster - 1.0).abs() < 1e-9);
        }
    }
}
