//! The painter of charts: bars, lines and cells over steps of time, or over classes of durations.

use crate::layout::chart::{Chart, Data, FOOT, GUTTER, HEAD, Kind, Tone};

use super::colours::Theme;
use super::heat::shade;
use super::measure::Measure;
use super::scene::{Anchor, Colour, Font, Item, Scene};
use crate::queries::Operation;

/// Draws `data` as `chart` has it; `marked` is the step the pointer or the keyboard is at.
pub fn paint(
    chart: &Chart,
    data: &Data,
    marked: Option<usize>,
    theme: &Theme,
    measure: &dyn Measure,
) -> Scene {
    let mut scene = Scene::new(chart.width, chart.height, theme.background);
    let (right, bottom) = (chart.right(), chart.y_of(0.0).round());
    for &value in &chart.grid {
        let y = chart.y_of(value).round() - 0.5;
        scene.line(GUTTER, y, right, y, if value == 0.0 { theme.quiet } else { theme.line });
        scene.text(GUTTER - 6.0, y, data.grid_text(value), Font::Small, theme.quiet, Anchor::End);
    }
    if let Some(at) = marked.filter(|&at| at < chart.steps) {
        let (left, next) = (chart.x_of(at).floor(), chart.x_of(at + 1).ceil());
        scene.rectangle(left, HEAD, (next - left).max(1.0), bottom - HEAD, theme.thinned(theme.quiet, 0.22));
    }
    if let Some(most) = data.fullest() {
        scene.line(GUTTER, bottom - 0.5, right, bottom - 0.5, theme.quiet);
        cells(&mut scene, chart, data, most, marked, theme);
    }
    // Where the bars of a step end so far.
    let mut sums = vec![0.0; chart.steps];
    for series in data.series.iter().filter(|series| series.kind == Kind::Bars) {
        let fill = colour(theme, series.tone);
        for (at, (&value, sum)) in series.values.iter().zip(&mut sums).enumerate() {
            if value > 0.0 {
                let base = chart.y_of(*sum).round();
                *sum += f64::from(value);
                let top = chart.y_of(*sum).round();
                let (left, next) = (chart.x_of(at).round(), chart.x_of(at + 1).round());
                // A gap where there is room for one; and what is there is seen, however little.
                let width = (next - left - f64::from(u8::from(next - left > 3.0))).max(1.0);
                let height = (base - top).max(1.0);
                scene.rectangle(left, base - height, width, height, fill);
            }
        }
    }
    for series in data.series.iter().filter(|series| series.kind == Kind::Line) {
        line(&mut scene, chart, &series.values, colour(theme, series.tone));
    }
    let middle = chart.height - FOOT / 2.0;
    let mut free = GUTTER - 20.0;
    for (x, text) in chart.ticks(data) {
        let half = measure.width(&text, Font::Small) / 2.0;
        if x - half < free || x + half > chart.width {
            continue;
        }
        free = x + half + 8.0;
        let at = x.round() - 0.5;
        scene.line(at, bottom, at, bottom + 3.0, theme.quiet);
        scene.text(x, middle + 1.0, text, Font::Small, theme.quiet, Anchor::Middle);
    }
    scene
}

/// A rectangle for each class of durations and step that has something.
fn cells(scene: &mut Scene, chart: &Chart, data: &Data, most: f32, marked: Option<usize>, theme: &Theme) {
    for (row, series) in data.series.iter().enumerate() {
        let (top, below) = (chart.y_of(row as f64 + 1.0).round(), chart.y_of(row as f64).round());
        for (at, &value) in series.values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
            let (left, next) = (chart.x_of(at).round(), chart.x_of(at + 1).round());
            let fill = shade(theme, series.tone, value as u32, most as u32);
            scene.rectangle(left, top, (next - left).max(1.0), (below - top).max(1.0), fill);
        }
    }
    if let Some(at) = marked.filter(|&at| at < chart.steps) {
        let (left, next) = (chart.x_of(at).floor(), chart.x_of(at + 1).ceil());
        scene.items.push(Item::Outline {
            x: left - 0.5,
            y: HEAD,
            width: (next - left + 1.0).max(3.0),
            height: (chart.y_of(0.0) - HEAD).max(1.0),
            stroke: theme.text,
            thickness: 1.0,
        });
    }
}

/// Through the middles of the steps that have a value; one alone is a mark.
fn line(scene: &mut Scene, chart: &Chart, values: &[f32], stroke: Colour) {
    let point = |at: usize| {
        let value = f64::from(*values.get(at)?);
        let x = (chart.x_of(at) + chart.x_of(at + 1)) / 2.0;
        (!value.is_nan()).then(|| (x, chart.y_of(value)))
    };
    for at in 0..values.len() {
        let Some((x, y)) = point(at) else { continue };
        let before = at.checked_sub(1).and_then(point);
        if let Some((x1, y1)) = before {
            scene.line(x1, y1, x, y, stroke);
        }
        if before.is_none() || values.len() <= 60 {
            scene.rectangle(x.round() - 1.5, y.round() - 1.5, 3.0, 3.0, stroke);
        }
    }
}

/// The colour of a series.
pub fn colour(theme: &Theme, tone: Tone) -> Colour {
    match tone {
        Tone::All => theme.query().fill,
        Tone::Reads => theme.operation(Operation::Select).fill,
        Tone::Writes => theme.operation(Operation::Update).fill,
        Tone::Failed => theme.failure,
        Tone::Usual => theme.query().fill,
        Tone::Slow => theme.thinned(theme.failure, 0.85),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::measure;
    use crate::layout::chart::Across;
    use crate::layout::time_axis::AxisClock;
    use crate::queries::overview::{CLASSES, class};

    #[test]
    fn a_fuller_cell_has_more_colour_in_both_themes() {
        let mut counts = vec![0; 2 * CLASSES];
        (counts[class(3.0)], counts[CLASSES + class(700.0)]) = (100, 1);
        let across = Across::Time { from: 0.0, step: 1000.0, clock: AxisClock::Relative };
        let data = Data::heat(across, &counts);
        let chart = Chart::new(&data, 600.0, 148.0);
        for theme in [Theme::LIGHT, Theme::DARK] {
            let fills = |marked| -> Vec<(f64, Colour)> {
                let scene = paint(&chart, &data, marked, &theme, &measure::table());
                let is_cell = |item: &Item| match item {
                    Item::Rectangle { x, width, fill, .. } if *width > 200.0 && *x > 0.0 => Some((*x, *fill)),
                    _ => None,
                };
                scene.items.iter().filter_map(is_cell).collect()
            };
            let found = fills(None);
            let [(left, full), (right, thin)] = found[..] else { panic!("{found:?}") };
            assert!(left < right && full != thin, "{found:?}");
            assert_eq!(full, shade(&theme, Tone::All, 100, 100));
            assert_eq!(thin, shade(&theme, Tone::All, 1, 100));
        }
    }
}
