//! Comma-separated values: <https://www.rfc-editor.org/rfc/rfc4180>.

use std::io::{self, Write};

use super::{Cell, Head};
use crate::text::turns_direction;

pub(super) fn head(heads: &[Head], out: &mut dyn Write) -> io::Result<()> {
    line(heads.iter().map(Head::title), out)
}

pub(super) fn row(cells: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()> {
    line(cells.iter().map(cell), out)
}

fn line(cells: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        out.write_all(cell.as_bytes())?;
    }
    out.write_all(b"\r\n")
}

fn cell(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Text(text) | Cell::Code(text) => quoted(text),
        Cell::List(names) => quoted(&names.join(", ")),
        Cell::Count(count) => count.to_string(),
        Cell::Time(time) => time.to_string(),
        Cell::Nothing => String::new(),
    }
}

/// `text` as a cell. One that a spreadsheet would run gets an apostrophe before it:
/// <https://owasp.org/www-community/attacks/CSV_Injection>.
fn quoted(text: &str) -> String {
    let mut cell = String::with_capacity(text.len() + 2);
    if is_formula(text) {
        cell.push('\'');
    }
    cell.extend(text.chars().map(|character| match character {
        '\t' | '\n' | '\r' => character,
        // Many readers stop at a NUL.
        character if character.is_control() => char::REPLACEMENT_CHARACTER,
        character => character,
    }));
    // Semicolons and tabs too: what is a separator depends on the reader's country. And spaces at the
    // ends, which some readers take away.
    let needs_quotes = |character| matches!(character, ',' | ';' | '\t' | '"' | '\n' | '\r');
    if cell.contains(needs_quotes) || cell.trim() != cell {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

/// Whether a spreadsheet would take it for a formula: by its first character that is seen.
fn is_formula(text: &str) -> bool {
    if text.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    let unseen = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || turns_direction(character)
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{feff}')
    };
    text.trim_start_matches(unseen).starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            (" space", "\" space\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\"'\t=1\""),
            ("\rx", "\"'\rx\""),
            ("\u{feff} \u{202e}=1", "'\u{feff} \u{202e}=1"),
            ("＝1", "'＝1"),
            ("a\0b", "a\u{fffd}b"),
            ("a=1", "a=1"),
        ] {
            assert_eq!(quoted(text), expected, "{text:?}");
        }
    }

    proptest! {
        /// Out of its quotes and without its apostrophe it is the text again.
        #[test]
        fn a_cell_is_its_text(text in "[ -~\u{e4}\n\r\t\u{feff}=＝]{0,12}") {
            let cell = quoted(&text);
            let inner = match cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')) {
                Some(inner) => {
                    prop_assert!(!inner.replace("\"\"", "").contains('"'), "{cell}");
                    inner.replace("\"\"", "\"")
                }
                None => {
                    prop_assert!(!cell.contains([',', '"', '\n', '\r']), "{cell}");
                    cell
                }
            };
            let seen = inner.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
            prop_assert!(!seen.starts_with(['=', '+', '-', '@', '＝']), "{inner}");
            prop_assert!(!inner.starts_with(['\t', '\r', '\n']), "{inner}");
            prop_assert_eq!(if is_formula(&text) { &inner[1..] } else { &inner }, text);
        }
    }

    #[test]
    fn numbers_are_whole_and_no_formulas() {
        for (value, expected) in [
            (Cell::Count(-3), "-3"),
            (Cell::Time(-0.25), "-0.25"),
            (Cell::Time(1e-9), "0.000000001"),
            (Cell::Time(0.1 + 0.2), "0.30000000000000004"),
            (Cell::Nothing, ""),
        ] {
            assert_eq!(cell(&value), expected);
        }
    }
}
