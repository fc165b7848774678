//! `summary --json`: a document's numbers, unrounded, in a shape that is kept stable. Written as it
//! is walked: no second copy of the document is made.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::document::{Content, Diagnostics, Document};
use crate::profile::{FunctionId, Profile, Unit};

/// Writes `document` as one JSON object.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(out, &Summary(document)).map_err(io::Error::from)
}

struct Summary<'a>(&'a Document);

impl Serialize for Summary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &document.name)?;
        map.serialize_entry("format", document.format)?;
        match &document.content {
            Content::Profile(profile) => {
                let unit = match profile.unit {
                    Unit::Seconds => "seconds",
                };
                map.serialize_entry("kind", "profile")?;
                map.serialize_entry("unit", unit)?;
                map.serialize_entry("total", &profile.total())?;
                map.serialize_entry("calls", &profile.calls())?;
                map.serialize_entry("primitive_calls", &profile.primitive_calls())?;
                map.serialize_entry("functions", &AllFunctions(profile))?;
            }
            Content::Queries(_) => map.serialize_entry("kind", "queries")?,
        }
        map.serialize_entry("diagnostics", &AllDiagnostics(&document.diagnostics))?;
        map.end()
    }
}

struct AllFunctions<'a>(&'a Profile);

impl Serialize for AllFunctions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let profile = self.0;
        let functions = &profile.functions;
        serializer.collect_seq((0..functions.len()).map(|index| {
            let id = index as FunctionId;
            Function {
                file: functions.file(id),
                line: functions.line(id),
                name: functions.name(id),
                calls: functions.calls[index],
                primitive_calls: functions.primitive_calls[index],
                self_time: functions.self_time[index],
                total_time: functions.total_time[index],
                callers: Callers { profile, callee: id },
            }
        }))
    }
}

#[derive(serde::Serialize)]
struct Function<'a> {
    file: &'a str,
    line: i64,
    name: &'a str,
    calls: i64,
    primitive_calls: i64,
    #[serde(rename = "self")]
    self_time: f64,
    #[serde(rename = "total")]
    total_time: f64,
    callers: Callers<'a>,
}

struct Callers<'a> {
    profile: &'a Profile,
    callee: FunctionId,
}

impl Serialize for Callers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let edges = &self.profile.edges;
        serializer.collect_seq(edges.into(self.callee).map(|edge| Caller {
            function: edges.caller[edge],
            calls: edges.calls[edge],
            primitive_calls: edges.primitive_calls[edge],
            self_time: edges.self_time[edge],
            total_time: edges.total_time[edge],
        }))
    }
}

#[derive(serde::Serialize)]
struct Caller {
    /// Index in the document's list of functions.
    function: FunctionId,
    calls: i64,
    primitive_calls: i64,
    #[serde(rename = "self")]
    self_time: f64,
    #[serde(rename = "total")]
    total_time: f64,
}

struct AllDiagnostics<'a>(&'a Diagnostics);

impl Serialize for AllDiagnostics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.entries().iter().map(|entry| Diagnostic {
            level: entry.level,
            message: &entry.message,
            count: entry.count,
        }))
    }
}

#[derive(serde::Serialize)]
struct Diagnostic<'a> {
    level: crate::document::Level,
    message: &'a str,
    count: u64,
}
