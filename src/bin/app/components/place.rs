//! A place in the code: how it is called, a way into the editor, and a button that copies it.

use flamedrop::code::{Place, is_file};
use flamedrop::format;
use leptos::prelude::*;

use super::copy::CopyButton;
use super::icons;
use crate::state::state;

/// A line of a file (line 0: the file), as every panel and list shows it. What is no file is a name alone.
pub fn place(file: &str, line: i64) -> AnyView {
    let text = if line > 0 { format::line(file, line) } else { file.to_owned() };
    let way = is_file(file).then(|| way_in(file.to_owned(), line));
    view! { <span class="path">{text.clone()}</span> " " {way} <CopyButton text label="Copy path:line" /> }
        .into_any()
}

/// The same of a text out of a document, `orders.py:27(orders)`; `None` of a text that is no place.
pub fn place_of(text: &str) -> Option<AnyView> {
    let Place { file, line, .. } = Place::parse(text)?;
    let copied = format::line(&file, i64::from(line));
    let way = way_in(file, i64::from(line));
    Some(
        view! { <span class="path">{text.to_owned()}</span> " " {way} <CopyButton text=copied label="Copy path:line" /> }
            .into_any(),
    )
}

/// [`place_of`], or the text alone.
pub fn place_or_text(text: &str) -> AnyView {
    place_of(text).unwrap_or_else(|| text.to_owned().into_any())
}

/// The link into the editor; while none is chosen, or a path is relative to who knows what, a button that asks for it.
pub fn way_in(file: String, line: i64) -> AnyView {
    let editor = state().editor;
    view! {
        {move || match (editor.address(&file, line), editor.title()) {
            (Some(address), Some(title)) => {
                let label = format!("Open in {title}: {}", format::line(&file, line.max(1)));
                view! { <a class="icon to-editor" href=address title=format!("Open in {title}") aria-label=label>{icons::pencil()}</a> }
                    .into_any()
            }
            (_, title) => {
                let label = if title.is_some() { "Say where the file lies…" } else { "Open in an editor…" };
                view! {
                    <button type="button" class="icon to-editor" title=label aria-label=label on:click=move |_| editor.asking.set(true)>{icons::pencil()}</button>
                }
                .into_any()
            }
        }}
    }
    .into_any()
}
