//! PostgreSQL's log as the server writes it to stderr, with any `log_line_prefix`.

use std::borrow::Cow;
use std::io;

use super::postgres::batch::{Batching, Collecting};
use super::postgres::collect::{Collect, Sink};
use super::postgres::executions::{Event, Who};
use super::postgres::infer::{self, marker};
use super::postgres::languages;
use super::postgres::message::{self, Message, Step};
use super::postgres::prefix::{ClockCache, Field, Line, Prefix, Severity, severity};
use super::postgres_json::event_text;
use super::records::{Record, Records, trim_end, trim_mark};
use super::slices::{Batch, Log, Reading, Sliced};
use super::waiting::{Importing, now};
use super::wrapped::Unwrapping;
use super::wrapped::syslog::Lent;
use super::{About, EventText, Format, ImportError, Kind, SURE, StatementText};
use super::{offset_in, postgres_csv, slices, stamp, wrapped};
use crate::document::{Diagnostics, Document, Level};
use crate::input::Input;
use crate::queries::plan;

/// PostgreSQL's stderr log.
pub struct PostgresStderr;

const RECORD: &str = "ALTER SYSTEM SET log_min_duration_statement = 0; SELECT pg_reload_conf();\n\
    Any log_line_prefix is read; with %p or %c in it (as by default) statements are told apart by connection.";

/// For the registry.
pub static ABOUT: About =
    About { id: "postgres-stderr", title: "PostgreSQL's log", kind: Kind::Queries, how_to_record: RECORD };

impl Format for PostgresStderr {
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
        // That is a format of its own.
        if wrapped::around(head).has_syslog() { 0 } else { Self::sure(head).map_or(0, |(score, _)| score) }
    }

    fn begins(&self, head: &[u8]) -> usize {
        Self::sure(head).map_or(0, |(_, at)| at)
    }

    fn can_be_wrapped(&self) -> bool {
        true
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        now(self.import_waiting(input))
    }

    fn import_waiting<'a>(&'a self, input: &'a mut Input<'_>) -> Importing<'a> {
        let unwrapping = wrapped::reading(input, self);
        Box::pin(import_lines(input, self.id(), unwrapping, None))
    }

    fn slices(&self) -> Option<&dyn Sliced> {
        slices::here(self)
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        let record = wrapped::first(record);
        let parts = parts(trim_mark(&record))?;
        let message = parts.first()?.2;
        let (Message::Duration(_, step) | Message::Text(step)) = message::read(message) else { return None };
        let sql = match step {
            Step::Statement(sql)
            | Step::Execute(_, sql)
            | Step::Fetch(_, sql)
            | Step::Bind(_, sql)
            | Step::Parse(_, sql) => joined(sql),
            Step::Plan(plan) => joined(&plan::query_text(plan)?),
            Step::Bare => return None,
        };
        let details = parts.iter().filter(|part| part.1 == Severity::Detail);
        let parameters = details.filter_map(|part| message::parameters(part.2)).next().map(joined);
        Some(StatementText { sql, parameters })
    }

    fn event_text(&self, record: &[u8]) -> Option<EventText> {
        let record = wrapped::first(record);
        let parts = parts(trim_mark(&record))?;
        let named = |asked: fn(&[u8], Severity) -> bool| {
            let part = parts.iter().skip(1).find(|part| asked(part.0, part.1));
            part.map(|part| joined(part.2)).unwrap_or_default()
        };
        let message = joined(message::without_state(parts.first()?.2));
        let asked: [fn(&[u8], Severity) -> bool; 4] = [
            |_, severity| severity == Severity::Detail,
            |name, _| languages::is_hint(name),
            |_, severity| severity == Severity::Context,
            |_, severity| severity == Severity::Statement,
        ];
        Some(event_text(message, asked.map(named)))
    }
}

