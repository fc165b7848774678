//! As much of a call tree as can be seen: boxes that are wide enough, and those that are asked for. What lies between is
//! put together, neighbour by neighbour, into boxes "(n more)" that say where in the whole tree they stand.
//!
//! Recorded stacks have as many boxes as there are different stacks. A screen shows a few thousand of them; to hand on all
//! of them takes longer than everything else after a step.

use rustc_hash::FxHashSet;

use super::FunctionId;
use super::call_tree::{CallTree, Certainty, MERGED, MergedPart, NO_PARENT};

/// Trees of fewer boxes are not cut: laying out all of them is no work.
pub const FEW: usize = 4_096;

/// A box of this share of all there is, or more, is always there: no screen has as many pixels side by side.
const WIDEST: f64 = 4_096.0;

/// How many siblings are shown more when "(n more)" is opened.
const SIBLINGS: usize = 500;

/// Functions named of each "(n more)": more than a card lists.
const NAMED: usize = 20;

/// What is to be seen of a tree. Boxes are named by their places in the whole tree.
#[derive(Debug, Clone, Default)]
pub struct Sight<'a> {
    /// A part of the width, in the tree's unit from its left edge, that is looked at closer.
    pub window: Option<(f64, f64)>,
    /// Boxes in the window that have at least so much are there.
    pub least: f64,
    /// These boxes are there, and what called them.
    pub boxes: &'a [u32],
    /// So are these, and the next few hundred of their siblings.
    pub siblings: &'a [u32],
}

/// A tree of which not all boxes are there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cut {
    /// Boxes that are not there are time of boxes of [`MERGED`], so that all total times are the whole tree's. Other than
    /// in a whole tree, these stand where what they stand for stands, and not by their size.
    pub tree: CallTree,
    /// Per box: its place in the whole tree; of those not there the first. Ascending. What lies between one place and
    /// the next is in the box.
    pub places: Vec<u32>,
}

/// The nearest box to what is looked for in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest {
    /// The box.
    pub at: u32,
    /// Whether it is the one, not one above it.
    pub is_it: bool,
}

/// A box of another tree, by its stack: the function of each, [`MERGED`] for "(n more)", and whether it is recursive.
pub type Stack = [(FunctionId, bool)];

/// A box that is open while its subtree is gone through.
struct Open {
    end: usize,
    place: u32,
    /// Where its next child begins, in the tree's unit.
    next: f64,
}

impl CallTree {
    /// What is to be seen of it; `None` where that is all of it.
    pub fn cut(&self, sight: &Sight<'_>) -> Option<Cut> {
        (self.len() > FEW).then(|| self.cut_to(sight, self.total() / WIDEST))
    }

    /// What of it has at least so much, and what is to be seen beside that.
    fn cut_to(&self, sight: &Sight<'_>, least: f64) -> Cut {
        let asked = self.asked(sight);
        let mut cut = Cut::default();
        (cut.tree.estimated, cut.tree.contradiction) = (self.estimated, self.contradiction);
        let mut parts = self.merged.parts.iter().copied().peekable();
        let mut open: Vec<Open> = Vec::new();
        let (mut at, mut root_next) = (0, 0.0);
        let is_there = |at: usize, left: f64| {
            let total = self.total_time[at];
            let in_window = || {
                sight
                    .window
                    .is_some_and(|(from, to)| total >= sight.least && left < to && left + total > from)
            };
            total >= least || in_window() || asked.contains(&(at as u32))
        };
        while at < self.len() {
            while open.last().is_some_and(|parent| parent.end <= at) {
                cut.close(open.pop());
            }
            let (end, parent) = open.last().map_or((self.len(), NO_PARENT), |open| (open.end, open.place));
            let left = open.last().map_or(root_next, |open| open.next);
            let (first, begin) = (at, left);
            let mut right = left;
            while at < end && !is_there(at, right) {
                right += self.total_time[at].max(0.0);
                at = (self.end[at] as usize).max(at + 1);
            }
            if at - first > 1 {
                cut.push_rest(self, parent, first..at, right - begin);
            } else {
                // It is there, or it is alone: one box is drawn, not summed up.
                at = first;
                right = left + self.total_time[at].max(0.0);
                let place = cut.push(self, parent, at);
                while let Some(part) = parts.next_if(|part| part.merged as usize <= at) {
                    if part.merged as usize == at {
                        cut.tree.merged.parts.push(MergedPart { merged: place, ..part });
                    }
                }
                let end = (self.end[at] as usize).max(at + 1);
                match open.last_mut() {
                    Some(parent) => parent.next = right,
                    None => root_next = right,
                }
                open.push(Open { end, place, next: left });
                at += 1;
                continue;
            }
            match open.last_mut() {
                Some(parent) => parent.next = right,
                None => root_next = right,
            }
        }
        while let Some(last) = open.pop() {
            cut.close(Some(last));
        }
        cut
    }

