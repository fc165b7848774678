//! Logs of requests, one file per server. What they have in common: lines are read one by one ([`read`]), fields are
//! found by a layout ([`layout`]) or by names ([`pairs`]), and each request stands where it began.

mod alb;
mod apache;
mod caddy;
mod combined;
mod daphne;
mod fields;
mod granian;
mod gunicorn;
mod haproxy;
mod heroku;
mod hypercorn;
mod json;
mod layout;
mod nginx;
mod notation;
mod pairs;
mod plausible;
mod roles;
mod structlog;
mod traefik;
mod uvicorn;
mod uwsgi;
mod werkzeug;

pub use alb::{ABOUT as ALB_ABOUT, Alb};
pub use apache::{ABOUT as APACHE_ABOUT, Apache};
pub use caddy::{ABOUT as CADDY_ABOUT, Caddy};
pub use combined::{ABOUT as COMBINED_ABOUT, Combined};
pub use daphne::{ABOUT as DAPHNE_ABOUT, Daphne};
pub use granian::{ABOUT as GRANIAN_ABOUT, Granian};
pub use gunicorn::{ABOUT as GUNICORN_ABOUT, Gunicorn};
pub use haproxy::{ABOUT as HAPROXY_ABOUT, HaProxy};
pub use heroku::{ABOUT as HEROKU_ABOUT, Heroku};
pub use hypercorn::{ABOUT as HYPERCORN_ABOUT, Hypercorn};
pub use json::{ABOUT as JSON_ABOUT, AccessJson};
pub use nginx::{ABOUT as NGINX_ABOUT, Nginx};
pub use structlog::{ABOUT as STRUCTLOG_ABOUT, Structlog};
pub use traefik::{ABOUT as TRAEFIK_ABOUT, Traefik};
pub use uvicorn::{ABOUT as UVICORN_ABOUT, Uvicorn};
pub use uwsgi::{ABOUT as UWSGI_ABOUT, Uwsgi};
pub use werkzeug::{ABOUT as WERKZEUG_ABOUT, Werkzeug};

use self::layout::{Layout, Seen, Server};
use super::clock;
use super::records::{Records, shown};
use super::waiting::Importing;
use super::{Format, ImportError, urls, wrapped};
use crate::document::{Content, Diagnostics, Document, LOGS, Level};
use crate::format;
use crate::input::Input;
use crate::queries::served::ServedBuilder;
use crate::requests::Moment;
use crate::requests::patterns::Patterns;

/// How sure a format is whose lines are read.
const CERTAIN: u8 = 90;

/// How sure one is of lines that several servers write.
const LIKELY: u8 = 86;

/// So many requests among many other lines are no chance.
const SEVERAL: usize = 5;

/// How sure one is of requests among other lines.
const AMONG_OTHERS: u8 = 61;

/// Of formats that are sure, those of requests are less so than SQL's below this ([`share_of_lines`]).
pub(super) const HARDLY_ANYTHING_ELSE: u8 = 80;

/// Lines of workers that write at once come a moment late; those of servers that log beginnings, by as long as requests take.
const LATE: f64 = 300_000.0;

/// What a line of the log is.
pub(super) enum Line<'a> {
    /// A request.
    Request(Seen<'a>),
    /// A request that was logged when it began, known by this.
    Begun(Seen<'a>, &'a [u8]),
    /// The end of a request that was logged when it began.
    Ended(Seen<'a>, &'a [u8]),
    /// Something else that the server says.
    Other,
}

/// How the lines of one log are read.
pub(super) trait Lines {
    /// What a line says. `scratch` is empty, for a text that must be put together.
    fn read<'l>(&self, line: &'l [u8], scratch: &'l mut Vec<u8>) -> Line<'l>;
    /// What the stamps are, and how fine durations are, ms.
    fn times(&self) -> (Moment, f64);
    /// Whether the unit of durations is taken from the point in their numbers only.
    fn is_guessed(&self) -> bool {
        false
    }
    /// What was inferred, to be shown.
    fn inferred(&self) -> Option<String> {
        None
    }
    /// What else is to be said of the log.
    fn say(&self, diagnostics: &mut Diagnostics) {
        let _ = diagnostics;
    }
}

impl Lines for Layout {
    fn read<'l>(&self, line: &'l [u8], _: &'l mut Vec<u8>) -> Line<'l> {
        Self::read(self, line).map_or(Line::Other, Line::Request)
    }

