//! A call tree turned over: what ran at the roots, with who called it below; and the two halves of a sandwich, who
//! called a function and what it called.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::super::FunctionId;
use super::super::call_tree::{CallTree, Certainty, MERGED, MergedPart, NO_PARENT, NewBox};
use super::super::children::Children;
use super::super::hide::lesser;

/// How a tree is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Turned {
    /// Each function that has self time is a root, with its callers below it. A box's total time is self time of its
    /// root's function, spent when called this way; its self time is what has no caller above.
    Inverted,
    /// One function is the root, its callers are below it. A box's total time is the function's total time when
    /// called this way.
    Callers(FunctionId),
    /// One function is the root, with all that it called.
    Callees(FunctionId),
}

/// Boxes of a turned tree: more than a screen shows. A stack turned over is one of its own, so that a large tree
/// would make a far larger one.
const BOXES: usize = 20_000;

/// `tree`, turned.
pub fn turned(tree: &CallTree, how: Turned) -> CallTree {
    match how {
        Turned::Inverted => {
            let own = |at: usize| (tree.self_time[at] > 0.0).then_some(tree.self_time[at]);
            upwards(tree, (0..tree.len()).filter_map(|at| Some((at, own(at)?))))
        }
        Turned::Callers(of) => {
            let is_one = |at: &usize| tree.function[*at] == of && !tree.recursive[*at];
            upwards(tree, (0..tree.len()).filter(is_one).map(|at| (at, tree.total_time[at])))
        }
        Turned::Callees(of) => downwards(tree, of),
    }
}

/// What is known of some boxes that became one: their stacks up to here are the same.
struct Group {
    /// The new box.
    place: u32,
    /// The boxes of the tree that stacks have come to, with what each brings, and the calls it began with.
    at: Vec<(u32, f64, f64)>,
    total: f64,
}

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Group {}

impl PartialOrd for Group {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Group {
    fn cmp(&self, other: &Self) -> Ordering {
        self.total.total_cmp(&other.total).then(other.place.cmp(&self.place))
    }
}

/// Stacks from some boxes to their roots, those that begin alike together, the heaviest first until there are
/// [`BOXES`].
fn upwards(tree: &CallTree, from: impl Iterator<Item = (usize, f64)>) -> CallTree {
    let mut boxes: Vec<NewBox> = Vec::new();
    let mut waiting: BinaryHeap<Group> = BinaryHeap::new();
    let mut begin: Vec<(u32, f64, f64)> = Vec::new();
    for (at, value) in from {
        begin.push((at as u32, value, tree.calls[at]));
    }
    for group in grouped(tree, &mut boxes, NO_PARENT, begin) {
        waiting.push(group);
    }
    while let Some(Group { place, at, .. }) = waiting.pop() {
        let mut above = Vec::with_capacity(at.len());
        let mut left = 0.0;
        for (at, value, calls) in at {
            match tree.parent[at as usize] {
                NO_PARENT => boxes[place as usize].self_time += value,
                parent => {
                    left += value;
                    above.push((parent, value, calls));
                }
            }
        }
        if above.is_empty() {
            continue;
        }
        if boxes.len() >= BOXES {
            boxes.push(NewBox {
                function: MERGED,
                parent: place,
                recursive: false,
                self_time: left,
                calls: 0.0,
                certainty: if tree.estimated { Certainty::Estimated } else { Certainty::Exact },
                low: if tree.estimated { 0.0 } else { left },
                high: left,
            });
            continue;
        }
        for group in grouped(tree, &mut boxes, place, above) {
            waiting.push(group);
        }
    }
    let mut made = CallTree::new(tree.estimated, &boxes);
    made.contradiction = tree.contradiction;
    made
}

/// A new box below `parent` for each function that boxes of the tree are of.
fn grouped(
    tree: &CallTree,
    boxes: &mut Vec<NewBox>,
    parent: u32,
    entries: Vec<(u32, f64, f64)>,
) -> Vec<Group> {
    let mut places: FxHashMap<FunctionId, usize> = FxHashMap::default();
    let mut groups: Vec<Group> = Vec::new();
    for (at, value, calls) in entries {
        let function = tree.function[at as usize];
        let place = *places.entry(function).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Group { place: boxes.len() as u32, at: Vec::new(), total: 0.0 });
            boxes.push(NewBox {
                function,
                parent,
                recursive: false,
                self_time: 0.0,
                calls: 0.0,
                certainty: Certainty::Exact,
                low: 0.0,
                high: 0.0,
            });
        }
        let group = &mut groups[place];
        group.total += value;
        let new = &mut boxes[group.place as usize];
        // Of "(n more)" calls are boxes.
        new.calls += calls;
        new.certainty = lesser(new.certainty, tree.certainty[at as usize]);
        group.at.push((at, value, calls));
    }
    for group in &groups {
        let new = &mut boxes[group.place as usize];
        new.high = group.total;
        // Self times are not bounded apart from total times: what is not exact may be anything up to its share.
        new.low = if new.certainty == Certainty::Exact { group.total } else { 0.0 };
    }
    groups
}

