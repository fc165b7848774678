//! Properties of the layouts: nothing overlaps, a point is in what is drawn there, and the cost is
//! that of pixels.

mod drawn;

use flamedrop::layout::boxes::Boxes;
use flamedrop::layout::flame::{Orientation, ROW_HEIGHT, Viewport};
use flamedrop::layout::sunburst::{Disc, Hit};
use flamedrop::layout::timeline::{Timeline, Viewport as TimelineViewport};
use flamedrop::profile::CallTree;
use flamedrop::protocol::{TimelineColumns, Tree};
use flamedrop::queries::Operation;
use proptest::prelude::*;

/// A tree out of random steps: each box goes one deeper than the last, or comes up again.
fn tree() -> impl Strategy<Value = Tree> {
    // How far to come up before the next box, and its self time.
    let steps = prop::collection::vec((0_u32..4, prop_oneof![Just(0.0), 0.0..1.0, 0.0..1e-7]), 1..200);
    steps.prop_map(|steps| {
        let mut tree = Tree::default();
        let mut stack: Vec<u32> = Vec::new();
        for (up, self_time) in steps {
            stack.truncate((stack.len() as u32 + 1).saturating_sub(up) as usize);
            let index = tree.function.len() as u32;
            tree.parent.push(stack.last().copied().unwrap_or(u32::MAX));
            tree.depth.push(stack.len() as u32);
            tree.function.push(u32::MAX);
            tree.self_time.push(self_time);
            tree.calls.push(1.0);
            tree.certainty.push(0);
            stack.push(index);
        }
        close(&mut tree);
        tree
    })
}

/// Fills in `total_time` and `end`.
fn close(tree: &mut Tree) {
    let count = tree.function.len();
    tree.total_time = tree.self_time.clone();
    tree.end = (1..=count as u32).collect();
    for index in (0..count).rev() {
        if let Some(parent) = Some(tree.parent[index]).filter(|&parent| parent != u32::MAX) {
            tree.total_time[parent as usize] += tree.total_time[index];
            tree.end[parent as usize] = tree.end[parent as usize].max(tree.end[index]);
        }
    }
}

fn statements() -> impl Strategy<Value = TimelineColumns> {
    let one = (0.0_f64..100.0, prop_oneof![Just(0.0_f32), 0.0_f32..1e-3, 0.0_f32..20.0], 0_u8..2);
    let lanes = prop::collection::vec(prop::collection::vec(one, 0..120), 1..4);
    lanes.prop_map(|lanes| {
        let mut columns = TimelineColumns {
            texts: vec![String::new()],
            operations: vec![Operation::Select],
            first: vec![0],
            ..TimelineColumns::default()
        };
        for (number, mut lane) in lanes.into_iter().enumerate() {
            lane.sort_by(|one, other| one.0.total_cmp(&other.0));
            columns.lanes.push(number.to_string());
            for (start, duration, failed) in lane {
                columns.statement.push(columns.start.len() as u32);
                columns.start.push(start);
                columns.duration.push(duration);
                columns.failed.push(failed);
                columns.fingerprint.push(0);
                columns.length = columns.length.max(start + f64::from(duration));
            }
            columns.first.push(columns.start.len() as u32);
        }
        columns
    })
}

