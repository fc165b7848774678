//! What of a track is on screen, in time that depends on pixels: within a depth binary searches find the edge of the
//! window and the next span at least a pixel further; what was jumped over is one run.

use super::{ELSEWHERE, SpanTrack};
use crate::profile::FunctionId;

/// Spans of one depth that are drawn as one: a single span, or several of less than a pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// The first of them.
    pub first: usize,
    /// How many.
    pub count: usize,
    /// When the first begins.
    pub start: f64,
    /// When the last ends.
    pub end: f64,
    /// The sum of their lengths: what lies between them is none of it.
    pub busy: f64,
}

/// At so many spans of a run one looks to find the longest.
const LOOKS: usize = 16;

impl SpanTrack {
    /// The runs of a depth between two moments, in order; spans shorter than `least` (a pixel) are put together.
    pub fn runs(&self, depth: u32, from: f64, to: f64, least: f64) -> Runs<'_> {
        let row = self.row(depth);
        let next = row.start + self.end[row.clone()].partition_point(|&end| end < from);
        Runs { track: self, next, row_end: row.end, to, least }
    }

    /// The longest span of a run, as far as a few looks tell: its colour stands for all of them.
    pub fn longest(&self, run: &Run) -> usize {
        let step = run.count.div_ceil(LOOKS).max(1);
        let looked = (run.first..run.first + run.count).step_by(step);
        let length = |span: &usize| self.end[*span] - self.start[*span];
        looked.max_by(|a, b| length(a).total_cmp(&length(b))).unwrap_or(run.first)
    }

    /// The span of a depth at a moment.
    pub fn at(&self, depth: u32, moment: f64) -> Option<usize> {
        let row = self.row(depth);
        let span = row.start + self.end[row.clone()].partition_point(|&end| end <= moment);
        (span < row.end && self.start[span] <= moment).then_some(span)
    }

    /// The span that called another.
    pub fn parent(&self, span: usize) -> Option<usize> {
        let depth = self.depth_of(span).checked_sub(1)?;
        let row = self.row(depth);
        let after = row.start + self.start[row.clone()].partition_point(|&start| start <= self.start[span]);
        (after > row.start).then(|| after - 1).filter(|&above| self.end[above] >= self.end[span])
    }

    /// The first span that another called.
    pub fn first_child(&self, span: usize) -> Option<usize> {
        self.children(span).next()
    }

    /// The span before another, at the same depth.
    pub fn previous(&self, span: usize) -> Option<usize> {
        (span > self.row(self.depth_of(span)).start).then(|| span - 1)
    }

    /// The span after another, at the same depth.
    pub fn next(&self, span: usize) -> Option<usize> {
        (span + 1 < self.row(self.depth_of(span)).end).then_some(span + 1)
    }

    /// How much of a depth's time between two moments is spans'.
    pub fn busy(&self, depth: u32, from: f64, to: f64) -> f64 {
        let row = self.row(depth);
        let first = row.start + self.end[row.clone()].partition_point(|&end| end <= from);
        let after = row.start + self.start[row].partition_point(|&start| start < to);
        if first >= after || to <= from {
            return 0.0;
        }
        let all = self.before[after] - self.before[first];
        let outside = (from - self.start[first]).max(0.0) + (self.end[after - 1] - to).max(0.0);
        (all - outside).max(0.0)
    }

    /// How deep the stacks are on average, in each of `steps` parts of the time from 0 to `length`.
    pub fn depth_over_time(&self, steps: u32, length: f64) -> Vec<f32> {
        let step = length / f64::from(steps.max(1));
        let mut all = vec![0.0_f32; steps as usize];
        if step <= 0.0 {
            return all;
        }
        for depth in 0..self.depths() {
            for (at, mean) in all.iter_mut().enumerate() {
                let from = at as f64 * step;
                *mean += (self.busy(depth, from, from + step) / step) as f32;
            }
        }
        all
    }
}

/// See [`SpanTrack::runs`].
#[derive(Debug, Clone)]
pub struct Runs<'a> {
    track: &'a SpanTrack,
    next: usize,
    row_end: usize,
    to: f64,
    least: f64,
}

