//! JSON, read token by token: profiles nest as deep as stacks do, and some files are larger than memory.
//!
//! serde_json recurses, so it limits the depth to 128: a tree of frames (`pyinstrument`, `vprof`) takes two
//! levels a frame, and a stack of Django's has a hundred. Its error for a cut file does not say what was whole
//! before. And Python's own `json` writes `NaN` and `Infinity`, which are no JSON. So this one
//! ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), and those three words) keeps the depth on the heap, a
//! byte a level, and says what it is at.

use std::io::BufRead;

use super::ImportError;
use crate::format;
use crate::input::Input;

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

/// The reader.
pub struct Json<'i, 'a> {
    input: &'i mut Input<'a>,
    levels: Vec<Level>,
    text: Vec<u8>,
}

type Read<T> = Result<T, Fault>;

impl<'i, 'a> Json<'i, 'a> {
    /// Reads on from where `input` is.
    pub fn new(input: &'i mut Input<'a>) -> Self {
        let json = Self { input, levels: Vec::new(), text: Vec::new() };
        // A byte order mark is no token. What cannot be read is said by the first token.
        if json.input.fill_buf().is_ok_and(|bytes| bytes.starts_with(b"\xef\xbb\xbf")) {
            json.input.consume(3);
        }
        json
    }

    /// The byte that is read next.
    pub fn position(&self) -> u64 {
        self.input.position()
    }

