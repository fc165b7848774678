//! A request to the shop as the recorder wrote it: what the log says of it.

mod common;

use std::collections::BTreeMap;

use flamedrop::document::Content;

/// How often each place runs statements: its relation, its innermost frame and its own innermost
/// function.
#[test]
fn places_of_the_orders_page_with_its_n_plus_one() {
    let document = common::open(common::bytes("findings/n_plus_one.sql.jsonl.gz")).expect("a document");
    assert_eq!(common::diagnostics(&document), "");
    let Content::Queries(log) = document.content else { panic!("a log") };
    let [request] = log.requests.as_slice() else { panic!("one request") };
    assert_eq!(request.title(), "GET /orders/");
    assert_eq!(request.view, "shop.views.ordering.orders");
    assert!(request.database_time < request.duration);
    let (first, last) = log.span().expect("statements");
    // The recorded request is what bounds the log.
    assert_eq!((first, last), (request.start, request.start + request.duration));
    assert!(first < log.statements.start[0]);

    let mut places: BTreeMap<String, u32> = BTreeMap::new();
    for statement in 0..log.statements.len() {
        let site = &log.sites[log.statements.site(statement).expect("a place") as usize];
        let relation = site
            .relation
            .as_ref()
            .map_or("-".into(), |relation| format!("{:?} {}", relation.kind, relation.name));
        let frame = &site.frames[0];
        let tables = log.fingerprints[log.statements.fingerprint[statement] as usize].tables.join(" ");
        *places
            .entry(format!("{relation} | {}:{} {} | {tables}", frame.file, frame.line, frame.name))
            .or_default() += 1;
    }
    let text: Vec<String> = places.iter().map(|(place, count)| format!("{count:>3} {place}")).collect();
    insta::assert_snapshot!(text.join("\n"));
}
