//! uvicorn's [access log](https://github.com/encode/uvicorn/blob/master/uvicorn/logging.py):
//! `INFO:     127.0.0.1:44886 - "GET /fast/ HTTP/1.1" 200 OK`. No time, no duration; of a client that left there is no line
//! at all. What formatters or platforms put in front may have a time.

use memchr::memmem;

use super::layout::Seen;
use super::{CERTAIN, Line, Lines, by_lines, fields, share_of_lines};
use crate::import::{About, Kind};
use crate::queries::served::Entry;
use crate::requests::Moment;

/// What there is to say about it.
pub static ABOUT: About = About {
    id: "uvicorn-access",
    title: "uvicorn's access log",
    kind: Kind::Requests,
    how_to_record: RECORD,
};

const RECORD: &str = "gunicorn -k uvicorn_worker.UvicornWorker --access-logfile - --access-logformat '%(h)s %(l)s %(u)s %(t)s \"%(r)s\" %(s)s %(b)s \"%(f)s\" \"%(a)s\" %(L)s %(p)s' site.asgi
uvicorn itself logs neither when nor how long; a --log-config with %(asctime)s gives its lines times.";

/// The format.
pub struct Uvicorn;

by_lines!(Uvicorn, ABOUT, detect, is_line, |_: &[u8]| Box::new(Own) as Box<dyn Lines>, true);

fn detect(head: &[u8]) -> u8 {
    share_of_lines(head, CERTAIN, is_line)
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
        (Moment::End, 0.0)
    }
}

fn request(line: &[u8]) -> Option<Seen<'_>> {
    let line = fields::without_colours(line);
    let dash = memmem::find(line, b" - \"")?;
    let before = fields::without_colours(&line[..dash]);
    let client = before.rsplit(|byte| byte.is_ascii_whitespace()).next()?;
    if !client.contains(&b':') || client.is_empty() {
        return None;
    }
    let rest = &line[dash + 4..];
    let close = memmem::rfind(rest, b"\" ")?;
    let answer = fields::without_colours(&rest[close + 2..]);
    // A status with its words, and nothing else: others write bytes there.
    let (status, phrase) = answer.split_at_checked(3)?;
    let status = fields::status(status)?;
    let is_phrase = phrase.iter().all(|byte| byte.is_ascii_alphabetic() || b" -'".contains(byte));
    let (method, target) = fields::request(&rest[..close])?;
    // By rights the level comes first; where a formatter puts a time before it, that is when.
    let has_level = memmem::find(before, b"INFO").is_some();
    if !is_phrase || !has_level && !phrase.is_empty() {
        return None;
    }
    let front = &before[..before.len() - client.len()];
    let when = (0..front.len().min(40)).find_map(|at| {
        let begins = front[at].is_ascii_digit() && (at == 0 || !front[at - 1].is_ascii_alphanumeric());
        begins.then(|| fields::when(&front[at..fields::end_of_moment(front, at)?])).flatten()
    });
    let stamp = when.map_or(f64::NAN, |when| when.milliseconds);
    let client = fields::without_port(client);
    Some(Seen {
        entry: Entry { stamp, method, target, status, client, ..Entry::default() },
        zone: when.map_or(b"", |when| when.zone),
        odd: None,
    })
}
