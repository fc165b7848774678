//! JSON, read token by token: profiles nest as deep as stacks do, and some files are larger than memory.
//!
//! serde_json recurses, so it limits the depth to 128: a tree of frames (`pyinstrument`, `vprof`) takes two
//! levels a frame, and a stack of Django's has a hundred. Its error for a cut file does not say what was whole
//! before. And Python's own `json` writes `NaN` and `Infinity`, which are no JSON. So this one
//! ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), and those three words) keeps the depth on the heap, a
//! byte a level, and says what it is at.

use std::io::BufRead;

mod escapes;
mod plain;

use super::ImportError;
use super::decimal::decimal;
use super::records::AT_HAND;
use super::waiting::give_way;
use crate::format;
use crate::input::Input;
use plain::{is_of_word, plain_number, plain_text};

/// A key, a name: longer ones are damage.
const TEXT_LIMIT: usize = 64 << 20;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// `{`.
    Object,
    /// `[`.
    Array,
    /// A text.
    Text,
    /// A number, or one of Python's words for what is none.
    Number,
    /// `true`, `false`, `null`.
    Word,
}

/// Why it cannot be read on.
#[derive(Debug)]
pub enum Fault {
    /// The file ends in the middle.
    Cut(u64),
    /// It is no JSON, at this byte.
    Syntax(u64, &'static str),
    /// Reading failed.
    Reading(std::io::Error),
}

impl Fault {
    /// The error of a format; `advice` for a file that is cut or damaged.
    pub fn of(self, format: &dyn super::Format, advice: &str) -> ImportError {
        let byte = |at: u64| format!("byte {}", format::count(i64::try_from(at).unwrap_or(i64::MAX)));
        match self {
            Self::Cut(at) => ImportError::new(format, "the file ends in the middle", advice).at(byte(at)),
            Self::Syntax(at, problem) => ImportError::new(format, problem, advice).at(byte(at)),
            Self::Reading(error) => ImportError::reading(&error),
        }
    }
}

/// A level that was entered and not left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Nothing was read of it yet.
    FirstKey,
    Key,
    FirstItem,
    Item,
}

/// The reader. What lies whole in the input's buffer is read there, as nearly all does, and lent from there.
pub struct Json<'i, 'a> {
    input: &'i mut Input<'a>,
    /// How many bytes of the input's buffer are read. They are given back to it when more are needed, and at the end.
    at: usize,
    levels: Vec<Level>,
    /// A text or a number that had to be put together.
    text: Vec<u8>,
}

type Read<T> = Result<T, Fault>;

/// Where a text lies.
enum Lies {
    /// In the input's buffer.
    There(std::ops::Range<usize>),
    /// In [`Json::text`].
    Here,
}

impl<'i, 'a> Json<'i, 'a> {
    /// Reads on from where `input` is, which [`Self::leave`] gives back.
    pub fn new(input: &'i mut Input<'a>) -> Self {
        // A byte order mark is no token. What cannot be read is said by the first token.
        if input.fill_buf().is_ok_and(|bytes| bytes.starts_with(b"\xef\xbb\xbf")) {
            input.consume(3);
        }
        Self { input, at: 0, levels: Vec::new(), text: Vec::new() }
    }

    /// Gives the input back, to be read on behind the last token.
    pub fn leave(self) -> &'i mut Input<'a> {
        self.input.consume(self.at);
        self.input
    }

    /// The byte that is read next.
    pub fn position(&self) -> u64 {
        self.input.position() + self.at as u64
    }

    /// Waits while what comes next is on its way.
    #[inline]
    pub async fn ready(&mut self) {
        while self.at_hand().len() < AT_HAND && self.input.is_coming() {
            give_way().await;
        }
    }

    /// The bytes that come next, as far as they lie in the buffer; none only after [`Self::peek`] found the end.
    #[inline]
    pub fn at_hand(&self) -> &[u8] {
        self.input.buffer().get(self.at..).unwrap_or_default()
    }

    /// Passes over so many of [`Self::at_hand`], which are whole values of the array one is in, with all between them.
    pub fn pass(&mut self, length: usize) {
        self.at += length;
    }

    /// Fills the buffer, of which everything is read; false at the end.
    #[cold]
    fn fill(&mut self) -> Read<bool> {
        self.input.consume(self.at);
        self.at = 0;
        loop {
            match self.input.fill_buf() {
                Ok(bytes) => return Ok(!bytes.is_empty()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::Reading(error)),
            }
        }
    }

