//! Executions of one query within one request: what loops look like from the database's side.

use rustc_hash::FxHashMap;

use crate::queries::{Fingerprint, Operation, QueryLog, Usage, statements::NO_TEXT};
use crate::sort;

/// Where the bounds of a request are inferred, a loop must come back within so many statements: two
/// requests that were taken for one run the same query further apart.
const REACH: usize = 30;

/// What runs so often in one request is a loop itself.
const LOOP: usize = 5;

/// From so long on a list is a batch: bulk_create, bulk_update and in_bulk cut theirs at hundreds.
const BATCH: u32 = 20;

/// What a query's executions name: see [`Fingerprint::lists`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    /// As a rule one row.
    Single,
    /// As a rule a few rows.
    Short,
    /// As a rule many rows: such a statement is what replaces a loop.
    Batches,
}

impl Lists {
    pub fn of(log: &QueryLog, fingerprint: u32) -> Self {
        let id = fingerprint as usize;
        let (Some(fingerprint), Some(numbers)) = (log.fingerprints.get(id), log.numbers.get(id)) else {
            return Self::Single;
        };
        // Else the list is a condition beside the key: `order_id = ? AND status IN (?)`.
        let by_list = fingerprint.columns.iter().all(|column| column.usage != Usage::Equal);
        if !by_list || 2 * u64::from(fingerprint.lists) <= u64::from(numbers.calls) {
            Self::Single
        } else if fingerprint.longest_list < BATCH {
            Self::Short
        } else {
            Self::Batches
        }
    }

    /// How the rows are asked for.
    pub fn text(self) -> &'static str {
        if self == Self::Single { "row by row" } else { "a few rows at a time" }
    }
}

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

    /// The query whose rows the group probably loops over; `fits` says whether its rows can name those
    /// of the group.
    ///
    /// That is what fits and mostly ran last before an execution. If nothing fits (the foreign key is
    /// called something else), it is the last SELECT before the group's middle that is no loop: the
    /// first execution may have come by chance (the user of the session, then those of a list).
    pub fn source(&self, log: &QueryLog, fits: impl Fn(&Fingerprint) -> bool) -> Option<u32> {
        let fingerprint = |at: u32| log.statements.fingerprint[at as usize];
        // Per query: how often it ran, and whether it fits.
        let mut seen: FxHashMap<u32, (usize, bool)> = FxHashMap::default();
        let mut before: FxHashMap<u32, u32> = FxHashMap::default();
        let mut last = None;
        for &at in self.around {
            let id = fingerprint(at);
            let (runs, fits) = seen.entry(id).or_insert_with(|| {
                let other = &log.fingerprints[id as usize];
                (0, id != self.fingerprint && is_read(other) && fits(other))
            });
            *runs += 1;
            if *fits {
                last = Some(id);
            } else if id == self.fingerprint
                && let Some(last) = last
            {
                *before.entry(last).or_default() += 1;
            }
        }
        most(&before).or_else(|| {
            let middle = *self.statements.get(self.statements.len() / 2)?;
            let place = self.around.partition_point(|&at| at < middle);
            let mut earlier = self.around[..place].iter().rev().map(|&at| fingerprint(at));
            earlier.find(|id| {
                seen.get(id).is_some_and(|(runs, _)| *runs < LOOP) && is_read(&log.fingerprints[*id as usize])
            })
        })
    }
}

/// The key that is counted most; of equals the smallest.
pub(super) fn most(counts: &FxHashMap<u32, u32>) -> Option<u32> {
    counts.iter().max_by_key(|(key, count)| (**count, std::cmp::Reverse(**key))).map(|(key, _)| *key)
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
        sort::by_number(&mut places, |&(fingerprint, _)| fingerprint);
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
            sort::numbers(&mut parameters);
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
