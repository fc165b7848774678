//! Times of leaves that have all sums of the file, as near to the guess as can be.
//!
//! A function is on a stack once. So each sum that the file gives, a function's total time, its self time, or a box
//! whose time is proven, is one of leaves, each with the factor 1. Scaling the leaves to one sum after the other
//! (iterative proportional fitting) leads to the times that have all sums and are nearest to the guess, as relative
//! entropy measures it; where the boxes cannot have them all, near to them.

use super::bounds::Interval;
use super::expand::{Expansion, NO_EDGE};
use super::graph::Graph;
use super::margins::Margins;

/// Sweeps without much of a gain, after which it ends if there are cycles. Without them all sums can be had, and what
/// takes long is a leaf that has none.
const IDLE: usize = 2;

/// Leaves multiplied at most, in all sweeps together, so that a large profile waits no longer than others.
const WORK: usize = 20_000_000;

/// What is missed of sums that can all be had, as a share of all time, when it ends.
const EXACT: f64 = 1e-13;

/// Errors below this share of all time are rounding.
const ROUNDING: f64 = 1e-12;

/// Above this share of all time a file contradicts itself too much.
const CONTRADICTORY: f64 = 0.05;

/// Omitted below this share of all time are not told apart.
const SMALL: f64 = 3e-6;

/// What is not much: what is missed, after a sweep by before it.
const GAIN: f64 = 0.995;

/// The most that all sweeps change for one sum, as a logarithm: where the boxes are not those that there were, no
/// factor helps, and larger ones would only fill small boxes.
const MOST: f64 = 6.0;

/// Things by their sum, a number of [`Margins`].
pub(super) struct BySum<T> {
    first: Vec<u32>,
    all: Vec<T>,
}

impl<T: Copy + Default> BySum<T> {
    fn of(sums: usize, things: impl Iterator<Item = (usize, T)> + Clone) -> Self {
        let mut first = vec![0_u32; sums + 2];
        for (sum, _) in things.clone() {
            first[sum + 2] += 1;
        }
        for sum in 0..sums {
            first[sum + 2] += first[sum + 1];
        }
        let mut all = vec![T::default(); first[sums + 1] as usize];
        for (sum, thing) in things {
            let next = &mut first[sum + 1];
            all[*next as usize] = thing;
            *next += 1;
        }
        Self { first, all }
    }

    pub fn get(&self, sum: usize) -> &[T] {
        &self.all[self.first[sum] as usize..self.first[sum + 1] as usize]
    }
}

/// The leaves of a tree in depth-first order, so that all in a box is together. What is omitted is a leaf as well, all that
/// is small in a box one, and each box has one more, empty, for what has no place.
pub(super) struct Fit<'a> {
    pub graph: &'a Graph<'a>,
    /// Per slot.
    pub seconds: Vec<f64>,
    /// Per box: its slots.
    pub boxes: Vec<(u32, u32)>,
    /// Per leaf: its slot.
    pub leaf: Vec<u32>,
    /// Per omitted: its slot.
    pub omitted: Vec<u32>,
    /// Per box, and last for the roots: the slot of what has no place.
    pub spare: Vec<u32>,
    /// The file's sums.
    margins: Margins,
    /// Per sum: seconds that are omitted and share a slot; and omitted seconds in the function itself.
    omitted_total: Vec<f64>,
    omitted_own: Vec<f64>,
    /// Of each sum: its boxes' slots, and those of its leaves.
    ranges: BySum<(u32, u32)>,
    leaves: BySum<u32>,
    /// Per slot: the nearest box around whose time is proven; last the roots.
    pub region: Vec<u32>,
    /// Per box, last the roots: its seconds less those of proven boxes inside, if it is proven; else nothing.
    fixed: Vec<f64>,
    /// Per box: whether its time is proven.
    pub proven: Vec<bool>,
    /// Per slot: whether it is a leaf's.
    is_leaf: Vec<bool>,
    /// Per slot: the guess.
    pub guess: Vec<f64>,
}

