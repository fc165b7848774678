//! What the server says in numbers of locks, checkpoints and autovacuum, and of deadlocks by their statements.
//! Each says which event it is of, in ascending order.

use serde::{Deserialize, Serialize};

/// A lock that was waited for, or not obtained.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Lock {
    /// The event.
    pub event: u32,
    /// The process that waits.
    pub waiter: u32,
    /// The processes that hold it, as the server names them.
    pub holders: Vec<u32>,
    /// The processes that wait for it, the first in the queue first; this one may be among them.
    pub queue: Vec<u32>,
    /// How long it was waited for in all, ms, as far as the log tells.
    pub waited: f64,
    /// Whether the log says that it was got in the end.
    pub acquired: bool,
}

/// A checkpoint that was completed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The event.
    pub event: u32,
    /// Pages that were written.
    pub buffers: u64,
    /// WAL files that were added, removed and used again.
    pub wal_files: [u32; 3],
    /// Milliseconds to write.
    pub write: f64,
    /// Milliseconds to sync.
    pub sync: f64,
    /// Milliseconds in all.
    pub total: f64,
    /// WAL since the one before, bytes; NaN before PostgreSQL 9.5.
    pub distance: f64,
    /// Whether WAL forced it (`max_wal_size`), and not time or a command.
    pub by_wal: bool,
}

/// A table that autovacuum went over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Vacuum {
    /// The event.
    pub event: u32,
    /// How often its indexes were read.
    pub index_scans: u32,
    /// Pages given back.
    pub pages_removed: u64,
    /// Pages that are left.
    pub pages: u64,
    /// Dead rows that were removed.
    pub removed: u64,
    /// Rows that are left.
    pub rows: u64,
    /// Dead rows that had to stay, as some transaction may still see them.
    pub kept_dead: u64,
    /// Milliseconds.
    pub elapsed: f64,
}

/// Statements that waited for each other.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Deadlock {
    /// The event.
    pub event: u32,
    /// The processes and what they ran, by fingerprint (see [`super::Events::fingerprint`]) or
    /// [`super::super::NONE`], in the order in which the server names them: each waits for the next one, the last
    /// for the first. The first is the one that was ended.
    pub parts: Vec<(u32, u32)>,
}

/// What there is of an event in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Facts {
    /// Of a lock.
    Lock(Lock),
    /// Of a checkpoint.
    Checkpoint(Checkpoint),
    /// Of autovacuum.
    Vacuum(Vacuum),
    /// Of a deadlock.
    Deadlock(Deadlock),
}

/// The entry of `event` in a list of them.
pub(super) fn of<T>(list: &[T], event: usize, id: fn(&T) -> u32) -> Option<&T> {
    let place = list.binary_search_by_key(&(event as u32), id).ok()?;
    list.get(place)
}
