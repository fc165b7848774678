//! What a reader noticed on the way: each kind once, with how often and where first.

use serde::{Deserialize, Serialize};

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something the user may want to know (an inferred setting, say).
    Info,
    /// Something that makes the numbers incomplete or doubtful.
    Warning,
}

/// One kind of thing noticed while reading, with how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How much it matters.
    pub level: Level,
    /// What was noticed, in words for the user.
    pub message: String,
    /// How often.
    pub count: u64,
    /// The first place, e.g. `line 12: …`, when there is one.
    pub first: Option<String>,
}

/// Diagnostics, each kind once, in the order first seen. A clean file has none.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    entries: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Notes `message`; the same message again only counts up. `first` is asked only the first time.
    pub fn note(&mut self, level: Level, message: &str, first: impl FnOnce() -> Option<String>) {
        self.note_many(level, message, 1, first);
    }

    /// Like [`Self::note`], `count` times at once.
    pub fn note_many(
        &mut self,
        level: Level,
        message: &str,
        count: u64,
        first: impl FnOnce() -> Option<String>,
    ) {
        if count == 0 {
            return;
        }
        match self.entries.iter_mut().find(|entry| entry.message == message) {
            Some(entry) => entry.count += count,
            None => {
                self.entries.push(Diagnostic { level, message: message.to_owned(), count, first: first() })
            }
        }
    }

    /// All of them.
    pub fn entries(&self) -> &[Diagnostic] {
        &self.entries
    }
}
