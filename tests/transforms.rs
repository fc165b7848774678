//! Steps of narrowing through a session, on recordings: totals, what follows from them, the way back, parts of a profile,
//! exports, and trees that are turned over.

mod common;

use flamedrop::input::MemorySource;
use flamedrop::profile::call_tree::NO_PARENT;
use flamedrop::profile::transform::{Path, Transform, Turned};
use flamedrop::protocol::{
    ContentOverview, Export, FunctionColumn, FunctionRow, ProfileOverview, Request, Response, Tree,
};
use flamedrop::session::Session;

/// Stacks of several threads, calls in order of time, samples by line, and call graphs.
const RECORDINGS: [&str; 8] = [
    "profiles/viztracer-1.1.1-threads.json",
    "profiles/py-spy-0.4.3.speedscope.json",
    "profiles/pyinstrument-5.1.3.json",
    "profiles/tachyon-3.15.2.bin",
    "profiles/vprof-0.38.c.json",
    "pstats/3.12.prof",
    "pstats/2.7-profile.prof",
    "shop/shop.prof",
];

fn open(name: &str) -> Session {
    let source = MemorySource::new(name, common::bytes(name));
    Session::open(Box::new(source), &|_| ()).expect("a document")
}

fn overview(session: &Session) -> ProfileOverview {
    match session.overview().content {
        ContentOverview::Profile(profile) => profile,
        other => panic!("{other:?}"),
    }
}

fn narrowed(session: &mut Session, steps: &[Transform]) -> ProfileOverview {
    match session.answer(&Request::Transform(steps.to_vec())) {
        Response::Reread(overview) => match overview.content {
            ContentOverview::Profile(profile) => profile,
            other => panic!("{other:?}"),
        },
        other => panic!("{steps:?}: {other:?}"),
    }
}

fn tree(session: &mut Session, turned: Option<Turned>) -> Tree {
    match session.answer(&Request::Tree { hide_imports: false, turned, sight: None }) {
        Response::Tree(tree) => tree,
        other => panic!("{other:?}"),
    }
}

fn table(session: &mut Session) -> Vec<FunctionRow> {
    let request = Request::Functions {
        sort: FunctionColumn::TotalTime,
        descending: true,
        filter: String::new(),
        first: 0,
        count: 100_000,
        selected: None,
    };
    match session.answer(&request) {
        Response::Functions { page, .. } => page,
        other => panic!("{other:?}"),
    }
}

fn close(one: f64, other: f64, whole: f64) -> bool {
    (one - other).abs() <= 1e-6 * whole.max(1e-9)
}

/// A function in the middle of the heaviest stack.
fn in_the_middle(tree: &Tree) -> (u32, Vec<u32>) {
    let mut path = vec![0_u32];
    while let Some(&last) = path.last()
        && tree.end[last as usize] > last + 1
        && tree.function_of(last + 1).is_some()
    {
        path.push(last + 1);
    }
    let at = path[path.len() / 2];
    let functions = path[..=path.len() / 2].iter();
    let functions = functions.map(|&at| tree.function_of(at).expect("a function").function).collect();
    (at, functions)
}

#[test]
fn totals_are_what_each_step_says() {
    for name in RECORDINGS {
        let mut session = open(name);
        let whole = overview(&session);
        let before = tree(&mut session, None);
        let rows = table(&mut session);
        let (at, functions) = in_the_middle(&before);
        let function = *functions.last().expect("a function");
        let row = rows.iter().find(|row| row.function == function).expect("its row").clone();
        let path = Path { functions, without_imports: false };
        let all = before.total;
        for (step, left) in [
            (Transform::FocusStack(path.clone()), before.total_time[at as usize]),
            (Transform::FocusFunction(function), row.total_time),
            (Transform::MergeFunction(function), all),
            (Transform::MergeStack(path), all),
            (Transform::Drop(function), all - row.total_time),
            (Transform::CollapseCallees(function), all),
            (Transform::CollapsePackage(function), all),
            (Transform::OnlyMine(String::new()), all),
            (Transform::CollapseRecursion(function), all),
            (Transform::HideBelow(2.0), all),
        ] {
            let shown = narrowed(&mut session, std::slice::from_ref(&step));
            assert!(close(shown.total, left, all), "{name} {step:?}: {} for {left}", shown.total);
            assert!(close(shown.whole_total, whole.total, all), "{name} {step:?}");
            assert_eq!(shown.steps.len(), 1);
            assert!(close(shown.steps[0].total, left, all), "{name} {step:?}");
            let after = tree(&mut session, None);
            assert!(close(after.total, left, all), "{name} {step:?}: {} for {left}", after.total);
            // The table says what the tree does.
            for row in table(&mut session) {
                let boxes = (0..after.function.len() as u32).filter(|&at| {
                    after.function_of(at).is_some_and(|one| one.function == row.function)
                        && !after.is_recursive(at)
                });
                let sum: f64 = boxes.map(|at| after.total_time[at as usize]).sum();
                // What the step did not touch is the file's own, however well the estimate has it.
                let was = rows.iter().find(|one| one.function == row.function);
                if after.estimated && was.is_some_and(|was| was.total_time == row.total_time) {
                    continue;
                }
                // What is too small has no box; a recording has them all.
                assert!(sum <= row.total_time + 1e-6 * all, "{name} {step:?} {}: {sum}", row.name);
                assert!(after.estimated || close(sum, row.total_time, all), "{name} {step:?} {}", row.name);
            }
            for turned in [Turned::Inverted, Turned::Callers(function), Turned::Callees(function)] {
                let turned_tree = tree(&mut session, Some(turned));
                let expected = match turned {
                    Turned::Inverted => after.total,
                    _ => (0..after.function.len() as u32)
                        .filter(|&at| {
                            after.function_of(at).is_some_and(|row| row.function == function)
                                && !after.is_recursive(at)
                        })
                        .map(|at| after.total_time[at as usize])
                        .sum(),
                };
                assert!(close(turned_tree.total, expected, all), "{name} {step:?} {turned:?}");
            }
        }
        // Back to all of it, as it was.
        narrowed(&mut session, &[]);
        assert_eq!(tree(&mut session, None), before, "{name}");
        assert_eq!(table(&mut session), rows, "{name}");
    }
}

