//! `log_line_prefix`: its escapes, and reading a line by it.
//!
//! <https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-LINE-PREFIX>

use std::fmt;

use memchr::memchr;

use super::super::stamp;
use super::languages;

/// What a line is about, by the word after its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// LOG, and what is of no more interest than it: DEBUG, INFO, NOTICE.
    Log,
    /// WARNING.
    Warning,
    /// ERROR, FATAL, PANIC.
    Error,
    /// Goes with the line before: DETAIL.
    Detail,
    /// Goes with the line before: STATEMENT.
    Statement,
    /// Goes with the line before: CONTEXT.
    Context,
    /// Goes with the line before: HINT, QUERY, LOCATION, BACKTRACE.
    Other,
}

impl Severity {
    /// Whether the line belongs to the one before.
    pub fn follows(self) -> bool {
        matches!(self, Self::Detail | Self::Statement | Self::Context | Self::Other)
    }
}

/// The severity that is spelt at the start of `text` in whichever language, and where its message begins.
#[inline]
pub fn severity(text: &[u8]) -> Option<(Severity, usize)> {
    english(text).or_else(|| languages::severity(text))
}

#[inline]
fn english(text: &[u8]) -> Option<(Severity, usize)> {
    let length = text.iter().take(10).position(|&byte| byte == b':')?;
    if text.get(length + 1..length + 3) != Some(b"  ") {
        return None;
    }
    Some((english_named(&text[..length])?, length + 3))
}

/// The severity of this name, in whichever language.
#[inline]
pub fn severity_named(name: &[u8]) -> Option<Severity> {
    english_named(name).or_else(|| languages::severity_named(name))
}

#[inline]
fn english_named(name: &[u8]) -> Option<Severity> {
    Some(match name {
        b"LOG" | b"INFO" | b"NOTICE" | b"DEBUG" | b"DEBUG1" | b"DEBUG2" | b"DEBUG3" | b"DEBUG4"
        | b"DEBUG5" => Severity::Log,
        b"WARNING" => Severity::Warning,
        b"ERROR" | b"FATAL" | b"PANIC" => Severity::Error,
        b"DETAIL" => Severity::Detail,
        b"STATEMENT" => Severity::Statement,
        b"CONTEXT" => Severity::Context,
        b"HINT" | b"QUERY" | b"LOCATION" | b"BACKTRACE" => Severity::Other,
        _ => return None,
    })
}

/// What an escape stands for, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Application,
    User,
    Database,
    Client,
    Process,
    Session,
    /// SQLSTATE.
    State,
    /// Read over.
    None,
}

/// How an escape's value is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// `2026-11-23 06:33:39.557 CET`
    Time,
    /// `1795412019.557`
    Epoch,
    /// Digits, perhaps none.
    Digits,
    /// Digits, perhaps with a minus before.
    Signed,
    /// Five capitals or digits.
    State,
    /// `68a1c0de.7b0b`
    SessionId,
    /// `3/125`, or nothing.
    VirtualId,
    /// Anything up to what follows.
    Text,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Element {
    Literal(Vec<u8>),
    Escape {
        letter: u8,
        spelling: Spelling,
        field: Field,
    },
    /// `%q`: lines of the server's own processes end their prefix here.
    Stop,
}

/// A compiled `log_line_prefix`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prefix {
    elements: Vec<Element>,
}

/// What the prefix of one line says.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// What the line is about.
    pub severity: Severity,
    /// Where its message begins.
    pub message: usize,
    /// Milliseconds on the log's clock; NaN without one.
    pub stamp: f64,
    /// The clock's step, ms.
    pub resolution: f64,
    /// Where the zone is spelt.
    pub zone: Span,
    /// Where each [`Field`] is spelt.
    fields: [Span; 7],
}