proptest! {
    #[test]
    fn boxes_are_inside_their_parents_and_beside_their_siblings(tree in tree()) {
        let boxes = Boxes::new(tree);
        for depth in 0..boxes.depths() {
            for pair in boxes.row(depth).windows(2) {
                prop_assert!(boxes.right(pair[0]) <= boxes.left(pair[1]));
                prop_assert_eq!(boxes.next_in_row(pair[0]), Some(pair[1]));
                prop_assert_eq!(boxes.previous_in_row(pair[1]), Some(pair[0]));
            }
        }
        for index in 0..boxes.len() as u32 {
            prop_assert!(boxes.left(index) <= boxes.right(index));
            if let Some(parent) = boxes.parent(index) {
                prop_assert!(boxes.left(parent) <= boxes.left(index));
                prop_assert!(boxes.right(index) <= boxes.right(parent));
            }
            for child in boxes.children(index) {
                prop_assert_eq!(boxes.parent(child), Some(index));
            }
            prop_assert_eq!(boxes.first_child(index), boxes.children(index).next());
            prop_assert_eq!(boxes.stack(index).len() as u32, boxes.depth(index) + 1);
            if boxes.left(index) < boxes.right(index) {
                prop_assert_eq!(boxes.at(boxes.depth(index), boxes.left(index)), Some(index));
            }
        }
    }

    #[test]
    fn every_box_of_a_row_is_in_one_run(tree in tree(), pixels in 1.0_f64..2000.0, a in 0.0_f64..1.0, b in 0.0_f64..1.0) {
        let boxes = Boxes::new(tree);
        let (from, to) = (boxes.total() * f64::min(a, b), boxes.total() * f64::max(a, b));
        for depth in 0..boxes.depths() {
            let row = boxes.row(depth);
            let runs: Vec<_> = boxes.runs(depth, from, to, pixels).collect();
            prop_assert!(runs.len() as f64 <= 2.0 * pixels + 2.0);
            let inside: Vec<u32> = row
                .iter()
                .copied()
                .filter(|&index| boxes.right(index) > from && boxes.left(index) < to)
                .collect();
            let mut covered = 0;
            for run in &runs {
                let place = row.binary_search(&run.first).unwrap();
                let last = row[place + run.count as usize - 1];
                prop_assert_eq!(run.left, boxes.left(run.first));
                prop_assert_eq!(run.right, boxes.right(last));
                covered += row[place..place + run.count as usize]
                    .iter()
                    .filter(|index| inside.contains(index))
                    .count();
            }
            prop_assert_eq!(covered, inside.len());
        }
    }

    #[test]
    fn a_drawn_cell_is_hit(
        tree in tree(),
        width in 1.0_f64..900.0,
        ratio in prop_oneof![Just(1.0), Just(1.5), Just(3.0)],
        flame in any::<bool>(),
        zoom in any::<prop::sample::Index>(),
    ) {
        let boxes = Boxes::new(tree);
        let orientation = if flame { Orientation::Flame } else { Orientation::Icicle };
        let view = Viewport { orientation, ..Viewport::whole(&boxes, width, 200.0, ratio) };
        let view = view.zoomed_to(&boxes, zoom.index(boxes.len()) as u32);
        let mut above: Vec<(f64, f64)> = vec![(0.0, width)];
        for depth in view.visible_depths(&boxes) {
            let cells: Vec<_> = view.cells(&boxes, depth).collect();
            prop_assert!(cells.len() as f64 <= width * ratio + 1.0);
            for pair in cells.windows(2) {
                prop_assert!(pair[0].right <= pair[1].left);
            }
            for cell in &cells {
                prop_assert!(0.0 <= cell.left && cell.left < cell.right);
                let device = cell.left * ratio;
                prop_assert!((device - device.round()).abs() < 1e-6);
                if depth > view.visible_depths(&boxes).start {
                    // Inside of what is drawn above, taken together: above it may be merged.
                    let holds = |edge: f64| above.iter().any(|&(left, right)| left <= edge && edge <= right);
                    prop_assert!(holds(cell.left) && holds(cell.right), "{:?} {:?}", cell, above);
                }
                if cell.run.count == 1 && cell.right - cell.left > 2.0 {
                    let y = view.y_of(depth) + ROW_HEIGHT / 2.0;
                    if (0.0..view.height).contains(&y) {
                        let hit = view.hit(&boxes, (cell.left + cell.right) / 2.0, y);
                        prop_assert_eq!(hit, Some(cell.run.first));
                    }
                }
            }
            above = cells.iter().map(|cell| (cell.left, cell.right)).collect();
        }
    }

    #[test]
    fn a_viewport_stays_inside(tree in tree(), moves in prop::collection::vec((0..4, -1e4..1e4_f64, 0.0..1.0_f64), 0..20)) {
        let boxes = Boxes::new(tree);
        let mut view = Viewport::whole(&boxes, 500.0, 100.0, 1.0);
        for (kind, amount, share) in moves {
            view = match kind {
                0 => view.zoomed_about(&boxes, share * 500.0, f64::exp(amount / 2e3)),
                1 => view.dragged(&boxes, amount, amount),
                2 => view.revealing(&boxes, (share * (boxes.len() - 1) as f64) as u32),
                _ => view.zoomed_to(&boxes, (share * (boxes.len() - 1) as f64) as u32),
            };
            prop_assert!(view.from >= 0.0 && view.from <= view.to);
            prop_assert!(view.to <= boxes.total() * (1.0 + 1e-9));
            prop_assert!(view.scroll >= 0.0);
        }
    }

    #[test]
    fn a_drawn_arc_is_hit(tree in tree(), size in 50.0_f64..900.0, focus in any::<prop::sample::Index>()) {
        let boxes = Boxes::new(tree);
        for focus in [None, Some(focus.index(boxes.len()) as u32)] {
            let disc = Disc::new(&boxes, focus, 8, size, size, 1.0);
            prop_assert_eq!(disc.hit(&boxes, disc.x, disc.y), Some(Hit::Centre));
            for ring in 0..disc.rings {
                for arc in disc.arcs(&boxes, ring) {
                    prop_assert!(0.0 <= arc.from && arc.from <= arc.to);
                    prop_assert!(arc.to <= std::f64::consts::TAU + 1e-9);
                    prop_assert!(arc.outer <= size / 2.0);
                    let (angle, radius) = ((arc.from + arc.to) / 2.0, (arc.inner + arc.outer) / 2.0);
                    let (x, y) = (disc.x + radius * angle.sin(), disc.y - radius * angle.cos());
                    if arc.run.count == 1 && arc.to - arc.from > 1e-3 {
                        prop_assert_eq!(disc.hit(&boxes, x, y), Some(Hit::Box(arc.run.first)));
                        prop_assert!(disc.shows(&boxes, arc.run.first));
                    }
                }
            }
        }
    }

    #[test]
    fn statements_of_a_row_follow_each_other(columns in statements(), width in 10.0_f64..1500.0, a in 0.0_f64..1.0, b in 0.0_f64..1.0) {
        let timeline = Timeline::new(columns);
        let length = timeline.columns().length.max(1.0);
        let view = TimelineViewport::whole(&timeline, width, 300.0, 0.0, 1.0)
            .zoomed_to(&timeline, length * f64::min(a, b), length * f64::max(a, b));
        let mut seen = 0;
        for lane in 0..timeline.lanes() {
            for row in 0..timeline.rows(lane) {
                let runs: Vec<_> = timeline.runs(lane, row, f64::NEG_INFINITY, f64::INFINITY, 1e-9).collect();
                seen += runs.iter().map(|run| run.count as usize).sum::<usize>();
                let mut last = f64::NEG_INFINITY;
                for cell in view.cells(&timeline, lane, row) {
                    prop_assert!(last <= cell.left && cell.left < cell.right && cell.right <= width);
                    last = cell.right;
                    prop_assert_eq!(timeline.lane_of(cell.run.first), lane);
                    prop_assert_eq!(timeline.row_of(cell.run.first), row);
                    let y = view.row_top(&timeline, lane, row) + 5.0;
                    if cell.run.count == 1 && cell.right - cell.left > 8.0 && y > 30.0 && y < 300.0 {
                        let hit = view.hit(&timeline, (cell.left + cell.right) / 2.0, y);
                        prop_assert!(hit.is_some());
                        let (hit, first) = (hit.unwrap(), cell.run.first);
                        // Those of one row may overlap by the grain of a log's clock.
                        prop_assert!(hit == first || timeline.end(hit) > timeline.start(first));
                    }
                }
            }
            for gap in timeline.gaps(lane, view.from, view.to, width, 2.0) {
                prop_assert!(gap.left < gap.right);
                prop_assert_eq!(timeline.gap_before(gap.before), Some(gap));
            }
        }
        prop_assert_eq!(seen, timeline.len());
    }

    #[test]
    fn every_wide_gap_is_found(columns in statements()) {
        let timeline = Timeline::new(columns);
        let to = timeline.columns().length + 1.0;
        for lane in 0..timeline.lanes() {
            let first = timeline.columns().first[lane];
            let end = timeline.columns().first[lane + 1];
            let pixel = to / 400.0;
            let expected: Vec<u32> = (first..end)
                .filter(|&index| {
                    timeline.gap_before(index).is_some_and(|gap| gap.right - gap.left >= 3.0 * pixel)
                })
                .collect();
            let found: Vec<u32> =
                timeline.gaps(lane, 0.0, to, 400.0, 3.0).iter().map(|gap| gap.before).collect();
            prop_assert_eq!(found, expected);
        }
    }
}

