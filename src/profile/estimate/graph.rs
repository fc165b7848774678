//! The call graph as the tree grows over it: edges with all their numbers, and one more edge for each root.

use super::conservation::Flow;
use super::kin::Kin;
use super::scaling::NOBODY;
use crate::profile::FunctionId;
use crate::sort;

/// Up to this share of all time a contradiction (a twin's lost numbers, calls that were never left) touches few functions,
/// and what calls were made, and how long the others last, is as certain as ever.
const SMALL_CONTRADICTION: f64 = 0.02;

/// Edges as columns: those of the file, then one for each root, whose caller is [`NOBODY`].
#[derive(Debug)]
pub(super) struct Graph<'a> {
    /// Where the numbers come from.
    pub flow: &'a Flow<'a>,
    /// Per edge: who calls.
    pub caller: Vec<u32>,
    /// Per edge: who is called.
    pub callee: Vec<u32>,
    /// Per edge: calls.
    pub calls: Vec<f64>,
    /// Per edge: of them, not nested in the same edge.
    pub primitive: Vec<f64>,
    /// Per edge: seconds in the callee itself.
    pub own: Vec<f64>,
    /// Per edge: seconds of its outermost activations.
    pub outermost: Vec<f64>,
    /// Per edge: seconds of all activations.
    pub all: Vec<f64>,
    /// Per function: seconds of its outermost activations.
    pub total: Vec<f64>,
    /// Functions, those with most time first.
    pub longest: Vec<u32>,
    /// Per function: whether it is ever called below itself.
    pub recursive: Vec<bool>,
    /// Per function: whether it can be called below itself, by what calls there are.
    pub in_cycle: Vec<bool>,
    /// Per function: its root's edge, or [`NOBODY`].
    pub root: Vec<u32>,
    /// Per function: seconds that go out of it over its edges, all activations.
    pub out: Vec<f64>,
    /// Per function: whether the file says that it was called once, over one edge with all its time.
    pub once: Vec<bool>,
    /// What names say of who calls whom through built-in functions.
    pub kin: Kin,
    /// Per function: its place in `longest`.
    pub rank: Vec<u32>,
    /// Per function: what edges whose boxes add up to them leave of its total and of its self time.
    pub rest_total: Vec<f64>,
    pub rest_own: Vec<f64>,
}

impl<'a> Graph<'a> {
    /// Of a balanced flow.
    pub fn of(flow: &'a Flow<'a>) -> Self {
        let (functions, edges) = (&flow.profile.functions, &flow.profile.edges);
        let count = functions.len();
        let mut graph = Self {
            flow,
            caller: edges.caller.clone(),
            callee: edges.callee.clone(),
            calls: flow.calls.clone(),
            primitive: Vec::with_capacity(edges.len() + flow.roots.len()),
            own: flow.own.clone(),
            outermost: Vec::with_capacity(edges.len() + flow.roots.len()),
            all: Vec::with_capacity(edges.len() + flow.roots.len()),
            total: Vec::with_capacity(count),
            longest: Vec::new(),
            recursive: Vec::with_capacity(count),
            in_cycle: in_cycle(flow),
            root: vec![NOBODY; count],
            out: vec![0.0; count],
            once: Vec::new(),
            kin: Kin::of(functions),
            rank: vec![0; count],
            rest_total: Vec::new(),
            rest_own: Vec::new(),
        };
        for edge in 0..edges.len() {
            let primitive = edges.primitive_calls[edge].max(0) as f64;
            // How deep a function calls itself directly is not known; that its outermost such calls last as
            // long as they do is.
            let itself = edges.caller[edge] == edges.callee[edge];
            let all = if itself { flow.outermost[edge] } else { flow.own[edge] + flow.below[edge] };
            graph.primitive.push(primitive.min(flow.calls[edge]));
            graph.outermost.push(flow.outermost[edge].min(all));
            graph.all.push(all);
            graph.out[edges.caller[edge] as usize] += all;
        }
        for root in &flow.roots {
            // What nobody called, but a small contradiction left over, is no beginning of a stack.
            let is_called = edges.into(root.function).next().is_some();
            if root.calls <= 0.0 && is_called && graph.contradicts() && !graph.proves_nothing() {
                continue;
            }
            graph.root[root.function as usize] = graph.caller.len() as u32;
            graph.caller.push(NOBODY);
            graph.callee.push(root.function);
            graph.calls.push(root.calls);
            graph.primitive.push(root.calls);
            graph.own.push(root.own);
            graph.outermost.push(root.own + root.below);
            graph.all.push(root.own + root.below);
        }
        for function in 0..count {
            // Without outermost calls, as betas of Python 3.12 count, it has no total time.
            let counted = functions.primitive_calls[function] != 0 || functions.calls[function] <= 0;
            let total = if counted { functions.total_time[function] } else { flow.total };
            let total = if (0.0..1e18).contains(&total) { total.min(flow.total) } else { 0.0 };
            let own = flow.function_own[function];
            // Where threads left calls open, a function lasts longer than all it called.
            let known = (own + graph.out[function]) * (1.0 + 1e-9);
            graph.total.push(total.min(known).max(own));
            graph.recursive.push(functions.primitive_calls[function] < functions.calls[function]);
        }
        let total = &graph.total;
        graph.longest =
            sort::order(count, &mut |a, b| total[b as usize].total_cmp(&total[a as usize]).then(a.cmp(&b)));
        graph.once = (0..count as u32).map(|function| graph.is_once(function)).collect();
        for (place, &function) in graph.longest.iter().enumerate() {
            graph.rank[function as usize] = place as u32;
        }
        (graph.rest_total, graph.rest_own) = graph.rest();
        graph
    }

