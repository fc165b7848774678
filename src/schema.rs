//! A database's tables, columns and indexes, as its definition says: what rules about indexes would else
//! have to guess. Small enough to be posted from one worker to another.

mod partial;
mod text;

pub use partial::Condition;

/// The tables of a database, or some of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// In the order in which they were made.
    pub tables: Vec<Table>,
}

/// One table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name, unquoted, with its schema unless that is PostgreSQL's `public`.
    pub name: String,
    /// Its columns' names.
    pub columns: Vec<String>,
    /// Its keys and indexes.
    pub indexes: Vec<Index>,
    /// Its foreign keys: columns, and the table they name a row of.
    pub foreign_keys: Vec<(Vec<String>, String)>,
    /// Whether its definition was read, and not only what was added to it later.
    pub whole: bool,
}

/// What an index is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// The primary key's.
    Primary,
    /// Of values that are there once.
    Unique,
    /// Of a foreign key, which MySQL makes by itself.
    ForeignKey,
    /// Any other.
    #[default]
    Plain,
}

/// An index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// Its name; empty where the server gives one.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// What it is over, in order.
    pub parts: Vec<Part>,
    /// Columns that it only keeps (`INCLUDE`), so that a query of them need not look at the table.
    pub includes: Vec<String>,
    /// `hash`, `gin`, `fulltext`, …; empty for a B-tree.
    pub method: String,
    /// Which rows are in it, as SQL: of a partial index.
    pub condition: Option<String>,
}

/// A column or an expression of an index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// The column's name; `None` for an expression.
    pub column: Option<String>,
    /// What else is said of the column (`DESC`, an operator class, `(20)` of its characters), or the whole
    /// expression.
    pub rest: String,
}

impl Schema {
    /// The table that a statement calls `name`. Without a schema in one of the two names it is the only one
    /// that is called so.
    pub fn table(&self, name: &str) -> Option<&Table> {
        let exact = self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name));
        if exact.is_some() {
            return exact;
        }
        let (bare, qualified) = bare(name);
        let fits = |table: &&Table| {
            let (own, own_qualified) = self::bare(&table.name);
            !(qualified && own_qualified) && own.eq_ignore_ascii_case(bare)
        };
        let mut found = self.tables.iter().filter(fits);
        found.next().filter(|_| found.next().is_none())
    }

    /// Adds what another file says: a definition replaces what was only added to, and what is added goes to
    /// the definition.
    pub fn add(&mut self, other: &Self) {
        for table in &other.tables {
            let known = self.tables.iter_mut().find(|known| known.name.eq_ignore_ascii_case(&table.name));
            match known {
                None => self.tables.push(table.clone()),
                Some(known) if table.whole && known.whole => *known = table.clone(),
                Some(known) => {
                    if table.whole {
                        known.columns.splice(0..0, table.columns.iter().cloned());
                        known.whole = true;
                    } else {
                        known.columns.extend(table.columns.iter().cloned());
                    }
                    known.indexes.extend(table.indexes.iter().cloned());
                    known.foreign_keys.extend(table.foreign_keys.iter().cloned());
                }
            }
        }
    }

    /// How many columns, and how many keys and indexes there are.
    pub fn counts(&self) -> (u32, u32) {
        self.tables.iter().fold((0, 0), |(columns, indexes), table| {
            (columns + table.columns.len() as u32, indexes + table.indexes.len() as u32)
        })
    }
}

/// A name without its schema, and whether it had one.
fn bare(name: &str) -> (&str, bool) {
    name.rsplit_once('.').map_or((name, false), |(_, bare)| (bare, true))
}

impl Table {
    /// Whether rows are found by `column` alone.
    pub fn leads(&self, column: &str) -> bool {
        self.indexes
            .iter()
            .any(|index| index.finds() && index.column(0).is_some_and(|first| same(first, column)))
    }

