//! What the readers of a server's log do with its events, in whichever format they come.

use super::executions::{Event, Executions, Who};
use super::languages;
use super::message::{self, Message};
use super::prefix::Severity;
use crate::document::{Content, Diagnostics, Document, Level};
use crate::import::clock;
use crate::import::records::Record;
use crate::import::stamp::Stamp;
use crate::queries::Clock;

/// What takes in the records that a reader has read.
pub trait Sink {
    /// Something that the reader noticed in a record.
    fn note(&mut self, level: Level, message: &'static str, record: &Record<'_>);
    /// An event, whose stamp has `zone` (empty if it is not written).
    fn event(&mut self, who: &Who<'_>, event: &Event<'_>, zone: &[u8], record: &Record<'_>);
}

impl Sink for Collect {
    fn note(&mut self, level: Level, message: &'static str, record: &Record<'_>) {
        self.diagnostics.note(level, message, || record.place());
    }

    fn event(&mut self, who: &Who<'_>, event: &Event<'_>, zone: &[u8], record: &Record<'_>) {
        self.take_in(who, event, zone, || record.place());
    }
}

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
    /// The server's language, if it is another than English.
    language: Option<&'static str>,
    /// Messages that say nothing that is known, and where the first one is.
    unread: u64,
    first_unread: Option<String>,
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
    pub fn take_in(
        &mut self,
        who: &Who<'_>,
        event: &Event<'_>,
        zone: &[u8],
        place: impl FnOnce() -> Option<String>,
    ) {
        if event.message != Message::Other {
            self.language =
                self.language.or_else(|| languages::of_duration(message::without_state(event.text)));
            return self.known(who, event, zone, place);
        }
        let text = message::without_state(event.text);
        let Some(english) = languages::english(text) else {
            if event.severity == Severity::Log {
                self.unread += 1;
                if self.first_unread.is_none() {
                    self.first_unread = place();
                }
                return;
            }
            return self.known(who, event, zone, place);
        };
        self.language = Some(english.language);
        let text = [&event.text[..event.text.len() - text.len()], &english.text].concat();
        let message = match event.severity {
            Severity::Log => message::read(&text),
            _ => Message::Other,
        };
        if event.severity == Severity::Log && message == Message::Other {
            return;
        }
        let detail = event.detail.map(|detail| languages::english_lines(detail, english.language));
        let event = Event { message, text: &text, detail: detail.as_deref(), recognised: None, ..*event };
        self.known(who, &event, zone, place);
    }

    /// An event whose message is known, or is in English.
    fn known(
        &mut self,
        who: &Who<'_>,
        event: &Event<'_>,
        zone: &[u8],
        place: impl FnOnce() -> Option<String>,
    ) {
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
        let Self { executions, mut diagnostics, zone, stamped, language, unread, first_unread, .. } = self;
        let (builder, seen) = executions.finish();
        let foreign = diagnostics.entries().iter().any(|entry| entry.message.contains("lc_messages"));
        if !(foreign && builder.is_empty()) {
            seen.diagnose(builder.len(), &mut diagnostics);
        }
        if let Some(language) = language {
            let message = format!(
                "messages in {language} are not known here: what they say may be missing; \
                 lc_messages = 'C' logs in English"
            );
            diagnostics.note_many(Level::Info, &message, unread, || first_unread);
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
