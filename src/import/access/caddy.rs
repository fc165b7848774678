//! Caddy's [access log](https://caddyserver.com/docs/logging): JSON, whose `ts` is the end and whose `duration` is seconds.
//! A host without a site is answered with an empty 200 and logged with status 0 as `NOP`.

use super::layout::{Seen, lines};
use super::pairs::{Value, pairs, unescaped};
use super::{CERTAIN, Line, Lines, by_lines, fields};
use crate::import::{About, Kind};
use crate::queries::served::Entry;
use crate::requests::Moment;

/// What there is to say about it.
pub static ABOUT: About =
    About { id: "caddy-access", title: "Caddy's access log", kind: Kind::Requests, how_to_record: RECORD };

const RECORD: &str = "shop.example.com {\n\tlog {\n\t\toutput file /var/log/caddy/access.log\n\t}\n}";

/// The format.
pub struct Caddy;

by_lines!(Caddy, ABOUT, detect, is_line, |_: &[u8]| Box::new(Own) as Box<dyn Lines>, false);

fn detect(head: &[u8]) -> u8 {
    if lines(head).take(50).any(is_line) { CERTAIN } else { 0 }
}

fn is_line(line: &[u8]) -> bool {
    line.first() == Some(&b'{')
        && pairs(line).any(|(key, value)| key == b"logger" && value.bytes().starts_with(b"http.log.access"))
}

struct Own;

impl Lines for Own {
    fn read<'l>(&self, line: &'l [u8], scratch: &'l mut Vec<u8>) -> Line<'l> {
        let mut seen =
            Seen { entry: Entry { moment: Moment::End, ..Entry::default() }, zone: b"", is_odd: false };
        let entry = &mut seen.entry;
        let (mut is_access, mut target) = (false, None);
        for (key, value) in pairs(line) {
            match (key, value) {
                (b"logger", value) => is_access = value.bytes().starts_with(b"http.log.access"),
                (b"ts", value) => {
                    if let Some(when) = fields::when(value.bytes()) {
                        (entry.stamp, seen.zone) = (when.milliseconds, when.zone);
                    }
                }
                (b"duration", value) => {
                    entry.duration = fields::times(value.bytes(), 1e3).unwrap_or(f64::NAN)
                }
                (b"status", value) => entry.status = fields::status(value.bytes()).unwrap_or(0),
                (b"size", value) => entry.bytes = fields::whole(value.bytes()),
                (b"user_id", value) => entry.user = value.bytes(),
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
}
