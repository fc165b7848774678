//! Reads a table, however a database's tools print one: CSV with any delimiter, tab-separated as
//! `mysql --batch` and COPY write it, JSON objects, and what psql and mysql show in a terminal: aligned,
//! unaligned and with a line for each column.

use std::borrow::Cow;
use std::collections::BTreeMap;

use memchr::{memchr, memchr_iter};
use serde_json::value::RawValue;

use super::super::elements::in_head;
use super::super::records::{trim_end, trim_mark};

/// One row: a value for each column, or nothing for NULL.
pub(super) type Row = Vec<Option<String>>;

/// More columns than any version of the views has: objects of other things may have any number of keys.
const COLUMNS: usize = 300;

/// A table as read.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Table {
    /// Names, in lower case.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
    /// Rows with another number of values than there are columns.
    pub damaged: u64,
}

impl Table {
    /// Which column has this name.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.columns.iter().position(|column| column == name))
    }

    fn push(&mut self, row: Row) {
        if row.len() == self.columns.len() {
            self.rows.push(row);
        } else {
            self.damaged += 1;
        }
    }
}

/// Reads `text`. `free` says which columns may hold anything, line ends and delimiters included.
pub(super) fn read(text: &[u8], free: &[&str]) -> Table {
    let text = trim_mark(text);
    // Blanks at the beginning of a line are part of what is aligned.
    let blank = text.iter().take_while(|byte| b"\r\n".contains(byte)).count();
    let text = &text[blank..];
    let mut lines = text.split(|&byte| byte == b'\n').map(trim_end);
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if matches!(first.trim_ascii_start().first(), Some(b'{' | b'[')) {
        json(text)
    } else if is_record(first) {
        expanded(text)
    } else if is_vertical(first) {
        vertical(text)
    } else if is_ruler(first) && second.starts_with(b"|") {
        boxed(text)
    } else if is_ruler(second) {
        aligned(text)
    } else {
        delimited(text, first, free)
    }
}

fn name(bytes: &[u8]) -> String {
    let bytes = bytes.trim_ascii();
    let bytes = bytes.strip_prefix(b"\"").and_then(|bytes| bytes.strip_suffix(b"\"")).unwrap_or(bytes);
    String::from_utf8_lossy(bytes).to_ascii_lowercase()
}

fn value(text: impl Into<String>) -> Option<String> {
    let text = text.into();
    (!matches!(text.as_str(), "NULL" | "\\N")).then_some(text)
}

/// Objects, in a list or one a line.
fn json(text: &[u8]) -> Table {
    let mut table = Table::default();
    for object in in_head(text) {
        // Numbers as they are written: all their digits.
        let Ok(map) = serde_json::from_slice::<BTreeMap<String, Box<RawValue>>>(object) else {
            table.damaged += 1;
            continue;
        };
        let mut row: Row = vec![None; table.columns.len()];
        for (key, value) in map {
            let key = key.to_ascii_lowercase();
            let known = table.columns.iter().position(|column| *column == key);
            if known.is_none() && table.columns.len() >= COLUMNS {
                continue;
            }
            let place = known.unwrap_or_else(|| {
                table.columns.push(key);
                row.push(None);
                table.columns.len() - 1
            });
            row[place] = match value.get() {
                "null" => None,
                text => Some(serde_json::from_str(text).unwrap_or_else(|_| text.to_owned())),
            };
        }
        table.rows.push(row);
    }
    // Keys that came later were missing before.
    for row in &mut table.rows {
        row.resize(table.columns.len(), None);
    }
    table
}

/// `---+----` or `+----+----+`.
fn is_ruler(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.len() > 2 && line.contains(&b'-') && line.iter().all(|byte| b"-+".contains(byte))
}

/// The parts of a line between the places of a ruler's crosses, in characters: psql pads to those.
fn parts<'a>(line: &'a str, crosses: &[usize]) -> Vec<&'a str> {
    let mut found = Vec::with_capacity(crosses.len() + 1);
    let mut rest = line;
    let mut passed = 0;
    for &cross in crosses {
        let end = rest.char_indices().nth(cross - passed).map_or(rest.len(), |(at, _)| at);
        found.push(&rest[..end]);
        rest = rest.get(end + 1..).unwrap_or_default();
        passed = cross + 1;
    }
    found.push(rest);
    found
}

