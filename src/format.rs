//! Numbers as people read them, the same in tables, labels, tooltips and on the command line.
//!
//! Single values take the unit that fits them ([`seconds`], [`milliseconds`]); a column takes one
//! unit for all its cells ([`TimeColumn`]), so that they can be compared by eye.

mod unit;

use std::borrow::Cow;
use std::fmt::Write as _;

pub use unit::Unit;

/// `text` with its first letter in upper case, if that letter is ASCII: Unicode's table of capitals is 5 kB
/// gzipped in the page.
pub fn capitalised(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// A unit of time, or of what else a profile measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeUnit {
    /// ns, for the per-call times of quick functions.
    Nanoseconds,
    /// µs.
    Microseconds,
    /// ms.
    Milliseconds,
    /// s.
    Seconds,
    /// How often a stack was seen.
    Samples,
    /// How often something happened.
    Count,
    /// B.
    Bytes,
    /// KiB, 1,024 bytes.
    Kibibytes,
    /// MiB.
    Mebibytes,
    /// GiB.
    Gibibytes,
}

impl TimeUnit {
    /// The unit in which `seconds` has one to three digits before the point, if any has.
    pub fn fitting(seconds: f64) -> Self {
        // Judged after rounding to three digits: 0.9999 ms reads "1 ms", not "1000 µs".
        let size = seconds.abs();
        if size >= 0.9995 || size == 0.0 || size.is_nan() {
            Self::Seconds
        } else if size >= 0.999_5e-3 {
            Self::Milliseconds
        } else if size >= 0.999_5e-6 {
            Self::Microseconds
        } else {
            Self::Nanoseconds
        }
    }

    /// How many of it are a second; of what is no time, one of its kind.
    pub fn per_second(self) -> f64 {
        match self {
            Self::Seconds => 1.0,
            Self::Milliseconds => 1e3,
            Self::Microseconds => 1e6,
            Self::Nanoseconds => 1e9,
            Self::Samples | Self::Count | Self::Bytes => 1.0,
            Self::Kibibytes => 1.0 / 1024.0,
            Self::Mebibytes => 1.0 / (1024.0 * 1024.0),
            Self::Gibibytes => 1.0 / (1024.0 * 1024.0 * 1024.0),
        }
    }

    /// Its symbol.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Microseconds => "µs",
            Self::Nanoseconds => "ns",
            Self::Samples => "samples",
            Self::Count => "count",
            Self::Bytes => "B",
            Self::Kibibytes => "KiB",
            Self::Mebibytes => "MiB",
            Self::Gibibytes => "GiB",
        }
    }
}

/// One unit and one number of decimals for a whole column of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeColumn {
    /// The unit of every cell; say it in the header.
    pub unit: TimeUnit,
    /// Digits after the point of every cell.
    pub decimals: usize,
}

impl TimeColumn {
    /// For a column whose largest value is `largest` seconds: the largest has four digits or more,
    /// and no value of a microsecond is lost in a column of milliseconds.
    pub fn for_seconds(largest: f64) -> Self {
        let unit = match TimeUnit::fitting(largest) {
            // A profile of seconds is read in milliseconds up to ten of them: most of its rows are
            // well below one second.
            TimeUnit::Seconds if largest.abs() < 10.0 && largest != 0.0 => TimeUnit::Milliseconds,
            unit => unit,
        };
        let decimals = match unit {
            TimeUnit::Seconds => 3,
            TimeUnit::Milliseconds if largest.abs() < 0.01 => 3,
            TimeUnit::Milliseconds => 2,
            _ => 1,
        };
        Self { unit, decimals }
    }

    /// For a column whose largest value is `largest` milliseconds.
    pub fn for_milliseconds(largest: f64) -> Self {
        Self::for_seconds(largest / 1e3)
    }

