//! PostgreSQL's log as CSV (`log_destination = 'csvlog'`).
//!
//! Programs that opened it may have written it anew, with semicolons or tabs between the columns.
//!
//! One record an event, 22 columns until version 8.4, 23 until 12, 24 in 13 and 26 since 14, always in
//! the same order:
//! [the columns](https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-CSVLOG).
//! Line ends inside quotes are part of a record.

use std::borrow::Cow;
use std::io;

use memchr::{memchr, memchr_iter};

use super::postgres::batch::{Batching, Collecting};
use super::postgres::collect::{self, Collect, Sink};
use super::postgres::executions::{Event, Who};
use super::postgres::message;
use super::postgres::prefix::severity_named;
use super::postgres_json::{event_text, statement_text};
use super::records::{Records, trim_end, trim_mark};
use super::slices::{Batch, Log, Reading, Sliced};
use super::waiting::{Importing, now};
use super::{About, EventText, Format, ImportError, Kind, StatementText, slices, stamp, wrapped};
use crate::document::{Document, Level};
use crate::input::Input;

/// PostgreSQL's csvlog.
pub struct PostgresCsv;

const RECORD: &str = "ALTER SYSTEM SET log_destination = 'csvlog'; ALTER SYSTEM SET logging_collector = on;\n\
    With log_min_duration_statement = 0; the collector needs a restart.";

/// For the registry.
pub static ABOUT: About = About {
    id: "postgres-csv",
    title: "PostgreSQL's log as CSV",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

/// Columns, from 0.
const TIME: usize = 0;
const USER: usize = 1;
const DATABASE: usize = 2;
const PROCESS: usize = 3;
const CLIENT: usize = 4;
const SESSION: usize = 5;
const SEVERITY: usize = 11;
const STATE: usize = 12;
const MESSAGE: usize = 13;
const DETAIL: usize = 14;
const HINT: usize = 15;
const CONTEXT: usize = 18;
const QUERY: usize = 19;
const APPLICATION: usize = 22;

/// The fewest columns of any version.
const LEAST: usize = 22;

/// The most of any version: what follows is not looked at.
const MOST: usize = 26;

/// What columns may be divided by: the server's comma, and what spreadsheets write in countries where that is in
/// numbers.
const DIVIDERS: [u8; 3] = [b',', b';', b'\t'];

/// One record's fields: their bytes in it, and whether quotes are doubled inside.
struct Fields<'a> {
    record: &'a [u8],
    fields: Vec<(usize, usize, bool)>,
}

impl<'a> Fields<'a> {
    /// Splits a record; `None` if it is none of the server's.
    fn read(
        record: &'a [u8],
        divider: u8,
        mut fields: Vec<(usize, usize, bool)>,
    ) -> Result<Self, Vec<(usize, usize, bool)>> {
        fields.clear();
        let mut at = 0;
        while fields.len() < MOST && at <= record.len() {
            if record.get(at) == Some(&b'"') {
                let begin = at + 1;
                let mut from = begin;
                let mut doubled = false;
                let end = loop {
                    let Some(quote) = memchr(b'"', &record[from..]) else { return Err(fields) };
                    let quote = from + quote;
                    if record.get(quote + 1) != Some(&b'"') {
                        break quote;
                    }
                    doubled = true;
                    from = quote + 2;
                };
                fields.push((begin, end, doubled));
                at = end + 1;
                match record.get(at) {
                    Some(&byte) if byte == divider => at += 1,
                    None => break,
                    Some(_) => return Err(fields),
                }
            } else {
                let end = memchr(divider, &record[at..]).map_or(record.len(), |comma| at + comma);
                fields.push((at, end, false));
                if end == record.len() {
                    break;
                }
                at = end + 1;
            }
        }
        let read = Self { record, fields };
        let known = read.fields.len() >= LEAST
            && severity_named(&read.get(SEVERITY)).is_some()
            && is_time(&read.get(TIME));
        if known { Ok(read) } else { Err(read.fields) }
    }

    /// The same with whatever divides its columns.
    fn any(record: &'a [u8]) -> Option<Self> {
        DIVIDERS.into_iter().find_map(|divider| Self::read(record, divider, Vec::new()).ok())
    }

    fn get(&self, column: usize) -> Cow<'a, [u8]> {
        match self.fields.get(column) {
            None => Cow::Borrowed(&[]),
            Some(&(begin, end, false)) => Cow::Borrowed(&self.record[begin..end]),
            Some(&(begin, end, true)) => {
                let mut text = Vec::with_capacity(end - begin);
                let mut rest = &self.record[begin..end];
                while let Some(quote) = memchr(b'"', rest) {
                    text.extend_from_slice(&rest[..=quote]);
                    // Its double.
                    rest = rest.get(quote + 2..).unwrap_or_default();
                }
                text.extend_from_slice(rest);
                Cow::Owned(text)
            }
        }
    }
}

/// Tells where records end: where no quote is open.
#[derive(Default)]
struct Quotes {
    /// Bytes of the record that were looked at.
    seen: usize,
    open: bool,
}

