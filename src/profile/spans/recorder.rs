//! How spans come together while a file is read, in whatever order it has them.

use super::{Clock, ELSEWHERE, SpanTrack, Spans};
use crate::sort;

/// The spans of one depth as they are read. By depth from the start, so that nothing has to be sorted and moved once
/// there are millions of them.
#[derive(Debug, Default)]
struct Row {
    start: Vec<f64>,
    end: Vec<f64>,
    node: Vec<u32>,
    /// Shorter than the others while all of the rest are 0.
    own: Vec<f64>,
}

impl Row {
    fn push(&mut self, node: u32, (start, end): (f64, f64), own: f64) {
        if own != 0.0 {
            self.own.resize(self.node.len(), 0.0);
            self.own.push(own);
        }
        self.start.push(start);
        self.end.push(end);
        self.node.push(node);
    }
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
    /// By depth.
    rows: Vec<Row>,
    /// Of samples: the stack of the last one, outermost first, and when it ended.
    going: Vec<Going>,
    last: f64,
}

/// Spans being read.
#[derive(Debug, Default)]
pub(in crate::profile) struct Recorder {
    clock: Clock,
    /// When its moments are 0: milliseconds since 1970-01-01T00:00Z.
    zero: Option<f64>,
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

    /// Says at what time of day its moments are 0, ms since 1970-01-01T00:00Z.
    pub(in crate::profile) fn set_zero(&mut self, zero: f64) {
        // A profile of before 1980 was made on a machine that did not know the time; nor is one of after 2200 told right.
        self.zero = Some(zero).filter(|zero| (3.2e11..7.3e12).contains(zero));
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
            self.lane(track).push(depth, node, (start, end), 0.0);
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
        let rows = self.lanes.iter().flat_map(|lane| &lane.rows);
        let origin = rows.flat_map(|row| &row.start).copied().fold(f64::INFINITY, f64::min);
        if !origin.is_finite() {
            return None;
        }
        let (measured, joined) = (self.measured, self.joined);
        let mut finished = Vec::with_capacity(tracks.len());
        for &track in tracks {
            let lane = self.lanes.get_mut(track).map(std::mem::take).unwrap_or_default();
            finished.push(lane.finish(origin, measured, joined)?);
        }
        let beginning = self.zero.filter(|_| self.clock == Clock::Recorded).map(|zero| zero + origin * 1e3);
        Some(Spans { clock: self.clock, beginning, tracks: finished })
    }
}

impl Lane {
    /// Ends all frames but the `keep` outermost.
    fn close(&mut self, keep: usize) {
        while self.going.len() > keep
            && let Some(Going { node, start, own }) = self.going.pop()
        {
            let depth = self.going.len() as u32;
            self.push(depth, node, (start, self.last), own);
        }
    }

    fn push(&mut self, depth: u32, node: u32, moments: (f64, f64), own: f64) {
        let depth = depth as usize;
        if depth >= self.rows.len() {
            self.rows.resize_with(depth + 1, Row::default);
        }
        self.rows[depth].push(node, moments, own);
    }

    fn finish(self, origin: f64, measured: bool, joined: bool) -> Option<SpanTrack> {
        let count = self.rows.iter().map(|row| row.node.len()).sum();
        let (mut start, mut end) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut node, mut own) = (Vec::with_capacity(count), Vec::new());
        let mut rows = vec![0_u32];
        for row in self.rows {
            let count = row.node.len();
            // Mostly they are in order already.
            let order = (!row.start.is_sorted()).then(|| {
                let mut order: Vec<u32> = (0..count as u32).collect();
                sort::ids_by_float(&mut order, &|at| row.start[at as usize], false);
                order
            });
            let begin = node.len();
            for place in 0..count {
                let at = order.as_ref().map_or(place, |order| order[place] as usize);
                let (mut from, mut to) = (row.start[at] - origin, row.end[at] - origin);
                let measured_in = row.own.get(at).copied().unwrap_or(0.0);
                if node.len() > begin
                    && let Some(&last) = end.last()
                {
                    // Where two lie over each other the file is damaged: the later has what is left.
                    from = f64::max(from, last);
                    to = f64::max(to, from);
                    let same = node.last() == Some(&row.node[at]) && row.node[at] != ELSEWHERE;
                    if joined && same && from == last {
                        if let Some(end) = end.last_mut() {
                            *end = to;
                        }
                        if measured && let Some(own) = own.last_mut() {
                            *own += measured_in;
                        }
                        continue;
                    }
                }
                start.push(from);
                end.push(to);
                node.push(row.node[at]);
                if measured {
                    own.push(measured_in);
                }
            }
            rows.push(node.len() as u32);
        }
        SpanTrack::new((start, end), node, own, rows).ok()
    }
}
