//! Django's [`connection.queries`](https://docs.djangoproject.com/en/stable/faq/models/#how-can-i-see-the-raw-sql-queries-django-is-running)
//! as the shell shows it, as `pprint` breaks it, or as JSON: a list of `{'sql': …, 'time': '0.001'}`.
//!
//! What writes it: `queries_log` in `django/db/backends/utils.py`. Times are seconds, to a millisecond.

use super::records::RECORD_LIMIT;
use super::{About, Format, ImportError, Kind, StatementText};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::queries::lexer::Dialect;
use crate::queries::statements::Statement;
use crate::queries::{Clock, Connection, LogBuilder};
use std::io::BufRead as _;

/// `connection.queries`.
pub struct ConnectionQueries;

const RECORD: &str = "from django.db import connection; connection.queries\n\
    In the shell or a test, with DEBUG = True; paste what it shows, or json.dumps of it. Times are rounded to a \
    millisecond.";

/// For the registry.
pub static ABOUT: About = About {
    id: "connection-queries",
    title: "Django's connection.queries",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

/// Django keeps no more of them: `BaseDatabaseWrapper.queries_limit`.
const QUERIES_LIMIT: usize = 9000;

impl Format for ConnectionQueries {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        if first(head).is_some() { 89 } else { 0 }
    }

    fn begins(&self, head: &[u8]) -> usize {
        first(head).unwrap_or(0)
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut text = Vec::new();
        loop {
            let bytes = input.fill_buf().map_err(|error| ImportError::reading(&error))?;
            let count = bytes.len();
            if count == 0 {
                break;
            }
            if text.len() + count > RECORD_LIMIT {
                let advice = "Django itself keeps 9000 queries: paste one list at a time.";
                return Err(ImportError::new(self, "it is longer than 64 MB", advice));
            }
            text.extend_from_slice(bytes);
            input.consume(count);
        }
        Ok(read(&text, name, self.id()))
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        Some(StatementText { sql: Entry::read(record)?.sql?, parameters: None })
    }
}

/// Where the first entry begins, if one is among the first dicts.
fn first(head: &[u8]) -> Option<usize> {
    let mut dicts = Dicts { text: head, at: 0 };
    for _ in 0..3 {
        let (from, to) = dicts.next_dict()?;
        if Entry::read(&head[from..to]).is_some() {
            return Some(from);
        }
    }
    None
}

fn read(text: &[u8], name: String, format: &'static str) -> Document {
    let mut builder = LogBuilder::default();
    let mut diagnostics = Diagnostics::default();
    let mut dicts = Dicts { text, at: 0 };
    let mut last = 0;
    let connection = builder.connection(&[], Connection::default);
    while let Some((from, to)) = dicts.next_dict() {
        last = to;
        let record = &text[from..to];
        let place = || Some(format!("byte {from}: {}", super::records::shown(record)));
        let Some(entry) = Entry::read(record) else {
            diagnostics.note(Level::Warning, "entries without sql and time were skipped", place);
            continue;
        };
        let recognised = match &entry.sql {
            Some(sql) => builder.fingerprint(sql.as_bytes(), Dialect::guess(sql.as_bytes()), None),
            None => builder.without_text(),
        };
        if entry.many {
            let problem = "executemany is one statement here, however many sets of parameters it had";
            diagnostics.note(Level::Info, problem, place);
        }
        builder.push(Statement {
            duration: entry.duration,
            offset: from as u64,
            length: u32::try_from(to - from).unwrap_or(u32::MAX),
            ..Statement::new(recognised, connection)
        });
    }
    if text[last..].contains(&b'{') {
        diagnostics.note(Level::Warning, "the last entry is cut short", || None);
    }
    if builder.is_empty() {
        let problem = "no statement in it: connection.queries is filled only with DEBUG = True";
        diagnostics.note(Level::Warning, problem, || None);
    } else {
        let problem = "connection.queries rounds times to a millisecond and has no times of day: statements are laid \
                       end to end. The log of django.db.backends as JSON has both";
        diagnostics.note(Level::Info, problem, || None);
    }
    if builder.len() >= QUERIES_LIMIT {
        let problem = "Django keeps the last 9000 queries only: earlier ones are missing";
        diagnostics.note(Level::Warning, problem, || None);
    }
    let log = builder.finish(Clock::Sequence, None);
    Document { name, format, content: Content::Queries(Box::new(log)), diagnostics }
}

