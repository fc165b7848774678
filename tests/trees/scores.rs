//! How near an estimated tree is to the true one. `tests/treebench/scoring.py` scores the same way.

use std::collections::HashMap;

use flamedrop::profile::CallTree;
use flamedrop::profile::call_tree::{Certainty, MERGED, NO_PARENT};

use super::recording::Recording;

/// Scores, 1 is best.
#[derive(Debug, Clone, Copy)]
pub struct Scores {
    /// Share of self time that lies on the right stack.
    pub self_time: f64,
    /// Agreement of total times over all boxes: sum of minima by sum of maxima, so that too much in
    /// a box costs as much as too little.
    pub inclusive: f64,
    /// How well each function's boxes add up to its true total time.
    pub kept: f64,
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
        let mut stacks = Stacks::default();
        let true_places = stacks.add_truth(recording);
        let places = stacks.add_tree(tree);
        stacks.add_up();
        let total: f64 = recording.truth.iter().map(|true_box| true_box.self_time).sum();
        // Nanoseconds were rounded to doubles and added up.
        let rounding = 1e-9 * total;
        let leaves: HashMap<(u32, u32), f64> = (0..recording.truth.len())
            .filter(|&index| recording.truth[index].recursive)
            .map(|index| {
                let leaf = &recording.truth[index];
                ((true_places[index], leaf.function), leaf.self_time)
            })
            .collect();
        let (mut outside, mut exact_outside) = (0, 0);
        let mut widths = Vec::new();
        for index in (0..tree.len()).filter(|&index| tree.function[index] != MERGED) {
            let (place, function) = (places[index], tree.function[index]);
            let within_itself = tree.recursive[index] && stacks.function_of(place) == Some(function);
            let truth = if tree.recursive[index] {
                leaves.get(&(place, function)).copied().unwrap_or_default()
            } else {
                stacks.all[place as usize].true_total
            };
            // Of a function that calls itself, the truth has both calls' time in one.
            let contains = truth >= tree.low[index] - rounding && truth <= tree.high[index] + rounding;
            if !contains && !within_itself {
                outside += 1;
                exact_outside += usize::from(tree.certainty[index] == Certainty::Exact as u8);
            }
            widths.push((
                (tree.high[index] - tree.low[index]) / tree.total_time[index].max(rounding),
                tree.self_time[index],
            ));
        }
        let exact: f64 = (0..tree.len())
            .filter(|&index| tree.certainty[index] == Certainty::Exact as u8)
            .map(|index| tree.self_time[index])
            .sum();
        let by_function = recording.total_by_function();
        let found = tree.total_by_function(by_function.len());
        let missed: f64 = by_function.iter().zip(found).map(|(truth, found)| (truth - found).abs()).sum();
        let sum = |of: fn(&Stack) -> f64| stacks.all.iter().map(of).sum::<f64>();
        Self {
            self_time: sum(|stack| stack.true_self.min(stack.self_time)) / total,
            inclusive: sum(|stack| stack.true_total.min(stack.total_time))
                / sum(|stack| stack.true_total.max(stack.total_time)),
            kept: 1.0 - missed / by_function.iter().sum::<f64>(),
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

/// A stack on which each function is once, with its times in both trees.
struct Stack {
    parent: u32,
    function: u32,
    true_self: f64,
    true_total: f64,
    self_time: f64,
    total_time: f64,
}

/// The stacks of two trees; parents come first.
#[derive(Default)]
struct Stacks {
    all: Vec<Stack>,
    places: HashMap<(u32, u32), u32>,
}

impl Stacks {
    /// The stack with this function below that one, and the one itself if it is on it.
    fn below(&mut self, parent: u32, function: u32) -> u32 {
        let mut above = parent;
        while let Some(stack) = self.all.get(above as usize) {
            if stack.function == function {
                return parent;
            }
            above = stack.parent;
        }
        *self.places.entry((parent, function)).or_insert_with(|| {
            self.all.push(Stack {
                parent,
                function,
                true_self: 0.0,
                true_total: 0.0,
                self_time: 0.0,
                total_time: 0.0,
            });
            self.all.len() as u32 - 1
        })
    }

    fn function_of(&self, place: u32) -> Option<u32> {
        self.all.get(place as usize).map(|stack| stack.function)
    }

    /// The stack of each box; of a recursive leaf, that of the box it is in.
    fn add_truth(&mut self, recording: &Recording) -> Vec<u32> {
        let mut places: Vec<u32> = Vec::with_capacity(recording.truth.len());
        for true_box in &recording.truth {
            let parent = places.get(true_box.parent as usize).copied().unwrap_or(NO_PARENT);
            let place = self.below(parent, true_box.function);
            self.all[place as usize].true_self += true_box.self_time;
            places.push(place);
        }
        places
    }

    /// The same for an estimate. What is in merged boxes is in the box above them, and their functions are
    /// below that.
    fn add_tree(&mut self, tree: &CallTree) -> Vec<u32> {
        let mut places: Vec<u32> = Vec::with_capacity(tree.len());
        for index in 0..tree.len() {
            let parent = places.get(tree.parent[index] as usize).copied().unwrap_or(NO_PARENT);
            let place = match tree.function[index] {
                MERGED => parent,
                function => self.below(parent, function),
            };
            self.spend(place, tree.self_time[index]);
            places.push(place);
        }
        for part in &tree.merged.parts {
            let merged = places[part.merged as usize];
            let place = self.below(merged, part.function);
            self.spend(merged, -part.self_time);
            self.spend(place, part.self_time);
        }
        places
    }

    fn spend(&mut self, place: u32, seconds: f64) {
        // A merged box of roots is on no stack.
        if let Some(stack) = self.all.get_mut(place as usize) {
            stack.self_time += seconds;
        }
    }

    fn add_up(&mut self) {
        for index in (0..self.all.len()).rev() {
            let stack = &mut self.all[index];
            stack.true_total += stack.true_self;
            stack.total_time += stack.self_time;
            let (parent, true_total, total_time) = (stack.parent, stack.true_total, stack.total_time);
            if let Some(parent) = self.all.get_mut(parent as usize) {
                parent.true_total += true_total;
                parent.total_time += total_time;
            }
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
