//! Lines of code as a table: a row a line and thing that is known of it, as tables of several files have other columns.

use std::io::{self, Write};

use super::{Cell, Column, Form, write};
use crate::profile::LineTable;

/// Writes those numbers of `table`: places of lines and of columns, in this order.
///
/// # Errors
/// When `out` cannot be written.
pub fn lines(table: &LineTable, order: &[(usize, usize)], form: Form, out: &mut dyn Write) -> io::Result<()> {
    let rows = order.iter().filter_map(|&(at, column)| {
        let (file, line) = (*table.file.get(at)?, *table.line.get(at)?);
        let column = table.columns.get(column)?;
        Some(Number {
            file: table.files.get(file),
            line,
            function: table.function(at),
            name: &column.name,
            value: column.values.get(at).copied()?,
            unit: column.unit.id(),
            source: table.source(file, line),
        })
    });
    let columns: [Column<Number<'_>>; 7] = [
        Column::text("file", |row| Cell::code(row.file)),
        Column::count("line", |row| Cell::Count(i64::from(row.line))),
        Column::text("function", |row| row.function.map_or(Cell::Nothing, Cell::code)),
        Column::text("measure", |row| Cell::text(row.name)),
        Column::number("value", |row| Cell::time(row.value)),
        Column::text("unit", |row| Cell::text(row.unit)),
        Column::text("source", |row| row.source.map_or(Cell::Nothing, Cell::code)),
    ];
    write(&columns, rows, form, out)
}

struct Number<'a> {
    file: &'a str,
    line: u32,
    function: Option<&'a str>,
    name: &'a str,
    value: f64,
    unit: &'static str,
    source: Option<&'a str>,
}
