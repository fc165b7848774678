//! The welcome page is painted out of `index.html` before any WebAssembly runs. Here the page takes it
//! over as it is, and does what was asked for in the meantime: files dropped, buttons pressed.

use std::cell::RefCell;

use js_sys::{Array, Function, Reflect};
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Element, File, HtmlElement, HtmlInputElement};

use crate::clipboard::copy_and_say;
use crate::effect::effect;
use crate::keys;
use crate::open;
use crate::state::State;

/// The recorder for Django, to be copied.
const RECORDER: &str = include_str!("../../../recorder/flamedrop_recorder.py");

thread_local! {
    /// The welcome page's element, out of the page while a document is shown.
    static WELCOME: RefCell<Option<Element>> = const { RefCell::new(None) };
}

/// The welcome page's element.
pub fn element() -> Option<Element> {
    WELCOME.with_borrow(Clone::clone)
}

/// The steps to the recorder, as the welcome page says them.
pub fn recorder_steps() -> Option<Element> {
    let steps = element()?.query_selector(".steps").ok()??;
    steps.clone_node_with_deep(true).ok()?.dyn_into().ok()
}

/// What was asked for before the page ran.
pub struct Waiting(Array);

/// Takes the painted page over: from here on the page's own listeners hear everything.
pub fn take_over(state: State) -> Waiting {
    let waiting = Reflect::get(&window(), &"flamedropWaiting".into())
        .and_then(|stop| stop.dyn_into::<Function>())
        .and_then(|stop| stop.call0(&JsValue::UNDEFINED))
        .and_then(|waiting| waiting.dyn_into::<Array>());
    for replaced in ["header.bar", "#starting"] {
        if let Some(element) = find(replaced) {
            element.remove();
        }
    }
    if let Some(welcome) = find("main.welcome") {
        welcome.remove();
        WELCOME.set(Some(welcome));
    }
    listen(state);
    // A page that has lost its listeners would still be a page.
    Waiting(waiting.unwrap_or_default())
}

fn find(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok()?
}

/// Buttons with `data-action`, wherever they are, and the two inputs.
fn listen(state: State) {
    window_event_listener(ev::click, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let button = target.and_then(|target| target.closest("[data-action]").ok()?);
        if let Some(button) = button {
            act(state, &button);
        }
    });
    if let Some(input) = find("#files").and_then(|input| input.dyn_into::<HtmlInputElement>().ok()) {
        // The page's own for good: a dialog that was opened before the page ran ends here as well.
        let changed = Closure::<dyn FnMut()>::new({
            let input = input.clone();
            move || {
                open::open_files(state, input.files());
                // A FileList is emptied with its input: only after its files were taken.
                input.set_value("");
            }
        });
        input.set_onchange(Some(changed.as_ref().unchecked_ref()));
        // For as long as the page is open.
        changed.forget();
    }
    let keep = element().and_then(|welcome| welcome.query_selector("#keep-files").ok()?);
    if let Some(keep) = keep.and_then(|keep| keep.dyn_into::<HtmlInputElement>().ok()) {
        keep.set_disabled(false);
        let changed = Closure::<dyn FnMut()>::new({
            let keep = keep.clone();
            move || open::set_keeping(state, keep.checked())
        });
        keep.set_onchange(Some(changed.as_ref().unchecked_ref()));
        changed.forget();
        let keep = send_wrapper::SendWrapper::new(keep);
        effect(move || keep.set_checked(state.keep_files.get()));
    }
}

fn act(state: State, button: &Element) {
    match button.get_attribute("data-action").as_deref() {
        Some("choose") => open::choose(),
        Some("paste") => open::paste_from_clipboard(state),
        Some("sample") => open::sample(state),
        Some("forget") => open::forget(state),
        Some("theme") => keys::change_theme(state),
        Some("keys") => state.help.set(true),
        Some("copy-recorder") => copy_and_say(state, RECORDER.to_owned()),
        Some("copy") => {
            let text = button.previous_element_sibling().and_then(|command| command.text_content());
            copy_and_say(state, text.unwrap_or_default());
        }
        _ => {}
    }
}

impl Waiting {
    /// Does all of it, in its order. Only then is the page ready.
    pub fn go_on(self, state: State) {
        for entry in self.0.iter() {
            let Ok(entry) = entry.dyn_into::<Array>() else { continue };
            let value = entry.get(1);
            match entry.get(0).as_string().as_deref() {
                Some("files") => {
                    let files = value.dyn_into::<Array>().unwrap_or_default();
                    open::open_all(state, files.iter().filter_map(|file| file.dyn_into::<File>().ok()));
                }
                Some("text") => open::open_text(state, &value.as_string().unwrap_or_default()),
                Some("press") => {
                    if let Ok(button) = value.dyn_into::<HtmlElement>() {
                        act(state, &button);
                    }
                }
                _ => {}
            }
        }
        if let Some(root) = document().document_element() {
            for mark in ["data-starting", "data-coming"] {
                let _ = root.remove_attribute(mark);
            }
        }
    }
}
