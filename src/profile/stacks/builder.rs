//! How a reader puts stacks together.

use rustc_hash::FxHashMap;

use super::super::call_tree::NO_PARENT;
use super::super::measures::{self, Measure, Measures};
use super::super::spans::{Clock, ELSEWHERE, Recorder};
use super::super::{FunctionId, Functions, Profile, Writer};
use super::{Children, Stacks, Track, Weight};
use crate::format::Unit;

/// Index of a track of a [`Builder`].
pub type TrackId = usize;

/// Which frames are one function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    /// Those of one file, line and name: the format has the line in which a function begins.
    Place,
    /// Those of one file and name: the line is the one that was running. The smallest one seen stands for the
    /// function. Two functions of one file and name (methods whose class the tool does not name) become one.
    Name,
}

/// What is more than this is damage: sums of such numbers are infinite, which no view can show.
const LARGEST: f64 = 1e100;

/// Whether it can be what was measured: a number that is not negative, and not so large that sums overflow.
pub fn is_amount(value: f64) -> bool {
    (0.0..=LARGEST).contains(&value)
}

/// Stacks being read.
pub struct Builder {
    same: Same,
    functions: Functions,
    known: FxHashMap<(u32, u32, i64), FunctionId>,
    stacks: Stacks,
    children: Children,
    weights: Vec<FxHashMap<u32, (f64, u32)>>,
    spans: Recorder,
    /// Per node: how many are above it.
    depths: Vec<u32>,
    /// The nodes of the sample that is read.
    path: Vec<u32>,
    first: String,
    others: Vec<Other>,
}

/// A measure beside the one that stacks hold.
struct Other {
    name: String,
    unit: Unit,
    /// Per track: by node.
    weights: Vec<FxHashMap<u32, f64>>,
}

impl Builder {
    /// `counted`: whether what is added comes with numbers of calls.
    pub fn new(same: Same, counted: bool) -> Self {
        Self {
            same,
            functions: Functions::default(),
            known: FxHashMap::default(),
            stacks: Stacks { counted, ..Stacks::default() },
            children: Children::default(),
            weights: Vec::new(),
            spans: Recorder::default(),
            depths: Vec::new(),
            path: Vec::new(),
            first: String::new(),
            others: Vec::new(),
        }
    }

    /// Which tool wrote the file, where that makes a difference.
    pub fn writer(&mut self, writer: Writer) {
        self.functions.writer = writer;
    }

    /// Whether what was added came with numbers of calls, where that is known at the end only.
    pub fn counted(&mut self, counted: bool) {
        self.stacks.counted = counted;
    }

    /// The function of a frame. `file` is `~` for a built-in function, `line` 0 where there is none.
    pub fn function(&mut self, file: &str, line: i64, name: &str) -> FunctionId {
        let functions = &mut self.functions;
        let (file, name) = (functions.files.intern(file), functions.names.intern(name));
        let key = match self.same {
            Same::Place => (file, name, line),
            Same::Name => (file, name, 0),
        };
        let next = functions.file.len() as FunctionId;
        let id = *self.known.entry(key).or_insert(next);
        if id == next {
            functions.file.push(file);
            functions.name.push(name);
            functions.line.push(line);
        } else if line > 0 {
            let first = &mut functions.line[id as usize];
            *first = if *first > 0 { line.min(*first) } else { line };
        }
        id
    }

    /// The node of `function` called by `parent`, or by nothing ([`NO_PARENT`]).
    pub fn child(&mut self, parent: u32, function: FunctionId) -> u32 {
        let (node, is_new) = self.children.node(parent, function);
        if is_new {
            self.stacks.function.push(function);
            self.stacks.parent.push(parent);
            self.depths.push(self.depth_below(parent));
        }
        node
    }

    /// Makes room for so many more nodes, where it is known how many there are.
    pub fn reserve(&mut self, more: usize) {
        self.children.reserve(more);
        self.stacks.function.reserve(more);
        self.stacks.parent.reserve(more);
        self.depths.reserve(more);
    }

    /// The node of a whole stack, outermost frame first; [`NO_PARENT`] for an empty one.
    pub fn stack(&mut self, frames: impl Iterator<Item = FunctionId>) -> u32 {
        frames.fold(NO_PARENT, |parent, function| self.child(parent, function))
    }

    /// A new track.
    pub fn track(&mut self, track: Track) -> TrackId {
        self.stacks.tracks.push(track);
        self.weights.push(FxHashMap::default());
        self.stacks.tracks.len() - 1
    }

    /// How many tracks there are.
    pub fn tracks(&self) -> usize {
        self.stacks.tracks.len()
    }

    /// A track, to name it.
    pub fn track_mut(&mut self, track: TrackId) -> Option<&mut Track> {
        self.stacks.tracks.get_mut(track)
    }

    /// Adds what was measured on a stack itself. What is no amount ([`is_amount`]) is left out; false then.
    pub fn add(&mut self, track: TrackId, node: u32, value: f64, calls: u32) -> bool {
        let Some(weights) = self.weights.get_mut(track) else { return false };
        if node == NO_PARENT || !is_amount(value) || (value == 0.0 && calls == 0) {
            return false;
        }
        let weight = weights.entry(node).or_default();
        weight.0 += value;
        weight.1 = weight.1.saturating_add(calls);
        true
    }

