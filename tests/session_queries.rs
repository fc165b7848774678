//! A log's session: what the page asks, and what it is told.

mod common;

use std::io::Write as _;

use flamedrop::input::{MemorySource, Source};
use flamedrop::protocol::{
    Answer, Ask, ContentOverview, ExecutionColumn, QueryColumn, QueryDetail, Request, Response,
    StatementDetail, TimelineColumns, Window, decode, encode,
};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::Filter;
use flamedrop::session::Session;

fn open(bytes: Vec<u8>) -> Session {
    let source: Box<dyn Source> = Box::new(MemorySource::new("db.log", bytes));
    Session::open(source, &|_| ()).expect("a log")
}

fn postgres() -> Session {
    open(common::bytes("sql/postgres/pg15.log"))
}

/// Asks as the page does: through bytes.
fn ask(session: &mut Session, request: &Request) -> Response {
    let request: Request = decode(&encode(request).expect("encoding")).expect("decoding");
    decode(&encode(&session.answer(&request)).expect("encoding")).expect("decoding")
}

fn queries(session: &mut Session, sort: QueryColumn, filter: &str, first: u32, count: u32) -> (u32, String) {
    let filter = filter.to_owned();
    match ask(session, &Request::Queries { sort, descending: true, filter, first, count, selected: None }) {
        Response::Queries { rows, page, .. } => {
            let line = |row: &flamedrop::protocol::QueryRow| {
                format!(
                    "#{} {:?} {}× {:.3} ms {:.1} % {:?} {}\n",
                    row.fingerprint,
                    row.operation,
                    row.calls,
                    row.total,
                    row.share * 100.0,
                    row.tables,
                    row.text.chars().take(60).collect::<String>()
                )
            };
            (rows, page.iter().map(line).collect())
        }
        other => panic!("{other:?}"),
    }
}

fn timeline(session: &mut Session) -> TimelineColumns {
    let lanes = Ask::Timeline { lanes: By::Connection };
    match ask(session, &Request::View(Filter::default(), lanes)) {
        Response::View(Answer::Timeline(timeline)) => timeline,
        other => panic!("{other:?}"),
    }
}

fn statement(session: &mut Session, statement: u32) -> StatementDetail {
    match ask(session, &Request::Statement { statement }) {
        Response::Statement(detail) => detail,
        other => panic!("{other:?}"),
    }
}

