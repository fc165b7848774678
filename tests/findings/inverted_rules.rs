//! Conditions that inverted indexes serve: words, and what arrays and documents contain. And those that several
//! indexes serve together.

use super::index_rules::{judged, obstacle, of_t, proposals};

fn found(sql: &str) -> (String, String) {
    obstacle(sql, "").unwrap_or_default()
}

#[test]
fn words_are_found_by_an_index_of_vectors() {
    let vector = of_t(r#"WHERE "t"."search" @@ (plainto_tsquery('english'::regconfig, 'blue shelf'))"#);
    let (reason, code) = found(&vector);
    assert_eq!(reason, "words are looked for in t.search");
    assert_eq!(code, r#"GinIndex(fields=["search"], name="t_search_gin")"#);
    let texts = of_t(
        r#"WHERE to_tsvector('english'::regconfig, COALESCE("t"."title", '') || ' ' || COALESCE("t"."body", '')) @@ (websearch_to_tsquery('english'::regconfig, 'x'))"#,
    );
    let (reason, code) = found(&texts);
    assert_eq!(reason, "words are looked for in t.title");
    assert_eq!(
        code,
        "# the config that the query has\n\
         GinIndex(SearchVector(\"title\", \"body\", config=\"english\"), name=\"t_title_body_words\")"
    );
    // No index is of two tables.
    let tables = r#"SELECT "t"."id" FROM "t" INNER JOIN "u" ON ("t"."u_id" = "u"."id") WHERE to_tsvector('english'::regconfig, COALESCE("t"."title", '') || ' ' || COALESCE("u"."name", '')) @@ (plainto_tsquery('english'::regconfig, 'x'))"#;
    assert_eq!(
        found(tables).1,
        "words = SearchVectorField(null=True)  # kept by a trigger\nGinIndex(fields=[\"words\"], name=\"t_words_gin\")"
    );
    let plain = of_t("WHERE to_tsvector('english', body) @@ to_tsquery('english', $1)");
    assert!(found(&plain).1.contains(r#"SearchVector("body", config="english")"#), "{}", found(&plain).1);
    let table = "CREATE TABLE t (id int, title text, body text, search tsvector);";
    let with =
        |sql: &str, index: &str| obstacle(sql, &format!("{table} CREATE INDEX i ON t {index};")).is_none();
    assert!(with(&vector, "USING gin (search)"));
    assert!(!with(&vector, "(search)"));
    assert!(with(
        &texts,
        "USING gin (to_tsvector('english'::regconfig, ((COALESCE(title, ''::text) || ' '::text) || COALESCE(body, ''::text))))"
    ));
    assert!(!with(&texts, "USING gin (title gin_trgm_ops)"));
    // MySQL does not look for words without their index.
    let mysql =
        "SELECT `t`.`id` FROM `t` WHERE MATCH (`t`.`title`, `t`.`body`) AGAINST ('x' IN BOOLEAN MODE)";
    assert!(judged(&[mysql], "").is_empty());
}

#[test]
fn what_arrays_and_documents_contain_is_found_by_an_inverted_index() {
    for (condition, sign) in [
        (r#""t"."tags" @> ARRAY['a']::varchar(50)[]"#, "@>"),
        (r#""t"."tags" && (ARRAY['a', 'b'])::varchar(50)[]"#, "&&"),
        (r#""t"."tags" @> '{"a": 1}'::jsonb"#, "@>"),
        (r#""t"."tags" ? 'a'"#, "?"),
        (r#""t"."tags" ?& ARRAY['a', 'b']"#, "?&"),
        (r#""t"."tags" ?| ARRAY['a', 'b']"#, "?|"),
    ] {
        let sql = of_t(&format!("WHERE ({condition} AND \"t\".\"kind\" > 3)"));
        let (reason, code) = found(&sql);
        assert_eq!(reason, format!("what t.tags contains is compared ({sign})"), "{sql}");
        assert_eq!(code, r#"GinIndex(fields=["tags"], name="t_tags_gin")"#, "{sql}");
        let table = "CREATE TABLE t (id int, tags text[]);";
        let with = |index: &str| obstacle(&sql, &format!("{table} CREATE INDEX i ON t {index};")).is_none();
        assert!(
            with("USING gin (tags)") && with("USING gin (tags jsonb_path_ops)") && !with("(tags)"),
            "{sql}"
        );
    }
}

/// Neither placeholders, nor MySQL's words, nor what no index serves.
#[test]
fn what_looks_like_containment_is_none() {
    for sql in [
        "SELECT id FROM t WHERE a = ? AND b BETWEEN ? AND ? AND c IN (?, ?) LIMIT ?",
        "SELECT `t`.`id` FROM `t` WHERE `t`.`a` = 1 && `t`.`b` = 2",
        r#"SELECT "t"."id" FROM "t" WHERE NOT ("t"."tags" @> ARRAY['a'] AND "t"."tags" IS NOT NULL)"#,
        r#"SELECT "t"."id" FROM "t" WHERE "t"."name"::text ~ '^x'"#,
        r#"SELECT "t"."id" FROM "t" WHERE UPPER("t"."name"::text) ~ 'x'"#,
        r#"SELECT "t"."id" FROM "t" WHERE ("t"."data" -> 'k') @> '1'"#,
    ] {
        assert_eq!(obstacle(sql, ""), None, "{sql}");
    }
}

/// What is the better index depends on how many rows fit, which the log does not say.
#[test]
fn where_the_first_rows_alone_are_wanted_the_sort_may_be_the_better_index() {
    let doubts = |rest: &str| {
        let found = judged(&[&of_t(rest)], "").remove(0);
        let instead = found.doubts.split_once(" instead").map(|(before, _)| before.to_owned());
        (found.key, instead.unwrap_or_default())
    };
    for (rest, key, instead) in [
        // A queue. One of several values has no order of its own.
        (
            r#"WHERE "t"."state" = 'x' AND "t"."run_at" <= now() ORDER BY "t"."priority" ASC, "t"."run_at" ASC LIMIT 1"#,
            "t(state, run_at)",
            "(state, priority, run_at)",
        ),
        (r#"WHERE "t"."price" > 1 ORDER BY "t"."created" DESC LIMIT 3"#, "t(price)", "(created, price)"),
        (r#"WHERE "t"."kind" IN (1, 2) ORDER BY "t"."created" DESC LIMIT 20"#, "t(kind)", "(created)"),
        (
            r#"WHERE "t"."state" = 'x' AND "t"."run_at" <= now() ORDER BY "t"."run_at" ASC LIMIT 1"#,
            "t(state, run_at)",
            "",
        ),
        (
            r#"WHERE "t"."state" = 'x' AND "t"."run_at" <= now() ORDER BY "t"."priority" ASC"#,
            "t(state, run_at)",
            "",
        ),
        (r#"WHERE "t"."state" = 'x' ORDER BY "t"."priority" ASC LIMIT 5"#, "t(state, priority)", ""),
    ] {
        let (found, text) = doubts(rest);
        assert_eq!(found, key, "{rest}");
        assert!(if instead.is_empty() { text.is_empty() } else { text.ends_with(instead) }, "{rest}: {text}");
    }
}

#[test]
fn two_columns_of_an_or_are_two_indexes() {
    let none: &[&str] = &[];
    for (rest, expected) in [
        (r#"WHERE ("t"."email" = 'x' OR "t"."username" = 'y')"#, &["t(email) and (username)"][..]),
        (
            r#"WHERE "t"."email" = 'x' OR "t"."username" IN ('y', 'z') ORDER BY "t"."id" ASC LIMIT 1"#,
            &["t(email) and (username)"],
        ),
        (
            r#"WHERE ("t"."kind" > 3 AND ("t"."email" = 'x' OR "t"."username" = 'y'))"#,
            &["t(email) and (username)"],
        ),
        // What nearly all rows fit is no better; one value by AND is.
        (
            r#"WHERE (("t"."email" = 'x' OR "t"."username" = 'y') AND "t"."deleted" IS NULL)"#,
            &["t(email) and (username)"],
        ),
        (
            r#"WHERE ("t"."active" AND ("t"."email" = 'x' OR "t"."username" = 'y'))"#,
            &["t(email) and (username)"],
        ),
        (r#"WHERE (("t"."email" = 'x' OR "t"."username" = 'y') AND "t"."kind" = 3)"#, &["t(kind)"]),
        (
            r#"WHERE ("t"."email" = 'x' OR "t"."username" = 'y') ORDER BY "t"."created" DESC LIMIT 9"#,
            &["t(email) and (username)"],
        ),
        // A key is known to have one.
        (r#"WHERE ("t"."email" = 'x' OR "t"."owner_id" = 5)"#, &["t(email)"]),
        (r#"WHERE ("t"."owner_id" = 4 OR "t"."user_id" = 5)"#, none),
        // A flag, an open value, something else by OR: all rows are read anyway.
        (r#"WHERE ("t"."email" = 'x' OR "t"."active")"#, none),
        (r#"WHERE ("t"."email" = $1 OR $1 IS NULL) AND ("t"."username" = $2 OR $2 IS NULL)"#, none),
        (r#"WHERE ("t"."email" = 'x' OR "t"."username" = 'y' OR $1 IS NULL)"#, none),
        (r#"WHERE ("t"."email" = 'x' OR "t"."username" = 'y' OR "t"."name" <> 'z')"#, none),
        (r#"WHERE NOT ("t"."email" = 'x' OR "t"."username" = 'y')"#, none),
        (
            r#"WHERE ("t"."email" = 'x' OR EXISTS(SELECT 1 FROM "u" WHERE "u"."t_no" = "t"."no" AND "u"."name" = 'y'))"#,
            none,
        ),
    ] {
        assert_eq!(proposals(&of_t(rest), ""), expected, "{rest}");
    }
    let sql = of_t(r#"WHERE ("t"."email" = 'x' OR "t"."username" = 'y')"#);
    let finding = judged(&[&sql], "").remove(0);
    assert_eq!(
        finding.title,
        "Indexes on t (email) and (username) may serve 1 query that takes 50 ms in 1 execution"
    );
    assert!(
        finding.code.ends_with(r#"[models.Index(fields=["email"]), models.Index(fields=["username"])]"#),
        "{}",
        finding.code
    );
    let table = "CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE, username text);";
    assert_eq!(proposals(&sql, table), ["t(username)"]);
    assert_eq!(proposals(&sql, &format!("{table} CREATE INDEX i ON t (username);")), none);
    let across = r#"SELECT "t"."id" FROM "t" INNER JOIN "u" ON ("t"."u_id" = "u"."id") WHERE ("t"."email" = 'x' OR "u"."email" = 'x')"#;
    assert_eq!(proposals(across, ""), none);
}
