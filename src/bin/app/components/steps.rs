//! How a profile is narrowed: the steps in their order, each a way back, and what is set most often.

use flamedrop::format;
use flamedrop::profile::transform::Transform;
use flamedrop::protocol::{ProfileOverview, StepOverview};
use leptos::html;
use leptos::prelude::*;

use super::copy_table::close_on_escape;
use crate::document::OpenDocument;
use crate::view::View;

/// Shares below which boxes can be hidden, per cent.
const SHARES: [f64; 7] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Shown above the views that steps hold for.
#[component]
pub fn Steps(document: OpenDocument, overview: ProfileOverview) -> impl IntoView {
    let shown = Memo::new(move |_| document.can_narrow());
    let turns = Memo::new(move |_| matches!(document.view.get(), View::Flame | View::CallTree));
    let ProfileOverview { steps, unit, whole_total, tree_estimated, .. } = overview;
    let crumbs = StoredValue::new((steps, unit, whole_total));
    view! {
        <Show when=move || shown.get()>
            <div class="narrowing">
                {move || crumbs.with_value(|(steps, unit, total)| {
                    (!steps.is_empty()).then(|| trail(document, steps, *unit, *total, tree_estimated))
                })}
                <div class="settings">
                    <OnlyMine document />
                    <HideBelow document />
                    <Show when=move || turns.get()>
                        <button
                            type="button"
                            title="Begin with what ran, and go on with its callers (i)"
                            aria-pressed=move || document.narrowing.inverted.get().to_string()
                            on:click=move |_| document.invert(!document.narrowing.inverted.get_untracked())
                        >
                            "Invert"
                        </button>
                    </Show>
                </div>
            </div>
        </Show>
    }
}

/// The steps: a click goes back to what there was after it.
fn trail(
    document: OpenDocument,
    steps: &[StepOverview],
    unit: flamedrop::format::Unit,
    total: f64,
    estimated: bool,
) -> AnyView {
    let last = steps.len();
    let crumb = |count: usize, text: String, left: f64| {
        let title = format!("{} of {}, {}", unit.text(left), unit.text(total), format::percent(left / total));
        view! {
            <li>
                <button
                    type="button"
                    title=title
                    aria-current=(count == last).then_some("step")
                    on:click=move |_| document.undo_to(count)
                >
                    {text}
                </button>
            </li>
        }
    };
    let all = crumb(0, "Whole profile".to_owned(), total);
    let each: Vec<_> =
        steps.iter().zip(1..).map(|(step, count)| crumb(count, in_words(step), step.total)).collect();
    let left = steps.last().map_or(total, |step| step.total);
    let estimated = estimated.then(|| {
        view! { " " <small title="The file has no stacks: steps are applied to the estimated call tree, and numbers follow from it">"estimated"</small> }
    });
    view! {
        <nav class="crumbs" aria-label="Steps">
            <ol>{all}{each}</ol>
        </nav>
        <p class="left">{format!("{} of {}", unit.text(left), unit.text(total))} {estimated}</p>
        <button type="button" title="Undo the last step (u)" on:click=move |_| { document.undo_step(); }>"Undo"</button>
    }
    .into_any()
}

/// `Focus: handle`.
fn in_words(step: &StepOverview) -> String {
    let name = &step.label;
    match step.step {
        Transform::FocusStack(_) => format!("Only this {name}"),
        Transform::FocusFunction(_) => format!("Only {name}"),
        Transform::MergeFunction(_) => format!("Without {name}"),
        Transform::MergeStack(_) => format!("Without this {name}"),
        Transform::Drop(_) => format!("Dropped {name}"),
        Transform::CollapseCallees(_) => format!("{name} as one"),
        Transform::CollapsePackage(_) => format!("Package {name}"),
        Transform::OnlyMine(_) if name.trim().is_empty() => "Only my code".to_owned(),
        Transform::OnlyMine(_) => format!("Only my code: {name}"),
        Transform::CollapseRecursion(_) => format!("{name} once"),
        Transform::HideBelow(_) => format!("From {name}"),
    }
}

/// The switch "Only my code", and what counts as that.
#[component]
fn OnlyMine(document: OpenDocument) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(input) = input.get_untracked() {
            document.show_only_mine(Some(input.value().trim().to_owned()));
        }
    };
    view! {
        <button
            type="button"
            title="Libraries and Python itself become one box each, named after the package (l)"
            aria-pressed=move || document.only_mine().is_some().to_string()
            on:click=move |_| {
                let words = if untrack(|| document.only_mine()).is_some() { None } else { Some(String::new()) };
                document.show_only_mine(words);
            }
        >
            "Only my code"
        </button>
        <details class="column-menu mine" on:keydown=close_on_escape>
            <summary aria-label="What counts as my code" title="What counts as my code">"…"</summary>
            <form class="menu-list" on:submit=submit>
                <label for="only-mine">"Packages or parts of paths that are mine as well; with ! in front not"</label>
                <input
                    id="only-mine"
                    type="text"
                    node_ref=input
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="django.contrib !shop.tests"
                    prop:value=move || document.only_mine().unwrap_or_default()
                />
                <button type="submit">"Apply"</button>
            </form>
        </details>
    }
}

#[component]
fn HideBelow(document: OpenDocument) -> impl IntoView {
    let now = move || {
        document.narrowing.steps.with(|steps| {
            steps.iter().rev().find_map(|step| match step {
                Transform::HideBelow(percent) => Some(*percent),
                _ => None,
            })
        })
    };
    let option = move |percent: f64, text: String| {
        view! { <option value=percent.to_string() selected=move || now().unwrap_or(0.0) == percent>{text}</option> }
    };
    let options: Vec<_> = SHARES.into_iter().map(|percent| option(percent, format!("{percent} %"))).collect();
    let changed = move |event: web_sys::Event| {
        let percent = crate::text::number(&event_target_value(&event)).unwrap_or(0.0);
        document.narrow(Transform::HideBelow(percent));
    };
    view! {
        <label title="Smaller boxes become their callers' self time">
            "Hide below "
            <select on:change=changed>{option(0.0, "–".to_owned())}{options}</select>
        </label>
    }
}
