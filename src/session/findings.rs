//! Answers about what to fix first.

use crate::document::{Content, Document};
use crate::findings::{self, Digest, ProfileDigest, Settings, digest};
use crate::profile::Layers;
use crate::protocol::Response;

/// The digest of the document, made once for the same thresholds: a log's has what its findings cost.
#[derive(Debug, Default)]
pub(super) struct State {
    digest: Option<(Settings, Digest)>,
}

/// What the document says by itself.
pub(super) fn alone(document: &Document, state: &mut State, settings: &Settings) -> Response {
    let report = findings::judge(document, settings);
    state.digest = report.digest.clone().map(|digest| (settings.clone(), digest));
    Response::Findings(report)
}

/// What the document and the one of `other` say together.
pub(super) fn pair(document: &Document, state: &mut State, settings: &Settings, other: &Digest) -> Response {
    let is_of = |settings: &Settings, known: &Settings| match &document.content {
        // What a profile has does not depend on thresholds.
        Content::Profile(_) => true,
        Content::Queries(_) | Content::Schema(_) => settings == known,
    };
    if !state.digest.as_ref().is_some_and(|(known, _)| is_of(settings, known)) {
        let digest = match &document.content {
            Content::Profile(profile) => {
                let tree = profile.tree(digest::TREE_BUDGET);
                Some(Digest::Profile(ProfileDigest::of(profile, &Layers::of(profile), &tree)))
            }
            Content::Queries(_) | Content::Schema(_) => findings::judge(document, settings).digest,
        };
        state.digest = digest.map(|digest| (settings.clone(), digest));
    }
    match (state.digest.as_ref().map(|(_, own)| own), other) {
        (Some(Digest::Profile(profile)), Digest::Queries(log))
        | (Some(Digest::Queries(log)), Digest::Profile(profile)) => {
            Response::Findings(findings::judge_pair(profile, log))
        }
        _ => Response::Refused("a pair is a profile and an SQL log".to_owned()),
    }
}