    fn times(&self) -> (Moment, f64) {
        (self.moment, self.step)
    }

    fn is_guessed(&self) -> bool {
        self.is_guessed
    }

    fn inferred(&self) -> Option<String> {
        Some(format!("layout: {}", self.in_words()))
    }

    fn say(&self, diagnostics: &mut Diagnostics) {
        let Some(median) = self.ambiguous else { return };
        let guess = |unit: f64| format::milliseconds(median * unit);
        let message = format!(
            "a number behind the status may be how long requests took, but its unit cannot be told: half of them would take {} \
             or more if it is microseconds, {} if milliseconds, {} if seconds. Durations are left out; say the layout with \
             --log-format",
            guess(1e-3),
            guess(1.0),
            guess(1e3)
        );
        diagnostics.note(Level::Warning, &message, || None);
    }
}

/// How sure a layout of one of `servers` is of the beginning of this log.
fn is_of(head: &[u8], servers: &[Server]) -> u8 {
    if !LOGS {
        // Whose it is, the build that reads it finds out.
        return share_of_lines(head, LIKELY, layout::has_request);
    }
    let Some(layout) = Layout::of(head).filter(|layout| servers.contains(&layout.server)) else { return 0 };
    let sure = if layout.server == Server::Any { LIKELY } else { CERTAIN };
    // Other loggers of Django's begin with the same stamp, and a literal of theirs may end as a request does.
    let is_near = |line: &[u8]| {
        let rest = memchr::memchr(b']', line).map_or(&[] as &[u8], |at| &line[at + 1..]);
        layout.server != Server::Runserver || rest.starts_with(b" \"") || rest.starts_with(b" \x1b")
    };
    let found = share_of_lines(head, sure, |line| is_near(line) && layout.read(line).is_some());
    // Of what a server writes in a dyno, the router's lines say more.
    if found > 0 && Heroku.detect(head) >= AMONG_OTHERS { 0 } else { found }
}

/// Where the first line that is a request's begins in `head`.
fn first_request(head: &[u8], is: impl Fn(&[u8]) -> bool) -> usize {
    layout::lines(head).find(|line| is(line)).map_or(usize::MAX, |line| super::offset_in(head, line))
}

/// Reads a log whose layout its beginning tells.
fn import_by_layout<'a>(format: &'a dyn Format, input: &'a mut Input<'_>) -> Importing<'a> {
    let given = input.options.log_format.clone();
    let layout = match &given {
        Some(notation) => notation::parse(notation).map_err(|problem| {
            ImportError::new(format, problem, "Give the format as the server's configuration has it.")
        }),
        None => Layout::of(&wrapped::head_for(input, format)).ok_or_else(|| {
            ImportError::new(
                format,
                "no line of its beginning has a request and a status",
                "Give its layout in the server's own notation: --log-format '%h %l %u %t \"%r\" %>s %b %D'",
            )
        }),
    };
    match layout {
        Ok(layout) => read(format, input, Box::new(layout)),
        Err(error) => Box::pin(std::future::ready(Err(error))),
    }
}

