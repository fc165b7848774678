//! What a statement costs beside its own duration: Python builds the query, reads the rows and makes objects of them.
//! A log shows that as the gaps around the statements of a request; a profile of the same request has it in the
//! functions of the ORM that ask.

use serde::{Deserialize, Serialize};

use super::digest::{ProfileDigest, QueriesDigest};
use super::{Evidence, Value};
use crate::format;
use crate::queries::{Clock, Fingerprint, Operation, Origin, QueryLog, RelationKind};
use crate::sort;

/// How the ORM is asked, where one function of it stands for all such statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AskedBy {
    /// An object's relation to one other: `order.customer`.
    Relation,
    /// `QuerySet.count()`.
    Count,
    /// `QuerySet.exists()`.
    Exists,
}

impl AskedBy {
    /// All of them, in the order of the columns that count them.
    pub const ALL: [Self; 3] = [Self::Relation, Self::Count, Self::Exists];

    /// How a statement was asked for, if that can be told.
    pub(super) fn of(log: &QueryLog, statement: usize) -> Option<Self> {
        let site = log.statements.site(statement).and_then(|site| log.sites.get(site as usize));
        let relation = site.and_then(|site| site.relation.as_ref());
        if relation.is_some_and(|relation| relation.kind == RelationKind::Forward) {
            return Some(Self::Relation);
        }
        let fingerprint: &Fingerprint =
            log.fingerprints.get(log.statements.fingerprint[statement] as usize)?;
        match fingerprint.operation {
            Operation::Select if fingerprint.text.starts_with("SELECT COUNT(*) AS") => Some(Self::Count),
            Operation::Select if fingerprint.text.starts_with("SELECT ? AS") => Some(Self::Exists),
            _ => None,
        }
    }

    /// Where Django's function lies among its files, and its name.
    pub(super) fn function(self) -> (&'static str, &'static str) {
        match self {
            Self::Relation => ("django/db/models/fields/related_descriptors.py", "__get__"),
            Self::Count => ("django/db/models/query.py", "count"),
            Self::Exists => ("django/db/models/query.py", "exists"),
        }
    }
}

/// What statements cost that need not run, and all of their kind. Milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// How many are saved.
    pub saved: f64,
    /// The database's time of these.
    pub saved_database: f64,
    /// How many there are.
    pub all: f64,
    /// The database's time of all.
    pub all_database: f64,
    /// Python's time around all, by the gaps in the log.
    pub gaps: f64,
    /// How the ORM was asked.
    pub asked_by: Option<AskedBy>,
}

impl Price {
    /// Adds statements of one request, `around` being all of that request, ascending: of `statements` so many are
    /// saved, with so much of the database's time.
    pub(super) fn add(
        &mut self,
        log: &QueryLog,
        around: &[u32],
        statements: &[u32],
        saved: f64,
        saved_database: f64,
    ) {
        let database = |&at: &u32| log.statements.duration[at as usize].max(0.0);
        self.saved += saved;
        self.saved_database += saved_database;
        self.all += statements.len() as f64;
        self.all_database += statements.iter().map(database).sum::<f64>();
        self.gaps += beside(log, around, statements) * statements.len() as f64;
        if let Some(&first) = statements.first() {
            self.asked_by = AskedBy::of(log, first as usize);
        }
    }

    fn python_by_log(&self) -> f64 {
        if self.all > 0.0 { self.gaps / self.all } else { 0.0 }
    }

    /// What is saved, by the log alone.
    pub fn saving(&self) -> f64 {
        self.saved_database + self.saved * self.python_by_log()
    }

    /// What all take, by the log alone.
    pub fn at_stake(&self) -> f64 {
        self.all_database + self.gaps
    }

    /// How [`Self::saving`] was computed: a sentence.
    pub fn computed(&self) -> String {
        if self.gaps <= 0.0 {
            return "The time Python takes to build each query and its objects comes on top; the log does not tell it."
                .to_owned();
        }
        format!(
            "Of that, {} are the gaps around them, in which Python builds each query and its objects: an estimate, \
             as the gaps hold what else the loop does, and are longer under a profiler.",
            format::milliseconds(self.gaps)
        )
    }