    fn depth_below(&self, parent: u32) -> u32 {
        self.depths.get(parent as usize).map_or(0, |depth| depth + 1)
    }

    /// When a frame was on: from one moment to another, in the order of the file or any other. What is measured is told
    /// by [`Self::add`].
    pub fn span(&mut self, track: TrackId, node: u32, moments: (f64, f64)) {
        if let Some(&depth) = self.depths.get(node as usize) {
            self.spans.span(track, node, depth, moments);
        }
    }

    /// When, below a frame (or [`NO_PARENT`]), something ran that another track has.
    pub fn elsewhere(&mut self, track: TrackId, parent: u32, moments: (f64, f64)) {
        self.spans.span(track, ELSEWHERE, self.depth_below(parent), moments);
    }

    /// A sample of a stack, in the order in which they were taken on this track: the frames that the last one has as well
    /// go on. `value` is what it measured, if that is not the time between its moments. Told beside [`Self::add`].
    pub fn sample(&mut self, track: TrackId, node: u32, moments: (f64, f64), value: Option<f64>) {
        self.path.clear();
        let mut above = node;
        while above != NO_PARENT {
            self.path.push(above);
            above = self.stacks.parent[above as usize];
        }
        self.path.reverse();
        self.spans.sample(track, &self.path, moments, value);
    }

    /// Moments are none: samples stand in their order.
    pub fn in_order_only(&mut self) {
        self.spans.set_clock(Clock::Order);
    }

    /// Says at what time of day moments are 0: milliseconds since 1970-01-01T00:00Z.
    pub fn set_zero(&mut self, zero: f64) {
        self.spans.set_zero(zero);
    }

    /// Spans are pieces of calls: those of one frame that touch are one.
    pub fn join_spans(&mut self) {
        self.spans.join();
    }

    /// What the numbers of [`Self::add`] are called, where there are others beside them.
    pub fn first(&mut self, name: &str) {
        name.clone_into(&mut self.first);
    }

    /// Another measure of the same stacks: number 1 is the first of these.
    pub fn also(&mut self, name: &str, unit: Unit) {
        self.others.push(Other { name: name.to_owned(), unit, weights: Vec::new() });
    }

    /// Adds what was measured on a stack itself, of the measure `measure`; 0 is the one of [`Self::add`]. What is no
    /// amount ([`is_amount`]) is left out; false then.
    pub fn add_to(&mut self, measure: usize, track: TrackId, node: u32, value: f64) -> bool {
        let Some(place) = measure.checked_sub(1) else { return self.add(track, node, value, 0) };
        let tracks = self.weights.len();
        let Some(other) = self.others.get_mut(place) else { return false };
        if node == NO_PARENT || track >= tracks || !is_amount(value) || value == 0.0 {
            return false;
        }
        if other.weights.len() < tracks {
            other.weights.resize_with(tracks, FxHashMap::default);
        }
        *other.weights[track].entry(node).or_default() += value;
        true
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.weights.iter().all(FxHashMap::is_empty)
            && self.others.iter().all(|other| other.weights.iter().all(FxHashMap::is_empty))
    }

    /// The profile. Tracks that have nothing are left out, the main thread of the first process comes first.
    pub fn finish(self, unit: Unit) -> Profile {
        let Self { functions, mut stacks, weights, known, children, first, others, spans, depths, .. } = self;
        // Large, and no longer needed while the rest is made.
        drop((known, children, depths));
        for (track, weights) in stacks.tracks.iter_mut().zip(weights) {
            track.weights =
                weights.into_iter().map(|(node, (value, calls))| Weight { node, value, calls }).collect();
            crate::sort::by_number(&mut track.weights, |weight| weight.node);
        }
        let mut others: Vec<Measure> = others
            .into_iter()
            .map(|Other { name, unit, weights }| {
                let weights = weights.into_iter().map(|sums| measures::weights(sums.into_iter()));
                Measure { name, unit, weights: weights.collect() }
            })
            .collect();
        for other in &mut others {
            other.weights.resize(stacks.tracks.len(), Vec::new());
        }
        let has_any = |track: &usize| {
            !stacks.tracks[*track].weights.is_empty()
                || others.iter().any(|other| !other.weights[*track].is_empty())
        };
        let mut order: Vec<usize> = (0..stacks.tracks.len()).filter(has_any).collect();
        if let Some(main) = order.iter().position(|&track| is_main(&stacks.tracks[track])) {
            order[..=main].rotate_right(1);
        }
        stacks.tracks = order.iter().map(|&track| std::mem::take(&mut stacks.tracks[track])).collect();
        for other in &mut others {
            other.weights = order.iter().map(|&track| std::mem::take(&mut other.weights[track])).collect();
        }
        let spans = spans.finish(&order);
        let profile = stacks.profile(&functions, unit);
        let measures = (!others.is_empty()).then_some(Measures { first, others });
        Profile { measures, spans: spans.map(Box::new), ..profile }
    }
}

/// Whether a track is a main thread: by its name, or since its number is the process's.
fn is_main(track: &Track) -> bool {
    track.name == "MainThread"
        || track.name.ends_with(": MainThread")
        || track.name.ends_with("\"MainThread\"")
        || (track.process.is_some() && track.process == track.thread)
}
