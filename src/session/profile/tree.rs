//! The call tree as the page gets it.

use crate::profile::call_tree::{MERGED, MergedPart};
use crate::profile::imports::{Imports, Machinery};
use crate::profile::transform::{Turned, turned};
use crate::profile::{CallTree, FunctionId, Profile, Unit, cut};
use crate::protocol::{Again, Find, FunctionRow, MergedFunction, Sight, Tree, Walked};

/// Boxes of an estimated call tree: more than a screen can show, few enough to lay out at once.
pub(in crate::session) const BUDGET: usize = 10_000;

/// Functions named of each merged box: more than a card lists. Thousands of wide boxes could have
/// thousands each.
const NAMED: usize = 20;

/// Trees as they were asked for lately: whoever looks closer asks again, and so do both halves of a sandwich.
#[derive(Debug, Default)]
pub(super) struct Asked(Vec<Made>);

/// A tree, with import frames or without, turned or not.
#[derive(Debug)]
struct Made {
    hide_imports: bool,
    turned: Option<Turned>,
    /// `None` where it is the profile's own.
    tree: Option<CallTree>,
    certain_share: f64,
    has_imports: bool,
}

/// How many of these are kept.
const KEPT: usize = 3;

impl Asked {
    /// The tree of a profile whose own is `tree`, as it is asked for.
    fn made<'a>(
        &'a mut self,
        profile: &Profile,
        machinery: &Machinery,
        tree: &'a CallTree,
        hide_imports: bool,
        turned: Option<Turned>,
    ) -> (&'a CallTree, f64, bool) {
        let is_it = |made: &Made| made.hide_imports == hide_imports && made.turned == turned;
        let made = match self.0.iter().position(is_it) {
            Some(at) => self.0.remove(at),
            None => make(profile, machinery, tree, hide_imports, turned),
        };
        if self.0.len() >= KEPT {
            self.0.remove(0);
        }
        self.0.push(made);
        let made = &self.0[self.0.len() - 1];
        (made.tree.as_ref().unwrap_or(tree), made.certain_share, made.has_imports)
    }
}

fn make(
    profile: &Profile,
    machinery: &Machinery,
    tree: &CallTree,
    hide_imports: bool,
    how: Option<Turned>,
) -> Made {
    let imports = Imports::with(profile, machinery).hidden(tree);
    let has_imports = imports.is_some();
    let without = imports.filter(|_| hide_imports).map(|imports| tree.without(&imports));
    let shown = without.as_ref().unwrap_or(tree);
    let certain_share = shown.certain_share();
    let tree = match how {
        Some(how) => Some(turned(shown, how)),
        None => without,
    };
    Made { hide_imports, turned: how, tree, certain_share, has_imports }
}

/// Which tree is asked for.
#[derive(Clone, Copy)]
pub(super) struct Which {
    /// Without import frames.
    pub hide_imports: bool,
    /// How it is turned.
    pub turned: Option<Turned>,
}

/// What is asked for of `tree`, with the functions it names, which `row` makes. `matches` has the functions that are
/// searched for, ascending.
pub(super) fn answer(
    (profile, machinery, tree): (&Profile, &Machinery, &CallTree),
    asked: &mut Asked,
    Which { hide_imports, turned }: Which,
    sight: Option<&Sight>,
    matches: &[FunctionId],
    row: impl Fn(FunctionId) -> FunctionRow,
) -> Tree {
    let (tree, certain_share, has_imports) = asked.made(profile, machinery, tree, hide_imports, turned);
    let functions = profile.functions.len();
    let found: Vec<Option<Again>> =
        sight.map_or_else(Vec::new, |sight| sight.find.iter().map(|find| found(tree, find)).collect());
    let cut = sight.and_then(|sight| {
        let mut boxes = sight.boxes.clone();
        boxes.extend(found.iter().flatten().map(|again| again.at));
        tree.cut(&cut::Sight {
            window: sight.window,
            least: sight.least,
            boxes: &boxes,
            siblings: &sight.siblings,
        })
    });
    let all = tree.len() as u32;
    let shown = match &cut {
        Some(cut) => Tree {
            matched: matched(tree, cut, functions, matches),
            places: cut.places.clone(),
            window: sight.and_then(|sight| sight.window),
            least: sight.map_or(0.0, |sight| sight.least),
            // As the whole tree adds them up, so that looking closer changes nothing.
            total: tree.total(),
            ..boxes(&cut.tree, profile.unit, functions, row)
        },
        None => boxes(tree, profile.unit, functions, row),
    };
    Tree { certain_share, has_imports, turned, boxes: all, found, ..shown }
}

fn found(tree: &CallTree, find: &Find) -> Option<Again> {
    match find {
        Find::Stack(stack) => tree.nearest(stack).map(|cut::Nearest { at, is_it }| Again { at, is_it }),
        Find::Heaviest(function) => tree.heaviest_of(*function).map(|at| Again { at, is_it: true }),
    }
}

/// Per function whether it is one of these.
fn marks(functions: usize, some: &[FunctionId]) -> Vec<bool> {
    let mut is_one = vec![false; functions];
    for &function in some {
        if let Some(is_one) = is_one.get_mut(function as usize) {
            *is_one = true;
        }
    }
    is_one
}

/// The "(n more)" boxes that stand for some of these functions.
fn matched(whole: &CallTree, cut: &cut::Cut, functions: usize, some: &[FunctionId]) -> Vec<u32> {
    if some.is_empty() {
        return Vec::new();
    }
    let is_one = marks(functions, some);
    let has = |range: std::ops::Range<usize>| {
        whole.function[range].iter().any(|&function| is_one.get(function as usize).copied().unwrap_or(false))
    };
    let ends = cut.places.iter().skip(1).copied().chain([whole.len() as u32]);
    let boxes = (0_u32..).zip(cut.places.iter().zip(ends)).zip(&cut.tree.function);
    boxes
        .filter(|((_, (first, end)), function)| **function == MERGED && has(**first as usize..*end as usize))
        .map(|((at, _), _)| at)
        .collect()
}

/// The next box of some functions, or the one before.
pub(super) fn walked(
    (profile, machinery, tree): (&Profile, &Machinery, &CallTree),
    asked: &mut Asked,
    Which { hide_imports, turned }: Which,
    some: &[FunctionId],
    from: Option<u32>,
    forwards: bool,
) -> Option<Walked> {
    let (tree, ..) = asked.made(profile, machinery, tree, hide_imports, turned);
    let is_one = marks(profile.functions.len(), some);
    let boxes = (0_u32..).zip(&tree.function);
    let boxes: Vec<u32> = boxes
        .filter(|(_, function)| is_one.get(**function as usize).copied().unwrap_or(false))
        .map(|(at, _)| at)
        .collect();
    let last = boxes.len().checked_sub(1)?;
    let place = match (from, forwards) {
        (None, true) => 0,
        (None, false) => last,
        (Some(at), true) => match boxes.partition_point(|&one| one <= at) {
            place if place > last => 0,
            place => place,
        },
        (Some(at), false) => boxes.partition_point(|&one| one < at).checked_sub(1).unwrap_or(last),
    };
    let at = boxes[place];
    Some(Walked { at, function: tree.function[at as usize], place: place as u32 + 1, of: last as u32 + 1 })
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
        boxes: tree.len() as u32,
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
