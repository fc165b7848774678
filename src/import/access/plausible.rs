//! Whether durations whose unit is taken from the point in their numbers can be what they were taken for: most servers write
//! seconds so, but Rails, Morgan and others write fractions of milliseconds.

use crate::document::{Diagnostics, Level};
use crate::format;
use crate::queries::{Clock, QueryLog};
use crate::sort;

/// Half of the requests of no site take that long, ms: browsers and proxies give up after 30 or 60 seconds.
const SLOW: f64 = 10_000.0;

/// More than a machine's workers, each of which has one request at a time.
const CROWDED: f64 = 64.0;

/// Of requests that are quick even as seconds, many may be in flight.
const CROWDED_FROM: f64 = 1_000.0;

/// Warns of durations, read as seconds, that are hardly any.
pub(super) fn say(log: &QueryLog, diagnostics: &mut Diagnostics) {
    let durations = || log.statements.duration.iter().copied().filter(|duration| !duration.is_nan());
    let count = durations().count();
    // Of nearly all logs most requests are quick, and nothing is to be put in order.
    if durations().filter(|duration| *duration < CROWDED_FROM).count() > count / 2 {
        return;
    }
    let mut known: Vec<f64> = Vec::with_capacity(count);
    known.extend(durations());
    sort::floats(&mut known);
    let Some(&median) = known.get(known.len() / 2) else { return };
    let span = log.span().map_or(0.0, |(first, last)| last - first);
    let in_flight = (span > 0.0 && log.clock != Clock::Sequence).then(|| known.iter().sum::<f64>() / span);
    let is_crowded = median >= CROWDED_FROM && in_flight.is_some_and(|number| number > CROWDED);
    if median < SLOW && !is_crowded {
        return;
    }
    let flight = |by: f64| {
        in_flight.map_or_else(String::new, |number| {
            format!(" and {} would be in flight on average", format::mean(number / by))
        })
    };
    let message = format!(
        "durations were taken for seconds, as their numbers have a point, but they may be milliseconds: half of the requests \
         would take {} or more{}; as milliseconds it is {}{}. Say the layout with --log-format; of JSON name the unit in the key \
         (duration_ms)",
        format::milliseconds(median),
        flight(1.0),
        format::milliseconds(median / 1e3),
        flight(1e3)
    );
    diagnostics.note(Level::Warning, &message, || None);
}
