//! Making the boxes: the heaviest first, as time walks down the call graph.
//!
//! In a box a walk goes on over edges: to a function that is not on the stack, which gets a box below; or to one
//! that is, where it goes on inside this box (`a;b;a;c` is `a;b;c`), and what it spends there is time of recursive
//! calls.

mod items;
mod marks;
mod queue;
mod walk;

use std::collections::BinaryHeap;

use super::graph::Graph;
use super::once::{Once, Reach, caller_of};
use super::pools::{Onward, Pools, Visit, in_proportion};
use super::scaling::NOBODY;
use super::strategy::Strategy;
use crate::profile::FunctionId;
use crate::profile::call_tree::{MERGED, NO_PARENT};
use marks::Marks;
pub(super) use queue::Heaviest;
use queue::Rank;

/// Boxes below this share of all time are not made, even if the budget has room for them.
const SMALLEST: f64 = 1e-6;

/// Steps inside one box that are shared out exactly; the rest goes in proportion.
const STEPS: u32 = 100;

/// Columns looked at in all: when they are used up, no more boxes are made. So a profile cannot hang.
const WORK: u64 = 120_000_000;

/// No edge: a box that was entered by several.
pub(super) const NO_EDGE: u32 = u32::MAX;

/// A box that was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    pub function: FunctionId,
    pub parent: u32,
    /// The one it was entered by.
    pub edge: u32,
    /// Seconds in it and below.
    pub seconds: f64,
    /// Outermost calls.
    pub calls: f64,
}

/// Seconds in a function itself, seen from a box: the box's own function's, or of recursive calls of one above.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf {
    pub at: u32,
    pub function: FunctionId,
    pub seconds: f64,
    /// Recursive calls.
    pub calls: f64,
}

/// A callee without a box, or several very small ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Omitted {
    /// [`NO_PARENT`] of roots.
    pub parent: u32,
    /// [`MERGED`] of several.
    pub function: FunctionId,
    /// The one it was called by.
    pub edge: u32,
    pub seconds: f64,
    /// Of them, in the function itself, if it is one.
    pub own: f64,
    /// How many they are.
    pub count: u32,
}

/// The grown tree.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    /// Parents before children.
    pub made: Vec<Made>,
    /// By box.
    pub leaves: Vec<Leaf>,
    pub omitted: Vec<Omitted>,
    /// Whether it made a difference what is above what.
    pub nested: bool,
}

/// Time that enters a function over an edge.
struct Entry {
    edge: u32,
    time: f64,
    calls: f64,
    /// Items somewhere below.
    items: Vec<u32>,
    /// Edges passed since the parent box, in [`Grower::chains`].
    chain: u32,
}

/// A box that could be made.
struct Candidate {
    weight: f64,
    function: FunctionId,
    parent: u32,
    entries: Vec<Entry>,
    /// Edges passed since the parent box.
    passed: Box<[u32]>,
}

/// A callee of the box at hand.
struct Callee {
    function: FunctionId,
    /// In [`Grower::entries`], the one that came last.
    last: u32,
}

/// An entry, and the one before it of the same callee, or [`NONE`].
struct Waiting {
    entry: Entry,
    before: u32,
}

/// No chain, no entry.
const NONE: u32 = u32::MAX;

/// What makes the tree.
pub(super) struct Grower<'a> {
    graph: &'a Graph<'a>,
    once: &'a Once,
    reach: &'a mut Reach,
    pools: Pools,
    strategy: Strategy,
    heap: BinaryHeap<Heaviest>,
    rank: Rank,
    candidates: Vec<Option<Candidate>>,
    grown: Expansion,
    /// Edges passed by all boxes, and where each box's begin.
    passed: Vec<u32>,
    first_passed: Vec<u32>,
    /// Of the box at hand: functions on its stack, edges passed above, states, callees, entries, leaves.
    on: Marks,
    above: Marks,
    state_of: Marks,
    callee_of: Marks,
    entry_of: Marks,
    leaf_of: Marks,
    states: Vec<Entry>,
    turns: BinaryHeap<Heaviest>,
    callees: Vec<Callee>,
    entries: Vec<Waiting>,
    /// Whether each callee of the box at hand can be entered over one edge only: its function is in no cycle. Time over
    /// that edge can come in several pieces nonetheless, out of several pools.
    plain: bool,
    /// Linked lists: (edge, the one before).
    chains: Vec<(u32, u32)>,
}

