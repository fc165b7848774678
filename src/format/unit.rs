//! What the numbers of a profile are, and how they are written.

use serde::{Deserialize, Serialize};

use super::{TimeColumn, TimeUnit, UNKNOWN, counted, grouped, seconds, significant};

/// What a profile measures. Every label, column, export and finding of it takes its unit from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Unit {
    /// Seconds of the profiler's clock.
    #[default]
    Seconds,
    /// Seconds in which a processor worked.
    CpuSeconds,
    /// How often a stack was seen. How long that is depends on the sampler's rate, which the file does not have.
    Samples,
    /// Bytes of memory.
    Bytes,
    /// How often something happened that is no sample: allocations, locks, exceptions.
    Count,
}

impl Unit {
    /// Whether it is a time.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Seconds | Self::CpuSeconds)
    }

    /// Where it stands in a list of several: what is of one rank can be told from each other by their numbers. Times come
    /// first.
    pub fn rank(self) -> u8 {
        match self {
            Self::Seconds | Self::CpuSeconds => 0,
            Self::Samples => 1,
            Self::Bytes => 2,
            Self::Count => 3,
        }
    }

    /// Its name in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::CpuSeconds => "cpu_seconds",
            Self::Samples => "samples",
            Self::Bytes => "bytes",
            Self::Count => "count",
        }
    }

    /// A single value with its unit: `1.84 s`, `600 samples`, `10.2 MiB`.
    pub fn text(self, value: f64) -> String {
        if !value.is_finite() {
            return UNKNOWN.to_owned();
        }
        match self {
            Self::Seconds | Self::CpuSeconds => seconds(value),
            Self::Samples if value.fract() == 0.0 => counted(value as i64, "sample", "samples"),
            Self::Samples if value.abs() >= 1000.0 => format!("{} samples", grouped(value, 0)),
            Self::Samples => format!("{} samples", significant(value)),
            Self::Count if value.fract() == 0.0 || value.abs() >= 1000.0 => grouped(value, 0),
            Self::Count => significant(value),
            Self::Bytes => {
                let unit = fitting_bytes(value);
                let scaled = value * unit.per_second();
                let number = if scaled.abs() >= 1000.0 { grouped(scaled, 0) } else { significant(scaled) };
                format!("{number} {}", unit.symbol())
            }
        }
    }

    /// [`Self::text`] of a thousandth of `value`: findings count in milliseconds, whatever the unit.
    pub fn thousandths(self, value: f64) -> String {
        self.text(value / 1e3)
    }

    /// One unit for a column whose largest value is `largest`.
    pub fn column(self, largest: f64) -> TimeColumn {
        match self {
            Self::Seconds | Self::CpuSeconds => TimeColumn::for_seconds(largest),
            Self::Samples => TimeColumn { unit: TimeUnit::Samples, decimals: 0 },
            Self::Count => TimeColumn { unit: TimeUnit::Count, decimals: 0 },
            Self::Bytes => match fitting_bytes(largest / 10.0) {
                unit @ TimeUnit::Bytes => TimeColumn { unit, decimals: 0 },
                unit => TimeColumn { unit, decimals: 1 },
            },
        }
    }
}

/// The unit in which `bytes` has one to three digits before the point, if any has.
fn fitting_bytes(bytes: f64) -> TimeUnit {
    let size = bytes.abs();
    let units = [TimeUnit::Gibibytes, TimeUnit::Mebibytes, TimeUnit::Kibibytes];
    let fits = |unit: &TimeUnit| size * unit.per_second() >= 0.9995;
    units.into_iter().find(fits).unwrap_or(TimeUnit::Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_unit() {
        assert_eq!(Unit::Seconds.text(1.84), "1.84 s");
        assert_eq!(Unit::CpuSeconds.text(0.0124), "12.4 ms");
        assert_eq!(Unit::Samples.text(1.0), "1 sample");
        assert_eq!(Unit::Samples.text(16_066.0), "16,066 samples");
        assert_eq!(Unit::Samples.text(0.5), "0.5 samples");
        assert_eq!(Unit::Bytes.text(512.0), "512 B");
        assert_eq!(Unit::Bytes.text(11_534_336.0), "11 MiB");
        assert_eq!(Unit::Bytes.text(-3_129_344.0), "-2.98 MiB");
        assert_eq!(Unit::Bytes.text(f64::NAN), "–");
        assert_eq!(Unit::Samples.thousandths(600_000.0), "600 samples");
        assert_eq!(Unit::Count.text(5284.0), "5,284");
    }

    #[test]
    fn a_column_has_one_unit() {
        let column = Unit::Samples.column(2110.0);
        assert_eq!((column.unit.symbol(), column.seconds(1381.0)), ("samples", "1,381".to_owned()));
        let column = Unit::Bytes.column(26.0 * 1024.0 * 1024.0);
        assert_eq!((column.unit.symbol(), column.seconds(1_048_576.0)), ("MiB", "1.0".to_owned()));
        assert_eq!(column.seconds(10.0), "<0.1");
        assert_eq!(Unit::Seconds.column(2.5), TimeColumn::for_seconds(2.5));
    }
}
