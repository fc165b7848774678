//! Makes a page with documents in it, and hands files to the browser.

use flamedrop::draw::svg;
use flamedrop::protocol::{ContentOverview, Export, Overview, Request, Response};
use flamedrop::share::page::{self, About};
use flamedrop::share::{Keep, Strip};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Promise, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, FileReader, HtmlAnchorElement, HtmlCanvasElement, Response as Fetched, Url,
};

use crate::clipboard::copy_and_say;
use crate::document::OpenDocument;
use crate::state::State;
use crate::{canvas, embedded, judgement, saved};

/// The page in one file: in itself, and beside a page of several.
const EMBEDDED: &str = "page.html";
const BESIDE: &str = "./flamedrop.html";

/// What is to be saved.
#[derive(Clone)]
pub struct Choice {
    pub documents: Vec<OpenDocument>,
    pub strip: Strip,
    pub keep: Keep,
}

/// What a document is, for whoever gets it.
pub fn in_words(overview: &Overview) -> String {
    match &overview.content {
        ContentOverview::Profile(_) => format!("a profile: {}", overview.format_title),
        ContentOverview::Queries(_) => format!("an SQL log: {}", overview.format_title),
        ContentOverview::Requests(_) => format!("a log of requests: {}", overview.format_title),
        ContentOverview::Schema(_) => "a database's schema".to_owned(),
    }
}

/// The page with these documents in it.
///
/// # Errors
/// In words for the user, as a sentence.
pub async fn page(state: State, choice: Choice) -> Result<Blob, String> {
    let Choice { documents, strip, keep } = choice;
    let mut about = About {
        strip,
        keep,
        settings: untrack(|| judgement::settings(state)),
        fragment: fragment(state, &documents),
        ..About::default()
    };
    let mut elements = Array::new();
    for document in documents {
        let Some(overview) = untrack(|| document.overview()) else { continue };
        let file = file(document, strip, keep, &about).await.ok_or("A document could not be written")?;
        let base64 = base64(&file).await.ok_or("The browser could not encode a document")?;
        about.documents.push((overview.name.clone(), in_words(&overview)));
        // The text stays the browser's: it may be longer than this module's memory has room for.
        let element = page::element(&overview.name, "\u{0}");
        let (before, after) = element.split_once('\u{0}').unwrap_or_default();
        for part in [before.into(), base64, after.into()] {
            elements.push(&part);
        }
    }
    let (shell, within) = shell().await?;
    let (before, after) =
        page::halves(&shell, &about).map_err(|problem| format!("{BESIDE} cannot be used: {problem}"))?;
    let parts = Array::of1(&before.into());
    for part in within.iter().chain(elements.iter()) {
        parts.push(&part);
    }
    parts.push(&after.into());
    elements = parts;
    let options = BlobPropertyBag::new();
    options.set_type("text/html");
    Blob::new_with_str_sequence_and_options(&elements, &options)
        .map_err(|_| "The browser has no room for such a page".to_owned())
}

/// Where the page opens: where one is now, if that is in a document that is saved.
fn fragment(state: State, documents: &[OpenDocument]) -> String {
    let here = state.active.get_untracked().is_some_and(|active| documents.contains(&active));
    if !here {
        return String::new();
    }
    let address = window().location().hash().unwrap_or_default();
    // Files of the host are not where the page will be.
    let parts = address.trim_start_matches('#').split('&').filter(|part| !part.starts_with("open="));
    parts.collect::<Vec<_>>().join("&")
}

/// A document's file, gzipped.
async fn file(document: OpenDocument, strip: Strip, keep: Keep, about: &About) -> Option<Blob> {
    let whole = strip.is_nothing() && keep == Keep::Everything;
    let file = if whole {
        document.blob.get_value()?
    } else {
        let request = Request::Share { strip, keep, settings: about.settings.clone() };
        let Response::Shared(bytes) = document.ask(request).await? else { return None };
        Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes.as_slice()))).ok()?
    };
    let head = JsFuture::from(file.slice_with_i32_and_i32(0, 2).ok()?.array_buffer()).await.ok()?;
    if Uint8Array::new(&head).to_vec() == [0x1f, 0x8b] {
        return Some(file);
    }
    saved::through(&file, "CompressionStream").await
}

/// `blob` in base64.
async fn base64(blob: &Blob) -> Option<JsValue> {
    let reader = FileReader::new().ok()?;
    let ended = Promise::new(&mut |resolve, _| reader.set_onloadend(Some(&resolve)));
    reader.read_as_data_url(blob).ok()?;
    JsFuture::from(ended).await.ok()?;
    let text: js_sys::JsString = reader.result().ok()?.dyn_into().ok()?;
    // `data:application/octet-stream;base64,…`
    let comma = text.index_of(",", 0);
    (comma >= 0).then(|| text.slice(comma as u32 + 1, text.length()).into())
}

