//! The call tree as a picture: icicle, flame graph or sunburst.

mod overview;

use std::sync::Arc;

use flamedrop::draw::colours::FunctionFills;
use flamedrop::draw::flame::TreeState;
use flamedrop::draw::{Measure, Scene, Theme, flame, sunburst};
use flamedrop::format;
use flamedrop::layout::boxes::{Boxes, Run};
use flamedrop::layout::flame::{Orientation, Viewport};
use flamedrop::protocol::{Sight, Tree};
use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use self::overview::Overview;
use super::box_card::{BoxCard, Over, spoken};
use super::functions::spelt;
use super::sunburst::{disc, over_disc};
use crate::call_tree;
use crate::canvas::{Canvas, Gesture, Surface};
use crate::clipboard::copy;
use crate::components::legend::TreeLegend;
use crate::components::switch::switch_buttons;
use crate::document::OpenDocument;
use crate::effect::{effect, follow};
use crate::motion::Motion;
use crate::narrowing::Menu;
use crate::state::state;
use crate::view::Drawing;

/// Everything the picture is made of; copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Chart {
    document: OpenDocument,
    /// The box it is zoomed to, by its place in the whole tree.
    zoomed: RwSignal<Option<u32>>,
    /// The box that has the keyboard, likewise.
    selected: RwSignal<Option<u32>>,
    drawing: Signal<Drawing>,
    /// Of half of a sandwich, what is seen of it: its boxes are none of the call tree's.
    closer: Option<Closer>,
    /// What is zoomed to and not there yet.
    comes: StoredValue<Option<u32>>,
    /// When the last box was clicked, and which: a second click is about it, wherever it is by then.
    clicked: StoredValue<Option<Run>>,
    pub(super) boxes: Memo<Option<Arc<Boxes>>>,
    fills: Memo<Option<Arc<FunctionFills>>>,
    /// Per function of the tree: whether the search found it.
    matches: Memo<Option<Arc<Vec<bool>>>>,
    view: RwSignal<Viewport>,
    pub(super) hover: RwSignal<Option<Over>>,
    pub(super) surface: RwSignal<Surface>,
    motion: Motion,
    /// Where it moves to.
    target: StoredValue<Viewport>,
    theme: Signal<Theme>,
}

/// The view: stack and switches above, the picture below.
#[component]
pub fn FlameGraph(document: OpenDocument) -> impl IntoView {
    let chart = Chart::of_document(document);
    chart.follow();
    document.searching.follow(move |forwards| {
        document.walk_boxes(forwards);
    });
    let label = move || {
        let Some(boxes) = chart.boxes.get() else { return "Call tree: loading".to_owned() };
        let inverted = if document.narrowing.inverted.get() { "Inverted call tree" } else { "Call tree" };
        format!(
            "{inverted} of {}: {} boxes, {}. Arrow keys walk it; the Call tree tab has it as a table.",
            document.name.get(),
            format::count(i64::from(boxes.tree().boxes)),
            boxes.tree().unit.text(boxes.total())
        )
    };
    let current = move || {
        let Some(boxes) = chart.boxes.get() else { return String::new() };
        at(&boxes, document.selected_box.get()).map_or_else(String::new, |index| spoken(&boxes, index))
    };
    let empty = move || chart.boxes.get().is_some_and(|boxes| boxes.total() <= 0.0);
    view! {
        <div class="picture">
            <div class="picture-bar">
                <Stack chart />
                <Switch document />
            </div>
            <Overview chart />
            <Canvas
                label=Signal::derive(label)
                description="flame graph"
                watch=move || chart.watch()
                paint=move |surface, measure| chart.paint(surface, measure)
                gesture=move |gesture| chart.on_gesture(gesture)
                key=move |event| chart.on_key(event)
                menus=true
                surface=chart.surface
                pointing=Signal::derive(move || chart.hover.with(Option::is_some))
            >
                {move || chart.boxes.get().map(|boxes| view! { <BoxCard boxes over=chart.hover surface=chart.surface /> })}
                {move || empty().then(|| view! { <p class="empty">"The profile has no time in it: nothing to draw."</p> })}
            </Canvas>
            {move || view! { <TreeLegend document theme=chart.theme hatched=document.drawing.get() != Drawing::Sunburst /> }}
            <p class="visually-hidden" aria-live="polite">{current}</p>
        </div>
    }
}

