//! The timeline's viewport: which part of the lanes is on screen, and what is where.

use super::{AXIS_HEIGHT, Gap, HEADING_HEIGHT, LANE_PADDING, ROW_HEIGHT, Run, Timeline};
use crate::layout::time_axis::{self, Tick};

/// What part of the timeline is on screen. Lengths are CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    /// Milliseconds since the origin at the left edge of the lanes.
    pub from: f64,
    /// Milliseconds since the origin at the right edge.
    pub to: f64,
    /// How far the first lane is scrolled out.
    pub scroll: f64,
    /// Width, names included.
    pub width: f64,
    /// Height, axis included.
    pub height: f64,
    /// Width of the lanes' names at the left; 0 puts them above the lanes.
    pub gutter: f64,
    /// Device pixels of one CSS pixel.
    pub pixel_ratio: f64,
}

/// A [`Run`] on screen, its edges on device pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Which statements.
    pub run: Run,
    /// Left edge.
    pub left: f64,
    /// Right edge.
    pub right: f64,
}

impl Viewport {
    /// All of `timeline`, with a little air on both sides.
    pub fn whole(timeline: &Timeline, width: f64, height: f64, gutter: f64, pixel_ratio: f64) -> Self {
        let (from, to) = whole_range(timeline);
        Self { from, to, scroll: 0.0, width, height, gutter, pixel_ratio }
    }

    /// Width of the lanes.
    pub fn lane_width(&self) -> f64 {
        (self.width - self.gutter).max(0.0)
    }

    fn heading(&self) -> f64 {
        if self.gutter > 0.0 { 0.0 } else { HEADING_HEIGHT }
    }

    fn span(&self) -> f64 {
        self.to - self.from
    }

    /// Where a moment is.
    pub fn x_of(&self, time: f64) -> f64 {
        let share = if self.span() > 0.0 { (time - self.from) / self.span() } else { 0.0 };
        self.gutter + share * self.lane_width()
    }

    /// Which moment is at `x`.
    pub fn time_at(&self, x: f64) -> f64 {
        let width = self.lane_width();
        if width > 0.0 { self.from + (x - self.gutter) / width * self.span() } else { self.from }
    }

    /// Top of a lane, heading included.
    pub fn lane_top(&self, timeline: &Timeline, lane: usize) -> f64 {
        let top = timeline.tops.get(lane).or(timeline.tops.last()).copied().unwrap_or(0.0);
        AXIS_HEIGHT + top + timeline.shown_lanes(Some(lane)) as f64 * self.heading() - self.scroll
    }

    /// Top of a row of a lane.
    pub fn row_top(&self, timeline: &Timeline, lane: usize, row: usize) -> f64 {
        self.lane_top(timeline, lane) + self.heading() + LANE_PADDING + row as f64 * ROW_HEIGHT
    }

    /// The lanes that are at least partly on screen.
    pub fn visible_lanes(&self, timeline: &Timeline) -> std::ops::Range<usize> {
        let bottom = |lane: usize| self.lane_top(timeline, lane + 1);
        let first = partition(timeline.lanes(), |lane| bottom(lane) <= AXIS_HEIGHT);
        let end = partition(timeline.lanes(), |lane| self.lane_top(timeline, lane) < self.height);
        first..end.max(first)
    }

