//! Where things are, in value space (seconds, fractions, rows) rather than pixels; and what is under
//! a point. Pure: no canvas, no colours.
//!
//! What these return for drawing is bounded by pixels, not by boxes or statements: within a row,
//! things are sorted, so that a binary search finds the viewport's edge and the next thing at least
//! a pixel further; what was jumped over is merged into one run.

pub mod alignment;
pub mod boxes;
pub mod chart;
pub mod flame;
pub mod flame_chart;
pub mod outline;
pub mod pareto;
pub mod sunburst;
pub use crate::time_axis;
pub mod timeline;

/// First index at or after `from` for which `below` no longer holds, as `partition_point` over a
/// sorted rest, but quick when it is near: it gallops before it searches.
pub(crate) fn gallop(length: usize, from: usize, below: impl Fn(usize) -> bool) -> usize {
    let mut low = from;
    let mut step = 1;
    while low < length && below(low) {
        let next = low.saturating_add(step);
        if next >= length || !below(next) {
            // The border is in low + 1 ..= next.
            let (mut left, mut right) = (low + 1, next.min(length));
            while left < right {
                let middle = left + (right - left) / 2;
                if below(middle) {
                    left = middle + 1;
                } else {
                    right = middle;
                }
            }
            return left;
        }
        low = next;
        step *= 2;
    }
    low
}

#[cfg(test)]
mod tests {
    use super::gallop;

    #[test]
    fn gallop_finds_what_partition_point_finds() {
        for length in 0..40 {
            for border in 0..=length {
                for from in 0..=length {
                    let expected = border.max(from);
                    assert_eq!(
                        gallop(length, from, |index| index < border),
                        expected,
                        "{length} {border} {from}"
                    );
                }
            }
        }
    }
}
