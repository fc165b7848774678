//! Ticks of a time axis: round steps, labels whose precision follows the step.

use crate::format;

/// What a value on the axis means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AxisClock {
    /// Milliseconds since the beginning.
    Relative,
    /// Milliseconds since this moment, which is in milliseconds since 1970-01-01T00:00 on the wall
    /// clock.
    Wall(f64),
}

/// One tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Milliseconds on the axis.
    pub value: f64,
    /// `05:34:15.250`, `5 ms`.
    pub label: String,
}

const SECOND: f64 = 1e3;
const MINUTE: f64 = 60e3;
const HOUR: f64 = 3.6e6;
const DAY: f64 = 8.64e7;

/// Round steps of a second and more; below a second they are 1, 2 and 5 times a power of ten.
const STEPS: [f64; 21] = [
    SECOND,
    2.0 * SECOND,
    5.0 * SECOND,
    10.0 * SECOND,
    15.0 * SECOND,
    30.0 * SECOND,
    MINUTE,
    2.0 * MINUTE,
    5.0 * MINUTE,
    10.0 * MINUTE,
    15.0 * MINUTE,
    30.0 * MINUTE,
    HOUR,
    2.0 * HOUR,
    3.0 * HOUR,
    6.0 * HOUR,
    12.0 * HOUR,
    DAY,
    2.0 * DAY,
    7.0 * DAY,
    28.0 * DAY,
];

