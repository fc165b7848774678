//! Stacks as frames that open and close: what evented profiles hold. Of frames that are thousands below each other
//! this is as long as the frames are many, where samples grow with their square.

use serde::ser::{Serialize, SerializeSeq as _, Serializer};

use super::super::stacks::{Frame, Nanoseconds};
use super::{Frames, Source, Stacked};
use crate::profile::Stacks;
use crate::profile::call_tree::{MERGED, NO_PARENT};
use crate::profile::{Track, Unit};

/// A frame opens or closes, at so many whole nanoseconds, samples or bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Open(Frame, u64),
    Close(Frame, u64),
}

/// How many frames all samples have, and how many events there are.
pub(super) fn lengths(stacks: &Stacked<'_>) -> (u64, u64) {
    match stacks {
        Stacked::Tree(tree) => {
            let frames = |index: usize| u64::from(tree.depth[index]) + 1;
            let own = (0..tree.len()).filter(|&index| tree.self_time[index] > 0.0).map(frames).sum::<u64>();
            let parts = &tree.merged.parts;
            let of_parts = parts.iter().map(|part| frames(part.merged as usize) + 1).sum::<u64>();
            (own + of_parts, 2 * (tree.len() + parts.len()) as u64)
        }
        Stacked::Track(stacks, track) => {
            let mut depth = vec![1_u64; stacks.parent.len()];
            for (node, &parent) in stacks.parent.iter().enumerate() {
                if parent != NO_PARENT {
                    depth[node] = depth[parent as usize] + 1;
                }
            }
            let frames = track.weights.iter().map(|weight| depth[weight.node as usize]).sum();
            (frames, 2 * needed(stacks, track).iter().filter(|needed| **needed).count() as u64)
        }
    }
}

/// Per node whether a weight of the track is at it or below it.
fn needed(stacks: &Stacks, track: &Track) -> Vec<bool> {
    let mut needed = vec![false; stacks.parent.len()];
    for weight in &track.weights {
        let mut node = weight.node;
        while node != NO_PARENT && !std::mem::replace(&mut needed[node as usize], true) {
            node = stacks.parent[node as usize];
        }
    }
    needed
}

/// Calls `visit` with each event, in order.
///
/// # Errors
/// The first that `visit` gives.
pub(super) fn each<E>(
    source: &Source<'_>,
    unit: Unit,
    visit: impl FnMut(Event) -> Result<(), E>,
) -> Result<(), E> {
    let mut walk = Walk {
        stack: Vec::new(),
        open: 0,
        at: 0,
        rounding: Nanoseconds::default(),
        scale: if unit.is_time() { 1.0 } else { 1e-9 },
        visit,
    };
    match source.stacks {
        Stacked::Tree(tree) => {
            let mut parts = tree.merged.parts.iter().peekable();
            for index in 0..tree.len() {
                walk.leave(tree.depth[index] as usize)?;
                walk.stack.push(match tree.function[index] {
                    MERGED => Frame::More(tree.calls[index] as u64),
                    function => Frame::Function(function),
                });
                let mut own = tree.self_time[index];
                while let Some(part) = parts.next_if(|part| part.merged as usize <= index) {
                    walk.stack.push(Frame::Function(part.function));
                    walk.pass(part.self_time)?;
                    walk.leave(walk.stack.len() - 1)?;
                    own -= part.self_time;
                }
                if own > 0.0 {
                    walk.pass(own)?;
                }
            }
        }
        Stacked::Track(stacks, track) => walk_track(&mut walk, stacks, track)?,
    }
    walk.leave(0)
}

fn walk_track<E, V: FnMut(Event) -> Result<(), E>>(
    walk: &mut Walk<V>,
    stacks: &Stacks,
    track: &Track,
) -> Result<(), E> {
    let needed = needed(stacks, track);
    // The first node below each and the next beside it; below none at the end.
    let count = stacks.parent.len();
    let (mut first, mut next) = (vec![NO_PARENT; count + 1], vec![NO_PARENT; count]);
    for node in (0..count).rev().filter(|&node| needed[node]) {
        let parent = match stacks.parent[node] {
            NO_PARENT => count,
            parent => parent as usize,
        };
        next[node] = std::mem::replace(&mut first[parent], node as u32);
    }
    // Nodes whose turn comes, and how many frames are above them.
    let mut waiting: Vec<(u32, usize)> = Vec::new();
    let (mut node, mut depth) = (first[count], 0);
    loop {
        if node == NO_PARENT {
            match waiting.pop() {
                Some(above) => (node, depth) = above,
                None => return Ok(()),
            }
            continue;
        }
        let index = node as usize;
        walk.leave(depth)?;
        walk.stack.push(Frame::Function(stacks.function[index]));
        if let Ok(place) = track.weights.binary_search_by_key(&node, |weight| weight.node) {
            walk.pass(track.weights[place].value)?;
        }
        waiting.push((next[index], depth));
        (node, depth) = (first[index], depth + 1);
    }
}

/// Where one is. Frames open once time passes in them.
struct Walk<V> {
    stack: Vec<Frame>,
    /// How many of the stack's frames were opened.
    open: usize,
    at: u64,
    rounding: Nanoseconds,
    scale: f64,
    visit: V,
}

impl<E, V: FnMut(Event) -> Result<(), E>> Walk<V> {
    fn pass(&mut self, value: f64) -> Result<(), E> {
        let weight = self.rounding.next(value * self.scale);
        if weight == 0 {
            return Ok(());
        }
        for &frame in &self.stack[self.open..] {
            (self.visit)(Event::Open(frame, self.at))?;
        }
        self.open = self.stack.len();
        self.at = self.at.saturating_add(weight);
        Ok(())
    }

    /// Back to so many frames.
    fn leave(&mut self, depth: usize) -> Result<(), E> {
        while self.stack.len() > depth {
            let last = self.stack.pop();
            if let Some(frame) = last.filter(|_| self.open > self.stack.len()) {
                self.open = self.stack.len();
                (self.visit)(Event::Close(frame, self.at))?;
            }
        }
        Ok(())
    }
}

/// The list of events.
pub(super) struct Events<'a> {
    pub source: &'a Source<'a>,
    pub unit: Unit,
    pub frames: &'a Frames,
}

#[derive(serde::Serialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: &'static str,
    frame: Option<u32>,
    at: u64,
}

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        each(self.source, self.unit, |event| {
            let (kind, frame, at) = match event {
                Event::Open(frame, at) => ("O", frame, at),
                Event::Close(frame, at) => ("C", frame, at),
            };
            sequence.serialize_element(&Entry { kind, frame: self.frames.index.get(&frame).copied(), at })
        })?;
        sequence.end()
    }
}
