//! Reads a log in records: a line, and the lines that continue it. Memory is bounded by the longest
//! record, and that by [`RECORD_LIMIT`].

use std::io::{self, Read as _};
use std::ops::Range;

use memchr::memchr;

use super::Format;
use super::waiting::give_way;
use super::wrapped::{self, Unwrapping};
use crate::document::{Diagnostics, Level};
use crate::input::Input;

/// A longer record is cut, bytes: one string literal may be as long as its sender likes.
pub const RECORD_LIMIT: usize = 64 * 1024 * 1024;

/// With less than this at hand it is worth asking whether to wait, bytes.
pub(super) const AT_HAND: usize = 64 * 1024;

/// What is read at a time, bytes: as much as passes by the input's own buffer.
const READ: usize = 256 * 1024;

/// One record.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Byte of the unwrapped file at which it begins.
    pub offset: u64,
    /// Number of its first line, from 1.
    pub line: u64,
    /// Its bytes, line ends included; without what was around them in the file.
    pub bytes: &'a [u8],
    /// Bytes it takes in the file.
    pub length: u32,
    /// Whether it was longer than the limit.
    pub cut: bool,
    /// Of a slice: whether it is another's, read only to find where this one's first begins.
    pub is_before: bool,
}

impl<'a> Record<'a> {
    /// Its line and what it begins with, for a diagnostic.
    pub fn place(&self) -> Option<String> {
        Some(format!("line {}: {}", self.line, shown(trim_mark(self.bytes))))
    }

    /// A part of it that is a record itself. Where something was around its lines, its place is that of the whole.
    pub fn part(&self, range: Range<usize>) -> Self {
        let bytes = self.bytes.get(range.clone()).unwrap_or_default();
        let before = self.bytes.get(..range.start).unwrap_or_default();
        let line = self.line + memchr::memchr_iter(b'\n', before).count() as u64;
        let is_exact = self.length as usize == self.bytes.len();
        let (offset, length) = match is_exact {
            true => (self.offset + range.start as u64, bytes.len() as u32),
            false => (self.offset, self.length),
        };
        Self { offset, line, bytes, length, ..*self }
    }

    /// Of a format with a record on each line: that line, unless there is nothing on it or it is cut,
    /// which is noted.
    pub fn whole_line(&self, diagnostics: &mut Diagnostics) -> Option<&'a [u8]> {
        self.line_or(|level, message| diagnostics.note(level, message, || self.place()))
    }

    /// Like [`Self::whole_line`]; `note` is told what is noted.
    pub(super) fn line_or(&self, note: impl FnOnce(Level, &'static str)) -> Option<&'a [u8]> {
        let line = trim_end(trim_mark(self.bytes));
        if line.trim_ascii().is_empty() {
            return None;
        }
        if self.cut {
            note(Level::Warning, "lines longer than 64 MB were skipped");
            return None;
        }
        Some(line)
    }
}

/// The records of an input.
pub struct Records<'i, 'a> {
    input: &'i mut Input<'a>,
    /// Takes off what is around the log's lines.
    unwrapping: Option<Unwrapping>,
    /// Its first [`Self::filled`] bytes are the input's.
    buffer: Vec<u8>,
    filled: usize,
    /// Where the current record begins in the buffer.
    start: usize,
    /// How long it is.
    length: usize,
    /// How many lines it has.
    lines: u64,
    offset: u64,
    line: u64,
    /// Whether the input has no more bytes.
    ended: bool,
    limit: usize,
    /// The record before was cut in the middle of a line.
    skip_line: bool,
    /// The record before was cut: its other lines are still to be passed over.
    skip_lines: bool,
    /// Records that begin outside of these bytes are another's.
    range: Range<u64>,
    /// Byte and line at which the first record within began.
    first: Option<(u64, u64)>,
}

/// Which part of a log was read, by where records begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    /// The first record's first byte.
    pub begin: u64,
    /// The same of the first record behind those that were read, or the log's end.
    pub end: u64,
    /// The number that the first record's first line had, and how many lines there were from there on.
    pub first_line: u64,
    pub lines: u64,
}

impl<'i, 'a> Records<'i, 'a> {
    /// Reads on from where `input` is.
    pub fn new(input: &'i mut Input<'a>) -> Self {
        Self::with_limit(input, RECORD_LIMIT)
    }

