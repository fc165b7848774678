//! Plays a log again as it would run with a cache in front of the database, or with replicas beside it.

use rustc_hash::{FxHashMap, FxHashSet};

use super::selected::Tokens;
use crate::queries::requests::Kind;
use crate::queries::{Fingerprint, Operation, QueryLog};

/// What would become of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A read that a cache would answer, or that could go to a replica.
    Away,
    /// A read that the database must answer, because nothing else knows the answer.
    Stays,
    /// A read that the primary must answer: it locks what it reads.
    Locks,
    /// The same: it is part of a transaction.
    InTransaction,
    /// The same: its tables were written a moment ago.
    AfterWrite,
    /// A write, which makes what is cached of its tables stale.
    Write,
    /// Neither.
    Other,
}

/// What locks the rows that are read.
const LOCKS: &[&str] =
    &[" for update", " for share", " for no key update", " for key share", " lock in share mode"];

/// Functions that change something.
const CHANGES: &[&str] = &["nextval (", "nextval(", "setval (", "setval(", "_advisory_"];

/// What is another value each time.
const VARIES: &[&str] = &[
    "random(",
    "random (",
    "rand(",
    "rand (",
    "uuid(",
    "uuid (",
    "uuid_generate",
    "now(",
    "now (",
    "'now'",
    "current_timestamp",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "utc_timestamp",
    "current_date",
    "current_time",
    "localtime",
    "sysdate",
    "curdate",
    "curtime",
];

/// What matters of a fingerprint, in numbers.
pub(super) struct Part {
    /// Ids of all its tables.
    pub tables: Vec<u32>,
    /// Of them, those it writes.
    pub written: Vec<u32>,
    /// Whether its rows may be kept: a SELECT of tables that locks nothing and means the same each time.
    pub is_plain_read: bool,
    /// Whether it reads tables, and changes nothing.
    is_read: bool,
    /// Whether it locks rows.
    locks: bool,
    boundary: Kind,
}

/// The fingerprints of a log, and its tables.
pub(super) struct Parts<'a> {
    pub of: Vec<Part>,
    pub tables: Vec<&'a str>,
}

/// The tables that a statement writes: the first it names; with WITH, any may be it.
pub(super) fn written(fingerprint: &Fingerprint) -> &[String] {
    match fingerprint.operation {
        Operation::Insert | Operation::Update | Operation::Delete
            if !fingerprint.text.starts_with("WITH") =>
        {
            fingerprint.tables.get(..1).unwrap_or_default()
        }
        Operation::Insert | Operation::Update | Operation::Delete | Operation::Schema => &fingerprint.tables,
        _ => &[],
    }
}

/// The table that a write is for: behind WITH, the one after the first verb that is in no brackets.
pub(super) fn target(fingerprint: &Fingerprint) -> Option<&str> {
    let written = written(fingerprint);
    if let [table] = written {
        return Some(table);
    }
    let target = Tokens::of(&fingerprint.text).target()?;
    written.iter().find(|table| **table == target).map(String::as_str)
}

/// How many statements write each table.
pub(super) struct Writes<'a> {
    names: Names<'a>,
    calls: FxHashMap<&'a str, u64>,
}

impl<'a> Writes<'a> {
    pub fn of(log: &'a QueryLog) -> Self {
        let names = Names::of(log);
        let mut calls: FxHashMap<&str, u64> = FxHashMap::default();
        for (fingerprint, numbers) in log.fingerprints.iter().zip(&log.numbers) {
            let mut own: Vec<&str> = written(fingerprint).iter().map(|name| names.of_table(name)).collect();
            own.sort_unstable();
            own.dedup();
            for table in own {
                *calls.entry(table).or_default() += u64::from(numbers.calls);
            }
        }
        Self { names, calls }
    }

    pub fn of_table(&self, table: &str) -> u64 {
        self.calls.get(self.names.of_table(table)).copied().unwrap_or(0)
    }
}

/// What tables are called: `public.t` is `t` where statements name a `t` without its schema.
struct Names<'a> {
    plain: FxHashSet<&'a str>,
}

impl<'a> Names<'a> {
    fn of(log: &'a QueryLog) -> Self {
        let all = log.fingerprints.iter().flat_map(|fingerprint| &fingerprint.tables);
        Self { plain: all.map(String::as_str).filter(|name| !name.contains('.')).collect() }
    }

