//! What happened to the statements of the selected group, in a line for each kind.

use std::sync::Arc;

use flamedrop::protocol::{Answer, Ask, EventColumn, EventGroupRow, Request, Response, Window};
use flamedrop::queries::EventKind;
use flamedrop::queries::by::By;
use flamedrop::queries::events::{EventBy, EventFigures, EventTotal};
use leptos::prelude::*;

use crate::components::cells::Units;
use crate::document::{OpenDocument, answers};
use crate::log_view::{filter, only};
use crate::view::View;

/// What happened to its statements in the time that is looked at: a line for each kind, which leads to the events.
#[component]
pub fn Happened(document: OpenDocument, by: By, key: u32, value: String, units: Units) -> impl IntoView {
    let kinds = answers(
        document,
        move || {
            let window = Window {
                sort: EventColumn::Count,
                descending: true,
                first: 0,
                count: u32::MAX,
                selected: None,
            };
            let ask = Ask::EventGroups { class: None, by: EventBy::Kind, within: Some((by, key)), window };
            Some(Request::View(filter(document), ask))
        },
        |response| match response {
            Response::View(Answer::EventGroups(page, _)) => Some(Arc::new(page.page)),
            _ => None,
        },
    );
    let value = StoredValue::new(value);
    move || {
        let (_, rows) = kinds.get()?;
        let line = |row: &EventGroupRow| {
            let kind = EventKind::ALL.into_iter().find(|kind| *kind as u32 == row.key)?;
            if kind == EventKind::Plan {
                return None;
            }
            let EventFigures { count, amount, largest, known, first, last, .. } = row.figures;
            let text = EventTotal { kind, count, amount, largest, known }.text();
            let when = if first.is_nan() {
                String::new()
            } else if first == last {
                units.start(first)
            } else {
                format!("{} to {}", units.start(first), units.start(last))
            };
            let cure = cure(kind).map(|cure| view! { <small>{cure}</small> });
            Some(view! {
                <li class:failed=kind.ends_statement()>
                    <button type="button" class="link" on:click=move |_| {
                        only(document, by, value.get_value());
                        document.log.show_events(kind.class());
                        document.view.set(View::Events);
                    }>{text}</button>
                    " " <small class="numbers">{when}</small> " " {cure}
                </li>
            })
        };
        let lines: Vec<_> = rows.iter().filter_map(line).collect();
        (!lines.is_empty()).then(|| {
            view! { <section class="happened"><h3>"What happened"</h3><ul>{lines}</ul></section> }
        })
    }
}

/// What helps, in two words; the findings say more.
fn cure(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::TemporaryFile => Some("raise work_mem"),
        EventKind::Deadlock => Some("lock in one order"),
        _ => None,
    }
}