/// Says of a function whether it is on the stack; [`MERGED`] is none.
fn mark(is_above: &mut [bool], function: FunctionId, is_so: bool) {
    if let Some(above) = is_above.get_mut(function as usize) {
        *above = is_so;
    }
}

/// All that a function called, wherever it was called.
fn downwards(tree: &CallTree, of: FunctionId) -> CallTree {
    let mut boxes: Vec<NewBox> = Vec::new();
    let mut children = Children::default();
    let mut places: FxHashMap<u32, u32> = FxHashMap::default();
    let functions = tree.function.iter().filter(|&&function| function != MERGED).max();
    // Per function: whether it is on the stack from `of` down to the box one is at, and that stack.
    let mut is_above = vec![false; functions.map_or(0, |&most| most as usize + 1)];
    let mut stack: Vec<FunctionId> = Vec::new();
    let mut at = 0;
    while at < tree.len() {
        if tree.function[at] != of || tree.recursive[at] {
            at += 1;
            continue;
        }
        let end = (tree.end[at] as usize).max(at + 1);
        // Per box of the subtree: the new one below which what it called stands.
        let mut contexts: Vec<u32> = Vec::with_capacity(end - at);
        for below in at..end {
            let depth = (tree.depth[below] - tree.depth[at]) as usize;
            for left in stack.drain(depth.min(stack.len())..) {
                mark(&mut is_above, left, false);
            }
            let context = match below == at {
                true => NO_PARENT,
                false => contexts[tree.parent[below] as usize - at],
            };
            let function = tree.function[below];
            let is_recursive = is_above.get(function as usize).copied().unwrap_or(false);
            // A function's box and that of its recursive calls are two.
            let key = function.wrapping_mul(2).wrapping_add(u32::from(is_recursive));
            let (place, is_new) = children.place(context, key);
            if is_new {
                boxes.push(NewBox {
                    function,
                    parent: context,
                    recursive: is_recursive,
                    self_time: 0.0,
                    calls: 0.0,
                    certainty: Certainty::Exact,
                    low: 0.0,
                    high: 0.0,
                });
            } else {
                // What was below two is below one.
                children.share(place);
            }
            // What recursive calls call is beside them.
            match is_recursive {
                true => children.share(context),
                false => mark(&mut is_above, function, true),
            }
            stack.push(if is_recursive { MERGED } else { function });
            let new = &mut boxes[place as usize];
            new.self_time += tree.self_time[below];
            new.calls += tree.calls[below];
            new.low += tree.low[below];
            new.high += tree.high[below];
            new.certainty = lesser(new.certainty, tree.certainty[below]);
            if function == MERGED {
                places.insert(below as u32, place);
            }
            contexts.push(if is_recursive { context } else { place });
        }
        at = end;
        for left in stack.drain(..) {
            mark(&mut is_above, left, false);
        }
    }
    let parts = tree
        .merged
        .parts
        .iter()
        .filter_map(|part| places.get(&part.merged).map(|&merged| MergedPart { merged, ..*part }));
    let mut joined: Vec<MergedPart> = Vec::new();
    let mut known: FxHashMap<(u32, FunctionId), usize> = FxHashMap::default();
    for part in parts {
        let place = *known.entry((part.merged, part.function)).or_insert(joined.len());
        match joined.get_mut(place) {
            Some(same) => {
                same.self_time += part.self_time;
                same.total_time += part.total_time;
            }
            None => joined.push(part),
        }
    }
    MergedPart::put_in_order(&mut joined);
    let mut made = CallTree::with_merged(tree.estimated, &boxes, &joined, Vec::new());
    made.contradiction = tree.contradiction;
    made
}
