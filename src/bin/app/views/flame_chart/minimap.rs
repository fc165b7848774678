//! All of the time above the chart: it shows what is on screen, and moves it.

use std::sync::Arc;

use flamedrop::draw::minimap::paint;
use flamedrop::draw::{Measure, Scene};
use flamedrop::protocol::{Activity, Request};
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::Chart;
use crate::canvas::{Canvas, Gesture, Surface};

/// What the hand does since it went down.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Doing {
    /// It moves what is on screen.
    Moving,
    /// It draws what is to be on screen.
    Drawing,
}

/// The minimap.
#[component]
pub fn Minimap(chart: Chart, activity: RwSignal<Option<(Request, Arc<Activity>)>>) -> impl IntoView {
    let surface = RwSignal::new(Surface { width: 0.0, height: 0.0, pixel_ratio: 1.0 });
    let doing = StoredValue::new(None::<Doing>);
    let shares = move |(from, to): (f64, f64)| {
        let length = chart.tracks().length.max(f64::MIN_POSITIVE);
        (from / length, to / length)
    };
    let draw = move |surface: Surface, _: &dyn Measure| -> Option<Scene> {
        let (_, activity) = activity.get()?;
        let view = chart.view.get();
        let range = chart.drawn.get().or_else(|| chart.document.spans.range.get()).map(shares);
        let tracks: Vec<u32> = chart.tracks().shown().iter().map(|track| track.index).collect();
        let size = (surface.width, surface.height);
        Some(paint(&activity, &tracks, size, shares((view.from, view.to)), range, &chart.theme.get()))
    };
    let on_gesture = move |gesture: Gesture| {
        let (tracks, view) = (chart.tracks(), chart.view.get_untracked());
        let width = surface.get_untracked().width.max(1.0);
        let moment = |x: f64| (x / width).clamp(0.0, 1.0) * tracks.length;
        match gesture {
            Gesture::Drag { dx, x, from, .. } => {
                let inside = (view.from..=view.to).contains(&moment(from)) && !view.is_whole(&tracks);
                let now = doing.get_value().unwrap_or(if inside { Doing::Moving } else { Doing::Drawing });
                doing.set_value(Some(now));
                if now == Doing::Moving {
                    let by = dx / width * tracks.length;
                    chart.set_view(view.between(&tracks, view.from + by, view.to + by));
                } else {
                    let (one, other) = (moment(from), moment(x));
                    if one != other {
                        chart.set_view(view.between(&tracks, one.min(other), one.max(other)));
                    }
                }
            }
            Gesture::Click { x, .. } => {
                let half = (view.to - view.from) / 2.0;
                chart.fly(view.between(&tracks, moment(x) - half, moment(x) + half));
                doing.set_value(None);
            }
            Gesture::Zoom { x, factor, .. } => {
                let at = view.x_of(moment(x));
                chart.set_view(view.zoomed_about(&tracks, at, factor));
            }
            Gesture::Hover { .. } | Gesture::Drop | Gesture::Leave => doing.set_value(None),
            Gesture::DoubleClick | Gesture::Menu { .. } => {}
        }
    };
    let on_key = move |event: &KeyboardEvent| {
        let (tracks, view) = (chart.tracks(), chart.view.get_untracked());
        let by = view.width * 0.15;
        match event.key().as_str() {
            "ArrowLeft" => chart.set_view(view.dragged(&tracks, by, 0.0)),
            "ArrowRight" => chart.set_view(view.dragged(&tracks, -by, 0.0)),
            "Home" => chart.set_view(view.between(&tracks, 0.0, view.to - view.from)),
            "End" => {
                let span = view.to - view.from;
                chart.set_view(view.between(&tracks, tracks.length - span, tracks.length));
            }
            "+" | "=" => chart.zoom(0.5),
            "-" | "_" => chart.zoom(2.0),
            "0" => chart.zoom_out(),
            _ => return false,
        }
        true
    };
    view! {
        <div class="minimap">
            <Canvas
                label=Signal::stored("All of the time: arrow keys move what is on screen, + and − zoom")
                description="minimap"
                watch=move || {
                    activity.track();
                    chart.view.track();
                    chart.drawn.track();
                    chart.document.spans.range.track();
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
