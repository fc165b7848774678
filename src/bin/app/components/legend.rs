//! What the colours of a picture mean.

use flamedrop::draw::Theme;
use flamedrop::draw::scene::Colour;
use flamedrop::format;
use flamedrop::profile::Layer;
use flamedrop::protocol::Tree;
use flamedrop::queries::Operation;
use leptos::prelude::*;

use crate::document::OpenDocument;

const OPERATIONS: [(Operation, &str); 7] = [
    (Operation::Select, "SELECT"),
    (Operation::Insert, "INSERT"),
    (Operation::Update, "UPDATE"),
    (Operation::Delete, "DELETE"),
    (Operation::Transaction, "transaction"),
    (Operation::Schema, "schema"),
    (Operation::Other, "other"),
];

/// The layers that are in the call tree, how much of it is certain, and the switches of what is shown of it.
#[component]
pub fn TreeLegend(
    document: OpenDocument,
    theme: Signal<Theme>,
    /// Whether the picture hatches what is estimated, or only pales it.
    hatched: bool,
) -> impl IntoView {
    let layers = move |tree: &Tree| -> Vec<_> {
        let is_there = |layer| tree.functions.iter().any(|row| row.layer == layer);
        let layers = Layer::ALL.into_iter().filter(|&layer| is_there(layer));
        layers
            .map(|layer| {
                let colour = move || css(theme.get().layer(layer).fill);
                view! { <li><span class="key" style:background-color=colour></span>{layer.name()}</li> }
            })
            .collect()
    };
    let certain_only = document.certain_only;
    let estimated = move |tree: &Tree| {
        let certain = format!("exact: {}", format::percent(tree.certain_share));
        let hint = "Share of the time whose boxes the file determines exactly, or to within a fifth";
        tree.estimated.then(|| {
            view! {
                <li>
                    {hatched.then(|| view! { <span class="key hatched"></span> })}
                    {if hatched { "estimated (hatched)" } else { "estimated (paler)" }}
                </li>
                <li class="switched" title=hint>
                    {certain}
                    <button
                        type="button"
                        aria-pressed=move || certain_only.get().to_string()
                        on:click=move |_| certain_only.update(|only| *only = !*only)
                    >
                        "Dim estimated"
                    </button>
                </li>
            }
        })
    };
    let is_there = Memo::new(move |_| document.tree().is_some());
    view! {
        <Show when=move || is_there.get()>
            <ul class="legend" aria-label="Colours" tabindex="0">
                {move || document.tree().map(|tree| layers(&tree))}
                {move || document.tree().map(|tree| estimated(&tree))}
                <Show when=has_imports(document)>
                    <li class="switched">{imports_button(document)}</li>
                </Show>
            </ul>
        </Show>
    }
}

/// The same switch for the call tree's table.
#[component]
pub fn ImportsSwitch(document: OpenDocument) -> impl IntoView {
    view! {
        <Show when=has_imports(document)>
            <p class="legend switched">{imports_button(document)}</p>
        </Show>
    }
}

/// Apart from the tree, so that the button that is pressed stays while the tree changes.
fn has_imports(document: OpenDocument) -> impl Fn() -> bool + Copy + Send + Sync + 'static {
    let has_imports = Memo::new(move |_| document.tree().is_some_and(|tree| tree.has_imports));
    move || has_imports.get()
}

fn imports_button(document: OpenDocument) -> impl IntoView {
    view! {
        <button
            type="button"
            title="Leave out Python's import system: each module stands below the one that imported it"
            aria-pressed=move || document.hides_imports().to_string()
            on:click=move |_| document.toggle_imports()
        >
            "Hide imports"
        </button>
    }
}

/// What the colours of a difference say.
#[component]
pub fn ChangeLegend(theme: Signal<Theme>) -> impl IntoView {
    let key = |amount: f64, text: &'static str| {
        let colour = move || css(theme.get().changed(amount).fill);
        view! { <li><span class="key" style:background-color=colour></span>{text}</li> }
    };
    view! {
        <ul class="legend" aria-label="Colours" tabindex="0">
            {key(-1.0, "takes less")}
            {key(0.0, "as before")}
            {key(1.0, "takes more")}
        </ul>
    }
}

/// The kinds of statements that are in a log.
#[component]
pub fn OperationLegend(operations: Vec<Operation>, failed: bool, theme: Signal<Theme>) -> impl IntoView {
    let kinds: Vec<_> = OPERATIONS
        .into_iter()
        .filter(|(operation, _)| operations.contains(operation))
        .map(|(operation, name)| {
            let colour = move || css(theme.get().operation(operation).fill);
            view! { <li><span class="key" style:background-color=colour></span>{name}</li> }
        })
        .collect();
    let failed = failed.then(|| {
        let colour = move || css(theme.get().failed().fill);
        view! { <li><span class="key" style:background-color=colour></span>"failed"</li> }
    });
    view! { <ul class="legend" aria-label="Colours of statements" tabindex="0">{kinds}{failed}</ul> }
}

/// A colour as the style sheet spells it.
pub fn css(Colour(red, green, blue, _): Colour) -> String {
    format!("rgb({red} {green} {blue})")
}