impl Chart {
    /// The call tree, as the document has it.
    fn of_document(document: OpenDocument) -> Self {
        Self::new(
            document,
            Signal::derive(move || document.tree()),
            document.zoomed_box,
            document.selected_box,
            document.drawing.into(),
            None,
        )
    }

    pub(super) fn new(
        document: OpenDocument,
        tree: Signal<Option<Arc<Tree>>>,
        zoomed: RwSignal<Option<u32>>,
        selected: RwSignal<Option<u32>>,
        drawing: Signal<Drawing>,
        closer: Option<Closer>,
    ) -> Self {
        let state = state();
        let theme = Signal::derive(move || if state.dark() { Theme::DARK } else { Theme::LIGHT });
        // They change only when what they are made of does.
        let boxes =
            Memo::new_with_compare(move |_| tree.get().map(|tree| Arc::new(Boxes::new(tree))), |_, _| true);
        let fills = Memo::new_with_compare(
            move |_| tree.get().map(|tree| Arc::new(FunctionFills::new(&tree, &theme.get()))),
            |_, _| true,
        );
        let matches = Memo::new(move |_| {
            let tree = tree.get()?;
            document.searching.found.with(|found| {
                let found = found.as_ref()?;
                Some(Arc::new(tree.functions.iter().map(|row| found.has(row.function)).collect()))
            })
        });
        let start = Viewport::whole(&Boxes::default(), 0.0, 0.0, 1.0);
        Self {
            document,
            zoomed,
            selected,
            drawing,
            closer,
            comes: StoredValue::new(None),
            clicked: StoredValue::new(None),
            boxes,
            fills,
            matches,
            view: RwSignal::new(start),
            hover: RwSignal::new(None),
            surface: RwSignal::new(Surface { width: 0.0, height: 0.0, pixel_ratio: 1.0 }),
            motion: Motion::new(),
            target: StoredValue::new(start),
            theme,
        }
    }

