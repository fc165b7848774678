use super::*;
use crate::profile::call_tree::NO_PARENT;

/// Stacks as text: `a;b;c 3` a line, of one track; `=` begins another.
fn profile(text: &str) -> Profile {
    let mut builder = Builder::new(Same::Name, false);
    let mut track = None;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('=') {
            track = Some(builder.track(Track { name: name.trim().to_owned(), ..Track::default() }));
            continue;
        }
        let track = *track.get_or_insert_with(|| builder.track(Track::default()));
        let (frames, value) = line.rsplit_once(' ').unwrap();
        let frames: Vec<u32> = frames.split(';').map(|name| builder.function("m.py", 1, name)).collect();
        let node = builder.stack(frames.into_iter());
        assert!(builder.add(track, node, value.parse().unwrap(), 0));
    }
    builder.finish(Unit::Samples)
}

/// `name self total` of all functions.
fn functions(profile: &Profile) -> Vec<String> {
    let functions = &profile.functions;
    (0..functions.len())
        .map(|at| {
            format!("{} {} {}", functions.name(at as u32), functions.self_time[at], functions.total_time[at])
        })
        .collect()
}

fn tree(profile: &Profile) -> Vec<String> {
    let tree = profile.tree(1);
    (0..tree.len())
        .map(|at| {
            let indent = "  ".repeat(tree.depth[at] as usize);
            let recursive = if tree.recursive[at] { " (recursive)" } else { "" };
            let name = profile.functions.name(tree.function[at]);
            format!("{indent}{name}{recursive} {} {}", tree.self_time[at], tree.total_time[at])
        })
        .collect()
}

#[test]
fn recursion_counts_once() {
    let profile = profile("a;b;a;c 3\na;b;a 2\na;b 1\na 1\nb 4");
    assert_eq!(functions(&profile), ["a 3 7", "b 5 10", "c 3 3"]);
    assert_eq!(tree(&profile), ["a 1 7", "  b 1 6", "    c 3 3", "    a (recursive) 2 2", "b 4 4"]);
    let edges = &profile.edges;
    let edge = |from: &str, to: &str| {
        let id = |name: &str| profile.functions.find("m.py", 1, name).unwrap();
        let at = edges.into(id(to)).find(|&at| edges.caller[at] == id(from)).unwrap();
        (edges.self_time[at], edges.total_time[at])
    };
    assert_eq!(edge("a", "b"), (1.0, 6.0));
    assert_eq!(edge("b", "a"), (2.0, 5.0));
    assert_eq!(edge("a", "c"), (3.0, 3.0));
    assert_eq!((profile.calls(), profile.primitive_calls()), (None, None));
    assert_eq!(profile.total(), 11.0);
}

#[test]
fn tracks_are_kept_apart_and_the_main_one_comes_first() {
    let profile = profile("= worker\na;b 2\n= MainThread\na;b 1\na;c 4\n= empty");
    let names: Vec<&str> = profile.tracks().iter().map(|track| track.name.as_str()).collect();
    assert_eq!(names, ["MainThread", "worker"]);
    assert_eq!(functions(&profile), ["a 0 7", "b 3 3", "c 4 4"]);
    let worker = profile.of_tracks(&[1]).unwrap();
    assert_eq!(functions(&worker), ["a 0 2", "b 2 2", "c 0 0"]);
    assert_eq!(tree(&worker), ["a 0 2", "  b 2 2"]);
    assert_eq!(worker.edges.len(), 1);
    assert_eq!(functions(&profile.of_tracks(&[0, 1]).unwrap()), functions(&profile));
    assert!(profile.of_tracks(&[0, 2]).is_none() && profile.of_tracks(&[]).is_none());
}

#[test]
fn labels_are_different() {
    let track = |name: &str, thread| Track { name: name.to_owned(), thread, ..Track::default() };
    let stacks = Stacks {
        tracks: vec![
            track("", Some(7)),
            track("w", Some(1)),
            track("w", Some(2)),
            track("x", None),
            track("x", None),
        ],
        ..Stacks::default()
    };
    assert_eq!(stacks.labels(), ["thread 7", "w (1)", "w (2)", "x", "x #2"]);
}

#[test]
fn a_very_deep_stack_is_no_recursion_of_ours() {
    let mut builder = Builder::new(Same::Name, false);
    let track = builder.track(Track::default());
    let ids: Vec<u32> = (0..200_000).map(|at| builder.function("m.py", 1, &format!("f{at}"))).collect();
    let node = builder.stack(ids.into_iter());
    assert!(builder.add(track, node, 1.0, 0));
    let profile = builder.finish(Unit::Samples);
    assert_eq!(profile.tree(1).len(), 200_000);
}

#[test]
fn what_is_no_weight_is_left_out() {
    let mut builder = Builder::new(Same::Name, false);
    let track = builder.track(Track::default());
    let f = builder.function("m.py", 1, "f");
    let node = builder.child(NO_PARENT, f);
    for value in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
        assert!(!builder.add(track, node, value, 0));
    }
    assert!(!builder.add(track, NO_PARENT, 1.0, 0));
    assert!(builder.is_empty());
}
