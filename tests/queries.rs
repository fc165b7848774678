//! SQL logs, read whole: every sample of every format, as a text that people can read.

#![allow(clippy::unwrap_used)]

mod dump;

use std::collections::{BTreeMap, BTreeSet};

use flamedrop::document::{Content, Document, Level};
use flamedrop::import;
use flamedrop::input::MemorySource;
use flamedrop::queries::lexer::Dialect;
use flamedrop::queries::{QueryLog, fingerprint};

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
        _ => panic!("a profile"),
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

#[test]
fn postgres_sample() {
    let path = "postgres/pg15.log";
    let document = open(path);
    insta::assert_snapshot!("postgres_pg15", dump::document(&document, &bytes(path)));
    // 205 `statement`, 42 `execute`, 4 texts with their bare duration, 2 durations without a text.
    assert_eq!(log(&document).statements.len(), 253);
}

/// A recording in `tests/data/postgres`, unwrapped from gzip.
fn recording(name: &str) -> Document {
    let folder = format!("{}/tests/data/postgres", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(format!("{folder}/{name}.log"))
        .or_else(|_| std::fs::read(format!("{folder}/{name}.log.gz")))
        .unwrap();
    read(bytes)
}

/// What that server's `pg_stat_statements` counted: calls by our fingerprint.
fn counted(name: &str) -> BTreeMap<String, u64> {
    let path = format!("{}/tests/data/postgres/{name}.statements.json", env!("CARGO_MANIFEST_DIR"));
    let rows: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut counted = BTreeMap::new();
    for row in rows.as_array().unwrap() {
        let query = row["query"].as_str().unwrap().as_bytes();
        let text = fingerprint::text(query, Dialect::PostgreSql);
        *counted.entry(text).or_default() += row["calls"].as_u64().unwrap();
    }
    counted
}

#[test]
fn calls_are_those_of_the_servers_own_statistics() {
    for name in ["client", "server", "prepared", "paired", "pgbadger"] {
        let document = recording(name);
        let log = log(&document);
        let read: BTreeMap<String, u64> = log
            .fingerprints
            .iter()
            .zip(&log.numbers)
            .map(|(fingerprint, numbers)| {
                // One that failed is an execution for us if its text was logged, but not for the server.
                (fingerprint.text.clone(), u64::from(numbers.calls - numbers.failed))
            })
            // The server does not count these.
            .filter(|(text, _)| !text.starts_with("DEALLOCATE"))
            .collect();
        similar(name, &read, &counted(name));
        assert!(log.numbers.iter().all(|numbers| numbers.without_duration == numbers.failed), "{name}");
    }
}

/// Fails with what differs only.
fn similar(name: &str, read: &BTreeMap<String, u64>, counted: &BTreeMap<String, u64>) {
    let mut differences = String::new();
    for text in read.keys().chain(counted.keys()).collect::<BTreeSet<_>>() {
        let (ours, theirs) = (read.get(text), counted.get(text));
        if ours != theirs {
            differences += &format!("{ours:?} read, {theirs:?} counted: {text}\n");
        }
    }
    assert!(differences.is_empty(), "{name}:\n{differences}");
}
