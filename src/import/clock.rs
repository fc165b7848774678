//! The log's clock over changes of the clocks: stamps are wall-clock time, which runs an hour twice in
//! autumn and skips one in spring. Times are kept on the clock of the log's first zone, so that statements
//! stay in order and last as long as they did; what was done is said.

use super::stamp::Stamp;
use crate::document::{Diagnostics, Level};

/// Abbreviations of daylight saving time that logs write (the
/// [tz database](https://www.iana.org/time-zones)'s); others are taken for standard time.
static SUMMER: &[&[u8]] = &[
    b"CEST", b"EEST", b"WEST", b"BST", b"IST", b"EDT", b"CDT", b"MDT", b"PDT", b"AKDT", b"ADT", b"NDT",
    b"HDT", b"NZDT", b"AEDT", b"ACDT", b"LHDT", b"MSD", b"IDT", b"CLST", b"PYST",
];

const HOUR: f64 = 3_600_000.0;

/// A clock that falls back does so by an hour; the lines around it are some minutes apart at most.
const FOLD: std::ops::RangeInclusive<f64> = 45.0 * 60_000.0..=HOUR;

/// Lines of several processes may be written a moment late.
const JITTER: f64 = 1000.0;

/// Follows the stamps of a log.
#[derive(Debug)]
pub struct Clock {
    /// The zone of the last stamp that has one.
    zone: Vec<u8>,
    /// Milliseconds to add to what is written.
    shift: f64,
    /// The latest time so far, shifted.
    latest: f64,
    started: bool,
    /// How late lines may come, ms.
    jitter: f64,
}

impl Default for Clock {
    fn default() -> Self {
        Self::with_jitter(JITTER)
    }
}

impl Clock {
    /// Of a log whose lines may come `jitter` ms late.
    pub fn with_jitter(jitter: f64) -> Self {
        Self { zone: Vec::new(), shift: 0.0, latest: 0.0, started: false, jitter }
    }

    /// The time of a stamp as [`stamp`](super::stamp) reads it.
    pub fn of(
        &mut self,
        stamp: &Stamp,
        diagnostics: &mut Diagnostics,
        place: impl FnOnce() -> Option<String>,
    ) -> f64 {
        let zone = stamp.zone.as_deref().unwrap_or_default().as_bytes();
        self.time(stamp.milliseconds, zone, diagnostics, place)
    }

    /// The time of a stamp on the clock of the log's first zone.
    pub fn time(
        &mut self,
        stamp: f64,
        zone: &[u8],
        diagnostics: &mut Diagnostics,
        place: impl FnOnce() -> Option<String>,
    ) -> f64 {
        if stamp.is_nan() {
            return stamp;
        }
        if !zone.is_empty() && zone != self.zone {
            if self.zone.is_empty() {
                self.zone = zone.to_vec();
            } else {
                return self.changed(stamp, zone, diagnostics, place);
            }
        }
        let time = stamp + self.shift;
        if !self.started {
            (self.started, self.latest) = (true, time);
        }
        if zone.is_empty() | zone.eq(b"local") && sprang(self.latest - self.shift, stamp) {
            self.shift -= HOUR;
            let message = "the clock sprang forward by an hour, as it does when daylight saving time begins: times after that \
                are an hour less than written, so that no silence is where none was";
            diagnostics.note(Level::Warning, message, place);
            self.latest = stamp + self.shift;
            return self.latest;
        }
        let back = self.latest - time;
        if back <= self.jitter {
            self.latest = self.latest.max(time);
            return time;
        }
        if FOLD.contains(&back) && zone.is_empty() | zone.eq(b"local") {
            self.shift += HOUR;
            let message = "the clock fell back by about an hour, as it does when daylight saving time ends: times \
                after that are an hour more than written, so that statements stay in order";
            diagnostics.note(Level::Warning, message, place);
            self.latest = self.latest.max(time + HOUR);
            return time + HOUR;
        }
        let message = "the log's times run backwards here: the clock was set, or parts of logs were put \
            together in another order";
        diagnostics.note(Level::Warning, message, place);
        // Said once for each step, not for each line after it.
        self.latest = time;
        time
    }

    /// The zone changed.
    fn changed(
        &mut self,
        stamp: f64,
        zone: &[u8],
        diagnostics: &mut Diagnostics,
        place: impl FnOnce() -> Option<String>,
    ) -> f64 {
        // UTC beside offsets is one of them: London's `+0000` and `+0100`. Beside names it is another clock.
        let is_offset = |zone: &[u8]| offset(zone).is_some();
        let of = |zone: &[u8], other: &[u8]| match zone {
            b"UTC" if is_offset(other) => Some(0.0),
            zone => offset(zone),
        };
        let known = match (of(&self.zone, zone), of(zone, &self.zone)) {
            (Some(before), Some(after)) => Some(before - after),
            _ if self.zone == b"UTC" || zone == b"UTC" => None,
            _ => match (SUMMER.contains(&self.zone.as_slice()), SUMMER.contains(&zone)) {
                (true, false) => Some(HOUR),
                (false, true) => Some(-HOUR),
                _ => None,
            },
        };
        self.zone = zone.to_vec();
        let message = match known {
            Some(difference) => {
                self.shift += difference;
                "the zone changes within the log (daylight saving time): times after that are on the clock \
                 before it, so that statements stay in order"
            }
            None => "the time zone changes within the log: times after that are off by the difference",
        };
        let level = if known.is_some() { Level::Info } else { Level::Warning };
        diagnostics.note(level, message, place);
        let time = stamp + self.shift;
        self.latest = time;
        time
    }
}

