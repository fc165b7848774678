//! Logs of requests as they lie about: between an application's lines, in Docker's JSON, in parts that are packed each in
//! another way, over a change of the clocks.

mod common;

use std::io::Write as _;
use std::rc::Rc;

use common::requests::open;
use flamedrop::document::Content;
use flamedrop::import;
use flamedrop::input::{Composite, MemorySource, Source};
use flamedrop::queries::Clock;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

fn access(stamp: &str, path: &str, took: &str) -> String {
    format!("10.0.0.9 - - [{stamp}] \"GET {path} HTTP/1.1\" 200 9 \"-\" \"curl\" {took}")
}

#[test]
fn one_line_in_ten_is_a_request() {
    for (count, others) in [(60, 9), (6, 10)] {
        let mut text = String::from("[INFO] Starting\n[INFO] Listening at: http://0.0.0.0:8000 (7)\n");
        for at in 0..count {
            for line in 0..others {
                text.push_str(&match line % 3 {
                    0 => {
                        format!("2026-11-20 10:00:{:02},123 INFO shop.tasks order {at} was packed\n", at % 60)
                    }
                    1 => format!("  warehouse {line}: \"red shoe\" 200 in stock\n"),
                    _ => "Traceback (most recent call last):\n".to_owned(),
                });
            }
            let stamp = format!("20/Nov/2026:10:00:{:02} +0000", at % 60);
            text.push_str(&(access(&stamp, "/a", "0.020123") + "\n"));
        }
        let (document, log) = open(&text);
        assert_eq!(log.statements.len(), count, "{}", document.format);
        assert!(log.statements.duration.iter().all(|duration| (duration - 20.123).abs() < 1e-9));
    }
    // Two among a hundred are somebody's notes.
    let mut text = "just words\n".repeat(100);
    text.push_str(&(access("20/Nov/2026:10:00:00 +0000", "/a", "0.1") + "\n").repeat(2));
    assert!(common::open(text.as_bytes()).is_err());
}

#[test]
fn an_sql_log_with_requests_in_it_stays_one() {
    let mut text = String::new();
    for at in 0..40 {
        for _ in 0..6 {
            text.push_str("(0.001) SELECT \"shop_order\".\"id\" FROM \"shop_order\" WHERE \"shop_order\".\"id\" = 7; args=(7,)\n");
        }
        text.push_str(&format!("[20/Nov/2026 10:00:{:02}] \"GET /a HTTP/1.1\" 200 9\n", at % 60));
    }
    let document = common::open(text.as_bytes()).expect("a log");
    assert!(matches!(document.content, Content::Queries(_)), "{}", document.format);
}

#[test]
fn uvicorn_within_dockers_json() {
    let mut text = String::new();
    for at in 0..30 {
        let (own, application) = (
            format!("INFO:     127.0.0.1:4{at:02}86 - \\\"GET /fast/{at}/ HTTP/1.1\\\" 200 OK"),
            "INFO:     Application startup complete.",
        );
        for line in [own.as_str(), application] {
            text.push_str(&format!(
                "{{\"log\":\"{line}\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T10:00:{at:02}.5{at:02}Z\"}}\n"
            ));
        }
    }
    let (document, log) = open(&text);
    assert_eq!((document.format, log.statements.len()), ("uvicorn-access", 30));
    let routes: Vec<&str> = log.fingerprints.iter().map(|route| route.text.as_str()).collect();
    assert_eq!(routes, ["GET /fast/{id}/"]);
    // uvicorn says no time: Docker's is the line's.
    assert!(matches!(log.clock, Clock::Wall { .. }), "{:?}", log.clock);
    assert_eq!(log.statements.start[1] - log.statements.start[0], 1001.0);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

#[test]
fn rotated_parts_each_packed_in_another_way_are_one_log() {
    let line = |at: u32| {
        let stamp = format!("20/Nov/2026:10:{:02}:{:02} +0000", at / 60, at % 60);
        access(&stamp, &format!("/p/{at}"), &format!("0.0{:02}000", at % 90 + 10)) + "\n"
    };
    let part = |range: std::ops::Range<u32>| range.map(line).collect::<String>().into_bytes();
    let whole = common::open(part(0..900)).expect("a log");
    let memory = |name: &str, bytes: Vec<u8>| -> Rc<dyn Source> { Rc::new(MemorySource::new(name, bytes)) };
    let files = vec![
        memory("access.log", part(700..900)),
        memory("access.log.1", compress_to_vec(&part(400..700)[..], CompressionLevel::Fastest)),
        memory("access.log.2.gz", gzip(&part(0..400))),
    ];
    let bundle = Composite::bundle("access.log", files);
    let joined = import::import(&bundle, &|_| ()).expect("a log");
    let (Content::Requests(whole), Content::Requests(log)) = (&whole.content, &joined.content) else {
        panic!("no logs of requests")
    };
    assert_eq!(joined.name, "access.log");
    assert_eq!(log.statements.len(), 900);
    assert_eq!(log.statements.start, whole.statements.start);
    assert_eq!(log.statements.duration, whole.statements.duration);
    assert!(common::diagnostics(&joined).contains("3 files are read as one log"));
}

#[test]
fn the_zone_changes_within_the_log() {
    // The clock goes back at 03:00, forward at 02:00; in London winter is UTC.
    for (before, after) in [
        (("25/Oct/2026:02:59:", "+0200"), ("25/Oct/2026:02:00:", "+0100")),
        (("29/Mar/2026:01:59:", "+0100"), ("29/Mar/2026:03:00:", "+0200")),
        (("29/Mar/2026:00:59:", "+0000"), ("29/Mar/2026:02:00:", "+0100")),
        (("25/Oct/2026:01:59:", "+0100"), ("25/Oct/2026:01:00:", "+0000")),
    ] {
        let mut text = String::new();
        for (minute, zone) in [before, after] {
            for at in 0..60 {
                text.push_str(&(access(&format!("{minute}{at:02} {zone}"), "/a", "0.020000") + "\n"));
            }
        }
        let (document, log) = open(&text);
        let starts = &log.statements.start;
        let said = common::diagnostics(&document);
        assert_eq!(starts.len(), 120);
        let step = |at: usize| starts[at + 1] - starts[at];
        assert!((0..119).all(|at| step(at) == 1000.0), "{before:?} {after:?}: {} {said}", step(59));
        assert!(said.contains("the zone changes within the log"), "{said}");
    }
    // Two processes whose zones differ write in turn.
    let mut text = String::new();
    for at in 0..60 {
        let (hour, zone) = if at % 2 == 0 { (10, "+0000") } else { (4, "-0600") };
        text.push_str(
            &(access(&format!("20/Nov/2026:{hour:02}:00:{at:02} {zone}"), "/a", "0.020000") + "\n"),
        );
    }
    let (_, log) = open(&text);
    assert!(log.statements.start.windows(2).all(|pair| pair[1] - pair[0] == 1000.0));
}
