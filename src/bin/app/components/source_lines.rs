//! A few lines of source around a place, where the user dropped the file.

use std::sync::Arc;

use flamedrop::code::excerpt::{self, Excerpt};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::sources::Matched;
use crate::state::state;

/// The lines around the first one of function `name`; nothing where there is no source of the file.
pub fn source_lines(matched: Signal<Option<Matched>>, file: String, line: i64, name: String) -> AnyView {
    let sources = state().sources;
    let shown = RwSignal::new(None::<Arc<Excerpt>>);
    let Ok(line) = u32::try_from(line) else { return ().into_any() };
    Effect::new(move |_: Option<()>| {
        let number = matched.with(|matched| matched.as_ref()?.get(&file).copied());
        let name = name.clone();
        spawn_local(async move {
            let text = match number {
                Some(number) => sources.text(number).await,
                None => None,
            };
            // What shows it may be gone by now.
            shown.try_set(text.and_then(|text| excerpt::around(&text, line, &name)).map(Arc::new));
        });
    });
    view! { {move || shown.get().map(|shown| lines(&shown, line))} }.into_any()
}

fn lines(excerpt: &Excerpt, line: u32) -> AnyView {
    let rows: Vec<_> = (excerpt.first..)
        .zip(&excerpt.lines)
        .map(|(number, text)| {
            let class = if number == line { "meant" } else { "" };
            view! { <span class=class><span class="line-number">{number}</span>{format!("{text}\n")}</span> }
        })
        .collect();
    let other = excerpt.is_other.then(|| {
        view! { <p class="hint">"The function is not at this line: the source is of another version than the recording."</p> }
    });
    let text = (!rows.is_empty()).then(|| {
        view! { <pre class="excerpt" tabindex="0" role="group" aria-label="Source"><code>{rows}</code></pre> }
    });
    view! { <section class="source-lines"><h3>"Source"</h3>{text}{other}</section> }.into_any()
}
