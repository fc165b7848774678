//! SQL logs, read whole: every sample of every format, as a text that people can read.

#![allow(clippy::unwrap_used)]

mod dump;

use flamedrop::document::{Content, Document, Level};
use flamedrop::import;
use flamedrop::input::MemorySource;
use flamedrop::queries::QueryLog;

fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/sql/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Reads a sample under a name that says nothing.
fn open(path: &str) -> Document {
    read(bytes(path))
}

fn read(bytes: Vec<u8>) -> Document {
    import::import(&MemorySource::new("unknown", bytes), &|_| {}).unwrap()
}

fn log(document: &Document) -> &QueryLog {
    match &document.content {
        Content::Queries(log) => log,
        Content::Profile(_) => panic!("a profile"),
    }
}

/// What is the same in every log of one run: fingerprints in the order of execution.
fn run(document: &Document) -> Vec<String> {
    let log = log(document);
    log.statements.fingerprint.iter().map(|&id| log.fingerprints[id as usize].text.clone()).collect()
}

#[test]
fn django_samples() {
    for database in ["postgresql", "sqlite"] {
        for formatter in ["plain", "bare", "json", "struct"] {
            let name = format!("{database}_{formatter}");
            let document = open(&format!("django/{name}.log"));
            insta::assert_snapshot!(
                name.clone(),
                dump::document(&document, &bytes(&format!("django/{name}.log")))
            );
        }
    }
}

#[test]
fn django_logs_of_one_run_are_the_same() {
    for (database, executions) in [("postgresql", 40), ("sqlite", 33)] {
        let plain = open(&format!("django/{database}_plain.log"));
        assert_eq!(run(&plain).len(), executions);
        for formatter in ["bare", "json", "struct"] {
            let other = open(&format!("django/{database}_{formatter}.log"));
            assert_eq!(run(&plain), run(&other), "{formatter}");
            // Text rounds to a millisecond.
            let totals = (log(&plain).total(), log(&other).total());
            assert!((totals.0 - totals.1).abs() < executions as f64 * 0.5, "{totals:?}");
        }
    }
}

#[test]
fn django_detected_behind_foreign_lines() {
    let foreign = "Watching for file changes with StatReloader\nPerforming system checks...\n\n\
        [23/Nov/2026 05:34:15] \"GET / HTTP/1.1\" 200 1234\n";
    for formatter in ["plain", "bare", "json", "struct"] {
        let sample = bytes(&format!("django/postgresql_{formatter}.log"));
        let with_foreign = [b"\xef\xbb\xbf", foreign.as_bytes(), &sample].concat();
        let (alone, behind) = (read(sample), read(with_foreign));
        assert_eq!(alone.format, behind.format);
        assert_eq!(run(&alone), run(&behind), "{formatter}");
        assert_eq!(behind.diagnostics.entries().iter().map(|entry| entry.count).max(), Some(3));
    }
}

#[test]
fn line_ends_of_windows_change_nothing() {
    for path in ["django/postgresql_plain.log", "django/postgresql_json.log"] {
        let unix = bytes(path);
        let windows = String::from_utf8(unix.clone()).unwrap().replace('\n', "\r\n");
        assert_eq!(run(&read(unix)), run(&read(windows.into_bytes())), "{path}");
    }
}

#[test]
fn records_cut_short_are_read_as_far_as_they_go_and_said() {
    let document = read(b"(0.001) SELECT 'a; args=(); alias=default\n(0.002) SELECT 1; args=(); al".to_vec());
    assert_eq!(run(&document), ["SELECT ?", "SELECT ?"]);
    let warnings = document.diagnostics.entries().iter().filter(|entry| entry.level == Level::Warning);
    assert_eq!(warnings.map(|entry| entry.count).sum::<u64>(), 1);
}
