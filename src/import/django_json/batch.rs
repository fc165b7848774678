//! Lines of a slice of a log, read but not counted yet ([`slices`](super::super::slices)).

use super::reader::{Executed, Reader, Sink};
use crate::document::Level;
use crate::import::records::Record;
use crate::import::slices::kept::{Keeping, Kept, Place, Text};
use crate::queries::NONE;
use crate::queries::lexer::Dialect;

/// An [`Executed`]; its text is empty if its shape has one already.
#[derive(Debug)]
struct Stored {
    alias: Text,
    process: Text,
    request: Option<Text>,
    sql: Option<Text>,
    dialect: Dialect,
    /// What its SQL is, for [`Kept::recognised`], or [`NONE`].
    shape: u32,
    parameters: Option<Text>,
    duration: f64,
    stamp: Option<(f64, f64, Option<Text>)>,
    rounded: bool,
    offset: u64,
    length: u32,
    /// In the slice.
    line: u64,
}

/// The statements of a slice.
#[derive(Debug, Default)]
pub struct Batch(Kept<Stored>);

/// Makes a [`Batch`].
#[derive(Debug, Default)]
pub struct Batching(Keeping<Stored>);

impl Batch {
    /// Tells `reader` of all statements.
    pub fn take_in(&self, reader: &mut Reader, place: Place<'_>) {
        let bytes = |text: Text| self.0.texts.get(text);
        // They were kept whole.
        let text = |text: Text| str::from_utf8(self.0.texts.get(text)).unwrap_or_default();
        self.0.tell(
            reader,
            |reader| &mut reader.diagnostics,
            place,
            |reader, stored| {
                let executed = Executed {
                    alias: text(stored.alias),
                    process: text(stored.process),
                    request: stored.request.map(text),
                    sql: stored.sql.map(bytes),
                    dialect: stored.dialect,
                    recognised: self.0.recognised(stored.shape),
                    parameters: stored.parameters.map(bytes),
                    duration: stored.duration,
                    stamp: stored.stamp.map(|(end, resolution, zone)| (end, resolution, zone.map(text))),
                    rounded: stored.rounded,
                    offset: stored.offset,
                    length: stored.length,
                };
                reader.take_in(&executed, || place(stored.offset, stored.line));
            },
        );
    }
}

impl Batching {
    /// What was put together.
    pub fn finish(self) -> Batch {
        Batch(self.0.finish())
    }
}

impl Sink for Batching {
    fn note(&mut self, level: Level, message: &'static str, record: &Record<'_>) {
        self.0.note((level, message), 1, record);
    }

    fn executed(&mut self, executed: &Executed<'_>, record: &Record<'_>) {
        let keeping = &mut self.0;
        let statement = executed.sql.map(|sql| keeping.statement(sql, executed.dialect));
        let mut once = |text: &str| keeping.once(text.as_bytes());
        let (alias, process) = (once(executed.alias), once(executed.process));
        let request = executed.request.map(&mut once);
        let stamp = executed.stamp.map(|(end, resolution, zone)| (end, resolution, zone.map(&mut once)));
        let stored = Stored {
            alias,
            process,
            request,
            sql: statement.map(|(_, text)| text),
            dialect: executed.dialect,
            shape: statement.map_or(NONE, |(shape, _)| shape),
            parameters: executed.parameters.map(|text| keeping.text(text)),
            duration: executed.duration,
            stamp,
            rounded: executed.rounded,
            offset: executed.offset,
            length: executed.length,
            line: record.line,
        };
        keeping.kept.events.push(stored);
    }
}
