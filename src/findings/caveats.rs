//! What makes findings of a profile doubtful that contradicts itself: only those that rest on a function whose
//! numbers do not fit are less sure, and each says why.

use super::{Confidence, Evidence, Finding, Link};
use crate::format;
use crate::profile::consistency::{Contradictions, affected, set_back};
use crate::profile::{FunctionId, Profile, Unit};

/// Lowers the confidence of findings about functions whose numbers contradict each other.
pub(super) fn add(profile: &Profile, findings: &mut [Finding]) {
    if findings.is_empty() {
        return;
    }
    add_of_few_samples(profile, findings);
    let contradictions = Contradictions::of(profile);
    let affected = affected(profile);
    let mixed = contradictions.out_of_turn.is_some();
    for finding in findings {
        let rests_on = finding.evidence.iter().find_map(|one| match one.link {
            // Who calls it, and what it calls, is not what the finding is about.
            Some(Link::Function(id)) if !one.key.starts_with("caller") && affected.contains(&id) => Some(id),
            _ => None,
        });
        match rests_on {
            Some(id) => {
                finding.confidence = lower(finding.confidence);
                if mixed {
                    // Whose time it is, is just what is not known.
                    finding.confidence = Confidence::Low;
                    finding.title = format!("Perhaps: {}", finding.title);
                }
                finding.doubts.push_str(&because(profile, &contradictions, id));
            }
            None if mixed => finding.doubts.push_str(
                " Other threads or greenlets are in this file as well: some of it may be another visitor's request.",
            ),
            None => {}
        }
    }
}

/// Samples below which a share is off by more than a third of itself, as often as not: 50 samples of which half are in a
/// function put its share between 36 and 64 % (binomial, 95 %).
const FEW: f64 = 50.0;

/// Lowers the confidence of what few samples say.
fn add_of_few_samples(profile: &Profile, findings: &mut [Finding]) {
    let samples = match (profile.samples(), profile.unit) {
        (Some(samples), _) => samples as f64,
        (None, Unit::Samples) => profile.total(),
        _ => return,
    };
    if samples >= FEW {
        return;
    }
    let count = format::counted(samples.round() as i64, "sample", "samples");
    for finding in findings {
        finding.confidence = Confidence::Low;
        finding.doubts.push_str(&format!(" It rests on {count} in all: record for longer, or more often."));
    }
}

/// Leaves out what rests on times that are wrong, since the clock was set back: they say nothing.
pub(super) fn drop_wrong(profile: &Profile, findings: &mut Vec<Finding>) {
    let wrong = set_back(profile);
    if wrong.is_empty() {
        return;
    }
    let rests_on = |one: &Evidence| match one.link {
        Some(Link::Function(id)) => !one.key.starts_with("caller") && wrong.contains(&id),
        _ => false,
    };
    findings.retain(|finding| !finding.evidence.iter().any(rests_on));
}

fn lower(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::High => Confidence::Medium,
        Confidence::Medium | Confidence::Low => Confidence::Low,
    }
}

/// Why the numbers of a function do not fit.
fn because(profile: &Profile, contradictions: &Contradictions, id: FunctionId) -> String {
    let functions = &profile.functions;
    let place = functions.place(id);
    if functions.self_time[id as usize] < 0.0 || functions.total_time[id as usize] < 0.0 {
        return format!(" The file has a negative time for {place}, which no function can take.");
    }
    if profile.has_greenlets() {
        return format!(
            " Calls of several greenlets are mixed up at {place}: who called it, and for how long, is unreliable."
        );
    }
    match (contradictions.out_of_turn, contradictions.thread) {
        (Some(_), Some(thread)) => format!(
            " Calls of several threads (one begins in {}) are mixed up at {place}: who called it, and for how long, is \
             unreliable.",
            functions.place(thread)
        ),
        (Some(_), None) => format!(
            " Calls of several greenlets or threads are mixed up at {place}: who called it, and for how long, is \
             unreliable."
        ),
        _ => format!(
            " Several functions of one file, line and name share the entry {place} or are called by it: the file has \
             the time of only one of them."
        ),
    }
}

/// What a tracing profiler does to what is called often, by the tool that recorded it.
pub(super) fn overhead(profile: &Profile) -> String {
    let writer = profile.functions.writer;
    let tool = writer.name().filter(|_| !writer.samples()).unwrap_or("A tracing profiler");
    format!(
        "{tool} adds overhead to every call: the true share of a function that is called very often is smaller. It counts \
         a generator once per item."
    )
}
