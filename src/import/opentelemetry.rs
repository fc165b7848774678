//! Spans: what OpenTelemetry's exporters, Jaeger and Zipkin write as JSON. Spans with SQL are statements,
//! with their true start and duration; the spans of servers and consumers around them are requests. Where no span has SQL,
//! those of servers are a log of requests.
//!
//! - Python's [`ConsoleSpanExporter`](https://opentelemetry-python.readthedocs.io/en/latest/sdk/trace.export.html):
//!   objects that follow each other.
//! - [OTLP/JSON](https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding), and the lines of the
//!   [collector's file exporter](https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/).
//! - The JSON that [Jaeger's page](https://www.jaegertracing.io/docs/latest/apis/) gives of a trace.
//! - [Zipkin's](https://zipkin.io/zipkin-api/) spans.
//!
//! What attributes are called: <https://opentelemetry.io/docs/specs/semconv/database/database-spans/>, and
//! before that was stable, `db.statement` and `http.method`.

mod lanes;
mod request;
mod served;
mod span;

use std::collections::HashMap;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::lanes::Lanes;
use self::request::request;
use self::served::Served;
use self::span::{Attributes, Process, Resource, Role, Span};
use super::elements::{Elements, in_head};
use super::records::shown;
use super::{About, Format, ImportError, Kind, StatementText, offset_in, urls};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::queries::lexer::Dialect;
use crate::queries::served::ServedBuilder;
use crate::queries::statements::Statement;
use crate::queries::{Clock, Connection, LogBuilder, NONE, Request};
use crate::requests::patterns::Patterns;
use crate::sort;

/// Spans of OpenTelemetry, Jaeger and Zipkin.
pub struct OpenTelemetry;

const RECORD: &str = "provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter(out=open('spans.json', 'a'))))\n\
    With opentelemetry-instrumentation-django and the one of the database driver. OTLP/JSON (the collector's \
    file exporter), Jaeger's and Zipkin's JSON are read as well.";

/// For the registry.
pub static ABOUT: About = About {
    id: "opentelemetry",
    title: "OpenTelemetry's, Jaeger's and Zipkin's spans",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

/// Exporters that cut a text, do so after so many characters: Zipkin's, if not told otherwise.
const ZIPKIN_LIMIT: usize = 128;

/// How far up a statement's request is looked for: parents may be damaged into a circle.
const CLIMB: usize = 1000;

impl Format for OpenTelemetry {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let is_span = |object: &[u8]| str::from_utf8(object).is_ok_and(|text| Span::read(text).is_some());
        if in_head(head).into_iter().take(20).any(is_span) {
            // A log's line may have a trace and a time as well, and knows itself better.
            return 88;
        }
        // What has many spans in one object is longer than the head, as a rule.
        let text = head.trim_ascii_start();
        if !text.starts_with(b"{") && !text.starts_with(b"[") {
            return 0;
        }
        let holds = |word: &str| memchr::memmem::find(head, word.as_bytes()).is_some();
        let otlp = holds("\"resourceSpans\"") || holds("\"resource_spans\"");
        let jaeger = holds("\"traceID\"") && holds("\"spans\"") && holds("\"operationName\"");
        let console = holds("\"trace_id\"") && holds("\"span_id\"") && holds("\"SpanKind.");
        if otlp || jaeger || console { 85 } else { 0 }
    }

    fn begins(&self, head: &[u8]) -> usize {
        let is_first = |object: &&[u8]| str::from_utf8(object).is_ok_and(|text| Span::read(text).is_some());
        in_head(head).into_iter().find(is_first).map_or(0, |object| offset_in(head, object))
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let patterns = match input.options.urls.as_deref().map(urls::read) {
            Some(Ok(patterns)) => patterns,
            _ => Patterns::default(),
        };
        let mut reader = Reader { served: Served::new(ServedBuilder::with(patterns)), ..Reader::default() };
        let mut elements = Elements::new(input);
        while let Some(element) = elements.next().map_err(|error| ImportError::reading(&error))? {
            let place = || Some(format!("byte {}: {}", element.offset, shown(element.bytes)));
            let text = if element.cut { None } else { str::from_utf8(element.bytes).ok() };
            if !text.is_some_and(|text| reader.element(text, element.offset)) {
                let problem = "objects that are damaged, cut short or too long were skipped";
                reader.diagnostics.note(Level::Warning, problem, place);
            }
        }
        Ok(reader.finish(name, self.id()))
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        let record = String::from_utf8_lossy(record);
        let span = Span::read(&record)?;
        // Of a request it is all that the file says of it.
        let sql = span.statement().unwrap_or(&record).to_owned();
        Some(StatementText { sql, parameters: span.parameters() })
    }
}

