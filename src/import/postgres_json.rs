//! PostgreSQL's log as JSON lines (`log_destination = 'jsonlog'`, since version 15).
//!
//! One object a line, with what stderr puts in several:
//! [the keys](https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-JSONLOG).

use std::borrow::Cow;
use std::io;

use serde::Deserialize;

use super::postgres::batch::{Batching, Collecting};
use super::postgres::collect::{self, Collect, Sink};
use super::postgres::executions::{Event, Who};
use super::postgres::message::{self, Message, Step};
use super::postgres::prefix::severity_named;
use super::postgres_csv::without_port;
use super::records::{Records, trim_end, trim_mark};
use super::slices::{Batch, Log, Reading, Sliced};
use super::waiting::{Importing, now};
use super::{About, EventText, Format, ImportError, Kind, StatementText, offset_in, slices, stamp, wrapped};
use crate::document::{Document, Level};
use crate::input::Input;
use crate::queries::plan;

/// PostgreSQL's jsonlog.
pub struct PostgresJson;

const RECORD: &str = "ALTER SYSTEM SET log_destination = 'jsonlog'; ALTER SYSTEM SET logging_collector = on;\n\
    With log_min_duration_statement = 0, since PostgreSQL 15; the collector needs a restart.";

/// For the registry.
pub static ABOUT: About = About {
    id: "postgres-json",
    title: "PostgreSQL's log as JSON",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

/// The keys that matter; CloudNativePG's records have csvlog's names and nothing but texts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow, alias = "log_time")]
    timestamp: Cow<'a, str>,
    #[serde(borrow, alias = "user_name")]
    user: Cow<'a, str>,
    #[serde(borrow, alias = "database_name")]
    dbname: Cow<'a, str>,
    #[serde(alias = "process_id", deserialize_with = "spelt_number")]
    pid: Option<i64>,
    #[serde(borrow, alias = "connection_from")]
    remote_host: Cow<'a, str>,
    #[serde(borrow)]
    session_id: Cow<'a, str>,
    #[serde(borrow)]
    error_severity: Cow<'a, str>,
    #[serde(borrow, alias = "sql_state_code")]
    state_code: Cow<'a, str>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    #[serde(borrow)]
    detail: Cow<'a, str>,
    #[serde(borrow)]
    hint: Cow<'a, str>,
    #[serde(borrow)]
    context: Cow<'a, str>,
    #[serde(borrow, alias = "query")]
    statement: Option<Cow<'a, str>>,
    #[serde(borrow)]
    application_name: Cow<'a, str>,
}

/// A number, or its digits.
fn spelt_number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Spelt<'a> {
        Number(i64),
        #[serde(borrow)]
        Text(Cow<'a, str>),
    }
    Ok(match Option::<Spelt<'_>>::deserialize(deserializer)? {
        Some(Spelt::Number(number)) => Some(number),
        Some(Spelt::Text(text)) => text.parse().ok(),
        None => None,
    })
}

impl<'a> Entry<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let entry: Self = serde_json::from_str(line).ok()?;
        (severity_named(entry.error_severity.as_bytes()).is_some() && !entry.timestamp.is_empty())
            .then_some(entry)
    }
}

/// Where the first line of `head` begins that is a record.
fn first(head: &[u8]) -> Option<usize> {
    let lines = trim_mark(head).split(|&byte| byte == b'\n');
    let is_record =
        |line: &&[u8]| line.starts_with(b"{") && Entry::read(&String::from_utf8_lossy(line)).is_some();
    lines.into_iter().find(is_record).map(|line| offset_in(head, line))
}

impl Format for PostgresJson {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn can_be_joined(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let entry = first(head).is_some();
        let head = trim_mark(head);
        // One line may be longer than the head.
        let long = head.starts_with(b"{\"timestamp\":")
            && memchr::memmem::find(head, b"\"error_severity\":").is_some();
        match (entry, long) {
            (true, _) => 95,
            (false, true) => 80,
            (false, false) => 0,
        }
    }