    fn of_table<'b>(&self, name: &'b str) -> &'b str {
        match name.rsplit_once('.') {
            Some((schema, table)) if schema == "public" || self.plain.contains(table) => table,
            _ => name,
        }
    }
}

impl<'a> Parts<'a> {
    pub fn of(log: &'a QueryLog) -> Self {
        let mut ids: FxHashMap<&str, u32> = FxHashMap::default();
        let mut names: Vec<&str> = Vec::new();
        let known = Names::of(log);
        let mut id = |name: &'a String| {
            let name = known.of_table(name);
            *ids.entry(name).or_insert_with(|| {
                names.push(name);
                names.len() as u32 - 1
            })
        };
        let of = log
            .fingerprints
            .iter()
            .map(|fingerprint| {
                let text = fingerprint.text.to_ascii_lowercase();
                let has_any = |words: &[&str]| words.iter().any(|word| text.contains(word));
                let locks = has_any(LOCKS);
                let is_read = fingerprint.operation == Operation::Select
                    && !fingerprint.tables.is_empty()
                    && !has_any(CHANGES);
                Part {
                    tables: fingerprint.tables.iter().map(&mut id).collect(),
                    written: written(fingerprint).iter().map(&mut id).collect(),
                    is_plain_read: is_read && !locks && !has_any(VARIES),
                    is_read,
                    locks,
                    boundary: Kind::of(fingerprint),
                }
            })
            .collect();
        Self { of, tables: names }
    }
}

/// Per statement, whether it is in a transaction, and whether it is the last of one: BEGIN and COMMIT are in
/// the log, or the log says it of each statement.
struct Transactions {
    inside: Vec<bool>,
    last: Vec<bool>,
    /// Per connection, the tables that its open transaction wrote so far.
    pending: Vec<Vec<u32>>,
}

impl Transactions {
    fn of(log: &QueryLog, parts: &Parts<'_>) -> Self {
        let statements = &log.statements;
        let (mut inside, mut last) = (vec![false; statements.len()], vec![false; statements.len()]);
        // Per connection: the request in which one is open, its number, and its last statement so far.
        let mut open: Vec<Option<(u32, Option<u32>, usize)>> = vec![None; log.connections.len()];
        for at in 0..statements.len() {
            let (request, number) = (statements.request[at], statements.transaction(at));
            let place = &mut open[statements.connection[at] as usize];
            let boundary = parts.of[statements.fingerprint[at] as usize].boundary;
            // Some logs have no COMMIT: no transaction outlives its request.
            if let Some((of, known, before)) = *place
                && (of != request || known != number)
            {
                last[before] = true;
                *place = None;
            }
            // SQLite's BEGIN is recorded, its COMMIT is not: the statements say it themselves then.
            let begins = boundary == Kind::Begin && statements.transaction.is_empty();
            if begins || number.is_some() {
                *place = Some((request, number, at));
            }
            if let Some((.., before)) = place {
                *before = at;
                inside[at] = true;
                if boundary == Kind::End {
                    last[at] = true;
                    *place = None;
                }
            }
        }
        for (.., before) in open.into_iter().flatten() {
            last[before] = true;
        }
        Self { inside, last, pending: vec![Vec::new(); log.connections.len()] }
    }

    /// The tables whose rows change with the statement `at`, each of which is asked for in turn: those it writes,
    /// and with the end of a transaction once more all that were written in it.
    fn changed(&mut self, log: &QueryLog, parts: &Parts<'_>, at: usize) -> Vec<u32> {
        let written = &parts.of[log.statements.fingerprint[at] as usize].written;
        let pending = &mut self.pending[log.statements.connection[at] as usize];
        let mut changed = written.clone();
        if self.inside[at] {
            for &table in written {
                if !pending.contains(&table) {
                    pending.push(table);
                }
            }
        }
        if self.last[at] {
            changed.append(pending);
        }
        changed
    }
}

