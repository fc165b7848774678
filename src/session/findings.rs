//! Answers about what to fix first.

use crate::document::{Content, Document, LOGS, PROFILES};
use crate::findings::{self, Digest, Judging, ProfileDigest, Report, Settings, digest};
use crate::profile::Layers;
use crate::protocol::Response;

/// What was judged, for the same thresholds once.
#[derive(Debug, Default)]
pub(super) struct State {
    report: Option<(Settings, Report)>,
    /// A judgement that is under way.
    judging: Option<(Settings, Judging)>,
    /// What a profile has for a pair, where it was not judged by itself: it does not depend on thresholds.
    profile: Option<Box<ProfileDigest>>,
}

impl State {
    fn known(&self, settings: &Settings) -> Option<&Report> {
        self.report.as_ref().filter(|(known, _)| known == settings).map(|(_, report)| report)
    }

    /// The report for these thresholds.
    fn report(&mut self, document: &Document, settings: &Settings) -> &Report {
        let report = match self.report.take() {
            Some((known, report)) if known == *settings => report,
            _ => match (&document.content, self.judging.take()) {
                (Content::Queries(log), Some((known, judging))) if LOGS && known == *settings => {
                    judging.finish(log, settings)
                }
                _ => findings::judge(document, settings),
            },
        };
        &self.report.insert((settings.clone(), report)).1
    }
}

/// Does a part of what [`alone`] has to do; false if there is nothing that could be done in parts.
pub(super) fn step(document: &Document, state: &mut State, settings: &Settings) -> bool {
    let Content::Queries(log) = &document.content else { return false };
    if !LOGS || state.known(settings).is_some() || log.results().is_some() {
        return false;
    }
    match &mut state.judging {
        Some((known, judging)) if known == settings => judging.step(log, settings),
        judging => {
            *judging = Some((settings.clone(), Judging::of(log)));
            true
        }
    }
}

/// What the document says by itself.
pub(super) fn alone(document: &Document, state: &mut State, settings: &Settings) -> Response {
    Response::Findings(state.report(document, settings).clone())
}

/// What the document and the one of `other` say together.
pub(super) fn pair(document: &Document, state: &mut State, settings: &Settings, other: &Digest) -> Response {
    let judged = match (&document.content, other) {
        (Content::Profile(profile), Digest::Queries(log)) if PROFILES => {
            let own = match state.report.as_ref().and_then(|(_, report)| report.digest.as_ref()) {
                Some(Digest::Profile(known)) => known,
                _ => &**state.profile.get_or_insert_with(|| {
                    let tree = profile.tree(digest::TREE_BUDGET);
                    Box::new(ProfileDigest::of(profile, &Layers::of(profile), &tree))
                }),
            };
            Some(findings::judge_pair(own, log))
        }
        (Content::Queries(_), Digest::Profile(profile)) if LOGS => {
            match &state.report(document, settings).digest {
                Some(Digest::Queries(log)) => Some(findings::judge_pair(profile, log)),
                _ => None,
            }
        }
        _ => None,
    };
    match judged {
        Some(report) => Response::Findings(report),
        None => Response::Refused("a pair is a profile and an SQL log".to_owned()),
    }
}
