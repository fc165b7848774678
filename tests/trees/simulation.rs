//! Programs made up of random events, with the profile cProfile would have written of them.

use std::collections::{BTreeMap, HashMap};

use flamedrop::profile::call_tree::NO_PARENT;
use flamedrop::profile::{Edge, Edges, Functions, Profile, Unit};

use super::recording::Recording;

/// What a program does next.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// Call this function.
    Call(u8),
    /// Return, if anything was called.
    Return,
    /// Spend so many microseconds.
    Spend(u16),
}

/// The four numbers of CPython's Modules/_lsprof.c.
#[derive(Default, Clone, Copy)]
struct Numbers {
    calls: i64,
    nested: i64,
    own: u64,
    total: u64,
    active: u32,
}

impl Numbers {
    fn leave(&mut self, own: u64, total: u64) {
        self.active -= 1;
        self.calls += 1;
        self.own += own;
        if self.active == 0 { self.total += total } else { self.nested += 1 }
    }
}

struct Activation {
    function: u8,
    /// What its own time is in.
    true_box: u32,
    /// What its callees are below.
    inside: u32,
    own: u64,
    below: u64,
}

/// Plays events; calls deeper than 40 are left out, what was called returns at the end.
pub fn play(events: &[Event]) -> Recording {
    let mut functions: BTreeMap<u8, Numbers> = BTreeMap::new();
    let mut edges: BTreeMap<(u8, u8), Numbers> = BTreeMap::new();
    let mut truth: Vec<(u32, u8, u64)> = Vec::new();
    let mut boxes: HashMap<(u32, u8), u32> = HashMap::new();
    let mut stack: Vec<Activation> = Vec::new();
    let returns = std::iter::repeat_n(Event::Return, 40);
    for event in events.iter().copied().chain(returns) {
        match event {
            Event::Call(_) if stack.len() == 40 => {}
            Event::Call(function) => {
                let numbers = functions.entry(function).or_default();
                numbers.active += 1;
                let outermost = numbers.active == 1;
                if let Some(caller) = stack.last() {
                    edges.entry((caller.function, function)).or_default().active += 1;
                }
                let above = stack.last().map_or(NO_PARENT, |caller| caller.inside);
                let within_itself = truth.get(above as usize).is_some_and(|above| above.1 == function);
                let true_box = if within_itself {
                    above
                } else {
                    *boxes.entry((above, function)).or_insert_with(|| {
                        truth.push((above, function, 0));
                        truth.len() as u32 - 1
                    })
                };
                let inside = if outermost { true_box } else { above };
                stack.push(Activation { function, true_box, inside, own: 0, below: 0 });
            }
            Event::Return => {
                if let Some(done) = stack.pop() {
                    let total = done.own + done.below;
                    truth[done.true_box as usize].2 += done.own;
                    functions.entry(done.function).or_default().leave(done.own, total);
                    if let Some(caller) = stack.last_mut() {
                        caller.below += total;
                        edges.entry((caller.function, done.function)).or_default().leave(done.own, total);
                    }
                }
            }
            Event::Spend(time) => {
                if let Some(active) = stack.last_mut() {
                    active.own += u64::from(time);
                }
            }
        }
    }
    let ids: BTreeMap<u8, u32> = functions.keys().zip(0..).map(|(&function, id)| (function, id)).collect();
    let seconds = |microseconds: u64| microseconds as f64 / 1e6;
    let mut columns = Functions::default();
    for (function, numbers) in &functions {
        columns.file.push(columns.files.intern("program.py"));
        columns.line.push(i64::from(*function));
        columns.name.push(columns.names.intern(&format!("f{function}")));
        columns.calls.push(numbers.calls);
        columns.primitive_calls.push(numbers.calls - numbers.nested);
        columns.self_time.push(seconds(numbers.own));
        columns.total_time.push(seconds(numbers.total));
    }
    let edges = edges
        .iter()
        .map(|((caller, callee), numbers)| Edge {
            caller: ids[caller],
            callee: ids[callee],
            calls: numbers.calls,
            primitive_calls: numbers.calls - numbers.nested,
            self_time: seconds(numbers.own),
            total_time: seconds(numbers.total),
        })
        .collect();
    let profile = Profile {
        unit: Unit::Seconds,
        edges: Edges::new(columns.len(), edges),
        functions: columns,
        by_line: false,
        recorded_tree: None,
        ..Profile::default()
    };
    let truth = truth.into_iter().map(|(parent, function, own)| (parent, ids[&function], seconds(own)));
    Recording::new(profile, truth)
}
