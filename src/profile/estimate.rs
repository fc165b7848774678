//! A call tree out of a call graph.
//!
//! pstats knows for each edge how long the callee took when called over it, but not by which stack
//! the caller was reached: from the second step on, stacks have to be estimated. The rule here is a
//! conservative one:
//!
//! 1. *Roots* are the calls that no edge accounts for: a function's calls less those of its incoming
//!    edges. There may be several.
//! 2. A box entered over an edge has the edge's own self time, in the share in which the edge's time
//!    went to this stack. What remains is split over the callees in proportion to their edges' total
//!    times. Where every function on a stack has one caller only, this is exact, and marked so.
//! 3. *Recursion* is folded: a function that is on the stack already gets no second box; the self
//!    time of direct recursion stays in the box.
//! 4. The largest boxes are made first; what has no box within the budget goes to a
//!    [`MERGED`] box of its parent. So no time is lost: the tree's self times add up to the
//!    profile's. A file that contradicts itself is scaled to that sum.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::call_tree::{CallTree, Certainty, MERGED, NO_PARENT, NewBox};
use super::cycles::Cycles;
use super::{FunctionId, Profile};

/// How far (relatively) numbers that should be equal may differ by rounding: cProfile adds
/// nanoseconds up as doubles.
const ROUNDING: f64 = 1e-6;

/// Estimates the call tree of `profile` in at most `budget` boxes. Times that are negative or no
/// numbers count as zero.
pub fn estimate(profile: &Profile, budget: usize) -> CallTree {
    let budget = budget.clamp(1, NO_PARENT as usize);
    let mut estimate = Estimate::new(profile);
    estimate.plant();
    estimate.grow(budget);
    estimate.finish()
}

/// A time as the rule takes it: finite and not negative.
fn time(seconds: f64) -> f64 {
    if seconds.is_finite() { seconds.max(0.0) } else { 0.0 }
}

fn nearly_equal(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUNDING * a.abs().max(b.abs()) + 1e-9
}

/// A box that is in the tree.
struct Draft {
    function: FunctionId,
    parent: u32,
    total: f64,
    self_time: f64,
    calls: f64,
    certainty: Certainty,
    /// Seconds to split over callees.
    rest: f64,
    /// Sum of the total times of the edges it is split over.
    below: f64,
    /// How many of the function's outgoing edges (largest first) were dealt with.
    cursor: u32,
}

/// A box that could be next: the largest callee of `parent` without one.
struct Candidate {
    total: f64,
    parent: u32,
    /// The edge, or the index in `roots`.
    entry: u32,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        // On equal times the earlier, so that the tree does not depend on the heap's workings.
        let by_place = (other.parent, other.entry).cmp(&(self.parent, self.entry));
        self.total.total_cmp(&other.total).then(by_place)
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

/// Calls that came from nowhere.
struct Root {
    function: FunctionId,
    total: f64,
    self_time: f64,
    calls: f64,
    certainty: Certainty,
}

struct Estimate<'a> {
    profile: &'a Profile,
    cycles: Cycles,
    /// Largest first.
    roots: Vec<Root>,
    /// Per function: seconds that enter it other than by direct recursion.
    inflow: Vec<f64>,
    /// Per function: over how many ways (edges, being a root) it is entered.
    entries: Vec<u32>,
    /// Per function: outgoing edges with any time, largest first; made when first needed.
    callees: Vec<Option<Box<[u32]>>>,
    boxes: Vec<Draft>,
    /// How many roots have boxes.
    planted: u32,
    heap: BinaryHeap<Candidate>,
    /// Per function: the last mark it got; see [`Self::mark_stack`].
    marks: Vec<u32>,
    mark: u32,
}

impl<'a> Estimate<'a> {
    fn new(profile: &'a Profile) -> Self {
        let count = profile.functions.len();
        Self {
            profile,
            cycles: Cycles::new(profile),
            roots: Vec::new(),
            inflow: vec![0.0; count],
            entries: vec![0; count],
            callees: vec![None; count],
            boxes: Vec::new(),
            planted: 0,
            heap: BinaryHeap::new(),
            marks: vec![0; count],
            mark: 0,
        }
    }

