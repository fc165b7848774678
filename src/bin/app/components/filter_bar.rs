//! What all views of a log are about: the range of time, chips for every condition, how much is left;
//! and the form that adds conditions.

use std::sync::Arc;

use flamedrop::format;
use flamedrop::protocol::{Answer, Ask, GroupColumn, GroupRow, QueriesOverview, Request, Response, Window};
use flamedrop::queries::by::By;
use flamedrop::queries::figures::Figures;
use flamedrop::queries::filter::{Facet, Filter};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use super::kinds::KindSelect;
use super::range_strip::RangeStrip;
use crate::document::{OpenDocument, answers};
use crate::log_view::THRESHOLD;
use crate::text;
use crate::text::start_text;

/// Values that are offered, those of most time.
const OFFERED: u32 = 200;

/// Characters of a value on a chip.
const CHIP: usize = 48;

/// The bar.
#[component]
pub fn FilterBar(document: OpenDocument, overview: QueriesOverview) -> impl IntoView {
    // Without single statements there are no other groups.
    let statistics = overview.statistics;
    let requests = untrack(|| document.is_requests());
    let by = match requests {
        true => By::Status,
        false if statistics || overview.results_only => By::Fingerprint,
        false => By::Operation,
    };
    let many = if requests { "requests" } else { "statements" };
    let totals = answers(
        document,
        move || {
            let window =
                Window { sort: GroupColumn::Total, descending: true, first: 0, count: 0, selected: None };
            Some(document.through_filter(Ask::Groups { by, window, charts: false, threshold: THRESHOLD }))
        },
        |response| match response {
            Response::View(Answer::Groups(_, whole)) => Some(*whole),
            _ => None,
        },
    );
    let (executions, total) = (overview.executions, overview.total);
    let summary = move || {
        let figures: Figures = totals.get()?.1;
        let all = document.asked().is_all();
        let calls = format::count(i64::from(figures.calls));
        let time = format::milliseconds(figures.total);
        let timed = figures.timed() > 0 || statistics;
        Some(if all && !timed {
            format!("{calls} {many}")
        } else if all {
            format!("{calls} {many} · {time}")
        } else {
            let of = format::count(i64::from(executions));
            format!("{calls} of {of} {many} · {time} of {}", format::milliseconds(total))
        })
        .map(|text| match figures.attempts {
            0 => text,
            attempts => format!("{text} · {} failed beside them", format::count(i64::from(attempts))),
        })
    };
    // What is found at once is not all: the rest is offered where that is seen.
    let can_search = !statistics && !overview.results_only;
    let searched = can_search.then(|| view! { <AllTexts document /> });
    let span = overview.span;
    let (origin, wall_clock) = (span.map_or(0.0, |(first, _)| first), overview.wall_clock);
    let strip = span.filter(|(first, last)| last > first).map(|_| {
        let overview = overview.clone();
        view! { <RangeStrip document overview /> }
    });
    view! {
        <section class="filter-bar" aria-label="Filter">
            {strip}
            <div class="chips">
                <p class="summary" aria-live="polite">{summary}</p>
                <Chips document origin wall_clock />
                {searched}
                <details class="fold small adder">
                    <summary>"Filter"</summary>
                    <Adder document />
                </details>
            </div>
        </section>
    }
}

/// One chip; its button takes the condition away.
fn chip(text: String, remove: impl Fn() + 'static) -> AnyView {
    let label = format!("Remove filter {text}");
    let short = match text.char_indices().nth(CHIP) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.clone(),
    };
    view! {
        <li><button type="button" class="chip" title=text aria-label=label on:click=move |_| {
            remove();
            keep_focus();
        }>{short} <span aria-hidden="true">"×"</span></button></li>
    }
    .into_any()
}

/// The chip that had the focus goes: the next one has it then, or else the form.
fn keep_focus() {
    request_animation_frame(|| {
        let next =
            leptos::prelude::document().query_selector(".filter-bar .chip, .filter-bar .adder summary");
        if let Some(next) = next.ok().flatten().and_then(|next| next.dyn_into::<web_sys::HtmlElement>().ok())
        {
            let _ = next.focus();
        }
    });
}

