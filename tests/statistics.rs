//! A server's own statistics, as every tool exports them, recorded by `tests/record/statistics.sh` and
//! `mysql.sh`; and the difference of two.

mod common;

use std::collections::BTreeMap;
use std::io::Read as _;

use flamedrop::document::{Content, Document};
use flamedrop::input::MemorySource;
use flamedrop::protocol::{Request, Response};
use flamedrop::queries::statistics::difference;
use flamedrop::queries::{NONE, QueryLog};
use flamedrop::session::Session;

fn bytes(path: &str) -> Vec<u8> {
    let found = common::bytes(path);
    if !path.ends_with(".gz") {
        return found;
    }
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(found.as_slice()).read_to_end(&mut bytes).expect("gzip");
    bytes
}

fn read(bytes: impl Into<Vec<u8>>) -> (Document, QueryLog) {
    let document = common::open(bytes).expect("statistics");
    let Content::Queries(log) = &document.content else { panic!("a profile") };
    let log = (**log).clone();
    (document, log)
}

/// One query a line.
fn shown(document: &Document, log: &QueryLog) -> String {
    let mut shown = format!("{:?}\n{}", log.inferred, common::diagnostics(document));
    for (fingerprint, numbers) in log.fingerprints.iter().zip(&log.numbers) {
        shown += &format!(
            "{} × {:.4} ms = {:.3} ms, {:.3} to {:.3} ± {:.4}, p95 {} p99 {}, failed {}, rows {:?} of {:?}, locked {:?}: {}\n",
            numbers.calls,
            numbers.mean,
            numbers.total,
            numbers.min,
            numbers.max,
            numbers.stddev,
            numbers.p95,
            numbers.p99,
            numbers.failed,
            numbers.rows.map(|rows| rows.total),
            numbers.rows_examined.map(|rows| rows.total),
            numbers.lock_time.map(|time| time.total),
            fingerprint.text.chars().take(80).collect::<String>(),
        );
    }
    shown
}

/// Calls by fingerprint.
fn calls(log: &QueryLog) -> BTreeMap<&str, u32> {
    log.fingerprints
        .iter()
        .map(|each| each.text.as_str())
        .zip(log.numbers.iter().map(|each| each.calls))
        .collect()
}

#[test]
fn every_export_of_one_state_is_the_same() {
    let whole = read(bytes("statistics/first.csv"));
    assert_eq!(common::diagnostics(&whole.0), "");
    assert_eq!(whole.1.inferred.as_deref(), Some("pg_stat_statements of PostgreSQL 15 or 16"));
    assert!(whole.1.statements.is_empty() && whole.1.requests.is_empty() && whole.1.connections.is_empty());
    for name in [
        "first_semicolon.csv",
        "first.tsv",
        "first.json.gz",
        "first_lines.json.gz",
        "first_aligned.txt.gz",
        "first_unaligned.txt",
        "first_expanded.txt.gz",
        "first_framed.txt.gz",
    ] {
        let (document, log) = read(bytes(&format!("statistics/{name}")));
        assert_eq!(common::diagnostics(&document), "", "{name}");
        assert_eq!(log.fingerprints, whole.1.fingerprints, "{name}");
        // Those that were typed have not all columns, but these.
        let numbers = |log: &QueryLog| format!("{:?}", log.numbers);
        assert_eq!(numbers(&log), numbers(&whole.1), "{name}");
    }
    insta::assert_snapshot!(shown(&whole.0, &whole.1));
}

/// Both visits run the same statements: what is between the two states is the first.
#[test]
fn the_page_opens_what_ran_in_between_as_a_document() {
    let open = |name: &str, bytes: Vec<u8>| {
        Session::open(Box::new(MemorySource::new(name, bytes)), &|_| ()).expect("statistics")
    };
    let (first, second) = (bytes("statistics/first.csv"), bytes("statistics/second.csv"));
    let mut after = open("second.csv", second.clone());
    let Response::Shared(saved) = after.answer(&Request::Between(first.clone())) else {
        panic!("no difference")
    };
    // Handed on in Flamedrop's own format, it has lost nothing.
    let between = open("between", saved);
    assert_eq!(between.document().name, "second.csv − earlier");
    let Content::Queries(found) = &between.document().content else { panic!("a profile") };
    let (expected, _) = difference(&read(first).1, &read(second).1).expect("a difference");
    // NaN is equal to itself there.
    assert!(format!("{:?}", found.statistics) == format!("{:?}", expected.statistics));
    assert!(format!("{:?}", found.numbers) == format!("{:?}", expected.numbers));
    let Response::Refused(problem) = after.answer(&Request::Between(b"SELECT 1".to_vec())) else {
        panic!("a difference to nothing")
    };
    assert!(problem.contains("Supported: "), "{problem}");
}

