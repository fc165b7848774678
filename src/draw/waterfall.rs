//! The painter of a request statement by statement, for a picture that is handed on; on screen it is a
//! table.

use crate::format;
use crate::layout::time_axis::{AxisClock, ticks};
use crate::protocol::Waterfall;

use super::colours::Theme;
use super::measure::{Measure, fit};
use super::scene::{Anchor, Font, Scene};

const ROW: f64 = 20.0;
const HEAD: f64 = 46.0;
/// Width of the statements' texts.
const TEXTS: f64 = 360.0;
/// Width of the durations.
const TIMES: f64 = 84.0;
/// Statements that are drawn: a picture of more would open nowhere.
const MOST: usize = 1_000;

/// Draws `waterfall` in `width` CSS pixels; `length` is what the bars' room stands for, ms.
pub fn paint(waterfall: &Waterfall, length: f64, width: f64, theme: &Theme, measure: &dyn Measure) -> Scene {
    let steps = &waterfall.steps[..waterfall.steps.len().min(MOST)];
    let left_out = waterfall.statements as usize - steps.len();
    let rows = steps.len() + usize::from(left_out > 0);
    let height = HEAD + rows as f64 * ROW + 6.0;
    let mut scene = Scene::new(width, height, theme.background);
    let room = (width - TEXTS - TIMES).max(100.0);
    let x_of = |time: f64| TEXTS + (time / length).clamp(0.0, 1.0) * room;
    if let Some(label) = fit(&waterfall.row.label, width - 16.0, Font::Label, measure) {
        scene.text(8.0, 13.0, label, Font::Label, theme.text, Anchor::Start);
    }
    for tick in ticks(0.0, length, room, 90.0, AxisClock::Relative) {
        let x = x_of(tick.value).round() - 0.5;
        scene.line(x, HEAD - 4.0, x, height, theme.line);
        scene.text(x + 3.0, HEAD - 11.0, tick.label, Font::Small, theme.quiet, Anchor::Start);
    }
    for (row, step) in steps.iter().enumerate() {
        let top = HEAD + row as f64 * ROW;
        let middle = top + ROW / 2.0;
        if let Some(text) = fit(&step.text, TEXTS - 16.0, Font::Label, measure) {
            scene.text(8.0, middle, text, Font::Label, theme.text, Anchor::Start);
        }
        let duration = if step.duration.is_nan() { 0.0 } else { step.duration };
        let (left, right) = (x_of(step.start), x_of(step.start + duration));
        if step.gap > 0.0 {
            scene.line(
                x_of(step.start - step.gap),
                middle.round() - 0.5,
                left,
                middle.round() - 0.5,
                theme.quiet,
            );
        }
        let fill = if step.failed { theme.failed() } else { theme.operation(step.operation) };
        scene.rectangle(left, top + 4.0, (right - left).max(1.0), ROW - 8.0, fill.fill);
        let time = if step.duration.is_nan() {
            format::UNKNOWN.to_owned()
        } else {
            format::milliseconds(step.duration)
        };
        scene.text(width - 8.0, middle, time, Font::Small, theme.quiet, Anchor::End);
    }
    if left_out > 0 {
        let text = format!("and {} more statements", format::count(left_out as i64));
        scene.text(8.0, height - ROW / 2.0 - 6.0, text, Font::Small, theme.quiet, Anchor::Start);
    }
    scene
}
