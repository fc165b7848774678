//! The statements of the log beside a profile, in rows of their own below the frames that ran them.

use super::{AXIS_HEIGHT, HEADING_HEIGHT, Tracks, Viewport};
use crate::layout::alignment::Alignment;
use crate::layout::flame::ROW_HEIGHT;
use crate::layout::timeline::{self, LANE_PADDING, Timeline};
use crate::protocol::{SpansOverview, TimelineColumns};

/// Rows that would be below the screen stand at its lower edge, as long as they leave so much of it to the frames.
const LEFT: f64 = 0.4;

/// Statements, and how their moments become the profile's.
#[derive(Debug, Clone)]
pub struct Statements {
    /// On lanes: connections.
    pub timeline: Timeline,
    /// How they are put beside the profile.
    pub alignment: Alignment,
    /// Per lane: the track that ran them, by its place in the profile; `None` where that is not known.
    below: Vec<Option<u32>>,
}

/// A lane of statements on the chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// Which of the timeline's.
    pub lane: usize,
    /// What it is called.
    pub label: String,
    /// Top of what it belongs to, CSS pixels from the first track's: its track, or the first.
    owner: f64,
    /// Its own top, CSS pixels from the first track's.
    top: f64,
    /// Its height, CSS pixels, its name included.
    pub height: f64,
}

impl Statements {
    /// Lanes stand below the track with the same thread, where a thread has one track; below the only track there is; else
    /// below all.
    pub fn new(columns: TimelineColumns, alignment: Alignment, spans: &SpansOverview) -> Self {
        let places = || (0_u32..).zip(&spans.tracks).filter(|(_, (_, depths))| *depths > 0);
        let single = |found: &mut dyn Iterator<Item = u32>| found.next().filter(|_| found.next().is_none());
        let only = single(&mut places().map(|(place, _)| place));
        let of_thread = |thread: u64| {
            let is_it = |place: &u32| spans.threads.get(*place as usize) == Some(&Some(thread));
            single(&mut places().map(|(place, _)| place).filter(is_it))
        };
        let thread = |lane: usize| columns.threads.get(lane).copied().flatten();
        let below = (0..columns.lanes.len()).map(|lane| thread(lane).and_then(of_thread).or(only)).collect();
        Self { timeline: Timeline::new(columns), alignment, below }
    }

    /// Whether it is known of all of them which track ran them.
    pub fn are_told(&self) -> bool {
        self.below.iter().all(Option::is_some)
    }

    /// Where a statement, by its number in the log, is in the timeline's columns.
    pub fn place_of(&self, statement: u32) -> Option<u32> {
        let found = self.timeline.columns().statement.iter().position(|&other| other == statement);
        found.map(|place| place as u32)
    }

    /// From when to when a statement ran, as moments of the profile.
    pub fn moments(&self, place: u32) -> (f64, f64) {
        let at = |moment: f64| self.alignment.in_profile(moment);
        (at(self.timeline.start(place)), at(self.timeline.end(place)))
    }

    /// The statement that began next, or before, on whatever lane; `from` is one, or a moment of the profile.
    pub fn step(&self, from: Result<u32, f64>, forwards: bool) -> Option<u32> {
        let timeline = &self.timeline;
        let count = timeline.columns().start.len() as u32;
        // Of two at once, the one on the lane above is before.
        let key = |place: u32| (timeline.start(place), i64::from(place));
        let here = match from {
            Ok(place) => key(place),
            Err(moment) if forwards => (self.alignment.in_log(moment), -1),
            Err(moment) => (self.alignment.in_log(moment), i64::from(count)),
        };
        let later = |a: (f64, i64), b: (f64, i64)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        let order = |a: &u32, b: &u32| later(key(*a), key(*b));
        let all = 0..count;
        if forwards {
            all.filter(|&place| later(key(place), here).is_gt()).min_by(order)
        } else {
            all.filter(|&place| later(key(place), here).is_lt()).max_by(order)
        }
    }
}

