//! Answers about an SQL log.

use crate::input::Source;
use crate::protocol::{QueriesOverview, Request, Response};
use crate::queries::{Clock, QueryLog};

/// What is remembered from one request to the next.
#[derive(Debug, Default)]
pub(super) struct State {}

/// The log's totals.
pub(super) fn overview(log: &QueryLog) -> QueriesOverview {
    let statements = &log.statements;
    let known = || statements.duration.iter().copied().filter(|duration| !duration.is_nan());
    let first = statements.start.iter().copied().fold(f64::INFINITY, f64::min);
    let last = statements
        .start
        .iter()
        .zip(&statements.duration)
        .map(|(start, duration)| if duration.is_nan() { *start } else { start + duration })
        .fold(f64::NEG_INFINITY, f64::max);
    QueriesOverview {
        executions: statements.len() as u32,
        fingerprints: log.fingerprints.len() as u32,
        connections: log.connections.len() as u32,
        total: known().sum(),
        without_duration: (statements.len() - known().count()) as u32,
        failed: statements.failed.iter().filter(|&&failed| failed != 0).count() as u32,
        span: (!statements.is_empty()).then_some((first, last)),
        wall_clock: matches!(log.clock, Clock::Wall { .. }),
        zone: match &log.clock {
            Clock::Wall { zone } => zone.clone(),
            Clock::Sequence => None,
        },
        inferred: log.inferred.clone(),
    }
}

/// Answers one request; `source` is where texts are read again, in `format`.
pub(super) fn answer(
    _log: &QueryLog,
    _format: &str,
    _source: &dyn Source,
    _state: &mut State,
    _request: &Request,
) -> Response {
    Response::Refused("this document is an SQL log".to_owned())
}
