//! What a server tells of itself: sessions, checkpoints, autovacuum, locks and deadlocks in numbers.
//!
//! The messages are those of
//! [`xlog.c`](https://github.com/postgres/postgres/blob/master/src/backend/access/transam/xlog.c) (checkpoints),
//! [`vacuumlazy.c`](https://github.com/postgres/postgres/blob/master/src/backend/access/heap/vacuumlazy.c) and
//! [`analyze.c`](https://github.com/postgres/postgres/blob/master/src/backend/commands/analyze.c) (autovacuum),
//! [`postinit.c`](https://github.com/postgres/postgres/blob/master/src/backend/utils/init/postinit.c) and
//! [`postgres.c`](https://github.com/postgres/postgres/blob/master/src/backend/tcop/postgres.c) (sessions),
//! [`proc.c`](https://github.com/postgres/postgres/blob/master/src/backend/storage/lmgr/proc.c) and
//! [`deadlock.c`](https://github.com/postgres/postgres/blob/master/src/backend/storage/lmgr/deadlock.c) (locks),
//! [`standby.c`](https://github.com/postgres/postgres/blob/master/src/backend/storage/ipc/standby.c) (conflicts).

use super::message::Message;
use crate::queries::EventKind;
use crate::queries::events::{Checkpoint, Lock, Vacuum, shape};

/// Reads a message that is about the server itself; `None` if it is another one.
pub fn read(message: &[u8]) -> Option<Message<'_>> {
    let event = |kind, amount| Some(Message::Event(kind, amount));
    let known = match message.first()? {
        b'c' | b'r' => {
            let is = |start: &[u8]| message.starts_with(start);
            if is(b"checkpoint starting:") || is(b"restartpoint starting:") {
                return Some(Message::CheckpointStarts);
            }
            if is(b"checkpoint complete:") || is(b"restartpoint complete:") {
                return event(EventKind::Checkpoint, checkpoint(&text(message)).total);
            }
            if is(b"checkpoints are occurring too frequently") {
                let seconds = after(&text(message), "(");
                return event(EventKind::FrequentCheckpoints, seconds.unwrap_or(f64::NAN) * 1e3);
            }
            if is(b"connection authorized:")
                || is(b"connection ready:")
                || is(b"replication connection authorized:")
            {
                return event(EventKind::Connected, f64::NAN);
            }
            if is(b"recovery still waiting after ") {
                return event(
                    EventKind::RecoveryConflict,
                    after(&text(message), "after ").unwrap_or(f64::NAN),
                );
            }
            None
        }
        b'a' if message.starts_with(b"automatic ") => {
            let line = message.split(|&byte| byte == b'\n').next().unwrap_or_default();
            let line = text(line);
            let elapsed = || elapsed(&text(message));
            if line.starts_with("automatic analyze of table ") {
                event(EventKind::Analyze, elapsed())
            } else if line.contains("vacuum") && line.contains(" of table ") {
                event(EventKind::Vacuum, elapsed())
            } else {
                None
            }
        }
        b'd' if message.starts_with(b"disconnection: ") => {
            Some(Message::Disconnection(session_time(&text(message))))
        }
        b'p' if message.starts_with(b"process ") => {
            let line = message.split(|&byte| byte == b'\n').next().unwrap_or_default();
            memchr::memmem::find(line, b" could not obtain ")?;
            event(EventKind::LockFailure, f64::NAN)
        }
        _ => None,
    };
    known.or_else(|| is_crash(message).then_some(Message::Event(EventKind::Error, f64::NAN)))
}

/// Whether a process of the server did not end by itself: `server process (PID 99) was terminated by signal 9: Killed`,
/// `checkpointer process (PID 7) was terminated by exception 0xC0000005`. Of background workers a code other than 0 is
/// how they end ([`postmaster.c`](https://github.com/postgres/postgres/blob/master/src/backend/postmaster/postmaster.c)).
fn is_crash(message: &[u8]) -> bool {
    let line = message.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let Some(at) = memchr::memmem::find(&line[..line.len().min(200)], b" (PID ") else { return false };
    let rest = &line[at + 6..];
    let rest = &rest[rest.iter().take_while(|byte| byte.is_ascii_digit()).count()..];
    rest.starts_with(b") was terminated by ")
        || rest.starts_with(b") exited with exit code ") && line.starts_with(b"server process")
}

/// The SQL that such a process ran, of its DETAIL.
pub fn was_running(detail: &[u8]) -> Option<&[u8]> {
    detail.strip_prefix(b"Failed process was running: ").map(<[u8]>::trim_ascii).filter(|sql| !sql.is_empty())
}

fn text(message: &[u8]) -> String {
    String::from_utf8_lossy(message).into_owned()
}

