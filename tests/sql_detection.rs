//! What a file is follows from its shape, not from words in it: a literal, a comment or a parameter that reads like
//! another format's lines changes nothing, for any two formats.

mod common;

use flamedrop::import;
use proptest::prelude::*;
use serde_json::json;

/// Lines that each format is known by.
const TELL_TALES: &[(&str, &str)] = &[
    ("postgres-stderr", "2026-11-20 10:00:00.000 UTC [77] a@b LOG:  duration: 5.000 ms  statement: SELECT 1"),
    (
        "postgres-csv",
        "2026-11-28 22:31:36.076 UTC,\"a\",\"b\",7,\"127.0.0.1:5\",6b0b.7343,1,\"SELECT\",2026-11-28 22:31:36 UTC,4/0,0,LOG,00000,\"duration: 0.493 ms  statement: SELECT 1\",,,,,,,,,\"x\",\"client backend\",,0",
    ),
    (
        "postgres-json",
        "{\"timestamp\":\"2026-11-28 22:31:36.076 UTC\",\"pid\":7,\"error_severity\":\"LOG\",\"message\":\"duration: 0.493 ms  statement: SELECT 1\"}",
    ),
    (
        "postgres-syslog",
        "Nov 20 10:00:00 db1 postgres[77]: [1-1] 2026-11-20 10:00:00 UTC LOG:  duration: 5.000 ms  statement: SELECT 1",
    ),
    (
        "mysql-slow",
        "# Time: 2026-11-20T10:00:00.000001Z\n# User@Host: shop[shop] @ web1 [10.0.0.5]  Id: 1\n# Query_time: 0.5  Lock_time: 0.0 Rows_sent: 1  Rows_examined: 3\nSET timestamp=1795168800;\nSELECT 1;",
    ),
    ("mysql-slow", "# Query_time: 0.500000  Lock_time: 0.000080 Rows_sent: 1  Rows_examined: 3"),
    ("mysql-general", "2026-11-28T22:45:19.675195Z\t   10 Query\tSELECT 1"),
    ("mysql-general", "\t\t     3 Query\tSELECT 1"),
    ("django-log", "(0.001) SELECT 1; args=(); alias=default"),
    ("django-log", "DEBUG 2026-11-20 10:00:00,000 utils 1 2 (0.001) SELECT 1; args=(); alias=default"),
    (
        "django-json",
        "{\"name\": \"django.db.backends\", \"message\": \"x\", \"duration\": 0.001, \"sql\": \"SELECT 1\", \"params\": []}",
    ),
    (
        "sqlalchemy",
        "2026-11-28 22:47:14,414 INFO sqlalchemy.engine.Engine SELECT 1\n2026-11-28 22:47:14,414 INFO sqlalchemy.engine.Engine [raw sql] {}",
    ),
    ("sqlalchemy", "2026-11-28 22:47:14,414 SELECT 1\n2026-11-28 22:47:14,414 [generated in 0.00030s] {}"),
    ("django-print-sql", "SELECT 1\n\nExecution time: 0.000705s [Database: default]"),
    ("connection-queries", "[{'sql': 'SELECT 1', 'time': '0.002'}]"),
    (
        "assert-num-queries",
        "AssertionError: 2 != 5 : 2 queries executed, 5 expected\nCaptured queries were:\n1. SELECT 1",
    ),
    ("access-log", "127.0.0.1 - - [28/Nov/2026:22:29:57 +0000] \"GET /a HTTP/1.1\" 200 9 \"-\" \"x\""),
    ("runserver-log", "[28/Nov/2026 22:31:10] \"GET /fast/ HTTP/1.1\" 200 9"),
    ("uvicorn-access", "INFO:     127.0.0.1:44886 - \"GET /fast/ HTTP/1.1\" 200 OK"),
    (
        "uwsgi-log",
        "[pid: 7|app: 0|req: 1/1] 127.0.0.1 () {28 vars in 344 bytes} [Sat Nov 28 22:30:29 2026] GET /a => generated 9 bytes in 63 msecs (HTTP/1.1 200) 2 headers in 80 bytes (1 switches on core 0)",
    ),
    (
        "haproxy-log",
        "127.0.0.1:57 [28/Nov/2026:22:44:11.821] fe app/gu1 0/0/0/13/13 200 215 - - ---- 1/1/0/0/0 0/0 \"GET /a HTTP/1.1\"",
    ),
    (
        "access-json",
        "{\"time\":\"2026-11-28T22:29:57+00:00\",\"uri\":\"/a\",\"status\":\"200\",\"request_time\":\"0.228\"}",
    ),
    (
        "django-structlog",
        "{\"request\": \"GET /a\", \"event\": \"request_started\", \"request_id\": \"7\", \"timestamp\": \"2026-11-28T22:47:52.323251Z\"}",
    ),
    (
        "heroku-router",
        "2026-11-28T22:30:01.186641+00:00 heroku[router]: at=info method=GET path=\"/a\" connect=1ms service=204ms status=200",
    ),
    ("mysql-digests", "SCHEMA_NAME\tDIGEST\tDIGEST_TEXT\tCOUNT_STAR\tSUM_TIMER_WAIT"),
    ("pg-stat-statements", "query,calls,total_exec_time,mean_exec_time"),
    ("importtime", "import time:       100 |        200 | os\nimport time:       100 |        200 | re"),
    (
        "perf-script",
        "python 77 100.000001:     250000 cpu-clock:\n\tffffffff py::f:/a.py+0x1 (/usr/bin/python)\n",
    ),
    ("callgrind", "events: Ticks\nfn=main\n1 2"),
    ("collapsed", "main;f;g 12"),
    ("docker", "db-1  | 2026-11-20 10:00:00.000 UTC [77] LOG:  duration: 5.000 ms  statement: SELECT 1"),
    (
        "cri",
        "2026-11-23T06:34:54.1Z stderr F 2026-11-20 10:00:00.000 UTC [77] LOG:  duration: 5.000 ms  statement: SELECT 1",
    ),
    (
        "google",
        "{\"textPayload\":\"2026-11-20 10:00:00.000 UTC [77] LOG:  duration: 5.000 ms  statement: SELECT 1\"}",
    ),
];

