//! Where each node of a trie of stacks goes: what a transform is, whether the nodes are recorded stacks or boxes of an
//! estimated tree.

use rustc_hash::FxHashMap;

use super::super::by_file::ByFile;
use super::super::call_tree::{MERGED, NO_PARENT};
use super::super::category::name_matters;
use super::super::children::{Children, with_twins};
use super::super::{FunctionId, Functions};
use super::package::{self, Mine};
use super::places::Small;
use super::{Path, Transform};

/// Frames below frames, parents first.
#[derive(Clone, Copy)]
pub(super) struct Trie<'a> {
    /// Per node: its function, or [`MERGED`].
    pub function: &'a [FunctionId],
    /// Per node: the one above, or [`NO_PARENT`].
    pub parent: &'a [u32],
}

/// [`Moves::to`] of what is left out with its time.
pub(super) const OUT: u32 = u32::MAX;

/// The trie after a transform, and where all of the one before went.
#[derive(Default)]
pub(super) struct Moves {
    /// Per new node: its function.
    pub function: Vec<FunctionId>,
    /// Per new node: the one above, or [`NO_PARENT`]. Parents come first.
    pub parent: Vec<u32>,
    /// Per node of the trie before: the new one that has its own time, or [`OUT`].
    pub to: Vec<u32>,
    /// Per node of the trie before: whether the new one is still the same call; else only its time is there.
    pub is_itself: Vec<bool>,
    children: Children,
}

/// What becomes of one node.
enum Fate {
    /// It stays, as a frame of this function.
    Stay(FunctionId),
    /// Its time is that of what stays above it, and what it called stands there.
    Join,
    /// It and its time are left out, what it called begins a stack of its own, if that stays.
    Leave,
    /// Its time, and what it called, are those of a node that is there already.
    Return(u32),
}

/// What a transform keeps in mind on the way down, node by node.
#[derive(Clone, Copy, Default)]
struct Mind {
    /// Of a path: how many of its functions are above. Of a function: whether it is. Of packages: which one it is in,
    /// and one more.
    at: u32,
    /// Whether it is off the path for good.
    off: bool,
}

/// What transforms need to know beyond the trie.
pub(super) struct Known {
    /// Per node: whether its box is hidden where import frames are; empty if none is.
    pub import_frames: Vec<bool>,
    /// Per node: whether its box is small.
    pub small: Small,
}

/// Names the packages that a transform makes boxes of, each a function behind all others; in the order of functions, so
/// that they are the same in any part of a profile.
pub(super) fn with_packages(functions: &mut Functions, step: &Transform) -> Packages {
    let count = functions.len();
    let mut packages = Packages::default();
    let chosen = match step {
        Transform::OnlyMine(text) => Chosen::NotMine(Mine::new(text)),
        Transform::CollapsePackage(function) => Chosen::Package(package::named(functions, *function)),
        _ => return packages,
    };
    packages.of = vec![MERGED; count];
    let mut known: FxHashMap<String, FunctionId> = FxHashMap::default();
    let mut made: Vec<(String, String)> = Vec::new();
    let mut by_file = ByFile::of(functions);
    let could_be = |function| match &chosen {
        Chosen::Package((name, _)) => package::could_be(functions, function, name),
        Chosen::NotMine(_) => true,
    };
    for function in 0..count as FunctionId {
        let ask = |function| {
            if !could_be(function) {
                return MERGED;
            }
            let package = package::of(functions, function);
            let is_own = package.is_none();
            if matches!(&chosen, Chosen::NotMine(mine) if mine.says(functions, function, is_own)) {
                return MERGED;
            }
            let (name, file) = package::named_by(package, functions, function);
            if matches!(&chosen, Chosen::Package((package, _)) if *package != name) {
                return MERGED;
            }
            let next = (count + made.len()) as FunctionId;
            let place = *known.entry(name.clone()).or_insert(next);
            if place == next {
                made.push((name, file));
            }
            place
        };
        packages.of[function as usize] = by_file.get(functions, function, name_matters, ask);
    }
    for (name, file) in made {
        let (file, name) = (functions.files.intern(&file), functions.names.intern(&name));
        functions.file.push(file);
        functions.name.push(name);
        functions.line.push(0);
    }
    packages.is_stretch = matches!(chosen, Chosen::NotMine(_));
    packages
}

/// Which functions become boxes of packages.
enum Chosen {
    /// All that are not the user's own.
    NotMine(Mine),
    /// Those of one package.
    Package((String, String)),
}

/// The packages that boxes are made of.
#[derive(Default)]
pub(super) struct Packages {
    /// Per function: the one that stands for its package, or [`MERGED`].
    of: Vec<FunctionId>,
    /// Whether packages that call each other are one box, named after the first.
    is_stretch: bool,
}

impl Packages {
    fn of(&self, function: FunctionId) -> Option<FunctionId> {
        self.of.get(function as usize).copied().filter(|&package| package != MERGED)
    }

    /// What stands for a function where it stands alone.
    pub fn named(&self, function: FunctionId) -> FunctionId {
        self.of(function).unwrap_or(function)
    }
}

