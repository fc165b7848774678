//! What a log has that comes from a saved document: texts that another file would be asked for, or only
//! what its statements added up to.

use super::{EventText, QueryLog, StatementText};
use crate::profile::Strings;

/// Of a log that was read from a saved document (see [`crate::saved`]).
#[derive(Debug, Clone, Default)]
pub struct Saved {
    /// Every distinct SQL or parameters text, once.
    pub texts: Strings,
    /// Per statement: its SQL in [`Self::texts`], or [`super::NONE`]; empty if literals were left out.
    pub sql: Vec<u32>,
    /// Per statement: its parameters in [`Self::texts`], or [`super::NONE`]; empty if they were left out.
    pub parameters: Vec<u32>,
    /// Per event: what was said of it.
    pub events: Vec<EventText>,
    /// In place of single statements: what they added up to.
    pub results: Option<Results>,
}

/// What the statements of a log added up to.
#[derive(Debug, Clone)]
pub struct Results {
    /// How many there were.
    pub executions: u32,
    /// [`QueryLog::span`].
    pub span: Option<(f64, f64)>,
    /// What the rules found, with the thresholds of then: [`crate::findings::Report::kept`] reads it. Opaque here, as
    /// rules know of logs and not the other way.
    pub judgement: Vec<u8>,
}

impl Saved {
    /// The text of statement `at`: its fingerprint's, where its own was left out.
    pub fn text(&self, at: usize, log: &QueryLog) -> StatementText {
        let text = |column: &[u32]| {
            let id = *column.get(at)?;
            ((id as usize) < self.texts.len()).then(|| self.texts.get(id).to_owned())
        };
        let fingerprint = || {
            let id = log.statements.fingerprint.get(at).copied().unwrap_or_default();
            log.fingerprints.get(id as usize).map(|fingerprint| fingerprint.text.clone()).unwrap_or_default()
        };
        StatementText { sql: text(&self.sql).unwrap_or_else(fingerprint), parameters: text(&self.parameters) }
    }
}

impl QueryLog {
    /// Whether there are numbers of queries, but no single statements: a server's statistics, or what was
    /// saved as results only.
    pub fn has_only_numbers(&self) -> bool {
        self.statistics.is_some() || self.results().is_some()
    }

    /// What the statements added up to, where that is all that was saved.
    pub fn results(&self) -> Option<&Results> {
        self.saved.as_ref()?.results.as_ref()
    }
}
