//! Which statement an event belongs to.
//!
//! - Waits for locks, temporary files and plans are logged while their statement runs. In the simple
//!   protocol its own record comes next; in the extended protocol, where a portal is dropped after its
//!   `execute` was logged (with the next Bind or the end of the transaction), it came before.
//! - A plan belongs to the execution of its text. One that ran within another statement (a function's, with
//!   `auto_explain.log_nested_statements`, which has a CONTEXT) belongs to that one, and its time is part of it. What was logged by its plan only (its
//!   duration was below `log_min_duration_statement`) is an execution.
//! - A temporary file is logged when it is given back. Right after a plan it is of the plan's statement. At
//!   the end of a portal the server names no statement, or the one that closed it (`COMMIT`, `FETCH`,
//!   `CLOSE`): then it belongs to the cursor's DECLARE, or to the last execution of the extended protocol.

use super::executions::Event;
use super::{message, server};
use crate::queries::events::{self, Deadlock, EventKind, Facts, Lock, SqlState, Vacuum};
use crate::queries::lexer::Dialect;
use crate::queries::statements::Statement;
use crate::queries::{LogBuilder, NONE, Operation};

/// An execution of the extended protocol that may still get a plan or a temporary file.
#[derive(Debug, Clone, Copy)]
struct Recent {
    /// Its index in the order of the file.
    statement: usize,
    fingerprint: u32,
    planned: bool,
}

/// Whose the last plan was; a temporary file after it is of the same statement.
#[derive(Debug, Clone, Copy, Default)]
enum LastPlan {
    #[default]
    None,
    /// Of a statement whose record was read.
    Of(usize),
    /// Of the one whose record comes next.
    Waits,
}

/// An event that waits for the record of its statement.
#[derive(Debug, Clone)]
struct Waiting {
    event: usize,
    /// The fingerprint of the SQL it names, or [`NONE`].
    fingerprint: u32,
    time: f64,
    /// Of a plan: the execution it is if no other is logged.
    plan: Option<Box<Statement>>,
    /// Whether it goes where the plan before goes.
    after_plan: bool,
    /// Whether it came after the text of a statement that still runs: then it is of no other.
    inside: bool,
    /// Of a plan: whether it was logged within another statement.
    nested: bool,
    /// Of a plan: those that ran within its statement.
    inner: Vec<usize>,
}

/// The events of one session.
#[derive(Debug, Default)]
pub struct Open {
    waiting: Vec<Waiting>,
    recent: Vec<Recent>,
    /// The statement that declared the cursor which is open.
    cursor: Option<usize>,
    last_plan: LastPlan,
}

/// So many executions of the extended protocol can wait for their plans: portals that are open at once.
const RECENT: usize = 16;

/// So many events wait for one statement's record; more are of no statement.
const WAITING: usize = 1000;

/// Clocks of a plan and of its statement are read one after the other, and cut to a millisecond.
const TOLERANCE: f64 = 2.0;

/// Keeps an event, with what it says in short and in numbers; gives its index.
pub fn keep(
    builder: &mut LogBuilder,
    event: &Event<'_>,
    kind: EventKind,
    amount: f64,
    connection: u32,
    fingerprint: u32,
) -> usize {
    let bare = message::without_state(event.text);
    // What log_error_verbosity = verbose puts before the text.
    let before = event.text.get(..event.text.len() - bare.len()).and_then(|state| state.get(..5));
    let known = if event.state.is_empty() { before.unwrap_or_default() } else { event.state };
    let text = || String::from_utf8_lossy(bare);
    let message = match kind {
        EventKind::Plan => NONE,
        _ => builder.message(server::short(kind, &text())),
    };
    let index = builder.event(events::Event {
        kind,
        time: event.stamp,
        connection,
        fingerprint,
        amount,
        state: state(known),
        message,
        offset: event.offset,
        length: event.length,
    });
    let of = index as u32;
    let detail = event.detail.unwrap_or_default();
    match kind {
        EventKind::LockWait | EventKind::LockFailure => {
            let lock = server::lock(&text(), &String::from_utf8_lossy(detail));
            builder.facts(Facts::Lock(Lock { event: of, waited: amount.max(0.0), ..lock }));
        }
        EventKind::Vacuum => {
            builder.facts(Facts::Vacuum(Vacuum { event: of, ..server::vacuum(&text()) }));
        }
        EventKind::Deadlock => {
            let parts = server::deadlocked(detail).into_iter().map(|(process, sql)| {
                (process, builder.fingerprint(sql.trim_ascii(), Dialect::PostgreSql, None).fingerprint)
            });
            let parts: Vec<(u32, u32)> = parts.collect();
            if !parts.is_empty() {
                builder.facts(Facts::Deadlock(Deadlock { event: of, parts }));
            }
        }
        _ => {}
    }
    index
}

