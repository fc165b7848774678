//! Answers about a profile beside others of the same program.

use std::cmp::Ordering;

use super::profile::boxes;
use crate::profile::compare::{Changed, Comparison, Outline};
use crate::profile::matcher::Matcher;
use crate::profile::{CallTree, Profile, layer};
use crate::protocol::{
    ChangedColumn, CompareAnswer, CompareAsk, ComparedOverview, DifferenceTree, FunctionRow, Response, Tree,
};
use crate::sort;

/// What is compared at the moment.
#[derive(Debug, Default)]
pub(super) struct State {
    compared: Option<Box<Compared>>,
}

#[derive(Debug)]
struct Compared {
    before: Vec<Outline>,
    after: Vec<Outline>,
    comparison: Comparison,
    order: Option<(Order, Vec<u32>)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Order {
    sort: ChangedColumn,
    descending: bool,
    filter: String,
    by_share: bool,
}

/// Answers one question about `profile`, which is called `name`; `tree` makes its call tree, with import frames or
/// without.
pub(super) fn answer(
    name: &str,
    profile: &Profile,
    tree: impl FnOnce(bool) -> CallTree,
    state: &mut State,
    ask: &CompareAsk,
) -> Response {
    match ask {
        CompareAsk::Outline { hide_imports } => {
            let outline = Outline::of(name, profile, &tree(*hide_imports));
            Response::Compare(CompareAnswer::Outline(Box::new(outline)))
        }
        CompareAsk::With { before, after, hide_imports } => {
            let own = Outline::of(name, profile, &tree(*hide_imports));
            let after: Vec<Outline> = std::iter::once(own).chain(after.iter().cloned()).collect();
            match Comparison::new(before, &after) {
                Ok(comparison) => {
                    let overview = overview(&comparison);
                    let before = before.clone();
                    state.compared = Some(Box::new(Compared { before, after, comparison, order: None }));
                    Response::Compare(CompareAnswer::Compared(Box::new(overview)))
                }
                Err(problem) => {
                    state.compared = None;
                    Response::Refused(problem)
                }
            }
        }
        CompareAsk::Functions { sort, descending, filter, by_share, first, count, selected } => {
            let Some(compared) = &mut state.compared else { return nothing() };
            let wanted =
                Order { sort: *sort, descending: *descending, filter: filter.clone(), by_share: *by_share };
            if compared.order.as_ref().is_none_or(|(known, _)| *known != wanted) {
                let order = order(&compared.comparison, &wanted);
                compared.order = Some((wanted, order));
            }
            let order = compared.order.as_ref().map_or(&[] as &[u32], |(_, order)| order);
            let start = (*first as usize).min(order.len());
            let end = start.saturating_add(*count as usize).min(order.len());
            let functions = &compared.comparison.functions;
            Response::Compare(CompareAnswer::Functions(
                order.len() as u32,
                order[start..end].iter().filter_map(|&at| functions.get(at as usize).cloned()).collect(),
                super::queries::rank(order, *selected),
            ))
        }
        CompareAsk::Again { before, functions } => {
            let own = Outline::of(name, profile, &tree(false));
            match Comparison::new(std::slice::from_ref(before), &[own]) {
                Ok(comparison) => {
                    let now = functions.iter().map(|&function| comparison.now(function)).collect();
                    Response::Compare(CompareAnswer::Again(Box::new(overview(&comparison)), now))
                }
                Err(problem) => Response::Refused(problem),
            }
        }
        CompareAsk::Difference { by_before } => {
            let Some(compared) = &state.compared else { return nothing() };
            Response::Compare(CompareAnswer::Difference(Box::new(difference(compared, *by_before))))
        }
    }
}

fn nothing() -> Response {
    Response::Refused("nothing is compared".to_owned())
}

fn overview(comparison: &Comparison) -> ComparedOverview {
    let (new, gone) = comparison.new_and_gone();
    let sides = || comparison.functions.iter().flat_map(|one| [&one.before, &one.after]).flatten();
    let scale = comparison.by_share().max(1.0);
    ComparedOverview {
        unit: comparison.unit,
        before: comparison.before.clone(),
        after: comparison.after.clone(),
        clear: comparison.clear,
        by_share: comparison.by_share(),
        new: new as u32,
        gone: gone as u32,
        longest: (
            sides().map(|side| side.self_time * scale).fold(0.0, f64::max),
            sides().map(|side| side.total_time * scale).fold(0.0, f64::max),
        ),
        has_calls: sides().any(|side| side.calls.is_some()),
    }
}

/// The filtered functions, sorted by a column; those that are on no side, or the same on both, are in it as well.
fn order(comparison: &Comparison, wanted: &Order) -> Vec<u32> {
    let scale = if wanted.by_share { comparison.by_share() } else { 1.0 };
    let functions = &comparison.functions;
    let named = comparison.named();
    let matcher = Matcher::new(&named, &wanted.filter);
    let is_there = |&at: &u32| {
        let one = &functions[at as usize];
        (one.before.is_some() || one.after.is_some()) && matcher.is_match(at)
    };
    let mut order: Vec<u32> = (0..functions.len() as u32).filter(is_there).collect();
    let number = |of: &dyn Fn(&Changed) -> f64| -> Vec<f64> { functions.iter().map(of).collect() };
    let numbers = match wanted.sort {
        ChangedColumn::SelfChange => number(&|one| one.self_change(scale).abs()),
        ChangedColumn::TotalChange => number(&|one| one.total_change(scale).abs()),
        ChangedColumn::SelfTime => number(&|one| one.after.map_or(0.0, |after| after.self_time)),
        ChangedColumn::TotalTime => number(&|one| one.after.map_or(0.0, |after| after.total_time)),
        ChangedColumn::Calls => number(&|one| one.calls_change().unwrap_or(0.0).abs()),
        ChangedColumn::Place => Vec::new(),
    };
    sort::ids(&mut order, &mut |one, other| {
        let ordering: Ordering = match wanted.sort {
            ChangedColumn::Place => {
                let key = |at: u32| {
                    let one = &functions[at as usize];
                    (&one.file, one.line, &one.name)
                };
                key(one).cmp(&key(other))
            }
            _ => numbers[one as usize].total_cmp(&numbers[other as usize]),
        };
        if wanted.descending { ordering.reverse() } else { ordering }
    });
    order
}

fn difference(compared: &Compared, by_before: bool) -> DifferenceTree {
    let Compared { before, after, comparison, .. } = compared;
    let difference = comparison.tree(before, after, by_before);
    let functions = &comparison.functions;
    let estimated = difference.tree.estimated;
    let tree = boxes(&difference.tree, comparison.unit, functions.len(), |place| {
        row(&functions[place as usize], by_before)
    });
    DifferenceTree {
        tree: Tree { certain_share: if estimated { 0.0 } else { 1.0 }, ..tree },
        other_self: difference.other_self,
        other_total: difference.other_total,
    }
}

/// A function with its numbers on one side.
fn row(one: &Changed, by_before: bool) -> FunctionRow {
    let side = if by_before { one.before } else { one.after }.unwrap_or_default();
    FunctionRow {
        function: one.place,
        file: one.file.clone(),
        line: one.line,
        name: one.name.clone(),
        layer: layer::classify(&one.file, &one.name),
        calls: None,
        primitive_calls: None,
        self_time: side.self_time,
        samples: None,
        total_time: side.total_time,
        outermost: side.total_time,
        is_least: false,
    }
}
