//! Making the boxes: the largest first, until the budget is used.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use super::bounds::Interval;
use super::conservation::Flow;
use super::dispersion::{Affinities, Durations, ROOT};
use super::walk::{Visits, Walk};
use crate::profile::FunctionId;
use crate::profile::call_tree::NO_PARENT;
use crate::sort;

/// Boxes below this share of all time are not made, even if the budget has room for them.
const SMALLEST: f64 = 1e-7;

/// Differences below this share of all time are rounding.
const ROUNDING: f64 = 1e-9;

/// A box that was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    pub function: FunctionId,
    pub parent: u32,
    pub own: f64,
    pub inclusive: f64,
    pub calls: f64,
    pub interval: Interval,
    /// Callees without a box.
    pub omitted: u32,
    /// Seconds in the callees with a box.
    pub below: f64,
}

/// A callee without a box.
#[derive(Debug, Clone, Copy)]
pub(super) struct Omitted {
    pub parent: u32,
    pub function: FunctionId,
    pub own: f64,
}

/// How time came to a candidate.
enum Way {
    /// Over an edge from another component (or as a [`ROOT`]).
    Entry { edge: u32 },
    /// Over an edge of its cycle.
    Step(Step),
}

/// A way over an edge of a cycle.
struct Step {
    edge: u32,
    /// Seconds that stepped over it.
    mass: f64,
    /// Of the walk, that it leads into.
    state: u32,
    /// What is below the cycle's last function on this stack of which it is known.
    below: Interval,
    /// Whether none of the cycle's functions further up is ever called below itself. Then nothing
    /// below this box is folded back to them.
    sure: bool,
    /// What the box weighs is known once these are.
    visits: Option<Visits>,
}

/// A box that could be made.
struct Candidate {
    /// Seconds in it and below; without a row: at most.
    weight: f64,
    tick: u32,
    function: FunctionId,
    parent: u32,
    own: f64,
    calls: f64,
    interval: Interval,
    way: Way,
}

impl Candidate {
    fn scale(&mut self, by: f64) {
        self.weight *= by;
        self.own *= by;
        self.calls *= by;
        if let Way::Step(step) = &mut self.way {
            step.mass *= by;
        }
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        // On equal weights the earlier one, so that the tree does not depend on the heap's workings.
        self.weight.total_cmp(&other.weight).then(Reverse(self.tick).cmp(&Reverse(other.tick)))
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

/// What a component is to the expansion.
enum Kind {
    /// One function.
    Single(Affinities),
    /// Several, with their walk.
    Cycle(Box<Walk>),
}

/// The growing tree.
pub(super) struct Expansion<'a> {
    flow: &'a Flow<'a>,
    durations: Durations,
    kinds: FxHashMap<u32, Kind>,
    heap: BinaryHeap<Candidate>,
    tick: u32,
    /// The boxes, parents before children.
    pub made: Vec<Made>,
    /// Callees without a box that are large enough to be named.
    pub omitted: Vec<Omitted>,
    /// Roots without a box.
    pub omitted_roots: u32,
    /// Boxes with callees that have none: each will need a merged box.
    partial: usize,
    /// Per function: its own seconds that no box has yet.
    unassigned: Vec<f64>,
}

impl<'a> Expansion<'a> {
    /// Makes at most `budget` boxes, counting one merged box for each that needs it.
    pub fn of(flow: &'a Flow<'a>, budget: usize) -> Self {
        let mut expansion = Self {
            flow,
            durations: Durations::of(flow),
            kinds: FxHashMap::default(),
            heap: BinaryHeap::new(),
            tick: 0,
            made: Vec::new(),
            omitted: Vec::new(),
            omitted_roots: 0,
            partial: 0,
            unassigned: flow.function_own.clone(),
        };
        for root in &flow.roots {
            let weight = root.own + root.below;
            expansion.push(Candidate {
                weight,
                tick: 0,
                function: root.function,
                parent: NO_PARENT,
                own: root.own,
                calls: root.calls,
                interval: if root.alone {
                    Interval::exactly(weight)
                } else {
                    let component = flow.components.component[root.function as usize];
                    let most = root.own + flow.entering[component as usize];
                    Interval { low: root.own, high: most }
                },
                way: Way::Entry { edge: ROOT },
            });
        }
        expansion.grow(budget);
        expansion.name_omitted();
        expansion
    }

    /// Puts a candidate on the heap and counts it as omitted until it is made.
    fn push(&mut self, candidate: Candidate) {
        self.left_out(candidate.parent);
        self.enqueue(candidate);
    }

    /// Something below `parent` has no box: it will need a merged one.
    fn left_out(&mut self, parent: u32) {
        match self.made.get_mut(parent as usize) {
            Some(parent) => {
                self.partial += usize::from(parent.omitted == 0);
                parent.omitted += 1;
            }
            None => {
                self.partial += usize::from(self.omitted_roots == 0);
                self.omitted_roots += 1;
            }
        }
    }

