//! The flame chart: tracks one under the other, each with its stacks over time; what of them is on screen, and what is
//! under a point. Moments are those of [`crate::profile::spans::Spans`].

mod statements;

pub use statements::{Lane, Statements};

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::flame::ROW_HEIGHT;
use super::time_axis::{self, AxisClock, Tick};
use crate::profile::spans::Clock;
use crate::protocol::{SpanBoxes, SpansOverview};

/// Height of the time axis, CSS pixels.
pub const AXIS_HEIGHT: f64 = 26.0;
/// Height of a track's name, CSS pixels.
pub const HEADING_HEIGHT: f64 = 20.0;
/// Space below a track, CSS pixels.
pub const TRACK_PADDING: f64 = 6.0;
/// Spans that are shorter are put together, CSS pixels.
const MERGED: f64 = 3.0;
/// Distance of ticks at least, CSS pixels.
const SPACING: f64 = 100.0;

/// The tracks of a chart: which, and where.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tracks {
    tracks: Vec<Track>,
    /// The rows of statements below them.
    lanes: Vec<Lane>,
    /// When the last span ends.
    pub length: f64,
    /// Whether moments are seconds; else they are samples.
    pub is_time: bool,
    /// Whether what lies free is idle: samples in their order leave nothing free.
    pub has_idle: bool,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Its place in the profile.
    pub index: u32,
    /// What it is called.
    pub label: String,
    /// How many rows it has.
    pub depths: u32,
    /// Its top, name included, CSS pixels from the first one's.
    pub top: f64,
}

impl Tracks {
    /// Those of `only` by their places, all if it names none. `is_time`: whether the profile's unit is one, for those without a clock.
    pub fn new(overview: &SpansOverview, only: &[u32], is_time: bool) -> Self {
        let mut top = 0.0;
        let mut tracks = Vec::new();
        for (index, (label, depths)) in (0_u32..).zip(&overview.tracks) {
            // A track that has nothing would be a name above nothing.
            if (!only.is_empty() && !only.contains(&index)) || *depths == 0 {
                continue;
            }
            tracks.push(Track { index, label: label.clone(), depths: *depths, top });
            top += HEADING_HEIGHT + f64::from(*depths) * ROW_HEIGHT + TRACK_PADDING;
        }
        let has_idle = overview.clock == Clock::Recorded;
        Self { tracks, lanes: Vec::new(), length: overview.length, is_time: is_time || has_idle, has_idle }
    }

    /// Those that are shown.
    pub fn shown(&self) -> &[Track] {
        &self.tracks
    }

    /// How high all of them are together, CSS pixels.
    pub fn height(&self) -> f64 {
        let below = self.lanes.last().map_or(0.0, Lane::bottom);
        self.tracks.last().map_or(0.0, Track::bottom).max(below)
    }

    /// The one that is at this place in the profile.
    pub fn of(&self, index: u32) -> Option<&Track> {
        self.tracks.iter().find(|track| track.index == index)
    }
}

impl Track {
    /// Where it ends, the space below it included.
    pub fn bottom(&self) -> f64 {
        self.top + HEADING_HEIGHT + f64::from(self.depths) * ROW_HEIGHT + TRACK_PADDING
    }
}

/// What part of the tracks is on screen. Lengths are CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    /// The moment at the left edge.
    pub from: f64,
    /// The moment at the right edge.
    pub to: f64,
    /// How far the first track is scrolled out.
    pub scroll: f64,
    /// Width.
    pub width: f64,
    /// Height, axis included.
    pub height: f64,
    /// Device pixels of one CSS pixel.
    pub pixel_ratio: f64,
}

impl Viewport {
    /// All of the time, from the first track on.
    pub fn whole(tracks: &Tracks, width: f64, height: f64, pixel_ratio: f64) -> Self {
        Self { from: 0.0, to: tracks.length, scroll: 0.0, width, height, pixel_ratio }
    }

    /// Whether all of the time is on screen.
    pub fn is_whole(&self, tracks: &Tracks) -> bool {
        let near = tracks.length * 1e-9;
        self.from <= near && self.to >= tracks.length - near
    }

    fn span(&self) -> f64 {
        self.to - self.from
    }

    /// How long a device pixel is.
    pub fn pixel(&self) -> f64 {
        self.span() / (self.width * self.pixel_ratio).max(1.0)
    }

    /// Spans shorter than this are put together: a million of them are fewer boxes than a canvas draws in a frame.
    pub fn least(&self) -> f64 {
        self.pixel() * self.pixel_ratio * MERGED
    }

    /// Where a moment is.
    pub fn x_of(&self, moment: f64) -> f64 {
        if self.span() > 0.0 { (moment - self.from) / self.span() * self.width } else { 0.0 }
    }

