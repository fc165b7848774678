//! The functions table by module, package or layer.

use super::{Shown, is_shown, per_call, sort};
use crate::profile::groups::Groups;
use crate::profile::layer::Asked;
use crate::profile::matcher::Matcher;
use crate::profile::{CallTree, FunctionId};
use crate::protocol::{FunctionColumn, FunctionGroup, GroupAsk};

/// All groups that have any function which is looked for, with the functions of those that are open.
pub(super) fn answer(
    shown: Shown<'_>,
    layers: &Asked,
    tree: &CallTree,
    ask: &GroupAsk,
) -> Vec<FunctionGroup> {
    let functions = &shown.profile.functions;
    let groups = Groups::of(functions, ask.by, |function| shown.layer(layers, function));
    let totals = groups.totals(tree);
    let mut places = vec![usize::MAX; groups.names.len()];
    let mut all: Vec<FunctionGroup> = Vec::new();
    let mut within: Vec<Vec<FunctionId>> = Vec::new();
    let mut is_open = vec![false; groups.names.len()];
    for &function in &ask.open {
        if let Some(&group) = groups.of.get(function as usize) {
            is_open[group as usize] = true;
        }
    }
    let matches = Matcher::new(functions, &ask.filter).matches();
    for function in matches.into_iter().filter(|&function| is_shown(shown.profile, function)) {
        let (at, group) = (function as usize, groups.of[function as usize] as usize);
        if places[group] == usize::MAX {
            places[group] = all.len();
            let (name, place) = groups.names[group].clone();
            all.push(FunctionGroup {
                first: function,
                name,
                place,
                layer: shown.layer(layers, function),
                functions: 0,
                calls: functions.calls_of(function).map(|_| 0),
                self_time: 0.0,
                total_time: totals[group],
                is_open: is_open[group],
                rows: Vec::new(),
            });
            within.push(Vec::new());
        }
        let place = places[group];
        let sum = &mut all[place];
        sum.functions += 1;
        sum.self_time += functions.self_time[at];
        // What is not known of one is not known of all.
        sum.calls = sum.calls.zip(functions.calls_of(function)).map(|(sum, calls)| sum.saturating_add(calls));
        if sum.is_open {
            within[place].push(function);
        }
    }
    for (group, mut within) in all.iter_mut().zip(within) {
        // What has no box is in no total of the tree.
        group.total_time = group.total_time.max(group.self_time);
        sort(functions, &mut within, ask.sort, ask.descending);
        within.truncate(ask.most as usize);
        group.rows = within.into_iter().map(|function| shown.row(layers, function)).collect();
    }
    order(&mut all, ask);
    all
}

/// Sorts groups by a column of the table.
fn order(groups: &mut [FunctionGroup], ask: &GroupAsk) {
    let number = |group: &FunctionGroup| {
        let calls = group.calls.unwrap_or(-1);
        match ask.sort {
            FunctionColumn::Calls => calls as f64,
            FunctionColumn::SelfTime | FunctionColumn::Place => group.self_time,
            FunctionColumn::TotalTime => group.total_time,
            FunctionColumn::SelfPerCall => per_call(group.self_time, calls),
            FunctionColumn::TotalPerCall => per_call(group.total_time, calls),
        }
    };
    sort::by(groups, |one, other| {
        let ordering = match ask.sort {
            FunctionColumn::Place => one.name.cmp(&other.name),
            _ => number(one).total_cmp(&number(other)),
        };
        if ask.descending { ordering.reverse() } else { ordering }
    });
}
