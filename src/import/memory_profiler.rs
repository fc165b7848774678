//! memory_profiler's file (`mprof run app.py`): <https://github.com/pythonprofilers/memory_profiler>.
//!
//! Lines of words: `CMDLINE …`, `MEM MiB seconds`, `CHLD pid MiB seconds`, and of functions with `@profile` `FUNC name MiB
//! seconds MiB seconds …`, begin and end. Another process writes the latter at its end, so they may stand first. The
//! first and the last `MEM` are of a process that is not there yet, or no more.

use rustc_hash::FxHashMap;

use super::lines::{Lines, Noted};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::series::{Curve, Mark, Series};
use crate::profile::{Profile, Unit};

/// memory_profiler's.
pub struct MemoryProfiler;

/// For the registry.
pub static ABOUT: About = About {
    id: "memory-profiler",
    title: "memory_profiler",
    kind: Kind::Profile,
    how_to_record: "mprof run --include-children --multiprocess app.py\n\
         Memory over time; mprofile_….dat. Functions with @profile are marked.",
};

const LINE_LIMIT: u64 = 1 << 20;
const MEBIBYTE: f64 = 1024.0 * 1024.0;
/// A process that has less is not there: an interpreter takes megabytes.
const NONE: f64 = 0.1 * MEBIBYTE;
const AGAIN: &str = "Record again: mprof run app.py";

impl Format for MemoryProfiler {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let text = super::records::trim_mark(head);
        let mut lines =
            text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
        let known = |line: &&[u8]| {
            matches!(Line::read(line), Some(Line::Memory(..) | Line::Child(..) | Line::Function(..)))
        };
        let is_known = |line: &[u8]| known(&line) || line.starts_with(b"CMDLINE ");
        // The head's last line may be cut.
        let first: Vec<&[u8]> = lines.by_ref().take(3).collect();
        if first.iter().any(known) && first.iter().all(|line| is_known(line)) { 92 } else { 0 }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut reading = Reading::default();
        let mut skipped = Noted::default();
        let mut lines = Lines::new(input, LINE_LIMIT);
        while let Some((number, line)) = lines.next()? {
            let line = line.trim_ascii();
            if line.is_empty() || line.starts_with(b"CMDLINE") {
                continue;
            }
            match Line::read(line) {
                Some(line) => reading.line(line),
                None => skipped.note(number),
            }
        }
        let mut diagnostics = Diagnostics::default();
        skipped.say(Level::Warning, "lines that are none of mprof's are left out", &mut diagnostics);
        let series = reading.finish(&mut diagnostics);
        let series =
            series.ok_or_else(|| ImportError::new(self, "it has no measurement", AGAIN).at("line 1"))?;
        let profile = Profile { unit: Unit::Bytes, series: Some(Box::new(series)), ..Profile::default() };
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

/// A line; memory in bytes, times in seconds since 1970.
enum Line {
    Memory(f64, f64),
    Child(u64, f64, f64),
    Function(String, [f64; 4]),
}

impl Line {
    fn read(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?;
        let mut words = text.split_ascii_whitespace();
        let kind = words.next()?;
        let number = |words: &mut std::str::SplitAsciiWhitespace<'_>| {
            words.next()?.parse::<f64>().ok().filter(|number| number.is_finite() && number.abs() < 1e15)
        };
        match kind {
            "MEM" => {
                let (memory, at) = (number(&mut words)?, number(&mut words)?);
                words.next().is_none().then_some(Self::Memory(memory * MEBIBYTE, at))
            }
            "CHLD" => {
                let process = words.next()?.parse().ok()?;
                Some(Self::Child(process, number(&mut words)? * MEBIBYTE, number(&mut words)?))
            }
            "FUNC" => {
                let name = words.next()?.to_owned();
                let mut numbers = [0.0; 4];
                for place in &mut numbers {
                    *place = number(&mut words)?;
                }
                Some(Self::Function(name, numbers))
            }
            _ => None,
        }
    }
}

#[derive(Default)]
struct Reading {
    memory: Vec<(f64, f64)>,
    children: Vec<(u64, Vec<(f64, f64)>)>,
    places: FxHashMap<u64, usize>,
    functions: Vec<(String, [f64; 4])>,
}

impl Reading {
    fn line(&mut self, line: Line) {
        match line {
            Line::Memory(memory, at) => self.memory.push((at, memory)),
            Line::Child(process, memory, at) => {
                let next = self.children.len();
                let place = *self.places.entry(process).or_insert(next);
                if place == next {
                    self.children.push((process, Vec::new()));
                }
                self.children[place].1.push((at, memory));
            }
            Line::Function(name, numbers) => self.functions.push((name, numbers)),
        }
    }

    fn finish(mut self, diagnostics: &mut Diagnostics) -> Option<Series> {
        // Seconds since 1970: what has not half of the others' lost its last digits, at the end of a file that is cut.
        let latest = self.memory.iter().map(|(at, _)| *at).fold(0.0, f64::max);
        let all = self.memory.len();
        self.memory.retain(|(at, _)| *at >= latest / 2.0);
        let message = "measurements whose time is cut short are left out";
        diagnostics.note_many(Level::Warning, message, (all - self.memory.len()) as u64, || None);
        let mut left_out = 0;
        for points in
            std::iter::once(&mut self.memory).chain(self.children.iter_mut().map(|(_, points)| points))
        {
            let before = points.len();
            while points.last().is_some_and(|(_, memory)| *memory < NONE) {
                points.pop();
            }
            let begins = points.iter().take_while(|(_, memory)| *memory < NONE).count();
            points.drain(..begins);
            left_out += (before - points.len()) as u64;
            // Clocks that are set back.
            crate::sort::by(points, |one, other| one.0.total_cmp(&other.0));
        }
        let message = "measurements before a process ran, or after, are left out";
        diagnostics.note_many(Level::Info, message, left_out, || None);
        let points = || std::iter::once(&self.memory).chain(self.children.iter().map(|(_, points)| points));
        let firsts = points().filter_map(|points| points.first().map(|(at, _)| *at));
        let begins = self.functions.iter().map(|(_, [_, begin, ..])| *begin);
        let start = firsts.chain(begins).fold(f64::INFINITY, f64::min);
        if !start.is_finite() {
            return None;
        }
        let curve = |name: String, points: &[(f64, f64)]| Curve {
            name,
            unit: Unit::Bytes,
            at: points.iter().map(|(at, _)| at - start).collect(),
            value: points.iter().map(|(_, memory)| *memory).collect(),
            place: Vec::new(),
        };
        let mut curves = vec![curve("Memory".to_owned(), &self.memory)];
        curves.extend(
            self.children.iter().map(|(process, points)| curve(format!("process {process}"), points)),
        );
        curves.retain(|curve| !curve.value.is_empty());
        let mut marks: Vec<Mark> = self
            .functions
            .into_iter()
            .map(|(name, [before, begin, after, end])| Mark {
                name,
                span: (begin - start, end - start),
                value: (before * MEBIBYTE, after * MEBIBYTE),
            })
            .collect();
        crate::sort::by(&mut marks, |one, other| one.span.0.total_cmp(&other.span.0));
        (!curves.is_empty()).then(|| Series { curves, marks, ..Series::default() })
    }
}