/// Whether an event of this kind happens to a statement; others are the server's, or a session's.
pub fn happens_to_statements(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::LockWait
            | EventKind::LockAcquired
            | EventKind::LockFailure
            | EventKind::TemporaryFile
            | EventKind::Warning
    )
}

/// `00000` says that there was no error.
fn state(state: &[u8]) -> SqlState {
    let known = state.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    match SqlState::try_from(state) {
        Ok(state) if known && state != *b"00000" => state,
        _ => SqlState::default(),
    }
}

impl Open {
    /// Another record than one of these events came.
    #[inline]
    pub fn interrupted(&mut self) {
        self.last_plan = LastPlan::None;
    }

    /// A plan was logged; `statement` is the execution it is if no other is logged.
    /// `inside` says whether the text of a statement that still runs came before, `nested` whether it was logged
    /// within another statement.
    pub fn plan(
        &mut self,
        builder: &mut LogBuilder,
        event: usize,
        statement: Statement,
        inside: bool,
        nested: bool,
    ) {
        let mut inner = Vec::new();
        if !nested {
            self.waiting.retain_mut(|waiting| {
                let is_inner = waiting.nested
                    && waiting
                        .plan
                        .as_ref()
                        .is_some_and(|plan| plan.end.is_nan() || within(plan, &statement));
                if is_inner {
                    inner.push(waiting.event);
                    inner.append(&mut waiting.inner);
                }
                !is_inner
            });
        }
        let mut recent = self.recent.iter_mut().rev();
        let is_its =
            |recent: &&mut Recent| !nested && !recent.planned && recent.fingerprint == statement.fingerprint;
        if let Some(recent) = recent.find(is_its) {
            recent.planned = true;
            builder.attach(event, recent.statement);
            for inner in inner {
                builder.attach(inner, recent.statement);
            }
            self.last_plan = LastPlan::Of(recent.statement);
            return;
        }
        self.last_plan = LastPlan::Waits;
        let (fingerprint, time) = (statement.fingerprint, statement.end);
        let plan = Some(Box::new(statement));
        self.wait(Waiting { event, fingerprint, time, plan, after_plan: false, inside, nested, inner });
    }

    /// A temporary file was given back; `fingerprint` is that of the SQL the server names, or [`NONE`].
    pub fn temporary_file(&mut self, builder: &mut LogBuilder, event: usize, fingerprint: u32, time: f64) {
        let of = match self.last_plan {
            LastPlan::Of(statement) => Some(statement),
            LastPlan::Waits => {
                self.wait(Waiting {
                    event,
                    fingerprint,
                    time,
                    plan: None,
                    after_plan: true,
                    inside: false,
                    nested: false,
                    inner: Vec::new(),
                });
                return;
            }
            LastPlan::None if fingerprint == NONE => self.recent.last().map(|recent| recent.statement),
            LastPlan::None if closes_portals(builder, fingerprint) => {
                self.cursor.or(self.recent.last().map(|recent| recent.statement))
            }
            LastPlan::None => None,
        };
        match of {
            Some(statement) => builder.attach(event, statement),
            None => self.happens(event, fingerprint, time, false),
        }
    }

    /// An event happens in a statement that runs.
    /// `inside` says whether the text of that statement came before.
    pub fn happens(&mut self, event: usize, fingerprint: u32, time: f64, inside: bool) {
        self.wait(Waiting {
            event,
            fingerprint,
            time,
            plan: None,
            after_plan: false,
            inside,
            nested: false,
            inner: Vec::new(),
        });
    }

    fn wait(&mut self, waiting: Waiting) {
        if self.waiting.len() < WAITING {
            self.waiting.push(waiting);
        }
    }

