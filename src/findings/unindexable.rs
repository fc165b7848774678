//! Conditions that no plain index serves: a leading wildcard, a function over the column, words and what
//! arrays and documents contain, a far OFFSET, a random order.

use super::expressions::{self, Family, Server};
use super::index_candidates::MEDIAN;
use super::lookups::{self, Mention};
use super::shape::model;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::digest::Numbers;
use crate::queries::{ColumnUse, Fingerprint, Operation, QueryLog, Usage};

/// See the module.
pub(super) struct Unindexable;

/// How far an OFFSET is far; also of [`super::index_candidates`].
pub(super) const OFFSET: Threshold = Threshold {
    key: "offset",
    title: "minimum OFFSET",
    default: 1000.0,
    unit: Unit::Count,
    source: "our choice: ten pages of a hundred rows; all of them are read and thrown away",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "unindexable",
    title: "Conditions no plain index serves",
    looks_at: LooksAt::Queries,
    thresholds: &[MEDIAN, OFFSET],
};

/// What stands in the way.
pub(super) enum Obstacle<'a> {
    /// Of one table: the first, and what stands beside it by OR. Then whether that is also of others.
    Conditions(Vec<(&'a ColumnUse, Family)>, bool),
    Random,
    Offset(u64),
}

impl Rule for Unindexable {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        for (id, (fingerprint, numbers)) in log.fingerprints.iter().zip(&log.numbers).enumerate() {
            if let Some(obstacle) = obstacle(fingerprint, numbers, settings) {
                findings.push(finding(log, id as u32, &obstacle));
            }
        }
    }
}

/// What stands in the way of a query, if it is slow; also what others leave to this rule.
pub(super) fn obstacle<'a>(
    fingerprint: &'a Fingerprint,
    numbers: &Numbers,
    settings: &'a Settings,
) -> Option<Obstacle<'a>> {
    let finds = matches!(fingerprint.operation, Operation::Select | Operation::Update | Operation::Delete);
    if !finds || numbers.p50 < settings.get(&ABOUT, &MEDIAN) || numbers.total <= 0.0 {
        return None;
    }
    let text = &fingerprint.text;
    if text.contains("ORDER BY random()") || text.contains("ORDER BY rand()") {
        return Some(Obstacle::Random);
    }
    let mentions = lookups::mentions(fingerprint, numbers, settings);
    // Rows that a key finds are few: looking through them takes no index.
    let conditions = || {
        let is_looked_for = |one: &&ColumnUse| {
            let mention = lookups::of(&mentions, one).filter(|mention| !mention.found);
            !one.given && mention.is_some_and(|mention| !lookups::is_foreign(mention.table))
        };
        let searched = fingerprint.columns.iter().filter(is_looked_for);
        searched.filter(|one| one.usage.is_condition() && one.usage != Usage::Unequal)
    };
    let all: Vec<(&ColumnUse, Family)> =
        conditions().filter_map(|one| Some((one, family(&mentions, one)?))).collect();
    let wildcard = all.iter().find(|(_, family)| *family == Family::Wildcard);
    let far = settings.get(&ABOUT, &OFFSET);
    if wildcard.is_none() && fingerprint.largest_offset as f64 >= far {
        return Some(Obstacle::Offset(fingerprint.largest_offset));
    }
    let (first, _) = *wildcard.or(all.first())?;
    let elsewhere = |one: &ColumnUse| one.either && one.mention != first.mention;
    let others = first.either && conditions().any(elsewhere);
    let mut sides: Vec<(&ColumnUse, Family)> = Vec::new();
    // One of several by AND is enough; by OR all rows are read if one has no index.
    let beside = all.iter().filter(|(one, _)| first.either && one.either && one.mention == first.mention);
    for &(one, family) in wildcard.or(all.first()).into_iter().chain(beside) {
        let indexed = |one: &ColumnUse| (one.column.clone(), expressions::function(one).map(str::to_owned));
        if !sides.iter().any(|(other, _)| indexed(other) == indexed(one)) {
            sides.push((one, family));
        }
    }
    Some(Obstacle::Conditions(sides, others))
}

