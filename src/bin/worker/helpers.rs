//! Helpers: other workers of the same program, which read slices of a log for this one (`sliced`). What they do is in
//! `helping`.
//!
//! They may not start, trap, or fall silent. Then what they were asked for is given back, to be read here, so nothing
//! depends on them. They end with this worker, and when they are dropped.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

use flamedrop::protocol::{self, Message};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, ErrorEvent, MessageEvent, MessagePort, Worker};

use crate::{later, serve};

/// More than these wait for the one that takes in what they read, and each has a memory of its own.
const MOST: usize = 3;

/// So many slices each of them has at a time: one that it reads, and one that waits.
const EACH: usize = 2;

/// How often silence is listened to, milliseconds, and after how many times of it a helper is given up. A slice takes
/// some hundredths of a second. Counted are calls of a timer, as a machine that slept has no helper that is silent.
const TICK: i32 = 1000;
const PATIENCE: u32 = 4;

thread_local! {
    /// The way to the next turn.
    static TURNS: OnceCell<Option<MessagePort>> = const { OnceCell::new() };
}

/// Has the file's reading go on once what was posted to this worker before has been received.
pub fn ask_for_turn() {
    TURNS.with(|turns| {
        if let Some(port) = turns.get_or_init(|| later::turns(serve::go_on)) {
            let _ = port.post_message(&JsValue::NULL);
        }
    });
}

/// Some helpers.
pub struct Helpers {
    blob: Blob,
    all: Vec<Helper>,
    tick: Option<i32>,
    /// How many times the timer called.
    ticks: Rc<Cell<u32>>,
    _on_tick: Closure<dyn FnMut()>,
}

/// What became of a slice.
pub enum Came {
    /// Its bytes, outside WebAssembly's memory until they are wanted.
    Slice(ArrayBuffer),
    /// It is to be read here.
    Nothing,
}

#[derive(Default)]
struct State {
    is_ready: Cell<bool>,
    is_gone: Cell<bool>,
    /// What came and was not taken; nothing of a slice that could not be read.
    came: RefCell<VecDeque<Option<ArrayBuffer>>>,
}

struct Helper {
    worker: Worker,
    state: Rc<State>,
    /// The slices it was asked for and has not given, in order.
    asked: VecDeque<usize>,
    /// At which tick it was heard of last.
    heard: u32,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Helpers {
    /// Starts as many as there are cores beside this worker's, to read slices of `blob`. `None` if there are none, or if
    /// the browser has no workers within workers.
    pub fn start(blob: &Blob) -> Option<Self> {
        let cores = serve::scope().navigator().hardware_concurrency() as usize;
        let count = cores.saturating_sub(1).min(MOST);
        let ticks = Rc::new(Cell::new(0));
        let on_tick = {
            let ticks = Rc::clone(&ticks);
            Closure::<dyn FnMut()>::new(move || {
                ticks.set(ticks.get() + 1);
                ask_for_turn();
            })
        };
        let all: Vec<Helper> = (0..count).map_while(|_| Helper::start()).collect();
        let mut helpers = Self { blob: blob.clone(), all, tick: None, ticks, _on_tick: on_tick };
        if helpers.all.is_empty() {
            return None;
        }
        let on_tick = helpers._on_tick.as_ref().unchecked_ref();
        let tick = serve::scope().set_interval_with_callback_and_timeout_and_arguments_0(on_tick, TICK);
        // Whoever is silent would be waited for.
        helpers.tick = Some(tick.ok()?);
        Some(helpers)
    }

    /// How many slices they have at most.
    pub fn capacity(&self) -> usize {
        self.all.len() * EACH
    }

    /// Asks those that have time for slices; `next` gives another one.
    pub fn ask(&mut self, mut next: impl FnMut() -> Option<(usize, Range<u64>)>) {
        // One each before anyone has two.
        for deep in 0..EACH {
            for helper in &mut self.all {
                if !helper.state.is_ready.get() || helper.asked.len() > deep {
                    continue;
                }
                let Some((at, range)) = next() else { return };
                if helper.asked.is_empty() {
                    helper.heard = self.ticks.get();
                }
                helper.asked.push_back(at);
                let asked = Array::of3(&self.blob, &(range.start as f64).into(), &(range.end as f64).into());
                if helper.worker.post_message(&asked).is_err() {
                    helper.state.is_gone.set(true);
                }
            }
        }
    }

    /// Tells `take` what became of slices since the last time.
    pub fn collect(&mut self, mut take: impl FnMut(usize, Came)) {
        let now = self.ticks.get();
        for helper in &mut self.all {
            let mut came = helper.state.came.borrow_mut();
            while let Some(buffer) = came.pop_front() {
                helper.heard = now;
                // Who cannot read one slice will not read others.
                if buffer.is_none() {
                    helper.state.is_gone.set(true);
                }
                if let Some(at) = helper.asked.pop_front() {
                    take(at, buffer.map_or(Came::Nothing, Came::Slice));
                }
            }
            if !helper.asked.is_empty() && now - helper.heard >= PATIENCE {
                helper.state.is_gone.set(true);
            }
        }
        self.all.retain_mut(|helper| {
            let is_gone = helper.state.is_gone.get();
            if is_gone {
                helper.asked.drain(..).for_each(|at| take(at, Came::Nothing));
            }
            !is_gone
        });
    }
}

impl Drop for Helpers {
    fn drop(&mut self) {
        if let Some(tick) = self.tick {
            serve::scope().clear_interval_with_handle(tick);
        }
    }
}

impl Helper {
    /// Starts one of the script and the module that this worker was started with.
    fn start() -> Option<Self> {
        let worker = Worker::new(&serve::scope().location().href()).ok()?;
        let state = Rc::new(State::default());
        // The reading goes on in a turn of its own: it may drop what is called here.
        let on_message = {
            let state = Rc::clone(&state);
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                state.receive(event.data());
                ask_for_turn();
            })
        };
        let on_error = {
            let state = Rc::clone(&state);
            Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
                // If it is the file's fault, that is told when the slice is read here.
                event.prevent_default();
                state.is_gone.set(true);
                ask_for_turn();
            })
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let posted = worker.post_message(&wasm_bindgen::module());
        let helper = Self {
            worker,
            state,
            asked: VecDeque::new(),
            heard: 0,
            _on_message: on_message,
            _on_error: on_error,
        };
        posted.ok().map(|()| helper)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // Nothing may call what is gone.
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

impl State {
    /// A slice comes in an array, anything else is a message as the page gets them.
    fn receive(&self, data: JsValue) {
        match data.dyn_into::<Array>() {
            Ok(slice) => self.came.borrow_mut().push_back(slice.get(0).dyn_into().ok()),
            Err(data) => {
                let said = data.dyn_into::<ArrayBuffer>().map(|buffer| Uint8Array::new(&buffer).to_vec());
                // Compared, not decoded: what reads the page's messages is 40 kB, gzipped.
                match (said, protocol::encode(&Message::Ready)) {
                    (Ok(said), Ok(ready)) if said == ready => self.is_ready.set(true),
                    // That it panicked; nothing else is asked of it.
                    _ => self.is_gone.set(true),
                }
            }
        }
    }
}
