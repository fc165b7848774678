//! The findings of a profile and of a log of the same thing as one list: what the log says of statements is priced by
//! the profile, and takes the place of what the profile can only guess of them.

use super::{Below, Finding, Report, Summary, by_weight};
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
    let is_loop = |finding: &Finding| LOOPS.contains(&finding.rule.as_str());
    let sum = |found: &mut dyn Iterator<Item = &Finding>| found.map(|finding| finding.saving).sum::<f64>();
    let of_log = sum(&mut findings.iter().map(|(finding, _)| finding).filter(|finding| is_loop(finding)));
    let of_profile = sum(&mut profile.findings.iter().filter(|finding| is_loop(finding)));
    let has = |rules: &[&str]| findings.iter().any(|(finding, _)| rules.contains(&finding.rule.as_str()));
    let knows_results = has(&["large-results"]);
    let knows_slow = has(&["slow-statements", "index-candidates", "unindexable", "large-results"]);
    let told_by_log = |finding: &Finding| {
        (is_loop(finding) && of_log * OTHERS >= of_profile)
            || (finding.rule == "large-results" && knows_results)
            || (finding.rule == "slow-statements" && knows_slow)
    };
    let own = profile.findings.iter().filter(|finding| !told_by_log(finding));
    findings.extend(own.map(|finding| (finding.clone(), Source::Profile)));
    sort::by(&mut findings, |a, b| by_weight(&a.0, &b.0));
    let below =
        [&profile.below, &log.below].into_iter().flatten().filter(|_| findings.is_empty()).max_by(|a, b| {
            (!a.rule.is_empty(), a.saving)
                .partial_cmp(&(!b.rule.is_empty(), b.saving))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    Together { below: below.cloned(), findings, summary: pair.summary.clone() }
}
