//! Call trees without import frames, of real programs: as much time as before, the true times still in their
//! intervals, and every module below the one that imported it.

#[allow(dead_code)]
#[path = "trees/recording.rs"]
mod recording;

use std::collections::{HashMap, HashSet};

use flamedrop::profile::CallTree;
use flamedrop::profile::call_tree::{Certainty, MERGED, NO_PARENT, NewBox};
use flamedrop::profile::estimate::estimate;
use flamedrop::profile::imports::{Imports, is_module};
use recording::Recording;

/// Recordings in which much is imported.
const NAMES: [&str; 5] = ["arguments", "django_forms", "django_requests", "imports", "sqlalchemy_orm"];

fn true_tree(recording: &Recording) -> CallTree {
    let truth = &recording.truth;
    let above = |at: u32| truth.get(at as usize).map(|above| above.parent).filter(|&at| at != NO_PARENT);
    let boxes: Vec<NewBox> = truth
        .iter()
        .map(|true_box| {
            let first = Some(true_box.parent).filter(|&at| at != NO_PARENT);
            let mut stack = std::iter::successors(first, |&at| above(at));
            NewBox {
                function: true_box.function,
                parent: true_box.parent,
                recursive: stack.any(|at| truth[at as usize].function == true_box.function),
                self_time: true_box.self_time,
                calls: 1.0,
                certainty: Certainty::Exact,
                low: true_box.total_time,
                high: true_box.total_time,
            }
        })
        .collect();
    CallTree::new(false, &boxes)
}

#[test]
fn true_times_are_in_the_intervals() {
    for name in NAMES {
        let recording = Recording::read(&recording::directory(), name);
        let imports = Imports::of(&recording.profile);
        let without = |tree: &CallTree| tree.without(&imports.hidden(tree).expect("imports"));
        let whole = estimate(&recording.profile, 10_000);
        let (tree, truth) = (without(&whole), without(&true_tree(&recording)));
        let total = whole.total();
        assert!((tree.total() - total).abs() <= 1e-9 * total, "{name}");
        assert!(tree.len() < whole.len(), "{name}");
        let children: HashMap<(u32, u32), usize> =
            (0..truth.len()).map(|at| ((truth.parent[at], truth.function[at]), at)).collect();
        let mut found: Vec<Option<usize>> = Vec::new();
        for at in 0..tree.len() {
            let above = match tree.parent[at] {
                NO_PARENT => Some(NO_PARENT),
                parent => found[parent as usize].map(|above| above as u32),
            };
            let same = above.and_then(|above| children.get(&(above, tree.function[at])).copied());
            found.push(same);
            if tree.function[at] == MERGED {
                continue;
            }
            let time = same.map_or(0.0, |at| truth.total_time[at]);
            let (low, high) = (tree.low[at] - 1e-9 * total, tree.high[at] + 1e-9 * total);
            let place = recording.profile.functions.place(tree.function[at]);
            assert!((low..=high).contains(&time), "{name}: {place} took {time}, not {low} to {high}");
        }
    }
}

#[test]
fn nothing_stands_between_a_module_and_what_imported_it() {
    for name in NAMES {
        let recording = Recording::read(&recording::directory(), name);
        let functions = &recording.profile.functions;
        let imports = Imports::of(&recording.profile);
        let truth = true_tree(&recording);
        let shown = truth.without(&imports.hidden(&truth).expect("imports"));
        let left: HashSet<String> = shown.function.iter().map(|&id| functions.place(id)).collect();
        let left: Vec<&String> = left.iter().filter(|place| place.contains("importlib._boot")).collect();
        assert!(left.is_empty(), "{name}: {left:?}");
        let modules = |tree: &CallTree| {
            let is_module = |&&id: &&u32| is_module(functions.file(id), functions.name(id));
            tree.function.iter().filter(is_module).collect::<HashSet<_>>().len()
        };
        assert_eq!(modules(&shown), modules(&truth), "{name}");
    }
}
