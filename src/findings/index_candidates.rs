//! Index candidates: the columns of WHERE, JOIN and ORDER BY that the slow queries share and no index is
//! known for, by the schema if it was given.
//!
//! Columns of one mention of a table make one candidate: those compared for equality first, then one
//! range, else the sort, as a B-tree serves them
//! ([PostgreSQL](https://www.postgresql.org/docs/current/indexes-multicolumn.html)).

use std::collections::BTreeMap;

use super::shape::model;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::{ColumnUse, NONE, QueryLog, Usage};
use crate::schema::{Index, Table};
use crate::sort;

/// See the module.
pub(super) struct IndexCandidates;

/// How slow a query must be as a rule: one execution may have met a cold cache; also of [`super::unindexable`].
pub(super) const MEDIAN: Threshold = Threshold {
    key: "median",
    title: "an execution takes at least so long as a rule (median)",
    default: 20.0,
    unit: Unit::Milliseconds,
    source: "PgHero's slow queries: 20 ms",
};

const EXAMINED: Threshold = Threshold {
    key: "examined",
    title: "though a key is compared: rows looked at for each row returned",
    default: 10.0,
    unit: Unit::Count,
    source: "our own: with a fitting index the two are near each other",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "index-candidates",
    title: "Index candidates",
    looks_at: LooksAt::Queries,
    thresholds: &[MEDIAN, EXAMINED],
};

/// Columns of one index: more are seldom worth their room.
const WIDEST: usize = 4;

#[derive(Default)]
struct Candidate {
    queries: Vec<(u32, f64)>,
    calls: u64,
    time: f64,
    /// Rows looked at and returned, where the log has both.
    rows: (u64, u64),
}

impl Rule for IndexCandidates {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let mut all: BTreeMap<(&str, Vec<&str>), Candidate> = BTreeMap::new();
        for (id, (fingerprint, numbers)) in log.fingerprints.iter().zip(&log.numbers).enumerate() {
            if numbers.p50 < settings.get(&ABOUT, &MEDIAN) {
                continue;
            }
            let rows = match (numbers.rows_examined, numbers.rows) {
                (Some(examined), Some(rows)) => (examined.total, rows.total),
                _ => (0, 0),
            };
            let wasteful = rows.0 as f64 > settings.get(&ABOUT, &EXAMINED) * rows.1.max(1) as f64;
            let limited = fingerprint.text.contains(" LIMIT ");
            let mut mentions: Vec<u32> = fingerprint.columns.iter().map(|one| one.mention).collect();
            sort::by_number(&mut mentions, |mention| *mention);
            mentions.dedup();
            for mention in mentions.into_iter().filter(|&mention| mention != NONE) {
                let own: Vec<&ColumnUse> =
                    fingerprint.columns.iter().filter(|one| one.mention == mention).collect();
                let Some(table) = own[0].table.as_deref() else { continue };
                let columns = index(&own, settings.schema().table(table), wasteful, limited);
                if columns.is_empty() {
                    continue;
                }
                let candidate = all.entry((table, columns)).or_default();
                if candidate.queries.iter().all(|(known, _)| *known != id as u32) {
                    candidate.queries.push((id as u32, numbers.total));
                    candidate.calls += u64::from(numbers.calls);
                    candidate.time += numbers.total;
                    candidate.rows = (candidate.rows.0 + rows.0, candidate.rows.1 + rows.1);
                }
            }
        }
        for ((table, columns), candidate) in all {
            if candidate.time > 0.0 {
                let known = settings.schema().table(table);
                findings.push(finding(log, table, known, &columns, candidate));
            }
        }
    }
}

/// Whether an index finds rows by the column. Where its table's definition is not known, primary keys and
/// foreign keys have one, as in Django.
fn is_indexed(table: Option<&Table>, column: &str) -> bool {
    if table.is_some_and(|table| table.leads(column)) {
        return true;
    }
    let column = column.to_ascii_lowercase();
    table.is_none_or(|table| !table.whole)
        && (column == "id" || column.ends_with("_id") || column == "session_key")
}

