//! What happens to statements and sessions is told in every language that a server speaks: the same work, recorded with
//! another lc_messages each time (tests/data/servers/events), has the same events.

mod common;

use flamedrop::document::{Content, Document};
use flamedrop::queries::{EventKind, NONE, QueryLog};

const LANGUAGES: [(&str, &str); 6] = [
    ("de", "German"),
    ("es", "Spanish"),
    ("fr", "French"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
    ("ru", "Russian"),
];

fn log(document: &Document) -> &QueryLog {
    let Content::Queries(log) = &document.content else { panic!("no log") };
    log
}

fn count(log: &QueryLog, kind: EventKind) -> usize {
    log.events.kind.iter().filter(|found| **found == kind).count()
}

#[test]
fn events_of_every_language() {
    for (code, language) in LANGUAGES {
        let document = common::open(common::bytes(&format!("servers/events/{code}.log"))).expect("a log");
        let log = log(&document);
        for (kind, expected) in [
            (EventKind::Error, 7),
            (EventKind::Deadlock, 1),
            (EventKind::StatementTimeout, 1),
            (EventKind::LockTimeout, 1),
            (EventKind::Cancelled, 1),
            (EventKind::Terminated, 1),
            (EventKind::Refused, 1),
            (EventKind::LockWait, 3),
            (EventKind::LockAcquired, 2),
            (EventKind::TemporaryFile, 2),
            (EventKind::Checkpoint, 2),
            (EventKind::Warning, 1),
            (EventKind::Connected, 10),
        ] {
            assert_eq!(count(log, kind), expected, "{language}: {kind:?}");
        }
        assert_eq!(log.inferred.as_deref(), Some("log_line_prefix = '%m [%p] %q%u@%d/%a '"), "{language}");
        // What those who wait for each other ran.
        let deadlock = log.events.deadlocks.first().expect("a deadlock");
        assert!(deadlock.parts.len() == 2 && deadlock.parts.iter().all(|part| part.1 != NONE), "{language}");
        let note = format!("messages in {language} ");
        let said = document.diagnostics.entries().iter().any(|entry| entry.message.starts_with(&note));
        assert!(said, "{language}");
    }
}

/// Users and applications are those of the sessions, not what stands there before one has them.
#[test]
fn sessions_of_every_language_have_names() {
    for (code, language) in LANGUAGES {
        let document = common::open(common::bytes(&format!("servers/events/{code}.log"))).expect("a log");
        let log = log(&document);
        let mut names: Vec<&str> =
            log.connections.iter().map(|connection| connection.application.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert!(names.contains(&"shop: web, v2 [x]") && names.contains(&"killer"), "{language}: {names:?}");
        for connection in &log.connections {
            let text = format!("{connection:?}");
            assert!(!connection.user.contains('[') && !connection.database.contains('['), "{text}");
            assert!(!connection.application.starts_with('['), "{text}");
        }
    }
}
