use proptest::prelude::*;

use super::*;
use crate::input::MemorySource;

fn read(sql: &str) -> String {
    match crate::import::import(&MemorySource::new("schema.sql", sql.as_bytes()), &|_| ()) {
        Err(error) => error.problem,
        Ok(document) => match document.content {
            Content::Schema(schema) => {
                let table = |table: &crate::schema::Table| {
                    let indexes: Vec<String> = table.indexes.iter().map(crate::schema::Index::text).collect();
                    format!("{} ({}): {}", table.name, table.columns.join(" "), indexes.join(", "))
                };
                schema.tables.iter().map(table).collect::<Vec<_>>().join("\n")
            }
            _ => "something else".to_owned(),
        },
    }
}

#[test]
fn statements() {
    let each = [
        "CREATE TABLE t (a int PRIMARY KEY, b text UNIQUE, c int REFERENCES u (id), CONSTRAINT d UNIQUE (a, b))",
        "create table if not exists s.t (a int, primary key (a))",
        "CREATE TABLE t (key text, period int, unique_id int, \"unique\" int)",
        "CREATE TABLE `t` (`a` int, KEY `i` (`a` DESC) USING BTREE, FULLTEXT KEY (`a`), UNIQUE `u` (`a`(10)))",
        "CREATE TABLE t (a int); CREATE INDEX ON t (lower(a), (a + 1), b COLLATE \"C\" varchar_pattern_ops ASC)",
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY t USING btree (a) WHERE a > 1",
        "CREATE TABLE t (a int); ALTER TABLE ONLY t ADD CONSTRAINT p PRIMARY KEY (a), ADD COLUMN b numeric(8, 2) UNIQUE",
        "CREATE TABLE t (a int UNIQUE, b int UNIQUE); ALTER TABLE t DROP COLUMN a, RENAME COLUMN b TO c; ALTER TABLE t RENAME TO v",
        "CREATE TABLE `t` (`a` int, KEY `i` (`a`)); ALTER TABLE `t` RENAME KEY `i` TO `j`, CHANGE `a` `b` bigint, ADD INDEX (`b`), ADD FOREIGN KEY (`c`) REFERENCES `u` (`id`)",
        "CREATE TABLE t (a int PRIMARY KEY); CREATE INDEX i ON t (a); ALTER INDEX i RENAME TO j; DROP INDEX j; DROP TABLE x",
        "CREATE TABLE \"new__t\" (a int); CREATE TABLE t (b int); DROP TABLE t; ALTER TABLE \"new__t\" RENAME TO \"t\"",
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED, EXCLUDE USING gist (a WITH =), CHECK (a > 1))",
        "CREATE TABLE t AS SELECT 1",
        "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)",
        "CREATE TABLE t (a int",
        "CREATE TABLE t (",
        "CREATE TABLE",
        "CREATE INDEX i ON",
    ]
    .map(|sql| format!("{sql}\n{}", read(&format!("{sql};"))));
    insta::assert_snapshot!(each.join("\n\n"));
}

#[test]
fn rows_are_passed_over() {
    let dump = "--\n-- PostgreSQL database dump\n--\n\\restrict x\nCREATE TABLE t (a text);\n\
        COPY t (a) FROM stdin;\nit's; CREATE TABLE wrong (a int);\n\\.\n\\connect other\nCREATE INDEX i ON t (a);\n";
    assert_eq!(read(dump), "t (a): i (a)");
    let dump = "-- MySQL dump 10.13\nCREATE TABLE `t` (`a` text);\nINSERT INTO `t` VALUES ('it\\'s; CREATE TABLE `w` (`a` int)');\n\
        CREATE TABLE `u` (`a` int PRIMARY KEY);\n";
    assert_eq!(read(dump), "t (a): \nu (a): PRIMARY KEY (a)");
}

#[test]
fn logs_that_mention_definitions_are_none() {
    for head in [
        "2026-11-23 09:25:01.000 UTC [1] LOG:  statement: CREATE TABLE t (a int);",
        "(0.001) CREATE TABLE t (a int); args=None",
        "# Time: 261123\nCREATE TABLE t (a int);",
        "SELECT 1;\nCREATE TABLE t (a int);",
        "-- a note\n",
        "",
    ] {
        assert_eq!(SchemaFile.detect(head.as_bytes()), 0, "{head}");
    }
}

proptest! {
    #[test]
    fn any_words(words in prop::collection::vec(
        "create|alter|drop|rename|table|index|unique|on|add|column|constraint|primary|key|foreign|references|using|\
         if|exists|to|a|b|`c`|\"d\"|'s'|1|\\(|\\)|,|;|\\.|copy|\\\\|\n|where|é|\\$\\$", 0..60)
    ) {
        read(&format!("CREATE TABLE a (b int); {}", words.join(" ")));
    }
}
