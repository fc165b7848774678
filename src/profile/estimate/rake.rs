//! Fitting the boxes to the file: every function's boxes add up to its total time, its leaves to its self time.
//!
//! First all sums at once, as well as the boxes that were made can have them ([`Fit`]); then no function has more than
//! the file says ([`super::cap`]).

use super::bounds::Interval;
use super::expand::{Expansion, NO_EDGE, Omitted};
use super::fit::Fit;
use super::graph::Graph;
use crate::profile::call_tree::NO_PARENT;

/// Sweeps over a large tree, without cycles, and over one that is only tried.
const SWEEPS: usize = 40;
const WITHOUT_CYCLES: usize = 4_000;
const TRIED: usize = 3;

/// How much a change of leaves counts beside what functions miss, where guesses are compared. Values from 2 to 10
/// score alike.
const CHANGE: f64 = 5.0;

/// Fits `grown`.
pub(super) fn rake(graph: &Graph<'_>, intervals: &[Interval], grown: &mut Expansion) {
    add_up(grown);
    let mut fit = Fit::of(graph, intervals, grown);
    fit.run(if graph.has_cycles() { SWEEPS } else { WITHOUT_CYCLES });
    fit.cap(grown);
    keep_total(graph, grown);
}

/// How badly a guess fits, in seconds: what its functions miss of their totals, and how far its leaves are from what fits
/// better (relative entropy).
pub(super) fn misfit(graph: &Graph<'_>, grown: &mut Expansion) -> f64 {
    add_up(grown);
    let mut fit = Fit::of(graph, &[], grown);
    fit.missed() + CHANGE * fit.run(TRIED)
}

/// Files that contradict themselves can lose time on the way: what is there is scaled to all, and where nothing is,
/// functions stand side by side.
fn keep_total(graph: &Graph<'_>, grown: &mut Expansion) {
    let leaves: f64 = grown.leaves.iter().map(|leaf| leaf.seconds).sum();
    let sum = leaves + grown.omitted.iter().map(|omitted| omitted.seconds).sum::<f64>();
    let scale = graph.seconds() / sum;
    if !(sum > 0.0 && scale.is_finite()) {
        *grown = Expansion::default();
        let own = graph.flow.function_own.iter().enumerate().filter(|(_, own)| **own > 0.0);
        grown.omitted = own
            .map(|(function, &own)| Omitted {
                parent: NO_PARENT,
                function: function as u32,
                edge: NO_EDGE,
                seconds: own,
                own,
                count: 1,
            })
            .collect();
    } else if (scale - 1.0).abs() > 1e-13 {
        grown.leaves.iter_mut().for_each(|leaf| leaf.seconds *= scale);
        for omitted in &mut grown.omitted {
            omitted.seconds *= scale;
            omitted.own *= scale;
        }
    }
    add_up(grown);
}

/// Adds up the boxes' seconds from their leaves.
pub(super) fn add_up(grown: &mut Expansion) {
    for made in &mut grown.made {
        made.seconds = 0.0;
    }
    for leaf in &grown.leaves {
        grown.made[leaf.at as usize].seconds += leaf.seconds;
    }
    for omitted in &grown.omitted {
        if let Some(made) = grown.made.get_mut(omitted.parent as usize) {
            made.seconds += omitted.seconds;
        }
    }
    for index in (0..grown.made.len()).rev() {
        let seconds = grown.made[index].seconds;
        let parent = grown.made[index].parent;
        if let Some(parent) = grown.made.get_mut(parent as usize) {
            parent.seconds += seconds;
        }
    }
}
