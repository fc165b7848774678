//! Which statements ran for one request.
//!
//! Where the log says so (Flamedrop's recorder, request ids, ids in comments) it is known. Else it is
//! inferred per connection, and marked: statements of one view by their comments' tags, one
//! transaction, or a burst. A burst ends where nothing runs for [`BURST_GAP`] outside a transaction,
//! and where Django's session is looked up again, which it does once a request.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::comments::Tags;
use super::{Clock, NONE, Operation, QueryLog};

/// Milliseconds without a statement that end a burst: more than the code between two statements of
/// one request takes as a rule, less than the time between two requests of one person. Servers that
/// keep a connection busy all the time have no such gaps: there the session's look-up tells.
pub const BURST_GAP: f64 = 100.0;

/// What statements ran for: an HTTP request, as a rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// `GET`; empty if unknown.
    pub method: String,
    /// Path and query, or the id the log has; empty if unknown.
    pub path: String,
    /// The view's dotted name or route; empty if unknown.
    pub view: String,
    /// HTTP status, 0 if unknown.
    pub status: u16,
    /// Start, ms on the log's clock.
    pub start: f64,
    /// Wall time, ms: as recorded, or from the first statement's start to the last one's end.
    pub duration: f64,
    /// How many statements.
    pub statements: u32,
    /// Sum of the statements' known durations, ms.
    pub database_time: f64,
    /// How it is known.
    pub origin: Origin,
}

/// How it is known which statements belong to a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Origin {
    /// Recorded as a request, with its own wall time.
    Recorded,
    /// The statements carry its id.
    Identified,
    /// The statements' comments name its view; where it begins and ends is inferred.
    Tagged,
    /// Inferred: one transaction.
    Transaction,
    /// Inferred: statements close to each other.
    #[default]
    Burst,
}

impl Origin {
    /// Whether the bounds of the request are a guess.
    pub fn is_inferred(self) -> bool {
        !matches!(self, Self::Recorded | Self::Identified)
    }
}

impl Request {
    /// A request known by an id alone.
    pub fn identified(id: &str) -> Self {
        Self { path: id.to_owned(), origin: Origin::Identified, ..Self::default() }
    }

    /// What to call it: `GET /orders/`, else its view or id; empty if it has neither.
    pub fn title(&self) -> String {
        match (self.method.is_empty(), self.path.is_empty()) {
            (false, false) => format!("{} {}", self.method, self.path),
            _ if !self.view.is_empty() => self.view.clone(),
            _ if self.path.is_empty() => String::new(),
            _ => format!("request {}", self.path),
        }
    }
}

/// A connection while its statements are walked over.
#[derive(Clone, Copy)]
struct Open {
    /// The request so far.
    request: u32,
    /// When its last statement ended, ms.
    end: f64,
    tags: u32,
    in_transaction: bool,
    /// Whether the session was looked up.
    has_head: bool,
    /// Whether it began with the transaction and has not left it.
    only_transaction: bool,
    /// Whether that transaction has ended.
    ended: bool,
}

/// Gives every statement of `log` a request: those that have none an inferred one. Then the requests'
/// own columns are filled in. `tags_of` is per statement, or empty. Statements are in order.
pub(super) fn assign(log: &mut QueryLog, tags: &[Tags], tags_of: &[u32]) {
    let kinds: Vec<Kind> = log.fingerprints.iter().map(Kind::of).collect();
    let has_times = log.clock != Clock::Sequence;
    let mut open: Vec<Option<Open>> = vec![None; log.connections.len()];
    let mut identified: FxHashMap<&str, u32> = FxHashMap::default();
    for at in 0..log.statements.len() {
        let tags_here = tags_of.get(at).copied().unwrap_or(NONE);
        if log.statements.request[at] != NONE {
            continue;
        }
        if let Some(Tags { view, request: Some(id) }) = tags.get(tags_here as usize) {
            let requests = &mut log.requests;
            log.statements.request[at] = *identified.entry(id).or_insert_with(|| {
                requests.push(Request { view: view.clone(), ..Request::identified(id) });
                requests.len() as u32 - 1
            });
            continue;
        }
        let kind = kinds[log.statements.fingerprint[at] as usize];
        let (start, end) = (log.statements.start[at], log.statements.end(at));
        let place = &mut open[log.statements.connection[at] as usize];
        let goes_on = place.filter(|open| {
            let near = !has_times || start - open.end <= BURST_GAP;
            let same_view = tags_here == NONE || open.tags == NONE || open.tags == tags_here;
            open.in_transaction
                || (near
                    && same_view
                    && !(kind == Kind::Head && open.has_head)
                    && !(kind == Kind::Begin && open.only_transaction && open.ended))
        });
        let mut now = goes_on.unwrap_or_else(|| {
            log.requests.push(Request::default());
            Open {
                request: log.requests.len() as u32 - 1,
                end,
                tags: NONE,
                in_transaction: false,
                has_head: false,
                only_transaction: kind == Kind::Begin,
                ended: false,
            }
        });
        now.only_transaction &= !now.ended;
        match kind {
            Kind::Begin => now.in_transaction = true,
            Kind::End => {
                now.ended = now.in_transaction;
                now.in_transaction = false;
            }
            Kind::Head => now.has_head = true,
            Kind::Other => {}
        }
        if tags_here != NONE {
            now.tags = tags_here;
        }
        now.end = now.end.max(end);
        let request = &mut log.requests[now.request as usize];
        request.origin = match (now.tags, now.only_transaction && now.ended) {
            (NONE, true) => Origin::Transaction,
            (NONE, false) => Origin::Burst,
            _ => Origin::Tagged,
        };
        if let Some(Tags { view, .. }) = tags.get(now.tags as usize) {
            request.view.clone_from(view);
        }
        log.statements.request[at] = now.request;
        *place = Some(now);
    }
    fill(log);
}

