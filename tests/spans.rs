//! When calls ran: each recording that says it, against the numbers of the tool, the order of its workload, and itself
//! after it was saved. Recordings and the truth of their workloads: tests/data/profiles/README.md.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;

use flamedrop::document::{Content, Document};
use flamedrop::export::speedscope;
use flamedrop::findings::Settings;
use flamedrop::input::MemorySource;
use flamedrop::profile::spans::Clock;
use flamedrop::profile::{Profile, Spans};
use flamedrop::protocol::{
    ContentOverview, Request, Response, SpanAnswer, SpanAsk, SpanId, SpanStep, SpanWindow,
};
use flamedrop::saved;
use flamedrop::session::Session;
use flamedrop::share::{self, Keep, Strip};

/// The recordings in order of time, and what their moments are.
const IN_ORDER: &[(&str, Clock)] = &[
    ("austin2speedscope-2.4.0.speedscope.json.gz", Clock::Order),
    ("perf-6.1-python3.15.2-Xperf.script.txt.gz", Clock::Recorded),
    ("perf-6.1-python3.15.2-Xperf_jit.script.txt.gz", Clock::Recorded),
    ("py-spy-0.4.3.chrometrace.json.gz", Clock::Recorded),
    ("py-spy-0.4.3.speedscope.json", Clock::Order),
    ("pyinstrument-5.1.3-lost-program.speedscope.json", Clock::Recorded),
    ("pyinstrument-5.1.3.session.gz", Clock::Recorded),
    ("pyinstrument-5.1.3.speedscope.json", Clock::Recorded),
    ("viztracer-1.1.1-async.json", Clock::Recorded),
    ("viztracer-1.1.1-fork.json", Clock::Recorded),
    ("viztracer-1.1.1-threads.json", Clock::Recorded),
    ("viztracer-1.1.1.json.gz", Clock::Recorded),
];

fn document(name: &str) -> Document {
    common::open(common::bytes(&format!("profiles/{name}"))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn profile(name: &str) -> Profile {
    common::profile(document(name))
}

fn spans(profile: &Profile) -> &Spans {
    profile.spans.as_deref().expect("spans")
}

fn session(name: &str) -> Session {
    let source = MemorySource::new(name, common::bytes(&format!("profiles/{name}")));
    Session::open(Box::new(source), &|_| ()).expect("a document")
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1e-3)
}

#[test]
fn those_in_order_of_time_are_known() {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(common::data("profiles")).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        let Ok(document) = common::open(common::bytes(&format!("profiles/{name}"))) else { continue };
        if let Content::Profile(profile) = &document.content
            && let Some(spans) = &profile.spans
        {
            found.push((name, spans.clock));
        }
    }
    found.sort_by(|a: &(String, Clock), b| a.0.cmp(&b.0));
    let expected: Vec<_> = IN_ORDER.iter().map(|(name, clock)| ((*name).to_owned(), *clock)).collect();
    assert_eq!(found, expected);
}