#[test]
fn steps_are_undone_one_by_one() {
    for name in RECORDINGS {
        let mut session = open(name);
        let first = [Transform::OnlyMine(String::new()), Transform::HideBelow(1.0)];
        narrowed(&mut session, &first);
        // What these leave: maybe a box of a package.
        let (_, functions) = in_the_middle(&tree(&mut session, None));
        let [mine, hide] = first;
        let steps = [mine, hide, Transform::FocusFunction(functions[0])];
        let mut seen = Vec::new();
        for count in 0..=steps.len() {
            narrowed(&mut session, &steps[..count]);
            seen.push((tree(&mut session, None), table(&mut session)));
        }
        for count in (0..=steps.len()).rev() {
            narrowed(&mut session, &steps[..count]);
            assert_eq!(tree(&mut session, None), seen[count].0, "{name} {count}");
            assert_eq!(table(&mut session), seen[count].1, "{name} {count}");
        }
        // All at once, as an address has them.
        let mut fresh = open(name);
        narrowed(&mut fresh, &steps);
        assert_eq!(tree(&mut fresh, None), seen[steps.len()].0, "{name}");
    }
}

#[test]
fn steps_follow_tracks_and_ranges() {
    // Processes, each with its spans.
    let mut session = open("profiles/viztracer-1.1.1-fork.json");
    let whole = overview(&session);
    assert!(whole.tracks.len() > 1);
    let mine = [Transform::OnlyMine(String::new())];
    let shown = narrowed(&mut session, &mine);
    assert_eq!(shown.tracks, whole.tracks);
    let Response::Reread(of_track) = session.answer(&Request::Tracks(vec![1])) else { panic!("a track") };
    let ContentOverview::Profile(of_track) = of_track.content else { panic!("a profile") };
    assert_eq!((of_track.shown_tracks, of_track.steps.len()), (vec![1], 1));
    assert!(close(of_track.total, whole.tracks[1].total, whole.total));
    // Boxes of packages are the same functions in any part.
    assert_eq!(of_track.functions, shown.functions);
    let spans = whole.spans.expect("spans");
    let Response::Reread(of_range) = session.answer(&Request::Range(Some((0.0, spans.length / 2.0)))) else {
        panic!("a range")
    };
    let ContentOverview::Profile(of_range) = of_range.content else { panic!("a profile") };
    assert!(of_range.total <= of_track.total * (1.0 + 1e-9) && of_range.steps.len() == 1);
    // Without steps the part stays.
    let shown = narrowed(&mut session, &[]);
    assert_eq!(shown.shown_tracks, [1]);
    assert!(close(shown.total, of_range.total, whole.total));
}

#[test]
fn exports_and_findings() {
    for name in ["profiles/py-spy-0.4.3.speedscope.json", "pstats/3.12.prof"] {
        let mut session = open(name);
        let report =
            |session: &mut Session| session.answer(&Request::Findings { settings: Default::default() });
        let before = report(&mut session);
        let (_, functions) = in_the_middle(&tree(&mut session, None));
        let shown = narrowed(&mut session, &[Transform::FocusFunction(functions[functions.len() - 1])]);
        let Response::Exported(folded) = session.answer(&Request::Export(Export::Folded)) else {
            panic!("folded stacks")
        };
        let folded = String::from_utf8(folded).expect("text");
        let weights = folded.lines().map(|line| line.rsplit_once(' ').expect("a weight").1);
        let sum: f64 = weights.map(|weight| weight.parse::<f64>().expect("a number")).sum();
        let sum = if shown.unit.is_time() { sum / 1e6 } else { sum };
        assert!(close(sum, shown.total, shown.whole_total), "{name}: {sum} for {}", shown.total);
        assert!(matches!(session.answer(&Request::Export(Export::Speedscope)), Response::Exported(_)));
        assert!(matches!(session.answer(&Request::Export(Export::Callgrind)), Response::Exported(_)));
        // What to fix first is about the whole.
        assert_eq!(report(&mut session), before, "{name}");
    }
}

