//! What a profile is compared with, in the address: the names of the other recordings, and how the difference is shown.

use flamedrop::protocol::ChangedColumn;
use leptos::prelude::*;

use super::{named, parsed_sort, set, sort_text};
use crate::comparison::{Picture, Side};
use crate::document::{OpenDocument, Sort};
use crate::state::State;

const COLUMNS: &[(&str, ChangedColumn)] = &[
    ("self-change", ChangedColumn::SelfChange),
    ("total-change", ChangedColumn::TotalChange),
    ("self", ChangedColumn::SelfTime),
    ("total", ChangedColumn::TotalTime),
    ("calls", ChangedColumn::Calls),
    ("place", ChangedColumn::Place),
];

const SIDES: [(&str, Side); 2] = [("before", Side::Before), ("after", Side::After)];

/// What the address says of it; each recording stands for itself.
pub fn place(state: State, document: OpenDocument) -> Vec<(&'static str, String)> {
    let comparison = document.comparison;
    let open = state.documents.get();
    let mut all: Vec<(&'static str, String)> = Vec::new();
    comparison.sides.with(|sides| {
        for (id, side) in sides {
            let name = open.iter().find(|one| one.id() == *id).map(|one| one.name.get());
            let key = SIDES.iter().find(|(_, one)| one == side).map_or("before", |(key, _)| key);
            all.extend(name.map(|name| (key, name)));
        }
    });
    let picture = match (comparison.picture.get(), comparison.proportions.get()) {
        (Picture::Table, _) => "",
        (Picture::Graph, Side::After) => "graph",
        (Picture::Graph, Side::Before) => "graph-before",
    };
    let share = if comparison.by_share.get() { "share" } else { "" };
    let sort = sort_text(COLUMNS, comparison.sort.get(), ChangedColumn::SelfChange);
    all.extend([
        ("difference", picture.to_owned()),
        ("compared-by", share.to_owned()),
        ("changes-sort", sort),
    ]);
    all
}

/// Makes it what the address says.
pub fn apply(state: State, document: OpenDocument, pairs: &[(String, String)]) {
    let comparison = document.comparison;
    let value = |key: &str| pairs.iter().find(|(other, _)| other == key).map(|(_, value)| value.as_str());
    let side = |(key, name): &(String, String)| {
        let (_, side) = SIDES.iter().find(|(one, _)| one == key)?;
        let other = named(state, name, 0).filter(|other| *other != document)?;
        Some((other.id(), *side))
    };
    set(comparison.sides, pairs.iter().filter_map(side).collect());
    let (picture, proportions) = match value("difference") {
        Some("graph") => (Picture::Graph, Side::After),
        Some("graph-before") => (Picture::Graph, Side::Before),
        _ => (Picture::Table, Side::After),
    };
    set(comparison.picture, picture);
    set(comparison.proportions, proportions);
    set(comparison.by_share, value("compared-by") == Some("share"));
    let sort = value("changes-sort").and_then(|text| parsed_sort(COLUMNS, text));
    set(comparison.sort, sort.unwrap_or(Sort::descending(ChangedColumn::SelfChange)));
}
