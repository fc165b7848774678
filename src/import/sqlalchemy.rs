//! SQLAlchemy's engine log: `create_engine(…, echo=True)`, or the logger `sqlalchemy.engine` at level INFO.
//!
//! A statement is logged before it runs, then how its compiled form was found and its parameters
//! ([`engine/default.py` and `engine/base.py`](https://docs.sqlalchemy.org/en/20/core/engines.html#configuring-logging)):
//! `[generated in 0.00013s] (1,)`, `[cached since 1.2s ago] (1,)`, `[raw sql] ()`. Those times are how long
//! compiling took and how old the cache's entry is: none says how long the statement ran.

use memchr::memmem;

use super::records::{Record, Records, trim_end, trim_mark};
use super::{About, Format, ImportError, Kind, StatementText, clock, stamp};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::queries::lexer::Dialect;
use crate::queries::statements::Statement;
use crate::queries::{Clock, Connection, LogBuilder};

/// SQLAlchemy's engine log.
pub struct SqlAlchemy;

const RECORD: &str = "logging.getLogger('sqlalchemy.engine').setLevel(logging.INFO)\n\
    With %(asctime)s in the formatter; echo=True does the same. It has no durations: counts, N+1, duplicates and \
    when statements began.";

/// For the registry.
pub static ABOUT: About = About {
    id: "sqlalchemy",
    title: "SQLAlchemy's engine log (echo)",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

/// The logger's name stands within so many bytes of a line.
const PREFIX_LIMIT: usize = 300;

const LOGGER: &[u8] = b"sqlalchemy.engine";

impl Format for SqlAlchemy {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let mut lines = trim_mark(head).split(|&byte| byte == b'\n');
        // JSON lines with that logger are another format's.
        let ours = |line: &[u8]| !line.starts_with(b"{") && Message::of(line).is_some();
        if lines.any(ours) { 85 } else { 0 }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let has_stamp = trim_mark(input.head())
            .split(|&byte| byte == b'\n')
            .find_map(Message::of)
            .and_then(|message| stamp::find(message.prefix))
            .map(|stamp| stamp.range.start);
        let mut reader = Reader { doubled: is_doubled(input.head()), ..Reader::default() };
        let mut records = Records::new(input);
        let continues = |record: &[u8], line: &[u8]| {
            // Parameters are a repr, on one line; and another logger's line begins with a stamp as well.
            Message::of(line).is_none()
                && has_stamp.is_none_or(|at| stamp::parse(line, at).is_none())
                && !Message::of(record).is_some_and(|message| is_whole(trim(message.text)))
        };
        while let Some(record) = records.next(continues).map_err(|error| ImportError::reading(&error))? {
            reader.record(record);
        }
        Ok(reader.finish(name, self.id()))
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        // The statement, its double perhaps, and the parameters are messages of their own.
        let texts = texts(trim_mark(record));
        let sql = texts.first()?;
        let parameters = texts[1..].iter().find_map(|text| parameters_of(text));
        let parameters = parameters.map(|text| String::from_utf8_lossy(text).into_owned());
        Some(StatementText {
            sql: String::from_utf8_lossy(transaction(sql).unwrap_or(sql)).into_owned(),
            parameters: parameters.filter(|text| !matches!(text.as_str(), "()" | "{}" | "[]" | "[()]")),
        })
    }
}

/// The texts of the messages in `record`, which begins with one.
fn texts(record: &[u8]) -> Vec<&[u8]> {
    let mut begins = Vec::new();
    let mut at = 0;
    for line in record.split_inclusive(|&byte| byte == b'\n') {
        if Message::of(line).is_some() {
            begins.push(at);
        }
        at += line.len();
    }
    begins.push(record.len());
    let parts = begins.windows(2).map(|range| &record[range[0]..range[1]]);
    parts.filter_map(Message::of).map(|message| trim(message.text)).collect()
}

