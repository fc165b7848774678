//! What is said of a profile's measures, of lines of code, and of what was measured over time.

use serde::{Deserialize, Serialize};

use crate::format::Unit;
pub use crate::profile::series::{Axis, Mark, Place};

/// One of several things that a file measured on the same stacks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasureOverview {
    /// As people call it.
    pub name: String,
    /// What its numbers are.
    pub unit: Unit,
    /// All there is of it, in its unit.
    pub total: f64,
}

/// Which file's lines are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinesOf {
    /// The file that has most of the first column.
    Most,
    /// The file of this number.
    File(u32),
    /// The file a function is in.
    Function(u32),
    /// The file of this path.
    Path(String),
}

/// The lines of a file, and what there is of all files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LinesAnswer {
    /// What is known of lines.
    pub columns: Vec<LineColumn>,
    /// All files, the one with most of the first column first.
    pub files: Vec<LineFile>,
    /// The number of the file whose lines these are.
    pub file: u32,
    /// Its lines, those that have a number and those of which the text is known, in their order.
    pub rows: Vec<LineRow>,
    /// Of a question about a function: where in [`Self::rows`] its first line is.
    pub row: Option<u32>,
}

/// One thing that is known of lines.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LineColumn {
    /// As people call it.
    pub name: String,
    /// What it counts.
    pub unit: Unit,
    /// Whether its numbers add up.
    pub adds_up: bool,
    /// The largest number of all files, in its unit.
    pub largest: f64,
    /// The sum of all files, where it adds up.
    pub total: Option<f64>,
}

/// A file of which lines are known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineFile {
    /// Its number.
    pub file: u32,
    /// Its path.
    pub path: String,
    /// How many of its lines have a number.
    pub lines: u32,
    /// Per column its sum, or its largest number where it does not add up.
    pub values: Vec<Option<f64>>,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineRow {
    /// Its number, from 1.
    pub line: u32,
    /// The function it is in, where the file says it.
    pub function: Option<String>,
    /// The id of that function, where the profile has it.
    pub id: Option<u32>,
    /// Per column what is known.
    pub values: Vec<Option<f64>>,
    /// What it says, where that is known.
    pub text: Option<String>,
}

/// What was measured over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SeriesAnswer {
    /// What lies on the horizontal axis.
    pub axis: Axis,
    /// At most a few thousand points each, which keep their shape.
    pub curves: Vec<CurveAnswer>,
    /// What ran from when to when.
    pub marks: Vec<Mark>,
    /// How many objects of which kind there were in the end.
    pub objects: Vec<(String, i64)>,
}

/// A curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveAnswer {
    /// What it is of.
    pub name: String,
    /// What its values are.
    pub unit: Unit,
    /// Per point: where it lies on the axis.
    pub at: Vec<f64>,
    /// Per point: what was measured.
    pub value: Vec<f64>,
    /// Per point: what ran; empty where the file says it of none.
    pub place: Vec<Option<Place>>,
    /// Which of its points is the peak.
    pub peak: Option<u32>,
}
