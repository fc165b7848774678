//! Files from beside the page: what an address lists under `open`.
//! Only of the page's own origin; its policy lets it ask no other.

use flamedrop::link;
use js_sys::{Array, Error as JsError};
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
pub fn address(reference: &str) -> Result<String, Refusal> {
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

pub async fn request(address: &str) -> Result<Response, JsValue> {
    let options = RequestInit::new();
    // A recording may have been made anew under its old name.
    options.set_cache(web_sys::RequestCache::NoCache);
    let request = Request::new_with_str_and_init(address, &options)?;
    JsFuture::from(window().fetch_with_request(&request)).await?.dyn_into()
}

pub fn message(error: &JsValue) -> String {
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
