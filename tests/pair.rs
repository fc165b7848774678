//! A profile and an SQL log of one run on one axis: what says the time of day, and that statements stand under the frames
//! that ran them. The recording, of `./dev record pair`: two threads, one asks for orders and one for a report.

mod common;

use flamedrop::document::Content;
use flamedrop::findings::Settings;
use flamedrop::input::MemorySource;
use flamedrop::layout::alignment::{Alignment, Apart};
use flamedrop::layout::flame_chart::{Statements, Tracks};
use flamedrop::profile::Profile;
use flamedrop::profile::spans::Clock;
use flamedrop::protocol::{
    Answer, Ask, ContentOverview, QueriesOverview, Request, Response, SpansOverview, TimelineColumns,
};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::Filter;
use flamedrop::session::Session;
use flamedrop::share::{Keep, Strip};

fn session(name: &str) -> Session {
    let source = MemorySource::new(name, common::bytes(&format!("pair/{name}")));
    Session::open(Box::new(source), &|_| ()).expect("a document")
}

fn spans(session: &Session) -> SpansOverview {
    match session.overview().content {
        ContentOverview::Profile(profile) => profile.spans.expect("spans"),
        other => panic!("{other:?}"),
    }
}

fn log(session: &Session) -> QueriesOverview {
    match session.overview().content {
        ContentOverview::Queries(log) => log,
        other => panic!("{other:?}"),
    }
}

fn timeline(session: &mut Session, filter: Filter) -> TimelineColumns {
    match session.answer(&Request::View(filter, Ask::Timeline { lanes: By::Connection })) {
        Response::View(Answer::Timeline(columns)) => columns,
        other => panic!("{other:?}"),
    }
}

/// The beginnings that files say: seconds since 1970, by the tool's own words.
#[test]
fn what_says_the_time_of_day() {
    let beginning = |path: &str| {
        let profile = common::profile(common::open(common::bytes(path)).expect("a document"));
        profile.spans.expect("spans").beginning
    };
    for (path, expected) in [
        // Its `start_time` is that of its moment 0.
        ("profiles/pyinstrument-5.1.3.session.gz", Some(1_795_906_003.852_092_7)),
        // `baseTimeNanoseconds` and the first event that has a duration.
        ("pair/orders.json.gz", Some(BASE + FIRST)),
        // The command line leaves it out; Tachyon's, Austin's and py-spy's are of no clock on a wall.
        ("profiles/viztracer-1.1.1.json.gz", None),
        ("profiles/viztracer-1.1.1-fork.json", None),
        ("profiles/py-spy-0.4.3.chrometrace.json.gz", None),
        ("profiles/py-spy-0.4.3.speedscope.json", None),
        ("profiles/pyinstrument-5.1.3.speedscope.json", None),
        ("profiles/perf-6.1-python3.15.2-Xperf.script.txt.gz", None),
    ] {
        let found = beginning(path).map(|ms| ms / 1e3);
        match (found, expected) {
            (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-6, "{path}: {found}"),
            (found, expected) => assert_eq!(found, expected, "{path}"),
        }
    }
}

/// Out of the recording: seconds.
const BASE: f64 = 1_796_057_291.236_402_5;
const FIRST: f64 = 16_754.140_887_918;

/// All spans of the thread whose function has this name.
fn calls(profile: &Profile, track: usize, name: &str) -> Vec<(f64, f64)> {
    let spans = &profile.spans.as_ref().expect("spans").tracks[track];
    let is_it = |span: &usize| {
        let function = profile.function_of_node(spans.node(*span));
        function.is_some_and(|function| profile.functions.name(function) == name)
    };
    (0..spans.len()).filter(is_it).map(|span| (spans.start(span), spans.end(span))).collect()
}

