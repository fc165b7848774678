//! pprof's protocol buffer, gzipped or not: <https://github.com/google/pprof/blob/main/proto/profile.proto>.
//!
//! Written by ddtrace (19 values a sample, most of them 0, and no default), pyroscope, Austin's austin2pprof (not
//! compressed; microseconds with the Greek letter), and many tools beside Python's. Ids may stand in any order, and what
//! they name behind the samples.
//!
//! Threads are labels of samples. ddtrace's heap samples have the thread's number for its name.

mod threads;

use rustc_hash::FxHashMap;

use super::frame::{NO_FILE, NO_FRAME};
use super::line_stacks::LineStacks;
use super::wire::{Fault, Fields, Value, each};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::Unit;
use crate::profile::call_tree::NO_PARENT;
use threads::{Label, Thread, Threads};

/// pprof.
pub struct Pprof;

/// For the registry.
pub static ABOUT: About = About {
    id: "pprof",
    title: "pprof",
    kind: Kind::Profile,
    how_to_record: "DD_PROFILING_OUTPUT_PPROF=app ddtrace-run python app.py\n\
         Also pyroscope, austin2pprof, and what else writes pprof's profile.proto; several values a sample are several \
         measures.",
};

/// Larger ones do not fit into a browser's tab.
const LIMIT: u64 = 1 << 30;

const AGAIN: &str = "It was cut short or damaged: copy it again, or record it again.";

impl Format for Pprof {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        score(head)
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let bytes = input.read_all(LIMIT).map_err(|error| ImportError::reading(&error))?;
        let file = File::index(&bytes).map_err(|fault| fault.of(self, AGAIN))?;
        let mut diagnostics = Diagnostics::default();
        let profile = file.profile(&mut diagnostics).map_err(|fault| fault.of(self, AGAIN))?;
        let is_idle = file.samples.is_empty();
        let profile = profile.ok_or_else(|| match is_idle {
            true => ImportError::new(self, "it has no samples: nothing ran while it was recorded", IDLE),
            false => ImportError::new(self, "no sample of it has a value", IDLE),
        })?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

const IDLE: &str =
    "Record for longer, while the program works: a profile of the CPU has nothing of a program that waits.";

/// The format has no magic number: what is one consists of its fields, begins with a type, a sample or the empty
/// text that all tables of texts begin with, and has types and samples that are some.
fn score(head: &[u8]) -> u8 {
    if !matches!(head, [0x0a | 0x12, ..] | [0x32, 0, ..]) {
        return 0;
    }
    let mut good = 0;
    for field in Fields::new(head, 0) {
        let ok = match field {
            // The head ends somewhere.
            Err(Fault::Cut(_)) if good > 0 => break,
            Err(_) => return 0,
            Ok((1 | 11, Value::Bytes(kind))) => {
                good += 1;
                Fields::new(kind, 0).all(|field| matches!(field, Ok((1 | 2, Value::Number(_)))))
            }
            Ok((2, Value::Bytes(sample))) => {
                good += 1;
                Fields::new(sample, 0).all(|field| match field {
                    Ok((1 | 2, value)) => each(value, 0, |_| {}).is_ok(),
                    Ok((3, Value::Bytes(_))) => true,
                    _ => false,
                })
            }
            Ok((3..=6, Value::Bytes(_))) => true,
            Ok((7..=10 | 12..=15, Value::Number(_)) | (13, Value::Bytes(_))) => true,
            Ok(_) => false,
        };
        if !ok {
            return 0;
        }
    }
    if good > 0 { 85 } else { 0 }
}

/// A location's lines, the innermost first: functions and line numbers.
#[derive(Default)]
struct Location<'a> {
    lines: &'a [u8],
    at: u64,
    mapping: u64,
    address: u64,
}

#[derive(Default, Clone, Copy)]
struct Function {
    name: u64,
    file: u64,
    begin: i64,
}

