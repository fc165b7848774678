//! Conditions that no plain index serves: a leading wildcard, a function over the column, a far OFFSET,
//! a random order.

use super::index_candidates::MEDIAN;
use super::shape::model;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::{ColumnUse, Fingerprint, Operation, QueryLog, Usage};
use crate::schema::Schema;

/// See the module.
pub(super) struct Unindexable;

const OFFSET: Threshold = Threshold {
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
    Function(&'a ColumnUse, &'a str),
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
            if let Some(obstacle) = obstacle(fingerprint, settings.get(&ABOUT, &OFFSET), settings.schema()) {
                findings.push(finding(log, id as u32, &obstacle));
            }
        }
    }
}

fn obstacle<'a>(fingerprint: &'a Fingerprint, far: f64, schema: &Schema) -> Option<Obstacle<'a>> {
    if fingerprint.operation != Operation::Select {
        return None;
    }
    let conditions = || {
        let of_table = fingerprint.columns.iter().filter(|one| one.table.is_some());
        of_table.filter(|one| one.usage.is_condition() && one.usage != Usage::Unequal)
    };
    let table = |one: &ColumnUse| schema.table(one.table.as_deref().unwrap_or_default());
    let text = &fingerprint.text;
    if text.contains("ORDER BY random()") || text.contains("ORDER BY rand()") {
        return Some(Obstacle::Random);
    }
    let wildcard = |one: &&ColumnUse| {
        one.usage == Usage::LikeAnywhere && !table(one).is_some_and(|table| table.has_trigrams(&one.column))
    };
    if let Some(one) = conditions().find(wildcard) {
        return Some(Obstacle::Wildcard(one));
    }
    if fingerprint.largest_offset as f64 >= far {
        return Some(Obstacle::Offset(fingerprint.largest_offset));
    }
    conditions().find_map(|one| match one.function.as_deref() {
        // Its expression is indexed.
        Some(function) if table(one).is_some_and(|table| table.has_expression(function, &one.column)) => None,
        Some(function @ ("UPPER" | "LOWER" | "::date" | "DATE" | "TRIM" | "DJANGO_DATETIME_CAST_DATE")) => {
            Some(Obstacle::Function(one, function))
        }
        _ => None,
    })
}

fn named(one: &ColumnUse) -> String {
    format!("{}.{}", one.table.as_deref().unwrap_or_default(), one.column)
}

fn finding(log: &QueryLog, id: u32, obstacle: &Obstacle<'_>) -> Finding {
    let (fingerprint, numbers) = (&log.fingerprints[id as usize], &log.numbers[id as usize]);
    let table = fingerprint.tables.first().map_or("a table", String::as_str);
    let (what, remedy, code) = match obstacle {
        Obstacle::Wildcard(one) => (
            format!("a LIKE on {} begins with a wildcard", named(one)),
            "A B-tree finds a text by its beginning only. PostgreSQL's pg_trgm serves contains and icontains by \
             a GIN index; for words, full text search (SearchVector) is the better question."
                .to_owned(),
            format!(
                "# with TrigramExtension() in a migration\nGinIndex(OpClass(Upper(\"{0}\"), \
                 name=\"gin_trgm_ops\"), name=\"{0}_trigrams\")",
                one.column
            ),
        ),
        Obstacle::Function(one, function) => (
            format!("{} is compared inside {}", named(one), function.trim_start_matches(':')),
            match *function {
                "UPPER" | "LOWER" => {
                    "An index on the column does not know its capitals. Index the expression that is compared \
                     (a functional index), or compare the column itself and store it in one case."
                }
                _ => {
                    "An index on the column does not know the function's result. Compare the column with a \
                     range (__gte and __lt) in place of __date, or index the expression."
                }
            }
            .to_owned(),
            match *function {
                "UPPER" | "LOWER" => {
                    let mut name = function.to_ascii_lowercase();
                    name[..1].make_ascii_uppercase();
                    format!("models.Index({name}(\"{0}\"), name=\"{0}_folded\")", one.column)
                }
                _ => format!("filter({0}__gte=day, {0}__lt=day + timedelta(days=1))", one.column),
            },
        ),
        Obstacle::Random => (
            format!("{table} is sorted at random"),
            "order_by(\"?\") reads and sorts all rows to take a few. Choose keys at random and fetch those, or \
             keep a list of choices that is made anew now and then."
                .to_owned(),
            format!(
                "keys = {0}.objects.values_list(\"pk\", flat=True)  # cached\n\
                 {0}.objects.in_bulk(random.sample(keys, 12))",
                model(table)
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
