//! The page's end of one document's worker: posts the file, numbers the questions, hands out answers.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use flamedrop::protocol::{self, Message, Request, Response};
use js_sys::{Array, ArrayBuffer, Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, ErrorEvent, MessageEvent, Worker};

use crate::program::{For, program};

/// What reaches the page without being asked for.
pub enum Event {
    /// Anything but an answer.
    Message(Box<Message>),
    /// The worker could not start, or died without a word.
    Broken(String),
}

/// A worker that runs, or will as soon as its program is there. Dropping it ends the worker, whatever
/// it is doing.
pub struct Bridge {
    started: Rc<Started>,
    next: Cell<u32>,
}

/// Questions on their way, by their numbers.
type Waiting = RefCell<HashMap<u32, Asked>>;

/// The promise's resolver, and where its answer is put first.
struct Asked {
    resolve: Function,
    answer: Rc<RefCell<Option<Response>>>,
}

enum Running {
    NotYet,
    Worker {
        worker: Worker,
        _on_message: Closure<dyn FnMut(MessageEvent)>,
        _on_error: Closure<dyn FnMut(ErrorEvent)>,
    },
    Ended,
}

impl Bridge {
    /// Starts a worker that reads `file`; `on_event` hears of it. `first` is tried first: if the file is of the other
    /// kind, the other one has it. `sums_only`: it is read for its line in a list, see [`Message::Brief`].
    pub fn start(file: Blob, sums_only: bool, first: For, on_event: impl Fn(Event) + 'static) -> Self {
        Self::run(file, None, sums_only, first, on_event)
    }

    /// The same of a log of requests, by this layout of its lines.
    pub fn start_with(
        file: Blob,
        layout: Option<String>,
        first: For,
        on_event: impl Fn(Event) + 'static,
    ) -> Self {
        Self::run(file, layout, false, first, on_event)
    }

    fn run(
        file: Blob,
        layout: Option<String>,
        sums_only: bool,
        first: For,
        on_event: impl Fn(Event) + 'static,
    ) -> Self {
        let started = Rc::new(Started {
            file: RefCell::new(file),
            layout,
            sums_only: Cell::new(sums_only),
            which: Cell::new(first),
            running: RefCell::new(Running::NotYet),
            waiting: Waiting::default(),
            on_event: Box::new(on_event),
        });
        spawn_local(start(Rc::clone(&started), first));
        Self { started, next: Cell::new(0) }
    }

    /// Has the worker read another file, once it has told of the one before. What it had open is gone.
    pub fn read(&self, file: Blob, sums_only: bool, first: For) {
        let started = &self.started;
        *started.file.borrow_mut() = file;
        started.sums_only.set(sums_only);
        if started.which.get() == first
            && let Running::Worker { worker, .. } = &*started.running.borrow()
        {
            post_file(worker, started);
            return;
        }
        spawn_local(start(Rc::clone(started), first));
    }

    /// Asks one question. `None` when the worker ends before it answers.
    pub fn ask(&self, request: &Request) -> impl Future<Output = Option<Response>> + use<> {
        let number = self.next.get();
        self.next.set(number.wrapping_add(1));
        let answer = Rc::new(RefCell::new(None));
        let promise = Promise::new(&mut |resolve, _| {
            let asked = Asked { resolve, answer: Rc::clone(&answer) };
            self.started.waiting.borrow_mut().insert(number, asked);
        });
        // Nobody asks before the worker said that the file is open.
        if let (Running::Worker { worker, .. }, Ok(bytes)) =
            (&*self.started.running.borrow(), protocol::encode(&(number, request)))
        {
            let buffer = Uint8Array::from(bytes.as_slice()).buffer();
            let _ = worker.post_message_with_transfer(&buffer, &Array::of1(&buffer));
        }
        async move {
            let _ = JsFuture::from(promise).await;
            answer.borrow_mut().take()
        }
    }
}

/// What the worker of a bridge is started with.
struct Started {
    file: RefCell<Blob>,
    /// What the user says of its lines.
    layout: Option<String>,
    /// Whether it is read for its line in a list.
    sums_only: Cell<bool>,
    /// Which program runs, or is about to.
    which: Cell<For>,
    running: RefCell<Running>,
    waiting: Waiting,
    on_event: Box<dyn Fn(Event)>,
}

/// Starts a worker of the program `which` once that is there, in place of one that runs.
async fn start(bridge: Rc<Started>, which: For) {
    bridge.which.set(which);
    let program = program(which).await;
    if matches!(*bridge.running.borrow(), Running::Ended) {
        return;
    }
    let started = match program {
        Ok(program) => run(&program.url, &program.module, &bridge)
            .map_err(|_| "the browser would not start it".to_owned()),
        Err(problem) => Err(format!("it could not be loaded: {problem}")),
    };
    match started {
        Ok(started) => {
            if let Running::Worker { worker, .. } = bridge.running.replace(started) {
                worker.terminate();
            }
        }
        Err(problem) => (bridge.on_event)(Event::Broken(problem)),
    }
}

fn post_file(worker: &Worker, bridge: &Started) {
    let file = bridge.file.borrow();
    let posted = match (&bridge.layout, bridge.sums_only.get()) {
        (None, false) => worker.post_message(&file),
        (layout, sums_only) => {
            let layout = layout.as_deref().map_or(JsValue::UNDEFINED, JsValue::from_str);
            worker.post_message(&Array::of3(&file, &layout, &sums_only.into()))
        }
    };
    if posted.is_err() {
        (bridge.on_event)(Event::Broken("the browser refused to hand over the file".into()));
    }
}

/// Starts the worker and listens to it.
fn run(url: &str, module: &JsValue, bridge: &Rc<Started>) -> Result<Running, JsValue> {
    let worker = Worker::new(url)?;
    let on_message = {
        let (worker, bridge) = (worker.clone(), Rc::clone(bridge));
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let Started { waiting, on_event, .. } = &*bridge;
            let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() else { return };
            match protocol::decode::<Message>(&Uint8Array::new(&buffer).to_vec()) {
                // What is posted before the worker's wasm runs is lost: the file waits for this.
                Ok(Message::Ready) => post_file(&worker, &bridge),
                Ok(Message::Answer(number, response)) => {
                    let asked = waiting.borrow_mut().remove(&number);
                    if let Some(asked) = asked {
                        *asked.answer.borrow_mut() = Some(response);
                        let _ = asked.resolve.call0(&JsValue::UNDEFINED);
                    }
                }
                Ok(Message::Elsewhere(kind)) => spawn_local(start(Rc::clone(&bridge), For::kind(kind))),
                Ok(message) => on_event(Event::Message(Box::new(message))),
                Err(error) => on_event(Event::Broken(format!("unreadable message: {error}"))),
            }
        })
    };
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    let bridge = Rc::clone(bridge);
    let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
        // Handled here: the browser need not report it on the console as well.
        event.prevent_default();
        (bridge.on_event)(Event::Broken(event.message()));
    });
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    worker.post_message(module)?;
    Ok(Running::Worker { worker, _on_message: on_message, _on_error: on_error })
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if let Running::Worker { worker, .. } = self.started.running.replace(Running::Ended) {
            worker.terminate();
        }
        // Whoever still waits is woken and finds no answer.
        for (_, asked) in self.started.waiting.borrow_mut().drain() {
            let _ = asked.resolve.call0(&JsValue::UNDEFINED);
        }
    }
}
