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

/// So many lines in a row tell the layout.
const SAMPLES: usize = 60;

/// So many more, spread over what else is known of the log, tell what its fields hold: what only some lines have (`-` for
/// an application that was not asked) may be in none of the first ones.
const SPREAD: usize = 240;

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
    /// Whether the duration's unit is taken from the point in its numbers, and neither said nor measured.
    pub is_guessed: bool,
}

/// A request as a line of a log says it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen<'a> {
    pub entry: Entry<'a>,
    /// The stamp's zone.
    pub zone: &'a [u8],
    /// Whether its duration is left out as its number is of another kind than those of the beginning.
    pub is_odd: bool,
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
                    let is_request = self.fields[number].role == Role::Request && next.role == Role::Status;
                    let end = match is_request {
                        true => end_of_request(line, at, &next.before),
                        false => find(line, at, &next.before),
                    };
                    let Some(end) = end else { return false };
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
        self.mend_tail(line, cells);
        true
    }

    /// An agent with quotes that nothing escapes ends too soon, and a quote is left in a field that has none: what is behind
    /// the last quoted field is cut from the end then.
    fn mend_tail<'l>(&self, line: &'l [u8], cells: &mut [&'l [u8]; MOST]) {
        let count = self.fields.len();
        let Some(tail) = self.fields.iter().rposition(|field| field.before.starts_with(b"\"")) else {
            return;
        };
        let is_plain = |at: usize| !self.fields[at].before.ends_with(b"\"");
        if tail == 0
            || !(tail..count).all(is_plain)
            || !cells[tail..count].iter().any(|cell| cell.contains(&b'"'))
        {
            return;
        }
        let mut end = line.len() - self.after.len();
        let mut mended: [&[u8]; MOST] = [b""; MOST];
        for at in (tail..count).rev() {
            let before = &self.fields[at].before;
            let Some(place) = memmem::rfind(&line[..end], before) else { return };
            mended[at] = &line[place + before.len()..end];
            end = place;
        }
        let begin = cells[tail - 1].as_ptr() as usize - line.as_ptr() as usize;
        if end < begin {
            return;
        }
        cells[tail..count].copy_from_slice(&mended[tail..count]);
        cells[tail - 1] = &line[begin..end];
    }

    /// What a line says; `None` for a line of another shape, or of no request.
    pub fn read<'l>(&self, line: &'l [u8]) -> Option<Seen<'l>> {
        let mut cells: [&[u8]; MOST] = [b""; MOST];
        if !self.cells(line, &mut cells) {
            return None;
        }
        let mut seen = Seen { entry: Entry { moment: self.moment, ..Entry::default() }, ..Seen::default() };
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
                Role::Duration(_) if self.is_guessed && is_of_another_unit(cell) => seen.is_odd = true,
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
        // Every request takes a time, not every one needs the application: where one is missing, it is that of the latter.
        if self.is_guessed && seen.entry.duration.is_nan() && !seen.is_odd {
            seen.entry.duration = std::mem::replace(&mut seen.entry.upstream, f64::NAN);
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
        let all: Vec<&[u8]> = lines(head).filter(|line| has_request(line)).collect();
        let (samples, others) = all.split_at(all.len().min(SAMPLES));
        let spread = others.iter().step_by(others.len() / SPREAD + 1);
        let rows: Vec<&[u8]> = samples.iter().chain(spread).copied().collect();
        let mut candidates: Vec<(Self, usize)> = Vec::new();
        for sample in samples {
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
            roles::assign(&mut layout, &rows, head);
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
        is_guessed: false,
    })
}

/// Where what was opened before `from` is closed: before a blank or the end. Servers that decode addresses, or do not escape
/// agents, write quotes into what is quoted: a request ends before a status, other texts where the quotes that follow are
/// pairs.
fn closing(line: &[u8], from: usize, close: u8) -> Option<usize> {
    let ends = memchr_iter(close, &line[from..]).map(|at| from + at);
    let mut ends = ends.filter(|&at| {
        let backslashes = line[..at].iter().rev().take_while(|&&byte| byte == b'\\').count();
        line.get(at + 1).is_none_or(|byte| *byte == b' ') && (close != b'"' || backslashes % 2 == 0)
    });
    if close != b'"' {
        return ends.next();
    }
    let first = ends.clone().next()?;
    if fields::request(&line[from..first]).is_some() {
        return ends.find(|&at| is_status_next(line, at + 2)).or(Some(first));
    }
    let quotes = |from: usize| memchr_iter(b'"', &line[from..]).count();
    if quotes(from) % 2 == 0 {
        return Some(first);
    }
    ends.find(|&at| quotes(at + 1) % 2 == 0).or(Some(first))
}

/// Whether a status begins here, or the dash for none.
fn is_status_next(line: &[u8], at: usize) -> bool {
    let rest = line.get(at..).unwrap_or_default();
    let word = &rest[..memchr(b' ', rest).unwrap_or(rest.len())];
    fields::status(word).is_some()
}

/// Where a request's line ends that begins at `from`: before a status. An address may hold what ends it (`/say "hi" now`), so
/// an end behind a protocol is meant before others.
fn end_of_request(line: &[u8], from: usize, literal: &[u8]) -> Option<usize> {
    let (mut first, mut likely) = (None, None);
    let mut at = from;
    // Addresses are not that full of quotes, and each is looked at.
    for _ in 0..64 {
        let Some(end) = find(line, at, literal) else { break };
        first = first.or(Some(end));
        if is_status_next(line, end + literal.len()) {
            if fields::has_protocol(&line[from..end]) {
                return Some(end);
            }
            likely = likely.or(Some(end));
        }
        at = end + 1;
    }
    likely.or(first)
}

/// Whether a number is no fraction of a second as those before it are, but a count of something smaller: a whole one, too
/// large for seconds.
pub fn is_of_another_unit(cell: &[u8]) -> bool {
    fields::whole(cell).is_some_and(|value| value >= 100)
}