/// The number right after the first `word`.
fn after(text: &str, word: &str) -> Option<f64> {
    let rest = &text[text.find(word)? + word.len()..];
    let rest = rest.trim_start();
    let length = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    rest.get(..length)?.trim_end_matches('.').parse().ok()
}

/// `session time: 0:00:01.172 user=…`: ms.
fn session_time(message: &str) -> f64 {
    let time = || {
        let rest = message.split_once("session time: ")?.1;
        let mut parts = rest.split(' ').next()?.splitn(3, ':');
        let mut next = || parts.next()?.parse::<f64>().ok();
        Some(((next()? * 60.0 + next()?) * 60.0 + next()?) * 1e3)
    };
    time().unwrap_or(f64::NAN)
}

/// `elapsed: 0.02 s`, before PostgreSQL 10 `elapsed 0.02 sec`: ms.
fn elapsed(message: &str) -> f64 {
    let seconds = after(message, "elapsed: ").or_else(|| after(message, "elapsed "));
    seconds.map_or(f64::NAN, |seconds| seconds * 1e3)
}

/// The numbers of `checkpoint complete: wrote 42 buffers (0.3%); 0 WAL file(s) added, 0 removed, 1 recycled;
/// write=4.1 s, sync=0.0 s, total=4.2 s; …; distance=226 kB, estimate=226 kB; …`
pub fn checkpoint(message: &str) -> Checkpoint {
    let whole = |word: &str| after(message, word).unwrap_or(0.0);
    let seconds = |word: &str| after(message, word).map_or(f64::NAN, |seconds| seconds * 1e3);
    let files = |word: &str| {
        let number = message.split(word).next().filter(|before| before.len() < message.len());
        number
            .and_then(|before| before.trim_end().rsplit([' ', ',', ';']).next()?.parse::<u32>().ok())
            .unwrap_or(0)
    };
    Checkpoint {
        buffers: whole("wrote ") as u64,
        wal_files: [
            files(" WAL file(s) added").max(files(" transaction log file(s) added")),
            files(" removed"),
            files(" recycled"),
        ],
        write: seconds("write="),
        sync: seconds("sync="),
        total: seconds("total="),
        distance: after(message, "distance=").map_or(f64::NAN, |kilobytes| kilobytes * 1024.0),
        ..Checkpoint::default()
    }
}

/// Why a checkpoint started: `wal` of `checkpoint starting: wal`, in older versions `xlog`.
pub fn cause(message: &str) -> (String, bool) {
    let cause = message.split_once("starting: ").map_or("", |(_, cause)| cause.lines().next().unwrap_or(""));
    let by_wal = cause.split(' ').any(|word| word == "wal" || word == "xlog");
    (cause.trim_end().to_owned(), by_wal)
}

/// The numbers of an autovacuum of a table.
pub fn vacuum(message: &str) -> Vacuum {
    let line = |name: &str| message.lines().map(str::trim_start).find(|line| line.starts_with(name));
    let number = |line: Option<&str>, word: &str, before: bool| {
        let line = line?;
        let at = line.find(word)?;
        let text = if before {
            line[..at].trim_end().rsplit(' ').next()?
        } else {
            line[at + word.len()..].trim_start().split([' ', ',']).next()?
        };
        text.trim_matches(|letter: char| !letter.is_ascii_digit()).parse::<u64>().ok()
    };
    let (pages, rows) = (line("pages:"), line("tuples:"));
    Vacuum {
        index_scans: after(message, "index scans: ").unwrap_or(0.0) as u32,
        pages_removed: number(pages, " removed", true).unwrap_or(0),
        pages: number(pages, " remain", true).unwrap_or(0),
        removed: number(rows, " removed", true).unwrap_or(0),
        rows: number(rows, " remain", true).unwrap_or(0),
        kept_dead: number(rows, " are dead but not yet removable", true).unwrap_or(0),
        elapsed: elapsed(message),
        ..Vacuum::default()
    }
}

/// The numbers of a message about a lock, and what its DETAIL says of who holds it and who waits.
pub fn lock(message: &str, detail: &str) -> Lock {
    let numbers = |text: &str| -> Vec<u32> {
        text.split([',', ' ']).filter_map(|number| number.trim().parse().ok()).collect()
    };
    let holders = detail
        .strip_prefix("Process holding the lock: ")
        .or_else(|| detail.strip_prefix("Processes holding the lock: "));
    let (holders, queue) = holders.and_then(|rest| rest.split_once("Wait queue:")).unwrap_or_default();
    Lock {
        waiter: message.strip_prefix("process ").and_then(|_| after(message, "process ")).unwrap_or(0.0)
            as u32,
        // `7764.` and, of failures, `7764,`.
        holders: numbers(holders.trim_end().trim_end_matches(['.', ','])),
        queue: numbers(queue.lines().next().unwrap_or_default().trim_end().trim_end_matches('.')),
        ..Lock::default()
    }
}

