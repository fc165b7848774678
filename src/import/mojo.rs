//! Austin's binary recording, MOJO (`austin -b`, and all that Austin 4 writes):
//! <https://github.com/P403n1x87/austin/wiki/The-MOJO-file-format>.
//!
//! Events, each a byte and its numbers: texts and frames, which are named by keys of their process from then on; stacks,
//! outermost frame first; and what was measured. With `-m` that is memory, of which some is negative (freed); with `-f` it
//! is time, whether the thread was idle, and memory. Numbers have their sign in the first byte, and six bits there.

use rustc_hash::FxHashMap;

use super::frame::{NO_FILE, NO_FRAME};
use super::line_stacks::LineStacks;
use super::wire::{Fault, Wire};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::{Profile, Track, Unit};

/// MOJO.
pub struct Mojo;

/// For the registry.
pub static ABOUT: About = About {
    id: "austin-mojo",
    title: "Austin, binary (MOJO)",
    kind: Kind::Profile,
    how_to_record: "austin -i 5ms -o app.mojo python app.py\n\
         Austin 4; before that with -b. -m records memory, -f time and memory.",
};

/// Versions of the format: Austin 3.4 writes the first, 3.5 the second, which has where a frame's code ends, and from 3.6 to
/// 4.0 the third, in which a stack names its interpreter. The fourth is still being made (stacks that repeat the one before,
/// asyncio's tasks, of which the events have changed since): no release writes it, so there is nothing to hold a reader to.
const KNOWN: std::ops::RangeInclusive<i64> = 1..=3;
/// A path or a name; longer ones are damage.
const TEXT_LIMIT: usize = 1 << 20;

const AGAIN: &str = "It was cut short or damaged: copy it again, or record it again.";
const CONVERT: &str = "Write it as text, with austin-python of the time of that Austin: mojo2austin recording.mojo \
                       app.austin";