/// One entry.
#[derive(Debug, PartialEq)]
struct Entry {
    /// `None` where Django could not say what it sent.
    sql: Option<String>,
    /// Milliseconds.
    duration: f64,
    /// Whether it was executemany.
    many: bool,
}

impl Entry {
    fn read(record: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(record);
        let pairs = pairs(&text);
        let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let sql = match get("sql")? {
            Scalar::Text(text) => Some(text.clone()),
            Scalar::Bare(word) if matches!(word.as_str(), "None" | "null") => None,
            Scalar::Bare(_) => return None,
        };
        let seconds: f64 = match get("time")? {
            Scalar::Text(text) | Scalar::Bare(text) => text.parse().ok()?,
        };
        if !seconds.is_finite() || seconds < 0.0 {
            return None;
        }
        // "3 times: INSERT …"; of a generator Django cannot say how many.
        let many = sql.as_deref().and_then(|sql| {
            let (count, rest) = sql.split_once(" times: ")?;
            let known = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
            (known || count == "?").then(|| rest.to_owned())
        });
        let is_many = many.is_some();
        Some(Self { sql: many.or(sql), duration: seconds * 1000.0, many: is_many })
    }
}

/// A value of an entry.
#[derive(Debug, Clone, PartialEq)]
enum Scalar {
    Text(String),
    /// A number, `None`, `null`.
    Bare(String),
}

/// The entries of a flat dict or object, in Python's spelling or JSON's. Texts that follow each other are
/// one, as `pprint` breaks them.
fn pairs(record: &str) -> Vec<(String, Scalar)> {
    let mut found = Vec::new();
    let mut key: Option<String> = None;
    let mut value: Option<Scalar> = None;
    let mut rest = record.strip_prefix('{').unwrap_or(record);
    while let Some(first) = rest.chars().next() {
        match first {
            '\'' | '"' => {
                let (text, after) = string(rest, first);
                match &mut value {
                    Some(Scalar::Text(begun)) => begun.push_str(&text),
                    _ => value = Some(Scalar::Text(text)),
                }
                rest = after;
            }
            ':' => {
                key = value.take().map(|value| match value {
                    Scalar::Text(text) | Scalar::Bare(text) => text,
                });
                rest = &rest[1..];
            }
            ',' | '}' => {
                if let (Some(key), Some(value)) = (key.take(), value.take()) {
                    found.push((key, value));
                }
                rest = &rest[1..];
            }
            _ => {
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && !"._+-".contains(c))
                    .unwrap_or(rest.len());
                let end = end.max(first.len_utf8());
                let word = &rest[..end];
                rest = &rest[end..];
                // u'…' and b'…' are texts.
                let prefix = matches!(word, "u" | "b" | "r") && rest.starts_with(['\'', '"']);
                if !prefix && first.is_ascii_alphanumeric() && value.is_none() {
                    value = Some(Scalar::Bare(word.to_owned()));
                }
            }
        }
    }
    found
}

