//! The layout of an access log: which fields a line has, and what stands between them. It is worked out of the file's
//! beginning, or given in the server's own notation ([`super::notation`]).
//!
//! A line is cut at what stands between fields, not at blanks: values may hold some (`urt=0.000, 0.014`), and servers that
//! do not escape quotes write them into agents.

use memchr::{memchr, memchr_iter, memmem};

use super::assign::assign;
use super::columns::is_address;
use super::ends::{closing, end_of_request, end_of_value};
use super::fields::{self, When};
use super::roles::Role;
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
    /// Where Python's logging names the logger.
    Aiohttp,
    /// In the common format with its own numbers behind (`option httplog clf`).
    HaProxy,
    /// Several write the same: the common or combined format without anything more.
    Any,
}

impl Server {
    /// What its stamps are (what was seen is in docs/requests.md).
    pub fn moment(self) -> Option<Moment> {
        match self {
            Self::Apache | Self::Uwsgi | Self::Granian | Self::Traefik | Self::Aiohttp | Self::HaProxy => {
                Some(Moment::Begin)
            }
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

impl Field {
    /// Where its value ends that begins at `at`, before what stands in front of the `next` one.
    pub fn end(&self, line: &[u8], at: usize, next: &Self) -> Option<usize> {
        match self.role == Role::Request && next.role == Role::Status {
            true => end_of_request(line, at, &next.before),
            false => end_of_value(line, at, &next.before),
        }
    }
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
    /// Whether a field has numbers with a comma for their point, which are not read.
    pub has_commas: bool,
    /// Whether the duration's unit is taken from the point in its numbers, and neither said nor measured.
    pub is_guessed: bool,
    /// Whether it was given: what a logger puts in front of its lines is not in it then.
    pub is_given: bool,
}

/// A request as a line of a log says it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen<'a> {
    pub entry: Entry<'a>,
    /// The stamp's zone.
    pub zone: &'a [u8],
    /// Why its duration is left out though the line has one.
    pub odd: Option<Odd>,
}

/// Why a duration is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// Its number is of another kind than those of the beginning.
    Unit,
    /// It is no number, or one below zero.
    Unread,
}

/// A duration of so many ms each, and what is odd about it: dashes and nothing are none, anything else is to be a number.
pub fn duration(cell: &[u8], unit: f64) -> (f64, Option<Odd>) {
    match fields::times(cell, unit) {
        Some(duration) => (duration, None),
        None => (f64::NAN, cell.iter().any(u8::is_ascii_digit).then_some(Odd::Unread)),
    }
}

/// Whether a line begins with a literal. Most layouts begin with a value: the pointer of an empty vector points nowhere, and to
/// compare no bytes there takes glibc's memcmp hundreds of cycles on processors that mask what they load.
fn begins_with(line: &[u8], literal: &[u8]) -> bool {
    literal.is_empty() || line.starts_with(literal)
}

/// A worker, unless it is an address: that is a client's, and must not be handed on as something else.
pub fn worker(text: &[u8]) -> &[u8] {
    if is_address(text) { b"" } else { text }
}

/// The first of several: of `X-Forwarded-For` the one that asked.
fn first_of_list(cell: &[u8]) -> &[u8] {
    &cell[..memchr(b',', cell).unwrap_or(cell.len())]
}

impl Layout {
    /// One of which nothing is known yet but what stands between its fields.
    pub fn plain(fields: Vec<Field>, after: Vec<u8>) -> Self {
        Self {
            fields,
            after,
            server: Server::Any,
            moment: Moment::End,
            step: 0.0,
            ambiguous: None,
            has_commas: false,
            is_guessed: false,
            is_given: false,
        }
    }

