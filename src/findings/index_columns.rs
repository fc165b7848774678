//! The columns of an index that would serve a query, and which others it serves as well.
//!
//! A B-tree serves the columns compared for equality in any order, then one range, else the sort: as far as
//! it is unbroken in the query's ORDER BY, and in its directions
//! ([PostgreSQL](https://www.postgresql.org/docs/current/indexes-ordering.html)).

use super::lookups::Mention;
use crate::queries::fingerprint::lasting;
use crate::queries::{ColumnUse, Sort, Usage};
use crate::schema::{Direction, Table};
use crate::sort;

/// Columns of one index: more are seldom worth their room.
const WIDEST: usize = 4;

/// A column of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub column: &'a str,
    /// Whether either direction serves.
    free: bool,
    descending: bool,
    /// If it is not what the direction has without a word.
    nulls_first: Option<bool>,
    /// Whether texts are looked up by how they begin: outside the C collation PostgreSQL does that by an
    /// operator class of its own.
    pattern: bool,
}

impl<'a> Part<'a> {
    fn free(column: &'a str) -> Self {
        Self { column, free: true, descending: false, nulls_first: None, pattern: false }
    }

    /// As SQL has it.
    fn text(&self) -> String {
        let nulls = match self.nulls_first {
            Some(true) => " NULLS FIRST",
            Some(false) => " NULLS LAST",
            None => "",
        };
        format!("{}{}{nulls}", self.column, if self.descending { " DESC" } else { "" })
    }

    /// One that serves both.
    fn with(self, other: Self) -> Option<Self> {
        let alike = (self.descending, self.nulls_first) == (other.descending, other.nulls_first);
        if self.column != other.column || !(self.free || other.free || alike) {
            return None;
        }
        let decides = if self.free { other } else { self };
        Some(Self { pattern: self.pattern || other.pattern, ..decides })
    }
}

/// What is known of the query besides the columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query {
    /// Whether each list after IN has one element.
    pub single_lists: bool,
    /// Whether it passes over many rows: no index spares it reading them.
    pub far: bool,
    /// Whether it is asked of PostgreSQL, as far as can be seen.
    pub patterns: bool,
}

/// The columns of an index, in groups: within one any order serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns<'a> {
    groups: Vec<Vec<Part<'a>>>,
    /// Those of an index that gives the rows sorted rather than finds them, where the query wants the first
    /// alone: it is better if so many fit that the first are soon met.
    pub sorted: Option<String>,
}

impl<'a> Columns<'a> {
    /// One alone.
    pub fn of(column: &'a str) -> Self {
        Self { groups: vec![vec![Part::free(column)]], sorted: None }
    }

    /// Those that would serve what a query does with a mention of a table; `None` if an index is there, or
    /// none would help.
    pub fn wanted(mention: &Mention<'a>, query: Query) -> Option<Self> {
        let is_value = |one: &&ColumnUse| match one.usage {
            Usage::Equal | Usage::Null => true,
            Usage::In => query.single_lists,
            _ => false,
        };
        let mut equal: Vec<&'a str> = Vec::new();
        let add = |all: &mut Vec<&'a str>, column: &'a str| {
            if all.len() < WIDEST && !all.contains(&column) {
                all.push(column);
            }
        };
        for one in mention.plain().filter(is_value) {
            add(&mut equal, &one.column);
        }
        for column in &mention.correlated {
            add(&mut equal, column);
        }
        let ranges = |one: &&ColumnUse| matches!(one.usage, Usage::Range | Usage::LikePrefix);
        let range = mention.plain().find(ranges);
        let several = || mention.plain().filter(|one| one.usage == Usage::In && !query.single_lists);
        let has_joins = || {
            let joins = |one: &ColumnUse| {
                one.usage == Usage::Join
                    && !mention.correlated.contains(&one.column.as_str())
                    && !mention.is_indexed(&one.column)
            };
            mention.plain().filter(move |one| joins(one))
        };
        let (mut sorts, limited) = sorts(mention, &equal);
        // Of several values each has its own order, and so has each row that another table's are looked up
        // for. If only the first rows are wanted, reading in their order is better than looking them up.
        let in_order = limited && !query.far && (!equal.is_empty() || several().next().is_none());
        let filtered = !equal.is_empty() && several().next().is_none() && has_joins().next().is_none();
        let mut sorted = None;
        if range.is_some() || !(in_order || filtered) {
            let starts =
                sorts.first().is_some_and(|first| range.is_none_or(|one| one.column != first.column));
            if limited && !query.far && starts {
                let mut parts: Vec<String> = equal.iter().map(|&column| column.to_owned()).collect();
                parts.extend(sorts.iter().map(Part::text));
                parts.extend(range.map(|one| one.column.clone()).filter(|column| !parts.contains(column)));
                parts.truncate(WIDEST);
                sorted = Some(parts.join(", "));
            }
            sorts.clear();
        }
        if sorts.is_empty() {
            for one in has_joins().chain(several()) {
                add(&mut equal, &one.column);
            }
        }
        let width = equal.len();
        let mut groups: Vec<Vec<Part<'a>>> = vec![equal.iter().map(|column| Part::free(column)).collect()];
        if let Some(one) = range.filter(|one| width < WIDEST && !equal.contains(&one.column.as_str())) {
            let pattern = query.patterns && one.usage == Usage::LikePrefix;
            groups.push(vec![Part { pattern, ..Part::free(&one.column) }]);
        }
        groups.extend(sorts.into_iter().take(WIDEST - width).map(|part| vec![part]));
        groups.retain(|group| !group.is_empty());
        let columns = Self { groups, sorted };
        let parts = columns.parts();
        let known = parts.len() < 2
            && parts.iter().all(|part| part.nulls_first.is_none() && mention.is_indexed(part.column));
        let served = mention.known.as_ref().is_some_and(|table| columns.is_served(table, width));
        (!parts.is_empty() && !known && !served).then_some(columns)
    }

