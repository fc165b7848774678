//! Adds events to a log that is being built.

use super::{LogBuilder, Statement};
use crate::queries::NONE;
use crate::queries::events::{Event, EventKind, Facts, SqlState};

impl LogBuilder {
    /// Adds an event; gives its index.
    pub fn event(&mut self, event: Event) -> usize {
        self.log.events.push(event)
    }

    /// A message of events, kept once.
    pub fn message(&mut self, message: String) -> u32 {
        let messages = &mut self.log.events.messages;
        *self.messages.entry(message).or_insert_with_key(|message| {
            messages.push(message.clone());
            messages.len() as u32 - 1
        })
    }

    /// Adds what is known in numbers of an event: in the order in which the events of its kind were added.
    pub fn facts(&mut self, facts: Facts) {
        let events = &mut self.log.events;
        match facts {
            Facts::Lock(lock) => events.locks.push(lock),
            Facts::Checkpoint(checkpoint) => events.checkpoints.push(checkpoint),
            Facts::Vacuum(vacuum) => events.vacuums.push(vacuum),
            Facts::Deadlock(deadlock) => events.deadlocks.push(deadlock),
        }
    }

    /// Says that what began with this event is complete: when, how long it took in all (ms), what is said of it in
    /// short, and where its record is.
    pub fn completed(
        &mut self,
        event: usize,
        time: f64,
        amount: f64,
        message: u32,
        (offset, length): (u64, u32),
    ) {
        let events = &mut self.log.events;
        if let Some(known) = events.time.get_mut(event) {
            *known = time;
            (events.amount[event], events.message[event]) = (amount, message);
            (events.offset[event], events.length[event]) = (offset, length);
        }
    }

    /// Says that the lock of this event was waited for so long, ms, and whether it was got then.
    pub fn waited(&mut self, event: usize, waited: f64, acquired: bool) {
        let locks = &mut self.log.events.locks;
        if let Some(lock) = locks.iter_mut().rev().find(|lock| lock.event as usize == event) {
            lock.waited = lock.waited.max(waited);
            lock.acquired |= acquired;
        }
    }

    /// Adds the plan of a statement, by its index in the order of the file, that is in its own record.
    pub fn plan(&mut self, at: usize, statement: &Statement) {
        let event = self.event(Event {
            kind: EventKind::Plan,
            time: statement.end,
            connection: statement.connection,
            fingerprint: statement.fingerprint,
            amount: statement.duration,
            state: SqlState::default(),
            message: NONE,
            offset: statement.offset,
            length: statement.length,
        });
        self.attach(event, at);
    }

    /// Says which statement, by its index in the order of the file, an event belongs to.
    pub fn attach(&mut self, event: usize, statement: usize) {
        let (events, statements) = (&mut self.log.events, &self.log.statements);
        if let (Some(of), Some(&fingerprint)) =
            (events.statement.get_mut(event), statements.fingerprint.get(statement))
        {
            *of = statement as u32;
            events.fingerprint[event] = fingerprint;
        }
    }
}
