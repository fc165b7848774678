//! A call tree: one box per stack, as flat columns in depth-first order.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::sort;

use super::FunctionId;

/// [`CallTree::parent`] of a root.
pub const NO_PARENT: u32 = u32::MAX;

/// [`CallTree::function`] of a box that stands for many small ones: "(n more)".
pub const MERGED: FunctionId = u32::MAX;

/// How well a box's time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Certainty {
    /// The file determines it.
    Exact = 0,
    /// Estimated.
    Estimated = 1,
    /// Estimated, and the file keeps it within 20 % of the estimate.
    Bounded = 2,
}

/// Stacks as boxes. Parents come before children; the boxes of a subtree are `box..end[box]`;
/// siblings are in descending order of total time. There may be several roots.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallTree {
    /// Whether it was estimated from a call graph rather than recorded.
    pub estimated: bool,
    /// Per box: its function, or [`MERGED`].
    pub function: Vec<FunctionId>,
    /// Per box: the box that called it, or [`NO_PARENT`].
    pub parent: Vec<u32>,
    /// Per box: 0 for roots.
    pub depth: Vec<u32>,
    /// Per box: one past the last box of its subtree.
    pub end: Vec<u32>,
    /// Per box: whether it is the time of recursive calls: its function is on the stack above it already, and
    /// has its box there. Such a box is a leaf; what recursive calls call hangs beside it. A function's other
    /// boxes add up to its total time, all of its boxes to its self time.
    pub recursive: Vec<bool>,
    /// Per box: seconds in the function itself on this stack.
    pub self_time: Vec<f64>,
    /// Per box: seconds in it and all below: self time plus the children's total times.
    pub total_time: Vec<f64>,
    /// Per box: calls on this stack, 0 where it is not known how many; for a [`MERGED`] box, how many
    /// boxes it stands for.
    pub calls: Vec<f64>,
    /// Per box: a [`Certainty`] as number.
    pub certainty: Vec<u8>,
    /// Per box: the least its total time can be, seconds, if the file does not contradict itself.
    pub low: Vec<f64>,
    /// Per box: the most its total time can be, seconds.
    pub high: Vec<f64>,
    /// What the [`MERGED`] boxes stand for.
    pub merged: Merged,
    /// Share of all time, 0 to 1, that had to be moved because the file contradicts itself: time of
    /// functions that share their file, line and name, or of threads that were taken for one.
    pub contradiction: f64,
}

/// What the merged boxes of a tree stand for, per function; together with the other boxes' times it
/// adds up to each function's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Merged {
    /// Functions directly in a merged box, by box, each box's largest first.
    pub parts: Vec<MergedPart>,
    /// Functions that are somewhere below the merged boxes' functions.
    pub elsewhere: Vec<Elsewhere>,
}

/// A function somewhere below merged boxes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The function.
    pub function: FunctionId,
    /// Seconds in the function itself.
    pub self_time: f64,
    /// Seconds in it and all below, of outermost calls.
    pub total_time: f64,
}

/// One function in a merged box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MergedPart {
    /// The merged box.
    pub merged: u32,
    /// The function.
    pub function: FunctionId,
    /// Seconds in the function itself.
    pub self_time: f64,
    /// Seconds in it and all below, of outermost calls: at least the self time, unless it is recursive.
    pub total_time: f64,
}

impl MergedPart {
    /// By box, each box's largest first. Mostly they are nearly so.
    pub(super) fn put_in_order(parts: &mut [Self]) {
        sort::by_number(parts, |part| part.merged);
        for of_box in parts.chunk_by_mut(|one, other| one.merged == other.merged) {
            if !of_box.is_sorted_by(|one, other| one.self_time >= other.self_time) {
                sort::by(of_box, |one, other| other.self_time.total_cmp(&one.self_time));
            }
        }
    }
}

/// One box while a tree is made, in any order that has parents before their children.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewBox {
    /// Its function, or [`MERGED`].
    pub function: FunctionId,
    /// Index of its parent among the new boxes, or [`NO_PARENT`].
    pub parent: u32,
    /// See [`CallTree::recursive`].
    pub recursive: bool,
    /// Seconds in the function itself; never negative.
    pub self_time: f64,
    /// See [`CallTree::calls`].
    pub calls: f64,
    /// How well its time is known.
    pub certainty: Certainty,
    /// See [`CallTree::low`].
    pub low: f64,
    /// See [`CallTree::high`].
    pub high: f64,
}

