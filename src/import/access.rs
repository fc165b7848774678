//! Logs of requests, one file per server. What they have in common: lines are read one by one ([`read`]), fields are
//! found by a layout ([`layout`]) or by names ([`pairs`]), and each request stands where it began.

mod alb;
mod apache;
mod assign;
mod caddy;
mod columns;
mod combined;
mod configured;
mod daphne;
mod durations;
mod ends;
mod fields;
mod further;
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
mod servers;
mod structlog;
mod traefik;
mod unquoted;
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
pub use unquoted::{ABOUT as UNQUOTED_ABOUT, Unquoted};
pub use uvicorn::{ABOUT as UVICORN_ABOUT, Uvicorn};
pub use uwsgi::{ABOUT as UWSGI_ABOUT, Uwsgi};
pub use werkzeug::{ABOUT as WERKZEUG_ABOUT, Werkzeug};

use self::further::{Further, Kept, Reading};
use self::layout::{Layout, Seen, Server};
use self::roles::Role;
use super::records::{Records, shown};
use super::waiting::Importing;
use super::{Format, ImportError, urls, wrapped};
use crate::document::{Content, Diagnostics, Document, LOGS, Level};
use crate::format;
use crate::input::{Input, Wrapping};
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

/// So many requests say how long lines are.
const ENOUGH: usize = 1024;

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
    /// Whether a line that is not read is one of a request nevertheless.
    fn is_request(&self, line: &[u8]) -> bool {
        layout::has_request(line)
    }
    /// What the stamps are, and how fine durations are, ms.
    fn times(&self) -> (Moment, f64);
    /// Whether the unit of durations is taken from the point in their numbers only.
    fn is_guessed(&self) -> bool {
        false
    }
    /// Whether there is a number that may be a duration, in a unit that cannot be told: what says so asks for the unit.
    fn is_ambiguous(&self) -> bool {
        false
    }
    /// What was inferred, to be shown.
    fn inferred(&self) -> Option<String> {
        None
    }
    /// The layout of requests that it cannot read: some logs change theirs on the way.
    fn further(&self, requests: &[u8]) -> Option<Layout> {
        let _ = requests;
        None
    }
    /// Why it cannot read a line, where its layout is given.
    fn misfit(&self, line: &[u8]) -> Option<String> {
        let _ = line;
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

    fn is_request(&self, line: &[u8]) -> bool {
        let is_apart = self.fields.iter().any(|field| field.role == Role::Method);
        layout::has_request(line) || is_apart && unquoted::has_request(line)
    }

    fn times(&self) -> (Moment, f64) {
        (self.moment, self.step)
    }

    fn is_guessed(&self) -> bool {
        self.is_guessed
    }

    fn is_ambiguous(&self) -> bool {
        self.ambiguous.is_some()
    }

    fn inferred(&self) -> Option<String> {
        Some(format!("layout: {}", self.in_words()))
    }

    fn further(&self, requests: &[u8]) -> Option<Layout> {
        further::layout_of(self, requests)
    }

    fn misfit(&self, line: &[u8]) -> Option<String> {
        self.is_given.then(|| configured::misfit(self, layout::without_logger(line))).flatten()
    }

    fn say(&self, diagnostics: &mut Diagnostics) {
        if self.has_commas {
            let message = "numbers with a comma in place of the point (0,024) are not read as durations: have them written \
                           with a point";
            diagnostics.note(Level::Warning, message, || None);
        }
        let Some(median) = self.ambiguous else { return };
        let guess = |unit: f64| format::milliseconds(median * unit);
        let message = format!(
            "a number in its lines may be how long requests took, but its unit cannot be told: half of them would take {} \
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

fn layout_of(head: &[u8], format: &dyn Format) -> Option<Layout> {
    if format.id() == UNQUOTED_ABOUT.id { unquoted::worked_out(head) } else { Layout::of(head) }
}

/// Reads a log whose layout its beginning tells.
fn import_by_layout<'a>(format: &'a dyn Format, input: &'a mut Input<'_>) -> Importing<'a> {
    let given = input.options.log_format.clone();
    let layout = match &given {
        Some(notation) => notation::parse(notation).map_err(|problem| {
            ImportError::new(format, problem, "Give the format as the server's configuration has it.")
        }),
        None => layout_of(&wrapped::head_for(input, format), format).ok_or_else(|| {
            ImportError::new(format, "no line of its beginning has a request and a status", HOW_TO_GIVE)
        }),
    };
    match layout {
        Ok(layout) => read(format, input, Box::new(layout)),
        Err(error) => Box::pin(std::future::ready(Err(error))),
    }
}

/// What to do about lines whose layout is not known.
pub(super) const HOW_TO_GIVE: &str = "Give the layout as the server's configuration has it (log_format, LogFormat, access_log_format) \
                                      with --log-format; the page has a field for it.";

/// Why a layout that is given reads no line: of the first one that is a request's, else of the first one.
#[derive(Default)]
struct Wrong {
    why: Option<String>,
    is_of_request: bool,
}

impl Wrong {
    fn see(&mut self, lines: &dyn Lines, line: &[u8], number: u64, is_request: bool) {
        if self.is_of_request || self.why.is_some() && !is_request {
            return;
        }
        self.is_of_request = is_request;
        if let Some(why) = lines.misfit(line) {
            self.why =
                Some(format!("none of its lines is of the layout that is given. Line {number}: {why}"));
        }
    }
}

/// Reads a log line by line.
fn read<'a>(format: &'a dyn Format, input: &'a mut Input<'_>, lines: Box<dyn Lines>) -> Importing<'a> {
    Box::pin(async move {
        let name = input.name().to_owned();
        let is_given = input.options.log_format.is_some();
        let patterns = match input.options.urls.as_deref().map(urls::read) {
            None => Patterns::default(),
            Some(Ok(patterns)) => patterns,
            Some(Err(problem)) => {
                let problem = format!("the site's patterns cannot be read: {problem}");
                let advice = "Give the output of manage.py show_urls, or the site's urls.py.";
                return Err(ImportError::new(format, problem, advice));
            }
        };
        let mut reading = Reading::with(patterns);
        let mut open: rustc_hash::FxHashMap<Vec<u8>, (usize, f64)> = rustc_hash::FxHashMap::default();
        let mut further = Further::default();
        let mut wrong = Wrong::default();
        let mut scratch = Vec::new();
        // What is compressed does not say how much there is.
        let size = if input.wrapping() == Wrapping::Plain { input.stored_size() } else { 0 };
        let mut records = Records::of(input, format);
        lines.say(&mut reading.diagnostics);
        while let Some(record) =
            records.ready().await.next(|_, _| false).map_err(|error| ImportError::reading(&error))?
        {
            let Some(line) = record.whole_line(&mut reading.diagnostics) else { continue };
            let place = || Some(format!("line {}: {}", record.line, shown(line)));
            scratch.clear();
            let (mut seen, begun, ended) = match lines.read(line, &mut scratch) {
                Line::Request(seen) => {
                    further.pass(&*lines, &mut reading);
                    (seen, None, None)
                }
                Line::Begun(seen, id) => (seen, Some(id), None),
                Line::Ended(seen, id) => (seen, None, Some(id)),
                Line::Other if lines.is_request(line) => match further.read(line) {
                    Some(seen) => (seen, None, None),
                    None => {
                        wrong.see(&*lines, line, record.line, true);
                        let kept = Kept::of(line, (record.line, record.offset, record.length));
                        further.keep(kept, &*lines, &mut reading);
                        continue;
                    }
                },
                Line::Other => {
                    wrong.see(&*lines, line, record.line, false);
                    reading.diagnostics.note(Level::Info, "lines that are no requests were skipped", place);
                    continue;
                }
            };
            reading.place(&mut seen, (record.offset, record.length), place);
            let entry = &mut seen.entry;
            if let Some(id) = ended {
                if let Some((at, start)) = open.remove(id) {
                    reading.builder.finish_request(at, entry.status, (entry.stamp - start).max(0.0));
                    continue;
                }
                reading.diagnostics.note(
                    Level::Info,
                    "requests whose beginning is not in the log have no duration",
                    place,
                );
            }
            if !reading.builder.has_room() {
                reading.builder.expect(expected(reading.builder.len(), entry.offset, size));
            }
            let at = reading.builder.push(entry);
            if let Some(id) = begun {
                open.insert(id.to_vec(), (at, entry.stamp));
            }
        }
        further.finish(&*lines, &mut reading);
        let Reading { builder, mut diagnostics, zone, .. } = reading;
        records.diagnose(&mut diagnostics);
        let unfinished = open.len() as u64;
        diagnostics.note_many(
            Level::Info,
            "requests whose end is not in the log have neither status nor duration",
            unfinished,
            || None,
        );
        if builder.is_empty() {
            let problem = wrong.why.unwrap_or_else(|| "none of its lines is a request".to_owned());
            let advice = match is_given {
                true => {
                    "Give the layout that the server had when it wrote this log, as its configuration has it."
                }
                false => HOW_TO_GIVE,
            };
            return Err(ImportError::new(format, problem, advice));
        }
        say_of_patterns(&builder, &mut diagnostics);
        // Who logs durations already need not be told how: the unit is asked for.
        let is_ambiguous = lines.is_ambiguous() || further.is_ambiguous();
        let (how, cannot) = if is_ambiguous { ("", "") } else { how_to_time(format) };
        let log = builder.finish(zone, further.inferred(&*lines), further.times(&*lines), how);
        if lines.is_guessed() || further.is_guessed() {
            plausible::say(&log, &mut diagnostics);
        }
        let served = log.served.as_deref();
        if served.is_some_and(|served| served.step == 0.0) && !is_ambiguous {
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

/// How many requests a log of `size` bytes has that has had so many in the first `read` bytes. A few more: lines grow with
/// addresses and times.
fn expected(requests: usize, read: u64, size: u64) -> usize {
    if requests < ENOUGH || read == 0 || size <= read {
        return 0;
    }
    (requests as f64 * (size as f64 / read as f64) * 1.01) as usize + 1
}

/// The line of a request as it stands in the file.
fn line_text(record: &[u8]) -> Option<crate::queries::StatementText> {
    let record = wrapped::first(record);
    let line = super::records::trim_end(super::records::trim_mark(&record));
    Some(crate::queries::StatementText { sql: String::from_utf8_lossy(line).into_owned(), parameters: None })
}

/// Whether a line is a server's of a request: what is looked for within wrappings.
pub(super) fn begins(line: &[u8]) -> bool {
    layout::has_request(line) || uwsgi::is_line(line) || unquoted::has_request(line)
}

/// Whether a layout that is given reads a line of this beginning.
pub(super) fn is_read_by(notation: &str, head: &[u8]) -> bool {
    notation::parse(notation).is_ok_and(|layout| layout::lines(head).any(|line| layout.read(line).is_some()))
}

/// Whether lines are those of a log of requests whose layout cannot be told: most have a method, an address and a status.
pub(super) fn looks_like_requests(head: &[u8]) -> bool {
    const METHODS: [&[u8]; 7] = [b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"];
    let is_one = |line: &[u8]| {
        let words = || line.split(|byte| b" \t|\"',;=".contains(byte));
        // Of labels (`status:200`) what is behind them.
        let value = |word: &'_ [u8]| memchr::memchr(b':', word).map_or(0, |at| at + 1);
        words().any(|word| METHODS.contains(&&word[value(word)..]))
            && words().any(|word| unquoted::is_target(word) || unquoted::is_target(&word[value(word)..]))
            && words().any(|word| fields::is_known_status(&word[value(word)..]))
    };
    unquoted::are_most(head, |line| line.first() != Some(&b'{') && is_one(line))
}

/// Whether a line says when: what stands in front of one that does not is the log's own.
pub(super) fn has_time(line: &[u8]) -> bool {
    let begins = |at: &usize| *at == 0 || b" [=\"\t|;".contains(&line[*at - 1]) || is_behind_label(line, *at);
    (0..line.len()).filter(begins).take(64).any(|at| {
        let rest = &line[at..];
        let end = match at > 0 && line[at - 1] == b'[' {
            true => memchr::memchr(b']', rest),
            false => rest.iter().position(|byte| b" \"\t|;".contains(byte)),
        };
        fields::when(&rest[..end.unwrap_or(rest.len())]).is_some()
    })
}

/// Whether a label ends before `at`: of `time:2026-…` what is behind it. No time of the day has letters before its colon.
fn is_behind_label(line: &[u8], at: usize) -> bool {
    at > 1 && line[at - 1] == b':' && line[at - 2].is_ascii_alphabetic()
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
