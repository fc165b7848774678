//! Rules about how a log's statements are used, where recordings have no example.

use std::fmt::Write as _;

use flamedrop::findings::{self, Finding, Settings};

use super::common;
use super::lines::{Line, found, log};

/// One request as the recorder writes it: its path, seconds at which it begins, and that it takes; then the
/// same of its statements, with their rows.
struct Recorded<'a> {
    path: &'a str,
    start: f64,
    duration: f64,
    statements: &'a [(f64, f64, &'a str, u32)],
}

fn recorded(requests: &[Recorded<'_>]) -> String {
    let mut text = String::new();
    for (number, Recorded { path, start, duration, statements }) in requests.iter().enumerate() {
        let _ = writeln!(
            text,
            r#"{{"flamedrop": 1, "request": "r{number}", "method": "GET", "path": "{path}", "view": "v", "route": "", "status": 200, "start": {start:.6}, "duration": {duration:.6}}}"#,
        );
        for (start, duration, sql, rows) in *statements {
            let sql = sql.replace('"', "\\\"");
            let _ = writeln!(
                text,
                r#"{{"request": "r{number}", "start": {start:.6}, "duration": {duration:.6}, "sql": "{sql}", "params": [], "rows": {rows}, "alias": "default", "vendor": "postgresql", "stack": []}}"#,
            );
        }
    }
    text
}

/// The one finding of a rule.
fn only(text: &str, rule: &str) -> Finding {
    let mut found = found(text, rule, &[]);
    assert_eq!(found.len(), 1, "{rule}: {:?}", titles(&found));
    found.remove(0)
}

fn titles(found: &[Finding]) -> Vec<&str> {
    found.iter().map(|finding| finding.title.as_str()).collect()
}

fn is_silent(text: &str, rule: &str) {
    let found = found(text, rule, &[]);
    assert!(found.is_empty(), "{:?}\n{text}", titles(&found));
}

fn count(finding: &Finding, key: &str) -> String {
    let one = finding.evidence.iter().find(|one| one.key == key).expect("the evidence");
    format!("{:?}", one.value)
}

// --- large results -----------------------------------------------------------------------------------

#[test]
fn only_requests_with_many_rows_are_named_and_priced() {
    let sql = r#"SELECT "o"."id" FROM "o" WHERE "o"."shop_id" = 1"#;
    let one = |path, start, duration, rows| (path, start, duration, [(start + 0.01, 0.01, sql, rows)]);
    let all = [
        one("/orders/?page=1", 10.0, 0.1, 20),
        one("/orders/?page=2", 15.0, 0.1, 20),
        one("/export/", 20.0, 2.0, 5000),
        one("/month/", 25.0, 1.0, 1000),
    ];
    let requests = |from: usize, to: usize| {
        let each = all[from..to].iter();
        let each = each.map(|(path, start, duration, statements)| Recorded {
            path,
            start: *start,
            duration: *duration,
            statements,
        });
        recorded(&each.collect::<Vec<_>>())
    };
    let finding = only(&requests(0, 3), "large-results");
    assert_eq!(finding.title, "GET /export/ loads 5,000 rows of o");
    assert_eq!(count(&finding, "requests"), "Count(1)");
    assert_eq!((finding.at_stake.round(), finding.saving.round()), (2000.0, 1960.0));
    // Each request by its own rows.
    let finding = only(&requests(0, 4), "large-results");
    assert_eq!(finding.title, "GET /export/ loads 5,000 rows of o");
    assert_eq!(count(&finding, "requests"), "Count(2)");
    assert_eq!((finding.at_stake.round(), finding.saving.round()), (3000.0, 2860.0));
    is_silent(&requests(0, 2), "large-results");
}

#[test]
fn of_lists_only_those_that_can_be_so_long() {
    let list = |keys: u32| {
        let keys: Vec<String> = (0..keys).map(|key| (10_000 + key).to_string()).collect();
        format!(r#"SELECT "l"."id" FROM "l" WHERE "l"."order_id" IN ({})"#, keys.join(", "))
    };
    let (short, long) = (list(20), list(1500));
    let mut lines: Vec<Line<'_>> = (1..100).map(|at| (77, at * 1000, 40.0, short.as_str())).collect();
    lines.push((77, 200_000, 50.0, &long));
    let finding = only(&log(&lines), "large-results");
    assert_eq!(count(&finding, "requests"), "Count(1)");
    assert_eq!(finding.at_stake.round(), 50.0);
    assert!(finding.computed.contains("one of 100 executions"), "{}", finding.computed);
    // Where all are long, all count.
    let lines: Vec<Line<'_>> = (1..11).map(|at| (77, at * 1000, 50.0, long.as_str())).collect();
    let finding = only(&log(&lines), "large-results");
    assert_eq!(count(&finding, "requests"), "Count(10)");
    assert_eq!(finding.at_stake.round(), 500.0);
}

// --- denormalise -------------------------------------------------------------------------------------

/// Sixty times a second apart.
fn often(sql: &str) -> String {
    log(&(0..60).map(|at| (77, at * 1000 + 5, 3.0, sql)).collect::<Vec<_>>())
}

#[test]
fn a_filter_by_a_foreign_key_is_no_table_between() {
    for sql in [
        r#"SELECT "shop_order"."id", "shop_customer"."name" FROM "shop_order" INNER JOIN "shop_customer" ON ("shop_order"."customer_id" = "shop_customer"."id") WHERE "shop_order"."tenant_id" = 3"#,
        r#"SELECT "shop_orderline"."id", "shop_product"."name" FROM "shop_orderline" INNER JOIN "shop_product" ON ("shop_orderline"."product_id" = "shop_product"."id") WHERE "shop_orderline"."order_id" IN (1, 2)"#,
        // select_related of two.
        r#"SELECT "shop_order"."id", "shop_customer"."name", "shop_tenant"."name" FROM "shop_order" INNER JOIN "shop_customer" ON ("shop_order"."customer_id" = "shop_customer"."id") INNER JOIN "shop_tenant" ON ("shop_order"."tenant_id" = "shop_tenant"."id")"#,
        r#"SELECT COUNT(*) AS "__count" FROM "shop_order" INNER JOIN "shop_customer" ON ("shop_order"."customer_id" = "shop_customer"."id") INNER JOIN "shop_tenant" ON ("shop_order"."tenant_id" = "shop_tenant"."id") WHERE "shop_tenant"."name" = 'x'"#,
        // Customers who have ordered of a tenant.
        r#"SELECT "shop_customer"."id", "shop_customer"."name" FROM "shop_customer" INNER JOIN "shop_order" ON ("shop_customer"."id" = "shop_order"."customer_id") WHERE "shop_order"."tenant_id" = 3"#,
        // Over the order to what it names.
        r#"SELECT "shop_line"."id" FROM "shop_line" INNER JOIN "shop_order" ON ("shop_line"."order_id" = "shop_order"."id") INNER JOIN "shop_customer" ON ("shop_order"."customer_id" = "shop_customer"."id") INNER JOIN "shop_tenant" ON ("shop_order"."tenant_id" = "shop_tenant"."id") WHERE "shop_tenant"."name" = 'x'"#,
        // More than its keys is read.
        r#"SELECT pt.position, t.name FROM shop_tag t JOIN shop_product_tags pt ON t.id = pt.tag_id WHERE pt.product_id IN (1, 2)"#,
    ] {
        is_silent(&often(sql), "denormalise");
    }
}

#[test]
fn many_to_many_is_a_table_between() {
    for sql in [
        r#"SELECT ("shop_product_tags"."product_id") AS "_prefetch_related_val_product_id", "shop_tag"."id", "shop_tag"."name" FROM "shop_tag" INNER JOIN "shop_product_tags" ON ("shop_tag"."id" = "shop_product_tags"."tag_id") WHERE "shop_product_tags"."product_id" IN (1, 2)"#,
        r#"SELECT "shop_tag"."id", "shop_tag"."name" FROM "shop_tag" INNER JOIN "shop_product_tags" ON ("shop_tag"."id" = "shop_product_tags"."tag_id") WHERE "shop_product_tags"."product_id" = 5"#,
        r#"SELECT "shop_product"."id" FROM "shop_product" INNER JOIN "shop_product_tags" ON ("shop_product"."id" = "shop_product_tags"."product_id") WHERE "shop_product_tags"."tag_id" = 5"#,
        r#"SELECT "shop_product"."id" FROM "shop_product" INNER JOIN "shop_product_tags" ON ("shop_product"."id" = "shop_product_tags"."product_id") INNER JOIN "shop_tag" ON ("shop_product_tags"."tag_id" = "shop_tag"."id") WHERE "shop_tag"."name" = 'x'"#,
        "SELECT pt.product_id, t.name FROM shop_tag t JOIN shop_product_tags pt ON t.id = pt.tag_id WHERE pt.product_id IN (1, 2)",
    ] {
        let finding = only(&often(sql), "denormalise");
        assert!(finding.title.starts_with("Joins over shop_product_tags are run"), "{}", finding.title);
    }
}

// --- counted rows ------------------------------------------------------------------------------------

fn in_one_request(statements: &[&str]) -> String {
    log(&(1..).zip(statements).map(|(at, sql)| (77, at * 10, 2.0, *sql)).collect::<Vec<_>>())
}

const OF_KINDS: [&str; 2] = [
    r#"SELECT COUNT(*) AS "__count" FROM "t" WHERE "t"."kind" = 1"#,
    r#"SELECT COUNT(*) AS "__count" FROM "t" WHERE "t"."kind" = 2"#,
];

#[test]
fn what_makes_others_of_rows_does_not_load_them() {
    for load in [
        r#"SELECT DISTINCT "t"."kind" FROM "t""#,
        r#"SELECT COALESCE(SUM("t"."total"), 0) AS "s" FROM "t""#,
        r#"SELECT EXISTS(SELECT 1 FROM "t" WHERE "t"."kind" = 3)"#,
        r#"SELECT (COUNT(*) - COUNT("t"."paid")) AS "open", MAX("t"."id") AS "last" FROM "t""#,
        r#"SELECT "t"."kind", COUNT(*) AS "n" FROM "t" GROUP BY "t"."kind""#,
        r#"SELECT 1 AS "a" FROM "t""#,
    ] {
        is_silent(&in_one_request(&[load, OF_KINDS[0], OF_KINDS[1]]), "counted-rows");
    }
    for load in [
        r#"SELECT "t"."id", "t"."name" FROM "t""#,
        "SELECT * FROM t",
        r#"SELECT "t"."id", UPPER("t"."name") AS "name" FROM "t" ORDER BY "t"."id""#,
    ] {
        only(&in_one_request(&[load, OF_KINDS[0], OF_KINDS[1]]), "counted-rows");
    }
}

#[test]
fn rows_that_are_provably_others_are_not_within() {
    let open = r#"SELECT "t"."id", "t"."name" FROM "t" WHERE "t"."status" = 'open'"#;
    let since = r#"SELECT "t"."id", "t"."name" FROM "t" WHERE "t"."created" >= '2026-03-01'"#;
    let active = r#"SELECT "t"."id", "t"."name" FROM "t" WHERE "t"."active""#;
    let counts = |condition: &str| {
        [
            format!(r#"SELECT COUNT(*) AS "__count" FROM "t" WHERE {condition}"#),
            format!(r#"SELECT SUM("t"."x") AS "s" FROM "t" WHERE {condition}"#),
        ]
    };
    let log = |load: &str, condition: &str| {
        let [count, sum] = counts(condition);
        in_one_request(&[load, &count, &sum])
    };
    for (load, condition) in [
        (open, r#"NOT ("t"."status" = 'open')"#),
        (open, r#"("t"."status" = 'open' OR "t"."kind" = 2)"#),
        (open, r#""t"."kind" = 2 AND "t"."a" = 1 OR "t"."status" = 'open'"#),
        (open, r#""t"."status" IN ('open', 'new')"#),
        (since, r#""t"."created" < '2026-03-01'"#),
        (active, r#"NOT "t"."active""#),
    ] {
        is_silent(&log(load, condition), "counted-rows");
    }
    let any = r#"SELECT "t"."id" FROM "t" WHERE ("t"."status" IN ('open', 'new') AND ("t"."a" = 1 OR "t"."b" = 2))"#;
    for (load, condition) in [
        (open, r#"("t"."status" = 'open' AND "t"."kind" = 2)"#),
        (open, r#"("t"."kind" = 2 AND ("t"."status" = 'open' AND NOT ("t"."a" = 1)))"#),
        (since, r#""t"."created" >= '2026-03-01'"#),
        (since, r#""t"."created" BETWEEN '2026-03-02' AND '2026-03-05' AND "t"."kind" = 2"#),
        (since, r#""t"."created" > '2026-03-02'"#),
        (active, r#"("t"."kind" = 2 AND "t"."active")"#),
        (any, r#"(("t"."a" = 1 OR "t"."b" = 2) AND "t"."status" = 'open')"#),
    ] {
        only(&log(load, condition), "counted-rows");
    }
    // Another load beside it takes nothing away.
    let [count, sum] = counts(r#""t"."status" = 'open'"#);
    only(&in_one_request(&[open, active, &count, &sum]), "counted-rows");
}

// --- slow writes ---------------------------------------------------------------------------------------

/// What an index makes quick is counted there alone.
#[test]
fn writes_that_look_their_rows_up_slowly_are_not_slow_writes() {
    let by_key = r#"UPDATE "t" SET "a" = 1 WHERE "t"."id" = 5"#;
    let searching = [
        r#"UPDATE "t" SET "a" = 1 WHERE "t"."reference" = 'x'"#,
        r#"DELETE FROM "t" WHERE "t"."reference" IN ('x', 'y')"#,
        r#"DELETE FROM "t" WHERE "t"."created" < '2026-01-01'"#,
    ];
    let lines = |each: &[&str]| {
        let times =
            (0..6 * each.len() as u32).map(|at| (77, at * 500 + 400, 40.0, each[at as usize % each.len()]));
        log(&times.collect::<Vec<_>>())
    };
    for sql in searching {
        is_silent(&lines(&[sql]), "slow-writes");
        assert_eq!(only(&lines(&[sql]), "index-candidates").at_stake.round(), 240.0, "{sql}");
        // The others' time is still theirs.
        let finding = only(&lines(&[sql, by_key]), "slow-writes");
        assert_eq!(
            (count(&finding, "writes").as_str(), finding.at_stake.round()),
            ("Count(6)", 240.0),
            "{sql}"
        );
        assert!(finding.doubts.contains("Not among them: 6 writes whose rows"), "{}", finding.doubts);
    }
    for sql in [
        r#"UPDATE "t" SET "a" = 1 WHERE UPPER("t"."email"::text) = UPPER('x')"#,
        r#"DELETE FROM "t" WHERE "t"."name"::text LIKE '%x%'"#,
    ] {
        is_silent(&lines(&[sql]), "slow-writes");
        assert_eq!(only(&lines(&[sql]), "unindexable").at_stake.round(), 240.0, "{sql}");
    }
    let finding = only(&lines(&[by_key]), "slow-writes");
    assert!(!finding.doubts.contains("without an index"), "{}", finding.doubts);
}

#[test]
fn unused_indexes_are_asked_of_the_server_that_has_them() {
    let code = |sql: &str| {
        let lines: Vec<Line<'_>> = (1..7).map(|at| (77, at * 500, 40.0, sql)).collect();
        let finding = only(&log(&lines), "slow-writes");
        (finding.code, finding.remedy)
    };
    let (mysql, remedy) = code("INSERT INTO `shop`.`t` (`a`) VALUES (1)");
    assert_eq!(mysql, "SELECT index_name FROM sys.schema_unused_indexes\nWHERE object_name = 't'");
    assert!(remedy.contains("sys.schema_unused_indexes") && !remedy.contains("idx_scan"), "{remedy}");
    let (other, _) = code(r#"INSERT INTO "shop"."t" ("a") VALUES (1)"#);
    assert!(other.ends_with("WHERE relname = 't' ORDER BY idx_scan"), "{other}");
}

// --- sequential --------------------------------------------------------------------------------------

const SUMS: [&str; 3] = ["SELECT SUM(a.x) FROM a", "SELECT SUM(b.x) FROM b", "SELECT SUM(c.x) FROM c"];

#[test]
fn what_runs_side_by_side_is_not_in_turn() {
    let at = |starts: [f64; 3], duration| {
        let statements: Vec<_> = starts.iter().zip(SUMS).map(|(start, sql)| (*start, 0.3, sql, 1)).collect();
        recorded(&[Recorded { path: "/x", start: 100.0, duration, statements: &statements }])
    };
    is_silent(&at([100.01, 100.011, 100.012], 0.4), "sequential");
    let finding = only(&at([100.01, 100.311, 100.612], 0.95), "sequential");
    assert_eq!(finding.title, "GET /x waits for 3 queries in turn that do not depend on each other");
    assert_eq!(finding.saving.round(), 600.0);
    // Two in turn, one beside them; no more than there is of the request.
    let finding = only(&at([100.01, 100.011, 100.312], 0.45), "sequential");
    assert!(finding.title.contains("2 queries"), "{}", finding.title);
    assert_eq!((finding.at_stake.round(), finding.saving.round()), (450.0, 150.0));
}

#[test]
fn an_open_value_after_a_subquery_with_a_limit_may_depend() {
    let first = r#"SELECT "a"."id" FROM "a" INNER JOIN "z" ON ("a"."z_id" = "z"."id")"#;
    let log = |second: &str| log(&[(77, 200, 150.0, first), (77, 400, 150.0, second)]);
    for second in [
        r#"SELECT "b"."id" FROM "b" WHERE ("b"."c_id" IN (SELECT U0."id" FROM "c" U0 ORDER BY U0."x" LIMIT 5) AND "b"."a_id" = 7)"#,
        r#"SELECT "b"."id" FROM "b" WHERE "b"."a_id" = 7 LIMIT 5"#,
    ] {
        is_silent(&log(second), "sequential");
    }
    only(&log(r#"SELECT "b"."id" FROM "b" ORDER BY "b"."x" LIMIT 5"#), "sequential");
}

// --- transactions ------------------------------------------------------------------------------------

#[test]
fn a_loop_in_a_transaction_is_not_idle() {
    let mut lines: Vec<Line<'_>> = vec![(77, 1, 0.1, "BEGIN")];
    lines.extend((0..400).map(|at| (77, 3 + at * 2, 1.0, "INSERT INTO t (a) VALUES (1)")));
    lines.push((77, 805, 1.0, "COMMIT"));
    is_silent(&log(&lines), "transactions");
    // A cursor whose rows are worked on.
    let mut lines: Vec<Line<'_>> =
        vec![(77, 1, 0.1, "BEGIN"), (77, 10, 1.0, "DECLARE c CURSOR FOR SELECT a FROM t")];
    lines.extend((1..21).map(|at| (77, at * 200, 150.0, "FETCH FORWARD 2000 FROM c")));
    lines.push((77, 4005, 1.0, "COMMIT"));
    is_silent(&log(&lines), "transactions");
}

#[test]
fn long_pauses_alone_are_idle() {
    let finding = only(
        &log(&[
            (77, 10, 1.0, "BEGIN"),
            (77, 20, 1.0, "UPDATE t SET a = 1 WHERE id = 1"),
            (77, 421, 1.0, "UPDATE t SET a = 2 WHERE id = 2"),
            (77, 450, 1.0, "COMMIT"),
        ]),
        "transactions",
    );
    assert_eq!(finding.title, "A request keeps a transaction open for 400 ms while nothing runs");
    assert!(finding.computed.starts_with("1 transaction was open for 441 ms,"), "{}", finding.computed);
    // What takes the short ones may go with the long one.
    assert_eq!(finding.saving.round(), 437.0);
}

// --- connections -------------------------------------------------------------------------------------

#[test]
fn a_recording_knows_no_connections() {
    let statements: Vec<_> = (0..30)
        .map(|at| [(100.0 + f64::from(at) * 0.01, 0.005, "SELECT id FROM t WHERE id = 1", 1)])
        .collect();
    let requests: Vec<_> = statements
        .iter()
        .map(|statements| Recorded { path: "/x", start: statements[0].0, duration: 5.0, statements })
        .collect();
    is_silent(&recorded(&requests), "connections");
}

#[test]
fn connections_churn_where_they_end_while_others_begin() {
    // By its process, the seconds at which each serves a request.
    let served = |connections: &[(u32, &[f64])]| {
        let mut lines: Vec<Line<'_>> = Vec::new();
        for (process, starts) in connections {
            lines.extend(starts.iter().map(|start| {
                (*process, (start * 1000.0) as u32 + 5, 5.0, "SELECT id FROM t WHERE id = 1 LIMIT 21")
            }));
        }
        lines.sort_by_key(|line| line.1);
        log(&lines)
    };
    let every =
        |gap: f64, count: u32| -> Vec<[f64; 1]> { (0..count).map(|at| [f64::from(at) * gap]).collect() };
    let one_each = |gap: f64, count: u32| {
        let starts = every(gap, count);
        served(
            &(100..).zip(&starts).map(|(process, starts)| (process, starts.as_slice())).collect::<Vec<_>>(),
        )
    };
    // An excerpt of a moment: nothing says that any of them has ended.
    is_silent(&one_each(0.05, 25), "connections");
    is_silent(&one_each(0.001, 30), "connections");
    let finding = only(&one_each(0.5, 30), "connections");
    assert_eq!(finding.title, "30 connections for 30 requests");
    assert_eq!(count(&finding, "ended"), "Count(27)");
    // All of them come back.
    let twice: Vec<[f64; 2]> = (0..30).map(|at| [f64::from(at) * 0.5, 20.0 + f64::from(at) * 0.5]).collect();
    let pool: Vec<(u32, &[f64])> =
        (100..).zip(&twice).map(|(process, starts)| (process, starts.as_slice())).collect();
    is_silent(&served(&pool), "connections");
}

/// A loop of ten statements of 2 ms, 3 ms apart: Python's part is priced as well.
#[test]
fn a_loop_is_priced_by_its_span() {
    let texts: Vec<String> =
        (0..10).map(|at| format!("SELECT id, name FROM author WHERE id = {at}")).collect();
    let mut lines: Vec<Line<'_>> =
        vec![(77, 100, 2.0, "SELECT id, author_id FROM book ORDER BY id LIMIT 10")];
    lines.extend((1..).zip(&texts).map(|(at, text)| (77, 100 + 5 * at, 2.0, text.as_str())));
    let found = found(&log(&lines), "n-plus-one", &[]);
    assert_eq!(found.len(), 1);
    // Nine are saved, of 2 ms and 3 ms around them.
    assert!((found[0].saving - 45.0).abs() < 1e-6, "{}", found[0].saving);
    assert!(found[0].at_stake >= found[0].saving, "{}", found[0].at_stake);
    assert!(found[0].computed.contains("an estimate"), "{}", found[0].computed);
}

/// One query, one finding: the index first, the rest in it.
#[test]
fn one_query_is_one_card() {
    let slow = "SELECT t.id FROM t INNER JOIN u ON (t.u_no = u.no) WHERE t.kind = 3 AND u.name LIKE '%x%'";
    let text = log(&[(77, 2000, 900.0, slow)]);
    let report = findings::judge(&common::open(text).expect("a log"), &Settings::default());
    assert_eq!(
        report.findings.len(),
        1,
        "{:?}",
        report.findings.iter().map(|one| &one.title).collect::<Vec<_>>()
    );
    let card = &report.findings[0];
    assert_eq!(card.rule, "index-candidates");
    let also: Vec<&str> = card.also.iter().map(|one| one.rule.as_str()).collect();
    assert_eq!(also.last(), Some(&"slow-statements"), "{also:?}");
    assert!(also.contains(&"unindexable"), "{also:?}");
    assert!(card.also.iter().all(|one| one.also.is_empty()));
}
