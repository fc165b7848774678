//! Django's `django.db.backends` logger as JSON lines: python-json-logger, structlog, and what is
//! near them. Durations keep all their digits.
//!
//! One object a line; the record's own attributes (`duration` in seconds, `sql`, `params`, `alias`)
//! are keys of it, or of an object one level below (`extra`, `fields`, …). Lines of other loggers are
//! passed over.

pub(super) mod batch;
mod reader;

use std::borrow::Cow;
use std::{fmt, io};

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::django::Parts;
use super::key::Key;
use super::records::{Record, Records, trim_mark};
use super::slices::kept::Place;
use super::slices::{Batch, Log, Reading, Sliced};
use super::waiting::{Importing, now};
use super::{About, Format, ImportError, Kind, StatementText, offset_in, slices, stamp, wrapped};
use crate::document::{Document, Level};
use crate::input::Input;
use crate::queries::lexer::Dialect;
use batch::Batching;
use reader::{Executed, Reader, Sink};

/// Django's SQL log as JSON lines.
pub struct DjangoJson;

const RECORD: &str = "LOGGING['formatters']['json'] = {'()': 'pythonjsonlogger.json.JsonFormatter'}\n\
    For a handler of the logger django.db.backends at level DEBUG, with DEBUG = True. structlog's \
    JSONRenderer is read as well.";

/// For the registry.
pub static ABOUT: About = About {
    id: "django-json",
    title: "Django's SQL log as JSON",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

impl Format for DjangoJson {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn can_be_joined(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let mut best = 0;
        for line in trim_mark(head).split(|&byte| byte == b'\n') {
            if !line.starts_with(b"{") {
                continue;
            }
            let Some(fields) = Fields::read(&String::from_utf8_lossy(line)).map(|fields| fields.score())
            else {
                continue;
            };
            best = best.max(fields);
            if best >= 90 {
                return best;
            }
        }
        // One line may be longer than the head.
        let long = head.starts_with(b"{")
            && memchr::memmem::find(head, b"django.db.backends").is_some()
            && memchr::memmem::find(head, b"\"sql\":").is_some();
        if long { best.max(60) } else { best }
    }

    fn begins(&self, head: &[u8]) -> usize {
        let mut lines = trim_mark(head).split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"{"));
        let is_entry = |line: &&[u8]| {
            Fields::read(&String::from_utf8_lossy(line)).is_some_and(|fields| fields.entry().is_some())
        };
        lines.find(is_entry).map_or(0, |line| offset_in(head, line))
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
        // A formatter's own object may look as if it were around a text.
        text_of(record).or_else(|| text_of(&wrapped::first(record)))
    }
}

/// What one line says of a statement.
fn text_of(record: &[u8]) -> Option<StatementText> {
    let line = String::from_utf8_lossy(trim_mark(record));
    let fields = Fields::read(&line)?;
    let entry = fields.entry()?;
    let parameters = entry.parameters.filter(|parameters| parameters != "null" && parameters != "[]");
    Some(StatementText { sql: entry.sql?.into_owned(), parameters: parameters.map(Cow::into_owned) })
}

/// The keys of one line that matter, values as written.
#[derive(Default)]
struct Fields<'a> {
    sql: Option<&'a RawValue>,
    duration: Option<&'a RawValue>,
    params: Option<&'a RawValue>,
    alias: Option<&'a RawValue>,
    message: Option<&'a RawValue>,
    logger: Option<&'a RawValue>,
    level: Option<&'a RawValue>,
    /// ISO 8601 or epoch; with the smaller rank, the better.
    time: Option<(u8, &'a RawValue)>,
    process: Option<&'a RawValue>,
    thread: Option<&'a RawValue>,
    request: Option<&'a RawValue>,
}

