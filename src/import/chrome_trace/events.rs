//! The events of a trace, as they come.

use rustc_hash::FxHashMap;

use super::super::collapsed::{Root, root_of_frame};
use super::super::frame::{self, NO_FILE, NO_FRAME};
use super::super::json::{Fault, Json};
use super::lanes::{Call, Lane, Stretches, lie_within};
use crate::document::{Diagnostics, Level};
use crate::profile::call_tree::NO_PARENT;
use crate::profile::stacks::{Builder, Same, TrackId};
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
                let duration = nanoseconds(Some(event.duration.unwrap_or(0.0)));
                let (Some(at), Some(duration)) =
                    (nanoseconds(event.at), duration.filter(|duration| *duration >= 0))
                else {
                    self.damaged += 1;
                    return;
                };
                let end = at.saturating_add(duration);
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

    /// Leaves the steps of tasks out of the threads that made them: VizTracer's `--log_async` gives each task a lane of
    /// its own, named after it, whose calls happened within the event loop's `Context.run` of the thread's lane.
    fn part_tasks(&mut self, ids: &[Option<(Id, Id)>], frames: &[(String, i64, String)]) {
        let is_step = |(file, _, name): &(String, i64, String)| {
            let of_loop = file.replace('\\', "/").ends_with("asyncio/events.py");
            name.ends_with("Context.run") || (of_loop && matches!(name.as_str(), "Handle._run" | "_run"))
        };
        let is_step: Vec<bool> = frames.iter().map(is_step).collect();
        let steps: Vec<Stretches> =
            self.lanes.iter().map(|lane| lane.stretches(|frame| is_step[frame as usize])).collect();
        for (task, id) in ids.iter().enumerate() {
            let Some(id) = id.as_ref().filter(|id| self.threads.contains_key(*id)) else { continue };
            let all = self.lanes[task].stretches(|_| true);
            let is_thread = |place: &usize| {
                *place != task
                    && !steps[*place].is_empty()
                    && ids[*place].as_ref().is_some_and(|(process, _)| *process == id.0)
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
        let same = if self.sampled { Same::Name } else { Same::Place };
        let mut builder = Builder::new(same, !self.sampled);
        if self.sampled {
            builder.join_spans();
        }
        // Roots are none, so each is made where it is needed.
        let frames = std::mem::take(&mut self.frames);
        let mut functions: Vec<Option<FunctionId>> = vec![None; frames.len()];
        let sampled = self.sampled;
        let root = |(file, _, name): &(String, i64, String)| {
            let is_none = sampled && (file.is_empty() || file == NO_FILE);
            is_none.then(|| root_of_frame(name)).flatten()
        };
        let roots: Vec<Option<Root>> = frames.iter().map(root).collect();
        let mut tracks = RootTracks::default();
        let mut ids: Vec<Option<(Id, Id)>> = vec![None; self.lanes.len()];
        for (id, place) in std::mem::take(&mut self.by_id) {
            ids[place] = Some(id);
        }
        if !sampled {
            self.part_tasks(&ids, &frames);
        }
        let mut noticed = super::lanes::Noticed::default();
        let first = self.lanes.iter().filter_map(Lane::first).min().unwrap_or(0);
        let several = self.processes.len() > 1;
        for (lane, id) in std::mem::take(&mut self.lanes).into_iter().zip(ids) {
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
            let own = builder.track(track.clone());
            let (mut at, mut said) = (own, Root::default());
            // Per call: its track, and whether it is the file's own frame there.
            let mut of: Vec<(Option<TrackId>, bool)> = Vec::new();
            let stacks = lane.stacks(&mut noticed, &mut |parent, is_outermost, span| {
                if span.is_elsewhere() {
                    of.push((None, true));
                    return parent;
                }
                if is_outermost {
                    (at, said) = (own, Root::default());
                }
                let frame = span.frame as usize;
                if let (NO_PARENT, Some(root)) = (parent, &roots[frame]) {
                    said = said.and(root);
                    at = tracks.of(&said, &track, &mut builder);
                    of.push((Some(at), false));
                    return NO_PARENT;
                }
                of.push((Some(at), true));
                let (file, line, name) = &frames[frame];
                let function = *functions[frame].get_or_insert_with(|| builder.function(file, *line, name));
                builder.child(parent, function)
            });
            let moment = |at: i64| (at - first) as f64 / 1e9;
            for (place, (&Call { node, own, from, to }, (track, is_frame))) in
                stacks.iter().zip(of).enumerate()
            {
                let moments = (moment(from), moment(to));
                let Some(track) = track else {
                    builder.elsewhere(at, node, moments);
                    continue;
                };
                if is_frame {
                    builder.span(track, node, moments);
                }
                // A thread in which no Python ran.
                let node = match node {
                    NO_PARENT if own > 0 => {
                        let function = builder.function(NO_FILE, 0, NO_FRAME);
                        let node = builder.child(NO_PARENT, function);
                        for (from, to) in free(from, to, &stacks[place + 1..]) {
                            builder.span(track, node, (moment(from), moment(to)));
                        }
                        node
                    }
                    node => node,
                };
                builder.add(track, node, own as f64 / 1e9, 1);
            }
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

/// The stretches of a call in which none of `later` is on, which are those after it, in order of their beginnings.
fn free(from: i64, to: i64, later: &[Call]) -> Stretches {
    let mut free = Stretches::new();
    let mut at = from;
    for call in later.iter().take_while(|call| call.from < to) {
        if call.from > at {
            free.push((at, call.from));
        }
        at = at.max(call.to);
    }
    if at < to {
        free.push((at, to));
    }
    free
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
