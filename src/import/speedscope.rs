//! speedscope's own format: <https://www.speedscope.app/file-format-schema.json>, explained in
//! <https://github.com/jlfwong/speedscope/wiki/Importing-from-custom-sources>.
//!
//! Many tools write it, with meanings of their own:
//!
//! - [py-spy](https://github.com/benfred/py-spy/blob/master/src/speedscope.rs), Austin's and memray's converters
//!   give the line that was running, so a function has many frames; pyinstrument, and Flamedrop's own export,
//!   that in which it begins.
//! - py-spy's and Austin's threads are profiles; a stack without frames is time of a thread outside Python. With `-t`
//!   and `-s` py-spy's outermost frames are none: `thread (N): name` and `process N:"command"`.
//! - pyinstrument's `[self]` is time of the frame above it; a program that its file lost is in `endValue` only.
//!
//! Frames may stand behind the profiles, so stacks are kept by the number of their frames until the end.

mod profiles;

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::beginning::Beginning;
use super::collapsed::{Root, root_of_frame};
use super::frame::{NO_FILE, NO_FRAME};
use super::json::{Fault, Json};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::built_in::PYINSTRUMENT;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::stacks::{Builder, Same};
use crate::profile::{Profile, Track, Unit};
use profiles::{Read, Trie};

/// speedscope JSON.
pub struct Speedscope;

/// For the registry.
pub static ABOUT: About = About {
    id: "speedscope",
    title: "speedscope JSON",
    kind: Kind::Profile,
    how_to_record: "py-spy record -f speedscope -o app.speedscope.json -- python app.py\n\
         Also pyinstrument -r speedscope, austin2speedscope, memray transform speedscope, and Flamedrop's own export.",
};

const RECORD_AGAIN: &str = "Write it again with the tool that it is from.";
const CUT: &str = "It was cut short, or copied before it was complete: copy it again.";

