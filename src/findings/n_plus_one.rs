//! N+1: a query brings rows, then another runs once for each of them.
//!
//! Within one request the same fingerprint runs many times with (nearly) as many different parameters.
//! That is the rule of [Sentry](https://docs.sentry.io/product/issues/issue-details/performance-issues/n-one-queries/)
//! and perf-sentinel, with the request in place of their parent span.

use rustc_hash::FxHashMap;

use super::asked::{self, Cause};
use super::groups::{Group, Lists, each_group, is_read, most};
use super::pricing::{AskedBy, Price};
use super::shape::{Shape, model, shape, source_fits};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format;
use crate::queries::{Clock, Frame, QueryLog, Relation, RelationKind};
use crate::sort;

/// See the module.
pub(super) struct NPlusOne;

const EXECUTIONS: Threshold = Threshold {
    key: "executions",
    title: "minimum different parameter sets per request",
    default: 5.0,
    unit: Unit::Count,
    source: "as Sentry and perf-sentinel",
};

const DISTINCT: Threshold = Threshold {
    key: "distinct",
    title: "minimum share of executions with parameters of their own",
    default: 0.25,
    unit: Unit::Share,
    source: "our choice: Sentry and perf-sentinel want all to differ, but rows that are asked for up to four \
             times each are still fetched in a loop; below that they are duplicates",
};

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum time per request",
    default: 0.0,
    unit: Unit::Milliseconds,
    source: "none, where Sentry has 50 ms in production, because a database on the same machine answers in \
             a fraction of what it takes over a network",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "n-plus-one",
    title: "N+1 queries",
    looks_at: LooksAt::Either,
    thresholds: &[EXECUTIONS, DISTINCT, TIME],
};

/// Whether a group is a loop over different rows.
pub(super) fn is_loop(group: &Group<'_>, settings: &Settings) -> bool {
    let distinct = group.distinct as f64;
    distinct >= settings.get(&ABOUT, &EXECUTIONS)
        && distinct >= settings.get(&ABOUT, &DISTINCT) * group.statements.len() as f64
}

/// All loops of one query.
#[derive(Default)]
struct Loops {
    executions: u64,
    distinct: u64,
    requests: u32,
    /// The request that was counted last.
    last_request: Option<u32>,
    inferred: bool,
    time: f64,
    price: Price,
    without_duration: u64,
    /// The longest: executions, request, first and last statement.
    worst: (usize, u32, u32, u32),
    sources: FxHashMap<u32, u32>,
    sites: FxHashMap<u32, u32>,
}

impl Rule for NPlusOne {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        asked::judge(case, &ABOUT, Cause::Loop, settings.get(&ABOUT, &EXECUTIONS) * 2.0, findings);
        let Case::Queries(log, _) = *case else { return };
        let mut all: FxHashMap<u32, Loops> = FxHashMap::default();
        each_group(log, |group| {
            let fingerprint = &log.fingerprints[group.fingerprint as usize];
            let time = group.time(log);
            if !is_read(fingerprint)
                || !is_loop(group, settings)
                || Lists::of(log, group.fingerprint) == Lists::Batches
                || time < settings.get(&ABOUT, &TIME)
            {
                return;
            }
            let count = group.statements.len();
            let loops = all.entry(group.fingerprint).or_default();
            loops.executions += count as u64;
            loops.distinct += group.distinct as u64;
            if loops.last_request != Some(group.request) {
                loops.last_request = Some(group.request);
                loops.requests += 1;
            }
            loops.inferred |= log.requests[group.request as usize].origin.is_inferred();
            loops.time += time;
            // A join brings what a relation to one other row asks for: no statement is left of it.
            let joined = AskedBy::of(log, group.statements[0] as usize) == Some(AskedBy::Relation);
            let saved = if joined { count as f64 } else { count as f64 - 1.0 };
            loops.price.add(log, group.around, group.statements, saved, time * saved / count as f64);
            let unknown = |at: &&u32| log.statements.duration[**at as usize].is_nan();
            loops.without_duration += group.statements.iter().filter(unknown).count() as u64;
            if count > loops.worst.0 {
                let (first, last) = (group.statements[0], group.statements[count - 1]);
                loops.worst = (count, group.request, first, last);
            }
            let shape = shape(fingerprint);
            if let Some(source) = group.source(log, |other| source_fits(&shape, other)) {
                *loops.sources.entry(source).or_default() += 1;
            }
            for &at in group.statements {
                if let Some(site) = log.statements.site(at as usize) {
                    *loops.sites.entry(site).or_default() += 1;
                }
            }
        });
        let mut all: Vec<(u32, Loops)> = all.into_iter().collect();
        sort::by_number(&mut all, |(fingerprint, _)| *fingerprint);
        findings.extend(all.into_iter().map(|(fingerprint, loops)| finding(log, fingerprint, &loops)));
    }
}

