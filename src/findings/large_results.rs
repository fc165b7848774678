//! Large results: thousands of rows loaded at once, told by the rows of a result or by the list of keys
//! that the next query then asks for.

use super::n_plus_one::request_title;
use super::shape::model;
use super::{About, Bound, Case, Confidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, evidence};
use crate::format;
use crate::queries::{Operation, QueryLog};
use crate::sort;

/// See the module.
pub(super) struct LargeResults;

const ROWS: Threshold = Threshold {
    key: "rows",
    title: "a query returns, or names in an IN list, at least so many rows",
    default: 1000.0,
    unit: Unit::Count,
    source: "our own: no page shows so many; Oracle allows no more in one list",
};

/// For the registry.
pub(super) static ABOUT: About =
    About { id: "large-results", title: "Large results", looks_at: LooksAt::Queries, thresholds: &[ROWS] };

/// Rows of a page.
const PAGE: f64 = 100.0;

impl Rule for LargeResults {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        for (id, fingerprint) in log.fingerprints.iter().enumerate() {
            if fingerprint.operation != Operation::Select || fingerprint.tables.is_empty() {
                continue;
            }
            let returned = log.numbers[id].rows.map_or(0, |rows| rows.max);
            let rows = returned.max(fingerprint.longest_list);
            if f64::from(rows) >= settings.get(&ABOUT, &ROWS) {
                findings.extend(finding(log, id as u32, rows, fingerprint.longest_list >= returned));
            }
        }
    }
}

fn finding(log: &QueryLog, id: u32, rows: u32, is_list: bool) -> Option<Finding> {
    let statements = &log.statements;
    let own = || (0..statements.len()).filter(|&at| statements.fingerprint[at] == id);
    let mut requests: Vec<u32> = own().map(|at| statements.request[at]).collect();
    sort::by_number(&mut requests, |request| *request);
    requests.dedup();
    // What Python makes of the rows is not in the log: the whole request is at stake.
    let time: f64 = requests
        .iter()
        .filter_map(|&request| log.requests.get(request as usize))
        .map(|request| request.duration.max(request.database_time))
        .sum();
    if time <= 0.0 {
        return None;
    }
    let first = own().next()? as u32;
    let table = log.fingerprints[id as usize].tables.first()?;
    let mut shown = vec![
        evidence::count(
            "rows",
            if is_list { "Keys in one list" } else { "Rows in one result" },
            u64::from(rows),
        ),
        evidence::count("requests", "Requests with it", requests.len() as u64),
        evidence::time("requests_ms", "Time of these requests", time),
        evidence::query(log, "query", "The query", id),
    ];
    shown.extend(evidence::code(log, first));
    let rows_shown = format::count(i64::from(rows));
    Some(Finding {
        rule: ABOUT.id.to_owned(),
        key: log.fingerprints[id as usize].text.clone(),
        title: format!(
            "{} {}",
            request_title(log, requests[0]),
            if is_list {
                format!("asks {table} for what belongs to {rows_shown} rows at once")
            } else {
                format!("loads {rows_shown} rows of {table}")
            }
        ),
        at_stake: time,
        saving: time * (1.0 - PAGE / f64::from(rows).max(PAGE)),
        bound: Bound::AtMost,
        computed: format!(
            "The requests took {}; with {PAGE} of {rows_shown} rows they would take at least that share of it.",
            format::milliseconds(time),
        ),
        evidence: shown,
        remedy: "Paginate what is shown, and count or sum in the database what is only counted. Where all rows are \
                 needed (an export), .values_list() saves the objects and .iterator(chunk_size=…) the memory. A \
                 list of keys that came from the database is better a subquery: filter(order__in=queryset)."
            .to_owned(),
        code: format!(
            "page = Paginator({}.objects.all(), 50).get_page(request.GET.get(\"page\"))",
            model(table)
        ),
        confidence: Confidence::Medium,
        doubts: "An export or a nightly job may well need all of them.".to_owned(),
    })
}
