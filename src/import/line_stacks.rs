//! Stacks whose frames have the line that ran, as most samplers write them: they become functions and stacks of
//! functions as ever, and beside them what each line took.

use rustc_hash::FxHashMap;

use crate::profile::call_tree::NO_PARENT;
use crate::profile::stacks::{Builder, Children, Same, is_amount};
use crate::profile::{Profile, Strings, Track, Unit, line_table};

/// Columns of lines beyond these are left out: nobody compares twenty.
const MEASURES_OF_LINES: usize = 4;

/// Numbers of frames, of nodes and of tracks, as they were given out.
pub type Id = u32;

#[derive(Clone, Copy)]
struct Frame {
    file: u32,
    name: u32,
    line: i64,
    /// Where its function begins; 0 where that is not known.
    begin: i64,
}

/// Stacks being read.
pub struct LineStacks {
    measures: Vec<(String, Unit)>,
    files: Strings,
    names: Strings,
    frames: Vec<Frame>,
    known: FxHashMap<(u32, u32, i64), Id>,
    parent: Vec<u32>,
    frame: Vec<Id>,
    children: Children,
    tracks: Vec<Track>,
    /// Of a track and a node on which something was measured: the place among weights.
    places: FxHashMap<(Id, Id), u32>,
    /// Per place its track and its node.
    measured: Vec<(Id, Id)>,
    /// Per measure, by place; shorter while the rest is 0.
    weights: Vec<Vec<f64>>,
    /// The place of the last weight: a sample has several measures, and is often followed by another of its kind.
    last: u32,
}

impl LineStacks {
    /// Of these measures, the one that is shown first.
    pub fn new(measures: Vec<(String, Unit)>) -> Self {
        Self {
            weights: measures.iter().map(|_| Vec::new()).collect(),
            measures,
            files: Strings::default(),
            names: Strings::default(),
            frames: Vec::new(),
            known: FxHashMap::default(),
            parent: Vec::new(),
            frame: Vec::new(),
            children: Children::default(),
            tracks: Vec::new(),
            places: FxHashMap::default(),
            measured: Vec::new(),
            last: 0,
        }
    }

    /// A frame: its file (`~` where it has none), the line that ran (0 where it has none) and its function (empty where the
    /// file does not name it: each line is one then), which begins in line `begin`, 0 where that is not known.
    pub fn frame(&mut self, file: &str, line: i64, name: &str, begin: i64) -> Id {
        let (file, name) = (self.file(file), self.name(name));
        self.frame_of(file, line, name, begin)
    }

    /// The number of a file, for [`Self::frame_of`].
    pub fn file(&mut self, file: &str) -> Id {
        self.files.intern(file)
    }

    /// The number of a function's name, for [`Self::frame_of`].
    pub fn name(&mut self, name: &str) -> Id {
        self.names.intern(name)
    }

    /// [`Self::frame`] by the numbers of its texts: recordings that keep texts apart repeat them with each frame.
    pub fn frame_of(&mut self, file: Id, line: i64, name: Id, begin: i64) -> Id {
        let next = self.frames.len() as Id;
        let id = *self.known.entry((file, name, line)).or_insert(next);
        if id == next {
            self.frames.push(Frame { file, name, line: line.max(0), begin: begin.max(0) });
        }
        id
    }

    /// The node of `frame` called by `parent`, or by nothing ([`NO_PARENT`]).
    pub fn child(&mut self, parent: u32, frame: Id) -> u32 {
        let (node, is_new) = self.children.node(parent, frame);
        if is_new {
            self.parent.push(parent);
            self.frame.push(frame);
        }
        node
    }

    /// Makes room for so many more nodes, where it is known how many there are.
    pub fn reserve(&mut self, more: usize) {
        self.children.reserve(more);
        self.parent.reserve(more);
        self.frame.reserve(more);
    }

    /// A new track.
    pub fn track(&mut self, track: Track) -> Id {
        self.tracks.push(track);
        self.tracks.len() as Id - 1
    }

    /// A track, to name it.
    pub fn track_mut(&mut self, track: Id) -> Option<&mut Track> {
        self.tracks.get_mut(track as usize)
    }

