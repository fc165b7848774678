//! The list of keys.

use leptos::html;
use leptos::prelude::*;

use super::icons;
use crate::effect::effect;
use crate::state::state;

const KEYS: &[(&str, &[(&str, &str)])] = &[
    (
        "Everywhere",
        &[
            ("?", "This list"),
            ("o", "Open files"),
            ("R", "Read the file again, as it is on disk now"),
            ("/", "Search"),
            ("1 … 9", "The document's views"),
            ("[  ]", "Previous, next document"),
            ("t", "Light, dark, or as the system"),
            ("Esc", "Close, clear, zoom out"),
        ],
    ),
    (
        "Findings",
        &[
            ("← →  Home, End", "Move along the Pareto curve"),
            ("Enter", "Open a finding; go to the curve's item"),
        ],
    ),
    (
        "Flame graph",
        &[
            ("↑ ↓", "To the caller, to the heaviest callee"),
            ("← →", "To the neighbours"),
            ("Enter, double click", "Zoom to the box, and out again"),
            ("+ −", "Zoom in, out"),
            ("0", "Reset zoom"),
            ("c", "Copy path:line"),
            ("Wheel, pinch", "Zoom in, out; with Shift or Alt: scroll"),
            ("Drag", "Move"),
        ],
    ),
    (
        "Profile: flame graph, call tree, functions",
        &[
            ("Shift F10, right click", "Menu of the function"),
            ("f  F", "Focus on the function, on the box"),
            ("m  M", "Merge the function, the box into its caller"),
            ("d", "Drop all stacks with the function"),
            ("x  C  r", "Collapse what it calls, its package, its recursion"),
            ("l", "Only my code"),
            ("u", "Undo the last step"),
            ("i", "Invert"),
            ("s", "Sandwich"),
            ("n  N", "Next, previous match; in the search box Enter, Shift Enter"),
            ("e", "Open in the editor"),
        ],
    ),
    (
        "Flame chart",
        &[
            ("↑ ↓", "To the caller, to the first callee"),
            ("← →", "Earlier, later call of the same depth"),
            ("w s, + −", "Zoom in, out"),
            ("a d, Shift ← →", "Earlier, later"),
            ("Enter, double click", "Zoom to the call"),
            ("0", "Reset zoom"),
            ("n p", "Next, previous match"),
            ("q Q", "Next statement, the one before; Enter: its executions"),
            ("r", "All views show only the time on screen"),
            ("Drag on the axis", "All views show only this time"),
        ],
    ),
    (
        "Tables",
        &[
            ("↑ ↓  j k", "Move"),
            ("Page ↑ ↓, Home, End", "Move by a page"),
            ("← →", "Call tree: close, open"),
            ("Space", "Recordings of a group: choose"),
            ("Enter", "Functions: callers and callees; call tree: open; callers: go there"),
            (
                "Enter",
                "Queries: whole width; executions: timeline; tables, statements, comparison: the queries",
            ),
        ],
    ),
    (
        "Timeline",
        &[
            ("← →", "Previous, next statement"),
            ("↑ ↓", "Previous, next lane"),
            ("+ −", "Zoom in, out"),
            ("0", "Reset zoom"),
            ("Shift ← →", "Earlier, later"),
            ("z", "Zoom to the statement"),
            ("Enter", "Its query"),
            ("Wheel, pinch, drag", "As in the flame graph"),
        ],
    ),
];

/// A dialog, shown while [`crate::state::State::help`] is set.
#[component]
pub fn Help() -> impl IntoView {
    let state = state();
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        if state.help.get() {
            if !dialog.open() {
                let _ = dialog.show_modal();
            }
        } else {
            dialog.close();
        }
    });
    let groups: Vec<_> = KEYS
        .iter()
        .map(|(title, keys)| {
            let rows: Vec<_> = keys
                .iter()
                .map(|(key, what)| view! { <div><dt><kbd>{*key}</kbd></dt><dd>{*what}</dd></div> })
                .collect();
            view! { <section><h3>{*title}</h3><dl>{rows}</dl></section> }
        })
        .collect();
    view! {
        <dialog class="help" aria-labelledby="help-title" node_ref=dialog on:close=move |_| state.help.set(false)>
            <header>
                <h2 id="help-title">"Keys"</h2>
                <button type="button" class="icon" aria-label="Close" on:click=move |_| state.help.set(false)>{icons::close()}</button>
            </header>
            <div class="groups">{groups}</div>
            <p class="actions">
                <button type="button" on:click=move |_| {
                    state.help.set(false);
                    state.editor.asking.set(true);
                }>"Editor and paths…"</button>
            </p>
        </dialog>
    }
}
