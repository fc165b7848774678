//! The ways into functions of a cycle: what its walk remembers.
//!
//! Where time goes on from a function depends on the edge it came in by, as its [`Affinities`] say. So
//! each edge into a function is a state of the walk, unless it makes no difference.

use rustc_hash::FxHashMap;

use super::conservation::Flow;
use super::dispersion::{Affinities, Durations, ROOT};

/// The ways into the members of a component.
#[derive(Debug, Default)]
pub(super) struct States {
    /// Per member: where its states begin; one entry more than members.
    first: Vec<u32>,
    /// State of edges into members, where they differ. A member's last state is that of all others, and
    /// of calls nobody made.
    of_edge: FxHashMap<u32, u32>,
    /// Per state: what its member's callees' shares are multiplied with, by place in `out_of`. Empty
    /// if everything is in proportion.
    factors: Vec<Vec<f64>>,
}

/// Numbers in the tables of one component at most; functions beyond them are one state each.
const CELLS: usize = 4_000_000;

impl States {
    /// One state per edge into a member, and one per member for calls nobody made; only one where it
    /// makes no difference.
    pub fn of_component(flow: &Flow<'_>, durations: &Durations, component: u32) -> Self {
        let edges = &flow.profile.edges;
        let mut states = Self { first: vec![0], ..Self::default() };
        let mut cells = 0;
        for &member in flow.components.members(component) {
            let affinities =
                if cells < CELLS { Affinities::of(flow, durations, member) } else { Affinities::default() };
            cells += affinities.len();
            if affinities.len() > 0 {
                for edge in edges.into(member).filter(|&edge| flow.below[edge] > 0.0) {
                    states.of_edge.insert(edge as u32, states.factors.len() as u32);
                    states.factors.push(affinities.row(edge as u32).to_vec());
                }
            }
            states.factors.push(affinities.row(ROOT).to_vec());
            states.first.push(states.factors.len() as u32);
        }
        states
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