    /// Keeps the viewport what size, drawing and zoom say.
    pub(super) fn follow(self) {
        effect(move || {
            let Some(boxes) = self.boxes.get() else {
                // Another tree comes: what was looked at of this one is no place in it.
                self.motion.stop();
                self.view.update_untracked(|view| (view.from, view.to, view.scroll) = (0.0, 0.0, 0.0));
                return;
            };
            let (surface, drawing) = (self.surface.get(), self.drawing.get());
            let orientation =
                if drawing == Drawing::Flame { Orientation::Flame } else { Orientation::Icicle };
            let Surface { width, height, pixel_ratio } = surface;
            let fitted = |view: Viewport| Viewport { width, height, pixel_ratio, orientation, ..view };
            let view = fitted(self.view.get_untracked());
            if let Some(index) = at(&boxes, self.comes.get_value()) {
                self.comes.set_value(None);
                self.fly(view.zoomed_to(&boxes, index));
            } else if self.motion.is_running() {
                // A panel opened on the way: the way goes on.
                self.view.set(view.clamped(&boxes));
                self.fly(fitted(self.target.get_value()).clamped(&boxes));
            } else if view.to > 0.0 {
                self.set_view(view.clamped(&boxes));
            } else {
                self.set_view(match at(&boxes, self.zoomed.get_untracked()) {
                    Some(index) => view.zoomed_to(&boxes, index),
                    None => view.zoomed_out(&boxes),
                });
            }
            self.hover.set(None);
        });
        Effect::new(move |earlier: Option<()>| {
            let zoomed = self.zoomed.get();
            // The first time it is the other effect's.
            if earlier.is_some()
                && let Some(boxes) = self.boxes.get_untracked()
            {
                let view = self.view.get_untracked();
                let index = at(&boxes, zoomed);
                self.comes.set_value(zoomed.filter(|_| index.is_none()));
                self.fly(match index {
                    Some(index) => view.zoomed_to(&boxes, index),
                    None => view.zoomed_out(&boxes),
                });
            }
        });
        let document = self.document;
        effect(move || {
            let selected = self.selected.get();
            if selected.is_some() && document.searching.place.get_untracked().is_some() {
                untrack(|| self.reveal(selected));
            }
        });
        // Whatever is wide enough to be seen, now that one is here.
        effect(move || {
            let Some(boxes) = self.boxes.get() else { return };
            let view = self.view.get();
            let view = if self.motion.is_running() { self.target.get_value() } else { view };
            let pixels = view.width * view.pixel_ratio;
            let window = match self.is_disc() {
                // As many as a large disc has around.
                true => at(&boxes, self.zoomed.get()).map(|index| {
                    let (left, right) = (boxes.left(index), boxes.right(index));
                    (left, right, (right - left) / 4096.0)
                }),
                false => (pixels >= 1.0 && view.to > view.from)
                    .then(|| (view.from, view.to, (view.to - view.from) / pixels)),
            };
            match self.closer {
                Some(closer) => {
                    let selected =
                        at(&boxes, self.selected.get()).filter(|&index| boxes.tree().can_open(index));
                    let window = window.and_then(|window| call_tree::closer(boxes.tree(), window));
                    closer.look(window, selected.map(|index| boxes.tree().place_of(index)));
                }
                None => document.look(window),
            }
        });
    }

    /// Brings a box that was selected elsewhere on screen; where it would be too thin to see, closer.
    fn reveal(self, place: Option<u32>) {
        let Some(boxes) = self.boxes.get_untracked() else { return };
        let Some(index) = at(&boxes, place) else { return };
        let view = self.view.get_untracked();
        if self.is_disc() || view.width < 1.0 || view.to <= view.from {
            return;
        }
        let shown = view.revealing(&boxes, index);
        let width = |view: &Viewport| view.x_of(boxes.right(index)) - view.x_of(boxes.left(index));
        if width(&shown) >= THIN {
            if shown != view {
                self.fly(shown);
            }
            return;
        }
        // To the nearest caller of which it is a part that can be seen.
        let own = boxes.right(index) - boxes.left(index);
        let mut around = index;
        while let Some(parent) = boxes.parent(around) {
            let all = boxes.right(parent) - boxes.left(parent);
            if own / all * view.width < 4.0 * THIN {
                break;
            }
            around = parent;
        }
        self.zoom_to(&boxes, Some(around));
    }

    fn set_view(self, view: Viewport) {
        self.motion.stop();
        self.view.set(view);
    }

    fn fly(self, target: Viewport) {
        let start = self.view.get_untracked();
        self.target.set_value(target);
        self.motion.start(move |progress| {
            self.view.set(start.towards(&target, progress));
        });
    }

    pub(super) fn watch(self) {
        follow(self.boxes);
        follow(self.fills);
        follow(self.matches);
        self.view.track();
        self.hover.track();
        self.selected.track();
        self.document.function.track();
        self.drawing.track();
        self.zoomed.track();
        self.document.certain_only.track();
    }

    pub(super) fn paint(self, surface: Surface, measure: &dyn Measure) -> Option<Scene> {
        let (boxes, fills) = (self.boxes.get()?, self.fills.get()?);
        let matches = self.matches.get();
        let function = self.document.function.get();
        let selected = function
            .and_then(|function| boxes.tree().functions.iter().position(|row| row.function == function));
        let state = TreeState {
            hover: self.hover.get().and_then(|over| over.single()),
            current: at(&boxes, self.selected.get()),
            selected: selected.map(|selected| selected as u32),
            matches: matches.as_ref().map(|matches| matches.as_slice()),
            certain_only: self.document.certain_only.get(),
        };
        let theme = self.theme.get();
        Some(if self.drawing.get() == Drawing::Sunburst {
            let disc = disc(&boxes, at(&boxes, self.zoomed.get()), surface);
            let size = (surface.width, surface.height);
            sunburst::paint(&boxes, &disc, size, &state, &fills, &theme, measure)
        } else {
            flame::paint(&boxes, &self.view.get(), &state, &fills, &theme, measure)
        })
    }

