//! What a set of functions takes in all: of those that call each other only the outermost counts.

use std::collections::BTreeMap;

use crate::profile::call_tree::{MERGED, NO_PARENT};
use crate::profile::{CallTree, FunctionId, Functions, Layer, Layers, Profile};
use crate::sort;

/// The boxes of a call tree in which such functions are entered. Times are milliseconds.
pub(super) struct Outermost {
    /// In all, with what they call.
    pub time: f64,
    /// How often they are entered.
    pub calls: f64,
    /// By the functions that call them.
    direct: BTreeMap<FunctionId, f64>,
    /// By the user's own functions next above them.
    own: BTreeMap<FunctionId, f64>,
}

impl Outermost {
    /// Where functions of `found` are entered.
    pub fn of(profile: &Profile, layers: &Layers, tree: &CallTree, found: &[FunctionId]) -> Self {
        let mut is_found = vec![false; profile.functions.len()];
        for &function in found {
            is_found[function as usize] = true;
        }
        let mut outermost = Self { time: 0.0, calls: 0.0, direct: BTreeMap::new(), own: BTreeMap::new() };
        // Per box: the own function next to it, itself included; whether it is within one of them.
        let mut around: Vec<(FunctionId, bool)> = Vec::with_capacity(tree.len());
        for at in 0..tree.len() {
            let (parent, function) = (tree.parent[at], tree.function[at]);
            let (mut own, inside) =
                if parent == NO_PARENT { (MERGED, false) } else { around[parent as usize] };
            let enters = function != MERGED && is_found[function as usize];
            if enters && !inside {
                let time = tree.total_time[at] * 1e3;
                outermost.time += time;
                outermost.calls += tree.calls[at];
                if parent != NO_PARENT {
                    *outermost.direct.entry(tree.function[parent as usize]).or_default() += time;
                }
                if own != MERGED {
                    *outermost.own.entry(own).or_default() += time;
                }
            }
            if function != MERGED && layers.layer(function) == Layer::Own {
                own = function;
            }
            around.push((own, inside || enters));
        }
        // What is too small for a box of its own is not in the tree.
        let functions = &profile.functions;
        for &function in found {
            outermost.time = outermost.time.max(profile.outermost_total(function) * 1e3);
            outermost.calls = outermost.calls.max(functions.primitive_calls[function as usize] as f64);
        }
        outermost
    }

    /// Those who call for it, most first: the user's own functions, or if there are none, whoever does.
    pub fn callers(&self) -> Vec<(FunctionId, f64)> {
        let of = if self.own.is_empty() { &self.direct } else { &self.own };
        let mut callers: Vec<(FunctionId, f64)> =
            of.iter().map(|(&function, &time)| (function, time)).collect();
        sort::by(&mut callers, |a, b| b.1.total_cmp(&a.1));
        callers
    }

    /// Whether most of it is for functions of this name.
    pub fn is_called_by(&self, functions: &Functions, name: &str) -> bool {
        let by = |(&caller, &time): (&FunctionId, &f64)| {
            if functions.known_name(caller) == name { time } else { 0.0 }
        };
        self.direct.iter().map(by).sum::<f64>() > self.time / 2.0
    }

    /// Self time of the functions that call them, of each as much as its calls take at most.
    pub fn around(&self, functions: &Functions) -> f64 {
        self.direct
            .iter()
            .map(|(&caller, &time)| (functions.self_time[caller as usize] * 1e3).clamp(0.0, time))
            .sum()
    }
}
