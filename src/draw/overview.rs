//! The painter of the strip above a call tree that is zoomed: all of it, small, and what part of it is on screen.

use crate::layout::boxes::Boxes;
use crate::layout::flame::Orientation;

use super::colours::{FunctionFills, Theme};
use super::flame::is_certain;
use super::scene::{Colour, Scene};

/// Most of a row's height, CSS pixels.
const ROW: f64 = 5.0;

/// Draws all of `boxes` on this size; `shown` is what is on screen, as shares of the whole, 0 to 1. A tree of more rows
/// than there are pixels loses its deepest.
pub fn paint(
    boxes: &Boxes,
    (width, height): (f64, f64),
    shown: (f64, f64),
    orientation: Orientation,
    fills: &FunctionFills,
    theme: &Theme,
) -> Scene {
    let mut scene = Scene::new(width, height, theme.background);
    let rows = f64::from(boxes.depths().max(1));
    let row = (height / rows).clamp(1.0, ROW);
    let depths = boxes.depths().min((height / row) as u32);
    let total = boxes.total().max(f64::MIN_POSITIVE);
    let x_of = |value: f64| (value / total * width).round();
    for depth in 0..depths {
        let down = f64::from(depth) * row;
        let top = match orientation {
            Orientation::Icicle => down,
            Orientation::Flame => height - down - row,
        };
        for run in boxes.runs(depth, 0.0, boxes.total(), width) {
            let (left, right) = (x_of(run.left), x_of(run.right));
            if right > left {
                let function =
                    if run.count > 1 { u32::MAX } else { boxes.tree().function[run.first as usize] };
                let fill = fills.of(function, is_certain(boxes.tree(), run.first), None).fill;
                scene.rectangle(left, top, right - left, (row - 0.5).max(1.0), fill);
            }
        }
    }
    let left = (shown.0.clamp(0.0, 1.0) * width).round();
    let right = (shown.1.clamp(0.0, 1.0) * width).round().max(left + 2.0);
    let Colour(red, green, blue, _) = theme.background;
    let fade = Colour(red, green, blue, 150);
    scene.rectangle(0.0, 0.0, left, height, fade);
    scene.rectangle(right, 0.0, (width - right).max(0.0), height, fade);
    scene.outline(left, 0.0, right - left, height, theme.selection, 1.0);
    scene
}
