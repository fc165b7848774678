//! Makes executions out of a server's events, counted as the server itself counts them.
//!
//! - `statement` and `execute` are executions; `parse` and `bind` before an `execute` are time of it.
//! - A text without a duration (`log_statement`) runs until the next bare duration of its session. In
//!   the extended protocol the (at most two) bare durations before the text of an `execute` are those
//!   of its parse and bind.
//! - A bare duration without a text is an execution whose text the log does not have.
//! - A plan of auto_explain belongs to the execution whose record the log has, too; alone it is one.
//! - A statement that ended in an error has no duration. It is an execution (marked as failed) only if
//!   its text was logged on its own; else the server counts no execution either
//!   (`pg_stat_statements`), and a diagnostic says how many there were.
//! - Each fetch of more rows from a portal is an execution: it has a start and a duration.

use rustc_hash::FxHashMap;

use super::events::{Open, kept};
use super::message::{self, Message, Step};
use super::prefix::Severity;
use crate::document::{Diagnostics, Level};
use crate::queries::fingerprint::{SEED, mix_text};
use crate::queries::lexer::Dialect;
use crate::queries::statements::Statement;
use crate::queries::{Connection, EventKind, LogBuilder, NONE, plan};
use crate::sort;

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
    /// When it was logged: ms, NaN if unknown.
    pub stamp: f64,
    /// The clock's step, ms.
    pub resolution: f64,
    /// Byte of its record.
    pub offset: u64,
    /// Bytes of its record.
    pub length: u32,
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
    fn key(&self) -> u64 {
        let process = if self.session.is_empty() { self.process } else { self.session };
        mix_text(mix_text(mix_text(SEED, process), self.user), self.database)
    }

    fn connection(&self) -> Connection {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
        Connection {
            process: text(if self.process.is_empty() { self.session } else { self.process }),
            database: text(self.database),
            user: text(self.user),
            application: text(self.application),
            client: text(self.client),
        }
    }
}

/// A duration without a text.
#[derive(Debug, Clone, Copy)]
struct Bare {
    duration: f64,
    stamp: f64,
    resolution: f64,
    offset: u64,
    length: u32,
}

/// What is open in a session.
#[derive(Debug, Default)]
struct Session {
    connection: u32,
    /// Parse and bind times by (hashed) name of the prepared statement, not yet executed.
    steps: Vec<(u64, f64)>,
    /// Bare durations that may turn out to be a parse and a bind.
    bare: Vec<Bare>,
    /// A text that waits for its duration; [`Statement::duration`] holds that of its parse and bind.
    text: Option<Statement>,
    /// Whether that text is of the extended protocol.
    extended: bool,
    /// Events whose statement is not yet known.
    events: Open,
}

/// More unexecuted prepared statements than these are forgotten.
const OPEN_STEPS: usize = 16;

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
}

/// Collects the events of a log.
#[derive(Debug, Default)]
pub struct Executions {
    builder: LogBuilder,
    sessions: FxHashMap<u64, Session>,
    seen: Seen,
    /// Whether the log has texts without durations.
    has_texts: bool,
}

impl Executions {
    /// Takes in the next event.
    pub fn event(&mut self, who: &Who<'_>, event: &Event<'_>) {
        self.seen.events += 1;
        if event.severity == Severity::Error {
            self.error(who, event);
            return;
        }
        match event.message {
            Message::Duration(duration, step) => self.duration(who, event, duration, step),
            Message::Text(Step::Statement(sql) | Step::Execute(_, sql) | Step::Fetch(_, sql)) => {
                self.has_texts = true;
                let extended = !matches!(event.message, Message::Text(Step::Statement(_)));
                self.text(who, event, sql, extended);
            }
            Message::Event(kind, amount) => {
                let fingerprint = self.named(event);
                let connection = self.session(who).connection;
                let index = self.builder.event(kept(event, kind, amount, connection, fingerprint));
                if let Some(session) = self.sessions.get_mut(&who.key()) {
                    let inside = session.text.is_some();
                    if kind == EventKind::TemporaryFile && !inside {
                        session.events.temporary_file(&mut self.builder, index, fingerprint, event.stamp);
                    } else {
                        session.events.happens(index, fingerprint, event.stamp, inside);
                    }
                }
            }
            Message::Disconnection => {
                if let Some(mut session) = self.sessions.remove(&who.key()) {
                    self.close(&mut session);
                }
            }
            Message::Text(_) | Message::Foreign(_) | Message::Other => {}
        }
    }