    /// Whether one row at most has given values of these columns.
    pub fn is_key(&self, columns: &[&str]) -> bool {
        let within = |part: &Part| {
            part.column.as_deref().is_some_and(|own| columns.iter().any(|column| same(own, column)))
        };
        self.indexes.iter().any(|index| {
            matches!(index.kind, Kind::Primary | Kind::Unique)
                && index.condition.is_none()
                && !index.parts.is_empty()
                && index.parts.iter().all(within)
        })
    }

    /// The index that serves these columns: the first `equal` of them in any order, the others in theirs.
    pub fn serving(&self, columns: &[&str], equal: usize) -> Option<&Index> {
        self.sorting(columns, equal, &[])
    }

    /// The same, for rows that come sorted: `directions` are those of the columns after the first `equal`,
    /// if they matter.
    pub fn sorting(&self, columns: &[&str], equal: usize, directions: &[Direction]) -> Option<&Index> {
        let (equals, ordered) = columns.split_at(equal.min(columns.len()));
        self.indexes.iter().find(|index| {
            if !index.finds() || (index.method == "hash" && !ordered.is_empty()) {
                return false;
            }
            let sorted = index.parts.get(equals.len()..).unwrap_or_default();
            if !turns(sorted, directions) {
                return false;
            }
            let mut own = (0..index.parts.len()).map_while(|at| index.column(at));
            let mut left = equals.to_vec();
            // The columns that are compared come first, whichever is named first.
            for _ in 0..equals.len() {
                let Some(column) = own.next() else { return false };
                let Some(at) = left.iter().position(|one| same(one, column)) else { return false };
                left.swap_remove(at);
            }
            ordered.iter().all(|column| own.next().is_some_and(|own| same(own, column)))
        })
    }

    /// Whether there is an index on `function` of `column`.
    pub fn has_expression(&self, function: &str, column: &str) -> bool {
        let function = function.to_ascii_lowercase();
        let is_name = function.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        let call = if is_name { format!("{function}(") } else { function.clone() };
        // `date(created)` is the same as a cast.
        let other = function.strip_prefix("::").map(|name| format!("{name}("));
        self.expressions().any(|text| {
            let called = text.contains(&call) || other.as_ref().is_some_and(|other| text.contains(other));
            called && names(&text, column)
        })
    }

    /// Whether there is an index of what values of the column contain: of all kinds but those of whole values,
    /// and of trigrams.
    pub fn has_inverted(&self, column: &str) -> bool {
        let is_of = |part: &Part| {
            part.column.as_deref().is_some_and(|own| same(own, column)) && !part.rest.contains("trgm")
        };
        let mut inverted =
            self.indexes.iter().filter(|index| matches!(index.method.as_str(), "gin" | "gist" | "rum"));
        inverted.any(|index| index.parts.iter().any(is_of))
    }

    /// Whether there is an index of the trigrams of the column, or of `function` of it.
    pub fn has_trigrams(&self, function: Option<&str>, column: &str) -> bool {
        let call = function.map(|function| format!("{}(", function.to_ascii_lowercase()));
        self.expressions().any(|text| {
            let same = call.as_ref().map_or(!text.contains('('), |call| text.contains(call));
            text.contains("trgm") && same && names(&text, column)
        })
    }

    fn expressions(&self) -> impl Iterator<Item = String> {
        self.indexes.iter().flat_map(|index| &index.parts).map(|part| part.text().to_ascii_lowercase())
    }

    /// Whether values of `column` name rows of another table.
    pub fn is_foreign_key(&self, column: &str) -> bool {
        self.foreign_keys.iter().any(|(columns, _)| matches!(columns.as_slice(), [own] if same(own, column)))
    }

    /// Indexes that another one makes superfluous, with that one: all they are over is what it begins with.
    /// What sees to it that values are unique has that use as well, and is not among them.
    pub fn redundant(&self) -> Vec<(&Index, &Index)> {
        let plain = |index: &Index| index.finds() && index.method.is_empty() && !index.parts.is_empty();
        let mut found = Vec::new();
        for (at, index) in self.indexes.iter().enumerate() {
            if !plain(index) || matches!(index.kind, Kind::Primary | Kind::Unique) {
                continue;
            }
            let covers = |&(other_at, other): &(usize, &Index)| {
                // Of two that are alike the first stays, but for the one that is needed for uniqueness, or that
                // keeps more.
                let alike = other.parts.len() == index.parts.len() && index.keeps(other);
                let unique = matches!(other.kind, Kind::Primary | Kind::Unique);
                other_at != at
                    && plain(other)
                    && other.parts.starts_with(&index.parts)
                    && other.keeps(index)
                    && (!alike || unique || other_at < at)
            };
            if let Some((_, other)) = self.indexes.iter().enumerate().find(covers) {
                found.push((index, other));
            }
        }
        found
    }
}

