//! Whatever platforms and collectors put around a server's lines: the ten statements of each recorded log come out word
//! for word as in the plain log, with their parameters and times.

mod common;

use flamedrop::document::{Content, Document};
use flamedrop::import;
use flamedrop::queries::QueryLog;
use serde_json::{Value, json};

/// A recorded log.
struct Log {
    name: &'static str,
    text: String,
    /// Its records, each of one or more lines.
    records: Vec<String>,
}

fn logs() -> Vec<Log> {
    let is_postgres = |line: &str| {
        let follows = ["DETAIL:  ", "STATEMENT:  ", "CONTEXT:  "].iter().any(|word| line.contains(word));
        line.starts_with("2026-") && (!follows || line.contains("LOG:  "))
    };
    let is_slow = |line: &str| line.starts_with("# Time: ") || line.starts_with("# User@Host: ");
    let is_general =
        |line: &str| line.starts_with("\t\t") || line.as_bytes()[0].is_ascii_digit() && line.contains('\t');
    let is_csv = |line: &str| line.starts_with("2026-") && line.contains("UTC,");
    let is_any: fn(&str) -> bool = |_| true;
    let read = |name: &'static str, begins: &dyn Fn(&str) -> bool| {
        let text = String::from_utf8(common::bytes(&format!("servers/ten.{name}"))).expect("UTF-8");
        let mut records: Vec<String> = Vec::new();
        let mut header = false;
        for line in text.lines() {
            // The lines a slow log's record begins with are one beginning.
            let is_header = line.starts_with("# ");
            let starts = !line.is_empty() && begins(line) && !(header && is_header);
            match records.last_mut() {
                Some(last) if !starts => {
                    last.push('\n');
                    last.push_str(line);
                }
                _ => records.push(line.to_owned()),
            }
            header = is_header;
        }
        Log { name, text, records }
    };
    vec![
        read("postgres-18.log", &is_postgres),
        read("postgres-debian.log", &is_postgres),
        read("postgres-18.csv", &is_csv),
        read("postgres-18.json", &is_any),
        read("mariadb.slow.log", &is_slow),
        read("mariadb.general.log", &is_general),
    ]
}

const STAMP: &str = "2026-11-29T12:56:17.123456789Z";

fn each_line(text: &str, wrap: impl Fn(usize, &str) -> String) -> String {
    text.lines().enumerate().map(|(at, line)| wrap(at, line) + "\n").collect()
}

fn each_record(log: &Log, wrap: impl Fn(&str) -> Value) -> String {
    log.records.iter().map(|record| wrap(record).to_string() + "\n").collect()
}

