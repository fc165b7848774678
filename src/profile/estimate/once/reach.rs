//! How much of the time, and of the calls, below a function passes another one.

use rustc_hash::FxHashMap;

use super::super::graph::Graph;
use super::super::strategy::MANY;

/// Steps of one walk at most.
const STEPS: u32 = 20_000;

/// Steps of all walks at most, and in a graph of very many edges: so that a profile with very many functions called once
/// costs no more than others. The longest ways come first.
const BUDGET: u64 = 500_000;
const BUDGET_OF_MANY: u64 = 150_000;

/// Less than this share on its way is nothing.
const LEAST: f64 = 1e-3;

/// Of a start: per function that is asked for, (share of time, calls per call).
type Row = FxHashMap<u32, (f64, f64)>;

/// Walks from functions to the callers of items, each made once.
#[derive(Debug)]
pub(in super::super) struct Reach {
    rows: FxHashMap<u32, Row>,
    /// Per function: whether it calls items.
    wanted: Vec<bool>,
    /// Per function: whether a wanted one can be reached from it.
    leads: Vec<bool>,
    stopped: Vec<bool>,
    /// Per function: shares of time and of calls that have come to it.
    waiting: Vec<(f64, f64)>,
    /// Steps that are left.
    left: u64,
}

impl Reach {
    /// For a graph; nothing is wanted yet.
    pub fn new(graph: &Graph<'_>) -> Self {
        let functions = graph.functions();
        Self {
            rows: FxHashMap::default(),
            wanted: vec![false; functions],
            leads: vec![false; functions],
            stopped: vec![false; functions],
            waiting: vec![(0.0, 0.0); functions],
            left: if graph.edges() < MANY { BUDGET } else { BUDGET_OF_MANY },
        }
    }

    /// What is wanted: functions that call items. Walks stop at functions that were called once.
    pub fn want(&mut self, graph: &Graph<'_>, callers: impl Iterator<Item = u32>) {
        self.stopped.copy_from_slice(&graph.once);
        let mut open: Vec<u32> = Vec::new();
        for caller in callers {
            if !self.wanted[caller as usize] {
                self.wanted[caller as usize] = true;
                self.leads[caller as usize] = true;
                open.push(caller);
            }
        }
        let edges = &graph.flow.profile.edges;
        while let Some(function) = open.pop() {
            for edge in edges.into(function) {
                let above = graph.caller[edge] as usize;
                if !graph.once[above] && !self.leads[above] {
                    self.leads[above] = true;
                    open.push(above as u32);
                }
            }
        }
    }

    /// Whether a wanted function can be reached from `function`.
    pub fn leads(&self, function: u32) -> bool {
        self.leads[function as usize]
    }

    /// Share of the time below `from` that passes `to`, and calls of `to` per call of `from`.
    pub fn get(&mut self, graph: &Graph<'_>, from: u32, to: u32) -> (f64, f64) {
        if from == to {
            return (1.0, 1.0);
        }
        self.row(graph, from).get(&to).copied().unwrap_or_default()
    }

    /// All wanted functions that can be reached from `from`.
    pub fn row(&mut self, graph: &Graph<'_>, from: u32) -> &Row {
        if !self.rows.contains_key(&from) {
            let mut row = Row::default();
            if self.leads(from) && self.left > 0 {
                self.walk(graph, from, &mut row);
            }
            self.rows.insert(from, row);
        }
        &self.rows[&from]
    }

    fn walk(&mut self, graph: &Graph<'_>, from: u32, row: &mut Row) {
        let mut layer = vec![from];
        let mut next = Vec::new();
        self.waiting[from as usize] = (1.0, 1.0);
        let mut steps = 0;
        while !layer.is_empty() && steps < STEPS {
            for &function in &layer {
                let here = function as usize;
                let (time, calls) = std::mem::take(&mut self.waiting[here]);
                if time < LEAST && calls < LEAST {
                    continue;
                }
                if self.wanted[here] {
                    let found = row.entry(function).or_default();
                    found.0 += time;
                    found.1 += calls;
                }
                let part =
                    |mass: f64, whole: f64| if mass >= LEAST && whole > 0.0 { mass / whole } else { 0.0 };
                let time = part(time, graph.out[here]);
                let calls = part(calls, graph.flow.function_calls[here]);
                let edges = graph.out_of(function);
                steps += edges.len() as u32;
                for &edge in edges {
                    let edge = edge as usize;
                    let callee = graph.callee[edge] as usize;
                    if self.stopped[callee] || callee == here || !self.leads[callee] {
                        continue;
                    }
                    let onwards = (time * (graph.all[edge] - graph.own[edge]), calls * graph.calls[edge]);
                    if onwards.0 > 0.0 || onwards.1 > 0.0 {
                        let waiting = &mut self.waiting[callee];
                        if *waiting == (0.0, 0.0) {
                            next.push(callee as u32);
                        }
                        waiting.0 += onwards.0.max(0.0);
                        waiting.1 += onwards.1.max(0.0);
                    }
                }
            }
            layer.clear();
            std::mem::swap(&mut layer, &mut next);
        }
        for &function in &layer {
            self.waiting[function as usize] = (0.0, 0.0);
        }
        self.left = self.left.saturating_sub(u64::from(steps));
    }
}
