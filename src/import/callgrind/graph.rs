//! The call graph of a callgrind file, with what pstats has beyond it: totals, and which calls were recursive.

use rustc_hash::FxHashMap;

use super::super::frame::NO_FILE;
use crate::profile::{Edge, Edges, FunctionId, Functions, Profile, Unit, strong_components};

/// `name path:line` at the space between: a name like `<built-in method exec>` has spaces of its own.
fn name_and_place(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('<').and_then(|_| text.find("> ")) {
        Some(end) => Some((&text[..=end], &text[end + 2..])),
        None => text.split_once(' '),
    }
}

/// What was read.
#[derive(Default)]
pub(super) struct Graph {
    functions: Functions,
    known: FxHashMap<(u32, u32), FunctionId>,
    edges: FxHashMap<(FunctionId, FunctionId), (i64, f64)>,
    order: Vec<(FunctionId, FunctionId)>,
}

impl Graph {
    /// The function of this name in this file. yappi's names end in their place; a number behind a colon is a
    /// line, since a name has none.
    pub fn function(&mut self, file: &str, name: &str, yappi: bool) -> FunctionId {
        let (mut file, mut plain, mut line) = (file, name, 0);
        if yappi
            && let Some((before, place)) = name_and_place(name)
            && let Some((path, number)) = place.rsplit_once(':')
            && let Ok(number) = number.parse::<i64>()
        {
            (plain, file, line) = (before, path, number);
        } else if let Some((before, number)) = name.rsplit_once(':')
            && !before.is_empty()
            && let Ok(number) = number.parse::<i64>()
        {
            (plain, line) = (before, number);
        }
        let file = if file.is_empty() || file == "???" { NO_FILE } else { file };
        let functions = &mut self.functions;
        // With its line, two of one name stay two.
        let key = (functions.files.intern(file), functions.names.intern(name));
        let next = functions.file.len() as FunctionId;
        let id = *self.known.entry(key).or_insert(next);
        if id == next {
            functions.file.push(key.0);
            functions.name.push(functions.names.intern(plain));
            functions.line.push(line.max(0));
            functions.calls.push(0);
            functions.primitive_calls.push(0);
            functions.self_time.push(0.0);
            functions.total_time.push(0.0);
        }
        id
    }

    /// Seconds of a function itself, on a line of it.
    pub fn own(&mut self, function: FunctionId, line: i64, seconds: f64) {
        let index = function as usize;
        self.functions.self_time[index] += seconds;
        let first = &mut self.functions.line[index];
        if line > 0 && (*first == 0 || line < *first) && self.functions.file(function) != NO_FILE {
            self.functions.line[index] = line;
        }
    }

    /// Calls, and the seconds they took with all below.
    pub fn call(&mut self, caller: FunctionId, callee: FunctionId, count: i64, seconds: f64) {
        let key = (caller, callee);
        let edge = self.edges.entry(key).or_insert_with(|| {
            self.order.push(key);
            (0, 0.0)
        });
        edge.0 = edge.0.saturating_add(count);
        edge.1 += seconds;
    }

    /// The profile; `None` where there is no time in it.
    pub fn profile(mut self) -> Option<Profile> {
        let all: f64 = self.functions.self_time.iter().sum();
        if all <= 0.0 {
            return None;
        }
        let edges: Vec<Edge> = self
            .order
            .iter()
            .filter_map(|&(caller, callee)| {
                let &(calls, total_time) = self.edges.get(&(caller, callee))?;
                Some(Edge { caller, callee, calls, primitive_calls: calls, self_time: 0.0, total_time })
            })
            .collect();
        let mut edges = Edges::new(self.functions.len(), edges);
        let component = strong_components(self.functions.len(), &edges);
        let is_within = |edges: &Edges, edge: usize| {
            component[edges.caller[edge] as usize] == component[edges.callee[edge] as usize]
        };
        let functions = &mut self.functions;
        for function in 0..functions.len() {
            let incoming = Edges::into(&edges, function as FunctionId);
            let (mut calls, mut outside, mut outside_time, mut all_time) = (0_i64, 0_i64, 0.0, 0.0);
            for edge in incoming.clone() {
                calls = calls.saturating_add(edges.calls[edge]);
                all_time += edges.total_time[edge];
                if is_within(&edges, edge) {
                    edges.primitive_calls[edge] = 0;
                } else {
                    outside = outside.saturating_add(edges.calls[edge]);
                    outside_time += edges.total_time[edge];
                }
            }
            let own = functions.self_time[function];
            let below: f64 = edges
                .out_of(function as FunctionId)
                .iter()
                .filter(|&&edge| edges.callee[edge as usize] != function as FunctionId)
                .map(|&edge| edges.total_time[edge as usize])
                .sum();
            let is_recursive = incoming.clone().any(|edge| is_within(&edges, edge));
            // Where nobody calls it, it was begun once; recursive calls are within the outermost ones.
            functions.calls[function] = calls.saturating_add(i64::from(outside == 0));
            functions.primitive_calls[function] = outside.max(1);
            functions.total_time[function] = match (is_recursive, outside > 0) {
                (false, _) => own + below,
                (true, true) => outside_time.max(own),
                (true, false) => (own + below).min(all),
            };
            for edge in incoming {
                let share = if all_time > 0.0 { edges.total_time[edge] / all_time } else { 0.0 };
                edges.self_time[edge] = (own * share).min(edges.total_time[edge]);
            }
        }
        Some(Profile {
            unit: Unit::Seconds,
            functions: self.functions,
            edges,
            by_line: false,
            recorded_tree: None,
        })
    }
}
