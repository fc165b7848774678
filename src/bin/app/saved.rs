//! A page that was saved with documents in it, as the page itself sees it: see `flamedrop::share::page`.

use flamedrop::findings::Settings;
use flamedrop::{link, share};
use js_sys::{Array, Function, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Element, File, ReadableStream, Response};

use crate::embedded;

fn meta() -> Option<Element> {
    document().query_selector(&format!("meta[name={}]", share::page::META)).ok()?
}

/// Whether this is such a page.
pub fn is_here() -> bool {
    meta().is_some()
}

/// What it says of itself.
pub fn about() -> Option<String> {
    meta()?.get_attribute("data-about")
}

/// The thresholds its findings were shown with.
pub fn thresholds() -> Option<Settings> {
    Some(share::page::settings(&meta()?.get_attribute("data-settings")?))
}

/// The documents in it. An address that names none becomes that of the view it was saved on.
pub async fn documents() -> Vec<(String, Blob)> {
    let Some(meta) = meta() else { return Vec::new() };
    let mut documents: Vec<(String, Blob)> = Vec::new();
    for element in embedded::elements("script[data-document]") {
        let name = element.get_attribute("data-document").unwrap_or_default();
        if let Some(bytes) = embedded::bytes_of(&element).await
            && let Ok(file) = File::new_with_u8_array_sequence(&Array::of1(&bytes), &name)
        {
            documents.push((name, file.into()));
        }
    }
    let address = window().location().hash().unwrap_or_default();
    if !address.contains("file=") && !address.contains("open=") {
        let mut fragment = meta.get_attribute("data-fragment").unwrap_or_default();
        if !fragment.contains("file=")
            && let Some((name, _)) = documents.first()
        {
            fragment = link::encode([("file", name.clone())]);
        }
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("#{fragment}")));
        }
    }
    documents
}

/// The file that `gzip` was made of.
pub async fn unzipped(name: &str, gzip: &[u8]) -> Option<File> {
    let blob = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(gzip))).ok()?;
    let file = through(&blob, "DecompressionStream").await?;
    File::new_with_blob_sequence(&Array::of1(&file), name).ok()
}

/// What comes out of a stream of the class `stream` (`CompressionStream`, `DecompressionStream`) that `blob`
/// goes through, as gzip. web-sys counts these two among what may still change.
pub async fn through(blob: &Blob, stream: &str) -> Option<Blob> {
    let class: Function = Reflect::get(&window(), &stream.into()).ok()?.dyn_into().ok()?;
    let stream = Reflect::construct(&class, &Array::of1(&"gzip".into())).ok()?;
    let stream: ReadableStream = blob.stream().pipe_through(stream.unchecked_ref());
    let response = Response::new_with_opt_readable_stream(Some(&stream)).ok()?;
    JsFuture::from(response.blob().ok()?).await.ok()?.dyn_into().ok()
}
