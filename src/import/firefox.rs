//! The processed JSON of Firefox's profiler: <https://github.com/firefox-devtools/profiler/blob/main/docs-developer/processed-profile-format.md>.
//!
//! Python 3.15's sampling profiler (`--gecko`), samply and perf's scripts write it, and <https://profiler.firefox.com>
//! saves it. Tables of numbers per thread, and texts in one list per thread or for all (`shared`), where newer versions
//! have the other tables as well. Python's functions are marked as JavaScript's; others have their file in the
//! resource. Times are milliseconds; a weight of nothing is one sample.

use super::beginning::Beginning;
use super::frame::NO_FILE;
use super::json::{Fault, Json};
use super::line_stacks::LineStacks;
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::{Profile, Track, Unit};

/// Firefox's.
pub struct Firefox;

/// For the registry.
pub static ABOUT: About = About {
    id: "firefox",
    title: "Firefox profiler JSON",
    kind: Kind::Profile,
    how_to_record: "python -m profiling.sampling run --gecko -o app.json app.py\n\
         Python 3.15. Also what samply and profiler.firefox.com save.",
};

const AGAIN: &str = "Record it again, or save it again from profiler.firefox.com.";

impl Format for Firefox {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let text = Beginning::of(head);
        if !text.starts_with(b"{") {
            0
        } else if text.holds(b"\"preprocessedProfileVersion\"") {
            95
        } else if text.holds(b"\"stackTable\"")
            && text.holds(b"\"frameTable\"")
            && !super::foreign::is_raw_gecko(&text)
        {
            70
        } else {
            0
        }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut json = Json::new(input);
        let file = File::read(&mut json).map_err(|fault| fault.of(self, AGAIN))?;
        let mut diagnostics = Diagnostics::default();
        let profile = file.profile(&mut diagnostics)?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

/// A column of numbers, -1 where there is none.
type Numbers = Vec<i64>;

/// The tables that stacks are made of.
#[derive(Default)]
struct Tables {
    prefix: Numbers,
    frame: Numbers,
    function: Numbers,
    line: Numbers,
    name: Numbers,
    file: Numbers,
    source: Numbers,
    begin: Numbers,
    resource: Numbers,
    resource_name: Numbers,
    source_file: Numbers,
    strings: Vec<String>,
}

#[derive(Default)]
struct Thread {
    name: String,
    process: Option<u64>,
    thread: Option<u64>,
    is_main: bool,
    stack: Numbers,
    weight: Vec<f64>,
    kind: String,
    tables: Tables,
}

#[derive(Default)]
struct File {
    threads: Vec<Thread>,
    shared: Tables,
}

fn numbers(json: &mut Json<'_, '_>) -> Result<Numbers, Fault> {
    let mut column = Vec::new();
    if json.array()? {
        while json.item()? {
            column.push(json.whole()?.unwrap_or(-1));
        }
    }
    Ok(column)
}

fn texts(json: &mut Json<'_, '_>) -> Result<Vec<String>, Fault> {
    let mut column = Vec::new();
    if json.array()? {
        while json.item()? {
            column.push(json.text()?.unwrap_or_default());
        }
    }
    Ok(column)
}

impl Tables {
    /// Takes the table `key`, if it is one; false, and nothing is read, if not.
    fn read(&mut self, json: &mut Json<'_, '_>, key: &str) -> Result<bool, Fault> {
        match key {
            "stringArray" | "stringTable" => self.strings = texts(json)?,
            "stackTable" => columns(json, |json, key| {
                match key {
                    "prefix" => self.prefix = numbers(json)?,
                    "frame" => self.frame = numbers(json)?,
                    _ => json.skip()?,
                }
                Ok(())
            })?,
            "frameTable" => columns(json, |json, key| {
                match key {
                    "func" => self.function = numbers(json)?,
                    "line" => self.line = numbers(json)?,
                    _ => json.skip()?,
                }
                Ok(())
            })?,
            "funcTable" => columns(json, |json, key| {
                match key {
                    "name" => self.name = numbers(json)?,
                    "fileName" => self.file = numbers(json)?,
                    "source" => self.source = numbers(json)?,
                    "lineNumber" => self.begin = numbers(json)?,
                    "resource" => self.resource = numbers(json)?,
                    _ => json.skip()?,
                }
                Ok(())
            })?,
            "resourceTable" => columns(json, |json, key| {
                match key {
                    "name" => self.resource_name = numbers(json)?,
                    _ => json.skip()?,
                }
                Ok(())
            })?,
            "sources" => columns(json, |json, key| {
                match key {
                    "filename" => self.source_file = numbers(json)?,
                    _ => json.skip()?,
                }
                Ok(())
            })?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn columns<'i, 'a>(
    json: &mut Json<'i, 'a>,
    mut column: impl FnMut(&mut Json<'i, 'a>, &str) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut name = String::new();
    if json.object()? {
        while let Some(key) = json.key()? {
            key.clone_into(&mut name);
            column(json, &name)?;
        }
    }
    Ok(())
}

impl File {
    fn read(json: &mut Json<'_, '_>) -> Result<Self, Fault> {
        let mut file = Self::default();
        columns(json, |json, key| {
            match key {
                "shared" => {
                    let shared = &mut file.shared;
                    columns(json, |json, key| if shared.read(json, key)? { Ok(()) } else { json.skip() })?;
                }
                "threads" => {
                    if json.array()? {
                        while json.item()? {
                            file.threads.push(Thread::read(json)?);
                        }
                    }
                }
                _ => json.skip()?,
            }
            Ok(())
        })?;
        Ok(file)
    }

    fn profile(self, diagnostics: &mut Diagnostics) -> Result<Profile, ImportError> {
        let units: Vec<(Unit, f64)> = self.threads.iter().map(|thread| unit(&thread.kind)).collect();
        let most = |unit: Unit| units.iter().filter(|(one, _)| *one == unit).count();
        let all = [Unit::Samples, Unit::Seconds, Unit::Bytes];
        let shown =
            all.into_iter().max_by_key(|&unit| (most(unit), unit == Unit::Samples)).unwrap_or_default();
        let name = if shown == Unit::Samples { "Samples" } else { "Time" };
        let mut stacks = LineStacks::new(vec![(name.to_owned(), shown)]);
        let mut noticed = Noticed::default();
        for (thread, (unit, scale)) in self.threads.iter().zip(&units) {
            if *unit == shown {
                thread.add(&self.shared, *scale, &mut stacks, &mut noticed);
            } else {
                noticed.other += 1;
            }
        }
        for (message, count) in [
            ("stacks that name a frame or function that is not there are left out", noticed.missing),
            ("samples with a weight that is negative, too large or no number are left out", noticed.bad),
            ("threads that measure something else are left out", noticed.other),
        ] {
            diagnostics.note_many(Level::Warning, message, count, || None);
        }
        let message = "samples in which a thread ran nothing are left out";
        diagnostics.note_many(Level::Info, message, noticed.idle, || None);
        stacks.finish().ok_or_else(|| ImportError::new(&Firefox, "no thread of it has a sample", AGAIN))
    }
}

#[derive(Default)]
struct Noticed {
    missing: u64,
    bad: u64,
    other: u64,
    idle: u64,
}

fn unit(kind: &str) -> (Unit, f64) {
    match kind {
        "tracing-ms" => (Unit::Seconds, 1e-3),
        "bytes" => (Unit::Bytes, 1.0),
        _ => (Unit::Samples, 1.0),
    }
}

impl Thread {
    fn read(json: &mut Json<'_, '_>) -> Result<Self, Fault> {
        let mut thread = Self::default();
        columns(json, |json, key| {
            match key {
                "name" => thread.name = json.text()?.unwrap_or_default(),
                "isMainThread" => thread.is_main = json.truth()?.unwrap_or(false),
                "pid" => thread.process = number(json)?,
                "tid" => thread.thread = number(json)?,
                "samples" => {
                    let (stack, weight, kind) = (&mut thread.stack, &mut thread.weight, &mut thread.kind);
                    columns(json, |json, key| {
                        match key {
                            "stack" => *stack = numbers(json)?,
                            "weight" => {
                                if json.array()? {
                                    while json.item()? {
                                        weight.push(json.number()?.unwrap_or(f64::NAN));
                                    }
                                }
                            }
                            "weightType" => *kind = json.text()?.unwrap_or_default(),
                            _ => json.skip()?,
                        }
                        Ok(())
                    })?;
                }
                _ => {
                    if !thread.tables.read(json, key)? {
                        json.skip()?;
                    }
                }
            }
            Ok(())
        })?;
        Ok(thread)
    }

    fn add(&self, shared: &Tables, scale: f64, stacks: &mut LineStacks, noticed: &mut Noticed) {
        // Each table is the thread's own, or that of all.
        fn of<'a, T>(own: &'a [T], shared: &'a [T]) -> &'a [T] {
            if own.is_empty() { shared } else { own }
        }
        let own = &self.tables;
        let strings = of(&own.strings, &shared.strings);
        let number = |column: &[i64], at: i64| {
            let at = usize::try_from(at).ok()?;
            column.get(at).copied().filter(|&number| number >= 0)
        };
        let text = |id: Option<i64>| {
            let at = usize::try_from(id?).ok()?;
            strings.get(at).map(String::as_str).filter(|text| !text.is_empty())
        };
        let (functions, lines) = (of(&own.function, &shared.function), of(&own.line, &shared.line));
        let (names, files) = (of(&own.name, &shared.name), of(&own.file, &shared.file));
        let (sources, begins) = (of(&own.source, &shared.source), of(&own.begin, &shared.begin));
        let resources = of(&own.resource, &shared.resource);
        let resource_names = of(&own.resource_name, &shared.resource_name);
        let source_files = of(&own.source_file, &shared.source_file);
        let frames: Vec<Option<u32>> = (0..functions.len() as i64)
            .map(|frame| {
                let function = number(functions, frame)?;
                let name = text(number(names, function))?;
                let file = text(number(files, function))
                    .or_else(|| text(number(source_files, number(sources, function)?)))
                    .or_else(|| text(number(resource_names, number(resources, function)?)))
                    .unwrap_or(NO_FILE);
                let line = number(lines, frame).unwrap_or(0);
                // Python 3.15 writes the line that ran last for that in which the function begins.
                let begin = number(begins, function).filter(|&begin| line == 0 && begin > 0);
                Some(stacks.frame(file, line, name, begin.unwrap_or(0)))
            })
            .collect();
        let (prefix, frame_of) = (of(&own.prefix, &shared.prefix), of(&own.frame, &shared.frame));
        // Per stack its node; nothing where it is damaged. Outer stacks come first.
        let mut nodes: Vec<Option<u32>> = Vec::with_capacity(frame_of.len());
        for (at, &frame) in frame_of.iter().enumerate() {
            let above = match prefix.get(at).copied().unwrap_or(-1) {
                -1 => Some(NO_PARENT),
                above => usize::try_from(above).ok().and_then(|above| nodes.get(above).copied().flatten()),
            };
            let frame = usize::try_from(frame).ok().and_then(|frame| frames.get(frame).copied().flatten());
            nodes.push(above.zip(frame).map(|(above, frame)| stacks.child(above, frame)));
        }
        let name =
            if self.is_main && self.name.starts_with("Thread-") { String::new() } else { self.name.clone() };
        let track =
            stacks.track(Track { name, process: self.process, thread: self.thread, ..Track::default() });
        for (at, &stack) in self.stack.iter().enumerate() {
            let Ok(stack) = usize::try_from(stack) else {
                noticed.idle += 1;
                continue;
            };
            let weight = if self.weight.is_empty() { Some(&1.0) } else { self.weight.get(at) };
            match nodes.get(stack).copied().flatten() {
                None => noticed.missing += 1,
                Some(node) => {
                    let value = weight.copied().unwrap_or(f64::NAN) * scale;
                    noticed.bad += u64::from(!stacks.add(0, track, node, value) && value != 0.0);
                }
            }
        }
    }
}

/// A number, which may be written as a text.
fn number(json: &mut Json<'_, '_>) -> Result<Option<u64>, Fault> {
    Ok(match json.peek()? {
        super::json::Next::Text => json.text()?.and_then(|text| text.parse().ok()),
        _ => json.whole()?.and_then(|number| u64::try_from(number).ok()),
    })
}
