//! Findings against a real Django project (tests/shop): each fault switched on and off.
//! `./dev record findings` makes the recordings; `measured.json` has what each fault cost without a
//! profiler, which the predicted savings are held against.

mod common;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use flamedrop::document::{Content, Document};
use flamedrop::findings::settings::Unit;
use flamedrop::findings::{self, Bound, CATALOGUE, Digest, Finding, Link, LooksAt, Settings, Value, pairs};
use flamedrop::import;
use flamedrop::input::MemorySource;
use flamedrop::protocol::{self, Request, Response};
use flamedrop::session::Session;
use serde_json::Value as Json;

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
    judged_with(name, &Settings::default())
}

fn judged_with(name: &str, settings: &Settings) -> Vec<Finding> {
    if name.contains('.') {
        let log = open(name).unwrap_or_else(|| panic!("{name} is not there"));
        return findings::judge(&log, settings).findings;
    }
    let profile = open(&format!("{name}.prof")).unwrap_or_else(|| panic!("{name}.prof is not there"));
    let log = open(&format!("{name}.sql.jsonl")).unwrap_or_else(|| panic!("{name}.sql.jsonl is not there"));
    assert_eq!(pairs::stem(&profile.name), pairs::stem(&log.name));
    let (profile, log) = (findings::judge(&profile, settings), findings::judge(&log, settings));
    let (Some(Digest::Profile(of_profile)), Some(Digest::Queries(of_log))) = (&profile.digest, &log.digest)
    else {
        panic!("{name} is no pair");
    };
    let pair = findings::judge_pair(of_profile, of_log, settings);
    [profile.findings, log.findings, pair.findings].concat()
}

/// Recordings and the rules that speak about them, by what they are there for.
const FAULTS: &[(&str, &[&str])] = &[
    ("n_plus_one", &["n-plus-one", "query-pareto"]),
    ("n_plus_one-category", &["n-plus-one"]),
    ("duplicates", &["duplicates"]),
    ("duplicates-orders", &["duplicates", "statement-sites"]),
    ("single_gets", &["n-plus-one"]),
    ("slow_report", &["slow-statements", "query-pareto", "statement-sites", "bottleneck", "unindexable"]),
    ("python_report", &["database-time", "between-statements"]),
    ("unbounded", &["function-pareto", "between-statements", "large-results", "templates"]),
    ("regex", &["bottleneck", "function-pareto", "between-statements"]),
    ("deepcopy", &["between-statements", "library-costs"]),
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
    ("visits.sql.jsonl", &["database-cache", "sessions", "denormalise", "read-replicas"]),
    ("postgres-rush.log", &["transactions", "slow-writes", "connections"]),
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
];

#[test]
fn each_fault_is_found() {
    for (name, rules) in FAULTS {
        let found = judged(name);
        for rule in *rules {
            assert!(
                found.iter().any(|finding| finding.rule == *rule),
                "{name}: {rule} says nothing; found {:?}",
                found.iter().map(|finding| &finding.title).collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn nothing_is_found_on_clean_pages() {
    for name in CLEAN {
        let titles: Vec<String> = judged(name).into_iter().map(|finding| finding.title).collect();
        assert!(titles.is_empty(), "{name}: {titles:?}");
    }
}

#[test]
fn every_rule_has_a_fault_that_makes_it_speak() {
    for about in CATALOGUE {
        assert!(FAULTS.iter().any(|(_, rules)| rules.contains(&about.id)), "{}", about.id);
    }
}

#[test]
fn findings_read_well() {
    let mut text = String::new();
    for (name, _) in FAULTS {
        let mut found = judged(name);
        found.sort_by(findings::by_weight);
        let _ = writeln!(text, "{name}");
        for Finding { rule, title, bound, code, evidence, .. } in found {
            let place = evidence.iter().find_map(|one| match (&one.value, one.key.as_str()) {
                (Value::Place(place), "place" | "place_1" | "function" | "importer_1") => {
                    Some(place.as_str())
                }
                _ => None,
            });
            // Times differ from one recording to the next.
            let title = without_times(&title);
            let bound = if bound == Bound::AtMost { "at most" } else { "estimate" };
            let _ = writeln!(text, "  {rule} ({bound}): {title}");
            if let Some(place) = place {
                let _ = writeln!(text, "    {place}");
            }
            if let Some(line) = code.lines().next() {
                let _ = writeln!(text, "    {line}");
            }
        }
    }
    insta::assert_snapshot!(text);
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
                    Link::Query(id) => (id as usize) < log.fingerprints.len(),
                    Link::Statement(at) => (at as usize) < log.statements.len(),
                    // What comes before the first statement, and after the last, is seen as well.
                    Link::Range(from, to) => from < to && to > 0.0 && from < length,
                };
                assert!(fits, "{name}: {} has {link:?}", finding.rule);
            }
        }
    }
}

