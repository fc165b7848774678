//! Large results: thousands of rows loaded at once, told by the rows of a result or by the list of keys
//! that the next query then asks for.

use super::asked::{self, Cause};
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
    title: "minimum rows returned, or keys in an IN list",
    default: 1000.0,
    unit: Unit::Count,
    source: "our choice: no page shows so many; Oracle allows no more in one list",
};

/// For the registry.
pub(super) static ABOUT: About =
    About { id: "large-results", title: "Large results", looks_at: LooksAt::Either, thresholds: &[ROWS] };

/// Rows of a page.
const PAGE: f64 = 100.0;

impl Rule for LargeResults {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        asked::judge(case, &ABOUT, Cause::Objects, settings.get(&ABOUT, &ROWS), findings);
        let Case::Queries(log, _) = *case else { return };
        let least = settings.get(&ABOUT, &ROWS);
        for (id, fingerprint) in log.fingerprints.iter().enumerate() {
            if fingerprint.operation != Operation::Select || fingerprint.tables.is_empty() {
                continue;
            }
            let returned = log.numbers[id].rows.map_or(0, |rows| rows.max);
            let list = fingerprint.longest_list;
            if f64::from(returned.max(list)) < least {
                continue;
            }
            let is_list = list >= returned;
            let large =
                if is_list { with_lists(log, id as u32, least) } else { with_rows(log, id as u32, least) };
            findings.extend(finding(log, id as u32, large, is_list));
        }
    }
}

/// An execution, and how many rows it loads, or keys it names, at most.
struct Large {
    at: u32,
    rows: u32,
}

fn executions(log: &QueryLog, id: u32) -> impl Iterator<Item = usize> {
    let statements = &log.statements;
    (0..statements.len()).filter(move |&at| statements.fingerprint[at] == id)
}

/// The executions that returned at least so many rows, the largest first.
fn with_rows(log: &QueryLog, id: u32, least: f64) -> Vec<Large> {
    let rows = |at: usize| log.statements.rows(at).filter(|&rows| f64::from(rows) >= least);
    let mut large: Vec<Large> =
        executions(log, id).filter_map(|at| Some(Large { at: at as u32, rows: rows(at)? })).collect();
    sort::by_number(&mut large, |one| u32::MAX - one.rows);
    large
}

/// The executions whose list can be so long, that with the longest record first. Of an execution the log has
/// its record's length alone. The longest record has the longest list; what it has beyond the query is its
/// keys, and those of another list may be half as long.
fn with_lists(log: &QueryLog, id: u32, least: f64) -> Vec<Large> {
    let length = |at: usize| log.statements.length[at];
    let fingerprint = &log.fingerprints[id as usize];
    let beyond = |at: usize| f64::from(length(at)) - fingerprint.text.len() as f64;
    let longest = executions(log, id).map(beyond).fold(0.0, f64::max);
    let needed = longest / f64::from(fingerprint.longest_list).max(1.0) / 2.0 * least;
    let large = executions(log, id).filter(|&at| beyond(at) >= needed);
    let mut large: Vec<Large> =
        large.map(|at| Large { at: at as u32, rows: fingerprint.longest_list }).collect();
    sort::by_number(&mut large, |one| u32::MAX - length(one.at as usize));
    large
}

fn finding(log: &QueryLog, id: u32, mut large: Vec<Large>, is_list: bool) -> Option<Finding> {
    let &Large { at: first, rows } = large.first()?;
    let request = |one: &Large| log.statements.request[one.at as usize];
    let title = request_title(log, log.statements.request[first as usize]);
    // Of each request its largest, which comes first.
    sort::by_number(&mut large, request);
    large.dedup_by_key(|one| request(one));
    // What Python makes of the rows is not in the log: the whole request is at stake.
    let time = |one: &Large| {
        let request = log.requests.get(request(one) as usize);
        request.map_or(0.0, |request| request.duration.max(request.database_time))
    };
    let at_stake: f64 = large.iter().map(time).sum();
    if at_stake <= 0.0 {
        return None;
    }
    let saving = large.iter().map(|one| time(one) * (1.0 - PAGE / f64::from(one.rows).max(PAGE))).sum();
    let fingerprint = &log.fingerprints[id as usize];
    let table = fingerprint.tables.first()?;
    let mut shown = vec![
        evidence::count(
            "rows",
            if is_list { "Keys in the longest list" } else { "Rows in the largest result" },
            u64::from(rows),
        ),
        evidence::count("requests", "Requests with so many", large.len() as u64),
        evidence::time("requests_ms", "Time of these requests", at_stake),
        evidence::query(log, "query", "The query", id),
    ];
    shown.extend(evidence::code(log, first));
    let rows_shown = format::count(i64::from(rows));
    let took = format!(
        "{} took {}",
        if large.len() == 1 { "The request" } else { "The requests" },
        format::milliseconds(at_stake)
    );
    Some(Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: fingerprint.text.clone(),
        title: format!(
            "{title} {}",
            if is_list {
                format!("asks {table} for what belongs to {rows_shown} rows at once")
            } else {
                format!("loads {rows_shown} rows of {table}")
            }
        ),
        at_stake,
        saving,
        bound: Bound::AtMost,
        computed: if is_list {
            let calls = i64::from(log.numbers[id as usize].calls);
            format!(
                "The list of {rows_shown} keys is that of one of {}. Counted is every request whose record is long \
                 enough for a list of so many: {took}; with {PAGE} keys it would be at least that share of it.",
                format::counted(calls, "execution", "executions"),
            )
        } else {
            format!("{took}; with {PAGE} rows of each result it would be at least that share of it.")
        },
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
        also: Vec::new(),
        price: None,
    })
}
