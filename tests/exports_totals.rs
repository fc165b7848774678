//! Whatever a profile is written as, its total is the file's: every recording, every export.

mod common;

use std::path::PathBuf;

use flamedrop::document::{Content, Document};
use flamedrop::export::{callgrind, folded, json, speedscope};
use flamedrop::import;
use flamedrop::input::MemorySource;
use flamedrop::profile::repair::repaired;
use flamedrop::profile::{Profile, estimate};
use serde_json::Value as Json;

/// Every profile under tests/data, with where it lies.
fn profiles() -> Vec<(PathBuf, Vec<u8>, Profile)> {
    let mut found = Vec::new();
    for path in common::files() {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let lies_in_profiles = path.parent().is_some_and(|folder| folder.ends_with("profiles"));
        let is_one = name.contains(".prof") || lies_in_profiles || name.ends_with(".pstats");
        if !is_one || name.ends_with(".md") {
            continue;
        }
        let bytes = std::fs::read(&path).expect("a recording");
        if let Ok(Document { content: Content::Profile(profile), .. }) = common::open(bytes.clone()) {
            found.push((path, bytes, *profile));
        }
    }
    assert!(found.len() > 200, "{} profiles are there", found.len());
    found
}

fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).expect("UTF-8")
}

/// Of what an export of a time is rounded to a nanosecond, each of `parts` may be half a one off.
fn agrees(what: &str, value: f64, total: f64, is_time: bool, parts: usize, off: &mut Vec<String>) {
    let rounding = if is_time { 0.6e-9 * (parts as f64 + 1.0) } else { 0.5 };
    if (value - total).abs() > rounding + 1e-9 * total.abs() {
        off.push(format!("{what} {value}"));
    }
}

#[test]
fn exports_of_one_file_agree_on_its_total() {
    let mut wrong = String::new();
    for (path, bytes, profile) in profiles() {
        let (total, is_time, functions) = (profile.total(), profile.unit.is_time(), profile.functions.len());
        let scale = if is_time { 1e9 } else { 1.0 };
        let tree = estimate::estimate(&profile, 10_000);
        // What Python lost and can be put back is in the tree, and so in exports of stacks.
        let stacked = repaired(&profile).map_or(total, |repair| repair.profile.total());
        let mut off = Vec::new();
        agrees("the page's tree", tree.total(), stacked, is_time, 0, &mut off);

        let exported =
            text(|out| folded::write(&tree, &profile.functions, profile.unit, out).expect("written"));
        let weights = exported.lines().map(|line| line.rsplit(' ').next().expect("a weight"));
        let sum: f64 = weights.map(|weight| weight.parse::<f64>().expect("a number")).sum();
        agrees("folded", if is_time { sum / 1e6 } else { sum }, stacked, is_time, 0, &mut off);

        let exported = text(|out| speedscope::write("name", &profile, &tree, out).expect("written"));
        let read: Json = serde_json::from_str(&exported).expect("JSON");
        let profiles = read["profiles"].as_array().expect("profiles");
        let sum: f64 = profiles.iter().map(|one| one["endValue"].as_f64().expect("a number")).sum();
        agrees("speedscope", sum / scale, stacked, is_time, profiles.len(), &mut off);
        match common::open(exported.into_bytes()) {
            Ok(again) => {
                let again = common::profile(again).total();
                agrees("speedscope, read again,", again, stacked, is_time, profiles.len(), &mut off);
            }
            // Nothing was measured, so there is no stack.
            Err(_) if total <= 0.0 => {}
            Err(error) => off.push(format!("speedscope is not read again: {error}")),
        }

        let exported = text(|out| callgrind::write("name", &profile, out).expect("written"));
        let sum = exported.lines().find_map(|line| line.strip_prefix("totals: ")).expect("totals");
        let sum: f64 = sum.parse().expect("a number");
        agrees("callgrind", sum / scale, total, is_time, functions, &mut off);

        let source = MemorySource::new("unknown", bytes);
        let document = import::import(&source, &|_| ()).expect("it opened before");
        let exported = text(|out| json::write(&document, &source, out).expect("written"));
        let read: Json = serde_json::from_str(&exported).expect("JSON");
        let named = read.as_object().expect("an object").iter().find(|(name, _)| name.starts_with("total"));
        match named.and_then(|(_, value)| value.as_f64()) {
            Some(value) => agrees("json", value, total, is_time, functions, &mut off),
            // It is unknown, not nothing.
            None if !profile.has_times() => {}
            None => off.push("json has no total".to_owned()),
        }
        if !off.is_empty() {
            wrong += &format!("{}: {total}, but {}\n", path.display(), off.join(", "));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
