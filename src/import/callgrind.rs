//! Callgrind's format, as Python's profilers write it: <https://valgrind.org/docs/manual/cl-format.html>.
//!
//! Functions with what they took themselves, and calls with what these took with all below: a call graph as
//! pstats has it, so stacks are estimated as pstats' are.
//!
//! - [pyprof2calltree](https://github.com/pwaller/pyprof2calltree): nanoseconds; a name that a file has twice is
//!   `name:line`; `~` is the file of built-in functions.
//! - [yappi](https://github.com/sumerc/yappi/blob/master/yappi/yappi.py): `Ticks`, which are microseconds; names are
//!   `name file:line`; each *function* has a number of its own for its file.
//! - Flamedrop's own export: nanoseconds, or samples or bytes, which have no numbers of calls.
//!
//! What an edge's callee took itself is not in the file: it is taken to be in proportion. A call's line is
//! the caller's first one, mostly.

mod dominators;
mod graph;

use rustc_hash::FxHashMap;

use super::lines::{Lines, Noted, place};
use super::records::trim_end;
use super::{About, Format, ImportError, Kind, offset_in};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::stacks::is_amount;
use crate::profile::{Strings, Unit};
use graph::Graph;

/// The format.
pub struct Callgrind;

/// For the registry.
pub static ABOUT: About = About {
    id: "callgrind",
    title: "Callgrind (yappi, pyprof2calltree)",
    kind: Kind::Profile,
    how_to_record: "yappi.get_func_stats().save('app.callgrind', type='callgrind')\n\
         pstats keeps more: type='pstat'.",
};

const RECORD_AGAIN: &str =
    "Save it as pstats instead, if the profiler can: runprofileserver does without --kcachegrind.";

/// A line longer than this is none of the format.
const LINE_LIMIT: u64 = 1 << 20;