fn finding(log: &QueryLog, id: u32, loops: &Loops) -> Finding {
    let fingerprint = &log.fingerprints[id as usize];
    let (count, request, first, last) = loops.worst;
    let site = most(&loops.sites).and_then(|site| log.sites.get(site as usize));
    let frame = site.and_then(|site| site.frames.first());
    let relation = site.and_then(|site| site.relation.as_ref());
    let source = most(&loops.sources);
    let table = fingerprint.tables.first().map_or("a table", String::as_str);
    let title = request_title(log, request);
    let what = match relation {
        Some(relation) => relation.name.clone(),
        None => table.to_owned(),
    };
    let shape = shape(fingerprint);
    let verb = match shape {
        // `exists()`: SELECT 1 AS "a" … LIMIT 1.
        Shape::Counted { .. } if fingerprint.text.starts_with("SELECT ? AS") => "check",
        Shape::Counted { .. } => "count",
        _ => "load",
    };
    let (remedy, code) =
        remedy(&shape, relation, source.map(|id| log.fingerprints[id as usize].tables.as_slice()), frame);
    let by = Lists::of(log, id).text();
    let origin = log.span().map_or(0.0, |(first, _)| first);
    let (from, to) = (log.statements.start[first as usize], log.statements.end(last as usize));
    let mut evidence = vec![
        Evidence::new("executions", "Executions in all", Value::Count(loops.executions)),
        Evidence::new("requests", "Requests affected", Value::Count(u64::from(loops.requests))),
        Evidence::new(
            "executions_in_worst_request",
            "Executions in the worst request",
            Value::Count(count as u64),
        )
        .at(Link::Range(from - origin, to - origin)),
        Evidence::new("distinct_parameters", "Distinct parameters", Value::Count(loops.distinct)),
        Evidence::new("total_ms", "Time of these executions", Value::Milliseconds(loops.time)),
        Evidence::new("query", "The query", Value::Sql(fingerprint.text.clone())).at(Link::Query(id)),
    ];
    if let Some(source) = source {
        evidence.push(
            Evidence::new(
                "source",
                "Probably the loop's query",
                Value::Sql(log.fingerprints[source as usize].text.clone()),
            )
            .at(Link::Query(source)),
        );
    }
    if let Some(frame) = frame {
        evidence.push(
            Evidence::new("place", "The line of code", Value::Place(place(frame))).at(Link::Statement(first)),
        );
    }
    if let Some(relation) = relation {
        evidence.push(Evidence::new(
            "relation",
            "The relation that is followed",
            Value::Text(relation.name.clone()),
        ));
    }
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: fingerprint.text.clone(),
        title: if loops.requests == 1 {
            format!("{title} {verb}s {what} {by}: {count} queries instead of 1 or 2")
        } else {
            format!(
                "{} requests {verb} {what} {by}: up to {count} queries instead of 1 or 2",
                format::count(i64::from(loops.requests))
            )
        },
        at_stake: loops.price.at_stake(),
        saving: loops.price.saving(),
        bound: Bound::Estimate,
        computed: computed(loops),
        evidence,
        remedy,
        code,
        confidence: match (loops.inferred, log.clock == Clock::Sequence) {
            (false, _) => Confidence::High,
            (true, false) => Confidence::Medium,
            (true, true) => Confidence::Low,
        },
        doubts: doubts(loops, log),
        also: Vec::new(),
        price: Some(loops.price),
    }
}

fn computed(loops: &Loops) -> String {
    let Loops { executions, requests, price, .. } = loops;
    let mut text = format!(
        "The {} executions take {}; in {} one query takes about as long as one of them, a join hardly longer. {}",
        format::count(*executions as i64),
        format::milliseconds(price.at_stake()),
        if *requests == 1 { "their place".to_owned() } else { format!("each of the {requests} requests") },
        price.computed(),
    );
    if loops.without_duration > 0 {
        text +=
            &format!(" {} of them have no duration in the log and count as nothing.", loops.without_duration);
    }
    text
}

fn doubts(loops: &Loops, log: &QueryLog) -> String {
    let mut text = "The rows may be needed only now and then, or come from a cache in production.".to_owned();
    if loops.inferred {
        text += " Where a request begins and ends is inferred from this log: two requests may have been \
                 taken for one.";
    }
    if log.clock == Clock::Sequence {
        text += " The log has no times.";
    }
    text
}

/// What to call a request in a sentence.
pub(super) fn request_title(log: &QueryLog, request: u32) -> String {
    match log.requests.get(request as usize).map(crate::queries::Request::title) {
        Some(title) if !title.is_empty() => title,
        _ => "A request".to_owned(),
    }
}

/// `orders.py:27(orders)`.
pub(super) fn place(frame: &Frame) -> String {
    format::pstats_place(&frame.file, i64::from(frame.line), &frame.name)
}

