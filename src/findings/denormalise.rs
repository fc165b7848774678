//! Denormalise: joins over a table between two others that are run often, while what they join is
//! seldom written.

use super::lookups;
use super::replay::Writes;
use super::selected::Tokens;
use super::shape::model;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::{ColumnUse, Fingerprint, Operation, QueryLog, Usage};
use crate::sort;

/// See the module.
pub(super) struct Denormalise;

const CALLS: Threshold = Threshold {
    key: "executions",
    title: "minimum executions of a join over a table in between",
    default: 50.0,
    unit: Unit::Count,
    source: "our choice: copies that are kept up to date must serve many reads",
};

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum total time",
    default: 100.0,
    unit: Unit::Milliseconds,
    source: "our choice: below it there is nothing to gain",
};

const WRITTEN: Threshold = Threshold {
    key: "written",
    title: "maximum writes of its tables per read",
    default: 0.05,
    unit: Unit::Share,
    source: "our choice: each write then has to change the copies as well",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "denormalise",
    title: "Joins to denormalise",
    looks_at: LooksAt::Queries,
    thresholds: &[CALLS, TIME, WRITTEN],
};

impl Rule for Denormalise {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        // Per table between: the queries over it.
        let mut all: std::collections::BTreeMap<&str, Vec<u32>> = std::collections::BTreeMap::new();
        for (id, fingerprint) in log.fingerprints.iter().enumerate() {
            if let Some(through) = through(fingerprint) {
                all.entry(through).or_default().push(id as u32);
            }
        }
        let written = Writes::of(log);
        for (through, ids) in all {
            let numbers = || ids.iter().map(|&id| &log.numbers[id as usize]);
            let calls: u64 = numbers().map(|one| u64::from(one.calls)).sum();
            let time: f64 = numbers().map(|one| one.total).sum();
            let mut tables: Vec<&str> = Vec::new();
            for &id in &ids {
                tables.extend(log.fingerprints[id as usize].tables.iter().map(String::as_str));
            }
            sort::by_key(&mut tables, |table| *table);
            tables.dedup();
            let writes: u64 = tables.iter().map(|table| written.of_table(table)).sum();
            if calls as f64 >= settings.get(&ABOUT, &CALLS)
                && time >= settings.get(&ABOUT, &TIME)
                && writes as f64 <= settings.get(&ABOUT, &WRITTEN) * calls as f64
            {
                let queries = ids.iter().map(|&id| (id, log.numbers[id as usize].total)).collect();
                findings.push(finding(log, through, &tables, (calls, writes, time), queries));
            }
        }
    }
}

/// The table between two others: nothing but its keys is read, and two of them are compared.
fn through(fingerprint: &Fingerprint) -> Option<&str> {
    let is_foreign = |table: &String| lookups::is_foreign(table);
    if fingerprint.operation != Operation::Select || fingerprint.tables.iter().any(is_foreign) {
        return None;
    }
    let mut mentions: Vec<u32> =
        fingerprint.columns.iter().filter_map(|one| one.partner.as_ref().map(|_| one.mention)).collect();
    sort::by_number(&mut mentions, |mention| *mention);
    mentions.dedup();
    let between = mentions.into_iter().find_map(|mention| {
        let own = || fingerprint.columns.iter().filter(move |one| one.mention == mention);
        let table = own().find_map(|one| one.table.as_deref())?;
        is_between(fingerprint, table, own).then_some(table)
    })?;
    selects_keys_alone(&fingerprint.text, between).then_some(between)
}

