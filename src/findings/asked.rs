//! What a profile alone shows of statements: which own function asks for many of them one by one, saves row by row, or
//! has thousands of rows made into objects. For the rules that are named after these causes; where there is a log,
//! theirs are better, for they name the queries.

use rustc_hash::FxHashMap;

use super::naming::{called, located};
use super::own_use::{Asked, executes};
use super::remedies::{Remedy, Statements, of_layer, of_saves, of_statements_in_a_loop};
use super::{About, Bound, Case, Confidence, Evidence, Finding, Link, Value};
use crate::format;
use crate::profile::category::is_driver;
use crate::profile::home::lies_in;
use crate::profile::{FunctionId, Layer, Profile};
use crate::sort;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Many statements by one function of the ORM, each of its own.
    Loop,
    /// Objects saved one by one.
    Saves,
    /// Few statements, thousands of objects.
    Objects,
    /// Few statements that the database takes long for.
    Slow,
}

/// Below this share of a profile there is more to gain elsewhere.
const SHARE: f64 = 0.1;

/// Milliseconds below which nothing is gained.
const TIME: f64 = 10.0;

/// Statements of one function of the ORM in one request: several lists of one page are not yet a loop.
const STATEMENTS: f64 = 10.0;

/// Calls of what asks, by its statements, from which on it is called in a loop.
const REPEATED: f64 = 0.2;

/// From this many statements of others on, by those of one, the same function of the ORM asks for several.
const SHARED: f64 = 0.25;

/// How a number of statements is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Counted,
    /// By the estimated call tree.
    About,
    /// Not at all: others ask in the same way.
    Shared,
    /// Not at all: the file counts samples.
    Sampled,
}

/// What asks for many rows at once, if need be by several statements.
const BATCHES: &[&str] = &[
    "bulk_create",
    "bulk_update",
    "in_bulk",
    "iterator",
    "prefetch_related_objects",
    "_prefetch_related_objects",
];

/// Objects of one statement from which on they are what costs.
const PER_STATEMENT: f64 = 50.0;

/// Findings of `cause`, for the rule `about`. `least` objects are many.
pub(super) fn judge(case: &Case<'_>, about: &About, cause: Cause, least: f64, findings: &mut Vec<Finding>) {
    let Case::Profile(profile, layers, _, digest, uses) = *case else { return };
    let busy = digest.busy();
    let requests = requests(profile);
    let mut all: Vec<(FunctionId, FunctionId, Asked)> = (uses.iter())
        .flat_map(|(own, used)| used.asks.iter().map(|(entry, asked)| (*own, *entry, *asked)))
        .collect();
    if cause == Cause::Slow {
        all = by_driver(profile, all);
    }
    // What several own functions ask by the same function of the ORM is dealt out to them by an estimate.
    let mut by_entry: FxHashMap<FunctionId, f64> = FxHashMap::default();
    for (_, entry, asked) in &all {
        *by_entry.entry(*entry).or_default() += asked.statements;
    }
    // Samples count nothing; but each row of a relation that is followed is a statement of its own.
    let is_sampled = profile.calls().is_none();
    let follows = |entry: FunctionId| is_sampled && is_relation(profile, entry);
    let is_found = |entry: FunctionId, asked: &Asked| {
        let many = asked.statements / requests >= STATEMENTS.max(least);
        let saves = asked.saves > 0.0 && asked.saves * 2.0 >= asked.statements;
        let objects = asked.objects >= PER_STATEMENT * asked.statements.max(1.0);
        match cause {
            Cause::Loop => (many || follows(entry)) && !saves && !objects,
            Cause::Saves => many && saves,
            Cause::Objects => asked.objects / requests >= least && objects,
            Cause::Slow => asked.statements >= 0.5 && asked.driver >= least * asked.statements,
        }
    };
    // Batches are what replaces a loop.
    let is_batch = |entry: FunctionId| BATCHES.contains(&&*profile.functions.known_name(entry));
    // What was called once and runs a hundred statements (a migration) has its loop inside.
    let is_repeated = |entry: FunctionId, asked: &Asked| {
        let calls = profile.functions.calls_of(entry);
        cause != Cause::Loop || calls.is_none_or(|calls| calls as f64 >= REPEATED * asked.statements)
    };
    all.retain(|(_, entry, asked)| {
        !(is_batch(*entry) && matches!(cause, Cause::Loop | Cause::Saves))
            && asked.time >= TIME
            && asked.time >= SHARE * busy
            && is_found(*entry, asked)
            && is_repeated(*entry, asked)
    });
    sort::by(&mut all, |a, b| b.2.time.total_cmp(&a.2.time).then((a.0, a.1).cmp(&(b.0, b.1))));
    // Half of a thousand boxes is none of its own.
    let executes = executes(profile, layers);
    let mut shared: Vec<FunctionId> = Vec::new();
    for (own, entry, asked) in all.into_iter().take(3) {
        let counted = is_counted(profile, executes, own, asked.statements);
        let others = by_entry.get(&entry).map_or(0.0, |all| all - asked.statements);
        let known = match (cause, counted) {
            _ if cause == Cause::Loop && follows(entry) => Known::Sampled,
            (Cause::Loop, false) if others > SHARED * asked.statements => Known::Shared,
            (_, false) => Known::About,
            (_, true) => Known::Counted,
        };
        if known == Known::Shared {
            // Which of them runs how many cannot be told: the one that takes most stands for all.
            if shared.contains(&entry) {
                continue;
            }
            shared.push(entry);
        }
        findings.push(finding(
            profile,
            about,
            cause,
            (own, entry, asked, known, asked.statements + others),
            digest.unprofiled(),
            busy,
        ));
    }
}

