//! Small pictures, whole: what the painters make of inputs drawn as text.

mod drawn;

use flamedrop::draw::colours::FunctionFills;
use flamedrop::draw::flame::TreeState;
use flamedrop::draw::flame_chart::{ChartState, Functions as ChartFunctions};
use flamedrop::draw::heat::{self, Heat};
use flamedrop::draw::pareto::ParetoState;
use flamedrop::draw::timeline::TimelineState;
use flamedrop::draw::{
    Item, Scene, Theme, chart, flame, flame_chart, measure, minimap, pareto, sunburst, svg, timeline,
    waterfall,
};
use flamedrop::findings::Link;
use flamedrop::findings::digest::{Item as FindingsItem, Items};
use flamedrop::findings::waste::Role;
use flamedrop::layout::alignment::Alignment;
use flamedrop::layout::boxes::Boxes;
use flamedrop::layout::chart::{Across, Chart, Data, Kind, Series, Tone, Unit};
use flamedrop::layout::flame::{Orientation, Viewport};
use flamedrop::layout::flame_chart::{Boxes as ChartBoxes, Statements, Tracks, Viewport as ChartViewport};
use flamedrop::layout::pareto::Pareto;
use flamedrop::layout::sunburst::Disc;
use flamedrop::layout::time_axis::AxisClock;
use flamedrop::layout::timeline::{Timeline, Viewport as TimelineViewport};
use flamedrop::profile::Layer;
use flamedrop::profile::spans::Clock;
use flamedrop::protocol::{
    Activity, FunctionRow, QueriesOverview, RequestRow, SpanBoxes, SpanId, SpansOverview, Waterfall,
    WaterfallStep,
};
use flamedrop::queries::Operation;
use flamedrop::queries::request_use::RequestUse;
use flamedrop::queries::table_use::TableUse;

const STACKS: &str = "
    own_main own_main own_main own_main own_main own_main
    db_fetch db_fetch db_fetch tmpl?    tmpl?    .
    net?     net?     .        py_len?  .        .
";

fn flame_svg(view: impl Fn(&Boxes) -> Viewport, state: &TreeState<'_>, theme: &Theme) -> String {
    let boxes = Boxes::new(drawn::tree(STACKS));
    let fills = FunctionFills::new(boxes.tree(), theme);
    let scene = flame::paint(&boxes, &view(&boxes), state, &fills, theme, &measure::table());
    svg::write(&scene, "Flame graph")
}

#[test]
fn an_icicle() {
    let view = |boxes: &Boxes| Viewport::whole(boxes, 300.0, 60.0, 1.0);
    let state = TreeState { hover: Some(3), current: Some(1), ..TreeState::default() };
    insta::assert_snapshot!(flame_svg(view, &state, &Theme::LIGHT));
}

#[test]
fn a_searched_flame_in_the_dark() {
    let view = |boxes: &Boxes| {
        let view = Viewport::whole(boxes, 300.0, 60.0, 2.0);
        Viewport { orientation: Orientation::Flame, ..view }.zoomed_to(boxes, 1)
    };
    let matches = [false, false, true, false, false];
    let state = TreeState { selected: Some(1), matches: Some(&matches), ..TreeState::default() };
    insta::assert_snapshot!(flame_svg(view, &state, &Theme::DARK));
}

#[test]
fn only_what_is_certain_stands_out() {
    let boxes = Boxes::new(drawn::tree(STACKS));
    let fills = FunctionFills::new(boxes.tree(), &Theme::LIGHT);
    let view = Viewport::whole(&boxes, 300.0, 60.0, 1.0);
    let fill_at = |state: &TreeState<'_>, x: f64, y: f64| {
        let scene = flame::paint(&boxes, &view, state, &fills, &Theme::LIGHT, &measure::table());
        scene.items.iter().rev().find_map(|item| match item {
            Item::Rectangle { x: left, y: top, width, height, fill }
                if (*left..*left + *width).contains(&x) && (*top..*top + *height).contains(&y) =>
            {
                Some(*fill)
            }
            _ => None,
        })
    };
    let (everything, certain) =
        (TreeState::default(), TreeState { certain_only: true, ..TreeState::default() });
    let (own, template) = ((20.0, 10.0), (180.0, 30.0));
    assert_eq!(fill_at(&everything, own.0, own.1), fill_at(&certain, own.0, own.1), "exact: as it was");
    let faded = fills.of(boxes.tree().function[0], false, Some(false)).fill;
    assert_ne!(fill_at(&everything, template.0, template.1), Some(faded));
    assert_eq!(fill_at(&certain, template.0, template.1), Some(faded), "estimated: faded");
}

