//! What tables there are, and their columns.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Cell, Column, Form, write};
use crate::findings::{Bound, Finding, markdown};
use crate::profile::{FunctionId, Profile};
use crate::queries::{Fingerprint, Numbers, Operation, QueryLog};

/// Writes those functions of `profile`, in this order.
///
/// # Errors
/// When `out` cannot be written.
pub fn functions(profile: &Profile, order: &[FunctionId], form: Form, out: &mut dyn Write) -> io::Result<()> {
    let numbers = &profile.functions;
    // What no function has is unknown, not nothing.
    let timed = profile.has_times();
    let rows = order.iter().map(|&id| {
        let index = id as usize;
        Function {
            name: numbers.name(id),
            file: numbers.file(id),
            line: numbers.line(id),
            calls: numbers.calls_of(id),
            primitive_calls: numbers.primitive_calls_of(id),
            samples: numbers.samples_of(id),
            self_time: if timed { numbers.self_time[index] } else { f64::NAN },
            total_time: if timed && !numbers.total_is_lost(id) {
                numbers.total_time[index]
            } else {
                f64::NAN
            },
        }
    });
    let unit = profile.unit;
    let [counts, own_counts]: [Column<Function<'_>>; 2] = if numbers.sampled {
        [
            Column::count("samples", |row| Cell::count(row.samples.map(|(_, all)| all))),
            Column::count("self samples", |row| Cell::count(row.samples.map(|(own, _)| own))),
        ]
    } else {
        [
            Column::count("calls", |row| Cell::count(row.calls)),
            Column::count("primitive calls", |row| Cell::count(row.primitive_calls)),
        ]
    };
    let columns: [Column<Function<'_>>; 9] = [
        counts,
        own_counts,
        Column::amount(unit, "self", |row| Cell::time(row.self_time)),
        Column::amount(unit, "self per call", |row| per_call(row.self_time, row.calls)),
        Column::amount(unit, "total", |row| Cell::time(row.total_time)),
        Column::amount(unit, "total per call", |row| per_call(row.total_time, row.primitive_calls)),
        Column::text("function", |row| Cell::code(row.name)),
        Column::text("file", |row| Cell::code(row.file)),
        Column::count("line", |row| Cell::Count(row.line)),
    ];
    write(&columns, rows, form, out)
}

struct Function<'a> {
    name: &'a str,
    file: &'a str,
    line: i64,
    calls: Option<i64>,
    primitive_calls: Option<i64>,
    samples: Option<(i64, i64)>,
    self_time: f64,
    total_time: f64,
}

/// As pstats does: self time by all calls, total time by primitive ones.
fn per_call(time: f64, calls: Option<i64>) -> Cell<'static> {
    match calls {
        Some(calls @ 1..) => Cell::time(time / calls as f64),
        _ => Cell::Nothing,
    }
}

/// Writes those caller→callee edges of `profile`, in this order: the callers and callees of functions.
///
/// # Errors
/// When `out` cannot be written.
pub fn edges(profile: &Profile, order: &[usize], form: Form, out: &mut dyn Write) -> io::Result<()> {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let timed = profile.has_times();
    let place = |id: FunctionId| (functions.name(id), functions.file(id), functions.line(id));
    let rows = order.iter().map(|&edge| Edge {
        caller: place(edges.caller[edge]),
        callee: place(edges.callee[edge]),
        // A sampler's counts of edges are all of one kind: which samples ended there is not in the file.
        calls: profile.edge_calls(edge).or(functions.sampled.then(|| edges.calls[edge].max(0))),
        primitive_calls: profile.edge_primitive_calls(edge),
        self_time: if timed { edges.self_time[edge] } else { f64::NAN },
        total_time: if timed { edges.total_time[edge] } else { f64::NAN },
    });
    let unit = profile.unit;
    let columns: [Column<Edge<'_>>; 10] = [
        Column::count(if functions.sampled { "samples" } else { "calls" }, |row| Cell::count(row.calls)),
        Column::count("primitive calls", |row| Cell::count(row.primitive_calls)),
        Column::amount(unit, "self", |row| Cell::time(row.self_time)),
        Column::amount(unit, "total", |row| Cell::time(row.total_time)),
        Column::text("caller", |row| Cell::code(row.caller.0)),
        Column::text("caller file", |row| Cell::code(row.caller.1)),
        Column::count("caller line", |row| Cell::Count(row.caller.2)),
        Column::text("callee", |row| Cell::code(row.callee.0)),
        Column::text("callee file", |row| Cell::code(row.callee.1)),
        Column::count("callee line", |row| Cell::Count(row.callee.2)),
    ];
    write(&columns, rows, form, out)
}

