//! Parse and bind lines that wait for their `execute`.
//!
//! A server that logs only what is slow (`log_min_duration_statement = 100`) logs each step for itself: a slow
//! bind, and no execute, as that was fast. So a step whose execute does not come was an execution all the same,
//! whose other steps were below the threshold.
//!
//! Where a server logs everything, a parse alone was only prepared.

use crate::queries::fingerprint::{SEED, mix_text};

/// A step that waits.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Hash of the prepared statement's name.
    name: u64,
    /// Hash of the name with the portal's; 0 before it is bound.
    portal: u64,
    /// Its text, cut at [`LONGEST`].
    pub sql: Vec<u8>,
    parameters: Vec<u8>,
    has_parameters: bool,
    /// Of parse and bind, ms.
    pub duration: f64,
    pub stamp: f64,
    pub resolution: f64,
    pub offset: u64,
    pub length: u32,
}

impl Waiting {
    /// Whether it was bound: then it was executed, too.
    pub fn is_bound(&self) -> bool {
        self.portal != 0
    }

    /// As logged with the bind.
    pub fn parameters(&self) -> Option<&[u8]> {
        self.has_parameters.then_some(&self.parameters)
    }

    fn fill(&mut self, line: &Line<'_>) {
        self.parameters.clear();
        self.parameters.extend_from_slice(line.parameters.unwrap_or_default());
        self.has_parameters = line.parameters.is_some();
        (self.stamp, self.resolution) = (line.stamp, line.resolution);
        (self.offset, self.length) = (line.offset, line.length);
    }
}

/// Where a step's line is, and when it was written.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub duration: f64,
    pub parameters: Option<&'a [u8]>,
    pub stamp: f64,
    pub resolution: f64,
    pub offset: u64,
    pub length: u32,
}

/// The waiting steps of one session.
#[derive(Debug, Default)]
pub struct Steps {
    waiting: Vec<Waiting>,
    /// Steps that were executed, for what their texts are kept in: three lines of four in a log may be steps.
    spare: Vec<Waiting>,
}

/// More steps than these do not wait: the oldest were executed, or never will be.
const MOST: usize = 16;

/// Longer texts are cut: they are kept only as long as their step waits, but in every session.
const LONGEST: usize = 1024 * 1024;

/// Space of more bytes than this is given back: there may be many sessions.
const SPARE: usize = 16 * 1024;

/// A text as it is kept, whether or not its line's end is part of it.
fn kept(sql: &[u8]) -> &[u8] {
    let sql = sql.trim_ascii_end();
    &sql[..sql.len().min(LONGEST)]
}

/// The hash of a prepared statement's name, without that of its portal: `S_1/C_2`.
fn statement(name: &[u8]) -> u64 {
    mix_text(SEED, name.split(|&byte| byte == b'/').next().unwrap_or_default())
}

/// What a portal is known by: its name with the prepared statement's.
pub fn portal(name: &[u8]) -> u64 {
    mix_text(SEED, name).max(1)
}

impl Steps {
    /// A parse: gives what waited under this name, of which nothing more will come.
    pub fn parse(&mut self, name: &[u8], sql: &[u8], line: Line<'_>) -> Option<Waiting> {
        if self.waiting.is_empty() {
            return self.wait(statement(name), 0, sql, &line);
        }
        let of = statement(name);
        if let Some(same) = self.position(|step| step.name == of && step.portal == 0) {
            if self.waiting[same].sql == kept(sql) {
                // Parsed twice, as clients do that do not keep what they prepare.
                self.waiting[same].duration += line.duration;
                return None;
            }
            let before = self.waiting.remove(same);
            self.wait(of, 0, sql, &line);
            return Some(before);
        }
        // An unnamed statement's portal is lost with it; named portals live on.
        let unnamed = portal(name);
        let lost = self.position(|step| step.portal == unnamed);
        let lost = lost.map(|at| self.waiting.remove(at));
        self.wait(of, 0, sql, &line).or(lost)
    }

    /// A bind: gives what waited in its portal, of which nothing more will come.
    pub fn bind(&mut self, name: &[u8], sql: &[u8], line: Line<'_>) -> Option<Waiting> {
        let (of, portal) = (statement(name), portal(name));
        let before = self.position(|step| step.portal == portal).map(|at| self.waiting.remove(at));
        match self.position(|step| step.name == of && step.portal == 0) {
            Some(parsed) if self.waiting[parsed].sql == kept(sql) => {
                let step = &mut self.waiting[parsed];
                step.portal = portal;
                step.duration += line.duration;
                step.fill(&line);
                before
            }
            _ => self.wait(of, portal, sql, &line).or(before),
        }
    }

    /// An execute: gives how long its other steps took, and the step that waited under its name but is another's.
    pub fn execute(&mut self, name: &[u8], sql: &[u8], parameters: Option<&[u8]>) -> (f64, Option<Waiting>) {
        if self.waiting.is_empty() {
            return (0.0, None);
        }
        let (of, portal) = (statement(name), portal(name));
        let bound = self.position(|step| step.portal == portal);
        let Some(at) = bound.or_else(|| self.position(|step| step.name == of && step.portal == 0)) else {
            return (0.0, None);
        };
        let step = self.waiting.remove(at);
        let differs = |logged: &[u8]| parameters.is_some_and(|parameters| parameters != logged);
        if step.sql != kept(sql) || step.parameters().is_some_and(differs) {
            return (0.0, Some(step));
        }
        let duration = step.duration;
        if self.spare.len() < 2 && step.sql.capacity() + step.parameters.capacity() <= SPARE {
            self.spare.push(step);
        }
        (duration, None)
    }

    /// The text of an execute was logged, without a duration: those steps before it that are of the same text are
    /// its. Gives how long they took.
    pub fn text(&mut self, sql: &[u8]) -> f64 {
        let sql = kept(sql);
        let duration = self.waiting.iter().filter(|step| step.sql == sql).map(|step| step.duration).sum();
        self.waiting.retain(|step| step.sql != sql);
        duration
    }

    /// Something failed: the steps of its text are no execution, or the last one where the text is not known.
    pub fn failed(&mut self, sql: Option<&[u8]>) {
        match sql {
            Some(sql) => {
                self.text(sql);
            }
            None => {
                self.waiting.pop();
            }
        }
    }

    /// Takes out all that waits.
    pub fn take(&mut self) -> Vec<Waiting> {
        std::mem::take(&mut self.waiting)
    }

    fn position(&self, asked: impl Fn(&Waiting) -> bool) -> Option<usize> {
        self.waiting.iter().rposition(asked)
    }

    /// Waits; gives the oldest step if there are too many.
    fn wait(&mut self, name: u64, portal: u64, sql: &[u8], line: &Line<'_>) -> Option<Waiting> {
        let oldest = (self.waiting.len() == MOST).then(|| self.waiting.remove(0));
        let mut step = self.spare.pop().unwrap_or_default();
        (step.name, step.portal, step.duration) = (name, portal, line.duration);
        step.sql.clear();
        step.sql.extend_from_slice(kept(sql));
        step.fill(line);
        self.waiting.push(step);
        oldest
    }
}
