//! What is said of a profile; times are in its unit, mostly seconds.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::FunctionColumn;
use crate::format;
use crate::profile::call_tree::{MERGED, NO_PARENT};
use crate::profile::groups::GroupBy;
use crate::profile::transform::Turned;
use crate::profile::{Layer, imports, label};

/// A function's own numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionRow {
    /// Its id.
    pub function: u32,
    /// File path, `~` for built-in functions.
    pub file: String,
    /// First line.
    pub line: i64,
    /// Name.
    pub name: String,
    /// What it belongs to.
    pub layer: Layer,
    /// All calls, if the file has them.
    pub calls: Option<i64>,
    /// Of them, not recursive.
    pub primitive_calls: Option<i64>,
    /// Seconds in itself.
    pub self_time: f64,
    /// Samples that ended in it, and those that had it on the stack, if that is what the file counts.
    pub samples: Option<(i64, i64)>,
    /// Seconds in all.
    pub total_time: f64,
    /// Seconds in all in which each moment counts once: [`crate::profile::Profile::outermost_total`].
    pub outermost: f64,
    /// Whether the file has lost the total time, which then is what it is at least.
    pub is_least: bool,
}

impl FunctionRow {
    /// The share of its self time in `whole`; no number where it is none, as after the clock was set back.
    pub fn self_share(&self, whole: f64) -> f64 {
        share(self.self_time, whole)
    }

    /// The share of its total time in `whole`; no number where it is none, or unknown.
    pub fn total_share(&self, whole: f64) -> f64 {
        if self.is_least { f64::NAN } else { share(self.outermost, whole) }
    }

    /// Its total time: a cell of a column, `≥ 300.00` where the file has lost it.
    pub fn total_cell(&self, column: format::TimeColumn) -> String {
        let text = column.seconds(self.total_time);
        if self.is_least { format!("≥ {text}") } else { text }
    }

    /// Its total time with its unit.
    pub fn total_text(&self, unit: format::Unit) -> String {
        let text = unit.text(self.total_time);
        if self.is_least { format!("at least {text}") } else { text }
    }

    /// pstats' ncalls; of a sampled file the samples, `600` or `600/12`, of which 12 ended in the function itself.
    pub fn counts(&self) -> String {
        match self.samples {
            Some((own, all)) if own != all => format!("{}/{}", format::count(all), format::count(own)),
            Some((_, all)) => format::count(all),
            None => format::recursive_calls(self.calls, self.primitive_calls),
        }
    }

    /// What it is called where it stands alone: [`label::label`].
    pub fn label(&self) -> Cow<'_, str> {
        label::label(&self.file, self.line, &self.name)
    }

    /// Whether that begins with its file and line.
    pub fn leads_with_file(&self) -> bool {
        label::leads_with_file(&self.file, &self.name)
    }

    /// Whether it stands for a package: see [`crate::profile::transform`]. Those have no line, and are called as where
    /// they lie, or, without a file, by a plain name, which no built-in function has in a file of cProfile's.
    pub fn is_package(&self) -> bool {
        let base = self.file.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = base.split_once('.').map_or(base, |(stem, _)| stem);
        let is_plain = self.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        self.line == 0 && (stem == self.name || (self.file == "~" && is_plain))
    }

    /// Whether it is the code of a module.
    pub fn is_module(&self) -> bool {
        imports::is_module(&self.file, &self.name)
    }
}

/// A share that is one: neither below nothing nor more than all, but for rounding.
fn share(part: f64, whole: f64) -> f64 {
    let share = part / whole;
    if (0.0..=1.0 + 1e-6).contains(&share) { share.min(1.0) } else { f64::NAN }
}

/// A function and its neighbours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionDetail {
    /// Itself.
    pub row: FunctionRow,
    /// Who calls it; numbers are those of the edge. Descending by total time.
    pub callers: Vec<FunctionRow>,
    /// Whom it calls; numbers are those of the edge. Descending by total time.
    pub callees: Vec<FunctionRow>,
}

/// The functions table in groups: all of them, each with the functions in it if it is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupAsk {
    /// By what.
    pub by: GroupBy,
    /// Column to sort groups by, and the functions in each.
    pub sort: FunctionColumn,
    /// Largest (or last) first.
    pub descending: bool,
    /// Only functions that match this: see [`super::Request::Functions`].
    pub filter: String,
    /// A function of each group that is open.
    pub open: Vec<u32>,
    /// So many functions of each group at most.
    pub most: u32,
}

/// Functions that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionGroup {
    /// Its first function, which [`GroupAsk::open`] names it by.
    pub first: u32,
    /// What it is called.
    pub name: String,
    /// Where it lies, if that is a path.
    pub place: String,
    /// The layer of its first function.
    pub layer: Layer,
    /// How many functions.
    pub functions: u32,
    /// All their calls, if they are known.
    pub calls: Option<i64>,
    /// Time in these functions themselves.
    pub self_time: f64,
    /// Time of all stacks with any of the group's functions, as the call tree has it.
    pub total_time: f64,
    /// Whether it is open.
    pub is_open: bool,
    /// Its functions, if it is.
    pub rows: Vec<FunctionRow>,
}

