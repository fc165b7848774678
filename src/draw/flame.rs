//! The flame graph's painter.

use std::borrow::Cow;

use crate::format;
use crate::layout::boxes::Boxes;
use crate::layout::flame::{Cell, ROW_HEIGHT, Viewport};
use crate::profile::call_tree::Certainty;
use crate::profile::imports::{last_two, shorter_label};
use crate::protocol::{FunctionRow, Tree};

use super::colours::{Fill, FunctionFills, Theme};
use super::measure::{Measure, fit, legible};
use super::scene::{Anchor, Font, Item, Scene};

/// Space left and right of a label.
pub(super) const PADDING: f64 = 4.0;
/// The smallest width a label is tried in: three characters.
pub(super) const LEAST_LABEL: f64 = 22.0;
/// The smallest width that is hatched; a narrower hatch is only noise.
pub(super) const LEAST_HATCH: f64 = 8.0;

/// Space between a label and the time beside it.
const TIMES_GAP: f64 = 12.0;

/// What of a call tree stands out.
#[derive(Debug, Clone, Copy, Default)]
pub struct TreeState<'a> {
    /// The box under the pointer.
    pub hover: Option<u32>,
    /// The box that has the keyboard.
    pub current: Option<u32>,
    /// The selected function, as [`crate::protocol::Tree::function`] names it: its boxes are outlined.
    pub selected: Option<u32>,
    /// Per function of the tree: whether a search found it. `None` without a search.
    pub matches: Option<&'a [bool]>,
    /// Whether boxes that are only estimated fade.
    pub certain_only: bool,
}

impl TreeState<'_> {
    /// Whether a box of `function` stands out: `Some(false)` fades it, `Some(true)` was searched for.
    pub(super) fn matched(&self, function: u32, exact: bool) -> Option<bool> {
        let found = self.matches.map(|matches| matches.get(function as usize).copied().unwrap_or(false));
        if self.certain_only && !exact { Some(false) } else { found }
    }

    /// The same of a box, which may stand for several of which some were found.
    pub(super) fn matched_box(&self, tree: &Tree, index: u32) -> Option<bool> {
        let found = self.matched(tree.function[index as usize], is_certain(tree, index));
        let is_inside = || tree.matched.binary_search(&index).is_ok();
        if found == Some(false) && self.matches.is_some() && is_inside() { Some(true) } else { found }
    }
}

/// Draws what `view` shows of `boxes`.
pub fn paint(
    boxes: &Boxes,
    view: &Viewport,
    state: &TreeState<'_>,
    fills: &FunctionFills,
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
        for cell in view.cells(boxes, depth) {
            let place = Place { top, height: bottom - top - pixel, pixel };
            paint_cell(&mut scene, boxes, &cell, &place, state, fills, theme, measure);
            let first = cell.run.first;
            let single = cell.run.count == 1;
            let function = boxes.tree().function[first as usize];
            let covers = |index: Option<u32>| index == Some(first) && single;
            let stroke = if covers(state.current) {
                Some((theme.selection, 2.0))
            } else if single && state.selected == Some(function) {
                Some((theme.selection, 1.0))
            } else if covers(state.hover) {
                Some((theme.hover, 1.0))
            } else {
                None
            };
            if let Some((stroke, thickness)) = stroke {
                outlines.push(Item::Outline {
                    x: cell.left,
                    y: top,
                    width: cell.right - cell.left,
                    height: place.height,
                    stroke,
                    thickness,
                });
            }
        }
    }
    scene.items.append(&mut outlines);
    scene
}

/// Whether the file determines a box's time, or keeps it close to what is drawn.
pub fn is_certain(tree: &Tree, index: u32) -> bool {
    tree.certainty.get(index as usize).is_some_and(|&certainty| certainty != Certainty::Estimated as u8)
}

/// Where a row is.
struct Place {
    top: f64,
    height: f64,
    /// One device pixel.
    pixel: f64,
}

