//! Texts of which each is kept once.

use std::hash::BuildHasher;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::sort;

/// Strings, each kept once, in one buffer. Copies share it: of one profile many parts are made, and what one of them adds
/// (the names of packages that a step makes boxes of) stands beside what is shared: to copy that would take longer than
/// the step.
#[derive(Debug, Clone, Default)]
pub struct Strings {
    shared: Arc<Table>,
    /// What was added since; ids go on.
    added: Arc<Table>,
}

#[derive(Debug, Clone, Default)]
struct Table {
    text: String,
    ends: Vec<usize>,
    /// By hash; where two texts have one hash, the later is under the next free number. So no text is
    /// kept a second time as a key.
    ids: FxHashMap<u64, u32>,
}

impl Table {
    fn get(&self, id: usize) -> &str {
        let start = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.text[start..self.ends[id]]
    }

    /// The key under which `text`, whose hash is `hash`, is or would be, and its place.
    fn look_up(&self, hash: u64, text: &str) -> (u64, Option<u32>) {
        let mut key = hash;
        loop {
            match self.ids.get(&key) {
                None => return (key, None),
                Some(&id) if self.get(id as usize) == text => return (key, Some(id)),
                Some(_) => key = key.wrapping_add(1),
            }
        }
    }

    fn add(&mut self, key: u64, text: &str) -> u32 {
        let id = self.ends.len() as u32;
        self.text.push_str(text);
        self.ends.push(self.text.len());
        self.ids.insert(key, id);
        id
    }
}

impl Strings {
    /// The id of `text`, which is added if it is new.
    pub fn intern(&mut self, text: &str) -> u32 {
        let hash = FxBuildHasher.hash_one(text);
        let (key, known) = self.shared.look_up(hash, text);
        if let Some(id) = known {
            return id;
        }
        // While there are no copies all is in one.
        if self.added.ends.is_empty()
            && let Some(own) = Arc::get_mut(&mut self.shared)
        {
            return own.add(key, text);
        }
        let first = self.shared.ends.len() as u32;
        let (key, known) = self.added.look_up(hash, text);
        first + known.unwrap_or_else(|| Arc::make_mut(&mut self.added).add(key, text))
    }

    /// The string with this id.
    pub fn get(&self, id: u32) -> &str {
        let (id, first) = (id as usize, self.shared.ends.len());
        if id < first { self.shared.get(id) } else { self.added.get(id - first) }
    }

    /// The id of `text`, if it is there.
    pub fn id(&self, text: &str) -> Option<u32> {
        let hash = FxBuildHasher.hash_one(text);
        let added = || Some(self.shared.ends.len() as u32 + self.added.look_up(hash, text).1?);
        self.shared.look_up(hash, text).1.or_else(added)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|id| self.get(id))
    }

    /// Per id: its place among all in ascending order.
    pub fn ranks(&self) -> Vec<u32> {
        let ids = sort::order(self.len(), &mut |a, b| self.get(a).cmp(self.get(b)));
        let mut ranks = vec![0; ids.len()];
        for (rank, id) in ids.into_iter().enumerate() {
            ranks[id as usize] = rank as u32;
        }
        ranks
    }

    /// How many different strings there are.
    pub fn len(&self) -> usize {
        self.shared.ends.len() + self.added.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Strings;

    #[test]
    fn copies_go_on_each_for_itself() {
        let mut whole = Strings::default();
        assert_eq!((whole.intern("a"), whole.intern("b"), whole.intern("a")), (0, 1, 0));
        let mut part = whole.clone();
        assert_eq!((part.intern("b"), part.intern("c"), part.intern("c"), part.intern("d")), (1, 2, 2, 3));
        let further = part.clone();
        assert_eq!((part.intern("e"), further.id("e"), further.id("c")), (4, None, Some(2)));
        assert_eq!(whole.intern("z"), 2);
        assert_eq!(part.iter().collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
        assert_eq!(further.iter().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert_eq!((whole.iter().collect::<Vec<_>>(), whole.len()), (vec!["a", "b", "z"], 3));
        drop((whole, further));
        assert_eq!((part.intern("f"), part.get(5), part.ranks()), (5, "f", vec![0, 1, 2, 3, 4, 5]));
    }
}
