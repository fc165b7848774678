//! What a wrapped log consists of: lines, rows of a table, or JSON's objects, which may be many on one line or one on
//! many.

use std::io::{self, BufRead, Read as _};

use super::super::records::RECORD_LIMIT;

/// Names of lists that hold entries of a log: `{"records":[{…},{…}]}`.
const LISTS: [&[u8]; 13] = [
    b"records",
    b"Records",
    b"events",
    b"logEvents",
    b"entries",
    b"logs",
    b"items",
    b"data",
    b"results",
    b"result",
    b"value",
    b"messages",
    b"hits",
];

/// A line or an object, by its place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Bytes of the file.
    pub raw: (u64, u64),
    /// The number of the line it begins on, from 1.
    pub line: u64,
}

/// Reads them.
#[derive(Debug)]
pub struct Units {
    objects: bool,
    /// Whether a line end within quotes is part of a row.
    rows: bool,
    /// Within a list of pairs, which are the records: Loki's.
    pairs: bool,
    position: u64,
    /// Lines that have ended.
    lines: u64,
    /// Lines between objects that were no part of any list.
    pub skipped: u64,
}

impl Units {
    /// Of a file whose lines are JSON's or not.
    pub fn new(objects: bool) -> Self {
        Self { objects, rows: false, pairs: false, position: 0, lines: 0, skipped: 0 }
    }

    /// Of a table in CSV.
    pub fn rows() -> Self {
        Self { rows: true, ..Self::new(false) }
    }

    /// The next one, into `buffer`; `None` at the end.
    pub fn next(&mut self, input: &mut dyn BufRead, buffer: &mut Vec<u8>) -> io::Result<Option<Unit>> {
        buffer.clear();
        if self.objects { self.object(input, buffer) } else { self.line(input, buffer) }
    }

    fn line(&mut self, input: &mut dyn BufRead, buffer: &mut Vec<u8>) -> io::Result<Option<Unit>> {
        let (begin, line) = (self.position, self.lines + 1);
        let mut open = false;
        loop {
            let from = buffer.len();
            let left = RECORD_LIMIT.saturating_sub(from) as u64;
            let read = (&mut *input).take(left).read_until(b'\n', buffer)?;
            self.position += read as u64;
            self.lines += u64::from(read > 0);
            if read > 0 && self.rows {
                open ^= memchr::memchr_iter(b'"', &buffer[from..]).count() % 2 == 1;
                if open {
                    continue;
                }
            }
            return Ok((!buffer.is_empty()).then_some(Unit { raw: (begin, self.position), line }));
        }
    }

    fn object(&mut self, input: &mut dyn BufRead, buffer: &mut Vec<u8>) -> io::Result<Option<Unit>> {
        let mut scan = Scan::default();
        let mut begin = (0, 0);
        loop {
            let bytes = input.fill_buf()?;
            self.pairs |= self.position == 0 && begins_pair(bytes);
            if bytes.is_empty() {
                // The file ends in an object: it is cut short, and says so where it is read.
                let cut = !buffer.is_empty();
                return Ok(cut.then_some(Unit { raw: (begin.0, self.position), line: begin.1 }));
            }
            let mut taken = 0;
            let mut done = false;
            for &byte in bytes {
                taken += 1;
                let is_first = scan.depth == 0;
                let was_passing = scan.passing;
                if self.pairs && is_first {
                    // Behind the last one comes the rest of the object around them.
                    self.pairs = byte != b']';
                    scan.depth = u32::from(byte == b'[');
                    scan.pair = byte == b'[';
                }
                let step = match is_first && scan.pair {
                    true => Step::Inside,
                    false => scan.take(byte, buffer.len()),
                };
                self.skipped += u64::from(scan.passing && !was_passing && step == Step::Between);
                if byte == b'\n' {
                    self.lines += 1;
                }
                match step {
                    Step::Between => continue,
                    Step::Again => {
                        // A new object where none can be: the one before was damaged.
                        self.skipped += 1;
                        buffer.clear();
                    }
                    Step::Lost => {
                        self.skipped += 1;
                        buffer.clear();
                        continue;
                    }
                    Step::Inside | Step::End => {}
                }
                if is_first || step == Step::Again {
                    begin = (self.position + taken as u64 - 1, self.lines + 1);
                }
                buffer.push(byte);
                if byte == b'[' && !scan.text && !scan.pair && begins_pairs(buffer) {
                    self.pairs = true;
                    buffer.clear();
                    buffer.push(byte);
                    scan = Scan { depth: 1, pair: true, ..Scan::default() };
                    begin = (self.position + taken as u64 - 1, self.lines + 1);
                }
                if byte == b'{' && is_list(buffer) {
                    // What is in it are the objects.
                    buffer.clear();
                    buffer.push(byte);
                    scan = Scan { depth: 1, ..Scan::default() };
                    begin = (self.position + taken as u64 - 1, self.lines + 1);
                }
                if step == Step::End {
                    done = true;
                    break;
                }
            }
            input.consume(taken);
            self.position += taken as u64;
            if done {
                return Ok(Some(Unit { raw: (begin.0, self.position), line: begin.1 }));
            }
        }
    }
}

/// What a byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Between objects.
    Between,
    /// Of an object.
    Inside,
    /// The last one of an object.
    End,
    /// The first one of an object that begins within another.
    Again,
    /// The object is damaged, or too long.
    Lost,
}

/// Where one is.
#[derive(Debug, Default, Clone, Copy)]
struct Scan {
    depth: u32,
    text: bool,
    escaped: bool,
    /// Whether it is a pair in brackets.
    pair: bool,
    /// Passing over a line that is no object.
    passing: bool,
    last: u8,
}

