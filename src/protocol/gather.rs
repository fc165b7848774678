//! Many recordings, of which a worker reads one after the other: what is asked of it, and what it says.

use serde::{Deserialize, Serialize};

use crate::format::Unit;
use crate::profile::Layer;

/// What is asked of a worker that gathers recordings. It has one open at most; what was gathered stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum GatherAsk {
    /// The profile that is open joins the others, and is closed.
    Add {
        /// What it is called.
        name: String,
    },
    /// All functions of what was gathered: rows `first..first + count` of the sorted and filtered table.
    Functions {
        /// Column to sort by.
        sort: RankedColumn,
        /// Largest (or last) first.
        descending: bool,
        /// Only functions that match this, as [`crate::profile::matcher::Matcher`] reads it.
        filter: String,
        /// First row.
        first: u32,
        /// How many rows at most.
        count: u32,
        /// The function whose row is asked for as well, wherever it is.
        selected: Option<u32>,
    },
    /// All of it as one profile: a document as [`super::Request::Share`] gives it. Nothing is gathered any more then.
    Merge,
}

/// Columns of the functions of many recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RankedColumn {
    /// Time in the function itself, over all recordings.
    SelfTime,
    /// Time in it and all it called.
    TotalTime,
    /// Calls.
    Calls,
    /// In how many recordings it is.
    Recordings,
    /// Its self time in the recording where that is longest.
    Most,
    /// `filename:lineno(function)`.
    Place,
}

/// What a worker says that gathers recordings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum GatherAnswer {
    /// To [`GatherAsk::Add`].
    Added(GatheredOverview),
    /// To [`GatherAsk::Functions`]: how many rows there are, those asked for, and the rank of the selected one.
    Functions(u32, Vec<RankedFunction>, Option<u32>),
}

/// What was gathered, as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GatheredOverview {
    /// What times are.
    pub unit: Unit,
    /// How many recordings.
    pub recordings: u32,
    /// How many different functions they have.
    pub functions: u32,
    /// Time of all recordings.
    pub total: f64,
    /// The longest self and total time of a function over all recordings.
    pub longest: (f64, f64),
    /// The longest self time of a function in one recording.
    pub most: f64,
    /// Whether they count calls.
    pub has_calls: bool,
}

/// A function over many recordings; times in their unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankedFunction {
    /// Its id among what was gathered.
    pub function: u32,
    /// File path, `~` for built-in functions.
    pub file: String,
    /// First line.
    pub line: i64,
    /// Name.
    pub name: String,
    /// What it belongs to.
    pub layer: Layer,
    /// All calls, if the recordings have them.
    pub calls: Option<i64>,
    /// In itself.
    pub self_time: f64,
    /// In it and all it called.
    pub total_time: f64,
    /// In how many recordings it is.
    pub recordings: u32,
    /// The recording in which it took most itself, by the order in which they were added, and how long that was.
    pub most: (u32, f64),
}
