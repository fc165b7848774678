//! What requests, or all requests of one view, spend on the database.

use serde::{Deserialize, Serialize};

use super::digest::percentile;
use super::filter::Selection;
use super::{Clock, NONE, QueryLog};
use crate::sort;

/// What one request, or all requests of one view, spend. Milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestUse {
    /// The first request: index into [`QueryLog::requests`].
    pub request: u32,
    /// How many requests.
    pub requests: u32,
    /// Statements of the selection in them.
    pub statements: u32,
    /// Their time.
    pub database_time: f64,
    /// Of them, ended in an error.
    pub failed: u32,
    /// Statements that ended in an error and are none of them, as the log has no duration of them.
    pub attempts: u32,
    /// Wall time of all: as recorded, or from the first statement to the last.
    pub wall: f64,
    /// Median wall time.
    pub wall_p50: f64,
    /// 95th percentile of the wall time.
    pub wall_p95: f64,
    /// Statements in loops: the same query again and again with other parameters.
    pub loops: u32,
    /// Statements that only repeat another one of the same request, with the same parameters.
    pub repeated: u32,
    /// Requests that took at most the threshold, and did not fail.
    pub satisfied: u32,
    /// Requests that took at most four times the threshold, but more than it.
    pub tolerating: u32,
}

impl RequestUse {
    /// [Apdex](https://en.wikipedia.org/wiki/Apdex), 0 to 1.
    pub fn apdex(&self) -> f64 {
        if self.requests == 0 {
            return 0.0;
        }
        (f64::from(self.satisfied) + f64::from(self.tolerating) / 2.0) / f64::from(self.requests)
    }
}

/// Statements of a request that need not have been, counted over all of them, whatever is selected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waste {
    /// See [`RequestUse::loops`].
    pub loops: u32,
    /// See [`RequestUse::repeated`].
    pub repeated: u32,
}

/// Per request of the selection what it spends, in order of its first statement; by view if `views`
/// gives each request's view. `threshold` is Apdex's, ms, and `waste` is per request. `attempts` are the requests of
/// statements that failed without an execution; those of none are passed over.
pub fn request_use(
    log: &QueryLog,
    selection: &Selection,
    attempts: impl Iterator<Item = u32>,
    waste: &[Waste],
    threshold: f64,
    views: Option<(&[u32], usize)>,
) -> Vec<RequestUse> {
    let statements = &log.statements;
    let mut slots = vec![NONE; log.requests.len()];
    let mut each: Vec<RequestUse> = Vec::new();
    for at in selection.iter() {
        let request = statements.request[at];
        let slot = &mut slots[request as usize];
        if *slot == NONE {
            *slot = each.len() as u32;
            each.push(begun(log, request, waste, threshold));
        }
        let one = &mut each[*slot as usize];
        one.statements += 1;
        one.failed += u32::from(statements.failed[at] != 0);
        one.database_time += statements.duration[at].max(0.0);
    }
    for request in attempts.filter(|&request| (request as usize) < log.requests.len()) {
        let slot = &mut slots[request as usize];
        if *slot == NONE {
            *slot = each.len() as u32;
            each.push(begun(log, request, waste, threshold));
        }
        each[*slot as usize].attempts += 1;
    }
    let Some((view_of, count)) = views else { return each };
    let mut slots = vec![NONE; count];
    let mut all: Vec<(RequestUse, Vec<f64>)> = Vec::new();
    for one in each {
        let slot = &mut slots[view_of[one.request as usize] as usize];
        if *slot == NONE {
            *slot = all.len() as u32;
            all.push((RequestUse { request: one.request, ..RequestUse::default() }, Vec::new()));
        }
        let (sum, walls) = &mut all[*slot as usize];
        walls.push(one.wall);
        sum.requests += 1;
        sum.statements += one.statements;
        sum.database_time += one.database_time;
        sum.failed += one.failed;
        sum.attempts += one.attempts;
        sum.wall += one.wall;
        sum.loops += one.loops;
        sum.repeated += one.repeated;
        sum.satisfied += one.satisfied;
        sum.tolerating += one.tolerating;
    }
    all.into_iter()
        .map(|(mut sum, mut walls)| {
            sort::floats(&mut walls);
            sum.wall_p50 = percentile(&walls, 0.5);
            sum.wall_p95 = percentile(&walls, 0.95);
            sum
        })
        .collect()
}

fn begun(log: &QueryLog, request: u32, waste: &[Waste], threshold: f64) -> RequestUse {
    let known = &log.requests[request as usize];
    // Statements laid end to end say nothing of the time between them.
    let wall = if log.clock == Clock::Sequence { known.database_time } else { known.duration };
    let ok = known.status < 500;
    let Waste { loops, repeated } = waste.get(request as usize).copied().unwrap_or_default();
    RequestUse {
        request,
        requests: 1,
        wall,
        wall_p50: wall,
        wall_p95: wall,
        loops,
        repeated,
        satisfied: u32::from(ok && wall <= threshold),
        tolerating: u32::from(ok && wall > threshold && wall <= 4.0 * threshold),
        ..RequestUse::default()
    }
}
