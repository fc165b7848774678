//! Stacks in time order: tracks one under the other, the time axis, and above them the minimap.

mod card;
mod hands;
mod minimap;
mod statements;

pub use self::statements::moment_link;

use std::sync::Arc;

use flamedrop::draw::colours::FunctionFills;
use flamedrop::draw::flame_chart::{ChartState, Functions, paint};
use flamedrop::draw::{Measure, Scene, Theme};
use flamedrop::format::{self, Unit};
use flamedrop::layout::flame_chart::{Boxes, Statements, Tracks, Viewport};
use flamedrop::profile::Layer;
use flamedrop::profile::spans::Clock;
use flamedrop::protocol::{
    Activity, FunctionRow, ProfileOverview, Request, Response, SpanAnswer, SpanAsk, SpanDetail, SpanWindow,
    SpansOverview,
};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;

use self::card::{Longest, SpanCard, spoken};
use self::hands::Hands;
use self::minimap::Minimap;
use self::statements::{OnScreen, Together};
use crate::beside::{Halves, halves};
use crate::canvas::{Canvas, Surface};
use crate::components::legend::css;
use crate::components::time_range::moment;
use crate::document::{OpenDocument, answers};
use crate::effect::{effect, follow};
use crate::motion::{Motion, Still};
use crate::save::picture;
use crate::state::state;

/// What the chart is, for screen readers.
const CHART: &str = "flame chart";
/// The minimap is made of so many parts of the time.
const STEPS: u32 = 800;
/// So much of a screen is asked for on both sides: panning need not wait.
const BESIDE: f64 = 0.5;
/// So many CSS pixels above and below the screen are asked for as well: scrolling need not wait. Each of their rows has to
/// be decoded with the answer, within a frame.
const AROUND: f64 = 160.0;

/// Everything the picture is made of; copies are the same.
#[derive(Clone, Copy)]
struct Chart {
    document: OpenDocument,
    overview: StoredValue<SpansOverview>,
    unit: Unit,
    /// Whether spans are calls; of samples they are pieces of them.
    calls: bool,
    /// The tracks without statements, and with them.
    frames: StoredValue<Arc<Tracks>>,
    tracks: RwSignal<Arc<Tracks>>,
    /// The pair that the profile is half of, and the statements of its log.
    halves: Memo<Option<Halves>>,
    statements: RwSignal<Option<Arc<Statements>>>,
    boxes: RwSignal<Option<Arc<Boxes>>>,
    fills: Memo<Option<Arc<FunctionFills>>>,
    view: RwSignal<Viewport>,
    /// Where the pointer is.
    hover: RwSignal<Option<(f64, f64)>>,
    surface: RwSignal<Surface>,
    motion: Motion,
    /// Where it moves to.
    target: StoredValue<Viewport>,
    /// Changes of what is on screen: the last one's number.
    still: Still,
    /// The range that is being drawn on the axis.
    drawn: RwSignal<Option<(f64, f64)>>,
    hands: Hands,
    /// Whether the worker was asked and has not answered.
    asking: StoredValue<bool>,
    /// What it was asked last.
    asked: StoredValue<Option<SpanWindow>>,
    theme: Signal<Theme>,
}

