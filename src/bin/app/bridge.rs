//! The page's end of one document's worker: posts the file, numbers the questions, hands out answers.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use flamedrop::protocol::{self, Message, Request, Response};
use js_sys::{Array, ArrayBuffer, Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, ErrorEvent, MessageEvent, Worker};

/// What reaches the page without being asked for.
pub enum Event {
    /// Anything but an answer.
    Message(Box<Message>),
    /// The worker could not start, or died without a word.
    Broken(String),
}

/// A running worker. Dropping it ends the worker, whatever it is doing.
pub struct Bridge {
    worker: Worker,
    next: Cell<u32>,
    waiting: Rc<RefCell<HashMap<u32, Waiting>>>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

/// A question on its way: the promise's resolver, and where its answer is put first.
struct Waiting {
    resolve: Function,
    answer: Rc<RefCell<Option<Response>>>,
}

impl Bridge {
    /// Starts a worker that reads `file`; `on_event` hears of it.
    pub fn start(file: Blob, on_event: impl Fn(Event) + 'static) -> Result<Self, JsValue> {
        let worker = Worker::new(&worker_url()?)?;
        let waiting = Rc::new(RefCell::new(HashMap::<u32, Waiting>::new()));
        let on_event = Rc::new(on_event);

        let on_message = {
            let (worker, waiting, on_event) = (worker.clone(), Rc::clone(&waiting), Rc::clone(&on_event));
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() else { return };
                match protocol::decode::<Message>(&Uint8Array::new(&buffer).to_vec()) {
                    // What is posted before the worker's wasm runs is lost: the file waits for this.
                    Ok(Message::Ready) => {
                        if worker.post_message(&file).is_err() {
                            on_event(Event::Broken("the browser refused to hand over the file".into()));
                        }
                    }
                    Ok(Message::Answer(number, response)) => {
                        let asked = waiting.borrow_mut().remove(&number);
                        if let Some(asked) = asked {
                            *asked.answer.borrow_mut() = Some(response);
                            let _ = asked.resolve.call0(&JsValue::UNDEFINED);
                        }
                    }
                    Ok(message) => on_event(Event::Message(Box::new(message))),
                    Err(error) => on_event(Event::Broken(format!("unreadable message: {error}"))),
                }
            })
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));

        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            // Handled here: the browser need not report it on the console as well.
            event.prevent_default();
            on_event(Event::Broken(event.message()));
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));

        Ok(Self { worker, next: Cell::new(0), waiting, _on_message: on_message, _on_error: on_error })
    }

    /// Asks one question. `None` when the worker ends before it answers.
    pub fn ask(&self, request: &Request) -> impl Future<Output = Option<Response>> + use<> {
        let number = self.next.get();
        self.next.set(number.wrapping_add(1));
        let answer = Rc::new(RefCell::new(None));
        let promise = Promise::new(&mut |resolve, _| {
            let asked = Waiting { resolve, answer: Rc::clone(&answer) };
            self.waiting.borrow_mut().insert(number, asked);
        });
        if let Ok(bytes) = protocol::encode(&(number, request)) {
            let buffer = Uint8Array::from(bytes.as_slice()).buffer();
            let _ = self.worker.post_message_with_transfer(&buffer, &Array::of1(&buffer));
        }
        async move {
            let _ = JsFuture::from(promise).await;
            answer.borrow_mut().take()
        }
    }
}

/// The address of a blob that starts the worker whose files `<meta name="worker">` names.
///
/// A worker started from an address is bound only by that address's own headers, and a static host
/// sets none; one started from a blob inherits the page's content security policy.
fn worker_url() -> Result<String, JsValue> {
    thread_local! {
        static URL: RefCell<Option<String>> = const { RefCell::new(None) };
    }
    if let Some(url) = URL.with_borrow(Clone::clone) {
        return Ok(url);
    }
    let document = leptos::prelude::document();
    let named = document.query_selector("meta[name=worker]")?.ok_or("the page does not name its worker")?;
    let base = document.base_uri()?.unwrap_or_default();
    let address = |attribute: &str| -> Result<String, JsValue> {
        let relative = named.get_attribute(attribute).unwrap_or_default();
        // A blob has no folder that anything could be relative to.
        Ok(web_sys::Url::new_with_base(&relative, &base)?.href())
    };
    // What fails in a promise is not reported to the page; what is thrown is.
    let text = format!(
        "importScripts({:?});wasm_bindgen({{module_or_path:{:?}}}).catch(error=>setTimeout(()=>{{throw error}}))",
        address("content")?,
        address("data-module")?
    );
    let options = BlobPropertyBag::new();
    options.set_type("text/javascript");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options)?;
    let url = web_sys::Url::create_object_url_with_blob(&blob)?;
    URL.set(Some(url.clone()));
    Ok(url)
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.worker.terminate();
        // Whoever still waits is woken and finds no answer.
        for (_, asked) in self.waiting.borrow_mut().drain() {
            let _ = asked.resolve.call0(&JsValue::UNDEFINED);
        }
    }
}
