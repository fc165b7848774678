//! Events read where they lie in the buffer, as nearly all do: nothing is copied, and nothing is asked of the input but its
//! bytes. What does not lie in it whole, or is anything but plain, is left to the reader of tokens, which reads the same
//! of it ([`super::events`]) and says what is wrong.

use std::borrow::Cow;

use super::super::decimal::decimal;
use super::events::{Event, Id};

/// How deep values may lie in each other that are passed over here: a bit a level.
const DEEPEST: u32 = 60;

/// The event that `bytes` begin with, and how long it is; `None` for whatever is not plain.
pub(super) fn event(bytes: &[u8]) -> Option<(Event<'_>, usize)> {
    let mut text = Plain { bytes, at: 0 };
    let mut event = Event::default();
    text.entries(&mut |text, key| {
        match key {
            b"ph" => event.phase = text.text_or_none()?.unwrap_or_default(),
            b"name" => event.name = text.text_or_none()?.unwrap_or_default(),
            b"cat" => event.category = text.text_or_none()?.unwrap_or_default(),
            b"pid" => event.process = text.id()?,
            b"tid" => event.thread = text.id()?,
            b"ts" => event.at = text.number_or_none()?,
            b"dur" => event.duration = Some(text.number_or_none()?.unwrap_or(f64::NAN)),
            b"args" if text.next()? == b'{' => text.entries(&mut |text, key| {
                match key {
                    b"name" => event.named = text.text_or_none()?,
                    b"filename" => event.file = text.text_or_none()?,
                    b"line" => event.line = line(text.number_or_none()?),
                    _ => text.skip()?,
                }
                Some(())
            })?,
            _ => text.skip()?,
        }
        Some(())
    })?;
    Some((event, text.at))
}

/// A line's number, as [`super::super::json::Json::whole`] gives it.
fn line(number: Option<f64>) -> i64 {
    number
        .filter(|number| number.fract() == 0.0 && number.abs() < 9e15)
        .map_or(0, |number| number.max(0.0) as i64)
}

/// What stands between two events: a comma, and white space around it. How long it is.
pub(super) fn comma(bytes: &[u8]) -> Option<usize> {
    let mut text = Plain { bytes, at: 0 };
    text.expect(b',')?;
    text.next()?;
    Some(text.at)
}

/// Plain JSON in a buffer. `None` wherever it is something else or goes on behind the buffer's end.
struct Plain<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Plain<'a> {
    /// The next byte that is no white space, which stays to be read.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.at += 1)
    }

    /// An object: `visit` is told each key, and reads its value.
    #[inline]
    fn entries(&mut self, visit: &mut impl FnMut(&mut Self, &[u8]) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.next()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let key = self.key()?;
            visit(self, key)?;
            match self.next()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// A key without escapes, and the colon behind it.
    #[inline]
    fn key(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let rest = self.bytes.get(self.at..)?;
        // Keys are a few letters long: shorter than it takes to begin a faster search.
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if rest[length] != b'"' {
            return None;
        }
        self.at += length + 1;
        self.expect(b':')?;
        Some(&rest[..length])
    }

    /// A text; of another value, which is passed over, none.
    #[inline]
    fn text_or_none(&mut self) -> Option<Option<Cow<'a, str>>> {
        if self.next()? != b'"' {
            self.skip()?;
            return Some(None);
        }
        self.text().map(Some)
    }

    #[inline]
    fn text(&mut self) -> Option<Cow<'a, str>> {
        self.expect(b'"')?;
        let rest = self.bytes.get(self.at..)?;
        let length = memchr::memchr2(b'"', b'\\', rest)?;
        if rest[length] == b'\\' {
            return self.escaped().map(Cow::Owned);
        }
        self.at += length + 1;
        std::str::from_utf8(&rest[..length]).ok().map(Cow::Borrowed)
    }

    /// A text with backslashes, as every path of Windows has them.
    fn escaped(&mut self) -> Option<String> {
        let mut text = Vec::new();
        loop {
            let rest = self.bytes.get(self.at..)?;
            let length = memchr::memchr2(b'"', b'\\', rest)?;
            text.extend_from_slice(&rest[..length]);
            self.at += length + 1;
            if rest[length] == b'"' {
                return String::from_utf8(text).ok();
            }
            text.push(match rest.get(length + 1)? {
                plain @ (b'"' | b'\\' | b'/') => *plain,
                b'n' => b'\n',
                b't' => b'\t',
                _ => return None,
            });
            self.at += 1;
        }
    }

    /// The letters of a number or word.
    #[inline]
    fn word(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let is_sign = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'+' | b'.');
        let length = rest.iter().position(is_sign)?;
        self.at += length;
        Some(&rest[..length])
    }

    #[inline]
    fn number(&mut self) -> Option<f64> {
        let word = self.word()?;
        // `NaN` and the infinities are words of Python's, and no plain numbers.
        matches!(word.first()?, b'-' | b'0'..=b'9').then_some(())?;
        decimal(word)
    }

    /// A number; of another value, which is passed over, none.
    #[inline]
    fn number_or_none(&mut self) -> Option<Option<f64>> {
        if !matches!(self.next()?, b'-' | b'0'..=b'9') {
            self.skip()?;
            return Some(None);
        }
        self.number().map(Some)
    }

    #[inline]
    fn id(&mut self) -> Option<Id<'a>> {
        if self.next()? == b'"' {
            return self.text().map(Id::Text);
        }
        Some(Id::of_number(self.number_or_none()?))
    }

    /// Passes over a value.
    fn skip(&mut self) -> Option<()> {
        // A bit a level, 1 for an object, below a 1 that is the outside.
        let mut levels: u64 = 1;
        loop {
            match self.next()? {
                open @ (b'{' | b'[') => {
                    self.at += 1;
                    if self.next()? == open + 2 {
                        self.at += 1;
                    } else {
                        if levels.ilog2() >= DEEPEST {
                            return None;
                        }
                        levels = levels << 1 | u64::from(open == b'{');
                        if open == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                b'"' => drop(self.text()?),
                b'-' | b'0'..=b'9' => drop(self.number()?),
                b't' | b'f' | b'n' => {
                    if !matches!(self.word()?, b"true" | b"false" | b"null") {
                        return None;
                    }
                }
                _ => return None,
            }
            loop {
                if levels == 1 {
                    return Some(());
                }
                match (self.next()?, levels & 1) {
                    (b',', is_object) => {
                        self.at += 1;
                        if is_object == 1 {
                            self.key()?;
                        }
                        break;
                    }
                    (b'}', 1) | (b']', 0) => {
                        self.at += 1;
                        levels >>= 1;
                    }
                    _ => return None,
                }
            }
        }
    }
}