    /// What is asked for by its place, and all that called it.
    fn asked(&self, sight: &Sight<'_>) -> FxHashSet<u32> {
        let mut asked = FxHashSet::default();
        let mut add = |at: u32| {
            let mut at = at;
            while (at as usize) < self.len() && asked.insert(at) {
                at = self.parent[at as usize];
            }
        };
        for &at in sight.boxes {
            add(at);
        }
        for &first in sight.siblings {
            let Some(&parent) = self.parent.get(first as usize) else { continue };
            let end = self.end.get(parent as usize).copied().unwrap_or(self.len() as u32);
            let mut at = first;
            for _ in 0..SIBLINGS {
                if at >= end {
                    break;
                }
                add(at);
                at = self.end[at as usize].max(at + 1);
            }
        }
        asked
    }

    /// The stack of a box, as [`Self::nearest`] takes it.
    pub fn stack_of(&self, at: u32) -> Vec<(FunctionId, bool)> {
        let up = |&at: &u32| self.parent.get(at as usize).copied().filter(|&up| (up as usize) < self.len());
        let here = Some(at).filter(|&at| (at as usize) < self.len());
        let boxes = std::iter::successors(here, up);
        let mut stack: Vec<_> =
            boxes.map(|at| (self.function[at as usize], self.recursive[at as usize])).collect();
        stack.reverse();
        stack
    }

    /// Where the box of a stack in another tree of the same profile is in this one, which hides other functions, or had
    /// other steps: that box, or the nearest one above it that is here as well.
    pub fn nearest(&self, stack: &Stack) -> Option<Nearest> {
        let mut nearest: Option<Nearest> = None;
        for &(function, recursive) in stack {
            let (below, depth) = match nearest {
                Some(Nearest { at, .. }) => (at + 1..self.end[at as usize], self.depth[at as usize] + 1),
                None => (0..self.len() as u32, 0),
            };
            let same = |&here: &u32| {
                let here = here as usize;
                self.function[here] == function
                    && if function == MERGED {
                        self.depth[here] == depth
                    } else {
                        self.recursive[here] == recursive
                    }
            };
            // With as few as possible in between; of several ways the one that took longest.
            let next = below.filter(same).min_by(|&one, &other| {
                let (one, other) = (one as usize, other as usize);
                let depths = self.depth[one].cmp(&self.depth[other]);
                depths.then(self.total_time[other].total_cmp(&self.total_time[one]))
            });
            nearest = match (next, nearest) {
                (Some(at), _) => Some(Nearest { at, is_it: true }),
                (None, above) => above.map(|above| Nearest { is_it: false, ..above }),
            };
        }
        nearest
    }

    /// The box in which a function has most time, of equal ones the first. Time of recursive calls is in the box above it
    /// as well.
    pub fn heaviest_of(&self, function: FunctionId) -> Option<u32> {
        let boxes = (0..self.len()).filter(|&at| self.function[at] == function && !self.recursive[at]);
        let heaviest = boxes.max_by(|&one, &other| {
            self.total_time[one].total_cmp(&self.total_time[other]).then(other.cmp(&one))
        });
        heaviest.map(|at| at as u32)
    }
}

impl Cut {
    fn push(&mut self, whole: &CallTree, parent: u32, at: usize) -> u32 {
        let place = self.places.len() as u32;
        self.places.push(at as u32);
        let tree = &mut self.tree;
        tree.function.push(whole.function[at]);
        tree.parent.push(parent);
        tree.depth.push(whole.depth[at]);
        tree.end.push(place + 1);
        tree.recursive.push(whole.recursive[at]);
        tree.self_time.push(whole.self_time[at]);
        tree.total_time.push(whole.total_time[at]);
        tree.calls.push(whole.calls[at]);
        tree.certainty.push(whole.certainty[at]);
        tree.low.push(whole.low[at]);
        tree.high.push(whole.high[at]);
        place
    }

    /// Siblings with all below them, of `total` together.
    fn push_rest(&mut self, whole: &CallTree, parent: u32, range: std::ops::Range<usize>, total: f64) {
        let place = self.places.len() as u32;
        let (mut low, mut high, mut certainty) = (0.0, 0.0, Certainty::Exact as u8);
        let mut at = range.start;
        let mut named = 0;
        while at < range.end {
            low += whole.low[at];
            high += whole.high[at];
            if whole.certainty[at] != Certainty::Exact as u8 && certainty != Certainty::Estimated as u8 {
                certainty = whole.certainty[at];
            }
            if named < NAMED && whole.function[at] != MERGED {
                named += 1;
                self.tree.merged.parts.push(MergedPart {
                    merged: place,
                    function: whole.function[at],
                    self_time: whole.self_time[at],
                    total_time: whole.total_time[at],
                });
            }
            at = (whole.end[at] as usize).max(at + 1);
        }
        self.places.push(range.start as u32);
        let tree = &mut self.tree;
        tree.function.push(MERGED);
        tree.parent.push(parent);
        tree.depth.push(whole.depth[range.start]);
        tree.end.push(place + 1);
        tree.recursive.push(false);
        tree.self_time.push(total);
        tree.total_time.push(total);
        tree.calls.push(range.len() as f64);
        tree.certainty.push(certainty);
        tree.low.push(low);
        tree.high.push(high);
    }

    /// The subtree of a box is done.
    fn close(&mut self, closed: Option<Open>) {
        if let Some(closed) = closed {
            self.tree.end[closed.place as usize] = self.places.len() as u32;
        }
    }
}

#[cfg(test)]
mod tests;