    /// The fingerprint of the SQL an event names, or [`NONE`].
    fn named(&mut self, event: &Event<'_>) -> u32 {
        event
            .statement
            .map_or(NONE, |sql| self.builder.fingerprint(sql, Dialect::PostgreSql, None).fingerprint)
    }

    /// All executions, in their order; and what was seen.
    pub fn finish(mut self) -> (LogBuilder, Seen) {
        let mut sessions: Vec<Session> = self.sessions.drain().map(|(_, session)| session).collect();
        sort::by_number(&mut sessions, |session| session.connection);
        for session in &mut sessions {
            self.close(session);
        }
        (self.builder, self.seen)
    }

    /// Adds an execution, with the events that waited for it.
    fn push(&mut self, who: &Who<'_>, statement: Statement, extended: bool) {
        match self.sessions.get_mut(&who.key()) {
            Some(session) => session.events.push(&mut self.builder, statement, extended),
            None => self.builder.push(statement),
        };
    }

    fn session(&mut self, who: &Who<'_>) -> &mut Session {
        let key = who.key();
        let builder = &mut self.builder;
        self.sessions.entry(key).or_insert_with(|| Session {
            connection: builder.connection(&[&key.to_le_bytes()], || who.connection()),
            ..Session::default()
        })
    }

    fn statement(&mut self, who: &Who<'_>, event: &Event<'_>, sql: &[u8], duration: f64) -> Statement {
        let recognised = self.builder.fingerprint(sql, Dialect::PostgreSql, event.parameters);
        Statement {
            end: event.stamp,
            resolution: event.resolution,
            duration,
            offset: event.offset,
            length: event.length,
            ..Statement::new(recognised, self.session(who).connection)
        }
    }

    fn duration(&mut self, who: &Who<'_>, event: &Event<'_>, duration: f64, step: Step<'_>) {
        match step {
            Step::Statement(sql) | Step::Fetch(_, sql) => {
                self.seen.fetches += u64::from(matches!(step, Step::Fetch(..)));
                self.close_open(who);
                let statement = self.statement(who, event, sql, duration);
                self.push(who, statement, matches!(step, Step::Fetch(..)));
            }
            Step::Execute(name, sql) => {
                self.close_open(who);
                let name = mix_text(SEED, name);
                let steps = &mut self.session(who).steps;
                let before: f64 = steps.iter().filter(|step| step.0 == name).map(|step| step.1).sum();
                steps.retain(|step| step.0 != name);
                let statement = self.statement(who, event, sql, duration + before);
                self.push(who, statement, true);
            }
            Step::Parse(name) | Step::Bind(name) => {
                let name = mix_text(SEED, name);
                let steps = &mut self.session(who).steps;
                if matches!(step, Step::Parse(_)) {
                    // Parsed anew: what was open under this name was never executed.
                    steps.retain(|step| step.0 != name);
                }
                if steps.len() == OPEN_STEPS {
                    steps.remove(0);
                }
                steps.push((name, duration));
            }
            Step::Bare => self.bare(who, event, duration),
            Step::Plan(text) => {
                let sql = plan::query_text(text);
                let statement = match &sql {
                    Some(sql) => self.statement(who, event, sql, duration),
                    None => Statement {
                        end: event.stamp,
                        resolution: event.resolution,
                        duration,
                        offset: event.offset,
                        length: event.length,
                        ..Statement::new(self.builder.without_text(), self.session(who).connection)
                    },
                };
                let connection = statement.connection;
                let event = kept(event, EventKind::Plan, duration, connection, statement.fingerprint);
                let index = self.builder.event(event);
                if let Some(session) = self.sessions.get_mut(&who.key()) {
                    let inside = session.text.is_some();
                    session.events.plan(&mut self.builder, index, statement, inside);
                }
            }
        }
    }

