//! The call trees of both sides as one.

use rustc_hash::FxHashMap;

use super::{CallTree, MERGED, NO_PARENT, Outline};
use crate::profile::FunctionId;
use crate::profile::call_tree::{Certainty, NewBox};

/// The call tree of one side, and what the same stacks take on the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// The boxes that this side has; functions are places in [`super::Comparison::functions`]. Without calls, and without
    /// bounds: a mean of several recordings has none.
    pub tree: CallTree,
    /// Per box: its self time on the other side.
    pub other_self: Vec<f64>,
    /// Per box: its total time on the other side; 0 where there is no such stack.
    pub other_total: Vec<f64>,
}

/// A box of either side, and where it is.
type Key = (u32, u32, bool);

/// Stacks of both sides.
#[derive(Default)]
struct Union {
    places: FxHashMap<Key, u32>,
    /// Per stack, parents first.
    parent: Vec<u32>,
    function: Vec<u32>,
    recursive: Vec<bool>,
    /// Self times on this side and the other.
    times: [Vec<f64>; 2],
}

impl Union {
    fn place(&mut self, key: Key) -> u32 {
        let next = self.parent.len() as u32;
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            let (parent, function, recursive) = key;
            self.parent.push(parent);
            self.function.push(function);
            self.recursive.push(recursive);
            self.times.iter_mut().for_each(|times| times.push(0.0));
        }
        place
    }

    /// Adds the means of some recordings, whose functions are at `places`.
    fn add(&mut self, recordings: &[Outline], places: &[Vec<u32>], side: usize) {
        let share = 1.0 / recordings.len().max(1) as f64;
        for (outline, known) in recordings.iter().zip(places) {
            let boxes = &outline.tree;
            let mut at: Vec<u32> = Vec::with_capacity(boxes.function.len());
            let columns =
                boxes.function.iter().zip(&boxes.parent).zip(&boxes.recursive).zip(&boxes.self_time);
            for (((&function, &parent), &recursive), &time) in columns {
                // Parents come first; what was sent otherwise hangs at the root.
                let parent = at.get(parent as usize).copied().unwrap_or(NO_PARENT);
                let function = known.get(function as usize).copied().unwrap_or(MERGED);
                let place = self.place((parent, function, recursive));
                self.times[side][place as usize] += time * share;
                at.push(place);
            }
        }
    }

    fn totals(&self, side: usize) -> Vec<f64> {
        let mut totals = self.times[side].clone();
        for at in (0..totals.len()).rev() {
            let total = totals[at];
            if let Some(above) = totals.get_mut(self.parent[at] as usize) {
                *above += total;
            }
        }
        totals
    }
}

/// The trees of `before` and `after`, each with the places of its functions, in the proportions of one.
pub(super) fn difference(
    before: (&[Outline], &[Vec<u32>]),
    after: (&[Outline], &[Vec<u32>]),
    by_before: bool,
) -> Difference {
    let (this, other) = if by_before { (before, after) } else { (after, before) };
    let mut union = Union::default();
    union.add(this.0, this.1, 0);
    // What only the other side has comes behind.
    let count = union.parent.len();
    union.add(other.0, other.1, 1);
    let other_total = union.totals(1);
    let new = |at: usize| NewBox {
        function: union.function[at],
        parent: union.parent[at],
        recursive: union.recursive[at],
        self_time: union.times[0][at].max(0.0),
        calls: 0.0,
        certainty: if this.0.iter().any(|outline| outline.tree.estimated) {
            Certainty::Estimated
        } else {
            Certainty::Exact
        },
        low: 0.0,
        high: f64::INFINITY,
    };
    let boxes: Vec<NewBox> = (0..count).map(new).collect();
    let estimated = this.0.iter().chain(other.0).any(|outline| outline.tree.estimated);
    let tree = CallTree::new(estimated, &boxes);
    // The tree has its boxes in an order of its own.
    let mut places: Vec<u32> = Vec::with_capacity(tree.len());
    for at in 0..tree.len() {
        let parent = places.get(tree.parent[at] as usize).copied().unwrap_or(NO_PARENT);
        let key = (parent, tree.function[at] as FunctionId, tree.recursive[at]);
        places.push(union.places.get(&key).copied().unwrap_or(NO_PARENT));
    }
    let of = |column: &[f64]| {
        places.iter().map(|&place| column.get(place as usize).copied().unwrap_or(0.0)).collect::<Vec<f64>>()
    };
    Difference { other_self: of(&union.times[1]), other_total: of(&other_total), tree }
}
