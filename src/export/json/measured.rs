//! What a profile measured beside what functions took: more measures of the same stacks, lines, curves over time.

use serde::ser::{SerializeMap, Serializer};

use crate::profile::Profile;
use crate::profile::line_table::LineTable;
use crate::profile::series::{Axis, Series};

/// Writes the entries of what there is.
pub(super) fn entries<M: SerializeMap>(profile: &Profile, map: &mut M) -> Result<(), M::Error> {
    let measures = profile.measures();
    if !measures.is_empty() {
        let measures: Vec<Measure> = measures
            .into_iter()
            .map(|(name, unit, total)| Measure { name, unit: unit.id(), total })
            .collect();
        map.serialize_entry("measures", &measures)?;
    }
    if let Some(table) = &profile.line_table {
        map.serialize_entry("lines", &AllLines(table))?;
    }
    if let Some(series) = &profile.series {
        map.serialize_entry("series", &AllSeries(series))?;
    }
    Ok(())
}

#[derive(serde::Serialize)]
struct Measure<'a> {
    name: &'a str,
    unit: &'static str,
    total: f64,
}

struct AllLines<'a>(&'a LineTable);

impl serde::Serialize for AllLines<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let table = self.0;
        serializer.collect_seq((0..table.len()).map(|at| {
            Line {
                file: table.files.get(table.file[at]),
                line: table.line[at],
                function: table.function(at),
                values: table
                    .columns
                    .iter()
                    .filter(|column| !column.values[at].is_nan())
                    .map(|column| Number {
                        name: &column.name,
                        unit: column.unit.id(),
                        value: column.values[at],
                    })
                    .collect(),
            }
        }))
    }
}

#[derive(serde::Serialize)]
struct Line<'a> {
    file: &'a str,
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<&'a str>,
    values: Vec<Number<'a>>,
}

#[derive(serde::Serialize)]
struct Number<'a> {
    name: &'a str,
    unit: &'static str,
    value: f64,
}

struct AllSeries<'a>(&'a Series);

impl serde::Serialize for AllSeries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let series = self.0;
        let across = match series.axis {
            Axis::Seconds => "seconds",
            Axis::Lines => "lines",
        };
        serializer.collect_seq(series.curves.iter().map(|curve| Curve {
            name: &curve.name,
            unit: curve.unit.id(),
            across,
            at: &curve.at,
            value: &curve.value,
            peak: curve.peak().map(|point| Peak {
                at: curve.at[point],
                value: curve.value[point],
                file: curve.place(point).map(|place| place.file.as_str()),
                line: curve.place(point).map(|place| place.line),
            }),
        }))
    }
}

#[derive(serde::Serialize)]
struct Curve<'a> {
    name: &'a str,
    unit: &'static str,
    across: &'static str,
    at: &'a [f64],
    value: &'a [f64],
    #[serde(skip_serializing_if = "Option::is_none")]
    peak: Option<Peak<'a>>,
}

#[derive(serde::Serialize)]
struct Peak<'a> {
    at: f64,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}
