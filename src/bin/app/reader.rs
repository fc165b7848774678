//! Files read one after the other by one worker, for what is known of each in a line and for their sum. A worker that dies
//! takes the file along that it died of; the next one has another.

use std::cell::RefCell;
use std::rc::Rc;

use flamedrop::protocol::{Message, Request, Response};
use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::bridge::{Bridge, Event};
use crate::program::For;

/// A worker that reads one file after the other; none before the first.
#[derive(Default)]
pub struct Reader {
    running: RefCell<Option<Running>>,
}

#[derive(Clone)]
struct Running {
    bridge: Rc<Bridge>,
    turn: Rc<Turn>,
}

/// What comes of the file that is read.
#[derive(Default)]
struct Turn {
    told: RefCell<Option<Event>>,
    resolve: RefCell<Option<Function>>,
}

impl Turn {
    fn hear(&self, event: Event) {
        if matches!(&event, Event::Message(message) if matches!(**message, Message::Progress { .. })) {
            return;
        }
        // After a panic the browser reports the trap as well; the first word stands.
        let resolve = self.resolve.borrow_mut().take();
        if let Some(resolve) = resolve {
            *self.told.borrow_mut() = Some(event);
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    }
}

impl Reader {
    /// Reads a file, and tells what came of it; `None` if it was ended meanwhile. `sums_only`: for its line in a list, and it
    /// is not open then.
    pub async fn read(&self, name: &str, file: Blob, sums_only: bool) -> Option<Event> {
        let first = For::likely(name);
        let known = self.running.borrow().clone();
        let turn = known.as_ref().map_or_else(Rc::<Turn>::default, |running| Rc::clone(&running.turn));
        let promise = Promise::new(&mut |resolve, _| *turn.resolve.borrow_mut() = Some(resolve));
        match known {
            Some(running) => running.bridge.read(file, sums_only, first),
            None => {
                let hearing = Rc::clone(&turn);
                let bridge = Rc::new(Bridge::start(file, sums_only, first, move |event| hearing.hear(event)));
                *self.running.borrow_mut() = Some(Running { bridge, turn: Rc::clone(&turn) });
            }
        }
        let _ = JsFuture::from(promise).await;
        let told = turn.told.borrow_mut().take();
        let is_dead = match &told {
            Some(Event::Message(message)) => matches!(**message, Message::Panicked(_)),
            Some(Event::Broken(_)) | None => true,
        };
        if is_dead {
            self.end();
        }
        told
    }

    /// Asks the worker. `None` when it is gone.
    pub async fn ask(&self, request: &Request) -> Option<Response> {
        let bridge = self.bridge()?;
        let answer = bridge.ask(request);
        // The worker must not be kept alive by a question to it.
        drop(bridge);
        answer.await
    }

    /// Its worker.
    pub fn bridge(&self) -> Option<Rc<Bridge>> {
        self.running.borrow().as_ref().map(|running| Rc::clone(&running.bridge))
    }

    /// Ends the worker; who waits for a file finds nothing.
    pub fn end(&self) {
        let running = self.running.borrow_mut().take();
        if let Some(Running { turn, .. }) = running
            && let Some(resolve) = turn.resolve.borrow_mut().take()
        {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    }
}
