//! Logs of requests, one file per server. What they have in common: lines are read one by one ([`log`]), fields are
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
mod log;
mod nginx;
mod notation;
mod pairs;
mod plausible;
mod roles;
mod servers;
mod structlog;
mod tornado;
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
pub use tornado::{ABOUT as TORNADO_ABOUT, Tornado};
pub use traefik::{ABOUT as TRAEFIK_ABOUT, Traefik};
pub use unquoted::{ABOUT as UNQUOTED_ABOUT, Unquoted};
pub use uvicorn::{ABOUT as UVICORN_ABOUT, Uvicorn};
pub use uwsgi::{ABOUT as UWSGI_ABOUT, Uwsgi};
pub use werkzeug::{ABOUT as WERKZEUG_ABOUT, Werkzeug};

use self::layout::{Layout, Seen, Server};
use self::log::read;
use self::roles::Role;
use super::waiting::Importing;
use super::{Format, ImportError, wrapped};
use crate::document::{Diagnostics, LOGS, Level};
use crate::format;
use crate::input::Input;
use crate::requests::Moment;

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

/// The line of a request as it stands in the file.
fn line_text(record: &[u8]) -> Option<crate::queries::StatementText> {
    let record = wrapped::first(record);
    let line = super::records::trim_end(super::records::trim_mark(&record));
    Some(crate::queries::StatementText { sql: String::from_utf8_lossy(line).into_owned(), parameters: None })
}

/// Whether a line is a server's of a request: what is looked for within wrappings.
pub(super) fn begins(line: &[u8]) -> bool {
    layout::has_request(line) || uwsgi::is_line(line) || unquoted::has_request(line) || tornado::is_line(line)
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
