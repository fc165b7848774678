//! Boxes inside a cycle: the loop-erased walk of time.
//!
//! A stack whose recursion is folded back to the first occurrence of each function is the loop
//! erasure of the path time took, so its mass has a closed form (Wilson 1996, Fomin 2001): the
//! product of π(g, h) · G(g, g) along the stack, where G is taken over the functions not yet on it.
//! Taking a function out of G is an update of rank one.
//!
//! The walk's states are the ways into functions. In a component that is not too large each edge into
//! a function is one, so that where time goes on can depend on where it came from; in a large one, all
//! ways into a function are one state.

use rustc_hash::FxHashMap;

use super::conservation::Flow;
use super::dispersion::{Affinities, Durations, ROOT};
use super::walk::Walk;

/// The walk of one component that is a cycle.
pub(super) struct Cycle {
    walk: Walk,
    states: States,
    /// Per state: share of its outward flow that ends, in callees themselves or outside.
    drain: Vec<f64>,
    /// Per member: how it is stepped into.
    callers: Vec<Vec<Step>>,
    rows: Vec<Option<Box<[f64]>>>,
}

/// A way from one member to another.
struct Step {
    /// State of the caller.
    state: u32,
    /// Per visit: share of time in the callee itself.
    own: f64,
    /// Per visit and second: calls.
    calls: f64,
}

/// The ways into the members of a component.
#[derive(Debug, Default)]
pub(super) struct States {
    /// Per member: where its states begin; one entry more than members.
    first: Vec<u32>,
    /// State of each edge into a member; empty if each member is one state. A member's last state is
    /// that of calls nobody made.
    of_edge: FxHashMap<u32, u32>,
    /// Per state: what its member's callees' shares are multiplied with, by place in `out_of`. Empty
    /// if everything is in proportion.
    factors: Vec<Vec<f64>>,
}

/// States of a component at most for which edges are told apart.
const STATES: usize = 3_000;

impl States {
    /// One state per member.
    fn by_member(members: usize) -> Self {
        Self { first: (0..=members as u32).collect(), ..Self::default() }
    }

    /// One state per edge into a member, and one per member for calls nobody made; `None` if those are
    /// too many.
    fn by_edge(flow: &Flow<'_>, durations: &Durations, component: u32) -> Option<Self> {
        let edges = &flow.profile.edges;
        let members = flow.components.members(component);
        let count: usize = members.iter().map(|&member| edges.into(member).len() + 1).sum();
        if count > STATES {
            return None;
        }
        let mut states = Self { first: vec![0], ..Self::default() };
        for &member in members {
            let affinities = Affinities::of(flow, durations, member);
            for edge in edges.into(member) {
                states.of_edge.insert(edge as u32, states.factors.len() as u32);
                states.factors.push(affinities.row(edge as u32).to_vec());
            }
            states.factors.push(affinities.row(ROOT).to_vec());
            states.first.push(states.factors.len() as u32);
        }
        Some(states)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.first.last().map_or(0, |&end| end as usize)
    }

    /// Those of a member.
    pub fn of(&self, member: u32) -> std::ops::Range<usize> {
        self.first[member as usize] as usize..self.first[member as usize + 1] as usize
    }

    /// The one in which `member` is when entered over `edge`, or as a [`ROOT`].
    pub fn entered(&self, edge: u32, member: u32) -> u32 {
        let last = self.first[member as usize + 1] - 1;
        if edge == ROOT { last } else { self.of_edge.get(&edge).copied().unwrap_or(last) }
    }

    /// What the share of the callee at `place` is multiplied with.
    pub fn factor(&self, state: usize, place: usize) -> f64 {
        self.factors.get(state).and_then(|factors| factors.get(place)).copied().unwrap_or(1.0)
    }
}

/// Rows kept of one component, in numbers.
const KEPT: usize = 9_000_000;

/// Below this share of its row's largest number, a number is noise of the updates.
const NOISE: f64 = 1e-13;

/// A function on the stack, as what taking it out of the walk needs.
#[derive(Debug)]
pub(super) struct Removed {
    /// The one removed before, an index into [`Chains`]; `u32::MAX` if none.
    before: u32,
    member: u32,
    state: u32,
    /// Its row divided by its own entry, without zeros.
    states: Box<[u32]>,
    shares: Box<[f64]>,
}

/// The functions on the stacks inside cycles, as a tree.
#[derive(Debug, Default)]
pub(super) struct Chains {
    removed: Vec<Removed>,
    /// Numbers held in all.
    pub numbers: usize,
}

/// No function of the cycle is on the stack yet.
pub(super) const NO_CHAIN: u32 = u32::MAX;

impl Chains {
    /// The members on `chain`, last first; each as often as it has states.
    pub fn members(&self, chain: u32) -> impl Iterator<Item = u32> + '_ {
        let mut next = chain;
        std::iter::from_fn(move || {
            let removed = self.removed.get(next as usize)?;
            next = removed.before;
            Some(removed.member)
        })
    }

    /// Takes a state of `member`, whose row on `chain` is `row`, out as well.
    fn push(&mut self, chain: u32, member: u32, state: u32, row: &[f64]) -> u32 {
        let own = row[state as usize];
        let (states, shares): (Vec<u32>, Vec<f64>) = row
            .iter()
            .enumerate()
            .filter(|&(_, &visits)| visits > NOISE * own)
            .map(|(state, &visits)| (state as u32, visits / own))
            .unzip();
        self.numbers += states.len();
        self.removed.push(Removed {
            before: chain,
            member,
            state,
            states: states.into_boxed_slice(),
            shares: shares.into_boxed_slice(),
        });
        self.removed.len() as u32 - 1
    }
}

