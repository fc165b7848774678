//! The call graph of a callgrind file, with what pstats has beyond it: totals, and which calls were recursive.

use rustc_hash::FxHashMap;

use super::super::frame::NO_FILE;
use super::dominators::Dominators;
use crate::profile::{Edge, Edges, FunctionId, Functions, Profile, UNKNOWN_CALLS, Unit, strong_components};

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
    /// Per function whether the file says what it took itself.
    said: Vec<bool>,
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
            self.said.push(false);
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
        self.said[index] = true;
        let first = &mut self.functions.line[index];
        if line > 0 && (*first == 0 || line < *first) && self.functions.file(function) != NO_FILE {
            self.functions.line[index] = line;
        }
    }

    /// How many functions the file names, but does not say what they took.
    pub fn unsaid(&self) -> u64 {
        self.said.iter().filter(|said| !**said).count() as u64
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

    /// The profile, and how many functions and calls in it took time without being called; `None` where there is nothing
    /// measured in it.
    pub fn profile(mut self, unit: Unit) -> Option<(Profile, u64)> {
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
        let count = self.functions.len();
        let component = strong_components(count, &edges);
        let is_within = |edges: &Edges, edge: usize| {
            component[edges.caller[edge] as usize] == component[edges.callee[edge] as usize]
        };
        let functions = &mut self.functions;
        let below: Vec<f64> = (0..count as FunctionId)
            .map(|function| {
                let out = edges.out_of(function).iter().map(|&edge| edge as usize);
                out.filter(|&edge| edges.callee[edge] != function).map(|edge| edges.total_time[edge]).sum()
            })
            .collect();
        // Where a program begins: what nobody calls, and of functions that call each other, and that nobody else
        // calls, the one that took longest.
        let mut first: FxHashMap<u32, usize> = FxHashMap::default();
        let took = |function: usize| functions.self_time[function] + below[function];
        for (function, &component) in component.iter().enumerate() {
            let known = first.entry(component).or_insert(function);
            if took(function) > took(*known) {
                *known = function;
            }
        }
        for edge in 0..edges.len() {
            if !is_within(&edges, edge) {
                first.remove(&component[edges.callee[edge] as usize]);
            }
        }
        let mut entries: Vec<usize> = first.into_values().collect();
        crate::sort::by_number(&mut entries, |entry| *entry as u32);
        let dominators = Dominators::of(count, &edges, &entries);
        // A file of samples has no number of any call.
        let is_counted = edges.is_empty() || edges.calls.iter().any(|&calls| calls > 0);
        let mut uncalled = 0;
        for (function, &below) in below.iter().enumerate() {
            let incoming = Edges::into(&edges, function as FunctionId);
            let is_entry = entries.binary_search(&function).is_ok();
            let (mut calls, mut outermost) = (i64::from(is_entry), i64::from(is_entry));
            let (mut outermost_time, mut longest, mut all_time) = (0.0, 0.0_f64, 0.0);
            let mut is_recursive = false;
            for edge in incoming.clone() {
                calls = calls.saturating_add(edges.calls[edge]);
                all_time += edges.total_time[edge];
                longest = longest.max(edges.total_time[edge]);
                // Whatever its caller was called by, it was called below this function: within a call of it.
                if dominators.lead_through(function, edges.caller[edge] as usize) {
                    edges.primitive_calls[edge] = 0;
                    is_recursive = true;
                    continue;
                }
                outermost = outermost.saturating_add(edges.calls[edge]);
                outermost_time += edges.total_time[edge];
                if is_within(&edges, edge) {
                    is_recursive = true;
                }
            }
            let own = functions.self_time[function];
            let whole = own + below;
            // What took time was called; a file that says nobody did has lost how often.
            let is_possible = calls > 0 || whole <= 0.0;
            uncalled += u64::from(is_counted && !is_possible);
            (functions.calls[function], functions.primitive_calls[function]) = if is_counted && is_possible {
                (calls, outermost.clamp(calls.min(1), calls))
            } else {
                (UNKNOWN_CALLS, UNKNOWN_CALLS)
            };
            functions.total_time[function] = match (is_recursive, is_entry) {
                (false, _) => whole,
                (true, true) => whole.min(all),
                // Calls from several functions of a circle can be within each other.
                (true, false) => outermost_time.min(whole.min(all)).max(longest).max(own),
            };
            for edge in incoming {
                let share = if all_time > 0.0 { edges.total_time[edge] / all_time } else { 0.0 };
                edges.self_time[edge] = (own * share).min(edges.total_time[edge]);
                if !is_counted {
                    (edges.calls[edge], edges.primitive_calls[edge]) = (UNKNOWN_CALLS, UNKNOWN_CALLS);
                } else if edges.calls[edge] == 0 && edges.total_time[edge] > 0.0 {
                    uncalled += 1;
                    (edges.calls[edge], edges.primitive_calls[edge]) = (UNKNOWN_CALLS, UNKNOWN_CALLS);
                }
            }
        }
        let profile =
            Profile { unit, functions: self.functions, edges, by_line: false, ..Profile::default() };
        Some((profile, uncalled))
    }
}
