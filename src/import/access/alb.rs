//! AWS's [Application Load Balancer](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html),
//! after its documents: `time` is the end, `request_creation_time` the beginning; of the three times, in seconds, -1 is one
//! that did not happen, and the request took what lies between the two moments.

use memchr::memchr;

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
                let end = memchr(b'"', quoted)?;
                (&quoted[..end], &quoted[end + 1..])
            }
            None if rest.is_empty() => return None,
            None => rest.split_at(memchr(b' ', rest).unwrap_or(rest.len())),
        };
        self.0 = rest;
        Some(field)
    }
}

fn request(line: &[u8]) -> Option<Seen<'_>> {
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
        is_odd: false,
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
