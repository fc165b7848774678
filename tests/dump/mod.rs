//! A log as a text to read: what it is, its fingerprints, its executions, what was noticed.

use std::fmt::Write;

use flamedrop::document::{Content, Document};
use flamedrop::import;
use flamedrop::queries::{Clock, QueryLog};

/// `document`, whose file holds `bytes`.
pub fn document(document: &Document, bytes: &[u8]) -> String {
    let Content::Queries(log) = &document.content else { panic!("a profile") };
    let mut text = String::new();
    let statements = &log.statements;
    write!(
        text,
        "{}: {} executions, {} fingerprints",
        document.format,
        statements.len(),
        log.fingerprints.len()
    )
    .unwrap();
    writeln!(text, ", {:.3} ms", log.total()).unwrap();
    if let Some(inferred) = &log.inferred {
        writeln!(text, "inferred: {inferred}").unwrap();
    }
    writeln!(text, "clock: {:?}", log.clock).unwrap();
    for (index, connection) in log.connections.iter().enumerate() {
        writeln!(text, "connection {index}: {}", parts(connection)).unwrap();
    }
    for diagnostic in document.diagnostics.entries() {
        let first = diagnostic.first.as_deref().map(|first| format!(" [{first}]")).unwrap_or_default();
        writeln!(text, "{:?} ×{}: {}{first}", diagnostic.level, diagnostic.count, diagnostic.message)
            .unwrap();
    }
    text.push('\n');
    fingerprints(&mut text, log);
    text.push('\n');
    executions(&mut text, document, log, bytes);
    text
}

fn parts(connection: &flamedrop::queries::Connection) -> String {
    let flamedrop::queries::Connection { process, database, user, application, client, thread } = connection;
    let thread = thread.map(|thread| thread.to_string()).unwrap_or_default();
    [
        ("process", process),
        ("database", database),
        ("user", user),
        ("application", application),
        ("client", client),
        ("thread", &thread),
    ]
    .iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| format!("{name} {value}"))
    .collect::<Vec<_>>()
    .join(", ")
}

fn fingerprints(text: &mut String, log: &QueryLog) {
    for (index, (fingerprint, numbers)) in log.fingerprints.iter().zip(&log.numbers).enumerate() {
        writeln!(
            text,
            "#{index} {:?} on {}: {} × {:.3} ms = {:.3}{}\n   {}",
            fingerprint.operation,
            if fingerprint.tables.is_empty() { "nothing".into() } else { fingerprint.tables.join(", ") },
            numbers.calls,
            numbers.mean,
            numbers.total,
            if numbers.without_duration > 0 {
                format!(" ({} without a duration)", numbers.without_duration)
            } else {
                String::new()
            },
            fingerprint.text
        )
        .unwrap();
    }
}

/// One line each: start after the first, duration, fingerprint, connection, and the text found again
/// in the file.
fn executions(text: &mut String, document: &Document, log: &QueryLog, bytes: &[u8]) {
    let statements = &log.statements;
    let format = import::by_id(document.format).unwrap();
    for index in 0..statements.len() {
        let origin = match log.clock {
            Clock::Wall { .. } => statements.start[0],
            Clock::Sequence => 0.0,
        };
        let (offset, length) = (statements.offset[index] as usize, statements.length[index] as usize);
        let found = format.statement_text(&bytes[offset..offset + length]);
        let (sql, parameters) = found.map_or_else(
            || ("-".to_owned(), String::new()),
            |found| {
                (found.sql, found.parameters.map(|parameters| format!(" ← {parameters}")).unwrap_or_default())
            },
        );
        writeln!(
            text,
            "{:>9.3} +{:.3} #{} @{}{} {}{}",
            statements.start[index] - origin,
            statements.duration[index],
            statements.fingerprint[index],
            statements.connection[index],
            if statements.failed[index] == 1 { " failed" } else { "" },
            short(&sql),
            short(&parameters),
        )
        .unwrap();
    }
}

/// Line ends visible, the middle of long texts left out.
fn short(text: &str) -> String {
    let text = text.replace('\n', "⏎").replace('\t', "⇥");
    let characters: Vec<char> = text.chars().collect();
    match characters.len() {
        0..=110 => text,
        length => {
            let (head, tail) = (&characters[..70], &characters[length - 35..]);
            head.iter().chain(&['…']).chain(tail).collect()
        }
    }
}
