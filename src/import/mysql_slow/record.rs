//! A record of a slow log taken apart.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use super::super::decimal::decimal;
use super::super::records::trim_end;
use super::super::stamp;
use super::borders::{is_bare_header, is_command};
use crate::queries::NONE;

/// No statement runs for so many seconds, 30 years.
const LONGEST_TIME: f64 = 1e9;

/// A record taken apart.
#[derive(Debug, Default)]
pub struct Parts<'a> {
    /// `# Time:`, as written.
    pub time: &'a [u8],
    pub user: &'a [u8],
    pub host: &'a [u8],
    pub thread: &'a [u8],
    pub schema: &'a [u8],
    /// `use …;` before the statement.
    pub used: &'a [u8],
    /// Milliseconds.
    pub duration: Option<f64>,
    pub rows_sent: Option<u32>,
    pub rows_affected: Option<u32>,
    pub rows_examined: Option<u32>,
    /// Milliseconds.
    pub lock_time: Option<f64>,
    /// Milliseconds it waited for locks of rows, where that is logged apart.
    row_lock_time: Option<f64>,
    /// Milliseconds within the storage engine, waits for locks of rows included.
    pub engine_time: Option<f64>,
    /// Whether a time is said, understood or not.
    pub timed: bool,
    /// Whether a time is none that a statement can take.
    pub wrapped: bool,
    /// Whether an administrator command stands in the statement's place.
    pub command: bool,
    pub failed: bool,
    /// Whether the header says what it warned of.
    pub warned: bool,
    /// Whether its plan is in the header.
    pub explained: bool,
    /// Whether a procedure, function or trigger ran it: it is time of the statement that called that, and its
    /// Query_time is counted from the call's beginning.
    pub in_routine: bool,
    /// `SET timestamp=…`: seconds since 1970.
    pub timestamp: Option<f64>,
    pub sql: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The parts of a record on as many lines as servers write; `None` if it has no header.
    pub fn of(record: &'a [u8]) -> Option<Self> {
        let mut parts = Self::default();
        let mut rest = record;
        let mut any = false;
        while let Some(first @ (b'#' | b' ' | b'\t')) = rest.first() {
            let (line, after) = first_line(rest);
            if *first != b'#' && !(any && is_bare_header(line)) {
                break;
            }
            if is_command(line) {
                // In the statement's place.
                parts.command = true;
                return Some(parts);
            }
            any |= parts.header(line);
            rest = after;
        }
        let mut set_before = false;
        loop {
            let (line, after) = first_line(rest);
            let line = line.trim_ascii();
            if let Some(used) =
                line.strip_prefix(b"use ").filter(|_| !set_before && !after.trim_ascii().is_empty())
            {
                let used = used.strip_suffix(b";").unwrap_or(used);
                parts.used = used.strip_prefix(b"`").and_then(|used| used.strip_suffix(b"`")).unwrap_or(used);
            } else if let Some(set) = line.strip_prefix(b"SET ").filter(|set| {
                // The server writes it once: a second one was sent.
                parts.timestamp.is_none() && is_setting(set)
            }) {
                parts.timestamp = setting(set, b"timestamp=").or(parts.timestamp);
                // What follows was sent by a client, a `use` as well.
                set_before = true;
            } else {
                break;
            }
            rest = after;
        }
        let sql = rest.trim_ascii();
        if is_command(sql) {
            parts.command = true;
            return Some(parts);
        }
        parts.sql = sql.strip_suffix(b";").unwrap_or(sql).trim_ascii_end();
        any.then_some(parts)
    }

    /// Reads a line that begins with `#`; whether it says anything known.
    fn header(&mut self, line: &'a [u8]) -> bool {
        let line = line.strip_prefix(b"#").unwrap_or(line).trim_ascii();
        if is_warning(line) {
            // What MariaDB says of a statement may look like anything.
            self.warned = true;
            return false;
        }
        if let Some(explain) = line.strip_prefix(b"explain:") {
            self.explained = true;
            return !explain.is_empty();
        }
        let mut rest = line;
        let mut known = false;
        if let Some(time) = rest.strip_prefix(b"Time: ") {
            // `# Time: … # User@Host: …`
            let end = memmem::find(time, b" # ").unwrap_or(time.len());
            self.time = time[..end].trim_ascii();
            rest = time.get(end + 3..).unwrap_or_default();
            known = true;
        }
        if let Some(who) = rest.strip_prefix(b"User@Host: ") {
            rest = self.who(who);
            known = true;
        }
        // `Key: value  Key: value`, values may be empty.
        let mut words = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).peekable();
        while let Some(word) = words.next() {
            let Some(key) = word.strip_suffix(b":") else { continue };
            let value = words.next_if(|word| !word.ends_with(b":")).unwrap_or_default();
            known |= self.value(key, value);
        }
        known
    }

    /// `root[root] @ localhost [127.0.0.1]`; gives what follows.
    fn who(&mut self, who: &'a [u8]) -> &'a [u8] {
        let Some(open) = memchr(b'[', who) else { return b"" };
        let Some(close) = memchr(b']', &who[open..]).map(|at| open + at) else { return b"" };
        // The account: the name before is that of the client.
        let (before, inside) = (who[..open].trim_ascii(), &who[open + 1..close]);
        self.user = if inside.is_empty() { before } else { inside };
        let rest = who[close + 1..].trim_ascii_start();
        let rest = rest.strip_prefix(b"@").unwrap_or(rest).trim_ascii_start();
        let Some(open) = memchr(b'[', rest) else {
            self.host = rest;
            return b"";
        };
        let close = memchr(b']', &rest[open..]).map_or(rest.len(), |at| open + at);
        let (host, address) = (rest[..open].trim_ascii(), &rest[open + 1..close]);
        self.host = if host.is_empty() { address } else { host };
        rest.get(close + 1..).unwrap_or_default()
    }

    /// Whether it took long, and nearly all that time in the storage engine.
    pub fn may_have_waited_for_rows(&self) -> bool {
        const LONG: f64 = 100.0;
        let (Some(duration), Some(engine)) = (self.duration, self.engine_time) else { return false };
        let locked = self.waited().unwrap_or(0.0);
        duration >= LONG && engine >= 0.9 * duration && locked < 0.1 * duration
    }

    /// Milliseconds it waited for locks of tables and rows.
    pub fn waited(&self) -> Option<f64> {
        match (self.lock_time, self.row_lock_time) {
            (Some(lock), Some(rows)) => Some(lock.max(rows)),
            (lock, rows) => lock.or(rows),
        }
    }

    fn value(&mut self, key: &[u8], value: &'a [u8]) -> bool {
        let number = || decimal(value);
        let count = || number().map(|number| number.min(f64::from(NONE - 1)) as u32);
        // A clock that was set while the statement ran, and a difference that wrapped around.
        let time =
            || number().filter(|seconds| (0.0..LONGEST_TIME).contains(seconds)).map(|seconds| seconds * 1e3);
        match key {
            b"Query_time" => {
                self.duration = time();
                self.timed = true;
                self.wrapped |= self.duration.is_none();
            }
            b"Lock_time" => {
                self.lock_time = time();
                self.wrapped |= self.lock_time.is_none();
            }
            // Percona Server's, in seconds; beside the waits of Lock_time, or part of them.
            b"InnoDB_rec_lock_wait" => self.row_lock_time = time(),
            // MariaDB's, in milliseconds, where Query_time is in seconds.
            b"Engine_time" => self.engine_time = number().filter(|time| *time >= 0.0),
            b"Id" | b"Thread_id" => self.thread = value,
            b"Schema" => self.schema = value,
            b"Rows_sent" => self.rows_sent = count(),
            b"Rows_affected" => self.rows_affected = count(),
            b"Errno" | b"Last_errno" => self.failed |= number().is_some_and(|error| error != 0.0),
            b"Killed" => self.failed |= number().is_some_and(|killed| killed != 0.0),
            b"Rows_examined" => self.rows_examined = count(),
            b"Bytes_sent" => {}
            // MariaDB's and Percona Server's name of the procedure, function or trigger that ran it.
            b"Stored_routine" => self.in_routine |= !value.is_empty(),
            _ => return false,
        }
        true
    }
}

