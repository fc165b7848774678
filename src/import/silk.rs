//! django-silk's tables as `manage.py dumpdata silk` writes them: requests, their statements with start,
//! duration and stack.
//!
//! The models: [`silk/models.py`](https://github.com/jazzband/django-silk/blob/master/silk/models.py).
//! dumpdata cuts times to milliseconds; `time_taken` keeps all digits.

use std::borrow::Cow;

use serde::Deserialize;

use super::elements::{Elements, in_head};
use super::records::shown;
use super::{About, EventText, Format, ImportError, Kind, StatementText, offset_in, stamp};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::{Category, category};
use crate::queries::lexer::Dialect;
use crate::queries::statements::Statement;
use crate::queries::{Clock, Connection, Frame, LogBuilder, NONE, Origin, Request, Site};

/// django-silk's dump.
pub struct Silk;

const RECORD: &str = "python manage.py dumpdata silk -o silk.json\n\
    Of a site with django-silk: its requests, and their statements with the code they come from.";

/// For the registry.
pub static ABOUT: About = About {
    id: "django-silk",
    title: "django-silk's requests (dumpdata)",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

/// One object of the dump.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    /// A UUID, or a number.
    #[serde(default)]
    pk: serde_json::Value,
    #[serde(borrow)]
    fields: Fields<'a>,
}

/// The fields that matter, of all models.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields<'a> {
    #[serde(borrow)]
    path: Option<Cow<'a, str>>,
    #[serde(borrow)]
    query_params: Option<Cow<'a, str>>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    view_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    start_time: Option<Cow<'a, str>>,
    #[serde(borrow)]
    end_time: Option<Cow<'a, str>>,
    /// Milliseconds.
    time_taken: Option<f64>,
    status_code: Option<u16>,
    #[serde(borrow)]
    query: Option<Cow<'a, str>>,
    #[serde(borrow)]
    request: Option<Cow<'a, str>>,
    #[serde(borrow)]
    traceback: Option<Cow<'a, str>>,
    /// What the database says to EXPLAIN, if silk asked.
    #[serde(borrow)]
    analysis: Option<Cow<'a, str>>,
}

impl Format for Silk {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let silk = in_head(head).into_iter().take(20).any(|element| {
            serde_json::from_slice::<Entry<'_>>(element).is_ok_and(|entry| entry.model.starts_with("silk."))
        });
        // The first object may be longer than the head: it has a whole response.
        let long = || memchr::memmem::find(head, b"\"model\": \"silk.").is_some();
        if silk { 97 } else { u8::from(long()) * 80 }
    }

    fn begins(&self, head: &[u8]) -> usize {
        let is_first = |object: &&[u8]| {
            serde_json::from_slice::<Entry<'_>>(object).is_ok_and(|entry| entry.model.starts_with("silk."))
        };
        in_head(head).into_iter().find(is_first).map_or(0, |object| offset_in(head, object))
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut reader = Reader::default();
        let mut elements = Elements::new(input);
        while let Some(element) = elements.next().map_err(|error| ImportError::reading(&error))? {
            let place = || Some(format!("byte {}: {}", element.offset, shown(element.bytes)));
            let entry =
                if element.cut { None } else { serde_json::from_slice::<Entry<'_>>(element.bytes).ok() };
            let Some(entry) = entry else {
                let problem = "objects that are damaged, cut short or too long were skipped";
                reader.diagnostics.note(Level::Warning, problem, place);
                continue;
            };
            let length = u32::try_from(element.bytes.len()).unwrap_or(u32::MAX);
            reader.entry(&entry, element.offset, length, place);
        }
        Ok(reader.finish(name, self.id()))
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        let entry: Entry<'_> = serde_json::from_slice(record).ok()?;
        Some(StatementText { sql: entry.fields.query?.into_owned(), parameters: None })
    }

    fn event_text(&self, record: &[u8]) -> Option<EventText> {
        let entry: Entry<'_> = serde_json::from_slice(record).ok()?;
        let plan = entry.fields.analysis?.into_owned();
        Some(EventText {
            message: "EXPLAIN, asked by django-silk".to_owned(),
            plan: Some(plan),
            ..EventText::default()
        })
    }
}

#[derive(Default)]
struct Reader {
    builder: LogBuilder,
    diagnostics: Diagnostics,
    /// Whether any statement had a time, and the first one's zone.
    zone: Option<Option<String>>,
}

impl Reader {
    /// A time on the log's clock, and its step, ms.
    fn time(&mut self, text: Option<&str>) -> Option<(f64, f64)> {
        let stamp = stamp::parse(text?.as_bytes(), 0)?;
        self.zone.get_or_insert_with(|| stamp.zone.clone());
        Some((stamp.milliseconds, stamp.resolution))
    }

    fn request(&mut self, id: &str) -> u32 {
        // Its own object may come later, or not at all.
        self.builder.request(id.as_bytes(), || Request::identified(id))
    }