/// An object with spans inside: OTLP's, or Jaeger's.
#[derive(Deserialize)]
struct Container<'a> {
    #[serde(borrow, alias = "resourceSpans")]
    resource_spans: Option<Vec<ResourceSpans<'a>>>,
    #[serde(borrow)]
    data: Option<Vec<Trace<'a>>>,
    /// One trace of Jaeger's alone.
    #[serde(borrow)]
    spans: Option<Vec<&'a RawValue>>,
    processes: Option<HashMap<String, Process>>,
}

#[derive(Deserialize)]
struct ResourceSpans<'a> {
    #[serde(default)]
    resource: Option<Resource>,
    /// What scopes were called before 2022.
    #[serde(borrow, default, alias = "scopeSpans", alias = "instrumentationLibrarySpans")]
    scope_spans: Vec<ScopeSpans<'a>>,
}

#[derive(Deserialize)]
struct ScopeSpans<'a> {
    #[serde(borrow, default)]
    spans: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Trace<'a> {
    #[serde(borrow, default)]
    spans: Vec<&'a RawValue>,
    #[serde(default)]
    processes: HashMap<String, Process>,
}

/// What is kept of a span to find the request of another.
struct Known {
    parent: Option<u32>,
    role: Role,
    /// Index into [`Reader::entries`] or [`NONE`].
    entry: u32,
    trace: u32,
}

/// A statement whose request is not known yet: its own span may come before that of its parent.
struct Waiting {
    statement: Statement,
    span: u32,
    start: f64,
    service: u32,
    database: String,
    user: String,
}

#[derive(Default)]
struct Reader {
    builder: LogBuilder,
    served: Served,
    diagnostics: Diagnostics,
    /// Trace and span id to an index into [`Self::known`].
    ids: FxHashMap<(u32, String), u32>,
    traces: FxHashMap<String, u32>,
    /// `None` for a parent that no span has come for.
    known: Vec<Option<Known>>,
    entries: Vec<Request>,
    services: Vec<(String, String)>,
    services_by_name: FxHashMap<(String, String), u32>,
    waiting: Vec<Waiting>,
    spans: u64,
    /// Spans of databases that have no SQL.
    without_text: u64,
}

impl Reader {
    /// Reads one object of the file; whether anything could be read.
    fn element(&mut self, text: &str, offset: u64) -> bool {
        if let Ok(container) = serde_json::from_str::<Container<'_>>(text)
            && (container.resource_spans.is_some() || container.data.is_some() || container.spans.is_some())
        {
            for resource in container.resource_spans.into_iter().flatten() {
                let attributes = resource.resource.unwrap_or_default().attributes;
                for raw in resource.scope_spans.iter().flat_map(|scope| &scope.spans) {
                    self.raw(raw, text, offset, &attributes);
                }
            }
            let alone = container
                .spans
                .map(|spans| Trace { spans, processes: container.processes.unwrap_or_default() });
            for trace in container.data.into_iter().flatten().chain(alone) {
                let processes: HashMap<String, Attributes> =
                    trace.processes.into_iter().map(|(id, process)| (id, process.attributes())).collect();
                for raw in trace.spans {
                    self.of_trace(raw, text, offset, &processes);
                }
            }
            return true;
        }
        let Some(span) = Span::read(text) else {
            // An export of nothing.
            return text.bytes().all(|byte| byte.is_ascii_whitespace() || b"{}".contains(&byte));
        };
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.span(&span, offset, length, &span.resource);
        true
    }

    fn raw(&mut self, raw: &RawValue, text: &str, offset: u64, resource: &Attributes) {
        let Some(span) = self.read(raw) else { return };
        let (offset, length) = place_in(raw, text, offset);
        self.span(&span, offset, length, resource);
    }

    fn of_trace(&mut self, raw: &RawValue, text: &str, offset: u64, processes: &HashMap<String, Attributes>) {
        let Some(span) = self.read(raw) else { return };
        let (offset, length) = place_in(raw, text, offset);
        let process = span.process.as_ref().and_then(|process| processes.get(process));
        self.span(&span, offset, length, process.unwrap_or(&span.resource));
    }

    fn read(&mut self, raw: &RawValue) -> Option<Span> {
        let span = Span::read(raw.get());
        if span.is_none() {
            self.diagnostics.note(Level::Warning, "spans that are damaged were skipped", || {
                Some(shown(raw.get().as_bytes()))
            });
        }
        span
    }

