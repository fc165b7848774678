//! The events of a trace, as they come.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::super::collapsed::{Root, root_of_frame};
use super::super::frame::{self, NO_FILE, NO_FRAME};
use super::super::json::{Fault, Json};
use super::forks;
use super::lanes::{Lane, Open, Span, Stretches, Visitor, lie_within};
use super::quick;
use crate::document::{Diagnostics, Level};
use crate::profile::call_tree::NO_PARENT;
use crate::profile::stacks::{Builder, Same, TrackId};
use crate::profile::{FunctionId, Profile, Strings, Track, Unit};

/// A frame: file, line and name.
type Frame = (String, i64, String);

/// What is known of the events so far.
#[derive(Default)]
pub(super) struct Reading {
    /// Names with places, each once: `name`, `file`, `line`.
    names: Strings,
    frames: Vec<Frame>,
    known: FxHashMap<(u32, u32, i64), u32>,
    /// Frames by the text that names them where there is no more than that: most events have one that was there before.
    by_text: FxHashMap<Box<str>, u32>,
    lanes: Vec<Lane>,
    /// Per lane the process and the thread of its first event.
    ids: Vec<Ids>,
    by_id: FxHashMap<Ids, usize>,
    /// The lane of the last event, which the next one mostly is of as well.
    last: Option<(Ids, usize)>,
    processes: FxHashMap<Id<'static>, String>,
    threads: FxHashMap<Ids, String>,
    /// Whether the buffer of the recorder was too small.
    pub overflow: bool,
    /// What added to times gives those since 1970-01-01T00:00Z, ns; to a quarter of a microsecond, as a double holds it.
    pub base: Option<f64>,
    /// Whether no event is begun.
    pub is_between_events: bool,
    sampled: bool,
    damaged: u64,
    without_time: u64,
}

/// A process's or a thread's: a number mostly, but the format allows a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) enum Id<'a> {
    #[default]
    None,
    Number(u64),
    Text(Cow<'a, str>),
}

/// Of an event's process and thread.
pub(super) type Ids = (Id<'static>, Id<'static>);

impl Id<'_> {
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// That of a number. Addresses of tasks are larger than what a double holds exactly; two of them stay two.
    pub fn of_number(number: Option<f64>) -> Self {
        number.filter(|number| number.is_finite()).map_or(Self::None, |number| Self::Number(number as u64))
    }

    fn owned(&self) -> Id<'static> {
        match self {
            Self::None => Id::None,
            Self::Number(number) => Id::Number(*number),
            Self::Text(text) => Id::Text(Cow::Owned(text.clone().into_owned())),
        }
    }

    fn read(json: &mut Json<'_, '_>) -> Result<Self, Fault> {
        if json.peek()? == super::super::json::Next::Text {
            return Ok(json.text()?.map_or(Self::None, |text| Self::Text(Cow::Owned(text))));
        }
        Ok(Self::of_number(json.number()?))
    }
}

/// One event.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Event<'a> {
    pub phase: Cow<'a, str>,
    pub name: Cow<'a, str>,
    pub category: Cow<'a, str>,
    pub process: Id<'a>,
    pub thread: Id<'a>,
    pub at: Option<f64>,
    pub duration: Option<f64>,
    /// Out of its arguments: the name of a thread, the place of a frame.
    pub named: Option<Cow<'a, str>>,
    pub file: Option<Cow<'a, str>>,
    pub line: i64,
}

impl Reading {
    pub fn has_events(&self) -> bool {
        self.lanes.iter().any(|lane| !lane.is_empty())
    }

    /// Reads the list of events that comes next.
    pub async fn list(&mut self, json: &mut Json<'_, '_>) -> Result<(), Fault> {
        if !json.array()? {
            return Ok(());
        }
        self.is_between_events = true;
        while json.item()? {
            json.ready().await;
            // A comma may stand before an end that is missing.
            json.peek()?;
            self.is_between_events = false;
            match self.take_plain(json.at_hand()) {
                0 => {
                    if let Some(event) = read(json)? {
                        self.take(&event);
                    }
                }
                length => json.pass(length),
            }
            self.is_between_events = true;
        }
        self.is_between_events = false;
        Ok(())
    }