#[test]
fn a_sunburst_around_a_box() {
    let boxes = Boxes::new(drawn::tree(STACKS));
    let theme = Theme::LIGHT;
    let fills = FunctionFills::new(boxes.tree(), &theme);
    let disc = Disc::new(&boxes, Some(0), 10, 240.0, 200.0, 1.0);
    let state = TreeState { hover: Some(1), ..TreeState::default() };
    let scene = sunburst::paint(&boxes, &disc, (240.0, 200.0), &state, &fills, &theme, &measure::table());
    insta::assert_snapshot!(svg::write(&scene, "Sunburst"));
}

/// The texts of a scene, in the order they are drawn.
fn texts(scene: &Scene) -> Vec<&str> {
    scene
        .items
        .iter()
        .filter_map(|item| if let Item::Text { text, .. } = item { Some(&**text) } else { None })
        .collect()
}

/// What an icicle and a sunburst say of `tree`.
fn labels(tree: flamedrop::protocol::Tree) -> (Vec<String>, Vec<String>) {
    let boxes = Boxes::new(tree);
    let (theme, state) = (Theme::LIGHT, TreeState::default());
    let fills = FunctionFills::new(boxes.tree(), &theme);
    let view = Viewport::whole(&boxes, 900.0, 60.0, 1.0);
    let icicle = flame::paint(&boxes, &view, &state, &fills, &theme, &measure::table());
    let disc = Disc::new(&boxes, Some(0), 10, 900.0, 900.0, 1.0);
    let sunburst = sunburst::paint(&boxes, &disc, (900.0, 900.0), &state, &fills, &theme, &measure::table());
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    (owned(texts(&icicle)), owned(texts(&sunburst)))
}

#[test]
fn only_built_in_functions_are_in_braces() {
    let mut tree = drawn::tree("<module> <module>\n<genexpr> <len>");
    for row in &mut tree.functions {
        let (file, line) = if row.name == "<len>" { ("~", 0) } else { ("shop/a.py", 1) };
        (row.file, row.line) = (file.to_owned(), line);
    }
    let (icicle, sunburst) = labels(tree);
    let icicle: Vec<&str> = icicle.iter().map(String::as_str).filter(|text| !text.ends_with('%')).collect();
    assert_eq!(icicle, ["shop/a.py", "<module>", "a.py:1 <genexpr>", "{len}"]);
    assert_eq!(sunburst, ["a.py:1 <genexpr>", "{len}", "shop/a.py", "2 s"]);
}

#[test]
fn modules_are_named_by_the_end_of_their_path() {
    let drawn = |columns: usize| {
        let mut tree = drawn::tree(&"a ".repeat(columns).replacen("a", "<module>", 1));
        tree.functions[0].file = "/usr/lib/python3.12/site-packages/django/db/models/query.py".to_owned();
        labels(tree).0[0].clone()
    };
    // Ever narrower.
    let mut labels: Vec<String> = (1..25).map(drawn).collect();
    labels.dedup();
    let whole = ["django/db/models/query.py", "db/models/query.py", "models/query.py", "query.py"];
    assert_eq!(labels[..4], whole);
    assert!(labels[4..].iter().all(|label| label.starts_with("qu") && label.ends_with('…')), "{labels:?}");
}

#[test]
fn recursive_calls_are_named_as_such() {
    let (icicle, sunburst) = labels(drawn::tree("walk walk walk\nvisit visit list\nwalk . ."));
    assert_eq!(icicle[..2], ["walk", "shop/walk.py:10"]);
    assert_eq!(icicle.last().map(String::as_str), Some("1 s  33 %"));
    assert!(icicle.contains(&"walk (recursive)".to_owned()), "{icicle:?}");
    assert!(sunburst.contains(&"walk (recursive)".to_owned()), "{sunburst:?}");
}

#[test]
fn a_name_cannot_turn_its_neighbour_round() {
    let mut tree = drawn::tree("rtl\u{202e}evil");
    tree.functions[0].file = "a\u{2067}\u{1b}.py".to_owned();
    let (icicle, sunburst) = labels(tree);
    assert_eq!(icicle, ["rtl\u{fffd}evil", "a\u{fffd}\u{fffd}.py:10", "1 s  100 %"]);
    assert_eq!(sunburst, ["rtl\u{fffd}evil", "1 s"]);
}

