//! Records of a slice of a log, read but not counted yet ([`slices`](super::super::slices)).

use super::{Executed, Reader, Sink};
use crate::document::Level;
use crate::import::records::Record;
use crate::import::slices::kept::{Keeping, Kept, Place, Text};
use crate::import::stamp::Stamp;
use crate::queries::lexer::Dialect;
use crate::queries::statements::Statement;

/// An [`Executed`]; its text is empty if its shape has one already, and so is a record that says nothing more.
#[derive(Debug)]
struct Stored {
    thread: Text,
    user: Text,
    host: Text,
    schema: Text,
    sql: Text,
    /// What its SQL is, for [`Kept::recognised`].
    shape: u32,
    stamp: Option<Stamp>,
    local: Option<f64>,
    timestamp: Option<f64>,
    statement: Statement,
    warned: bool,
    explained: bool,
    record: Text,
    /// In the slice.
    line: u64,
}

/// The statements of a slice.
#[derive(Debug, Default)]
pub struct Batch(Kept<Stored>);

/// Makes a [`Batch`].
#[derive(Debug, Default)]
pub(super) struct Batching(Keeping<Stored>);

impl Batch {
    /// Tells `reader` of all statements.
    pub(super) fn take_in(&self, reader: &mut Reader, place: Place<'_>) {
        let text = |text: Text| self.0.texts.get(text);
        self.0.tell(
            reader,
            |reader| &mut reader.diagnostics,
            place,
            |reader, stored| {
                let executed = Executed {
                    thread: text(stored.thread),
                    user: text(stored.user),
                    host: text(stored.host),
                    schema: text(stored.schema),
                    sql: text(stored.sql),
                    recognised: self.0.recognised(stored.shape),
                    stamp: stored.stamp.as_ref(),
                    local: stored.local,
                    timestamp: stored.timestamp,
                    statement: stored.statement,
                    warned: stored.warned,
                    explained: stored.explained,
                    record: text(stored.record),
                };
                reader.take_in(&executed, || place(stored.statement.offset, stored.line));
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
    fn note(&mut self, level: Level, message: &'static str, count: u64, record: &Record<'_>) {
        self.0.note((level, message), count, record);
    }

    fn executed(&mut self, executed: &Executed<'_>, record: &Record<'_>) {
        let keeping = &mut self.0;
        let (shape, sql) = keeping.statement(executed.sql, Dialect::MySql);
        let stored = Stored {
            thread: keeping.once(executed.thread),
            user: keeping.once(executed.user),
            host: keeping.once(executed.host),
            schema: keeping.once(executed.schema),
            sql,
            shape,
            stamp: executed.stamp.cloned(),
            local: executed.local,
            timestamp: executed.timestamp,
            statement: executed.statement,
            warned: executed.warned,
            explained: executed.explained,
            record: if executed.says_more() { keeping.text(executed.record) } else { Text::default() },
            line: record.line,
        };
        keeping.kept.events.push(stored);
    }
}
