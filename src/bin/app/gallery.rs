//! What `gallery.json` beside the page offers, on the welcome page.

use flamedrop::link;
use js_sys::{Array, JSON, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::remote::{address, message, request};
use crate::state::State;
use crate::welcome;

/// One entry of the gallery.
struct Recording {
    title: String,
    files: Vec<String>,
    note: String,
}

/// Shows what `gallery.json` beside the page offers, if it offers anything.
pub fn show(state: State) {
    let Ok(Some(named)) = document().query_selector("meta[name=gallery]") else { return };
    let name = named.get_attribute("content").unwrap_or_default();
    spawn_local(async move {
        // Without it, or without a network, there is no gallery: that is nothing to tell.
        let Ok(address) = address(&name) else { return };
        let Ok(response) = request(&address).await else { return };
        if !response.ok() {
            return;
        }
        let Ok(text) = response.text() else { return };
        let text = JsFuture::from(text).await.ok().and_then(|text| text.as_string()).unwrap_or_default();
        match recordings(&text) {
            Ok(recordings) if recordings.is_empty() => {}
            Ok(recordings) => fill_in(recordings),
            Err(problem) => state.say(format!("gallery.json cannot be shown: {problem}")),
        }
    });
}

/// The entries, in order.
fn recordings(text: &str) -> Result<Vec<Recording>, String> {
    let parsed = JSON::parse(text).map_err(|error| message(&error))?;
    let field = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let list = field(&parsed, "recordings").dyn_into::<Array>();
    let list = list.map_err(|_| "it has no list “recordings”".to_owned())?;
    let mut recordings = Vec::new();
    for (place, entry) in list.iter().enumerate() {
        let wrong = |what: &str| format!("recording {} has no {what}", place + 1);
        let files = field(&entry, "files").dyn_into::<Array>().map_err(|_| wrong("list “files”"))?;
        let files: Vec<String> = files.iter().filter_map(|file| file.as_string()).collect();
        if files.is_empty() {
            return Err(wrong("files"));
        }
        recordings.push(Recording {
            title: field(&entry, "title").as_string().ok_or_else(|| wrong("title"))?,
            files,
            note: field(&entry, "note").as_string().unwrap_or_default(),
        });
    }
    Ok(recordings)
}

/// Puts them on the welcome page: links, so that each can be passed on.
fn fill_in(recordings: Vec<Recording>) {
    let section = welcome::element()
        .and_then(|welcome| welcome.query_selector(".gallery").ok()?)
        .and_then(|section| section.dyn_into::<web_sys::HtmlElement>().ok());
    let Some(section) = section else { return };
    section.set_hidden(false);
    let entries = move || {
        let entry = |Recording { title, files, note }: Recording| {
            let names: Vec<String> = files.iter().map(|file| link::file_name(file)).collect();
            let files: Vec<String> = files.iter().map(|file| link::reference(file)).collect();
            let files = link::joined(files.iter().map(String::as_str));
            let address = format!("#{}", link::encode([("open", files)]));
            view! {
                <li>
                    <h3><a href=address>{title}</a></h3>
                    <p class="files-of">{names.join(", ")}</p>
                    <p class="note">{note}</p>
                </li>
            }
        };
        view! { <ul class="formats">{recordings.into_iter().map(entry).collect::<Vec<_>>()}</ul> }
    };
    // For as long as the page is open.
    leptos::mount::mount_to(section, entries).forget();
}
