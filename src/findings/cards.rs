//! One card per cause: what several rules say of one query or one function is one finding, with the other remedies in
//! it, in order of what they cost and how likely they are to be it.

use std::collections::BTreeMap;

use super::{Finding, Link, by_weight};
use crate::sort;

/// What a finding's cause is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Query(u32),
    Function(u32),
}

/// Rules about one query or function, the cheapest and likeliest remedy first.
const ORDER: &[&str] = &[
    "n-plus-one",
    "duplicates",
    "row-writes",
    "counted-rows",
    "hottest-function",
    "waits-in-turn",
    "external-waits",
    "index-candidates",
    "unindexable",
    "large-results",
    "exploding-calls",
    "repeated-work",
    "slow-statements",
    "denormalise",
];

/// Rules of which each finding is a cause of its own: another query, or other executions of it.
const OWN: &[&str] =
    &["n-plus-one", "duplicates", "row-writes", "counted-rows", "hottest-function", "external-waits"];

/// Rules whose remedy is more to run: after all that is cheap.
const LATE: &[&str] = &["database-cache", "denormalise", "read-replicas"];

/// A remedy that saves less than this share of the best one is not it, however cheap.
const WORTH: f64 = 0.3;

/// Whether what the rule proposes comes after what is cheap.
pub(super) fn comes_late(rule: &str) -> bool {
    LATE.contains(&rule)
}

fn rank(finding: &Finding) -> usize {
    ORDER.iter().position(|rule| *rule == finding.rule).unwrap_or(ORDER.len())
}

/// What causes it: the query that takes most of it, or the functions that it is about.
fn causes(finding: &Finding) -> Vec<Cause> {
    if !ORDER.contains(&finding.rule.as_str()) {
        return Vec::new();
    }
    let of = |one: &super::Evidence| match (one.key.as_str(), one.link) {
        ("query" | "query_1", Some(Link::Query(id))) => Some(Cause::Query(id)),
        ("function" | "callee", Some(Link::Function(id))) => Some(Cause::Function(id)),
        _ => None,
    };
    finding.evidence.iter().filter_map(of).collect()
}

/// The findings, those of one cause put together.
pub(super) fn of(findings: Vec<Finding>) -> Vec<Finding> {
    let mut cards: Vec<Finding> = Vec::new();
    let mut by_cause: BTreeMap<Cause, usize> = BTreeMap::new();
    let mut sorted = findings;
    // What may take others in comes first.
    let own = |finding: &Finding| OWN.contains(&finding.rule.as_str());
    sort::by(&mut sorted, |a, b| own(b).cmp(&own(a)).then_with(|| by_weight(a, b)));
    for finding in sorted {
        let causes = causes(&finding);
        let known = causes.iter().find_map(|cause| by_cause.get(cause).copied());
        match known {
            Some(card) if !own(&finding) => put_together(&mut cards[card], finding),
            _ => {
                // A function that is called stands for itself alone; the one that calls it may have other causes.
                for cause in causes {
                    by_cause.entry(cause).or_insert(cards.len());
                }
                cards.push(finding);
            }
        }
    }
    for card in &mut cards {
        sort::by(&mut card.also, |a, b| rank(a).cmp(&rank(b)).then_with(|| by_weight(a, b)));
    }
    cards
}

/// Puts what another rule says of the same cause into `card`; the cheaper remedy leads unless it saves far less.
fn put_together(card: &mut Finding, mut other: Finding) {
    let leads = rank(&other) < rank(card) && other.saving >= WORTH * card.saving
        || (other.saving * WORTH > card.saving && !OWN.contains(&card.rule.as_str()));
    if leads {
        std::mem::swap(card, &mut other);
        card.also.append(&mut other.also);
    }
    let also = std::mem::take(&mut other.also);
    card.also.push(other);
    card.also.extend(also);
}
