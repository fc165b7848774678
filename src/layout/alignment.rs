//! Where the statements of a log are in the time of the profile beside it.
//!
//! Both must say what time of day it was. Nothing is shifted to make them fit: what is told by is the two files' clocks,
//! and how exactly is said with it.

use crate::profile::spans::Clock;
use crate::protocol::{QueriesOverview, SpansOverview};

/// What a profile's and a log's clock of one machine differ by at least, ms: each reads it by itself, and what a
/// recorder does between that and the call takes time as well.
const LEAST: f64 = 0.1;
/// Clocks on walls differ by multiples of so many minutes.
const STEP: i32 = 15;
/// From how many of them west of Greenwich to how many east there are clocks.
const ZONES: std::ops::RangeInclusive<i32> = -48..=56;
const MINUTE: f64 = 60_000.0;

/// How moments of a profile become those of a log, and back.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// The profile's moment 0, ms since the log's first start.
    zero: f64,
    /// How long the profile is, seconds.
    length: f64,
    /// How long the log is, ms.
    log: f64,
    /// How far what is shown at one moment may have been apart, ms, if both files are of one machine.
    pub tolerance: f64,
    /// How many minutes before Greenwich the log's clock is, if the log does not say it and it was found by where the two
    /// overlap: by no other zone's clock they do.
    pub assumed: Option<i32>,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// The profile does not say at what time of day it began.
    Profile,
    /// The log has no time of day.
    Log,
    /// The log does not say in which zone its times are, and several fit.
    Zone,
    /// They are of different times.
    Times,
}

impl Apart {
    /// The reason, as a sentence.
    pub fn text(self) -> &'static str {
        match self {
            Self::Profile => "the profile does not say at what time of day it began",
            Self::Log => "the log does not say at what time of day its statements ran",
            Self::Zone => "the log does not say in which time zone its times are",
            Self::Times => "the two were recorded at different times",
        }
    }
}

impl Alignment {
    /// Of a profile and a log.
    ///
    /// # Errors
    /// Why they cannot be put on one axis.
    pub fn of(spans: &SpansOverview, log: &QueriesOverview) -> Result<Self, Apart> {
        let beginning = spans.beginning.filter(|_| spans.clock == Clock::Recorded).ok_or(Apart::Profile)?;
        let (origin, end) = log.span.filter(|_| log.wall_clock).ok_or(Apart::Log)?;
        let tolerance = log.grain.max(LEAST);
        let with = |minutes: i32| Self {
            zero: beginning + f64::from(minutes) * MINUTE - origin,
            length: spans.length,
            log: end - origin,
            tolerance,
            assumed: None,
        };
        if let Some(minutes) = log.zone.as_deref().and_then(minutes_of) {
            let alignment = with(minutes);
            return if alignment.overlaps() { Ok(alignment) } else { Err(Apart::Times) };
        }
        let mut fitting = ZONES.map(|steps| steps * STEP).filter(|&minutes| with(minutes).overlaps());
        match (fitting.next(), fitting.next()) {
            (Some(minutes), None) => Ok(Self { assumed: Some(minutes), ..with(minutes) }),
            (None, _) => Err(Apart::Times),
            _ => Err(Apart::Zone),
        }
    }

    fn overlaps(&self) -> bool {
        self.zero <= self.log + self.tolerance && self.zero + self.length * 1e3 >= -self.tolerance
    }

    /// A moment of the profile as one of the log: ms since its first start.
    pub fn in_log(&self, moment: f64) -> f64 {
        moment * 1e3 + self.zero
    }

    /// A moment of the log, ms since its first start, as one of the profile.
    pub fn in_profile(&self, moment: f64) -> f64 {
        (moment - self.zero) / 1e3
    }

    /// The range of the log that a range of the profile is.
    pub fn range_in_log(&self, (from, to): (f64, f64)) -> (f64, f64) {
        (self.in_log(from), self.in_log(to))
    }

    /// What of the profile is in a range of the log; `None` for all of it, or nothing.
    pub fn range_in_profile(&self, (from, to): (f64, f64)) -> Option<(f64, f64)> {
        let (from, to) = (self.in_profile(from).max(0.0), self.in_profile(to).min(self.length));
        (from < to && (from > 0.0 || to < self.length)).then_some((from, to))
    }

    /// The part of the log that the profile is, with what is as near as it can be told.
    pub fn part_of_log(&self) -> (f64, f64) {
        let (from, to) = self.range_in_log((0.0, self.length));
        (from - self.tolerance, to + self.tolerance)
    }

    /// How the two are put together, as the rest of a sentence: `by the time of day, to ± 100 µs …`.
    pub fn text(&self) -> String {
        let tolerance = crate::format::milliseconds(self.tolerance);
        let zone = self.assumed.map(|minutes| {
            let (sign, size) = if minutes < 0 { ('−', -minutes) } else { ('+', minutes) };
            format!(
                "; the log names no zone, and only with UTC{sign}{}:{:02} the two overlap",
                size / 60,
                size % 60
            )
        });
        format!(
            "by the time of day, to ± {tolerance} if both were recorded on one machine{}",
            zone.unwrap_or_default()
        )
    }
}

/// How many minutes before Greenwich a zone is that says so itself: `UTC`, `Z`, `+02:00`, `-0330`. Names such as `CET`
/// are several places'.
fn minutes_of(zone: &str) -> Option<i32> {
    let zone = zone.trim();
    if ["UTC", "GMT", "Z", "Etc/UTC"].iter().any(|name| name.eq_ignore_ascii_case(zone)) {
        return Some(0);
    }
    let (sign, rest) = match zone.as_bytes().first()? {
        b'+' => (1, &zone[1..]),
        b'-' => (-1, &zone[1..]),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|letter| *letter != ':').collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.as_str(), "0"),
        3 | 4 => digits.split_at(digits.len() - 2),
        _ => return None,
    };
    Some(sign * (hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?))
}
