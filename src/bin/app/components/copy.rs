//! A button that copies a text.

use leptos::prelude::*;

use super::icons;
use crate::clipboard::copy;

/// A small button with a copy icon. `label` says what it copies.
#[component]
pub fn CopyButton(text: String, label: &'static str) -> impl IntoView {
    view! {
        <button type="button" class="icon" title=label aria-label=label on:click=move |_| copy(text.clone())>
            {icons::copy()}
        </button>
    }
}
