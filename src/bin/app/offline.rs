//! Works without the network after one visit: the host's own service worker keeps the page's files.

use js_sys::Reflect;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RegistrationOptions, ServiceWorkerUpdateViaCache};

/// Registers the service worker that `<meta name="service-worker">` names. A page in one file, and one
/// that is being worked on, name none.
pub fn register() {
    let Ok(Some(named)) = document().query_selector("meta[name=service-worker]") else { return };
    let navigator = window().navigator();
    // Absent from addresses that are neither https nor this machine, and from private windows.
    if !Reflect::get(&navigator, &"serviceWorker".into()).is_ok_and(|container| container.is_object()) {
        return;
    }
    let options = RegistrationOptions::new();
    // Whether there is a new version is not a question for the browser's cache.
    options.set_update_via_cache(ServiceWorkerUpdateViaCache::None);
    let name = named.get_attribute("content").unwrap_or_default();
    let registered = navigator.service_worker().register_with_options(&name, &options);
    spawn_local(async move {
        // Without it the page works all the same, as long as there is a network.
        let _ = JsFuture::from(registered).await;
    });
}