#[test]
fn a_million_boxes_cost_their_pixels() {
    // One root with a million children of one microsecond, each with a child.
    let count = 500_000;
    let mut tree = Tree::default();
    let mut add = |parent: u32, depth: u32, self_time: f64| {
        tree.function.push(u32::MAX);
        tree.parent.push(parent);
        tree.depth.push(depth);
        tree.self_time.push(self_time);
        tree.calls.push(1.0);
        tree.certainty.push(0);
    };
    add(u32::MAX, 0, 0.0);
    for index in 0..count {
        add(0, 1, 0.0);
        add(1 + 2 * index, 2, 1e-6);
    }
    close(&mut tree);
    let boxes = Boxes::new(tree);
    assert_eq!(boxes.len(), 1_000_001);
    let mut view = Viewport::whole(&boxes, 1000.0, 100.0, 2.0);
    for _ in 0..30 {
        for depth in 0..3 {
            assert!(boxes.runs(depth, view.from, view.to, 2000.0).count() <= 4002);
            assert!(view.cells(&boxes, depth).count() <= 2001);
        }
        view = view.zoomed_about(&boxes, 700.0, 0.5);
    }
    let disc = Disc::new(&boxes, Some(0), 8, 1000.0, 1000.0, 1.0);
    assert!(disc.arcs(&boxes, 0).count() <= 3200);
}