    /// Its price by a profile of the same request.
    pub fn paired(&self, profile: &ProfileDigest, log: &QueriesDigest) -> Paired {
        let by_log = self.python_by_log();
        // The functions of the ORM that ask, without the statements that they wait for.
        let frame = self.asked_by.and_then(|asked_by| {
            let frame = profile.asks.iter().find(|frame| frame.asked_by == asked_by)?;
            let (count, database) = log.asked.get(asked_by as usize).copied()?;
            (count > 0.0 && frame.calls as f64 >= count)
                .then(|| (frame, (frame.time - database).max(0.0) / count))
        });
        let (statements, python) = profile.asked;
        let on_average = (statements >= 1.0).then(|| python / statements);
        let by_profile = frame.map(|(_, python)| python).or(on_average);
        // A log of a run without the profiler says how long that takes; else the profiler's own time is estimated.
        let (scale, log_scale) = match log.wall {
            wall if log.requests == 1
                && log.recorded == 1
                && wall > 0.0
                && wall < UNPROFILED * profile.busy() =>
            {
                (((wall - profile.waits()) / profile.python()).clamp(LEAST_SCALE, 1.0), 1.0)
            }
            _ => (profile.unprofiled(), profile.unprofiled()),
        };
        let python = match by_profile {
            Some(python) if by_log > 0.0 => (python * scale).min(by_log * log_scale),
            Some(python) => python * scale,
            None => by_log * log_scale,
        };
        let mut evidence = Vec::new();
        if let Some((frame, _)) = frame {
            evidence.push(
                Evidence::new("asks", "Asked for by", Value::Place(frame.place.clone()))
                    .at(super::Link::Function(frame.function)),
            );
            evidence.push(Evidence::new(
                "asks_ms",
                "All it takes, by the profile",
                Value::Milliseconds(frame.time),
            ));
        }
        evidence.push(Evidence::new(
            "python_ms",
            "Python's time for these statements",
            Value::Milliseconds(python * self.all),
        ));
        Paired {
            saving: self.saved_database + self.saved * python,
            at_stake: self.all_database + self.all * python,
            computed: format!(
                "Each statement waits {} for the database and takes Python {}, by the profile of the same request{}.",
                format::milliseconds(self.all_database / self.all.max(1.0)),
                format::milliseconds(python),
                if scale < 1.0 { ", less what the profiler adds" } else { "" },
            ),
            evidence,
        }
    }
}

/// A log's request that is shorter than this share of its profile ran without the profiler.
const UNPROFILED: f64 = 0.93;

/// A profiler makes Python no slower than that.
pub(super) const LEAST_SCALE: f64 = 0.3;

/// A price by log and profile. Milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paired {
    /// What is saved.
    pub saving: f64,
    /// What all take.
    pub at_stake: f64,
    /// How that was computed: a sentence.
    pub computed: String,
    /// The numbers it rests on.
    pub evidence: Vec<Evidence>,
}

/// Milliseconds of Python for each of `statements`, by the gaps around them in their request: half of the gap before
/// and half of that behind, the median. What runs a few times between other work has longer gaps that are not its
/// own: no more than twice the request's median counts.
pub(super) fn beside(log: &QueryLog, around: &[u32], statements: &[u32]) -> f64 {
    if log.clock == Clock::Sequence {
        // Laid end to end: nothing is known of what lay between.
        return 0.0;
    }
    let own = median(statements.iter().filter_map(|at| {
        let place = around.binary_search(at).ok()?;
        Some(half_gaps(log, around, place))
    }));
    let all = median((0..around.len()).map(|place| half_gaps(log, around, place)));
    own.min(2.0 * all)
}

/// Half of the gap before a statement of a request and half of that behind it, ms.
fn half_gaps(log: &QueryLog, around: &[u32], place: usize) -> f64 {
    let statements = &log.statements;
    let at = around[place] as usize;
    let request = log.requests.get(statements.request[at] as usize);
    let recorded = request.filter(|request| request.origin == Origin::Recorded);
    let begin = match place.checked_sub(1) {
        Some(before) => Some(statements.end(around[before] as usize)),
        None => recorded.map(|request| request.start),
    };
    let end = match around.get(place + 1) {
        Some(&after) => Some(statements.start[after as usize]),
        None => recorded.map(|request| request.start + request.duration),
    };
    let before = begin.map(|begin| (statements.start[at] - begin).max(0.0));
    let behind = end.map(|end| (end - statements.end(at)).max(0.0));
    match (before, behind) {
        (Some(before), Some(behind)) => (before + behind) / 2.0,
        // At the edge of a request that is inferred only one side is known.
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => 0.0,
    }
}

/// Per statement the gap behind it in its request, ms, no longer than the request's median: in it the rows are fetched
/// and made into objects, and whatever comes next is done.
pub(super) fn behind(log: &QueryLog) -> Vec<f64> {
    let statements = &log.statements;
    let mut gaps = vec![0.0; statements.len()];
    if log.clock == Clock::Sequence {
        return gaps;
    }
    let (first, by_request) = log.by_request();
    for request in 0..log.requests.len() {
        let own = &by_request[first[request] as usize..first[request + 1] as usize];
        let gap =
            |pair: &[u32]| (statements.start[pair[1] as usize] - statements.end(pair[0] as usize)).max(0.0);
        let longest = median(own.windows(2).map(gap));
        for (at, gap) in own.iter().zip(own.windows(2).map(gap).chain([longest])) {
            gaps[*at as usize] = gap.min(longest);
        }
    }
    gaps
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    sort::by(&mut values, f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
