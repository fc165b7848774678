//! What Django's tools write and what is pasted of them, recorded by `tests/record/tools.sh`.

mod common;

use std::io::Read as _;

use flamedrop::document::{Content, Document};
use flamedrop::import;
use flamedrop::queries::{Clock, Origin, QueryLog};

/// A recording, unpacked.
fn bytes(name: &str) -> Vec<u8> {
    let found = common::bytes(&format!("tools/{name}"));
    if !name.ends_with(".gz") {
        return found;
    }
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(found.as_slice()).read_to_end(&mut bytes).expect("gzip");
    bytes
}

fn read(bytes: &[u8]) -> (Document, QueryLog) {
    let document = common::open(bytes).expect("a log");
    let Content::Queries(log) = &document.content else { panic!("a profile") };
    let log = (**log).clone();
    (document, log)
}

/// What is found again at the place of each statement must be what its fingerprint was made of.
fn check_texts(bytes: &[u8], document: &Document, log: &QueryLog) {
    use flamedrop::queries::{fingerprint, lexer::Dialect};
    let format = import::by_id(document.format).expect("registered");
    for at in 0..log.statements.len() {
        let (offset, length) = (log.statements.offset[at] as usize, log.statements.length[at] as usize);
        let record = &bytes[offset..offset + length];
        let text = format.statement_text(record);
        let text = text.unwrap_or_else(|| panic!("its text: {}", String::from_utf8_lossy(record)));
        let expected = &log.fingerprints[log.statements.fingerprint[at] as usize].text;
        let found = [Dialect::PostgreSql, Dialect::MySql, Dialect::Sqlite]
            .map(|dialect| fingerprint::text(text.sql.as_bytes(), dialect));
        assert!(found.contains(expected), "{expected}\n{}", text.sql);
    }
}

/// The requests, one a line.
fn requests(log: &QueryLog) -> String {
    let line = |request: &flamedrop::queries::Request| {
        format!(
            "{:?} {} → {} by {}: {} statements, {}\n",
            request.origin,
            request.title(),
            request.status,
            if request.view.is_empty() { "–" } else { &request.view },
            request.statements,
            if request.duration > 0.0 { "timed" } else { "no time" },
        )
    };
    log.requests.iter().map(line).collect()
}

#[test]
fn the_toolbars_requests_and_statements() {
    let bytes = bytes("toolbar.json.gz");
    let (document, log) = read(&bytes);
    assert_eq!(log.clock, Clock::Wall { zone: Some("UTC".to_owned()) });
    insta::assert_snapshot!(common::diagnostics(&document) + &requests(&log));
    check_texts(&bytes, &document, &log);
    for (at, &request) in log.statements.request.iter().enumerate() {
        let request = &log.requests[request as usize];
        assert_eq!(request.origin, Origin::Recorded);
        // Both are cut to a millisecond.
        assert!(log.statements.start[at] >= request.start - 1e-6);
        assert!(log.statements.end(at) <= request.start + request.duration + 1.0);
    }
    // The N+1 of the orders page, by the line that runs it.
    let most = (0..log.fingerprints.len()).max_by_key(|&id| log.numbers[id].calls).expect("some");
    let at = log.statements.fingerprint.iter().position(|&id| id as usize == most).expect("one");
    let site = &log.sites[log.statements.site(at).expect("a site") as usize];
    assert!(site.frames[0].file.starts_with("/srv/shop/shop/"), "{site:?}");
}

#[test]
fn the_toolbar_with_all_its_panels() {
    let bytes = bytes("toolbar_all_panels.json");
    let (document, log) = read(&bytes);
    check_texts(&bytes, &document, &log);
    // As its own panel counts: 5 statements, 0.434456 ms.
    assert_eq!(log.statements.len(), 5);
    assert!((log.total() - 0.434_455_999_766_214_5).abs() < 1e-9);
    assert!((log.requests[0].duration - 51.355_778).abs() < 1e-6);
    assert_eq!(log.requests[0].view, "__main__.view");
}

/// One statement a line.
fn shown(document: &Document, log: &QueryLog) -> String {
    let mut shown = common::diagnostics(document);
    for at in 0..log.statements.len() {
        let request = &log.requests[log.statements.request[at] as usize];
        let title =
            if request.origin.is_inferred() { String::new() } else { format!("[{}] ", request.title()) };
        let text = &log.fingerprints[log.statements.fingerprint[at] as usize].text;
        shown += &format!(
            "{title}{} ms: {}\n",
            log.statements.duration[at],
            text.chars().take(90).collect::<String>()
        );
    }
    shown
}

