//! A table of a log as CSV, JSON or Markdown, copied or saved: all of its rows, in their order.

use std::sync::Arc;

use flamedrop::export::table::{Form, Title, Value, shown};
use flamedrop::protocol::{Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::data_table::{Def, Holds};
use super::paged;
use crate::components::cells::Units;
use crate::components::copy::copy_and_say;
use crate::document::OpenDocument;
use crate::save::save_text;
use crate::state::state;

/// What a table is made of, for writing all of it.
pub struct Whole<R: 'static, C: 'static> {
    /// Asks for all rows.
    pub request: Arc<dyn Fn() -> Option<Request> + Send + Sync>,
    /// The rows of the answer.
    pub pick: fn(Response) -> Option<paged::Answer<R>>,
    /// Its columns now.
    pub columns: Arc<dyn Fn() -> Vec<&'static Def<R, C>> + Send + Sync>,
}

/// The menu. `name` is the table's, as files are called: `queries`.
pub fn copy_table<R: Send + 'static, C: Send + Sync + 'static>(
    document: OpenDocument,
    name: &'static str,
    units: Units,
    Whole { request, pick, columns }: Whole<R, C>,
) -> AnyView {
    let write: Arc<dyn Fn(Form, bool) + Send + Sync> = {
        let state = state();
        Arc::new(move |form, save| {
            let Some(request) = untrack(|| request()) else { return };
            let columns = untrack(|| columns());
            spawn_local(async move {
                let Some((_, rows, _)) = document.ask(request).await.and_then(pick) else {
                    state.say("The document does not answer");
                    return;
                };
                let text = written(&columns, &rows, units, form);
                if save {
                    let ending = if form == Form::Csv { "csv" } else { "json" };
                    save_text(&format!("{}.{name}.{ending}", document.name.get_untracked()), text);
                } else {
                    copy_and_say(state, text);
                }
            });
        })
    };
    menu(write)
}

fn menu(write: Arc<dyn Fn(Form, bool) + Send + Sync>) -> AnyView {
    let button = move |label: &'static str, form: Form, save: bool| {
        let write = Arc::clone(&write);
        view! { <button type="button" on:click=move |_| write(form, save)>{label}</button> }
    };
    view! {
        <details class="column-menu" on:keydown=close_on_escape>
            <summary>"Copy, save"</summary>
            <div class="menu-list one" role="group" aria-label="The table, all rows">
                {button("Copy as CSV", Form::Csv, false)}
                {button("Copy as JSON", Form::Json, false)}
                {button("Copy as Markdown", Form::Markdown, false)}
                {button("Save as CSV", Form::Csv, true)}
                {button("Save as JSON", Form::Json, true)}
            </div>
        </details>
    }
    .into_any()
}

/// Closes the menu an event comes from, on Escape.
pub fn close_on_escape(event: web_sys::KeyboardEvent) {
    use wasm_bindgen::JsCast;
    let menu = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    if let Some(menu) = menu.filter(|menu| event.key() == "Escape" && menu.has_attribute("open")) {
        let _ = menu.remove_attribute("open");
        event.stop_propagation();
    }
}

fn written<R, C>(columns: &[&'static Def<R, C>], rows: &[R], units: Units, form: Form) -> String {
    let columns: Vec<_> = columns.iter().filter(|def| def.holds != Holds::Pictures).collect();
    let titles: Vec<Title> = columns
        .iter()
        .map(|def| Title {
            name: def.key,
            in_milliseconds: matches!(def.holds, Holds::Totals | Holds::In("ms")),
            is_number: !matches!(def.holds, Holds::Name | Holds::Words | Holds::Moments),
        })
        .collect();
    let rows = rows.iter().map(|row| {
        let value = |def: &&&Def<R, C>| (def.cell)(row).value(units).unwrap_or(Value::Nothing);
        columns.iter().map(value).collect()
    });
    let mut text = Vec::new();
    // Writing into memory does not fail.
    let _ = shown(&titles, &mut rows.into_iter(), form, &mut text);
    String::from_utf8(text).unwrap_or_default()
}
