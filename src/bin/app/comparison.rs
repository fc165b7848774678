//! A profile beside others of the same program, as an open document knows it: which recordings are on which side, and how
//! the difference is looked at.

use flamedrop::profile::compare::Outline;
use flamedrop::protocol::{
    ChangedColumn, CompareAnswer, CompareAsk, ComparedOverview, ContentOverview, Request, Response,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::document::{OpenDocument, Sort};
use crate::effect::effect;
use crate::state::State;

/// On which side of a change a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Recorded before it.
    Before,
    /// Recorded after it, as the document itself was.
    After,
}

/// What the difference is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// The functions.
    Table,
    /// Both call trees as one.
    Graph,
}

/// How far the comparison is.
#[derive(Debug, Clone, PartialEq)]
pub enum Compared {
    /// There is nothing before.
    Nothing,
    /// The other recordings are on their way.
    Waiting,
    /// There; the number is another for each comparison.
    There(u32, Box<ComparedOverview>),
    /// It cannot be compared, and why.
    Not(String),
}

/// What is asked for: the sides, and whether import frames are hidden.
type Asked = (Vec<(u32, Side)>, bool);

/// A handle; copies are the same.
#[derive(Clone, Copy)]
pub struct ComparisonState {
    /// The other recordings, by the ids of their documents.
    pub sides: RwSignal<Vec<(u32, Side)>>,
    /// Whether shares are compared rather than times.
    pub by_share: RwSignal<bool>,
    /// Table or flame graph.
    pub picture: RwSignal<Picture>,
    /// In whose proportions the flame graph is drawn.
    pub proportions: RwSignal<Side>,
    /// How the table is sorted.
    pub sort: RwSignal<Sort<ChangedColumn>>,
    /// The selected function, by its place in the comparison.
    pub selected: RwSignal<Option<u32>>,
    /// What has come of it.
    pub compared: RwSignal<Compared>,
    /// What was asked for last: the sides, and whether import frames are hidden.
    asked: StoredValue<Option<Asked>>,
    number: StoredValue<u32>,
}

impl ComparisonState {
    /// Nothing is compared.
    pub fn new() -> Self {
        Self {
            sides: RwSignal::new(Vec::new()),
            by_share: RwSignal::new(false),
            picture: RwSignal::new(Picture::Table),
            proportions: RwSignal::new(Side::After),
            sort: RwSignal::new(Sort::descending(ChangedColumn::SelfChange)),
            selected: RwSignal::new(None),
            compared: RwSignal::new(Compared::Nothing),
            asked: StoredValue::new(None),
            number: StoredValue::new(0),
        }
    }

    /// Its worker is another one, which has compared nothing.
    pub fn forget(self) {
        self.asked.set_value(None);
        self.compared.set(Compared::Nothing);
    }

    /// On which side another document is.
    pub fn side_of(self, other: OpenDocument) -> Option<Side> {
        self.sides.with(|sides| sides.iter().find(|(id, _)| *id == other.id()).map(|(_, side)| *side))
    }

    /// Puts another document on a side, or on none.
    pub fn put(self, other: OpenDocument, side: Option<Side>) {
        self.sides.update(|sides| {
            sides.retain(|(id, _)| *id != other.id());
            sides.extend(side.map(|side| (other.id(), side)));
        });
    }
}

/// Other open profiles that `document` can be compared with; follows what is open.
pub fn others(state: State, document: OpenDocument) -> Vec<OpenDocument> {
    let is_profile = |open: &OpenDocument| {
        *open != document
            && open.overview().is_some_and(|overview| {
                matches!(&overview.content, ContentOverview::Profile(profile) if profile.functions > 0)
            })
    };
    state.documents.get().into_iter().filter(is_profile).collect()
}

/// Compares anew whenever the sides change, as long as a view of it is shown.
pub fn follow(state: State, document: OpenDocument) {
    let comparison = document.comparison;
    effect(move || {
        let open = others(state, document);
        let hide_imports = document.hides_imports();
        // What was closed is on no side.
        let sides: Vec<(u32, Side)> = comparison
            .sides
            .get()
            .into_iter()
            .filter(|(id, _)| open.iter().any(|one| one.id() == *id))
            .collect();
        let wanted = Some((sides, hide_imports));
        if comparison.asked.get_value() == wanted {
            return;
        }
        comparison.asked.set_value(wanted.clone());
        comparison.selected.set(None);
        let Some((sides, _)) = wanted else { return };
        if !sides.iter().any(|(_, side)| *side == Side::Before) {
            comparison.compared.set(Compared::Nothing);
            return;
        }
        comparison.compared.set(Compared::Waiting);
        let number = comparison.number.get_value() + 1;
        comparison.number.set_value(number);
        let recordings: Vec<(OpenDocument, Side)> = sides
            .into_iter()
            .filter_map(|(id, side)| Some((*open.iter().find(|one| one.id() == id)?, side)))
            .collect();
        spawn_local(async move {
            let compared = compare(document, recordings, hide_imports, number).await;
            if comparison.number.try_get_value() == Some(number) {
                comparison.compared.try_set(compared);
            }
        });
    });
}

async fn compare(
    document: OpenDocument,
    recordings: Vec<(OpenDocument, Side)>,
    hide_imports: bool,
    number: u32,
) -> Compared {
    let (mut before, mut after): (Vec<Outline>, Vec<Outline>) = (Vec::new(), Vec::new());
    for (other, side) in recordings {
        match other.ask(Request::Compare(CompareAsk::Outline { hide_imports })).await {
            Some(Response::Compare(CompareAnswer::Outline(outline))) => match side {
                Side::Before => before.push(*outline),
                Side::After => after.push(*outline),
            },
            Some(Response::Refused(problem)) => return Compared::Not(problem),
            _ => return Compared::Not(format!("{} is closed.", other.name.get_untracked())),
        }
    }
    match document.ask(Request::Compare(CompareAsk::With { before, after, hide_imports })).await {
        Some(Response::Compare(CompareAnswer::Compared(overview))) => Compared::There(number, overview),
        Some(Response::Refused(problem)) => Compared::Not(problem),
        _ => Compared::Not("its worker stopped.".to_owned()),
    }
}
