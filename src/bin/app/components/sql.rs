//! SQL with its words, literals and comments told apart by colour.

use flamedrop::queries::Operation;
use flamedrop::queries::highlight::{Piece, PieceKind, formatted, pieces};
use leptos::prelude::*;

use super::copy::CopyButton;
use crate::clipboard::copy;

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

/// Copies SQL: as it is, and as it is laid out where that differs. `label` says what it copies.
#[component]
pub fn CopySql(text: String, label: &'static str) -> impl IntoView {
    let laid_out = Some(formatted(&text)).filter(|laid_out| *laid_out != text);
    let laid_out = laid_out.map(|laid_out| {
        view! {
            <button type="button" class="link small" title="Copies it with line breaks and blanks added, as shown here" on:click=move |_| copy(laid_out.clone())>
                "Copy formatted"
            </button>
        }
    });
    view! { <CopyButton text label /> {laid_out} }
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
