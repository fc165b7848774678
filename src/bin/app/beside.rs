//! A profile and an SQL log of one run: one axis for both, and one range.

use flamedrop::import::Kind;
use flamedrop::layout::alignment::{Alignment, Apart};
use flamedrop::protocol::ContentOverview;
use flamedrop::queries::filter::Filter;
use leptos::prelude::*;

use crate::document::OpenDocument;
use crate::effect::effect;
use crate::judgement::{Pairing, pairing};
use crate::state::State;
use crate::view::View;

/// A profile and a log that belong together; copies are the same.
#[derive(Clone, Copy, PartialEq)]
pub struct Halves {
    /// The profile.
    pub profile: OpenDocument,
    /// The SQL log.
    pub log: OpenDocument,
}

/// The pair that a document is half of; follows what is open.
pub fn halves(state: State, document: OpenDocument) -> Option<Halves> {
    let Pairing { kind, partner, .. } = pairing(state, document);
    match kind? {
        Kind::Profile => Some(Halves { profile: document, log: partner? }),
        Kind::Queries => Some(Halves { profile: partner?, log: document }),
        Kind::Requests | Kind::Schema => None,
    }
}

impl Halves {
    /// How the log's moments become the profile's, or why not; `None` where the profile has no spans. Follows both.
    pub fn alignment(self) -> Option<Result<Alignment, Apart>> {
        let spans = self.profile.spans_overview()?;
        match &self.log.overview()?.content {
            ContentOverview::Queries(log) => Some(Alignment::of(&spans, log)),
            _ => None,
        }
    }

    /// Has the profile show when a statement ran.
    pub fn lead_to(self, state: State, statement: u32) {
        self.profile.statement.set(Some(statement));
        self.profile.spans.selected.set(None);
        self.profile.spans.leading.set_value(true);
        self.profile.view.set(View::FlameChart);
        state.show(Some(self.profile));
    }

    /// Has the log show an execution: its query, and among its executions that one.
    pub fn open_statement(self, state: State, (statement, start): (u32, f64), fingerprint: u32) {
        let log = self.log;
        // The range is both's, and stays if the statement is in it.
        let range = log.filter.with_untracked(|filter| filter.range);
        let range = range.filter(|(from, to)| (*from..*to).contains(&start));
        log.search.set(String::new());
        log.filter.set(Filter { range, ..Filter::default() });
        log.show_queries();
        log.fingerprint.set(Some(fingerprint));
        log.statement.set(Some(statement));
        state.show(Some(log));
    }
}

/// The ranges of a pair when they were last the same.
struct Same {
    halves: Halves,
    profile: Option<(f64, f64)>,
    log: Option<(f64, f64)>,
}

/// Has the range of one half hold for the other, wherever it was drawn or taken back.
pub fn follow(state: State) {
    let mut last: Vec<Same> = Vec::new();
    effect(move || {
        let mut all = Vec::new();
        for document in state.documents.get() {
            let Some(halves) = halves(state, document).filter(|halves| halves.profile == document) else {
                continue;
            };
            let Some(Ok(alignment)) = halves.alignment() else { continue };
            let (of_profile, of_log) =
                (document.spans.range.get(), halves.log.filter.with(|filter| filter.range));
            let before = last.iter().find(|same| same.halves == halves);
            let (by_profile, by_log) = match before {
                Some(before) => (before.profile != of_profile, before.log != of_log),
                // They have just come together.
                None => (of_profile.is_some(), of_log.is_some()),
            };
            let mut same = Same { halves, profile: of_profile, log: of_log };
            if by_profile {
                same.log = of_profile.map(|range| alignment.range_in_log(range));
                halves.log.filter.update(|filter| filter.range = same.log);
            } else if by_log {
                same.profile = of_log.and_then(|range| alignment.range_in_profile(range));
                untrack(|| document.show_range(same.profile));
            }
            all.push(same);
        }
        last = all;
    });
}