/// Formats that have statements, and so room for what is planted.
const HOSTS: &[&str] = &[
    "postgres-stderr",
    "postgres-csv",
    "postgres-json",
    "postgres-syslog",
    "mysql-slow",
    "mysql-general",
    "django-log",
    "django-json",
    "sqlalchemy",
    "django-print-sql",
    "connection-queries",
    "opentelemetry",
];

/// Where it is planted.
#[derive(Debug, Clone, Copy)]
enum Place {
    Literal,
    OnItsOwnLine,
    Comment,
    Parameter,
}

const PLACES: [Place; 4] = [Place::Literal, Place::OnItsOwnLine, Place::Comment, Place::Parameter];

/// A statement with the text in it, and its parameter.
fn statement(planted: &str, place: Place) -> (String, String) {
    let quoted = planted.replace('\'', "''");
    match place {
        Place::Literal => (format!("INSERT INTO notes VALUES ('{quoted}', 1)"), String::new()),
        Place::OnItsOwnLine => (format!("INSERT INTO notes VALUES ('a\n{quoted}\nb', 1)"), String::new()),
        Place::Comment => (format!("/* {} */ SELECT 1", planted.replace("*/", "")), String::new()),
        Place::Parameter => ("INSERT INTO notes VALUES ($1)".to_owned(), planted.to_owned()),
    }
}

/// As Python writes a text.
fn repr(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\t', "\\t"))
}

