//! The slow query log of [MySQL](https://dev.mysql.com/doc/refman/8.4/en/slow-query-log.html),
//! [MariaDB](https://mariadb.com/kb/en/slow-query-log-overview/) and Percona Server, with any of their
//! headers.
//!
//! A record is a few lines that begin with `#`, then `use …;` and `SET timestamp=…;`, then the
//! statement. A literal may hold lines that look like a header, so a record ends only where a whole
//! header begins and no quote is open.

mod notes;

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3, memmem};

use super::records::{Records, trim_end, trim_mark};
use super::{About, EventText, Format, ImportError, Kind, StatementText, clock, stamp};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::queries::lexer::{Dialect, Lexer, TokenKind};
use crate::queries::statements::Statement;
use crate::queries::{Clock, Connection, LogBuilder, NONE};

/// MySQL's slow query log.
pub struct MysqlSlow;

const RECORD: &str = "SET GLOBAL slow_query_log = ON; SET GLOBAL long_query_time = 0;\n\
    For MySQL, MariaDB and Percona Server; new connections only. log_slow_extra (MySQL 8) and \
    log_slow_verbosity (MariaDB, Percona) are read as well.";

/// For the registry.
pub static ABOUT: About = About {
    id: "mysql-slow",
    title: "MySQL's and MariaDB's slow query log",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

/// In a longer text no quote is looked for: it may be damaged.
const LONGEST_CHECKED: usize = 1024 * 1024;

impl Format for MysqlSlow {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn can_be_joined(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let mut best = 0;
        for line in trim_mark(head).split(|&byte| byte == b'\n') {
            if line.starts_with(b"# Query_time: ") || is_host(line) {
                return 95;
            }
            if is_time(line) || is_start(line) {
                best = 60;
            }
        }
        best
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut reader = Reader::default();
        let mut records = Records::new(input);
        loop {
            // How far the record's own header goes, once it is passed.
            let mut body = 0;
            let Some(record) = records
                .next(|record, line| !ends_before(record, line, &mut body))
                .map_err(|error| ImportError::reading(&error))?
            else {
                break;
            };
            let place = || record.place();
            if record.cut {
                reader.diagnostics.note(Level::Warning, "records longer than 64 MB were cut", place);
            }
            let length = u32::try_from(record.bytes.len()).unwrap_or(u32::MAX);
            reader.record(trim_mark(record.bytes), record.offset, length, place);
        }
        Ok(reader.finish(name, self.id()))
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        let parts = Parts::of(trim_mark(record))?;
        Some(StatementText { sql: String::from_utf8_lossy(parts.sql).into_owned(), parameters: None })
    }

    fn event_text(&self, record: &[u8]) -> Option<EventText> {
        let record = String::from_utf8_lossy(trim_mark(record));
        let lines = record.lines().map_while(|line| line.strip_prefix('#'));
        let plan: Vec<&str> = lines.filter_map(|line| line.trim_start().strip_prefix("explain: ")).collect();
        let plan = (!plan.is_empty()).then(|| plan.join("\n"));
        let explained =
            || EventText { message: "EXPLAIN, in the slow query log".to_owned(), ..EventText::default() };
        Some(EventText { plan, ..notes::text(record.as_bytes()).unwrap_or_else(explained) })
    }
}

/// `# Time: 261123  5:36:13`, `# Time: 2026-08-17T06:00:00.067973Z`.
fn is_time(line: &[u8]) -> bool {
    line.strip_prefix(b"# Time: ").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
}

/// `# User@Host: root[root] @ localhost [127.0.0.1]`, whatever follows.
fn is_host(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"# User@Host: ") else { return false };
    let user = memchr(b'[', rest).and_then(|open| Some(open + 1 + memchr(b']', &rest[open + 1..])?));
    user.is_some_and(|end| {
        let host = rest[end + 1..].trim_ascii_start();
        host.starts_with(b"@ ") && memchr2(b'[', b']', host).is_some()
    })
}

/// `/usr/sbin/mysqld, Version: 8.0.39 (…). started with:`.
pub(super) fn is_start(line: &[u8]) -> bool {
    trim_end(line).ends_with(b"started with:") && memmem::find(line, b", Version: ").is_some()
}

/// Whether `line` is the next record's, after `record`. `body` is where the record's statement begins,
/// 0 until that is known.
fn ends_before(record: &[u8], line: &[u8], body: &mut usize) -> bool {
    let begins = is_time(line) || is_host(line) || is_start(line);
    if record.is_empty() || is_start(record) && line.starts_with(b"#") {
        return begins;
    }
    if *body == 0 && !line.starts_with(b"#") {
        *body = record.len();
    }
    if !begins {
        return false;
    }
    if *body == 0 {
        // Still the header: its first line may be the time, or there was no statement at all.
        let header = String::from_utf8_lossy(record);
        return memmem::find(header.as_bytes(), b"Query_time:").is_some();
    }
    !is_open(&record[*body..], Dialect::MySql)
}

