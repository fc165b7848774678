//! What Flamedrop's own recorder writes beside a profile, `NAME.sql.jsonl`: one JSON object a line, a
//! request and then its statements. The format is defined by the code that writes it,
//! [`recorder/flamedrop_recorder.py`](https://github.com/flamedrop/flamedrop/blob/main/recorder/flamedrop_recorder.py).
//!
//! Requests and statements name each other by an id, so files can be put together or cut apart.

use std::borrow::Cow;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::records::{Record, Records, shown, trim_mark};
use super::{About, Format, ImportError, Kind, StatementText, offset_in};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::queries::lexer::Dialect;
use crate::queries::statements::Statement;
use crate::queries::{Clock, Connection, Frame, LogBuilder, NONE, Origin, Relation, Request, Site};

/// Requests and their statements, as Flamedrop's recorder writes them.
pub struct Recorder;

const RECORD: &str = "MIDDLEWARE = [\"flamedrop_recorder.RecorderMiddleware\", *MIDDLEWARE]\n\
    With recorder/flamedrop_recorder.py beside manage.py, and DEBUG or FLAMEDROP_ALLOW true. Then ask \
    for a page with ?flamedrop: its profile and its SQL are written to flamedrop/.";

/// For the registry.
pub static ABOUT: About = About {
    id: "flamedrop-recorder",
    title: "Flamedrop's recording",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

/// The version of the format that this reads in full.
const VERSION: u32 = 1;

/// Notes of the recorder that are passed on; more would be no use to anyone.
const MOST_NOTES: usize = 50;

impl Format for Recorder {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn can_be_joined(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let head = trim_mark(head);
        // The first line whole; if the file was cut in front, the second.
        for line in head.split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"{")).take(2) {
            match Line::read(&String::from_utf8_lossy(line)) {
                Some(line) if line.flamedrop.is_some() && line.request.is_some() => return 99,
                Some(line) if line.is_statement() => return 97,
                _ => {}
            }
        }
        // One line may be longer than the head.
        let has = |text: &str| memchr::memmem::find(head, text.as_bytes()).is_some();
        if head.starts_with(b"{\"request\": \"") && has("\"duration\": ") && has("\"sql\": ") {
            70
        } else {
            0
        }
    }

    fn begins(&self, head: &[u8]) -> usize {
        let mut lines = trim_mark(head).split(|&byte| byte == b'\n');
        lines.find(|line| line.starts_with(b"{")).map_or(0, |line| offset_in(head, line))
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut reader = Reader::default();
        let mut records = Records::new(input);
        while let Some(record) = records.next(|_, _| false).map_err(|error| ImportError::reading(&error))? {
            reader.record(record);
        }
        let Reader { builder, mut diagnostics, requests, .. } = reader;
        let nameless = requests.iter().filter(|(_, known)| !known.is_described);
        diagnostics.note_many(
            Level::Warning,
            "requests whose own line is missing: their address and their duration are not known",
            nameless.clone().count() as u64,
            || {
                let first = nameless.min_by_key(|(_, known)| known.id);
                first.map(|(id, _)| format!("request {}", shown(id.as_bytes())))
            },
        );
        if builder.is_empty() {
            diagnostics.note(
                Level::Info,
                "no statement in it: what was recorded ran no SQL through Django",
                || None,
            );
        }
        let log = builder.finish(Clock::Wall { zone: Some("UTC".to_owned()) }, None);
        Ok(Document { name, format: self.id(), content: Content::Queries(Box::new(log)), diagnostics })
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        let text = String::from_utf8_lossy(trim_mark(record));
        let line = Line::read(&text)?;
        let parameters = line.params.map(RawValue::get).filter(|params| !matches!(*params, "null" | "[]"));
        Some(StatementText { sql: line.sql?.into_owned(), parameters: parameters.map(str::to_owned) })
    }
}