impl Format for Callgrind {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let text = super::records::trim_mark(head);
        let (mut events, mut functions) = (false, false);
        for line in text.split(|&byte| byte == b'\n') {
            events |= line.starts_with(b"events:");
            functions |= line.starts_with(b"fn=") || line.starts_with(b"fl=");
        }
        match (text.starts_with(b"# callgrind format"), events && functions) {
            (_, true) => 95,
            (true, false) => 90,
            (false, false) => 0,
        }
    }

    fn begins(&self, head: &[u8]) -> usize {
        let text = super::records::trim_mark(head);
        if text.starts_with(b"# callgrind format") {
            return 0;
        }
        let is_first =
            |line: &&[u8]| [&b"events:"[..], b"fn=", b"fl="].iter().any(|word| line.starts_with(word));
        text.split(|&byte| byte == b'\n').find(is_first).map_or(0, |line| offset_in(head, line))
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut reading = Reading::default();
        let mut is_whole = true;
        let mut lines = Lines::new(input, LINE_LIMIT);
        while let Some((number, line)) = lines.next()? {
            reading.number = number;
            is_whole = line.ends_with(b"\n");
            let text = String::from_utf8_lossy(trim_end(line));
            reading
                .line(text.trim_start_matches('\u{feff}').trim_end())
                .map_err(|problem| ImportError::new(self, problem, RECORD_AGAIN).at(place(number)))?;
        }
        let mut diagnostics = Diagnostics::default();
        reading.damaged.say(
            Level::Warning,
            "lines that are none of the format are left out",
            &mut diagnostics,
        );
        let at_end = || Some(place(reading.number));
        if reading.pending.is_some() {
            let message = "the file ends before the time of its last call";
            diagnostics.note(Level::Warning, message, at_end);
        } else if !is_whole && !reading.yappi {
            // yappi itself writes no end behind the last line.
            let message =
                "the file ends in the middle of a line: it was cut short, or is still being written";
            diagnostics.note(Level::Warning, message, at_end);
        }
        if reading.yappi {
            // It names all functions before it says what they took.
            let message = "functions are named but what they took is missing: the file was cut short";
            diagnostics.note_many(Level::Warning, message, reading.graph.unsaid(), at_end);
        }
        let unit = reading.unit;
        let (profile, uncalled) = reading
            .graph
            .profile(unit)
            .ok_or_else(|| ImportError::new(self, "no function of it has any time", RECORD_AGAIN))?;
        let message =
            "functions or calls have a time, but were called 0 times by the file: how often is not known";
        diagnostics.note_many(Level::Warning, message, uncalled, || None);
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

/// A file's or a function's name, which is a number among all texts, by the number that the file gives it.
type Names = FxHashMap<u32, u32>;

#[derive(Default)]
struct Reading {
    graph: Graph,
    /// Files and names, each once: the file repeats them with each call.
    texts: Strings,
    files: Names,
    functions: Names,
    /// Functions by their files and names.
    known: FxHashMap<(Option<u32>, u32), u32>,
    yappi: bool,
    unit: Unit,
    /// Seconds of one unit of cost; `None` until the file says what it counts.
    scale: Option<f64>,
    file: Option<u32>,
    function: Option<u32>,
    called_file: Option<u32>,
    called: Option<u32>,
    /// A call whose cost is on the next line: its callee, and how often.
    pending: Option<(u32, i64)>,
    last_line: i64,
    positions: usize,
    number: u64,
    damaged: Noted,
}

impl Reading {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.starts_with(|letter: char| letter.is_ascii_digit() || matches!(letter, '+' | '-' | '*')) {
            return self.cost(line);
        }
        if let Some((key, value)) = line.split_once('=')
            && key.bytes().all(|byte| byte.is_ascii_lowercase())
        {
            return self.position(key, value.trim());
        }
        if let Some((key, value)) = line.split_once(':') {
            return self.header(key, value.trim());
        }
        self.damaged.note(self.number);
        Ok(())
    }

    fn header(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "creator" => {
                self.yappi = value.starts_with("yappi");
                self.known.clear();
            }
            "positions" => self.positions = value.split_whitespace().count(),
            "events" => {
                let first = value.split_whitespace().next().unwrap_or_default();
                let lower = first.to_ascii_lowercase();
                self.unit = match lower.as_str() {
                    "samples" => Unit::Samples,
                    "bytes" => Unit::Bytes,
                    _ => Unit::Seconds,
                };
                self.scale = Some(match lower.as_str() {
                    "samples" | "bytes" => 1.0,
                    "ns" | "nanoseconds" | "nsec" => 1e-9,
                    "us" | "microseconds" | "usec" => 1e-6,
                    "ms" | "milliseconds" | "msec" => 1e-3,
                    "ticks" if self.yappi => 1e-6,
                    // Xdebug's.
                    "time_(10ns)" => 1e-8,
                    "time_(100ns)" => 1e-7,
                    _ => return Err(format!("it counts {first}, neither time, samples nor bytes")),
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn position(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "fl" => {
                self.file = Some(named(&mut self.files, &mut self.texts, value));
                self.function = None;
            }
            // Code of another file that is within the function.
            "fi" | "fe" => {
                named(&mut self.files, &mut self.texts, value);
            }
            "fn" => {
                let name = named(&mut self.functions, &mut self.texts, value);
                self.function = Some(self.function(self.file, name));
                self.last_line = 0;
                (self.called, self.called_file) = (None, None);
            }
            "cfl" | "cfi" => self.called_file = Some(named(&mut self.files, &mut self.texts, value)),
            "cfn" => self.called = Some(named(&mut self.functions, &mut self.texts, value)),
            "calls" => {
                let count = value.split_whitespace().next().and_then(|count| count.parse::<i64>().ok());
                let (Some(count), Some(called)) = (count.filter(|count| *count >= 0), self.called.take())
                else {
                    return Err("a call does not say how often, or what is called".to_owned());
                };
                let file = self.called_file.take().or(self.file);
                self.pending = Some((self.function(file, called), count));
            }
            // Object files and jumps.
            _ => {}
        }
        Ok(())
    }

    fn function(&mut self, file: Option<u32>, name: u32) -> u32 {
        if let Some(&known) = self.known.get(&(file, name)) {
            return known;
        }
        let text = |id| self.texts.get(id);
        let function = self.graph.function(file.map_or("", text), text(name), self.yappi);
        self.known.insert((file, name), function);
        function
    }

    /// `line cost`: the function's own, or, behind a call, what that took in all.
    fn cost(&mut self, line: &str) -> Result<(), String> {
        let mut words = line.split_whitespace();
        let positions = self.positions.max(1);
        let mut position = words.next().unwrap_or_default();
        for _ in 1..positions {
            position = words.next().unwrap_or_default();
        }
        let number = |digits: &str| digits.parse::<i64>().ok();
        let at = match position.as_bytes().first() {
            Some(b'*') => Some(self.last_line),
            Some(b'+') => number(&position[1..]).map(|by| self.last_line.saturating_add(by)),
            Some(b'-') => number(&position[1..]).map(|by| self.last_line.saturating_sub(by)),
            _ => number(position),
        };
        let cost = words.next().map_or(Some(0.0), |cost| cost.parse::<f64>().ok());
        let (Some(at), Some(cost)) = (at, cost.filter(|cost| is_amount(*cost))) else {
            self.damaged.note(self.number);
            self.pending = None;
            return Ok(());
        };
        self.last_line = at;
        let scale = self.scale.ok_or("it does not say what it counts before it counts (events:)")?;
        let Some(function) = self.function else {
            self.damaged.note(self.number);
            return Ok(());
        };
        match self.pending.take() {
            Some((callee, count)) => self.graph.call(function, callee, count, cost * scale),
            None => self.graph.own(function, at, cost * scale),
        }
        Ok(())
    }
}

/// `(12) name`, which names the number, or `(12)` alone, or a name.
fn named(names: &mut Names, texts: &mut Strings, text: &str) -> u32 {
    let number = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let Some((Ok(number), name)) = number.map(|(number, name)| (number.parse::<u32>(), name.trim())) else {
        return texts.intern(text);
    };
    if !name.is_empty() {
        let name = texts.intern(name);
        names.insert(number, name);
        return name;
    }
    names.get(&number).copied().unwrap_or_else(|| texts.intern(&format!("({number})")))
}
