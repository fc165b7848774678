//! Rules about events: each trouble of a real server is found, and the same work without it is clean.

use std::fmt::Write as _;

use flamedrop::findings::{Finding, Settings, Value};

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

/// The lines of a server's log with the prefix of PostgreSQL itself.
fn judged_text(lines: &[&str]) -> Vec<Finding> {
    let document = super::common::open(lines.join("\n") + "\n").expect("a log");
    let flamedrop::document::Content::Queries(log) = document.content else { panic!("no log") };
    super::flat(flamedrop::findings::judge_queries(&log, &Settings::default()).findings)
}

/// What failed has no duration, and may have run since the statement before it.
#[test]
fn statements_that_fail_are_no_pause_of_a_transaction() {
    let found = judged_text(&[
        "2026-11-29 21:07:37.749 UTC [11578] web@shop LOG:  duration: 0.037 ms  statement: BEGIN",
        "2026-11-29 21:07:37.750 UTC [11578] web@shop LOG:  duration: 0.629 ms  statement: update a set v=1 where id=9",
        "2026-11-29 21:07:37.751 UTC [11578] web@shop LOG:  duration: 0.035 ms  statement: SAVEPOINT s",
        "2026-11-29 21:07:43.925 UTC [11578] web@shop ERROR:  division by zero",
        "2026-11-29 21:07:43.925 UTC [11578] web@shop STATEMENT:  select count(*) from b where 1/(id-5) > 0",
        "2026-11-29 21:07:43.979 UTC [11578] web@shop LOG:  duration: 0.060 ms  statement: ROLLBACK TO s",
        "2026-11-29 21:07:43.986 UTC [11578] web@shop LOG:  duration: 0.185 ms  statement: update a set v=2 where id=9",
        "2026-11-29 21:07:43.987 UTC [11578] web@shop LOG:  duration: 0.079 ms  statement: COMMIT",
    ]);
    assert!(found.iter().all(|one| one.rule != "transactions"), "{found:?}");
}

/// The deadlock is on one table; a second and a half later the same session waits three seconds for another.
#[test]
fn what_waits_after_a_deadlock_is_another_wait() {
    let found = judged_text(&[
        "2026-11-29 21:10:04.400 UTC [15812] web@shop LOG:  duration: 0.137 ms  statement: BEGIN",
        "2026-11-29 21:10:04.420 UTC [15812] web@shop LOG:  duration: 0.437 ms  statement: UPDATE a SET v=1 WHERE id=1",
        "2026-11-29 21:10:04.669 UTC [15812] web@shop LOG:  process 15812 detected deadlock while waiting for ShareLock on transaction 1164 after 202.106 ms",
        "2026-11-29 21:10:04.669 UTC [15812] web@shop DETAIL:  Process holding the lock: 15813. Wait queue: .",
        "2026-11-29 21:10:04.669 UTC [15812] web@shop STATEMENT:  UPDATE a SET v=2 WHERE id=2",
        "2026-11-29 21:10:04.669 UTC [15812] web@shop ERROR:  deadlock detected",
        "2026-11-29 21:10:04.669 UTC [15812] web@shop DETAIL:  Process 15812 waits for ShareLock on transaction 1164; blocked by process 15813.",
        "\tProcess 15813 waits for ShareLock on transaction 1163; blocked by process 15812.",
        "\tProcess 15812: UPDATE a SET v=2 WHERE id=2",
        "\tProcess 15813: UPDATE a SET v=3 WHERE id=1",
        "2026-11-29 21:10:04.669 UTC [15812] web@shop STATEMENT:  UPDATE a SET v=2 WHERE id=2",
        "2026-11-29 21:10:04.680 UTC [15812] web@shop LOG:  duration: 0.037 ms  statement: ROLLBACK",
        "2026-11-29 21:10:06.100 UTC [15812] web@shop LOG:  duration: 0.037 ms  statement: BEGIN",
        "2026-11-29 21:10:06.376 UTC [15812] web@shop LOG:  process 15812 still waiting for ShareLock on transaction 1166 after 200.110 ms",
        "2026-11-29 21:10:06.376 UTC [15812] web@shop DETAIL:  Process holding the lock: 15814. Wait queue: 15812.",
        "2026-11-29 21:10:06.376 UTC [15812] web@shop STATEMENT:  UPDATE cust SET v=2 WHERE id=2",
        "2026-11-29 21:10:09.193 UTC [15812] web@shop LOG:  process 15812 acquired ShareLock on transaction 1166 after 3017.656 ms",
        "2026-11-29 21:10:09.193 UTC [15812] web@shop STATEMENT:  UPDATE cust SET v=2 WHERE id=2",
        "2026-11-29 21:10:09.194 UTC [15812] web@shop LOG:  duration: 3018.037 ms  statement: UPDATE cust SET v=2 WHERE id=2",
        "2026-11-29 21:10:09.198 UTC [15812] web@shop LOG:  duration: 0.079 ms  statement: COMMIT",
    ]);
    let rule =
        |id: &str| found.iter().find(|one| one.rule == id).unwrap_or_else(|| panic!("no {id}: {found:?}"));
    assert!(rule("deadlocks").saving < 300.0, "{:?}", rule("deadlocks"));
    assert!((rule("lock-queues").at_stake - 3017.656).abs() < 1.0, "{:?}", rule("lock-queues"));
}
