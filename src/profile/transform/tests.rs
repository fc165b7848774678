use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::call_tree::{Certainty, Elsewhere, MERGED, MergedPart, NO_PARENT, NewBox};
use super::super::stacks::{Builder, Same};
use super::super::{CallTree, FunctionId, Profile, Track};
use super::{Path, Transform, Turned, turned};
use crate::format::Unit;

/// A profile of stacks, `a;b;c 3` a line. Functions of one letter are the user's own, `json.loads` is a library's.
fn profile(stacks: &str) -> Profile {
    let mut builder = Builder::new(Same::Name, true);
    let track = builder.track(Track::default());
    for line in stacks.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (stack, value) = line.rsplit_once(' ').unwrap();
        let frames: Vec<FunctionId> = stack.split(';').map(|name| function(&mut builder, name)).collect();
        // Whoever is on a stack was called.
        for depth in 1..frames.len() {
            let node = builder.stack(frames[..depth].iter().copied());
            builder.add(track, node, 0.0, 1);
        }
        let node = builder.stack(frames.into_iter());
        builder.add(track, node, value.parse().unwrap(), 1);
    }
    builder.finish(Unit::Seconds)
}

fn function(builder: &mut Builder, name: &str) -> FunctionId {
    match name.split_once('.') {
        Some((package, name)) => {
            builder.function(&format!("/venv/lib/python3.12/site-packages/{package}/x.py"), 1, name)
        }
        None => builder.function("/srv/app/shop.py", 1, name),
    }
}

fn id(profile: &Profile, name: &str) -> FunctionId {
    let name = name.split_once('.').map_or(name, |(_, name)| name);
    (0..profile.functions.len() as FunctionId).find(|&id| profile.functions.name(id) == name).unwrap()
}

fn path(profile: &Profile, names: &str) -> Path {
    Path { functions: names.split(';').map(|name| id(profile, name)).collect(), without_imports: false }
}

/// `name total/self` a line, indented by depth; of recursive calls `name* self`.
fn written(tree: &CallTree, profile: &Profile) -> String {
    let line = |at: usize| {
        let name = match tree.function[at] {
            MERGED => "more",
            function => profile.functions.name(function),
        };
        let indent = "  ".repeat(tree.depth[at] as usize);
        let star = if tree.recursive[at] { "*" } else { "" };
        format!("{indent}{name}{star} {}/{}\n", tree.total_time[at], tree.self_time[at])
    };
    (0..tree.len()).map(line).collect()
}

fn after(profile: &Profile, step: &Transform) -> Profile {
    profile.transformed(step, None).expect("it fits")
}

fn tree_after(profile: &Profile, step: &Transform) -> String {
    let after = after(profile, step);
    written(&after.tree(1000), &after)
}

/// What is left alone of several that were too small is drawn, with what it called as one box.
#[test]
fn one_hidden_box_is_drawn() {
    let profile = profile("main;a;x 1\nmain;b;x 2\nmain;c 3");
    let [main, a, b] = ["main", "a", "b"].map(|name| id(&profile, name));
    let new = |function, parent, self_time, calls| NewBox {
        function,
        parent,
        recursive: false,
        self_time,
        calls,
        certainty: Certainty::Estimated,
        low: 0.0,
        high: self_time,
    };
    let boxes =
        [new(main, NO_PARENT, 0.0, 1.0), new(id(&profile, "c"), 0, 3.0, 1.0), new(MERGED, 0, 3.0, 2.0)];
    let part = |function, self_time, total_time| MergedPart { merged: 2, function, self_time, total_time };
    let parts = [part(b, 0.5, 2.0), part(a, 0.0, 1.0)];
    let elsewhere = Elsewhere { function: id(&profile, "x"), self_time: 2.5, total_time: 2.5 };
    let tree = CallTree::with_merged(true, &boxes, &parts, vec![elsewhere]);
    let estimated = without_stacks(&profile);
    let left = |step: &Transform| {
        let after = estimated.transformed(step, Some(&tree)).expect("it fits");
        let shown = after.estimated_tree.as_deref().expect("a tree");
        (written(shown, &after), shown.clone())
    };
    let (both, _) = left(&Transform::CollapseRecursion(main));
    assert_eq!(both, "main 6/0\n  c 3/3\n  more 3/3\n");
    let (one, shown) = left(&Transform::Drop(a));
    assert_eq!(one, "main 5/0\n  c 3/3\n  b 2/0.5\n    more 1.5/1.5\n");
    assert!(shown.merged.parts.is_empty() && shown.calls[3] == 0.0, "{:?}", shown.merged);
    // Of all that it may have called, as of what is hidden elsewhere, nothing is lost.
    let count = profile.functions.len();
    assert_eq!(shown.total_by_function(count)[b as usize], 2.0);
    assert_eq!(shown.self_by_function(count)[b as usize], 0.5);
}

