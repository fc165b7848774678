//! What the rules find in the document looked at, alone or with its partner; and what the user said to
//! that: dismissed findings, thresholds, which documents belong together.

use std::sync::Arc;

use flamedrop::findings::pairs::{self, Choice};
use flamedrop::findings::together::{Source, together};
use flamedrop::findings::{Below, Digest, Finding, Link, Settings, Summary};
use flamedrop::import::Kind;
use flamedrop::protocol::{ContentOverview, Request, Response};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::Filter;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::document::OpenDocument;
use crate::state::State;
use crate::view::View;
use crate::{saved, storage};

const DISMISSED: &str = "dismissed-findings";
const THRESHOLDS: &str = "thresholds";
/// Dismissed findings that are remembered; the storage has room for thousands, a list of them has no use.
const MOST_DISMISSED: usize = 500;

/// What the user said; copies are the same.
#[derive(Clone, Copy)]
pub struct Judging {
    said: RwSignal<Said>,
}

/// In one signal: it changes seldom, and each kind of signal is code of its own.
#[derive(Default)]
struct Said {
    /// [`Finding::mark`] of what is not to be shown.
    dismissed: Vec<String>,
    thresholds: Settings,
    /// By [`OpenDocument::id`]: the partner chosen by hand; `None` for "none".
    partners: Vec<(u32, Option<u32>)>,
    /// By [`OpenDocument::id`]: the recording from before a change.
    earlier: Vec<(u32, u32)>,
}

impl Judging {
    /// What was kept from earlier visits.
    pub fn from_settings() -> Self {
        let words = |name: &str| storage::setting(name).unwrap_or_default();
        let mut said = Said {
            dismissed: words(DISMISSED).split_whitespace().map(str::to_owned).collect(),
            ..Said::default()
        };
        if let Some(thresholds) = saved::thresholds() {
            said.thresholds = thresholds;
            return Self { said: RwSignal::new(said) };
        }
        for (name, value) in words(THRESHOLDS).split_whitespace().filter_map(|word| word.split_once('=')) {
            // A threshold of another version that is no more is not an error.
            let _ = said.thresholds.set(name, value.parse().ok());
        }
        Self { said: RwSignal::new(said) }
    }

    /// Whether a finding is not to be shown; follows it.
    pub fn is_dismissed(self, mark: &str) -> bool {
        self.said.with(|said| said.dismissed.iter().any(|other| other == mark))
    }

    /// Dismisses a finding, or restores it; remembered across visits and recordings.
    pub fn dismiss(self, mark: &str, dismiss: bool) {
        let mut kept = String::new();
        self.said.update(|said| {
            said.dismissed.retain(|other| other != mark);
            if dismiss {
                said.dismissed.push(mark.to_owned());
                // The oldest ones go.
                let surplus = said.dismissed.len().saturating_sub(MOST_DISMISSED);
                said.dismissed.drain(..surplus);
            }
            kept = said.dismissed.join(" ");
        });
        storage::set_setting(DISMISSED, &kept);
    }

    /// Restores everything, and keeps nothing of it; gives what was dismissed.
    pub fn forget(self) -> Vec<String> {
        let dismissed = self.said.try_update(|said| std::mem::take(&mut said.dismissed));
        storage::set_setting(DISMISSED, "");
        dismissed.unwrap_or_default()
    }

    /// Dismisses again what [`Self::forget`] gave.
    pub fn dismiss_again(self, dismissed: &[String]) {
        for mark in dismissed {
            self.dismiss(mark, true);
        }
    }

    /// When rules speak up; follows it.
    pub fn thresholds(self) -> Settings {
        self.said.with(|said| said.thresholds.clone())
    }

    /// How many thresholds are not the default; follows it.
    pub fn changed_thresholds(self) -> usize {
        self.said.with(|said| said.thresholds.iter().count())
    }

    /// Changes thresholds; remembered across visits.
    pub fn set_thresholds(self, change: impl FnOnce(&mut Settings)) {
        let mut kept = String::new();
        self.said.update(|said| {
            change(&mut said.thresholds);
            for (name, value) in said.thresholds.iter() {
                kept.push_str(&format!("{name}={value} "));
            }
        });
        storage::set_setting(THRESHOLDS, kept.trim_end());
    }

    /// The recording from before a change that was chosen for a document, by its [`OpenDocument::id`]; follows it.
    pub fn earlier(self, document: OpenDocument) -> Option<u32> {
        self.said.with(|said| {
            said.earlier.iter().find(|(of, _)| *of == document.id()).map(|(_, earlier)| *earlier)
        })
    }

    /// Says which recording is from before a change, or that none is.
    pub fn compare(self, document: OpenDocument, earlier: Option<OpenDocument>) {
        self.said.update(|said| {
            said.earlier.retain(|(of, _)| *of != document.id());
            said.earlier.extend(earlier.map(|earlier| (document.id(), earlier.id())));
        });
    }

