//! What else a profile measured, as it is handed on: lines of code and curves over time.

use super::Strip;
use super::mask::Names;
use crate::profile::line_table::{Column, LineTable};
use crate::profile::series::{Curve, Mark, Place, Series};
use crate::profile::{Measure, Measures, Strings};

/// The measures: their names are the tool's words.
pub(super) fn of_measures(measures: &Measures) -> Measures {
    let one = |measure: &Measure| {
        let Measure { name, unit, weights } = measure;
        Measure { name: name.clone(), unit: *unit, weights: weights.clone() }
    };
    Measures { first: measures.first.clone(), others: measures.others.iter().map(one).collect() }
}

/// Lines and their numbers. What they say is the program itself: it stays only where nothing is left out.
pub(super) fn of_lines(table: &LineTable, strip: Strip, names: &mut Names) -> LineTable {
    let LineTable { columns, files, functions, file, line, function, sources, peak } = table;
    let column = |column: &Column| {
        let Column { name, unit, adds_up, values } = column;
        Column { name: name.clone(), unit: *unit, adds_up: *adds_up, values: values.clone() }
    };
    let mut renamed = Strings::default();
    for file in files.iter() {
        // Each stays a name of its own: the ids stay.
        renamed.intern(&if strip.paths { names.file(file) } else { file.to_owned() });
    }
    LineTable {
        columns: columns.iter().map(column).collect(),
        files: renamed,
        functions: functions.clone(),
        file: file.clone(),
        line: line.clone(),
        function: function.clone(),
        sources: if strip.is_nothing() { sources.clone() } else { Vec::new() },
        peak: *peak,
    }
}

/// Curves, and what ran meanwhile.
pub(super) fn of_series(series: &Series, strip: Strip, names: &mut Names) -> Series {
    let mut path = |file: &str| if strip.paths { names.file(file) } else { file.to_owned() };
    let mut place =
        |place: &Place| Place { file: path(&place.file), line: place.line, function: place.function.clone() };
    let Series { axis, curves, marks, objects } = series;
    let curves = curves.iter().map(|curve| {
        let Curve { name, unit, at, value, place: places } = curve;
        Curve {
            name: name.clone(),
            unit: *unit,
            at: at.clone(),
            value: value.clone(),
            place: places.iter().map(|one| one.as_ref().map(&mut place)).collect(),
        }
    });
    let mark = |mark: &Mark| Mark { name: mark.name.clone(), span: mark.span, value: mark.value };
    Series {
        axis: *axis,
        curves: curves.collect(),
        marks: marks.iter().map(mark).collect(),
        objects: objects.clone(),
    }
}
