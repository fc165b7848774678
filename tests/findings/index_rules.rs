//! Index candidates, and conditions that no index serves, for SQL as people write it.

use flamedrop::document::Content;
use flamedrop::findings::{self, Finding, Settings};

use super::common;
use super::lines::{found, log};

/// What both rules find in a log of these queries, 50 ms each, with a schema.
pub fn judged(each: &[&str], definitions: &str) -> Vec<Finding> {
    let lines: Vec<_> =
        each.iter().enumerate().map(|(at, sql)| (77, at as u32 * 100 + 100, 50.0, *sql)).collect();
    judged_text(&log(&lines), definitions)
}

fn judged_text(text: &str, definitions: &str) -> Vec<Finding> {
    let mut settings = Settings::default();
    if !definitions.is_empty() {
        let document = common::open(definitions).expect("a schema");
        let Content::Schema(schema) = document.content else { panic!("{definitions} is no schema") };
        settings.add_schema(&schema);
    }
    let report = findings::judge(&common::open(text).expect("a log"), &settings);
    let mut found = super::flat(report.findings);
    found.retain(|finding| matches!(finding.rule.as_str(), "index-candidates" | "unindexable"));
    found
}

/// The columns that indexes are proposed for.
pub fn proposals(sql: &str, definitions: &str) -> Vec<String> {
    let found = judged(&[sql], definitions).into_iter();
    let keys = found.filter(|finding| finding.rule == "index-candidates").map(|finding| finding.key);
    let mut keys: Vec<String> = keys.collect();
    keys.sort();
    keys
}

/// The code of what `unindexable` finds.
pub fn obstacle(sql: &str, definitions: &str) -> Option<(String, String)> {
    let mut found = judged(&[sql], definitions).into_iter().filter(|finding| finding.rule == "unindexable");
    found.next().map(|finding| {
        let reason = finding.title.rsplit(": ").next().unwrap_or_default().to_owned();
        (reason, finding.code)
    })
}

fn proposed_code(sql: &str, definitions: &str) -> String {
    let found = judged(&[sql], definitions);
    let one = found.iter().find(|finding| finding.rule == "index-candidates");
    one.map(|one| one.code.lines().last().unwrap_or_default().trim().to_owned()).unwrap_or_default()
}

