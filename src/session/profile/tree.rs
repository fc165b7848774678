//! The call tree as the page gets it.

use std::borrow::Cow;

use super::row;
use crate::profile::call_tree::{MERGED, MergedPart};
use crate::profile::imports::Imports;
use crate::profile::transform::{Turned, turned};
use crate::profile::{CallTree, FunctionId, Layers, Profile};
use crate::protocol::{FunctionRow, MergedFunction, Tree};

/// Boxes of an estimated call tree: more than a screen can show, few enough to lay out at once.
pub(in crate::session) const BUDGET: usize = 10_000;

/// Functions named of each merged box: more than a card lists. Thousands of wide boxes could have
/// thousands each.
const NAMED: usize = 20;

/// `tree`, or what it is turned over, with the functions it names.
pub(super) fn answer(
    profile: &Profile,
    layers: &Layers,
    tree: &CallTree,
    hide_imports: bool,
    how: Option<Turned>,
) -> Tree {
    let imports = Imports::of(profile).hidden(tree);
    let has_imports = imports.is_some();
    let tree = match imports.filter(|_| hide_imports) {
        Some(imports) => Cow::Owned(tree.without(&imports)),
        None => Cow::Borrowed(tree),
    };
    let certain_share = tree.certain_share();
    let tree = match how {
        Some(how) => turned(&tree, how),
        None => tree.into_owned(),
    };
    let mut named =
        Named { profile, layers, index: vec![MERGED; profile.functions.len()], functions: Vec::new() };
    let function = tree.function.iter().map(|&function| named.place(function)).collect();
    let merged = merged(&tree.merged.parts, &mut named);
    let total = tree.total();
    let CallTree {
        estimated,
        function: _,
        parent,
        depth,
        end,
        recursive,
        self_time,
        total_time,
        calls,
        certainty,
        low,
        high,
        merged: _,
        contradiction,
    } = tree;
    Tree {
        unit: profile.unit,
        estimated,
        function,
        parent,
        depth,
        end,
        recursive,
        self_time,
        total_time,
        calls,
        certainty,
        low,
        high,
        merged,
        certain_share,
        contradiction,
        functions: named.functions,
        total,
        has_imports,
        turned: how,
    }
}

/// The largest functions of each merged box. `parts` are by box, each box's largest first.
fn merged(parts: &[MergedPart], named: &mut Named<'_>) -> Vec<MergedFunction> {
    let by_box = parts.chunk_by(|one, other| one.merged == other.merged);
    by_box
        .flat_map(|parts| parts.iter().take(NAMED))
        .map(|part| MergedFunction {
            merged: part.merged,
            function: named.place(part.function),
            self_time: part.self_time,
        })
        .collect()
}

/// The functions of the tree, in the order in which they are first named.
struct Named<'a> {
    profile: &'a Profile,
    layers: &'a Layers,
    /// Per function of the profile: its place in `functions`, or [`MERGED`].
    index: Vec<u32>,
    functions: Vec<FunctionRow>,
}

impl Named<'_> {
    fn place(&mut self, function: FunctionId) -> u32 {
        let Some(place) = self.index.get_mut(function as usize) else { return MERGED };
        if *place == MERGED {
            *place = self.functions.len() as u32;
            self.functions.push(row(self.profile, self.layers, function));
        }
        *place
    }
}
