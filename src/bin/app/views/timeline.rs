//! (timeline)

use flamedrop::protocol::QueriesOverview;
use leptos::prelude::*;

use crate::document::OpenDocument;

#[component]
pub fn Timeline(document: OpenDocument, overview: QueriesOverview) -> impl IntoView {
    let _ = (document, overview);
    view! { <p class="empty">"…"</p> }
}
