//! SQLAlchemy's engine log: `create_engine(…, echo=True)`, or the logger `sqlalchemy.engine` at level INFO.
//!
//! A statement is logged before it runs, then how its compiled form was found and its parameters
//! ([`engine/default.py` and `engine/base.py`](https://docs.sqlalchemy.org/en/20/core/engines.html#configuring-logging)):
//! `[generated in 0.00013s] (1,)`, `[cached since 1.2s ago] (1,)`, `[raw sql] ()`. Those times are how long
//! compiling took and how old the cache's entry is: none says how long the statement ran.
//!
//! A formatter may leave out the logger's name: then messages are told by what stands before such brackets. A
//! connection's `logging_token` stands before every message, in brackets as well.

use memchr::memmem;

use super::records::{Record, Records, trim_end, trim_mark};
use super::waiting::{Importing, now};
use super::{About, Format, ImportError, Kind, StatementText, clock, offset_in, quotes, stamp, wrapped};
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

    fn is_lines(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let mut lines = trim_mark(head).split(|&byte| byte == b'\n');
        let style = Style::of(head);
        // JSON lines with that logger are another format's.
        let ours = |line: &[u8]| !line.starts_with(b"{") && style.message(line).is_some();
        match (lines.any(ours), style) {
            (false, _) => 0,
            (true, Style::Named) => 85,
            (true, Style::Prefixed(_)) => 80,
        }
    }

    fn begins(&self, head: &[u8]) -> usize {
        let style = Style::of(head);
        let mut lines = trim_mark(head).split(|&byte| byte == b'\n').filter(|line| !line.starts_with(b"{"));
        let place =
            |line: &[u8]| style.message(line).map(|message| offset_in(head, line) + message.prefix.len());
        lines.find_map(place).unwrap_or(usize::MAX)
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
            let head = wrapped::head_for(input, self).into_owned();
            let style = Style::of(&head);
            let has_stamp = head
                .split(|&byte| byte == b'\n')
                .find_map(|line| style.message(line))
                .and_then(|message| stamp::find(message.prefix))
                .map(|stamp| stamp.range.start);
            let mut reader =
                Reader { doubled: is_doubled(&style, &head), style: style.clone(), ..Reader::default() };
            let mut records = Records::of(input, self);
            let continues = |record: &[u8], line: &[u8]| {
                let own = style.message(line);
                // Another logger's line begins with a stamp as well.
                if own.is_some() || has_stamp.is_some_and(|at| stamp::parse(line, at).is_some()) {
                    return is_in_literal(&style, record, own.as_ref());
                }
                // Parameters are a repr, on one line.
                !style.message(record).is_some_and(|message| is_whole(trim(message.text)))
            };
            while let Some(record) =
                records.ready().await.next(continues).map_err(|error| ImportError::reading(&error))?
            {
                reader.record(record);
            }
            records.diagnose(&mut reader.diagnostics);
            Ok(reader.finish(name, self.id()))
        })
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        // The statement, its double perhaps, and the parameters are messages of their own.
        let record = wrapped::first(record);
        let texts = texts(trim_mark(&record));
        let sql = texts.first()?;
        let parameters = texts[1..].iter().find_map(|text| parameters_of(text));
        let parameters = parameters.map(|text| String::from_utf8_lossy(text).into_owned());
        Some(StatementText {
            sql: String::from_utf8_lossy(transaction(sql).unwrap_or(sql)).replace("\r\n", "\n"),
            parameters: parameters.filter(|text| !matches!(text.as_str(), "()" | "{}" | "[]" | "[()]")),
        })
    }
}

/// The texts of the messages in `record`, which begins with one.
fn texts(record: &[u8]) -> Vec<&[u8]> {
    let style = Style::of_record(record);
    let mut begins = Vec::new();
    let mut at = 0;
    for line in record.split_inclusive(|&byte| byte == b'\n') {
        if let Some(message) = style.message(line) {
            let before = begins.last().map_or(&[][..], |&begin| &record[begin..at]);
            if !is_in_literal(&style, before, Some(&message)) {
                begins.push(at);
            }
        }
        at += line.len();
    }
    begins.push(record.len());
    let parts = begins.windows(2).map(|range| &record[range[0]..range[1]]);
    parts.filter_map(|part| style.message(part)).map(|message| trim(message.text)).collect()
}

fn trim(text: &[u8]) -> &[u8] {
    trim_end(text).trim_ascii()
}

/// Whether a message begins with `line`.
pub(super) fn begins(line: &[u8]) -> bool {
    prefix(line).is_some()
}

/// What stands before the message that begins with `line`.
pub(super) fn prefix(line: &[u8]) -> Option<&[u8]> {
    if let Some(message) = Message::named(line) {
        return Some(message.prefix);
    }
    state_at(line).map(|at| &line[..at])
}

/// How messages are told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Style {
    /// By the logger's name.
    #[default]
    Named,
    /// By what stands before each, digits as `0`.
    Prefixed(Vec<u8>),
}

