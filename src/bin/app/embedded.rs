//! What a page of one file carries within itself. Its own script reads it, as it must to start the
//! WebAssembly (src/bin/pack/single.js); a page whose files stand beside it has no such script.

use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Element;

/// The bytes of an embedded file; `None` where there is no such file.
pub async fn bytes(name: &str) -> Option<Uint8Array> {
    read(&name.into()).await
}

/// The bytes of the file in `element`.
pub async fn bytes_of(element: &Element) -> Option<Uint8Array> {
    read(element).await
}

/// The elements that `selector` finds, in their order.
pub fn elements(selector: &str) -> Vec<Element> {
    let Ok(found) = leptos::prelude::document().query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
}

async fn read(file: &JsValue) -> Option<Uint8Array> {
    let read = Reflect::get(&leptos::prelude::window(), &"flamedropEmbedded".into()).ok()?;
    let promise = read.dyn_into::<Function>().ok()?.call1(&JsValue::UNDEFINED, file).ok()?;
    JsFuture::from(promise.dyn_into::<Promise>().ok()?).await.ok()?.dyn_into().ok()
}
