//! Many recordings in one tab: what each took, and which functions took most in all of them.

mod ranked;
mod table;

use std::sync::Arc;

use flamedrop::format::{self, counted};
use flamedrop::protocol::Failure;
use leptos::prelude::*;

use self::ranked::Ranked;
use self::table::RecordingsTable;
use crate::document::OpenDocument;
use crate::group::{self, GroupState, Known, Ranking};
use crate::keys;
use crate::state::state;

/// So many files that are no recordings are listed.
const LISTED: usize = 200;

/// The recordings.
#[component]
pub fn Recordings(document: OpenDocument) -> impl IntoView {
    let group = document.group;
    // Until a line is there, nobody knows whether there is anything to list.
    let has_any = Memo::new(move |_| {
        !group.is_settled() || group.members.with(|members| members.iter().any(|one| one.brief().is_some()))
    });
    let table = move || match has_any.get() {
        true => view! { <Hands document /> <RecordingsTable document /> }.into_any(),
        false => view! {
            <div class="not-saved">
                <h2>"No recordings"</h2>
                <p>"None of these files is a profile or a log."</p>
            </div>
        }
        .into_any(),
    };
    view! {
        <div class="of-recordings">
            {table}
            <Others group is_open=Signal::derive(move || !has_any.get()) />
        </div>
    }
}

/// What can be done with recordings, and what they are together.
#[component]
fn Hands(document: OpenDocument) -> impl IntoView {
    let state = state();
    let group = document.group;
    let open = move |_| {
        if let Some(id) = group.selected.get_untracked() {
            group::open_with_partner(state, document, id);
        }
    };
    let can_open =
        move || group.selected.get().and_then(|id| group.member(id)).is_some_and(|one| one.brief().is_some());
    let two = Memo::new(move |_| group.two());
    let compare = move |_| {
        if let Some(two) = two.get_untracked() {
            group::compare(state, document, two);
        }
    };
    let side = Memo::new(move |_| group.side());
    let sides = move || {
        let before = group.before.get();
        if before.is_empty() {
            let set_aside = move |_| {
                group.before.set(side.get_untracked().unwrap_or_default());
                group.chosen.set(Vec::new());
            };
            return view! {
                <button
                    type="button"
                    title="Compare several with several: choose those recorded before the change, then those after it"
                    disabled=move || side.with(Option::is_none)
                    on:click=set_aside
                >
                    "Set as before"
                </button>
            }
            .into_any();
        }
        let count = before.len();
        let compare = move |_| {
            if let Some(after) = side.get_untracked() {
                group::compare_sides(state, document, &group.before.get_untracked(), &after);
            }
        };
        view! {
            <button
                type="button"
                title="Opens them all, and shows what changed beside what is chance"
                disabled=move || side.with(Option::is_none)
                on:click=compare
            >
                {move || match side.with(|side| side.as_ref().map(Vec::len)) {
                    Some(after) => format!("Compare {count} before with {after} after"),
                    None => format!("Choose those after, to compare with {count} before"),
                }}
            </button>
            <button type="button" class="chip" aria-label="None is before" on:click=move |_| group.before.set(Vec::new())>
                {format!("Before: {count} ")}<span aria-hidden="true">"×"</span>
            </button>
        }
        .into_any()
    };
    let profiles = Memo::new(move |_| group.profiles());
    let merge = move |_| group::merge(state, document, &profiles.get_untracked());
    let merging = move || match (group.merging.get(), profiles.with(Vec::len)) {
        (Some((done, of)), _) => format!("Merging {done} of {of}"),
        (None, count) if group.chosen.with(Vec::is_empty) => {
            format!("Merge all {} profiles", format::count(count as i64))
        }
        (None, count) => format!("Merge {}", counted(count as i64, "profile", "profiles")),
    };
    let can_merge = move || group.merging.with(Option::is_none) && profiles.with(|all| all.len() > 1);
    let choose = move |_| match group.chosen.with_untracked(Vec::is_empty) {
        // Those that the search leaves.
        true => group.chosen.set(shown(document)),
        false => group.chosen.set(Vec::new()),
    };
    view! {
        <div class="view-bar">
            <button type="button" title="Open the recording in a tab of its own (Enter)" disabled=move || !can_open() on:click=open>
                "Open recording"
            </button>
            <button
                type="button"
                title="Choose two (Space); the one recorded first is before the change"
                disabled=move || two.with(Option::is_none)
                on:click=compare
            >
                "Compare two"
            </button>
            {sides}
            <button
                type="button"
                title="One profile of what each function took in all of them, as pstats' add makes it"
                disabled=move || !can_merge()
                on:click=merge
            >
                {merging}
            </button>
            <button type="button" on:click=choose>
                {move || if group.chosen.with(Vec::is_empty) { "Choose all" } else { "Choose none" }}
            </button>
            <p class="sum" role="status">{move || sentence(group)}</p>
        </div>
    }
}

