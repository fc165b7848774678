//! (flame)

use flamedrop::protocol::ProfileOverview;
use leptos::prelude::*;

use crate::document::OpenDocument;

#[component]
pub fn FlameGraph(document: OpenDocument, overview: ProfileOverview) -> impl IntoView {
    let _ = (document, overview);
    view! { <p class="empty">"…"</p> }
}
