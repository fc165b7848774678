//! The painter of a difference flame graph: the call tree of one side of a change, coloured by what each stack takes
//! more or less than on the other
//! ([differential flame graphs](https://www.brendangregg.com/blog/2014-11-09/differential-flame-graphs.html)).

use crate::format;
use crate::layout::boxes::Boxes;
use crate::layout::flame::{Cell, ROW_HEIGHT, Viewport};
use crate::profile::call_tree::NO_PARENT;

use super::colours::Theme;
use super::flame::{LEAST_LABEL, PADDING, paint_label};
use super::measure::{Measure, fit};
use super::scene::{Anchor, Font, Item, Scene};

/// What the boxes of a tree take more than on the other side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Per box: the change of its total time, in the tree's unit; positive where it takes more after the change.
    pub total: Vec<f64>,
    /// Per box: whether the other side has no such stack.
    pub alone: Vec<bool>,
    /// The largest change of a box either way: what has the deepest colour.
    largest: f64,
}

impl Changes {
    /// What the boxes of `boxes` take more after the change than before: `other` is what they take on the other side.
    /// `by_before` says whether the tree is that of the side before, whose times are multiplied by `scale`.
    pub fn new(boxes: &Boxes, other: &[f64], by_before: bool, scale: f64) -> Self {
        let this = &boxes.tree().total_time;
        let total: Vec<f64> = this
            .iter()
            .zip(other)
            .map(|(this, other)| if by_before { other - this * scale } else { this - other * scale })
            .collect();
        let largest = total.iter().map(|change| change.abs()).fold(0.0, f64::max);
        Self { total, alone: other.iter().map(|&other| other == 0.0).collect(), largest }
    }

    /// −1 to 1: how deep the colour of a box is. The root of the share, so that what is a tenth of the largest change is
    /// seen as well.
    fn depth(&self, change: f64) -> f64 {
        if self.largest > 0.0 { change.signum() * (change.abs() / self.largest).sqrt() } else { 0.0 }
    }

    /// The change of a box, if it is one.
    pub fn of(&self, index: u32) -> Option<f64> {
        self.total.get(index as usize).copied()
    }
}

/// What stands out.
#[derive(Debug, Clone, Copy, Default)]
pub struct DifferenceState {
    /// The box under the pointer.
    pub hover: Option<u32>,
    /// The box that has the keyboard.
    pub current: Option<u32>,
    /// The selected function, as the tree names it.
    pub selected: Option<u32>,
}

/// Draws what `view` shows of `boxes`.
pub fn paint(
    boxes: &Boxes,
    changes: &Changes,
    view: &Viewport,
    state: &DifferenceState,
    theme: &Theme,
    measure: &dyn Measure,
) -> Scene {
    let mut scene = Scene::new(view.width, view.height, theme.background);
    let pixel = 1.0 / view.pixel_ratio;
    let snap = |y: f64| (y * view.pixel_ratio).round() / view.pixel_ratio;
    // Outlines go over all fills.
    let mut outlines = Vec::new();
    for depth in view.visible_depths(boxes) {
        let (top, bottom) = (snap(view.y_of(depth)), snap(view.y_of(depth) + ROW_HEIGHT));
        let height = bottom - top - pixel;
        for cell in view.cells(boxes, depth) {
            let width = cell.right - cell.left;
            let inner = if width >= 3.0 * pixel { width - pixel } else { width };
            paint_cell(&mut scene, boxes, changes, &cell, (top, inner, height), theme, measure);
            let first = cell.run.first;
            let single = cell.run.count == 1;
            let covers = |index: Option<u32>| single && index == Some(first);
            let stroke = if covers(state.current) {
                Some((theme.selection, 2.0))
            } else if single && state.selected == Some(boxes.tree().function[first as usize]) {
                Some((theme.selection, 1.0))
            } else if covers(state.hover) {
                Some((theme.hover, 1.0))
            } else {
                None
            };
            if let Some((stroke, thickness)) = stroke {
                outlines.push(Item::Outline { x: cell.left, y: top, width, height, stroke, thickness });
            }
        }
    }
    scene.items.append(&mut outlines);
    scene
}

fn paint_cell(
    scene: &mut Scene,
    boxes: &Boxes,
    changes: &Changes,
    cell: &Cell,
    (top, width, height): (f64, f64, f64),
    theme: &Theme,
    measure: &dyn Measure,
) {
    let first = cell.run.first;
    let single = cell.run.count == 1;
    // Of a run of small boxes the parent's colour says as much as can be seen.
    let at = if single { Some(first) } else { boxes.parent(first).filter(|&parent| parent != NO_PARENT) };
    let change = at.and_then(|at| changes.of(at)).unwrap_or(0.0);
    let fill = theme.changed(changes.depth(change));
    scene.rectangle(cell.left, top, width, height, fill.fill);
    let room = width - 2.0 * PADDING;
    if width < LEAST_LABEL {
        return;
    }
    let (x, middle) = (cell.left + PADDING, top + height / 2.0);
    let Some(row) = boxes.function(first).filter(|_| single) else {
        let label = if single {
            super::flame::MORE.to_owned()
        } else {
            format!("({} small)", format::count(i64::from(cell.run.count)))
        };
        if let Some(text) = fit(&label, room, Font::Label, measure) {
            scene.text(x, middle, text, Font::Label, fill.text, Anchor::Start);
        }
        return;
    };
    // The change stands at the right where there is room for it and for some of the name: the colour is not all that
    // says it.
    let alone = changes.alone.get(first as usize).copied().unwrap_or(false);
    let text = match (alone, change > 0.0) {
        (true, true) => "new".to_owned(),
        (true, false) => "gone".to_owned(),
        _ => signed(boxes.tree().unit.text(change.abs()), change),
    };
    let taken = measure.width(&text, Font::Small) + 8.0;
    let left = if room - taken >= 4.0 * LEAST_LABEL {
        scene.text(x + room, middle, text, Font::Small, fill.quiet, Anchor::End);
        room - taken
    } else {
        room
    };
    let name = boxes.tree().label_of(first).unwrap_or_default();
    paint_label(scene, row, &name, x, middle, left, &fill, measure);
}

/// `+12 ms`, `−12 ms`, `±0`.
pub fn signed(amount: String, change: f64) -> String {
    match change {
        change if change > 0.0 => format!("+{amount}"),
        change if change < 0.0 => format!("−{amount}"),
        _ => "±0".to_owned(),
    }
}
