//! How spans come together while a file is read, in whatever order it has them.

use super::{Clock, ELSEWHERE, SpanTrack, Spans};
use crate::sort;

/// A span as it is read.
#[derive(Debug, Clone, Copy)]
struct Raw {
    depth: u32,
    node: u32,
    start: f64,
    end: f64,
    own: f64,
}

/// A frame that goes on from sample to sample.
#[derive(Debug, Clone, Copy)]
struct Going {
    node: u32,
    start: f64,
    own: f64,
}

/// The spans of one track so far.
#[derive(Debug, Default)]
struct Lane {
    spans: Vec<Raw>,
    /// Of samples: the stack of the last one, outermost first, and when it ended.
    going: Vec<Going>,
    last: f64,
}

/// Spans being read.
#[derive(Debug, Default)]
pub(in crate::profile) struct Recorder {
    clock: Clock,
    lanes: Vec<Lane>,
    /// Whether spans have values of their own.
    measured: bool,
    /// Whether two spans of one frame that touch are one: samples were taken, not calls.
    joined: bool,
}

impl Recorder {
    /// What moments are, if that is not the file's clock.
    pub(in crate::profile) fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// From now on two spans of one frame that touch are one.
    pub(in crate::profile) fn join(&mut self) {
        self.joined = true;
    }

    fn lane(&mut self, track: usize) -> &mut Lane {
        if track >= self.lanes.len() {
            self.lanes.resize_with(track + 1, Lane::default);
        }
        &mut self.lanes[track]
    }

    /// A span of a node, or of [`ELSEWHERE`].
    pub(in crate::profile) fn span(&mut self, track: usize, node: u32, depth: u32, (start, end): (f64, f64)) {
        if start.is_finite() && end.is_finite() && end >= start {
            self.lane(track).spans.push(Raw { depth, node, start, end, own: 0.0 });
        }
    }

    /// A sample of the stack `path`, outermost frame first. Frames that the sample before it has as well go on, if it
    /// ended where this one begins. `value` is what it measured, if that is not its length.
    pub(in crate::profile) fn sample(
        &mut self,
        track: usize,
        path: &[u32],
        (start, end): (f64, f64),
        value: Option<f64>,
    ) {
        if !(start.is_finite() && end.is_finite() && end >= start) {
            return;
        }
        self.measured |= value.is_some();
        let lane = self.lane(track);
        let goes_on = start == lane.last;
        let same = lane.going.iter().zip(path).take_while(|(going, node)| going.node == **node).count();
        lane.close(if goes_on { same } else { 0 });
        for &node in &path[lane.going.len()..] {
            lane.going.push(Going { node, start, own: 0.0 });
        }
        if let Some(top) = lane.going.last_mut() {
            top.own += value.unwrap_or(0.0);
        }
        lane.last = end;
    }

    /// All spans, of the tracks in this order; `None` where there are none. The first begins at 0.
    pub(in crate::profile) fn finish(mut self, tracks: &[usize]) -> Option<Spans> {
        for lane in &mut self.lanes {
            lane.close(0);
        }
        let starts = self.lanes.iter().flat_map(|lane| lane.spans.iter().map(|span| span.start));
        let origin = starts.fold(f64::INFINITY, f64::min);
        if !origin.is_finite() {
            return None;
        }
        let (measured, joined) = (self.measured, self.joined);
        let mut finished = Vec::with_capacity(tracks.len());
        for &track in tracks {
            let lane = self.lanes.get_mut(track).map(std::mem::take).unwrap_or_default();
            finished.push(lane.finish(origin, measured, joined)?);
        }
        Some(Spans { clock: self.clock, tracks: finished })
    }
}

impl Lane {
    /// Ends all frames but the `keep` outermost.
    fn close(&mut self, keep: usize) {
        while self.going.len() > keep
            && let Some(Going { node, start, own }) = self.going.pop()
        {
            let depth = self.going.len() as u32;
            self.spans.push(Raw { depth, node, start, end: self.last, own });
        }
    }

    fn finish(self, origin: f64, measured: bool, joined: bool) -> Option<SpanTrack> {
        let depths = self.spans.iter().map(|span| span.depth as usize + 1).max().unwrap_or(0);
        let mut first = vec![0_u32; depths + 1];
        for span in &self.spans {
            first[span.depth as usize + 1] += 1;
        }
        for depth in 0..depths {
            first[depth + 1] += first[depth];
        }
        let mut next = first.clone();
        let mut order = vec![0_u32; self.spans.len()];
        for (at, span) in self.spans.iter().enumerate() {
            let place = &mut next[span.depth as usize];
            order[*place as usize] = at as u32;
            *place += 1;
        }
        let count = self.spans.len();
        let (mut start, mut end) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut node, mut own) = (Vec::with_capacity(count), Vec::new());
        let mut rows = vec![0_u32];
        for depth in 0..depths {
            let row = &mut order[first[depth] as usize..first[depth + 1] as usize];
            let begins = |at: u32| self.spans[at as usize].start;
            // Mostly they are in order already.
            if !row.is_sorted_by(|&a, &b| begins(a) <= begins(b)) {
                sort::ids(row, &mut |a, b| begins(a).total_cmp(&begins(b)));
            }
            let begin = node.len();
            for &at in row.iter() {
                let span = self.spans[at as usize];
                let (mut from, mut to) = (span.start - origin, span.end - origin);
                if node.len() > begin
                    && let Some(&last) = end.last()
                {
                    // Where two lie over each other the file is damaged: the later has what is left.
                    from = f64::max(from, last);
                    to = f64::max(to, from);
                    let same = node.last() == Some(&span.node) && span.node != ELSEWHERE;
                    if joined && same && from == last {
                        if let Some(end) = end.last_mut() {
                            *end = to;
                        }
                        if measured && let Some(own) = own.last_mut() {
                            *own += span.own;
                        }
                        continue;
                    }
                }
                start.push(from);
                end.push(to);
                node.push(span.node);
                if measured {
                    own.push(span.own);
                }
            }
            rows.push(node.len() as u32);
        }
        SpanTrack::new((start, end), node, own, rows).ok()
    }
}
