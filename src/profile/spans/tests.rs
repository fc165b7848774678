use proptest::prelude::*;

use super::window::Matches;
use super::*;
use crate::profile::stacks::{Builder, Same, Track};
use crate::profile::{FunctionId, Unit};

/// Calls of one thread, as a tracer sees them: `Ok(f)` enters function f, `Err(n)` leaves n calls; each after a time.
fn traced(steps: &[(u8, Result<u8, u8>)]) -> Profile {
    let mut builder = Builder::new(Same::Place, true);
    let track = builder.track(Track::default());
    let ids: Vec<FunctionId> = (0..6).map(|at| builder.function("m.py", 1, &format!("f{at}"))).collect();
    // Node, beginning, and the time of what it called.
    let mut open: Vec<(u32, f64, f64)> = Vec::new();
    let mut now = 3.0;
    let close = |open: &mut Vec<(u32, f64, f64)>, builder: &mut Builder, now: f64| {
        let Some((node, from, called)) = open.pop() else { return };
        builder.span(track, node, (from, now));
        builder.add(track, node, now - from - called, 1);
        if let Some(above) = open.last_mut() {
            above.2 += now - from;
        }
    };
    for (time, step) in steps {
        now += f64::from(*time) / 8.0;
        match step {
            Ok(function) => {
                let parent = open.last().map_or(NO_PARENT, |(node, ..)| *node);
                let node = builder.child(parent, ids[usize::from(*function) % ids.len()]);
                open.push((node, now, 0.0));
            }
            Err(levels) => (0..*levels).for_each(|_| close(&mut open, &mut builder, now)),
        }
    }
    now += 0.5;
    while !open.is_empty() {
        close(&mut open, &mut builder, now);
    }
    builder.finish(Unit::Seconds)
}

fn steps() -> impl Strategy<Value = Vec<(u8, Result<u8, u8>)>> {
    let step = prop_oneof![(0..6_u8).prop_map(Ok), (1..3_u8).prop_map(Err)];
    prop::collection::vec((0..4_u8, step), 1..120)
        .prop_filter("something is called", |steps| steps.iter().any(|(_, step)| step.is_ok()))
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9 * one.abs().max(other.abs()).max(1.0)
}

fn same_numbers(one: &Profile, other: &Profile) {
    for at in 0..one.functions.len() {
        let numbers = |profile: &Profile| (profile.functions.self_time[at], profile.functions.total_time[at]);
        let ((own, total), (other_own, other_total)) = (numbers(one), numbers(other));
        assert!(
            close(own, other_own) && close(total, other_total),
            "{at}: {own} {other_own}, {total} {other_total}"
        );
        assert_eq!(one.functions.calls[at], other.functions.calls[at], "calls of {at}");
    }
}