/// A range of a line; empty where there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn new(start: usize, end: usize) -> Self {
        // A prefix is short: see `LONGEST`.
        Self { start: start as u32, end: end as u32 }
    }

    /// The bytes of `line` it names.
    pub fn of(self, line: &[u8]) -> &[u8] {
        line.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl Line {
    fn new() -> Self {
        Self {
            severity: Severity::Log,
            message: 0,
            stamp: f64::NAN,
            resolution: 0.0,
            zone: Span::default(),
            fields: [Span::default(); 7],
        }
    }

    /// A line whose prefix is not understood but for a stamp in it.
    pub fn unknown(line: &[u8], severity: Severity, prefix: usize, message: usize) -> Self {
        let mut result = Self { severity, message, ..Self::new() };
        if let Some(stamp) = stamp::find(&line[..prefix]) {
            result.stamp = stamp.milliseconds;
            result.resolution = stamp.resolution;
        }
        result
    }

    /// Where `field` is spelt.
    pub fn field(&self, field: Field) -> Span {
        self.fields.get(field as usize).copied().unwrap_or_default()
    }
}

/// Longest prefix, bytes: an application name has at most 63, and there are not many fields.
const LONGEST: usize = 1024;

/// Most steps of one match: values may hold what separates them, but not often.
const STEPS: u32 = 2000;

impl Prefix {
    /// Compiles a `log_line_prefix`. What is no escape stands for itself.
    pub fn new(setting: &str) -> Self {
        let mut prefix = Self::default();
        let mut bytes = setting.bytes().peekable();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                prefix.literal(&[byte]);
                continue;
            }
            // `%-10u`: padded. Blanks around a value are taken with it.
            while bytes.next_if(|byte| byte.is_ascii_digit() || *byte == b'-').is_some() {}
            match bytes.next() {
                Some(b'%') | None => prefix.literal(b"%"),
                Some(letter) => prefix.escape(letter),
            }
        }
        prefix
    }

    /// Adds text that stands for itself.
    pub fn literal(&mut self, text: &[u8]) {
        match self.elements.last_mut() {
            Some(Element::Literal(literal)) => literal.extend_from_slice(text),
            _ => self.elements.push(Element::Literal(text.to_vec())),
        }
    }

    /// Adds `%letter`; `%?` is a value that is not understood.
    pub fn escape(&mut self, letter: u8) {
        use Spelling::{Digits, Epoch, SessionId, Signed, State, Text, Time, VirtualId};
        let (spelling, field) = match letter {
            b'q' => return self.elements.push(Element::Stop),
            b't' | b'm' | b's' => (Time, Field::None),
            b'n' => (Epoch, Field::None),
            b'p' => (Digits, Field::Process),
            b'P' | b'l' | b'x' => (Digits, Field::None),
            b'Q' => (Signed, Field::None),
            b'e' => (State, Field::State),
            b'c' => (SessionId, Field::Session),
            b'v' => (VirtualId, Field::None),
            b'a' => (Text, Field::Application),
            b'u' => (Text, Field::User),
            b'd' => (Text, Field::Database),
            b'r' | b'h' => (Text, Field::Client),
            _ => (Text, Field::None),
        };
        self.elements.push(Element::Escape { letter, spelling, field });
    }

    /// How many escapes there are.
    pub fn escapes(&self) -> usize {
        self.elements.iter().filter(|element| matches!(element, Element::Escape { .. })).count()
    }

    /// Whether lines say which process they are of.
    pub fn has_process(&self) -> bool {
        self.elements
            .iter()
            .any(|element| matches!(element, Element::Escape { field: Field::Process | Field::Session, .. }))
    }

    /// Whether it has `%letter`.
    pub fn has(&self, wanted: u8) -> bool {
        self.elements
            .iter()
            .any(|element| matches!(element, Element::Escape { letter, .. } if *letter == wanted))
    }

    /// This prefix with values that are not understood in place of `%letter`.
    pub fn without(&self, unwanted: u8) -> Self {
        let mut prefix = self.clone();
        for element in &mut prefix.elements {
            if let Element::Escape { letter, field, .. } = element
                && *letter == unwanted
            {
                (*letter, *field) = (b'?', Field::None);
            }
        }
        prefix
    }

    /// This prefix with `%q` after each of its literals in turn.
    pub fn with_stop(&self) -> Vec<Self> {
        (1..self.elements.len())
            .filter(|&at| matches!(self.elements[at - 1], Element::Literal(_)))
            .map(|at| {
                let mut elements = self.elements.clone();
                elements.insert(at, Element::Stop);
                Self { elements }
            })
            .collect()
    }

    /// Reads the beginning of `line`, if it fits.
    pub fn read(&self, line: &[u8], clock: &mut ClockCache) -> Option<Line> {
        let mut reading = Reading { line, result: Line::new(), clock, steps: 0 };
        reading.elements(&self.elements, 0).then_some(reading.result)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for element in &self.elements {
            match element {
                Element::Literal(text) => {
                    formatter.write_str(&String::from_utf8_lossy(text).replace('%', "%%"))?;
                }
                Element::Escape { letter: b'?', .. } => formatter.write_str("…")?,
                Element::Escape { letter, .. } => write!(formatter, "%{}", char::from(*letter))?,
                Element::Stop => formatter.write_str("%q")?,
            }
        }
        Ok(())
    }
}