#[test]
fn a_million_statements_cost_their_pixels() {
    for duration in [0.0_f32, 0.0005, 50.0] {
        let count = 1_000_000_u32;
        let mut columns = TimelineColumns {
            lanes: vec!["one".into()],
            first: vec![0, count],
            texts: vec![String::new()],
            operations: vec![Operation::Select],
            length: f64::from(count) * 0.001 + f64::from(duration),
            ..TimelineColumns::default()
        };
        for index in 0..count {
            columns.statement.push(index);
            columns.start.push(f64::from(index) * 0.001);
            columns.duration.push(duration);
            columns.fingerprint.push(0);
            columns.failed.push(0);
        }
        let timeline = Timeline::new(columns);
        let mut view = TimelineViewport::whole(&timeline, 1000.0, 300.0, 0.0, 2.0);
        for _ in 0..40 {
            assert!(timeline.rows(0) <= 12);
            for row in 0..timeline.rows(0) {
                let runs = timeline.runs(0, row, view.from, view.to, 2000.0).count();
                assert!(runs <= 4100, "{runs} {duration} {view:?}");
                assert!(view.cells(&timeline, 0, row).count() <= 2001);
            }
            view = view.zoomed_about(&timeline, 600.0, 0.5);
        }
    }
}

#[test]
fn overlapping_statements_get_rows_of_their_own() {
    let timeline = Timeline::new(drawn::timeline(
        "
        one: s====   u==
        one:   i===
        one:    d==
        two: t===
        ",
    ));
    let rows: Vec<usize> = (0..timeline.len() as u32).map(|index| timeline.row_of(index)).collect();
    assert_eq!(rows, [0, 1, 2, 0, 0]);
    assert_eq!((timeline.rows(0), timeline.rows(1)), (3, 1));
    assert_eq!(timeline.lane_of(4), 1);
    let gap = timeline.gap_before(3).unwrap();
    assert_eq!((gap.left, gap.right), (7.0, 9.0));
    assert_eq!(timeline.gap_before(1), None);
    assert_eq!((timeline.next(3), timeline.previous(4)), (None, None));
    assert_eq!(timeline.beside(3, true), Some(4));
    assert_eq!(timeline.beside(4, false), Some(0));
}