impl<'a> Fit<'a> {
    /// Of `grown`, whose boxes' seconds are added up. `intervals` has one for each box, or none.
    pub fn of(graph: &'a Graph<'a>, intervals: &[Interval], grown: &Expansion) -> Self {
        let boxes = grown.made.len();
        let roots = boxes as u32;
        let at = |parent: u32| parent.min(roots) as usize;
        let mut own = vec![2_u32; boxes + 1];
        grown.leaves.iter().for_each(|leaf| own[leaf.at as usize] += 1);
        let margins = Margins::of(graph, grown);
        let (mut omitted_total, mut omitted_own) = (vec![0.0; margins.len()], vec![0.0; margins.len()]);
        let mut small_in = vec![0.0; boxes + 1];
        let is_small = |seconds: f64| seconds < SMALL * graph.seconds();
        for omitted in &grown.omitted {
            if is_small(omitted.seconds) {
                small_in[at(omitted.parent)] += omitted.seconds;
            } else {
                own[at(omitted.parent)] += 1;
            }
            if (omitted.function as usize) < graph.functions() {
                if is_small(omitted.seconds) {
                    omitted_total[margins.of_box(graph, omitted.function, omitted.edge)] += omitted.seconds;
                }
                let own = margins.of_own(graph, omitted.function, omitted.edge);
                omitted_own[own] += omitted.own.min(omitted.seconds);
            }
        }
        let mut count = own.clone();
        for (index, made) in grown.made.iter().enumerate().rev() {
            count[at(made.parent)] += count[index];
        }
        // A box's own slots come first, then those of the boxes in it.
        let mut next = vec![0_u32; boxes + 1];
        let mut below = vec![0_u32; boxes + 1];
        below[boxes] = own[boxes];
        let mut ranges = Vec::with_capacity(boxes);
        for (index, made) in grown.made.iter().enumerate() {
            let start = below[at(made.parent)];
            below[at(made.parent)] += count[index];
            next[index] = start;
            below[index] = start + own[index];
            ranges.push((start, start + count[index]));
        }
        let slots = count[boxes] as usize;
        let (regions, fixed, proven) = regions(graph, intervals, grown);
        let mut seconds = vec![0.0; slots];
        let mut region = vec![roots; slots];
        let mut slot = |at: usize, time: f64| {
            let slot = next[at];
            next[at] += 1;
            seconds[slot as usize] = time;
            region[slot as usize] = regions.get(at).copied().unwrap_or(roots);
            slot
        };
        let leaf: Vec<u32> = grown.leaves.iter().map(|leaf| slot(leaf.at as usize, leaf.seconds)).collect();
        let mut is_leaf = vec![false; slots];
        leaf.iter().for_each(|&slot| is_leaf[slot as usize] = true);
        let small: Vec<u32> = (0..=boxes).map(|at| slot(at, small_in[at])).collect();
        let omitted: Vec<u32> = (grown.omitted.iter())
            .map(|omitted| match at(omitted.parent) {
                at if is_small(omitted.seconds) => small[at],
                at => slot(at, omitted.seconds),
            })
            .collect();
        let spare: Vec<u32> = (0..=boxes).map(|at| slot(at, 0.0)).collect();
        let of_boxes = grown.made.iter().zip(&ranges);
        let of_boxes =
            of_boxes.map(|(made, &range)| (margins.of_box(graph, made.function, made.edge), range));
        let of_omitted = grown.omitted.iter().zip(&omitted).filter(|(omitted, _)| {
            (omitted.function as usize) < graph.functions() && !is_small(omitted.seconds)
        });
        let of_omitted = of_omitted.map(|(omitted, &slot)| {
            (margins.of_box(graph, omitted.function, omitted.edge), (slot, slot + 1))
        });
        let of_leaves = grown.leaves.iter().zip(&leaf).map(|(leaf, &slot)| {
            let at = &grown.made[leaf.at as usize];
            let edge = if at.function == leaf.function { at.edge } else { NO_EDGE };
            (margins.of_own(graph, leaf.function, edge), slot)
        });
        Self {
            graph,
            ranges: BySum::of(margins.len(), of_boxes.chain(of_omitted)),
            leaves: BySum::of(margins.len(), of_leaves),
            margins,
            guess: seconds.clone(),
            seconds,
            boxes: ranges,
            leaf,
            omitted,
            spare,
            region,
            fixed,
            proven,
            omitted_total,
            omitted_own,
            is_leaf,
        }
    }

