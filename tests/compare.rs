//! Profiles of one program before a change and after it, side by side: those that tests/record/compare.sh recorded, and
//! every other profile beside itself and beside a copy whose lines moved.

mod common;

use flamedrop::brief::Brief;
use flamedrop::document::{self, Content, Document};
use flamedrop::input::MemorySource;
use flamedrop::profile::compare::{Changed, Comparison, Outline};
use flamedrop::profile::transform::{Path, Transform};
use flamedrop::profile::{Edges, Profile};
use flamedrop::protocol::{ChangedColumn, CompareAnswer, CompareAsk, Request, Response, decode, encode};
use flamedrop::session::Session;

const BUDGET: usize = 10_000;

fn profile(path: &str) -> Profile {
    common::profile(common::open(common::bytes(path)).expect(path))
}

fn outline_of(name: &str, profile: &Profile) -> Outline {
    Outline::of(name, profile, &profile.tree(BUDGET))
}

fn outline(name: &str) -> Outline {
    outline_of(name, &profile(&format!("compare/{name}.prof")))
}

fn outlines(side: &str) -> Vec<Outline> {
    (1..=3).map(|run| outline(&format!("{side}-{run}"))).collect()
}

fn compare(before: &[Outline], after: &[Outline]) -> Comparison {
    Comparison::new(before, after).expect("one program")
}

#[track_caller]
fn find<'a>(comparison: &'a Comparison, name: &str, line: i64) -> &'a Changed {
    let mut all = comparison.functions.iter().filter(|one| one.name == name && one.line == line);
    let found = all.next().expect("a function");
    assert!(all.next().is_none(), "{name} is there twice");
    found
}

/// The calls that the sources under tests/record/compare make.
fn calls(one: &Changed) -> (Option<f64>, Option<f64>) {
    (one.before.and_then(|side| side.calls), one.after.and_then(|side| side.calls))
}

#[test]
fn functions_are_found_where_they_moved_to() {
    let comparison = compare(&[outline("before-1")], &[outline("after-1")]);
    assert_eq!(calls(find(&comparison, "find", 38)), (Some(800.0), Some(800.0)));
    assert_eq!(calls(find(&comparison, "same", 28)), (Some(119_700.0), None));
    assert_eq!(calls(find(&comparison, "<built-in method time.sleep>", 0)), (None, Some(1.0)));
    // Three of one name where two were: the first is new.
    assert_eq!(calls(find(&comparison, "__init__", 14)), (None, Some(1.0)));
    assert_eq!(calls(find(&comparison, "__init__", 24)), (Some(300.0), Some(300.0)));
    assert_eq!(calls(find(&comparison, "__init__", 33)), (Some(200.0), Some(200.0)));
    // Of three list comprehensions of `main` and two others each is itself.
    assert_eq!(calls(find(&comparison, "<listcomp>", 50)), (Some(1.0), Some(1.0)));
    assert_eq!(calls(find(&comparison, "<listcomp>", 59)), (Some(200.0), Some(200.0)));
    let change: f64 = comparison.functions.iter().map(|one| one.self_change(1.0)).sum();
    assert!((change - (comparison.after.total - comparison.before.total)).abs() < 1e-9);
    // One recording has no spread.
    assert_eq!(comparison.clear, None);
    assert!(comparison.functions.iter().all(|one| one.self_clear.is_none()));
}

#[test]
fn another_place_and_another_python_are_the_same_program() {
    let comparison = compare(&[outline("after-1")], &[outline("elsewhere-1")]);
    for (name, line) in [("find", 38), ("_compile", 330), ("iterencode", 205), ("wait", 17)] {
        let one = find(&comparison, name, line);
        assert!(one.before.is_some() && one.after.is_some(), "{one:?}");
    }
    // From Python 3.12 on comprehensions are no functions of their own.
    let gone: Vec<&str> =
        comparison.functions.iter().filter(|one| one.after.is_none()).map(|one| one.name.as_str()).collect();
    assert!(!gone.is_empty() && gone.iter().all(|name| name.contains("comp>")), "{gone:?}");
}

