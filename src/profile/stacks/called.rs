//! Who called whom, out of a walk through stacks.
//!
//! There are nearly as many edges as nodes, so that to look up the edge of each node would be most of the walk. Nodes are
//! put in order by what was called instead, all at once, and below one function a caller is found by its number.

use rustc_hash::FxHashMap;

use super::super::call_tree::NO_PARENT;
use super::super::{Edge, Edges, FunctionId};
use super::Stacks;

/// The calls that a walk has come by.
pub(super) struct Called {
    /// Nodes that were called by others, in the order of the walk.
    entered: Vec<u32>,
    /// Per node: whether its edge was on the stack already: its total is in that of the outer call.
    is_within: Vec<bool>,
    /// Per function: who made its outermost call that is on the stack; [`NO_PARENT`] if nobody did.
    outermost: Vec<FunctionId>,
    /// How often an edge is on the stack by calls within others of the same function. Mostly there are none.
    inner: FxHashMap<(FunctionId, FunctionId), u32>,
}

impl Called {
    /// None yet.
    pub fn new(functions: usize, nodes: usize) -> Self {
        Self {
            entered: Vec::with_capacity(nodes),
            is_within: vec![false; nodes],
            outermost: vec![NO_PARENT; functions],
            inner: FxHashMap::default(),
        }
    }

    /// A node of `callee` is on the stack now, called by `caller` if that is anybody; `is_recursive`: so was another.
    pub fn enter(&mut self, node: u32, caller: Option<FunctionId>, callee: FunctionId, is_recursive: bool) {
        let outermost = &mut self.outermost[callee as usize];
        if !is_recursive {
            *outermost = caller.unwrap_or(NO_PARENT);
        }
        let Some(caller) = caller else { return };
        self.entered.push(node);
        if is_recursive {
            let inner = self.inner.entry((caller, callee)).or_default();
            self.is_within[node as usize] = *outermost == caller || *inner > 0;
            *inner += 1;
        }
    }

    /// It is no more. `is_recursive`: another is.
    pub fn leave(&mut self, caller: Option<FunctionId>, callee: FunctionId, is_recursive: bool) {
        if is_recursive
            && let Some(caller) = caller
            && let Some(inner) = self.inner.get_mut(&(caller, callee))
        {
            *inner -= 1;
        }
    }

    /// The edges of `stacks`, with what each node has itself and in all, and its calls if they are counted. Calls over an
    /// edge are `unknown` where they are not.
    pub fn finish(self, stacks: &Stacks, own: &[f64], total: &[f64], calls: &[i64], unknown: i64) -> Edges {
        let Self { entered, is_within, outermost: mut edge_of, .. } = self;
        let functions = edge_of.len();
        let mut next = vec![0_u32; functions + 1];
        for &node in &entered {
            next[stacks.function[node as usize] as usize + 1] += 1;
        }
        for function in 0..functions {
            next[function + 1] += next[function];
        }
        // Stable: those of one function stay in the order of the walk.
        let mut by_callee = vec![0_u32; entered.len()];
        for &node in &entered {
            let place = &mut next[stacks.function[node as usize] as usize];
            by_callee[*place as usize] = node;
            *place += 1;
        }
        drop(entered);
        edge_of.fill(NO_PARENT);
        let mut edges: Vec<Edge> = Vec::new();
        for of_callee in by_callee
            .chunk_by(|&one, &other| stacks.function[one as usize] == stacks.function[other as usize])
        {
            let first = edges.len();
            for &node in of_callee {
                let at = node as usize;
                let (caller, callee) = (stacks.function[stacks.parent[at] as usize], stacks.function[at]);
                // What is known of a caller may be its edge to another function.
                let known = edge_of[caller as usize] as usize;
                let place = if known >= first && known < edges.len() { known } else { edges.len() };
                if place == edges.len() {
                    edge_of[caller as usize] = place as u32;
                    let (calls, primitive_calls) = (unknown, unknown);
                    edges.push(Edge {
                        caller,
                        callee,
                        calls,
                        primitive_calls,
                        self_time: 0.0,
                        total_time: 0.0,
                    });
                }
                let edge = &mut edges[place];
                edge.self_time += own[at];
                if !is_within[at] {
                    edge.total_time += total[at];
                }
                if let Some(&calls) = calls.get(at) {
                    edge.calls += calls;
                    edge.primitive_calls += if is_within[at] { 0 } else { calls };
                }
            }
        }
        Edges::by_callee(functions, &edges)
    }
}
