//! The profile of a range of time: what ran in it, and as long as it ran in it.

use super::{ELSEWHERE, SpanTrack, rounded};
use crate::profile::Profile;
use crate::profile::stacks::{Stacks, Track, Weight};

impl Profile {
    /// The profile of what ran between two moments of [`Spans`](super::Spans), of some tracks or of all: spans are cut to
    /// the range, a call counts where it begins. Functions keep their ids, tracks (of all) their places. `None` where
    /// there are no spans, or no such tracks.
    #[must_use]
    pub fn of_range(&self, range: (f64, f64), chosen: Option<&[usize]>) -> Option<Self> {
        let spans = self.spans.as_ref()?;
        let whole = &self.recorded_tree.as_ref()?.stacks;
        let mut tracks = Vec::new();
        for (index, (track_of, of)) in whole.tracks.iter().zip(&spans.tracks).enumerate() {
            if chosen.is_none_or(|chosen| chosen.contains(&index)) {
                let Track { name, process, thread, start, weights: _ } = track_of;
                tracks.push(Track {
                    name: name.clone(),
                    process: *process,
                    thread: *thread,
                    start: *start,
                    weights: weights(of, range, whole),
                });
            }
        }
        if tracks.is_empty() || chosen.is_some_and(|chosen| chosen.len() > tracks.len()) {
            return None;
        }
        let stacks = Stacks {
            function: whole.function.clone(),
            parent: whole.parent.clone(),
            counted: whole.counted,
            tracks,
        };
        Some(stacks.profile(&self.functions, self.unit))
    }
}

/// What each node has in the range.
fn weights(track: &SpanTrack, (from, to): (f64, f64), stacks: &Stacks) -> Vec<Weight> {
    let nodes = stacks.function.len();
    let mut values = vec![0.0_f64; nodes];
    let mut calls = vec![0_u32; if stacks.counted { nodes } else { 0 }];
    for depth in 0..track.depths() {
        let row = track.row(depth);
        let mut below = track.row(depth + 1);
        for span in row {
            let (start, end, node) = (track.start[span], track.end[span], track.node[span]);
            // What it called: as much of it as is in the range, and all.
            let (mut called, mut called_ever) = (0.0, 0.0);
            while below.start < below.end && track.start[below.start] < end {
                let (one, other) = (track.start[below.start], track.end[below.start]);
                called += (other.min(to) - one.max(from)).max(0.0);
                called_ever += other - one;
                below.start += 1;
            }
            let Some(value) = values.get_mut(node as usize).filter(|_| node != ELSEWHERE) else { continue };
            let begins_in_it = (from..to).contains(&start);
            let own = rounded((end.min(to) - start.max(from)).max(0.0) - called, end);
            *value += match track.own.get(span) {
                None => own,
                // What its samples measured, evenly over the time that is its own.
                Some(&measured) => {
                    let ever = rounded(end - start - called_ever, end);
                    let share =
                        if ever > 0.0 { (own / ever).min(1.0) } else { f64::from(u8::from(begins_in_it)) };
                    measured * share
                }
            };
            if let Some(calls) = calls.get_mut(node as usize).filter(|_| begins_in_it) {
                *calls += 1;
            }
        }
    }
    let calls_of = |node: usize| calls.get(node).copied().unwrap_or(0);
    (0..nodes)
        .filter(|&node| values[node] > 0.0 || calls_of(node) > 0)
        .map(|node| Weight { node: node as u32, value: values[node], calls: calls_of(node) })
        .collect()
}