/// The page in one file, and what is embedded in it, which goes before the documents.
async fn shell() -> Result<(String, Array), String> {
    let decode = |bytes: Uint8Array| String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string());
    let within = Array::new();
    if let Some(bytes) = embedded::bytes(EMBEDDED).await {
        for element in embedded::elements("script[data-file]") {
            within.push(&element.outer_html().into());
            within.push(&"\n".into());
        }
        return Ok((decode(bytes)?, within));
    }
    let fetched = JsFuture::from(window().fetch_with_str(BESIDE)).await.ok();
    let response = fetched.and_then(|response| response.dyn_into::<Fetched>().ok()).filter(Fetched::ok);
    let text = match response.and_then(|response| response.text().ok()) {
        Some(text) => JsFuture::from(text).await.ok().and_then(|text| text.as_string()),
        None => None,
    };
    let problem = "A saved page is made of flamedrop.html, which lies beside this page on its host and cannot \
                   be reached now: try again online";
    Ok((text.ok_or(problem)?, within))
}

/// What an export is asked for as, and what it is called.
#[derive(Clone)]
pub struct ExportAs {
    pub export: Export,
    /// Ending of the file's name: `.functions.csv`.
    pub ending: &'static str,
    /// Whether it goes to the clipboard instead of a file.
    pub copied: bool,
}

/// Has the document's worker write it, and saves or copies it.
pub fn export(state: State, document: OpenDocument, what: ExportAs) {
    spawn_local(async move {
        match document.ask(Request::Export(what.export)).await {
            Some(Response::Exported(bytes)) if what.copied => {
                copy_and_say(state, String::from_utf8_lossy(&bytes).into_owned());
            }
            Some(Response::Exported(bytes)) => {
                let parts = Array::of1(&Uint8Array::from(bytes.as_slice()));
                if let Ok(blob) = Blob::new_with_u8_array_sequence(&parts) {
                    download(&file_name(&document.name.get_untracked(), what.ending), &blob);
                }
            }
            Some(Response::Refused(why)) => state.say(format!("It cannot be exported: {why}")),
            _ => state.say("It cannot be exported: the document's worker has stopped"),
        }
    });
}

/// The picture on screen, as it is there, as SVG.
pub fn picture(state: State, document: OpenDocument) {
    let name = document.name.get_untracked();
    let title = format!("{name}: {}", document.view.get_untracked().title());
    let Some(scene) = canvas::on_screen() else {
        state.say("There is no picture on screen");
        return;
    };
    let options = BlobPropertyBag::new();
    options.set_type("image/svg+xml");
    let parts = Array::of1(&svg::write(&scene, &title).into());
    if let Ok(blob) = Blob::new_with_str_sequence_and_options(&parts, &options) {
        download(&file_name(&name, ".svg"), &blob);
    }
}

/// The picture on screen as PNG, in the screen's pixels: saved, or put into the clipboard.
pub fn picture_as_png(state: State, document: OpenDocument, copied: bool) {
    let found = leptos::prelude::document()
        .query_selector("#view canvas:not([aria-roledescription=minimap])")
        .ok()
        .flatten();
    let Some(canvas) = found.and_then(|canvas| canvas.dyn_into::<HtmlCanvasElement>().ok()) else { return };
    let name = file_name(&document.name.get_untracked(), ".png");
    let made = Promise::new(&mut |resolve, _| {
        let _ = canvas.to_blob(&resolve);
    });
    spawn_local(async move {
        let blob = JsFuture::from(made).await.ok().and_then(|blob| blob.dyn_into::<Blob>().ok());
        match blob {
            Some(blob) if copied => {
                let done = copy_picture(&blob).await;
                state.say(if done { "Copied the picture" } else { "The browser did not allow copying" });
            }
            Some(blob) => download(&name, &blob),
            None => state.say("The browser could not make a picture"),
        }
    });
}

async fn copy_picture(blob: &Blob) -> bool {
    let item = js_sys::Object::new();
    let _ = js_sys::Reflect::set(&item, &blob.type_().into(), blob);
    let Ok(item) = web_sys::ClipboardItem::new_with_record_from_str_to_blob_promise(&item) else {
        return false;
    };
    JsFuture::from(window().navigator().clipboard().write(&Array::of1(&item))).await.is_ok()
}

/// `orders.html` for `orders.sql.jsonl`.
pub fn file_name(document: &str, ending: &str) -> String {
    let stem = document.split('.').next().unwrap_or_default();
    let plain = |letter: char| {
        if letter.is_alphanumeric() || matches!(letter, '-' | '_' | ' ') { letter } else { '_' }
    };
    let stem: String = stem.chars().map(plain).take(60).collect();
    let stem = if stem.trim().is_empty() { "flamedrop" } else { stem.trim() };
    format!("{stem}{ending}")
}

/// Hands a text to the browser to be saved under `name`.
pub fn save_text(name: &str, text: String) {
    if let Ok(blob) = Blob::new_with_str_sequence(&Array::of1(&text.into())) {
        download(name, &blob);
    }
}

/// Hands `blob` to the browser to be saved under `name`.
pub fn download(name: &str, blob: &Blob) {
    let Ok(url) = Url::create_object_url_with_blob(blob) else { return };
    let link = document().create_element("a").ok().and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    spawn_local(async move {
        // The browser reads it after this returns.
        TimeoutFuture::new(60_000).await;
        let _ = Url::revoke_object_url(&url);
    });
}
