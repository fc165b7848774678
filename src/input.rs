//! Bytes to read: where they come from ([`Source`]) and what an importer sees of them ([`Input`]).
//!
//! A source can be opened again at any offset, so texts need not be kept in memory: they are found
//! again in the file. An input is one reading of a source from its start, unwrapped from gzip, zstd or UTF-16,
//! with its first bytes ready for detection. The parts of a rotated log are one source, see [`bundle`];
//! what is in an archive are several, see [`zip`] and [`tar`].

pub mod bundle;
mod composite;
mod counted;
mod gzip;
mod parts;
mod places;
pub mod rotation;
pub mod tar;
mod utf16;
pub mod zip;
mod zstd;

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

pub use bundle::Part;
pub use composite::{Composite, Piece};
use parts::Parts;
pub use parts::Wrapping;
pub use places::{Damage, Places};

/// What a user says about a file that it does not say itself, and what is wanted of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// PostgreSQL's setting, where the guess is wrong: `%m [%p] %q%u@%d `.
    pub log_line_prefix: Option<String>,
    /// The layout of an access log in its server's notation, where the guess is wrong: `%h %l %u %t "%r" %>s %b %D`.
    pub log_format: Option<String>,
    /// The patterns that the site has for its requests, as `show_urls` prints them or in a `urls.py`: routes are these.
    pub urls: Option<String>,
    /// Only sums over all of it are wanted, as [`crate::brief::Brief::unjudged`] has them: a reader may leave out what takes
    /// its time and changes nothing of them.
    pub sums_only: bool,
}

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
    /// The same for several threads at once, if they can read it.
    fn shared(&self) -> Option<&(dyn Source + Sync)> {
        None
    }
    /// Whether the bytes that are read next are on their way: a reader that can wait should, as reading them at once
    /// takes longer. Only such readers ask, and from then on it may read ahead.
    fn is_coming(&self) -> bool {
        false
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

    fn shared(&self) -> Option<&(dyn Source + Sync)> {
        Some(self)
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

/// One reading of a source: a buffered reader that counts, and its first bytes.
pub struct Input<'a> {
    source: &'a dyn Source,
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
    places: Rc<RefCell<Places>>,
}

impl<'a> Input<'a> {
    /// Opens `source` from its start, unwraps it and reads its head; the parts of a bundle in the order
    /// it has them. `progress` is called whenever another buffer of stored bytes was read; it should
    /// return quickly.
    ///
    /// # Errors
    /// When it cannot be read or unwrapped.
    pub fn open(source: &'a dyn Source, progress: &'a dyn Fn(Progress)) -> io::Result<Self> {
        let parts = bundle::parts(source)?.unwrap_or_else(|| bundle::whole(source));
        Self::open_parts(source, parts, progress)
    }

    /// Opens these parts of `source`, in this order.
    ///
    /// # Errors
    /// When the first cannot be read or unwrapped.
    pub fn open_parts(
        source: &'a dyn Source,
        parts: Vec<Part>,
        progress: &'a dyn Fn(Progress),
    ) -> io::Result<Self> {
        let stored_size = parts.iter().map(|part| part.range.end - part.range.start).sum();
        let name = match &parts[..] {
            [part] => part.name.clone(),
            _ => source.name().to_owned(),
        };
        let places = Rc::new(RefCell::new(Places::new(parts)));
        let mut unwrapped = Parts::new(source, Rc::clone(&places), progress)?;
        let wrapping = unwrapped.wrapping();
        let mut head = Vec::new();
        (&mut unwrapped).take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        let whole: Box<dyn Read + 'a> = Box::new(io::Cursor::new(head.clone()).chain(unwrapped));
        let name = match wrapping {
            Wrapping::Plain => &name,
            _ => without_wrapping(&name),
        };
        Ok(Self {
            source,
            name: name.to_owned(),
            stored_size,
            wrapping,
            head,
            reader: BufReader::with_capacity(BUFFER_BYTES, whole),
            position: 0,
            modified: source.modified(),
            options: Options::default(),
            places,
        })
    }

    /// Opens `source`, of which it is known that it is one file and wrapped in nothing, from `offset` bytes on. It has no
    /// head, and says nothing of its progress.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn at(source: &'a dyn Source, offset: u64) -> io::Result<Self> {
        Ok(Self {
            source,
            name: source.name().to_owned(),
            stored_size: source.size(),
            wrapping: Wrapping::Plain,
            head: Vec::new(),
            reader: BufReader::with_capacity(BUFFER_BYTES, source.open(offset)?),
            position: offset,
            modified: source.modified(),
            options: Options::default(),
            places: Rc::new(RefCell::new(Places::new(bundle::whole(source)))),
        })
    }

    /// Where its unwrapped bytes are in the stored ones: all that was read so far.
    pub fn places(&self) -> Places {
        self.places.borrow().clone()
    }

    /// The name, without `.gz` and the like if it was unwrapped.
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

    /// Whether something compressed ended in the middle: what is before was read.
    pub fn is_cut_short(&self) -> bool {
        self.places.borrow().damage.iter().any(|damage| damage.is_cut)
    }

    /// Whether it is better to wait than to read on: [`Source::is_coming`].
    pub fn is_coming(&self) -> bool {
        self.source.is_coming()
    }

    /// The bytes that can be had without asking the source.
    pub fn buffer(&self) -> &[u8] {
        self.reader.buffer()
    }

    /// How many bytes can be had without asking the source.
    pub fn at_hand(&self) -> usize {
        self.reader.buffer().len()
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
        // Of a file that is read whole the first half is worth nothing.
        if let Some(damage) = self.places.borrow().damage.first() {
            return Err(damage.error());
        }
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

/// `name` without the ending its wrapping gave it.
pub fn without_wrapping(name: &str) -> &str {
    [".gz", ".zst", ".zstd"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// Reads `length` stored bytes at `offset`; fewer if the source ends before.
fn read_stored(source: &dyn Source, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.open(offset)?.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