    /// Which moment is at `x`.
    pub fn moment_at(&self, x: f64) -> f64 {
        if self.width > 0.0 { self.from + x / self.width * self.span() } else { self.from }
    }

    /// [`Self::moment_at`], within what was recorded.
    pub fn moment_within(&self, tracks: &Tracks, x: f64) -> f64 {
        self.moment_at(x).clamp(0.0, tracks.length)
    }

    /// Top of a track.
    pub fn track_top(&self, track: &Track) -> f64 {
        AXIS_HEIGHT + track.top - self.scroll
    }

    /// Top of a row of a track.
    pub fn row_top(&self, track: &Track, depth: u32) -> f64 {
        self.track_top(track) + HEADING_HEIGHT + f64::from(depth) * ROW_HEIGHT
    }

    /// The track and depth at `y`.
    pub fn row_at(&self, tracks: &Tracks, y: f64) -> Option<(u32, u32)> {
        if y < AXIS_HEIGHT || self.is_in_lane(tracks, y) {
            return None;
        }
        let down = y - AXIS_HEIGHT + self.scroll;
        let after = tracks.tracks.partition_point(|track| track.top <= down);
        let track = tracks.tracks.get(after.checked_sub(1)?)?;
        let row = ((down - track.top - HEADING_HEIGHT) / ROW_HEIGHT).floor();
        (row >= 0.0 && row < f64::from(track.depths)).then_some((track.index, row as u32))
    }

    /// The rows that are at least partly on screen, and `around` CSS pixels above and below: tracks, first depths, and
    /// ends.
    pub fn rows(&self, tracks: &Tracks, around: f64) -> Vec<(u32, u32, u32)> {
        let (top, bottom) = (self.scroll - around, self.scroll + self.height - AXIS_HEIGHT + around);
        let mut rows = Vec::new();
        for track in &tracks.tracks {
            let at = |y: f64| (y - track.top - HEADING_HEIGHT) / ROW_HEIGHT;
            let first = at(top).floor().clamp(0.0, f64::from(track.depths)) as u32;
            let end = at(bottom).ceil().clamp(0.0, f64::from(track.depths)) as u32;
            if first < end {
                rows.push((track.index, first, end));
            }
        }
        rows
    }

    /// Ticks of the axis; on an axis of samples, whole numbers of them.
    pub fn ticks(&self, tracks: &Tracks) -> Vec<Tick> {
        if tracks.is_time {
            let ticks =
                time_axis::ticks(self.from * 1e3, self.to * 1e3, self.width, SPACING, AxisClock::Relative);
            return ticks.into_iter().map(|tick| Tick { value: tick.value / 1e3, ..tick }).collect();
        }
        let step = time_axis::step_of_at_least(self.span() * SPACING / self.width.max(1.0)).max(1.0).round();
        let first = (self.from / step).ceil();
        let count = ((self.to / step).floor() - first + 1.0).clamp(0.0, self.width / SPACING + 2.0) as u32;
        let tick = |at: u32| {
            let value = (first + f64::from(at)) * step;
            Tick { value, label: crate::format::count(value as i64) }
        };
        (0..count).map(tick).collect()
    }

    /// With moments and scroll inside what there is.
    #[must_use]
    pub fn clamped(mut self, tracks: &Tracks) -> Self {
        let length = tracks.length;
        // Below a billionth of the whole, doubles no longer tell neighbours apart.
        let span = self.span();
        let span = if span.is_finite() { span.clamp(length * 1e-9, length) } else { length };
        let from = if self.from.is_finite() { self.from } else { 0.0 };
        self.from = from.clamp(0.0, length - span);
        if self.from < length * 1e-9 {
            self.from = 0.0;
        }
        self.to = self.from + span;
        let most = (tracks.height() - (self.height - AXIS_HEIGHT)).max(0.0);
        self.scroll = self.scroll.clamp(0.0, most);
        self
    }

    /// With these moments at its edges.
    #[must_use]
    pub fn between(self, tracks: &Tracks, from: f64, to: f64) -> Self {
        Self { from, to, ..self }.clamped(tracks)
    }

    /// Zoomed by `factor` (below 1 is closer) so that the moment at `x` stays there.
    #[must_use]
    pub fn zoomed_about(mut self, tracks: &Tracks, x: f64, factor: f64) -> Self {
        let fixed = self.moment_at(x);
        let span = (self.span() * factor).clamp(tracks.length * 1e-9, tracks.length);
        let share = if self.width > 0.0 { x / self.width } else { 0.5 };
        self.from = fixed - share * span;
        self.to = self.from + span;
        self.clamped(tracks)
    }