#[test]
fn numbers_fit_together() {
    for (name, _) in FAULTS {
        for finding in judged(name) {
            let Finding { at_stake, saving, .. } = finding;
            assert!(0.0 < saving && saving <= at_stake, "{name}: {} {saving} of {at_stake}", finding.rule);
            let keys: Vec<&str> = finding.evidence.iter().map(|one| one.key.as_str()).collect();
            let mut different = keys.clone();
            different.sort_unstable();
            different.dedup();
            assert_eq!(different.len(), keys.len(), "{name}: {} {keys:?}", finding.rule);
            for text in [&finding.title, &finding.computed, &finding.remedy, &finding.doubts] {
                assert!(!text.is_empty() && !text.contains("  "), "{name}: {} {text:?}", finding.rule);
            }
        }
    }
}

/// What is measured without profiler and recorder, and what rules say before.
struct Measured {
    name: String,
    page: String,
    rules: String,
    saved: f64,
    predicted: f64,
}

/// Faults, and the rules that give an estimate of what they cost.
const PRICED: &[(&str, &[&str])] = &[
    ("n_plus_one", &["n-plus-one", "duplicates"]),
    ("n_plus_one-category", &["n-plus-one", "duplicates"]),
    ("duplicates", &["n-plus-one", "duplicates"]),
    ("duplicates-orders", &["n-plus-one", "duplicates"]),
    ("single_gets", &["n-plus-one", "duplicates"]),
    ("row_inserts", &["row-writes"]),
    ("count_after_select", &["counted-rows"]),
    ("visits-cachalot", &["database-cache"]),
];

/// Faults, and the rules that say what they cost at most.
const BOUNDED: &[(&str, &[&str])] = &[
    ("unindexed", &["index-candidates"]),
    ("slow_report", &["unindexable"]),
    ("unbounded", &["large-results"]),
    ("in_turn", &["sequential"]),
    ("deepcopy", &["library-costs"]),
    ("logging", &["library-costs"]),
    ("json", &["library-costs"]),
    ("hashing", &["library-costs"]),
    ("static_files", &["library-costs"]),
    ("uncached_templates", &["templates"]),
    ("instalments", &["exploding-calls"]),
    ("visits-sessions", &["sessions"]),
    ("rush-payment", &["transactions"]),
    ("rush-reconnect", &["connections"]),
];

/// `saved` says how much the row's two sides differ.
fn measured(which: &[(&str, &[&str])], saved: impl Fn(&Json) -> f64) -> Vec<Measured> {
    let files = ["findings/measured.json", "findings/visits.json", "findings/rush.json"];
    let all: Vec<Json> = files
        .iter()
        .flat_map(|file| serde_json::from_slice::<Vec<Json>>(&common::bytes(file)).expect("a list"))
        .collect();
    // The shop parses its few templates in less than is worth a word.
    let mut settings = Settings::default();
    settings.set("templates.parsing", Some(0.0)).expect("a threshold");
    let one = |(name, rules): &(&str, &[&str])| {
        let row =
            all.iter().find(|row| row["name"] == **name).unwrap_or_else(|| panic!("{name} was not measured"));
        let recording = match *name {
            name if name.starts_with("visits") => "visits.sql.jsonl",
            name if name.starts_with("rush") => "postgres-rush.log",
            name => name,
        };
        let predicted = judged_with(recording, &settings)
            .iter()
            .filter(|finding| rules.contains(&finding.rule.as_str()))
            .map(|finding| finding.saving)
            .sum();
        Measured {
            name: (*name).to_owned(),
            page: row["page"].as_str().expect("a path").to_owned(),
            rules: rules.join(", "),
            saved: saved(row),
            predicted,
        }
    };
    which.iter().map(one).collect()
}