impl Tracks {
    /// With rows for these statements.
    #[must_use]
    pub fn with(mut self, statements: &Statements) -> Self {
        let heights: Vec<f64> = (0..statements.below.len())
            .map(|lane| {
                let rows = statements.timeline.rows(lane).max(1) as f64;
                timeline::HEADING_HEIGHT + rows * timeline::ROW_HEIGHT + 2.0 * LANE_PADDING
            })
            .collect();
        let mut top = 0.0;
        let mut lanes = Vec::new();
        let mut add = |below: Option<u32>, owner: f64, top: &mut f64| {
            for (lane, &height) in
                heights.iter().enumerate().filter(|(lane, _)| statements.below[*lane] == below)
            {
                let label = statements.timeline.columns().lanes.get(lane).cloned().unwrap_or_default();
                lanes.push(Lane { lane, label: format!("SQL · {label}"), owner, top: *top, height });
                *top += height;
            }
        };
        for track in &mut self.tracks {
            track.top = top;
            top = track.bottom();
            add(Some(track.index), track.top, &mut top);
        }
        add(None, 0.0, &mut top);
        self.lanes = lanes;
        self
    }

    /// The lanes of statements, from above to below.
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }
}

impl Lane {
    /// Where it ends, CSS pixels from the first track's top.
    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

impl Viewport {
    /// The lanes on screen, from below to above, with their tops, CSS pixels. One that would be below the screen while what
    /// it belongs to is on it stands at the lower edge.
    pub fn lanes<'a>(&self, tracks: &'a Tracks) -> Vec<(&'a Lane, f64)> {
        let least = AXIS_HEIGHT + (self.height - AXIS_HEIGHT) * LEFT;
        let mut free = self.height;
        let mut shown = Vec::new();
        for lane in tracks.lanes.iter().rev() {
            let natural = AXIS_HEIGHT + lane.top - self.scroll;
            let stuck = natural.min(free - lane.height);
            let owner = AXIS_HEIGHT + lane.owner - self.scroll + HEADING_HEIGHT + ROW_HEIGHT;
            let y = if stuck >= least.min(natural) && owner <= stuck { stuck } else { natural };
            if y + lane.height > AXIS_HEIGHT && y < self.height {
                shown.push((lane, y));
                free = free.min(y);
            }
        }
        shown
    }

    /// The same part of the time on the statements' timeline, with a lane at `y`.
    pub fn of_lane(&self, statements: &Statements, lane: &Lane, y: f64) -> timeline::Viewport {
        let mut view = timeline::Viewport {
            from: statements.alignment.in_log(self.from),
            to: statements.alignment.in_log(self.to),
            scroll: 0.0,
            width: self.width,
            height: self.height,
            gutter: 0.0,
            pixel_ratio: self.pixel_ratio,
        };
        view.scroll = view.lane_top(&statements.timeline, lane.lane) - y;
        view
    }

    /// Whether there is a lane at `y`: what is below it is hidden.
    pub fn is_in_lane(&self, tracks: &Tracks, y: f64) -> bool {
        y >= AXIS_HEIGHT
            && self.lanes(tracks).iter().any(|(lane, top)| (*top..top + lane.height).contains(&y))
    }

    /// The statement at a point, by its place in the timeline's columns.
    pub fn statement_at(&self, tracks: &Tracks, statements: &Statements, x: f64, y: f64) -> Option<u32> {
        let lanes = self.lanes(tracks);
        let (lane, top) = lanes.into_iter().find(|(lane, top)| (*top..top + lane.height).contains(&y))?;
        let found = self.of_lane(statements, lane, top).hit(&statements.timeline, x, y)?;
        (statements.timeline.lane_of(found) == lane.lane).then_some(found)
    }

    /// Moved as little as is needed to have a statement on screen.
    #[must_use]
    pub fn revealing_statement(mut self, tracks: &Tracks, statements: &Statements, place: u32) -> Self {
        let (from, to) = statements.moments(place);
        let lane = statements.timeline.lane_of(place);
        if !self.lanes(tracks).iter().any(|(shown, _)| shown.lane == lane)
            && let Some(lane) = tracks.lanes.iter().find(|other| other.lane == lane)
        {
            self.scroll = lane.bottom() - (self.height - AXIS_HEIGHT);
        }
        if to <= self.from || from >= self.to {
            let span = self.span().max(to - from);
            self.from = f64::midpoint(from, to) - span / 2.0;
            self.to = self.from + span;
        }
        self.clamped(tracks)
    }
}
