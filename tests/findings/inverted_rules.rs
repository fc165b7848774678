//! Conditions that inverted indexes serve: words, and what arrays and documents contain.

use super::index_rules::{judged, obstacle, of_t};

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