fn query(session: &mut Session, fingerprint: u32) -> QueryDetail {
    match ask(session, &Request::Query { fingerprint }) {
        Response::Query(detail) => detail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn overview() {
    let overview = postgres().overview();
    assert_eq!(
        (overview.format.as_str(), overview.format_title.as_str()),
        ("postgres-stderr", "PostgreSQL's log")
    );
    let ContentOverview::Queries(totals) = overview.content else { panic!("a profile") };
    assert_eq!(
        (totals.executions, totals.connections, totals.without_duration, totals.failed),
        // 24 sessions, and four processes of the server's own, which log checkpoints and autovacuum.
        (253, 28, 0, 0)
    );
    assert_eq!((totals.wall_clock, totals.zone.as_deref()), (true, Some("CET")));
    assert_eq!(totals.inferred.as_deref(), Some("log_line_prefix = '%m [%p] %q%u@%d/%a %h %Q %e: '"));
    let (start, end) = totals.span.expect("a span");
    assert!(start < end && (end - start) < 109_000.0);
}

#[test]
fn queries_are_sorted_filtered_and_windowed() {
    let mut session = postgres();
    insta::assert_snapshot!(queries(&mut session, QueryColumn::Total, "", 0, 5).1);
    let (rows, inserts) = queries(&mut session, QueryColumn::Calls, "INSERT INTO \"auth_", 0, 2);
    assert_eq!(rows, 4, "{inserts}");
    let (all, _) = queries(&mut session, QueryColumn::Text, "", 0, 0);
    assert_eq!(all, 101);
    assert_eq!(queries(&mut session, QueryColumn::Text, "", 100, 50).1.lines().count(), 1);
    assert_eq!(queries(&mut session, QueryColumn::Text, "", u32::MAX, u32::MAX).1, "");
    let by_table = queries(&mut session, QueryColumn::Tables, "DJANGO_migrations", 0, 100).1;
    assert!(by_table.lines().count() > 0 && by_table.lines().all(|line| line.contains("django_migrations")));
}

#[test]
fn a_query_with_its_slowest_example() {
    let mut session = postgres();
    let (_, rows) = queries(&mut session, QueryColumn::Total, "SELECT b FROM t WHERE a", 0, 1);
    let id = rows[1..].split(' ').next().and_then(|id| id.parse().ok()).expect("an id");
    let detail = query(&mut session, id);
    assert_eq!(detail.text, "SELECT b FROM t WHERE a = ? AND b <> ?");
    assert_eq!((detail.row.calls, detail.distinct_parameters), (3, 3));
    let example = detail.example.expect("an example");
    assert_eq!(example.sql, "SELECT b FROM t WHERE a = $1 AND b <> $2");
    // Parse, bind and execute.
    assert!((example.duration - (0.316 + 0.361 + 0.031)).abs() < 1e-9);
    assert_eq!(example.parameters.as_deref(), Some("$1 = '0', $2 = 'it''s, $1 = ''z'''"));
    assert_eq!(example.connection, "pid 31499 · shop");
    match ask(&mut session, &Request::Query { fingerprint: 9999 }) {
        Response::Refused(reason) => assert!(reason.contains("9999")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn executions_of_a_query() {
    let mut session = postgres();
    let (_, rows) = queries(&mut session, QueryColumn::Calls, "COMMIT", 0, 1);
    let fingerprint = rows[1..].split(' ').next().and_then(|id| id.parse().ok()).expect("an id");
    let mut ask_for = |sort, descending, first, count| {
        let window = Window { sort, descending, first, count, selected: None };
        let executions = Ask::GroupExecutions { by: By::Fingerprint, key: fingerprint, window };
        match ask(&mut session, &Request::View(Filter::default(), executions)) {
            Response::View(Answer::Executions(page)) => (page.rows, page.page),
            other => panic!("{other:?}"),
        }
    };
    let (rows, by_start) = ask_for(ExecutionColumn::Start, false, 0, 1000);
    assert_eq!(rows as usize, by_start.len());
    assert!(by_start.is_sorted_by_key(|row| row.start));
    let (_, by_duration) = ask_for(ExecutionColumn::Duration, true, 0, 1000);
    assert!(by_duration.iter().rev().is_sorted_by_key(|row| row.duration));
    assert_eq!(ask_for(ExecutionColumn::Duration, true, 3, 2).1, by_duration[3..5]);
}

#[test]
fn the_timeline_is_sorted_by_lane_then_start() {
    for path in ["sql/postgres/pg15.log", "sql/django/postgresql_json.log", "sql/django/sqlite_bare.log"] {
        let mut session = open(common::bytes(path));
        let timeline = timeline(&mut session);
        let count = timeline.statement.len();
        assert_eq!(timeline.first.len(), timeline.lanes.len() + 1);
        assert_eq!(timeline.first.last().copied(), Some(count as u32));
        assert!(
            [
                timeline.start.len(),
                timeline.duration.len(),
                timeline.fingerprint.len(),
                timeline.failed.len()
            ]
            .iter()
            .all(|&length| length == count)
        );
        for lane in timeline.first.windows(2) {
            let range = lane[0] as usize..lane[1] as usize;
            assert!(timeline.start[range.clone()].is_sorted());
            // One connection runs one after the other.
            for pair in range.collect::<Vec<_>>().windows(2) {
                let end = timeline.start[pair[0]] + f64::from(timeline.duration[pair[0]]);
                assert!(end <= timeline.start[pair[1]] + 1.0, "{path}");
            }
        }
        let mut all = timeline.statement.clone();
        all.sort_unstable();
        assert!(all.iter().copied().eq(0..count as u32));
        // The log's first moment is its first statement's, or what was logged before: the session began.
        let first = timeline.start.iter().copied().fold(f64::MAX, f64::min);
        assert!(
            if path.ends_with("pg15.log") { (0.0..10.0).contains(&first) } else { first == 0.0 },
            "{path} {first}"
        );
    }
    let lanes = timeline(&mut postgres()).lanes;
    assert_eq!(lanes[..2], ["pid 30050 · postgres", "pid 30926 · shop"]);
}

#[test]
fn a_statement_with_its_text_and_the_gap_before() {
    let mut session = open(common::bytes("sql/django/postgresql_plain.log"));
    let first = statement(&mut session, 0);
    assert_eq!((first.gap_before, first.connection.as_str()), (None, "default"));
    let second = statement(&mut session, 1);
    assert_eq!((second.sql.as_str(), second.parameters, second.gap_before), ("BEGIN", None, Some(1.0)));
    let insert = statement(&mut session, 15);
    assert!(
        insert.sql.contains("line1\nline2") && insert.parameters.expect("parameters").starts_with("(['', ''")
    );
    assert!(matches!(ask(&mut session, &Request::Statement { statement: 40 }), Response::Refused(_)));
    assert!(matches!(
        ask(&mut session, &Request::Tree { hide_imports: false, turned: None, sight: None }),
        Response::Refused(_)
    ));
}

#[test]
fn texts_are_found_again_in_a_gzipped_log() {
    let plain = common::bytes("sql/postgres/pg15.log");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&plain).expect("writing to memory");
    let mut gzipped = open(encoder.finish().expect("writing to memory"));
    let mut session = open(plain);
    for index in [0, 100, 252] {
        assert_eq!(statement(&mut session, index), statement(&mut gzipped, index));
    }
}

#[test]
fn a_log_is_read_again_by_the_prefix_the_user_gives() {
    // Nothing tells which of the two names is the user's.
    let lines: String = (0..20)
        .map(|index| format!("2026-11-23 06:34:{index:02} UTC shop web 77 LOG:  duration: 1.000 ms  statement: SELECT {index}\n"))
        .collect();
    let mut session = open(lines.into_bytes());
    let before = timeline(&mut session).lanes;
    let again = |session: &mut Session, prefix: &str| {
        ask(session, &Request::Reread { log_line_prefix: Some(prefix.to_owned()) })
    };
    let Response::Reread(overview) = again(&mut session, "%t %d %u %p ") else { panic!("refused") };
    let ContentOverview::Queries(totals) = overview.content else { panic!("a profile") };
    assert_eq!(totals.inferred.as_deref(), Some("log_line_prefix = '%t %d %u %p ' (as given)"));
    assert_eq!(timeline(&mut session).lanes, ["pid 77 · shop"]);
    assert_ne!(before, ["pid 77 · shop"]);
    // Pasted without its last blank.
    let Response::Reread(overview) = again(&mut session, "%t %d %u %p") else { panic!("refused") };
    let ContentOverview::Queries(totals) = overview.content else { panic!("a profile") };
    assert_eq!(totals.executions, 20);
    // One that does not fit says so.
    let Response::Reread(overview) = again(&mut session, "%m [%p] ") else { panic!("refused") };
    let said: Vec<_> = overview.diagnostics.iter().map(|of| of.message.as_str()).collect();
    assert!(said.iter().any(|said| said.contains("0 of the first 20 lines")), "{said:?}");
    assert!(said.iter().any(|said| said.contains("no statement in it")), "{said:?}");
    let Response::Reread(overview) = ask(&mut session, &Request::Reread { log_line_prefix: None }) else {
        panic!("refused")
    };
    let ContentOverview::Queries(totals) = overview.content else { panic!("a profile") };
    assert_eq!(totals.executions, 20);
    assert_eq!(timeline(&mut session).lanes, before);
}
