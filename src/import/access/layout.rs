//! The layout of an access log: which fields a line has, and what stands between them. It is worked out of the file's
//! beginning, or given in the server's own notation ([`super::notation`]).
//!
//! A line is cut at what stands between fields, not at blanks: values may hold some (`urt=0.000, 0.014`), and servers that
//! do not escape quotes write them into agents.

use memchr::{memchr, memchr_iter, memmem};

use super::fields::{self, When};
use super::roles::{self, Role};
use crate::document::LOGS;
use crate::queries::served::Entry;
use crate::requests::Moment;
use crate::sort;

/// The most fields of a line.
pub const MOST: usize = 48;

/// So many lines tell the layout.
const SAMPLES: usize = 60;

/// So many of them are taken for a pattern: one may have a blank where others have none.
const CANDIDATES: usize = 8;

/// Who writes such lines, as far as they tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Nginx,
    Apache,
    Gunicorn,
    Uwsgi,
    Granian,
    Hypercorn,
    Daphne,
    Traefik,
    Werkzeug,
    Runserver,
    /// Several write the same: the common or combined format without anything more.
    Any,
}

impl Server {
    /// What its stamps are (what was seen is in docs/requests.md).
    pub fn moment(self) -> Option<Moment> {
        match self {
            Self::Apache | Self::Uwsgi | Self::Granian | Self::Traefik => Some(Moment::Begin),
            Self::Nginx
            | Self::Gunicorn
            | Self::Hypercorn
            | Self::Daphne
            | Self::Werkzeug
            | Self::Runserver => Some(Moment::End),
            Self::Any => None,
        }
    }
}

/// What a field holds, and how it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// What stands before it.
    pub before: Vec<u8>,
    /// What it is called in the line itself (`rt=`) or in the notation; empty if nothing says so.
    pub name: String,
    /// What it holds.
    pub role: Role,
}

/// A layout.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    pub fields: Vec<Field>,
    /// What stands behind the last field.
    pub after: Vec<u8>,
    /// Who writes it.
    pub server: Server,
    /// What the stamp is.
    pub moment: Moment,
    /// How fine durations are, ms; 0 without.
    pub step: f64,
    /// A field that may be a duration, in a unit that cannot be told: the median of its numbers in the beginning.
    pub ambiguous: Option<f64>,
}

/// A request as a line of a log says it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen<'a> {
    pub entry: Entry<'a>,
    /// The stamp's zone.
    pub zone: &'a [u8],
}

/// Where a literal is found at or after `from`. A quote that is escaped ends nothing, unless no other does.
fn find(line: &[u8], from: usize, literal: &[u8]) -> Option<usize> {
    let rest = line.get(from..)?;
    match literal {
        [] => None,
        [byte] if *byte != b'"' => memchr(*byte, rest).map(|at| from + at),
        [first, ..] => {
            let mut escaped = None;
            for at in memchr_iter(*first, rest) {
                if !rest[at..].starts_with(literal) {
                    continue;
                }
                let backslashes = rest[..at].iter().rev().take_while(|&&byte| byte == b'\\').count();
                if *first == b'"' && backslashes % 2 == 1 {
                    escaped = escaped.or(Some(from + at));
                    continue;
                }
                return Some(from + at);
            }
            escaped
        }
    }
}

impl Layout {
    /// Cuts a line into its fields; false for a line of another shape.
    pub fn cells<'l>(&self, line: &'l [u8], cells: &mut [&'l [u8]; MOST]) -> bool {
        let Some(first) = self.fields.first() else { return false };
        if !line.starts_with(&first.before) {
            return false;
        }
        let mut at = first.before.len();
        for (number, cell) in cells.iter_mut().enumerate().take(self.fields.len()) {
            match self.fields.get(number + 1) {
                Some(next) => {
                    let Some(end) = find(line, at, &next.before) else { return false };
                    *cell = &line[at..end];
                    at = end + next.before.len();
                }
                None => {
                    let Some(rest) = line.get(at..).and_then(|rest| rest.strip_suffix(self.after.as_slice()))
                    else {
                        return false;
                    };
                    *cell = rest;
                }
            }
        }
        true
    }

