//! What to fix first: the findings, the whole they are a part of, and when rules speak up.

mod changes;
mod finding;
mod layers;
pub mod pareto;
mod thresholds;

use std::sync::Arc;

use flamedrop::findings::{CATALOGUE, LooksAt, Summary};
use flamedrop::format;
use flamedrop::import::Kind;
use flamedrop::protocol::ContentOverview;
use leptos::prelude::*;

use self::finding::{Entry, finding_item};
use self::layers::layers_bar;
use self::pareto::{Shown, pareto_curve};
use crate::components::recorder::Recorder;
use crate::document::OpenDocument;
use crate::judgement::{self, Judged, Pairing};
use crate::state::{State, state};
use crate::text::lower;

/// So many come before the pictures.
const FIRST: usize = 3;

/// Where a finding goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    /// The first of those that count.
    First,
    /// The others.
    Rest,
    /// The user said so.
    Dismissed,
}

/// The view.
#[component]
pub fn Findings(document: OpenDocument) -> impl IntoView {
    let state = state();
    let pairing = Memo::new(move |_| judgement::pairing(state, document));
    let answer = judgement::judged(state, document, pairing);
    let earlier = judgement::judged_earlier(state, document);
    // Once for all groups: a finding is in one of them.
    let groups = Memo::new(move |_| {
        let Some(judged) = answer.get().flatten() else { return Vec::new() };
        let text = document.search.with(|text| lower(text.trim()));
        let mut counted = 0;
        let mut group_of = |(index, mark): (usize, String)| {
            let group = if state.judging.is_dismissed(&mark) {
                Group::Dismissed
            } else {
                counted += 1;
                if counted <= FIRST { Group::First } else { Group::Rest }
            };
            (group, Entry { judged: Arc::clone(&judged), index, mark })
        };
        judged
            .findings
            .iter()
            .map(|(finding, _)| finding.mark())
            .enumerate()
            .map(&mut group_of)
            .filter(|(_, entry)| text.is_empty() || entry.says(&text))
            .collect::<Vec<_>>()
    });
    let list = move |group: Group| {
        move || {
            groups.with(|all| {
                all.iter().filter(|(of, _)| *of == group).map(|(_, entry)| entry.clone()).collect::<Vec<_>>()
            })
        }
    };
    let count = move |group: Group| groups.with(|all| all.iter().filter(|(of, _)| *of == group).count());
    let body = move || {
        let judged = match answer.get() {
            None => return message("Looking for what stands out…"),
            Some(None) => return message("Its worker is gone: open the file again."),
            Some(Some(judged)) => judged,
        };
        let nothing = judged.findings.is_empty();
        let curve = Shown {
            items: judged.summary.items.clone(),
            unit: judged.summary.unit,
            vital: judged.summary.vital as usize,
            sentence: judged.summary.vital_few(judged.profile.is_some(), judged.log.is_some()),
            functions: judged.profile.is_some(),
            others: judged.log.is_some().then_some("query"),
            go: {
                let judged = Arc::clone(&judged);
                Box::new(move |link| judged.go(state, link))
            },
        };
        view! {
            <section aria-labelledby="first-title">
                <h2 id="first-title">{if nothing { "Nothing stands out" } else { "What to fix first" }}</h2>
                {whole(&judged.summary).map(|whole| view! { <p class="whole">{whole}</p> })}
                {nothing.then(|| looked_at(state, &judged))}
                {judged.below.as_ref().map(|below| view! { <p class="below">{format!("Below the thresholds: {}.", below.title)}</p> })}
                {move || (!nothing && count(Group::First) == 0).then(|| view! { <p class="hint">{none_left(document)}</p> })}
                {entries("findings-list first", list(Group::First))}
            </section>
            {(!has_only_lines(&judged)).then(|| view! {
                <section class="pictures" aria-labelledby="whole-title">
                    <h2 id="whole-title">{format!("Where the {} goes", judged.summary.noun())}</h2>
                    {layers_bar(state, &judged.summary)}
                    {pareto_curve(state, curve)}
                </section>
            })}
            {move || (count(Group::Rest) > 0).then(|| view! {
                <section aria-labelledby="rest-title">
                    <h2 id="rest-title">"Everything else"</h2>
                    {entries("findings-list", list(Group::Rest))}
                </section>
            })}
            {move || (count(Group::Dismissed) > 0).then(|| view! {
                <details class="fold">
                    <summary><h2>{move || format!("Dismissed ({})", count(Group::Dismissed))}</h2></summary>
                    {entries("findings-list", list(Group::Dismissed))}
                </details>
            })}
            {nothing.then(|| view! {
                <section aria-labelledby="both-title"><h2 id="both-title">"Record both at once"</h2><Recorder /></section>
            })}
        }
        .into_any()
    };
    view! {
        <div class="findings"><div>
            {together(state, document, pairing)}
            {changes::what_changed(earlier, answer)}
            {body}
            {thresholds::thresholds(state)}
        </div></div>
    }
}

fn message(text: &'static str) -> AnyView {
    view! { <p class="empty" role="status">{text}</p> }.into_any()
}

/// The findings of one group.
fn entries(class: &'static str, list: impl Fn() -> Vec<Entry> + Send + Sync + 'static) -> AnyView {
    view! { <ol class=class><For each=list key=Entry::key let:entry>{finding_item(entry)}</For></ol> }
        .into_any()
}

