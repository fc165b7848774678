//! Formats: how a file is recognised and read. Adding one is one file under `src/import/`, one line
//! in [`FORMATS`], and fixtures. The registry also feeds the welcome page and the README's table.

pub mod access;
pub mod assert_queries;
mod beginning;
pub mod callgrind;
pub mod chrome_trace;
mod clock;
pub mod collapsed;
pub mod connection_queries;
pub mod debug_toolbar;
mod decimal;
pub mod django;
pub mod django_json;
mod elements;
mod error;
pub mod firefox;
mod foreign;
mod frame;
pub mod gprof2dot;
pub mod importtime;
mod json;
mod key;
pub mod line_profiler;
mod line_stacks;
mod lines;
pub mod marshal;
pub mod memory_profiler;
pub mod memray_csv;
pub mod memray_page;
pub mod memray_stats;
pub mod mojo;
pub mod mysql_general;
pub mod mysql_slow;
mod nested;
pub mod opentelemetry;
pub mod perf_script;
mod pickle;
mod postgres;
pub mod postgres_csv;
pub mod postgres_json;
pub mod postgres_stderr;
pub mod postgres_syslog;
pub mod pprof;
pub mod print_sql;
pub mod pstats;
pub mod pyinstrument;
mod quotes;
pub mod recorder;
mod records;
pub mod scalene;
pub mod schema;
mod several;
pub mod silk;
pub mod slices;
pub mod speedscope;
pub mod sqlalchemy;
mod stamp;
pub mod statistics;
pub mod tachyon;
pub mod tachyon_jsonl;
pub mod tachyon_page;
pub mod tracemalloc;
pub mod urls;
pub mod vprof;
pub mod waiting;
mod wire;
mod within;
mod wrapped;

use std::future::ready;

use thiserror::Error;

pub use error::ImportError;
pub use several::{Members, Together, members};
use slices::Sliced;
use waiting::Importing;

pub use crate::document::Kind;
pub use crate::input::Options;
pub use crate::queries::{EventText, StatementText};

use crate::document::{Document, LOGS, Level};
use crate::format;
use crate::input::{Input, Places, Progress, Source, bundle, rotation};
use crate::saved;

/// What a user is told about a format.
#[derive(Debug, PartialEq, Eq)]
pub struct About {
    /// Stable, lower-case identifier (`pstats`, `postgres-stderr`), as in `summary --json`.
    pub id: &'static str,
    /// Its name as people say it.
    pub title: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// How to record such a file: the shortest way, to be copied, in the first line; notes after it.
    pub how_to_record: &'static str,
}

/// One file format.
pub trait Format: Sync {
    /// What there is to say about it without reading anything.
    fn about(&self) -> &'static About;
    /// [`About::id`].
    fn id(&self) -> &'static str {
        self.about().id
    }
    /// [`About::title`].
    fn title(&self) -> &'static str {
        self.about().title
    }
    /// How sure the format is that `head` (the first unwrapped bytes) is one of its files: 0 not at
    /// all, 100 certain. The name is never asked.
    fn detect(&self, head: &[u8]) -> u8;
    /// The byte of `head` at which what makes it sure begins: of two formats that are, the one is meant that begins
    /// first. The other's line is in a literal, a comment or a parameter of it.
    fn begins(&self, head: &[u8]) -> usize {
        let _ = head;
        0
    }
    /// Whether it consists of lines of text, whatever is in them: within JSON they are none.
    fn is_lines(&self) -> bool {
        false
    }
    /// Whether its lines may be wrapped in what platforms and collectors put around them ([`wrapped`]).
    fn can_be_wrapped(&self) -> bool {
        false
    }
    /// Reads the whole input.
    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError>;
    /// Reads the whole input as it comes: a format of long files waits between its records.
    fn import_waiting<'a>(&'a self, input: &'a mut Input<'_>) -> Importing<'a> {
        Box::pin(ready(self.import(input)))
    }
    /// How it is read in slices by several workers, if it can be.
    fn slices(&self) -> Option<&dyn Sliced> {
        None
    }
    /// Whether files of this format that follow each other in time can be read as if they were one: true
    /// of logs that are written line by line.
    fn can_be_joined(&self) -> bool {
        false
    }
    /// For logs: one statement's SQL and parameters out of the bytes of its record, as
    /// [`crate::queries::Statements`] gives their place.
    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        let _ = record;
        None
    }
    /// For logs: what an event's record says, as [`crate::queries::Events`] gives its place.
    fn event_text(&self, record: &[u8]) -> Option<EventText> {
        let _ = record;
        None
    }
}

/// A format of a kind that another build reads: it is told from the others here as well, as a file is opened before
/// anyone knows what it is.
struct Elsewhere<F>(F);

