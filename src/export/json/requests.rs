//! A request log's part of the summary.

use serde::ser::SerializeMap;

use super::queries::iso;
use crate::queries::QueryLog;
use crate::queries::filter::Selection;
use crate::queries::site::site;
use crate::requests::Class;
use crate::requests::availability::Cause;
use crate::requests::route_use::route_use;
use crate::sort;

/// Apdex's threshold, ms.
const APDEX: f64 = 500.0;

/// So many single requests are listed.
const SINGLE: usize = 20;

/// Writes the log's entries into the document's object: routes in descending order of total time.
pub(super) fn entries<M: SerializeMap>(log: &QueryLog, map: &mut M) -> Result<(), M::Error> {
    let Some(served) = log.served.as_deref() else { return Ok(()) };
    let statements = &log.statements;
    let all = site(log, &Selection::all(statements.len()), None, APDEX, None);
    let moment = |time: f64| iso(&log.clock, time);
    let (first, last) = log.span().unwrap_or_default();
    let timed = served.step > 0.0;
    map.serialize_entry("kind", "requests")?;
    map.serialize_entry("requests", &all.requests)?;
    map.serialize_entry("start", &moment(first))?;
    map.serialize_entry("end", &moment(last))?;
    map.serialize_entry("requests_per_minute", &per_minute(all.requests, all.span))?;
    map.serialize_entry("total_ms", &timed.then(|| log.total()))?;
    map.serialize_entry("apdex", &all.apdex.score())?;
    map.serialize_entry("apdex_threshold_ms", &APDEX)?;
    for class in Class::ALL {
        map.serialize_entry(key(class), &all.classes[class as usize])?;
    }
    map.serialize_entry("bytes", &all.bytes)?;
    map.serialize_entry("availability", &all.availability)?;
    let outages: Vec<Outage> = all
        .outages
        .iter()
        .map(|outage| Outage {
            from: moment(outage.from),
            length_ms: outage.length,
            cause: match outage.cause {
                Cause::Errors => "errors",
                Cause::Silence => "silence",
            },
            failed: outage.failed,
            p: (outage.cause == Cause::Silence).then_some(outage.chance),
        })
        .collect();
    map.serialize_entry("outages", &outages)?;
    map.serialize_entry("concurrency", &all.concurrency)?;
    map.serialize_entry("most_at_once", &all.most_at_once)?;
    map.serialize_entry("workers", &(all.workers > 0).then_some(all.workers))?;
    map.serialize_entry("utilisation", &all.utilisation)?;
    map.serialize_entry("inferred", &log.inferred)?;
    let uses = route_use(
        served,
        0..statements.len(),
        &statements.fingerprint,
        &statements.duration,
        log.fingerprints.len(),
        APDEX,
    );
    let order = sort::order(log.numbers.len(), &mut |a, b| {
        log.numbers[b as usize].by_weight(&log.numbers[a as usize])
    });
    let routes: Vec<Route<'_>> = order
        .into_iter()
        .map(|at| {
            let (numbers, used) =
                (&log.numbers[at as usize], uses.get(at as usize).copied().unwrap_or_default());
            let known = |time: f64| (numbers.timed() > 0).then_some(time);
            Route {
                route: &log.fingerprints[at as usize].text,
                requests: numbers.calls,
                requests_per_minute: per_minute(numbers.calls, all.span),
                total_ms: known(numbers.total),
                mean_ms: known(numbers.mean),
                p50_ms: known(numbers.p50),
                p95_ms: known(numbers.p95),
                p99_ms: known(numbers.p99),
                max_ms: known(numbers.max),
                apdex: used.apdex.score(),
                client_errors: used.client_errors,
                server_errors: used.server_errors,
                client_left: used.gone,
                bytes: used.bytes,
            }
        })
        .collect();
    map.serialize_entry("routes", &routes)?;
    let one = |&at: &u32| {
        let at = at as usize;
        Single {
            begin: moment(statements.start[at]),
            duration_ms: Some(statements.duration[at]).filter(|duration| !duration.is_nan()),
            status: Some(served.status(at)).filter(|&status| status > 0),
            route: &log.fingerprints[statements.fingerprint[at] as usize].text,
        }
    };
    let slowest: Vec<Single<'_>> = slowest(log, SINGLE).iter().map(one).collect();
    map.serialize_entry("slowest", &slowest)?;
    let failed: Vec<u32> =
        (0..statements.len() as u32).filter(|&at| statements.failed[at as usize] != 0).take(SINGLE).collect();
    map.serialize_entry("failed", &failed.iter().map(one).collect::<Vec<_>>())
}

/// The requests that took longest, at most `count`.
pub fn slowest(log: &QueryLog, count: usize) -> Vec<u32> {
    let durations = &log.statements.duration;
    let mut order: Vec<u32> = Vec::with_capacity(durations.len());
    order.extend((0..durations.len() as u32).filter(|&at| !durations[at as usize].is_nan()));
    let slower = |a: u32, b: u32| durations[b as usize].total_cmp(&durations[a as usize]).then(a.cmp(&b));
    // Only these few are put in order.
    if count > 0 && count < order.len() {
        order.select_nth_unstable_by(count - 1, |&a, &b| slower(a, b));
        order.truncate(count);
    }
    sort::ids(&mut order, &mut |a, b| slower(a, b));
    order.truncate(count);
    order
}

fn per_minute(requests: u32, span: f64) -> Option<f64> {
    (span > 0.0).then(|| f64::from(requests) / span * 60_000.0)
}

fn key(class: Class) -> &'static str {
    match class {
        Class::Informational => "informational",
        Class::Fine => "fine",
        Class::Redirect => "redirects",
        Class::ClientError => "client_errors",
        Class::Gone => "client_left",
        Class::ServerError => "server_errors",
    }
}

#[derive(serde::Serialize)]
struct Outage {
    from: Option<String>,
    length_ms: f64,
    cause: &'static str,
    failed: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<f64>,
}

#[derive(serde::Serialize)]
struct Route<'a> {
    route: &'a str,
    requests: u32,
    requests_per_minute: Option<f64>,
    total_ms: Option<f64>,
    mean_ms: Option<f64>,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    p99_ms: Option<f64>,
    max_ms: Option<f64>,
    apdex: Option<f64>,
    client_errors: u32,
    server_errors: u32,
    client_left: u32,
    bytes: Option<u64>,
}

#[derive(serde::Serialize)]
struct Single<'a> {
    begin: Option<String>,
    duration_ms: Option<f64>,
    status: Option<u16>,
    route: &'a str,
}
