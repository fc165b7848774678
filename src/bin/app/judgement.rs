//! What the rules find in the document looked at, alone or with its partner; and what the user said to
//! that: dismissed findings, thresholds, which documents belong together.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use flamedrop::findings::pairs::{self, Choice};
use flamedrop::findings::{Digest, Finding, Link, Settings, Summary, by_weight};
use flamedrop::import::Kind;
use flamedrop::protocol::{ContentOverview, Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::document::OpenDocument;
use crate::state::State;
use crate::storage;
use crate::view::View;

const DISMISSED: &str = "dismissed-findings";
const THRESHOLDS: &str = "thresholds";
/// Dismissed findings that are remembered; the storage has room for thousands, a list of them has no use.
const MOST_DISMISSED: usize = 500;

/// What the user said; copies are the same.
#[derive(Clone, Copy)]
pub struct Judging {
    /// [`Finding::mark`] of what is not to be shown.
    pub dismissed: RwSignal<BTreeSet<String>>,
    /// When rules speak up.
    pub thresholds: RwSignal<Settings>,
    /// By [`OpenDocument::id`]: the partner chosen by hand; `None` for "none".
    partners: RwSignal<HashMap<u32, Option<u32>>>,
}

impl Judging {
    /// What was kept from earlier visits.
    pub fn from_settings() -> Self {
        let words = |name: &str| storage::setting(name).unwrap_or_default();
        let mut thresholds = Settings::default();
        for (name, value) in words(THRESHOLDS).split_whitespace().filter_map(|word| word.split_once('=')) {
            // A threshold of another version that is no more is not an error.
            let _ = thresholds.set(name, value.parse().ok());
        }
        Self {
            dismissed: RwSignal::new(words(DISMISSED).split_whitespace().map(str::to_owned).collect()),
            thresholds: RwSignal::new(thresholds),
            partners: RwSignal::new(HashMap::new()),
        }
    }

    /// Dismisses a finding, or restores it; remembered across visits and recordings.
    pub fn dismiss(self, mark: &str, dismiss: bool) {
        self.dismissed.update(|dismissed| {
            if !dismiss {
                dismissed.remove(mark);
            } else if dismissed.len() < MOST_DISMISSED {
                dismissed.insert(mark.to_owned());
            }
        });
        let words: Vec<String> = self.dismissed.get_untracked().into_iter().collect();
        storage::set_setting(DISMISSED, &words.join(" "));
    }

    /// Restores everything, and keeps nothing of it.
    pub fn forget(self) {
        self.dismissed.set(BTreeSet::new());
        storage::set_setting(DISMISSED, "");
    }

    /// Changes thresholds; remembered across visits.
    pub fn set_thresholds(self, change: impl FnOnce(&mut Settings)) {
        self.thresholds.update(change);
        let words = self.thresholds.with_untracked(|settings| {
            settings.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        });
        storage::set_setting(THRESHOLDS, &words.join(" "));
    }

    /// What was chosen by hand for a document: a partner by its [`OpenDocument::id`], or none; follows it.
    pub fn chosen(self, document: OpenDocument) -> Option<Option<u32>> {
        self.partners.with(|partners| partners.get(&document.id()).copied())
    }

    /// Puts two documents together, or says that one has no partner. Former partners go by their names
    /// again.
    pub fn choose(self, document: OpenDocument, partner: Option<OpenDocument>) {
        let (one, other) = (document.id(), partner.map(OpenDocument::id));
        self.partners.update(|partners| {
            partners.retain(|_, chosen| *chosen != Some(one) && (other.is_none() || *chosen != other));
            partners.insert(one, other);
            if let Some(other) = other {
                partners.insert(other, Some(one));
            }
        });
    }
}

/// What a document holds, once it is open; follows it.
pub fn kind(document: OpenDocument) -> Option<Kind> {
    Some(match document.overview()?.content {
        ContentOverview::Profile(_) => Kind::Profile,
        ContentOverview::Queries(_) => Kind::Queries,
    })
}

/// The documents that are open, and of what kind; follows them.
pub fn candidates(state: State) -> Vec<(OpenDocument, Kind)> {
    let documents = state.documents.get();
    documents.into_iter().filter_map(|document| Some((document, kind(document)?))).collect()
}

/// The other half of a document's pair; follows names, choices and what is open.
pub fn partner(state: State, document: OpenDocument) -> Option<OpenDocument> {
    let open = candidates(state);
    let chosen = state.judging.partners.get();
    let place = |id: u32| open.iter().position(|(other, _)| other.id() == id);
    let names: Vec<String> = open.iter().map(|(open, _)| open.name.get()).collect();
    let said: Vec<(&str, Kind, Choice)> = open
        .iter()
        .zip(&names)
        .map(|((open, kind), name)| {
            let choice = match chosen.get(&open.id()) {
                None => Choice::ByName,
                Some(None) => Choice::Alone,
                // It may have been closed.
                Some(Some(other)) => place(*other).map_or(Choice::ByName, Choice::With),
            };
            (name.as_str(), *kind, choice)
        })
        .collect();
    let found = pairs::by_choice(&said).get(place(document.id())?).copied().flatten()?;
    open.get(found).map(|(partner, _)| *partner)
}

/// Which file a finding is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Profile,
    Log,
    Both,
}