/// psql's aligned output. Where a value has a line end, a `+` stands in the margin behind the line.
fn aligned(text: &[u8]) -> Table {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines();
    let head = lines.next().unwrap_or_default();
    let ruler = lines.next().unwrap_or_default();
    let crosses: Vec<usize> =
        ruler.bytes().enumerate().filter(|(_, byte)| *byte == b'+').map(|(at, _)| at).collect();
    let mut table = Table {
        columns: parts(head, &crosses).into_iter().map(|part| name(part.as_bytes())).collect(),
        ..Table::default()
    };
    let mut row: Option<Vec<String>> = None;
    for line in lines {
        if is_footer(line.as_bytes()) {
            break;
        }
        let cells = parts(line, &crosses);
        let goes_on = cells.iter().any(|cell| cell.len() > 1 && cell.ends_with('+'));
        let cells = cells.into_iter().map(|cell| {
            let cell = cell.strip_suffix('+').filter(|_| cell.len() > 1).unwrap_or(cell);
            cell.strip_prefix(' ').unwrap_or(cell).trim_end()
        });
        match &mut row {
            None => row = Some(cells.map(str::to_owned).collect()),
            Some(begun) => {
                for (begun, cell) in begun.iter_mut().zip(cells) {
                    if !cell.is_empty() {
                        begun.push('\n');
                        begun.push_str(cell);
                    }
                }
            }
        }
        if !goes_on && let Some(row) = row.take() {
            table.push(row.into_iter().map(|cell| value(cell.trim())).collect());
        }
    }
    table
}

/// `(12 rows)`, which psql may say in another language.
fn is_footer(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.is_empty()
        || line.strip_prefix(b"(").and_then(|line| line.strip_suffix(b")")).is_some_and(|inside| {
            let digits = inside.iter().take_while(|byte| byte.is_ascii_digit()).count();
            digits > 0 && inside.get(digits) == Some(&b' ')
        })
}

/// mysql's table, and psql's with `\pset border 2`: in frames.
fn boxed(text: &[u8]) -> Table {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines();
    let ruler = lines.next().unwrap_or_default();
    let crosses: Vec<usize> =
        ruler.bytes().enumerate().filter(|(_, byte)| *byte == b'+').map(|(at, _)| at).collect();
    let cells = |line: &str| -> Vec<String> {
        let parts = parts(line, &crosses);
        let inside = parts.get(1..parts.len().saturating_sub(1)).unwrap_or_default();
        inside.iter().map(|part| part.trim().to_owned()).collect()
    };
    let width = ruler.trim_end().len();
    let mut table = Table::default();
    let (mut begun, mut length) = (String::new(), 0);
    for line in lines {
        if begun.is_empty() && (is_ruler(line.as_bytes()) || !line.starts_with('|')) {
            continue;
        }
        if !begun.is_empty() {
            begun.push('\n');
            length += 1;
        }
        begun.push_str(line.trim_end());
        length += line.trim_end().chars().count();
        // A line end in a value breaks the frame: the row goes on until it is closed.
        if length < width || !begun.ends_with('|') {
            continue;
        }
        let row = std::mem::take(&mut begun);
        length = 0;
        if table.columns.is_empty() {
            table.columns = cells(&row).iter().map(|cell| name(cell.as_bytes())).collect();
        } else {
            table.push(cells(&row).into_iter().map(value).collect());
        }
    }
    table
}

/// `-[ RECORD 1 ]---+---`: psql's expanded output.
fn is_record(line: &[u8]) -> bool {
    line.starts_with(b"-[ ") && memchr(b']', line).is_some()
}

