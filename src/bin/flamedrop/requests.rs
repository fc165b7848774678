//! `summary` of a log of requests: how the site did, its routes, its slowest and its failed requests.

use std::io::{self, Write};

use flamedrop::export::json::requests::slowest;
use flamedrop::format::{self, TimeColumn};
use flamedrop::queries::compare::{CLEAR, Per, Shapes, Side, compare};
use flamedrop::queries::figures::{Order, groups};
use flamedrop::queries::filter::Selection;
use flamedrop::queries::site::{Site, site};
use flamedrop::queries::{Clock, QueryLog};
use flamedrop::requests::availability::Cause;
use flamedrop::requests::load::Apdex;
use flamedrop::requests::route_use::route_use;
use flamedrop::requests::{Class, Served};

use super::table::{columns, one_line};

/// Apdex's threshold, ms: what New Relic begins with.
const THRESHOLD: f64 = 500.0;

/// So many single requests are listed.
const SINGLE: usize = 5;

/// Writes the log's totals, its first `rows` routes, the slowest requests and those that failed.
pub fn write(log: &QueryLog, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    let Some(served) = log.served.as_deref() else { return Ok(()) };
    let all = site(log, &Selection::all(log.statements.len()), None, THRESHOLD, None);
    totals(log, &all, out)?;
    if let Some(inferred) = &log.inferred {
        writeln!(out, "{}", one_line(inferred))?;
    }
    routes(log, served, &all, rows, out)?;
    let statements = &log.statements;
    let longest = slowest(log, SINGLE.min(rows));
    if !longest.is_empty() {
        writeln!(out, "\nslowest")?;
        single(log, served, &longest, out)?;
    }
    let failed = (0..statements.len() as u32).filter(|&at| statements.failed[at as usize] != 0);
    let failed: Vec<u32> = failed.take(SINGLE.min(rows)).collect();
    if !failed.is_empty() {
        writeln!(out, "\nfirst that failed")?;
        single(log, served, &failed, out)?;
    }
    Ok(())
}