proptest! {
    #[test]
    fn runs_cover_all_spans_and_lose_no_time(steps in steps(), least in 0.0..4.0_f64, from in 0.0..20.0_f64, width in 0.1..30.0_f64) {
        let profile = traced(&steps);
        let track = &profile.spans.as_ref().unwrap().tracks[0];
        for depth in 0..track.depths() {
            let row = track.row(depth);
            let runs: Vec<_> = track.runs(depth, f64::NEG_INFINITY, f64::INFINITY, least).collect();
            prop_assert_eq!(runs.iter().map(|run| run.count).sum::<usize>(), row.len());
            let all: f64 = row.clone().map(|span| track.end(span) - track.start(span)).sum();
            prop_assert!(close(runs.iter().map(|run| run.busy).sum(), all));
            for pair in runs.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start && pair[0].first + pair[0].count == pair[1].first);
                // In a pixel and its neighbour are three runs at most.
                prop_assert!(pair[1].end - pair[0].start >= least || pair[1].first + pair[1].count == row.end);
            }
            for run in &runs {
                prop_assert!(run.count == 1 || run.end - run.start < 2.0 * least);
                prop_assert!(run.busy <= run.end - run.start + 1e-9);
            }
            // A window has what reaches into it, and nothing else.
            let to = from + width;
            let shown: usize = track.runs(depth, from, to, 0.0).map(|run| run.count).sum();
            let expected = row.clone().filter(|&span| track.end(span) >= from && track.start(span) <= to).count();
            prop_assert_eq!(shown, expected);
            let busy: f64 = row.map(|span| (track.end(span).min(to) - track.start(span).max(from)).max(0.0)).sum();
            prop_assert!(close(track.busy(depth, from, to), busy));
        }
    }

    #[test]
    fn the_range_of_everything_is_the_whole(steps in steps()) {
        let profile = traced(&steps);
        let all = profile.of_range((f64::NEG_INFINITY, f64::INFINITY), None).unwrap();
        same_numbers(&profile, &all);
        prop_assert!(all.spans.is_none());
        let track = profile.of_range((0.0, profile.spans.as_ref().unwrap().length() + 1.0), Some(&[0])).unwrap();
        same_numbers(&profile, &track);
        prop_assert!(profile.of_range((0.0, 1.0), Some(&[1])).is_none());
    }

    #[test]
    fn ranges_add_up(steps in steps(), mut cuts in prop::collection::vec(0.0..30.0_f64, 1..5)) {
        let profile = traced(&steps);
        cuts.extend([0.0, 1e9]);
        cuts.sort_by(f64::total_cmp);
        let parts: Vec<Profile> =
            cuts.windows(2).map(|pair| profile.of_range((pair[0], pair[1]), None).unwrap()).collect();
        for at in 0..profile.functions.len() {
            let sum = |of: fn(&Profile) -> &Vec<f64>| parts.iter().map(|part| of(part)[at]).sum::<f64>();
            prop_assert!(close(sum(|part| &part.functions.self_time), profile.functions.self_time[at]));
            prop_assert!(close(sum(|part| &part.functions.total_time), profile.functions.total_time[at]));
            prop_assert_eq!(parts.iter().map(|part| part.functions.calls[at]).sum::<i64>(), profile.functions.calls[at]);
        }
    }

    #[test]
    fn own_values_depths_and_steps_fit(steps in steps()) {
        let profile = traced(&steps);
        let track = &profile.spans.as_ref().unwrap().tracks[0];
        let own: f64 = (0..track.len()).map(|span| track.own(span)).sum();
        prop_assert!(close(own, profile.total()));
        let lengths: f64 = (0..track.len()).map(|span| track.end(span) - track.start(span)).sum();
        let length = track.length();
        if length > 0.0 {
            let mean: f32 = track.depth_over_time(7, length).iter().sum();
            prop_assert!((f64::from(mean) * length / 7.0 - lengths).abs() < 1e-3 * lengths.max(1.0));
        }
        let stacks = &profile.recorded_tree.as_ref().unwrap().stacks;
        for span in 0..track.len() {
            let above = track.parent(span);
            prop_assert_eq!(above.is_none(), track.depth_of(span) == 0);
            if let Some(above) = above.filter(|_| track.end(span) > track.start(span)) {
                prop_assert_eq!(stacks.parent[track.node(span) as usize], track.node(above));
            }
            if let Some(below) = track.first_child(span) {
                prop_assert!(track.start(below) >= track.start(span) && track.start(below) < track.end(span));
            }
        }
    }

    #[test]
    fn what_a_search_finds_comes_in_order(steps in steps(), wanted in 0..6_u32) {
        let profile = traced(&steps);
        let spans = profile.spans.as_ref().unwrap();
        let track = &spans.tracks[0];
        let matches = Matches::new(&spans.tracks, |node| profile.function_of_node(node), |function| function == wanted);
        let is_it = |span: usize| profile.function_of_node(track.node(span)) == Some(wanted);
        let all: Vec<f64> = (0..track.len()).filter(|&span| is_it(span)).map(|span| track.start(span)).collect();
        prop_assert_eq!(matches.count(), all.len() as u64);
        for moment in [-1.0, 0.0, 1.3, 4.0, 100.0] {
            let next = matches.next(0, track, moment, true).map(|span| track.start(span));
            let expected = all.iter().copied().filter(|start| *start > moment).min_by(f64::total_cmp);
            prop_assert_eq!(next, expected);
            let last = matches.next(0, track, moment, false).map(|span| track.start(span));
            let expected = all.iter().copied().filter(|start| *start < moment).max_by(f64::total_cmp);
            prop_assert_eq!(last, expected);
        }
    }
}

