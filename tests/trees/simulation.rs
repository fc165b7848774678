//! Programs made up of random events, with the profile cProfile would have written of them.

use std::collections::{BTreeMap, HashMap};

use flamedrop::profile::call_tree::NO_PARENT;
use flamedrop::profile::{Edge, Edges, Functions, Profile, Unit};

use super::recording::{Recording, TrueBox};

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
    true_box: u32,
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
                functions.entry(function).or_default().active += 1;
                if let Some(caller) = stack.last() {
                    edges.entry((caller.function, function)).or_default().active += 1;
                }
                // Folded to the first occurrence on the stack.
                let above = stack.iter().find(|above| above.function == function);
                let true_box = above.map(|above| above.true_box).unwrap_or_else(|| {
                    let parent = stack.last().map_or(NO_PARENT, |caller| caller.true_box);
                    *boxes.entry((parent, function)).or_insert_with(|| {
                        truth.push((parent, function, 0));
                        truth.len() as u32 - 1
                    })
                });
                stack.push(Activation { function, true_box, own: 0, below: 0 });
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
    let mut truth: Vec<TrueBox> = truth
        .iter()
        .map(|&(parent, function, own)| TrueBox {
            parent,
            function: ids[&function],
            self_time: seconds(own),
            total_time: seconds(own),
        })
        .collect();
    for index in (0..truth.len()).rev() {
        if let Some(parent) = truth.get(index).map(|below| below.parent).filter(|&parent| parent != NO_PARENT)
        {
            truth[parent as usize].total_time += truth[index].total_time;
        }
    }
    let profile = Profile {
        unit: Unit::Seconds,
        edges: Edges::new(columns.len(), edges),
        functions: columns,
        by_line: false,
        recorded_tree: None,
    };
    Recording { profile, truth }
}
