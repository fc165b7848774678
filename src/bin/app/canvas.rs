//! A canvas that plays scenes: its size, when it is drawn again, and what pointers do on it. What is on
//! it is the views' business.

use std::cell::RefCell;
use std::rc::Rc;

use flamedrop::draw::measure::{self, CharacterWidths};
use flamedrop::draw::scene::Font;
use flamedrop::draw::{Measure, Scene};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, KeyboardEvent, PointerEvent, WheelEvent};

use crate::effect::effect;
use crate::play::Player;
use crate::press::LongPress;
use crate::size::observed_size;

/// The style sheet's sans-serif faces, as a canvas wants them.
pub const FACES: &str =
    r#"system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif"#;

/// A pointer that moved less than this since it was pressed has clicked, in CSS pixels.
const CLICK: f64 = 5.0;

/// What a pointer did; positions are CSS pixels on the canvas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gesture {
    /// It is here, with nothing pressed.
    Hover { x: f64, y: f64 },
    /// It left.
    Leave,
    /// It was pressed and let go in one place.
    Click { x: f64, y: f64 },
    /// Twice in a row, after the two clicks.
    DoubleClick,
    /// The other button was pressed, or a finger for long; from the window's edges as well. Without a place: by a key.
    Menu { at: Option<(f64, f64)>, x: f64, y: f64 },
    /// It was dragged, or scrolled: by how much; where it is, and where it was pressed.
    Drag { dx: f64, dy: f64, x: f64, from: f64, from_y: f64 },
    /// What was dragged was let go.
    Drop,
    /// Wheel or pinch: below 1 is closer.
    Zoom { x: f64, y: f64, factor: f64 },
}

/// How large the picture is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Surface {
    /// CSS pixels.
    pub width: f64,
    /// CSS pixels.
    pub height: f64,
    /// Device pixels of one CSS pixel.
    pub pixel_ratio: f64,
}

/// Makes the picture as it is on screen now.
type Picture = Rc<dyn Fn() -> Option<Scene>>;

thread_local! {
    /// Of the canvas on screen: no view has two.
    static PICTURE: RefCell<Option<Picture>> = const { RefCell::new(None) };
}

/// The picture on screen, if there is one: part, theme and selection as they are.
pub fn on_screen() -> Option<Scene> {
    let picture = PICTURE.with_borrow(Clone::clone)?;
    picture()
}

/// What the views give a canvas.
type Painting = Rc<dyn Fn(Surface, &dyn Measure) -> Option<Scene>>;
type Watching = Box<dyn Fn()>;
type Hearing = Rc<dyn Fn(Gesture)>;
type Keys = Box<dyn Fn(&KeyboardEvent) -> bool>;

/// A canvas that fills its place.
///
/// `paint` runs once per animation frame at most, after something that `watch` reads has changed.
#[component]
pub fn Canvas(
    /// What it shows, for those who do not see it.
    #[prop(into)]
    label: Signal<String>,
    /// What it is, for screen readers: "flame graph".
    description: &'static str,
    /// Reads every signal the picture depends on.
    watch: impl Fn() + 'static,
    /// Makes the picture. Nothing it reads is watched.
    paint: impl Fn(Surface, &dyn Measure) -> Option<Scene> + 'static,
    /// Hears what pointers do.
    gesture: impl Fn(Gesture) + Copy + 'static,
    /// Hears keys; gives whether it used the key.
    key: impl Fn(&KeyboardEvent) -> bool + 'static,
    /// Whether the wheel is the picture's; else the page scrolls under it.
    #[prop(default = true)]
    wheels: bool,
    /// Whether it is what a view shows; else it is beside it, or has a button of its own to save it.
    #[prop(default = true)]
    is_main: bool,
    /// Whether the other button, and a long press, are the picture's.
    #[prop(default = false)]
    menus: bool,
    /// Told the size.
    surface: RwSignal<Surface>,
    /// Whether the pointer is over something that can be clicked.
    #[prop(into)]
    pointing: Signal<bool>,
    /// What floats over the canvas.
    children: Children,
) -> impl IntoView {
    // One for all pictures: as a generic it would be in the page's wasm once for each.
    let (paint, gesture): (Painting, Hearing) = (Rc::new(paint), Rc::new(gesture));
    let (watch, key): (Watching, Keys) = (Box::new(watch), Box::new(key));
    let follow = Follow { watch, paint, surface };
    holder_of(label, description, follow, gesture, key, (wheels, is_main, menus), pointing, children)
}

/// When a canvas is drawn again, and by whom.
struct Follow {
    watch: Watching,
    paint: Painting,
    surface: RwSignal<Surface>,
}

