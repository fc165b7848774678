//! Makes executions out of a server's events, counted as the server itself counts them.
//!
//! - `statement` and `execute` are executions; `parse` and `bind` before an `execute` are time of it. A bind
//!   whose execute was too fast to be logged is one as well ([`super::steps`]).
//! - A text without a duration (`log_statement`) runs until the next bare duration of its session. In
//!   the extended protocol the (at most two) bare durations before the text of an `execute` are those
//!   of its parse and bind.
//! - A bare duration without a text is an execution whose text the log does not have.
//! - A plan of auto_explain belongs to the execution whose record the log has, too; alone it is one.
//! - A statement that ended in an error has no duration. It is no execution, whether or not its text was logged on
//!   its own, as the server counts none either (`pg_stat_statements`): a diagnostic says how many there were.
//! - A fetch of more rows from a portal is time of the execution that opened it, as `pg_stat_statements` counts
//!   it.
//! - Behind pgbouncer clients take turns on one session: its application name, as logged in each line or as
//!   `SET application_name` says, tells them apart.

use rustc_hash::FxHashMap;

use super::application;
use super::event::Keyed;
pub use super::event::{Event, Who};
use super::events::{happens_to_statements, keep};
use super::languages;
use super::message::{self, Message, Step};
use super::prefix::Severity;
use super::seen::Seen;
use super::server;
use super::session::{Bare, OPEN_PORTALS, Session, alone, close};
use super::steps;
use crate::queries::events::{Checkpoint, Facts};
use crate::queries::fingerprint::{SEED, mix_text};
use crate::queries::lexer::Dialect;
use crate::queries::statements::{Recognised, Statement};
use crate::queries::{EventKind, LogBuilder, NONE, plan};
use crate::sort;

/// Where every duration is at least this, ms, the server logs only what is slow.
const THRESHOLD: f64 = 0.5;

/// So many statements that were parsed and nothing else are kept until the threshold is known.
const MOST_PARSED: usize = 100_000;

/// Collects the events of a log.
#[derive(Debug)]
pub struct Executions {
    builder: LogBuilder,
    sessions: FxHashMap<u64, Session>,
    seen: Seen,
    /// Whether the log has texts without durations.
    has_texts: bool,
    /// The session and the application of the line before.
    entered: (u64, u64),
    /// The shortest duration, ms; NaN without any.
    shortest: f64,
    /// Statements of which nothing but the parse was logged.
    parsed: Vec<Statement>,
    /// The checkpoint that is going on: its event, its cause, and whether WAL forced it.
    checkpoint: Option<(usize, String, bool)>,
}

impl Default for Executions {
    fn default() -> Self {
        Self {
            builder: LogBuilder::default(),
            sessions: FxHashMap::default(),
            seen: Seen::default(),
            has_texts: false,
            entered: (0, 0),
            shortest: f64::NAN,
            parsed: Vec::new(),
            checkpoint: None,
        }
    }
}

impl Executions {
    /// Takes in the next event.
    pub fn event(&mut self, who: &Who<'_>, event: &Event<'_>) {
        let who = &Keyed { who: *who, key: who.key() };
        self.seen.events += 1;
        // A session that ends may have got its name for that line only; one that has none yet is called so.
        let is_unnamed = || self.sessions.get(&who.key).is_some_and(|session| session.application == 0);
        if !matches!(event.message, Message::Disconnection(_)) || is_unnamed() {
            self.enter(who, who.who.application);
        }
        if event.severity == Severity::Error {
            self.error(who, event);
            return;
        }
        match event.message {
            Message::Duration(duration, step) => self.duration(who, event, duration, step),
            Message::Text(Step::Statement(sql)) => self.text(who, event, sql, None),
            Message::Text(Step::Execute(name, sql)) => self.text(who, event, sql, Some(name)),
            Message::Text(Step::Fetch(name, sql)) => self.fetch(who, event, name, sql),
            Message::Event(EventKind::Checkpoint, amount) => self.checkpoint_ends(who, event, amount),
            Message::CheckpointStarts => {
                let (cause, by_wal) = server::cause(&String::from_utf8_lossy(event.text));
                let connection = self.session(who).connection;
                let index = keep(&mut self.builder, event, EventKind::Checkpoint, f64::NAN, connection, NONE);
                self.checkpoint = Some((index, cause, by_wal));
            }
            Message::Event(EventKind::Error, _) => self.crashed(who, event),
            Message::Event(kind, amount) => self.happens(who, event, kind, amount),
            Message::Disconnection(time) => {
                self.happens(who, event, EventKind::Disconnected, time);
                self.entered = (0, 0);
                if let Some(mut session) = self.sessions.remove(&who.key) {
                    self.close(&mut session);
                }
            }
            Message::Other if event.severity == Severity::Warning => {
                self.happens(who, event, EventKind::Warning, f64::NAN);
            }
            Message::Text(_) | Message::Foreign(_) | Message::Other => {}
        }
    }