    /// Finds the roots.
    fn plant(&mut self) {
        let (functions, edges) = (&self.profile.functions, &self.profile.edges);
        let count = functions.len();
        let wanted: f64 = functions.self_time.iter().copied().map(time).sum();
        if !(wanted > 0.0 && wanted.is_finite()) {
            return;
        }
        let mut unreached: Vec<FunctionId> = Vec::new();
        for function in 0..count as FunctionId {
            let index = function as usize;
            let (mut calls, mut self_time, mut total) = (0_i64, 0.0, 0.0);
            for edge in edges.into(function) {
                calls = calls.saturating_add(edges.calls[edge]);
                self_time += time(edges.self_time[edge]);
                if edges.caller[edge] != function {
                    total += time(edges.total_time[edge]);
                    self.entries[index] += 1;
                }
            }
            self.inflow[index] = total;
            let calls = functions.calls[index].saturating_sub(calls);
            if edges.into(function).is_empty() || calls > 0 {
                let self_time = (time(functions.self_time[index]) - self_time).max(0.0);
                let total = (time(functions.total_time[index]) - total).max(self_time);
                self.root(function, total, self_time, calls.max(0) as f64);
            } else {
                unreached.push(function);
            }
        }
        self.reach(unreached);
        let found: f64 = self.roots.iter().map(|root| root.total).sum();
        if found > 0.0 && found.is_finite() {
            let fit = wanted / found;
            let fits = nearly_equal(fit, 1.0);
            for root in &mut self.roots {
                root.total *= fit;
                root.self_time *= fit;
                if !fits {
                    root.certainty = Certainty::Estimated;
                }
            }
        } else {
            // Total times are unknown altogether: all there is to show is who spent time.
            self.roots.clear();
            for function in 0..count as FunctionId {
                let self_time = time(functions.self_time[function as usize]);
                let calls = functions.calls[function as usize].max(0) as f64;
                self.root(function, self_time, self_time, calls);
            }
        }
        self.roots.retain(|root| root.total > 0.0);
        self.roots.sort_by(|a, b| b.total.total_cmp(&a.total));
    }

    fn root(&mut self, function: FunctionId, total: f64, self_time: f64, calls: f64) {
        let index = function as usize;
        let exact = self.entries[index] == 0 && !self.cycles.is_cyclic(function);
        let certainty = if exact { Certainty::Exact } else { Certainty::Estimated };
        self.entries[index] += 1;
        self.inflow[index] += total;
        self.roots.push(Root { function, total, self_time, calls, certainty });
    }

    /// Cycles without an entry (the profiler was switched on inside them, or the file is cut): the
    /// function with the largest total time of each becomes a root.
    fn reach(&mut self, mut unreached: Vec<FunctionId>) {
        let edges = &self.profile.edges;
        let mut reached = vec![false; self.profile.functions.len()];
        let mut work: Vec<FunctionId> = self.roots.iter().map(|root| root.function).collect();
        let totals = &self.profile.functions.total_time;
        unreached.sort_by(|&a, &b| time(totals[b as usize]).total_cmp(&time(totals[a as usize])));
        let mut rest = unreached.into_iter();
        loop {
            while let Some(function) = work.pop() {
                if !std::mem::replace(&mut reached[function as usize], true) {
                    work.extend(edges.out_of(function).iter().map(|&edge| edges.callee[edge as usize]));
                }
            }
            let Some(function) = rest.find(|&function| !reached[function as usize]) else { return };
            let index = function as usize;
            let total = time(totals[index]);
            self.root(function, total, time(self.profile.functions.self_time[index]).min(total), 0.0);
            work.push(function);
        }
    }

    /// Makes boxes, the largest first, until the budget is used up.
    fn grow(&mut self, budget: usize) {
        // Parents with callees that have no box yet: each will need a merged one.
        let mut unfinished = 0;
        if let Some(root) = self.roots.first() {
            self.heap.push(Candidate { total: root.total, parent: NO_PARENT, entry: 0 });
            unfinished = 1;
        }
        while self.boxes.len() + unfinished + 1 < budget {
            let Some(candidate) = self.heap.pop() else { break };
            unfinished -= 1;
            let new = self.boxes.len() as u32;
            self.add(&candidate);
            for parent in [candidate.parent, new] {
                if let Some(next) = self.next(parent) {
                    self.heap.push(next);
                    unfinished += 1;
                }
            }
        }
    }

    /// Makes a candidate's box.
    fn add(&mut self, candidate: &Candidate) {
        let edges = &self.profile.edges;
        let (function, self_time, calls, certainty) = match self.boxes.get_mut(candidate.parent as usize) {
            None => {
                self.planted += 1;
                let root = &self.roots[candidate.entry as usize];
                (root.function, root.self_time, root.calls, root.certainty)
            }
            Some(parent) => {
                parent.cursor += 1;
                let edge = candidate.entry as usize;
                let function = edges.callee[edge];
                let share = candidate.total / edges.total_time[edge];
                let share = if share.is_finite() { share } else { 1.0 };
                let exact = parent.certainty == Certainty::Exact
                    && self.entries[parent.function as usize] == 1
                    && !self.cycles.is_cyclic(function)
                    && nearly_equal(parent.rest, parent.below);
                let certainty = if exact { Certainty::Exact } else { Certainty::Estimated };
                let calls = edges.calls[edge].max(0) as f64 * share;
                (function, time(edges.self_time[edge]) * share, calls, certainty)
            }
        };
        let total = candidate.total;
        let mut draft = Draft {
            function,
            parent: candidate.parent,
            total,
            self_time,
            calls,
            certainty,
            rest: 0.0,
            below: 0.0,
            cursor: 0,
        };
        self.split(&mut draft);
        self.boxes.push(draft);
    }