impl PostgresStderr {
    /// How sure one can be that `head`, without anything around its lines, is a server's log, and where the first of
    /// its lines says so.
    pub(super) fn sure(head: &[u8]) -> Option<(u8, usize)> {
        let mut best: Option<(u8, usize)> = None;
        let mut begins = None;
        for line in trim_mark(head).split(|&byte| byte == b'\n') {
            // JSON and CSV have the server's words in quotes.
            if line.starts_with(b"\t") || line.starts_with(b"{\"") || postgres_csv::is_record(line) {
                continue;
            }
            let Some(at) = marker(line) else { continue };
            let Some((_, begin)) = severity(&line[at..]) else { continue };
            let score = match message::read(trim_end(&line[at + begin..])) {
                Message::Duration(..) | Message::Text(_) => 95,
                Message::Disconnection(_) | Message::Event(..) | Message::Foreign(_) => 90,
                Message::CheckpointStarts => 90,
                Message::Other if stamp::find(&line[..at]).is_some() => 70,
                Message::Other => 30,
            };
            let place = offset_in(head, line) + at;
            if score >= SURE {
                begins.get_or_insert(place);
            }
            if best.is_none_or(|(most, _)| score > most) {
                best = Some((score, begins.unwrap_or(place)));
            }
            if score == 95 {
                break;
            }
        }
        best
    }
}

/// What syslog's header lends to the lines.
pub(super) struct Wanted {
    /// The log's beginning as it will be read.
    pub head: Vec<u8>,
    pub lent: Lent,
    /// Whether something tells the year of stamps that have none.
    pub known_year: bool,
}

/// Reads the lines of a server's log out of whatever is around them.
pub(super) async fn import_lines(
    input: &mut Input<'_>,
    id: &'static str,
    unwrapping: Option<Unwrapping>,
    wanted: Option<Wanted>,
) -> Result<Document, ImportError> {
    let name = input.name().to_owned();
    let unwrapped = match &wanted {
        Some(wanted) => Some(Cow::Borrowed(wanted.head.as_slice())),
        None => unwrapping.as_ref().map(|unwrapping| Cow::Owned(unwrapping.head(input.head()))),
    };
    let lent = wanted.as_ref().map(|wanted| wanted.lent).unwrap_or_default();
    let head = unwrapped.as_deref().unwrap_or(trim_mark(input.head()));
    let mut collect = Collect::default();
    let setting = input.options.log_line_prefix.as_deref();
    let (mut lines, inferred) = Lines::of(head, setting, lent, &mut collect.diagnostics);
    let mut records = Records::unwrapped(input, unwrapping);
    read(&mut records, &mut lines, &mut collect).await.map_err(|error| ImportError::reading(&error))?;
    let diagnostics = &mut collect.diagnostics;
    records.diagnose(diagnostics);
    if let (Some(year), Some(wanted)) = (records.year(), &wanted) {
        let (level, message) = match wanted.known_year {
            true => (Level::Info, format!("syslog's stamps have no year: {year} was inferred")),
            false => (
                Level::Warning,
                format!(
                    "syslog's stamps have no year, and nothing in the file tells it: {year} stands for it"
                ),
            ),
        };
        diagnostics.note(level, &message, || None);
    }
    Ok(collect.finish(name, id, inferred, lines.zone))
}

/// Tells `sink` of all records.
async fn read(records: &mut Records<'_, '_>, lines: &mut Lines, sink: &mut dyn Sink) -> io::Result<()> {
    loop {
        lines.current = lines.ahead.take();
        lines.parts.clear();
        let Some(record) = records.ready().await.next(|record, line| lines.continues(record, line))? else {
            return Ok(());
        };
        if !record.is_before {
            lines.record(record, sink);
        }
    }
}

impl Sliced for PostgresStderr {
    fn batch(&self, records: &mut Records<'_, '_>, log: &Log<'_>) -> io::Result<Batch> {
        let (mut lines, _) =
            Lines::of(trim_mark(log.head), log.log_line_prefix, Lent::default(), &mut Diagnostics::default());
        let mut batching = Batching::default();
        now(read(records, &mut lines, &mut batching))?;
        Ok(Batch::Postgres(batching.finish()))
    }

    fn begin(&self, log: &Log<'_>) -> Box<dyn Reading> {
        let mut collect = Collect::default();
        let (lines, inferred) =
            Lines::of(trim_mark(log.head), log.log_line_prefix, Lent::default(), &mut collect.diagnostics);
        Box::new(Collecting { collect, inferred, zone: lines.zone })
    }
}