/// What no plain index serves of a condition, if there is not another one that does.
fn family(mentions: &[Mention<'_>], one: &ColumnUse) -> Option<Family> {
    let family = match one.usage {
        Usage::LikeAnywhere => Family::Wildcard,
        _ => Family::of(one.function.as_deref()?)?,
    };
    // Other operators (`~`) are not served by what serves a comparison.
    let inverted = matches!(family, Family::Words | Family::Contained);
    if inverted != (one.usage == Usage::Operator) {
        return None;
    }
    let known = lookups::of(mentions, one).and_then(|mention| mention.known.as_deref());
    let is_indexed = known.is_some_and(|table| match family {
        Family::Wildcard | Family::Folded => table.has_trigrams(expressions::function(one), &one.column),
        _ if inverted && table.has_inverted(&one.column) => true,
        _ => table.has_expression(one.function.as_deref().unwrap_or_default(), &one.column),
    });
    (!is_indexed).then_some(family)
}

fn named(one: &ColumnUse) -> String {
    format!("{}.{}", one.table.as_deref().unwrap_or_default(), one.column)
}

/// What stands in the way, what to do about it, and the code.
fn conditions(
    all: &[(&ColumnUse, Family)],
    others: bool,
    (text, server): (&str, Server),
) -> (String, String, String) {
    let Some(&(first, family)) = all.first() else { return Default::default() };
    let mut what = family.reason(&named(first), first.function.as_deref().unwrap_or_default());
    let mut remedy = family.remedy(server).to_owned();
    let more: Vec<String> = all.iter().skip(1).map(|(one, _)| named(one)).collect();
    if !more.is_empty() {
        what.push_str(&format!(", likewise {}", more.join(", ")));
    }
    if first.either {
        remedy.push_str(" With OR each condition needs an index: where one has none, all rows are read.");
    }
    if others {
        remedy.push_str(
            " Conditions of several tables share none: look for the keys of each by a query of its own.",
        );
    }
    (what, remedy, expressions::code(all, text, server))
}

fn finding(log: &QueryLog, id: u32, obstacle: &Obstacle<'_>) -> Finding {
    let (fingerprint, numbers) = (&log.fingerprints[id as usize], &log.numbers[id as usize]);
    let table = fingerprint.tables.first().map_or("a table", String::as_str);
    let server = Server::of(fingerprint);
    let (what, remedy, code) = match obstacle {
        Obstacle::Conditions(all, others) => conditions(all, *others, (&fingerprint.text, server)),
        Obstacle::Random => (
            format!("{table} is sorted at random"),
            "order_by(\"?\") reads and sorts all rows to take a few. Choose keys at random and fetch those, or \
             keep a list of choices that is made anew now and then."
                .to_owned(),
            format!(
                "keys = list({0}.objects.values_list(\"pk\", flat=True))  # cached\n\
                 {0}.objects.in_bulk(random.sample(keys, min({1}, len(keys))))",
                model(table),
                match fingerprint.largest_limit {
                    0 => "count".to_owned(),
                    rows => rows.to_string(),
                }
            ),
        ),
        Obstacle::Offset(offset) => (
            format!("{} rows of {table} are passed over", format::count(*offset as i64)),
            "OFFSET reads all rows before the page and throws them away. Ask for what follows the last row shown \
             (keyset pagination): the index finds it at once, however far."
                .to_owned(),
            format!("{}.objects.filter(pk__gt=last_seen).order_by(\"pk\")[:100]", model(table)),
        ),
    };
    let statement = log.statements.fingerprint.iter().position(|&one| one == id);
    let mut shown = vec![
        Evidence::new("reason", "What stands in the way", Value::Text(what.clone())),
        evidence::count("executions", "Executions", u64::from(numbers.calls)),
        evidence::time("median_ms", "One takes", numbers.p50),
        evidence::query(log, "query", "The query", id),
    ];
    shown.extend(statement.and_then(|at| evidence::code(log, at as u32)));
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: fingerprint.text.clone(),
        title: format!("No plain index serves this query: {what}"),
        at_stake: numbers.total,
        saving: numbers.total,
        bound: Bound::AtMost,
        computed: format!(
            "Its {} took {}; a better query can save up to all of it.",
            format::counted(i64::from(numbers.calls), "execution", "executions"),
            format::milliseconds(numbers.total)
        ),
        evidence: shown,
        remedy,
        code,
        confidence: Confidence::Medium,
        doubts:
            "The time may go elsewhere in the query, and such an index may be there already: look at the \
                 plan (queryset.explain(analyze=True))."
                .to_owned(),
        also: Vec::new(),
        price: None,
    }
}
