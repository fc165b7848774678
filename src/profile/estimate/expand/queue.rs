//! Which box is made next, and which state of the walk inside a box is looked at next: the heaviest.

use std::cmp::Ordering;

/// Something in a queue, the heaviest first. On equal weights the lower number comes first, so that the tree does not
/// depend on the heap's workings.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Heaviest {
    pub weight: f64,
    pub item: u32,
}

impl Ord for Heaviest {
    fn cmp(&self, other: &Self) -> Ordering {
        self.weight.total_cmp(&other.weight).then(other.item.cmp(&self.item))
    }
}

impl PartialOrd for Heaviest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Heaviest {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Heaviest {}

/// Which candidates can still get a box: those than which fewer are heavier than boxes are to be made. Of all others
/// nothing need be kept.
#[derive(Debug)]
pub(super) struct Rank {
    budget: u32,
    /// The kind of the heaviest weight.
    first: u64,
    /// Candidates by kind of weight, the heaviest first, up to `last`.
    counts: [u32; 256],
    last: usize,
    sum: u32,
}

impl Rank {
    /// For `budget` boxes, of at most `most` seconds.
    pub fn new(budget: usize, most: f64) -> Self {
        let budget = u32::try_from(budget).unwrap_or(u32::MAX).max(1);
        Self { budget, first: kind(most), counts: [0; 256], last: 255, sum: 0 }
    }

    /// Counts a candidate in, if it can get a box.
    pub fn admits(&mut self, weight: f64) -> bool {
        let index = self.first.saturating_sub(kind(weight)) as usize;
        if index > self.last {
            return false;
        }
        self.counts[index] += 1;
        self.sum += 1;
        while self.last > 0 && self.sum - self.counts[self.last] >= self.budget {
            self.sum -= self.counts[self.last];
            self.last -= 1;
        }
        true
    }
}

/// Exponent and two bits more: four kinds in each power of two.
fn kind(weight: f64) -> u64 {
    weight.max(0.0).to_bits() >> 50
}