impl Moves {
    /// Of one transform.
    pub fn of(trie: Trie<'_>, step: &Transform, known: &Known, packages: &Packages) -> Self {
        let nodes = trie.function.len();
        let mut moves = Self {
            function: Vec::with_capacity(nodes),
            parent: Vec::with_capacity(nodes),
            to: Vec::with_capacity(nodes),
            is_itself: Vec::with_capacity(nodes),
            children: Children::with_capacity(nodes),
        };
        let mut minds: Vec<Mind> = Vec::with_capacity(nodes);
        // Per node: what stands there for it, below which what it called stands; NO_PARENT for a new root.
        let mut below: Vec<u32> = Vec::with_capacity(nodes);
        // Per node: the root of its stack.
        let mut root: Vec<u32> = Vec::with_capacity(nodes);
        for (node, has_twins) in with_twins(trie.function, trie.parent).into_iter().enumerate() {
            let parent = trie.parent[node];
            let (mind, above, top) = match parent {
                NO_PARENT => (Mind::default(), NO_PARENT, node as u32),
                parent => (minds[parent as usize], below[parent as usize], root[parent as usize]),
            };
            let function = trie.function[node];
            let (mind, fate) = fate(step, known, packages, node, function, mind, above);
            let (to, under, is_itself) = match fate {
                Fate::Stay(function) => {
                    let place = moves.place(above, function);
                    (place, place, true)
                }
                Fate::Join if above == NO_PARENT => {
                    // Nothing is above it: its own time stays where its stack began.
                    let place = moves.place(NO_PARENT, packages.named(trie.function[top as usize]));
                    (place, NO_PARENT, top == node as u32)
                }
                Fate::Join => {
                    moves.children.share(above);
                    (above, above, false)
                }
                Fate::Leave => (OUT, NO_PARENT, false),
                Fate::Return(place) => {
                    moves.children.share(place);
                    (place, place, false)
                }
            };
            let mind = match (step, to) {
                // Where the outermost call is, for the inner ones to return to.
                (Transform::CollapseRecursion(of), place) if function == *of && mind.at == 0 => {
                    Mind { at: place + 1, off: false }
                }
                _ => mind,
            };
            if has_twins {
                moves.children.share(under);
            }
            moves.to.push(to);
            moves.is_itself.push(is_itself);
            minds.push(mind);
            below.push(under);
            root.push(top);
        }
        moves
    }

    fn place(&mut self, parent: u32, function: FunctionId) -> u32 {
        let (place, is_new) = self.children.place(parent, function);
        if is_new {
            self.function.push(function);
            self.parent.push(parent);
        } else {
            // What was below two nodes is below one.
            self.children.share(place);
        }
        place
    }
}

/// What becomes of a node, and what is to be kept in mind below it.
fn fate(
    step: &Transform,
    known: &Known,
    packages: &Packages,
    node: usize,
    function: FunctionId,
    mind: Mind,
    above: u32,
) -> (Mind, Fate) {
    let (same, below) = (mind, Mind { at: 1, off: false });
    match step {
        Transform::FocusStack(path) => {
            let (mind, _) = along(path, known, node, function, mind);
            let is_in = !mind.off && mind.at as usize == path.functions.len();
            (mind, if is_in { Fate::Stay(function) } else { Fate::Leave })
        }
        Transform::MergeStack(path) => {
            let (mind, is_it) = along(path, known, node, function, mind);
            (mind, if is_it { Fate::Join } else { Fate::Stay(function) })
        }
        Transform::FocusFunction(of) if mind.at > 0 || function == *of => (below, Fate::Stay(function)),
        Transform::FocusFunction(_) => (same, Fate::Leave),
        Transform::Drop(of) if mind.at > 0 || function == *of => (below, Fate::Leave),
        Transform::MergeFunction(of) if function == *of => (same, Fate::Join),
        Transform::CollapseCallees(_) if mind.at > 0 => (below, Fate::Join),
        Transform::CollapseCallees(of) if function == *of => (below, Fate::Stay(function)),
        Transform::CollapseRecursion(of) if function == *of && mind.at > 0 => {
            (same, Fate::Return(mind.at - 1))
        }
        Transform::CollapsePackage(_) | Transform::OnlyMine(_) => match packages.of(function) {
            // "(n more)" calls nothing, and may be of any package.
            _ if function == MERGED => (same, Fate::Stay(function)),
            None => (Mind::default(), Fate::Stay(function)),
            Some(package) => {
                let is_same = mind.at == package + 1 || (packages.is_stretch && mind.at > 0);
                if is_same && above != NO_PARENT {
                    (same, Fate::Join)
                } else {
                    (Mind { at: package + 1, off: false }, Fate::Stay(package))
                }
            }
        },
        Transform::HideBelow(_) if mind.off || known.small.is_one(node) => {
            // Roots stay: there is nothing that their time could be of.
            if above == NO_PARENT && !mind.off {
                (same, Fate::Stay(function))
            } else {
                (Mind { at: 0, off: true }, Fate::Join)
            }
        }
        _ => (same, Fate::Stay(function)),
    }
}

/// How far down a path a node is, and whether it is the path's end. Frames of functions that are above it already make
/// no boxes ([`super::super::call_tree`]), and so are no part of it.
fn along(path: &Path, known: &Known, node: usize, function: FunctionId, mind: Mind) -> (Mind, bool) {
    let Mind { at, off } = mind;
    let done = at as usize == path.functions.len();
    let is_hidden = path.without_imports && known.import_frames.get(node).copied().unwrap_or(false);
    if off || done || is_hidden || path.functions[..at as usize].contains(&function) {
        return (mind, false);
    }
    if path.functions[at as usize] == function {
        let is_it = at as usize + 1 == path.functions.len();
        (Mind { at: at + 1, off: false }, is_it)
    } else {
        (Mind { at, off: true }, false)
    }
}