    /// What a line says; `None` for a line of another shape, or of no request.
    pub fn read<'l>(&self, line: &'l [u8]) -> Option<Seen<'l>> {
        let mut cells: [&[u8]; MOST] = [b""; MOST];
        if !self.cells(line, &mut cells) {
            return None;
        }
        let mut seen = Seen { entry: Entry { moment: self.moment, ..Entry::default() }, zone: b"" };
        let (mut stamp, mut epoch): (Option<When<'_>>, Option<When<'_>>) = (None, None);
        let mut is_request = false;
        for (field, &cell) in self.fields.iter().zip(&cells) {
            let entry = &mut seen.entry;
            match field.role {
                Role::Skip => {}
                Role::Stamp => stamp = Some(fields::when(cell)?),
                Role::Epoch => epoch = fields::when(cell),
                Role::Request => {
                    // What is no request line was answered as well, with a 400.
                    (entry.method, entry.target) = fields::request(cell).unwrap_or_default();
                    is_request = true;
                }
                Role::Method => entry.method = fields::known(cell),
                Role::Target => {
                    entry.target = fields::known(cell);
                    is_request = true;
                }
                Role::Status => entry.status = fields::status(cell)?,
                Role::Bytes => entry.bytes = fields::whole(cell),
                Role::Client => entry.client = fields::without_port(fields::known(cell)),
                Role::User => entry.user = fields::known(cell),
                Role::Worker => entry.worker = cell,
                Role::Duration(unit) => entry.duration = fields::times(cell, unit).unwrap_or(f64::NAN),
                Role::DurationWithUnit => {
                    let found =
                        fields::with_unit(cell).and_then(|(number, unit)| fields::times(number, unit));
                    entry.duration = found.unwrap_or(f64::NAN);
                }
                Role::Upstream(unit) => entry.upstream = fields::sum_of_list(cell, unit).unwrap_or(f64::NAN),
            }
        }
        if !is_request {
            return None;
        }
        match (stamp, epoch) {
            // The finer one, on the clock of the other.
            (Some(stamp), Some(epoch)) if epoch.step <= stamp.step => {
                let zone = if stamp.zone.is_empty() { b"UTC" } else { stamp.zone };
                (seen.entry.stamp, seen.zone) = (epoch.milliseconds + fields::offset(zone), zone);
            }
            (Some(when), _) | (None, Some(when)) => {
                (seen.entry.stamp, seen.zone) = (when.milliseconds, when.zone)
            }
            (None, None) => {}
        }
        Some(seen)
    }

    /// The layout of the log that begins so; `None` if its lines are none of an access log.
    pub fn of(head: &[u8]) -> Option<Self> {
        if !LOGS {
            return None;
        }
        let samples: Vec<&[u8]> = lines(head).filter(|line| has_request(line)).take(SAMPLES).collect();
        let mut candidates: Vec<(Self, usize)> = Vec::new();
        for sample in &samples {
            if candidates.len() >= CANDIDATES {
                break;
            }
            if let Some(pattern) = pattern(sample)
                && !candidates.iter().any(|(known, _)| known.is_same_shape(&pattern))
            {
                candidates.push((pattern, 0));
            }
        }
        let mut cells: [&[u8]; MOST] = [b""; MOST];
        for (pattern, count) in &mut candidates {
            *count = samples.iter().filter(|sample| pattern.cells(sample, &mut cells)).count();
        }
        // The one that fits most often, and of these the one with most fields; a short pattern takes all that follows for
        // its last field, which is then nothing.
        sort::by(&mut candidates, |(a, fits), (b, others)| {
            others.cmp(fits).then(b.fields.len().cmp(&a.fields.len()))
        });
        candidates.into_iter().find_map(|(mut layout, _)| {
            roles::assign(&mut layout, &samples, head);
            layout.is_complete().then_some(layout)
        })
    }

    /// Whether it has what makes a line one of a request.
    pub fn is_complete(&self) -> bool {
        let has = |wanted: &[Role]| self.fields.iter().any(|field| wanted.contains(&field.role));
        has(&[Role::Request, Role::Target]) && has(&[Role::Status])
    }

    fn is_same_shape(&self, other: &Self) -> bool {
        self.after == other.after
            && self.fields.len() == other.fields.len()
            && self.fields.iter().zip(&other.fields).all(|(a, b)| a.before == b.before)
    }

    /// It, as people read it: `client - user [time] "request" status bytes … rt=duration (s)`.
    pub fn in_words(&self) -> String {
        let mut text = String::new();
        for field in &self.fields {
            text.push_str(&String::from_utf8_lossy(&field.before));
            text.push_str(&field.role.in_words());
        }
        text.push_str(&String::from_utf8_lossy(&self.after));
        text
    }
}