fn expanded(text: &[u8]) -> Table {
    let text = String::from_utf8_lossy(text);
    let mut table = Table::default();
    let mut row: Vec<(String, String)> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        if is_record(line.as_bytes()) {
            put(&mut table, &mut row);
            goes_on = false;
            continue;
        }
        let Some((key, part)) = line.split_once('|') else { continue };
        let part = part.strip_prefix(' ').unwrap_or(part);
        let (part, more) = match part.strip_suffix('+') {
            Some(part) => (part.trim_end(), true),
            None => (part.trim_end(), false),
        };
        match row.last_mut() {
            Some((_, value)) if goes_on => {
                value.push('\n');
                value.push_str(part);
            }
            _ => row.push((name(key.as_bytes()), part.to_owned())),
        }
        goes_on = more;
    }
    put(&mut table, &mut row);
    table
}

/// Adds a row that names its columns.
fn put(table: &mut Table, row: &mut Vec<(String, String)>) {
    let pairs = std::mem::take(row);
    if pairs.is_empty() {
        return;
    }
    if table.columns.is_empty() {
        table.columns = pairs.iter().map(|(key, _)| key.clone()).collect();
    }
    let same = pairs.len() == table.columns.len()
        && pairs.iter().zip(&table.columns).all(|((key, _), column)| key == column);
    if same {
        table.rows.push(pairs.into_iter().map(|(_, text)| value(text)).collect());
    } else {
        table.damaged += 1;
    }
}

/// `*************************** 1. row ***************************`: mysql's `\G`.
fn is_vertical(line: &[u8]) -> bool {
    line.starts_with(b"*****") && line.ends_with(b"*****") && memchr::memmem::find(line, b". row ").is_some()
}

fn vertical(text: &[u8]) -> Table {
    let text = String::from_utf8_lossy(text);
    let mut table = Table::default();
    let mut row: Vec<(String, String)> = Vec::new();
    // Names are aligned to the right, so all colons stand in one column.
    let mut colon = None;
    for line in text.lines() {
        if is_vertical(line.as_bytes()) {
            put(&mut table, &mut row);
            continue;
        }
        let at = colon.or_else(|| line.find(": ").or_else(|| line.strip_suffix(':').map(str::len)));
        let named = at.and_then(|at| {
            let key = line.get(..at)?;
            let is_name = key.trim_start().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let rest = line.get(at..)?.strip_prefix(':')?;
            (is_name && !key.trim().is_empty()).then(|| (key, rest.strip_prefix(' ').unwrap_or(rest)))
        });
        match (named, row.last_mut()) {
            (Some((key, text)), _) => {
                colon = at;
                row.push((name(key.as_bytes()), text.to_owned()));
            }
            (None, Some((_, value))) => {
                value.push('\n');
                value.push_str(line);
            }
            (None, None) => {}
        }
    }
    put(&mut table, &mut row);
    table
}

/// CSV and its kin: the delimiter is the one that makes most columns of the first line.
fn delimited(text: &[u8], first: &[u8], free: &[&str]) -> Table {
    let delimiter = [b',', b'\t', b';', b'|']
        .into_iter()
        .max_by_key(|&delimiter| memchr_iter(delimiter, first).count())
        .unwrap_or(b',');
    let mut reader = Delimited { text, at: 0, delimiter };
    let Some(head) = reader.row() else { return Table::default() };
    let columns: Vec<String> = head.iter().map(|cell| name(cell.as_bytes())).collect();
    let quoted = memchr(b'"', first).is_some();
    let place = columns.iter().position(|column| free.contains(&column.as_str()));
    let mut table = Table { columns, ..Table::default() };
    if let (b'|', false, Some(place)) = (delimiter, quoted, place) {
        unaligned(&text[reader.at..], place, &mut table);
        return table;
    }
    while let Some(row) = reader.row() {
        if row.len() == 1 && is_footer(row[0].as_bytes()) {
            continue;
        }
        table.push(row.into_iter().map(|cell| value(cell.into_owned())).collect());
    }
    table
}

