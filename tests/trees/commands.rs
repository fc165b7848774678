//! Recordings of commands that import much, and contradict themselves a little: what is proven all the same.
//! tests/record/pstats/commands.py packs them.

use std::path::PathBuf;

use flamedrop::document::Content;
use flamedrop::import;
use flamedrop::input::MemorySource;
use flamedrop::profile::call_tree::{MERGED, NO_PARENT};
use flamedrop::profile::estimate::estimate;
use flamedrop::profile::{CallTree, Profile};

use super::{BUDGET, ROUNDING, check_functions, check_shape};

fn read(name: &str) -> Profile {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/pstats/commands");
    let bytes = std::fs::read(folder.join(name)).expect("the profile");
    let document = import::import(&MemorySource::new(name.to_owned(), bytes), &|_| ()).expect("pstats");
    let Content::Profile(profile) = document.content else { panic!("a profile") };
    *profile
}

fn label(profile: &Profile, function: u32) -> String {
    let functions = &profile.functions;
    let file = functions.file(function).rsplit('/').take(2).collect::<Vec<_>>();
    format!("{} {}", functions.name(function), file.into_iter().rev().collect::<Vec<_>>().join("/"))
}

/// The boxes from a root down to the one of a function.
fn stack(tree: &CallTree, profile: &Profile, last: &str) -> Vec<usize> {
    let is_it =
        |&index: &usize| tree.function[index] != MERGED && label(profile, tree.function[index]) == last;
    let found = (0..tree.len()).find(is_it).expect(last);
    let above = |&index: &usize| (tree.parent[index] != NO_PARENT).then(|| tree.parent[index] as usize);
    let mut boxes: Vec<usize> = std::iter::successors(Some(found), above).collect();
    boxes.reverse();
    boxes
}

/// Of named boxes: how well functions' totals are kept, and the most that one is exceeded, as shares.
fn named(tree: &CallTree, profile: &Profile) -> (f64, f64) {
    let totals = &profile.functions.total_time;
    let mut found = vec![0.0; totals.len()];
    for index in (0..tree.len()).filter(|&index| tree.function[index] != MERGED && !tree.recursive[index]) {
        found[tree.function[index] as usize] += tree.total_time[index];
    }
    let off = |(found, total): (&f64, &f64)| (found - total).abs();
    let missed: f64 = found.iter().zip(totals).map(off).sum();
    let over = found.iter().zip(totals).map(|(found, total)| found - total).fold(0.0, f64::max);
    (1.0 - missed / totals.iter().sum::<f64>(), over / tree.total())
}

/// `chain` is what was called once from the root on; `kept` and `over` are of named boxes.
fn check(name: &str, chain: &[&str], kept: f64, over: f64) {
    let profile = read(name);
    let tree = estimate(&profile, BUDGET);
    check_shape(&tree, &profile, BUDGET);
    check_functions(&tree, &profile, ROUNDING);
    let boxes = stack(&tree, &profile, chain[chain.len() - 1]);
    let labels: Vec<String> = boxes.iter().map(|&index| label(&profile, tree.function[index])).collect();
    assert_eq!(labels, chain, "{name}");
    // What the file lost of twins can be nowhere.
    let lost = 2.0 * tree.contradiction * tree.total() + 1e-3 * tree.total();
    for &index in &boxes[1..] {
        let total = profile.functions.total_time[tree.function[index] as usize];
        let off = (tree.total_time[index] - total).abs();
        assert!(off <= lost, "{name}: {} is {off} s off", label(&profile, tree.function[index]));
    }
    for index in (0..tree.len()).filter(|&index| tree.parent[index] == NO_PARENT) {
        let function = tree.function[index];
        let is_caller = function == MERGED || profile.edges.callers(function).next().is_none();
        assert!(is_caller || index == boxes[0], "{name}: {} is a root", label(&profile, function));
    }
    let now = named(&tree, &profile);
    assert!(now.0 >= kept && now.1 <= over, "{name}: {now:?}");
}

/// `python -m`: `exec` runs the script that finds the module, and `_run_code` that one's code, by `exec`, which is on the
/// stack already.
#[test]
fn what_dash_m_runs_is_below_it() {
    let exec = "<built-in method builtins.exec> ~";
    let chain = [
        exec,
        "<module> <string>",
        "run_module python3.8/runpy.py",
        "_run_code python3.8/runpy.py",
        "<module> black/__main__.py",
        "<built-in method black.patched_main> ~",
        "__call__ click/core.py",
        "main click/core.py",
    ];
    check("black-3.8.prof.gz", &chain, 0.97, 0.001);
    let chain = [chain[0], chain[1], chain[2], chain[3], "<module> pytest/__main__.py"];
    let chain = [&chain[..], &["console_main config/__init__.py", "main config/__init__.py"]].concat();
    check("pytest-3.8.prof.gz", &chain, 0.95, 0.02);
}

#[test]
fn a_script_lasts_as_long_as_its_run() {
    let chain = [
        "<built-in method builtins.exec> ~",
        "<module> manage.py",
        "execute_from_command_line management/__init__.py",
        "execute management/__init__.py",
        "run_from_argv management/base.py",
    ];
    check("makemigrations-3.12.prof.gz", &chain, 0.93, 0.01);
}
