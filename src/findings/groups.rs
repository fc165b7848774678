//! Executions of one query within one request: what loops look like from the database's side.

use crate::queries::{Fingerprint, Operation, QueryLog, statements::NO_TEXT};

/// Where the bounds of a request are inferred, a loop must come back within so many statements: two
/// requests that were taken for one run the same query further apart.
const REACH: usize = 30;

/// Executions of one query in one request.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// Of [`QueryLog::requests`].
    pub request: u32,
    /// Of [`QueryLog::fingerprints`].
    pub fingerprint: u32,
    /// Of [`QueryLog::statements`], ascending.
    pub statements: &'a [u32],
    /// How many different parameter sets.
    pub distinct: usize,
    /// All statements of the request, ascending.
    pub around: &'a [u32],
}

impl Group<'_> {
    /// Sum of the known durations, ms.
    pub fn time(&self, log: &QueryLog) -> f64 {
        self.statements.iter().map(|&at| log.statements.duration[at as usize].max(0.0)).sum()
    }

    /// The last SELECT before the group that is another query: what it probably loops over.
    pub fn source(&self, log: &QueryLog) -> Option<u32> {
        let first = *self.statements.first()?;
        let place = self.around.partition_point(|&at| at < first);
        let before = self.around[..place].iter().rev().copied();
        before
            .map(|at| log.statements.fingerprint[at as usize])
            .find(|&id| id != self.fingerprint && is_read(&log.fingerprints[id as usize]))
    }
}

/// Whether it reads rows, and is known by its text.
pub(super) fn is_read(fingerprint: &Fingerprint) -> bool {
    fingerprint.operation == Operation::Select
        && !fingerprint.tables.is_empty()
        && fingerprint.text != NO_TEXT
}

/// Shows every group of two executions or more to `visit`.
pub(super) fn each_group(log: &QueryLog, mut visit: impl FnMut(&Group<'_>)) {
    let statements = &log.statements;
    let (first, by_request) = log.by_request();
    // Query and place in the request, of one request at a time.
    let mut places: Vec<(u32, u32)> = Vec::new();
    let mut run: Vec<u32> = Vec::new();
    let mut parameters: Vec<u64> = Vec::new();
    for (request, info) in log.requests.iter().enumerate() {
        let around = &by_request[first[request] as usize..first[request + 1] as usize];
        places.clear();
        places.extend(
            around.iter().enumerate().map(|(place, &at)| (statements.fingerprint[at as usize], place as u32)),
        );
        places.sort_unstable();
        let far = |a: &(u32, u32), b: &(u32, u32)| {
            a.0 != b.0 || (info.origin.is_inferred() && (b.1 - a.1) as usize > REACH)
        };
        for group in places.chunk_by(|a, b| !far(a, b)) {
            if group.len() < 2 {
                continue;
            }
            run.clear();
            run.extend(group.iter().map(|&(_, place)| around[place as usize]));
            parameters.clear();
            parameters.extend(run.iter().map(|&at| statements.parameters[at as usize]));
            parameters.sort_unstable();
            parameters.dedup();
            visit(&Group {
                request: request as u32,
                fingerprint: group[0].0,
                statements: &run,
                distinct: parameters.len(),
                around,
            });
        }
    }
}