impl Format for Mojo {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        // The version, and the event that every file begins with: the name of a setting.
        if matches!(head, [b'M', b'O', b'J', 1..=31, 1, ..]) { 100 } else { 0 }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut wire = Wire::new(&mut *input, 0);
        let of = |fault: Fault| fault.of(&Mojo, AGAIN);
        let _: [u8; 3] = wire.exact().map_err(of)?;
        let version = number(&mut wire).map_err(of)?;
        if !KNOWN.contains(&version) {
            let problem = format!(
                "it is of version {version}, which is written by no Austin up to 4.0: only 1, 2 and 3 are known"
            );
            return Err(ImportError::new(self, problem, CONVERT).at("byte 3"));
        }
        let mut reading = Reading::new(version);
        let ended = reading.run(&mut wire);
        reading.end_sample();
        let mut diagnostics = Diagnostics::default();
        match ended {
            Err(fault) if reading.samples == 0 => return Err(of(fault)),
            Err(_) => {
                let message = "the file ends in the middle, or is damaged: what is before is read";
                diagnostics.note(Level::Warning, message, || None);
            }
            Ok(()) => {}
        }
        let profile = reading.finish(&mut diagnostics);
        let profile =
            profile.ok_or_else(|| ImportError::new(self, "it has no samples", "Record for longer."))?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

/// A number: six bits and the sign in the first byte, seven in each of the others.
fn number<R: std::io::BufRead>(wire: &mut Wire<R>) -> Result<i64, Fault> {
    if let Some((number, length)) = plain_number(wire.at_hand()) {
        wire.pass(length);
        return Ok(number);
    }
    let at = wire.position();
    let first = wire.byte()?;
    let mut number = u64::from(first & 0x3f);
    let mut more = first & 0x80 != 0;
    let mut shift = 6;
    while more {
        let byte = wire.byte()?;
        if shift > 62 {
            return Err(Fault::Damaged(at, "a number does not end"));
        }
        number |= u64::from(byte & 0x7f) << shift;
        more = byte & 0x80 != 0;
        shift += 7;
    }
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    Ok(if first & 0x40 != 0 { -number } else { number })
}

/// The number that `bytes` begin with, and how many it takes; `None` where it does not end in them, or is a large one.
#[inline]
fn plain_number(bytes: &[u8]) -> Option<(i64, usize)> {
    let (&first, rest) = bytes.split_first()?;
    let mut number = i64::from(first & 0x3f);
    let mut length = 1;
    if first & 0x80 != 0 {
        loop {
            let &byte = rest.get(length - 1)?;
            // Eight more bytes are 62 bits.
            (length <= 8).then_some(())?;
            number |= i64::from(byte & 0x7f) << (7 * length - 1);
            length += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    Some((if first & 0x40 != 0 { -number } else { number }, length))
}

/// The sample that is being read.
#[derive(Default)]
struct Sample {
    track: u32,
    node: u32,
    time: Option<i64>,
    memory: Option<i64>,
    idle: bool,
    collecting: bool,
}

struct Reading {
    stacks: LineStacks,
    version: i64,
    process: i64,
    strings: FxHashMap<(i64, i64), String>,
    frames: FxHashMap<(i64, i64), u32>,
    tracks: FxHashMap<(i64, i64, u64), u32>,
    settings: FxHashMap<String, String>,
    sample: Option<Sample>,
    samples: u64,
    freed: f64,
    missing: u64,
    invalid: u64,
}

/// Places of the measures.
const TIME: usize = 0;
const CPU: usize = 1;
const MEMORY: usize = 2;
const COLLECTING: usize = 3;

impl Reading {
    fn new(version: i64) -> Self {
        let measures = [
            ("Wall time", Unit::Seconds),
            ("CPU time", Unit::CpuSeconds),
            ("Allocated", Unit::Bytes),
            ("In garbage collection", Unit::Seconds),
        ];
        Self {
            stacks: LineStacks::new(measures.map(|(name, unit)| (name.to_owned(), unit)).to_vec()),
            version,
            process: 0,
            strings: FxHashMap::default(),
            frames: FxHashMap::default(),
            tracks: FxHashMap::default(),
            settings: FxHashMap::default(),
            sample: None,
            samples: 0,
            freed: 0.0,
            missing: 0,
            invalid: 0,
        }
    }

    fn run<R: std::io::BufRead>(&mut self, wire: &mut Wire<R>) -> Result<(), Fault> {
        loop {
            let at = wire.position();
            let Some(event) = wire.next()? else { return Ok(()) };
            match event {
                1 => {
                    let key = wire.text(TEXT_LIMIT)?;
                    let value = wire.text(TEXT_LIMIT)?;
                    self.settings.insert(key, value);
                }
                2 => {
                    self.end_sample();
                    self.process = number(wire)?;
                    let interpreter = if self.version >= 3 { number(wire)? } else { 0 };
                    let thread = wire.text(TEXT_LIMIT)?;
                    self.begin_sample(interpreter, &thread);
                }
                3 => {
                    let key = number(wire)?;
                    let (file, name, line) = (number(wire)?, number(wire)?, number(wire)?);
                    // Where the line ends, and its columns.
                    for _ in 0..if self.version >= 2 { 3 } else { 0 } {
                        number(wire)?;
                    }
                    self.define(key, file, name, line);
                }
                4 => {
                    self.invalid += 1;
                    self.push("~", 0, "(invalid frame)");
                }
                5 => {
                    let key = number(wire)?;
                    match self.frames.get(&(self.process, key)) {
                        Some(&frame) => self.push_frame(frame),
                        None => self.missing += 1,
                    }
                }
                6 => {
                    let scope = wire.text(TEXT_LIMIT)?;
                    self.push(NO_FILE, 0, &scope);
                }
                7 => {
                    if let Some(sample) = &mut self.sample {
                        sample.collecting = true;
                    }
                }
                8 => {
                    if let Some(sample) = &mut self.sample {
                        sample.idle = true;
                    }
                }
                9 => {
                    let time = number(wire)?;
                    if let Some(sample) = &mut self.sample {
                        sample.time = Some(time);
                    }
                }
                10 => {
                    let memory = number(wire)?;
                    if let Some(sample) = &mut self.sample {
                        sample.memory = Some(memory);
                    }
                }
                11 => {
                    let key = number(wire)?;
                    let text = wire.text(TEXT_LIMIT)?;
                    self.strings.insert((self.process, key), text);
                }
                12 => {
                    number(wire)?;
                }
                _ => return Err(Fault::Damaged(at, "there is an event of no known kind")),
            }
        }
    }

    fn begin_sample(&mut self, interpreter: i64, thread: &str) {
        // Threads are written with sixteen digits each.
        let number = u64::from_str_radix(thread.trim_start_matches("0x"), 16).unwrap_or(0);
        let process = u64::try_from(self.process).ok();
        let stacks = &mut self.stacks;
        let track = *self.tracks.entry((self.process, interpreter, number)).or_insert_with(|| {
            let name = if interpreter > 0 {
                format!("interpreter {interpreter}, thread {number}")
            } else {
                String::new()
            };
            stacks.track(Track { name, process, thread: Some(number), ..Track::default() })
        });
        self.sample = Some(Sample { track, node: NO_PARENT, ..Sample::default() });
    }

    fn define(&mut self, key: i64, file: i64, name: i64, line: i64) {
        let text = |key: i64| match self.strings.get(&(self.process, key)) {
            Some(text) => text.as_str(),
            None => "<unknown>",
        };
        let (file, name) = (text(file), text(name));
        let frame = self.stacks.frame(file, line, name, 0);
        self.frames.insert((self.process, key), frame);
    }

    fn push(&mut self, file: &str, line: i64, name: &str) {
        let frame = self.stacks.frame(file, line, name, 0);
        self.push_frame(frame);
    }

    fn push_frame(&mut self, frame: u32) {
        if let Some(sample) = &mut self.sample {
            sample.node = self.stacks.child(sample.node, frame);
        }
    }

    fn end_sample(&mut self) {
        let Some(sample) = self.sample.take() else { return };
        self.samples += 1;
        let node = match sample.node {
            NO_PARENT => {
                let frame = self.stacks.frame(NO_FILE, 0, NO_FRAME, 0);
                self.stacks.child(NO_PARENT, frame)
            }
            node => node,
        };
        let Sample { track, .. } = sample;
        if let Some(time) = sample.time {
            let seconds = time as f64 / 1e6;
            let mode = self.settings.get("mode").map(String::as_str);
            match mode {
                Some("cpu") => {
                    self.stacks.add(CPU, track, node, seconds);
                }
                _ => {
                    self.stacks.add(TIME, track, node, seconds);
                    // Only -f tells idle threads from others.
                    if mode == Some("full") && !sample.idle {
                        self.stacks.add(CPU, track, node, seconds);
                    }
                }
            }
            if sample.collecting {
                self.stacks.add(COLLECTING, track, node, seconds);
            }
        }
        match sample.memory {
            Some(memory) if memory < 0 => self.freed -= memory as f64,
            Some(memory) => {
                self.stacks.add(MEMORY, track, node, memory as f64);
            }
            None => {}
        }
    }

    fn finish(self, diagnostics: &mut Diagnostics) -> Option<Profile> {
        if self.freed > 0.0 {
            let freed = Unit::Bytes.text(self.freed);
            let message = format!("{freed} that were freed are left out: what is shown was allocated");
            diagnostics.note(Level::Info, &message, || None);
        }
        let message = "frames that are named but not in the file are left out";
        diagnostics.note_many(Level::Warning, message, self.missing, || None);
        let message = "frames that Austin could not read";
        diagnostics.note_many(Level::Info, message, self.invalid, || None);
        self.stacks.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_bits_and_a_sign_first() {
        let read = |bytes: &[u8]| number(&mut Wire::new(bytes, 0)).ok();
        assert_eq!(read(&[0x03]), Some(3));
        assert_eq!(read(&[0x43]), Some(-3));
        assert_eq!(read(&[0xb5, 0xdc, 0x03]), Some(30517));
        assert_eq!(read(&[0xff; 30]), None);
        assert_eq!(read(&[0x80]), None);
        // As it is read where a buffer ends: from one that has a byte at a time.
        for bytes in [
            &[0xb5, 0xdc, 0x03][..],
            &[0xf5, 0xff, 0x7f],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            &[0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ] {
            let slow = number(&mut Wire::new(std::io::BufReader::with_capacity(1, bytes), 0)).ok();
            assert_eq!(read(bytes), slow, "{bytes:?}");
        }
    }
}
