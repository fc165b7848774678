//! Builds a [`QueryLog`] from statements in the order of the file.

mod events;
mod recent;
mod recognise;
mod statement;

use rustc_hash::FxHashMap;

use super::columns::columns;
use super::digest;
use super::fingerprint::{self, SEED, Shape, mix, mix_text};
use super::lexer::Dialect;
use super::requests::{self, Request};
use super::tables::operation_and_tables;
use super::{Clock, ColumnUse, Connection, Fingerprint, NONE, QueryLog, Site, Statements, Usage};
use crate::sort;

use recent::{Known, Recent};
use recognise::AllTags;
pub use recognise::{Recogniser, Recognition};
pub use statement::{Recognised, Statement};

/// The fingerprint of executions whose text the log does not have.
pub const NO_TEXT: &str = "(text not logged)";

/// Collects statements.
#[derive(Debug, Default)]
pub struct LogBuilder {
    log: QueryLog,
    fingerprints: FxHashMap<u64, u32>,
    recent: Recent,
    connections: FxHashMap<u64, u32>,
    requests: FxHashMap<u64, u32>,
    sites: FxHashMap<Site, u32>,
    /// What comments say, each once.
    tags: AllTags,
    /// Per statement.
    tags_of: Vec<u32>,
    /// Per connection: where its last statement ended.
    ends: Vec<f64>,
    /// Messages of events, each once.
    messages: FxHashMap<String, u32>,
    /// Whether fingerprints may be those of nothing.
    may_have_unused: bool,
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
    pub fn fingerprint(&mut self, sql: &[u8], dialect: Dialect, logged: Option<&[u8]>) -> Recognised {
        let known = match self.recent.find(sql, dialect) {
            Ok(known) => known,
            Err(place) => {
                let shape = fingerprint::shape(sql, dialect);
                let fingerprint = self.fingerprint_of(shape.hash, sql, dialect, logged);
                let known = Known { shape, fingerprint, tags: self.tags.around(sql) };
                self.recent.put(place, sql, dialect, known);
                known
            }
        };
        self.counted(known, logged)
    }

    /// Like [`Self::fingerprint`], of a text that was recognised before. `sql` is asked only if nothing of its shape was
    /// counted yet.
    pub fn recognised(
        &mut self,
        recognition: &Recognition<'_>,
        sql: &[u8],
        dialect: Dialect,
        logged: Option<&[u8]>,
    ) -> Recognised {
        let shape = recognition.shape;
        let fingerprint = self.fingerprint_of(shape.hash, sql, dialect, logged);
        let tags = recognition.tags.map_or(NONE, |tags| self.tags.known(tags));
        self.counted(Known { shape, fingerprint, tags }, logged)
    }

    /// Counts what its fingerprint keeps of all its executions.
    #[inline]
    fn counted(&mut self, known: Known, logged: Option<&[u8]>) -> Recognised {
        let Known { shape, fingerprint, tags } = known;
        let Shape { parameters, has_placeholders, list, offset, limit, .. } = shape;
        if let Some(known) = self.log.fingerprints.get_mut(fingerprint as usize) {
            known.longest_list = known.longest_list.max(list);
            known.lists = known.lists.saturating_add(u32::from(list > 1));
            known.largest_offset = known.largest_offset.max(offset.with(logged));
            known.largest_limit = known.largest_limit.max(limit.with(logged));
        }
        let parameters = match logged {
            Some(logged) if has_placeholders => mix_text(parameters, logged),
            _ => parameters,
        };
        Recognised { fingerprint, parameters, tags }
    }

