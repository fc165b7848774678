//! Copying, and saying so.

use flamedrop::format;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use crate::state::{State, state};

/// Texts up to so many bytes are repeated when they were copied.
const LONG: usize = 200;

/// Copies `text` to the clipboard and says so.
pub fn copy(text: String) {
    copy_and_say(state(), text);
}

/// The same where no view is, whose context would have the state.
pub fn copy_and_say(state: State, text: String) {
    spawn_local(async move {
        let copied = match web_sys::window() {
            Some(window) => JsFuture::from(window.navigator().clipboard().write_text(&text)).await.is_ok(),
            None => false,
        };
        state.say(if copied {
            // What is longer is known by where the button was.
            match text.lines().count() {
                0 | 1 if text.len() <= LONG => format!("Copied {text}"),
                0 | 1 => format!("Copied {} characters", format::count(text.chars().count() as i64)),
                lines => format!("Copied {} lines", format::count(lines as i64)),
            }
        } else {
            "The browser did not allow copying".to_owned()
        });
    });
}
