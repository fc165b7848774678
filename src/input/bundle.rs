//! Several files put together to one, end to end, and a table behind them: the parts of a rotated log, or the recordings
//! of a group.
//!
//! So whatever handles a file (keeping it in the browser, reading it again, saving it with the page)
//! handles them, without a copy of their bytes: browsers and [`super::Composite`] put files together
//! by reference. Each part may be wrapped in its own way.

use std::io;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Source;

/// The last bytes of a bundle, after the table's length.
const MAGIC: &[u8; 20] = b"\nflamedrop bundle 1\n";

/// Those of a group.
const GROUP: &[u8; 20] = b"\nflamedrop groups 1\n";

/// After the table: its length as u32, little endian, and [`MAGIC`] or [`GROUP`].
const FOOTER: u64 = 4 + MAGIC.len() as u64;

/// A longer table is none, bytes.
const LONGEST_TABLE: u32 = 1024 * 1024;

/// One of the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The name the user knows it by.
    pub name: String,
    /// Its bytes.
    pub range: Range<u64>,
}

/// What to put behind files of these names and sizes, which are parts of one log.
pub fn trailer(files: &[(String, u64)]) -> Vec<u8> {
    table(files, MAGIC)
}

/// What to put behind files of these names and sizes, each of which is a recording of its own.
pub fn group_trailer(files: &[(String, u64)]) -> Vec<u8> {
    table(files, GROUP)
}

/// Whether a trailer is not too long to be read: of very many files it may be.
pub fn is_read(trailer: &[u8]) -> bool {
    trailer.len() as u64 <= u64::from(LONGEST_TABLE) + FOOTER
}

fn table(files: &[(String, u64)], magic: &[u8; 20]) -> Vec<u8> {
    let table = postcard::to_stdvec(files).unwrap_or_default();
    let length = (table.len() as u32).to_le_bytes();
    [&table[..], &length, magic].concat()
}

/// The parts of `source` if it is a bundle: of one log.
///
/// # Errors
/// When it cannot be read.
pub fn parts(source: &dyn Source) -> io::Result<Option<Vec<Part>>> {
    read(source, MAGIC)
}

/// The recordings in `source` if it is a group of them.
///
/// # Errors
/// When it cannot be read.
pub fn group(source: &dyn Source) -> io::Result<Option<Vec<Part>>> {
    read(source, GROUP)
}

fn read(source: &dyn Source, wanted: &[u8; 20]) -> io::Result<Option<Vec<Part>>> {
    let Some(footer_start) = source.size().checked_sub(FOOTER) else { return Ok(None) };
    let footer = super::read_stored(source, footer_start, FOOTER)?;
    let Some((length, magic)) = footer.split_first_chunk::<4>() else { return Ok(None) };
    if magic != wanted {
        return Ok(None);
    }
    let length = u32::from_le_bytes(*length);
    let Some(table_start) = footer_start.checked_sub(u64::from(length)).filter(|_| length <= LONGEST_TABLE)
    else {
        return Ok(None);
    };
    let table = super::read_stored(source, table_start, length.into())?;
    let Ok(files) = postcard::from_bytes::<Vec<(String, u64)>>(&table) else { return Ok(None) };
    let mut parts = Vec::new();
    let mut at = 0_u64;
    for (name, size) in files {
        let Some(end) = at.checked_add(size).filter(|end| *end <= table_start) else { return Ok(None) };
        parts.push(Part { name, range: at..end });
        at = end;
    }
    Ok((at == table_start && !parts.is_empty()).then_some(parts))
}

/// All of `source` as one part.
pub fn whole(source: &dyn Source) -> Vec<Part> {
    vec![Part { name: source.name().to_owned(), range: 0..source.size() }]
}
