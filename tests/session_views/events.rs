//! Events through filters: sums over any grouping are the whole, and every filter of statements holds for them.

use super::*;
use flamedrop::protocol::{EventColumn, EventGlance, EventGroupRow, EventRow, EventView};
use flamedrop::queries::events::{EventBy, EventFigures, Facts};
use flamedrop::queries::{EventClass, EventKind, QueryLog};

const EVENTS: [&str; 6] = [
    "events/trouble.log.gz",
    "events/lock-queues.log.gz",
    "events/refused-connections.log.gz",
    "sql/postgres/pg15.log",
    "postgres/events.json.gz",
    "findings/clean-orders.sql.jsonl",
];

fn event_glance(session: &mut Session, filter: &Filter) -> EventGlance {
    match ask(session, filter, Ask::EventGlance) {
        Answer::EventGlance(glance) => *glance,
        other => panic!("{other:?}"),
    }
}

fn event_groups(
    session: &mut Session,
    filter: &Filter,
    class: Option<EventClass>,
    by: EventBy,
    within: Option<(By, u32)>,
) -> (Vec<EventGroupRow>, EventFigures) {
    match ask(session, filter, Ask::EventGroups { class, by, within, window: all(EventColumn::Count) }) {
        Answer::EventGroups(page, whole) => (page.page, whole),
        other => panic!("{other:?}"),
    }
}

fn list(
    session: &mut Session,
    filter: &Filter,
    class: Option<EventClass>,
    within: Option<(EventBy, u32)>,
) -> Vec<EventRow> {
    match ask(session, filter, Ask::EventList { class, within, window: all(EventColumn::First) }) {
        Answer::EventList(page) => page.page,
        other => panic!("{other:?}"),
    }
}

fn event(session: &mut Session, event: u32) -> EventView {
    match ask(session, &Filter::default(), Ask::Event { event }) {
        Answer::Event(view) => *view,
        other => panic!("{other:?}"),
    }
}

fn log(session: &Session) -> &QueryLog {
    match &session.document().content {
        Content::Queries(log) => log,
        _ => panic!("no log"),
    }
}

#[test]
fn sums_over_every_grouping_of_events_are_the_whole() {
    for path in EVENTS {
        let mut session = open(path);
        for filter in filters(&mut session) {
            let glance = event_glance(&mut session, &filter);
            let what = format!("{path} {filter:?}");
            let counted: u32 = glance.kinds.iter().map(|(_, figures)| figures.count).sum();
            assert_eq!(counted, glance.count, "{what}");
            let in_time = glance.over_time.iter().flat_map(|(_, counts)| counts).sum::<u32>();
            assert_eq!(in_time, glance.count, "{what}");
            for class in EventClass::ALL.into_iter().map(Some).chain([None]) {
                let of_class = |kind: &EventKind| class.is_none_or(|class| kind.class() == class);
                let singles = list(&mut session, &filter, class, None);
                let plans = |by: EventBy, key: u32| by == EventBy::Kind && key == EventKind::Plan as u32;
                for by in EventBy::ALL {
                    let (rows, whole) = event_groups(&mut session, &filter, class, by, None);
                    let count: u32 = rows.iter().map(|row| row.figures.count).sum();
                    assert_eq!(count, whole.count, "{what} {class:?} {by:?}");
                    let amount: f64 = rows.iter().map(|row| row.figures.amount).sum();
                    assert!(near(amount, whole.amount), "{what} {class:?} {by:?}");
                    assert_eq!(rows.iter().flat_map(|row| &row.over_time).sum::<u32>(), whole.count);
                    if class != Some(EventClass::Plans) && class.is_some() {
                        let kinds = glance.kinds.iter().filter(|(kind, _)| of_class(kind));
                        assert_eq!(
                            kinds.map(|(_, it)| it.count).sum::<u32>(),
                            whole.count,
                            "{what} {class:?}"
                        );
                        assert_eq!(singles.len(), whole.count as usize, "{what} {class:?} {by:?}");
                    }
                    for row in rows.iter().filter(|row| !plans(by, row.key)).take(12) {
                        if class.is_some() {
                            let own = list(&mut session, &filter, class, Some((by, row.key)));
                            assert_eq!(own.len(), row.figures.count as usize, "{what} {by:?} {}", row.label);
                        }
                        // A filter by what the row is of leaves the row; by table, wherever it is named.
                        let EventBy::Of(of) = by else { continue };
                        let Some(value) = row.value.clone().filter(|_| of != By::Table) else { continue };
                        if filter.facets.iter().any(|facet| facet.by == of) {
                            continue;
                        }
                        let mut narrow = filter.clone();
                        narrow.facets.push(Facet { by: of, value, not: false });
                        let (_, narrowed) =
                            event_groups(&mut session, &narrow, class, EventBy::Message, None);
                        assert_eq!(narrowed.count, row.figures.count, "{what} {of:?} {}", row.label);
                        let (_, within) =
                            event_groups(&mut session, &filter, class, EventBy::Kind, Some((of, row.key)));
                        assert_eq!(within.count, row.figures.count, "{what} {of:?} {}", row.label);
                    }
                }
            }
        }
    }
}

