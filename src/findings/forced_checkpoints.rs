//! Checkpoints forced by WAL: `max_wal_size` is reached long before `checkpoint_timeout`.

use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::EventClass;
use crate::queries::events::Checkpoint;

/// See the module.
pub(super) struct ForcedCheckpoints;

const FORCED: Threshold = Threshold {
    key: "forced",
    title: "minimum checkpoints that WAL forced",
    default: 3.0,
    unit: Unit::Count,
    source: "our choice: one large load may well force one or two",
};

const SHARE: Threshold = Threshold {
    key: "share",
    title: "minimum share of all checkpoints",
    default: 0.5,
    unit: Unit::Share,
    source: "our choice: PostgreSQL's documentation calls most checkpoints by time the usual state",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "forced-checkpoints",
    title: "Checkpoints forced by WAL",
    looks_at: LooksAt::Queries,
    thresholds: &[FORCED, SHARE],
};

/// `checkpoint_timeout`'s default, ms.
const TIMEOUT: f64 = 300_000.0;

/// WAL that is kept for each byte written between two checkpoints: a checkpoint begins when
/// `max_wal_size / (1 + checkpoint_completion_target)` is written, of which the default is 0.9 since PostgreSQL 14
/// (<https://www.postgresql.org/docs/current/wal-configuration.html>).
const KEPT: f64 = 1.9;

impl Rule for ForcedCheckpoints {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let all = &log.events.checkpoints;
        let forced: Vec<&Checkpoint> = all.iter().filter(|one| one.by_wal).collect();
        let share = forced.len() as f64 / all.len().max(1) as f64;
        if (forced.len() as f64) < settings.get(&ABOUT, &FORCED).max(2.0)
            || share < settings.get(&ABOUT, &SHARE)
        {
            return;
        }
        let time = |one: &Checkpoint| log.events.time[one.event as usize];
        let (Some(first), Some(last)) = (forced.first(), forced.last()) else { return };
        let span = time(last) - time(first);
        let interval = span / (forced.len() - 1) as f64;
        let distances: Vec<f64> =
            forced.iter().skip(1).map(|one| one.distance).filter(|distance| distance.is_finite()).collect();
        let written: f64 = distances.iter().sum();
        let busy: f64 = forced.iter().map(|one| one.total).filter(|time| time.is_finite()).sum();
        // By time alone there would have been so many.
        let needed = (span / TIMEOUT).ceil().max(1.0);
        let mut finding = Finding::new(
            &ABOUT,
            "all".to_owned(),
            format!(
                "{} of {} checkpoints were forced by WAL, {} apart",
                format::count(forced.len() as i64),
                format::count(all.len() as i64),
                format::milliseconds(interval)
            ),
        );
        finding.evidence = vec![
            evidence::count("forced", "Checkpoints forced by WAL", forced.len() as u64)
                .at(Link::Events(EventClass::Checkpoints)),
            Evidence::new("share", "Of all checkpoints", Value::share(share, 1.0)),
            evidence::time("interval_ms", "From one to the next, on average", interval),
            evidence::time("busy_ms", "They wrote and synced for", busy),
            Evidence::new(
                "buffers",
                "Pages they wrote",
                Value::Count(forced.iter().map(|one| one.buffers).sum()),
            ),
        ];
        let proposed = if written > 0.0 && span > 0.0 {
            let rate = written / span;
            finding.evidence.push(Evidence::new(
                "wal",
                "WAL a minute",
                Value::Text(format::bytes((rate * 60_000.0) as u64)),
            ));
            // Of a log that is shorter, what was written in it.
            Some(setting((rate * TIMEOUT).min(written) * KEPT))
        } else {
            None
        };
        if let Some(proposed) = &proposed {
            let label = "max_wal_size with which none of them would have been forced within five minutes";
            finding.evidence.push(Evidence::new("max_wal_size", label, Value::Text(proposed.clone())));
        }
        finding.at_stake = busy;
        finding.saving = busy * (1.0 - needed / forced.len() as f64).max(0.0);
        finding.bound = Bound::AtMost;
        finding.computed = format!(
            "Of the time that forced checkpoints wrote, what would not have been with one every five minutes: {} in \
             place of {}. Statements notice it as a slower disk, and each checkpoint makes the first change of every \
             page write the whole page to WAL again.",
            format::count(needed as i64),
            format::count(forced.len() as i64)
        );
        finding.remedy = "Let more WAL gather before a checkpoint: raise max_wal_size until checkpoints come by time. \
                          It costs disk space and a longer recovery after a crash. wal_compression = on makes the \
                          whole pages smaller."
            .to_owned();
        if let Some(proposed) = proposed {
            finding.code = format!("ALTER SYSTEM SET max_wal_size = '{proposed}';\nSELECT pg_reload_conf();");
        }
        finding.confidence = Confidence::Medium;
        finding.doubts =
            "A load that runs once (a migration, an import) writes more WAL than the site does every day: \
                          look at when they were."
                .to_owned();
        findings.push(finding);
    }
}

/// The next power of two, as the server's settings spell it: `512MB`, `16GB`.
fn setting(bytes: f64) -> String {
    let mut megabytes = 1024_u64;
    while (megabytes as f64) * 1024.0 * 1024.0 < bytes && megabytes < 1024 * 1024 {
        megabytes *= 2;
    }
    format!("{}GB", megabytes / 1024)
}

#[cfg(test)]
mod tests {
    #[test]
    fn settings_are_powers_of_two() {
        let gigabyte = 1024.0 * 1024.0 * 1024.0;
        assert_eq!(super::setting(1.0), "1GB");
        assert_eq!(super::setting(1.1 * gigabyte), "2GB");
        assert_eq!(super::setting(1e30), "1024GB");
    }
}
