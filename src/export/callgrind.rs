//! Valgrind's callgrind format, for KCachegrind, gprof2dot and others:
//! <https://valgrind.org/docs/manual/cl-format.html>. Nothing in it is estimated: functions and edges
//! are written as the profile has them.

use std::io::{self, Write};

use rustc_hash::{FxHashMap, FxHashSet};

use super::stacks::nanoseconds;
use super::text::one_line;
use crate::profile::repair::without_negatives;
use crate::profile::{FunctionId, Functions, Profile, Unit};

/// What the format calls a file or function without a name.
const UNKNOWN: &str = "???";

/// Writes the functions and edges of `profile`, recorded by running `name`, in whole
/// nanoseconds, samples or bytes.
///
/// Edges inside a recursion are edges like others, with their time as recorded: so does
/// [pyprof2calltree](https://github.com/pwaller/pyprof2calltree). Names, since gprof2dot tells
/// functions by them alone: see [`names`]. Counts that a file does not know are 0.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(name: &str, profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    // The format has no negative costs: without them the sum is the profile's all the same.
    let clean = without_negatives(profile);
    let profile = clean.as_ref().unwrap_or(profile);
    let functions = &profile.functions;
    let edges = &profile.edges;
    let amount = |value: f64| if profile.unit.is_time() { nanoseconds(value) } else { value.round() as u64 };
    let total: u64 = functions.self_time.iter().fold(0, |sum, &value| sum.saturating_add(amount(value)));
    let events = match profile.unit {
        Unit::Seconds | Unit::CpuSeconds => "event: ns : Nanoseconds\nevents: ns",
        Unit::Samples => "event: samples : Samples\nevents: samples",
        Unit::Count => "event: count : Count\nevents: count",
        Unit::Bytes => "event: bytes : Bytes\nevents: bytes",
    };
    writeln!(out, "# callgrind format\nversion: 1\ncreator: flamedrop")?;
    writeln!(out, "cmd: {}", one_line(name).collect::<String>())?;
    writeln!(out, "positions: line\n{events}\nsummary: {total}")?;
    let mut positions = Positions::of(functions);
    for function in 0..functions.len() as FunctionId {
        let line = line(functions, function);
        writeln!(out)?;
        positions.write(out, "", function)?;
        writeln!(out, "{line} {}", amount(functions.self_time[function as usize]))?;
        for &edge in edges.out_of(function) {
            let edge = edge as usize;
            let callee = edges.callee[edge];
            positions.write(out, "c", callee)?;
            let calls = profile.edge_calls(edge).unwrap_or(0);
            writeln!(out, "calls={calls} {}", self::line(functions, callee))?;
            writeln!(out, "{line} {}", amount(edges.total_time[edge]))?;
        }
    }
    writeln!(out, "\ntotals: {total}")
}

/// KCachegrind's lines have 32 bits, and none are negative.
fn line(functions: &Functions, function: FunctionId) -> u32 {
    u32::try_from(functions.line(function).max(0)).unwrap_or(u32::MAX)
}

/// Names compressed as the format allows: `(12) name` the first time, `(12)` from then on.
struct Positions<'a> {
    functions: &'a Functions,
    names: Vec<String>,
    file_written: Vec<bool>,
    name_written: Vec<bool>,
}

impl<'a> Positions<'a> {
    fn of(functions: &'a Functions) -> Self {
        Self {
            functions,
            names: names(functions),
            file_written: vec![false; functions.files.len()],
            name_written: vec![false; functions.len()],
        }
    }

    /// The lines that say which function the next costs are of: `prefix` is `c` for a callee.
    fn write(&mut self, out: &mut dyn Write, prefix: &str, function: FunctionId) -> io::Result<()> {
        let index = function as usize;
        let file = self.functions.file[index];
        let key = if prefix.is_empty() { "fl" } else { "fi" };
        // Numbers from 1 on, as callgrind's own.
        write!(out, "{prefix}{key}=({})", file + 1)?;
        if !std::mem::replace(&mut self.file_written[file as usize], true) {
            write!(out, " {}", spelt(self.functions.file(function)))?;
        }
        write!(out, "\n{prefix}fn=({})", function + 1)?;
        if !std::mem::replace(&mut self.name_written[index], true) {
            write!(out, " {}", self.names[index])?;
        }
        writeln!(out)
    }
}

