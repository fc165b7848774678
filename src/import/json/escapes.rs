//! What stands behind a backslash in a text.

use super::{Fault, Json, Read};

impl Json<'_, '_> {
    /// Reads an escape, of which the backslash is read, into the text.
    pub(super) fn read_escape(&mut self) -> Read<()> {
        let Some(byte) = self.byte()? else { return Err(Fault::Cut(self.position())) };
        self.at += 1;
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
            self.at += 1;
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