/// What own functions ask of a database driver, all in one: the database works for `execute`, and then for each of
/// `fetchall`. It is named by that of its functions in which most of the waiting is.
fn by_driver(
    profile: &Profile,
    all: Vec<(FunctionId, FunctionId, Asked)>,
) -> Vec<(FunctionId, FunctionId, Asked)> {
    let functions = &profile.functions;
    let mut merged: FxHashMap<FunctionId, (FunctionId, f64, Asked)> = FxHashMap::default();
    let mut rest = Vec::with_capacity(all.len());
    for (own, entry, asked) in all {
        let (file, name) = functions.known_as(entry);
        if !is_driver(file, &name) {
            rest.push((own, entry, asked));
            continue;
        }
        // Each call of these is one statement, or many of one kind.
        let statements =
            if name.contains("execute") { asked.calls.max(asked.statements) } else { asked.statements };
        let (most, longest, sum) = merged.entry(own).or_insert((entry, asked.driver, Asked::default()));
        if asked.driver > *longest || (asked.driver == *longest && entry < *most) {
            (*most, *longest) = (entry, asked.driver);
        }
        sum.time += asked.time;
        sum.calls += asked.calls;
        sum.driver += asked.driver;
        sum.statements += statements;
        sum.saves += asked.saves;
        sum.objects += asked.objects;
    }
    rest.extend(merged.into_iter().map(|(own, (entry, _, asked))| (own, entry, asked)));
    rest
}

/// What helps against a slow statement that is not known.
const SLOW: Remedy = (
    "The database itself is slow here: record the SQL log beside the profile, and ask EXPLAIN which index is missing, \
     or how many rows it looks at.",
    "print(queryset.explain())",
);

/// How many requests a profile is of; 1 where it is not Django's.
fn requests(profile: &Profile) -> f64 {
    let functions = &profile.functions;
    let handles = |&id: &FunctionId| {
        functions.known_name(id) == "_get_response"
            && lies_in(functions.file(id), &["django/core/handlers/base.py"])
    };
    let calls = (0..functions.len() as FunctionId).filter(handles).filter_map(|id| functions.calls_of(id));
    calls.max().unwrap_or(1).max(1) as f64
}

/// Whether a number of statements of `own` is what the file counted: of its own calls, of all that ran, or in recorded
/// stacks. Otherwise it is that of the estimated call tree.
fn is_counted(profile: &Profile, executes: Option<FunctionId>, own: FunctionId, statements: f64) -> bool {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let is_it = |calls: i64| (statements - calls as f64).abs() < 0.5;
    let is_statement = |id: FunctionId| {
        let (file, name) = functions.known_as(id);
        executes == Some(id) || (name.contains("execute") && is_driver(file, &name))
    };
    let called = edges.out_of(own).iter().map(|&edge| edge as usize);
    let called = called.filter(|&edge| is_statement(edges.callee[edge]));
    profile.recorded_tree.is_some()
        || executes.and_then(|id| functions.calls_of(id)).is_some_and(is_it)
        || is_it(called.filter_map(|edge| profile.edge_calls(edge)).fold(0, i64::saturating_add))
}

/// Whether the function of the ORM is that which follows an object's relation to others: each that is not loaded yet is
/// a statement.
fn is_relation(profile: &Profile, entry: FunctionId) -> bool {
    profile.functions.known_name(entry).rsplit('.').next() == Some("__get__")
}

