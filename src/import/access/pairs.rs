//! The pairs of a JSON object on one line, without building it: access logs are JSON by a template, and what is put into it
//! without quotes (`"us":502, 200`, `"urt":-`) makes it no JSON, as nginx' own documentation shows how to write it.

use memchr::{memchr, memchr2};

/// The value of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// What stands between its quotes, escapes and all.
    Text(&'a [u8]),
    /// What is in no quotes, blanks around it left out.
    Bare(&'a [u8]),
    /// An object or a list, with its brackets.
    Nested(&'a [u8]),
}

impl<'a> Value<'a> {
    /// A text's or a number's bytes; nothing for `null` and what is nested.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Self::Text(text) => text,
            Self::Bare(b"null") | Self::Nested(_) => b"",
            Self::Bare(bytes) => bytes,
        }
    }
}

/// The pairs of an object.
pub struct Pairs<'a>(&'a [u8]);

/// The pairs of the object that `line` is; none if it is no object.
pub fn pairs(line: &[u8]) -> Pairs<'_> {
    Pairs(line.trim_ascii().strip_prefix(b"{").unwrap_or_default())
}

/// Objects within objects are looked into so deep: `http.response.body.bytes`.
const DEPTH: usize = 4;

/// The longest name of a value with those of the objects around it, bytes.
const LONGEST: usize = 160;

