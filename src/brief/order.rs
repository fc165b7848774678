//! Recordings of a list in order, by what their lines say.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::Brief;
use crate::sort;
use crate::text::natural;

/// What recordings can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Column {
    /// The request it is of, or else its name; of several of one request by name.
    Name,
    /// All its time. What is no time is no more and no less than one: times come first, then samples, then bytes.
    Total,
    /// Calls, or statements.
    Count,
    /// What its slowest own function takes.
    Slowest,
    /// How many findings it has.
    Findings,
}

/// The places of `briefs` in order; what a recording does not say comes last, either way.
pub fn order(briefs: &[&Brief], column: Column, descending: bool) -> Vec<u32> {
    if column == Column::Name {
        let keys: Vec<_> = briefs.iter().map(|brief| (path(brief), natural(&brief.name))).collect();
        return sort::order(briefs.len(), &mut |one, other| {
            turned(keys[one as usize].cmp(&keys[other as usize]), descending)
        });
    }
    let number = |brief: &Brief| match column {
        Column::Name | Column::Total => brief.total,
        Column::Count => brief.count.map(|count| count as f64),
        Column::Slowest => brief.slowest().map(|slowest| slowest.time),
        Column::Findings => brief.verdict.as_ref().map(|verdict| f64::from(verdict.findings)),
    };
    let has_unit = matches!(column, Column::Total | Column::Slowest);
    sort::order(briefs.len(), &mut |one, other| {
        let (one, other) = (briefs[one as usize], briefs[other as usize]);
        let ordering = match (number(one), number(other)) {
            (Some(of_one), Some(of_other)) => {
                let units = if has_unit { one.unit.rank().cmp(&other.unit.rank()) } else { Ordering::Equal };
                units.then_with(|| turned(of_one.total_cmp(&of_other), descending))
            }
            (one, other) => other.is_some().cmp(&one.is_some()),
        };
        // What takes as long stands by name, so that nothing moves while others are still being read.
        ordering.then_with(|| one.name.cmp(&other.name))
    })
}

fn turned(ordering: Ordering, descending: bool) -> Ordering {
    if descending { ordering.reverse() } else { ordering }
}

/// What a recording is listed under: of a request its path first, so that its methods stand together.
fn path(brief: &Brief) -> Vec<(String, u64)> {
    match &brief.request {
        Some(request) => {
            let (method, path) = request.split_once(' ').unwrap_or(("", request));
            let mut key = natural(path);
            key.push((method.to_owned(), 0));
            key
        }
        None => natural(&brief.name),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;
    use crate::findings::summary::Slowest;
    use crate::format::Unit;
    use crate::import::Kind;

    fn brief(name: &str, request: Option<&str>, unit: Unit, total: Option<f64>) -> Brief {
        Brief {
            name: name.to_owned(),
            request: request.map(str::to_owned),
            kind: Kind::Profile,
            unit,
            total,
            count: total.map(|total| (total * 10.0) as u64),
            verdict: Some(Verdict {
                slowest: total.map(|time| Slowest { time, ..Slowest::default() }),
                findings: name.len() as u32,
                first: None,
            }),
        }
    }

    fn names(briefs: &[Brief], column: Column, descending: bool) -> Vec<&str> {
        let all: Vec<&Brief> = briefs.iter().collect();
        order(&all, column, descending).into_iter().map(|at| briefs[at as usize].name.as_str()).collect()
    }

    #[test]
    fn recordings_are_sorted_by_what_they_say() {
        let briefs = [
            brief("run10", None, Unit::Seconds, Some(1.0)),
            brief("bytes", None, Unit::Bytes, Some(5e6)),
            brief("run2", None, Unit::Seconds, Some(3.0)),
            brief("processor", None, Unit::CpuSeconds, Some(2.0)),
            brief("untimed", None, Unit::Seconds, None),
            brief("run1", None, Unit::Seconds, Some(1.0)),
        ];
        let total = names(&briefs, Column::Total, true);
        assert_eq!(total, ["run2", "processor", "run1", "run10", "bytes", "untimed"]);
        let total = names(&briefs, Column::Total, false);
        assert_eq!(total, ["run1", "run10", "processor", "run2", "bytes", "untimed"]);
        assert_eq!(names(&briefs, Column::Slowest, true), names(&briefs, Column::Total, true));
        assert_eq!(names(&briefs, Column::Count, true)[..2], ["bytes", "run2"]);
        assert_eq!(names(&briefs, Column::Findings, true)[..2], ["processor", "untimed"]);
        let mut judged = briefs.clone();
        judged[3].verdict = None;
        for descending in [true, false] {
            assert_eq!(names(&judged, Column::Findings, descending).last(), Some(&"processor"));
        }
        let by_name = names(&briefs, Column::Name, false);
        assert_eq!(by_name, ["bytes", "processor", "run1", "run2", "run10", "untimed"]);
    }

    #[test]
    fn requests_are_sorted_by_path() {
        let of = |name: &str, request: &str| brief(name, Some(request), Unit::Seconds, None);
        let briefs = [
            of("a", "POST /books/10"),
            of("b", "GET /books/2"),
            of("c", "GET /books/10"),
            of("d", "/"),
            of("e", "GET /books/10"),
        ];
        assert_eq!(names(&briefs, Column::Name, false), ["d", "b", "c", "e", "a"]);
        assert_eq!(names(&briefs, Column::Name, true), ["a", "e", "c", "b", "d"]);
    }
}
