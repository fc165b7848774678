//! What is said of a profile's measures, of lines of code, and of what was measured over time.

use serde::{Deserialize, Serialize};

use crate::code::excerpt;
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

impl LinesAnswer {
    /// The same with the text of the file as the user has it: lines that have none get it, and lines without numbers
    /// stand between them. Gives how many lines say something else there than in the recording, which then keeps its
    /// own: the file is of another version.
    pub fn with_source(&self, text: &str) -> (Self, u32) {
        let lines: Vec<&str> = excerpt::lines(text).take(MOST_LINES).collect();
        let mut differ = 0;
        let mut known = self.rows.iter().peekable();
        let mut rows: Vec<LineRow> = Vec::with_capacity(lines.len().max(self.rows.len()));
        let mut row = None;
        for (line, text) in (1_u32..).zip(&lines) {
            let mut is_there = false;
            // A line may have several rows: a function on one line, and the module.
            while let Some(own) = known.next_if(|own| own.line <= line) {
                if self
                    .row
                    .is_some_and(|at| self.rows.get(at as usize).is_some_and(|one| std::ptr::eq(one, own)))
                {
                    row = Some(rows.len() as u32);
                }
                is_there |= own.line == line;
                let said = own.text.as_deref().filter(|_| own.line == line);
                differ += u32::from(said.is_some_and(|said| said.trim() != text.trim()));
                let text = own.text.clone().or_else(|| (own.line == line).then(|| excerpt::kept(text)));
                rows.push(LineRow { text, ..own.clone() });
            }
            if !is_there {
                let text = Some(excerpt::kept(text));
                rows.push(LineRow {
                    line,
                    function: None,
                    id: None,
                    values: vec![None; self.columns.len()],
                    text,
                });
            }
        }
        for own in known {
            if self.row.is_some_and(|at| self.rows.get(at as usize).is_some_and(|one| std::ptr::eq(one, own)))
            {
                row = Some(rows.len() as u32);
            }
            // Lines that the file does not have.
            differ += 1;
            rows.push(own.clone());
        }
        let Self { columns, files, file, .. } = self;
        (Self { columns: columns.clone(), files: files.clone(), file: *file, rows, row }, differ)
    }
}

/// Lines of a file that are shown.
const MOST_LINES: usize = 100_000;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u32, text: Option<&str>) -> LineRow {
        LineRow {
            line,
            function: Some("f".to_owned()),
            id: Some(7),
            values: vec![Some(1.0)],
            text: text.map(str::to_owned),
        }
    }

    #[test]
    fn the_users_source_stands_between_the_lines_that_have_numbers() {
        let rows = vec![row(2, None), row(4, Some("    return 1"))];
        let answer = LinesAnswer {
            columns: vec![LineColumn::default()],
            rows,
            row: Some(1),
            ..LinesAnswer::default()
        };
        let (shown, differ) = answer.with_source("import x\ndef f():\n    x()\n    return 1\n");
        let said: Vec<(u32, &str, bool)> = shown
            .rows
            .iter()
            .map(|row| (row.line, row.text.as_deref().unwrap_or_default(), row.values[0].is_some()))
            .collect();
        assert_eq!(
            said,
            [(1, "import x", false), (2, "def f():", true), (3, "    x()", false), (4, "    return 1", true),]
        );
        assert_eq!((shown.row, differ), (Some(3), 0));
        assert_eq!(shown.rows[1].id, Some(7));
    }

    #[test]
    fn a_file_of_another_version_is_said_and_the_recording_keeps_its_own_lines() {
        let rows = vec![row(1, Some("old()")), row(9, None)];
        let answer = LinesAnswer { rows, row: Some(1), ..LinesAnswer::default() };
        let (shown, differ) = answer.with_source("new()\n\n");
        let said: Vec<(u32, Option<&str>)> =
            shown.rows.iter().map(|row| (row.line, row.text.as_deref())).collect();
        assert_eq!(said, [(1, Some("old()")), (2, Some("")), (9, None)]);
        assert_eq!((shown.row, differ), (Some(2), 2));
    }
}