    #[inline]
    fn byte(&mut self) -> Read<Option<u8>> {
        if self.at_hand().is_empty() && !self.fill()? {
            return Ok(None);
        }
        Ok(self.at_hand().first().copied())
    }

    fn syntax<T>(&self, problem: &'static str) -> Read<T> {
        Err(Fault::Syntax(self.position(), problem))
    }

    /// The next byte that is no white space, which stays to be read.
    #[inline]
    fn peek_byte(&mut self) -> Read<u8> {
        loop {
            let bytes = self.at_hand();
            let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
            if let Some(spaces) = bytes.iter().position(|byte| !is_space(byte)) {
                let byte = bytes[spaces];
                self.at += spaces;
                return Ok(byte);
            }
            self.at += bytes.len();
            if !self.fill()? {
                return Err(Fault::Cut(self.position()));
            }
        }
    }

    /// What kind of value comes next.
    pub fn peek(&mut self) -> Read<Next> {
        Ok(match self.peek_byte()? {
            b'{' => Next::Object,
            b'[' => Next::Array,
            b'"' => Next::Text,
            b'-' => Next::Number,
            b't' | b'f' | b'n' => Next::Word,
            b'0'..=b'9' | b'N' | b'I' => Next::Number,
            _ => return self.syntax("there is no value where one should be"),
        })
    }

    /// Enters an object. False, and it is passed over, if the next value is something else.
    pub fn object(&mut self) -> Read<bool> {
        self.enter(Next::Object, Level::FirstKey)
    }

    /// Enters an array. False, and it is passed over, if the next value is something else.
    pub fn array(&mut self) -> Read<bool> {
        self.enter(Next::Array, Level::FirstItem)
    }

    fn enter(&mut self, wanted: Next, level: Level) -> Read<bool> {
        if self.peek()? != wanted {
            self.skip()?;
            return Ok(false);
        }
        self.at += 1;
        self.levels.push(level);
        Ok(true)
    }

    /// The next key of the object one is in; `None`, and it is left, at its end.
    #[inline]
    pub fn key(&mut self) -> Read<Option<&str>> {
        match self.next_key()? {
            Some(lies) => Ok(Some(self.lent(lies))),
            None => Ok(None),
        }
    }

