//! What stands in the rows of the functions table: functions, or groups of them, and below an open one those who call it and
//! whom it calls.

use std::collections::HashMap;
use std::sync::Arc;

use flamedrop::layout::outline::{Outline, Place};
use flamedrop::protocol::{FunctionDetail, FunctionGroup, FunctionRow, GroupAsk, Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::paged::Paged;
use crate::document::{OpenDocument, Sort, answers};
use crate::effect::effect;

/// So many callers, and callees, are listed below a function.
const NEIGHBOURS: usize = 20;

/// So many functions are listed in a group.
const MEMBERS: u32 = 500;

/// Who is listed below a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Those who call it.
    Callers,
    /// Those it calls.
    Callees,
}

/// What a row is.
#[derive(Debug, Clone)]
pub enum Item {
    /// A function; in the table of a sandwich nothing opens.
    Function { row: FunctionRow, level: u32, is_open: Option<bool> },
    /// A group.
    Group { group: Arc<FunctionGroup>, is_open: bool },
    /// One of those who call the function above, or are called by it.
    Neighbour { row: FunctionRow, side: Side, level: u32 },
    /// So many more of them.
    More { of: u32, side: Side, count: u32, level: u32 },
    /// They are on their way.
    Coming { level: u32 },
}

/// The rows; copies are the same.
#[derive(Clone, Copy)]
pub struct Rows {
    document: OpenDocument,
    paged: Paged<FunctionRow>,
    brief: bool,
    groups: Signal<Option<Arc<Vec<Arc<FunctionGroup>>>>>,
    details: RwSignal<HashMap<u32, Arc<FunctionDetail>>>,
    outline: Memo<Arc<Below>>,
    /// The row that has the keyboard, where that is no function of the table.
    pub cursor: RwSignal<Option<u32>>,
}

/// What is open below rows.
#[derive(Default)]
struct Below {
    outline: Outline,
    items: HashMap<u32, Vec<Item>>,
}

impl Rows {
    /// Those of a document; `paged` has its functions where they are not grouped.
    pub fn new(document: OpenDocument, paged: Paged<FunctionRow>, brief: bool) -> Self {
        let table = document.function_table;
        let groups = answers(
            document,
            move || {
                let by = table.by.get().filter(|_| !brief)?;
                let Sort { column: sort, descending } = document.function_sort.get();
                let (filter, open) = (document.search_text(), table.open_groups.get());
                Some(Request::FunctionGroups(GroupAsk { by, sort, descending, filter, open, most: MEMBERS }))
            },
            |response| match response {
                Response::FunctionGroups(groups) => {
                    Some(Arc::new(groups.into_iter().map(Arc::new).collect::<Vec<_>>()))
                }
                _ => None,
            },
        );
        let groups = Signal::derive(move || groups.get().map(|(_, groups)| groups));
        let details = RwSignal::new(HashMap::new());
        let outline = Memo::new_with_compare(
            move |_| Arc::new(below(document, groups, details, brief)),
            // It is made anew only if something in it is new.
            |_, _| true,
        );
        if !brief {
            // Functions may be in other rows than when they were opened.
            table.close();
        }
        let rows = Self { document, paged, brief, groups, details, outline, cursor: RwSignal::new(None) };
        rows.follow();
        rows
    }

    fn follow(self) {
        let (document, table) = (self.document, self.document.function_table);
        // In another order functions are in other rows.
        Effect::new(move |earlier: Option<(Sort<_>, String)>| {
            let now = (document.function_sort.get(), document.search_text());
            if earlier.is_some_and(|earlier| earlier != now) {
                table.close();
                self.cursor.set(None);
            }
            now
        });
        effect(move || {
            document.function.track();
            self.cursor.set(None);
        });
        // Who stands below what is open.
        effect(move || {
            if self.brief {
                return;
            }
            for (_, function) in table.open.get() {
                if self.details.with_untracked(|details| details.contains_key(&function)) {
                    continue;
                }
                spawn_local(async move {
                    if let Some(Response::Function(detail)) =
                        document.ask(Request::Function { function }).await
                    {
                        self.details.try_update(|details| details.insert(function, Arc::new(detail)));
                    }
                });
            }
        });
    }

    /// How many there are in the table itself.
    fn own_rows(self) -> u32 {
        match self.is_grouped() {
            true => self.groups.with(|groups| groups.as_ref().map_or(0, |groups| groups.len() as u32)),
            false => self.paged.rows().get(),
        }
    }

    fn is_grouped(self) -> bool {
        !self.brief && self.document.function_table.by.get().is_some()
    }

    /// Whether they are there.
    pub fn loaded(self) -> Signal<bool> {
        Signal::derive(move || match self.is_grouped() {
            true => self.groups.with(Option::is_some),
            false => self.paged.loaded().get(),
        })
    }

    /// How many there are.
    pub fn count(self) -> Signal<u32> {
        Signal::derive(move || {
            let own = self.own_rows();
            self.outline.with(|below| below.outline.rows(own))
        })
    }

