//! The functions table: pstats' columns, sorted and filtered by the worker, drawn a window at a time. A row opens to show
//! who calls it and whom it calls; functions can be grouped.

pub mod columns;
mod rows;

use std::ops::Range;
use std::sync::Arc;

use flamedrop::format::{self, TimeColumn, TimeUnit};
use flamedrop::profile::imports::short_path;
use flamedrop::profile::label::label;
use flamedrop::protocol::{FunctionColumn, FunctionRow, ProfileOverview, Request, Response};
use leptos::prelude::*;

pub use self::columns::only;
use self::columns::{Numbers, SORTS};
use self::rows::{Item, Rows};
use crate::components::paged::{Asked, Paged};
use crate::components::table::{Actions, Branch, Row, Table};
use crate::document::{OpenDocument, Sort};
use crate::effect::effect;
use crate::function_table::{ALL_COLUMNS, GROUPINGS};
use crate::narrowing::Menu;
use crate::view::View;

/// The unit of per-call times, of which the longest is given: microseconds, which most calls take, unless that makes
/// numbers of six digits.
pub fn per_call_column(longest: f64) -> TimeColumn {
    match longest < 0.1 {
        true => TimeColumn { unit: TimeUnit::Microseconds, decimals: 1 },
        false => TimeColumn { unit: TimeUnit::Milliseconds, decimals: 4 },
    }
}

/// The functions of a profile, with what is chosen of them above.
#[component]
pub fn FunctionsView(document: OpenDocument, overview: ProfileOverview) -> impl IntoView {
    let there = columns::there(&overview, false);
    view! {
        <div class="listing">
            <div class="view-bar">
                <GroupBy document />
                {columns::chooser(document, there)}
            </div>
            <Functions document overview />
        </div>
    }
}

/// What functions are grouped by.
#[component]
fn GroupBy(document: OpenDocument) -> impl IntoView {
    let table = document.function_table;
    let key = move || {
        let by = table.by.get();
        GROUPINGS.iter().find(|(one, ..)| Some(*one) == by).map_or("", |(_, key, _)| *key)
    };
    let option = move |value: &'static str, title: &'static str| {
        view! { <option value=value selected=untrack(key) == value>{title}</option> }
    };
    view! {
        <label class="choice">
            "Group by "
            <select
                prop:value=key
                on:change=move |event| {
                    let key = event_target_value(&event);
                    table.group_by(GROUPINGS.iter().find(|(_, other, _)| *other == key).map(|(by, ..)| *by));
                }
            >
                {option("", "Function")}
                {GROUPINGS.into_iter().map(|(_, key, title)| option(key, title)).collect::<Vec<_>>()}
            </select>
        </label>
    }
}

/// The functions table of a profile.
#[component]
pub fn Functions(
    document: OpenDocument,
    overview: ProfileOverview,
    /// Whether there is room for times and names only, and nothing opens.
    #[prop(optional)]
    brief: bool,
) -> impl IntoView {
    let (sort, table) = (document.function_sort, document.function_table);
    let paged = Paged::new(
        document,
        document.function.into(),
        |row: &FunctionRow| row.function,
        move |Asked { first, count, selected }| {
            if !brief && table.by.get().is_some() {
                return None;
            }
            let Sort { column, descending } = sort.get();
            let filter = document.search_text();
            Some(Request::Functions { sort: column, descending, filter, first, count, selected })
        },
        |response| match response {
            Response::Functions { rows, page, selected } => Some((rows, page, selected)),
            _ => None,
        },
    );
    let rows = Rows::new(document, paged, brief);
    document.searching.follow(move |forwards| walk(document, paged.rows(), paged.selected_row(), forwards));
    // Nothing else can be sorted by.
    if !overview.has_times && sort.get_untracked().column != FunctionColumn::Place {
        sort.set(Sort { column: FunctionColumn::Calls, descending: true });
    }
    // The rows on screen, of which some are below those of the worker's table.
    let window = RwSignal::new(0..0);
    effect(move || {
        let wanted = rows.window(window.get());
        if paged.window.get_untracked() != wanted {
            paged.window.set(wanted);
        }
    });
    let there = columns::there(&overview, brief);
    move || {
        let kept = columns::chosen(there, if brief { ALL_COLUMNS } else { table.shown_columns() });
        function_table(document, &overview, (rows, window), kept, brief)
    }
}

