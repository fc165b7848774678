//! The call tree as an expandable table. The boxes are the flame graph's own; which of them are open
//! is the view's.

use std::collections::HashSet;
use std::sync::Arc;

use flamedrop::format::{self, TimeColumn};
use flamedrop::protocol::{ProfileOverview, Tree};
use leptos::prelude::*;

use super::box_card::{boxed, more};
use super::functions::layer_class;
use crate::components::cells::share_cell;
use crate::components::legend::ImportsSwitch;
use crate::components::table::{Actions, Column, Row, Table};
use crate::document::OpenDocument;
use crate::effect::effect;
use crate::narrowing::Menu;

/// A subtree opens along its heaviest path down to this share of the whole when the view opens.
const OPEN_SHARE: f64 = 0.2;

/// The tree table.
#[component]
pub fn CallTreeTable(document: OpenDocument, overview: ProfileOverview) -> impl IntoView {
    let open = document.open_boxes;
    let is_open = move |place: u32| open.with(|open| open.as_ref().is_some_and(|open| open.contains(&place)));
    effect(move || {
        let Some(tree) = document.tree() else { return };
        // The heaviest path is open to begin with: that is what one came for.
        if open.with_untracked(Option::is_none) {
            let mut first = HashSet::new();
            open_heaviest(&tree, &mut first);
            open.set(Some(first));
        }
        // A function selected elsewhere is shown where most of its time is.
        if let (Some(function), None) = (document.function.get(), document.selected_box.get_untracked()) {
            match tree.heaviest_of(function) {
                Some(heaviest) => document.selected_box.set(Some(tree.place_of(heaviest))),
                // Its boxes are too small to be there, unless it has none.
                None if tree.is_cut() && tree.found.is_empty() => document.find_heaviest(function),
                None => {}
            }
        }
    });
    // A box selected elsewhere comes into view: its ancestors open.
    effect(move || {
        let (Some(tree), Some(selected)) = (document.tree(), document.selected_box.get()) else { return };
        let Some(selected) = tree.at_place(selected) else { return };
        let above = ancestors(&tree, selected).map(|at| tree.place_of(at));
        let closed: Vec<u32> = above.filter(|&place| !untrack(|| is_open(place))).collect();
        if !closed.is_empty() {
            open.update(|open| open.get_or_insert_default().extend(closed));
        }
    });
    effect(move || document.look(None));
    let visible = Memo::new(move |_| match document.tree() {
        Some(tree) => {
            open.with(|open| open.as_ref().map_or_else(Vec::new, |open| visible_boxes(&tree, open)))
        }
        None => Vec::new(),
    });
    let rows = Signal::derive(move || visible.with(Vec::len) as u32);
    let box_at = move |index: u32| visible.with(|boxes| boxes.get(index as usize).copied());
    let selected = Signal::derive(move || {
        let selected = document.tree()?.at_place(document.selected_box.get()?)?;
        visible.with(|boxes| boxes.binary_search(&selected).ok().map(|place| place as u32))
    });
    document.searching.follow(move |forwards| {
        document.walk_boxes(forwards);
    });
    let window = RwSignal::new(0..0);
    let times = overview.unit.column(overview.total);
    let counted = overview.calls.is_some();
    let sampled = overview.samples.is_some();

    let branch = move |index: u32| {
        let at = box_at(index)?;
        document.tree().map(|tree| {
            let can_open = tree.end[at as usize] > at + 1 || tree.can_open(at);
            (tree.depth[at as usize], can_open.then(|| !tree.can_open(at) && is_open(tree.place_of(at))))
        })
    };
    let toggle = move |at: u32, expand: bool| {
        let Some(tree) = untrack(|| document.tree()) else { return };
        let place = tree.place_of(at);
        if tree.can_open(at) {
            document.open_more(place);
            return;
        }
        open.update(|open| {
            let open = open.get_or_insert_default();
            if expand {
                open.insert(place);
            } else {
                open.remove(&place);
            }
        });
    };
    let row = move |index: u32| {
        let (at, tree) = (box_at(index)?, document.tree()?);
        let (level, expanded) = branch(index)?;
        // "(n more)" is none of what is searched for.
        let function = tree.function_of(at).map_or(u32::MAX, |row| row.function);
        let searched = document.searching.found.with(Option::is_some);
        let faint = document.searching.is_other(function);
        Some(Row {
            cells: cells(&tree, at, level, expanded, (times, counted, searched && !faint), toggle),
            faint,
        })
    };
    let actions = Actions {
        select: Arc::new(move |index| {
            if let (Some(at), Some(tree)) = (untrack(|| box_at(index)), untrack(|| document.tree())) {
                document.select_box(&tree, at);
                return true;
            }
            false
        }),
        open: Arc::new(move |index| {
            if let Some((at, (_, Some(expanded)))) = untrack(|| box_at(index).zip(branch(index))) {
                toggle(at, !expanded);
            }
        }),
        expand: Arc::new(move |index, expand| {
            if let Some(at) = untrack(|| box_at(index)) {
                toggle(at, expand);
            }
        }),
        branch: Arc::new(branch),
        menu: Some(Arc::new(move |x, y| document.narrowing.menu.set(Some(Menu { x, y })))),
        ..Actions::default()
    };
    let unit = times.unit.symbol();
    let columns = vec![
        Column::number(
            "Total",
            unit,
            "132px",
            "Time in the function and all it called, on this stack; inverted: self time of the root, called this way",
        ),
        Column::number("Share", "%", "72px", "Share of the whole profile"),
        Column::number("Self", unit, "104px", "Time in the function itself, on this stack"),
        if sampled {
            Column::number("Samples", "", "88px", "Samples with this stack")
        } else {
            Column::number("Calls", "", "88px", "Calls on this stack")
        },
        Column::text("Function", "minmax(320px, 1fr)", "Open a row to see what it called").leading(),
    ];
    view! {
        <Table label="Call tree" columns rows row=Arc::new(row) window selected actions tree=true resizable=true empty="Working out the call tree…" />
        <ImportsSwitch document />
    }
}