impl Style {
    /// By the first lines that show it.
    fn of(head: &[u8]) -> Self {
        let lines = || trim_mark(head).split(|&byte| byte == b'\n').filter(|line| !line.starts_with(b"{"));
        // A line with the name may be in a literal of a log without.
        let is_sure = |line: &[u8]| line.starts_with(b"BEGIN (implicit") || state(line).is_some();
        let first = lines().find(|line| is_sure(line) || Message::named(line).is_some());
        if first.is_some_and(|line| !is_sure(line)) {
            return Self::Named;
        }
        Self::unnamed(head).unwrap_or_default()
    }

    /// By what stands before the brackets that only SQLAlchemy writes.
    fn unnamed(head: &[u8]) -> Option<Self> {
        let lines = || trim_mark(head).split(|&byte| byte == b'\n').filter(|line| !line.starts_with(b"{"));
        let prefixed =
            |at: usize, line: &[u8]| Self::Prefixed(line[..at].iter().map(digit_as_zero).collect());
        let by_state = lines().find_map(|line| state_at(line).map(|at| prefixed(at, line)));
        // BEGIN and COMMIT have no brackets.
        let by_transaction =
            || lines().find_map(|line| memmem::find(line, b"BEGIN (implicit").map(|at| prefixed(at, line)));
        by_state.or_else(by_transaction)
    }

    /// Of a record, which begins with a message.
    fn of_record(record: &[u8]) -> Self {
        let first = record.split(|&byte| byte == b'\n').next().unwrap_or_default();
        if Message::named(first).is_some() { Self::Named } else { Self::unnamed(record).unwrap_or_default() }
    }

    /// The message that begins with `line`.
    fn message<'a>(&self, line: &'a [u8]) -> Option<Message<'a>> {
        let message = match self {
            Self::Named => Message::named(line)?,
            Self::Prefixed(prefix) => {
                let begin = line.get(..prefix.len())?;
                let fits = begin.iter().map(digit_as_zero).eq(prefix.iter().copied());
                let text = &line[prefix.len()..];
                (fits && Self::is_engine_s(text, prefix.is_empty()))
                    .then_some(Message { prefix: begin, text })?
            }
        };
        Some(Message { text: without_token(message.text), ..message })
    }

    /// Whether a text without the logger's name is the engine's. Where nothing is before it (`bare`), a line of a statement
    /// must not pass for one; behind a stamp it may be any other logger's: `Select the rows to import`.
    fn is_engine_s(text: &[u8], bare: bool) -> bool {
        if transaction(text).is_some() || state(text).is_some() {
            return true;
        }
        let text = if bare { text } else { without_token(text) };
        let line = trim(text.split(|&byte| byte == b'\n').next().unwrap_or_default());
        let is_sentence = line.first().is_some_and(u8::is_ascii_uppercase)
            && line.get(1..3).is_some_and(|rest| rest.iter().all(u8::is_ascii_lowercase));
        if super::assert_queries::begins_sql(line) {
            return bare || !is_sentence;
        }
        !bare
            && (line.is_empty()
                || parameters_of(line).is_some()
                || transaction(line).is_some()
                || state(line).is_some()
                || line.starts_with(b"Col (")
                || line.starts_with(b"Row ("))
    }
}

fn digit_as_zero(byte: &u8) -> u8 {
    if byte.is_ascii_digit() { b'0' } else { *byte }
}

/// Where in a line the brackets are that only SQLAlchemy writes, if nothing but a prefix is before them.
fn state_at(line: &[u8]) -> Option<usize> {
    let beginning = line.get(..PREFIX_LIMIT.min(line.len()))?;
    let at = memchr::memchr_iter(b'[', beginning).find(|&at| state(&line[at..]).is_some())?;
    let prefix = &line[..at];
    let ends = prefix.last().is_none_or(|byte| b" \t:|-".contains(byte));
    (ends && !prefix.contains(&b'\'') && !prefix.contains(&b'"')).then_some(at)
}

/// A message without a connection's `logging_token`, which is any text: `[req-7] SELECT 1`.
fn without_token(text: &[u8]) -> &[u8] {
    const LONGEST: usize = 200;
    if text.first() != Some(&b'[') || state(text).is_some() {
        return text;
    }
    let Some(close) = memmem::find(&text[..text.len().min(LONGEST)], b"] ") else { return text };
    let rest = &text[close + 2..];
    let is_message = state(rest).is_some()
        || transaction(rest).is_some()
        || super::assert_queries::begins_sql(trim(rest))
        || rest.trim_ascii().is_empty();
    if is_message { rest } else { text }
}

/// A message of the engine's.
struct Message<'a> {
    /// What stands before the logger's name, or before the message.
    prefix: &'a [u8],
    /// What the formatter put after it, lines that follow included.
    text: &'a [u8],
}

impl<'a> Message<'a> {
    /// A line with the logger's name.
    fn named(line: &'a [u8]) -> Option<Self> {
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
        let end = decoration(rest);
        (end > 0).then(|| Self { prefix, text: &rest[end..] })
    }
}