const LANES: &str = "
    one: s== s=      u===
    two:  i====   S==
    two:    d==
";

fn timeline_scene(state: &TimelineState<'_>, wall: bool) -> Scene {
    let mut columns = drawn::timeline(LANES);
    if wall {
        columns.wall_clock = true;
        columns.origin = 1_783_143_255_250.0;
        columns.zone = Some("UTC".to_owned());
    }
    let timeline = Timeline::new(columns);
    let gutter = if wall { 100.0 } else { 0.0 };
    let view = TimelineViewport::whole(&timeline, 400.0, 130.0, gutter, 1.0);
    timeline::paint(&timeline, &view, state, &Theme::LIGHT, &measure::table())
}

#[test]
fn a_timeline_on_the_wall_clock() {
    let state = TimelineState { current: Some(0), hover: Some(3), ..TimelineState::default() };
    insta::assert_snapshot!(svg::write(&timeline_scene(&state, true), "Timeline"));
}

#[test]
fn a_narrow_timeline_of_one_fingerprint() {
    let state = TimelineState { fingerprint: Some(0), ..TimelineState::default() };
    insta::assert_snapshot!(svg::write(&timeline_scene(&state, false), "Timeline"));
}

fn pareto_svg(times: &[(&str, f64)], size: (f64, f64), state: &ParetoState, theme: &Theme) -> String {
    let item = |(id, &(name, time)): (usize, &(&str, f64))| {
        let id = id as u32;
        let (layer, link) = match name.split_once('_').map_or(name, |(kind, _)| kind) {
            "query" => (Layer::Database, Link::Query(id)),
            "own" => (Layer::Own, Link::Function(id)),
            _ => (Layer::Regex, Link::Function(id)),
        };
        FindingsItem { label: name.to_owned(), place: String::new(), layer, time, link }
    };
    let items = Items {
        largest: times.iter().enumerate().map(item).collect(),
        count: 412,
        total: times.iter().map(|(_, time)| time).sum::<f64>() + 5.0,
    };
    let chart = Pareto::new(&items, size.0, size.1);
    svg::write(&pareto::paint(&chart, &items, state, theme, &measure::table()), "Pareto curve")
}

const TIMES: &[(&str, f64)] =
    &[("query_orders", 60.0), ("own_total", 25.0), ("re_match", 9.0), ("own_b", 1.0)];

#[test]
fn a_pareto_curve() {
    let state = ParetoState { vital: 2, hover: Some(2), current: Some(0) };
    insta::assert_snapshot!(pareto_svg(TIMES, (420.0, 120.0), &state, &Theme::LIGHT));
}

#[test]
fn a_narrow_pareto_curve_does_not_say_what_it_does_not_show() {
    let state = ParetoState { vital: 2, ..ParetoState::default() };
    let svg = pareto_svg(TIMES, (50.0, 90.0), &state, &Theme::DARK);
    assert!(!svg.contains("make 80"), "{svg}");
    insta::assert_snapshot!(svg);
}

fn chart_svg(data: &Data, marked: Option<usize>, theme: &Theme) -> String {
    let layout = Chart::new(data, 320.0, 120.0);
    svg::write(&chart::paint(&layout, data, marked, theme, &measure::table()), "Chart")
}

#[test]
fn a_chart_of_bars_on_bars_under_a_line() {
    let series = |name, tone, kind, values: &[f32]| Series { name, tone, kind, values: values.to_vec() };
    let data = Data {
        // 2026-07-04T05:34:15
        across: Across::Time { from: 0.0, step: 1000.0, clock: AxisClock::Wall(1_783_143_255_000.0) },
        unit: Unit::Count,
        series: vec![
            series("reads", Tone::Reads, Kind::Bars, &[3.0, 0.0, 7.0, 4.0]),
            series("writes", Tone::Writes, Kind::Bars, &[1.0, 0.0, 2.0, 0.0]),
            series("p95", Tone::Slow, Kind::Line, &[2.0, f32::NAN, 5.0, 6.0]),
        ],
    };
    insta::assert_snapshot!(chart_svg(&data, Some(2), &Theme::LIGHT));
}

