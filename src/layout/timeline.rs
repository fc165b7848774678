//! Statements on lanes over time: rows where they overlap, the viewport, what is where.

use super::gallop;
use super::time_axis::{self, AxisClock, Tick};
use crate::protocol::TimelineColumns;

/// Height of a row of statements in CSS pixels.
pub const ROW_HEIGHT: f64 = 20.0;
/// Space above and below the rows of a lane.
pub const LANE_PADDING: f64 = 4.0;
/// Height of the time axis.
pub const AXIS_HEIGHT: f64 = 26.0;
/// Height of a lane's own heading, where names do not stand beside the lanes.
pub const HEADING_HEIGHT: f64 = 18.0;

/// Most rows of a lane; what overlaps even more shares the last.
const MAX_ROWS: usize = 12;

/// How much two statements of one row may overlap, ms: logs of whole milliseconds make statements
/// overlap that ran one after the other.
const CLOCK_GRAIN: f64 = 1.0;

/// Statements laid out on lanes and rows.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    columns: TimelineColumns,
    lanes: Vec<Lane>,
    /// Per statement: its row inside its lane.
    row: Vec<u8>,
    /// Per statement: the last end of its lane so far, ms.
    reach: Vec<f64>,
    /// Per lane: its top without headings; one entry more than lanes.
    tops: Vec<f64>,
}

#[derive(Debug, Clone, Default)]
struct Lane {
    rows: Vec<Row>,
}

/// Statements of one row, sorted by start.
#[derive(Debug, Clone, Default)]
struct Row {
    statements: Vec<u32>,
    /// Per statement: the last end of the row so far, ms.
    reach: Vec<f64>,
    /// Per statement: milliseconds of it and those before.
    busy: Vec<f64>,
    /// Per statement: how many of it and those before failed.
    failed: Vec<u32>,
    /// Whether statements overlap: only in a lane's last row.
    overlaps: bool,
}

/// Neighbouring statements of a row that are drawn as one: a single one, or all within a pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// The first statement.
    pub first: u32,
    /// Where it is in its row.
    pub place: u32,
    /// How many.
    pub count: u32,
    /// Start, ms since the origin.
    pub left: f64,
    /// End, ms since the origin.
    pub right: f64,
    /// Sum of their durations, ms.
    pub busy: f64,
    /// How many failed.
    pub failed: u32,
}

/// Time between two statements of a lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// The statement after it.
    pub before: u32,
    /// Begin, ms since the origin.
    pub left: f64,
    /// End, ms since the origin.
    pub right: f64,
}

impl Timeline {
    /// Lays statements out: each goes to the first row of its lane that is free when it starts.
    pub fn new(columns: TimelineColumns) -> Self {
        let mut lanes = Vec::with_capacity(columns.lanes.len());
        let mut row_of = vec![0; columns.start.len()];
        let mut lane_reach = vec![0.0; columns.start.len()];
        let mut tops = vec![0.0];
        for bounds in columns.first.windows(2) {
            let mut rows: Vec<Row> = Vec::new();
            let mut reach = f64::NEG_INFINITY;
            for index in bounds[0]..bounds[1] {
                let place = index as usize;
                let start = columns.start[place];
                let end = start + f64::from(columns.duration[place]).max(0.0);
                reach = reach.max(end);
                lane_reach[place] = reach;
                // At least half of a statement stays visible.
                let grain = CLOCK_GRAIN.min((end - start) / 2.0);
                let free = rows.iter().position(|row| {
                    row.reach.last().is_none_or(|&last| start >= last - grain && end >= last)
                });
                let number = match free {
                    Some(number) => number,
                    None if rows.len() < MAX_ROWS => {
                        rows.push(Row::default());
                        rows.len() - 1
                    }
                    None => {
                        rows[MAX_ROWS - 1].overlaps = true;
                        MAX_ROWS - 1
                    }
                };
                row_of[place] = number as u8;
                rows[number].push(index, end, end - start, columns.failed[place] != 0);
            }
            let height = rows.len().max(1) as f64 * ROW_HEIGHT + 2.0 * LANE_PADDING;
            tops.push(tops.last().copied().unwrap_or(0.0) + height);
            lanes.push(Lane { rows });
        }
        Self { columns, lanes, row: row_of, reach: lane_reach, tops }
    }

    /// The statements.
    pub fn columns(&self) -> &TimelineColumns {
        &self.columns
    }

