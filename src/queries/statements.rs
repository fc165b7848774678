//! Builds a [`QueryLog`] from statements in the order of the file.

use rustc_hash::FxHashMap;

use super::digest::digests;
use super::fingerprint::{self, SEED, Shape, mix, mix_text};
use super::lexer::Dialect;
use super::tables::operation_and_tables;
use super::{Clock, Connection, Fingerprint, Operation, QueryLog};

/// The fingerprint of executions whose text the log does not have.
pub const NO_TEXT: &str = "(text not logged)";

/// One statement as a reader found it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statement {
    /// End on the log's clock, ms, as written: cut to [`Self::resolution`]. NaN if the log has no times.
    pub end: f64,
    /// The clock's step, ms: the true end is less than this after [`Self::end`].
    pub resolution: f64,
    /// Milliseconds; NaN if unknown.
    pub duration: f64,
    /// Id from [`LogBuilder::fingerprint`] or [`LogBuilder::without_text`].
    pub fingerprint: u32,
    /// Id from [`LogBuilder::connection`].
    pub connection: u32,
    /// Byte at which its record begins.
    pub offset: u64,
    /// Bytes of its record.
    pub length: u32,
    /// Whether it ended in an error.
    pub failed: bool,
    /// Hash of its parameters.
    pub parameters: u64,
}

/// Collects statements.
#[derive(Debug, Default)]
pub struct LogBuilder {
    log: QueryLog,
    fingerprints: FxHashMap<u64, u32>,
    connections: FxHashMap<u64, u32>,
    /// Per connection: where its last statement ended.
    ends: Vec<f64>,
}

impl LogBuilder {
    /// How many statements there are so far.
    pub fn len(&self) -> usize {
        self.log.statements.len()
    }

    /// Whether there are none so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The fingerprint of `sql` and the hash of its parameters. `logged` are the parameters the log
    /// keeps apart; they matter where the text leaves values out.
    pub fn fingerprint(&mut self, sql: &[u8], dialect: Dialect, logged: Option<&[u8]>) -> (u32, u64) {
        let Shape { hash, parameters, has_placeholders } = fingerprint::shape(sql, dialect);
        let fingerprints = &mut self.log.fingerprints;
        let id = *self.fingerprints.entry(hash).or_insert_with(|| {
            let (operation, tables) = operation_and_tables(sql, dialect);
            let text = fingerprint::text(sql, dialect);
            let text = if text.is_empty() { "(empty)".to_owned() } else { text };
            fingerprints.push(Fingerprint { text, operation, tables });
            fingerprints.len() as u32 - 1
        });
        let parameters = match logged {
            Some(logged) if has_placeholders => mix_text(parameters, logged),
            _ => parameters,
        };
        (id, parameters)
    }

    /// The fingerprint of executions without a text.
    pub fn without_text(&mut self) -> (u32, u64) {
        let fingerprints = &mut self.log.fingerprints;
        // No normalised text hashes to the plain seed: the finished hash was mixed at least once.
        let id = *self.fingerprints.entry(SEED).or_insert_with(|| {
            let text = NO_TEXT.to_owned();
            fingerprints.push(Fingerprint { text, operation: Operation::Other, tables: Vec::new() });
            fingerprints.len() as u32 - 1
        });
        (id, SEED)
    }

    /// The connection known by `identity` (any bytes, in parts); `describe` is asked once.
    pub fn connection(&mut self, identity: &[&[u8]], describe: impl FnOnce() -> Connection) -> u32 {
        let key = identity.iter().fold(SEED, |state, part| mix(mix_text(state, part), 1));
        let (connections, ends) = (&mut self.log.connections, &mut self.ends);
        *self.connections.entry(key).or_insert_with(|| {
            connections.push(describe());
            ends.push(f64::NEG_INFINITY);
            connections.len() as u32 - 1
        })
    }

    /// Adds a statement, in the order of the file; gives its index in that order.
    ///
    /// A connection runs one statement after the other and the log is written in that order, but its
    /// stamps are cut to a millisecond or a second. So a start that would lie before the end of the
    /// statement before moves up to that, as far as the clock's step allows.
    pub fn push(&mut self, statement: Statement) -> usize {
        let duration = if statement.duration.is_nan() { 0.0 } else { statement.duration };
        let mut start = statement.end - duration;
        if let Some(end) = self.ends.get_mut(statement.connection as usize) {
            if *end > start && *end <= start + statement.resolution {
                start = *end;
            }
            *end = start + duration;
        }
        let columns = &mut self.log.statements;
        columns.start.push(start);
        columns.duration.push(statement.duration);
        columns.fingerprint.push(statement.fingerprint);
        columns.connection.push(statement.connection);
        columns.offset.push(statement.offset);
        columns.length.push(statement.length);
        columns.failed.push(u8::from(statement.failed));
        columns.parameters.push(statement.parameters);
        columns.start.len() - 1
    }

