//! Figures of groups of statements, all groups of a log in two passes.
//!
//! Durations are put in order once per log ([`Order::by_duration`]); walking that order and dealing the
//! statements out to their groups leaves every group's durations sorted, without sorting again. So a
//! change of the filter costs a walk, not a sort.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::digest::{percentile, picoseconds};
use super::filter::Selection;
use super::{NONE, QueryLog};
use crate::sort;

/// Figures of one group. Milliseconds; of those without any known duration 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Executions.
    pub calls: u32,
    /// Executions without a duration: in [`Self::calls`], but in no time below.
    pub without_duration: u32,
    /// Executions that ended in an error.
    pub failed: u32,
    /// Statements that ended in an error and are no executions, since the server logs no duration for them: beside
    /// [`Self::calls`], not in it.
    pub attempts: u32,
    /// Sum of durations.
    pub total: f64,
    /// Shortest.
    pub min: f64,
    /// Mean.
    pub mean: f64,
    /// Median; nearest rank, as the other percentiles.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Longest.
    pub max: f64,
    /// Standard deviation of all durations (not of a sample of them).
    pub deviation: f64,
    /// Rows returned or changed, in all; `None` if the log does not say.
    pub rows: Option<u64>,
    /// Rows looked at, in all; `None` if the log does not say.
    pub rows_examined: Option<u64>,
    /// Time waited for locks, which is part of the durations; `None` if the log does not say.
    pub lock_time: Option<f64>,
    /// First start, ms on the log's clock.
    pub first: f64,
    /// Last start.
    pub last: f64,
    /// How many different queries: fingerprint and parameters.
    pub distinct: u32,
    /// How many different fingerprints.
    pub shapes: u32,
}

impl Figures {
    /// Executions whose duration is known.
    pub fn timed(&self) -> u32 {
        self.calls - self.without_duration
    }

    /// Statements that ended in an error, executions or not.
    pub fn all_failed(&self) -> u32 {
        self.failed.saturating_add(self.attempts)
    }

    /// Of all statements, those that ended in an error: 0 to 1.
    pub fn failed_share(&self) -> f64 {
        let all = f64::from(self.calls) + f64::from(self.attempts);
        if all > 0.0 { f64::from(self.all_failed()) / all } else { 0.0 }
    }

    /// [Variance-to-mean ratio](https://en.wikipedia.org/wiki/Index_of_dispersion), ms: what
    /// pt-query-digest calls V/M. Large: sometimes quick, sometimes slow.
    pub fn dispersion(&self) -> f64 {
        if self.mean > 0.0 { self.deviation * self.deviation / self.mean } else { 0.0 }
    }

    /// [System impact](https://bucardo.org/pgsi/), %: mean duration over mean interval between
    /// starts, which is the share of `span` ms that one connection would be busy with it.
    pub fn impact(&self, span: f64) -> f64 {
        if span > 0.0 { 100.0 * self.total / span } else { 0.0 }
    }
}

/// What is made once per log, when it is first needed.
#[derive(Debug, Default)]
pub struct Order {
    by_duration: OnceCell<Vec<u32>>,
    queries: OnceCell<Vec<u32>>,
}

impl Order {
    /// Statements with a known duration, shortest first.
    pub fn by_duration(&self, log: &QueryLog) -> &[u32] {
        self.by_duration.get_or_init(|| {
            let durations = &log.statements.duration;
            // With room at once: what doubles takes three times as much of a page's memory for a while.
            let mut order: Vec<u32> = Vec::with_capacity(durations.len());
            order.extend((0..durations.len() as u32).filter(|&at| !durations[at as usize].is_nan()));
            sort::ids(&mut order, &mut |a, b| {
                durations[a as usize].total_cmp(&durations[b as usize]).then(a.cmp(&b))
            });
            order
        })
    }

    /// Sum of the known durations of `selection`, ms.
    pub fn total(&self, log: &QueryLog, selection: &Selection) -> f64 {
        let durations = selection.iter().map(|at| picoseconds(log.statements.duration[at]));
        durations.fold(0, u128::saturating_add) as f64 / 1e9
    }

    /// Per statement: a number of its own for each fingerprint with its parameters.
    pub fn queries(&self, log: &QueryLog) -> &[u32] {
        self.queries.get_or_init(|| {
            let statements = &log.statements;
            let mut ids: FxHashMap<(u32, u64), u32> = FxHashMap::default();
            let pairs = statements.fingerprint.iter().zip(&statements.parameters);
            pairs
                .map(|(&fingerprint, &parameters)| {
                    let next = ids.len() as u32;
                    *ids.entry((fingerprint, parameters)).or_insert(next)
                })
                .collect()
        })
    }
}

