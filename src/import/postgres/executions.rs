//! Makes executions out of a server's events, counted as the server itself counts them.
//!
//! - `statement` and `execute` are executions; `parse` and `bind` before an `execute` are time of it.
//! - A text without a duration (`log_statement`) runs until the next bare duration of its session. In
//!   the extended protocol the (at most two) bare durations before the text of an `execute` are those
//!   of its parse and bind.
//! - A bare duration without a text is an execution whose text the log does not have.
//! - A plan of auto_explain is no execution of its own, unless the log has nothing but plans.
//! - A statement that ended in an error has no duration. It is an execution (marked as failed) only if
//!   its text was logged on its own; else the server counts no execution either
//!   (`pg_stat_statements`), and a diagnostic says how many there were.
//! - Each fetch of more rows from a portal is an execution: it has a start and a duration.

use rustc_hash::FxHashMap;

use super::message::{Message, Step};
use super::prefix::Severity;
use crate::document::{Diagnostics, Level};
use crate::queries::fingerprint::{SEED, mix_text};
use crate::queries::lexer::Dialect;
use crate::queries::statements::Statement;
use crate::queries::{Connection, LogBuilder};
use crate::sort;

/// One event of a server's log, in whichever format.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// What it is about.
    pub severity: Severity,
    /// Its message.
    pub message: Message<'a>,
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
    /// Plans.
    pub plans: u64,
    /// Fetches from a portal.
    pub fetches: u64,
}

/// Collects the events of a log.
#[derive(Debug, Default)]
pub struct Executions {
    builder: LogBuilder,
    sessions: FxHashMap<u64, Session>,
    /// Executions known by their plans only, as long as there are no others.
    plans: Vec<Statement>,
    seen: Seen,
    /// Whether the log has texts without durations.
    has_texts: bool,
}

impl Executions {
    /// Takes in the next event. `failed_statement` is the text in an error's STATEMENT.
    pub fn event(&mut self, who: &Who<'_>, event: &Event<'_>, failed_statement: bool) {
        self.seen.events += 1;
        if event.severity == Severity::Error {
            if failed_statement && !self.error(who) {
                self.seen.errors += 1;
            }
            return;
        }
        match event.message {
            Message::Duration(duration, step) => self.duration(who, event, duration, step),
            Message::Text(Step::Statement(sql) | Step::Execute(_, sql) | Step::Fetch(_, sql)) => {
                self.has_texts = true;
                let extended = !matches!(event.message, Message::Text(Step::Statement(_)));
                self.text(who, event, sql, extended);
            }
            Message::Disconnection => {
                if let Some(mut session) = self.sessions.remove(&who.key()) {
                    self.close(&mut session);
                }
            }
            Message::Text(_) | Message::Foreign(_) | Message::Other => {}
        }
    }

    /// All executions, in their order; and what was seen.
    pub fn finish(mut self) -> (LogBuilder, Seen) {
        let mut sessions: Vec<Session> = self.sessions.drain().map(|(_, session)| session).collect();
        sort::by_number(&mut sessions, |session| session.connection);
        for session in &mut sessions {
            self.close(session);
        }
        if self.builder.is_empty() {
            for plan in std::mem::take(&mut self.plans) {
                self.builder.push(plan);
            }
        }
        (self.builder, self.seen)
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
                self.builder.push(statement);
            }
            Step::Execute(name, sql) => {
                self.close_open(who);
                let name = mix_text(SEED, name);
                let steps = &mut self.session(who).steps;
                let before: f64 = steps.iter().filter(|step| step.0 == name).map(|step| step.1).sum();
                steps.retain(|step| step.0 != name);
                let statement = self.statement(who, event, sql, duration + before);
                self.builder.push(statement);
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
            Step::Plan(sql) => {
                self.seen.plans += 1;
                if self.builder.is_empty()
                    && let Some(sql) = sql
                {
                    let statement = self.statement(who, event, sql, duration);
                    self.plans.push(statement);
                } else {
                    self.plans = Vec::new();
                }
            }
        }
    }

    fn bare(&mut self, who: &Who<'_>, event: &Event<'_>, duration: f64) {
        let session = self.session(who);
        if let Some(text) = session.text.take() {
            let statement = Statement {
                duration: duration + text.duration,
                end: event.stamp,
                resolution: event.resolution,
                ..text
            };
            self.builder.push(statement);
            return;
        }
        let Event { stamp, resolution, offset, length, .. } = *event;
        session.bare.push(Bare { duration, stamp, resolution, offset, length });
        if session.bare.len() > 2 {
            let (connection, first) = (session.connection, session.bare.remove(0));
            self.alone(connection, first);
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
        self.session(who).text = Some(statement);
    }

    /// The session's statement failed; whether that is an execution.
    fn error(&mut self, who: &Who<'_>) -> bool {
        let has_texts = self.has_texts;
        let Some(session) = self.sessions.get_mut(&who.key()) else { return false };
        session.steps.clear();
        if has_texts {
            // Parse and bind of what failed.
            session.bare.clear();
        }
        let Some(text) = session.text.take() else { return false };
        self.builder.push(Statement { failed: true, duration: f64::NAN, ..text });
        true
    }

    /// Whatever of the session is still open will get no more.
    fn close_open(&mut self, who: &Who<'_>) {
        let key = who.key();
        let Some(session) = self.sessions.get_mut(&key) else { return };
        if session.text.is_some() || !session.bare.is_empty() {
            let mut closed = Session {
                connection: session.connection,
                steps: Vec::new(),
                bare: std::mem::take(&mut session.bare),
                text: session.text.take(),
            };
            self.close(&mut closed);
        }
    }

    fn close(&mut self, session: &mut Session) {
        if let Some(text) = session.text.take() {
            self.seen.texts_alone += 1;
            self.builder.push(Statement { duration: f64::NAN, ..text });
        }
        for bare in session.bare.drain(..) {
            self.alone(session.connection, bare);
        }
    }

    fn alone(&mut self, connection: u32, bare: Bare) {
        self.seen.durations_alone += 1;
        let recognised = self.builder.without_text();
        self.builder.push(Statement {
            end: bare.stamp,
            resolution: bare.resolution,
            duration: bare.duration,
            offset: bare.offset,
            length: bare.length,
            ..Statement::new(recognised, connection)
        });
    }
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
            "statements ended in an error; the server logs no duration for them and counts no execution",
            self.errors,
        );
        note(
            Level::Info,
            "fetches of more rows from an open portal are counted as executions of their own",
            self.fetches,
        );
        if self.plans > 0 {
            note(
                Level::Info,
                "plans of auto_explain belong to statements that are counted already",
                self.plans,
            );
        }
    }
}
