//! Which events a filter lets through, and what each is grouped by.

use rustc_hash::FxHashMap;

use super::{EventKind, Events};
use crate::queries::by::{By, Keys};
use crate::queries::filter::{Facet, Filter, OwnTexts, Selection, Wanted};
use crate::queries::requests::BURST_GAP;
use crate::queries::{NONE, QueryLog};

/// When an event happened, ms since `origin`, the log's first moment ([`QueryLog::span`]); of one without a time, when its
/// statement began; else 0.
pub fn moment(log: &QueryLog, event: usize, origin: f64) -> f64 {
    let time = log.events.time[event];
    if !time.is_nan() {
        return time - origin;
    }
    let start = log.statements.start.get(log.events.statement[event] as usize);
    start.map_or(0.0, |start| start - origin)
}

/// The table that autovacuum went over, as statements name it: `items` of `shop.public.items`.
pub fn vacuumed_table(events: &Events, event: usize) -> Option<&str> {
    if !matches!(events.kind[event], EventKind::Vacuum | EventKind::Analyze) {
        return None;
    }
    let name = events.messages.get(events.message[event] as usize)?;
    let (_, within) = name.split_once('.')?;
    Some(within.strip_prefix("public.").unwrap_or(within))
}

/// Per event the request it happened in, or [`NONE`]: that of its statement; without one, that which its connection
/// was busy with.
pub fn requests(log: &QueryLog) -> Vec<u32> {
    let (events, statements) = (&log.events, &log.statements);
    let mut of: Vec<u32> = events
        .statement
        .iter()
        .map(|&statement| statements.request.get(statement as usize).copied().unwrap_or(NONE))
        .collect();
    let alone = |event: usize| events.statement[event] == NONE && events.kind[event].ends_statement();
    let mut ran: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for event in (0..events.len()).filter(|&event| alone(event)) {
        ran.entry(events.connection[event]).or_default();
    }
    if ran.is_empty() {
        return of;
    }
    for (at, connection) in statements.connection.iter().enumerate() {
        if let Some(ran) = ran.get_mut(connection) {
            ran.push(at as u32);
        }
    }
    for event in (0..events.len()).filter(|&event| alone(event)) {
        let time = events.time[event];
        let Some(ran) = ran.get(&events.connection[event]) else { continue };
        let before = ran.partition_point(|&at| statements.start[at as usize] <= time);
        let Some(&last) = before.checked_sub(1).and_then(|last| ran.get(last)) else { continue };
        let request = statements.request[last as usize];
        let Some(known) = log.requests.get(request as usize) else { continue };
        if time <= known.start + known.duration + BURST_GAP {
            of[event] = request;
        }
    }
    of
}

/// The events of `filter`, by the same conditions as its statements
/// ([`select`](crate::queries::filter::select)): an event has what its statement has, and where it has none what it
/// says itself. `keys` gives the keys of a kind.
pub fn select_events<'a>(
    log: &QueryLog,
    filter: &Filter,
    keys: impl Fn(By) -> &'a Keys,
    own: OwnTexts<'_>,
) -> Selection {
    let (events, statements) = (&log.events, &log.statements);
    let (origin, end) = log.span().unwrap_or_default();
    let text = filter.text.to_lowercase();
    let contains = |other: &str| other.to_lowercase().contains(&text);
    let said: Vec<bool> = events.messages.iter().map(|message| contains(message)).collect();
    let in_range = |event: usize| {
        filter.range.is_none_or(|(from, to)| {
            let time = moment(log, event, origin);
            (time >= from || from <= 0.0) && (time < to || to >= end - origin)
        })
    };
    let has_text = |event: usize| {
        let statement = events.statement[event];
        text.is_empty()
            || said.get(events.message[event] as usize).copied().unwrap_or(false)
            || if filter.all_texts {
                own.found.is_some_and(|found| {
                    found.events.binary_search(&(event as u32)).is_ok()
                        || found.statements.binary_search(&statement).is_ok()
                })
            } else {
                log.event_fingerprint(event).is_some_and(|fingerprint| {
                    contains(&fingerprint.text)
                        || fingerprint.tables.iter().any(|table| contains(table))
                        || own
                            .examples
                            .get(events.fingerprint[event] as usize)
                            .is_some_and(|example| example.contains(&text))
                })
            }
    };
    let tables: Vec<&Facet> = filter.facets.iter().filter(|facet| facet.by == By::Table).collect();
    let names = |event: usize, facet: &Facet| {
        let own = log.event_fingerprint(event).map_or(&[][..], |fingerprint| &fingerprint.tables);
        let vacuumed = vacuumed_table(events, event);
        match facet.value.as_str() {
            "" => own.is_empty() && vacuumed.is_none(),
            table => vacuumed == Some(table) || own.iter().any(|other| other == table),
        }
    };
    let has_tables = |event: usize| {
        let mut wanted = tables.iter().filter(|facet| !facet.not).peekable();
        (wanted.peek().is_none() || wanted.any(|facet| names(event, facet)))
            && !tables.iter().any(|facet| facet.not && names(event, facet))
    };
    let wanted = Wanted::of(filter, keys);
    let by_duration = filter.shortest.is_some() || filter.longest.is_some();
    let (shortest, longest) =
        (filter.shortest.unwrap_or(f64::NEG_INFINITY), filter.longest.unwrap_or(f64::INFINITY));
    Selection::from_fn(0..events.len(), events.len(), |event| {
        let statement = events.statement[event] as usize;
        let duration = statements.duration.get(statement).copied().unwrap_or(f64::NAN);
        let failed = events.kind[event].ends_statement()
            || statements.failed.get(statement).is_some_and(|&failed| failed != 0);
        in_range(event)
            && (!filter.failed || failed)
            && (!by_duration || (duration >= shortest && duration <= longest))
            && wanted.iter().all(|Wanted { keys, is_wanted }| {
                keys.of_event
                    .get(event)
                    .and_then(|&key| is_wanted.get(key as usize))
                    .copied()
                    .unwrap_or(false)
            })
            && has_tables(event)
            && has_text(event)
    })
}
