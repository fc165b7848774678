//! The binary recording of Python 3.15's sampling profiler (`python -m profiling.sampling run --binary`):
//! <https://github.com/python/cpython/blob/main/InternalDocs/profiling_binary_format.md>.
//!
//! A header, samples (a zstd stream or plain), and behind them the texts and the frames that they name by number. A
//! sample says how its thread's stack differs from the one before. Numbers of fixed size are in the byte order of the
//! machine that wrote them; the first four bytes tell which.

use std::io::{BufReader, Read};

use rustc_hash::FxHashMap;
use ruzstd::decoding::StreamingDecoder;

use super::frame::{NO_FILE, NO_FRAME};
use super::line_stacks::LineStacks;
use super::wire::{Fault, Wire};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::format;
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::{Profile, Track, Unit};

/// Tachyon's binary file.
pub struct Tachyon;

/// For the registry.
pub static ABOUT: About = About {
    id: "tachyon",
    title: "Python 3.15's sampling profiler, binary",
    kind: Kind::Profile,
    how_to_record: "python -m profiling.sampling run --binary -o app.bin app.py\n\
         Python 3.15; -a records all threads. It has every sample with its time and its line.",
};

const LIMIT: u64 = 1 << 30;
const HEADER: usize = 64;
const FOOTER: usize = 32;
/// The version that is known.
const VERSION: u32 = 1;
/// A stack deeper than this is damage: Python itself stops at a thousand, if nobody tells it otherwise.
const DEPTH: usize = 1 << 20;

const AGAIN: &str = "It was cut short, or is still being written: copy it again once the program has ended.";
const REPLAY: &str = "Write it as pstats with the Python that recorded it: python -m profiling.sampling replay --pstats -o \
                      app.prof recording.bin";

impl Format for Tachyon {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        if head.starts_with(b"HCAT") || head.starts_with(b"TACH") { 100 } else { 0 }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let bytes = input.read_all(LIMIT).map_err(|error| ImportError::reading(&error))?;
        let mut diagnostics = Diagnostics::default();
        let profile = read(&bytes, &mut diagnostics)?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

/// What stands at fixed places.
struct Header {
    /// Whether numbers of fixed size have their largest byte first.
    big: bool,
    samples: u64,
    strings_at: usize,
    frames_at: usize,
    strings: u32,
    frames: u32,
    is_packed: bool,
}

fn error(problem: impl Into<String>, advice: &str) -> ImportError {
    ImportError::new(&Tachyon, problem, advice)
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, ImportError> {
        let big = bytes.starts_with(b"TACH");
        if bytes.len() < HEADER + FOOTER {
            return Err(error("the file ends in the middle", AGAIN)
                .at(format!("byte {}", format::count(bytes.len() as i64))));
        }
        let four = |at: usize| {
            let mut four = [0; 4];
            four.copy_from_slice(&bytes[at..at + 4]);
            if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
        };
        let eight = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            if big { u64::from_be_bytes(eight) } else { u64::from_le_bytes(eight) }
        };
        if four(4) != VERSION {
            return Err(
                error(format!("it is of version {}, which is not known", four(4)), REPLAY).at("byte 4")
            );
        }
        let compression = four(56);
        if compression > 1 {
            return Err(error(format!("it is compressed in way {compression}, which is not known"), REPLAY)
                .at("byte 56"));
        }
        let footer = bytes.len() - FOOTER;
        let size = eight(footer + 8);
        if size != bytes.len() as u64 {
            let place = format!("byte {}", format::count(bytes.len() as i64));
            return Err(error("it does not end where it says", AGAIN).at(place));
        }
        let place =
            |at: usize| usize::try_from(eight(at)).ok().filter(|&place| (HEADER..=footer).contains(&place));
        let (Some(strings_at), Some(frames_at)) = (place(40), place(48)) else {
            return Err(error("its tables are not where it says", AGAIN).at("byte 40"));
        };
        if frames_at < strings_at {
            return Err(error("its tables are not where it says", AGAIN).at("byte 40"));
        }
        Ok(Self {
            big,
            samples: eight(28),
            strings_at,
            frames_at,
            strings: four(footer),
            frames: four(footer + 4),
            is_packed: compression == 1,
        })
    }
}

