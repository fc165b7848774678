use super::*;
use proptest::prelude::*;
use std::fmt::Write as _;

fn read(sql: &str) -> String {
    let mut text = sql.to_owned();
    for one in columns(sql.as_bytes(), Dialect::guess(sql.as_bytes())) {
        let ColumnUse { table, column, usage, function, mention, either, partner, given, sort } = one;
        let table = table.map_or_else(|| "?".to_owned(), |table| format!("{table}#{mention}"));
        let _ = write!(text, "\n    {usage:?} {table}.{column}");
        if let Some(function) = function {
            let _ = write!(text, " in {function}");
        }
        if let Some((table, column)) = partner {
            let _ = write!(text, " with {table}.{column}");
        }
        if either {
            text += " or";
        }
        if given {
            text += " given";
        }
        if let Some(Sort { place, nulls_first, limited }) = sort {
            let _ = write!(text, " at {place}");
            text += nulls_first.map_or("", |first| if first { " nulls first" } else { " nulls last" });
            text += if limited { " limited" } else { "" };
        }
    }
    text
}

#[test]
fn columns_of_statements() {
    let each = [
        // What Django's ORM writes.
        r#"SELECT "shop_order"."id" FROM "shop_order" WHERE "shop_order"."customer_id" = 4 ORDER BY "shop_order"."created" DESC LIMIT 20"#,
        r#"SELECT "t"."id" FROM "t" WHERE ("t"."a" IN (1, 2) AND "t"."b" >= '2024-01-01'::timestamptz AND NOT ("t"."c" = 3) AND "t"."d" IS NULL AND "t"."e" IS NOT NULL AND "t"."f" BETWEEN 1 AND 2)"#,
        r#"SELECT "t"."id" FROM "t" WHERE ("t"."name"::text LIKE '%x%' OR UPPER("t"."name"::text) LIKE UPPER('%x%'))"#,
        r#"SELECT "t"."id" FROM "t" WHERE "t"."name"::text LIKE 'x%' AND UPPER("t"."email"::text) = UPPER('x')"#,
        "SELECT `t`.`id` FROM `t` WHERE `t`.`name` LIKE BINARY '%x%' AND `t`.`code` LIKE 'a%' AND `t`.`at` LIKE %s",
        r#"SELECT "t"."id" FROM "t" WHERE "t"."name" LIKE '%x%' ESCAPE '\'"#,
        r#"SELECT "t"."id" FROM "t" WHERE "t"."name" LIKE '%' || REPLACE("t"."code", '%', '\%') || '%'"#,
        r#"SELECT "l"."id", "p"."name" FROM "shop_line" "l" INNER JOIN "shop_product" "p" ON ("l"."product_id" = "p"."id") LEFT OUTER JOIN "shop_line" T3 ON (T3."order_id" = "l"."order_id" AND T3."kind" = 2) WHERE "l"."active" AND NOT "p"."hidden" ORDER BY "p"."name" ASC, "l"."id" DESC NULLS LAST"#,
        r#"SELECT "c"."name", COUNT("o"."id") AS "n" FROM "c" LEFT OUTER JOIN "o" ON ("c"."id" = "o"."c_id") GROUP BY "c"."id", 1 HAVING COUNT("o"."id") > 3 ORDER BY "n" DESC, 1 ASC"#,
        r#"SELECT "o"."id" FROM "o" WHERE EXISTS(SELECT 1 AS "a" FROM "l" U0 WHERE (U0."order_id" = ("o"."id") AND U0."price" > 10) LIMIT 1)"#,
        r#"SELECT "o"."id", (SELECT COUNT(*) FROM "l" U0 WHERE U0."order_id" = ("o"."id")) AS "n" FROM "o" WHERE "o"."customer_id" IN (SELECT U0."id" FROM "customer" U0 WHERE U0."city" = 'x')"#,
        r#"SELECT "t"."id" FROM "t" WHERE ("t"."created" AT TIME ZONE 'UTC')::date = '2024-01-01'::date AND EXTRACT(YEAR FROM "t"."seen" AT TIME ZONE 'UTC') = 2024"#,
        r#"SELECT "t"."id" FROM "t" WHERE ("t"."data" ->> 'a') = 'x' AND "t"."tags" @> ARRAY[1, 2] AND "t"."name"::text ~ 'x' AND "t"."id" = ANY(ARRAY[1, 2])"#,
        r#"SELECT "t"."id" FROM "t" WHERE ("t"."data" ? 'a' AND "t"."data" ?| ARRAY['a', 'b'] AND "t"."tags" && ARRAY['a']::varchar(50)[] AND to_tsvector('english'::regconfig, COALESCE("t"."title", '') || ' ' || COALESCE("t"."body", '')) @@ (plainto_tsquery('english'::regconfig, 'x')) AND "t"."vector" @@ (to_tsquery($1)) AND ("t"."data" -> 'k') @> '1' AND NOT ("t"."labels" @> ARRAY['a']))"#,
        "SELECT a FROM t WHERE b = ? AND c ? ? AND d BETWEEN ? AND ? AND e IN (?, ?) AND ? < f LIMIT ? OFFSET ?",
        r#"SELECT a FROM t WHERE (t.b = 1 OR t.active) AND NOT (t.c = 2 AND t.hidden) AND ((t.d))"#,
        "SELECT `t`.`a` FROM `t` USE INDEX (`i`) WHERE `t`.`b` = 1",
        "SELECT `t`.`a` FROM `t` PARTITION (p0, p1) WHERE `t`.`b` = 1",
        r#"SELECT "t"."a" FROM "t" TABLESAMPLE BERNOULLI (5) WHERE "t"."b" = 1"#,
        "SELECT `t`.`a` FROM `t` WHERE `t`.`b` = 1 && `t`.`c` > 2",
        r#"SELECT "t"."id" FROM "t" WHERE "t"."status" = CASE WHEN "t"."x" = 1 THEN 'a' ELSE 'b' END AND COALESCE("t"."n", 0) > 1"#,
        r#"SELECT SUM("t"."a") FILTER (WHERE "t"."b" = 1), ROW_NUMBER() OVER (PARTITION BY "t"."c" ORDER BY "t"."d") FROM "t" ORDER BY RANDOM() ASC"#,
        r#"UPDATE "t" SET "a" = ("t"."a" + 1), "b" = 'x' WHERE ("t"."id" = 3 AND "t"."version" <= 2)"#,
        r#"DELETE FROM "t" WHERE "t"."id" IN (SELECT U0."id" FROM "t" U0 WHERE U0."expires" < now())"#,
        r#"INSERT INTO "t" ("a", "b") VALUES (1, 2) ON CONFLICT ("a") DO UPDATE SET "b" = EXCLUDED."b" RETURNING "t"."id""#,
        r#"SELECT COUNT(*) FROM (SELECT DISTINCT "t"."a" AS "col1" FROM "t" WHERE "t"."b" = 1) subquery WHERE "subquery"."col1" > 1"#,
        r#"SELECT "t"."id" FROM "t" WHERE "t"."id" > 100 AND ("t"."created", "t"."id") < ('2024-01-01', 3) ORDER BY "t"."id" LIMIT 10 FOR UPDATE OF "t""#,
        // What people write.
        "SELECT name FROM users WHERE lower(email) = 'x' AND age > 3 AND -5 < score ORDER BY lower(name), age + 1",
        "SELECT a.x, y FROM one a, two b WHERE a.id = b.one_id AND z = 3 AND b.k = a.k AND a.m = a.n",
        "SELECT * FROM a JOIN b USING (k, l) NATURAL JOIN c WHERE a.x IS DISTINCT FROM 3 AND NOT a.y <> 4",
        "WITH recent (n) AS MATERIALIZED (SELECT id FROM log WHERE day = 'x'), y AS (SELECT 1) SELECT * FROM recent r JOIN audit.event e ON e.log_id = r.n WHERE r.n = 3 AND audit.event.kind = 2",
        "SELECT a FROM t WHERE b = 1 UNION ALL SELECT c FROM u WHERE d = 2 ORDER BY 1",
        "(SELECT a FROM t ORDER BY a LIMIT 1) UNION (SELECT b FROM u WHERE c = 1 OR d = 2 AND e = 3)",
        "SELECT * FROM generate_series(1, 3) g(n) JOIN t ON t.n = g.n WHERE g.n > 1",
        "SELECT * FROM (a JOIN b ON a.id = b.a_id) LEFT JOIN c ON c.b_id = b.id AND c.kind IN (1) WHERE (a.x = 1 OR (b.y = 2 AND c.z = 3)) AND a.w = 1",
        "SELECT u.* FROM `user` u FORCE INDEX (i) WHERE u.name REGEXP 'a' AND u.left = 1 AND u.date = DATE '2024-01-01' AND u.at < NOW() - INTERVAL 3 DAY",
        "UPDATE t SET a = b.c FROM b WHERE t.id = b.t_id AND b.d = 3",
        "DELETE FROM t USING u WHERE t.id = u.t_id",
        "EXPLAIN SELECT a FROM t WHERE b = $1; SELECT c FROM d WHERE e = 2",
        "DECLARE c CURSOR FOR SELECT a FROM t WHERE b = 1",
        "SELECT a FROM t WHERE b = ? AND c LIKE ?",
        // Cut short.
        r#"SELECT "t"."id" FROM "t" WHERE ("t"."a" = 1 AND "t"."b" > "#,
        r#"SELECT "t"."id" FROM "t" WHERE "t"."a" IN (1, 2, 3, "#,
        r#"SELECT "t"."id", "t"."na"#,
        "",
    ]
    .map(read);
    insta::assert_snapshot!(each.join("\n\n"));
}

