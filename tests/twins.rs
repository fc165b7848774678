//! What is put back of functions that share file, line and name, against programs of which the truth is
//! known, and against recordings.

mod common;
#[path = "twins/program.rs"]
mod program;

use std::collections::BTreeMap;

use flamedrop::profile::call_tree::{CallTree, Certainty, MERGED, NO_PARENT};
use flamedrop::profile::consistency::Contradictions;
use flamedrop::profile::estimate::estimate;
use flamedrop::profile::repair::repaired;
use flamedrop::profile::twins::{Call, Lost, lost};
use flamedrop::profile::{Edge, Edges, FunctionId, Profile};
use program::{Event, Labels, Truth, UNNAMED, record, snapshot};
use proptest::prelude::*;
use serde_json::Value as Json;

const BUDGET: usize = 10_000;

/// What is wrong with what was put back in `profile`.
fn is_true(profile: &Profile, lost: &Lost, truth: &Truth) -> Result<(), String> {
    let near = lost.doubt + 1e-8 * profile.total();
    let mut own: BTreeMap<FunctionId, f64> = BTreeMap::new();
    for call in &lost.calls {
        *own.entry(call.key).or_default() += call.self_time;
        // How deep a function calls its own twins makes no difference: by label it is one box.
        let time = truth.calls.get(&(call.key, call.caller)).map_or(0.0, |call| call.total_time);
        if call.key != call.caller && (call.total_time - time).abs() > near {
            return Err(format!("{call:?}: {time} s were lost, in doubt {}", lost.doubt));
        }
    }
    if lost.rest > 0.0 {
        // Not all is back, and that is said.
        return Ok(());
    }
    let repaired = repaired(profile).expect("a repaired profile").profile;
    let found = Contradictions::of(&repaired);
    if found != Contradictions::default() {
        return Err(format!("it contradicts itself still: {found:?}"));
    }
    for call in truth.calls.values() {
        *own.entry(call.key).or_default() -= call.self_time;
        let found = lost.calls.iter().any(|found| (found.key, found.caller) == (call.key, call.caller));
        if !found && call.key != call.caller && call.total_time > near {
            return Err(format!("{call:?} is not back, in doubt {}", lost.doubt));
        }
    }
    match own.iter().find(|(_, left)| left.abs() > near) {
        Some(left) => Err(format!("self time: {left:?} too much, in doubt {}", lost.doubt)),
        None => Ok(()),
    }
}

/// A seeded generator, where what is counted must not depend on chance.
fn programs(count: u64, codes: u8, length: u64) -> impl Iterator<Item = (Vec<Event>, Vec<u8>)> {
    let mut seed = 7_u64;
    let mut draw = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    (0..count).map(move |_| {
        let events = (0..draw(length) + 3)
            .map(|_| match draw(3) {
                0 => Event::Call(1 + draw(u64::from(codes) - 1) as u8),
                1 => Event::Return,
                _ => Event::Spend(1 + draw(2_000_000) as u32),
            })
            .collect();
        let mut order: Vec<u8> = (0..codes).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, draw(at as u64 + 1) as usize);
        }
        (events, order)
    })
}

const LABELS: [(&str, Labels); 5] = [
    ("two lambdas", |code| if code < 3 && code > 0 { UNNAMED } else { code }),
    ("three lambdas", |code| if code < 4 && code > 0 { UNNAMED } else { code }),
    ("two functions", |code| if code < 3 && code > 0 { 1 } else { code }),
    ("two lambdas, others alone", |code| match code {
        1 | 2 => UNNAMED,
        3..=5 => UNNAMED + code,
        code => code,
    }),
    ("twice two lambdas", |code| match code {
        1 | 2 => UNNAMED,
        3 | 4 => UNNAMED + 1,
        code => code,
    }),
];

/// Programs in which two are one to cProfile, and how much of what it lost comes back.
#[test]
fn what_is_put_back_was_lost() {
    let mut text = String::new();
    for (name, labels) in LABELS {
        let (mut some, mut back, mut exact) = (0, 0, 0);
        for (events, order) in programs(3_000, 8, 30) {
            let (profile, truth) = snapshot(&record(&events), labels, &order);
            if truth.mixed {
                continue;
            }
            some += usize::from(!truth.calls.is_empty());
            let Some(lost) = lost(&profile) else { continue };
            back += 1;
            exact += usize::from(lost.doubt == 0.0 && lost.rest == 0.0);
            if let Err(why) = is_true(&profile, &lost, &truth) {
                panic!("{name}: {why}\n{lost:#?}\n{truth:#?}\n{events:?} {order:?}");
            }
        }
        text.push_str(&format!(
            "{name}: {some} lost calls, {back} have some back, {exact} all of them exactly\n"
        ));
    }
    insta::assert_snapshot!(text);
}