impl Scan {
    fn take(&mut self, byte: u8, length: usize) -> Step {
        let last = std::mem::replace(&mut self.last, byte);
        if self.depth == 0 {
            if self.passing {
                self.passing = byte != b'\n';
                return Step::Between;
            }
            if byte == b'{' {
                self.depth = 1;
                return Step::Inside;
            }
            if !byte.is_ascii_whitespace() && !b"[],}".contains(&byte) {
                self.passing = true;
            }
            return Step::Between;
        }
        if length >= RECORD_LIMIT {
            *self = Self { passing: byte != b'\n', ..Self::default() };
            return Step::Lost;
        }
        if self.text {
            match byte {
                // No text goes on in the next line.
                b'\n' => {
                    *self = Self { last: byte, ..Self::default() };
                    return Step::Lost;
                }
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.text = false,
                _ => {}
            }
            return Step::Inside;
        }
        match byte {
            b'"' => self.text = true,
            // Objects within others are indented.
            b'[' if self.pair => self.depth += 1,
            b']' if self.pair => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.pair = false;
                    return Step::End;
                }
            }
            _ if self.pair => {}
            b'{' if last == b'\n' => {
                *self = Self { depth: 1, last: byte, ..Self::default() };
                return Step::Again;
            }
            b'{' => self.depth += 1,
            b'}' => {
                self.depth -= 1;
                if self.depth == 0 {
                    return Step::End;
                }
            }
            _ => {}
        }
        Step::Inside
    }
}

/// Whether `text` begins with a pair of Loki's: `["1796042108000000000","…`.
pub fn begins_pair(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"[") else { return false };
    let Some(rest) = rest.trim_ascii_start().strip_prefix(b"\"") else { return false };
    let digits = rest.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    digits == 19 && rest.get(19) == Some(&b'"')
}

/// Whether `begun` ends with the beginning of the first of Loki's pairs: `"values":[[`.
fn begins_pairs(begun: &[u8]) -> bool {
    let key = || {
        let list = begun.strip_suffix(b"[")?.trim_ascii_end().strip_suffix(b"[")?.trim_ascii_end();
        list.strip_suffix(b":").map(<[u8]>::trim_ascii_end)
    };
    key().is_some_and(|key| key.ends_with(b"\"values\""))
}

/// Whether `begun`, which ends with a bracket, is the beginning of an object around a list of entries.
fn is_list(begun: &[u8]) -> bool {
    const LONGEST: usize = 2000;
    if begun.len() < 6 || begun.len() > LONGEST {
        return false;
    }
    if begun.len() > 160 && !begun[..begun.len() - 1].trim_ascii_end().ends_with(b"[") {
        return false;
    }
    let mut inner = begun[1..begun.len() - 1].trim_ascii();
    // Each of CloudWatch's rows is a list itself.
    for _ in 0..2 {
        inner = inner.strip_suffix(b"[").map_or(inner, <[u8]>::trim_ascii_end);
    }
    if begun[1..begun.len() - 1].trim_ascii().len() == inner.len() {
        return false;
    }
    let Some(key) = inner.strip_suffix(b":").map(<[u8]>::trim_ascii_end) else { return false };
    let Some(key) = key.strip_suffix(b"\"") else { return false };
    let Some(quote) = memchr::memrchr(b'"', key) else { return false };
    let (before, key) = (key[..quote].trim_ascii(), &key[quote + 1..]);
    // `{"queryLanguage":"CWLI","results":[[{`: other lists that are no first thing of an object are one entry's.
    let is_later = key == b"results" && before.ends_with(b",") && !before.contains(&b'{')
        // Elasticsearch's hits, and Loki's streams.
        || key == b"hits"
        || key == b"result" && memchr::memmem::find(before, b"\"resultType\"").is_some();
    if begun.len() > 160 && !is_later {
        return false;
    }
    LISTS.contains(&key) && (before.is_empty() || is_later)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(text: &str) -> Vec<(String, u64, u64)> {
        let mut units = Units::new(true);
        let (mut input, mut buffer, mut all) = (text.as_bytes(), Vec::new(), Vec::new());
        while let Some(unit) = units.next(&mut input, &mut buffer).unwrap() {
            let there = &text[unit.raw.0 as usize..unit.raw.1 as usize];
            assert_eq!(there.as_bytes(), buffer, "{text}");
            all.push((there.to_owned(), unit.line, units.skipped));
        }
        all
    }

    #[test]
    fn objects_of_every_arrangement() {
        let each = [
            "{\"a\":1}\n{\"b\":{\"c\":\"}\\\"{\"}}\n",
            "[{\"a\":1},{\"b\":[{}]}]",
            "{\"records\": [ {\"a\":1}, {\"b\":2} ]}\n{\"records\":[{\"c\":3}]}",
            "{\"queryLanguage\":\"CWLI\",\"results\":[[{\"a\":1},{\"b\":2}],[{\"c\":3}]],\"status\":\"Complete\"}",
            "[\n  {\n    \"a\": 1\n  },\n  {\n    \"b\": 2\n  }\n]\n",
            "{\"metadata\":[{\"a\":1}],\"b\":2}",
            "no object {\n{\"a\":1}",
            "{\"a\": \"cut\n{\"b\": {\"cut\": 1,\n{\"c\":3}",
            "{\"a\":",
            "",
        ]
        .map(|text| format!("{text:?}\n   {:?}", objects(text)));
        insta::assert_snapshot!(each.join("\n"));
    }
}
