//! What the colours of a picture mean.

use std::sync::Arc;

use flamedrop::draw::Theme;
use flamedrop::draw::scene::Colour;
use flamedrop::format;
use flamedrop::profile::Category;
use flamedrop::protocol::Tree;
use flamedrop::queries::Operation;
use leptos::prelude::*;

const CATEGORIES: [(Category, &str); 6] = [
    (Category::Own, "own code"),
    (Category::Library, "libraries"),
    (Category::Database, "database"),
    (Category::Templates, "templates"),
    (Category::Network, "network"),
    (Category::Python, "Python"),
];

const OPERATIONS: [(Operation, &str); 7] = [
    (Operation::Select, "SELECT"),
    (Operation::Insert, "INSERT"),
    (Operation::Update, "UPDATE"),
    (Operation::Delete, "DELETE"),
    (Operation::Transaction, "transaction"),
    (Operation::Schema, "schema"),
    (Operation::Other, "other"),
];

/// The layers that are in a tree, how much of it is certain, and the switch that fades the rest.
#[component]
pub fn TreeLegend(tree: Arc<Tree>, theme: Signal<Theme>, certain_only: RwSignal<bool>) -> impl IntoView {
    let layers: Vec<_> = CATEGORIES
        .into_iter()
        .filter(|(category, _)| tree.functions.iter().any(|row| row.category == *category))
        .map(|(category, name)| {
            let colour = move || css(theme.get().function(category, 0x8080, true).fill);
            view! { <li><span class="key" style:background-color=colour></span>{name}</li> }
        })
        .collect();
    let estimated = tree.estimated.then(|| {
        let certain = format!("{} of the time is certain", format::percent(tree.certain_share));
        let hint = "Certain: the file determines it exactly, or to within a fifth";
        view! {
            <li><span class="key hatched"></span>"paler, hatched: estimated"</li>
            <li class="certain" title=hint>
                {certain}
                <button
                    type="button"
                    aria-pressed=move || certain_only.get().to_string()
                    on:click=move |_| certain_only.update(|only| *only = !*only)
                >
                    "Fade the rest"
                </button>
            </li>
        }
    });
    view! { <ul class="legend" aria-label="Colours" tabindex="0">{layers}{estimated}</ul> }
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
    view! { <ul class="legend" aria-label="Colours" tabindex="0">{kinds}{failed}</ul> }
}

/// A colour as the style sheet spells it.
pub fn css(Colour(red, green, blue, _): Colour) -> String {
    format!("rgb({red} {green} {blue})")
}