    /// What was chosen by hand for a document: a partner by its [`OpenDocument::id`], or none; follows it.
    pub fn chosen(self, document: OpenDocument) -> Option<Option<u32>> {
        self.said.with(|said| said.chosen(document.id()))
    }

    /// Puts two documents together, or says that one has no partner. Former partners go by their names
    /// again.
    pub fn choose(self, document: OpenDocument, partner: Option<OpenDocument>) {
        let (one, other) = (document.id(), partner.map(OpenDocument::id));
        let said = |said: &Said| {
            said.chosen(one) == Some(other) && other.is_none_or(|other| said.chosen(other) == Some(Some(one)))
        };
        if self.said.with_untracked(said) {
            return;
        }
        self.said.update(|said| {
            said.partners.retain(|(of, chosen)| {
                let freed = *chosen == Some(one) || (other.is_some() && *chosen == other);
                !freed && *of != one && Some(*of) != other
            });
            said.partners.push((one, other));
            if let Some(other) = other {
                said.partners.push((other, Some(one)));
            }
        });
    }
}

impl Said {
    fn chosen(&self, id: u32) -> Option<Option<u32>> {
        self.partners.iter().find(|(of, _)| *of == id).map(|(_, partner)| *partner)
    }
}

/// What a document holds, once it is open; follows it.
fn kind(document: OpenDocument) -> Option<Kind> {
    Some(match document.overview()?.content {
        ContentOverview::Profile(_) => Kind::Profile,
        ContentOverview::Queries(_) => Kind::Queries,
        ContentOverview::Schema(_) => Kind::Schema,
        ContentOverview::Requests(_) => Kind::Requests,
    })
}

/// Whom a document may be looked at together with.
#[derive(Clone, PartialEq)]
pub struct Pairing {
    /// What the document holds; `None` until it is open.
    pub kind: Option<Kind>,
    /// The open documents of the other kind.
    pub others: Vec<OpenDocument>,
    /// Those of the same kind: one may be from before a change.
    pub same: Vec<OpenDocument>,
    /// The other half of its pair.
    pub partner: Option<OpenDocument>,
    /// The schemas that its findings know, if it is a log.
    pub schemas: Vec<OpenDocument>,
}

/// What is open, each with what it holds and the place of its partner; follows names, choices and what is open.
fn paired(state: State) -> Vec<(OpenDocument, Kind, Option<usize>)> {
    let documents = state.documents.get();
    let open: Vec<(OpenDocument, Kind)> =
        documents.into_iter().filter_map(|document| Some((document, kind(document)?))).collect();
    let place = |id: u32| open.iter().position(|(other, _)| other.id() == id);
    let names: Vec<String> = open.iter().map(|(open, _)| open.name.get()).collect();
    let said: Vec<(&str, Kind, Choice)> = open
        .iter()
        .zip(&names)
        .map(|((open, kind), name)| {
            let choice = match state.judging.chosen(*open) {
                None => Choice::ByName,
                Some(None) => Choice::Alone,
                // It may have been closed.
                Some(Some(other)) => place(other).map_or(Choice::ByName, Choice::With),
            };
            (name.as_str(), *kind, choice)
        })
        .collect();
    let partners = pairs::by_choice(&said);
    open.into_iter().zip(partners).map(|((open, kind), partner)| (open, kind, partner)).collect()
}

/// The document's pairing; follows names, choices and what is open.
pub fn pairing(state: State, document: OpenDocument) -> Pairing {
    let open = paired(state);
    let own = open.iter().find(|(open, ..)| *open == document);
    let kind = own.map(|(_, kind, _)| *kind);
    let partner = own.and_then(|(.., partner)| open.get((*partner)?)).map(|(partner, ..)| *partner);
    let of = |wanted: Kind| {
        open.iter().filter(move |(_, kind, _)| *kind == wanted).map(|(open, ..)| *open).collect()
    };
    let has_log = kind == Some(Kind::Queries) || partner.is_some();
    Pairing {
        kind,
        others: of(if kind == Some(Kind::Profile) { Kind::Queries } else { Kind::Profile }),
        same: kind.map(of).unwrap_or_default().into_iter().filter(|other| *other != document).collect(),
        partner,
        schemas: if has_log { of(Kind::Schema) } else { Vec::new() },
    }
}

/// The other half of the document's pair; follows the same.
pub fn partner(state: State, document: OpenDocument) -> Option<OpenDocument> {
    let open = paired(state);
    let (.., partner) = open.iter().find(|(open, ..)| *open == document)?;
    open.get((*partner)?).map(|(partner, ..)| *partner)
}