/// Per statement, what a cache with invalidation by table would do: the model of
/// [django-cachalot](https://django-cachalot.readthedocs.io/en/latest/how.html). An answer is kept for
/// equal SQL with equal parameters until one of its tables is written, and once more when that is committed.
pub(super) fn cache(log: &QueryLog, parts: &Parts<'_>) -> Vec<Outcome> {
    let statements = &log.statements;
    // Per table and per query: the last statement that wrote it, that put it into the cache.
    let mut writes: Vec<Option<usize>> = vec![None; parts.tables.len()];
    let mut kept: FxHashMap<(u32, u32, u64), usize> = FxHashMap::default();
    let databases = databases(log);
    let mut transactions = Transactions::of(log, parts);
    let each = |at: usize| {
        let fingerprint = statements.fingerprint[at];
        let part = &parts.of[fingerprint as usize];
        for table in transactions.changed(log, parts, at) {
            writes[table as usize] = Some(at);
        }
        if !part.written.is_empty() {
            return Outcome::Write;
        }
        if !part.is_plain_read {
            return Outcome::Other;
        }
        let database = databases[statements.connection[at] as usize];
        let key = (database, fingerprint, statements.parameters[at]);
        let stale = part.tables.iter().filter_map(|&table| writes[table as usize]).max();
        if kept.get(&key).is_some_and(|&since| stale.is_none_or(|stale| stale < since)) {
            return Outcome::Away;
        }
        if statements.failed[at] == 0 {
            kept.insert(key, at);
        }
        Outcome::Stays
    };
    (0..statements.len()).map(each).collect()
}

/// Per connection, a number for its database.
fn databases(log: &QueryLog) -> Vec<u32> {
    let mut ids: FxHashMap<&str, u32> = FxHashMap::default();
    log.connections
        .iter()
        .map(|connection| {
            let next = ids.len() as u32;
            *ids.entry(connection.database.as_str()).or_insert(next)
        })
        .collect()
}

