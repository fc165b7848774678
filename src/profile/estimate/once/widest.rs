//! How long a call can be at most, to be somewhere below another.
//!
//! Whatever is on the stack while a function runs lasts as long as it, and an edge that is passed again is passed inside
//! its own outermost activation. So a call can only be below chains of edges of which none lasts less.

use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use super::super::expand::Heaviest;
use super::super::graph::Graph;
use super::super::scaling::NOBODY;
use super::super::strategy::MANY;

/// Edges looked at, at most, for all functions that are asked for; in a graph of very many, none.
const WORK: usize = 1_000_000;

/// Widths of the ways to one function at a time, and those that were kept.
#[derive(Debug)]
pub(super) struct Widest {
    width: Vec<f64>,
    known: Vec<u32>,
    work: usize,
}

/// Per function from which a target can be reached: the longest that a call of the target can last below it.
pub(in super::super) type Widths = FxHashMap<u32, f64>;

impl Widest {
    pub fn new(graph: &Graph<'_>) -> Self {
        let work = if graph.edges() < MANY { 0 } else { WORK + 1 };
        Self { width: vec![0.0; graph.functions()], known: Vec::new(), work }
    }

    /// Looks at all ways to `target` on which calls can last `least` seconds. Nothing if there are too many.
    pub fn to(&mut self, graph: &Graph<'_>, target: u32, least: f64) -> Option<Widths> {
        if self.work > WORK {
            return None;
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
        let widths =
            || self.known.iter().map(|&function| (function, self.width[function as usize])).collect();
        (self.work <= WORK).then(widths)
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
}

/// The longest that a call of the function to which `widths` lead can last below an edge.
pub(in super::super) fn below(graph: &Graph<'_>, widths: Option<&Widths>, edge: u32) -> f64 {
    let Some(widths) = widths else { return f64::INFINITY };
    room(graph, edge).min(widths.get(&graph.callee[edge as usize]).copied().unwrap_or(0.0))
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
