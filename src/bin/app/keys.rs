//! Keys that work everywhere. Views handle their own first and stop what they used.

use flamedrop::code::is_file;
use flamedrop::protocol::{Request, Response};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent};

use crate::document::OpenDocument;
use crate::state::State;
use crate::storage;
use crate::view::View;
use crate::{again, open};

/// The id of the search box.
pub const SEARCH: &str = "search";

/// Handles a key pressed anywhere.
pub fn on_key(state: State, event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || state.help.get_untracked() {
        return;
    }
    if typing(event) {
        return;
    }
    let handled = match event.key().as_str() {
        "?" => {
            state.help.set(true);
            true
        }
        "o" => {
            open::choose();
            true
        }
        "/" => focus_search(),
        "t" => {
            change_theme(state);
            true
        }
        "R" => state.active.get_untracked().is_some_and(|document| {
            again::read(state, document);
            true
        }),
        "[" => step(state, -1),
        "]" => step(state, 1),
        "Escape" => back_out(state),
        key if narrow(state, key) => true,
        digit if digit.parse::<usize>().is_err() => to_view(event),
        digit => digit.parse::<usize>().is_ok_and(|number| number > 0 && show_view(state, number - 1)),
    };
    if handled {
        event.prevent_default();
    }
}

/// What letters do with a profile, whichever of its views is shown.
fn narrow(state: State, key: &str) -> bool {
    let Some(document) = state.active.get_untracked().filter(|document| untrack(|| document.can_narrow()))
    else {
        return false;
    };
    if let Some(step) = document.step_of_key(key) {
        document.narrow(step);
        return true;
    }
    match key {
        "u" | "Backspace" => document.undo_step(),
        "l" => {
            let is_mine = untrack(|| document.only_mine()).is_some();
            document.show_only_mine((!is_mine).then(String::new));
            true
        }
        "i" if matches!(document.view.get_untracked(), View::Flame | View::CallTree) => {
            document.invert(!document.narrowing.inverted.get_untracked());
            true
        }
        "s" => {
            document.view.set(View::Sandwich);
            true
        }
        "e" if document.function.get_untracked().is_some() => {
            open_in_editor(state, document);
            true
        }
        "n" | "N" if untrack(|| !document.search_text().is_empty()) => {
            document.searching.step(key == "n");
            true
        }
        _ => false,
    }
}

/// Opens the selected function where it begins.
pub fn open_in_editor(state: State, document: OpenDocument) {
    let Some(function) = document.function.get_untracked() else { return };
    spawn_local(async move {
        let Some(Response::Function(detail)) = document.ask(Request::Function { function }).await else {
            return;
        };
        if is_file(&detail.row.file) {
            state.editor.open(&detail.row.file, detail.row.line);
        } else {
            state.say(format!("{} has no file", detail.row.label()));
        }
    });
}

/// What has the keys of the view on screen: its picture, or its table.
fn view_element() -> Option<HtmlElement> {
    let found = document()
        .query_selector(
            "#view canvas[aria-roledescription]:not([aria-roledescription=minimap]), #view .table[tabindex]",
        )
        .ok()??;
    found.dyn_into().ok()
}

/// Gives the view the keyboard, once it is there; not away from what is typed in.
pub fn focus_view() {
    spawn_local(async {
        // Past the effects that make it.
        TimeoutFuture::new(0).await;
        TimeoutFuture::new(0).await;
        let active = document().active_element();
        let is_typing = active.is_some_and(|active| matches!(active.tag_name().as_str(), "INPUT" | "SELECT"));
        if let Some(view) = view_element().filter(|_| !is_typing) {
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = view.focus_with_options(&options);
        }
    });
}