/// Where everything is: what samples name may stand behind them.
#[derive(Default)]
struct File<'a> {
    types: Vec<(u64, u64)>,
    samples: Vec<(&'a [u8], u64)>,
    locations: FxHashMap<u64, Location<'a>>,
    functions: FxHashMap<u64, Function>,
    mappings: FxHashMap<u64, u64>,
    strings: Vec<&'a [u8]>,
    default_type: u64,
}

/// A measure of the file: its place among the values of a sample, and how it is shown.
struct Measure {
    place: usize,
    name: String,
    unit: Unit,
    scale: f64,
}

impl<'a> File<'a> {
    fn index(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut file = Self::default();
        let mut fields = Fields::new(bytes, 0);
        while let Some(field) = fields.next() {
            let (field, value) = field?;
            let Value::Bytes(message) = value else {
                if let (14, Value::Number(text)) = (field, value) {
                    file.default_type = text;
                }
                continue;
            };
            let at = fields.position() - message.len() as u64;
            match field {
                1 => file.types.push(pair(message, at)?),
                2 => file.samples.push((message, at)),
                3 => {
                    let [id, text] = numbers(message, at, [1, 5])?;
                    file.mappings.insert(id, text);
                }
                4 => {
                    let [id, mapping, address] = numbers(message, at, [1, 2, 3])?;
                    file.locations.insert(id, Location { lines: message, at, mapping, address });
                }
                5 => {
                    let [id, name, system_name, path, begin] = numbers(message, at, [1, 2, 3, 4, 5])?;
                    let name = if name == 0 { system_name } else { name };
                    let begin = i64::try_from(begin).unwrap_or(0);
                    file.functions.insert(id, Function { name, file: path, begin });
                }
                6 => file.strings.push(message),
                _ => {}
            }
        }
        if let Some(fault) = file.cut(bytes.len() as u64) {
            return Err(fault);
        }
        Ok(file)
    }

    /// Texts stand last in most files: where those are missing by which values are called, it ends too early.
    fn cut(&self, end: u64) -> Option<Fault> {
        let texts = self.strings.len() as u64;
        let is_missing = |&(name, unit): &(u64, u64)| name >= texts || unit >= texts;
        let unnamed = |function: &Function| function.name >= texts;
        (self.types.iter().any(is_missing)
            || self.functions.values().all(unnamed) && !self.functions.is_empty())
        .then_some(Fault::Cut(end))
    }

