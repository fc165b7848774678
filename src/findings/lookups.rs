//! How a query finds the rows of each table it mentions: by a key, by a row it has, or by what else.

use std::borrow::Cow;

use super::Settings;
use super::index_candidates::{ABOUT, EXAMINED};
use crate::queries::digest::Numbers;
use crate::queries::{ColumnUse, Fingerprint, NONE, Usage};
use crate::schema::{Condition, Table};
use crate::sort;

/// A table that a query mentions.
pub(super) struct Mention<'a> {
    /// Its number in [`ColumnUse::mention`].
    number: u32,
    pub table: &'a str,
    /// Its definition, if the schema has it; with those of its partial indexes that serve this query.
    pub known: Option<Cow<'a, Table>>,
    pub uses: Vec<&'a ColumnUse>,
    /// Columns that are compared with those of a row of the query around it.
    pub correlated: Vec<&'a str>,
    /// Whether its rows are found by a key.
    pub found: bool,
}

/// Whether it is one of Django's own tables (with REST framework's tokens), or of the server's: they have the
/// indexes that their queries need, and are not the user's to change.
pub(super) fn is_foreign(table: &str) -> bool {
    let table = table.to_ascii_lowercase();
    let (schema, name) = table.rsplit_once('.').unwrap_or(("", &table));
    ["auth_", "django_", "authtoken_", "pg_", "sqlite_"].iter().any(|app| name.starts_with(app))
        || matches!(schema, "information_schema" | "mysql" | "performance_schema" | "sys")
}

/// Whether the query looks at many more rows than it returns: then the key that finds them has few values.
pub(super) fn wasteful(numbers: &Numbers, settings: &Settings) -> bool {
    match (&numbers.rows_examined, &numbers.rows) {
        (Some(examined), Some(rows)) => {
            examined.total as f64 > settings.get(&ABOUT, &EXAMINED) * rows.total.max(1) as f64
        }
        _ => false,
    }
}

/// The tables that `fingerprint` mentions and of which it uses columns.
pub(super) fn mentions<'a>(
    fingerprint: &'a Fingerprint,
    numbers: &Numbers,
    settings: &'a Settings,
) -> Vec<Mention<'a>> {
    let mut all: Vec<u32> = fingerprint.columns.iter().map(|one| one.mention).collect();
    sort::by_number(&mut all, |mention| *mention);
    all.dedup();
    let wasteful = wasteful(numbers, settings);
    let mut mentions: Vec<Mention<'a>> = Vec::new();
    for number in all.into_iter().filter(|&mention| mention != NONE) {
        let uses: Vec<&ColumnUse> = fingerprint.columns.iter().filter(|one| one.mention == number).collect();
        let Some(table) = uses.first().and_then(|one| one.table.as_deref()) else { continue };
        let mut mention = Mention { number, table, known: None, uses, correlated: Vec::new(), found: false };
        let correlated = mention.plain().filter(|one| is_correlated(one, fingerprint));
        mention.correlated = correlated.map(|one| one.column.as_str()).collect();
        let known = settings.schema().table(table);
        mention.known = known.map(|table| table.within(|condition| mention.holds(condition, fingerprint)));
        let given = mention.given();
        let by_key = given.iter().any(|column| mention.is_indexed(column));
        mention.found = (by_key && !wasteful) || mention.is_key(&given);
        mentions.push(mention);
    }
    // From a row that is found, others are by their keys, and so on.
    while let Some(at) = mentions.iter().position(|one| !one.found && one.follows(&mentions)) {
        mentions[at].found = true;
    }
    mentions
}

/// The one that `used` is of.
pub(super) fn of<'a, 'b>(mentions: &'b [Mention<'a>], used: &ColumnUse) -> Option<&'b Mention<'a>> {
    mentions.iter().find(|one| one.number == used.mention)
}

