//! How a group of recordings is looked at, in the address: how its tables are sorted.

use flamedrop::brief::order::Column;
use flamedrop::protocol::RankedColumn;
use leptos::prelude::*;

use super::{parsed_sort, set, sort_text};
use crate::document::Sort;
use crate::group::GroupState;

const RECORDINGS: &[(&str, Column)] = &[
    ("name", Column::Name),
    ("total", Column::Total),
    ("calls", Column::Count),
    ("slowest", Column::Slowest),
    ("findings", Column::Findings),
];

const FUNCTIONS: &[(&str, RankedColumn)] = &[
    ("self", RankedColumn::SelfTime),
    ("total", RankedColumn::TotalTime),
    ("calls", RankedColumn::Calls),
    ("recordings", RankedColumn::Recordings),
    ("most", RankedColumn::Most),
    ("place", RankedColumn::Place),
];

/// What the address says of it.
pub fn manner(group: GroupState) -> Vec<(&'static str, String)> {
    vec![
        ("recordings-sort", sort_text(RECORDINGS, group.sort.get(), Column::Total)),
        ("ranking-sort", sort_text(FUNCTIONS, group.ranked_sort.get(), RankedColumn::SelfTime)),
    ]
}

/// Makes it what the address says.
pub fn apply<'a>(group: GroupState, value: &impl Fn(&str) -> Option<&'a str>) {
    let sort = value("recordings-sort").and_then(|text| parsed_sort(RECORDINGS, text));
    set(group.sort, sort.unwrap_or(Sort::descending(Column::Total)));
    let sort = value("ranking-sort").and_then(|text| parsed_sort(FUNCTIONS, text));
    set(group.ranked_sort, sort.unwrap_or(Sort::descending(RankedColumn::SelfTime)));
}
