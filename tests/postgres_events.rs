//! What happens to PostgreSQL's statements beside running: errors, cancels, waits for locks, temporary
//! files, plans; and which statement each belongs to.

mod common;

use flamedrop::document::{Content, Document};
use flamedrop::input::MemorySource;
use flamedrop::protocol::{QueryDetail, Request, Response, StatementDetail};
use flamedrop::queries::{EventKind, NONE, QueryLog};
use flamedrop::session::Session;

fn log(document: &Document) -> &QueryLog {
    match &document.content {
        Content::Queries(log) => log,
        _ => panic!("a profile"),
    }
}

/// Lines behind the default prefix, all of one session; a line that begins with a tab continues. Line by
/// line a tenth of a second passes.
fn open(lines: &[&str]) -> Document {
    common::open(text(lines)).expect("a log")
}

fn text(lines: &[&str]) -> String {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        if !line.starts_with('\t') {
            text += &format!("2026-11-23 06:34:5{}.{}00 CET [77] shop_web@shop ", index / 10, index % 10);
        }
        text += line;
        text.push('\n');
    }
    text
}

fn session(bytes: Vec<u8>) -> Session {
    Session::open(Box::new(MemorySource::new("unknown", bytes)), &|_| ()).expect("a log")
}

fn statement(session: &mut Session, statement: u32) -> StatementDetail {
    match session.answer(&Request::Statement { statement }) {
        Response::Statement(detail) => detail,
        other => panic!("{other:?}"),
    }
}

fn query(session: &mut Session, beginning: &str) -> QueryDetail {
    let texts = &log(session.document()).fingerprints;
    let fingerprint = texts.iter().position(|of| of.text.starts_with(beginning)).expect("a query") as u32;
    match session.answer(&Request::Query { fingerprint }) {
        Response::Query(detail) => detail,
        other => panic!("{other:?}"),
    }
}

/// Each event with its statement.
fn events(document: &Document) -> Vec<String> {
    let log = log(document);
    let events = &log.events;
    let line = |event: usize| {
        let of = match events.statement[event] {
            NONE => "no execution".to_owned(),
            statement => {
                let duration = log.statements.duration[statement as usize];
                format!("{duration:.3} ms")
            }
        };
        let text = log.event_fingerprint(event).map_or("(none)", |fingerprint| fingerprint.text.as_str());
        let text: String = text.chars().take(60).collect();
        let amount = events.amount[event];
        let amount = if amount.is_nan() { String::new() } else { format!(" {amount}") };
        let state = events.state(event).unwrap_or("-");
        format!("{:?}{amount} {state}: {of}: {text}", events.kind[event])
    };
    (0..events.len()).map(line).collect()
}

fn executions(document: &Document) -> Vec<String> {
    let log = log(document);
    let line = |index: usize| {
        let text = &log.fingerprints[log.statements.fingerprint[index] as usize].text;
        let failed = if log.statements.failed[index] == 1 { " failed" } else { "" };
        format!("{text} {:.3}{failed}", log.statements.duration[index])
    };
    (0..log.statements.len()).map(line).collect()
}

const PG15: [&str; 3] = ["sql/postgres/pg15.log", "sql/postgres/pg15.csv.gz", "sql/postgres/pg15.json.gz"];

/// One session of a server, logged in its three formats at once.
#[test]
fn all_three_formats_tell_the_same() {
    let [stderr, csv, json] = PG15.map(|path| common::open(common::bytes(path)).expect("a log"));
    insta::assert_snapshot!("pg15", events(&stderr).join("\n"));
    for (name, other) in [("csv", &csv), ("json", &json)] {
        assert_eq!(executions(&stderr), executions(other), "{name}");
        assert_eq!(events(&stderr), events(other), "{name}");
        assert_eq!(log(&stderr).events.time, log(other).events.time, "{name}");
        assert_eq!(log(&stderr).events.statement, log(other).events.statement, "{name}");
        assert_eq!(log(&stderr).fingerprints, log(other).fingerprints, "{name}");
        assert_eq!(log(&stderr).events.unfinished, log(other).events.unfinished, "{name}");
        assert_eq!(log(&stderr).total(), log(other).total(), "{name}");
    }
    assert_eq!((log(&stderr).statements.len(), log(&stderr).fingerprints.len()), (253, 101));
}

