//! Who calls whom through a built-in function.
//!
//! `sum` and `sorted` call what they were given: a generator or a lambda, which is written in the function that
//! called them. So of what a built-in function calls, a comprehension or lambda is its enclosing function's, and
//! another function likelier its caller's if both are in one file.

use super::graph::Graph;
use super::scaling::NOBODY;
use crate::profile::{FunctionId, Functions};
use crate::sort;

/// How much less likely a comprehension or lambda is called for another function than the one it is in.
const ENCLOSED: f64 = 100.0;

/// How much less likely a function is called for one of another file, where one of its own calls the built-in too.
const SAME_FILE: f64 = 10.0;

/// What names say.
#[derive(Debug, Default)]
pub(super) struct Kin {
    /// Per function: that in which it is written if it is a comprehension or lambda, else [`NOBODY`].
    enclosing: Vec<FunctionId>,
    built_in: Vec<bool>,
}

impl Kin {
    /// Of all functions.
    pub fn of(functions: &Functions) -> Self {
        let count = functions.len();
        // By file, then by line, where any is inside another: the function of a lambda begins above it.
        let mut has_inner = vec![false; functions.files.len()];
        for function in 0..count as u32 {
            has_inner[functions.file[function as usize] as usize] |= is_inner(functions.name(function));
        }
        let mut order: Vec<u32> = (0..count as u32)
            .filter(|&function| has_inner[functions.file[function as usize] as usize])
            .collect();
        sort::ids(&mut order, &mut |a, b| {
            let key = |at: u32| (functions.file[at as usize], functions.line[at as usize]);
            key(a).cmp(&key(b)).then(a.cmp(&b))
        });
        let mut enclosing = vec![NOBODY; count];
        let mut above = NOBODY;
        let mut file = u32::MAX;
        for &function in &order {
            let index = function as usize;
            if functions.file[index] != file {
                (file, above) = (functions.file[index], NOBODY);
            }
            let name = functions.name(function);
            if is_inner(name) {
                enclosing[index] = above;
            } else if name != "<module>" {
                above = function;
            }
        }
        let built_in = (0..count as u32).map(|function| functions.is_built_in(function)).collect();
        Self { enclosing, built_in }
    }

    /// Of time that entered a function over an edge.
    pub fn through<'a>(&'a self, graph: &'a Graph<'a>, entered: u32) -> Affinity<'a> {
        let through = graph.callee[entered as usize];
        let caller = graph.caller[entered as usize];
        let is_open = caller != NOBODY && self.built_in[through as usize];
        Affinity { kin: self, graph, caller, through, is_open }
    }
}

/// How likely time that came through a function goes on to another one, by what the two are.
pub(super) struct Affinity<'a> {
    kin: &'a Kin,
    graph: &'a Graph<'a>,
    /// Of the one it came through.
    caller: FunctionId,
    through: FunctionId,
    /// Whether names say anything.
    is_open: bool,
}

impl Affinity<'_> {
    /// How likely it goes on to this one.
    pub fn of(&self, callee: FunctionId) -> f64 {
        let Self { kin, graph, caller, through, is_open } = *self;
        if !is_open || kin.built_in[callee as usize] {
            return 1.0;
        }
        let callers = || graph.flow.profile.edges.callers(through);
        let enclosing = kin.enclosing[callee as usize];
        if enclosing != NOBODY {
            if caller == enclosing || kin.enclosing[caller as usize] == enclosing {
                return 1.0;
            }
            if callers().any(|other| other == enclosing) {
                return 1.0 / ENCLOSED;
            }
        }
        let file = &graph.flow.profile.functions.file;
        if file[caller as usize] == file[callee as usize] {
            return 1.0;
        }
        if callers().any(|other| file[other as usize] == file[callee as usize]) {
            1.0 / SAME_FILE
        } else {
            1.0
        }
    }
}

/// Whether a function of this name is written inside another one, in an expression.
fn is_inner(name: &str) -> bool {
    matches!(name, "<genexpr>" | "<lambda>" | "<listcomp>" | "<setcomp>" | "<dictcomp>")
}
