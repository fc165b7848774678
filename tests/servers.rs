//! What is read out of a PostgreSQL log must equal what the server counted itself.
//!
//! `tests/record/postgres.sh` lets the same visitors into the shop under several settings of one
//! server and keeps, beside each log, the calls of `pg_stat_statements` for the same time. Its texts
//! have `$1` where the log has literals, so both go through our own fingerprint before they are
//! compared: <https://www.postgresql.org/docs/15/pgstatstatements.html>.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use flamedrop::document::{Content, Document};
use flamedrop::import;
use flamedrop::input::MemorySource;
use flamedrop::queries::lexer::Dialect;
use flamedrop::queries::{QueryLog, fingerprint};
use serde::Deserialize;

/// One entry of `pg_stat_statements`.
#[derive(Deserialize)]
struct Entry {
    query: String,
    calls: u64,
}

fn data(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/postgres").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn read(name: &str) -> (Document, QueryLog) {
    // Neither the name nor its ending may help to recognise the file.
    let document = import::import(&MemorySource::new("unknown", data(name)), &|_| {})
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let log = match &document.content {
        Content::Queries(log) => (**log).clone(),
        _ => panic!("{name} was taken for a profile"),
    };
    (document, log)
}

/// Calls by fingerprint, as the server counted: what ended in an error is not among them.
fn counted_by_server(recording: &str) -> BTreeMap<String, u64> {
    let entries: Vec<Entry> =
        serde_json::from_slice(&data(&format!("{recording}.statements.json"))).expect("valid JSON");
    let mut calls = BTreeMap::new();
    for entry in entries {
        *calls.entry(fingerprint::text(entry.query.as_bytes(), Dialect::PostgreSql)).or_default() +=
            entry.calls;
    }
    calls
}

/// Calls by fingerprint, as read.
fn counted_in_log(log: &QueryLog) -> BTreeMap<String, u64> {
    let mut calls = BTreeMap::new();
    for (&index, &failed) in log.statements.fingerprint.iter().zip(&log.statements.failed) {
        let text = &log.fingerprints[index as usize].text;
        // Before version 17, pg_stat_statements leaves out DEALLOCATE.
        if failed == 0 && text != "DEALLOCATE ALL" {
            *calls.entry(text.clone()).or_default() += 1;
        }
    }
    calls
}

/// The recordings, and every file of each that can be read.
const RECORDINGS: [(&str, &[&str]); 5] = [
    ("client", &["client.log", "client.csv", "client.json"]),
    ("server", &["server.log", "server.csv.gz", "server.json.gz"]),
    ("prepared", &["prepared.log.gz"]),
    ("pgbadger", &["pgbadger.log"]),
    ("paired", &["paired.log"]),
];

fn every_log() -> impl Iterator<Item = (&'static str, &'static str, Document, QueryLog)> {
    RECORDINGS.into_iter().flat_map(|(recording, files)| {
        files.iter().map(move |&file| {
            let (document, log) = read(file);
            (recording, file, document, log)
        })
    })
}

#[test]
fn calls_of_every_fingerprint_equal_the_servers_own() {
    for (recording, file, _, log) in every_log() {
        let (ours, servers) = (counted_in_log(&log), counted_by_server(recording));
        let texts: BTreeSet<&String> = ours.keys().chain(servers.keys()).collect();
        let differences: Vec<String> = texts
            .into_iter()
            .filter(|text| ours.get(*text) != servers.get(*text))
            .map(|text| format!("read {:?}, server {:?}: {text}", ours.get(text), servers.get(text)))
            .collect();
        assert!(differences.is_empty(), "{file}:\n{}", differences.join("\n"));
        // The order placed twice is no execution, whether its text stands before its error (`log_statement`) or not.
        assert!(log.statements.failed.iter().all(|&failed| failed == 0), "{file}");
    }
}

/// Whether the client or the server puts the parameters in, and whoever prepares what: two statements
/// that had the same parameters in one recording have the same in all.
#[test]
fn distinct_parameters_do_not_depend_on_how_they_were_sent() {
    let distinct = |log: &QueryLog| {
        let mut seen: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        let statements = &log.statements;
        for index in (0..statements.len()).filter(|&index| statements.failed[index] == 0) {
            let text = &log.fingerprints[statements.fingerprint[index] as usize].text;
            seen.entry(text.clone()).or_default().insert(statements.parameters[index]);
        }
        seen.into_iter().map(|(text, seen)| (text, seen.len())).collect::<BTreeMap<_, _>>()
    };
    let (_, client) = read("client.log");
    let expected = distinct(&client);
    for (_, file, _, log) in every_log() {
        let mut found = distinct(&log);
        // Only a client that prepares statements takes them back.
        found.remove("DEALLOCATE ALL");
        for (text, count) in &found {
            assert_eq!(Some(count), expected.get(text), "{file}: {text}");
        }
        assert_eq!(found.len(), expected.len(), "{file}");
    }
}

#[test]
fn every_statement_has_a_duration_and_its_connection() {
    for (_, file, _, log) in every_log() {
        let statements = &log.statements;
        for index in 0..statements.len() {
            let timed = statements.duration[index].is_finite();
            assert_eq!(timed, statements.failed[index] == 0, "{file}: statement {index}");
        }
        // Two visitors in two rounds, each time with a connection of their own.
        let connections: BTreeSet<u32> = statements.connection.iter().copied().collect();
        assert_eq!(connections.len(), 4, "{file}: {:?}", log.connections);
    }
}

/// What the reader says about each file: the prefix it worked out, the zone, its notices.
#[test]
fn what_was_inferred() {
    let mut lines = Vec::new();
    for (_, file, document, log) in every_log() {
        lines.push(format!("{file}: {} by {}", log.statements.len(), document.format));
        lines.push(format!(
            "  {}; clock {:?}",
            log.inferred.as_deref().unwrap_or("nothing inferred"),
            log.clock
        ));
        for entry in document.diagnostics.entries() {
            lines.push(format!("  {:?}: {} ({})", entry.level, entry.message, entry.count));
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}