/// A part of a record: the word before its message, what that says, and the message.
type Part<'a> = (&'a [u8], Severity, &'a [u8]);

/// What a record consists of: the word before each part's message (`LOG`, `DETAIL`) and what it says, and the message
/// with the lines that continue it.
fn parts(record: &[u8]) -> Option<Vec<Part<'_>>> {
    let mut parts: Vec<(&[u8], Severity, usize, usize)> = Vec::new();
    let mut at = 0;
    for line in record.split_inclusive(|&byte| byte == b'\n') {
        let end = at + line.len();
        let continues = !parts.is_empty() && matches!(line.first(), Some(b'\t' | b' '));
        let begins = if continues { None } else { marker(line) };
        let begins = begins.and_then(|marker| Some((marker, severity(&line[marker..])?)));
        match (begins, parts.last_mut()) {
            (Some((marker, (severity, length))), _) => {
                let name = line[marker..].split(|&byte| byte == b':').next().unwrap_or_default();
                parts.push((name.trim_ascii_end(), severity, at + marker + length, end));
            }
            (None, Some(last)) if continues => last.3 = end,
            // A line of something else within the record.
            (None, Some(_)) => {}
            (None, None) => return None,
        }
        at = end;
    }
    Some(
        parts
            .into_iter()
            .map(|(name, severity, begin, end)| (name, severity, record.get(begin..end).unwrap_or_default()))
            .collect(),
    )
}

/// A text as it was before the server indented its lines.
fn joined(text: &[u8]) -> String {
    String::from_utf8_lossy(trim_end(text)).replace("\r\n", "\n").replace("\n\t", "\n")
}

/// Tells the lines of the log apart, and remembers what it read of them.
struct Lines {
    prefix: Option<Prefix>,
    clock: ClockCache,
    /// Whether blanks indent, too: some tools replace tabs.
    blanks: bool,
    /// The zone of stamps that never write one.
    zone: Option<&'static str>,
    /// The current record's first line, if it was read already.
    current: Option<Option<Line>>,
    /// The line after the current record, if it was read already.
    ahead: Option<Option<Line>>,
    /// The current record's other lines.
    parts: Vec<Follower>,
}

/// DETAIL, STATEMENT, … of a record.
struct Follower {
    severity: Severity,
    /// Where its line begins in the record.
    line: usize,
    /// Where its message begins.
    message: usize,
}

impl Lines {
    fn read(&mut self, line: &[u8]) -> Option<Line> {
        match &self.prefix {
            Some(prefix) => prefix.read(line, &mut self.clock),
            None => {
                let at = marker(line)?;
                let (severity, begin) = severity(&line[at..])?;
                Some(Line::unknown(line, severity, at, at + begin))
            }
        }
    }

    fn continues(&mut self, record: &[u8], line: &[u8]) -> bool {
        match line.first() {
            Some(b'\t') => return true,
            // A prefix may begin with a value that is empty.
            Some(b' ') if self.blanks && self.read(line).is_none() => return true,
            _ => {}
        }
        let found = self.read(line);
        match found {
            Some(found) if found.severity.follows() => {
                if !record.is_empty() {
                    self.parts.push(Follower {
                        severity: found.severity,
                        line: record.len(),
                        message: record.len() + found.message,
                    });
                }
                true
            }
            found => {
                self.ahead = Some(found);
                false
            }
        }
    }
}

/// The log's own prefix does not tell where a line comes from.
const NO_PROCESS: &str = "log_line_prefix has neither %p nor %c: all statements are on one lane, and durations \
    logged apart from their text may be paired wrongly";

