//! Caddy's [access log](https://caddyserver.com/docs/logging): JSON, whose `ts` is the end and whose `duration` is seconds,
//! or what `time_format`, `time_key` and `duration_format` of its configuration make of them.
//! A host without a site is answered with an empty 200 and logged with status 0 as `NOP`.

use super::layout::{Seen, lines};
use super::pairs::{Value, pairs, unescaped};
use super::{CERTAIN, Line, Lines, by_lines, fields};
use crate::document::{Diagnostics, Level};
use crate::format;
use crate::import::{About, Kind};
use crate::queries::served::Entry;
use crate::requests::Moment;
use crate::sort;

/// What there is to say about it.
pub static ABOUT: About =
    About { id: "caddy-access", title: "Caddy's access log", kind: Kind::Requests, how_to_record: RECORD };

const RECORD: &str = "shop.example.com {\n\tlog {\n\t\toutput file /var/log/caddy/access.log\n\t}\n}";

/// The format.
pub struct Caddy;

by_lines!(Caddy, ABOUT, detect, is_line, of, false);

fn detect(head: &[u8]) -> u8 {
    if lines(head).take(50).any(is_line) { CERTAIN } else { 0 }
}

/// What stands in front of the object, and it: nothing where the line is one, the stamp, level and logger of the console's
/// encoder (`format console`) else.
fn object(line: &[u8]) -> (&[u8], &[u8]) {
    const NAME: &[u8] = b"\thttp.log.access";
    match memchr::memmem::find(line, b"\t{") {
        Some(at) if line.first() != Some(&b'{') && memchr::memmem::find(&line[..at], NAME).is_some() => {
            (&line[..at], &line[at + 1..])
        }
        _ => (b"", line),
    }
}

fn is_line(line: &[u8]) -> bool {
    let (front, line) = object(line);
    !front.is_empty()
        || line.first() == Some(&b'{')
            && pairs(line)
                .any(|(key, value)| key == b"logger" && value.bytes().starts_with(b"http.log.access"))
}

/// What whole numbers of durations are: `duration_format` may be seconds, milliseconds, nanoseconds or a text with its unit.
struct Own {
    /// Milliseconds of one; NaN if it cannot be told.
    unit: f64,
    /// The median of numbers that are all whole.
    median: Option<f64>,
}

/// A median of so much would be 100 s of milliseconds, and a tenth of a millisecond of nanoseconds.
const NANOSECONDS: f64 = 100_000.0;

fn of(head: &[u8]) -> Box<dyn Lines> {
    let durations = lines(head).filter(|line| is_line(line)).take(300).filter_map(|line| {
        pairs(object(line).1).find(|(key, _)| *key == b"duration").map(|(_, value)| value.bytes())
    });
    let mut whole = Vec::new();
    for text in durations {
        match fields::whole(text) {
            Some(0) => {}
            Some(number) => whole.push(number as f64),
            // Seconds have a point, but for a few that are whole by chance.
            None if fields::decimal(text).is_some() => return Box::new(Own { unit: 1e3, median: None }),
            None => {}
        }
    }
    sort::floats(&mut whole);
    let median = whole.get(whole.len() / 2).copied();
    let unit = match median {
        None => 1e3,
        Some(median) if median >= NANOSECONDS => 1e-6,
        Some(_) => f64::NAN,
    };
    Box::new(Own { unit, median })
}

impl Lines for Own {
    fn read<'l>(&self, line: &'l [u8], scratch: &'l mut Vec<u8>) -> Line<'l> {
        let mut seen =
            Seen { entry: Entry { moment: Moment::End, ..Entry::default() }, zone: b"", odd: None };
        let entry = &mut seen.entry;
        let (front, line) = object(line);
        let (mut is_access, mut target) = (!front.is_empty(), None);
        if let Some(when) = fields::when(front.split(|&byte| byte == b'\t').next().unwrap_or_default()) {
            (entry.stamp, seen.zone) = (when.milliseconds, when.zone);
        }
        let mut renamed = None;
        for (key, value) in pairs(line) {
            match (key, value) {
                (b"logger", value) => is_access = value.bytes().starts_with(b"http.log.access"),
                (b"ts", value) => {
                    if let Some(when) = fields::when(value.bytes()) {
                        (entry.stamp, seen.zone) = (when.milliseconds, when.zone);
                    }
                }
                (b"duration", value) => {
                    let text = value.bytes();
                    let number = fields::times(text, self.unit).filter(|number| number.is_finite());
                    entry.duration = number.or_else(|| fields::of_go(text)).unwrap_or(f64::NAN);
                }
                (b"status", value) => entry.status = fields::status(value.bytes()).unwrap_or(0),
                (b"size", value) => entry.bytes = fields::whole(value.bytes()),
                (b"user_id", value) => entry.user = value.bytes(),
                (b"level" | b"msg" | b"bytes_read", _) => {}
                // `time_key` is whatever somebody called it.
                (_, value @ (Value::Text(_) | Value::Bare(_))) if renamed.is_none() => {
                    renamed = fields::when(value.bytes());
                }
                (b"request", Value::Nested(request)) => {
                    for (key, value) in pairs(request) {
                        match key {
                            b"method" => entry.method = value.bytes(),
                            b"uri" => target = Some(value.bytes()),
                            b"remote_ip" if entry.client.is_empty() => entry.client = value.bytes(),
                            // Behind proxies that it trusts it is whom they name.
                            b"client_ip" => entry.client = value.bytes(),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        if let Some(when) = renamed.filter(|_| entry.stamp.is_nan()) {
            (entry.stamp, seen.zone) = (when.milliseconds, when.zone);
        }
        match target {
            Some(target) if is_access => {
                entry.target = unescaped(target, scratch);
                Line::Request(seen)
            }
            _ => Line::Other,
        }
    }

    fn times(&self) -> (Moment, f64) {
        (Moment::End, 1e-6)
    }

    fn say(&self, diagnostics: &mut Diagnostics) {
        let Some(median) = self.median else { return };
        let guess = |unit: f64| format::milliseconds(median * unit);
        if self.unit.is_nan() {
            let message = format!(
                "durations are whole numbers whose unit cannot be told: half of them would take {} or more if it is nanoseconds, \
                 {} if milliseconds, {} if seconds. Durations are left out; set Caddy's duration_format to seconds, or to string",
                guess(1e-6),
                guess(1.0),
                guess(1e3)
            );
            diagnostics.note(Level::Warning, &message, || None);
        } else {
            let message = format!(
                "durations are whole numbers and were read as nanoseconds (duration_format nano): half of them took {} or more; as \
                 milliseconds it would be {}",
                guess(1e-6),
                guess(1.0)
            );
            diagnostics.note(Level::Info, &message, || None);
        }
    }
}