/// Per statement, whether a replica could answer it: reads outside of transactions that lock nothing,
/// more than `lag` milliseconds after the same connection last wrote one of their tables, or committed that.
pub(super) fn replicas(log: &QueryLog, parts: &Parts<'_>, lag: f64) -> Vec<Outcome> {
    let statements = &log.statements;
    let mut transactions = Transactions::of(log, parts);
    let mut writes: FxHashMap<(u32, u32), f64> = FxHashMap::default();
    let each = |at: usize| {
        let part = &parts.of[statements.fingerprint[at] as usize];
        let connection = statements.connection[at];
        let end = statements.end(at);
        for table in transactions.changed(log, parts, at) {
            let last = writes.entry((connection, table)).or_insert(end);
            *last = last.max(end);
        }
        if !part.written.is_empty() {
            return Outcome::Write;
        }
        if !part.is_read {
            return Outcome::Other;
        }
        let written = |table: &u32| {
            writes.get(&(connection, *table)).is_some_and(|&end| statements.start[at] - end <= lag)
        };
        if part.locks {
            Outcome::Locks
        } else if transactions.inside[at] {
            Outcome::InTransaction
        } else if part.tables.iter().any(written) {
            Outcome::AfterWrite
        } else {
            Outcome::Away
        }
    };
    (0..statements.len()).map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queries::lexer::Dialect;
    use crate::queries::statements::Statement;
    use crate::queries::{Clock, Connection, LogBuilder};
    use proptest::prelude::*;

    const SQL: [&str; 13] = [
        "SELECT x FROM a WHERE id = 1",
        "SELECT x FROM a WHERE id = 2",
        "SELECT x FROM a JOIN b ON a.id = b.a_id",
        "SELECT x FROM b",
        "SELECT x FROM b FOR UPDATE",
        "UPDATE a SET x = 1",
        "INSERT INTO b (x) SELECT x FROM c",
        "DELETE FROM c",
        "BEGIN",
        "COMMIT",
        "SELECT random(), x FROM a",
        "SELECT x FROM c",
        "SELECT nextval('d'), x FROM c",
    ];

    /// Per statement: SQL, connection, milliseconds since the one before, whether it fails.
    fn log(each: &[(usize, u8, f64, bool)]) -> QueryLog {
        let mut builder = LogBuilder::default();
        let mut now = 0.0;
        for &(sql, connection, gap, failed) in each {
            let recognised = builder.fingerprint(SQL[sql].as_bytes(), Dialect::PostgreSql, None);
            let id = builder.connection(&[&[connection]], || Connection {
                database: (connection / 2).to_string(),
                ..Connection::default()
            });
            now += gap + 1.0;
            builder.push(Statement { end: now, duration: 1.0, failed, ..Statement::new(recognised, id) });
        }
        builder.finish(Clock::Wall { zone: None }, None)
    }

    fn tables(sql: usize) -> &'static [&'static str] {
        match sql {
            0 | 1 | 5 | 10 => &["a"],
            2 => &["a", "b"],
            3 | 4 | 6 => &["b"],
            7 | 11 | 12 => &["c"],
            _ => &[],
        }
    }

    fn sequence() -> impl Strategy<Value = Vec<(usize, u8, f64, bool)>> {
        let gap = prop_oneof![0.0..3.0_f64, 150.0..200.0_f64];
        proptest::collection::vec((0..SQL.len(), 0_u8..4, gap, proptest::bool::weighted(0.1)), 0..80)
    }

    /// Where the transaction began that a statement is part of, and whether it ends with it: all that ran on its
    /// connection is looked at.
    fn transaction(log: &QueryLog, each: &[(usize, u8, f64, bool)], at: usize) -> Option<(usize, bool)> {
        let near = |other: &usize| {
            each[*other].1 == each[at].1 && log.statements.request[*other] == log.statements.request[at]
        };
        let own = usize::from(each[at].0 != 9);
        let before = (0..at + own).rev().filter(near).take_while(|&other| each[other].0 != 9);
        // A BEGIN within a transaction changes nothing.
        let begin = before.filter(|&other| each[other].0 == 8).last()?;
        let next = (at + 1..each.len()).find(|&other| each[other].1 == each[at].1);
        Some((begin, each[at].0 == 9 || next.is_none_or(|next| !near(&next))))
    }

    /// The tables that a statement makes visible: its own writes, and with the end of a transaction those of all
    /// its statements.
    fn shown(log: &QueryLog, each: &[(usize, u8, f64, bool)], at: usize) -> Vec<&'static str> {
        let writes = |at: usize| if matches!(each[at].0, 5..=7) { tables(each[at].0) } else { &[] };
        let mut shown = writes(at).to_vec();
        if let Some((begin, true)) = transaction(log, each, at) {
            let own = (begin..at).filter(|&other| each[other].1 == each[at].1);
            shown.extend(own.flat_map(writes));
        }
        shown
    }

    proptest! {
        /// A list of answers, searched from end to end.
        #[test]
        fn the_cache_is_that_of_brute_force(each in sequence()) {
            let log = log(&each);
            let mut kept: Vec<(u8, usize)> = Vec::new();
            let expected: Vec<Outcome> = each.iter().enumerate().map(|(at, &(sql, connection, _, failed))| {
                let shown = shown(&log, &each, at);
                kept.retain(|&(_, other)| !tables(other).iter().any(|table| shown.contains(table)));
                match sql {
                5..=7 => Outcome::Write,
                4 | 8..=10 | 12 => Outcome::Other,
                _ if kept.contains(&(connection / 2, sql)) => Outcome::Away,
                _ => {
                    // What ends a transaction unseen was run before that.
                    if !failed && !tables(sql).iter().any(|table| shown.contains(table)) {
                        kept.push((connection / 2, sql));
                    }
                    Outcome::Stays
                }
                }
            }).collect();
            prop_assert_eq!(cache(&log, &Parts::of(&log)), expected);
        }

        /// For each read all that ran before it.
        #[test]
        fn replicas_are_those_of_brute_force(each in sequence(), lag in 0.0..300.0_f64) {
            let log = log(&each);
            let statements = &log.statements;
            let expected: Vec<Outcome> = (0..each.len()).map(|at| {
                let (sql, connection, ..) = each[at];
                match sql {
                    4 => return Outcome::Locks,
                    5..=7 => return Outcome::Write,
                    8..=9 | 12 => return Outcome::Other,
                    _ => {}
                }
                let before = || (0..at).rev().filter(|&other| each[other].1 == connection);
                let in_transaction = transaction(&log, &each, at).is_some();
                let fresh = before().any(|other| {
                    shown(&log, &each, other).iter().any(|table| tables(sql).contains(table))
                        && statements.start[at] - statements.end(other) <= lag
                });
                if in_transaction {
                    Outcome::InTransaction
                } else if fresh {
                    Outcome::AfterWrite
                } else {
                    Outcome::Away
                }
            }).collect();
            prop_assert_eq!(replicas(&log, &Parts::of(&log), lag), expected);
        }
    }
}