const SHOP: &str = "
    main;front;query;django.execute 4
    main;front;query 1
    main;front;django.render;django.node;escape 2
    main;front;django.render;json.loads 3
    main;report;query;django.execute 5
    main 1
";

#[test]
fn a_stack_or_a_function_is_the_root() {
    let shop = profile(SHOP);
    let focused = Transform::FocusStack(path(&shop, "main;front;query"));
    assert_eq!(tree_after(&shop, &focused), "query 5/1\n  execute 4/4\n");
    let focused = Transform::FocusFunction(id(&shop, "query"));
    assert_eq!(tree_after(&shop, &focused), "query 10/1\n  execute 9/9\n");
    // Functions follow, and so do those who call them.
    let after = after(&shop, &focused);
    let execute = id(&shop, "execute");
    assert_eq!(after.functions.total_time[execute as usize], 9.0);
    assert_eq!(after.functions.total_time[id(&shop, "front") as usize], 0.0);
    assert_eq!(after.edges.callers(execute).collect::<Vec<_>>(), [id(&shop, "query")]);
    assert_eq!(after.total(), 10.0);
}

#[test]
fn what_is_merged_is_its_callers() {
    let shop = profile(SHOP);
    let merged = Transform::MergeFunction(id(&shop, "query"));
    assert_eq!(
        tree_after(&shop, &merged),
        "main 16/1\n  front 10/1\n    render 5/0\n      loads 3/3\n      node 2/0\n        escape 2/2\n    execute 4/4\n  \
         report 5/0\n    execute 5/5\n"
    );
    let merged = Transform::MergeStack(path(&shop, "main;front;query"));
    assert!(tree_after(&shop, &merged).contains("report 5/0\n    query 5/0\n"));
    // A root keeps its own time, what it called is beside it.
    let merged = Transform::MergeFunction(id(&shop, "main"));
    assert!(tree_after(&shop, &merged).starts_with("front 10/0\n"));
    assert!(tree_after(&shop, &merged).ends_with("main 1/1\n"));
}

#[test]
fn what_is_dropped_goes_with_its_time() {
    let shop = profile(SHOP);
    let dropped = Transform::Drop(id(&shop, "query"));
    assert_eq!(
        tree_after(&shop, &dropped),
        "main 6/1\n  front 5/0\n    render 5/0\n      loads 3/3\n      node 2/0\n        escape 2/2\n"
    );
}

#[test]
fn packages_become_boxes() {
    let shop = profile(SHOP);
    let collapsed = Transform::CollapsePackage(id(&shop, "render"));
    assert_eq!(
        tree_after(&shop, &collapsed),
        "main 16/1\n  front 10/0\n    query 5/1\n      django 4/4\n    django 5/0\n      loads 3/3\n      escape 2/2\n  \
         report 5/0\n    query 5/0\n      django 5/5\n"
    );
    // What the package calls of others is part of the stretch; own code below it is not.
    let mine = Transform::OnlyMine(String::new());
    assert_eq!(
        tree_after(&shop, &mine),
        "main 16/1\n  front 10/0\n    query 5/1\n      django 4/4\n    django 5/3\n      escape 2/2\n  report 5/0\n    \
         query 5/0\n      django 5/5\n"
    );
    let more = Transform::OnlyMine("json".to_owned());
    assert!(tree_after(&shop, &more).contains("    django 5/0\n      loads 3/3\n      escape 2/2\n"));
    // Boxes of packages are functions behind those of the file, the same whatever is shown of it.
    let after = after(&shop, &mine);
    assert_eq!(after.functions.len(), shop.functions.len() + 2);
    let package = after.functions.len() as FunctionId - 2;
    assert_eq!(after.functions.name(package), "django");
    assert_eq!(after.functions.total_time[package as usize], 14.0);
    assert_eq!(after.functions.calls[package as usize], 4);
}

