//! A call tree out of a call graph.
//!
//! pstats keeps functions and caller→callee edges, no stacks. This module estimates the stacks, such
//! that every number the file determines comes out again, and says of each box how far the file
//! determines it. `docs/call-trees.md` has the reasoning at length, what was tried, and how it
//! scores beside other viewers; in short:
//!
//! 1. **Conservation** (`conservation`). A function's calls less those of its incoming edges are
//!    roots, exactly; there may be several. Time that comes into a function goes out of it. Where a
//!    file contradicts itself, the smaller number is believed and the rest begins at a root of its
//!    own, so that no time is lost or invented.
//! 2. **Cycles** ([`super::components`], `balance`). Edges that are nested in themselves have their time
//!    written for outermost activations only; what they last in all is inferred from the balance.
//! 3. **Dispersion** (`dispersion`). For a function with several callers and callees, the table
//!    between them: callers whose calls last long get more of the callees that vary.
//! 4. **The walk** (`states`, `walk`). Time walks down the call graph; recursion is folded to the
//!    first occurrence of a function, which is the walk's loop erasure and has a closed form.
//! 5. **Expansion** (`expand`). The largest boxes first, until the budget is used; what has no box
//!    goes to a [`MERGED`] box of its parent, which keeps its split per function.
//! 6. **Bounds** (`bounds`). Each box has the least and the most the file allows.
//!
//! The cost is that of the edges, plus that of the boxes times their callees; inside cycles times
//! the size of the cycle.

mod balance;
mod bounds;
mod conservation;
mod dispersion;
mod expand;
mod scaling;
mod states;
mod walk;

use super::call_tree::{CallTree, Certainty, MERGED, MergedPart, NO_PARENT, NewBox};
use super::repair::repaired;
use super::{FunctionId, Profile};
use bounds::Interval;
use conservation::Flow;
use expand::{Expansion, Made};

/// Intervals narrower than this share of all time are single values but for rounding.
const ROUNDING: f64 = 1e-9;

/// Less than this share of all time needs no merged box.
const NOTHING: f64 = 1e-12;

/// Estimates the call tree of `profile` in at most `budget` boxes (at least one). Times that are
/// negative or no numbers count as zero.
pub fn estimate(profile: &Profile, budget: usize) -> CallTree {
    let budget = budget.clamp(1, NO_PARENT as usize);
    let repair = repaired(profile);
    let profile = repair.as_ref().map_or(profile, |repair| &repair.profile);
    let mut flow = Flow::of(profile);
    flow.contradiction += repair.as_ref().map_or(0.0, |repair| repair.lost.doubt);
    if flow.total <= 0.0 {
        return CallTree { estimated: true, ..CallTree::default() };
    }
    let expansion = Expansion::of(&flow, budget);
    let mut boxes: Vec<NewBox> = expansion.made.iter().map(|made| new_box(&flow, made)).collect();
    let merged = merge(&flow, &expansion, &mut boxes);
    keep_total(flow.total, &mut boxes);
    let (parts, elsewhere) = split(&flow, &expansion, &boxes, &merged);
    let mut tree = CallTree::with_merged(true, &boxes, &parts, elsewhere);
    tree.contradiction = flow.contradiction_share();
    tree
}

/// A made box as the tree takes it.
fn new_box(flow: &Flow<'_>, made: &Made) -> NewBox {
    // What the file contradicts itself by may be anywhere.
    let interval = made.interval.wider(flow.contradiction);
    // The estimate keeps to the interval but for rounding, and for edges inside cycles.
    let interval =
        Interval { low: interval.low.min(made.inclusive), high: interval.high.max(made.inclusive) };
    NewBox {
        function: made.function,
        parent: made.parent,
        self_time: if made.own.is_finite() { made.own.max(0.0) } else { 0.0 },
        calls: if made.calls.is_finite() { made.calls } else { 0.0 },
        certainty: certainty(flow, interval, made.inclusive),
        low: interval.low,
        high: interval.high,
    }
}

