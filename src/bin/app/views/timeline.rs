//! Statements on lanes over time.

use std::sync::Arc;

use flamedrop::draw::timeline::{TimelineState, paint};
use flamedrop::draw::{Measure, Scene, Theme};
use flamedrop::format;
use flamedrop::layout::timeline::{Timeline as Rows, Viewport};
use flamedrop::protocol::{Answer, Ask, QueriesOverview, Request, Response};
use flamedrop::queries::NONE;
use flamedrop::queries::by::By;
use flamedrop::queries::filter::Filter;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::statement_card::{Over, StatementCard, StatementDetails, spoken};
use crate::canvas::{Canvas, Gesture, Surface};
use crate::components::kinds::KindSelect;
use crate::components::legend::OperationLegend;
use crate::document::{OpenDocument, answers};
use crate::effect::follow;
use crate::motion::{Motion, Still};
use crate::save::picture;
use crate::state::state;
use crate::text::start_text;

/// From this width on, CSS pixels, the lanes' names stand beside the lanes.
const WIDE: f64 = 640.0;
/// Width of connections' names beside the lanes.
const GUTTER: f64 = 148.0;
/// Width of queries' names beside the lanes, at most; and their share of the whole.
const QUERY_GUTTER: (f64, f64) = (380.0, 0.28);

/// What lanes can be.
const LANES: &[By] = &[
    By::Connection,
    By::Request,
    By::Fingerprint,
    By::User,
    By::Host,
    By::Database,
    By::Application,
    By::View,
];

/// Everything the picture is made of; copies are the same.
#[derive(Clone, Copy)]
struct Chart {
    document: OpenDocument,
    /// Those of the range of time that all views are about.
    lanes: Memo<Option<Arc<Rows>>>,
    /// Per statement in order of start: where it is in the columns.
    places: Memo<Option<Arc<Vec<u32>>>>,
    view: RwSignal<Viewport>,
    hover: RwSignal<Option<Over>>,
    surface: RwSignal<Surface>,
    motion: Motion,
    /// Where it moves to.
    target: StoredValue<Viewport>,
    /// Changes of the range: the last one's number.
    still: Still,
    theme: Signal<Theme>,
}

/// The view: lanes, and beside them the selected statement.
#[component]
pub fn Timeline(document: OpenDocument, overview: QueriesOverview) -> impl IntoView {
    let chart = Chart::new(document);
    chart.follow();
    let requests = untrack(|| document.is_requests());
    let label = move || {
        let Some(lanes) = chart.lanes.get() else { return "Timeline: loading".to_owned() };
        format!(
            "Timeline of {}: {} {} on {} lanes. Arrow keys walk it; the {} tab has it as tables.",
            document.name.get(),
            format::count(lanes.starts() as i64),
            if requests { "requests" } else { "statements" },
            format::count(lanes.shown_lanes(None) as i64),
            if requests { "Routes" } else { "Queries" }
        )
    };
    let current = move || {
        let (lanes, place) = (chart.lanes.get()?, chart.current()?);
        Some(spoken(&lanes, place))
    };
    let wall_clock = overview.wall_clock;
    let range = move || {
        let lanes = chart.lanes.get()?;
        let view = chart.view.get();
        let origin = lanes.columns().origin;
        let from = start_text(origin + view.from.max(0.0), wall_clock);
        Some(format!("{from} · {}", format::milliseconds(view.to - view.from)))
    };
    let zoomed = move || chart.lanes.get().is_some_and(|lanes| !is_whole(&lanes, &chart.view.get()));
    let operations = Memo::new(move |_| chart.lanes.get().map(|lanes| lanes.columns().operations.clone()));
    // Its place is kept before it is there: else the picture would be drawn twice.
    let legend = move || match operations.get() {
        Some(operations) => {
            view! { <OperationLegend operations failed=overview.failed != 0 theme=chart.theme /> }.into_any()
        }
        None => view! { <ul class="legend" aria-hidden="true"><li>"\u{a0}"</li></ul> }.into_any(),
    };
    let empty = move || chart.lanes.get().is_some_and(|lanes| lanes.is_empty());
    let (statistics, attempts) = (overview.statistics, overview.attempts);
    let nothing = move || match document.filter.with(|filter| filter.failed) {
        _ if statistics => {
            "Statistics of a server have no single statements, so there is no timeline: the Queries tab has their \
             numbers."
        }
        true if attempts > 0 => {
            "The server logs no duration for statements that fail, so there is nothing to draw: the Events tab has them."
        }
        _ if requests => "No request fits the filter.",
        _ => "No statement fits the filter.",
    };
    view! {
        <div class="split">
            <div class="picture">
                <div class="picture-bar">
                    <p class="range">{range}</p>
                    <KindSelect document label="Lanes by" kinds=LANES chosen=document.lanes />
                    <button type="button" disabled=move || !zoomed() title="All views show only what starts in the time on screen" on:click=move |_| chart.filter()>"Only this range"</button>
                    <div class="switch" role="group" aria-label="Zoom">
                        <button type="button" aria-label="Zoom in" on:click=move |_| chart.zoom(0.5)>"+"</button>
                        <button type="button" aria-label="Zoom out" disabled=move || !zoomed() on:click=move |_| chart.zoom(2.0)>"−"</button>
                        <button type="button" disabled=move || !zoomed() on:click=move |_| chart.zoom_out()>"Reset zoom"</button>
                    </div>
                    <button type="button" class="link" on:click=move |_| picture(state(), document)>"Save as SVG"</button>
                </div>
                <Canvas
                    label=Signal::derive(label)
                    description="timeline"
                    watch=move || chart.watch()
                    paint=move |surface, measure| chart.paint(surface, measure)
                    gesture=move |gesture| chart.on_gesture(gesture)
                    key=move |event| chart.on_key(event)
                    surface=chart.surface
                    pointing=Signal::derive(move || chart.hover.with(|over| over.is_some_and(Over::is_statement)))
                >
                    {move || chart.lanes.get().map(|lanes| view! { <StatementCard lanes over=chart.hover surface=chart.surface /> })}
                    {move || empty().then(|| view! { <p class="empty">{nothing()}</p> })}
                </Canvas>
                {legend}
                <p class="visually-hidden" aria-live="polite">{current}</p>
            </div>
            <Show when=move || document.statement.get().is_some()>
                <StatementDetails document wall_clock />
            </Show>
        </div>
    }
}