fn cells(
    tree: &Tree,
    at: u32,
    level: u32,
    expanded: Option<bool>,
    (times, counted, found): (TimeColumn, bool, bool),
    toggle: impl Fn(u32, bool) + Copy + 'static,
) -> Vec<AnyView> {
    let index = at as usize;
    let share = tree.total_time[index] / tree.total;
    let function = tree.function_of(at);
    let (name, file) = boxed(tree, at).unwrap_or_else(|| (more(tree, at), "too small to draw".to_owned()));
    let class = function.map_or("merged", layer_class);
    // Deep stacks stay readable: the indent stops growing, the level is in the tree's own attribute.
    let indent = level.min(40).to_string();
    let arrow = expanded.map(|expanded| {
        view! {
            <span class="toggle" aria-hidden="true" on:click=move |event| {
                event.stop_propagation();
                toggle(at, !expanded);
            }>{if expanded { "▾" } else { "▸" }}</span>
        }
    });
    vec![
        share_cell(times.seconds(tree.total_time[index]), share),
        format::percent_cell(share).into_any(),
        // Turned over, all of it is self time of the root.
        if tree.turned.is_some() { String::new() } else { times.seconds(tree.self_time[index]) }.into_any(),
        // Of a merged box that number is its name's; how many calls an estimated box is, is not always known.
        match function {
            Some(_) => match tree.calls_of(at).or(tree.samples_of(at)) {
                Some(count) => format::calls(count),
                None if !counted => format::UNKNOWN.to_owned(),
                None => String::new(),
            },
            None => String::new(),
        }
        .into_any(),
        view! {
            <span class="function branch" style:--level=indent title=format!("{name} {file}")>
                <span class="arrow-space">{arrow}</span>
                <span class=format!("swatch {class}") aria-hidden="true"></span>
                <span class="name" class:found-name=found>{name.clone()}</span>
                <span class="file"><bdi>{file.clone()}</bdi></span>
            </span>
        }
        .into_any(),
    ]
}

fn ancestors(tree: &Tree, of: u32) -> impl Iterator<Item = u32> + '_ {
    std::iter::successors(tree.parent.get(of as usize).copied(), |&at| tree.parent.get(at as usize).copied())
        .take_while(|&at| (at as usize) < tree.parent.len())
}

/// Boxes whose ancestors are all open, in the tree's order.
fn visible_boxes(tree: &Tree, open: &HashSet<u32>) -> Vec<u32> {
    let mut visible = Vec::new();
    let mut at = 0;
    while (at as usize) < tree.end.len() {
        visible.push(at);
        at = if open.contains(&tree.place_of(at)) && !tree.can_open(at) {
            at + 1
        } else {
            tree.end[at as usize]
        };
    }
    visible
}

/// Opens the heaviest root and below it the heaviest child as long as it is heavy.
fn open_heaviest(tree: &Tree, open: &mut HashSet<u32>) {
    let mut at = 0_u32;
    while let Some(&total) = tree.total_time.get(at as usize) {
        let has_children = tree.end[at as usize] > at + 1;
        if !has_children || total < OPEN_SHARE * tree.total {
            break;
        }
        open.insert(tree.place_of(at));
        // Siblings are in descending order: the first child is the heaviest.
        at += 1;
    }
}
