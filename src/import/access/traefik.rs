//! Traefik's [access log](https://doc.traefik.io/traefik/observe/logs-and-access-logs/): JSON, whose `StartUTC` is the
//! beginning and whose `Duration` is nanoseconds; and the common format, whose stamp is the beginning and whose last field is
//! whole milliseconds.

use super::layout::{Layout, Seen, Server, has_request, lines};
use super::pairs::{pairs, unescaped};
use super::{CERTAIN, Line, Lines, by_lines, fields};
use crate::import::{About, Kind};
use crate::queries::served::Entry;
use crate::requests::Moment;

/// What there is to say about it.
pub static ABOUT: About = About {
    id: "traefik-access",
    title: "Traefik's access log",
    kind: Kind::Requests,
    how_to_record: RECORD,
};

const RECORD: &str = "accessLog:\n  filePath: /var/log/traefik/access.log\n  format: json";

/// The format.
pub struct Traefik;

by_lines!(Traefik, ABOUT, detect, is_line, of, false);

fn detect(head: &[u8]) -> u8 {
    if lines(head).take(50).any(is_object) { CERTAIN } else { super::is_of(head, &[Server::Traefik]) }
}

fn is_line(line: &[u8]) -> bool {
    is_object(line) || has_request(line)
}

fn is_object(line: &[u8]) -> bool {
    line.first() == Some(&b'{') && pairs(line).any(|(key, _)| key == b"DownstreamStatus")
}

fn of(head: &[u8]) -> Box<dyn Lines> {
    match Layout::of(head) {
        Some(layout) if !lines(head).any(is_object) => Box::new(layout),
        _ => Box::new(Own),
    }
}

struct Own;

impl Lines for Own {
    fn read<'l>(&self, line: &'l [u8], scratch: &'l mut Vec<u8>) -> Line<'l> {
        let mut seen =
            Seen { entry: Entry { moment: Moment::Begin, ..Entry::default() }, zone: b"", odd: None };
        let entry = &mut seen.entry;
        let (mut target, mut end) = (None, f64::NAN);
        for (key, value) in pairs(line) {
            let value = value.bytes();
            match key {
                b"StartUTC" => {
                    if let Some(when) = fields::when(value) {
                        (entry.stamp, seen.zone) = (when.milliseconds, when.zone);
                    }
                }
                b"time" => end = fields::when(value).map_or(f64::NAN, |when| when.milliseconds),
                b"Duration" => entry.duration = fields::times(value, 1e-6).unwrap_or(f64::NAN),
                b"OriginDuration" => entry.upstream = fields::times(value, 1e-6).unwrap_or(f64::NAN),
                b"DownstreamStatus" => entry.status = fields::status(value).unwrap_or(0),
                b"DownstreamContentSize" => entry.bytes = fields::whole(value),
                b"RequestMethod" => entry.method = value,
                b"RequestPath" => target = Some(value),
                b"ClientHost" => entry.client = value,
                b"ClientUsername" => entry.user = fields::known(value),
                _ => {}
            }
        }
        let Some(target) = target else { return Line::Other };
        if entry.stamp.is_nan() {
            // Fields can be left out of the log.
            (entry.stamp, entry.moment) = (end, Moment::End);
        }
        entry.target = unescaped(target, scratch);
        Line::Request(seen)
    }

    fn times(&self) -> (Moment, f64) {
        (Moment::Begin, 1e-6)
    }
}
