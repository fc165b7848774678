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
        // By file, then by line: the function of a lambda begins above it.
        let order = sort::order(count, &mut |a, b| {
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

    /// How likely time that entered a function over `entered` goes on over `edge`, by what the two are.
    pub fn affinity(&self, graph: &Graph<'_>, entered: u32, edge: u32) -> f64 {
        let through = graph.caller[edge as usize];
        let caller = graph.caller[entered as usize];
        let callee = graph.callee[edge as usize];
        if caller == NOBODY || !self.built_in[through as usize] || self.built_in[callee as usize] {
            return 1.0;
        }
        let callers = || graph.flow.profile.edges.callers(through);
        let enclosing = self.enclosing[callee as usize];
        if enclosing != NOBODY {
            if caller == enclosing || self.enclosing[caller as usize] == enclosing {
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
