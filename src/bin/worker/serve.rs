//! Bytes in, [`Session`] in the middle, bytes out.
//!
//! The page waits for [`Message::Ready`], then posts a `Blob` (the file) or an array of one, of what the user says of its
//! lines (the layout of a log of requests, a text) and of whether only its line in a list is wanted ([`Message::Brief`]); then
//! byte buffers, each an encoded `(u32, Request)`. Every answer is one transferred buffer. Another `Blob` takes the file's
//! place: so the recordings of a group are read one after the other without a worker for each.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use flamedrop::brief::Brief;
use flamedrop::import::{self, ImportError, Options};
use flamedrop::input::{Progress, Source as _};
use flamedrop::protocol::{self, Failure, Message, Request};
use flamedrop::session::{Gathered, Session};
use flamedrop::share::page;
use js_sys::{Array, ArrayBuffer, Date, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageEvent};

use crate::blob::BlobSource;
use crate::later;

/// Progress is told at most this often, in milliseconds.
const PROGRESS_INTERVAL: f64 = 50.0;

thread_local! {
    static SESSION: RefCell<Option<Session>> = const { RefCell::new(None) };
    /// What earlier files left, where one follows the other.
    static GATHERED: RefCell<Gathered> = RefCell::default();
    /// The file's reading, until it is done.
    static OPENING: RefCell<Option<Pin<Box<dyn Future<Output = ()>>>>> = const { RefCell::new(None) };
}

/// Serves for as long as the page lets the worker live.
pub fn serve() {
    std::panic::set_hook(Box::new(|panic| post(&Message::Panicked(panic.to_string()))));
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| receive(event.data()));
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The worker lives as long as its page wants it: the closure is never dropped.
    on_message.forget();
    post(&Message::Ready);
}

/// The worker itself.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn receive(data: JsValue) {
    match data.dyn_into::<ArrayBuffer>() {
        Ok(buffer) => {
            let bytes = Uint8Array::new(&buffer).to_vec();
            if let Ok((number, request)) = protocol::decode::<(u32, Request)>(&bytes) {
                if request.can_wait() {
                    return later::put(number, request, work);
                }
                SESSION.with_borrow_mut(|session| {
                    if let Request::Gather(ask) = &request {
                        let answer = GATHERED.with_borrow_mut(|gathered| gathered.answer(ask, session));
                        post(&Message::Answer(number, answer));
                    } else if let Some(session) = session {
                        post(&Message::Answer(number, session.answer(&request)));
                    }
                });
            }
        }
        Err(file) => {
            let (file, layout, sums_only) = match file.dyn_into::<Array>() {
                Ok(said) => (said.get(0), said.get(1).as_string(), said.get(2).is_truthy()),
                Err(file) => (file, None, false),
            };
            if let Ok(blob) = file.dyn_into::<Blob>() {
                open(blob, Options { log_format: layout, sums_only, ..Options::default() });
            }
        }
    }
}

/// Goes on with what can wait.
fn work() {
    SESSION.with_borrow_mut(|session| {
        if let Some(session) = session
            && let Some((number, request)) = later::work(session)
        {
            post(&Message::Answer(number, session.answer(&request)));
        }
    });
}

fn open(blob: Blob, options: Options) {
    // Of a group one file follows the other: what was open goes first, its memory is the next one's.
    SESSION.set(None);
    let source = BlobSource::new(blob, go_on);
    match unpack(&source) {
        Ok(None) => {}
        Ok(Some(documents)) => return post(&Message::Contents(documents)),
        Err(error) => return post(&Message::Failed(Failure::from(&ImportError::reading(&error)))),
    }
    match import::members(&source) {
        Ok(None) => {}
        Ok(Some(members)) => return post(&Message::Members(members)),
        Err(error) => return post(&Message::Failed(Failure::from(&error))),
    }
    match import::urls::text(&source) {
        Ok(None) => {}
        Ok(Some(urls)) => return post(&Message::Urls(urls)),
        Err(error) => return post(&Message::Failed(Failure::from(&ImportError::reading(&error)))),
    }
    OPENING.set(Some(Box::pin(read(source, options))));
    go_on();
}

/// Reads the file as far as its bytes are there.
fn go_on() {
    let Some(mut opening) = OPENING.take() else { return };
    if opening.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Pending {
        OPENING.set(Some(opening));
    }
}

async fn read(source: BlobSource, options: Options) {
    let last = Cell::new(0.0);
    let progress = |Progress { read, size }: Progress| {
        let now = Date::now();
        if now - last.get() >= PROGRESS_INTERVAL {
            last.set(now);
            post(&Message::Progress { read, size });
        }
    };
    let sums_only = options.sums_only;
    match Session::open_waiting(Box::new(source), options, &progress).await {
        // Its overview would take longer than its sums.
        Ok(session) if sums_only => post(&Message::Brief(Box::new(Brief::unjudged(session.document())))),
        Ok(session) => {
            post(&Message::Opened(session.overview()));
            SESSION.set(Some(session));
        }
        Err(error) => post(&match error.elsewhere {
            Some(kind) => Message::Elsewhere(kind),
            None => Message::Failed(Failure::from(&error)),
        }),
    }
}

/// Documents by name, gzipped.
type Documents = Vec<(String, Vec<u8>)>;

/// The documents in a saved page.
fn unpack(source: &BlobSource) -> io::Result<Option<Documents>> {
    let Some(documents) = page::documents(source)? else { return Ok(None) };
    let unpacked = documents.iter().map(|document| {
        let mut bytes = Vec::new();
        document.open(0)?.read_to_end(&mut bytes)?;
        Ok((document.name().to_owned(), bytes))
    });
    unpacked.collect::<io::Result<_>>().map(Some)
}

fn post(message: &Message) {
    let Ok(bytes) = protocol::encode(message) else { return };
    let buffer = Uint8Array::from(bytes.as_slice()).buffer();
    // Posting fails only while the worker is being shut down; nobody is left to tell then.
    let _ = scope().post_message_with_transfer(&buffer, &Array::of1(&buffer));
}