fn function_table(
    document: OpenDocument,
    overview: &ProfileOverview,
    (rows, window): (Rows, RwSignal<Range<u32>>),
    kept: Vec<usize>,
    brief: bool,
) -> AnyView {
    let sort = document.function_sort;
    let numbers = Numbers::of(overview);
    let columns = only(&kept, columns::columns(overview, brief, sort));
    let row = {
        let kept = kept.clone();
        move |index: u32| {
            let item = rows.at(index)?;
            let is_open = branch_of(&item).and_then(|(_, is_open)| is_open);
            let toggle = is_open.map(|is_open| move || rows.expand(index, !is_open));
            Some(Row { cells: only(&kept, numbers.of_item(&item, toggle)), faint: false })
        }
    };
    let at = move |index: u32| untrack(|| rows.at(index));
    let actions = Actions {
        select: Arc::new(move |index| match at(index) {
            None => false,
            Some(Item::Function { row, .. }) => {
                rows.cursor.set(None);
                document.select_function(row.function);
                true
            }
            Some(_) => {
                rows.cursor.set(Some(index));
                true
            }
        }),
        open: Arc::new(move |index| match at(index) {
            Some(Item::Function { .. }) => document.view.set(View::Callers),
            Some(Item::Neighbour { row, .. }) => document.select_function(row.function),
            Some(Item::More { of, .. }) => {
                document.select_function(of);
                document.view.set(View::Callers);
            }
            Some(Item::Group { is_open, .. }) => rows.expand(index, !is_open),
            Some(Item::Coming { .. }) | None => {}
        }),
        expand: Arc::new(move |index, open| rows.expand(index, open)),
        branch: Arc::new(move |index| if brief { None } else { branch_of(&rows.at(index)?) }),
        menu: Some(Arc::new(move |x, y| {
            // What has no function of its own has no steps.
            if rows.cursor.get_untracked().is_none() {
                document.narrowing.menu.set(Some(Menu { x, y }));
            }
        })),
        sort: Arc::new(move |index| {
            if let Some(&(column, first_descending)) = kept.get(index).and_then(|&column| SORTS.get(column)) {
                sort.update(|sort| *sort = sort.clicked(column, first_descending));
            }
        }),
        ..Actions::default()
    };
    view! {
        <Table
            label="Functions"
            columns
            rows=rows.count()
            row=Arc::new(row)
            window=window
            selected=rows.selected()
            actions
            tree=!brief
            resizable=!brief
            loaded=rows.loaded()
            empty="No function matches the search."
        />
    }
    .into_any()
}

/// A row's place in the tree: its level, and whether it is open if it can be.
fn branch_of(item: &Item) -> Option<Branch> {
    Some(match item {
        Item::Function { level, is_open, .. } => (*level, *is_open),
        Item::Group { is_open, .. } => (0, Some(*is_open)),
        Item::Neighbour { level, .. } | Item::More { level, .. } | Item::Coming { level } => (*level, None),
    })
}

/// Selects the next function that was found, or the one before: the table has no others.
fn walk(document: OpenDocument, rows: Signal<u32>, selected: Signal<Option<u32>>, forwards: bool) {
    let Some(last) =
        rows.get_untracked().checked_sub(1).filter(|_| untrack(|| !document.search_text().is_empty()))
    else {
        return;
    };
    let next = match (selected.get_untracked(), forwards) {
        (None, true) => 0,
        (None, false) => last,
        (Some(row), true) => {
            if row >= last {
                0
            } else {
                row + 1
            }
        }
        (Some(row), false) => row.checked_sub(1).unwrap_or(last),
    };
    let Sort { column: sort, descending } = document.function_sort.get_untracked();
    let filter = untrack(|| document.search_text());
    leptos::task::spawn_local(async move {
        let request = Request::Functions { sort, descending, filter, first: next, count: 1, selected: None };
        if let Some(Response::Functions { page, rows, .. }) = document.ask(request).await
            && let Some(row) = page.first()
        {
            document.select_function(row.function);
            document.searching.place.set(Some((next + 1, rows)));
        }
    });
}

/// A time per call, or a dash without calls.
pub fn per_call(seconds: f64, calls: Option<i64>, column: TimeColumn) -> AnyView {
    match calls {
        Some(calls @ 1..) => column.seconds(seconds / calls as f64),
        _ => format::UNKNOWN.to_owned(),
    }
    .into_any()
}

/// A function as a cell: the colour of what it belongs to, its name, and where it is.
pub fn function_cell(row: &FunctionRow) -> AnyView {
    place_cell((&row.file, row.line, &row.name), layer_class(row), None)
}

/// The same of a file, line and name; with a word in front of it.
pub fn place_cell((file, line, name): (&str, i64, &str), layer: &str, mark: Option<&'static str>) -> AnyView {
    let place = format::pstats_place(file, line, name);
    let name = label(file, line, name).into_owned();
    let file = match line {
        _ if file == "~" => String::new(),
        // A package, or a file that is known without lines.
        0 => short_path(file).into_owned(),
        line => format::line(&short_path(file), line),
    };
    let short = name.len() < 40;
    view! {
        <span class="function" title=place>
            <span class=format!("swatch {layer}") aria-hidden="true"></span>
            {mark.map(|mark| view! { <span class="mark">{mark}</span> })}
            <span class="name" class:short=short>{name}</span>
            <span class="file"><bdi>{file}</bdi></span>
        </span>
    }
    .into_any()
}

/// A function's name, of a module its file, and its place: `loads`, `json/__init__.py:299`; built-in ones have no
/// place.
pub fn spelt(row: &FunctionRow) -> (String, String) {
    let place = match row.line {
        _ if row.file == "~" => String::new(),
        // A package, or a file that is known without lines.
        0 => row.file.clone(),
        line => format::line(&row.file, line),
    };
    (row.label().into_owned(), place)
}

/// The style class of what a function belongs to.
pub fn layer_class(row: &FunctionRow) -> &'static str {
    row.layer.id()
}