    /// Something else happens: to a statement, to a session, or to the server.
    fn happens(&mut self, who: &Keyed<'_>, event: &Event<'_>, kind: EventKind, amount: f64) {
        let fingerprint = self.named(event);
        let session = self.session(who);
        let connection = session.connection;
        if kind == EventKind::Connected {
            let is_ready = event.text.starts_with(b"connection ready");
            if std::mem::replace(&mut session.authorized, !is_ready) && is_ready {
                return;
            }
        }
        let index = keep(&mut self.builder, event, kind, amount, connection, fingerprint);
        let Some(session) = self.sessions.get_mut(&who.key) else { return };
        match kind {
            EventKind::LockWait => session.waits = Some((index, event.stamp, amount)),
            EventKind::LockAcquired => {
                if let Some((waiting, ..)) = session.waits.take() {
                    self.builder.waited(waiting, amount, true);
                }
            }
            _ => {}
        }
        if !happens_to_statements(kind) {
            return;
        }
        let inside = session.text.is_some();
        if kind == EventKind::TemporaryFile && !inside {
            session.events.temporary_file(&mut self.builder, index, fingerprint, event.stamp);
        } else {
            session.events.happens(index, fingerprint, event.stamp, inside);
        }
    }

    /// A checkpoint is complete: the one that was said to start, or one that started before the log.
    fn checkpoint_ends(&mut self, who: &Keyed<'_>, event: &Event<'_>, amount: f64) {
        let found = server::checkpoint(&String::from_utf8_lossy(event.text));
        let connection = self.session(who).connection;
        let (index, cause, by_wal) = self.checkpoint.take().unwrap_or_else(|| {
            let index = keep(&mut self.builder, event, EventKind::Checkpoint, amount, connection, NONE);
            (index, "start not logged".to_owned(), false)
        });
        let restartpoint = if event.text.starts_with(b"restartpoint") { "restartpoint: " } else { "" };
        let message = self.builder.message(format!("{restartpoint}{cause}"));
        let of = index as u32;
        self.builder.completed(index, event.stamp, amount, message, (event.offset, event.length));
        self.builder.facts(Facts::Checkpoint(Checkpoint { event: of, by_wal, ..found }));
    }

    /// The fingerprint of the SQL an event names, or [`NONE`].
    fn named(&mut self, event: &Event<'_>) -> u32 {
        event.statement.map_or(NONE, |sql| self.recognise(event, sql, None).fingerprint)
    }

    /// The SQL that an event is about.
    fn recognise(&mut self, event: &Event<'_>, sql: &[u8], logged: Option<&[u8]>) -> Recognised {
        match &event.recognised {
            Some(known) => self.builder.recognised(known, sql, Dialect::PostgreSql, logged),
            None => self.builder.fingerprint(sql, Dialect::PostgreSql, logged),
        }
    }

    /// Of the session: the application `name` uses it from now on. What has no name yet gets this one.
    fn enter(&mut self, who: &Keyed<'_>, name: &[u8]) {
        if name.is_empty() || languages::is_unknown(name) {
            return;
        }
        let application = mix_text(SEED, name).max(1);
        if self.entered == (who.key, application) {
            return;
        }
        self.entered = (who.key, application);
        let session = self.session(who);
        if session.application == application {
            return;
        }
        let is_first = session.application == 0;
        session.application = application;
        let key = who.key;
        let identity = key.to_le_bytes();
        let described = Who { application: name, ..who.who };
        let connection = if is_first {
            let connection = session.connection;
            if let Some(known) = self.builder.connection_mut(connection) {
                known.application = described.connection().application;
            }
            // The same name later is this connection again.
            self.builder.alias(&[&identity, &application.to_le_bytes()], connection);
            connection
        } else {
            self.builder.connection(&[&identity, &application.to_le_bytes()], || described.connection())
        };
        if let Some(session) = self.sessions.get_mut(&key) {
            session.connection = connection;
        }
    }

    /// All executions, in their order; and what was seen.
    pub fn finish(mut self) -> (LogBuilder, Seen) {
        let mut sessions: Vec<Session> = self.sessions.drain().map(|(_, session)| session).collect();
        sort::by_number(&mut sessions, |session| session.connection);
        for session in &mut sessions {
            self.close(session);
        }
        if self.shortest >= THRESHOLD {
            self.seen.steps_alone += self.parsed.len() as u64;
            for statement in std::mem::take(&mut self.parsed) {
                self.builder.push(statement);
            }
        } else if !self.parsed.is_empty() {
            self.builder.may_have_unused();
        }
        (self.builder, self.seen)
    }

