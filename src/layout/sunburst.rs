//! The call tree as rings around a focus: the flame graph in polar coordinates.

use std::f64::consts::TAU;

use super::boxes::{Boxes, Run};

/// Where rings are. Lengths are CSS pixels; angles are radians, clockwise from 12 o'clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Disc {
    /// The box in the middle; `None` for the whole tree.
    pub focus: Option<u32>,
    /// Centre.
    pub x: f64,
    /// Centre.
    pub y: f64,
    /// Radius of the middle.
    pub centre: f64,
    /// Thickness of a ring.
    pub thickness: f64,
    /// How many rings are shown.
    pub rings: u32,
    /// Whether there are boxes below the last ring.
    pub cut: bool,
    /// Device pixels of one CSS pixel.
    pub pixel_ratio: f64,
    from: f64,
    to: f64,
    /// Depth of the first ring.
    depth: u32,
}

/// A [`Run`] on screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arc {
    /// Which boxes.
    pub run: Run,
    /// First angle.
    pub from: f64,
    /// Last angle.
    pub to: f64,
    /// Inner radius.
    pub inner: f64,
    /// Outer radius.
    pub outer: f64,
}

/// What is under a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// The middle.
    Centre,
    /// A box.
    Box(u32),
}

impl Disc {
    /// Rings around `focus`, at most `limit` of them, in a rectangle.
    pub fn new(
        boxes: &Boxes,
        focus: Option<u32>,
        limit: u32,
        width: f64,
        height: f64,
        pixel_ratio: f64,
    ) -> Self {
        let focus = focus.filter(|&index| (index as usize) < boxes.len());
        let (from, to, depth, below) = match focus {
            Some(index) => {
                let depth = boxes.depth(index) + 1;
                let subtree = index as usize..boxes.tree().end[index as usize] as usize;
                let deepest = boxes.tree().depth.get(subtree).unwrap_or_default().iter().max();
                (
                    boxes.left(index),
                    boxes.right(index),
                    depth,
                    deepest.map_or(0, |&deepest| deepest + 1 - depth),
                )
            }
            None => (0.0, boxes.total(), 0, boxes.depths()),
        };
        let rings = below.min(limit);
        let radius = (width.min(height) / 2.0 - 4.0).max(0.0);
        // The middle is as thick as a ring and a half: it holds a name and a time.
        let thickness = radius / (f64::from(rings.max(3)) + 1.5);
        Self {
            focus,
            x: width / 2.0,
            y: height / 2.0,
            centre: thickness * 1.5,
            thickness,
            rings,
            cut: below > rings,
            pixel_ratio,
            from,
            to,
            depth,
        }
    }

    /// Seconds all around.
    pub fn span(&self) -> f64 {
        self.to - self.from
    }

    /// Radius of the outermost ring.
    pub fn radius(&self) -> f64 {
        self.centre + f64::from(self.rings) * self.thickness
    }

    fn angle(&self, value: f64) -> f64 {
        if self.span() > 0.0 { ((value - self.from) / self.span()).clamp(0.0, 1.0) * TAU } else { 0.0 }
    }

    /// What to draw of a ring (0 is the innermost): as many arcs as its circumference has pixels, at
    /// most, however many boxes there are.
    pub fn arcs<'a>(&self, boxes: &'a Boxes, ring: u32) -> impl Iterator<Item = Arc> + use<'a> {
        let disc = *self;
        let inner = self.centre + f64::from(ring) * self.thickness;
        let outer = inner + self.thickness;
        let pixels = TAU * outer * self.pixel_ratio;
        boxes.runs(self.depth + ring, self.from, self.to, pixels).filter_map(move |run| {
            let (from, to) = (disc.angle(run.left), disc.angle(run.right));
            // Less than a third of a pixel is a hair line that only greys the picture.
            ((to - from) * outer * disc.pixel_ratio >= 0.33).then_some(Arc { run, from, to, inner, outer })
        })
    }

    /// What is at a point.
    pub fn hit(&self, boxes: &Boxes, x: f64, y: f64) -> Option<Hit> {
        let (dx, dy) = (x - self.x, y - self.y);
        let radius = dx.hypot(dy);
        if radius < self.centre {
            return Some(Hit::Centre);
        }
        if radius >= self.radius() || self.thickness <= 0.0 {
            return None;
        }
        let ring = ((radius - self.centre) / self.thickness).floor() as u32;
        let angle = dx.atan2(-dy).rem_euclid(TAU);
        let value = self.from + angle / TAU * self.span();
        boxes.at(self.depth + ring, value).map(Hit::Box)
    }

    /// Whether a box is on one of the rings.
    pub fn shows(&self, boxes: &Boxes, index: u32) -> bool {
        let ring = boxes.depth(index).checked_sub(self.depth);
        ring.is_some_and(|ring| ring < self.rings)
            && boxes.left(index) >= self.from
            && boxes.right(index) <= self.to
    }
}
