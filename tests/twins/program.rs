//! Programs made up of random events, with the profile cProfile would have written of them, where functions
//! share file, line and name.

use std::collections::BTreeMap;

use flamedrop::profile::twins::Call;
use flamedrop::profile::{Edge, Edges, Functions, Profile, Unit};

/// What a program does next.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// Call this code object.
    Call(u8),
    /// Return, if anything but the first function was called.
    Return,
    /// Spend so many nanoseconds.
    Spend(u32),
}

/// The four numbers of CPython's Modules/_lsprof.c.
#[derive(Debug, Default, Clone, Copy)]
struct Numbers {
    calls: i64,
    nested: i64,
    own: u64,
    total: u64,
    /// Of all activations, nested ones as well.
    whole: u64,
    active: u32,
}

impl Numbers {
    fn leave(&mut self, own: u64, total: u64) {
        self.active -= 1;
        self.calls += 1;
        self.own += own;
        self.whole += total;
        if self.active == 0 { self.total += total } else { self.nested += 1 }
    }
}

/// What the profiler has of each code object.
#[derive(Default)]
pub struct Recorded {
    codes: BTreeMap<u8, Numbers>,
    edges: BTreeMap<(u8, u8), Numbers>,
    /// Nanoseconds on each stack of code objects.
    stacks: BTreeMap<Vec<u8>, u64>,
}

impl Recorded {
    /// Seconds in each stack of functions and all below it; `None` where a label is twice on one.
    pub fn stacks(&self, labels: Labels, profile: &Profile) -> Option<BTreeMap<Vec<u32>, f64>> {
        let lines = &profile.functions.line;
        let mut stacks: BTreeMap<Vec<u32>, f64> = BTreeMap::new();
        for (stack, &time) in &self.stacks {
            let mut path = Vec::new();
            for &code in stack {
                let line = i64::from(labels(code));
                let function = lines.iter().position(|&other| other == line)? as u32;
                if path.contains(&function) {
                    return None;
                }
                path.push(function);
                *stacks.entry(path.clone()).or_default() += seconds(time);
            }
        }
        Some(stacks)
    }
}

/// Code object 0 runs the program; calls deeper than 30 are left out.
pub fn record(events: &[Event]) -> Recorded {
    let mut recorded = Recorded::default();
    let mut stack: Vec<(u8, u64, u64)> = Vec::new();
    let begin = [Event::Call(0)].into_iter();
    let end = std::iter::repeat_n(Event::Return, 31);
    let last = begin.len() + events.len() + 30;
    for (at, event) in begin.chain(events.iter().copied()).chain(end).enumerate() {
        match event {
            Event::Call(code) if stack.len() < 30 => {
                recorded.codes.entry(code).or_default().active += 1;
                if let Some(caller) = stack.last() {
                    recorded.edges.entry((caller.0, code)).or_default().active += 1;
                }
                // No clock is so slow that a call takes no time.
                stack.push((code, 37 + at as u64 * 13 % 29, 0));
            }
            Event::Return if stack.len() > 1 || at == last => {
                let path: Vec<u8> = stack.iter().map(|active| active.0).collect();
                let Some((code, own, below)) = stack.pop() else { continue };
                *recorded.stacks.entry(path).or_default() += own;
                let total = own + below;
                recorded.codes.entry(code).or_default().leave(own, total);
                if let Some(caller) = stack.last_mut() {
                    caller.2 += total;
                    recorded.edges.entry((caller.0, code)).or_default().leave(own, total);
                }
            }
            Event::Spend(time) => {
                if let Some(active) = stack.last_mut() {
                    active.1 += u64::from(time);
                }
            }
            Event::Call(_) | Event::Return => {}
        }
    }
    recorded
}

/// How the code objects are called: those of one number are twins. Labels from `UNNAMED` on are lambdas.
pub type Labels = fn(u8) -> u8;

pub const UNNAMED: u8 = 100;

/// What was lost.
#[derive(Debug, Default)]
pub struct Truth {
    /// Calls of lost twins, by key and caller.
    pub calls: BTreeMap<(u32, u32), Call>,
    /// Whether some were called by functions that have twins under another key.
    pub mixed: bool,
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 * 1e-9
}

/// The profile as `snapshot_stats` writes it: of each label the code object that comes last, and the calls
/// of its lost twins, by label and caller's label.
pub fn snapshot(recorded: &Recorded, labels: Labels, order: &[u8]) -> (Profile, Truth) {
    let place = |code: u8| order.iter().position(|&other| other == code).unwrap_or(usize::from(code));
    let mut kept: BTreeMap<u8, u8> = BTreeMap::new();
    for &code in recorded.codes.keys() {
        let last = kept.entry(labels(code)).or_insert(code);
        if place(code) >= place(*last) {
            *last = code;
        }
    }
    let ids: BTreeMap<u8, u32> = kept.keys().zip(0..).map(|(&label, id)| (label, id)).collect();
    let mut functions = Functions::default();
    let mut row = |line: i64, name: &str, numbers: &Numbers| {
        functions.file.push(functions.files.intern("program.py"));
        functions.line.push(line);
        functions.name.push(functions.names.intern(name));
        functions.calls.push(numbers.calls);
        functions.primitive_calls.push(numbers.calls - numbers.nested);
        functions.self_time.push(seconds(numbers.own));
        functions.total_time.push(seconds(numbers.total));
    };
    for (&label, code) in &kept {
        let name = if label >= UNNAMED { "<lambda>".to_owned() } else { format!("f{label}") };
        row(i64::from(label), &name, &recorded.codes[code]);
    }
    let switched_off = Numbers { calls: 1, own: 500, total: 500, ..Numbers::default() };
    row(0, "<method 'disable' of '_lsprof.Profiler' objects>", &switched_off);
    let mut edges: BTreeMap<(u32, u32), Edge> = BTreeMap::new();
    let mut truth = Truth::default();
    let has_twins =
        |code: u8| recorded.codes.keys().filter(|&&other| labels(other) == labels(code)).count() > 1;
    for (&(caller, callee), numbers) in &recorded.edges {
        let (from, to) = (ids[&labels(caller)], ids[&labels(callee)]);
        if kept[&labels(callee)] == callee {
            let edge = edges.entry((from, to)).or_insert(Edge {
                caller: from,
                callee: to,
                calls: 0,
                primitive_calls: 0,
                self_time: 0.0,
                total_time: 0.0,
            });
            edge.calls += numbers.calls;
            edge.primitive_calls += numbers.calls - numbers.nested;
            edge.self_time += seconds(numbers.own);
            edge.total_time += seconds(numbers.total);
        } else {
            truth.mixed |= from != to && has_twins(caller);
            let call = truth.calls.entry((to, from)).or_insert(Call {
                caller: from,
                key: to,
                calls: 0,
                self_time: 0.0,
                total_time: 0.0,
            });
            call.calls += numbers.calls;
            call.self_time += seconds(numbers.own);
            call.total_time += seconds(numbers.whole);
        }
    }
    let profile = Profile {
        unit: Unit::Seconds,
        edges: Edges::new(functions.len(), edges.into_values().collect()),
        functions,
        by_line: false,
        recorded_tree: None,
        ..Profile::default()
    };
    (profile, truth)
}