    /// Seconds in all boxes of a sum, and omitted ones.
    fn total_of(&self, sum: usize) -> f64 {
        let mut total = self.omitted_total[sum];
        for &(from, to) in self.ranges.get(sum) {
            total += self.seconds[from as usize..to as usize].iter().sum::<f64>();
        }
        total
    }

    /// Seconds in all leaves of a sum.
    fn own_of(&self, sum: usize) -> f64 {
        self.leaves.get(sum).iter().map(|&slot| self.seconds[slot as usize]).sum()
    }

    /// Per function: seconds in all its boxes, and omitted ones.
    pub fn totals(&self) -> Vec<f64> {
        self.by_function(|sum| self.total_of(sum))
    }

    /// Per function: seconds in all its leaves.
    pub fn owns(&self) -> Vec<f64> {
        self.by_function(|sum| self.own_of(sum))
    }

    fn by_function(&self, seconds: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut result = vec![0.0; self.graph.functions()];
        for (sum, &function) in self.margins.function.iter().enumerate() {
            result[function as usize] += seconds(sum);
        }
        result
    }

    /// Whether total times are worth being kept.
    pub fn totals_hold(&self) -> bool {
        self.graph.flow.contradiction <= CONTRADICTORY * self.graph.seconds()
    }

    /// Seconds that are omitted.
    fn hidden(&self) -> f64 {
        let omitted = self.seconds.iter().zip(&self.is_leaf).filter(|(_, is_leaf)| !**is_leaf);
        omitted.map(|(seconds, _)| seconds).sum()
    }

    /// By how many seconds functions' boxes miss their totals.
    pub fn missed(&self) -> f64 {
        self.totals().iter().zip(&self.graph.total).map(|(found, total)| (found - total).abs()).sum()
    }

    /// Scales, in `sweeps` sweeps at most. Returns how far leaves are from the guess then: relative entropy, seconds.
    pub fn run(&mut self, sweeps: usize) -> f64 {
        let graph = self.graph;
        let sums = self.margins.len();
        // Functions that hang where there is no room for them make a tree of more time than there is.
        let made: f64 = self.seconds.iter().sum();
        let hidden = self.hidden() * (graph.seconds() / made).min(1.0);
        // What is not in boxes need not be made up for.
        let up = (1.0 - hidden / graph.seconds()).max(0.0);
        let needed = |(sum, &total): (usize, &f64)| {
            let found = self.total_of(sum);
            if found < total { found + (total - found) * up } else { total }
        };
        let need: Vec<f64> = self.margins.total.iter().enumerate().map(needed).collect();
        // Where much time contradicts itself, total times say little of what was above what.
        let totals_hold = self.totals_hold();
        let mut factor = vec![0.0; sums];
        let mut factor_own = vec![0.0; sums];
        let (mut best, mut idle) = (f64::INFINITY, 0);
        let in_boxes: usize = self.boxes.iter().map(|&(from, to)| (to - from) as usize).sum();
        for _ in 0..sweeps.min(WORK / in_boxes.max(1)).max(1) {
            let mut missed = 0.0;
            for &sum in self.margins.order.iter().filter(|_| totals_hold) {
                let sum = sum as usize;
                let found = self.total_of(sum);
                missed += (found - need[sum]).abs();
                // What is omitted and small stays as it is.
                let omitted = self.omitted_total[sum];
                let (needed, found) = (need[sum] - omitted, found - omitted);
                let Some(by) = step(&mut factor[sum], needed.max(0.0), found) else { continue };
                for &(from, to) in self.ranges.get(sum) {
                    self.seconds[from as usize..to as usize].iter_mut().for_each(|seconds| *seconds *= by);
                }
            }
            let (found, wanted) = self.own_wanted();
            for sum in 0..sums {
                let Some(by) = step(&mut factor_own[sum], wanted[sum], found[sum]) else { continue };
                for &slot in self.leaves.get(sum) {
                    self.seconds[slot as usize] *= by;
                }
            }
            self.scale_hidden(hidden);
            self.scale_regions();
            idle = if missed < GAIN * best { 0 } else { idle + 1 };
            best = missed.min(best);
            let done = missed <= EXACT * graph.seconds();
            if done || idle == IDLE && graph.has_cycles() {
                break;
            }
        }
        let change = |&slot: &u32| {
            let (before, after) = (self.guess[slot as usize], self.seconds[slot as usize]);
            if before > 0.0 && after > 0.0 {
                after * libm::log(after / before) - after + before
            } else {
                before
            }
        };
        self.leaf.iter().map(change).sum()
    }