#[test]
fn neighbouring_ranges_share_no_event() {
    for path in EVENTS {
        let mut session = open(path);
        let whole = event_glance(&mut session, &Filter::default()).count;
        let (first, last) = log(&session).span().expect("a span");
        let length = last - first;
        let mut sum = 0;
        for part in 0..7 {
            let range = Some((length * f64::from(part) / 7.0, length * f64::from(part + 1) / 7.0));
            sum += event_glance(&mut session, &Filter { range, ..Filter::default() }).count;
        }
        assert_eq!(sum, whole, "{path}");
    }
}

/// What the recording has (`grep -c` says the same).
#[test]
fn a_log_with_a_bit_of_everything() {
    let mut session = open("events/trouble.log.gz");
    let glance = event_glance(&mut session, &Filter::default());
    let text: Vec<String> =
        glance.kinds.iter().map(|(kind, figures)| format!("{} {}", kind.key(), figures.count)).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn failed_only_shows_what_failed() {
    let mut session = open("events/repeated-errors.log.gz");
    let failed = Filter { failed: true, ..Filter::default() };
    let whole = glance(&mut session, &Filter::default()).figures;
    assert_eq!((whole.calls, whole.failed, whole.attempts), (40, 0, 40));
    assert_eq!(whole.all_failed(), 40);
    let only = glance(&mut session, &failed).figures;
    assert_eq!((only.calls, only.attempts), (0, 40));
    let (page, _) = groups(&mut session, &failed, By::Fingerprint);
    let rows: Vec<_> = page.page.iter().map(|row| (row.label.as_str(), row.figures.all_failed())).collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].0.starts_with("INSERT INTO orders") && rows[0].1 == 40, "{rows:?}");
    // Its panel opens, though it never ran to its end.
    let key = page.page[0].key;
    match ask(&mut session, &failed, Ask::Group { by: By::Fingerprint, key, threshold: 500.0 }) {
        Answer::Group(Some(detail)) => {
            assert_eq!(detail.row.figures.attempts, 40);
            assert_eq!(detail.series.attempts.iter().sum::<u32>(), 40);
            assert!(detail.text.starts_with("INSERT INTO orders"));
        }
        other => panic!("{other:?}"),
    }
    let (rows, _) = event_groups(&mut session, &failed, None, EventBy::State, None);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].label.as_str(), rows[0].figures.count), ("23505 unique_violation", 40));
    // Requests have them as well.
    let window = all(RequestColumn::Failed);
    match ask(&mut session, &failed, Ask::Requests { by_view: false, threshold: 100.0, window }) {
        Answer::Requests(page) => {
            let attempts: u32 = page.page.iter().map(|row| row.usage.attempts).sum();
            assert!(attempts > 0 && attempts <= 40, "{attempts}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_query_is_told_of_the_range_that_is_looked_at() {
    let mut session = open("events/temporary-files.log.gz");
    let (page, _) = groups(&mut session, &Filter::default(), By::Fingerprint);
    let key = page.page[0].key;
    let (first, _) = log(&session).span().expect("a span");
    let files = |session: &mut Session, filter: &Filter| {
        let (rows, whole) = event_groups(session, filter, None, EventBy::Kind, Some((By::Fingerprint, key)));
        assert!(rows.len() <= 1);
        (whole.count, whole.amount, whole.largest)
    };
    assert_eq!(files(&mut session, &Filter::default()), (6, 6.0 * 4_653_056.0, 4_653_056.0));
    let second = log(&session).statements.start[2] - first;
    let range = Some((second, second + 100.0));
    assert_eq!(files(&mut session, &Filter { range, ..Filter::default() }).0, 1);
}

#[test]
fn who_held_a_lock_and_what_it_did_meanwhile() {
    let mut session = open("events/lock-queues.log.gz");
    let rows = list(&mut session, &Filter::default(), Some(EventClass::Locks), None);
    let waits: Vec<&EventRow> = rows.iter().filter(|row| row.kind == EventKind::LockWait).collect();
    let first = waits.last().expect("a wait");
    let Some(Facts::Lock(lock)) = &first.facts else { panic!("no lock") };
    assert!(lock.acquired && lock.waited > 1000.0, "{lock:?}");
    assert_eq!(lock.holders.len(), 1);
    let view = event(&mut session, first.event);
    // Its transaction was open while psql slept.
    assert!(view.idle > 0.9 * lock.waited, "{} of {}", view.idle, lock.waited);
    assert!(view.detail.message.contains("still waiting for ShareLock"), "{}", view.detail.message);
    // A wait adds up once, though it is told of twice.
    let (_, whole) =
        event_groups(&mut session, &Filter::default(), Some(EventClass::Locks), EventBy::Message, None);
    let sum: f64 = waits
        .iter()
        .map(|row| match &row.facts {
            Some(Facts::Lock(lock)) => lock.waited,
            _ => 0.0,
        })
        .sum();
    assert!(near(whole.amount, sum), "{} {sum}", whole.amount);
}

#[test]
fn what_waited_for_each_other_is_told_by_its_statements() {
    let mut session = open("events/deadlocks.log.gz");
    let rows = list(&mut session, &Filter::default(), Some(EventClass::Locks), None);
    let deadlock = rows.iter().find(|row| row.kind == EventKind::Deadlock).expect("a deadlock");
    let view = event(&mut session, deadlock.event);
    assert_eq!(view.parts.len(), 2);
    for (_, query, text) in &view.parts {
        assert!(query.is_some());
        assert_eq!(text, "UPDATE orders SET note = ? WHERE id = ?");
    }
    assert_ne!(view.parts[0].0, view.parts[1].0);
}

#[test]
fn checkpoints_and_vacuums_in_numbers() {
    let mut session = open("events/forced-checkpoints.log.gz");
    let rows = list(&mut session, &Filter::default(), Some(EventClass::Checkpoints), None);
    let by_wal = rows.iter().filter(
        |row| matches!(&row.facts, Some(Facts::Checkpoint(it)) if it.by_wal && it.buffers > 0 && it.distance > 1e6),
    );
    assert!(by_wal.count() >= 5);
    let mut session = open("events/dead-rows.log.gz");
    let rows = list(&mut session, &facet(By::Table, "orders", false), Some(EventClass::Vacuum), None);
    let most = rows
        .iter()
        .filter_map(|row| match &row.facts {
            Some(Facts::Vacuum(vacuum)) => Some(vacuum.kept_dead),
            _ => None,
        })
        .max();
    assert!(most >= Some(40_000), "{most:?}");
}

#[test]
fn sessions_are_counted_once() {
    let mut session = open("events/refused-connections.log.gz");
    let filter = Filter::default();
    let (rows, _) = event_groups(&mut session, &filter, Some(EventClass::Connections), EventBy::Kind, None);
    let count = |name: &str| rows.iter().find(|row| row.label == name).map_or(0, |row| row.figures.count);
    // 24 clients came; those that were refused had said who they are.
    assert_eq!(count("connections"), 24);
    assert_eq!(count("disconnections") + count("refused connections"), 24);
    let applications = event_groups(
        &mut session,
        &filter,
        Some(EventClass::Connections),
        EventBy::Of(By::Application),
        None,
    )
    .0;
    assert!(applications.iter().any(|row| row.label == "shop"), "{applications:?}");
}

/// pgBadger counts the same in the same log (`tests/record/events.sh` has it do so).
#[test]
fn pgbadger_counts_the_same() {
    let theirs: serde_json::Value =
        serde_json::from_slice(&common::bytes("events/trouble.pgbadger.json")).expect("JSON");
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    let mut session = open("events/trouble.log.gz");
    let filter = Filter::default();
    let calls = glance(&mut session, &filter).figures.calls;
    let kinds = event_glance(&mut session, &filter).kinds;
    let of = |wanted: &[EventKind]| {
        let mut sum = EventFigures::default();
        for (_, figures) in kinds.iter().filter(|(kind, _)| wanted.contains(kind)) {
            sum.count += figures.count;
            sum.amount += figures.amount;
            sum.largest = sum.largest.max(figures.largest);
        }
        sum
    };
    use EventKind::*;
    assert_eq!(f64::from(calls), number(&theirs["queries"]));
    let errors = of(&[Error, Deadlock, StatementTimeout, LockTimeout, Cancelled]).count;
    assert_eq!(f64::from(errors), number(&theirs["levels"]["ERROR"]));
    assert_eq!(f64::from(of(&[Refused, Terminated]).count), number(&theirs["levels"]["FATAL"]));
    assert_eq!(f64::from(of(&[Warning]).count), number(&theirs["levels"]["WARNING"]));
    let files = of(&[TemporaryFile]);
    assert_eq!(f64::from(files.count), number(&theirs["temporary_files"]["count"]));
    assert_eq!(files.amount, number(&theirs["temporary_files"]["size"]));
    assert_eq!(files.largest, number(&theirs["temporary_files"]["maxsize"]));
    assert_eq!(f64::from(of(&[Connected]).count), number(&theirs["connections"]));
    let ended = of(&[Disconnected]);
    assert_eq!(f64::from(ended.count), number(&theirs["sessions"]));
    assert!((ended.amount - number(&theirs["session_time_ms"])).abs() < 1.0, "{}", ended.amount);
    let counts = |session: &mut Session, kind: EventKind, by: EventBy| {
        let rows = list(session, &filter, Some(kind.class()), None);
        let mut counts = std::collections::BTreeMap::<String, f64>::new();
        for row in rows.into_iter().filter(|row| row.kind == kind) {
            let name = match by {
                EventBy::Of(By::User) => row.user,
                EventBy::Of(By::Application) => row.application,
                _ => row.message,
            };
            *counts.entry(name).or_default() += 1.0;
        }
        counts
    };
    let theirs_by = |name: &str| -> std::collections::BTreeMap<String, f64> {
        let object = theirs[name].as_object().expect("an object");
        object.iter().map(|(name, count)| (name.clone(), number(count))).collect()
    };
    let users = counts(&mut session, Connected, EventBy::Of(By::User));
    assert_eq!(users, theirs_by("connections_by_user"));
    let applications = counts(&mut session, Disconnected, EventBy::Of(By::Application));
    assert_eq!(applications, theirs_by("sessions_by_application"));
    assert_eq!(counts(&mut session, Analyze, EventBy::Message), theirs_by("analyzes"));
    let (states, _) = event_groups(&mut session, &filter, None, EventBy::State, None);
    for (state, count) in theirs_by("errors_by_state") {
        let own = states.iter().find(|row| row.label.starts_with(&state)).map_or(0, |row| row.figures.count);
        // Those of success are waits for locks and the warning there.
        if state != "00000" && state != "25P01" {
            assert_eq!(f64::from(own), count, "{state}");
        }
    }
    let (mut removed, mut kept, mut runs) = (0, 0, 0);
    for row in list(&mut session, &filter, Some(EventClass::Vacuum), None) {
        if let Some(Facts::Vacuum(vacuum)) = row.facts {
            (removed, kept, runs) = (removed + vacuum.removed, kept + vacuum.kept_dead, runs + 1);
        }
    }
    let vacuums = &theirs["vacuums"]["shop.public.orders"];
    let sums = [f64::from(runs), removed as f64, kept as f64];
    assert_eq!(sums, ["count", "removed", "kept"].map(|name| number(&vacuums[name])));
    // Locks that were got: a wait that ends in a deadlock is none of pgBadger's.
    let got: f64 = list(&mut session, &filter, Some(EventClass::Locks), None)
        .iter()
        .filter_map(|row| match &row.facts {
            Some(Facts::Lock(lock)) if lock.acquired => Some(lock.waited),
            _ => None,
        })
        .sum();
    assert!((got - number(&theirs["lock_time_ms"])).abs() < 0.01, "{got}");
}
