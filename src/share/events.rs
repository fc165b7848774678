//! What happened to statements, as it is handed on: what, when, to which statement, and of the server's
//! words only those that cannot have a value in them.

use std::io;

use super::{Strip, mask, texts};
use crate::import::{EventText, Format};
use crate::input::Source;
use crate::queries::fingerprint;
use crate::queries::lexer::Dialect;
use crate::queries::{Events, QueryLog};

/// The events of `log`, but for the texts of what ran to no end, and the text of each.
///
/// # Errors
/// When the file cannot be read again.
pub(super) fn of_events(
    log: &QueryLog,
    format: Option<&dyn Format>,
    source: &dyn Source,
    strip: Strip,
) -> io::Result<(Events, Vec<EventText>)> {
    let Events { kind, time, statement, fingerprint, connection, amount, state, offset, length, .. } =
        &log.events;
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
        offset: vec![0; kind.len()],
        length: vec![0; kind.len()],
        unfinished: Vec::new(),
    };
    Ok((events, said))
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
