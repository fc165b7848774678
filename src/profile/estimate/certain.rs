//! What the file proves: functions with one box, whose place and time it determines.
//!
//! * A root that nobody calls has its box at the bottom, and so has the only one that calls anything: it is on every
//!   stack.
//! * A function whose calls all come from one function of these that is never called below itself (its own calls of
//!   itself aside) runs only while that one does, and nothing can be between them.
//! * A function that was called once, by one of these that is called below itself, stands where the first such call
//!   was if every function that lasts as long is on the stack there: whatever was above the only call lasted as
//!   long. So a script stands below `exec`, though its imports use `exec` as well.
//! * A function that was called once, if only one chain of calls is left for it (`route`).

mod route;

use rustc_hash::FxHashMap;

use super::graph::Graph;
use super::scaling::NOBODY;
use crate::profile::FunctionId;
use crate::sort;

/// No node.
const NONE: u32 = u32::MAX;

/// A function on a proven stack.
#[derive(Debug, Clone, Copy)]
struct Node {
    function: FunctionId,
    above: u32,
    depth: u32,
}

/// Functions with one box.
#[derive(Debug, Default)]
pub(super) struct Certain {
    /// Per function: the function above its box, itself for the root, or [`NOBODY`] if it is not certain.
    pub above: Vec<FunctionId>,
    /// Of functions whose chain of calls is proven: its edges, from a certain function that is not called below itself
    /// or a root down to it.
    pub routes: FxHashMap<FunctionId, Vec<u32>>,
    /// Per function: seconds that its outermost calls can last together.
    lasts: Vec<f64>,
    /// Functions, those that last longest first.
    longest: Vec<u32>,
    /// Stacks, callers before callees, and per function where its own ends.
    nodes: Vec<Node>,
    node: Vec<u32>,
}

impl Certain {
    /// Of a file that does not contradict itself, or little; of another one nothing is certain.
    pub fn of(graph: &Graph<'_>) -> Self {
        let count = graph.functions();
        let mut certain = Self { above: vec![NOBODY; count], node: vec![NONE; count], ..Self::default() };
        let edges = &graph.flow.profile.edges;
        if graph.proves_nothing() {
            return certain;
        }
        certain.lasts = lasts(graph);
        let lasts = &certain.lasts;
        certain.longest =
            sort::order(count, &mut |a, b| lasts[b as usize].total_cmp(&lasts[a as usize]).then(a.cmp(&b)));
        // Nothing is below a root that calls nobody, as is the profiler's own `disable`.
        let is_live = |function: FunctionId| !graph.out_of(function).is_empty();
        let roots = || graph.flow.roots.iter().filter(|root| graph.root[root.function as usize] != NOBODY);
        let live = roots().filter(|root| is_live(root.function)).count();
        let mut open = Vec::new();
        for root in roots() {
            let function = root.function;
            let only_root = edges.callers(function).all(|caller| caller == function);
            if only_root || live == 1 && is_live(function) {
                certain.put(function, NONE);
                open.push(function);
            }
        }
        certain.close(graph, open);
        certain.follow_routes(graph);
        certain
    }

    /// Whether `function` is one.
    pub fn has(&self, function: FunctionId) -> bool {
        self.above[function as usize] != NOBODY
    }

    /// Whether the stack of a certain function is this, from it upwards.
    pub fn is_at(&self, function: FunctionId, stack: impl Iterator<Item = FunctionId>) -> bool {
        let own = std::iter::successors(self.nodes.get(self.node[function as usize] as usize), |node| {
            self.nodes.get(node.above as usize)
        });
        own.map(|node| node.function).eq(stack)
    }

    /// Below the node `above`, or as a root.
    fn put(&mut self, function: FunctionId, above: u32) {
        let caller = self.nodes.get(above as usize).map_or(function, |node| node.function);
        self.above[function as usize] = caller;
        self.node[function as usize] = self.push(function, above);
    }

    fn push(&mut self, function: FunctionId, above: u32) -> u32 {
        let depth = self.nodes.get(above as usize).map_or(0, |node| node.depth) + 1;
        self.nodes.push(Node { function, above, depth });
        self.nodes.len() as u32 - 1
    }

