//! Which node of a trie of stacks a frame below another is.

use rustc_hash::FxHashMap;

use super::super::call_tree::NO_PARENT;

/// The nodes of a trie by what they are below and what they are of, numbered as they come.
#[derive(Debug)]
pub struct Children {
    known: FxHashMap<(u32, u32), u32>,
    /// Per node what was asked for last below it, and its node, [`NO_PARENT`] while there is none: a program goes on where
    /// it was, so mostly it is asked for again.
    last: Vec<(u32, u32)>,
    /// The same of what is below nothing.
    root: (u32, u32),
}

impl Default for Children {
    fn default() -> Self {
        Self { known: FxHashMap::default(), last: Vec::new(), root: (0, NO_PARENT) }
    }
}

impl Children {
    /// The node of `what` below `parent`, or below nothing ([`NO_PARENT`]), and whether it is a new one.
    #[inline]
    pub fn node(&mut self, parent: u32, what: u32) -> (u32, bool) {
        let last = if parent == NO_PARENT { Some(&self.root) } else { self.last.get(parent as usize) };
        match last {
            Some(&(of, node)) if of == what && node != NO_PARENT => (node, false),
            _ => self.look_up(parent, what),
        }
    }

    /// Makes room for so many more nodes.
    pub fn reserve(&mut self, more: usize) {
        self.known.reserve(more);
        self.last.reserve(more);
    }

    fn look_up(&mut self, parent: u32, what: u32) -> (u32, bool) {
        let next = self.last.len() as u32;
        let node = *self.known.entry((parent, what)).or_insert(next);
        if node == next {
            self.last.push((0, NO_PARENT));
        }
        let last =
            if parent == NO_PARENT { Some(&mut self.root) } else { self.last.get_mut(parent as usize) };
        if let Some(last) = last {
            *last = (what, node);
        }
        (node, node == next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_numbered_as_they_come_and_found_again() {
        let mut children = Children::default();
        let asked =
            [(NO_PARENT, 0), (NO_PARENT, 7), (0, 0), (0, 1), (1, 0), (0, 0), (NO_PARENT, 0), (0, 1), (0, 1)];
        let found: Vec<(u32, bool)> =
            asked.iter().map(|&(parent, what)| children.node(parent, what)).collect();
        let nodes: Vec<u32> = found.iter().map(|(node, _)| *node).collect();
        assert_eq!(nodes, [0, 1, 2, 3, 4, 2, 0, 3, 3]);
        assert!(found.iter().enumerate().all(|(at, (_, is_new))| *is_new == (at < 5)));
    }
}