    /// Which of the functions are needed to show some rows.
    pub fn window(self, shown: std::ops::Range<u32>) -> std::ops::Range<u32> {
        self.outline.with(|below| below.outline.window(shown))
    }

    /// What is in a row, if it is there.
    pub fn at(self, index: u32) -> Option<Item> {
        let (Place { row, below }, item) = self.outline.with(|all| {
            let place = all.outline.at(index);
            let item = place.below.and_then(|at| all.items.get(&place.row)?.get(at as usize).cloned());
            (place, item)
        });
        if below.is_some() {
            return item;
        }
        let table = self.document.function_table;
        if self.is_grouped() {
            let group = self.groups.with(|groups| groups.as_ref()?.get(row as usize).cloned())?;
            let is_open = table.open_groups.with(|open| open.contains(&group.first));
            return Some(Item::Group { group, is_open });
        }
        let row = self.paged.at(row)?;
        let is_open = (!self.brief).then(|| is_open(self.document, row.function));
        Some(Item::Function { row, level: 0, is_open })
    }

    /// The row of the selected function, or the one that has the keyboard.
    pub fn selected(self) -> Signal<Option<u32>> {
        let row = self.paged.selected_row();
        Signal::derive(move || {
            if let Some(cursor) = self.cursor.get() {
                return Some(cursor);
            }
            if !self.is_grouped() {
                let row = row.get()?;
                return Some(self.outline.with(|below| below.outline.index(row)));
            }
            let selected = self.document.function.get()?;
            let is_it = |item: &Item| matches!(item, Item::Function { row, .. } if row.function == selected);
            self.outline.with(|below| {
                let (row, place) = below
                    .items
                    .iter()
                    .find_map(|(row, items)| Some((*row, items.iter().position(is_it)?)))?;
                Some(below.outline.index(row) + 1 + place as u32)
            })
        })
    }

    /// Opens or closes a row.
    pub fn expand(self, index: u32, open: bool) {
        let table = self.document.function_table;
        if untrack(|| self.cursor.get()).is_some_and(|cursor| cursor > index) {
            self.cursor.set(None);
        }
        match untrack(|| self.at(index)) {
            Some(Item::Group { group, .. }) => table.open_groups.update(|groups| {
                groups.retain(|&first| first != group.first);
                if open {
                    groups.push(group.first);
                }
            }),
            Some(Item::Function { row, is_open: Some(_), .. }) => {
                let place = untrack(|| self.outline.with(|below| below.outline.at(index)));
                table.open.update(|functions| {
                    functions.retain(|&(_, function)| function != row.function);
                    if open {
                        functions.push((place.row, row.function));
                    }
                });
            }
            _ => {}
        }
    }
}

fn is_open(document: OpenDocument, function: u32) -> bool {
    document.function_table.open.with(|open| open.iter().any(|&(_, other)| other == function))
}

/// All that is open.
fn below(
    document: OpenDocument,
    groups: Signal<Option<Arc<Vec<Arc<FunctionGroup>>>>>,
    details: RwSignal<HashMap<u32, Arc<FunctionDetail>>>,
    brief: bool,
) -> Below {
    let table = document.function_table;
    let mut items: HashMap<u32, Vec<Item>> = HashMap::new();
    if brief {
        return Below::default();
    }
    if table.by.get().is_none() {
        for (row, function) in table.open.get() {
            items.insert(row, neighbours(details, function, 0));
        }
    } else if let Some(groups) = groups.get() {
        for (row, group) in (0..).zip(groups.iter()).filter(|(_, group)| group.is_open) {
            let mut within = Vec::new();
            for row in &group.rows {
                let is_open = is_open(document, row.function);
                within.push(Item::Function { row: row.clone(), level: 1, is_open: Some(is_open) });
                if is_open {
                    within.append(&mut neighbours(details, row.function, 1));
                }
            }
            items.insert(row, within);
        }
    }
    let open = items.iter().map(|(row, items)| (*row, items.len() as u32)).collect();
    Below { outline: Outline::new(open), items }
}

/// Who calls a function, and whom it calls.
fn neighbours(details: RwSignal<HashMap<u32, Arc<FunctionDetail>>>, function: u32, level: u32) -> Vec<Item> {
    let Some(detail) = details.with(|details| details.get(&function).cloned()) else {
        return vec![Item::Coming { level: level + 1 }];
    };
    let mut items = Vec::new();
    for (side, rows) in [(Side::Callers, &detail.callers), (Side::Callees, &detail.callees)] {
        let first = rows.iter().take(NEIGHBOURS);
        items.extend(first.map(|row| Item::Neighbour { row: row.clone(), side, level: level + 1 }));
        if let Some(count) = rows.len().checked_sub(NEIGHBOURS).filter(|&count| count > 0) {
            items.push(Item::More { of: function, side, count: count as u32, level: level + 1 });
        }
    }
    items
}
