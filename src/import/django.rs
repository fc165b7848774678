//! Django's `django.db.backends` logger as text: `(0.001) SELECT …; args=(…); alias=default`, behind
//! any prefix the formatter writes or none.
//!
//! The message is that of
//! [`CursorDebugWrapper`](https://github.com/django/django/blob/main/django/db/backends/utils.py):
//! `(%.3f) %s; args=%s` since 1.8, with `; alias=%s` since 4.0, with BEGIN and COMMIT since 4.2. It is
//! written when the statement has ended.

use memchr::{memchr_iter, memmem, memrchr};

use super::records::{Record, Records, shown, trim_end, trim_mark};
use super::stamp::{self, Stamp};
use super::waiting::{Importing, now};
use super::{About, Format, ImportError, Kind, StatementText, clock, offset_in, quotes, wrapped};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::queries::lexer::Dialect;
use crate::queries::statements::Statement;
use crate::queries::{Clock, Connection, LogBuilder};

/// Django's SQL log as text.
pub struct DjangoLog;

const RECORD: &str = "LOGGING['loggers']['django.db.backends'] = {'level': 'DEBUG', 'handlers': ['file']}\n\
    With DEBUG = True. Any formatter is read, but text rounds every time to a millisecond: a JSON \
    formatter keeps all digits.";

/// A prefix longer than this is none.
const PREFIX_LIMIT: usize = 512;

/// How many places a tail may seem to begin at: a hostile text can be full of them.
const TAIL_TRIES: u32 = 64;

/// For the registry.
pub static ABOUT: About =
    About { id: "django-log", title: "Django's SQL log", kind: Kind::Queries, how_to_record: RECORD };

impl Format for DjangoLog {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn can_be_joined(&self) -> bool {
        true
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let mut began = false;
        for line in trim_mark(head).split(|&byte| byte == b'\n') {
            began |= message(line).is_some();
            if began && memmem::find(line, b"; args=").is_some() {
                return 80;
            }
        }
        0
    }

    fn begins(&self, head: &[u8]) -> usize {
        let mut lines = trim_mark(head).split(|&byte| byte == b'\n');
        let first = lines.find_map(|line| message(line).map(|(open, ..)| offset_in(head, line) + open));
        first.unwrap_or(usize::MAX)
    }

    fn can_be_wrapped(&self) -> bool {
        true
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        now(self.import_waiting(input))
    }

    fn import_waiting<'a>(&'a self, input: &'a mut Input<'_>) -> Importing<'a> {
        Box::pin(async move {
            let name = input.name().to_owned();
            let shape = Shape::of(&wrapped::head_for(input, self));
            let mut reader = Reader::default();
            let mut records = Records::of(input, self);
            let mut joined = quotes::Joined::default();
            while let Some(record) = records
                .ready()
                .await
                .next(|record, line| shape.continues(record, line, &mut joined))
                .map_err(|error| ImportError::reading(&error))?
            {
                if !joined.take() {
                    reader.record(&shape, record);
                    continue;
                }
                let begins = |line: &[u8]| shape.begins(line).is_some();
                for piece in quotes::pieces(record.bytes, Dialect::PostgreSql, begins, sql_of) {
                    reader.record(&shape, record.part(piece));
                }
            }
            records.diagnose(&mut reader.diagnostics);
            let (clock, mut diagnostics) = (reader.clock(), reader.diagnostics);
            if !reader.builder.is_empty() {
                diagnostics.note(
                    Level::Info,
                    "Django's text format rounds times to a millisecond; a JSON formatter keeps all digits",
                    || None,
                );
            }
            let log = reader.builder.finish(clock, None);
            Ok(Document { name, format: self.id(), content: Content::Queries(Box::new(log)), diagnostics })
        })
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        let record = wrapped::first(record);
        let parts = Parts::of(&record)?;
        Some(StatementText {
            sql: String::from_utf8_lossy(parts.sql).replace("\r\n", "\n"),
            parameters: parts
                .parameters
                .filter(|&parameters| parameters != b"None" && parameters != b"()")
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
        })
    }
}

/// Whether a message begins with `line`, behind whatever prefix.
pub(super) fn begins(line: &[u8]) -> bool {
    // Without its end, only where nothing or a stamp is before it.
    message(line).is_some_and(|(open, ..)| {
        open == 0 || stamp::find(&line[..open]).is_some() || memmem::find(line, b"; args=").is_some()
    })
}