/// `name from-to`, by depth.
fn drawn(profile: &Profile) -> Vec<String> {
    let spans = profile.spans.as_ref().expect("spans");
    let mut lines = Vec::new();
    for track in &spans.tracks {
        for depth in 0..track.depths() {
            let spans = track.row(depth).map(|span| {
                let name = profile
                    .function_of_node(track.node(span))
                    .map_or("elsewhere", |of| profile.functions.name(of));
                format!("{name} {}-{}", track.start(span), track.end(span))
            });
            lines.push(spans.collect::<Vec<_>>().join(", "));
        }
    }
    lines
}

/// Samples of one thread: the stack, its beginning and end, and what it measured.
fn sampled(samples: &[(&str, f64, f64, Option<f64>)]) -> Profile {
    let mut builder = Builder::new(Same::Name, false);
    let track = builder.track(Track::default());
    for (stack, from, to, value) in samples {
        let frames: Vec<u32> = stack.split(';').map(|name| builder.function("m.py", 1, name)).collect();
        let node = builder.stack(frames.into_iter());
        builder.add(track, node, value.unwrap_or(to - from), 0);
        builder.sample(track, node, (*from, *to), *value);
    }
    builder.finish(Unit::Samples)
}

#[test]
fn frames_go_on_from_sample_to_sample_unless_there_is_a_gap() {
    let profile = sampled(&[
        ("a;b", 1.0, 2.0, None),
        ("a;b;c", 2.0, 3.0, None),
        ("a;d", 3.0, 4.0, None),
        ("a;d", 6.0, 7.0, None),
        ("b", 7.0, 8.0, None),
    ]);
    assert_eq!(drawn(&profile), ["a 0-3, a 5-6, b 6-7", "b 0-2, d 2-3, d 5-6", "c 1-2"]);
    same_numbers(&profile, &profile.of_range((0.0, 9.0), None).unwrap());
}

#[test]
fn samples_that_measure_something_else_than_time_keep_their_value() {
    let profile =
        sampled(&[("a", 0.0, 2.0, Some(1.0)), ("a;b", 2.0, 4.0, Some(1.0)), ("a", 4.0, 6.0, Some(1.0))]);
    assert_eq!(drawn(&profile), ["a 0-6", "b 2-4"]);
    same_numbers(&profile, &profile.of_range((0.0, 6.0), None).unwrap());
    let half = profile.of_range((0.0, 3.0), None).unwrap();
    assert_eq!(half.functions.self_time, [1.0, 0.5]);
    assert_eq!(half.functions.total_time, [1.5, 0.5]);
}

#[test]
fn what_lies_over_another_is_cut_and_pieces_are_joined() {
    let mut builder = Builder::new(Same::Name, false);
    builder.join_spans();
    let track = builder.track(Track::default());
    let f = builder.function("m.py", 1, "f");
    let node = builder.child(NO_PARENT, f);
    builder.add(track, node, 1.0, 0);
    for moments in [(5.0, 6.0), (1.0, 2.0), (2.0, 3.0), (2.5, 4.0), (f64::NAN, 1.0), (9.0, 8.0)] {
        builder.span(track, node, moments);
    }
    builder.elsewhere(track, node, (1.5, 2.5));
    assert_eq!(drawn(&builder.finish(Unit::Seconds)), ["f 0-3, f 4-5", "elsewhere 0.5-1.5"]);
}

#[test]
fn columns_that_do_not_fit_are_refused() {
    let of = |start: &[f64], end: &[f64], first: &[u32]| {
        SpanTrack::new((start.to_vec(), end.to_vec()), vec![0; start.len()], Vec::new(), first.to_vec())
    };
    assert!(of(&[0.0, 1.0], &[1.0, 2.0], &[0, 2]).is_ok());
    assert!(of(&[0.0, 1.0], &[1.0, 2.0], &[0, 1, 2]).is_ok());
    for (start, end, first) in [
        (vec![0.0, 1.0], vec![1.0], vec![0, 2]),
        (vec![0.0, 1.0], vec![1.5, 2.0], vec![0, 2]),
        (vec![1.0, 0.0], vec![2.0, 1.0], vec![0, 2]),
        (vec![0.0, f64::NAN], vec![1.0, 2.0], vec![0, 2]),
        (vec![0.0, 1.0], vec![1.0, 2.0], vec![0, 1]),
        (vec![0.0, 1.0], vec![1.0, 2.0], vec![1, 2]),
        (vec![0.0, 1.0], vec![1.0, 2.0], vec![0, 3, 2]),
    ] {
        assert!(of(&start, &end, &first).is_err(), "{start:?} {end:?} {first:?}");
    }
}
