//! Tables of a log whose rows the worker has: columns are values, so that views say only what is in
//! them.

use std::sync::Arc;

use leptos::prelude::*;

use super::paged::Paged;
use crate::components::cells::{Cell, Units};
use crate::components::table::{Actions, Column, Row, Table};
use crate::document::Sort;

/// What a column's cells are, which decides their unit and side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// What a row is about.
    Name,
    /// Words.
    Words,
    /// Small pictures.
    Pictures,
    /// Numbers without a unit.
    Numbers,
    /// Numbers in a unit.
    In(&'static str),
    /// Sums of durations.
    Totals,
    /// Moments, which decide the width.
    Moments,
    /// A number before and after: what they are called where each has a column, and their unit.
    Pairs([&'static str; 2], Option<&'static str>),
}

/// One column of rows `R`, sortable by columns `C`.
pub struct Def<R: 'static, C: 'static> {
    /// What addresses and settings call it.
    pub key: &'static str,
    /// What its head says.
    pub label: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Its width in CSS grid's terms.
    pub width: &'static str,
    /// What it means, in a sentence.
    pub hint: &'static str,
    /// What it is sorted by, and whether largest first at first.
    pub sort: Option<(C, bool)>,
    /// A row's cell.
    pub cell: fn(&R) -> Cell,
}

/// What a view says of its table.
pub struct Setup<R: Send + Sync + 'static, C: Send + Sync + 'static> {
    /// Its name, for screen readers.
    pub label: &'static str,
    /// What the first column is called, if not as it says itself.
    pub heading: Option<&'static str>,
    /// Its columns.
    pub columns: Vec<&'static Def<R, C>>,
    /// Its rows.
    pub paged: Paged<R>,
    /// How it is sorted.
    pub sort: RwSignal<Sort<C>>,
    /// How times are written.
    pub units: Units,
    /// A row was selected.
    pub select: Arc<dyn Fn(R) + Send + Sync>,
    /// Enter was pressed on a row.
    pub open: Arc<dyn Fn(R) + Send + Sync>,
    /// What is said instead of no rows.
    pub empty: String,
}

/// The table.
pub fn data_table<R, C>(setup: Setup<R, C>) -> AnyView
where
    R: Clone + Send + Sync + 'static,
    C: Copy + PartialEq + Send + Sync + 'static,
{
    let Setup { label, heading, columns: defs, paged, sort, units, select, open, empty } = setup;
    let columns = defs
        .iter()
        .enumerate()
        .map(|(at, def)| {
            let name = heading.filter(|_| at == 0).unwrap_or(def.label);
            // Rows are grids of their own: a width must not follow from what is in a cell.
            let moment = if units.dates { "176px" } else { "112px" };
            let column = match def.holds {
                Holds::Moments if def.width.is_empty() => Column::number(name, "", moment, def.hint),
                Holds::Moments => Column::text(name, moment, def.hint).leading(),
                Holds::Name => Column::text(name, def.width, def.hint).leading(),
                Holds::Words | Holds::Pictures => Column::text(name, def.width, def.hint),
                Holds::Numbers | Holds::Pairs(_, None) => Column::number(name, "", def.width, def.hint),
                Holds::In(unit) | Holds::Pairs(_, Some(unit)) => {
                    Column::number(name, unit, def.width, def.hint)
                }
                Holds::Totals => Column::number(name, units.totals.unit.symbol(), def.width, def.hint),
            };
            match def.sort {
                None => column,
                Some((by, _)) => column.sortable(move || {
                    let sort = sort.get();
                    (sort.column == by).then_some(sort.descending)
                }),
            }
        })
        .collect();
    let cells: Vec<fn(&R) -> Cell> = defs.iter().map(|def| def.cell).collect();
    let sorts: Vec<Option<(C, bool)>> = defs.iter().map(|def| def.sort).collect();
    let row = move |index: u32| {
        paged
            .at(index)
            .map(|row| Row { cells: cells.iter().map(|cell| cell(&row).view(units)).collect(), faint: false })
    };
    let actions = Actions {
        select: Arc::new(move |index| {
            let row = untrack(|| paged.at(index));
            row.map(|row| select(row)).is_some()
        }),
        open: Arc::new(move |index| {
            if let Some(row) = untrack(|| paged.at(index)) {
                open(row);
            }
        }),
        sort: Arc::new(move |index| {
            if let Some(Some((column, first_descending))) = sorts.get(index) {
                sort.update(|sort| *sort = sort.clicked(*column, *first_descending));
            }
        }),
        ..Actions::default()
    };
    view! { <Table label columns rows=paged.rows() row=Arc::new(row) window=paged.window selected=paged.selected_row() actions loaded=paged.loaded() empty /> }
    .into_any()
}

/// `mean`, or `-mean` for smallest first; nothing for the default.
pub fn sort_text<R, C: Copy + PartialEq>(columns: &[Def<R, C>], sort: Sort<C>, default: C) -> String {
    if sort == Sort::descending(default) {
        return String::new();
    }
    let is_it = |def: &&Def<R, C>| def.sort.is_some_and(|(column, _)| column == sort.column);
    let key = columns.iter().find(is_it).map_or("", |def| def.key);
    format!("{}{key}", if sort.descending { "" } else { "-" })
}

/// What [`sort_text`] wrote.
pub fn parsed_sort<R, C: Copy>(columns: &[Def<R, C>], text: &str) -> Option<Sort<C>> {
    let (key, descending) = text.strip_prefix('-').map_or((text, true), |key| (key, false));
    let (column, _) = columns.iter().find(|def| def.key == key)?.sort?;
    Some(Sort { column, descending })
}
