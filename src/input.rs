//! Bytes to read: where they come from ([`Source`]) and what an importer sees of them ([`Input`]).
//!
//! A source can be opened again at any offset, so texts need not be kept in memory: they are found
//! again in the file. An input is one reading of a source from its start, unwrapped from gzip, with
//! its first bytes ready for detection.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;

use crate::import::Options;

/// How many unwrapped bytes detection may look at.
pub const HEAD_BYTES: usize = 64 * 1024;

const BUFFER_BYTES: usize = 256 * 1024;

/// A file, a dropped blob or a pasted text.
pub trait Source {
    /// The name the user knows it by.
    fn name(&self) -> &str;
    /// Bytes as stored (compressed, if it is).
    fn size(&self) -> u64;
    /// Opens it for reading from `offset` bytes on.
    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + '_>>;
    /// When it was last changed, ms since 1970, if that is known: for stamps without a year.
    fn modified(&self) -> Option<f64> {
        None
    }
}

/// A source held in memory.
#[derive(Debug, Clone)]
pub struct MemorySource {
    name: String,
    bytes: Vec<u8>,
}

impl MemorySource {
    /// Names `bytes`.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

impl Source for MemorySource {
    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + '_>> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.bytes.len());
        Ok(Box::new(&self.bytes[start..]))
    }
}

/// How far a reading has come, in stored bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Stored bytes read so far.
    pub read: u64,
    /// Stored bytes in all.
    pub size: u64,
}

/// What the bytes were wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// Nothing.
    Plain,
    /// gzip, one member or several.
    Gzip,
}

/// One reading of a source: a buffered reader that counts, and its first bytes.
pub struct Input<'a> {
    name: String,
    stored_size: u64,
    wrapping: Wrapping,
    head: Vec<u8>,
    reader: BufReader<Box<dyn Read + 'a>>,
    /// Unwrapped bytes consumed so far.
    position: u64,
    modified: Option<f64>,
    /// What the user says about it.
    pub options: Options,
}

impl<'a> Input<'a> {
    /// Opens `source` from its start, unwraps it and reads its head. `progress` is called whenever
    /// another buffer of stored bytes was read; it should return quickly.
    pub fn open(source: &'a dyn Source, progress: &'a dyn Fn(Progress)) -> io::Result<Self> {
        let size = source.size();
        let counting = Counting { inner: source.open(0)?, read: Rc::new(Cell::new(0)), size, progress };
        let mut stored: Box<dyn BufRead + 'a> = Box::new(BufReader::with_capacity(BUFFER_BYTES, counting));
        let gzip = stored.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let mut unwrapped: Box<dyn Read + 'a> =
            if gzip { Box::new(MultiGzDecoder::new(stored)) } else { Box::new(stored) };
        let mut head = Vec::new();
        (&mut unwrapped).take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        let whole: Box<dyn Read + 'a> = Box::new(io::Cursor::new(head.clone()).chain(unwrapped));
        let name = source.name();
        let name = if gzip { name.strip_suffix(".gz").unwrap_or(name) } else { name };
        Ok(Self {
            name: name.to_owned(),
            stored_size: size,
            wrapping: if gzip { Wrapping::Gzip } else { Wrapping::Plain },
            head,
            reader: BufReader::with_capacity(BUFFER_BYTES, whole),
            position: 0,
            modified: source.modified(),
            options: Options::default(),
        })
    }

    /// The name, without `.gz` if it was unwrapped.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it was last changed, ms since 1970, if that is known.
    pub fn modified(&self) -> Option<f64> {
        self.modified
    }

    /// Bytes as stored.
    pub fn stored_size(&self) -> u64 {
        self.stored_size
    }

    /// What it was unwrapped from.
    pub fn wrapping(&self) -> Wrapping {
        self.wrapping
    }

    /// The first unwrapped bytes, at most [`HEAD_BYTES`]; fewer only if there are no more.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Unwrapped bytes consumed so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Reads all that is left, at most `limit` bytes; more is an error of kind
    /// [`io::ErrorKind::FileTooLarge`].
    pub fn read_all(&mut self, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if self.wrapping == Wrapping::Plain {
            // One more than there is, or the end would only be found in a larger vector. What cannot
            // be reserved is an error only when it has to be read.
            let length = self.stored_size.saturating_sub(self.position).min(limit);
            let _ = bytes.try_reserve_exact(usize::try_from(length).unwrap_or(usize::MAX).saturating_add(1));
        }
        self.by_ref().take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {limit} bytes")));
        }
        Ok(bytes)
    }
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.position += count as u64;
        self.reader.consume(count);
    }
}

/// Reads `length` unwrapped bytes at `offset` of `source`; fewer if it ends before. A gzipped
/// source is unwrapped from its start, which takes time in proportion to `offset`.
pub fn read_at(source: &dyn Source, wrapping: Wrapping, offset: u64, length: u32) -> io::Result<Vec<u8>> {
    let mut reader: Box<dyn Read + '_> = match wrapping {
        Wrapping::Plain => source.open(offset)?,
        Wrapping::Gzip => {
            let mut decoder = MultiGzDecoder::new(BufReader::with_capacity(BUFFER_BYTES, source.open(0)?));
            io::copy(&mut (&mut decoder).take(offset), &mut io::sink())?;
            Box::new(decoder)
        }
    };
    let mut bytes = Vec::new();
    (&mut reader).take(u64::from(length)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

struct Counting<'a> {
    inner: Box<dyn Read + 'a>,
    read: Rc<Cell<u64>>,
    size: u64,
    progress: &'a dyn Fn(Progress),
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let read = self.read.get() + count as u64;
        self.read.set(read);
        (self.progress)(Progress { read, size: self.size });
        Ok(count)
    }
}
