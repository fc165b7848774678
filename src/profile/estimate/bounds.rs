//! What the file says for certain about a box: Fréchet bounds, passed down the stack.
//!
//! Of a table of which only the sums of rows and columns are known, a cell is at most the smaller of
//! its two sums, and at least what is left of its column when all other rows are in it. Here rows
//! are the ways into a function and columns its callees; the row's own interval comes from the box
//! above. Inside a cycle a column is spread over many stacks, so only the upper bound is left: what
//! is below the entry, and the outermost activations of the edge.

/// Least and most seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    /// Least.
    pub low: f64,
    /// Most.
    pub high: f64,
}

impl Interval {
    /// A single value.
    pub fn exactly(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// What is below a box of this interval, if it was entered over an edge with `own` seconds in
    /// the callee itself and `below` seconds further down, on all stacks.
    pub fn below(self, own: f64, below: f64) -> Self {
        let high = self.high.min(below);
        Self { low: (self.low - own).clamp(0.0, high.max(0.0)), high }
    }

    /// A callee's share, if `self` is what is below the caller on this stack, `entering` is that on
    /// all stacks, and the callee takes `column` of it.
    pub fn callee(self, entering: f64, column: f64) -> Self {
        let high = column.min(self.high);
        Self { low: (column - (entering - self.low)).clamp(0.0, high.max(0.0)), high }
    }

    /// At most `limit`, and anything below.
    pub fn up_to(self, limit: f64) -> Self {
        Self { low: 0.0, high: self.high.min(limit) }
    }

    /// As much wider on both sides.
    pub fn wider(self, by: f64) -> Self {
        Self { low: (self.low - by).max(0.0), high: self.high + by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_way_in_determines_every_callee() {
        let below = Interval::exactly(10.0).below(1.0, 9.0);
        assert_eq!(below, Interval::exactly(9.0));
        assert_eq!(below.callee(9.0, 4.0), Interval::exactly(4.0));
    }

    #[test]
    fn a_big_row_leaves_a_small_interval() {
        // 9 of 10 seconds are ours, so of a callee's 4 at least 3 are.
        let below = Interval::exactly(9.0);
        assert_eq!(below.callee(10.0, 4.0), Interval { low: 3.0, high: 4.0 });
    }
}
