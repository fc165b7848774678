//! Lines of a log's own format within its literals: an open quote tells that a line begins no record.
//!
//! A quote may be open because the statement is wrong, or was cut short. So what is joined for an open quote stays
//! together only if the literal is closed again, in a line that begins no record; else it is taken apart ([`pieces`]).

use std::ops::Range;

use memchr::{memchr_iter, memmem};

use crate::queries::lexer::{Dialect, Lexer, TokenKind};

/// More lines that begin a record are not joined for one quote.
const MOST: u32 = 20;

/// Longer records are not looked at, bytes: each line that may be within one costs as much.
const LONGEST: usize = 256 * 1024;

/// Whether a literal is open at the end of `sql`.
pub fn is_open(sql: &[u8], dialect: Dialect) -> bool {
    // Cheap to say of nearly all texts: quotes come in pairs.
    if memchr_iter(b'\'', sql).count().is_multiple_of(2) && memmem::find(sql, b"$$").is_none()
        || sql.len() > LONGEST
    {
        return false;
    }
    // A line end ends a comment; a literal has what follows in it.
    let text = [sql, b"\n;"].concat();
    let last = Lexer::new(&text, dialect).last();
    last.is_some_and(|last| last.kind == TokenKind::String && last.end == text.len())
}

/// What was joined for open quotes.
#[derive(Debug, Default)]
pub struct Joined(u32);

impl Joined {
    /// Whether a line that would begin a record is in a literal of `sql`, which is the record before so far.
    pub fn holds(&mut self, sql: &[u8], dialect: Dialect) -> bool {
        let holds = self.0 < MOST && is_open(sql, dialect);
        self.0 += u32::from(holds);
        holds
    }

    /// Whether anything was, since this was asked last.
    pub fn take(&mut self) -> bool {
        std::mem::take(&mut self.0) > 0
    }
}

/// The records in `record`, which was joined: itself if its literal is closed again by a line that begins none. `sql`
/// gives the text of what a record is so far.
pub fn pieces(
    record: &[u8],
    dialect: Dialect,
    begins: impl Fn(&[u8]) -> bool,
    sql: impl Fn(&[u8]) -> Range<usize>,
) -> Vec<Range<usize>> {
    let mut starts = Vec::new();
    let (mut at, mut last_end) = (0, 0);
    for line in record.split_inclusive(|&byte| byte == b'\n') {
        let end = at + line.len();
        if at == 0 || begins(line) {
            starts.push(at);
            last_end = end;
        }
        at = end;
    }
    let whole = sql(record);
    let until = |end: usize| record.get(whole.start..end.max(whole.start)).unwrap_or_default();
    if starts.len() < 2 || is_open(until(last_end), dialect) && !is_open(until(whole.end), dialect) {
        return std::iter::once(0..record.len()).collect();
    }
    starts.push(record.len());
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_that_are_open() {
        let open = |sql: &str| is_open(sql.as_bytes(), Dialect::PostgreSql);
        assert!(open("SELECT '") && open("SELECT 'it''s\nso") && open("DO $$ x"));
        assert!(!open("SELECT 1 -- don't") && !open("SELECT 'a'") && !open("/* don't */ SELECT 1"));
        assert!(!open("SELECT \"it's\"") && !open(""));
    }

    #[test]
    fn what_is_joined_is_whole_or_comes_apart() {
        let cut = |text: &str| {
            let begins = |line: &[u8]| line.starts_with(b"# ");
            pieces(text.as_bytes(), Dialect::PostgreSql, begins, |record| 2..record.len())
        };
        assert_eq!(cut("# a '\n# b\n'\n").first(), Some(&(0..12)));
        // Cut short, and a quote too many in each of two.
        assert_eq!(cut("# a '\n# b\n"), [0..6, 6..10]);
        assert_eq!(cut("# a '\n# b '\n"), [0..6, 6..12]);
    }
}