impl<F: Format> Format for Elsewhere<F> {
    fn about(&self) -> &'static About {
        self.0.about()
    }

    fn detect(&self, head: &[u8]) -> u8 {
        self.0.detect(head)
    }

    fn begins(&self, head: &[u8]) -> usize {
        self.0.begins(head)
    }

    fn is_lines(&self) -> bool {
        self.0.is_lines()
    }

    fn can_be_wrapped(&self) -> bool {
        self.0.can_be_wrapped()
    }

    fn can_be_joined(&self) -> bool {
        self.0.can_be_joined()
    }

    fn import(&self, _: &mut Input<'_>) -> Result<Document, ImportError> {
        Err(ImportError::elsewhere(self.about().kind))
    }
}

/// Makes the registry and its catalogue out of one list.
macro_rules! formats {
    ($($format:path: $about:path,)*) => {
        /// Every format that can be read, in the order the welcome page shows them.
        pub static FORMATS: &[&dyn Format] =
            &[$(if $about.kind.is_read_here() { &$format } else { &Elsewhere($format) }),*];
        /// What there is to say about each of [`FORMATS`]. The page, which never parses, names only
        /// this: naming a format would bring its whole reader into the page's wasm.
        pub static CATALOGUE: &[&About] = &[$(&$about),*];
    };
}

formats! {
    pstats::Pstats: pstats::ABOUT,
    collapsed::Collapsed: collapsed::ABOUT,
    speedscope::Speedscope: speedscope::ABOUT,
    chrome_trace::ChromeTrace: chrome_trace::ABOUT,
    pyinstrument::Pyinstrument: pyinstrument::ABOUT,
    importtime::ImportTime: importtime::ABOUT,
    perf_script::PerfScript: perf_script::ABOUT,
    callgrind::Callgrind: callgrind::ABOUT,
    vprof::Vprof: vprof::ABOUT,
    pprof::Pprof: pprof::ABOUT,
    tachyon::Tachyon: tachyon::ABOUT,
    tachyon_page::TachyonPage: tachyon_page::ABOUT,
    tachyon_jsonl::TachyonJsonl: tachyon_jsonl::ABOUT,
    firefox::Firefox: firefox::ABOUT,
    mojo::Mojo: mojo::ABOUT,
    memray_csv::MemrayCsv: memray_csv::ABOUT,
    memray_page::MemrayPage: memray_page::ABOUT,
    memray_stats::MemrayStats: memray_stats::ABOUT,
    gprof2dot::Gprof2dot: gprof2dot::ABOUT,
    tracemalloc::Tracemalloc: tracemalloc::ABOUT,
    line_profiler::LineProfiler: line_profiler::ABOUT,
    scalene::Scalene: scalene::ABOUT,
    memory_profiler::MemoryProfiler: memory_profiler::ABOUT,
    recorder::Recorder: recorder::ABOUT,
    django_json::DjangoJson: django_json::ABOUT,
    django::DjangoLog: django::ABOUT,
    silk::Silk: silk::ABOUT,
    debug_toolbar::DebugToolbar: debug_toolbar::ABOUT,
    connection_queries::ConnectionQueries: connection_queries::ABOUT,
    assert_queries::AssertQueries: assert_queries::ABOUT,
    print_sql::PrintSql: print_sql::ABOUT,
    opentelemetry::OpenTelemetry: opentelemetry::ABOUT,
    sqlalchemy::SqlAlchemy: sqlalchemy::ABOUT,
    postgres_stderr::PostgresStderr: postgres_stderr::ABOUT,
    postgres_csv::PostgresCsv: postgres_csv::ABOUT,
    postgres_json::PostgresJson: postgres_json::ABOUT,
    postgres_syslog::PostgresSyslog: postgres_syslog::ABOUT,
    mysql_slow::MysqlSlow: mysql_slow::ABOUT,
    mysql_general::MysqlGeneral: mysql_general::ABOUT,
    statistics::PgStatStatements: statistics::PG_ABOUT,
    statistics::MysqlDigests: statistics::MYSQL_ABOUT,
    schema::SchemaFile: schema::ABOUT,
    access::Gunicorn: access::GUNICORN_ABOUT,
    access::Uwsgi: access::UWSGI_ABOUT,
    access::Nginx: access::NGINX_ABOUT,
    access::Apache: access::APACHE_ABOUT,
    access::Combined: access::COMBINED_ABOUT,
    access::Unquoted: access::UNQUOTED_ABOUT,
    access::AccessJson: access::JSON_ABOUT,
    access::Granian: access::GRANIAN_ABOUT,
    access::Uvicorn: access::UVICORN_ABOUT,
    access::Hypercorn: access::HYPERCORN_ABOUT,
    access::Daphne: access::DAPHNE_ABOUT,
    access::Tornado: access::TORNADO_ABOUT,
    access::HaProxy: access::HAPROXY_ABOUT,
    access::Caddy: access::CADDY_ABOUT,
    access::Traefik: access::TRAEFIK_ABOUT,
    access::Werkzeug: access::WERKZEUG_ABOUT,
    access::Structlog: access::STRUCTLOG_ABOUT,
    access::Alb: access::ALB_ABOUT,
    access::Heroku: access::HEROKU_ABOUT,
}

