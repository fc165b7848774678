//! Text in UTF-16 with a byte order mark, as PowerShell's `>` and `tee` write it, given as UTF-8.

use std::io::{self, BufRead, Read};

use super::counted::Counted;

/// The mark of little endian text, and of big endian.
const MARKS: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

/// Whether a text that begins like this is in UTF-16, and whether its bytes are big endian.
pub(super) fn is_big_endian(head: &[u8]) -> Option<bool> {
    // UTF-32 begins with the same mark.
    let is_wide = head.get(..4) == Some(&[0xff, 0xfe, 0, 0]);
    let order = MARKS.iter().position(|mark| head.starts_with(mark)).filter(|_| !is_wide)?;
    Some(order == 1)
}

/// Gives what `stored` has as UTF-8, without the mark.
pub(super) struct Utf16<R> {
    stored: Counted<R>,
    big_endian: bool,
    /// The first half of a code unit.
    half: Option<u8>,
    /// The first of two code units.
    high: Option<u16>,
    text: Vec<u8>,
    /// How much of the text was given.
    given: usize,
}

/// Bytes that are taken in at once.
const CHUNK: usize = 32 * 1024;

impl<R: BufRead> Utf16<R> {
    /// From byte `at`, where a character begins.
    pub fn new(stored: R, at: u64, big_endian: bool) -> Self {
        let stored = Counted::new(stored, at);
        Self { stored, big_endian, half: None, high: None, text: Vec::new(), given: 0 }
    }

    /// The stored byte of the next character, and the order of bytes; `None` while some text is still to be given.
    pub fn checkpoint(&self) -> Option<(u64, bool)> {
        let between = self.given == self.text.len() && self.half.is_none() && self.high.is_none();
        between.then_some((self.stored.consumed, self.big_endian))
    }

    fn refill(&mut self) -> io::Result<()> {
        (self.text, self.given) = (Vec::new(), 0);
        while self.text.is_empty() {
            let bytes = self.stored.fill_buf()?;
            let count = bytes.len().min(CHUNK);
            if count == 0 {
                if self.half.take().is_some() | self.high.take().is_some() {
                    push(&mut self.text, char::REPLACEMENT_CHARACTER);
                }
                return Ok(());
            }
            for &byte in &bytes[..count] {
                let Some(first) = self.half.take() else {
                    self.half = Some(byte);
                    continue;
                };
                let unit = if self.big_endian { [first, byte] } else { [byte, first] };
                unit_into(u16::from_be_bytes(unit), &mut self.high, &mut self.text);
            }
            self.stored.consume(count);
        }
        Ok(())
    }
}

/// Adds the character that a code unit is or ends.
fn unit_into(unit: u16, high: &mut Option<u16>, text: &mut Vec<u8>) {
    match (high.take(), unit) {
        (Some(first), 0xdc00..=0xdfff) => {
            let code = 0x1_0000 + ((u32::from(first) - 0xd800) << 10) + (u32::from(unit) - 0xdc00);
            push(text, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        (first, _) => {
            if first.is_some() {
                push(text, char::REPLACEMENT_CHARACTER);
            }
            match unit {
                0xd800..=0xdbff => *high = Some(unit),
                // The mark, wherever a file was put together of several.
                0xfeff => {}
                _ => push(text, char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER)),
            }
        }
    }
}

fn push(text: &mut Vec<u8>, character: char) {
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() {
            self.refill()?;
        }
        let rest = &self.text[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}
