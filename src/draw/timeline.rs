//! The timeline's painter.

use crate::format;
use crate::layout::timeline::{
    AXIS_HEIGHT, Cell, HEADING_HEIGHT, LANE_PADDING, ROW_HEIGHT, Timeline, Viewport,
};

use super::colours::{Fill, Theme};
use super::measure::{Measure, fit};
use super::scene::{Anchor, Colour, Font, Item, Scene};

/// The smallest gap that is shown, in CSS pixels.
const LEAST_GAP: f64 = 24.0;

/// The widest gap whose time is written, as a share of the lanes: in a longer one the program did something else, and
/// its number would be louder than the statements.
const WIDEST_NAMED: f64 = 0.2;

/// What of a timeline stands out.
#[derive(Debug, Clone, Copy, Default)]
pub struct TimelineState<'a> {
    /// The statement under the pointer.
    pub hover: Option<u32>,
    /// The selected statement.
    pub current: Option<u32>,
    /// The selected fingerprint: its statements keep their colour, others fade.
    pub fingerprint: Option<u32>,
    /// Per fingerprint: whether a search found it. `None` without a search.
    pub matches: Option<&'a [bool]>,
}

/// Draws what `view` shows of `timeline`.
pub fn paint(
    timeline: &Timeline,
    view: &Viewport,
    state: &TimelineState<'_>,
    theme: &Theme,
    measure: &dyn Measure,
) -> Scene {
    let mut painter = Painter {
        timeline,
        view,
        state,
        theme,
        measure,
        scene: Scene::new(view.width, view.height, theme.background),
        outlines: Vec::new(),
    };
    let ticks = view.ticks(timeline);
    let lanes = view.visible_lanes(timeline).filter(|&lane| timeline.shows(lane));
    for lane in lanes.clone() {
        painter.lane_ground(lane);
    }
    for tick in &ticks {
        let x = painter.snap(view.x_of(tick.value));
        painter.scene.line(x, AXIS_HEIGHT, x, view.height, theme.line);
    }
    for lane in lanes.clone() {
        painter.gaps(lane);
        for row in 0..timeline.rows(lane) {
            painter.row(lane, row);
        }
    }
    painter.fade();
    let mut outlines = std::mem::take(&mut painter.outlines);
    painter.scene.items.append(&mut outlines);
    for lane in lanes {
        painter.lane_name(lane);
    }
    painter.axis(&ticks);
    painter.scene
}

/// The statements of one lane, for a picture that has more than lanes.
pub(super) fn lane(
    timeline: &Timeline,
    view: &Viewport,
    lane: usize,
    state: &TimelineState<'_>,
    theme: &Theme,
    measure: &dyn Measure,
) -> impl Iterator<Item = Item> {
    let scene = Scene::default();
    let mut painter = Painter { timeline, view, state, theme, measure, scene, outlines: Vec::new() };
    for row in 0..timeline.rows(lane) {
        painter.row(lane, row);
    }
    painter.scene.items.into_iter().chain(painter.outlines)
}

struct Painter<'a> {
    timeline: &'a Timeline,
    view: &'a Viewport,
    state: &'a TimelineState<'a>,
    theme: &'a Theme,
    measure: &'a dyn Measure,
    scene: Scene,
    /// They go over all statements.
    outlines: Vec<Item>,
}

