//! What is open in a session of a server: texts that wait for their durations, durations that wait for a text.

use super::events::Open;
use super::seen::Seen;
use super::steps::Steps;
use crate::queries::LogBuilder;
use crate::queries::statements::Statement;

/// A duration without a text.
#[derive(Debug, Clone, Copy)]
pub struct Bare {
    pub duration: f64,
    pub stamp: f64,
    pub resolution: f64,
    pub offset: u64,
    pub length: u32,
}

/// What is open in a session.
#[derive(Debug, Default)]
pub struct Session {
    pub connection: u32,
    /// Hash of the application's name that the connection has; 0 while it is not known.
    pub application: u64,
    /// Parse and bind, not yet executed.
    pub steps: Steps,
    /// Portals that were executed: what they are known by, and the statement's index in the order of the file.
    pub portals: Vec<(u64, usize)>,
    /// Bare durations that may turn out to be a parse and a bind.
    pub bare: Vec<Bare>,
    /// A text that waits for its duration; [`Statement::duration`] holds that of its parse and bind.
    pub text: Option<Statement>,
    /// The portal that text is executed from; none outside the extended protocol.
    pub portal: Option<u64>,
    /// The statement whose portal is fetched from; a bare duration follows.
    pub fetching: Option<usize>,
    /// Events whose statement is not yet known.
    pub events: Open,
    /// The lock it waits for: the event, when that was logged, and for how long it had waited then.
    pub waits: Option<(usize, f64, f64)>,
    /// Whether its beginning was counted, and `connection ready` may follow.
    pub authorized: bool,
}

/// More portals than these are forgotten.
pub const OPEN_PORTALS: usize = 16;

/// Adds what is open in a session.
pub fn close(builder: &mut LogBuilder, seen: &mut Seen, session: &mut Session) {
    if let Some(text) = session.text.take() {
        let text = Statement { duration: f64::NAN, ..text };
        let index = session.events.push(builder, text, session.portal.is_some());
        seen.texts_alone += u64::from(!builder.has_duration(index));
    }
    for bare in std::mem::take(&mut session.bare) {
        alone(builder, seen, session, bare);
    }
}

/// Adds a duration that no text came for.
pub fn alone(builder: &mut LogBuilder, seen: &mut Seen, session: &mut Session, bare: Bare) {
    seen.durations_alone += 1;
    let recognised = builder.without_text();
    let statement = Statement {
        end: bare.stamp,
        resolution: bare.resolution,
        duration: bare.duration,
        offset: bare.offset,
        length: bare.length,
        ..Statement::new(recognised, session.connection)
    };
    session.events.push(builder, statement, false);
}
