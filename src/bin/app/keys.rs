//! Keys that work everywhere. Views handle their own first and stop what they used.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, KeyboardEvent};

use crate::open;
use crate::state::State;
use crate::storage;
use crate::view::View;

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
        "[" => step(state, -1),
        "]" => step(state, 1),
        "Escape" => back_out(state),
        digit => digit.parse::<usize>().is_ok_and(|number| number > 0 && show_view(state, number - 1)),
    };
    if handled {
        event.prevent_default();
    }
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
    let Some(overview) = untrack(|| document.overview()) else { return false };
    View::of(&overview).get(index).is_some_and(|&view| {
        document.view.set(view);
        true
    })
}

/// One step back: out of the zoom, then the selection, then the search.
fn back_out(state: State) -> bool {
    let Some(document) = state.active.get_untracked() else { return false };
    if document.log.back_out(document) {
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
