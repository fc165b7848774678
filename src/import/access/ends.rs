//! Where the values of an access log's line end: servers write into them what stands between fields as well.

use memchr::{memchr, memchr_iter};

use super::fields;

/// Where a literal is found at or after `from`. A quote that is escaped ends nothing, unless no other does.
pub fn find(line: &[u8], from: usize, literal: &[u8]) -> Option<usize> {
    let rest = line.get(from..)?;
    match literal {
        [] => None,
        [byte] if *byte != b'"' => memchr(*byte, rest).map(|at| from + at),
        [first, behind @ ..] => {
            let mut escaped = None;
            // A call for two or three bytes, for every field of every line, takes longer than to look at them.
            let is_here = |at: usize| {
                rest.get(at + 1..at + literal.len())
                    .is_some_and(|found| found.iter().zip(behind).all(|(a, b)| a == b))
            };
            for at in memchr_iter(*first, rest) {
                if !is_here(at) {
                    continue;
                }
                let backslashes = rest[..at].iter().rev().take_while(|&&byte| byte == b'\\').count();
                if *first == b'"' && backslashes % 2 == 1 {
                    escaped = escaped.or(Some(from + at));
                    continue;
                }
                return Some(from + at);
            }
            escaped
        }
    }
}

/// Where a value ends that begins at `at` and is followed by `literal`: blanks within a moment, and in a list of addresses or
/// times (`203.0.113.7, 10.1.2.3`, `0.005 : 0.019`), end nothing.
pub fn end_of_value(line: &[u8], at: usize, literal: &[u8]) -> Option<usize> {
    if literal.first() != Some(&b' ') {
        return find(line, at, literal);
    }
    let mut from = fields::end_of_moment(line, at).unwrap_or(at);
    // No list is that long.
    for _ in 0..32 {
        let end = find(line, from, literal)?;
        if !goes_on(line, at, end) {
            return Some(end);
        }
        from = end + 1;
    }
    None
}

/// Whether the blank at `end` is within a list that began at `at`.
fn goes_on(line: &[u8], at: usize, end: usize) -> bool {
    let (value, rest) = (&line[at..end], &line[end..]);
    let is_item = |byte: u8| byte.is_ascii_hexdigit() || b"-:.".contains(&byte);
    match value {
        // Words end with a comma as well: `INFO, 10.0.0.9`.
        [before @ .., b','] => {
            before.last().is_some_and(|&byte| is_item(byte) || byte == b',')
                && rest.get(1).is_some_and(|&byte| is_item(byte) || byte.is_ascii_alphabetic())
                && value[0] != b'"'
        }
        [.., before, b' ', b':'] => is_item(*before),
        [.., before] => is_item(*before) && rest.starts_with(b" : "),
        [] => false,
    }
}

/// Where what was opened before `from` is closed: before a blank or the end. Servers that decode addresses, or do not escape
/// agents, write quotes into what is quoted: a request ends before a status, other texts where the quotes that follow are
/// pairs.
pub fn closing(line: &[u8], from: usize, close: u8) -> Option<usize> {
    let ends = memchr_iter(close, &line[from..]).map(|at| from + at);
    let mut ends = ends.filter(|&at| {
        let backslashes = line[..at].iter().rev().take_while(|&&byte| byte == b'\\').count();
        line.get(at + 1).is_none_or(|byte| *byte == b' ') && (close != b'"' || backslashes % 2 == 0)
    });
    if close != b'"' {
        return ends.next();
    }
    let first = ends.clone().next()?;
    if fields::request(&line[from..first]).is_some() {
        return ends.find(|&at| is_status_next(line, at + 2)).or(Some(first));
    }
    let quotes = |from: usize| memchr_iter(b'"', &line[from..]).count();
    if quotes(from) % 2 == 0 {
        return Some(first);
    }
    ends.find(|&at| quotes(at + 1) % 2 == 0).or(Some(first))
}

/// Whether a status begins here, or the dash for none.
fn is_status_next(line: &[u8], at: usize) -> bool {
    let rest = line.get(at..).unwrap_or_default();
    // Fields may be set apart by other bytes than blanks: `GET / HTTP/1.1|200|5`.
    let is_in_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._/:\"".contains(byte);
    let word = &rest[..rest.iter().position(|byte| !is_in_word(byte)).unwrap_or(rest.len())];
    fields::status(word).is_some()
}

/// Where a request's line ends that begins at `from`: before a status. An address may hold what ends it (`/say "hi" now`), so
/// an end behind a protocol is meant before others.
pub fn end_of_request(line: &[u8], from: usize, literal: &[u8]) -> Option<usize> {
    let (mut first, mut likely) = (None, None);
    let mut at = from;
    // Addresses are not that full of quotes, and each is looked at.
    for _ in 0..64 {
        let Some(end) = find(line, at, literal) else { break };
        first = first.or(Some(end));
        if is_status_next(line, end + literal.len()) {
            if fields::has_protocol(&line[from..end]) {
                return Some(end);
            }
            likely = likely.or(Some(end));
        }
        at = end + 1;
    }
    likely.or(first)
}
