//! Which columns a statement filters, joins, groups and sorts by. Asked once per fingerprint, of the
//! first statement's own text: whether a LIKE begins with a wildcard stands in its literal.
//!
//! Not a parser: one pass over the tokens that keeps the clause, the parentheses and the two sides of
//! the predicate it is in. What it cannot tell (a bare column among several tables, a column of a
//! subquery) it leaves out or without a table; text that was cut is read as far as it goes.

mod level;
mod operand;
mod reader;
mod words;

use serde::{Deserialize, Serialize};

use self::level::{Scope, Source, Use};
use self::operand::Column;
use self::reader::Reader;
use super::lexer::Dialect;

/// A column and what a statement does with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ColumnUse {
    /// Its table, as [`super::Fingerprint::tables`] has it; `None` if several come into question.
    pub table: Option<String>,
    /// Its name, unquoted.
    pub column: String,
    /// How it is used.
    pub usage: Usage,
    /// The function or operator it stands in, if any: `UPPER`, `::date`, `->>`, `ILIKE`. Then an index on the
    /// column itself is of no use.
    pub function: Option<String>,
    /// Which of the statement's mentions of tables it is of: a self join has two of one table. Columns
    /// of one mention can share an index. [`super::NONE`] without a table.
    pub mention: u32,
    /// Whether the condition is one side of an OR.
    pub either: bool,
    /// Of [`Usage::Join`]: the other column, with its table.
    pub partner: Option<(String, String)>,
    /// Whether no rows are looked up by it, though it stands in a condition: a column of a query around the
    /// subquery, whose row is given, or IS NULL of a row that a LEFT JOIN did not find.
    pub given: bool,
    /// Of a column in ORDER BY: where it stands there.
    pub sort: Option<Sort>,
}

/// A column's place in ORDER BY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sort {
    /// How many columns and expressions stand before it.
    pub place: u32,
    /// Whether NULLS FIRST or NULLS LAST is said of it.
    pub nulls_first: Option<bool>,
    /// Whether only the first rows of its query are asked for.
    pub limited: bool,
}

/// How a column is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Usage {
    /// `= value`; a boolean column by itself.
    Equal,
    /// `IN (…)`, `= ANY (…)`.
    In,
    /// `= column` of another table, also by USING.
    Join,
    /// `IS NULL`.
    Null,
    /// `<`, `<=`, `>`, `>=`, BETWEEN.
    Range,
    /// LIKE with a pattern that begins with a letter.
    LikePrefix,
    /// LIKE with a pattern that begins with a wildcard.
    LikeAnywhere,
    /// LIKE with a pattern that the text does not have.
    LikeUnknown,
    /// `<>`, NOT IN, NOT LIKE, IS NOT NULL.
    Unequal,
    /// Another operator: `~`, `@>`, `@@`.
    Operator,
    /// GROUP BY.
    Group,
    /// ORDER BY, ascending.
    Ascending,
    /// ORDER BY, descending.
    Descending,
}

impl ColumnUse {
    /// Whether it is compared with one value, or some.
    pub fn is_value(&self) -> bool {
        matches!(self.usage, Usage::Equal | Usage::In)
    }
}

impl Usage {
    /// Whether it decides which rows are read, rather than their order.
    pub fn is_condition(self) -> bool {
        !matches!(self, Self::Group | Self::Ascending | Self::Descending)
    }
}

/// The columns that `sql` uses in WHERE, ON, USING, GROUP BY and ORDER BY, in order of appearance,
/// each use once.
pub fn columns(sql: &[u8], dialect: Dialect) -> Vec<ColumnUse> {
    let mut reader = Reader::new(sql, dialect);
    reader.run();
    let Reader { scopes, uses, expressions, .. } = reader;
    let resolve = Resolve { scopes: &scopes, expressions: &expressions };
    let mut all = Vec::new();
    for one in &uses {
        resolve.add(one, &mut all);
    }
    all
}

/// Finds the tables of columns, once all tables are known: SELECT's list comes before FROM.
struct Resolve<'a> {
    scopes: &'a [Scope],
    expressions: &'a [String],
}

/// What a column belongs to.
enum Owner<'a> {
    /// Whether it is of a block around that of the column.
    Table(&'a Source, &'a str, bool),
    /// A subquery, a common table expression or a function: no index helps.
    Derived,
    Unknown,
}

impl<'a> Resolve<'a> {
    fn add(&self, one: &Use, all: &mut Vec<ColumnUse>) {
        let column = match self.selected(one) {
            Some(None) => return,
            Some(Some(column)) => column,
            None => &one.column,
        };
        let (mut given, mut table, mut mention) = (false, None, super::NONE);
        match self.owner(column, one.scope) {
            Owner::Table(source, name, outer) => {
                (table, mention) = (Some(name.to_owned()), source.mention);
                given = outer || (source.optional && one.filters && one.usage == Usage::Null);
            }
            Owner::Derived => return,
            Owner::Unknown => {}
        }
        let mut partner = None;
        if let Some(other) = &one.partner {
            match self.owner(other, one.scope) {
                // Of two columns of one row no index is made.
                Owner::Table(source, ..) if source.mention == mention => return,
                Owner::Table(_, table, _) => partner = Some((table.to_owned(), other.name.clone())),
                _ => {}
            }
        }
        let found = ColumnUse {
            table,
            column: column.name.clone(),
            usage: one.usage,
            function: column.function.clone(),
            mention,
            either: one.either,
            partner,
            given,
            sort: one.sort.map(|sort| Sort {
                limited: self.scopes.get(one.scope as usize).is_some_and(|scope| scope.limited),
                ..sort
            }),
        };
        if !all.contains(&found) {
            all.push(found);
        }
    }

    /// What ORDER BY and GROUP BY mean by a number or by a name that SELECT gave: its column, if it is
    /// one. `None`: something else.
    fn selected(&self, one: &Use) -> Option<Option<&'a Column>> {
        if one.usage.is_condition() || one.column.table.is_some() {
            return None;
        }
        let outputs = &self.scopes.get(one.scope as usize)?.outputs;
        let output = if one.column.is_position {
            let position: usize = one.column.name.parse().ok()?;
            outputs.get(position.checked_sub(1)?)
        } else {
            outputs.iter().find(|output| output.name.as_ref() == Some(&one.column.name))
        };
        match output {
            Some(output) => Some(output.column.as_ref()),
            None if one.column.is_position => Some(None),
            None => None,
        }
    }

    fn owner(&self, column: &Column, scope: u32) -> Owner<'a> {
        let (mut at, mut among) = (Some(scope), false);
        // A scope's parent was made before it: this ends.
        while let Some(block) = at.and_then(|at| self.scopes.get(at as usize)) {
            let own = &block.sources;
            let found = match &column.table {
                Some(table) => own.iter().find(|source| source.is_called(table)),
                // A bare name: of the nearest tables, if there is but one.
                None => match own.as_slice() {
                    [] => None,
                    [only] => Some(only),
                    _ => return Owner::Unknown,
                },
            };
            if let Some(source) = found {
                return match &source.table {
                    Some(table) if !self.expressions.contains(table) => {
                        Owner::Table(source, table, at != Some(scope))
                    }
                    _ => Owner::Derived,
                };
            }
            among |= !own.is_empty();
            at = block.parent;
        }
        if among { Owner::Unknown } else { Owner::Derived }
    }
}

#[cfg(test)]
mod tests;