#[test]
fn recursion_becomes_one_call() {
    let deep = profile("a;b;a;b;a;c 4\na;b 2\na;b;a 1\nd;b 8");
    assert_eq!(
        tree_after(&deep, &Transform::CollapseRecursion(id(&deep, "a"))),
        "d 8/0\n  b 8/8\na 7/1\n  c 4/4\n  b 2/2\n"
    );
}

#[test]
fn callees_are_own_time() {
    let shop = profile(SHOP);
    let collapsed = Transform::CollapseCallees(id(&shop, "front"));
    assert_eq!(
        tree_after(&shop, &collapsed),
        "main 16/1\n  front 10/10\n  report 5/0\n    query 5/0\n      execute 5/5\n"
    );
}

#[test]
fn small_boxes_are_their_callers_time() {
    let shop = profile(SHOP);
    let hidden = Transform::HideBelow(30.0);
    assert_eq!(
        tree_after(&shop, &hidden),
        "main 16/1\n  front 10/0\n    query 5/5\n    render 5/5\n  report 5/0\n    query 5/0\n      execute 5/5\n"
    );
}

#[test]
fn steps_build_on_each_other() {
    let shop = profile(SHOP);
    let mine = after(&shop, &Transform::OnlyMine(String::new()));
    let package = mine.functions.len() as FunctionId - 2;
    assert_eq!(tree_after(&mine, &Transform::FocusFunction(package)), "django 14/12\n  escape 2/2\n");
    // What an address of another file names is not there.
    assert!(shop.transformed(&Transform::Drop(1000), None).is_none());
    assert!(shop.transformed(&Transform::FocusStack(Path::default()), None).is_none());
    assert!(shop.transformed(&Transform::HideBelow(f64::NAN), None).is_none());
}

#[test]
fn a_tree_is_turned_over() {
    let shop = profile(SHOP);
    let tree = shop.tree(1000);
    let inverted = turned(&tree, Turned::Inverted);
    assert_eq!(
        written(&inverted, &shop),
        "execute 9/0\n  query 9/0\n    report 5/0\n      main 5/5\n    front 4/0\n      main 4/4\nloads 3/0\n  render 3/0\n    \
         front 3/0\n      main 3/3\nescape 2/0\n  node 2/0\n    render 2/0\n      front 2/0\n        main 2/2\nmain 1/1\nquery \
         1/0\n  front 1/0\n    main 1/1\n"
    );
    let callers = turned(&tree, Turned::Callers(id(&shop, "query")));
    assert_eq!(
        written(&callers, &shop),
        "query 10/0\n  front 5/0\n    main 5/5\n  report 5/0\n    main 5/5\n"
    );
    let callees = turned(&tree, Turned::Callees(id(&shop, "query")));
    assert_eq!(written(&callees, &shop), "query 10/1\n  execute 9/9\n");
}

#[test]
fn addresses_say_steps() {
    let path = |without_imports| Path { functions: vec![1, 20, 3], without_imports };
    let steps = [
        Transform::FocusStack(path(false)),
        Transform::MergeStack(path(true)),
        Transform::FocusFunction(7),
        Transform::MergeFunction(0),
        Transform::Drop(u32::MAX - 1),
        Transform::CollapseCallees(4),
        Transform::CollapsePackage(12),
        Transform::OnlyMine("shop.core, !shop.tests".to_owned()),
        Transform::OnlyMine(String::new()),
        Transform::CollapseRecursion(5),
        Transform::HideBelow(0.5),
        Transform::HideBelow(5.0),
    ];
    let text = Transform::texts(&steps);
    assert!(text.starts_with("s1.20.3,N1.20.3,f7,m0,"), "{text}");
    assert_eq!(Transform::all_parsed(&text), steps);
    for wrong in ["", "x1", "f", "f-1", "s1..2", "h1e3", "h99999999", "é"] {
        assert_eq!(Transform::all_parsed(wrong), [], "{wrong}");
    }
    // Later steps build on those before them.
    assert_eq!(Transform::all_parsed("f1,?,m2"), [Transform::FocusFunction(1)]);
}

