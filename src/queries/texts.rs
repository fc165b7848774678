//! Texts of a log, as it has them: read again from the file when they are asked for.

use serde::{Deserialize, Serialize};

/// An event as the log has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventText {
    /// Its message; of a plan without the plan.
    pub message: String,
    /// What the server adds to it.
    pub detail: Option<String>,
    /// What the server advises.
    pub hint: Option<String>,
    /// Where it happened: a function's line, a tuple, a portal and its parameters.
    pub context: Option<String>,
    /// The SQL the server names.
    pub statement: Option<String>,
    /// The processes that hold the lock it waits for: `31419`.
    pub holders: Option<String>,
    /// A plan, in whichever spelling, with its query's text.
    pub plan: Option<String>,
}

/// The text of one statement as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementText {
    /// SQL, with placeholders or literals, as logged.
    pub sql: String,
    /// Parameters as logged, one text, if the log keeps them apart.
    pub parameters: Option<String>,
}