    /// Cuts a line into its fields; false for a line of another shape.
    pub fn cells<'l>(&self, line: &'l [u8], cells: &mut [&'l [u8]; MOST]) -> bool {
        let Some(first) = self.fields.first() else { return false };
        if !begins_with(line, &first.before) {
            return false;
        }
        let mut at = first.before.len();
        for (number, cell) in cells.iter_mut().enumerate().take(self.fields.len()) {
            match self.fields.get(number + 1) {
                Some(next) => {
                    let Some(end) = self.fields[number].end(line, at, next) else { return false };
                    *cell = &line[at..end];
                    at = end + next.before.len();
                }
                None => {
                    let Some(rest) = line.get(at..) else { return false };
                    let end = match self.after.as_slice() {
                        [] => rest.len(),
                        after if rest.ends_with(after) => rest.len() - after.len(),
                        _ => return false,
                    };
                    *cell = &rest[..end];
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
        let line = if self.is_given { without_logger(line) } else { line };
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
                Role::Epoch | Role::Again => epoch = fields::when(cell),
                Role::Request if fields::is_event(cell) => return None,
                Role::Request => {
                    // What is no request line was answered as well, with a 400.
                    (entry.method, entry.target) = fields::request(cell).unwrap_or_default();
                    entry.target = fields::without_host(entry.target);
                    is_request = true;
                }
                Role::Method => entry.method = fields::known(cell),
                Role::Target => {
                    entry.target = fields::without_host(fields::known(cell));
                    is_request = true;
                }
                Role::Status => entry.status = fields::status(cell)?,
                Role::Bytes => entry.bytes = fields::whole(cell),
                Role::Client => entry.client = fields::without_port(fields::known(first_of_list(cell))),
                Role::User => entry.user = fields::known(cell),
                Role::Worker => entry.worker = worker(fields::without_angles(cell)),
                Role::Duration(_) if self.is_guessed && is_of_another_unit(cell) => {
                    seen.odd = Some(Odd::Unit)
                }
                Role::Duration(unit) => (entry.duration, seen.odd) = duration(cell, unit),
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
        if self.is_guessed && seen.entry.duration.is_nan() && seen.odd.is_none() {
            seen.entry.duration = std::mem::replace(&mut seen.entry.upstream, f64::NAN);
        }
        match (stamp, epoch) {
            // The finer one, on the clock of the other.
            (Some(stamp), Some(epoch)) if epoch.step <= stamp.step => {
                // What says no zone is on the same clock.
                let own = if epoch.zone.is_empty() { stamp.zone } else { epoch.zone };
                let zone = if stamp.zone.is_empty() { own } else { stamp.zone };
                let shift = fields::offset(zone) - fields::offset(own);
                (seen.entry.stamp, seen.zone) = (epoch.milliseconds + shift, zone);
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
        Self::worked_out(head, has_request, pattern, |layout, rows| assign(layout, rows, head))
    }

    /// The layout of lines that are `requests`, of those that they have by themselves the one that fits best.
    pub fn worked_out(
        head: &[u8],
        requests: impl Fn(&[u8]) -> bool,
        pattern: impl Fn(&[u8]) -> Option<Self>,
        assign: impl Fn(&mut Self, &[&[u8]]),
    ) -> Option<Self> {
        if !LOGS {
            return None;
        }
        let all: Vec<&[u8]> = lines(head).filter(|line| requests(line)).collect();
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
            assign(&mut layout, &rows);
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

/// A line without what hypercorn's and gunicorn's loggers put in front of it: `[2026-11-30 17:47:00 +0000] [31345] [INFO] `.
pub(super) fn without_logger(line: &[u8]) -> &[u8] {
    let mut rest = line;
    for number in 0..3 {
        let Some(inner) = rest.strip_prefix(b"[") else { return line };
        let Some(end) = memmem::find(inner, b"] ") else { return line };
        let word = &inner[..end];
        let is_so = match number {
            0 => word.get(10) == Some(&b' ') && fields::when(word).is_some(),
            1 => word.iter().all(u8::is_ascii_digit),
            _ => word.iter().all(u8::is_ascii_uppercase),
        };
        if !is_so || word.is_empty() {
            return line;
        }
        rest = &inner[end + 2..];
    }
    rest
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
            return open.is_some_and(|open| !fields::is_event(&before[open + 1..]));
        }
        from = end + 2;
    }
    has_status_before(line)
}

/// Whether a request in quotes has a status in front of it, in a word of its own.
fn has_status_before(line: &[u8]) -> bool {
    let Some(open) = memmem::find(line, b" \"").map(|at| at + 2) else { return false };
    let Some(close) = memchr(b'"', &line[open..]).map(|at| open + at) else { return false };
    let quoted = &line[open..close];
    memmem::find(quoted, b" HTTP/").is_some()
        && fields::request(quoted).is_some()
        && line[..open - 2].split(|&byte| byte == b' ').any(fields::is_known_status)
}

/// The pattern that a line has by itself: words, quoted texts, texts in brackets and braces; `name=` before a value stays.
pub fn pattern(line: &[u8]) -> Option<Layout> {
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
            Some(b'(') if is_number_within(&line[at..]) => b")",
            _ => &b""[..],
        };
        // syslog's priority is glued to its stamp: `<190>Nov 20 10:00:00 edge nginx: `.
        let is_glued = close == b">"
            && memchr(b'>', &line[at..])
                .is_none_or(|end| line.get(at + end + 1).is_some_and(|&byte| byte != b' '));
        let close = if is_glued { b"" } else { close };
        let end = if close.is_empty() {
            end_of_value(line, at, b" ").unwrap_or(line.len())
        } else {
            before.push(line[at]);
            at += 1;
            closing(line, at, close[0])?
        };
        let is_plain = close.is_empty() && name.is_empty();
        fields.push(Field { before: std::mem::take(&mut before), name, role: Role::Skip });
        if fields.len() + 1 >= MOST {
            return None;
        }
        if let Some((front, behind)) = two_numbers(&line[at..end]).filter(|_| is_plain) {
            if let Some(field) = fields.last_mut() {
                field.before.extend_from_slice(&line[at..at + front]);
            }
            fields.push(Field { before: b"/".to_vec(), name: String::new(), role: Role::Skip });
            before.extend_from_slice(&line[at + behind..end]);
            at = end;
            continue;
        }
        before.extend_from_slice(close);
        at = end + close.len();
    }
    Some(Layout::plain(fields, before))
}

/// Whether a number, or what stands for none, is in parentheses and nothing behind them: `(0.016) `.
fn is_number_within(text: &[u8]) -> bool {
    let Some(close) = memchr(b')', text) else { return false };
    let inner = &text[1..close];
    let is_part = |byte: &u8| byte.is_ascii_digit() || b".-, :".contains(byte);
    !inner.is_empty() && inner.iter().all(is_part) && text.get(close + 1).is_none_or(|byte| *byte == b' ')
}

/// Two whole numbers with a stroke between them, as Apache's `%T/%D`, and perhaps something around them (`**0/18712**`): where
/// the first begins, and the second ends.
fn two_numbers(word: &[u8]) -> Option<(usize, usize)> {
    let front = word.iter().take_while(|byte| b"*+=#~".contains(byte)).count();
    let digits = |from: usize| word[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let slash = front + digits(front);
    let behind = slash + 1 + digits((slash + 1).min(word.len()));
    let is_so = slash > front && word.get(slash) == Some(&b'/') && behind > slash + 1;
    (is_so && word[behind..].iter().all(|byte| b"*+=#~".contains(byte))).then_some((front, behind))
}

/// Whether a number is no fraction of a second as those before it are, but a count of something smaller: a whole one, too
/// large for seconds.
pub fn is_of_another_unit(cell: &[u8]) -> bool {
    fields::whole(cell).is_some_and(|value| value >= 100)
}