impl Iterator for Runs<'_> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        let (track, first) = (self.track, self.next);
        if first >= self.row_end || track.start[first] > self.to {
            return None;
        }
        let short = |span: usize| track.end[span] - track.start[span] < self.least;
        let mut after = first + 1;
        if short(first) {
            let edge = track.start[first] + self.least;
            // It gallops: mostly the next one is not far.
            let mut step = 1;
            while after < self.row_end && track.start[after] < edge {
                let far = (after + step).min(self.row_end);
                if far < self.row_end && track.start[far] < edge {
                    (after, step) = (far, step * 2);
                    continue;
                }
                after += track.start[after..far].partition_point(|&start| start < edge);
                break;
            }
            // A long one that begins in this pixel is a run of its own.
            if after > first + 1 && !short(after - 1) {
                after -= 1;
            }
        }
        self.next = after;
        Some(Run {
            first,
            count: after - first,
            start: track.start[first],
            end: track.end[after - 1],
            busy: track.before[after] - track.before[first],
        })
    }
}

/// Which spans a search found.
#[derive(Debug, Clone, Default)]
pub struct Matches {
    /// Per track, per span and once at the end: how many of those before it match.
    before: Vec<Vec<u32>>,
}

impl Matches {
    /// The spans of functions that `matches` says yes to; `function` gives a node's.
    pub fn new(
        tracks: &[SpanTrack],
        function: impl Fn(u32) -> Option<FunctionId>,
        matches: impl Fn(FunctionId) -> bool,
    ) -> Self {
        let of = |track: &SpanTrack| {
            let mut count = 0;
            let mut before = Vec::with_capacity(track.len() + 1);
            for &node in &track.node {
                before.push(count);
                count += u32::from(node != ELSEWHERE && function(node).is_some_and(&matches));
            }
            before.push(count);
            before
        };
        Self { before: tracks.iter().map(of).collect() }
    }

    /// How many of the spans from `first` on, `count` of them, match.
    pub fn of(&self, track: usize, first: usize, count: usize) -> u32 {
        let before = |span: usize| self.before.get(track).and_then(|before| before.get(span)).copied();
        match (before(first), before(first + count)) {
            (Some(from), Some(to)) => to - from,
            _ => 0,
        }
    }

    /// How many match in all.
    pub fn count(&self) -> u64 {
        self.before.iter().filter_map(|before| before.last()).map(|&count| u64::from(count)).sum()
    }

    /// Whether any span that is on between two moments matches.
    pub fn any(&self, index: usize, track: &SpanTrack, from: f64, to: f64) -> bool {
        (0..track.depths()).any(|depth| {
            let row = track.row(depth);
            let first = row.start + track.end[row.clone()].partition_point(|&end| end <= from);
            let after = row.start + track.start[row].partition_point(|&start| start < to);
            after > first && self.of(index, first, after - first) > 0
        })
    }

    /// The next (or last) matching span of a track that begins after (before) a moment, at whichever depth.
    pub fn next(&self, index: usize, track: &SpanTrack, moment: f64, forwards: bool) -> Option<usize> {
        let before = self.before.get(index)?;
        let mut best: Option<usize> = None;
        for depth in 0..track.depths() {
            let row = track.row(depth);
            let starts = &track.start[row.clone()];
            let found = if forwards {
                let from = row.start + starts.partition_point(|&start| start <= moment);
                let after = from + before[from..=row.end].partition_point(|&so_far| so_far <= before[from]);
                (after > from && after <= row.end).then(|| after - 1)
            } else {
                let to = row.start + starts.partition_point(|&start| start < moment);
                let at = row.start + before[row.start..=to].partition_point(|&so_far| so_far < before[to]);
                (at > row.start).then(|| at - 1)
            };
            let nearer = |a: usize, b: usize| {
                if forwards { track.start[a] < track.start[b] } else { track.start[a] > track.start[b] }
            };
            if let Some(found) = found
                && best.is_none_or(|best| nearer(found, best))
            {
                best = Some(found);
            }
        }
        best
    }
}
