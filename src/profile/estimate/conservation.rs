//! The flow of time through the call graph: what came in must go out.
//!
//! Time is seconds. An edge's inclusive time over *all* its activations is its own time (in the
//! callee itself) plus what is below (in what the callee calls). What the profiler writes counts
//! only outermost activations (`Stop` in CPython's `Modules/_lsprof.c`), which is the same for
//! every edge that is not part of a cycle; [`super::balance`] infers the rest.

use super::balance::balance;
use crate::profile::components::Components;
use crate::profile::{FunctionId, Profile};

/// Differences below this share of what they are a part of are rounding, not contradiction.
const ROUNDING: f64 = 1e-6;

/// Time that begins at a function nobody called, or whose callers the file does not name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Root {
    /// The function.
    pub function: FunctionId,
    /// Calls nobody made.
    pub calls: f64,
    /// Seconds in the function itself.
    pub own: f64,
    /// Seconds in what it calls.
    pub below: f64,
    /// Whether the file determines `below`: it is the only root of its component.
    pub alone: bool,
}

/// A call graph whose times agree with each other.
#[derive(Debug)]
pub(super) struct Flow<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// Its cycles.
    pub components: Components,
    /// Per edge: calls.
    pub calls: Vec<f64>,
    /// Per edge: seconds in the callee itself.
    pub own: Vec<f64>,
    /// Per edge: seconds in what the callee calls, over all activations.
    pub below: Vec<f64>,
    /// Per edge: the most its outermost activations can last together.
    pub outermost: Vec<f64>,
    /// Per function: calls.
    pub function_calls: Vec<f64>,
    /// Per function: seconds in itself.
    pub function_own: Vec<f64>,
    /// Per function: seconds that flow out of it to what it calls, over all activations.
    pub flow: Vec<f64>,
    /// Per component: seconds below its entries and roots together.
    pub entering: Vec<f64>,
    /// Where stacks begin.
    pub roots: Vec<Root>,
    /// Seconds in all.
    pub total: f64,
    /// Seconds that had to be moved because the file contradicts itself.
    pub contradiction: f64,
}

/// A time of the file, which may be anything, as a number to reckon with: longer than the universe
/// has been there is none.
fn sane(value: f64) -> f64 {
    if (0.0..1e18).contains(&value) { value } else { 0.0 }
}

impl<'a> Flow<'a> {
    /// Balances the flow of `profile`.
    pub fn of(profile: &'a Profile) -> Self {
        let functions = &profile.functions;
        let edges = &profile.edges;
        let count = functions.len();
        let function_own: Vec<f64> = functions.self_time.iter().map(|&time| sane(time)).collect();
        let total = function_own.iter().sum();
        let own: Vec<f64> = edges.self_time.iter().map(|&time| sane(time)).collect();
        let outermost: Vec<f64> =
            edges.total_time.iter().zip(&own).map(|(&time, &own)| sane(time).max(own)).collect();
        let below = outermost.iter().zip(&own).map(|(total, own)| total - own).collect();
        let components = Components::of(count, edges);
        let mut flow = Self {
            profile,
            components: Components::default(),
            calls: edges.calls.iter().map(|&calls| calls.max(0) as f64).collect(),
            own,
            below,
            outermost,
            function_calls: functions.calls.iter().map(|&calls| calls.max(0) as f64).collect(),
            function_own,
            flow: vec![0.0; count],
            entering: Vec::new(),
            roots: Vec::new(),
            total,
            contradiction: 0.0,
        };
        let starts = flow.conserve_calls_and_own();
        flow.conserve_below(&components, &starts);
        flow.components = components;
        flow
    }

