//! Rules about profiles that are drawn here: each function with its self time, and who calls whom.

use super::{Confidence, Finding, Settings, judge_profile};
use crate::profile::{Edge, Edges, Functions, Profile, Unit};

/// A function: file, name, self and total time in ms, calls.
type Function<'a> = (&'a str, &'a str, f64, f64, i64);
/// An edge: caller, callee, calls, total time in ms.
type Call = (u32, u32, i64, f64);

fn profile(functions: &[Function<'_>], calls: &[Call]) -> Profile {
    let mut all = Functions::default();
    for (line, (file, name, own, total, calls)) in (1..).zip(functions) {
        let (file, name) = (all.files.intern(file), all.names.intern(name));
        all.file.push(file);
        all.name.push(name);
        all.line.push(line);
        all.calls.push(*calls);
        all.primitive_calls.push(*calls);
        all.self_time.push(own / 1e3);
        all.total_time.push(total / 1e3);
    }
    let edge = |&(caller, callee, calls, total): &Call| {
        let (of_all, entered) = (functions[callee as usize].3, functions[callee as usize].2);
        let self_time = if of_all > 0.0 { entered * total / of_all } else { 0.0 } / 1e3;
        Edge { caller, callee, calls, primitive_calls: calls, self_time, total_time: total / 1e3 }
    };
    let edges = Edges::new(functions.len(), calls.iter().map(edge).collect());
    Profile { unit: Unit::Seconds, functions: all, edges, by_line: false, ..Profile::default() }
}

fn judged(functions: &[Function<'_>], calls: &[Call]) -> Vec<Finding> {
    judge_profile(&profile(functions, calls), &Settings::default()).findings
}

const RE: &str = "/usr/lib/python3.12/re/__init__.py";
const VIEWS: &str = "/srv/site/views.py";

#[test]
fn an_own_function_has_its_line_its_share_and_what_it_spends_it_on() {
    let found = judged(
        &[
            (VIEWS, "index", 20.0, 400.0, 1),
            (VIEWS, "slugify", 10.0, 380.0, 60),
            (RE, "sub", 370.0, 370.0, 21_400),
        ],
        &[(0, 1, 60, 380.0), (1, 2, 21_400, 370.0)],
    );
    let titles: Vec<&str> = found.iter().map(|finding| finding.title.as_str()).collect();
    // The view itself takes too little without what it calls.
    assert_eq!(titles, ["slugify (views.py:2) takes 380 ms, 95 %: re.sub 21,400 times"]);
}

#[test]
fn what_is_written_in_a_function_is_its_own() {
    let found = judged(
        &[
            (VIEWS, "index", 0.0, 300.0, 1),
            (VIEWS, "<genexpr>", 200.0, 200.0, 4001),
            ("~", "<built-in method builtins.sum>", 100.0, 300.0, 1),
        ],
        &[(0, 2, 1, 300.0), (2, 1, 4001, 200.0)],
    );
    assert_eq!(found.len(), 1);
    assert!(found[0].title.starts_with("index (views.py:1) takes 300 ms, 100 %"), "{}", found[0].title);
}

#[test]
fn who_waits_is_named_by_what_it_asks_for() {
    let found = judged(
        &[
            (VIEWS, "index", 1.0, 301.0, 1),
            (VIEWS, "fetch_rates", 0.0, 300.0, 1),
            ("~", "<built-in method time.sleep>", 300.0, 300.0, 3),
        ],
        &[(0, 1, 1, 300.0), (1, 2, 3, 300.0)],
    );
    assert_eq!(found[0].rule, "external-waits");
    assert_eq!(found[0].title, "fetch_rates (views.py:2) waits 300 ms, 99.7 %: time.sleep 3 times");
}

/// Two lambdas of one line: the file has one's time and both's callees.
#[test]
fn a_collision_lowers_only_what_rests_on_it() {
    let functions = [
        (VIEWS, "index", 100.0, 300.0, 1),
        (VIEWS, "slugify", 190.0, 190.0, 60),
        (VIEWS, "collides", 1.0, 2.0, 1),
        (VIEWS, "below", 8.0, 8.0, 1),
    ];
    let calls = [(0, 1, 60, 190.0), (0, 2, 1, 10.0), (2, 3, 1, 8.0)];
    let found = judged(&functions, &calls);
    let slugify = found.iter().find(|one| one.title.starts_with("slugify")).expect("a finding");
    assert_eq!(slugify.confidence, Confidence::Medium);
    assert!(!slugify.doubts.contains("thread") && !slugify.doubts.contains("share"), "{}", slugify.doubts);

    // Now the slow one is that which collides.
    let functions = [
        (VIEWS, "index", 100.0, 400.0, 1),
        (VIEWS, "<lambda>", 100.0, 300.0, 1),
        (VIEWS, "below", 10.0, 10.0, 1),
    ];
    let found = judged(&functions, &[(0, 1, 1, 300.0), (1, 2, 1, 10.0)]);
    let lowered = found.iter().filter(|one| one.confidence == Confidence::Low);
    for finding in lowered {
        assert!(finding.doubts.contains("one file, line and name"), "{}", finding.doubts);
        assert!(!finding.doubts.contains("thread"), "{}", finding.doubts);
    }
}

#[test]
fn no_share_is_above_all_or_below_nothing() {
    let found =
        judged(&[(VIEWS, "index", -200.0, 50.0, 1), (VIEWS, "slow", 250.0, 250.0, 2)], &[(0, 1, 2, 250.0)]);
    for finding in &found {
        for one in &finding.evidence {
            if let super::Value::Share(share) = one.value {
                assert!((0.0..=1.0).contains(&share), "{}: {share}", finding.title);
            }
        }
        assert!(finding.saving >= 0.0, "{}", finding.title);
    }
    let negative = found.iter().find(|one| one.title.starts_with("index"));
    assert!(negative.is_none_or(|one| one.doubts.contains("negative")), "{negative:?}");
}

#[test]
fn where_nothing_passes_its_threshold_the_largest_is_named() {
    let small = profile(&[(VIEWS, "index", 1.0, 5.0, 1), (RE, "sub", 4.0, 4.0, 9)], &[(0, 1, 9, 4.0)]);
    let report = judge_profile(&small, &Settings::default());
    assert!(report.findings.is_empty());
    let below = report.below.expect("a line");
    assert_eq!(below.title, "index (views.py:1) takes 5 ms, 100 %: re.sub 9 times");
    // No rule has anything to say of what is no code of one's own.
    let foreign =
        profile(&[("/srv/venv/lib/python3.12/site-packages/numpy/core.py", "dot", 5.0, 5.0, 1)], &[]);
    let below = judge_profile(&foreign, &Settings::default()).below.expect("a line");
    assert_eq!(below.title, "Other libraries, 100 %");
}
