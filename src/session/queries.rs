//! Answers about an SQL log.

mod events;

pub(super) use events::told;

use std::cmp::Ordering;
use std::io;

use super::views;
use crate::import::{self, StatementText};
use crate::input::{Places, Source};
use crate::protocol::{
    Ask, ExecutionRow, QueriesOverview, QueryColumn, QueryDetail, QueryRow, Request, Response,
    StatementDetail,
};
use crate::queries::highlight::brief;
use crate::queries::{Clock, NONE, Numbers, QueryLog};
use crate::sort;

/// Characters of a text in the queries table.
pub(super) const ROW_TEXT: usize = 300;

/// Characters of a text on the timeline.
pub(super) const BAR_TEXT: usize = 120;

/// What is remembered from one request to the next: scrolling asks for many windows of one order.
#[derive(Default)]
pub(super) struct State {
    queries: Option<(QueriesKey, Vec<u32>)>,
    views: views::State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct QueriesKey {
    sort: QueryColumn,
    descending: bool,
    filter: String,
}

/// The log's totals.
pub(super) fn overview(log: &QueryLog) -> QueriesOverview {
    let sum = |of: fn(&Numbers) -> u32| log.numbers.iter().map(of).sum();
    QueriesOverview {
        executions: u32::try_from(log.executions()).unwrap_or(u32::MAX),
        fingerprints: log.fingerprints.len() as u32,
        connections: log.connections.len() as u32,
        total: log.total(),
        without_duration: sum(|numbers| numbers.without_duration),
        failed: sum(|numbers| numbers.failed),
        span: log.span(),
        wall_clock: matches!(log.clock, Clock::Wall { .. }),
        zone: zone(&log.clock),
        grain: log.statements.grain(),
        inferred: log.inferred.clone(),
        views: log.requests.iter().any(|request| !request.view.is_empty()),
        statuses: log.requests.iter().any(|request| request.status != 0),
        known_requests: log.requests.iter().any(|request| !request.origin.is_inferred()),
        statistics: log.statistics.is_some(),
        events: log.events.totals(),
        attempts: (0..log.events.len()).filter(|&event| log.events.is_attempt(event)).count() as u32,
        how_to_time: log.served.as_ref().and_then(|served| served.how_to_time.clone()),
        results_only: log.results().is_some(),
    }
}

/// Why a log of which only the results were saved has no answer.
pub(super) const RESULTS_ONLY: &str =
    "this file has only the results of the log: single statements were not saved";

/// Whether the results of a log answer `request`.
pub(super) fn is_of_results(request: &Request) -> bool {
    matches!(
        request,
        Request::Queries { .. }
            | Request::Query { .. }
            | Request::View(
                _,
                Ask::Glance | Ask::Kinds | Ask::Groups { .. } | Ask::Group { .. } | Ask::Columns { .. }
            )
    )
}

pub(super) fn zone(clock: &Clock) -> Option<String> {
    match clock {
        Clock::Wall { zone } => zone.clone(),
        Clock::Sequence => None,
    }
}

/// Answers one request; `source` is where texts are read again, in `format`, by its `places`.
pub(super) fn answer(
    log: &QueryLog,
    format: &str,
    (source, places): (&dyn Source, &Places),
    state: &mut State,
    request: &Request,
) -> Response {
    let texts = Texts { format, source, places };
    match request {
        Request::Queries { sort, descending, filter, first, count, selected } => {
            let key = QueriesKey { sort: *sort, descending: *descending, filter: filter.to_lowercase() };
            if state.queries.as_ref().is_none_or(|(known, _)| *known != key) {
                let order = queries(log, &key);
                state.queries = Some((key, order));
            }
            let order = state.queries.as_ref().map_or(&[][..], |(_, order)| order);
            let page = window(order, *first, *count).iter().map(|&id| row(log, id)).collect();
            Response::Queries { rows: order.len() as u32, page, selected: rank(order, *selected) }
        }
        Request::Query { fingerprint } if (*fingerprint as usize) < log.fingerprints.len() => {
            Response::Query(detail(log, &texts, *fingerprint))
        }
        Request::Query { fingerprint } => {
            Response::Refused(format!("the log has no query number {fingerprint}"))
        }
        Request::Statement { statement } if (*statement as usize) < log.statements.len() => {
            match texts.read(log, *statement) {
                Ok(found) => Response::Statement(found),
                Err(error) => Response::Refused(format!("the file cannot be read again: {error}")),
            }
        }
        Request::Statement { statement } => {
            Response::Refused(format!("the log has no statement number {statement}"))
        }
        Request::View(filter, ask) => views::answer(log, &texts, &mut state.views, filter, ask),
        Request::ByLine(_)
        | Request::Tracks(_)
        | Request::Range(_)
        | Request::Transform(_)
        | Request::Spans(_)
        | Request::Measure(_)
        | Request::Compare(_)
        | Request::Lines(_)
        | Request::Series
        | Request::Code(_)
        | Request::Reread { .. }
        | Request::Urls(_)
        | Request::Functions { .. }
        | Request::FunctionGroups(_)
        | Request::Function { .. }
        | Request::FindFunction { .. }
        | Request::Tree { .. }
        | Request::WalkMatches { .. }
        | Request::SearchFunctions { .. }
        | Request::Findings { .. }
        | Request::PairFindings { .. }
        | Request::Export(_)
        | Request::Between(_)
        | Request::Brief { .. }
        | Request::Gather(_)
        | Request::Share { .. } => Response::Refused("this document is an SQL log".to_owned()),
    }
}

/// Where `selected` is in `order`.
pub(super) fn rank(order: &[u32], selected: Option<u32>) -> Option<u32> {
    let selected = selected?;
    order.iter().position(|&id| id == selected).map(|place| place as u32)
}

/// `count` of `order` from `first` on, as far as there are.
fn window(order: &[u32], first: u32, count: u32) -> &[u32] {
    let start = (first as usize).min(order.len());
    &order[start..start.saturating_add(count as usize).min(order.len())]
}

/// The filtered fingerprints, sorted by a column.
pub(super) fn order(log: &QueryLog, sort: QueryColumn, descending: bool, filter: &str) -> Vec<u32> {
    queries(log, &QueriesKey { sort, descending, filter: filter.to_lowercase() })
}

/// The filtered, sorted fingerprints; equal ones stay in order of first appearance either way.
fn queries(log: &QueryLog, key: &QueriesKey) -> Vec<u32> {
    let matches = |id: &u32| {
        let fingerprint = &log.fingerprints[*id as usize];
        let contains = |text: &str| text.to_lowercase().contains(&key.filter);
        key.filter.is_empty()
            || contains(&fingerprint.text)
            || fingerprint.tables.iter().any(|table| contains(table))
    };
    let mut order: Vec<u32> = (0..log.fingerprints.len() as u32).filter(matches).collect();
    sort::ids(&mut order, &mut |a, b| {
        let (fingerprints, numbers) = (&log.fingerprints, &log.numbers);
        let (a, b) = (a as usize, b as usize);
        // What a server does not count is less than anything.
        let known = |value: f64| if value.is_nan() { f64::NEG_INFINITY } else { value };
        let by = |of: fn(&Numbers) -> f64| known(of(&numbers[a])).total_cmp(&known(of(&numbers[b])));
        directed(
            key.descending,
            match key.sort {
                QueryColumn::Calls => numbers[a].calls.cmp(&numbers[b].calls),
                QueryColumn::Total => by(|numbers| numbers.total),
                QueryColumn::Mean => by(|numbers| numbers.mean),
                QueryColumn::P50 => by(|numbers| numbers.p50),
                QueryColumn::P95 => by(|numbers| numbers.p95),
                QueryColumn::P99 => by(|numbers| numbers.p99),
                QueryColumn::Max => by(|numbers| numbers.max),
                QueryColumn::Tables => fingerprints[a].tables.cmp(&fingerprints[b].tables),
                QueryColumn::Text => fingerprints[a].text.cmp(&fingerprints[b].text),
            },
        )
    });
    order
}

fn directed(descending: bool, ordering: Ordering) -> Ordering {
    if descending { ordering.reverse() } else { ordering }
}

/// What a statement ran on; of a request whose worker the log does not name, nothing.
fn connection_title(log: &QueryLog, at: usize) -> String {
    let connection = &log.connections[log.statements.connection[at] as usize];
    if log.served.is_some() && connection.process.is_empty() { String::new() } else { connection.title() }
}

pub(super) fn execution(log: &QueryLog, index: u32) -> ExecutionRow {
    let (statements, at) = (&log.statements, index as usize);
    ExecutionRow {
        statement: index,
        start: statements.start[at],
        duration: statements.duration[at],
        connection: connection_title(log, at),
        failed: statements.failed[at] != 0,
        route: match log.served {
            Some(_) => log.fingerprints[statements.fingerprint[at] as usize].text.clone(),
            None => String::new(),
        },
        status: log.served.as_ref().map_or(0, |served| served.status(at)),
    }
}

/// The text, or as much of it as `characters` allow.
pub(super) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some(_) => text.chars().take(characters - 1).chain(['…']).collect(),
    }
}