/// What stands before the message that begins with `line`.
pub(super) fn prefix(line: &[u8]) -> Option<&[u8]> {
    message(line).map(|(open, ..)| &line[..open])
}

/// Where `(0.001) ` stands in `line`: its first byte, the milliseconds, and where the SQL begins.
fn message(line: &[u8]) -> Option<(usize, f64, usize)> {
    let prefix = line.get(..PREFIX_LIMIT.min(line.len()))?;
    memchr_iter(b'(', prefix).find_map(|open| {
        if open > 0 && !matches!(line[open - 1], b' ' | b'\t' | b':' | b']' | b'|' | b'>' | b'-' | b'm') {
            return None;
        }
        let (milliseconds, sql) = duration(line, open)?;
        Some((open, milliseconds, sql))
    })
}

/// Reads `(12.345) ` at `open`.
fn duration(line: &[u8], open: usize) -> Option<(f64, usize)> {
    let rest = line.get(open + 1..)?;
    let whole = rest.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
    if whole == 0 || rest.get(whole) != Some(&b'.') {
        return None;
    }
    let digits = rest.get(whole + 1..whole + 4)?;
    let value = rest[..whole]
        .iter()
        .chain(digits)
        .try_fold(0_u64, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0')))?;
    (rest.get(whole + 4..whole + 6) == Some(b") ")).then_some((value as f64, open + 1 + whole + 6))
}

/// What the lines of one file begin with: what tells a new record from a line of its SQL.
#[derive(Debug, Clone, PartialEq)]
enum Shape {
    /// The message itself.
    Bare,
    /// A prefix with a time stamp that begins at this byte.
    Stamped(usize),
    /// A prefix that begins with these bytes.
    Worded(Vec<u8>),
}

impl Shape {
    /// Goes by the first message.
    fn of(head: &[u8]) -> Self {
        let first = trim_mark(head)
            .split(|&byte| byte == b'\n')
            .find_map(|line| message(line).map(|(open, ..)| &line[..open]));
        match first {
            None | Some([]) => Self::Bare,
            Some(prefix) => match stamp::find(prefix) {
                Some(stamp) => Self::Stamped(stamp.range.start),
                None => Self::Worded(prefix.iter().copied().take(3).collect()),
            },
        }
    }

    /// The message that begins with `line`, if one does: see [`message`].
    fn begins(&self, line: &[u8]) -> Option<(usize, f64, usize)> {
        let found = message(line)?;
        let prefix = &line[..found.0];
        let fits = match self {
            Self::Bare => prefix.is_empty(),
            Self::Stamped(_) => stamp::find(prefix).is_some(),
            Self::Worded(word) => prefix.starts_with(word),
        };
        fits.then_some(found)
    }

    /// Whether `line` belongs to the record before it.
    fn continues(&self, record: &[u8], line: &[u8], joined: &mut quotes::Joined) -> bool {
        let record = trim_mark(record);
        if !record.is_empty() && self.begins(record).is_none() {
            return false;
        }
        if self.begins(line).is_some() {
            // Within a literal it begins none.
            let is_odd = memchr_iter(b'\'', record).count() % 2 == 1;
            return is_odd
                && !is_complete(record)
                && joined.holds(&record[sql_of(record)], Dialect::PostgreSql);
        }
        if let Self::Stamped(at) = self
            && stamp::parse(line, *at).is_some()
        {
            // Another logger's.
            return false;
        }
        // Once its parameters are there, a record has ended; unless those were part of a literal, and
        // the line has the true ones.
        !is_complete(record)
            || is_complete(line) && quotes::is_open(&record[sql_of(record)], Dialect::PostgreSql)
    }
}

/// `text` without line end and terminal colours.
fn trim_tail(text: &[u8]) -> &[u8] {
    let text = trim_end(text);
    text.strip_suffix(b"\x1b[0m").unwrap_or(text)
}

/// What follows the SQL: `; args=…; alias=…`.
struct Tail<'a> {
    /// Where it begins.
    start: usize,
    parameters: &'a [u8],
    alias: Option<&'a [u8]>,
}

fn tail(text: &[u8]) -> Option<Tail<'_>> {
    let text = trim_tail(text);
    let alias_at = |at: usize| {
        let rest = &text[at + 8..];
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte));
        let (alias, behind) = rest.split_at(length.count());
        is_decoration(behind).then_some((&text[..at], Some(alias)))
    };
    let (text, alias) = memmem::rfind(text, b"; alias=").and_then(alias_at).unwrap_or((text, None));
    // From the right: a literal of the SQL may look like one, and so may a parameter; but only the
    // true one is a whole value up to the end.
    let mut end = text.len();
    for _ in 0..TAIL_TRIES {
        let at = memmem::rfind(&text[..end], b"; args=")?;
        if is_value(&text[at + 7..]) {
            return Some(Tail { start: at, parameters: &text[at + 7..], alias });
        }
        end = at;
    }
    None
}

