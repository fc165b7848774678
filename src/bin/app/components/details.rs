//! The side panel of a profile: the selected function with its nearest callers and callees.

use std::sync::Arc;

use flamedrop::format;
use flamedrop::protocol::{FunctionDetail, FunctionRow, ProfileOverview};
use leptos::prelude::*;

use super::copy::CopyButton;
use crate::document::{OpenDocument, selected_function};
use crate::view::View;
use crate::views::functions::{category_class, spelt};

/// Callers and callees shown before "all".
const NEAREST: usize = 6;

/// Shown while a function is selected.
#[component]
pub fn FunctionDetails(document: OpenDocument, overview: ProfileOverview) -> impl IntoView {
    let detail = selected_function(document);
    view! {
        <Show when=move || document.function.get().is_some()>
            <aside class="details" aria-label="Selected function">
                <button type="button" class="close" aria-label="Close details" on:click=move |_| {
                    document.selected_box.set(None);
                    document.function.set(None);
                }>"×"</button>
                {move || detail.get().map(|detail| body(document, detail, overview.total))}
            </aside>
        </Show>
    }
}

fn body(document: OpenDocument, detail: Arc<FunctionDetail>, total: f64) -> impl IntoView {
    let row = &detail.row;
    let (name, file) = spelt(row);
    let copied = if file.is_empty() { name.clone() } else { file.clone() };
    let per_call = |seconds: f64, calls: i64| {
        if calls > 0 { format::seconds(seconds / calls as f64) } else { format::UNKNOWN.to_owned() }
    };
    let number = |label: &'static str, value: String, note: String| {
        view! { <div><dt>{label}</dt><dd>{value} <small>{note}</small></dd></div> }
    };
    view! {
        <section>
            <h2 class="wrap"><span class=format!("swatch {}", category_class(row)) aria-hidden="true"></span>{name}</h2>
            <p class="place">{if file.is_empty() { "built in".to_owned() } else { file }} <CopyButton text=copied label="Copy path:line" /></p>
            <dl class="numbers">
                {number("Self", format::seconds(row.self_time), format::percent(row.self_time / total))}
                {number("Total", format::seconds(row.total_time), format::percent(row.total_time / total))}
                {number("Calls", format::recursive_calls(row.calls, row.primitive_calls), String::new())}
                {number("Self per call", per_call(row.self_time, row.calls), String::new())}
                {number("Total per call", per_call(row.total_time, row.primitive_calls), String::new())}
            </dl>
        </section>
        {neighbours(document, "Callers", &detail.callers)}
        {neighbours(document, "Callees", &detail.callees)}
    }
}

fn neighbours(document: OpenDocument, title: &'static str, rows: &[FunctionRow]) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    let whole: f64 = rows.iter().map(|row| row.total_time).sum();
    let items: Vec<_> = rows
        .iter()
        .take(NEAREST)
        .map(|row| {
            let function = row.function;
            let (name, file) = spelt(row);
            view! {
                <li>
                    <button type="button" title=format!("{name} {file}") on:click=move |_| document.select_function(function)>
                        <span class=format!("swatch {}", category_class(row)) aria-hidden="true"></span>
                        <span class="name">{name.clone()}</span>
                        <span class="value">{format::seconds(row.total_time)}</span>
                        <span class="percent">{format::percent(row.total_time / whole)}</span>
                    </button>
                </li>
            }
        })
        .collect();
    let more = (rows.len() > NEAREST).then(|| {
        view! {
            <button type="button" class="link" on:click=move |_| document.view.set(View::Callers)>
                {format!("All {}", format::count(rows.len() as i64))}
            </button>
        }
    });
    view! { <section><h3>{title}</h3><ul class="neighbours">{items}</ul>{more}</section> }.into_any()
}