/// `WHERE …` of one table.
pub fn of_t(rest: &str) -> String {
    format!(r#"SELECT "t"."id" FROM "t" {rest}"#)
}

#[test]
fn a_key_in_the_query_finds_the_rows() {
    for rest in [
        r#"WHERE "t"."id" = 5 AND ("t"."created")::date = '2026-01-01'"#,
        r#"WHERE "t"."order_id" = 5 AND UPPER("t"."name"::text) LIKE UPPER('%x%')"#,
        r#"WHERE "t"."order_id" IN (5, 6) AND "t"."name"::text LIKE '%x%'"#,
    ] {
        assert_eq!(obstacle(&of_t(rest), ""), None, "{rest}");
    }
    let either = of_t(r#"WHERE ("t"."order_id" = 5 OR UPPER("t"."name"::text) LIKE UPPER('%x%'))"#);
    assert!(obstacle(&either, "").is_some());
    let other = of_t(r#"WHERE "t"."kind" = 5 AND UPPER("t"."name"::text) LIKE UPPER('%x%')"#);
    assert!(obstacle(&other, "").is_some());
}

#[test]
fn the_sort_is_the_statements_own_as_far_as_it_is_unbroken() {
    let none: &[&str] = &[];
    for (rest, expected) in [
        (r#"ORDER BY "t"."priority" DESC, "t"."created" ASC LIMIT 10"#, &["t(priority DESC, created)"][..]),
        (r#"ORDER BY "t"."priority" DESC, "t"."created" DESC LIMIT 10"#, &["t(priority, created)"]),
        (r#"ORDER BY "t"."created" DESC, "t"."id" DESC LIMIT 10"#, &["t(created)"]),
        (r#"ORDER BY LOWER("t"."name") ASC, "t"."created" ASC LIMIT 5"#, none),
        (r#"ORDER BY "t"."created" ASC, LOWER("t"."name") ASC, "t"."kind" ASC LIMIT 5"#, &["t(created)"]),
        (r#"ORDER BY "t"."id" ASC, "t"."created" ASC LIMIT 10"#, none),
        (r#"ORDER BY "t"."created" ASC"#, none),
        (
            r#"WHERE ("t"."kind" IN (1, 2) AND "t"."status" = 'x') ORDER BY "t"."created" DESC LIMIT 20"#,
            &["t(status, created)"],
        ),
        (
            r#"WHERE ("t"."kind" IN (1, 2) AND "t"."status" = 'x') ORDER BY "t"."created" DESC"#,
            &["t(status, kind)"],
        ),
        (r#"WHERE "t"."kind" IN (1, 2) ORDER BY "t"."created" DESC LIMIT 20"#, &["t(kind)"]),
        (r#"WHERE "t"."kind" IN (1) ORDER BY "t"."created" DESC LIMIT 20"#, &["t(kind, created)"]),
        (r#"WHERE "t"."kind" = 1 ORDER BY "t"."kind" ASC, "t"."created" ASC"#, &["t(kind, created)"]),
        (r#"WHERE "t"."price" > 1 ORDER BY "t"."created" ASC LIMIT 3"#, &["t(price)"]),
        (
            r#"WHERE EXISTS(SELECT 1 AS "a" FROM "u" U0 WHERE U0."t_id" = ("t"."id") LIMIT 1) ORDER BY "t"."created" DESC"#,
            none,
        ),
        (r#"ORDER BY "t"."score" DESC NULLS LAST LIMIT 10"#, &["t(score DESC NULLS LAST)"]),
        (r#"ORDER BY "t"."score" DESC NULLS FIRST LIMIT 10"#, &["t(score)"]),
    ] {
        assert_eq!(proposals(&of_t(rest), ""), expected, "{rest}");
    }
    let joined = r#"SELECT "o"."id" FROM "o" INNER JOIN "c" ON ("o"."c_id" = "c"."id") ORDER BY "c"."name" ASC, "o"."created" DESC LIMIT 10"#;
    assert_eq!(proposals(joined, ""), ["c(name)"]);
}

#[test]
fn the_code_sorts_as_the_query_does() {
    let code = |rest: &str| proposed_code(&of_t(rest), "");
    assert_eq!(
        code(r#"ORDER BY "t"."priority" DESC, "t"."created" ASC LIMIT 10"#),
        r#"indexes = [models.Index(fields=["-priority", "created"])]"#
    );
    assert_eq!(
        code(r#"ORDER BY "t"."score" DESC NULLS LAST LIMIT 10"#),
        r#"indexes = [models.Index(F("score").desc(nulls_last=True), name="t_score_desc_last_sorted")]"#
    );
    assert_eq!(
        code(r#"WHERE "t"."kind" = 1 ORDER BY "t"."score" ASC NULLS FIRST LIMIT 10"#),
        r#"indexes = [models.Index("kind", F("score").asc(nulls_first=True), name="t_kind_score_first_sorted")]"#
    );
}

const T: &str = r#"CREATE TABLE "t" ("id" bigint PRIMARY KEY, "priority" int, "created" date, "score" int, "status" text, "name" text);"#;

#[test]
fn an_index_sorts_in_its_directions_only() {
    let with = |order: &str, index: &str| {
        let definitions = format!("{T} CREATE INDEX i ON t ({index});");
        proposals(&of_t(&format!("ORDER BY {order} LIMIT 10")), &definitions).is_empty()
    };
    let mixed = r#""t"."priority" DESC, "t"."created" ASC"#;
    assert!(!with(mixed, "priority, created"));
    assert!(with(mixed, "priority DESC, created"));
    assert!(with(mixed, "priority, created DESC"));
    assert!(!with(mixed, "priority DESC, created DESC"));
    let turned = r#""t"."priority" DESC, "t"."created" DESC"#;
    assert!(with(turned, "priority, created"));
    let missing = r#""t"."score" DESC NULLS LAST"#;
    assert!(!with(missing, "score"));
    assert!(with(missing, "score DESC NULLS LAST"));
    assert!(with(missing, "score NULLS FIRST"));
}

#[test]
fn joined_tables_have_their_own_columns() {
    for (sql, expected) in [
        (
            "SELECT a.id FROM emp a JOIN emp b ON a.manager = b.badge WHERE b.name = 'x'",
            &["emp(manager)", "emp(name, badge)"][..],
        ),
        (
            "SELECT o.id, l.* FROM orders o CROSS JOIN LATERAL (SELECT * FROM lines l WHERE l.order_no = o.no ORDER BY l.pos LIMIT 1) l WHERE o.kind = 'x'",
            &["lines(order_no, pos)", "orders(kind)"],
        ),
        (
            r#"SELECT "shop_order"."id" FROM "shop_order" LEFT OUTER JOIN "shop_refund" ON ("shop_order"."number" = "shop_refund"."order_number") WHERE ("shop_order"."customer_id" = 7 AND "shop_refund"."id" IS NULL)"#,
            &["shop_refund(order_number)"],
        ),
        (
            r#"SELECT "o"."id" FROM "o" LEFT OUTER JOIN "r" ON ("o"."number" = "r"."number" AND "r"."gone" IS NULL) WHERE "o"."customer_id" = 7"#,
            &["r(gone, number)"],
        ),
        (
            r#"SELECT "shop_line"."id" FROM "shop_line" INNER JOIN "shop_product" ON ("shop_line"."product_id" = "shop_product"."id") WHERE ("shop_line"."id" = 5 AND "shop_product"."active") LIMIT 21"#,
            &[],
        ),
        (
            r#"SELECT "shop_line"."id" FROM "shop_line" INNER JOIN "shop_product" ON ("shop_line"."product_id" = "shop_product"."id") WHERE "shop_product"."code" = 'x'"#,
            &["shop_product(code)"],
        ),
        // No index of the column finds an element.
        ("SELECT id FROM t WHERE 5 = ANY(t.nums) AND 'x' IN (t.a, t.b)", &[]),
        // What stands in a function is not looked up by the column.
        (
            r#"SELECT "p"."id", (SELECT COUNT(*) FROM "l" U0 WHERE UPPER(U0."sku") = (UPPER("p"."sku"))) AS "n" FROM "p" LIMIT 9"#,
            &[],
        ),
    ] {
        assert_eq!(proposals(sql, ""), expected, "{sql}");
    }
}

#[test]
fn one_index_serves_what_it_begins_with() {
    let each = [
        r#"SELECT "t"."id" FROM "t" WHERE ("t"."a" = 1 AND "t"."b" = 2)"#,
        r#"SELECT "t"."id" FROM "t" WHERE ("t"."b" = 2 AND "t"."a" = 1)"#,
        r#"SELECT "t"."id" FROM "t" WHERE "t"."a" = 1"#,
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let found = judged(&order.map(|at| each[at]), "");
        assert_eq!(found.len(), 1, "{order:?}");
        assert_eq!((found[0].key.as_str(), found[0].saving), ("t(a, b)", 150.0), "{order:?}");
        assert!(
            found[0].title.contains("may serve 3 queries that take 150 ms in 3 executions"),
            "{}",
            found[0].title
        );
    }
    // Of equal times the texts decide, not which comes first.
    let each_of_three = |columns: &str| {
        let conditions: Vec<String> =
            columns.chars().map(|column| format!(r#""t"."{column}" = 1"#)).collect();
        of_t(&format!("WHERE {}", conditions.join(" AND ")))
    };
    let three = ["cab", "ac", "ab", "cb", "bca"].map(each_of_three);
    let mut turned = three.each_ref().map(String::as_str);
    let merged = |each: &[&str]| -> Vec<(String, f64)> {
        judged(each, "").into_iter().map(|finding| (finding.key, finding.saving)).collect()
    };
    let first = merged(&turned);
    for _ in 0..turned.len() {
        turned.rotate_left(1);
        assert_eq!(merged(&turned), first, "{turned:?}");
    }
    let keys = |each: &[&str]| {
        let mut keys: Vec<String> = judged(each, "").into_iter().map(|finding| finding.key).collect();
        keys.sort();
        keys
    };
    let (b, sorted) =
        (of_t(r#"WHERE "t"."b" = 2"#), of_t(r#"WHERE "t"."b" = 2 ORDER BY "t"."created" DESC LIMIT 5"#));
    // No index begins with both.
    assert_eq!(keys(&[each[0], each[2], &b]), ["t(a, b)", "t(b)"]);
    assert_eq!(keys(&[&b, &sorted]), ["t(b, created)"]);
    let range = of_t(r#"WHERE "t"."a" = 2 AND "t"."created" > '2026-01-01'"#);
    assert_eq!(keys(&[&sorted, &range]), ["t(a, created)", "t(b, created)"]);
    let (up, mixed) =
        (r#"ORDER BY "t"."p" ASC LIMIT 5"#, r#"ORDER BY "t"."p" DESC, "t"."created" ASC LIMIT 5"#);
    assert_eq!(keys(&[&of_t(up), &of_t(mixed)]), ["t(p DESC, created)"]);
}

#[test]
fn dates_and_keys_of_documents_are_expressions() {
    let range = "filter(created__gte=day, created__lt=day + timedelta(days=1))";
    for (sql, reason) in [
        (of_t(r#"WHERE ("t"."created" AT TIME ZONE 'UTC')::date = '2026-03-01'::date"#), "t.created is compared inside date"),
        (
            "SELECT `t`.`id` FROM `t` WHERE DATE(CONVERT_TZ(`t`.`created`, 'UTC', 'Europe/Berlin')) = '2025-01-01'".to_owned(),
            "t.created is compared inside DATE",
        ),
        (of_t(r#"WHERE EXTRACT(MONTH FROM "t"."created" AT TIME ZONE 'UTC') = 3"#), "t.created is compared inside EXTRACT"),
        (of_t(r#"WHERE date_trunc('day', "t"."created") = '2026-03-01'"#), "t.created is compared inside DATE_TRUNC"),
        (of_t(r#"WHERE "t"."created" AT TIME ZONE 'UTC' > '2026-03-01'"#), "t.created is compared in another time zone"),
    ] {
        assert_eq!(obstacle(&sql, ""), Some((reason.to_owned(), range.to_owned())), "{sql}");
    }
    let (reason, code) = obstacle(&of_t(r#"WHERE ("t"."data" ->> 'kind') = 'x'"#), "").expect("it is found");
    assert_eq!(reason, "a key of the JSON in t.data is compared");
    assert!(code.ends_with(r#"models.Index(KeyTextTransform("key", "data"), name="t_data_key")"#), "{code}");
    let day = of_t(r#"WHERE ("t"."created" AT TIME ZONE 'UTC')::date = '2026-03-01'::date"#);
    for index in ["((created AT TIME ZONE 'UTC')::date)", "date((created AT TIME ZONE 'UTC'))"] {
        assert_eq!(obstacle(&day, &format!("{T} CREATE INDEX i ON t ({index});")), None, "{index}");
    }
    let document = of_t(r#"WHERE ("t"."data" ->> 'kind') = 'x'"#);
    let index = "CREATE TABLE t (id int, data jsonb); CREATE INDEX i ON t (((data ->> 'kind'::text)));";
    assert_eq!(obstacle(&document, index), None);
}

#[test]
fn texts_are_searched_by_the_index_that_serves_them() {
    let code = |sql: &str, definitions: &str| {
        let code = obstacle(sql, definitions).map(|(_, code)| code).unwrap_or_default();
        code.lines().find(|line| !line.starts_with('#')).unwrap_or_default().to_owned()
    };
    let plain = r#"GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="t_name_trigrams")"#;
    let upper = r#"GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="t_name_upper_trigrams")"#;
    let contains = of_t(r#"WHERE UPPER("t"."name"::text) LIKE UPPER('%foo%')"#);
    assert_eq!(code(&of_t(r#"WHERE "t"."name"::text LIKE '%foo%'"#), ""), plain);
    assert_eq!(code(&of_t(r#"WHERE "t"."name" ILIKE '%foo%'"#), ""), plain);
    assert_eq!(code(&contains, ""), upper);
    let trigrams = |of: &str| format!("{T} CREATE INDEX n ON t USING gin ({of} gin_trgm_ops);");
    assert_eq!(code(&contains, &trigrams("name")), upper);
    assert_eq!(code(&contains, &trigrams("upper(name)")), "");
    assert_eq!(code(&of_t(r#"WHERE "t"."name" ILIKE '%foo%'"#), &trigrams("name")), "");
    let mysql = "SELECT `t`.`id` FROM `t` WHERE `t`.`name` LIKE '%foo%'";
    assert!(
        code(mysql, "").starts_with("migrations.RunSQL(\"CREATE FULLTEXT INDEX t_name_words ON t (name)")
    );
    // Beginnings.
    let folded = of_t(r#"WHERE "t"."name" ILIKE 'foo%'"#);
    assert!(proposals(&folded, "").is_empty());
    assert_eq!(code(&folded, ""), plain);
    assert_eq!(
        code(&of_t(r#"WHERE UPPER("t"."name"::text) LIKE UPPER('foo%')"#), ""),
        r#"models.Index(OpClass(Upper("name"), name="varchar_pattern_ops"), name="t_name_upper_prefix")"#
    );
    let prefix = r#""t"."name"::text LIKE 'foo%'"#;
    assert_eq!(
        proposed_code(&of_t(&format!("WHERE {prefix}")), ""),
        r#"indexes = [models.Index(fields=["name"], name="t_name_prefix", opclasses=["varchar_pattern_ops"])]"#
    );
    assert_eq!(
        proposed_code(&of_t(&format!(r#"WHERE "t"."status" = 'x' AND {prefix}"#)), ""),
        r#"indexes = [models.Index("status", OpClass("name", name="varchar_pattern_ops"), name="t_status_name_prefix")]"#
    );
    assert_eq!(
        proposed_code("SELECT `t`.`id` FROM `t` WHERE `t`.`name` LIKE 'foo%'", ""),
        r#"indexes = [models.Index(fields=["name"])]"#
    );
}

/// With OR an index serves only beside one for each other condition.
#[test]
fn each_side_of_an_or_needs_an_index_of_its_own() {
    let search = r#"("t"."name" ILIKE '%x%' OR UPPER("t"."status"::text) LIKE UPPER('%x%') OR "t"."name"::text LIKE '%y%')"#;
    let (reason, code) = obstacle(&of_t(&format!("WHERE {search}")), "").expect("it is found");
    assert_eq!(reason, "a LIKE on t.name begins with a wildcard, likewise t.status");
    let name = r#"GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="t_name_trigrams")"#;
    let status = r#"GinIndex(OpClass(Upper("status"), name="gin_trgm_ops"), name="t_status_upper_trigrams")"#;
    assert_eq!(code, format!("# with TrigramExtension() in a migration\n{name}\n{status}"));
    let one_there = format!("{T} CREATE INDEX n ON t USING gin (name gin_trgm_ops);");
    let code = obstacle(&of_t(&format!("WHERE {search}")), &one_there).expect("it is found").1;
    assert_eq!(code, format!("# with TrigramExtension() in a migration\n{status}"));
    // With AND one is enough.
    let both = r#"WHERE "t"."name" ILIKE '%x%' AND "t"."status" ILIKE '%x%'"#;
    let code = obstacle(&of_t(both), "").expect("it is found").1;
    assert_eq!(code, format!("# with TrigramExtension() in a migration\n{name}"));
    let iexact = r#"WHERE (UPPER("t"."name"::text) = UPPER('x') OR UPPER("t"."status"::text) = UPPER('x'))"#;
    let (reason, code) = obstacle(&of_t(iexact), "").expect("it is found");
    assert_eq!(reason, "t.name is compared inside UPPER, likewise t.status");
    assert_eq!(
        code,
        "models.Index(Upper(\"name\"), name=\"t_name_upper_idx\")\n\
         models.Index(Upper(\"status\"), name=\"t_status_upper_idx\")"
    );
    let mysql = "SELECT `t`.`id` FROM `t` WHERE (`t`.`name` LIKE '%x%' OR `t`.`status` LIKE '%x%')";
    assert_eq!(
        obstacle(mysql, "").expect("it is found").1,
        "migrations.RunSQL(\"CREATE FULLTEXT INDEX t_name_status_words ON t (name, status) WITH PARSER ngram\")\n\
         # WHERE MATCH (name, status) AGAINST (…)"
    );
    let remedy = |sql: &str| judged(&[sql], "").remove(0).remedy;
    let tables = r#"SELECT "t"."id" FROM "t" INNER JOIN "u" ON ("t"."u_id" = "u"."id") WHERE ("t"."name" ILIKE '%x%' OR "u"."name" ILIKE '%x%')"#;
    assert!(remedy(tables).contains("of several tables"), "{}", remedy(tables));
    assert!(!remedy(&of_t(both)).contains("OR"), "{}", remedy(&of_t(both)));
}

/// The name of the index that is proposed; an operator class before it has one as well.
fn index_name(sql: &str) -> String {
    let found = judged(&[sql], "");
    let code = found.first().map(|finding| finding.code.as_str()).unwrap_or_default();
    let name = code.rsplit_once(" name=\"").and_then(|(_, rest)| rest.split_once('"'));
    name.map(|(name, _)| name.to_owned()).unwrap_or_default()
}

#[test]
fn no_two_indexes_have_one_name() {
    let long = "a_column_with_a_name_of_many_letters";
    let search =
        |table: &str, column: &str| format!(r#"SELECT id FROM "{table}" WHERE "{column}" LIKE '%x%'"#);
    let sorted = |order: &str| of_t(&format!(r#"WHERE "t"."kind" = 1 ORDER BY {order} LIMIT 5"#));
    let each = [
        search("t", "name"),
        search("u", "name"),
        search("other.t", "name"),
        of_t(r#"WHERE UPPER("t"."name"::text) LIKE UPPER('%x%')"#),
        of_t(r#"WHERE LOWER("t"."name"::text) LIKE LOWER('%x%')"#),
        of_t(r#"WHERE UPPER("t"."name"::text) = UPPER('x')"#),
        of_t(r#"WHERE LOWER("t"."name"::text) = LOWER('x')"#),
        search("t", &format!("{long}_one")),
        search("t", &format!("{long}_two")),
        search("_t", "name"),
        search("2t", "_name"),
        search("2", "3"),
        search("größe", "länge"),
        search("grüße", "länge"),
        sorted(r#""t"."a" ASC NULLS FIRST"#),
        sorted(r#""t"."b" ASC NULLS FIRST"#),
        sorted(r#""t"."b" DESC NULLS LAST"#),
    ];
    let mut names: Vec<String> = each.iter().map(|sql| index_name(sql)).collect();
    for (name, sql) in names.iter().zip(&each) {
        assert!(
            name.chars().count() <= 30 && name.starts_with(|letter: char| letter.is_alphabetic()),
            "{sql} {name}"
        );
    }
    assert_eq!((names[0].as_str(), names[3].as_str()), ("t_name_trigrams", "t_name_upper_trigrams"));
    assert_eq!(index_name(&search("public.t", "name")), "t_name_trigrams");
    names.sort();
    names.dedup();
    assert_eq!(names.len(), each.len(), "{names:#?}");
}

#[test]
fn an_offset_may_stand_in_the_parameters() {
    let sql = "execute a1: SELECT t.* FROM t ORDER BY t.created LIMIT $1 OFFSET $2";
    let text = log(&[(77, 100, 50.0, sql)]).replace("statement: ", "")
        + "2026-03-01 10:00:00.100 UTC [77] DETAIL:  parameters: $1 = '100', $2 = '50000'\n";
    let found = judged_text(&text, "");
    let titles: Vec<&str> = found.iter().map(|finding| finding.title.as_str()).collect();
    assert_eq!(titles, ["No plain index serves this query: 50,000 rows of t are passed over"]);
    let mysql = "SELECT `t`.`id` FROM `t` ORDER BY `t`.`created` LIMIT 50000, 100";
    assert_eq!(
        obstacle(mysql, "").map(|(reason, _)| reason),
        Some("50,000 rows of t are passed over".to_owned())
    );
    assert!(proposals(mysql, "").is_empty());
}

#[test]
fn of_rows_at_random_as_many_are_taken_as_the_query_takes() {
    let code = |sql: &str| obstacle(sql, "").map(|(_, code)| code).unwrap_or_default();
    let sample = |count: &str| {
        format!(
            "keys = list(T.objects.values_list(\"pk\", flat=True))  # cached\n\
             T.objects.in_bulk(random.sample(keys, min({count}, len(keys))))"
        )
    };
    assert_eq!(code(&of_t("ORDER BY RANDOM() ASC LIMIT 5")), sample("5"));
    assert_eq!(code(&of_t("ORDER BY RANDOM() ASC")), sample("count"));
    assert_eq!(code("SELECT `t`.`id` FROM `t` ORDER BY RAND() ASC LIMIT 20"), sample("20"));
    assert_eq!(code(&of_t("ORDER BY RAND() ASC LIMIT 7")), sample("7"));
    assert_eq!(code("select * from t order by rand() limit 3"), sample("3"));
}

#[test]
fn fields_are_named_as_the_model_has_them() {
    let sql = of_t(r#"WHERE "t"."kind" = 1 AND "t"."external_id" > 'a'"#);
    let code = |definitions: &str| proposed_code(&sql, definitions);
    let table = "CREATE TABLE t (id bigint PRIMARY KEY, kind int, external_id character varying(64)";
    assert_eq!(code(""), r#"indexes = [models.Index(fields=["kind", "external"])]"#);
    assert_eq!(code(&format!("{table});")), r#"indexes = [models.Index(fields=["kind", "external_id"])]"#);
    assert_eq!(
        code(&format!("{table}, FOREIGN KEY (external_id) REFERENCES e (id));")),
        r#"indexes = [models.Index(fields=["kind", "external"])]"#
    );
}

#[test]
fn tables_that_are_not_the_users_are_left_alone() {
    for sql in [
        r#"SELECT "auth_user"."id" FROM "auth_user" WHERE "auth_user"."username" = 'x' LIMIT 21"#,
        r#"DELETE FROM "django_session" WHERE "django_session"."expire_date" < '2026-01-01'"#,
        r#"SELECT "authtoken_token"."key" FROM "authtoken_token" WHERE "authtoken_token"."key" = 'x'"#,
    ] {
        assert!(proposals(sql, "").is_empty(), "{sql}");
    }
    for sql in [
        r#"SELECT "auth_user"."id" FROM "auth_user" WHERE UPPER("auth_user"."email"::text) = UPPER('x')"#,
        r#"SELECT "auth_user"."id" FROM public."auth_user" WHERE "auth_user"."email"::text LIKE '%x%'"#,
        r#"SELECT COUNT(*) FROM "django_admin_log" WHERE UPPER("django_admin_log"."object_repr"::text) LIKE UPPER('%x%')"#,
        r#"SELECT "t"."id" FROM "t" INNER JOIN "auth_user" ON ("t"."user_id" = "auth_user"."id") WHERE UPPER("auth_user"."username"::text) LIKE UPPER('%x%')"#,
        r#"SELECT "authtoken_token"."key" FROM "authtoken_token" WHERE UPPER("authtoken_token"."key"::text) = UPPER('x')"#,
    ] {
        assert_eq!(obstacle(sql, ""), None, "{sql}");
    }
    // Nor does anyone index what the server keeps of itself.
    for sql in [
        "SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relname = 'x'",
        "SELECT c.relname FROM pg_class c WHERE c.relname LIKE '%x%'",
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'x'",
        "SELECT `t`.`table_name` FROM `INFORMATION_SCHEMA`.`TABLES` `t` WHERE `t`.`table_name` LIKE '%x%'",
        "SELECT name FROM sqlite_master WHERE type = 'table'",
    ] {
        assert!(judged(&[sql], "").is_empty(), "{sql}");
    }
    let both = r#"SELECT "t"."id" FROM "t" INNER JOIN "auth_user" ON ("t"."user_id" = "auth_user"."id") WHERE UPPER("auth_user"."username"::text) = UPPER('x') AND UPPER("t"."name"::text) = UPPER('x')"#;
    assert_eq!(
        obstacle(both, "").map(|(reason, _)| reason).as_deref(),
        Some("t.name is compared inside UPPER")
    );
    // Another question needs no index.
    let far =
        r#"SELECT "auth_user"."id" FROM "auth_user" ORDER BY "auth_user"."id" ASC LIMIT 100 OFFSET 50000"#;
    assert!(obstacle(far, "").is_some());
}

#[test]
fn the_title_counts_executions() {
    let sql = of_t(r#"WHERE "t"."status" = 'x'"#);
    let lines: Vec<_> = (1..=100).map(|at| (77, at * 100, 50.0, sql.as_str())).collect();
    let found = found(&log(&lines), "index-candidates", &[]);
    assert_eq!(found[0].title, "An index on t (status) may serve 1 query that takes 5 s in 100 executions");
}

#[test]
fn a_partial_index_serves_a_query_for_its_rows() {
    let table =
        "CREATE TABLE t (id bigint PRIMARY KEY, email text, deleted_at date, active bool, created date);";
    let with = |rest: &str, index: &str| proposals(&of_t(rest), &format!("{table} CREATE {index};"));
    let living = r#"WHERE ("t"."deleted_at" IS NULL AND "t"."email" = 'x')"#;
    assert_eq!(with(living, "UNIQUE INDEX e ON t (email) WHERE (deleted_at IS NULL)"), [""; 0]);
    assert_eq!(with(living, "INDEX e ON t (email) WHERE (deleted_at IS NOT NULL)"), ["t(deleted_at, email)"]);
    let newest = r#"WHERE "t"."deleted_at" IS NULL ORDER BY "t"."created" DESC LIMIT 5"#;
    assert_eq!(with(newest, "INDEX e ON t (created) WHERE (deleted_at IS NULL)"), [""; 0]);
    let active = r#"WHERE ("t"."active" AND "t"."email" = 'x')"#;
    let index = "INDEX e ON t (email) WHERE active";
    assert_eq!(with(active, index), [""; 0]);
    assert_eq!(with(r#"WHERE (NOT "t"."active" AND "t"."email" = 'x')"#, index), ["t(active, email)"]);
    assert_eq!(with(r#"WHERE "t"."email" = 'x'"#, index), ["t(email)"]);
    assert_eq!(with(r#"WHERE "t"."email" = 'x'"#, "INDEX e ON t (email) WHERE email IS NOT NULL"), [""; 0]);
}
