//! Call trees of more boxes than can be seen: what the page gets of them is what it would draw, the rest is there as soon as
//! it is asked for.

use std::fmt::Write as _;

use flamedrop::input::MemorySource;
use flamedrop::layout::boxes::Boxes;
use flamedrop::layout::flame::{Cell, Viewport};
use flamedrop::profile::transform::{Transform, Turned};
use flamedrop::protocol::{Find, FunctionColumn, FunctionRow, Request, Response, Sight, Tree, Walked};
use flamedrop::session::Session;

/// Stacks of a program that calls few functions often and many seldom: `main;work;step…;leaf… n` a line.
fn large() -> Session {
    let mut stacks = String::from("main;work 50\nmain;recursive;work;recursive;work 9000\n");
    for number in 0..9_000_u32 {
        let heavy = if number % 900 == 0 { 4_000 } else { 1 + number % 7 };
        let (step, part) = (number % 40, number % 900);
        let _ = writeln!(stacks, "main;work;step{step};part{part};leaf{number} {heavy}");
        if number % 100 == 0 {
            let _ = writeln!(stacks, "main;work;step{step};part{part};leaf{number};once;twice;end{number} 2");
        }
    }
    let source = MemorySource::new("large.folded", stacks.into_bytes());
    Session::open(Box::new(source), &|_| ()).expect("stacks")
}

fn ask(session: &mut Session, turned: Option<Turned>, sight: Option<Sight>) -> Tree {
    match session.answer(&Request::Tree { hide_imports: false, turned, sight: sight.map(Box::new) }) {
        Response::Tree(tree) => tree,
        other => panic!("{other:?}"),
    }
}

fn function(session: &mut Session, name: &str) -> u32 {
    let filter = name.to_owned();
    let (sort, descending) = (FunctionColumn::TotalTime, true);
    let table = Request::Functions { sort, descending, filter, first: 0, count: 9_000, selected: None };
    match session.answer(&table) {
        Response::Functions { page, .. } => page.iter().find(|row| row.name == name).expect(name).function,
        other => panic!("{other:?}"),
    }
}

fn view(boxes: &Boxes, from: f64, to: f64) -> Viewport {
    Viewport { from, to, ..Viewport::whole(boxes, 1400.0, 900.0, 1.0) }
}

/// The boxes that are drawn each for itself, with where they are: row, edges, name.
fn drawn(tree: &Tree, from: f64, to: f64) -> Vec<(u32, u32, u32, String)> {
    let boxes = Boxes::new(tree.clone());
    let view = view(&boxes, from, to);
    let mut drawn = Vec::new();
    for depth in 0..boxes.depths() {
        for Cell { run, left, right } in view.cells(&boxes, depth) {
            // What is narrower than that may be next to what is not here.
            if run.count == 1
                && right - left >= 3.0
                && let Some(name) = tree.label_of(run.first)
            {
                drawn.push((depth, left.round() as u32, right.round() as u32, name.into_owned()));
            }
        }
    }
    drawn
}

fn same_numbers(whole: &Tree, cut: &Tree) {
    assert_eq!((cut.total, cut.boxes), (whole.total, whole.boxes));
    assert_eq!((cut.certain_share, cut.has_imports), (whole.certain_share, whole.has_imports));
    let sum: f64 = cut.self_time.iter().sum();
    assert!((sum - whole.total).abs() < 1e-6, "{sum} of {}", whole.total);
    for at in 0..cut.function.len() as u32 {
        let (here, there) = (at as usize, cut.place_of(at) as usize);
        let Some(row) = cut.function_of(at) else { continue };
        let same: &FunctionRow = whole.function_of(there as u32).expect("a function");
        assert_eq!(row, same);
        assert_eq!(
            (cut.total_time[here], cut.self_time[here]),
            (whole.total_time[there], whole.self_time[there])
        );
        assert_eq!((cut.calls[here], cut.depth[here]), (whole.calls[there], whole.depth[there]));
        assert_eq!(cut.at_place(cut.place_of(at)), Some(at));
    }
}

#[test]
fn what_is_sent_is_what_is_drawn() {
    let mut session = large();
    let work = function(&mut session, "work");
    for steps in
        [vec![], vec![Transform::MergeFunction(work)], vec![Transform::Drop(function(&mut session, "step3"))]]
    {
        session.answer(&Request::Transform(steps.clone()));
        for turned in [None, Some(Turned::Inverted), Some(Turned::Callees(function(&mut session, "step1")))] {
            let whole = ask(&mut session, turned, None);
            let cut = ask(&mut session, turned, Some(Sight::default()));
            same_numbers(&whole, &cut);
            let all = drawn(&whole, 0.0, whole.total);
            assert!(!all.is_empty());
            assert_eq!(drawn(&cut, 0.0, cut.total), all, "{steps:?} {turned:?}");
            if turned.is_none() {
                assert!(
                    cut.is_cut() && cut.function.len() * 5 < whole.function.len(),
                    "{}",
                    cut.function.len()
                );
                // A part of it, closer: as much of the right end as a hundredth.
                let window = (0.60 * whole.total, 0.61 * whole.total);
                assert_ne!(drawn(&cut, window.0, window.1), drawn(&whole, window.0, window.1));
                let least = (window.1 - window.0) / 1400.0;
                let closer = ask(
                    &mut session,
                    turned,
                    Some(Sight { window: Some(window), least, ..Sight::default() }),
                );
                same_numbers(&whole, &closer);
                assert_eq!(drawn(&closer, window.0, window.1), drawn(&whole, window.0, window.1));
                assert!(closer.function.len() < whole.function.len() / 2);
            }
        }
    }
}

