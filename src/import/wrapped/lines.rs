//! What stands in front of each line: the names of containers, stamps, tags.

use std::borrow::Cow;

use super::super::stamp;
use super::server;
use super::{Inner, Layer};

/// A line of `text`, of the source that this is, if it is known.
fn line<'a>(text: &'a [u8], source: &'a [u8]) -> Option<Inner<'a>> {
    Some(Inner { text: Cow::Borrowed(text), partial: false, source: Cow::Borrowed(source) })
}

/// The line without `layer`, which stands in front of it; `None` if it does not.
pub fn stripped<'a>(layer: &Layer, text: &'a [u8]) -> Option<Inner<'a>> {
    match layer {
        Layer::Cri { lent } => cri(text, *lent),
        Layer::Compose => compose(text),
        Layer::Kubectl => kubectl(text),
        Layer::Stern(words) => stern(text, *words),
        Layer::Fluentd => fluentd(text),
        Layer::Stamp { named, lent } => stamped(text, *named, *lent),
        _ => None,
    }
}

/// `2026-11-23T06:34:54.123456789Z stdout F text`; a line that goes on has `P`.
/// <https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md>
fn cri(text: &[u8], lent: bool) -> Option<Inner<'_>> {
    let stamp = iso_stamp(text)?;
    let rest = text[stamp..].strip_prefix(b" ")?;
    let rest = rest.strip_prefix(b"stdout ").or_else(|| rest.strip_prefix(b"stderr "))?;
    let (tag, rest) = rest.split_at_checked(2)?;
    let partial = match tag {
        b"F " => false,
        b"P " => true,
        _ => return None,
    };
    let text = if lent { with_time(&text[..stamp], rest) } else { Cow::Borrowed(rest) };
    Some(Inner { text, partial, source: Cow::Borrowed(b"") })
}

/// `db-1  | text`, as `docker compose logs` writes it; its colours are passed over.
fn compose(text: &[u8]) -> Option<Inner<'_>> {
    let text = without_colour(text);
    let name = name_length(text)?;
    let blanks = text[name..].iter().take(64).take_while(|&&byte| byte == b' ').count();
    let rest = text[name + blanks..].strip_prefix(b"|").filter(|_| blanks > 0)?;
    let rest = without_colour(rest);
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    line(without_colour(rest), &text[..name])
}

/// `[pod/shop-db-0/postgres] text`, as `kubectl logs --prefix` writes it.
fn kubectl(text: &[u8]) -> Option<Inner<'_>> {
    let name = text.strip_prefix(b"[pod/")?;
    let end = name.iter().take(300).position(|&byte| byte == b']')?;
    let rest = &name[end + 1..];
    line(rest.strip_prefix(b" ").unwrap_or(rest), &name[..end])
}

/// `shop-db-0 postgres text`, as stern writes it, with the namespace in front of several.
fn stern(text: &[u8], words: usize) -> Option<Inner<'_>> {
    let text = without_colour(text);
    let mut end = 0;
    for _ in 0..words {
        end += leading_colour(&text[end..]);
        let length = name_length(&text[end..])?;
        if text[end..end + length].contains(&b'_') {
            return None;
        }
        end += length;
        end += leading_colour(&text[end..]);
        end += usize::from(text.get(end) == Some(&b' '));
    }
    let name = text[..end].trim_ascii_end();
    // Without a blank there was no text.
    (end > name.len() || end == text.len()).then_some(())?;
    line(&text[end..], name)
}

/// `2026-11-20T10:00:16+00:00⇥db.postgres⇥{…}`, as fluentd's files have it; what it writes to its standard output is
/// `2026-11-20 10:00:16.123456789 +0000 db.postgres: {…}`.
/// <https://docs.fluentd.org/formatter/stdout>
fn fluentd(text: &[u8]) -> Option<Inner<'_>> {
    if text.get(10) == Some(&b' ') {
        return fluentd_stdout(text);
    }
    let stamp = iso_stamp(text)?;
    let rest = text[stamp..].strip_prefix(b"\t")?;
    let tag = rest.iter().take(300).position(|&byte| byte == b'\t')?;
    let rest = &rest[tag + 1..];
    if rest.first() == Some(&b'{') { line(rest, b"") } else { None }
}

fn fluentd_stdout(text: &[u8]) -> Option<Inner<'_>> {
    stamp::parse(text, 0)?;
    let rest = text.get(19..)?.strip_prefix(b".")?;
    let rest = &rest[rest.iter().take(12).take_while(|byte| byte.is_ascii_digit()).count()..];
    let (zone, rest) = rest.strip_prefix(b" ")?.split_at_checked(5)?;
    if !matches!(zone[0], b'+' | b'-') || !zone[1..].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let rest = rest.strip_prefix(b" ")?;
    // Tags have no blanks.
    let tag = rest.iter().take(300).position(|&byte| byte == b' ')?;
    let is_tag = tag > 1 && rest[tag - 1] == b':' && rest.get(tag + 1) == Some(&b'{');
    if is_tag { line(&rest[tag + 1..], b"") } else { None }
}

