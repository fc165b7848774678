//! The line at the bottom: the document's totals, what the reader noticed.

use std::sync::Arc;

use flamedrop::document::Level;
use flamedrop::format;
use flamedrop::protocol::{ContentOverview, Overview};
use flamedrop::queries::EventKind;
use flamedrop::queries::events::EventTotal;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::setting::{Setting, SettingForm};
use crate::document::OpenDocument;
use crate::state::state;
use crate::view::View;
use crate::{again, open};

/// The status line of an open document.
#[component]
pub fn StatusLine(document: OpenDocument, overview: Arc<Overview>) -> impl IntoView {
    // Where the line is short, what does not fit is behind a button.
    let open = RwSignal::new(false);
    let state = state();
    view! {
        <footer class="status">
            <ul class="totals" class:open=open aria-label="Totals" tabindex="0">
                <li class="format">{overview.format_title.clone()}</li>
                {totals(&overview.content).into_iter().map(|text| view! { <li>{text}</li> }).collect::<Vec<_>>()}
                {events(document, &overview.content)}
            </ul>
            <button
                type="button"
                class="link small more"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {move || if open.get() { "Less" } else { "More" }}
            </button>
            <Show when=move || again::can(state, document)>
                <button
                    type="button"
                    class="link small"
                    title="Read the file as it is on disk now (R); view, selection and steps stay"
                    on:click=move |_| again::read(state, document)
                >
                    "Read again"
                </button>
            </Show>
            <Noticed document overview />
        </footer>
    }
}

/// `1 match`, `2 matches`.
fn many(count: i64, one: &str, more: &str) -> String {
    format!("{} {}", format::count(count), if count == 1 { one } else { more })
}

fn totals(content: &ContentOverview) -> Vec<String> {
    match content {
        // Lines and memory have no total that is the file's.
        ContentOverview::Profile(profile)
            if profile.functions == 0 && (profile.has_lines || profile.has_series) =>
        {
            Vec::new()
        }
        ContentOverview::Profile(profile) => {
            let mut texts = vec![if profile.has_times {
                profile.unit.text(profile.total)
            } else {
                "no times".to_owned()
            }];
            texts.extend(profile.calls.map(|calls| {
                format!(
                    "{} {}",
                    format::recursive_calls(profile.calls, profile.primitive_calls),
                    if calls == 1 { "call" } else { "calls" }
                )
            }));
            texts.extend(profile.samples.map(|samples| many(samples, "sample", "samples")));
            let shown = many(i64::from(profile.shown_functions), "function", "functions");
            texts.push(if profile.steps.is_empty() { shown } else { format!("{shown} left") });
            texts
        }
        ContentOverview::Queries(log) | ContentOverview::Requests(log) => {
            let requests = matches!(content, ContentOverview::Requests(_));
            let mut texts = match requests {
                true => vec![
                    many(i64::from(log.executions), "request", "requests"),
                    many(i64::from(log.fingerprints), "route", "routes"),
                ],
                false => vec![
                    many(i64::from(log.executions), "execution", "executions"),
                    many(i64::from(log.fingerprints), "fingerprint", "fingerprints"),
                ],
            };
            texts.push(match (log.without_duration == log.executions, requests) {
                (true, _) => "durations not logged".to_owned(),
                (false, true) => format!("{} in all", format::milliseconds(log.total)),
                (false, false) => format!("{} in the database", format::milliseconds(log.total)),
            });
            if let Some((first, last)) = log.span {
                let length = format::milliseconds(last - first);
                texts.push(if log.wall_clock {
                    let zone = log.zone.as_deref().map(|zone| format!(" {zone}")).unwrap_or_default();
                    format!("{} {}{zone}, over {length}", format::date(first), format::time_of_day(first))
                } else {
                    format!("no wall clock: {length} end to end")
                });
            }
            let failed = log.failed.saturating_add(log.attempts);
            if failed > 0 {
                texts.push(format!("{} failed", format::count(i64::from(failed))));
            }
            texts
        }
        ContentOverview::Schema(schema) => vec![
            many(i64::from(schema.tables), "table", "tables"),
            many(i64::from(schema.columns), "column", "columns"),
            many(i64::from(schema.indexes), "key or index", "keys and indexes"),
        ],
    }
}