#[test]
fn what_lies_within_the_spread_is_chance() {
    let comparison = compare(&outlines("before"), &outlines("after"));
    assert_eq!(comparison.clear, Some(true));
    assert_eq!(find(&comparison, "find", 38).self_clear, Some(true));
    // What did not change at all.
    assert_eq!(find(&comparison, "dumps", 183).self_clear, Some(false));
    // In each recording of one side and in none of the other: that is no chance, however long it takes.
    for one in comparison.functions.iter().filter(|one| one.before.is_none() != one.after.is_none()) {
        assert_eq!((one.self_clear, one.total_clear), (Some(true), Some(true)), "{one:?}");
    }
    // The same three twice.
    let again = compare(&outlines("after"), &outlines("after"));
    assert_eq!(again.clear, Some(false));
    assert!(again.functions.iter().all(|one| one.self_clear == Some(false)));
    assert_eq!(again.new_and_gone(), (0, 0));
}

/// All times and places of a comparison are the same on both sides.
#[track_caller]
fn is_nothing(name: &str, before: &Outline, after: &Outline) {
    let comparison = compare(std::slice::from_ref(before), std::slice::from_ref(after));
    let one_sided = |one: &&Changed| one.before.is_none() != one.after.is_none();
    let alone: Vec<&Changed> = comparison.functions.iter().filter(one_sided).collect();
    assert!(alone.is_empty(), "{name}: {alone:#?}");
    for one in &comparison.functions {
        assert_eq!((one.self_change(1.0), one.total_change(1.0)), (0.0, 0.0), "{name} {one:?}");
    }
    for by_before in [false, true] {
        let tree = comparison.tree(std::slice::from_ref(before), std::slice::from_ref(after), by_before);
        assert_eq!(tree.tree.self_time, tree.other_self, "{name}");
        for (this, other) in tree.tree.total_time.iter().zip(&tree.other_total) {
            assert!((this - other).abs() <= 1e-9 * this.abs().max(1.0), "{name} {this} {other}");
        }
    }
}

/// Every recording here beside itself, and beside a copy whose lines all moved, on another machine.
#[test]
fn a_profile_beside_itself_has_no_changes() {
    let mut count = 0;
    for path in common::files() {
        let name = path.display().to_string();
        if !["/pstats/", "/profiles/", "/compare/", "/twins/"].iter().any(|folder| name.contains(folder)) {
            continue;
        }
        let Ok(document) = common::open(std::fs::read(&path).expect(&name)) else { continue };
        let Content::Profile(profile) = document.content else { continue };
        if profile.functions.is_empty() {
            continue;
        }
        count += 1;
        let outline = outline_of("one", &profile);
        is_nothing(&name, &outline, &outline);
        let mut moved = profile.clone();
        for (line, file) in moved.functions.line.iter_mut().zip(&profile.functions.file) {
            // Each file by its own number of lines.
            if *line > 0 {
                *line += 10 + i64::from(*file);
            }
        }
        is_nothing(&name, &outline, &outline_of("moved", &moved));
    }
    assert!(count > 60, "{count}");
}

#[test]
fn trees_are_compared_stack_by_stack() {
    let (before, after) = (outline("before-1"), outline("after-1"));
    let comparison = compare(std::slice::from_ref(&before), std::slice::from_ref(&after));
    for by_before in [false, true] {
        let (this, other) = if by_before { (&before, &after) } else { (&after, &before) };
        let difference =
            comparison.tree(std::slice::from_ref(&before), std::slice::from_ref(&after), by_before);
        let tree = &difference.tree;
        // Of the two list comprehensions on one line the file has kept one: the sum of self times is less than `main`.
        let alone = |side: &Outline| profile(&format!("compare/{}.prof", side.name)).tree(BUDGET).total();
        assert!((tree.total() - alone(this)).abs() < 1e-9, "{} {}", tree.total(), alone(this));
        let boxes_of = |name: &str| -> Vec<usize> {
            let is = |at: &usize| {
                comparison.functions.get(tree.function[*at] as usize).is_some_and(|one| one.name == name)
            };
            (0..tree.len()).filter(is).collect()
        };
        let main = boxes_of("main");
        assert_eq!(main.len(), 1);
        // All but the end of the profiler itself.
        assert!((difference.other_total[main[0]] / alone(other) - 1.0).abs() < 1e-3);
        // Only one side has them.
        let sleep = boxes_of("<built-in method time.sleep>");
        let same = boxes_of("same");
        let (there, missing) = if by_before { (same, sleep) } else { (sleep, same) };
        assert_eq!((there.len(), missing.len()), (1, 0));
        assert_eq!(difference.other_total[there[0]], 0.0);
    }
}

