//! What happened to statements, in columns.

use super::columns::{Damaged, Reader, Writer};
use super::{fingerprints, of_length, within};
use crate::queries::EventText;
use crate::queries::{Events, NONE, QueryLog};

pub(super) fn write(log: &QueryLog, columns: &mut Writer) {
    let Events {
        kind,
        time,
        statement,
        fingerprint,
        connection,
        amount,
        state,
        message,
        messages,
        locks,
        checkpoints,
        vacuums,
        deadlocks,
        unfinished,
        ..
    } = &log.events;
    if kind.is_empty() {
        return;
    }
    columns.put("events.kind", kind);
    columns.put("events.time", time);
    columns.put("events.statement", statement);
    columns.put("events.fingerprint", fingerprint);
    columns.put("events.connection", connection);
    columns.put("events.amount", amount);
    columns.put("events.state", state);
    columns.put("events.message", message);
    columns.put("events.messages", messages);
    columns.put("events.locks", locks);
    columns.put("events.checkpoints", checkpoints);
    columns.put("events.vacuums", vacuums);
    columns.put("events.deadlocks", deadlocks);
    if let Some(saved) = &log.saved {
        columns.put("events.text", &saved.events);
    }
    fingerprints::write("unfinished", unfinished, columns);
}

/// The events of `log`, whose other columns were read, and the text of each.
pub(super) fn read(columns: &Reader<'_>, log: &QueryLog) -> Result<(Events, Vec<EventText>), Damaged> {
    let kind: Vec<_> = columns.take("events.kind")?;
    let count = kind.len();
    let mut texts: Vec<EventText> = columns.take("events.text")?;
    texts.resize(count, EventText::default());
    // Older files do not have them.
    let mut message: Vec<u32> = columns.take("events.message")?;
    message.resize(count, NONE);
    let events = Events {
        kind,
        time: columns.take("events.time")?,
        statement: columns.take("events.statement")?,
        fingerprint: columns.take("events.fingerprint")?,
        connection: columns.take("events.connection")?,
        amount: columns.take("events.amount")?,
        state: columns.take("events.state")?,
        message,
        messages: columns.take("events.messages")?,
        locks: columns.take("events.locks")?,
        checkpoints: columns.take("events.checkpoints")?,
        vacuums: columns.take("events.vacuums")?,
        deadlocks: columns.take("events.deadlocks")?,
        offset: vec![0; count],
        length: vec![0; count],
        unfinished: fingerprints::read("unfinished", columns)?,
    };
    let Events { time, statement, fingerprint, connection, amount, state, unfinished, .. } = &events;
    let lengths =
        [time.len(), statement.len(), fingerprint.len(), connection.len(), amount.len(), state.len()];
    of_length(count, &lengths)?;
    within(statement, log.statements.len(), true)?;
    within(fingerprint, log.fingerprints.len() + unfinished.len(), true)?;
    within(connection, log.connections.len(), false)?;
    within(&events.message, events.messages.len(), true)?;
    let parts = events.deadlocks.iter().flat_map(|deadlock| &deadlock.parts);
    let queries: Vec<u32> = parts.map(|&(_, fingerprint)| fingerprint).collect();
    within(&queries, log.fingerprints.len() + unfinished.len(), true)?;
    Ok((events, texts))
}
