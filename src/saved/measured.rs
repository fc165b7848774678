//! What a profile measured beside what functions took: more measures of the same stacks, lines, curves over time.

use super::columns::{Damaged, Reader, Writer};
use super::{damaged, finite, list, of_length, read_strings, within, write_strings};
use crate::format::Unit;
use crate::profile::line_table::{Column, LineTable, NO_FUNCTION, Source};
use crate::profile::series::{Curve, Mark, Place, Series};
use crate::profile::stacks::Weight;
use crate::profile::{Measure, Measures, Profile};

pub(super) fn write(profile: &Profile, columns: &mut Writer) {
    if let Some(measures) = &profile.measures {
        columns.put("measures.first", &measures.first);
        let others = &measures.others;
        columns.put("measures.name", &list(others, |one| one.name.clone()));
        columns.put("measures.unit", &list(others, |one| one.unit));
        let weights =
            |one: &Measure| list(&one.weights, |track| list(track, |weight| (weight.node, weight.value)));
        columns.put("measures.weights", &list(others, weights));
    }
    if let Some(table) = &profile.line_table {
        write_strings("lines.files", &table.files, columns);
        write_strings("lines.functions", &table.functions, columns);
        columns.put("lines.file", &table.file);
        columns.put("lines.line", &table.line);
        columns.put("lines.function", &table.function);
        columns.put(
            "lines.names",
            &list(&table.columns, |column| (column.name.clone(), column.unit, column.adds_up)),
        );
        columns.put("lines.values", &list(&table.columns, |column| column.values.clone()));
        columns.put("lines.peak", &table.peak);
        columns.put("lines.sources", &list(&table.sources, |source| (source.file, source.lines.clone())));
    }
    if let Some(series) = &profile.series {
        columns.put("series.axis", &series.axis);
        let curves = &series.curves;
        columns.put("series.curves", &list(curves, |one| (one.name.clone(), one.unit)));
        columns.put("series.at", &list(curves, |one| one.at.clone()));
        columns.put("series.value", &list(curves, |one| one.value.clone()));
        columns.put("series.place", &list(curves, |one| one.place.clone()));
        columns.put("series.marks", &series.marks);
        columns.put("series.objects", &series.objects);
    }
}

/// Puts what the columns have into `profile`.
pub(super) fn read(columns: &Reader<'_>, profile: &mut Profile) -> Result<(), Damaged> {
    profile.measures = read_measures(columns, profile)?;
    profile.line_table = read_lines(columns)?.map(Box::new);
    profile.series = read_series(columns)?.map(Box::new);
    Ok(())
}

fn read_measures(columns: &Reader<'_>, profile: &Profile) -> Result<Option<Measures>, Damaged> {
    let names: Vec<String> = columns.take("measures.name")?;
    let Some(recorded) = profile.recorded_tree.as_ref().filter(|_| !names.is_empty()) else {
        return Ok(None);
    };
    let units: Vec<Unit> = columns.take("measures.unit")?;
    let weights: Vec<Vec<Vec<(u32, f64)>>> = columns.take("measures.weights")?;
    of_length(names.len(), &[units.len(), weights.len()])?;
    let nodes = recorded.stacks.function.len();
    let mut others = Vec::with_capacity(names.len());
    for ((name, unit), tracks) in names.into_iter().zip(units).zip(weights) {
        of_length(recorded.stacks.tracks.len(), &[tracks.len()])?;
        let all = || tracks.iter().flatten();
        within(&all().map(|(node, _)| *node).collect::<Vec<u32>>(), nodes, false)?;
        if all().any(|(_, value)| !value.is_finite() || *value < 0.0)
            || tracks.iter().any(|track| !track.is_sorted_by(|one, other| one.0 < other.0))
        {
            return Err(damaged("its measures are no numbers"));
        }
        let weight = |&(node, value): &(u32, f64)| Weight { node, value, calls: 0 };
        let weights = tracks.iter().map(|track| track.iter().map(weight).collect()).collect();
        others.push(Measure { name, unit, weights });
    }
    Ok(Some(Measures { first: columns.take("measures.first")?, others }))
}

fn read_lines(columns: &Reader<'_>) -> Result<Option<LineTable>, Damaged> {
    let names: Vec<(String, Unit, bool)> = columns.take("lines.names")?;
    if names.is_empty() {
        return Ok(None);
    }
    let values: Vec<Vec<f64>> = columns.take("lines.values")?;
    let sources: Vec<(u32, Vec<(u32, String)>)> = columns.take("lines.sources")?;
    let mut table = LineTable {
        files: read_strings("lines.files", columns)?,
        functions: read_strings("lines.functions", columns)?,
        file: columns.take("lines.file")?,
        line: columns.take("lines.line")?,
        function: columns.take("lines.function")?,
        peak: columns.take::<Option<f64>>("lines.peak")?.filter(|peak| peak.is_finite()),
        ..LineTable::default()
    };
    let count = table.line.len();
    of_length(names.len(), &[values.len()])?;
    of_length(count, &[table.file.len(), table.function.len()])?;
    of_length(count, &list(&values, Vec::len))?;
    within(&table.file, table.files.len(), false)?;
    within(&table.function, table.functions.len(), true)?;
    within(&list(&sources, |source| source.0), table.files.len(), false)?;
    let ordered =
        (1..count).all(|at| (table.file[at - 1], table.line[at - 1]) < (table.file[at], table.line[at]));
    let lines_ordered = sources.iter().all(|(_, lines)| lines.is_sorted_by(|one, other| one.0 < other.0));
    if !ordered || !lines_ordered || NO_FUNCTION != super::NONE {
        return Err(damaged("its lines are not in order"));
    }
    // What is not known is no number, but nothing is infinite.
    if values.iter().flatten().any(|value| value.is_infinite() || *value < 0.0) {
        return Err(damaged("its lines have numbers that are none"));
    }
    let column = |((name, unit, adds_up), values)| Column { name, unit, adds_up, values };
    table.columns = names.into_iter().zip(values).map(column).collect();
    table.sources = sources.into_iter().map(|(file, lines)| Source { file, lines }).collect();
    Ok(Some(table))
}

fn read_series(columns: &Reader<'_>) -> Result<Option<Series>, Damaged> {
    let names: Vec<(String, Unit)> = columns.take("series.curves")?;
    let marks: Vec<Mark> = columns.take("series.marks")?;
    if names.is_empty() && marks.is_empty() {
        return Ok(None);
    }
    let at: Vec<Vec<f64>> = columns.take("series.at")?;
    let value: Vec<Vec<f64>> = columns.take("series.value")?;
    let place: Vec<Vec<Option<Place>>> = columns.take("series.place")?;
    of_length(names.len(), &[at.len(), value.len(), place.len()])?;
    let mut curves = Vec::with_capacity(names.len());
    for ((((name, unit), at), value), place) in names.into_iter().zip(at).zip(value).zip(place) {
        of_length(at.len(), &[value.len()])?;
        finite(&[&at, &value])?;
        if !at.is_sorted() {
            return Err(damaged("its curves go back"));
        }
        curves.push(Curve { name, unit, at, value, place });
    }
    Ok(Some(Series {
        axis: columns.take("series.axis")?,
        curves,
        marks,
        objects: columns.take("series.objects")?,
    }))
}