fn finding(
    profile: &Profile,
    about: &About,
    cause: Cause,
    (own, entry, asked, known, all): (FunctionId, FunctionId, Asked, Known, f64),
    unprofiled: f64,
    busy: f64,
) -> Finding {
    let functions = &profile.functions;
    let time = if cause == Cause::Slow { asked.driver } else { asked.time }.min(busy);
    let statements = asked.statements.round().max(1.0);
    let what = called(functions, entry);
    let is_relation = is_relation(profile, entry);
    let many = |count: f64| format::count(count.round() as i64);
    let about_as_many = if known == Known::Counted { "" } else { "≈ " };
    let who = located(functions, own);
    let title = match cause {
        Cause::Loop if is_relation && known == Known::Shared => {
            format!("{who} or others follow relations row by row")
        }
        Cause::Loop if known == Known::Shared => {
            format!("{who} or others run statements one by one, by {what}")
        }
        Cause::Loop if known == Known::Sampled => format!("{who} follows relations row by row, as it seems"),
        Cause::Loop if is_relation => {
            format!("{who} follows relations row by row: {about_as_many}{} statements", many(statements))
        }
        Cause::Loop => {
            format!("{who} runs {about_as_many}{} statements one by one, by {what}", many(statements))
        }
        Cause::Saves => format!("{who} saves {} objects one by one", many(asked.saves)),
        Cause::Objects => format!("{who} loads {} objects", many(asked.objects)),
        Cause::Slow => format!(
            "{who} waits for the database in {about_as_many}{}",
            format::counted(statements as i64, "statement", "statements")
        ),
    };
    let (remedy, code): Remedy = match cause {
        Cause::Loop => of_statements_in_a_loop(profile, &functions.known_name(entry)),
        Cause::Saves => of_saves(profile),
        Cause::Slow => SLOW,
        Cause::Objects => {
            let statements = Statements { count: Some(1), ..Statements::default() };
            of_layer(Layer::Database, profile, statements)
        }
    };
    let mut evidence = vec![
        Evidence::new("function", "The function that asks", Value::Place(functions.place(own)))
            .at(Link::Function(own)),
        Evidence::new("asks", "It asks by", Value::Place(functions.place(entry))).at(Link::Function(entry)),
        Evidence::new(
            "total_ms",
            "Their time, with what Python takes",
            Value::Milliseconds(asked.time.min(busy)),
        ),
        Evidence::new(
            "driver_ms",
            "Of it, waiting for the database",
            Value::Milliseconds(asked.driver.min(busy)),
        ),
        Evidence::new("share", "Share of the profile", Value::share(time, busy)),
    ];
    let number = match known {
        Known::Counted => Some(("Statements", statements)),
        Known::About => Some(("Statements, about", statements)),
        Known::Shared => Some(("Statements of all that ask by it, about", all.round())),
        Known::Sampled => None,
    };
    if let Some((label, count)) = number {
        // Behind who asks, and by what.
        evidence.insert(2, Evidence::new("statements", label, Value::Count(count as u64)));
    }
    if asked.objects >= 1.0 {
        evidence.push(Evidence::new("objects", "Objects made", Value::Count(asked.objects.round() as u64)));
    }
    let driver = asked.driver.min(time);
    let without = driver + (time - driver) * unprofiled;
    let (saving, bound) = match cause {
        Cause::Loop if known == Known::Sampled => (without * (1.0 - 1.0 / STATEMENTS), Bound::Estimate),
        Cause::Loop | Cause::Saves => (without * (1.0 - 1.0 / statements.max(2.0)), Bound::Estimate),
        // A bound is of the profile, as those of other rules are.
        Cause::Objects => (time, Bound::AtMost),
        Cause::Slow => (driver, Bound::AtMost),
    };
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: about.id.to_owned(),
        key: format!("{}({}) {}", functions.file(own), functions.name(own), functions.name(entry)),
        title: format!(
            "{title}: {}, {}",
            profile.unit.thousandths(time),
            format::percent((time / busy).clamp(0.0, 1.0))
        ),
        at_stake: time,
        saving,
        bound,
        computed: "The time of the function of the ORM that asks, with all it calls, less what the profiler adds to its \
                   many small calls, by what it adds to the shortest ones."
            .to_owned(),
        evidence,
        remedy: remedy.to_owned(),
        code: code.to_owned(),
        confidence: match known {
            Known::Shared => Confidence::Low,
            Known::Counted | Known::About | Known::Sampled => Confidence::Medium,
        },
        doubts: match known {
            Known::Sampled => {
                "Samples do not say how often a relation is followed: a single row that the database takes long for looks \
                 the same. Record the SQL log beside the profile."
            }
            Known::Shared => {
                "Several functions of yours ask by the same function of the ORM, and a profile does not say for which of \
                 them it ran statements: record one request, with its SQL log."
            }
            Known::Counted | Known::About => {
                "A profile does not say which queries ran: record the SQL log beside it. Several loops of one function \
                 may be counted as one."
            }
        }
        .to_owned(),
        also: Vec::new(),
        price: None,
    }
}
