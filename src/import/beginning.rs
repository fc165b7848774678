//! The beginning of a file's text, by the words of which formats are told.

use std::ops::Deref;

use memchr::memmem;

use super::records::trim_mark;

/// The text of a head: without what may stand before it, a byte order mark and blanks.
#[derive(Debug, Clone, Copy)]
pub struct Beginning<'a>(&'a [u8]);

impl<'a> Beginning<'a> {
    /// Of the first unwrapped bytes of a file.
    pub fn of(head: &'a [u8]) -> Self {
        Self(trim_mark(head).trim_ascii_start())
    }

    /// Whether `word` is in it.
    pub fn holds(&self, word: &[u8]) -> bool {
        memmem::find(self.0, word).is_some()
    }
}

impl Deref for Beginning<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0
    }
}