/// Gives an element the keyboard.
pub fn focus_element(id: &str) {
    let found = document().get_element_by_id(id);
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Gives an element the keyboard once it is there, and what is opened has had it.
pub fn focus_later(id: String) {
    spawn_local(async move {
        for _ in 0..4 {
            TimeoutFuture::new(0).await;
        }
        focus_element(&id);
    });
}

/// Hands a key that was pressed nowhere to the view.
fn to_view(event: &KeyboardEvent) -> bool {
    const KEYS: [&str; 17] = [
        "ArrowUp",
        "ArrowDown",
        "ArrowLeft",
        "ArrowRight",
        "Home",
        "End",
        "PageUp",
        "PageDown",
        "Enter",
        " ",
        "j",
        "k",
        "+",
        "-",
        "0",
        "c",
        "ContextMenu",
    ];
    let nowhere = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
    if !nowhere || !KEYS.contains(&event.key().as_str()) {
        return false;
    }
    let Some(view) = view_element() else { return false };
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = view.focus_with_options(&options);
    let again = web_sys::KeyboardEventInit::new();
    again.set_key(&event.key());
    again.set_shift_key(event.shift_key());
    again.set_cancelable(true);
    // Not up to the window: it would come back here.
    again.set_bubbles(false);
    web_sys::KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &again)
        .is_ok_and(|again| !view.dispatch_event(&again).unwrap_or(true))
}

/// Goes on to the next theme.
pub fn change_theme(state: State) {
    let next = state.theme.get_untracked().next();
    state.theme.set(next);
    storage::set_setting("theme", next.as_str());
    state.say(match next {
        crate::state::ThemeChoice::System => "Theme: system",
        crate::state::ThemeChoice::Light => "Theme: light",
        crate::state::ThemeChoice::Dark => "Theme: dark",
    });
}

fn typing(event: &KeyboardEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| match element.tag_name().as_str() {
        "TEXTAREA" | "SELECT" => true,
        "INPUT" => element.get_attribute("type").is_none_or(|kind| kind != "checkbox"),
        _ => false,
    })
}

fn focus_search() -> bool {
    let input =
        document().get_element_by_id(SEARCH).and_then(|input| input.dyn_into::<HtmlInputElement>().ok());
    input.is_some_and(|input| {
        input.select();
        input.focus().is_ok()
    })
}

fn step(state: State, by: isize) -> bool {
    let documents = state.documents.get_untracked();
    if documents.is_empty() {
        return false;
    }
    let active = state.active.get_untracked();
    let place = active.and_then(|active| documents.iter().position(|open| *open == active));
    let next = match place {
        Some(place) => (place as isize + by).rem_euclid(documents.len() as isize) as usize,
        None => 0,
    };
    state.show(Some(documents[next]));
    true
}

fn show_view(state: State, index: usize) -> bool {
    let Some(document) = state.active.get_untracked() else { return false };
    untrack(|| document.views()).get(index).is_some_and(|&view| {
        document.view.set(view);
        focus_view();
        true
    })
}

/// One step back: out of the zoom, then the selection, then the search.
fn back_out(state: State) -> bool {
    let Some(document) = state.active.get_untracked() else { return false };
    if document.log.back_out(document) {
        return true;
    }
    // It has the keys itself once it has the focus; this is before.
    if document.narrowing.menu.get_untracked().is_some() {
        document.narrowing.menu.set(None);
        return true;
    }
    if document.zoomed_box.get_untracked().is_some() {
        document.zoomed_box.set(None);
    } else if document.time_range.get_untracked().is_some() {
        document.time_range.set(None);
    } else if document.statement.get_untracked().is_some() {
        document.statement.set(None);
    } else if document.fingerprint.get_untracked().is_some() {
        document.fingerprint.set(None);
    } else if document.function.get_untracked().is_some() || document.selected_box.get_untracked().is_some() {
        document.selected_box.set(None);
        document.spans.selected.set(None);
        document.function.set(None);
    } else if !document.search.with_untracked(String::is_empty) {
        document.search.set(String::new());
    } else if document.spans.range.get_untracked().is_some() {
        document.show_range(None);
    } else {
        return false;
    }
    true
}
