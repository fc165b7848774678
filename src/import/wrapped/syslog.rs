//! Syslog's lines, and the messages of several lines and processes put together again.
//!
//! PostgreSQL sends a message in pieces: one for each of its lines, and long lines cut at blanks. Each has
//! a number, `[5-2]` being the second piece of the process's fifth message
//! ([`write_syslog`](https://github.com/postgres/postgres/blob/master/src/backend/utils/error/elog.c)).
//! Pieces of several processes come in between.
//!
//! Headers: [RFC 3164](https://www.rfc-editor.org/rfc/rfc3164) (`Nov 23 06:34:54 host postgres[77]: `, no
//! year), the same with an ISO stamp (rsyslog's file format), [RFC 5424](https://www.rfc-editor.org/rfc/rfc5424)
//! (`<134>1 2026-11-23T06:34:54.1Z host postgres 77 - - `), Heroku's logplex
//! (`2026-11-23T06:34:54+00:00 app[postgres.12]: [DATABASE] [5-1] `, from a drain also without the colon).

use std::collections::VecDeque;

use super::super::postgres::infer::marker;
use super::super::postgres::prefix::severity;
use super::super::stamp;
use super::unwrapping::Block;

/// One line of syslog.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    /// Of the header: ms on the clock that wrote it, without a year since the year's beginning.
    milliseconds: f64,
    resolution: f64,
    /// Month and day, if there is no year.
    month: Option<(i64, i64)>,
    zone: Option<String>,
    program: &'a [u8],
    process: &'a [u8],
    /// `5-2`: message and piece; message 0 if only pieces are numbered.
    number: Option<(u64, u64)>,
    text: &'a [u8],
}

/// Whether this is a header of syslog's and nothing more: `Dec  1 10:37:02 host nginx: `, with a process or without.
pub fn is_header(text: &[u8]) -> bool {
    let rest = match text.strip_prefix(b"<") {
        Some(rest) => match memchr::memchr(b'>', rest).filter(|&end| number(&rest[..end]).is_some()) {
            Some(end) => &rest[end + 1..],
            None => return false,
        },
        None => text,
    };
    let rest = rest.strip_prefix(b"1 ").unwrap_or(rest);
    Line::stamp(rest)
        .is_some_and(|(_, rest)| rest.ends_with(b": ") && rest.split(|byte| *byte == b' ').count() <= 4)
}

const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

fn number(text: &[u8]) -> Option<u64> {
    (!text.is_empty() && text.len() < 19 && text.iter().all(u8::is_ascii_digit))
        .then(|| text.iter().fold(0, |value, &byte| value * 10 + u64::from(byte - b'0')))
}

/// The word at the beginning of `text`, and what follows the blank after it.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|&byte| byte == b' ')?;
    (end > 0).then(|| (&text[..end], &text[end + 1..]))
}