/// Reads a log line by line.
fn read<'a>(format: &'a dyn Format, input: &'a mut Input<'_>, lines: Box<dyn Lines>) -> Importing<'a> {
    Box::pin(async move {
        let name = input.name().to_owned();
        let patterns = match input.options.urls.as_deref().map(urls::read) {
            None => Patterns::default(),
            Some(Ok(patterns)) => patterns,
            Some(Err(problem)) => {
                let problem = format!("the site's patterns cannot be read: {problem}");
                let advice = "Give the output of manage.py show_urls, or the site's urls.py.";
                return Err(ImportError::new(format, problem, advice));
            }
        };
        let mut builder = ServedBuilder::with(patterns);
        let mut diagnostics = Diagnostics::default();
        let mut clock = clock::Clock::with_jitter(LATE);
        let mut zone: Option<String> = None;
        let mut open: rustc_hash::FxHashMap<Vec<u8>, (usize, f64)> = rustc_hash::FxHashMap::default();
        let mut scratch = Vec::new();
        let mut records = Records::of(input, format);
        lines.say(&mut diagnostics);
        while let Some(record) =
            records.ready().await.next(|_, _| false).map_err(|error| ImportError::reading(&error))?
        {
            let Some(line) = record.whole_line(&mut diagnostics) else { continue };
            let place = || Some(format!("line {}: {}", record.line, shown(line)));
            scratch.clear();
            let (mut seen, begun, ended) = match lines.read(line, &mut scratch) {
                Line::Request(seen) => (seen, None, None),
                Line::Begun(seen, id) => (seen, Some(id), None),
                Line::Ended(seen, id) => (seen, None, Some(id)),
                Line::Other if layout::has_request(line) => {
                    let message = "requests of another layout than the first ones were skipped: give each layout a file";
                    diagnostics.note(Level::Warning, message, place);
                    continue;
                }
                Line::Other => {
                    diagnostics.note(Level::Info, "lines that are no requests were skipped", place);
                    continue;
                }
            };
            let entry = &mut seen.entry;
            if !entry.stamp.is_nan() {
                if zone.is_none() && !seen.zone.is_empty() {
                    zone = Some(String::from_utf8_lossy(seen.zone).into_owned());
                }
                entry.stamp = clock.time(entry.stamp, seen.zone, &mut diagnostics, place);
            }
            (entry.offset, entry.length) = (record.offset, record.length);
            if seen.is_odd {
                let message = "durations that have no point among such that have one are in another unit, and were left out: \
                               give each layout a file";
                diagnostics.note(Level::Warning, message, place);
            }
            if let Some(id) = ended {
                if let Some((at, start)) = open.remove(id) {
                    builder.finish_request(at, entry.status, (entry.stamp - start).max(0.0));
                    continue;
                }
                diagnostics.note(
                    Level::Info,
                    "requests whose beginning is not in the log have no duration",
                    place,
                );
            }
            let at = builder.push(entry);
            if let Some(id) = begun {
                open.insert(id.to_vec(), (at, entry.stamp));
            }
        }
        records.diagnose(&mut diagnostics);
        let unfinished = open.len() as u64;
        diagnostics.note_many(
            Level::Info,
            "requests whose end is not in the log have neither status nor duration",
            unfinished,
            || None,
        );
        if builder.is_empty() {
            return Err(ImportError::new(
                format,
                "none of its lines is a request",
                "If its layout is another one, give it in the server's own notation with --log-format.",
            ));
        }
        say_of_patterns(&builder, &mut diagnostics);
        let (how, cannot) = how_to_time(format);
        let log = builder.finish(zone, lines.inferred(), lines.times(), how);
        if lines.is_guessed() {
            plausible::say(&log, &mut diagnostics);
        }
        let served = log.served.as_deref();
        if served.is_some_and(|served| served.step == 0.0) {
            let message = match served.and_then(|served| served.how_to_time.as_deref()) {
                Some(how) => format!("the log does not say how long requests took. To log it: {how}"),
                None => format!("the log does not say how long requests took. {cannot}"),
            };
            diagnostics.note(Level::Info, &message, || None);
        }
        Ok(Document { name, format: format.id(), content: Content::Requests(Box::new(log)), diagnostics })
    })
}

/// How many requests the site's own patterns are of.
fn say_of_patterns(builder: &ServedBuilder, diagnostics: &mut Diagnostics) {
    let (fitting, patterns) = builder.fitting();
    if patterns == 0 {
        return;
    }
    let count = |count: usize| format::count(count as i64);
    let patterns = format::counted(patterns as i64, "pattern", "patterns");
    let (level, message) = match fitting {
        0 => (
            Level::Warning,
            format!("no request fits one of the site's {patterns}: are they of another site?"),
        ),
        fitting => (
            Level::Info,
            format!(
                "routes are the site's own: {} of {} requests fit one of its {patterns}",
                count(fitting as usize),
                count(builder.len())
            ),
        ),
    };
    diagnostics.note(level, &message, || None);
}

/// How to log durations with a format's server, which is the first line of how to record such logs; or, of servers that
/// cannot, what the notes say of it.
fn how_to_time(format: &dyn Format) -> (&'static str, &'static str) {
    let (how, notes) =
        format.about().how_to_record.split_once('\n').unwrap_or((format.about().how_to_record, ""));
    match [DAPHNE_ABOUT.id, WERKZEUG_ABOUT.id].contains(&format.id()) {
        true => ("", notes),
        false => (how, notes),
    }
}