    /// Decides what of a box's time is its own and how much is left for callees.
    fn split(&mut self, draft: &mut Draft) {
        let function = draft.function;
        let edges = &self.profile.edges;
        self.mark_stack(function, draft.parent);
        let callees = self.callees[function as usize].get_or_insert_with(|| {
            let total = |edge: u32| time(edges.total_time[edge as usize]);
            let mut callees: Vec<u32> =
                edges.out_of(function).iter().copied().filter(|&edge| total(edge) > 0.0).collect();
            callees.sort_by(|&a, &b| total(b).total_cmp(&total(a)).then(a.cmp(&b)));
            callees.into()
        });
        for &edge in callees.iter() {
            let edge = edge as usize;
            let callee = edges.callee[edge];
            if callee == function {
                // Direct recursion: what it spent itself belongs to this box, in the box's share of
                // all that enters the function.
                let inflow = self.inflow[function as usize];
                let share = if inflow > 0.0 { (draft.total / inflow).min(1.0) } else { 1.0 };
                draft.self_time += share * time(edges.self_time[edge]);
                draft.calls += share * edges.calls[edge].max(0) as f64;
            } else if self.marks[callee as usize] != self.mark {
                draft.below += time(edges.total_time[edge]);
            }
        }
        if draft.below > 0.0 && draft.below.is_finite() {
            draft.self_time = draft.self_time.min(draft.total);
            draft.rest = draft.total - draft.self_time;
        } else {
            draft.self_time = draft.total;
        }
    }

    /// The largest callee of a box without a box of its own, or the largest such root; `None` if
    /// all have one.
    fn next(&mut self, parent: u32) -> Option<Candidate> {
        if parent == NO_PARENT {
            let root = self.roots.get(self.planted as usize)?;
            return Some(Candidate { total: root.total, parent, entry: self.planted });
        }
        let draft = &self.boxes[parent as usize];
        self.mark_stack(draft.function, draft.parent);
        let draft = &mut self.boxes[parent as usize];
        let callees = self.callees[draft.function as usize].as_deref()?;
        let edges = &self.profile.edges;
        loop {
            let &edge = callees.get(draft.cursor as usize)?;
            if self.marks[edges.callee[edge as usize] as usize] != self.mark {
                let total = draft.rest * (time(edges.total_time[edge as usize]) / draft.below);
                return (total > 0.0).then_some(Candidate { total, parent, entry: edge });
            }
            draft.cursor += 1;
        }
    }

    /// Marks (with [`Self::mark`]) `function` and those of its callers on the stack, from the box
    /// `above` upwards, that it could call in a circle. Only members of its own cycle can be, and on
    /// a stack those follow each other.
    fn mark_stack(&mut self, function: FunctionId, above: u32) {
        self.mark += 1;
        self.marks[function as usize] = self.mark;
        let mut above = above;
        while let Some(draft) = self.boxes.get(above as usize) {
            if !self.cycles.same(function, draft.function) {
                break;
            }
            self.marks[draft.function as usize] = self.mark;
            above = draft.parent;
        }
    }

    /// Merges what has no box and makes the tree.
    fn finish(mut self) -> CallTree {
        let mut boxes: Vec<NewBox> = self
            .boxes
            .iter()
            .map(|draft| NewBox {
                function: draft.function,
                parent: draft.parent,
                self_time: draft.self_time,
                calls: draft.calls,
                certainty: draft.certainty,
            })
            .collect();
        let merged = |parent: u32, self_time: f64, count: usize| NewBox {
            function: MERGED,
            parent,
            self_time,
            calls: count as f64,
            certainty: Certainty::Estimated,
        };
        for parent in 0..self.boxes.len() as u32 {
            let (mut count, mut self_time) = (0, 0.0);
            while let Some(candidate) = self.next(parent) {
                count += 1;
                self_time += candidate.total;
                self.boxes[parent as usize].cursor += 1;
            }
            if count > 0 {
                boxes.push(merged(parent, self_time, count));
            }
        }
        let unplanted = self.roots.get(self.planted as usize..).unwrap_or_default();
        if !unplanted.is_empty() {
            let self_time = unplanted.iter().map(|root| root.total).sum();
            boxes.push(merged(NO_PARENT, self_time, unplanted.len()));
        }
        CallTree::new(true, &boxes)
    }
}