#[test]
fn the_difference_of_two_states_is_what_ran_in_between() {
    let (first, second) = (read(bytes("statistics/first.csv")).1, read(bytes("statistics/second.csv")).1);
    let (between, notes) = difference(&first, &second).expect("a difference");
    assert!(notes.entries().is_empty(), "{:?}", notes.entries());
    assert_eq!(calls(&between), calls(&first));
    let total = second.total() - first.total();
    assert!((between.total() - total).abs() < 1e-6);
    for (fingerprint, numbers) in between.fingerprints.iter().zip(&between.numbers) {
        // The first visit bought something, which the second finds there.
        let rows = |log: &QueryLog| {
            let at =
                log.fingerprints.iter().position(|each| each.text == fingerprint.text).expect("the same");
            log.numbers[at].rows.expect("rows").total
        };
        assert_eq!(numbers.rows.expect("rows").total, rows(&second) - rows(&first), "{}", fingerprint.text);
        assert!(numbers.p50.is_nan() && numbers.mean > 0.0);
    }
    let (nothing, notes) = difference(&first, &first).expect("a difference");
    assert!(nothing.fingerprints.is_empty());
    assert!(notes.entries()[0].message.contains("nothing ran"));
    // The other way round every counter went back.
    let (_, notes) = difference(&second, &first).expect("a difference");
    assert!(notes.entries()[0].message.contains("reset"), "{:?}", notes.entries());
    let log = common::open(common::bytes("postgres/client.log")).expect("a log");
    let Content::Queries(log) = log.content else { panic!("a profile") };
    assert!(difference(&log, &first).is_err());
    let digests = read(bytes("mysql/digests.tsv")).1;
    assert!(difference(&digests, &first).is_err());
}

#[test]
fn entries_of_one_fingerprint_are_added_up() {
    let csv = "queryid,userid,query,calls,total_time,min_time,max_time,stddev_time,rows
1,10,SELECT * FROM a WHERE b = $1,2,4,1,3,1,2
1,11,SELECT * FROM a WHERE b = $1,2,12,5,7,1,4
2,10,\"SELECT \"\"x\"\", 'it''s,
two lines' FROM c\",1,0.5,0.5,0.5,0,0
3,10,<insufficient privilege>,5000000000,1,0,1,0,1
4,10,SELECT 1,x,1,1,1,1,1
5,10,SELECT 1,1
";
    let (document, log) = read(csv);
    insta::assert_snapshot!(shown(&document, &log));
    // 1, 3, 5 and 7: their deviation is the root of 5.
    assert!((log.numbers[0].stddev - 5_f64.sqrt()).abs() < 1e-12);
    assert_eq!(log.numbers[0].rows.map(|rows| (rows.known, rows.total, rows.max)), Some((4, 6, NONE)));
}

#[test]
fn columns_of_every_version() {
    for (head, version) in [
        ("userid,dbid,queryid,query,calls,total_time,rows", "12 or earlier"),
        (
            "userid,dbid,queryid,query,calls,total_time,min_time,max_time,mean_time,stddev_time,rows",
            "9.5 to 12",
        ),
        ("userid,dbid,queryid,query,plans,total_plan_time,calls,total_exec_time,rows", "13 or later"),
        ("userid,dbid,toplevel,queryid,query,calls,total_exec_time,rows", "PostgreSQL 14"),
        ("query,calls,total_exec_time,toplevel,temp_blk_read_time,jit_functions", "15 or 16"),
        (
            "query,calls,total_exec_time,toplevel,jit_functions,shared_blk_read_time,stats_since",
            "PostgreSQL 17",
        ),
        ("query,calls,total_exec_time,stats_since,parallel_workers_launched", "PostgreSQL 18"),
    ] {
        let row: Vec<&str> =
            head.split(',').map(|name| if name == "query" { "SELECT 1 FROM t" } else { "7" }).collect();
        let (document, log) = read(format!("{head}\r\n{}\r\n", row.join(",")));
        assert_eq!(common::diagnostics(&document), "", "{head}");
        assert!(
            log.inferred.as_deref().is_some_and(|inferred| inferred.ends_with(version)),
            "{head}: {:?}",
            log.inferred
        );
        assert_eq!((log.numbers[0].calls, log.numbers[0].total), (7, 7.0));
        assert_eq!(log.numbers[0].max.is_nan(), !head.contains("max_time"));
    }
    // A mean says the total, and a German spreadsheet has commas in its numbers.
    let (_, log) = read("query;calls;mean_exec_time\nSELECT 1 FROM t;4;0,25\n");
    assert_eq!(log.numbers[0].total, 1.0);
    let error = common::open("queryid,calls,total_time,\"a query\"\n1,1,1,1\n").expect_err("no statistics");
    assert!(error.to_string().contains("no column query"), "{error}");
}

