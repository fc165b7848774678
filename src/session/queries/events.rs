//! What happened to statements, with its text out of the file.

use super::Texts;
use crate::import::{self, EventText};
use crate::protocol::{EventDetail, PlanDetail};
use crate::queries::{EventKind, NONE, QueryLog, plan};

/// So many events are told with their texts: each is read from the file again.
const TOLD: usize = 20;

/// The first of these events that are no plans, and how many more of those there are.
pub(super) fn first(
    log: &QueryLog,
    texts: &Texts<'_>,
    events: impl Iterator<Item = usize>,
) -> (Vec<EventDetail>, u32) {
    let events: Vec<usize> = events.filter(|&event| log.events.kind[event] != EventKind::Plan).collect();
    let told = events.iter().take(TOLD).map(|&event| told(log, texts, event)).collect();
    (told, events.len().saturating_sub(TOLD) as u32)
}

/// What is said of an event, out of its record in the file, or as it was saved.
fn text(log: &QueryLog, texts: &Texts<'_>, event: usize) -> Option<EventText> {
    if let Some(saved) = &log.saved {
        return saved.events.get(event).cloned();
    }
    let record = texts.bytes(log.events.offset[event], log.events.length[event]).ok()?;
    import::by_id(texts.format)?.event_text(&record)
}

pub(in crate::session) fn told(log: &QueryLog, texts: &Texts<'_>, event: usize) -> EventDetail {
    let events = &log.events;
    let text = text(log, texts, event).unwrap_or_default();
    let statement = Some(events.statement[event]).filter(|&statement| statement != NONE);
    // The server repeats the statement with every event: it is said again only if it is another one.
    let own = log.event_fingerprint(event).map(|fingerprint| fingerprint.text.as_str());
    let named = text.statement.filter(|sql| {
        let shape =
            crate::queries::fingerprint::text(sql.as_bytes(), crate::queries::lexer::Dialect::PostgreSql);
        statement.is_some() && own != Some(shape.as_str())
    });
    EventDetail {
        kind: events.kind[event],
        time: events.time[event],
        statement,
        amount: events.amount[event],
        state: events.state(event).map(str::to_owned),
        message: text.message,
        detail: text.detail,
        hint: text.hint,
        context: text.context,
        named,
        holders: text.holders,
    }
}

/// The plan among these events whose run took longest.
pub(super) fn slowest_plan(
    log: &QueryLog,
    texts: &Texts<'_>,
    events: impl Iterator<Item = usize>,
) -> Option<Box<PlanDetail>> {
    let plans = events
        .filter(|&event| log.events.kind[event] == EventKind::Plan && log.events.statement[event] != NONE);
    let event = plans.max_by(|&a, &b| log.events.amount[a].total_cmp(&log.events.amount[b]))?;
    let text = text(log, texts, event)?.plan?;
    Some(Box::new(PlanDetail {
        statement: log.events.statement[event],
        duration: log.events.amount[event],
        plan: plan::parse(&text),
        spelling: plan::spelling(&text),
        text,
    }))
}
