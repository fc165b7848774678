//! A log of requests, or what a filter leaves of it, as a site is judged: throughput, Apdex, errors, availability, load.

use serde::{Deserialize, Serialize};

use super::QueryLog;
use super::filter::Selection;
use super::overview::{CLASSES, Steps, class, extent, finest};
use crate::requests::Class;
use crate::requests::availability::{Outage, availability, is_probe, outages};
use crate::requests::load::{Apdex, most_at_once, utilisation};

/// How a site did. Times are ms.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// How many requests.
    pub requests: u32,
    /// From the first beginning to the last end; the filter's range where it has one.
    pub span: f64,
    /// Requests of each of [`Class::ALL`].
    pub classes: [u32; 6],
    /// How satisfied users are.
    pub apdex: Apdex,
    /// Bytes of all answers, if the log has them.
    pub bytes: Option<u64>,
    /// When it was down, in order of time.
    pub outages: Vec<Outage>,
    /// The share of the time that it was up, 0 to 1.
    pub availability: f64,
    /// Requests in flight on average, if durations are known.
    pub concurrency: Option<f64>,
    /// The most of them at one time, where stamps are fine enough.
    pub most_at_once: Option<u32>,
    /// Processes that answered, if the log names them.
    pub workers: u32,
    /// The share of the time that workers were busy; of so many as are asked for, or as the log names.
    pub utilisation: Option<f64>,
    /// Over time.
    pub curves: SiteCurves,
}

/// One value a step, as [`super::overview::Series`] has them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SiteCurves {
    /// Where the first step begins, ms since the log's first start.
    pub from: f64,
    /// Length of a step.
    pub step: f64,
    /// Requests that begin in it, of each of [`Class::ALL`].
    pub classes: [Vec<u32>; 6],
    /// Requests per class of durations ([`class`]), step after step: [`CLASSES`] each.
    pub durations: Vec<u32>,
}

/// The least step of stamps in a log of requests, as far as its beginnings tell: 1000 where all are whole seconds. 0 of others.
pub fn step_of_stamps(log: &QueryLog) -> f64 {
    if log.served.is_none() {
        return 0.0;
    }
    let is_end = log.served.as_deref().is_some_and(|served| served.stamped == crate::requests::Moment::End);
    let stamp = |at: usize| if is_end { log.statements.end(at) } else { log.statements.start[at] };
    // Of what lived for a time that is no response time (a websocket) the beginning is known, and the stamp is not.
    let mut first = (0..log.statements.len())
        .filter(|&at| !is_end || !log.statements.duration[at].is_nan())
        .map(stamp)
        .take(1000);
    let is_whole = |time: f64| (time - time.round()).abs() < 1e-3 && time.round() % 1000.0 == 0.0;
    if first.all(is_whole) { 1000.0 } else { 1.0 }
}

/// How the site did, by the requests of `selection`. `threshold` is Apdex's T; `workers` how many there are, where the log
/// does not say.
pub fn site(
    log: &QueryLog,
    selection: &Selection,
    range: Option<(f64, f64)>,
    threshold: f64,
    workers: Option<u32>,
) -> Site {
    let (statements, origin) = (&log.statements, log.span().unwrap_or_default().0);
    let Some(served) = log.served.as_deref() else { return Site::default() };
    let (from, to) = extent(log, range);
    let of_outcome = served.classes();
    let class_of = |at: usize| {
        let outcome = served.outcome.get(at).map_or(usize::MAX, |&outcome| usize::from(outcome));
        of_outcome.get(outcome).copied().unwrap_or(Class::Gone)
    };
    let steps = Steps::of_stamps(from, to, step_of_stamps(log));
    let least = finest(log);
    let mut site = Site {
        requests: selection.len() as u32,
        span: to - from,
        curves: SiteCurves {
            from: steps.from,
            step: steps.step,
            classes: std::array::from_fn(|_| vec![0; steps.count]),
            durations: vec![0; steps.count * CLASSES],
        },
        ..Site::default()
    };
    let mut seen = vec![false; log.connections.len()];
    let (mut busy, mut timed) = (0.0, false);
    for at in selection.iter() {
        let (start, duration, outcome) = (statements.start[at], statements.duration[at], class_of(at));
        let step = steps.of(start - origin);
        site.classes[outcome as usize] += 1;
        site.curves.classes[outcome as usize][step] += 1;
        site.apdex.add(duration, outcome, threshold);
        if let Some(bytes) = served.bytes_of(at) {
            *site.bytes.get_or_insert(0) += u64::from(bytes);
        }
        if !duration.is_nan() {
            site.curves.durations[step * CLASSES + class(duration.max(least))] += 1;
            (busy, timed) = (busy + duration, true);
        }
        if let Some(seen) = seen.get_mut(statements.connection[at] as usize) {
            *seen = true;
        }
    }
    // A dyno of Heroku's is a machine, with as many workers as its server has.
    let is_worker = |process: &str| !process.is_empty() && !process.contains('.');
    let named = log.connections.iter().zip(&seen).filter(|(one, seen)| **seen && is_worker(&one.process));
    let mut processes: Vec<&str> = named.map(|(one, _)| one.process.as_str()).collect();
    processes.sort_unstable();
    processes.dedup();
    site.workers = processes.len() as u32;
    if log.clock != super::Clock::Sequence {
        // Who asks whether a server lives, and is answered, says nothing of the rest of the site.
        let probes: Vec<bool> = log.fingerprints.iter().map(|route| is_probe(&route.text)).collect();
        let is_probe =
            |at: usize| probes.get(statements.fingerprint[at] as usize).is_some_and(|&probe| probe);
        let passed_over =
            if probes.contains(&true) { selection.iter().filter(|&at| is_probe(at)).count() } else { 0 };
        // A log of nothing else is judged by them.
        let passed_over = if passed_over == selection.len() { 0 } else { passed_over };
        site.outages = if selection.len() - passed_over == statements.len() {
            outages(&statements.start, class_of)
        } else {
            let chosen: Vec<usize> =
                selection.iter().filter(|&at| passed_over == 0 || !is_probe(at)).collect();
            let times: Vec<f64> = chosen.iter().map(|&at| statements.start[at]).collect();
            outages(&times, |at| class_of(chosen[at]))
        };
        site.availability = availability(&site.outages, site.span);
    } else {
        site.availability = 1.0;
    }
    // Without a clock nothing happens at a time.
    if timed && log.clock != super::Clock::Sequence {
        site.concurrency = (site.span > 0.0).then(|| busy / site.span);
        let pairs = selection.iter().map(|at| (statements.start[at], statements.duration[at]));
        site.most_at_once = most_at_once(pairs, step_of_stamps(log));
        site.utilisation = utilisation(busy, site.span, workers.unwrap_or(site.workers));
    }
    site
}
