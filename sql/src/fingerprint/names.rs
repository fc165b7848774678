//! Names that clients make up: of savepoints, cursors, temporary schemas.

use super::Normaliser;
use super::hash::*;

/// Which words of the statement are names that clients make up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// None.
    None,
    /// Only the next one: `DECLARE name`.
    Next,
    /// All that are not the statement's own words: `ROLLBACK TO SAVEPOINT name`.
    All,
}

impl<const TEXT: bool> Normaliser<'_, TEXT> {
    /// In a statement about a savepoint or cursor: whether `bytes` was its name.
    pub(super) fn name(&mut self, word: u64, bytes: &[u8]) -> bool {
        match self.names {
            Names::Next => self.names = Names::None,
            Names::All if is_structural(word, bytes) => return false,
            Names::All => {}
            Names::None => return false,
        }
        self.parameters = mix_text(self.parameters, bytes);
        self.out.value();
        self.operand = false;
        true
    }
}

/// Which words of a statement that begins with `bytes` are such names.
pub fn names_of(word: u64, bytes: &[u8]) -> Names {
    match word {
        RELEASE | ROLLBACK | FETCH | MOVE | CLOSE => Names::All,
        DECLARE => Names::Next,
        _ if bytes.eq_ignore_ascii_case(b"savepoint") || bytes.eq_ignore_ascii_case(b"deallocate") => {
            Names::All
        }
        _ => Names::None,
    }
}

/// The words that savepoint and cursor statements are made of.
fn is_structural(word: u64, bytes: &[u8]) -> bool {
    matches!(
        word,
        TO | WORK
            | AND
            | NO
            | CHAIN
            | PREPARED
            | PREPARE
            | ALL
            | NEXT
            | PRIOR
            | FIRST
            | LAST
            | FORWARD
            | BACKWARD
            | ABSOLUTE
            | RELATIVE
            | FROM
            | IN
    ) || bytes.eq_ignore_ascii_case(b"savepoint")
        || bytes.eq_ignore_ascii_case(b"transaction")
}

/// `pg_temp_12` is another session's every time.
pub fn temporary_schema(name: &[u8]) -> Option<&'static [u8]> {
    if name.first() != Some(&b'p') {
        return None;
    }
    let (number, schema): (_, &'static [u8]) = if let Some(number) = name.strip_prefix(b"pg_temp_") {
        (number, b"pg_temp_?")
    } else if let Some(number) = name.strip_prefix(b"pg_toast_temp_") {
        (number, b"pg_toast_temp_?")
    } else {
        return None;
    };
    (!number.is_empty() && number.iter().all(u8::is_ascii_digit)).then_some(schema)
}
