//! Partial indexes, for a query that asks for nothing but their rows.

use std::borrow::Cow;

use super::{Index, Kind, Part, Table};

/// What a partial index says of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition<'a> {
    /// The column is NULL.
    Null(&'a str),
    /// The column is not NULL.
    NotNull(&'a str),
    /// The column is true.
    True(&'a str),
}

impl<'a> Condition<'a> {
    /// Of SQL, if it is one of these.
    fn of(sql: &'a str) -> Option<Self> {
        let sql = sql.trim().trim_end_matches(';');
        let bare = sql.strip_prefix('(').and_then(|sql| sql.strip_suffix(')')).unwrap_or(sql).trim();
        let mut words = bare.split_whitespace();
        let column = words.next()?;
        let column = column.trim_matches(['"', '`']);
        if !column.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
            return None;
        }
        let rest: Vec<String> = words.map(str::to_ascii_lowercase).collect();
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        match rest.as_slice() {
            ["is", "null"] => Some(Self::Null(column)),
            ["is", "not", "null"] => Some(Self::NotNull(column)),
            [] | ["is" | "=", "true"] => Some(Self::True(column)),
            _ => None,
        }
    }
}

impl Table {
    /// The table as a query sees it of which `holds` says what it asks of its rows: partial indexes that
    /// have all of these are as good as others.
    pub fn within(&self, holds: impl Fn(Condition<'_>) -> bool) -> Cow<'_, Self> {
        let fits = |text: Option<&'_ str>| text.and_then(Condition::of).is_some_and(&holds);
        if !self.indexes.iter().any(|index| fits(index.condition.as_deref())) {
            return Cow::Borrowed(self);
        }
        let mut table = self.clone();
        table.indexes.clear();
        for index in &self.indexes {
            let condition = index.condition.as_deref().and_then(Condition::of).filter(|&one| holds(one));
            let Some(condition) = condition else {
                table.indexes.push(index.clone());
                continue;
            };
            let whole = Index { condition: None, ..index.clone() };
            if let Condition::Null(column) | Condition::True(column) = condition {
                // What is the same in all its rows may as well come first.
                let mut led = Index { kind: Kind::Plain, ..whole.clone() };
                led.parts.insert(0, Part { column: Some(column.to_owned()), rest: String::new() });
                table.indexes.push(led);
            }
            table.indexes.push(whole);
        }
        Cow::Owned(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_of_partial_indexes() {
        for (sql, condition) in [
            ("deleted_at IS NULL", Some(Condition::Null("deleted_at"))),
            ("(deleted_at IS NULL)", Some(Condition::Null("deleted_at"))),
            ("\"sent\" is not null", Some(Condition::NotNull("sent"))),
            ("active", Some(Condition::True("active"))),
            ("active = true", Some(Condition::True("active"))),
            ("NOT active", None),
            ("status = 'new'", None),
            ("a IS NULL AND b IS NULL", None),
            ("", None),
        ] {
            assert_eq!(Condition::of(sql), condition, "{sql}");
        }
    }
}
