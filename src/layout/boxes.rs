//! A call tree in value space: every box an interval of seconds, children inside their parents.
//! Flame graph and sunburst are two projections of it.

use std::sync::Arc;

use super::gallop;
use crate::profile::call_tree::NO_PARENT;
use crate::protocol::{FunctionRow, Tree};

/// A laid out call tree.
#[derive(Debug, Clone, Default)]
pub struct Boxes {
    tree: Arc<Tree>,
    /// Per box: seconds from the left edge of the whole.
    left: Vec<f64>,
    /// Per box: seconds from the left edge of the whole.
    right: Vec<f64>,
    /// Boxes grouped by depth. Inside a depth they are in the tree's order, which is that of `left`.
    rows: Vec<u32>,
    /// Per depth: where its boxes begin in `rows`; one entry more than depths.
    first: Vec<u32>,
    total: f64,
}

/// Neighbouring boxes of a row that are drawn as one: a single box, or several that are narrower
/// than a pixel each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// The leftmost box.
    pub first: u32,
    /// How many boxes.
    pub count: u32,
    /// Seconds from the left edge of the whole.
    pub left: f64,
    /// Seconds from the left edge of the whole.
    pub right: f64,
}

impl Boxes {
    /// Lays out `tree`: roots side by side, children side by side from their parent's left edge, in
    /// the tree's order. What a parent has to itself stays free at its right.
    pub fn new(tree: impl Into<Arc<Tree>>) -> Self {
        let tree = tree.into();
        let count = tree.function.len();
        let (mut left, mut right) = (vec![0.0; count], vec![0.0; count]);
        // Per box: where its next child goes.
        let mut cursor = vec![0.0; count];
        let mut root_cursor = 0.0;
        let mut depths = 0;
        for index in 0..count {
            let width = tree.total_time[index];
            // Broken timers make negative times; a box cannot be narrower than nothing. The upper
            // bound (30 million years) keeps sums finite.
            let width = if width > 0.0 { width.min(1e15) } else { 0.0 };
            let parent = tree.parent[index];
            if parent == NO_PARENT {
                left[index] = root_cursor;
                right[index] = root_cursor + width;
                root_cursor = right[index];
            } else {
                let parent = parent as usize;
                left[index] = cursor[parent];
                // Sums of floats: the last child may stick out by a rounding error.
                right[index] = (cursor[parent] + width).min(right[parent]);
                cursor[parent] = right[index];
            }
            cursor[index] = left[index];
            depths = depths.max(tree.depth[index] as usize + 1);
        }

        let mut first = vec![0_u32; depths + 1];
        for &depth in &tree.depth {
            first[depth as usize + 1] += 1;
        }
        for depth in 0..depths {
            first[depth + 1] += first[depth];
        }
        let mut next = first.clone();
        let mut rows = vec![0; count];
        for (index, &depth) in tree.depth.iter().enumerate() {
            let place = &mut next[depth as usize];
            rows[*place as usize] = index as u32;
            *place += 1;
        }
        Self { tree, left, right, rows, first, total: root_cursor }
    }

    /// The tree that is laid out.
    pub fn tree(&self) -> &Arc<Tree> {
        &self.tree
    }

