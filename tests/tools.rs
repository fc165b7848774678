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
        let text = format.statement_text(&bytes[offset..offset + length]).expect("its text");
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
