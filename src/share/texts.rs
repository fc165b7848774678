//! The texts of all statements, read once through the file.

use std::io::{self, Read as _};

use crate::import::{self, Format, StatementText};
use crate::input::Source;
use crate::queries::QueryLog;
use crate::sort;

/// Calls `visit` with each statement and its text, in the order of the file.
///
/// # Errors
/// When the file cannot be read again.
pub(super) fn each(
    log: &QueryLog,
    format: Option<&dyn Format>,
    source: &dyn Source,
    mut visit: impl FnMut(usize, StatementText),
) -> io::Result<()> {
    if let Some(saved) = &log.saved {
        for at in 0..log.statements.len() {
            visit(at, saved.text(at, log));
        }
        return Ok(());
    }
    let Some(format) = format else { return Ok(()) };
    let statements = &log.statements;
    let places: Vec<(u64, u32)> =
        statements.offset.iter().copied().zip(statements.length.iter().copied()).collect();
    records(&places, source, |at, record| {
        if let Some(text) = format.statement_text(record) {
            visit(at, text);
        }
    })
}

/// Calls `visit` with the index of each of `places` (offset and length) and its bytes, in the order of the
/// file.
///
/// # Errors
/// When the file cannot be read again.
pub(super) fn records(
    places: &[(u64, u32)],
    source: &dyn Source,
    mut visit: impl FnMut(usize, &[u8]),
) -> io::Result<()> {
    let mut order: Vec<u32> = (0..places.len() as u32).collect();
    sort::by_key(&mut order, |&at| places[at as usize].0);
    let mut input = import::open(source, &|_| ()).map_err(io::Error::other)?;
    // Several may share a record, or parts of it.
    let (mut from, mut record) = (0_u64, Vec::new());
    for at in order {
        let at = at as usize;
        let (offset, length) = (places[at].0, u64::from(places[at].1));
        if offset < from || offset + length > from + record.len() as u64 || record.is_empty() {
            if offset < input.position() {
                input = import::open(source, &|_| ()).map_err(io::Error::other)?;
            }
            let skip = offset - input.position();
            io::copy(&mut (&mut input).take(skip), &mut io::sink())?;
            record.clear();
            (&mut input).take(length).read_to_end(&mut record)?;
            from = offset;
        }
        let start = (offset - from) as usize;
        let end = start.saturating_add(length as usize).min(record.len());
        if let Some(record) = record.get(start..end) {
            visit(at, record);
        }
    }
    Ok(())
}
