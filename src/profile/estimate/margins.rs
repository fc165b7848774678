//! The sums that the file gives, each of some boxes of a tree.
//!
//! A function's boxes add up to its total time and their own times to its self time. Where a caller is in no cycle,
//! nothing on the stack above it can run again inside it, so what is directly in its boxes is what it called itself:
//! the boxes of one callee there add up to the edge, and so do their own times if the callee is not called below
//! itself. A function's other boxes have what is left of its total time.

use super::expand::{Expansion, NO_EDGE};
use super::graph::Graph;
use super::scaling::NOBODY;
use crate::profile::FunctionId;
use crate::sort;

/// The sums of the boxes that a tree has.
#[derive(Debug, Default)]
pub(super) struct Margins {
    /// Per sum: its function.
    pub function: Vec<FunctionId>,
    /// Per sum: seconds in the boxes.
    pub total: Vec<f64>,
    /// Per sum: seconds in the function itself.
    pub own: Vec<f64>,
    /// Per sum: whether it is what a function has beside its edges.
    is_rest: Vec<bool>,
    /// The longest function's first, what is left of a function after its edges.
    pub order: Vec<u32>,
    /// Per function: the number of what it has beside its edges, and one, or nothing.
    of_function: Vec<u32>,
    /// Per edge: its number and one, or nothing.
    of_edge: Vec<u32>,
}

impl Margins {
    /// The sums of all that is in `grown`.
    pub fn of(graph: &Graph<'_>, grown: &Expansion) -> Self {
        let (of_function, of_edge) = (vec![0; graph.functions()], vec![0; graph.edges()]);
        let mut margins = Self { of_function, of_edge, ..Self::default() };
        for made in &grown.made {
            margins.add(graph, made.function, made.edge);
        }
        for omitted in grown.omitted.iter().filter(|omitted| (omitted.function as usize) < graph.functions())
        {
            margins.add(graph, omitted.function, omitted.edge);
        }
        for leaf in &grown.leaves {
            margins.add(graph, leaf.function, NO_EDGE);
        }
        let key =
            |sum: usize| 2 * graph.rank[margins.function[sum] as usize] + u32::from(margins.is_rest[sum]);
        margins.order = sort::order_by_number(margins.len(), key);
        margins
    }

    fn add(&mut self, graph: &Graph<'_>, function: FunctionId, edge: u32) {
        let edge = if graph.is_alone(edge) { edge } else { NO_EDGE };
        let next = self.len() as u32;
        let number = self.of_edge.get_mut(edge as usize).unwrap_or(&mut self.of_function[function as usize]);
        if *number > 0 {
            return;
        }
        *number = next + 1;
        self.function.push(function);
        self.is_rest.push(edge == NO_EDGE);
        let (total, own) = if edge == NO_EDGE {
            (graph.rest_total[function as usize], graph.rest_own[function as usize])
        } else {
            (graph.outermost[edge as usize], if graph.has_own(edge) { graph.own[edge as usize] } else { 0.0 })
        };
        self.total.push(total);
        self.own.push(own);
        // Its self time is there.
        if edge != NO_EDGE && !graph.has_own(edge) {
            self.add(graph, function, NO_EDGE);
        }
    }

    /// The sum of the boxes of `function` that were entered by `edge`.
    pub fn of_box(&self, graph: &Graph<'_>, function: FunctionId, edge: u32) -> usize {
        let edge = if graph.is_alone(edge) { edge } else { NO_EDGE };
        let number = self.of_edge.get(edge as usize).unwrap_or(&self.of_function[function as usize]);
        number.saturating_sub(1) as usize
    }

    /// The sum that has these boxes' own times.
    pub fn of_own(&self, graph: &Graph<'_>, function: FunctionId, edge: u32) -> usize {
        let known = graph.is_alone(edge) && graph.has_own(edge);
        self.of_box(graph, function, if known { edge } else { NO_EDGE })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.function.len()
    }
}

impl Graph<'_> {
    /// Whether the boxes entered by `edge` add up to it.
    pub(super) fn is_alone(&self, edge: u32) -> bool {
        let index = edge as usize;
        match self.caller.get(index) {
            None => false,
            Some(&NOBODY) => !self.in_cycle[self.callee[index] as usize],
            Some(&caller) => !self.in_cycle[caller as usize],
        }
    }

    /// Whether their own times do as well.
    fn has_own(&self, edge: u32) -> bool {
        !self.in_cycle[self.callee[edge as usize] as usize]
    }

    /// Per function: what is left of its total and of its self time after such edges.
    pub(super) fn rest(&self) -> (Vec<f64>, Vec<f64>) {
        let (mut total, mut own) = (self.total.clone(), self.flow.function_own.clone());
        for edge in (0..self.edges() as u32).filter(|&edge| self.is_alone(edge)) {
            let (index, callee) = (edge as usize, self.callee[edge as usize] as usize);
            total[callee] = (total[callee] - self.outermost[index]).max(0.0);
            if self.has_own(edge) {
                own[callee] = (own[callee] - self.own[index]).max(0.0);
            }
        }
        (total, own)
    }
}
