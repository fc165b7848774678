//! The line at the bottom: the document's totals, what the search found, what the reader noticed.

use std::sync::Arc;

use flamedrop::document::Level;
use flamedrop::format;
use flamedrop::protocol::{ContentOverview, Overview, Request, Response};
use leptos::prelude::*;

use crate::document::{OpenDocument, answers};

/// The status line of an open document.
#[component]
pub fn StatusLine(document: OpenDocument, overview: Arc<Overview>) -> impl IntoView {
    let total = match &overview.content {
        ContentOverview::Profile(profile) => profile.total,
        ContentOverview::Queries(_) => 0.0,
    };
    let is_profile = matches!(overview.content, ContentOverview::Profile(_));
    let matches = answers(
        document,
        move || {
            let text = document.search.get();
            (is_profile && !text.trim().is_empty()).then_some(Request::SearchFunctions { text })
        },
        |response| match response {
            Response::Matches { functions, self_time } => Some((functions.len(), self_time)),
            _ => None,
        },
    );
    let found = move || {
        matches.get().map(|(_, (count, self_time))| {
            let plural = if count == 1 { "match" } else { "matches" };
            format!(
                "{} {plural}, {} of self time",
                format::count(count as i64),
                format::percent(self_time / total)
            )
        })
    };
    view! {
        <footer class="status">
            <ul class="totals" aria-label="Totals" tabindex="0">
                <li class="format">{overview.format_title.clone()}</li>
                {totals(&overview.content).into_iter().map(|text| view! { <li>{text}</li> }).collect::<Vec<_>>()}
            </ul>
            <span class="found" role="status">{found}</span>
            <Noticed overview />
        </footer>
    }
}

fn totals(content: &ContentOverview) -> Vec<String> {
    let many = |count: i64, one: &str, more: &str| {
        format!("{} {}", format::count(count), if count == 1 { one } else { more })
    };
    match content {
        ContentOverview::Profile(profile) => vec![
            format::seconds(profile.total),
            format!("{} calls", format::recursive_calls(profile.calls, profile.primitive_calls)),
            many(i64::from(profile.functions), "function", "functions"),
        ],
        ContentOverview::Queries(log) => {
            let mut texts = vec![
                many(i64::from(log.executions), "execution", "executions"),
                many(i64::from(log.fingerprints), "fingerprint", "fingerprints"),
                format!("{} in the database", format::milliseconds(log.total)),
            ];
            if let Some((first, last)) = log.span {
                let length = format::milliseconds(last - first);
                texts.push(if log.wall_clock {
                    let zone = log.zone.as_deref().map(|zone| format!(" {zone}")).unwrap_or_default();
                    format!("{} {}{zone}, over {length}", format::date(first), format::time_of_day(first))
                } else {
                    format!("no wall clock: {length} end to end")
                });
            }
            if log.failed > 0 {
                texts.push(format!("{} failed", format::count(i64::from(log.failed))));
            }
            texts
        }
    }
}

/// What the reader noticed, behind a button that says how much.
#[component]
fn Noticed(overview: Arc<Overview>) -> impl IntoView {
    let inferred = match &overview.content {
        ContentOverview::Queries(log) => log.inferred.clone(),
        ContentOverview::Profile(_) => None,
    };
    let estimated = matches!(&overview.content, ContentOverview::Profile(profile) if profile.tree_estimated);
    let diagnostics = overview.diagnostics.clone();
    let warnings = diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Warning);
    let count = diagnostics.len() + usize::from(inferred.is_some()) + usize::from(estimated);
    if count == 0 {
        return ().into_any();
    }
    let mut items: Vec<AnyView> = Vec::new();
    if estimated {
        items.push(
            view! {
                <li>
                    "Flame graph and call tree are estimated: the file says who called whom, not on which stacks. "
                    "Functions, callers and callees are exact."
                </li>
            }
            .into_any(),
        );
    }
    if let Some(inferred) = inferred {
        items.push(view! { <li>"Inferred: " <code>{inferred}</code></li> }.into_any());
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
    let label = format!("{count} {}", if count == 1 { "notice" } else { "notices" });
    view! {
        <details class="noticed" class:warning=warnings>
            <summary>{label}</summary>
            <ul>{items}</ul>
        </details>
    }
    .into_any()
}
