//! A profile's part of the summary.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::profile::{FunctionId, Profile, Unit};

/// Writes the profile's entries into the document's object.
pub(super) fn entries<M: SerializeMap>(profile: &Profile, map: &mut M) -> Result<(), M::Error> {
    let unit = match profile.unit {
        Unit::Seconds => "seconds",
    };
    map.serialize_entry("kind", "profile")?;
    map.serialize_entry("unit", unit)?;
    map.serialize_entry("total", &profile.total())?;
    map.serialize_entry("calls", &profile.calls())?;
    map.serialize_entry("primitive_calls", &profile.primitive_calls())?;
    map.serialize_entry("functions", &AllFunctions(profile))
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
