//! The flame chart's painter.

use crate::layout::flame::ROW_HEIGHT;
use crate::layout::flame_chart::{
    AXIS_HEIGHT, Boxes, HEADING_HEIGHT, Lane, Statements, Track, Tracks, Viewport,
};
use crate::layout::time_axis::Tick;
use crate::layout::timeline;
use crate::profile::Layer;
use crate::profile::spans::ELSEWHERE;
use crate::protocol::{FunctionRow, SpanId};

use super::colours::{Fill, FunctionFills, Theme};
use super::flame::{LEAST_HATCH, LEAST_LABEL, PADDING, paint_label};
use super::measure::{Measure, fit, legible};
use super::scene::{Anchor, Colour, Font, Item, Scene};
use super::timeline::TimelineState;

/// So many shades has the colour of boxes that were put together: more are not told apart, but have to be told the canvas.
const SHADES: f64 = 8.0;

/// What of the chart stands out.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChartState {
    /// The box under the pointer.
    pub hover: Option<usize>,
    /// The selected span.
    pub current: Option<SpanId>,
    /// The selected function: its boxes are outlined.
    pub function: Option<u32>,
    /// Which part of the time all views are about; what is outside fades.
    pub range: Option<(f64, f64)>,
    /// The statement under the pointer, and the selected one.
    pub statements: (Option<u32>, Option<u32>),
}

/// What the boxes are of.
#[derive(Debug, Clone, Copy)]
pub struct Functions<'a> {
    /// By id.
    pub rows: &'a [FunctionRow],
    /// By id.
    pub fills: &'a FunctionFills,
}

/// Draws what `view` shows of `boxes`, and of the statements that ran meanwhile.
pub fn paint(
    (tracks, boxes, statements): (&Tracks, &Boxes, Option<&Statements>),
    view: &Viewport,
    state: &ChartState,
    functions: Functions<'_>,
    theme: &Theme,
    measure: &dyn Measure,
) -> Scene {
    let scene = Scene::new(view.width, view.height, theme.background);
    let mut painter = Painter {
        tracks,
        boxes,
        view,
        state,
        functions,
        theme,
        measure,
        scene,
        cells: Vec::new(),
        over: Scene::default(),
        outlines: Vec::new(),
    };
    let ticks = view.ticks(tracks);
    for track in tracks.shown() {
        painter.ground(track);
    }
    for tick in &ticks {
        let x = painter.snap(view.x_of(tick.value));
        painter.scene.line(x, AXIS_HEIGHT, x, view.height, theme.line);
    }
    for (index, first, end) in view.rows(tracks, 0.0) {
        let Some(track) = tracks.of(index) else { continue };
        for depth in first..end {
            painter.row(track, depth);
        }
    }
    painter.put_together();
    painter.fade((AXIS_HEIGHT, view.height));
    for track in tracks.shown() {
        painter.name(track);
    }
    for (lane, top) in statements.map(|_| view.lanes(tracks)).unwrap_or_default() {
        if let Some(statements) = statements {
            painter.lane(statements, lane, top, &ticks);
        }
    }
    // The axis is over what was scrolled under it.
    painter.scene.rectangle(0.0, 0.0, view.width, AXIS_HEIGHT, theme.background);
    painter.range_on_axis();
    painter.scene.line(0.0, AXIS_HEIGHT - 0.5, view.width, AXIS_HEIGHT - 0.5, theme.line);
    for tick in ticks {
        let x = painter.snap(view.x_of(tick.value));
        painter.scene.line(x, AXIS_HEIGHT - 5.0, x, AXIS_HEIGHT, theme.quiet);
        let half = measure.width(&tick.label, Font::Small) / 2.0;
        let at = x.clamp(half + 2.0, (view.width - half - 2.0).max(half + 2.0));
        painter.scene.text(at, AXIS_HEIGHT / 2.0 - 1.0, tick.label, Font::Small, theme.quiet, Anchor::Middle);
    }
    painter.scene
}

struct Painter<'a> {
    tracks: &'a Tracks,
    boxes: &'a Boxes,
    view: &'a Viewport,
    state: &'a ChartState,
    functions: Functions<'a>,
    theme: &'a Theme,
    measure: &'a dyn Measure,
    scene: Scene,
    /// The boxes. None lies over another, so they are drawn by colour: a canvas takes longer to be told a colour than to
    /// fill a box, and neighbours hardly ever have the same.
    cells: Vec<Item>,
    /// What is on them: hatches and labels.
    over: Scene,
    /// They go over all boxes.
    outlines: Vec<Item>,
}