/// What processes that wait for each other ran, out of a deadlock's DETAIL:
/// `Process 7765: update t set …`, which may go over several lines.
pub fn deadlocked(detail: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let mut found: Vec<(u32, Vec<u8>)> = Vec::new();
    for line in detail.split(|&byte| byte == b'\n') {
        let line = line.strip_prefix(b"\t").unwrap_or(line);
        let rest = line.strip_prefix(b"Process ").unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let process = std::str::from_utf8(&rest[..digits]).ok().and_then(|number| number.parse().ok());
        let sql = rest.get(digits..).and_then(|rest| rest.strip_prefix(b": "));
        match (process, sql, found.last_mut()) {
            (Some(process), Some(sql), _) => found.push((process, sql.to_vec())),
            // `Process 7765 waits for …`
            (Some(_), None, None) => {}
            (_, _, Some((_, statement))) => {
                statement.push(b'\n');
                statement.extend_from_slice(line);
            }
            _ => {}
        }
    }
    found
}

/// What events of this kind are told apart by, out of their message: see
/// [`Events::messages`](crate::queries::Events::messages).
pub fn short(kind: EventKind, message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    match kind {
        EventKind::TemporaryFile => "temporary file".to_owned(),
        EventKind::Checkpoint => match cause(line) {
            (cause, _) if cause.is_empty() => "start not logged".to_owned(),
            (cause, _) if line.starts_with("restartpoint") => format!("restartpoint: {cause}"),
            (cause, _) => cause,
        },
        EventKind::Connected if line.starts_with("replication") => "replication connection".to_owned(),
        EventKind::Connected => "connection".to_owned(),
        EventKind::Disconnected => "disconnection".to_owned(),
        EventKind::FrequentCheckpoints => "checkpoints are occurring too frequently".to_owned(),
        EventKind::Vacuum | EventKind::Analyze => {
            let name = line.split_once(" of table ").map_or("", |(_, name)| name);
            name.split('"').nth(1).unwrap_or_default().to_owned()
        }
        EventKind::LockWait | EventKind::LockAcquired | EventKind::LockFailure => locked(line),
        _ => shape(message),
    }
}

/// `ShareLock on transaction` of `process 7765 still waiting for ShareLock on transaction 782 after 200.125 ms`;
/// relations keep their number.
fn locked(line: &str) -> String {
    let Some((before, target)) = line.split_once(" on ") else { return shape(line) };
    let mode = before.rsplit(' ').next().unwrap_or_default();
    let target = target.split_once(" after ").map_or(target, |(target, _)| target);
    let target = match target.split_once(" of relation ") {
        Some((_, relation)) if target.starts_with("tuple ") => format!("tuple of relation {relation}"),
        _ if target.starts_with("relation ") || target.starts_with("extension of relation ") => {
            target.to_owned()
        }
        _ => shape(target).replace(" ?", ""),
    };
    format!("{mode} on {target}")
}