    /// How many statements there are.
    pub fn len(&self) -> usize {
        self.row.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.row.is_empty()
    }

    /// How many lanes there are.
    pub fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// How many rows a lane has, at least one.
    pub fn rows(&self, lane: usize) -> usize {
        self.lanes.get(lane).map_or(1, |lane| lane.rows.len().max(1))
    }

    /// The lane of a statement.
    pub fn lane_of(&self, statement: u32) -> usize {
        self.columns.first.partition_point(|&first| first <= statement).saturating_sub(1)
    }

    /// The row of a statement inside its lane.
    pub fn row_of(&self, statement: u32) -> usize {
        usize::from(self.row[statement as usize])
    }

    /// Start of a statement, ms since the origin.
    pub fn start(&self, statement: u32) -> f64 {
        self.columns.start[statement as usize]
    }

    /// End of a statement, ms since the origin.
    pub fn end(&self, statement: u32) -> f64 {
        self.start(statement) + f64::from(self.columns.duration[statement as usize]).max(0.0)
    }

    /// What the axis says.
    pub fn clock(&self) -> AxisClock {
        if self.columns.wall_clock { AxisClock::Wall(self.columns.origin) } else { AxisClock::Relative }
    }

    /// The next statement of the same lane.
    pub fn next(&self, statement: u32) -> Option<u32> {
        let end = *self.columns.first.get(self.lane_of(statement) + 1)?;
        (statement + 1 < end).then_some(statement + 1)
    }

    /// The statement before in the same lane.
    pub fn previous(&self, statement: u32) -> Option<u32> {
        let first = *self.columns.first.get(self.lane_of(statement))?;
        (statement > first).then(|| statement - 1)
    }

    /// The statement of the nearest lane `down` (or up) that has any, nearest in time.
    pub fn beside(&self, statement: u32, down: bool) -> Option<u32> {
        let lane = self.lane_of(statement);
        let near = |lane: usize| self.nearest_in_lane(lane, self.start(statement));
        if down { (lane + 1..self.lanes()).find_map(near) } else { (0..lane).rev().find_map(near) }
    }

    fn nearest_in_lane(&self, lane: usize, time: f64) -> Option<u32> {
        let (&first, &end) = (self.columns.first.get(lane)?, self.columns.first.get(lane + 1)?);
        let starts = self.columns.start.get(first as usize..end as usize)?;
        let after = first + starts.partition_point(|&start| start < time) as u32;
        let candidates =
            [after.checked_sub(1).filter(|&index| index >= first), Some(after).filter(|&i| i < end)];
        candidates.into_iter().flatten().min_by(|&one, &other| {
            (self.start(one) - time).abs().total_cmp(&(self.start(other) - time).abs())
        })
    }

    /// Time before a statement in which its lane had nothing to do.
    pub fn gap_before(&self, statement: u32) -> Option<Gap> {
        let before = self.previous(statement)?;
        let (left, right) = (self.reach[before as usize], self.start(statement));
        (right > left).then_some(Gap { before: statement, left, right })
    }

    /// What to draw of a row between `from` and `to` ms on `pixels` device pixels: at most two runs
    /// a pixel, however many statements there are.
    pub fn runs(&self, lane: usize, row: usize, from: f64, to: f64, pixels: f64) -> Runs<'_> {
        let row = self.lanes.get(lane).and_then(|lane| lane.rows.get(row));
        let pixel = if pixels > 0.0 { (to - from) / pixels } else { f64::INFINITY };
        let next = row.map_or(0, |row| row.reach.partition_point(|&reach| reach < from));
        Runs { timeline: self, row, next, from, to, pixel }
    }

    /// Some statements of a run, spread evenly: all of a short one, at most 16 of a long one.
    pub fn sample(&self, lane: usize, row: usize, run: &Run) -> impl Iterator<Item = u32> + use<'_> {
        let statements = self.lanes.get(lane).and_then(|lane| lane.rows.get(row));
        let statements = statements.map_or(&[][..], |row| &row.statements);
        let (first, count) = (run.place as usize, run.count as usize);
        let stride = count.div_ceil(16).max(1);
        (first..first + count).step_by(stride).filter_map(|place| statements.get(place).copied())
    }

    /// The gaps of a lane between `from` and `to` ms that are at least `pixels_wide` of `pixels`
    /// device pixels wide. The cost depends on pixels.
    pub fn gaps(&self, lane: usize, from: f64, to: f64, pixels: f64, pixels_wide: f64) -> Vec<Gap> {
        let bounds = (self.columns.first.get(lane), self.columns.first.get(lane + 1));
        let (Some(&first), Some(&end)) = bounds else { return Vec::new() };
        let (first, end) = (first as usize, end as usize);
        let (starts, reach) = (&self.columns.start[first..end], &self.reach[first..end]);
        let pixel = (to - from) / pixels;
        let least = pixel * pixels_wide.max(1.0);
        let mut gaps = Vec::new();
        // The statement before the viewport: a gap may reach into it.
        let mut place = reach.partition_point(|&reach| reach < from).saturating_sub(1);
        while place < starts.len() && reach[place] < to {
            // Whatever starts within this pixel has no gap of a pixel before it.
            let limit = starts[place].max(from) + pixel;
            let next = gallop(starts.len(), place + 1, |index| starts[index] < limit);
            if next >= starts.len() {
                break;
            }
            let gap = Gap { before: (first + next) as u32, left: reach[next - 1], right: starts[next] };
            if gap.right - gap.left >= least && gap.right > from && gap.left < to {
                gaps.push(gap);
            }
            place = next;
        }
        gaps
    }
}