    /// Gives what waits to `statement`, as far as it belongs there, and pushes the statement: after the
    /// executions that were logged by their plans only. Gives its index.
    pub fn push(&mut self, builder: &mut LogBuilder, statement: Statement, extended: bool) -> usize {
        let mut statement = statement;
        let mut mine = Vec::new();
        let mut plans_went = None;
        // Of its own plan: one of what ran within it says nothing of that.
        let mut planned = false;
        for waiting in std::mem::take(&mut self.waiting) {
            match waiting.plan {
                Some(plan) => {
                    let same = plan.fingerprint == statement.fingerprint;
                    if same && statement.duration.is_nan() && !statement.failed {
                        // log_statement without log_duration: the plan says how long it ran.
                        (statement.duration, statement.end) = (plan.duration, plan.end);
                        statement.resolution = plan.resolution;
                    }
                    let fits = statement.failed || plan.duration <= statement.duration + TOLERANCE;
                    let timeless = waiting.nested && plan.end.is_nan();
                    if waiting.inside || same && fits || timeless || within(&plan, &statement) {
                        planned |= same && !waiting.nested;
                        mine.push(waiting.event);
                        mine.extend(waiting.inner);
                        plans_went = None;
                    } else {
                        let alone = builder.push(*plan);
                        for event in waiting.inner.into_iter().chain([waiting.event]) {
                            builder.attach(event, alone);
                        }
                        plans_went = Some(alone);
                    }
                }
                None if waiting.after_plan => match plans_went {
                    Some(alone) => builder.attach(waiting.event, alone),
                    None => mine.push(waiting.event),
                },
                None => {
                    let during = waiting.fingerprint == NONE && {
                        let begin = statement.end - statement.duration;
                        waiting.time >= begin - TOLERANCE - statement.resolution
                    };
                    if waiting.inside || waiting.fingerprint == statement.fingerprint || during {
                        mine.push(waiting.event);
                    }
                }
            }
        }
        let index = builder.push(statement);
        for event in mine.iter().copied() {
            builder.attach(event, index);
        }
        self.remember(builder, index, &statement, extended, planned);
        index
    }

    fn remember(
        &mut self,
        builder: &LogBuilder,
        index: usize,
        statement: &Statement,
        extended: bool,
        planned: bool,
    ) {
        let Some(fingerprint) = builder.known(statement.fingerprint) else { return };
        match fingerprint.operation {
            Operation::Transaction => {
                if ends_transaction(&fingerprint.text) {
                    (self.cursor, self.recent) = (None, Vec::new());
                }
                return;
            }
            Operation::Other if fingerprint.text.starts_with("DECLARE ") => self.cursor = Some(index),
            _ => {}
        }
        // A cursor's plan and files come when it is closed, whatever protocol declared it.
        if extended || self.cursor == Some(index) {
            if self.recent.len() == RECENT {
                self.recent.remove(0);
            }
            self.recent.push(Recent { statement: index, fingerprint: statement.fingerprint, planned });
        }
    }

    /// No record of what waits will come: plans are executions of their own, but not what ran within a statement
    /// that `failed`.
    pub fn close(&mut self, builder: &mut LogBuilder, failed: bool) {
        let mut plans_went = None;
        for waiting in std::mem::take(&mut self.waiting) {
            if failed && waiting.nested {
                plans_went = None;
            } else if let Some(plan) = waiting.plan {
                let alone = builder.push(*plan);
                for event in waiting.inner.into_iter().chain([waiting.event]) {
                    builder.attach(event, alone);
                }
                plans_went = Some(alone);
            } else if let Some(alone) = plans_went.filter(|_| waiting.after_plan) {
                builder.attach(waiting.event, alone);
            }
        }
    }
}

/// Whether a plan's run lies within that of a statement.
fn within(plan: &Statement, statement: &Statement) -> bool {
    let tolerance = TOLERANCE + statement.resolution;
    // Not with times unknown: comparisons with NaN are false.
    plan.duration <= statement.duration + TOLERANCE
        && plan.end - plan.duration >= statement.end - statement.duration - tolerance
        && plan.end <= statement.end + tolerance
}

/// Whether a statement closes portals, whose temporary files it is then blamed for.
fn closes_portals(builder: &LogBuilder, fingerprint: u32) -> bool {
    builder.known(fingerprint).is_some_and(|fingerprint| {
        fingerprint.operation == Operation::Transaction
            || ["FETCH", "MOVE", "CLOSE"].iter().any(|word| {
                fingerprint.text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            })
    })
}

fn ends_transaction(text: &str) -> bool {
    let first = text.split([' ', ';']).next().unwrap_or_default();
    let to_savepoint = text.split(' ').any(|word| word.eq_ignore_ascii_case("TO"));
    ["COMMIT", "END", "ROLLBACK", "ABORT"].iter().any(|word| first.eq_ignore_ascii_case(word))
        && !to_savepoint
}