impl Cycle {
    /// Prepares the walk of `component`. `None` if it is too entangled to be solved.
    pub fn of(flow: &Flow<'_>, durations: &Durations, component: u32) -> Option<Self> {
        let members = flow.components.members(component);
        let states = match States::by_edge(flow, durations, component) {
            Some(states) => states,
            None => States::by_member(members.len()),
        };
        let (drain, callers, steps) = transitions(flow, component, &states);
        let walk = Walk::new(&drain, steps.into_iter())?;
        Some(Self { walk, rows: vec![None; states.len()], states, drain, callers })
    }

    /// The ways into its members.
    pub fn states(&self) -> &States {
        &self.states
    }

    /// The row of `state` with nothing on the stack.
    pub fn first_row(&mut self, state: u32) -> Box<[f64]> {
        if let Some(row) = &self.rows[state as usize] {
            return row.clone();
        }
        let row = self.walk.row(state).into_boxed_slice();
        if self.rows.len() * self.rows.len() <= KEPT {
            self.rows[state as usize] = Some(row.clone());
        }
        row
    }

    /// The row of `state` when the functions of `chain` are on the stack, and the share of the
    /// time that steps to it which stays below this stack: what does not come back to a
    /// function further up, where it is folded to.
    pub fn row(&mut self, chains: &Chains, chain: u32, state: u32) -> (Box<[f64]>, f64) {
        let (row, taken) = self.row_without(chains, chain, state);
        let mut stays: f64 = row.iter().zip(&self.drain).map(|(visits, drain)| visits * drain).sum();
        let mut last = None;
        for &place in &taken {
            let member = chains.removed[place as usize].member;
            // The states of a member stand together.
            if last != Some(member) {
                for step in &self.callers[member as usize] {
                    stays -= row[step.state as usize] * step.own;
                }
            }
            last = Some(member);
        }
        (row, stays.clamp(0.0, 1.0))
    }

    /// The row, and the places of `chain`, last first.
    fn row_without(&mut self, chains: &Chains, chain: u32, state: u32) -> (Box<[f64]>, Vec<u32>) {
        let mut row = self.first_row(state);
        let mut taken: Vec<u32> = Vec::new();
        let mut next = chain;
        while let Some(removed) = chains.removed.get(next as usize) {
            taken.push(next);
            next = removed.before;
        }
        for &place in taken.iter().rev() {
            let removed = &chains.removed[place as usize];
            let visits = row[removed.state as usize];
            if visits > 0.0 {
                for (&state, &share) in removed.states.iter().zip(&removed.shares) {
                    row[state as usize] -= visits * share;
                }
            }
            row[removed.state as usize] = 0.0;
        }
        row.iter_mut().for_each(|visits| *visits = visits.max(0.0));
        (row, taken)
    }

    /// Takes `member` out as well: all its states, of which that of `row` is `state`.
    pub fn take_out(&mut self, chains: &mut Chains, chain: u32, member: u32, state: u32, row: &[f64]) -> u32 {
        let mut chain = chains.push(chain, member, state, row);
        for other in self.states.of(member) {
            // Where the walk never comes, nothing has to be taken out.
            if other as u32 != state && row[other] > 0.0 {
                let (row, _) = self.row_without(chains, chain, other as u32);
                if row[other] > 0.0 {
                    chain = chains.push(chain, member, other as u32, &row);
                }
            }
        }
        chain
    }

    /// Visits of `member` along `row`, by what each sends to the callee at `place`.
    pub fn onward(&self, row: &[f64], member: u32, place: usize) -> f64 {
        self.states.of(member).map(|state| row[state] * self.states.factor(state, place)).sum()
    }

    /// Calls and own seconds of `member` by returns to it, per second that walks along `row`.
    pub fn returns(&self, row: &[f64], member: u32) -> (f64, f64) {
        let (mut calls, mut own) = (0.0, 0.0);
        for step in &self.callers[member as usize] {
            let visits = row[step.state as usize];
            own += visits * step.own;
            calls += visits * step.calls;
        }
        (calls, own)
    }
}

/// Per state the share that ends, per member the ways in, and the steps of the walk as (state, next
/// state, probability).
type Transitions = (Vec<f64>, Vec<Vec<Step>>, Vec<(u32, u32, f64)>);

fn transitions(flow: &Flow<'_>, component: u32, states: &States) -> Transitions {
    let edges = &flow.profile.edges;
    let components = &flow.components;
    let members = components.members(component);
    let mut drain = vec![0.0; states.len()];
    let mut callers: Vec<Vec<Step>> = Vec::new();
    callers.resize_with(members.len(), Vec::new);
    let mut steps = Vec::new();
    for (from, &member) in members.iter().enumerate() {
        let out = flow.flow[member as usize];
        if out <= 0.0 {
            continue;
        }
        for state in states.of(from as u32) {
            for (place, &edge) in edges.out_of(member).iter().enumerate() {
                let edge = edge as usize;
                let callee = edges.callee[edge] as usize;
                let share = states.factor(state, place) / out;
                if components.component[callee] != component {
                    drain[state] += share * flow.inclusive(edge);
                    continue;
                }
                let to = components.position[callee];
                let own = share * flow.own[edge];
                drain[state] += own;
                callers[to as usize].push(Step { state: state as u32, own, calls: share * flow.calls[edge] });
                if to as usize != from {
                    let next = states.entered(edge as u32, to);
                    steps.push((state as u32, next, share * flow.below[edge]));
                }
            }
        }
    }
    (drain, callers, steps)
}
