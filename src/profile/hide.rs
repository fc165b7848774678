//! A call tree without some of its boxes: what they called stands where they stood.

use rustc_hash::FxHashMap;

use super::FunctionId;
use super::call_tree::{CallTree, Certainty, MERGED, MergedPart, NO_PARENT, NewBoxes};

/// What of a tree is not to be seen. Recursive calls of a function whose box is hidden are, too.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hidden {
    /// Per box. Merged ones are always seen.
    pub boxes: Vec<bool>,
    /// Per function in a merged box, in the order of [`super::call_tree::Merged::parts`].
    pub parts: Vec<bool>,
}

impl Hidden {
    /// All boxes of some functions.
    pub fn functions(tree: &CallTree, is_hidden: impl Fn(FunctionId) -> bool) -> Self {
        Self {
            boxes: tree.function.iter().map(|&function| function != MERGED && is_hidden(function)).collect(),
            parts: tree.merged.parts.iter().map(|part| is_hidden(part.function)).collect(),
        }
    }
}

impl CallTree {
    /// The tree without what is hidden: own time of hidden boxes is that of the nearest box above that is seen,
    /// what they called is below it, and boxes of one function there become one. A hidden root keeps the own time
    /// of all that have nothing seen above them; what they called are roots beside it.
    ///
    /// The total time of each function that is seen is what it was, and its self time no less. Intervals of boxes
    /// that become one add up. Such a box is exact only if all of them were, and if no time was put into it that is
    /// not known exactly.
    #[must_use]
    pub fn without(&self, hidden: &Hidden) -> Self {
        let mut shown = Shown::of(self, hidden);
        let parts = shown.parts(self, hidden);
        let elsewhere = self.merged.elsewhere.clone();
        let mut tree = Self::with_merged(self.estimated, &shown.boxes.all, &parts, elsewhere);
        tree.contradiction = self.contradiction;
        tree.narrow();
        tree
    }

    /// What is called takes no more than what calls it; where intervals were added up, that may be less.
    pub(super) fn narrow(&mut self) {
        for at in 0..self.len() {
            let above = self.high.get(self.parent[at] as usize).copied().unwrap_or(f64::INFINITY);
            let total = self.total_time[at];
            self.high[at] = self.high[at].min(above).max(total);
            let estimated = self.certainty[at] == Certainty::Estimated as u8 && self.function[at] != MERGED;
            if estimated && self.low[at] >= 0.8 * total && self.high[at] <= 1.2 * total {
                self.certainty[at] = Certainty::Bounded as u8;
            }
        }
    }
}

/// The boxes that are shown.
#[derive(Default)]
struct Shown {
    boxes: NewBoxes,
    /// Per box of the tree one begins with: the new one that what it called is below, or [`NO_PARENT`].
    below: Vec<u32>,
}

impl Shown {
    fn of(tree: &CallTree, hidden: &Hidden) -> Self {
        let mut shown = Self::default();
        shown.below.reserve(tree.len());
        // Per function: whether the last of its boxes is hidden. That of recursive calls is it, since a function
        // stands on a stack once.
        let mut last: FxHashMap<FunctionId, bool> = FxHashMap::default();
        // The root of the stack, and whether its numbers were taken over.
        let (mut root, mut is_taken) = (0, false);
        for at in 0..tree.len() {
            let function = tree.function[at];
            let below = match shown.below.get(tree.parent[at] as usize) {
                Some(&below) => below,
                None => {
                    (root, is_taken) = (at, false);
                    NO_PARENT
                }
            };
            let is_hidden = match last.get(&function) {
                _ if function == MERGED => false,
                Some(true) if tree.recursive[at] => true,
                _ => hidden.boxes.get(at).copied().unwrap_or(false),
            };
            if !tree.recursive[at] {
                last.insert(function, is_hidden);
            }
            if !is_hidden {
                let place = shown.keep(tree, at, below);
                shown.below.push(place);
                continue;
            }
            if tree.self_time[at] > 0.0 {
                if below == NO_PARENT {
                    shown.keep_root(tree, at, root, std::mem::replace(&mut is_taken, true));
                } else {
                    shown.give(tree, at, below);
                }
            }
            shown.below.push(below);
        }
        shown
    }

    /// The box `at` stands below `parent`.
    fn keep(&mut self, tree: &CallTree, at: usize, parent: u32) -> u32 {
        let place = self.boxes.place(parent, tree.function[at], tree.recursive[at]);
        let new = &mut self.boxes.all[place as usize];
        new.self_time += tree.self_time[at];
        new.calls += tree.calls[at];
        new.low += tree.low[at];
        new.high += tree.high[at];
        new.certainty = lesser(new.certainty, tree.certainty[at]);
        place
    }

