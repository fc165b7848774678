//! The text of `perf script`, of a Python that ran with `-X perf` or `-X perf_jit`.
//!
//! By [`builtin-script.c`](https://github.com/torvalds/linux/blob/master/tools/perf/builtin-script.c): of each sample
//! a head, `command thread time: period event:`, then a line a frame, innermost first, `address symbol+offset
//! (file)`, then an empty line. Python's frames are `py::name:file`
//! ([`perf_trampoline.c`](https://github.com/python/cpython/blob/main/Python/perf_trampoline.c)); a name may hold
//! `<…>`, so the file is what follows the last colon. They have no line. The period of `cpu-clock` and `task-clock`
//! is nanoseconds of a processor; of other events (`cycles`) samples are counted.
//!
//! Without a name for what lies in `/tmp/perf-N.map`, Python ran with `-X perf_jit`, whose names `perf inject --jit` adds.
//! Stacks that end in what is unknown were followed by frame pointers, which that Python was built without.

mod moments;

use rustc_hash::FxHashMap;

use super::frame::{NO_FILE, NO_FRAME};
use super::lines::{Lines, Noted};
use super::records::trim_end;
use super::waiting::{Importing, now};
use super::{About, Format, ImportError, Kind, offset_in};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::stacks::{Builder, Same, TrackId};
use crate::profile::{FunctionId, Track, Unit};
use moments::Moments;

/// The format.
pub struct PerfScript;

/// For the registry.
pub static ABOUT: About = About {
    id: "perf-script",
    title: "perf script",
    kind: Kind::Profile,
    how_to_record: "perf record -F 999 -g -o perf.data python -X perf app.py && perf script -i perf.data > app.perf.txt",
};

const RECORD_AGAIN: &str = "Write it again: perf script -i perf.data > app.perf.txt";

/// A line longer than this is no frame.
const LINE_LIMIT: u64 = 1 << 20;

/// More frames than this on one stack are left out: perf itself keeps 127, or what is set.
const DEEPEST: usize = 1 << 16;

impl Format for PerfScript {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let mut lines =
            head.split(|&byte| byte == b'\n').map(trim_end).filter(|line| !line.starts_with(b"#"));
        let mut after_head = false;
        for line in lines.by_ref().take(2000) {
            if after_head && frame(line).is_some() {
                return 90;
            }
            after_head = header(line).is_some();
        }
        0
    }

    fn begins(&self, head: &[u8]) -> usize {
        let lines = head.split(|&byte| byte == b'\n').map(trim_end).filter(|line| !line.starts_with(b"#"));
        let mut after_head = false;
        for line in lines {
            // A sample's head may begin with any words: its frame is what tells.
            if after_head && frame(line).is_some() {
                return offset_in(head, line);
            }
            after_head = header(line).is_some();
        }
        0
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        now(self.import_waiting(input))
    }

    fn import_waiting<'a>(&'a self, input: &'a mut Input<'_>) -> Importing<'a> {
        Box::pin(async move {
            let name = input.name().to_owned();
            let mut reading = Reading::new();
            let mut lines = Lines::new(input, LINE_LIMIT);
            while let Some((number, line)) = lines.ready().await.next()? {
                reading.line(number, trim_end(line));
            }
            reading.end_sample();
            let mut diagnostics = Diagnostics::default();
            let message = "lines that are neither a sample's head nor a frame are left out";
            reading.damaged.say(Level::Warning, message, &mut diagnostics);
            if reading.builder.is_empty() {
                return Err(ImportError::new(self, "there is no sample in it", RECORD_AGAIN));
            }
            if !reading.has_python {
                diagnostics.note(Level::Warning, reading.why_no_python(), || None);
            }
            let message = "samples of another event than the first one's are left out";
            diagnostics.note_many(Level::Warning, message, reading.other_event, || None);
            let unit = if reading.is_time == Some(true) { Unit::CpuSeconds } else { Unit::Samples };
            reading.moments.tell(unit, &mut reading.builder);
            let profile = reading.builder.finish(unit);
            Ok(Document {
                name,
                format: self.id(),
                content: Content::Profile(Box::new(profile)),
                diagnostics,
            })
        })
    }
}