impl Row {
    fn push(&mut self, statement: u32, end: f64, duration: f64, failed: bool) {
        let last = self.statements.len().checked_sub(1);
        let (reach, busy, failures) =
            last.map_or((end, 0.0, 0), |last| (self.reach[last], self.busy[last], self.failed[last]));
        self.statements.push(statement);
        self.reach.push(reach.max(end));
        self.busy.push(busy + duration);
        self.failed.push(failures + u32::from(failed));
    }
}

/// Iterator of [`Timeline::runs`].
#[derive(Debug)]
pub struct Runs<'a> {
    timeline: &'a Timeline,
    row: Option<&'a Row>,
    next: usize,
    from: f64,
    to: f64,
    /// Milliseconds of one pixel.
    pixel: f64,
}

impl Iterator for Runs<'_> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        let row = self.row?;
        let start = self.next;
        let first = *row.statements.get(start)?;
        let (left, end) = (self.timeline.start(first), self.timeline.end(first));
        if left >= self.to {
            return None;
        }
        let started_within = |limit: f64| {
            gallop(row.statements.len(), start + 1, |place| {
                self.timeline.start(row.statements[place]) < limit
            })
        };
        let mut right = end;
        self.next = if row.overlaps {
            // What starts within the same pixel would be drawn over; what began before the viewport
            // is left to the one that reaches into it: else a long statement would make the cost
            // that of all it covers.
            let next = started_within((left + self.pixel).max(self.from - self.pixel));
            right = right.max(row.reach[next - 1].min(left + self.pixel));
            next
        } else if end - left >= self.pixel {
            start + 1
        } else {
            let limit = left + self.pixel;
            let next = gallop(row.statements.len(), start + 1, |place| row.reach[place] <= limit);
            right = row.reach[next - 1];
            next
        };
        let before = |column: &[f64]| start.checked_sub(1).map_or(0.0, |place| column[place]);
        let failed_before = start.checked_sub(1).map_or(0, |place| row.failed[place]);
        Some(Run {
            first,
            place: start as u32,
            count: (self.next - start) as u32,
            left,
            right,
            busy: row.busy[self.next - 1] - before(&row.busy),
            failed: row.failed[self.next - 1] - failed_before,
        })
    }
}

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
        AXIS_HEIGHT + top + lane as f64 * self.heading() - self.scroll
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
        let row = timeline.lanes[lane].rows.get((inside / ROW_HEIGHT) as usize)?;
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
            .filter(|&statement| distance(statement) <= tolerance)
            .min_by(|&one, &other| distance(one).total_cmp(&distance(other)))
    }

    /// The gap between statements at a point.
    pub fn gap_at(&self, timeline: &Timeline, x: f64, y: f64) -> Option<Gap> {
        if x < self.gutter || x > self.width {
            return None;
        }
        let lane = self.lane_at(timeline, y)?;
        let (first, end) = (timeline.columns.first[lane] as usize, timeline.columns.first[lane + 1] as usize);
        let time = self.time_at(x);
        let next = first + timeline.columns.start[first..end].partition_point(|&start| start <= time);
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
    let length = timeline.columns.length;
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