/// Estimates are held against the medians.
fn priced() -> Vec<Measured> {
    measured(PRICED, |row| row["saved_ms"].as_f64().expect("a number"))
}

/// Bounds are held against the fastest of each side: what was recorded is the fastest as well.
fn bounded() -> Vec<Measured> {
    let fastest = |row: &Json, side: &str| row[side].as_f64().expect("a number");
    measured(BOUNDED, |row| match row["saved_database_ms"].as_f64() {
        // Of many requests a log's rule prices what the database does, not what Python makes of it.
        Some(saved) => saved,
        None => fastest(row, "faulty_fastest_ms") - fastest(row, "clean_fastest_ms"),
    })
}

#[test]
fn savings_are_within_a_factor_of_two_of_what_was_measured() {
    for Measured { name, saved, predicted, .. } in priced() {
        let ratio = predicted / saved;
        assert!((0.5..=2.0).contains(&ratio), "{name}: {predicted} predicted, {saved} measured");
    }
}

#[test]
fn no_more_is_saved_than_at_most() {
    for Measured { name, saved, predicted, .. } in bounded() {
        assert!(saved <= predicted, "{name}: at most {predicted}, {saved} measured");
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

/// docs/findings.md says what the code says. `./dev record readme` writes it anew.
#[test]
fn the_documentation_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
    let found = fs::read_to_string(&path).unwrap();
    let current = with_section(&with_section(&found, "rules", &rules()), "savings", &savings());
    if env::var_os("FLAMEDROP_WRITE_README").is_some() {
        fs::write(&path, current).unwrap();
    } else {
        assert!(found == current, "docs/findings.md is stale: run ./dev record readme");
    }
}

fn with_section(text: &str, name: &str, content: &str) -> String {
    let begin = text.find(&format!("<!-- {name}: ")).expect("the section begins");
    let begin = begin + text[begin..].find("-->\n").expect("the comment ends") + "-->\n".len();
    let end = text.find(&format!("<!-- end of {name} -->")).expect("the section ends");
    format!("{}{content}{}", &text[..begin], &text[end..])
}

fn rules() -> String {
    let mut table = "| rule | looks at | speaks up when | default | where the default comes from |\n|---|---|---|---|---|\n".to_owned();
    for about in CATALOGUE {
        let looks_at = match about.looks_at {
            LooksAt::Profile => "a profile",
            LooksAt::Queries => "an SQL log",
            LooksAt::Both => "both",
        };
        for (row, threshold) in about.thresholds.iter().enumerate() {
            let (rule, looks_at) = if row == 0 {
                (format!("{} (`{}`)", about.title, about.id), looks_at)
            } else {
                (String::new(), "")
            };
            let default = match threshold.unit {
                Unit::Count => threshold.default.to_string(),
                Unit::Milliseconds => format!("{} ms", threshold.default),
                Unit::Share => format!("{} %", threshold.default * 100.0),
            };
            let _ = writeln!(
                table,
                "| {rule} | {looks_at} | {} (`{}`) | {default} | {} |",
                threshold.title, threshold.key, threshold.source
            );
        }
    }
    table
}

fn savings() -> String {
    let mut table =
        "| recording | page | rules | predicted | measured | predicted / measured |\n|---|---|---|--:|--:|--:|\n"
            .to_owned();
    for (bound, all) in [("", priced()), ("≤ ", bounded())] {
        for Measured { name, page, rules, saved, predicted } in all {
            let _ = writeln!(
                table,
                "| {name} | `{page}` | {rules} | {bound}{predicted:.1} ms | {saved:.1} ms | {bound}{:.2} |",
                predicted / saved
            );
        }
    }
    table
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
        let summary = findings::judge_pair(&profile, &log, &settings).summary;
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
