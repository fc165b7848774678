//! Findings against pages that the rules were not made with (tests/record/pages): one fault each, and the same page
//! without it. `./dev record pages` makes the recordings.

use std::fmt::Write as _;
use std::fs;

use flamedrop::document::Document;
use flamedrop::findings::together::together;
use flamedrop::findings::{self, Below, Bound, Digest, Finding, Settings};
use flamedrop::import;
use flamedrop::input::MemorySource;
use serde_json::Value as Json;

use super::{both, common};

/// A page, the rule that an expert would name first, and whether the profile and the log show it alone.
pub const PAGES: &[(&str, &str, bool, bool)] = &[
    ("foreign_key", "n-plus-one", true, true),
    ("reverse", "n-plus-one", true, true),
    ("many_to_many", "n-plus-one", true, true),
    ("count", "n-plus-one", true, true),
    ("exists", "n-plus-one", true, true),
    // A profile does not know that the statements are equal.
    ("duplicate", "duplicates", false, true),
    ("regex", "hottest-function", true, false),
    ("nested_loop", "hottest-function", true, false),
    ("deep_copy", "library-costs", true, false),
    ("parsing_json", "library-costs", true, false),
    ("external", "external-waits", true, false),
    ("include", "templates", true, false),
    ("row_saves", "row-writes", true, true),
    ("row_inserts", "row-writes", true, true),
    // SQLite does not tell how many rows there are.
    ("large_result", "large-results", true, false),
    ("hashing", "library-costs", true, false),
    ("middleware", "duplicates", false, true),
    ("missing_index", "index-candidates", false, true),
];

fn open(file: &str) -> Document {
    let bytes = fs::read(common::data("pages").join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    import::import(&MemorySource::new(file, bytes), &|_| ()).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn judged(name: &str) -> (Vec<Finding>, Option<Below>) {
    let (profile, log) = (open(&format!("{name}.prof.gz")), open(&format!("{name}.sql.jsonl.gz")));
    let all = both(&profile, &log, &Settings::default());
    (all.findings.into_iter().map(|(finding, _)| finding).collect(), all.below)
}

#[test]
fn the_fault_is_the_first_finding() {
    let mut wrong = Vec::new();
    let first =
        |findings: &[Finding]| findings.first().map(|finding| finding.rule.clone()).unwrap_or_default();
    for (name, rule, by_profile, by_log) in PAGES {
        let found = first(&judged(name).0);
        if found != *rule {
            wrong.push(format!("{name}: {found} in place of {rule}"));
        }
        for (ending, shows) in [("prof", by_profile), ("sql.jsonl", by_log)] {
            let report = findings::judge(&open(&format!("{name}.{ending}.gz")), &Settings::default());
            let found = first(&report.findings);
            if *shows && found != *rule {
                wrong.push(format!("{name}.{ending}: {found} in place of {rule}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn clean_pages_have_one_line_below_the_thresholds() {
    for (name, ..) in PAGES {
        let (found, below) = judged(&format!("clean-{name}"));
        let titles: Vec<String> = found.into_iter().map(|finding| finding.title).collect();
        assert!(titles.is_empty(), "{name}: {titles:?}");
        let below = below.unwrap_or_else(|| panic!("{name}: nothing is said"));
        assert!(!below.title.is_empty() && below.saving > 0.0, "{name}: {below:?}");
        assert!(judged(name).1.is_none(), "{name}: there is a finding");
    }
}

/// The table of docs/findings.md.
pub fn table() -> String {
    let measured: Vec<Json> =
        serde_json::from_slice(&common::bytes("pages/measured.json")).expect("a list of pages");
    let mut table =
        "| page | expected | place | price | measured | price / measured |\n|---|---|--:|--:|--:|--:|\n"
            .to_owned();
    for (name, rule, ..) in PAGES {
        let row = measured.iter().find(|row| row["name"] == **name);
        let saved = row.and_then(|row| row["saved_ms"].as_f64()).unwrap_or_else(|| panic!("{name}"));
        let (found, _) = judged(name);
        let place = found.iter().position(|finding| finding.rule == *rule);
        let (place, price, ratio) = match place {
            None => ("–".to_owned(), "–".to_owned(), "–".to_owned()),
            Some(place) => {
                let bound = if found[place].bound == Bound::AtMost { "≤ " } else { "" };
                let price = found[place].saving;
                (
                    (place + 1).to_string(),
                    format!("{bound}{price:.1} ms"),
                    format!("{bound}{:.2}", price / saved),
                )
            }
        };
        let _ = writeln!(table, "| {name} | `{rule}` | {place} | {price} | {saved:.1} ms | {ratio} |");
    }
    table
}

/// Each save of a loop is committed, of which the log has nothing: where that takes long, it is the price of the log's
/// finding, not a card of its own.
#[test]
fn writes_and_their_commits_are_one_card() {
    let (profile, log) = (open("row_saves.prof.gz"), open("row_saves.sql.jsonl.gz"));
    let settings = Settings::default();
    let (mut profile, log) = (findings::judge(&profile, &settings), findings::judge(&log, &settings));
    let saves = profile.findings.iter_mut().find(|finding| finding.rule == "row-writes").expect("saves");
    (saves.saving, saves.at_stake) = (saves.saving * 20.0, saves.at_stake * 20.0);
    let committed = saves.saving;
    let (Some(Digest::Profile(of_profile)), Some(Digest::Queries(of_log))) = (&profile.digest, &log.digest)
    else {
        panic!("no pair");
    };
    let all = together(&profile, &log, &findings::judge_pair(of_profile, of_log)).findings;
    let writes: Vec<&Finding> =
        all.iter().map(|(finding, _)| finding).filter(|finding| finding.rule == "row-writes").collect();
    let [card] = writes[..] else { panic!("{} cards", writes.len()) };
    assert!(card.evidence.iter().any(|one| one.key == "query"), "the log's");
    assert!(card.computed.contains("commit"), "{}", card.computed);
    assert!((card.saving - committed).abs() < 1.0, "{} {committed}", card.saving);
    // As it was recorded the statements are all there is.
    let (found, _) = judged("row_saves");
    assert_eq!(found.iter().filter(|finding| finding.rule == "row-writes").count(), 1);
    assert!(!found[0].computed.contains("commit"), "{}", found[0].computed);
}
