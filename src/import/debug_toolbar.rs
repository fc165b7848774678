//! django-debug-toolbar's stored panels as `manage.py dumpdata debug_toolbar` writes them, with
//! `TOOLBAR_STORE_CLASS` set to its database store: requests, their statements with duration,
//! parameters and stack.
//!
//! The model: [`debug_toolbar/models.py`](https://github.com/django-commons/django-debug-toolbar/blob/main/debug_toolbar/models.py);
//! what a panel keeps: `panels/sql/panel.py` and `panels/sql/tracking.py` there. Every panel is a text of
//! JSON inside the JSON. The toolbar keeps no times of statements, only how long each took.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::elements::{Elements, in_head};
use super::records::shown;
use super::{About, Format, ImportError, Kind, StatementText, offset_in, stamp};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::{Category, category};
use crate::queries::lexer::Dialect;
use crate::queries::statements::Statement;
use crate::queries::{Clock, Connection, Frame, LogBuilder, NONE, Origin, Request, Site};

/// django-debug-toolbar's dump.
pub struct DebugToolbar;

const RECORD: &str = "python manage.py dumpdata debug_toolbar -o toolbar.json\n\
    With DEBUG_TOOLBAR_CONFIG = {'TOOLBAR_STORE_CLASS': 'debug_toolbar.store.DatabaseStore'}: the last \
    RESULTS_CACHE_SIZE requests, and their statements with parameters and the code they come from.";

/// For the registry.
pub static ABOUT: About = About {
    id: "django-debug-toolbar",
    title: "django-debug-toolbar's requests (dumpdata)",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

/// One object of the dump.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(default)]
    pk: serde_json::Value,
    #[serde(borrow)]
    fields: Fields<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields<'a> {
    #[serde(borrow)]
    data: Option<Panels<'a>>,
    #[serde(borrow)]
    created_at: Option<Cow<'a, str>>,
}