impl<'a> Line<'a> {
    /// Reads a line's header.
    pub fn read(line: &'a [u8]) -> Option<Self> {
        let mut rest = line;
        // A drain of Heroku's counts bytes: `290 <134>1 …`.
        if let Some((count, after)) = word(rest)
            && number(count).is_some()
            && after.first() == Some(&b'<')
        {
            rest = after;
        }
        let mut version = false;
        if rest.first() == Some(&b'<') {
            let end = rest.iter().take(6).position(|&byte| byte == b'>')?;
            number(&rest[1..end])?;
            rest = &rest[end + 1..];
            if let Some(after) = rest.strip_prefix(b"1 ") {
                (version, rest) = (true, after);
            }
        }
        let (mut head, after) = Self::stamp(rest)?;
        if version {
            head.protocol_5424(after)?;
        } else {
            head.tag(after)?;
        }
        // A byte order mark may stand before an RFC 5424 message.
        head.text = head.text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head.text);
        head.numbers();
        Some(head)
    }

    fn stamp(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut line = Self {
            milliseconds: f64::NAN,
            resolution: 1000.0,
            month: None,
            zone: None,
            program: b"",
            process: b"",
            number: None,
            text: b"",
        };
        if let Some(month) = MONTHS.iter().position(|month| text.starts_with(month)) {
            // `Nov  3 06:34:54 `
            let day = number(text.get(4..6)?.trim_ascii_start())? as i64;
            let time = stamp::time(text, 7)?;
            if !(1..=31).contains(&day) || text.get(3) != Some(&b' ') || text.get(6) != Some(&b' ') {
                return None;
            }
            line.month = Some((month as i64 + 1, day));
            line.milliseconds = time.milliseconds;
            line.resolution = time.resolution;
            return Some((line, text.get(time.end..)?.strip_prefix(b" ")?));
        }
        let found = stamp::parse(text, 0)?;
        if text.get(10) != Some(&b'T') {
            return None;
        }
        line.milliseconds = found.milliseconds;
        line.resolution = found.resolution;
        line.zone = found.zone;
        Some((line, text.get(found.range.end..)?.strip_prefix(b" ")?))
    }

    /// `host postgres 77 - - text`, with structured data or none.
    fn protocol_5424(&mut self, text: &'a [u8]) -> Option<()> {
        let (_, rest) = word(text)?;
        let (program, rest) = word(rest)?;
        let (process, rest) = word(rest)?;
        (self.program, self.process) = (program, process);
        // Heroku's: program `app`, process `postgres.77`, one dash.
        if let Some(process) = process.strip_prefix(b"postgres.") {
            (self.program, self.process) = (b"postgres", process);
            self.text = rest.strip_prefix(b"- ")?;
            return Some(());
        }
        let (_, rest) = word(rest)?;
        self.text = match rest.first()? {
            b'[' => {
                // Elements end with a bracket that is not escaped, before a blank.
                let end = memchr::memmem::find(rest, b"] ")?;
                &rest[end + 2..]
            }
            _ => rest.strip_prefix(b"- ")?,
        };
        Some(())
    }

    /// `host postgres[77]: text`, or without a host.
    fn tag(&mut self, text: &'a [u8]) -> Option<()> {
        let head = text.get(..text.len().min(400))?;
        // A drain of Heroku's without syslog's framing has no colon: `app[postgres.77] [DATABASE] [920-1] `.
        if let Some(open) = memchr::memmem::find(head, b"[postgres.")
            && let Some(close) = head[open..].iter().position(|&byte| byte == b']')
            && head.get(open + close + 1) == Some(&b' ')
        {
            (self.program, self.process) = (b"postgres", &head[open + b"[postgres.".len()..open + close]);
            number(self.process)?;
            self.text = &text[open + close + 2..];
            return Some(());
        }
        let colon = memchr::memmem::find(head, b"]: ")?;
        let head = &text[..colon];
        let open = head.iter().rposition(|&byte| byte == b'[')?;
        let program = head[..open].rsplit(|&byte| byte == b' ').next()?;
        (self.program, self.process) = (program, &head[open + 1..]);
        if program == b"app"
            && let Some(process) = self.process.strip_prefix(b"postgres.")
        {
            (self.program, self.process) = (b"postgres", process);
        }
        number(self.process)?;
        self.text = &text[colon + 3..];
        Some(())
    }

    /// Takes `[5-2] ` (or `[2] `) off the text, and Heroku's `[DATABASE] ` before it.
    fn numbers(&mut self) {
        let bracket = |text: &'a [u8]| -> Option<(&'a [u8], &'a [u8])> {
            let inner = text.strip_prefix(b"[")?;
            let end = inner.iter().take(40).position(|&byte| byte == b']')?;
            Some((&inner[..end], inner[end + 1..].strip_prefix(b" ").unwrap_or(&inner[end + 1..])))
        };
        let mut text = self.text.strip_prefix(b" ").unwrap_or(self.text);
        if let Some((name, rest)) = bracket(text)
            && name.first().is_some_and(u8::is_ascii_uppercase)
            && bracket(rest).is_some()
        {
            text = rest;
        }
        let Some((numbers, rest)) = bracket(text) else { return };
        let mut parts = numbers.splitn(2, |&byte| byte == b'-');
        let first = parts.next().and_then(number);
        let read = match (first, parts.next()) {
            (Some(message), Some(piece)) => number(piece).map(|piece| (message, piece)),
            (Some(piece), None) => Some((0, piece)),
            _ => None,
        };
        // Heroku's blank before its prefix.
        if read.is_some() {
            (self.number, self.text) = (read, rest);
        }
    }

    /// Whether a server of PostgreSQL wrote it.
    pub fn is_postgres(&self) -> bool {
        let program = self.program;
        program.starts_with(b"postgres") || self.number.is_some() && marker(self.text).is_some()
    }
}

/// A message that may get more pieces.
#[derive(Debug)]
struct Message {
    process: Vec<u8>,
    number: u64,
    /// The last piece.
    piece: u64,
    text: Vec<u8>,
    /// Bytes of the last piece.
    last: usize,
    /// What stands before each of its lines that have a prefix.
    head: Vec<u8>,
    block: Block,
    /// Lines of the file when the last piece came.
    seen: u64,
    closed: bool,
}

