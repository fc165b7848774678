//! Logs whose clock changes while they are written: statements stay in order, and it is said.

mod common;

use flamedrop::document::{Content, Document};

/// The diagnostics of a log, and the steps between its statements, ms.
fn steps(text: &str) -> (String, Vec<f64>) {
    let document: Document = common::open(text).expect("a log");
    let Content::Queries(log) = &document.content else { panic!("no log") };
    let ends: Vec<f64> = (0..log.statements.len())
        .map(|at| log.statements.start[at] + log.statements.duration[at].max(0.0))
        .collect();
    (common::diagnostics(&document), ends.windows(2).map(|pair| (pair[1] - pair[0]).round()).collect())
}

/// Where summer time ends: 02:59:59.9 is followed by 02:00:00.1.
const STAMPS: [&str; 3] = ["2026-10-25 02:59:58,900", "2026-10-25 02:59:59,900", "2026-10-25 02:00:00,100"];

#[test]
fn an_hour_that_comes_twice_does_not_put_djangos_statements_out_of_order() {
    let text = |stamp: &str| {
        format!("{stamp} DEBUG django.db.backends (0.001) SELECT 1 FROM t; args=(); alias=default\n")
    };
    let json = |stamp: &str| {
        format!(
            "{{\"asctime\": \"{stamp}\", \"name\": \"django.db.backends\", \"duration\": 0.001, \
             \"sql\": \"SELECT 1 FROM t\", \"params\": [], \"alias\": \"default\"}}\n"
        )
    };
    for log in [STAMPS.map(text).concat(), STAMPS.map(json).concat()] {
        let (said, steps) = steps(&log);
        assert!(said.contains("fell back by about an hour"), "{said}");
        assert_eq!(steps, [1000.0, 200.0]);
    }
}

#[test]
fn a_clock_that_was_set_is_said() {
    let stamps = ["2026-10-25T12:00:00.000Z", "2026-10-25T12:00:01.000Z", "2026-10-25T11:20:00.000Z"];
    let slow = |stamp: &str| {
        format!(
            "# Time: {stamp}\n# User@Host: a[a] @ localhost []  Id: 7\n\
             # Query_time: 0.001000  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 1\n\
             SET timestamp=1793000000;\nSELECT 1 FROM t;\n"
        )
    };
    let (said, _) = steps(&stamps.map(slow).concat());
    // In UTC no hour comes twice.
    assert!(said.contains("run backwards") && !said.contains("fell back"), "{said}");
}
