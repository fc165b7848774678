//! Tables as CSV, JSON and Markdown: what the columns are stands in one place (`columns`), how they
//! are written in another.
//!
//! Times have their unit in the head of their column and nowhere else: seconds in tables of profiles,
//! milliseconds in those of logs and findings.

mod columns;
mod csv;
mod events;
mod json;
mod lines;
mod markdown;
mod requests;

use serde::{Deserialize, Serialize};

use crate::format;

use std::borrow::Cow;
use std::io::{self, Write};

pub use columns::{edges, findings, functions, queries};
pub use events::events;
pub use lines::lines;
pub use requests::{requests, routes};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180) with a head; numbers unrounded. No text in it
    /// is a formula.
    Csv,
    /// An array of objects; numbers unrounded.
    Json,
    /// A table of [GitHub's Markdown](https://github.github.com/gfm/#tables-extension-); times are
    /// rounded to nanoseconds.
    Markdown,
}

/// What the numbers of a column count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Seconds,
    Milliseconds,
    /// What the profile measures, where that is no time.
    Of(format::Unit),
}

impl Unit {
    fn symbol(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Of(unit) => unit.id(),
        }
    }

    /// Decimals down to a nanosecond.
    fn decimals(self) -> usize {
        match self {
            Self::Seconds => 9,
            Self::Milliseconds => 6,
            Self::Of(_) => 0,
        }
    }
}

/// What stands over a column.
#[derive(Debug, Clone, Copy)]
struct Head {
    name: &'static str,
    unit: Option<Unit>,
    is_number: bool,
}

impl Head {
    /// For people: `self (s)`.
    fn title(&self) -> String {
        match self.unit {
            Some(unit) => format!("{} ({})", self.name, unit.symbol()),
            None => self.name.to_owned(),
        }
    }

    /// For programs: `self_s`.
    fn key(&self) -> String {
        let name = self.name.replace(' ', "_");
        match self.unit {
            Some(unit) => format!("{name}_{}", unit.symbol()),
            None => name,
        }
    }
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
enum Cell<'a> {
    /// Words.
    Text(Cow<'a, str>),
    /// Names, paths, SQL.
    Code(Cow<'a, str>),
    /// Several names.
    List(&'a [String]),
    /// How many.
    Count(i64),
    /// In the column's unit.
    Time(f64),
    /// Unknown.
    Nothing,
}

impl<'a> Cell<'a> {
    fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    fn code(text: &'a str) -> Self {
        Self::Code(Cow::Borrowed(text))
    }

    /// A count, if it is known.
    fn count(count: Option<i64>) -> Self {
        count.map_or(Self::Nothing, Self::Count)
    }

    /// A time, if it is known.
    fn time(time: f64) -> Self {
        if time.is_finite() { Self::Time(time) } else { Self::Nothing }
    }
}

/// One column of a table whose rows are made of `R`.
struct Column<R> {
    head: Head,
    cell: fn(&R) -> Cell<'_>,
}

impl<R> Column<R> {
    fn text(name: &'static str, cell: fn(&R) -> Cell<'_>) -> Self {
        Self { head: Head { name, unit: None, is_number: false }, cell }
    }

    fn count(name: &'static str, cell: fn(&R) -> Cell<'_>) -> Self {
        Self { head: Head { name, unit: None, is_number: true }, cell }
    }

    /// A number whose unit another column has.
    fn number(name: &'static str, cell: fn(&R) -> Cell<'_>) -> Self {
        Self::count(name, cell)
    }

    fn seconds(name: &'static str, cell: fn(&R) -> Cell<'_>) -> Self {
        Self { head: Head { name, unit: Some(Unit::Seconds), is_number: true }, cell }
    }

    /// What the profile measures.
    fn amount(unit: format::Unit, name: &'static str, cell: fn(&R) -> Cell<'_>) -> Self {
        match unit {
            format::Unit::Seconds | format::Unit::CpuSeconds => Self::seconds(name, cell),
            unit => Self { head: Head { name, unit: Some(Unit::Of(unit)), is_number: true }, cell },
        }
    }

    fn milliseconds(name: &'static str, cell: fn(&R) -> Cell<'_>) -> Self {
        Self { head: Head { name, unit: Some(Unit::Milliseconds), is_number: true }, cell }
    }
}

/// Writes a table row by row.
fn write<R>(
    columns: &[Column<R>],
    rows: impl Iterator<Item = R>,
    form: Form,
    out: &mut dyn Write,
) -> io::Result<()> {
    let heads: Vec<Head> = columns.iter().map(|column| column.head).collect();
    let cells = |row: &'_ R, write: &mut dyn FnMut(&[Cell<'_>]) -> io::Result<()>| {
        write(&columns.iter().map(|column| (column.cell)(row)).collect::<Vec<_>>())
    };
    write_cells(&heads, rows, cells, form, out)
}

/// Writes a table row by row; `cells` hands a row's cells on.
fn write_cells<R>(
    heads: &[Head],
    rows: impl Iterator<Item = R>,
    cells: impl Fn(&R, &mut dyn FnMut(&[Cell<'_>]) -> io::Result<()>) -> io::Result<()>,
    form: Form,
    out: &mut dyn Write,
) -> io::Result<()> {
    match form {
        Form::Csv => csv::head(heads, out)?,
        Form::Json => json::head(out)?,
        Form::Markdown => markdown::head(heads, out)?,
    }
    for (index, row) in rows.enumerate() {
        cells(&row, &mut |cells| match form {
            Form::Csv => csv::row(cells, out),
            Form::Json => json::row(heads, cells, index == 0, out),
            Form::Markdown => markdown::row(heads, cells, out),
        })?;
    }
    match form {
        Form::Json => json::end(out),
        Form::Csv | Form::Markdown => Ok(()),
    }
}

/// What stands over a column of a table that a view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Title {
    /// Its name.
    pub name: &'static str,
    /// Whether its numbers are milliseconds.
    pub in_milliseconds: bool,
    /// Whether it has numbers.
    pub is_number: bool,
}

/// A cell of such a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Words.
    Text(String),
    /// SQL.
    Code(String),
    /// How many.
    Count(i64),
    /// A number: milliseconds, or a share of 1.
    Number(f64),
    /// Unknown.
    Nothing,
}

/// Writes a table as a view shows it.
///
/// # Errors
/// Those of `out`.
pub fn shown(
    titles: &[Title],
    rows: &mut dyn Iterator<Item = Vec<Value>>,
    form: Form,
    out: &mut dyn Write,
) -> io::Result<()> {
    let heads = titles.iter().map(|title| Head {
        name: title.name,
        unit: title.in_milliseconds.then_some(Unit::Milliseconds),
        is_number: title.is_number,
    });
    let cells = |row: &Vec<Value>, write: &mut dyn FnMut(&[Cell<'_>]) -> io::Result<()>| {
        write(&row.iter().map(Value::cell).collect::<Vec<_>>())
    };
    write_cells(&heads.collect::<Vec<_>>(), rows, cells, form, out)
}

impl Value {
    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Text(text) => Cell::text(text),
            Self::Code(text) => Cell::code(text),
            Self::Count(count) => Cell::Count(*count),
            Self::Number(number) => Cell::time(*number),
            Self::Nothing => Cell::Nothing,
        }
    }
}
