//! The sunburst's part of the flame graph's view: how many rings, and what is under the pointer.

use flamedrop::layout::boxes::{Boxes, Run};
use flamedrop::layout::sunburst::{Disc, Hit};

use crate::canvas::Surface;

/// Thinnest ring, CSS pixels: half a name fits into it.
const THINNEST: f64 = 30.0;

/// The rings around what is zoomed to.
pub fn disc(boxes: &Boxes, focus: Option<u32>, surface: Surface) -> Disc {
    let radius = surface.width.min(surface.height) / 2.0;
    let limit = (radius / THINNEST - 1.5).clamp(4.0, 14.0) as u32;
    Disc::new(boxes, focus, limit, surface.width, surface.height, surface.pixel_ratio)
}

/// What is drawn at a point.
pub fn over_disc(boxes: &Boxes, focus: Option<u32>, surface: Surface, x: f64, y: f64) -> Option<Run> {
    let disc = disc(boxes, focus, surface);
    let index = match disc.hit(boxes, x, y)? {
        Hit::Centre => disc.focus?,
        Hit::Box(index) => index,
    };
    Some(Run { first: index, count: 1, left: boxes.left(index), right: boxes.right(index) })
}
