//! A button that copies a text.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::icons;
use crate::state::state;

/// Copies `text` to the clipboard and says so.
pub fn copy(text: String) {
    let state = state();
    spawn_local(async move {
        let copied = match web_sys::window() {
            Some(window) => JsFuture::from(window.navigator().clipboard().write_text(&text)).await.is_ok(),
            None => false,
        };
        state.say(if copied {
            format!("Copied {text}")
        } else {
            "The browser did not allow copying".to_owned()
        });
    });
}

/// A small button with a copy icon. `label` says what it copies.
#[component]
pub fn CopyButton(text: String, label: &'static str) -> impl IntoView {
    view! {
        <button type="button" class="icon" title=label aria-label=label on:click=move |_| copy(text.clone())>
            {icons::copy()}
        </button>
    }
}