#[test]
fn different_things_are_not_compared() {
    let time = outline("before-1");
    let samples = outline_of("sampled", &profile("profiles/tachyon-3.15.2.collapsed.gz"));
    let problem = Comparison::new(std::slice::from_ref(&time), &[samples]).expect_err("samples are no times");
    assert_eq!(problem, "before-1 measures time, sampled samples: they cannot be compared");
    assert!(Comparison::new(&[], &[time]).is_err());
}

/// Asks as the page does: through bytes.
fn ask(session: &mut Session, ask: CompareAsk) -> Response {
    let request: Request = decode(&encode(&Request::Compare(ask)).expect("encoding")).expect("decoding");
    decode(&encode(&session.answer(&request)).expect("encoding")).expect("decoding")
}

fn session(name: &str) -> Session {
    let path = format!("compare/{name}.prof");
    Session::open(Box::new(MemorySource::new(&path, common::bytes(&path))), &|_| ()).expect("a profile")
}

#[test]
fn two_workers_compare() {
    let (mut before, mut after) = (session("before-1"), session("after-1"));
    let Response::Compare(CompareAnswer::Outline(outline)) =
        ask(&mut before, CompareAsk::Outline { hide_imports: true })
    else {
        panic!("no outline")
    };
    let table = |sort: ChangedColumn, filter: &str, by_share: bool| CompareAsk::Functions {
        sort,
        descending: true,
        filter: filter.to_owned(),
        by_share,
        first: 0,
        count: 2,
        selected: None,
    };
    let refused = ask(&mut after, table(ChangedColumn::SelfChange, "", false));
    assert!(matches!(refused, Response::Refused(_)), "{refused:?}");
    let with = CompareAsk::With { before: vec![*outline], after: Vec::new(), hide_imports: true };
    let Response::Compare(CompareAnswer::Compared(overview)) = ask(&mut after, with) else {
        panic!("nothing compared")
    };
    assert_eq!((overview.new, overview.gone), (4, 1));
    let mut names = |sort, filter: &str, by_share| match ask(&mut after, table(sort, filter, by_share)) {
        Response::Compare(CompareAnswer::Functions(rows, page, _)) => {
            (rows, page.into_iter().map(|one| one.name).collect::<Vec<_>>())
        }
        other => panic!("{other:?}"),
    };
    let (all, first) = names(ChangedColumn::SelfChange, "", false);
    assert!(all > 20);
    assert_eq!(first, ["find", "<built-in method time.sleep>"]);
    // As a share of all, the wait is what grew most.
    assert_eq!(names(ChangedColumn::SelfChange, "", true).1[0], "<built-in method time.sleep>");
    assert_eq!(names(ChangedColumn::Calls, "stock.py", false).1[0], "same");
    assert_eq!(names(ChangedColumn::TotalTime, "stock.py:38", false), (1, vec!["find".to_owned()]));
    let Response::Compare(CompareAnswer::Difference(difference)) =
        ask(&mut after, CompareAsk::Difference { by_before: true })
    else {
        panic!("no trees")
    };
    let tree = &difference.tree;
    assert_eq!(tree.functions[tree.function[0] as usize].name, "main");
    assert!(
        (tree.total / overview.before.total - 1.0).abs() < 0.01,
        "{} {}",
        tree.total,
        overview.before.total
    );
}