/// The recordings that the search leaves.
fn shown(document: OpenDocument) -> Vec<u32> {
    untrack(|| {
        let listed = document.search.with(|search| document.group.listed(search));
        let is_recording = |id: &u32| document.group.member(*id).is_some_and(|one| one.brief().is_some());
        listed.into_iter().filter(is_recording).collect()
    })
}

/// How far it is, or what they are together.
fn sentence(group: GroupState) -> String {
    let (read, of) = group.progress();
    if read < of {
        return format!("{} of {} read", format::count(read as i64), format::count(of as i64));
    }
    let (count, total) = group.members.with(|members| {
        let briefs: Vec<_> = members.iter().filter_map(|member| member.brief()).collect();
        let unit = briefs.first().map(|brief| brief.unit);
        // Seconds and bytes have no sum.
        let one = briefs.iter().all(|brief| Some(brief.unit) == unit);
        let total: f64 = briefs.iter().filter_map(|brief| brief.total).sum();
        (briefs.len(), unit.filter(|_| one && total > 0.0).map(|unit| unit.text(total)))
    });
    let mut said = counted(count as i64, "recording", "recordings");
    if let Some(total) = total {
        said.push_str(&format!(", total {total}"));
    }
    let (judged, of) = group.judged();
    if judged < of {
        said.push_str(&format!(", {} looked through for findings", format::count(judged as i64)));
    }
    let chosen = group.chosen.with(Vec::len);
    if chosen > 0 {
        said.push_str(&format!(", {} chosen", format::count(chosen as i64)));
    }
    said
}

/// What is no recording, and why.
#[component]
fn Others(group: GroupState, is_open: Signal<bool>) -> impl IntoView {
    let others = Memo::new(move |_| {
        group.members.with(|members| {
            let other = |member: &group::Member| match &member.known {
                Known::Not(failure) => Some((member.name.clone(), Arc::clone(failure))),
                _ => None,
            };
            members.iter().filter_map(other).collect::<Vec<_>>()
        })
    });
    let rows = move || {
        let row = |(name, failure): &(String, Arc<Failure>)| {
            view! { <li><span class="name">{name.clone()}</span> <span class="why">{why(failure)}</span></li> }
        };
        let more = others.with(Vec::len).saturating_sub(LISTED);
        let more = (more > 0).then(|| view! { <li>{format!("{} more", format::count(more as i64))}</li> });
        (others.with(|others| others.iter().take(LISTED).map(row).collect::<Vec<_>>()), more)
    };
    let count = move || {
        format!("{} left out: no profile and no log", counted(others.with(Vec::len) as i64, "file", "files"))
    };
    let is_there = Memo::new(move |_| others.with(|others| !others.is_empty()));
    view! {
        <Show when=move || is_there.get()>
            <details class="others" prop:open=move || is_open.get()>
                <summary>{count}</summary>
                <ul>{rows}</ul>
            </details>
        </Show>
    }
}

/// Why a file is no recording, in a line.
fn why(failure: &Failure) -> String {
    let looked =
        failure.looked_like.as_ref().map(|format| format!("looks like {format}: ")).unwrap_or_default();
    let place = failure.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    format!("{looked}{}{place}", failure.problem)
}

/// The functions of all recordings.
#[component]
pub fn RankedFunctions(document: OpenDocument) -> impl IntoView {
    let group = document.group;
    // As soon as it is known which files are profiles.
    crate::effect::effect(move || {
        if group.is_settled() && matches!(group.ranking.get(), Ranking::NotAsked) {
            group::rank(document);
        }
    });
    // The table is not made anew for what is only sorted or selected.
    move || match group.ranking.get() {
        Ranking::NotAsked => {
            view! { <p class="empty" role="status">{move || sentence(group)}</p> }.into_any()
        }
        Ranking::Reading(done, of) => view! {
            <p class="empty" role="status">
                {format!("{} of {} profiles read", format::count(done as i64), format::count(of as i64))}
            </p>
        }
        .into_any(),
        Ranking::Not(problem) => view! { <p class="empty">{problem}</p> }.into_any(),
        Ranking::There(overview, members, left_out) => {
            // What was waited for has the keys.
            keys::focus_view();
            view! { <Ranked document overview members left_out /> }.into_any()
        }
    }
}
