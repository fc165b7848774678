//! One thread's events as stacks: what lies within another was called by it.

use crate::document::{Diagnostics, Level};

/// A stretch of time in which something ran, in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub from: i64,
    pub to: i64,
    /// Of two stretches that are the same one, the smaller is outside.
    order: i32,
    pub frame: u32,
}

/// A thread's events.
pub(super) struct Lane {
    spans: Vec<Span>,
    /// Whether all are whole, and so in the order of their ends, as VizTracer writes them.
    in_order_of_ends: bool,
    /// Those that began and have not ended: indices of `spans`.
    open: Vec<usize>,
    last: i64,
    unmatched: u64,
}

/// What was not as it should be, and how often.
#[derive(Default)]
pub(super) struct Noticed {
    open: u64,
    unmatched: u64,
    crossing: u64,
}

impl Noticed {
    pub fn say(&self, diagnostics: &mut Diagnostics) {
        for (message, count) in [
            ("calls that do not end in the file last until its last event", self.open),
            ("ends of calls that do not begin in the file are left out", self.unmatched),
            (
                "calls that end after the one they are within are cut to it: tasks that take turns on one thread",
                self.crossing,
            ),
        ] {
            diagnostics.note_many(Level::Warning, message, count, || None);
        }
    }
}

/// The frame of a stretch in which what ran is in another lane.
const ELSEWHERE: u32 = u32::MAX;

impl Span {
    /// Whether what ran is in another lane.
    pub fn is_elsewhere(&self) -> bool {
        self.frame == ELSEWHERE
    }
}

/// A call that is on, in nanoseconds.
pub(super) struct Open<T> {
    /// What the visitor made of it.
    pub at: T,
    /// In it alone, so far.
    pub own: i64,
    pub to: i64,
    /// Until when something is known of it: the end of what it called last.
    until: i64,
}

/// Who is told of calls, in the order in which they begin and end.
pub(super) trait Visitor {
    /// What it makes of a call.
    type At;
    /// A call begins, cut to the one that it is within.
    fn enter(&mut self, above: Option<&Open<Self::At>>, span: &Span) -> Self::At;
    /// In this stretch a call was on, and nothing that it called.
    fn alone(&mut self, open: &Open<Self::At>, from: i64, to: i64);
    /// A call ends.
    fn leave(&mut self, open: &Open<Self::At>);
}

/// A call: its frame, when it begins and when it ends.
pub(super) type Call = (u32, i64, i64);

/// Stretches of time in order, none within another, in nanoseconds.
pub(super) type Stretches = Vec<(i64, i64)>;

/// Whether each of `inner` lies within one of `outer`, but for what rounding of both ends makes.
pub(super) fn lie_within(inner: &Stretches, outer: &Stretches) -> bool {
    inner.iter().all(|&(from, to)| {
        let after = outer.partition_point(|&(begin, _)| begin <= from + 2);
        outer[..after].last().is_some_and(|&(_, end)| to <= end + 2)
    })
}

impl Lane {
    /// When any of `of` was on, the outermost calls of it.
    pub fn stretches(&self, of: impl Fn(u32) -> bool) -> Stretches {
        let mut all: Stretches =
            self.spans.iter().filter(|span| of(span.frame)).map(|span| (span.from, span.to)).collect();
        crate::sort::by(&mut all, |a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        let mut end = i64::MIN;
        all.retain(|&(_, to)| {
            let is_outermost = to > end;
            end = end.max(to);
            is_outermost
        });
        all
    }

    /// Whether a call of its own begins in one of these stretches.
    pub fn begins_within(&self, stretches: &Stretches) -> bool {
        self.spans.iter().filter(|span| !span.is_elsewhere()).any(|span| {
            let before = stretches.partition_point(|&(from, _)| from + 2 < span.from);
            stretches[..before].last().is_some_and(|&(_, to)| span.from + 2 < to)
        })
    }

    /// What ran in these stretches is in another lane.
    pub fn leave_out(&mut self, stretches: &Stretches) {
        self.in_order_of_ends &= stretches.is_empty();
        for &(from, to) in stretches {
            self.spans.push(Span { from, to, order: i32::MAX, frame: ELSEWHERE });
        }
    }

    /// The calls that are whole, for [`Self::leave_out_repeated`]: frame, beginning and end.
    pub fn calls(&self) -> impl Iterator<Item = Call> + '_ {
        self.spans.iter().map(|span| (span.frame, span.from, span.to))
    }