/// The log in everything that may be around it, by name.
fn wrapped(log: &Log) -> Vec<(&'static str, String)> {
    let text = &log.text;
    let docker = |line: &str| {
        format!("{{\"log\":{},\"stream\":\"stderr\",\"time\":\"{STAMP}\"}}", json!(format!("{line}\n")))
    };
    let entry = |record: &str| json!({"insertId": "a1", "textPayload": record, "resource": {"type": "cloudsql_database"}, "timestamp": STAMP});
    let azure = |record: &str| json!({"time": STAMP, "category": "PostgreSQLLogs", "properties": {"timestamp": STAMP, "errorLevel": "LOG", "message": record}});
    let journal = |line: &str| json!({"__CURSOR": "s=1", "__REALTIME_TIMESTAMP": "1795956977123456", "_PID": "812", "PRIORITY": "6", "MESSAGE": line});
    let other = "{\"level\":\"info\",\"message\":\"GET /\"}";
    let mut all = vec![
        ("docker compose logs", each_line(text, |_, line| format!("db-1  | {line}"))),
        ("docker compose logs, the old one", format!("Attaching to db_1\n{}", each_line(text, |_, line| format!("db_1   | {line}")))),
        (
            "docker compose logs of two services",
            each_line(text, |at, line| match at % 3 {
                0 => format!("web-1  | 10.0.0.5 - - \"GET / HTTP/1.1\" 200\ndb-1   | {line}"),
                _ => format!("db-1   | {line}"),
            }),
        ),
        ("docker compose logs in colours", each_line(text, |_, line| format!("\x1b[36mdb-1  | \x1b[0m{line}"))),
        ("docker compose logs -t", each_line(text, |_, line| format!("db-1  | {STAMP} {line}"))),
        ("docker logs -t, kubectl logs --timestamps", each_line(text, |_, line| format!("{STAMP} {line}"))),
        ("kubectl logs --prefix", each_line(text, |_, line| format!("[pod/shop-db-0/postgres] {line}"))),
        ("kubectl logs --prefix --timestamps", each_line(text, |_, line| format!("[pod/shop-db-0/postgres] {STAMP} {line}"))),
        ("stern", format!("+ shop-db-0 › postgres\n{}", each_line(text, |_, line| format!("shop-db-0 postgres {line}")))),
        ("stern of all namespaces", each_line(text, |_, line| format!("shop shop-db-0 postgres {line}"))),
        ("stern --timestamps", each_line(text, |_, line| format!("shop-db-0 postgres {STAMP} {line}"))),
        ("stern -o json", each_line(text, |_, line| json!({"message": line, "nodeName": "n1", "namespace": "shop", "podName": "shop-db-0", "containerName": "db"}).to_string())),
        ("a container runtime", each_line(text, |_, line| format!("{STAMP} stderr F {line}"))),
        ("Docker's files", each_line(text, |_, line| docker(line))),
        ("Docker's files in a container runtime", each_line(text, |_, line| format!("{STAMP} stdout F {}", docker(line)))),
        ("the journal", each_line(text, |_, line| journal(line).to_string())),
        (
            "the journal, in bytes",
            each_line(text, |_, line| {
                let mut entry = journal(line);
                entry["MESSAGE"] = json!(line.as_bytes());
                entry.to_string()
            }),
        ),
        (
            "fluentd, of two containers",
            each_line(text, |_, line| {
                let web = json!({"log": "10.0.0.5 - - GET /", "kubernetes": {"container_name": "web"}});
                format!("{web}\n{}", json!({"log": line, "kubernetes": {"container_name": "db"}}))
            }),
        ),
        ("fluentd", each_line(text, |_, line| format!("2026-11-29T12:56:17+00:00\tdb.shop\t{}", json!({"container_name": "/db", "source": "stderr", "log": line})))),
        ("fluentd's standard output", each_line(text, |_, line| format!("2026-11-29 12:56:17.123456789 +0000 db.shop: {}", json!({"log": line, "stream": "stderr"})))),
        ("any JSON, among other lines", format!("{other}\n{}", each_line(text, |_, line| json!({"level": "info", "host": "db1", "data": {"line": line}}).to_string()))),
        ("Cloud SQL", each_record(log, entry)),
        ("Cloud SQL, an array on one line", Value::from(log.records.iter().map(|record| entry(record)).collect::<Vec<_>>()).to_string()),
        ("Cloud SQL, spread", serde_json::to_string_pretty(&log.records.iter().map(|record| entry(record)).collect::<Vec<_>>()).expect("JSON")),
        ("Azure", each_record(log, azure)),
        ("Azure, records on one line", json!({"records": log.records.iter().map(|record| azure(record)).collect::<Vec<_>>()}).to_string()),
        ("CloudWatch's events", json!({"events": log.records.iter().map(|record| json!({"timestamp": 1795956977123_u64, "message": record, "ingestionTime": 1795956977999_u64})).collect::<Vec<_>>()}).to_string()),
        ("CloudWatch Insights, as CSV", format!("@timestamp,@message\n{}", log.records.iter().map(|record| format!("2026-11-29 12:56:17.123,\"{}\"\n", record.replace('"', "\"\""))).collect::<String>())),
        ("CloudWatch Insights, get-query-results", json!({"results": log.records.iter().map(|record| json!([{"field": "@timestamp", "value": "2026-11-29 12:56:17.123"}, {"field": "@message", "value": record}, {"field": "@ptr", "value": "CmAKJgoi"}])).collect::<Vec<_>>(), "statistics": {"recordsMatched": 10.0, "recordsScanned": 10.0, "bytesScanned": 2000.0}, "status": "Complete"}).to_string()),
        ("CloudWatch Insights", serde_json::to_string_pretty(&log.records.iter().map(|record| json!({"@timestamp": "2026-11-29 12:56:17.123", "@message": record})).collect::<Vec<_>>()).expect("JSON")),
    ];
    if !log.name.ends_with(".general.log") {
        // A record of the general log that has no stamp has nothing else either.
        all.push(("CloudWatch", log.records.iter().map(|record| format!("{STAMP} {record}\n")).collect()));
        all.push((
            "aws logs tail",
            log.records
                .iter()
                .map(|record| format!("2026-11-29T12:56:17.123000+00:00 shop/db {record}\n"))
                .collect(),
        ));
    }
    if log.name.starts_with("postgres") {
        let newest_first = |entries: Vec<&str>| {
            Value::from(entries.into_iter().rev().map(entry).collect::<Vec<_>>()).to_string()
        };
        all.push(("Cloud SQL, newest first", newest_first(log.records.iter().map(String::as_str).collect())));
        if log.name.ends_with(".log") {
            // A record's DETAIL is an entry of its own.
            let apart = log.records.iter().flat_map(|record| match record.find("\n2026-") {
                Some(at) => vec![&record[..at], &record[at + 1..]],
                None => vec![record.as_str()],
            });
            all.push(("Cloud SQL, newest first, details apart", newest_first(apart.collect())));
        }
    }
    if log.name.starts_with("postgres") && log.name.ends_with(".log") {
        all.extend(wrapped_postgres(log));
    }
    if log.name.ends_with(".json") {
        // The record's own fields in a platform's.
        let parsed = |record: &str| {
            let mut parsed: Value = serde_json::from_str(record).expect("JSON");
            let message = parsed["message"].take();
            parsed.as_object_mut().expect("an object").remove("message");
            json!({"event_message": message, "id": "5b2f", "metadata": [{"host": "db-1", "parsed": [parsed]}], "timestamp": 1795956977123456_u64})
        };
        all.push(("Supabase", each_record(log, parsed)));
        all.push((
            "Supabase, as exported",
            serde_json::to_string_pretty(
                &log.records.iter().map(|record| parsed(record)).collect::<Vec<_>>(),
            )
            .expect("JSON"),
        ));
    }
    all
}

