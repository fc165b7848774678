//! Another profile out of a profile and a list of transforms: one narrows it, folds packages away, turns recursion into
//! a loop, and all views follow.
//!
//! The operations are those of the [Firefox Profiler](https://profiler.firefox.com/docs/#/./guide-filtering-call-trees),
//! `docs/transforms.md` compares them one by one. Where stacks were recorded, a transform makes another trie of them
//! ([`moves`]), out of which functions, edges and the tree follow as those of the whole do: everything is exact. Of a
//! call graph (pstats) it changes the estimated tree ([`estimated`]), and functions and edges follow from that.
//!
//! What a transform keeps, whatever the profile:
//!
//! | transform | all there is | what else stays |
//! |---|---|---|
//! | focus on a stack | the total time of that box | |
//! | focus on a function | its total time | |
//! | merge a function, merge a node | stays | total times of all other functions; self times do not fall |
//! | drop a function | less its total time | self times of what never ran below it |
//! | collapse what a function calls | stays | the function's total time |
//! | collapse a package, only my code | stays | self and total times of all functions that are not collapsed |
//! | collapse recursion | stays | self times of all functions, the function's total time |
//! | hide small boxes | stays | |
//!
//! Ids of functions stay; boxes that stand for a package are functions behind those of the file.

mod estimated;
mod moves;
pub mod package;
mod places;
mod recorded;
mod text;
mod turned;

use serde::{Deserialize, Serialize};

use super::{CallTree, FunctionId, Profile};

pub use turned::{Turned, turned};

/// One step of narrowing a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Transform {
    /// Only what ran in one box: the box is the root.
    FocusStack(Path),
    /// Only what ran in a function, whoever called it: the function is the root.
    FocusFunction(FunctionId),
    /// A function is left out: its own time is its callers', what it called they call.
    MergeFunction(FunctionId),
    /// The same of one box only.
    MergeStack(Path),
    /// All stacks with a function on them are left out, with their time.
    Drop(FunctionId),
    /// What a function called is its own time.
    CollapseCallees(FunctionId),
    /// Functions of one package that call each other are one box, called as the package: that of a function, or, of the
    /// user's own code, those of its folder.
    CollapsePackage(FunctionId),
    /// Whatever is not the user's own code and is called by it is one box, called as the package it begins with. The
    /// text changes what counts as own: see [`package::Mine`].
    OnlyMine(String),
    /// From the outermost call of a function to its innermost one, stacks are that function alone.
    CollapseRecursion(FunctionId),
    /// Boxes of less than so many per cent of all there is are left out, their time is that of what calls them.
    HideBelow(f64),
}

/// A box by the functions on its stack, as a call tree has them: the outermost first, none twice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// From a root to the box.
    pub functions: Vec<FunctionId>,
    /// Whether it is of a tree in which import frames are hidden ([`super::imports`]): those are not named then, and
    /// may lie in between.
    pub without_imports: bool,
}

/// Boxes of an estimated tree that is made to be transformed: more than are shown at once, since what is narrowed
/// leaves few of them.
pub const BUDGET: usize = 10_000;

impl Transform {
    /// The function it is about, if it is about one.
    pub fn function(&self) -> Option<FunctionId> {
        match self {
            Self::FocusFunction(function)
            | Self::MergeFunction(function)
            | Self::Drop(function)
            | Self::CollapseCallees(function)
            | Self::CollapsePackage(function)
            | Self::CollapseRecursion(function) => Some(*function),
            Self::FocusStack(path) | Self::MergeStack(path) => path.functions.last().copied(),
            Self::OnlyMine(_) | Self::HideBelow(_) => None,
        }
    }

    /// The same step in a profile in which functions have other ids; `None` where it has not all that it is about.
    #[must_use]
    pub fn with_ids(&self, id: &dyn Fn(FunctionId) -> Option<FunctionId>) -> Option<Self> {
        let path = |path: &Path| {
            let functions = path.functions.iter().map(|&function| id(function)).collect::<Option<_>>()?;
            Some(Path { functions, without_imports: path.without_imports })
        };
        Some(match self {
            Self::FocusStack(stack) => Self::FocusStack(path(stack)?),
            Self::MergeStack(stack) => Self::MergeStack(path(stack)?),
            Self::FocusFunction(function) => Self::FocusFunction(id(*function)?),
            Self::MergeFunction(function) => Self::MergeFunction(id(*function)?),
            Self::Drop(function) => Self::Drop(id(*function)?),
            Self::CollapseCallees(function) => Self::CollapseCallees(id(*function)?),
            Self::CollapsePackage(function) => Self::CollapsePackage(id(*function)?),
            Self::CollapseRecursion(function) => Self::CollapseRecursion(id(*function)?),
            Self::OnlyMine(_) | Self::HideBelow(_) => self.clone(),
        })
    }

    /// Whether nothing of `function` is left afterwards, wherever it was called.
    pub fn takes(&self, function: FunctionId) -> bool {
        matches!(self, Self::MergeFunction(of) | Self::Drop(of) if *of == function)
    }

    /// Whether only what is below one thing is left.
    pub fn focuses(&self) -> bool {
        matches!(self, Self::FocusStack(_) | Self::FocusFunction(_))
    }

    /// Whether boxes are left out with their time, so that not all there is remains.
    pub fn narrows(&self) -> bool {
        matches!(self, Self::FocusStack(_) | Self::FocusFunction(_) | Self::Drop(_))
    }

    /// Whether `profile` has the functions it names: an address may be of another file.
    pub fn fits(&self, profile: &Profile) -> bool {
        let is_one = |function: FunctionId| (function as usize) < profile.functions.len();
        match self {
            Self::FocusStack(path) | Self::MergeStack(path) => {
                !path.functions.is_empty() && path.functions.iter().all(|&function| is_one(function))
            }
            Self::HideBelow(percent) => (0.0..=100.0).contains(percent),
            Self::OnlyMine(_) => true,
            _ => self.function().is_some_and(is_one),
        }
    }
}

impl Profile {
    /// The profile after one more step. Stacks that were not recorded are taken from `tree`, or else estimated now.
    /// `None` where it is about functions that there are none of.
    #[must_use]
    pub fn transformed(&self, step: &Transform, tree: Option<&CallTree>) -> Option<Self> {
        if !step.fits(self) {
            return None;
        }
        Some(match (&self.recorded_tree, tree) {
            (Some(recorded), _) => recorded::transformed(self, recorded, step),
            (None, Some(tree)) => estimated::transformed(self, tree, step),
            (None, None) => estimated::transformed(self, &self.tree(BUDGET), step),
        })
    }
}

#[cfg(test)]
mod tests;
