//! Whether a line is a server's own, or a program's that logs its SQL: what must be found inside a wrapping.

use super::super::postgres::infer::marker;
use super::super::postgres_csv;
use super::super::{access, django, mysql_general, mysql_slow, sqlalchemy, stamp};

/// Whether a record of some server's log begins with `text`: a database's, or a web server's of a request.
pub fn begins(text: &[u8]) -> bool {
    begins_sql(text) || access::begins(first_line(text))
}

/// Whether it is a web server's of a request, which does not say when.
pub fn is_request_without_time(text: &[u8]) -> bool {
    let line = first_line(text);
    !begins_sql(text) && access::begins(line) && !access::has_time(line)
}

/// Whether it is one of SQL.
pub fn begins_sql(text: &[u8]) -> bool {
    let line = first_line(text);
    match line.first() {
        None => false,
        Some(b'{') => has_json(line),
        Some(b'#') => mysql_slow::begins(line),
        _ => {
            marker(line).is_some()
                || mysql_slow::begins(line)
                || mysql_general::begins(line)
                || postgres_csv::is_record(text)
                || django::begins(line)
                || sqlalchemy::begins(line)
        }
    }
}

/// Whether it begins with something of a record's own: a time, or what no other text begins with.
pub fn begins_surely(text: &[u8]) -> bool {
    let line = first_line(text);
    stamp::parse(line, 0).is_some()
        || mysql_slow::begins(line)
        || mysql_general::begins(line)
        || line.first() == Some(&b'{') && has_json(line)
}

/// JSON that a server or Django writes.
fn has_json(line: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(line, word).is_some();
    has(b"\"error_severity\":") || has(b"\"sql\":") || has(b"django.db.backends")
}

/// Whether the time is missing that such a line should have: it is then lent by what is around it.
pub fn wants_time(text: &[u8]) -> bool {
    let line = first_line(text);
    if is_request_without_time(text) {
        return true;
    }
    // The general log's lines have the time of the one before.
    if line.first() == Some(&b'{') || mysql_slow::begins(line) || mysql_general::begins(line) {
        return false;
    }
    let prefix = marker(line)
        .map(|at| &line[..at])
        .or_else(|| django::prefix(line))
        .or_else(|| sqlalchemy::prefix(line));
    prefix.is_some_and(|prefix| stamp::find(prefix).is_none() && !has_epoch(prefix))
}

/// Whether it has a web server's request in it and lacks a time: uvicorn's `INFO:     ` could begin a line of PostgreSQL's.
pub fn is_request_that_wants_time(text: &[u8]) -> bool {
    let line = first_line(text);
    line.first() != Some(&b'{') && access::begins(line) && !access::has_time(line) && wants_time(text)
}

/// `%n`: seconds since 1970.
fn has_epoch(prefix: &[u8]) -> bool {
    prefix.windows(11).any(|part| part[10] == b'.' && part[..10].iter().all(u8::is_ascii_digit))
}

pub fn first_line(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == b'\n').next().unwrap_or_default()
}