fn events(codes: u8) -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => (1..codes).prop_map(Event::Call),
        4 => Just(Event::Return),
        4 => (1_u32..2_000_000).prop_map(Event::Spend),
    ];
    proptest::collection::vec(event, 0..60)
}

fn shuffled(codes: u8) -> impl Strategy<Value = Vec<u8>> {
    Just((0..codes).collect::<Vec<u8>>()).prop_shuffle()
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 1_i64..5, 1 => -1_i64..1, 1 => Just(i64::MAX)]
}

fn time() -> impl Strategy<Value = f64> {
    prop_oneof![6 => (0_u8..12).prop_map(f64::from), 1 => Just(f64::NAN), 1 => Just(1e300), 1 => Just(-1.0)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_what_was_lost_is_put_back(
        events in events(7),
        order in shuffled(7),
        (name, labels) in proptest::sample::select(&LABELS[..]),
    ) {
        let (profile, truth) = snapshot(&record(&events), labels, &order);
        if let Some(lost) = lost(&profile).filter(|_| !truth.mixed) {
            let judged = is_true(&profile, &lost, &truth);
            prop_assert!(judged.is_ok(), "{}: {:?}\n{:#?}\n{:#?}", name, judged, lost, truth);
        }
    }

    /// The call tree's intervals hold for what ran, not only for what the file has of it.
    #[test]
    fn the_truth_is_in_the_intervals(events in events(7), order in shuffled(7)) {
        let recorded = record(&events);
        let labels = LABELS[0].1;
        let (profile, _) = snapshot(&recorded, labels, &order);
        let whole = lost(&profile).is_some_and(|lost| lost.rest == 0.0);
        if let Some(stacks) = recorded.stacks(labels, &profile).filter(|_| whole) {
            let tree = estimate(&profile, BUDGET);
            let rounding = 1e-9 * tree.total();
            let mut paths: Vec<Vec<u32>> = Vec::new();
            for at in 0..tree.len() {
                let mut path = paths.get(tree.parent[at] as usize).cloned().unwrap_or_default();
                path.push(tree.function[at]);
                let time = stacks.get(&path).copied().unwrap_or(0.0);
                paths.push(path);
                if tree.function[at] == MERGED || profile.functions.name(tree.function[at]).contains("disable") {
                    continue;
                }
                prop_assert!(
                    time >= tree.low[at] - rounding && time <= tree.high[at] + rounding,
                    "{:?}: {} in {} to {}", paths[at], time, tree.low[at], tree.high[at]
                );
            }
        }
    }

    /// Whatever a file says, what comes back are numbers.
    #[test]
    fn any_numbers_are_survived(
        functions in proptest::collection::vec((number(), number(), time(), time()), 6),
        edges in proptest::collection::vec((0_u32..6, 0_u32..6, number(), number(), time(), time()), 1..12),
    ) {
        let (mut profile, _) = snapshot(&record(&[]), |code| code, &[]);
        for (index, (calls, primitive_calls, self_time, total_time)) in functions.into_iter().enumerate() {
            let columns = &mut profile.functions;
            columns.file.push(columns.files.intern("<string>"));
            columns.line.push(index as i64);
            columns.name.push(columns.names.intern("f"));
            columns.calls.push(calls);
            columns.primitive_calls.push(primitive_calls);
            columns.self_time.push(self_time);
            columns.total_time.push(total_time);
        }
        let edges = edges.into_iter().map(|(caller, callee, calls, primitive_calls, self_time, total_time)| {
            Edge { caller: caller + 2, callee: callee + 2, calls, primitive_calls, self_time, total_time }
        });
        profile.edges = Edges::new(profile.functions.len(), edges.collect());
        if let Some(repair) = repaired(&profile) {
            for call in &repair.lost.calls {
                prop_assert!(call.calls > 0 && call.self_time >= 0.0 && call.total_time.is_finite());
            }
        }
        let tree = estimate(&profile, BUDGET);
        prop_assert!(tree.self_time.iter().all(|&time| time >= 0.0 && time.is_finite()));
    }

    /// Files of sound programs are left alone.
    #[test]
    fn nothing_is_lost_without_twins(events in events(7)) {
        let (profile, _) = snapshot(&record(&events), |code| code, &[]);
        prop_assert!(repaired(&profile).is_none());
    }
}

fn recordings() -> Vec<String> {
    let folder = std::fs::read_dir(common::data("twins")).expect("a folder");
    let names = folder.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let mut names: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix(".prof")?.to_owned())).collect();
    names.sort();
    names
}