#[allow(clippy::too_many_arguments)]
fn paint_cell(
    scene: &mut Scene,
    boxes: &Boxes,
    cell: &Cell,
    place: &Place,
    state: &TreeState<'_>,
    fills: &FunctionFills,
    theme: &Theme,
    measure: &dyn Measure,
) {
    let tree = boxes.tree();
    let first = cell.run.first as usize;
    let merged = cell.run.count > 1;
    let function = if merged { u32::MAX } else { tree.function[first] };
    let exact = is_certain(tree, cell.run.first);
    let matched =
        if merged { matched_in(boxes, cell, state) } else { state.matched_box(tree, cell.run.first) };
    let fill = match matched {
        // Something in the run was found: it must not get lost in the grey.
        Some(true) if merged => fills.of(tree.function[first], exact, Some(true)),
        _ => fills.of(function, exact, matched),
    };
    // A device pixel stays free between boxes, as long as there is one to spare.
    let width = cell.right - cell.left;
    let width = if width >= 3.0 * place.pixel { width - place.pixel } else { width };
    scene.rectangle(cell.left, place.top, width, place.height, fill.fill);
    if !exact && !merged && width >= LEAST_HATCH && matched != Some(false) {
        scene.items.push(Item::Hatch {
            x: cell.left,
            y: place.top,
            width,
            height: place.height,
            stroke: theme.hatch,
        });
    }
    let room = width - 2.0 * PADDING;
    if room + 2.0 * PADDING < LEAST_LABEL {
        return;
    }
    let middle = place.top + place.height / 2.0;
    let x = cell.left + PADDING;
    if merged {
        let label = format!("({} small)", format::count(i64::from(cell.run.count)));
        if let Some(text) = fit(&label, room, Font::Label, measure) {
            scene.text(x, middle, text, Font::Label, fill.text, Anchor::Start);
        }
        return;
    }
    match boxes.function(cell.run.first) {
        Some(row) => {
            let name = tree.label_of(cell.run.first).unwrap_or_default();
            let taken = paint_label(scene, row, &name, x, middle, room, &fill, measure);
            let seconds = tree.total_time[first];
            let text = format!("{}  {}", tree.unit.text(seconds), format::percent(seconds / boxes.total()));
            // Only where it takes nothing from the name and its place.
            if taken + TIMES_GAP + measure.width(&text, Font::Small) <= room {
                scene.text(x + room, middle, text, Font::Small, fill.quiet, Anchor::End);
            }
        }
        None => {
            if let Some(text) = fit(MORE, room, Font::Label, measure) {
                scene.text(x, middle, text, Font::Label, fill.text, Anchor::Start);
            }
        }
    }
}

/// The label of a box that stands for many small ones.
pub const MORE: &str = "(more)";

/// Writes a box's name, and its place where that fits; gives the width of both.
#[allow(clippy::too_many_arguments)]
pub(super) fn paint_label(
    scene: &mut Scene,
    row: &FunctionRow,
    name: &str,
    x: f64,
    middle: f64,
    room: f64,
    fill: &Fill,
    measure: &dyn Measure,
) -> f64 {
    let name = legible(name);
    let Some(text) = fit_label(row, &name, room, Font::Label, measure) else { return 0.0 };
    let taken = measure.width(&text, Font::Label) + 6.0;
    let cut = text.len() != name.len();
    scene.text(x, middle, text, Font::Label, fill.text, Anchor::Start);
    if cut || row.file == "~" || row.leads_with_file() {
        return taken;
    }
    // A module's file is its name already.
    let place = match row.line {
        ..=1 if row.is_module() => row.name.clone(),
        line if row.is_module() => format::line(&row.name, line),
        line => short_place(&row.file, line),
    };
    let place = legible(&place);
    let width = measure.width(&place, Font::Small);
    if width > room - taken {
        return taken;
    }
    scene.text(x + taken, middle, place, Font::Small, fill.quiet, Anchor::Start);
    taken + width
}

/// As much of a box's name as fits: of a module's its end, since modules of one package begin alike.
pub(super) fn fit_label<'a>(
    row: &FunctionRow,
    name: &'a str,
    room: f64,
    font: Font,
    measure: &dyn Measure,
) -> Option<Cow<'a, str>> {
    let mut shown = name;
    while row.is_module()
        && measure.width(shown, font) > room
        && let Some(shorter) = shorter_label(shown)
    {
        shown = shorter;
    }
    fit(shown, room, font, measure)
}

/// `shop/views.py:12`: the last two parts of the path say enough in a label.
pub fn short_place(file: &str, line: i64) -> String {
    // A package, or a file that is known without lines.
    if line <= 0 { last_two(file).to_owned() } else { format::line(last_two(file), line) }
}

/// Whether a search found any box of a run. Looks at so many boxes at most that the cost stays that
/// of pixels.
fn matched_in(boxes: &Boxes, cell: &Cell, state: &TreeState<'_>) -> Option<bool> {
    if state.matches.is_none() {
        // Many small boxes at once are as certain as nobody can see.
        return state.certain_only.then_some(false);
    }
    let row = boxes.row(boxes.depth(cell.run.first));
    let start = row.binary_search(&cell.run.first).unwrap_or(0);
    let count = cell.run.count as usize;
    let stride = count.div_ceil(64).max(1);
    let found = (start..start + count).step_by(stride).any(|place| {
        row.get(place).is_some_and(|&index| state.matched_box(boxes.tree(), index) == Some(true))
    });
    Some(found)
}
