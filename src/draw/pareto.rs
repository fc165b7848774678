//! The Pareto curve's painter: a column for each item, as high as all up to it; its own share is solid,
//! the rest of the column pale. Functions have round marks and their layer's colour, queries square
//! ones and their own.

use crate::findings::Link;
use crate::findings::digest::{self, Items};
use crate::findings::summary::VITAL_SHARE;
use crate::format;
use crate::layout::pareto::{Column, GUTTER, HEAD, Pareto};

use super::colours::{Fill, Theme};
use super::measure::{Measure, fit};
use super::scene::{Anchor, Font, Item, Scene};

/// What of the curve stands out.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParetoState {
    /// How many items make [`VITAL_SHARE`] of the time.
    pub vital: usize,
    /// The item under the pointer.
    pub hover: Option<usize>,
    /// The item the keyboard is at.
    pub current: Option<usize>,
}

/// Draws `chart` of `items`.
pub fn paint(
    chart: &Pareto,
    items: &Items,
    state: &ParetoState,
    theme: &Theme,
    measure: &dyn Measure,
) -> Scene {
    let mut scene = Scene::new(chart.width, chart.height, theme.background);
    let right = chart.columns.last().map_or(GUTTER, |column| column.left + column.width);
    let bottom = chart.y_of(0.0).round();
    for share in [0.2, 0.4, 0.6, 1.0] {
        let y = chart.y_of(share).round() - 0.5;
        scene.line(GUTTER, y, right, y, theme.line);
        let text = format::percent(share);
        scene.text(GUTTER - 6.0, y, text, Font::Small, theme.quiet, Anchor::End);
    }
    for (rank, (column, item)) in chart.columns.iter().zip(&items.largest).enumerate() {
        let fill = item_fill(theme, item);
        let (left, next) = (column.left.round(), (column.left + column.width).round());
        let width = (next - left - 1.0).max(1.0);
        let (top, base) = (chart.y_of(column.to).round(), chart.y_of(column.from).round());
        let pale = theme.thinned(fill.fill, if rank < state.vital { 0.28 } else { 0.12 });
        scene.rectangle(left, base, width, bottom - base, pale);
        // Also a share that is less than a pixel is seen.
        scene.rectangle(left, top, width, (base - top).max(1.0), fill.fill);
    }
    // Over the columns: it is what they are measured by.
    let y = chart.y_of(VITAL_SHARE).round() - 0.5;
    scene.line(GUTTER, y, right, y, theme.quiet);
    scene.text(GUTTER - 6.0, y, format::percent(VITAL_SHARE), Font::Small, theme.text, Anchor::End);
    scene.line(GUTTER, bottom - 0.5, right, bottom - 0.5, theme.quiet);
    for (column, item) in chart.columns.iter().zip(&items.largest) {
        // Neighbours' marks may touch, not cover each other.
        let radius = (column.width / 2.0).clamp(1.5, 3.5);
        let centre = (column.left + column.width / 2.0, chart.y_of(column.to));
        mark(&mut scene, centre, radius, item, theme);
    }
    for (rank, stroke, thickness) in [(state.hover, theme.hover, 1.0), (state.current, theme.selection, 2.0)]
    {
        if let Some(column) = rank.and_then(|rank| chart.columns.get(rank)) {
            let (left, next) = (column.left.round(), (column.left + column.width).round());
            scene.outline(left, HEAD, (next - left - 1.0).max(1.0), bottom - HEAD, stroke, thickness);
        }
    }
    captions(&mut scene, chart, state, theme, measure, right, bottom);
    scene
}

/// The vital few above their part, what is not shown beneath.
fn captions(
    scene: &mut Scene,
    chart: &Pareto,
    state: &ParetoState,
    theme: &Theme,
    measure: &dyn Measure,
    right: f64,
    bottom: f64,
) {
    // If not all of them are here, neither is the place where they end.
    if let Some(last) = state.vital.checked_sub(1).and_then(|last| chart.columns.get(last))
        && last.to >= VITAL_SHARE
    {
        let end = (last.left + last.width).round() - 0.5;
        scene.line(end, HEAD, end, bottom, theme.quiet);
        let verb = if state.vital == 1 { "makes" } else { "make" };
        let text = format!("{} {verb} {}", state.vital, format::percent(VITAL_SHARE));
        let (width, middle) = (measure.width(&text, Font::Small), HEAD / 2.0);
        // Right of the line where there is room; else at the right edge.
        let x = (end + 4.0).min(chart.width - width - 2.0).max(GUTTER);
        scene.text(x, middle, text, Font::Small, theme.text, Anchor::Start);
    }
    let middle = (bottom + chart.height) / 2.0 + 1.0;
    let (first, last) = ("1".to_owned(), chart.columns.len().to_string());
    if let (Some(one), Some(end)) = (chart.columns.first(), chart.columns.last()) {
        let centre = |column: &Column| column.left + column.width / 2.0;
        scene.text(centre(one), middle, first, Font::Small, theme.quiet, Anchor::Middle);
        if chart.columns.len() > 1 {
            let half = measure.width(&last, Font::Small) / 2.0;
            let x = centre(end).min(chart.width - half - 2.0);
            scene.text(x, middle, last, Font::Small, theme.quiet, Anchor::Middle);
        }
        let (from, to) = (centre(one) + 10.0, centre(end) - 14.0);
        let text = match chart.rest {
            0 => "largest first".to_owned(),
            rest => format!("largest first; {} more are smaller", format::count(i64::from(rest))),
        };
        if let Some(text) = fit(&text, to - from, Font::Small, measure) {
            scene.text((from + to) / 2.0, middle, text, Font::Small, theme.quiet, Anchor::Middle);
        } else if let Some(text) = fit(&text, chart.width - right - 8.0, Font::Small, measure) {
            scene.text(right + 8.0, middle, text, Font::Small, theme.quiet, Anchor::Start);
        }
    }
}

/// The colour of a function's layer, or of queries.
pub fn item_fill(theme: &Theme, item: &digest::Item) -> Fill {
    if is_query(item) { theme.query() } else { theme.layer(item.layer) }
}

/// Whether it is a query, not a function.
pub fn is_query(item: &digest::Item) -> bool {
    matches!(item.link, Link::Query(_))
}

fn mark(scene: &mut Scene, (x, y): (f64, f64), radius: f64, item: &digest::Item, theme: &Theme) {
    // Small ones would be all outline.
    let outline = if radius < 3.0 { item_fill(theme, item).fill } else { theme.text };
    let fill = item_fill(theme, item).fill;
    if is_query(item) {
        let (left, top) = (x - radius, y - radius);
        scene.rectangle(left, top, 2.0 * radius, 2.0 * radius, fill);
        scene.outline(left, top, 2.0 * radius, 2.0 * radius, outline, 1.0);
    } else {
        scene.items.push(Item::Ring {
            x,
            y,
            inner: 0.0,
            outer: radius,
            from: 0.0,
            to: std::f64::consts::TAU,
            fill,
            stroke: outline,
        });
    }
}
