//! A profile's part of the summary.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::profile::{FunctionId, Profile};

/// Writes the profile's entries into the document's object.
pub(super) fn entries<M: SerializeMap>(profile: &Profile, map: &mut M) -> Result<(), M::Error> {
    map.serialize_entry("kind", "profile")?;
    map.serialize_entry("unit", profile.unit.id())?;
    // What no function has is unknown, not nothing.
    map.serialize_entry("total", &profile.has_times().then(|| profile.total()))?;
    if let Some(tool) = profile.functions.writer.name() {
        map.serialize_entry("recorded_by", tool)?;
    }
    if let Some(samples) = profile.samples() {
        map.serialize_entry("samples", &samples)?;
    }
    map.serialize_entry("calls", &profile.calls())?;
    map.serialize_entry("primitive_calls", &profile.primitive_calls())?;
    let labels = profile.recorded_tree.as_ref().map(|recorded| recorded.stacks.labels()).unwrap_or_default();
    if labels.len() > 1 {
        let tracks = labels.into_iter().zip(profile.tracks());
        let tracks: Vec<Track> =
            tracks.map(|(name, track)| Track { name, total: track.total(), start: track.start }).collect();
        map.serialize_entry("tracks", &tracks)?;
    }
    super::measured::entries(profile, map)?;
    map.serialize_entry("functions", &AllFunctions(profile))
}

/// A thread, a process, or one of several profiles in a file.
#[derive(serde::Serialize)]
struct Track {
    name: String,
    total: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<f64>,
}

struct AllFunctions<'a>(&'a Profile);

impl Serialize for AllFunctions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let profile = self.0;
        let functions = &profile.functions;
        let timed = profile.has_times();
        serializer.collect_seq((0..functions.len()).map(|index| {
            let id = index as FunctionId;
            let lost = functions.total_is_lost(id);
            Function {
                file: functions.file(id),
                line: functions.line(id),
                name: functions.name(id),
                calls: functions.calls_of(id),
                primitive_calls: functions.primitive_calls_of(id),
                samples: functions.samples_of(id).map(|(_, all)| all),
                self_samples: functions.samples_of(id).map(|(own, _)| own),
                self_time: timed.then(|| functions.self_time[index]),
                total_time: (timed && !lost).then(|| functions.total_time[index]),
                total_at_least: lost.then(|| functions.self_time[index]),
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
    calls: Option<i64>,
    primitive_calls: Option<i64>,
    /// Samples that had it on the stack, where the file counts those.
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<i64>,
    /// Samples that ended in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    self_samples: Option<i64>,
    #[serde(rename = "self")]
    self_time: Option<f64>,
    #[serde(rename = "total")]
    total_time: Option<f64>,
    /// Where the file has lost the total time.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_at_least: Option<f64>,
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
            calls: self.profile.edge_calls(edge),
            samples: self.profile.functions.sampled.then(|| edges.calls[edge].max(0)),
            primitive_calls: self.profile.edge_primitive_calls(edge),
            self_time: edges.self_time[edge],
            total_time: edges.total_time[edge],
        }))
    }
}

#[derive(serde::Serialize)]
struct Caller {
    /// Index in the document's list of functions.
    function: FunctionId,
    calls: Option<i64>,
    primitive_calls: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<i64>,
    #[serde(rename = "self")]
    self_time: f64,
    #[serde(rename = "total")]
    total_time: f64,
}
