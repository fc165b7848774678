//! The general query log of [MySQL](https://dev.mysql.com/doc/refman/8.4/en/query-log.html) and
//! [MariaDB](https://mariadb.com/kb/en/general-query-log/): everything that clients sent, when it came
//! in, without how long it took.
//!
//! `[stamp]⇥[thread] [command]⇥[text]`, as `File_query_log::write_general` (MySQL, `sql/log.cc`) and
//! `MYSQL_QUERY_LOG::write` (MariaDB) print it. MySQL writes its stamp on every line; MariaDB, and MySQL
//! before 5.7, only where the second changes, and two tabs elsewhere. Texts are written as they are, so
//! their other lines follow without any mark.

use memchr::memchr;
use rustc_hash::FxHashMap;

use super::mysql_slow::{is_start, short_time};
use super::records::{Record, Records, trim_end, trim_mark};
use super::waiting::{Importing, now};
use super::{
    About, EventText, Format, ImportError, Kind, StatementText, clock, offset_in, quotes, stamp, wrapped,
};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::queries::events::{Event, EventKind, SqlState, shape};
use crate::queries::lexer::Dialect;
use crate::queries::statements::{Recognised, Statement};
use crate::queries::{Clock, Connection, LogBuilder, NONE};
use crate::sort;

/// MySQL's general query log.
pub struct MysqlGeneral;

const RECORD: &str = "SET GLOBAL general_log = ON;\n\
    For MySQL and MariaDB: which statements ran, how often and when, but not how long. The slow query log \
    has durations as well.";

/// For the registry.
pub static ABOUT: About = About {
    id: "mysql-general",
    title: "MySQL's and MariaDB's general query log",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

/// What a client can ask of the server, as the log names it (`Command_names::m_names` in MySQL's
/// `sql/sql_parse.cc`, `command_name` in MariaDB's). A line of a statement must not pass for a record.
const COMMANDS: [&[u8]; 40] = [
    b"Query",
    b"Execute",
    b"Prepare",
    b"Connect",
    b"Quit",
    b"Init DB",
    b"Close stmt",
    b"Reset stmt",
    b"Fetch",
    b"Long Data",
    b"Bulk_execute",
    b"Change user",
    b"Reset Connection",
    b"Reset connection",
    b"Field List",
    b"Create DB",
    b"Drop DB",
    b"Refresh",
    b"Shutdown",
    b"Statistics",
    b"Processlist",
    b"Kill",
    b"Debug",
    b"Ping",
    b"Time",
    b"Sleep",
    b"Delayed insert",
    b"Binlog Dump",
    b"Binlog Dump GTID",
    b"Table Dump",
    b"Connect Out",
    b"Register Slave",
    b"Register Replica",
    b"Set option",
    b"Daemon",
    b"Error",
    b"Slave_IO",
    b"Slave_SQL",
    b"Slave_worker",
    b"clone",
];

/// Bytes of a command's column in MySQL 5.0.
const PADDED: usize = 11;

/// Whether a record begins with `line`.
pub(super) fn begins(line: &[u8]) -> bool {
    Line::of(line).is_some_and(|line| line.command != b"Error")
}

impl Format for MysqlGeneral {
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
        let mut lines = trim_mark(head).split(|&byte| byte == b'\n');
        // Any command but Error, whose text could be another log's.
        if lines.any(begins) { 95 } else { 0 }
    }

    fn begins(&self, head: &[u8]) -> usize {
        let mut lines = trim_mark(head).split(|&byte| byte == b'\n');
        lines.find(|line| begins(line)).map_or(usize::MAX, |line| offset_in(head, line))
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
            let mut reader = Reader::default();
            let mut records = Records::of(input, self);
            let mut joined = quotes::Joined::default();
            // Statements that failed are logged too: one with a quote too many must not swallow those after it.
            while let Some(record) = records
                .ready()
                .await
                .next(|record, line| continues(record, line, &mut joined))
                .map_err(|error| ImportError::reading(&error))?
            {
                if !joined.take() {
                    reader.record(record);
                    continue;
                }
                let begins = |line: &[u8]| Line::of(line).is_some();
                let sql = |record: &[u8]| {
                    let begin = Line::of(record).map_or(0, |line| offset_in(record, line.text));
                    begin..record.len()
                };
                for piece in quotes::pieces(record.bytes, Dialect::MySql, begins, sql) {
                    reader.record(record.part(piece));
                }
            }
            records.diagnose(&mut reader.diagnostics);
            Ok(reader.finish(name, self.id()))
        })
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        let record = wrapped::first(record);
        let line = Line::of(trim_mark(&record))?;
        let sql = String::from_utf8_lossy(sql(line.text)).replace("\r\n", "\n");
        Some(StatementText { sql, parameters: None })
    }

    fn event_text(&self, record: &[u8]) -> Option<EventText> {
        let record = wrapped::first(record);
        let line = Line::of(trim_mark(&record))?;
        let words = [line.command, sql(line.text)].map(|part| String::from_utf8_lossy(part).into_owned());
        Some(EventText { message: words.join(" ").trim_end().to_owned(), ..EventText::default() })
    }
}

