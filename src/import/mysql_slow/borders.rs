//! Where one record of a slow log ends and the next begins.

use memchr::{memchr, memchr2, memchr3, memchr3_iter, memmem};

use super::super::records::trim_end;
use crate::queries::lexer::{Dialect, Lexer, TokenKind};

/// In a longer text no quote is looked for: it may be damaged.
const LONGEST_CHECKED: usize = 1024 * 1024;

/// `# Time: 261123  5:36:13`, `# Time: 2026-08-17T06:00:00.067973Z`.
pub(super) fn is_time(line: &[u8]) -> bool {
    line.strip_prefix(b"# Time: ").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
}

/// `# User@Host: root[root] @ localhost [127.0.0.1]`, whatever follows.
pub(super) fn is_host(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"# User@Host: ") else { return false };
    let user = memchr(b'[', rest).and_then(|open| Some(open + 1 + memchr(b']', &rest[open + 1..])?));
    user.is_some_and(|end| {
        let host = rest[end + 1..].trim_ascii_start();
        host.starts_with(b"@ ") && memchr2(b'[', b']', host).is_some()
    })
}

/// `/usr/sbin/mysqld, Version: 8.0.39 (…). started with:`.
pub(in super::super) fn is_start(line: &[u8]) -> bool {
    // A path, which only on Windows has blanks in it.
    let is_path = |path: &[u8]| !path.contains(&b' ') || path.get(1) == Some(&b':');
    trim_end(line).ends_with(b"started with:")
        && memmem::find(line, b", Version: ").is_some_and(|at| is_path(&line[..at]))
}

/// `# Query_time: 0.000490  Lock_time: …`: the first line of a record with `log_short_format`.
fn is_query_time(line: &[u8]) -> bool {
    line.strip_prefix(b"# Query_time: ").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
}

/// `# administrator command: Quit;`, in a statement's place.
pub(super) fn is_command(line: &[u8]) -> bool {
    line.starts_with(b"# administrator command:")
}

/// Whether a record begins with `line`.
pub(in super::super) fn begins(line: &[u8]) -> bool {
    is_time(line) || is_host(line) || is_start(line) || is_query_time(line)
}

/// A line of a header that has lost its `#`, as Percona Server wrote some: blanks, then `Tmp_tables: 1`.
pub(super) fn is_bare_header(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    let name = text.iter().take(40).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    text.len() < line.len()
        && text.first().is_some_and(u8::is_ascii_uppercase)
        && text[..name].contains(&b'_')
        && text.get(name..name + 2) == Some(b": ")
}

/// Whether `line` is the next record's, after `record`. `body` is where the record's statement begins,
/// 0 until that is known.
pub(super) fn ends_before(record: &[u8], line: &[u8], body: &mut usize) -> bool {
    if record.is_empty() || is_start(record) && line.starts_with(b"#") {
        return begins(line);
    }
    if *body == 0 && (is_body(line) || is_command(record)) {
        *body = record.len();
    }
    // Within a header `# Query_time` is one line of several.
    if !begins(line) || *body == 0 && is_query_time(line) {
        return false;
    }
    if *body == 0 {
        // Still the header: its first line may be the time, or there was no statement at all.
        return memmem::find(record, b"Query_time:").is_some();
    }
    !is_open(&record[*body..], Dialect::MySql)
}

/// Whether a record's header has ended where `line` begins.
fn is_body(line: &[u8]) -> bool {
    match line.first() {
        Some(b'#') => is_command(line),
        Some(b' ' | b'\t') => !is_bare_header(line),
        _ => true,
    }
}

/// Whether a quote or a comment is open at the end of `sql`.
pub(in super::super) fn is_open(sql: &[u8], dialect: Dialect) -> bool {
    if sql.len() > LONGEST_CHECKED {
        return false;
    }
    if dialect == Dialect::MySql && !may_have_comments(sql) {
        return has_open_quote(sql);
    }
    is_open_to_the_lexer(sql, dialect)
}

/// Whether anything in it looks like the beginning of a comment, within a literal or not.
fn may_have_comments(sql: &[u8]) -> bool {
    memchr3_iter(b'-', b'#', b'/', sql).any(|at| match sql[at] {
        b'#' => true,
        b'-' => sql.get(at + 1) == Some(&b'-'),
        _ => sql.get(at + 1) == Some(&b'*'),
    })
}

fn is_open_to_the_lexer(sql: &[u8], dialect: Dialect) -> bool {
    // What is open swallows what follows.
    let probe = [sql, b"\n;"].concat();
    let last = Lexer::new(&probe, dialect).last();
    last.is_none_or(|token| token.kind != TokenKind::Punctuation || token.start + 1 != token.end)
}

/// The same of MySQL's SQL without comments, which is nearly all: several times as fast as the lexer.
fn has_open_quote(sql: &[u8]) -> bool {
    let mut rest = sql;
    while let Some(at) = memchr3(b'\'', b'"', b'`', rest) {
        let quote = rest[at];
        rest = &rest[at + 1..];
        loop {
            let stop = if quote == b'`' { memchr(quote, rest) } else { memchr2(quote, b'\\', rest) };
            let Some(stop) = stop else { return true };
            let escaped = usize::from(rest[stop] != quote);
            rest = rest.get(stop + 1 + escaped..).unwrap_or_default();
            if escaped == 0 {
                break;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn quotes_are_open_as_the_lexer_sees_them(sql in "['\"`\\\\a ;\n(é]{0,24}") {
            let sql = sql.as_bytes();
            let to_lexer = is_open_to_the_lexer(sql, Dialect::MySql);
            proptest::prop_assert_eq!(has_open_quote(sql), to_lexer);
        }
    }
}