    /// A cell, without the unit; `value` is in seconds, or in what else the profile measures.
    pub fn seconds(self, value: f64) -> String {
        if !value.is_finite() {
            return UNKNOWN.to_owned();
        }
        let scaled = value * self.unit.per_second();
        let smallest = 0.5 * 10_f64.powi(-(self.decimals as i32));
        if scaled > 0.0 && scaled < smallest {
            // Something is there: "0.00" would say that nothing is.
            return format!("<{:.*}", self.decimals, 2.0 * smallest);
        }
        grouped(scaled, self.decimals)
    }

    /// A cell out of milliseconds, without the unit.
    pub fn milliseconds(self, value: f64) -> String {
        self.seconds(value / 1e3)
    }
}

/// What stands where a number is not known.
pub const UNKNOWN: &str = "–";

/// `1.84 s`, `12.4 ms`, `340 µs`, `2 min 05 s`, `1 h 12 min`: three significant digits.
pub fn seconds(value: f64) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    if value == 0.0 {
        return "0 s".to_owned();
    }
    let size = value.abs();
    if size >= 119.5 {
        let sign = if value < 0.0 { "-" } else { "" };
        let whole = size.round();
        let (hours, minutes) = ((whole / 3600.0).floor(), (whole % 3600.0 / 60.0).floor());
        return if hours >= 1.0 {
            format!("{sign}{} h {minutes:02} min", grouped(hours, 0))
        } else {
            format!("{sign}{minutes} min {:02} s", whole % 60.0)
        };
    }
    let unit = TimeUnit::fitting(value);
    format!("{} {}", significant(value * unit.per_second()), unit.symbol())
}

/// [`seconds`] out of milliseconds.
pub fn milliseconds(value: f64) -> String {
    seconds(value / 1e3)
}

/// Three significant digits, without trailing zeros after a point: `1.84`, `12.4`, `340`, `1`.
fn significant(value: f64) -> String {
    let size = value.abs();
    let decimals = if size >= 99.95 {
        0
    } else if size >= 9.995 {
        1
    } else {
        2
    };
    let mut text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    text
}

/// A change with its sign: `text` is its size, and what is nothing as it is written has none.
pub fn signed(change: f64, text: &str) -> String {
    let is_nothing = !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    let sign = if is_nothing {
        ""
    } else if change < 0.0 {
        "−"
    } else {
        "+"
    };
    format!("{sign}{text}")
}

