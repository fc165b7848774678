//! Whether bytes begin like a pstats file.

use crate::import::marshal::{Node, NodeId, Reader};

/// The key of Python 3.15's sampling profiler that is no function.
const SAMPLED: &[u8] = b"__sampled__";

/// How sure it is, 0 to 100, that `head` begins a pstats file: a marshalled dict whose first key is
/// a tuple of a text, an integer and a text (or code object), with a tuple of five. A head that is
/// cut or damaged after it began so is claimed too: the importer can then say where it breaks.
pub(super) fn score(head: &[u8]) -> u8 {
    if head == b"{0" || head == b"\xfb0" {
        // An empty dict: nothing else begins (and ends) so.
        return 60;
    }
    let mut scanner = Scanner { rest: head };
    match scanner.entry() {
        Ok(()) => 95,
        Err(Mismatch { began: true }) => 60,
        Err(Mismatch { began: false }) => 0,
    }
}

/// Whether a key is `("__sampled__",)`.
pub(super) fn is_sampled_key(reader: &Reader<'_>, key: NodeId) -> bool {
    let (key, node) = reader.get(key);
    let first = reader.parts(key).next().map(|part| reader.get(part).1);
    matches!(node, Node::Tuple { length: 1, .. })
        && matches!(first, Some(Node::Text(text)) if reader.text(text) == SAMPLED)
}

struct Mismatch {
    /// Whether a dict with a tuple that begins with a text had been seen.
    began: bool,
}

struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    fn entry(&mut self) -> Result<(), Mismatch> {
        let not_begun = Mismatch { began: false };
        if self.code() != Some(b'{') {
            return Err(not_begun);
        }
        let Some(mut length) = self.tuple() else { return Err(not_begun) };
        let Some(mut text) = self.text() else { return Err(not_begun) };
        if length == 1 && text == Some(SAMPLED) {
            // `True`, and then the first function.
            self.code();
            (length, text) = (self.tuple().unwrap_or(3), self.text().unwrap_or_default());
        }
        if length != 3 {
            return Err(not_begun);
        }
        let _ = text;
        self.function().ok_or(Mismatch { began: true })
    }

    /// The rest of a key, and the head of its value.
    fn function(&mut self) -> Option<()> {
        match self.code()? {
            b'i' => self.take(4)?,
            b'I' => self.take(8)?,
            b'l' => {
                let digits = self.long()?.unsigned_abs() as usize;
                self.take(digits.checked_mul(2)?)?
            }
            _ => return None,
        };
        if self.rest.first().is_some_and(|code| code & 0x7f == b'c') {
            return Some(());
        }
        self.text()?;
        (self.tuple()? == 5).then_some(())
    }

    /// A type code without its flag.
    fn code(&mut self) -> Option<u8> {
        self.take(1).map(|code| code[0] & 0x7f)
    }

    fn long(&mut self) -> Option<i32> {
        self.take(4)?.first_chunk().map(|bytes| i32::from_le_bytes(*bytes))
    }

    /// A tuple's length.
    fn tuple(&mut self) -> Option<usize> {
        match self.code()? {
            b')' => self.take(1).map(|length| usize::from(length[0])),
            b'(' => usize::try_from(self.long()?).ok(),
            _ => None,
        }
    }

    /// A text, or (`Some(None)`) a reference to one.
    fn text(&mut self) -> Option<Option<&'a [u8]>> {
        let length = match self.code()? {
            b'z' | b'Z' => usize::from(self.take(1)?[0]),
            b's' | b't' | b'u' | b'a' | b'A' => usize::try_from(self.long()?).ok()?,
            b'r' | b'R' => return self.long().map(|_| None),
            _ => return None,
        };
        // A file name of a megabyte is none.
        if length > 1 << 20 {
            return None;
        }
        // The text may be cut: what counts is that one began.
        let text = self.take(length.min(self.rest.len()))?;
        Some(Some(text))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}
