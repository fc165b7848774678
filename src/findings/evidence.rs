//! Evidence that many rules give in the same words.

use super::digest::frame;
use super::n_plus_one::place;
use super::{Evidence, Link, Value};
use crate::format;
use crate::profile::{FunctionId, Profile};
use crate::queries::{Clock, QueryLog};
use crate::sort;

/// `key` counted.
pub(super) fn count(key: &str, label: &str, count: u64) -> Evidence {
    Evidence::new(key, label, Value::Count(count))
}

/// Milliseconds.
pub(super) fn time(key: &str, label: &str, time: f64) -> Evidence {
    Evidence::new(key, label, Value::Milliseconds(time))
}

/// A query, whole.
pub(super) fn query(log: &QueryLog, key: &str, label: &str, id: u32) -> Evidence {
    let text = log.any_fingerprint(id).map(|one| one.text.clone()).unwrap_or_default();
    Evidence::new(key, label, Value::Sql(text)).at(Link::Query(id))
}

/// The queries that took most time, as `query_1`, `query_2`, …: at most three.
pub(super) fn queries(log: &QueryLog, mut all: Vec<(u32, f64)>) -> Vec<Evidence> {
    sort::by(&mut all, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let one = |(rank, &(id, time)): (usize, &(u32, f64))| {
        query(log, &format!("query_{}", rank + 1), &format!("{} in", format::milliseconds(time)), id)
    };
    telling(&all).map(one).collect()
}

/// The first three of `all` with their ranks, but for crumbs: where nearly all is elsewhere, they tell nothing.
fn telling<T>(all: &[(T, f64)]) -> impl Iterator<Item = (usize, &(T, f64))> {
    let crumb = all.iter().map(|(_, time)| time).sum::<f64>() / 100.0;
    all.iter().filter(move |(_, time)| *time >= crumb).take(3).enumerate()
}

/// Functions with their milliseconds, as `key_1`, `key_2`, …: at most three. `label` says what the time is.
pub(super) fn functions(
    profile: &Profile,
    key: &str,
    all: &[(FunctionId, f64)],
    label: impl Fn(&str) -> String,
) -> Vec<Evidence> {
    let one = |(rank, &(function, time)): (usize, &(FunctionId, f64))| {
        let place = Value::Place(profile.functions.place(function));
        let label = label(&profile.unit.thousandths(time));
        Evidence::new(&format!("{key}_{}", rank + 1), &label, place).at(Link::Function(function))
    };
    telling(all).map(one).collect()
}

/// The line of code a statement comes from, if the log has it.
pub(super) fn code(log: &QueryLog, statement: u32) -> Option<Evidence> {
    let frame = frame(log, statement as usize)?;
    Some(
        Evidence::new("place", "The line of code", Value::Place(place(&frame)))
            .at(Link::Statement(statement)),
    )
}

/// A statement's time, ms; 0 if the log does not say.
pub(super) fn duration(log: &QueryLog, statement: u32) -> f64 {
    log.statements.duration.get(statement as usize).map_or(0.0, |duration| duration.max(0.0))
}

/// Minutes from the first statement to the last; at least one, `None` if the log has no times.
pub(super) fn minutes(log: &QueryLog) -> Option<f64> {
    let (first, last) = log.span()?;
    (log.clock != Clock::Sequence).then(|| ((last - first) / 60_000.0).max(1.0))
}

/// Of `count` in the whole log, how many a minute.
pub(super) fn rate(log: &QueryLog, count: u64) -> String {
    match minutes(log) {
        _ if count == 0 => "none".to_owned(),
        Some(minutes) => format!("{:.1} a minute", count as f64 / minutes),
        None => format!("{} in all", format::count(count as i64)),
    }
}

#[cfg(test)]
mod tests {
    use super::telling;

    #[test]
    fn crumbs_are_no_evidence() {
        let names = |all: &[(&'static str, f64)]| -> Vec<(usize, &'static str)> {
            telling(all).map(|(rank, (name, _))| (rank, *name)).collect()
        };
        assert_eq!(names(&[("a", 990.0), ("b", 9.0), ("c", 1.0)]), [(0, "a")]);
        assert_eq!(names(&[("a", 5.0), ("b", 4.0), ("c", 2.0), ("d", 1.0)]), [(0, "a"), (1, "b"), (2, "c")]);
        assert_eq!(names(&[("a", 0.0), ("b", 0.0)]), [(0, "a"), (1, "b")], "without times all say the same");
    }
}