/// The panels that matter, as written.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Panels<'a> {
    #[serde(borrow, rename = "SQLPanel")]
    sql: Option<&'a RawValue>,
    #[serde(borrow, rename = "TimerPanel")]
    timer: Option<&'a RawValue>,
    #[serde(borrow, rename = "RequestPanel")]
    request: Option<&'a RawValue>,
    #[serde(borrow, rename = "HistoryPanel")]
    history: Option<&'a RawValue>,
    #[serde(borrow, rename = "HeadersPanel")]
    headers: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Timer {
    /// Milliseconds from the request to its response.
    total_time: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct View {
    view_func: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct History {
    request_url: Option<String>,
    request_method: Option<String>,
    status_code: Option<u16>,
    /// When the response was there.
    time: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Headers {
    environ: Environ,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "UPPERCASE")]
struct Environ {
    path_info: Option<String>,
    request_method: Option<String>,
}

/// One statement of the SQL panel.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Query {
    alias: Option<String>,
    vendor: Option<String>,
    /// With its parameters filled in.
    sql: Option<String>,
    /// As Django gave it to the driver.
    raw_sql: Option<String>,
    params: Option<Box<RawValue>>,
    /// Milliseconds.
    duration: Option<f64>,
    /// File, line, function, source line, variables; outermost first.
    stacktrace: Option<Vec<Vec<serde_json::Value>>>,
}

impl Query {
    /// The text of one statement's object, as it stands in the file: escaped within a text, as a rule.
    fn read(record: &str) -> Option<Self> {
        if let Ok(query) = serde_json::from_str(record) {
            return Some(query);
        }
        let text: String = serde_json::from_str(&format!("\"{record}\"")).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// SQL, and the parameters it leaves out.
    fn text(self) -> Option<StatementText> {
        let parameters = self.params.map(|params| params.get().to_owned());
        let parameters =
            parameters.filter(|text| !matches!(text.as_str(), "null" | "[]" | "\"[]\"" | "\"null\""));
        match self.raw_sql {
            Some(sql) => Some(StatementText { sql, parameters }),
            None => Some(StatementText { sql: self.sql?, parameters: None }),
        }
    }
}

impl Format for DebugToolbar {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let toolbar = in_head(head).into_iter().take(20).any(|element| {
            serde_json::from_slice::<Entry<'_>>(element).is_ok_and(|entry| is_ours(&entry.model))
        });
        // The first object is longer than the head as a rule: it has every panel.
        let long = || memchr::memmem::find(head, b"\"model\": \"debug_toolbar.historyentry\"").is_some();
        if toolbar { 97 } else { u8::from(long()) * 80 }
    }

    fn begins(&self, head: &[u8]) -> usize {
        let is_first = |object: &&[u8]| {
            serde_json::from_slice::<Entry<'_>>(object).is_ok_and(|entry| is_ours(&entry.model))
        };
        in_head(head).into_iter().find(is_first).map_or(0, |object| offset_in(head, object))
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut reader = Reader::default();
        let mut elements = Elements::new(input);
        while let Some(element) = elements.next().map_err(|error| ImportError::reading(&error))? {
            let place = || Some(format!("byte {}: {}", element.offset, shown(element.bytes)));
            let text = if element.cut { None } else { str::from_utf8(element.bytes).ok() };
            let Some((text, entry)) = text.and_then(|text| Some((text, serde_json::from_str(text).ok()?)))
            else {
                let problem = "objects that are damaged, cut short or too long were skipped";
                reader.diagnostics.note(Level::Warning, problem, place);
                continue;
            };
            reader.entry(&entry, text, element.offset, place);
        }
        Ok(reader.finish(name, self.id()))
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        Query::read(&String::from_utf8_lossy(record))?.text()
    }
}

fn is_ours(model: &str) -> bool {
    model.eq_ignore_ascii_case("debug_toolbar.historyentry")
}

/// A panel: a text of JSON, or the JSON itself; nothing if it is damaged.
fn panel<T: Default + for<'a> Deserialize<'a>>(raw: Option<&RawValue>) -> T {
    let Some(raw) = raw else { return T::default() };
    match serde_json::from_str::<String>(raw.get()) {
        Ok(text) => serde_json::from_str(&text).unwrap_or_default(),
        Err(_) => serde_json::from_str(raw.get()).unwrap_or_default(),
    }
}

#[derive(Default)]
struct Reader {
    builder: LogBuilder,
    diagnostics: Diagnostics,
    /// Whether any request had a time, and the first one's zone.
    zone: Option<Option<String>>,
    requests: u64,
}

impl Reader {
    fn entry(&mut self, entry: &Entry<'_>, text: &str, offset: u64, place: impl Fn() -> Option<String>) {
        if !is_ours(&entry.model) {
            self.diagnostics.note(Level::Info, "objects of other applications were skipped", place);
            return;
        }
        let Some(panels) = &entry.fields.data else {
            self.diagnostics.note(Level::Warning, "requests without panels were skipped", place);
            return;
        };
        self.requests += 1;
        let id = match &entry.pk {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let Timer { total_time } = panel(panels.timer);
        let history: History = panel(panels.history);
        let Headers { environ } = panel(panels.headers);
        let View { view_func } = panel(panels.request);
        let total = total_time.filter(|time| *time >= 0.0);
        // The history has when the response was there; the store's own time is when it was kept.
        let end = [history.time.as_deref(), entry.fields.created_at.as_deref()]
            .into_iter()
            .flatten()
            .find_map(|text| stamp::parse(text.as_bytes(), 0));
        if let Some(end) = &end {
            self.zone.get_or_insert_with(|| end.zone.clone());
        }
        let resolution = end.as_ref().map_or(0.0, |end| end.resolution);
        let start = end.map(|end| end.milliseconds - total.unwrap_or(0.0));
        let request = Request {
            method: history.request_method.or(environ.request_method).unwrap_or_default(),
            path: history.request_url.or(environ.path_info).unwrap_or_default(),
            view: view_func.filter(|view| view != "<no view>").unwrap_or_default(),
            status: history.status_code.unwrap_or(0),
            start: start.unwrap_or(0.0),
            duration: total.unwrap_or(0.0),
            // Without both, its bounds are those of its statements.
            origin: if start.is_some() && total.is_some() { Origin::Recorded } else { Origin::Identified },
            ..Request::default()
        };
        let title = request.title();
        let request = self.builder.request(id.as_bytes(), || request);
        // Laid end to end from the request's start on.
        let mut at = start.unwrap_or(f64::NAN);
        let Some(panel) = panels.sql else {
            self.diagnostics.note(Level::Warning, "requests without the SQL panel have no statements", place);
            return;
        };
        // Where the panel is within the object: it was borrowed from there.
        let begin = (panel.get().as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        let mut objects = Objects::new(panel.get());
        while let Some((from, to)) = objects.next_object() {
            let record = &panel.get()[from..to];
            let Some(mut query) = Query::read(record) else {
                let problem = "statements that are damaged were skipped";
                self.diagnostics.note(Level::Warning, problem, &place);
                continue;
            };
            let duration = query.duration.filter(|duration| *duration >= 0.0).unwrap_or(f64::NAN);
            let alias = query.alias.take().unwrap_or_default();
            let vendor = query.vendor.take().unwrap_or_default();
            let site = query.stacktrace.take().and_then(|frames| site(&frames));
            let Some(found) = query.text() else {
                self.diagnostics.note(Level::Warning, "statements without their SQL were skipped", &place);
                continue;
            };
            let sql = found.sql.as_bytes();
            let dialect = match vendor.as_str() {
                "mysql" => Dialect::MySql,
                "sqlite" => Dialect::Sqlite,
                "postgresql" => Dialect::PostgreSql,
                _ => Dialect::guess(sql),
            };
            let recognised =
                self.builder.fingerprint(sql, dialect, found.parameters.as_deref().map(str::as_bytes));
            let connection = self.builder.connection(&[id.as_bytes(), alias.as_bytes()], || Connection {
                process: if title.is_empty() { format!("request {id}") } else { title.clone() },
                database: alias.clone(),
                ..Connection::default()
            });
            let site = site.map_or(NONE, |site| self.builder.site(site));
            at += if duration.is_nan() { 0.0 } else { duration };
            self.builder.push(Statement {
                end: at,
                resolution,
                duration,
                offset: offset + (begin + from) as u64,
                length: u32::try_from(record.len()).unwrap_or(u32::MAX),
                request,
                site,
                ..Statement::new(recognised, connection)
            });
        }
    }

    fn finish(self, name: String, format: &'static str) -> Document {
        let Self { builder, mut diagnostics, zone, requests } = self;
        if builder.is_empty() {
            diagnostics.note(
                Level::Warning,
                if requests == 0 {
                    "no request in it: the toolbar keeps them in the database only with \
                     TOOLBAR_STORE_CLASS = 'debug_toolbar.store.DatabaseStore', since version 6"
                } else {
                    "no statement in it: the requests ran none, or the SQL panel was off"
                },
                || None,
            );
        } else {
            diagnostics.note(
                Level::Info,
                "the toolbar does not keep when statements began: they are laid end to end from the start of \
                 their request",
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

/// The user's own frames, innermost first.
fn site(stack: &[Vec<serde_json::Value>]) -> Option<Site> {
    let frame = |frame: &Vec<serde_json::Value>| {
        let (file, line, name) = (frame.first()?.as_str()?, frame.get(1)?.as_u64()?, frame.get(2)?.as_str()?);
        let own = category::classify(file, name) == Category::Own;
        own.then(|| Frame {
            file: file.to_owned(),
            line: line.min(u64::from(u32::MAX)) as u32,
            name: name.to_owned(),
        })
    };
    let frames: Vec<Frame> = stack.iter().rev().filter_map(frame).take(FRAMES).collect();
    (!frames.is_empty()).then_some(Site { frames, relation: None })
}

/// Finds the objects of the array `queries` in a panel, which may be escaped within a text: where each is
/// in the file, so that its text can be read again without the panel around it.
struct Objects<'a> {
    text: &'a [u8],
    at: usize,
    /// Whether the panel is a text in quotes.
    escaped: bool,
    /// Objects and arrays around.
    depth: u32,
    /// Inside a text of the panel, and after a backslash there.
    in_text: bool,
    after_backslash: bool,
    /// The panel's last key: a text directly within its object.
    key: Vec<u8>,
}

impl<'a> Objects<'a> {
    fn new(panel: &'a str) -> Self {
        let text = panel.as_bytes();
        let escaped = text.first() == Some(&b'"');
        Self {
            text,
            at: usize::from(escaped),
            escaped,
            depth: 0,
            in_text: false,
            after_backslash: false,
            key: Vec::new(),
        }
    }

    /// One character of the panel, and where it begins. What is not ASCII, or written by its number, is
    /// never part of the structure as Python writes it.
    fn character(&mut self) -> Option<(usize, u8)> {
        let begin = self.at;
        let byte = *self.text.get(begin)?;
        if !self.escaped || byte != b'\\' {
            if self.escaped && byte == b'"' {
                return None;
            }
            self.at += 1;
            return Some((begin, byte));
        }
        let escape = *self.text.get(begin + 1)?;
        self.at += if escape == b'u' { 6 } else { 2 };
        let byte = match escape {
            b'"' | b'\\' | b'/' => escape,
            // A line end, say: blank wherever it matters.
            _ => b' ',
        };
        Some((begin, byte))
    }

    /// The next object's first byte and the one past its last.
    fn next_object(&mut self) -> Option<(usize, usize)> {
        let mut from = None;
        while let Some((begin, byte)) = self.character() {
            if self.in_text {
                if self.after_backslash {
                    self.after_backslash = false;
                } else if byte == b'\\' {
                    self.after_backslash = true;
                } else if byte == b'"' {
                    self.in_text = false;
                } else if self.depth == 1 && self.key.len() < 16 {
                    self.key.push(byte);
                }
                continue;
            }
            match byte {
                b'"' => {
                    self.in_text = true;
                    if self.depth == 1 {
                        self.key.clear();
                    }
                }
                b'{' | b'[' => {
                    self.depth += 1;
                    if byte == b'{' && self.depth == 3 && self.key == b"queries" {
                        from = Some(begin);
                    }
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 2
                        && let Some(from) = from.take()
                    {
                        return Some((from, self.at));
                    }
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn objects(panel: &str) -> Vec<String> {
        let mut objects = Objects::new(panel);
        let mut found = Vec::new();
        while let Some((from, to)) = objects.next_object() {
            found.push(panel[from..to].to_owned());
        }
        found
    }

    proptest! {
        /// Whatever a statement holds, its object is found and read as it was written.
        #[test]
        fn every_statement_is_found_in_the_escaped_panel(
            texts in proptest::collection::vec("[a\"\\\\{}\\[\\],\n\té👍]{0,12}", 0..8),
            ascii in any::<bool>(),
        ) {
            let queries: Vec<_> = texts.iter().map(|sql| serde_json::json!({ "raw_sql": sql, "x": [{"y": sql}] })).collect();
            let panel = serde_json::json!({
                "databases": [["queries", {"num_queries": 1}]], "queries": queries, "z": [{"raw_sql": "no"}],
            })
            .to_string();
            let mut escaped = serde_json::to_string(&panel).unwrap();
            if ascii {
                escaped = escaped.replace('é', "\\u00e9").replace('👍', "\\ud83d\\udc4d");
            }
            for panel in [&panel, &escaped] {
                let found: Vec<String> = objects(panel)
                    .iter()
                    .map(|record| Query::read(record).and_then(|query| query.raw_sql).unwrap_or_default())
                    .collect();
                prop_assert_eq!(&found, &texts);
            }
        }

        #[test]
        fn any_text_is_survived(panel in ".{0,80}", cut in "\"[\\\\u{}\\[\\]\"q]{0,40}") {
            objects(&panel);
            objects(&cut);
        }
    }
}
