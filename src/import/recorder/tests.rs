use super::*;
use crate::input::MemorySource;
use crate::queries::QueryLog;

const HEAD: &str = r#"{"flamedrop": 1, "request": "aa", "method": "GET", "path": "/orders/?page=2", "view": "shop.views.orders", "route": "orders/", "status": 200, "start": 1795436083.5, "duration": 0.25, "profile": null, "python": "3.12.1", "django": "5.2.1", "notes": ["no profile: another profiler is active"]}"#;

fn statement(request: &str, start: f64, rest: &str) -> String {
    format!(
        r#"{{"request": "{request}", "start": {start:.6}, "duration": 0.001, "sql": "SELECT a FROM t WHERE a = %s", "params": [1], "alias": "default", "vendor": "postgresql", "stack": []{rest}}}"#
    )
}

fn read(lines: &[String]) -> (QueryLog, String) {
    let source = MemorySource::new("x", lines.join("\n"));
    let document = crate::import::import(&source, &|_| ()).expect("a document");
    assert_eq!(document.format, "flamedrop-recorder");
    let diagnostics = document.diagnostics.entries().iter();
    let line = |entry: &crate::document::Diagnostic| {
        format!("{} × {} ({})\n", entry.count, entry.message, entry.first.as_deref().unwrap_or_default())
    };
    let said = diagnostics.map(line).collect();
    match document.content {
        Content::Queries(log) => (*log, said),
        _ => panic!("a profile"),
    }
}

#[test]
fn a_request_and_its_statements() {
    let stack = r#", "rows": 3, "error": "IntegrityError", "stack": [["/srv/shop/a.html", 3, "{{ a }}"], ["/srv/shop/views.py", 27, "orders"]], "relation": {"kind": "many_to_many", "name": "Product.tags", "accessor": "tags"}"#;
    let full = statement("aa", 1_795_436_083.6, "").replace(r#", "stack": []"#, stack);
    let (log, said) = read(&[HEAD.into(), full, statement("aa", 1_795_436_083.7, "")]);
    insta::assert_snapshot!(said, @"1 × no profile: another profiler is active (/orders/?page=2)");
    insta::assert_debug_snapshot!(log.requests, @r#"
    [
        Request {
            method: "GET",
            path: "/orders/?page=2",
            view: "shop.views.orders",
            status: 200,
            start: 1795436083500.0,
            duration: 250.0,
            statements: 2,
            database_time: 2.0,
            origin: Recorded,
        },
    ]
    "#);
    insta::assert_debug_snapshot!(log.sites, @r#"
    [
        Site {
            frames: [
                Frame {
                    file: "/srv/shop/a.html",
                    line: 3,
                    name: "{{ a }}",
                },
                Frame {
                    file: "/srv/shop/views.py",
                    line: 27,
                    name: "orders",
                },
            ],
            relation: Some(
                Relation {
                    kind: ManyToMany,
                    name: "Product.tags",
                    accessor: "tags",
                },
            ),
        },
    ]
    "#);
    assert_eq!((log.statements.site(0), log.statements.site(1)), (Some(0), None));
    assert_eq!((log.statements.rows(0), log.statements.rows(1)), (Some(3), None));
    assert_eq!(log.statements.failed, [1, 0]);
    assert!((log.statements.start[0] - 1_795_436_083_600.0).abs() < 0.001);
    assert_eq!(log.clock, Clock::Wall { zone: Some("UTC".into()) });
}

#[test]
fn transactions_are_numbers_or_true() {
    let each = [
        "",
        r#", "transaction": 1"#,
        r#", "transaction": 2"#,
        r#", "transaction": true"#,
        r#", "transaction": "x""#,
    ];
    let lines = each.iter().zip(0_u8..).map(|(rest, at)| statement("aa", 100.0 + f64::from(at), rest));
    let (log, _) = read(&lines.collect::<Vec<_>>());
    let numbers: Vec<_> = (0..each.len()).map(|at| log.statements.transaction(at)).collect();
    assert_eq!(numbers, [None, Some(1), Some(2), Some(0), None]);
}

#[test]
fn requests_at_the_same_time_have_lanes_of_their_own() {
    let head = |id: &str, start: f64| {
        format!(r#"{{"flamedrop": 1, "request": "{id}", "start": {start}, "duration": 10}}"#)
    };
    let (log, said) = read(&[
        head("a", 100.0),
        statement("a", 101.0, ""),
        head("b", 105.0),
        statement("b", 106.0, ""),
        statement("a", 107.0, ""),
        head("c", 110.0),
        statement("c", 112.0, ""),
    ]);
    assert_eq!(said, "");
    let lanes: Vec<&str> = log.connections.iter().map(|connection| connection.process.as_str()).collect();
    assert_eq!(lanes, ["", "lane 2"]);
    assert!(!log.connections.iter().any(Connection::is_of_a_server));
    assert_eq!(log.statements.connection, [0, 1, 0, 0]);
    assert_eq!(log.statements.request, [0, 1, 0, 2]);
}

#[test]
fn connections_are_threads_own_where_these_are_known() {
    let of = |request: &str, start: f64, thread: &str| {
        statement(request, start, &format!(r#", "thread": {thread}"#))
    };
    let (log, said) = read(&[
        of("a", 101.0, "7040"),
        of("b", 101.5, "7041"),
        // Another request of the first thread, while one of another runs.
        of("c", 101.6, "7040"),
        of("a", 102.0, "null"),
    ]);
    assert!(!said.contains("damaged"), "{said}");
    let known: Vec<_> =
        log.connections.iter().map(|connection| (connection.process.as_str(), connection.thread)).collect();
    assert_eq!(known, [("", Some(7040)), ("lane 2", Some(7041)), ("", None)]);
    assert_eq!(log.statements.connection, [0, 1, 0, 2]);
}

#[test]
fn what_is_cut_or_damaged_is_said() {
    let (log, said) = read(&[
        r#"LECT 1", "params": [], "stack": []}"#.into(),
        statement("bb", 50.0, ""),
        HEAD.into(),
        statement("aa", 60.0, r#", "relation": {"kind": "sideways"}"#),
        "{}".into(),
        HEAD.replace("\"flamedrop\": 1", "\"flamedrop\": 2"),
        r#"{"request": "aa", "sta"#.into(),
    ]);
    assert_eq!(log.statements.len(), 2);
    assert_eq!(log.requests[0].origin, Origin::Identified);
    insta::assert_snapshot!(said, @r#"
    2 × lines that are damaged or cut short were skipped (line 1: LECT 1", "params": [], "stack": []})
    2 × no profile: another profiler is active (/orders/?page=2)
    1 × stacks or relations that are not understood were left out (line 4)
    1 × lines that are neither a request nor a statement were skipped (line 5: {})
    1 × written by a newer recorder than this knows: something may be missing (line 6: {"flamedrop": 2, "request": "aa", "method": "GET", "path": "/orders/?page=2", "view": "shop.views.orders", "route": "ord…)
    1 × requests whose own line is missing: their address and their duration are not known (request bb)
    "#);
}

#[test]
fn a_statement_is_read_again_from_its_line() {
    let read = |line: &str| Recorder.statement_text(line.as_bytes());
    let text = read(&statement("a", 1.0, "")).expect("a statement");
    assert_eq!(
        (text.sql.as_str(), text.parameters.as_deref()),
        ("SELECT a FROM t WHERE a = %s", Some("[1]"))
    );
    let bare = read(&statement("a", 1.0, "").replace("[1]", "null")).expect("a statement");
    assert_eq!(bare.parameters, None);
    assert_eq!(read(HEAD), None);
}
