//! What is compared: two ranges of one log, or another log's shapes, fetched from its worker.

use flamedrop::protocol::{Answer, Ask, QueriesOverview, Request, Response, With as Beside};
use flamedrop::queries::filter::Filter;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::cells::Units;
use crate::document::OpenDocument;
use crate::effect::effect;
use crate::log_view::{Against, filter};
use crate::state::State;

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Sides {
    /// The other side is on its way.
    Waiting,
    /// Both, and what they are called.
    Both { before: Beside, after: Filter, names: [String; 2] },
    /// There is no other side, and why.
    None(String),
}

/// Finds the other side whenever what is compared changes; another log's is fetched from its worker.
pub fn sides(
    state: State,
    document: OpenDocument,
    overview: QueriesOverview,
    units: Units,
) -> RwSignal<Sides> {
    let sides = RwSignal::new(Sides::Waiting);
    let latest = StoredValue::new(0_u32);
    let length = overview.span.map_or(0.0, |(first, last)| last - first);
    let origin = overview.span.map_or(0.0, |(first, _)| first);
    let name = move |(from, to): (f64, f64)| {
        format!("{} to {}", units.start(origin + from), units.start(origin + to))
    };
    effect(move || {
        let own = filter(document);
        let number = latest.try_update_value(|number| {
            *number += 1;
            *number
        });
        let ranges = |before: (f64, f64), after: (f64, f64)| Sides::Both {
            before: Beside::Filter(Box::new(Filter { range: Some(before), ..own.clone() })),
            after: Filter { range: Some(after), ..own.clone() },
            names: [name(before), name(after)],
        };
        let found = match (log_against(document), own.range) {
            (Against::Nothing, _) => Sides::None(
                "Choose what to compare with: the first half of this log, a range of it that is brushed, or another \
                 open log."
                    .to_owned(),
            ),
            (Against::Earlier, None) if length <= 0.0 => Sides::None(
                "The log has one moment only: there is nothing before it to compare with. Open a second log."
                    .to_owned(),
            ),
            (Against::Earlier, None) => ranges((0.0, length / 2.0), (length / 2.0, length)),
            (Against::Earlier, Some((from, _))) if from <= 0.0 => {
                Sides::None("The range begins with the log: nothing was before it.".to_owned())
            }
            (Against::Earlier, Some((from, to))) => ranges(((2.0 * from - to).max(0.0), from), (from, to)),
            (Against::Range(from, to), after) => {
                let rest = if to < length { (to, length) } else { (0.0, length) };
                ranges((from, to), after.unwrap_or(rest))
            }
            (Against::Log(wanted), _) => {
                let other = state
                    .documents
                    .get()
                    .into_iter()
                    .find(|open| *open != document && open.name.get() == wanted);
                match other.filter(|other| other.overview().is_some()) {
                    Some(other) => {
                        fetch(document, other, own, sides, latest, number);
                        return;
                    }
                    None => Sides::None(format!("{wanted} is not open: drop it here as well.")),
                }
            }
        };
        if sides.with_untracked(|old| *old != found) {
            sides.set(found);
        }
    });
    sides
}

fn log_against(document: OpenDocument) -> Against {
    document.log.against.get()
}

/// Hands another log's shapes to this one's worker.
fn fetch(
    document: OpenDocument,
    other: OpenDocument,
    own: Filter,
    sides: RwSignal<Sides>,
    latest: StoredValue<u32>,
    number: Option<u32>,
) {
    let names = [other.name.get_untracked(), document.name.get_untracked()];
    spawn_local(async move {
        // What is a number of this log, or a time of it, means nothing in the other.
        let facets = own.facets.iter().filter(|facet| !facet.by.is_numbered()).cloned().collect();
        let theirs = Filter { range: None, facets, all_texts: false, ..own.clone() };
        let Some(Response::View(Answer::Shapes(mut shapes))) =
            other.ask(Request::View(theirs, Ask::Shapes)).await
        else {
            return;
        };
        shapes.name.clone_from(&names[0]);
        let kept = document.ask(Request::View(Filter::default(), Ask::Keep(shapes))).await;
        if let Some(Response::View(Answer::Kept(kept))) = kept
            && latest.try_get_value() == number
        {
            sides.try_set(Sides::Both { before: Beside::Kept(kept), after: own, names });
        }
    });
}
