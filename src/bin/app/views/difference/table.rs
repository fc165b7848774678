//! What each function takes more or less.

use std::sync::Arc;

use flamedrop::draw::difference::signed;
use flamedrop::format::{self, TimeColumn, UNKNOWN};
use flamedrop::profile::compare::{Changed, Numbers};
use flamedrop::profile::layer;
use flamedrop::protocol::{ChangedColumn, CompareAnswer, CompareAsk, ComparedOverview, Request, Response};
use leptos::prelude::*;

use crate::components::paged::{Asked, Paged};
use crate::components::table::{Actions, Column, Row, Table};
use crate::document::{OpenDocument, Sort};
use crate::view::View;
use crate::views::functions::place_cell;

/// The table.
#[component]
pub fn Functions(document: OpenDocument, overview: ComparedOverview) -> impl IntoView {
    let comparison = document.comparison;
    let sort = comparison.sort;
    let paged = Paged::new(
        document,
        comparison.selected.into(),
        |row: &Changed| row.place,
        move |Asked { first, count, selected }| {
            let Sort { column, descending } = sort.get();
            Some(Request::Compare(CompareAsk::Functions {
                sort: column,
                descending,
                filter: document.search.get(),
                by_share: comparison.by_share.get(),
                first,
                count,
                selected,
            }))
        },
        |response| match response {
            Response::Compare(CompareAnswer::Functions(rows, page, selected)) => Some((rows, page, selected)),
            _ => None,
        },
    );
    let (selves, totals) =
        (overview.unit.column(overview.longest.0), overview.unit.column(overview.longest.1));
    let scale = move || if comparison.by_share.get() { overview.by_share } else { 1.0 };
    let row = move |index: u32| {
        paged.at(index).map(|row| Row { cells: cells(&row, selves, totals, scale()), faint: false })
    };
    let direction = move |column: ChangedColumn| {
        move || {
            let sort = sort.get();
            (sort.column == column).then_some(sort.descending)
        }
    };
    let (own, all) = (selves.unit.symbol(), totals.unit.symbol());
    let columns = vec![
        Column::number(
            "self change",
            own,
            "132px",
            "What the function itself takes more (or less) after the change",
        )
        .sortable(direction(ChangedColumn::SelfChange)),
        Column::number("self", own, "150px", "Time in the function itself, before and after")
            .sortable(direction(ChangedColumn::SelfTime)),
        Column::number(
            "total change",
            all,
            "132px",
            "What the function and all it calls take more (or less) after the change",
        )
        .sortable(direction(ChangedColumn::TotalChange)),
        Column::number("total", all, "150px", "Time in the function and all it calls, before and after")
            .sortable(direction(ChangedColumn::TotalTime)),
        Column::number("calls", "", "150px", "Calls before and after")
            .sortable(direction(ChangedColumn::Calls)),
        Column::text("function", "minmax(260px, 1fr)", "Where the function is defined now")
            .leading()
            .sortable(direction(ChangedColumn::Place)),
    ];
    const COLUMNS: [(ChangedColumn, bool); 6] = [
        (ChangedColumn::SelfChange, true),
        (ChangedColumn::SelfTime, true),
        (ChangedColumn::TotalChange, true),
        (ChangedColumn::TotalTime, true),
        (ChangedColumn::Calls, true),
        (ChangedColumn::Place, false),
    ];
    let actions = Actions {
        select: Arc::new(move |index| {
            let row = untrack(|| paged.at(index));
            row.is_some_and(|row| {
                comparison.selected.set(Some(row.place));
                true
            })
        }),
        open: Arc::new(move |index| {
            // What is gone is nowhere in this profile.
            if let Some(function) = untrack(|| paged.at(index)).and_then(|row| row.function) {
                document.select_function(function);
                document.view.set(View::Callers);
            }
        }),
        sort: Arc::new(move |index| {
            if let Some(&(column, first_descending)) = COLUMNS.get(index) {
                sort.update(|sort| *sort = sort.clicked(column, first_descending));
            }
        }),
        ..Actions::default()
    };
    view! {
        <Table
            label="Functions before and after"
            columns
            rows=paged.rows()
            row=Arc::new(row)
            window=paged.window
            selected=paged.selected_row()
            actions
            loaded=paged.loaded()
            empty="No function matches the search."
        />
    }
}

fn cells(row: &Changed, selves: TimeColumn, totals: TimeColumn, scale: f64) -> Vec<AnyView> {
    let calls = |numbers: &Numbers| numbers.calls.map_or_else(|| UNKNOWN.to_owned(), format::calls);
    vec![
        change(row.self_change(scale), row.self_clear, selves),
        times(row, scale, |numbers| numbers.self_time, selves),
        change(row.total_change(scale), row.total_clear, totals),
        times(row, scale, |numbers| numbers.total_time, totals),
        pair(row.before.as_ref().map(calls), row.after.as_ref().map(calls)),
        place(row),
    ]
}

/// A change: grey where it may be chance.
fn change(change: f64, clear: Option<bool>, column: TimeColumn) -> AnyView {
    let text = signed(column.seconds(change.abs()), change);
    // What is less than the column shows is not worth a colour.
    let chance = clear == Some(false) || change == 0.0 || text.contains('<');
    let title = (clear == Some(false)).then_some("not significant");
    let class = match chance {
        true => "chance",
        false if change > 0.0 => "worse",
        false => "better",
    };
    view! { <span class=class title=title>{text}</span> }.into_any()
}

fn times(row: &Changed, scale: f64, of: fn(&Numbers) -> f64, column: TimeColumn) -> AnyView {
    pair(
        row.before.as_ref().map(|side| column.seconds(of(side) * scale)),
        row.after.as_ref().map(|side| column.seconds(of(side))),
    )
}

/// Before and after; once where both are the same.
fn pair(before: Option<String>, after: Option<String>) -> AnyView {
    if before == after {
        return after.unwrap_or_else(|| UNKNOWN.to_owned()).into_any();
    }
    let unknown = || UNKNOWN.to_owned();
    view! {
        <span class="pair">
            <span class="before">{before.unwrap_or_else(unknown)}</span>
            <span aria-hidden="true">"→"</span>
            <span class="visually-hidden">" to "</span>
            <span class="after">{after.unwrap_or_else(unknown)}</span>
        </span>
    }
    .into_any()
}

/// The function, and whether it is new or gone.
fn place(row: &Changed) -> AnyView {
    let mark = match (row.before.is_some(), row.after.is_some()) {
        (false, true) => Some("new"),
        (true, false) => Some("gone"),
        _ => None,
    };
    let layer = layer::classify(&row.file, &row.name).id();
    place_cell((&row.file, row.line, &row.name), layer, mark)
}