    /// Enters the next entry of an object, up to its value.
    fn next_key(&mut self) -> Read<Option<Lies>> {
        let first = self.levels.last() == Some(&Level::FirstKey);
        match self.peek_byte()? {
            b'}' => {
                self.at += 1;
                self.levels.pop();
                return Ok(None);
            }
            b',' if !first => self.at += 1,
            _ if first => {}
            _ => return self.syntax("an object's entries are not parted by commas"),
        }
        if let Some(level) = self.levels.last_mut() {
            *level = Level::Key;
        }
        if self.peek_byte()? != b'"' {
            return self.syntax("an object's key is no text");
        }
        let bytes = &self.at_hand()[1..];
        // Keys are a few letters long: shorter than it takes to begin a faster search.
        let end = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0x80..));
        if let Some(length) = end
            && let [b'"', b':', ..] = bytes[length..]
        {
            let begin = self.at + 1;
            self.at = begin + length + 2;
            return Ok(Some(Lies::There(begin..begin + length)));
        }
        self.read_text(true)?;
        if self.peek_byte()? != b':' {
            return self.syntax("a key has no value");
        }
        self.at += 1;
        Ok(Some(Lies::Here))
    }

    /// The text that was read last.
    #[inline]
    fn lent(&mut self, lies: Lies) -> &str {
        let bytes = match lies {
            Lies::There(range) => self.input.buffer().get(range).unwrap_or_default(),
            Lies::Here => {
                if std::str::from_utf8(&self.text).is_err() {
                    self.text = String::from_utf8_lossy(&self.text).into_owned().into_bytes();
                }
                self.text.as_slice()
            }
        };
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Whether the array one is in has another item; at its end it is left.
    #[inline]
    pub fn item(&mut self) -> Read<bool> {
        let first = self.levels.last() == Some(&Level::FirstItem);
        match self.peek_byte()? {
            b']' => {
                self.at += 1;
                self.levels.pop();
                return Ok(false);
            }
            b',' if !first => self.at += 1,
            _ if first => {}
            _ => return self.syntax("an array's items are not parted by commas"),
        }
        if let Some(level) = self.levels.last_mut() {
            *level = Level::Item;
        }
        Ok(true)
    }

    /// A number; what else stands there is passed over. `NaN` and the infinities are what they say.
    pub fn number(&mut self) -> Read<Option<f64>> {
        if self.peek()? != Next::Number {
            self.skip()?;
            return Ok(None);
        }
        if let Some((number, length)) = plain_number(self.at_hand()) {
            self.at += length;
            return Ok(Some(number));
        }
        self.read_word()?;
        let number = match self.text.as_slice() {
            b"NaN" | b"-NaN" => f64::NAN,
            b"Infinity" => f64::INFINITY,
            b"-Infinity" => f64::NEG_INFINITY,
            text => match decimal(text) {
                // What overflows is infinite, as for Python.
                Some(number) => number,
                None => return self.syntax("a number is none"),
            },
        };
        Ok(Some(number))
    }

    /// A number that is whole and fits.
    pub fn whole(&mut self) -> Read<Option<i64>> {
        let number = self.number()?;
        Ok(number.filter(|number| number.fract() == 0.0 && number.abs() < 9e15).map(|number| number as i64))
    }

    /// A text; what else stands there is passed over. Bytes that are no UTF-8 are replaced.
    pub fn text(&mut self) -> Read<Option<String>> {
        Ok(self.text_lent()?.map(str::to_owned))
    }

    /// [`Self::text`] that is kept by nobody.
    #[inline]
    pub fn text_lent(&mut self) -> Read<Option<&str>> {
        if self.peek()? != Next::Text {
            self.skip()?;
            return Ok(None);
        }
        let lies = match plain_text(self.at_hand()) {
            Some(length) => {
                let begin = self.at + 1;
                self.at = begin + length + 1;
                Lies::There(begin..begin + length)
            }
            None => {
                self.read_text(true)?;
                Lies::Here
            }
        };
        Ok(Some(self.lent(lies)))
    }

    /// `true` or `false`; what else stands there is passed over.
    pub fn truth(&mut self) -> Read<Option<bool>> {
        if self.peek()? != Next::Word {
            self.skip()?;
            return Ok(None);
        }
        self.read_word()?;
        match self.text.as_slice() {
            b"true" => Ok(Some(true)),
            b"false" => Ok(Some(false)),
            b"null" => Ok(None),
            _ => self.syntax("there is no value where one should be"),
        }
    }

    /// Passes over a value, however deep.
    pub fn skip(&mut self) -> Read<()> {
        let outside = self.levels.len();
        loop {
            match self.peek()? {
                Next::Object => {
                    self.at += 1;
                    self.levels.push(Level::FirstKey);
                }
                Next::Array => {
                    self.at += 1;
                    self.levels.push(Level::FirstItem);
                }
                Next::Text => self.read_text(false)?,
                Next::Number => {
                    self.number()?;
                }
                Next::Word => {
                    self.truth()?;
                }
            }
            // Up to where the next value is.
            loop {
                if self.levels.len() == outside {
                    return Ok(());
                }
                let more = match self.levels.last() {
                    Some(Level::FirstKey | Level::Key) => self.skip_key()?,
                    _ => self.item()?,
                };
                if more {
                    break;
                }
            }
        }
    }

    fn skip_key(&mut self) -> Read<bool> {
        Ok(self.next_key()?.is_some())
    }

    /// Letters and digits up to the next sign.
    fn read_word(&mut self) -> Read<()> {
        self.text.clear();
        while self.byte()?.is_some() {
            let bytes = self.input.buffer().get(self.at..).unwrap_or_default();
            let end = bytes.iter().position(|byte| !is_of_word(byte));
            let letters = end.unwrap_or(bytes.len()).min(4097);
            self.text.extend_from_slice(&bytes[..letters]);
            self.at += letters;
            if self.text.len() > 4096 {
                return self.syntax("a number has thousands of digits");
            }
            if end.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// A text, from quote to quote; kept if `keep`.
    fn read_text(&mut self, keep: bool) -> Read<()> {
        self.text.clear();
        self.at += 1;
        loop {
            if self.byte()?.is_none() {
                return Err(Fault::Cut(self.position()));
            }
            let bytes = self.input.buffer().get(self.at..).unwrap_or_default();
            let end = memchr::memchr2(b'"', b'\\', bytes);
            let plain = end.unwrap_or(bytes.len());
            if keep {
                self.text.extend_from_slice(&bytes[..plain]);
            }
            let is_escape = end.map(|end| bytes[end] == b'\\');
            self.at += plain + usize::from(end.is_some());
            if self.text.len() > TEXT_LIMIT {
                return self.syntax("a text does not end");
            }
            match is_escape {
                Some(false) => return Ok(()),
                Some(true) => self.read_escape()?,
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