    /// Leaves out the calls that are among `of`, which is sorted, and says how many they were. Those that had begun
    /// by then go on after the last of them.
    pub fn leave_out_repeated(&mut self, of: &[Call]) -> u64 {
        // Both ends are rounded, each file's for itself.
        const ROUNDED: i64 = 2;
        if !self.open.is_empty() {
            return 0;
        }
        let (mut last, before) = (i64::MIN, self.spans.len());
        self.spans.retain(|span| {
            let begin =
                of.partition_point(|&(frame, from, _)| (frame, from + ROUNDED) < (span.frame, span.from));
            let repeats = of[begin..]
                .iter()
                .take_while(|&&(frame, from, _)| frame == span.frame && from <= span.from + ROUNDED)
                .any(|&(_, _, to)| (to - span.to).abs() <= ROUNDED);
            if repeats {
                last = last.max(span.to);
            }
            !repeats
        });
        for span in &mut self.spans {
            span.from = span.from.max(last.min(span.to));
        }
        (before - self.spans.len()) as u64
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    fn place(&self) -> i32 {
        i32::try_from(self.spans.len()).unwrap_or(i32::MAX)
    }

    /// When the first of it begins.
    pub fn first(&self) -> Option<i64> {
        self.spans.iter().map(|span| span.from).min()
    }

    /// An event that is whole. Of equal ones the later was written when it ended later: it is outside.
    pub fn whole(&mut self, from: i64, to: i64, frame: u32) {
        self.last = self.last.max(to);
        let order = -self.place();
        self.spans.push(Span { from, to, order, frame });
    }

    /// Something begins.
    pub fn begin(&mut self, at: i64, frame: u32) {
        self.last = self.last.max(at);
        self.open.push(self.spans.len());
        let order = self.place();
        self.in_order_of_ends = false;
        self.spans.push(Span { from: at, to: at, order, frame });
    }

    /// What began last ends.
    pub fn end(&mut self, at: i64) {
        self.last = self.last.max(at);
        match self.open.pop() {
            Some(place) => self.spans[place].to = at.max(self.spans[place].from),
            None => self.unmatched += 1,
        }
    }

    /// The order in which they begin, outer ones first.
    fn order(&self) -> Vec<u32> {
        self.order_by_ends().unwrap_or_else(|| {
            crate::sort::order(self.spans.len(), &mut |a, b| {
                let (a, b) = (&self.spans[a as usize], &self.spans[b as usize]);
                a.from.cmp(&b.from).then(b.to.cmp(&a.to)).then(a.order.cmp(&b.order))
            })
        })
    }

    /// [`Self::order`] of whole events, without sorting: what is written when it ends comes after all that it called. So each
    /// takes those in front of it that begin within it; then it comes before them, and they one place later for each call
    /// that they are within. `None` where the events are in another order.
    fn order_by_ends(&self) -> Option<Vec<u32>> {
        if !self.in_order_of_ends {
            return None;
        }
        let count = self.spans.len();
        // Per span how many are within it, itself included; and those that are within none so far.
        let mut size: Vec<u32> = vec![1; count];
        let mut roots: Vec<u32> = Vec::new();
        for (at, span) in self.spans.iter().enumerate() {
            while let Some(&root) = roots.last() {
                let inner = &self.spans[root as usize];
                if inner.from < span.from {
                    break;
                }
                // Both ends are rounded.
                if inner.to > span.to.saturating_add(2) {
                    return None;
                }
                size[at] += size[root as usize];
                roots.pop();
            }
            roots.push(at as u32);
        }
        let mut order = vec![0_u32; count];
        // From the last on: a call's place is where what is within it begins, and a place later for each call around it.
        let mut around: Vec<usize> = Vec::new();
        for at in (0..count).rev() {
            let begin = at + 1 - size[at] as usize;
            while around.last().is_some_and(|&outer_begin| at < outer_begin) {
                around.pop();
            }
            order[begin + around.len()] = at as u32;
            around.push(begin);
        }
        Some(order)
    }

    /// Tells `visitor` of each call.
    pub fn walk<V: Visitor>(mut self, noticed: &mut Noticed, visitor: &mut V) {
        noticed.open += self.open.len() as u64;
        noticed.unmatched += self.unmatched;
        for &place in &self.open {
            self.spans[place].to = self.last.max(self.spans[place].from);
        }
        let mut within: Vec<Open<V::At>> = Vec::new();
        let leave = |open: Open<V::At>, visitor: &mut V| {
            if open.until < open.to {
                visitor.alone(&open, open.until, open.to);
            }
            visitor.leave(&open);
        };
        for at in self.order() {
            let mut span = self.spans[at as usize];
            // One of no length that begins where another ends is beside it.
            while let Some(open) = within.pop_if(|open| open.to <= span.from) {
                leave(open, visitor);
            }
            if let Some(above) = within.last_mut() {
                if span.to > above.to {
                    // Ends are rounded as beginnings are: a nanosecond or two is no crossing.
                    if span.to > above.to + 2 {
                        noticed.crossing += 1;
                    }
                    span.to = above.to;
                }
                above.own -= span.to - span.from;
                if above.until < span.from {
                    visitor.alone(above, above.until, span.from);
                }
                above.until = above.until.max(span.to);
            }
            let at = visitor.enter(within.last(), &span);
            within.push(Open { at, own: span.to - span.from, to: span.to, until: span.from });
        }
        while let Some(open) = within.pop() {
            leave(open, visitor);
        }
    }
}

impl Default for Lane {
    fn default() -> Self {
        Self { spans: Vec::new(), in_order_of_ends: true, open: Vec::new(), last: 0, unmatched: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lane(spans: &[(i64, i64)]) -> Lane {
        let mut lane = Lane::default();
        for &(from, to) in spans {
            lane.whole(from, to, 0);
        }
        lane
    }

    fn sorted(lane: &Lane) -> Vec<u32> {
        let mut order: Vec<u32> = (0..lane.spans.len() as u32).collect();
        order.sort_by_key(|&at| {
            let span = &lane.spans[at as usize];
            (span.from, -span.to, span.order)
        });
        order
    }

    /// Calls below each other at random, in the order of their ends: (lengths before, within, after).
    fn calls(shape: &[(u8, u8)]) -> Vec<(i64, i64)> {
        let (mut now, mut open, mut ended) = (0_i64, Vec::new(), Vec::new());
        for &(step, ends) in shape {
            now += i64::from(step % 4);
            open.push(now);
            for _ in 0..ends % 4 {
                now += i64::from(step % 3);
                if let Some(from) = open.pop() {
                    ended.push((from, now));
                }
            }
        }
        while let Some(from) = open.pop() {
            now += 1;
            ended.push((from, now));
        }
        ended
    }

    proptest! {
        /// Where two calls are the same stretch, or one of no length is at another's edge, either may be outside; the
        /// sorted order is the same but for those.
        #[test]
        fn calls_in_the_order_of_their_ends_need_no_sorting(
            shape in prop::collection::vec((any::<u8>(), any::<u8>()), 0..60),
        ) {
            let lane = lane(&calls(&shape));
            let order = lane.order_by_ends().expect("in the order of ends");
            let stretch = |at: &u32| (lane.spans[*at as usize].from, lane.spans[*at as usize].to);
            let starts = |order: &[u32]| order.iter().map(|at| stretch(at).0).collect::<Vec<_>>();
            let expected = sorted(&lane);
            prop_assert_eq!(starts(&order), starts(&expected));
            let mut all = order.clone();
            all.sort_unstable();
            prop_assert!(all.iter().enumerate().all(|(place, at)| place == *at as usize));
            let no_empty = |order: &[u32]| {
                order.iter().map(stretch).filter(|(from, to)| from < to).collect::<Vec<_>>()
            };
            prop_assert_eq!(no_empty(&order), no_empty(&expected));
        }
    }

    #[test]
    fn calls_in_another_order_are_sorted() {
        let lane = lane(&[(0, 10), (0, 5)]);
        assert_eq!(lane.order_by_ends(), None);
        assert_eq!(lane.order(), [0, 1]);
    }
}
