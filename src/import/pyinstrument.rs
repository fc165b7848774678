//! pyinstrument's JSON (`-r json`) and its sessions (`-r session`, `--save`).
//!
//! JSON, by [`jsonrenderer.py`](https://github.com/joerick/pyinstrument/blob/main/pyinstrument/renderers/jsonrenderer.py):
//! a tree of frames with their time and all below, in seconds with six decimals. What a frame has itself is the
//! rest; `[self]` is the rest too, written only where there are other children. Lines are those in which
//! functions begin.
//!
//! A session, by [`session.py`](https://github.com/joerick/pyinstrument/blob/main/pyinstrument/session.py): the
//! samples themselves, `[[frame, …], seconds]`. A frame is one text, `name NUL file NUL line`, behind which
//! attributes stand: `\x01l` the line that was running, `\x01c` the class. The first is the thread's:
//! `MainThread NUL <thread> NUL number`. `start_time` is the time of day, seconds since 1970-01-01T00:00Z.

use rustc_hash::FxHashMap;

use super::beginning::Beginning;
use super::json::{Fault, Json};
use super::nested::{self, Node, Texts};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::import::frame::{NO_FILE, NO_FRAME};
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::stacks::{Builder, Same};
use crate::profile::{Profile, Track, Unit};

/// Both.
pub struct Pyinstrument;

/// For the registry.
pub static ABOUT: About = About {
    id: "pyinstrument",
    title: "pyinstrument",
    kind: Kind::Profile,
    how_to_record: "pyinstrument -r json -o app.json app.py\n\
         Or -r session, which keeps every sample; Django: PYINSTRUMENT_PROFILE_DIR_RENDERER = \
         'pyinstrument.renderers.JSONRenderer'.",
};

const RECORD_AGAIN: &str = "Record again: pyinstrument -r json -o app.json app.py";
const CUT: &str = "It was cut short, or copied before it was complete: copy it again.";

impl Format for Pyinstrument {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let text = Beginning::of(head);
        let frames = text.holds(b"\"root_frame\"")
            || text.holds(b"\"frame_records\"")
            || text.holds(b"\"start_call_stack\"");
        if text.starts_with(b"{")
            && frames
            && (text.holds(b"\"sample_count\"") || text.holds(b"\"duration\""))
        {
            95
        } else {
            0
        }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut json = Json::new(input);
        let mut diagnostics = Diagnostics::default();
        let profile = read(&mut json, &mut diagnostics).map_err(|fault| match fault {
            Fault::Cut(_) => fault.of(self, CUT),
            _ => fault.of(self, RECORD_AGAIN),
        })?;
        let profile =
            profile.ok_or_else(|| ImportError::new(self, "no frame of it has any time", RECORD_AGAIN))?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

fn read(json: &mut Json<'_, '_>, diagnostics: &mut Diagnostics) -> Result<Option<Profile>, Fault> {
    let mut builder = Builder::new(Same::Place, false);
    let mut bad = 0;
    if json.object()? {
        while let Some(key) = json.key()? {
            match key {
                "root_frame" => {
                    let mut texts = Texts::new();
                    let nodes = nested::read(json, Node::below, |json, key, node| {
                        entry(json, key, node, &mut texts)
                    })?;
                    add_tree(&nodes, &texts, &mut builder, &mut bad);
                }
                "start_time" => {
                    if let Some(start) = json.number()? {
                        builder.set_zero(start * 1e3);
                    }
                }
                "frame_records" => Records::new(&mut builder, &mut bad).read(json)?,
                _ => json.skip()?,
            }
        }
    }
    let message = "frames with a time that is negative, infinite or no number are left out";
    diagnostics.note_many(Level::Warning, message, bad, || None);
    Ok((!builder.is_empty()).then(|| builder.finish(Unit::Seconds)))
}

fn entry(json: &mut Json<'_, '_>, key: &str, node: &mut Node, texts: &mut Texts) -> Result<(), Fault> {
    match key {
        "function" => node.name = texts.read(json)?,
        "file_path" => node.file = texts.read(json)?,
        "line_no" => node.line = json.whole()?.unwrap_or(0).max(0),
        "time" => node.total = json.number()?.unwrap_or(f64::NAN),
        _ => json.skip()?,
    }
    Ok(())
}

fn add_tree(nodes: &[Node], texts: &Texts, builder: &mut Builder, bad: &mut u64) {
    let track = builder.track(Track::default());
    let own = nested::own(nodes);
    let mut places: Vec<u32> = Vec::with_capacity(nodes.len());
    for (node, &own) in nodes.iter().zip(&own) {
        let parent = if node.parent == NO_PARENT { NO_PARENT } else { places[node.parent as usize] };
        let place = if texts.get(node.name) == "[self]" && parent != NO_PARENT {
            parent
        } else {
            let function = builder.function(file(texts.get(node.file)), node.line, texts.get(node.name));
            builder.child(parent, function)
        };
        places.push(place);
        // Rounding to six decimals leaves some less than nothing.
        const ROUNDING: f64 = 1e-4;
        if !builder.add(track, place, own, 0) && own != 0.0 && (own.is_nan() || own < -ROUNDING) {
            *bad += 1;
        }
    }
}

/// Built-in functions are in `<built-in>`, by which it is known how their names are spelt
/// ([`crate::profile::built_in`]); what else has no file is nowhere.
fn file(file: &str) -> &str {
    if file.is_empty() { NO_FILE } else { file }
}

/// The samples of a session.
struct Records<'b> {
    builder: &'b mut Builder,
    bad: &'b mut u64,
    tracks: FxHashMap<String, usize>,
    /// The sum of all samples so far: each is the time since the last one.
    now: f64,
}