#[test]
fn statements_are_within_the_frames_that_ran_them() {
    let (profile_session, mut log_session) = (session("orders.json.gz"), session("orders.sql.jsonl"));
    let (spans, log) = (spans(&profile_session), log(&log_session));
    let alignment = Alignment::of(&spans, &log).expect("one run");
    assert_eq!((alignment.tolerance, alignment.assumed), (0.1, None));
    assert_eq!(alignment.text(), "by the time of day, to ± 100 µs if both were recorded on one machine");
    let document = common::open(common::bytes("pair/orders.json.gz")).expect("a profile");
    let Content::Profile(profile) = document.content else { panic!("a log") };
    let columns = timeline(&mut log_session, Filter::default());
    assert_eq!(columns.lanes.len(), 2);
    let statements = Statements::new(columns, alignment, &spans);
    assert!(statements.are_told());
    let tracks = Tracks::new(&spans, &[], true).with(&statements);
    // The main thread asked for orders, 13 queries, the other for the report, 2; each below its thread.
    let lanes: Vec<_> = tracks.lanes().iter().map(|lane| lane.lane).collect();
    assert_eq!(
        spans.tracks.iter().map(|(label, _)| label.as_str()).collect::<Vec<_>>(),
        ["MainThread", "Dummy-2"]
    );
    let count = |lane: usize| {
        let first = &statements.timeline.columns().first;
        first[lane + 1] - first[lane]
    };
    assert_eq!(lanes.iter().map(|&lane| count(lane)).collect::<Vec<_>>(), [13, 2]);
    for (track, view, &lane) in [(0, "orders", &lanes[0]), (1, "report", &lanes[1])] {
        let (views, recorded) = (calls(&profile, track, view), calls(&profile, track, "Recording.execute"));
        assert_eq!((views.len(), recorded.len()), (1, count(lane) as usize), "{view}");
        let first = statements.timeline.columns().first[lane];
        for (place, recorded) in (first..).zip(&recorded) {
            let (from, to) = statements.moments(place);
            let is_in = |(start, end): &(f64, f64)| *start <= from && to <= *end;
            assert!(is_in(&views[0]), "{view} {place}: {from} {to} {views:?}");
            // The recorder reads its clock as soon as it is called: within microseconds, by two clocks.
            assert!(is_in(recorded) && from - recorded.0 < 5e-6, "{view} {place}: {from} {to} {recorded:?}");
        }
    }
}

#[test]
fn one_range_holds_for_both() {
    let (mut profile, mut log_session) = (session("orders.json.gz"), session("orders.sql.jsonl"));
    let (spans, log) = (spans(&profile), log(&log_session));
    let alignment = Alignment::of(&spans, &log).expect("one run");
    let all = timeline(&mut log_session, Filter::default());
    let statements = Statements::new(all, alignment.clone(), &spans);
    // The first half of the profile, and the statements that began in it.
    let range = (0.0, spans.length / 2.0);
    let filter = Filter { range: Some(alignment.range_in_log(range)), ..Filter::default() };
    let found = timeline(&mut log_session, filter).statement.len();
    let begun = |place: &u32| (range.0..range.1).contains(&statements.moments(*place).0);
    let expected = (0..15).filter(begun).count();
    assert_eq!(found, expected);
    assert!((1..15).contains(&found), "{found}");
    let back = alignment.range_in_profile(alignment.range_in_log(range)).expect("a part");
    assert!((back.0 - range.0).abs() < 1e-9 && (back.1 - range.1).abs() < 1e-9, "{back:?}");
    assert!(matches!(profile.answer(&Request::Range(Some(back))), Response::Reread(_)));
    // All of the profile is no range of it, nor is what it has nothing of.
    let (from, to) = alignment.range_in_log((0.0, spans.length));
    assert_eq!(alignment.range_in_profile((from - 1.0, to + 1.0)), None);
    assert_eq!(alignment.range_in_profile((to + 1.0, to + 2.0)), None);
}