/// A line of either kind; times in seconds.
#[derive(Deserialize)]
struct Line<'a> {
    /// The version, in the line of a request only.
    flamedrop: Option<u32>,
    #[serde(borrow)]
    request: Option<Cow<'a, str>>,
    /// Since 1970-01-01T00:00Z.
    start: Option<f64>,
    duration: Option<f64>,
    // Of a request.
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    path: Option<Cow<'a, str>>,
    #[serde(borrow)]
    view: Option<Cow<'a, str>>,
    #[serde(borrow)]
    route: Option<Cow<'a, str>>,
    status: Option<u16>,
    #[serde(borrow)]
    notes: Option<Vec<Cow<'a, str>>>,
    // Of a statement.
    #[serde(borrow)]
    sql: Option<Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    rows: Option<u64>,
    #[serde(borrow)]
    alias: Option<Cow<'a, str>>,
    #[serde(borrow)]
    vendor: Option<Cow<'a, str>>,
    /// By the operating system's number.
    thread: Option<u64>,
    /// The name of an exception's class. Of a request too.
    #[serde(borrow)]
    error: Option<Cow<'a, str>>,
    /// Which transaction of the request; true from recorders that do not count them.
    #[serde(borrow)]
    transaction: Option<&'a RawValue>,
    #[serde(borrow)]
    stack: Option<&'a RawValue>,
    #[serde(borrow)]
    relation: Option<&'a RawValue>,
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    fn is_statement(&self) -> bool {
        self.flamedrop.is_none() && self.request.is_some() && self.sql.is_some() && self.stack.is_some()
    }

    /// Duration in ms, NaN if there is none that can be.
    fn milliseconds(&self) -> f64 {
        self.duration.filter(|seconds| *seconds >= 0.0).map_or(f64::NAN, |seconds| seconds * 1000.0)
    }
}

/// A request while its file is read.
struct Known {
    /// [`LogBuilder::request`]'s id.
    id: u32,
    is_described: bool,
    /// Which of the requests that ran at the same time: each needs a lane of its own.
    lane: usize,
}

#[derive(Default)]
struct Reader {
    builder: LogBuilder,
    diagnostics: Diagnostics,
    requests: FxHashMap<String, Known>,
    /// Until when each lane is taken, ms.
    lanes: Vec<f64>,
    /// The threads that statements ran in, in order of the first.
    threads: Vec<u64>,
    /// By the text of stack and relation: most statements come from few places.
    sites: FxHashMap<String, u32>,
    notes: usize,
}

impl Reader {
    fn record(&mut self, record: Record<'_>) {
        let Some(bytes) = record.whole_line(&mut self.diagnostics) else { return };
        let place = || record.place();
        let text = String::from_utf8_lossy(bytes);
        let Some(line) = Line::read(&text) else {
            self.diagnostics.note(Level::Warning, "lines that are damaged or cut short were skipped", place);
            return;
        };
        match (line.flamedrop, line.request.as_deref(), &line.sql) {
            (Some(version), Some(id), _) => {
                if version > VERSION {
                    self.diagnostics.note(
                        Level::Info,
                        "written by a newer recorder than this knows: something may be missing",
                        place,
                    );
                }
                self.request(id, &line);
            }
            (None, Some(id), Some(sql)) => self.statement(id, sql, &line, &record),
            _ => {
                self.diagnostics.note(
                    Level::Info,
                    "lines that are neither a request nor a statement were skipped",
                    place,
                );
            }
        }
    }

    /// The request's entry; `start` is that of whatever names it first.
    fn known(&mut self, id: &str, start: f64) -> &mut Known {
        let Self { builder, requests, lanes, .. } = self;
        requests.entry(id.to_owned()).or_insert_with(|| {
            let request = builder.request(id.as_bytes(), || Request::identified(id));
            let lane = lanes.iter().position(|end| *end <= start).unwrap_or(lanes.len());
            if lane == lanes.len() {
                lanes.push(f64::NEG_INFINITY);
            }
            Known { id: request, is_described: false, lane }
        })
    }

    fn take_lane(&mut self, lane: usize, end: f64) {
        if let Some(taken) = self.lanes.get_mut(lane) {
            *taken = taken.max(end);
        }
    }