/// The columns of the index that would serve these uses, in order; empty if one is there already.
fn index<'a>(own: &[&'a ColumnUse], table: Option<&Table>, wasteful: bool, limited: bool) -> Vec<&'a str> {
    let plain = || own.iter().filter(|one| one.function.is_none() && !one.either);
    let given: Vec<&str> = plain()
        .filter(|one| matches!(one.usage, Usage::Equal | Usage::In))
        .map(|one| one.column.as_str())
        .collect();
    let by_key = given.iter().any(|column| is_indexed(table, column));
    if (by_key && !wasteful) || table.is_some_and(|table| table.is_key(&given)) {
        return Vec::new();
    }
    let mut columns: Vec<&str> = Vec::new();
    let add = |columns: &mut Vec<&'a str>, one: &'a ColumnUse| {
        if columns.len() < WIDEST && !columns.contains(&one.column.as_str()) {
            columns.push(&one.column);
        }
    };
    for one in plain() {
        let is_join = one.usage == Usage::Join && !is_indexed(table, &one.column);
        if is_join || matches!(one.usage, Usage::Equal | Usage::In | Usage::Null) {
            add(&mut columns, one);
        }
    }
    let equal = columns.len();
    let range = plain().find(|one| matches!(one.usage, Usage::Range | Usage::LikePrefix));
    match range {
        Some(one) => add(&mut columns, one),
        // Sorting by an index pays if only the first rows are wanted, or if it has filtered them.
        None if limited || equal > 0 => {
            // By the primary key only equals are sorted.
            let sorts = |one: &&&ColumnUse| matches!(one.usage, Usage::Ascending | Usage::Descending);
            for one in plain().filter(sorts).filter(|one| one.column != "id") {
                add(&mut columns, one);
            }
        }
        None => {}
    }
    let served = table.is_some_and(|table| table.serving(&columns, equal).is_some());
    let known = columns.iter().all(|column| is_indexed(table, column)) && columns.len() < 2;
    if served || known {
        columns.clear();
    }
    columns
}

/// Indexes named as evidence: a table with more has other troubles.
const NAMED: usize = 8;

fn finding(
    log: &QueryLog,
    table: &str,
    known: Option<&Table>,
    columns: &[&str],
    candidate: Candidate,
) -> Finding {
    let Candidate { queries, calls, time, rows } = candidate;
    let written = super::replay::writes(log, table);
    let reads = columns.join(", ");
    let mut shown = vec![
        Evidence::new("columns", "The columns", Value::Text(format!("{table} ({reads})"))),
        evidence::count("executions", "Executions it would serve", calls),
        evidence::time("total_ms", "Their time", time),
        Evidence::new("writes", "Writes of the table", Value::Text(evidence::rate(log, written))),
    ];
    if rows.0 > 0 {
        shown.push(evidence::count("rows_examined", "Rows they looked at", rows.0));
        shown.push(evidence::count("rows", "Rows they returned", rows.1));
    }
    if let Some(known) = known {
        let names: Vec<String> = known.indexes.iter().take(NAMED).map(Index::text).collect();
        let text = if names.is_empty() { "none".to_owned() } else { names.join("; ") };
        shown.push(Evidence::new("indexes", "Its indexes, by the schema", Value::Text(text)));
    }
    let kinds = queries.len();
    shown.extend(evidence::queries(log, queries));
    let fields: Vec<String> = columns
        .iter()
        .map(|column| format!("\"{}\"", column.strip_suffix("_id").unwrap_or(column)))
        .collect();
    Finding {
        rule: ABOUT.id.to_owned(),
        key: format!("{table}({reads})"),
        title: format!(
            "An index on {table} ({reads}) may serve {} {}",
            format::counted(kinds as i64, "query that takes", "queries that take"),
            format::milliseconds(time)
        ),
        at_stake: time,
        saving: time,
        bound: Bound::AtMost,
        computed: format!(
            "Its {} took {}; an index saves at most all of it.",
            format::counted(calls as i64, "execution", "executions"),
            format::milliseconds(time)
        ),
        evidence: shown,
        remedy: format!(
            "Look at the plan first (queryset.explain(analyze=True)): a sequential scan over many rows is what \
             an index on {table} would replace. Equality comes first, then a range, then the sort. Add it \
             without locking out writers: AddIndexConcurrently on PostgreSQL."
        ),
        code: format!(
            "class {}(models.Model):\n    class Meta:\n        indexes = [models.Index(fields=[{}])]",
            model(table),
            fields.join(", ")
        ),
        confidence: if rows.0 > 0 { Confidence::High } else { Confidence::Medium },
        doubts: format!(
            "{} A column with few values (a flag) is seldom worth one, nor is a table of a few hundred rows; and \
             every write of the table maintains its indexes.",
            match known {
                Some(known) if known.whole => "The schema may be older than the log.",
                _ => {
                    "The log does not say which indexes there are: primary keys and foreign keys count as indexed, \
                     until its schema is opened as well (pg_dump --schema-only, mysqldump --no-data, sqlite3 \
                     .schema)."
                }
            }
        ),
    }
}
