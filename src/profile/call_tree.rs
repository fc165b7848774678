//! A call tree: one box per stack, as flat columns in depth-first order.

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
    /// Per box: seconds in the function itself on this stack.
    pub self_time: Vec<f64>,
    /// Per box: seconds in it and all below: self time plus the children's total times.
    pub total_time: Vec<f64>,
    /// Per box: calls on this stack; a fraction where estimated.
    pub calls: Vec<f64>,
    /// Per box: a [`Certainty`] as number.
    pub certainty: Vec<u8>,
}

impl CallTree {
    /// How many boxes there are.
    pub fn len(&self) -> usize {
        self.function.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.function.is_empty()
    }
}