/// `12,431`.
pub fn count(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 query`, `12 queries`.
pub fn counted(value: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// A number of calls that may be estimated: whole numbers as [`count`], others `≈ 2.5`, `≈ 1,230`.
pub fn calls(value: f64) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    if (value - value.round()).abs() <= 1e-6 * value.abs().max(1.0) {
        return grouped(value.round(), 0);
    }
    if value.abs() < 0.005 {
        return "≈ 0".to_owned();
    }
    format!("≈ {}", if value.abs() >= 1000.0 { grouped(value, 0) } else { significant(value) })
}

/// A mean of counts, which is no estimate: `0.02`, `1.5`, `1,230`.
pub fn mean(value: f64) -> String {
    calls(value).trim_start_matches("≈ ").to_owned()
}

/// pstats' ncalls: `12`, or `12/3` (all/primitive) where there were recursive calls. Nothing is known of calls
/// in a file that only counts samples.
pub fn recursive_calls(calls: Option<i64>, primitive_calls: Option<i64>) -> String {
    match (calls, primitive_calls) {
        (Some(calls), Some(primitive)) if calls != primitive => {
            format!("{}/{}", count(calls), count(primitive))
        }
        (Some(calls), _) => count(calls),
        (None, _) => UNKNOWN.to_owned(),
    }
}

/// `38 %`, `7.1 %`, `< 0.1 %`, `100 %`: `share` is a fraction, 0 to 1.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return UNKNOWN.to_owned();
    }
    let value = share * 100.0;
    if value > 0.0 && value < 0.05 {
        return "< 0.1 %".to_owned();
    }
    // Less than all never reads as all.
    if value > 99.95 && value < 100.0 - 1e-9 {
        return "> 99.9 %".to_owned();
    }
    let decimals = usize::from(value < 9.95 || (value > 99.5 && value < 99.95));
    let text = format!("{value:.decimals$}");
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

/// `12.3`: a percentage with one decimal and no sign, for columns.
pub fn percent_cell(share: f64) -> String {
    if share.is_finite() { format!("{:.1}", share * 100.0) } else { UNKNOWN.to_owned() }
}

/// `340 B`, `1.84 MB`: powers of 1000, three significant digits.
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut scaled = value as f64;
    let mut unit = 0;
    while scaled >= 999.5 && unit + 1 < UNITS.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    format!("{} {}", significant(scaled), UNITS[unit])
}

/// `05:34:15.250`: the time of day of a wall clock, out of milliseconds since 1970-01-01T00:00 on it.
pub fn time_of_day(milliseconds: f64) -> String {
    if !milliseconds.is_finite() {
        return UNKNOWN.to_owned();
    }
    let of_day = milliseconds.round().rem_euclid(86_400_000.0) as u32;
    let (hours, minutes) = (of_day / 3_600_000, of_day / 60_000 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{:03}", of_day / 1000 % 60, of_day % 1000)
}

/// `2026-07-04`: the date of a wall clock; see [`time_of_day`].
pub fn date(milliseconds: f64) -> String {
    let days = (milliseconds.round() / 86_400_000.0).floor();
    // Years of four digits; outside of them there is nothing sensible to print.
    if !(-719_528.0..=2_932_896.0).contains(&days) {
        return UNKNOWN.to_owned();
    }
    let (year, month, day) = civil(days as i64);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Year, month and day of a day counted from 1970-01-01. Not with jiff: its errors alone would be a
/// tenth of the page, which computes no other date.
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
fn civil(days: i64) -> (i64, i64, i64) {
    // Eras of 400 years, each beginning on a 1st of March: leap days come last.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A function as pstats prints it: `filename:lineno(function)`, built-in ones `{name}`.
///
/// The rule is `func_std_string` of [`Lib/pstats.py`](https://github.com/python/cpython/blob/main/Lib/pstats.py).
pub fn pstats_place(file: &str, line: i64, name: &str) -> String {
    if file == "~" && line == 0 {
        return builtin_name(name);
    }
    let mut text = String::with_capacity(file.len() + name.len() + 12);
    // Writing to a string cannot fail.
    let _ = write!(text, "{file}:{line}({name})");
    text
}

/// A line of a file: `views.py:12`. Of a notebook's cell, as `%flamedrop` names it, `cell 3, line 5`.
pub fn line(file: &str, line: i64) -> String {
    if is_cell(file) { format!("{file}, line {line}") } else { format!("{file}:{line}") }
}

/// Whether `file` is no file, but a cell of a notebook: `cell 3`.
pub fn is_cell(file: &str) -> bool {
    file.strip_prefix("cell ")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// A function's name alone: of a built-in one (`file` is `~`) as [`builtin_name`] spells it, of others
/// as it is, so that `<module>` and `<lambda>` keep their brackets.
pub fn short_name<'a>(file: &str, name: &'a str) -> Cow<'a, str> {
    if file == "~" { Cow::Owned(builtin_name(name)) } else { Cow::Borrowed(name) }
}

/// A built-in function's name as pstats prints it: `<method 'x' of 'y'>` as `{method 'x' of 'y'}`.
pub fn builtin_name(name: &str) -> String {
    match name.strip_prefix('<').and_then(|name| name.strip_suffix('>')) {
        Some(inner) => format!("{{{inner}}}"),
        None => name.to_owned(),
    }
}

/// With thousands separators before the point.
fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, rest) = match text.find('.') {
        Some(point) => text.split_at(point),
        None => (text.as_str(), ""),
    };
    let negative = whole.starts_with('-');
    let digits = whole.trim_start_matches('-');
    let mut result = String::with_capacity(text.len() + digits.len() / 3);
    // "-0.00" is nothing.
    if negative && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
        result.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            result.push(',');
        }
        result.push(digit);
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests;