#[test]
fn multi_line_queries_as_psql_shows_them() {
    let aligned = " query    | calls | total_exec_time | rows 
----------+-------+-----------------+------
 SELECT  +|     1 |             0.5 |    2
   a||b  +|       |                 | 
 FROM t   |       |                 | 
 SELECT é |     3 |             1.5 |    4
(2 rows)

";
    let unaligned =
        "query|calls|total_exec_time|rows\nSELECT \n  a||b \nFROM t|1|0.5|2\nSELECT é|3|1.5|4\n(2 rows)\n";
    let last =
        "calls|total_exec_time|rows|query\n1|0.5|2|SELECT \n  a||b \nFROM t\n3|1.5|4|SELECT é\n(2 rows)\n";
    let expanded = "-[ RECORD 1 ]---+---------
query           | SELECT +
                |   a||b +
                | FROM t
calls           | 1
total_exec_time | 0.5
rows            | 2
-[ RECORD 2 ]---+---------
query           | SELECT é
calls           | 3
total_exec_time | 1.5
rows            | 4

";
    for text in [aligned, unaligned, last, expanded] {
        let (document, log) = read(text);
        assert_eq!(common::diagnostics(&document), "", "{text}");
        let texts: Vec<&str> = log.fingerprints.iter().map(|each| each.text.as_str()).collect();
        assert_eq!(texts, ["SELECT a || b FROM t", "SELECT é"], "{text}");
        let numbers: Vec<_> = log.numbers.iter().map(|each| (each.calls, each.total)).collect();
        assert_eq!(numbers, [(1, 0.5), (3, 1.5)], "{text}");
    }
}

/// The server counted what the slow log has: recorded together.
#[test]
fn mysqls_digests_in_every_form() {
    let (document, log) = read(bytes("mysql/digests.tsv"));
    assert_eq!(common::diagnostics(&document), "");
    insta::assert_snapshot!(shown(&document, &log));
    for name in ["digests.json.gz", "digests_table.txt", "digests_vertical.txt"] {
        let (document, other) = read(bytes(&format!("mysql/{name}")));
        assert_eq!(common::diagnostics(&document), "", "{name}");
        assert_eq!(other.fingerprints, log.fingerprints, "{name}");
        assert_eq!(calls(&other), calls(&log), "{name}");
        assert!((other.total() - log.total()).abs() < 1e-6, "{name}");
    }
    let (_, slow) = read(common::bytes("mysql/shop.slow.log.gz"));
    let of_slow = |word: &str| {
        slow.fingerprints
            .iter()
            .zip(&slow.numbers)
            .filter(|(each, _)| each.text.contains(word))
            .map(|(_, numbers)| numbers.calls)
            .sum::<u32>()
    };
    let of_digests = |word: &str| {
        log.fingerprints
            .iter()
            .zip(&log.numbers)
            .filter(|(each, _)| each.text.contains(word))
            .map(|(_, numbers)| numbers.calls)
            .sum::<u32>()
    };
    for table in ["shop_order", "django_session", "shop_exchangerate", "auth_permission"] {
        assert_eq!(of_digests(table), of_slow(table), "{table}");
    }
}

