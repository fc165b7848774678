//! What is said of a profile; times are seconds.

use serde::{Deserialize, Serialize};

use crate::profile::Category;

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
    pub category: Category,
    /// All calls.
    pub calls: i64,
    /// Of them, not recursive.
    pub primitive_calls: i64,
    /// Seconds in itself.
    pub self_time: f64,
    /// Seconds in all.
    pub total_time: f64,
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

/// A call tree for drawing: [`crate::profile::CallTree`]'s columns, and the functions they name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
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
    /// Per box: calls; of "(n more)", how many boxes it stands for.
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
}

impl Tree {
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
