//! Transforms of recorded stacks: another trie, with the tracks' weights where they belong.

use super::super::call_tree::NO_PARENT;
use super::super::imports::Imports;
use super::super::stacks::{Stacks, Track, Weight};
use super::super::{Profile, Recorded};
use super::Transform;
use super::moves::{Known, Moves, OUT, Trie, with_packages};
use super::places::{self, Small};
use crate::sort;

/// The profile after `step`.
pub(super) fn transformed(profile: &Profile, recorded: &Recorded, step: &Transform) -> Profile {
    let Recorded { tree, stacks } = recorded;
    let boxes = needs_boxes(step).then(|| places::boxes(stacks, tree));
    let import_frames = match (step, &boxes) {
        (Transform::FocusStack(path) | Transform::MergeStack(path), Some(boxes)) if path.without_imports => {
            let hidden = Imports::of(profile).hidden(tree).map(|hidden| hidden.boxes).unwrap_or_default();
            let is_hidden = |&at: &u32| at != NO_PARENT && hidden.get(at as usize).copied().unwrap_or(false);
            boxes.iter().map(is_hidden).collect()
        }
        _ => Vec::new(),
    };
    let small = match (step, &boxes) {
        (Transform::HideBelow(percent), Some(boxes)) => Small::of(tree, boxes, *percent),
        _ => Small::default(),
    };
    let mut functions = profile.functions.clone();
    let packages = with_packages(&mut functions, step);
    let known = Known { import_frames, small };
    let trie = Trie { function: &stacks.function, parent: &stacks.parent };
    let moves = Moves::of(trie, step, &known, &packages);
    let tracks = stacks.tracks.iter().map(|track| moved(track, &moves)).collect();
    let Moves { function, parent, .. } = moves;
    let stacks = Stacks { function, parent, counted: stacks.counted, tracks };
    stacks.profile(&functions, profile.unit)
}

/// Whether it depends on what boxes the nodes are in.
fn needs_boxes(step: &Transform) -> bool {
    match step {
        Transform::FocusStack(path) | Transform::MergeStack(path) => path.without_imports,
        Transform::HideBelow(_) => true,
        _ => false,
    }
}

/// A track with its weights where they went.
fn moved(track: &Track, moves: &Moves) -> Track {
    let mut weights: Vec<Weight> = Vec::with_capacity(track.weights.len());
    for weight in &track.weights {
        let node = moves.to[weight.node as usize];
        if node == OUT {
            continue;
        }
        let calls = if moves.is_itself[weight.node as usize] { weight.calls } else { 0 };
        weights.push(Weight { node, value: weight.value, calls });
    }
    sort::by_number(&mut weights, |weight| weight.node);
    weights.dedup_by(|next, kept| {
        let is_same = next.node == kept.node;
        if is_same {
            kept.value += next.value;
            kept.calls = kept.calls.saturating_add(next.calls);
        }
        is_same
    });
    let Track { name, process, thread, start, weights: _ } = track;
    Track { name: name.clone(), process: *process, thread: *thread, start: *start, weights }
}
