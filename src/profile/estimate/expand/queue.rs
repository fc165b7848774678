//! Which box is made next, and which state of the walk inside a box is looked at next: the heaviest.

use std::cmp::{Ordering, Reverse};

/// The place of a candidate in the queue. On equal weights the earlier one comes first, so that the tree does not
/// depend on the heap's workings.
pub(super) struct Place {
    pub weight: f64,
    pub candidate: Reverse<u32>,
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.weight.total_cmp(&other.weight).then(self.candidate.cmp(&other.candidate))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Place {}

/// A state of the walk inside a box, by its weight.
pub(super) struct Turn {
    pub time: f64,
    pub edge: u32,
}

impl Ord for Turn {
    fn cmp(&self, other: &Self) -> Ordering {
        self.time.total_cmp(&other.time).then(other.edge.cmp(&self.edge))
    }
}

impl PartialOrd for Turn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Turn {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Turn {}
