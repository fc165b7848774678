//! Scalene's JSON (`scalene run -o app.json app.py`): <https://github.com/plasma-umass/scalene>.
//!
//! Per file its lines with shares of the run's time and megabytes of memory, and what they say; stacks, whose frames are
//! texts `file function:line;`, with shares of all samples; and memory over time, nanoseconds since the start and megabytes.
//! Rows of functions have half of the time of their loops only (2.4.0: half of each sample of a loop's last line goes to the
//! `for` line, and only the other half to the function), so they are read only where stacks and lines have little or nothing:
//! with `@profile` in the program 1.5 writes no times of lines, and no stacks of most functions.
//!
//! Stacks tell Python's time from native code's, but with the system's in both; so only their sum is read, and lines have the
//! split. 1.5 writes a stack's frames and numbers as lists: `[[file, function, line], …]` and `[count, python, native, all]`.

mod rows;

use rustc_hash::FxHashMap;

use super::beginning::Beginning;
use super::frame::NO_FILE;
use super::json::{Fault, Json, Next};
use super::line_stacks::LineStacks;
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::series::{Curve, Place, Series};
use crate::profile::{Profile, Track, Unit, line_table};
use rows::{Frame, Line, frames_of, line, pair, stack, without_escapes};

/// Scalene's.
pub struct Scalene;

/// For the registry.
pub static ABOUT: About = About {
    id: "scalene",
    title: "Scalene",
    kind: Kind::Profile,
    how_to_record: "scalene run -o app.json app.py\n\
         Time and memory of lines, stacks, and memory over time.",
};

/// What Scalene calls a megabyte.
const MEGABYTE: f64 = 1024.0 * 1024.0;
const AGAIN: &str = "Record again: scalene run -o app.json app.py";

impl Format for Scalene {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let text = Beginning::of(head);
        if !text.starts_with(b"{") {
            0
        } else if text.holds(b"\"n_cpu_percent_python\"")
            || (text.holds(b"\"alloc_samples\"")
                && (text.holds(b"\"combined_stacks\"") || text.holds(b"\"elapsed_time_sec\"")))
        {
            95
        } else {
            0
        }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut json = Json::new(input);
        let file = File::read(&mut json).map_err(|fault| fault.of(self, AGAIN))?;
        let mut diagnostics = Diagnostics::default();
        let profile = file.profile(&mut diagnostics);
        let profile = profile.ok_or_else(|| {
            ImportError::new(self, "no line of it took time or memory", "Record for longer.")
        })?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

/// Stacks that have less than this part of all time are not shown in its place.
const MOST: f64 = 2.0 / 3.0;

/// Stacks that have less than this part of all time are said to.
const NEARLY_ALL: f64 = 0.95;

#[derive(Default)]
struct File {
    elapsed: f64,
    /// Stacks with their shares of time.
    stacks: Vec<(Vec<Frame>, f64)>,
    /// Stacks with megabytes.
    memory_stacks: Vec<(Vec<Frame>, f64)>,
    lines: Vec<(String, Line)>,
    /// Rows of functions: where they begin, and their names in place of a text.
    functions: Vec<(String, Line)>,
    samples: Vec<(f64, f64)>,
    peak_file: String,
    peak_line: i64,
}

impl File {
    fn read(json: &mut Json<'_, '_>) -> Result<Self, Fault> {
        let mut file = Self::default();
        if !json.object()? {
            return Ok(file);
        }
        while let Some(key) = json.key()? {
            match key {
                "elapsed_time_sec" => file.elapsed = json.number()?.unwrap_or(0.0),
                "max_footprint_fname" => file.peak_file = json.text()?.unwrap_or_default(),
                "max_footprint_lineno" => file.peak_line = json.whole()?.unwrap_or(0),
                "samples" => {
                    if json.array()? {
                        while json.item()? {
                            file.samples.push(pair(json)?);
                        }
                    }
                }
                "stacks" => {
                    if json.array()? {
                        while json.item()? {
                            file.stacks.push(stack(json)?);
                        }
                    }
                }
                "memory_stacks" => {
                    if json.array()? {
                        while json.item()? {
                            let mut frames = Vec::new();
                            let mut size = 0.0;
                            if json.array()? {
                                while json.item()? {
                                    match json.peek()? {
                                        Next::Array => frames = frames_of(json)?,
                                        _ => size = json.number()?.unwrap_or(0.0),
                                    }
                                }
                            }
                            file.memory_stacks.push((frames, size));
                        }
                    }
                }
                "files" => file.read_files(json)?,
                _ => json.skip()?,
            }
        }
        Ok(file)
    }