#[test]
fn texts_of_events_are_read_from_the_file() {
    let told = PG15.map(|path| {
        let mut session = session(common::bytes(path));
        let update = query(&mut session, "UPDATE t SET b = ? WHERE a = ?");
        let example = update.example.clone().expect("an execution");
        let mut lines: Vec<String> = [&example.events, &update.first_events]
            .into_iter()
            .flatten()
            .map(|event| {
                format!(
                    "{} | {:?} | {:?} | holders {:?} | named {:?}",
                    event.message, event.detail, event.context, event.holders, event.named
                )
            })
            .collect();
        assert_eq!(example.plan, update.plan);
        let plan = update.plan.expect("a plan");
        lines.push(format!("plan of {} ms, {:?}", plan.duration, plan.spelling));
        for node in plan.plan.expect("a tree").nodes {
            lines.push(format!(
                "{}{} {:?} {:?} {:?}",
                "  ".repeat(node.depth as usize),
                node.name,
                node.relation,
                node.index,
                node.self_time
            ));
        }
        let insert = query(&mut session, "SELECT pg_sleep");
        lines.push(format!("{:?}", insert.events));
        let json = query(&mut session, "LOAD ?");
        let plan = json.plan.expect("a plan");
        lines.push(format!("{:?}: {:?}", plan.spelling, plan.plan.map(|plan| plan.nodes.len())));
        let commit = query(&mut session, "DECLARE ? CURSOR");
        lines.extend(
            commit.first_events.iter().map(|event| format!("{} named {:?}", event.message, event.named)),
        );
        lines.join("\n")
    });
    insta::assert_snapshot!("texts", told[0]);
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0], told[2]);
}

#[test]
fn an_error_is_an_event_of_what_failed() {
    let document = open(&[
        "ERROR:  division by zero",
        "STATEMENT:  SELECT 1/0",
        "LOG:  duration: 1.000 ms  statement: SELECT 1",
        "FATAL:  terminating connection due to administrator command",
    ]);
    assert_eq!(executions(&document), ["SELECT ? 1.000"]);
    assert_eq!(
        events(&document),
        ["Error -: no execution: SELECT ? / ?", "Terminated -: no execution: (none)"]
    );
    // Where texts are logged first, it is none either.
    let document =
        open(&["LOG:  statement: SELECT 1/0", "ERROR:  division by zero", "STATEMENT:  SELECT 1/0"]);
    assert!(executions(&document).is_empty());
    assert_eq!(events(&document), ["Error -: no execution: SELECT ? / ?"]);
}

#[test]
fn kinds_of_cancels() {
    let each = [
        "canceling statement due to statement timeout",
        "canceling statement due to user request",
        "canceling statement due to lock timeout",
        "deadlock detected",
        "could not serialize access due to concurrent update",
    ]
    .map(|message| {
        let document = open(&[&format!("ERROR:  {message}"), "STATEMENT:  UPDATE t SET a = 1"]);
        log(&document).events.kind[0]
    });
    use EventKind::{Cancelled, Deadlock, Error, LockTimeout, StatementTimeout};
    assert_eq!(each, [StatementTimeout, Cancelled, LockTimeout, Deadlock, Error]);
}

const PLAN: [&str; 2] = [
    "\tQuery Text: SELECT a FROM t",
    "\tSeq Scan on t  (cost=0.00..0.01 rows=1 width=4) (actual time=0.010..90.000 rows=1 loops=1)",
];

#[test]
fn a_plan_belongs_to_the_record_of_its_text() {
    let plan = "LOG:  duration: 90.500 ms  plan:";
    // Simple protocol: before; temporary files follow the plan.
    let document = open(&[
        plan,
        PLAN[0],
        PLAN[1],
        "LOG:  temporary file: path \"base/pgsql_tmp/pgsql_tmp77.0\", size 4096",
        "STATEMENT:  SELECT a FROM t",
        "LOG:  duration: 91.000 ms  statement: SELECT a FROM t",
    ]);
    assert_eq!(executions(&document), ["SELECT a FROM t 91.000"]);
    assert_eq!(
        events(&document),
        ["Plan 90.5 -: 91.000 ms: SELECT a FROM t", "TemporaryFile 4096 -: 91.000 ms: SELECT a FROM t"]
    );
    // Extended protocol: after, with the next Bind or the end of the transaction.
    let document = open(&[
        "LOG:  duration: 91.000 ms  execute <unnamed>: SELECT a FROM t",
        "LOG:  duration: 0.100 ms  parse <unnamed>: SELECT b",
        plan,
        PLAN[0],
        PLAN[1],
        "LOG:  temporary file: path \"base/pgsql_tmp/pgsql_tmp77.0\", size 4096",
        "STATEMENT:  SELECT b",
        "LOG:  duration: 0.100 ms  bind <unnamed>: SELECT b",
        "LOG:  duration: 0.100 ms  execute <unnamed>: SELECT b",
        "LOG:  duration: 0.100 ms  statement: COMMIT",
    ]);
    assert_eq!(executions(&document), ["SELECT a FROM t 91.000", "SELECT b 0.300", "COMMIT 0.100"]);
    assert_eq!(
        events(&document),
        ["Plan 90.5 -: 91.000 ms: SELECT a FROM t", "TemporaryFile 4096 -: 91.000 ms: SELECT a FROM t"]
    );
}

