//! What is found out about a statement's text without the log it is in: so workers can do it for slices of one.

use rustc_hash::FxHashMap;

use super::recent::{Known, Recent};
use crate::queries::NONE;
use crate::queries::comments::{self, Tags};
use crate::queries::fingerprint::{self, SEED, Shape, mix, mix_text};
use crate::queries::lexer::Dialect;

/// What was found out about a text before it is counted.
#[derive(Debug, Clone, Copy)]
pub struct Recognition<'a> {
    /// What it is, without its text.
    pub shape: Shape,
    /// What its comment says.
    pub tags: Option<&'a Tags>,
}

/// Finds out about texts, in any order: nothing of it depends on which came before.
#[derive(Debug, Default)]
pub struct Recogniser {
    recent: Recent,
    tags: AllTags,
}

impl Recogniser {
    /// What a text is, and what its comment says: an index into [`Self::tags`], or [`NONE`].
    pub fn recognise(&mut self, sql: &[u8], dialect: Dialect) -> (Shape, u32) {
        match self.recent.find(sql, dialect) {
            Ok(known) => (known.shape, known.tags),
            Err(place) => {
                let (shape, tags) = (fingerprint::shape(sql, dialect), self.tags.around(sql));
                self.recent.put(place, sql, dialect, Known { shape, fingerprint: NONE, tags });
                (shape, tags)
            }
        }
    }

    /// What comments said.
    pub fn tags(self) -> Vec<Tags> {
        self.tags.all
    }
}

/// What comments say, each once.
#[derive(Debug, Default)]
pub(super) struct AllTags {
    pub all: Vec<Tags>,
    by_content: FxHashMap<u64, u32>,
}

impl AllTags {
    /// What the comment around `sql` says, by its index, or [`NONE`].
    pub fn around(&mut self, sql: &[u8]) -> u32 {
        comments::around(sql).and_then(comments::read).map_or(NONE, |tags| self.insert(tags))
    }

    /// The index of these.
    pub fn known(&mut self, tags: &Tags) -> u32 {
        match self.by_content.get(&content(tags)) {
            Some(&index) => index,
            None => self.insert(tags.clone()),
        }
    }

    fn insert(&mut self, tags: Tags) -> u32 {
        let all = &mut self.all;
        *self.by_content.entry(content(&tags)).or_insert_with(|| {
            all.push(tags);
            all.len() as u32 - 1
        })
    }
}

fn content(tags: &Tags) -> u64 {
    mix_text(mix(mix_text(SEED, tags.view.as_bytes()), 1), tags.request.as_deref().unwrap_or("").as_bytes())
}