/// All that is open, in its order; of a pair the profile, with its log, where the first of them is. Follows the same.
pub fn tabs(state: State) -> Vec<(OpenDocument, Option<OpenDocument>)> {
    let open = paired(state);
    let mut tabs: Vec<(OpenDocument, Option<OpenDocument>)> = Vec::new();
    for document in state.documents.get() {
        let found = open.iter().find(|(other, ..)| *other == document);
        let partner = found
            .and_then(|(_, kind, partner)| Some((*kind, open.get((*partner)?).map(|(open, ..)| *open)?)));
        match partner {
            None => tabs.push((document, None)),
            Some((_, partner))
                if tabs.iter().any(|(one, other)| *one == partner || *other == Some(partner)) => {}
            Some((Kind::Profile, log)) => tabs.push((document, Some(log))),
            Some((_, profile)) => tabs.push((profile, Some(document))),
        }
    }
    tabs
}

/// What rules are given: the user's thresholds, and what open schemas say; follows both.
pub fn settings(state: State) -> Settings {
    let mut settings = state.judging.thresholds();
    for document in state.documents.get() {
        if let Some(schema) = document.schema.get() {
            settings.add_schema(&schema);
        }
    }
    settings
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
    /// Where nothing passes its threshold: what takes most.
    pub below: Option<Below>,
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
            Link::Events(_) => View::Events,
        }
    }

    /// Shows `link` in its view, with the selection made.
    pub fn go(&self, state: State, link: Link) {
        let document = if matches!(link, Link::Function(_)) { self.profile } else { self.log };
        let Some(document) = document else { return };
        // Findings are about everything: what one leads to must not be filtered out.
        document.filter.set(Filter::default());
        document.search.set(String::new());
        match link {
            Link::Function(function) => {
                document.show_by_line(false);
                document.lead_to(function);
            }
            Link::Query(query) => {
                document.statement.set(None);
                document.log.group_by(By::Fingerprint);
                document.fingerprint.set(Some(query));
            }
            Link::Statement(statement) => {
                document.fingerprint.set(None);
                document.time_range.set(None);
                document.statement.set(Some(statement));
            }
            Link::Events(class) => document.log.show_events(class),
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

/// What was found; `None` until the first answer, and if there is none `Some(None)`.
pub type Answer = RwSignal<Option<Option<Arc<Judged>>>>;

/// What was found, asked again when thresholds or partner change.
pub fn judged(state: State, document: OpenDocument, pairing: Memo<Pairing>) -> Answer {
    asked(state, move || Some((document, pairing.with(|pairing| pairing.partner))))
}

/// What was found in the recording from before a change that was chosen for `document`, alone or with its own partner.
pub fn judged_earlier(state: State, document: OpenDocument) -> Answer {
    asked(state, move || {
        let earlier = state.judging.earlier(document)?;
        let earlier = state.documents.get().into_iter().find(|open| open.id() == earlier)?;
        Some((earlier, pairing(state, earlier).partner))
    })
}

/// A document that is judged, with its partner.
type Asked = (OpenDocument, Option<OpenDocument>);

/// What was found in a document with its partner, asked again when either or the thresholds change.
fn asked(state: State, of: impl Fn() -> Option<Asked> + 'static) -> Answer {
    let answer = Answer::new(None);
    let latest = StoredValue::new(0_u64);
    Effect::new(move |previous: Option<(Option<Asked>, Settings)>| {
        let asked = (of(), settings(state));
        if previous.as_ref() == Some(&asked) {
            return asked;
        }
        let number = latest.try_update_value(|number| {
            *number += 1;
            *number
        });
        let (Some((document, partner)), thresholds) = asked.clone() else {
            answer.set(None);
            return asked;
        };
        spawn_local(async move {
            let judged = judge(document, partner, &thresholds).await;
            // The view may be gone by now, or ask something else.
            if number.is_some() && latest.try_get_value() == number {
                answer.try_set(Some(judged.map(Arc::new)));
            }
        });
        asked
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
    let source = if of_profile { Source::Profile } else { Source::Log };
    let mut judged = Judged {
        profile: of_profile.then_some(document),
        log: (!of_profile).then_some(document),
        findings: tagged(&own.findings, source),
        summary: own.summary.clone(),
        below: own.below.clone(),
    };
    if let Some((partner, theirs)) = theirs
        && let Some(digest) = own.digest.clone()
    {
        // The smaller way is from either to either: digests are small.
        let request = Request::PairFindings { settings: thresholds.clone(), other: digest };
        if let Some(Response::Findings(pair)) = partner.ask(request).await {
            (judged.profile, judged.log) =
                if of_profile { (Some(document), Some(partner)) } else { (Some(partner), Some(document)) };
            let all =
                if of_profile { together(&own, &theirs, &pair) } else { together(&theirs, &own, &pair) };
            judged.findings = all.findings;
            judged.summary = all.summary;
            judged.below = all.below;
        }
    }
    Some(judged)
}