fn certainty(flow: &Flow<'_>, interval: Interval, estimate: f64) -> Certainty {
    if interval.high - interval.low <= ROUNDING * flow.total {
        Certainty::Exact
    } else if interval.low >= 0.8 * estimate && interval.high <= 1.2 * estimate {
        Certainty::Bounded
    } else {
        Certainty::Estimated
    }
}

/// Adds a merged box to each box with callees that have none. Per box of `expansion`, and last for
/// the roots: its merged box, or [`NO_PARENT`].
fn merge(flow: &Flow<'_>, expansion: &Expansion<'_>, boxes: &mut Vec<NewBox>) -> Vec<u32> {
    let count = expansion.made.len();
    let mut rest: Vec<f64> = expansion.made.iter().map(|made| made.inclusive - made.own).collect();
    rest.push(flow.total);
    for made in &expansion.made {
        rest[(made.parent as usize).min(count)] -= made.inclusive;
    }
    let mut merged = vec![NO_PARENT; count + 1];
    for (index, &seconds) in rest.iter().enumerate() {
        let made = expansion.made.get(index);
        let omitted = made.map_or(expansion.omitted_roots, |made| made.omitted);
        if seconds <= NOTHING * flow.total || omitted == 0 {
            // Rounding, which goes where it changes nothing else.
            if let Some(new) = boxes.get_mut(index).filter(|_| index < count) {
                new.self_time = (new.self_time + seconds).max(0.0);
            }
            continue;
        }
        merged[index] = boxes.len() as u32;
        boxes.push(NewBox {
            function: MERGED,
            parent: if index < count { index as u32 } else { NO_PARENT },
            self_time: seconds,
            calls: f64::from(omitted),
            certainty: Certainty::Estimated,
            low: 0.0,
            high: made.map_or(seconds, |made| made.interval.high.max(seconds)),
        });
    }
    merged
}

/// Scales the boxes to the file's total, which they have already unless the file contradicts itself
/// inside a cycle.
fn keep_total(total: f64, boxes: &mut [NewBox]) {
    let sum: f64 = boxes.iter().map(|new| new.self_time).sum();
    let scale = total / sum;
    if !scale.is_finite() || (scale - 1.0).abs() < NOTHING {
        return;
    }
    for new in boxes {
        new.self_time *= scale;
        new.low *= scale.min(1.0);
        new.high *= scale.max(1.0);
    }
}

/// What the merged boxes stand for: what their first functions do themselves, by box; and what is
/// further down, by function.
fn split(
    flow: &Flow<'_>,
    expansion: &Expansion<'_>,
    boxes: &[NewBox],
    merged: &[u32],
) -> (Vec<MergedPart>, Vec<(FunctionId, f64)>) {
    let mut unassigned: f64 = boxes[expansion.made.len()..].iter().map(|new| new.self_time).sum();
    let mut left = flow.function_own.clone();
    for made in &expansion.made {
        left[made.function as usize] -= made.own;
    }
    let mut rest: Vec<f64> = boxes.iter().map(|new| new.self_time).collect();
    let mut parts = Vec::new();
    for omitted in &expansion.omitted {
        let merged = merged[(omitted.parent as usize).min(expansion.made.len())];
        let Some(rest) = rest.get_mut(merged as usize) else { continue };
        let seconds = omitted.own.min(left[omitted.function as usize]).min(*rest);
        if seconds > ROUNDING * flow.total {
            parts.push(MergedPart { merged, function: omitted.function, self_time: seconds });
            left[omitted.function as usize] -= seconds;
            *rest -= seconds;
            unassigned -= seconds;
        }
    }
    let sum: f64 = left.iter().map(|seconds| seconds.max(0.0)).sum();
    let scale = if sum > 0.0 { unassigned.max(0.0) / sum } else { 0.0 };
    let elsewhere = left
        .iter()
        .enumerate()
        .filter(|&(_, &seconds)| seconds * scale > NOTHING * flow.total)
        .map(|(function, &seconds)| (function as FunctionId, seconds * scale))
        .collect();
    (parts, elsewhere)
}
