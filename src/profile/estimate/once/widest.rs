//! How long a call can be at most, to be somewhere below another: no edge between the two lasts less.

use std::collections::BinaryHeap;

use super::super::expand::Heaviest;
use super::super::graph::Graph;
use super::super::scaling::NOBODY;
use super::super::strategy::MANY;

/// Edges looked at, at most, for all functions that are asked for; in a graph of very many, none.
const WORK: usize = 1_000_000;

/// Widths of the ways to one function at a time.
#[derive(Debug)]
pub(super) struct Widest {
    width: Vec<f64>,
    known: Vec<u32>,
    work: usize,
}

impl Widest {
    pub fn new(graph: &Graph<'_>) -> Self {
        let work = if graph.edges() < MANY { 0 } else { WORK + 1 };
        Self { width: vec![0.0; graph.functions()], known: Vec::new(), work }
    }

    /// Looks at all ways to `target` on which calls can last `least` seconds.
    pub fn to(&mut self, graph: &Graph<'_>, target: u32, least: f64) {
        if self.work > WORK {
            return;
        }
        for function in self.known.drain(..) {
            self.width[function as usize] = 0.0;
        }
        let mut open = BinaryHeap::new();
        self.reach(target, f64::INFINITY, &mut open);
        while let Some(Heaviest { weight, item: function }) = open.pop() {
            if weight < self.width[function as usize] || self.work > WORK {
                continue;
            }
            for edge in graph.into(function) {
                self.work += 1;
                let caller = graph.caller[edge as usize];
                let room = room(graph, edge).min(weight);
                if caller != NOBODY && !graph.once[caller as usize] && room >= least {
                    self.reach(caller, room, &mut open);
                }
            }
        }
    }

    fn reach(&mut self, function: u32, width: f64, open: &mut BinaryHeap<Heaviest>) {
        let known = &mut self.width[function as usize];
        if width > *known {
            if *known == 0.0 {
                self.known.push(function);
            }
            *known = width;
            open.push(Heaviest { weight: width, item: function });
        }
    }

    /// The longest that a call of the target can last below an edge.
    pub fn below(&self, graph: &Graph<'_>, edge: u32) -> f64 {
        if self.work > WORK {
            return f64::INFINITY;
        }
        room(graph, edge).min(self.width[graph.callee[edge as usize] as usize])
    }
}

/// The longest that what is below an edge can last. In a cycle the callee's own time may be on other stacks.
fn room(graph: &Graph<'_>, edge: u32) -> f64 {
    let index = edge as usize;
    if graph.in_cycle[graph.callee[index] as usize] {
        graph.flow.outermost.get(index).copied().unwrap_or(graph.outermost[index])
    } else {
        graph.outermost[index] - graph.own[index]
    }
}