fn row(log: &QueryLog, id: u32) -> QueryRow {
    let (fingerprint, numbers) = (&log.fingerprints[id as usize], &log.numbers[id as usize]);
    let total = log.total();
    QueryRow {
        fingerprint: id,
        text: cut(&brief(&fingerprint.text), ROW_TEXT),
        operation: fingerprint.operation,
        tables: fingerprint.tables.clone(),
        calls: numbers.calls,
        total: numbers.total,
        share: if total > 0.0 { numbers.total / total } else { 0.0 },
        min: numbers.min,
        mean: numbers.mean,
        p50: numbers.p50,
        p95: numbers.p95,
        p99: numbers.p99,
        max: numbers.max,
        without_duration: numbers.without_duration,
    }
}

fn detail(log: &QueryLog, texts: &Texts<'_>, id: u32) -> QueryDetail {
    let statements = &log.statements;
    let mut slowest: Option<(f64, u32)> = None;
    for (index, &fingerprint) in statements.fingerprint.iter().enumerate() {
        if fingerprint == id {
            // An unknown duration is slower than none, but not than a known one.
            let duration = statements.duration[index].max(-1.0);
            if slowest.is_none_or(|(most, _)| duration > most) {
                slowest = Some((duration, index as u32));
            }
        }
    }
    QueryDetail {
        row: row(log, id),
        text: log.fingerprints[id as usize].text.clone(),
        distinct_parameters: log.numbers[id as usize].distinct_parameters,
        example: slowest.and_then(|(_, index)| texts.read(log, index).ok()),
        events: log.events.counts(log.events.of_fingerprint(id)),
        first_events: events::first(log, texts, log.events.of_fingerprint(id)).0,
        plan: events::slowest_plan(log, texts, log.events.of_fingerprint(id)),
    }
}

