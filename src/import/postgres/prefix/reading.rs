//! Reads a line by a compiled prefix.

use memchr::memchr;

use super::super::super::stamp;
use super::super::languages;
use super::{Element, Field, LONGEST, Line, STEPS, Span, Spelling, severity};

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

/// One line, as it is read.
pub(super) struct Reading<'l, 'c> {
    pub line: &'l [u8],
    pub result: Line,
    pub clock: &'c mut ClockCache,
    pub steps: u32,
}

impl Reading<'_, '_> {
    /// Whether `elements` and then a severity fit at `at`. Goes as deep as there are elements.
    pub fn elements(&mut self, elements: &[Element], at: usize) -> bool {
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
            Element::Stop | Element::HiddenStop => self.elements(rest, at) || self.severity(at),
            Element::Escape { letter, spelling, field, width } => {
                let padded = *width != 0;
                let at = if *width > 0 { self.run(at, |byte| *byte == b' ') } else { at };
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
                    Spelling::SessionId => {
                        let dot = self.run(at, u8::is_ascii_hexdigit);
                        // The dot of `%c.%l` is another.
                        if self.line.get(dot) == Some(&b'.') {
                            self.run(dot + 1, u8::is_ascii_hexdigit)
                        } else {
                            dot
                        }
                    }
                    Spelling::VirtualId => self.run(at, |byte| byte.is_ascii_digit() || *byte == b'/'),
                };
                self.set(*field, at, end);
                self.elements(rest, end) || padded && self.behind_blanks(rest, end) || {
                    // Padded on either side.
                    let blanks = self.run(at, |byte| *byte == b' ');
                    blanks > at && blanks < self.line.len() && self.elements(elements, blanks)
                }
            }
        }
    }

    /// Whether `rest` fits behind some of the blanks at `at`.
    fn behind_blanks(&mut self, rest: &[Element], at: usize) -> bool {
        let end = self.run(at, |byte| *byte == b' ');
        (at + 1..=end).rev().any(|at| self.elements(rest, at))
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
                // Without the blanks it is padded with.
                let value = self.line.get(at..end).unwrap_or_default();
                self.set(field, at, at + value.trim_ascii_end().len());
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