fn trim(text: &[u8]) -> &[u8] {
    trim_end(text).trim_ascii()
}

/// A line with the logger's name.
struct Message<'a> {
    /// What stands before the name.
    prefix: &'a [u8],
    /// What the formatter put after it, lines that follow included.
    text: &'a [u8],
}

impl<'a> Message<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        let at = memmem::find(line.get(..PREFIX_LIMIT.min(line.len()))?, LOGGER)?;
        let prefix = &line[..at];
        // A prefix is on one line, and no quote or bracket opens in it that the name is part of.
        if prefix.contains(&b'\n') || prefix.contains(&b'\'') {
            return None;
        }
        let rest = &line[at + LOGGER.len()..];
        let name =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"._".contains(byte)).count();
        // The engine's and the connection's logger; a pool's says nothing of statements.
        let rest = &rest[name..];
        let end = rest.iter().take_while(|byte| b"]:) -|\t".contains(byte)).count();
        (end > 0).then(|| Self { prefix, text: &rest[end..] })
    }
}

/// The parameters in a message that is not a statement: after `[generated in 0.00013s] `, or alone before
/// version 1.4.
fn parameters_of(text: &[u8]) -> Option<&[u8]> {
    const STATES: [&[u8]; 7] = [
        b"[raw sql]",
        b"[generated in ",
        b"[cached since ",
        b"[no key ",
        b"[caching disabled",
        b"[dialect ",
        b"[no cache",
    ];
    if STATES.iter().any(|state| text.starts_with(state)) {
        let end = memchr::memchr(b']', text)?;
        return Some(text[end + 1..].trim_ascii());
    }
    let ends: [(u8, u8); 3] = [(b'(', b')'), (b'{', b'}'), (b'[', b']')];
    let whole = ends.iter().any(|(open, close)| text.first() == Some(open) && text.last() == Some(close));
    // A statement may stand in parentheses too.
    (whole && !super::assert_queries::begins_sql(text)).then_some(text)
}

/// BEGIN, COMMIT and their kin, which have no parameters and notes in parentheses.
fn transaction(text: &[u8]) -> Option<&[u8]> {
    let ends: [&[u8]; 6] =
        [b"BEGIN (implicit", b"COMMIT", b"ROLLBACK", b"BEGIN TWOPHASE", b"SAVEPOINT ", b"RELEASE SAVEPOINT "];
    let found = ends.iter().find(|word| text.starts_with(word))?;
    let end = if found.starts_with(b"BEGIN (") {
        5
    } else {
        memmem::find(text, b" using DBAPI").or_else(|| memmem::find(text, b" (")).unwrap_or(text.len())
    };
    Some(&text[..end])
}

/// Whether no other line can follow.
fn is_whole(text: &[u8]) -> bool {
    // Of a statement only the first line matters: a long one is not looked at again for each of its lines.
    let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    first.len() == text.len() && (transaction(text).is_some() || parameters_of(text).is_some())
}

/// Whether every line is there twice: echo=True adds a handler of its own, beside the root logger's.
fn is_doubled(head: &[u8]) -> bool {
    let messages: Vec<&[u8]> = trim_mark(head)
        .split(|&byte| byte == b'\n')
        .filter_map(Message::of)
        .map(|message| trim(message.text))
        .filter(|text| transaction(text).is_none())
        .collect();
    // Statement, parameters, statement, parameters: the same message never follows itself.
    let same = messages.windows(2).filter(|pair| pair[0] == pair[1]).count();
    same > 0 && same * 3 >= messages.len()
}

#[derive(Default)]
struct Reader {
    builder: LogBuilder,
    diagnostics: Diagnostics,
    doubled: bool,
    /// The last message, to know its double.
    last: Option<Vec<u8>>,
    doubles: u64,
    /// A statement that waits for its parameters.
    waiting: Option<Waiting>,
    zone: Option<Option<String>>,
    times: clock::Clock,
}

