//! The events of a trace, as they come.

use rustc_hash::FxHashMap;

use super::super::frame::{self, NO_FILE};
use super::super::json::{Fault, Json};
use super::lanes::{Lane, Span};
use crate::document::{Diagnostics, Level};
use crate::profile::stacks::{Builder, Same};
use crate::profile::{FunctionId, Profile, Strings, Track, Unit};

/// What is known of the events so far.
#[derive(Default)]
pub(super) struct Reading {
    /// Names with places, each once: `name`, `file`, `line`.
    names: Strings,
    frames: Vec<(String, i64, String)>,
    known: FxHashMap<(u32, u32, i64), u32>,
    lanes: Vec<Lane>,
    by_id: FxHashMap<(Id, Id), usize>,
    processes: FxHashMap<Id, String>,
    threads: FxHashMap<(Id, Id), String>,
    /// Whether the buffer of the recorder was too small.
    pub overflow: bool,
    /// Whether no event is begun.
    pub is_between_events: bool,
    sampled: bool,
    damaged: u64,
    without_time: u64,
}

/// A process's or a thread's: a number mostly, but the format allows a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
enum Id {
    #[default]
    None,
    Number(u64),
    Text(String),
}

impl Id {
    fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn read(json: &mut Json<'_, '_>) -> Result<Self, Fault> {
        if json.peek()? == super::super::json::Next::Text {
            return Ok(json.text()?.map_or(Self::None, Self::Text));
        }
        // Addresses of tasks are larger than what a double holds exactly; two of them stay two.
        Ok(json
            .number()?
            .filter(|number| number.is_finite())
            .map_or(Self::None, |number| Self::Number(number as u64)))
    }
}

/// One event.
#[derive(Default)]
struct Event {
    phase: String,
    name: String,
    category: String,
    process: Id,
    thread: Id,
    at: Option<f64>,
    duration: Option<f64>,
    /// Out of its arguments: the name of a thread, the place of a frame.
    named: Option<String>,
    file: Option<String>,
    line: i64,
}

impl Reading {
    pub fn has_events(&self) -> bool {
        self.lanes.iter().any(|lane| !lane.is_empty())
    }

    /// Reads the list of events that comes next.
    pub fn list(&mut self, json: &mut Json<'_, '_>) -> Result<(), Fault> {
        if !json.array()? {
            return Ok(());
        }
        self.is_between_events = true;
        while json.item()? {
            // A comma may stand before an end that is missing.
            json.peek()?;
            self.is_between_events = false;
            let event = read(json)?;
            self.is_between_events = true;
            if let Some(event) = event {
                self.take(event);
            }
        }
        self.is_between_events = false;
        Ok(())
    }

    fn take(&mut self, event: Event) {
        let id = (event.process.clone(), event.thread.clone());
        match event.phase.as_str() {
            "M" => {
                let Some(named) = event.named else { return };
                match event.name.as_str() {
                    "process_name" => drop(self.processes.insert(event.process, named)),
                    "thread_name" => drop(self.threads.insert(id, named)),
                    _ => {}
                }
            }
            "X" => {
                let duration = event.duration.unwrap_or(0.0);
                let (Some(at), true) = (nanoseconds(event.at), duration.is_finite() && duration >= 0.0)
                else {
                    self.damaged += 1;
                    return;
                };
                let end = at.saturating_add(nanoseconds(Some(duration)).unwrap_or(0));
                let frame = self.frame(&event);
                self.lane(id).whole(at, end, frame);
            }
            "B" | "E" => {
                let Some(at) = nanoseconds(event.at) else {
                    self.damaged += 1;
                    return;
                };
                self.sampled |= event.category == "py-spy";
                if event.phase == "B" {
                    let frame = self.frame(&event);
                    self.lane(id).begin(at, frame);
                } else {
                    self.lane(id).end(at);
                }
            }
            "" => self.damaged += 1,
            _ => self.without_time += 1,
        }
    }

    fn lane(&mut self, id: (Id, Id)) -> &mut Lane {
        let next = self.lanes.len();
        let place = *self.by_id.entry(id).or_insert(next);
        if place == next {
            self.lanes.push(Lane::default());
        }
        &mut self.lanes[place]
    }