fn read(bytes: &[u8], diagnostics: &mut Diagnostics) -> Result<Profile, ImportError> {
    let header = Header::read(bytes)?;
    let damaged = |fault: Fault| fault.of(&Tachyon, AGAIN);
    let strings = read_strings(bytes, &header).map_err(damaged)?;
    let measures = vec![
        ("Samples".to_owned(), Unit::Samples),
        ("Time".to_owned(), Unit::Seconds),
        ("With the GIL".to_owned(), Unit::Samples),
        ("On the processor".to_owned(), Unit::Samples),
    ];
    let mut stacks = LineStacks::new(measures);
    let frames = read_frames(bytes, &header, &strings, &mut stacks).map_err(damaged)?;
    let samples = &bytes[HEADER..header.strings_at];
    let mut reading = Reading {
        big: header.big,
        frames: &frames,
        stacks,
        threads: FxHashMap::default(),
        new: Vec::new(),
        samples: 0,
        empty: 0,
    };
    let ended = match header.is_packed {
        true => match StreamingDecoder::new(samples) {
            // As much of it as there is, and no more than fits: a stream may unpack to any size.
            Ok(stream) => reading.run(Wire::new(BufReader::new(stream.take(LIMIT)), 0)),
            Err(problem) => {
                return Err(error(format!("what is compressed in it cannot be unpacked ({problem})"), AGAIN)
                    .at(format!("byte {HEADER}")));
            }
        },
        false => reading.run(Wire::new(samples, HEADER as u64)),
    };
    if let Err(fault) = ended {
        if reading.samples == 0 {
            return Err(fault.of(&Tachyon, AGAIN));
        }
        let message = "the samples end in the middle: those before are read";
        diagnostics.note(Level::Warning, message, || None);
    } else if reading.samples != header.samples {
        let message = format!(
            "it says that it has {} samples, and has {}",
            format::count(i64::try_from(header.samples).unwrap_or(i64::MAX)),
            format::count(i64::try_from(reading.samples).unwrap_or(i64::MAX))
        );
        diagnostics.note(Level::Warning, &message, || None);
    }
    let message = "samples of a thread on which no Python function ran are time outside of any";
    diagnostics.note_many(Level::Info, message, reading.empty, || None);
    reading.stacks.finish().ok_or_else(|| error("it has no samples", "Record for longer."))
}

fn read_strings(bytes: &[u8], header: &Header) -> Result<Vec<String>, Fault> {
    let table = &bytes[header.strings_at..header.frames_at];
    let mut rest = table;
    let mut strings = Vec::new();
    let at = |rest: &[u8]| (header.frames_at - rest.len()) as u64;
    for _ in 0..header.strings {
        let mut wire = Wire::new(rest, at(rest));
        let length = wire.number()?;
        let begin = usize::try_from(wire.position()).unwrap_or(usize::MAX) - header.strings_at;
        let end = usize::try_from(length).ok().and_then(|length| begin.checked_add(length));
        let text = end.and_then(|end| Some((table.get(begin..end)?, end)));
        let Some((text, end)) = text else { return Err(Fault::Cut(at(rest))) };
        strings.push(String::from_utf8_lossy(text).into_owned());
        rest = &table[end..];
    }
    Ok(strings)
}

fn read_frames(
    bytes: &[u8],
    header: &Header,
    strings: &[String],
    stacks: &mut LineStacks,
) -> Result<Vec<u32>, Fault> {
    let table = &bytes[header.frames_at..bytes.len() - FOOTER];
    let mut wire = Wire::new(table, header.frames_at as u64);
    let mut frames = Vec::new();
    for _ in 0..header.frames {
        let at = wire.position();
        let (file, name) = (wire.index()? as usize, wire.index()? as usize);
        let line = wire.signed()?;
        // Where the line ends, its columns, and the opcode.
        for _ in 0..3 {
            wire.signed()?;
        }
        wire.byte()?;
        let (Some(file), Some(name)) = (strings.get(file), strings.get(name)) else {
            return Err(Fault::Damaged(at, "a frame has a text that is not there"));
        };
        let file = if file.is_empty() || file == "~" { NO_FILE } else { file };
        frames.push(stacks.frame(file, line, name, 0));
    }
    Ok(frames)
}

/// A thread's stack as it was in its last sample.
struct Thread {
    track: u32,
    /// The outermost frame first, each with its node.
    stack: Vec<(u32, u32)>,
}

struct Reading<'a> {
    big: bool,
    frames: &'a [u32],
    stacks: LineStacks,
    threads: FxHashMap<(u64, u32), Thread>,
    /// The frames that a sample puts on its stack.
    new: Vec<u32>,
    samples: u64,
    empty: u64,
}

