//! The unwrapped bytes of a source, part after part.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use super::gzip::{self, Gzip};
use super::places::{Checkpoint, Damage, Places, State};
use super::utf16::{self, Utf16};
use super::zstd::{self, Zstd};
use super::{BUFFER_BYTES, Progress, Source};

/// What the bytes were wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// Nothing.
    Plain,
    /// gzip, one member or several.
    Gzip,
    /// Zstandard, one frame or several.
    Zstd,
    /// Text in UTF-16.
    Utf16,
    /// Several files, each wrapped in any way.
    Joined,
}

impl Wrapping {
    fn of(head: &[u8]) -> Self {
        if head.starts_with(&gzip::MAGIC) {
            Self::Gzip
        } else if head.starts_with(&zstd::MAGIC) {
            Self::Zstd
        } else if utf16::is_big_endian(head).is_some() {
            Self::Utf16
        } else {
            Self::Plain
        }
    }
}

/// This much may be unwrapped from anything, bytes.
const ALWAYS_ALLOWED: u64 = 256 * 1024 * 1024;

/// More than that, only if it is at most so many times as large as what is stored: logs become 5 to 30
/// times smaller. gzip could reach 1,032 times, zstd more.
const MOST_EXPANSION: u64 = 200;

type Stored<'a> = BufReader<Box<dyn Read + 'a>>;

enum Decoder<'a> {
    Plain(Stored<'a>),
    Gzip(Box<Gzip<Stored<'a>>>),
    Zstd(Box<Zstd<Stored<'a>>>),
    Utf16(Box<Utf16<Stored<'a>>>),
}

impl<'a> Decoder<'a> {
    fn new(mut stored: Stored<'a>) -> io::Result<Self> {
        Ok(match Wrapping::of(stored.fill_buf()?) {
            Wrapping::Gzip => Self::Gzip(Box::new(Gzip::new(stored))),
            Wrapping::Zstd => Self::Zstd(Box::new(Zstd::new(stored, 0))),
            Wrapping::Utf16 => {
                let big_endian = utf16::is_big_endian(stored.fill_buf()?).unwrap_or_default();
                Self::Utf16(Box::new(Utf16::new(stored, 0, big_endian)))
            }
            _ => Self::Plain(stored),
        })
    }

    fn wrapping(&self) -> Wrapping {
        match self {
            Self::Plain(_) => Wrapping::Plain,
            Self::Gzip(_) => Wrapping::Gzip,
            Self::Zstd(_) => Wrapping::Zstd,
            Self::Utf16(_) => Wrapping::Utf16,
        }
    }

    fn checkpoint(&self) -> Option<(u64, State)> {
        match self {
            // It can be read from anywhere.
            Self::Plain(_) => None,
            Self::Gzip(gzip) => gzip.checkpoint().map(|(stored, state)| (stored, State::Inflate(state))),
            Self::Zstd(zstd) => zstd.checkpoint().map(|stored| (stored, State::Fresh)),
            Self::Utf16(text) => {
                text.checkpoint().map(|(stored, big_endian)| (stored, State::Utf16(big_endian)))
            }
        }
    }
}

impl Read for Decoder<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stored) => stored.read(buffer),
            Self::Gzip(gzip) => gzip.read(buffer),
            Self::Zstd(zstd) => zstd.read(buffer),
            Self::Utf16(text) => text.read(buffer),
        }
    }
}

/// How stored bytes are counted.
struct Counter<'a> {
    read: u64,
    size: u64,
    progress: Option<&'a dyn Fn(Progress)>,
}

/// Reads the parts of a source. A part that does not end with a line's end gets one, unless it is the
/// last: its last line and the next part's first are two.
pub(super) struct Parts<'a> {
    source: &'a dyn Source,
    places: Rc<RefCell<Places>>,
    /// Index of the part that is read.
    at: usize,
    current: Option<Decoder<'a>>,
    counter: Rc<RefCell<Counter<'a>>>,
    /// Unwrapped bytes so far, those before the place it was resumed at included.
    unwrapped: u64,
    /// The same without those.
    expanded: u64,
    /// The same of the part that is read.
    of_part: u64,
    last: u8,
    /// Whether checkpoints are to be kept.
    learns: bool,
}

impl<'a> Parts<'a> {
    /// From the start; `places` learn of it.
    pub fn new(
        source: &'a dyn Source,
        places: Rc<RefCell<Places>>,
        progress: &'a dyn Fn(Progress),
    ) -> io::Result<Self> {
        let size = places.borrow().parts.iter().map(|part| part.range.end - part.range.start).sum();
        let counter = Counter { read: 0, size, progress: Some(progress) };
        let mut parts = Self {
            source,
            places,
            at: 0,
            current: None,
            counter: Rc::new(RefCell::new(counter)),
            unwrapped: 0,
            expanded: 0,
            of_part: 0,
            last: b'\n',
            learns: true,
        };
        parts.begin()?;
        Ok(parts)
    }