#[test]
fn what_only_its_plan_tells_of_is_an_execution() {
    let plan = "LOG:  duration: 90.500 ms  plan:";
    let document = open(&[
        plan,
        PLAN[0],
        PLAN[1],
        "LOG:  duration: 1.000 ms  statement: SELECT 1",
        plan,
        PLAN[0],
        PLAN[1],
    ]);
    assert_eq!(executions(&document), ["SELECT a FROM t 90.500", "SELECT ? 1.000", "SELECT a FROM t 90.500"]);
    assert_eq!(log(&document).events.statement, [0, 2]);
    // Texts without durations: the plan has one.
    let document =
        open(&["LOG:  statement: SELECT a FROM t", plan, PLAN[0], PLAN[1], "LOG:  statement: SELECT 1"]);
    assert_eq!(executions(&document), ["SELECT a FROM t 90.500", "SELECT ? NaN"]);
}

#[test]
fn a_plan_within_a_statement_is_no_execution() {
    let document = open(&[
        "LOG:  duration: 90.500 ms  plan:",
        PLAN[0],
        PLAN[1],
        "LOG:  duration: 700.000 ms  statement: SELECT f()",
    ]);
    assert_eq!(executions(&document), ["SELECT f() 700.000"]);
    assert_eq!(events(&document), ["Plan 90.5 -: 700.000 ms: SELECT f()"]);
}

#[test]
fn waits_belong_to_the_statement_that_waited() {
    let wait = "LOG:  process 77 still waiting for ShareLock on transaction 5 after 200.000 ms";
    let got = "LOG:  process 77 acquired ShareLock on transaction 5 after 599.000 ms";
    let document = open(&[
        wait,
        "DETAIL:  Process holding the lock: 78. Wait queue: 77.",
        "STATEMENT:  UPDATE t SET a = 1",
        got,
        "STATEMENT:  UPDATE t SET a = 1",
        "LOG:  duration: 601.000 ms  statement: UPDATE t SET a = 1",
    ]);
    assert_eq!(
        events(&document),
        [
            "LockWait 200 -: 601.000 ms: UPDATE t SET a = ?",
            "LockAcquired 599 -: 601.000 ms: UPDATE t SET a = ?"
        ]
    );
    // It never got it.
    let document = open(&[
        wait,
        "STATEMENT:  UPDATE t SET a = 1",
        "ERROR:  canceling statement due to lock timeout",
        "STATEMENT:  UPDATE t SET a = 1",
        "LOG:  duration: 1.000 ms  statement: UPDATE t SET a = 1",
    ]);
    assert_eq!(
        events(&document),
        [
            "LockWait 200 -: no execution: UPDATE t SET a = ?",
            "LockTimeout -: no execution: UPDATE t SET a = ?"
        ]
    );
}

#[test]
fn temporary_files_of_portals_are_not_blamed_on_what_closed_them() {
    let file = "LOG:  temporary file: path \"base/pgsql_tmp/pgsql_tmp77.0\", size 4096";
    let document = open(&[
        "LOG:  duration: 0.100 ms  statement: BEGIN",
        "LOG:  duration: 0.200 ms  statement: DECLARE c CURSOR FOR SELECT a FROM t ORDER BY b",
        "LOG:  duration: 9.000 ms  statement: FETCH 10 FROM c",
        file,
        "STATEMENT:  COMMIT",
        "LOG:  duration: 0.300 ms  statement: COMMIT",
        // Without a transaction before it: that COMMIT's own, a deferred trigger.
        file,
        "STATEMENT:  COMMIT",
        "LOG:  duration: 0.400 ms  statement: COMMIT",
    ]);
    assert_eq!(
        events(&document),
        [
            "TemporaryFile 4096 -: 0.200 ms: DECLARE ? CURSOR FOR SELECT a FROM t ORDER BY b",
            "TemporaryFile 4096 -: 0.400 ms: COMMIT"
        ]
    );
    let document = open(&[
        "LOG:  duration: 5.000 ms  execute <unnamed>: SELECT a FROM t ORDER BY b",
        file,
        "LOG:  duration: 0.100 ms  execute <unnamed>: SELECT 1",
        file,
        "STATEMENT:  COMMIT",
    ]);
    assert_eq!(
        events(&document),
        [
            "TemporaryFile 4096 -: 5.000 ms: SELECT a FROM t ORDER BY b",
            "TemporaryFile 4096 -: 0.100 ms: SELECT ?"
        ]
    );
}