impl Quotes {
    fn continues(&mut self, record: &[u8], line: &[u8]) -> bool {
        if record.is_empty() {
            return !is_record(line);
        }
        let quotes = memchr_iter(b'"', &record[self.seen..]).count();
        self.seen = record.len();
        self.open ^= quotes % 2 == 1;
        // A damaged record leaves its quote open; only a new one begins like this.
        self.open && !is_record(line)
    }
}

/// Whether a column holds a time and its zone, and nothing else.
fn is_time(column: &[u8]) -> bool {
    stamp::parse(column, 0).is_some_and(|stamp| {
        let rest = &column[stamp.range.end..];
        rest.len() <= ZONE
            && rest.iter().all(|&byte| byte.is_ascii_alphanumeric() || b" +-/_".contains(&byte))
    })
}

/// Bytes of a zone's name, `America/Argentina/ComodRivadavia` being the longest.
const ZONE: usize = 40;

/// Whether a record of the server's can begin with `line`: its time, then a comma.
fn begins(line: &[u8]) -> bool {
    let at = usize::from(line.first() == Some(&b'"'));
    stamp::parse(line, at).is_some_and(|stamp| {
        // The zone, if it was not understood.
        let rest = &line[stamp.range.end..];
        let comma = rest.iter().take(ZONE).position(|byte| DIVIDERS.contains(byte));
        comma.is_some_and(|comma| {
            rest[..comma].iter().all(|&byte| byte.is_ascii_alphanumeric() || b" +-/_\"".contains(&byte))
        })
    })
}

/// Whether a record begins with `text`, whose other lines may be missing: its columns up to the severity are a server's.
pub(super) fn is_record(text: &[u8]) -> bool {
    begins(text) && DIVIDERS.iter().any(|&divider| is_beginning(text, divider))
}

/// [`is_record`] with columns that are divided by this.
fn is_beginning(text: &[u8], divider: u8) -> bool {
    let mut rest = text;
    for column in 0..=SEVERITY {
        let (value, after) = match rest.strip_prefix(b"\"") {
            Some(quoted) => match memchr(b'"', quoted) {
                Some(end) => (&quoted[..end], &quoted[end + 1..]),
                None => return false,
            },
            None => {
                let end = memchr(divider, rest).unwrap_or(rest.len());
                rest.split_at(end)
            }
        };
        if column == TIME && !is_time(value) || column == SEVERITY && severity_named(value).is_none() {
            return false;
        }
        match after.strip_prefix(&[divider]) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// The first record of `head` that begins at a line's start, as a file may be cut in front: where it begins, and what
/// divides its columns.
fn first(head: &[u8]) -> Option<(usize, u8)> {
    let mut from = 0;
    while let Some(rest) = head.get(from..).filter(|rest| !rest.is_empty()) {
        let line = rest.split_inclusive(|&byte| byte == b'\n').next().unwrap_or_default();
        if begins(line) {
            let mut quotes = Quotes::default();
            let mut end = line.len();
            while let Some(next) = rest[end..].split_inclusive(|&byte| byte == b'\n').next() {
                if !quotes.continues(&rest[..end], next) {
                    break;
                }
                end += next.len();
            }
            let record = trim_end(&rest[..end]);
            if let Some(divider) =
                DIVIDERS.into_iter().find(|&divider| Fields::read(record, divider, Vec::new()).is_ok())
            {
                return Some((from, divider));
            }
        }
        from += line.len();
    }
    None
}

impl Format for PostgresCsv {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn can_be_wrapped(&self) -> bool {
        true
    }

    fn can_be_joined(&self) -> bool {
        true
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        if first(trim_mark(head)).is_some() { 95 } else { 0 }
    }

    fn begins(&self, head: &[u8]) -> usize {
        let mark = head.len() - trim_mark(head).len();
        first(&head[mark..]).map_or(0, |(at, _)| mark + at)
    }
    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        now(self.import_waiting(input))
    }

    fn import_waiting<'a>(&'a self, input: &'a mut Input<'_>) -> Importing<'a> {
        Box::pin(async move {
            let name = input.name().to_owned();
            let mut collected = Collect::default();
            let unwrapped = wrapped::head(input.head());
            let head = unwrapped.as_ref().map_or(trim_mark(input.head()), |(_, head)| head);
            let divider = divider(head);
            let mut records = Records::of(input, self);
            read(&mut records, divider, &mut collected)
                .await
                .map_err(|error| ImportError::reading(&error))?;
            records.diagnose(&mut collected.diagnostics);
            Ok(collected.finish(name, self.id(), None, None))
        })
    }

    fn slices(&self) -> Option<&dyn Sliced> {
        slices::here(self)
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        let record = wrapped::first(record);
        let fields = Fields::any(trim_end(trim_mark(&record)))?;
        statement_text(&fields.get(MESSAGE), &fields.get(DETAIL))
    }

    fn event_text(&self, record: &[u8]) -> Option<EventText> {
        let record = wrapped::first(record);
        let fields = Fields::any(trim_end(trim_mark(&record)))?;
        let text = |column| String::from_utf8_lossy(&fields.get(column)).into_owned();
        Some(event_text(text(MESSAGE), [DETAIL, HINT, CONTEXT, QUERY].map(text)))
    }
}