/// What only PostgreSQL's own lines are in.
fn wrapped_postgres(log: &Log) -> Vec<(&'static str, String)> {
    let lines = |header: &dyn Fn(usize, usize) -> String| -> String {
        log.records
            .iter()
            .enumerate()
            .flat_map(|(at, record)| {
                record.lines().enumerate().map(move |(piece, line)| (at + 1, piece + 1, line.to_owned()))
            })
            .map(|(record, piece, line)| format!("{}{line}\n", header(record, piece)))
            .collect()
    };
    let drain = "2026-11-29T12:56:17+00:00 d.0a1b2c3d-0000-4000-8000-0123456789ab app[postgres.77] [AQUA]";
    let journal = |record: usize, piece: usize, line: &str| json!({"__REALTIME_TIMESTAMP": "1795956977123456", "SYSLOG_IDENTIFIER": "postgres", "SYSLOG_PID": "77", "_PID": "77", "MESSAGE": format!("[{record}-{piece}] {line}")});
    let apart = |record: &str| {
        let (message, detail) = match record.split_once("DETAIL:  ") {
            Some((message, detail)) => {
                (message.rsplit_once('\n').map_or(message, |(message, _)| message), detail)
            }
            None => (record, ""),
        };
        json!({"category": "PostgreSQLLogs", "properties": {"errorLevel": "LOG", "message": message.replace("\n\t", "\n"), "detail": detail.replace("\n\t", "\n")}})
    };
    vec![
        ("Heroku's drain", lines(&|record, piece| format!("{drain} [{record}-{piece}] "))),
        (
            "Heroku's logs",
            lines(&|record, piece| {
                format!("2026-11-29T12:56:17.123456+00:00 app[postgres.77]: [DATABASE] [{record}-{piece}] ")
            }),
        ),
        (
            "syslog",
            lines(&|record, piece| format!("Nov 29 12:56:17 db1 postgres[77]: [{record}-{piece}] "))
                .replace('\t', "#011"),
        ),
        (
            "syslog in the journal",
            log.records
                .iter()
                .enumerate()
                .flat_map(|(at, record)| {
                    record.lines().enumerate().map(move |(piece, line)| (at + 1, piece + 1, line.to_owned()))
                })
                .map(|(record, piece, line)| format!("{}\n", journal(record, piece, &line)))
                .collect(),
        ),
        ("Azure, details apart", each_record(log, apart)),
    ]
}

fn log_of(document: &Document) -> &QueryLog {
    match &document.content {
        Content::Queries(log) => log,
        _ => panic!("no log"),
    }
}