/// Fills in the columns that follow from the statements; puts requests in order of their first
/// statement, recorded ones without statements last, and drops others that have none.
fn fill(log: &mut QueryLog) {
    let statements = &mut log.statements;
    let mut order: Vec<u32> = Vec::with_capacity(log.requests.len());
    let mut place = vec![NONE; log.requests.len()];
    for request in &statements.request {
        let place = &mut place[*request as usize];
        if *place == NONE {
            *place = order.len() as u32;
            order.push(*request);
        }
    }
    for (request, place) in place.iter_mut().enumerate() {
        if *place == NONE && log.requests[request].origin == Origin::Recorded {
            *place = order.len() as u32;
            order.push(request as u32);
        }
    }
    for request in &mut statements.request {
        *request = place[*request as usize];
    }
    log.requests = order.iter().map(|&request| std::mem::take(&mut log.requests[request as usize])).collect();
    for at in 0..statements.len() {
        let request = &mut log.requests[statements.request[at] as usize];
        let (start, end, duration) = (statements.start[at], statements.end(at), statements.duration[at]);
        if request.origin != Origin::Recorded {
            if request.statements == 0 {
                request.start = start;
            }
            request.duration = request.duration.max(end - request.start);
        }
        request.statements += 1;
        if !duration.is_nan() {
            request.database_time += duration;
        }
    }
}

/// What matters of a fingerprint here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Begin,
    End,
    /// Django's middleware looks the session up.
    Head,
    Other,
}