/// What a human can judge: how long, how deep, and what ran first.
#[test]
fn recordings_say_when_it_ran() {
    let mut out = String::new();
    for (name, _) in IN_ORDER {
        let profile = profile(name);
        let spans = spans(&profile);
        let labels = profile.recorded_tree.as_ref().expect("stacks").stacks.labels();
        let _ = writeln!(out, "== {name}: {:.6} long", spans.length());
        for (label, track) in labels.iter().zip(&spans.tracks) {
            let _ = writeln!(out, "{label}: {} spans, {} deep", track.len(), track.depths());
            for depth in 0..track.depths().min(4) {
                let row: Vec<String> = track
                    .row(depth)
                    .take(4)
                    .map(|span| {
                        let function = profile.function_of_node(track.node(span));
                        let name = function.map_or("(in another track)", |of| profile.functions.name(of));
                        format!("{name} {:.6}-{:.6}", track.start(span), track.end(span))
                    })
                    .collect();
                let _ = writeln!(out, "  {}", row.join(", "));
            }
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn the_range_of_everything_has_the_files_numbers() {
    for (name, _) in IN_ORDER {
        let whole = profile(name);
        let length = spans(&whole).length();
        let all = whole.of_range((0.0, length * 2.0), None).expect("a range");
        for at in 0..whole.functions.len() {
            let (one, other) = (&whole.functions, &all.functions);
            assert!(
                close(one.self_time[at], other.self_time[at]),
                "{name} {}: {} {}",
                one.name(at as u32),
                one.self_time[at],
                other.self_time[at]
            );
            assert!(close(one.total_time[at], other.total_time[at]), "{name} {}", one.name(at as u32));
            assert_eq!(one.calls[at], other.calls[at], "{name} {}", one.name(at as u32));
        }
        let middle = length / 3.0;
        let (first, rest) =
            (whole.of_range((0.0, middle), None), whole.of_range((middle, length * 2.0), None));
        let sum = first.expect("a range").total() + rest.expect("a range").total();
        assert!(close(sum, whole.total()), "{name}: {sum} {}", whole.total());
        for track in 0..whole.tracks().len() {
            let one = whole.of_range((0.0, length * 2.0), Some(&[track])).expect("a track");
            assert!(close(one.total(), whole.tracks()[track].total()), "{name}");
        }
    }
}

/// VizTracer's own events are the truth of its spans: of each name as many, and as long.
#[test]
fn viztracers_spans_are_its_events() {
    for name in ["viztracer-1.1.1.json.gz", "viztracer-1.1.1-threads.json", "viztracer-1.1.1-fork.json"] {
        let bytes = common::bytes(&format!("profiles/{name}"));
        let mut text = String::new();
        match name.ends_with(".gz") {
            true => flate2::read::GzDecoder::new(bytes.as_slice())
                .read_to_string(&mut text)
                .map(drop)
                .expect("text"),
            false => text.push_str(std::str::from_utf8(&bytes).expect("text")),
        }
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let mut events: BTreeMap<String, (usize, f64)> = BTreeMap::new();
        for event in json["traceEvents"].as_array().expect("a list").iter().filter(|event| event["ph"] == "X")
        {
            let name = event["name"].as_str().expect("a name").split(" (").next().expect("a part").to_owned();
            let entry = events.entry(name).or_default();
            entry.0 += 1;
            entry.1 += event["dur"].as_f64().expect("a duration") / 1e6;
        }
        let profile = profile(name);
        let mut found: BTreeMap<String, (usize, f64)> = BTreeMap::new();
        for track in &spans(&profile).tracks {
            for span in 0..track.len() {
                let function = profile.function_of_node(track.node(span)).expect("a function");
                let name = profile.functions.name(function).split(" (").next().expect("a part").to_owned();
                let entry = found.entry(name).or_default();
                entry.0 += 1;
                entry.1 += track.end(span) - track.start(span);
            }
        }
        assert_eq!(events.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>(), "{name}");
        for (function, (count, time)) in events {
            let (found_count, found_time) = found[&function];
            assert_eq!(found_count, count, "{name}: {function}");
            // Ends are rounded to nanoseconds, as beginnings are.
            assert!(
                (found_time - time).abs() <= 2e-9 * count as f64,
                "{name} {function}: {found_time} {time}"
            );
        }
    }
}

/// The workload's functions run one after the other: `a`, `b`, `gen`, `comp`.
#[test]
fn the_workload_runs_in_its_order() {
    for name in [
        "austin2speedscope-2.4.0.speedscope.json.gz",
        "perf-6.1-python3.15.2-Xperf.script.txt.gz",
        "py-spy-0.4.3.chrometrace.json.gz",
        "py-spy-0.4.3.speedscope.json",
        "pyinstrument-5.1.3.session.gz",
        "pyinstrument-5.1.3.speedscope.json",
    ] {
        let profile = profile(name);
        let main = &spans(&profile).tracks;
        let first = |wanted: &str| {
            let starts = main.iter().flat_map(|track| {
                (0..track.len())
                    .filter(|&span| {
                        profile
                            .function_of_node(track.node(span))
                            .is_some_and(|of| profile.functions.name(of) == wanted)
                    })
                    .map(|span| track.start(span))
                    .collect::<Vec<_>>()
            });
            starts.fold(f64::INFINITY, f64::min)
        };
        let starts = ["a", "b", "gen", "comp"].map(first);
        // b runs in the other thread, too, whose clock may be none.
        assert!(
            starts[0].is_finite() && starts[0] < starts[2] && starts[2] < starts[3],
            "{name}: {starts:?}"
        );
    }
}

#[test]
fn saved_and_handed_on_they_are_the_same() {
    for (name, _) in IN_ORDER {
        let document = document(name);
        let strip = Strip { literals: true, parameters: true, paths: true };
        let bytes = common::bytes(&format!("profiles/{name}"));
        let stripped = share::strip(&document, &MemorySource::new(*name, bytes), strip).expect("a document");
        let file = saved::write(&stripped, "", Keep::Everything, &Settings::default());
        let again = saved::read(&file, &|_| None).expect("a document");
        let (Content::Profile(one), Content::Profile(other)) = (&document.content, &again.content) else {
            panic!("profiles")
        };
        assert_eq!(one.spans, other.spans, "{name}");
    }
}

/// What was added up is in no order of time, though its file looks as if.
#[test]
fn sums_are_not_taken_for_an_order() {
    let mut file = Vec::new();
    let profile = profile("py-spy-0.4.3.speedscope.json");
    speedscope::write("x", &profile, &profile.tree(1000), &mut file).expect("a file");
    assert!(common::profile(common::open(file).expect("a document")).spans.is_none());
}

fn ask(session: &mut Session, ask: SpanAsk) -> SpanAnswer {
    match session.answer(&Request::Spans(ask)) {
        Response::Spans(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn total(session: &mut Session, request: Request) -> f64 {
    match session.answer(&request) {
        Response::Reread(overview) => match overview.content {
            ContentOverview::Profile(profile) => profile.total,
            _ => panic!("a profile"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_session_shows_a_range_of_a_track_and_takes_it_back() {
    let mut session = session("viztracer-1.1.1-fork.json");
    let whole = total(&mut session, Request::Range(None));
    let track = total(&mut session, Request::Tracks(vec![1]));
    let length = match session.overview().content {
        ContentOverview::Profile(profile) => profile.spans.expect("spans").length,
        _ => panic!("a profile"),
    };
    let half = total(&mut session, Request::Range(Some((0.0, length / 2.0))));
    let rest = total(&mut session, Request::Range(Some((length / 2.0, length * 2.0))));
    assert!(half < track && close(half + rest, track), "{half} {rest} {track}");
    // Findings stay about the whole, and leave the range as it was.
    let Response::Findings(_) = session.answer(&Request::Findings { settings: Settings::default() }) else {
        panic!("findings")
    };
    let ContentOverview::Profile(shown) = session.overview().content else { panic!("a profile") };
    assert!(close(shown.total, rest) && shown.shown_tracks == [1]);
    assert_eq!(shown.spans.and_then(|spans| spans.range), Some((length / 2.0, length * 2.0)));
    assert!(close(total(&mut session, Request::Range(None)), track));
    assert!(close(total(&mut session, Request::Tracks(Vec::new())), whole));
}

/// What several tracks have is what each of them has, of all of the time and of a part of it.
#[test]
fn a_session_shows_several_tracks() {
    let call = |thread: u32, name: &str, from: u32, took: u32| {
        format!(
            r#"{{"ph":"X","cat":"fee","pid":7,"tid":{thread},"ts":{from},"dur":{took},"name":"{name} (/srv/app.py:{thread})"}}"#
        )
    };
    let calls = [call(1, "main", 0, 1000), call(2, "read", 100, 700), call(3, "write", 200, 90)];
    let text =
        format!(r#"{{"traceEvents":[{}],"viztracer_metadata":{{"version":"1.1.1"}}}}"#, calls.join(","));
    let source = MemorySource::new("threads.json", text.into_bytes());
    let mut session = Session::open(Box::new(source), &|_| ()).expect("a profile");
    let ContentOverview::Profile(whole) = session.overview().content else { panic!("a profile") };
    assert_eq!(whole.tracks.len(), 3, "{:?}", whole.tracks);
    let half = whole.spans.expect("spans").length / 2.0;
    for range in [None, Some((0.0, half))] {
        total(&mut session, Request::Range(range));
        let each: Vec<f64> =
            [0, 2].map(|track| total(&mut session, Request::Tracks(vec![track]))).into_iter().collect();
        let both = total(&mut session, Request::Tracks(vec![0, 2]));
        assert!(close(both, each.iter().sum()) && both > 0.0, "{range:?}: {both} {each:?}");
    }
    let refused = session.answer(&Request::Tracks(vec![0, 99]));
    assert!(matches!(&refused, Response::Refused(_)), "{refused:?}");
}

#[test]
fn windows_steps_and_searches_are_answered() {
    let mut session = session("viztracer-1.1.1.json.gz");
    let SpanAnswer::Functions(functions) = ask(&mut session, SpanAsk::Functions) else { panic!("functions") };
    let window = |least: f64, search: &str| SpanWindow {
        from: 0.0,
        to: 1e9,
        least,
        rows: vec![(0, 0, 1000)],
        search: search.to_owned(),
    };
    let boxes = |session: &mut Session, least: f64, search: &str| match ask(
        session,
        SpanAsk::Window(window(least, search)),
    ) {
        SpanAnswer::Window(boxes) => boxes,
        other => panic!("{other:?}"),
    };
    let all = boxes(&mut session, 0.0, "");
    let coarse = boxes(&mut session, 1e-3, "");
    assert!(coarse.span.len() < all.span.len() / 4);
    assert_eq!(coarse.count.iter().sum::<u32>() as usize, all.span.len());
    assert!(all.matches.is_empty());
    let found = boxes(&mut session, 1e-3, "fib");
    let matches: u32 = found.matches.iter().sum();
    assert_eq!(matches, 465, "the workload's calls of fib");
    let SpanAnswer::Activity(activity) =
        ask(&mut session, SpanAsk::Activity { steps: 100, search: "fib".into() })
    else {
        panic!("activity")
    };
    assert_eq!((activity.matches, activity.depth.len(), activity.depth[0].len()), (Some(465), 1, 100));
    assert!(activity.found.iter().any(|&found| found) && !activity.found.iter().all(|&found| found));

    // Through all of them in order, and back.
    let (mut moment, mut count) = (-1.0, 0);
    let mut last = None;
    for _ in 0..1000 {
        let find = SpanAsk::Find { search: "fib".into(), track: 0, moment, forwards: true };
        let SpanAnswer::Span(Some(span)) = ask(&mut session, find) else { panic!("a span") };
        if span.start <= moment {
            break;
        }
        assert_eq!(functions[span.function.expect("a function") as usize].name, "fib");
        (moment, count, last) = (span.start, count + 1, Some(span));
    }
    assert!(count > 400, "{count}: some begin in one nanosecond");
    let last = last.expect("a span");
    let SpanAnswer::Span(Some(caller)) = ask(&mut session, SpanAsk::Step(last.id, SpanStep::Caller)) else {
        panic!("a caller")
    };
    assert!(caller.depth + 1 == last.depth && caller.start <= last.start && caller.end >= last.end);
    let SpanAnswer::Span(Some(callee)) = ask(&mut session, SpanAsk::Step(caller.id, SpanStep::Callee)) else {
        panic!("a callee")
    };
    assert_eq!(callee.depth, last.depth);
    let nobody = SpanId { track: 7, span: 0 };
    assert_eq!(ask(&mut session, SpanAsk::Span(nobody)), SpanAnswer::Span(None));
    let Response::Refused(_) =
        self::session("py-spy-0.4.3.raw.txt.gz").answer(&Request::Spans(SpanAsk::Functions))
    else {
        panic!("no spans")
    };
}