    fn is_served(&self, table: &Table, equal: usize) -> bool {
        let parts = self.parts();
        let names: Vec<&str> = parts.iter().map(|part| part.column).collect();
        let sorted = parts.get(equal..).unwrap_or_default().iter().filter(|part| !part.free);
        let directions: Vec<Direction> = sorted
            .map(|part| Direction {
                descending: part.descending,
                nulls_first: part.nulls_first.unwrap_or(part.descending),
            })
            .collect();
        table.sorting(&names, equal, &directions).is_some()
    }

    /// The columns in an order that serves.
    pub fn parts(&self) -> Vec<Part<'a>> {
        self.groups.iter().flatten().copied().collect()
    }

    /// `status, placed DESC`
    pub fn text(&self) -> String {
        self.parts().iter().map(Part::text).collect::<Vec<_>>().join(", ")
    }

    /// One index that serves both, if what `other` wants is a beginning of this.
    pub fn with(&self, other: &Self) -> Option<Self> {
        let begins = |part: &Part<'_>| other.groups.first()?.iter().find(|other| other.column == part.column);
        // Most have nothing to do with each other, and of a large log's each is held against all.
        self.groups.first()?.iter().find_map(begins)?;
        let mut groups: Vec<Vec<Part<'a>>> = Vec::new();
        let mut own: Vec<Vec<Part<'a>>> = self.groups.iter().rev().cloned().collect();
        for group in &other.groups {
            let mut left = group.clone();
            while !left.is_empty() {
                let mut next = own.pop()?;
                // What both have goes first.
                let mut both = Vec::new();
                next.retain(|part| {
                    let at = left.iter().position(|wanted| wanted.column == part.column);
                    let merged = at.and_then(|at| Some((at, part.with(left[at])?)));
                    if let Some((at, merged)) = merged {
                        left.remove(at);
                        both.push(merged);
                    }
                    merged.is_none()
                });
                if both.is_empty() || !(next.is_empty() || left.is_empty()) {
                    return None;
                }
                groups.push(both);
                if !next.is_empty() {
                    own.push(next);
                }
            }
        }
        groups.extend(own.into_iter().rev());
        Some(Self { groups, sorted: self.sorted.clone().or_else(|| other.sorted.clone()) })
    }

    /// Django's index on `table`, of which `known` is the definition.
    pub fn code(&self, table: &str, known: Option<&Table>) -> String {
        let parts = self.parts();
        let field = |part: &Part<'_>| {
            // Without the constraint it may be a plain column that is called so.
            let is_plain = known.is_some_and(|table| table.whole && !table.is_foreign_key(part.column));
            let name = part.column.strip_suffix("_id").filter(|_| !is_plain);
            name.unwrap_or(part.column).to_owned()
        };
        let name = |suffix: &str| {
            let words = parts.iter().map(|part| part.text().replace(" NULLS", "").replace(' ', "_"));
            name(table, &words.collect::<Vec<_>>().join("_").to_lowercase(), suffix)
        };
        if let [part @ Part { pattern: true, .. }] = parts.as_slice() {
            return format!(
                "models.Index(fields=[\"{}\"], name=\"{}\", opclasses=[\"varchar_pattern_ops\"])",
                field(part),
                name("prefix")
            );
        }
        if parts.iter().all(|part| !part.pattern && part.nulls_first.is_none()) {
            let sign = |part: &Part<'_>| if part.descending { "-" } else { "" };
            let fields: Vec<String> =
                parts.iter().map(|part| format!("\"{}{}\"", sign(part), field(part))).collect();
            return format!("models.Index(fields=[{}])", fields.join(", "));
        }
        let expression = |part: &Part<'_>| {
            let way = if part.descending { "desc" } else { "asc" };
            match (part.pattern, part.nulls_first, part.descending) {
                (true, ..) => format!("OpClass(\"{}\", name=\"varchar_pattern_ops\")", field(part)),
                (_, Some(true), _) => format!("F(\"{}\").{way}(nulls_first=True)", field(part)),
                (_, Some(false), _) => format!("F(\"{}\").{way}(nulls_last=True)", field(part)),
                (.., true) => format!("F(\"{}\").desc()", field(part)),
                _ => format!("\"{}\"", field(part)),
            }
        };
        let expressions: Vec<String> = parts.iter().map(expression).collect();
        let suffix = if parts.iter().any(|part| part.pattern) { "prefix" } else { "sorted" };
        format!("models.Index({}, name=\"{}\")", expressions.join(", "), name(suffix))
    }
}

