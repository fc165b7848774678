//! What to fix first: the findings, the whole they are a part of, and when rules speak up.

mod finding;
mod layers;
mod pareto;
mod thresholds;

use std::sync::Arc;

use flamedrop::findings::{CATALOGUE, LooksAt, Summary};
use flamedrop::format;
use flamedrop::import::Kind;
use flamedrop::protocol::ContentOverview;
use leptos::prelude::*;

use self::finding::{Entry, FindingItem};
use self::layers::LayersBar;
use self::pareto::ParetoCurve;
use self::thresholds::Thresholds;
use crate::components::recorder::Recorder;
use crate::document::OpenDocument;
use crate::judgement::{self, Judged};
use crate::state::{State, state};

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
    let answer = judgement::judged(state, document);
    let judged = Memo::new_with_compare(move |_| answer.get().flatten(), same);
    // Once for all groups: a finding is in one of them.
    let groups = Memo::new(move |_| {
        let Some(judged) = judged.get() else { return Vec::new() };
        let text = document.search.with(|text| text.trim().to_lowercase());
        let mut counted = 0;
        let mut group_of = |(index, mark): (usize, String)| {
            let group = if state.judging.dismissed.with(|dismissed| dismissed.contains(&mark)) {
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
        let judged = match answer.with(|answer| answer.is_none()) {
            true => {
                return view! { <p class="empty" role="status">"Looking for what stands out…"</p> }
                    .into_any();
            }
            false => judged.get(),
        };
        let Some(judged) = judged else {
            return view! { <p class="empty">"Its worker is gone: open the file again."</p> }.into_any();
        };
        let nothing = judged.findings.is_empty();
        let (pictured, layered) = (Arc::clone(&judged), judged.summary.clone());
        view! {
            <section aria-labelledby="first-title">
                <h2 id="first-title">{if nothing { "Nothing stands out" } else { "What to fix first" }}</h2>
                <p class="whole">{whole(&judged.summary)}</p>
                {nothing.then(|| looked_at(state, &judged))}
                {move || (!nothing && count(Group::First) == 0).then(|| view! { <p class="hint">{none_left(document)}</p> })}
                <ol class="findings-list first"><For each=list(Group::First) key=Entry::key let:entry><FindingItem entry /></For></ol>
            </section>
            <section class="pictures" aria-labelledby="whole-title">
                <h2 id="whole-title">"Where the time goes"</h2>
                <LayersBar summary=layered />
                <ParetoCurve judged=pictured />
            </section>
            {move || (count(Group::Rest) > 0).then(|| view! {
                <section aria-labelledby="rest-title">
                    <h2 id="rest-title">"Everything else"</h2>
                    <ol class="findings-list"><For each=list(Group::Rest) key=Entry::key let:entry><FindingItem entry /></For></ol>
                </section>
            })}
            {move || (count(Group::Dismissed) > 0).then(|| view! {
                <details class="fold">
                    <summary><h2>{move || format!("Dismissed ({})", count(Group::Dismissed))}</h2></summary>
                    <ol class="findings-list"><For each=list(Group::Dismissed) key=Entry::key let:entry><FindingItem entry /></For></ol>
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
            <Together document />
            {body}
            <Thresholds />
        </div></div>
    }
}

fn same(one: Option<&Option<Arc<Judged>>>, other: Option<&Option<Arc<Judged>>>) -> bool {
    match (one.and_then(Option::as_ref), other.and_then(Option::as_ref)) {
        (Some(one), Some(other)) => !Arc::ptr_eq(one, other),
        (one, other) => one.is_some() != other.is_some(),
    }
}

/// Why the list is empty though something was found.
fn none_left(document: OpenDocument) -> &'static str {
    if document.search.with(|text| text.trim().is_empty()) {
        "Everything that stands out was dismissed."
    } else {
        "No finding matches the search."
    }
}

/// The document's partner, and the choice of another.
#[component]
fn Together(document: OpenDocument) -> impl IntoView {
    let state = state();
    let kind = Memo::new(move |_| judgement::kind(document));
    let others = Memo::new(move |_| {
        let mut open = judgement::candidates(state);
        open.retain(|(_, other)| Some(*other) != kind.get());
        open.into_iter().map(|(open, _)| open).collect::<Vec<_>>()
    });
    let partner = Memo::new(move |_| judgement::partner(state, document));
    let wanted = move || if kind.get() == Some(Kind::Profile) { "SQL log" } else { "profile" };
    let changed = move |event: web_sys::Event| {
        let chosen = event_target_value(&event);
        let other = others.get_untracked().into_iter().find(|other| other.id().to_string() == chosen);
        state.judging.choose(document, other);
    };
    let choice = move || {
        let (others, partner) = (others.get(), partner.get());
        if others.is_empty() {
            let hint = format!(
                "Drop the {} of the same request as well: code and SQL are judged together.",
                wanted()
            );
            return view! { <p class="hint">{hint}</p> }.into_any();
        }
        let options: Vec<_> = others
            .into_iter()
            .map(|other| {
                let selected = partner == Some(other);
                view! { <option value=other.id().to_string() selected=selected>{other.name.get()}</option> }
            })
            .collect();
        view! {
            <label>"Together with "
                <select on:change=changed><option value="" selected=partner.is_none()>"none"</option>{options}</select>
            </label>
        }
        .into_any()
    };
    let changes = move || state.judging.thresholds.with(|settings| settings.iter().count());
    view! {
        <div class="together" class:alone=move || changes() == 0>
            {choice}
            {move || (changes() > 0).then(|| {
                let text = match changes() {
                    1 => "One threshold is not the default".to_owned(),
                    count => format!("{count} thresholds are not the default"),
                };
                view! {
                    <p class="changed">{text} " "
                        <button type="button" class="link" on:click=move |_| thresholds::reset(state)>"Use the defaults"</button>
                    </p>
                }
            })}
        </div>
    }
}

/// The whole in one sentence.
fn whole(summary: &Summary) -> String {
    let statements = match summary.executions {
        0 => String::new(),
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
        let mut letters = statements.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
        return format!("{first}{}{requests}.", letters.as_str());
    }
    let total = format!("{} in all", format::milliseconds(summary.total));
    if statements.is_empty() { format!("{total}.") } else { format!("{total}; {statements}{requests}.") }
}

/// `1 statement`, `2 statements`.
fn many(count: u32, what: &str) -> String {
    format!("{} {what}{}", format::count(i64::from(count)), if count == 1 { "" } else { "s" })
}

/// What was looked at, though nothing was found.
fn looked_at(state: State, judged: &Judged) -> AnyView {
    let seen = |looks_at: LooksAt| match looks_at {
        LooksAt::Profile => judged.profile.is_some(),
        LooksAt::Queries => judged.log.is_some(),
        LooksAt::Both => judged.profile.is_some() && judged.log.is_some(),
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
            None => {}
        }
    }
    let changed = state.judging.thresholds.with_untracked(|settings| settings.iter().next().is_some());
    let text = format!(
        "{rules} rules looked at {} and found nothing above {} thresholds.",
        things.join(" and "),
        if changed { "your" } else { "their" }
    );
    view! { <p>{text}</p> }.into_any()
}