/// The last minute read, as most lines share theirs with the one before.
#[derive(Debug, Clone, Default)]
pub struct ClockCache {
    /// `2026-11-23 06:33`
    minute: [u8; 16],
    milliseconds: f64,
}

impl ClockCache {
    /// The stamp at `at`, its step, and where it ends.
    fn read(&mut self, line: &[u8], at: usize) -> Option<(f64, f64, usize)> {
        let minute = line.get(at..at + 16)?;
        if minute != self.minute {
            if line.get(at + 10) != Some(&b' ') {
                return None;
            }
            let day = stamp::date(line, at)?;
            let time = stamp::time(line, at + 11)?;
            // A leap second would belong to the next minute.
            self.milliseconds = day + time.milliseconds - time.milliseconds.rem_euclid(60_000.0);
            self.minute.copy_from_slice(minute);
        }
        let digit = |at: usize| {
            let byte = *line.get(at)?;
            byte.is_ascii_digit().then(|| f64::from(byte - b'0'))
        };
        if line.get(at + 16) != Some(&b':') {
            return None;
        }
        let second = digit(at + 17)? * 10.0 + digit(at + 18)?;
        let milliseconds = self.milliseconds + second * 1000.0;
        if line.get(at + 19) != Some(&b'.') {
            return Some((milliseconds, 1000.0, at + 19));
        }
        let fraction = digit(at + 20)? * 100.0 + digit(at + 21)? * 10.0 + digit(at + 22)?;
        Some((milliseconds + fraction, 1.0, at + 23))
    }
}

struct Reading<'l, 'c> {
    line: &'l [u8],
    result: Line,
    clock: &'c mut ClockCache,
    steps: u32,
}