/// A name for an index of `column` of `table`, and of no other: Django (models.E030) and PostgreSQL refuse a
/// second index of one name, whichever its table. Django takes no more than 30 letters, the first of which is
/// neither a digit nor `_` (models.E033 and E034); it shortens its own names by a hash as well.
pub(super) fn name(table: &str, column: &str, suffix: &str) -> String {
    const LONGEST: usize = 30;
    // With what is between: `_012345_`.
    const HASH: usize = 8;
    let whole = format!("{}_{column}", table.strip_prefix("public.").unwrap_or(table));
    let is_plain = |letter: char| letter.is_ascii_alphanumeric();
    let plain: String = whole.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    let plain = plain.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic());
    if plain == whole && plain.len() + 1 + suffix.len() <= LONGEST {
        return format!("{plain}_{suffix}");
    }
    let head =
        plain.get(..LONGEST.saturating_sub(HASH + suffix.len())).unwrap_or(plain).trim_end_matches('_');
    let hash = lasting(whole.as_bytes()) & 0xff_ffff;
    format!("{}_{hash:06x}_{suffix}", if head.is_empty() { "i" } else { head })
}

/// The columns that the query's rows are sorted by, as far as they are of this table and nothing else comes
/// between; and whether only the first rows are wanted. What has one value sorts nothing.
fn sorts<'a>(mention: &Mention<'a>, equal: &[&str]) -> (Vec<Part<'a>>, bool) {
    let mut items: Vec<(&'a ColumnUse, Sort)> =
        mention.uses.iter().filter(|one| !one.given).filter_map(|one| Some((*one, one.sort?))).collect();
    sort::by_number(&mut items, |(_, sort)| sort.place);
    let limited = items.first().is_some_and(|(_, sort)| sort.limited);
    let mut parts: Vec<Part<'a>> = Vec::new();
    for (place, (one, sort)) in items.into_iter().enumerate() {
        // By the primary key only equals are sorted.
        if sort.place as usize != place || one.function.is_some() || one.column.eq_ignore_ascii_case("id") {
            break;
        }
        let descending = one.usage == Usage::Descending;
        let known =
            equal.contains(&one.column.as_str()) || parts.iter().any(|part| part.column == one.column);
        if !known {
            let nulls_first = sort.nulls_first.filter(|&first| first != descending);
            parts.push(Part { descending, nulls_first, free: false, ..Part::free(&one.column) });
        }
    }
    // An index is read backwards as well.
    if parts.iter().all(|part| part.descending && part.nulls_first.is_none()) {
        for part in &mut parts {
            part.descending = false;
        }
    }
    if let [part] = parts.as_mut_slice() {
        part.free = part.nulls_first.is_none();
    }
    (parts, limited)
}