impl<'a> Grower<'a> {
    /// Makes at most `budget` boxes.
    pub fn grow(
        graph: &'a Graph<'a>,
        once: &'a Once,
        reach: &'a mut Reach,
        strategy: Strategy,
        budget: usize,
    ) -> Expansion {
        let (functions, edges) = (graph.functions(), graph.edges());
        let mut grower = Self {
            graph,
            once,
            reach,
            pools: Pools::of(graph, once, strategy.nesting),
            strategy,
            heap: BinaryHeap::new(),
            rank: Rank::new(budget, graph.seconds()),
            candidates: Vec::new(),
            grown: Expansion::default(),
            passed: Vec::new(),
            first_passed: vec![0],
            on: Marks::new(functions),
            above: Marks::new(edges),
            state_of: Marks::new(edges),
            callee_of: Marks::new(functions),
            entry_of: Marks::new(edges),
            leaf_of: Marks::new(functions),
            states: Vec::new(),
            turns: BinaryHeap::new(),
            callees: Vec::new(),
            entries: Vec::new(),
            plain: false,
            chains: Vec::new(),
        };
        for root in &graph.flow.roots {
            let edge = graph.root[root.function as usize];
            if edge == NOBODY {
                continue;
            }
            let entry = Entry {
                edge,
                time: graph.all[edge as usize],
                calls: root.calls,
                items: once.of_way(edge).collect(),
                chain: NONE,
            };
            let weight = entry.time;
            if grower.rank.admits(weight) {
                grower.push(root.function, NO_PARENT, vec![entry], weight);
            } else {
                grower.omit(root.function, NO_PARENT, std::iter::once(&entry), weight);
            }
        }
        while grower.grown.made.len() < budget && grower.pools.work <= WORK {
            let Some(place) = grower.heap.pop() else { break };
            if let Some(candidate) = grower.candidates[place.item as usize].take() {
                grower.make(candidate);
            }
        }
        for place in 0..grower.candidates.len() {
            if let Some(candidate) = grower.candidates[place].take() {
                let Candidate { function, parent, entries, weight, .. } = candidate;
                grower.omit(function, parent, entries.iter(), weight);
            }
        }
        grower.grown.nested = grower.pools.nested;
        grower.grown
    }

    fn push(&mut self, function: FunctionId, parent: u32, entries: Vec<Entry>, weight: f64) {
        let heaviest = entries.iter().reduce(|a, b| if b.time > a.time { b } else { a });
        let mut passed = Vec::new();
        if let Some(entry) = heaviest {
            passed.push(entry.edge);
            let mut chain = entry.chain;
            while let Some(&(edge, before)) = self.chains.get(chain as usize) {
                passed.push(edge);
                chain = before;
            }
        }
        self.heap.push(Heaviest { weight, item: self.candidates.len() as u32 });
        self.candidates.push(Some(Candidate { weight, function, parent, entries, passed: passed.into() }));
    }

