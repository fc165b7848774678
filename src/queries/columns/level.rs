//! Where the reader is: query blocks, clauses, levels of parentheses.

use super::operand::{Column, Comparison, Operand};
use super::{Sort, Usage};

/// More uses than these are not kept, nor more tables and columns of a SELECT: the text may be hostile.
pub(super) const MOST: usize = 256;

/// Deeper parentheses than these are passed over: the text may be hostile.
pub(super) const DEEPEST: usize = 256;

/// One query block: what its names may mean.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// The block it stands in.
    pub parent: Option<u32>,
    pub sources: Vec<Source>,
    /// SELECT's list.
    pub outputs: Vec<Output>,
    /// Whether its WHERE has begun: what stands in conditions before it joins.
    pub filters: bool,
    /// Whether it asks for the first rows only.
    pub limited: bool,
}

/// A table that a block reads.
#[derive(Debug)]
pub(super) struct Source {
    /// `None` for subqueries and functions.
    pub table: Option<String>,
    pub alias: Option<String>,
    pub mention: u32,
    /// Whether it is joined by LEFT JOIN: its row may be missing.
    pub optional: bool,
}

impl Source {
    pub fn is_called(&self, name: &str) -> bool {
        match (&self.alias, &self.table) {
            (Some(alias), _) => alias.eq_ignore_ascii_case(name),
            (None, Some(table)) => {
                table.eq_ignore_ascii_case(name)
                    || table.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case(name))
            }
            _ => false,
        }
    }
}

/// One item of a SELECT's list.
#[derive(Debug)]
pub(super) struct Output {
    pub name: Option<String>,
    /// If it is nothing but a column.
    pub column: Option<Column>,
}

/// A column's use before its table is known.
#[derive(Debug)]
pub(super) struct Use {
    pub column: Column,
    pub usage: Usage,
    pub partner: Option<Column>,
    pub scope: u32,
    pub either: bool,
    /// Whether it stands in WHERE rather than in ON.
    pub filters: bool,
    pub sort: Option<Sort>,
}

impl Use {
    pub fn new(column: Column, usage: Usage, scope: u32) -> Self {
        Self { column, usage, partner: None, scope, either: false, filters: false, sort: None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    /// Before the statement says what it is, and what does not matter.
    Other,
    With,
    Select,
    /// A table is due.
    Table,
    /// After a table: its alias, JOIN, a comma.
    From,
    /// ON, WHERE.
    Condition,
    Group,
    Order,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A block of its own: the statement, or a subquery.
    Query,
    /// `FROM (a JOIN b …)`.
    Tables,
    /// `(a = 1 OR b = 2)`.
    Plain,
    /// Arguments.
    Function(String),
    /// `USING (a, b)`.
    Using,
    /// `OVER (…)`, `FILTER (…)`, lists of columns: no condition on rows.
    Passed,
    /// CASE … END, likewise.
    Case,
}

/// One level of parentheses.
#[derive(Debug)]
pub(super) struct Level {
    pub kind: Kind,
    pub clause: Clause,
    pub scope: u32,
    pub left: Option<Operand>,
    pub comparison: Option<Comparison>,
    pub right: Option<Operand>,
    /// What stands between two operands of one side.
    pub operator: String,
    /// Whether BETWEEN waits for its AND.
    pub between: bool,
    /// NOT before the predicate.
    pub not: bool,
    /// NOT before the parenthesis.
    pub negated: bool,
    /// Number of uses when the clause began.
    pub first: usize,
    pub has_or: bool,
    pub descending: bool,
    /// NULLS FIRST or NULLS LAST.
    pub nulls_first: Option<bool>,
    /// Of ORDER BY: the items before this one.
    pub place: u32,
    /// LEFT or FULL before JOIN.
    pub optional: bool,
    /// Name after AS in a SELECT's list.
    pub name: Option<String>,
    /// Whether a comma stands in it.
    pub is_list: bool,
    /// Of a function or a row: its first element that is a column, else its first.
    pub argument: Option<Operand>,
    /// Whether its block is one of several in a UNION.
    pub is_union: bool,
}

impl Level {
    pub fn new(kind: Kind, clause: Clause, scope: u32, first: usize) -> Self {
        Self {
            kind,
            clause,
            scope,
            left: None,
            comparison: None,
            right: None,
            operator: String::new(),
            between: false,
            not: false,
            negated: false,
            first,
            has_or: false,
            descending: false,
            nulls_first: None,
            place: 0,
            optional: false,
            name: None,
            is_list: false,
            argument: None,
            is_union: false,
        }
    }

    pub fn has_tables(&self) -> bool {
        matches!(self.kind, Kind::Query | Kind::Tables)
    }

    /// Keeps an argument, or an element of a row, if it tells more than those before.
    pub fn argue(&mut self, argument: Option<Operand>) {
        let is_column = matches!(argument, Some(Operand::Column(_)));
        match self.argument {
            None => self.argument = argument,
            Some(Operand::Column(_)) => {}
            Some(_) if is_column => self.argument = argument,
            Some(_) => {}
        }
    }

    /// Takes in the next operand of the side that is being read.
    pub fn take(&mut self, operand: Operand) {
        let operator = std::mem::take(&mut self.operator);
        let side = if self.comparison.is_some() { &mut self.right } else { &mut self.left };
        *side = Some(match side.take() {
            Some(before) => before.and(operand, &operator),
            None => operand,
        });
    }
}