/// How rows are sorted by a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Direction {
    /// The largest first.
    pub descending: bool,
    /// Whether what is missing comes first; PostgreSQL takes it for the largest.
    pub nulls_first: bool,
}

/// Whether an index over `parts` gives rows in these directions, read forwards or backwards.
fn turns(parts: &[Part], directions: &[Direction]) -> bool {
    let mut pairs = parts.iter().map(Part::direction).zip(directions);
    let mut backwards = None;
    pairs.all(|(own, wanted)| {
        let turned = own.descending != wanted.descending;
        turned == (own.nulls_first != wanted.nulls_first) && *backwards.get_or_insert(turned) == turned
    })
}

/// Whether `text` has the word `column`.
fn names(text: &str, column: &str) -> bool {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.into_iter().any(|word| same(word, column))
}

/// Servers fold names in their own ways; two columns of one table hardly differ by case only.
fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

impl Index {
    /// Whether all that `other` includes is in this one as well.
    fn keeps(&self, other: &Self) -> bool {
        let columns = || self.parts.iter().filter_map(|part| part.column.as_ref()).chain(&self.includes);
        other.includes.iter().all(|included| columns().any(|column| column == included))
    }

    /// Whether it finds rows by the value of a column: a partial index has only some, others answer other
    /// questions.
    fn finds(&self) -> bool {
        matches!(self.method.as_str(), "" | "hash") && self.condition.is_none()
    }

    /// The column at this place, if it is one.
    fn column(&self, at: usize) -> Option<&str> {
        self.parts.get(at)?.column.as_deref()
    }

    /// As it is shown: `shop_order_placed (placed DESC, id)`.
    pub fn text(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(Part::text).collect();
        let mut text = String::new();
        let (kind, name) = match self.kind {
            Kind::Primary => ("PRIMARY KEY", ""),
            Kind::Unique => ("UNIQUE", self.name.as_str()),
            _ => ("", self.name.as_str()),
        };
        for word in [kind, name, &self.method] {
            text.push_str(word);
            if !word.is_empty() {
                text.push(' ');
            }
        }
        text.push_str(&format!("({})", parts.join(", ")));
        if !self.includes.is_empty() {
            text.push_str(&format!(" INCLUDE ({})", self.includes.join(", ")));
        }
        if let Some(condition) = &self.condition {
            text.push_str(" WHERE ");
            text.push_str(condition);
        }
        text
    }
}

impl Part {
    fn direction(&self) -> Direction {
        let rest = self.rest.to_ascii_uppercase();
        let descending = rest.split(' ').any(|word| word == "DESC");
        let nulls_first =
            if rest.contains("NULLS FIRST") { true } else { descending && !rest.contains("NULLS LAST") };
        Direction { descending, nulls_first }
    }

