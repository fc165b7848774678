//! What a change did: the findings of a recording before it that are gone, those that are left, and new ones.

use std::sync::Arc;

use flamedrop::findings::Finding;
use flamedrop::findings::changes::{Changes, is_corrected, time};
use flamedrop::findings::markdown::saving;
use leptos::prelude::*;

use crate::document::OpenDocument;
use crate::judgement::{Answer, Judged, Pairing};
use crate::state::State;

/// The choice of a recording from before a change, where one of the same kind is open.
pub fn choice(
    state: State,
    document: OpenDocument,
    pairing: Memo<Pairing>,
) -> impl Fn() -> Option<AnyView> + use<> {
    let changed = move |event: web_sys::Event| {
        let chosen = event_target_value(&event);
        let same = pairing.get_untracked().same;
        state.judging.compare(document, same.into_iter().find(|other| other.id().to_string() == chosen));
    };
    move || {
        let same = pairing.with(|pairing| pairing.same.clone());
        if same.is_empty() {
            return None;
        }
        let chosen = state.judging.earlier(document);
        let option = |other: OpenDocument| {
            let selected = chosen == Some(other.id());
            view! { <option value=other.id().to_string() selected=selected>{other.name.get()}</option> }
        };
        let options: Vec<_> = same.into_iter().map(option).collect();
        let choice = view! {
            <label>"Compared with "
                <select on:change=changed><option value="" selected=chosen.is_none()>"nothing"</option>{options}</select>
            </label>
        };
        Some(choice.into_any())
    }
}

/// What is gone, new and left, once both are judged.
pub fn what_changed(before: Answer, after: Answer) -> impl Fn() -> Option<AnyView> + use<> {
    move || Some(section(&before.get()??, &after.get()??))
}

fn section(before: &Arc<Judged>, after: &Arc<Judged>) -> AnyView {
    let all = |judged: &Judged| -> Vec<Finding> {
        judged.findings.iter().map(|(finding, _)| finding.clone()).collect()
    };
    let (earlier, later) = (all(before), all(after));
    let changes = Changes::between(&earlier, &later);
    let took = |judged: &Judged| time(std::iter::once(&judged.summary));
    let sentence = changes.sentence(
        took(before),
        took(after),
        after.summary.unit,
        is_corrected([&before.summary, &after.summary].into_iter()),
    );
    let saves = |finding: &Finding| format!("saves {}", saving(finding));
    let left = changes.left.iter().map(|(before, after)| {
        let worth = format!("saves {}; before: {}", saving(after), saving(before));
        (after.title.clone(), worth)
    });
    let gone = changes.gone.iter().map(|finding| (finding.title.clone(), saves(finding)));
    let new = changes.new.iter().map(|finding| (finding.title.clone(), saves(finding)));
    view! {
        <section class="changed-findings" aria-labelledby="changes-title">
            <h2 id="changes-title">"What the change did"</h2>
            <p class="whole">{sentence}</p>
            {list("Gone", gone.collect())}
            {list("New", new.collect())}
            {list("Left", left.collect())}
        </section>
    }
    .into_any()
}

fn list(title: &'static str, findings: Vec<(String, String)>) -> Option<AnyView> {
    if findings.is_empty() {
        return None;
    }
    let items: Vec<_> = findings
        .into_iter()
        .map(|(title, worth)| view! { <li><span>{title}</span>" "<span class="hint">{worth}</span></li> })
        .collect();
    Some(view! { <h3>{title}</h3><ul>{items}</ul> }.into_any())
}
