//! Conditions that no plain index serves: a leading wildcard, a function over the column, a far OFFSET,
//! a random order.

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
    title: "an OFFSET is far from so many rows on",
    default: 1000.0,
    unit: Unit::Count,
    source: "our own: ten pages of a hundred rows; all of them are read and thrown away",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "unindexable",
    title: "Conditions no plain index serves",
    looks_at: LooksAt::Queries,
    thresholds: &[MEDIAN, OFFSET],
};

/// What stands in the way.
enum Obstacle<'a> {
    Wildcard(&'a ColumnUse),
    Function(&'a ColumnUse, Family),
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
            if numbers.p50 < settings.get(&ABOUT, &MEDIAN) || numbers.total <= 0.0 {
                continue;
            }
            if let Some(obstacle) = obstacle(fingerprint, numbers, settings) {
                findings.push(finding(log, id as u32, &obstacle));
            }
        }
    }
}

fn obstacle<'a>(
    fingerprint: &'a Fingerprint,
    numbers: &Numbers,
    settings: &'a Settings,
) -> Option<Obstacle<'a>> {
    if fingerprint.operation != Operation::Select {
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
            !one.given && mention.is_some_and(|mention| !lookups::is_djangos(mention.table))
        };
        let searched = fingerprint.columns.iter().filter(is_looked_for);
        searched.filter(|one| one.usage.is_condition() && one.usage != Usage::Unequal)
    };
    let wildcard = |one: &&ColumnUse| one.usage == Usage::LikeAnywhere && !has_trigrams(&mentions, one);
    if let Some(one) = conditions().find(wildcard) {
        return Some(Obstacle::Wildcard(one));
    }
    let far = settings.get(&ABOUT, &OFFSET);
    if fingerprint.largest_offset as f64 >= far {
        return Some(Obstacle::Offset(fingerprint.largest_offset));
    }
    conditions().filter(|one| one.usage != Usage::LikeAnywhere).find_map(|one| {
        let function = one.function.as_deref()?;
        let family = Family::of(function)?;
        let known = lookups::of(&mentions, one).and_then(|mention| mention.known.as_deref());
        let is_indexed = match family {
            Family::Folded => has_trigrams(&mentions, one),
            _ => known.is_some_and(|table| table.has_expression(function, &one.column)),
        };
        (!is_indexed).then_some(Obstacle::Function(one, family))
    })
}

/// Whether the trigrams of what is compared are indexed.
fn has_trigrams(mentions: &[Mention<'_>], one: &ColumnUse) -> bool {
    let known = lookups::of(mentions, one).and_then(|mention| mention.known.as_deref());
    known.is_some_and(|table| table.has_trigrams(expressions::function(one), &one.column))
}

fn named(one: &ColumnUse) -> String {
    format!("{}.{}", one.table.as_deref().unwrap_or_default(), one.column)
}

fn finding(log: &QueryLog, id: u32, obstacle: &Obstacle<'_>) -> Finding {
    let (fingerprint, numbers) = (&log.fingerprints[id as usize], &log.numbers[id as usize]);
    let table = fingerprint.tables.first().map_or("a table", String::as_str);
    let server = Server::of(fingerprint);
    let (what, remedy, code) = match obstacle {
        Obstacle::Wildcard(one) => (
            format!("a LIKE on {} begins with a wildcard", named(one)),
            expressions::search_remedy(server).to_owned(),
            expressions::search_code(one, server),
        ),
        Obstacle::Function(one, family) => (
            family.reason(&named(one), one.function.as_deref().unwrap_or_default()),
            family.remedy().to_owned(),
            family.code(one, server),
        ),
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
        rule: ABOUT.id.to_owned(),
        key: fingerprint.text.clone(),
        title: format!("No plain index serves this query: {what}"),
        at_stake: numbers.total,
        saving: numbers.total,
        bound: Bound::AtMost,
        computed: format!(
            "Its {} took {}; a better question saves at most all of it.",
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
    }
}
