//! A card beside the pointer.

use leptos::html;
use leptos::prelude::*;

use crate::canvas::Surface;
use crate::effect::effect;

/// Distance from the pointer, CSS pixels.
const AWAY: f64 = 14.0;

/// Shown while there is a place; stays inside the surface. Readers are told elsewhere.
#[component]
pub fn Card(
    /// Where the pointer is.
    place: Signal<Option<(f64, f64)>>,
    surface: RwSignal<Surface>,
    children: Children,
) -> impl IntoView {
    let card = NodeRef::<html::Div>::new();
    let position = move || {
        let (x, y) = place.get()?;
        let surface = surface.get();
        let (width, height) = card
            .get()
            .map_or((0.0, 0.0), |card| (f64::from(card.offset_width()), f64::from(card.offset_height())));
        // To the left of the pointer, or above it, where there is no room.
        let left = if x + AWAY + width > surface.width { x - AWAY - width } else { x + AWAY };
        let top = if y + AWAY + height > surface.height { y - AWAY - height } else { y + AWAY };
        let most = (surface.width - width - 4.0).max(4.0);
        Some((left.clamp(4.0, most), top.max(4.0)))
    };
    // After the content: its size decides.
    let shift = RwSignal::new(String::new());
    effect(move || {
        if let Some((left, top)) = position() {
            shift.set(format!("translate({left:.0}px, {top:.0}px)"));
        }
    });
    view! {
        <div
            class="hover-card"
            node_ref=card
            class:placed=move || place.get().is_some()
            style:transform=move || shift.get()
            aria-hidden="true"
        >
            {children()}
        </div>
    }
}
