//! The slow query log of [MySQL](https://dev.mysql.com/doc/refman/8.4/en/slow-query-log.html),
//! [MariaDB](https://mariadb.com/kb/en/slow-query-log-overview/) and Percona Server, with any of their
//! headers.
//!
//! A record is a few lines that begin with `#`, then `use …;` and `SET timestamp=…;`, then the
//! statement. A literal may hold lines that look like a header, so a record ends only where a whole
//! header begins and no quote is open.

pub(super) mod batch;
mod borders;
mod notes;
mod record;
mod times;

use std::io;

use super::records::{Record, Records, trim_mark};
use super::slices::kept::Place;
use super::slices::{Batch, Log, Reading, Sliced};
use super::stamp::Stamp;
use super::waiting::{Importing, now};
use super::{About, EventText, Format, ImportError, Kind, StatementText};
use super::{clock, offset_in, slices, stamp, wrapped};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::queries::lexer::Dialect;
use crate::queries::statements::{Recognised, Recognition, Statement};
use crate::queries::{Clock, Connection, LogBuilder, NONE};
use batch::Batching;
pub(super) use borders::{begins, is_open, is_start};
use borders::{ends_before, is_host, is_time};
pub(super) use record::short_time;
use record::{Parts, first_line, unfolded};
use times::Times;

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

impl Format for MysqlSlow {
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

    fn begins(&self, head: &[u8]) -> usize {
        let mut lines = trim_mark(head).split(|&byte| byte == b'\n');
        // The general log begins with the same lines when the server starts.
        let first = lines.find(|line| begins(line) && !is_start(line));
        first.map_or(usize::MAX, |line| offset_in(head, line))
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
            read(&mut records, &mut reader).await.map_err(|error| ImportError::reading(&error))?;
            records.diagnose(&mut reader.diagnostics);
            Ok(reader.finish(name, self.id()))
        })
    }

    fn slices(&self) -> Option<&dyn Sliced> {
        slices::here(self)
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        let record = wrapped::first(record);
        let record = unfolded(trim_mark(&record));
        let parts = Parts::of(&record)?;
        let sql = String::from_utf8_lossy(parts.sql).replace("\r\n", "\n");
        Some(StatementText { sql, parameters: None })
    }

    fn event_text(&self, record: &[u8]) -> Option<EventText> {
        let record = wrapped::first(record);
        let record = String::from_utf8_lossy(trim_mark(&record));
        let lines = record.lines().map_while(|line| line.strip_prefix('#'));
        let plan: Vec<&str> = lines.filter_map(|line| line.trim_start().strip_prefix("explain: ")).collect();
        let plan = (!plan.is_empty()).then(|| plan.join("\n"));
        let explained =
            || EventText { message: "EXPLAIN, in the slow query log".to_owned(), ..EventText::default() };
        Some(EventText { plan, ..notes::text(record.as_bytes()).unwrap_or_else(explained) })
    }
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

/// Tells `sink` of all records.
async fn read(records: &mut Records<'_, '_>, sink: &mut dyn Sink) -> io::Result<()> {
    loop {
        // How far the record's own header goes, once it is passed.
        let mut body = 0;
        let Some(record) =
            records.ready().await.next(|record, line| !ends_before(record, line, &mut body))?
        else {
            return Ok(());
        };
        if record.is_before {
            continue;
        }
        if record.cut {
            sink.note(Level::Warning, "records longer than 64 MB were cut", 1, &record);
        }
        judge(&record, sink);
    }
}

/// Tells `sink` what a record says.
fn judge(record: &Record<'_>, sink: &mut dyn Sink) {
    let bytes = unfolded(trim_mark(record.bytes));
    let Some(parts) = Parts::of(&bytes) else {
        if !bytes.trim_ascii().is_empty() && !is_start(first_line(&bytes).0) {
            let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
            let problem = "lines without a header were skipped";
            sink.note(Level::Info, problem, lines.count() as u64, record);
        }
        return;
    };
    if parts.wrapped {
        let problem =
            "times that no statement can take are left out: the server's clock was set while they ran";
        sink.note(Level::Warning, problem, 1, record);
    }
    let duration = parts.duration.unwrap_or(f64::NAN);
    if !parts.timed || parts.command || parts.sql.is_empty() {
        if parts.command || parts.timed {
            // Quit, Ping, Prepare: no statement.
            sink.note(Level::Info, "administrator commands are no statements", 1, record);
        } else {
            let problem = "records that are damaged or cut short were skipped";
            sink.note(Level::Warning, problem, 1, record);
        }
        return;
    }
    if parts.in_routine {
        let problem = "statements of stored procedures, functions and triggers are time of the statement that called \
                       them";
        sink.note(Level::Info, problem, 1, record);
        return;
    }
    if parts.may_have_waited_for_rows() {
        let problem = "statements spent nearly all their time in the storage engine, where waits for rows are \
                       counted: MariaDB's Lock_time has waits for tables only";
        sink.note(Level::Info, problem, 1, record);
    }
    let stamp = stamp::parse(parts.time, 0);
    let writes = parts.rows_affected.filter(|rows| *rows > 0);
    let unknown = Recognised { fingerprint: NONE, parameters: 0, tags: NONE };
    let statement = Statement {
        duration,
        offset: record.offset,
        length: record.length,
        failed: parts.failed,
        rows: writes.or(parts.rows_sent).unwrap_or(NONE),
        rows_examined: parts.rows_examined.unwrap_or(NONE),
        lock_time: parts.waited().unwrap_or(f64::NAN),
        ..Statement::new(unknown, NONE)
    };
    let executed = Executed {
        thread: parts.thread,
        user: parts.user,
        host: parts.host,
        schema: if parts.schema.is_empty() { parts.used } else { parts.schema },
        sql: parts.sql,
        recognised: None,
        stamp: stamp.as_ref(),
        local: short_time(parts.time),
        timestamp: parts.timestamp,
        statement,
        warned: parts.warned,
        explained: parts.explained,
        record: &bytes,
    };
    sink.executed(&executed, record);
}