fn totals(log: &QueryLog, all: &Site, out: &mut dyn Write) -> io::Result<()> {
    let requests = format::counted(i64::from(all.requests), "request", "requests");
    let timed = log.clock != Clock::Sequence;
    match timed && all.span > 0.0 {
        true => writeln!(
            out,
            "{requests} in {} from {} {}: {}",
            format::milliseconds(all.span),
            format::date(log.span().unwrap_or_default().0),
            format::time_of_day(log.span().unwrap_or_default().0),
            rate(f64::from(all.requests) / all.span * 60_000.0)
        )?,
        false => writeln!(out, "{requests}")?,
    }
    let known = || log.statements.duration.iter().copied().filter(|duration| !duration.is_nan());
    let mut durations: Vec<f64> = Vec::with_capacity(known().count());
    durations.extend(known());
    if durations.is_empty() {
        writeln!(out, "without durations")?;
    } else {
        let count = durations.len();
        let mut percentile = |share: f64| {
            let rank = (share * count as f64).ceil().max(1.0) as usize;
            let (_, at, _) = durations.select_nth_unstable_by(rank.min(count) - 1, f64::total_cmp);
            format::milliseconds(*at)
        };
        let apdex = all.apdex.score().map_or(format::UNKNOWN.to_owned(), |score| format!("{score:.2}"));
        let of = match count == all.requests as usize {
            true => String::new(),
            false => format!(" of {} of the requests", format::count(count as i64)),
        };
        writeln!(
            out,
            "response time{of}: p50 {}, p95 {}, p99 {}; Apdex {apdex} (T = {})",
            percentile(0.50),
            percentile(0.95),
            percentile(0.99),
            format::milliseconds(THRESHOLD)
        )?;
    }
    let share = |count: u32| format::percent(f64::from(count) / f64::from(all.requests.max(1)));
    let classes: Vec<String> = Class::ALL
        .into_iter()
        .map(|class| (class, all.classes[class as usize]))
        .filter(|(_, count)| *count > 0)
        .map(|(class, count)| {
            format!("{} {} ({})", class.title(), format::count(i64::from(count)), share(count))
        })
        .collect();
    writeln!(out, "{}", classes.join(", "))?;
    if timed {
        let silences = all.outages.iter().filter(|outage| outage.cause == Cause::Silence).count();
        match all.outages.len() - silences {
            0 => write!(out, "no outage of a minute or more")?,
            count => write!(
                out,
                "available {:.3} % of the time: {}",
                all.availability * 100.0,
                format::counted(count as i64, "outage", "outages")
            )?,
        }
        if silences > 0 {
            let counted = format::counted(silences as i64, "improbable silence", "improbable silences");
            write!(out, "; {counted}, which may be outages")?;
        }
        writeln!(out)?;
        for outage in &all.outages {
            let why = match outage.cause {
                Cause::Errors => {
                    format!("{} answers, all of them 5xx", format::count(i64::from(outage.failed)))
                }
                Cause::Silence => format!("no request, inferred (p {})", chance(outage.chance)),
            };
            let (date, time) = (format::date(outage.from), format::time_of_day(outage.from));
            writeln!(out, "  {date} {time} for {}: {why}", format::milliseconds(outage.length))?;
        }
    }
    if let Some(concurrency) = all.concurrency {
        write!(out, "requests in flight: {} on average", format::mean(concurrency))?;
        if let Some(most) = all.most_at_once {
            write!(out, ", {} at most", format::count(i64::from(most)))?;
        }
        if let Some(busy) = all.utilisation {
            let workers = format::counted(i64::from(all.workers), "worker", "workers");
            write!(out, "; {workers} busy {} of the time", format::percent(busy))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// How many requests in a time in which there are some: `12 a minute`, `3 an hour`, `1.5 a day`.
fn rate(per_minute: f64) -> String {
    let (number, time) = match per_minute {
        few if few >= 1.0 => (few, "a minute"),
        few if few * 60.0 >= 1.0 => (few * 60.0, "an hour"),
        few => (few * 1440.0, "a day"),
    };
    format!("{} {time}", format::mean(number))
}

/// The same in a column: never 0 of what there is.
fn per_minute(rate: f64) -> String {
    if rate > 0.0 && rate < 0.01 { "< 0.01".to_owned() } else { format::mean(rate) }
}

/// A probability behind its letter.
fn chance(chance: f64) -> String {
    if chance < 1e-9 { "< 1e-9".to_owned() } else { format!("= {chance:.1e}") }
}

/// Routes, by total time.
fn routes(log: &QueryLog, served: &Served, all: &Site, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    let (numbers, statements) = (&log.numbers, &log.statements);
    let (of, took) = (&statements.fingerprint, &statements.duration);
    let uses = route_use(served, 0..statements.len(), of, took, numbers.len(), THRESHOLD);
    let total = log.total();
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| numbers[b].by_weight(&numbers[a]));
    order.truncate(rows);
    let most = |of: &dyn Fn(usize) -> f64| order.iter().map(|&at| of(at)).fold(0.0, f64::max);
    let totals = TimeColumn::for_milliseconds(most(&|at| numbers[at].total));
    let singles = TimeColumn::for_milliseconds(most(&|at| numbers[at].max));
    let unit = singles.unit.symbol();
    let mut lines: Vec<[String; 11]> = vec![[
        "requests".to_owned(),
        "a minute".to_owned(),
        format!("total {}", totals.unit.symbol()),
        "%".to_owned(),
        format!("p50 {unit}"),
        format!("p95 {unit}"),
        format!("max {unit}"),
        "Apdex".to_owned(),
        "4xx".to_owned(),
        "5xx".to_owned(),
        "route".to_owned(),
    ]];
    for at in order {
        let (of, used) = (&numbers[at], &uses[at]);
        let known = |text: String| if of.timed() > 0 { text } else { format::UNKNOWN.to_owned() };
        let minutes = all.span / 60_000.0;
        lines.push([
            format::count(i64::from(of.calls)),
            if minutes > 0.0 && log.clock != Clock::Sequence {
                per_minute(f64::from(of.calls) / minutes)
            } else {
                format::UNKNOWN.to_owned()
            },
            known(totals.milliseconds(of.total)),
            known(format::percent_cell(if total > 0.0 { of.total / total } else { 0.0 })),
            known(singles.milliseconds(of.p50)),
            known(singles.milliseconds(of.p95)),
            known(singles.milliseconds(of.max)),
            apdex(&used.apdex),
            format::count(i64::from(used.client_errors)),
            format::count(i64::from(used.server_errors)),
            one_line(&log.fingerprints[at].text),
        ]);
    }
    columns(&lines, out)
}

fn apdex(apdex: &Apdex) -> String {
    apdex.score().map_or(format::UNKNOWN.to_owned(), |score| format!("{score:.2}"))
}

fn single(log: &QueryLog, served: &Served, order: &[u32], out: &mut dyn Write) -> io::Result<()> {
    let statements = &log.statements;
    let mut lines: Vec<[String; 4]> = Vec::new();
    for &at in order {
        let at = at as usize;
        let duration = statements.duration[at];
        let start = match log.clock {
            Clock::Sequence => String::new(),
            Clock::Wall { .. } => format::time_of_day(statements.start[at]),
        };
        lines.push([
            start,
            if duration.is_nan() { format::UNKNOWN.to_owned() } else { format::milliseconds(duration) },
            match served.status(at) {
                0 => format::UNKNOWN.to_owned(),
                status => status.to_string(),
            },
            one_line(&log.fingerprints[statements.fingerprint[at] as usize].text),
        ]);
    }
    columns(&lines, out)
}

/// Prints what a change did to routes: those before beside those after, with chance told apart.
pub fn diff(
    before: (&str, &QueryLog),
    after: (&str, &QueryLog),
    json: bool,
    rows: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let shapes = |(name, log): (&str, &QueryLog)| {
        let all = Selection::all(log.statements.len());
        let groups =
            groups(log, &Order::default(), &all, &log.statements.fingerprint, log.fingerprints.len());
        let span = log.span().map_or(0.0, |(first, last)| last - first);
        Shapes::new(name.to_owned(), log, &all, span, &groups)
    };
    let (earlier, later) = (shapes(before), shapes(after));
    let mut compared = compare(&earlier, &later, Per::Time);
    compared.sort_by(|a, b| b.change().abs().total_cmp(&a.change().abs()));
    if json {
        serde_json::to_writer(&mut *out, &compared).map_err(io::Error::from)?;
        return out.write_all(b"\n");
    }
    let rate = |side: &Shapes, log: &QueryLog| {
        let requests = format::counted(log.statements.len() as i64, "request", "requests");
        format!("{} ({requests} in {})", one_line(&side.name), format::milliseconds(side.span))
    };
    writeln!(out, "before: {}", rate(&earlier, before.1))?;
    writeln!(out, "after:  {}", rate(&later, after.1))?;
    let largest = compared.iter().flat_map(|row| [row.before.p95, row.after.p95]).fold(0.0, f64::max);
    let times = TimeColumn::for_milliseconds(largest);
    let unit = times.unit.symbol();
    let mut lines: Vec<[String; 8]> = vec![[
        "requests before".to_owned(),
        "after".to_owned(),
        format!("mean {unit} before"),
        "after".to_owned(),
        format!("p95 {unit} before"),
        "after".to_owned(),
        "difference".to_owned(),
        "route".to_owned(),
    ]];
    for row in compared.iter().take(rows) {
        let time = |side: &Side, of: f64| {
            if side.timed > 0 { times.milliseconds(of) } else { format::UNKNOWN.to_owned() }
        };
        let verdict = match () {
            () if row.is_new() => "new",
            () if row.is_gone() => "gone",
            () if row.slower_z >= CLEAR => "slower",
            () if row.slower_z <= -CLEAR => "faster",
            () if row.calls_z >= CLEAR => "more requests",
            () if row.calls_z <= -CLEAR => "fewer requests",
            () => "not significant",
        };
        lines.push([
            format::count(i64::from(row.before.calls)),
            format::count(i64::from(row.after.calls)),
            time(&row.before, row.before.mean),
            time(&row.after, row.after.mean),
            time(&row.before, row.before.p95),
            time(&row.after, row.after.p95),
            verdict.to_owned(),
            one_line(&row.text),
        ]);
    }
    columns(&lines, out)
}
