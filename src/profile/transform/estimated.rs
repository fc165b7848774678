//! Transforms of an estimated call tree, and what functions and edges are then.
//!
//! Numbers that the file determines stay exact as long as nothing was cut through that it does not tell apart: a function
//! whose time no transform touched keeps the file's own. Others are sums over boxes.

use rustc_hash::FxHashMap;

use super::super::call_tree::{
    CallTree, Certainty, Elsewhere, MERGED, MergedPart, NO_PARENT, NewBox, NewBoxes,
};
use super::super::hide::lesser;
use super::super::imports::Imports;
use super::super::{Edge, Edges, FunctionId, Functions, Profile, UNKNOWN_CALLS};
use super::Transform;
use super::moves::{Known, Moves, OUT, Packages, Trie, with_packages};
use super::places::Small;

/// Sums that differ by less than this share are the same: they are added up in another order.
const SAME: f64 = 1e-9;

/// The profile after `step`; `tree` is the estimate of its stacks.
pub(super) fn transformed(profile: &Profile, tree: &CallTree, step: &Transform) -> Profile {
    let import_frames = match step {
        Transform::FocusStack(path) | Transform::MergeStack(path) if path.without_imports => {
            Imports::of(profile).hidden(tree).map(|hidden| hidden.boxes).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let small = match step {
        Transform::HideBelow(percent) => {
            let all: Vec<u32> = (0..tree.len() as u32).collect();
            Small::of(tree, &all, *percent)
        }
        _ => Small::default(),
    };
    let mut functions = profile.functions.clone();
    let packages = with_packages(&mut functions, step);
    let trie = Trie { function: &tree.function, parent: &tree.parent };
    let moves = Moves::of(trie, step, &Known { import_frames, small }, &packages);
    let mut made = Made::of(tree, &moves);
    if matches!(step, Transform::Drop(_)) {
        made.take_out(tree, &moves);
    }
    let parts = made.parts(tree, &moves, step, &packages);
    let elsewhere = made.elsewhere(tree, step, &packages);
    if let Transform::Drop(function) = step {
        made.take_elsewhere(tree, *function, &parts);
    }
    if let Transform::FocusFunction(function) = step {
        made.determine_root(*function, &profile.functions);
    }
    let parts = made.draw_single(parts);
    let mut shown = CallTree::with_merged(true, &made.boxes.all, &parts, elsewhere);
    shown.contradiction = tree.contradiction;
    shown.narrow();
    let edges = edges(&shown, functions.len());
    fill(&mut functions, &profile.functions, tree, &shown);
    Profile {
        unit: profile.unit,
        functions,
        edges,
        by_line: profile.by_line,
        estimated_tree: Some(Box::new(shown)),
        ..Profile::default()
    }
}

/// The boxes that are made.
#[derive(Default)]
struct Made {
    boxes: NewBoxes,
    /// Per node of the moved trie: the box that has its own time.
    leaf: Vec<u32>,
}

impl Made {
    /// The boxes of a moved trie: a function that is on the stack already has a leaf there, and what it calls beside it.
    fn of(tree: &CallTree, moves: &Moves) -> Self {
        let mut made = Self::default();
        let nodes = moves.function.len();
        let mut own = vec![0.0; nodes];
        for (at, &to) in moves.to.iter().enumerate().filter(|(_, to)| **to != OUT) {
            own[to as usize] += tree.self_time[at];
        }
        let mut contexts: Vec<u32> = Vec::with_capacity(nodes);
        for (node, (&function, &parent)) in moves.function.iter().zip(&moves.parent).enumerate() {
            let context = if parent == NO_PARENT { NO_PARENT } else { contexts[parent as usize] };
            if function != MERGED && made.boxes.has_above(context, function) {
                let leaf = match own[node] > 0.0 {
                    true => made.boxes.place(context, function, true),
                    false => context,
                };
                made.leaf.push(leaf);
                contexts.push(context);
            } else {
                let place = made.boxes.place(context, function, false);
                made.leaf.push(place);
                contexts.push(place);
            }
        }
        for (at, &to) in moves.to.iter().enumerate().filter(|(_, to)| **to != OUT) {
            let is_itself = moves.is_itself[at];
            let new = &mut made.boxes.all[made.leaf[to as usize] as usize];
            new.self_time += tree.self_time[at];
            if is_itself {
                new.calls += tree.calls[at];
                new.low += tree.low[at];
                new.high += tree.high[at];
                new.certainty = lesser(new.certainty, tree.certainty[at]);
            } else if tree.certainty[at] != Certainty::Exact as u8 {
                // In all it lasts as long as before.
                new.certainty = lesser(new.certainty, Certainty::Bounded as u8);
            }
        }
        made
    }

    /// The intervals of what called something that is left out now.
    fn take_out(&mut self, tree: &CallTree, moves: &Moves) {
        for at in 0..tree.len() {
            let parent = tree.parent[at];
            if moves.to[at] != OUT || parent == NO_PARENT || moves.to[parent as usize] == OUT {
                continue;
            }
            let mut above = self.leaf[moves.to[parent as usize] as usize];
            while let Some(new) = self.boxes.all.get_mut(above as usize) {
                new.low = (new.low - tree.high[at]).max(0.0);
                new.high = (new.high - tree.low[at]).max(0.0);
                new.certainty = lesser(new.certainty, tree.certainty[at]);
                above = new.parent;
            }
        }
    }

    /// What the merged boxes stand for now.
    fn parts(
        &mut self,
        tree: &CallTree,
        moves: &Moves,
        step: &Transform,
        packages: &Packages,
    ) -> Vec<MergedPart> {
        let mut parts: Vec<MergedPart> = Vec::new();
        let mut known: FxHashMap<(u32, FunctionId), usize> = FxHashMap::default();
        for part in &tree.merged.parts {
            let to = moves.to[part.merged as usize];
            if to == OUT {
                if matches!(step, Transform::FocusFunction(function) if *function == part.function) {
                    self.give_root(part.function, part.self_time, part.total_time);
                }
                continue;
            }
            let merged = self.leaf[to as usize];
            let parent = self.boxes.all[merged as usize].parent;
            if self.boxes.all[merged as usize].function != MERGED {
                // Its box is part of another.
                continue;
            }
            match step {
                Transform::MergeFunction(function) if *function == part.function && parent != NO_PARENT => {
                    self.boxes.all[parent as usize].self_time += part.self_time;
                    self.take(merged, part.self_time);
                    continue;
                }
                Transform::Drop(function) if *function == part.function => {
                    self.take(merged, part.total_time);
                    continue;
                }
                _ => {}
            }
            let function = packages.named(part.function);
            let part = match step {
                Transform::CollapseCallees(of) if *of == function => {
                    MergedPart { self_time: part.total_time, ..*part }
                }
                _ => *part,
            };
            let place = *known.entry((merged, function)).or_insert(parts.len());
            match parts.get_mut(place) {
                Some(same) => {
                    same.self_time += part.self_time;
                    same.total_time = match function == part.function {
                        true => same.total_time + part.total_time,
                        // Functions of a package may be below each other.
                        false => same.total_time.max(part.total_time).max(same.self_time),
                    };
                    let new = &mut self.boxes.all[merged as usize];
                    new.calls = (new.calls - 1.0).max(1.0);
                }
                None => parts.push(MergedPart { merged, function, ..part }),
            }
        }
        MergedPart::put_in_order(&mut parts);
        parts
    }

    /// What stands for one function alone, after what was beside it is gone, is that function's box: no room is saved by
    /// not drawing it. What it called is not known, but how much that took is.
    fn draw_single(&mut self, parts: Vec<MergedPart>) -> Vec<MergedPart> {
        let mut left = Vec::with_capacity(parts.len());
        for of_box in parts.chunk_by(|one, other| one.merged == other.merged) {
            let place = of_box[0].merged as usize;
            let NewBox { parent, self_time: time, calls, high, .. } = self.boxes.all[place];
            let part = match of_box {
                // As much as the function has: nothing else is in it.
                [part] if calls <= 1.0 && (part.total_time - time).abs() <= SAME * time => part,
                _ => {
                    left.extend_from_slice(of_box);
                    continue;
                }
            };
            let is_beside = self.boxes.knows(parent, part.function);
            if is_beside || self.boxes.has_above(parent, part.function) {
                left.push(*part);
                continue;
            }
            let own = part.self_time.min(time);
            let new = &mut self.boxes.all[place];
            (new.function, new.self_time, new.calls) = (part.function, own, 0.0);
            if time - own > SAME * time {
                let below = self.boxes.place(part.merged, MERGED, false);
                let rest = &mut self.boxes.all[below as usize];
                (rest.self_time, rest.high, rest.certainty) = (time - own, high, Certainty::Estimated);
            }
        }
        left
    }

    /// Takes a function's time out of a merged box.
    fn take(&mut self, merged: u32, time: f64) {
        let new = &mut self.boxes.all[merged as usize];
        new.self_time = (new.self_time - time).max(0.0);
        new.calls = (new.calls - 1.0).max(0.0);
    }

    /// A root's time that has no box of its own in the tree; whose it is beyond the function's own is not known.
    fn give_root(&mut self, function: FunctionId, own: f64, total: f64) {
        let root = self.boxes.place(NO_PARENT, function, false);
        // Of recursive calls the total is that of the outermost ones, the rest is within them.
        self.boxes.all[root as usize].self_time += own.min(total);
        if total > own {
            let merged = self.boxes.place(root, MERGED, false);
            let new = &mut self.boxes.all[merged as usize];
            new.self_time += total - own;
            new.high += total - own;
            new.certainty = Certainty::Estimated;
        }
    }

    /// Takes out of the merged boxes what a function has below them, as much of each as it has beyond its own functions:
    /// in which of them it is cannot be told.
    fn take_elsewhere(&mut self, tree: &CallTree, function: FunctionId, parts: &[MergedPart]) {
        let hidden = tree.merged.elsewhere.iter().filter(|hidden| hidden.function == function);
        let time: f64 = hidden.map(|hidden| hidden.total_time).sum();
        let is_merged = |new: &NewBox| new.function == MERGED;
        let mut rest: Vec<f64> =
            self.boxes.all.iter().map(|new| if is_merged(new) { new.self_time } else { 0.0 }).collect();
        for part in parts {
            rest[part.merged as usize] -= part.self_time;
        }
        let all: f64 = rest.iter().map(|rest| rest.max(0.0)).sum();
        if all <= 0.0 || time <= 0.0 {
            return;
        }
        let share = (time / all).min(1.0);
        for (new, rest) in self.boxes.all.iter_mut().zip(rest) {
            new.self_time = (new.self_time - rest.max(0.0) * share).max(0.0);
        }
    }

    /// What is somewhere below merged boxes.
    fn elsewhere(&mut self, tree: &CallTree, step: &Transform, packages: &Packages) -> Vec<Elsewhere> {
        let mut all: Vec<Elsewhere> = Vec::new();
        let mut known: FxHashMap<FunctionId, usize> = FxHashMap::default();
        for hidden in &tree.merged.elsewhere {
            match step {
                Transform::FocusFunction(function) => {
                    if *function == hidden.function {
                        self.give_root(hidden.function, hidden.self_time, hidden.total_time);
                    }
                    continue;
                }
                Transform::FocusStack(_) => continue,
                Transform::Drop(function) | Transform::MergeFunction(function)
                    if *function == hidden.function =>
                {
                    continue;
                }
                _ => {}
            }
            let function = packages.named(hidden.function);
            let hidden = match step {
                Transform::CollapseCallees(of) if *of == function => {
                    Elsewhere { self_time: hidden.total_time, ..*hidden }
                }
                _ => *hidden,
            };
            let place = *known.entry(function).or_insert(all.len());
            match all.get_mut(place) {
                Some(same) => {
                    same.self_time += hidden.self_time;
                    same.total_time = same.total_time.max(hidden.total_time).max(same.self_time);
                }
                None => all.push(Elsewhere { function, ..hidden }),
            }
        }
        all
    }

    /// How long a function takes in all is what the file says best.
    fn determine_root(&mut self, function: FunctionId, functions: &Functions) {
        let root = self.boxes.place(NO_PARENT, function, false) as usize;
        let total: f64 = self.boxes.all.iter().map(|new| new.self_time).sum();
        let known = functions.total_time[function as usize];
        if (total - known).abs() <= 1e-6 * known {
            let new = &mut self.boxes.all[root];
            (new.low, new.high, new.certainty) = (total, total, Certainty::Exact);
        }
    }
}

/// Who calls whom in a tree, with the numbers of its boxes.
fn edges(tree: &CallTree, functions: usize) -> Edges {
    let mut edges: Vec<Edge> = Vec::new();
    let mut counts: Vec<(f64, f64)> = Vec::new();
    let mut places: FxHashMap<(FunctionId, FunctionId), usize> = FxHashMap::default();
    for at in 0..tree.len() {
        let (callee, parent) = (tree.function[at], tree.parent[at]);
        if callee == MERGED || parent == NO_PARENT {
            continue;
        }
        let caller = tree.function[parent as usize];
        let place = *places.entry((caller, callee)).or_insert(edges.len());
        if place == edges.len() {
            let (calls, primitive_calls) = (UNKNOWN_CALLS, UNKNOWN_CALLS);
            edges.push(Edge { caller, callee, calls, primitive_calls, self_time: 0.0, total_time: 0.0 });
            counts.push((0.0, 0.0));
        }
        edges[place].self_time += tree.self_time[at];
        edges[place].total_time += tree.total_time[at];
        counts[place].0 += tree.calls[at];
        counts[place].1 += if tree.recursive[at] { 0.0 } else { tree.calls[at] };
    }
    for (edge, (calls, primitive)) in edges.iter_mut().zip(counts) {
        if calls > 0.0 {
            (edge.calls, edge.primitive_calls) = (whole(calls), whole(primitive));
        }
    }
    Edges::new(functions, edges)
}

/// A number of calls that was shared out.
fn whole(calls: f64) -> i64 {
    calls.round() as i64
}

/// What the boxes of a tree add up to, by function.
struct Sums {
    own: Vec<f64>,
    total: Vec<f64>,
    /// All calls, and those that are not recursive.
    calls: Vec<(f64, f64)>,
    /// Whether it is known how often each was called: not of what merged boxes stand for.
    is_known: Vec<bool>,
}

impl Sums {
    fn of(tree: &CallTree, count: usize) -> Self {
        let mut calls = vec![(0.0, 0.0); count];
        let mut is_known = vec![true; count];
        for at in 0..tree.len() {
            let Some((all, primitive)) = calls.get_mut(tree.function[at] as usize) else { continue };
            *all += tree.calls[at];
            *primitive += if tree.recursive[at] { 0.0 } else { tree.calls[at] };
            if tree.calls[at] <= 0.0 {
                is_known[tree.function[at] as usize] = false;
            }
        }
        let hidden = tree.merged.elsewhere.iter().map(|hidden| hidden.function);
        for function in tree.merged.parts.iter().map(|part| part.function).chain(hidden) {
            if let Some(is_known) = is_known.get_mut(function as usize) {
                *is_known = false;
            }
        }
        Self { own: tree.self_by_function(count), total: tree.total_by_function(count), calls, is_known }
    }
}

/// Fills the columns: the file's own numbers where the step made nothing else of the boxes, however well the estimate has
/// them; sums of boxes where it did.
fn fill(functions: &mut Functions, file: &Functions, before: &CallTree, after: &CallTree) {
    let count = functions.len();
    let (before, after) = (Sums::of(before, count), Sums::of(after, count));
    let columns = [&mut functions.calls, &mut functions.primitive_calls];
    columns.into_iter().for_each(|column| column.resize(count, UNKNOWN_CALLS));
    functions.self_time.resize(count, 0.0);
    functions.total_time.resize(count, 0.0);
    let all = file.self_time.iter().fold(0.0, |sum, time| sum + time.max(0.0));
    let is_same = |one: f64, other: f64| (one - other).abs() <= SAME * all;
    for at in 0..count {
        let changed = |file: &[f64], before: &[f64], after: &[f64]| match file.get(at) {
            Some(&known) if is_same(before[at], after[at]) => known,
            _ => after[at],
        };
        functions.self_time[at] = changed(&file.self_time, &before.own, &after.own);
        functions.total_time[at] = changed(&file.total_time, &before.total, &after.total);
        let (was, is) = (before.calls[at], after.calls[at]);
        let is_touched = (was.0 - is.0).abs() > 0.5 || before.is_known[at] != after.is_known[at];
        let is_gone = after.own[at] <= 0.0 && after.total[at] <= 0.0 && is.0 <= 0.0;
        if at < file.len() && !is_touched && !(is_gone && before.total[at] > 0.0) {
            continue;
        }
        let counted = file.calls.get(at).is_none_or(|&calls| calls >= 0);
        let (calls, primitive_calls) = match (is_gone, after.is_known[at] && counted) {
            (true, _) if counted => (0, 0),
            (_, true) => (whole(is.0), whole(is.1)),
            (_, false) => (UNKNOWN_CALLS, UNKNOWN_CALLS),
        };
        (functions.calls[at], functions.primitive_calls[at]) = (calls, primitive_calls);
    }
}