/// The view.
#[component]
pub fn FlameChart(document: OpenDocument, overview: ProfileOverview) -> impl IntoView {
    let ProfileOverview { unit, spans, shown_tracks, calls, .. } = overview;
    let spans = spans.unwrap_or(SpansOverview {
        clock: Clock::Recorded,
        beginning: None,
        threads: Vec::new(),
        length: 0.0,
        count: 0,
        tracks: Vec::new(),
        range: None,
    });
    let in_order_only = spans.clock == Clock::Order;
    let chart = Chart::new(document, spans, &shown_tracks, (unit, calls.is_some()));
    chart.follow();
    chart.follow_statements();
    let activity = chart.activity();
    let label = move || {
        let (count, length) =
            chart.overview.with_value(|spans| (spans.count, moment(spans.length, spans, unit)));
        format!(
            "Flame chart of {}: {}, {length}. Arrow keys walk it; the longest on screen are listed below it.",
            document.name.get(),
            chart.counted(count),
        )
    };
    let range = move || {
        let view = chart.view.get();
        chart.overview.with_value(|spans| {
            format!(
                "{} from {}",
                moment(view.to - view.from, spans, unit),
                moment(view.from.max(0.0), spans, unit)
            )
        })
    };
    let current = move || {
        if let Some(statement) = chart.spoken_statement() {
            return Some(statement);
        }
        let functions = document.span_functions()?;
        let detail = document.spans.detail.get()?;
        Some(chart.overview.with_value(|spans| spoken(&detail, &functions, spans, unit)))
    };
    let zoomed = move || !chart.tracks.with(|tracks| chart.view.get().is_whole(tracks));
    let matches =
        move || activity.with(|activity| activity.as_ref().and_then(|(_, activity)| activity.matches));
    let found = move || {
        matches().map(|count| {
            let count = format!("{} {}", chart.counted(count), if count == 1 { "matches" } else { "match" });
            view! {
                <span class="switch" role="group" aria-label="Matches">
                    <button type="button" aria-label="Previous match" title="Previous match (p)" on:click=move |_| chart.find(false)>"‹"</button>
                    <button type="button" aria-label="Next match" title="Next match (n)" on:click=move |_| chart.find(true)>"›"</button>
                </span>
                <span class="found">{count}</span>
            }
        })
    };
    document.searching.follow(move |forwards| chart.find(forwards));
    if document.spans.refocus.get_value() {
        document.spans.refocus.set_value(false);
        request_animation_frame(focus_chart);
    }
    let empty = move || chart.tracks.with(|tracks| tracks.shown().is_empty());
    view! {
        <div class="picture">
            <div class="picture-bar">
                <p class="range">{range}</p>
                {found}
                <button
                    type="button"
                    disabled=move || !zoomed()
                    title="All views show only the time on screen (r); or drag on the axis"
                    on:click=move |_| chart.filter()
                >"Only this range"</button>
                <div class="switch" role="group" aria-label="Zoom">
                    <button type="button" aria-label="Zoom in" on:click=move |_| chart.zoom(0.5)>"+"</button>
                    <button type="button" aria-label="Zoom out" disabled=move || !zoomed() on:click=move |_| chart.zoom(2.0)>"−"</button>
                    <button type="button" disabled=move || !zoomed() on:click=move |_| chart.zoom_out()>"Reset zoom"</button>
                </div>
                <button type="button" class="link" on:click=move |_| picture(state(), document)>"Save as SVG"</button>
            </div>
            {in_order_only.then(|| view! {
                <p class="caption">"Samples in their order: the file does not say what time passed between them, so tracks do not line up."</p>
            })}
            <Minimap chart activity />
            <Canvas
                label=Signal::derive(label)
                description=CHART
                watch=move || chart.watch()
                paint=move |surface, measure| chart.paint(surface, measure)
                gesture=move |gesture| chart.on_gesture(gesture)
                key=move |event| chart.on_key(event)
                surface=chart.surface
                pointing=Signal::derive(move || chart.hover.with(Option::is_some) && (chart.over().is_some() || chart.over_statement().is_some()))
            >
                <SpanCard chart />
                {move || empty().then(|| view! { <p class="empty">"Nothing of this track was recorded in time order."</p> })}
            </Canvas>
            <Legend chart />
            <Together chart />
            <Longest chart />
            <OnScreen chart />
            <p class="visually-hidden" aria-live="polite">{current}</p>
        </div>
    }
}

/// Gives the keyboard to the chart.
fn focus_chart() {
    let canvas = leptos::prelude::document().query_selector(&format!("[aria-roledescription='{CHART}']"));
    if let Some(canvas) =
        canvas.ok().flatten().and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = canvas.focus();
    }
}

/// The layers that are in the profile, and what else is drawn.
#[component]
fn Legend(chart: Chart) -> impl IntoView {
    let layers = move || {
        let rows = chart.document.span_functions()?;
        let is_there = |layer: &Layer| rows.iter().any(|row| row.layer == *layer);
        let all = Layer::ALL.into_iter().filter(is_there).map(|layer| {
            let colour = move || css(chart.theme.get().layer(layer).fill);
            let name = if layer == Layer::Waiting { "waiting (hatched)" } else { layer.name() };
            view! { <li><span class="key" style:background-color=colour></span>{name}</li> }
        });
        Some(all.collect::<Vec<_>>())
    };
    let idle = move || css(chart.theme.get().line);
    let has_idle = chart.overview.with_value(|spans| spans.clock == Clock::Recorded);
    view! {
        <ul class="legend" aria-label="Colours" tabindex="0">
            {move || layers().unwrap_or_default()}
            {has_idle.then(|| view! { <li><span class="key" style:background-color=idle></span>"idle: nothing recorded"</li> })}
        </ul>
    }
}

