//! Who called whom, with which numbers.

use super::FunctionId;
use crate::sort;

/// Caller→callee edges as columns, sorted by callee, then by caller's position in the file.
#[derive(Debug, Clone, Default)]
pub struct Edges {
    /// Who calls.
    pub caller: Vec<FunctionId>,
    /// Who is called.
    pub callee: Vec<FunctionId>,
    /// Calls over this edge.
    pub calls: Vec<i64>,
    /// Of them, not recursive.
    pub primitive_calls: Vec<i64>,
    /// Seconds in the callee itself when called over this edge.
    pub self_time: Vec<f64>,
    /// Seconds in the callee and all it called, when called over this edge.
    pub total_time: Vec<f64>,
    /// Per function: where its incoming edges begin; one entry more than functions.
    first_in: Vec<u32>,
    /// Edge ids sorted by caller.
    by_caller: Vec<u32>,
    /// Per function: where its outgoing edges begin in `by_caller`; one entry more than functions.
    first_out: Vec<u32>,
}

/// One edge while reading, before sorting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Who calls.
    pub caller: FunctionId,
    /// Who is called.
    pub callee: FunctionId,
    /// Calls over this edge.
    pub calls: i64,
    /// Of them, not recursive.
    pub primitive_calls: i64,
    /// Seconds in the callee itself.
    pub self_time: f64,
    /// Seconds in the callee and all it called.
    pub total_time: f64,
}

impl Edges {
    /// Sorts and indexes `edges` of a profile of `functions` functions. Stable: edges of one callee
    /// keep their order.
    pub fn new(functions: usize, mut edges: Vec<Edge>) -> Self {
        sort::by_number(&mut edges, |edge| edge.callee);
        Self::by_callee(functions, &edges)
    }

    /// The same of edges that are in that order.
    pub(super) fn by_callee(functions: usize, edges: &[Edge]) -> Self {
        let count = edges.len();
        let mut result = Self {
            caller: Vec::with_capacity(count),
            callee: Vec::with_capacity(count),
            calls: Vec::with_capacity(count),
            primitive_calls: Vec::with_capacity(count),
            self_time: Vec::with_capacity(count),
            total_time: Vec::with_capacity(count),
            ..Self::default()
        };
        for edge in edges {
            result.caller.push(edge.caller);
            result.callee.push(edge.callee);
            result.calls.push(edge.calls);
            result.primitive_calls.push(edge.primitive_calls);
            result.self_time.push(edge.self_time);
            result.total_time.push(edge.total_time);
        }
        result.first_in = starts(functions, &result.callee);
        result.first_out = starts(functions, &result.caller);
        let mut next = result.first_out.clone();
        result.by_caller = vec![0; edges.len()];
        for (edge, &caller) in result.caller.iter().enumerate() {
            let place = &mut next[caller as usize];
            result.by_caller[*place as usize] = edge as u32;
            *place += 1;
        }
        result
    }

    /// The numbers of one.
    pub fn get(&self, edge: usize) -> Edge {
        Edge {
            caller: self.caller[edge],
            callee: self.callee[edge],
            calls: self.calls[edge],
            primitive_calls: self.primitive_calls[edge],
            self_time: self.self_time[edge],
            total_time: self.total_time[edge],
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.callee.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.callee.is_empty()
    }

    /// Edge ids into `function`: its callers.
    pub fn into(&self, function: FunctionId) -> std::ops::Range<usize> {
        self.first_in[function as usize] as usize..self.first_in[function as usize + 1] as usize
    }

    /// Who calls `function`.
    pub fn callers(&self, function: FunctionId) -> impl Iterator<Item = FunctionId> + '_ {
        self.caller[self.into(function)].iter().copied()
    }

    /// Edge ids out of `function`: its callees.
    pub fn out_of(&self, function: FunctionId) -> &[u32] {
        let range =
            self.first_out[function as usize] as usize..self.first_out[function as usize + 1] as usize;
        &self.by_caller[range]
    }
}

/// Where each id's run would begin if `ids` (each below `count`) were sorted; `count + 1` entries.
fn starts(count: usize, ids: &[u32]) -> Vec<u32> {
    let mut starts = vec![0_u32; count + 1];
    for &id in ids {
        starts[id as usize + 1] += 1;
    }
    for index in 0..count {
        starts[index + 1] += starts[index];
    }
    starts
}
