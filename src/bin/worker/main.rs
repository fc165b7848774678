//! The worker of one document: bytes in, [`Session`] in the middle, bytes out.
//!
//! The page waits for [`Message::Ready`], then posts a `Blob` (the file, once), then byte buffers, each
//! an encoded `(u32, Request)`. Every answer is one transferred buffer.

use std::cell::RefCell;
use std::io::{self, Read};

use flamedrop::import::{self, ImportError};
use flamedrop::input::{Progress, Source};
use flamedrop::protocol::{self, Failure, Message, Request};
use flamedrop::session::Session;
use flamedrop::share::page;
use js_sys::{Array, ArrayBuffer, Date, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, DedicatedWorkerGlobalScope, FileReaderSync, MessageEvent};

/// Progress is told at most this often, in milliseconds.
const PROGRESS_INTERVAL: f64 = 50.0;

/// Blobs are read in slices, each twice as long as the one before: a text read again needs few bytes, and
/// a whole file few calls into the browser. At 8 MB a file of 100 MB is read in half the time 1 MB takes.
const FIRST_SLICE_BYTES: u32 = 64 * 1024;
const LONGEST_SLICE_BYTES: u32 = 8 * 1024 * 1024;

thread_local! {
    static SESSION: RefCell<Option<Session>> = const { RefCell::new(None) };
}

fn main() {
    std::panic::set_hook(Box::new(|panic| post(&Message::Panicked(panic.to_string()))));
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| receive(event.data()));
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The worker lives as long as its page wants it: the closure is never dropped.
    on_message.forget();
    post(&Message::Ready);
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn receive(data: JsValue) {
    match data.dyn_into::<ArrayBuffer>() {
        Ok(buffer) => {
            let bytes = Uint8Array::new(&buffer).to_vec();
            if let Ok((number, request)) = protocol::decode::<(u32, Request)>(&bytes) {
                SESSION.with_borrow_mut(|session| {
                    if let Some(session) = session {
                        post(&Message::Answer(number, session.answer(&request)));
                    }
                });
            }
        }
        Err(file) => {
            if let Ok(blob) = file.dyn_into::<Blob>() {
                open(blob);
            }
        }
    }
}

fn open(blob: Blob) {
    let last = std::cell::Cell::new(0.0);
    let progress = |Progress { read, size }: Progress| {
        let now = Date::now();
        if now - last.get() >= PROGRESS_INTERVAL {
            last.set(now);
            post(&Message::Progress { read, size });
        }
    };
    let source = BlobSource::new(blob);
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
    match Session::open(Box::new(source), &progress) {
        Ok(session) => {
            post(&Message::Opened(session.overview()));
            SESSION.set(Some(session));
        }
        Err(error) => post(&Message::Failed(Failure::from(&error))),
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

/// A browser's file.
struct BlobSource {
    blob: Blob,
    name: String,
    modified: Option<f64>,
}

impl BlobSource {
    fn new(blob: Blob) -> Self {
        let name = Reflect::get(&blob, &JsValue::from_str("name")).ok().and_then(|name| name.as_string());
        let modified = Reflect::get(&blob, &JsValue::from_str("lastModified")).ok();
        let modified = modified.and_then(|time| time.as_f64());
        Self { blob, name: name.unwrap_or_else(|| "pasted".to_owned()), modified }
    }
}

impl Source for BlobSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> u64 {
        self.blob.size() as u64
    }

    fn modified(&self) -> Option<f64> {
        self.modified
    }

    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + '_>> {
        let reader = FileReaderSync::new().map_err(|error| failed(&error))?;
        Ok(Box::new(BlobReader {
            blob: &self.blob,
            reader,
            next: offset,
            slice: Uint8Array::new_with_length(0),
            used: 0,
            slice_bytes: FIRST_SLICE_BYTES,
        }))
    }
}

struct BlobReader<'a> {
    blob: &'a Blob,
    reader: FileReaderSync,
    /// Where in the blob the next slice begins.
    next: u64,
    /// Stays outside WebAssembly's memory, which never shrinks.
    slice: Uint8Array,
    /// How much of the slice was handed out.
    used: u32,
    /// How long the next one is to be.
    slice_bytes: u32,
}

impl Read for BlobReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.used == self.slice.length() {
            let end = self.next + u64::from(self.slice_bytes);
            let slice = self.blob.slice_with_f64_and_f64(self.next as f64, end as f64);
            let read = slice.and_then(|slice| self.reader.read_as_array_buffer(&slice));
            let buffer = read.map_err(|error| failed(&error))?;
            self.slice = Uint8Array::new(&buffer);
            self.next += u64::from(self.slice.length());
            self.used = 0;
            self.slice_bytes = (self.slice_bytes * 2).min(LONGEST_SLICE_BYTES);
        }
        let left = self.slice.length() - self.used;
        let count = u32::try_from(buffer.len()).unwrap_or(u32::MAX).min(left);
        let part = self.slice.subarray(self.used, self.used + count);
        part.copy_to(&mut buffer[..count as usize]);
        self.used += count;
        Ok(count as usize)
    }
}

fn failed(error: &JsValue) -> io::Error {
    let message = Reflect::get(error, &JsValue::from_str("message")).ok().and_then(|text| text.as_string());
    io::Error::other(message.unwrap_or_else(|| "the browser cannot read the file".to_owned()))
}
