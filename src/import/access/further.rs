//! Logs whose layout changes on the way, as after a reload of a server that is told to log durations from now on: what the first
//! layout cannot read is kept for some lines, and a layout is worked out of them. Where lines of two layouts stand by turns, two
//! servers may have logged the same requests: these are not counted twice.

use super::layout::{self, Layout, Odd, Seen, Server};
use super::{Lines, unquoted};
use crate::document::{Diagnostics, LOGS, Level};
use crate::import::clock::Clock;
use crate::import::records::shown;
use crate::queries::served::ServedBuilder;
use crate::requests::Moment;
use crate::requests::patterns::Patterns;

/// Lines of workers that write at once come a moment late; those of servers that log beginnings, by as long as requests take.
const LATE: f64 = 300_000.0;

/// So many layouts are read beside the first one.
const MOST: usize = 3;

/// So often one is worked out: odd lines that have none in common are not tried again and again.
const ATTEMPTS: usize = 6;

/// Of so many lines one is worked out; of half of them if the first layout is back then, of fewer at the end of the log, but not
/// of a few.
const ENOUGH: usize = 32;
const FEWEST: usize = 5;

/// One line of the first layout among so many others does not say that it is back: workers that are told to stop write some more.
const STRAGGLERS: usize = 4;

/// Longer lines are not kept, bytes.
const LONGEST: usize = 1 << 16;

/// What is put together of the log's lines.
pub(super) struct Reading {
    pub builder: ServedBuilder,
    pub diagnostics: Diagnostics,
    /// The first one that is written.
    pub zone: Option<String>,
    clock: Clock,
}

impl Reading {
    pub fn with(patterns: Patterns) -> Self {
        Self {
            builder: ServedBuilder::with(patterns),
            diagnostics: Diagnostics::default(),
            zone: None,
            clock: Clock::with_jitter(LATE),
        }
    }

    /// Says of a request where its record is, `(byte, bytes)`, and when it was on the log's clock.
    pub fn place(
        &mut self,
        seen: &mut Seen<'_>,
        (offset, length): (u64, u32),
        place: impl Fn() -> Option<String>,
    ) {
        let entry = &mut seen.entry;
        if !entry.stamp.is_nan() {
            if self.zone.is_none() && !seen.zone.is_empty() {
                self.zone = Some(String::from_utf8_lossy(seen.zone).into_owned());
            }
            entry.stamp = self.clock.time(entry.stamp, seen.zone, &mut self.diagnostics, &place);
        }
        (entry.offset, entry.length) = (offset, length);
        let message = match seen.odd {
            None => return,
            Some(Odd::Unit) => {
                "durations that have no point among such that have one are in another unit, and were left out: give each \
                 layout a file"
            }
            Some(Odd::Unread) => "durations that are below zero or no numbers were left out",
        };
        self.diagnostics.note(Level::Warning, message, place);
    }
}

/// A line that no layout reads yet.
pub(super) struct Kept {
    text: Vec<u8>,
    /// Its number, where its record begins, and how many bytes that has.
    record: (u64, u64, u32),
}

impl Kept {
    pub fn of(line: &[u8], record: (u64, u64, u32)) -> Self {
        Self { text: line[..line.len().min(LONGEST)].to_vec(), record }
    }
}

/// The layouts that follow the first one.
#[derive(Default)]
pub(super) struct Further {
    layouts: Vec<Layout>,
    kept: Vec<Kept>,
    /// How many lines of the first layout stand between those that are kept.
    between: usize,
    attempts: usize,
}

impl Further {
    /// What a line says that the first layout does not read.
    pub fn read<'l>(&self, line: &'l [u8]) -> Option<Seen<'l>> {
        self.layouts.iter().find_map(|layout| layout.read(line))
    }

    /// Keeps a line that no layout reads, until there are enough of them to work one out.
    pub fn keep(&mut self, line: Kept, first: &dyn Lines, reading: &mut Reading) {
        self.kept.push(line);
        let is_over = self.layouts.len() >= MOST || self.attempts >= ATTEMPTS;
        if is_over || self.kept.len() >= ENOUGH {
            self.work_out(ENOUGH, first, reading);
        }
    }

    /// Counts a line that the first layout reads.
    pub fn pass(&mut self, first: &dyn Lines, reading: &mut Reading) {
        if self.kept.is_empty() {
            return;
        }
        self.between += 1;
        if self.between * STRAGGLERS > self.kept.len() {
            self.work_out(ENOUGH / 2, first, reading);
        }
    }

    /// Reads what is kept.
    pub fn finish(&mut self, first: &dyn Lines, reading: &mut Reading) {
        self.work_out(FEWEST, first, reading);
    }

    /// Reads what is kept; if that is at least so many lines, by a layout that is worked out of them.
    fn work_out(&mut self, least: usize, first: &dyn Lines, reading: &mut Reading) {
        let kept = std::mem::take(&mut self.kept);
        self.between = 0;
        if kept.len() >= least && self.layouts.len() < MOST && self.attempts < ATTEMPTS {
            self.attempts += 1;
            let text: Vec<u8> =
                kept.iter().flat_map(|line| line.text.iter().copied().chain([b'\n'])).collect();
            if let Some(layout) = first.further(&text) {
                let (number, ..) = kept[0].record;
                let message = format!(
                    "the layout of requests changes: from line {number} on there is also {}",
                    layout.in_words()
                );
                reading.diagnostics.note(Level::Info, &message, || None);
                layout.say(&mut reading.diagnostics);
                self.layouts.push(layout);
            }
        }
        for Kept { text, record: (number, offset, length) } in &kept {
            let place = || Some(format!("line {number}: {}", shown(text)));
            match self.read(text) {
                Some(mut seen) => {
                    reading.place(&mut seen, (*offset, *length), place);
                    reading.builder.push(&seen.entry);
                }
                None => {
                    let message = "requests of another layout than the first ones were skipped: give each layout a file";
                    reading.diagnostics.note(Level::Warning, message, place);
                }
            }
        }
    }

    /// What the stamps are, and how fine durations are, ms: the coarsest of those that the layouts have.
    pub fn times(&self, first: &dyn Lines) -> (Moment, f64) {
        let (moment, step) = first.times();
        (moment, self.layouts.iter().fold(step, |step, layout| step.max(layout.step)))
    }

    /// Whether the unit of one's durations is taken from the point in their numbers.
    pub fn is_guessed(&self) -> bool {
        self.layouts.iter().any(|layout| layout.is_guessed)
    }

    /// Whether one has a number that may be a duration, in a unit that cannot be told.
    pub fn is_ambiguous(&self) -> bool {
        self.layouts.iter().any(|layout| layout.ambiguous.is_some())
    }

    /// What was inferred of all, to be shown.
    pub fn inferred(&self, first: &dyn Lines) -> Option<String> {
        let mut text = first.inferred()?;
        for layout in &self.layouts {
            text.push_str("; and ");
            text.push_str(&layout.in_words());
        }
        Some(text)
    }
}

/// The layout of requests that `first` does not read, if it reads nearly all of them.
pub(super) fn layout_of(first: &Layout, requests: &[u8]) -> Option<Layout> {
    // Who gives a layout means that one.
    if !LOGS || first.is_given {
        return None;
    }
    let mut layout = Layout::of(requests).or_else(|| unquoted::worked_out(requests))?;
    if layout.server == Server::Any && first.server != Server::Any {
        (layout.server, layout.moment) = (first.server, first.moment);
    }
    let all = layout::lines(requests).count();
    let read = layout::lines(requests).filter(|line| layout.read(line).is_some()).count();
    (read * 10 >= all * 9).then_some(layout)
}
