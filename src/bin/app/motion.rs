//! Moving smoothly from one place to another, unless the system asks for less motion.

use leptos::prelude::*;

/// Milliseconds of a movement.
const DURATION: f64 = 180.0;

/// One movement at a time; a new one ends the last.
#[derive(Clone, Copy)]
pub struct Motion {
    /// Of the last movement.
    number: StoredValue<u32>,
    running: StoredValue<bool>,
}

impl Motion {
    /// Nothing moves.
    pub fn new() -> Self {
        Self { number: StoredValue::new(0), running: StoredValue::new(false) }
    }

    /// Ends what moves.
    pub fn stop(self) {
        next(self.number);
        self.running.try_set_value(false);
    }

    /// Whether something moves.
    pub fn is_running(self) -> bool {
        self.running.try_get_value() == Some(true)
    }

    /// Calls `step` with 0 to 1, once a frame; at least once with 1.
    pub fn start(self, step: impl Fn(f64) + 'static) {
        let Some(number) = next(self.number) else { return };
        match now().filter(|_| !wants_less()) {
            Some(began) => {
                self.running.set_value(true);
                self.frame(number, began, step);
            }
            None => step(1.0),
        }
    }

    fn frame(self, number: u32, began: f64, step: impl Fn(f64) + 'static) {
        request_animation_frame(move || {
            // Another movement began, or the view has gone.
            if self.number.try_get_value() != Some(number) {
                return;
            }
            let progress = now().map_or(1.0, |now| ((now - began) / DURATION).clamp(0.0, 1.0));
            step(1.0 - (1.0 - progress).powi(3));
            if progress < 1.0 {
                self.frame(number, began, step);
            } else {
                self.running.try_set_value(false);
            }
        });
    }
}

/// Does what has to wait until the hand is still: what is on screen is kept in the address, and browsers allow an address
/// only so many changes.
#[derive(Clone, Copy)]
pub struct Still {
    changes: StoredValue<u32>,
}

impl Still {
    /// For so long nothing may change, ms.
    const MILLISECONDS: u64 = 300;

    /// Nothing has changed.
    pub fn new() -> Self {
        Self { changes: StoredValue::new(0) }
    }

    /// Calls `then` unless it is called again before; not at all once the view has gone.
    pub fn after(self, then: impl Fn() + 'static) {
        let number = next(self.changes);
        let then = move || {
            if number.is_some() && self.changes.try_get_value() == number {
                then();
            }
        };
        set_timeout(then, std::time::Duration::from_millis(Self::MILLISECONDS));
    }
}

/// Counts on; `None` once the view has gone.
fn next(number: StoredValue<u32>) -> Option<u32> {
    number.try_update_value(|number| {
        *number = number.wrapping_add(1);
        *number
    })
}

fn now() -> Option<f64> {
    Some(window().performance()?.now())
}

fn wants_less() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)");
    query.ok().flatten().is_some_and(|query| query.matches())
}