#[test]
fn mysql_8_has_percentiles_and_a_rest() {
    let tsv = "SCHEMA_NAME\tDIGEST\tDIGEST_TEXT\tCOUNT_STAR\tSUM_TIMER_WAIT\tMIN_TIMER_WAIT\tAVG_TIMER_WAIT\tMAX_TIMER_WAIT\tSUM_LOCK_TIME\tSUM_ERRORS\tSUM_ROWS_AFFECTED\tSUM_ROWS_SENT\tSUM_ROWS_EXAMINED\tQUANTILE_95\tQUANTILE_99\tQUERY_SAMPLE_TEXT\tFIRST_SEEN\tLAST_SEEN
shop\tab\tSELECT `a` FROM `t` WHERE `b` IN (...)\t10\t2000000000\t100000000\t200000000\t900000000\t5000000\t1\t0\t20\t300\t501187233\t891250938\tSELECT a\\nFROM t WHERE b IN (1,\\t2)\t2026-11-25 20:47:04.123456\t2026-11-25 20:48:04.000000
NULL\tNULL\tNULL\t3\t1000000000\t1\t1\t1\t0\t0\t0\t0\t0\t1\t1\tNULL\t2026-11-25 20:47:04\t2026-11-25 20:48:04
";
    let (document, log) = read(tsv);
    insta::assert_snapshot!(shown(&document, &log));
    let (first, last) = log.numbers[0].starts.expect("when it was seen");
    assert!((last - first - 59_876.544).abs() < 1e-3);
}

/// What the page asks: totals, tables, one query; through a filter, and in any order.
#[test]
fn a_session_answers_for_statistics() {
    use flamedrop::input::MemorySource;
    use flamedrop::protocol::{
        Answer, Ask, ContentOverview, GroupColumn, QueryColumn, Request, Response, Window,
    };
    use flamedrop::queries::by::By;
    use flamedrop::queries::filter::Filter;
    use flamedrop::session::Session;

    let source = MemorySource::new("first.csv", bytes("statistics/first.csv"));
    let mut session = Session::open(Box::new(source), &|_| ()).expect("statistics");
    let ContentOverview::Queries(overview) = session.overview().content else { panic!("a profile") };
    assert!(overview.statistics && overview.executions > 500 && overview.span.is_none());
    let queries = |sort| Request::Queries {
        sort,
        descending: true,
        filter: "shop_orderline".to_owned(),
        first: 0,
        count: 3,
        selected: None,
    };
    // What is not known does not come first.
    for sort in [QueryColumn::Total, QueryColumn::P95] {
        let Response::Queries { rows, page, .. } = session.answer(&queries(sort)) else { panic!("rows") };
        assert!(rows > 3 && page[0].total > 0.0 && page[0].p95.is_nan());
    }
    let Response::Query(detail) = session.answer(&Request::Query { fingerprint: 0 }) else {
        panic!("a query")
    };
    assert!(detail.example.is_none() && detail.row.calls > 0);
    let mut ask = |text: &str, ask: Ask| {
        let filter = Filter { text: text.to_owned(), ..Filter::default() };
        match session.answer(&Request::View(filter, ask)) {
            Response::View(answer) => answer,
            other => panic!("{other:?}"),
        }
    };
    let window = Window { sort: GroupColumn::Max, descending: true, first: 0, count: 1000, selected: None };
    let groups = |by| Ask::Groups { by, window, charts: true, threshold: 500.0 };
    let Answer::Groups(page, whole) = ask("", groups(By::Fingerprint)) else { panic!("groups") };
    assert_eq!((page.rows, whole.calls), (overview.fingerprints, overview.executions));
    assert!((whole.total - overview.total).abs() < 1e-6);
    assert!(page.page.is_sorted_by(|a, b| a.figures.max >= b.figures.max));
    let Answer::Glance(glance) = ask("", Ask::Glance) else { panic!("a glance") };
    assert_eq!(glance.figures.calls, overview.executions);
    assert!(glance.reads > glance.writes && glance.series.calls.is_empty());
    let Answer::Groups(some, _) = ask("shop_orderline", groups(By::Fingerprint)) else { panic!("groups") };
    assert!(some.rows > 3 && some.rows < page.rows);
    let key = some.page[0].key;
    let Answer::Group(detail) = ask("", Ask::Group { by: By::Fingerprint, key, threshold: 500.0 }) else {
        panic!("a group")
    };
    assert!(detail.is_some_and(|detail| detail.text.contains("shop_orderline") && detail.slowest.is_none()));
    let Answer::Groups(callers, _) = ask("", groups(By::Caller)) else { panic!("groups") };
    assert_eq!(callers.rows, 0);
    let Answer::Columns(columns) = ask("", Ask::Columns { table: None }) else { panic!("columns") };
    assert!(!columns.is_empty());
    let lanes = Ask::Timeline { lanes: By::Connection };
    let Answer::Timeline(timeline) = ask("", lanes) else { panic!("a timeline") };
    assert!(timeline.lanes.is_empty() && timeline.statement.is_empty());
}