/// What the header has to lend to lines, whose own prefix may lack it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lent {
    /// The stamp: `%m `, or `%t ` where it has no fraction.
    pub time: bool,
    /// The process: `[%p] `.
    pub process: bool,
}

/// What most lines of `head` lack: a prefix with digits in it may be anything, so the header's own process
/// is looked for.
pub fn lent(head: &[u8]) -> Lent {
    let (mut lines, mut times, mut processes) = (0, 0, 0);
    for line in head.split(|&byte| byte == b'\n').filter_map(Line::read).filter(Line::is_postgres) {
        let Some(at) = marker(line.text) else { continue };
        let prefix = &line.text[..at];
        let is_digit = |at: Option<usize>| at.and_then(|at| prefix.get(at)).is_some_and(u8::is_ascii_digit);
        let process = memchr::memmem::find_iter(prefix, line.process)
            .any(|at| !is_digit(at.checked_sub(1)) && !is_digit(Some(at + line.process.len())));
        lines += 1;
        times += usize::from(stamp::find(prefix).is_some());
        processes += usize::from(process || memchr::memmem::find(prefix, b"pid=").is_some());
    }
    Lent { time: times * 2 < lines, process: processes * 2 < lines }
}

/// Puts the pieces of messages together.
#[derive(Debug, Default)]
pub struct Demux {
    lent: Lent,
    /// The year of the next line whose stamp has none, and the month of the one before.
    year: Option<i64>,
    month: i64,
    year_was_inferred: Option<i64>,
    open: VecDeque<Message>,
    lines: u64,
}

/// A message gets no more pieces after so many lines without one.
const PATIENCE: u64 = 500;

/// So many messages are open at once.
const MOST_OPEN: usize = 2000;

/// PostgreSQL cuts lines of more than 900 bytes (1024 before 9.?) at a blank; a piece this long may be one
/// that was cut.
const LONG: usize = 450;

/// A message of more bytes than this goes on in another: pieces of one number without end.
const LONGEST: usize = super::super::records::RECORD_LIMIT / 4;

impl Demux {
    /// With what the header lends, and the year of the first stamp that has none.
    pub fn new(lent: Lent, year: Option<i64>) -> Self {
        Self { lent, year, ..Self::default() }
    }

    /// The year that was given to stamps without one.
    pub fn inferred_year(&self) -> Option<i64> {
        self.year_was_inferred
    }

    /// Takes in a line; what is not syslog's, or not the server's, is passed over.
    pub fn take(&mut self, line: &[u8], block: Block) {
        self.lines += 1;
        let Some(line) = Line::read(line) else { return };
        if !line.is_postgres() {
            return;
        }
        let text = unescaped(line.text);
        let follows = |text: &[u8]| {
            let found = marker(text).and_then(|at| severity(&text[at..]));
            text.first() == Some(&b'\t') || found.is_some_and(|(severity, _)| severity.follows())
        };
        let joins = match line.number {
            Some((number, piece)) if piece > 1 => self.open.iter_mut().rev().find(|open| {
                open.process == line.process && open.number == number && open.piece < piece && !open.closed
            }),
            Some(_) => None,
            None if follows(&text) => {
                self.open.iter_mut().rev().find(|open| open.process == line.process && !open.closed)
            }
            None => None,
        };
        if let Some(open) = joins.filter(|open| open.text.len() < LONGEST) {
            open.add(&text);
            open.piece = line.number.map_or(open.piece, |(_, piece)| piece);
            open.block.raw.1 = block.raw.1;
            open.seen = self.lines;
            return;
        }
        for open in &mut self.open {
            // Heroku's processes share a name: only the same number ends the message before.
            open.closed |= open.process == line.process
                && (line.number.is_none()
                    || open.number.max(1) <= line.number.map_or(0, |(of, _)| of.max(1)));
        }
        let head = self.head(&line);
        let mut message = Message {
            process: line.process.to_vec(),
            number: line.number.map_or(0, |(number, _)| number),
            piece: line.number.map_or(1, |(_, piece)| piece),
            text: Vec::new(),
            last: 0,
            head,
            block,
            seen: self.lines,
            closed: false,
        };
        message.add(&text);
        self.open.push_back(message);
    }