const NAMES: [&str; 9] = ["a", "b", "c", "d", "e", "django.f", "django.g", "json.h", "<module>"];

/// Random stacks, with recursion; every function has been on one.
fn profiles() -> impl Strategy<Value = Profile> {
    let stack = proptest::collection::vec(0_usize..NAMES.len(), 1..7);
    proptest::collection::vec((stack, 1_u32..100), 1..25).prop_map(|stacks| {
        let mut text: String = NAMES.iter().map(|name| format!("{name} 1\n")).collect();
        for (stack, value) in stacks {
            let names: Vec<&str> = stack.into_iter().map(|at| NAMES[at]).collect();
            text.push_str(&format!("{} {value}\n", names.join(";")));
        }
        profile(&text)
    })
}

/// As if only pstats had recorded it: without stacks.
fn without_stacks(profile: &Profile) -> Profile {
    Profile { recorded_tree: None, ..profile.clone() }
}

fn steps(profile: &Profile, tree: &CallTree, function: FunctionId, at: usize) -> Vec<Transform> {
    let mut functions = Vec::new();
    let mut at = (at % tree.len()) as u32;
    while tree.function[at as usize] == MERGED {
        // "(n more)" has no stack to name.
        at = (at + 1) % tree.len() as u32;
    }
    while let Some(&function) = tree.function.get(at as usize) {
        functions.push(function);
        at = tree.parent[at as usize];
    }
    functions.reverse();
    let path = Path { functions, without_imports: false };
    assert!(profile.functions.len() > function as usize);
    vec![
        Transform::FocusStack(path.clone()),
        Transform::MergeStack(path),
        Transform::FocusFunction(function),
        Transform::MergeFunction(function),
        Transform::Drop(function),
        Transform::CollapseCallees(function),
        Transform::CollapseRecursion(function),
        Transform::CollapsePackage(5),
        Transform::OnlyMine(String::new()),
        Transform::HideBelow(7.0),
    ]
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-6
}