/// The smallest round step of at least `least` ms.
pub fn step_of_at_least(least: f64) -> f64 {
    if least > SECOND / 2.0 {
        return STEPS.iter().copied().find(|&step| step >= least).unwrap_or_else(|| {
            // Years of log: whole multiples of the last.
            28.0 * DAY * (least / (28.0 * DAY)).ceil()
        });
    }
    // A nanosecond is the end: no log is finer.
    let least = least.max(1e-6);
    let power = 10_f64.powi(least.log10().floor() as i32);
    // The small surplus is for powers that are not exact in binary.
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|&step| step >= least * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// Ticks between `from` and `to` on `width` pixels, at least `spacing` pixels apart.
pub fn ticks(from: f64, to: f64, width: f64, spacing: f64, clock: AxisClock) -> Vec<Tick> {
    let span = to - from;
    let usable = span > 0.0 && span.is_finite() && width > 0.0 && spacing > 0.0;
    if !usable {
        return Vec::new();
    }
    let step = step_of_at_least(span * spacing / width);
    // Only the remainder is taken from the wall clock: its own doubles are too coarse for µs.
    let offset = match clock {
        AxisClock::Relative => 0.0,
        AxisClock::Wall(origin) => origin.rem_euclid(step),
    };
    let first = ((from + offset) / step).ceil();
    let count = ((to + offset) / step).floor() - first + 1.0;
    // Bounded by the spacing, whatever rounding did.
    let count = count.clamp(0.0, width / spacing + 2.0) as u32;
    (0..count)
        .map(|index| {
            let value = (first + f64::from(index)) * step - offset;
            Tick { value, label: label(value, step, clock) }
        })
        .collect()
}

/// A moment on the axis, as precise as a tick of `step` ms needs.
pub fn label(value: f64, step: f64, clock: AxisClock) -> String {
    match clock {
        AxisClock::Relative => relative(value, step),
        AxisClock::Wall(origin) => wall(origin, value, step),
    }
}

fn relative(value: f64, step: f64) -> String {
    let unsigned = value.abs();
    let sign = if value < -step / 2.0 { "-" } else { "" };
    if step >= MINUTE || (step >= SECOND && unsigned >= 2.0 * MINUTE) {
        let seconds = (unsigned / SECOND).round();
        let (hours, minutes) = ((seconds / 3600.0).floor(), (seconds % 3600.0 / 60.0).floor());
        return if hours > 0.0 {
            format!("{sign}{hours}:{minutes:02}:{:02}", seconds % 60.0)
        } else {
            format!("{sign}{minutes}:{:02}", seconds % 60.0)
        };
    }
    let (unit, symbol) = if step >= SECOND || unsigned >= 10.0 * SECOND {
        (SECOND, "s")
    } else if step >= 0.1 || unsigned >= 10.0 {
        (1.0, "ms")
    } else {
        (1e-3, "µs")
    };
    let decimals = (-(step / unit).log10()).ceil().clamp(0.0, 9.0) as usize;
    format!("{sign}{:.decimals$} {symbol}", unsigned / unit)
}

fn wall(origin: f64, value: f64, step: f64) -> String {
    let time = origin + value;
    let at_midnight = (time.rem_euclid(DAY)).min(DAY - time.rem_euclid(DAY)) < 0.5;
    if step >= DAY || (step >= MINUTE && at_midnight) {
        return format::date(time);
    }
    let text = format::time_of_day(time);
    if step >= MINUTE {
        text.chars().take(5).collect()
    } else if step >= SECOND {
        text.chars().take(8).collect()
    } else if step >= 1.0 {
        text
    } else {
        // Microseconds, counted from the whole second so that no digits are lost.
        let whole = (origin / SECOND).floor();
        let micros = ((origin - whole * SECOND + value) * 1e3).round();
        let seconds = (whole + (micros / 1e6).floor()) * SECOND;
        let text: String = format::time_of_day(seconds).chars().take(8).collect();
        format!("{text}.{:06}", micros.rem_euclid(1e6))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(from: f64, to: f64, clock: AxisClock) -> Vec<String> {
        ticks(from, to, 600.0, 110.0, clock).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn relative_labels_follow_the_step() {
        let clock = AxisClock::Relative;
        assert_eq!(labels(0.0, 21.0, clock), ["0 ms", "5 ms", "10 ms", "15 ms", "20 ms"]);
        assert_eq!(labels(0.0, 0.05, clock), ["0 µs", "10 µs", "20 µs", "30 µs", "40 µs", "50 µs"]);
        assert_eq!(labels(0.0, 2.0, clock), ["0.0 ms", "0.5 ms", "1.0 ms", "1.5 ms", "2.0 ms"]);
        assert_eq!(labels(0.0, 5_000.0, clock), ["0 s", "1 s", "2 s", "3 s", "4 s", "5 s"]);
        assert_eq!(labels(0.0, 420_000.0, clock), ["0:00", "2:00", "4:00", "6:00"]);
        assert_eq!(
            labels(60_000.2, 60_001.0, clock),
            ["60.0002 s", "60.0004 s", "60.0006 s", "60.0008 s", "60.0010 s"]
        );
    }

    #[test]
    fn wall_clock_labels_follow_the_step() {
        // 2026-07-04T05:34:15.250
        let clock = AxisClock::Wall(1_783_143_255_250.0);
        assert_eq!(
            labels(0.0, 250.0, clock),
            ["05:34:15.250", "05:34:15.300", "05:34:15.350", "05:34:15.400", "05:34:15.450", "05:34:15.500"]
        );
        assert_eq!(labels(0.0, 5_000.0, clock), ["05:34:16", "05:34:17", "05:34:18", "05:34:19", "05:34:20"]);
        assert_eq!(labels(0.0, 600_000.0, clock), ["05:36", "05:38", "05:40", "05:42", "05:44"]);
        assert_eq!(labels(0.0, 4.0 * DAY, clock), ["2026-07-05", "2026-07-06", "2026-07-07", "2026-07-08"]);
        assert_eq!(
            labels(0.05, 0.55, clock),
            ["05:34:15.250100", "05:34:15.250200", "05:34:15.250300", "05:34:15.250400", "05:34:15.250500"]
        );
        assert_eq!(labels(0.0, 1.5 * DAY, clock), ["12:00", "2026-07-05", "12:00"]);
    }

    #[test]
    fn ticks_are_inside_and_apart() {
        for exponent in -60..120 {
            let span = 10_f64.powf(f64::from(exponent) / 10.0);
            for clock in [AxisClock::Relative, AxisClock::Wall(1_783_143_255_250.0)] {
                let ticks = ticks(span / 3.0, span * 4.0 / 3.0, 1000.0, 100.0, clock);
                assert!(ticks.len() <= 12, "{span}");
                for tick in &ticks {
                    assert!(tick.value >= span * 0.333 && tick.value <= span * 1.334, "{span} {tick:?}");
                }
                for pair in ticks.windows(2) {
                    assert!((pair[1].value - pair[0].value) / span * 1000.0 >= 99.99, "{span} {pair:?}");
                }
            }
        }
        assert!(ticks(0.0, 0.0, 600.0, 100.0, AxisClock::Relative).is_empty());
        assert!(ticks(0.0, f64::NAN, 600.0, 100.0, AxisClock::Relative).is_empty());
    }
}
