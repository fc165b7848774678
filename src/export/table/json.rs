//! An array of objects, one in each line.

use std::io::{self, Write};

use super::{Cell, Head};

pub(super) fn head(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")
}

pub(super) fn row(heads: &[Head], cells: &[Cell<'_>], is_first: bool, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(if is_first { b"\n{" } else { b",\n{" })?;
    for (index, (head, cell)) in heads.iter().zip(cells).enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, &head.key())?;
        out.write_all(b":")?;
        match cell {
            Cell::Text(text) | Cell::Code(text) => serde_json::to_writer(&mut *out, text)?,
            Cell::List(names) => serde_json::to_writer(&mut *out, names)?,
            Cell::Count(count) => serde_json::to_writer(&mut *out, count)?,
            Cell::Time(time) => serde_json::to_writer(&mut *out, time)?,
            Cell::Nothing => out.write_all(b"null")?,
        }
    }
    out.write_all(b"}")
}

pub(super) fn end(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"\n]\n")
}
