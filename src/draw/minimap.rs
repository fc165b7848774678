//! The painter of the minimap above a flame chart: how deep the stacks are over all of the time, what a search found,
//! and what is on screen.

use crate::protocol::Activity;

use super::colours::Theme;
use super::scene::{Colour, Scene};

/// Height of the marks of what was found, CSS pixels.
const MARK: f64 = 4.0;

/// Draws the activity of these tracks, all of it on the whole width; `shown` and `range` are shares of the time, 0 to 1.
pub fn paint(
    activity: &Activity,
    tracks: &[u32],
    (width, height): (f64, f64),
    shown: (f64, f64),
    range: Option<(f64, f64)>,
    theme: &Theme,
) -> Scene {
    let mut scene = Scene::new(width, height, theme.background);
    let steps = activity.depth.iter().map(Vec::len).max().unwrap_or(0);
    let tracks: Vec<&Vec<f32>> =
        tracks.iter().filter_map(|&track| activity.depth.get(track as usize)).collect();
    let sum = |step: usize| tracks.iter().filter_map(|depth| depth.get(step)).sum::<f32>();
    let most = (0..steps).map(sum).fold(0.0_f32, f32::max);
    let x_of = |step: usize| (step as f64 / steps.max(1) as f64 * width).round();
    let floor = height - 1.0;
    let fill = theme.thinned(theme.quiet, 0.55);
    let mut at = 0;
    while at < steps && most > 0.0 {
        // Steps of one height are one rectangle.
        let tall = |step: usize| (f64::from(sum(step) / most) * (floor - MARK - 2.0)).round();
        let this = tall(at);
        let mut after = at + 1;
        while after < steps && tall(after) == this {
            after += 1;
        }
        let seen = if this > 0.0 || sum(at) > 0.0 { this.max(1.0) } else { 0.0 };
        if seen > 0.0 {
            scene.rectangle(x_of(at), floor - seen, (x_of(after) - x_of(at)).max(1.0), seen, fill);
        }
        at = after;
    }
    let found = activity.found.iter().enumerate().filter(|(_, found)| **found);
    for (step, _) in found {
        let mark = theme.matched(0x8080).fill;
        scene.rectangle(x_of(step), 0.0, (x_of(step + 1) - x_of(step)).max(2.0), MARK, mark);
    }
    scene.line(0.0, floor + 0.5, width, floor + 0.5, theme.line);
    let edges = |(from, to): (f64, f64)| {
        let left = (from.clamp(0.0, 1.0) * width).round();
        (left, (to.clamp(0.0, 1.0) * width).round().max(left + 2.0))
    };
    if let Some(range) = range {
        let (left, right) = edges(range);
        scene.rectangle(left, floor - 3.0, right - left, 3.0, theme.selection);
    }
    if shown.0 > 1e-6 || shown.1 < 1.0 - 1e-6 {
        let (left, right) = edges(shown);
        let Colour(red, green, blue, _) = theme.background;
        let fade = Colour(red, green, blue, 150);
        scene.rectangle(0.0, 0.0, left, floor, fade);
        scene.rectangle(right, 0.0, (width - right).max(0.0), floor, fade);
        scene.outline(left, 0.0, right - left, floor, theme.selection, 1.0);
    }
    scene
}