impl Chart {
    fn new(
        document: OpenDocument,
        spans: SpansOverview,
        tracks: &[u32],
        (unit, calls): (Unit, bool),
    ) -> Self {
        let state = state();
        let theme = Signal::derive(move || if state.dark() { Theme::DARK } else { Theme::LIGHT });
        let tracks = Tracks::new(&spans, tracks, unit.is_time());
        let fills = Memo::new_with_compare(
            move |_| {
                document
                    .span_functions()
                    .map(|rows| Arc::new(FunctionFills::of_functions(&rows, &theme.get())))
            },
            |_, _| true,
        );
        let start = Viewport::whole(&tracks, 0.0, 0.0, 1.0);
        let (tracks, statements) = (Arc::new(tracks), document.spans.statements);
        let with_lanes = statements.with_untracked(|all| Some((*tracks).clone().with(all.as_ref()?)));
        Self {
            document,
            overview: StoredValue::new(spans),
            unit,
            calls,
            frames: StoredValue::new(Arc::clone(&tracks)),
            tracks: RwSignal::new(with_lanes.map_or(tracks, Arc::new)),
            halves: Memo::new(move |_| halves(state, document)),
            statements,
            boxes: document.spans.boxes,
            fills,
            view: RwSignal::new(start),
            hover: RwSignal::new(None),
            surface: RwSignal::new(Surface { width: 0.0, height: 0.0, pixel_ratio: 1.0 }),
            motion: Motion::new(),
            target: StoredValue::new(start),
            still: Still::new(),
            drawn: RwSignal::new(None),
            hands: Hands::new(),
            asking: StoredValue::new(false),
            asked: StoredValue::new(None),
            theme,
        }
    }

    /// So many calls, or boxes where samples are not calls.
    fn counted(self, count: u64) -> String {
        let (one, many) = if self.calls { ("call", "calls") } else { ("box", "boxes") };
        format::counted(i64::try_from(count).unwrap_or(i64::MAX), one, many)
    }

    fn tracks(self) -> Arc<Tracks> {
        self.tracks.get_untracked()
    }

    /// How deep the stacks are over all of the time.
    fn activity(self) -> RwSignal<Option<(Request, Arc<Activity>)>> {
        let document = self.document;
        answers(
            document,
            move || {
                let search = document.search_text();
                Some(Request::Spans(SpanAsk::Activity { steps: STEPS, search }))
            },
            |response| match response {
                Response::Spans(SpanAnswer::Activity(activity)) => Some(Arc::new(activity)),
                _ => None,
            },
        )
    }

    /// Keeps the viewport what size and address say, and the boxes what the viewport needs.
    fn follow(self) {
        Effect::new(move |ready: Option<bool>| {
            let surface = self.surface.get();
            if surface.width < 1.0 {
                return false;
            }
            let tracks = self.tracks();
            let Surface { width, height, pixel_ratio } = surface;
            let fitted = |view: Viewport| Viewport { width, height, pixel_ratio, ..view };
            let mut view = fitted(self.view.get_untracked());
            if self.motion.is_running() {
                self.view.set(view.clamped(&tracks));
                self.fly(fitted(self.target.get_value()).clamped(&tracks));
                return true;
            }
            if ready != Some(true)
                && let Some((from, to)) = self.document.time_range.get_untracked()
            {
                view = view.between(&tracks, from, to);
            }
            self.view.set(view.clamped(&tracks));
            true
        });
        // Back, Escape and links change it; so does the view itself, later.
        Effect::new(move |earlier: Option<()>| {
            let range = self.document.time_range.get();
            if earlier.is_none() {
                return;
            }
            let (tracks, view) = (self.tracks(), self.view.get_untracked());
            let (from, to) = range.unwrap_or((0.0, tracks.length));
            let target = view.between(&tracks, from, to);
            let near = (view.to - view.from) * 1e-3 + 2e-9;
            if (target.from - view.from).abs() > near || (target.to - view.to).abs() > near {
                self.fly(target);
            }
        });
        effect(move || {
            self.view.track();
            self.document.search.track();
            self.document.searching.case.track();
            self.document.searching.regex.track();
            self.ask();
        });
        // A link names a span; its numbers are the worker's.
        effect(move || {
            let Some(id) = self.document.spans.selected.get() else { return };
            if self
                .document
                .spans
                .detail
                .with_untracked(|detail| detail.as_ref().is_some_and(|detail| detail.id == id))
            {
                return;
            }
            let document = self.document;
            spawn_local(async move {
                if let Some(SpanAnswer::Span(Some(detail))) = document.ask_spans(SpanAsk::Span(id)).await {
                    document.spans.detail.try_set(Some(detail));
                }
            });
        });
    }