#[test]
fn failed_assertions_of_unittest() {
    let bytes = bytes("asserts_unittest.txt");
    let (document, log) = read(&bytes);
    assert_eq!(log.clock, Clock::Sequence);
    check_texts(&bytes, &document, &log);
    insta::assert_snapshot!(shown(&document, &log));
}

#[test]
fn failed_assertions_of_pytest() {
    let bytes = bytes("asserts_pytest.txt");
    let (document, log) = read(&bytes);
    check_texts(&bytes, &document, &log);
    insta::assert_snapshot!(shown(&document, &log));
}

#[test]
fn assertions_pasted_alone_cut_short_and_of_old_versions() {
    let bytes = "2 != 5 : 2 queries executed, 5 expected
Captured queries were:
1. SELECT 'a

2. SELECT 2' FROM a
2. SELECT 1 FROM b
AssertionError: 2 != 1 : 2 queries executed, 1 expected
Captured queries were:
SELECT 1 FROM c
SELECT 2
 FROM c

Failed: Expected to perform 1 queries but 2 were done (add -v option to show queries)
AssertionError: 3 != 1 : 3 queries executed, 1 expected
Captured queries were:
1. SELECT 1 FROM d
2. UPDA"
        .as_bytes();
    let (document, log) = read(bytes);
    check_texts(bytes, &document, &log);
    insta::assert_snapshot!(shown(&document, &log));
}

#[test]
fn connection_queries_in_every_spelling() {
    let json = bytes("connection_queries.json");
    let (document, log) = read(&json);
    check_texts(&json, &document, &log);
    insta::assert_snapshot!(shown(&document, &log));
    let repr = bytes("connection_queries.txt");
    let (second_document, second) = read(&repr);
    check_texts(&repr, &second_document, &second);
    assert_eq!(shown(&second_document, &second), shown(&document, &log));
    assert_eq!(second.statements.parameters, log.statements.parameters);
}