/// What every transform of the table at the top of the module keeps.
fn check(before: &Profile, tree: &CallTree, step: &Transform) {
    let after = before.transformed(step, Some(tree)).expect("it fits");
    let shown = after.tree(1000);
    let (count, all) = (after.functions.len(), tree.total());
    let (old_own, old_total) = (tree.self_by_function(count), tree.total_by_function(count));
    let (own, total) = (shown.self_by_function(count), shown.total_by_function(count));
    // The table, the tree and the sum agree, whatever was done; but what the step did not touch is what it was.
    assert!(close(shown.total(), after.total()), "{step:?}");
    let is_right = |function: usize, was: &[f64], old: &[f64], new: &[f64], is: f64| {
        let untouched =
            was.get(function).is_some_and(|&was| close(was, is)) && close(old[function], new[function]);
        close(new[function], is) || untouched
    };
    for function in 0..count {
        let (was, is) = (&before.functions, &after.functions);
        assert!(
            is_right(function, &was.self_time, &old_own, &own, is.self_time[function]),
            "{step:?} {function}"
        );
        assert!(
            is_right(function, &was.total_time, &old_total, &total, is.total_time[function]),
            "{step:?} {function}"
        );
    }
    let kept = |function: usize| {
        let name = after.functions.name(function as FunctionId);
        let package = super::package::of(&after.functions, function as FunctionId);
        let is_in = |package: &super::package::Package<'_>| match step {
            Transform::CollapsePackage(_) => package.name == "django",
            _ => true,
        };
        assert!(!name.is_empty());
        function < before.functions.len() && !package.as_ref().is_some_and(is_in)
    };
    let expected = match step {
        Transform::FocusFunction(function) => old_total[*function as usize],
        Transform::Drop(function) => all - old_total[*function as usize],
        Transform::FocusStack(path) => {
            let mut at = None::<usize>;
            for function in &path.functions {
                at = (0..tree.len()).find(|&box_| {
                    tree.function[box_] == *function
                        && tree.parent.get(box_).map(|&up| up as usize)
                            == Some(at.unwrap_or(u32::MAX as usize))
                        && !tree.recursive[box_]
                });
            }
            // A box of recursive calls is no stack of its own.
            at.map_or(shown.total(), |at| tree.total_time[at])
        }
        _ => all,
    };
    // What a function has in boxes that stand for many is taken out of those as well as can be told.
    let merged = |of: FunctionId| {
        let parts = tree.merged.parts.iter().filter(|part| part.function == of).map(|part| part.total_time);
        let elsewhere =
            tree.merged.elsewhere.iter().filter(|one| one.function == of).map(|one| one.total_time);
        parts.chain(elsewhere).sum::<f64>()
    };
    let slack = if let Transform::Drop(of) = step { merged(*of) } else { 0.0 };
    let off = (shown.total() - expected).abs();
    assert!(off <= slack + 1e-6, "{step:?}: {} for {expected}", shown.total());
    for function in 0..count {
        match step {
            Transform::MergeFunction(of) if function != *of as usize => {
                assert!(close(total[function], old_total[function]), "{step:?} {function}");
                assert!(own[function] >= old_own[function] - 1e-6, "{step:?} {function}");
            }
            Transform::CollapsePackage(_) | Transform::OnlyMine(_) if kept(function) => {
                assert!(close(own[function], old_own[function]), "{step:?} {function}");
                assert!(close(total[function], old_total[function]), "{step:?} {function}");
            }
            Transform::CollapseRecursion(of) => {
                assert!(close(own[function], old_own[function]), "{step:?} {function}");
                if function == *of as usize {
                    assert!(close(total[function], old_total[function]), "{step:?}");
                }
            }
            Transform::CollapseCallees(of) if function == *of as usize => {
                assert!(close(total[function], old_total[function]), "{step:?}");
                assert!(close(own[function], total[function]), "{step:?}");
            }
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn each_keeps_what_it_says(profile in profiles(), function in 0_u32..9, at in 0_usize..1000) {
        let tree = profile.tree(1000).into_owned();
        for step in steps(&profile, &tree, function, at) {
            check(&profile, &tree, &step);
        }
        let estimated = without_stacks(&profile);
        let tree = estimated.tree(1000).into_owned();
        for step in steps(&estimated, &tree, function, at) {
            check(&estimated, &tree, &step);
        }
    }

    #[test]
    fn turned_trees_add_up(profile in profiles(), function in 0_u32..9) {
        for profile in [without_stacks(&profile), profile] {
            let tree = profile.tree(1000).into_owned();
            let count = profile.functions.len();
            let inverted = turned(&tree, Turned::Inverted);
            prop_assert!(close(inverted.total(), tree.total()));
            let own = tree.self_by_function(count);
            let mut roots: BTreeMap<FunctionId, f64> = BTreeMap::new();
            let is_root = |at: &usize| inverted.depth[*at] == 0 && inverted.function[*at] != MERGED;
            for at in (0..inverted.len()).filter(is_root) {
                prop_assert!(roots.insert(inverted.function[at], inverted.total_time[at]).is_none());
            }
            for (function, total) in roots {
                let boxes = (0..tree.len()).filter(|&at| tree.function[at] == function);
                let in_boxes: f64 = boxes.map(|at| tree.self_time[at]).sum();
                prop_assert!(close(total, in_boxes) && total <= own[function as usize] + 1e-6);
            }
            let boxes = (0..tree.len()).filter(|&at| tree.function[at] == function && !tree.recursive[at]);
            let total: f64 = boxes.map(|at| tree.total_time[at]).sum();
            prop_assert!(close(turned(&tree, Turned::Callers(function)).total(), total));
            prop_assert!(close(turned(&tree, Turned::Callees(function)).total(), total));
        }
    }
}