    fn is_disc(self) -> bool {
        self.drawing.get_untracked() == Drawing::Sunburst
    }

    /// What is drawn at a point.
    fn over(self, boxes: &Boxes, x: f64, y: f64) -> Option<Over> {
        let run = if self.is_disc() {
            over_disc(boxes, at(boxes, self.zoomed.get_untracked()), self.surface.get_untracked(), x, y)
        } else {
            self.view.get_untracked().cell_at(boxes, x, y).map(|cell| cell.run)
        };
        run.map(|run| Over { run, x, y })
    }

    pub(super) fn on_gesture(self, gesture: Gesture) {
        let Some(boxes) = self.boxes.get_untracked() else { return };
        match gesture {
            Gesture::Hover { x, y } => {
                let over = self.over(&boxes, x, y);
                if over.is_some() || self.hover.with_untracked(Option::is_some) {
                    self.hover.set(over);
                }
            }
            Gesture::Leave => self.hover.set(None),
            Gesture::Click { x, y } => {
                let over = self.over(&boxes, x, y);
                // The second of two clicks is about the same box, though a panel may have moved it.
                self.clicked.set_value(over.map(|over| over.run));
                if let Some(over) = over {
                    self.click(&boxes, &over.run);
                }
            }
            Gesture::DoubleClick => match at(&boxes, self.selected.get_untracked()) {
                Some(index) if self.clicked.get_value().is_some() => self.enter(&boxes, index),
                Some(_) | None => self.zoomed.set(None),
            },
            Gesture::Menu { at, x, y } => {
                if let Some(over) =
                    at.and_then(|(x, y)| self.over(&boxes, x, y)).filter(|over| over.run.count == 1)
                {
                    self.select(&boxes, over.run.first);
                }
                self.hover.set(None);
                if self.document.function.with_untracked(Option::is_some) && self.closer.is_none() {
                    self.document.narrowing.menu.set(Some(Menu { x, y }));
                }
            }
            Gesture::Drag { dx, dy, .. } if !self.is_disc() => {
                self.hover.set(None);
                self.set_view(self.view.get_untracked().dragged(&boxes, dx, dy));
            }
            Gesture::Zoom { x, factor, .. } if !self.is_disc() => {
                self.set_view(self.view.get_untracked().zoomed_about(&boxes, x, factor));
                self.hover.set(None);
            }
            // Rings neither move nor stretch: one goes in and out by boxes.
            Gesture::Drag { .. } | Gesture::Drop | Gesture::Zoom { .. } => {}
        }
    }

    /// Selects a box; nothing moves under the pointer. In the middle of a disc it goes a step out.
    fn click(self, boxes: &Boxes, run: &Run) {
        let index = run.first;
        // Of boxes too small to be here likewise: they come when they are wide enough.
        if run.count > 1 || (boxes.tree().can_open(index) && !self.is_disc()) {
            if !self.is_disc() {
                self.fly(self.view.get_untracked().zoomed_to_run(boxes, run));
            }
            return;
        }
        let in_middle = self.is_disc() && at(boxes, self.zoomed.get_untracked()) == Some(index);
        self.select(boxes, index);
        if in_middle {
            self.clicked.set_value(None);
            self.zoom_to(boxes, boxes.parent(index));
        }
        self.hover.set(None);
    }

    fn select(self, boxes: &Boxes, index: u32) {
        if self.closer.is_some() {
            self.selected.set(Some(boxes.tree().place_of(index)));
        } else {
            self.document.select_box(boxes.tree(), index);
        }
    }

