//! A log, or what a filter leaves of it, at a glance: totals, and how they run over time.

use serde::{Deserialize, Serialize};

use super::figures::{Figures, Groups, Order, groups, sum_of_statistics};
use super::filter::{Selection, reads};
use super::{Clock, QueryLog};
use crate::sort;
use crate::time_axis::step_of_at_least;

/// Points of a curve over time, about; the step is round.
const POINTS: f64 = 120.0;

/// Classes of durations: 1, 2 and 5 times each power of ten.
pub const CLASSES: usize = 24;

/// The longest duration of the first class, ms: a microsecond. The last class takes all that is longer
/// than 20 s.
pub const FIRST_CLASS: f64 = 1e-3;

/// Totals and curves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Glance {
    /// Of all statements.
    pub figures: Figures,
    /// From the first start to the last end, ms; the filter's range where it has one.
    pub span: f64,
    /// SELECTs.
    pub reads: u32,
    /// Their time, ms.
    pub read_time: f64,
    /// INSERTs, UPDATEs and DELETEs.
    pub writes: u32,
    /// Their time, ms.
    pub write_time: f64,
    /// How many requests have statements among these, failed ones included.
    pub requests: u32,
    /// How many connections have.
    pub connections: u32,
    /// Over time.
    pub series: Series,
    /// Executions per class of durations, see [`class`].
    pub classes: Vec<u32>,
    /// Fingerprints by time, longest first: id, and time in ms.
    pub pareto: Vec<(u32, f64)>,
    /// Whether starts are wall-clock, so that statements per second mean something.
    pub timed: bool,
}

/// Curves over time: one value a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Where the first step begins, ms since the log's first start.
    pub from: f64,
    /// Length of a step, ms.
    pub step: f64,
    /// Statements that start in it.
    pub calls: Vec<u32>,
    /// Of them, SELECTs.
    pub reads: Vec<u32>,
    /// Of them, INSERTs, UPDATEs and DELETEs.
    pub writes: Vec<u32>,
    /// Of them, ended in an error.
    pub failed: Vec<u32>,
    /// Statements that ended in an error in it and are no executions ([`Figures::attempts`]).
    pub attempts: Vec<u32>,
    /// Median duration of those that start in it, ms; NaN without any.
    pub p50: Vec<f32>,
    /// 95th percentile of their durations, ms; NaN without any.
    pub p95: Vec<f32>,
    /// Statements that run at the same time, on average over the step; by
    /// [Little's law](https://en.wikipedia.org/wiki/Little%27s_law) also the time spent per time.
    pub concurrency: Vec<f32>,
}

/// The class of a duration, ms: see [`CLASSES`].
pub fn class(duration: f64) -> usize {
    // Not a number is not above the first.
    BOUNDS[..CLASSES - 1].iter().take_while(|&&bound| duration > bound).count()
}

/// The longest duration of a class, ms.
pub fn bound(class: usize) -> f64 {
    BOUNDS.get(class).copied().unwrap_or(f64::INFINITY)
}

/// The longest duration of each class, ms.
static BOUNDS: [f64; CLASSES] = bounds();

const fn bounds() -> [f64; CLASSES] {
    let mut bounds = [0.0; CLASSES];
    let mut class = 0;
    while class < CLASSES {
        // Whole numbers up to here: 0.005 is not five times 0.001 in binary.
        let factor = [1, 2, 5][class % 3] * 10_u64.pow((class / 3) as u32);
        bounds[class] = factor as f64 / (1.0 / FIRST_CLASS);
        class += 1;
    }
    bounds
}

/// Steps of equal length from `from` on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steps {
    /// Where the first begins, ms since the log's first start.
    pub from: f64,
    /// Their length, ms.
    pub step: f64,
    /// How many.
    pub count: usize,
}

impl Steps {
    /// Round steps over `from..to`, about [`POINTS`].
    pub fn round(from: f64, to: f64) -> Self {
        let step = step_of_at_least((to - from).max(1e-3) / POINTS);
        let from = (from / step).floor() * step;
        Self::new(from, step, ((to - from) / step).floor() as usize + 1)
    }

