//! Events of a slice of a log, read but not counted yet.
//!
//! What costs most of a record is the same whatever came before it: telling its lines apart, reading its prefix, and
//! recognising its SQL. A batch keeps what came of it, so that slices can be read at once by several workers. What
//! depends on what came before (sessions, the clock, what is a fingerprint's first statement) is done when batches are
//! taken in, in their order, by what takes in the events of a log that is read in one piece.
//!
//! Of a statement the text is kept only where that needs it: a shape's first one in the slice, steps of the extended
//! protocol, which are compared, and what sets the application's name. All other events, which are few, are kept whole.

use rustc_hash::FxHashMap;

use super::application;
use super::collect::{Collect, Sink};
use super::executions::{Event, Who};
use super::languages;
use super::message::{self, Message, Step};
use super::prefix::Severity;
use crate::document::{Document, Level};
use crate::import::records::Record;
use crate::import::slices::kept::{Keeping, Kept, Place, Text};
use crate::import::slices::{self, Reading};
use crate::queries::fingerprint::{SEED, mix_text};
use crate::queries::lexer::Dialect;
use crate::queries::{NONE, plan};

/// What an event says.
#[derive(Debug, Clone, Copy)]
enum Says {
    /// How long a step took, ms.
    Duration(f64, StoredStep),
    /// What a step is about to run.
    Text(StoredStep),
    /// An index into [`Batch::whole`].
    Whole(u32),
}

/// A [`Step`]; its text is empty if nothing will ask for it.
#[derive(Debug, Clone, Copy)]
struct StoredStep {
    kind: StepKind,
    name: Text,
    sql: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepKind {
    Bare,
    Statement,
    Parse,
    Bind,
    Execute,
    Fetch,
}

#[derive(Debug)]
struct Stored {
    says: Says,
    stamp: f64,
    resolution: f64,
    offset: u64,
    length: u32,
    /// In the slice.
    line: u32,
    /// An index into [`Batch::who`].
    who: u32,
    zone: Text,
    parameters: Option<Text>,
    /// What its SQL is, for [`Kept::recognised`], or [`NONE`].
    shape: u32,
}

/// What else is asked of an event that is no statement's duration or text.
#[derive(Debug)]
struct Whole {
    severity: Severity,
    text: Text,
    state: Text,
    statement: Option<Text>,
    detail: Option<Text>,
    nested: bool,
}

/// The events of a slice.
#[derive(Debug, Default)]
pub struct Batch {
    kept: Kept<Stored>,
    /// Process, session, user, database, application, client.
    who: Vec<[Text; 6]>,
    whole: Vec<Whole>,
}

/// Makes a [`Batch`].
#[derive(Debug, Default)]
pub struct Batching {
    keeping: Keeping<Stored>,
    who: Vec<[Text; 6]>,
    whole: Vec<Whole>,
    /// Whose events there were, by hash.
    whose: FxHashMap<u64, u32>,
    last_zone: Text,
}

impl Batch {
    fn step(&self, step: StoredStep) -> Step<'_> {
        let text = |text: Text| self.kept.texts.get(text);
        let (name, sql) = (text(step.name), text(step.sql));
        match step.kind {
            StepKind::Bare => Step::Bare,
            StepKind::Statement => Step::Statement(sql),
            StepKind::Parse => Step::Parse(name, sql),
            StepKind::Bind => Step::Bind(name, sql),
            StepKind::Execute => Step::Execute(name, sql),
            StepKind::Fetch => Step::Fetch(name, sql),
        }
    }

    /// Tells `collect` of all events, as their reader would have.
    pub fn take_in(&self, collect: &mut Collect, place: Place<'_>) {
        let text = |text: Text| self.kept.texts.get(text);
        let who: Vec<Who<'_>> = self
            .who
            .iter()
            .map(|texts| {
                let [process, session, user, database, application, client] = texts.map(text);
                Who { process, session, user, database, application, client }
            })
            .collect();
        self.kept.tell(
            collect,
            |collect| &mut collect.diagnostics,
            place,
            |collect, stored| {
                let mut event = Event {
                    severity: Severity::Log,
                    message: Message::Other,
                    text: b"",
                    state: b"",
                    statement: None,
                    parameters: stored.parameters.map(text),
                    nested: false,
                    detail: None,
                    stamp: stored.stamp,
                    resolution: stored.resolution,
                    offset: stored.offset,
                    length: stored.length,
                    recognised: self.kept.recognised(stored.shape),
                };
                match stored.says {
                    Says::Duration(duration, step) => {
                        event.message = Message::Duration(duration, self.step(step));
                    }
                    Says::Text(step) => event.message = Message::Text(self.step(step)),
                    Says::Whole(index) => {
                        let Some(whole) = self.whole.get(index as usize) else { return };
                        event.severity = whole.severity;
                        event.text = text(whole.text);
                        event.message = message::read(event.text);
                        event.state = text(whole.state);
                        event.statement = whole.statement.map(text);
                        event.detail = whole.detail.map(text);
                        event.nested = whole.nested;
                    }
                }
                let Some(who) = who.get(stored.who as usize) else { return };
                let place = || place(stored.offset, u64::from(stored.line));
                collect.take_in(who, &event, text(stored.zone), place);
            },
        );
    }
}

/// A document on the way, of batches.
#[derive(Debug, Default)]
pub struct Collecting {
    /// Takes in the events.
    pub collect: Collect,
    /// What was inferred of the log, to be shown.
    pub inferred: Option<String>,
    /// The zone of stamps that never write one.
    pub zone: Option<&'static str>,
}

