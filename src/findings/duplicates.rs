//! Duplicates: the same SQL with the same parameters more than once in one request.
//!
//! The rule of [django-debug-toolbar](https://github.com/django-commons/django-debug-toolbar/blob/main/debug_toolbar/panels/sql/panel.py).
//! Only reads count: writing the same twice may be meant.

use rustc_hash::FxHashMap;

use super::groups::{each_group, is_read, most};
use super::n_plus_one::{is_loop, place, request_title};
use super::pricing::{AskedBy, Price};
use super::shape::{Shape, model, shape};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format;
use crate::queries::QueryLog;
use crate::sort;

/// See the module.
pub(super) struct Duplicates;

const EXECUTIONS: Threshold = Threshold {
    key: "executions",
    title: "minimum equal executions per request",
    default: 2.0,
    unit: Unit::Count,
    source: "as django-debug-toolbar and perf-sentinel",
};

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum time per request of all but the first",
    default: 0.0,
    unit: Unit::Milliseconds,
    source: "as django-debug-toolbar, which has no minimum",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "duplicates",
    title: "Duplicate queries",
    looks_at: LooksAt::Queries,
    thresholds: &[EXECUTIONS, TIME],
};

/// All repetitions of one query.
#[derive(Default)]
struct Repeated {
    executions: u64,
    extra: u64,
    requests: u32,
    /// The request that was counted last.
    last_request: Option<u32>,
    inferred: bool,
    time: f64,
    price: Price,
    /// The most in one request: executions, request, first and last statement.
    worst: (usize, u32, u32, u32),
    sites: FxHashMap<u32, u32>,
}

impl Rule for Duplicates {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let least = settings.get(&ABOUT, &EXECUTIONS).max(2.0);
        let mut all: FxHashMap<u32, Repeated> = FxHashMap::default();
        let mut equal: Vec<(u64, u32)> = Vec::new();
        each_group(log, |group| {
            let loops = is_loop(group, settings);
            if !is_read(&log.fingerprints[group.fingerprint as usize]) || loops {
                return;
            }
            equal.clear();
            equal.extend(group.statements.iter().map(|&at| (log.statements.parameters[at as usize], at)));
            sort::by(&mut equal, Ord::cmp);
            // In the order of the log, whatever the hashes are.
            let mut repeats: Vec<&[(u64, u32)]> = equal.chunk_by(|a, b| a.0 == b.0).collect();
            sort::by_number(&mut repeats, |same| same.first().map_or(0, |(_, at)| *at));
            for same in repeats {
                let duration = |&(_, at): &(u64, u32)| log.statements.duration[at as usize].max(0.0);
                let time: f64 = same.iter().map(duration).sum();
                // The first is needed, and may have warmed what the others used.
                let saving = time - same.first().map_or(0.0, duration);
                if (same.len() as f64) < least || saving < settings.get(&ABOUT, &TIME) {
                    continue;
                }
                let repeated = all.entry(group.fingerprint).or_default();
                repeated.executions += same.len() as u64;
                repeated.extra += same.len() as u64 - 1;
                if repeated.last_request != Some(group.request) {
                    repeated.last_request = Some(group.request);
                    repeated.requests += 1;
                }
                repeated.inferred |= log.requests[group.request as usize].origin.is_inferred();
                repeated.time += time;
                let statements: Vec<u32> = same.iter().map(|(_, at)| *at).collect();
                // Of a relation a join leaves none.
                let joined = AskedBy::of(log, statements[0] as usize) == Some(AskedBy::Relation);
                let (saved, saving) =
                    if joined { (same.len() as f64, time) } else { (same.len() as f64 - 1.0, saving) };
                repeated.price.add(log, group.around, &statements, saved, saving);
                if same.len() > repeated.worst.0 {
                    repeated.worst = (same.len(), group.request, same[0].1, same[same.len() - 1].1);
                }
                for &(_, at) in same {
                    if let Some(site) = log.statements.site(at as usize) {
                        *repeated.sites.entry(site).or_default() += 1;
                    }
                }
            }
        });
        let mut all: Vec<(u32, Repeated)> = all.into_iter().collect();
        sort::by_number(&mut all, |(fingerprint, _)| *fingerprint);
        findings.extend(all.into_iter().map(|(fingerprint, repeated)| finding(log, fingerprint, &repeated)));
    }
}

