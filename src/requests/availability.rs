//! When a site was down: minutes in which it answered nothing but 5xx, and silences that are too long to be chance.
//!
//! A silence is only inferred: nobody may have asked. How many requests a minute are usual is taken from around it, the
//! hour before and the hour after; if requests come independently of each other at that rate, the chance of none for `t`
//! minutes is `exp(-rate · t)` ([Poisson](https://en.wikipedia.org/wiki/Poisson_point_process)). The log has as many places
//! for a silence as it has requests, so what is asked is that none of them would be that long by chance: p < 0.001.

use serde::{Deserialize, Serialize};

use super::Class;

/// The shortest outage, ms: a minute.
pub const SHORTEST: f64 = 60_000.0;

/// How improbable a silence must be.
pub const CHANCE: f64 = 1e-3;

/// How much around a silence says what is usual, ms.
const AROUND: f64 = 3_600_000.0;

/// With fewer requests around it nothing is usual.
const LEAST_AROUND: usize = 20;

/// Why a site is taken for down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// All answers were 5xx.
    Errors,
    /// There were no requests, which is improbable: inferred.
    Silence,
}

/// A time in which the site was down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Outage {
    /// When it began, ms on the log's clock.
    pub from: f64,
    /// How long it was, ms.
    pub length: f64,
    /// Why it is taken for one.
    pub cause: Cause,
    /// Requests that were answered with an error in it.
    pub failed: u32,
    /// Of a silence: how probable it is that one this long comes about by chance anywhere in the log.
    pub chance: f64,
}

/// The outages of requests that began at `times`, ms, in order; `class` says of each by its place what it was answered with.
/// Clients that left say nothing of the site.
pub fn outages(times: &[f64], class: impl Fn(usize) -> Class) -> Vec<Outage> {
    let mut found = errors(times.iter().enumerate().map(|(at, &time)| (time, class(at))));
    found.extend(silences(times));
    crate::sort::by(&mut found, |a, b| a.from.total_cmp(&b.from));
    found
}

/// What those ask for who want to know whether a server lives: load balancers, Kubernetes, monitors. The last name of a path,
/// without what is no letter, and in small letters: as Kubernetes, django-health-check (`ht`), Rails (`up`), dockerflow
/// (`__heartbeat__`, `__lbheartbeat__`) and load balancers' handbooks have them.
const PROBES: [&str; 17] = [
    "alive",
    "health",
    "healthcheck",
    "healthcheckz",
    "healthz",
    "heartbeat",
    "ht",
    "lbheartbeat",
    "live",
    "liveness",
    "livez",
    "ping",
    "readiness",
    "ready",
    "readyz",
    "startupz",
    "up",
];

/// Whether a route, method and path, is a probe's.
pub fn is_probe(route: &str) -> bool {
    let path = route.split_once(' ').map_or(route, |(_, path)| path);
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let mut name = String::with_capacity(last.len());
    name.extend(last.chars().filter(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_lowercase()));
    // What stands for a value is no name.
    !last.contains('{') && PROBES.binary_search(&name.as_str()).is_ok()
}

/// Runs of answers that were all 5xx, a minute or more from the first of them to the next other answer. Where that comes only
/// after a quiet time, it lasted a minute longer than errors came, or twice the longest time between two of them.
fn errors(requests: impl Iterator<Item = (f64, Class)>) -> Vec<Outage> {
    let mut found = Vec::new();
    let mut run: Option<Run> = None;
    let mut close = |run: &mut Option<Run>, end: Option<f64>| {
        let Some(Run { from, last, failed, apart }) = run.take() else { return };
        // One error before a quiet night is no outage until morning. The log may end before.
        let end = end.map_or(last, |end| end.min(last + SHORTEST.max(2.0 * apart)));
        let length = end - from;
        if length >= SHORTEST && failed > 1 && last > from {
            found.push(Outage { from, length, cause: Cause::Errors, failed, chance: 0.0 });
        }
    };
    for (time, class) in requests {
        match class {
            Class::ServerError => match &mut run {
                Some(run) => {
                    run.apart = run.apart.max(time - run.last);
                    (run.last, run.failed) = (time, run.failed + 1);
                }
                None => run = Some(Run { from: time, last: time, failed: 1, apart: 0.0 }),
            },
            Class::Gone => {}
            _ => close(&mut run, Some(time)),
        }
    }
    close(&mut run, None);
    found
}

