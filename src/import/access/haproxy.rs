//! HAProxy's [HTTP log](https://docs.haproxy.org/3.0/configuration.html#8.2.3) (`option httplog`). The stamp is when the
//! request's first byte came. Of the times `TR/Tw/Tc/Tr/Ta`, in milliseconds, -1 is a phase that did not happen; `Ta` is
//! the whole without the idle time before it, which `Tt` has. Quotes within texts are `#22`.

use memchr::memmem;

use super::layout::Seen;
use super::{CERTAIN, Line, Lines, by_lines, fields, share_of_lines};
use crate::import::{About, Kind};
use crate::queries::served::Entry;
use crate::requests::Moment;

/// What there is to say about it.
pub static ABOUT: About =
    About { id: "haproxy-log", title: "HAProxy's log", kind: Kind::Requests, how_to_record: RECORD };

const RECORD: &str = "log stdout format raw local0; option httplog
The JSON of a log-format with %TR … %Ta is read as well.";

/// The format.
pub struct HaProxy;

by_lines!(HaProxy, ABOUT, detect, is_line, |_: &[u8]| Box::new(Own) as Box<dyn Lines>, true);

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
        (Moment::Begin, 1.0)
    }
}

/// `127.0.0.1:57798 [28/Nov/2026:22:44:11.821] fe app/gu1 0/0/0/13/13 200 215 - - ---- 1/1/0/0/0 0/0 {…} "GET /fast/
/// HTTP/1.1"`, behind whatever syslog puts before it.
fn request(line: &[u8]) -> Option<Seen<'_>> {
    let brackets = memmem::find_iter(line, b" [").filter_map(|open| {
        let close = open + 2 + memchr::memchr(b']', &line[open + 2..])?;
        Some((open, close))
    });
    // syslog's structured data (RFC 5424, 6.3) may stand in brackets before it, and nothing else.
    let is_data = |&(open, close): &(usize, usize)| memmem::find(&line[open..close], b"=\"").is_some();
    let (open, close) = brackets.take(8).find(|bracket| !is_data(bracket))?;
    let when = fields::when(&line[open + 2..close])?;
    let client = line[..open].rsplit(|&byte| byte == b' ').next()?;
    let mut words = line[close + 1..].trim_ascii_start().split(|&byte| byte == b' ');
    let (_frontend, server, times) = (words.next()?, words.next()?, words.next()?);
    // A + before the whole says that the log line was written before the end (option logasap).
    let mut phases = times.split(|&byte| byte == b'/');
    let (response, whole) = (phases.nth(3)?, phases.next()?);
    if phases.next().is_some() || !server.contains(&b'/') {
        return None;
    }
    let whole = whole.strip_prefix(b"+").unwrap_or(whole);
    let status = fields::status(words.next()?)?;
    let bytes = words.next()?;
    let quote = close + memmem::find(&line[close..], b" \"")? + 2;
    // Quotes within are `#22`; a log-format may have more fields behind, and a long line is cut off.
    let quoted = &line[quote..];
    let quoted = &quoted[..memchr::memchr(b'"', quoted).unwrap_or(quoted.len())];
    let (method, target) = fields::request(quoted).unwrap_or_default();
    Some(Seen {
        odd: None,
        entry: Entry {
            stamp: when.milliseconds,
            moment: Moment::Begin,
            duration: fields::times(whole, 1.0).unwrap_or(f64::NAN),
            method,
            target,
            status,
            bytes: fields::whole(bytes.strip_prefix(b"+").unwrap_or(bytes)),
            client: fields::without_port(client),
            upstream: fields::times(response, 1.0).unwrap_or(f64::NAN),
            ..Entry::default()
        },
        zone: when.zone,
    })
}
