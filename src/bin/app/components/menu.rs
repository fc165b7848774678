//! The menu of a function: what can be done with it in a profile. Right click, a long press or Shift+F10 open it.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, Node};

use crate::document::OpenDocument;
use crate::effect::effect;
use crate::keys;
use crate::narrowing::Menu;
use crate::state::{self, state};
use crate::view::View;

/// Letters of steps, and what they do; the Firefox Profiler's, but for `x`, which copies there.
const STEPS: [(&str, &str); 8] = [
    ("f", "Focus on the function"),
    ("F", "Focus on this box only"),
    ("m", "Merge the function into its callers"),
    ("M", "Merge this box only"),
    ("d", "Drop all stacks with it"),
    ("x", "Collapse what it calls"),
    ("C", "Collapse its package"),
    ("r", "Collapse its recursion"),
];

/// Of the active document, where it is open.
#[component]
pub fn FunctionMenu() -> impl IntoView {
    let state = state();
    let open = Memo::new(move |_| {
        let document = state.active.get()?;
        document.narrowing.menu.get().map(|menu| (document, menu))
    });
    move || open.get().map(|(document, menu)| view! { <OpenMenu document menu /> })
}

#[component]
fn OpenMenu(document: OpenDocument, menu: Menu) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let close = move || {
        document.narrowing.menu.set(None);
        keys::focus_view();
    };
    let outside = window_event_listener(leptos::ev::pointerdown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
        let inside = target.zip(place.try_get_untracked().flatten());
        if !inside.is_some_and(|(target, place)| place.contains(Some(&target))) {
            document.narrowing.menu.try_set(None);
        }
    });
    let scrolled = window_event_listener(leptos::ev::resize, move |_| {
        document.narrowing.menu.try_set(None);
    });
    on_cleanup(move || {
        outside.remove();
        scrolled.remove();
    });
    // Within the window, whatever its size came to be.
    effect(move || {
        let Some(node) = place.get() else { return };
        // At once: a key that is pressed before the next frame is the menu's.
        step(&node, i32::MIN);
        request_animation_frame(move || {
            let element: &HtmlElement = &node;
            let size = element.get_bounding_client_rect();
            let most = |inner: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>, length: f64| {
                inner
                    .ok()
                    .and_then(|inner| inner.as_f64())
                    .map_or(0.0, |inner| (inner - length - 4.0).max(4.0))
            };
            let x = menu.x.min(most(window().inner_width(), size.width())).max(4.0);
            let y = menu.y.min(most(window().inner_height(), size.height())).max(4.0);
            let style = element.style();
            let _ = style.set_property("left", &format!("{x:.0}px"));
            let _ = style.set_property("top", &format!("{y:.0}px"));
        });
    });
    let on_key = move |event: KeyboardEvent| {
        let Some(node) = place.get_untracked() else { return };
        match event.key().as_str() {
            "ArrowDown" => step(&node, 1),
            "ArrowUp" => step(&node, -1),
            "Home" => step(&node, i32::MIN),
            "End" => step(&node, i32::MAX),
            "Escape" | "Tab" => close(),
            "Enter" | " " => {
                event.stop_propagation();
                return;
            }
            "e" if document.function.get_untracked().is_some() => {
                close();
                if let Some(state) = state::current() {
                    keys::open_in_editor(state, document);
                }
            }
            // The letters work here as well.
            letter => {
                let Some(step) = document.step_of_key(letter) else { return };
                close();
                document.narrow(step);
            }
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let item = move |letter: &'static str, text: &'static str, act: Box<dyn Fn()>| {
        view! {
            <button type="button" role="menuitem" tabindex="-1" on:click=move |_| {
                close();
                act();
            }>
                <span>{text}</span>
                {(!letter.is_empty()).then(|| view! { <kbd aria-hidden="true">{letter}</kbd> })}
            </button>
        }
        .into_any()
    };
    let mut items: Vec<AnyView> = Vec::new();
    for (letter, text) in STEPS {
        // What it cannot be about is left out: a box of a table, "(n more)".
        if let Some(step) = document.step_of_key(letter) {
            let step = StoredValue::new(step);
            items.push(item(
                letter,
                text,
                Box::new(move || {
                    if let Some(step) = step.try_get_value() {
                        document.narrow(step);
                    }
                }),
            ));
        }
    }
    let separator = || view! { <div role="separator"></div> }.into_any();
    if !items.is_empty() {
        items.push(separator());
    }
    let is_mine = untrack(|| document.only_mine()).is_some();
    items.push(item(
        "l",
        if is_mine { "Show libraries again" } else { "Only my code" },
        Box::new(move || document.show_only_mine((!is_mine).then(String::new))),
    ));
    if matches!(document.view.get_untracked(), View::Flame | View::CallTree) {
        let inverted = document.narrowing.inverted.get_untracked();
        items.push(item(
            "i",
            if inverted { "Show callees again" } else { "Invert" },
            Box::new(move || document.invert(!inverted)),
        ));
    }
    let function = document.function.get_untracked();
    if function.is_some() {
        for (letter, text, view) in [
            ("s", "Sandwich: callers and callees as graphs", View::Sandwich),
            ("", "Callers and callees", View::Callers),
            ("", "Show in the call tree", View::CallTree),
            ("", "Show in the flame graph", View::Flame),
        ] {
            if document.view.get_untracked() != view {
                items.push(item(letter, text, Box::new(move || document.view.set(view))));
            }
        }
    }
    if function.is_some() {
        items.push(item(
            "e",
            "Open in the editor",
            Box::new(move || {
                if let Some(state) = state::current() {
                    keys::open_in_editor(state, document);
                }
            }),
        ));
    }
    if document.narrowing.steps.with_untracked(|steps| !steps.is_empty()) {
        items.push(separator());
        items.push(item(
            "u",
            "Undo the last step",
            Box::new(move || {
                document.undo_step();
            }),
        ));
    }
    view! {
        <div
            class="menu function-menu"
            role="menu"
            aria-label="Function"
            tabindex="-1"
            node_ref=place
            style:left=format!("{}px", menu.x)
            style:top=format!("{}px", menu.y)
            on:keydown=on_key
            on:contextmenu=move |event| event.prevent_default()
        >
            {items}
        </div>
    }
}

/// Focuses the item so many steps on; the first or last for the smallest or largest number.
fn step(menu: &HtmlElement, by: i32) {
    let items: Vec<HtmlElement> = crate::embedded::elements(".function-menu [role=menuitem]")
        .into_iter()
        .filter_map(|item| item.dyn_into().ok())
        .collect();
    let Some(last) = items.len().checked_sub(1) else {
        let _ = menu.focus();
        return;
    };
    let active = document().active_element();
    let now = items.iter().position(|item| Some(AsRef::<web_sys::Element>::as_ref(item)) == active.as_ref());
    let next = match (by, now) {
        (i32::MIN, _) | (_, None) => 0,
        (i32::MAX, _) => last,
        (by, Some(now)) => (now as i32 + by).rem_euclid(last as i32 + 1) as usize,
    };
    let _ = items[next].focus();
}