/// What a record says of a statement.
struct Executed<'a> {
    thread: &'a [u8],
    user: &'a [u8],
    host: &'a [u8],
    schema: &'a [u8],
    sql: &'a [u8],
    /// What is known already of its SQL.
    recognised: Option<Recognition<'a>>,
    /// `# Time:` with a date and a zone, or without a zone on the server's own clock; and `SET timestamp`.
    stamp: Option<&'a Stamp>,
    local: Option<f64>,
    timestamp: Option<f64>,
    /// All that is known of it without the records before.
    statement: Statement,
    warned: bool,
    explained: bool,
    /// The record, on as many lines as servers write.
    record: &'a [u8],
}

impl Executed<'_> {
    /// Whether its header says what went wrong.
    fn says_more(&self) -> bool {
        self.statement.failed || self.warned
    }
}

/// What takes in the records that were read.
trait Sink {
    /// Something that was noticed in a record, so many times.
    fn note(&mut self, level: Level, message: &'static str, count: u64, record: &Record<'_>);
    /// A statement.
    fn executed(&mut self, executed: &Executed<'_>, record: &Record<'_>);
}

impl Sliced for MysqlSlow {
    fn batch(&self, records: &mut Records<'_, '_>, _: &Log<'_>) -> io::Result<Batch> {
        let mut batching = Batching::default();
        now(read(records, &mut batching))?;
        Ok(Batch::Mysql(batching.finish()))
    }

    fn begin(&self, _: &Log<'_>) -> Box<dyn Reading> {
        Box::new(Reader::default())
    }
}

impl Reading for Reader {
    fn take_in(&mut self, batch: &Batch, place: Place<'_>) {
        if let Batch::Mysql(batch) = batch {
            batch.take_in(self, place);
        }
    }

    fn finish(self: Box<Self>, name: String, format: &'static str) -> Document {
        Reader::finish(*self, name, format)
    }
}

#[derive(Default)]
struct Reader {
    builder: LogBuilder,
    diagnostics: Diagnostics,
    source: Option<Source>,
    /// `# Time:` of an earlier record: it is left out while the second is the same.
    time: Option<f64>,
    times: clock::Clock,
    /// When statements ended, where a session may set that.
    ends: Times,
}

impl Sink for Reader {
    fn note(&mut self, level: Level, message: &'static str, count: u64, record: &Record<'_>) {
        self.diagnostics.note_many(level, message, count, || record.place());
    }

    fn executed(&mut self, executed: &Executed<'_>, record: &Record<'_>) {
        self.take_in(executed, || record.place());
    }
}

impl Reader {
    /// Takes in the next statement.
    fn take_in(&mut self, executed: &Executed<'_>, place: impl FnOnce() -> Option<String>) {
        let Executed { thread, user, host, schema, sql, .. } = *executed;
        let recognised = match &executed.recognised {
            Some(known) => self.builder.recognised(known, sql, Dialect::MySql, None),
            None => self.builder.fingerprint(sql, Dialect::MySql, None),
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let connection = self.builder.connection(&[thread, user, host], || Connection {
            process: text(thread),
            database: text(schema),
            user: text(user),
            client: text(host),
            ..Connection::default()
        });
        let (end, resolution) = self.end(executed, place);
        let Recognised { fingerprint, parameters, tags } = recognised;
        let statement =
            Statement { end, resolution, fingerprint, parameters, tags, connection, ..executed.statement };
        let at = self.builder.push(statement);
        if !matches!(self.source, Some(Source::Stamp(_))) {
            self.ends.push(at, statement.end);
        }
        if executed.says_more() {
            notes::add(&mut self.builder, at, &statement, executed.record);
        }
        if executed.explained {
            self.builder.plan(at, &statement);
        }
    }

    /// When the statement ended, and the clock's step, ms.
    fn end(&mut self, executed: &Executed<'_>, place: impl FnOnce() -> Option<String>) -> (f64, f64) {
        let Executed { stamp, timestamp, .. } = *executed;
        self.time = executed.local.or(self.time);
        let source = self.source.get_or_insert_with(|| match (stamp, timestamp) {
            (Some(stamp), _) => Source::Stamp(stamp.zone.clone()),
            (None, Some(_)) => Source::Epoch,
            (None, None) => Source::Local,
        });
        match (source, stamp) {
            (Source::Stamp(_), Some(stamp)) => {
                (self.times.of(stamp, &mut self.diagnostics, place), stamp.resolution)
            }
            (Source::Epoch, _) => {
                let duration = executed.statement.duration;
                let ran = if duration.is_nan() { 0.0 } else { duration };
                (timestamp.map_or(f64::NAN, |seconds| seconds * 1e3 + ran), 1000.0)
            }
            (Source::Local, _) => {
                let time = self.time.unwrap_or(f64::NAN);
                (self.times.time(time, b"", &mut self.diagnostics, place), 1000.0)
            }
            (Source::Stamp(_), None) => (f64::NAN, 0.0),
        }
    }

    fn finish(self, name: String, format: &'static str) -> Document {
        let Self { mut builder, mut diagnostics, source, ends, .. } = self;
        let moved = ends.mend(&mut builder);
        let problem = "statements have a time that their session had set (SET timestamp = …): they are shown where they \
                       stand in the log";
        diagnostics.note_many(Level::Info, problem, moved, || None);
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