    /// Calls nobody made, and the own time of functions that no edge accounts for. Per function:
    /// (calls, seconds) that begin there.
    fn conserve_calls_and_own(&mut self) -> Vec<(f64, f64)> {
        let edges = &self.profile.edges;
        let mut starts = vec![(0.0, 0.0); self.function_own.len()];
        for (function, start) in starts.iter_mut().enumerate() {
            let incoming = edges.into(function as FunctionId);
            let called: f64 = self.calls[incoming.clone()].iter().sum();
            let accounted: f64 = self.own[incoming.clone()].iter().sum();
            let own = self.function_own[function];
            self.function_calls[function] = self.function_calls[function].max(called);
            start.0 = self.function_calls[function] - called;
            let missing = own - accounted;
            if missing > 0.0 && (start.0 > 0.0 || missing > ROUNDING * own) {
                start.1 = missing;
                if start.0 <= 0.0 {
                    self.contradiction += missing;
                }
            } else if accounted > 0.0 {
                if -missing > ROUNDING * accounted {
                    self.contradiction -= missing;
                }
                let scale = own / accounted;
                self.own[incoming].iter_mut().for_each(|time| *time *= scale);
            }
        }
        starts
    }

    /// Makes the time below the entries of each component equal to what leaves it, callees first,
    /// and gives what no entry accounts for to roots.
    fn conserve_below(&mut self, components: &Components, starts: &[(f64, f64)]) {
        let edges = &self.profile.edges;
        let mut leaving = Vec::new();
        let mut entering = Vec::new();
        for component in 0..components.len() as u32 {
            let members = components.members(component);
            let inner = |edge: usize| {
                components.component[edges.caller[edge] as usize] == component
                    && components.component[edges.callee[edge] as usize] == component
            };
            leaving.clear();
            entering.clear();
            for &member in members {
                leaving.push(
                    edges
                        .out_of(member)
                        .iter()
                        .map(|&edge| edge as usize)
                        .map(|edge| if inner(edge) { self.own[edge] } else { self.inclusive(edge) })
                        .sum::<f64>(),
                );
                entering.push(
                    edges.into(member).filter(|&edge| !inner(edge)).map(|edge| self.below[edge]).sum::<f64>(),
                );
            }
            let inside: f64 = leaving.iter().sum();
            let entered: f64 = entering.iter().sum();
            // Roots of one component share its time by their calls, each as long as the function's
            // outermost calls are; without such calls, by what they do.
            let functions = &self.profile.functions;
            let weight = |member: u32| {
                let member = member as usize;
                let mean =
                    sane(functions.total_time[member]) / functions.primitive_calls[member].max(1) as f64;
                starts[member].0 * mean
            };
            let lone: f64 = members.iter().map(|&member| weight(member)).sum();
            let several = members.iter().filter(|&&member| weight(member) > 0.0).count() > 1;
            let missing = inside - entered;
            let mut spare = 0.0;
            if missing > 0.0 && (lone > 0.0 || missing > ROUNDING * inside || entered <= 0.0) {
                spare = missing;
                if lone <= 0.0 {
                    self.contradiction += missing;
                }
            } else if entered > 0.0 {
                if -missing > ROUNDING * entered {
                    self.contradiction -= missing;
                }
                let scale = inside / entered;
                entering.iter_mut().for_each(|time| *time *= scale);
                for edge in members.iter().flat_map(|&member| edges.into(member)) {
                    if !inner(edge) {
                        self.below[edge] *= scale;
                    }
                }
            }
            let first_root = self.roots.len();
            for (place, &member) in members.iter().enumerate() {
                let (calls, own) = starts[member as usize];
                let share = if lone > 0.0 { weight(member) / lone } else { leaving[place] / inside };
                let below = if spare > 0.0 { spare * share } else { 0.0 };
                if own + below > 0.0 {
                    self.roots.push(Root { function: member, calls, own, below, alone: !several });
                }
            }
            self.entering.push(inside);
            self.contradiction += balance(self, components, component, &leaving, &entering, first_root);
        }
    }

    /// Seconds over all activations of an edge.
    pub fn inclusive(&self, edge: usize) -> f64 {
        self.own[edge] + self.below[edge]
    }

    /// Share of all time that contradictions of the file moved, 0 to 1.
    pub fn contradiction_share(&self) -> f64 {
        if self.total > 0.0 { (self.contradiction / self.total).min(1.0) } else { 0.0 }
    }
}
