//! How near an estimated tree is to the true one.

use std::collections::HashMap;

use flamedrop::profile::CallTree;
use flamedrop::profile::call_tree::{Certainty, NO_PARENT};

use super::recording::Recording;

/// Scores, 1 is best.
#[derive(Debug, Clone, Copy)]
pub struct Scores {
    /// Share of self time that lies on the right stack.
    pub self_time: f64,
    /// Agreement of total times over all boxes: sum of minima by sum of maxima, so that too much in
    /// a box costs as much as too little.
    pub inclusive: f64,
    /// The estimate's time by the true time.
    pub total: f64,
    /// Boxes of the estimate.
    pub boxes: usize,
    /// Boxes with an interval that the true time is not in.
    pub outside: usize,
    /// Of them, boxes said to be exact.
    pub exact_outside: usize,
    /// Share of self time in boxes said to be exact.
    pub exact: f64,
    /// Share of self time in boxes known to 20 % or better.
    pub certain: f64,
    /// Width of the interval by the estimate, for the box in the middle of self time.
    pub median_width: f64,
}

impl Scores {
    pub fn of(tree: &CallTree, recording: &Recording) -> Self {
        let truth = &recording.truth;
        let total: f64 = truth.iter().map(|true_box| true_box.self_time).sum();
        let children: HashMap<(u32, u32), u32> = truth
            .iter()
            .enumerate()
            .map(|(index, true_box)| ((true_box.parent, true_box.function), index as u32))
            .collect();
        let mut matched: Vec<Option<u32>> = Vec::with_capacity(tree.len());
        let (mut common_self, mut common) = (0.0, 0.0);
        let (mut outside, mut exact_outside) = (0, 0);
        // Nanoseconds were rounded to doubles and added up.
        let rounding = 1e-9 * total;
        let mut widths = Vec::new();
        for index in 0..tree.len() {
            let above = match tree.parent[index] {
                NO_PARENT => Some(NO_PARENT),
                parent => matched[parent as usize],
            };
            let found = above.and_then(|above| children.get(&(above, tree.function[index])).copied());
            matched.push(found);
            let (true_self, true_total) = found.map_or((0.0, 0.0), |found| {
                let true_box = &truth[found as usize];
                (true_box.self_time, true_box.total_time)
            });
            common_self += true_self.min(tree.self_time[index]);
            common += true_total.min(tree.total_time[index]);
            if tree.function[index] == flamedrop::profile::call_tree::MERGED {
                continue;
            }
            if true_total < tree.low[index] - rounding || true_total > tree.high[index] + rounding {
                outside += 1;
                exact_outside += usize::from(tree.certainty[index] == Certainty::Exact as u8);
            }
            widths.push((
                (tree.high[index] - tree.low[index]) / tree.total_time[index].max(rounding),
                tree.self_time[index],
            ));
        }
        let true_sum: f64 = truth.iter().map(|true_box| true_box.total_time).sum();
        let sum: f64 = tree.total_time.iter().sum();
        let exact: f64 = (0..tree.len())
            .filter(|&index| tree.certainty[index] == Certainty::Exact as u8)
            .map(|index| tree.self_time[index])
            .sum();
        Self {
            self_time: common_self / total,
            inclusive: common / (true_sum + sum - common),
            total: tree.total() / total,
            boxes: tree.len(),
            outside,
            exact_outside,
            exact: exact / total,
            certain: tree.certain_share(),
            median_width: median(widths),
        }
    }
}

/// The value at half of the weight.
fn median(mut values: Vec<(f64, f64)>) -> f64 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = values.iter().map(|value| value.1).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    for (value, weight) in &values {
        sum += weight;
        if sum >= half {
            return *value;
        }
    }
    0.0
}