impl Lines {
    /// Of a log that begins with `head`; `setting` is what the user says `log_line_prefix` is. Also gives what was inferred.
    fn of(
        head: &[u8],
        setting: Option<&str>,
        lent: Lent,
        diagnostics: &mut Diagnostics,
    ) -> (Self, Option<String>) {
        // A guess that reads only some of the lines by the way says nothing.
        let guess = match setting {
            Some(setting) => {
                let lent =
                    [if lent.time { "%m " } else { "" }, if lent.process { "[%p] " } else { "" }].concat();
                let mut guess = infer::judge(Prefix::new(&(lent.clone() + setting)), head);
                if guess.fits == 0 {
                    // A blank at its end is easily lost on the way.
                    guess = infer::judge(Prefix::new(&(lent + setting.trim_end() + " ")), head);
                }
                let message = format!(
                    "log_line_prefix = '{setting}' does not fit: {} of the first {} lines are read by it",
                    guess.fits, guess.tried
                );
                if guess.fits * 2 <= guess.tried {
                    diagnostics.note(Level::Warning, &message, || None);
                }
                Some(guess)
            }
            None => infer::infer(head).filter(|guess| guess.fits * 2 > guess.tried),
        };
        match &guess {
            None => diagnostics.note(
                Level::Warning,
                "log_line_prefix was not understood: times and connections are missing or doubtful",
                || None,
            ),
            Some(guess) if !guess.prefix.has_process() => {
                diagnostics.note(Level::Warning, NO_PROCESS, || None);
            }
            Some(_) => {}
        }
        let inferred = guess.as_ref().map(|guess| {
            let shown = guess.prefix.to_string();
            // Without what syslog's header lent.
            let shown =
                if lent.time { shown.trim_start_matches("%m ").trim_start_matches("%t ") } else { &shown };
            let shown = if lent.process { shown.trim_start_matches("[%p] ") } else { shown };
            format!("log_line_prefix = '{shown}'{}", if setting.is_some() { " (as given)" } else { "" })
        });
        let prefix = guess.map(|guess| guess.prefix);
        let mut clock = ClockCache::default();
        let mut is_prefixed =
            |line: &[u8]| prefix.as_ref().is_some_and(|prefix| prefix.read(line, &mut clock).is_some());
        let mut indented = |by: u8| {
            let mut lines = head.split(|&byte| byte == b'\n').skip(1);
            lines.any(|line| line.first() == Some(&by) && !is_prefixed(line))
        };
        let blanks = !indented(b'\t') && indented(b' ');
        let lines = Self {
            zone: prefix.as_ref().is_some_and(|prefix| prefix.has(b'n')).then_some("UTC"),
            prefix,
            clock: ClockCache::default(),
            blanks,
            current: None,
            ahead: None,
            parts: Vec::new(),
        };
        (lines, inferred)
    }

    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        let bytes = record.bytes;
        let mark = bytes.len() - trim_mark(bytes).len();
        let line = match self.current.take() {
            Some(line) => line,
            None => self.read(&bytes[mark..]),
        };
        let Some(line) = line else {
            if !bytes.trim_ascii().is_empty() {
                let foreign = "lines that are not the server's, or do not fit its prefix, were skipped";
                sink.note(Level::Info, foreign, &record);
            }
            return;
        };
        if line.severity.follows() {
            sink.note(Level::Info, "the log begins in the middle of a record", &record);
            return;
        }
        if record.cut {
            sink.note(Level::Warning, "records longer than 64 MB were cut", &record);
        }
        let parts = &self.parts;
        let end = parts.first().map_or(bytes.len(), |part| part.line);
        let text = bytes.get(mark + line.message..end).unwrap_or_default();
        let message = message::read(text);
        let text_of = |severity: Severity| {
            let index = parts.iter().position(|part| part.severity == severity)?;
            let end = parts.get(index + 1).map_or(bytes.len(), |next| next.line);
            bytes.get(parts[index].message..end).map(trim_end)
        };
        let of = |field: Field| line.field(field).of(&bytes[mark..]);
        let who = Who {
            process: of(Field::Process),
            session: of(Field::Session),
            user: of(Field::User),
            database: of(Field::Database),
            application: of(Field::Application),
            client: of(Field::Client),
        };
        let detail = text_of(Severity::Detail);
        let event = Event {
            severity: line.severity,
            message,
            text,
            state: of(Field::State),
            statement: text_of(Severity::Statement),
            parameters: detail.and_then(message::parameters),
            nested: text_of(Severity::Context).is_some_and(message::is_nested),
            detail,
            stamp: line.stamp,
            resolution: line.resolution,
            offset: record.offset,
            length: record.length,
            recognised: None,
        };
        let zone = line.zone.of(&bytes[mark..]);
        sink.event(&who, &event, zone, &record);
    }
}