/// Whether a quote or a comment is open at the end of `sql`.
pub(super) fn is_open(sql: &[u8], dialect: Dialect) -> bool {
    if sql.len() > LONGEST_CHECKED {
        return false;
    }
    let has_comments = memmem::find(sql, b"--").is_some()
        || memchr(b'#', sql).is_some()
        || memmem::find(sql, b"/*").is_some();
    if dialect == Dialect::MySql && !has_comments {
        return has_open_quote(sql);
    }
    is_open_to_the_lexer(sql, dialect)
}

fn is_open_to_the_lexer(sql: &[u8], dialect: Dialect) -> bool {
    // What is open swallows what follows.
    let probe = [sql, b"\n;"].concat();
    let last = Lexer::new(&probe, dialect).last();
    last.is_none_or(|token| token.kind != TokenKind::Punctuation || token.start + 1 != token.end)
}

/// The same of MySQL's SQL without comments, which is nearly all: several times as fast as the lexer.
fn has_open_quote(sql: &[u8]) -> bool {
    let mut rest = sql;
    while let Some(at) = memchr3(b'\'', b'"', b'`', rest) {
        let quote = rest[at];
        rest = &rest[at + 1..];
        loop {
            let stop = if quote == b'`' { memchr(quote, rest) } else { memchr2(quote, b'\\', rest) };
            let Some(stop) = stop else { return true };
            let escaped = usize::from(rest[stop] != quote);
            rest = rest.get(stop + 1 + escaped..).unwrap_or_default();
            if escaped == 0 {
                break;
            }
        }
    }
    false
}

