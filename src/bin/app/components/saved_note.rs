//! What a saved page says of itself, under the bar.

use leptos::prelude::*;

use super::icons;
use crate::saved;

/// Nothing on other pages.
#[component]
pub fn SavedNote() -> impl IntoView {
    let shown = RwSignal::new(true);
    saved::about().map(|about| {
        view! {
            <aside class="saved-note" aria-label="This page" hidden=move || !shown.get()>
                <p>{about}</p>
                <button type="button" class="icon" aria-label="Hide" title="Hide" on:click=move |_| shown.set(false)>
                    {icons::close()}
                </button>
            </aside>
        }
    })
}