/// The log of a format with these statements.
fn host(format: &str, statements: &[(String, String)]) -> String {
    let mut text = match format {
        "mysql-general" | "mysql-slow" => {
            "mysqld, Version: 9.7.4 (x). started with:\nTcp port: 3306  Unix socket: x\nTime                 Id Command    Argument\n".to_owned()
        }
        "connection-queries" => "[".to_owned(),
        _ => String::new(),
    };
    for (sql, parameter) in statements {
        let indented = sql.replace('\n', "\n\t");
        let detail = format!("Parameters: $1 = '{}'", parameter.replace('\'', "''"));
        let stamp = "2026-11-20 10:00:00.000 UTC";
        text += &match format {
            "postgres-stderr" => format!(
                "{stamp} [8] a@b LOG:  duration: 1.000 ms  execute <unnamed>: {indented}\n{stamp} [8] a@b DETAIL:  {}\n",
                detail.replace('\n', "\n\t")
            ),
            "postgres-syslog" => {
                let mut message = format!("{stamp} [8] a@b LOG:  duration: 1.000 ms  execute <unnamed>: {indented}\n");
                message += &format!("{stamp} [8] a@b DETAIL:  {}", detail.replace('\n', "\n\t"));
                let piece = |(at, line): (usize, &str)| format!("Nov 20 10:00:00 db1 postgres[8]: [5-{}] {}\n", at + 1, line.replace('\t', "#011"));
                message.split('\n').enumerate().map(piece).collect()
            }
            "postgres-csv" => format!(
                "{stamp},\"a\",\"b\",8,\"x:1\",6b.1,1,\"SELECT\",{stamp},4/0,0,LOG,00000,\"{}\",\"{}\",,,,,,,,\"shop\",\"client backend\",,0\n",
                format!("duration: 1.000 ms  execute <unnamed>: {sql}").replace('"', "\"\""),
                detail.replace('"', "\"\"")
            ),
            "postgres-json" => json!({"timestamp": stamp, "pid": 8, "error_severity": "LOG", "message": format!("duration: 1.000 ms  execute <unnamed>: {sql}"), "detail": detail}).to_string() + "\n",
            "mysql-slow" => format!("# Time: 2026-11-20T10:00:00.100000Z\n# User@Host: a[a] @ b []  Id: 8\n# Query_time: 0.1  Lock_time: 0.0 Rows_sent: 0  Rows_examined: 0\nSET timestamp=1795168800;\n{};\n", sql.replace('\\', "\\\\")),
            "mysql-general" => format!("2026-11-20T10:00:00.100000Z\t    8 Query\t{}\n", sql.replace('\\', "\\\\")),
            "django-log" => format!("[20/Nov/2026 10:00:00] DEBUG [django.db.backends:123] (0.001) {sql}; args=({},); alias=default\n", repr(parameter)),
            "django-json" => json!({"asctime": "2026-11-20 10:00:00,000", "name": "django.db.backends", "message": format!("(0.001) {sql}; args=({},)", repr(parameter)), "duration": 0.001, "sql": sql, "params": [parameter]}).to_string() + "\n",
            "sqlalchemy" => format!("2026-11-20 10:00:00,000 INFO sqlalchemy.engine.Engine {sql}\n2026-11-20 10:00:00,001 INFO sqlalchemy.engine.Engine [raw sql] ({},)\n", repr(parameter)),
            "django-print-sql" => format!("{sql}\n\nExecution time: 0.000705s [Database: default]\n"),
            "connection-queries" => format!("{{'sql': {}, 'time': '0.002'}}, ", repr(sql)),
            "opentelemetry" => json!({"name": "SELECT", "context": {"trace_id": "0x1", "span_id": "0x2"}, "kind": "SpanKind.CLIENT", "parent_id": null, "start_time": "2026-11-20T10:00:00.000000Z", "end_time": "2026-11-20T10:00:00.001000Z", "attributes": {"db.system": "postgresql", "db.statement": sql, "db.statement.parameters": parameter}}).to_string() + "\n",
            other => panic!("{other}"),
        };
    }
    text
}

fn detected(text: &str) -> Option<&'static str> {
    import::detect(text.as_bytes()).map(|format| format.id())
}

#[test]
fn hosts_are_what_they_are() {
    for format in HOSTS {
        let text = host(format, &[statement("nothing", Place::Literal)]);
        assert_eq!(detected(&text), Some(*format), "{text}");
    }
}

#[test]
fn a_line_of_any_format_in_any_other_changes_nothing() {
    let mut wrong = Vec::new();
    for format in HOSTS {
        for (of, line) in TELL_TALES {
            for place in PLACES {
                // A comment of lines begins no statement of django-extensions' printout.
                if *format == "django-print-sql" && matches!(place, Place::Comment) {
                    continue;
                }
                for before in [0, 2] {
                    let plain = statement("nothing", Place::Literal);
                    let mut statements = vec![plain.clone(); before];
                    statements.extend([statement(line, place), plain]);
                    let text = host(format, &statements);
                    let found = detected(&text);
                    if found != Some(*format) {
                        wrong.push(format!("{of} in {format}, {place:?} after {before}: {found:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

proptest! {
    #[test]
    fn any_lines_of_any_formats_change_nothing(
        host_at in 0..HOSTS.len(),
        planted in prop::collection::vec((0..TELL_TALES.len(), 0..3_usize), 1..6),
        around in "[a-z ]{0,12}",
    ) {
        let format = HOSTS[host_at];
        let statements: Vec<_> = planted
            .into_iter()
            .map(|(line, place)| {
                let place = [Place::Literal, Place::OnItsOwnLine, Place::Parameter][place];
                statement(&format!("{around}\n{}\n{around}", TELL_TALES[line].1), place)
            })
            .collect();
        let text = host(format, &statements);
        prop_assert_eq!(detected(&text), Some(format), "{}", text);
    }
}