    /// Adds an execution, with the events that waited for it; gives its index.
    fn push(&mut self, who: &Keyed<'_>, statement: Statement, extended: bool) -> usize {
        match self.sessions.get_mut(&who.key) {
            Some(session) => {
                // What it waited for it got, though the log does not say when, or it did without.
                session.waits = None;
                session.events.push(&mut self.builder, statement, extended)
            }
            None => self.builder.push(statement),
        }
    }

    /// A step that no execute will come for.
    fn step_alone(&mut self, connection: u32, step: steps::Waiting) {
        let recognised = self.builder.fingerprint(&step.sql, Dialect::PostgreSql, step.parameters());
        let statement = Statement {
            end: step.stamp,
            resolution: step.resolution,
            duration: step.duration,
            offset: step.offset,
            length: step.length,
            ..Statement::new(recognised, connection)
        };
        if step.is_bound() {
            self.seen.steps_alone += 1;
            self.builder.push(statement);
        } else if self.parsed.len() < MOST_PARSED {
            self.parsed.push(statement);
        }
    }

    fn session(&mut self, who: &Keyed<'_>) -> &mut Session {
        let key = who.key;
        let builder = &mut self.builder;
        self.sessions.entry(key).or_insert_with(|| Session {
            connection: builder.connection(&[&key.to_le_bytes()], || who.who.connection()),
            ..Session::default()
        })
    }

    fn statement(&mut self, who: &Keyed<'_>, event: &Event<'_>, sql: &[u8], duration: f64) -> Statement {
        let recognised = self.recognise(event, sql, event.parameters);
        Statement {
            end: event.stamp,
            resolution: event.resolution,
            duration,
            offset: event.offset,
            length: event.length,
            ..Statement::new(recognised, self.session(who).connection)
        }
    }

    fn duration(&mut self, who: &Keyed<'_>, event: &Event<'_>, duration: f64, step: Step<'_>) {
        if !matches!(step, Step::Plan(_)) {
            self.shortest = self.shortest.min(duration);
        }
        match step {
            Step::Statement(sql) => {
                self.close_open(who);
                self.application_set(who, sql);
                let statement = self.statement(who, event, sql, duration);
                self.push(who, statement, false);
            }
            Step::Execute(name, sql) => {
                self.close_open(who);
                let (before, other) = self.session(who).steps.execute(name, sql, event.parameters);
                if let Some(other) = other {
                    let connection = self.session(who).connection;
                    self.step_alone(connection, other);
                }
                let statement = self.statement(who, event, sql, duration + before);
                let index = self.push(who, statement, true);
                self.opened(who, steps::portal(name), index);
            }
            Step::Fetch(name, sql) => {
                self.close_open(who);
                let portal = steps::portal(name);
                let portals = &self.session(who).portals;
                match portals.iter().rev().find(|open| open.0 == portal).map(|open| open.1) {
                    Some(index) => {
                        self.seen.fetches += 1;
                        self.builder.extend(index, duration);
                    }
                    // Its execute is not in the log.
                    None => {
                        let statement = self.statement(who, event, sql, duration);
                        let index = self.push(who, statement, true);
                        self.opened(who, steps::portal(name), index);
                    }
                }
            }
            Step::Parse(name, sql) | Step::Bind(name, sql) => {
                let Event { parameters, stamp, resolution, offset, length, .. } = *event;
                let line = steps::Line { duration, parameters, stamp, resolution, offset, length };
                let session = self.session(who);
                let alone = match step {
                    Step::Parse(..) => session.steps.parse(name, sql, line),
                    _ => session.steps.bind(name, sql, line),
                };
                let connection = session.connection;
                if let Some(alone) = alone {
                    self.step_alone(connection, alone);
                }
            }
            Step::Bare => self.bare(who, event, duration),
            Step::Plan(text) => {
                let nested = event.nested;
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
                let (connection, of) = (statement.connection, statement.fingerprint);
                let index = keep(&mut self.builder, event, EventKind::Plan, duration, connection, of);
                if let Some(session) = self.sessions.get_mut(&who.key) {
                    let inside = session.text.is_some();
                    session.events.plan(&mut self.builder, index, statement, inside, nested);
                }
            }
        }
    }

    /// A portal was executed as the statement of this index.
    fn opened(&mut self, who: &Keyed<'_>, portal: u64, index: usize) {
        let portals = &mut self.session(who).portals;
        match portals.iter_mut().find(|open| open.0 == portal) {
            Some(open) => open.1 = index,
            None => {
                if portals.len() == OPEN_PORTALS {
                    portals.remove(0);
                }
                portals.push((portal, index));
            }
        }
    }