    fn entry(&mut self, entry: &Entry<'_>, offset: u64, length: u32, place: impl Fn() -> Option<String>) {
        let fields = &entry.fields;
        let id = match &entry.pk {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match entry.model.as_ref() {
            "silk.request" => {
                let start = self.time(fields.start_time.as_deref());
                let end = self.time(fields.end_time.as_deref());
                let request = self.request(&id);
                let Some(request) = self.builder.request_mut(request) else { return };
                let text = |text: &Option<Cow<'_, str>>| text.as_deref().unwrap_or_default().to_owned();
                request.method = text(&fields.method);
                request.path = text(&fields.path);
                // An empty object, or the parameters as JSON.
                if let Some(query) = fields.query_params.as_deref().filter(|query| query.len() > 2) {
                    request.path = format!("{}?{query}", request.path);
                }
                request.view = text(&fields.view_name);
                if let Some((start, _)) = start {
                    request.start = start;
                    let wall = end.map_or(0.0, |(end, _)| end - start);
                    request.duration = fields.time_taken.unwrap_or(wall).max(0.0);
                    request.origin = Origin::Recorded;
                }
            }
            "silk.response" => {
                if let (Some(request), Some(status)) = (fields.request.as_deref(), fields.status_code) {
                    let request = self.request(request);
                    if let Some(request) = self.builder.request_mut(request) {
                        request.status = status;
                    }
                }
            }
            "silk.sqlquery" => self.statement(fields, offset, length, place),
            model if model.starts_with("silk.") => {}
            _ => self.diagnostics.note(Level::Info, "objects of other applications were skipped", place),
        }
    }

    fn statement(
        &mut self,
        fields: &Fields<'_>,
        offset: u64,
        length: u32,
        place: impl Fn() -> Option<String>,
    ) {
        let Some(sql) = fields.query.as_deref() else {
            self.diagnostics.note(Level::Warning, "statements without their SQL were skipped", place);
            return;
        };
        let recognised = self.builder.fingerprint(sql.as_bytes(), Dialect::guess(sql.as_bytes()), None);
        // Silk does not say on which connection; one request has one, as a rule.
        let request = fields.request.as_deref().map(|id| (id, self.request(id)));
        let key = request.map_or("", |(id, _)| id);
        let connection = self.builder.connection(&[key.as_bytes()], || Connection {
            process: request.map(|(id, _)| format!("request {id}")).unwrap_or_default(),
            ..Connection::default()
        });
        let start = self.time(fields.start_time.as_deref());
        let end = self.time(fields.end_time.as_deref());
        let wall = start.zip(end).map(|((start, _), (end, _))| end - start);
        let duration = fields.time_taken.or(wall).filter(|duration| *duration >= 0.0).unwrap_or(f64::NAN);
        let known = if duration.is_nan() { 0.0 } else { duration };
        let site = fields.traceback.as_deref().and_then(site).map_or(NONE, |site| self.builder.site(site));
        let statement = Statement {
            // Cut to a millisecond, both: from the start on it is nearer.
            end: start.map(|(start, _)| start + known).or(end.map(|(end, _)| end)).unwrap_or(f64::NAN),
            resolution: start.or(end).map_or(0.0, |(_, resolution)| resolution),
            duration,
            offset,
            length,
            request: request.map_or(NONE, |(_, request)| request),
            site,
            ..Statement::new(recognised, connection)
        };
        let at = self.builder.push(statement);
        if fields.analysis.as_deref().is_some_and(|plan| !plan.trim().is_empty()) {
            self.builder.plan(at, &statement);
        }
    }

    fn finish(self, name: String, format: &'static str) -> Document {
        let Self { builder, mut diagnostics, zone } = self;
        if builder.is_empty() {
            diagnostics.note(
                Level::Warning,
                "no statement in it: dump the whole application (dumpdata silk), of a site that recorded",
                || None,
            );
        }
        let clock = zone.map_or(Clock::Sequence, |zone| Clock::Wall { zone });
        let log = builder.finish(clock, None);
        Document { name, format, content: Content::Queries(Box::new(log)), diagnostics }
    }
}

/// More own frames are not kept.
const FRAMES: usize = 20;

/// The user's own frames of a traceback, innermost first, as silk writes it:
/// `  File "/srv/shop/views.py", line 15, in view`.
fn site(traceback: &str) -> Option<Site> {
    let frame = |line: &str| {
        let (file, rest) = line.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
        let (line, name) = rest.split_once(", in ")?;
        let own = category::classify(file, name) == Category::Own;
        own.then(|| Some(Frame { file: file.to_owned(), line: line.parse().ok()?, name: name.to_owned() }))?
    };
    let frames: Vec<Frame> = traceback.lines().filter_map(frame).take(FRAMES).collect();
    (!frames.is_empty()).then_some(Site { frames, relation: None })
}