impl Painter<'_> {
    fn snap(&self, length: f64) -> f64 {
        (length * self.view.pixel_ratio).round() / self.view.pixel_ratio
    }

    fn lane_ground(&mut self, lane: usize) {
        let top = self.snap(self.view.lane_top(self.timeline, lane));
        let bottom = self.snap(self.view.lane_top(self.timeline, lane + 1));
        if self.is_striped(lane) {
            self.scene.rectangle(0.0, top, self.view.width, bottom - top, self.theme.stripe);
        }
    }

    fn is_striped(&self, lane: usize) -> bool {
        self.timeline.shown_lanes(Some(lane)) % 2 == 1
    }

    /// What is not looked at stays as a shadow: it is known to be there.
    fn fade(&mut self) {
        let (view, theme) = (self.view, self.theme);
        let Some((from, to)) = self.timeline.range() else { return };
        let Colour(red, green, blue, _) = theme.background;
        let fill = Colour(red, green, blue, 200);
        let edge = |time: f64| self.snap(view.x_of(time).clamp(view.gutter.min(view.width), view.width));
        let (left, right) = (edge(from), edge(to));
        for (start, end) in [(view.gutter, left), (right, view.width)] {
            if end > start {
                self.scene.rectangle(start, AXIS_HEIGHT, end - start, view.height - AXIS_HEIGHT, fill);
            }
        }
    }

    /// Names come last: they cover what was drawn into their column.
    fn lane_name(&mut self, lane: usize) {
        let view = self.view;
        let top = self.snap(view.lane_top(self.timeline, lane));
        let bottom = self.snap(view.lane_top(self.timeline, lane + 1));
        let name = self.timeline.columns().lanes.get(lane).map_or("", String::as_str);
        let (room, middle) = if view.gutter > 0.0 {
            let fill = if self.is_striped(lane) { self.theme.stripe } else { self.theme.background };
            self.scene.rectangle(0.0, top, view.gutter - 1.0, bottom - top, fill);
            (view.gutter - 16.0, top + LANE_PADDING + ROW_HEIGHT / 2.0)
        } else {
            (view.width - 16.0, top + HEADING_HEIGHT / 2.0 + 2.0)
        };
        if let Some(text) = fit(name, room, Font::Label, self.measure) {
            self.scene.text(8.0, middle, text, Font::Label, self.theme.text, Anchor::Start);
        }
        self.scene.line(0.0, bottom - 0.5, view.width, bottom - 0.5, self.theme.line);
    }

    fn axis(&mut self, ticks: &[crate::layout::time_axis::Tick]) {
        let (view, theme) = (self.view, self.theme);
        self.scene.rectangle(0.0, 0.0, view.width, AXIS_HEIGHT, theme.background);
        let middle = AXIS_HEIGHT / 2.0;
        for tick in ticks {
            let x = self.snap(view.x_of(tick.value));
            self.scene.line(x, AXIS_HEIGHT - 6.0, x, AXIS_HEIGHT, theme.quiet);
            let width = self.measure.width(&tick.label, Font::Small);
            if x + 4.0 + width <= view.width {
                self.scene.text(
                    x + 4.0,
                    middle,
                    tick.label.as_str(),
                    Font::Small,
                    theme.quiet,
                    Anchor::Start,
                );
            }
        }
        let bottom = AXIS_HEIGHT - 0.5;
        self.scene.line(0.0, bottom, view.width, bottom, theme.line);
        if view.gutter > 0.0 {
            self.scene.rectangle(0.0, 0.0, view.gutter - 1.0, AXIS_HEIGHT - 1.0, theme.background);
            let columns = self.timeline.columns();
            let text = if columns.wall_clock {
                let date = format::date(columns.origin + view.from.max(0.0));
                match &columns.zone {
                    Some(zone) => format!("{date} {zone}"),
                    None => date,
                }
            } else {
                "since the first".to_owned()
            };
            if let Some(text) = fit(&text, view.gutter - 16.0, Font::Small, self.measure) {
                self.scene.text(8.0, middle, text, Font::Small, theme.quiet, Anchor::Start);
            }
            self.scene.line(view.gutter - 0.5, 0.0, view.gutter - 0.5, view.height, theme.line);
        }
    }

    /// A thin line with the time in it: here the connection waited for the program.
    fn gaps(&mut self, lane: usize) {
        let (view, theme) = (self.view, self.theme);
        let pixels = view.lane_width() * view.pixel_ratio;
        let gaps = self.timeline.gaps(lane, view.from, view.to, pixels, LEAST_GAP * view.pixel_ratio);
        let middle = self.snap(view.row_top(self.timeline, lane, 0) + ROW_HEIGHT / 2.0) + 0.5;
        for gap in gaps {
            let left = self.snap(view.x_of(gap.left).max(view.gutter)) + 3.0;
            let right = self.snap(view.x_of(gap.right).min(view.width)) - 3.0;
            if right - left < LEAST_GAP - 8.0 {
                continue;
            }
            // On screen from end to end: then it says nothing.
            if gap.left < view.from && gap.right > view.to {
                continue;
            }
            let is_named = right - left <= view.lane_width() * WIDEST_NAMED;
            let label = format::milliseconds(gap.right - gap.left);
            let width = self.measure.width(&label, Font::Small);
            if is_named && width + 20.0 <= right - left {
                let centre = (left + right) / 2.0;
                let half = width / 2.0 + 5.0;
                self.scene.line(left, middle, centre - half, middle, theme.line);
                self.scene.line(centre + half, middle, right, middle, theme.line);
                self.scene.text(centre, middle, label, Font::Small, theme.quiet, Anchor::Middle);
            } else {
                self.scene.line(left, middle, right, middle, theme.line);
            }
            for x in [left, right] {
                self.scene.line(x, middle - 3.0, x, middle + 3.0, theme.line);
            }
        }
    }

    fn row(&mut self, lane: usize, row: usize) {
        let view = self.view;
        let top = self.snap(view.row_top(self.timeline, lane, row)) + 1.0;
        let height = ROW_HEIGHT - 2.0;
        // Neighbouring pixels of one colour are one rectangle.
        let mut pending: Option<(f64, f64, Colour)> = None;
        let pixel = 1.0 / view.pixel_ratio;
        for cell in view.cells(self.timeline, lane, row) {
            let (fill, colour) = self.fill(lane, row, &cell);
            let width = cell.right - cell.left;
            if cell.run.count > 1 || width < 3.0 * pixel {
                pending = Some(match pending {
                    Some((left, right, same)) if same == colour && cell.left <= right => {
                        (left, cell.right, same)
                    }
                    other => {
                        if let Some((left, right, fill)) = other {
                            self.scene.rectangle(left, top, right - left, height, fill);
                        }
                        (cell.left, cell.right, colour)
                    }
                });
            } else {
                if let Some((left, right, fill)) = pending.take() {
                    self.scene.rectangle(left, top, right - left, height, fill);
                }
                self.statement(&cell, top, height, width - pixel, &fill, colour);
            }
            self.outline(&cell, top, height);
        }
        if let Some((left, right, fill)) = pending {
            self.scene.rectangle(left, top, right - left, height, fill);
        }
    }

    fn statement(&mut self, cell: &Cell, top: f64, height: f64, width: f64, fill: &Fill, colour: Colour) {
        let statement = cell.run.first as usize;
        self.scene.rectangle(cell.left, top, width, height, colour);
        let columns = self.timeline.columns();
        let failed = cell.run.failed > 0;
        if failed {
            self.scene.rectangle(cell.left, top + height - 3.0, width, 3.0, self.theme.failure);
        }
        let fingerprint = columns.fingerprint[statement] as usize;
        let Some(text) = columns.texts.get(fingerprint) else { return };
        let label = if failed { format!("✕ {text}") } else { text.clone() };
        if let Some(text) = fit(&label, width - 8.0, Font::Label, self.measure) {
            self.scene.text(cell.left + 4.0, top + height / 2.0, text, Font::Label, fill.text, Anchor::Start);
        }
    }

    /// The fill of a cell, and its colour as thin as the cell is sparse.
    fn fill(&self, lane: usize, row: usize, cell: &Cell) -> (Fill, Colour) {
        let columns = self.timeline.columns();
        let run = &cell.run;
        // Of many statements, what took the longest decides; but what is looked for always shows.
        let mut fingerprint = columns.fingerprint[run.first as usize];
        let mut shown = self.shown(fingerprint);
        let mut longest = columns.duration[run.first as usize];
        for statement in self.timeline.sample(lane, row, run).skip(1) {
            let other = columns.fingerprint[statement as usize];
            let duration = columns.duration[statement as usize];
            let other_shown = self.shown(other);
            if (other_shown && !shown) || (other_shown == shown && duration > longest) {
                (fingerprint, shown, longest) = (other, other_shown, duration);
            }
        }
        let fill = if !shown {
            self.theme.faded()
        } else if run.failed > 0 {
            self.theme.failed()
        } else {
            let operation = columns.operations.get(fingerprint as usize).copied();
            self.theme.operation(operation.unwrap_or(crate::queries::Operation::Other))
        };
        // What is faded is faint enough.
        if run.count == 1 || !shown {
            return (fill, fill.fill);
        }
        // Five steps: neighbours of about the same density become one rectangle.
        let span = (run.right - run.left).max(1e-9);
        let density = (run.busy / span * 4.0).round().clamp(0.0, 4.0) / 4.0;
        (fill, self.theme.thinned(fill.fill, 0.5 + 0.5 * density))
    }

    fn shown(&self, fingerprint: u32) -> bool {
        let found = |matches: &[bool]| matches.get(fingerprint as usize).copied().unwrap_or(false);
        self.state.matches.is_none_or(found)
            && self.state.fingerprint.is_none_or(|selected| selected == fingerprint)
    }

    fn outline(&mut self, cell: &Cell, top: f64, height: f64) {
        let covers = |statement: Option<u32>| {
            statement.is_some_and(|statement| {
                statement >= cell.run.first
                    && self.timeline.start(statement) <= cell.run.right
                    && (cell.run.count > 1 || statement == cell.run.first)
            })
        };
        // A statement may be narrower than its outline.
        let width = (cell.right - cell.left).max(4.0);
        let mut add = |stroke: Colour, thickness: f64| {
            self.outlines.push(Item::Outline { x: cell.left, y: top, width, height, stroke, thickness });
        };
        let same_place = |statement: Option<u32>| {
            statement.is_some_and(|statement| {
                let lane = self.timeline.lane_of(statement);
                lane == self.timeline.lane_of(cell.run.first)
                    && self.timeline.row_of(statement) == self.timeline.row_of(cell.run.first)
            })
        };
        if covers(self.state.current) && same_place(self.state.current) {
            add(self.theme.selection, 2.0);
        } else if covers(self.state.hover) && same_place(self.state.hover) {
            add(self.theme.hover, 1.0);
        }
    }
}