    /// Per sum: what its leaves have, and what they should have: its self time, less its part of what has no box.
    fn own_wanted(&self) -> (Vec<f64>, Vec<f64>) {
        let found: Vec<f64> = (0..self.margins.len()).map(|sum| self.own_of(sum)).collect();
        let mut wanted = self.margins.own.clone();
        let mut hidden = self.hidden();
        for (wanted, omitted) in wanted.iter_mut().zip(&self.omitted_own) {
            let own = omitted.min(*wanted);
            *wanted -= own;
            hidden -= own;
        }
        // Sums without leaves are hidden with all they have; the others with what they lack, as far as it goes.
        let (mut without, mut lack, mut have) = (0.0, 0.0, 0.0);
        for (found, wanted) in found.iter().zip(&wanted) {
            if *found > 0.0 {
                lack += (wanted - found).max(0.0);
                have += found.min(*wanted);
            } else {
                without += wanted;
            }
        }
        let spare = f64::max(hidden - without, 0.0);
        let (part, by) = if lack > spare {
            (spare / lack, 1.0)
        } else {
            (1.0, if have > 0.0 { (1.0 - (spare - lack) / have).max(0.0) } else { 1.0 })
        };
        for (found, wanted) in found.iter().zip(&mut wanted) {
            *wanted = (*wanted - (*wanted - found).max(0.0) * part) * by;
        }
        (found, wanted)
    }

    /// What is omitted does not become more: it is no place for what fits nowhere.
    fn scale_hidden(&mut self, most: f64) {
        let now = self.hidden();
        if now > most + ROUNDING * self.graph.seconds() {
            let by = most / now;
            let omitted = self.seconds.iter_mut().zip(&self.is_leaf).filter(|(_, is_leaf)| !**is_leaf);
            omitted.for_each(|(seconds, _)| *seconds *= by);
        }
    }

    /// Boxes whose time is proven, and with them all time.
    fn scale_regions(&mut self) {
        let mut factor = vec![0.0; self.fixed.len()];
        for (seconds, &region) in self.seconds.iter().zip(&self.region) {
            factor[region as usize] += seconds;
        }
        for ((factor, fixed), &spare) in factor.iter_mut().zip(&self.fixed).zip(&self.spare) {
            if *factor > 0.0 {
                *factor = fixed.max(0.0) / *factor;
            } else {
                // Nothing there to be scaled.
                self.seconds[spare as usize] = fixed.max(0.0);
                *factor = 1.0;
            }
        }
        for (seconds, &region) in self.seconds.iter_mut().zip(&self.region) {
            *seconds *= factor[region as usize];
        }
    }
}

/// Moves the logarithm of a factor to where `found` is `needed`, and returns by how much to multiply.
fn step(factor: &mut f64, needed: f64, found: f64) -> Option<f64> {
    if found <= 0.0 || found == needed {
        return None;
    }
    let now = (*factor + libm::log((needed / found).max(f64::MIN_POSITIVE))).clamp(-MOST, MOST);
    let by = libm::exp(now - *factor);
    *factor = now;
    Some(by)
}

/// Boxes whose time is proven cut the tree into regions whose time is fixed. Per box: its region, its number or that of
/// a box around it; per region, last that of the roots: seconds; per box: whether it is proven.
fn regions(graph: &Graph<'_>, intervals: &[Interval], grown: &Expansion) -> (Vec<u32>, Vec<f64>, Vec<bool>) {
    let boxes = grown.made.len();
    let mut region: Vec<u32> = Vec::with_capacity(boxes);
    let mut fixed = vec![0.0; boxes + 1];
    let mut proven = vec![false; boxes];
    fixed[boxes] = graph.seconds();
    for (index, made) in grown.made.iter().enumerate() {
        let around = region.get(made.parent as usize).copied().unwrap_or(boxes as u32);
        let interval = intervals.get(index);
        match interval.filter(|interval| interval.whole && interval.is_exact(graph.seconds())) {
            Some(interval) => {
                fixed[around as usize] -= interval.low;
                fixed[index] = interval.low;
                proven[index] = true;
                region.push(index as u32);
            }
            None => region.push(around),
        }
    }
    (region, fixed, proven)
}