    fn omit<'e>(
        &mut self,
        function: FunctionId,
        parent: u32,
        entries: impl Iterator<Item = &'e Entry>,
        weight: f64,
    ) {
        let own_each = |edge: u32| {
            let calls = self.graph.calls[edge as usize];
            if calls > 0.0 { self.graph.own[edge as usize] / calls } else { 0.0 }
        };
        let (mut own, mut edge, mut count) = (0.0, NO_EDGE, 0);
        for entry in entries {
            own += entry.calls * own_each(entry.edge);
            edge = if count == 0 { entry.edge } else { NO_EDGE };
            count += 1;
        }
        self.grown.omitted.push(Omitted {
            parent,
            function,
            edge,
            seconds: weight,
            own: own.min(weight),
            count: 1,
        });
    }

    /// Makes a box, and its callees' candidates.
    fn make(&mut self, candidate: Candidate) {
        let place = self.grown.made.len() as u32;
        let function = candidate.function;
        let calls = candidate.entries.iter().map(|entry| entry.calls).sum();
        self.grown.made.push(Made {
            function,
            parent: candidate.parent,
            edge: only(&candidate.entries),
            seconds: candidate.weight,
            calls,
        });
        self.passed.extend_from_slice(&candidate.passed);
        self.first_passed.push(self.passed.len() as u32);
        let is_single = self.is_single(function);
        let goes_down =
            is_single || matches!(candidate.entries.as_slice(), [entry] if entry.items.is_empty());
        self.plain = goes_down && !self.graph.in_cycle[function as usize];
        self.mark_stack(place);
        self.chains.clear();
        self.states.clear();
        self.turns.clear();
        if is_single {
            self.enter_once(place, function, candidate.weight);
        } else {
            for entry in candidate.entries {
                self.turns.push(Heaviest { weight: entry.time, item: entry.edge });
                self.state_of.set(entry.edge, self.states.len() as u32);
                self.states.push(Entry { chain: NONE, ..entry });
            }
        }
        let least = (1e-7 * self.graph.seconds()).max(1e-4 * candidate.weight);
        let mut steps = 0;
        while let Some(turn) = self.turns.pop() {
            let Some(state) = self.state_of.get(turn.item) else { continue };
            self.state_of.clear(turn.item);
            let state = std::mem::replace(&mut self.states[state as usize], EMPTY);
            self.step(place, state, least, &mut steps);
        }
        let mut small =
            Omitted { parent: place, function: MERGED, edge: NO_EDGE, seconds: 0.0, own: 0.0, count: 0 };
        let callees = std::mem::take(&mut self.callees);
        for callee in &callees {
            let function = callee.function;
            let weight = if self.is_single(function) {
                self.graph.total[function as usize]
            } else {
                waiting(&self.entries, callee.last).map(|entry| entry.time).sum()
            };
            if weight >= SMALLEST * self.graph.seconds() {
                if self.rank.admits(weight) {
                    let entries = self.take_entries(callee.last);
                    self.push(function, place, entries, weight);
                } else {
                    let entries = std::mem::take(&mut self.entries);
                    self.omit(function, place, waiting(&entries, callee.last), weight);
                    self.entries = entries;
                }
            } else if weight > 0.0 {
                small.seconds += weight;
                small.count += 1;
                let is_first = small.count == 1;
                small.function = if is_first { function } else { MERGED };
                small.edge = NO_EDGE;
                let mut entries = waiting(&self.entries, callee.last);
                if let (true, Some(entry), None) = (is_first, entries.next(), entries.next()) {
                    small.edge = entry.edge;
                }
            }
        }
        self.callees = callees;
        self.callees.clear();
        self.entries.clear();
        if small.count > 0 {
            self.grown.omitted.push(small);
        }
    }

    /// The entries of a callee, in order.
    fn take_entries(&mut self, last: u32) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut at = last;
        while let Some(waiting) = self.entries.get_mut(at as usize) {
            entries.push(std::mem::replace(&mut waiting.entry, EMPTY));
            at = waiting.before;
        }
        entries.reverse();
        entries
    }

    fn mark_stack(&mut self, place: u32) {
        for marks in [&mut self.on, &mut self.above, &mut self.state_of] {
            marks.now += 1;
        }
        for marks in [&mut self.callee_of, &mut self.entry_of, &mut self.leaf_of] {
            marks.now += 1;
        }
        if self.plain {
            // Nothing that is called here can be on it.
            return;
        }
        let mut at = place;
        while let Some(made) = self.grown.made.get(at as usize) {
            self.on.set(made.function, 0);
            let passed = self.first_passed[at as usize] as usize..self.first_passed[at as usize + 1] as usize;
            for &edge in &self.passed[passed] {
                self.above.set(edge, 0);
            }
            at = made.parent;
        }
    }

    /// Whether a function has one box, of all its time.
    fn is_single(&self, function: FunctionId) -> bool {
        let graph = self.graph;
        let lone =
            |caller: u32| caller == NOBODY || graph.once[caller as usize] || graph.in_cycle[caller as usize];
        graph.once[function as usize]
            && (self.pools.is_item[function as usize] || lone(caller_of(graph, function)))
    }

    /// A function that was called once: all its edges' numbers are this box's.
    fn enter_once(&mut self, place: u32, function: FunctionId, weight: f64) {
        let graph = self.graph;
        let edges = graph.out_of(function);
        let below: f64 = edges.iter().map(|&edge| graph.outermost[edge as usize]).sum();
        self.spend(place, function, weight - below, 0.0);
        for &edge in edges {
            let items = self.once.of_way(edge).collect();
            let time = graph.outermost[edge as usize];
            self.pools.take(graph, edge, time, graph.calls[edge as usize]);
            self.go_on(Entry { edge, time, calls: graph.calls[edge as usize], items, chain: NONE });
        }
    }
}

/// The entries of a callee, the one that came last first.
fn waiting(entries: &[Waiting], last: u32) -> impl Iterator<Item = &Entry> {
    let last = entries.get(last as usize);
    std::iter::successors(last, |waiting| entries.get(waiting.before as usize)).map(|waiting| &waiting.entry)
}

/// The edge of entries over one.
fn only(entries: &[Entry]) -> u32 {
    if let [entry] = entries { entry.edge } else { NO_EDGE }
}

const EMPTY: Entry = Entry { edge: NONE, time: 0.0, calls: 0.0, items: Vec::new(), chain: NONE };