    /// Moved by pixels, as if the picture were dragged.
    #[must_use]
    pub fn dragged(mut self, tracks: &Tracks, dx: f64, dy: f64) -> Self {
        let shift = if self.width > 0.0 { dx / self.width * self.span() } else { 0.0 };
        self.from -= shift;
        self.to -= shift;
        self.scroll -= dy;
        self.clamped(tracks)
    }

    /// Moved as little as is needed to have a span on screen.
    #[must_use]
    pub fn revealing(mut self, tracks: &Tracks, (track, depth): (u32, u32), (from, to): (f64, f64)) -> Self {
        if let Some(track) = tracks.of(track) {
            let top = track.top + HEADING_HEIGHT + f64::from(depth) * ROW_HEIGHT;
            let room = (self.height - AXIS_HEIGHT).max(ROW_HEIGHT);
            let margin = (2.0 * ROW_HEIGHT).min(room / 4.0);
            if top - margin < self.scroll {
                self.scroll = top - margin;
            } else if top + ROW_HEIGHT + margin > self.scroll + room {
                self.scroll = top + ROW_HEIGHT + margin - room;
            }
        }
        if to <= self.from || from >= self.to {
            let span = self.span().max(to - from);
            self.from = f64::midpoint(from, to) - span / 2.0;
            self.to = self.from + span;
        }
        self.clamped(tracks)
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

/// What was asked for of the spans, to be drawn in any viewport near it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Boxes {
    /// The columns.
    pub columns: SpanBoxes,
    /// By track and depth: its boxes.
    rows: FxHashMap<(u32, u32), Range<usize>>,
    /// From when to when they are.
    pub moments: (f64, f64),
    /// How short spans were put together.
    pub least: f64,
    /// Which rows were asked for.
    pub asked: Vec<(u32, u32, u32)>,
    /// Which text was searched for.
    pub search: String,
}

impl Boxes {
    /// The answer to a question about these moments, pixels, rows and text.
    pub fn new(
        columns: SpanBoxes,
        moments: (f64, f64),
        least: f64,
        asked: Vec<(u32, u32, u32)>,
        search: String,
    ) -> Self {
        let mut rows: FxHashMap<(u32, u32), Range<usize>> = FxHashMap::default();
        // They come row by row.
        let row = |at: usize| (columns.track.get(at), columns.depth.get(at));
        let count = columns.track.len().min(columns.depth.len());
        let mut first = 0;
        for at in 1..=count {
            if at == count || row(at) != row(first) {
                rows.insert((columns.track[first], columns.depth[first]), first..at);
                first = at;
            }
        }
        Self { columns, rows, moments, least, asked, search }
    }

    /// Whether they are enough to draw `view` as finely as it can be.
    pub fn suit(&self, view: &Viewport, tracks: &Tracks, search: &str) -> bool {
        let (from, to) = (view.from.max(0.0), view.to.min(tracks.length));
        let near = (to - from) * 1e-6;
        let has_row = |&(track, first, end): &(u32, u32, u32)| {
            self.asked.iter().any(|&(of, from, to)| of == track && from <= first && end <= to)
        };
        self.search == search
            && self.moments.0 <= from + near
            && to <= self.moments.1 + near
            // A little coarser is not seen; much finer is too much to draw.
            && self.least <= view.least() * 1.5
            && self.least >= view.least() * 0.4
            && view.rows(tracks, 0.0).iter().all(has_row)
    }

    /// The boxes of a row that reach into a stretch of time.
    pub fn row(&self, track: u32, depth: u32, from: f64, to: f64) -> Range<usize> {
        let Some(row) = self.rows.get(&(track, depth)) else { return 0..0 };
        let first = self.columns.end[row.clone()].partition_point(|&end| end < from);
        let after = self.columns.start[row.clone()].partition_point(|&start| start <= to);
        row.start + first..row.start + after.max(first)
    }

    /// The box at a point, or as near as a pixel: what is short is drawn a pixel wide.
    pub fn hit(&self, tracks: &Tracks, view: &Viewport, x: f64, y: f64) -> Option<usize> {
        if !(0.0..=view.width).contains(&x) || y > view.height {
            return None;
        }
        let (track, depth) = view.row_at(tracks, y)?;
        let moment = view.moment_at(x);
        let near = view.pixel() * 2.0;
        let away = |at: usize| (self.columns.start[at] - moment).max(moment - self.columns.end[at]).max(0.0);
        self.row(track, depth, moment - near, moment + near).min_by(|&a, &b| away(a).total_cmp(&away(b)))
    }

    /// Where a span is, if it is a box of its own.
    pub fn find(&self, track: u32, span: u32) -> Option<usize> {
        let columns = &self.columns;
        (0..columns.span.len())
            .find(|&at| columns.track[at] == track && columns.span[at] == span && columns.count[at] == 1)
    }
}
