//! Logs of real servers and drivers hold what was sent, and what the servers counted themselves:
//! tests/data/servers.

mod common;

use flamedrop::document::{Content, Document};
use flamedrop::queries::{EventKind, QueryLog};

fn bytes(file: &str) -> Vec<u8> {
    let mut text = Vec::new();
    let packed = common::bytes(&format!("servers/{file}.gz"));
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed[..]), &mut text).expect("gzip");
    text
}

fn read(file: &str) -> (Document, QueryLog) {
    let document = common::open(bytes(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let Content::Queries(log) = &document.content else { panic!("{file}: no log") };
    let log = (**log).clone();
    (document, log)
}

/// Executions of the query with this text.
fn calls(log: &QueryLog, text: &str) -> u32 {
    let known = log.fingerprints.iter().zip(&log.numbers);
    known.filter(|(known, _)| known.text == text).map(|(_, numbers)| numbers.calls).sum()
}

fn events(log: &QueryLog, kind: EventKind) -> usize {
    log.events.kind.iter().filter(|found| **found == kind).count()
}

#[test]
fn psycopg_in_every_format() {
    for (file, format) in [
        ("psycopg-3.3.9.log", "postgres-stderr"),
        ("psycopg-3.3.9.csv", "postgres-csv"),
        ("psycopg-3.3.9.json", "postgres-json"),
    ] {
        let (document, log) = read(file);
        assert_eq!((document.format, log.statements.len()), (format, 66), "{file}");
        assert_eq!(calls(&log, "SELECT pg_sleep(?)"), 3, "{file}");
        assert_eq!(calls(&log, "SELECT n FROM t WHERE id = ?"), 10, "{file}");
        assert_eq!(calls(&log, "INSERT INTO t VALUES (?, ?, ?)"), 5, "{file}");
        assert_eq!(calls(&log, "UPDATE t SET n = ? WHERE id = ?"), 3, "{file}");
        assert_eq!(calls(&log, "FETCH FORWARD ? FROM ?"), 4, "{file}");
        assert_eq!(events(&log, EventKind::Error), 2, "{file}");
        let slept =
            log.fingerprints.iter().zip(&log.numbers).find(|(known, _)| known.text == "SELECT pg_sleep(?)");
        assert!(slept.is_some_and(|(_, numbers)| (151.0..152.0).contains(&numbers.total)), "{file}");
    }
}

/// A cursor is one call in pg_stat_statements, however often it was fetched from.
#[test]
fn asyncpg_counts_a_cursor_once() {
    let (_, log) = read("asyncpg-0.32.0.log");
    assert_eq!(calls(&log, "SELECT * FROM t WHERE id <= ? AND id > ?"), 1);
    assert_eq!(calls(&log, "SELECT a FROM t WHERE id = ?"), 7);
    assert_eq!(calls(&log, "SELECT pg_advisory_unlock_all(); CLOSE ALL; unlisten *; RESET ALL"), 2);
}

/// Three clients took turns on one connection.
#[test]
fn pgbouncer_s_clients_are_told_apart() {
    let (_, log) = read("pgbouncer-1.24.1.log");
    assert_eq!(log.statements.len(), 30);
    assert_eq!(calls(&log, "SELECT a FROM t WHERE id = ?"), 19);
    assert_eq!(calls(&log, "SELECT n FROM t WHERE id = ?"), 4);
    assert_eq!((calls(&log, "BEGIN"), calls(&log, "COMMIT")), (2, 2));
    let mut names: Vec<&str> =
        log.connections.iter().map(|connection| connection.application.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), log.connections.len(), "{names:?}");
    assert_eq!(names.len(), 3, "{names:?}");
    // By what pgbouncer sends when the prefix has no %a.
    let text = String::from_utf8(bytes("pgbouncer-1.24.1.log")).expect("UTF-8");
    let without = text.lines().map(|line| match line.split_once("postgres@postgres/") {
        Some((before, after)) => {
            let rest = after.find(": LOG:  ").or_else(|| after.find(": DETAIL:  ")).expect("a severity");
            format!("{before}postgres@postgres {}\n", &after[rest + 2..])
        }
        None => format!("{line}\n"),
    });
    let document = common::open(without.collect::<String>()).expect("a log");
    let Content::Queries(other) = &document.content else { panic!("no log") };
    assert_eq!(other.statements.len(), 30);
    let mut others: Vec<&str> =
        other.connections.iter().map(|connection| connection.application.as_str()).collect();
    others.sort_unstable();
    others.dedup();
    assert_eq!(others.len(), 3, "{others:?}");
}

/// Of 26 plans 15 are of statements within a function; a plan that comes behind its execute is of that call.
#[test]
fn nested_plans_are_inside_their_statements() {
    let (_, log) = read("auto_explain.log");
    assert_eq!((log.statements.len(), events(&log, EventKind::Plan)), (38, 26));
    assert_eq!(calls(&log, "SELECT fn(?)"), 5);
    let plans =
        log.events.kind.iter().zip(&log.events.statement).filter(|(kind, _)| **kind == EventKind::Plan);
    assert!(plans.into_iter().all(|(_, statement)| (*statement as usize) < log.statements.len()));
}

#[test]
fn waits_and_timeouts() {
    let (document, log) = read("locks.log");
    let executed = log.statements.failed.iter().filter(|failed| **failed == 0).count();
    assert_eq!(executed, 20);
    assert!(common::diagnostics(&document).contains("5 × statements failed"));
    assert_eq!(events(&log, EventKind::Deadlock), 1);
    assert_eq!(events(&log, EventKind::TemporaryFile), 5);
}

#[test]
fn mysql_s_records_without_administrator_commands() {
    let (document, log) = read("mysql-9.7.4-slow-extra.log");
    assert_eq!(log.statements.len(), 56);
    assert!(common::diagnostics(&document).contains("16 × administrator commands are no statements"));
    assert_eq!(calls(&log, "USE `shop`") + calls(&log, "USE shop"), 1);
    let (_, general) = read("mysql-9.7.4-general.log");
    assert!(general.numbers.iter().all(|numbers| numbers.calls > 0));
    assert!(!general.fingerprints.iter().any(|known| known.text.starts_with("EXECUTE ")));
}

#[test]
fn mariadb_s_records_have_the_log_s_times() {
    let (document, log) = read("mariadb-11.8.9-slow-all.log");
    assert_eq!(log.statements.len(), 53);
    let (first, last) = (1_795_904_761e3, 1_795_904_900e3);
    // A session had set its time to 2023.
    assert!(log.statements.start.iter().all(|start| (first..last).contains(start)));
    assert!(common::diagnostics(&document).contains("SET timestamp"));
    // Milliseconds beside seconds.
    assert!(log.statements.duration.iter().all(|duration| *duration < 5000.0));
}

#[test]
fn spans_of_either_names() {
    for file in ["otel-1.45.1-old.json", "otel-1.45.1-stable.json"] {
        let (document, log) = read(file);
        assert_eq!((document.format, log.statements.len()), ("opentelemetry", 10), "{file}");
    }
}

#[test]
fn the_view_s_calls() {
    let (document, log) = read("pg_stat_statements.csv");
    assert_eq!(document.format, "pg-stat-statements");
    assert_eq!(log.numbers.iter().map(|numbers| numbers.calls).sum::<u32>(), 66);
}

/// A server that speaks another language logs the same.
#[test]
fn every_language_of_postgresql_is_read() {
    let mut languages = 0;
    for entry in std::fs::read_dir(common::data("servers/languages")).expect("the languages") {
        let path = entry.expect("an entry").path();
        let document = common::open(std::fs::read(&path).expect("a log"))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let Content::Queries(log) = &document.content else { panic!("no log") };
        let name = path.display();
        assert_eq!(document.format, "postgres-stderr", "{name}");
        let counts: Vec<u32> = ["SELECT ?", "SELECT ? + ?"].iter().map(|text| calls(log, text)).collect();
        assert_eq!((counts, log.statements.len()), (vec![8, 1], 9), "{name}: {:?}", log.fingerprints);
        assert_eq!(events(log, EventKind::Error), 1, "{name}");
        let mut parameters = log.statements.parameters.clone();
        parameters.sort_unstable();
        parameters.dedup();
        assert_eq!(parameters.len(), 9, "{name}: parameters are read");
        assert!(log.statements.duration.iter().all(|duration| duration.is_finite()), "{name}");
        assert_eq!(common::diagnostics(&document).matches("Warning").count(), 0, "{name}");
        languages += 1;
    }
    assert!(languages >= 12, "{languages}");
}