    fn enqueue(&mut self, mut candidate: Candidate) {
        if candidate.weight >= SMALLEST * self.flow.total {
            self.tick += 1;
            candidate.tick = self.tick;
            self.heap.push(candidate);
        }
    }

    fn grow(&mut self, budget: usize) {
        while let Some(candidate) = self.heap.pop() {
            // One more box, and perhaps one more merged box for its callees; the last callee of a
            // partial box makes up for itself.
            let last = match self.made.get(candidate.parent as usize) {
                Some(parent) => parent.omitted == 1,
                None => self.omitted_roots == 1,
            };
            if self.made.len() + self.partial + 2 - usize::from(last) > budget {
                self.heap.push(candidate);
                return;
            }
            match candidate.way {
                Way::Step(step) if step.visits.is_none() => {
                    let component = self.flow.components.component[candidate.function as usize];
                    let place = self.flow.components.position[candidate.function as usize];
                    let stack = self.stack_of(component, candidate.parent);
                    let Some(Kind::Cycle(walk)) = self.kinds.get_mut(&component) else { continue };
                    let visits = walk.visits(step.state, place, &stack, step.mass / self.flow.total);
                    if visits.cut {
                        // What did not arrive is missing below the caller.
                        self.left_out(candidate.parent);
                    }
                    let weight = candidate.own + step.mass * visits.stays;
                    let way = Way::Step(Step { visits: Some(visits), ..step });
                    self.enqueue(Candidate { weight, way, ..candidate });
                }
                way => self.make(Candidate { way, ..candidate }),
            }
        }
    }

    /// Places of the members of `component` on the stack that ends in the box `last`.
    fn stack_of(&self, component: u32, last: u32) -> Vec<u32> {
        let components = &self.flow.components;
        let mut stack = Vec::new();
        let mut above = last;
        while let Some(made) = self.made.get(above as usize) {
            if components.component[made.function as usize] != component {
                break;
            }
            stack.push(components.position[made.function as usize]);
            above = made.parent;
        }
        stack
    }

    /// Makes the box and its callees' candidates.
    fn make(&mut self, mut candidate: Candidate) {
        let place = self.made.len() as u32;
        if let Some(parent) = self.made.get_mut(candidate.parent as usize) {
            // Rows that were left early need not agree: a callee has no more than is left below its caller.
            let left = (parent.inclusive - parent.own - parent.below).max(0.0);
            if candidate.weight > left {
                candidate.scale(left / candidate.weight);
            }
            parent.below += candidate.weight;
        }
        match self.made.get_mut(candidate.parent as usize) {
            Some(parent) => {
                parent.omitted -= 1;
                self.partial -= usize::from(parent.omitted == 0);
            }
            None => {
                self.omitted_roots -= 1;
                self.partial -= usize::from(self.omitted_roots == 0);
            }
        }
        self.made.push(Made {
            function: candidate.function,
            parent: candidate.parent,
            own: 0.0,
            inclusive: candidate.weight,
            calls: candidate.calls,
            interval: candidate.interval,
            omitted: 0,
            below: 0.0,
        });
        self.give(place, candidate.own);
        let flow = self.flow;
        let component = flow.components.component[candidate.function as usize];
        if !self.kinds.contains_key(&component) {
            let kind = if !flow.is_cycle(component) {
                Kind::Single(Affinities::of(flow, &self.durations, candidate.function))
            } else {
                Kind::Cycle(Box::new(Walk::of(flow, &self.durations, component)))
            };
            self.kinds.insert(component, kind);
        }
        // Taken out of the map for the time being, since the box's callees are pushed meanwhile.
        let Some(mut kind) = self.kinds.remove(&component) else { return };
        match &mut kind {
            Kind::Single(affinities) => self.below_single(place, &candidate, affinities),
            Kind::Cycle(walk) => self.below_cycle(place, &candidate, walk),
        }
        self.kinds.insert(component, kind);
    }

    /// Gives a box own time, no more than it has and than its function has left: tables do not always
    /// fit to the last digit, nor are all rows followed to the end.
    fn give(&mut self, place: u32, own: f64) {
        let made = &mut self.made[place as usize];
        let left = &mut self.unassigned[made.function as usize];
        let given = own.min(made.inclusive - made.own).min(*left).max(0.0);
        made.own += given;
        *left -= given;
        if own - given > ROUNDING * self.flow.total {
            self.left_out(place);
        }
    }

    /// Interval of what is below a box entered from outside its component.
    fn entry_interval(&self, candidate: &Candidate, edge: u32) -> Interval {
        match self.flow.own.get(edge as usize) {
            Some(&own) => candidate.interval.below(own, self.flow.outermost[edge as usize] - own),
            None => {
                let below = (candidate.interval.high - candidate.own).max(0.0);
                candidate.interval.below(candidate.own, below)
            }
        }
    }