    /// Reads a log that `format` reads from its start, without what is around its lines.
    pub fn of(input: &'i mut Input<'a>, format: &dyn Format) -> Self {
        let unwrapping = wrapped::reading(input, format);
        Self::unwrapped(input, unwrapping)
    }

    /// Reads `input` from its start, without what is around its lines.
    pub fn unwrapped(input: &'i mut Input<'a>, unwrapping: Option<Unwrapping>) -> Self {
        Self { unwrapping, ..Self::new(input) }
    }

    /// Reads the records of a slice of a log: those that begin in `range`. `input` may be before it; if it is not known to
    /// be where a record begins, the line that it is in is passed over, and so is what stands before the first line that
    /// begins one.
    pub(super) fn within(input: &'i mut Input<'a>, range: Range<u64>, begins: bool) -> Self {
        Self { range, skip_line: !begins, skip_lines: !begins, ..Self::new(input) }
    }

    /// What was read, once there were no more records.
    pub(super) fn bounds(&self) -> Bounds {
        let (begin, first_line) = self.first.unwrap_or((self.offset, self.line));
        Bounds { begin, end: self.offset, first_line, lines: self.line - first_line }
    }

    /// Says what was around the lines, and how many had nothing of the log in them.
    pub fn diagnose(&self, diagnostics: &mut Diagnostics) {
        if let Some(unwrapping) = &self.unwrapping {
            wrapped::say(unwrapping, diagnostics);
        }
    }

    /// The year that was given to stamps without one.
    pub fn year(&self) -> Option<i64> {
        self.unwrapping.as_ref().and_then(Unwrapping::year)
    }

    fn with_limit(input: &'i mut Input<'a>, limit: usize) -> Self {
        let offset = input.position();
        Self {
            input,
            unwrapping: None,
            buffer: Vec::new(),
            filled: 0,
            start: 0,
            length: 0,
            lines: 0,
            offset,
            line: 1,
            ended: false,
            limit,
            skip_line: false,
            skip_lines: false,
            range: 0..u64::MAX,
            first: None,
        }
    }

    /// Waits while what the next record may need is on its way.
    #[inline]
    pub async fn ready(&mut self) -> &mut Self {
        while self.filled - self.start < AT_HAND && !self.ended && self.input.is_coming() {
            give_way().await;
        }
        self
    }