/// A file that was recorded again: what one looked at is found where its lines moved to, and so is what steps are about.
#[test]
fn functions_of_an_earlier_reading_are_found_again() {
    let old = profile("compare/before-1.prof");
    let id = |line: i64, name: &str| {
        old.functions.find("/home/ada/shop/stock.py", line, name).expect("it is there")
    };
    let functions = vec![id(20, "find"), id(28, "same")];
    let ask = CompareAsk::Again { before: outline("before-1"), functions: functions.clone() };
    let Response::Compare(CompareAnswer::Again(overview, now)) =
        session("after-1").answer(&Request::Compare(ask))
    else {
        panic!("not compared")
    };
    assert_eq!((overview.new, overview.gone), (4, 1));
    let new = profile("compare/after-1.prof");
    let found = new.functions.find("/home/ada/shop/stock.py", 38, "find");
    assert!(found.is_some());
    assert_eq!(now, [found, None]);
    // Steps of it as well; one that is about what is gone is none.
    let id = |function: u32| now[functions.iter().position(|other| *other == function)?];
    let path = Path { functions: vec![functions[0]], without_imports: true };
    let stack = Transform::FocusStack(path).with_ids(&id).expect("a step");
    let path = Path { functions: vec![now[0].expect("there")], without_imports: true };
    assert_eq!(stack, Transform::FocusStack(path));
    assert_eq!(Transform::Drop(functions[1]).with_ids(&id), None);
    assert_eq!(Transform::HideBelow(0.5).with_ids(&id), Some(Transform::HideBelow(0.5)));
}

