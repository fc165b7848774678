//! What each line of the code took: a value per file and line for each thing measured, and the source where the
//! file has it.
//!
//! Not [`super::lines`], which puts functions together that a file has once per line.

use super::Strings;
use crate::format::Unit;
use crate::sort;

/// Lines with their numbers, by file and line.
#[derive(Debug, Clone, Default)]
pub struct LineTable {
    /// What is known of each line.
    pub columns: Vec<Column>,
    /// Paths, each once.
    pub files: Strings,
    /// Names of functions, each once.
    pub functions: Strings,
    /// Per line: index into [`Self::files`].
    pub file: Vec<u32>,
    /// Per line: its number, from 1.
    pub line: Vec<u32>,
    /// Per line: index into [`Self::functions`], or [`NO_FUNCTION`].
    pub function: Vec<u32>,
    /// What the lines of a file say, where it is known.
    pub sources: Vec<Source>,
    /// The most that the program held at once, bytes, where the file says it without a curve.
    pub peak: Option<f64>,
}

/// What stands for a function where a file does not name it.
pub const NO_FUNCTION: u32 = u32::MAX;

/// One thing that is known of lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Column {
    /// As people call it: `Time`, `Hits`, `Peak memory`.
    pub name: String,
    /// What it counts.
    pub unit: Unit,
    /// Whether all of its numbers add up to something: shares, times of a line alone, bytes. What includes what a line
    /// called, or is a peak, does not.
    pub adds_up: bool,
    /// Per line; no number where it is not known.
    pub values: Vec<f64>,
}

impl Column {
    /// What a file has of it in these lines: the sum, or the largest of what does not add up; `None` where nothing is
    /// known.
    pub fn of(&self, lines: impl Iterator<Item = usize>) -> Option<f64> {
        let known = lines.filter_map(|at| self.values.get(at).copied().filter(|value| !value.is_nan()));
        known.fold(None, |sum, value| {
            let sum = sum.unwrap_or(0.0);
            Some(if self.adds_up { sum + value } else { f64::max(sum, value) })
        })
    }

    /// The largest number of it, 0 where there is none.
    pub fn largest(&self) -> f64 {
        self.values.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max)
    }
}

/// The text of a file, or of a part of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Source {
    /// Index into [`LineTable::files`].
    pub file: u32,
    /// Per line that is known: its number and what it says, without its end; ascending.
    pub lines: Vec<(u32, String)>,
}

impl Source {
    /// Of a file, out of lines in any order; of those with one number the first stays.
    pub fn new(file: u32, mut lines: Vec<(u32, String)>) -> Self {
        sort::by_number(&mut lines, |(line, _)| *line);
        lines.dedup_by_key(|(line, _)| *line);
        Self { file, lines }
    }
}