    fn frame(&mut self, event: &Event) -> u32 {
        let spelt = match &event.file {
            Some(file) => frame::Spelt { file, line: event.line, name: &event.name },
            None => frame::in_brackets(&event.name).unwrap_or(frame::Spelt {
                file: NO_FILE,
                line: 0,
                name: &event.name,
            }),
        };
        let key = (self.names.intern(spelt.name), self.names.intern(spelt.file), spelt.line);
        let next = self.frames.len() as u32;
        let place = *self.known.entry(key).or_insert(next);
        if place == next {
            self.frames.push((spelt.file.to_owned(), spelt.line, spelt.name.to_owned()));
        }
        place
    }

    /// All stacks; `None` where there are none.
    pub fn profile(self, diagnostics: &mut Diagnostics) -> Option<Profile> {
        let same = if self.sampled { Same::Name } else { Same::Place };
        let mut builder = Builder::new(same, !self.sampled);
        let functions: Vec<FunctionId> =
            self.frames.iter().map(|(file, line, name)| builder.function(file, *line, name)).collect();
        let mut ids: Vec<Option<(Id, Id)>> = vec![None; self.lanes.len()];
        for (id, place) in self.by_id {
            ids[place] = Some(id);
        }
        let mut noticed = super::lanes::Noticed::default();
        let first = self.lanes.iter().filter_map(Lane::first).min().unwrap_or(0);
        let several = self.processes.len() > 1;
        for (lane, id) in self.lanes.into_iter().zip(ids) {
            let (process, thread) = id.unwrap_or_default();
            let start = lane.first().map(|at| (at - first) as f64 / 1e9);
            let mut name = self.threads.get(&(process.clone(), thread.clone())).cloned().unwrap_or_default();
            if let Some(of) = self.processes.get(&process).filter(|_| several) {
                name = if name.is_empty() { of.clone() } else { format!("{of}: {name}") };
            }
            if let (true, Id::Text(text)) = (name.is_empty(), &thread) {
                name.clone_from(text);
            }
            let track =
                Track { name, process: process.number(), thread: thread.number(), start, ..Track::default() };
            let track = builder.track(track);
            lane.stacks(&mut noticed, &mut |parent, Span { frame, .. }| {
                builder.child(parent, functions[frame as usize])
            })
            .into_iter()
            .for_each(|(node, own)| {
                builder.add(track, node, own as f64 / 1e9, 1);
            });
        }
        noticed.say(diagnostics);
        for (level, message, count) in [
            (Level::Warning, "events without a time, or with one that is none, are left out", self.damaged),
            (
                Level::Info,
                "events that take no time of a thread (counters, flows, asynchronous ones) are left out",
                self.without_time,
            ),
        ] {
            diagnostics.note_many(level, message, count, || None);
        }
        if self.overflow {
            let message = "VizTracer's buffer was full: the oldest calls are missing (record with a larger \
                           --tracer_entries, or --min_duration)";
            diagnostics.note(Level::Warning, message, || None);
        }
        (!builder.is_empty()).then(|| builder.finish(Unit::Seconds))
    }
}

fn nanoseconds(microseconds: Option<f64>) -> Option<i64> {
    let nanoseconds = microseconds? * 1e3;
    (nanoseconds.abs() < 9e18).then(|| nanoseconds.round() as i64)
}

/// Reads an event; `None` for what is no object.
fn read(json: &mut Json<'_, '_>) -> Result<Option<Event>, Fault> {
    if !json.object()? {
        return Ok(None);
    }
    let mut event = Event::default();
    while let Some(key) = json.key()? {
        match key.as_str() {
            "ph" => event.phase = json.text()?.unwrap_or_default(),
            "name" => event.name = json.text()?.unwrap_or_default(),
            "cat" => event.category = json.text()?.unwrap_or_default(),
            "pid" => event.process = Id::read(json)?,
            "tid" => event.thread = Id::read(json)?,
            "ts" => event.at = json.number()?,
            "dur" => event.duration = Some(json.number()?.unwrap_or(f64::NAN)),
            "args" => read_arguments(json, &mut event)?,
            _ => json.skip()?,
        }
    }
    Ok(Some(event))
}

fn read_arguments(json: &mut Json<'_, '_>, event: &mut Event) -> Result<(), Fault> {
    if json.object()? {
        while let Some(key) = json.key()? {
            match key.as_str() {
                "name" => event.named = json.text()?,
                "filename" => event.file = json.text()?,
                "line" => event.line = json.whole()?.unwrap_or(0).max(0),
                _ => json.skip()?,
            }
        }
    }
    Ok(())
}