    /// Puts the statements in order. With [`Clock::Sequence`] they are laid end to end; with a wall
    /// clock, one without a time follows the one before it in the file.
    pub fn finish(mut self, clock: Clock, inferred: Option<String>) -> QueryLog {
        let columns = &mut self.log.statements;
        let mut previous_end = 0.0;
        for (start, &duration) in columns.start.iter_mut().zip(&columns.duration) {
            if clock == Clock::Sequence || start.is_nan() {
                *start = previous_end;
            }
            previous_end = *start + if duration.is_nan() { 0.0 } else { duration };
        }
        if !columns.start.is_sorted() {
            let mut order: Vec<u32> = (0..columns.start.len() as u32).collect();
            order.sort_by(|&a, &b| columns.start[a as usize].total_cmp(&columns.start[b as usize]));
            sort(&mut columns.start, &order);
            sort(&mut columns.duration, &order);
            sort(&mut columns.fingerprint, &order);
            sort(&mut columns.connection, &order);
            sort(&mut columns.offset, &order);
            sort(&mut columns.length, &order);
            sort(&mut columns.failed, &order);
            sort(&mut columns.parameters, &order);
        }
        self.log.clock = clock;
        self.log.inferred = inferred;
        self.log.numbers = digests(&self.log).iter().map(super::digest::Digest::numbers).collect();
        self.log
    }
}

fn sort<T: Copy>(column: &mut Vec<T>, order: &[u32]) {
    *column = order.iter().map(|&index| column[index as usize]).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(end: f64, duration: f64, parameters: u64) -> Statement {
        Statement {
            end,
            resolution: 0.0,
            duration,
            fingerprint: 0,
            connection: 0,
            offset: 0,
            length: 0,
            failed: false,
            parameters,
        }
    }

    #[test]
    fn ordered_by_start_not_by_end() {
        let mut builder = LogBuilder::default();
        builder.fingerprint(b"SELECT 1", Dialect::PostgreSql, None);
        builder.push(statement(10.0, 1.0, 1));
        builder.push(statement(11.0, 8.0, 2));
        builder.push(statement(12.0, f64::NAN, 3));
        builder.push(statement(12.0, 9.0, 4));
        let log = builder.finish(Clock::Wall { zone: None }, None);
        assert_eq!(log.statements.start, [3.0, 3.0, 9.0, 12.0]);
        assert_eq!(log.statements.parameters, [2, 4, 1, 3]);
        assert_eq!((log.numbers[0].calls, log.numbers[0].without_duration), (4, 1));
        assert_eq!(log.numbers[0].total, 18.0);
    }

    #[test]
    fn one_connection_runs_one_after_the_other() {
        let starts = |resolution: f64, ends: &[(f64, f64)]| {
            let mut builder = LogBuilder::default();
            builder.fingerprint(b"SELECT 1", Dialect::PostgreSql, None);
            builder.connection(&[], Connection::default);
            for &(end, duration) in ends {
                builder.push(Statement { resolution, ..statement(end, duration, 0) });
            }
            builder.finish(Clock::Wall { zone: None }, None).statements.start
        };
        // All three ended within the millisecond 5.
        assert_eq!(starts(1.0, &[(5.0, 0.25), (5.0, 0.5), (5.0, 0.125)]), [4.75, 5.0, 5.5]);
        // Too far apart for that: another thread of the same name.
        assert_eq!(starts(1.0, &[(5.0, 0.25), (5.0, 3.0)]), [2.0, 4.75]);
        assert_eq!(starts(0.0, &[(5.0, 0.25), (5.0, 0.5)]), [4.5, 4.75]);
    }

    #[test]
    fn without_times_end_to_end() {
        let mut builder = LogBuilder::default();
        builder.fingerprint(b"SELECT 1", Dialect::PostgreSql, None);
        for _ in 0..3 {
            builder.push(statement(f64::NAN, 2.0, 0));
        }
        assert_eq!(builder.finish(Clock::Sequence, None).statements.start, [0.0, 2.0, 4.0]);
    }

    #[test]
    fn logged_parameters_count_where_the_text_leaves_them_out() {
        let mut builder = LogBuilder::default();
        let mut parameters = |sql: &str, logged: &str| {
            builder.fingerprint(sql.as_bytes(), Dialect::PostgreSql, Some(logged.as_bytes()))
        };
        assert_ne!(parameters("SELECT $1", "1"), parameters("SELECT $1", "2"));
        assert_eq!(parameters("SELECT 1", "1"), parameters("SELECT 1", "2"));
        assert_eq!(parameters("SELECT 1", "").0, parameters("SELECT $1", "").0);
    }
}