struct Waiting {
    sql: Vec<u8>,
    end: f64,
    resolution: f64,
    offset: u64,
    length: u64,
}

impl Reader {
    fn record(&mut self, record: Record<'_>) {
        let bytes = trim_mark(record.bytes);
        let Some(message) = Message::of(bytes) else {
            if !bytes.trim_ascii().is_empty() {
                self.diagnostics.note(Level::Info, "lines of other loggers were skipped", || record.place());
            }
            return;
        };
        if record.cut {
            let problem = "statements longer than 64 MB were cut";
            self.diagnostics.note(Level::Warning, problem, || record.place());
        }
        let text = trim(message.text);
        if self.doubled && self.last.take().is_some_and(|last| last == text) {
            self.doubles += 1;
            return;
        }
        if self.doubled {
            self.last = Some(text.to_vec());
        }
        let end = record.offset + record.bytes.len() as u64;
        if let Some(parameters) = parameters_of(text) {
            if let Some(waiting) = self.waiting.take() {
                self.push(waiting, Some(parameters), end);
            }
            return;
        }
        self.flush();
        if text.starts_with(b"Col (") || text.starts_with(b"Row (") || text.is_empty() {
            // Level DEBUG writes results.
            return;
        }
        let stamp = stamp::find(message.prefix);
        let time = stamp.as_ref().map_or(f64::NAN, |stamp| {
            self.zone.get_or_insert_with(|| stamp.zone.clone());
            self.times.of(stamp, &mut self.diagnostics, || record.place())
        });
        let waiting = Waiting {
            sql: transaction(text).unwrap_or(text).to_vec(),
            // It is logged before it runs.
            end: time,
            resolution: stamp.map_or(0.0, |stamp| stamp.resolution),
            offset: record.offset,
            length: record.bytes.len() as u64,
        };
        if transaction(text).is_some() {
            self.push(waiting, None, end);
        } else {
            self.waiting = Some(waiting);
        }
    }

    fn flush(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            let end = waiting.offset + waiting.length;
            self.push(waiting, None, end);
        }
    }

    /// Adds a statement whose record, parameters included, ends at `end`.
    fn push(&mut self, waiting: Waiting, parameters: Option<&[u8]>, end: u64) {
        let sql = waiting.sql.as_slice();
        let recognised = self.builder.fingerprint(sql, Dialect::guess(sql), parameters);
        let connection = self.builder.connection(&[], Connection::default);
        if parameters.is_some_and(|text| memmem::find(text, b" ... displaying ").is_some()) {
            let problem = "long lists of parameters are cut by SQLAlchemy: what differs in them is not seen";
            self.diagnostics.note(Level::Info, problem, || Some(String::from_utf8_lossy(sql).into_owned()));
        }
        self.builder.push(Statement {
            end: waiting.end,
            resolution: waiting.resolution,
            offset: waiting.offset,
            length: u32::try_from(end - waiting.offset).unwrap_or(u32::MAX),
            ..Statement::new(recognised, connection)
        });
    }

    fn finish(mut self, name: String, format: &'static str) -> Document {
        self.flush();
        let Self { builder, mut diagnostics, zone, doubles, .. } = self;
        let (level, problem) = if builder.is_empty() {
            (Level::Warning, "no statement in it: the logger sqlalchemy.engine writes them at level INFO")
        } else {
            let problem = "SQLAlchemy does not log how long statements take: the times in brackets are those of \
                           compiling and caching. The database's own log has durations";
            (Level::Warning, problem)
        };
        diagnostics.note(level, problem, || None);
        let problem =
            "lines that are there twice were counted once: echo=True adds a handler beside the root logger's";
        diagnostics.note_many(Level::Info, problem, doubles, || None);
        let clock = zone.map_or(Clock::Sequence, |zone| Clock::Wall { zone });
        let log = builder.finish(clock, None);
        Document { name, format, content: Content::Queries(Box::new(log)), diagnostics }
    }
}
