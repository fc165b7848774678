//! Schemas as tools write them, against what the server's own catalogue says of the same indexes
//! (tests/data/schema, `./dev record schema`); and what findings make of a schema.

mod common;

use flamedrop::document::{Content, Document};
use flamedrop::findings::{self, Finding, Settings, Value};
use flamedrop::import;
use flamedrop::input::MemorySource;
use flamedrop::schema::{Index, Kind, Schema};

fn schema_of(document: Document) -> Schema {
    match document.content {
        Content::Schema(schema) => *schema,
        _ => panic!("{} is no schema", document.name),
    }
}

fn read(name: &str) -> Schema {
    let document = common::open(common::bytes(&format!("schema/{name}"))).expect("a schema");
    assert!(document.diagnostics.entries().iter().all(|entry| !entry.message.contains("cut")), "{name}");
    schema_of(document)
}

/// Table, whether values are unique, columns; expressions are none.
type Row = (String, bool, Vec<Option<String>>);

fn rows(schema: &Schema) -> Vec<Row> {
    let of_index = |index: &Index| {
        let unique = matches!(index.kind, Kind::Primary | Kind::Unique);
        (unique, index.parts.iter().map(|part| part.column.clone()).collect::<Vec<_>>())
    };
    let mut rows: Vec<Row> = Vec::new();
    for table in &schema.tables {
        rows.extend(
            table.indexes.iter().map(of_index).map(|(unique, parts)| (table.name.clone(), unique, parts)),
        );
    }
    rows.sort();
    rows
}

#[test]
fn indexes_are_those_of_the_servers_catalogue() {
    for (file, catalogue) in [
        ("pg_dump.sql", "pg_dump"),
        ("sqlmigrate-postgresql.sql", "sqlmigrate-postgresql"),
        ("show_vertical.txt", "mariadb"),
        ("show_batch.txt", "mariadb"),
        ("show_bare.txt", "mariadb"),
        ("show_table.txt", "mariadb"),
        ("mariadb_dump.sql", "mariadb"),
        ("sqlmigrate-mysql.sql", "sqlmigrate-mysql"),
        ("sqlite.sql", "sqlite"),
        ("sqlmigrate-sqlite.sql", "sqlite"),
    ] {
        let bytes = common::bytes(&format!("schema/{catalogue}.indexes.json"));
        let mut expected: Vec<Row> = serde_json::from_slice(&bytes).expect("rows");
        if file.starts_with("sqlmigrate") {
            // migrate makes it for itself.
            expected.retain(|(table, ..)| table != "django_migrations");
        }
        expected.sort();
        let found = rows(&read(file));
        for row in &expected {
            assert!(found.contains(row), "{file} lacks {row:?}");
        }
        assert_eq!(found, expected, "{file}");
    }
}

#[test]
fn the_spellings_of_one_database_are_equal() {
    let vertical = read("show_vertical.txt");
    for name in ["show_batch.txt", "show_bare.txt", "show_table.txt", "mariadb_dump.sql"] {
        assert_eq!(read(name), vertical, "{name}");
    }
}

/// As `flamedrop summary` shows it.
fn text(schema: &Schema) -> String {
    let mut text = String::new();
    for table in &schema.tables {
        let partly = if table.whole { "" } else { " (in part)" };
        text += &format!("{}{partly}: {}\n", table.name, table.columns.join(", "));
        for index in &table.indexes {
            let kind = format!("{:?}", index.kind).to_lowercase();
            text += &format!("  {kind} {}\n", index.text());
        }
        for (columns, other) in &table.foreign_keys {
            text += &format!("  {} -> {other}\n", columns.join(", "));
        }
        for (index, by) in table.redundant() {
            text += &format!("  superfluous: {} by {}\n", index.text(), by.text());
        }
    }
    text
}

#[test]
fn a_schema_is_read_whole() {
    insta::assert_snapshot!("pg_dump", text(&read("pg_dump.sql")));
    insta::assert_snapshot!("mariadb", text(&read("show_vertical.txt")));
    insta::assert_snapshot!("sqlmigrate_sqlite", text(&read("sqlmigrate-sqlite.sql")));
}

