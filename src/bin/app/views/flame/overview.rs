//! All of the tree above a flame graph: it shows what is on screen, and moves it.

use flamedrop::draw::{Measure, Scene, overview};
use flamedrop::layout::flame::{Orientation, Viewport};
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::Chart;
use crate::canvas::{Canvas, Gesture, Surface};
use crate::view::Drawing;

/// The strip. It is there also while all of the tree is on screen: what comes and goes moves what is below it.
#[component]
pub fn Overview(chart: Chart) -> impl IntoView {
    let is_flat = Memo::new(move |_| chart.drawing.get() != Drawing::Sunburst);
    view! {
        <Show when=move || is_flat.get()>
            <Strip chart />
        </Show>
    }
}

#[component]
fn Strip(chart: Chart) -> impl IntoView {
    let surface = RwSignal::new(Surface { width: 0.0, height: 0.0, pixel_ratio: 1.0 });
    let draw = move |surface: Surface, _: &dyn Measure| -> Option<Scene> {
        let (boxes, fills, view) = (chart.boxes.get()?, chart.fills.get()?, chart.view.get());
        let total = boxes.total().max(f64::MIN_POSITIVE);
        let flame = chart.drawing.get() == Drawing::Flame;
        let orientation = if flame { Orientation::Flame } else { Orientation::Icicle };
        let size = (surface.width, surface.height);
        let shown = (view.from / total, view.to / total);
        Some(overview::paint(&boxes, size, shown, orientation, &fills, &chart.theme.get()))
    };
    let to = move |from: f64| {
        if let Some(boxes) = chart.boxes.get_untracked() {
            let view = chart.view.get_untracked();
            let length = view.to - view.from;
            chart.set_view(Viewport { from, to: from + length, ..view }.clamped(&boxes));
        }
    };
    let on_gesture = move |gesture: Gesture| {
        let (view, width) = (chart.view.get_untracked(), surface.get_untracked().width.max(1.0));
        let Some(boxes) = chart.boxes.get_untracked() else { return };
        let length = view.to - view.from;
        match gesture {
            Gesture::Click { x, .. } => to(x / width * boxes.total() - length / 2.0),
            Gesture::Drag { dx, .. } => to(view.from + dx / width * boxes.total()),
            Gesture::Zoom { factor, .. } => {
                chart.set_view(view.zoomed_about(&boxes, view.width / 2.0, factor));
            }
            Gesture::DoubleClick => chart.zoomed.set(None),
            Gesture::Hover { .. } | Gesture::Leave | Gesture::Drop | Gesture::Menu { .. } => {}
        }
    };
    let on_key = move |event: &KeyboardEvent| {
        let view = chart.view.get_untracked();
        let by = (view.to - view.from) * 0.15;
        match event.key().as_str() {
            "ArrowLeft" => to(view.from - by),
            "ArrowRight" => to(view.from + by),
            "0" | "Escape" => chart.zoomed.set(None),
            _ => return false,
        }
        true
    };
    view! {
        <div class="minimap">
            <Canvas
                label=Signal::stored("The whole tree: arrow keys move what is on screen, 0 shows all of it")
                description="minimap"
                watch=move || {
                    chart.boxes.track();
                    chart.fills.track();
                    chart.view.track();
                    chart.theme.track();
                }
                paint=draw
                gesture=on_gesture
                key=on_key
                is_main=false
                surface
                pointing=Signal::stored(true)
            >
                {""}
            </Canvas>
        </div>
    }
}