#[test]
fn what_is_asked_for_is_there() {
    let mut session = large();
    let whole = ask(&mut session, None, None);
    assert!(!whole.is_cut());
    // The last box of the deepest stack: no screen shows it.
    let deep = (0..whole.function.len()).max_by_key(|&at| whole.depth[at]).expect("a box") as u32;
    let cut = ask(&mut session, None, Some(Sight::default()));
    assert!(cut.at_place(deep).is_none_or(|at| cut.can_open(at)), "it is small");
    let sight = Sight { boxes: vec![deep], ..Sight::default() };
    let with = ask(&mut session, None, Some(sight));
    same_numbers(&whole, &with);
    let at = with.at_place(deep).expect("it was asked for");
    assert_eq!(with.stack_of(at), whole.stack_of(deep));
    // A place that is none: an address of another file.
    let none = Sight { boxes: vec![u32::MAX, 1 << 30], siblings: vec![u32::MAX], ..Sight::default() };
    assert_eq!(ask(&mut session, None, Some(none)).places, cut.places);

    // "(n more)" opens, and what it stood for is there one after the other, until all of it is.
    let mut more: Vec<u32> =
        (0..cut.function.len() as u32).filter(|&at| cut.can_open(at)).map(|at| cut.place_of(at)).collect();
    assert!(more.len() > 10);
    let mut rounds = 0;
    loop {
        let tree = ask(&mut session, None, Some(Sight { siblings: more.clone(), ..Sight::default() }));
        same_numbers(&whole, &tree);
        let next: Vec<u32> = (0..tree.function.len() as u32)
            .filter(|&at| tree.can_open(at))
            .map(|at| tree.place_of(at))
            .collect();
        assert!(next.iter().all(|place| !more.contains(place)), "it was opened");
        if next.is_empty() {
            assert_eq!(tree.places.len(), whole.function.len());
            break;
        }
        more.extend(next);
        rounds += 1;
        assert!(rounds < 20);
    }
}

#[test]
fn what_is_too_small_is_searched_as_well() {
    let mut session = large();
    let whole = ask(&mut session, None, None);
    let named = |tree: &Tree, at: u32| tree.function_of(at).is_some_and(|row| row.name == "twice");
    let all: Vec<u32> = (0..whole.function.len() as u32).filter(|&at| named(&whole, at)).collect();
    assert_eq!(all.len(), 90);
    let search = || "twice".to_owned();
    let cut = ask(&mut session, None, Some(Sight { search: search(), ..Sight::default() }));
    // Each is there, or in a box that says so.
    for &place in &all {
        let at = cut.places.partition_point(|&one| one <= place) as u32 - 1;
        assert!(
            cut.place_of(at) == place && named(&cut, at) || cut.matched.binary_search(&at).is_ok(),
            "{place}"
        );
    }
    assert!(!cut.matched.is_empty() && cut.matched.len() < cut.function.len() / 2);
    assert!(cut.matched.iter().all(|&at| cut.can_open(at)));
    // The answer beside the box counts what is not sent.
    match session.answer(&Request::SearchFunctions { text: search() }) {
        Response::Matches { functions, total_time, .. } => {
            assert_eq!((functions.len(), total_time), (1, 180.0))
        }
        other => panic!("{other:?}"),
    }
    let walk = |session: &mut Session, from: Option<u32>, forwards: bool| {
        let (hide_imports, turned) = (false, None);
        match session.answer(&Request::WalkMatches { hide_imports, turned, text: search(), from, forwards }) {
            Response::Walked(walked) => walked.expect("there are some"),
            other => panic!("{other:?}"),
        }
    };
    let mut from = None;
    for (number, &place) in all.iter().enumerate() {
        let Walked { at, place: nth, of, .. } = walk(&mut session, from, true);
        assert_eq!((at, nth as usize, of), (place, number + 1, 90));
        from = Some(at);
    }
    assert_eq!(walk(&mut session, from, true).at, all[0], "round again");
    assert_eq!(walk(&mut session, Some(all[0]), false).at, all[89]);
    assert_eq!(walk(&mut session, None, false).place, 90);
    let text = "nothing is called so".to_owned();
    let none = Request::WalkMatches { hide_imports: false, turned: None, text, from: None, forwards: true };
    assert_eq!(session.answer(&none), Response::Walked(None));
}

#[test]
fn what_was_selected_is_found_after_a_step() {
    let mut session = large();
    let leaf = function(&mut session, "leaf4321");
    let cut = ask(&mut session, None, Some(Sight { find: vec![Find::Heaviest(leaf)], ..Sight::default() }));
    let found = cut.found[0].expect("it has a box");
    let at = cut.at_place(found.at).expect("it is there");
    assert_eq!(cut.function_of(at).map(|row| row.name.as_str()), Some("leaf4321"));
    let stack = cut.stack_of(at);
    let step = Transform::MergeFunction(function(&mut session, "work"));
    session.answer(&Request::Transform(vec![step]));
    let missing = Find::Stack(vec![(u32::MAX - 1, false)]);
    let find = vec![Find::Stack(stack.clone()), missing, Find::Heaviest(u32::MAX - 1)];
    let after = ask(&mut session, None, Some(Sight { find, ..Sight::default() }));
    assert_eq!(after.found[1..], [None, None]);
    let found = after.found[0].expect("its stack is there but for one");
    let at = after.at_place(found.at).expect("it is there");
    assert!(found.is_it && after.stack_of(at).len() == stack.len() - 1);
    assert_eq!(after.function_of(at).map(|row| row.name.as_str()), Some("leaf4321"));
}
