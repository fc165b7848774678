//! Findings against a real Django project (tests/shop): each fault switched on and off.
//! `./dev record findings` makes the recordings; `measured.json` has what each fault cost without a
//! profiler, which the predicted savings are held against.

#[path = "../common/mod.rs"]
mod common;
mod event_rules;
mod index_rules;
mod inverted_rules;
mod lines;
mod log_rules;
mod measured;
mod pages;
mod profile_rules;
mod replay_rules;

use std::fmt::Write as _;
use std::fs;

use flamedrop::document::{Content, Document};
use flamedrop::findings::together::{Together, together};
use flamedrop::findings::{self, Bound, CATALOGUE, Digest, Finding, Link, Settings, Value, pairs};
use flamedrop::import;
use flamedrop::input::MemorySource;
use flamedrop::protocol::{self, Request, Response};
use flamedrop::session::Session;

/// The recording under its name, packed or not.
fn open(name: &str) -> Option<Document> {
    let found = [name.to_owned(), format!("{name}.gz")].into_iter().find_map(|file| {
        let bytes = fs::read(common::data("findings").join(&file)).ok()?;
        Some((file, bytes))
    });
    let (file, bytes) = found?;
    Some(
        import::import(&MemorySource::new(&file, bytes), &|_| ())
            .unwrap_or_else(|error| panic!("{file}: {error}")),
    )
}

/// All findings of a profile and a log of one request; of a log alone if its whole name is given.
fn judged(name: &str) -> Vec<Finding> {
    let settings = &Settings::default();
    if name.contains('.') {
        let log = open(name).unwrap_or_else(|| panic!("{name} is not there"));
        return findings::judge(&log, settings).findings;
    }
    let profile = open(&format!("{name}.prof")).unwrap_or_else(|| panic!("{name}.prof is not there"));
    let log = open(&format!("{name}.sql.jsonl")).unwrap_or_else(|| panic!("{name}.sql.jsonl is not there"));
    assert_eq!(pairs::stem(&profile.name), pairs::stem(&log.name));
    both(&profile, &log, settings).findings.into_iter().map(|(finding, _)| finding).collect()
}

/// What a profile and a log of one request say together.
fn both(profile: &Document, log: &Document, settings: &Settings) -> Together {
    let (profile, log) = (findings::judge(profile, settings), findings::judge(log, settings));
    let (Some(Digest::Profile(of_profile)), Some(Digest::Queries(of_log))) = (&profile.digest, &log.digest)
    else {
        panic!("no pair");
    };
    together(&profile, &log, &findings::judge_pair(of_profile, of_log))
}

/// The findings, with what other rules say of their causes one by one.
fn flat(found: Vec<Finding>) -> Vec<Finding> {
    found.iter().flat_map(Finding::all).cloned().collect()
}

/// Recordings and the rules that speak about them, by what they are there for.
const FAULTS: &[(&str, &[&str])] = &[
    ("n_plus_one", &["n-plus-one"]),
    ("n_plus_one-category", &["n-plus-one"]),
    ("duplicates", &["duplicates"]),
    ("duplicates-orders", &["duplicates"]),
    ("single_gets", &["n-plus-one"]),
    ("slow_report", &["slow-statements", "unindexable"]),
    ("python_report", &["large-results"]),
    ("unbounded", &["large-results", "templates"]),
    ("regex", &["hottest-function"]),
    ("deepcopy", &["library-costs"]),
    ("instalments", &["hottest-function", "exploding-calls"]),
    ("runtime_import", &["run-time-imports"]),
    ("heavy_auth", &["duplicates"]),
    ("count_after_select", &["n-plus-one", "counted-rows"]),
    ("row_inserts", &["row-writes"]),
    ("heavy_session", &["sessions"]),
    ("unindexed", &["index-candidates"]),
    ("in_turn", &["sequential"]),
    ("logging", &["library-costs"]),
    ("json", &["library-costs"]),
    ("hashing", &["library-costs"]),
    ("static_files", &["library-costs"]),
    ("uncached_templates", &["templates"]),
    ("payment", &["transactions", "external-waits"]),
    ("visits.sql.jsonl", &["database-cache", "sessions", "denormalise", "read-replicas"]),
    ("postgres-rush.log", &["transactions", "slow-writes", "connections"]),
    ("postgres-stocktake.log", &["slow-writes"]),
    ("postgres-crowd.log", &["read-replicas"]),
    ("../events/temporary-files.log", &["temporary-files"]),
    ("../events/deadlocks.log", &["deadlocks"]),
    ("../events/lock-queues.log", &["lock-queues"]),
    ("../events/statement-timeouts.log", &["statement-timeouts"]),
    ("../events/repeated-errors.log", &["repeated-errors"]),
    ("../events/refused-connections.log", &["refused-connections"]),
    ("../events/forced-checkpoints.log", &["forced-checkpoints"]),
    ("../events/dead-rows.log", &["dead-rows"]),
];