impl<'a> Fields<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut fields = Self::default();
        let mut deserializer = serde_json::Deserializer::from_str(line);
        deserializer.deserialize_map(FieldsVisitor { fields: &mut fields, depth: 0 }).ok()?;
        Some(fields)
    }

    /// How sure it is that this is a line of a Django log.
    fn score(&self) -> u8 {
        let django = self.logger.is_some_and(|logger| logger.get().starts_with("\"django.db.backends"));
        match (self.entry().is_some(), django) {
            (true, true) => 95,
            (true, false) => 90,
            (false, true) => 40,
            _ if self.logger.is_some() && self.level.is_some() && self.message.is_some() => 10,
            _ => 0,
        }
    }

    /// The statement of this line, if it has one.
    fn entry(&self) -> Option<Entry<'a>> {
        if let (Some(sql), Some(duration)) = (self.sql, self.duration) {
            let duration = seconds(duration)? * 1000.0;
            return Some(Entry {
                sql: text(sql),
                duration,
                parameters: self.params.map(|params| Cow::Borrowed(params.get())),
                alias: self.alias.and_then(text),
                rounded: false,
            });
        }
        // A formatter without the extras: the message still has them all.
        let message = text(self.message?)?;
        let parts = Parts::of(message.as_bytes()).filter(|parts| parts.complete)?;
        let show = |bytes: &[u8]| Cow::Owned(String::from_utf8_lossy(bytes).into_owned());
        Some(Entry {
            sql: Some(show(parts.sql)),
            duration: parts.duration,
            parameters: parts.parameters.map(show),
            alias: parts.alias.map(show),
            rounded: true,
        })
    }

    /// End, resolution and zone.
    fn stamp(&self) -> Option<(f64, f64, Option<String>)> {
        let (_, value) = self.time?;
        if let Some(stamp) = text(value).and_then(|text| stamp::find(text.as_bytes())) {
            return Some((stamp.milliseconds, stamp.resolution, stamp.zone));
        }
        let epoch: f64 = text(value).map_or_else(|| value.get().parse(), |text| text.parse()).ok()?;
        // Seconds, milliseconds or microseconds: this century's are far apart.
        let unit = match epoch.abs() {
            epoch if epoch > 1e14 => 1e-3,
            epoch if epoch > 1e11 => 1.0,
            _ => 1e3,
        };
        let resolution = if epoch.fract() == 0.0 { unit } else { 1e-3 };
        epoch.is_finite().then(|| (epoch * unit, resolution, Some("UTC".to_owned())))
    }

    fn process(&self) -> String {
        match (spelt(self.process), spelt(self.thread)) {
            (Some(process), Some(thread)) => format!("{process}/{thread}"),
            (Some(only), None) | (None, Some(only)) => only.into_owned(),
            (None, None) => {
                spelt(self.request).map(|request| format!("request {request}")).unwrap_or_default()
            }
        }
    }
}

/// A text or number as one would write it; nothing for null.
fn spelt(value: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let value = value?;
    text(value).or_else(|| (value.get() != "null").then(|| Cow::Borrowed(value.get())))
}

struct Entry<'a> {
    /// `None` if it is null: some backends cannot say what they sent.
    sql: Option<Cow<'a, str>>,
    /// Milliseconds.
    duration: f64,
    parameters: Option<Cow<'a, str>>,
    alias: Option<Cow<'a, str>>,
    rounded: bool,
}

/// The text of a JSON string.
fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let inner = value.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(value.get()).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// A number, or a text that is one.
fn seconds(value: &RawValue) -> Option<f64> {
    let seconds: f64 = text(value).map_or_else(|| value.get().parse(), |text| text.parse()).ok()?;
    (seconds.is_finite() && seconds >= 0.0).then_some(seconds)
}

/// Wrappings within wrappings that are looked into: Datadog's `content.attributes.extra`.
const DEPTH: u32 = 4;

struct FieldsVisitor<'f, 'a> {
    fields: &'f mut Fields<'a>,
    /// Objects around.
    depth: u32,
}

impl<'a> Fields<'a> {
    /// A time is the better, the nearer it is to the logger: what a collector adds around it is when it
    /// came in.
    fn time(&mut self, rank: u8, value: &'a RawValue) {
        if value.get() != "null" && self.time.is_none_or(|(best, _)| rank < best) {
            self.time = Some((rank, value));
        }
    }
}