/// The line of a request as it stands in the file.
fn line_text(record: &[u8]) -> Option<crate::queries::StatementText> {
    let record = wrapped::first(record);
    let line = super::records::trim_end(super::records::trim_mark(&record));
    Some(crate::queries::StatementText { sql: String::from_utf8_lossy(line).into_owned(), parameters: None })
}

/// Whether a line is a server's of a request: what is looked for within wrappings.
pub(super) fn begins(line: &[u8]) -> bool {
    layout::has_request(line) || uwsgi::is_line(line)
}

/// Whether a line says when: what stands in front of one that does not is the log's own.
pub(super) fn has_time(line: &[u8]) -> bool {
    let begins = |at: &usize| *at == 0 || b" [=\"".contains(&line[*at - 1]);
    (0..line.len()).filter(begins).take(64).any(|at| {
        let rest = &line[at..];
        let end = match at > 0 && line[at - 1] == b'[' {
            true => memchr::memchr(b']', rest),
            false => rest.iter().position(|byte| b" \"".contains(byte)),
        };
        fields::when(&rest[..end.unwrap_or(rest.len())]).is_some()
    })
}

/// What formats with a layout have in common.
macro_rules! by_layout {
    ($type:ident, $about:expr, $servers:expr) => {
        crate::import::access::of_requests!(
            $type,
            $about,
            |head: &[u8]| crate::import::access::is_of(head, $servers),
            crate::import::access::layout::has_request,
            true,
            crate::import::access::import_by_layout
        );
    };
}

/// What formats whose lines are read by a value of their own have in common.
macro_rules! by_lines {
    ($type:ident, $about:expr, $detect:expr, $is_line:expr, $lines:expr, $is_lines:expr) => {
        impl $type {
            fn read<'a>(
                &'a self,
                input: &'a mut crate::input::Input<'_>,
            ) -> crate::import::waiting::Importing<'a> {
                let lines = $lines(&crate::import::wrapped::head_for(input, self));
                crate::import::access::read(self, input, lines)
            }
        }
        crate::import::access::of_requests!($type, $about, $detect, $is_line, $is_lines, $type::read);
    };
}

/// What all formats of logs of requests have in common.
macro_rules! of_requests {
    ($type:ident, $about:expr, $detect:expr, $is_line:expr, $is_lines:expr, $import:expr) => {
        impl crate::import::Format for $type {
            fn about(&self) -> &'static crate::import::About {
                &$about
            }

            fn detect(&self, head: &[u8]) -> u8 {
                $detect(head)
            }

            fn begins(&self, head: &[u8]) -> usize {
                crate::import::access::first_request(head, $is_line)
            }

            fn is_lines(&self) -> bool {
                $is_lines
            }

            fn can_be_wrapped(&self) -> bool {
                true
            }

            fn can_be_joined(&self) -> bool {
                true
            }

            fn import(
                &self,
                input: &mut crate::input::Input<'_>,
            ) -> Result<crate::document::Document, crate::import::ImportError> {
                crate::import::waiting::now(self.import_waiting(input))
            }

            fn import_waiting<'a>(
                &'a self,
                input: &'a mut crate::input::Input<'_>,
            ) -> crate::import::waiting::Importing<'a> {
                $import(self, input)
            }

            fn statement_text(&self, record: &[u8]) -> Option<crate::queries::StatementText> {
                crate::import::access::line_text(record)
            }
        }
    };
}

use {by_layout, by_lines, of_requests};

/// How sure a format is of a head of whose lines so many are its requests: `sure` if hardly any is another. Where many
/// are, but at least one in four is a request, or one in twelve and several are, a format of SQL that is sure as well is the
/// one that is meant: consoles print both, and a literal may hold a line of any log. Containers print what the application
/// says between the server's lines.
fn share_of_lines(head: &[u8], sure: u8, is: impl Fn(&[u8]) -> bool) -> u8 {
    let (mut all, mut found) = (0, 0);
    for line in layout::lines(head).take(400) {
        all += 1;
        found += usize::from(is(line));
    }
    match found {
        0 => 0,
        found if found * 5 >= all * 4 => sure,
        found if found * 4 >= all || found >= SEVERAL && found * 12 >= all => {
            if sure >= CERTAIN {
                AMONG_OTHERS + 4
            } else {
                AMONG_OTHERS
            }
        }
        _ => 0,
    }
}
