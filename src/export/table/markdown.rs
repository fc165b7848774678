//! GitHub's tables: <https://github.github.com/gfm/#tables-extension->.

use std::io::{self, Write};

use super::{Cell, Head};
use crate::findings::markdown::{escaped, span};

pub(super) fn head(heads: &[Head], out: &mut dyn Write) -> io::Result<()> {
    line(heads.iter().map(Head::title), out)?;
    line(heads.iter().map(|head| if head.is_number { "---:".to_owned() } else { "---".to_owned() }), out)
}

pub(super) fn row(heads: &[Head], cells: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()> {
    line(heads.iter().zip(cells).map(|(head, value)| cell(head, value)), out)
}

fn line(cells: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"|")?;
    for cell in cells {
        write!(out, " {cell} |")?;
    }
    writeln!(out)
}

fn cell(head: &Head, cell: &Cell<'_>) -> String {
    match cell {
        Cell::Text(text) => escaped(text),
        Cell::Code(text) => code(text),
        Cell::List(names) => names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", "),
        Cell::Count(count) => count.to_string(),
        Cell::Time(time) => match head.unit {
            Some(unit) => format!("{time:.*}", unit.decimals()),
            None => time.to_string(),
        },
        Cell::Nothing => String::new(),
    }
}

/// In a code span, where nothing needs a backslash. But a `|` ends a cell within one too, and how
/// backslashes before it are read there differs; then without.
fn code(text: &str) -> String {
    if text.trim().is_empty() || text.contains('|') { escaped(text) } else { span(text) }
}
