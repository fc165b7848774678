//! When samples were taken: how long each stands for.

use crate::profile::Unit;
use crate::profile::stacks::{Builder, TrackId};

/// A sample that is followed by another within so many times its length lasts until then: the clock is not exact.
const NEAR: f64 = 2.0;

/// The samples of all threads so far.
#[derive(Default)]
pub(super) struct Moments {
    samples: Vec<Sample>,
}

struct Sample {
    track: TrackId,
    node: u32,
    at: f64,
    value: f64,
}

impl Moments {
    pub fn note(&mut self, track: TrackId, node: u32, at: f64, value: f64) {
        self.samples.push(Sample { track, node, at, value });
    }

    /// Tells `builder` of all of them. A sample is of the time before it: as much as its clock counted, or, of other
    /// events, as is between two samples of a thread that runs. What is between them else is idle.
    pub fn tell(mut self, unit: Unit, builder: &mut Builder) {
        // perf sorts by time mostly, but for several processors' buffers.
        crate::sort::by(&mut self.samples, |a, b| a.at.total_cmp(&b.at));
        let mut last: Vec<Option<f64>> = vec![None; builder.tracks()];
        let typical = if unit.is_time() { 0.0 } else { self.typical(last.clone()) };
        for sample in &self.samples {
            let length = if unit.is_time() { sample.value } else { typical };
            let before = last[sample.track];
            let start = match before {
                Some(before) if sample.at - before <= NEAR * length => before,
                _ => sample.at - length,
            };
            builder.sample(sample.track, sample.node, (start, sample.at), Some(sample.value));
            last[sample.track] = Some(sample.at);
        }
    }

    /// The median time from a thread's sample to its next.
    fn typical(&self, mut last: Vec<Option<f64>>) -> f64 {
        let mut gaps = Vec::new();
        for sample in &self.samples {
            if let Some(before) = last[sample.track].replace(sample.at) {
                gaps.push(sample.at - before);
            }
        }
        crate::sort::floats(&mut gaps);
        gaps.get(gaps.len() / 2).copied().unwrap_or_default()
    }
}
