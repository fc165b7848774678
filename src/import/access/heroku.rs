//! Heroku's [router](https://devcenter.heroku.com/articles/http-routing#heroku-router-log-format), after its documents: pairs
//! `key=value` behind `heroku[router]:`. The stamp is when the line was written; `connect` and `service` are milliseconds and
//! empty where there was no dyno. Lines of the dynos are other logs.

use memchr::{memchr, memmem};

use super::layout::Seen;
use super::{CERTAIN, Line, Lines, by_lines, fields, share_of_lines};
use crate::import::{About, Kind};
use crate::queries::served::Entry;
use crate::requests::Moment;

/// What there is to say about it.
pub static ABOUT: About = About {
    id: "heroku-router",
    title: "Heroku's router's log",
    kind: Kind::Requests,
    how_to_record: RECORD,
};

const RECORD: &str = "heroku logs --tail --source heroku --dyno router > requests.log";

/// The format.
pub struct Heroku;

by_lines!(Heroku, ABOUT, detect, is_line, |_: &[u8]| Box::new(Own) as Box<dyn Lines>, true);

fn detect(head: &[u8]) -> u8 {
    share_of_lines(head, CERTAIN + 5, is_line)
}

fn is_line(line: &[u8]) -> bool {
    request(line).is_some()
}

struct Own;

impl Lines for Own {
    fn read<'l>(&self, line: &'l [u8], _: &'l mut Vec<u8>) -> Line<'l> {
        request(line).map_or(Line::Other, Line::Request)
    }

    fn times(&self) -> (Moment, f64) {
        (Moment::End, 1.0)
    }
}

const ROUTER: &[u8] = b"heroku[router]: ";

fn request(line: &[u8]) -> Option<Seen<'_>> {
    let router = memmem::find(line, ROUTER)?;
    // As `heroku logs` writes them; drains have syslog's numbers before.
    let when = line[..router].split(|&byte| byte == b' ').find_map(fields::when)?;
    let mut entry = Entry { stamp: when.milliseconds, moment: Moment::End, ..Entry::default() };
    let (mut connect, mut service) = (None, None);
    let mut rest = &line[router + ROUTER.len()..];
    while let Some(equals) = memchr(b'=', rest) {
        let key = rest[..equals].trim_ascii_start();
        rest = &rest[equals + 1..];
        let (value, after) = match rest.strip_prefix(b"\"") {
            Some(quoted) => {
                let end = memchr(b'"', quoted).unwrap_or(quoted.len());
                (&quoted[..end], quoted.get(end + 1..).unwrap_or_default())
            }
            None => rest.split_at(memchr(b' ', rest).unwrap_or(rest.len())),
        };
        rest = after;
        let milliseconds = || fields::with_unit(value).and_then(|(number, unit)| fields::times(number, unit));
        match key {
            b"method" => entry.method = value,
            b"path" => entry.target = value,
            b"fwd" => entry.client = value.split(|&byte| byte == b',').next().unwrap_or_default(),
            b"dyno" => entry.worker = value,
            b"connect" => connect = milliseconds(),
            b"service" => service = milliseconds(),
            b"status" => entry.status = fields::status(value)?,
            b"bytes" => entry.bytes = fields::whole(value),
            _ => {}
        }
    }
    if entry.target.is_empty() {
        return None;
    }
    entry.duration = match (connect, service) {
        (None, None) => f64::NAN,
        (connect, service) => connect.unwrap_or(0.0) + service.unwrap_or(0.0),
    };
    entry.upstream = service.unwrap_or(f64::NAN);
    Some(Seen { entry, zone: when.zone, odd: None })
}