/// Errors one after the other: the first, the last, how many, and the longest time between two.
struct Run {
    from: f64,
    last: f64,
    failed: u32,
    apart: f64,
}

/// A day, ms.
const DAY: f64 = 86_400_000.0;

/// Whether silences like this one come again: two others of about its length, or one that began and ended at the same
/// times of the day, within an hour. Offices are closed at night, and what a timer does comes in bursts.
fn comes_again(one: &Outage, all: &[Outage]) -> bool {
    let of_day = |a: f64, b: f64| {
        let apart = (a - b).rem_euclid(DAY);
        apart.min(DAY - apart) <= AROUND
    };
    let (mut similar, mut daily) = (0, 0);
    for other in all {
        let ratio = other.length / one.length;
        similar += u32::from((0.5..=2.0).contains(&ratio));
        daily += u32::from(
            one.length > 4.0 * AROUND
                && of_day(one.from, other.from)
                && of_day(one.from + one.length, other.from + other.length),
        );
    }
    // It is among them itself.
    similar > 2 || daily > 1
}

fn silences(times: &[f64]) -> Vec<Outage> {
    let mut found = Vec::new();
    let places = times.len() as f64;
    for (at, pair) in times.windows(2).enumerate() {
        let (from, to) = (pair[0], pair[1]);
        let length = to - from;
        if length < SHORTEST {
            continue;
        }
        let before = times[..=at].partition_point(|time| *time < from - AROUND);
        let after = at + 1 + times[at + 1..].partition_point(|time| *time <= to + AROUND);
        let (earlier, later) = (at - before, after - at - 2);
        // Gaps between requests, and the time that these take. Where they became few long before, that is night.
        let rate = |count: usize, time: f64| if time > 0.0 { count as f64 / time } else { 0.0 };
        let lowest = [(earlier, from - times[before]), (later, times[after - 1] - to)]
            .into_iter()
            .filter(|(count, _)| *count >= LEAST_AROUND)
            .map(|(count, time)| rate(count, time))
            .fold(f64::INFINITY, f64::min);
        if !lowest.is_finite() {
            continue;
        }
        let chance = (places * libm::exp(-lowest * length)).min(1.0);
        if chance < CHANCE {
            found.push(Outage { from, length, cause: Cause::Silence, failed: 0, chance });
        }
    }
    let all = found.clone();
    found.retain(|one| !comes_again(one, &all));
    found
}

