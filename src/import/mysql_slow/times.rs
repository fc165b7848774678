//! Times that a session has set for itself.
//!
//! MariaDB writes a record's time as its session sees it: after `SET timestamp = 1700000000` that is 2023, in a log of
//! 2026. A log is written in the order of time, so what lies far from the records around it is such a time.

use crate::queries::LogBuilder;

/// Further than this from its neighbours a time is not the clock's, ms: a day.
const FAR: f64 = 86_400_000.0;

/// Of a log's end that is so much smaller than what was before, the times are not the clock's either.
const SMALL: usize = 10;

/// More jumps than these are not a session's.
const MOST_RUNS: usize = 2000;

/// When statements ended, in the order of the file.
#[derive(Debug, Default)]
pub struct Times {
    ends: Vec<(u32, f64)>,
}

/// Records that follow each other without a jump.
#[derive(Debug, Clone, Copy)]
struct Run {
    from: usize,
    to: usize,
    first: f64,
    last: f64,
}

impl Times {
    /// Another statement, by its index in the order of the file.
    pub fn push(&mut self, at: usize, end: f64) {
        if !end.is_nan() {
            self.ends.push((at as u32, end));
        }
    }

    /// Moves the statements whose time is not the clock's to where they stand in the log; gives how many.
    pub fn mend(self, builder: &mut LogBuilder) -> u64 {
        let mut moved = 0;
        for (run, time) in self.outside() {
            for &(at, _) in &self.ends[run.from..run.to] {
                builder.set_end(at as usize, time);
                moved += 1;
            }
        }
        moved
    }

    /// The runs of times that are not the clock's, and the time they belong to.
    fn outside(&self) -> Vec<(Run, f64)> {
        let mut runs: Vec<Run> = Vec::new();
        for (index, &(_, end)) in self.ends.iter().enumerate() {
            match runs.last_mut() {
                Some(run) if (end - run.last).abs() < FAR => (run.to, run.last) = (index + 1, end),
                _ => runs.push(Run { from: index, to: index + 1, first: end, last: end }),
            }
        }
        let is_ordered = runs.windows(2).all(|pair| pair[0].last <= pair[1].first);
        if is_ordered || runs.len() > MOST_RUNS {
            return Vec::new();
        }
        let clock = in_order(&runs);
        let of_clock: usize = clock.iter().map(|&run| runs[run].length()).sum();
        let (Some(&begin), Some(&end)) = (clock.first(), clock.last()) else { return Vec::new() };
        let mut outside = Vec::new();
        let mut time = runs[begin].first;
        for (index, run) in runs.iter().enumerate() {
            if clock.binary_search(&index).is_ok() {
                time = run.last;
                continue;
            }
            // At either end it may be another log that was put there, unless it is a few records.
            let is_between = index > begin && index < end;
            if is_between || run.length() * SMALL <= of_clock {
                outside.push((*run, time));
            }
        }
        outside
    }
}

impl Run {
    fn length(&self) -> usize {
        self.to - self.from
    }
}

/// The runs that follow each other in time and have the most records, by their indices: of equal ones those that end
/// first.
fn in_order(runs: &[Run]) -> Vec<usize> {
    // The most records of a chain that ends with each run, and the run before it in that chain.
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(runs.len());
    for (index, run) in runs.iter().enumerate() {
        // Of equal ones the nearest.
        let before = (0..index)
            .filter(|&before| runs[before].last <= run.first + FAR)
            .max_by(|&a, &b| best[a].0.cmp(&best[b].0).then(runs[a].last.total_cmp(&runs[b].last)));
        let records = before.map_or(0, |before| best[before].0) + run.length();
        best.push((records, before));
    }
    let most = best.iter().map(|(records, _)| *records).max().unwrap_or(0);
    let ends = (0..runs.len()).filter(|&run| best[run].0 == most);
    let mut at = ends.min_by(|&a, &b| runs[a].last.total_cmp(&runs[b].last));
    let mut chain = Vec::new();
    while let Some(run) = at {
        chain.push(run);
        at = best[run].1;
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days of records, and those that are moved with the day they get.
    fn moved(days: &[f64]) -> Vec<(usize, f64)> {
        let mut times = Times::default();
        for (at, day) in days.iter().enumerate() {
            times.push(at, day * FAR);
        }
        let outside = times.outside();
        outside
            .into_iter()
            .flat_map(|(run, time)| (run.from..run.to).map(move |at| (at, time / FAR)))
            .collect()
    }

    #[test]
    fn what_a_session_set_is_moved() {
        assert_eq!(moved(&[100.0, 100.1, 3.0, 3.1, 100.2]), [(2, 100.1), (3, 100.1)]);
        assert_eq!(moved(&[100.0, 100.1, 900.0, 100.2]), [(2, 100.1)]);
        // The first record of all.
        assert_eq!(moved(&[vec![900.0], vec![100.0; 20]].concat()), [(0, 100.0)]);
        assert_eq!(moved(&[vec![100.0; 20], vec![3.0]].concat()), [(20, 100.0)]);
        // Days without a statement.
        assert_eq!(moved(&[100.0, 104.0, 104.5, 120.0]), []);
        // A log behind another one.
        assert_eq!(moved(&[vec![100.0; 5], vec![50.0; 5]].concat()), []);
        assert_eq!(moved(&[]), []);
    }
}
