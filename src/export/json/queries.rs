//! A log's part of the summary.

use std::collections::BTreeMap;
use std::io::{self, Read as _};

use rustc_hash::FxHashMap;
use serde::ser::SerializeMap;

use crate::format;
use crate::import::{self, Format, ImportError};
use crate::input::{Input, Source, Wrapping};
use crate::queries::events::EventTotal;
use crate::queries::{Clock, EventKind, NONE, Operation, QueryLog, Statements};
use crate::sort;

/// Writes the log's entries into the document's object: fingerprints in descending order of total
/// time.
pub(super) fn entries<M: SerializeMap>(
    log: &QueryLog,
    format: Option<&'static dyn Format>,
    source: &dyn Source,
    map: &mut M,
) -> Result<(), M::Error> {
    let statements = &log.statements;
    let numbers = &log.numbers;
    let examples = examples(log, format, source);
    let mut of_fingerprint = events(log);
    let order = sort::order(numbers.len(), &mut |a, b| numbers[b as usize].by_weight(&numbers[a as usize]));
    let fingerprints: Vec<Fingerprint<'_>> = order
        .into_iter()
        .map(|index| {
            let index = index as usize;
            let (fingerprint, numbers) = (&log.fingerprints[index], &numbers[index]);
            // What the log does not say is unknown, not nothing.
            let known = |time: f64| (numbers.timed() > 0).then_some(time);
            Fingerprint {
                fingerprint: &fingerprint.text,
                operation: fingerprint.operation,
                tables: &fingerprint.tables,
                calls: numbers.calls,
                total_ms: known(numbers.total),
                min_ms: known(numbers.min),
                mean_ms: known(numbers.mean),
                stddev_ms: known(numbers.stddev),
                p50_ms: known(numbers.p50),
                p95_ms: known(numbers.p95),
                p99_ms: known(numbers.p99),
                max_ms: known(numbers.max),
                distinct_parameters: log.statistics.is_none().then_some(numbers.distinct_parameters),
                rows: numbers.rows.map(|rows| rows.total),
                rows_examined: numbers.rows_examined.map(|rows| rows.total),
                lock_time_ms: numbers.lock_time.map(|time| time.total),
                events: of_fingerprint.remove(&(index as u32)).unwrap_or_default(),
                example: examples[index].as_deref(),
            }
        })
        .collect();
    let (first, last) = match log.results() {
        Some(results) => (results.span.map(|span| span.0), results.span.map(|span| span.1)),
        None => (
            statements.start.iter().copied().min_by(f64::total_cmp),
            (0..statements.len()).map(|index| end(statements, index)).max_by(f64::total_cmp),
        ),
    };
    map.serialize_entry("kind", "queries")?;
    map.serialize_entry("executions", &log.executions())?;
    let totals = fingerprints.iter().filter_map(|row| row.total_ms);
    let total = totals.clone().next().map(|_| totals.sum::<f64>());
    map.serialize_entry("total_ms", &total)?;
    map.serialize_entry("start", &first.and_then(|start| iso(&log.clock, start)))?;
    map.serialize_entry("end", &last.and_then(|end| iso(&log.clock, end)))?;
    map.serialize_entry("fingerprints", &fingerprints)?;
    let all = log.events.counts(0..log.events.len()).into_iter().collect::<Counts>();
    map.serialize_entry("events", &all)?;
    map.serialize_entry("event_groups", &event_groups(log))?;
    // What only ever failed, and what the server does not name a statement for.
    let unfinished: Vec<Unfinished<'_>> = log
        .events
        .unfinished
        .iter()
        .enumerate()
        .filter_map(|(index, fingerprint)| {
            let events = of_fingerprint.remove(&((numbers.len() + index) as u32))?;
            Some(Unfinished { fingerprint: &fingerprint.text, operation: fingerprint.operation, events })
        })
        .collect();
    map.serialize_entry("unfinished", &unfinished)
}

/// Events of one kind that the server says the same of.
#[derive(serde::Serialize)]
struct EventGroup<'a> {
    kind: EventKind,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sqlstate: Option<&'a str>,
    count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_bytes: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_bytes: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
}

/// Events by kind, message and SQLSTATE, in order of the first; plans are their statements'.
fn event_groups(log: &QueryLog) -> Vec<EventGroup<'_>> {
    let events = &log.events;
    let mut places: FxHashMap<(EventKind, u32, [u8; 5]), usize> = FxHashMap::default();
    let mut groups: Vec<(usize, EventTotal, f64, f64)> = Vec::new();
    for event in (0..events.len()).filter(|&event| events.kind[event] != EventKind::Plan) {
        let (kind, time) = (events.kind[event], events.time[event]);
        let next = groups.len();
        let place = *places.entry((kind, events.message[event], events.state[event])).or_insert(next);
        if place == next {
            groups.push((event, EventTotal::none(kind), f64::NAN, f64::NAN));
        }
        let (_, total, first, last) = &mut groups[place];
        total.add(events.amount_of(event));
        (*first, *last) = (first.min(time), last.max(time));
    }
    let group = |(event, total, first, last): (usize, EventTotal, f64, f64)| {
        let known = |value: f64| (total.known > 0).then_some(value);
        let bytes = |value: f64| known(value).filter(|_| total.kind.class().is_in_bytes());
        let times = |value: f64| known(value).filter(|_| !total.kind.class().is_in_bytes());
        let moment = |time: f64| (!time.is_nan()).then(|| iso(&log.clock, time)).flatten();
        EventGroup {
            kind: total.kind,
            message: events.message(event),
            sqlstate: events.state(event),
            count: total.count,
            total_bytes: bytes(total.amount),
            max_bytes: bytes(total.largest),
            total_ms: times(total.amount),
            max_ms: times(total.largest),
            first: moment(first),
            last: moment(last),
        }
    };
    groups.into_iter().map(group).collect()
}

