//! Rows of a long table with others opened below some of them: which row is where. Only what is open is kept, however
//! long the table.

use std::ops::Range;

/// What is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// Rows of the table, ascending, and how many rows are open below each.
    open: Vec<(u32, u32)>,
}

/// What a row on screen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The row of the table that it is, or is below.
    pub row: u32,
    /// Which of those below it, from 0.
    pub below: Option<u32>,
}

impl Outline {
    /// These rows, each with how many are open below it.
    pub fn new(mut open: Vec<(u32, u32)>) -> Self {
        crate::sort::by_number(&mut open, |(row, _)| *row);
        open.dedup_by_key(|(row, _)| *row);
        Self { open }
    }

    /// How many rows there are on screen, of a table of `rows`.
    pub fn rows(&self, rows: u32) -> u32 {
        let below = self.open.iter().filter(|(row, _)| *row < rows).map(|(_, below)| *below);
        below.fold(rows, u32::saturating_add)
    }

    /// What is at a place on screen.
    pub fn at(&self, index: u32) -> Place {
        let mut before = 0;
        for &(row, below) in &self.open {
            let own = row.saturating_add(before);
            if index <= own {
                break;
            }
            if index - own <= below {
                return Place { row, below: Some(index - own - 1) };
            }
            before += below;
        }
        Place { row: index - before, below: None }
    }

    /// Where a row of the table is on screen.
    pub fn index(&self, row: u32) -> u32 {
        let above = self.open.iter().take_while(|(other, _)| *other < row);
        above.map(|(_, below)| *below).fold(row, u32::saturating_add)
    }

    /// The rows of the table that are needed to show these.
    pub fn window(&self, shown: Range<u32>) -> Range<u32> {
        if shown.is_empty() {
            let first = self.at(shown.start).row;
            return first..first;
        }
        self.at(shown.start).row..self.at(shown.end - 1).row + 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_are_where_a_written_out_table_has_them(
            open in prop::collection::vec((0_u32..12, 0_u32..4), 0..6),
            rows in 0_u32..12,
        ) {
            let outline = Outline::new(open);
            let below = |row: u32| outline.open.iter().find(|(other, _)| *other == row).map_or(0, |(_, below)| *below);
            let mut all: Vec<Place> = Vec::new();
            for row in 0..rows {
                prop_assert_eq!(outline.index(row) as usize, all.len());
                all.push(Place { row, below: None });
                all.extend((0..below(row)).map(|at| Place { row, below: Some(at) }));
            }
            prop_assert_eq!(outline.rows(rows) as usize, all.len());
            for (index, place) in all.iter().enumerate() {
                prop_assert_eq!(outline.at(index as u32), *place);
            }
            for (from, to) in [(0, all.len()), (1, all.len()), (0, all.len() / 2)] {
                let part = all.get(from..to).unwrap_or_default();
                if let (Some(first), Some(last)) = (part.first(), part.last()) {
                    prop_assert_eq!(outline.window(from as u32..to as u32), first.row..last.row + 1);
                }
            }
        }
    }
}
