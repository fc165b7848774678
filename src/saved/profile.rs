//! A profile in columns: functions, edges, and the stacks of each track where they were recorded.

use super::columns::{Damaged, Reader, Writer};
use super::{KIND_PROFILE, damaged, finite, list, of_length, read_strings, spans, within, write_strings};
use crate::profile::call_tree::NO_PARENT;
use crate::profile::stacks::Weight;
use crate::profile::{Edge, Edges, Functions, Profile, Recorded, Stacks, Track};

pub(super) fn write(profile: &Profile, columns: &mut Writer) {
    let (functions, edges) = (&profile.functions, &profile.edges);
    columns.put("kind", &KIND_PROFILE);
    columns.put("profile.by_line", &profile.by_line);
    write_strings("files", &functions.files, columns);
    write_strings("names", &functions.names, columns);
    columns.put("functions.file", &functions.file);
    columns.put("functions.line", &functions.line);
    columns.put("functions.name", &functions.name);
    columns.put("functions.calls", &functions.calls);
    columns.put("functions.sampled", &functions.sampled);
    columns.put("functions.writer", &functions.writer);
    columns.put("functions.primitive_calls", &functions.primitive_calls);
    columns.put("functions.self_time", &functions.self_time);
    columns.put("functions.total_time", &functions.total_time);
    columns.put("edges.caller", &edges.caller);
    columns.put("edges.callee", &edges.callee);
    columns.put("edges.calls", &edges.calls);
    columns.put("edges.primitive_calls", &edges.primitive_calls);
    columns.put("edges.self_time", &edges.self_time);
    columns.put("edges.total_time", &edges.total_time);
    columns.put("profile.unit", &profile.unit);
    if let Some(Recorded { stacks, .. }) = &profile.recorded_tree {
        // Functions' numbers, edges and the tree follow from them.
        columns.put("stacks.function", &stacks.function);
        columns.put("stacks.parent", &stacks.parent);
        columns.put("stacks.counted", &stacks.counted);
        let tracks = &stacks.tracks;
        columns.put("tracks.name", &list(tracks, |track| track.name.clone()));
        columns.put("tracks.process", &list(tracks, |track| track.process));
        columns.put("tracks.thread", &list(tracks, |track| track.thread));
        columns.put("tracks.start", &list(tracks, |track| track.start));
        columns.put("tracks.weights", &list(tracks, |track| track.weights.len() as u32));
        let weights: Vec<&Weight> = tracks.iter().flat_map(|track| &track.weights).collect();
        columns.put("weights.node", &list(&weights, |weight| weight.node));
        columns.put("weights.value", &list(&weights, |weight| weight.value));
        columns.put("weights.calls", &list(&weights, |weight| weight.calls));
    }
    if let Some(spans) = &profile.spans {
        spans::write(spans, columns);
    }
    super::measured::write(profile, columns);
}

pub(super) fn read(columns: &Reader<'_>) -> Result<Profile, Damaged> {
    let mut profile = read_functions(columns)?;
    super::measured::read(columns, &mut profile)?;
    Ok(profile.with_cycles())
}

fn read_functions(columns: &Reader<'_>) -> Result<Profile, Damaged> {
    let functions = Functions {
        files: read_strings("files", columns)?,
        names: read_strings("names", columns)?,
        file: columns.take("functions.file")?,
        line: columns.take("functions.line")?,
        name: columns.take("functions.name")?,
        calls: columns.take("functions.calls")?,
        sampled: columns.take("functions.sampled")?,
        writer: columns.take("functions.writer")?,
        primitive_calls: columns.take("functions.primitive_calls")?,
        self_time: columns.take("functions.self_time")?,
        total_time: columns.take("functions.total_time")?,
        cycles: Vec::new(),
    };
    let count = functions.len();
    let Functions { file, line, calls, primitive_calls, self_time, total_time, .. } = &functions;
    let lengths =
        [file.len(), line.len(), calls.len(), primitive_calls.len(), self_time.len(), total_time.len()];
    of_length(count, &lengths)?;
    within(file, functions.files.len(), false)?;
    within(&functions.name, functions.names.len(), false)?;
    finite(&[self_time, total_time])?;
    let unit = columns.take("profile.unit")?;
    if let Some(stacks) = read_stacks(columns, count)? {
        let spans = spans::read(columns, &stacks)?;
        return Ok(Profile { spans, ..stacks.profile(&functions, unit) });
    }
    Ok(Profile {
        unit,
        edges: read_edges(columns, count)?,
        by_line: columns.take("profile.by_line")?,
        functions,
        ..Profile::default()
    })
}