    fn byte(&mut self) -> Read<Option<u8>> {
        loop {
            match self.input.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::Reading(error)),
            }
        }
    }

    fn syntax<T>(&self, problem: &'static str) -> Read<T> {
        Err(Fault::Syntax(self.position(), problem))
    }

    /// The next byte that is no white space, which stays to be read.
    fn peek_byte(&mut self) -> Read<u8> {
        loop {
            match self.byte()? {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.input.consume(1),
                Some(byte) => return Ok(byte),
                None => return Err(Fault::Cut(self.position())),
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
        self.input.consume(1);
        self.levels.push(level);
        Ok(true)
    }

    /// The next key of the object one is in; `None`, and it is left, at its end.
    pub fn key(&mut self) -> Read<Option<String>> {
        let first = self.levels.last() == Some(&Level::FirstKey);
        match self.peek_byte()? {
            b'}' => {
                self.input.consume(1);
                self.levels.pop();
                return Ok(None);
            }
            b',' if !first => self.input.consume(1),
            _ if first => {}
            _ => return self.syntax("an object's entries are not parted by commas"),
        }
        if let Some(level) = self.levels.last_mut() {
            *level = Level::Key;
        }
        if self.peek_byte()? != b'"' {
            return self.syntax("an object's key is no text");
        }
        self.read_text(true)?;
        let key = String::from_utf8_lossy(&self.text).into_owned();
        if self.peek_byte()? != b':' {
            return self.syntax("a key has no value");
        }
        self.input.consume(1);
        Ok(Some(key))
    }

    /// Whether the array one is in has another item; at its end it is left.
    pub fn item(&mut self) -> Read<bool> {
        let first = self.levels.last() == Some(&Level::FirstItem);
        match self.peek_byte()? {
            b']' => {
                self.input.consume(1);
                self.levels.pop();
                return Ok(false);
            }
            b',' if !first => self.input.consume(1),
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
        self.read_word()?;
        let number = match self.text.as_slice() {
            b"NaN" | b"-NaN" => f64::NAN,
            b"Infinity" => f64::INFINITY,
            b"-Infinity" => f64::NEG_INFINITY,
            text => match std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok()) {
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
        if self.peek()? != Next::Text {
            self.skip()?;
            return Ok(None);
        }
        self.read_text(true)?;
        Ok(Some(String::from_utf8_lossy(&self.text).into_owned()))
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
                    self.input.consume(1);
                    self.levels.push(Level::FirstKey);
                }
                Next::Array => {
                    self.input.consume(1);
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
        Ok(self.key()?.is_some())
    }

    /// Letters and digits up to the next sign.
    fn read_word(&mut self) -> Read<()> {
        self.text.clear();
        while let Some(byte) = self.byte()? {
            if !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'+' | b'.') {
                break;
            }
            if self.text.len() > 4096 {
                return self.syntax("a number has thousands of digits");
            }
            self.text.push(byte);
            self.input.consume(1);
        }
        Ok(())
    }

    /// A text, from quote to quote; kept if `keep`.
    fn read_text(&mut self, keep: bool) -> Read<()> {
        self.text.clear();
        self.input.consume(1);
        loop {
            let Ok(bytes) = self.input.fill_buf() else {
                // The error itself is said by this.
                self.byte()?;
                continue;
            };
            if bytes.is_empty() {
                return Err(Fault::Cut(self.position()));
            }
            let end = memchr::memchr2(b'"', b'\\', bytes);
            let plain = end.unwrap_or(bytes.len());
            if keep {
                self.text.extend_from_slice(&bytes[..plain]);
            }
            let is_escape = end.map(|end| bytes[end] == b'\\');
            self.input.consume(plain + usize::from(end.is_some()));
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

    fn read_escape(&mut self) -> Read<()> {
        let Some(byte) = self.byte()? else { return Err(Fault::Cut(self.position())) };
        self.input.consume(1);
        let plain = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let letter = self.read_unit()?;
                self.push_unit(letter);
                return Ok(());
            }
            _ => return self.syntax("a backslash stands before what it cannot"),
        };
        self.text.push(plain);
        Ok(())
    }

    /// Four hexadecimal digits.
    fn read_unit(&mut self) -> Read<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(byte) = self.byte()? else { return Err(Fault::Cut(self.position())) };
            let Some(digit) = char::from(byte).to_digit(16) else {
                return self.syntax("after \\u there are no four digits");
            };
            unit = unit * 16 + digit;
            self.input.consume(1);
        }
        Ok(unit)
    }

    /// Adds a unit of UTF-16; the second of a pair replaces what stands for the first.
    fn push_unit(&mut self, unit: u32) {
        let letter = match unit {
            // Kept in the three bytes that UTF-8 does not allow, until the second half comes.
            0xD800..=0xDFFF => {
                let high = self.text.len().checked_sub(3).and_then(|at| match self.text[at..] {
                    [0xED, second @ 0xA0..=0xAF, third] => {
                        Some(0xD000 | (u32::from(second & 0x3F) << 6) | u32::from(third & 0x3F))
                    }
                    _ => None,
                });
                match (unit, high) {
                    (0xDC00.., Some(high)) => {
                        self.text.truncate(self.text.len() - 3);
                        char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (unit - 0xDC00))
                    }
                    _ => {
                        let bytes = [0xED, 0x80 | (unit >> 6 & 0x3F) as u8, 0x80 | (unit & 0x3F) as u8];
                        self.text.extend_from_slice(&bytes);
                        return;
                    }
                }
            }
            unit => char::from_u32(unit),
        };
        let mut bytes = [0; 4];
        let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
        self.text.extend_from_slice(letter.encode_utf8(&mut bytes).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::MemorySource;
    use proptest::prelude::*;

    /// All tokens as text; the fault, if there is one.
    fn tokens(text: &[u8]) -> Result<String, String> {
        let source = MemorySource::new("x", text);
        let mut input = Input::open(&source, &|_| ()).unwrap();
        let mut json = Json::new(&mut input);
        let mut out = String::new();
        let mut levels = Vec::new();
        let mut walk = || -> Read<()> {
            loop {
                match json.peek()? {
                    Next::Object => {
                        json.object()?;
                        levels.push(true);
                        out += "{";
                    }
                    Next::Array => {
                        json.array()?;
                        levels.push(false);
                        out += "[";
                    }
                    Next::Text => out += &format!("{:?} ", json.text()?.unwrap()),
                    Next::Number => out += &format!("{} ", json.number()?.unwrap()),
                    Next::Word => out += &format!("{:?} ", json.truth()?),
                }
                loop {
                    let more = match levels.last() {
                        None => return Ok(()),
                        Some(true) => json.key()?.map(|key| out += &format!("{key}=")).is_some(),
                        Some(false) => json.item()?,
                    };
                    if more {
                        break;
                    }
                    out += if levels.pop() == Some(true) { "}" } else { "]" };
                }
            }
        };
        match walk() {
            Ok(()) => Ok(out),
            Err(Fault::Cut(at)) => Err(format!("cut at {at}")),
            Err(Fault::Syntax(at, problem)) => Err(format!("{problem} at {at}")),
            Err(Fault::Reading(error)) => Err(error.to_string()),
        }
    }

    #[test]
    fn values_are_read() {
        let text =
            br#" {"a": [1, -2.5e3, "x\"\u00e9\ud83d\ude00\n"], "b": {}, "c": [true, null, NaN, -Infinity]} "#;
        assert_eq!(tokens(text).unwrap(), "{a=[1 -2500 \"x\\\"é😀\\n\" ]b={}c=[Some(true) None NaN -inf ]}");
    }

    #[test]
    fn faults_have_their_place() {
        assert_eq!(tokens(b"[1, 2"), Err("cut at 5".to_owned()));
        assert_eq!(tokens(b"{\"a\" 1}"), Err("a key has no value at 5".to_owned()));
        assert_eq!(tokens(b"[1 2]"), Err("an array's items are not parted by commas at 3".to_owned()));
        assert_eq!(tokens(b"[--]"), Err("a number is none at 3".to_owned()));
        assert_eq!(tokens(b"\"\\x\""), Err("a backslash stands before what it cannot at 3".to_owned()));
    }

    #[test]
    fn depth_is_no_recursion() {
        let text = format!("{}{}", "[".repeat(300_000), "]".repeat(300_000));
        assert_eq!(tokens(text.as_bytes()).unwrap(), text);
        let source = MemorySource::new("x", text.as_bytes());
        let mut input = Input::open(&source, &|_| ()).unwrap();
        let mut json = Json::new(&mut input);
        json.skip().unwrap();
        assert_eq!(json.position(), 600_000);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = tokens(&bytes);
        }

        #[test]
        fn texts_come_back(text in "\\PC{0,30}") {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(tokens(json.as_bytes()).unwrap(), format!("{text:?} "));
        }
    }
}
