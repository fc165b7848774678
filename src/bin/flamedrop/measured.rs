//! `summary` for people: a profile's measures, its lines, and its memory over time.

use std::io::{self, Write};

use flamedrop::format::{self, UNKNOWN};
use flamedrop::profile::series::Axis;
use flamedrop::profile::{LineTable, Profile, Series};

use super::table::{columns, one_line};

/// Columns of lines beyond these do not fit a terminal.
const COLUMNS: usize = 4;

/// What there is beside functions.
pub fn write(profile: &Profile, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    for (name, unit, total) in profile.measures() {
        writeln!(out, "  {}: {}", one_line(name), unit.text(total))?;
    }
    if let Some(series) = &profile.series {
        write_series(series, out)?;
    }
    // Where there are functions, they say enough.
    if let Some(table) = profile.line_table.as_ref().filter(|_| profile.functions.is_empty()) {
        write_lines(table, rows, out)?;
    }
    Ok(())
}

fn write_series(series: &Series, out: &mut dyn Write) -> io::Result<()> {
    for curve in &series.curves {
        let Some(point) = curve.peak() else { continue };
        let at = match series.axis {
            Axis::Seconds => format!("after {}", format::seconds(curve.at[point])),
            Axis::Lines => format!("at line {} that ran", format::count(curve.at[point] as i64)),
        };
        write!(out, "{}: peak of {} {at}", one_line(&curve.name), curve.unit.text(curve.value[point]))?;
        if let Some(place) = curve.place(point) {
            write!(out, ", {}", one_line(&format::line(&place.file, i64::from(place.line))))?;
        }
        let open: Vec<&str> = series.open_at(curve.at[point]).map(|mark| mark.name.as_str()).collect();
        if !open.is_empty() {
            write!(out, ", while {} ran", one_line(&open.join(", ")))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The lines with most of the first column.
fn write_lines(table: &LineTable, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{} of {}",
        format::counted(table.len() as i64, "line", "lines"),
        format::counted(table.files.len() as i64, "file", "files")
    )?;
    let shown = || table.columns.iter().take(COLUMNS);
    let mut order: Vec<usize> = (0..table.len()).collect();
    let first = |at: usize| {
        let value = table.columns.first().map_or(0.0, |column| column.values[at]);
        if value.is_nan() { -1.0 } else { value }
    };
    order.sort_by(|&one, &other| first(other).total_cmp(&first(one)));
    order.truncate(rows);
    let units: Vec<_> = shown().map(|column| column.unit.column(column.largest())).collect();
    let mut head: Vec<String> = shown()
        .zip(&units)
        .map(|(column, unit)| format!("{} {}", column.name.to_lowercase(), unit.unit.symbol()))
        .collect();
    head.resize(COLUMNS, String::new());
    head.push("line".to_owned());
    let mut lines = vec![head];
    for at in order {
        let mut cells: Vec<String> = shown()
            .zip(&units)
            .map(|(column, unit)| match column.values[at] {
                value if value.is_nan() => UNKNOWN.to_owned(),
                value => unit.seconds(value),
            })
            .collect();
        cells.resize(COLUMNS, String::new());
        let (file, line) = (table.file[at], table.line[at]);
        let place = format::line(table.files.get(file), i64::from(line));
        let text = table.source(file, line).map(|text| format!("  {}", text.trim())).unwrap_or_default();
        cells.push(one_line(&format!("{place}{text}")));
        lines.push(cells);
    }
    let lines: Vec<[String; COLUMNS + 1]> =
        lines.into_iter().filter_map(|cells| cells.try_into().ok()).collect();
    columns(&lines, out)
}