    /// The fingerprint with this hash, of which `sql` may be the first.
    fn fingerprint_of(&mut self, hash: u64, sql: &[u8], dialect: Dialect, logged: Option<&[u8]>) -> u32 {
        let fingerprints = &mut self.log.fingerprints;
        *self.fingerprints.entry(hash).or_insert_with(|| {
            let (operation, tables) = operation_and_tables(sql, dialect);
            let text = fingerprint::text(sql, dialect);
            let text = if text.is_empty() { "(empty)".to_owned() } else { text };
            let mut columns = columns(sql, dialect);
            decide_patterns(&mut columns, logged);
            fingerprints.push(Fingerprint {
                text,
                operation,
                tables,
                columns,
                is_mysql: [dialect, Dialect::guess(sql)].contains(&Dialect::MySql),
                ..Fingerprint::default()
            });
            fingerprints.len() as u32 - 1
        })
    }

    /// The request known by `identity` (any bytes); `describe` is asked once.
    pub fn request(&mut self, identity: &[u8], describe: impl FnOnce() -> Request) -> u32 {
        let requests = &mut self.log.requests;
        *self.requests.entry(mix_text(SEED, identity)).or_insert_with(|| {
            requests.push(describe());
            requests.len() as u32 - 1
        })
    }

    /// What is known of a request that may have been named before it was described.
    pub fn request_mut(&mut self, request: u32) -> Option<&mut Request> {
        self.log.requests.get_mut(request as usize)
    }

    /// The place in the code, kept once.
    pub fn site(&mut self, site: Site) -> u32 {
        let sites = &mut self.log.sites;
        *self.sites.entry(site).or_insert_with_key(|site| {
            sites.push(site.clone());
            sites.len() as u32 - 1
        })
    }

