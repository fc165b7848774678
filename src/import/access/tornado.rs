//! Tornado's [access log](https://github.com/tornadoweb/tornado/blob/master/tornado/web.py), which Jupyter's servers write as well:
//! `[I 261201 10:35:52 web:2591] 200 GET /fast/ (127.0.0.1) 756.83ms`, logged at the end. What is in front is the formatter's:
//! Tornado's own with a date of six digits, Jupyter's with a whole one, Python's without any.

use super::layout::Seen;
use super::{CERTAIN, Line, Lines, by_lines, fields, share_of_lines};
use crate::import::stamp;
use crate::import::{About, Kind};
use crate::queries::served::Entry;
use crate::requests::Moment;

/// What there is to say about it.
pub static ABOUT: About = About {
    id: "tornado-access",
    title: "Tornado's access log",
    kind: Kind::Requests,
    how_to_record: RECORD,
};

const RECORD: &str = "python app.py --log-file-prefix=access.log
With tornado.options.parse_command_line(); Tornado logs each request with its duration. logging.basicConfig alone writes no time: \
give it a format with %(asctime)s.";

/// The format.
pub struct Tornado;

by_lines!(Tornado, ABOUT, detect, is_line, |_: &[u8]| Box::new(Own) as Box<dyn Lines>, true);

fn detect(head: &[u8]) -> u8 {
    share_of_lines(head, CERTAIN, is_line)
}

/// Whether a line is a request's.
pub fn is_line(line: &[u8]) -> bool {
    request(line).is_some()
}

struct Own;

impl Lines for Own {
    fn read<'l>(&self, line: &'l [u8], _: &'l mut Vec<u8>) -> Line<'l> {
        request(line).map_or(Line::Other, Line::Request)
    }

    fn times(&self) -> (Moment, f64) {
        (Moment::End, 0.01)
    }
}

/// A date of six digits and a time: ms on the clock that wrote it.
fn short_date(text: &[u8]) -> Option<f64> {
    let part = |at: usize| {
        let digits = text.get(at..at + 2)?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| i64::from(digits[0] - b'0') * 10 + i64::from(digits[1] - b'0'))
    };
    let (year, month, day) = (part(0)?, part(2)?, part(4)?);
    if text.get(6) != Some(&b' ') || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    Some(stamp::days(2000 + year, month, day) as f64 * 86_400_000.0 + stamp::time(text, 7)?.milliseconds)
}

/// When, by what stands in front of the status.
fn when(front: &[u8]) -> (f64, &[u8]) {
    for at in 0..front.len().min(60) {
        let begins = front[at].is_ascii_digit() && (at == 0 || !front[at - 1].is_ascii_alphanumeric());
        if !begins {
            continue;
        }
        if let Some(end) = fields::end_of_moment(front, at)
            && let Some(when) = fields::when(&front[at..end])
        {
            return (when.milliseconds, when.zone);
        }
        if let Some(milliseconds) = short_date(&front[at..]) {
            return (milliseconds, b"");
        }
    }
    (f64::NAN, b"")
}

fn request(line: &[u8]) -> Option<Seen<'_>> {
    // The client in parentheses with the duration behind it: nothing else has that.
    let open = memchr::memmem::find(line, b" (")?;
    let close = open + memchr::memmem::find(&line[open..], b") ")?;
    let took = line[close + 2..].split(|&byte| byte == b' ').next()?;
    let milliseconds = took.strip_suffix(b"ms").and_then(fields::decimal)?.0;
    let mut words = line[..open].rsplitn(4, |&byte| byte == b' ');
    let (target, method, status) = (words.next()?, words.next()?, words.next()?);
    // Python's own formatter glues it to the logger's name: `INFO:tornado.access:200`.
    let status = &status[status.iter().rposition(|&byte| byte == b':').map_or(0, |at| at + 1)..];
    if !fields::is_method(method) || !fields::is_known_status(status) {
        return None;
    }
    let client = &line[open + 2..close];
    // Jupyter names the user: `ann@127.0.0.1`.
    let (user, client) = match memchr::memrchr(b'@', client) {
        Some(at) => (&client[..at], &client[at + 1..]),
        None => (&b""[..], client),
    };
    let (stamp, zone) = when(&line[..open]);
    Some(Seen {
        entry: Entry {
            stamp,
            moment: Moment::End,
            duration: milliseconds,
            method,
            target: fields::without_host(target),
            status: fields::status(status)?,
            client: fields::without_port(client),
            user,
            ..Entry::default()
        },
        zone,
        odd: None,
    })
}
