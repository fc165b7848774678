//! Questions that can wait are answered when no other is waiting, and in parts: what to fix first takes longest of all,
//! and views must not wait for it.

use std::cell::RefCell;
use std::collections::VecDeque;

use flamedrop::protocol::Request;
use flamedrop::session::Session;
use wasm_bindgen::prelude::*;
use web_sys::{MessageChannel, MessagePort};

/// Those questions, by their numbers, and the way to the next turn.
#[derive(Default)]
pub struct Later {
    waiting: VecDeque<(u32, Request)>,
    turns: Option<MessagePort>,
}

thread_local! {
    static LATER: RefCell<Later> = RefCell::default();
}

/// Keeps a question for later; `on_turn` is called when nothing else is waiting.
pub fn put(number: u32, request: Request, on_turn: fn()) {
    LATER.with_borrow_mut(|later| {
        later.waiting.push_back((number, request));
        if later.turns.is_none() {
            later.turns = turns(on_turn);
        }
        if later.waiting.len() == 1 {
            later.ask_for_turn();
        }
    });
}

/// Works on the first question: gives it, once it is to be answered.
pub fn work(session: &mut Session) -> Option<(u32, Request)> {
    LATER.with_borrow_mut(|later| {
        let (_, request) = later.waiting.front()?;
        let done = !session.work_on(request);
        let first = if done { later.waiting.pop_front() } else { None };
        if !later.waiting.is_empty() {
            later.ask_for_turn();
        }
        first
    })
}

impl Later {
    /// What was posted to this worker before comes first.
    fn ask_for_turn(&self) {
        if let Some(turns) = &self.turns {
            let _ = turns.post_message(&JsValue::NULL);
        }
    }
}

/// A port; a message to it is a call of `on_turn`. Timers would wait for 4 ms each.
fn turns(on_turn: fn()) -> Option<MessagePort> {
    let channel = MessageChannel::new().ok()?;
    let on_message = Closure::<dyn FnMut()>::new(on_turn);
    channel.port1().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // As long as the worker lives.
    on_message.forget();
    Some(channel.port2())
}