    /// All that follows from the certain functions in `open` by the second and third rule.
    fn close(&mut self, graph: &Graph<'_>, mut open: Vec<FunctionId>) {
        let edges = &graph.flow.profile.edges;
        while let Some(function) = open.pop() {
            for &edge in graph.out_of(function) {
                let callee = graph.callee[edge as usize];
                if self.has(callee) {
                    continue;
                }
                let proven = if graph.recursive[function as usize] {
                    graph.flow.profile.functions.calls[callee as usize] == 1
                        && self.is_first(function, callee)
                } else {
                    edges.callers(callee).all(|caller| caller == function || caller == callee)
                        && graph.root[callee as usize] == NOBODY
                };
                if proven {
                    self.put(callee, self.node[function as usize]);
                    open.push(callee);
                }
            }
        }
    }

    /// Whether all functions that last as long as `callee` are on the stack that ends in `function`.
    fn is_first(&self, function: FunctionId, callee: FunctionId) -> bool {
        let node = self.node[function as usize];
        let depth = self.nodes[node as usize].depth as usize;
        let least = self.lasts[callee as usize] * (1.0 - 1e-9);
        let as_long = || {
            let longest = self.longest.iter().copied().filter(|&other| other != callee);
            longest.take_while(|&other| self.lasts[other as usize] >= least)
        };
        // More of them than the stack has: they cannot all be on it.
        as_long().take(depth + 1).count() <= depth && as_long().all(|other| self.is_on_stack(node, other))
    }

    /// Whether `function` is on the stack that ends in a node.
    fn is_on_stack(&self, node: u32, function: FunctionId) -> bool {
        let mut at = node;
        while let Some(found) = self.nodes.get(at as usize) {
            if found.function == function {
                return true;
            }
            at = found.above;
        }
        false
    }

    /// Of a certain function that was called once by one that was called more often: the edge out of the nearest
    /// function above that was called once, or of the root, below which it is; and the edges that lead from there to
    /// its caller, if they are proven.
    pub fn way(&self, graph: &Graph<'_>, function: FunctionId) -> Option<(u32, Vec<u32>)> {
        let mut route: Vec<u32> = Vec::new();
        let mut below = function;
        loop {
            if let Some(edges) = self.routes.get(&below) {
                let from = edges.iter().rposition(|&edge| is_start(graph, edge));
                route.splice(0..0, edges[from.unwrap_or(0)..].iter().copied());
                if from.is_some() {
                    break;
                }
                below = graph.caller[edges[0] as usize];
                continue;
            }
            let above = *self.above.get(below as usize)?;
            if above == below {
                route.insert(0, Some(graph.root[below as usize]).filter(|&edge| edge != NOBODY)?);
                break;
            }
            let edge = graph.into(below).find(|&edge| graph.caller[edge as usize] == above)?;
            route.insert(0, edge);
            if is_start(graph, edge) {
                break;
            }
            below = above;
        }
        // Its own edge is no part of what leads to its caller.
        let way = *route.first()?;
        route.pop();
        route.drain(..1.min(route.len()));
        Some((way, route))
    }
}

/// Per function: seconds as the file has them, not fitted to others. One that takes more than it lasts, with all it calls,
/// is a twin that lost some.
fn lasts(graph: &Graph<'_>) -> Vec<f64> {
    if !graph.contradicts() {
        return graph.total.clone();
    }
    let flow = graph.flow;
    let functions = &flow.profile.functions;
    let mut taken = flow.function_own.clone();
    for (edge, &seconds) in flow.outermost.iter().enumerate() {
        taken[flow.profile.edges.caller[edge] as usize] += seconds;
    }
    (0..graph.functions())
        .map(|function| {
            let written = functions.total_time[function];
            let written = if (0.0..1e18).contains(&written) { written } else { 0.0 };
            let is_short = taken[function] > written + 1e-6 * flow.total && !graph.recursive[function];
            let lost = if is_short { taken[function] } else { 0.0 };
            written.max(lost).max(graph.total[function])
        })
        .collect()
}

/// Whether an edge is a root's or goes out of a function that was called once.
fn is_start(graph: &Graph<'_>, edge: u32) -> bool {
    let caller = graph.caller[edge as usize];
    caller == NOBODY || graph.once[caller as usize]
}
