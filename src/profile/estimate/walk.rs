//! Boxes inside a cycle: the loop-erased walk of time.
//!
//! A stack whose recursion is folded back to the first occurrence of each function is the loop
//! erasure of the path time took, so its mass has a closed form (Wilson 1996, Fomin 2001): the
//! product of π(g, h) · G(g, g) along the stack, where G, the expected visits, is taken over the
//! functions not yet on it.
//!
//! G is not solved for: time is pushed along the steps from where it is, the largest amounts first,
//! until almost none is on its way (as in local algorithms for PageRank, Andersen, Chung and Lang 2006,
//! <https://doi.org/10.1109/FOCS.2006.44>). A box then costs what it weighs, not the size of its cycle.
//! Only positive numbers are added, so nothing cancels, however deep the recursion; and what is still
//! on its way when a small box has had its steps goes to no function, so that none gets more than it has.

use std::collections::VecDeque;

use super::conservation::Flow;
use super::dispersion::Durations;
use super::states::States;

/// A step from one state to a member of the component, per visit.
struct Step {
    next: u32,
    member: u32,
    /// Share of time that goes on below.
    below: f64,
    /// Share of time that ends in the callee itself.
    own: f64,
    /// Per second: calls.
    calls: f64,
}

/// The walk of one component.
pub(super) struct Walk {
    states: States,
    /// Per state: where its steps begin; one entry more than states.
    first: Vec<u32>,
    steps: Vec<Step>,
    /// Per state: share of time that ends outside of the component.
    outside: Vec<f64>,
    /// Of [`SPARE`], what is left.
    spare: f64,
    /// Per state: on its way; all zero between rows.
    waiting: Vec<f64>,
    /// Per member: whether it is on the stack; all false between rows.
    removed: Vec<bool>,
}

/// What a walk from one way into a member does there until it comes back to the stack above, per
/// second.
#[derive(Debug, Clone, Default)]
pub(super) struct Visits {
    /// Per state of the member.
    pub states: Box<[f64]>,
    /// Share that stays below this stack.
    pub stays: f64,
    /// Share that ends in the member itself by returns to it.
    pub own: f64,
    /// Calls by returns to it.
    pub calls: f64,
    /// Whether it was left before everything had arrived.
    pub cut: bool,
}

/// Steps at least for a row, so that small boxes get their callees.
const LEAST: f64 = 500.0;

/// Steps to spend on a component beyond these: small cycles, of few boxes, are followed to the end.
const SPARE: f64 = 30_000_000.0;

/// What a row that weighs everything may take of what is left of them.
const HEAVY: f64 = 0.1;

/// What any row may take.
const LIGHT: f64 = 0.000_2;

/// Less than this share of a row on its way is rounding.
const REST: f64 = 1e-8;

impl Walk {
    /// Prepares the walk of `component`.
    pub fn of(flow: &Flow<'_>, durations: &Durations, component: u32) -> Self {
        let edges = &flow.profile.edges;
        let components = &flow.components;
        let members = components.members(component);
        let states = States::of_component(flow, durations, component);
        let mut result = Self {
            first: vec![0],
            steps: Vec::new(),
            outside: Vec::with_capacity(states.len()),
            spare: SPARE,
            waiting: vec![0.0; states.len()],
            removed: vec![false; members.len()],
            states,
        };
        for (from, &member) in members.iter().enumerate() {
            let out = flow.flow[member as usize];
            for state in result.states.of(from as u32) {
                let mut outside = 0.0;
                for (place, &edge) in edges.out_of(member).iter().enumerate() {
                    let edge = edge as usize;
                    let callee = edges.callee[edge] as usize;
                    let share = if out > 0.0 { result.states.factor(state, place) / out } else { 0.0 };
                    if components.component[callee] != component {
                        outside += share * flow.inclusive(edge);
                        continue;
                    }
                    let to = components.position[callee];
                    result.steps.push(Step {
                        next: result.states.entered(edge as u32, to),
                        member: to,
                        // How deep a function calls itself directly is not known, nor needed.
                        below: if to as usize == from { 0.0 } else { share * flow.below[edge] },
                        own: share * flow.own[edge],
                        calls: share * flow.calls[edge],
                    });
                }
                result.outside.push(outside);
                result.first.push(result.steps.len() as u32);
            }
        }
        result
    }

    /// The ways into its members.
    pub fn states(&self) -> &States {
        &self.states
    }

    /// Walks from `state` of `member`, below `stack`; `weight` is the share of all time that does.
    pub fn visits(&mut self, state: u32, member: u32, stack: &[u32], weight: f64) -> Visits {
        for &above in stack {
            self.removed[above as usize] = true;
        }
        let here = self.states.of(member);
        let mut found = Visits { states: vec![0.0; here.len()].into(), ..Visits::default() };
        let extra = self.spare * (HEAVY * weight + LIGHT);
        let mut budget = LEAST + extra;
        let mut on_way = 1.0;
        let mut least = 0.1;
        self.waiting[state as usize] = 1.0;
        let mut queue = VecDeque::from([state]);
        // States with less than `least`, for later.
        let mut small: Vec<u32> = Vec::new();
        while on_way > REST && budget > 0.0 {
            let Some(from) = queue.pop_front() else {
                if small.is_empty() {
                    break;
                }
                least *= 0.1;
                let (large, rest) = small.iter().partition(|&&state| self.waiting[state as usize] >= least);
                small = rest;
                queue = VecDeque::from(large);
                budget -= small.len() as f64;
                continue;
            };
            let mass = std::mem::take(&mut self.waiting[from as usize]);
            if mass <= 0.0 {
                // It was in both lists.
                continue;
            }
            if here.contains(&(from as usize)) {
                found.states[from as usize - here.start] += mass;
            }
            on_way -= mass;
            found.stays += mass * self.outside[from as usize];
            let steps = self.first[from as usize] as usize..self.first[from as usize + 1] as usize;
            budget -= steps.len() as f64 + 1.0;
            for step in &self.steps[steps] {
                // What comes back to the stack above is folded there.
                if self.removed[step.member as usize] {
                    continue;
                }
                found.stays += mass * step.own;
                if step.member == member {
                    found.own += mass * step.own;
                    found.calls += mass * step.calls;
                }
                let onwards = mass * step.below;
                if onwards <= 0.0 {
                    continue;
                }
                let waiting = &mut self.waiting[step.next as usize];
                let before = *waiting;
                *waiting += onwards;
                on_way += onwards;
                if before < least && *waiting >= least {
                    queue.push_back(step.next);
                } else if before == 0.0 {
                    small.push(step.next);
                }
            }
        }
        self.spare -= (extra - budget).clamp(0.0, extra);
        found.cut = on_way > REST;
        // What has not arrived is taken to stay as often as what has.
        found.stays = (found.stays / (1.0 - on_way).max(1e-3)).min(1.0);
        for &state in queue.iter().chain(&small) {
            self.waiting[state as usize] = 0.0;
        }
        for &above in stack {
            self.removed[above as usize] = false;
        }
        found
    }

    /// Visits of `member`, by what each sends to the callee at `place`.
    pub fn onward(&self, visits: &Visits, member: u32, place: usize) -> f64 {
        let states = self.states.of(member).zip(&visits.states);
        states.map(|(state, visits)| visits * self.states.factor(state, place)).sum()
    }
}
