//! Answers about what to fix first.

use crate::document::{Content, Document};
use crate::findings::{self, Digest, ProfileDigest, QueriesDigest, Settings, digest};
use crate::profile::Layers;
use crate::protocol::Response;

/// The digest of the document, made once: it takes the call tree.
#[derive(Debug, Default)]
pub(super) struct State {
    digest: Option<Digest>,
}

/// What the document says by itself.
pub(super) fn alone(document: &Document, state: &mut State, settings: &Settings) -> Response {
    let report = findings::judge(document, settings);
    state.digest.clone_from(&report.digest);
    Response::Findings(report)
}

/// What the document and the one of `other` say together.
pub(super) fn pair(document: &Document, state: &mut State, settings: &Settings, other: &Digest) -> Response {
    let own = state.digest.get_or_insert_with(|| match &document.content {
        Content::Profile(profile) => {
            let tree = profile.tree(digest::TREE_BUDGET);
            Digest::Profile(ProfileDigest::of(profile, &Layers::of(profile), &tree))
        }
        Content::Queries(log) => Digest::Queries(QueriesDigest::of(log)),
        Content::Schema(schema) => Digest::Schema((**schema).clone()),
    });
    match (&*own, other) {
        (Digest::Profile(profile), Digest::Queries(log))
        | (Digest::Queries(log), Digest::Profile(profile)) => {
            Response::Findings(findings::judge_pair(profile, log, settings))
        }
        _ => Response::Refused("a pair is a profile and an SQL log".to_owned()),
    }
}