fn finding(log: &QueryLog, id: u32, repeated: &Repeated) -> Finding {
    let fingerprint = &log.fingerprints[id as usize];
    let (count, request, first, last) = repeated.worst;
    let site = most(&repeated.sites).and_then(|site| log.sites.get(site as usize));
    let frame = site.and_then(|site| site.frames.first());
    let relation = site.and_then(|site| site.relation.as_ref());
    let table = fingerprint.tables.first().map_or("a table", String::as_str);
    let origin = log.span().map_or(0.0, |(first, _)| first);
    let (from, to) = (log.statements.start[first as usize], log.statements.end(last as usize));
    let mut evidence = vec![
        Evidence::new("executions", "Equal executions in all", Value::Count(repeated.executions)),
        Evidence::new("extra", "Of them not needed", Value::Count(repeated.extra)),
        Evidence::new(
            "executions_in_worst_request",
            "Equal executions in the worst request",
            Value::Count(count as u64),
        )
        .at(Link::Range(from - origin, to - origin)),
        Evidence::new("total_ms", "Time of these executions", Value::Milliseconds(repeated.time)),
        Evidence::new("query", "The query", Value::Sql(fingerprint.text.clone())).at(Link::Query(id)),
    ];
    if let Some(frame) = frame {
        evidence.push(
            Evidence::new("place", "The line of code", Value::Place(place(frame))).at(Link::Statement(first)),
        );
    }
    let name = model(table);
    let (remedy, code) = match (relation, shape(fingerprint)) {
        (Some(relation), _) => (
            format!(
                "{} is followed from several rows that share it. Load it with the rows by select_related, or \
                 once before them.",
                relation.name
            ),
            format!(
                "{}.objects.select_related(\"{}\")",
                relation.name.split('.').next().unwrap_or("Model"),
                relation.accessor
            ),
        ),
        (None, Shape::ByKey { .. }) => (
            format!(
                "The same row of {table} is fetched again and again. Keep it: in a variable that is passed on, \
                 in functools.cached_property on the object that asks, or in the cache across requests. If a \
                 foreign key is followed from several rows that share it, use select_related."
            ),
            format!(
                "from django.utils.functional import cached_property\n\n@cached_property\ndef {}(self):\n    return {name}.objects.get(pk=self.{}_id)",
                name.to_lowercase(),
                name.to_lowercase()
            ),
        ),
        _ => (
            format!(
                "The same rows of {table} are fetched again and again. Evaluate the queryset once and pass the \
                 list on (a queryset that is filtered, counted or sliced anew asks again), or keep it in \
                 functools.cached_property on the object that asks, or in the cache across requests."
            ),
            format!(
                "from django.core.cache import cache\n\nrows = cache.get_or_set(\"{}\", lambda: list({name}.objects.filter(…)), 60)",
                name.to_lowercase()
            ),
        ),
    };
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: fingerprint.text.clone(),
        title: if repeated.requests == 1 {
            format!("{} repeats the same {table} query {count} times", request_title(log, request))
        } else {
            format!(
                "{} requests repeat the same {table} query (up to {count} times)",
                format::count(i64::from(repeated.requests))
            )
        },
        at_stake: repeated.price.at_stake(),
        saving: repeated.price.saving(),
        bound: Bound::Estimate,
        computed: format!(
            "{} of {} executions were not the first with their parameters; without them (with a join, without all) {} \
             are saved. {}",
            format::count(repeated.extra as i64),
            format::count(repeated.executions as i64),
            format::milliseconds(repeated.price.saving()),
            repeated.price.computed(),
        ),
        evidence,
        remedy,
        code,
        confidence: if repeated.inferred { Confidence::Medium } else { Confidence::High },
        doubts: format!(
            "Something may have written to {table} in between, so that the answers differ.{}",
            if repeated.inferred {
                " Where a request begins and ends is inferred from this log: two requests may have been taken \
                 for one."
            } else {
                ""
            }
        ),
        also: Vec::new(),
        price: Some(repeated.price),
    }
}
