//! All of a log's time on one line, and the range of it that all views are about: drawn with the
//! pointer, moved with the keys.

use std::sync::Arc;

use flamedrop::draw::strip::{Strip, paint};
use flamedrop::draw::{Measure, Scene, Theme};
use flamedrop::format;
use flamedrop::layout::time_axis::AxisClock;
use flamedrop::protocol::{Answer, Ask, QueriesOverview, Request, Response};
use flamedrop::queries::filter::Filter;
use flamedrop::queries::overview::Series;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::canvas::{Canvas, Gesture, Surface};
use crate::document::{OpenDocument, answers};
use crate::effect::{effect, follow};
use crate::state::state;
use crate::text::start_text;
use crate::view::View;

/// While it is drawn, views follow once the hand is still for so long, ms: each change is a question to the
/// worker. A key that was not pressed just before is not a hand on its way: it is followed at once.
const STEADY: f64 = 60.0;

/// A key moves the range by this share of it.
const KEY: f64 = 0.1;

#[derive(Clone, Copy)]
struct Brush {
    document: OpenDocument,
    origin: f64,
    length: f64,
    wall_clock: bool,
    /// What is drawn; the filter follows.
    range: RwSignal<Option<(f64, f64)>>,
    /// The number of the last change, and when it was, ms of the page's clock.
    changes: StoredValue<(u32, f64)>,
    surface: RwSignal<Surface>,
}

/// The strip.
#[component]
pub fn RangeStrip(document: OpenDocument, overview: QueriesOverview) -> impl IntoView {
    let state = state();
    let (origin, end) = overview.span.unwrap_or_default();
    let brush = Brush {
        document,
        origin,
        length: end - origin,
        wall_clock: overview.wall_clock,
        range: RwSignal::new(None),
        changes: StoredValue::new((0, 0.0)),
        surface: RwSignal::new(Surface { width: 0.0, height: 0.0, pixel_ratio: 1.0 }),
    };
    let theme = Signal::derive(move || if state.dark() { Theme::DARK } else { Theme::LIGHT });
    // Back, links and the other views change it as well.
    effect(move || {
        let range = document.filter.with(|filter| filter.range);
        if brush.range.get_untracked() != range {
            brush.range.set(range);
        }
    });
    // All that the rest of the filter lets through, over the whole time.
    let series = answers(
        document,
        move || Some(Request::View(Filter { range: None, ..document.asked() }, Ask::Glance)),
        |response| match response {
            Response::View(Answer::Glance(glance)) => Some(Arc::new(glance.series)),
            _ => None,
        },
    );
    // The part of it that is on the timeline's screen.
    let shown =
        Memo::new(move |_| document.time_range.get().filter(|_| document.view.get() == View::Timeline));
    let clock = if overview.wall_clock { AxisClock::Wall(origin) } else { AxisClock::Relative };
    let draw = move |surface: Surface, measure: &dyn Measure| -> Option<Scene> {
        let series: Arc<Series> = series.get().map(|(_, series)| series)?;
        let strip = brush.strip(surface);
        let ranges = (brush.range.get(), shown.get());
        Some(paint(&strip, &series, ranges, clock, &theme.get(), measure))
    };
    let label = move || match brush.range.get() {
        Some(range) => format!("Time range: {}. {KEYS}", brush.text(range)),
        None => format!("Time range: everything, {}. {KEYS}", format::milliseconds(brush.length)),
    };
    view! {
        <div class="strip">
            <Canvas
                label=Signal::derive(label)
                description="time range"
                watch=move || {
                    series.track();
                    brush.range.track();
                    follow(shown);
                    theme.track();
                }
                paint=draw
                gesture=move |gesture| brush.on_gesture(gesture)
                key=move |event| brush.on_key(event)
                wheels=false
                is_main=false
                surface=brush.surface
                pointing=Signal::stored(true)
            >
                <p class="visually-hidden" aria-live="polite">{move || brush.range.get().map(|range| brush.text(range))}</p>
            </Canvas>
        </div>
    }
}

const KEYS: &str = "Arrow keys move it, with Shift its end, Escape shows everything.";

impl Brush {
    fn strip(self, surface: Surface) -> Strip {
        Strip { length: self.length, width: surface.width, height: surface.height }
    }

    fn text(self, (from, to): (f64, f64)) -> String {
        format!(
            "{} from {}",
            format::milliseconds(to - from),
            start_text(self.origin + from, self.wall_clock)
        )
    }

    /// Shows the range at once; the filter follows when the hand is still for a moment.
    fn set(self, range: Option<(f64, f64)>, drawn: bool) {
        self.range.set(range);
        let now = window().performance().map_or(0.0, |clock| clock.now());
        let mut last = f64::NEG_INFINITY;
        let change = self.changes.try_update_value(|(number, time)| {
            last = std::mem::replace(time, now);
            *number = number.wrapping_add(1);
            (*number, now)
        });
        let tell = move || {
            if change.is_some()
                && self.changes.try_get_value() == change
                && self.document.filter.with_untracked(|filter| filter.range != range)
            {
                self.document.filter.update(|filter| filter.range = range);
            }
        };
        if drawn || now - last < STEADY {
            set_timeout(tell, std::time::Duration::from_millis(STEADY as u64));
        } else {
            tell();
        }
    }

    fn on_gesture(self, gesture: Gesture) {
        let strip = self.strip(self.surface.get_untracked());
        match gesture {
            Gesture::Drag { x, from, .. } => {
                let (one, other) = (strip.time_at(from), strip.time_at(x));
                let (from, to) = (one.min(other), one.max(other));
                self.set((to > from && to - from < self.length).then_some((from, to)), true);
            }
            // Outside of what is looked at: everything again.
            Gesture::Click { x, .. } => {
                let time = strip.time_at(x);
                let inside = |(from, to): (f64, f64)| (from..=to).contains(&time);
                if self.range.get_untracked().is_some_and(|range| !inside(range)) {
                    self.set(None, false);
                }
            }
            _ => {}
        }
    }

    fn on_key(self, event: &KeyboardEvent) -> bool {
        let length = self.length;
        let (from, to) = self.range.get_untracked().unwrap_or((0.0, length));
        let whole = self.range.get_untracked().is_none();
        let by = if whole { length * KEY } else { (to - from) * KEY };
        let least = length * 1e-6;
        let range = match (event.key().as_str(), event.shift_key()) {
            // The first key takes a tenth, at the beginning or the end.
            ("ArrowRight", false) if whole => (0.0, by),
            ("ArrowLeft", false) if whole => (length - by, length),
            ("ArrowRight", false) => {
                let by = by.min(length - to);
                (from + by, to + by)
            }
            ("ArrowLeft", false) => {
                let by = by.min(from);
                (from - by, to - by)
            }
            ("ArrowRight", true) => (from, (to + by).min(length)),
            ("ArrowLeft", true) => (from, (to - by).max(from + least)),
            ("Home", _) => (0.0, to - from),
            ("End", _) => (length - (to - from), length),
            ("Escape", _) if !whole => {
                self.set(None, false);
                return true;
            }
            _ => return false,
        };
        self.set((range.0 > 0.0 || range.1 < length).then_some(range), false);
        true
    }
}