/// Groups that have statements.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    /// The keys, in order of their first statement.
    pub keys: Vec<u32>,
    /// Their figures.
    pub figures: Vec<Figures>,
}

/// A key's place among those that have statements.
struct Slots {
    of_key: Vec<u32>,
    keys: Vec<u32>,
}

/// Groups the statements of `selection` by `keys` (one per statement, below `count`).
pub fn groups(log: &QueryLog, order: &Order, selection: &Selection, keys: &[u32], count: usize) -> Groups {
    let statements = &log.statements;
    let mut slots = Slots { of_key: vec![NONE; count], keys: Vec::new() };
    let mut figures: Vec<Figures> = Vec::new();
    for at in selection.iter() {
        let slot = &mut slots.of_key[keys[at] as usize];
        if *slot == NONE {
            *slot = slots.keys.len() as u32;
            slots.keys.push(keys[at]);
            let start = statements.start[at];
            figures.push(Figures { first: start, last: start, ..Figures::default() });
        }
        let group = &mut figures[*slot as usize];
        group.calls += 1;
        group.failed += u32::from(statements.failed[at] != 0);
        group.without_duration += u32::from(statements.duration[at].is_nan());
        group.last = statements.start[at];
        if let Some(rows) = statements.rows(at) {
            *group.rows.get_or_insert(0) += u64::from(rows);
        }
        if let Some(rows) = statements.rows_examined(at) {
            *group.rows_examined.get_or_insert(0) += u64::from(rows);
        }
        if let Some(time) = statements.lock_time(at) {
            *group.lock_time.get_or_insert(0.0) += time;
        }
    }
    durations(log, order, selection, keys, &slots, &mut figures);
    variety(log, order, selection, keys, &slots, &mut figures);
    Groups { keys: slots.keys, figures }
}

/// Adds to groups by keys ([`super::by::Keys::of_event`]) what failed without an execution, of the events of `selection`; a group may have nothing
/// else.
pub fn add_attempts(log: &QueryLog, selection: &Selection, keys: &[u32], groups: &mut Groups) {
    let events = &log.events;
    let mut places: FxHashMap<u32, usize> = FxHashMap::default();
    for event in selection.iter().filter(|&event| events.is_attempt(event)) {
        if places.is_empty() {
            places.extend(groups.keys.iter().enumerate().map(|(place, &key)| (key, place)));
        }
        let key = keys.get(event).copied().unwrap_or(NONE);
        let next = groups.keys.len();
        let place = *places.entry(key).or_insert(next);
        let time = events.time[event];
        if place == next {
            groups.keys.push(key);
            groups.figures.push(Figures { first: time, last: time, ..Figures::default() });
        }
        let group = &mut groups.figures[place];
        group.attempts += 1;
        if group.calls == 0 {
            (group.first, group.last) = (group.first.min(time), group.last.max(time));
        }
    }
}

/// The fingerprints of a server's statistics ([`super::statistics`]) whose text or tables contain `text`,
/// ignoring case. What the server does not count is NaN or `None`.
pub fn of_statistics(log: &QueryLog, text: &str) -> Groups {
    let text = text.to_lowercase();
    let contains = |part: &String| part.to_lowercase().contains(&text);
    let mut groups = Groups::default();
    for (key, (fingerprint, numbers)) in log.fingerprints.iter().zip(&log.numbers).enumerate() {
        if !contains(&fingerprint.text) && !fingerprint.tables.iter().any(contains) {
            continue;
        }
        let (first, last) = numbers.starts.unwrap_or((f64::NAN, f64::NAN));
        groups.keys.push(key as u32);
        groups.figures.push(Figures {
            calls: numbers.calls,
            without_duration: numbers.without_duration,
            failed: numbers.failed,
            attempts: 0,
            total: numbers.total,
            min: numbers.min,
            mean: numbers.mean,
            p50: numbers.p50,
            p95: numbers.p95,
            p99: numbers.p99,
            max: numbers.max,
            deviation: numbers.stddev,
            rows: numbers.rows.map(|rows| rows.total),
            rows_examined: numbers.rows_examined.map(|rows| rows.total),
            lock_time: numbers.lock_time.map(|time| time.total),
            first,
            last,
            distinct: 0,
            shapes: 1,
        });
    }
    groups
}

