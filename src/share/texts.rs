//! The texts of all statements, read once through the file.

use std::io::{self, Read as _};

use crate::import::{self, Format, StatementText};
use crate::input::Source;
use crate::queries::QueryLog;

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
    let mut order: Vec<u32> = (0..statements.len() as u32).collect();
    order.sort_by_key(|&at| statements.offset[at as usize]);
    let mut input = import::open(source, &|_| ()).map_err(io::Error::other)?;
    // Several statements may share a record, or parts of it.
    let (mut from, mut record) = (0_u64, Vec::new());
    for at in order {
        let at = at as usize;
        let (offset, length) = (statements.offset[at], u64::from(statements.length[at]));
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
        if let Some(text) = record.get(start..end).and_then(|record| format.statement_text(record)) {
            visit(at, text);
        }
    }
    Ok(())
}