    /// The next record. `continues(record so far, line)` says whether a line belongs to it; the
    /// record so far is empty when a cut record's other lines are passed over.
    pub fn next(
        &mut self,
        mut continues: impl FnMut(&[u8], &[u8]) -> bool,
    ) -> io::Result<Option<Record<'_>>> {
        self.pass();
        if self.skip_line {
            self.skip_line = false;
            while self.fill_line(0)?.is_some_and(|(_, whole)| !whole) {
                self.length = self.filled - self.start;
                self.pass();
            }
            self.length = self.fill_line(0)?.map_or(0, |(end, _)| end);
            self.lines = 0;
            self.pass();
        }
        if self.skip_lines {
            self.skip_lines = false;
            while let Some((end, _)) = self.fill_line(0)? {
                if !continues(&[], &self.buffer[self.start..self.start + end]) {
                    break;
                }
                (self.length, self.lines) = (end, 1);
                self.pass();
            }
        }
        let is_before = self.offset < self.range.start;
        if self.first.is_none() && !is_before {
            self.first = Some((self.offset, self.line));
        }
        if self.offset >= self.range.end {
            return Ok(None);
        }
        let Some((mut end, whole)) = self.fill_line(0)? else { return Ok(None) };
        self.lines = 1;
        let mut cut = !whole;
        self.skip_line = cut;
        while !cut {
            let Some((next, whole)) = self.fill_line(end)? else { break };
            let bytes = &self.buffer[self.start..self.filled];
            if !continues(&bytes[..end], &bytes[end..next]) {
                break;
            }
            self.lines += 1;
            cut = !whole || next > self.limit;
            self.skip_line = !whole;
            end = next;
        }
        self.skip_lines = cut;
        self.length = end;
        let (mut offset, mut length, mut line) = (self.offset, end as u64, self.line);
        if let Some(unwrapping) = &mut self.unwrapping {
            let place = unwrapping.place(self.offset, self.offset + end as u64);
            (offset, length, line) = (place.raw.0, place.raw.1 - place.raw.0, place.line);
        }
        Ok(Some(Record {
            offset,
            line,
            bytes: &self.buffer[self.start..self.start + end],
            length: u32::try_from(length).unwrap_or(u32::MAX),
            cut,
            is_before,
        }))
    }

    /// Leaves the current record behind.
    fn pass(&mut self) {
        self.start += self.length;
        self.offset += self.length as u64;
        self.line += self.lines;
        (self.length, self.lines) = (0, 0);
    }

    /// Where the line ends that begins `from` bytes into the record, and whether it ends there; reads
    /// on as far as needed. `None` at the end of the input.
    #[inline]
    fn fill_line(&mut self, from: usize) -> io::Result<Option<(usize, bool)>> {
        let mut searched = self.start + from;
        loop {
            if let Some(found) = memchr(b'\n', &self.buffer[searched..self.filled]) {
                return Ok(Some((searched + found + 1 - self.start, true)));
            }
            let have = self.filled - self.start;
            if have > self.limit + from {
                return Ok(Some((have, false)));
            }
            if self.ended {
                return Ok((have > from).then_some((have, true)));
            }
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.filled, 0);
                self.filled -= self.start;
                self.start = 0;
            }
            searched = self.filled;
            if let Some(unwrapping) = &mut self.unwrapping {
                self.buffer.truncate(searched);
                unwrapping.fill(self.input, &mut self.buffer)?;
                self.filled = self.buffer.len();
                self.ended = self.filled == searched;
                continue;
            }
            if self.buffer.len() < searched + READ {
                // Not doubled: that could be twice the limit.
                self.buffer.reserve_exact((searched + READ - self.buffer.len()).max(searched / 2));
                self.buffer.resize(searched + READ, 0);
            }
            // Straight from the source: what is asked for is as long as the input's own buffer.
            let count = self.input.read(&mut self.buffer[searched..])?;
            self.filled += count;
            self.ended = count == 0;
        }
    }
}

/// The beginning of a line, for a diagnostic.
pub(super) fn shown(line: &[u8]) -> String {
    let first = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let text = String::from_utf8_lossy(trim_end(first)).replace('\0', "\u{fffd}");
    match text.char_indices().nth(120) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// `line` without its line end.
pub fn trim_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// `head` without a byte order mark.
pub fn trim_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::MemorySource;
    use proptest::prelude::*;

    fn read(text: &str, limit: usize) -> Vec<(u64, u64, String, bool)> {
        let source = MemorySource::new("x", text);
        let mut input = Input::open(&source, &|_| {}).unwrap();
        let mut records = Records::with_limit(&mut input, limit);
        let mut all = Vec::new();
        while let Some(record) = records.next(|_, line| line.starts_with(b"\t")).unwrap() {
            let bytes = String::from_utf8_lossy(record.bytes).into_owned();
            all.push((record.offset, record.line, bytes, record.cut));
        }
        all
    }

    #[test]
    fn lines_and_their_continuations() {
        assert_eq!(
            read("a\n\tb\nc\r\n\n\td", 100),
            [(0, 1, "a\n\tb\n".into(), false), (5, 3, "c\r\n".into(), false), (8, 4, "\n\td".into(), false)]
        );
        assert!(read("", 100).is_empty());
    }

    #[test]
    fn records_over_the_limit_are_cut() {
        let long = "x".repeat(1_000_000);
        let all = read(&format!("a{long}\n\tb\nc\n\t{long}\n\td\ne\n"), 10);
        let shape: Vec<_> = all
            .iter()
            .map(|(offset, line, bytes, cut)| (*offset, *line, bytes.len() < 600_000, *cut))
            .collect();
        assert_eq!(shape, [(0, 1, true, true), (1_000_005, 3, true, true), (2_000_012, 6, true, false)]);
        assert_eq!(all[2].2, "e\n");
    }

    proptest! {
        #[test]
        fn records_are_the_whole_text(text in "(a|\t|\n|\r\n|bc){0,60}") {
            let all: String = read(&text, 1000).into_iter().map(|record| record.2).collect();
            prop_assert_eq!(all, text);
        }
    }
}