#[test]
fn a_chart_of_durations_in_the_dark() {
    let mut classes = vec![0; 24];
    (classes[9], classes[10], classes[12]) = (4, 12, 1);
    insta::assert_snapshot!(chart_svg(&Data::durations(&classes), None, &Theme::DARK));
}

#[test]
fn nothing_is_drawn_as_nothing() {
    for theme in [Theme::LIGHT, Theme::DARK] {
        let boxes = Boxes::new(drawn::tree(""));
        let fills = FunctionFills::new(boxes.tree(), &theme);
        let view = Viewport::whole(&boxes, 300.0, 60.0, 1.0).clamped(&boxes);
        let state = TreeState::default();
        let scene = flame::paint(&boxes, &view, &state, &fills, &theme, &measure::table());
        assert_eq!(scene.items.len(), 1, "only the ground");
        let timeline = Timeline::new(drawn::timeline(""));
        let view = TimelineViewport::whole(&timeline, 300.0, 60.0, 0.0, 1.0).clamped(&timeline);
        timeline::paint(&timeline, &view, &TimelineState::default(), &theme, &measure::table());
        let (items, state) = (Items::default(), ParetoState::default());
        for (width, height) in [(0.0, 0.0), (300.0, 60.0)] {
            let chart = Pareto::new(&items, width, height);
            pareto::paint(&chart, &items, &state, &theme, &measure::table());
        }
    }
}

