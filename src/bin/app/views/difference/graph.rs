//! Both call trees as one flame graph, coloured by what each stack takes more or less.

use std::sync::Arc;

use flamedrop::draw::difference::{self, Changes, DifferenceState, signed};
use flamedrop::draw::{Measure, Scene, Theme};
use flamedrop::format;
use flamedrop::layout::boxes::Boxes;
use flamedrop::layout::flame::{Orientation, Viewport};
use flamedrop::protocol::{CompareAnswer, CompareAsk, ComparedOverview, Request, Response};
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::canvas::{Canvas, Gesture, Surface};
use crate::comparison::Side;
use crate::components::card::Card;
use crate::components::legend::ChangeLegend;
use crate::document::{OpenDocument, answers};
use crate::effect::{effect, follow};
use crate::motion::Motion;
use crate::state::state;
use crate::views::box_card::{Over, boxed};

/// What is drawn: the boxes of one side, and what they take on the other.
#[derive(Clone)]
struct Shown {
    boxes: Arc<Boxes>,
    other: Arc<(Vec<f64>, Vec<f64>)>,
    by_before: bool,
}

/// Copies are the same.
#[derive(Clone, Copy)]
struct Chart {
    document: OpenDocument,
    shown: Memo<Option<Shown>>,
    changes: Memo<Option<Arc<Changes>>>,
    scale: Signal<f64>,
    view: RwSignal<Viewport>,
    hover: RwSignal<Option<Over>>,
    current: RwSignal<Option<u32>>,
    surface: RwSignal<Surface>,
    motion: Motion,
    theme: Signal<Theme>,
}

/// The flame graph.
#[component]
pub fn Graph(document: OpenDocument, overview: ComparedOverview) -> impl IntoView {
    let comparison = document.comparison;
    let by_share = overview.by_share;
    let scale = Signal::derive(move || if comparison.by_share.get() { by_share } else { 1.0 });
    let chart = Chart::new(document, scale);
    chart.follow();
    let side = move || match comparison.proportions.get() {
        Side::Before => "before",
        Side::After => "after",
    };
    let label = move || {
        let Some(shown) = chart.shown.get() else { return "Difference: loading".to_owned() };
        format!(
            "Difference flame graph in the proportions {} the change: {} boxes. The Functions table has the numbers.",
            side(),
            format::count(shown.boxes.len() as i64)
        )
    };
    let current = move || chart.spoken();
    let empty = move || chart.shown.get().is_some_and(|shown| shown.boxes.total() <= 0.0);
    view! {
        <div class="picture">
            <Canvas
                label=Signal::derive(label)
                description="difference flame graph"
                watch=move || chart.watch()
                paint=move |surface, measure| chart.paint(surface, measure)
                gesture=move |gesture| chart.on_gesture(gesture)
                key=move |event| chart.on_key(event)
                surface=chart.surface
                pointing=Signal::derive(move || chart.hover.with(Option::is_some))
            >
                <Hover chart />
                {move || empty().then(|| view! { <p class="empty">"There are no times to draw."</p> })}
            </Canvas>
            <ChangeLegend theme=chart.theme />
            <p class="visually-hidden" aria-live="polite">{current}</p>
        </div>
    }
}

impl Chart {
    fn new(document: OpenDocument, scale: Signal<f64>) -> Self {
        let state = state();
        let comparison = document.comparison;
        let theme = Signal::derive(move || if state.dark() { Theme::DARK } else { Theme::LIGHT });
        let answer = answers(
            document,
            move || {
                let by_before = comparison.proportions.get() == Side::Before;
                Some(Request::Compare(CompareAsk::Difference { by_before }))
            },
            |response| match response {
                Response::Compare(CompareAnswer::Difference(difference)) => Some(Arc::new(*difference)),
                _ => None,
            },
        );
        let shown = Memo::new_with_compare(
            move |_| {
                answer.with(|answer| {
                    let (request, difference) = answer.as_ref()?;
                    let by_before =
                        matches!(request, Request::Compare(CompareAsk::Difference { by_before: true }));
                    let other = (difference.other_self.clone(), difference.other_total.clone());
                    let boxes = Arc::new(Boxes::new(difference.tree.clone()));
                    Some(Shown { boxes, other: Arc::new(other), by_before })
                })
            },
            |_, _| true,
        );
        let changes = Memo::new_with_compare(
            move |_| {
                let shown = shown.get()?;
                Some(Arc::new(Changes::new(&shown.boxes, &shown.other.1, shown.by_before, scale.get())))
            },
            |_, _| true,
        );
        Self {
            document,
            shown,
            changes,
            scale,
            view: RwSignal::new(Viewport::whole(&Boxes::default(), 0.0, 0.0, 1.0)),
            hover: RwSignal::new(None),
            current: RwSignal::new(None),
            surface: RwSignal::new(Surface { width: 0.0, height: 0.0, pixel_ratio: 1.0 }),
            motion: Motion::new(),
            theme,
        }
    }