    /// Where lines do not have the application's name, a statement may set it.
    fn application_set(&mut self, who: &Keyed<'_>, sql: &[u8]) {
        if who.who.application.is_empty()
            && let Some(name) = application::set_by(sql)
        {
            self.enter(who, name);
        }
    }

    fn bare(&mut self, who: &Keyed<'_>, event: &Event<'_>, duration: f64) {
        let session = self.session(who);
        if let Some(text) = session.text.take() {
            let portal = session.portal;
            let statement = Statement {
                duration: duration + text.duration,
                end: event.stamp,
                resolution: event.resolution,
                ..text
            };
            let index = self.push(who, statement, portal.is_some());
            if let Some(portal) = portal {
                self.opened(who, portal, index);
            }
            return;
        }
        if let Some(index) = session.fetching.take() {
            self.builder.extend(index, duration);
            return;
        }
        let Event { stamp, resolution, offset, length, .. } = *event;
        session.bare.push(Bare { duration, stamp, resolution, offset, length });
        if session.bare.len() > 2 {
            let first = session.bare.remove(0);
            if let Some(session) = self.sessions.get_mut(&who.key) {
                alone(&mut self.builder, &mut self.seen, session, first);
            }
        }
    }

    /// A fetch from a portal, whose duration follows: it is time of what opened the portal.
    fn fetch(&mut self, who: &Keyed<'_>, event: &Event<'_>, name: &[u8], sql: &[u8]) {
        self.close_open(who);
        let portal = steps::portal(name);
        let session = self.session(who);
        match session.portals.iter().rev().find(|open| open.0 == portal).map(|open| open.1) {
            Some(index) => {
                self.has_texts = true;
                self.seen.fetches += 1;
                self.session(who).fetching = Some(index);
            }
            // Its execute is not in the log.
            None => self.text(who, event, sql, Some(name)),
        }
    }

    /// A text without a duration; it runs from now on, in the extended protocol from the portal of this name.
    fn text(&mut self, who: &Keyed<'_>, event: &Event<'_>, sql: &[u8], portal: Option<&[u8]>) {
        self.has_texts = true;
        let mut before = 0.0;
        if portal.is_some() {
            // Parse and bind, with or without their texts.
            let session = self.session(who);
            before = session.bare.iter().map(|bare| bare.duration).sum::<f64>() + session.steps.text(sql);
            session.bare.clear();
        }
        self.close_open(who);
        self.application_set(who, sql);
        let statement = self.statement(who, event, sql, before);
        let session = self.session(who);
        (session.text, session.portal) = (Some(statement), portal.map(steps::portal));
    }

    /// Something failed: the session's statement, if it has one, which then is no execution.
    fn error(&mut self, who: &Keyed<'_>, event: &Event<'_>) {
        if event.statement.is_none() && server::is_refusal(message::without_state(event.text), event.state) {
            self.happens(who, event, EventKind::Refused, f64::NAN);
            return;
        }
        let named = self.named(event);
        let kind = message::error(event.text, event.state);
        let has_texts = self.has_texts;
        let session = self.session(who);
        session.events.interrupted();
        session.fetching = None;
        session.steps.failed(event.statement);
        if has_texts {
            // Parse and bind of what failed.
            session.bare.clear();
        }
        let connection = session.connection;
        // Its text was logged when it began (`log_statement`).
        let fingerprint = match session.text.take() {
            Some(text) if named == NONE => text.fingerprint,
            _ => named,
        };
        if let Some((waiting, since, before)) = session.waits.take() {
            self.builder.waited(waiting, event.stamp - since + before, false);
        }
        keep(&mut self.builder, event, kind, f64::NAN, connection, fingerprint);
        let Some(session) = self.sessions.get_mut(&who.key) else { return };
        session.events.close(&mut self.builder, true);
        self.seen.errors += u64::from(fingerprint != NONE);
    }

    /// A process of the server ended, and all others with it. The statement that it ran, if it ran one, failed.
    fn crashed(&mut self, who: &Keyed<'_>, event: &Event<'_>) {
        let sql = event.detail.and_then(server::was_running);
        self.seen.errors += u64::from(sql.is_some());
        self.happens(who, &Event { statement: sql, recognised: None, ..*event }, EventKind::Error, f64::NAN);
    }

    /// Whatever of the session is still open will get no more.
    fn close_open(&mut self, who: &Keyed<'_>) {
        let Some(session) = self.sessions.get_mut(&who.key) else { return };
        session.events.interrupted();
        session.fetching = None;
        if session.text.is_some() || !session.bare.is_empty() {
            close(&mut self.builder, &mut self.seen, session);
        }
    }

    fn close(&mut self, session: &mut Session) {
        close(&mut self.builder, &mut self.seen, session);
        for step in session.steps.take() {
            self.step_alone(session.connection, step);
        }
        session.events.close(&mut self.builder, false);
    }
}
