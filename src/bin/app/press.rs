//! A long press of a finger: what the other button is on a mouse. Some browsers have an event for it, some have not.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use web_sys::PointerEvent;

/// Milliseconds.
const LONG: u32 = 500;

/// A finger that may be pressing; copies are the same.
#[derive(Clone, Copy)]
pub struct LongPress {
    timer: StoredValue<Option<Timeout>, LocalStorage>,
    held: StoredValue<bool>,
}

impl LongPress {
    /// None is.
    pub fn new() -> Self {
        Self { timer: StoredValue::new_local(None), held: StoredValue::new(false) }
    }

    /// A pointer went down: if it is a finger that stays, `then` is told where in the window.
    pub fn start(self, event: &PointerEvent, then: impl FnOnce(f64, f64) + 'static) {
        self.held.set_value(false);
        if event.pointer_type() != "touch" || !event.is_primary() {
            self.end();
            return;
        }
        let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
        self.timer.set_value(Some(Timeout::new(LONG, move || {
            // The view may be gone by now.
            if self.held.try_set_value(true).is_none() {
                then(x, y);
            }
        })));
    }

    /// It moved, or went up.
    pub fn end(self) {
        // Dropped, it does not ring.
        drop(self.timer.try_update_value(Option::take));
    }

    /// Whether the last press was a long one.
    pub fn is_held(self) -> bool {
        self.held.try_get_value().unwrap_or(false)
    }
}
