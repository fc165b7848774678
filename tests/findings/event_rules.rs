//! Rules about events: each trouble of a real server is found, and the same work without it is clean.

use std::fmt::Write as _;

use flamedrop::findings::{Finding, Value};

use super::{as_read, judged};

/// Recordings in tests/data/events, the rule that speaks about them, and how many findings it has.
const TROUBLES: &[(&str, &str)] = &[
    ("temporary-files", "temporary-files"),
    ("deadlocks", "deadlocks"),
    ("lock-queues", "lock-queues"),
    ("forced-checkpoints", "forced-checkpoints"),
    ("dead-rows", "dead-rows"),
    ("repeated-errors", "repeated-errors"),
    ("refused-connections", "refused-connections"),
    ("statement-timeouts", "statement-timeouts"),
];

const RULES: &[&str] = &[
    "temporary-files",
    "deadlocks",
    "lock-queues",
    "forced-checkpoints",
    "dead-rows",
    "repeated-errors",
    "refused-connections",
    "statement-timeouts",
];

fn found(name: &str) -> Vec<Finding> {
    let mut found = super::flat(judged(&format!("../events/{name}.log")));
    found.retain(|finding| RULES.contains(&finding.rule.as_str()));
    found
}

fn text(finding: &Finding, key: &str) -> String {
    let value = finding.evidence.iter().find(|one| one.key == key).map(|one| &one.value);
    match value {
        Some(Value::Text(text) | Value::Sql(text)) => text.clone(),
        Some(Value::Share(share)) => format!("{share:.2}"),
        Some(Value::Count(count)) => count.to_string(),
        Some(Value::Milliseconds(time)) => format!("{time:.0}"),
        other => panic!("{key}: {other:?}"),
    }
}

#[test]
fn each_trouble_is_found_and_gone_without_it() {
    for (name, rule) in TROUBLES {
        let titles = |found: &[Finding]| {
            found.iter().map(|one| format!("{}: {}", one.rule, one.title)).collect::<Vec<_>>()
        };
        let with = found(name);
        assert!(with.iter().all(|one| one.rule == *rule) && !with.is_empty(), "{name}: {:?}", titles(&with));
        let without = found(&format!("clean-{name}"));
        assert!(without.is_empty(), "clean-{name}: {:?}", titles(&without));
    }
}

#[test]
fn findings_of_events_read_well() {
    let mut all = String::new();
    for (name, _) in TROUBLES {
        let _ = writeln!(all, "{name}");
        all += &as_read(found(name));
    }
    insta::assert_snapshot!(all);
}

/// The recording without temporary files is of a server with the work_mem that the finding names.
#[test]
fn the_memory_that_is_proposed_does() {
    let files = &found("temporary-files")[0];
    assert_eq!(text(files, "work_mem"), "16MB");
    assert_eq!((text(files, "files"), text(files, "kept")), ("6".into(), "1.00".into()));
}

#[test]
fn the_two_statements_of_a_deadlock_and_their_order() {
    let deadlocks = found("deadlocks");
    assert_eq!(deadlocks.len(), 1);
    let one = &deadlocks[0];
    assert_eq!(text(one, "deadlocks"), "5");
    assert_eq!(text(one, "waiting_1"), "UPDATE orders SET note = ? WHERE id = ?");
    assert_eq!(text(one, "waiting_2"), "UPDATE orders SET note = ? WHERE id = ?");
    assert_eq!(text(one, "before"), "UPDATE orders SET total = total + ? WHERE id = ?");
}

#[test]
fn who_is_idle_in_transaction_is_named() {
    let queues = found("lock-queues");
    assert_eq!(queues.len(), 1);
    let one = &queues[0];
    assert_eq!(text(one, "waits"), "8");
    assert_eq!(text(one, "held_by"), "UPDATE orders SET total = ? WHERE id = ?");
    assert!(text(one, "idle").parse::<f64>().is_ok_and(|share| share > 0.9), "{}", text(one, "idle"));
    assert!(one.remedy.contains("keeps its transaction open"));
}