    /// How many tracks there are.
    pub fn tracks(&self) -> usize {
        self.tracks.len()
    }

    /// Makes one track of all.
    pub fn merge_tracks(&mut self) {
        self.tracks.clear();
        self.tracks.push(Track::default());
        // Nothing is added any more: that of a stack which several had stands several times, and is added up at the end.
        self.measured.iter_mut().for_each(|(track, _)| *track = 0);
        self.places.clear();
    }

    /// Adds what was measured on a stack itself; what is no amount is left out, false then.
    pub fn add(&mut self, measure: usize, track: Id, node: u32, value: f64) -> bool {
        let Some(weights) = self.weights.get_mut(measure) else { return false };
        if node == NO_PARENT || !is_amount(value) || value == 0.0 {
            return false;
        }
        if self.measured.get(self.last as usize) != Some(&(track, node)) {
            let next = self.measured.len() as u32;
            self.last = *self.places.entry((track, node)).or_insert(next);
            if self.last == next {
                self.measured.push((track, node));
            }
        }
        let place = self.last as usize;
        if place >= weights.len() {
            weights.resize(place + 1, 0.0);
        }
        weights[place] += value;
        true
    }

    /// What was measured: tracks, nodes and values.
    fn weights(&self, measure: usize) -> impl Iterator<Item = (Id, Id, f64)> + '_ {
        let places = self.measured.iter().zip(&self.weights[measure]);
        places.filter(|(_, value)| **value > 0.0).map(|(&(track, node), &value)| (track, node, value))
    }

    /// The profile, with what each line took; `None` where there is nothing.
    pub fn finish(mut self) -> Option<Profile> {
        // Large, and no longer needed.
        (self.known, self.places) = (FxHashMap::default(), FxHashMap::default());
        self.children = Children::default();
        // Measures of which there is nothing are none; those that are left move up.
        let kept: Vec<usize> = (0..self.weights.len()).filter(|&at| !self.weights[at].is_empty()).collect();
        let (&first, others) = kept.split_first()?;
        let line_table = self.lines(&kept);
        let mut builder = Builder::new(Same::Name, false);
        builder.first(&self.measures[first].0);
        for &other in others {
            builder.also(&self.measures[other].0, self.measures[other].1);
        }
        let function = |frame: &Frame| {
            let line = if frame.begin > 0 { frame.begin } else { frame.line };
            let (file, name) = (self.files.get(frame.file), self.names.get(frame.name));
            match name.is_empty() {
                true => builder.function(file, line, &format!("line {line}")),
                false => builder.function(file, line, name),
            }
        };
        let functions: Vec<u32> = self.frames.iter().map(function).collect();
        builder.reserve(self.parent.len());
        let mut nodes: Vec<u32> = Vec::with_capacity(self.parent.len());
        for (&parent, &frame) in self.parent.iter().zip(&self.frame) {
            let parent = if parent == NO_PARENT { NO_PARENT } else { nodes[parent as usize] };
            nodes.push(builder.child(parent, functions[frame as usize]));
        }
        for track in std::mem::take(&mut self.tracks) {
            builder.track(track);
        }
        for (place, &measure) in kept.iter().enumerate() {
            for (track, node, value) in self.weights(measure) {
                builder.add_to(place, track as usize, nodes[node as usize], value);
            }
        }
        let profile = builder.finish(self.measures[first].1);
        Some(Profile { line_table, ..profile })
    }

    /// What each line took itself, of the first also with what it called.
    fn lines(&self, kept: &[usize]) -> Option<Box<line_table::LineTable>> {
        let total_name = format!("{} with calls", self.measures[*kept.first()?].0);
        let mut columns: Vec<(&str, Unit, bool)> = Vec::new();
        for &measure in kept.iter().take(MEASURES_OF_LINES) {
            let (name, unit) = &self.measures[measure];
            columns.push((name, *unit, true));
            if columns.len() == 1 {
                columns.push((&total_name, *unit, false));
            }
        }
        let mut table = line_table::Builder::new(&columns);
        let place = |frame: &Frame| {
            let file = self.files.get(frame.file);
            // What has no file, or none of Python's, has no line that can be looked at.
            let is_code = frame.line > 0 && file != super::frame::NO_FILE;
            let name = Some(self.names.get(frame.name)).filter(|name| !name.is_empty());
            is_code.then(|| table.line(file, frame.line, name)).flatten()
        };
        let places: Vec<Option<usize>> = self.frames.iter().map(place).collect();
        let count = self.parent.len();
        let mut total = vec![0.0; count];
        for (rank, &measure) in kept.iter().take(MEASURES_OF_LINES).enumerate() {
            let column = if rank == 0 { 0 } else { rank + 1 };
            for (_, node, value) in self.weights(measure) {
                if let Some(place) = places[self.frame[node as usize] as usize] {
                    table.add(place, column, value);
                }
                if rank == 0 {
                    total[node as usize] += value;
                }
            }
        }
        // With what it called: of a line that is on the stack several times the outermost counts.
        let mut below: Vec<(u32, u32)> = vec![(NO_PARENT, NO_PARENT); count];
        let mut roots = Vec::new();
        for node in (0..count).rev() {
            match self.parent[node] as usize {
                parent if parent < count => {
                    total[parent] += total[node];
                    below[node].1 = below[parent].0;
                    below[parent].0 = node as u32;
                }
                _ => roots.push(node as u32),
            }
        }
        let place_of = |node: u32| places[self.frame[node as usize] as usize];
        let mut active = vec![0_u32; places.iter().flatten().max().map_or(0, |most| most + 1)];
        for root in roots.into_iter().rev() {
            // The frames that are on, and what of those below comes next.
            let mut on: Vec<(u32, u32)> = Vec::new();
            let mut next = root;
            loop {
                if next != NO_PARENT {
                    if let Some(place) = place_of(next) {
                        if active[place] == 0 && total[next as usize] > 0.0 {
                            table.add(place, 1, total[next as usize]);
                        }
                        active[place] += 1;
                    }
                    on.push((next, below[next as usize].0));
                } else if let Some((ended, _)) = on.pop()
                    && let Some(place) = place_of(ended)
                {
                    active[place] -= 1;
                }
                let Some(top) = on.last_mut() else { break };
                next = top.1;
                if next != NO_PARENT {
                    top.1 = below[next as usize].1;
                }
            }
        }
        if table.is_empty() { None } else { Some(Box::new(table.finish())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beside_functions() {
        let measures = vec![("Wall".to_owned(), Unit::Seconds), ("CPU".to_owned(), Unit::CpuSeconds)];
        let mut stacks = LineStacks::new(measures);
        let track = stacks.track(Track::default());
        let f3 = stacks.frame("a.py", 3, "f", 0);
        let f4 = stacks.frame("a.py", 4, "f", 0);
        let g9 = stacks.frame("a.py", 9, "g", 8);
        let c = stacks.frame("~", 0, "len", 0);
        let root = stacks.child(NO_PARENT, f3);
        let inner = stacks.child(root, g9);
        let again = stacks.child(inner, f3);
        let native = stacks.child(again, c);
        let other = stacks.child(NO_PARENT, f4);
        assert!(stacks.add(1, track, inner, 2.0) && stacks.add(1, track, native, 1.0));
        assert!(stacks.add(1, track, other, 4.0) && !stacks.add(1, track, NO_PARENT, 4.0));
        let profile = stacks.finish().unwrap();
        // What has nothing is no measure.
        assert_eq!(
            (profile.unit, profile.total(), profile.measures.is_none()),
            (Unit::CpuSeconds, 7.0, true)
        );
        assert_eq!(profile.functions.len(), 3);
        assert_eq!((profile.functions.line[0], profile.functions.line[1]), (3, 8));
        let table = profile.line_table.unwrap();
        assert_eq!(table.line, [3, 4, 9]);
        assert!(table.columns[0].values[0].is_nan());
        assert_eq!(table.columns[0].values[1..], [4.0, 2.0]);
        // The native frame's time is under line 3, which is on the stack twice.
        assert_eq!(table.columns[1].values, [3.0, 4.0, 3.0]);
    }
}
