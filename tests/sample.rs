//! One request, recorded at once in three files (`tests/record/shop.sh`): what
//! they say must agree, and must be what the page tells a newcomer about it.

use std::collections::BTreeSet;
use std::path::Path;

use flamedrop::document::Content;
use flamedrop::import;
use flamedrop::input::MemorySource;
use flamedrop::profile::Profile;
use flamedrop::queries::QueryLog;

fn read(name: &str) -> Content {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/shop").join(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    import::import(&MemorySource::new(name, bytes), &|_| {})
        .unwrap_or_else(|error| panic!("{name}: {error}"))
        .content
}

fn profile() -> Profile {
    match read("shop.prof") {
        Content::Profile(profile) => *profile,
        _ => panic!("shop.prof was taken for a log"),
    }
}

fn log(name: &str) -> QueryLog {
    match read(name) {
        Content::Queries(log) => *log,
        _ => panic!("{name} was taken for a profile"),
    }
}

fn texts(log: &QueryLog) -> Vec<&str> {
    log.statements.fingerprint.iter().map(|&index| log.fingerprints[index as usize].text.as_str()).collect()
}

/// The text form rounds a statement's time to a millisecond and its end to another.
#[test]
fn both_forms_of_the_log_tell_of_the_same_statements() {
    let (json, text) = (log("shop.sql.jsonl"), log("shop.sql.log"));
    assert_eq!(texts(&json), texts(&text));
    assert_eq!(json.statements.parameters, text.statements.parameters);
    for (exact, rounded) in json.statements.duration.iter().zip(&text.statements.duration) {
        assert!((exact - rounded).abs() <= 0.5, "{exact} ms became {rounded} ms");
    }
    for (exact, rounded) in json.statements.start.iter().zip(&text.statements.start) {
        assert!((exact - rounded).abs() <= 1.5, "{exact} became {rounded}");
    }
}

#[test]
fn the_profile_knows_as_many_statements_and_more_time() {
    let (profile, log) = (profile(), log("shop.sql.jsonl"));
    // The wrapper that logs: `execute` of CursorDebugWrapper, around that of CursorWrapper.
    let wrapper = (0..profile.functions.len() as u32)
        .filter(|&function| {
            profile.functions.name(function) == "execute"
                && profile.functions.file(function).ends_with("django/db/backends/utils.py")
        })
        .max_by_key(|&function| profile.functions.line(function))
        .expect("Django's cursor executes");
    assert_eq!(profile.functions.calls[wrapper as usize], log.statements.len() as i64);
    let seconds = log.statements.duration.iter().sum::<f64>() / 1e3;
    assert!(seconds < profile.functions.total_time[wrapper as usize]);
    // One connection, one statement at a time: none begins before the one before it has ended. The
    // log's clock counts in microseconds, the durations' in less.
    for index in 1..log.statements.len() {
        let end = log.statements.start[index - 1] + log.statements.duration[index - 1];
        assert!(log.statements.start[index] > end - 0.05, "statement {index}");
    }
    let span = log.statements.start[log.statements.len() - 1] - log.statements.start[0];
    assert!(span / 1e3 < profile.total());
}

/// 25 orders, each asked for its customer, its lines (by the page, and again for the total), and
/// each line for its product.
#[test]
fn there_is_an_n_plus_one_in_it() {
    let log = log("shop.sql.jsonl");
    let texts = texts(&log);
    let of = |table: &str| {
        let statements: Vec<usize> = (0..log.statements.len())
            .filter(|&index| texts[index].contains(&format!("FROM \"{table}\" WHERE \"{table}\"")))
            .collect();
        let distinct: BTreeSet<u64> =
            statements.iter().map(|&index| log.statements.parameters[index]).collect();
        (statements.len(), distinct.len())
    };
    assert_eq!(of("shop_orderline"), (50, 25));
    assert_eq!(of("shop_customer").0, 25 + 1);
    let lines = texts.iter().filter(|text| text.contains("FROM \"shop_product\" WHERE")).count();
    assert!(lines >= 25, "{lines}");
}

/// Nobody's home directory goes out with the site.
#[test]
fn paths_in_it_are_neutral() {
    let profile = profile();
    for function in 0..profile.functions.len() as u32 {
        let file = profile.functions.file(function);
        let neutral = ["/srv/shop/", "/srv/venv/lib/python3.12/", "/usr/lib/python3.12/", "<", "~"];
        assert!(neutral.iter().any(|place| file.starts_with(place)), "{file}");
    }
}
