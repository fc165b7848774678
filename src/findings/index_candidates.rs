//! Index candidates: the columns of WHERE, JOIN and ORDER BY that the slow queries share and no index is
//! known for, by the schema if it was given.
//!
//! Columns of one mention of a table make one candidate: those compared for equality first, then one
//! range, else the sort, as a B-tree serves them
//! ([PostgreSQL](https://www.postgresql.org/docs/current/indexes-multicolumn.html)).

use std::collections::BTreeMap;

use super::index_columns::{Columns, Query};
use super::lookups::Mention;
use super::replay::Writes;
use super::selected::Tokens;
use super::shape::model;
use super::unindexable;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence, lookups,
};
use crate::format;
use crate::queries::digest::Numbers;
use crate::queries::{ColumnUse, Fingerprint, QueryLog};
use crate::schema::{Index, Table};
use crate::sort;

/// See the module.
pub(super) struct IndexCandidates;

/// How slow a query must be as a rule: one execution may have met a cold cache; also of [`super::unindexable`].
pub(super) const MEDIAN: Threshold = Threshold {
    key: "median",
    title: "minimum median time of an execution",
    default: 20.0,
    unit: Unit::Milliseconds,
    source: "as PgHero's slow queries",
};

/// When a key does not tell rows apart; see [`lookups::wasteful`].
pub(super) const EXAMINED: Threshold = Threshold {
    key: "examined",
    title: "minimum rows examined per row returned, though a key is compared",
    default: 10.0,
    unit: Unit::Count,
    source: "our choice: with a fitting index the two are near each other",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "index-candidates",
    title: "Index candidates",
    looks_at: LooksAt::Queries,
    thresholds: &[MEDIAN, EXAMINED],
};

/// An index, and the queries it would serve: or several, that serve only together.
struct Candidate<'a> {
    indexes: Vec<Columns<'a>>,
    queries: Vec<u32>,
}

impl Rule for IndexCandidates {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let mut tables: BTreeMap<&str, Vec<Candidate<'_>>> = BTreeMap::new();
        for (id, (fingerprint, numbers)) in log.fingerprints.iter().zip(&log.numbers).enumerate() {
            for (table, indexes) in wanted(fingerprint, numbers, settings) {
                let all = tables.entry(table).or_default();
                all.push(Candidate { indexes, queries: vec![id as u32] });
            }
        }
        let writes = Writes::of(log);
        for (table, all) in tables {
            let (known, written) = (settings.schema().table(table), writes.of_table(table));
            findings
                .extend(merged(log, all).into_iter().map(|one| finding(log, (table, known, written), one)));
        }
    }
}

/// The tables whose rows a query would find by an index that is not there, and its columns, or those of several
/// that serve only together; also what others leave to this rule.
pub(super) fn wanted<'a>(
    fingerprint: &'a Fingerprint,
    numbers: &Numbers,
    settings: &'a Settings,
) -> Vec<(&'a str, Vec<Columns<'a>>)> {
    if numbers.p50 < settings.get(&ABOUT, &MEDIAN) || numbers.total <= 0.0 {
        return Vec::new();
    }
    let far = settings.get(&unindexable::ABOUT, &unindexable::OFFSET);
    let query = Query {
        single_lists: fingerprint.longest_list == 1,
        far: fingerprint.largest_offset as f64 >= far,
        patterns: !fingerprint.is_mysql && !is_sqlite(fingerprint),
    };
    let mentions = lookups::mentions(fingerprint, numbers, settings).into_iter();
    let searched = mentions.filter(|mention| !mention.found && !lookups::is_foreign(mention.table));
    let indexes = |mention: &Mention<'a>| {
        let (sides, one_value) = either(fingerprint, mention);
        match Columns::wanted(mention, query) {
            // The values by OR find fewer rows than a range, a flag or what is missing.
            Some(columns) if sides.is_empty() || one_value => vec![columns],
            _ => sides,
        }
    };
    let each = searched.map(|mention| (mention.table, indexes(&mention)));
    each.filter(|(_, indexes)| !indexes.is_empty()).collect()
}

/// The indexes for `a = ? OR b = ?`: PostgreSQL puts together what several find (BitmapOr), as MySQL
/// (index_merge) and SQLite do, if each side has one. And whether there is a `c = ?` beside it.
fn either<'a>(fingerprint: &'a Fingerprint, mention: &Mention<'a>) -> (Vec<Columns<'a>>, bool) {
    let sides: Vec<&ColumnUse> = fingerprint.columns.iter().filter(|one| one.either).collect();
    let is_value = |one: &&ColumnUse| mention.uses.contains(one) && one.function.is_none() && one.is_value();
    if sides.len() < 2 || !sides.iter().all(is_value) {
        return Default::default();
    }
    let all = Tokens::of(&fingerprint.text).conditions();
    let is_compared = |side: &str| side.ends_with(" = ?") || side.ends_with(" IN ( ? )");
    let (joined, others): (Vec<&String>, Vec<&String>) =
        all.iter().partition(|condition| condition.contains(" OR "));
    let [condition] = joined.as_slice() else { return Default::default() };
    // Nothing else is among them: no flag, no `? IS NULL`, no AND.
    if condition.contains(" AND ")
        || condition.split(" OR ").count() != sides.len()
        || !condition.split(" OR ").all(is_compared)
    {
        return Default::default();
    }
    let missing = sides.iter().filter(|one| !mention.is_indexed(&one.column));
    (missing.map(|one| Columns::of(&one.column)).collect(), others.iter().any(|other| is_compared(other)))
}