/// Why the list is empty though something was found.
fn none_left(document: OpenDocument) -> &'static str {
    if document.search.with(|text| text.trim().is_empty()) {
        "Everything that stands out was dismissed."
    } else {
        "No finding matches the search."
    }
}

/// The document's partner and the choice of another; and whether thresholds are not the defaults.
fn together(state: State, document: OpenDocument, pairing: Memo<Pairing>) -> AnyView {
    let changed = move |event: web_sys::Event| {
        let chosen = event_target_value(&event);
        let others = pairing.get_untracked().others;
        let other = others.into_iter().find(|other| other.id().to_string() == chosen);
        state.judging.choose(document, other);
    };
    let choice = move || {
        let Pairing { kind, others, partner, .. } = pairing.get();
        if others.is_empty() {
            let wanted = if kind == Some(Kind::Profile) { "SQL log" } else { "profile" };
            let hint = format!("Add this request's {wanted} to analyse code and SQL together.");
            return view! { <p class="hint">{hint}</p> }.into_any();
        }
        let option = |other: OpenDocument| {
            let selected = partner == Some(other);
            view! { <option value=other.id().to_string() selected=selected>{other.name.get()}</option> }
        };
        let options: Vec<_> = others.into_iter().map(option).collect();
        view! {
            <label>"Together with "
                <select on:change=changed><option value="" selected=partner.is_none()>"none"</option>{options}</select>
            </label>
        }
        .into_any()
    };
    let changes = move || state.judging.changed_thresholds();
    let changed = move || {
        let text = match changes() {
            0 => return ().into_any(),
            1 => "One threshold is not the default".to_owned(),
            count => format!("{count} thresholds are not the default"),
        };
        view! {
            <p class="changed">{text} " "
                <button type="button" class="link" on:click=move |_| thresholds::reset(state)>"Use the defaults"</button>
            </p>
        }
        .into_any()
    };
    let schemas = move || {
        let names: Vec<String> = pairing
            .with(|pairing| pairing.schemas.clone())
            .into_iter()
            .map(|schema| schema.name.get())
            .collect();
        let text = format!("Indexes as in {}", names.join(", "));
        (!names.is_empty()).then(|| view! { <span class="hint">{text}</span> })
    };
    let earlier = changes::choice(state, document, pairing);
    view! { <div class="together" class:alone=move || changes() == 0>{schemas}{choice}{earlier}{changed}</div> }
        .into_any()
}

/// The whole in one sentence.
fn whole(summary: &Summary) -> Option<String> {
    let statements = match summary.executions {
        0 => String::new(),
        count if summary.database_time <= 0.0 => {
            format!("{} statements; the log has no durations", format::count(i64::from(count)))
        }
        1 => format!("one statement takes {}", format::milliseconds(summary.database_time)),
        many => format!(
            "{} statements take {}",
            format::count(i64::from(many)),
            format::milliseconds(summary.database_time)
        ),
    };
    let requests = match summary.requests {
        0 | 1 => String::new(),
        many => format!(", in {} requests", format::count(i64::from(many))),
    };
    if summary.layers.is_empty() {
        let has_any = !statements.is_empty();
        return has_any.then(|| format!("{}{requests}.", format::capitalised(&statements)));
    }
    let total = format!("Total {}", summary.unit.thousandths(summary.total));
    Some(if statements.is_empty() {
        format!("{total}.")
    } else {
        format!("{total}; {statements}{requests}.")
    })
}

/// Whether it is a profile without functions, alone: of lines, or of memory over time.
fn has_only_lines(judged: &Judged) -> bool {
    let functions = |document: OpenDocument| match &untrack(|| document.overview())?.content {
        ContentOverview::Profile(profile) => Some(profile.functions),
        _ => None,
    };
    judged.log.is_none() && judged.profile.and_then(functions) == Some(0)
}

/// `1 statement`, `2 statements`.
fn many(count: u32, what: &str) -> String {
    format!("{} {what}{}", format::count(i64::from(count)), if count == 1 { "" } else { "s" })
}

/// What was looked at, though nothing was found.
fn looked_at(state: State, judged: &Judged) -> AnyView {
    if has_only_lines(judged) {
        let text =
            "The file has no functions, which is what rules look at: its other views show what it has.";
        return view! { <p>{text}</p> }.into_any();
    }
    let seen = |looks_at: LooksAt| match looks_at {
        LooksAt::Profile => judged.profile.is_some(),
        LooksAt::Queries => judged.log.is_some(),
        LooksAt::Either => judged.profile.is_some() || judged.log.is_some(),
    };
    let rules = CATALOGUE.iter().filter(|about| seen(about.looks_at)).count();
    let mut things = Vec::new();
    for document in [judged.profile, judged.log].into_iter().flatten() {
        match untrack(|| document.overview()).map(|overview| overview.content.clone()) {
            Some(ContentOverview::Profile(profile)) => {
                things.push(many(profile.functions, "function"));
            }
            Some(ContentOverview::Queries(log)) => {
                things.push(many(log.executions, "statement"));
            }
            Some(ContentOverview::Schema(_) | ContentOverview::Requests(_)) | None => {}
        }
    }
    let changed = untrack(|| state.judging.changed_thresholds()) > 0;
    let text = format!(
        "{rules} rules looked at {} and found nothing above {} thresholds.",
        things.join(" and "),
        if changed { "your" } else { "their" }
    );
    view! { <p>{text}</p> }.into_any()
}