    /// The own time of the box `at` is that of `place`.
    fn give(&mut self, tree: &CallTree, at: usize, place: u32) {
        let new = &mut self.boxes.all[place as usize];
        new.self_time += tree.self_time[at];
        if tree.certainty[at] != Certainty::Exact as u8 {
            // In all it lasts as long as before.
            new.certainty = lesser(new.certainty, Certainty::Bounded as u8);
        }
    }

    /// The own time of the box `at` stays in a box of its root's function.
    fn keep_root(&mut self, tree: &CallTree, at: usize, root: usize, is_taken: bool) {
        let place = self.boxes.place(NO_PARENT, tree.function[root], false);
        let new = &mut self.boxes.all[place as usize];
        let own = tree.self_time[at];
        new.self_time += own;
        if !is_taken {
            new.calls += tree.calls[root];
        }
        if tree.estimated {
            new.high += if is_taken { 0.0 } else { tree.high[root] };
            new.certainty = Certainty::Estimated;
        } else {
            new.low += own;
            new.high += own;
        }
    }

    /// What the merged boxes stand for: those of one box became one, too.
    fn parts(&mut self, tree: &CallTree, hidden: &Hidden) -> Vec<MergedPart> {
        let mut parts: Vec<MergedPart> = Vec::with_capacity(tree.merged.parts.len());
        let mut known: FxHashMap<(u32, FunctionId), usize> = FxHashMap::default();
        for (index, part) in tree.merged.parts.iter().enumerate() {
            // What is hidden is in what the box has beyond its functions.
            if hidden.parts.get(index).copied().unwrap_or(false) {
                continue;
            }
            let merged = self.below[part.merged as usize];
            let Some(new) = self.boxes.all.get_mut(merged as usize) else { continue };
            let place = *known.entry((merged, part.function)).or_insert(parts.len());
            match parts.get_mut(place) {
                Some(same) => {
                    same.self_time += part.self_time;
                    same.total_time += part.total_time;
                    // Two of the boxes it stands for would be one.
                    new.calls -= 1.0;
                }
                None => parts.push(MergedPart { merged, ..*part }),
            }
        }
        MergedPart::put_in_order(&mut parts);
        parts
    }
}

