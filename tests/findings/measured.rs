//! What the rules predict against what was measured, and the documentation that says so.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use flamedrop::findings::settings::Unit;
use flamedrop::findings::{CATALOGUE, Finding, LooksAt};
use serde_json::Value as Json;

use super::{common, judged};

/// What is measured without profiler and recorder, and what rules say before.
struct Measured {
    name: String,
    page: String,
    rules: String,
    saved: f64,
    /// How far that may be off.
    noise: f64,
    /// What the pages take less, where `saved` is of the database's time alone.
    wall: Option<f64>,
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
    ("payment", &["transactions"]),
    ("visits-sessions", &["sessions"]),
    ("visits-denormalised", &["denormalise"]),
    ("stocktake", &["slow-writes"]),
    ("crowd", &["read-replicas"]),
    ("rush-payment", &["transactions"]),
    ("rush-reconnect", &["connections"]),
];

/// `saved` says how much the row's two sides differ.
fn measured(which: &[(&str, &[&str])], saved: impl Fn(&Json) -> f64) -> Vec<Measured> {
    let all: Vec<Json> = ["measured", "visits", "rush", "stocktake", "crowd"]
        .iter()
        .map(|file| common::bytes(&format!("findings/{file}.json")))
        .flat_map(|bytes| serde_json::from_slice::<Vec<Json>>(&bytes).expect("a list"))
        .collect();
    let one = |(name, rules): &(&str, &[&str])| {
        let row =
            all.iter().find(|row| row["name"] == **name).unwrap_or_else(|| panic!("{name} was not measured"));
        let recording = match *name {
            name if name.starts_with("visits") => "visits.sql.jsonl",
            name if name.starts_with("rush") => "postgres-rush.log",
            "stocktake" => "postgres-stocktake.log",
            "crowd" => "postgres-crowd.log",
            name => name,
        };
        let predicted = judged(recording)
            .iter()
            .flat_map(Finding::all)
            .filter(|finding| rules.contains(&finding.rule.as_str()))
            .map(|finding| finding.saving)
            .sum();
        Measured {
            name: (*name).to_owned(),
            page: row["page"].as_str().expect("a path").to_owned(),
            rules: rules.join(", "),
            saved: saved(row),
            noise: row["fastest_noise_ms"].as_f64().unwrap_or(0.0),
            wall: row["saved_database_ms"].as_f64().and_then(|_| row["saved_ms"].as_f64()),
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
        // Of many requests a log's rule prices what the database does, not what Python makes of it. Both sides
        // have met the same moments: nothing is taken for noise.
        Some(saved) => saved,
        None => fastest(row, "faulty_fastest_ms") - fastest(row, "clean_fastest_ms"),
    })
}

#[test]
fn savings_are_what_was_measured() {
    for Measured { name, saved, predicted, .. } in priced() {
        let ratio = predicted / saved;
        // What a cache saves depends on its own speed.
        let within = if name == "visits-cachalot" { 0.8..=1.2 } else { 0.85..=1.15 };
        assert!(within.contains(&ratio), "{name}: {predicted} predicted, {saved} measured");
    }
}

#[test]
fn no_more_is_saved_than_at_most() {
    for Measured { name, saved, noise, predicted, .. } in bounded() {
        assert!(saved - noise <= predicted, "{name}: at most {predicted}, {saved} ± {noise} measured");
        // What is measured that inaccurately proves nothing.
        assert!(noise < saved / 5.0, "{name}: {saved} ± {noise}");
    }
}

/// docs/findings.md says what the code says. `./dev record readme` writes it anew.
#[test]
fn the_documentation_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
    let found = fs::read_to_string(&path).unwrap();
    let current = with_section(&with_section(&found, "rules", &rules()), "savings", &savings());
    let current = with_section(&current, "pages", &super::pages::table());
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
            LooksAt::Either => "a profile or an SQL log",
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
        "| recording | asked | rules | predicted | measured | predicted / measured |\n|---|---|---|--:|--:|--:|\n"
            .to_owned();
    for (bound, all) in [("", priced()), ("≤ ", bounded())] {
        for Measured { name, page, rules, saved, noise, wall, predicted } in all {
            let mut measured = format!("{saved:.1} ms");
            if !bound.is_empty() && noise >= 0.05 {
                let _ = write!(measured, " ± {noise:.1}");
            }
            if let Some(wall) = wall {
                let _ = write!(measured, " (pages {wall:.1})");
            }
            let _ = writeln!(
                table,
                "| {name} | `{page}` | {rules} | {bound}{predicted:.1} ms | {measured} | {bound}{:.2} |",
                predicted / saved
            );
        }
    }
    table
}
