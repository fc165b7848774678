//! Python's time between two statements of one request: work that no index will help.

use super::n_plus_one::place;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format::{self, pstats_place};

/// See the module.
pub(super) struct BetweenStatements;

const TIME: Threshold = Threshold {
    key: "time",
    title: "nothing is asked of the database for at least so long",
    default: 100.0,
    unit: Unit::Milliseconds,
    source: "Sentry asks 100 ms of savings that are worth a word; rack-mini-profiler hides gaps below 4 ms",
};

const SHARE: Threshold = Threshold {
    key: "share",
    title: "and at least this share of the requests' time",
    default: 0.2,
    unit: Unit::Share,
    source: "our own: one part in five",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "between-statements",
    title: "Python's time between statements",
    looks_at: LooksAt::Both,
    thresholds: &[TIME, SHARE],
};

impl Rule for BetweenStatements {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Pair(profile, log) = *case else { return };
        let Some(gap) = log.gaps.first() else { return };
        if gap.time < settings.get(&ABOUT, &TIME) || gap.time < settings.get(&ABOUT, &SHARE) * log.wall {
            return;
        }
        let mut evidence = vec![
            Evidence::new("gap_ms", "The longest such time", Value::Milliseconds(gap.time))
                .at(Link::Range(gap.from, gap.from + gap.time)),
            Evidence::new("outside_ms", "All of it", Value::Milliseconds(log.outside)),
            Evidence::new("wall_ms", "The requests", Value::Milliseconds(log.wall)),
        ];
        let around = [
            ("after", "After", &gap.after, &gap.after_frame),
            ("before", "Before", &gap.before, &gap.before_frame),
        ];
        for (key, label, text, frame) in around {
            if let Some(text) = text {
                evidence.push(Evidence::new(key, label, Value::Sql(text.clone())));
            }
            if let Some(frame) = frame {
                evidence.push(Evidence::new(
                    &format!("{key}_place"),
                    if key == "after" { "which came from" } else { "which comes from" },
                    Value::Place(place(frame)),
                ));
            }
        }
        // What takes less than a twentieth of the stretch does not explain it.
        let hottest = profile.hottest.iter().take(3).filter(|hot| hot.time * 20.0 >= gap.time);
        for (rank, hot) in hottest.enumerate() {
            let label = format!("{} of the profile in", format::milliseconds(hot.time));
            evidence.push(
                Evidence::new(
                    &format!("function_{}", rank + 1),
                    &label,
                    Value::Place(pstats_place(&hot.file, hot.line, &hot.name)),
                )
                .at(Link::Function(hot.function)),
            );
        }
        let whose = if gap.request.is_empty() { "A request".to_owned() } else { gap.request.clone() };
        let where_from = match (&gap.after, &gap.before) {
            (Some(_), Some(_)) => "between two statements",
            (None, Some(_)) => "before its first statement",
            (Some(_), None) => "after its last statement",
            (None, None) => "without any statement",
        };
        findings.push(Finding {
            unit: crate::format::Unit::Seconds,
            rule: ABOUT.id.to_owned(),
            key: format!(
                "{} / {}",
                gap.after.as_deref().unwrap_or_default(),
                gap.before.as_deref().unwrap_or_default()
            ),
            title: format!("{whose} computes for {} {where_from}", format::milliseconds(gap.time)),
            at_stake: gap.time,
            saving: gap.time,
            bound: Bound::AtMost,
            computed: format!(
                "The longest stretch of a request without a statement; all of them together take {} of {}.",
                format::milliseconds(log.outside),
                format::milliseconds(log.wall),
            ),
            evidence,
            remedy: "The database is idle here: an index or a cache of queries will not help. The flame graph \
                     shows what runs; the functions above are where its time goes. Do the work once for all \
                     rows, keep its result in the cache, or move it into a task."
                .to_owned(),
            code: String::new(),
            confidence: if log.recorded > 0 { Confidence::High } else { Confidence::Medium },
            doubts: if log.recorded > 0 {
                "Under cProfile Python is slower than in production, the database is not.".to_owned()
            } else {
                "Where a request begins and ends is inferred from the log, so the time between may be that of \
                 waiting for the next request. Under cProfile Python is slower than in production."
                    .to_owned()
            },
        });
    }
}
