//! Fitting the boxes to the file: every function's boxes add up to its total time, its leaves to its self time.
//!
//! Each sweep gives every box a wish, its seconds by what its function lacks, and hands the time of each box on to
//! its callees and leaves in proportion to their wishes. So nothing is ever lost, and no callee has more than its
//! caller.

use super::bounds::Interval;
use super::expand::{Expansion, Omitted};
use super::graph::Graph;
use super::settle::settle;
use crate::profile::call_tree::NO_PARENT;

/// Sweeps at most.
const SWEEPS: usize = 40;

/// Sweeps without much of a gain, after which it ends.
const IDLE: usize = 4;

/// What a sweep corrects of what is missing, as a power.
const POWER: f64 = 0.7;

/// The most that all sweeps change, as a logarithm: where the boxes are not those that there were, no factor helps,
/// and larger ones would only fill small boxes.
const MOST: f64 = 3.0;

/// The most and the least that a sweep multiplies by, before the power.
const STEP: f64 = 2.0;

/// Fits `grown`, as far as the totals then fit better.
pub(super) fn rake(graph: &Graph<'_>, intervals: &[Interval], grown: &mut Expansion) {
    add_up(grown);
    fit(graph, intervals, grown);
    keep_total(graph, grown);
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

/// By how many seconds functions' boxes miss their totals.
pub(super) fn missed(graph: &Graph<'_>, grown: &mut Expansion) -> f64 {
    add_up(grown);
    let (totals, _) = sums(graph, grown);
    totals.iter().zip(&graph.total).map(|(found, total)| (found - total).abs()).sum()
}

/// Per function: seconds of its boxes, and of its leaves.
fn sums(graph: &Graph<'_>, grown: &Expansion) -> (Vec<f64>, Vec<f64>) {
    let (mut totals, mut own) = (vec![0.0; graph.functions()], vec![0.0; graph.functions()]);
    for made in &grown.made {
        totals[made.function as usize] += made.seconds;
    }
    for omitted in &grown.omitted {
        if let Some(total) = totals.get_mut(omitted.function as usize) {
            *total += omitted.seconds;
        }
    }
    for leaf in &grown.leaves {
        own[leaf.function as usize] += leaf.seconds;
    }
    (totals, own)
}

/// How likely boxes and leaves of each function are, as factors on what they had when they were made.
struct Wishes {
    total: Vec<f64>,
    own: Vec<f64>,
}

fn fit(graph: &Graph<'_>, intervals: &[Interval], grown: &mut Expansion) {
    let functions = graph.functions();
    let hidden: f64 = grown.omitted.iter().map(|omitted| omitted.seconds).sum::<f64>() / graph.seconds();
    // What is not in boxes need not be made up for.
    let up = (1.0 - 10.0 * hidden).max(0.0);
    let (totals, own) = sums(graph, grown);
    let wanted = |(&found, &wanted): (&f64, &f64)| {
        if found < wanted { found + (wanted - found) * up } else { wanted }
    };
    let need: Vec<f64> = totals.iter().zip(&graph.total).map(wanted).collect();
    let need_own: Vec<f64> = own.iter().zip(&graph.flow.function_own).map(wanted).collect();
    let made =
        Expansion { made: grown.made.clone(), leaves: grown.leaves.clone(), omitted: grown.omitted.clone() };
    let pins = Pins::of(graph, intervals, &made);
    let mut wishes = Wishes { total: vec![0.0; functions], own: vec![0.0; functions] };
    hand_down(graph, &made, &pins, &wishes, grown);
    let mut best = (missed(graph, grown), Some((wishes.total.clone(), wishes.own.clone())));
    let mut idle = 0;
    for _ in 0..SWEEPS {
        let (totals, own) = sums(graph, grown);
        for function in 0..functions {
            step(&mut wishes.total[function], need[function], totals[function]);
            step(&mut wishes.own[function], need_own[function], own[function]);
        }
        hand_down(graph, &made, &pins, &wishes, grown);
        let missed = missed(graph, grown);
        // Further sweeps would change little.
        idle = if missed < 0.995 * best.0 { 0 } else { idle + 1 };
        if idle == IDLE {
            break;
        }
        if missed < best.0 {
            best = (missed, Some((wishes.total.clone(), wishes.own.clone())));
        }
    }
    if let Some((total, own)) = best.1 {
        hand_down(graph, &made, &pins, &Wishes { total, own }, grown);
    }
    add_up(grown);
    settle(graph, &pins, grown);
}

/// Moves the logarithm of a factor towards what is needed.
fn step(factor: &mut f64, need: f64, have: f64) {
    if have > 0.0 {
        let ratio = (need / have).clamp(1.0 / STEP, STEP);
        *factor = (*factor + POWER * ratio.ln()).clamp(-MOST, MOST);
    }
}

/// Times that the file determines.
pub(super) struct Pins {
    /// Per box: its seconds, if they are determined; else negative.
    pub boxes: Vec<f64>,
    /// Per leaf: the same.
    leaves: Vec<f64>,
}

impl Pins {
    fn of(graph: &Graph<'_>, intervals: &[Interval], made: &Expansion) -> Self {
        let exact = |interval: &Interval| interval.whole && interval.is_exact(graph.seconds());
        let boxes: Vec<f64> =
            intervals.iter().map(|interval| if exact(interval) { interval.low } else { -1.0 }).collect();
        let leaves = (made.leaves.iter())
            .map(|leaf| {
                let at = &made.made[leaf.at as usize];
                let whole = boxes[leaf.at as usize] >= graph.total[at.function as usize];
                let is_own = leaf.function == at.function && !graph.recursive[at.function as usize];
                if whole && is_own { graph.flow.function_own[leaf.function as usize] } else { -1.0 }
            })
            .collect();
        Self { boxes, leaves }
    }
}

/// Seconds in a box: those that are determined, and what the others ask for.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    fixed: f64,
    open: f64,
}

