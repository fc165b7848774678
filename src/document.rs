//! One opened file: what was read from it, and what the reader noticed on the way.

pub use crate::diagnostics::{Diagnostic, Diagnostics, Level};

use serde::{Deserialize, Serialize};

use crate::profile::{FunctionId, Profile, Sum};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Functions and their calls.
    Profile,
    /// SQL statements.
    Queries,
    /// Tables and indexes.
    Schema,
    /// Requests that a server answered.
    Requests,
}

impl Kind {
    /// Whether this build reads and answers for documents of the kind. The command line does for all; a worker of the
    /// page is built for profiles or for logs (of SQL and of requests; and schemas, which only SQL logs need), so that no file waits for the code
    /// of the other. Each place where the kinds part asks this first, and what is not asked for is not linked.
    pub const fn is_read_here(self) -> bool {
        match self {
            Self::Profile => cfg!(feature = "profiles"),
            Self::Queries | Self::Schema | Self::Requests => cfg!(feature = "logs"),
        }
    }
}

/// Whether [`Kind::is_read_here`] holds for profiles.
pub const PROFILES: bool = Kind::Profile.is_read_here();
/// Whether [`Kind::is_read_here`] holds for logs and schemas.
pub const LOGS: bool = Kind::Queries.is_read_here();

/// The kinds of document.
#[derive(Debug, Clone)]
pub enum Content {
    /// Functions and their calls.
    Profile(Box<Profile>),
    /// SQL statements.
    Queries(Box<QueryLog>),
    /// Tables and indexes.
    Schema(Box<Schema>),
    /// Requests that a server answered: with [`QueryLog::served`].
    Requests(Box<QueryLog>),
}

impl Content {
    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Profile(_) => Kind::Profile,
            Self::Queries(_) => Kind::Queries,
            Self::Schema(_) => Kind::Schema,
            Self::Requests(_) => Kind::Requests,
        }
    }
}

/// Several profiles as one: what each function took in all of them. It is called by how many they are.
///
/// # Errors
/// When one is no profile, or they measure different things: a sentence that says so.
pub fn merged(documents: &[&Document]) -> Result<Document, String> {
    let mut merging = Merging::default();
    for document in documents {
        merging.add(document)?;
    }
    merging.finish()
}

/// Profiles being merged, one after the other.
#[derive(Default)]
pub struct Merging {
    sum: Sum,
    names: Vec<String>,
    format: &'static str,
}

impl Merging {
    /// Adds one; gives the ids that its functions have in [`Self::sum`].
    ///
    /// # Errors
    /// When it is no profile, or measures something different from those before: a sentence that says so. It is left out
    /// then.
    pub fn add(&mut self, document: &Document) -> Result<Vec<FunctionId>, String> {
        let Content::Profile(profile) = &document.content else {
            return Err(format!("{} is no profile: only profiles are merged", document.name));
        };
        let ids = self.sum.add(&document.name, profile)?;
        if self.names.is_empty() {
            self.format = document.format;
        }
        self.names.push(document.name.clone());
        Ok(ids)
    }

    /// What was added, as far as it goes.
    pub fn sum(&self) -> &Sum {
        &self.sum
    }

    /// The names of those that were added, in their order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// All of them as one.
    ///
    /// # Errors
    /// When they are fewer than two: a sentence that says so.
    pub fn finish(self) -> Result<Document, String> {
        if let [name] = self.names.as_slice() {
            return Err(format!("{name} is one profile: merging takes two or more"));
        }
        let profile = self.sum.finish()?;
        let mut diagnostics = Diagnostics::default();
        let count = self.names.len();
        diagnostics.note(
            Level::Info,
            &format!("{count} profiles are merged: {}", listed(&self.names)),
            || None,
        );
        Ok(Document {
            name: format!("{count} profiles merged"),
            format: self.format,
            content: Content::Profile(Box::new(profile)),
            diagnostics,
        })
    }
}

/// So many names are listed; hundreds are no sentence.
const LISTED: usize = 12;

fn listed(names: &[String]) -> String {
    match names.len().checked_sub(LISTED) {
        Some(more @ 1..) => format!("{} and {more} more", names[..LISTED].join(", ")),
        _ => names.join(", "),
    }
}

/// What happened between two states of one server's counters, as a document.
///
/// # Errors
/// When one of the two is no statistics, or they are of different kinds.
pub fn between(before: &Document, after: &Document) -> Result<Document, String> {
    let (true, Content::Queries(earlier), Content::Queries(later)) = (LOGS, &before.content, &after.content)
    else {
        return Err("only statistics of a server have a difference, not profiles".to_owned());
    };
    let (log, diagnostics) = statistics::difference(earlier, later)?;
    let name = format!("{} − {}", after.name, before.name);
    Ok(Document { name, format: after.format, content: Content::Queries(Box::new(log)), diagnostics })
}
