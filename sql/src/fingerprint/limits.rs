//! LIMIT and OFFSET: how many rows a statement asks for, and passes over.

use super::hash::{LIMIT, OFFSET};

/// Rows that a statement passes over, or asks for at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Offset {
    /// The number in its text.
    pub rows: u64,
    /// Else which of its parameters says it, counted from one; 0 if none does.
    pub parameter: u32,
}

/// What was read of a statement's LIMIT and OFFSET.
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub offset: Offset,
    /// Of the last LIMIT, which is that of the statement as a whole; no rows without one.
    pub limit: Offset,
    /// Placeholders so far.
    pub placeholders: u32,
    place: Place,
}

#[derive(Debug, Default)]
enum Place {
    #[default]
    Elsewhere,
    AfterLimit,
    AfterOffset,
    /// After the value behind LIMIT: MySQL's `LIMIT 200, 100` begins with the offset.
    Limited,
    /// After its comma.
    AfterComma,
}

impl Limits {
    pub fn word(&mut self, word: u64) {
        self.place = match word {
            LIMIT => Place::AfterLimit,
            OFFSET => Place::AfterOffset,
            _ => Place::Elsewhere,
        };
    }

    /// Before the value is counted among the placeholders.
    pub fn value(&mut self, bytes: &[u8]) {
        let text = || str::from_utf8(bytes).unwrap_or_default();
        self.place = match std::mem::take(&mut self.place) {
            Place::AfterLimit => {
                self.limit = self.read(text());
                Place::Limited
            }
            Place::AfterComma => {
                self.limit = self.read(text());
                Place::Elsewhere
            }
            Place::AfterOffset => {
                let offset = self.read(text());
                self.add(offset);
                Place::Elsewhere
            }
            _ => Place::Elsewhere,
        };
    }

    pub fn punctuation(&mut self, byte: u8) {
        if let (Place::Limited, b',') = (std::mem::take(&mut self.place), byte) {
            self.add(self.limit);
            self.place = Place::AfterComma;
        }
    }

    fn read(&self, text: &str) -> Offset {
        let parameter = match text {
            "?" | "%s" => self.placeholders + 1,
            _ => text.strip_prefix('$').and_then(|number| number.parse().ok()).unwrap_or(0),
        };
        Offset { rows: text.parse().unwrap_or(0), parameter }
    }

    fn add(&mut self, Offset { rows, parameter }: Offset) {
        self.offset.rows = self.offset.rows.max(rows);
        if parameter > 0 {
            self.offset.parameter = parameter;
        }
    }
}

impl Offset {
    /// The rows, with the parameters that the log keeps apart: `$1 = '100', $2 = '50000'`, `[100, 50000]`.
    pub fn with(self, logged: Option<&[u8]>) -> u64 {
        match logged {
            Some(logged) if self.parameter > 0 => {
                self.rows.max(self.named(logged).or(self.listed(logged)).unwrap_or(0))
            }
            _ => self.rows,
        }
    }

    fn named(self, logged: &[u8]) -> Option<u64> {
        let name = format!("${} = ", self.parameter);
        // Texts before it may look like it: the last one is it.
        let at = memchr::memmem::rfind(logged, name.as_bytes())?;
        let value = &logged[at + name.len()..];
        let value = value.strip_prefix(b"'").unwrap_or(value);
        let end = value.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(value.len());
        str::from_utf8(&value[..end]).ok()?.parse().ok()
    }

    /// Of a list in brackets; commas in texts divide nothing.
    fn listed(self, logged: &[u8]) -> Option<u64> {
        let list = logged.trim_ascii();
        let list = list.strip_prefix(b"[").or_else(|| list.strip_prefix(b"("))?;
        let (mut quote, mut escaped) = (None, false);
        let mut items = list.split(|&byte| {
            match (quote, byte) {
                _ if escaped => escaped = false,
                (Some(_), b'\\') => escaped = true,
                (Some(open), _) if open == byte => quote = None,
                (None, b'\'' | b'"') => quote = Some(byte),
                _ => {}
            }
            quote.is_none() && matches!(byte, b',' | b']' | b')')
        });
        let item = items.nth(self.parameter as usize - 1)?;
        str::from_utf8(item.trim_ascii()).ok()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape;
    use crate::lexer::Dialect;

    #[test]
    fn rows_that_are_passed_over() {
        for (sql, logged, rows) in [
            ("SELECT a FROM t LIMIT 100 OFFSET 50000", None, 50_000),
            ("SELECT a FROM t OFFSET 7 ROWS FETCH NEXT 5 ROWS ONLY", None, 7),
            ("SELECT a FROM t LIMIT 50000, 100", None, 50_000),
            ("SELECT a FROM t LIMIT 100", None, 0),
            ("SELECT a FROM ((SELECT b FROM t LIMIT 100), 3) x", None, 0),
            ("SELECT a FROM t LIMIT $1 OFFSET $2", Some("$1 = '100', $2 = '50000'"), 50_000),
            ("SELECT a FROM t LIMIT $1 OFFSET $2", Some("$1 = '$2 = 3', $2 = '50000'"), 50_000),
            ("SELECT a FROM t LIMIT $2 OFFSET $1", Some("$1 = '50000', $2 = '100'"), 50_000),
            ("SELECT a FROM t LIMIT $1 OFFSET $2", Some("$1 = '100', $2 = NULL"), 0),
            (
                "SELECT a FROM t WHERE b IN (%s, %s) LIMIT %s OFFSET %s",
                Some(r#"["x, \", y", 2, 100, 50000]"#),
                50_000,
            ),
            ("SELECT a FROM t WHERE b = ? LIMIT ?, ?", Some("('it', 50000, 100)"), 50_000),
            ("SELECT a FROM t LIMIT ? OFFSET ?", Some("[1"), 0),
            ("SELECT a FROM t LIMIT ? OFFSET ?", Some(""), 0),
            ("SELECT a FROM t LIMIT $1 OFFSET $0", Some("$0 = '1'"), 0),
            ("SELECT a FROM t LIMIT 5 OFFSET $1", None, 0),
        ] {
            let offset = shape(sql.as_bytes(), Dialect::PostgreSql).offset;
            assert_eq!(offset.with(logged.map(str::as_bytes)), rows, "{sql} {logged:?}");
        }
    }

    #[test]
    fn rows_that_are_asked_for() {
        for (sql, logged, rows) in [
            ("SELECT a FROM t LIMIT 100 OFFSET 50000", None, 100),
            ("SELECT a FROM t LIMIT 50000, 100", None, 100),
            ("SELECT a FROM (SELECT b FROM t LIMIT 100) x LIMIT 5", None, 5),
            ("SELECT a FROM t WHERE b = ? LIMIT ?, ?", Some("('it', 50000, 100)"), 100),
            ("SELECT a FROM t LIMIT $1", Some("$1 = '100'"), 100),
            ("SELECT a FROM t LIMIT ALL", None, 0),
            ("SELECT a FROM t WHERE b = 3", None, 0),
        ] {
            let limit = shape(sql.as_bytes(), Dialect::PostgreSql).limit;
            assert_eq!(limit.with(logged.map(str::as_bytes)), rows, "{sql} {logged:?}");
        }
    }
}
