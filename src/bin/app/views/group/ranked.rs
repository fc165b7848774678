//! Which functions took most in all recordings, in how many they are, and where each took most.

use std::sync::Arc;

use flamedrop::format::{self, UNKNOWN, counted};
use flamedrop::protocol::{
    GatherAnswer, GatherAsk, GatheredOverview, RankedColumn, RankedFunction, Request, Response,
};
use leptos::prelude::*;

use crate::components::cells::share_cell;
use crate::components::paged::{Asked, Paged};
use crate::components::table::{Actions, Column, Row, Table};
use crate::document::{OpenDocument, Sort};
use crate::group;
use crate::state::state;
use crate::views::functions::place_cell;

/// What each column is sorted by, and whether largest first at first.
const SORTS: [(RankedColumn, bool); 6] = [
    (RankedColumn::SelfTime, true),
    (RankedColumn::TotalTime, true),
    (RankedColumn::Calls, true),
    (RankedColumn::Recordings, true),
    (RankedColumn::Most, true),
    (RankedColumn::Place, false),
];

/// The table; `members` are the recordings that were read, in their order.
#[component]
pub fn Ranked(
    document: OpenDocument,
    overview: GatheredOverview,
    members: Vec<u32>,
    left_out: Vec<String>,
) -> impl IntoView {
    let state = state();
    let group = document.group;
    let sort = group.ranked_sort;
    let paged = Paged::new(
        document,
        group.ranked_selected.into(),
        |row: &RankedFunction| row.function,
        move |Asked { first, count, selected }| {
            let Sort { column, descending } = sort.get();
            let filter = document.search.get();
            Some(Request::Gather(GatherAsk::Functions {
                sort: column,
                descending,
                filter,
                first,
                count,
                selected,
            }))
        },
        |response| match response {
            Response::Gathered(GatherAnswer::Functions(rows, page, selected)) => Some((rows, page, selected)),
            _ => None,
        },
    );
    let (own, all, most) = (
        overview.unit.column(overview.longest.0),
        overview.unit.column(overview.longest.1),
        overview.unit.column(overview.most),
    );
    let direction = move |column: RankedColumn| {
        move || {
            let sort = sort.get();
            (sort.column == column).then_some(sort.descending)
        }
    };
    let columns = vec![
        Column::number(
            "self",
            own.unit.symbol(),
            "112px",
            "Time in the function itself, over all recordings",
        )
        .sortable(direction(RankedColumn::SelfTime)),
        Column::number(
            "total",
            all.unit.symbol(),
            "112px",
            "Time in the function and all it calls, over all recordings",
        )
        .sortable(direction(RankedColumn::TotalTime)),
        Column::number("calls", "", "104px", "Calls over all recordings")
            .sortable(direction(RankedColumn::Calls)),
        Column::number("recordings", "", "108px", "In how many recordings it is")
            .sortable(direction(RankedColumn::Recordings)),
        Column::text(
            "most in one",
            "minmax(200px, 0.8fr)",
            "Its self time in the recording in which that is longest, and which that is: Enter opens it",
        )
        .sortable(direction(RankedColumn::Most)),
        Column::text("function", "minmax(260px, 1fr)", "Where the function is defined")
            .leading()
            .sortable(direction(RankedColumn::Place)),
    ];
    let members = Arc::new(members);
    let member_of = {
        let members = Arc::clone(&members);
        move |row: &RankedFunction| members.get(row.most.0 as usize).copied()
    };
    let (count, total) = (overview.recordings, overview.total);
    let row = {
        let member_of = member_of.clone();
        move |index: u32| {
            let row = paged.at(index)?;
            let name = member_of(&row).and_then(|id| group.member(id)).map(|one| one.label().to_owned());
            let name = name.filter(|_| row.most.1 > 0.0).unwrap_or_default();
            let took = view! {
                <span class="most" title=name.clone()>
                    <span class="value">{most.seconds(row.most.1)}</span>
                    <span class="text">{name.clone()}</span>
                </span>
            };
            let share = if total > 0.0 { row.self_time / total } else { 0.0 };
            Some(Row {
                cells: vec![
                    share_cell(own.seconds(row.self_time), share),
                    all.seconds(row.total_time).into_any(),
                    row.calls.map_or_else(|| UNKNOWN.to_owned(), format::count).into_any(),
                    format!("{} of {}", format::count(row.recordings.into()), format::count(count.into()))
                        .into_any(),
                    took.into_any(),
                    place_cell((&row.file, row.line, &row.name), row.layer.id(), None),
                ],
                faint: false,
            })
        }
    };
    let open = move |index: u32| {
        if let Some(row) = untrack(|| paged.at(index))
            && let Some(id) = member_of(&row)
        {
            group::lead_to(state, document, id, (row.file, row.line, row.name));
        }
    };
    let opened = open.clone();
    let selected = paged.selected_row();
    let actions = Actions {
        select: Arc::new(move |index| {
            let row = untrack(|| paged.at(index));
            row.is_some_and(|row| {
                group.ranked_selected.set(Some(row.function));
                true
            })
        }),
        open: Arc::new(open),
        sort: Arc::new(move |index| {
            if let Some(&(column, first_descending)) = SORTS.get(index) {
                sort.update(|sort| *sort = sort.clicked(column, first_descending));
            }
        }),
        ..Actions::default()
    };
    let said = format!(
        "{} of {}, total {}",
        counted(overview.functions.into(), "function", "functions"),
        counted(count.into(), "profile", "profiles"),
        overview.unit.text(total)
    );
    let left_out: Vec<_> =
        left_out.into_iter().map(|text| view! { <span class="why">{format!("{text}.")}</span> }).collect();
    view! {
        <div class="of-recordings">
            <div class="view-bar">
                <button
                    type="button"
                    title="Open the recording in which the function took most (Enter)"
                    disabled=move || selected.get().is_none()
                    on:click=move |_| {
                        if let Some(index) = selected.get_untracked() {
                            opened(index);
                        }
                    }
                >
                    "Open where it took most"
                </button>
                {left_out}
                <p class="sum" role="status">{said}</p>
            </div>
            <Table
                label="Functions of all recordings"
                columns
                rows=paged.rows()
                row=Arc::new(row)
                window=paged.window
                selected
                actions
                loaded=paged.loaded()
                empty="No function matches the search."
            />
        </div>
    }
}