    /// Zooms to a box, or out again; from half of a sandwich it goes to the box's function.
    fn enter(self, boxes: &Boxes, index: u32) {
        if self.closer.is_some() {
            if let Some(row) = boxes.function(index) {
                self.document.select_function(row.function);
            }
            return;
        }
        let zoomed = at(boxes, self.zoomed.get_untracked());
        self.zoom_to(boxes, if zoomed == Some(index) { boxes.parent(index) } else { Some(index) });
    }

    fn zoom_to(self, boxes: &Boxes, index: Option<u32>) {
        self.zoomed.set(index.map(|index| boxes.tree().place_of(index)));
    }

    pub(super) fn on_key(self, event: &KeyboardEvent) -> bool {
        let Some(boxes) = self.boxes.get_untracked().filter(|boxes| !boxes.is_empty()) else { return false };
        let current = at(&boxes, self.selected.get_untracked());
        let flame = self.drawing.get_untracked() == Drawing::Flame;
        match event.key().as_str() {
            "ArrowUp" | "ArrowDown" => {
                // Towards the roots: up in an icicle, down in a flame.
                let to_parent = (event.key() == "ArrowUp") != flame;
                self.go(&boxes, current, |index| {
                    if to_parent { boxes.parent(index) } else { boxes.first_child(index) }
                });
            }
            "ArrowLeft" => self.go(&boxes, current, |index| boxes.previous_in_row(index)),
            "ArrowRight" => self.go(&boxes, current, |index| boxes.next_in_row(index)),
            "Enter" | " " => {
                let Some(index) = current else { return false };
                self.enter(&boxes, index);
            }
            "+" | "=" => self.zoom(&boxes, current, 0.5),
            "-" | "_" => self.zoom(&boxes, current, 2.0),
            "0" => self.zoomed.set(None),
            "Escape" => {
                let free = !self.is_disc() && !self.view.get_untracked().is_whole(&boxes);
                if self.zoomed.get_untracked().is_none() && !free {
                    return false;
                }
                self.zoomed.set(None);
            }
            "c" => {
                let tree = boxes.tree();
                let Some(row) = current.and_then(|index| tree.function_of(index)) else { return false };
                let (name, place) = spelt(row);
                copy(if place.is_empty() { name } else { place });
            }
            _ => return false,
        }
        true
    }

    /// Moves the keyboard's box; the first step goes to the heaviest root, or to what is zoomed to.
    fn go(self, boxes: &Boxes, current: Option<u32>, step: impl Fn(u32) -> Option<u32>) {
        let first = || {
            let zoomed = at(boxes, self.zoomed.get_untracked());
            // A function selected elsewhere is where one was.
            let selected = self.document.function.get_untracked();
            let selected = selected.and_then(|function| boxes.tree().heaviest_of(function));
            selected.or(zoomed).or_else(|| boxes.row(0).first().copied())
        };
        if let (None, None, Some(function)) = (current, self.closer, self.document.function.get_untracked())
            && boxes.tree().is_cut()
            && boxes.tree().heaviest_of(function).is_none()
        {
            self.document.find_heaviest(function);
            return;
        }
        let Some(next) = current.map_or_else(first, step) else { return };
        self.hover.set(None);
        self.select(boxes, next);
        if self.is_disc() {
            let disc = disc(boxes, at(boxes, self.zoomed.get_untracked()), self.surface.get_untracked());
            if disc.focus != Some(next) && !disc.shows(boxes, next) {
                self.zoom_to(boxes, boxes.parent(next));
            }
        } else {
            self.set_view(self.view.get_untracked().revealing(boxes, next));
        }
    }