    /// Takes the plain events that `bytes` begin with, and says how long they are, with all that is between them.
    fn take_plain(&mut self, bytes: &[u8]) -> usize {
        let (mut at, mut taken) = (0, 0);
        while let Some((event, length)) = quick::event(&bytes[at..]) {
            self.take(&event);
            taken = at + length;
            let Some(between) = quick::comma(&bytes[taken..]) else { break };
            at = taken + between;
        }
        taken
    }

    fn take(&mut self, event: &Event<'_>) {
        match &*event.phase {
            "M" => {
                let Some(named) = &event.named else { return };
                let named = named.clone().into_owned();
                let process = event.process.owned();
                match &*event.name {
                    "process_name" => drop(self.processes.insert(process, named)),
                    "thread_name" => drop(self.threads.insert((process, event.thread.owned()), named)),
                    _ => {}
                }
            }
            "X" => {
                let duration = nanoseconds(Some(event.duration.unwrap_or(0.0)));
                let (Some(at), Some(duration)) =
                    (nanoseconds(event.at), duration.filter(|duration| *duration >= 0))
                else {
                    self.damaged += 1;
                    return;
                };
                let end = at.saturating_add(duration);
                let frame = self.frame(event);
                self.lane(event).whole(at, end, frame);
            }
            "B" | "E" => {
                let Some(at) = nanoseconds(event.at) else {
                    self.damaged += 1;
                    return;
                };
                self.sampled |= event.category == "py-spy";
                if event.phase == "B" {
                    let frame = self.frame(event);
                    self.lane(event).begin(at, frame);
                } else {
                    self.lane(event).end(at);
                }
            }
            "" => self.damaged += 1,
            _ => self.without_time += 1,
        }
    }

    fn lane(&mut self, event: &Event<'_>) -> &mut Lane {
        // py-spy ends a call when it takes the next sample of its thread, and with the process of that one: forked
        // processes have one thread's number.
        let none = Id::None;
        let of = if event.category == "py-spy" { &none } else { &event.process };
        let place = match &self.last {
            Some(((process, thread), place)) if process == of && *thread == event.thread => *place,
            _ => {
                let ids = (of.owned(), event.thread.owned());
                let next = self.lanes.len();
                let place = *self.by_id.entry(ids.clone()).or_insert(next);
                if place == next {
                    self.lanes.push(Lane::default());
                    self.ids.push((event.process.owned(), event.thread.owned()));
                }
                self.last = Some((ids, place));
                place
            }
        };
        &mut self.lanes[place]
    }

    fn frame(&mut self, event: &Event<'_>) -> u32 {
        let spelt = match &event.file {
            Some(file) => frame::Spelt { file, line: event.line, name: &event.name },
            None => {
                if let Some(&known) = self.by_text.get(&*event.name) {
                    return known;
                }
                let alone = frame::Spelt { file: NO_FILE, line: 0, name: &event.name };
                frame::in_brackets(&event.name).unwrap_or(alone)
            }
        };
        let key = (self.names.intern(spelt.name), self.names.intern(spelt.file), spelt.line);
        let next = self.frames.len() as u32;
        let place = *self.known.entry(key).or_insert(next);
        if place == next {
            self.frames.push((spelt.file.to_owned(), spelt.line, spelt.name.to_owned()));
        }
        if event.file.is_none() {
            self.by_text.insert((*event.name).into(), place);
        }
        place
    }

    /// Leaves the steps of tasks out of the threads that made them: VizTracer's `--log_async` gives each task a lane of
    /// its own, named after it, whose calls happened within the event loop's `Context.run` of the thread's lane.
    fn part_tasks(&mut self, ids: &[Ids], frames: &[Frame]) {
        let is_step = |(file, _, name): &Frame| {
            let of_loop = file.replace('\\', "/").ends_with("asyncio/events.py");
            name.ends_with("Context.run") || (of_loop && matches!(name.as_str(), "Handle._run" | "_run"))
        };
        let is_step: Vec<bool> = frames.iter().map(is_step).collect();
        let steps: Vec<Stretches> =
            self.lanes.iter().map(|lane| lane.stretches(|frame| is_step[frame as usize])).collect();
        for (task, id) in ids.iter().enumerate() {
            if !self.threads.contains_key(id) {
                continue;
            }
            let all = self.lanes[task].stretches(|_| true);
            let is_thread = |place: &usize| {
                *place != task
                    && !steps[*place].is_empty()
                    && ids[*place].0 == id.0
                    && lie_within(&all, &steps[*place])
                    && !self.lanes[*place].begins_within(&all)
            };
            if let Some(thread) = (0..ids.len()).find(is_thread) {
                self.lanes[thread].leave_out(&all);
            }
        }
    }