/// What is to be seen of a large call tree: what is at least a 4,096th part of it is there in any case. Boxes are named by
/// their places in the whole tree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sight {
    /// What is looked at closer: from where to where, in the tree's unit from its left edge.
    pub window: Option<(f64, f64)>,
    /// Boxes in the window that have at least so much are there.
    pub least: f64,
    /// These boxes are there.
    pub boxes: Vec<u32>,
    /// These boxes are there, and some hundreds of their siblings behind them.
    pub siblings: Vec<u32>,
    /// What is to be found, and is there as well.
    pub find: Vec<Find>,
    /// What is searched for, as [`crate::profile::matcher::Matcher`] reads it; nothing if it is empty.
    pub search: String,
}

/// A box that is looked for in the whole tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Find {
    /// That of the stack of a box in another tree of the profile, or the nearest one above: see [`Tree::stack_of`].
    Stack(Vec<(u32, bool)>),
    /// The one in which a function has most of its time.
    Heaviest(u32),
}

/// A box that a search finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walked {
    /// Its place in the whole tree.
    pub at: u32,
    /// Its function.
    pub function: u32,
    /// Which of all that are found it is, from 1.
    pub place: u32,
    /// How many are found.
    pub of: u32,
}

/// A call tree for drawing: [`crate::profile::CallTree`]'s columns, and the functions they name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// What its times are.
    pub unit: format::Unit,
    /// Whether it was estimated.
    pub estimated: bool,
    /// Per box: index into [`Self::functions`]; `u32::MAX` for "(n more)".
    pub function: Vec<u32>,
    /// Per box: the box that called it, `u32::MAX` for roots.
    pub parent: Vec<u32>,
    /// Per box: 0 for roots.
    pub depth: Vec<u32>,
    /// Per box: one past its subtree.
    pub end: Vec<u32>,
    /// Per box: whether it is the time of recursive calls: see [`crate::profile::CallTree::recursive`].
    pub recursive: Vec<bool>,
    /// Per box: seconds in itself.
    pub self_time: Vec<f64>,
    /// Per box: seconds in all.
    pub total_time: Vec<f64>,
    /// Per box: calls, or samples where the file counts those; of "(n more)", how many boxes it stands for.
    pub calls: Vec<f64>,
    /// Per box: see [`crate::profile::call_tree::Certainty`].
    pub certainty: Vec<u8>,
    /// Per box: the least its total time can be, seconds.
    pub low: Vec<f64>,
    /// Per box: the most its total time can be, seconds.
    pub high: Vec<f64>,
    /// What the "(n more)" boxes stand for, by box, the largest functions of each first. What a box
    /// has beyond them is in smaller functions, and in what all of them call.
    pub merged: Vec<MergedFunction>,
    /// Share of self time, 0 to 1, in boxes whose time the file determines to 20 % or better.
    pub certain_share: f64,
    /// Share of all time, 0 to 1, that was moved because the file contradicts itself.
    pub contradiction: f64,
    /// The functions named by boxes, with their own numbers.
    pub functions: Vec<FunctionRow>,
    /// Sum of the roots' total times, seconds.
    pub total: f64,
    /// Whether there is anything between modules and what they import, shown or hidden.
    pub has_imports: bool,
    /// How it is turned over.
    pub turned: Option<Turned>,
    /// How many boxes the whole tree has.
    pub boxes: u32,
    /// Where not all of them are here: per box its place in the whole tree, ascending. An "(n more)" box has the first
    /// place of those it stands for, which end where the next box begins. Empty where all are here.
    pub places: Vec<u32>,
    /// What was looked at closer: see [`Sight::window`], and [`Sight::least`].
    pub window: Option<(f64, f64)>,
    /// See [`Sight::least`].
    pub least: f64,
    /// Per [`Sight::find`]: what was found, by its place in the whole tree.
    pub found: Vec<Option<Again>>,
    /// "(n more)" boxes that stand for some that the search finds, ascending.
    pub matched: Vec<u32>,
}

impl Tree {
    /// How often the box `at` was called, if the file says something about it.
    pub fn calls_of(&self, at: u32) -> Option<f64> {
        let calls = self.calls.get(at as usize).copied().filter(|&calls| calls > 0.0)?;
        self.function_of(at)?.calls.map(|_| calls)
    }

    /// How many samples had the box `at` on the stack, if that is what the file counts.
    pub fn samples_of(&self, at: u32) -> Option<f64> {
        let samples = self.calls.get(at as usize).copied().filter(|&samples| samples > 0.0)?;
        self.function_of(at)?.samples.map(|_| samples)
    }

