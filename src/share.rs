//! Handing documents on: what is left out of them, the file they are written to, and the page that
//! has them within itself.
//!
//! What is left out is not cut out of the text of a log: the *document* is written, in a format of our
//! own ([`crate::saved`]) that has only what is named here, and in which a statement's text is its fingerprint.
//! So what a reader learns to keep tomorrow does not leave the house before someone has said that it
//! may. All numbers stay what they were.

mod events;
pub mod gallery;
mod mask;
mod measured;
pub mod page;
pub mod report;
mod served;
mod strip;
mod texts;

use serde::{Deserialize, Serialize};

pub use strip::strip;

pub use crate::saved::Keep;

/// What is left out of documents before they are handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strip {
    /// Values in SQL texts, and all comments in them.
    pub literals: bool,
    /// Parameters that are logged apart; what looks like a value in the addresses of requests; of logs of requests who
    /// asked: addresses and users.
    pub parameters: bool,
    /// Where files lie, the addresses of requests, the names of hosts, users, databases and
    /// applications.
    pub paths: bool,
}

impl Default for Strip {
    /// Values, but no names.
    fn default() -> Self {
        Self { literals: true, parameters: true, paths: false }
    }
}

impl Strip {
    /// Nothing is left out.
    pub const NOTHING: Self = Self { literals: false, parameters: false, paths: false };

    /// Whether nothing is left out.
    pub fn is_nothing(self) -> bool {
        self == Self::NOTHING
    }

    /// What is left out, in words: `SQL literals, parameters`; nothing if nothing is.
    pub fn in_words(self) -> String {
        let parts = [
            (self.literals, "SQL literals and comments"),
            (self.parameters, "parameters"),
            (self.paths, "paths and names of hosts, users and databases"),
        ];
        let parts: Vec<&str> =
            parts.iter().filter(|(left_out, _)| *left_out).map(|(_, what)| *what).collect();
        parts.join(", ")
    }
}