/// The statements that the filter leaves, but for its range, on lanes. They are asked for and laid out once:
/// a range is a part of what is there, and the next visit of the view finds it.
fn laid_out(document: OpenDocument) -> Memo<Option<Arc<Rows>>> {
    let question = Memo::new(move |_| {
        let filter = Filter { range: None, ..document.asked() };
        Request::View(filter, Ask::Timeline { lanes: document.lanes.get() })
    });
    let known = move |question: &Request| {
        document.timeline.with_value(|known| match known {
            Some((of, lanes)) if of == question => Some(Arc::clone(lanes)),
            _ => None,
        })
    };
    let answer = answers(
        document,
        move || Some(question.get()).filter(|question| known(question).is_none()),
        |response| match response {
            Response::View(Answer::Timeline(columns)) => Some(Arc::new(Rows::new(columns))),
            _ => None,
        },
    );
    Memo::new_with_compare(
        move |last: Option<&Option<Arc<Rows>>>| {
            let question = question.get();
            // Followed in any case: another answer may be on its way.
            let answered = answer.get();
            let found = known(&question).or_else(|| {
                let (_, lanes) = answered.filter(|(of, _)| *of == question)?;
                document.timeline.set_value(Some((question, Arc::clone(&lanes))));
                Some(lanes)
            });
            found.or_else(|| last.cloned().flatten())
        },
        |old, new| match (old.and_then(Option::as_ref), new.and_then(Option::as_ref)) {
            (Some(old), Some(new)) => !Arc::ptr_eq(old, new),
            (old, new) => old.is_some() || new.is_some(),
        },
    )
}

impl Chart {
    fn new(document: OpenDocument) -> Self {
        let state = state();
        let theme = Signal::derive(move || if state.dark() { Theme::DARK } else { Theme::LIGHT });
        let all = laid_out(document);
        let lanes = Memo::new_with_compare(
            move |_| {
                let range = document.filter.with(|filter| filter.range);
                // A log has thousands of requests, of which few are on screen at a time.
                let many = document.lanes.get() == By::Request;
                let on_screen = many.then(|| document.time_range.get()).flatten();
                all.get().map(|all| Arc::new(all.with_lanes(range, on_screen)))
            },
            |_, _| true,
        );
        let places = Memo::new_with_compare(
            move |_| {
                let lanes = all.get()?;
                // Of all statements of the log only some are here.
                let last = lanes.columns().statement.iter().max().map_or(0, |last| *last as usize + 1);
                let mut places = vec![NONE; last];
                for (place, &statement) in lanes.columns().statement.iter().enumerate() {
                    if let Some(entry) = places.get_mut(statement as usize) {
                        *entry = place as u32;
                    }
                }
                Some(Arc::new(places))
            },
            |_, _| true,
        );
        let start = Viewport::whole(&Rows::default(), 0.0, 0.0, 0.0, 1.0);
        Self {
            document,
            lanes,
            places,
            view: RwSignal::new(start),
            hover: RwSignal::new(None),
            surface: RwSignal::new(Surface { width: 0.0, height: 0.0, pixel_ratio: 1.0 }),
            motion: Motion::new(),
            target: StoredValue::new(start),
            still: Still::new(),
            theme,
        }
    }