    fn text(&self, id: u64) -> String {
        let bytes = usize::try_from(id).ok().and_then(|id| self.strings.get(id)).copied().unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// The measures of which there is something, the one to be shown first in front.
    fn measures(&self) -> Result<Vec<Measure>, Fault> {
        let mut has_any = vec![false; self.types.len()];
        for &(sample, at) in &self.samples {
            let mut place = 0;
            for field in Fields::new(sample, at) {
                if let (2, value) = field? {
                    each(value, at, |number| {
                        if number as i64 > 0
                            && let Some(any) = has_any.get_mut(place)
                        {
                            *any = true;
                        }
                        place += 1;
                    })?;
                }
            }
        }
        let measure = |(place, &(name, unit)): (usize, &(u64, u64))| {
            let (name, unit) = (self.text(name), self.text(unit));
            let (unit, scale) = unit_of(&name, &unit);
            Measure { place, name, unit, scale }
        };
        let all = self.types.iter().enumerate().map(measure);
        let mut measures: Vec<Measure> = all.filter(|measure| has_any[measure.place]).collect();
        let default = self.text(self.default_type);
        let rank = |measure: &Measure| match measure.unit {
            _ if !default.is_empty() && measure.name == default => 0,
            Unit::Seconds if is_wall(&measure.name) => 1,
            Unit::CpuSeconds => 2,
            Unit::Seconds => 3,
            Unit::Samples => 4,
            _ => 5,
        };
        // What the tool shows first; else time, of all times the clock's. Of what else there is the last, as `go tool pprof`
        // does: what a heap holds stands behind what was allocated.
        let order = |at: usize| match rank(&measures[at]) {
            rank @ 5.. => (rank, measures.len() - at),
            rank => (rank, at),
        };
        if let Some(first) = (0..measures.len()).min_by_key(|&at| order(at)) {
            measures[..=first].rotate_right(1);
        }
        Ok(measures)
    }

    fn profile(&self, diagnostics: &mut Diagnostics) -> Result<Option<crate::profile::Profile>, Fault> {
        let measures = self.measures()?;
        let named = measures.iter().map(|measure| (measure.name.clone(), measure.unit));
        let mut stacks = LineStacks::new(named.collect());
        let mut place_of: Vec<Option<usize>> = vec![None; self.types.len()];
        for (at, measure) in measures.iter().enumerate() {
            place_of[measure.place] = Some(at);
        }
        let mut threads = Threads::default();
        let mut kinds: FxHashMap<u64, Label> = FxHashMap::default();
        let mut frames: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
        let mut stack: Vec<u64> = Vec::new();
        let mut values: Vec<i64> = Vec::new();
        let (mut freed, mut negative, mut missing) = (0.0, 0, 0);
        for &(sample, at) in &self.samples {
            stack.clear();
            values.clear();
            let mut thread = Thread::default();
            for field in Fields::new(sample, at) {
                match field? {
                    (1, value) => each(value, at, |id| stack.push(id))?,
                    (2, value) => each(value, at, |number| values.push(number as i64))?,
                    (3, Value::Bytes(label)) => self.label(label, at, &mut kinds, &mut thread)?,
                    _ => {}
                }
            }
            if values.iter().all(|&value| value == 0) {
                continue;
            }
            let mut node = NO_PARENT;
            for &location in stack.iter().rev() {
                let known = match frames.get(&location) {
                    Some(known) => known,
                    None => {
                        let made = self.frames(location, &mut stacks)?;
                        missing += u64::from(made.is_empty());
                        frames.entry(location).or_insert(made)
                    }
                };
                for &frame in known {
                    node = stacks.child(node, frame);
                }
            }
            if node == NO_PARENT {
                let frame = stacks.frame(NO_FILE, 0, NO_FRAME, 0);
                node = stacks.child(NO_PARENT, frame);
            }
            let track = threads.track(thread, self, &mut stacks);
            for (value, place) in values.iter().zip(&place_of) {
                let Some(place) = *place else { continue };
                let measure = &measures[place];
                let amount = *value as f64 * measure.scale;
                if *value < 0 && measure.unit == Unit::Bytes {
                    freed -= amount;
                } else if *value < 0 {
                    negative += 1;
                } else {
                    stacks.add(place, track, node, amount);
                }
            }
        }
        if freed > 0.0 {
            let freed = Unit::Bytes.text(freed);
            let message = format!("{freed} that were freed are left out: what is shown was allocated");
            diagnostics.note(Level::Info, &message, || None);
        }
        let message = "values that are negative are left out";
        diagnostics.note_many(Level::Warning, message, negative, || None);
        let message = "frames of which the file has neither name nor address are left out";
        diagnostics.note_many(Level::Warning, message, missing, || None);
        let Some(mut profile) = stacks.finish() else { return Ok(None) };
        let wall = measures.iter().position(|one| one.unit == Unit::Seconds && is_wall(&one.name));
        let cpu = measures.iter().position(|one| one.unit == Unit::CpuSeconds);
        if let (Some(wall), Some(cpu)) = (wall, cpu) {
            let name = format!("{} less {}", measures[wall].name, measures[cpu].name);
            profile.add_difference(&name, wall, cpu);
        }
        Ok(Some(profile))
    }

    /// A location's frames, the outermost first; what was inlined is innermost.
    fn frames(&self, id: u64, stacks: &mut LineStacks) -> Result<Vec<u32>, Fault> {
        let mut frames = Vec::new();
        let Some(location) = self.locations.get(&id) else { return Ok(frames) };
        for field in Fields::new(location.lines, location.at) {
            let (4, Value::Bytes(line)) = field? else { continue };
            let [function, line] = numbers(line, location.at, [1, 2])?;
            let Some(function) = self.functions.get(&function) else { continue };
            let (file, name) = (self.text(function.file), self.text(function.name));
            let file = if file.is_empty() || file == "<native>" { NO_FILE } else { &file };
            frames.push(stacks.frame(file, i64::try_from(line).unwrap_or(0), &name, function.begin));
        }
        if frames.is_empty() && location.address > 0 {
            let file = self.mappings.get(&location.mapping).map(|&text| self.text(text)).unwrap_or_default();
            let file = if file.is_empty() { NO_FILE } else { &file };
            frames.push(stacks.frame(file, 0, &format!("{:#x}", location.address), 0));
        }
        frames.reverse();
        Ok(frames)
    }
}

/// A type and its unit.
fn pair(message: &[u8], at: u64) -> Result<(u64, u64), Fault> {
    let [name, unit] = numbers(message, at, [1, 2])?;
    Ok((name, unit))
}

/// Some numbers of a message by the numbers of their fields, 0 where they are not there.
fn numbers<const N: usize>(message: &[u8], at: u64, wanted: [u64; N]) -> Result<[u64; N], Fault> {
    let mut found = [0; N];
    for field in Fields::new(message, at) {
        if let (field, Value::Number(number)) = field?
            && let Some(place) = wanted.iter().position(|&one| one == field)
        {
            found[place] = number;
        }
    }
    Ok(found)
}

fn is_wall(name: &str) -> bool {
    name.to_ascii_lowercase().contains("wall")
}

/// What a type's numbers are, and what they are multiplied by.
fn unit_of(name: &str, unit: &str) -> (Unit, f64) {
    let cpu = name.to_ascii_lowercase().contains("cpu");
    let time = |scale| (if cpu { Unit::CpuSeconds } else { Unit::Seconds }, scale);
    match unit {
        "nanoseconds" | "nanosecond" | "ns" => time(1e-9),
        // The micro sign, and the Greek letter.
        "microseconds" | "microsecond" | "us" | "µs" | "μs" => time(1e-6),
        "milliseconds" | "millisecond" | "ms" => time(1e-3),
        "seconds" | "second" | "s" => time(1.0),
        "minutes" | "minute" | "min" => time(60.0),
        "hours" | "hour" | "hrs" | "h" => time(3600.0),
        "bytes" | "byte" | "B" => (Unit::Bytes, 1.0),
        "kilobytes" | "kibibytes" | "KiB" | "kB" => (Unit::Bytes, 1024.0),
        "megabytes" | "mebibytes" | "MiB" | "MB" => (Unit::Bytes, 1024.0 * 1024.0),
        "gigabytes" | "gibibytes" | "GiB" | "GB" => (Unit::Bytes, 1024.0 * 1024.0 * 1024.0),
        // Of allocations and locks a sample is no moment of the run.
        _ if name == "samples" || name.ends_with("cpu-samples") || name.ends_with("wall-samples") => {
            (Unit::Samples, 1.0)
        }
        _ => (Unit::Count, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_pprof() {
        for text in [
            &b"\n 1234567890123456789012345678901234567890\n"[..],
            b"2026-11-28 12:00:00 x",
            b"",
            b"\n",
            b"\x0a\x00",
        ] {
            assert!(score(text) < 60 || text == b"\x0a\x00", "{text:?}");
        }
        assert_eq!(score(&[0x0a, 0x04, 0x08, 0x01, 0x10, 0x02]), 85);
    }

    #[test]
    fn units() {
        assert_eq!(unit_of("Wall time", "\u{3bc}s"), (Unit::Seconds, 1e-6));
        assert_eq!(unit_of("cpu", "nanoseconds"), (Unit::CpuSeconds, 1e-9));
        assert_eq!(unit_of("wall", "minutes"), (Unit::Seconds, 60.0));
        assert_eq!(unit_of("heap", "GB"), (Unit::Bytes, 1_073_741_824.0));
        assert_eq!(unit_of("alloc-samples", "count"), (Unit::Count, 1.0));
        assert_eq!(unit_of("wall-samples", "count"), (Unit::Samples, 1.0));
    }
}
