//! Reads a text line by line, in memory that is bounded by the longest line allowed.

use std::io::{BufRead as _, Read as _};

use super::ImportError;
use super::records::AT_HAND;
use super::waiting::give_way;
use crate::document::{Diagnostics, Level};
use crate::format;
use crate::input::Input;

/// The lines of an input.
pub struct Lines<'i, 'a> {
    input: &'i mut Input<'a>,
    limit: u64,
    buffer: Vec<u8>,
    number: u64,
}

impl<'i, 'a> Lines<'i, 'a> {
    /// Reads on from where `input` is. A line of more than `limit` bytes comes in pieces.
    pub fn new(input: &'i mut Input<'a>, limit: u64) -> Self {
        Self { input, limit, buffer: Vec::new(), number: 0 }
    }

    /// Waits while what the next line may need is on its way.
    #[inline]
    pub async fn ready(&mut self) -> &mut Self {
        while self.input.at_hand() < AT_HAND && self.input.is_coming() {
            give_way().await;
        }
        self
    }

    /// The next line with its end, and its number, from 1.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next(&mut self) -> Result<Option<(u64, &[u8])>, ImportError> {
        self.buffer.clear();
        let read = self.input.by_ref().take(self.limit).read_until(b'\n', &mut self.buffer);
        if read.map_err(|error| ImportError::reading(&error))? == 0 {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some((self.number, &self.buffer)))
    }
}

/// `line 1,234`.
pub fn place(line: u64) -> String {
    format!("line {}", format::count(i64::try_from(line).unwrap_or(i64::MAX)))
}

/// How often something was noticed, and on which line first.
#[derive(Debug, Default)]
pub struct Noted {
    count: u64,
    first: u64,
}

impl Noted {
    /// It is on this line.
    pub fn note(&mut self, line: u64) {
        self.count += 1;
        if self.count == 1 {
            self.first = line;
        }
    }

    /// Says so, if it was noticed.
    pub fn say(&self, level: Level, message: &str, diagnostics: &mut Diagnostics) {
        diagnostics.note_many(level, message, self.count, || Some(place(self.first)));
    }
}
