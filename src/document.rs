//! One opened file: what was read from it, and what the reader noticed on the way.

pub use crate::diagnostics::{Diagnostic, Diagnostics, Level};

use crate::profile::Profile;
use crate::queries::{QueryLog, statistics};
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

/// What happened between two states of one server's counters, as a document.
///
/// # Errors
/// When one of the two is no statistics, or they are of different kinds.
pub fn between(before: &Document, after: &Document) -> Result<Document, String> {
    let (Content::Queries(earlier), Content::Queries(later)) = (&before.content, &after.content) else {
        return Err("only statistics of a server have a difference, not profiles".to_owned());
    };
    let (log, diagnostics) = statistics::difference(earlier, later)?;
    let name = format!("{} − {}", after.name, before.name);
    Ok(Document { name, format: after.format, content: Content::Queries(Box::new(log)), diagnostics })
}