/// How many events of each kind.
type Counts = BTreeMap<EventKind, u32>;

/// The events of each fingerprint that has some.
fn events(log: &QueryLog) -> FxHashMap<u32, Counts> {
    let mut counts: FxHashMap<u32, Counts> = FxHashMap::default();
    for (&fingerprint, &kind) in log.events.fingerprint.iter().zip(&log.events.kind) {
        *counts.entry(fingerprint).or_default().entry(kind).or_default() += 1;
    }
    counts
}

/// A statement that never ran to its end.
#[derive(serde::Serialize)]
struct Unfinished<'a> {
    fingerprint: &'a str,
    operation: Operation,
    events: Counts,
}

#[derive(serde::Serialize)]
struct Fingerprint<'a> {
    fingerprint: &'a str,
    operation: Operation,
    tables: &'a [String],
    calls: u32,
    total_ms: Option<f64>,
    min_ms: Option<f64>,
    mean_ms: Option<f64>,
    /// Of the population.
    stddev_ms: Option<f64>,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    p99_ms: Option<f64>,
    max_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distinct_parameters: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows_examined: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lock_time_ms: Option<f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    events: Counts,
    example: Option<&'a str>,
}

/// When a statement ended; when it began, if its duration is unknown.
fn end(statements: &Statements, index: usize) -> f64 {
    let duration = statements.duration[index];
    statements.start[index] + if duration.is_nan() { 0.0 } else { duration }
}

/// A time in ISO 8601, to the millisecond: with the offset from UTC if the log's zone says it.
pub(super) fn iso(clock: &Clock, milliseconds: f64) -> Option<String> {
    let Clock::Wall { zone } = clock else { return None };
    let (date, time) = (format::date(milliseconds), format::time_of_day(milliseconds));
    let zone = match zone.as_deref().unwrap_or_default() {
        "UTC" | "GMT" | "Z" => "Z",
        zone if is_offset(zone) => zone,
        _ => "",
    };
    Some(format!("{date}T{time}{zone}"))
}

/// `+02:00` or `+0200`; `CET` and the like are no offsets.
fn is_offset(zone: &str) -> bool {
    zone.strip_prefix(['+', '-'])
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b':'))
}

/// Per fingerprint: the SQL of its slowest execution, if it can be read again.
fn examples(log: &QueryLog, format: Option<&'static dyn Format>, source: &dyn Source) -> Vec<Option<String>> {
    let statements = &log.statements;
    let slowest = log.slowest().into_iter().filter(|&at| at != NONE).map(|at| at as usize);
    let mut texts = vec![None; log.fingerprints.len()];
    if let Some(saved) = &log.saved {
        for at in slowest {
            texts[statements.fingerprint[at] as usize] = Some(saved.text(at, log).sql);
        }
        return texts;
    }
    let Some(format) = format else { return texts };
    // In the order of the file, so that a gzipped one is unwrapped once.
    let mut wanted: Vec<usize> = slowest.collect();
    sort::by_key(&mut wanted, |&index| statements.offset[index]);
    let Ok(mut records) = Records::open(source) else { return texts };
    for index in wanted {
        let record = records.read(statements.offset[index], statements.length[index]);
        let text = record.ok().and_then(|record| format.statement_text(&record));
        texts[statements.fingerprint[index] as usize] = text.map(|text| text.sql);
    }
    texts
}

/// Reads records in ascending order.
struct Records<'a> {
    source: &'a dyn Source,
    /// The unwrapped bytes.
    input: Input<'a>,
}

impl<'a> Records<'a> {
    fn open(source: &'a dyn Source) -> Result<Self, ImportError> {
        Ok(Self { source, input: import::open(source, &|_| ())? })
    }

    fn read(&mut self, offset: u64, length: u32) -> io::Result<Vec<u8>> {
        let ahead = offset.checked_sub(self.input.position());
        // Two statements can share a record's bytes: what lies behind is read anew.
        let (false, Some(skip)) = (self.input.wrapping() == Wrapping::Plain, ahead) else {
            return self.input.places().read(self.source, offset, length);
        };
        io::copy(&mut (&mut self.input).take(skip), &mut io::sink())?;
        let mut record = Vec::new();
        (&mut self.input).take(u64::from(length)).read_to_end(&mut record)?;
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_an_offset_only_if_the_zone_is_one() {
        let iso =
            |zone: Option<&str>| iso(&Clock::Wall { zone: zone.map(str::to_owned) }, 1_783_143_255_250.0);
        assert_eq!(iso(None).as_deref(), Some("2026-07-04T05:34:15.250"));
        assert_eq!(iso(Some("UTC")).as_deref(), Some("2026-07-04T05:34:15.250Z"));
        assert_eq!(iso(Some("+02:00")).as_deref(), Some("2026-07-04T05:34:15.250+02:00"));
        assert_eq!(iso(Some("CET")).as_deref(), Some("2026-07-04T05:34:15.250"));
        assert_eq!(super::iso(&Clock::Sequence, 0.0), None);
    }
}