    fn below_single(&mut self, place: u32, candidate: &Candidate, affinities: &Affinities) {
        let Way::Entry { edge: row } = candidate.way else { return };
        let flow = self.flow;
        let edges = &flow.profile.edges;
        let function = candidate.function as usize;
        let leaving = flow.flow[function];
        if leaving <= 0.0 {
            self.give(place, candidate.weight - candidate.own);
            return;
        }
        let share = (candidate.weight - candidate.own).max(0.0) / leaving;
        let below = self.entry_interval(candidate, row);
        for (column, &edge) in edges.out_of(candidate.function).iter().enumerate() {
            let edge = edge as usize;
            let seconds = flow.inclusive(edge);
            let share = share * affinities.factor(row, column);
            if edges.callee[edge] == candidate.function {
                // It calls itself: folded into this box.
                self.give(place, share * flow.own[edge]);
                self.made[place as usize].calls += share * flow.calls[edge];
            } else if share * seconds > 0.0 {
                self.push(Candidate {
                    weight: share * seconds,
                    tick: 0,
                    function: edges.callee[edge],
                    parent: place,
                    own: share * flow.own[edge],
                    calls: share * flow.calls[edge],
                    interval: below.callee(leaving, seconds),
                    way: Way::Entry { edge: edge as u32 },
                });
            }
        }
    }

    fn below_cycle(&mut self, place: u32, candidate: &Candidate, walk: &mut Walk) {
        let flow = self.flow;
        let edges = &flow.profile.edges;
        let member = flow.components.position[candidate.function as usize];
        let component = flow.components.component[candidate.function as usize];
        let entered;
        let (mass, edge, above, sure, visits) = match &candidate.way {
            Way::Entry { edge } => {
                let state = walk.states().entered(*edge, member);
                let mass = (candidate.weight - candidate.own).max(0.0);
                entered = walk.visits(state, member, &[], mass / flow.total);
                (mass, *edge, None, true, &entered)
            }
            Way::Step(Step { mass, edge, below, sure, visits: Some(visits), .. }) => {
                (*mass, *edge, Some(*below), *sure, visits)
            }
            Way::Step(Step { visits: None, .. }) => return,
        };
        // A function that is never called below itself is as good as one outside of cycles.
        let functions = &flow.profile.functions;
        let once = functions.primitive_calls[candidate.function as usize]
            >= functions.calls[candidate.function as usize];
        let sure = sure && once;
        let below = match above {
            Some(above) if !sure => above,
            _ => self.entry_interval(candidate, edge),
        };
        let leaving = flow.flow[candidate.function as usize];
        if leaving <= 0.0 {
            self.give(place, candidate.weight - candidate.own);
            return;
        }
        self.give(place, mass * visits.own);
        self.made[place as usize].calls += mass * visits.calls;
        if visits.cut {
            self.left_out(place);
        }
        let on_stack = self.stack_of(component, place);
        let entering = flow.entering[component as usize];
        for (column, &edge) in edges.out_of(candidate.function).iter().enumerate() {
            let edge = edge as usize;
            let callee = edges.callee[edge];
            let share = mass * walk.onward(visits, member, column) / leaving;
            let weight = share * flow.inclusive(edge);
            let to = flow.components.position[callee as usize];
            if weight <= 0.0 {
                continue;
            }
            let mut next = Candidate {
                weight,
                tick: 0,
                function: callee,
                parent: place,
                own: share * flow.own[edge],
                calls: share * flow.calls[edge],
                interval: candidate.interval,
                way: Way::Entry { edge: edge as u32 },
            };
            if flow.components.component[callee as usize] != component {
                next.interval = if sure {
                    below.callee(leaving, flow.inclusive(edge))
                } else if above.is_none() {
                    below.callee(entering, flow.inclusive(edge))
                } else {
                    candidate.interval.up_to(below.high.min(flow.inclusive(edge)))
                };
                self.push(next);
            } else if !on_stack.contains(&to) {
                next.interval = if sure {
                    below.callee(leaving, flow.inclusive(edge))
                } else {
                    candidate.interval.up_to(below.high.min(flow.outermost[edge]))
                };
                next.way = Way::Step(Step {
                    edge: edge as u32,
                    mass: share * flow.below[edge],
                    state: walk.states().entered(edge as u32, to),
                    below,
                    sure,
                    visits: None,
                });
                self.push(next);
            }
        }
    }

    /// What did not get a box, so that merged boxes can name their functions.
    fn name_omitted(&mut self) {
        self.omitted = self
            .heap
            .drain()
            .map(|candidate| Omitted {
                parent: candidate.parent,
                function: candidate.function,
                own: candidate.own.min(candidate.weight),
            })
            .collect();
        sort::by(&mut self.omitted, |a, b| {
            a.parent.cmp(&b.parent).then(b.own.total_cmp(&a.own)).then(a.function.cmp(&b.function))
        });
    }
}