/// In one line, and something: a number without a name would stand for a name given before.
fn spelt(text: &str) -> String {
    let line: String = one_line(text).collect();
    let line = line.trim();
    if line.is_empty() { UNKNOWN.to_owned() } else { line.to_owned() }
}

/// Per function: its name where no other has it, else `name (base.py:12)`, else with the whole path.
fn names(functions: &Functions) -> Vec<String> {
    let spelt_names: Vec<String> = functions.names.iter().map(spelt).collect();
    let candidate = |function: FunctionId, attempt: u32| {
        let name = &spelt_names[functions.name[function as usize] as usize];
        let (file, line) = (spelt(functions.file(function)), functions.line(function));
        match attempt {
            0 => name.clone(),
            1 => format!("{name} ({}:{line})", file.rsplit(['/', '\\']).next().unwrap_or(&file)),
            2 => format!("{name} ({file}:{line})"),
            // What differs only in characters that were replaced, or is named after another's place.
            _ => format!("{name} ({file}:{line}) {}{function}", "#".repeat(attempt as usize - 2)),
        }
    };
    let mut names = vec![String::new(); functions.len()];
    let mut taken = FxHashSet::default();
    let mut open: Vec<FunctionId> = (0..functions.len() as FunctionId).collect();
    for attempt in 0.. {
        if open.is_empty() {
            break;
        }
        let mut count: FxHashMap<String, u32> = FxHashMap::default();
        for &function in &open {
            *count.entry(candidate(function, attempt)).or_default() += 1;
        }
        open.retain(|&function| {
            let name = candidate(function, attempt);
            let free = count.get(&name) == Some(&1) && !taken.contains(&name);
            if free {
                names[function as usize].clone_from(&name);
                taken.insert(name);
            }
            !free
        });
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Edge, Edges, Unit};

    fn profile(functions: &[(&str, i64, &str)], edges: Vec<Edge>) -> Profile {
        let mut columns = Functions::default();
        for &(file, line, name) in functions {
            columns.file.push(columns.files.intern(file));
            columns.line.push(line);
            columns.name.push(columns.names.intern(name));
            columns.calls.push(1);
            columns.primitive_calls.push(1);
            columns.self_time.push(0.25);
            columns.total_time.push(0.5);
        }
        let edges = Edges::new(functions.len(), edges);
        Profile { unit: Unit::Seconds, functions: columns, edges, by_line: false, ..Profile::default() }
    }

    #[test]
    fn functions_and_edges_recursion_included() {
        let edge = |caller, callee, calls, total_time| Edge {
            caller,
            callee,
            calls,
            primitive_calls: 1,
            self_time: 0.0,
            total_time,
        };
        let functions = [("app.py", 1, "main"), ("lib/a.py", 7, "run"), ("~", 0, "<built-in method len>")];
        let edges = vec![edge(0, 1, 3, 0.5), edge(1, 1, 9, 0.125), edge(1, 2, -1, 0.000_000_001_4)];
        let mut out = Vec::new();
        write("a\nb.prof", &profile(&functions, edges), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn every_function_has_a_name_of_its_own() {
        let functions = [
            ("app.py", 1, "main"),
            ("a/x.py", 2, "__init__"),
            ("b/y.py", 2, "__init__"),
            ("a/z.py", 3, "get"),
            ("b/z.py", 3, "get"),
            ("b/z.py", 9, "get"),
            ("c.py", 4, "odd\nname"),
            ("c.py", 4, "odd\rname"),
            ("", 0, ""),
            ("d.py", 5, "(3)"),
            ("d.py", 5, "__init__ (x.py:2)"),
        ];
        assert_eq!(
            names(&profile(&functions, Vec::new()).functions),
            [
                "main",
                "__init__ (a/x.py:2)",
                "__init__ (y.py:2)",
                "get (a/z.py:3)",
                "get (b/z.py:3)",
                "get (z.py:9)",
                "odd name (c.py:4) #6",
                "odd name (c.py:4) #7",
                "???",
                "(3)",
                "__init__ (x.py:2)",
            ]
        );
    }
}
