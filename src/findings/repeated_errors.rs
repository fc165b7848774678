//! Errors that repeat: the same message of the same statement again and again.

use super::digest::shortened;
use super::event_times::{Before, grouped};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::{EventClass, EventKind, NONE, QueryLog};

/// See the module.
pub(super) struct RepeatedErrors;

const TIMES: Threshold = Threshold {
    key: "times",
    title: "minimum occurrences of the same error of the same statement",
    default: 10.0,
    unit: Unit::Count,
    source: "our choice: fewer are seen in the application's own log",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "repeated-errors",
    title: "Errors that repeat",
    looks_at: LooksAt::Queries,
    thresholds: &[TIMES],
};

impl Rule for RepeatedErrors {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let events = &log.events;
        let errors = (0..events.len()).filter(|&event| events.kind[event] == EventKind::Error);
        let key = |event: usize| (events.message[event], events.fingerprint[event]);
        let mut groups = grouped(errors.map(|event| (key(event), event)));
        groups.retain(|(_, group)| group.len() as f64 >= settings.get(&ABOUT, &TIMES));
        let before = Before::new(log, groups.iter().flat_map(|(_, group)| group).copied());
        findings.extend(groups.iter().map(|(_, group)| found(log, &before, group)));
    }
}

fn found(log: &QueryLog, before: &Before<'_>, errors: &[usize]) -> Finding {
    let events = &log.events;
    let first = errors[0];
    let (message, query) = (events.message(first), events.fingerprint[first]);
    let state = events.state(first).unwrap_or_default();
    let text = log.any_fingerprint(query).map_or("", |it| it.text.as_str());
    let numbers = log.numbers.get(query as usize).filter(|numbers| numbers.calls > 0);
    let title = match text {
        "" => format!("{} times: {message}", format::count(errors.len() as i64)),
        _ => format!("{} times: {message}: {}", format::count(errors.len() as i64), shortened(text)),
    };
    let mut finding = Finding::new(&ABOUT, format!("{message}; {text}"), title);
    finding.evidence = vec![
        evidence::count("times", "Times", errors.len() as u64).at(Link::Events(EventClass::Errors)),
        Evidence::new("message", "The server says", Value::Text(message.to_owned())),
    ];
    if !state.is_empty() {
        finding.evidence.push(Evidence::new("sqlstate", "SQLSTATE", Value::Text(state.to_owned())));
    }
    if query != NONE {
        finding.evidence.push(evidence::query(log, "query", "The statement", query));
    }
    if let Some(numbers) = numbers {
        finding.evidence.push(evidence::count(
            "executions",
            "Executions that ended well",
            u64::from(numbers.calls),
        ));
    }
    finding.evidence.push(Evidence::new(
        "rate",
        "So many",
        Value::Text(evidence::rate(log, errors.len() as u64)),
    ));
    // Where executions of it are known, one that fails takes about as long.
    let usual =
        numbers.filter(|numbers| numbers.calls > numbers.without_duration).map(|numbers| numbers.mean);
    let each = |&event: &usize| match (before.idle(event), usual) {
        (Some(idle), Some(usual)) => idle.min(usual),
        (Some(idle), None) => idle.min(1000.0),
        (None, usual) => usual.unwrap_or(0.0),
    };
    let time: f64 = errors.iter().map(each).sum();
    finding.at_stake = time;
    finding.saving = time;
    finding.bound = Bound::AtMost;
    finding.computed =
        "The time since the statement before, on the same connection: a statement that fails has no \
                        duration in the log. The round trip, and what the program does about it, come on top."
            .to_owned();
    let (remedy, code) = advice(state, message);
    finding.remedy = remedy.to_owned();
    finding.code = code.to_owned();
    finding.confidence = Confidence::High;
    finding.doubts =
        "A program may try on purpose and take the error for its answer: then it costs a round trip, and \
                      in a transaction a savepoint."
            .to_owned();
    finding
}

/// What is done about an error, by its SQLSTATE, or by its words where the log has none.
fn advice(state: &str, message: &str) -> (&'static str, &'static str) {
    let is = |known: &str, words: &str| state == known || (state.is_empty() && message.contains(words));
    if is("23505", "violates unique constraint") || is("23000", "duplicate entry") {
        return (
            "The row is there already: ask for it and make it in one (get_or_create, update_or_create), or let the \
             database pass over it (bulk_create(ignore_conflicts=True), or update_conflicts=True with the fields to \
             change). A sequence that is behind its table (after an import with ids) is set anew by sqlsequencereset.",
            "Model.objects.get_or_create(number=number, defaults={…})\n\
             Model.objects.bulk_create(rows, ignore_conflicts=True)",
        );
    }
    if is("23503", "violates foreign key constraint") {
        return (
            "The row that is named is not there (yet, or any more): save it first, in the same transaction; or delete \
             what names it first (on_delete).",
            "",
        );
    }
    if is("23502", "violates not-null constraint") {
        return (
            "A value is missing: check it in the form or the model (blank=False, full_clean()) before it is saved, or give the column a default.",
            "",
        );
    }
    if is("40001", "could not serialize access") {
        return (
            "Transactions got in each other's way: try the whole transaction again, or lock the rows first \
             (select_for_update()).",
            "",
        );
    }
    if is("25P02", "current transaction is aborted") {
        return (
            "An error before it was caught inside a transaction, which is lost from then on: catch it outside of \
             atomic(), or put the statement that may fail into an atomic() of its own, which is a savepoint.",
            "try:\n    with transaction.atomic():\n        row.save()\nexcept IntegrityError:\n    …",
        );
    }
    if is("42P01", "does not exist") || is("42703", "does not exist") || is("42S02", "table does not exist") {
        return (
            "The database does not have what the code asks for: migrations that have not run here, or a deployment in \
             the wrong order (migrate first, then the code that needs it).",
            "python manage.py migrate --plan",
        );
    }
    if state.starts_with("22") || message.contains("invalid input syntax") {
        return (
            "A value does not fit its column: check it before it is asked for (path converters such as <int:pk>, form \
             fields, Cast).",
            "",
        );
    }
    ("See who sends it (user, application and time are in the Events view), and mend it there.", "")
}
