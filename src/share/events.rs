//! What happened to statements, as it is handed on: what, when, to which statement, and of the server's
//! words only those that cannot have a value in them.

use std::io;

use super::mask::Names;
use super::{Strip, mask, texts};
use crate::import::{EventText, Format};
use crate::input::Source;
use crate::queries::fingerprint;
use crate::queries::lexer::Dialect;
use crate::queries::{EventKind, Events, NONE, QueryLog};

/// The events of `log`, but for the texts of what ran to no end, and the text of each.
///
/// # Errors
/// When the file cannot be read again.
pub(super) fn of_events(
    log: &QueryLog,
    format: Option<&dyn Format>,
    source: &dyn Source,
    strip: Strip,
    names: &mut Names,
) -> io::Result<(Events, Vec<EventText>)> {
    let Events {
        kind,
        time,
        statement,
        fingerprint,
        connection,
        amount,
        state,
        message,
        locks,
        checkpoints,
        vacuums,
        deadlocks,
        offset,
        length,
        ..
    } = &log.events;
    let mut said = vec![EventText::default(); kind.len()];
    if let Some(saved) = &log.saved {
        for (at, (said, text)) in said.iter_mut().zip(&saved.events).enumerate() {
            *said = left(text.clone(), kind_name(log, at), strip);
        }
    } else if let Some(format) = format {
        let places: Vec<(u64, u32)> = offset.iter().copied().zip(length.iter().copied()).collect();
        texts::records(&places, source, |at, record| {
            if let (Some(said), Some(text)) = (said.get_mut(at), format.event_text(record)) {
                *said = left(text, kind_name(log, at), strip);
            }
        })?;
    }
    let events = Events {
        kind: kind.clone(),
        time: time.clone(),
        statement: statement.clone(),
        fingerprint: fingerprint.clone(),
        connection: connection.clone(),
        amount: amount.clone(),
        state: state.clone(),
        message: message.clone(),
        messages: messages(&log.events, strip, names),
        // Numbers, of processes as well: connections keep theirs.
        locks: locks.clone(),
        checkpoints: checkpoints.clone(),
        vacuums: vacuums.clone(),
        deadlocks: deadlocks.clone(),
        offset: vec![0; kind.len()],
        length: vec![0; kind.len()],
        unfinished: Vec::new(),
    };
    Ok((events, said))
}

/// Words of a checkpoint's cause.
const CAUSES: &[&str] = &[
    "restartpoint:",
    "time",
    "wal",
    "xlog",
    "immediate",
    "fast",
    "force",
    "wait",
    "shutdown",
    "flush-all",
    "flush-unlogged",
    "end-of-recovery",
    "requested",
    "start",
    "not",
    "logged",
];

/// Messages in short: those that are the server's own words stay, of autovacuum's the table; others quote values
/// wherever the server thinks it useful, and `RAISE` says anything, so only their kind and their SQLSTATE stay.
/// Different ones stay different.
fn messages(events: &Events, strip: Strip, names: &mut Names) -> Vec<String> {
    if strip.is_nothing() {
        return events.messages.clone();
    }
    let mut left: Vec<String> = Vec::with_capacity(events.messages.len());
    for (id, message) in events.messages.iter().enumerate() {
        let event = events.message.iter().position(|&of| of != NONE && of as usize == id);
        let kind = event.map(|event| events.kind[event]);
        let own = match kind {
            Some(EventKind::Checkpoint) => {
                message.split(' ').all(|word| CAUSES.contains(&word)).then(|| message.clone())
            }
            Some(EventKind::Vacuum | EventKind::Analyze) => Some(vacuumed(message, strip, names)),
            Some(EventKind::LockWait | EventKind::LockAcquired | EventKind::LockFailure) => {
                message.contains("Lock on ").then(|| message.clone())
            }
            Some(
                EventKind::Connected
                | EventKind::Disconnected
                | EventKind::TemporaryFile
                | EventKind::FrequentCheckpoints,
            ) => Some(message.clone()),
            _ => None,
        };
        let shown = own.unwrap_or_else(|| {
            let name = kind.map_or("", |kind| kind.names().0);
            let state = event.and_then(|event| events.state(event)).unwrap_or_default();
            let name = format!("{name} {state}");
            let name = name.trim_end();
            let copies = (2..).map(|copy| format!("{name} ({copy})"));
            let mut candidates = std::iter::once(name.to_owned()).chain(copies);
            candidates.find(|candidate| !left.contains(candidate)).unwrap_or_default()
        });
        left.push(shown);
    }
    left
}

/// `shop.public.items` as statements' tables are handed on.
fn vacuumed(name: &str, strip: Strip, names: &mut Names) -> String {
    let (database, table) = name.split_once('.').unwrap_or(("", name));
    let database = if strip.paths { names.name("database", database) } else { database.to_owned() };
    let table = if strip.literals { mask::table(table) } else { table.to_owned() };
    format!("{database}.{table}")
}

fn kind_name(log: &QueryLog, event: usize) -> &'static str {
    log.events.kind.get(event).map_or("", |kind| kind.names().0)
}

/// What is left of an event's text. Messages and details quote values and names wherever the server
/// thinks it useful, so they stay only where everything does.
fn left(text: EventText, kind: &str, strip: Strip) -> EventText {
    if strip.is_nothing() {
        return text;
    }
    let EventText { statement, holders, plan, .. } = text;
    let masked = |sql: String| {
        let text = fingerprint::text(sql.as_bytes(), Dialect::guess(sql.as_bytes()));
        mask::fingerprint(&text)
    };
    EventText {
        message: kind.to_owned(),
        statement: if strip.literals { statement.map(masked) } else { statement },
        // Processes, by their numbers.
        holders: holders.filter(|_| !strip.paths),
        plan: if strip.literals || strip.parameters { plan.as_deref().and_then(mask::plan) } else { plan },
        ..EventText::default()
    }
}