/// Whether `line` belongs to the record before it: also within a quote, which [`quotes::pieces`] judges.
fn continues(record: &[u8], line: &[u8], joined: &mut quotes::Joined) -> bool {
    if is_start(line) {
        return false;
    }
    if Line::of(line).is_none() {
        return true;
    }
    let is_odd = memchr::memchr_iter(b'\'', record).count() % 2 == 1;
    is_odd && Line::of(trim_mark(record)).is_some_and(|line| joined.holds(line.text, Dialect::MySql))
}

/// A record taken apart.
struct Line<'a> {
    /// When, if the line says it: ms, the clock's step, and its zone.
    stamp: Option<(f64, f64, Option<String>)>,
    /// The connection's number.
    thread: &'a [u8],
    command: &'a [u8],
    /// All that follows, further lines included.
    text: &'a [u8],
}

impl<'a> Line<'a> {
    fn of(record: &'a [u8]) -> Option<Self> {
        // The stamp is short, the thread's number as well.
        let (stamp, rest) = if let Some(rest) = record.strip_prefix(b"\t\t") {
            // The same second as before.
            (None, rest)
        } else if !record.first()?.is_ascii_digit() {
            return None;
        } else if let Some(stamp) = stamp::parse(record.get(..60.min(record.len()))?, 0) {
            // MySQL 5.7 has blanks in place of the tab.
            let rest = &record[stamp.range.end..];
            rest.first().filter(|byte| b" \t".contains(byte))?;
            (Some((stamp.milliseconds, stamp.resolution, stamp.zone)), rest)
        } else {
            let tab = memchr(b'\t', record.get(..20.min(record.len()))?)?;
            (Some((short_time(&record[..tab])?, 1000.0, None)), &record[tab..])
        };
        let rest = rest.strip_prefix(b"\t").unwrap_or(rest);
        let rest = &rest[rest.iter().take(40).take_while(|&&byte| byte == b' ').count()..];
        let digits = rest.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
        let (thread, rest) = rest.split_at(digits);
        let rest = rest.strip_prefix(b" ").filter(|_| digits > 0)?;
        let end =
            rest.iter().take(24).position(|byte| b"\t\r\n".contains(byte)).unwrap_or(rest.len().min(24));
        let (command, text) = rest.split_at(end);
        if COMMANDS.contains(&command) {
            let text = text.strip_prefix(b"\t").unwrap_or(text);
            return Some(Self { stamp, thread, command, text });
        }
        // MySQL 5.0 fills the command up with blanks.
        let line = rest.get(..rest.iter().position(|byte| b"\r\n".contains(byte)).unwrap_or(rest.len()))?;
        let padded = &line[..line.len().min(PADDED)];
        let command = padded.trim_ascii_end();
        let is_padded = padded.len() < PADDED || matches!(line.get(PADDED), None | Some(b' '));
        if !is_padded || !COMMANDS.contains(&command) {
            return None;
        }
        let text = rest.get(PADDED + 1..).unwrap_or_default();
        Some(Self { stamp, thread, command, text })
    }
}

/// The text without the line end that the log adds.
fn sql(text: &[u8]) -> &[u8] {
    trim_end(text).trim_ascii()
}

/// Whether `sql` begins with this word.
fn begins_with(sql: &[u8], word: &[u8]) -> bool {
    sql.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word))
        && sql.get(word.len()).is_some_and(u8::is_ascii_whitespace)
}

/// What the log has said of a connection.
#[derive(Default)]
struct Thread {
    user: String,
    client: String,
    database: String,
    /// `EXECUTE name`: the log has what that runs in a record of its own, if it does run.
    execute: Option<Waiting>,
    /// Its connection, in [`Reader::sessions`].
    opened: Option<usize>,
}

