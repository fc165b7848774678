//! Time stamps as logs write them, as milliseconds on the log's own clock.

use std::ops::Range;

/// A time stamp found in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamp {
    /// Milliseconds since 1970-01-01T00:00 on the clock that wrote it, whatever its zone.
    pub milliseconds: f64,
    /// The step of that clock, ms, by its digits.
    pub resolution: f64,
    /// Its bytes, zone included.
    pub range: Range<usize>,
    /// The zone, if it is written: `UTC` for `Z`.
    pub zone: Option<String>,
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar
/// (<https://howardhinnant.github.io/date_algorithms.html#days_from_civil>).
pub fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The number that `bytes` spell with digits only.
fn number(bytes: Option<&[u8]>) -> Option<i64> {
    let bytes = bytes?;
    bytes
        .iter()
        .try_fold(0_i64, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
}

/// A time of day.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// Since midnight.
    pub milliseconds: f64,
    /// Step, ms.
    pub resolution: f64,
    /// One past its last byte.
    pub end: usize,
}

/// The time of day `HH:MM:SS`, with a fraction after `.` or `,`, at `at`.
pub fn time(text: &[u8], at: usize) -> Option<Time> {
    let part = |from: usize| number(text.get(at + from..at + from + 2));
    let (hour, minute, second) = (part(0)?, part(3)?, part(6)?);
    let colons = text.get(at + 2) == Some(&b':') && text.get(at + 5) == Some(&b':');
    if !colons || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let mut milliseconds = ((hour * 60 + minute) * 60 + second) as f64 * 1000.0;
    let mut end = at + 8;
    let mut resolution = 1000.0;
    if matches!(text.get(end), Some(b'.' | b',')) {
        let digits = text[end + 1..].iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 {
            let fraction = number(text.get(end + 1..end + 1 + digits))?;
            let parts = 10_f64.powi(digits as i32);
            milliseconds += fraction as f64 * 1000.0 / parts;
            resolution = 1000.0 / parts;
            end += 1 + digits;
        }
    }
    Some(Time { milliseconds, resolution, end })
}

/// Milliseconds of the date `YYYY-MM-DD` (or with slashes) at `at`.
pub fn date(text: &[u8], at: usize) -> Option<f64> {
    let separators = (text.get(at + 4)?, text.get(at + 7)?);
    if !matches!(separators, (b'-', b'-') | (b'/', b'/')) {
        return None;
    }
    let (year, month, day) = (
        number(text.get(at..at + 4))?,
        number(text.get(at + 5..at + 7))?,
        number(text.get(at + 8..at + 10))?,
    );
    ((1..=12).contains(&month) && (1..=31).contains(&day))
        .then(|| days(year, month, day) as f64 * 86_400_000.0)
}

const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// The stamp that begins at `at`: ISO 8601, `logging`'s `2026-11-23 05:34:15,244`, or Django's server
/// time `23/Nov/2026 05:34:15`.
pub fn parse(text: &[u8], at: usize) -> Option<Stamp> {
    if let Some(day) = date(text, at) {
        if !matches!(text.get(at + 10), Some(b' ' | b'T')) {
            return None;
        }
        let time = time(text, at + 11)?;
        let (zone, end) = zone(text, time.end);
        let milliseconds = day + time.milliseconds;
        return Some(Stamp { milliseconds, resolution: time.resolution, range: at..end, zone });
    }
    let month = MONTHS.iter().position(|&month| text.get(at + 3..at + 6) == Some(month))? as i64 + 1;
    let (day, year) = (number(text.get(at..at + 2))?, number(text.get(at + 7..at + 11))?);
    if text.get(at + 2) != Some(&b'/') || text.get(at + 6) != Some(&b'/') || !(1..=31).contains(&day) {
        return None;
    }
    let time = time(text, at + 12)?;
    let milliseconds = days(year, month, day) as f64 * 86_400_000.0 + time.milliseconds;
    Some(Stamp { milliseconds, resolution: time.resolution, range: at..time.end, zone: None })
}

/// `Z`, `UTC`, `+02`, `+0200`, `+02:00`, ` +0200` at `at`.
fn zone(text: &[u8], at: usize) -> (Option<String>, usize) {
    let blank = usize::from(text.get(at) == Some(&b' '));
    let begin = at + blank;
    let rest = text.get(begin..).unwrap_or_default();
    if rest.starts_with(b"UTC") {
        return (Some("UTC".into()), begin + 3);
    }
    match rest.first() {
        Some(b'Z') if blank == 0 => (Some("UTC".into()), at + 1),
        Some(b'+' | b'-') => {
            let digits = |range: Range<usize>| {
                rest.get(range).is_some_and(|bytes| bytes.iter().all(u8::is_ascii_digit))
            };
            let length = if !digits(1..3) {
                return (None, at);
            } else if rest.get(3) == Some(&b':') && digits(4..6) {
                6
            } else if digits(3..5) {
                5
            } else {
                3
            };
            let zone = String::from_utf8_lossy(&rest[..length]).into_owned();
            let utc = matches!(zone.as_str(), "+00:00" | "+0000" | "+00");
            (Some(if utc { "UTC".into() } else { zone }), begin + length)
        }
        _ => (None, at),
    }
}

/// The first stamp in `text`.
pub fn find(text: &[u8]) -> Option<Stamp> {
    // A stamp begins with two digits after something else.
    (0..text.len().saturating_sub(18)).find_map(|at| {
        let begins = text[at].is_ascii_digit() && (at == 0 || !text[at - 1].is_ascii_alphanumeric());
        begins.then(|| parse(text, at)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spell(text: &str) -> Option<String> {
        find(text.as_bytes()).map(|stamp| {
            let second = stamp.milliseconds.div_euclid(1000.0) as i64;
            let time = jiff::Timestamp::from_second(second).unwrap();
            format!(
                "{time} +{:.3} ms {:?} ‹{}›",
                stamp.milliseconds.rem_euclid(1000.0),
                stamp.zone,
                &text[stamp.range]
            )
        })
    }

    #[test]
    fn stamps() {
        let each = [
            "2026-11-23 05:34:15,244 DEBUG",
            "DEBUG 2026-11-23 05:34:15,244 x",
            "[2026-11-23T05:34:15.252784Z] x",
            "2026-11-23T05:34:15+02:00",
            "2026-11-23 05:34:15.5 +0200 x",
            "2024-02-29 23:59:60 UTC",
            "[23/Nov/2026 05:34:15] x",
            "1969/12/31 23:59:59.999999999",
            "2026-13-23 05:34:15",
            "2026-11-23 05:61:15",
            "x2026-11-23 05:34:1",
            "",
        ]
        .map(|text| format!("{text:?} → {}", spell(text).unwrap_or_default()));
        insta::assert_snapshot!(each.join("\n"));
    }

    #[test]
    fn days_are_jiffs() {
        for (year, month, day) in
            [(1970, 1, 1), (2000, 2, 29), (1900, 3, 1), (2026, 11, 23), (1, 1, 1), (9999, 12, 31)]
        {
            let date = jiff::civil::date(year, month, day);
            let expected = date.since(jiff::civil::date(1970, 1, 1)).unwrap().get_days();
            assert_eq!(days(year.into(), month.into(), day.into()), i64::from(expected));
        }
    }
}
