//! The edge of the panel beside a view: it is moved with the pointer or the keys, and stays for the next visit.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, PointerEvent};

use crate::storage;

/// The setting that keeps the width, CSS pixels.
const WIDTH: &str = "panel-width";

/// The narrowest a panel gets, and what is left for the view beside it, CSS pixels.
const LEAST: f64 = 280.0;

/// A key moves the edge so far, CSS pixels.
const STEP: f64 = 24.0;

/// Puts the width of the last visit into effect.
pub fn restore() {
    let kept = storage::setting(WIDTH).and_then(|text| crate::text::number(&text));
    if let Some(width) = kept.filter(|width| width.is_finite()) {
        apply(width.max(LEAST));
    }
}

fn apply(width: f64) {
    let root = document().document_element().and_then(|root| root.dyn_into::<HtmlElement>().ok());
    if let Some(root) = root {
        let _ = root.style().set_property("--panel-width", &format!("{width:.0}px"));
    }
}

/// The edge; it is the panel's first child.
#[component]
pub fn Edge() -> impl IntoView {
    let dragged = RwSignal::new(false);
    let now = RwSignal::new(None::<f64>);
    let panel = |target: Option<web_sys::EventTarget>| {
        target.and_then(|target| target.dyn_into::<Element>().ok()).and_then(|edge| edge.parent_element())
    };
    let set = move |width: f64| {
        let most = (window_width() - LEAST).max(LEAST);
        let width = width.clamp(LEAST, most);
        apply(width);
        now.set(Some(width));
        storage::set_setting(WIDTH, &format!("{width:.0}"));
    };
    let on_move = move |event: PointerEvent| {
        if let Some(panel) = panel(event.current_target()).filter(|_| dragged.get_untracked()) {
            set(panel.get_bounding_client_rect().right() - f64::from(event.client_x()));
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowLeft" => STEP,
            "ArrowRight" => -STEP,
            _ => return,
        };
        if let Some(panel) = panel(event.current_target()) {
            event.prevent_default();
            event.stop_propagation();
            set(panel.get_bounding_client_rect().width() + by);
        }
    };
    view! {
        <div
            class="edge"
            class:dragged=dragged
            role="separator"
            aria-orientation="vertical"
            aria-label="Width of the panel"
            aria-valuemin=LEAST.to_string()
            aria-valuemax=move || format!("{:.0}", (window_width() - LEAST).max(LEAST))
            aria-valuenow=move || format!("{:.0}", now.get().unwrap_or(480.0))
            tabindex="0"
            title="Drag, or use the arrow keys, to change the width"
            on:pointerdown=move |event: PointerEvent| {
                let edge = event.current_target().and_then(|target| target.dyn_into::<Element>().ok());
                if let Some(edge) = edge {
                    let _ = edge.set_pointer_capture(event.pointer_id());
                    dragged.set(true);
                }
            }
            on:pointermove=on_move
            on:pointerup=move |_| dragged.set(false)
            on:pointercancel=move |_| dragged.set(false)
            on:keydown=on_key
        ></div>
    }
}

fn window_width() -> f64 {
    window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or(1200.0)
}