    /// The function of the box `at`; `None` for "(n more)".
    pub fn function_of(&self, at: u32) -> Option<&FunctionRow> {
        self.functions.get(*self.function.get(at as usize)? as usize)
    }

    /// What the box `at` is called; `None` for "(n more)".
    pub fn label_of(&self, at: u32) -> Option<Cow<'_, str>> {
        let row = self.function_of(at)?;
        let label = row.label();
        // A package that is called again further down has not called itself.
        Some(if self.is_recursive(at) && !row.is_package() {
            Cow::Owned(format!("{label} (recursive)"))
        } else {
            label
        })
    }

    /// Whether the box `at` is the time of recursive calls.
    pub fn is_recursive(&self, at: u32) -> bool {
        self.recursive.get(at as usize).copied().unwrap_or(false)
    }

    /// Whether some of the whole tree's boxes are not here.
    pub fn is_cut(&self) -> bool {
        !self.places.is_empty()
    }

    /// The place in the whole tree of the box `at`: what it is known by, however much of the tree is here.
    pub fn place_of(&self, at: u32) -> u32 {
        self.places.get(at as usize).copied().unwrap_or(at)
    }

    /// The box at a place of the whole tree, if it is here; that of the first of several that are not, if these begin there.
    pub fn at_place(&self, place: u32) -> Option<u32> {
        match self.is_cut() {
            true => self.places.binary_search(&place).ok().map(|at| at as u32),
            false => Some(place).filter(|&at| (at as usize) < self.function.len()),
        }
    }

    /// Whether the box `at` is an "(n more)" whose boxes can be asked for.
    pub fn can_open(&self, at: u32) -> bool {
        let next = || self.places.get(at as usize + 1).copied().unwrap_or(self.boxes);
        self.is_cut() && self.function_of(at).is_none() && next() > self.place_of(at) + 1
    }

    /// The box in which a function of the profile has most time, of those here; of equal ones the first. Time of recursive
    /// calls is in the box above it as well.
    pub fn heaviest_of(&self, function: u32) -> Option<u32> {
        let named = self.functions.iter().position(|row| row.function == function)? as u32;
        let boxes = (0..self.function.len() as u32)
            .filter(|&at| self.function[at as usize] == named && !self.is_recursive(at));
        boxes.max_by(|&one, &other| {
            let time = |at: u32| self.total_time[at as usize];
            time(one).total_cmp(&time(other)).then(other.cmp(&one))
        })
    }

    /// The stack of the box `at`, by which it is found in another tree of the profile: how a zoom and a selection are kept.
    pub fn stack_of(&self, at: u32) -> Vec<(u32, bool)> {
        let up = |&at: &u32| self.parent.get(at as usize).copied().filter(|&parent| parent != NO_PARENT);
        let named = |at| (self.function_of(at).map_or(MERGED, |row| row.function), self.is_recursive(at));
        let mut stack: Vec<_> = std::iter::successors(Some(at), up).map(named).collect();
        stack.reverse();
        stack
    }

    /// The largest functions that the "(n more)" box `at` stands for; none of another box.
    pub fn merged_in(&self, at: u32) -> &[MergedFunction] {
        let first = self.merged.partition_point(|part| part.merged < at);
        let count = self.merged[first..].partition_point(|part| part.merged == at);
        &self.merged[first..first + count]
    }

    /// What the "(n more)" box `at` stands for, in at most `most` functions and a rest.
    pub fn split_of(&self, at: u32, most: usize) -> MergedSplit<'_> {
        let parts = self.merged_in(at);
        let named = &parts[..parts.len().min(most)];
        let index = at as usize;
        let all = self.calls.get(index).map_or(0.0, |&boxes| boxes.max(0.0)) as u32;
        let own: f64 = named.iter().map(|part| part.self_time).sum();
        let rest = self.self_time.get(index).map_or(0.0, |&seconds| (seconds - own).max(0.0));
        MergedSplit { named, others: all.saturating_sub(named.len() as u32), rest }
    }
}

/// A box of another tree, by its place: see [`Find`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// The box.
    pub at: u32,
    /// Whether it is the one that was asked for, not one above it.
    pub is_it: bool,
}

/// What an "(n more)" box stands for: see [`Tree::split_of`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MergedSplit<'a> {
    /// The largest, descending.
    pub named: &'a [MergedFunction],
    /// Boxes beyond them.
    pub others: u32,
    /// Seconds in the others, and in what all of them call.
    pub rest: f64,
}

/// A function that has no box of its own: one of those an "(n more)" box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MergedFunction {
    /// The "(n more)" box.
    pub merged: u32,
    /// Index into [`Tree::functions`].
    pub function: u32,
    /// Seconds in the function itself, where its box would be.
    pub self_time: f64,
}