/// Hands all pairs of an object to `take`, those of the objects within as well; names of these have theirs in front:
/// `http.request.method`, as some write them by themselves.
pub fn each_pair<'l>(line: &'l [u8], mut take: impl FnMut(&[u8], Value<'l>)) {
    let mut name = [0; LONGEST];
    let mut open: [(Pairs<'l>, usize); DEPTH] = std::array::from_fn(|_| (Pairs(b""), 0));
    open[0].0 = pairs(line);
    let mut depth = 0;
    loop {
        let (within, length) = &mut open[depth];
        let length = *length;
        let Some((key, value)) = within.next() else {
            let Some(above) = depth.checked_sub(1) else { return };
            depth = above;
            continue;
        };
        let begin = if length == 0 { 0 } else { length + 1 };
        let end = begin + key.len();
        if end > LONGEST {
            continue;
        }
        if begin > 0 {
            name[length] = b'.';
        }
        name[begin..end].copy_from_slice(key);
        match value {
            Value::Nested(object) if object.starts_with(b"{") && depth + 1 < DEPTH && end > 0 => {
                depth += 1;
                open[depth] = (pairs(object), end);
            }
            value => take(&name[..end], value),
        }
    }
}

/// Where a text ends that was opened before `from`.
fn closing(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.0;
        self.0 = b"";
        let open = memchr(b'"', bytes)? + 1;
        let close = closing(bytes, open)?;
        let key = &bytes[open..close];
        let colon = close + 1 + memchr(b':', &bytes[close + 1..])?;
        let begin = colon + 1 + bytes[colon + 1..].iter().position(|byte| !byte.is_ascii_whitespace())?;
        let (value, end) = match bytes[begin] {
            b'"' => {
                let close = closing(bytes, begin + 1)?;
                (Value::Text(&bytes[begin + 1..close]), close + 1)
            }
            b'{' | b'[' => {
                let end = nested(bytes, begin)?;
                (Value::Nested(&bytes[begin..end]), end)
            }
            _ => {
                let end = bare(bytes, begin);
                (Value::Bare(bytes[begin..end].trim_ascii_end()), end)
            }
        };
        self.0 = &bytes[end..];
        Some((key, value))
    }
}

/// Where what is in no quotes ends: before the comma and the quote of the next key, or the brace.
fn bare(bytes: &[u8], begin: usize) -> usize {
    let mut at = begin;
    while let Some(found) = memchr2(b',', b'}', &bytes[at..]) {
        at += found;
        let next = bytes[at + 1..].iter().find(|byte| !byte.is_ascii_whitespace());
        if bytes[at] == b'}' || next == Some(&b'"') {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// Behind an object or a list that begins at `begin`.
fn nested(bytes: &[u8], begin: usize) -> Option<usize> {
    let (mut depth, mut at) = (0_u32, begin);
    loop {
        match bytes.get(at)? {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => at = closing(bytes, at + 1)?,
            _ => {}
        }
        at += 1;
    }
}

/// `text` without JSON's escapes, written to `scratch` if it has some.
pub fn unescaped<'l>(text: &'l [u8], scratch: &'l mut Vec<u8>) -> &'l [u8] {
    if memchr(b'\\', text).is_none() {
        return text;
    }
    let mut rest = text;
    while let Some(at) = memchr(b'\\', rest) {
        scratch.extend_from_slice(&rest[..at]);
        let escape = rest.get(at + 1).copied().unwrap_or(b'\\');
        let mut length = 2;
        match escape {
            b'n' => scratch.push(b'\n'),
            b't' => scratch.push(b'\t'),
            b'r' => scratch.push(b'\r'),
            b'u' => {
                let digits = rest.get(at + 2..at + 6).and_then(|digits| std::str::from_utf8(digits).ok());
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                // Halves of pairs are not put together: no address has them.
                let letter = code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
                scratch.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                length = 6;
            }
            other => scratch.push(other),
        }
        rest = rest.get(at + length..).unwrap_or_default();
    }
    scratch.extend_from_slice(rest);
    scratch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Vec<String> {
        pairs(line.as_bytes())
            .map(|(key, value)| format!("{} {value:?}", String::from_utf8_lossy(key)))
            .map(|text| text.replace('"', "'"))
            .collect()
    }

    fn values(line: &str) -> Vec<String> {
        pairs(line.as_bytes())
            .map(|(_, value)| {
                String::from_utf8_lossy(match value {
                    Value::Nested(bytes) => bytes,
                    value => value.bytes(),
                })
                .into_owned()
            })
            .collect()
    }

    #[test]
    fn objects_that_are_json_and_such_that_are_not() {
        assert_eq!(values(r#"{"a":"x","b": 12.5, "c":null,"d":true}"#), ["x", "12.5", "", "true"]);
        assert_eq!(values(r#"{"urt":0.000, 0.014,"us":502, 200}"#), ["0.000, 0.014", "502, 200"]);
        assert_eq!(values(r#"{"us":-,"urt":,"x":1}"#), ["-", "", "1"]);
        assert_eq!(values(r#"{"a":{"b":["}"]},"c":"\"}"}"#), [r#"{"b":["}"]}"#, r#"\"}"#]);
        assert_eq!(shown("{").len() + shown("").len() + shown("x").len() + shown(r#"{"a"#).len(), 0);
        assert_eq!(shown(r#"{"a":"x"#).len() + shown(r#"{"a":{"#).len() + shown(r#"{"a": "#).len(), 0);
    }

    #[test]
    fn objects_within_objects_are_named_after_them() {
        let shown = |line: &str| {
            let mut found = Vec::new();
            each_pair(line.as_bytes(), |name, value| {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                found.push(format!("{} {}", text(name), text(value.bytes())));
            });
            found.join(", ")
        };
        assert_eq!(shown(r#"{"a":{"b":{"c":1},"d":"x"},"e":[1]}"#), "a.b.c 1, a.d x, e ");
        assert_eq!(shown(r#"{"a.b":1,"":{"x":2},"c":{}}"#), "a.b 1,  ");
        let deep = "{\"a\":".repeat(2000) + "1" + &"}".repeat(2000);
        assert_eq!(shown(&deep), "a.a.a.a ");
        let long = format!("{{\"{}\":1,\"b\":2}}", "a".repeat(4000));
        assert_eq!(shown(&long), "b 2");
        assert_eq!(shown(r#"{"a":{"b":1"#), "");
    }

    #[test]
    fn escapes_go() {
        let plain = |text: &str| {
            let mut scratch = Vec::new();
            String::from_utf8_lossy(unescaped(text.as_bytes(), &mut scratch)).into_owned()
        };
        assert_eq!(plain(r"GET \/fast\/"), "GET /fast/");
        assert_eq!(plain(r#"a\u00e9\"\\\n"#), "aé\"\\\n");
        assert_eq!(plain(r"x\"), "x\\");
        assert_eq!(plain(r"\u12"), "\u{fffd}");
        assert_eq!(plain("/a"), "/a");
    }
}
