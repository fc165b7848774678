//! A profile in columns: functions, edges, and the call tree where it was recorded.

use super::super::columns::{Damaged, Reader, Writer};
use super::{KIND_PROFILE, damaged, finite, list, of_length, read_strings, within, write_strings};
use crate::profile::call_tree::{CallTree, MERGED, Merged, MergedPart, NO_PARENT};
use crate::profile::{Edge, Edges, Functions, Profile, Unit};
use crate::queries::NONE;

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
    columns.put("functions.primitive_calls", &functions.primitive_calls);
    columns.put("functions.self_time", &functions.self_time);
    columns.put("functions.total_time", &functions.total_time);
    columns.put("edges.caller", &edges.caller);
    columns.put("edges.callee", &edges.callee);
    columns.put("edges.calls", &edges.calls);
    columns.put("edges.primitive_calls", &edges.primitive_calls);
    columns.put("edges.self_time", &edges.self_time);
    columns.put("edges.total_time", &edges.total_time);
    if let Some(tree) = &profile.recorded_tree {
        columns.put("tree.function", &tree.function);
        columns.put("tree.parent", &tree.parent);
        columns.put("tree.depth", &tree.depth);
        columns.put("tree.end", &tree.end);
        columns.put("tree.recursive", &tree.recursive);
        columns.put("tree.self_time", &tree.self_time);
        columns.put("tree.total_time", &tree.total_time);
        columns.put("tree.calls", &tree.calls);
        columns.put("tree.certainty", &tree.certainty);
        columns.put("tree.low", &tree.low);
        columns.put("tree.high", &tree.high);
        let parts: Vec<_> = (tree.merged.parts.iter())
            .map(|part| (part.merged, part.function, part.self_time, part.total_time))
            .collect();
        columns.put("tree.merged", &parts);
        columns.put("tree.elsewhere", &tree.merged.elsewhere);
        columns.put("tree.contradiction", &tree.contradiction);
    }
}

pub(super) fn read(columns: &Reader<'_>) -> Result<Profile, Damaged> {
    let functions = Functions {
        files: read_strings("files", columns)?,
        names: read_strings("names", columns)?,
        file: columns.take("functions.file")?,
        line: columns.take("functions.line")?,
        name: columns.take("functions.name")?,
        calls: columns.take("functions.calls")?,
        primitive_calls: columns.take("functions.primitive_calls")?,
        self_time: columns.take("functions.self_time")?,
        total_time: columns.take("functions.total_time")?,
    };
    let count = functions.len();
    let Functions { file, line, calls, primitive_calls, self_time, total_time, .. } = &functions;
    let lengths =
        [file.len(), line.len(), calls.len(), primitive_calls.len(), self_time.len(), total_time.len()];
    of_length(count, &lengths)?;
    within(file, functions.files.len(), false)?;
    within(&functions.name, functions.names.len(), false)?;
    finite(&[self_time, total_time])?;
    Ok(Profile {
        unit: Unit::Seconds,
        edges: read_edges(columns, count)?,
        by_line: columns.take("profile.by_line")?,
        recorded_tree: read_tree(columns, count)?,
        functions,
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

fn read_tree(columns: &Reader<'_>, functions: usize) -> Result<Option<CallTree>, Damaged> {
    let parts: Vec<(u32, u32, f64, f64)> = columns.take("tree.merged")?;
    let parts = parts.into_iter().map(|(merged, function, self_time, total_time)| MergedPart {
        merged,
        function,
        self_time,
        total_time,
    });
    let tree = CallTree {
        estimated: false,
        function: columns.take("tree.function")?,
        parent: columns.take("tree.parent")?,
        depth: columns.take("tree.depth")?,
        end: columns.take("tree.end")?,
        recursive: columns.take("tree.recursive")?,
        self_time: columns.take("tree.self_time")?,
        total_time: columns.take("tree.total_time")?,
        calls: columns.take("tree.calls")?,
        certainty: columns.take("tree.certainty")?,
        low: columns.take("tree.low")?,
        high: columns.take("tree.high")?,
        merged: Merged { parts: parts.collect(), elsewhere: columns.take("tree.elsewhere")? },
        contradiction: columns.take("tree.contradiction")?,
    };
    if tree.is_empty() {
        return Ok(None);
    }
    let CallTree {
        function,
        parent,
        depth,
        end,
        recursive,
        self_time,
        total_time,
        calls,
        certainty,
        low,
        high,
        ..
    } = &tree;
    let count = function.len();
    let lengths = [
        parent.len(),
        depth.len(),
        end.len(),
        recursive.len(),
        self_time.len(),
        total_time.len(),
        calls.len(),
        certainty.len(),
        low.len(),
        high.len(),
    ];
    of_length(count, &lengths)?;
    // `MERGED` is `NONE`.
    debug_assert_eq!(MERGED, NONE);
    within(function, functions, true)?;
    finite(&[self_time, total_time, calls, low, high])?;
    for at in 0..count {
        let (above, last) = (parent[at], end[at] as usize);
        let fits = match above {
            NO_PARENT => depth[at] == 0 && last <= count,
            above => {
                let above = above as usize;
                above < at && depth[at] == depth[above].saturating_add(1) && last <= end[above] as usize
            }
        };
        if !fits || last <= at {
            return Err(damaged("its call tree is no tree"));
        }
    }
    within(&list(&tree.merged.parts, |part| part.merged), count, false)?;
    within(&list(&tree.merged.parts, |part| part.function), functions, false)?;
    within(&list(&tree.merged.elsewhere, |hidden| hidden.function), functions, false)?;
    Ok(Some(tree))
}
