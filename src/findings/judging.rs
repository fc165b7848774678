//! A log's judgement, rule by rule: whoever has other things to answer in between can.

use super::{Case, Digest, Finding, QueriesDigest, RULES, Report, Settings, Summary, arranged, below};
use crate::queries::QueryLog;

/// A judgement that is under way.
#[derive(Debug)]
pub struct Judging {
    digest: QueriesDigest,
    findings: Vec<Finding>,
    /// Which of [`RULES`] is next.
    next: usize,
}

impl Judging {
    /// Begins.
    pub fn of(log: &QueryLog) -> Self {
        Self { digest: QueriesDigest::of(log), findings: Vec::new(), next: 0 }
    }

    /// Lets the next rule judge; false if there is none. Log and thresholds are those of all steps.
    pub fn step(&mut self, log: &QueryLog, settings: &Settings) -> bool {
        let Some(rule) = RULES.get(self.next) else { return false };
        rule.judge(&Case::Queries(log, &self.digest), settings, &mut self.findings);
        self.next += 1;
        true
    }

    /// Lets all rules judge that have not, and gives the report.
    pub fn finish(mut self, log: &QueryLog, settings: &Settings) -> Report {
        while self.step(log, settings) {}
        let Self { mut digest, findings, .. } = self;
        let findings = arranged(findings);
        let summary = Summary::of_queries(&digest);
        let below = below(&Case::Queries(log, &digest), settings, &findings, &summary);
        digest.prices =
            findings.iter().filter_map(|finding| Some((finding.mark(), finding.price?))).collect();
        Report { findings, summary, digest: Some(Digest::Queries(digest)), below, ..Report::default() }
    }
}

/// Judges a log. One without single statements was judged when it was saved, with the thresholds of then.
pub fn judge_queries(log: &QueryLog, settings: &Settings) -> Report {
    match log.results() {
        Some(results) => Report::kept(results).unwrap_or_default(),
        None => Judging::of(log).finish(log, settings),
    }
}