#[test]
fn a_box_is_found_again_where_others_are_hidden() {
    let whole = drawn::tree(
        "
        main main main main main main
        load load load load view more
        b    b    b    b    c    c
        c    sum  sum  load .    .
        .    .    b    .    .    .
        ",
    );
    let shown = drawn::tree(
        "
        main main main main main main
        b    b    b    b    view more
        c    sum  sum  .    c    c
        .    .    b    .    .    .
        ",
    );
    // Functions are numbered as they are first named, in the one otherwise than in the other.
    let renumbered = |mut tree: Tree| {
        for row in &mut tree.functions {
            row.function = row.name.bytes().fold(0, |id, byte| id * 31 + u32::from(byte));
        }
        tree
    };
    let (whole, shown) = (renumbered(whole), renumbered(shown));
    let path = |tree: &Tree, at: u32| {
        let boxes = Boxes::new(tree.clone());
        boxes
            .stack(at)
            .into_iter()
            .map(|at| tree.label_of(at).unwrap().into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let here = |from: &Tree, to: &Tree, at: u32| {
        let again = call_tree(to).nearest(&from.stack_of(at)).expect("all have a root");
        format!("{}: {}{}", path(from, at), path(to, again.at), if again.is_it { "" } else { " …" })
    };
    let hiding: Vec<String> = (0..whole.function.len() as u32).map(|at| here(&whole, &shown, at)).collect();
    assert_eq!(
        hiding,
        [
            "main: main",
            "main load: main …",
            "main load b: main b",
            "main load b c: main b c",
            "main load b sum: main b sum",
            "main load b sum b (recursive): main b sum b (recursive)",
            "main load b load (recursive): main b …",
            "main view: main view",
            "main view c: main view c",
            "main more: main more",
            "main more c: main more c",
        ]
    );
    let showing: Vec<String> = (0..shown.function.len() as u32).map(|at| here(&shown, &whole, at)).collect();
    assert_eq!(
        showing,
        [
            "main: main",
            "main b: main load b",
            "main b c: main load b c",
            "main b sum: main load b sum",
            "main b sum b (recursive): main load b sum b (recursive)",
            "main view: main view",
            "main view c: main view c",
            "main more: main more",
            "main more c: main more c",
        ]
    );
    assert_eq!(call_tree(&whole).nearest(&shown.stack_of(99)), None);
    assert_eq!(call_tree(&drawn::tree("")).nearest(&shown.stack_of(0)), None);
}

/// The tree that a drawn one is of, with its functions' own numbers.
fn call_tree(tree: &Tree) -> CallTree {
    let function = (0..tree.function.len() as u32).map(|at| tree.function_of(at).expect("a box").function);
    CallTree {
        function: function.collect(),
        parent: tree.parent.clone(),
        depth: tree.depth.clone(),
        end: tree.end.clone(),
        recursive: tree.recursive.clone(),
        self_time: tree.self_time.clone(),
        total_time: tree.total_time.clone(),
        ..CallTree::default()
    }
}

#[test]
fn a_function_is_shown_where_it_took_longest_not_where_it_called_itself() {
    let tree = drawn::tree("a b b\nc a c\n. a .");
    let id = |name: &str| tree.functions.iter().find(|row| row.name == name).unwrap().function;
    let stack = |at: u32| Boxes::new(tree.clone()).stack(at).len();
    assert_eq!(tree.heaviest_of(id("a")), Some(0));
    assert_eq!(tree.heaviest_of(id("c")).map(stack), Some(2));
    assert_eq!(tree.heaviest_of(1), None);
    let recursive: Vec<u32> = (0..tree.function.len() as u32).filter(|&at| tree.is_recursive(at)).collect();
    assert_eq!(recursive.len(), 1);
    assert_eq!(tree.label_of(recursive[0]).as_deref(), Some("a (recursive)"));
}

#[test]
fn lanes_that_lack_statements_have_no_gaps() {
    let columns = drawn::timeline("one: s==   s=  s");
    assert!(Timeline::new(columns.clone()).gap_before(1).is_some());
    let lanes = Timeline::new(TimelineColumns { without_gaps: true, ..columns });
    assert_eq!(lanes.gap_before(1), None);
    assert!(lanes.gaps(0, 0.0, 20.0, 100.0, 1.0).is_empty());
}

#[test]
fn a_range_shows_the_lanes_that_have_something_in_it() {
    let all = Timeline::new(drawn::timeline(
        "
        one: s==     u==
        two: t==
        six:     v========
        ",
    ));
    let view = TimelineViewport::whole(&all, 1000.0, 300.0, 100.0, 1.0);
    let height = |lanes: &Timeline| view.lane_top(lanes, 3) - view.lane_top(lanes, 0);
    assert_eq!((all.starts(), all.shown_lanes(None), all.range()), (4, 3, None));

    let late = all.within(Some((7.0, 20.0)));
    assert_eq!(late.columns(), all.columns());
    // What began before and is still running is seen; what is counted starts in the range.
    assert_eq!((late.starts(), late.shown_lanes(None)), (1, 2));
    assert!(late.shows(0) && !late.shows(1) && late.shows(2));
    assert_eq!(height(&late), height(&all) * 2.0 / 3.0);
    assert_eq!((late.previous(1), late.next(1)), (None, None));
    assert_eq!((late.beside(1, true), late.beside(3, false)), (Some(3), Some(1)));
    let middle = |lanes: &Timeline, lane| view.row_top(lanes, lane, 0) + 5.0;
    let x = view.x_of(1.0);
    assert_eq!(view.hit(&all, x, middle(&all, 0)), Some(0));
    assert_eq!(view.hit(&late, x, middle(&late, 0)), None);
    assert_eq!(view.hit(&late, view.x_of(9.0), middle(&late, 2)), Some(3));

    // A range up to the end has what starts at the end.
    let end = all.columns().length;
    assert_eq!(all.within(Some((0.0, end))).starts(), 4);
    let none = all.within(Some((4.3, 4.7)));
    assert!(none.is_empty() && none.starts() == 0 && height(&none) == 0.0);
    assert_eq!(view.visible_lanes(&none).filter(|&lane| none.shows(lane)).count(), 0);
}