/// Text, parameters and milliseconds of each execution, out of the file as it is.
fn read(bytes: &[u8], name: &str) -> Vec<(String, Option<String>, String)> {
    let document = common::open(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    let log = log_of(&document);
    let format = import::by_id(document.format).expect("a format");
    let mut found: Vec<_> = (0..log.statements.len())
        .map(|at| {
            let begin = log.statements.offset[at] as usize;
            let record = &bytes[begin..begin + log.statements.length[at] as usize];
            let text = format
                .statement_text(record)
                .unwrap_or_else(|| panic!("{name}: no text in {:?}", String::from_utf8_lossy(record)));
            (text.sql, text.parameters, format!("{:?}", log.statements.duration[at]))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn ten_statements_word_for_word_whatever_is_around_them() {
    let mut wrong = Vec::new();
    for log in logs() {
        let plain = read(log.text.as_bytes(), log.name);
        let ten = plain.iter().filter(|(sql, ..)| !sql.starts_with("SET ")).count();
        assert_eq!(ten, 10, "{}: {plain:#?}", log.name);
        for (name, text) in wrapped(&log) {
            let name = format!("{} in {name}", log.name);
            let document = common::open(text.as_bytes());
            let Ok(document) = document else {
                wrong.push(format!("{name}: not read"));
                continue;
            };
            let said = common::diagnostics(&document);
            let found = std::panic::catch_unwind(|| read(text.as_bytes(), &name)).unwrap_or_default();
            if found != plain || !said.contains("taken out of") {
                let first = found.iter().zip(&plain).find(|(found, plain)| found != plain);
                wrong.push(format!(
                    "{name} by {}: {} of {} statements, first {first:?}, {said}",
                    document.format,
                    found.len(),
                    plain.len()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a client's program logs is read behind the same.
#[test]
fn django_s_and_sqlalchemy_s_lines_are_read_behind_names_and_stamps() {
    let django = "(0.001) SELECT a\nFROM t\nWHERE b = 'x'; args=('x',); alias=default\n(0.002) SELECT 1; args=(); alias=default\n";
    let engine = "2026-11-28 22:47:14,414 INFO sqlalchemy.engine.Engine SELECT a\nFROM t\n2026-11-28 22:47:14,415 INFO sqlalchemy.engine.Engine [raw sql] {}\n";
    for (text, format, count) in [(django, "django-log", 2), (engine, "sqlalchemy", 1)] {
        let plain = read(text.as_bytes(), format);
        assert_eq!(plain.len(), count);
        for wrapped in [
            each_line(text, |_, line| format!("web-1  | {line}")),
            each_line(text, |_, line| format!("{STAMP} {line}")),
            each_line(text, |_, line| format!("{STAMP} stdout F {line}")),
            each_line(text, |_, line| format!("[pod/web-0/app] {line}")),
            each_line(text, |_, line| json!({"log": format!("{line}\n"), "stream": "stdout"}).to_string()),
        ] {
            let document = common::open(wrapped.as_bytes()).expect("a log");
            assert_eq!(document.format, format, "{wrapped}");
            assert_eq!(read(wrapped.as_bytes(), &wrapped), plain);
        }
    }
    // The time in front is the only one.
    let document = common::open(each_line(django, |_, line| format!("{STAMP} {line}"))).expect("a log");
    assert!(log_of(&document).statements.start[0] > 1.7e12);
}

/// Two servers whose lines take turns.
#[test]
fn lines_of_two_servers_stay_apart() {
    let name = "postgres-18.log";
    let log = logs().into_iter().find(|log| log.name == name).expect("a log");
    let plain = read(log.text.as_bytes(), name);
    // Another process of another server.
    let lines = log.text.lines().map(|line| (line, line.replace("[26735]", "[36735]")));
    let both: String = lines.map(|(one, other)| format!("db-1  | {one}\ndb-2  | {other}\n")).collect();
    let twice: Vec<_> = plain.iter().flat_map(|one| [one.clone(), one.clone()]).collect();
    // Parameters of the server that speaks second are behind the other's lines, and not found again.
    let texts = |all: Vec<(String, Option<String>, String)>| {
        let mut texts: Vec<_> = all.into_iter().map(|(sql, _, duration)| (sql, duration)).collect();
        texts.sort();
        texts
    };
    assert_eq!(texts(read(both.as_bytes(), name)), texts(twice), "{name}");
}