fn read(name: &str) -> Profile {
    common::profile(common::open(common::bytes(&format!("twins/{name}.prof"))).expect("a profile"))
}

/// What the recording's profiler still had.
fn truth(name: &str, profile: &Profile) -> Truth {
    let rows: Json = serde_json::from_slice(&common::bytes(&format!("twins/{name}.json"))).expect("JSON");
    let mut truth = Truth::default();
    for row in rows.as_array().expect("rows") {
        let function = |at: usize| {
            let key = &row[at];
            let text = |part: usize| key[part].as_str().expect("a text");
            profile.functions.find(text(0), key[1].as_i64().expect("a line"), text(2)).expect("a function")
        };
        let call = Call {
            caller: function(0),
            key: function(1),
            calls: row[2].as_i64().expect("calls"),
            self_time: row[3].as_f64().expect("seconds"),
            total_time: row[4].as_f64().expect("seconds"),
        };
        truth.calls.insert((call.key, call.caller), call);
    }
    truth
}

#[test]
fn recordings_get_back_what_python_lost() {
    let mut text = String::new();
    for name in recordings() {
        let document = common::open(common::bytes(&format!("twins/{name}.prof"))).expect("a profile");
        let noted = common::diagnostics(&document);
        let profile = common::profile(document);
        let truth = truth(&name, &profile);
        let found = lost(&profile);
        if let Some(found) = &found {
            is_true(&profile, found, &truth).unwrap_or_else(|why| panic!("{name}: {why}"));
        }
        let tree = estimate(&profile, BUDGET);
        text.push_str(&format!(
            "# {name}: {} lost, {} back, {} of the tree contradictory\n{noted}",
            truth.calls.len(),
            found.map_or(0, |found| found.calls.len()),
            if tree.contradiction > 1e-9 { "some" } else { "nothing" },
        ));
    }
    insta::assert_snapshot!(text);
}

/// The boxes of one root, as people read them.
fn dump(profile: &Profile, tree: &CallTree, root: &str) -> String {
    let mut text = String::new();
    let mut shown = false;
    for at in 0..tree.len() {
        let name = profile.functions.name(tree.function[at]);
        if tree.parent[at] == NO_PARENT {
            shown = name == root;
        }
        if shown {
            let indent = "  ".repeat(tree.depth[at] as usize);
            let exact = if tree.certainty[at] == Certainty::Exact as u8 { "" } else { ", not exact" };
            let (own, total) = (tree.self_time[at] * 1e3, tree.total_time[at] * 1e3);
            text.push_str(&format!("{indent}{name}: {own:.6} of {total:.6} ms{exact}\n"));
        }
    }
    text
}

/// One caller, one key: each box is known to the last digit, and what ran is one root.
#[test]
fn one_caller_of_lost_twins_is_exact() {
    let mut text = String::new();
    for name in ["decorated-3.11", "dataclasses-3.13", "lambdas-3.11"] {
        let profile = read(name);
        let tree = estimate(&profile, BUDGET);
        let main = profile.functions.names.id("main").expect("main");
        let main = (0..profile.functions.len()).find(|&id| profile.functions.name[id] == main).expect("main");
        let root = (0..tree.len()).find(|&at| tree.function[at] as usize == main).expect("a box");
        let (found, written) = (tree.total_time[root], profile.functions.total_time[main]);
        assert!((found - written).abs() <= 1e-9 * written, "{name}: {found} for {written}");
        let roots = tree.parent.iter().filter(|&&parent| parent == NO_PARENT).count();
        assert_eq!(roots, 2, "{name}: main, and the call that switches the profiler off");
        text.push_str(&format!("# {name}\n{}", dump(&profile, &tree, "main")));
    }
    insta::assert_snapshot!(text);
}

/// The repair is the estimate's own: every other number stays the file's.
#[test]
fn a_repaired_profile_is_sound_by_itself() {
    for name in recordings() {
        let profile = read(&name);
        let Some(repair) = repaired(&profile) else { continue };
        if repair.lost.rest == 0.0 {
            assert_eq!(Contradictions::of(&repair.profile), Contradictions::default(), "{name}");
            assert!(repaired(&repair.profile).is_none_or(|again| again.lost.calls.is_empty()), "{name}");
        }
        let edges = &repair.profile.edges;
        for id in 0..profile.functions.len() as FunctionId {
            let own: f64 = Edges::into(edges, id).map(|edge| edges.self_time[edge]).sum();
            assert!(own <= repair.profile.functions.self_time[id as usize] + 1e-12, "{name}");
        }
    }
}