impl Reading for Collecting {
    fn take_in(&mut self, batch: &slices::Batch, place: Place<'_>) {
        if let slices::Batch::Postgres(batch) = batch {
            batch.take_in(&mut self.collect, place);
        }
    }

    fn finish(self: Box<Self>, name: String, format: &'static str) -> Document {
        self.collect.finish(name, format, self.inferred, self.zone)
    }
}

impl Batching {
    /// What was put together.
    pub fn finish(self) -> Batch {
        Batch { kept: self.keeping.finish(), who: self.who, whole: self.whole }
    }

    fn keep(&mut self, text: &[u8]) -> Text {
        self.keeping.text(text)
    }

    fn whose(&mut self, who: &Who<'_>) -> u32 {
        let texts = [who.process, who.session, who.user, who.database, who.application, who.client];
        let hash = texts.iter().fold(SEED, |hash, text| mix_text(hash, text));
        if let Some(&known) = self.whose.get(&hash)
            && let Some(kept) = self.who.get(known as usize)
            && kept.iter().zip(texts).all(|(kept, text)| self.keeping.kept.texts.get(*kept) == text)
        {
            return known;
        }
        let kept = texts.map(|text| self.keep(text));
        self.who.push(kept);
        let index = self.who.len() as u32 - 1;
        self.whose.insert(hash, index);
        index
    }

    fn zone(&mut self, zone: &[u8]) -> Text {
        if self.keeping.kept.texts.get(self.last_zone) != zone {
            self.last_zone = self.keep(zone);
        }
        self.last_zone
    }

    fn shape(&mut self, sql: &[u8]) -> u32 {
        self.keeping.shape(sql, Dialect::PostgreSql)
    }

    /// What an event without the rest of it comes down to, if it does: how long a statement took, or its text.
    fn said(&mut self, who: &Who<'_>, event: &Event<'_>) -> Option<(Says, u32)> {
        let (duration, step) = match event.message {
            Message::Duration(duration, step) => (Some(duration), step),
            Message::Text(step) => (None, step),
            _ => return None,
        };
        // In other languages than English the text says which one it is.
        let is_foreign = || languages::of_duration(message::without_state(event.text)).is_some();
        if event.severity != Severity::Log || is_foreign() {
            return None;
        }
        let none = Text::default();
        let (kept, shape) = match step {
            Step::Bare => (StoredStep { kind: StepKind::Bare, name: none, sql: none }, NONE),
            Step::Plan(_) => return None,
            Step::Statement(sql) => {
                let shape = self.shape(sql);
                let is_first = self.keeping.is_first(shape);
                let sets_name = || who.application.is_empty() && application::set_by(sql).is_some();
                let sql = if is_first || sets_name() { self.keep(sql) } else { none };
                (StoredStep { kind: StepKind::Statement, name: none, sql }, shape)
            }
            Step::Parse(name, sql) => (self.kept(StepKind::Parse, name, sql), NONE),
            Step::Bind(name, sql) => (self.kept(StepKind::Bind, name, sql), NONE),
            Step::Execute(name, sql) => (self.kept(StepKind::Execute, name, sql), self.shape(sql)),
            Step::Fetch(name, sql) => (self.kept(StepKind::Fetch, name, sql), self.shape(sql)),
        };
        let says = match duration {
            Some(duration) => Says::Duration(duration, kept),
            None => Says::Text(kept),
        };
        Some((says, shape))
    }

    fn kept(&mut self, kind: StepKind, name: &[u8], sql: &[u8]) -> StoredStep {
        StoredStep { kind, name: self.keeping.once(name), sql: self.keeping.once(sql) }
    }

    fn whole(&mut self, event: &Event<'_>) -> (Says, u32) {
        let shape = match (event.severity, event.message) {
            (
                Severity::Log | Severity::Warning,
                Message::Duration(_, Step::Statement(sql) | Step::Execute(_, sql) | Step::Fetch(_, sql))
                | Message::Text(Step::Statement(sql) | Step::Execute(_, sql) | Step::Fetch(_, sql)),
            ) => self.shape(sql),
            (Severity::Log | Severity::Warning, Message::Duration(_, Step::Plan(text))) => {
                plan::query_text(text).map_or(NONE, |sql| self.shape(&sql))
            }
            (Severity::Log | Severity::Warning, Message::Duration(..) | Message::Text(_)) => NONE,
            _ => event.statement.map_or(NONE, |sql| self.shape(sql)),
        };
        let whole = Whole {
            severity: event.severity,
            text: self.keep(event.text),
            state: self.keep(event.state),
            statement: event.statement.map(|text| self.keep(text)),
            detail: event.detail.map(|text| self.keep(text)),
            nested: event.nested,
        };
        self.whole.push(whole);
        (Says::Whole(self.whole.len() as u32 - 1), shape)
    }
}

impl Sink for Batching {
    fn note(&mut self, level: Level, message: &'static str, record: &Record<'_>) {
        self.keeping.note((level, message), 1, record);
    }

    fn event(&mut self, who: &Who<'_>, event: &Event<'_>, zone: &[u8], record: &Record<'_>) {
        let (says, shape) = match self.said(who, event) {
            Some(said) => said,
            None => self.whole(event),
        };
        let stored = Stored {
            says,
            stamp: event.stamp,
            resolution: event.resolution,
            offset: event.offset,
            length: event.length,
            line: u32::try_from(record.line).unwrap_or(u32::MAX),
            who: self.whose(who),
            zone: self.zone(zone),
            parameters: event.parameters.map(|text| self.keep(text)),
            shape,
        };
        self.keeping.kept.events.push(stored);
    }
}
