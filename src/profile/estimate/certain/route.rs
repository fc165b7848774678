//! Functions called once for which only one chain of calls is left.
//!
//! Whatever is on the stack while a function runs lasts at least as long as it. So from its caller upwards an edge is
//! possible only if its outermost calls last as long; and of an edge out of a certain function, what proven functions
//! last that were called through it is not there for another: two that are not below each other share it. Where at
//! each step one edge is left, up to a certain function, that chain is the stack: in a script that imports one module
//! that imports another, the second can only be below the first.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::graph::Graph;
use super::super::scaling::NOBODY;
use super::{Certain, NONE};
use crate::profile::FunctionId;

/// Rounds at most: what is proven late can prove something of longer functions.
const ROUNDS: usize = 3;

/// Edges looked at, at most.
const WORK: usize = 5_000_000;

/// Longest chain.
const LONGEST: usize = 200;

impl Certain {
    /// Adds functions called once by others that were called more often, the longest first.
    pub(super) fn follow_routes(&mut self, graph: &Graph<'_>) {
        // Of an edge out of a certain function or a root: seconds of the proven functions for which it is the nearest.
        let mut taken: FxHashMap<u32, f64> = FxHashMap::default();
        let longest = std::mem::take(&mut self.longest);
        for &function in &longest {
            if graph.once[function as usize]
                && self.has(function)
                && let Some(edge) = self.entered(graph, function)
            {
                *taken.entry(edge).or_default() += self.lasts[function as usize];
            }
        }
        let mut work = 0;
        for _ in 0..ROUNDS {
            let before = self.routes.len();
            for &item in &longest {
                if graph.once[item as usize] && !self.has(item) && work <= WORK {
                    self.follow(graph, item, &mut taken, &mut work);
                }
            }
            if self.routes.len() == before {
                break;
            }
        }
        self.longest = longest;
    }

    /// Of a certain function that was called by one that is called below itself: the edge by which that one was entered.
    fn entered(&self, graph: &Graph<'_>, function: FunctionId) -> Option<u32> {
        let above = self.above[function as usize];
        if above == function || !graph.recursive[above as usize] {
            return None;
        }
        self.first_edge(graph, above)
    }

    /// The edge by which a certain function's box is entered.
    fn first_edge(&self, graph: &Graph<'_>, function: FunctionId) -> Option<u32> {
        let above = self.above[function as usize];
        if above == function {
            return Some(graph.root[function as usize]).filter(|&edge| edge != NOBODY);
        }
        graph.into(function).find(|&edge| graph.caller[edge as usize] == above)
    }

    /// Seconds that the outermost calls over an edge can last together.
    fn edge_lasts(&self, graph: &Graph<'_>, edge: u32) -> f64 {
        let index = edge as usize;
        let callee = graph.callee[index] as usize;
        if !graph.contradicts() {
            return graph.outermost[index];
        }
        let Some(written) = graph.flow.outermost.get(index) else { return self.lasts[callee] };
        written + (self.lasts[callee] - graph.flow.profile.functions.total_time[callee]).max(0.0)
    }

    fn follow(
        &mut self,
        graph: &Graph<'_>,
        item: FunctionId,
        taken: &mut FxHashMap<u32, f64>,
        work: &mut usize,
    ) {
        let seconds = self.lasts[item as usize];
        let least = seconds * (1.0 - 1e-9);
        let Some(last) = graph.into(item).next() else { return };
        let mut route = vec![last];
        let mut seen: FxHashSet<FunctionId> = FxHashSet::default();
        let mut at = graph.caller[last as usize];
        loop {
            if at == NOBODY || route.len() > LONGEST || !seen.insert(at) {
                return;
            }
            // Its one box is the only way it can be on the stack.
            if self.has(at) && !graph.recursive[at as usize] {
                break;
            }
            let mut possible = graph.into(at).filter(|&edge| {
                *work += 1;
                let (caller, callee) = (graph.caller[edge as usize], graph.callee[edge as usize]);
                let nearest = caller == NOBODY || self.has(caller) && !graph.recursive[caller as usize];
                let used = if nearest { taken.get(&edge).copied().unwrap_or(0.0) } else { 0.0 };
                caller != callee && caller != item && self.edge_lasts(graph, edge) - used >= least
            });
            let (Some(edge), None) = (possible.next(), possible.next()) else { return };
            route.push(edge);
            if graph.caller[edge as usize] == NOBODY {
                break;
            }
            at = graph.caller[edge as usize];
        }
        route.reverse();
        let first = graph.caller[route[0] as usize];
        let root = graph.callee[route[0] as usize];
        if first == NOBODY && !self.has(root) {
            return;
        }
        *taken.entry(route[0]).or_default() += seconds;
        let mut node = if first == NOBODY { NONE } else { self.node[first as usize] };
        for &edge in &route[..route.len() - 1] {
            let callee = graph.callee[edge as usize];
            if node == NONE {
                node = self.node[callee as usize];
            } else if !self.is_on_stack(node, callee) {
                node = self.push(callee, node);
            }
        }
        self.put(item, node);
        self.routes.insert(item, route);
        self.close(graph, vec![item]);
    }
}
