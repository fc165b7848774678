//! How large an element is, as a signal.

use js_sys::Array;
use leptos::html::ElementType;
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;
use web_sys::{Element, ResizeObserver};

use crate::effect::effect;

/// Width and height of the element's content box in CSS pixels; zeros until it is on screen.
pub fn observed_size<E>(node: NodeRef<E>) -> ReadSignal<(f64, f64)>
where
    E: ElementType,
    E::Output: JsCast + AsRef<Element> + Clone + 'static,
{
    let (size, set_size) = signal((0.0, 0.0));
    effect(move || {
        let Some(element) = node.get() else { return };
        let element: Element = AsRef::<Element>::as_ref(&element).clone();
        let observed = element.clone();
        let changed = Closure::<dyn FnMut(Array)>::new(move |_| {
            let new = (f64::from(observed.client_width()), f64::from(observed.client_height()));
            if size.try_get_untracked().is_some_and(|old| old != new) {
                set_size.set(new);
            }
        });
        if let Ok(observer) = ResizeObserver::new(changed.as_ref().unchecked_ref()) {
            observer.observe(&element);
            let kept = SendWrapper::new((observer, changed));
            on_cleanup(move || kept.0.disconnect());
        }
    });
    size
}