/// The first line, without its end, and the rest.
pub fn first_line(text: &[u8]) -> (&[u8], &[u8]) {
    match memchr(b'\n', text) {
        Some(end) => (trim_end(&text[..end]), &text[end + 1..]),
        None => (trim_end(text), &[]),
    }
}

/// `last_insert_id=1,insert_id=2,timestamp=1795412173;`: what the server writes before a statement.
fn is_setting(set: &[u8]) -> bool {
    let first = set.split(|&byte| byte == b'=').next().unwrap_or_default();
    matches!(first, b"timestamp" | b"last_insert_id" | b"insert_id") && set.ends_with(b";")
}

fn setting(set: &[u8], key: &[u8]) -> Option<f64> {
    let at = if set.starts_with(key) { 0 } else { memmem::find(set, key)? } + key.len();
    let digits = set[at..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    decimal(&set[at..at + digits])
}

/// `Warnings`, `Note 1305 PROCEDURE shop.p1 does not exist`.
fn is_warning(line: &[u8]) -> bool {
    let level: [&[u8]; 3] = [b"Note ", b"Warning ", b"Error "];
    line == b"Warnings"
        || level.iter().any(|level| {
            line.strip_prefix(*level).is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
        })
}

/// A record that something wrote on one line, on as many as a server does.
pub fn unfolded(record: &[u8]) -> Cow<'_, [u8]> {
    // Shorter is no line with all that a header says: nearly every first line is, and is looked through for nothing.
    const SHORTEST: usize = 64;
    let (line, after) = first_line(record);
    let is_folded = line.len() > SHORTEST
        && line.starts_with(b"#")
        && memmem::find(line, b"# Query_time: ").is_some_and(|at| at > 0)
        && memmem::find(line, b"Rows_examined: ").is_some();
    if !is_folded {
        return Cow::Borrowed(record);
    }
    let mut result = Vec::with_capacity(record.len() + 8);
    let mut rest = line;
    while let Some(at) = memmem::find(&rest[1..], b" # ").map(|at| at + 1) {
        // No header's line is as long as a statement may be.
        if at > 2000 || memmem::find(&rest[..at], b"Rows_examined: ").is_some() {
            break;
        }
        result.extend_from_slice(&rest[..at]);
        result.push(b'\n');
        rest = &rest[at + 1..];
    }
    // `Rows_examined: 3 use shop; SET timestamp=…; SELECT`: keys and values, then the statement.
    let mut at = 0;
    let mut words = rest.split_inclusive(|&byte| byte == b' ').peekable();
    while let Some(word) = words.next() {
        let is_key = word.trim_ascii_end().ends_with(b":")
            || word.trim_ascii() == b"#"
            || word.trim_ascii().is_empty();
        if !is_key {
            break;
        }
        at += word.len();
        if word.trim_ascii_end().ends_with(b":")
            && let Some(value) = words.next_if(|value| !value.trim_ascii_end().ends_with(b":"))
        {
            at += value.len();
        }
    }
    result.extend_from_slice(&rest[..at]);
    result.push(b'\n');
    rest = &rest[at..];
    for begin in [&b"use "[..], b"SET timestamp="] {
        if rest.starts_with(begin)
            && let Some(end) = memchr(b';', rest)
        {
            result.extend_from_slice(&rest[..=end]);
            result.push(b'\n');
            rest = rest[end + 1..].trim_ascii_start();
        }
    }
    result.extend_from_slice(rest);
    result.push(b'\n');
    result.extend_from_slice(after);
    Cow::Owned(result)
}

/// `071015 21:43:52`, `261123  5:36:13`, on the server's own clock: ms.
pub(in super::super) fn short_time(time: &[u8]) -> Option<f64> {
    let digits = time.get(..6)?;
    let two = |at: usize| -> Option<i64> {
        let text = digits.get(at..at + 2)?;
        text.iter()
            .all(u8::is_ascii_digit)
            .then(|| i64::from(text[0] - b'0') * 10 + i64::from(text[1] - b'0'))
    };
    let (year, month, day) = (2000 + two(0)?, two(2)?, two(4)?);
    let rest = time[6..].trim_ascii_start();
    let padded: Cow<'_, [u8]> =
        if rest.get(1) == Some(&b':') { [b"0", rest].concat().into() } else { rest.into() };
    let time = stamp::time(&padded, 0)?;
    Some(stamp::days(year, month, day) as f64 * 86_400_000.0 + time.milliseconds)
}