impl<'b> Records<'b> {
    fn new(builder: &'b mut Builder, bad: &'b mut u64) -> Self {
        Self { builder, bad, tracks: FxHashMap::default(), now: 0.0 }
    }

    fn read(mut self, json: &mut Json<'_, '_>) -> Result<(), Fault> {
        if json.array()? {
            while json.item()? {
                if json.array()? {
                    self.sample(json)?;
                }
            }
        }
        Ok(())
    }

    /// `[[frame, …], seconds]`.
    fn sample(&mut self, json: &mut Json<'_, '_>) -> Result<(), Fault> {
        let (mut node, mut time, mut thread, mut count) = (NO_PARENT, f64::NAN, String::new(), 0);
        while json.item()? {
            count += 1;
            match count {
                1 => {
                    if json.array()? {
                        while json.item()? {
                            let frame = json.text_lent()?.unwrap_or_default();
                            node = self.frame(frame, node, &mut thread);
                        }
                    }
                }
                2 => time = json.number()?.unwrap_or(f64::NAN),
                _ => json.skip()?,
            }
        }
        if node == NO_PARENT {
            let function = self.builder.function(NO_FILE, 0, NO_FRAME);
            node = self.builder.child(NO_PARENT, function);
        }
        let track = match self.tracks.get(&thread) {
            Some(&track) => track,
            None => {
                let mut parts = thread.split('\0');
                let name = parts.next().unwrap_or_default().to_owned();
                let number = parts.nth(1).and_then(|number| number.parse().ok());
                let track = self.builder.track(Track { name, thread: number, ..Track::default() });
                self.tracks.insert(thread, track);
                track
            }
        };
        if self.builder.add(track, node, time, 0) {
            let end = self.now + time;
            self.builder.sample(track, node, (self.now, end), None);
            self.now = end;
        } else if time != 0.0 {
            *self.bad += 1;
        }
        Ok(())
    }

    fn frame(&mut self, frame: &str, parent: u32, thread: &mut String) -> u32 {
        let (place, attributes) = frame.split_once('\x01').unwrap_or((frame, ""));
        let mut parts = place.split('\0');
        let (name, path) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let line = parts.next().unwrap_or_default();
        if path == "<thread>" {
            *thread = place.to_owned();
            return parent;
        }
        let line = line.parse::<i64>().unwrap_or(0).max(0);
        let class = attributes.split('\x01').find_map(|attribute| attribute.strip_prefix('c'));
        // As its own reports say it.
        let function = match class.filter(|class| !class.is_empty()) {
            Some(class) => self.builder.function(file(path), line, &format!("{class}.{name}")),
            None => self.builder.function(file(path), line, name),
        };
        self.builder.child(parent, function)
    }
}