impl Thread {
    /// The connection that it is, of the server that was started so many times before.
    fn connection(&self, builder: &mut LogBuilder, number: u64, starts: u32) -> u32 {
        let identity = [&number.to_le_bytes()[..], &starts.to_le_bytes()];
        let connection = builder.connection(&identity, || Connection {
            process: number.to_string(),
            user: self.user.clone(),
            client: self.client.clone(),
            ..Connection::default()
        });
        if let Some(known) = builder.connection_mut(connection)
            && known.database.is_empty()
        {
            known.database.clone_from(&self.database);
        }
        connection
    }
}

/// What stands in the place of who connects, of those who may not.
const DENIED: &[u8] = b"Access denied";

/// A statement that may only name another, and its text: it is made known only if it is one.
struct Waiting {
    text: Vec<u8>,
    statement: Statement,
}

#[derive(Default)]
struct Reader {
    builder: LogBuilder,
    diagnostics: Diagnostics,
    threads: FxHashMap<u64, Thread>,
    /// How often the server has started: thread numbers begin anew.
    starts: u32,
    /// The last stamp and its step, ms.
    time: Option<(f64, f64)>,
    /// Whether there was any stamp, and the first one's zone.
    zone: Option<Option<String>>,
    times: clock::Clock,
    /// Commands that run no SQL.
    others: u64,
    /// Sessions that began, ended or were refused, in the order of the file.
    sessions: Vec<Event>,
}

impl Reader {
    fn record(&mut self, record: Record<'_>) {
        let bytes = trim_mark(record.bytes);
        let Some(line) = Line::of(bytes) else {
            if is_start(bytes.split(|&byte| byte == b'\n').next().unwrap_or_default()) {
                self.flush();
                self.threads.clear();
                self.starts += 1;
            } else if !bytes.trim_ascii().is_empty() {
                let problem = "lines before the first record were skipped";
                self.diagnostics.note(Level::Info, problem, || record.place());
            }
            return;
        };
        if record.cut {
            let problem = "statements longer than 64 MB were cut";
            self.diagnostics.note(Level::Warning, problem, || record.place());
        }
        if let Some((time, step, zone)) = line.stamp {
            let written = zone.as_deref().unwrap_or_default().as_bytes();
            let time = self.times.time(time, written, &mut self.diagnostics, || record.place());
            self.time = Some((time, step));
            self.zone.get_or_insert(zone);
        }
        // At most twenty digits: a number that overflows is damaged, and any other does for it.
        let number =
            str::from_utf8(line.thread).ok().and_then(|digits| digits.parse().ok()).unwrap_or(u64::MAX);
        let text = sql(line.text);
        match line.command {
            b"Connect" if text.starts_with(DENIED) => {
                // MySQL logs who comes before it lets them in, so that has been noted as a connection; MariaDB does not.
                let opened = self.threads.get(&number).and_then(|thread| thread.opened);
                let at =
                    opened.unwrap_or_else(|| self.session(number, EventKind::Refused, f64::NAN, &record));
                let message = self.builder.message(shape(&String::from_utf8_lossy(text)));
                let (offset, length) = (record.offset, record.length);
                let refused = Event {
                    kind: EventKind::Refused,
                    state: *b"28000",
                    message,
                    offset,
                    length,
                    ..self.sessions[at]
                };
                self.sessions[at] = refused;
                self.threads.remove(&number);
            }
            b"Connect" | b"Change user" => {
                let thread = self.threads.entry(number).or_default();
                (thread.user, thread.client, thread.database) = connect(text);
                if line.command == b"Connect" {
                    let at = self.session(number, EventKind::Connected, f64::NAN, &record);
                    self.threads.entry(number).or_default().opened = Some(at);
                }
            }
            b"Quit" => {
                let opened = self.threads.entry(number).or_default().opened.take();
                let lasted = opened.map_or(f64::NAN, |at| self.now() - self.sessions[at].time);
                self.session(number, EventKind::Disconnected, lasted, &record);
            }
            b"Init DB" => {
                self.threads.entry(number).or_default().database = String::from_utf8_lossy(text).into_owned();
            }
            b"Query" => self.statement(number, text, &record, begins_with(text, b"EXECUTE")),
            b"Execute" | b"Bulk_execute" => {
                // What the EXECUTE before it runs.
                self.threads.entry(number).or_default().execute = None;
                self.statement(number, text, &record, false);
            }
            _ => self.others += 1,
        }
    }