impl<'a> Visitor<'a> for FieldsVisitor<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let fields = self.fields;
        while let Some(Key(key)) = map.next_key()? {
            match key.as_ref() {
                "sql" => fields.sql = Some(map.next_value()?),
                "duration" => fields.duration = Some(map.next_value()?),
                "params" => fields.params = Some(map.next_value()?),
                "alias" => fields.alias = Some(map.next_value()?),
                "message" | "event" | "msg" | "textPayload" => {
                    let value: &RawValue = map.next_value()?;
                    // An object there is a wrapping, and so is a message around the logger's own fields.
                    if value.get().starts_with('{') {
                        within(fields, self.depth, value);
                    } else {
                        fields.message.get_or_insert(value);
                    }
                }
                "name" | "logger" | "logger_name" => fields.logger = Some(map.next_value()?),
                "level" | "levelname" | "severity" => fields.level = Some(map.next_value()?),
                "process" | "pid" | "process_id" => fields.process = Some(map.next_value()?),
                "thread" | "thread_id" => fields.thread = Some(map.next_value()?),
                "threadName" | "thread_name" => {
                    let value = map.next_value()?;
                    fields.thread.get_or_insert(value);
                }
                // A request's own id tells more than that of the trace around it.
                "request_id" | "requestId" | "request-id" | "x_request_id" | "correlation_id"
                | "correlationId" => {
                    let value = map.next_value()?;
                    if spelt(Some(value)).is_some_and(|id| !id.is_empty()) {
                        fields.request = Some(value);
                    }
                }
                // python-json-logger beside OpenTelemetry, Datadog, Elastic, Google: 0 outside of traces.
                "trace_id"
                | "traceId"
                | "otelTraceID"
                | "dd.trace_id"
                | "trace.id"
                | "trace"
                | "logging.googleapis.com/trace" => {
                    let value = map.next_value()?;
                    if spelt(Some(value)).is_some_and(|id| id.bytes().any(|byte| byte != b'0')) {
                        fields.request.get_or_insert(value);
                    }
                }
                "timestamp" | "@timestamp" | "time" | "ts" | "datetime" | "created" | "asctime" => {
                    let rank = match key.as_ref() {
                        "asctime" => 2,
                        "created" => 1,
                        _ => 0,
                    };
                    // Those of the innermost object are the logger's own.
                    fields.time(rank + 3 * (DEPTH - self.depth) as u8, map.next_value()?);
                }
                "extra" | "fields" | "data" | "attributes" | "record" | "jsonPayload" | "json_payload"
                | "content" | "payload" | "log" | "_source" => {
                    within(fields, self.depth, map.next_value()?);
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Looks into an object that wraps the logger's fields.
fn within<'a>(fields: &mut Fields<'a>, depth: u32, value: &'a RawValue) {
    if depth < DEPTH && value.get().starts_with('{') {
        let visitor = FieldsVisitor { fields, depth: depth + 1 };
        // What cannot be read there is not ours.
        let _ = serde_json::Deserializer::from_str(value.get()).deserialize_map(visitor);
    }
}

/// Tells `sink` of all lines.
async fn read(records: &mut Records<'_, '_>, sink: &mut dyn Sink) -> io::Result<()> {
    while let Some(record) = records.ready().await.next(|_, _| false)? {
        if !record.is_before {
            judge(&record, sink);
        }
    }
    Ok(())
}

/// Tells `sink` what a line says.
fn judge(record: &Record<'_>, sink: &mut dyn Sink) {
    let Some(line) = record.line_or(|level, message| sink.note(level, message, record)) else { return };
    let text = String::from_utf8_lossy(line);
    let Some(fields) = Fields::read(&text) else {
        let (level, problem) = if line.starts_with(b"{") {
            (Level::Warning, "lines that are damaged or cut short were skipped")
        } else {
            (Level::Info, "lines that are not JSON were skipped")
        };
        sink.note(level, problem, record);
        return;
    };
    let Some(entry) = fields.entry() else {
        sink.note(Level::Info, "lines of other loggers were skipped", record);
        return;
    };
    let (process, request, stamp) = (fields.process(), spelt(fields.request), fields.stamp());
    let sql = entry.sql.as_deref().map(str::as_bytes);
    let executed = Executed {
        alias: entry.alias.as_deref().unwrap_or_default(),
        process: &process,
        request: request.as_deref(),
        sql,
        dialect: Dialect::guess(sql.unwrap_or_default()),
        recognised: None,
        parameters: entry.parameters.as_deref().map(str::as_bytes),
        duration: entry.duration,
        stamp: stamp.as_ref().map(|(end, resolution, zone)| (*end, *resolution, zone.as_deref())),
        rounded: entry.rounded,
        offset: record.offset,
        length: record.length,
    };
    sink.executed(&executed, record);
}

impl Sliced for DjangoJson {
    fn batch(&self, records: &mut Records<'_, '_>, _: &Log<'_>) -> io::Result<Batch> {
        let mut batching = Batching::default();
        now(read(records, &mut batching))?;
        Ok(Batch::Django(batching.finish()))
    }

    fn begin(&self, _: &Log<'_>) -> Box<dyn Reading> {
        Box::new(Reader::default())
    }
}

impl Reading for Reader {
    fn take_in(&mut self, batch: &Batch, place: Place<'_>) {
        if let Batch::Django(batch) = batch {
            batch.take_in(self, place);
        }
    }

    fn finish(self: Box<Self>, name: String, format: &'static str) -> Document {
        Reader::finish(*self, name, format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        let Some(fields) = Fields::read(line) else { return "not JSON".into() };
        let Some(entry) = fields.entry() else { return format!("no statement, score {}", fields.score()) };
        format!(
            "{} ms | {:?} | {:?} | {:?} | {:?} | {:?} | score {}",
            entry.duration,
            entry.sql,
            entry.parameters,
            entry.alias,
            fields.stamp(),
            fields.process(),
            fields.score(),
        )
    }

    #[test]
    fn lines_of_every_formatter() {
        let each = [
            r#"{"asctime": "2026-11-23 05:34:15,244", "name": "django.db.backends", "message": "(0.000) SELECT \"a\"; args=(); alias=default", "duration": 0.00041890199, "sql": "SELECT \"a\"", "params": [], "alias": "default"}"#,
            r#"{"event": "x", "logger": "django.db.backends", "duration": 1.1e-05, "sql": "BEGIN", "timestamp": "2026-11-23T05:34:15.245442Z", "asctime": "2026-11-23 05:34:15,245"}"#,
            r#"{"created": 1795412055.2449, "process": 12, "threadName": "MainThread", "duration": "0.5", "sql": "SELECT 1", "params": [9223372036854775808123]}"#,
            r#"{"ts": 1795412055244, "request_id": "abc", "extra": {"duration": 0.001, "sql": null, "params": null}}"#,
            r#"{"message": "(0.002) SELECT 1; args=(1,); alias=default", "thread": 5}"#,
            r#"{"name": "django.request", "levelname": "INFO", "message": "GET /"}"#,
            r#"{"name": "django.db.backends.schema", "levelname": "DEBUG", "message": "CREATE", "sql": "CREATE", "params": null}"#,
            // Google's logging, Datadog's export, Elastic's, docker's.
            r#"{"insertId": "x", "jsonPayload": {"message": "(0.000) SELECT 1; args=(); alias=default", "duration": 0.002, "sql": "SELECT 1", "params": null, "logger": "django.db.backends"}, "timestamp": "2026-11-23T05:34:15.244Z", "trace": "projects/p/traces/7af", "severity": "DEBUG"}"#,
            r#"{"id": "A", "content": {"timestamp": "2026-11-23T05:34:16.000Z", "service": "web", "attributes": {"logger": {"name": "django.db.backends"}, "duration": 0.002, "sql": "SELECT 2", "timestamp": "2026-11-23T05:34:15.000Z", "dd.trace_id": "0"}}}"#,
            r#"{"_source": {"@timestamp": "2026-11-23T05:34:15Z", "message": "(0.002) SELECT 3; args=(); alias=default", "log": {"logger": "django.db.backends"}, "trace.id": "7af", "request_id": "r1"}}"#,
            r#"{"log": {"log": {"log": {"log": {"log": {"sql": "too deep", "duration": 1}}}}}}"#,
            r#"{"sql": "a", "duration": -1}"#,
            r#"{"sql": "a", "duration": "#,
            r#"{"a": 1}"#,
            "[1]",
            "",
        ]
        .map(read);
        insta::assert_snapshot!(each.join("\n"));
    }
}