impl LineTable {
    /// How many lines have a number.
    pub fn len(&self) -> usize {
        self.line.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// The lines of a file, a range of all.
    pub fn of_file(&self, file: u32) -> std::ops::Range<usize> {
        let start = self.file.partition_point(|&other| other < file);
        start..start + self.file[start..].partition_point(|&other| other == file)
    }

    /// What a line says, if that is known.
    pub fn source(&self, file: u32, line: u32) -> Option<&str> {
        let source = self.sources.iter().find(|source| source.file == file)?;
        let at = source.lines.binary_search_by_key(&line, |(number, _)| *number).ok()?;
        Some(&source.lines[at].1)
    }

    /// The name of the function that a line is in, if the file says it.
    pub fn function(&self, at: usize) -> Option<&str> {
        let function = *self.function.get(at)?;
        (function != NO_FUNCTION).then(|| self.functions.get(function))
    }

    /// The line that has most of a column, if any has something.
    pub fn most(&self, column: usize) -> Option<usize> {
        let values = &self.columns.get(column)?.values;
        let known = (0..values.len()).filter(|&at| values[at] > 0.0);
        known.max_by(|&one, &other| values[one].total_cmp(&values[other]).then(other.cmp(&one)))
    }

    /// The column of a name.
    pub fn named(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The first column of these units.
    pub fn column(&self, units: &[Unit]) -> Option<usize> {
        self.columns.iter().position(|column| units.contains(&column.unit))
    }
}

/// A table being read.
#[derive(Debug, Default)]
pub struct Builder {
    table: LineTable,
    /// Where each line of a file is, once lines came in another order than that of the table. Until then they are found in
    /// the table itself: a file may have millions of them, and tools mostly write them in order.
    places: Option<rustc_hash::FxHashMap<(u32, u32), u32>>,
    /// Per file that says what its lines are: its place among the sources.
    sources: rustc_hash::FxHashMap<u32, u32>,
}

impl Builder {
    /// A table of these columns: name, unit, whether it adds up.
    pub fn new(columns: &[(&str, Unit, bool)]) -> Self {
        let column = |&(name, unit, adds_up): &(&str, Unit, bool)| Column {
            name: name.to_owned(),
            unit,
            adds_up,
            values: Vec::new(),
        };
        let table = LineTable { columns: columns.iter().map(column).collect(), ..LineTable::default() };
        Self { table, ..Self::default() }
    }

    /// The place of a line, which is made where there is none. A line has a number from 1 on.
    pub fn line(&mut self, file: &str, line: i64, function: Option<&str>) -> Option<usize> {
        let line = u32::try_from(line).ok().filter(|&line| line > 0)?;
        // Most lines are of the file and the function of the one before.
        let files = &mut self.table.files;
        let last = self.table.file.last().copied().filter(|&last| files.get(last) == file);
        let file = last.unwrap_or_else(|| files.intern(file));
        let place = self.place(file, line);
        let table = &mut self.table;
        if place as usize == table.line.len() {
            table.file.push(file);
            table.line.push(line);
            table.function.push(NO_FUNCTION);
            table.columns.iter_mut().for_each(|column| column.values.push(f64::NAN));
        }
        let place = place as usize;
        if let Some(name) = function
            && table.function[place] == NO_FUNCTION
        {
            let functions = &mut table.functions;
            let before = place.checked_sub(1).map(|before| table.function[before]);
            let same = before.filter(|&last| last != NO_FUNCTION && functions.get(last) == name);
            table.function[place] = same.unwrap_or_else(|| functions.intern(name));
        }
        Some(place)
    }

    /// Where a line is; behind all others where there is none.
    fn place(&mut self, file: u32, line: u32) -> u32 {
        let (files, lines) = (&self.table.file, &self.table.line);
        let next = lines.len() as u32;
        if self.places.is_none() {
            let last = files.last().copied().zip(lines.last().copied());
            if last.is_none_or(|last| last < (file, line)) {
                return next;
            }
            let start = files.partition_point(|&other| other < file);
            let end = start + files[start..].partition_point(|&other| other == file);
            if let Ok(at) = lines[start..end].binary_search(&line) {
                return (start + at) as u32;
            }
        }
        let keys = files.iter().copied().zip(lines.iter().copied());
        let places = self.places.get_or_insert_with(|| keys.zip(0..).collect());
        *places.entry((file, line)).or_insert(next)
    }

    /// Adds to what is known of a line; what is no amount is left out, false then.
    pub fn add(&mut self, place: usize, column: usize, value: f64) -> bool {
        let values = self.table.columns.get_mut(column).map(|column| &mut column.values);
        let Some(known) = values.and_then(|values| values.get_mut(place)) else { return false };
        if !super::stacks::is_amount(value) {
            return false;
        }
        *known = if known.is_nan() { value } else { *known + value };
        true
    }

    /// What the lines of a file say, from its line `first` on.
    pub fn source(&mut self, file: &str, lines: Vec<(u32, String)>) {
        let file = self.table.files.intern(file);
        let sources = &mut self.table.sources;
        let next = sources.len() as u32;
        let place = *self.sources.entry(file).or_insert(next);
        if place == next {
            sources.push(Source { file, lines: Vec::new() });
        }
        sources[place as usize].lines.extend(lines);
    }

    /// Says the most that the program held at once, bytes.
    pub fn peak(&mut self, bytes: f64) {
        self.table.peak = Some(bytes);
    }

    /// Whether no line has a number.
    pub fn is_empty(&self) -> bool {
        self.table.columns.iter().all(|column| column.values.iter().all(|value| value.is_nan()))
    }

    /// The table, by file and line. Columns that say nothing, or 0 of every line, are left out.
    pub fn finish(self) -> LineTable {
        let Self { mut table, places, .. } = self;
        let sources = std::mem::take(&mut table.sources);
        let sources = sources.into_iter().map(|source| Source::new(source.file, source.lines)).collect();
        let says = |column: &Column| column.values.iter().any(|value| *value > 0.0);
        if places.is_none() {
            table.columns.retain(says);
            return LineTable { sources, ..table };
        }
        let key = |at: usize| (table.file[at], table.line[at]);
        let order =
            sort::order(table.line.len(), &mut |one, other| key(one as usize).cmp(&key(other as usize)));
        let ordered = |column: Column| Column {
            values: order.iter().map(|&at| column.values[at as usize]).collect(),
            ..column
        };
        LineTable {
            columns: table.columns.into_iter().filter(says).map(ordered).collect(),
            file: order.iter().map(|&at| table.file[at as usize]).collect(),
            line: order.iter().map(|&at| table.line[at as usize]).collect(),
            function: order.iter().map(|&at| table.function[at as usize]).collect(),
            files: table.files,
            functions: table.functions,
            sources,
            peak: table.peak,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_again_in_whatever_order_they_come() {
        let orders: [&[(&str, i64)]; 4] = [
            &[("a.py", 1), ("a.py", 4), ("a.py", 4), ("b.py", 2), ("a.py", 1), ("b.py", 7)],
            &[("a.py", 4), ("b.py", 7), ("a.py", 1), ("b.py", 2), ("a.py", 4)],
            &[("a.py", 1), ("b.py", 2), ("a.py", 4), ("a.py", 1), ("b.py", 7), ("b.py", 2)],
            &[("a.py", 7), ("a.py", 4), ("a.py", 1), ("a.py", 7), ("b.py", 9), ("b.py", 2)],
        ];
        for order in orders {
            let mut builder = Builder::new(&[("Hits", Unit::Count, true)]);
            let mut expected: std::collections::BTreeMap<(u32, u32), f64> = Default::default();
            for (n, &(file, line)) in order.iter().enumerate() {
                let place = builder.line(file, line, None).unwrap();
                assert!(builder.add(place, 0, n as f64 + 1.0));
                *expected.entry((u32::from(file == "b.py"), line as u32)).or_default() += n as f64 + 1.0;
            }
            let table = builder.finish();
            let keys = table.file.iter().copied().zip(table.line.iter().copied());
            let found: Vec<_> = keys.zip(table.columns[0].values.iter().copied()).collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{order:?}");
        }
    }

    #[test]
    fn lines_are_in_order_and_unknown_numbers_are_absent() {
        let mut builder = Builder::new(&[
            ("Time", Unit::Seconds, true),
            ("Hits", Unit::Count, true),
            ("Memory", Unit::Bytes, false),
        ]);
        let late = builder.line("b.py", 9, Some("f")).unwrap();
        let early = builder.line("a.py", 3, None).unwrap();
        let first = builder.line("b.py", 2, Some("f")).unwrap();
        assert!(builder.add(late, 0, 1.5) && builder.add(late, 0, 0.5) && builder.add(early, 1, 4.0));
        assert!(builder.add(first, 0, 3.0) && !builder.add(first, 0, -1.0) && !builder.add(first, 7, 1.0));
        assert_eq!(builder.line("b.py", 0, None), None);
        builder.source("b.py", vec![(9, "last".to_owned()), (2, "first".to_owned())]);
        let table = builder.finish();
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["Time", "Hits"]);
        assert_eq!(table.line, [2, 9, 3]);
        let b = table.files.id("b.py").unwrap();
        assert_eq!(table.of_file(b), 0..2);
        assert_eq!(table.columns[0].of(table.of_file(b)), Some(5.0));
        assert_eq!(table.columns[1].of(table.of_file(b)), None);
        assert_eq!(table.most(0), Some(0));
        assert_eq!((table.function(1), table.function(2)), (Some("f"), None));
        assert_eq!((table.source(b, 9), table.source(b, 3)), (Some("last"), None));
    }
}
