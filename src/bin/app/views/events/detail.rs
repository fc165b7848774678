//! The selected event in full.

use std::sync::Arc;

use flamedrop::format;
use flamedrop::protocol::{Answer, Ask, EventView, Request, Response};
use flamedrop::queries::by::By;
use flamedrop::queries::events::{Facts, condition};
use flamedrop::queries::filter::Filter;
use leptos::prelude::*;

use crate::components::cells::Units;
use crate::components::edge::Edge;
use crate::components::events::title;
use crate::components::sql::{CopySql, Sql};
use crate::document::{OpenDocument, answers};
use crate::view::View;

/// The panel of the selected event.
#[component]
pub fn EventDetails(document: OpenDocument, units: Units) -> impl IntoView {
    let log = document.log;
    let detail = answers(
        document,
        move || {
            let event = log.event.get()?;
            Some(Request::View(Filter::default(), Ask::Event { event }))
        },
        |response| match response {
            Response::View(Answer::Event(view)) => Some(Arc::<EventView>::from(view)),
            _ => None,
        },
    );
    view! {
        <aside class="details" aria-label="Selected event">
            <Edge />
            <button type="button" class="close" aria-label="Close details" on:click=move |_| log.event.set(None)>"×"</button>
            {move || detail.get().map(|(_, view)| body(document, &view, units))}
        </aside>
    }
}

fn body(document: OpenDocument, event: &EventView, units: Units) -> AnyView {
    let (row, detail) = (&event.row, &event.detail);
    let mut facts: Vec<(&'static str, String)> = vec![("Time", units.start(row.time))];
    if let Some(state) = &row.state {
        let name = condition(state).map(|name| format!(" {name}")).unwrap_or_default();
        facts.push(("SQLSTATE", format!("{state}{name}")));
    }
    let words = [
        ("Connection", &row.connection),
        ("User", &row.user),
        ("Application", &row.application),
        ("Host", &row.host),
    ];
    let named = words.into_iter().filter(|(_, value)| !value.is_empty());
    facts.extend(named.map(|(name, value)| (name, value.clone())));
    facts.extend(numbers(row.facts.as_ref()));
    let facts: Vec<_> =
        facts.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }).collect();
    let texts: Vec<_> = [detail.detail.clone(), detail.hint.clone(), detail.context.clone()]
        .into_iter()
        .flatten()
        .map(|text| view! { <p class="said-by-server">{text}</p> })
        .collect();
    let query = row.query.as_ref().map(|(id, text)| {
        let id = *id;
        view! {
            <section>
                <h3>"Query" <CopySql text=text.clone() label="Copy fingerprint" /></h3>
                <Sql text=text.clone() label="Query of the event" />
                <button type="button" class="link" on:click=move |_| to_query(document, id)>"This query in full"</button>
            </section>
        }
    });
    let statement = row.statement.map(|statement| {
        view! { <button type="button" class="link" on:click=move |_| to_statement(document, statement)>"Show the statement on the timeline"</button> }
    });
    view! {
        <section>
            <h2>{title(row.kind, row.amount)}</h2>
            <p class="said-by-server">{detail.message.clone()}</p>
            {texts}
            <dl class="numbers">{facts}</dl>
            {statement}
        </section>
        {query}
        {parts(document, event)}
        {meanwhile(document, event, units)}
    }
    .into_any()
}