/// The lines of a head; a last one that may be cut is left out, unless it is the only one.
pub fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = match memchr::memrchr(b'\n', head) {
        Some(at) => &head[..at],
        None => head,
    };
    whole.split(|&byte| byte == b'\n').map(crate::import::records::trim_end).filter(|line| !line.is_empty())
}

/// Whether a line has a request in quotes with a status behind it.
pub fn has_request(line: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = line.get(from..).and_then(|rest| memmem::find(rest, b"\" ")) {
        let end = from + at;
        let after = &line[end + 2..];
        let is_status = after.len() >= 3 && fields::status(&after[..3]).is_some() || after.starts_with(b"- ");
        if is_status && after.get(3).is_none_or(|byte| *byte == b' ') | after.starts_with(b"- ") {
            let before = &line[..end];
            let open = memchr_iter(b'"', before).find(|&open| fields::request(&before[open + 1..]).is_some());
            return open.is_some();
        }
        from = end + 2;
    }
    false
}

/// The pattern that a line has by itself: words, quoted texts, texts in brackets and braces; `name=` before a value stays.
fn pattern(line: &[u8]) -> Option<Layout> {
    let mut fields: Vec<Field> = Vec::new();
    let mut before: Vec<u8> = Vec::new();
    let mut at = 0;
    while at < line.len() {
        if line[at] == b' ' {
            before.push(b' ');
            at += 1;
            continue;
        }
        let mut name = String::new();
        let word = &line[at..];
        let length = word
            .iter()
            .position(|byte| !(byte.is_ascii_alphanumeric() || b"_-.".contains(byte)))
            .unwrap_or(word.len());
        if length > 0 && word.get(length) == Some(&b'=') && word[0].is_ascii_alphabetic() {
            name = String::from_utf8_lossy(&word[..length]).into_owned();
            before.extend_from_slice(&word[..=length]);
            at += length + 1;
        }
        let close = match line.get(at) {
            Some(b'"') => b"\"",
            Some(b'[') => b"]",
            Some(b'<') => b">",
            Some(b'{') => b"}",
            _ => &b""[..],
        };
        let end = if close.is_empty() {
            memchr(b' ', &line[at..]).map_or(line.len(), |blank| at + blank)
        } else {
            before.push(line[at]);
            at += 1;
            closing(line, at, close[0])?
        };
        fields.push(Field { before: std::mem::take(&mut before), name, role: Role::Skip });
        if fields.len() >= MOST {
            return None;
        }
        before.extend_from_slice(close);
        at = end + close.len();
    }
    Some(Layout {
        fields,
        after: before,
        server: Server::Any,
        moment: Moment::End,
        step: 0.0,
        ambiguous: None,
    })
}

/// Where what was opened before `from` is closed: before a blank or the end. Of quotes that are not escaped, the last that
/// can be the end is meant.
fn closing(line: &[u8], from: usize, close: u8) -> Option<usize> {
    let ends = memchr_iter(close, &line[from..]).map(|at| from + at);
    let mut ends = ends.filter(|&at| {
        let backslashes = line[..at].iter().rev().take_while(|&&byte| byte == b'\\').count();
        line.get(at + 1).is_none_or(|byte| *byte == b' ') && (close != b'"' || backslashes % 2 == 0)
    });
    ends.next()
}
