//! Small logs, line by line, for what recordings do not have.

use flamedrop::findings::{self, Finding, Settings};

use super::common;

/// A statement in PostgreSQL's log: the connection's process, milliseconds after ten o'clock at which it
/// ended, how many it took, its text.
pub type Line<'a> = (u32, u32, f64, &'a str);

/// The log of `lines`.
pub fn log(lines: &[Line<'_>]) -> String {
    let line = |&(process, end, duration, sql): &Line<'_>| {
        let (minute, second, millisecond) = (end / 60_000, end / 1000 % 60, end % 1000);
        format!(
            "2026-03-01 10:{minute:02}:{second:02}.{millisecond:03} UTC [{process}] LOG:  duration: {duration:.3} ms  \
             statement: {sql}\n"
        )
    };
    lines.iter().map(line).collect()
}

/// What `rule` finds in a log, with thresholds such as `("large-results.rows", 100.0)`.
pub fn found(text: &str, rule: &str, thresholds: &[(&str, f64)]) -> Vec<Finding> {
    let mut settings = Settings::default();
    for (name, value) in thresholds {
        settings.set(name, Some(*value)).expect("a threshold");
    }
    let log = common::open(text).expect("a log");
    let found = super::flat(findings::judge(&log, &settings).findings);
    found.into_iter().filter(|finding| finding.rule == rule).collect()
}