    /// Asks for what is on screen, and some on both sides, unless that is there.
    fn ask(self) {
        let Some(view) = self.view.try_get_untracked() else { return };
        if self.document.search.try_get_untracked().is_none() {
            return;
        }
        let search = untrack(|| self.document.search_text());
        if view.width < 1.0 || self.asking.try_get_value() != Some(false) {
            return;
        }
        let tracks = self.tracks();
        if self
            .boxes
            .with_untracked(|boxes| boxes.as_ref().is_some_and(|boxes| boxes.suit(&view, &tracks, &search)))
        {
            return;
        }
        let span = view.to - view.from;
        let window = SpanWindow {
            from: (view.from - span * BESIDE).max(0.0),
            to: (view.to + span * BESIDE).min(tracks.length),
            least: view.least(),
            rows: view.rows(&tracks, AROUND),
            search,
        };
        // What was answered is no better the second time.
        if self.asked.with_value(|asked| asked.as_ref() == Some(&window)) {
            return;
        }
        self.asking.set_value(true);
        self.asked.set_value(Some(window.clone()));
        spawn_local(async move {
            let answer = self.document.ask_spans(SpanAsk::Window(window.clone())).await;
            self.asking.try_set_value(false);
            if let Some(SpanAnswer::Window(columns)) = answer {
                let SpanWindow { from, to, least, rows, search } = window;
                self.boxes.try_set(Some(Arc::new(Boxes::new(columns, (from, to), least, rows, search))));
                // It went on meanwhile.
                self.ask();
            }
        });
    }

    fn set_view(self, view: Viewport) {
        self.motion.stop();
        self.view.set(view);
        self.keep();
    }

    fn fly(self, target: Viewport) {
        let start = self.view.get_untracked();
        self.target.set_value(target);
        self.motion.start(move |progress| self.view.set(start.towards(&target, progress)));
        self.keep();
    }

    /// Writes what is on screen into the document once it is still.
    fn keep(self) {
        self.still.after(move || self.keep_now());
    }

    fn keep_now(self) {
        let Some(mut view) = self.view.try_get_untracked() else { return };
        if self.motion.is_running() {
            // Where it will be.
            view = self.target.get_value();
        }
        let range = (!view.is_whole(&self.tracks())).then_some((view.from, view.to));
        if self.document.time_range.get_untracked() != range {
            self.document.time_range.set(range);
        }
    }

    /// All views are about this part of the time; the chart is made anew, and stays where it is.
    fn show_range(self, range: (f64, f64)) {
        self.keep_now();
        self.document.show_range(Some(range));
    }

    fn watch(self) {
        self.boxes.track();
        follow(self.fills);
        self.view.track();
        self.hover.track();
        self.drawn.track();
        self.document.spans.selected.track();
        self.document.function.track();
        self.document.spans.range.track();
        self.watch_statements();
    }

    fn paint(self, _: Surface, measure: &dyn Measure) -> Option<Scene> {
        let (boxes, fills) = (self.boxes.get()?, self.fills.get()?);
        let rows: Arc<Vec<FunctionRow>> = self.document.span_functions()?;
        let state = ChartState {
            hover: self.over(),
            current: self.document.spans.selected.get(),
            function: self.document.function.get(),
            range: self.drawn.get().or_else(|| self.document.spans.range.get()),
            statements: (self.over_statement(), self.current_statement()),
        };
        let statements = self.statements.get();
        let functions = Functions { rows: &rows, fills: &fills };
        Some(paint(
            (&self.tracks(), &boxes, statements.as_deref()),
            &self.view.get(),
            &state,
            functions,
            &self.theme.get(),
            measure,
        ))
    }

    /// The box under the pointer.
    fn over(self) -> Option<usize> {
        let (x, y) = self.hover.get()?;
        let boxes = self.boxes.get()?;
        boxes.hit(&self.tracks(), &self.view.get(), x, y)
    }

    fn select(self, detail: SpanDetail) {
        let tracks = self.tracks();
        let (row, moments) = ((detail.id.track, detail.depth), (detail.start, detail.end));
        self.document.statement.set(None);
        self.document.select_span(detail);
        let view = self.view.get_untracked();
        let shown = view.revealing(&tracks, row, moments);
        if shown != view {
            self.set_view(shown);
        }
    }

    /// Zooms about the selected span if it is on screen, else about the middle.
    fn zoom(self, factor: f64) {
        let view = self.view.get_untracked();
        let selected = self.document.spans.detail.with_untracked(|detail| {
            let detail = detail.as_ref()?;
            (self.document.spans.selected.get_untracked() == Some(detail.id))
                .then(|| view.x_of(f64::midpoint(detail.start, detail.end)))
        });
        let x = selected.filter(|x| (0.0..=view.width).contains(x)).unwrap_or(view.width / 2.0);
        self.fly(view.zoomed_about(&self.tracks(), x, factor));
    }

    fn zoom_out(self) {
        let tracks = self.tracks();
        self.fly(self.view.get_untracked().between(&tracks, 0.0, tracks.length));
    }

    /// All views are about what is on screen.
    fn filter(self) {
        let (tracks, view) = (self.tracks(), self.view.get_untracked());
        self.show_range((view.from.max(0.0), view.to.min(tracks.length)));
    }
}