impl Reading<'_, '_> {
    /// Whether `elements` and then a severity fit at `at`. Goes as deep as there are elements.
    fn elements(&mut self, elements: &[Element], at: usize) -> bool {
        self.steps += 1;
        if self.steps > STEPS || at > LONGEST {
            return false;
        }
        let Some((element, rest)) = elements.split_first() else { return self.severity(at) };
        match element {
            Element::Literal(text) => {
                self.line.get(at..).is_some_and(|line| line.starts_with(text))
                    && self.elements(rest, at + text.len())
            }
            Element::Stop => self.elements(rest, at) || self.severity(at),
            Element::Escape { letter, spelling, field } => {
                let end = match spelling {
                    Spelling::Text => return self.text(*field, rest, at),
                    Spelling::Time => return self.time(*letter, rest, at),
                    Spelling::Epoch => return self.epoch(rest, at),
                    Spelling::Digits => self.run(at, |byte| byte.is_ascii_digit()),
                    Spelling::Signed => {
                        let sign = usize::from(self.line.get(at) == Some(&b'-'));
                        self.run(at + sign, |byte| byte.is_ascii_digit())
                    }
                    Spelling::State => {
                        let end = self.run(at, |byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
                        if end != at + 5 {
                            return false;
                        }
                        end
                    }
                    Spelling::SessionId => self.run(at, |byte| byte.is_ascii_hexdigit() || *byte == b'.'),
                    Spelling::VirtualId => self.run(at, |byte| byte.is_ascii_digit() || *byte == b'/'),
                };
                self.set(*field, at, end);
                // Padded on either side.
                self.elements(rest, end) || {
                    let blanks = self.run(at, |byte| *byte == b' ');
                    blanks > at && blanks < self.line.len() && self.elements(elements, blanks)
                }
            }
        }
    }

    fn run(&self, at: usize, asked: impl Fn(&u8) -> bool) -> usize {
        at + self.line.get(at..).unwrap_or_default().iter().take_while(|byte| asked(byte)).count()
    }

    fn set(&mut self, field: Field, start: usize, end: usize) {
        if let Some(span) = self.result.fields.get_mut(field as usize) {
            *span = Span::new(start, end);
        }
    }

    fn severity(&mut self, at: usize) -> bool {
        let Some(found) = self.line.get(at..).and_then(severity) else { return false };
        self.result.severity = found.0;
        self.result.message = at + found.1;
        true
    }

    /// A value that ends wherever the rest fits first.
    fn text(&mut self, field: Field, rest: &[Element], at: usize) -> bool {
        // Russian's `[н/д]` has in it what may separate values.
        let mut end = at + self.line.get(at..).and_then(languages::unknown).unwrap_or(0);
        loop {
            if let Some(Element::Literal(text)) = rest.first() {
                let first = text.first().copied().unwrap_or_default();
                let limit = self.line.len().min(at + LONGEST);
                match self.line.get(end..limit).and_then(|line| memchr(first, line)) {
                    Some(found) => end += found,
                    None => return false,
                }
            }
            if field == Field::Client && self.line.get(at..end).is_some_and(|value| value.contains(&b' ')) {
                // An address has no blanks: they belong to the application's name before.
                return false;
            }
            if self.elements(rest, end) {
                self.set(field, at, end);
                return true;
            }
            end += 1;
            if end > self.line.len() || self.steps > STEPS {
                return false;
            }
        }
    }

    fn time(&mut self, letter: u8, rest: &[Element], at: usize) -> bool {
        let Some((milliseconds, resolution, end)) = self.clock.read(self.line, at) else { return false };
        let mut zone = Span::default();
        let mut after = end;
        if self.line.get(end) == Some(&b' ') {
            let begin = end + 1;
            let letters = self.run(begin, u8::is_ascii_alphabetic);
            let offset = self.run(begin, |byte| byte.is_ascii_digit() || b"+-:".contains(byte));
            // `+03:` before a literal colon: the zone ends before it.
            let offset = offset - usize::from(offset > begin && self.line.get(offset - 1) == Some(&b':'));
            after = letters.max(offset);
            if after == begin {
                return false;
            }
            zone = Span::new(begin, after);
        }
        if !self.elements(rest, after) {
            return false;
        }
        // `%s` is the session's start.
        if letter != b's' {
            self.result.stamp = milliseconds;
            self.result.resolution = resolution;
            self.result.zone = zone;
        }
        true
    }

    fn epoch(&mut self, rest: &[Element], at: usize) -> bool {
        let end = self.run(at, |byte| byte.is_ascii_digit() || *byte == b'.');
        let spelt = self.line.get(at..end).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let Some(seconds) = spelt.and_then(|text| text.parse::<f64>().ok()) else { return false };
        if !self.elements(rest, end) {
            return false;
        }
        self.result.stamp = (seconds * 1000.0).round();
        self.result.resolution = 1.0;
        true
    }
}

#[cfg(test)]
mod tests;
