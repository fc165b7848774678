//! Reading ahead: another worker, of a few lines of JavaScript, reads the next slices of a file while this one works
//! on those before. What it read arrives between two tasks, so only readers that wait have anything of it
//! (`flamedrop::import::waiting`); for all others, and wherever it does not start or fails, the file is read at once.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag, ErrorEvent, MessageEvent, Url, Worker};

/// How much is read at a time.
pub const SLICE_BYTES: u32 = 8 * 1024 * 1024;

/// So many slices are read ahead at most: one that waits, and one that is read.
const SLICES: u32 = 2;

/// If nothing has come for so long, milliseconds, the file is read without.
const PATIENCE: i32 = 3000;

/// What it runs: a slice for each message. It waits for one at a time, so it can read at once as well.
const SCRIPT: &str = "const reader=new FileReaderSync;onmessage=({data:[blob,from,to]})=>{\
    const slice=reader.readAsArrayBuffer(blob.slice(from,to));postMessage(slice,[slice])}";

/// What there is of a slice that is wanted.
pub enum Slice {
    /// It, from its first byte on.
    Here(Uint8Array),
    /// One that begins later.
    From(u64),
    /// Nothing.
    None,
}

struct State {
    /// What came and was not taken, in order, and where it begins.
    slices: RefCell<VecDeque<(u64, Uint8Array)>>,
    /// Where the slice begins that comes next, and the one to ask for next.
    coming: Cell<u64>,
    asked: Cell<u64>,
    failed: Cell<bool>,
}

/// The other worker; it ends with this.
pub struct Ahead {
    worker: Worker,
    blob: Blob,
    size: u64,
    state: Rc<State>,
    silence: Option<i32>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
    _on_silence: Closure<dyn FnMut()>,
}

impl Ahead {
    /// Starts it at byte `from`; `on_more` is called when there is more, or will be no more. `None` if the browser has
    /// no workers within workers.
    pub fn start(blob: &Blob, from: u64, on_more: fn()) -> Option<Self> {
        let options = BlobPropertyBag::new();
        options.set_type("text/javascript");
        let script = Blob::new_with_str_sequence_and_options(&Array::of1(&SCRIPT.into()), &options).ok()?;
        let url = Url::create_object_url_with_blob(&script).ok()?;
        let worker = Worker::new(&url).ok()?;
        let size = blob.size() as u64;
        let state = Rc::new(State {
            slices: RefCell::default(),
            coming: Cell::new(from),
            asked: Cell::new(from),
            failed: Cell::new(false),
        });
        let on_message = {
            let (state, worker) = (Rc::clone(&state), worker.clone());
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                match event.data().dyn_into::<ArrayBuffer>() {
                    Ok(buffer) if buffer.byte_length() > 0 => {
                        let from = state.coming.get();
                        state.coming.set(from + u64::from(buffer.byte_length()));
                        state.slices.borrow_mut().push_back((from, Uint8Array::new(&buffer)));
                        if state.coming.get() >= size {
                            worker.terminate();
                        }
                    }
                    _ => state.failed.set(true),
                }
                on_more();
            })
        };
        let fail = {
            let state = Rc::clone(&state);
            move || {
                state.failed.set(true);
                on_more();
            }
        };
        let on_error = {
            let fail = fail.clone();
            Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
                // What is wrong is told when the same bytes are read at once.
                event.prevent_default();
                fail();
            })
        };
        let on_silence = {
            let state = Rc::clone(&state);
            Closure::<dyn FnMut()>::new(move || {
                if state.coming.get() == from {
                    fail();
                }
            })
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let silence = on_silence.as_ref().unchecked_ref();
        let silence =
            crate::serve::scope().set_timeout_with_callback_and_timeout_and_arguments_0(silence, PATIENCE);
        let ahead = Self {
            worker,
            blob: blob.clone(),
            size,
            state,
            silence: silence.ok(),
            _on_message: on_message,
            _on_error: on_error,
            _on_silence: on_silence,
        };
        for _ in 0..SLICES {
            ahead.ask();
        }
        Some(ahead)
    }

    /// Asks for the next slice, if there is one.
    fn ask(&self) {
        let from = self.state.asked.get();
        if from >= self.size || self.state.failed.get() {
            return;
        }
        let to = self.size.min(from + u64::from(SLICE_BYTES));
        let asked = Array::of3(&self.blob, &(from as f64).into(), &(to as f64).into());
        match self.worker.post_message(&asked) {
            Ok(()) => self.state.asked.set(to),
            Err(_) => self.state.failed.set(true),
        }
    }

    /// Whether byte `next` is in a slice that was asked for and has not come.
    pub fn is_awaited(&self, next: u64) -> bool {
        let state = &self.state;
        !state.failed.get() && state.coming.get() <= next && next < state.asked.get()
    }

    /// The slice with byte `next`, from there on.
    pub fn take(&self, next: u64) -> Slice {
        let mut slices = self.state.slices.borrow_mut();
        while let Some((from, slice)) = slices.pop_front() {
            let end = from + u64::from(slice.length());
            if from > next {
                slices.push_front((from, slice));
                return Slice::From(from);
            }
            self.ask();
            if let Ok(passed) = u32::try_from(next - from)
                && next < end
            {
                return Slice::Here(slice.subarray(passed, slice.length()));
            }
        }
        let from = self.state.coming.get();
        // It may be there before what is read now is used up.
        if next < from && !self.state.failed.get() { Slice::From(from) } else { Slice::None }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        // Nothing may call what is gone.
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        if let Some(silence) = self.silence {
            crate::serve::scope().clear_timeout_with_handle(silence);
        }
        self.worker.terminate();
    }
}
