//! A recorded session in which things happen to statements (`tests/record/postgres_events.sh`), logged by one
//! server in all four ways at once: all tell the same, and count what the server itself counted.

mod common;

use std::collections::BTreeMap;
use std::io::Read;

use flamedrop::document::{Content, Document};
use flamedrop::queries::lexer::Dialect;
use flamedrop::queries::{NONE, QueryLog, fingerprint};
use serde::Deserialize;

fn log(document: &Document) -> &QueryLog {
    match &document.content {
        Content::Queries(log) => log,
        _ => panic!("a profile"),
    }
}

fn unpacked(format: &str) -> Vec<u8> {
    let bytes = common::bytes(&format!("postgres/events.{format}.gz"));
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut text).expect("gzip");
    text
}

fn open(format: &str) -> Document {
    common::open(unpacked(format)).unwrap_or_else(|error| panic!("{format}: {error}"))
}

#[derive(Deserialize)]
struct Entry {
    query: String,
    calls: u64,
}

/// Statements and events, with what belongs to what; in the order of each process.
fn told(document: &Document) -> Vec<String> {
    let log = log(document);
    let mut lines = Vec::new();
    for index in 0..log.statements.len() {
        let process = &log.connections[log.statements.connection[index] as usize].process;
        let text = &log.fingerprints[log.statements.fingerprint[index] as usize].text;
        let happened = log.events.counts(log.events.of_statement(index as u32));
        let happened: Vec<String> = happened.into_iter().map(|(kind, count)| kind.counted(count)).collect();
        lines.push(format!(
            "{process} {:9.3} ms {text:.70}: {}",
            log.statements.duration[index],
            happened.join(", ")
        ));
    }
    for event in (0..log.events.len()).filter(|&event| log.events.statement[event] == NONE) {
        let process = &log.connections[log.events.connection[event] as usize].process;
        let text = log.event_fingerprint(event).map_or("(none)", |fingerprint| fingerprint.text.as_str());
        let state = log.events.state(event).unwrap_or_default();
        lines.push(format!("{process} {:?} {state} {text:.70}", log.events.kind[event]));
    }
    // Of equal starts, those of several processes come in any order.
    lines.sort_by_key(|line| line.split(' ').next().map(str::to_owned));
    lines
}

#[test]
fn four_ways_of_logging_tell_the_same() {
    let stderr = told(&open("log"));
    insta::assert_snapshot!(stderr.join("\n"));
    for format in ["csv", "json", "syslog"] {
        let found = told(&open(format));
        assert_eq!(found, stderr, "{format}");
    }
    assert_eq!(open("syslog").format, "postgres-syslog");
}

#[test]
fn calls_equal_the_servers_own() {
    let entries: Vec<Entry> =
        serde_json::from_slice(&common::bytes("postgres/events.statements.json")).expect("valid JSON");
    let mut server: BTreeMap<String, u64> = BTreeMap::new();
    for entry in entries {
        *server.entry(fingerprint::text(entry.query.as_bytes(), Dialect::PostgreSql)).or_default() +=
            entry.calls;
    }
    for format in ["log", "csv", "json", "syslog"] {
        let document = open(format);
        let log = log(&document);
        let mut calls: BTreeMap<String, u64> = BTreeMap::new();
        for (&of, &failed) in log.statements.fingerprint.iter().zip(&log.statements.failed) {
            *calls.entry(log.fingerprints[of as usize].text.clone()).or_default() += u64::from(failed == 0);
        }
        assert_eq!(calls, server, "{format}");
    }
}