#[component]
fn Chips(document: OpenDocument, origin: f64, wall_clock: bool) -> impl IntoView {
    // Numbers of queries, connections and requests are no names.
    let labels = answers(
        document,
        move || {
            let filter = document.filter.get();
            (!filter.facets.is_empty()).then_some(Request::View(filter, Ask::Labels))
        },
        |response| match response {
            Response::View(Answer::Labels(labels)) => Some(Arc::new(labels)),
            _ => None,
        },
    );
    let change = move |change: Box<dyn Fn(&mut Filter)>| document.filter.update(|filter| change(filter));
    move || {
        let filter = document.filter.get();
        let labels = labels.get().map(|(_, labels)| labels);
        let mut chips = Vec::new();
        if let Some((from, to)) = filter.range {
            let from_text = start_text(origin + from, wall_clock);
            let text = format!("{} from {from_text}", format::milliseconds(to - from));
            chips.push(chip(text, move || change(Box::new(|filter| filter.range = None))));
        }
        for (at, facet) in filter.facets.iter().enumerate() {
            let known = labels.as_ref().and_then(|labels| labels.get(at).cloned());
            let name = known.unwrap_or_else(|| facet.value.clone());
            let text = format!("{}{}: {name}", if facet.not { "not " } else { "" }, facet.by.title());
            let facet = facet.clone();
            chips.push(chip(text, move || {
                let facet = facet.clone();
                change(Box::new(move |filter| filter.facets.retain(|other| *other != facet)));
            }));
        }
        if let Some(shortest) = filter.shortest {
            let text = format!("at least {}", format::milliseconds(shortest));
            chips.push(chip(text, move || change(Box::new(|filter| filter.shortest = None))));
        }
        if let Some(longest) = filter.longest {
            let text = format!("at most {}", format::milliseconds(longest));
            chips.push(chip(text, move || change(Box::new(|filter| filter.longest = None))));
        }
        if filter.failed {
            chips.push(chip("failed".to_owned(), move || change(Box::new(|filter| filter.failed = false))));
        }
        let search = document.search.get();
        if !search.trim().is_empty() {
            let requests = untrack(|| document.is_requests());
            let place = match (filter.all_texts, requests) {
                (true, true) => "in any line",
                (true, false) => "in any text",
                (false, true) => "in routes and examples",
                (false, false) => "in queries and examples",
            };
            let text = format!("“{}” {place}", search.trim());
            chips.push(chip(text, move || {
                change(Box::new(|filter| filter.all_texts = false));
                document.search.set(String::new());
            }));
        }
        let several = chips.len() > 1;
        let clear = several.then(|| {
            view! {
                <li><button type="button" class="link" on:click=move |_| {
                    document.filter.set(Filter::default());
                    document.search.set(String::new());
                    keep_focus();
                }>"Clear all"</button></li>
            }
        });
        (!chips.is_empty()).then(|| view! { <ul aria-label="Conditions">{chips}{clear}</ul> })
    }
}