/// What is drawn together is next to each other by this number: boxes of a colour, hatches before labels, labels of a font
/// and colour.
fn group(item: &Item) -> u32 {
    let number = |&Colour(red, green, blue, alpha): &Colour| u32::from_be_bytes([red, green, blue, alpha]);
    match item {
        Item::Rectangle { fill, .. } => number(fill),
        Item::Text { fill, font, .. } => u32::from(*font == Font::Small) << 31 | number(fill) >> 1,
        _ => 0,
    }
}

impl Painter<'_> {
    /// Puts the boxes into the scene, and what is on them.
    fn put_together(&mut self) {
        crate::sort::by_number(&mut self.cells, group);
        crate::sort::by_number(&mut self.over.items, group);
        for items in [&mut self.cells, &mut self.over.items, &mut self.outlines] {
            self.scene.items.append(items);
        }
    }

    fn snap(&self, length: f64) -> f64 {
        (length * self.view.pixel_ratio).round() / self.view.pixel_ratio
    }

    /// A track's head, and the ground of its first row: what lies free there is idle.
    fn ground(&mut self, track: &Track) {
        let (head, row) = (self.view.track_top(track), self.view.row_top(track, 0));
        let (head, top, bottom) = (self.snap(head), self.snap(row), self.snap(row + ROW_HEIGHT));
        if bottom > AXIS_HEIGHT && head < self.view.height {
            self.scene.rectangle(0.0, head, self.view.width, top - head, self.theme.stripe);
            if self.tracks.has_idle {
                let height = bottom - top - 1.0 / self.view.pixel_ratio;
                self.scene.rectangle(0.0, top, self.view.width, height, self.theme.line);
            }
        }
    }

    fn name(&mut self, track: &Track) {
        let top = self.snap(self.view.track_top(track));
        if top + HEADING_HEIGHT <= AXIS_HEIGHT || top >= self.view.height {
            return;
        }
        let label = legible(&track.label);
        if let Some(text) = fit(&label, self.view.width - 16.0, Font::Label, self.measure) {
            let middle = top + HEADING_HEIGHT / 2.0 + 1.0;
            self.scene.text(8.0, middle, text, Font::Label, self.theme.text, Anchor::Start);
        }
    }

    fn row(&mut self, track: &Track, depth: u32) {
        let (view, pixel) = (*self.view, 1.0 / self.view.pixel_ratio);
        let (top, bottom) =
            (self.snap(view.row_top(track, depth)), self.snap(view.row_top(track, depth) + ROW_HEIGHT));
        let height = bottom - top - pixel;
        let mut free = 0.0;
        for at in self.boxes.row(track.index, depth, view.from, view.to) {
            let columns = &self.boxes.columns;
            let edge = |moment: f64| self.snap(view.x_of(moment).clamp(0.0, view.width));
            let (left, right) = (edge(columns.start[at]), edge(columns.end[at]));
            let left = f64::max(left, free);
            let right = f64::max(right, left + pixel).min(view.width);
            // No more than what was drawn there already.
            if right <= left || edge(columns.end[at]) < left {
                continue;
            }
            free = right;
            self.cell(at, (left, right), (top, height));
        }
    }

    fn cell(&mut self, at: usize, (left, right): (f64, f64), (top, height): (f64, f64)) {
        let (columns, theme) = (&self.boxes.columns, self.theme);
        let (count, function) = (columns.count[at], columns.function[at]);
        let pixel = 1.0 / self.view.pixel_ratio;
        let matched = columns.matches.get(at).map(|&matches| matches > 0);
        let row = self.functions.rows.get(function as usize);
        let fill = match row {
            None => Fill { fill: theme.faded().fill, text: theme.quiet, quiet: theme.quiet },
            Some(_) => self.functions.fills.of(function, true, matched),
        };
        let width = right - left;
        let width = if width >= 3.0 * pixel { width - pixel } else { width };
        let colour = if count > 1 && matched != Some(true) {
            // As much of the colour as of the time, but never so little that nobody sees it.
            let whole = (columns.end[at] - columns.start[at]).max(f64::MIN_POSITIVE);
            let share = (columns.busy[at] / whole).clamp(0.0, 1.0);
            theme.thinned(fill.fill, 0.35 + 0.65 * (share * SHADES).round() / SHADES)
        } else {
            fill.fill
        };
        self.cells.push(Item::Rectangle { x: left, y: top, width, height, fill: colour });
        let waits = row.is_some_and(|row| row.layer == Layer::Waiting) || function == ELSEWHERE;
        if waits && count == 1 && width >= LEAST_HATCH && matched != Some(false) {
            let Colour(red, green, blue, _) = theme.quiet;
            let stroke = Colour(red, green, blue, 70);
            self.over.items.push(Item::Hatch { x: left, y: top, width, height, stroke });
        }
        self.label(at, (left, width), top + height / 2.0, &fill);
        let id = SpanId { track: columns.track[at], span: columns.span[at] };
        let stroke = if count == 1 && self.state.current == Some(id) {
            Some((theme.selection, 2.0))
        } else if count == 1 && self.state.function == Some(function) && width >= 3.0 {
            Some((theme.selection, 1.0))
        } else if self.state.hover == Some(at) {
            Some((theme.hover, 1.0))
        } else {
            None
        };
        if let Some((stroke, thickness)) = stroke {
            self.outlines.push(Item::Outline {
                x: left,
                y: top,
                width: right - left,
                height,
                stroke,
                thickness,
            });
        }
    }

    fn label(&mut self, at: usize, (left, width): (f64, f64), middle: f64, fill: &Fill) {
        if width < LEAST_LABEL {
            return;
        }
        let columns = &self.boxes.columns;
        let (x, room) = (left + PADDING, width - 2.0 * PADDING);
        let text = match (self.functions.rows.get(columns.function[at] as usize), columns.count[at]) {
            (Some(row), 1) => {
                let name = row.label();
                paint_label(&mut self.over, row, &name, x, middle, room, fill, self.measure);
                return;
            }
            (_, 1) => "in another track".to_owned(),
            (_, count) => format!("({} small)", crate::format::count(i64::from(count))),
        };
        if let Some(text) = fit(&text, room, Font::Label, self.measure) {
            self.over.text(x, middle, text, Font::Label, fill.text, Anchor::Start);
        }
    }

    fn edges(&self) -> Option<(f64, f64)> {
        let (from, to) = self.state.range?;
        let edge = |moment: f64| self.snap(self.view.x_of(moment).clamp(0.0, self.view.width));
        Some((edge(from), edge(to)))
    }

    /// What is not looked at stays as a shadow: it is known to be there.
    fn fade(&mut self, (top, bottom): (f64, f64)) {
        let Some((left, right)) = self.edges() else { return };
        let Colour(red, green, blue, _) = self.theme.background;
        let fill = Colour(red, green, blue, 190);
        for (from, to) in [(0.0, left), (right, self.view.width)] {
            if to > from {
                self.scene.rectangle(from, top, to - from, bottom - top, fill);
            }
        }
    }

    /// Statements: over the frames, where there is no room for them below.
    fn lane(&mut self, statements: &Statements, lane: &Lane, top: f64, ticks: &[Tick]) {
        let (view, theme) = (self.view, self.theme);
        let (top, bottom) = (self.snap(top), self.snap(top + lane.height));
        self.scene.rectangle(0.0, top, view.width, bottom - top, theme.background);
        self.scene.line(0.0, top + 0.5, view.width, top + 0.5, theme.line);
        for tick in ticks {
            let x = self.snap(view.x_of(tick.value));
            self.scene.line(x, top, x, bottom, theme.line);
        }
        let (hover, current) = self.state.statements;
        let state = TimelineState { hover, current, ..TimelineState::default() };
        let on_lane = view.of_lane(statements, lane, top);
        let timeline = &statements.timeline;
        let items = super::timeline::lane(timeline, &on_lane, lane.lane, &state, theme, self.measure);
        self.scene.items.extend(items);
        self.fade((top, bottom));
        if let Some(text) = fit(&legible(&lane.label), view.width - 16.0, Font::Small, self.measure) {
            let middle = top + timeline::HEADING_HEIGHT / 2.0 + 2.0;
            self.scene.text(8.0, middle, text, Font::Small, theme.quiet, Anchor::Start);
        }
    }

    fn range_on_axis(&mut self) {
        let Some((left, right)) = self.edges() else { return };
        let Colour(red, green, blue, _) = self.theme.selection;
        let right = right.max(left + 2.0);
        self.scene.rectangle(left, 0.0, right - left, AXIS_HEIGHT - 1.0, Colour(red, green, blue, 40));
        for x in [left, right - 2.0] {
            self.scene.rectangle(x, 0.0, 2.0, AXIS_HEIGHT - 1.0, self.theme.selection);
        }
    }
}
