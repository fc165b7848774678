//! django-silk's dump: requests, statements, stacks.

mod common;

use flamedrop::document::{Content, Document};
use flamedrop::input::MemorySource;
use flamedrop::protocol::{Request, Response};
use flamedrop::queries::{Clock, EventKind, Origin, QueryLog};
use flamedrop::session::Session;

fn read(bytes: &[u8]) -> (Document, QueryLog) {
    let document = common::open(bytes).expect("a log");
    let Content::Queries(log) = &document.content else { panic!("a profile") };
    let log = (**log).clone();
    (document, log)
}

#[test]
fn a_request_with_its_statements() {
    let bytes = common::bytes("silk/dumpdata.json");
    let (document, log) = read(&bytes);
    assert_eq!(common::diagnostics(&document), "");
    assert_eq!(log.statements.len(), 4);
    assert_eq!(log.clock, Clock::Wall { zone: Some("UTC".to_owned()) });
    let [request] = log.requests.as_slice() else { panic!("one request") };
    assert_eq!((request.title().as_str(), request.view.as_str()), ("GET /users/", "users"));
    assert_eq!((request.status, request.origin), (200, Origin::Recorded));
    assert!((request.duration - 6.209).abs() < 1e-6);
    // What is silk's own, Django's or Python's is no place of the user's.
    let site = log.statements.site(0).expect("a site");
    let places: Vec<String> = log.sites[site as usize]
        .frames
        .iter()
        .map(|frame| format!("{}:{}", frame.file, frame.line))
        .collect();
    assert_eq!(places, ["/srv/shop/app/exp.py:15", "/srv/shop/app/exp.py:28"]);
    let at = log.statements.offset[1] as usize;
    let record = &bytes[at..at + log.statements.length[1] as usize];
    let text = flamedrop::import::by_id("django-silk").and_then(|format| format.statement_text(record));
    assert!(text.expect("its text").sql.starts_with("SELECT \"auth_group\".\"id\""));
}

#[test]
fn what_the_database_said_to_explain_is_the_statements_plan() {
    let (_, log) = read(&common::bytes("silk/dumpdata.json"));
    assert!(log.events.kind.iter().all(|kind| *kind == EventKind::Plan));
    assert_eq!(log.events.statement, [0, 1, 2, 3]);
    assert_eq!(log.events.offset, log.statements.offset);
    let source = MemorySource::new("silk.json", common::bytes("silk/dumpdata.json"));
    let mut session = Session::open(Box::new(source), &|_| ()).expect("a session");
    let Response::Statement(detail) = session.answer(&Request::Statement { statement: 1 }) else {
        panic!("no detail")
    };
    let plan = detail.plan.expect("a plan").plan.expect("that can be read");
    let names: Vec<&str> = plan.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["Query plan", "SEARCH (covering index)", "SEARCH"]);
    assert_eq!(plan.nodes[2].relation.as_deref(), Some("auth_group"));
}

#[test]
fn in_any_order_and_damaged() {
    let log = r#"[
{"model": "silk.sqlquery", "pk": 1, "fields": {"query": "SELECT 1 FROM a", "start_time": "2026-11-23T05:56:04.432Z", "end_time": "2026-11-23T05:56:04.433Z", "time_taken": 0.75, "request": "7", "traceback": ""}},
{"model": "silk.sqlquery", "pk": 2, "fields": {"query": "SELECT 2 FROM a", "start_time": "2026-11-23T05:56:04.432Z", "end_time": null, "time_taken": null, "request": "7"}},
{"model": "silk.sqlquery", "pk": 3, "fields": {"query": "SELECT 3 FROM b", "request": null}},
{"model": "silk.sqlquery", "pk": 4, "fields": {"query": null}},
{"model": "auth.user", "pk": 4, "fields": {"password": "x"}},
{"model": "silk.response", "pk": 7, "fields": {"request": "7", "status_code": 404}},
{"model": "silk.request", "pk": 7, "fields": {"path": "/a/", "query_params": "{}", "method": "GET", "start_time": "2026-11-23T05:56:04.400Z", "end_time": "2026-11-23T05:56:04.500Z"}},
{"model": "silk.sqlquery", "pk": 5, "fie"#;
    let (document, log) = read(log.as_bytes());
    insta::assert_snapshot!(common::diagnostics(&document));
    let titles: Vec<String> =
        log.requests.iter().map(|request| format!("{} {}", request.title(), request.status)).collect();
    assert_eq!(titles, ["GET /a/ 404", " 0"]);
    assert_eq!(log.statements.request, [0, 0, 1]);
    assert!((log.requests[0].duration - 100.0).abs() < 1e-6);
    assert!((log.statements.start[1] - log.statements.start[0] - 0.75).abs() < 1e-6);
}
