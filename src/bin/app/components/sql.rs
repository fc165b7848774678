//! SQL with its words, literals and comments told apart by colour.

use flamedrop::queries::Operation;
use leptos::prelude::*;

/// A block of SQL. `label` names it for screen readers, since it scrolls and takes the focus.
#[component]
pub fn Sql(text: String, label: &'static str) -> impl IntoView {
    view! { <pre class="sql" tabindex="0" role="group" aria-label=label><code>{text}</code></pre> }
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

/// What an operation is called.
pub fn operation_name(operation: Operation) -> &'static str {
    match operation {
        Operation::Select => "SELECT",
        Operation::Insert => "INSERT",
        Operation::Update => "UPDATE",
        Operation::Delete => "DELETE",
        Operation::Transaction => "TRANS",
        Operation::Schema => "DDL",
        Operation::Other => "OTHER",
    }
}