/// What was found in a document, or in a pair.
pub struct Judged {
    /// The profile, if it is not a log alone.
    pub profile: Option<OpenDocument>,
    /// The log, if it is not a profile alone.
    pub log: Option<OpenDocument>,
    /// What matters most first.
    pub findings: Vec<(Finding, Source)>,
    /// What the findings are a part of.
    pub summary: Summary,
}

impl Judged {
    /// The names of the files of `source`.
    pub fn files(&self, source: Source) -> String {
        let name = |document: Option<OpenDocument>| {
            document.and_then(|document| document.name.try_get_untracked()).unwrap_or_default()
        };
        match source {
            Source::Profile => name(self.profile),
            Source::Log => name(self.log),
            Source::Both => format!("{} + {}", name(self.profile), name(self.log)),
        }
    }

    /// The view that shows `link`.
    pub fn place(link: Link) -> View {
        match link {
            Link::Function(_) => View::Functions,
            Link::Query(_) => View::Queries,
            Link::Statement(_) | Link::Range(..) => View::Timeline,
        }
    }

    /// Shows `link` in its view, with the selection made.
    pub fn go(&self, state: State, link: Link) {
        let document = if matches!(link, Link::Function(_)) { self.profile } else { self.log };
        let Some(document) = document else { return };
        match link {
            Link::Function(function) => {
                document.show_by_line(false);
                document.select_function(function);
            }
            Link::Query(query) => {
                document.statement.set(None);
                document.fingerprint.set(Some(query));
            }
            Link::Statement(statement) => {
                document.fingerprint.set(None);
                document.time_range.set(None);
                document.statement.set(Some(statement));
            }
            Link::Range(from, to) => {
                document.fingerprint.set(None);
                document.statement.set(None);
                // With what is beside it.
                let margin = (to - from) * 0.1;
                document.time_range.set(Some((from - margin, to + margin)));
            }
        }
        document.view.set(Self::place(link));
        state.show(Some(document));
    }
}

/// What was found, asked again when thresholds or partner change. `None` until the first answer;
/// `Some(None)` if there is none.
pub fn judged(state: State, document: OpenDocument) -> RwSignal<Option<Option<Arc<Judged>>>> {
    let answer = RwSignal::new(None);
    let latest = StoredValue::new(0_u64);
    let partner = Memo::new(move |_| partner(state, document));
    Effect::new(move |_| {
        let (partner, thresholds) = (partner.get(), state.judging.thresholds.get());
        let Some(number) = latest.try_update_value(|number| {
            *number += 1;
            *number
        }) else {
            return;
        };
        spawn_local(async move {
            let judged = judge(document, partner, &thresholds).await;
            // The view may be gone by now, or ask something else.
            if latest.try_get_value() == Some(number) {
                answer.try_set(Some(judged.map(Arc::new)));
            }
        });
    });
    answer
}

async fn judge(
    document: OpenDocument,
    partner: Option<OpenDocument>,
    thresholds: &Settings,
) -> Option<Judged> {
    let own = document.findings(thresholds).await?;
    let theirs = match partner {
        Some(partner) => partner.findings(thresholds).await.map(|report| (partner, report)),
        None => None,
    };
    let of_profile = matches!(own.digest, Some(Digest::Profile(_)));
    let tagged = |findings: &[Finding], source: Source| {
        findings.iter().map(|finding| (finding.clone(), source)).collect::<Vec<_>>()
    };
    let (source, other) =
        if of_profile { (Source::Profile, Source::Log) } else { (Source::Log, Source::Profile) };
    let mut judged = Judged {
        profile: of_profile.then_some(document),
        log: (!of_profile).then_some(document),
        findings: tagged(&own.findings, source),
        summary: own.summary.clone(),
    };
    if let Some((partner, theirs)) = theirs
        && let Some(digest) = own.digest.clone()
    {
        // The smaller way is from either to either: digests are small.
        let request = Request::PairFindings { settings: thresholds.clone(), other: digest };
        if let Some(Response::Findings(together)) = partner.ask(request).await {
            (judged.profile, judged.log) =
                if of_profile { (Some(document), Some(partner)) } else { (Some(partner), Some(document)) };
            judged.findings.extend(tagged(&theirs.findings, other));
            judged.findings.extend(tagged(&together.findings, Source::Both));
            judged.findings.sort_by(|a, b| by_weight(&a.0, &b.0));
            judged.summary = together.summary;
        }
    }
    Some(judged)
}
