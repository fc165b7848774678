//! The flame graph's viewport: which part of the laid out tree is on screen, and what is where.

use super::boxes::{Boxes, Run};

/// Height of a row in CSS pixels.
pub const ROW_HEIGHT: f64 = 20.0;

/// Which way the stacks grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Orientation {
    /// Roots on top, callees below them.
    #[default]
    Icicle,
    /// Roots at the bottom, callees above them.
    Flame,
}

/// What part of the tree is on screen. Lengths are CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    /// Seconds at the left edge.
    pub from: f64,
    /// Seconds at the right edge.
    pub to: f64,
    /// How far the roots' row is scrolled out.
    pub scroll: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Device pixels of one CSS pixel.
    pub pixel_ratio: f64,
    /// Which way the stacks grow.
    pub orientation: Orientation,
}

/// A [`Run`] on screen, its edges on device pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Which boxes.
    pub run: Run,
    /// Left edge.
    pub left: f64,
    /// Right edge.
    pub right: f64,
}

impl Viewport {
    /// Whether all of `boxes` is between the left and the right edge.
    pub fn is_whole(&self, boxes: &Boxes) -> bool {
        self.from <= 0.0 && self.to >= boxes.total()
    }

    /// All of `boxes`.
    pub fn whole(boxes: &Boxes, width: f64, height: f64, pixel_ratio: f64) -> Self {
        Self {
            from: 0.0,
            to: boxes.total(),
            scroll: 0.0,
            width,
            height,
            pixel_ratio,
            orientation: Orientation::default(),
        }
    }

    fn span(&self) -> f64 {
        self.to - self.from
    }

    /// Where a value is.
    pub fn x_of(&self, value: f64) -> f64 {
        if self.span() > 0.0 { (value - self.from) / self.span() * self.width } else { 0.0 }
    }

    /// Which value is at `x`.
    pub fn value_at(&self, x: f64) -> f64 {
        if self.width > 0.0 { self.from + x / self.width * self.span() } else { self.from }
    }

    /// Top of a row.
    pub fn y_of(&self, depth: u32) -> f64 {
        let down = f64::from(depth) * ROW_HEIGHT - self.scroll;
        match self.orientation {
            Orientation::Icicle => down,
            Orientation::Flame => self.height - ROW_HEIGHT - down,
        }
    }

    /// The row at `y`.
    pub fn depth_at(&self, y: f64) -> Option<u32> {
        let down = match self.orientation {
            Orientation::Icicle => y + self.scroll,
            Orientation::Flame => self.height - y + self.scroll,
        };
        let row = match self.orientation {
            Orientation::Icicle => (down / ROW_HEIGHT).floor(),
            Orientation::Flame => (down / ROW_HEIGHT).ceil() - 1.0,
        };
        (row >= 0.0 && row < f64::from(u32::MAX)).then_some(row as u32)
    }

    /// The box at a point.
    pub fn hit(&self, boxes: &Boxes, x: f64, y: f64) -> Option<u32> {
        if !(0.0..self.width).contains(&x) || !(0.0..self.height).contains(&y) {
            return None;
        }
        boxes.at(self.depth_at(y)?, self.value_at(x))
    }

    /// What is drawn at a point: a box, or a run of small ones.
    pub fn cell_at(&self, boxes: &Boxes, x: f64, y: f64) -> Option<Cell> {
        if !(0.0..self.width).contains(&x) || !(0.0..self.height).contains(&y) {
            return None;
        }
        self.cells(boxes, self.depth_at(y)?).find(|cell| x < cell.right).filter(|cell| cell.left <= x)
    }

    /// The rows that are at least partly on screen.
    pub fn visible_depths(&self, boxes: &Boxes) -> std::ops::Range<u32> {
        let first = (self.scroll / ROW_HEIGHT).floor().max(0.0);
        let end = ((self.scroll + self.height) / ROW_HEIGHT).ceil().max(0.0);
        let end = end.min(f64::from(boxes.depths())) as u32;
        (first as u32).min(end)..end
    }