/// Whether this may stand behind a message: nothing, or what structlog's console adds (` [django.db.backends]`,
/// `duration=0.012`).
fn is_decoration(text: &[u8]) -> bool {
    let word = text.trim_ascii_start();
    if word.is_empty() || word.starts_with(b"[") && word.trim_ascii_end().ends_with(b"]") {
        return true;
    }
    let name = word.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let begins = text.starts_with(b" ") || text.starts_with(b"\x1b");
    begins
        && (word.starts_with(b"[") || word.starts_with(b"\x1b[") || name > 0 && word.get(name) == Some(&b'='))
}

/// Where the SQL of a record stands, as far as that is there.
fn sql_of(record: &[u8]) -> std::ops::Range<usize> {
    let Some((_, _, sql)) = message(record) else { return 0..0 };
    let end = tail(&record[sql..]).map_or(record.len(), |tail| sql + tail.start);
    sql..end
}

/// Whether the last line of `record` ends it. A `repr` has no line ends, so one line is enough, and
/// a record of many lines is not searched anew for each.
fn is_complete(record: &[u8]) -> bool {
    let text = trim_end(record);
    let last = memrchr(b'\n', text).map_or(0, |at| at + 1);
    tail(&text[last..]).is_some()
}

/// Whether `text` is one whole `repr` of None, a tuple, list or dict.
fn is_value(text: &[u8]) -> bool {
    if text == b"None" {
        return true;
    }
    // executemany() with a generator: `<generator object rows at 0x7f3c…>`
    if text.first() == Some(&b'<') {
        return text.last() == Some(&b'>')
            && !text[1..].contains(&b'<')
            && memmem::find(text, b" object").is_some();
    }
    if !matches!(text.first(), Some(b'(' | b'[' | b'{')) {
        return false;
    }
    let mut depth = 0_u32;
    let mut quote = None;
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        match (quote, byte) {
            (Some(_), b'\\') => drop(bytes.next()),
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return bytes.as_slice().is_empty();
                }
            }
            (None, _) => {}
        }
    }
    false
}

/// A record taken apart.
pub(super) struct Parts<'a> {
    prefix: &'a [u8],
    /// Milliseconds.
    pub(super) duration: f64,
    pub(super) sql: &'a [u8],
    /// What follows `args=`.
    pub(super) parameters: Option<&'a [u8]>,
    pub(super) alias: Option<&'a [u8]>,
    /// Whether the tail is there.
    pub(super) complete: bool,
}

impl<'a> Parts<'a> {
    /// `record` in parts, if there is a message in it.
    pub(super) fn of(record: &'a [u8]) -> Option<Self> {
        let record = trim_mark(record);
        let (open, duration, sql) = message(record)?;
        let text = &record[sql..];
        let (sql, parameters, alias, complete) = match tail(text) {
            Some(tail) => (&text[..tail.start], Some(tail.parameters), tail.alias, true),
            None => {
                // Cut short, perhaps within the tail.
                let end = memmem::rfind(text, b"; args=").unwrap_or(text.len());
                (trim_tail(&text[..end]), None, None, false)
            }
        };
        Some(Self { prefix: &record[..open], duration, sql, parameters, alias, complete })
    }
}

#[derive(Default)]
struct Reader {
    builder: LogBuilder,
    diagnostics: Diagnostics,
    /// Whether any statement had a time, and the first one's zone.
    zone: Option<Option<String>>,
    times: clock::Clock,
}

impl Reader {
    fn clock(&self) -> Clock {
        self.zone.clone().map_or(Clock::Sequence, |zone| Clock::Wall { zone })
    }