/// What is said of two together.
pub(super) fn lesser(one: Certainty, other: u8) -> Certainty {
    const EXACT: u8 = Certainty::Exact as u8;
    const BOUNDED: u8 = Certainty::Bounded as u8;
    match (one, other) {
        (Certainty::Exact, EXACT) => Certainty::Exact,
        (Certainty::Exact | Certainty::Bounded, EXACT | BOUNDED) => Certainty::Bounded,
        _ => Certainty::Estimated,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::call_tree::NewBox;
    use super::*;

    fn new(function: FunctionId, parent: u32, self_time: f64) -> NewBox {
        let certainty = Certainty::Estimated;
        NewBox { function, parent, recursive: false, self_time, calls: 1.0, certainty, low: 0.0, high: 100.0 }
    }

    /// `name self` and `name* self` for recursive calls, a line each, indented by depth.
    fn written(tree: &CallTree) -> String {
        (0..tree.len())
            .map(|at| {
                let name = match tree.function[at] {
                    MERGED => "more".to_owned(),
                    function => char::from(b'a' + function as u8).to_string(),
                };
                let star = if tree.recursive[at] { "*" } else { "" };
                let indent = "  ".repeat(tree.depth[at] as usize);
                format!("{indent}{name}{star} {}\n", tree.self_time[at])
            })
            .collect()
    }

    const A: FunctionId = 0;
    const B: FunctionId = 1;
    const C: FunctionId = 2;
    const D: FunctionId = 3;

    #[test]
    fn what_hidden_boxes_called_comes_together() {
        // Two ways from `a` to `d`: over `b`, and over `c`.
        let boxes = [
            new(A, NO_PARENT, 1.0),
            new(B, 0, 2.0),
            new(C, 0, 4.0),
            new(D, 1, 8.0),
            new(D, 2, 16.0),
            new(C, 3, 32.0),
            NewBox { recursive: true, ..new(B, 3, 64.0) },
            NewBox { recursive: true, ..new(A, 2, 128.0) },
        ];
        let tree = CallTree::new(true, &boxes);
        let without = |functions: &[FunctionId]| {
            written(&tree.without(&Hidden::functions(&tree, |function| functions.contains(&function))))
        };
        assert_eq!(without(&[]), written(&tree));
        assert_eq!(without(&[B, C]), "a 7\n  a* 128\n  d 120\n");
        assert_eq!(without(&[C]), "a 5\n  a* 128\n  b 2\n    d 40\n      b* 64\n  d 16\n");
        // A root that is hidden keeps its own time; that of its recursive calls is the caller's.
        assert_eq!(without(&[A]), "c 132\n  d 16\nb 2\n  d 8\n    b* 64\n    c 32\na 1\n");
        // So do all that are hidden from it on.
        assert_eq!(without(&[A, B]), "c 132\n  d 16\nd 72\n  c 32\na 3\n");
    }

    #[test]
    fn intervals_add_up() {
        let known = |function, parent, own, certainty, low, high| NewBox {
            certainty,
            low,
            high,
            ..new(function, parent, own)
        };
        let boxes = [
            known(A, NO_PARENT, 0.0, Certainty::Exact, 10.0, 10.0),
            known(B, 0, 0.0, Certainty::Exact, 6.0, 6.0),
            known(C, 0, 0.0, Certainty::Estimated, 1.0, 8.0),
            known(D, 1, 6.0, Certainty::Exact, 6.0, 6.0),
            known(D, 2, 4.0, Certainty::Bounded, 3.5, 4.5),
        ];
        let tree = CallTree::new(true, &boxes);
        let hide = |functions: &[FunctionId]| {
            let tree = tree.without(&Hidden::functions(&tree, |function| functions.contains(&function)));
            let row = |at: usize| (tree.function[at], tree.certainty[at], tree.low[at], tree.high[at]);
            (0..tree.len()).map(row).collect::<Vec<_>>()
        };
        let (exact, estimated, bounded) =
            (Certainty::Exact as u8, Certainty::Estimated as u8, Certainty::Bounded as u8);
        // No more than what calls it.
        assert_eq!(hide(&[B, C]), [(A, exact, 10.0, 10.0), (D, bounded, 9.5, 10.0)]);
        // Time that is only bounded is put into what was exact.
        assert_eq!(hide(&[D]), [(A, exact, 10.0, 10.0), (B, exact, 6.0, 6.0), (C, estimated, 1.0, 8.0)]);
        assert_eq!(hide(&[B, C, D]), [(A, bounded, 10.0, 10.0)]);
    }

    #[test]
    fn merged_boxes_come_together() {
        let boxes = [
            new(A, NO_PARENT, 0.0),
            new(B, 0, 0.0),
            NewBox { calls: 3.0, ..new(MERGED, 0, 5.0) },
            NewBox { calls: 4.0, ..new(MERGED, 1, 7.0) },
        ];
        let part = |merged, function, seconds| MergedPart {
            merged,
            function,
            self_time: seconds,
            total_time: seconds,
        };
        let parts = [part(2, C, 2.0), part(2, D, 1.0), part(3, D, 4.0), part(3, B, 0.5)];
        let tree = CallTree::with_merged(true, &boxes, &parts, Vec::new());
        let tree = tree.without(&Hidden::functions(&tree, |function| function == B));
        assert_eq!(written(&tree), "a 0\n  more 12\n");
        // Of seven functions too small to show one was there twice; what is hidden is one of the others.
        assert_eq!(tree.calls[1], 6.0);
        assert_eq!(tree.merged.parts, [part(1, D, 5.0), part(1, C, 2.0)]);
    }

    /// Trees as they are made: a function stands on a stack once, but for recursive calls, and below a box once.
    fn trees() -> impl Strategy<Value = CallTree> {
        let step = (0_usize..4, 0_u32..9, 0.0..10.0_f64, 0_u8..6, any::<bool>());
        proptest::collection::vec(step, 1..120).prop_map(|steps| {
            let mut boxes: Vec<NewBox> = Vec::new();
            let (mut stack, mut parts) = (Vec::<u32>::new(), Vec::new());
            for (up, function, seconds, kind, exact) in steps {
                stack.truncate(stack.len().saturating_sub(up));
                let parent = stack.last().copied().unwrap_or(NO_PARENT);
                let above = stack.iter().any(|&at| boxes[at as usize].function == function);
                let merged = kind == 0;
                let function = if merged { MERGED } else { function };
                if boxes.iter().any(|new| (new.parent, new.function) == (parent, function)) {
                    continue;
                }
                let place = boxes.len() as u32;
                let certainty = if exact { Certainty::Exact } else { Certainty::Estimated };
                boxes.push(NewBox {
                    recursive: above && !merged,
                    certainty,
                    ..new(function, parent, if kind == 1 { 0.0 } else { seconds })
                });
                if merged {
                    parts.push(MergedPart {
                        merged: place,
                        function: 9 + place % 3,
                        self_time: boxes[place as usize].self_time / 2.0,
                        total_time: boxes[place as usize].self_time,
                    });
                } else if !above {
                    stack.push(place);
                }
            }
            let mut tree = CallTree::with_merged(true, &boxes, &parts, Vec::new());
            for at in 0..tree.len() {
                let exact = tree.certainty[at] == Certainty::Exact as u8;
                tree.low[at] = tree.total_time[at] * if exact { 1.0 } else { 0.5 };
                tree.high[at] = tree.total_time[at] * if exact { 1.0 } else { 2.0 };
            }
            tree
        })
    }

    fn stack(tree: &CallTree, at: usize) -> Vec<FunctionId> {
        let up = |&at: &usize| Some(tree.parent[at]).filter(|&at| at != NO_PARENT).map(|at| at as usize);
        let mut stack: Vec<FunctionId> =
            std::iter::successors(Some(at), up).map(|at| tree.function[at]).collect();
        stack.reverse();
        stack
    }

    fn check_shape(tree: &CallTree) {
        let mut siblings = std::collections::BTreeSet::new();
        let mut last: BTreeMap<u32, f64> = BTreeMap::new();
        let mut below: Vec<f64> = tree.self_time.clone();
        for at in (0..tree.len()).rev() {
            let parent = tree.parent[at];
            assert!((below[at] - tree.total_time[at]).abs() < 1e-9);
            assert!(tree.low[at] <= tree.total_time[at] + 1e-9);
            assert!(tree.high[at] >= tree.total_time[at] - 1e-9);
            let is_exact = tree.certainty[at] == Certainty::Exact as u8;
            assert!(!is_exact || tree.high[at] - tree.low[at] < 1e-9, "box {at} is not exact");
            assert!(siblings.insert((parent, tree.function[at], tree.recursive[at])), "one box twice");
            // From the last to the first they grow.
            let next = last.insert(parent, tree.total_time[at]).unwrap_or(0.0);
            assert!(next <= tree.total_time[at]);
            let end = tree.end[at] as usize;
            assert!((at + 1..end).all(|below| tree.depth[below] > tree.depth[at]));
            assert!(end == tree.len() || tree.depth[end] <= tree.depth[at]);
            if parent == NO_PARENT {
                assert_eq!(tree.depth[at], 0);
            } else {
                assert_eq!(tree.depth[at], tree.depth[parent as usize] + 1);
                below[parent as usize] += tree.total_time[at];
            }
            let function = tree.function[at];
            let stack = stack(tree, at);
            let times = stack.iter().filter(|&&on| on == function).count();
            assert_eq!(times, 1 + usize::from(tree.recursive[at]), "{stack:?}");
        }
    }

    proptest! {
        #[test]
        fn no_time_is_lost(tree in trees(), mask in 0_u32..1 << 12) {
            let hides = |function: FunctionId| mask >> function & 1 == 1;
            let shown = tree.without(&Hidden::functions(&tree, hides));
            check_shape(&tree);
            check_shape(&shown);
            prop_assert!((shown.total() - tree.total()).abs() < 1e-9);
            let totals = |tree: &CallTree| tree.total_by_function(12);
            let selves = |tree: &CallTree| tree.self_by_function(12);
            for function in (0..12).filter(|&function| !hides(function)) {
                let at = function as usize;
                prop_assert!((totals(&shown)[at] - totals(&tree)[at]).abs() < 1e-9, "{}", function);
                prop_assert!(selves(&shown)[at] >= selves(&tree)[at] - 1e-9, "{}", function);
            }
            // Stack by stack: own time is where the last function that is seen is.
            let by_stack = |tree: &CallTree, seen: &dyn Fn(FunctionId) -> bool| {
                let mut times: BTreeMap<Vec<FunctionId>, f64> = BTreeMap::new();
                for at in (0..tree.len()).filter(|&at| tree.self_time[at] > 0.0) {
                    let stack = stack(tree, at);
                    let mut kept: Vec<FunctionId> = stack.iter().copied().filter(|&on| seen(on)).collect();
                    if kept.is_empty() {
                        kept.push(stack[0]);
                    }
                    *times.entry(kept).or_default() += tree.self_time[at];
                }
                times
            };
            let expected = by_stack(&tree, &|function| function == MERGED || !hides(function));
            let found = by_stack(&shown, &|_| true);
            prop_assert!(expected.keys().eq(found.keys()), "{:?} {:?}", expected, found);
            prop_assert!(expected.values().zip(found.values()).all(|(one, other)| (one - other).abs() < 1e-9));
            prop_assert_eq!(written(&tree.without(&Hidden::default())), written(&tree));
        }
    }
}