/// A record taken apart.
#[derive(Debug, Default)]
struct Parts<'a> {
    /// `# Time:`, as written.
    time: &'a [u8],
    user: &'a [u8],
    host: &'a [u8],
    thread: &'a [u8],
    schema: &'a [u8],
    /// `use …;` before the statement.
    used: &'a [u8],
    /// Milliseconds.
    duration: Option<f64>,
    rows_sent: Option<u32>,
    rows_affected: Option<u32>,
    rows_examined: Option<u32>,
    /// Milliseconds.
    lock_time: Option<f64>,
    failed: bool,
    /// Whether the header says what it warned of.
    warned: bool,
    /// Whether its plan is in the header.
    explained: bool,
    /// `SET timestamp=…`: seconds since 1970.
    timestamp: Option<f64>,
    sql: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The parts of a record; `None` if it has no header.
    fn of(record: &'a [u8]) -> Option<Self> {
        let mut parts = Self::default();
        let mut rest = record;
        let mut any = false;
        while let Some(b'#') = rest.first() {
            let (line, after) = first_line(rest);
            if line.starts_with(b"# administrator command:") {
                // In the statement's place.
                return Some(parts);
            }
            any |= parts.header(line);
            rest = after;
        }
        loop {
            let (line, after) = first_line(rest);
            let line = line.trim_ascii();
            if let Some(used) = line.strip_prefix(b"use ") {
                let used = used.strip_suffix(b";").unwrap_or(used);
                parts.used = used.strip_prefix(b"`").and_then(|used| used.strip_suffix(b"`")).unwrap_or(used);
            } else if let Some(set) = line.strip_prefix(b"SET ").filter(|set| is_setting(set)) {
                parts.timestamp = setting(set, b"timestamp=").or(parts.timestamp);
            } else {
                break;
            }
            rest = after;
        }
        let sql = rest.trim_ascii();
        parts.sql = sql.strip_suffix(b";").unwrap_or(sql).trim_ascii_end();
        any.then_some(parts)
    }

    /// Reads a line that begins with `#`; whether it says anything known.
    fn header(&mut self, line: &'a [u8]) -> bool {
        let line = line[1..].trim_ascii();
        if let Some(explain) = line.strip_prefix(b"explain:") {
            self.explained = true;
            return !explain.is_empty();
        }
        if line == b"Warnings" {
            self.warned = true;
            return true;
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

    fn value(&mut self, key: &[u8], value: &'a [u8]) -> bool {
        let number = || str::from_utf8(value).ok().and_then(|value| value.parse::<f64>().ok());
        let count = || number().map(|number| number.min(f64::from(NONE - 1)) as u32);
        let time = || number().filter(|seconds| *seconds >= 0.0).map(|seconds| seconds * 1e3);
        match key {
            b"Query_time" => self.duration = time(),
            b"Lock_time" => self.lock_time = time(),
            b"Id" | b"Thread_id" => self.thread = value,
            b"Schema" => self.schema = value,
            b"Rows_sent" => self.rows_sent = count(),
            b"Rows_affected" => self.rows_affected = count(),
            b"Errno" | b"Last_errno" => self.failed |= number().is_some_and(|error| error != 0.0),
            b"Killed" => self.failed |= number().is_some_and(|killed| killed != 0.0),
            b"Rows_examined" => self.rows_examined = count(),
            b"Bytes_sent" => {}
            _ => return false,
        }
        true
    }
}

/// The first line, without its end, and the rest.
fn first_line(text: &[u8]) -> (&[u8], &[u8]) {
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
    let at = memmem::find(set, key)? + key.len();
    let digits = set[at..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    str::from_utf8(&set[at..at + digits]).ok()?.parse().ok()
}

/// `071015 21:43:52`, `261123  5:36:13`, on the server's own clock: ms.
pub(super) fn short_time(time: &[u8]) -> Option<f64> {
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

/// Which clock the log is read on; the first record that has one decides.
#[derive(Debug, Clone, PartialEq)]
enum Source {
    /// `# Time:` to the microsecond, with its zone: when the statement ended.
    Stamp(Option<String>),
    /// `SET timestamp`, in whole seconds: when the statement began.
    Epoch,
    /// `# Time:` to the second on the server's own clock.
    Local,
}

#[derive(Default)]
struct Reader {
    builder: LogBuilder,
    diagnostics: Diagnostics,
    source: Option<Source>,
    /// `# Time:` of an earlier record: it is left out while the second is the same.
    time: Option<f64>,
    times: clock::Clock,
}

impl Reader {
    fn record(&mut self, record: &[u8], offset: u64, length: u32, place: impl Fn() -> Option<String>) {
        let Some(parts) = Parts::of(record) else {
            if !record.trim_ascii().is_empty() && !is_start(first_line(record).0) {
                self.diagnostics.note(Level::Info, "lines without a header were skipped", place);
            }
            return;
        };
        let (Some(duration), false) = (parts.duration, parts.sql.is_empty()) else {
            if parts.duration.is_some() {
                // Quit, Ping, Prepare: no statement.
                self.diagnostics.note(Level::Info, "administrator commands are no statements", place);
            } else {
                let problem = "records that are damaged or cut short were skipped";
                self.diagnostics.note(Level::Warning, problem, place);
            }
            return;
        };
        let recognised = self.builder.fingerprint(parts.sql, Dialect::MySql, None);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let schema = if parts.schema.is_empty() { parts.used } else { parts.schema };
        let connection = self.builder.connection(&[parts.thread, parts.user, parts.host], || Connection {
            process: text(parts.thread),
            database: text(schema),
            user: text(parts.user),
            client: text(parts.host),
            ..Connection::default()
        });
        let (end, resolution) = self.end(&parts, duration, &place);
        let writes = parts.rows_affected.filter(|rows| *rows > 0);
        let statement = Statement {
            end,
            resolution,
            duration,
            offset,
            length,
            failed: parts.failed,
            rows: writes.or(parts.rows_sent).unwrap_or(NONE),
            rows_examined: parts.rows_examined.unwrap_or(NONE),
            lock_time: parts.lock_time.unwrap_or(f64::NAN),
            ..Statement::new(recognised, connection)
        };
        let at = self.builder.push(statement);
        if parts.failed || parts.warned {
            notes::add(&mut self.builder, at, &statement, record);
        }
        if parts.explained {
            self.builder.plan(at, &statement);
        }
    }

    /// When the statement ended, and the clock's step, ms.
    fn end(
        &mut self,
        parts: &Parts<'_>,
        duration: f64,
        place: impl FnOnce() -> Option<String>,
    ) -> (f64, f64) {
        let stamp = stamp::parse(parts.time, 0);
        let local = short_time(parts.time);
        self.time = local.or(self.time);
        let source = self.source.get_or_insert_with(|| match (&stamp, parts.timestamp) {
            (Some(stamp), _) => Source::Stamp(stamp.zone.clone()),
            (None, Some(_)) => Source::Epoch,
            (None, None) => Source::Local,
        });
        match (source, stamp) {
            (Source::Stamp(_), Some(stamp)) => {
                (self.times.of(&stamp, &mut self.diagnostics, place), stamp.resolution)
            }
            (Source::Epoch, _) => {
                (parts.timestamp.map_or(f64::NAN, |seconds| seconds * 1e3 + duration), 1000.0)
            }
            (Source::Local, _) => {
                let time = self.time.unwrap_or(f64::NAN);
                (self.times.time(time, b"", &mut self.diagnostics, place), 1000.0)
            }
            (Source::Stamp(_), None) => (f64::NAN, 0.0),
        }
    }

    fn finish(self, name: String, format: &'static str) -> Document {
        let Self { builder, mut diagnostics, source, .. } = self;
        if builder.is_empty() {
            diagnostics.note(
                Level::Warning,
                "no statement in it: SET GLOBAL slow_query_log = ON, SET GLOBAL long_query_time = 0, and \
                 connect anew",
                || None,
            );
        }
        let clock = match source {
            None => Clock::Sequence,
            Some(Source::Stamp(zone)) => Clock::Wall { zone },
            Some(Source::Epoch) => Clock::Wall { zone: Some("UTC".to_owned()) },
            Some(Source::Local) => Clock::Wall { zone: None },
        };
        let log = builder.finish(clock, None);
        Document { name, format, content: Content::Queries(Box::new(log)), diagnostics }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn quotes_are_open_as_the_lexer_sees_them(sql in "['\"`\\\\a ;\n(é]{0,24}") {
            let sql = sql.as_bytes();
            let to_lexer = is_open_to_the_lexer(sql, Dialect::MySql);
            proptest::prop_assert_eq!(has_open_quote(sql), to_lexer);
        }
    }
}