    /// What is put before a line, out of its header.
    fn head(&mut self, line: &Line<'_>) -> Vec<u8> {
        let mut head = String::new();
        if self.lent.time {
            let mut milliseconds = line.milliseconds;
            if let Some((month, day)) = line.month {
                // A line of January after one of December.
                if month + 6 < self.month {
                    self.year = self.year.map(|year| year + 1);
                }
                self.month = month;
                let year = self.year.unwrap_or(UNKNOWN_YEAR);
                self.year_was_inferred.get_or_insert(year);
                milliseconds += stamp::days(year, month, day) as f64 * 86_400_000.0;
            }
            let time = crate::format::time_of_day(milliseconds);
            let time = if line.resolution < 1000.0 { &time } else { time.get(..8).unwrap_or(&time) };
            head += &format!("{} {time} ", crate::format::date(milliseconds));
            // RFC 3164 has the local time of whoever wrote it.
            // `+0100`, as a server would write it.
            head += &line.zone.as_deref().unwrap_or("local").replace(':', "");
            head.push(' ');
        }
        if self.lent.process {
            head += &format!("[{}] ", String::from_utf8_lossy(line.process));
        }
        head.into_bytes()
    }

    /// The next message that is complete; at the end of the file, all are.
    pub fn next(&mut self, ended: bool) -> Option<(Vec<u8>, Block)> {
        let many = self.open.len() > MOST_OPEN;
        let front = self.open.front()?;
        if !(ended || many || front.closed || self.lines - front.seen > PATIENCE) {
            return None;
        }
        self.open.pop_front().map(|message| (message.text, message.block))
    }
}

/// The year of stamps without one when nothing tells it: a leap year, so that every day exists.
pub const UNKNOWN_YEAR: i64 = 2000;

impl Message {
    /// Adds a piece: a line of its own, or the rest of one that was cut.
    fn add(&mut self, piece: &[u8]) {
        for (index, line) in piece.split(|&byte| byte == b'\n').enumerate() {
            let has_prefix = line.first() != Some(&b'\t')
                && marker(line).is_some()
                && (self.text.is_empty() || index > 0 || self.last < LONG || follows_marker(line));
            if self.text.is_empty() {
                self.text.extend_from_slice(&self.head);
            } else if line.first() == Some(&b'\t') {
                self.text.push(b'\n');
            } else if has_prefix {
                self.text.push(b'\n');
                self.text.extend_from_slice(&self.head);
            } else if self.last < LONG || index > 0 {
                self.text.extend_from_slice(b"\n\t");
            }
            self.text.extend_from_slice(line);
            self.last = line.len();
        }
    }
}

/// Whether a line says by a word near its beginning that it goes with the one before.
fn follows_marker(line: &[u8]) -> bool {
    marker(line).and_then(|at| severity(&line[at..])).is_some_and(|(severity, _)| severity.follows())
}

/// Control characters as rsyslog writes them: `#011` is a tab, `#012` a line end.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'#', rest) {
        result.extend_from_slice(&rest[..at]);
        let (byte, length) = match rest.get(at + 1..at + 4) {
            Some(b"011") => (b'\t', 4),
            Some(b"012") => (b'\n', 4),
            Some(b"015") => (b'\r', 4),
            _ => (b'#', 1),
        };
        result.push(byte);
        rest = &rest[at + length..];
    }
    result.extend_from_slice(rest);
    result
}

/// The year of the first line of `head`, whose stamps have none: by when the file was last changed (ms since
/// 1970), or by a date in the log on a line of the same month and day.
pub fn year(head: &[u8], modified: Option<f64>) -> Option<i64> {
    let lines = || head.split(|&byte| byte == b'\n').filter_map(Line::read);
    let (month, day) = lines().find_map(|line| line.month)?;
    let by_text = lines().find_map(|line| {
        let (month, day) = line.month?;
        let dated = format!("-{month:02}-{day:02}");
        let at = memchr::memmem::find(line.text, dated.as_bytes())?;
        let year = number(line.text.get(at.checked_sub(4)?..at)?)? as i64;
        (1990..2200).contains(&year).then_some(year)
    });
    let by_file = modified.and_then(|modified| {
        let date = crate::format::date(modified);
        let part =
            |range: std::ops::Range<usize>| number(date.as_bytes().get(range)?).map(|part| part as i64);
        let (year, changed) = (part(0..4)?, (part(5..7)?, part(8..10)?));
        // A log does not begin after its file was last changed; a day more for its zone.
        Some(if (month, day) <= (changed.0, changed.1 + 1) { year } else { year - 1 })
    });
    by_text.or(by_file)
}