/// The figures of such groups together, as far as they can be told from theirs.
pub fn sum_of_statistics(groups: &Groups) -> Figures {
    let figures = &groups.figures;
    let calls = figures.iter().fold(0_u32, |sum, figures| sum.saturating_add(figures.calls));
    let total: f64 = figures.iter().map(|figures| figures.total).sum();
    let sum = |of: fn(&Figures) -> Option<u64>| figures.iter().filter_map(of).reduce(u64::saturating_add);
    Figures {
        calls,
        failed: figures.iter().fold(0, |sum, figures| sum.saturating_add(figures.failed)),
        total,
        min: figures.iter().map(|figures| figures.min).fold(f64::NAN, f64::min),
        mean: if calls > 0 { total / f64::from(calls) } else { 0.0 },
        p50: f64::NAN,
        p95: f64::NAN,
        p99: f64::NAN,
        max: figures.iter().map(|figures| figures.max).fold(f64::NAN, f64::max),
        deviation: f64::NAN,
        rows: sum(|figures| figures.rows),
        rows_examined: sum(|figures| figures.rows_examined),
        lock_time: figures.iter().filter_map(|figures| figures.lock_time).reduce(|a, b| a + b),
        first: figures.iter().map(|figures| figures.first).fold(f64::NAN, f64::min),
        last: figures.iter().map(|figures| figures.last).fold(f64::NAN, f64::max),
        shapes: figures.len() as u32,
        ..Figures::default()
    }
}

/// Where each group's part of a column of all groups begins; one entry more than groups.
fn bounds(sizes: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut bounds = vec![0];
    let mut sum = 0;
    bounds.extend(sizes.map(|size| {
        sum += size;
        sum
    }));
    bounds
}

fn durations(
    log: &QueryLog,
    order: &Order,
    selection: &Selection,
    keys: &[u32],
    slots: &Slots,
    figures: &mut [Figures],
) {
    let bounds = bounds(figures.iter().map(Figures::timed));
    let mut next = bounds.clone();
    let mut sorted = vec![0.0; bounds.last().copied().unwrap_or(0) as usize];
    for &at in order.by_duration(log) {
        if selection.contains(at as usize) {
            let place = &mut next[slots.of_key[keys[at as usize] as usize] as usize];
            sorted[*place as usize] = log.statements.duration[at as usize];
            *place += 1;
        }
    }
    for (group, bounds) in figures.iter_mut().zip(bounds.windows(2)) {
        let durations = &sorted[bounds[0] as usize..bounds[1] as usize];
        let (Some(&min), Some(&max)) = (durations.first(), durations.last()) else { continue };
        let total = durations.iter().map(|&duration| picoseconds(duration)).fold(0, u128::saturating_add);
        group.total = total as f64 / 1e9;
        group.mean = group.total / durations.len() as f64;
        (group.min, group.max) = (min, max);
        group.p50 = percentile(durations, 0.50);
        group.p95 = percentile(durations, 0.95);
        group.p99 = percentile(durations, 0.99);
        let squares: f64 = durations.iter().map(|duration| (duration - group.mean).powi(2)).sum();
        group.deviation = (squares / durations.len() as f64).sqrt();
    }
}

/// Counts different queries and fingerprints, group by group.
fn variety(
    log: &QueryLog,
    order: &Order,
    selection: &Selection,
    keys: &[u32],
    slots: &Slots,
    figures: &mut [Figures],
) {
    let queries = order.queries(log);
    let mut next = bounds(figures.iter().map(|group| group.calls));
    let ends: Vec<u32> = next.iter().skip(1).copied().collect();
    let mut dealt = vec![0_u32; selection.len()];
    for at in selection.iter() {
        let place = &mut next[slots.of_key[keys[at] as usize] as usize];
        dealt[*place as usize] = at as u32;
        *place += 1;
    }
    // The group that saw it last: one walk over all groups needs no clearing.
    let mut query_seen = vec![NONE; queries.len()];
    let mut shape_seen = vec![NONE; log.fingerprints.len()];
    let mut begin = 0;
    for (number, (group, &end)) in figures.iter_mut().zip(&ends).enumerate() {
        for &at in &dealt[begin as usize..end as usize] {
            let query = &mut query_seen[queries[at as usize] as usize];
            group.distinct += u32::from(*query != number as u32);
            *query = number as u32;
            let shape = &mut shape_seen[log.statements.fingerprint[at as usize] as usize];
            group.shapes += u32::from(*shape != number as u32);
            *shape = number as u32;
        }
        begin = end;
    }
}

/// The figures of all statements of `selection` together, and of what failed among `events`.
pub fn whole(log: &QueryLog, order: &Order, selection: &Selection, events: &Selection) -> Figures {
    let keys = vec![0; log.statements.len()];
    let mut groups = groups(log, order, selection, &keys, 1);
    add_attempts(log, events, &vec![0; log.events.len()], &mut groups);
    groups.figures.first().copied().unwrap_or_default()
}
