//! What the file proves: functions with one box, whose place and time it determines.
//!
//! * A root that nobody calls has its box at the bottom, and so has the only one that calls anything: it is on every
//!   stack.
//! * A function whose calls all come from one function of these that is never called below itself (its own calls of
//!   itself aside) runs only while that one does, and nothing can be between them.
//! * A function that was called once, by one of these that is called below itself, stands where the first such call
//!   was if every function that lasts as long is on the stack there: whatever was above the only call lasted as
//!   long. So a script stands below `exec`, though its imports use `exec` as well.

use super::graph::Graph;
use super::scaling::NOBODY;
use crate::profile::FunctionId;

/// Functions with one box.
#[derive(Debug, Default)]
pub(super) struct Certain {
    /// Per function: the function above its box, itself for the root, or [`NOBODY`] if it is not certain.
    pub above: Vec<FunctionId>,
}

impl Certain {
    /// Of a file that does not contradict itself; of another one nothing is certain.
    pub fn of(graph: &Graph<'_>) -> Self {
        let count = graph.functions();
        let mut certain = Self { above: vec![NOBODY; count] };
        let edges = &graph.flow.profile.edges;
        if graph.contradicts() {
            return certain;
        }
        // Nothing is below a root that calls nobody, as is the profiler's own `disable`.
        let is_live = |function: FunctionId| !graph.out_of(function).is_empty();
        let live = graph.flow.roots.iter().filter(|root| is_live(root.function)).count();
        let mut open = Vec::new();
        for root in &graph.flow.roots {
            let function = root.function;
            let only_root = edges.callers(function).all(|caller| caller == function);
            if only_root || live == 1 && is_live(function) {
                certain.above[function as usize] = function;
                open.push(function);
            }
        }
        let mut depth = vec![1_u32; count];
        while let Some(function) = open.pop() {
            for &edge in graph.out_of(function) {
                let callee = graph.callee[edge as usize];
                if certain.has(callee) {
                    continue;
                }
                let proven = if graph.recursive[function as usize] {
                    graph.flow.profile.functions.calls[callee as usize] == 1
                        && certain.is_first(graph, function, callee, depth[function as usize])
                } else {
                    edges.callers(callee).all(|caller| caller == function || caller == callee)
                        && graph.root[callee as usize] == NOBODY
                };
                if proven {
                    certain.above[callee as usize] = function;
                    depth[callee as usize] = depth[function as usize] + 1;
                    open.push(callee);
                }
            }
        }
        certain
    }

    /// Whether `function` is one.
    pub fn has(&self, function: FunctionId) -> bool {
        self.above[function as usize] != NOBODY
    }

    /// Whether all functions that last as long as `callee` are on the stack that ends in `function`, which has
    /// `depth` functions.
    fn is_first(&self, graph: &Graph<'_>, function: FunctionId, callee: FunctionId, depth: u32) -> bool {
        let least = graph.total[callee as usize] * (1.0 - 1e-9);
        let as_long = || {
            let longest = graph.longest.iter().copied().filter(|&other| other != callee);
            longest.take_while(|&other| graph.total[other as usize] >= least)
        };
        // More of them than the stack has: they cannot all be on it.
        as_long().take(depth as usize + 1).count() <= depth as usize
            && as_long().all(|other| self.is_on_stack(function, other))
    }

    /// Whether `other` is on the stack that ends in the certain `function`.
    fn is_on_stack(&self, function: FunctionId, other: FunctionId) -> bool {
        let mut at = function;
        loop {
            if at == other {
                return true;
            }
            let above = self.above[at as usize];
            if above == at || above == NOBODY {
                return false;
            }
            at = above;
        }
    }

    /// Of a certain function that was called once by one that was called more often: the edge out of the nearest
    /// function above that was called once, or of the root, below which it is.
    pub fn way(&self, graph: &Graph<'_>, once: &[bool], function: FunctionId) -> Option<u32> {
        let mut below = self.above[function as usize];
        loop {
            let above = *self.above.get(below as usize)?;
            if above == below {
                return Some(graph.root[below as usize]).filter(|&edge| edge != NOBODY);
            }
            if once[above as usize] {
                let edges = &graph.flow.profile.edges;
                return edges.into(below).find(|&edge| graph.caller[edge] == above).map(|edge| edge as u32);
            }
            below = above;
        }
    }
}
