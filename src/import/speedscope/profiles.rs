//! One profile of a speedscope file: samples, or the opening and closing of frames.

use rustc_hash::FxHashMap;

use super::super::json::{Fault, Json};
use crate::document::{Diagnostics, Level};
use crate::profile::Unit;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::stacks::{Children, is_amount};

/// The stacks of all profiles, by the numbers of their frames.
#[derive(Default)]
pub(super) struct Trie {
    parent: Vec<u32>,
    frame: Vec<u32>,
    children: Children,
    /// The largest number of a frame so far, and the byte at which it stands.
    largest: Option<(u32, u64)>,
}

impl Trie {
    pub fn child(&mut self, parent: u32, frame: u32, at: u64) -> u32 {
        if self.largest.is_none_or(|(largest, _)| frame > largest) {
            self.largest = Some((frame, at));
        }
        let (node, is_new) = self.children.node(parent, frame);
        if is_new {
            self.parent.push(parent);
            self.frame.push(frame);
        }
        node
    }

    pub fn len(&self) -> usize {
        self.parent.len()
    }

    /// The node that called another.
    pub fn parent_of(&self, node: u32) -> Option<u32> {
        self.parent.get(node as usize).copied().filter(|&parent| parent != NO_PARENT)
    }

    /// Per node its parent and its frame.
    pub fn nodes(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.parent.iter().copied().zip(self.frame.iter().copied())
    }

    pub fn largest(&self) -> &Option<(u32, u64)> {
        &self.largest
    }
}

/// One profile.
#[derive(Default)]
pub(super) struct Read {
    pub name: String,
    /// The unit, and what its numbers are multiplied by.
    pub unit: (Unit, f64),
    pub is_evented: bool,
    pub start: f64,
    pub end: f64,
    /// Per node of the trie what is its own; of [`NO_PARENT`], that of stacks without frames.
    pub weights: FxHashMap<u32, f64>,
    /// Of an evented profile: nodes of the trie, and when they were open, in the profile's unit.
    pub spans: Vec<(u32, f64, f64)>,
    /// Of a sampled one: nodes and weights in the order of the file.
    pub samples: Vec<(u32, f64)>,
    pub noticed: Noticed,
}

impl Read {
    /// Whether it is in order of time, as far as one can see: where each stack stands once, they were added up (as memray
    /// and Flamedrop write them).
    pub fn is_in_order(&self) -> bool {
        self.is_evented || self.samples.len() > self.weights.len()
    }
}

/// What was not as it should be, and how often.
#[derive(Default, Clone)]
pub(super) struct Noticed {
    not_positive: u64,
    without_frame: u64,
    without_weight: u64,
    back: u64,
    unmatched: u64,
    damaged: u64,
    open: u64,
}

impl Noticed {
    pub fn add(&mut self, other: &Self) {
        self.not_positive += other.not_positive;
        self.without_frame += other.without_frame;
        self.without_weight += other.without_weight;
        self.back += other.back;
        self.damaged += other.damaged;
        self.unmatched += other.unmatched;
        self.open += other.open;
    }

    pub fn say(&self, diagnostics: &mut Diagnostics) {
        for (message, count) in [
            (
                "samples with a weight that is negative, too large or no number are left out",
                self.not_positive,
            ),
            (
                "samples and events with a frame that is no number of one, as 0.5 or -1, are left out",
                self.without_frame,
            ),
            ("samples without a weight are left out", self.without_weight),
            ("events without a type, or with a time that is none, are left out", self.damaged),
            ("events that lie before the ones they follow take no time", self.back),
            ("frames that are closed but not open are left out", self.unmatched),
            ("frames that are not closed last until the profile ends", self.open),
        ] {
            diagnostics.note_many(Level::Warning, message, count, || None);
        }
    }
}

/// Reads a profile; `None` for what is no object.
pub(super) fn read(json: &mut Json<'_, '_>, trie: &mut Trie) -> Result<Option<Read>, Fault> {
    if !json.object()? {
        return Ok(None);
    }
    let mut profile = Read { unit: (Unit::Samples, 1.0), ..Read::default() };
    let mut samples: Vec<Option<u32>> = Vec::new();
    let mut weights: Vec<f64> = Vec::new();
    let mut events = Events::default();
    while let Some(key) = json.key()? {
        match key {
            "type" => profile.is_evented = json.text_lent()? == Some("evented"),
            "name" => profile.name = json.text()?.unwrap_or_default(),
            "unit" => profile.unit = unit(&json.text()?.unwrap_or_default()),
            "startValue" => profile.start = json.number()?.filter(|value| value.is_finite()).unwrap_or(0.0),
            "endValue" => profile.end = json.number()?.filter(|value| value.is_finite()).unwrap_or(0.0),
            "samples" => {
                if json.array()? {
                    while json.item()? {
                        samples.push(sample(json, trie)?);
                    }
                }
            }
            "weights" => {
                if json.array()? {
                    while json.item()? {
                        weights.push(json.number()?.unwrap_or(f64::NAN));
                    }
                }
            }
            "events" => {
                if json.array()? {
                    while json.item()? {
                        events.read(json, trie, &mut profile)?;
                    }
                }
            }
            _ => json.skip()?,
        }
    }
    events.end(&mut profile);
    profile.noticed.without_weight += samples.len().saturating_sub(weights.len()) as u64;
    for (node, weight) in samples.into_iter().zip(weights) {
        let Some(node) = node else {
            profile.noticed.without_frame += 1;
            continue;
        };
        if is_amount(weight) {
            if weight > 0.0 {
                *profile.weights.entry(node).or_default() += weight;
                profile.samples.push((node, weight));
            }
        } else {
            profile.noticed.not_positive += 1;
        }
    }
    Ok(Some(profile))
}

