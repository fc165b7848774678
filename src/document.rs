//! One opened file: what was read from it, and what the reader noticed on the way.

use serde::{Deserialize, Serialize};

use crate::profile::Profile;
use crate::queries::QueryLog;
use crate::schema::Schema;

/// One opened file.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file's name as the user knows it, without `.gz`.
    pub name: String,
    /// [`crate::import::Format::id`] of the format that read it.
    pub format: &'static str,
    /// What the file holds.
    pub content: Content,
    /// What was skipped, inferred or inconsistent.
    pub diagnostics: Diagnostics,
}

/// What a format holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Functions and their calls.
    Profile,
    /// SQL statements.
    Queries,
    /// Tables and indexes.
    Schema,
}

/// The kinds of document.
#[derive(Debug, Clone)]
pub enum Content {
    /// Functions and their calls.
    Profile(Box<Profile>),
    /// SQL statements.
    Queries(Box<QueryLog>),
    /// Tables and indexes.
    Schema(Box<Schema>),
}

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