    fn bare(&mut self, who: &Who<'_>, event: &Event<'_>, duration: f64) {
        let session = self.session(who);
        if let Some(text) = session.text.take() {
            let extended = session.extended;
            let statement = Statement {
                duration: duration + text.duration,
                end: event.stamp,
                resolution: event.resolution,
                ..text
            };
            self.push(who, statement, extended);
            return;
        }
        let Event { stamp, resolution, offset, length, .. } = *event;
        session.bare.push(Bare { duration, stamp, resolution, offset, length });
        if session.bare.len() > 2 {
            let first = session.bare.remove(0);
            if let Some(session) = self.sessions.get_mut(&who.key()) {
                alone(&mut self.builder, &mut self.seen, session, first);
            }
        }
    }

    /// A text without a duration; it runs from now on.
    fn text(&mut self, who: &Who<'_>, event: &Event<'_>, sql: &[u8], extended: bool) {
        let mut before = 0.0;
        if extended {
            // Parse and bind, with or without their texts.
            let session = self.session(who);
            before = session.bare.iter().map(|bare| bare.duration).sum::<f64>()
                + session.steps.iter().map(|step| step.1).sum::<f64>();
            session.bare.clear();
            session.steps.clear();
        }
        self.close_open(who);
        let statement = self.statement(who, event, sql, before);
        let session = self.session(who);
        (session.text, session.extended) = (Some(statement), extended);
    }

    /// Something failed: the session's statement, if it has one. It is an execution only if its text was
    /// logged on its own.
    fn error(&mut self, who: &Who<'_>, event: &Event<'_>) {
        let fingerprint = self.named(event);
        let kind = message::error(event.text, event.state);
        let has_texts = self.has_texts;
        let session = self.session(who);
        session.events.interrupted();
        session.steps.clear();
        if has_texts {
            // Parse and bind of what failed.
            session.bare.clear();
        }
        let connection = session.connection;
        let text = session.text.take();
        let index = self.builder.event(kept(event, kind, f64::NAN, connection, fingerprint));
        let Some(session) = self.sessions.get_mut(&who.key()) else { return };
        match text {
            Some(text) => {
                let statement = Statement { failed: true, duration: f64::NAN, ..text };
                let failed = session.events.push(&mut self.builder, statement, false);
                self.builder.attach(index, failed);
            }
            None => {
                session.events.close(&mut self.builder);
                self.seen.errors += u64::from(event.statement.is_some());
            }
        }
    }

    /// Whatever of the session is still open will get no more.
    fn close_open(&mut self, who: &Who<'_>) {
        let Some(session) = self.sessions.get_mut(&who.key()) else { return };
        session.events.interrupted();
        if session.text.is_some() || !session.bare.is_empty() {
            close(&mut self.builder, &mut self.seen, session);
        }
    }

    fn close(&mut self, session: &mut Session) {
        close(&mut self.builder, &mut self.seen, session);
        session.events.close(&mut self.builder);
    }
}

/// Adds what is open in a session.
fn close(builder: &mut LogBuilder, seen: &mut Seen, session: &mut Session) {
    if let Some(text) = session.text.take() {
        let text = Statement { duration: f64::NAN, ..text };
        let index = session.events.push(builder, text, session.extended);
        seen.texts_alone += u64::from(!builder.has_duration(index));
    }
    for bare in std::mem::take(&mut session.bare) {
        alone(builder, seen, session, bare);
    }
}

/// Adds a duration that no text came for.
fn alone(builder: &mut LogBuilder, seen: &mut Seen, session: &mut Session, bare: Bare) {
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
            "fetches of more rows from an open portal are counted as executions of their own",
            self.fetches,
        );
    }
}
