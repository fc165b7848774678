//! Spans in time order: when each call ran, or what was sampled one after the other.
//!
//! A span is a stack node ([`Stacks`](super::Stacks)) from a moment to another. Each track has its spans by depth, and
//! within a depth in order, none over another: so what is on screen is found by binary searches, and a window of a
//! million spans costs what its pixels cost ([`window`]). Formats that only keep sums have none.

pub mod doing;
pub mod likeness;
mod pieces;
mod range;
mod recorder;
pub mod window;

use serde::{Deserialize, Serialize};

use super::call_tree::NO_PARENT;
use super::{FunctionId, Profile};

pub(super) use recorder::Recorder;

/// The node of a span in which what ran is in another track: a step of a task that has a track of its own.
pub const ELSEWHERE: u32 = NO_PARENT;

/// What moments are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Clock {
    /// Seconds since the file's first span, on its own clock: gaps are idle, tracks ran side by side.
    #[default]
    Recorded,
    /// None was recorded: samples stand in their order, one after the other, each as long as its weight in the profile's
    /// unit. What happened between two is not known, and moments of two tracks cannot be compared.
    Order,
}

/// All spans of a profile.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spans {
    /// What their moments are.
    pub clock: Clock,
    /// When the first of them begins, by the clock on the wall: milliseconds since 1970-01-01T00:00Z. `None` where the file
    /// does not say it.
    pub beginning: Option<f64>,
    /// Of each of the profile's tracks, in the same order.
    pub tracks: Vec<SpanTrack>,
}

/// The spans of one track as columns: by depth, and within a depth in order of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpanTrack {
    start: Vec<f64>,
    end: Vec<f64>,
    node: Vec<u32>,
    /// What was measured in the span itself, in the profile's unit; empty where that is the time its callees leave.
    own: Vec<f64>,
    /// Per depth: where its spans begin; one entry more than depths.
    first: Vec<u32>,
    /// Per span, and once at the end: the length of all spans before it.
    before: Vec<f64>,
}

/// The columns of a track: starts, ends, nodes, own values (may be empty), and where depths begin.
pub type Columns<'a> = (&'a [f64], &'a [f64], &'a [u32], &'a [f64], &'a [u32]);

impl Spans {
    /// When the last span ends; the first begins at 0.
    pub fn length(&self) -> f64 {
        self.tracks.iter().map(SpanTrack::length).fold(0.0, f64::max)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tracks.iter().map(SpanTrack::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl SpanTrack {
    /// Spans by depth: `first` says where each depth's begin (one entry more than depths), `own` may be empty.
    ///
    /// # Errors
    /// What is wrong, as the rest of a sentence: columns of different lengths, moments that are no numbers, spans of one
    /// depth that are not in order or lie over each other.
    pub fn new(
        (start, end): (Vec<f64>, Vec<f64>),
        node: Vec<u32>,
        own: Vec<f64>,
        first: Vec<u32>,
    ) -> Result<Self, &'static str> {
        let count = node.len();
        if start.len() != count || end.len() != count || !(own.is_empty() || own.len() == count) {
            return Err("its columns of spans are of different lengths");
        }
        let ends_well = first.first().is_none_or(|&first| first == 0)
            && first.last().map_or(0, |&last| last as usize) == count;
        if !ends_well || !first.is_sorted() {
            return Err("its spans are not by depth");
        }
        if start.iter().chain(&end).chain(&own).any(|moment| !moment.is_finite())
            || own.iter().any(|own| *own < 0.0)
        {
            return Err("a span of it is no time");
        }
        let in_order = |row: &[u32]| {
            let (from, to) = (row[0] as usize, row[1] as usize);
            (from..to).all(|at| start[at] <= end[at] && (at == from || end[at - 1] <= start[at]))
        };
        if !first.windows(2).all(in_order) {
            return Err("its spans are not in order");
        }
        let mut sum = 0.0;
        let mut before = Vec::with_capacity(count + 1);
        for (start, end) in start.iter().zip(&end) {
            before.push(sum);
            sum += end - start;
        }
        before.push(sum);
        Ok(Self { start, end, node, own, first, before })
    }

    /// How many spans there are.
    pub fn len(&self) -> usize {
        self.node.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.node.is_empty()
    }

    /// How many depths there are.
    pub fn depths(&self) -> u32 {
        (self.first.len().max(1) - 1) as u32
    }

    /// The spans of a depth, in order of time; none below the last.
    pub fn row(&self, depth: u32) -> std::ops::Range<usize> {
        let depth = depth as usize;
        match (self.first.get(depth), self.first.get(depth + 1)) {
            (Some(&from), Some(&to)) => from as usize..to as usize,
            _ => 0..0,
        }
    }

    /// The depth of a span.
    pub fn depth_of(&self, span: usize) -> u32 {
        let after = self.first.partition_point(|&first| first as usize <= span);
        (after.max(1) - 1) as u32
    }

    /// When a span begins.
    pub fn start(&self, span: usize) -> f64 {
        self.start[span]
    }

    /// When a span ends.
    pub fn end(&self, span: usize) -> f64 {
        self.end[span]
    }

    /// The stack node of a span; [`ELSEWHERE`] where another track has what ran.
    pub fn node(&self, span: usize) -> u32 {
        self.node[span]
    }

    /// The columns, to save them.
    pub fn columns(&self) -> Columns<'_> {
        (&self.start, &self.end, &self.node, &self.own, &self.first)
    }

    /// When the last span ends.
    pub fn length(&self) -> f64 {
        self.first
            .windows(2)
            .filter(|row| row[0] < row[1])
            .map(|row| self.end[row[1] as usize - 1])
            .fold(0.0, f64::max)
    }

    /// Spans that begin within a span, one level below it.
    fn children(&self, span: usize) -> std::ops::Range<usize> {
        self.within(self.depth_of(span) + 1, self.start[span], self.end[span])
    }

    /// Spans of a depth that begin from one moment on and before another.
    pub fn within(&self, depth: u32, from: f64, to: f64) -> std::ops::Range<usize> {
        let row = self.row(depth);
        let starts = &self.start[row.clone()];
        let first = starts.partition_point(|&start| start < from);
        let after = starts.partition_point(|&start| start < to);
        row.start + first..row.start + after.max(first)
    }

    /// What was measured in a span itself: its length without its callees', or what its samples say.
    pub fn own(&self, span: usize) -> f64 {
        if let Some(&own) = self.own.get(span) {
            return own;
        }
        let children = self.children(span);
        let within = self.before[children.end] - self.before[children.start];
        rounded(self.end[span] - self.start[span] - within, self.end[span])
    }
}

/// A difference of moments up to `moment` without what rounding left.
fn rounded(value: f64, moment: f64) -> f64 {
    if value <= 64.0 * f64::EPSILON * moment.abs() { 0.0 } else { value }
}

impl Profile {
    /// The function of a stack node; `None` of [`ELSEWHERE`].
    pub fn function_of_node(&self, node: u32) -> Option<FunctionId> {
        self.recorded_tree.as_ref()?.stacks.function.get(node as usize).copied()
    }
}

#[cfg(test)]
mod tests;
