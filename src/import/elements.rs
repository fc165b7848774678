//! Reads the objects of a JSON array one by one (or objects that follow each other), so that a dump of
//! any size needs the memory of its largest object. What is between objects is not looked at.

use std::io::{self, BufRead};

use memchr::{memchr, memchr2};

use super::records::RECORD_LIMIT;
use crate::input::Input;

/// One object.
#[derive(Debug)]
pub struct Element<'a> {
    /// Byte of the unwrapped file at which it begins.
    pub offset: u64,
    /// Its bytes, from `{` to `}`.
    pub bytes: &'a [u8],
    /// Whether it is not whole: the file ends in it, or it is longer than the limit.
    pub cut: bool,
}

/// The objects of an input.
pub struct Elements<'i, 'a> {
    input: &'i mut Input<'a>,
    buffer: Vec<u8>,
    position: u64,
}

/// Where one is within an object.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Outside,
    Inside,
    Text,
    /// After a backslash in a text.
    Escape,
}

impl<'i, 'a> Elements<'i, 'a> {
    /// Reads on from where `input` is.
    pub fn new(input: &'i mut Input<'a>) -> Self {
        let position = input.position();
        Self { input, buffer: Vec::new(), position }
    }

    /// The next object.
    pub fn next(&mut self) -> io::Result<Option<Element<'_>>> {
        self.buffer.clear();
        let (mut state, mut depth, mut offset, mut cut) = (State::Outside, 0_u64, 0, false);
        loop {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                if state == State::Outside {
                    return Ok(None);
                }
                return Ok(Some(Element { offset, bytes: &self.buffer, cut: true }));
            }
            let mut at = 0;
            let mut begin = 0;
            let mut done = false;
            while at < bytes.len() && !done {
                let rest = &bytes[at..];
                match state {
                    State::Outside => match memchr(b'{', rest) {
                        Some(found) => {
                            begin = at + found;
                            offset = self.position + begin as u64;
                            (state, depth) = (State::Inside, 1);
                            at = begin + 1;
                        }
                        None => at = bytes.len(),
                    },
                    State::Inside => match rest.iter().position(|byte| b"\"{}".contains(byte)) {
                        Some(found) => {
                            match rest[found] {
                                b'"' => state = State::Text,
                                b'{' => depth += 1,
                                _ => {
                                    depth -= 1;
                                    done = depth == 0;
                                }
                            }
                            at += found + 1;
                        }
                        None => at = bytes.len(),
                    },
                    State::Text => match memchr2(b'"', b'\\', rest) {
                        Some(found) => {
                            state = if rest[found] == b'"' { State::Inside } else { State::Escape };
                            at += found + 1;
                        }
                        None => at = bytes.len(),
                    },
                    State::Escape => {
                        state = State::Text;
                        at += 1;
                    }
                }
            }
            if state != State::Outside {
                if self.buffer.len() + (at - begin) <= RECORD_LIMIT {
                    self.buffer.extend_from_slice(&bytes[begin..at]);
                } else {
                    cut = true;
                }
            }
            self.input.consume(at);
            self.position += at as u64;
            if done {
                return Ok(Some(Element { offset, bytes: &self.buffer, cut }));
            }
        }
    }
}

/// The whole objects within the first bytes of a file.
pub fn in_head(head: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let (mut depth, mut begin, mut text, mut escaped) = (0_usize, 0, false, false);
    for (at, &byte) in head.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' if depth > 0 => text = !text,
            b'{' if !text => {
                if depth == 0 {
                    begin = at;
                }
                depth += 1;
            }
            b'}' if !text && depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    found.push(&head[begin..=at]);
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::MemorySource;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<(u64, String, bool)> {
        let source = MemorySource::new("x", text);
        let mut input = Input::open(&source, &|_| {}).unwrap();
        let mut elements = Elements::new(&mut input);
        let mut all = Vec::new();
        while let Some(element) = elements.next().unwrap() {
            all.push((element.offset, String::from_utf8_lossy(element.bytes).into_owned(), element.cut));
        }
        all
    }

    #[test]
    fn objects_of_an_array() {
        assert_eq!(
            read("[\n{\"a\": {\"b\": \"}\\\"{\"}},\n {}, {\"c\": [1"),
            [
                (2, "{\"a\": {\"b\": \"}\\\"{\"}}".into(), false),
                (25, "{}".into(), false),
                (29, "{\"c\": [1".into(), true)
            ]
        );
        assert!(read("[]").is_empty());
        assert!(read("").is_empty());
    }

    proptest! {
        #[test]
        fn every_object_comes_back(
            objects in proptest::collection::vec("[a\"\\\\{}\\[\\],]{0,12}", 0..20),
            between in "[ ,\n]{0,3}",
        ) {
            let written: Vec<String> =
                objects.iter().map(|text| serde_json::json!({ text.as_str(): [{ "x": text }] }).to_string()).collect();
            let file = format!("[{}]", written.join(&between));
            let found: Vec<String> = read(&file).into_iter().map(|(_, text, _)| text).collect();
            prop_assert_eq!(&found, &written);
            let in_head: Vec<String> =
                in_head(file.as_bytes()).into_iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect();
            prop_assert_eq!(in_head, written);
        }
    }
}
