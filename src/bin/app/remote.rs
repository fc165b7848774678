//! Files from beside the page: what an address lists under `open`, and what `gallery.json` offers.
//! Only of the page's own origin; its policy lets it ask no other.

use flamedrop::link;
use js_sys::{Array, Error as JsError, JSON, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, Request, RequestInit, Response, Url};

use crate::document::OpenDocument;
use crate::state::State;

/// Why a file could not be had: what happened, and what to try.
pub struct Refusal {
    /// As the rest of a sentence about the file.
    pub problem: String,
    /// Whole sentences.
    pub advice: String,
}

/// Where a reference leads, if this page may go there.
fn address(reference: &str) -> Result<String, Refusal> {
    let document = document();
    let base = document.base_uri().ok().flatten().unwrap_or_default();
    let here = window().location().origin().unwrap_or_default();
    let url = Url::new_with_base(reference, &base).map_err(|_| Refusal {
        problem: format!("“{reference}” is no address"),
        advice: "Give the file's path relative to this page, as in #open=profiles/a.prof.".into(),
    })?;
    if url.protocol() == "file:" {
        return Err(Refusal {
            problem: "a page that was opened from a file may read no other file by itself".into(),
            advice: "Drop the file here, or put this page and the file on a web server.".into(),
        });
    }
    if url.origin() != here {
        return Err(Refusal {
            problem: format!("it is on another host ({}), and this page never asks one", url.origin()),
            advice: "Download it and drop it here, or put it beside this page.".into(),
        });
    }
    Ok(url.href())
}

/// Fetches the file at `reference`, as new as the host has it.
pub async fn fetch(reference: &str) -> Result<Blob, Refusal> {
    let address = address(reference)?;
    let unreachable = |error: JsValue| Refusal {
        problem: format!("{reference} could not be fetched ({})", message(&error)),
        advice: "Check the network, then reload the page.".into(),
    };
    let response = request(&address).await.map_err(unreachable)?;
    if !response.ok() {
        return Err(Refusal {
            problem: format!("there is no such file beside this page: {address} gives {}", response.status()),
            advice: "Check the path: it is relative to the page, and upper and lower case count.".into(),
        });
    }
    let blob = match response.blob() {
        Ok(blob) => JsFuture::from(blob).await,
        Err(error) => Err(error),
    };
    let blob =
        blob.and_then(|blob| File::new_with_blob_sequence(&Array::of1(&blob), &link::file_name(reference)));
    // As a file it has its name with it, in the worker too.
    blob.map(Into::into).map_err(unreachable)
}

async fn request(address: &str) -> Result<Response, JsValue> {
    let options = RequestInit::new();
    // A recording may have been made anew under its old name.
    options.set_cache(web_sys::RequestCache::NoCache);
    let request = Request::new_with_str_and_init(address, &options)?;
    JsFuture::from(window().fetch_with_request(&request)).await?.dyn_into()
}

fn message(error: &JsValue) -> String {
    error.dyn_ref::<JsError>().map_or_else(|| "no reason given".to_owned(), |error| error.message().into())
}

/// Opens what the address lists and is not open yet; the first document of it, or the one that was open.
pub fn open_listed(state: State, fragment: &str) -> Option<OpenDocument> {
    let mut opened = Vec::new();
    let mut new = Vec::new();
    for item in link::list(fragment, "open") {
        let reference = link::reference(&item);
        let there = state.documents.with_untracked(|documents| {
            documents.iter().find(|open| open.source.get_value().as_ref() == Some(&reference)).copied()
        });
        opened.push(there.unwrap_or_else(|| {
            let document = OpenDocument::coming(link::file_name(&reference), reference.clone());
            state.documents.update(|documents| documents.push(document));
            new.push(document);
            document
        }));
    }
    for &document in &new {
        spawn_local(async move {
            let reference = document.source.get_value().unwrap_or_default();
            let fetched = fetch(&reference).await;
            // It may have been closed meanwhile.
            if !state.documents.with_untracked(|documents| documents.contains(&document)) {
                return;
            }
            match fetched {
                Ok(blob) => document.read(blob),
                Err(Refusal { problem, advice }) => document.refuse(&problem, &advice),
            }
        });
    }
    if !new.is_empty() {
        crate::open::prefer_readable(state, opened.clone());
    }
    opened.first().copied()
}

/// One entry of the gallery.
struct Recording {
    title: String,
    files: Vec<String>,
    note: String,
}

/// Shows what `gallery.json` beside the page offers, if it offers anything.
pub fn show_gallery(state: State) {
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
    let section = crate::welcome::element()
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
