//! The table of a log's events.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Cell, Column, Form, write};
use crate::format;
use crate::queries::events::Facts;
use crate::queries::{Clock, Connection, EventKind, QueryLog};

/// Writes those events of `log`, in this order.
///
/// # Errors
/// When `out` cannot be written.
pub fn events(log: &QueryLog, order: &[u32], form: Form, out: &mut dyn Write) -> io::Result<()> {
    let rows = order.iter().map(|&event| {
        let at = event as usize;
        Row {
            log,
            event: at,
            connection: log.connections.get(log.events.connection[at] as usize),
            facts: log.events.facts(at),
        }
    });
    let columns: [Column<Row<'_>>; 14] = [
        Column::text("time", |row| row.time()),
        Column::text("kind", |row| Cell::Text(Cow::Owned(row.log.events.kind[row.event].key()))),
        Column::text("sqlstate", |row| row.log.events.state(row.event).map_or(Cell::Nothing, Cell::text)),
        Column::text("message", |row| Cell::text(row.log.events.message(row.event))),
        Column::milliseconds("took", |row| row.amount(false)),
        Column::count("bytes", |row| row.amount(true)),
        Column::text("user", |row| row.of(|connection| &connection.user)),
        Column::text("database", |row| row.of(|connection| &connection.database)),
        Column::text("application", |row| row.of(|connection| &connection.application)),
        Column::text("host", |row| row.of(|connection| &connection.client)),
        Column::text("process", |row| row.of(|connection| &connection.process)),
        Column::text("holders", |row| match &row.facts {
            Some(Facts::Lock(lock)) => processes(&lock.holders),
            _ => Cell::Nothing,
        }),
        Column::text("queue", |row| match &row.facts {
            Some(Facts::Lock(lock)) => processes(&lock.queue),
            _ => Cell::Nothing,
        }),
        Column::text("query", |row| {
            row.log.event_fingerprint(row.event).map_or(Cell::Nothing, |it| Cell::code(&it.text))
        }),
    ];
    write(&columns, rows, form, out)
}

struct Row<'a> {
    log: &'a QueryLog,
    event: usize,
    connection: Option<&'a Connection>,
    facts: Option<Facts>,
}

impl Row<'_> {
    fn time(&self) -> Cell<'static> {
        let time = self.log.events.time[self.event];
        if time.is_nan() || self.log.clock == Clock::Sequence {
            return Cell::Nothing;
        }
        Cell::Text(Cow::Owned(format!("{} {}", format::date(time), format::time_of_day(time))))
    }

    /// Bytes, or milliseconds.
    fn amount(&self, in_bytes: bool) -> Cell<'static> {
        let events = &self.log.events;
        let kind: EventKind = events.kind[self.event];
        let amount = events.amount_of(self.event);
        match (kind.class().is_in_bytes() == in_bytes && !amount.is_nan(), in_bytes) {
            (false, _) => Cell::Nothing,
            (true, true) => Cell::Count(amount as i64),
            (true, false) => Cell::time(amount),
        }
    }

    fn of(&self, text: fn(&Connection) -> &str) -> Cell<'_> {
        self.connection.map(text).filter(|text| !text.is_empty()).map_or(Cell::Nothing, Cell::text)
    }
}

fn processes(processes: &[u32]) -> Cell<'static> {
    let texts: Vec<String> = processes.iter().map(u32::to_string).collect();
    if texts.is_empty() { Cell::Nothing } else { Cell::Text(Cow::Owned(texts.join(" "))) }
}