    fn begins(&self, head: &[u8]) -> usize {
        first(head).unwrap_or(0)
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
            let mut collected = Collect::default();
            let mut records = Records::of(input, self);
            read(&mut records, &mut collected).await.map_err(|error| ImportError::reading(&error))?;
            records.diagnose(&mut collected.diagnostics);
            Ok(collected.finish(name, self.id(), None, None))
        })
    }

    fn slices(&self) -> Option<&dyn Sliced> {
        slices::here(self)
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        let record = wrapped::first(record);
        let line = String::from_utf8_lossy(trim_end(trim_mark(&record)));
        let entry = Entry::read(&line)?;
        statement_text(entry.message.as_bytes(), entry.detail.as_bytes())
    }

    fn event_text(&self, record: &[u8]) -> Option<EventText> {
        let record = wrapped::first(record);
        let line = String::from_utf8_lossy(trim_end(trim_mark(&record)));
        let Entry { message, detail, hint, context, statement, .. } = Entry::read(&line)?;
        let parts = [detail, hint, context, statement.unwrap_or_default()].map(Cow::into_owned);
        Some(event_text(message.into_owned(), parts))
    }
}

/// Tells `sink` of all records.
async fn read(records: &mut Records<'_, '_>, sink: &mut dyn Sink) -> io::Result<()> {
    while let Some(record) = records.ready().await.next(|_, _| false)? {
        if record.is_before {
            continue;
        }
        let Some(line) = record.line_or(|level, message| sink.note(level, message, &record)) else {
            continue;
        };
        let text = String::from_utf8_lossy(line);
        let Some(entry) = Entry::read(&text) else {
            let problem = "lines that are damaged, cut short or not the server's were skipped";
            sink.note(Level::Warning, problem, &record);
            continue;
        };
        let Some(severity) = severity_named(entry.error_severity.as_bytes()) else { continue };
        let stamp = stamp::parse(entry.timestamp.as_bytes(), 0);
        let process = entry.pid.map(|pid| pid.to_string()).unwrap_or_default();
        let who = Who {
            process: process.as_bytes(),
            session: entry.session_id.as_bytes(),
            user: entry.user.as_bytes(),
            database: entry.dbname.as_bytes(),
            application: entry.application_name.as_bytes(),
            client: without_port(entry.remote_host.as_bytes()),
        };
        let event = Event {
            severity,
            message: message::read(entry.message.as_bytes()),
            text: entry.message.as_bytes(),
            state: entry.state_code.as_bytes(),
            statement: entry.statement.as_deref().map(str::as_bytes),
            parameters: message::parameters(entry.detail.as_bytes()),
            nested: message::is_nested(entry.context.as_bytes()),
            detail: Some(entry.detail.as_bytes()),
            stamp: stamp.as_ref().map_or(f64::NAN, |stamp| stamp.milliseconds),
            resolution: stamp.as_ref().map_or(0.0, |stamp| stamp.resolution),
            offset: record.offset,
            length: record.length,
            recognised: None,
        };
        let zone =
            stamp.as_ref().map(|stamp| collect::zone(entry.timestamp.as_bytes(), stamp)).unwrap_or_default();
        sink.event(&who, &event, &zone, &record);
    }
    Ok(())
}

impl Sliced for PostgresJson {
    fn batch(&self, records: &mut Records<'_, '_>, _: &Log<'_>) -> io::Result<Batch> {
        let mut batching = Batching::default();
        now(read(records, &mut batching))?;
        Ok(Batch::Postgres(batching.finish()))
    }

    fn begin(&self, _: &Log<'_>) -> Box<dyn Reading> {
        Box::new(Collecting::default())
    }
}

/// What an event says, out of its parts as text: empty ones are none.
pub(super) fn event_text(message: String, parts: [String; 4]) -> EventText {
    let [detail, hint, context, statement] = parts.map(|text| Some(text).filter(|text| !text.is_empty()));
    let (message, plan) = match message.split_once(" ms  plan:") {
        Some((duration, plan)) if duration.starts_with("duration: ") => {
            (format!("{duration} ms"), Some(plan.trim_start_matches('\n').to_owned()))
        }
        _ => (message, None),
    };
    let holders = detail.as_deref().and_then(message::holders).map(str::to_owned);
    EventText { message, detail, hint, context, statement, holders, plan }
}

/// The SQL and the parameters out of a message and its detail.
pub(super) fn statement_text(message: &[u8], detail: &[u8]) -> Option<StatementText> {
    let (Message::Duration(_, step) | Message::Text(step)) = message::read(message) else { return None };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let sql = match step {
        Step::Statement(sql)
        | Step::Execute(_, sql)
        | Step::Fetch(_, sql)
        | Step::Bind(_, sql)
        | Step::Parse(_, sql) => text(sql),
        Step::Plan(plan) => text(&plan::query_text(plan)?),
        Step::Bare => return None,
    };
    Some(StatementText { sql, parameters: message::parameters(detail).map(text) })
}
