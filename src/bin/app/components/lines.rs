//! Lines or functions: the choice for files of Python's sampling profiler.

use leptos::prelude::*;

use crate::document::OpenDocument;

/// Shown beside the tabs, since it holds for all views.
#[component]
pub fn LinesSwitch(document: OpenDocument) -> impl IntoView {
    let button = move |text: &'static str, by_line: bool| {
        view! {
            <button
                type="button"
                aria-pressed=move || (document.by_line.get() == by_line).to_string()
                on:click=move |_| document.show_by_line(by_line)
            >
                {text}
            </button>
        }
    };
    view! {
        <div class="switch" role="group" aria-label="Shown are" title="The file has lines; functions are put together of them">
            {button("Functions", false)} {button("Lines", true)}
        </div>
    }
}