/// The message of a table that CloudWatch Logs Insights exports: `2026-11-20 10:00:16.123,"text"`, perhaps with more
/// columns behind it. What the server itself writes as CSV has a zone before the comma.
pub fn insights(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    let stamp = text.get(..23)?;
    let is_stamp = stamp[19] == b'.' && stamp[10] == b' ' && stamp::parse(stamp, 0).is_some();
    let rest = text[23..].strip_prefix(b",").filter(|_| is_stamp)?;
    let Some(quoted) = rest.strip_prefix(b"\"") else {
        let end = rest.iter().position(|byte| b",\r\n".contains(byte)).unwrap_or(rest.len());
        return Some(Cow::Borrowed(&rest[..end]));
    };
    let mut message = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    // Without an end it is cut.
    while let Some(quote) = memchr::memchr(b'"', rest) {
        message.extend_from_slice(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix(b"\"") {
            Some(more) => {
                message.push(b'"');
                rest = more;
            }
            None => return Some(Cow::Owned(message)),
        }
    }
    message.extend_from_slice(rest);
    Some(Cow::Owned(message))
}

/// Whether a text begins with a row of such a table that has a server's record, or with the names of its columns.
pub fn is_insights(text: &[u8]) -> bool {
    insights(text).is_some_and(|message| server::begins_surely(&message)) || is_insights_header(text)
}

/// The names of such a table's columns.
pub fn is_insights_header(text: &[u8]) -> bool {
    let line = server::first_line(text);
    line.starts_with(b"@timestamp,@message") || line.starts_with(b"\"@timestamp\",\"@message\"")
}

/// The line behind a stamp (`docker logs --timestamps`, `kubectl logs --timestamps`, CloudWatch), and behind the
/// stream's name that `aws logs tail` adds.
fn stamped(text: &[u8], named: bool, lent: bool) -> Option<Inner<'_>> {
    let stamp = iso_stamp(text)?;
    let rest = &text[stamp..];
    let rest = match rest.first() {
        None => rest,
        Some(b' ') => &rest[1..],
        Some(_) => return None,
    };
    let rest = match named {
        true => &rest[rest.iter().take(200).position(|&byte| byte == b' ')? + 1..],
        false => rest,
    };
    let text = if lent { with_time(&text[..stamp], rest) } else { Cow::Borrowed(rest) };
    Some(Inner { text, partial: false, source: Cow::Borrowed(b"") })
}

/// Whether a stream's name stands behind the stamp, and whether the line's own time is missing; `None` if no record
/// of a server's is behind the stamp.
pub fn behind_stamp(text: &[u8]) -> Option<(bool, bool)> {
    let inner = |named| stamped(text, named, false).map(|inner| inner.text);
    let rest = inner(false)?;
    if server::begins_surely(&rest) {
        return Some((false, false));
    }
    if inner(true).is_some_and(|rest| server::begins_surely(&rest)) {
        return Some((true, false));
    }
    if !server::begins(&rest) || super::syslog::Line::read(text).is_some_and(|line| line.is_postgres()) {
        return None;
    }
    // A stamp without which requests have no time is the log's own first column.
    if server::is_request_without_time(&rest) {
        return None;
    }
    Some((false, server::wants_time(&rest)))
}

/// The record with the time it lacks, as a server would write it; other lines as they are.
pub fn with_time<'a>(stamp: &[u8], text: &'a [u8]) -> Cow<'a, [u8]> {
    if !server::begins(text) || !server::wants_time(text) {
        return Cow::Borrowed(text);
    }
    let Some(found) = stamp::parse(stamp, 0) else { return Cow::Borrowed(text) };
    let (date, time) =
        (crate::format::date(found.milliseconds), crate::format::time_of_day(found.milliseconds));
    let zone = found.zone.as_deref().unwrap_or("UTC").replace(':', "");
    let mut result = format!("{date} {time} {zone} ").into_bytes();
    // uvicorn's level behind a time would be a line of PostgreSQL's.
    match text.strip_prefix(b"INFO:") {
        Some(rest) if server::is_request_that_wants_time(text) => {
            result.extend_from_slice(b"INFO ");
            result.extend_from_slice(rest.trim_ascii_start());
        }
        _ => result.extend_from_slice(text),
    }
    Cow::Owned(result)
}

/// How long the stamp with a `T` and a zone is that `line` begins with.
fn iso_stamp(line: &[u8]) -> Option<usize> {
    if line.get(10) != Some(&b'T') {
        return None;
    }
    let found = stamp::parse(line, 0)?;
    found.zone.as_ref()?;
    // stamp::parse takes a blank and a zone for a zone: `…Z` is followed by the line.
    Some(found.range.end)
}

/// The length of a container's name at the beginning of `text`.
fn name_length(text: &[u8]) -> Option<usize> {
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._-".contains(*byte);
    let length = text.iter().take(254).take_while(is_name).count();
    text.first().filter(|byte| byte.is_ascii_alphanumeric()).and((length > 0).then_some(length))
}

/// The length of a terminal's colour at the beginning of `text`: `\x1b[36m`.
fn leading_colour(text: &[u8]) -> usize {
    let Some(rest) = text.strip_prefix(b"\x1b[") else { return 0 };
    let digits = rest.iter().take(12).take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
    if rest.get(digits) == Some(&b'm') { digits + 3 } else { 0 }
}

fn without_colour(text: &[u8]) -> &[u8] {
    &text[leading_colour(text)..]
}
