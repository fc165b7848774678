//! Tables that consoles export, with a server's lines in one column: CloudWatch's (`timestamp,message`), those of its Logs
//! Insights (`@timestamp,@message`), Grafana's (`Time,Line,tsNs,id`), whatever the columns are called.

use std::borrow::Cow;

use super::super::records::trim_end;
use super::super::{django, postgres_csv, sqlalchemy};
use super::units::Units;
use super::{Inner, Layer, SAMPLES, object, server};

/// More columns are not looked into.
const MOST: usize = 64;

/// The field that `text` begins with, and what follows its separator; `None` after it if it is the last one.
fn field(text: &[u8]) -> (Cow<'_, [u8]>, Option<&[u8]>) {
    let after = |rest: &'_ [u8]| rest.first().is_some_and(|&byte| byte == b',');
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let end = memchr::memchr3(b',', b'\r', b'\n', text).unwrap_or(text.len());
        let rest = &text[end..];
        return (Cow::Borrowed(&text[..end]), after(rest).then(|| &rest[1..]));
    };
    let mut value = Cow::Borrowed(&quoted[..0]);
    let mut rest = quoted;
    // Without an end it is cut.
    while let Some(quote) = memchr::memchr(b'"', rest) {
        let doubled = rest.get(quote + 1) == Some(&b'"');
        let part = &rest[..quote + usize::from(doubled)];
        match value.is_empty() && !doubled {
            true => value = Cow::Borrowed(part),
            false => value.to_mut().extend_from_slice(part),
        }
        rest = &rest[quote + 1 + usize::from(doubled)..];
        if !doubled {
            return (value, after(rest).then(|| &rest[1..]));
        }
    }
    value.to_mut().extend_from_slice(rest);
    (value, None)
}

/// The field of this number in a row.
fn column(row: &[u8], number: usize) -> Option<Cow<'_, [u8]>> {
    let mut rest = Some(row);
    for _ in 0..number {
        rest = field(rest?).1;
    }
    rest.map(|rest| field(rest).0)
}

/// Whether a field begins with a server's record: what stands on a line of its own.
fn is_server(text: &[u8]) -> bool {
    let line = server::first_line(text);
    // `2026-11-30 12:00:00,859 INFO`: Python's stamps have a comma.
    let is_fraction = line.get(..3).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
        && !line.get(3).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-');
    !is_fraction
        && server::begins_sql(text)
        && (server::begins_surely(text) || django::prefix(line).is_some() || sqlalchemy::begins(line))
}

/// The column that holds a server's records, of a row or of one of those after it.
fn column_of(rows: &[Vec<u8>]) -> Option<usize> {
    rows.iter().find_map(|row| {
        let mut rest = Some(row.as_slice());
        let mut number = 0;
        while let Some(text) = rest.filter(|_| number < MOST) {
            let (value, next) = field(text);
            // A line with commas in it is no table.
            let is_cell = number > 0 || text.starts_with(b"\"") && next.is_some();
            if is_cell && is_server(&value) {
                return Some(number);
            }
            (rest, number) = (next, number + 1);
        }
        None
    })
}

/// Whether a row names columns: a few words.
fn is_header(row: &[u8]) -> bool {
    let mut rest = Some(trim_end(row));
    let mut names = 0;
    while let Some(text) = rest {
        let (name, next) = field(text);
        let is_name = !name.is_empty()
            && name.len() < 64
            && !name[0].is_ascii_digit()
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"@_ .-()".contains(byte));
        if !is_name || names == MOST {
            return false;
        }
        (rest, names) = (next, names + 1);
    }
    names > 1
}

/// The table that `head` is, or the row, perhaps with some after it.
pub fn layer(head: &[u8]) -> Option<Layer> {
    let line = server::first_line(head);
    if !line.contains(&b',') || matches!(line.first(), Some(b'{' | b'#' | b'\t')) {
        return None;
    }
    let has_header = is_header(line);
    // A server's own CSV, or its lines; a row that is read again has no names above it.
    if !has_header
        && (postgres_csv::is_record(head) || server::begins_sql(line) && !starts_quoted(line))
        && !is_row(line)
    {
        return None;
    }
    let (mut units, mut input, mut rows, mut row) = (Units::rows(), head, Vec::new(), Vec::new());
    while rows.len() < SAMPLES
        && let Ok(Some(_)) = units.next(&mut input, &mut row)
    {
        rows.push(row.clone());
        if !has_header {
            break;
        }
    }
    let column = column_of(rows.get(usize::from(has_header)..)?)?;
    let header = if has_header { trim_end(line).into() } else { Box::default() };
    Some(Layer::Table { column, header })
}

fn starts_quoted(line: &[u8]) -> bool {
    line.starts_with(b"\"")
}

/// Whether a line begins with a number or a stamp alone in its field: `1796042108391,`, `2026-11-20 10:00:16.123,`.
fn is_row(line: &[u8]) -> bool {
    let (first, rest) = field(line);
    rest.is_some()
        && first.len() <= 32
        && first.first().is_some_and(u8::is_ascii_digit)
        && first.iter().all(|byte| byte.is_ascii_digit() || b"-:. TZ+".contains(byte))
}

/// What a row holds of the log; `None` of the names of its columns.
pub fn row(row: &[u8], number: usize, header: &[u8]) -> Option<Inner<'static>> {
    if !header.is_empty() && trim_end(row) == header {
        return None;
    }
    let message = column(row, number)?;
    let text = object::with_parts(&message, &[None, None, None, None]);
    Some(Inner { text: Cow::Owned(text), partial: false, source: Cow::Borrowed(b"") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_rows() {
        let get = |row: &str, number| {
            column(row.as_bytes(), number).map(|text| String::from_utf8_lossy(&text).into_owned())
        };
        assert_eq!(get("1,\"a \"\"b\"\", c\",d\r\n", 1).as_deref(), Some("a \"b\", c"));
        assert_eq!(get("1,\"a \"\"b\"\", c\",d\r\n", 2).as_deref(), Some("d"));
        assert_eq!(get("1,\"cut", 1).as_deref(), Some("cut"));
        assert_eq!(get("1,\t,x", 1).as_deref(), Some("\t"));
        assert_eq!(get("1,2", 2), None);
    }

    #[test]
    fn tables_are_told_from_lines() {
        let line =
            "2026-11-30 12:35:08.391 UTC [77] app@shop LOG:  duration: 0.4 ms  statement: SELECT a, b FROM t";
        let column = |head: String| match layer(head.as_bytes()) {
            Some(Layer::Table { column, .. }) => Some(column),
            _ => None,
        };
        assert_eq!(column(format!("timestamp,message\n1796042108391,\"{line}\"\n")), Some(1));
        assert_eq!(column(format!("Line,Time\n\"{line}\",1796042108391\n")), Some(0));
        assert_eq!(column(format!("1796042108391,\"{line}\",7\n")), Some(1));
        assert_eq!(column(format!("{line}\n")), None);
        assert_eq!(column("a,b\n1,2\n".into()), None);
    }
}