    /// Keeps the viewport what size and range say.
    fn follow(self) {
        Effect::new(move |ready: Option<bool>| {
            let (Some(lanes), surface) = (self.lanes.get(), self.surface.get()) else { return false };
            if surface.width < 1.0 {
                return false;
            }
            let Surface { width, height, pixel_ratio } = surface;
            let gutter = match self.document.lanes.get() {
                _ if width < WIDE => 0.0,
                By::Fingerprint | By::Request => QUERY_GUTTER.0.min(width * QUERY_GUTTER.1).round(),
                _ => GUTTER,
            };
            let fitted = |view: Viewport| Viewport { width, height, pixel_ratio, gutter, ..view };
            let mut view = fitted(self.view.get_untracked());
            if self.motion.is_running() {
                // A panel opened on the way: the way goes on.
                self.view.set(view.clamped(&lanes));
                self.fly(fitted(self.target.get_value()).clamped(&lanes));
                return true;
            }
            if ready != Some(true) {
                let brushed = || self.document.filter.with_untracked(|filter| filter.range);
                view = match self.document.time_range.get_untracked().or_else(brushed) {
                    Some((from, to)) => Viewport { from, to, ..view }.clamped(&lanes),
                    None => view.zoomed_out(&lanes),
                };
                // One comes here from a list of executions with one of them selected.
                if let Some(place) = untrack(|| self.current()) {
                    view = view.revealing(&lanes, place);
                }
            }
            self.view.set(view.clamped(&lanes));
            true
        });
        // What is brushed fills the picture, at once: the hand is the movement.
        Effect::new(move |earlier: Option<Option<(f64, f64)>>| {
            let range = self.document.filter.with(|filter| filter.range);
            if earlier.is_some_and(|earlier| earlier != range) {
                if let Some(lanes) = self.lanes.get_untracked() {
                    self.motion.stop();
                    self.view.set(self.showing(&lanes, range));
                }
                self.document.time_range.set(range);
            }
            range
        });
        // Back, Escape and links change the range; so does the view itself, later.
        Effect::new(move |earlier: Option<()>| {
            let range = self.document.time_range.get();
            if earlier.is_none() {
                return;
            }
            let (Some(lanes), view) = (self.lanes.get_untracked(), self.view.get_untracked()) else { return };
            let target = self.showing(&lanes, range);
            let near = (view.to - view.from) * 1e-3 + 2e-3;
            if (target.from - view.from).abs() > near || (target.to - view.to).abs() > near {
                self.fly(target);
            }
        });
    }

    /// The viewport with another range, or with everything.
    fn showing(self, lanes: &Rows, range: Option<(f64, f64)>) -> Viewport {
        let view = self.view.get_untracked();
        match range {
            Some((from, to)) => Viewport { from, to, ..view }.clamped(lanes),
            None => view.zoomed_out(lanes),
        }
    }

    /// Where the selected statement is in the columns.
    fn current(self) -> Option<u32> {
        let statement = self.document.statement.get()?;
        self.places
            .with(|places| places.as_ref()?.get(statement as usize).copied())
            .filter(|&place| place != NONE)
    }

    fn set_view(self, view: Viewport) {
        self.motion.stop();
        self.view.set(view);
        self.keep_range();
    }

    fn fly(self, target: Viewport) {
        let start = self.view.get_untracked();
        self.target.set_value(target);
        self.motion.start(move |progress| self.view.set(start.towards(&target, progress)));
        self.keep_range();
    }

    /// Writes the range into the document once it is still.
    fn keep_range(self) {
        self.still.after(move || {
            let (Some(lanes), view) = (self.lanes.get_untracked(), self.view.get_untracked()) else { return };
            let range = (!is_whole(&lanes, &view)).then_some((view.from, view.to));
            if self.document.time_range.get_untracked() != range {
                self.document.time_range.set(range);
            }
        });
    }

    fn watch(self) {
        follow(self.lanes);
        self.view.track();
        self.hover.track();
        self.theme.track();
        // Where it is is looked up only if there is one: that costs a walk over all statements.
        self.current();
        self.document.fingerprint.track();
    }

    fn paint(self, _: Surface, measure: &dyn Measure) -> Option<Scene> {
        let lanes = self.lanes.get()?;
        let state = TimelineState {
            hover: self.hover.get().and_then(|over| over.statement()),
            current: self.current(),
            fingerprint: self.document.fingerprint.get(),
            // The filter leaves out what does not match.
            matches: None,
        };
        Some(paint(&lanes, &self.view.get(), &state, &self.theme.get(), measure))
    }