impl Reading<'_> {
    fn run<R: std::io::BufRead>(&mut self, mut wire: Wire<R>) -> Result<(), Fault> {
        while let Some(first) = wire.next()? {
            self.record(first, &mut wire)?;
        }
        Ok(())
    }

    fn record<R: std::io::BufRead>(&mut self, first: u8, wire: &mut Wire<R>) -> Result<(), Fault> {
        let rest: [u8; 7] = wire.exact()?;
        let mut thread = [first; 8];
        thread[1..].copy_from_slice(&rest);
        let interpreter: [u8; 4] = wire.exact()?;
        let (thread, interpreter) = match self.big {
            true => (u64::from_be_bytes(thread), u32::from_be_bytes(interpreter)),
            false => (u64::from_le_bytes(thread), u32::from_le_bytes(interpreter)),
        };
        let key = (thread, interpreter);
        let track = match self.threads.get(&key) {
            Some(known) => known.track,
            None => {
                let name = if interpreter > 0 {
                    format!("interpreter {interpreter}, thread {thread}")
                } else {
                    String::new()
                };
                let track = self.stacks.track(Track { name, thread: Some(thread), ..Track::default() });
                self.threads.insert(key, Thread { track, stack: Vec::new() });
                track
            }
        };
        let place = wire.position();
        match wire.byte()? {
            0 => {
                let count = wire.number()?;
                for _ in 0..count {
                    let (delta, status) = (wire.number()?, wire.byte()?);
                    self.sample(key, track, delta, status);
                }
            }
            way @ 1..=3 => {
                let (delta, status) = (wire.number()?, wire.byte()?);
                let depth = self.threads.get(&key).map_or(0, |thread| thread.stack.len());
                let (kept, new) = match way {
                    1 => (Some(0), wire.number()?),
                    2 => {
                        let (kept, new) = (wire.number()?, wire.number()?);
                        (usize::try_from(kept).ok().filter(|&kept| kept <= depth), new)
                    }
                    _ => {
                        let (popped, new) = (wire.number()?, wire.number()?);
                        (usize::try_from(popped).ok().and_then(|popped| depth.checked_sub(popped)), new)
                    }
                };
                let Some(kept) = kept else {
                    return Err(Fault::Damaged(place, "a stack keeps more frames than there were"));
                };
                self.change(key, kept, new, wire)?;
                self.sample(key, track, delta, status);
            }
            _ => return Err(Fault::Damaged(place, "a sample is written in no known way")),
        }
        Ok(())
    }

    /// Keeps the outermost `kept` frames of a thread's stack and puts `new` ones on it, which are written innermost
    /// first.
    fn change<R: std::io::BufRead>(
        &mut self,
        key: (u64, u32),
        kept: usize,
        new: u64,
        wire: &mut Wire<R>,
    ) -> Result<(), Fault> {
        let place = wire.position();
        if new > (DEPTH - kept.min(DEPTH)) as u64 {
            return Err(Fault::Damaged(place, "a stack is a million frames deep"));
        }
        self.new.clear();
        for _ in 0..new {
            let place = wire.position();
            let frame = wire.index()? as usize;
            let Some(&frame) = self.frames.get(frame) else {
                return Err(Fault::Damaged(place, "a stack has a frame that is not there"));
            };
            self.new.push(frame);
        }
        let Some(thread) = self.threads.get_mut(&key) else { return Ok(()) };
        thread.stack.truncate(kept);
        for &frame in self.new.iter().rev() {
            let above = thread.stack.last().map_or(NO_PARENT, |(_, node)| *node);
            let node = self.stacks.child(above, frame);
            thread.stack.push((frame, node));
        }
        Ok(())
    }

    fn sample(&mut self, key: (u64, u32), track: u32, delta: u64, status: u8) {
        self.samples += 1;
        let node = self.threads.get(&key).and_then(|thread| thread.stack.last()).map(|(_, node)| *node);
        let node = node.unwrap_or_else(|| {
            self.empty += 1;
            let outside = self.stacks.frame(NO_FILE, 0, NO_FRAME, 0);
            self.stacks.child(NO_PARENT, outside)
        });
        self.stacks.add(0, track, node, 1.0);
        self.stacks.add(1, track, node, delta as f64 / 1e6);
        for (measure, bit) in [(2, 1), (3, 2)] {
            if status & bit != 0 {
                self.stacks.add(measure, track, node, 1.0);
            }
        }
    }
}