#[test]
fn what_only_failed_is_no_query_of_the_log() {
    let mut session = session(
        text(&[
            "ERROR:  x",
            "STATEMENT:  SELECT nosuch",
            "LOG:  duration: 1.000 ms  statement: SELECT 1",
            "ERROR:  y",
            "STATEMENT:  SELECT 1",
        ])
        .into_bytes(),
    );
    let log = log(session.document());
    assert_eq!((log.fingerprints.len(), log.events.unfinished.len()), (1, 1));
    assert_eq!(log.event_fingerprint(0).map(|of| of.text.as_str()), Some("SELECT nosuch"));
    let detail = query(&mut session, "SELECT ?");
    assert_eq!(detail.events, [(EventKind::Error, 1)]);
    assert_eq!(detail.first_events[0].message, "y");
    assert_eq!(statement(&mut session, 0).events, []);
}

/// PostgreSQL 18 with log_lock_failures: what another one's log cannot have.
#[test]
fn locks_timeouts_and_sessions_of_postgresql_18() {
    let document = common::open(common::bytes("events/postgres-18-locks.log.gz")).expect("a log");
    let log = log(&document);
    let count = |kind: EventKind| log.events.kind.iter().filter(|&&other| other == kind).count();
    use EventKind::*;
    let counts = [
        (LockFailure, 1),
        (LockWait, 2),
        (LockAcquired, 1),
        (Deadlock, 1),
        (Error, 2),
        (StatementTimeout, 2),
        (SessionTimeout, 1),
        (TemporaryFile, 5),
        // `connection ready` is all that is logged of a beginning.
        (Connected, 4),
        (Disconnected, 4),
    ];
    for (kind, expected) in counts {
        assert_eq!(count(kind), expected, "{kind:?}");
    }
    assert_eq!(log.statements.len(), 20);
    let attempts = (0..log.events.len()).filter(|&event| log.events.is_attempt(event)).count();
    assert_eq!(attempts, 5);
    // Of the deadlock both statements, and that its wait was for nothing.
    let deadlock = &log.events.deadlocks[0];
    assert_eq!(deadlock.parts.iter().map(|part| part.0).collect::<Vec<_>>(), [7765, 7764]);
    let waits: Vec<_> = log.events.locks.iter().map(|lock| (lock.waiter, lock.acquired)).collect();
    assert_eq!(waits, [(7765, false), (7765, true), (7765, false)]);
    assert_eq!(log.events.locks[0].holders, [7764]);
    assert!((log.events.locks[1].waited - 500.04).abs() < 1e-9);
}

/// A wait whose end is not logged ends with its statement, not with an error of another one much later.
#[test]
fn a_wait_lasts_no_longer_than_its_statement() {
    let document = open(&[
        "LOG:  process 77 still waiting for ShareLock on transaction 5 after 200.000 ms",
        "STATEMENT:  UPDATE t SET a = 1",
        "LOG:  duration: 301.000 ms  statement: UPDATE t SET a = 1",
        "LOG:  duration: 1.000 ms  statement: SELECT 1",
        "LOG:  duration: 1.000 ms  statement: SELECT 1",
        "ERROR:  division by zero",
        "STATEMENT:  SELECT 1/0",
    ]);
    let lock = &log(&document).events.locks[0];
    assert_eq!((lock.waited, lock.acquired), (200.0, false));
}

/// What a standby, a verbose server and an older one say.
#[test]
fn other_words_of_servers() {
    let document = open(&[
        "ERROR:  40001: canceling statement due to conflict with recovery",
        "DETAIL:  User query might have needed to see row versions that must be removed.",
        "STATEMENT:  SELECT 1",
        "FATAL:  terminating connection due to idle-in-transaction timeout",
        "WARNING:  there is already a transaction in progress",
        "LOG:  restartpoint starting: time",
        "LOG:  restartpoint complete: wrote 42 buffers (0.3%); 0 transaction log file(s) added, 0 removed, 1 recycled; \
         write=4.120 s, sync=0.004 s, total=4.200 s",
        "LOG:  checkpoint complete: wrote 7 buffers (0.0%); 0 WAL file(s) added, 0 removed, 0 recycled; write=0.1 s, \
         sync=0.0 s, total=0.2 s; distance=10 kB, estimate=10 kB",
        "LOG:  checkpoint starting: xlog",
        "FATAL:  sorry, too many clients already",
    ]);
    let events = events(&document);
    assert_eq!(
        events,
        [
            "RecoveryConflict 40001: no execution: SELECT ?",
            "SessionTimeout -: no execution: (none)",
            "Warning -: no execution: (none)",
            "Checkpoint 4200 -: no execution: (none)",
            "Checkpoint 200 -: no execution: (none)",
            "Checkpoint -: no execution: (none)",
            "Refused -: no execution: (none)",
        ]
    );
    let log = log(&document);
    let messages: Vec<&str> = (3..6).map(|event| log.events.message(event)).collect();
    assert_eq!(messages, ["restartpoint: time", "start not logged", "xlog"]);
}
