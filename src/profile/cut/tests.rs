use proptest::prelude::*;

use super::super::call_tree::{CallTree, MERGED, NO_PARENT, NewBoxes};
use super::Sight;

/// Trees as recordings make them: stacks of a few functions, with the time of each.
fn trees() -> impl Strategy<Value = CallTree> {
    let stack = proptest::collection::vec(0_u32..6, 1..7);
    proptest::collection::vec((stack, 0.0..20.0_f64), 1..60).prop_map(|stacks| {
        let mut boxes = NewBoxes::default();
        for (stack, seconds) in stacks {
            let mut parent = NO_PARENT;
            for function in stack {
                if !boxes.has_above(parent, function) {
                    parent = boxes.place(parent, function, false);
                }
            }
            boxes.all[parent as usize].self_time += seconds;
        }
        let mut tree = CallTree::new(false, &boxes.all);
        tree.low.clone_from(&tree.total_time);
        tree.high.clone_from(&tree.total_time);
        tree
    })
}

/// Per box: where it begins, as a picture has it.
fn lefts(tree: &CallTree) -> Vec<f64> {
    let (mut lefts, mut next, mut root) = (Vec::new(), vec![0.0; tree.len()], 0.0);
    for at in 0..tree.len() {
        let place = match tree.parent[at] {
            NO_PARENT => &mut root,
            parent => &mut next[parent as usize],
        };
        lefts.push(*place);
        *place += tree.total_time[at];
        next[at] = lefts[at];
    }
    lefts
}

/// What is below a box, whole tree or not.
fn ends(places: &[u32], whole: &CallTree) -> Vec<u32> {
    places.iter().skip(1).copied().chain([whole.len() as u32]).collect()
}

proptest! {
    #[test]
    fn what_is_wide_enough_is_there_and_no_time_is_lost(
        tree in trees(),
        least in 0.0..60.0_f64,
        closer in 0.0..10.0_f64,
        window in (0.0..600.0_f64, 0.0..100.0_f64),
        boxes in proptest::collection::vec(0_u32..200, 0..3),
        siblings in proptest::collection::vec(0_u32..200, 0..2),
    ) {
        let window = (window.0, window.0 + window.1);
        let sight = Sight { window: Some(window), least: closer, boxes: &boxes, siblings: &siblings };
        let cut = tree.cut_to(&sight, least);
        let (shown, whole) = (&cut.tree, lefts(&tree));
        let ends = ends(&cut.places, &tree);
        prop_assert!((shown.total() - tree.total()).abs() < 1e-9);
        prop_assert!(cut.places.is_sorted_by(|one, other| one < other) && cut.places[0] == 0);
        let mut below = shown.self_time.clone();
        for (at, left) in lefts(shown).into_iter().enumerate() {
            let place = cut.places[at] as usize;
            if let Some(parent) = below.get_mut(shown.parent[at] as usize) {
                *parent += shown.total_time[at];
            }
            prop_assert_eq!(shown.depth[at], tree.depth[place]);
            prop_assert!((left - whole[place]).abs() < 1e-9, "box {} begins elsewhere", at);
            if shown.function[at] == MERGED {
                // One box is drawn, and not summed up.
                let range = place..ends[at] as usize;
                prop_assert!(range.len() > 1);
                prop_assert_eq!(shown.calls[at], range.len() as f64);
                let of_range: f64 = range.clone().map(|place| tree.self_time[place]).sum();
                prop_assert!((shown.total_time[at] - of_range).abs() < 1e-9);
                prop_assert!((shown.self_time[at] - of_range).abs() < 1e-9);
                prop_assert_eq!(shown.end[at] as usize, at + 1);
                let parts = shown.merged.parts.iter().filter(|part| part.merged as usize == at);
                prop_assert!(parts.count() > 0);
                for place in range {
                    let asked = |at: &u32| *at as usize >= place && (*at as usize) < tree.end[place] as usize;
                    prop_assert!(!boxes.iter().any(asked), "box {} was asked for", place);
                    prop_assert!(!siblings.iter().any(asked), "box {} was asked for", place);
                    let total = tree.total_time[place];
                    let in_window = whole[place] < window.1 - 1e-9 && whole[place] + total > window.0 + 1e-9;
                    // What is wide enough is in what is wide enough.
                    prop_assert!(total < least && (total < closer || !in_window), "box {} is wide", place);
                }
            } else {
                prop_assert_eq!(shown.function[at], tree.function[place]);
                prop_assert_eq!(shown.total_time[at], tree.total_time[place]);
                prop_assert_eq!(shown.self_time[at], tree.self_time[place]);
                prop_assert_eq!(shown.recursive[at], tree.recursive[place]);
                let parent = cut.places.get(shown.parent[at] as usize).copied().unwrap_or(NO_PARENT);
                prop_assert_eq!(parent, tree.parent[place]);
                let end = cut.places.get(shown.end[at] as usize).copied().unwrap_or(tree.len() as u32);
                prop_assert_eq!(end, tree.end[place]);
            }
        }
        for (at, below) in below.into_iter().enumerate() {
            prop_assert!((below - shown.total_time[at]).abs() < 1e-9);
        }
    }

    #[test]
    fn boxes_are_found_by_their_stacks(tree in trees(), at in 0_u32..200) {
        let at = at % tree.len() as u32;
        let found = tree.nearest(&tree.stack_of(at)).map(|nearest| (nearest.at, nearest.is_it));
        prop_assert_eq!(found, Some((at, true)));
        let mut longer = tree.stack_of(at);
        longer.push((99, false));
        let found = tree.nearest(&longer).map(|nearest| (nearest.at, nearest.is_it));
        prop_assert_eq!(found, Some((at, false)));
        let heaviest = tree.heaviest_of(tree.function[at as usize]).unwrap() as usize;
        prop_assert!(tree.function[heaviest] == tree.function[at as usize]);
        prop_assert!(tree.total_time[heaviest] >= tree.total_time[at as usize]);
    }
}
