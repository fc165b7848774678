//! uWSGI's [request log](https://uwsgi-docs.readthedocs.io/en/latest/LogFormat.html): its own lines, which end
//! `generated 9 bytes in 63 msecs (HTTP/1.1 200) …`, and any `log-format`. Stamps are beginnings, without a zone. Counters
//! (`req: 15/21`) race between threads, so nothing goes by them. Lines within its JSON are taken out of it like those of
//! any wrapping.

use memchr::memmem;

use super::layout::{Layout, Seen, Server};
use super::{CERTAIN, HARDLY_ANYTHING_ELSE, Line, Lines, by_lines, fields, layout, share_of_lines, unquoted};
use crate::import::{About, Kind};
use crate::queries::served::Entry;
use crate::requests::Moment;

/// What there is to say about it.
pub static ABOUT: About =
    About { id: "uwsgi-log", title: "uWSGI's log", kind: Kind::Requests, how_to_record: RECORD };

const RECORD: &str = "uwsgi --log-micros --logto requests.log --module site.wsgi
Any log-format is read; %(micros)us and %(tmsecs) are the finest.";

/// The format.
pub struct Uwsgi;

by_lines!(Uwsgi, ABOUT, detect, is_request, of, true);

fn is_request(line: &[u8]) -> bool {
    is_line(line) || layout::has_request(line) || unquoted::has_request(line)
}

/// The layout of a log-format's lines, which need not quote the request where the server's start stands in front of them.
fn of_log_format(head: &[u8]) -> Option<Layout> {
    Layout::of(head).or_else(|| {
        let layout = has_start(head).then(|| unquoted::worked_out(head)).flatten()?;
        unquoted::are_most(head, |line| layout.read(line).is_some())
            .then_some(Layout { server: Server::Uwsgi, ..layout })
    })
}

/// Whether the server said that it started.
pub(super) fn has_start(head: &[u8]) -> bool {
    memmem::find(head, b"*** Starting uWSGI ").is_some()
}

fn detect(head: &[u8]) -> u8 {
    // The server says much before the first request, and so may the application between them; but a statement's literal
    // may hold such a line as well.
    if layout::lines(head).any(is_line) {
        return share_of_lines(head, CERTAIN, is_line).max(HARDLY_ANYTHING_ELSE - 1);
    }
    match of_log_format(head) {
        Some(layout) if layout.server == Server::Uwsgi => CERTAIN,
        _ => 0,
    }
}

fn of(head: &[u8]) -> Box<dyn Lines> {
    if layout::lines(head).any(is_line) {
        let is_fine = layout::lines(head).any(|line| memmem::find(line, b" micros (").is_some());
        return Box::new(Own { step: if is_fine { 1e-3 } else { 1.0 } });
    }
    match of_log_format(head) {
        Some(mut layout) => {
            layout.moment = Moment::Begin;
            Box::new(layout)
        }
        None => Box::new(Own { step: 1.0 }),
    }
}

/// uWSGI's own lines.
struct Own {
    step: f64,
}

/// Whether a line is one of its own.
pub fn is_line(line: &[u8]) -> bool {
    own(line).is_some_and(|line| memmem::find(line, b" => generated ").is_some())
}

/// A line without what options put in front of it: how much memory there is (`memory-report`), the host (`vhost`).
fn own(line: &[u8]) -> Option<&[u8]> {
    let mut rest = line;
    for begin in [&b"{address space usage: "[..], b"{rss usage: "] {
        if rest.starts_with(begin) {
            rest = &rest[memmem::find(rest, b"} ")? + 2..];
        }
    }
    if !rest.starts_with(b"[pid: ") {
        let host = memchr::memchr(b' ', rest)?;
        let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(byte);
        if !rest[..host].iter().all(is_host) {
            return None;
        }
        rest = &rest[host + 1..];
    }
    rest.starts_with(b"[pid: ").then_some(rest)
}

impl Lines for Own {
    fn read<'l>(&self, line: &'l [u8], _: &'l mut Vec<u8>) -> Line<'l> {
        request(line).map_or(Line::Other, Line::Request)
    }

    fn times(&self) -> (Moment, f64) {
        (Moment::Begin, self.step)
    }
}

/// `[pid: 27111|app: 0|req: 1/1] 127.0.0.1 () {28 vars in 344 bytes} [Sat Nov 28 22:30:29 2026] GET /fast/ => generated 9
/// bytes in 63 msecs (HTTP/1.1 200) 2 headers in 80 bytes (1 switches on core 0)`.
fn request(line: &[u8]) -> Option<Seen<'_>> {
    let rest = own(line)?.strip_prefix(b"[pid: ")?;
    let worker = &rest[..memchr::memchr(b'|', rest)?];
    let rest = &rest[memmem::find(rest, b"] ")? + 2..];
    let client = &rest[..memchr::memchr(b' ', rest)?];
    let open = memmem::find(rest, b" (")? + 2;
    let close = open + memmem::find(&rest[open..], b") {")?;
    let user = &rest[open..close];
    let rest = &rest[close + memmem::find(&rest[close..], b"} [")? + 3..];
    let (stamp, rest) = rest.split_at(memmem::find(rest, b"] ")?);
    let when = fields::when(stamp)?;
    let rest = &rest[2..];
    // The address may hold anything; what follows it comes last.
    let arrow = memmem::rfind(rest, b" => generated ")?;
    let (asked, answer) = (&rest[..arrow], &rest[arrow + 14..]);
    let blank = memchr::memchr(b' ', asked)?;
    let (method, target) = (&asked[..blank], &asked[blank + 1..]);
    let bytes = &answer[..memchr::memchr(b' ', answer)?];
    let took = &answer[memmem::find(answer, b" bytes in ")? + 10..];
    let number = &took[..memchr::memchr(b' ', took)?];
    let unit = match took.get(number.len() + 1..)? {
        rest if rest.starts_with(b"msecs ") => 1.0,
        rest if rest.starts_with(b"micros ") => 1e-3,
        _ => return None,
    };
    // How it was sent may stand between: ` via sendfile()`, ` via route()`, ` via offload()`.
    let open = memmem::find(took, b" (HTTP").unwrap_or(0);
    let close = open + memchr::memchr(b')', &took[open..])?;
    let status = fields::status(took[..close].rsplit(|&byte| byte == b' ').next()?)?;
    Some(Seen {
        odd: None,
        entry: Entry {
            stamp: when.milliseconds,
            moment: Moment::Begin,
            duration: fields::times(number, unit)?,
            method: if fields::is_method(method) { method } else { b"" },
            target,
            status,
            bytes: fields::whole(bytes),
            client,
            worker,
            user,
            ..Entry::default()
        },
        zone: when.zone,
    })
}
