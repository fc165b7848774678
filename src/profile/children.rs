//! Which node there is for a function below another, while a tree is made: looked up only where there can be one already.
//!
//! Frames below one frame differ, mostly ([`with_twins`]); so what is below its copy does, as long as nothing else comes
//! there. With as many nodes as large recordings have, a look-up for each is most of the time.

use rustc_hash::FxHashMap;

use super::call_tree::NO_PARENT;

/// The nodes of a tree that is made, by the one above and by what they are of.
#[derive(Debug, Default)]
pub(super) struct Children {
    /// Per node: what it is of.
    key: Vec<u32>,
    /// Per node: the one added last below it, or [`NO_PARENT`].
    last: Vec<u32>,
    /// Per node: the one added before it below the same, or [`NO_PARENT`].
    before: Vec<u32>,
    /// Per node: whether what is below it is in `places`.
    is_shared: Vec<bool>,
    places: FxHashMap<(u32, u32), u32>,
}

impl Children {
    /// With room for so many.
    pub fn with_capacity(count: usize) -> Self {
        Self {
            key: Vec::with_capacity(count),
            last: Vec::with_capacity(count),
            before: Vec::with_capacity(count),
            is_shared: Vec::with_capacity(count),
            places: FxHashMap::default(),
        }
    }

    /// The node for `key` below another, or at the top ([`NO_PARENT`]), and whether it is new. Below what is not shared, each
    /// is asked for once only.
    pub fn place(&mut self, parent: u32, key: u32) -> (u32, bool) {
        let next = self.key.len() as u32;
        // Stacks begin anew anywhere.
        if self.is_shared.get(parent as usize).copied().unwrap_or(true) {
            let place = *self.places.entry((parent, key)).or_insert(next);
            if place != next {
                return (place, false);
            }
        }
        self.key.push(key);
        self.last.push(NO_PARENT);
        self.is_shared.push(false);
        let before =
            self.last.get_mut(parent as usize).map_or(NO_PARENT, |last| std::mem::replace(last, next));
        self.before.push(before);
        (next, true)
    }

    /// From now on others come below `parent` as well.
    pub fn share(&mut self, parent: u32) {
        let Some(is_shared) = self.is_shared.get_mut(parent as usize) else { return };
        if std::mem::replace(is_shared, true) {
            return;
        }
        let mut child = self.last[parent as usize];
        while let Some(&key) = self.key.get(child as usize) {
            self.places.insert((parent, key), child);
            child = self.before[child as usize];
        }
    }
}

/// Per node of a trie: whether some of what is below it are of the same function, as where lines became functions.
pub(super) fn with_twins(function: &[u32], parent: &[u32]) -> Vec<bool> {
    let (first, next) = links(parent);
    twins(function, &first, &next)
}

/// Per node of a trie: the first that is below it and the next that is below the same, ascending, or [`NO_PARENT`].
pub(super) fn links(parent: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let count = parent.len();
    let (mut first, mut next) = (vec![NO_PARENT; count], vec![NO_PARENT; count]);
    for (node, &parent) in parent.iter().enumerate().rev() {
        if let Some(first) = first.get_mut(parent as usize) {
            next[node] = std::mem::replace(first, node as u32);
        }
    }
    (first, next)
}

/// [`with_twins`] of a trie whose [`links`] are known.
pub(super) fn twins(function: &[u32], first: &[u32], next: &[u32]) -> Vec<bool> {
    let count = function.len();
    // One place more, for what is no function.
    let most =
        function.iter().copied().filter(|&function| function != NO_PARENT).max().map_or(0, |most| most + 1);
    let mut seen = vec![NO_PARENT; most as usize + 1];
    let mut twins = vec![false; count];
    for node in 0..count {
        let mut child = first[node];
        while let Some(&function) = function.get(child as usize) {
            let seen = &mut seen[function.min(most) as usize];
            twins[node] |= *seen == node as u32;
            *seen = node as u32;
            child = next[child as usize];
        }
    }
    twins
}

#[cfg(test)]
mod tests {
    use super::super::call_tree::NO_PARENT;
    use super::Children;

    #[test]
    fn twins_are_told_from_cousins() {
        let function = [5, 1, 1, 2, 1, u32::MAX, u32::MAX];
        let parent = [NO_PARENT, 0, 1, 0, 3, 3, 3];
        let twins = super::with_twins(&function, &parent);
        assert_eq!(twins, [false, false, false, true, false, false, false]);
        assert_eq!(super::with_twins(&[], &[]), [false; 0]);
    }

    #[test]
    fn what_is_shared_has_one_node_for_each() {
        let mut children = Children::default();
        let (root, _) = children.place(NO_PARENT, 7);
        assert_eq!(children.place(NO_PARENT, 7), (root, false));
        let (one, is_new) = children.place(root, 1);
        assert!(is_new && children.place(root, 2) == (2, true) && children.place(one, 1) == (3, true));
        children.share(root);
        assert_eq!((children.place(root, 1), children.place(root, 2)), ((one, false), (2, false)));
        assert_eq!(children.place(root, 3), (4, true));
        children.share(root);
        assert_eq!(children.place(root, 3), (4, false));
        assert_eq!(children.place(one, 5), (5, true), "below another, nothing is looked up");
    }
}
