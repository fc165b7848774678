//! `log_line_prefix`: its escapes, and reading a line by it.
//!
//! <https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-LINE-PREFIX>

mod reading;

use std::fmt;

use super::super::stamp;
use super::languages;
pub use reading::ClockCache;
use reading::Reading;

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
        /// At least so many characters, of blanks behind the value if it is negative; 0 if it is not padded.
        width: i16,
    },
    /// `%q`: lines of the server's own processes end their prefix here.
    Stop,
    /// Where `%q` would stand, if no line showed yet that it does.
    HiddenStop,
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
            let is_behind = bytes.next_if_eq(&b'-').is_some();
            let mut width: i16 = 0;
            while let Some(digit) = bytes.next_if(u8::is_ascii_digit) {
                width = width.saturating_mul(10).saturating_add(i16::from(digit - b'0'));
            }
            match bytes.next() {
                Some(b'%') | None => prefix.literal(b"%"),
                Some(letter) => prefix.escape(letter),
            }
            prefix.pad_last(if is_behind { -width } else { width });
        }
        prefix
    }

    /// Text that stands for itself.
    pub fn of(text: &[u8]) -> Self {
        let mut prefix = Self::default();
        if !text.is_empty() {
            prefix.literal(text);
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
        self.elements.push(Element::Escape { letter, spelling, field, width: 0 });
    }

    /// Pads the last escape with blanks, as `%10a` and `%-10a` do.
    pub fn pad_last(&mut self, blanks: i16) {
        if let Some(Element::Escape { width, .. }) = self.elements.last_mut() {
            *width = blanks;
        }
    }

    /// Whether nothing comes after the last escape.
    pub fn ends_with_escape(&self) -> bool {
        matches!(self.elements.last(), Some(Element::Escape { .. }))
    }

    /// Whether a blank is the last thing in it.
    pub fn ends_with_blank(&self) -> bool {
        matches!(self.elements.last(), Some(Element::Literal(text)) if text.ends_with(b" "))
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

    /// This prefix with `%q` before it, and within and after each of its literals in turn.
    pub fn with_stop(&self) -> Vec<Self> {
        let mut all = vec![self.with(0, 0, Element::Stop)];
        for (at, element) in self.elements.iter().enumerate() {
            let Element::Literal(text) = element else { continue };
            let blanks =
                text.iter().enumerate().filter(|(_, byte)| **byte == b' ').map(|(blank, _)| blank + 1);
            all.extend(blanks.filter(|&cut| cut < text.len()).map(|cut| self.with(at, cut, Element::Stop)));
            if at + 1 < self.elements.len() {
                all.push(self.with(at, text.len(), Element::Stop));
            }
        }
        all
    }

    /// This prefix as it is for lines without a session, too, where `%q` would stand before what only sessions have:
    /// perhaps no line of the server's own processes was seen yet.
    pub fn with_hidden_stop(self) -> Self {
        if self.elements.contains(&Element::Stop) {
            return self;
        }
        let is = |element: &Element, letters: &[u8]| matches!(element, Element::Escape { letter, .. } if letters.contains(letter));
        let first = self.elements.iter().position(|element| is(element, b"tmnpc")).unwrap_or(usize::MAX);
        let of_session = self.elements.iter().position(|element| is(element, b"udarh"));
        let behind =
            self.elements.iter().enumerate().position(|(at, element)| at > first && is(element, b"udarh"));
        let mut result = self.clone();
        if let Some(before) = behind.and_then(|at| at.checked_sub(1))
            && let Element::Literal(text) = &self.elements[before]
        {
            let blank = text.iter().rposition(|&byte| byte == b' ').map_or(text.len(), |blank| blank + 1);
            result = result.with(before, blank, Element::HiddenStop);
        }
        if of_session == Some(0) {
            result = result.with(0, 0, Element::HiddenStop);
        }
        result
    }

    /// This prefix with `element` within the one at `at`, `cut` bytes behind its beginning.
    fn with(&self, at: usize, cut: usize, element: Element) -> Self {
        let mut elements = self.elements.clone();
        match elements.get_mut(at) {
            Some(Element::Literal(text)) if cut > 0 => {
                let rest = text.split_off(cut.min(text.len()));
                elements.insert(at + 1, element);
                if !rest.is_empty() {
                    elements.insert(at + 2, Element::Literal(rest));
                }
            }
            _ => elements.insert(at.min(elements.len()), element),
        }
        Self { elements }
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
                Element::Escape { letter, width: 0, .. } => write!(formatter, "%{}", char::from(*letter))?,
                Element::Escape { letter, width, .. } => {
                    write!(formatter, "%{width}{}", char::from(*letter))?
                }
                Element::Stop => formatter.write_str("%q")?,
                Element::HiddenStop => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