/// What can be read, as a short list: the start page has all of it.
pub const SUPPORTED: &[&str] = &[
    "Profiles: cProfile and other pstats, py-spy, pyinstrument, VizTracer, Tachyon, Austin, Firefox, pprof, perf, callgrind",
    "Memory and lines: memray, Scalene, tracemalloc, memory_profiler, line_profiler, vprof",
    "SQL logs: Django, SQLAlchemy, PostgreSQL, MySQL and MariaDB",
    "Requests: gunicorn, uWSGI, Granian, uvicorn, hypercorn, daphne, nginx, Apache, HAProxy, Caddy, Traefik, AWS ALB, Heroku",
    "Statistics and schemas: pg_stat_statements, MySQL's digests, pg_dump and mysqldump",
];

/// A format that scores this is sure of itself; less is a guess.
const SURE: u8 = 60;

/// The format of `head`, if any knows it: of those that are sure the one whose text begins first.
pub fn detect(head: &[u8]) -> Option<&'static dyn Format> {
    let is_json = wrapped::is_json(head);
    // What stands on a line within JSON is no line.
    let plain = best(head, |format| !(is_json && format.is_lines()));
    let Some((around, inner)) = wrapped::head(head) else { return plain.map(|(_, format)| format) };
    // Formats that are JSON themselves know more of their objects than what is in one field.
    if let Some((score, format)) = plain
        && is_json
        && score >= SURE
    {
        return Some(format);
    }
    if let Some(format) = wrapped::main_format(&around, head) {
        return Some(format);
    }
    let inner = match around.has_syslog() {
        true => best(head, |format| format.id() == postgres_syslog::ABOUT.id),
        false => best(&inner, |format| format.can_be_wrapped()),
    };
    inner.filter(|(score, _)| *score >= SURE).or(plain).map(|(_, format)| format)
}

/// The format that `head` begins with, and how sure it is.
fn best(head: &[u8], asked: impl Fn(&dyn Format) -> bool) -> Option<(u8, &'static dyn Format)> {
    let scores = FORMATS.iter().filter(|format| asked(**format)).map(|&format| (format.detect(head), format));
    let mut scores: Vec<(u8, &'static dyn Format)> = scores.filter(|(score, _)| *score > 0).collect();
    if scores.iter().filter(|(score, _)| *score >= SURE).count() > 1 {
        scores.retain(|(score, _)| *score >= SURE);
        if scores.iter().any(|(_, format)| format.about().kind == Kind::Queries) {
            scores.retain(|(score, format)| {
                format.about().kind != Kind::Requests || *score >= access::HARDLY_ANYTHING_ELSE
            });
        }
        let begins: Vec<usize> = scores.iter().map(|(_, format)| format.begins(head)).collect();
        let first = begins.iter().copied().min().unwrap_or(0);
        let mut begins = begins.into_iter();
        scores.retain(|_| begins.next() == Some(first));
    }
    // On equal scores the earlier entry wins: the registry is ordered.
    let most = scores.iter().map(|(score, _)| *score).max()?;
    scores.into_iter().find(|(score, _)| *score == most)
}

/// Where `part`, which lies within `whole`, begins in it.
fn offset_in(whole: &[u8], part: &[u8]) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len())
}

/// What `source` holds, by its head only; `None` if nothing that is known.
pub fn kind(source: &dyn Source) -> Option<Kind> {
    let input = open(source, &|_| ()).ok()?;
    let head = input.head();
    if saved::is(head) { saved::kind(head) } else { detect(head).map(|format| format.about().kind) }
}

/// The format with this id.
pub fn by_id(id: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.id() == id)
}

/// Whether its content looks like something that is read here. Nothing says that it can be read to its end.
pub fn is_known(source: &dyn Source) -> bool {
    open(source, &|_| ()).is_ok_and(|input| saved::is(input.head()) || detect(input.head()).is_some())
}

/// Opens, detects and reads `source`.
///
/// # Errors
/// When no format can read it.
pub fn import(source: &dyn Source, progress: &dyn Fn(Progress)) -> Result<Document, ImportError> {
    read(source, progress, &Options::default()).map(|(document, _)| document)
}

