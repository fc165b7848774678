//! What those who hold a lock did while others waited for it.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::events::Lock;
use super::highlight::brief;
use super::{NONE, Operation, QueryLog};

/// A statement that a lock's holder ran while another process waited for the lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meanwhile {
    /// The holder.
    pub process: u32,
    /// The statement.
    pub statement: u32,
    /// In brief.
    pub text: String,
    /// Start on the log's clock, ms.
    pub start: f64,
    /// Milliseconds; NaN if unknown.
    pub duration: f64,
}

/// What the holders of a lock did during one wait.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// Their statements, in order of start.
    pub statements: Vec<Meanwhile>,
    /// Milliseconds of the wait in which none of them ran a statement; NaN if the log has none of theirs.
    pub idle: f64,
    /// Their last statement before the wait that is no end of a transaction: what took the lock, as it seems.
    pub before: Option<u32>,
}

/// Statements by the process that ran them.
pub struct Holders<'a> {
    log: &'a QueryLog,
    /// Per process its statements, in order of start.
    of: FxHashMap<u32, Vec<u32>>,
    /// Per process when statements failed that the log has no duration of, ms.
    failed: FxHashMap<u32, Vec<f64>>,
}

impl<'a> Holders<'a> {
    /// The statements of all processes that are said to hold a lock.
    pub fn new(log: &'a QueryLog) -> Self {
        let mut of: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for lock in &log.events.locks {
            of.extend(lock.holders.iter().map(|&process| (process, Vec::new())));
        }
        let process = |connection: &super::Connection| {
            connection.process.parse::<u32>().ok().filter(|process| of.contains_key(process)).unwrap_or(NONE)
        };
        let processes: Vec<u32> = log.connections.iter().map(process).collect();
        if processes.iter().any(|&process| process != NONE) {
            for (at, &connection) in log.statements.connection.iter().enumerate() {
                if let Some(ran) = of.get_mut(&processes[connection as usize]) {
                    ran.push(at as u32);
                }
            }
        }
        let mut failed: FxHashMap<u32, Vec<f64>> = FxHashMap::default();
        for (connection, time) in log.events.endings() {
            let process = processes.get(connection as usize).copied().unwrap_or(NONE);
            if process != NONE {
                failed.entry(process).or_default().push(time);
            }
        }
        Self { log, of, failed }
    }

    /// What they did during the wait for `lock` that was logged at `logged` (ms on the log's clock), when it had
    /// lasted `before` ms.
    pub fn meanwhile(&self, lock: &Lock, logged: f64, before: f64) -> Held {
        let from = logged - before.max(0.0);
        let to = from + lock.waited.max(before);
        let statements = &self.log.statements;
        let mut held = Held { idle: f64::NAN, ..Held::default() };
        let mut busy: Vec<(f64, f64)> = Vec::new();
        for &process in &lock.holders {
            let Some(ran) = self.of.get(&process).filter(|ran| !ran.is_empty()) else { continue };
            held.idle = 0.0;
            let first = ran.partition_point(|&at| statements.end(at as usize) < from);
            let earlier = ran[..first].iter().rev().find(|&&at| !self.is_transaction(at));
            held.before = held.before.max(earlier.copied());
            for &at in ran[first..].iter().take_while(|&&at| statements.start[at as usize] < to) {
                let at_index = at as usize;
                busy.push((statements.start[at_index].max(from), statements.end(at_index).min(to)));
                let fingerprint = &self.log.fingerprints[statements.fingerprint[at_index] as usize];
                held.statements.push(Meanwhile {
                    process,
                    statement: at,
                    text: brief(&fingerprint.text),
                    start: statements.start[at_index],
                    duration: statements.duration[at_index],
                });
            }
            // What failed may have run since the statement before it.
            for &time in self.failed.get(&process).into_iter().flatten().filter(|&&time| from < time) {
                let last = ran.partition_point(|&at| statements.end(at as usize) < time);
                let since = last.checked_sub(1).map_or(from, |last| statements.end(ran[last] as usize));
                if since < to {
                    busy.push((since.max(from), time.min(to)));
                }
            }
        }
        if held.idle.is_nan() {
            return held;
        }
        crate::sort::by(&mut busy, |a, b| a.0.total_cmp(&b.0));
        crate::sort::by(&mut held.statements, |a, b| a.start.total_cmp(&b.start));
        let mut end = from;
        for (start, until) in busy {
            held.idle += (start - end).max(0.0);
            end = end.max(until);
        }
        held.idle += (to - end).max(0.0);
        held
    }

    fn is_transaction(&self, statement: u32) -> bool {
        let fingerprint = self.log.statements.fingerprint[statement as usize] as usize;
        self.log.fingerprints[fingerprint].operation == Operation::Transaction
    }
}
