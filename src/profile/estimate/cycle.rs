//! Boxes inside a cycle: the loop-erased walk of time.
//!
//! A stack whose recursion is folded back to the first occurrence of each function is the loop
//! erasure of the path time took, so its mass has a closed form (Wilson 1996, Fomin 2001): the
//! product of π(g, h) · G(g, g) along the stack, where G is taken over the functions not yet on it.
//! Taking a function out of G is an update of rank one.

use super::conservation::Flow;
use super::walk::Walk;

/// The walk of one component that is a cycle.
pub(super) struct Cycle {
    walk: Walk,
    /// Per member: share of its outward flow that leaves the component.
    drain: Vec<f64>,
    /// Per member: incoming edges from other members as (member, edge, seconds own / its flow).
    callers: Vec<Vec<(u32, u32, f64)>>,
    rows: Vec<Option<Box<[f64]>>>,
}

/// Rows kept of one component, in numbers.
const KEPT: usize = 4_000_000;

/// Below this share of its row's largest number, a number is noise of the updates.
const NOISE: f64 = 1e-13;

/// A function on the stack, as what taking it out of the walk needs.
#[derive(Debug)]
pub(super) struct Removed {
    /// The one removed before, an index into [`Chains`]; `u32::MAX` if none.
    before: u32,
    member: u32,
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
    /// The members on `chain`, last first.
    pub fn members(&self, chain: u32) -> impl Iterator<Item = u32> + '_ {
        let mut next = chain;
        std::iter::from_fn(move || {
            let removed = self.removed.get(next as usize)?;
            next = removed.before;
            Some(removed.member)
        })
    }

    /// Takes `member`, whose row on `chain` is `row`, out as well.
    pub fn push(&mut self, chain: u32, member: u32, row: &[f64]) -> u32 {
        let own = row[member as usize];
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
            states: states.into_boxed_slice(),
            shares: shares.into_boxed_slice(),
        });
        self.removed.len() as u32 - 1
    }
}

impl Cycle {
    /// Prepares the walk of `component`. `None` if it is too entangled to be solved.
    pub fn of(flow: &Flow<'_>, component: u32) -> Option<Self> {
        let edges = &flow.profile.edges;
        let components = &flow.components;
        let members = components.members(component);
        let size = members.len();
        let mut drain = vec![0.0; size];
        let mut callers: Vec<Vec<(u32, u32, f64)>> = vec![Vec::new(); size];
        let mut steps = Vec::new();
        for (place, &member) in members.iter().enumerate() {
            let out = flow.flow[member as usize];
            if out <= 0.0 {
                continue;
            }
            for &edge in edges.out_of(member) {
                let edge = edge as usize;
                let callee = edges.callee[edge] as usize;
                if components.component[callee] == component {
                    let to = components.position[callee];
                    drain[place] += flow.own[edge] / out;
                    callers[to as usize].push((place as u32, edge as u32, flow.own[edge] / out));
                    if to as usize != place {
                        steps.push((place as u32, to, flow.below[edge] / out));
                    }
                } else {
                    drain[place] += flow.inclusive(edge) / out;
                }
            }
        }
        let walk = Walk::new(&drain, steps.into_iter())?;
        Some(Self { walk, drain, callers, rows: vec![None; size] })
    }

    /// The row of `member` with nothing on the stack.
    pub fn first_row(&mut self, member: u32) -> Box<[f64]> {
        if let Some(row) = &self.rows[member as usize] {
            return row.clone();
        }
        let row = self.walk.row(member).into_boxed_slice();
        if self.rows.len() * self.rows.len() <= KEPT {
            self.rows[member as usize] = Some(row.clone());
        }
        row
    }

    /// The row of `member` when the functions of `chain` are on the stack, and the share of the
    /// time that steps to `member` which stays below this stack: what does not come back to a
    /// function further up, where it is folded to.
    pub fn row(&mut self, chains: &Chains, chain: u32, member: u32) -> (Box<[f64]>, f64) {
        let mut row = self.first_row(member);
        let mut taken: Vec<u32> = Vec::new();
        let mut next = chain;
        while let Some(removed) = chains.removed.get(next as usize) {
            taken.push(next);
            next = removed.before;
        }
        for &place in taken.iter().rev() {
            let removed = &chains.removed[place as usize];
            let visits = row[removed.member as usize];
            if visits > 0.0 {
                for (&state, &share) in removed.states.iter().zip(&removed.shares) {
                    row[state as usize] -= visits * share;
                }
            }
            row[removed.member as usize] = 0.0;
        }
        let mut stays = 0.0;
        for (visits, drain) in row.iter_mut().zip(&self.drain) {
            *visits = visits.max(0.0);
            stays += *visits * drain;
        }
        for &place in &taken {
            for &(caller, _, own) in &self.callers[chains.removed[place as usize].member as usize] {
                stays -= row[caller as usize] * own;
            }
        }
        (row, stays.clamp(0.0, 1.0))
    }

    /// Calls and own seconds of `member` by returns to it, per second that walks along `row`.
    pub fn returns(&self, flow: &Flow<'_>, row: &[f64], member: u32) -> (f64, f64) {
        let (mut calls, mut own) = (0.0, 0.0);
        for &(caller, edge, share) in &self.callers[member as usize] {
            let visits = row[caller as usize];
            if visits > 0.0 {
                own += visits * share;
                let function = flow.profile.edges.caller[edge as usize] as usize;
                calls += visits * flow.calls[edge as usize] / flow.flow[function];
            }
        }
        (calls, own)
    }
}
