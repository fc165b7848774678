//! AWS's [Application Load Balancer](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html),
//! after its documents: `time` is the end, `request_creation_time` the beginning; of the three times, in seconds, -1 is one
//! that did not happen, and the request took what lies between the two moments.

use memchr::{memchr, memchr_iter};

use super::layout::Seen;
use super::{CERTAIN, Line, Lines, by_lines, fields, share_of_lines};
use crate::import::{About, Kind};
use crate::queries::served::Entry;
use crate::requests::Moment;

/// What there is to say about it.
pub static ABOUT: About =
    About { id: "aws-alb", title: "AWS's load balancer's log", kind: Kind::Requests, how_to_record: RECORD };

const RECORD: &str = "aws elbv2 modify-load-balancer-attributes --load-balancer-arn ARN --attributes Key=access_logs.s3.enabled,Value=true Key=access_logs.s3.bucket,Value=BUCKET";

/// The format.
pub struct Alb;

by_lines!(Alb, ABOUT, detect, is_line, |_: &[u8]| Box::new(Own) as Box<dyn Lines>, true);

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
        (Moment::Begin, 1.0)
    }
}

/// The fields of a line: words and quoted texts.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.0.trim_ascii_start();
        let (field, rest) = match rest.strip_prefix(b"\"") {
            Some(quoted) => {
                let end = end_of_quoted(quoted)?;
                (&quoted[..end], &quoted[end + 1..])
            }
            None if rest.is_empty() => return None,
            None => rest.split_at(memchr(b' ', rest).unwrap_or(rest.len())),
        };
        self.0 = rest;
        Some(field)
    }
}

/// Where a quoted text ends: agents come with their quotes escaped.
fn end_of_quoted(text: &[u8]) -> Option<usize> {
    let is_escaped = |at: usize| text[..at].iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1;
    memchr_iter(b'"', text).find(|&at| !is_escaped(at))
}

/// A line of the classic load balancer's
/// ([documents](https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html)): its stamp is when
/// the request came, and its three times, in seconds, are the whole.
fn classic(line: &[u8]) -> Option<Seen<'_>> {
    let mut found: [&[u8]; 15] = [b""; 15];
    let mut count = 0;
    let mut fields = Fields(line);
    for (place, field) in found.iter_mut().zip(fields.by_ref()) {
        *place = field;
        count += 1;
    }
    let began = fields::when(found[0])?;
    let is_time = |cell: &[u8]| cell == b"-1" || fields::decimal(cell).is_some_and(|(_, digits)| digits == 6);
    let is_whole = |cell: &[u8]| fields::whole(cell).is_some();
    if count < found.len()
        || fields.next().is_some()
        || found[0].get(10) != Some(&b'T')
        || !found[4..7].iter().all(|cell| is_time(cell))
        || !found[9..11].iter().all(|cell| is_whole(cell))
    {
        return None;
    }
    let (method, target) = fields::request(found[11]).unwrap_or_default();
    let phase = |at: usize| fields::times(found[at], 1e3);
    let whole = found[4..7].iter().map(|cell| fields::times(cell, 1e3)).sum::<Option<f64>>();
    Some(Seen {
        odd: None,
        entry: Entry {
            stamp: began.milliseconds,
            moment: Moment::Begin,
            duration: whole.unwrap_or(f64::NAN),
            method,
            target,
            status: fields::status(found[7])?,
            bytes: fields::whole(found[10]),
            client: fields::without_port(found[2]),
            upstream: phase(5).unwrap_or(f64::NAN),
            ..Entry::default()
        },
        zone: began.zone,
    })
}

fn request(line: &[u8]) -> Option<Seen<'_>> {
    if line.first().is_some_and(u8::is_ascii_digit) {
        return classic(line);
    }
    if ![&b"http "[..], b"https ", b"h2 ", b"grpcs ", b"ws ", b"wss "]
        .iter()
        .any(|kind| line.starts_with(kind))
    {
        return None;
    }
    let mut found: [&[u8]; 22] = [b""; 22];
    let mut count = 0;
    for (place, field) in found.iter_mut().zip(Fields(line)) {
        *place = field;
        count += 1;
    }
    if count < found.len() {
        return None;
    }
    let end = fields::when(found[1])?;
    let began = fields::when(found[21])?;
    let phase = |at: usize| fields::times(found[at], 1e3);
    let (method, target) = fields::request(found[12]).unwrap_or_default();
    Some(Seen {
        odd: None,
        entry: Entry {
            stamp: began.milliseconds,
            moment: Moment::Begin,
            // Both moments are logged to the microsecond, but all times to the millisecond.
            duration: (end.milliseconds - began.milliseconds).round().max(0.0),
            method,
            target,
            status: fields::status(found[8])?,
            bytes: fields::whole(found[11]),
            client: fields::without_port(found[3]),
            upstream: phase(6).unwrap_or(f64::NAN),
            ..Entry::default()
        },
        zone: began.zone,
    })
}