    /// Keeps the viewport what the size says; another tree is shown whole.
    fn follow(self) {
        let last = StoredValue::new(None::<Arc<Boxes>>);
        effect(move || {
            let Some(shown) = self.shown.get() else { return };
            let Surface { width, height, pixel_ratio } = self.surface.get();
            let view = Viewport {
                width,
                height,
                pixel_ratio,
                orientation: Orientation::Icicle,
                ..self.view.get_untracked()
            };
            self.motion.stop();
            self.hover.set(None);
            let same =
                last.with_value(|last| last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &shown.boxes)));
            if same && view.to > 0.0 {
                self.view.set(view.clamped(&shown.boxes));
            } else {
                self.current.set(None);
                self.view.set(view.zoomed_out(&shown.boxes));
                last.set_value(Some(shown.boxes));
            }
        });
    }

    fn boxes(self) -> Option<Arc<Boxes>> {
        self.shown.with_untracked(|shown| shown.as_ref().map(|shown| Arc::clone(&shown.boxes)))
    }

    fn watch(self) {
        follow(self.shown);
        follow(self.changes);
        self.view.track();
        self.hover.track();
        self.current.track();
        self.document.comparison.selected.track();
        self.theme.track();
    }

    fn paint(self, _: Surface, measure: &dyn Measure) -> Option<Scene> {
        let (shown, changes) = (self.shown.get()?, self.changes.get()?);
        let selected = self.document.comparison.selected.get();
        let functions = &shown.boxes.tree().functions;
        let selected = selected.and_then(|place| functions.iter().position(|row| row.function == place));
        let state = DifferenceState {
            hover: self.hover.get().and_then(Over::single),
            current: self.current.get(),
            selected: selected.map(|selected| selected as u32),
        };
        let view = self.view.get();
        Some(difference::paint(&shown.boxes, &changes, &view, &state, &self.theme.get(), measure))
    }

    fn fly(self, target: Viewport) {
        let start = self.view.get_untracked();
        self.motion.start(move |progress| self.view.set(start.towards(&target, progress)));
    }

    fn select(self, boxes: &Boxes, index: u32) {
        self.current.set(Some(index));
        self.document.comparison.selected.set(boxes.function(index).map(|row| row.function));
    }

    fn on_gesture(self, gesture: Gesture) {
        let Some(boxes) = self.boxes() else { return };
        let view = self.view.get_untracked();
        let over = |x: f64, y: f64| view.cell_at(&boxes, x, y).map(|cell| Over { run: cell.run, x, y });
        match gesture {
            Gesture::Hover { x, y } => {
                let over = over(x, y);
                if over.is_some() || self.hover.with_untracked(Option::is_some) {
                    self.hover.set(over);
                }
            }
            Gesture::Leave => self.hover.set(None),
            Gesture::Click { x, y } => {
                match over(x, y) {
                    Some(over) if over.run.count > 1 => self.fly(view.zoomed_to_run(&boxes, &over.run)),
                    Some(over) => self.select(&boxes, over.run.first),
                    None => self.current.set(None),
                }
                self.hover.set(None);
            }
            // Nothing moves under the pointer until it is clicked twice.
            Gesture::DoubleClick => match self.current.get_untracked() {
                Some(index) => self.fly(view.zoomed_to(&boxes, index)),
                None => self.fly(view.zoomed_out(&boxes)),
            },
            Gesture::Drag { dx, dy, .. } => {
                self.hover.set(None);
                self.motion.stop();
                self.view.set(view.dragged(&boxes, dx, dy));
            }
            Gesture::Zoom { x, factor, .. } => {
                self.hover.set(None);
                self.motion.stop();
                self.view.set(view.zoomed_about(&boxes, x, factor));
            }
            Gesture::Drop | Gesture::Menu { .. } => {}
        }
    }

    fn on_key(self, event: &KeyboardEvent) -> bool {
        let Some(boxes) = self.boxes().filter(|boxes| !boxes.is_empty()) else { return false };
        let current = self.current.get_untracked().filter(|&index| (index as usize) < boxes.len());
        let view = self.view.get_untracked();
        match event.key().as_str() {
            "ArrowUp" => self.go(&boxes, current, |index| boxes.parent(index)),
            "ArrowDown" => self.go(&boxes, current, |index| boxes.first_child(index)),
            "ArrowLeft" => self.go(&boxes, current, |index| boxes.previous_in_row(index)),
            "ArrowRight" => self.go(&boxes, current, |index| boxes.next_in_row(index)),
            "Enter" | " " => {
                let Some(index) = current else { return false };
                self.fly(view.zoomed_to(&boxes, index));
            }
            "+" | "=" => self.fly(view.zoomed_about(&boxes, view.width / 2.0, 0.5)),
            "-" | "_" => self.fly(view.zoomed_about(&boxes, view.width / 2.0, 2.0)),
            "0" => self.fly(view.zoomed_out(&boxes)),
            "Escape" if !view.is_whole(&boxes) => self.fly(view.zoomed_out(&boxes)),
            _ => return false,
        }
        true
    }

    fn go(self, boxes: &Boxes, current: Option<u32>, step: impl Fn(u32) -> Option<u32>) {
        let first = || boxes.row(0).first().copied();
        let Some(next) = current.map_or_else(first, step) else { return };
        self.hover.set(None);
        self.select(boxes, next);
        self.motion.stop();
        self.view.set(self.view.get_untracked().revealing(boxes, next));
    }

    /// The box that has the keyboard, in words.
    fn spoken(self) -> String {
        let (Some(shown), Some(index)) = (self.shown.get(), self.current.get()) else { return String::new() };
        let Some((name, _)) = boxed(shown.boxes.tree(), index) else { return String::new() };
        let numbers = self.numbers(&shown, index);
        let rows: Vec<String> = numbers
            .into_iter()
            .map(|(label, before, after, change)| {
                format!("{label}: {before} before, {after} after, {change}")
            })
            .collect();
        format!("{name}. {}", rows.join(". "))
    }

    /// What a box takes: what, before, after, change.
    fn numbers(self, shown: &Shown, index: u32) -> Vec<(&'static str, String, String, String)> {
        let tree = shown.boxes.tree();
        let unit = tree.unit;
        let scale = self.scale.get();
        let at = index as usize;
        let row = |label, this: &[f64], other: &[f64]| {
            let (this, other) = (this.get(at).copied()?, other.get(at).copied()?);
            let (before, after) = if shown.by_before { (this, other) } else { (other, this) };
            let change = after - before * scale;
            let text = signed(unit.text(change.abs()), change);
            Some((label, unit.text(before * scale), unit.text(after), text))
        };
        let total = row("Total", &tree.total_time, &shown.other.1);
        total.into_iter().chain(row("Self", &tree.self_time, &shown.other.0)).collect()
    }
}

