//! An event of a server's log, and whose it is, whichever format the log has.

use super::languages;
use super::message::Message;
use super::prefix::Severity;
use crate::queries::Connection;
use crate::queries::fingerprint::{SEED, mix_text};
use crate::queries::statements::Recognition;

/// One event of a server's log, in whichever format.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// What it is about.
    pub severity: Severity,
    /// Its message.
    pub message: Message<'a>,
    /// Its text as it is.
    pub text: &'a [u8],
    /// SQLSTATE; empty if it is not logged.
    pub state: &'a [u8],
    /// The SQL that ran when it was logged, where the server names it (STATEMENT).
    pub statement: Option<&'a [u8]>,
    /// Logged parameters.
    pub parameters: Option<&'a [u8]>,
    /// Whether it was logged within another statement (CONTEXT): by a function's.
    pub nested: bool,
    /// What the server adds (DETAIL).
    pub detail: Option<&'a [u8]>,
    /// When it was logged: ms, NaN if unknown.
    pub stamp: f64,
    /// The clock's step, ms.
    pub resolution: f64,
    /// Byte of its record.
    pub offset: u64,
    /// Bytes of its record.
    pub length: u32,
    /// What is known already of the SQL that it is about: what ran, as a message about a duration or a text says, and
    /// [`Self::statement`] of all others.
    pub recognised: Option<Recognition<'a>>,
}

/// Whose event it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Who<'a> {
    pub process: &'a [u8],
    pub session: &'a [u8],
    pub user: &'a [u8],
    pub database: &'a [u8],
    pub application: &'a [u8],
    pub client: &'a [u8],
}

impl Who<'_> {
    /// What a session is known by.
    pub fn key(&self) -> u64 {
        let process = if self.session.is_empty() { self.process } else { self.session };
        mix_text(mix_text(mix_text(SEED, process), self.user), self.database)
    }

    pub fn connection(&self) -> Connection {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
        // What the server writes where there is none yet is no name.
        let name = |bytes: &[u8], is_none: fn(&[u8]) -> bool| match is_none(bytes.trim_ascii()) {
            true => String::new(),
            false => text(bytes),
        };
        Connection {
            process: text(if self.process.is_empty() { self.session } else { self.process }),
            database: name(self.database, languages::is_nobody),
            user: name(self.user, languages::is_nobody),
            application: name(self.application, languages::is_unknown),
            client: text(self.client),
            thread: None,
        }
    }
}

/// [`Who`], with what its session is known by.
pub struct Keyed<'a> {
    /// Whose.
    pub who: Who<'a>,
    /// What the session is known by.
    pub key: u64,
}