/// A log of one query that takes 100 ms each time.
fn log(sql: &str, rows: Option<u32>) -> Document {
    let mut lines = String::new();
    for at in 0..3 {
        let rows = rows.map(|rows| format!(r#", "rows": {rows}"#)).unwrap_or_default();
        lines += &format!(
            "{{\"time\": \"2026-11-23T09:25:0{at}.000000\", \"level\": \"DEBUG\", \"logger\": \"django.db.backends\", \
             \"duration\": 0.1, \"sql\": {sql:?}, \"params\": null, \"alias\": \"default\"{rows}}}\n"
        );
    }
    common::open(lines.into_bytes()).expect("a log")
}

fn candidates(sql: &str, definitions: &str) -> Vec<Finding> {
    let mut settings = Settings::default();
    if !definitions.is_empty() {
        settings.add_schema(&schema_of(common::open(definitions.as_bytes().to_vec()).expect("a schema")));
    }
    let mut found = findings::judge(&log(sql, None), &settings).findings;
    found.retain(|finding| matches!(finding.rule.as_str(), "index-candidates" | "unindexable"));
    found
}

fn keys(sql: &str, definitions: &str) -> Vec<String> {
    let named = |finding: Finding| if finding.rule == "unindexable" { finding.rule } else { finding.key };
    candidates(sql, definitions).into_iter().map(named).collect()
}

const ORDERS: &str = r#"CREATE TABLE "shop_order" ("id" bigint PRIMARY KEY, "customer_id" bigint, "status" text, "placed" date, "number" text UNIQUE);"#;

#[test]
fn what_an_index_serves_is_no_candidate() {
    let sql = r#"SELECT "shop_order"."id" FROM "shop_order" WHERE ("shop_order"."status" = 'new' AND "shop_order"."placed" > '2026-01-01')"#;
    let candidate = ["shop_order(status, placed)"];
    let with = |index: &str| keys(sql, &format!("{ORDERS}\n{index}"));
    assert_eq!(keys(sql, ""), candidate);
    assert_eq!(with(""), candidate);
    assert!(with("CREATE INDEX i ON shop_order (status, placed);").is_empty());
    assert!(with("CREATE INDEX i ON shop_order (status, placed DESC, id);").is_empty());
    assert_eq!(with("CREATE INDEX i ON shop_order (placed, status);"), candidate);
    assert_eq!(with("CREATE INDEX i ON shop_order (status, placed) WHERE customer_id = 1;"), candidate);
    assert_eq!(with("CREATE INDEX i ON shop_order USING gin (status, placed);"), candidate);
    assert_eq!(with("CREATE INDEX i ON shop_order (status, placed); DROP INDEX i;"), candidate);
}

#[test]
fn keys_count_as_indexed_until_the_schema_is_known() {
    let sql = r#"SELECT "shop_order"."id" FROM "shop_order" WHERE "shop_order"."customer_id" = 5"#;
    assert!(keys(sql, "").is_empty());
    assert_eq!(keys(sql, ORDERS), ["shop_order(customer_id)"]);
    assert!(keys(sql, &format!("{ORDERS} CREATE INDEX c ON shop_order (customer_id);")).is_empty());
    // Another table's definition says nothing of this one, nor does what is only added to it.
    assert!(keys(sql, "CREATE TABLE other (id int);").is_empty());
    assert!(keys(sql, "ALTER TABLE shop_order ADD CONSTRAINT n UNIQUE (number);").is_empty());
    let unique = r#"SELECT "shop_order"."id" FROM "shop_order" WHERE "shop_order"."number" = 'a'"#;
    assert_eq!(keys(unique, ""), ["shop_order(number)"]);
    assert!(keys(unique, ORDERS).is_empty());
}

#[test]
fn findings_say_whether_the_schema_was_known() {
    let sql = r#"SELECT "shop_order"."id" FROM "shop_order" WHERE "shop_order"."status" = 'new'"#;
    let unknown = &candidates(sql, "")[0];
    assert!(unknown.doubts.contains("pg_dump --schema-only"), "{}", unknown.doubts);
    let known = &candidates(sql, ORDERS)[0];
    assert!(!known.doubts.contains("pg_dump"), "{}", known.doubts);
    let indexes = known.evidence.iter().find(|one| one.key == "indexes").expect("they are named");
    assert_eq!(indexes.value, Value::Text("PRIMARY KEY (id); UNIQUE (number)".to_owned()));
}

#[test]
fn indexed_expressions_are_no_obstacle() {
    let sql = r#"SELECT "p"."id" FROM "p" WHERE UPPER("p"."name"::text) = UPPER('x')"#;
    assert_eq!(keys(sql, ""), ["unindexable"]);
    assert!(keys(sql, "CREATE TABLE p (id int, name text); CREATE INDEX n ON p (upper(name));").is_empty());
    let sql = r#"SELECT "p"."id" FROM "p" WHERE "p"."name" LIKE '%x%'"#;
    assert_eq!(keys(sql, ""), ["unindexable"]);
    let trigrams = "CREATE TABLE p (id int, name text); CREATE INDEX n ON p USING gin (name gin_trgm_ops);";
    assert!(keys(sql, trigrams).is_empty());
}

#[test]
fn slow_writes_name_superfluous_indexes() {
    let sql = r#"UPDATE "shop_order" SET "status" = 'paid' WHERE "shop_order"."id" = 1"#;
    let mut settings = Settings::default();
    settings.set("slow-writes.writes", Some(3.0)).unwrap();
    let definitions =
        format!("{ORDERS} CREATE INDEX a ON shop_order (placed); CREATE INDEX b ON shop_order (placed, id);");
    settings.add_schema(&schema_of(common::open(definitions.into_bytes()).expect("a schema")));
    let found = findings::judge(&log(sql, None), &settings).findings;
    let slow = found.iter().find(|finding| finding.rule == "slow-writes").expect("it is found");
    assert!(slow.remedy.contains("superfluous by the schema: a (placed)"), "{}", slow.remedy);
}

/// tests/shop's stocktake: fourteen indexes that nothing reads, dumped by pg_dump.
#[test]
fn a_recorded_stocktake_names_superfluous_indexes() {
    let document = |file: &str| {
        let source = MemorySource::new(file, common::bytes(&format!("findings/{file}")));
        import::import(&source, &|_| ()).expect("it is read")
    };
    let mut settings = Settings::default();
    settings.add_schema(&schema_of(document("postgres-stocktake.sql")));
    let found = findings::judge(&document("postgres-stocktake.log.gz"), &settings).findings;
    let slow = found.iter().find(|finding| finding.rule == "slow-writes").expect("it is found");
    let value = |key: &str| slow.evidence.iter().find(|one| one.key == key).map(|one| one.value.clone());
    // Those of the model (the key, the slug twice, the category), and fourteen.
    assert_eq!(value("indexes"), Some(Value::Count(18)));
    let Some(Value::Text(superfluous)) = value("superfluous") else { panic!("{:?}", slow.evidence) };
    for name in ["many_0 (stock)", "many_2 (price)", "many_4 (is_active)", "many_7 (name)"] {
        assert!(superfluous.contains(name), "{superfluous}");
    }
    assert_eq!(superfluous.matches(" serves as well").count(), 4, "{superfluous}");
}

#[test]
fn what_indexes_include_is_read() {
    let sql = "CREATE TABLE t (id bigint PRIMARY KEY, code text, name text, CONSTRAINT u UNIQUE (code) INCLUDE (name)); \
               CREATE INDEX i ON public.t USING btree (name, code DESC) INCLUDE (\"id\") WHERE (code IS NOT NULL);";
    let schema = schema_of(common::open(sql).expect("a schema"));
    let texts: Vec<String> = schema.tables[0].indexes.iter().map(Index::text).collect();
    assert_eq!(
        texts,
        [
            "PRIMARY KEY (id)",
            "UNIQUE u (code) INCLUDE (name)",
            "i (name, code DESC) INCLUDE (id) WHERE code IS NOT NULL"
        ]
    );
}