/// Lines around the change of the clocks are so near to it, ms: more may be a silence of the site's own.
const NEAR: f64 = 120_000.0;

/// Whether clocks without a zone sprang forward between two stamps: an hour is missing, on a Sunday in spring of either
/// hemisphere, from one, two or three o'clock on.
fn sprang(before: f64, after: f64) -> bool {
    const DAY: f64 = 24.0 * HOUR;
    if !(HOUR..=HOUR + 2.0 * NEAR).contains(&(after - before)) {
        return false;
    }
    let begins = (before / HOUR).ceil() * HOUR;
    let day = (begins / DAY).floor();
    // 1970 began on a Thursday.
    let is_sunday = (day + 4.0).rem_euclid(7.0) == 0.0;
    let hour = (begins - day * DAY) / HOUR;
    let date = crate::format::date(begins);
    let is_season = matches!(date.get(5..7), Some("03" | "04" | "09" | "10" | "11"));
    is_sunday
        && is_season
        && (1.0..=3.0).contains(&hour)
        && begins - before <= NEAR
        && (0.0..=NEAR).contains(&(after - begins - HOUR))
}

/// Milliseconds of `+02`, `+0200` or `+02:00`; none of a zone that has a name.
fn offset(zone: &[u8]) -> Option<f64> {
    let sign = match zone.first()? {
        b'+' => 1.0,
        b'-' => -1.0,
        _ => return None,
    };
    let digits: Vec<u8> = zone[1..].iter().copied().filter(|&byte| byte != b':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let part = |at: usize| {
        digits.get(at..at + 2).map_or(0.0, |two| f64::from((two[0] - b'0') * 10 + (two[1] - b'0')))
    };
    Some(sign * (part(0) * HOUR + part(2) * 60_000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times of stamps, in minutes, and what was said.
    fn times(stamps: &[(f64, &str)]) -> (Vec<f64>, Vec<String>) {
        let (mut clock, mut diagnostics) = (Clock::default(), Diagnostics::default());
        let times = stamps
            .iter()
            .map(|&(minutes, zone)| {
                clock.time(minutes * 60_000.0, zone.as_bytes(), &mut diagnostics, || None) / 60_000.0
            })
            .collect();
        let said =
            diagnostics.entries().iter().map(|entry| entry.message.chars().take(30).collect()).collect();
        (times, said)
    }

    #[test]
    fn an_hour_that_runs_twice_runs_on() {
        let zone = vec!["the zone changes within the lo".to_owned()];
        assert_eq!(
            times(&[(179.0, "CEST"), (120.0, "CET"), (121.0, "CET")]),
            (vec![179.0, 180.0, 181.0], zone.clone())
        );
        assert_eq!(
            times(&[(119.0, "CET"), (180.0, "CEST"), (181.0, "CEST")]),
            (vec![119.0, 120.0, 121.0], zone.clone())
        );
        assert_eq!(times(&[(179.0, "+02"), (120.0, "+01:00")]), (vec![179.0, 180.0], zone.clone()));
        assert_eq!(times(&[(0.0, "+0530"), (0.0, "-0330")]), (vec![0.0, 540.0], zone.clone()));
        assert_eq!(times(&[(59.0, "UTC"), (120.0, "+0100"), (61.0, "UTC")]), (vec![59.0, 60.0, 61.0], zone));
        let fell = vec!["the clock fell back by about a".to_owned()];
        assert_eq!(times(&[(179.0, ""), (121.0, ""), (122.0, "")]), (vec![179.0, 181.0, 182.0], fell));
    }

    #[test]
    fn an_hour_that_is_skipped_is_no_silence() {
        // Minutes of Sunday, the 29th of March 2026, and of the day before it.
        let sunday = 20_541.0 * 1440.0;
        let sprang = vec!["the clock sprang forward by an".to_owned()];
        let (found, said) = times(&[(sunday + 119.0, ""), (sunday + 180.5, ""), (sunday + 181.0, "")]);
        assert_eq!(found, vec![sunday + 119.0, sunday + 120.5, sunday + 121.0]);
        assert_eq!(said, sprang);
        for others in [
            [(sunday - 1440.0 + 119.0, ""), (sunday - 1440.0 + 180.5, "")],
            [(sunday + 119.0, "UTC"), (sunday + 180.5, "UTC")],
            [(sunday + 100.0, ""), (sunday + 161.0, "")],
            [(sunday + 119.0, ""), (sunday + 200.0, "")],
        ] {
            let (found, said) = times(&others);
            assert_eq!(found, others.map(|(minutes, _)| minutes));
            assert_eq!(said.len(), 0);
        }
    }

    #[test]
    fn other_steps_back_are_said_once() {
        let back = vec!["the log's times run backwards ".to_owned()];
        assert_eq!(
            times(&[(500.0, "UTC"), (100.0, "UTC"), (101.0, "UTC")]),
            (vec![500.0, 100.0, 101.0], back.clone())
        );
        // UTC has no daylight saving time.
        assert_eq!(times(&[(179.0, "UTC"), (120.0, "UTC")]), (vec![179.0, 120.0], back));
        let off = vec!["the time zone changes within t".to_owned()];
        assert_eq!(times(&[(10.0, "UTC"), (70.0, "CET"), (71.0, "CET")]), (vec![10.0, 70.0, 71.0], off));
        // Lines of several processes, a moment late.
        assert_eq!(times(&[(10.0, "UTC"), (9.999, "UTC")]), (vec![10.0, 9.999], vec![]));
    }
}