    /// The fingerprint of executions without a text.
    pub fn without_text(&mut self) -> Recognised {
        let fingerprints = &mut self.log.fingerprints;
        // No normalised text hashes to the plain seed: the finished hash was mixed at least once.
        let id = *self.fingerprints.entry(SEED).or_insert_with(|| {
            let text = NO_TEXT.to_owned();
            fingerprints.push(Fingerprint { text, ..Fingerprint::default() });
            fingerprints.len() as u32 - 1
        });
        Recognised { fingerprint: id, parameters: SEED, tags: NONE }
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

    /// Makes a known connection known by `identity` as well.
    pub fn alias(&mut self, identity: &[&[u8]], connection: u32) {
        let key = identity.iter().fold(SEED, |state, part| mix(mix_text(state, part), 1));
        self.connections.entry(key).or_insert(connection);
    }

    /// What is known of a connection, to be completed: logs name its database when it changes.
    pub fn connection_mut(&mut self, connection: u32) -> Option<&mut Connection> {
        self.log.connections.get_mut(connection as usize)
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
        columns.request.push(statement.request);
        let at = columns.start.len() - 1;
        push_rare(&mut columns.site, at, statement.site);
        push_rare(&mut columns.rows, at, statement.rows);
        push_rare(&mut columns.rows_examined, at, statement.rows_examined);
        push_rare(&mut columns.transaction, at, statement.transaction);
        if !statement.lock_time.is_nan() {
            columns.lock_time.resize(at, f64::NAN);
            columns.lock_time.push(statement.lock_time);
        }
        push_rare(&mut self.tags_of, at, statement.tags);
        at
    }

    /// A statement, by its index in the order of the file, went on for so many ms.
    pub fn extend(&mut self, at: usize, duration: f64) {
        if let Some(known) = self.log.statements.duration.get_mut(at) {
            *known += duration;
        }
    }

    /// A statement, by its index in the order of the file, ended at this time, ms.
    pub fn set_end(&mut self, at: usize, end: f64) {
        let statements = &mut self.log.statements;
        if let (Some(start), Some(duration)) = (statements.start.get_mut(at), statements.duration.get(at)) {
            *start = end - if duration.is_nan() { 0.0 } else { *duration };
        }
    }

    /// What is known by this id of [`Recognised::fingerprint`].
    pub fn known(&self, fingerprint: u32) -> Option<&Fingerprint> {
        self.log.fingerprints.get(fingerprint as usize)
    }

    /// Whether the duration of a statement, by its index in the order of the file, is known.
    pub fn has_duration(&self, statement: usize) -> bool {
        self.log.statements.duration.get(statement).is_some_and(|duration| !duration.is_nan())
    }

    /// Some fingerprints may turn out to be those of no execution and no event: they go.
    pub fn may_have_unused(&mut self) {
        self.may_have_unused = true;
    }

    /// Takes out of the log's fingerprints those of no execution: only events name them, or nothing does.
    fn set_unfinished_apart(&mut self) {
        let log = &mut self.log;
        if log.events.is_empty() && !self.may_have_unused {
            return;
        }
        let mut executed = vec![false; log.fingerprints.len()];
        for &fingerprint in &log.statements.fingerprint {
            executed[fingerprint as usize] = true;
        }
        let first = executed.iter().filter(|&&executed| executed).count() as u32;
        if first as usize == executed.len() {
            return;
        }
        let mut named = vec![false; log.fingerprints.len()];
        for &fingerprint in &log.events.fingerprint {
            if let Some(named) = named.get_mut(fingerprint as usize) {
                *named = true;
            }
        }
        let (mut next, mut unfinished) = (0, first);
        let ids: Vec<u32> = executed
            .iter()
            .zip(&named)
            .map(|(&executed, &named)| {
                let next = match (executed, named) {
                    (true, _) => &mut next,
                    (false, true) => &mut unfinished,
                    (false, false) => return NONE,
                };
                *next += 1;
                *next - 1
            })
            .collect();
        let deadlocks = log.events.deadlocks.iter_mut().flat_map(|deadlock| &mut deadlock.parts);
        let of_deadlocks = deadlocks.map(|(_, fingerprint)| fingerprint);
        let of_events = log.events.fingerprint.iter_mut().chain(of_deadlocks);
        for fingerprint in log.statements.fingerprint.iter_mut().chain(of_events) {
            if let Some(&id) = ids.get(*fingerprint as usize) {
                *fingerprint = id;
            }
        }
        let all = std::mem::take(&mut log.fingerprints);
        for ((fingerprint, executed), named) in all.into_iter().zip(executed).zip(named) {
            match (executed, named) {
                (true, _) => log.fingerprints.push(fingerprint),
                (false, true) => log.events.unfinished.push(fingerprint),
                (false, false) => {}
            }
        }
    }

    /// Puts the statements in order. With [`Clock::Sequence`] they are laid end to end; with a wall
    /// clock, one without a time follows the one before it in the file.
    pub fn finish(mut self, clock: Clock, inferred: Option<String>) -> QueryLog {
        self.set_unfinished_apart();
        let columns = &mut self.log.statements;
        let mut previous_end = 0.0;
        for (start, &duration) in columns.start.iter_mut().zip(&columns.duration) {
            if clock == Clock::Sequence || start.is_nan() {
                *start = previous_end;
            }
            previous_end = *start + if duration.is_nan() { 0.0 } else { duration };
        }
        let count = columns.start.len();
        for rare in rare(columns, &mut self.tags_of) {
            rare.resize(count, NONE);
        }
        if !columns.lock_time.is_empty() {
            columns.lock_time.resize(columns.start.len(), f64::NAN);
        }
        if !columns.start.is_sorted() {
            let order = sort::order_of_times(&columns.start);
            if !self.log.events.is_empty() {
                let mut place = vec![0; order.len()];
                for (at, &before) in order.iter().enumerate() {
                    place[before as usize] = at as u32;
                }
                for statement in &mut self.log.events.statement {
                    *statement = place.get(*statement as usize).copied().unwrap_or(NONE);
                }
            }
            arrange(&mut columns.start, &order);
            arrange(&mut columns.duration, &order);
            arrange(&mut columns.fingerprint, &order);
            arrange(&mut columns.connection, &order);
            arrange(&mut columns.offset, &order);
            arrange(&mut columns.length, &order);
            arrange(&mut columns.failed, &order);
            arrange(&mut columns.parameters, &order);
            arrange(&mut columns.request, &order);
            for rare in rare(columns, &mut self.tags_of) {
                arrange(rare, &order);
            }
            if !columns.lock_time.is_empty() {
                arrange(&mut columns.lock_time, &order);
            }
        }
        self.log.clock = clock;
        self.log.inferred = inferred;
        requests::assign(&mut self.log, &self.tags.all, &self.tags_of);
        self.log.numbers = digest::numbers(&self.log);
        self.log
    }
}

/// The columns of ids that not every log has, if this one has them.
fn rare<'a>(
    columns: &'a mut Statements,
    tags_of: &'a mut Vec<u32>,
) -> impl Iterator<Item = &'a mut Vec<u32>> {
    let Statements { site, rows, rows_examined, transaction, .. } = columns;
    [site, rows, rows_examined, transaction, tags_of].into_iter().filter(|rare| !rare.is_empty())
}