/// What else the log says, each of which leads there.
fn events(document: OpenDocument, content: &ContentOverview) -> Vec<AnyView> {
    // Locks that were got are waits that ended; plans, sessions and what goes by itself are no trouble.
    const QUIET: [EventKind; 5] = [
        EventKind::LockAcquired,
        EventKind::Plan,
        EventKind::Connected,
        EventKind::Disconnected,
        EventKind::Analyze,
    ];
    let ContentOverview::Queries(log) = content else { return Vec::new() };
    let loud = log.events.iter().filter(|total| !QUIET.contains(&total.kind));
    let item = |total: &EventTotal| {
        let class = total.kind.class();
        view! {
            <li><button type="button" class="link" on:click=move |_| {
                document.log.show_events(class);
                document.view.set(View::Events);
            }>{total.kind.counted(total.count)}</button></li>
        }
        .into_any()
    };
    loud.map(item).collect()
}

/// What the reader noticed, behind a button that says how much.
#[component]
fn Noticed(document: OpenDocument, overview: Arc<Overview>) -> impl IntoView {
    let inferred = match &overview.content {
        ContentOverview::Queries(log) | ContentOverview::Requests(log) => log.inferred.clone(),
        ContentOverview::Profile(_) | ContentOverview::Schema(_) => None,
    };
    let estimated = matches!(&overview.content, ContentOverview::Profile(profile) if profile.tree_estimated && profile.has_callers);
    let narrowed =
        matches!(&overview.content, ContentOverview::Profile(profile) if !profile.steps.is_empty());
    let diagnostics = overview.diagnostics.clone();
    let warnings = diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Warning);
    let count = diagnostics.len() + usize::from(inferred.is_some()) + usize::from(estimated);
    let laid_out = LAID_OUT.contains(&overview.format.as_str());
    if count == 0 && !laid_out && !PREFIXED.contains(&overview.format.as_str()) {
        return ().into_any();
    }
    let mut items: Vec<AnyView> = Vec::new();
    if estimated {
        items.push(
            view! {
                <li>
                    "Flame graph and call tree are estimated: the file says who called whom, not on which stacks. "
                    {if narrowed { "So is what steps make of them." } else { "Functions, callers and callees are exact." }}
                </li>
            }
            .into_any(),
        );
    }
    if let Some(inferred) = inferred {
        items.push(view! { <li>"Inferred: " <code>{inferred}</code></li> }.into_any());
    }
    if laid_out || PREFIXED.contains(&overview.format.as_str()) {
        let setting = if laid_out { Setting::Layout } else { Setting::Prefix };
        items.push(view! { <li><SettingForm document setting /></li> }.into_any());
    }
    for diagnostic in diagnostics {
        let times =
            (diagnostic.count > 1).then(|| format!(" ({} times)", format::count(diagnostic.count as i64)));
        let first = diagnostic.first.map(|first| view! { <small>"First: " {first}</small> });
        items.push(
            view! {
                <li class:warning=diagnostic.level == Level::Warning>{diagnostic.message} {times} {first}</li>
            }
            .into_any(),
        );
    }
    if !overview.parts.is_empty() {
        let state = state();
        let parts = overview.parts.clone();
        let open_apart = move |_| open::apart(state, document, &parts);
        items.push(
            view! { <li><button type="button" class="link" on:click=open_apart>"Open the files apart"</button></li> }
                .into_any(),
        );
    }
    let label = format!("{count} {}", if count == 1 { "notice" } else { "notices" });
    view! {
        <details class="noticed" class:warning=warnings on:keydown=close_on_escape>
            <summary>{label}</summary>
            <ul>{items}</ul>
        </details>
    }
    .into_any()
}

/// Formats whose lines begin as log_line_prefix says.
const PREFIXED: [&str; 2] = ["postgres-stderr", "postgres-syslog"];

/// Formats of requests whose layout is worked out, and may be given instead.
const LAID_OUT: [&str; 9] = [
    "access-log",
    "nginx-access",
    "apache-access",
    "gunicorn-access",
    "uwsgi-log",
    "granian-access",
    "hypercorn-access",
    "daphne-access",
    "runserver-log",
];

fn close_on_escape(event: web_sys::KeyboardEvent) {
    let list = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    if let Some(list) = list.filter(|list| event.key() == "Escape" && list.has_attribute("open")) {
        let _ = list.remove_attribute("open");
        event.stop_propagation();
    }
}