    fn read_files(&mut self, json: &mut Json<'_, '_>) -> Result<(), Fault> {
        if !json.object()? {
            return Ok(());
        }
        while let Some(path) = json.key()? {
            let path = path.to_owned();
            if !json.object()? {
                continue;
            }
            while let Some(key) = json.key()? {
                let rows = match key {
                    "lines" => &mut self.lines,
                    "functions" => &mut self.functions,
                    _ => {
                        json.skip()?;
                        continue;
                    }
                };
                if json.array()? {
                    while json.item()? {
                        rows.push((path.clone(), line(json)?));
                    }
                }
            }
        }
        Ok(())
    }

    fn profile(self, diagnostics: &mut Diagnostics) -> Option<Profile> {
        let known = self.elapsed > 0.0 && self.elapsed < 1e9;
        if !known {
            let message = "the file does not say how long it ran (elapsed_time_sec): times are left out";
            diagnostics.note(Level::Warning, message, || None);
        }
        let elapsed = if known { self.elapsed } else { 0.0 };
        let stacks = self.of_stacks(elapsed, diagnostics);
        let stacks = stacks.unwrap_or(Profile { unit: Unit::Bytes, ..Profile::default() });
        let line_table = self.of_lines(elapsed);
        let series = self.of_samples();
        if stacks.functions.is_empty() && line_table.is_none() && series.is_none() {
            return None;
        }
        let line_table = line_table.or(stacks.line_table);
        Some(Profile { line_table, series, ..stacks })
    }

    /// Shares of time by file, the larger of what its lines and its functions have, added up: 1 is the whole run.
    fn shares(&self) -> f64 {
        let mut files: FxHashMap<&str, [f64; 2]> = FxHashMap::default();
        for (at, rows) in [&self.lines, &self.functions].into_iter().enumerate() {
            for (file, row) in rows {
                files.entry(file).or_default()[at] += row.share();
            }
        }
        files.values().map(|[lines, functions]| lines.max(*functions)).sum::<f64>() / 100.0
    }

    fn of_stacks(&self, elapsed: f64, diagnostics: &mut Diagnostics) -> Option<Profile> {
        let measures = [
            ("Time", Unit::Seconds),
            ("Allocated", Unit::Bytes),
            ("Time in Python", Unit::Seconds),
            ("Time in native code", Unit::Seconds),
            ("Time in the system", Unit::Seconds),
        ];
        let mut stacks = LineStacks::new(measures.map(|(name, unit)| (name.to_owned(), unit)).to_vec());
        let track = stacks.track(Track::default());
        // They are shares of all; older versions had seconds.
        let all: f64 = self.stacks.iter().map(|(_, share)| share).sum();
        let scale = if all <= 1.01 { elapsed } else { 1.0 };
        let begins = self.begins();
        let node_of = |frames: &[Frame], stacks: &mut LineStacks| {
            frames.iter().fold(NO_PARENT, |above, (file, line, name)| {
                let known = begins.get(&(file.as_str(), name.as_str()));
                let (name, begin) = known.copied().unwrap_or((name.as_str(), 0));
                let file = if file.is_empty() { NO_FILE } else { file };
                // What is behind the line that is said to begin it is another of this name.
                let frame = stacks.frame(file, *line, name, if begin <= *line { begin } else { 0 });
                stacks.child(above, frame)
            })
        };
        let rows = self.shares();
        if all * scale < MOST * rows * elapsed && self.functions.iter().any(|(_, row)| row.share() > 0.0) {
            for (file, row) in &self.functions {
                // No line that ran, but where the function begins: lines have what lines took.
                let frame = stacks.frame(file, 0, &row.text, row.number);
                let node = stacks.child(NO_PARENT, frame);
                let times = [(0, row.share()), (2, row.python), (3, row.native), (4, row.system)];
                for (measure, share) in times {
                    stacks.add(measure, track, node, share / 100.0 * elapsed);
                }
            }
            let share = crate::format::percent(all * scale / (rows * elapsed));
            let message = match all > 0.0 {
                true => format!(
                    "the file has stacks of {share} of the time only: functions are shown without what called them"
                ),
                false => "the file has no stacks: functions are shown without what called them".to_owned(),
            };
            diagnostics.note(Level::Info, &message, || None);
        } else {
            for (frames, share) in &self.stacks {
                let node = node_of(frames, &mut stacks);
                stacks.add(0, track, node, share * scale);
            }
            let part = all * scale / (rows * elapsed);
            if part < NEARLY_ALL {
                let share = crate::format::percent(part);
                let message =
                    format!("stacks have {share} of the time that lines have: the rest is in no function");
                diagnostics.note(Level::Info, &message, || None);
            }
        }
        for (frames, size) in &self.memory_stacks {
            let node = node_of(frames, &mut stacks);
            stacks.add(1, track, node, size * MEGABYTE);
        }
        stacks.finish()
    }

