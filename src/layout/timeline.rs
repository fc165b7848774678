//! Statements on lanes over time: rows where they overlap, the viewport, what is where.

mod viewport;

pub use viewport::{Cell, Viewport};

use std::sync::Arc;

use super::gallop;
use super::time_axis::AxisClock;
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

/// Statements laid out on lanes and rows; of a range of time the lanes that have any.
///
/// Copies share what is laid out: another range costs a search in each lane, not a layout.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    laid: Arc<Laid>,
    /// What is looked at, ms since the origin; `None` for everything.
    range: Option<(f64, f64)>,
    /// Per lane: its top without headings; one entry more than lanes. A lane without statements in the
    /// range has no height.
    tops: Vec<f64>,
    /// Per lane: how many that are shown come before it; one entry more than lanes.
    before: Vec<u32>,
}

/// What does not depend on the range.
#[derive(Debug, Default)]
struct Laid {
    columns: TimelineColumns,
    lanes: Vec<Lane>,
    /// Per statement: its row inside its lane.
    row: Vec<u8>,
    /// Per statement: the last end of its lane so far, ms.
    reach: Vec<f64>,
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
            lanes.push(Lane { rows });
        }
        let laid = Laid { columns, lanes, row: row_of, reach: lane_reach };
        Self { laid: Arc::new(laid), ..Self::default() }.within(None)
    }

    /// The same statements, of which only those in `range` are looked at, ms since the origin.
    #[must_use]
    pub fn within(&self, range: Option<(f64, f64)>) -> Self {
        self.with_lanes(range, None)
    }

    /// The same, with the lanes only that have statements in `lanes` as well: where there are thousands, those of the
    /// time on screen are found without scrolling.
    #[must_use]
    pub fn with_lanes(&self, range: Option<(f64, f64)>, lanes: Option<(f64, f64)>) -> Self {
        let mut all = Self { laid: Arc::clone(&self.laid), range, tops: vec![0.0], before: vec![0] };
        let bounds = match (range, lanes) {
            (Some((from, to)), Some((first, last))) => Some((from.max(first), to.min(last))),
            (range, lanes) => range.or(lanes),
        };
        let (mut top, mut shown) = (0.0, 0);
        for (lane, Lane { rows }) in self.laid.lanes.iter().enumerate() {
            if all.first_within(lane, bounds).is_some() {
                top += rows.len().max(1) as f64 * ROW_HEIGHT + 2.0 * LANE_PADDING;
                shown += 1;
            }
            all.tops.push(top);
            all.before.push(shown);
        }
        all
    }

    /// What is looked at, ms since the origin; `None` for everything.
    pub fn range(&self) -> Option<(f64, f64)> {
        self.range
    }

    /// The first statement of a lane that is in the range at least in part.
    fn first_in_range(&self, lane: usize) -> Option<u32> {
        self.first_within(lane, self.range)
    }

    fn first_within(&self, lane: usize, range: Option<(f64, f64)>) -> Option<u32> {
        let (&first, &end) = (self.laid.columns.first.get(lane)?, self.laid.columns.first.get(lane + 1)?);
        let (from, to) = range.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let reach = self.laid.reach.get(first as usize..end as usize)?;
        let statement = first + reach.partition_point(|&reach| reach < from) as u32;
        (statement < end && self.start(statement) <= to).then_some(statement)
    }

    /// Whether a statement is in the range at least in part.
    pub fn is_in_range(&self, statement: u32) -> bool {
        self.range.is_none_or(|(from, to)| self.start(statement) <= to && self.end(statement) >= from)
    }

    /// Whether a lane has statements in the range.
    pub fn shows(&self, lane: usize) -> bool {
        self.before.get(lane + 1) > self.before.get(lane)
    }

    /// How many lanes have statements in the range; before `lane`, if one is given.
    pub fn shown_lanes(&self, before: Option<usize>) -> usize {
        let entry = before.map_or(self.before.last(), |lane| self.before.get(lane).or(self.before.last()));
        entry.map_or(0, |&count| count as usize)
    }

    /// How many statements start in the range.
    pub fn starts(&self) -> usize {
        let Some((from, to)) = self.range else { return self.len() };
        let columns = &self.laid.columns;
        let of_lane = |bounds: &[u32]| {
            let starts = &columns.start[bounds[0] as usize..bounds[1] as usize];
            let end =
                if to >= columns.length { starts.len() } else { starts.partition_point(|&start| start < to) };
            end - starts.partition_point(|&start| start < from).min(end)
        };
        columns.first.windows(2).map(of_lane).sum()
    }

    /// The statements.
    pub fn columns(&self) -> &TimelineColumns {
        &self.laid.columns
    }

    /// How many statements there are, whatever the range.
    pub fn len(&self) -> usize {
        self.laid.row.len()
    }

    /// Whether there are none in the range.
    pub fn is_empty(&self) -> bool {
        self.shown_lanes(None) == 0
    }

    /// How many lanes there are, those that are not shown included.
    pub fn lanes(&self) -> usize {
        self.laid.lanes.len()
    }

    /// How many rows a lane has, at least one.
    pub fn rows(&self, lane: usize) -> usize {
        self.laid.lanes.get(lane).map_or(1, |lane| lane.rows.len().max(1))
    }

    /// The lane of a statement.
    pub fn lane_of(&self, statement: u32) -> usize {
        self.laid.columns.first.partition_point(|&first| first <= statement).saturating_sub(1)
    }

    /// The row of a statement inside its lane.
    pub fn row_of(&self, statement: u32) -> usize {
        usize::from(self.laid.row[statement as usize])
    }

    /// Start of a statement, ms since the origin.
    pub fn start(&self, statement: u32) -> f64 {
        self.laid.columns.start[statement as usize]
    }

    /// End of a statement, ms since the origin.
    pub fn end(&self, statement: u32) -> f64 {
        self.start(statement) + f64::from(self.laid.columns.duration[statement as usize]).max(0.0)
    }

    /// What the axis says.
    pub fn clock(&self) -> AxisClock {
        if self.laid.columns.wall_clock {
            AxisClock::Wall(self.laid.columns.origin)
        } else {
            AxisClock::Relative
        }
    }

    /// The next statement of the same lane.
    pub fn next(&self, statement: u32) -> Option<u32> {
        let end = *self.laid.columns.first.get(self.lane_of(statement) + 1)?;
        Some(statement + 1).filter(|&next| next < end && self.is_in_range(next))
    }

    /// The statement before in the same lane.
    pub fn previous(&self, statement: u32) -> Option<u32> {
        let first = *self.laid.columns.first.get(self.lane_of(statement))?;
        statement.checked_sub(1).filter(|&previous| previous >= first && self.is_in_range(previous))
    }

    /// The statement of the nearest lane `down` (or up) that has any, nearest in time.
    pub fn beside(&self, statement: u32, down: bool) -> Option<u32> {
        let lane = self.lane_of(statement);
        let near = |lane: usize| {
            self.shows(lane).then(|| self.nearest_in_lane(lane, self.start(statement))).flatten()
        };
        if down { (lane + 1..self.lanes()).find_map(near) } else { (0..lane).rev().find_map(near) }
    }

    fn nearest_in_lane(&self, lane: usize, time: f64) -> Option<u32> {
        let (&first, &end) = (self.laid.columns.first.get(lane)?, self.laid.columns.first.get(lane + 1)?);
        let starts = self.laid.columns.start.get(first as usize..end as usize)?;
        let after = first + starts.partition_point(|&start| start < time) as u32;
        let candidates =
            [after.checked_sub(1).filter(|&index| index >= first), Some(after).filter(|&i| i < end)];
        candidates
            .into_iter()
            .flatten()
            .filter(|&statement| self.is_in_range(statement))
            .min_by(|&one, &other| {
                (self.start(one) - time).abs().total_cmp(&(self.start(other) - time).abs())
            })
            .or_else(|| self.first_in_range(lane))
    }

    /// Time before a statement in which its lane had nothing to do.
    pub fn gap_before(&self, statement: u32) -> Option<Gap> {
        let before = self.previous(statement).filter(|_| !self.laid.columns.without_gaps)?;
        let (left, right) = (self.laid.reach[before as usize], self.start(statement));
        (right > left).then_some(Gap { before: statement, left, right })
    }

    /// What to draw of a row between `from` and `to` ms on `pixels` device pixels: at most two runs
    /// a pixel, however many statements there are.
    pub fn runs(&self, lane: usize, row: usize, from: f64, to: f64, pixels: f64) -> Runs<'_> {
        let row = self.laid.lanes.get(lane).and_then(|lane| lane.rows.get(row));
        let pixel = if pixels > 0.0 { (to - from) / pixels } else { f64::INFINITY };
        let next = row.map_or(0, |row| row.reach.partition_point(|&reach| reach < from));
        Runs { timeline: self, row, next, from, to, pixel }
    }

    /// Some statements of a run, spread evenly: all of a short one, at most 16 of a long one.
    pub fn sample(&self, lane: usize, row: usize, run: &Run) -> impl Iterator<Item = u32> + use<'_> {
        let statements = self.laid.lanes.get(lane).and_then(|lane| lane.rows.get(row));
        let statements = statements.map_or(&[][..], |row| &row.statements);
        let (first, count) = (run.place as usize, run.count as usize);
        let stride = count.div_ceil(16).max(1);
        (first..first + count).step_by(stride).filter_map(|place| statements.get(place).copied())
    }

    /// The gaps of a lane between `from` and `to` ms that are at least `pixels_wide` of `pixels`
    /// device pixels wide. The cost depends on pixels.
    pub fn gaps(&self, lane: usize, from: f64, to: f64, pixels: f64, pixels_wide: f64) -> Vec<Gap> {
        let bounds = (self.laid.columns.first.get(lane), self.laid.columns.first.get(lane + 1));
        let (Some(&first), Some(&end), false) = (bounds.0, bounds.1, self.laid.columns.without_gaps) else {
            return Vec::new();
        };
        let (first, end) = (first as usize, end as usize);
        let (starts, reach) = (&self.laid.columns.start[first..end], &self.laid.reach[first..end]);
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
