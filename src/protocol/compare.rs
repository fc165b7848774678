//! A profile beside others of the same program: what is asked, and what is said.

use serde::{Deserialize, Serialize};

use super::Tree;
use crate::format::Unit;
use crate::profile::compare::{Changed, Outline, Side};

/// What is asked of a profile that is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CompareAsk {
    /// The profile in short, for the worker of another.
    Outline {
        /// Without what lies between a module and the ones it imports.
        hide_imports: bool,
    },
    /// From now on the profile, and others recorded after the change, are compared with those recorded before it.
    With {
        /// Recorded before the change.
        before: Vec<Outline>,
        /// Recorded after it, as this profile was.
        after: Vec<Outline>,
        /// As in [`Self::Outline`].
        hide_imports: bool,
    },
    /// The table of functions: rows `first..first + count` of the sorted and filtered table.
    Functions {
        /// Column to sort by.
        sort: ChangedColumn,
        /// Largest (or last) first; of changes, the largest either way.
        descending: bool,
        /// Only functions whose `name`, `file` or `file:line` contains this, ignoring case.
        filter: String,
        /// Whether shares are compared rather than times.
        by_share: bool,
        /// First row.
        first: u32,
        /// How many rows at most.
        count: u32,
        /// The function whose row is asked for as well, wherever it is.
        selected: Option<u32>,
    },
    /// What became of an earlier reading of the same file, and of some functions of it. What is compared stays as it is.
    Again {
        /// The profile as it was.
        before: Outline,
        /// Ids that functions had in it.
        functions: Vec<u32>,
    },
    /// Both call trees as one.
    Difference {
        /// In the proportions of the side before, which has what is gone; else of that after, which has what is new.
        by_before: bool,
    },
}

/// Columns of the table of functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChangedColumn {
    /// By how much the self time changed.
    SelfChange,
    /// By how much the total time changed.
    TotalChange,
    /// Self time after.
    SelfTime,
    /// Total time after.
    TotalTime,
    /// By how much the calls changed.
    Calls,
    /// `filename:lineno(function)`.
    Place,
}

/// What is said of a profile that is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CompareAnswer {
    /// To [`CompareAsk::Outline`].
    Outline(Box<Outline>),
    /// To [`CompareAsk::With`].
    Compared(Box<ComparedOverview>),
    /// To [`CompareAsk::Functions`]: how many rows there are, those asked for, and the rank of the selected one.
    Functions(u32, Vec<Changed>, Option<u32>),
    /// To [`CompareAsk::Again`]: both as a whole, and the ids that the functions have now; `None` for those that are gone.
    Again(Box<ComparedOverview>, Vec<Option<u32>>),
    /// To [`CompareAsk::Difference`].
    Difference(Box<DifferenceTree>),
}

/// Both sides as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedOverview {
    /// What times are.
    pub unit: Unit,
    /// Before the change.
    pub before: Side,
    /// After it.
    pub after: Side,
    /// Whether the totals differ by more than chance; `None` where a side has one recording.
    pub clear: Option<bool>,
    /// What times before are multiplied by where shares are compared.
    pub by_share: f64,
    /// Functions that are new.
    pub new: u32,
    /// Functions that are gone.
    pub gone: u32,
    /// The longest self and total time of a function on either side.
    pub longest: (f64, f64),
    /// Whether any side has calls.
    pub has_calls: bool,
}

/// Both call trees as one, for drawing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DifferenceTree {
    /// The tree of the side whose proportions it has. Ids of its functions are [`Changed::place`].
    pub tree: Tree,
    /// Per box: its self time on the other side.
    pub other_self: Vec<f64>,
    /// Per box: its total time on the other side, 0 where it has no such stack.
    pub other_total: Vec<f64>,
}