/// New boxes of which there is one for each function below each box.
#[derive(Debug, Default)]
pub(super) struct NewBoxes {
    /// Parents before children.
    pub all: Vec<NewBox>,
    places: FxHashMap<(u32, FunctionId, bool), u32>,
}

impl NewBoxes {
    /// The box of `function` below another, which may be new and is then empty and exact.
    pub fn place(&mut self, parent: u32, function: FunctionId, recursive: bool) -> u32 {
        let next = self.all.len() as u32;
        let place = *self.places.entry((parent, function, recursive)).or_insert(next);
        if place == next {
            self.all.push(NewBox {
                function,
                parent,
                recursive,
                self_time: 0.0,
                calls: 0.0,
                certainty: Certainty::Exact,
                low: 0.0,
                high: 0.0,
            });
        }
        place
    }

    /// Whether there is a box of `function` below another.
    pub fn knows(&self, parent: u32, function: FunctionId) -> bool {
        self.places.contains_key(&(parent, function, false))
    }

    /// Whether `function` is on the stack of the box `at` (or of nothing, [`NO_PARENT`]).
    pub fn has_above(&self, mut at: u32, function: FunctionId) -> bool {
        while let Some(new) = self.all.get(at as usize) {
            if new.function == function {
                return true;
            }
            at = new.parent;
        }
        false
    }
}

impl CallTree {
    /// Adds up total times and puts `boxes` in order.
    ///
    /// # Panics
    /// When a box comes before its parent.
    pub fn new(estimated: bool, boxes: &[NewBox]) -> Self {
        Self::with_merged(estimated, boxes, &[], Vec::new())
    }

    /// Like [`Self::new`], with what the merged boxes stand for: `parts` name them by their index
    /// among `boxes`.
    ///
    /// # Panics
    /// When a box comes before its parent.
    pub fn with_merged(
        estimated: bool,
        boxes: &[NewBox],
        parts: &[MergedPart],
        elsewhere: Vec<Elsewhere>,
    ) -> Self {
        let mut total: Vec<f64> = boxes.iter().map(|new| new.self_time).collect();
        for (index, new) in boxes.iter().enumerate().rev() {
            if new.parent != NO_PARENT {
                assert!((new.parent as usize) < index, "a box before its parent");
                total[new.parent as usize] += total[index];
            }
        }
        let mut first_child = vec![0_u32; boxes.len() + 1];
        for new in boxes.iter().filter(|new| new.parent != NO_PARENT) {
            first_child[new.parent as usize + 1] += 1;
        }
        for index in 0..boxes.len() {
            first_child[index + 1] += first_child[index];
        }
        let roots_from = first_child.last().map_or(0, |&count| count as usize);
        // Grouped by parent, roots last, the smallest sibling first, since a stack hands them out the other way round.
        let mut next = first_child.clone();
        let mut next_root = roots_from;
        let mut by_parent = vec![0_u32; boxes.len()];
        for (index, new) in boxes.iter().enumerate().rev() {
            let place = match next.get_mut(new.parent as usize) {
                Some(next) => {
                    *next += 1;
                    *next as usize - 1
                }
                None => {
                    next_root += 1;
                    next_root - 1
                }
            };
            by_parent[place] = index as u32;
        }
        let put_in_order = |group: &mut [u32]| {
            if group.len() > 1 {
                sort::ids(group, &mut |a, b| total[a as usize].total_cmp(&total[b as usize]));
            }
        };
        for group in first_child.windows(2) {
            put_in_order(&mut by_parent[group[0] as usize..group[1] as usize]);
        }
        put_in_order(&mut by_parent[roots_from..]);
        let mut tree = Self::with_room(boxes.len());
        tree.estimated = estimated;
        let mut place = vec![NO_PARENT; boxes.len()];
        let mut stack: Vec<u32> = by_parent[roots_from..].to_vec();
        while let Some(index) = stack.pop() {
            let index = index as usize;
            let new = boxes[index];
            let parent = if new.parent == NO_PARENT { NO_PARENT } else { place[new.parent as usize] };
            let depth = if parent == NO_PARENT { 0 } else { tree.depth[parent as usize] + 1 };
            place[index] = tree.function.len() as u32;
            tree.function.push(new.function);
            tree.recursive.push(new.recursive);
            tree.parent.push(parent);
            tree.depth.push(depth);
            tree.self_time.push(new.self_time);
            tree.total_time.push(total[index]);
            tree.calls.push(new.calls);
            tree.certainty.push(new.certainty as u8);
            // Total times are sums, added up in another order than what bounds come from.
            tree.low.push(new.low.min(total[index]));
            tree.high.push(new.high);
            let children = first_child[index] as usize..first_child[index + 1] as usize;
            stack.extend_from_slice(&by_parent[children]);
        }
        tree.end = (1..=tree.function.len() as u32).collect();
        for index in (0..tree.len()).rev() {
            let parent = tree.parent[index];
            if parent != NO_PARENT {
                tree.end[parent as usize] = tree.end[parent as usize].max(tree.end[index]);
            }
        }
        let mut parts: Vec<MergedPart> =
            parts.iter().map(|part| MergedPart { merged: place[part.merged as usize], ..*part }).collect();
        // Stable: each box's parts keep their order.
        sort::by_number(&mut parts, |part| part.merged);
        tree.merged = Merged { parts, elsewhere };
        tree
    }