    /// What to draw of a row. Cells do not overlap; each is at least one device pixel wide.
    pub fn cells<'a>(
        &self,
        timeline: &'a Timeline,
        lane: usize,
        row: usize,
    ) -> impl Iterator<Item = Cell> + use<'a> {
        let view = *self;
        let pixel = 1.0 / self.pixel_ratio;
        let mut cursor = self.gutter;
        let pixels = self.lane_width() * self.pixel_ratio;
        timeline.runs(lane, row, self.from, self.to, pixels).filter_map(move |run| {
            let left = view.snapped(run.left).max(cursor);
            let right = view.snapped(run.right).max(left + pixel).min(view.width);
            // Right of the edge, or no more than what was drawn there already.
            if right <= left || (left > view.snapped(run.left) && view.snapped(run.right) < left) {
                return None;
            }
            cursor = right;
            Some(Cell { run, left, right })
        })
    }

    fn snapped(&self, time: f64) -> f64 {
        let x = self.x_of(time).clamp(self.gutter.min(self.width), self.width);
        (x * self.pixel_ratio).round() / self.pixel_ratio
    }

    /// The lane at `y`.
    pub fn lane_at(&self, timeline: &Timeline, y: f64) -> Option<usize> {
        if y < AXIS_HEIGHT {
            return None;
        }
        let lane = partition(timeline.lanes(), |lane| self.lane_top(timeline, lane + 1) <= y);
        (lane < timeline.lanes()).then_some(lane)
    }

    /// The statement at a point, or else the nearest of the row within three pixels.
    pub fn hit(&self, timeline: &Timeline, x: f64, y: f64) -> Option<u32> {
        if x < self.gutter || x > self.width || y > self.height {
            return None;
        }
        let lane = self.lane_at(timeline, y)?;
        let inside = y - self.row_top(timeline, lane, 0);
        if inside < 0.0 {
            return None;
        }
        let row = timeline.laid.lanes[lane].rows.get((inside / ROW_HEIGHT) as usize)?;
        let time = self.time_at(x);
        let tolerance = self.span() / self.lane_width().max(1.0) * 3.0;
        // The first that ends after the point; where statements overlap, the last that has begun.
        let after = row.reach.partition_point(|&reach| reach <= time);
        let begun = row.statements.partition_point(|&statement| timeline.start(statement) <= time);
        let candidates = [Some(after), begun.checked_sub(1), after.checked_sub(1), Some(begun)];
        let distance = |statement: u32| {
            let (start, end) = (timeline.start(statement), timeline.end(statement));
            (start - time).max(time - end).max(0.0)
        };
        candidates
            .into_iter()
            .flatten()
            .filter_map(|place| row.statements.get(place).copied())
            .filter(|&statement| timeline.is_in_range(statement) && distance(statement) <= tolerance)
            .min_by(|&one, &other| distance(one).total_cmp(&distance(other)))
    }

    /// The gap between statements at a point.
    pub fn gap_at(&self, timeline: &Timeline, x: f64, y: f64) -> Option<Gap> {
        if x < self.gutter || x > self.width {
            return None;
        }
        let lane = self.lane_at(timeline, y)?;
        let (first, end) =
            (timeline.laid.columns.first[lane] as usize, timeline.laid.columns.first[lane + 1] as usize);
        let time = self.time_at(x);
        let next = first + timeline.laid.columns.start[first..end].partition_point(|&start| start <= time);
        let gap = (next < end).then(|| timeline.gap_before(next as u32)).flatten()?;
        (gap.left <= time).then_some(gap)
    }

    /// Ticks of the axis.
    pub fn ticks(&self, timeline: &Timeline) -> Vec<Tick> {
        time_axis::ticks(self.from, self.to, self.lane_width(), 116.0, timeline.clock())
    }

    /// With times and scroll inside what there is.
    #[must_use]
    pub fn clamped(mut self, timeline: &Timeline) -> Self {
        let (first, last) = whole_range(timeline);
        let whole = last - first;
        // A nanosecond over the whole width is closer than any log is precise.
        let span = if self.span().is_finite() { self.span() } else { whole };
        let span = span.clamp(1e-6_f64.min(whole), whole);
        let from = if self.from.is_finite() { self.from } else { first };
        self.from = from.clamp(first, (last - span).max(first));
        self.to = self.from + span;
        let lanes = self.lane_top(timeline, timeline.lanes()) + self.scroll;
        self.scroll = self.scroll.clamp(0.0, (lanes - self.height).max(0.0));
        self
    }

    /// Zoomed out to the whole.
    #[must_use]
    pub fn zoomed_out(mut self, timeline: &Timeline) -> Self {
        (self.from, self.to) = whole_range(timeline);
        self.clamped(timeline)
    }

    /// Zoomed to a range, with a tenth of it as air on both sides.
    #[must_use]
    pub fn zoomed_to(mut self, timeline: &Timeline, from: f64, to: f64) -> Self {
        let air = ((to - from) / 10.0).max(1e-3);
        (self.from, self.to) = (from - air, to + air);
        self.clamped(timeline)
    }

    /// Zoomed by `factor` (below 1 is closer) so that the moment at `x` stays there.
    #[must_use]
    pub fn zoomed_about(mut self, timeline: &Timeline, x: f64, factor: f64) -> Self {
        let (first, last) = whole_range(timeline);
        let x = x.max(self.gutter);
        let fixed = self.time_at(x);
        let span = (self.span() * factor).clamp(1e-6, (last - first).max(1e-6));
        let share = if self.lane_width() > 0.0 { (x - self.gutter) / self.lane_width() } else { 0.5 };
        self.from = fixed - share * span;
        self.to = self.from + span;
        self.clamped(timeline)
    }

    /// Moved by pixels, as if the picture were dragged.
    #[must_use]
    pub fn dragged(mut self, timeline: &Timeline, dx: f64, dy: f64) -> Self {
        let shift = if self.lane_width() > 0.0 { dx / self.lane_width() * self.span() } else { 0.0 };
        self.from -= shift;
        self.to -= shift;
        self.scroll -= dy;
        self.clamped(timeline)
    }

    /// Moved as little as is needed to have a statement on screen.
    #[must_use]
    pub fn revealing(mut self, timeline: &Timeline, statement: u32) -> Self {
        let (start, end) = (timeline.start(statement), timeline.end(statement));
        let span = self.span();
        let margin = span / 10.0;
        if end <= self.from || start < self.from && end - start < span {
            self.from = start - margin;
        } else if start >= self.to || end > self.to && end - start < span - margin {
            self.from = end + margin - span;
        }
        self.to = self.from + span;
        let top = self.row_top(timeline, timeline.lane_of(statement), timeline.row_of(statement));
        let above = top - AXIS_HEIGHT - LANE_PADDING - self.heading();
        let below = top + ROW_HEIGHT + LANE_PADDING - self.height;
        if above < 0.0 {
            self.scroll += above;
        } else if below > 0.0 {
            self.scroll += below;
        }
        self.clamped(timeline)
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

/// The whole of a timeline with a little air on both sides, so that the first and last statements do
/// not stick to the edges.
fn whole_range(timeline: &Timeline) -> (f64, f64) {
    let length = timeline.laid.columns.length;
    let length = if length.is_finite() && length > 0.0 { length } else { 1.0 };
    (-length * 0.01, length * 1.01)
}

fn partition(count: usize, below: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if below(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
