//! What becomes of the lines that say what was executed.

use super::super::clock;
use crate::document::{Content, Diagnostics, Document, Level};
use crate::import::records::Record;
use crate::queries::lexer::Dialect;
use crate::queries::statements::{Recognition, Statement};
use crate::queries::{self, Clock, Connection, LogBuilder, NONE};

/// What a line says of a statement.
#[derive(Debug, Clone, Copy)]
pub struct Executed<'a> {
    pub alias: &'a str,
    pub process: &'a str,
    pub request: Option<&'a str>,
    /// `None` if it is null: some backends cannot say what they sent.
    pub sql: Option<&'a [u8]>,
    pub dialect: Dialect,
    /// What is known already of its SQL.
    pub recognised: Option<Recognition<'a>>,
    pub parameters: Option<&'a [u8]>,
    /// Milliseconds.
    pub duration: f64,
    /// End, resolution and zone.
    pub stamp: Option<(f64, f64, Option<&'a str>)>,
    /// Whether its duration is to the millisecond only.
    pub rounded: bool,
    pub offset: u64,
    pub length: u32,
}

/// What takes in the lines that were read.
pub trait Sink {
    /// Something that was noticed in a line.
    fn note(&mut self, level: Level, message: &'static str, record: &Record<'_>);
    /// A statement.
    fn executed(&mut self, executed: &Executed<'_>, record: &Record<'_>);
}

/// Makes a log of statements.
#[derive(Default)]
pub struct Reader {
    builder: LogBuilder,
    pub diagnostics: Diagnostics,
    /// Whether any statement had a time, and the first one's zone.
    zone: Option<Option<String>>,
    times: clock::Clock,
    rounded: bool,
}

impl Sink for Reader {
    fn note(&mut self, level: Level, message: &'static str, record: &Record<'_>) {
        self.diagnostics.note(level, message, || record.place());
    }

    fn executed(&mut self, executed: &Executed<'_>, record: &Record<'_>) {
        self.take_in(executed, || record.place());
    }
}

impl Reader {
    /// Takes in the next statement.
    pub fn take_in(&mut self, executed: &Executed<'_>, place: impl FnOnce() -> Option<String>) {
        let Executed { alias, process, dialect, parameters, .. } = *executed;
        self.rounded |= executed.rounded;
        let recognised = match (executed.sql, &executed.recognised) {
            (Some(sql), Some(known)) => self.builder.recognised(known, sql, dialect, parameters),
            (Some(sql), None) => self.builder.fingerprint(sql, dialect, parameters),
            (None, _) => self.builder.without_text(),
        };
        let connection = self.builder.connection(&[alias.as_bytes(), process.as_bytes()], || Connection {
            process: process.to_owned(),
            database: alias.to_owned(),
            ..Connection::default()
        });
        let request = executed.request.map_or(NONE, |request| {
            self.builder.request(request.as_bytes(), || queries::Request::identified(request))
        });
        let end = executed.stamp.map_or(f64::NAN, |(end, _, zone)| {
            self.zone.get_or_insert_with(|| zone.map(str::to_owned));
            self.times.time(end, zone.unwrap_or_default().as_bytes(), &mut self.diagnostics, place)
        });
        self.builder.push(Statement {
            end,
            resolution: executed.stamp.map_or(0.0, |(_, resolution, _)| resolution),
            duration: executed.duration,
            offset: executed.offset,
            length: executed.length,
            request,
            ..Statement::new(recognised, connection)
        });
    }

    /// The document.
    pub fn finish(self, name: String, format: &'static str) -> Document {
        let Self { builder, mut diagnostics, zone, rounded, .. } = self;
        if builder.is_empty() {
            diagnostics.note(
                Level::Warning,
                "no statement in it: the logger django.db.backends writes them only at level DEBUG and \
                 with settings.DEBUG = True, and its records need their attributes duration and sql",
                || None,
            );
        }
        if rounded {
            diagnostics.note(
                Level::Info,
                "times are rounded to a millisecond: the attribute duration is not in the log",
                || None,
            );
        }
        let clock = zone.map_or(Clock::Sequence, |zone| Clock::Wall { zone });
        let log = builder.finish(clock, None);
        Document { name, format, content: Content::Queries(Box::new(log)), diagnostics }
    }
}
