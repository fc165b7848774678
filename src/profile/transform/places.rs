//! What the boxes of a call tree say of the nodes of the trie that it was made of.

use rustc_hash::FxHashMap;

use super::super::call_tree::{CallTree, NO_PARENT};
use super::super::{FunctionId, Stacks};
use super::moves::Trie;

/// Per node, whether its box is smaller than what is hidden; of few boxes none.
#[derive(Default)]
pub(super) struct Small(Vec<bool>);

impl Small {
    /// Boxes of less than `percent` of all that `tree` has. `boxes` has the box of each node.
    pub fn of(tree: &CallTree, boxes: &[u32], percent: f64) -> Self {
        let limit = tree.total() * percent / 100.0;
        let is_small = |&at: &u32| tree.total_time.get(at as usize).is_none_or(|&total| total < limit);
        Self(boxes.iter().map(is_small).collect())
    }

    /// Whether that of `node` is.
    pub fn is_one(&self, node: usize) -> bool {
        self.0.get(node).copied().unwrap_or(false)
    }
}

/// The box of each node of recorded stacks: of a recursive call the one of its own time; [`NO_PARENT`] where it has
/// none, since nothing was measured there.
pub(super) fn boxes(stacks: &Stacks, tree: &CallTree) -> Vec<u32> {
    let mut places: FxHashMap<(u32, FunctionId, bool), u32> = FxHashMap::default();
    places.reserve(tree.len());
    for at in 0..tree.len() {
        places.insert((tree.parent[at], tree.function[at], tree.recursive[at]), at as u32);
    }
    let trie = Trie { function: &stacks.function, parent: &stacks.parent };
    let nodes = trie.function.len();
    let (mut boxes, mut contexts) = (Vec::with_capacity(nodes), Vec::with_capacity(nodes));
    for node in 0..nodes {
        let context = match trie.parent[node] {
            NO_PARENT => NO_PARENT,
            parent => contexts[parent as usize],
        };
        let key = (context, trie.function[node]);
        match places.get(&(key.0, key.1, false)) {
            Some(&at) => {
                boxes.push(at);
                contexts.push(at);
            }
            None => {
                boxes.push(places.get(&(key.0, key.1, true)).copied().unwrap_or(NO_PARENT));
                contexts.push(context);
            }
        }
    }
    boxes
}
