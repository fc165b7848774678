//! [django-structlog](https://django-structlog.readthedocs.io/)'s events, as JSON or as `key='value'`: a request is
//! `request_started` and, with the same `request_id`, `request_finished` or `request_failed`. How long it took is what lies
//! between; what a streaming answer sends after that is in no figure. Events of it that come in between are passed over.

use memchr::memchr;

use super::layout::{Seen, lines};
use super::pairs::{pairs, unescaped};
use super::{CERTAIN, Line, Lines, by_lines, fields};
use crate::import::{About, Kind};
use crate::queries::served::Entry;
use crate::requests::Moment;

/// What there is to say about it.
pub static ABOUT: About = About {
    id: "django-structlog",
    title: "django-structlog's events",
    kind: Kind::Requests,
    how_to_record: RECORD,
};

const RECORD: &str = "MIDDLEWARE = [\"django_structlog.middlewares.RequestMiddleware\", …], and structlog's JSONRenderer or KeyValueRenderer with TimeStamper(fmt=\"iso\")
Stamps to the microsecond, without the time that a request waits for a worker.";

/// The format.
pub struct Structlog;

by_lines!(Structlog, ABOUT, detect, is_line, |_: &[u8]| Box::new(Own) as Box<dyn Lines>, false);

fn detect(head: &[u8]) -> u8 {
    if lines(head).take(100).any(is_line) { CERTAIN } else { 0 }
}

fn is_line(line: &[u8]) -> bool {
    event(line).is_some_and(|event| {
        matches!(event.name, b"request_started" | b"request_finished" | b"request_failed")
            && event.request.is_some()
            && !event.id.is_empty()
    })
}

/// What an event says.
#[derive(Default)]
struct Event<'a> {
    name: &'a [u8],
    request: Option<&'a [u8]>,
    id: &'a [u8],
    stamp: &'a [u8],
    code: &'a [u8],
    client: &'a [u8],
    user: &'a [u8],
}

fn event(line: &[u8]) -> Option<Event<'_>> {
    let mut event = Event::default();
    let mut set = |key: &[u8], value| match key {
        b"event" => event.name = value,
        b"request" => event.request = Some(value),
        b"request_id" => event.id = value,
        b"timestamp" => event.stamp = value,
        b"code" => event.code = value,
        b"ip" => event.client = value,
        b"user_id" => event.user = value,
        _ => {}
    };
    if line.first() == Some(&b'{') {
        pairs(line).for_each(|(key, value)| set(key, value.bytes()));
    } else {
        each_repr(line, &mut set);
    }
    (!event.name.is_empty()).then_some(event)
}

/// The pairs of `key='value' key=1`, whose values are Python's `repr`.
fn each_repr<'l>(line: &'l [u8], set: &mut dyn FnMut(&'l [u8], &'l [u8])) {
    let mut rest = line;
    while let Some(equals) = memchr(b'=', rest) {
        let key = rest[..equals].rsplit(|&byte| byte == b' ').next().unwrap_or_default();
        rest = &rest[equals + 1..];
        match rest.first() {
            Some(&quote @ (b'\'' | b'"')) => {
                let mut end = 1;
                while rest.get(end).is_some_and(|byte| *byte != quote) {
                    end += if rest[end] == b'\\' { 2 } else { 1 };
                }
                let end = end.min(rest.len());
                set(key, &rest[1..end]);
                rest = rest.get(end + 1..).unwrap_or_default();
            }
            _ => {
                let end = memchr(b' ', rest).unwrap_or(rest.len());
                let value = &rest[..end];
                set(key, if value == b"None" { b"" } else { value });
                rest = &rest[end..];
            }
        }
    }
}

struct Own;

impl Lines for Own {
    fn read<'l>(&self, line: &'l [u8], scratch: &'l mut Vec<u8>) -> Line<'l> {
        let Some(Event { name, request: Some(request), id, stamp, code, client, user }) = event(line) else {
            return Line::Other;
        };
        let Some(when) = fields::when(stamp) else { return Line::Other };
        let (method, target) = fields::request(unescaped(request, scratch)).unwrap_or_default();
        let entry = Entry {
            stamp: when.milliseconds,
            moment: Moment::Begin,
            method,
            target,
            client,
            user,
            ..Entry::default()
        };
        let seen = |entry| Seen { entry, zone: when.zone, odd: None };
        match name {
            b"request_started" => Line::Begun(seen(entry), id),
            b"request_finished" => {
                Line::Ended(seen(Entry { status: fields::status(code).unwrap_or(0), ..entry }), id)
            }
            // It says no code: Django answers what nothing handles with 500.
            b"request_failed" => {
                Line::Ended(seen(Entry { status: fields::status(code).unwrap_or(500), ..entry }), id)
            }
            _ => Line::Other,
        }
    }

    fn times(&self) -> (Moment, f64) {
        (Moment::Begin, 1e-3)
    }
}