#[test]
fn deep_and_wide_texts_end() {
    let deep = format!("SELECT a FROM t WHERE {}b = 1{} AND c = 2", "(".repeat(5000), ")".repeat(5000));
    assert!(columns(deep.as_bytes(), Dialect::PostgreSql).iter().any(|one| one.column == "c"));
    let nested = "(SELECT a FROM t WHERE b = ".repeat(3000);
    assert!(columns(nested.as_bytes(), Dialect::PostgreSql).len() <= 256);
    let cases = "CASE ".repeat(3000);
    columns(cases.as_bytes(), Dialect::PostgreSql);
    let wide = format!("SELECT a FROM t WHERE {}", "b = 1 OR c = 2 AND ".repeat(3000));
    assert_eq!(columns(wide.as_bytes(), Dialect::PostgreSql).len(), 2);
}

proptest! {
    #[test]
    fn any_words(words in proptest::collection::vec(
        "select|from|where|on|join|using|with|as|a|b|t\\.a|\\(|\\)|,|;|\\.|\"q\"|'%s'|1|\\?|=|<|in|like|and|or|not|is null\
         |case|when|end|between|order by|group by|union|::date|upper\\(|update|set|array\\[|\\]|exists|left|1 desc", 0..50)
    ) {
        let sql = words.join(" ");
        for dialect in [Dialect::PostgreSql, Dialect::MySql] {
            let all = columns(sql.as_bytes(), dialect);
            for (at, one) in all.iter().enumerate() {
                prop_assert!(!all[..at].contains(one));
                prop_assert_eq!(one.table.is_some(), one.mention != crate::queries::NONE);
                prop_assert!(one.partner.is_none() || one.usage == Usage::Join);
            }
        }
    }

    /// A text that is cut has no more than the whole one, but for what is at the cut.
    #[test]
    fn any_cut(at in 0_usize..400) {
        let sql = r#"SELECT "a"."id" FROM "a" INNER JOIN "b" ON ("a"."b_id" = "b"."id") WHERE ("a"."x" = 1 AND "b"."y" IN (1, 2) AND UPPER("a"."z") = 'q') ORDER BY "a"."w" DESC"#;
        let cut = &sql.as_bytes()[..at.min(sql.len())];
        columns(cut, Dialect::PostgreSql);
    }
}