impl Format for Speedscope {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let text = Beginning::of(head);
        if !text.starts_with(b"{") {
            0
        } else if text.holds(b"speedscope.app/file-format-schema.json") {
            95
        } else if text.holds(b"\"profiles\"") && (text.holds(b"\"evented\"") || text.holds(b"\"sampled\"")) {
            // The schema's address is not always written.
            70
        } else {
            0
        }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut json = Json::new(input);
        let file = read(&mut json).map_err(|fault| match fault {
            Fault::Cut(_) => fault.of(self, CUT),
            _ => fault.of(self, RECORD_AGAIN),
        })?;
        let mut diagnostics = Diagnostics::default();
        let profile = file.profile(&mut diagnostics)?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

/// A frame of the list that all profiles share.
#[derive(Default)]
struct Frame {
    name: String,
    file: Option<String>,
    line: i64,
}

/// All of a file.
#[derive(Default)]
struct File {
    frames: Vec<Frame>,
    trie: Trie,
    profiles: Vec<Read>,
    exporter: String,
    /// The profile to be shown first.
    active: Option<i64>,
    /// Our own export says that times are a processor's.
    is_cpu: bool,
}

fn read(json: &mut Json<'_, '_>) -> Result<File, Fault> {
    let mut file = File::default();
    if !json.object()? {
        return Ok(file);
    }
    while let Some(key) = json.key()? {
        match key {
            "shared" => read_shared(json, &mut file.frames)?,
            "profiles" => {
                if json.array()? {
                    while json.item()? {
                        if let Some(profile) = profiles::read(json, &mut file.trie)? {
                            file.profiles.push(profile);
                        }
                    }
                }
            }
            "exporter" => file.exporter = json.text()?.unwrap_or_default(),
            "flamedrop" => {
                if json.object()? {
                    while let Some(key) = json.key()? {
                        let is_unit = key == "unit";
                        file.is_cpu |= json.text_lent()? == Some(Unit::CpuSeconds.id()) && is_unit;
                    }
                }
            }
            "activeProfileIndex" => file.active = json.whole()?,
            _ => json.skip()?,
        }
    }
    Ok(file)
}

fn read_shared(json: &mut Json<'_, '_>, frames: &mut Vec<Frame>) -> Result<(), Fault> {
    if !json.object()? {
        return Ok(());
    }
    while let Some(key) = json.key()? {
        if key != "frames" {
            json.skip()?;
            continue;
        }
        if !json.array()? {
            continue;
        }
        while json.item()? {
            let mut frame = Frame::default();
            if json.object()? {
                while let Some(key) = json.key()? {
                    match key {
                        "name" => frame.name = json.text()?.unwrap_or_default(),
                        // pyinstrument's `<built-in>` stays: it says how their names are spelt.
                        "file" => frame.file = json.text()?.filter(|file| !file.is_empty()),
                        "line" => frame.line = json.whole()?.unwrap_or(0).max(0),
                        _ => json.skip()?,
                    }
                }
            }
            frames.push(frame);
        }
    }
    Ok(())
}

impl File {
    fn profile(self, diagnostics: &mut Diagnostics) -> Result<Profile, ImportError> {
        let exporter = self.exporter.to_ascii_lowercase();
        let from = |tool: &str| exporter.starts_with(tool);
        if let Some(&(missing, at)) =
            self.trie.largest().iter().find(|(frame, _)| *frame as usize >= self.frames.len())
        {
            let problem =
                format!("a stack has frame number {missing}, but the file has {} frames", self.frames.len());
            let error = ImportError::new(&Speedscope, problem, RECORD_AGAIN);
            return Err(error.at(format!("byte {}", crate::format::count(at as i64))));
        }
        let same = match from("py-spy") || from("austin") || from("memray") {
            true => Same::Name,
            false => Same::Place,
        };
        let mut builder = Builder::new(same, false);
        let unit = self.unit(diagnostics);
        let roots = self.roots(from("py-spy"));
        let nodes = self.nodes(&mut builder, from("pyinstrument"), &roots);
        let mut noticed = profiles::Noticed::default();
        let mut outside = FxHashMap::default();
        for profile in self.profiles.iter().filter(|profile| profile.unit.0 == unit) {
            noticed.add(&profile.noticed);
            let mut track = track_of(&profile.name, &exporter);
            // What the stacks themselves say is more: the name, once it is known.
            let said = profile.weights.keys().filter_map(|&node| roots.get(node as usize)?.as_ref());
            if let Some(root) = said.max_by_key(|root| (!root.name.is_empty(), root.name.len())) {
                track.process = root.process.or(track.process);
                track.thread = root.thread.or(track.thread);
                // Without -t only the profile's own name says which of a process's threads it is.
                let thread = Root { name: std::mem::take(&mut track.name), ..Root::default() };
                track.name = match root.thread {
                    Some(_) if !root.name.is_empty() => root.name.clone(),
                    Some(_) => thread.name,
                    None => root.and(&thread).name,
                };
            }
            track.start = unit.is_time().then_some(profile.start * profile.unit.1);
            let track = builder.track(track);
            let mut node_of = |builder: &mut Builder, node: u32| match nodes.get(node as usize) {
                Some(&node) if node != NO_PARENT => node,
                // A stack without frames: time of a thread outside of any function.
                _ => *outside.entry(()).or_insert_with(|| {
                    let function = builder.function(NO_FILE, 0, NO_FRAME);
                    builder.child(NO_PARENT, function)
                }),
            };
            for (&node, &weight) in &profile.weights {
                let node = node_of(&mut builder, node);
                builder.add(track, node, weight * profile.unit.1, 0);
            }
            if !profile.is_in_order() || from("flamedrop") || unit == Unit::Bytes {
                continue;
            }
            for &(node, from, to) in &profile.spans {
                let place = nodes.get(node as usize).copied().unwrap_or(NO_PARENT);
                // A root is none, and the frame's own `[self]` is the frame.
                let is_frame =
                    self.trie.parent_of(node).is_none_or(|parent| nodes.get(parent as usize) != Some(&place));
                if place != NO_PARENT && is_frame {
                    builder.span(track, place, (from * profile.unit.1, to * profile.unit.1));
                }
            }
            let mut at = 0.0;
            for &(node, weight) in &profile.samples {
                let node = node_of(&mut builder, node);
                let end = at + weight * profile.unit.1;
                builder.sample(track, node, (at, end), None);
                at = end;
            }
            if !profile.samples.is_empty() {
                builder.in_order_only();
            }
        }
        noticed.say(diagnostics);
        for profile in self.profiles.iter().filter(|profile| profile.unit.0 == unit) {
            let (sum, whole) = (profile.weights.values().sum::<f64>(), profile.end - profile.start);
            // The tool's fault: it goes down the first of several roots and drops the others.
            if profile.is_evented && sum < whole / 2.0 && sum > 0.0 {
                let message = format!(
                    "the stacks hold {} of the {} that were recorded: the tool that wrote the file left out the rest",
                    unit.text(sum * profile.unit.1),
                    unit.text(whole * profile.unit.1)
                );
                diagnostics.note(Level::Warning, &message, || Some(profile.name.clone()));
            }
        }
        if builder.is_empty() {
            return Err(ImportError::new(&Speedscope, "no stack of it has a weight", RECORD_AGAIN));
        }
        Ok(builder.finish(if unit == Unit::Seconds && self.is_cpu { Unit::CpuSeconds } else { unit }))
    }