/// What to do, and the code for it.
fn remedy(
    shape: &Shape,
    relation: Option<&Relation>,
    source: Option<&[String]>,
    frame: Option<&Frame>,
) -> (String, String) {
    // `source` is a guess; the relation's own model is known.
    let guessed = source.and_then(<[String]>::first).map_or("Model".to_owned(), |table| model(table));
    if let (Some(Relation { kind, name, accessor }), false) =
        (relation, matches!(shape, Shape::Counted { .. }))
    {
        let owner = name.split('.').next().unwrap_or("Model");
        return match kind {
            // What is followed belongs to what another relation led to: the path begins at the loop's own rows.
            RelationKind::Forward if source.is_some() && !guessed.eq_ignore_ascii_case(owner) => (
                format!(
                    "The code follows {name} for each row. Load it with the rows, by a join: name the whole path to it \
                     in select_related of the queryset that the loop runs over, with __ between its steps."
                ),
                format!(
                    "{guessed}.objects.select_related(\"…__{accessor}\")  # all steps from {guessed} to {accessor}"
                ),
            ),
            RelationKind::Forward => (
                format!(
                    "The code follows {name} for each row. Load it with the rows, by a join: add \
                     select_related to the queryset of {owner} that the loop runs over."
                ),
                format!("{owner}.objects.select_related(\"{accessor}\")"),
            ),
            RelationKind::Reverse | RelationKind::ManyToMany => (
                format!(
                    "The code reads {accessor} of each row. Load them for all rows by one more query: add \
                     prefetch_related to the queryset that the loop runs over, and iterate over .all() (any \
                     other filter asks the database again; Prefetch(queryset=…) takes one)."
                ),
                format!("{owner}.objects.prefetch_related(\"{accessor}\")"),
            ),
            RelationKind::Deferred => (
                format!(
                    "The code reads {name} of each row, which was left out when the rows were loaded: take \
                     it out of the queryset's defer(), or name it in its only()."
                ),
                format!("{owner}.objects.only(…, \"{accessor}\")"),
            ),
        };
    }
    match shape {
        Shape::ByKey { table } if frame.is_some() => (
            format!(
                "Rows of {table} are fetched by their key one at a time, and no foreign key is followed: \
                 collect the keys first and fetch all rows at once with in_bulk."
            ),
            format!("rows = {}.objects.in_bulk(keys)\nfor key in keys:\n    row = rows[key]", model(table)),
        ),
        Shape::ByKey { table } => (
            format!(
                "Rows of {table} are fetched by their key one at a time. If the code follows a foreign key \
                 of {guessed}, add select_related to the queryset that the loop runs over; if it calls \
                 .get(pk=…) in a loop, fetch all rows at once with in_bulk."
            ),
            format!(
                "{guessed}.objects.select_related(\"{}\")\n# or, in place of a loop of .get(pk=…):\nrows = {}.objects.in_bulk(keys)",
                model(table).to_lowercase(),
                model(table)
            ),
        ),
        Shape::ByForeignKey { table, column } => (
            format!(
                "For each row the rows of {table} that name it in {column} are fetched. Load them for all rows \
                 by one more query: add prefetch_related to the queryset that the loop runs over, and iterate \
                 over .all()."
            ),
            format!(
                "{guessed}.objects.prefetch_related(\"{}_set\")  # or the related_name of {column}",
                model(table).to_lowercase()
            ),
        ),
        Shape::ManyToMany { table, through } => (
            format!(
                "For each row the rows of {table} are fetched over {through}. Load them for all rows by one \
                 more query: add prefetch_related to the queryset that the loop runs over."
            ),
            format!(
                "{guessed}.objects.prefetch_related(\"{}s\")  # the ManyToManyField",
                model(table).to_lowercase()
            ),
        ),
        Shape::Counted { table } => (
            format!(
                "For each row the rows of {table} are counted. Count them with the rows: annotate the queryset \
                 that the loop runs over; if all of them are loaded anyway, count them in Python."
            ),
            match relation {
                Some(Relation { name, accessor, .. }) => {
                    let owner = name.split('.').next().unwrap_or("Model");
                    format!("{owner}.objects.annotate(count=Count(\"{accessor}\"))")
                }
                None => {
                    format!("{guessed}.objects.annotate(count=Count(\"{}\"))", model(table).to_lowercase())
                }
            },
        ),
        Shape::Other => (
            format!(
                "The same query runs for each row. Ask for all at once: a filter with __in over the keys, \
                 a join (select_related), a prefetch (prefetch_related), or an annotation. The query, in \
                 brief: {}",
                source.map_or_else(String::new, |tables| format!("it follows one on {}.", tables.join(", ")))
            ),
            String::new(),
        ),
    }
}
