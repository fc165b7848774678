//! What happened to a statement: errors, cancels, waits for locks, temporary files.

use flamedrop::format;
use flamedrop::protocol::EventDetail;
use flamedrop::queries::EventKind;
use leptos::prelude::*;

use super::sql::Sql;

/// A list of events; nothing if there are none. `more` is how many there are beyond those.
#[component]
pub fn Events(events: Vec<EventDetail>, more: u32) -> impl IntoView {
    if events.is_empty() {
        return ().into_any();
    }
    let items: Vec<_> = events.into_iter().map(item).collect();
    let more = (more > 0)
        .then(|| view! { <p class="facts">{format!("and {} more", format::count(i64::from(more)))}</p> });
    view! {
        <section class="events">
            <h3>"What happened"</h3>
            <ul>{items}</ul>
            {more}
        </section>
    }
    .into_any()
}

/// What happened, in a few words: what adds up of it is milliseconds or bytes, NaN if unknown.
pub fn title(kind: EventKind, amount: f64) -> String {
    match (kind, amount.is_nan()) {
        (EventKind::TemporaryFile, false) => {
            format!("Temporary file of {}", format::bytes(amount.max(0.0) as u64))
        }
        (EventKind::LockWait, false) => format!("Waited for a lock for {}", format::milliseconds(amount)),
        (EventKind::LockAcquired, false) => format!("Got the lock after {}", format::milliseconds(amount)),
        (EventKind::StatementTimeout, _) => "Ended by statement_timeout".to_owned(),
        (EventKind::LockTimeout, _) => "Ended by lock_timeout".to_owned(),
        (EventKind::Deadlock, _) => "Ended as part of a deadlock".to_owned(),
        (EventKind::Checkpoint, false) => format!("Checkpoint of {}", format::milliseconds(amount)),
        (EventKind::Disconnected, false) => {
            format!("End of a session of {}", format::milliseconds(amount))
        }
        (EventKind::Connected, _) => "Beginning of a session".to_owned(),
        (EventKind::Vacuum | EventKind::Analyze, false) => {
            format!("{} of {}", format::capitalised(kind.names().0), format::milliseconds(amount))
        }
        _ => format::capitalised(kind.names().0),
    }
}

fn item(event: EventDetail) -> AnyView {
    let title = title(event.kind, event.amount);
    let ended = event.kind.ends_statement();
    let state = event.state.map(|state| view! { " " <code title="SQLSTATE">{state}</code> });
    // The detail says it as well, where there is one.
    let holders = event
        .holders
        .filter(|_| event.detail.is_none())
        .map(|holders| view! { <p>{format!("The lock was held by process {holders}.")}</p> });
    // The title says it: all else in it is a name of the server's own.
    let message = (event.kind != EventKind::TemporaryFile).then(|| view! { <p>{event.message}</p> });
    let named = event.named.map(|named| {
        view! { <p>"The server names another statement, which only gave it back:"</p> <Sql text=named label="Statement the server names" /> }
    });
    let parts: Vec<_> = [event.detail, event.hint, event.context]
        .into_iter()
        .flatten()
        .map(|text| view! { <p>{text}</p> })
        .collect();
    view! {
        <li class:failed=ended>
            <strong>{title}</strong>
            {state}
            {message}
            {holders}
            {parts}
            {named}
        </li>
    }
    .into_any()
}