/// The text in `quote` that `rest` begins with, and what follows it.
fn string(rest: &str, quote: char) -> (String, &str) {
    let mut text = String::new();
    let mut chars = rest[1..].char_indices();
    let mut high = None;
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return (text, &rest[1 + at + c.len_utf8()..]);
        }
        if c != '\\' {
            text.push(c);
            continue;
        }
        let Some((_, escape)) = chars.next() else { break };
        let mut code = |digits: usize| {
            let mut value = 0_u32;
            for _ in 0..digits {
                let digit = chars.clone().next().and_then(|(_, c)| c.to_digit(16))?;
                chars.next();
                value = value << 4 | digit;
            }
            Some(value)
        };
        match escape {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            '\n' => {}
            'x' => text.extend(code(2).and_then(char::from_u32)),
            'U' => text.extend(code(8).and_then(char::from_u32)),
            'u' => match code(4) {
                Some(value @ 0xd800..=0xdbff) => {
                    // JSON writes what is beyond 16 bits in two.
                    high = Some(value);
                    continue;
                }
                Some(low @ 0xdc00..=0xdfff) => {
                    let both = high.map(|high| 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00));
                    text.push(both.and_then(char::from_u32).unwrap_or('\u{fffd}'));
                }
                Some(value) => text.extend(char::from_u32(value)),
                None => {}
            },
            // '\'', '"', '\\', '/'; what else Python escapes, it does not write.
            other => text.push(other),
        }
        high = None;
    }
    (text, "")
}

/// Finds dicts and objects that hold no other.
struct Dicts<'a> {
    text: &'a [u8],
    at: usize,
}

impl Dicts<'_> {
    /// The next one's first byte, and the one past its last.
    fn next_dict(&mut self) -> Option<(usize, usize)> {
        let mut from = None;
        let mut quote = None;
        let mut at = self.at;
        while let Some(&byte) = self.text.get(at) {
            match (quote, byte) {
                // Outside of dicts, apostrophes are those of prose.
                (None, b'\'' | b'"') if from.is_some() => quote = Some(byte),
                (None, b'{') => from = Some(at),
                (None, b'}') => {
                    if let Some(from) = from {
                        self.at = at + 1;
                        return Some((from, at + 1));
                    }
                }
                (Some(_), b'\\') => at += 1,
                (Some(open), _) if byte == open => quote = None,
                _ => {}
            }
            at += 1;
        }
        self.at = self.text.len();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_spelling() {
        let each = [
            r#"{'sql': 'SELECT \'it\\\'s\' "a"', 'time': '0.001'}"#,
            r#"{'sql': "SELECT 'x'\n FROM \"a\"", 'time': '0.000'}"#,
            "{'sql': 'SELECT 1 '\n         'FROM t',\n  'time': '0.012'}",
            r#"{"time": "1.5", "sql": "SELECT '\u00e9\ud83d\udc4d'"}"#,
            r"{u'time': u'0.002', u'sql': u'3 times: INSERT INTO t VALUES (%s)'}",
            r"{'sql': None, 'time': '0.000'}",
            r#"{"sql": "SELECT 1", "time": 0.25}"#,
            r"{'sql': 'SELECT 1'}",
            r"{'time': '0.1', 'sql': 'SELECT '",
            "{}",
        ]
        .map(|record| format!("{:?}", Entry::read(record.as_bytes())));
        insta::assert_snapshot!(each.join("\n"));
    }

    proptest! {
        #[test]
        fn json_comes_back(texts in proptest::collection::vec("[a'\"\\\\{}\n\té👍]{0,12}", 0..8)) {
            let list: Vec<_> = texts.iter().map(|sql| serde_json::json!({ "sql": sql, "time": "0.001" })).collect();
            let text = serde_json::Value::from(list).to_string();
            let mut dicts = Dicts { text: text.as_bytes(), at: 0 };
            let mut found = Vec::new();
            while let Some((from, to)) = dicts.next_dict() {
                found.push(Entry::read(&text.as_bytes()[from..to]).and_then(|entry| entry.sql).unwrap_or_default());
            }
            let known: Vec<String> = texts.clone();
            prop_assert_eq!(found, known);
        }

        #[test]
        fn any_text_is_survived(text in "[{}'\"\\\\u0d8:, né]{0,60}") {
            let mut dicts = Dicts { text: text.as_bytes(), at: 0 };
            while let Some((from, to)) = dicts.next_dict() {
                let _ = Entry::read(&text.as_bytes()[from..to]);
            }
        }
    }
}
