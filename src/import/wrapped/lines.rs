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
        Layer::FluentBit => fluent_bit(text),
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

/// `[0] docker.0: [[1796042108.000000000, {}], {"log": "…"}]`, as Fluent Bit writes it to its standard output; older ones
/// write `[0] docker.0: [1796042108.000000000, {"log": "…"}]`.
/// <https://docs.fluentbit.io/manual/pipeline/outputs/standard-output>
fn fluent_bit(text: &[u8]) -> Option<Inner<'_>> {
    let rest = text.strip_prefix(b"[")?;
    let digits = rest.iter().take(12).take_while(|byte| byte.is_ascii_digit()).count();
    let rest = rest.get(digits..)?.strip_prefix(b"] ").filter(|_| digits > 0)?;
    let tag = rest.iter().take(300).position(|&byte| byte == b' ')?;
    let rest = rest[..tag].ends_with(b":").then(|| &rest[tag + 1..])?.strip_prefix(b"[")?;
    let nested = rest.strip_prefix(b"[");
    let rest = nested.unwrap_or(rest);
    let stamp = rest.iter().take(40).position(|&byte| byte == b',')?;
    let rest = match nested {
        // What it knows of the record comes before it.
        Some(_) => &rest[memchr::memmem::find(rest, b"}], {")? + 4..],
        None => rest[stamp + 1..].trim_ascii_start(),
    };
    let object = rest.trim_ascii_end().strip_suffix(b"]")?;
    if object.first() == Some(&b'{') { line(object, b"") } else { None }
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
    // What goes on is indented, and may read like a record.
    if text.starts_with(b"\t") || !server::begins(text) || !server::wants_time(text) {
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
