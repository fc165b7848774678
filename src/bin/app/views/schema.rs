//! A schema: its tables with their columns, keys and indexes.

use flamedrop::format;
use flamedrop::schema::Table;
use leptos::prelude::*;

use crate::document::OpenDocument;
use crate::text;

/// Rows beyond these are not drawn: no row is kept for later here, and a search finds all of them.
const MOST: usize = 1000;

/// The view.
#[component]
pub fn SchemaTables(document: OpenDocument) -> impl IntoView {
    let body = move || {
        let Some(schema) = document.schema.get() else { return Vec::new() };
        let text = document.search.with(|text| text::lower(text.trim()));
        schema.tables.iter().filter(|table| says(table, &text)).take(MOST).map(row).collect::<Vec<_>>()
    };
    view! {
        <div class="schema-tables" tabindex="0">
            <p class="hint">"Findings of open SQL logs know these indexes."</p>
            <table>
                <thead><tr>
                    <th scope="col">"Table"</th>
                    <th scope="col" class="number">"Columns"</th>
                    <th scope="col">"Keys and indexes"</th>
                    <th scope="col">"Refers to"</th>
                </tr></thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
}

fn says(table: &Table, text: &str) -> bool {
    let has = |name: &String| text::lower(name).contains(text);
    has(&table.name) || table.columns.iter().any(has) || table.indexes.iter().any(|index| has(&index.text()))
}

fn row(table: &Table) -> AnyView {
    let redundant = table.redundant();
    let indexes: Vec<AnyView> = table
        .indexes
        .iter()
        .map(|index| {
            let by = redundant.iter().find(|(one, _)| std::ptr::eq(*one, index));
            let note = by.map(|(_, by)| format!("superfluous: {} serves as well", by.text()));
            view! { <li><code>{index.text()}</code>{note.map(|note| view! { <small>{note}</small> })}</li> }
                .into_any()
        })
        .collect();
    let others: Vec<AnyView> = table
        .foreign_keys
        .iter()
        .map(|(columns, other)| {
            view! { <li><code>{format!("{} → {other}", columns.join(", "))}</code></li> }.into_any()
        })
        .collect();
    let partly = (!table.whole).then(|| view! { <small>"in part"</small> });
    view! {
        <tr>
            <th scope="row">{table.name.clone()}{partly}</th>
            <td class="number" title=table.columns.join(", ")>{format::count(table.columns.len() as i64)}</td>
            <td><ul>{indexes}</ul></td>
            <td><ul>{others}</ul></td>
        </tr>
    }
    .into_any()
}
