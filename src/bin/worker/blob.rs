//! A browser's file as a source of bytes.

use std::cell::{Cell, OnceCell};
use std::io::{self, Read};

use flamedrop::input::Source;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, FileReaderSync};

use crate::ahead::{Ahead, SLICE_BYTES, Slice};

/// Blobs are read in slices, each twice as long as the one before: a text read again needs few bytes, and
/// a whole file few calls into the browser. At 8 MB a file of 100 MB is read in half the time 1 MB takes.
const FIRST_SLICE_BYTES: u32 = 64 * 1024;
const LONGEST_SLICE_BYTES: u32 = 8 * 1024 * 1024;

/// Reading ahead begins with slices of this length: what is shorter than a few of them is read before another worker
/// has started.
const AHEAD_FROM_BYTES: u32 = 1024 * 1024;

/// With less than this left of a slice the next one is wanted, bytes: more than all buffers on the way.
const LOW: u32 = 512 * 1024;

/// A blob, and where its last reader is.
pub struct BlobSource {
    blob: Blob,
    name: String,
    modified: Option<f64>,
    /// Where the slice after the current one begins, how long it is to be, and how much of the current one is left.
    next: Cell<u64>,
    slice_bytes: Cell<u32>,
    left: Cell<u32>,
    /// Another worker that reads on meanwhile, once somebody can wait for it.
    ahead: OnceCell<Option<Ahead>>,
    /// Called when it has read something.
    on_more: fn(),
}

impl BlobSource {
    pub fn new(blob: Blob, on_more: fn()) -> Self {
        let name = Reflect::get(&blob, &JsValue::from_str("name")).ok().and_then(|name| name.as_string());
        let modified = Reflect::get(&blob, &JsValue::from_str("lastModified")).ok();
        let modified = modified.and_then(|time| time.as_f64());
        Self {
            blob,
            name: name.unwrap_or_else(|| "pasted".to_owned()),
            modified,
            next: Cell::new(0),
            slice_bytes: Cell::new(FIRST_SLICE_BYTES),
            left: Cell::new(0),
            ahead: OnceCell::new(),
            on_more,
        }
    }

    /// Reads a slice at once.
    fn read_now(&self, reader: &FileReaderSync, from: u64, length: u32) -> io::Result<Uint8Array> {
        let end = from + u64::from(length);
        let slice = self.blob.slice_with_f64_and_f64(from as f64, end as f64);
        let read = slice.and_then(|slice| reader.read_as_array_buffer(&slice));
        let buffer = read.map_err(|error| failed(&error))?;
        Ok(Uint8Array::new(&buffer))
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
            source: self,
            reader,
            next: offset,
            slice: Uint8Array::new_with_length(0),
            used: 0,
            slice_bytes: FIRST_SLICE_BYTES,
        }))
    }

    fn is_coming(&self) -> bool {
        let (next, slice) = (self.next.get(), self.slice_bytes.get());
        if slice < AHEAD_FROM_BYTES {
            return false;
        }
        let ahead = self.ahead.get_or_init(|| {
            // The slice before is read here, while the other worker starts.
            let from = next + u64::from(slice);
            let worth = from + u64::from(SLICE_BYTES) <= self.size();
            worth.then(|| Ahead::start(&self.blob, from, self.on_more)).flatten()
        });
        match ahead {
            Some(ahead) => self.left.get() < LOW && ahead.is_awaited(next),
            None => false,
        }
    }
}

struct BlobReader<'a> {
    source: &'a BlobSource,
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

impl BlobReader<'_> {
    fn fill(&mut self) -> io::Result<()> {
        let ahead = self.source.ahead.get().and_then(Option::as_ref);
        let mut length = self.slice_bytes;
        if let Some(ahead) = ahead {
            match ahead.take(self.next) {
                Slice::Here(slice) => {
                    self.take(slice);
                    return Ok(());
                }
                Slice::From(from) => {
                    length = u32::try_from(from - self.next).map_or(length, |before| length.min(before));
                }
                Slice::None => {}
            }
        }
        let slice = self.source.read_now(&self.reader, self.next, length)?;
        self.slice_bytes = (self.slice_bytes * 2).min(LONGEST_SLICE_BYTES);
        self.take(slice);
        Ok(())
    }

    fn take(&mut self, slice: Uint8Array) {
        self.next += u64::from(slice.length());
        self.slice = slice;
        self.used = 0;
    }
}

impl Read for BlobReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.used == self.slice.length() {
            self.fill()?;
        }
        let left = self.slice.length() - self.used;
        let count = u32::try_from(buffer.len()).unwrap_or(u32::MAX).min(left);
        let part = self.slice.subarray(self.used, self.used + count);
        part.copy_to(&mut buffer[..count as usize]);
        self.used += count;
        self.source.next.set(self.next);
        self.source.slice_bytes.set(self.slice_bytes);
        self.source.left.set(left - count);
        Ok(count as usize)
    }
}

/// A browser's error in words.
fn failed(error: &JsValue) -> io::Error {
    let message = Reflect::get(error, &JsValue::from_str("message")).ok().and_then(|text| text.as_string());
    io::Error::other(message.unwrap_or_else(|| "the browser cannot read the file".to_owned()))
}