/// Tells `sink` of all records.
async fn read(records: &mut Records<'_, '_>, divider: u8, sink: &mut dyn Sink) -> io::Result<()> {
    let mut spare = Vec::new();
    loop {
        let mut quotes = Quotes::default();
        let Some(record) = records.ready().await.next(|record, line| quotes.continues(record, line))? else {
            return Ok(());
        };
        let bytes = trim_end(trim_mark(record.bytes));
        if record.is_before || bytes.trim_ascii().is_empty() {
            continue;
        }
        if record.cut {
            sink.note(Level::Warning, "records longer than 64 MB were skipped", &record);
            continue;
        }
        let fields = match Fields::read(bytes, divider, std::mem::take(&mut spare)) {
            Ok(fields) => fields,
            Err(fields) => {
                spare = fields;
                let problem = "records that are damaged, cut short or not the server's were skipped";
                sink.note(Level::Warning, problem, &record);
                continue;
            }
        };
        let Some(severity) = severity_named(&fields.get(SEVERITY)) else { continue };
        let (user, database, process) = (fields.get(USER), fields.get(DATABASE), fields.get(PROCESS));
        let (client, session) = (fields.get(CLIENT), fields.get(SESSION));
        let (application, text, detail) = (fields.get(APPLICATION), fields.get(MESSAGE), fields.get(DETAIL));
        let (state, query, context) = (fields.get(STATE), fields.get(QUERY), fields.get(CONTEXT));
        let stamp = stamp::parse(&fields.get(TIME), 0);
        let who = Who {
            process: &process,
            session: &session,
            user: &user,
            database: &database,
            application: &application,
            client: without_port(&client),
        };
        let event = Event {
            severity,
            message: message::read(&text),
            text: &text,
            state: &state,
            statement: Some(&*query).filter(|query| !query.is_empty()),
            parameters: message::parameters(&detail),
            nested: message::is_nested(&context),
            detail: Some(&*detail),
            stamp: stamp.as_ref().map_or(f64::NAN, |stamp| stamp.milliseconds),
            resolution: stamp.as_ref().map_or(0.0, |stamp| stamp.resolution),
            offset: record.offset,
            length: record.length,
            recognised: None,
        };
        let zone = stamp.as_ref().map(|stamp| collect::zone(&fields.get(TIME), stamp)).unwrap_or_default();
        sink.event(&who, &event, &zone, &record);
        spare = fields.fields;
    }
}

/// What divides the columns of a log that begins with `head`.
fn divider(head: &[u8]) -> u8 {
    first(head).map_or(b',', |(_, divider)| divider)
}

impl Sliced for PostgresCsv {
    fn batch(&self, records: &mut Records<'_, '_>, log: &Log<'_>) -> io::Result<Batch> {
        let mut batching = Batching::default();
        now(read(records, divider(trim_mark(log.head)), &mut batching))?;
        Ok(Batch::Postgres(batching.finish()))
    }

    fn begin(&self, _: &Log<'_>) -> Box<dyn Reading> {
        Box::new(Collecting::default())
    }
}

/// `10.0.0.1` of `10.0.0.1:51234`.
pub(super) fn without_port(client: &[u8]) -> &[u8] {
    match client.iter().rposition(|&byte| byte == b':') {
        Some(colon) if client[colon + 1..].iter().all(u8::is_ascii_digit) => &client[..colon],
        _ => client,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field(text: &str) -> String {
        format!("\"{}\"", text.replace('"', "\"\""))
    }

    #[test]
    fn addresses() {
        for (client, expected) in
            [("10.0.0.1:51234", "10.0.0.1"), ("[local]", "[local]"), ("::1:5432", "::1"), ("", "")]
        {
            assert_eq!(without_port(client.as_bytes()), expected.as_bytes());
        }
    }

    #[test]
    fn where_records_begin() {
        assert!(begins(b"2026-11-23 09:07:27.767 UTC,,,28567,"));
        assert!(begins(b"\"2026-11-23 09:07:27.767 CET\",\"a\","));
        assert!(!begins(b"2026-11-23 09:07:27.767 UTC [1] LOG:  x"));
        assert!(!begins(b"FROM t, u"));
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read(message in "[a\",\n \\\\é]{0,30}", detail in "[\",x\n]{0,12}") {
            let mut columns = vec![String::new(); 26];
            columns[TIME] = "2026-11-23 09:07:27.767 UTC".into();
            columns[SEVERITY] = "LOG".into();
            columns[MESSAGE] = field(&message);
            columns[DETAIL] = field(&detail);
            let record = columns.join(",");
            let Ok(fields) = Fields::read(record.as_bytes(), b',', Vec::new()) else {
                return Err(TestCaseError::fail("not read"));
            };
            prop_assert_eq!(fields.get(MESSAGE).into_owned(), message.into_bytes());
            prop_assert_eq!(fields.get(DETAIL).into_owned(), detail.into_bytes());
            prop_assert_eq!(fields.fields.len(), 26);
        }
    }
}