    /// How many boxes there are.
    pub fn len(&self) -> usize {
        self.left.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// How many rows there are.
    pub fn depths(&self) -> u32 {
        (self.first.len().max(1) - 1) as u32
    }

    /// Seconds of the whole width: the sum of the roots.
    pub fn total(&self) -> f64 {
        self.total
    }

    /// The boxes of a row from left to right; none below the last row.
    pub fn row(&self, depth: u32) -> &[u32] {
        let depth = depth as usize;
        match (self.first.get(depth), self.first.get(depth + 1)) {
            (Some(&first), Some(&end)) => &self.rows[first as usize..end as usize],
            _ => &[],
        }
    }

    /// Left edge of a box, seconds.
    pub fn left(&self, index: u32) -> f64 {
        self.left[index as usize]
    }

    /// Right edge of a box, seconds.
    pub fn right(&self, index: u32) -> f64 {
        self.right[index as usize]
    }

    /// Row of a box.
    pub fn depth(&self, index: u32) -> u32 {
        self.tree.depth[index as usize]
    }

    /// The function of a box; `None` for "(n more)".
    pub fn function(&self, index: u32) -> Option<&FunctionRow> {
        self.tree.function_of(index)
    }

    /// The box of a row at a value, if there is one.
    pub fn at(&self, depth: u32, value: f64) -> Option<u32> {
        let row = self.row(depth);
        let place = row.partition_point(|&index| self.right(index) <= value);
        row.get(place).copied().filter(|&index| self.left(index) <= value)
    }

    /// The box that called this one.
    pub fn parent(&self, index: u32) -> Option<u32> {
        Some(self.tree.parent[index as usize]).filter(|&parent| parent != NO_PARENT)
    }

    /// The leftmost box inside this one: its most expensive callee.
    pub fn first_child(&self, index: u32) -> Option<u32> {
        let child = index + 1;
        (child < self.tree.end[index as usize]).then_some(child)
    }

    /// The next box of the same row: the next sibling, or the first one under the next parent.
    pub fn next_in_row(&self, index: u32) -> Option<u32> {
        let row = self.row(self.depth(index));
        let place = row.binary_search(&index).ok()?;
        row.get(place + 1).copied()
    }

    /// The box before this one in the same row.
    pub fn previous_in_row(&self, index: u32) -> Option<u32> {
        let row = self.row(self.depth(index));
        let place = row.binary_search(&index).ok()?;
        place.checked_sub(1).map(|place| row[place])
    }

    /// The stack of a box, from the root to itself.
    pub fn stack(&self, index: u32) -> Vec<u32> {
        let mut stack = vec![index];
        let mut current = index;
        while let Some(parent) = self.parent(current) {
            stack.push(parent);
            current = parent;
        }
        stack.reverse();
        stack
    }

    /// The boxes directly inside this one, from left to right.
    pub fn children(&self, index: u32) -> impl Iterator<Item = u32> {
        let end = self.tree.end[index as usize];
        let mut next = index + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(next)?;
            // An `end` that does not advance would loop for ever.
            next = self.tree.end[child as usize].max(child + 1);
            Some(child)
        })
    }

    /// What to draw of a row between `from` and `to` seconds on `pixels` device pixels: at most two
    /// runs per pixel, however many boxes there are.
    pub fn runs(&self, depth: u32, from: f64, to: f64, pixels: f64) -> Runs<'_> {
        let row = self.row(depth);
        let next = row.partition_point(|&index| self.right(index) <= from);
        let pixel = if pixels > 0.0 { (to - from) / pixels } else { f64::INFINITY };
        Runs { boxes: self, row, next, from, to, pixel }
    }
}

/// Iterator of [`Boxes::runs`].
#[derive(Debug)]
pub struct Runs<'a> {
    boxes: &'a Boxes,
    row: &'a [u32],
    next: usize,
    from: f64,
    to: f64,
    /// Seconds of one pixel.
    pixel: f64,
}

impl Runs<'_> {
    /// Whether a pixel shows between two values: then a run must not go over it, or it would be drawn
    /// where nothing is, outside of what it was called by.
    fn apart(&self, right: f64, next_left: f64) -> bool {
        let edge = |value: f64| ((value - self.from) / self.pixel).round();
        next_left > right && edge(next_left) > edge(right)
    }

    fn edges(&self, place: usize) -> (f64, f64) {
        (self.boxes.left(self.row[place]), self.boxes.right(self.row[place]))
    }
}

impl Iterator for Runs<'_> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        let start = self.next;
        let first = *self.row.get(start)?;
        let (left, mut right) = self.edges(start);
        if left >= self.to {
            return None;
        }
        self.next += 1;
        if right - left < self.pixel {
            // Narrower than a pixel. Take all that ends within the pixel; go on from there as long
            // as what follows is as narrow and no pixel shows between.
            let (boxes, row) = (self.boxes, self.row);
            let mut step = left;
            loop {
                let limit = step + self.pixel;
                self.next = gallop(row.len(), self.next, |place| boxes.right(row[place]) <= limit);
                right = self.edges(self.next - 1).1;
                if self.next == row.len() {
                    break;
                }
                let (next_left, next_right) = self.edges(self.next);
                let wide = next_right - next_left >= self.pixel;
                if wide || self.apart(right, next_left) || next_left >= self.to {
                    break;
                }
                step = next_left;
                self.next += 1;
            }
        }
        Some(Run { first, count: (self.next - start) as u32, left, right })
    }
}