    /// When the last record was written, ms.
    fn now(&self) -> f64 {
        self.time.map_or(f64::NAN, |(time, _)| time)
    }

    /// Notes what happens to a connection; gives its place. What a MySQL server refuses is only known by the next record,
    /// so all of them are added at the end.
    fn session(&mut self, number: u64, kind: EventKind, amount: f64, record: &Record<'_>) -> usize {
        let time = self.now();
        let connection =
            self.threads.entry(number).or_default().connection(&mut self.builder, number, self.starts);
        let what = if kind == EventKind::Disconnected { "disconnection" } else { "connection" };
        let message = self.builder.message(what.to_owned());
        let (offset, length) = (record.offset, record.length);
        let state = SqlState::default();
        self.sessions.push(Event {
            kind,
            time,
            connection,
            fingerprint: NONE,
            amount,
            state,
            message,
            offset,
            length,
        });
        self.sessions.len() - 1
    }

    /// Adds a statement; one that may only name another waits for the next of its thread.
    fn statement(&mut self, number: u64, text: &[u8], record: &Record<'_>, waits: bool) {
        if text.is_empty() {
            self.diagnostics.note(Level::Info, "statements without a text were skipped", || record.place());
            return;
        }
        let thread = self.threads.entry(number).or_default();
        if let Some(waiting) = thread.execute.take() {
            push(&mut self.builder, waiting);
        }
        let connection = thread.connection(&mut self.builder, number, self.starts);
        // The stamp is when the statement came in; its duration is not known.
        let (end, resolution) = self.time.unwrap_or((f64::NAN, 0.0));
        let recognised = Recognised { fingerprint: NONE, parameters: 0, tags: NONE };
        let statement = Statement {
            end,
            resolution,
            offset: record.offset,
            length: record.length,
            ..Statement::new(recognised, connection)
        };
        if waits {
            thread.execute = Some(Waiting { text: text.to_vec(), statement });
        } else {
            let Recognised { fingerprint, parameters, tags } =
                self.builder.fingerprint(text, Dialect::MySql, None);
            self.builder.push(Statement { fingerprint, parameters, tags, ..statement });
        }
    }

    /// Adds what still waits, in the order of the file.
    fn flush(&mut self) {
        let mut waiting: Vec<Waiting> =
            self.threads.values_mut().filter_map(|thread| thread.execute.take()).collect();
        sort::by_key(&mut waiting, |waiting| waiting.statement.offset);
        for waiting in waiting {
            push(&mut self.builder, waiting);
        }
    }

    fn finish(mut self, name: String, format: &'static str) -> Document {
        self.flush();
        let Self { mut builder, mut diagnostics, zone, others, sessions, .. } = self;
        for session in sessions {
            builder.event(session);
        }
        let (level, problem) = if builder.is_empty() {
            let problem =
                "no statement in it: no client sent any while the log was on (SET GLOBAL general_log = ON)";
            (Level::Warning, problem)
        } else {
            let problem = "the general log has no durations: for times as well, record the slow query log (SET \
                           GLOBAL slow_query_log = ON; SET GLOBAL long_query_time = 0;)";
            (Level::Warning, problem)
        };
        diagnostics.note(level, problem, || None);
        diagnostics.note_many(
            Level::Info,
            "commands that are no statements (Prepare, Ping, …)",
            others,
            || None,
        );
        let clock = zone.map_or(Clock::Sequence, |zone| Clock::Wall { zone });
        let log = builder.finish(clock, None);
        Document { name, format, content: Content::Queries(Box::new(log)), diagnostics }
    }
}

/// Adds a statement that waited.
fn push(builder: &mut LogBuilder, waiting: Waiting) {
    let Recognised { fingerprint, parameters, tags } =
        builder.fingerprint(&waiting.text, Dialect::MySql, None);
    builder.push(Statement { fingerprint, parameters, tags, ..waiting.statement });
}

/// User, client and database out of `root@localhost on shop using Socket`, or `root@localhost on shop`.
fn connect(text: &[u8]) -> (String, String, String) {
    let text = String::from_utf8_lossy(text);
    let (account, rest) = text.split_once(" on ").unwrap_or((text.trim_end_matches(" on"), ""));
    let (user, client) = account.rsplit_once('@').unwrap_or((account, ""));
    let database = rest.split_once("using ").map_or(rest, |(database, _)| database).trim();
    (user.to_owned(), client.to_owned(), database.to_owned())
}