/// Like [`import`], with what the user says about the file; also gives where in the source the document's
/// bytes are, to read texts again.
///
/// # Errors
/// When no format can read it.
pub fn read(
    source: &dyn Source,
    progress: &dyn Fn(Progress),
    options: &Options,
) -> Result<(Document, Places), ImportError> {
    waiting::now(read_waiting(source, progress, options))
}

/// Like [`read`], of a source whose bytes may have to be waited for.
///
/// # Errors
/// When no format can read it.
pub async fn read_waiting(
    source: &dyn Source,
    progress: &dyn Fn(Progress),
    options: &Options,
) -> Result<(Document, Places), ImportError> {
    let mut input = open(source, progress)?;
    input.options = options.clone();
    if saved::is(input.head()) {
        if let Some(kind) = saved::kind(input.head()).filter(|kind| !kind.is_read_here()) {
            return Err(ImportError::elsewhere(kind));
        }
        // It names the format it was recorded in, which it is shown as.
        let bytes = input.read_all(saved::LIMIT).map_err(|error| ImportError::reading(&error))?;
        let format = |id: &str| by_id(id).map(|format| format.id());
        let document = saved::read(&bytes, &format).map_err(|problem| ImportError {
            looked_like: Some(saved::TITLE),
            place: None,
            problem,
            advice: "Save it again from where it came from.".to_owned(),
            supported: &[],
            elsewhere: None,
        })?;
        return Ok((document, input.places()));
    }
    // A layout that is given is of an access log, whatever it looks like.
    let given: Option<&'static dyn Format> =
        if options.log_format.is_some() { by_id(access::COMBINED_ABOUT.id) } else { None };
    let Some(format) = given.or_else(|| detect(input.head())) else {
        let error = unknown(input.head());
        return Err(if input.is_cut_short() { error.of_too_little() } else { error });
    };
    let imported = format.import_waiting(&mut input).await;
    let cut = input.is_cut_short();
    let mut document = imported.map_err(|error| if cut { error.of_cut_file() } else { error })?;
    let places = input.places();
    for damage in places.damage() {
        let what = if damage.is_cut { "ends in the middle" } else { "is damaged" };
        let message = format!(
            "what is compressed {what}: the first {} of it are read, the rest is missing",
            format::bytes(damage.unwrapped)
        );
        document.diagnostics.note(Level::Warning, &message, || Some(damage.part.clone()));
    }
    if let [first, .., _] = places.parts() {
        let names: Vec<&str> = places.parts().iter().map(|part| part.name.as_str()).collect();
        let (count, names) = (names.len(), names.join(", "));
        let message = format!("{count} files are read as one log, in order of time: {names}");
        document.diagnostics.note(Level::Info, &message, || None);
        document.name = rotation::name(&first.name);
    }
    Ok((document, places))
}

/// Opens `source`, the parts of a log in order of time.
///
/// # Errors
/// When it cannot be read or unwrapped.
pub fn open<'a>(source: &'a dyn Source, progress: &'a dyn Fn(Progress)) -> Result<Input<'a>, ImportError> {
    let reading = |error| ImportError::reading(&error);
    let parts = match bundle::parts(source).map_err(reading)? {
        Some(parts) => several::in_order(source, parts),
        None => bundle::whole(source),
    };
    Input::open_parts(source, parts, progress).map_err(reading)
}

/// The error for a head no format knows; names what it looks like, as far as can be said.
fn unknown(head: &[u8]) -> ImportError {
    if head.is_empty() {
        let advice = "Nothing was written to it: the program was stopped before it ended, or is still running. Record again: \
                      python -m cProfile -o app.prof app.py";
        return ImportError {
            looked_like: None,
            place: None,
            problem: "the file is empty".to_owned(),
            advice: advice.to_owned(),
            supported: &[],
            elsewhere: None,
        };
    }
    // Lines of requests may begin as JSON does: `[2026-11-28 …] "GET / HTTP/1.1" 200`.
    let has_protocol = || memchr::memmem::find(head, b" HTTP/").is_some();
    if LOGS && head.first() != Some(&b'{') && (has_protocol() || access::looks_like_requests(head)) {
        return ImportError {
            looked_like: Some(error::UNTOLD_LAYOUT),
            place: None,
            problem: "the layout of its lines cannot be told".to_owned(),
            advice: access::HOW_TO_GIVE.to_owned(),
            supported: &[],
            elsewhere: None,
        };
    }
    let foreign = foreign::name(head);
    let advice = foreign.map_or("", |foreign| foreign.advice);
    ImportError {
        looked_like: foreign.map(|foreign| foreign.what),
        place: None,
        problem: "Flamedrop cannot read this format".to_owned(),
        advice: advice.to_owned(),
        // Where it is known what to do, that is enough.
        supported: if advice.is_empty() { SUPPORTED } else { &[] },
        elsewhere: None,
    }
}