#[test]
fn a_box_without_import_frames_is_found_in_the_whole() {
    let mut session = open("trees/imports.prof.gz");
    let Response::Tree(hidden) =
        session.answer(&Request::Tree { hide_imports: true, turned: None, sight: None })
    else {
        panic!("a tree")
    };
    for at in (1..hidden.function.len() as u32).filter(|&at| !hidden.is_recursive(at)).take(40) {
        let mut functions = Vec::new();
        let mut up = at;
        while up != NO_PARENT {
            let Some(row) = hidden.function_of(up) else { break };
            functions.push(row.function);
            up = hidden.parent[up as usize];
        }
        if up != NO_PARENT {
            continue;
        }
        functions.reverse();
        let step = Transform::FocusStack(Path { functions, without_imports: true });
        let shown = narrowed(&mut session, &[step]);
        let expected = hidden.total_time[at as usize];
        assert!(close(shown.total, expected, hidden.total), "{at}: {} for {expected}", shown.total);
    }
}

#[test]
fn a_focus_on_what_is_not_there_is_refused() {
    for name in ["profiles/py-spy-0.4.3.speedscope.json", "pstats/3.12.prof", "shop/shop.prof"] {
        let mut session = open(name);
        let whole = tree(&mut session, None);
        let (_, functions) = in_the_middle(&whole);
        let function = *functions.last().expect("a function");
        let label = whole.functions.iter().find(|row| row.function == function).expect("its row").label();
        for taken in [Transform::MergeFunction(function), Transform::Drop(function)] {
            assert!(taken.takes(function));
            narrowed(&mut session, std::slice::from_ref(&taken));
            let before = (overview(&session), tree(&mut session, None), table(&mut session));
            let stack = Path { functions: functions.clone(), without_imports: false };
            for focus in [Transform::FocusFunction(function), Transform::FocusStack(stack)] {
                // One more step, and all from the beginning, as an address has them.
                for steps in [
                    vec![taken.clone(), focus.clone()],
                    vec![Transform::HideBelow(0.0), taken.clone(), focus],
                ] {
                    let Response::Refused(problem) = session.answer(&Request::Transform(steps)) else {
                        panic!("{name}: an empty picture")
                    };
                    assert!(
                        problem.contains(label.as_ref()) && problem.contains("earlier step"),
                        "{problem}"
                    );
                    assert_eq!(overview(&session), before.0, "{name}");
                    assert_eq!(tree(&mut session, None), before.1, "{name}");
                    assert_eq!(table(&mut session), before.2, "{name}");
                }
            }
        }
        // Back to all of it.
        narrowed(&mut session, &[]);
        assert_eq!(tree(&mut session, None), whole, "{name}");
    }
}

#[test]
fn functions_that_are_left_are_counted_and_keep_their_colours() {
    for name in RECORDINGS {
        let mut session = open(name);
        let (_, functions) = in_the_middle(&tree(&mut session, None));
        let all = table(&mut session);
        assert_eq!(overview(&session).shown_functions as usize, all.len(), "{name}");
        for step in [
            Transform::FocusFunction(*functions.last().expect("a function")),
            Transform::OnlyMine(String::new()),
            Transform::Drop(functions[0]),
        ] {
            let shown = narrowed(&mut session, std::slice::from_ref(&step));
            let left = table(&mut session);
            assert_eq!(shown.shown_functions as usize, left.len(), "{name} {step:?}");
            // Boxes of packages may be as many as they stand for.
            assert!(left.len() <= all.len(), "{name} {step:?}: {} of {}", left.len(), all.len());
            for row in &left {
                if let Some(was) = all.iter().find(|was| was.function == row.function) {
                    assert_eq!(row.layer, was.layer, "{name} {step:?} {}", row.name);
                }
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut session = open("pstats/3.12.prof");
    let before = tree(&mut session, None);
    for step in [
        Transform::FocusFunction(1_000_000),
        Transform::FocusStack(Path::default()),
        Transform::HideBelow(f64::INFINITY),
    ] {
        let answer = session.answer(&Request::Transform(vec![step]));
        assert!(matches!(answer, Response::Refused(_)), "{answer:?}");
    }
    assert_eq!(tree(&mut session, None), before);
    // What is left of nothing is nothing, and no error.
    let root = before.function_of(0).expect("a function").function;
    let shown = narrowed(&mut session, &[Transform::FocusFunction(root), Transform::Drop(root)]);
    assert!(shown.total.abs() < 1e-9);
    assert!(tree(&mut session, None).function.is_empty());
}