#[test]
fn printed_sql_with_its_times_and_places() {
    let coloured = bytes("print_sql.txt");
    let (document, log) = read(&coloured);
    check_texts(&coloured, &document, &log);
    let shell = bytes("debugsqlshell.txt");
    let (shell_document, of_shell) = read(&shell);
    check_texts(&shell, &shell_document, &of_shell);
    // The same page, printed by two tools.
    let texts = |log: &QueryLog| {
        let text = |&id: &u32| log.fingerprints[id as usize].text.clone();
        log.statements.fingerprint.iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(texts(&log), texts(&of_shell));
    insta::assert_snapshot!(
        common::diagnostics(&document)
            + &log
                .fingerprints
                .iter()
                .map(|each| each.text.chars().take(120).collect::<String>() + "\n")
                .collect::<String>()
    );
    assert!(log.statements.duration.iter().all(|duration| *duration > 0.0));
    let located = bytes("print_sql_location.txt.gz");
    let (_, log) = read(&located);
    let own =
        |at: usize| log.statements.site(at).map(|site| log.sites[site as usize].frames[0].file.as_str());
    assert_eq!(own(0), Some("/srv/tools/forms.py"));
    assert!((0..log.statements.len()).any(|at| own(at).is_some_and(|file| file.starts_with("/srv/shop/"))));
}

#[test]
fn a_server_names_the_requests_it_prints() {
    let bytes = b"Performing system checks...

SELECT 1
  FROM a

Execution time: 0.000705s [Database: default]
BEGIN

Execution time: 0.000105s [Database: other]
[23/Nov/2026 05:34:15] \"GET /orders/?page=2 HTTP/1.1\" 200 5120
SELECT 2
  FROM a
Execution time: 0.5s
127.0.0.1 - - [23/Nov/2026 05:34:16] \"POST /basket/ HTTP/1.1\" 302 -
SELECT 3";
    let (document, log) = read(bytes);
    insta::assert_snapshot!(shown(&document, &log) + &requests(&log));
}

#[test]
fn sqlalchemy_has_no_durations() {
    let once = bytes("sqlalchemy.log");
    let (document, log) = read(&once);
    check_texts(&once, &document, &log);
    assert_eq!(log.clock, Clock::Wall { zone: None });
    insta::assert_snapshot!(shown(&document, &log));
    // Of echo=True beside a root handler, and of a formatter without a time.
    for name in ["sqlalchemy_twice.log", "sqlalchemy_bare.log"] {
        let bytes = bytes(name);
        let (document, other) = read(&bytes);
        check_texts(&bytes, &document, &other);
        let texts = |log: &QueryLog| {
            let text = |&id: &u32| log.fingerprints[id as usize].text.clone();
            log.statements.fingerprint.iter().map(text).collect::<Vec<_>>()
        };
        assert_eq!(texts(&other), texts(&log), "{name}");
        assert_eq!(common::diagnostics(&document).contains("twice"), name.contains("twice"));
    }
    let format = import::by_id("sqlalchemy").expect("registered");
    let at = log
        .statements
        .fingerprint
        .iter()
        .position(|&id| log.fingerprints[id as usize].text.starts_with("SELECT t.a"))
        .expect("one");
    let (offset, length) = (log.statements.offset[at] as usize, log.statements.length[at] as usize);
    let text = format.statement_text(&once[offset..offset + length]).expect("its text");
    assert_eq!(text.parameters.as_deref(), Some("(0, 'z')"));
}

#[test]
fn sqlalchemy_of_other_versions_and_formatters() {
    let bytes = b"INFO  [sqlalchemy.engine.base.Engine] SELECT 1 FROM t WHERE a = %s
INFO  [sqlalchemy.engine.base.Engine] (1,)
INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.
INFO  [sqlalchemy.engine.base.Engine] select 2
FROM t
INFO  [sqlalchemy.engine.base.Engine] {}
INFO  [sqlalchemy.engine.base.Engine] (SELECT 3) UNION (SELECT 4)
DEBUG [sqlalchemy.engine.base.Engine] Col ('a',)
DEBUG [sqlalchemy.engine.base.Engine] Row (1,)
INFO  [sqlalchemy.engine.base.Engine] COMMIT using DBAPI connection.commit() due to autocommit mode
INFO  [sqlalchemy.pool.impl.QueuePool] Pool recreating";
    let (document, log) = read(bytes);
    check_texts(bytes, &document, &log);
    insta::assert_snapshot!(shown(&document, &log));
}

/// Line, level and thread may stand between the logger's name and the message, as Pyramid's templates have it.
#[test]
fn sqlalchemy_with_fields_behind_the_loggers_name() {
    let before = [
        "2026-11-29 21:07:07,138 INFO  [sqlalchemy.engine.Engine:1868][MainThread] ",
        "2026-11-29 21:07:07,138 INFO  [sqlalchemy.engine.Engine:1868][Thread-3 (process_request_thread)] ",
        "2026-11-29 21:07:07,138 [MainThread] INFO sqlalchemy.engine.Engine:1868 - ",
        "2026-11-29 21:07:07,138 sqlalchemy.engine.Engine INFO ",
        "2026-11-29 21:07:07,138 sqlalchemy.engine.Engine (ThreadPoolExecutor-0_1) INFO: ",
        "INFO:sqlalchemy.engine.Engine:2698:",
    ];
    for before in before {
        let message = |text: &str| format!("{before}{text}\n");
        let text = [
            message("BEGIN (implicit)"),
            message("SELECT a FROM t\nWHERE id = ?"),
            message("[generated in 0.00013s] (5,)"),
            message("SELECT a FROM t\nWHERE id = ?"),
            message("[cached since 0.1s ago] ('[x] INFO',)"),
            message("COMMIT"),
        ]
        .concat();
        let (document, log) = read(text.as_bytes());
        check_texts(text.as_bytes(), &document, &log);
        let texts: Vec<&str> = log.fingerprints.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(texts, ["BEGIN", "SELECT a FROM t WHERE id = ?", "COMMIT"], "{before}");
        assert_eq!(log.numbers[1].distinct_parameters, 2, "{before}");
    }
}

/// All six are of the same visit but for the names of attributes, and cut in Zipkin's.
#[test]
fn spans_of_every_exporter() {
    let mut first: Option<Vec<String>> = None;
    for name in [
        "otel_console_old.json.gz",
        "otel_console_new.json.gz",
        "otlp_old.jsonl.gz",
        "otlp_new.json.gz",
        "jaeger_new.json.gz",
        "zipkin_old.json.gz",
    ] {
        let bytes = bytes(name);
        let (document, log) = read(&bytes);
        assert_eq!(document.format, "opentelemetry", "{name}");
        assert_eq!(log.clock, Clock::Wall { zone: Some("UTC".to_owned()) });
        check_texts(&bytes, &document, &log);
        assert!(log.statements.duration.iter().all(|duration| *duration > 0.0), "{name}");
        assert!(log.connections.iter().all(|connection| connection.application == "shop"), "{name}");
        let cut = common::diagnostics(&document).contains("128 characters");
        assert_eq!(cut, name.starts_with("zipkin"), "{name}");
        for (at, &request) in log.statements.request.iter().enumerate() {
            let request = &log.requests[request as usize];
            if request.origin == Origin::Recorded {
                assert!(
                    log.statements.start[at] >= request.start
                        && log.statements.end(at) <= request.start + request.duration + 1e-3
                );
            }
        }
        let texts: Vec<String> = log
            .statements
            .fingerprint
            .iter()
            .map(|&id| log.fingerprints[id as usize].text.chars().take(100).collect())
            .collect();
        let recorded = requests(&log);
        let is_old = name.contains("old");
        // The newer names of attributes leave out the address.
        if is_old {
            insta::assert_snapshot!("spans_old", recorded);
        } else {
            insta::assert_snapshot!("spans_new", recorded);
        }
        let known = first.get_or_insert_with(|| texts.clone());
        assert_eq!(texts.len(), known.len(), "{name}");
        if !cut {
            assert_eq!(&texts, known, "{name}");
            assert_eq!(common::diagnostics(&document), "");
        }
    }
}

#[test]
fn spans_without_parents_without_sql_and_damaged() {
    let spans = r#"{"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "web"}}, {"key": "process.pid", "value": {"intValue": "77"}}]}, "scopeSpans": [{"spans": [
{"traceId": "aa", "spanId": "1", "name": "GET /a/", "kind": 2, "startTimeUnixNano": "1795640445000000000", "endTimeUnixNano": "1795640445100000000", "attributes": [{"key": "url.path", "value": {"stringValue": "/a/"}}, {"key": "http.request.method", "value": {"stringValue": "GET"}}, {"key": "http.response.status_code", "value": {"intValue": "503"}}]},
{"traceId": "aa", "spanId": "2", "parentSpanId": "3", "name": "q", "kind": 3, "startTimeUnixNano": "1795640445010000000", "endTimeUnixNano": "1795640445010000001", "status": {"code": 2}, "attributes": [{"key": "db.query.text", "value": {"stringValue": "SELECT 1 FROM a WHERE b = $1"}}, {"key": "db.query.parameter.0", "value": {"stringValue": "x"}}]},
{"traceId": "aa", "spanId": "3", "parentSpanId": "1", "name": "render", "kind": 1, "startTimeUnixNano": "1795640445005000000", "endTimeUnixNano": "1795640445050000000"},
{"traceId": "bb", "spanId": "4", "parentSpanId": "99", "name": "q", "kind": 3, "startTimeUnixNano": "1795640445050000000", "endTimeUnixNano": "1795640445060000000", "attributes": [{"key": "db.statement", "value": {"stringValue": "SELECT 2 FROM a"}}]},
{"traceId": "cc", "spanId": "5", "parentSpanId": "6", "name": "q", "kind": 3, "startTimeUnixNano": "1795640445070000000", "attributes": [{"key": "db.statement", "value": {"stringValue": "SELECT 3 FROM a"}}]},
{"traceId": "cc", "spanId": "6", "parentSpanId": "6", "name": "circle", "kind": 1, "startTimeUnixNano": "1795640445070000000", "endTimeUnixNano": "1795640445070000000"},
{"traceId": "aa", "spanId": "7", "parentSpanId": "1", "name": "GET", "kind": 3, "startTimeUnixNano": "1795640445080000000", "endTimeUnixNano": "1795640445081000000", "attributes": [{"key": "db.system", "value": {"stringValue": "redis"}}, {"key": "db.statement", "value": {"stringValue": "GET key"}}]},
{"traceId": "aa", "name": "no id"}
]}]}]}
{"resourceSpans": [{"sco"#;
    let (document, log) = read(spans.as_bytes());
    check_texts(spans.as_bytes(), &document, &log);
    insta::assert_snapshot!(shown(&document, &log) + &requests(&log));
    assert_eq!(log.statements.failed, [1, 0, 0]);
    // A nanosecond is a nanosecond.
    assert!((log.statements.duration[0] - 1e-6).abs() < 1e-12);
    assert!(log.connections.iter().all(|connection| connection.process.starts_with("77")));
}

#[test]
fn json_lines_however_keys_are_called() {
    for (name, zone) in [
        ("structlog_iso.jsonl", Some("UTC")),
        ("structlog_epoch.jsonl", Some("UTC")),
        ("structlog_local.jsonl", None),
        ("jsonlogger.jsonl", None),
        ("jsonlogger_prefix.jsonl", Some("UTC")),
    ] {
        let bytes = bytes(name);
        let (document, log) = read(&bytes);
        assert_eq!(document.format, "django-json", "{name}");
        assert_eq!(common::diagnostics(&document), "", "{name}");
        check_texts(&bytes, &document, &log);
        assert_eq!(log.statements.len(), 29, "{name}");
        assert_eq!(log.clock, Clock::Wall { zone: zone.map(str::to_owned) }, "{name}");
        // Full precision, and the same statement whatever the formatter.
        assert_eq!(log.statements.duration[0], 0.000_471_222_999_976_816_94 * 1000.0, "{name}");
        let structlog = name.starts_with("structlog");
        assert_eq!(log.requests[0].path == "5f0c", structlog, "{name}");
    }
}
