//! The painter of what is read from and written to each table over time: a row a table, a column a step
//! of time, in each cell reads above and writes beneath, darker for more.

use crate::layout::time_axis::{AxisClock, ticks};
use crate::queries::table_use::TableUse;

use super::chart::colour;
use super::colours::Theme;
use super::measure::{Measure, fit};
use super::scene::{Anchor, Colour, Font, Item, Scene};
use crate::layout::chart::Tone;

/// Height of a row, CSS pixels.
pub const ROW: f64 = 24.0;
/// Height of the axis above the rows.
pub const AXIS: f64 = 22.0;
/// Width of the names at most; and their share of the whole.
const GUTTER: (f64, f64) = (220.0, 0.3);
/// Distance of ticks at least.
const SPACING: f64 = 90.0;

/// Where everything is. Lengths are CSS pixels, times milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heat {
    /// Width, names included.
    pub width: f64,
    /// How many tables.
    pub rows: usize,
    /// How many steps.
    pub steps: usize,
    /// Beginning of the first step.
    pub from: f64,
    /// Length of a step.
    pub step: f64,
    /// What the beginning counts from.
    pub clock: AxisClock,
}

impl Heat {
    /// Height of the whole.
    pub fn height(&self) -> f64 {
        AXIS + self.rows as f64 * ROW
    }

    /// Width of the names.
    pub fn gutter(&self) -> f64 {
        GUTTER.0.min(self.width * GUTTER.1).round()
    }

    fn x_of(&self, step: usize) -> f64 {
        let gutter = self.gutter();
        (gutter + step as f64 / self.steps.max(1) as f64 * (self.width - gutter).max(0.0)).round()
    }

    fn y_of(&self, row: usize) -> f64 {
        AXIS + row as f64 * ROW
    }

    /// The row and the step at a point; over a name its row alone.
    pub fn hit(&self, x: f64, y: f64) -> Option<(usize, Option<usize>)> {
        let row = ((y - AXIS) / ROW).floor();
        if row < 0.0 || row >= self.rows as f64 || x < 0.0 || x >= self.width {
            return None;
        }
        let gutter = self.gutter();
        let share = (x - gutter) / (self.width - gutter).max(1.0);
        let step = (share >= 0.0).then(|| ((share * self.steps as f64) as usize).min(self.steps - 1));
        Some((row as usize, step.filter(|_| self.steps > 0)))
    }
}

/// Most statements of one kind in one cell.
pub fn most(tables: &[&TableUse]) -> u32 {
    let all = tables.iter().flat_map(|table| table.reads_over_time.iter().chain(&table.writes_over_time));
    all.copied().max().unwrap_or(0)
}

/// A colour for `count` of `most`. By its root: a table that is used a hundred times less is still seen,
/// and a step with a third more is seen to have more.
pub fn shade(theme: &Theme, tone: Tone, count: u32, most: u32) -> Colour {
    let share = (f64::from(count) / f64::from(most.max(1))).sqrt();
    theme.thinned(colour(theme, tone), 0.12 + 0.88 * share.clamp(0.0, 1.0))
}

/// Draws `tables`, of which the one called `selected` and the cell `marked` stand out.
pub fn paint(
    heat: &Heat,
    tables: &[&TableUse],
    selected: Option<u32>,
    marked: Option<(usize, usize)>,
    theme: &Theme,
    measure: &dyn Measure,
) -> Scene {
    let mut scene = Scene::new(heat.width, heat.height(), theme.background);
    let (gutter, most) = (heat.gutter(), most(tables));
    for (row, table) in tables.iter().enumerate() {
        let top = heat.y_of(row);
        if row % 2 == 1 {
            scene.rectangle(0.0, top, heat.width, ROW, theme.stripe);
        }
        if selected == Some(table.id) {
            // Beside the cells: beneath them it would be taken for one.
            scene.rectangle(0.0, top, gutter, ROW, theme.thinned(theme.selection, 0.18));
            scene.rectangle(0.0, top, 3.0, ROW, theme.selection);
        }
        if let Some(name) = fit(&table.table, gutter - 14.0, Font::Label, measure) {
            scene.text(8.0, top + ROW / 2.0, name, Font::Label, theme.text, Anchor::Start);
        }
        let halves = [
            (Tone::Reads, &table.reads_over_time, top + 2.0),
            (Tone::Writes, &table.writes_over_time, top + ROW / 2.0),
        ];
        for (tone, counts, y) in halves {
            for (step, &count) in counts.iter().take(heat.steps).enumerate() {
                if count > 0 {
                    let (left, right) = (heat.x_of(step), heat.x_of(step + 1));
                    let gap = f64::from(u8::from(right - left > 3.0));
                    let width = (right - left - gap).max(1.0);
                    scene.rectangle(left, y, width, ROW / 2.0 - 2.0, shade(theme, tone, count, most));
                }
            }
        }
    }
    if let Some((row, step)) = marked {
        let (left, right) = (heat.x_of(step), heat.x_of(step + 1));
        scene.items.push(Item::Outline {
            x: left - 1.0,
            y: heat.y_of(row) + 0.5,
            width: (right - left + 1.0).max(4.0),
            height: ROW - 1.0,
            stroke: theme.text,
            thickness: 1.0,
        });
    }
    let length = heat.step * heat.steps as f64;
    for tick in ticks(heat.from, heat.from + length, heat.width - gutter, SPACING, heat.clock) {
        let x = gutter + (tick.value - heat.from) / length * (heat.width - gutter);
        let x = x.round() - 0.5;
        scene.line(x, AXIS - 5.0, x, AXIS, theme.quiet);
        if x + 4.0 + measure.width(&tick.label, Font::Small) <= heat.width {
            scene.text(x + 4.0, AXIS / 2.0, tick.label, Font::Small, theme.quiet, Anchor::Start);
        }
    }
    scene.line(0.0, AXIS - 0.5, heat.width, AXIS - 0.5, theme.line);
    scene.line(gutter - 0.5, 0.0, gutter - 0.5, heat.height(), theme.line);
    scene
}