/// Django's LIKE names the sign that escapes for SQLite only.
fn is_sqlite(fingerprint: &Fingerprint) -> bool {
    fingerprint.text.contains(" ESCAPE ")
}

/// Where an index begins with what another query wants, it serves both. Which of them share one does not depend
/// on which was logged first.
fn merged<'a>(log: &QueryLog, mut all: Vec<Candidate<'a>>) -> Vec<Candidate<'a>> {
    let width = |one: &Candidate<'_>| one.indexes.iter().map(|one| one.parts().len()).max().unwrap_or(0);
    let text =
        |one: &Candidate<'_>| one.queries.first().map(|&id| log.fingerprints[id as usize].text.as_str());
    sort::by(&mut all, |a, b| {
        let (a_time, b_time) = (totals(log, &a.queries).1, totals(log, &b.queries).1);
        width(b).cmp(&width(a)).then(b_time.total_cmp(&a_time)).then_with(|| text(a).cmp(&text(b)))
    });
    let mut merged: Vec<Candidate<'a>> = Vec::new();
    for one in all {
        let both = merged.iter().enumerate().find_map(|(at, other)| match (&*other.indexes, &*one.indexes) {
            ([other], [one]) => Some((at, vec![other.with(one)?])),
            (others, those) => (others == those).then(|| (at, others.to_vec())),
        });
        match both {
            Some((at, indexes)) => {
                let known = &mut merged[at];
                known.indexes = indexes;
                let new = one.queries.into_iter().filter(|id| !known.queries.contains(id));
                known.queries.extend(new.collect::<Vec<_>>());
            }
            None => merged.push(one),
        }
    }
    merged
}

/// Executions of `queries`, and their time.
fn totals(log: &QueryLog, queries: &[u32]) -> (u64, f64) {
    let numbers = queries.iter().filter_map(|&id| log.numbers.get(id as usize));
    numbers.fold((0, 0.0), |(calls, time), one| (calls + u64::from(one.calls), time + one.total))
}

/// Rows that they looked at and returned, where the log has both.
fn rows(log: &QueryLog, queries: &[u32]) -> (u64, u64) {
    let numbers = queries.iter().filter_map(|&id| log.numbers.get(id as usize));
    let both = numbers.filter_map(|one| one.rows_examined.as_ref().zip(one.rows.as_ref()));
    both.fold((0, 0), |(all, given), (examined, rows)| (all + examined.total, given + rows.total))
}

/// Indexes named as evidence: a table with more has other troubles.
const NAMED: usize = 8;

fn finding(
    log: &QueryLog,
    (table, known, written): (&str, Option<&Table>, u64),
    candidate: Candidate<'_>,
) -> Finding {
    let Candidate { indexes, queries } = candidate;
    let ((calls, time), rows) = (totals(log, &queries), rows(log, &queries));
    let each: Vec<String> = indexes.iter().map(|columns| format!("({})", columns.text())).collect();
    let reads = each.join(" and ");
    let sorted = indexes.iter().find_map(|columns| columns.sorted.as_ref()).map_or_else(String::new, |sorted| {
        format!(
            "Only the first rows are wanted: if many fit the conditions, an index on ({sorted}) instead finds them \
             sorted, without reading the rest. "
        )
    });
    let together = match each.len() {
        1 => "",
        _ => " Both sides of the OR need theirs: where one has none, all rows are read.",
    };
    let mut shown = vec![
        Evidence::new("columns", "The columns", Value::Text(format!("{table} {reads}"))),
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
    let executions = format::counted(calls as i64, "execution", "executions");
    let with_time = |id: u32| (id, log.numbers.get(id as usize).map_or(0.0, |numbers| numbers.total));
    shown.extend(evidence::queries(log, queries.into_iter().map(with_time).collect()));
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: format!("{table}{reads}"),
        title: format!(
            "{} on {table} {reads} may serve {} {} in {executions}",
            if each.len() == 1 { "An index" } else { "Indexes" },
            format::counted(kinds as i64, "query that takes", "queries that take"),
            format::milliseconds(time)
        ),
        at_stake: time,
        saving: time,
        bound: Bound::AtMost,
        computed: format!(
            "Its {executions} took {}; an index can save up to all of it.",
            format::milliseconds(time)
        ),
        evidence: shown,
        remedy: format!(
            "Look at the plan first (queryset.explain(analyze=True)): a sequential scan over many rows is what \
             an index on {table} would replace. Equality comes first, then a range, then the sort.{together} Add it \
             without locking out writers: AddIndexConcurrently on PostgreSQL."
        ),
        code: format!(
            "class {}(models.Model):\n    class Meta:\n        indexes = [{}]",
            model(table),
            indexes.iter().map(|columns| columns.code(table, known)).collect::<Vec<_>>().join(", ")
        ),
        confidence: if rows.0 > 0 { Confidence::High } else { Confidence::Medium },
        doubts: format!(
            "{sorted}{} A column with few values (a flag) is seldom worth one, nor is a table of a few hundred rows; and \
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
        also: Vec::new(),
        price: None,
    }
}
