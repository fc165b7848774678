//! What caches and replicas could answer, sessions and slow writes, where recordings have no example.

use super::lines::{found, log};

/// A read a moment after the commit is not one a second and more after the UPDATE.
#[test]
fn a_write_counts_from_its_commit() {
    let text = log(&[
        (77, 10, 1.0, "BEGIN"),
        (77, 20, 1.0, "UPDATE t SET a = 1 WHERE id = 1"),
        (77, 1500, 1.0, "COMMIT"),
        (77, 1530, 10.0, "SELECT a FROM t WHERE id = 1"),
    ]);
    assert!(found(&text, "read-replicas", &[("read-replicas.reads", 1.0)]).is_empty());
}

/// Another connection read the old row in between: its answer is stale once the write is committed.
#[test]
fn what_was_cached_before_the_commit_is_stale_after_it() {
    let read = "SELECT a FROM t WHERE id = 1";
    let lines = |commit: u32| {
        log(&[
            (77, 10, 1.0, "BEGIN"),
            (77, 20, 1.0, "UPDATE t SET a = 1 WHERE id = 1"),
            (78, 200, 100.0, read),
            (77, commit, 1.0, "COMMIT"),
            (78, 500, 100.0, read),
        ])
    };
    let settings = [("database-cache.saving", 1.0), ("database-cache.hits", 0.4)];
    assert!(found(&lines(300), "database-cache", &settings).is_empty());
    assert_eq!(found(&lines(60), "database-cache", &settings).len(), 1);
}

#[test]
fn tables_are_the_same_with_their_schema_and_without() {
    let lines = |write: &str| {
        let read = r#"SELECT "t"."a" FROM "t" WHERE "t"."id" = 1"#;
        log(&[(77, 200, 100.0, read), (77, 1000, 1.0, write), (77, 2000, 100.0, read)])
    };
    let settings = [("database-cache.saving", 1.0)];
    let cached = |write: &str| found(&lines(write), "database-cache", &settings).len();
    assert_eq!(cached(r#"UPDATE "public"."t" SET "a" = 1"#), 0);
    assert_eq!(cached(r#"UPDATE "shop"."t" SET "a" = 1"#), 0);
    assert_eq!(cached(r#"UPDATE "public"."u" SET "a" = 1"#), 1);
}

/// django-cachalot caches a join only if it may cache all of its tables.
#[test]
fn tables_that_do_not_pay_are_named_not_those_that_do() {
    let join = r#"SELECT p.id, c.name FROM p INNER JOIN c ON (p.c_id = c.id) WHERE p.featured"#;
    let mut lines = vec![(77, 200, 100.0, join), (77, 1000, 100.0, join), (77, 2000, 100.0, join)];
    let settings = [("database-cache.saving", 1.0)];
    let code = |lines: &[_]| found(&log(lines), "database-cache", &settings)[0].code.clone();
    assert_eq!(code(&lines), "INSTALLED_APPS += [\"cachalot\"]");
    for at in 0..60 {
        lines.push((77, 3000 + at * 10, 1.0, "UPDATE hits SET n = n + 1 WHERE id = 1"));
    }
    lines.push((77, 4000, 1.0, "SELECT n FROM hits WHERE id = 1"));
    let expected = "CACHALOT_UNCACHABLE_TABLES = frozenset({\"django_migrations\", \"hits\"})";
    assert!(code(&lines).ends_with(expected), "{}", code(&lines));
}

#[test]
fn a_slow_write_is_of_the_table_it_is_for() {
    let six = |sql: &str, duration: f64| {
        let lines: Vec<_> = (1..7).map(|at| (77, at * 200, duration, sql)).collect();
        let found = found(&log(&lines), "slow-writes", &[]);
        found.iter().map(|finding| finding.key.clone()).collect::<Vec<_>>().join(", ")
    };
    let with = |write: &str| format!("WITH src AS (SELECT id FROM shop_product WHERE id = 1) {write}");
    assert_eq!(six(&with("INSERT INTO \"shop_audit\" (product_id) SELECT id FROM src"), 30.0), "shop_audit");
    assert_eq!(six(&with("UPDATE ONLY public.shop_audit SET a = 1"), 30.0), "public.shop_audit");
    assert_eq!(six(&with("DELETE FROM shop_audit WHERE id IN (SELECT id FROM src)"), 30.0), "shop_audit");
    assert_eq!(six("UPDATE shop_audit SET a = 1", 30.0), "shop_audit");
    // A thousand rows in 30 ms are quick, in 300 ms they are not.
    let rows: Vec<String> = (0..1000).map(|row| format!("({row}, 1)")).collect();
    let bulk = format!("INSERT INTO t (a, b) VALUES {}", rows.join(", "));
    assert_eq!((six(&bulk, 30.0).as_str(), six(&bulk, 300.0).as_str()), ("", "t"));
}

#[test]
fn sessions_that_are_cleared_at_night_are_no_saves() {
    let look_up =
        "SELECT session_data FROM django_session WHERE expire_date > '2026-03-01' AND session_key = 'a'";
    let mut lines = Vec::new();
    for at in 1..25 {
        lines.push((77, at * 300, 1.0, look_up));
        lines.push((77, at * 300 + 90, 80.0, "SELECT a FROM page"));
    }
    lines.push((78, 40_000, 30_000.0, "DELETE FROM django_session WHERE expire_date < '2026-03-01'"));
    assert!(found(&log(&lines), "sessions", &[]).is_empty());
}

/// The remedy writes through.
#[test]
fn saves_of_sessions_are_not_saved() {
    let look_up =
        "SELECT session_data FROM django_session WHERE expire_date > '2026-03-01' AND session_key = 'a'";
    let save = "UPDATE django_session SET session_data = 'x' WHERE session_key = 'a'";
    let lines: Vec<_> =
        (1..25).flat_map(|at| [(77, at * 300, 5.0, look_up), (77, at * 300 + 30, 20.0, save)]).collect();
    let found = &found(&log(&lines), "sessions", &[])[0];
    assert_eq!((found.at_stake.round(), found.saving.round()), (600.0, 120.0));
    assert!(found.computed.contains("The saves, 480 ms, stay."), "{}", found.computed);
}