/// The form that adds conditions.
#[component]
fn Adder(document: OpenDocument) -> impl IntoView {
    let (by, value) = (document.log.adding, document.log.adding_value);
    let values = answers(
        document,
        move || {
            let window = Window {
                sort: GroupColumn::Total,
                descending: true,
                first: 0,
                count: OFFERED,
                selected: None,
            };
            let ask = Ask::Groups { by: by.get(), window, charts: false, threshold: THRESHOLD };
            Some(Request::View(Filter::default(), ask))
        },
        |response| match response {
            Response::View(Answer::Groups(page, _)) => Some(Arc::new(page.page)),
            _ => None,
        },
    );
    let options = move || {
        let rows: Option<Arc<Vec<GroupRow>>> = values.get().map(|(_, rows)| rows);
        let rows = rows.unwrap_or_default();
        // What was chosen stays for as long as it is offered.
        let chosen = value.get_untracked().filter(|chosen| rows.iter().any(|row| row.value == *chosen));
        let chosen = chosen.or_else(|| rows.first().map(|row| row.value.clone()));
        let options = rows.iter().map(|row| {
            let label: String = row.label.chars().take(80).collect();
            let selected = chosen.as_ref() == Some(&row.value);
            view! { <option value=row.value.clone() selected=selected>{label}</option> }
        });
        let options = options.collect::<Vec<_>>();
        if !rows.is_empty() {
            value.set(chosen);
        }
        options
    };
    let add = move |not: bool| {
        if let Some(value) = value.get_untracked() {
            let facet = Facet { by: by.get_untracked(), value, not };
            document.filter.update(|filter| {
                if !filter.facets.contains(&facet) {
                    filter.toggle(facet);
                }
            });
        }
    };
    let bound = move |event: web_sys::Event| {
        let number = text::number(&event_target_value(&event));
        number.filter(|number| number.is_finite() && *number >= 0.0)
    };
    let shown = |bound: Option<f64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
    view! {
        <div class="fields">
            <KindSelect document label="Kind" kinds=&By::ALL chosen=by />
            <label>"Value " <select on:change=move |event| value.set(Some(event_target_value(&event)))>{options}</select></label>
            <button type="button" on:click=move |_| add(false)>"Include"</button>
            <button type="button" on:click=move |_| add(true)>"Exclude"</button>
            <label>"At least " <input type="number" min="0" step="any"
                prop:value=move || shown(document.filter.get().shortest)
                on:change=move |event| {
                    let bound = bound(event);
                    document.filter.update(|filter| filter.shortest = bound);
                } /> " ms"</label>
            <label>"At most " <input type="number" min="0" step="any"
                prop:value=move || shown(document.filter.get().longest)
                on:change=move |event| {
                    let bound = bound(event);
                    document.filter.update(|filter| filter.longest = bound);
                } /> " ms"</label>
            <label><input type="checkbox"
                prop:checked=move || document.filter.get().failed
                on:change=move |event| {
                    let failed = event_target_checked(&event);
                    document.filter.update(|filter| filter.failed = failed);
                } /> " failed only"</label>
        </div>
    }
}

/// Looks for what the search box says in every statement's own text and plans and in every event, which reads the file
/// again.
#[component]
fn AllTexts(document: OpenDocument) -> impl IntoView {
    // How far it is, while it runs: statements done and in all.
    let running = RwSignal::new(None::<(u32, u32)>);
    let text = move || document.search.with(|search| search.trim().to_owned());
    let start = move || {
        let wanted = untrack(text);
        running.set(Some((0, 1)));
        spawn_local(async move {
            loop {
                // What was searched before is not searched again; what was cancelled goes on.
                let ask = Ask::Search { text: wanted.clone(), begin: false };
                let answer = document.ask(Request::View(Filter::default(), ask)).await;
                // Cancelled, or the view has gone.
                if running.try_get_untracked().flatten().is_none() {
                    return;
                }
                match answer {
                    Some(Response::View(Answer::Searched { done, all, .. })) if done < all => {
                        running.set(Some((done, all)));
                    }
                    Some(Response::View(Answer::Searched { .. })) => break,
                    _ => {
                        running.set(None);
                        return;
                    }
                }
            }
            running.set(None);
            if untrack(text) == wanted {
                document.filter.update(|filter| filter.all_texts = true);
            }
        });
    };
    // A link asks for it: this visit has not searched yet.
    if document.filter.with_untracked(|filter| filter.all_texts) {
        document.filter.update(|filter| filter.all_texts = false);
        if !untrack(text).is_empty() {
            start();
        }
    }
    // Another text is another search.
    let searched = StoredValue::new(untrack(text));
    crate::effect::effect(move || {
        let text = text();
        if searched.get_value() != text {
            searched.set_value(text);
            running.set(None);
            if document.filter.with_untracked(|filter| filter.all_texts) {
                document.filter.update(|filter| filter.all_texts = false);
            }
        }
    });
    move || {
        match running.get() {
        Some((done, all)) => view! {
            <span class="searching">
                <progress aria-label="Searching all texts" max=all.to_string() value=done.to_string()></progress>
                <button type="button" on:click=move |_| running.set(None)>"Cancel"</button>
            </span>
        }
        .into_any(),
        None if text().is_empty() || document.filter.with(|filter| filter.all_texts) => ().into_any(),
        None => view! {
            <button
                type="button"
                class="link"
                title=match untrack(|| document.is_requests()) {
                    true => "Looks for what the search box says in every line: the file is read again",
                    false => "Looks for what the search box says in every statement's own text, parameters and plans, and in all that the log says of events: the file is read again",
                }
                on:click=move |_| start()
            >
                {if untrack(|| document.is_requests()) { "Search whole lines" } else { "Search full texts" }}
            </button>
        }
        .into_any(),
    }
    }
}
