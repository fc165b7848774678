//! What a connection ran before something happened to it: statements that fail have no duration in a server's log,
//! so what they took is bounded by what came before.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use crate::queries::events::{Deadlock, Lock};
use crate::queries::{Operation, QueryLog};

/// Things by key, both in the order in which they come first.
pub(super) fn grouped<K: Copy + Eq + Hash, T>(things: impl Iterator<Item = (K, T)>) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    let mut places: FxHashMap<K, usize> = FxHashMap::default();
    for (key, thing) in things {
        let next = groups.len();
        let place = *places.entry(key).or_insert(next);
        if place == next {
            groups.push((key, Vec::new()));
        }
        groups[place].1.push(thing);
    }
    groups
}

/// Whether a wait for a lock is one of those that made up a deadlock: it had begun when the deadlock was found, and had not
/// ended before. What the same processes wait for later is another wait.
pub(super) fn is_of_deadlock(log: &QueryLog, lock: &Lock, deadlock: &Deadlock) -> bool {
    /// ms: stamps of both are cut, and read one after the other.
    const TOLERANCE: f64 = 10.0;
    let (events, at) = (&log.events, lock.event as usize);
    let time = events.time[deadlock.event as usize];
    // It is logged once it has lasted that long already.
    let lasted = events.amount[at].max(0.0);
    let began = events.time[at] - lasted;
    deadlock.parts.iter().any(|&(process, _)| process == lock.waiter)
        && began <= time + TOLERANCE
        && began + lock.waited.max(lasted) >= time - TOLERANCE
}

/// The statements of connections that have events of interest, in order.
pub(super) struct Before<'a> {
    log: &'a QueryLog,
    ran: FxHashMap<u32, Vec<u32>>,
}

impl<'a> Before<'a> {
    /// Those of the connections of `events`.
    pub(super) fn new(log: &'a QueryLog, events: impl Iterator<Item = usize>) -> Self {
        let mut ran: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for event in events {
            ran.entry(log.events.connection[event]).or_default();
        }
        if !ran.is_empty() {
            for (at, connection) in log.statements.connection.iter().enumerate() {
                if let Some(ran) = ran.get_mut(connection) {
                    ran.push(at as u32);
                }
            }
        }
        Self { log, ran }
    }

    /// What ran on the event's connection and had ended when it happened, the last first.
    pub(super) fn ended(&self, event: usize) -> impl Iterator<Item = u32> + '_ {
        let time = self.log.events.time[event];
        let ran = self.ran.get(&self.log.events.connection[event]).map_or(&[][..], Vec::as_slice);
        let statements = &self.log.statements;
        // Stamps are cut to the millisecond: what ended in the same one may have come after.
        let before = ran.partition_point(|&at| statements.end(at as usize) < time);
        ran[..before].iter().rev().copied()
    }

    /// How long before the event the connection's last statement had ended, ms: what failed took no longer.
    pub(super) fn idle(&self, event: usize) -> Option<f64> {
        let last = self.ended(event).next()?;
        let idle = self.log.events.time[event] - self.log.statements.end(last as usize);
        idle.is_finite().then(|| idle.max(0.0))
    }

    /// The last statement before the event, in its transaction, that changed rows or locked them.
    pub(super) fn write(&self, event: usize) -> Option<u32> {
        let fingerprint =
            |at: u32| self.log.fingerprints.get(self.log.statements.fingerprint[at as usize] as usize);
        self.ended(event)
            .take_while(|&at| fingerprint(at).is_some_and(|it| it.operation != Operation::Transaction))
            .find(|&at| {
                fingerprint(at).is_some_and(|it| {
                    it.operation.is_write() || it.text.to_ascii_uppercase().contains(" FOR ")
                })
            })
    }
}
