//! Answers about lines of code, and about what was measured over time.

use rustc_hash::FxHashMap;

use crate::profile::{LineTable, Profile, Series};
use crate::protocol::{
    CurveAnswer, LineColumn, LineFile, LineRow, LinesAnswer, LinesOf, MeasureOverview, Response, SeriesAnswer,
};
use crate::sort;

/// Points of a curve that a page gets: more than it has pixels.
const POINTS: usize = 4000;

/// What the file measured; nothing where that is one thing only.
pub(super) fn measures(profile: &Profile) -> Vec<MeasureOverview> {
    let measures = profile.measures().into_iter();
    measures.map(|(name, unit, total)| MeasureOverview { name: name.to_owned(), unit, total }).collect()
}

/// The lines of a file.
pub(super) fn lines(profile: &Profile, of: &LinesOf) -> Response {
    match &profile.line_table {
        Some(table) => Response::Lines(Box::new(answer(profile, table, of))),
        None => Response::Refused("this document has no lines of code".to_owned()),
    }
}

fn answer(profile: &Profile, table: &LineTable, of: &LinesOf) -> LinesAnswer {
    let columns = table.columns.iter().map(|column| LineColumn {
        name: column.name.clone(),
        unit: column.unit,
        adds_up: column.adds_up,
        largest: column.largest(),
        total: column.adds_up.then(|| column.of(0..table.len())).flatten(),
    });
    let mut files: Vec<LineFile> = (0..table.files.len() as u32)
        .map(|file| {
            let lines = table.of_file(file);
            LineFile {
                file,
                path: table.files.get(file).to_owned(),
                lines: lines.len() as u32,
                values: table.columns.iter().map(|column| column.of(lines.clone())).collect(),
            }
        })
        .filter(|file| file.lines > 0)
        .collect();
    sort::by(&mut files, |one, other| {
        let first = |file: &LineFile| file.values.first().copied().flatten().unwrap_or(-1.0);
        first(other).total_cmp(&first(one)).then(one.path.cmp(&other.path))
    });
    let functions = &profile.functions;
    let place = match of {
        LinesOf::Function(id) if (*id as usize) < functions.len() => {
            Some((functions.file(*id), functions.name(*id)))
        }
        _ => None,
    };
    let asked = match of {
        LinesOf::Most => None,
        LinesOf::File(file) => Some(*file),
        LinesOf::Path(path) => table.files.id(path),
        LinesOf::Function(_) => place.and_then(|(file, _)| table.files.id(file)),
    };
    let asked = asked.filter(|file| files.iter().any(|one| one.file == *file));
    let file = asked.or(files.first().map(|file| file.file)).unwrap_or_default();
    let rows = rows(profile, table, file);
    let row = place.filter(|_| asked.is_some()).and_then(|(_, name)| {
        let row = rows.iter().position(|row| row.function.as_deref() == Some(name))?;
        Some(row as u32)
    });
    LinesAnswer { columns: columns.collect(), files, file, rows, row }
}

fn rows(profile: &Profile, table: &LineTable, file: u32) -> Vec<LineRow> {
    let functions = &profile.functions;
    let path = functions.files.id(table.files.get(file));
    let mut ids: FxHashMap<&str, u32> = FxHashMap::default();
    for id in (0..functions.len() as u32).filter(|&id| Some(functions.file[id as usize]) == path) {
        ids.entry(functions.name(id)).or_insert(id);
    }
    let mut rows: Vec<LineRow> = table
        .of_file(file)
        .map(|at| LineRow {
            line: table.line[at],
            function: table.function(at).map(str::to_owned),
            id: table.function(at).and_then(|name| ids.get(name).copied()),
            values: table
                .columns
                .iter()
                .map(|one| Some(one.values[at]).filter(|value| !value.is_nan()))
                .collect(),
            text: table.source(file, table.line[at]).map(str::to_owned),
        })
        .collect();
    let known = rows.len();
    if let Some(source) = table.sources.iter().find(|source| source.file == file) {
        for (line, text) in &source.lines {
            if rows[..known].binary_search_by_key(line, |row| row.line).is_err() {
                rows.push(LineRow {
                    line: *line,
                    function: None,
                    id: None,
                    values: vec![None; table.columns.len()],
                    text: Some(text.clone()),
                });
            }
        }
        sort::by_number(&mut rows, |row| row.line);
    }
    rows
}

/// What was measured over time.
pub(super) fn series(profile: &Profile) -> Response {
    let Some(series) = &profile.series else {
        return Response::Refused("this document has nothing that was measured over time".to_owned());
    };
    let Series { axis, curves, marks, objects } = &**series;
    let curves = curves.iter().map(|curve| {
        let kept = curve.thinned(POINTS);
        let peak = curve.peak();
        CurveAnswer {
            name: curve.name.clone(),
            unit: curve.unit,
            at: kept.iter().map(|&point| curve.at[point]).collect(),
            value: kept.iter().map(|&point| curve.value[point]).collect(),
            place: match curve.place.is_empty() {
                true => Vec::new(),
                false => kept.iter().map(|&point| curve.place(point).cloned()).collect(),
            },
            peak: kept.iter().position(|point| Some(*point) == peak).map(|point| point as u32),
        }
    });
    Response::Series(Box::new(SeriesAnswer {
        axis: *axis,
        curves: curves.collect(),
        marks: marks.clone(),
        objects: objects.clone(),
    }))
}