/// Patterns that the text leaves out: whether any of the parameters begins with a wildcard.
fn decide_patterns(columns: &mut [ColumnUse], logged: Option<&[u8]>) {
    let Some(logged) = logged else { return };
    let has = |text: &[u8]| memchr::memmem::find(logged, text).is_some();
    let usage = if has(b"'%") || has(b"\"%") { Usage::LikeAnywhere } else { Usage::LikePrefix };
    for one in columns.iter_mut().filter(|one| one.usage == Usage::LikeUnknown) {
        one.usage = usage;
    }
}

/// Adds to a column that stays empty as long as it has nothing to say.
fn push_rare(column: &mut Vec<u32>, at: usize, value: u32) {
    if value != NONE {
        column.resize(at, NONE);
        column.push(value);
    }
}

/// Puts a column into `order`, a permutation of its indexes: in place, as a column of a large log is tens of megabytes.
pub(super) fn arrange<T: Copy>(column: &mut [T], order: &[u32]) {
    let mut moved = vec![0_u64; order.len().div_ceil(64)];
    for begin in 0..order.len() {
        if moved[begin / 64] >> (begin % 64) & 1 == 1 {
            continue;
        }
        // Along the cycle that begins here: each takes its successor's.
        let first = column[begin];
        let mut at = begin;
        loop {
            moved[at / 64] |= 1 << (at % 64);
            let next = order[at] as usize;
            if next == begin {
                column[at] = first;
                break;
            }
            column[at] = column[next];
            at = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(end: f64, duration: f64, parameters: u64) -> Statement {
        let recognised = Recognised { fingerprint: 0, parameters, tags: NONE };
        Statement { end, duration, ..Statement::new(recognised, 0) }
    }

    #[test]
    fn columns_are_put_into_any_order() {
        let arranged = |order: &[u32]| {
            let mut column: Vec<u32> = (0..order.len() as u32).map(|at| at * 10).collect();
            arrange(&mut column, order);
            column.iter().map(|value| value / 10).collect::<Vec<_>>()
        };
        for order in [&[][..], &[0], &[1, 0], &[2, 0, 1], &[0, 1, 2], &[3, 2, 1, 0], &[1, 2, 0, 4, 3]] {
            assert_eq!(arranged(order), order);
        }
        let long: Vec<u32> = (0..1000).map(|at| at * 7 % 1000).collect();
        assert_eq!(arranged(&long), long);
    }

    #[test]
    fn ordered_by_start_not_by_end() {
        let mut builder = LogBuilder::default();
        builder.fingerprint(b"SELECT 1", Dialect::PostgreSql, None);
        builder.connection(&[], Connection::default);
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
        builder.connection(&[], Connection::default);
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
        assert_eq!(parameters("SELECT 1", "").fingerprint, parameters("SELECT $1", "").fingerprint);
    }
}