    fn record(&mut self, shape: &Shape, record: Record<'_>) {
        let begins = shape.begins(trim_mark(record.bytes)).is_some();
        let Some(parts) = begins.then(|| Parts::of(record.bytes)).flatten() else {
            if record.bytes.trim_ascii().is_empty() {
                return;
            }
            self.diagnostics.note(Level::Info, "lines of other loggers were skipped", || {
                Some(format!("line {}: {}", record.line, shown(record.bytes)))
            });
            return;
        };
        let place = || Some(format!("line {}: {}", record.line, shown(record.bytes)));
        if record.cut {
            self.diagnostics.note(Level::Warning, "statements longer than 64 MB were cut", place);
        } else if !parts.complete {
            self.diagnostics.note(Level::Warning, "statements are cut short: their end is missing", place);
        }
        let stamp = stamp::find(parts.prefix);
        let end = stamp.as_ref().map_or(f64::NAN, |stamp| {
            self.zone.get_or_insert_with(|| stamp.zone.clone());
            self.times.of(stamp, &mut self.diagnostics, place)
        });
        let recognised = if parts.sql == b"None" {
            // Some backends cannot say what they sent.
            self.builder.without_text()
        } else {
            self.builder.fingerprint(parts.sql, Dialect::guess(parts.sql), parts.parameters)
        };
        let process = process(parts.prefix, stamp.as_ref());
        let alias = parts.alias.unwrap_or_default();
        let connection = self.builder.connection(&[alias, process.as_bytes()], || Connection {
            process: process.clone(),
            database: String::from_utf8_lossy(alias).into_owned(),
            ..Connection::default()
        });
        self.builder.push(Statement {
            end,
            resolution: stamp.map_or(0.0, |stamp| stamp.resolution),
            duration: parts.duration,
            offset: record.offset,
            length: record.length,
            ..Statement::new(recognised, connection)
        });
    }
}

/// Process and thread out of a prefix: `… utils 1234 140160377179008 ` (Django's documented verbose
/// format), `[1234]`, `pid=1234`. Empty if there are none.
fn process(prefix: &[u8], stamp: Option<&Stamp>) -> String {
    let number = |word: &[u8]| {
        (!word.is_empty() && word.iter().all(u8::is_ascii_digit))
            .then(|| String::from_utf8_lossy(word).into_owned())
    };
    let after = stamp.map_or(0, |stamp| stamp.range.end);
    let parts = [prefix.get(..stamp.map_or(0, |stamp| stamp.range.start)), prefix.get(after..)];
    let mut found: Vec<String> = Vec::new();
    for word in parts.into_iter().flatten().flat_map(|part| part.split(|byte| b" \t|".contains(byte))) {
        let bare = word.strip_prefix(b"[").and_then(|word| word.strip_suffix(b"]")).unwrap_or(word);
        let value = bare.iter().position(|byte| b"=:".contains(byte)).map_or(bare, |at| match &bare[..at] {
            b"pid" | b"process" | b"thread" | b"tid" => &bare[at + 1..],
            _ => bare,
        });
        found.extend(number(value));
    }
    found.truncate(2);
    found.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(record: &str) -> String {
        let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match Parts::of(record.as_bytes()) {
            None => "none".into(),
            Some(parts) => format!(
                "{:?} | {} | {} | {:?} | {:?} | process {:?}",
                show(parts.prefix),
                parts.duration,
                show(parts.sql),
                parts.parameters.map(show),
                parts.alias.map(show),
                process(parts.prefix, stamp::find(parts.prefix).as_ref()),
            ),
        }
    }

    #[test]
    fn messages_of_every_version_and_formatter() {
        let each = [
            "(0.000) SELECT 1; args=()",
            "(0.001) SELECT %s; args=(1,); alias=default\r\n",
            "(0.000) COMMIT; args=None; alias=replica-2",
            "DEBUG:django.db.backends:(0.002) SELECT 1; args=(); alias=default",
            "[23/Nov/2026 05:34:15] DEBUG [django.db.backends:123] (12.345) SELECT 1; args=(); alias=default",
            "DEBUG 2026-11-23 05:34:15,244 utils 1234 140160377179008 (0.000) SELECT 1; args=(); alias=default",
            "2026-11-23T05:34:15Z pid=77 x (0.000) SELECT 1; args={'a': 1}",
            "\x1b[36mDEBUG\x1b[0m(0.000) SELECT 1; args=(); alias=default\x1b[0m",
            "web-1  | (0.000) SELECT 1; args=(); alias=default",
            "(0.000) INSERT INTO t VALUES ('; args=(1,)') RETURNING id; args=('; args=(1,)',); alias=default",
            "(0.000) INSERT INTO t VALUES (%s); args=[['a)'], [\"b'\"]]; alias=default",
            "(0.000) SELECT 'cut sh",
            "(0.00) SELECT 1; args=()",
            "f(0.000) SELECT 1; args=()",
            "",
        ]
        .map(parts);
        insta::assert_snapshot!(each.join("\n"));
    }
}