    fn is_once(&self, function: FunctionId) -> bool {
        let functions = &self.flow.profile.functions;
        let index = function as usize;
        if functions.calls[index] != 1 || functions.primitive_calls[index] != 1 {
            return false;
        }
        let mut edges = self.into(function);
        let (Some(edge), None) = (edges.next(), edges.next()) else { return false };
        let edge = edge as usize;
        // As the file has them: where it contradicts itself, those that last as long as all are fitted to it.
        let (total, written) = match self.flow.outermost.get(edge) {
            Some(&written) if self.contradicts() => (functions.total_time[index], written),
            _ => (self.total[index], self.outermost[edge]),
        };
        self.calls[edge] == 1.0 && self.caller[edge] != function && (written - total).abs() <= 1e-6 * total
    }

    /// Edges out of a function.
    pub fn out_of(&self, function: FunctionId) -> &'a [u32] {
        self.flow.profile.edges.out_of(function)
    }

    /// Edges into a function, its root's last.
    pub fn into(&self, function: FunctionId) -> impl Iterator<Item = u32> + '_ {
        let root = Some(self.root[function as usize]).filter(|&edge| edge != NOBODY);
        let edges = &self.flow.profile.edges;
        edges.into(function).map(|edge| edge as u32).chain(root)
    }

    /// Whether any function can be called below itself.
    pub fn has_cycles(&self) -> bool {
        self.in_cycle.contains(&true)
    }

    /// How many functions there are.
    pub fn functions(&self) -> usize {
        self.total.len()
    }

    /// How many edges there are, roots included.
    pub fn edges(&self) -> usize {
        self.caller.len()
    }

    /// Whether the file contradicts itself by more than rounding: then no bound is proven.
    pub fn contradicts(&self) -> bool {
        self.flow.contradiction > 1e-6 * self.flow.total
    }

    /// Whether it contradicts itself by so much that no place is proven.
    pub fn proves_nothing(&self) -> bool {
        self.flow.contradiction > SMALL_CONTRADICTION * self.flow.total
    }

    /// By which share sums of the file may be off, where one must have room for another.
    pub fn tolerance(&self) -> f64 {
        if self.contradicts() {
            (2.0 * self.flow.contradiction / self.flow.total).min(SMALL_CONTRADICTION)
        } else {
            1e-9
        }
    }

    /// Seconds in all.
    pub fn seconds(&self) -> f64 {
        self.flow.total
    }
}

/// Per function: whether a chain of calls leads from it to itself.
fn in_cycle(flow: &Flow<'_>) -> Vec<bool> {
    let (components, edges) = (&flow.components, &flow.profile.edges);
    let alone = |component: &u32| components.members(*component).len() == 1;
    let mut result: Vec<bool> = components.component.iter().map(|component| !alone(component)).collect();
    for (&caller, callee) in edges.caller.iter().zip(&edges.callee) {
        result[caller as usize] |= caller == *callee;
    }
    result
}