/// The share of `span` ms in which the site was up, 0 to 1. Silences are inferred, and count as up.
pub fn availability(outages: &[Outage], span: f64) -> f64 {
    if span <= 0.0 {
        return 1.0;
    }
    let mut until = f64::NEG_INFINITY;
    let mut down = 0.0;
    for outage in outages.iter().filter(|outage| outage.cause == Cause::Errors) {
        let end = outage.from + outage.length;
        down += (end - outage.from.max(until)).max(0.0);
        until = until.max(end);
    }
    (1.0 - down / span).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outages_of(requests: &[(f64, Class)]) -> Vec<Outage> {
        let times: Vec<f64> = requests.iter().map(|(time, _)| *time).collect();
        outages(&times, |at| requests[at].1)
    }

    /// A request every `every` seconds of `from..to` seconds.
    fn steady(from: u32, to: u32, every: u32, class: Class) -> impl Iterator<Item = (f64, Class)> {
        (from..to).step_by(every as usize).map(move |second| (f64::from(second) * 1e3, class))
    }

    fn shown(outages: &[Outage]) -> Vec<(f64, f64, Cause, u32)> {
        outages.iter().map(|it| (it.from / 1e3, it.length / 1e3, it.cause, it.failed)).collect()
    }

    #[test]
    fn minutes_of_nothing_but_errors() {
        let requests: Vec<_> = steady(0, 600, 5, Class::Fine)
            .chain(steady(600, 700, 5, Class::ServerError))
            .chain(steady(700, 900, 5, Class::Fine))
            .collect();
        let found = outages_of(&requests);
        assert_eq!(shown(&found), [(600.0, 100.0, Cause::Errors, 20)]);
        assert!((availability(&found, 900e3) - 8.0 / 9.0).abs() < 1e-9);
        // A good answer in between: it was not down.
        let mut mixed = requests;
        mixed[130].1 = Class::ClientError;
        assert!(outages_of(&mixed).is_empty());
    }

    #[test]
    fn probes_are_told_by_what_they_ask_for() {
        let probes =
            ["GET /healthz", "GET /health-check/", "HEAD /api/_health", "/__lbheartbeat__", "GET /ht/"];
        assert!(PROBES.is_sorted() && probes.iter().all(|route| is_probe(route)));
        let others = ["GET /", "GET /health/articles/", "GET /{slug}", "GET /alive.css", "GET /pingback", ""];
        assert!(!others.iter().any(|route| is_probe(route)));
    }

    #[test]
    fn one_error_before_a_quiet_hour_is_no_outage() {
        let requests = [(0.0, Class::Fine), (1e3, Class::ServerError), (4e6, Class::Fine)];
        assert!(outages_of(&requests).is_empty());
    }

    #[test]
    fn a_silence_is_one_where_it_is_improbable() {
        let busy: Vec<_> =
            steady(0, 1200, 4, Class::Fine).chain(steady(1300, 2500, 4, Class::Fine)).collect();
        assert_eq!(shown(&outages_of(&busy)), [(1196.0, 104.0, Cause::Silence, 0)]);
        // At one request in half a minute, 104 seconds of nothing are usual.
        let calm: Vec<_> =
            steady(0, 1200, 30, Class::Fine).chain(steady(1300, 2500, 30, Class::Fine)).collect();
        assert!(outages_of(&calm).is_empty());
    }

    #[test]
    fn errors_last_up_to_the_next_other_answer() {
        // One in five minutes, three of them errors.
        let requests: Vec<_> = steady(0, 3000, 300, Class::Fine)
            .chain(steady(3000, 3900, 300, Class::ServerError))
            .chain(steady(3900, 9000, 300, Class::Fine))
            .collect();
        assert_eq!(shown(&outages_of(&requests)), [(3000.0, 900.0, Cause::Errors, 3)]);
        // Two before a quiet night.
        let night = [(0.0, Class::ServerError), (1e3, Class::ServerError), (3e7, Class::Fine)];
        assert_eq!(shown(&outages_of(&night)), [(0.0, 61.0, Cause::Errors, 2)]);
    }

    #[test]
    fn silences_that_come_again_are_none() {
        let office: Vec<_> = (0..5)
            .flat_map(|day| {
                let morning = day * 86_400 + 8 * 3600;
                steady(morning, morning + 9 * 3600, 10, Class::Fine)
            })
            .collect();
        assert!(outages_of(&office).is_empty(), "{:?}", shown(&outages_of(&office)));
        // The weekend is longer, but it begins and ends as nights do.
        let weekend: Vec<_> = [0, 1, 4, 5]
            .into_iter()
            .flat_map(|day| {
                let morning = day * 86_400 + 8 * 3600;
                steady(morning, morning + 9 * 3600, 10, Class::Fine)
            })
            .collect();
        assert!(outages_of(&weekend).is_empty(), "{:?}", shown(&outages_of(&weekend)));
        let cron: Vec<_> =
            (0..20).flat_map(|burst| steady(burst * 900, burst * 900 + 60, 1, Class::Fine)).collect();
        assert!(outages_of(&cron).is_empty(), "{:?}", shown(&outages_of(&cron)));
    }

    #[test]
    fn silences_are_no_part_of_the_availability() {
        let outage = |cause| Outage { from: 0.0, length: 50.0, cause, failed: 0, chance: 0.0 };
        assert_eq!(availability(&[outage(Cause::Silence)], 100.0), 1.0);
        assert_eq!(availability(&[outage(Cause::Errors)], 100.0), 0.5);
    }

    #[test]
    fn nothing_is_said_of_few_requests() {
        assert!(outages_of(&[]).is_empty());
        assert!(outages_of(&[(0.0, Class::Fine), (9e9, Class::Fine)]).is_empty());
    }

    #[test]
    fn outages_that_overlap_count_once() {
        let outage = |from, length| Outage { from, length, cause: Cause::Errors, failed: 2, chance: 0.0 };
        assert_eq!(availability(&[outage(0.0, 50.0), outage(25.0, 50.0)], 100.0), 0.25);
        assert_eq!(availability(&[], 0.0), 1.0);
    }
}