/// Hands the time of each box on: to what is determined that, to others in proportion to what they had, times their
/// factors.
fn hand_down(graph: &Graph<'_>, made: &Expansion, pins: &Pins, wishes: &Wishes, grown: &mut Expansion) {
    let total: Vec<f64> = wishes.total.iter().map(|factor| factor.exp()).collect();
    let own: Vec<f64> = wishes.own.iter().map(|factor| factor.exp()).collect();
    // Per box, and last for the roots.
    let count = made.made.len();
    let mut asked = vec![Asked::default(); count + 1];
    let mut ask = |parent: u32, pin: f64, seconds: f64| {
        let asked = &mut asked[(parent as usize).min(count)];
        if pin >= 0.0 { asked.fixed += pin } else { asked.open += seconds }
    };
    for (leaf, &pin) in made.leaves.iter().zip(&pins.leaves) {
        ask(leaf.at, pin, leaf.seconds * own[leaf.function as usize]);
    }
    for omitted in &made.omitted {
        ask(omitted.parent, -1.0, omitted.seconds * total.get(omitted.function as usize).unwrap_or(&1.0));
    }
    for (made, &pin) in made.made.iter().zip(&pins.boxes) {
        ask(made.parent, pin, made.seconds * total[made.function as usize]);
    }
    // Per box: what those that are determined, and what others are multiplied with.
    let share = |asked: Asked, have: f64| {
        if asked.open > 0.0 {
            let fixed = if asked.fixed > have { have / asked.fixed } else { 1.0 };
            (fixed, (have - asked.fixed).max(0.0) / asked.open)
        } else {
            (if asked.fixed > 0.0 { have / asked.fixed } else { 0.0 }, 0.0)
        }
    };
    let mut factor = vec![(0.0, 0.0); count + 1];
    factor[count] = share(asked[count], graph.seconds());
    for (index, from) in made.made.iter().enumerate() {
        let (fixed, open) = factor[(from.parent as usize).min(count)];
        let pin = pins.boxes[index];
        let have = if pin >= 0.0 { pin * fixed } else { from.seconds * total[from.function as usize] * open };
        factor[index] = share(asked[index], have);
    }
    for ((leaf, from), &pin) in grown.leaves.iter_mut().zip(&made.leaves).zip(&pins.leaves) {
        let (fixed, open) = factor[from.at as usize];
        leaf.seconds =
            if pin >= 0.0 { pin * fixed } else { from.seconds * own[from.function as usize] * open };
    }
    for (omitted, from) in grown.omitted.iter_mut().zip(&made.omitted) {
        let (_, open) = factor[(from.parent as usize).min(count)];
        omitted.seconds = from.seconds * total.get(from.function as usize).unwrap_or(&1.0) * open;
    }
}