    /// The index of a span of a trace, whether it has come or not.
    fn id(&mut self, trace: u32, id: &str) -> u32 {
        let known = &mut self.known;
        *self.ids.entry((trace, id.to_owned())).or_insert_with(|| {
            known.push(None);
            known.len() as u32 - 1
        })
    }

    fn span(&mut self, span: &Span, offset: u64, length: u32, resource: &Attributes) {
        self.spans += 1;
        let next = self.traces.len() as u32;
        let trace = *self.traces.entry(span.trace.clone()).or_insert(next);
        let id = self.id(trace, &span.id);
        let parent = span.parent.as_deref().map(|parent| self.id(trace, parent));
        let is_statement = span.statement().is_some() && is_sql(span.system());
        // A root that is no statement itself stands for what began there, a task or a command.
        let entry = if !is_statement && (span.role == Role::Entry || parent.is_none()) {
            self.entries.push(request(span));
            self.entries.len() as u32 - 1
        } else {
            NONE
        };
        // Zipkin's client and server share one id: the server is the request.
        let place = &mut self.known[id as usize];
        if place.as_ref().is_none_or(|known| known.role != Role::Entry) {
            *place = Some(Known { parent, role: span.role, entry, trace });
        }
        self.served.add(span, offset, length, resource);
        if is_statement {
            self.statement(span, id, offset, length, resource);
        } else if span.system().is_some() {
            self.without_text += 1;
            self.diagnostics.note(Level::Info, "spans of databases without SQL were skipped", || {
                Some(format!("{} ({})", span.name, span.system().unwrap_or_default()))
            });
        }
    }

    fn statement(&mut self, span: &Span, id: u32, offset: u64, length: u32, resource: &Attributes) {
        let Some(sql) = span.statement() else { return };
        let dialect = match span.system().unwrap_or_default() {
            "mysql" | "mariadb" => Dialect::MySql,
            "sqlite" => Dialect::Sqlite,
            system if system.starts_with("postgres") => Dialect::PostgreSql,
            _ => Dialect::guess(sql.as_bytes()),
        };
        if sql.chars().count() == ZIPKIN_LIMIT {
            self.diagnostics.note(
                Level::Warning,
                "statements of 128 characters look cut: Zipkin's exporter does so (ZipkinExporter(…, \
                 max_tag_value_length=…))",
                || Some(sql.to_owned()),
            );
        }
        let parameters = span.parameters();
        let recognised =
            self.builder.fingerprint(sql.as_bytes(), dialect, parameters.as_deref().map(str::as_bytes));
        let text =
            |keys: &[&str]| span.attributes.get(keys).or_else(|| resource.get(keys)).unwrap_or_default();
        let process = text(&["process.pid"]);
        let thread = text(&["thread.id", "thread.name"]);
        let process = match (process.is_empty(), thread.is_empty()) {
            (false, false) => format!("{process}/{thread}"),
            (false, true) => process.to_owned(),
            _ => thread.to_owned(),
        };
        let service = (text(&["service.name"]).to_owned(), process);
        let services = &mut self.services;
        let place = *self.services_by_name.entry(service).or_insert_with_key(|service| {
            services.push(service.clone());
            services.len() as u32 - 1
        });
        self.waiting.push(Waiting {
            statement: Statement {
                end: span.start + if span.duration.is_nan() { 0.0 } else { span.duration },
                duration: span.duration,
                offset,
                length,
                failed: span.failed,
                // Whatever statement that is, until it has its own.
                ..Statement::new(recognised, 0)
            },
            span: id,
            start: span.start,
            service: place,
            database: text(&["db.namespace", "db.name", "db.system.name", "db.system"]).to_owned(),
            user: text(&["db.user"]).to_owned(),
        });
    }

    /// The request a span belongs to: the nearest server or consumer above it, else the root.
    fn request_of(&self, span: u32) -> Option<Found> {
        let mut root = None;
        let mut at = self.known.get(span as usize)?.as_ref()?;
        let trace = at.trace;
        for _ in 0..CLIMB {
            let Some(parent) = at.parent else { return root.map(Found::Entry) };
            let Some(above) = self.known.get(parent as usize).and_then(Option::as_ref) else {
                // Sampled away, or in another file: the trace is known all the same.
                return Some(root.map_or(Found::Trace(trace), Found::Entry));
            };
            if above.entry != NONE {
                root = Some(above.entry);
                if above.role == Role::Entry {
                    break;
                }
            }
            at = above;
        }
        root.map(Found::Entry)
    }