const CLEAN: &[&str] = &[
    "clean-category",
    "clean-checkout",
    "clean-front",
    "clean-orders",
    "clean-product",
    "clean-report",
    "clean-search",
    "clean-totals",
    "clean-visits.sql.jsonl",
    "postgres-clean.log",
    "postgres-clean-stocktake.log",
    "postgres-clean-crowd.log",
];

#[test]
fn each_fault_is_found() {
    for (name, rules) in FAULTS {
        let found = judged(name);
        for rule in *rules {
            assert!(
                found.iter().flat_map(Finding::all).any(|finding| finding.rule == *rule),
                "{name}: {rule} says nothing; found {:?}",
                found.iter().map(|finding| &finding.title).collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn nothing_is_found_on_clean_pages() {
    let mut wrong = Vec::new();
    for name in CLEAN {
        wrong.extend(judged(name).into_iter().map(|finding| format!("{name}: {}", finding.title)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What these look at no request of the shop records: `lines.rs` and `profile_rules.rs` have files with the fault and
/// without it.
const OF_OTHER_FILES: &[&str] = &[
    "peak-line",
    "memory-growth",
    "costly-line",
    "memory-churn",
    "row-loop",
    "slow-imports",
    "waits-in-turn",
    "repeated-work",
];

#[test]
fn every_rule_has_a_fault_that_makes_it_speak() {
    for about in CATALOGUE.iter().filter(|about| !OF_OTHER_FILES.contains(&about.id)) {
        assert!(FAULTS.iter().any(|(_, rules)| rules.contains(&about.id)), "{}", about.id);
    }
}

#[test]
fn findings_read_well() {
    let mut text = String::new();
    for (name, _) in FAULTS {
        let _ = writeln!(text, "{name}");
        text += &as_read(judged(name));
    }
    insta::assert_snapshot!(text);
}

/// Findings as they are shown, in short: rule, title, place, and the first line of code.
fn as_read(mut found: Vec<Finding>) -> String {
    let mut text = String::new();
    found.sort_by(findings::by_weight);
    for Finding { rule, title, bound, code, evidence, also, .. } in found {
        let place = evidence.iter().find_map(|one| match (&one.value, one.key.as_str()) {
            (Value::Place(place), "place" | "place_1" | "function" | "importer_1") => Some(place.as_str()),
            _ => None,
        });
        // Times differ from one recording to the next.
        let title = without_times(&title);
        let bound = if bound == Bound::AtMost { "at most" } else { "estimate" };
        let _ = writeln!(text, "  {rule} ({bound}): {title}");
        for other in &also {
            let _ = writeln!(text, "    or {}: {}", other.rule, without_times(&other.title));
        }
        if let Some(place) = place {
            let _ = writeln!(text, "    {place}");
        }
        if let Some(line) = code.lines().next() {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

/// `… in 4,510 ms` as `… in # ms`, `38 %` as `# %`.
fn without_times(title: &str) -> String {
    let words: Vec<&str> = title.split(' ').collect();
    let shown = words.iter().enumerate().map(|(at, word)| {
        let unit = words.get(at + 1).map(|next| next.trim_end_matches([',', ':']));
        let timed = matches!(unit, Some("ms" | "s" | "µs" | "%"));
        if timed { "#" } else { *word }
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn links_lead_to_what_is_there() {
    for (name, _) in FAULTS {
        let alone = name.contains('.');
        let functions = match open(&format!("{name}.prof")).map(|profile| profile.content) {
            Some(Content::Profile(profile)) => profile.functions.len(),
            _ => 0,
        };
        let log = open(&if alone { (*name).to_owned() } else { format!("{name}.sql.jsonl") });
        let Some(Content::Queries(log)) = log.map(|log| log.content) else {
            panic!("{name} has no log");
        };
        let length = log.span().map_or(0.0, |(first, last)| last - first);
        for finding in judged(name) {
            let links = finding.evidence.iter().filter_map(|one| one.link).collect::<Vec<_>>();
            assert!(!links.is_empty(), "{name}: {} leads nowhere", finding.rule);
            for link in links {
                let fits = match link {
                    Link::Function(id) => (id as usize) < functions,
                    Link::Query(id) => log.any_fingerprint(id).is_some(),
                    Link::Statement(at) => (at as usize) < log.statements.len(),
                    // What comes before the first statement, and after the last, is seen as well.
                    Link::Range(from, to) => from < to && to > 0.0 && from < length,
                    Link::Events(class) => log.events.kind.iter().any(|kind| kind.class() == class),
                };
                assert!(fits, "{name}: {} has {link:?}", finding.rule);
            }
        }
    }
}

#[test]
fn numbers_fit_together() {
    for (name, _) in FAULTS {
        fit_together(name, &judged(name));
    }
}

fn fit_together(name: &str, found: &[Finding]) {
    for Finding { rule, at_stake, saving, title, computed, remedy, doubts, evidence, .. } in found {
        assert!(0.0 < *saving && saving <= at_stake, "{name}: {rule} {saving} of {at_stake}");
        let keys: Vec<&str> = evidence.iter().map(|one| one.key.as_str()).collect();
        let mut different = keys.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), keys.len(), "{name}: {rule} {keys:?}");
        for text in [title, computed, remedy, doubts] {
            assert!(!text.is_empty() && !text.contains("  "), "{name}: {rule} {text:?}");
        }
    }
}

#[test]
fn a_servers_log_shows_the_same_faults() {
    let settings = Settings::default();
    let rules = |name: &str| {
        let report = findings::judge(&open(name).unwrap(), &settings);
        report.findings.into_iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    let faults = rules("postgres-faults.log");
    assert!(
        faults.contains(&"n-plus-one".to_owned()) && faults.contains(&"duplicates".to_owned()),
        "{faults:?}"
    );
}

/// bulk_create, bulk_update and in_bulk in batches are many statements, and none of them is of one row.
#[test]
fn batches_are_no_loop() {
    let titles = |statements: &[String]| {
        let line = |(at, sql): (usize, &String)| {
            format!("2026-03-01 10:00:00.{at:03} UTC [77] LOG:  duration: 2.000 ms  statement: {sql}\n")
        };
        let lines: String = statements.iter().enumerate().map(line).collect();
        let log = common::open(lines).expect("a log");
        let found = findings::judge(&log, &Settings::default()).findings;
        let loops = found.into_iter().filter(|one| matches!(&*one.rule, "row-writes" | "n-plus-one"));
        loops.map(|finding| finding.title).collect::<Vec<_>>().join("\n")
    };
    // Six statements of so many rows each.
    let kinds: [fn(usize, usize) -> String; 4] = [
        |first, rows| {
            let rows: Vec<String> = (0..rows).map(|row| format!("({}, 1)", first + row)).collect();
            format!("INSERT INTO shop_line (a, b) VALUES {}", rows.join(", "))
        },
        |first, rows| {
            let cases: String = (0..rows).map(|row| format!(" WHEN id = {} THEN 1", first + row)).collect();
            format!("UPDATE shop_line SET a = (CASE{cases} END) WHERE id IN ({})", list(first, rows))
        },
        |first, rows| format!("DELETE FROM shop_line WHERE id IN ({})", list(first, rows)),
        |first, rows| format!("SELECT id, name FROM shop_line WHERE id IN ({})", list(first, rows)),
    ];
    for kind in kinds {
        let titles = |rows| titles(&(0..6).map(|at| kind(at * 100, rows)).collect::<Vec<_>>());
        assert!(titles(1).contains("row by row"), "{}", titles(1));
        assert!(titles(3).contains("a few rows at a time"), "{}", titles(3));
        assert_eq!(titles(50), "", "{}", kind(0, 50));
    }
    // A list beside the key is none of rows.
    let beside =
        |at| format!("SELECT id FROM shop_line WHERE order_id = {at} AND status IN ({})", list(0, 30));
    let titles = titles(&(0..6).map(beside).collect::<Vec<_>>());
    assert!(titles.contains("row by row"), "{titles}");
}

fn list(first: usize, length: usize) -> String {
    (first..first + length).map(|key| key.to_string()).collect::<Vec<_>>().join(", ")
}

#[test]
fn thresholds_decide() {
    let log = open("n_plus_one.sql.jsonl").unwrap();
    let count = |name: &str, value: f64| {
        let mut settings = Settings::default();
        settings.set(name, Some(value)).unwrap();
        let report = findings::judge(&log, &settings);
        report.findings.iter().filter(|finding| finding.rule == "n-plus-one").count()
    };
    assert_eq!(count("n-plus-one.executions", 5.0), 3);
    assert_eq!(count("n-plus-one.executions", 1000.0), 0);
    assert_eq!(count("n-plus-one.time", 1000.0), 0);
    // The lines are asked for twice each.
    assert_eq!(count("n-plus-one.distinct", 0.8), 2);
}

/// A query takes the place of the functions that waited for it: nothing counts twice.
#[test]
fn the_curve_of_a_pair_is_no_longer_than_its_profile() {
    for (name, _) in FAULTS.iter().filter(|(name, _)| !name.contains('.')) {
        let (Some(profile), Some(log)) = (open(&format!("{name}.prof")), open(&format!("{name}.sql.jsonl")))
        else {
            panic!("{name} is not there");
        };
        let settings = Settings::default();
        let (profile, log) = (findings::judge(&profile, &settings), findings::judge(&log, &settings));
        let (Some(Digest::Profile(profile)), Some(Digest::Queries(log))) = (profile.digest, log.digest)
        else {
            panic!("{name} is no pair");
        };
        let summary = findings::judge_pair(&profile, &log).summary;
        let ratio = summary.items.total / summary.total;
        assert!((0.9..1.1).contains(&ratio), "{name}: {ratio}");
    }
}

/// The page's sample shows what findings are: relations and lines of code, high confidence.
#[test]
fn the_sample_names_its_lines() {
    let document = import::import(
        &MemorySource::new("orders.sql.jsonl", common::bytes("sample/orders.sql.jsonl")),
        &|_| (),
    )
    .expect("a log");
    let found = findings::judge(&document, &Settings::default()).findings;
    let loops: Vec<&Finding> = found.iter().filter(|finding| finding.rule == "n-plus-one").collect();
    assert_eq!(loops.len(), 3);
    for finding in loops {
        assert_eq!(finding.confidence, findings::Confidence::High);
        assert!(finding.evidence.iter().any(|one| one.key == "relation"), "{}", finding.title);
        assert!(finding.evidence.iter().any(|one| one.key == "place"), "{}", finding.title);
    }
}

/// As the page asks: one worker for each document, messages encoded, the digest handed over.
#[test]
fn two_sessions_judge_a_pair() {
    let session = |file: &str, path: &str| {
        Session::open(Box::new(MemorySource::new(file, common::bytes(path))), &|_| ()).expect("a document")
    };
    let mut profile = session("shop.prof", "shop/shop.prof");
    let mut log = session("shop.sql.jsonl", "shop/shop.sql.jsonl");
    let settings = Settings::default();
    let ask = |session: &mut Session, request: &Request| -> Response {
        let request = protocol::encode(request).expect("encoded");
        let request = protocol::decode(&request).expect("decoded");
        protocol::decode(&protocol::encode(&session.answer(&request)).expect("encoded")).expect("decoded")
    };
    let alone = |session: &mut Session| match ask(session, &Request::Findings { settings: settings.clone() })
    {
        Response::Findings(report) => report,
        other => panic!("{other:?}"),
    };
    // Whether or not a session was asked for its own findings before.
    let digest = alone(&mut log).digest.expect("a digest");
    let pair = Request::PairFindings { settings: settings.clone(), other: digest.clone() };
    let Response::Findings(report) = ask(&mut profile, &pair) else { panic!("no findings") };
    assert_eq!(report.digest, None);
    let summary = &report.summary;
    assert_eq!((summary.executions, summary.requests), (127, 1));
    assert!(summary.items.largest.iter().any(|item| matches!(item.link, Link::Query(_))));
    assert!(summary.items.largest.iter().any(|item| matches!(item.link, Link::Function(_))));
    assert!(summary.items.largest.is_sorted_by(|a, b| a.time >= b.time));
    let layers: f64 = summary.layers.iter().map(|(_, time)| time).sum();
    assert!((layers - summary.total).abs() < 1e-6 * summary.total);
    // The other way round it is the same.
    let of_profile = alone(&mut profile).digest.expect("a digest");
    let Response::Findings(other_way) =
        ask(&mut log, &Request::PairFindings { settings: settings.clone(), other: of_profile })
    else {
        panic!("no findings")
    };
    assert_eq!(report, other_way);
    // Two logs are no pair.
    let refused = ask(&mut log, &Request::PairFindings { settings, other: digest });
    assert!(matches!(refused, Response::Refused(_)));
}