/// Bytes of what a format puts between the logger's name and the message: separators, the line or process
/// (`:2698`), the level, the thread (`[MainThread]`, `[Thread-1 (worker)]`).
fn decoration(text: &[u8]) -> usize {
    const SEPARATORS: &[u8] = b"]:) -|\t";
    const LEVELS: [&[u8]; 5] = [b"INFO", b"DEBUG", b"WARNING", b"ERROR", b"CRITICAL"];
    let separators = |at: usize| text[at..].iter().take_while(|byte| SEPARATORS.contains(byte)).count();
    let mut end = separators(0);
    let ends_field = |at: usize| text.get(at).is_some_and(|byte| SEPARATORS.contains(byte));
    loop {
        let rest = &text[end..];
        // Neither a statement nor parameters begin so.
        let digits = rest.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
        let level = LEVELS.iter().find(|level| rest.starts_with(level)).map_or(0, |level| level.len());
        let field = match digits.max(level).max(place(rest)) {
            0 => thread(rest),
            length => length,
        };
        if field == 0 || !ends_field(end + field) {
            return end;
        }
        end += field + separators(end + field);
    }
}

/// Bytes of where a message was logged: `base.py:1842`, `_execute_context:1842`, `/lib/base.py`. No statement begins so.
fn place(text: &[u8]) -> usize {
    const LONGEST: usize = 250;
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_./\\<>-".contains(*byte);
    let name = text.iter().take(LONGEST).take_while(is_part).count();
    let word = &text[..name];
    let digits = match text.get(name) {
        Some(b':') => text[name + 1..].iter().take(20).take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    let is_place = word.ends_with(b".py") || word.starts_with(b"_") && name > 1;
    match digits {
        0 if is_place => name,
        0 => 0,
        _ if name > 0 => name + 1 + digits,
        _ => 0,
    }
}

/// Bytes of a thread's name in brackets that `text` begins with, without the last one; 0 if it begins with parameters or
/// with how long ago a statement was made: strings among parameters have quotes.
fn thread(text: &[u8]) -> usize {
    const LONGEST: usize = 80;
    let close = match text.first() {
        Some(b'[') => b']',
        Some(b'(') => b')',
        _ => return 0,
    };
    let head = &text[..text.len().min(LONGEST)];
    let end = if head[1..].starts_with(b"Thread-") {
        // Its target stands in brackets of its own.
        let line = &head[..head.iter().position(|&byte| byte == b'\n').unwrap_or(head.len())];
        memchr::memchr(b']', line).or_else(|| memchr::memchr(close, line))
    } else {
        memchr::memchr(close, head)
    };
    let Some(end) = end else { return 0 };
    let name = &head[1..end];
    let is_name = name.first().is_some_and(u8::is_ascii_alphabetic)
        && !matches!(name, b"None" | b"True" | b"False")
        && (name.starts_with(b"Thread-")
            || name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte)));
    if is_name { end } else { 0 }
}

/// What is behind `[generated in 0.00013s] ` and its kin, if `text` begins with one.
fn state(text: &[u8]) -> Option<&[u8]> {
    const STATES: [&[u8]; 8] = [
        b"[raw sql]",
        b"[generated in ",
        b"[cached since ",
        b"[no key ",
        b"[caching disabled",
        b"[dialect ",
        b"[no cache",
        b"[insertmanyvalues ",
    ];
    STATES.iter().find(|state| text.starts_with(state))?;
    let end = memchr::memchr(b']', text)?;
    Some(text[end + 1..].trim_ascii())
}

/// The parameters in a message that is not a statement: after `[generated in 0.00013s] `, or alone before
/// version 1.4.
fn parameters_of(text: &[u8]) -> Option<&[u8]> {
    if let Some(parameters) = state(text) {
        return Some(parameters);
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

/// Whether a line that would begin a message, perhaps one of the engine's, is in a literal of the statement before:
/// what follows a statement are its parameters.
fn is_in_literal(style: &Style, record: &[u8], line: Option<&Message<'_>>) -> bool {
    if line.is_some_and(|line| parameters_of(trim(line.text)).is_some()) {
        return false;
    }
    memchr::memchr_iter(b'\'', record).count() % 2 == 1
        && style.message(record).is_some_and(|message| {
            parameters_of(trim(message.text)).is_none()
                && quotes::is_open(message.text, Dialect::guess(message.text))
        })
}

/// Whether every line is there twice: echo=True adds a handler of its own, beside the root logger's.
fn is_doubled(style: &Style, head: &[u8]) -> bool {
    let messages: Vec<&[u8]> = trim_mark(head)
        .split(|&byte| byte == b'\n')
        .filter_map(|line| style.message(line))
        .map(|message| trim(message.text))
        .filter(|text| transaction(text).is_none())
        .collect();
    // Statement, parameters, statement, parameters: the same message never follows itself.
    let same = messages.windows(2).filter(|pair| pair[0] == pair[1]).count();
    same > 0 && same * 3 >= messages.len()
}

#[derive(Default)]
struct Reader {
    style: Style,
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
        let Some(message) = self.style.message(bytes) else {
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
        let end = record.offset + u64::from(record.length);
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
            length: record.length.into(),
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