    fn finish(mut self, name: String, format: &'static str) -> Document {
        let mut waiting = std::mem::take(&mut self.waiting);
        sort::by(&mut waiting, |a, b| a.start.total_cmp(&b.start));
        let traces: FxHashMap<u32, &String> = self.traces.iter().map(|(trace, &id)| (id, trace)).collect();
        let mut lanes = Lanes::default();
        let mut used = FxHashSet::default();
        for each in &waiting {
            let found = self.request_of(each.span);
            let request = match found {
                Some(Found::Entry(entry)) => {
                    used.insert(entry);
                    let request = &self.entries[entry as usize];
                    self.builder.request(&[&b"e"[..], &entry.to_le_bytes()].concat(), || request.clone())
                }
                Some(Found::Trace(trace)) => {
                    let id = traces.get(&trace).map_or("", |id| id.as_str());
                    self.builder.request(&[&b"t"[..], id.as_bytes()].concat(), || Request::identified(id))
                }
                None => NONE,
            };
            let end = match found {
                Some(Found::Entry(entry)) => {
                    let request = &self.entries[entry as usize];
                    request.start + request.duration
                }
                _ => each.statement.end,
            };
            let lane = lanes.place(each.service, request, each.start, end.max(each.statement.end));
            let (service, process) = &self.services[each.service as usize];
            let identity = [&each.service.to_le_bytes()[..], &lane.to_le_bytes(), each.database.as_bytes()];
            let connection = self.builder.connection(&identity, || Connection {
                process: match (process.is_empty(), lane) {
                    (false, 0) => process.clone(),
                    (false, lane) => format!("{process} ({})", lane + 1),
                    (true, 0) => service.clone(),
                    (true, lane) => format!("{service} ({})", lane + 1),
                },
                database: each.database.clone(),
                user: each.user.clone(),
                application: service.clone(),
                ..Connection::default()
            });
            self.builder.push(Statement { request, connection, ..each.statement });
        }
        // Requests without a statement; what is only a root and ran none is of no interest here.
        for known in self.known.iter().flatten().filter(|known| known.role == Role::Entry) {
            if known.entry != NONE && !used.contains(&known.entry) {
                let request = &self.entries[known.entry as usize];
                self.builder.request(&[&b"e"[..], &known.entry.to_le_bytes()].concat(), || request.clone());
            }
        }
        let Self { builder, served, mut diagnostics, spans, without_text, .. } = self;
        if builder.is_empty() && !served.is_empty() {
            let log = served.finish();
            return Document { name, format, content: Content::Requests(Box::new(log)), diagnostics };
        }
        if builder.is_empty() {
            let problem = if spans == 0 {
                "no span in it"
            } else if without_text > 0 {
                "no statement in it: its spans of databases have no SQL. Instrument the database's driver \
                 (opentelemetry-instrumentation-psycopg, -mysqlclient, -sqlite3), which keeps it in db.statement \
                 or db.query.text"
            } else {
                "no statement in it: none of its spans is a database's. Instrument the database's driver \
                 (opentelemetry-instrumentation-psycopg, -mysqlclient, -sqlite3)"
            };
            diagnostics.note(Level::Warning, problem, || None);
        }
        let log = builder.finish(Clock::Wall { zone: Some("UTC".to_owned()) }, None);
        Document { name, format, content: Content::Queries(Box::new(log)), diagnostics }
    }
}

/// Where a request was found.
#[derive(Clone, Copy)]
enum Found {
    Entry(u32),
    Trace(u32),
}

/// Where `raw`, which was borrowed from `text`, stands in the file.
fn place_in(raw: &RawValue, text: &str, offset: u64) -> (u64, u32) {
    let within = (raw.get().as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    (offset + within as u64, u32::try_from(raw.get().len()).unwrap_or(u32::MAX))
}

/// Databases without SQL put their commands into the same attributes.
fn is_sql(system: Option<&str>) -> bool {
    const OTHERS: [&str; 14] = [
        "redis",
        "memcached",
        "mongodb",
        "elasticsearch",
        "opensearch",
        "dynamodb",
        "aws.dynamodb",
        "couchdb",
        "couchbase",
        "neo4j",
        "hbase",
        "geode",
        "azure.cosmosdb",
        "cosmosdb",
    ];
    !system.is_some_and(|system| OTHERS.contains(&system.to_ascii_lowercase().as_str()))
}