/// `none` is what tools write that count samples.
fn unit(text: &str) -> (Unit, f64) {
    match text {
        "seconds" => (Unit::Seconds, 1.0),
        "milliseconds" => (Unit::Seconds, 1e-3),
        "microseconds" => (Unit::Seconds, 1e-6),
        "nanoseconds" => (Unit::Seconds, 1e-9),
        "bytes" => (Unit::Bytes, 1.0),
        _ => (Unit::Samples, 1.0),
    }
}

/// The node of a stack, [`NO_PARENT`] of one without frames; `None` where one of them is no number.
fn sample(json: &mut Json<'_, '_>, trie: &mut Trie) -> Result<Option<u32>, Fault> {
    let mut node = Some(NO_PARENT);
    if json.array()? {
        while json.item()? {
            let at = json.position();
            let frame = number(json.whole()?);
            node = node.zip(frame).map(|(node, frame)| trie.child(node, frame, at));
        }
    }
    Ok(node)
}

/// The number of a frame, if it can be one.
fn number(frame: Option<i64>) -> Option<u32> {
    frame.and_then(|frame| u32::try_from(frame).ok()).filter(|frame| *frame != NO_PARENT)
}

/// Events so far.
#[derive(Default)]
struct Events {
    /// The frames that are open: their numbers, nodes, and when they were opened.
    open: Vec<(u32, u32, f64)>,
    last: Option<f64>,
}

impl Events {
    fn read(&mut self, json: &mut Json<'_, '_>, trie: &mut Trie, profile: &mut Read) -> Result<(), Fault> {
        if !json.object()? {
            return Ok(());
        }
        let (mut opens, mut at, mut frame) = (None, None, None);
        let place = json.position();
        while let Some(key) = json.key()? {
            match key {
                "type" => {
                    opens = match json.text_lent()? {
                        Some("O") => Some(true),
                        Some("C") => Some(false),
                        _ => None,
                    }
                }
                "at" => at = json.number()?.filter(|at| is_amount(at.abs())),
                "frame" => frame = number(json.whole()?),
                _ => json.skip()?,
            }
        }
        let Some(frame) = frame else {
            profile.noticed.without_frame += 1;
            return Ok(());
        };
        let (Some(opens), Some(at)) = (opens, at) else {
            profile.noticed.damaged += 1;
            return Ok(());
        };
        self.pass(at, profile);
        if opens {
            let parent = self.open.last().map_or(NO_PARENT, |(_, node, _)| *node);
            let from = self.last.unwrap_or(at);
            self.open.push((frame, trie.child(parent, frame, place), from));
        } else {
            match self.open.iter().rposition(|(open, ..)| *open == frame) {
                Some(place) => {
                    profile.noticed.unmatched += (self.open.len() - place - 1) as u64;
                    self.close(place, profile);
                }
                None => profile.noticed.unmatched += 1,
            }
        }
        Ok(())
    }

    /// Time goes on: it is the innermost frame's.
    fn pass(&mut self, at: f64, profile: &mut Read) {
        let last = *self.last.get_or_insert(at);
        if at < last {
            profile.noticed.back += 1;
            return;
        }
        if let Some(&(_, node, _)) = self.open.last()
            && at > last
        {
            *profile.weights.entry(node).or_default() += at - last;
        }
        self.last = Some(at);
    }

    fn end(&mut self, profile: &mut Read) {
        if self.open.is_empty() {
            return;
        }
        profile.noticed.open += self.open.len() as u64;
        if self.last.is_some_and(|last| profile.end > last) {
            self.pass(profile.end, profile);
        }
        self.close(0, profile);
    }

    /// Closes all frames but the `keep` outermost, now.
    fn close(&mut self, keep: usize, profile: &mut Read) {
        let now = self.last.unwrap_or_default();
        profile.spans.extend(self.open.drain(keep..).map(|(_, node, from)| (node, from, now)));
    }
}
