//! What the readers of a server's log do with its events, in whichever format they come.

use super::executions::{Event, Executions, Who};
use super::message::Message;
use super::prefix::Severity;
use crate::document::{Content, Diagnostics, Document, Level};
use crate::import::clock;
use crate::import::stamp::Stamp;
use crate::queries::Clock;

/// Collects events.
#[derive(Debug, Default)]
pub struct Collect {
    executions: Executions,
    clock: clock::Clock,
    /// What the reader notices.
    pub diagnostics: Diagnostics,
    /// The first zone that was written.
    zone: Option<Vec<u8>>,
    stamped: bool,
}

impl Collect {
    /// Says that the server speaks another language.
    pub fn foreign(&mut self, language: &str, place: impl FnOnce() -> Option<String>) {
        let problem = format!(
            "durations are logged in {language}, which is not read: set lc_messages = 'C' and record again"
        );
        self.diagnostics.note(Level::Warning, &problem, place);
    }

    /// Takes in an event, whose stamp has `zone` (empty if it is not written); `place` is asked for
    /// diagnostics.
    pub fn event(
        &mut self,
        who: &Who<'_>,
        event: &Event<'_>,
        zone: &[u8],
        place: impl FnOnce() -> Option<String>,
    ) {
        if event.message == Message::Other && event.severity == Severity::Log {
            return;
        }
        if let Message::Foreign(language) = event.message {
            self.foreign(language, place);
            return;
        }
        let stamp = self.clock.time(event.stamp, zone, &mut self.diagnostics, place);
        self.executions.event(who, &Event { stamp, ..*event });
        self.stamped |= !event.stamp.is_nan();
        if self.zone.is_none() && !zone.is_empty() {
            self.zone = Some(zone.to_vec());
        }
    }

    /// The document; `zone` is that of stamps that never write one.
    pub fn finish(
        self,
        name: String,
        format: &'static str,
        inferred: Option<String>,
        default_zone: Option<&str>,
    ) -> Document {
        let Self { executions, mut diagnostics, zone, stamped, .. } = self;
        let (builder, seen) = executions.finish();
        let foreign = diagnostics.entries().iter().any(|entry| entry.message.contains("lc_messages"));
        if !(foreign && builder.is_empty()) {
            seen.diagnose(builder.len(), &mut diagnostics);
        }
        let clock = if stamped {
            let zone = zone.map(|zone| String::from_utf8_lossy(&zone).into_owned());
            Clock::Wall { zone: zone.or(default_zone.map(str::to_owned)) }
        } else {
            Clock::Sequence
        };
        let log = builder.finish(clock, inferred);
        Document { name, format, content: Content::Queries(Box::new(log)), diagnostics }
    }
}

/// The zone of a stamp, whatever it is called (`CET`): what follows the time in its column.
pub fn zone(column: &[u8], stamp: &Stamp) -> Vec<u8> {
    match &stamp.zone {
        Some(zone) => zone.clone().into_bytes(),
        None => column.get(stamp.range.end..).unwrap_or_default().trim_ascii().to_vec(),
    }
}
