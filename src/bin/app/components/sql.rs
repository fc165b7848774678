//! SQL with its words, literals and comments told apart by colour.

use flamedrop::queries::Operation;
use flamedrop::queries::highlight::{Piece, PieceKind, pieces};
use leptos::prelude::*;

/// A block of SQL, laid out by its clauses. `label` names it for screen readers, since it scrolls and
/// takes the focus.
#[component]
pub fn Sql(text: String, label: &'static str) -> impl IntoView {
    let pieces: Vec<_> = pieces(&text)
        .into_iter()
        .map(|Piece { kind, text }| match class(kind) {
            "" => text.into_any(),
            class => view! { <span class=class>{text}</span> }.into_any(),
        })
        .collect();
    view! { <pre class="sql" tabindex="0" role="group" aria-label=label><code>{pieces}</code></pre> }
}

fn class(kind: PieceKind) -> &'static str {
    match kind {
        PieceKind::Keyword => "keyword",
        PieceKind::String => "string",
        PieceKind::Number => "number",
        PieceKind::Placeholder => "placeholder",
        PieceKind::Comment => "comment",
        PieceKind::Plain => "",
    }
}

/// The style class of an operation.
pub fn operation_class(operation: Operation) -> &'static str {
    match operation {
        Operation::Select => "select",
        Operation::Insert => "insert",
        Operation::Update => "update",
        Operation::Delete => "delete",
        Operation::Transaction => "transaction",
        Operation::Schema => "schema",
        Operation::Other => "other",
    }
}