    fn on_gesture(self, gesture: Gesture) {
        let Some(lanes) = self.lanes.get_untracked() else { return };
        let view = self.view.get_untracked();
        match gesture {
            Gesture::Hover { x, y } => {
                let over = Over::at(&lanes, &view, x, y);
                if over.is_some() || self.hover.with_untracked(Option::is_some) {
                    self.hover.set(over);
                }
            }
            Gesture::Leave => self.hover.set(None),
            Gesture::Click { x, y } => match view.hit(&lanes, x, y) {
                Some(place) => self.select(&lanes, place),
                None => {
                    self.document.statement.set(None);
                    self.document.fingerprint.set(None);
                }
            },
            Gesture::Drag { dx, dy, .. } => {
                self.hover.set(None);
                self.set_view(view.dragged(&lanes, dx, dy));
            }
            Gesture::Drop | Gesture::DoubleClick | Gesture::Menu { .. } => {}
            Gesture::Zoom { x, factor, .. } if x < view.gutter => {
                // The names only scroll.
                self.set_view(view.dragged(&lanes, 0.0, -factor.ln() * 500.0));
            }
            Gesture::Zoom { x, factor, .. } => {
                self.hover.set(None);
                self.set_view(view.zoomed_about(&lanes, x, factor));
            }
        }
    }

    /// Selects a statement, and with it its fingerprint: where else it ran stands out.
    fn select(self, lanes: &Rows, place: u32) {
        let columns = lanes.columns();
        self.document.fingerprint.set(columns.fingerprint.get(place as usize).copied());
        self.document.statement.set(columns.statement.get(place as usize).copied());
    }

    fn on_key(self, event: &KeyboardEvent) -> bool {
        let Some(lanes) = self.lanes.get_untracked().filter(|lanes| !lanes.is_empty()) else { return false };
        let current = untrack(|| self.current());
        let view = self.view.get_untracked();
        match event.key().as_str() {
            "ArrowLeft" | "ArrowRight" if event.shift_key() => {
                let by = if event.key() == "ArrowLeft" { 0.25 } else { -0.25 };
                self.fly(view.dragged(&lanes, by * view.lane_width(), 0.0));
            }
            "ArrowLeft" => self.go(&lanes, current, |place| lanes.previous(place)),
            "ArrowRight" => self.go(&lanes, current, |place| lanes.next(place)),
            "ArrowUp" => self.go(&lanes, current, |place| lanes.beside(place, false)),
            "ArrowDown" => self.go(&lanes, current, |place| lanes.beside(place, true)),
            "+" | "=" => self.zoom(0.5),
            "-" | "_" => self.zoom(2.0),
            "0" => self.zoom_out(),
            "z" => {
                let Some(place) = current else { return false };
                self.fly(view.zoomed_to(&lanes, lanes.start(place), lanes.end(place)));
            }
            "Enter" => {
                if current.is_none() {
                    return false;
                }
                self.document.show_queries();
            }
            "Escape" if !is_whole(&lanes, &view) => self.zoom_out(),
            _ => return false,
        }
        true
    }

    /// Moves the keyboard's statement; the first step goes to the first one on screen.
    fn go(self, lanes: &Rows, current: Option<u32>, step: impl Fn(u32) -> Option<u32>) {
        let view = self.view.get_untracked();
        let first = || {
            let visible = view.visible_lanes(lanes);
            visible
                .flat_map(|lane| lanes.runs(lane, 0, view.from, view.to, view.width))
                .next()
                .map(|run| run.first)
        };
        let Some(next) = current.map_or_else(|| first().or(Some(0)), step) else { return };
        self.hover.set(None);
        self.select(lanes, next);
        self.set_view(view.revealing(lanes, next));
    }

    /// Zooms about the selected statement if it is on screen, else about the middle.
    fn zoom(self, factor: f64) {
        let Some(lanes) = self.lanes.get_untracked() else { return };
        let view = self.view.get_untracked();
        let middle = (view.gutter + view.width) / 2.0;
        let x = untrack(|| self.current())
            .map_or(middle, |place| view.x_of((lanes.start(place) + lanes.end(place)) / 2.0));
        let x = if (view.gutter..=view.width).contains(&x) { x } else { middle };
        self.fly(view.zoomed_about(&lanes, x, factor));
    }

    /// All views are about what is on screen.
    fn filter(self) {
        let Some(lanes) = self.lanes.get_untracked() else { return };
        let view = self.view.get_untracked();
        let range = (view.from.max(0.0), view.to.min(lanes.columns().length));
        self.document.filter.update(|filter: &mut Filter| filter.range = Some(range));
    }

    fn zoom_out(self) {
        if let Some(lanes) = self.lanes.get_untracked() {
            self.fly(self.view.get_untracked().zoomed_out(&lanes));
        }
    }
}

fn is_whole(lanes: &Rows, view: &Viewport) -> bool {
    let whole = view.zoomed_out(lanes);
    let near = (whole.to - whole.from) * 1e-9;
    view.from <= whole.from + near && view.to >= whole.to - near
}