/// The command and the thread (or `process/thread`) of a sample's head.
struct Head<'a> {
    command: &'a str,
    process: Option<u64>,
    thread: u64,
    /// When, in seconds.
    at: Option<f64>,
    /// Whether its clock counts a processor's time; nanoseconds since the sample before, then.
    period: Option<f64>,
}

fn header(line: &[u8]) -> Option<Head<'_>> {
    if line.first().is_none_or(u8::is_ascii_whitespace) {
        return None;
    }
    let text = std::str::from_utf8(line).ok()?;
    // The command may have spaces: the number is the last word before the time, which ends in a colon. A
    // processor (`[003]`) may stand between.
    let mut at = 0;
    for word in text.split_inclusive(' ') {
        let begin = at;
        at += word.len();
        let Some(time) = word.trim_end().strip_suffix(':') else { continue };
        if time.is_empty() || !time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            continue;
        }
        let before = text.get(..begin)?.trim_end();
        let before = match before.strip_suffix(']').and_then(|rest| rest.rsplit_once(" [")) {
            Some((rest, _)) => rest.trim_end(),
            None => before,
        };
        let (command, number) = before.rsplit_once(' ')?;
        let (process, thread) = match number.split_once('/') {
            Some((process, thread)) => (process.parse().ok(), thread),
            None => (None, number),
        };
        let thread = thread.parse().ok()?;
        let mut event = text.get(at..)?.split_whitespace();
        let period = event.next().and_then(|period| period.parse::<f64>().ok());
        let is_clock = event
            .next()
            .is_some_and(|event| event.starts_with("cpu-clock") || event.starts_with("task-clock"));
        let period = period.filter(|period| is_clock && period.is_finite() && *period > 0.0);
        let at = time.parse().ok().filter(|at: &f64| at.is_finite());
        return Some(Head { command: command.trim(), process, thread, at, period });
    }
    None
}

/// A frame's symbol and its file.
fn frame(line: &[u8]) -> Option<(&[u8], &[u8])> {
    if line.first().is_none_or(|byte| !byte.is_ascii_whitespace()) {
        return None;
    }
    let line = line.trim_ascii();
    let space = memchr::memchr(b' ', line)?;
    if space == 0 || !line[..space].iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let rest = line[space + 1..].trim_ascii_start();
    let Some(inside) = rest.strip_suffix(b")") else { return Some((rest, b"")) };
    match memchr::memmem::rfind(inside, b" (") {
        Some(at) => Some((&inside[..at], &inside[at + 2..])),
        None => Some((rest, b"")),
    }
}

struct Reading {
    builder: Builder,
    known: FxHashMap<Box<[u8]>, FunctionId>,
    tracks: FxHashMap<u64, TrackId>,
    /// The sample that is read: its track, and its frames, innermost first.
    track: Option<TrackId>,
    frames: Vec<FunctionId>,
    /// What it weighs.
    period: Option<f64>,
    /// When it was taken.
    at: Option<f64>,
    moments: Moments,
    /// Whether the first sample, and so the profile, is of a clock.
    is_time: Option<bool>,
    other_event: u64,
    has_python: bool,
    /// Samples; those whose stack ends in a frame that nothing is known of; frames of perf's map without a name.
    samples: u64,
    broken: u64,
    unnamed: u64,
    /// Whether nothing is known of the outermost frame so far.
    is_broken: bool,
    damaged: Noted,
}

impl Reading {
    fn new() -> Self {
        Self {
            builder: Builder::new(Same::Place, false),
            known: FxHashMap::default(),
            tracks: FxHashMap::default(),
            track: None,
            frames: Vec::new(),
            period: None,
            at: None,
            moments: Moments::default(),
            is_time: None,
            other_event: 0,
            has_python: false,
            samples: 0,
            broken: 0,
            unnamed: 0,
            is_broken: false,
            damaged: Noted::default(),
        }
    }

