//! What is shown with no document open: the welcome page that was there from the first paint.

use leptos::html;
use leptos::prelude::*;

use crate::effect::effect;
use crate::welcome;

/// The welcome page.
#[component]
pub fn Welcome() -> impl IntoView {
    view! { <Taken element=welcome::element() /> }
}

/// An element of the painted page, put in here as it is.
#[component]
pub fn Taken(element: Option<web_sys::Element>) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let element = StoredValue::new_local(element);
    effect(move || {
        if let (Some(place), Some(element)) = (place.get(), element.get_value()) {
            // Fails only for an element that would contain itself.
            let _ = place.append_child(&element);
        }
    });
    view! { <div class="taken" node_ref=place></div> }
}
