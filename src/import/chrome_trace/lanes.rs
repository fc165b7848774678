//! One thread's events as stacks: what lies within another was called by it.

use crate::document::{Diagnostics, Level};
use crate::profile::call_tree::NO_PARENT;

/// A stretch of time in which something ran, in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    from: i64,
    to: i64,
    /// Of two stretches that are the same one, the smaller is outside.
    order: i64,
    pub frame: u32,
}

/// A thread's events.
#[derive(Default)]
pub(super) struct Lane {
    spans: Vec<Span>,
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

/// A call of a lane, in nanoseconds.
pub(super) struct Call {
    pub node: u32,
    /// In it alone.
    pub own: i64,
    pub from: i64,
    pub to: i64,
}

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
        for &(from, to) in stretches {
            self.spans.push(Span { from, to, order: i64::MAX, frame: ELSEWHERE });
        }
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// When the first of it begins.
    pub fn first(&self) -> Option<i64> {
        self.spans.iter().map(|span| span.from).min()
    }

    /// An event that is whole. Of equal ones the later was written when it ended later: it is outside.
    pub fn whole(&mut self, from: i64, to: i64, frame: u32) {
        self.last = self.last.max(to);
        let order = -(self.spans.len() as i64);
        self.spans.push(Span { from, to, order, frame });
    }

    /// Something begins.
    pub fn begin(&mut self, at: i64, frame: u32) {
        self.last = self.last.max(at);
        self.open.push(self.spans.len());
        let order = self.spans.len() as i64;
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

    /// Each call, in the order in which `child` makes the node of a call below another: it is told the other's node, and
    /// whether there is none.
    pub fn stacks(
        mut self,
        noticed: &mut Noticed,
        child: &mut dyn FnMut(u32, bool, Span) -> u32,
    ) -> Vec<Call> {
        noticed.open += self.open.len() as u64;
        noticed.unmatched += self.unmatched;
        for &place in &self.open {
            self.spans[place].to = self.last.max(self.spans[place].from);
        }
        crate::sort::by(&mut self.spans, |a, b| {
            a.from.cmp(&b.from).then(b.to.cmp(&a.to)).then(a.order.cmp(&b.order))
        });
        let mut own: Vec<Call> = Vec::with_capacity(self.spans.len());
        // The calls one is within: their places in `own`, and their ends.
        let mut within: Vec<(usize, i64)> = Vec::new();
        for mut span in self.spans {
            while within.last().is_some_and(|&(_, end)| {
                // One of no length that begins where another ends is beside it.
                end <= span.from
            }) {
                within.pop();
            }
            let parent = within.last().copied();
            if let Some((above, end)) = parent {
                if span.to > end {
                    // Ends are rounded as beginnings are: a nanosecond or two is no crossing.
                    if span.to > end + 2 {
                        noticed.crossing += 1;
                    }
                    span.to = end;
                }
                own[above].own -= span.to - span.from;
            }
            let node = child(parent.map_or(NO_PARENT, |(above, _)| own[above].node), parent.is_none(), span);
            within.push((own.len(), span.to));
            own.push(Call { node, own: span.to - span.from, from: span.from, to: span.to });
        }
        own
    }
}