/// Where texts are read again.
pub(super) struct Texts<'a> {
    /// The format's id.
    pub format: &'a str,
    source: &'a dyn Source,
    places: &'a Places,
}

impl Texts<'_> {
    /// Unwrapped bytes of the file.
    pub(super) fn bytes(&self, offset: u64, length: u32) -> io::Result<Vec<u8>> {
        self.places.read(self.source, offset, length)
    }

    /// A statement's own text, out of the file or as it was saved, if the log has it.
    pub(super) fn text(&self, log: &QueryLog, at: usize) -> io::Result<Option<StatementText>> {
        if let Some(saved) = &log.saved {
            return Ok(Some(saved.text(at, log)));
        }
        let record = self.bytes(log.statements.offset[at], log.statements.length[at])?;
        Ok(import::by_id(self.format).and_then(|format| format.statement_text(&record)))
    }

    /// A statement with its text out of the file. One whose text the log does not have shows its
    /// fingerprint, which says so.
    fn read(&self, log: &QueryLog, index: u32) -> io::Result<StatementDetail> {
        let (statements, at) = (&log.statements, index as usize);
        let (sql, parameters) = match self.text(log, at)? {
            Some(text) => (text.sql, text.parameters),
            None => (log.fingerprints[statements.fingerprint[at] as usize].text.clone(), None),
        };
        let connection = statements.connection[at];
        let before = (0..at).rev().find(|&other| statements.connection[other] == connection);
        let gap_before = before.map(|other| {
            let duration = statements.duration[other];
            let end = statements.start[other] + if duration.is_nan() { 0.0 } else { duration };
            (statements.start[at] - end).max(0.0)
        });
        let (events, more_events) = events::first(log, self, log.events.of_statement(index));
        Ok(StatementDetail {
            statement: index,
            fingerprint: statements.fingerprint[at],
            sql,
            parameters,
            start: statements.start[at],
            duration: statements.duration[at],
            connection: connection_title(log, at),
            failed: statements.failed[at] != 0,
            request: statements.request.get(at).copied().unwrap_or(NONE),
            place: log.place(at),
            gap_before,
            events,
            more_events,
            plan: events::slowest_plan(log, self, log.events.of_statement(index)),
        })
    }
}