/// Times are those of the callee when called by the caller.
struct Edge<'a> {
    caller: (&'a str, &'a str, i64),
    callee: (&'a str, &'a str, i64),
    calls: Option<i64>,
    primitive_calls: Option<i64>,
    self_time: f64,
    total_time: f64,
}

/// Writes those queries (fingerprints) of `log`, in this order.
///
/// # Errors
/// When `out` cannot be written.
pub fn queries(log: &QueryLog, order: &[u32], form: Form, out: &mut dyn Write) -> io::Result<()> {
    let rows = order
        .iter()
        .map(|&id| Query { fingerprint: &log.fingerprints[id as usize], numbers: &log.numbers[id as usize] });
    let columns: [Column<Query<'_>>; 13] = [
        Column::count("calls", |row| Cell::Count(i64::from(row.numbers.calls))),
        Column::count("failed", |row| Cell::Count(i64::from(row.numbers.failed))),
        Column::count("without duration", |row| Cell::Count(i64::from(row.numbers.without_duration))),
        Column::milliseconds("total", |row| row.time(row.numbers.total)),
        Column::milliseconds("mean", |row| row.time(row.numbers.mean)),
        Column::milliseconds("min", |row| row.time(row.numbers.min)),
        Column::milliseconds("p50", |row| row.time(row.numbers.p50)),
        Column::milliseconds("p95", |row| row.time(row.numbers.p95)),
        Column::milliseconds("p99", |row| row.time(row.numbers.p99)),
        Column::milliseconds("max", |row| row.time(row.numbers.max)),
        Column::text("operation", |row| Cell::text(operation(row.fingerprint.operation))),
        Column::text("tables", |row| Cell::List(&row.fingerprint.tables)),
        Column::text("query", |row| Cell::code(&row.fingerprint.text)),
    ];
    write(&columns, rows, form, out)
}

struct Query<'a> {
    fingerprint: &'a Fingerprint,
    numbers: &'a Numbers,
}

impl Query<'_> {
    /// A time that is known, if that of any execution is.
    fn time(&self, time: f64) -> Cell<'static> {
        if self.numbers.timed() > 0 { Cell::time(time) } else { Cell::Nothing }
    }
}

/// As JSON spells it elsewhere.
fn operation(operation: Operation) -> &'static str {
    match operation {
        Operation::Select => "SELECT",
        Operation::Insert => "INSERT",
        Operation::Update => "UPDATE",
        Operation::Delete => "DELETE",
        Operation::Transaction => "TRANSACTION",
        Operation::Schema => "SCHEMA",
        Operation::Other => "OTHER",
    }
}

/// Writes `findings`, in this order.
///
/// # Errors
/// When `out` cannot be written.
pub fn findings(findings: &[&Finding], form: Form, out: &mut dyn Write) -> io::Result<()> {
    let columns: [Column<&Finding>; 10] = [
        Column::text("rule", |row| Cell::text(&row.rule)),
        Column::text("finding", |row| Cell::text(&row.title)),
        Column::milliseconds("saving", |row| milliseconds(row, row.saving)),
        Column::text("saving is", |row| {
            Cell::text(match row.bound {
                Bound::Estimate => "estimate",
                Bound::AtMost => "at most",
            })
        }),
        Column::milliseconds("at stake", |row| milliseconds(row, row.at_stake)),
        Column::text("confidence", |row| Cell::text(markdown::confidence(row.confidence))),
        Column::text("evidence", |row| Cell::Text(evidence(row))),
        Column::text("remedy", |row| Cell::text(&row.remedy)),
        Column::text("computed", |row| Cell::text(&row.computed)),
        Column::text("wrong if", |row| Cell::text(&row.doubts)),
    ];
    write(&columns, findings.iter().copied(), form, out)
}

/// A time, if it is one.
fn milliseconds(finding: &Finding, value: f64) -> Cell<'static> {
    if finding.unit.is_time() { Cell::time(value) } else { Cell::Nothing }
}

fn evidence(finding: &Finding) -> Cow<'static, str> {
    let evidence = finding.evidence.iter();
    let evidence = evidence.map(|one| format!("{}: {}", one.label, markdown::value(&one.value)));
    Cow::Owned(evidence.collect::<Vec<_>>().join("; "))
}