/// psql's unaligned output, `psql -A`: nothing is quoted, so a text may hold line ends and the delimiter.
/// The columns before and after that one, which are numbers, say where it is.
fn unaligned(text: &[u8], free: usize, table: &mut Table) {
    let text = String::from_utf8_lossy(text);
    let after = table.columns.len() - 1 - free;
    let (mut begun, mut delimiters) = (String::new(), 0);
    for line in text.lines() {
        if begun.is_empty() && is_footer(line.as_bytes()) {
            continue;
        }
        if after == 0 && begun.is_empty() && line.matches('|').count() < free {
            // The text is last: what has no columns before it goes on with the row before.
            match table.rows.last_mut().and_then(|row| row.last_mut()) {
                Some(Some(text)) => {
                    text.push('\n');
                    text.push_str(line);
                }
                _ => table.damaged += 1,
            }
            continue;
        }
        if !begun.is_empty() {
            begun.push('\n');
        }
        begun.push_str(line);
        delimiters += line.matches('|').count();
        let mut parts: Vec<&str> = line.rsplitn(after + 1, '|').collect();
        parts.truncate(after);
        let ends = parts.len() == after && parts.iter().all(|part| part.len() < 40 && !part.contains(' '));
        if !ends || delimiters < table.columns.len() - 1 {
            continue;
        }
        let row = std::mem::take(&mut begun);
        delimiters = 0;
        let mut cells: Vec<&str> = row.rsplitn(after + 1, '|').collect();
        cells.reverse();
        let rest = cells.remove(0);
        let mut whole: Vec<&str> = rest.splitn(free + 1, '|').collect();
        whole.extend(cells);
        table.push(whole.into_iter().map(value).collect());
    }
    if !begun.is_empty() {
        table.damaged += 1;
    }
}

struct Delimited<'a> {
    text: &'a [u8],
    at: usize,
    delimiter: u8,
}

impl<'a> Delimited<'a> {
    /// The next row.
    fn row(&mut self) -> Option<Vec<Cow<'a, str>>> {
        // Blank lines are none.
        while matches!(self.text.get(self.at), Some(b'\n' | b'\r')) {
            self.at += 1;
        }
        if self.at >= self.text.len() {
            return None;
        }
        let mut row = Vec::new();
        loop {
            let (cell, more) = self.cell();
            row.push(cell);
            if !more {
                return Some(row);
            }
        }
    }

    /// The next value, and whether another follows on its row.
    fn cell(&mut self) -> (Cow<'a, str>, bool) {
        let rest = &self.text[self.at..];
        if rest.first() == Some(&b'"') {
            let mut cell: Vec<u8> = Vec::new();
            let mut at = 1;
            loop {
                let Some(quote) = memchr(b'"', &rest[at..]) else {
                    // Cut short.
                    cell.extend_from_slice(&rest[at..]);
                    self.at = self.text.len();
                    return (String::from_utf8_lossy(&cell).into_owned().into(), false);
                };
                cell.extend_from_slice(&rest[at..at + quote]);
                at += quote + 1;
                if rest.get(at) != Some(&b'"') {
                    break;
                }
                cell.push(b'"');
                at += 1;
            }
            let end = rest[at..]
                .iter()
                .position(|&byte| byte == self.delimiter || byte == b'\n')
                .unwrap_or(rest.len() - at);
            let more = rest.get(at + end) == Some(&self.delimiter);
            self.at += (at + end + 1).min(rest.len());
            return (String::from_utf8_lossy(&cell).into_owned().into(), more);
        }
        let end = rest.iter().position(|&byte| byte == self.delimiter || byte == b'\n').unwrap_or(rest.len());
        let more = rest.get(end) == Some(&self.delimiter);
        self.at += (end + 1).min(rest.len());
        let cell = if more { &rest[..end] } else { trim_end(&rest[..end]) };
        let text = String::from_utf8_lossy(cell);
        if self.delimiter == b'\t' && cell.contains(&b'\\') && cell != b"\\N" {
            return (unescaped(&text).into(), more);
        }
        (text, more)
    }
}

/// Tabs and line ends as `mysql --batch` and COPY write them.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('0') => plain.push('\0'),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}
