//! The table of Python 3.15's sampling profiler, a JSON object a line (`python -m profiling.sampling run --jsonl`):
//! <https://github.com/python/cpython/blob/main/Lib/profiling/sampling/jsonl_collector.py>.
//!
//! Texts, frames, and per frame how many samples ended in it and how many had it on the stack; no stacks. Frames differ by
//! their columns as well, so a line is in several.
//!
//! Every object has the id of its run, as files may be put together (`cat`): numbers of texts and frames are those of a run.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::beginning::Beginning;
use super::frame::NO_FILE;
use super::key::Key;
use super::lines::{Lines, Noted, place};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::format;
use crate::input::Input;
use crate::profile::{Edges, Functions, Profile, UNKNOWN_CALLS, Unit, line_table};

/// Tachyon's table.
pub struct TachyonJsonl;

/// For the registry.
pub static ABOUT: About = About {
    id: "tachyon-jsonl",
    title: "Python 3.15's sampling profiler, jsonl",
    kind: Kind::Profile,
    how_to_record: "python -m profiling.sampling run --jsonl -o app.jsonl app.py\n\
         Python 3.15. It has lines and functions, but no stacks: --binary has those as well.",
};

/// A chunk of 256 entries is some kilobytes; a table of texts may be one line.
const LINE_LIMIT: u64 = 256 << 20;

const AGAIN: &str = "Record again: python -m profiling.sampling run --jsonl -o app.jsonl app.py";

impl Format for TachyonJsonl {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn is_lines(&self) -> bool {
        false
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let text = Beginning::of(head);
        let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let holds = |word: &[u8]| memchr::memmem::find(first, word).is_some();
        if text.starts_with(b"{") && holds(b"\"sample_interval_usec\"") && holds(b"\"meta\"") {
            98
        } else {
            0
        }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut reading = Reading::default();
        let mut lines = Lines::new(input, LINE_LIMIT);
        while let Some((number, line)) = lines.next()? {
            if !line.trim_ascii().is_empty() {
                reading.line(number, line);
            }
        }
        let mut diagnostics = Diagnostics::default();
        let profile = reading.finish(&mut diagnostics)?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

/// What each line says of itself. A line is looked through for it first, then read by what it is: what serde has for objects
/// told apart by one entry puts all others aside as trees of values.
#[derive(serde::Deserialize)]
struct Head<'a> {
    #[serde(borrow, rename = "type")]
    kind: Key<'a>,
    #[serde(borrow)]
    run_id: Option<Key<'a>>,
    v: Option<u64>,
}

/// The only one there is; it is raised where readers have to change.
const VERSION: u64 = 1;

// An earlier draft called the lists so.
#[derive(serde::Deserialize)]
struct StringTable {
    #[serde(alias = "defs")]
    strings: Vec<Text>,
}

#[derive(serde::Deserialize)]
struct FrameTable {
    #[serde(alias = "defs")]
    frames: Vec<Frame>,
}

#[derive(serde::Deserialize)]
struct Agg {
    entries: Vec<Entry>,
    samples_total: Option<u64>,
}

#[derive(serde::Deserialize)]
struct End {
    samples_total: Option<u64>,
}

#[derive(serde::Deserialize)]
struct Text {
    str_id: u64,
    value: String,
}

#[derive(serde::Deserialize)]
struct Frame {
    frame_id: u64,
    path_str_id: u64,
    func_str_id: u64,
    line: Option<i64>,
}

#[derive(serde::Deserialize)]
struct Entry {
    frame_id: u64,
    #[serde(rename = "self")]
    own: u64,
    cumulative: u64,
}

#[derive(Default)]
struct Reading {
    /// By run, and what the run calls it.
    strings: FxHashMap<(usize, u64), String>,
    frames: FxHashMap<(usize, u64), Frame>,
    entries: Vec<(usize, Entry)>,
    runs: Vec<Run>,
    /// Lines of a version that is not known.
    newer: Noted,
    skipped: Noted,
    /// Where nothing was there to be read.
    first_bad: Option<u64>,
}

#[derive(Default)]
struct Run {
    id: String,
    samples: Option<u64>,
    ended: bool,
}

impl Reading {
    fn line(&mut self, number: u64, line: &[u8]) {
        if self.row(number, super::records::trim_end(line)).is_err() {
            self.first_bad.get_or_insert(number);
            self.skipped.note(number);
        }
    }

