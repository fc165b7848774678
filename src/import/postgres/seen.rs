//! What a log has, and which setting would log what it does not have.

use crate::document::{Diagnostics, Level};

/// What was seen of each kind of event, for the reason when there are no executions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    /// Events in all.
    pub events: u64,
    /// Texts that no duration came for.
    pub texts_alone: u64,
    /// Durations without a text.
    pub durations_alone: u64,
    /// Statements that ended in an error and are no executions.
    pub errors: u64,
    /// Fetches from a portal.
    pub fetches: u64,
    /// Executions of which only the bind or the parse was logged.
    pub steps_alone: u64,
}

impl Seen {
    /// Says what the log does not have, and which setting would log it.
    pub fn diagnose(&self, executions: usize, diagnostics: &mut Diagnostics) {
        const REMEDY: &str = "set log_min_duration_statement = 0 (and log_statement = 'none')";
        let mut note = |level, message: &str, count: u64| {
            diagnostics.note_many(level, message, count, || None);
        };
        if executions == 0 {
            note(
                Level::Warning,
                &format!("no statement in it: the server did not log them; {REMEDY} and record again"),
                1,
            );
        }
        note(
            Level::Warning,
            &format!("statements have no duration: log_statement logs texts only; {REMEDY}"),
            self.texts_alone,
        );
        note(
            Level::Warning,
            &format!("durations have no text: log_duration logs no text; {REMEDY}"),
            self.durations_alone,
        );
        note(
            Level::Info,
            "statements failed: they have no duration and are not counted as executions",
            self.errors,
        );
        note(
            Level::Info,
            "fetches of more rows from an open portal are time of the execution that opened it",
            self.fetches,
        );
        note(
            Level::Info,
            "executions of which only the bind or parse was logged: the rest of them was faster than \
             log_min_duration_statement",
            self.steps_alone,
        );
    }
}
