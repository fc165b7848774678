//! Findings against pages that the rules were not made with (tests/record/pages): one fault each, and the same page
//! without it. `./dev record pages` makes the recordings.

use std::fmt::Write as _;
use std::fs;

use flamedrop::document::Document;
use flamedrop::findings::{self, Below, Bound, Finding, Settings};
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
