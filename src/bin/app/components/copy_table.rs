//! A table of a log as CSV, JSON or Markdown, copied or saved: all of its rows, in their order.

use std::sync::Arc;

use flamedrop::export::table::{Form, Title, Value, shown};
use flamedrop::protocol::{Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::data_table::{Def, Holds};
use super::paged;
use crate::clipboard::copy_and_say;
use crate::components::cells::{Cell, Units};
use crate::document::OpenDocument;
use crate::save::save_text;
use crate::state::{State, state};

/// What a table is made of, for writing all of it.
pub struct Whole<R: 'static, C: 'static> {
    /// Asks for all rows.
    pub request: Arc<dyn Fn() -> Option<Request> + Send + Sync>,
    /// The rows of the answer.
    pub pick: fn(Response) -> Option<paged::Answer<R>>,
    /// Its columns now.
    pub columns: Arc<dyn Fn() -> Vec<&'static Def<R, C>> + Send + Sync>,
}

/// A table with its cells as values.
pub struct Sheet {
    titles: Vec<Title>,
    rows: Vec<Vec<Value>>,
}

impl Sheet {
    /// A table with these columns.
    pub fn new(columns: &[(&'static str, Holds)]) -> Self {
        Self { titles: columns.iter().map(|&(name, holds)| title(name, holds)).collect(), rows: Vec::new() }
    }

    /// Adds a row: as many cells as there are columns.
    pub fn push(&mut self, row: Vec<Value>) {
        self.rows.push(row);
    }

    /// The rows of a view's table.
    fn of<R, C>(columns: &[&'static Def<R, C>], rows: &[R], units: Units) -> Self {
        let columns: Vec<_> = columns.iter().filter(|def| def.holds != Holds::Pictures).collect();
        let titles = columns.iter().flat_map(|def| match def.holds {
            Holds::Pairs(names, unit) => {
                let holds = unit.map_or(Holds::Numbers, Holds::In);
                names.map(|name| title(name, holds)).to_vec()
            }
            holds => vec![title(def.key, holds)],
        });
        let rows = rows.iter().map(|row| {
            let values = |def: &&&Def<R, C>| match (def.cell)(row) {
                Cell::Pair(before, after, _) => vec![before.value(units), after.value(units)],
                cell => vec![cell.value(units)],
            };
            let values = columns.iter().flat_map(values);
            values.map(|value| value.unwrap_or(Value::Nothing)).collect()
        });
        Self { titles: titles.collect(), rows: rows.collect() }
    }

    fn text(self, form: Form) -> String {
        let mut text = Vec::new();
        // Writing into memory does not fail.
        let _ = shown(&self.titles, &mut self.rows.into_iter(), form, &mut text);
        String::from_utf8(text).unwrap_or_default()
    }
}

fn title(name: &'static str, holds: Holds) -> Title {
    Title {
        name,
        in_milliseconds: matches!(holds, Holds::Totals | Holds::In("ms")),
        is_number: !matches!(holds, Holds::Name | Holds::Words | Holds::Moments),
    }
}

/// A number, as it is written; unknown if it is NaN.
pub fn number(value: f64) -> Value {
    if value.is_nan() { Value::Nothing } else { Value::Number(value) }
}

/// The menu. `name` is the table's, as files are called: `queries`.
pub fn copy_table<R: Send + 'static, C: Send + Sync + 'static>(
    document: OpenDocument,
    name: &'static str,
    units: Units,
    Whole { request, pick, columns }: Whole<R, C>,
) -> AnyView {
    let state = state();
    menu(Arc::new(move |form, save| {
        let Some(request) = untrack(|| request()) else { return };
        let columns = untrack(|| columns());
        spawn_local(async move {
            let Some((_, rows, _)) = document.ask(request).await.and_then(pick) else {
                state.say("The document does not answer");
                return;
            };
            hand(state, &file_of(document, name), Sheet::of(&columns, &rows, units), form, save);
        });
    }))
}

/// The menu of a table that is in the page already. `file` is what a file of it is called, without its
/// ending.
pub fn copy_sheet(file: String, sheet: impl Fn() -> Sheet + Send + Sync + 'static) -> AnyView {
    let state = state();
    menu(Arc::new(move |form, save| hand(state, &file, untrack(&sheet), form, save)))
}

/// What a file of a document's table is called, without its ending.
pub fn file_of(document: OpenDocument, name: &str) -> String {
    format!("{}.{name}", document.name.get_untracked())
}

fn hand(state: State, file: &str, sheet: Sheet, form: Form, save: bool) {
    let text = sheet.text(form);
    if save {
        save_text(&format!("{file}.{}", if form == Form::Csv { "csv" } else { "json" }), text);
    } else {
        copy_and_say(state, text);
    }
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