/// Whether an error without a statement says that a connection was refused: by its SQLSTATE, where that is logged,
/// and else by the server's words.
pub fn is_refusal(message: &[u8], state: &[u8]) -> bool {
    const STATES: &[&[u8]] = &[b"28000", b"28P01", b"3D000", b"53300", b"57P03"];
    const WORDS: &[&str] = &[
        "authentication failed for user",
        "sorry, too many clients already",
        "too many connections for ",
        "remaining connection slots are reserved",
        "no pg_hba.conf entry for ",
        "pg_hba.conf rejects ",
        "the database system is ",
        "is not permitted to log in",
        "is not currently accepting connections",
        "permission denied for database",
    ];
    if STATES.contains(&state) {
        return true;
    }
    let text = String::from_utf8_lossy(&message[..message.len().min(300)]);
    let is_unknown = |what: &str| text.starts_with(what) && text.trim_end().ends_with("\" does not exist");
    state.is_empty()
        && (WORDS.iter().any(|words| text.contains(words))
            || is_unknown("database \"")
            || is_unknown("role \""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_checkpoint() {
        let complete = "checkpoint complete: wrote 3942 buffers (24.1%); 1 WAL file(s) added, 2 removed, 33 recycled; \
            write=26.9 s, sync=0.012 s, total=27.102 s; sync files=61, longest=0.004 s, average=0.001 s; \
            distance=538453 kB, estimate=538453 kB; lsn=0/2B9E3E8, redo lsn=0/2B9E3B0";
        let found = checkpoint(complete);
        assert_eq!((found.buffers, found.wal_files), (3942, [1, 2, 33]));
        assert_eq!((found.write, found.sync, found.total), (26_900.0, 12.0, 27_102.0));
        assert_eq!(found.distance, 538_453.0 * 1024.0);
        // PostgreSQL 18 counts what else it wrote; 9.4 has no distance.
        let newer = "checkpoint complete: wrote 42 buffers (0.3%), wrote 3 SLRU buffers; 0 WAL file(s) added, 0 removed, 1 recycled; write=4.1 s, sync=0.0 s, total=4.2 s";
        assert_eq!((checkpoint(newer).buffers, checkpoint(newer).wal_files), (42, [0, 0, 1]));
        assert!(checkpoint(newer).distance.is_nan());
        let older = "checkpoint complete: wrote 42 buffers (0.3%); 7 transaction log file(s) added, 0 removed, 1 recycled; write=4.1 s, sync=0.0 s, total=4.2 s";
        assert_eq!(checkpoint(older).wal_files, [7, 0, 1]);
        assert_eq!(
            cause("checkpoint starting: immediate force wait"),
            ("immediate force wait".into(), false)
        );
        assert_eq!(cause("checkpoint starting: wal"), ("wal".into(), true));
        assert_eq!(cause("checkpoint starting: xlog"), ("xlog".into(), true));
    }

    #[test]
    fn numbers_of_a_vacuum() {
        let recent = "automatic vacuum of table \"shop.public.items\": index scans: 1\n\
            \tpages: 0 removed, 1355 remain, 1355 scanned (100.00% of total)\n\
            \ttuples: 40000 removed, 60000 remain, 20000 are dead but not yet removable\n\
            \tsystem usage: CPU: user: 0.06 s, system: 0.02 s, elapsed: 61.25 s\n";
        let found = vacuum(recent);
        assert_eq!((found.index_scans, found.pages_removed, found.pages), (1, 0, 1355));
        assert_eq!((found.removed, found.rows, found.kept_dead), (40_000, 60_000, 20_000));
        assert_eq!(found.elapsed, 61_250.0);
        assert_eq!(short(EventKind::Vacuum, recent), "shop.public.items");
        assert_eq!(read(recent.as_bytes()), Some(Message::Event(EventKind::Vacuum, 61_250.0)));
        let wraparound = "automatic aggressive vacuum to prevent wraparound of table \"a.b.c\": index scans: 0\n\tsystem usage: CPU 0.00s/0.00u sec elapsed 0.01 sec";
        assert_eq!(read(wraparound.as_bytes()), Some(Message::Event(EventKind::Vacuum, 10.0)));
        assert_eq!(read(b"automatic vacuum"), None);
    }

    #[test]
    fn sessions_and_locks() {
        let ended = "disconnection: session time: 1:02:03.500 user=u database=d host=h port=1";
        assert_eq!(read(ended.as_bytes()), Some(Message::Disconnection(3_723_500.0)));
        let failed = lock(
            "process 7765 could not obtain ShareLock on transaction 782",
            "Process holding the lock: 7764, Wait queue: .",
        );
        assert_eq!((failed.waiter, failed.holders, failed.queue), (7765, vec![7764], vec![]));
        let waits = lock(
            "process 3 still waiting for AccessShareLock on relation 16384 of database 5 after 1000.1 ms",
            "Processes holding the lock: 1, 2. Wait queue: 4, 3.",
        );
        assert_eq!((waits.holders, waits.queue), (vec![1, 2], vec![4, 3]));
        for (message, expected) in [
            (
                "process 7 still waiting for ShareLock on transaction 7 after 2.1 ms",
                "ShareLock on transaction",
            ),
            (
                "process 7 acquired ExclusiveLock on tuple (0,1) of relation 5 of database 6 after 2.1 ms",
                "ExclusiveLock on tuple of relation 5 of database 6",
            ),
            (
                "process 7 acquired AccessShareLock on relation 5 of database 6 after 2 ms",
                "AccessShareLock on relation 5 of database 6",
            ),
        ] {
            assert_eq!(short(EventKind::LockWait, message), expected);
        }
    }

    #[test]
    fn statements_of_a_deadlock() {
        let detail = b"Process 5 waits for ShareLock on transaction 784; blocked by process 4.\n\
            \tProcess 4 waits for ShareLock on transaction 785; blocked by process 5.\n\
            \tProcess 5: update t\n\t\t set n=2\n\tProcess 4: update t set n=3";
        let found = deadlocked(detail);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], (5, b"update t\n\t set n=2".to_vec()));
        assert_eq!(found[1], (4, b"update t set n=3".to_vec()));
    }

    #[test]
    fn refusals() {
        for (message, state, expected) in [
            ("sorry, too many clients already", "", true),
            ("password authentication failed for user \"anna\"", "", true),
            ("database \"nosuch\" does not exist", "", true),
            ("relation \"nosuch\" does not exist", "42P01", false),
            ("anything", "53300", true),
            ("terminating connection due to administrator command", "57P01", false),
        ] {
            assert_eq!(is_refusal(message.as_bytes(), state.as_bytes()), expected, "{message}");
        }
    }
}