/// Whether `used` is compared with a column of the row around its subquery.
fn is_correlated(used: &ColumnUse, fingerprint: &Fingerprint) -> bool {
    used.usage == Usage::Join
        && fingerprint.columns.iter().any(|other| other.given && are_partners(used, other))
}

fn are_partners(one: &ColumnUse, other: &ColumnUse) -> bool {
    let names = |partner: &Option<(String, String)>, of: &ColumnUse| {
        partner
            .as_ref()
            .is_some_and(|(table, column)| Some(table) == of.table.as_ref() && *column == of.column)
    };
    names(&one.partner, other) && names(&other.partner, one)
}

impl<'a> Mention<'a> {
    /// Conditions on the columns themselves that all rows must meet.
    pub fn plain(&self) -> impl Iterator<Item = &'a ColumnUse> {
        self.uses.iter().copied().filter(|one| one.function.is_none() && !one.either && !one.given)
    }

    /// Columns whose values are given.
    fn given(&self) -> Vec<&'a str> {
        let values = self.plain().filter(|one| one.is_value());
        values.map(|one| one.column.as_str()).chain(self.correlated.iter().copied()).collect()
    }

    /// Whether an index finds rows by the column. Where the table's definition is not known, primary keys
    /// and foreign keys have one, as in Django.
    pub fn is_indexed(&self, column: &str) -> bool {
        if self.known.as_ref().is_some_and(|table| table.leads(column)) {
            return true;
        }
        let column = column.to_ascii_lowercase();
        self.is_guessed() && (column == "id" || column.ends_with("_id") || column == "session_key")
    }

    /// Whether one row at most has given values of these columns.
    fn is_key(&self, columns: &[&str]) -> bool {
        self.known.as_ref().is_some_and(|table| table.is_key(columns))
            || (self.is_guessed() && columns.iter().any(|column| column.eq_ignore_ascii_case("id")))
    }

    fn is_guessed(&self) -> bool {
        self.known.as_ref().is_none_or(|table| !table.whole)
    }

    /// Whether its rows are joined by their own key to those of a table that are found.
    fn follows(&self, mentions: &[Self]) -> bool {
        let joins = self.plain().filter(|one| one.usage == Usage::Join && self.is_key(&[&one.column]));
        let mut found = mentions.iter().filter(|other| other.found && other.number != self.number);
        let joins: Vec<&ColumnUse> = joins.collect();
        found.any(|other| other.plain().any(|theirs| joins.iter().any(|one| are_partners(one, theirs))))
    }

    /// Whether the query asks for nothing but rows of which this holds.
    fn holds(&self, condition: Condition<'_>, fingerprint: &Fingerprint) -> bool {
        let of_column = |column: &str, fits: fn(Usage) -> bool| {
            self.plain().any(|one| one.column.eq_ignore_ascii_case(column) && fits(one.usage))
        };
        match condition {
            Condition::Null(column) => of_column(column, |usage| usage == Usage::Null),
            // Whatever a value is compared with, it is one.
            Condition::NotNull(column) => {
                of_column(column, |usage| usage.is_condition() && usage != Usage::Null)
            }
            Condition::True(column) => {
                of_column(column, |usage| usage == Usage::Equal) && is_asked_for(column, &fingerprint.text)
            }
        }
    }
}

/// Whether `"column"` stands alone in the conditions of `text`, and not after NOT.
fn is_asked_for(column: &str, text: &str) -> bool {
    let Some((_, conditions)) = text.split_once(" WHERE ") else { return false };
    let quoted = format!("\"{column}\"");
    let mut places = conditions.match_indices(&quoted).peekable();
    places.peek().is_some()
        && places.all(|(at, _)| {
            let before = conditions[..at].trim_end_matches(|letter: char| letter != ' ' && letter != '(');
            let before = before.trim_end_matches([' ', '(']);
            let after = conditions[at + quoted.len()..].trim_start();
            !before.ends_with("NOT") && (after.is_empty() || after.starts_with([')', 'A', 'O', 'L', 'G']))
        })
}
