//! What a page of one file carries within itself. Its own script reads it, as it must to start the
//! WebAssembly (src/bin/pack/single.js); a page whose files stand beside it has no such script.

use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// The bytes of an embedded file; `None` where there is no such file.
pub async fn bytes(name: &str) -> Option<Uint8Array> {
    let read = Reflect::get(&leptos::prelude::window(), &"flamedropEmbedded".into()).ok()?;
    let promise = read.dyn_into::<Function>().ok()?.call1(&JsValue::UNDEFINED, &name.into()).ok()?;
    JsFuture::from(promise.dyn_into::<Promise>().ok()?).await.ok()?.dyn_into().ok()
}
