//! The painter of the strip above a log's views: statements over all of its time, and the range that is
//! looked at.

use crate::layout::time_axis::{AxisClock, ticks};
use crate::queries::overview::Series;

use super::colours::Theme;
use super::measure::Measure;
use super::scene::{Anchor, Colour, Font, Scene};

/// Height of the axis' texts, CSS pixels.
const AXIS: f64 = 15.0;

/// Distance of ticks at least, CSS pixels.
const SPACING: f64 = 90.0;

/// From when to when, ms since the log's first moment.
type Range = (f64, f64);

/// The strip's horizontal scale: the log's whole length on its whole width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strip {
    /// Length of the log, ms.
    pub length: f64,
    /// Width, CSS pixels.
    pub width: f64,
    /// Height, CSS pixels.
    pub height: f64,
}

impl Strip {
    /// Where a time is, CSS pixels.
    pub fn x_of(&self, time: f64) -> f64 {
        if self.length > 0.0 { time / self.length * self.width } else { 0.0 }
    }

    /// The time at a place, within the log, ms.
    pub fn time_at(&self, x: f64) -> f64 {
        if self.width > 0.0 { (x / self.width).clamp(0.0, 1.0) * self.length } else { 0.0 }
    }
}

/// Draws `series` with what is outside of `range` faded, and a mark above what `shown` says is on screen; both ms.
pub fn paint(
    strip: &Strip,
    series: &Series,
    (range, shown): (Option<Range>, Option<Range>),
    clock: AxisClock,
    theme: &Theme,
    measure: &dyn Measure,
) -> Scene {
    let Strip { length, width, height } = *strip;
    let mut scene = Scene::new(width, height, theme.background);
    let floor = height - AXIS;
    let most = f64::from(series.calls.iter().copied().max().unwrap_or(0)).max(1.0);
    let attempts = |step: usize| series.attempts.get(step).copied().unwrap_or(0);
    for (step, (&calls, &failed)) in series.calls.iter().zip(&series.failed).enumerate() {
        let failed = failed + attempts(step);
        if calls == 0 && failed == 0 {
            continue;
        }
        let from = series.from + series.step * step as f64;
        let left = strip.x_of(from).max(0.0).round();
        let right = strip.x_of(from + series.step).min(width).round().max(left + 1.0);
        // What is there is seen, however little.
        let tall = |count: u32| (f64::from(count) / most * (floor - 3.0)).round().clamp(1.0, floor - 3.0);
        if calls > 0 {
            scene.rectangle(left, floor - tall(calls), right - left, tall(calls), theme.query().fill);
        }
        if failed > 0 {
            scene.rectangle(left, floor - tall(failed), right - left, tall(failed), theme.failure);
        }
    }
    scene.line(0.0, floor + 0.5, width, floor + 0.5, theme.line);
    for tick in ticks(0.0, length, width, SPACING, clock) {
        let x = strip.x_of(tick.value).round() + 0.5;
        scene.line(x, floor, x, floor + 3.0, theme.quiet);
        let half = measure.width(&tick.label, Font::Small) / 2.0;
        if x - half >= 0.0 && x + half <= width {
            scene.text(x, height - AXIS / 2.0 + 1.0, tick.label, Font::Small, theme.quiet, Anchor::Middle);
        }
    }
    if let Some((from, to)) = range {
        let (left, right) = (strip.x_of(from).round(), strip.x_of(to).round());
        let right = right.max(left + 2.0);
        let Colour(red, green, blue, _) = theme.background;
        let fade = Colour(red, green, blue, 184);
        scene.rectangle(0.0, 0.0, left, floor, fade);
        scene.rectangle(right, 0.0, width - right, floor, fade);
        for x in [left, right - 2.0] {
            scene.rectangle(x, 0.0, 2.0, floor, theme.selection);
        }
    }
    if let Some((from, to)) = shown {
        let left = strip.x_of(from.max(0.0)).round();
        let right = strip.x_of(to.min(length)).round().max(left + 3.0);
        scene.rectangle(left, 0.0, right - left, 3.0, theme.selection);
    }
    scene
}