/// The card beside the pointer.
#[component]
fn Hover(chart: Chart) -> impl IntoView {
    let place = Signal::derive(move || chart.hover.get().map(|over| (over.x, over.y)));
    let run = Memo::new(move |_| chart.hover.get().map(|over| over.run));
    let content = move || {
        let (shown, run) = (chart.shown.get()?, run.get()?);
        let unit = shown.boxes.tree().unit;
        if run.count > 1 {
            let count = format::count(i64::from(run.count));
            let width = unit.text(run.right - run.left);
            return Some(
                view! {
                    <p class="name">{format!("{count} small boxes")}</p>
                    <p class="note">{format!("{width} together; click to zoom")}</p>
                }
                .into_any(),
            );
        }
        let (name, place) =
            boxed(shown.boxes.tree(), run.first).unwrap_or(("Small boxes".to_owned(), String::new()));
        let rows: Vec<_> = chart
            .numbers(&shown, run.first)
            .into_iter()
            .map(|(label, before, after, change)| {
                view! { <tr><th>{label}</th><td>{before}</td><td>{after}</td><td>{change}</td></tr> }
            })
            .collect();
        let alone = shown.other.1.get(run.first as usize).is_some_and(|&other| other == 0.0);
        let note = alone.then_some(match shown.by_before {
            true => "This stack is gone after the change.",
            false => "This stack was not there before.",
        });
        Some(
            view! {
                <p class="name">{name}</p>
                <p class="place">{place}</p>
                <table>
                    <thead><tr><th></th><th>"before"</th><th>"after"</th><th>"change"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
                {note.map(|note| view! { <p class="note">{note}</p> })}
            }
            .into_any(),
        )
    };
    view! { <Card place surface=chart.surface>{content}</Card> }
}
