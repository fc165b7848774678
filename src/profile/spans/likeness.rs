//! Whether two calls did the same, as far as a trace shows it: the same functions on the same stacks below them, each as
//! often.

use super::SpanTrack;

/// Of a track, sums over its spans that two calls are compared by.
pub struct Likeness {
    /// Per span, and once at the end: the sum of what nodes are mixed to, over all spans before it.
    before: Vec<u64>,
}

/// A node as a number in which all bits are mixed, so that sums of different nodes differ
/// (splitmix64, <https://prng.di.unimi.it/splitmix64.c>).
fn mixed(node: u32) -> u64 {
    let mut mixed = u64::from(node).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

impl Likeness {
    /// Of all spans of `track`: eight bytes each.
    pub fn of(track: &SpanTrack) -> Self {
        let mut sum = 0_u64;
        let mut before = Vec::with_capacity(track.len() + 1);
        for span in 0..track.len() {
            before.push(sum);
            sum = sum.wrapping_add(mixed(track.node(span)));
        }
        before.push(sum);
        Self { before }
    }

    /// Whether below two calls of one stack the same calls were made, each as often, in whatever order.
    pub fn are_alike(&self, track: &SpanTrack, one: usize, other: usize) -> bool {
        self.below(track, one).eq(self.below(track, other))
    }

    /// How many calls were made below a call.
    pub fn calls_below(&self, track: &SpanTrack, span: usize) -> u64 {
        self.below(track, span).map(|(calls, _)| calls as u64).sum()
    }

    /// Per depth below a call: how many calls, and what their nodes add up to.
    fn below<'a>(&'a self, track: &'a SpanTrack, span: usize) -> impl Iterator<Item = (usize, u64)> + 'a {
        let (from, to) = (track.start(span), track.end(span));
        (track.depth_of(span) + 1..track.depths())
            .map(move |depth| track.within(depth, from, to))
            .take_while(|calls| !calls.is_empty())
            .map(|calls| (calls.len(), self.before[calls.end].wrapping_sub(self.before[calls.start])))
    }
}