    fn request(&mut self, id: &str, line: &Line<'_>) {
        let start = line.start.unwrap_or(f64::NAN) * 1000.0;
        let known = self.known(id, start);
        known.is_described = true;
        let (request, lane) = (known.id, known.lane);
        let duration = line.milliseconds();
        self.take_lane(lane, start + duration);
        let text = |value: &Option<Cow<'_, str>>| value.as_deref().unwrap_or_default().to_owned();
        let view = if line.view.is_some() { text(&line.view) } else { text(&line.route) };
        if let Some(request) = self.builder.request_mut(request) {
            request.method = text(&line.method);
            request.path = text(&line.path);
            request.view = view;
            request.status = line.status.unwrap_or(0);
            // Without its times the request is what its statements make of it.
            if start.is_finite() && duration.is_finite() {
                request.start = start;
                request.duration = duration;
                request.origin = Origin::Recorded;
            }
        }
        for note in line.notes.iter().flatten() {
            if self.notes < MOST_NOTES {
                self.notes += 1;
                let place = || line.path.as_deref().map(|path| shown(path.as_bytes()));
                self.diagnostics.note(Level::Info, &shown(note.as_bytes()), place);
            }
        }
    }

    fn statement(&mut self, id: &str, sql: &str, line: &Line<'_>, record: &Record<'_>) {
        let start = line.start.unwrap_or(f64::NAN) * 1000.0;
        let duration = line.milliseconds();
        let end = start + if duration.is_nan() { 0.0 } else { duration };
        let Known { id: request, lane, .. } = *self.known(id, start);
        self.take_lane(lane, end);
        let dialect = match line.vendor.as_deref() {
            Some("mysql") => Dialect::MySql,
            Some("sqlite") => Dialect::Sqlite,
            Some(_) => Dialect::PostgreSql,
            None => Dialect::guess(sql.as_bytes()),
        };
        let logged = line.params.map(|params| params.get().as_bytes());
        let recognised = self.builder.fingerprint(sql.as_bytes(), dialect, logged);
        let alias = line.alias.as_deref().unwrap_or_default();
        // A connection is a thread's own, so where that is known nothing else has to be told by.
        let lane = line.thread.map_or(lane, |thread| self.lane_of_thread(thread));
        let key: [&[u8]; 3] = [alias.as_bytes(), &lane.to_le_bytes(), &[u8::from(line.thread.is_some())]];
        let connection = self.builder.connection(&key, || Connection {
            // The first lane is all there is unless requests ran at the same time.
            process: if lane == 0 { String::new() } else { Connection::lane(lane + 1) },
            database: alias.to_owned(),
            thread: line.thread,
            ..Connection::default()
        });
        let site = self.site(line, record.line);
        self.builder.push(Statement {
            end,
            duration,
            offset: record.offset,
            length: u32::try_from(record.bytes.len()).unwrap_or(u32::MAX),
            failed: line.error.is_some(),
            request,
            site,
            rows: line.rows.map_or(NONE, |rows| u32::try_from(rows).unwrap_or(NONE - 1).min(NONE - 1)),
            transaction: line.transaction.map_or(NONE, |number| match number.get() {
                "true" => 0,
                digits => digits.parse().unwrap_or(NONE),
            }),
            ..Statement::new(recognised, connection)
        });
    }

    fn lane_of_thread(&mut self, thread: u64) -> usize {
        self.threads.iter().position(|other| *other == thread).unwrap_or_else(|| {
            self.threads.push(thread);
            self.threads.len() - 1
        })
    }

    fn site(&mut self, line: &Line<'_>, number: u64) -> u32 {
        let stack = line.stack.map_or("[]", RawValue::get);
        let relation = line.relation.map_or("null", RawValue::get);
        let key = format!("{stack} {relation}");
        if let Some(&site) = self.sites.get(&key) {
            return site;
        }
        let frames = serde_json::from_str::<Vec<(String, u32, String)>>(stack);
        let relation = serde_json::from_str::<Option<Relation>>(relation);
        if frames.is_err() || relation.is_err() {
            self.diagnostics.note(
                Level::Info,
                "stacks or relations that are not understood were left out",
                || Some(format!("line {number}")),
            );
        }
        let frames = frames.unwrap_or_default().into_iter();
        let frames: Vec<_> = frames.map(|(file, line, name)| Frame { file, line, name }).collect();
        let relation = relation.unwrap_or_default();
        let known = !frames.is_empty() || relation.is_some();
        let site = if known { self.builder.site(Site { frames, relation }) } else { NONE };
        self.sites.insert(key, site);
        site
    }
}

#[cfg(test)]
mod tests;