    fn zoom(self, boxes: &Boxes, current: Option<u32>, factor: f64) {
        if self.is_disc() {
            let zoomed = at(boxes, self.zoomed.get_untracked());
            self.zoom_to(
                boxes,
                if factor < 1.0 { current.or(zoomed) } else { zoomed.and_then(|index| boxes.parent(index)) },
            );
            return;
        }
        let view = self.view.get_untracked();
        // About the middle of what is selected, as far as it is on screen.
        let middle = current.map_or(view.width / 2.0, |index| {
            let (left, right) = (view.x_of(boxes.left(index)), view.x_of(boxes.right(index)));
            ((left.max(0.0) + right.min(view.width)) / 2.0).clamp(0.0, view.width)
        });
        self.fly(view.zoomed_about(boxes, middle, factor));
    }
}

/// A box that is thinner cannot be seen among others, CSS pixels.
const THIN: f64 = 6.0;

/// The box of a place of the whole tree, if it is there.
fn at(boxes: &Boxes, place: Option<u32>) -> Option<u32> {
    boxes.tree().at_place(place?)
}

/// What is seen of half of a sandwich beside what is large; copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Closer {
    /// With the function whose half it is.
    pub sight: RwSignal<(Option<u32>, Sight)>,
    pub document: OpenDocument,
}

impl Closer {
    /// A part of the width, or a box that stands for several.
    fn look(self, window: Option<call_tree::Window>, more: Option<u32>) {
        if window.is_none() && more.is_none() {
            return;
        }
        let function = self.document.function.get_untracked();
        self.sight.update(|(of, sight)| {
            if *of != function {
                (*of, *sight) = (function, Sight::default());
            }
            if let Some((from, to, least)) = window {
                (sight.window, sight.least) = (Some((from, to)), least);
            }
            if let Some(more) = more.filter(|more| !sight.siblings.contains(more)) {
                sight.siblings.push(more);
            }
        });
    }
}

/// How many boxes of a deep stack are named on each side of the dots.
const CRUMBS: usize = 4;

/// The stack of what is zoomed to: the way back out.
#[component]
fn Stack(chart: Chart) -> impl IntoView {
    let document = chart.document;
    let crumb = move |name: String, target: Option<u32>, last: bool| {
        view! {
            <li>
                <button
                    type="button"
                    title=name.clone()
                    aria-current=last.then_some("location")
                    on:click=move |_| document.zoomed_box.set(target)
                >
                    {name.clone()}
                </button>
            </li>
        }
        .into_any()
    };
    let crumbs = move || {
        let stack = chart.boxes.get().and_then(|boxes| {
            let zoomed = at(&boxes, document.zoomed_box.get())?;
            Some((boxes.stack(zoomed), boxes))
        });
        let mut items = vec![crumb("all".to_owned(), None, stack.is_none())];
        if let Some((stack, boxes)) = stack {
            for (place, &index) in stack.iter().enumerate() {
                let from_end = stack.len() - 1 - place;
                if place == CRUMBS && from_end >= CRUMBS {
                    items.push(view! { <li class="left-out">"…"</li> }.into_any());
                }
                if place < CRUMBS || from_end < CRUMBS {
                    let name = boxes.tree().label_of(index).unwrap_or(flame::MORE.into());
                    items.push(crumb(name.into_owned(), Some(boxes.tree().place_of(index)), from_end == 0));
                }
            }
        }
        items
    };
    // Where one is stands at the end; on a narrow screen that would be out of sight.
    let nav = NodeRef::<html::Nav>::new();
    effect(move || {
        document.zoomed_box.track();
        follow(chart.boxes);
        request_animation_frame(move || {
            if let Some(nav) = nav.try_get_untracked().flatten() {
                nav.set_scroll_left(nav.scroll_width());
            }
        });
    });
    view! {
        <nav class="crumbs" aria-label="Stack" node_ref=nav>
            <ol>{crumbs}</ol>
        </nav>
    }
}

/// Icicle, flame or sunburst.
#[component]
fn Switch(document: OpenDocument) -> impl IntoView {
    let buttons = switch_buttons(Drawing::ALL, document.drawing, Drawing::title);
    view! { <div class="switch" role="group" aria-label="Drawing">{buttons}</div> }
}