    /// What to draw of a row. Cells do not overlap, and lie inside those of the row before: edges
    /// are rounded, and rounding keeps order. What rounds to no pixel at all is left out.
    pub fn cells<'a>(&self, boxes: &'a Boxes, depth: u32) -> impl Iterator<Item = Cell> + use<'a> {
        let view = *self;
        let pixels = self.width * self.pixel_ratio;
        boxes.runs(depth, self.from, self.to, pixels).filter_map(move |run| {
            let (left, right) = (view.snapped(run.left), view.snapped(run.right));
            (right > left).then_some(Cell { run, left, right })
        })
    }

    fn snapped(&self, value: f64) -> f64 {
        let x = self.x_of(value).clamp(0.0, self.width);
        (x * self.pixel_ratio).round() / self.pixel_ratio
    }

    /// With values and scroll inside what there is.
    #[must_use]
    pub fn clamped(mut self, boxes: &Boxes) -> Self {
        let total = boxes.total();
        // Below a billionth of the whole, doubles no longer tell neighbours apart.
        let span = self.span().clamp(total * 1e-9, total);
        let span = if span.is_finite() { span } else { total };
        let from = if self.from.is_finite() { self.from } else { 0.0 };
        self.from = from.clamp(0.0, total - span);
        self.to = self.from + span;
        let rows = f64::from(boxes.depths()) * ROW_HEIGHT;
        self.scroll = self.scroll.clamp(0.0, (rows - self.height).max(0.0));
        self
    }

    /// Zoomed so that `index` takes the whole width, and scrolled so that it is on screen.
    #[must_use]
    pub fn zoomed_to(mut self, boxes: &Boxes, index: u32) -> Self {
        self.from = boxes.left(index);
        self.to = boxes.right(index);
        self.revealing(boxes, index).clamped(boxes)
    }

    /// Zoomed so that a run of small boxes takes the whole width.
    #[must_use]
    pub fn zoomed_to_run(mut self, boxes: &Boxes, run: &Run) -> Self {
        self.from = run.left;
        self.to = run.right;
        self.revealing(boxes, run.first).clamped(boxes)
    }

    /// Zoomed out to the whole.
    #[must_use]
    pub fn zoomed_out(mut self, boxes: &Boxes) -> Self {
        self.from = 0.0;
        self.to = boxes.total();
        self.clamped(boxes)
    }

    /// Zoomed by `factor` (below 1 is closer) so that the value at `x` stays there.
    #[must_use]
    pub fn zoomed_about(mut self, boxes: &Boxes, x: f64, factor: f64) -> Self {
        let fixed = self.value_at(x);
        let span = (self.span() * factor).clamp(boxes.total() * 1e-9, boxes.total().max(0.0));
        let share = if self.width > 0.0 { x / self.width } else { 0.5 };
        self.from = fixed - share * span;
        self.to = self.from + span;
        self.clamped(boxes)
    }

    /// Moved by pixels, as if the picture were dragged.
    #[must_use]
    pub fn dragged(mut self, boxes: &Boxes, dx: f64, dy: f64) -> Self {
        let shift = if self.width > 0.0 { dx / self.width * self.span() } else { 0.0 };
        self.from -= shift;
        self.to -= shift;
        self.scroll += match self.orientation {
            Orientation::Icicle => -dy,
            Orientation::Flame => dy,
        };
        self.clamped(boxes)
    }

    /// Scrolled, and moved sideways, as little as is needed to have `index` on screen with a few of
    /// its callees.
    #[must_use]
    pub fn revealing(mut self, boxes: &Boxes, index: u32) -> Self {
        let top = f64::from(boxes.depth(index)) * ROW_HEIGHT;
        // Rows kept free between the box and the edge.
        let margin = (3.0 * ROW_HEIGHT).min(self.height / 4.0);
        if top - margin < self.scroll {
            self.scroll = top - margin;
        } else if top + ROW_HEIGHT + margin > self.scroll + self.height {
            self.scroll = top + ROW_HEIGHT + margin - self.height;
        }
        let (left, right) = (boxes.left(index), boxes.right(index));
        if right <= self.from || left >= self.to {
            let span = self.span().max(right - left);
            self.from = (left + right - span) / 2.0;
            self.to = self.from + span;
        }
        self.clamped(boxes)
    }

    /// Between this (0) and another (1), for moving smoothly.
    #[must_use]
    pub fn towards(mut self, other: &Self, progress: f64) -> Self {
        let mix = |one: f64, two: f64| one + (two - one) * progress.clamp(0.0, 1.0);
        self.from = mix(self.from, other.from);
        self.to = mix(self.to, other.to);
        self.scroll = mix(self.scroll, other.scroll);
        self
    }
}
