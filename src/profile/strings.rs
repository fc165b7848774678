//! Texts of which each is kept once.

use std::hash::BuildHasher;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::sort;

/// Strings, each kept once, in one buffer. Copies share it: of one profile many parts are made.
#[derive(Debug, Clone, Default)]
pub struct Strings(Arc<Table>);

#[derive(Debug, Clone, Default)]
struct Table {
    text: String,
    ends: Vec<usize>,
    /// By hash; where two texts have one hash, the later is under the next free number. So no text is
    /// kept a second time as a key.
    ids: FxHashMap<u64, u32>,
}

impl Strings {
    /// The id of `text`, which is added if it is new.
    pub fn intern(&mut self, text: &str) -> u32 {
        let (key, known) = self.look_up(text);
        if let Some(id) = known {
            return id;
        }
        let table = Arc::make_mut(&mut self.0);
        let id = table.ends.len() as u32;
        table.text.push_str(text);
        table.ends.push(table.text.len());
        table.ids.insert(key, id);
        id
    }

    /// The key under which `text` is or would be, and its id.
    fn look_up(&self, text: &str) -> (u64, Option<u32>) {
        let mut key = FxBuildHasher.hash_one(text);
        loop {
            match self.0.ids.get(&key) {
                None => return (key, None),
                Some(&id) if self.get(id) == text => return (key, Some(id)),
                Some(_) => key = key.wrapping_add(1),
            }
        }
    }

    /// The string with this id.
    pub fn get(&self, id: u32) -> &str {
        let (table, id) = (&self.0, id as usize);
        let start = if id == 0 { 0 } else { table.ends[id - 1] };
        &table.text[start..table.ends[id]]
    }

    /// The id of `text`, if it is there.
    pub fn id(&self, text: &str) -> Option<u32> {
        self.look_up(text).1
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
        self.0.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.ends.is_empty()
    }
}
