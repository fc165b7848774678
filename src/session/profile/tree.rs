//! The call tree as the page gets it.

use std::borrow::Cow;

use crate::profile::call_tree::{MERGED, MergedPart};
use crate::profile::imports::{Imports, Machinery};
use crate::profile::transform::{Turned, turned};
use crate::profile::{CallTree, FunctionId, Profile, Unit};
use crate::protocol::{FunctionRow, MergedFunction, Tree};

/// Boxes of an estimated call tree: more than a screen can show, few enough to lay out at once.
pub(in crate::session) const BUDGET: usize = 10_000;

/// Functions named of each merged box: more than a card lists. Thousands of wide boxes could have
/// thousands each.
const NAMED: usize = 20;

/// `tree`, or what it is turned over, with the functions it names, which `row` makes.
pub(super) fn answer(
    profile: &Profile,
    machinery: &Machinery,
    tree: &CallTree,
    hide_imports: bool,
    how: Option<Turned>,
    row: impl Fn(FunctionId) -> FunctionRow,
) -> Tree {
    let imports = Imports::with(profile, machinery).hidden(tree);
    let has_imports = imports.is_some();
    let tree = match imports.filter(|_| hide_imports) {
        Some(imports) => Cow::Owned(tree.without(&imports)),
        None => Cow::Borrowed(tree),
    };
    let certain_share = tree.certain_share();
    let tree = match how {
        Some(how) => Cow::Owned(turned(&tree, how)),
        None => tree,
    };
    let shown = boxes(&tree, profile.unit, profile.functions.len(), row);
    Tree { certain_share, has_imports, turned: how, ..shown }
}

/// The boxes of `tree` with the functions that they name, which `row` makes: of `functions` functions in all. How certain
/// they are, and what they were before, whoever asks says.
pub(in crate::session) fn boxes(
    tree: &CallTree,
    unit: Unit,
    functions: usize,
    row: impl Fn(FunctionId) -> FunctionRow,
) -> Tree {
    let mut named = Named { row, index: vec![MERGED; functions], functions: Vec::new() };
    let function = tree.function.iter().map(|&function| named.place(function)).collect();
    let merged = merged(&tree.merged.parts, &mut named);
    let total = tree.total();
    Tree {
        unit,
        estimated: tree.estimated,
        function,
        parent: tree.parent.clone(),
        depth: tree.depth.clone(),
        end: tree.end.clone(),
        recursive: tree.recursive.clone(),
        self_time: tree.self_time.clone(),
        total_time: tree.total_time.clone(),
        calls: tree.calls.clone(),
        certainty: tree.certainty.clone(),
        low: tree.low.clone(),
        high: tree.high.clone(),
        merged,
        contradiction: tree.contradiction,
        functions: named.functions,
        total,
        ..Tree::default()
    }
}

/// The largest functions of each merged box. `parts` are by box, each box's largest first.
fn merged<R: Fn(FunctionId) -> FunctionRow>(
    parts: &[MergedPart],
    named: &mut Named<R>,
) -> Vec<MergedFunction> {
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
struct Named<R> {
    /// What is said of a function.
    row: R,
    /// Per function: its place in `functions`, or [`MERGED`].
    index: Vec<u32>,
    functions: Vec<FunctionRow>,
}

impl<R: Fn(FunctionId) -> FunctionRow> Named<R> {
    fn place(&mut self, function: FunctionId) -> u32 {
        let Some(place) = self.index.get_mut(function as usize) else { return MERGED };
        if *place == MERGED {
            *place = self.functions.len() as u32;
            self.functions.push((self.row)(function));
        }
        *place
    }
}