    /// As it is written, without quotes around the column.
    pub fn text(&self) -> String {
        match &self.column {
            None => self.rest.clone(),
            Some(column) if self.rest.is_empty() || self.rest.starts_with('(') => {
                format!("{column}{}", self.rest)
            }
            Some(column) => format!("{column} {}", self.rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(kind: Kind, columns: &str) -> Index {
        let part = |word: &str| Part { column: Some(word.to_owned()), rest: String::new() };
        Index {
            kind,
            name: columns.replace(' ', "_"),
            parts: columns.split(' ').map(part).collect(),
            ..Index::default()
        }
    }

    fn table(indexes: Vec<Index>) -> Table {
        Table { name: "shop_order".to_owned(), indexes, whole: true, ..Table::default() }
    }

    #[test]
    fn tables_are_found_with_and_without_their_schema() {
        let named = |name: &str| Table { name: name.to_owned(), ..Table::default() };
        let schema = Schema { tables: ["a", "log.b", "x.c", "y.c"].map(named).to_vec() };
        let found = |name: &str| schema.table(name).map(|table| table.name.as_str());
        assert_eq!(found("A"), Some("a"));
        assert_eq!(found("public.a"), Some("a"));
        assert_eq!(found("b"), Some("log.b"));
        assert_eq!(found("other.b"), None);
        assert_eq!(found("c"), None);
        assert_eq!(found("y.c"), Some("y.c"));
    }

    #[test]
    fn an_index_serves_what_it_begins_with() {
        let table = table(vec![index(Kind::Plain, "customer status placed")]);
        for (columns, equal, served) in [
            (&["customer"][..], 1, true),
            (&["status", "customer"], 2, true),
            (&["status", "customer", "placed"], 2, true),
            (&["customer", "placed"], 1, false),
            (&["status"], 1, false),
            (&["customer", "status"], 0, true),
            (&["status", "customer"], 0, false),
        ] {
            assert_eq!(table.serving(columns, equal).is_some(), served, "{columns:?} {equal}");
        }
        let mut partial = table.clone();
        partial.indexes[0].condition = Some("status = 'new'".to_owned());
        assert!(partial.serving(&["customer"], 1).is_none() && !partial.leads("customer"));
    }

    #[test]
    fn keys_tell_one_row() {
        let table = table(vec![index(Kind::Unique, "number year"), index(Kind::Plain, "customer")]);
        assert!(table.is_key(&["year", "number", "customer"]));
        assert!(!table.is_key(&["number"]) && !table.is_key(&["customer"]));
    }

    #[test]
    fn what_another_index_begins_with_is_superfluous() {
        let table = table(vec![
            index(Kind::Plain, "customer"),
            index(Kind::Plain, "customer placed"),
            index(Kind::Unique, "number"),
            index(Kind::Plain, "number"),
            index(Kind::Plain, "status"),
            index(Kind::Plain, "status"),
            index(Kind::Unique, "status year"),
            index(Kind::Unique, "status year slug"),
        ]);
        let found: Vec<String> =
            table.redundant().iter().map(|(one, by)| format!("{} by {}", one.name, by.name)).collect();
        assert_eq!(
            found,
            ["customer by customer_placed", "number by number", "status by status_year", "status by status"]
        );
    }

    #[test]
    fn what_an_index_includes_is_not_lost() {
        let covering = Index { includes: vec!["total".to_owned()], ..index(Kind::Plain, "customer") };
        let found = |indexes: &[&Index]| {
            let table = table(indexes.iter().map(|&index| index.clone()).collect());
            table
                .redundant()
                .iter()
                .map(|(one, by)| format!("{} by {}", one.text(), by.text()))
                .collect::<Vec<_>>()
        };
        let (plain, wide) = (index(Kind::Plain, "customer"), index(Kind::Plain, "customer total"));
        let expected = ["customer (customer) by customer (customer) INCLUDE (total)"];
        assert_eq!(found(&[&plain, &covering]), expected);
        assert_eq!(found(&[&covering, &plain]), expected);
        assert_eq!(found(&[&covering, &index(Kind::Plain, "customer placed")]), [""; 0]);
        assert_eq!(found(&[&covering, &wide]).len(), 1);
    }

    #[test]
    fn files_add_up() {
        let mut schema = Schema::default();
        let added = Table { whole: false, ..table(vec![index(Kind::Plain, "placed")]) };
        schema.add(&Schema { tables: vec![added] });
        schema.add(&Schema {
            tables: vec![Table { columns: vec!["id".to_owned()], ..table(vec![index(Kind::Primary, "id")]) }],
        });
        assert_eq!(schema.tables.len(), 1);
        assert!(schema.tables[0].whole && schema.tables[0].leads("id") && schema.tables[0].leads("placed"));
        let again = schema.clone();
        schema.add(&again);
        assert_eq!(schema, again);
    }
}
