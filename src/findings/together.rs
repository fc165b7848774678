//! The findings of a profile and of a log of the same thing as one list: what the log says of statements is priced by
//! the profile, and takes the place of what the profile can only guess of them.

use super::{Below, Finding, Report, Summary, Value, by_weight};
use crate::format;
use crate::sort;

/// Which file a finding is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The profile.
    Profile,
    /// The log.
    Log,
    /// Both: the log's finding, priced by the profile.
    Both,
}

/// What was found in a profile and a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Together {
    /// What matters most first.
    pub findings: Vec<(Finding, Source)>,
    /// What they are a part of.
    pub summary: Summary,
    /// Where nothing passes its threshold: the largest cause of both.
    pub below: Option<Below>,
}

/// Rules about statements that need not be: the profile shows them as well, without their queries.
const LOOPS: &[&str] = &["n-plus-one", "duplicates", "row-writes", "counted-rows"];

/// The profile's loops are others than the log's if they save so many times as much.
const OTHERS: f64 = 3.0;

/// What a profile has of writes beyond the log's, by these: less is what the profiler adds.
const BESIDE: f64 = 0.5;

fn is_loop(finding: &Finding) -> bool {
    LOOPS.contains(&finding.rule.as_str())
}

/// File and function of a place, `views.py:12(orders)`, whatever the line: a function's first one in a profile, that of
/// the statement in a log.
fn function_of(place: &str) -> Option<(&str, &str)> {
    let (file, rest) = place.rsplit_once(':')?;
    let (_, name) = rest.strip_suffix(')')?.split_once('(')?;
    Some((file, name))
}

/// The function that a finding's evidence of this key names.
fn named<'a>(finding: &'a Finding, key: &str) -> Option<(&'a str, &'a str)> {
    finding.evidence.iter().find(|one| one.key == key).and_then(|one| match &one.value {
        Value::Place(place) => function_of(place),
        _ => None,
    })
}

/// Whether what the profile says of a loop is one that the log has: of a line in the same function, or of writes where
/// the log has no lines. Then it is the log's alone, which names the query. What the profile has of writes beyond their
/// statements is theirs as well: each is committed, of which logs of queries know nothing.
fn absorbed(of_profile: &Finding, of_log: &mut [(Finding, Source)]) -> bool {
    if !is_loop(of_profile) {
        return false;
    }
    let Some((file, name)) = named(of_profile, "function") else { return false };
    let writes = of_profile.rule == "row-writes";
    let is_same = |finding: &Finding| {
        is_loop(finding)
            && match named(finding, "place") {
                Some((other, function)) => {
                    function == name && (file.ends_with(other) || other.ends_with(file))
                }
                None => writes && finding.rule == "row-writes",
            }
    };
    let mut same: Vec<&mut Finding> =
        of_log.iter_mut().map(|(finding, _)| finding).filter(|finding| is_same(finding)).collect();
    let known: f64 = same.iter().map(|finding| finding.saving).sum();
    let more = of_profile.saving - known;
    let largest = same
        .iter_mut()
        .filter(|finding| finding.rule == "row-writes")
        .max_by(|a, b| a.saving.total_cmp(&b.saving));
    if let Some(finding) = largest
        && more > BESIDE * known
    {
        finding.saving += more;
        finding.at_stake = finding.at_stake.max(of_profile.at_stake).max(finding.saving);
        finding.computed.push_str(&format!(
            " With what the function that saves them waits for beside its statements, each one's commit above all, that is {} \
             more by the profile.",
            format::milliseconds(more)
        ));
    }
    !same.is_empty()
}

/// What the reports of a profile and a log say, and what [`super::judge_pair`] says of their digests.
pub fn together(profile: &Report, log: &Report, pair: &Report) -> Together {
    let mut findings: Vec<(Finding, Source)> = Vec::new();
    for finding in &log.findings {
        let mark = finding.mark();
        let mut finding = finding.clone();
        let source = match pair.prices.iter().find(|(of, _)| *of == mark) {
            Some((_, paired)) => {
                finding.saving = paired.saving;
                finding.at_stake = paired.at_stake.max(paired.saving);
                finding.computed.clone_from(&paired.computed);
                finding.evidence.extend(paired.evidence.iter().cloned());
                Source::Both
            }
            None => Source::Log,
        };
        findings.push((finding, source));
    }
    let mut of_profile: Vec<Finding> = profile.findings.clone();
    of_profile.retain(|finding| !absorbed(finding, &mut findings));
    let sum = |found: &mut dyn Iterator<Item = &Finding>| found.map(|finding| finding.saving).sum::<f64>();
    let of_log = sum(&mut findings.iter().map(|(finding, _)| finding).filter(|finding| is_loop(finding)));
    let of_others = sum(&mut of_profile.iter().filter(|finding| is_loop(finding)));
    let has = |rules: &[&str]| findings.iter().any(|(finding, _)| rules.contains(&finding.rule.as_str()));
    let knows_results = has(&["large-results"]);
    let knows_slow = has(&["slow-statements", "index-candidates", "unindexable", "large-results"]);
    let told_by_log = |finding: &Finding| {
        (is_loop(finding) && of_log * OTHERS >= of_others)
            || (finding.rule == "large-results" && knows_results)
            || (finding.rule == "slow-statements" && knows_slow)
    };
    of_profile.retain(|finding| !told_by_log(finding));
    for finding in of_profile.iter_mut().filter(|finding| is_loop(finding)) {
        "The log beside it names no query for it, and several loops of one function may be counted as one."
            .clone_into(&mut finding.doubts);
    }
    findings.extend(of_profile.into_iter().map(|finding| (finding, Source::Profile)));
    sort::by(&mut findings, |a, b| by_weight(&a.0, &b.0));
    let below =
        [&profile.below, &log.below].into_iter().flatten().filter(|_| findings.is_empty()).max_by(|a, b| {
            (!a.rule.is_empty(), a.saving)
                .partial_cmp(&(!b.rule.is_empty(), b.saving))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    Together { below: below.cloned(), findings, summary: pair.summary.clone() }
}