    /// The same, of what has stamps of so many ms: within one of them nothing is before or after.
    pub fn of_stamps(from: f64, to: f64, stamp: f64) -> Self {
        let steps = Self::round(from, to);
        if steps.step >= stamp {
            return steps;
        }
        let from = (from / stamp).floor() * stamp;
        Self::new(from, stamp, ((to - from) / stamp).floor() as usize + 1)
    }

    /// `count` steps over `from..to`.
    pub fn even(from: f64, to: f64, count: usize) -> Self {
        Self::new(from, (to - from).max(1e-3) / count as f64, count)
    }

    fn new(from: f64, step: f64, count: usize) -> Self {
        Self { from, step, count: count.clamp(1, 4 * POINTS as usize) }
    }

    /// The step of a time; what is outside is in the first or last.
    pub fn of(&self, time: f64) -> usize {
        (((time - self.from) / self.step) as usize).min(self.count - 1)
    }
}

/// From where to where the log is looked at, ms since its first start.
pub fn extent(log: &QueryLog, range: Option<(f64, f64)>) -> (f64, f64) {
    let (first, last) = log.span().unwrap_or_default();
    match range {
        Some((from, to)) => (from.clamp(0.0, last - first), to.clamp(0.0, last - first)),
        None => (0.0, last - first),
    }
}

/// The curves of `selection` over `steps`.
///
/// `events` are those of the same filter.
pub fn series(
    log: &QueryLog,
    order: &Order,
    (selection, events): (&Selection, &Selection),
    steps: Steps,
) -> Series {
    let statements = &log.statements;
    let (origin, _) = log.span().unwrap_or_default();
    let keys: Vec<u32> = statements.start.iter().map(|start| steps.of(start - origin) as u32).collect();
    let Groups { keys: present, figures } = groups(log, order, selection, &keys, steps.count);
    let mut series = Series {
        from: steps.from,
        step: steps.step,
        calls: vec![0; steps.count],
        reads: vec![0; steps.count],
        writes: vec![0; steps.count],
        failed: vec![0; steps.count],
        attempts: vec![0; steps.count],
        p50: vec![f32::NAN; steps.count],
        p95: vec![f32::NAN; steps.count],
        concurrency: Vec::new(),
    };
    for (&key, figures) in present.iter().zip(&figures) {
        let key = key as usize;
        series.calls[key] = figures.calls;
        series.failed[key] = figures.failed;
        if figures.timed() > 0 {
            (series.p50[key], series.p95[key]) = (figures.p50 as f32, figures.p95 as f32);
        }
    }
    for at in selection.iter() {
        let operation = log.fingerprints[statements.fingerprint[at] as usize].operation;
        series.reads[keys[at] as usize] += u32::from(reads(operation));
        series.writes[keys[at] as usize] += u32::from(operation.is_write());
    }
    for event in events.iter().filter(|&event| log.events.is_attempt(event)) {
        series.attempts[steps.of(super::events::moment(log, event, origin))] += 1;
    }
    series.concurrency = concurrency(log, selection, steps);
    series
}

/// Per step: the time that statements run in it, over its length. Only where both ends of a statement
/// lie is looked at; what is between follows from a running sum.
fn concurrency(log: &QueryLog, selection: &Selection, steps: Steps) -> Vec<f32> {
    let (origin, _) = log.span().unwrap_or_default();
    let mut partly = vec![0.0; steps.count];
    let mut running = vec![0_i64; steps.count + 1];
    let last = steps.from + steps.step * steps.count as f64;
    for at in selection.iter() {
        let start = (log.statements.start[at] - origin).max(steps.from);
        let end = (log.statements.end(at) - origin).min(last);
        if end <= start {
            continue;
        }
        let (first_step, last_step) = (steps.of(start), steps.of(end));
        let begin = |step: usize| steps.from + steps.step * step as f64;
        if first_step == last_step {
            partly[first_step] += end - start;
        } else {
            partly[first_step] += begin(first_step + 1) - start;
            partly[last_step] += end - begin(last_step);
            running[first_step + 1] += 1;
            running[last_step] -= 1;
        }
    }
    let mut whole = 0;
    partly
        .iter()
        .zip(&running)
        .map(|(part, change)| {
            whole += change;
            (part / steps.step + whole as f64) as f32
        })
        .collect()
}