fn read_edges(columns: &Reader<'_>, functions: usize) -> Result<Edges, Damaged> {
    let caller: Vec<u32> = columns.take("edges.caller")?;
    let callee: Vec<u32> = columns.take("edges.callee")?;
    let calls: Vec<i64> = columns.take("edges.calls")?;
    let primitive_calls: Vec<i64> = columns.take("edges.primitive_calls")?;
    let self_time: Vec<f64> = columns.take("edges.self_time")?;
    let total_time: Vec<f64> = columns.take("edges.total_time")?;
    let count = caller.len();
    of_length(count, &[callee.len(), calls.len(), primitive_calls.len(), self_time.len(), total_time.len()])?;
    within(&caller, functions, false)?;
    within(&callee, functions, false)?;
    finite(&[&self_time, &total_time])?;
    let edge = |at: usize| Edge {
        caller: caller[at],
        callee: callee[at],
        calls: calls[at],
        primitive_calls: primitive_calls[at],
        self_time: self_time[at],
        total_time: total_time[at],
    };
    Ok(Edges::new(functions, (0..count).map(edge).collect()))
}

fn read_stacks(columns: &Reader<'_>, functions: usize) -> Result<Option<Stacks>, Damaged> {
    let function: Vec<u32> = columns.take("stacks.function")?;
    if function.is_empty() {
        return Ok(None);
    }
    let parent: Vec<u32> = columns.take("stacks.parent")?;
    let nodes = function.len();
    of_length(nodes, &[parent.len()])?;
    within(&function, functions, false)?;
    if parent.iter().enumerate().any(|(node, &parent)| parent != NO_PARENT && parent as usize >= node) {
        return Err(damaged("its stacks are no tree"));
    }
    let names: Vec<String> = columns.take("tracks.name")?;
    let process: Vec<Option<u64>> = columns.take("tracks.process")?;
    let thread: Vec<Option<u64>> = columns.take("tracks.thread")?;
    let start: Vec<Option<f64>> = columns.take("tracks.start")?;
    let counts: Vec<u32> = columns.take("tracks.weights")?;
    of_length(names.len(), &[process.len(), thread.len(), start.len(), counts.len()])?;
    let node: Vec<u32> = columns.take("weights.node")?;
    let value: Vec<f64> = columns.take("weights.value")?;
    let calls: Vec<u32> = columns.take("weights.calls")?;
    let all: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    of_length(node.len(), &[value.len(), calls.len(), usize::try_from(all).unwrap_or(usize::MAX)])?;
    within(&node, nodes, false)?;
    if value.iter().any(|value| !value.is_finite() || *value < 0.0) {
        return Err(damaged("its stacks have weights that are no numbers"));
    }
    let mut at = 0;
    let mut tracks = Vec::with_capacity(names.len());
    for (track, name) in names.into_iter().enumerate() {
        let end = at + counts[track] as usize;
        let weights =
            (at..end).map(|at| Weight { node: node[at], value: value[at], calls: calls[at] }).collect();
        tracks.push(Track {
            name,
            process: process[track],
            thread: thread[track],
            start: start[track],
            weights,
        });
        at = end;
    }
    Ok(Some(Stacks { function, parent, counted: columns.take("stacks.counted")?, tracks }))
}