    /// From `offset` unwrapped bytes on.
    pub fn resume(source: &'a dyn Source, places: Rc<RefCell<Places>>, offset: u64) -> io::Result<Self> {
        let checkpoint = places.borrow().before(offset).cloned().unwrap_or(Checkpoint {
            part: 0,
            unwrapped: 0,
            stored: 0,
            state: State::Fresh,
        });
        let Checkpoint { part, mut unwrapped, mut stored, state } = checkpoint;
        let mut parts = Self {
            source,
            places,
            at: part,
            current: None,
            counter: Rc::new(RefCell::new(Counter { read: 0, size: u64::MAX, progress: None })),
            unwrapped: 0,
            expanded: 0,
            of_part: 0,
            last: b'\n',
            learns: false,
        };
        parts.current = Some(match state {
            State::Inflate(state) => {
                let bytes = parts.stored(part, stored)?;
                Decoder::Gzip(Box::new(Gzip::resume(bytes, stored, state)))
            }
            State::Utf16(big_endian) => {
                Decoder::Utf16(Box::new(Utf16::new(parts.stored(part, stored)?, stored, big_endian)))
            }
            State::Fresh => match Decoder::new(parts.stored(part, stored)?)? {
                // Straight there.
                Decoder::Plain(_) => {
                    let length = parts
                        .places
                        .borrow()
                        .parts
                        .get(part)
                        .map_or(0, |part| part.range.end - part.range.start);
                    // But for the last byte: it says whether a line end is put between this part and the next.
                    let skip = (offset - unwrapped).min((length - stored).saturating_sub(1));
                    (unwrapped, stored) = (unwrapped + skip, stored + skip);
                    Decoder::Plain(parts.stored(part, stored)?)
                }
                decoder => decoder,
            },
        });
        parts.unwrapped = unwrapped;
        io::copy(&mut (&mut parts).take(offset - unwrapped), &mut io::sink())?;
        Ok(parts)
    }

    /// What the first part is wrapped in.
    pub fn wrapping(&self) -> Wrapping {
        match &self.current {
            _ if self.places.borrow().parts.len() > 1 => Wrapping::Joined,
            Some(decoder) => decoder.wrapping(),
            None => Wrapping::Plain,
        }
    }

    /// The stored bytes of a part from its byte `skip` on.
    fn stored(&self, part: usize, skip: u64) -> io::Result<Stored<'a>> {
        let range = self.places.borrow().parts.get(part).map_or(0..0, |part| part.range.clone());
        let start = (range.start + skip).min(range.end);
        let inner = self.source.open(start)?.take(range.end - start);
        let stored: Box<dyn Read + 'a> = Box::new(Counting { inner, counter: Rc::clone(&self.counter) });
        Ok(BufReader::with_capacity(BUFFER_BYTES.min((range.end - start).max(1) as usize), stored))
    }

    /// Begins the current part, if there is one.
    fn begin(&mut self) -> io::Result<()> {
        let count = self.places.borrow().parts.len();
        if self.at >= count {
            self.current = None;
            return Ok(());
        }
        self.current = Some(Decoder::new(self.stored(self.at, 0)?)?);
        self.of_part = 0;
        if self.learns {
            let (part, unwrapped) = (self.at, self.unwrapped);
            let checkpoint = Checkpoint { part, unwrapped, stored: 0, state: State::Fresh };
            self.places.borrow_mut().keep(checkpoint);
        }
        Ok(())
    }

    fn keep_checkpoint(&self, decoder: &Decoder<'_>) {
        if self.learns
            && self.places.borrow().is_due(self.unwrapped)
            && let Some((stored, state)) = decoder.checkpoint()
        {
            let checkpoint = Checkpoint { part: self.at, unwrapped: self.unwrapped, stored, state };
            self.places.borrow_mut().keep(checkpoint);
        }
    }

    /// What is compressed and cut short or damaged ends there: what was unwrapped is worth reading, as `zcat` gives it.
    /// An error where that is nothing, or where something else is wrong.
    fn survive(&self, error: io::Error) -> io::Result<()> {
        let is_cut = error.kind() == io::ErrorKind::UnexpectedEof;
        if self.of_part == 0 || !(is_cut || error.kind() == io::ErrorKind::InvalidData) {
            return Err(error);
        }
        let mut places = self.places.borrow_mut();
        let part = places.parts.get(self.at).map_or_else(String::new, |part| part.name.clone());
        let problem = if is_cut { "it is cut short".to_owned() } else { error.to_string() };
        places.damage.push(Damage { part, unwrapped: self.of_part, is_cut, problem });
        Ok(())
    }

    fn check_expansion(&self) -> io::Result<()> {
        let stored = self.counter.borrow().read;
        if self.expanded > ALWAYS_ALLOWED && self.expanded / MOST_EXPANSION > stored {
            let problem =
                format!("it unpacks to more than {MOST_EXPANSION} times its size, which no log does");
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, problem));
        }
        Ok(())
    }
}

impl Read for Parts<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(mut decoder) = self.current.take() {
            self.keep_checkpoint(&decoder);
            let count = match decoder.read(buffer) {
                Ok(count) => count,
                Err(error) => {
                    self.survive(error)?;
                    0
                }
            };
            if count > 0 {
                self.of_part += count as u64;
                self.current = Some(decoder);
                self.unwrapped += count as u64;
                self.expanded += count as u64;
                self.last = buffer[count - 1];
                self.check_expansion()?;
                return Ok(count);
            }
            self.at += 1;
            let more = self.at < self.places.borrow().parts.len();
            if more && self.last != b'\n' {
                self.unwrapped += 1;
                self.last = b'\n';
                self.begin()?;
                buffer[0] = b'\n';
                return Ok(1);
            }
            self.begin()?;
        }
        Ok(0)
    }
}

struct Counting<'a, R> {
    inner: R,
    counter: Rc<RefCell<Counter<'a>>>,
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let mut counter = self.counter.borrow_mut();
        counter.read += count as u64;
        if let Some(progress) = counter.progress {
            progress(Progress { read: counter.read, size: counter.size });
        }
        Ok(count)
    }
}