    /// What is shown: the unit of the active profile that has any weight, or of the first one.
    fn unit(&self, diagnostics: &mut Diagnostics) -> Unit {
        let has_weight = |profile: &&Read| !profile.weights.is_empty();
        let active = self.active.and_then(|active| self.profiles.get(usize::try_from(active).ok()?));
        let shown = active.filter(has_weight).or_else(|| self.profiles.iter().find(has_weight));
        let unit = shown.map_or(Unit::Samples, |profile| profile.unit.0);
        let others =
            self.profiles.iter().filter(|profile| profile.unit.0 != unit && !profile.weights.is_empty());
        let others: Vec<&str> = others.map(|profile| profile.name.as_str()).collect();
        if !others.is_empty() {
            let message =
                format!("profiles that do not measure {} are left out", unit.id().replace('_', " "));
            diagnostics
                .note_many(Level::Warning, &message, others.len() as u64, || Some(others[0].to_owned()));
        }
        unit
    }

    /// Per node of the file's trie whose stack it is of, where its outermost frames say so.
    fn roots(&self, is_py_spy: bool) -> Vec<Option<Rc<Root>>> {
        if !is_py_spy {
            return Vec::new();
        }
        let root = |frame: &Frame| frame.file.is_none().then(|| root_of_frame(&frame.name)).flatten();
        let of_frame: Vec<Option<Root>> = self.frames.iter().map(root).collect();
        let mut roots: Vec<Option<Rc<Root>>> = Vec::with_capacity(self.trie.len());
        // Whether nothing but roots is above a node, and it is one.
        let mut is_root: Vec<bool> = Vec::with_capacity(self.trie.len());
        for (parent, frame) in self.trie.nodes() {
            let above = if parent == NO_PARENT { None } else { roots[parent as usize].clone() };
            let may_be = parent == NO_PARENT || is_root[parent as usize];
            let own = of_frame[frame as usize].as_ref().filter(|_| may_be);
            is_root.push(own.is_some());
            roots.push(match (own, above) {
                (Some(own), Some(above)) => Some(Rc::new(above.and(own))),
                (Some(own), None) => Some(Rc::new(own.clone())),
                (None, above) => above,
            });
        }
        roots
    }

    /// Per node of the file's trie its node of the builder's.
    fn nodes(&self, builder: &mut Builder, has_self: bool, roots: &[Option<Rc<Root>>]) -> Vec<u32> {
        // Each where it is needed: a root is none.
        let mut functions: Vec<Option<u32>> = vec![None; self.frames.len()];
        let is_self = |frame: u32| {
            let frame = &self.frames[frame as usize];
            has_self && frame.name == "[self]" && matches!(frame.file.as_deref(), None | Some(PYINSTRUMENT))
        };
        let mut nodes: Vec<u32> = Vec::with_capacity(self.trie.len());
        for (parent, frame) in self.trie.nodes() {
            let above = if parent == NO_PARENT { None } else { roots.get(parent as usize) };
            let parent = if parent == NO_PARENT { NO_PARENT } else { nodes[parent as usize] };
            // A root, which names a thread or adds to the name: no function.
            if parent == NO_PARENT
                && let Some(Some(root)) = roots.get(nodes.len())
                && !above.is_some_and(|above| above.as_ref().is_some_and(|above| Rc::ptr_eq(above, root)))
            {
                nodes.push(NO_PARENT);
                continue;
            }
            let node = match is_self(frame) && parent != NO_PARENT {
                true => parent,
                false => {
                    let function = *functions[frame as usize].get_or_insert_with(|| {
                        let frame = &self.frames[frame as usize];
                        builder.function(frame.file.as_deref().unwrap_or(NO_FILE), frame.line, &frame.name)
                    });
                    builder.child(parent, function)
                }
            };
            nodes.push(node);
        }
        nodes
    }
}

/// The thread a profile is of, as py-spy names it: `Thread 30461 "MainThread"`, with `-s` `Process 30461 Thread …`.
fn track_of(name: &str, exporter: &str) -> Track {
    let plain = || Track { name: name.to_owned(), ..Track::default() };
    if !exporter.starts_with("py-spy") {
        return plain();
    }
    let of_process = name.strip_prefix("Process ").and_then(|rest| rest.split_once(' '));
    let (process, rest) = match of_process.and_then(|(process, rest)| Some((process.parse().ok()?, rest))) {
        Some((process, rest)) => (Some(process), rest),
        None => (None, name),
    };
    let Some(rest) = rest.strip_prefix("Thread ") else { return plain() };
    let (number, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    match number_of(number) {
        Some(thread) => {
            let name = rest.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(rest);
            Track { name: name.to_owned(), process, thread: Some(thread), ..Track::default() }
        }
        None => plain(),
    }
}

/// A thread's, decimal or with `0x`.
fn number_of(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