impl Kind {
    pub(crate) fn of(fingerprint: &super::Fingerprint) -> Self {
        let text = fingerprint.text.trim_start();
        let word = text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        match fingerprint.operation {
            // Savepoints are inside.
            Operation::Transaction => match word.to_ascii_lowercase().as_str() {
                "begin" | "start" => Self::Begin,
                "commit" | "end" | "abort" => Self::End,
                "rollback" if !text.to_ascii_lowercase().contains(" to ") => Self::End,
                _ => Self::Other,
            },
            Operation::Select
                if fingerprint.tables.len() == 1
                    && fingerprint.tables[0].ends_with("django_session")
                    && text.contains("expire_date") =>
            {
                Self::Head
            }
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queries::lexer::Dialect;
    use crate::queries::statements::Statement;
    use crate::queries::{Connection, LogBuilder};

    const SESSION: &str = "SELECT session_key, expire_date FROM django_session WHERE session_key = 'a'";

    /// `(end, connection, sql)`; each takes 1 ms. Gives per statement its request, and the requests.
    fn requests(clock: Clock, statements: &[(f64, &str, &str)]) -> String {
        let mut builder = LogBuilder::default();
        for (end, connection, sql) in statements {
            let recognised = builder.fingerprint(sql.as_bytes(), Dialect::PostgreSql, None);
            let connection = builder.connection(&[connection.as_bytes()], Connection::default);
            builder.push(Statement { end: *end, duration: 1.0, ..Statement::new(recognised, connection) });
        }
        let log = builder.finish(clock, None);
        let mut text = format!("{:?}\n", log.statements.request);
        for Request { view, start, duration, statements, origin, path, .. } in &log.requests {
            text += &format!("{origin:?} {path:?} {view:?} {start} + {duration}: {statements}\n");
        }
        text
    }

    fn wall() -> Clock {
        Clock::Wall { zone: None }
    }

    #[test]
    fn bursts_end_where_nothing_runs() {
        let select = "SELECT 1";
        insta::assert_snapshot!(requests(wall(), &[
            (1.0, "a", select), (2.0, "b", select), (60.0, "a", select), (170.0, "a", select),
            (171.0, "b", select), (172.0, "b", select),
        ]), @r#"
        [0, 1, 0, 2, 3, 3]
        Burst "" "" 0 + 60: 2
        Burst "" "" 1 + 1: 1
        Burst "" "" 169 + 1: 1
        Burst "" "" 170 + 2: 2
        "#);
    }

    #[test]
    fn no_burst_ends_inside_a_transaction() {
        insta::assert_snapshot!(requests(wall(), &[
            (1.0, "a", "BEGIN"), (2.0, "a", "SELECT 1"), (900.0, "a", "ROLLBACK TO SAVEPOINT x"),
            (1800.0, "a", "COMMIT"), (1801.0, "a", "BEGIN"), (1802.0, "a", "END"), (1803.0, "a", "SELECT 1"),
        ]), @r#"
        [0, 0, 0, 0, 1, 1, 1]
        Transaction "" "" 0 + 1800: 4
        Burst "" "" 1800 + 3: 3
        "#);
    }

    #[test]
    fn the_session_is_looked_up_once_a_request() {
        insta::assert_snapshot!(requests(Clock::Sequence, &[
            (f64::NAN, "a", "SELECT 1"), (f64::NAN, "a", SESSION), (f64::NAN, "a", "SELECT 2"),
            (f64::NAN, "a", SESSION), (f64::NAN, "a", "SELECT 1"),
        ]), @r#"
        [0, 0, 0, 1, 1]
        Burst "" "" 0 + 3: 3
        Burst "" "" 3 + 2: 2
        "#);
    }

    #[test]
    fn comments_name_the_view_and_the_request() {
        insta::assert_snapshot!(requests(wall(), &[
            (1.0, "a", "SELECT 1 /*route='orders/'*/"), (2.0, "a", "SELECT 2 /*route='orders/'*/"),
            (3.0, "a", "SELECT 1 /*route='front'*/"), (4.0, "a", "BEGIN"),
            (5.0, "a", "SELECT 1 /*route='x',traceparent='00-7-1-01'*/"),
            (900.0, "b", "SELECT 1 /*route='x',traceparent='00-7-2-01'*/"),
        ]), @r#"
        [0, 0, 1, 1, 2, 2]
        Tagged "" "orders/" 0 + 2: 2
        Tagged "" "front" 2 + 2: 2
        Identified "7" "x" 4 + 896: 2
        "#);
    }

    proptest::proptest! {
        /// Every statement has a request, and what requests say adds up.
        #[test]
        fn requests_partition_the_statements(
            statements in proptest::collection::vec(
                (0.0..5000.0_f64, 0_usize..3, 0_usize..8, proptest::bool::ANY), 0..60),
            has_times in proptest::bool::ANY,
        ) {
            const SQL: [&str; 8] = [
                "BEGIN", "COMMIT", "SELECT 1", SESSION, "ROLLBACK", "SAVEPOINT a",
                "SELECT 1 /*route='a'*/", "SELECT 1 /*route='b',request_id=7*/",
            ];
            let mut builder = LogBuilder::default();
            for &(end, connection, sql, timed) in &statements {
                let recognised = builder.fingerprint(SQL[sql].as_bytes(), Dialect::PostgreSql, None);
                let connection = builder.connection(&[&[connection as u8]], Connection::default);
                let duration = if timed { 1.5 } else { f64::NAN };
                builder.push(Statement { end, duration, ..Statement::new(recognised, connection) });
            }
            let clock = if has_times { wall() } else { Clock::Sequence };
            let log = builder.finish(clock, None);
            let (first, order) = log.by_request();
            proptest::prop_assert_eq!(order.len(), statements.len());
            for (id, request) in log.requests.iter().enumerate() {
                let own = &order[first[id] as usize..first[id + 1] as usize];
                proptest::prop_assert!(!own.is_empty() && own.is_sorted());
                proptest::prop_assert_eq!(own.len() as u32, request.statements);
                let start = log.statements.start[own[0] as usize];
                let end = own.iter().map(|&at| log.statements.end(at as usize)).fold(start, f64::max);
                proptest::prop_assert!((request.start - start).abs() < 1e-9);
                proptest::prop_assert!((request.start + request.duration - end).abs() < 1e-6);
                if request.origin.is_inferred() {
                    let connection = |at: &u32| log.statements.connection[*at as usize];
                    proptest::prop_assert!(own.iter().all(|at| connection(at) == connection(&own[0])));
                }
            }
        }
    }
}
