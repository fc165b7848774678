//! What the statements of a log add up to, in columns.

use super::columns::{Damaged, Reader, Writer};
use super::{finite, list, of_length};
use crate::findings::{self, Report, Settings};
use crate::queries::digest::{LockTime, Rows};
use crate::queries::saved::Results;
use crate::queries::{Numbers, QueryLog};

pub(super) fn write(log: &QueryLog, results: &Results, columns: &mut Writer) {
    let numbers = &log.numbers;
    columns.put("numbers.calls", &list(numbers, |one| one.calls));
    columns.put("numbers.without_duration", &list(numbers, |one| one.without_duration));
    columns.put("numbers.failed", &list(numbers, |one| one.failed));
    columns.put("numbers.total", &list(numbers, |one| one.total));
    columns.put("numbers.min", &list(numbers, |one| one.min));
    columns.put("numbers.mean", &list(numbers, |one| one.mean));
    columns.put("numbers.p50", &list(numbers, |one| one.p50));
    columns.put("numbers.p95", &list(numbers, |one| one.p95));
    columns.put("numbers.p99", &list(numbers, |one| one.p99));
    columns.put("numbers.max", &list(numbers, |one| one.max));
    columns.put("numbers.stddev", &list(numbers, |one| one.stddev));
    columns.put("numbers.variance_to_mean", &list(numbers, |one| one.variance_to_mean));
    let rows = |rows: Rows| (rows.known, rows.total, rows.max);
    columns.put("numbers.rows", &list(numbers, |one| one.rows.map(rows)));
    columns.put("numbers.rows_examined", &list(numbers, |one| one.rows_examined.map(rows)));
    let lock_time = |time: LockTime| (time.known, time.total, time.max);
    columns.put("numbers.lock_time", &list(numbers, |one| one.lock_time.map(lock_time)));
    columns.put("numbers.starts", &list(numbers, |one| one.starts));
    columns.put("numbers.distinct_parameters", &list(numbers, |one| one.distinct_parameters));
    columns.put("results.executions", &Some(results.executions));
    columns.put("results.span", &results.span);
    columns.put("results.judgement", &Report::kept(results));
}

/// What the statements of `log` add up to.
pub(super) fn of(log: &QueryLog, settings: &Settings) -> Results {
    Results {
        executions: u32::try_from(log.executions()).unwrap_or(u32::MAX),
        span: log.span(),
        judgement: findings::judge_queries(log, settings).to_bytes(),
    }
}

/// Columns of times, in the order in which they are read.
const TIMES: [&str; 9] = ["total", "min", "mean", "p50", "p95", "p99", "max", "stddev", "variance_to_mean"];

/// [`Rows`] or [`LockTime`], field by field.
type Known<T, M> = Vec<Option<(u32, T, M)>>;

pub(super) fn read_numbers(columns: &Reader<'_>) -> Result<Vec<Numbers>, Damaged> {
    let calls: Vec<u32> = columns.take("numbers.calls")?;
    let without_duration: Vec<u32> = columns.take("numbers.without_duration")?;
    let failed: Vec<u32> = columns.take("numbers.failed")?;
    let count = calls.len();
    let mut times: [Vec<f64>; 9] = Default::default();
    for (column, name) in times.iter_mut().zip(TIMES) {
        *column = columns.take(&format!("numbers.{name}"))?;
        of_length(count, &[column.len()])?;
        finite(&[column])?;
    }
    let rows: Known<u64, u32> = columns.take("numbers.rows")?;
    let rows_examined: Known<u64, u32> = columns.take("numbers.rows_examined")?;
    let lock_time: Known<f64, f64> = columns.take("numbers.lock_time")?;
    let starts: Vec<Option<(f64, f64)>> = columns.take("numbers.starts")?;
    let distinct_parameters: Vec<u32> = columns.take("numbers.distinct_parameters")?;
    let lengths = [
        without_duration.len(),
        failed.len(),
        rows.len(),
        rows_examined.len(),
        lock_time.len(),
        starts.len(),
        distinct_parameters.len(),
    ];
    of_length(count, &lengths)?;
    let [total, min, mean, p50, p95, p99, max, stddev, variance_to_mean] = times;
    let of_rows = |(known, total, max)| Rows { known, total, max };
    let of_time = |(known, total, max)| LockTime { known, total, max };
    let numbers = |at: usize| Numbers {
        calls: calls[at],
        without_duration: without_duration[at],
        failed: failed[at],
        total: total[at],
        min: min[at],
        mean: mean[at],
        p50: p50[at],
        p95: p95[at],
        p99: p99[at],
        max: max[at],
        stddev: stddev[at],
        variance_to_mean: variance_to_mean[at],
        rows: rows[at].map(of_rows),
        rows_examined: rows_examined[at].map(of_rows),
        lock_time: lock_time[at].map(of_time),
        starts: starts[at],
        distinct_parameters: distinct_parameters[at],
    };
    Ok((0..count).map(numbers).collect())
}