    /// An empty one with room for so many boxes.
    fn with_room(count: usize) -> Self {
        Self {
            function: Vec::with_capacity(count),
            parent: Vec::with_capacity(count),
            depth: Vec::with_capacity(count),
            recursive: Vec::with_capacity(count),
            self_time: Vec::with_capacity(count),
            total_time: Vec::with_capacity(count),
            calls: Vec::with_capacity(count),
            certainty: Vec::with_capacity(count),
            low: Vec::with_capacity(count),
            high: Vec::with_capacity(count),
            ..Self::default()
        }
    }

    /// How many boxes there are.
    pub fn len(&self) -> usize {
        self.function.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.function.is_empty()
    }

    /// Sum of the roots' total times, seconds.
    pub fn total(&self) -> f64 {
        let roots = self.parent.iter().zip(&self.total_time).filter(|(parent, _)| **parent == NO_PARENT);
        roots.map(|(_, total)| total).sum()
    }

    /// Seconds in each of `functions` functions itself over the whole tree, merged boxes included.
    pub fn self_by_function(&self, functions: usize) -> Vec<f64> {
        let boxes = self.function.iter().copied().zip(self.self_time.iter().copied());
        let parts = self.merged.parts.iter().map(|part| (part.function, part.self_time));
        let elsewhere = self.merged.elsewhere.iter().map(|hidden| (hidden.function, hidden.self_time));
        sums(functions, boxes.chain(parts).chain(elsewhere))
    }

    /// Seconds in each of `functions` functions and all below over the whole tree, merged boxes included: of
    /// recursive functions, their outermost calls.
    pub fn total_by_function(&self, functions: usize) -> Vec<f64> {
        let boxes = (0..self.len()).filter(|&index| !self.recursive[index]);
        let boxes = boxes.map(|index| (self.function[index], self.total_time[index]));
        let parts = self.merged.parts.iter().map(|part| (part.function, part.total_time));
        let elsewhere = self.merged.elsewhere.iter().map(|hidden| (hidden.function, hidden.total_time));
        sums(functions, boxes.chain(parts).chain(elsewhere))
    }

    /// Seconds of all stacks that any of some functions is on, of `functions` functions. What merged boxes stand for
    /// counts as far as it has boxes: a function somewhere below them may be on a stack with another.
    pub fn total_of_any(&self, functions: usize, some: &[FunctionId]) -> f64 {
        let mut is_one = vec![false; functions];
        for &function in some {
            if let Some(is_one) = is_one.get_mut(function as usize) {
                *is_one = true;
            }
        }
        let has = |function: FunctionId| is_one.get(function as usize).copied().unwrap_or(false);
        let (mut at, mut sum) = (0, 0.0);
        while at < self.len() {
            if has(self.function[at]) {
                sum += self.total_time[at];
                at = (self.end[at] as usize).max(at + 1);
            } else {
                at += 1;
            }
        }
        sum
    }

    /// Share of self time, 0 to 1, in boxes whose time the file determines to 20 % or better.
    pub fn certain_share(&self) -> f64 {
        let (mut certain, mut all) = (0.0, 0.0);
        for (&certainty, &seconds) in self.certainty.iter().zip(&self.self_time) {
            all += seconds;
            if certainty != Certainty::Estimated as u8 {
                certain += seconds;
            }
        }
        if all > 0.0 { certain / all } else { 1.0 }
    }
}

/// Sums of seconds by function; what is no function's is left out.
fn sums(functions: usize, seconds: impl Iterator<Item = (FunctionId, f64)>) -> Vec<f64> {
    let mut result = vec![0.0; functions];
    for (function, seconds) in seconds {
        if let Some(sum) = result.get_mut(function as usize) {
            *sum += seconds;
        }
    }
    result
}