#[test]
fn the_strip_of_time_with_a_range() {
    use flamedrop::draw::strip::{Strip, paint};
    use flamedrop::layout::time_axis::AxisClock;
    let calls = vec![3, 0, 7, 4, 1, 0, 0, 2, 9, 1];
    let failed = vec![0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    let series = flamedrop::queries::overview::Series { step: 10.0, calls, failed, ..Default::default() };
    let strip = Strip { length: 95.0, width: 300.0, height: 52.0 };
    let draw = |range, theme: &Theme| {
        svg::write(&paint(&strip, &series, range, AxisClock::Relative, theme, &measure::table()), "Strip")
    };
    insta::assert_snapshot!(draw((Some((20.0, 60.0)), None), &Theme::LIGHT));
    // What is on the timeline's screen is marked.
    assert_ne!(draw((None, Some((20.0, 60.0))), &Theme::LIGHT), draw((None, None), &Theme::LIGHT));
    for x in [0.0, 150.0, 300.0] {
        assert!((strip.x_of(strip.time_at(x)) - x).abs() < 1e-9);
    }
}

#[test]
fn tables_over_time() {
    let table = |id: u32, name: &str, reads: [u32; 4], writes: [u32; 4]| TableUse {
        id,
        table: name.to_owned(),
        reads_over_time: reads.to_vec(),
        writes_over_time: writes.to_vec(),
        ..TableUse::default()
    };
    let tables = [
        table(0, "shop_order", [1, 0, 25, 100], [0, 0, 4, 0]),
        table(1, "a_table_with_a_name_that_is_too_long", [0, 0, 0, 1], [1, 1, 0, 0]),
    ];
    let tables: Vec<&TableUse> = tables.iter().collect();
    let heat = Heat { width: 400.0, rows: 2, steps: 4, from: 0.0, step: 250.0, clock: AxisClock::Relative };
    let scene = heat::paint(&heat, &tables, Some(1), Some((0, 2)), &Theme::LIGHT, &measure::table());
    insta::assert_snapshot!(svg::write(&scene, "Tables over time"));
    // Over a name there is a row, and no step.
    assert_eq!(heat.hit(10.0, 30.0), Some((0, None)));
    assert_eq!(heat.hit(399.0, 60.0), Some((1, Some(3))));
    assert_eq!((heat.hit(200.0, 5.0), heat.hit(200.0, 90.0), heat.hit(-1.0, 30.0)), (None, None, None));
}

#[test]
fn a_request_statement_by_statement() {
    let step = |statement: u32, start: f64, duration: f64, gap: f64| WaterfallStep {
        statement,
        fingerprint: 0,
        text: "SELECT 1".to_owned(),
        operation: Operation::Select,
        start,
        duration,
        gap,
        failed: statement == 2,
        role: Role::Single,
        place: String::new(),
    };
    let waterfall = Waterfall {
        row: RequestRow {
            usage: RequestUse::default(),
            label: "GET /orders/".to_owned(),
            view: String::new(),
            status: 200,
            start: 0.0,
            inferred: false,
        },
        steps: vec![step(0, 1.0, 2.0, 1.0), step(1, 3.0, f64::NAN, 0.0), step(2, 8.0, 2.0, 5.0)],
        // As of a request of which not all are there.
        statements: 1_003,
        outside: 6.0,
    };
    let scene = waterfall::paint(&waterfall, 10.0, 800.0, &Theme::DARK, &measure::table());
    insta::assert_snapshot!(svg::write(&scene, "GET /orders/"));
}

/// A chart of two tracks: one calls and waits, the other has what a task did, and many short calls.
fn flame_chart_svg(search: bool, range: Option<(f64, f64)>, theme: &Theme) -> String {
    let overview = SpansOverview {
        clock: Clock::Recorded,
        length: 10.0,
        count: 8,
        tracks: vec![("MainThread".to_owned(), 2), ("worker-1".to_owned(), 1), ("empty".to_owned(), 0)],
        threads: vec![Some(7), Some(8), Some(8)],
        beginning: None,
        range: None,
    };
    let tracks = Tracks::new(&overview, &[], true);
    let tree = drawn::tree(STACKS);
    let mut rows = tree.functions.clone();
    rows.truncate(3);
    rows.push(FunctionRow {
        name: "{built-in method time.sleep}".to_owned(),
        layer: Layer::Waiting,
        ..rows[0].clone()
    });
    let fills = FunctionFills::of_functions(&rows, theme);
    // Track, depth, spans, beginning, end, busy, function.
    let boxes = [
        (0, 0, 1, 0.0, 6.0, 6.0, 0),
        (0, 0, 40, 6.5, 6.6, 0.05, 1),
        (0, 0, 1, 8.0, 10.0, 2.0, 2),
        (0, 1, 1, 0.5, 2.0, 1.5, 1),
        (0, 1, 1, 2.0, 5.0, 3.0, 3),
        (1, 0, 1, 2.0, 4.0, 2.0, u32::MAX),
        (1, 0, 1, 4.0, 4.001, 0.001, 2),
    ];
    let columns = SpanBoxes {
        track: boxes.iter().map(|one| one.0).collect(),
        depth: boxes.iter().map(|one| one.1).collect(),
        span: (0..boxes.len() as u32).collect(),
        count: boxes.iter().map(|one| one.2).collect(),
        start: boxes.iter().map(|one| one.3).collect(),
        end: boxes.iter().map(|one| one.4).collect(),
        busy: boxes.iter().map(|one| one.5).collect(),
        own: vec![1.0; boxes.len()],
        function: boxes.iter().map(|one| one.6).collect(),
        matches: if search { boxes.iter().map(|one| u32::from(one.6 == 2)).collect() } else { Vec::new() },
    };
    let boxes =
        ChartBoxes::new(columns, (0.0, 10.0), 3.0 * 10.0 / 400.0, vec![(0, 0, 2), (1, 0, 1)], String::new());
    let view = ChartViewport::whole(&tracks, 400.0, 150.0, 1.0);
    assert!(boxes.suit(&view, &tracks, ""));
    // Closer, or of another search, they do not.
    assert!(
        !boxes.suit(&view.zoomed_about(&tracks, 200.0, 0.25), &tracks, "")
            && !boxes.suit(&view, &tracks, "x")
    );
    // The sleep, found by its middle; what is short, by the pixel beside it; nothing where it is idle.
    let hit = |x: f64, y: f64| boxes.hit(&tracks, &view, x, y);
    let second = view.row_top(&tracks.shown()[0], 1) + 5.0;
    assert_eq!((hit(140.0, second), hit(300.0, second), hit(10.0, 5.0)), (Some(4), None, None));
    let worker = view.row_top(&tracks.shown()[1], 0) + 5.0;
    assert_eq!(hit(161.0, worker), Some(6));
    let state = ChartState {
        hover: Some(3),
        current: Some(SpanId { track: 0, span: 4 }),
        function: Some(2),
        range,
        ..ChartState::default()
    };
    let functions = ChartFunctions { rows: &rows, fills: &fills };
    let scene =
        flame_chart::paint((&tracks, &boxes, None), &view, &state, functions, theme, &measure::table());
    svg::write(&scene, "Flame chart")
}

#[test]
fn a_flame_chart_of_two_tracks() {
    insta::assert_snapshot!(flame_chart_svg(false, None, &Theme::LIGHT));
}

#[test]
fn a_searched_flame_chart_in_the_dark_with_a_range() {
    insta::assert_snapshot!(flame_chart_svg(true, Some((1.0, 7.0)), &Theme::DARK));
}

/// Statements below the thread that ran them, and below all where that is not known; at the lower edge while their own
/// place is below the screen.
#[test]
fn statements_below_the_frames_that_ran_them() {
    let spans = SpansOverview {
        clock: Clock::Recorded,
        length: 0.02,
        count: 3,
        tracks: vec![("MainThread".to_owned(), 9), ("worker-1".to_owned(), 1)],
        threads: vec![Some(7), Some(8)],
        beginning: Some(1_796_072_732_000.0),
        range: None,
    };
    let mut columns = drawn::timeline("one: s== s=  u\ntwo:  i====\nthree: t D");
    columns.threads = vec![Some(7), Some(8), Some(9)];
    let log = QueriesOverview {
        span: Some((1_796_072_732_002.0, 1_796_072_732_016.0)),
        wall_clock: true,
        zone: Some("UTC".to_owned()),
        grain: 1.0,
        ..QueriesOverview::default()
    };
    let alignment = Alignment::of(&spans, &log).expect("the same time");
    let statements = Statements::new(columns, alignment, &spans);
    assert!(!statements.are_told());
    let tracks = Tracks::new(&spans, &[], true).with(&statements);
    let boxes = ChartBoxes::default();
    let mut view = ChartViewport::whole(&tracks, 400.0, 300.0, 1.0);
    // The last lane is of no thread that is known, so it stands at the lower edge; the first one above it, as its thread
    // fills the screen. That of the second thread, which is further down, is not there.
    let shown = |view: &ChartViewport| -> Vec<(usize, f64)> {
        view.lanes(&tracks).iter().map(|(lane, top)| (lane.lane, *top)).collect()
    };
    assert_eq!(shown(&view), [(2, 254.0), (0, 208.0)]);
    // `s==` runs from 3 to 6 ms, and what is under it cannot be hit.
    let at = |view: &ChartViewport, x: f64, y: f64| view.statement_at(&tracks, &statements, x, y);
    assert_eq!((at(&view, 70.0, 240.0), at(&view, 10.0, 240.0)), (Some(0), None));
    assert_eq!((view.row_at(&tracks, 240.0), view.row_at(&tracks, 100.0)), (None, Some((0, 2))));
    assert_eq!(statements.moments(0), (0.003, 0.006));
    let first = statements.step(Err(0.0), true);
    let order = std::iter::successors(first, |&place| statements.step(Ok(place), true));
    assert_eq!(order.collect::<Vec<_>>(), [0, 4, 3, 5, 1, 2]);
    assert_eq!(statements.step(Err(0.02), false), Some(2));
    let theme = &Theme::LIGHT;
    let rows = drawn::tree(STACKS).functions;
    let fills = FunctionFills::of_functions(&rows, theme);
    let state =
        ChartState { statements: (Some(1), Some(0)), range: Some((0.0, 0.015)), ..ChartState::default() };
    let functions = ChartFunctions { rows: &rows, fills: &fills };
    let all = (&tracks, &boxes, Some(&statements));
    let scene = flame_chart::paint(all, &view, &state, functions, theme, &measure::table());
    insta::assert_snapshot!(svg::write(&scene, "Flame chart with statements"));
    // Further down each stands where it belongs.
    view = view.revealing_statement(&tracks, &statements, 3);
    assert_eq!(shown(&view).iter().map(|(lane, _)| *lane).collect::<Vec<_>>(), [2, 1, 0]);
}

#[test]
fn a_minimap_with_matches() {
    let activity = Activity {
        depth: vec![vec![0.0, 1.0, 2.0, 2.0, 0.01], vec![0.0, 0.0, 1.0, 1.0, 0.0], vec![9.0; 5]],
        found: vec![false, false, true, false, false],
        matches: Some(3),
    };
    let scene =
        minimap::paint(&activity, &[0, 1], (200.0, 48.0), (0.25, 0.5), Some((0.0, 0.5)), &Theme::LIGHT);
    insta::assert_snapshot!(svg::write(&scene, "Minimap"));
}
