//! The tables of a log of requests: routes, and single requests.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Cell, Column, Form, write};
use crate::format;
use crate::queries::{Clock, Numbers, QueryLog};
use crate::requests::Served;
use crate::requests::route_use::{RouteUse, route_use};

/// Writes those routes of `log` (fingerprints), in this order; `threshold` is Apdex's T, ms.
///
/// # Errors
/// When `out` cannot be written.
pub fn routes(
    log: &QueryLog,
    order: &[u32],
    threshold: f64,
    form: Form,
    out: &mut dyn Write,
) -> io::Result<()> {
    let uses = match log.served.as_deref() {
        Some(served) => {
            let statements = &log.statements;
            route_use(
                served,
                0..statements.len(),
                &statements.fingerprint,
                &statements.duration,
                log.fingerprints.len(),
                threshold,
            )
        }
        None => Vec::new(),
    };
    let minutes = log.span().map_or(0.0, |(first, last)| (last - first) / 60_000.0);
    let total = log.total();
    let rows = order.iter().filter_map(|&id| {
        let at = id as usize;
        Some(Route {
            name: &log.fingerprints.get(at)?.text,
            numbers: log.numbers.get(at)?,
            uses: uses.get(at).copied().unwrap_or_default(),
            per_minute: if minutes > 0.0 { f64::from(log.numbers[at].calls) / minutes } else { f64::NAN },
            share: if total > 0.0 { log.numbers[at].total / total } else { f64::NAN },
        })
    });
    let columns: [Column<Route<'_>>; 16] = [
        Column::text("route", |row| Cell::code(row.name)),
        Column::count("requests", |row| Cell::Count(i64::from(row.numbers.calls))),
        Column::number("requests per minute", |row| Cell::time(row.per_minute)),
        Column::milliseconds("total", |row| row.time(row.numbers.total)),
        Column::number("share", |row| row.time(row.share)),
        Column::milliseconds("mean", |row| row.time(row.numbers.mean)),
        Column::milliseconds("p50", |row| row.time(row.numbers.p50)),
        Column::milliseconds("p95", |row| row.time(row.numbers.p95)),
        Column::milliseconds("p99", |row| row.time(row.numbers.p99)),
        Column::milliseconds("max", |row| row.time(row.numbers.max)),
        Column::number("apdex", |row| row.uses.apdex.score().map_or(Cell::Nothing, Cell::time)),
        Column::count("client errors", |row| Cell::Count(i64::from(row.uses.client_errors))),
        Column::count("server errors", |row| Cell::Count(i64::from(row.uses.server_errors))),
        Column::count("client left", |row| Cell::Count(i64::from(row.uses.gone))),
        Column::count("bytes", |row| Cell::count(row.uses.bytes.and_then(|bytes| i64::try_from(bytes).ok()))),
        Column::count("without duration", |row| Cell::Count(i64::from(row.numbers.without_duration))),
    ];
    write(&columns, rows, form, out)
}

struct Route<'a> {
    name: &'a str,
    numbers: &'a Numbers,
    uses: RouteUse,
    per_minute: f64,
    share: f64,
}

impl Route<'_> {
    /// A time that is known, if that of any request is.
    fn time(&self, time: f64) -> Cell<'static> {
        if self.numbers.timed() > 0 { Cell::time(time) } else { Cell::Nothing }
    }
}

/// Writes those requests of `log`, in this order.
///
/// # Errors
/// When `out` cannot be written.
pub fn requests(log: &QueryLog, order: &[u32], form: Form, out: &mut dyn Write) -> io::Result<()> {
    let Some(served) = log.served.as_deref() else { return Ok(()) };
    let rows = order.iter().map(|&at| One { log, served, at: at as usize });
    let columns: [Column<One<'_>>; 9] = [
        Column::text("begin", One::begin),
        Column::milliseconds("duration", |row| Cell::time(row.log.statements.duration[row.at])),
        Column::milliseconds("upstream", |row| {
            row.served.upstream_of(row.at).map_or(Cell::Nothing, |time| Cell::time(f64::from(time)))
        }),
        Column::count("status", |row| match row.served.status(row.at) {
            0 => Cell::Nothing,
            status => Cell::Count(i64::from(status)),
        }),
        Column::text("method", |row| {
            row.served.outcome_of(row.at).map_or(Cell::Nothing, |it| Cell::text(&it.method))
        }),
        Column::text("route", |row| {
            let route = row.log.fingerprints.get(row.log.statements.fingerprint[row.at] as usize);
            route.map_or(Cell::Nothing, |route| Cell::code(&route.text))
        }),
        Column::count("bytes", |row| Cell::count(row.served.bytes_of(row.at).map(i64::from))),
        Column::text("client", |row| {
            let client =
                row.served.client.get(row.at).and_then(|&client| row.served.clients.get(client as usize));
            client.filter(|client| !client.is_empty()).map_or(Cell::Nothing, |client| Cell::text(client))
        }),
        Column::text("worker", |row| {
            let worker = row.log.connections.get(row.log.statements.connection[row.at] as usize);
            let worker = worker.map(|worker| worker.process.as_str()).filter(|worker| !worker.is_empty());
            worker.map_or(Cell::Nothing, Cell::text)
        }),
    ];
    write(&columns, rows, form, out)
}

struct One<'a> {
    log: &'a QueryLog,
    served: &'a Served,
    at: usize,
}

impl One<'_> {
    fn begin(&self) -> Cell<'_> {
        let start = self.log.statements.start[self.at];
        if self.log.clock == Clock::Sequence {
            return Cell::Nothing;
        }
        Cell::Text(Cow::Owned(format!("{} {}", format::date(start), format::time_of_day(start))))
    }
}