    /// All stacks; `None` where there are none.
    pub fn profile(mut self, diagnostics: &mut Diagnostics) -> Option<Profile> {
        // Large, and no longer needed.
        drop((
            std::mem::take(&mut self.names),
            std::mem::take(&mut self.known),
            std::mem::take(&mut self.by_text),
        ));
        let frames = std::mem::take(&mut self.frames);
        let ids = std::mem::take(&mut self.ids);
        let repeated = forks::leave_out_repeated(&mut self.lanes, &ids);
        if !self.sampled {
            self.part_tasks(&ids, &frames);
        }
        let mut noticed = super::lanes::Noticed::default();
        let first = self.lanes.iter().filter_map(Lane::first).min().unwrap_or(0);
        let several = self.processes.len() > 1;
        let mut calls = Calls::of(&frames, self.sampled, first);
        for (lane, id) in std::mem::take(&mut self.lanes).into_iter().zip(ids) {
            let (process, thread) = id;
            let start = lane.first().map(|at| (at - first) as f64 / 1e9);
            let mut name = self.threads.get(&(process.clone(), thread.clone())).cloned().unwrap_or_default();
            if let Some(of) = self.processes.get(&process).filter(|_| several) {
                name = if name.is_empty() { of.clone() } else { format!("{of}: {name}") };
            }
            if let (true, Id::Text(text)) = (name.is_empty(), &thread) {
                name = text.clone().into_owned();
            }
            calls.begin(Track {
                name,
                process: process.number(),
                thread: thread.number(),
                start,
                ..Track::default()
            });
            lane.walk(&mut noticed, &mut calls);
        }
        let mut builder = calls.builder;
        if let Some(base) = self.base {
            builder.set_zero((base + first as f64) / 1e6);
        }
        noticed.say(diagnostics);
        for (level, message, count) in [
            (
                Level::Warning,
                "events without a time, or with one that is none or too large, are left out",
                self.damaged,
            ),
            (
                Level::Info,
                "calls from before a process was forked, which the trace repeats for the new process, are left out there",
                repeated,
            ),
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

/// What calls become: stacks with weights, and spans.
struct Calls<'a> {
    frames: &'a [Frame],
    builder: Builder,
    /// Per frame the function that was made of it. Roots are none, so each is made where it is needed.
    functions: Vec<Option<FunctionId>>,
    roots: Vec<Option<Root>>,
    root_tracks: RootTracks,
    /// Nanoseconds at which moments begin.
    first: i64,
    /// The lane's own track, and of what is read now the track and what its outermost frames say.
    lane: Track,
    own: TrackId,
    at: TrackId,
    said: Root,
}

/// Of a call that is on: its track, none where what runs is in another lane, and its node.
#[derive(Clone, Copy)]
struct At {
    track: Option<TrackId>,
    node: u32,
    /// Whether it is a frame of the file's that says what thread it is, and no call.
    is_root: bool,
}

impl<'a> Calls<'a> {
    fn of(frames: &'a [Frame], sampled: bool, first: i64) -> Self {
        let mut builder = Builder::new(if sampled { Same::Name } else { Same::Place }, !sampled);
        if sampled {
            builder.join_spans();
        }
        let root = |(file, _, name): &Frame| {
            let is_none = sampled && (file.is_empty() || file == NO_FILE);
            is_none.then(|| root_of_frame(name)).flatten()
        };
        Self {
            roots: frames.iter().map(root).collect(),
            functions: vec![None; frames.len()],
            frames,
            builder,
            root_tracks: RootTracks::default(),
            first,
            lane: Track::default(),
            own: 0,
            at: 0,
            said: Root::default(),
        }
    }

    /// A lane begins.
    fn begin(&mut self, lane: Track) {
        self.own = self.builder.track(lane.clone());
        self.lane = lane;
        (self.at, self.said) = (self.own, Root::default());
    }

    fn moments(&self, from: i64, to: i64) -> (f64, f64) {
        ((from - self.first) as f64 / 1e9, (to - self.first) as f64 / 1e9)
    }

    /// The node of a thread in which no Python ran.
    fn no_frame(&mut self) -> u32 {
        let function = self.builder.function(NO_FILE, 0, NO_FRAME);
        self.builder.child(NO_PARENT, function)
    }
}

impl Visitor for Calls<'_> {
    type At = At;

    fn enter(&mut self, above: Option<&Open<At>>, span: &Span) -> At {
        let parent = above.map_or(NO_PARENT, |above| above.at.node);
        if span.is_elsewhere() {
            self.builder.elsewhere(self.at, parent, self.moments(span.from, span.to));
            return At { track: None, node: parent, is_root: false };
        }
        if above.is_none() {
            (self.at, self.said) = (self.own, Root::default());
        }
        let frame = span.frame as usize;
        if let (NO_PARENT, Some(root)) = (parent, &self.roots[frame]) {
            self.said = std::mem::take(&mut self.said).and(root);
            self.at = self.root_tracks.of(&self.said, &self.lane, &mut self.builder);
            return At { track: Some(self.at), node: NO_PARENT, is_root: true };
        }
        let function = match self.functions[frame] {
            Some(function) => function,
            None => {
                let (file, line, name) = &self.frames[frame];
                *self.functions[frame].insert(self.builder.function(file, *line, name))
            }
        };
        let node = self.builder.child(parent, function);
        self.builder.span(self.at, node, self.moments(span.from, span.to));
        At { track: Some(self.at), node, is_root: false }
    }

    fn alone(&mut self, open: &Open<At>, from: i64, to: i64) {
        if let At { track: Some(track), node: NO_PARENT, is_root: true } = open.at {
            let node = self.no_frame();
            self.builder.span(track, node, self.moments(from, to));
        }
    }

    fn leave(&mut self, open: &Open<At>) {
        let At { track: Some(track), mut node, .. } = open.at else { return };
        if node == NO_PARENT {
            if open.own <= 0 {
                return;
            }
            node = self.no_frame();
        }
        self.builder.add(track, node, open.own as f64 / 1e9, 1);
    }
}

/// The tracks of what py-spy writes as outermost frames.
#[derive(Default)]
struct RootTracks(FxHashMap<(Option<u64>, Option<u64>), TrackId>);

impl RootTracks {
    /// That of a root in a lane that `lane` describes.
    fn of(&mut self, root: &Root, lane: &Track, builder: &mut Builder) -> TrackId {
        let (process, thread) = (root.process.or(lane.process), root.thread.or(lane.thread));
        let new = || builder.track(Track { process, thread, ..lane.clone() });
        let track = *self.0.entry((process, thread)).or_insert_with(new);
        // Its name is known only once the module threading was imported.
        if !root.name.is_empty()
            && let Some(track) = builder.track_mut(track)
        {
            track.name.clone_from(&root.name);
        }
        track
    }
}

fn nanoseconds(microseconds: Option<f64>) -> Option<i64> {
    let nanoseconds = microseconds? * 1e3;
    (nanoseconds.abs() < 9e18).then(|| nanoseconds.round() as i64)
}

/// Reads an event; `None` for what is no object.
fn read(json: &mut Json<'_, '_>) -> Result<Option<Event<'static>>, Fault> {
    if !json.object()? {
        return Ok(None);
    }
    let text = |json: &mut Json<'_, '_>| Ok(json.text()?.map_or(Cow::Borrowed(""), Cow::Owned));
    let mut event = Event::default();
    while let Some(key) = json.key()? {
        match key {
            "ph" => event.phase = text(json)?,
            "name" => event.name = text(json)?,
            "cat" => event.category = text(json)?,
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

fn read_arguments(json: &mut Json<'_, '_>, event: &mut Event<'_>) -> Result<(), Fault> {
    if json.object()? {
        while let Some(key) = json.key()? {
            match key {
                "name" => event.named = json.text()?.map(Cow::Owned),
                "filename" => event.file = json.text()?.map(Cow::Owned),
                "line" => event.line = json.whole()?.unwrap_or(0).max(0),
                _ => json.skip()?,
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