/// Whether the columns that are compared of a table are those of one between: what it joins comes before it,
/// and names its rows, not the other way round. Rows whose foreign key is followed (select_related), and
/// which another one filters, come first themselves.
fn is_between<'a, I>(fingerprint: &Fingerprint, table: &str, own: impl Fn() -> I) -> bool
where
    I: Iterator<Item = &'a ColumnUse>,
{
    let is_key = |one: &&ColumnUse| one.column.ends_with("_id");
    let joined = || own().filter(|one| one.usage == Usage::Join && one.partner.is_some());
    let mut keys: Vec<&str> = joined().filter(is_key).map(|one| one.column.as_str()).collect();
    sort::by_key(&mut keys, |key| *key);
    keys.dedup();
    let comes_first = fingerprint.tables.first().is_some_and(|first| first == table);
    // Named by others as well, it is a table of its own: lines, their orders, and the orders' customers.
    if comes_first || joined().any(|one| !is_key(&one)) {
        return false;
    }
    match keys.as_slice() {
        [] => false,
        [key] => {
            let others = own().filter(is_key).filter(|one| one.column != *key);
            let mut others = others.filter(|one| matches!(one.usage, Usage::Equal | Usage::In)).peekable();
            let first =
                |one: &ColumnUse| one.partner.as_ref().map(|(table, _)| table) == fingerprint.tables.first();
            // One key is joined, the other is given: also orders of a tenant, by whose customer they are.
            // Django names a table between by the model and its field.
            others.peek().is_some()
                && joined().any(first)
                && (is_named_by(table, key) || others.any(|other| is_named_by(table, &other.column)))
        }
        _ => true,
    }
}

/// `shop_product_tags` by `product_id`: the model that has the relation, and then the relation.
fn is_named_by(table: &str, key: &str) -> bool {
    let stem = key.strip_suffix("_id").unwrap_or(key);
    // A relation to the model itself has `from_person_id` and `to_person_id`.
    let stem = stem.strip_prefix("from_").or_else(|| stem.strip_prefix("to_")).unwrap_or(stem);
    let name = table.rsplit('.').next().unwrap_or(table);
    !stem.is_empty() && format!("_{name}").contains(&format!("_{stem}_"))
}

fn selects_keys_alone(text: &str, table: &str) -> bool {
    let tokens = Tokens::of(text);
    let mut names = tokens.aliases(table);
    names.push(table.to_owned());
    names.extend(table.rsplit('.').next().map(str::to_owned));
    tokens.selected().iter().all(|column| match &column.table {
        Some(name) => !names.contains(name) || column.name.ends_with("_id"),
        // A bare name, or all there are: perhaps its own.
        None => false,
    })
}

fn finding(
    log: &QueryLog,
    through: &str,
    tables: &[&str],
    (calls, writes, time): (u64, u64, f64),
    queries: Vec<(u32, f64)>,
) -> Finding {
    let mut shown = vec![
        Evidence::new("tables", "The tables", Value::Text(tables.join(", "))),
        evidence::count("executions", "Executions", calls),
        evidence::count("writes", "Writes of these tables", writes),
        evidence::time("total_ms", "Time of the joins", time),
    ];
    shown.extend(evidence::queries(log, queries));
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: through.to_owned(),
        title: format!(
            "Joins over {through} are run {} times for {}",
            format::count(calls as i64),
            format::counted(writes as i64, "write", "writes")
        ),
        at_stake: time,
        saving: time,
        bound: Bound::AtMost,
        computed: format!(
            "The joins took {} in all; with the answer kept in the row they need not run. What \
             Python takes to make objects of their rows comes on top.",
            format::milliseconds(time)
        ),
        evidence: shown,
        remedy: format!(
            "Keep what is read in the row that shows it: a JSON or array column with the names, a counter, or \
             a copied field, set when the relation changes (the m2m_changed signal of {through}, or a trigger). \
             Keep the relation itself for editing."
        ),
        code: format!(
            "class {0}(models.Model):\n    names = models.JSONField(default=list)  # kept by m2m_changed of \
             {through}",
            tables.first().map_or_else(|| "Model".to_owned(), |table| model(table))
        ),
        confidence: Confidence::Low,
        doubts:
            "A copy can go stale: weigh a cache first. The log may not hold the hours in which these tables \
                 are written."
                .to_owned(),
        also: Vec::new(),
        price: None,
    }
}