fn numbers(facts: Option<&Facts>) -> Vec<(&'static str, String)> {
    let count = |value: u64| format::count(value as i64);
    let time =
        |value: f64| if value.is_nan() { format::UNKNOWN.to_owned() } else { format::milliseconds(value) };
    let list = |processes: &[u32]| {
        let texts: Vec<String> = processes.iter().map(u32::to_string).collect();
        if texts.is_empty() { format::UNKNOWN.to_owned() } else { texts.join(", ") }
    };
    match facts {
        Some(Facts::Lock(lock)) => vec![
            ("Waits", format!("process {}", lock.waiter)),
            ("Holds the lock", list(&lock.holders)),
            ("Queue", list(&lock.queue)),
            ("Waited", format!("{}{}", time(lock.waited), if lock.acquired { ", then got it" } else { "" })),
        ],
        Some(Facts::Checkpoint(checkpoint)) => {
            let [added, removed, recycled] = checkpoint.wal_files.map(i64::from).map(format::count);
            vec![
                ("Pages written", count(checkpoint.buffers)),
                ("Write", time(checkpoint.write)),
                ("Sync", time(checkpoint.sync)),
                ("In all", time(checkpoint.total)),
                ("WAL files", format!("{added} added, {removed} removed, {recycled} recycled")),
            ]
        }
        Some(Facts::Vacuum(vacuum)) => vec![
            ("Rows removed", count(vacuum.removed)),
            ("Dead rows kept", count(vacuum.kept_dead)),
            ("Rows left", count(vacuum.rows)),
            ("Pages", count(vacuum.pages)),
            ("Pages given back", count(vacuum.pages_removed)),
            ("Passes over indexes", count(u64::from(vacuum.index_scans))),
            ("Took", time(vacuum.elapsed)),
        ],
        Some(Facts::Deadlock(_)) | None => Vec::new(),
    }
}

/// What waited for each other in a deadlock.
fn parts(document: OpenDocument, event: &EventView) -> Option<AnyView> {
    if event.parts.is_empty() {
        return None;
    }
    let parts: Vec<_> = event
        .parts
        .iter()
        .enumerate()
        .map(|(place, (process, query, text))| {
            let ended = if place == 0 { " (ended)" } else { "" };
            let query = query.map(|id| {
                view! { <button type="button" class="link" on:click=move |_| to_query(document, id)>"This query in full"</button> }
            });
            view! {
                <li>
                    <strong>{format!("Process {process}{ended} waited with")}</strong>
                    <Sql text=text.clone() label="Statement of the deadlock" />
                    {query}
                </li>
            }
        })
        .collect();
    Some(
        view! { <section class="events"><h3>"Who waited for whom"</h3><p class="hint">"Each waits for the next one, the last for the first."</p><ul>{parts}</ul></section> }
            .into_any(),
    )
}

/// What the holder of a lock did while this one waited.
fn meanwhile(document: OpenDocument, event: &EventView, units: Units) -> Option<AnyView> {
    let Some(Facts::Lock(lock)) = &event.row.facts else { return None };
    if lock.holders.is_empty() {
        return None;
    }
    let said = if event.idle.is_nan() {
        "The log has no statement of the process that holds the lock.".to_owned()
    } else if event.meanwhile.is_empty() {
        "Nothing: its transaction was open while it ran no statement (idle in transaction).".to_owned()
    } else if event.idle <= 0.0 {
        "It ran statements all the while:".to_owned()
    } else {
        format!("It ran no statement for {} of the wait.", format::milliseconds(event.idle))
    };
    let rows: Vec<_> = event
        .meanwhile
        .iter()
        .map(|one| {
            let statement = one.statement;
            view! {
                <li>
                    <button type="button" class="link" on:click=move |_| to_statement(document, statement)><code>{one.text.clone()}</code></button>
                    <p class="facts">{format!("{} · {} · process {}", units.start(one.start), format::milliseconds(one.duration), one.process)}</p>
                </li>
            }
        })
        .collect();
    Some(
        view! { <section class="events"><h3>"What the holder did meanwhile"</h3><p>{said}</p><ul>{rows}</ul></section> }
            .into_any(),
    )
}

fn to_query(document: OpenDocument, query: u32) {
    document.log.group_by(By::Fingerprint);
    document.statement.set(None);
    document.fingerprint.set(Some(query));
    document.view.set(View::Queries);
}

fn to_statement(document: OpenDocument, statement: u32) {
    document.fingerprint.set(None);
    document.time_range.set(None);
    document.statement.set(Some(statement));
    document.view.set(View::Timeline);
}
