//! The last step of fitting: self times, without touching what is proven.
//!
//! Boxes whose time is proven cut the tree into regions whose time is fixed; functions have fixed self times. So leaves
//! are a table of regions by functions of which both sums are known, and are scaled to one and the other in turn
//! (iterative proportional fitting). What has no box has the rest of each function.

use super::expand::Expansion;
use super::graph::Graph;
use super::rake::{Pins, add_up};

/// Rounds at most.
const ROUNDS: usize = 60;

/// Errors below this share of all time are rounding.
const ROUNDING: f64 = 1e-10;

/// Scales the leaves of `grown`.
pub(super) fn settle(graph: &Graph<'_>, pins: &Pins, grown: &mut Expansion) {
    let regions = Regions::of(graph, pins, grown);
    let functions = graph.functions();
    let mut factor = vec![1.0; functions];
    for _ in 0..ROUNDS {
        let sums = by_function(functions, grown);
        let wanted = wanted(graph, grown, &sums);
        let mut error: f64 = 0.0;
        for function in 0..functions {
            factor[function] = if sums[function] > 0.0 { wanted[function] / sums[function] } else { 1.0 };
            error = error.max((wanted[function] - sums[function]).abs());
        }
        if error <= ROUNDING * graph.seconds() {
            break;
        }
        for leaf in &mut grown.leaves {
            leaf.seconds *= factor[leaf.function as usize];
        }
        regions.scale(grown);
    }
    add_up(grown);
}

fn by_function(functions: usize, grown: &Expansion) -> Vec<f64> {
    let mut sums = vec![0.0; functions];
    for leaf in &grown.leaves {
        sums[leaf.function as usize] += leaf.seconds;
    }
    sums
}

/// What the leaves of each function should have: its self time, less its part of what has no box.
fn wanted(graph: &Graph<'_>, grown: &Expansion, sums: &[f64]) -> Vec<f64> {
    let own = &graph.flow.function_own;
    let mut omitted = vec![0.0; sums.len()];
    let mut hidden = 0.0;
    for one in &grown.omitted {
        hidden += one.seconds;
        if let Some(omitted) = omitted.get_mut(one.function as usize) {
            *omitted += one.own.min(one.seconds);
        }
    }
    let mut wanted: Vec<f64> = own.clone();
    let lack = |function: usize| (own[function] - sums[function]).max(0.0);
    // Functions without leaves are hidden with all they have.
    let without: f64 =
        (0..sums.len()).filter(|&function| sums[function] <= 0.0).map(|function| own[function]).sum();
    let spare = (hidden - without).max(0.0);
    let all: f64 = (0..sums.len()).filter(|&function| sums[function] > 0.0).map(lack).sum();
    let part = if all > 0.0 { (spare / all).min(1.0) } else { 0.0 };
    for function in 0..sums.len() {
        if sums[function] > 0.0 {
            wanted[function] -= lack(function) * part;
        }
    }
    wanted
}

/// What is between boxes whose time is proven.
struct Regions {
    /// Per box: its region; the last is that of the roots.
    of_box: Vec<u32>,
    /// Per region: its seconds.
    seconds: Vec<f64>,
}

impl Regions {
    fn of(graph: &Graph<'_>, pins: &Pins, grown: &Expansion) -> Self {
        let count = grown.made.len();
        let mut regions = Self { of_box: Vec::with_capacity(count), seconds: vec![0.0; count + 1] };
        regions.seconds[count] = graph.seconds();
        for (index, made) in grown.made.iter().enumerate() {
            let above = regions.of_box.get(made.parent as usize).copied().unwrap_or(count as u32);
            if pins.boxes[index] >= 0.0 {
                regions.seconds[above as usize] -= made.seconds;
                regions.seconds[index] = made.seconds;
                regions.of_box.push(index as u32);
            } else {
                regions.of_box.push(above);
            }
        }
        regions
    }

    /// Scales leaves and what is omitted to the regions' seconds.
    fn scale(&self, grown: &mut Expansion) {
        let mut sums = vec![0.0; self.seconds.len()];
        let last = self.seconds.len() as u32 - 1;
        let region = |parent: u32| self.of_box.get(parent as usize).copied().unwrap_or(last) as usize;
        for leaf in &grown.leaves {
            sums[region(leaf.at)] += leaf.seconds;
        }
        for omitted in &grown.omitted {
            sums[region(omitted.parent)] += omitted.seconds;
        }
        let factor: Vec<f64> = (self.seconds.iter().zip(&sums))
            .map(|(seconds, sum)| if *sum > 0.0 { seconds.max(0.0) / sum } else { 1.0 })
            .collect();
        for leaf in &mut grown.leaves {
            leaf.seconds *= factor[region(leaf.at)];
        }
        for omitted in &mut grown.omitted {
            omitted.seconds *= factor[region(omitted.parent)];
        }
    }
}