    /// Whole names of functions and where they begin, as the file's rows of them say; stacks of memory have the last part of
    /// a name only (`alloc` of `Shop.alloc`), which is looked up too where one function of the file has it.
    fn begins(&self) -> FxHashMap<(&str, &str), (&str, i64)> {
        let mut begins: FxHashMap<(&str, &str), (&str, i64)> = FxHashMap::default();
        let mut again: Vec<(&str, &str)> = Vec::new();
        for (file, row) in self.functions.iter().filter(|(_, row)| row.number > 0) {
            if let Some((_, last)) = row.text.rsplit_once('.')
                && begins.insert((file, last), (&row.text, row.number)).is_some()
            {
                again.push((file, last));
            }
        }
        begins.retain(|name, _| !again.contains(name));
        for (file, row) in self.functions.iter().filter(|(_, row)| row.number > 0) {
            begins.insert((file, &row.text), (&row.text, row.number));
        }
        begins
    }

    fn of_lines(&self, elapsed: f64) -> Option<Box<line_table::LineTable>> {
        let columns = [
            ("Time", Unit::Seconds, true),
            ("In Python", Unit::Seconds, true),
            ("In native code", Unit::Seconds, true),
            ("In the system", Unit::Seconds, true),
            ("Peak memory", Unit::Bytes, false),
            ("Allocated", Unit::Bytes, true),
            ("Allocations", Unit::Count, true),
            ("Copied, a second", Unit::Bytes, true),
        ];
        let mut table = line_table::Builder::new(&columns);
        for (file, line) in &self.lines {
            let Line { python, native, system, peak, allocated, copied, allocations, .. } = *line;
            let time = |share: f64| share / 100.0 * elapsed;
            let values = [
                time(python + native + system),
                time(python),
                time(native),
                time(system),
                peak * MEGABYTE,
                allocated * MEGABYTE,
                allocations,
                copied * MEGABYTE,
            ];
            if let Ok(number) = u32::try_from(line.number) {
                table.source(file, vec![(number, without_escapes(line.text.trim_end_matches(['\r', '\n'])))]);
            }
            if values.iter().all(|value| *value == 0.0) {
                continue;
            }
            if let Some(place) = table.line(file, line.number, None) {
                for (column, value) in values.into_iter().enumerate().filter(|(_, value)| *value != 0.0) {
                    table.add(place, column, value);
                }
            }
        }
        if table.is_empty() { None } else { Some(Box::new(table.finish())) }
    }

    fn of_samples(&self) -> Option<Box<Series>> {
        let mut points: Vec<(f64, f64)> =
            self.samples.iter().copied().filter(|(at, size)| at.is_finite() && size.is_finite()).collect();
        crate::sort::by(&mut points, |one, other| one.0.total_cmp(&other.0));
        // They count from the start of the run; what does not counts from elsewhere.
        let &(first, _) = points.first()?;
        let start = if (0.0..=self.elapsed * 1.1e9).contains(&first) { 0.0 } else { first };
        let mut curve = Curve {
            name: "Memory".to_owned(),
            unit: Unit::Bytes,
            at: points.iter().map(|(at, _)| (at - start) / 1e9).collect(),
            value: points.iter().map(|(_, size)| size * MEGABYTE).collect(),
            place: Vec::new(),
        };
        if let (Some(peak), Ok(line @ 1..)) = (curve.peak(), u32::try_from(self.peak_line)) {
            curve.place = vec![None; points.len()];
            curve.place[peak] = Some(Place { file: self.peak_file.clone(), line, function: String::new() });
        }
        Some(Box::new(Series { curves: vec![curve], ..Series::default() }))
    }
}