/// Several recordings of eight Pythons as one: what every Python's own `Stats.add` makes of them (tests/record/compare.sh).
#[test]
fn merged_profiles_are_what_pstats_adds_up() {
    let names: Vec<String> = ["before-1", "after-1", "elsewhere-1", "before-2"]
        .iter()
        .map(|name| format!("compare/{name}.prof"))
        .chain(
            ["3.6", "3.8", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]
                .map(|one| format!("pstats/{one}.prof")),
        )
        .collect();
    let documents: Vec<Document> =
        names.iter().map(|name| common::open(common::bytes(name)).expect(name)).collect();
    let merged = common::profile(document::merged(&documents.iter().collect::<Vec<_>>()).expect("profiles"));
    let truth: serde_json::Value =
        serde_json::from_slice(&common::bytes("compare/added.json")).expect("JSON");
    let skipped = truth["skipped"].as_u64().expect("a number") as usize;
    let truth = truth["functions"].as_array().expect("a list");
    assert_eq!(merged.functions.len(), truth.len() + skipped);
    let is = |seen: f64, wanted: &serde_json::Value| {
        let wanted = wanted.as_f64().expect("a number");
        assert!((seen - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{seen} {wanted}");
    };
    for function in truth {
        let text = |at: usize| function[at].as_str().expect("a text");
        let line = function[1].as_i64().expect("a line");
        let found = merged.functions.find(text(0), line, text(2)).expect("a function");
        let at = found as usize;
        let functions = &merged.functions;
        assert_eq!(Some(functions.primitive_calls[at]), function[3].as_i64(), "{function}");
        assert_eq!(Some(functions.calls[at]), function[4].as_i64(), "{function}");
        is(functions.self_time[at], &function[5]);
        is(functions.total_time[at], &function[6]);
        let edges = function[7].as_array().expect("a list");
        let recorded: &Edges = &merged.edges;
        let unknown = recorded.into(found).len() - edges.len();
        assert!(unknown <= skipped, "{function}");
        for edge in recorded.into(found) {
            let caller = merged.edges.caller[edge];
            let named =
                serde_json::json!([functions.file(caller), functions.line(caller), functions.name(caller)]);
            let told = edges
                .iter()
                .filter_map(|edge| edge.as_array().map(Vec::as_slice))
                .find(|edge| edge[0] == named);
            let Some([_, numbers]) = told else {
                assert!(unknown > 0, "{named}");
                continue;
            };
            let numbers = numbers.as_array().expect("a list");
            // Whole numbers stand for calls alone.
            if let [calls, primitive, own, total] = numbers.as_slice() {
                let both = [merged.edges.calls[edge], merged.edges.primitive_calls[edge]].map(Some);
                assert_eq!(both, [calls.as_i64(), primitive.as_i64()], "{function}");
                is(merged.edges.self_time[edge], own);
                is(merged.edges.total_time[edge], total);
            }
        }
    }
}

#[test]
fn merged_stacks_are_those_of_all_files() {
    let name = "profiles/tachyon-3.15.2.collapsed.gz";
    let one = common::open(common::bytes(name)).expect(name);
    let other = common::open(common::bytes("profiles/py-spy-0.4.3.raw.txt.gz")).expect("py-spy");
    let profiles = [&one, &other].map(|document| common::profile(document.clone()));
    let merged = common::profile(document::merged(&[&one, &other, &one]).expect("samples"));
    let total = 2.0 * profiles[0].total() + profiles[1].total();
    assert!((merged.total() - total).abs() < 1e-6, "{} {total}", merged.total());
    assert_eq!(merged.tracks().len(), 2 * profiles[0].tracks().len() + profiles[1].tracks().len());
    let time = common::open(common::bytes("compare/after-1.prof")).expect("a profile");
    let problem = document::merged(&[&one, &time]).expect_err("samples and seconds");
    assert!(problem.contains("something different"), "{problem}");
}

#[test]
fn a_recording_in_one_line() {
    let source = MemorySource::new("GET.stock.31ms.1764487957.prof", common::bytes("compare/before-1.prof"));
    let document = flamedrop::import::import(&source, &|_| ()).expect("a profile");
    let brief = Brief::of(&document);
    assert_eq!(brief.request.as_deref(), Some("GET /stock"));
    assert_eq!((brief.count, brief.kind), (Some(122_715), flamedrop::import::Kind::Profile));
    let slowest = brief.slowest().expect("an own function");
    assert_eq!((slowest.name.as_str(), slowest.place.as_str()), ("find", "/home/ada/shop/stock.py:20"));
}

fn command(arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_flamedrop"))
        .args(arguments)
        .output()
        .expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

#[test]
fn the_command_line_compares_and_fails_where_it_takes_longer() {
    let path = |name: &str| common::data(&format!("compare/{name}.prof")).display().to_string();
    let (before, after) = (path("before-1"), path("after-1"));
    let (said, _, status) = command(&["diff", &before, &after, "--fail-on", "10%"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("4 new, 1 gone") && said.contains("stock.py:38(find)"), "{said}");
    let (_, wrong, status) = command(&["diff", &after, &before, "--fail-on", "10%"]);
    assert_eq!(status, Some(3));
    assert!(wrong.contains("% more, where 10.0 % are allowed"), "{wrong}");
    // Several runs of each side; what differs less than they do among themselves fails nothing.
    let runs: Vec<String> = ["after-1", "after-2", "after-2", "after-3"].map(path).to_vec();
    let mut arguments = vec!["diff", "--fail-on", "0%", "--json"];
    arguments.extend(runs.iter().map(String::as_str));
    let (json, _, status) = command(&arguments);
    assert_eq!(status, Some(0));
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["compared"]["significant"], false);
}

/// What cannot be read or compared is no time of 0.
#[test]
fn the_command_line_says_nothing_of_what_it_cannot_compare() {
    let after = common::data("compare/after-1.prof").display().to_string();
    let samples = common::data("profiles/py-spy-0.4.3.raw.txt.gz").display().to_string();
    let nothing = common::data("compare/added.json").display().to_string();
    for other in [&samples, &nothing, &"nowhere.prof".to_owned()] {
        let (said, wrong, status) = command(&["diff", other, &after, "--fail-on", "10%"]);
        assert_eq!((said.as_str(), status), ("", Some(1)), "{other}");
        assert!(wrong.starts_with("flamedrop: "), "{wrong}");
    }
}

#[test]
fn folders_are_listed_and_merged() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["before-1", "before-2"] {
        let file = folder.path().join(format!("{name}.prof"));
        std::fs::copy(common::data(&format!("compare/{name}.prof")), file).expect("a copy");
    }
    std::fs::write(folder.path().join("notes.txt"), "Nothing helped.\n").expect("a file");
    let path = folder.path().display().to_string();
    let output = folder.path().join("all.flamedrop").display().to_string();
    for _ in 0..2 {
        // The second time it is in the folder itself.
        let (said, wrong, status) = command(&["merge", &path, "-o", &output]);
        assert!(said.contains("2 profiles merged"), "{said}{wrong}");
        assert_eq!(status, Some(0));
    }
    let (said, _, status) = command(&["list", &path]);
    assert_eq!(status, Some(0));
    assert!(said.contains("before-1.prof") && said.contains("find") && said.contains("122,715"), "{said}");
    assert!(said.contains("1 file in folders: no profile and no log"), "{said}");
}