#[allow(clippy::too_many_arguments, reason = "they are the component's")]
fn holder_of(
    label: Signal<String>,
    description: &'static str,
    Follow { watch, paint, surface }: Follow,
    gesture: Hearing,
    key: Keys,
    (wheels, is_main, menus): (bool, bool, bool),
    pointing: Signal<bool>,
    children: Children,
) -> AnyView {
    let gesture = {
        let kept = StoredValue::new_local(gesture);
        move |done: Gesture| {
            // Not while it is borrowed: it may end the view.
            if let Some(gesture) = kept.try_get_value() {
                gesture(done);
            }
        }
    };
    let holder = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let size = observed_size(holder);
    effect(move || {
        let (width, height) = size.get();
        let new = Surface { width, height, pixel_ratio: window().device_pixel_ratio().max(0.5) };
        if surface.get_untracked() != new {
            surface.set(new);
        }
    });

    let picture: Picture = {
        let paint = Rc::clone(&paint);
        Rc::new(move || {
            let (canvas, surface) = (canvas.try_get_untracked().flatten()?, surface.try_get_untracked()?);
            untrack(|| with_measure(&canvas, |measure| paint(surface, measure)))
        })
    };
    if is_main {
        PICTURE.set(Some(Rc::clone(&picture)));
    }
    on_cleanup({
        let picture = send_wrapper::SendWrapper::new(picture);
        move || {
            PICTURE.with_borrow_mut(|shown| {
                if shown.as_ref().is_some_and(|shown| Rc::ptr_eq(shown, &picture)) {
                    *shown = None;
                }
            });
        }
    });

    let painter = Rc::new(RefCell::new(None::<Player>));
    // Asked by a frame that comes after the view has gone.
    let alive = StoredValue::new(());
    let waiting = Rc::new(std::cell::Cell::new(false));
    effect(move || {
        surface.track();
        watch();
        if waiting.replace(true) {
            return;
        }
        let (waiting, paint, painter) = (Rc::clone(&waiting), Rc::clone(&paint), Rc::clone(&painter));
        request_animation_frame(move || {
            waiting.set(false);
            if alive.try_get_value().is_none() {
                return;
            }
            let (Some(canvas), surface) = (canvas.get_untracked(), surface.get_untracked()) else { return };
            let mut painter = painter.borrow_mut();
            if painter.is_none() {
                *painter = context(&canvas).map(Player::new);
            }
            let Some(player) = painter.as_mut() else { return };
            if surface.width >= 1.0
                && surface.height >= 1.0
                && let Some(scene) = untrack(|| with_measure(&canvas, |measure| paint(surface, measure)))
            {
                player.play(&canvas, &scene, surface.pixel_ratio);
            }
        });
    });

    let hands = Hands::default();
    let at = move |event: &web_sys::MouseEvent| (f64::from(event.offset_x()), f64::from(event.offset_y()));
    let long = LongPress::new();
    let down = {
        let hands = hands.clone();
        move |event: PointerEvent| {
            if event.button() == 0 {
                let target: HtmlCanvasElement = event_target(&event);
                let _ = target.set_pointer_capture(event.pointer_id());
                hands.pressed(event.pointer_id(), at(&event));
                let (hands, place) = (hands.clone(), at(&event));
                if !menus {
                    return;
                }
                long.start(&event, move |x, y| {
                    if hands.hold() {
                        gesture(Gesture::Menu { at: Some(place), x, y });
                    }
                });
            }
        }
    };
    let moved = {
        let hands = hands.clone();
        move |event: PointerEvent| {
            let place = at(&event);
            match hands.moved(event.pointer_id(), place) {
                Some(done) => {
                    long.end();
                    gesture(done);
                }
                // A finger does not hover: what it is over shows when it lets go.
                None if !hands.any() && event.pointer_type() != "touch" => {
                    gesture(Gesture::Hover { x: place.0, y: place.1 });
                }
                None => {}
            }
        }
    };
    let up = {
        let hands = hands.clone();
        move |event: PointerEvent| {
            long.end();
            match hands.released(event.pointer_id()) {
                Some((x, y)) => gesture(Gesture::Click { x, y }),
                None => gesture(Gesture::Drop),
            }
        }
    };
    let menu = move |event: web_sys::MouseEvent| {
        if !menus {
            return;
        }
        event.prevent_default();
        let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
        // By a key it has no button, and is somewhere in the middle.
        let by_key = event.button() < 0 || (event.button() == 0 && event.detail() == 0 && !long.is_held());
        let place = (!by_key).then(|| at(&event));
        gesture(Gesture::Menu { at: place, x, y });
    };
    let cancelled = move |event: PointerEvent| {
        long.end();
        hands.released(event.pointer_id());
        gesture(Gesture::Leave);
    };
    let wheel = move |event: WheelEvent| {
        if !wheels {
            return;
        }
        event.prevent_default();
        let (x, y) = at(&event);
        // Lines and pages, in pixels.
        let unit = match event.delta_mode() {
            WheelEvent::DOM_DELTA_LINE => 16.0,
            WheelEvent::DOM_DELTA_PAGE => surface.get_untracked().height,
            _ => 1.0,
        };
        let from_y = y;
        let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
        if event.shift_key() || dx.abs() > dy.abs() {
            // A wheel with the shift key comes as either direction.
            gesture(Gesture::Drag { dx: -(if dx == 0.0 { dy } else { dx }), dy: 0.0, x, from: x, from_y });
        } else if event.alt_key() {
            gesture(Gesture::Drag { dx: 0.0, dy: -dy, x, from: x, from_y });
        } else {
            // Pinching on a trackpad comes as small steps with the control key.
            let speed = if event.ctrl_key() { 0.01 } else { 0.002 };
            gesture(Gesture::Zoom { x, y, factor: (dy * speed).clamp(-1.0, 1.0).exp() });
        }
    };
    view! {
        <div class="canvas" node_ref=holder>
            <canvas
                node_ref=canvas
                tabindex="0"
                role="application"
                aria-roledescription=description
                aria-label=label
                class:pointing=pointing
                on:pointerdown=down
                on:pointermove=moved
                on:pointerup=up
                on:pointercancel=cancelled
                on:pointerleave=move |_| gesture(Gesture::Leave)
                on:wheel=wheel
                on:dblclick=move |_| gesture(Gesture::DoubleClick)
                on:contextmenu=menu
                on:keydown=move |event| {
                    if menus && (event.key() == "ContextMenu" || (event.key() == "F10" && event.shift_key())) {
                        // Some systems have no event for it.
                        event.prevent_default();
                        let target: HtmlCanvasElement = event_target(&event);
                        let place = target.get_bounding_client_rect();
                        let (x, y) = (place.left() + place.width() / 3.0, place.top() + place.height() / 3.0);
                        gesture(Gesture::Menu { at: None, x, y });
                        return;
                    }
                    let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
                    if plain && key(&event) {
                        event.prevent_default();
                        event.stop_propagation();
                    }
                }
            ></canvas>
            {children()}
        </div>
    }
    .into_any()
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

thread_local! {
    /// One for the page: all canvases use the same faces.
    static WIDTHS: RefCell<Option<Rc<dyn Measure>>> = const { RefCell::new(None) };
}

fn with_measure<T>(canvas: &HtmlCanvasElement, run: impl FnOnce(&dyn Measure) -> T) -> T {
    let measure = WIDTHS.with_borrow_mut(|widths| {
        let measure = widths.get_or_insert_with(|| match context(canvas) {
            Some(context) => Rc::new(CharacterWidths::new(move |text, font| {
                context.set_font(&font_text(font));
                context.measure_text(text).map_or(7.0, |metrics| metrics.width())
            })),
            None => Rc::new(measure::table()),
        });
        Rc::clone(measure)
    });
    run(measure.as_ref())
}

/// A font as a canvas wants it.
pub fn font_text(font: Font) -> String {
    format!("{}px {FACES}", measure::font_size(font))
}

/// The pointers that are down: one drags, two pinch.
#[derive(Clone, Default)]
struct Hands(Rc<RefCell<Vec<Hand>>>);

struct Hand {
    pointer: i32,
    pressed: (f64, f64),
    now: (f64, f64),
    /// It went too far for a click, or another came to help.
    dragging: bool,
}

impl Hands {
    fn any(&self) -> bool {
        !self.0.borrow().is_empty()
    }

    /// The one finger that is down stays where it is: what it does next is no click. False if it moves, or is none.
    fn hold(&self) -> bool {
        match self.0.borrow_mut().as_mut_slice() {
            [hand] if !hand.dragging => {
                hand.dragging = true;
                true
            }
            _ => false,
        }
    }

    fn pressed(&self, pointer: i32, place: (f64, f64)) {
        let mut hands = self.0.borrow_mut();
        hands.retain(|hand| hand.pointer != pointer);
        let second = !hands.is_empty();
        hands.push(Hand { pointer, pressed: place, now: place, dragging: second });
        if second {
            for hand in hands.iter_mut() {
                hand.dragging = true;
            }
        }
    }

    fn moved(&self, pointer: i32, place: (f64, f64)) -> Option<Gesture> {
        let mut hands = self.0.borrow_mut();
        let other = hands.iter().find(|hand| hand.pointer != pointer).map(|hand| hand.now);
        let hand = hands.iter_mut().find(|hand| hand.pointer == pointer)?;
        let (before, (from, from_y)) = (hand.now, hand.pressed);
        if !hand.dragging {
            let far = (place.0 - hand.pressed.0).hypot(place.1 - hand.pressed.1) >= CLICK;
            if !far {
                return None;
            }
            hand.dragging = true;
        }
        hand.now = place;
        match other {
            Some(other) => {
                // Sideways only: that is the direction that zooms.
                let gap = |one: (f64, f64)| (one.0 - other.0).hypot(one.1 - other.1).max(20.0);
                let (x, y) = ((place.0 + other.0) / 2.0, (place.1 + other.1) / 2.0);
                Some(Gesture::Zoom { x, y, factor: gap(before) / gap(place) })
            }
            None => {
                let (dx, dy) = (place.0 - before.0, place.1 - before.1);
                Some(Gesture::Drag { dx, dy, x: place.0, from, from_y })
            }
        }
    }

    /// Where it clicked, if it did.
    fn released(&self, pointer: i32) -> Option<(f64, f64)> {
        let mut hands = self.0.borrow_mut();
        let place = hands.iter().position(|hand| hand.pointer == pointer)?;
        let hand = hands.swap_remove(place);
        (!hand.dragging).then_some(hand.pressed)
    }
}