    fn line(&mut self, number: u64, line: &[u8]) {
        if line.is_empty() {
            self.end_sample();
        } else if let Some(frame) = frame(line) {
            if self.track.is_some() && self.frames.len() < DEEPEST {
                self.is_broken = frame == (b"[unknown]", b"[unknown]");
                self.unnamed += u64::from(frame.0 == b"[unknown]" && is_map(frame.1));
                let function = self.function(frame.0, frame.1);
                self.frames.push(function);
            }
        } else if let Some(head) = header(line) {
            self.end_sample();
            let builder = &mut self.builder;
            let track = *self.tracks.entry(head.thread).or_insert_with(|| {
                builder.track(Track { process: head.process, thread: Some(head.thread), ..Track::default() })
            });
            // What a process runs changes when it starts another program; its last name stays.
            if let Some(track) = self.builder.track_mut(track)
                && track.name != head.command
            {
                head.command.clone_into(&mut track.name);
            }
            self.track = Some(track);
            self.period = head.period;
            self.at = head.at;
        } else if !line.starts_with(b"#") {
            self.damaged.note(number);
        }
    }

    fn end_sample(&mut self) {
        let Some(track) = self.track.take() else { return };
        self.samples += 1;
        self.broken += u64::from(std::mem::take(&mut self.is_broken));
        let is_time = *self.is_time.get_or_insert(self.period.is_some());
        if is_time != self.period.is_some() {
            self.other_event += 1;
            self.frames.clear();
            return;
        }
        let mut node = NO_PARENT;
        for function in std::mem::take(&mut self.frames).into_iter().rev() {
            node = self.builder.child(node, function);
        }
        if node == NO_PARENT {
            let function = self.builder.function(NO_FILE, 0, NO_FRAME);
            node = self.builder.child(NO_PARENT, function);
        }
        let value = self.period.map_or(1.0, |nanoseconds| nanoseconds / 1e9);
        if self.builder.add(track, node, value, 0)
            && let Some(at) = self.at
        {
            self.moments.note(track, node, at, value);
        }
    }

    /// Why no frame is Python's, and what to do.
    fn why_no_python(&self) -> &'static str {
        /// Of so many samples one that breaks off is none too many: libraries without frame pointers are everywhere.
        const FEW: u64 = 3;
        if self.unnamed > 0 {
            "no frame is Python's: its functions, in /tmp/perf-PID.map, have no names. Of -X perf_jit they are added by perf \
             inject --jit -i perf.data -o named.data (recorded with perf record -k mono), then perf script -i named.data; of \
             -X perf the file /tmp/perf-PID.map must still be there"
        } else if self.broken * FEW > self.samples {
            "no frame is Python's: the stacks break off, since perf could not follow them through a Python that was built \
             without frame pointers (CFLAGS=-fno-omit-frame-pointer); or record with python -X perf_jit (3.13 or later) and \
             perf record -k mono --call-graph dwarf"
        } else {
            "no frame is Python's: python was not started with -X perf (3.12 or later)"
        }
    }

    fn function(&mut self, symbol: &[u8], library: &[u8]) -> FunctionId {
        let symbol = without_offset(symbol);
        self.has_python |= symbol.starts_with(b"py::");
        let mut key = symbol.to_vec();
        // Of a Python function the second file is where its machine code lies.
        if !symbol.starts_with(b"py::") {
            key.push(0);
            key.extend_from_slice(library);
        }
        if let Some(&known) = self.known.get(key.as_slice()) {
            return known;
        }
        let (symbol, library) = (String::from_utf8_lossy(symbol), String::from_utf8_lossy(library));
        let (name, file) = match symbol.strip_prefix("py::") {
            Some(python) => python.rsplit_once(':').unwrap_or((python, NO_FILE)),
            None => (symbol.as_ref(), if library.is_empty() { NO_FILE } else { library.as_ref() }),
        };
        let function = self.builder.function(file, 0, name);
        self.known.insert(key.into_boxed_slice(), function);
        function
    }
}

/// Whether machine code lies where only perf's map names it: `/tmp/perf-4711.map`.
fn is_map(library: &[u8]) -> bool {
    library.ends_with(b".map") && memchr::memmem::find(library, b"/perf-").is_some()
}

/// A symbol without `+0x1b`.
fn without_offset(symbol: &[u8]) -> &[u8] {
    match memchr::memmem::rfind(symbol, b"+0x") {
        Some(at) if symbol[at + 3..].iter().all(u8::is_ascii_hexdigit) => &symbol[..at],
        _ => symbol,
    }
}