/// How fine durations are, ms, where that is known of the log: what is written as 0 took less than that, and no one knows how
/// much less.
pub fn finest(log: &QueryLog) -> f64 {
    log.served.as_deref().map_or(0.0, |served| served.step)
}

/// Executions per class of durations.
pub fn classes(log: &QueryLog, statements: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut classes = vec![0; CLASSES];
    let least = finest(log);
    for at in statements {
        let duration = log.statements.duration[at];
        if !duration.is_nan() {
            classes[class(duration.max(least))] += 1;
        }
    }
    classes
}

/// How many of the keys have statements of `selection`.
pub fn present(selection: &Selection, keys: &[u32], count: usize) -> u32 {
    seen(selection, keys, count).iter().filter(|&&seen| seen).count() as u32
}

/// Per key whether it has statements of `selection`.
pub fn seen(selection: &Selection, keys: &[u32], count: usize) -> Vec<bool> {
    let mut seen = vec![false; count];
    for at in selection.iter() {
        seen[keys[at] as usize] = true;
    }
    seen
}

/// Totals and curves of `selection` and of the events of the same filter: `figures` are those of all of it, `shapes`
/// its fingerprints, and `request_of_event` is each event's request.
pub fn glance(
    log: &QueryLog,
    order: &Order,
    (selection, events): (&Selection, &Selection),
    range: Option<(f64, f64)>,
    figures: Figures,
    shapes: &Groups,
    request_of_event: &[u32],
) -> Glance {
    let (from, to) = extent(log, range);
    let mut glance = Glance {
        figures,
        span: to - from,
        requests: {
            // A log of requests has them as its statements.
            let mut seen = match log.served {
                Some(_) => Vec::new(),
                None => seen(selection, &log.statements.request, log.requests.len()),
            };
            for event in events.iter().filter(|&event| log.events.is_attempt(event)) {
                if let Some(seen) = request_of_event.get(event).and_then(|&of| seen.get_mut(of as usize)) {
                    *seen = true;
                }
            }
            seen.iter().filter(|&&seen| seen).count() as u32
        },
        connections: present(selection, &log.statements.connection, log.connections.len()),
        series: series(
            log,
            order,
            (selection, events),
            Steps::of_stamps(from, to, super::site::step_of_stamps(log)),
        ),
        classes: classes(log, selection.iter()),
        timed: log.clock != Clock::Sequence,
        ..Glance::default()
    };
    glance.by_shape(log, shapes);
    glance
}

/// The same of a server's statistics: `groups` are its fingerprints
/// ([`super::figures::of_statistics`]), and nothing is known over time.
pub fn glance_of_statistics(log: &QueryLog, groups: &Groups) -> Glance {
    let mut glance = Glance { figures: sum_of_statistics(groups), ..Glance::default() };
    glance.by_shape(log, groups);
    glance
}

impl Glance {
    /// What its fingerprints tell.
    fn by_shape(&mut self, log: &QueryLog, groups: &Groups) {
        for (&key, figures) in groups.keys.iter().zip(&groups.figures) {
            let Some(fingerprint) = log.any_fingerprint(key) else { continue };
            let operation = fingerprint.operation;
            if reads(operation) {
                self.reads = self.reads.saturating_add(figures.calls);
                self.read_time += figures.total;
            } else if operation.is_write() {
                self.writes = self.writes.saturating_add(figures.calls);
                self.write_time += figures.total;
            }
            if figures.total > 0.0 {
                self.pareto.push((key, figures.total));
            }
        }
        sort::by(&mut self.pareto, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    }
}