    fn row(&mut self, number: u64, line: &[u8]) -> serde_json::Result<()> {
        let Head { kind, run_id, v } = serde_json::from_slice(line)?;
        let id = run_id.map_or(Cow::Borrowed(""), |id| id.0);
        match &*kind.0 {
            "string_table" | "str_def" => {
                let StringTable { strings } = serde_json::from_slice(line)?;
                let run = self.run(number, &id, v);
                self.strings.extend(strings.into_iter().map(|text| ((run, text.str_id), text.value)));
            }
            "frame_table" | "frame_def" => {
                let FrameTable { frames } = serde_json::from_slice(line)?;
                let run = self.run(number, &id, v);
                self.frames.extend(frames.into_iter().map(|frame| ((run, frame.frame_id), frame)));
            }
            "agg" => {
                let Agg { entries, samples_total } = serde_json::from_slice(line)?;
                let run = self.run(number, &id, v);
                self.entries.extend(entries.into_iter().map(|entry| (run, entry)));
                self.runs[run].samples = samples_total.or(self.runs[run].samples);
            }
            "end" => {
                let End { samples_total } = serde_json::from_slice(line)?;
                let run = self.run(number, &id, v);
                self.runs[run].ended = true;
                self.runs[run].samples = samples_total.or(self.runs[run].samples);
            }
            _ => drop(self.run(number, &id, v)),
        }
        Ok(())
    }

    /// The run of a line that could be read.
    fn run(&mut self, number: u64, id: &str, version: Option<u64>) -> usize {
        if version.is_some_and(|version| version > VERSION) {
            self.newer.note(number);
        }
        // The last runs first: there are few, and lines of one stand together.
        let known = self.runs.iter().rposition(|run| run.id == id);
        known.unwrap_or_else(|| {
            self.runs.push(Run { id: id.to_owned(), ..Run::default() });
            self.runs.len() - 1
        })
    }

    fn finish(self, diagnostics: &mut Diagnostics) -> Result<Profile, ImportError> {
        let columns = [("Samples", Unit::Samples, true), ("Samples with calls", Unit::Samples, false)];
        let mut table = line_table::Builder::new(&columns);
        let mut functions = Functions::default();
        let mut known: FxHashMap<(u32, u32), usize> = FxHashMap::default();
        // The same run twice has as many samples in one; then the sum says nothing.
        let samples: Option<u64> = self.runs.iter().map(|run| run.samples).sum();
        let own: u64 = self.entries.iter().map(|(_, entry)| entry.own).fold(0, u64::saturating_add);
        let most = samples.filter(|samples| *samples >= own).map_or(f64::INFINITY, |samples| samples as f64);
        let ended = self.runs.iter().all(|run| run.ended) && !self.runs.is_empty();
        let mut missing = 0;
        for (run, entry) in &self.entries {
            let frame = self.frames.get(&(*run, entry.frame_id));
            let texts = frame.and_then(|frame| {
                let text = |id| self.strings.get(&(*run, id));
                Some((frame, text(frame.path_str_id)?, text(frame.func_str_id)?))
            });
            let Some((frame, file, name)) = texts else {
                missing += 1;
                continue;
            };
            let line = frame.line.unwrap_or(0).max(0);
            let file = if file.is_empty() { NO_FILE } else { file.as_str() };
            let (own, total) = (entry.own as f64, entry.cumulative.max(entry.own) as f64);
            if file != NO_FILE
                && let Some(place) = table.line(file, line, Some(name))
            {
                table.add(place, 0, own);
                table.add(place, 1, total);
            }
            let key = (functions.files.intern(file), functions.names.intern(name));
            let next = functions.name.len();
            let at = *known.entry(key).or_insert(next);
            if at == next {
                functions.file.push(key.0);
                functions.line.push(line);
                functions.name.push(key.1);
                functions.calls.push(UNKNOWN_CALLS);
                functions.primitive_calls.push(UNKNOWN_CALLS);
                functions.self_time.push(0.0);
                functions.total_time.push(0.0);
            }
            functions.line[at] = functions.line[at].min(line);
            functions.self_time[at] += own;
            // A function that calls itself from another line has such samples twice.
            functions.total_time[at] = f64::min(functions.total_time[at] + total, most);
        }
        self.skipped.say(Level::Warning, "lines that are no object of this format are left out", diagnostics);
        let message = "lines are of a newer version of this format: numbers may be wrong";
        self.newer.say(Level::Warning, message, diagnostics);
        if self.runs.len() > 1 {
            let message = format!("the file has {} runs: they are added up", self.runs.len());
            diagnostics.note(Level::Info, &message, || None);
        }
        let message = "frames whose texts are not in the file are left out";
        diagnostics.note_many(Level::Warning, message, missing, || None);
        if !functions.self_time.iter().any(|&own| own > 0.0) {
            let problem = match ended {
                true => "it has no samples",
                false => "the file ends in the middle",
            };
            let error = ImportError::new(&TachyonJsonl, problem, AGAIN);
            return Err(match self.first_bad {
                Some(line) => error.at(place(line)),
                None => error.at(format!("line {}", format::count(1))),
            });
        }
        if !ended {
            let message = "the file ends in the middle: what is before is read";
            diagnostics.note(Level::Warning, message, || None);
        }
        let message = "it has no stacks, so there is no call tree; with stacks: python -m profiling.sampling run --binary -o app.bin app.py";
        diagnostics.note(Level::Info, message, || None);
        let edges = Edges::new(functions.len(), Vec::new());
        Ok(Profile {
            unit: Unit::Samples,
            functions,
            edges,
            line_table: Some(Box::new(table.finish())),
            ..Profile::default()
        })
    }
}