#[test]
fn what_is_handed_on_still_fits() {
    let strip = Strip { literals: true, parameters: true, paths: true };
    let saved = |name: &str| {
        let request = Request::Share { strip, keep: Keep::Everything, settings: Settings::default() };
        match session(name).answer(&request) {
            Response::Shared(bytes) => {
                Session::open(Box::new(MemorySource::new(name, bytes)), &|_| ()).expect("a saved document")
            }
            other => panic!("{other:?}"),
        }
    };
    let (profile, mut log_session) = (saved("orders.json.gz"), saved("orders.sql.jsonl"));
    let (spans_again, log_again) = (spans(&profile), log(&log_session));
    let alignment = Alignment::of(&spans_again, &log_again).expect("one run");
    let original = Alignment::of(&spans(&session("orders.json.gz")), &log(&session("orders.sql.jsonl")));
    assert_eq!(Ok(&alignment), original.as_ref());
    assert!(
        Statements::new(timeline(&mut log_session, Filter::default()), alignment, &spans_again).are_told()
    );
}

/// Both began at noon in Greenwich; the profile takes a second, the log a minute from half a minute before it on.
fn at_noon(zone: Option<&str>, hours: f64, minutes: f64) -> (SpansOverview, QueriesOverview) {
    const NOON: f64 = 1_796_040_000_000.0;
    let start = NOON - 30_000.0 + hours * 3_600_000.0;
    let spans = SpansOverview {
        clock: Clock::Recorded,
        beginning: Some(NOON),
        length: 1.0,
        count: 1,
        tracks: vec![("MainThread".to_owned(), 1)],
        threads: vec![None],
        range: None,
    };
    let log = QueriesOverview {
        span: Some((start, start + minutes * 60_000.0)),
        wall_clock: true,
        zone: zone.map(str::to_owned),
        grain: 1.0,
        ..QueriesOverview::default()
    };
    (spans, log)
}

#[test]
fn zones_are_read_and_never_guessed_among_several() {
    let of = |zone: Option<&str>, hours: f64, minutes: f64| {
        let (spans, log) = at_noon(zone, hours, minutes);
        Alignment::of(&spans, &log).map(|alignment| (alignment.in_log(0.0), alignment.assumed))
    };
    for zone in ["UTC", "GMT", "Z", "+00:00", "-0000", "+0"] {
        assert_eq!(of(Some(zone), 0.0, 1.0), Ok((30_000.0, None)), "{zone}");
    }
    for (zone, hours) in [("+02:00", 2.0), ("-0330", -3.5), ("+0545", 5.75), ("+1", 1.0)] {
        assert_eq!(of(Some(zone), hours, 1.0), Ok((30_000.0, None)), "{zone}");
        assert_eq!(of(Some(zone), hours + 1.0, 1.0), Err(Apart::Times), "{zone}");
    }
    // A name is several places', and none is none: there is one zone by whose clock the two overlap, or it is not said.
    assert_eq!(of(Some("CET"), 1.0, 1.0), Ok((30_000.0, Some(60))));
    assert_eq!(of(None, -3.0, 1.0), Ok((30_000.0, Some(-180))));
    assert_eq!(of(None, 0.0, 40.0), Err(Apart::Zone));
    assert_eq!(of(None, 30.0, 1.0), Err(Apart::Times));
    let (spans, mut log) = at_noon(None, -3.5, 1.0);
    let text = Alignment::of(&spans, &log).map(|alignment| alignment.text());
    assert_eq!(
        text.as_deref(),
        Ok(
            "by the time of day, to ± 1 ms if both were recorded on one machine; the log names no zone, and only with \
            UTC−3:30 the two overlap"
        )
    );
    log.wall_clock = false;
    assert_eq!(Alignment::of(&spans, &log), Err(Apart::Log));
    let spans = SpansOverview { beginning: None, ..spans };
    assert_eq!(Alignment::of(&spans, &log), Err(Apart::Profile));
}

/// The grain of a log's clock is that of its stamps, be they of beginnings or of ends.
#[test]
fn how_exactly_logs_tell_the_time() {
    let grain = |path: &str| {
        let source = MemorySource::new("log", common::bytes(path));
        log(&Session::open(Box::new(source), &|_| ()).expect("a log")).grain
    };
    assert!(grain("pair/orders.sql.jsonl") < 0.01);
    assert!((grain("sample/orders.sql.jsonl") - 1e-3).abs() < 1e-9);
}
