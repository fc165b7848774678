//! How often a walk inside a cycle visits each function: rows of (I − P)⁻¹.
//!
//! By state reduction as of Grassmann, Taksar and Heyman (<https://doi.org/10.1287/opre.33.5.1107>):
//! only positive numbers are added, so nothing cancels, however deep the recursion. Functions with
//! few neighbours are taken out first, which keeps a call graph's matrix sparse.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::{FxHashMap, FxHashSet};

/// Products the reduction may take; a component that needs more is too entangled.
const PRODUCTS: usize = 20_000_000;

/// One function taken out of the walk.
struct Step {
    state: u32,
    /// Probability of leaving it for another, or for good.
    leave: f64,
    /// Steps to states taken out later: range in [`Walk::states`].
    out: std::ops::Range<usize>,
    /// Steps from states taken out later: range in [`Walk::states`].
    come: std::ops::Range<usize>,
}

/// A reduced walk, ready to give rows.
pub(super) struct Walk {
    size: usize,
    steps: Vec<Step>,
    states: Vec<u32>,
    chances: Vec<f64>,
}

impl Walk {
    /// Reduces the walk with `steps` as (state, next state, probability), no step to itself, where
    /// `drain` is each state's probability of ending. `None` if that takes too long.
    pub fn new(drain: &[f64], steps: impl Iterator<Item = (u32, u32, f64)>) -> Option<Self> {
        let size = drain.len();
        let mut drain = drain.to_vec();
        let mut out: Vec<FxHashMap<u32, f64>> = vec![FxHashMap::default(); size];
        let mut come: Vec<FxHashSet<u32>> = vec![FxHashSet::default(); size];
        for (from, to, chance) in steps {
            if chance > 0.0 {
                *out[from as usize].entry(to).or_insert(0.0) += chance;
                come[to as usize].insert(from);
            }
        }
        let mut result = Self { size, steps: Vec::new(), states: Vec::new(), chances: Vec::new() };
        let mut queue: BinaryHeap<Reverse<(usize, u32)>> =
            (0..size).map(|state| Reverse((out[state].len() * come[state].len(), state as u32))).collect();
        let mut gone = vec![false; size];
        let mut products = 0;
        while let Some(Reverse((cost, state))) = queue.pop() {
            let here = state as usize;
            if gone[here] {
                continue;
            }
            let now = out[here].len() * come[here].len();
            if cost < now {
                queue.push(Reverse((now, state)));
                continue;
            }
            products += now;
            if products > PRODUCTS {
                return None;
            }
            gone[here] = true;
            let mut outs: Vec<(u32, f64)> = out[here].drain().collect();
            outs.sort_unstable_by_key(|&(next, _)| next);
            let mut ins: Vec<(u32, f64)> = Vec::with_capacity(come[here].len());
            let mut callers: Vec<u32> = come[here].drain().collect();
            callers.sort_unstable();
            for from in callers {
                if let Some(chance) = out[from as usize].remove(&state) {
                    ins.push((from, chance));
                }
            }
            let leave = outs.iter().map(|&(_, chance)| chance).sum::<f64>() + drain[here];
            // A state that cannot be left keeps what comes; that happens only where no time is.
            let leave = if leave > 0.0 { leave } else { 1.0 };
            for &(next, _) in &outs {
                come[next as usize].remove(&state);
            }
            for &(from, chance) in &ins {
                drain[from as usize] += chance * drain[here] / leave;
                for &(next, onward) in &outs {
                    // Coming back to `from` is taken out when `from` is: its own `leave` grows less.
                    if next != from {
                        *out[from as usize].entry(next).or_insert(0.0) += chance * onward / leave;
                        come[next as usize].insert(from);
                    }
                }
            }
            let out = result.keep(&outs);
            let come = result.keep(&ins);
            result.steps.push(Step { state, leave, out, come });
        }
        Some(result)
    }

    fn keep(&mut self, steps: &[(u32, f64)]) -> std::ops::Range<usize> {
        let begin = self.states.len();
        self.states.extend(steps.iter().map(|&(state, _)| state));
        self.chances.extend(steps.iter().map(|&(_, chance)| chance));
        begin..self.states.len()
    }

    /// Expected visits of every state by a walk from `start`, its first included.
    pub fn row(&self, start: u32) -> Vec<f64> {
        let mut mass = vec![0.0; self.size];
        mass[start as usize] = 1.0;
        for step in &self.steps {
            let here = mass[step.state as usize];
            if here > 0.0 {
                for place in step.out.clone() {
                    mass[self.states[place] as usize] += here * self.chances[place] / step.leave;
                }
            }
        }
        let mut row = vec![0.0; self.size];
        for step in self.steps.iter().rev() {
            let back: f64 =
                step.come.clone().map(|place| row[self.states[place] as usize] * self.chances[place]).sum();
            row[step.state as usize] = (mass[step.state as usize] + back) / step.leave;
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0 → 1 always; 1 → 0 with ½, 1 → 2 with ¼, ends with ¼; 2 → 1 with ½, ends with ½.
    const DRAIN: [f64; 3] = [0.0, 0.25, 0.5];
    const STEPS: [(u32, u32, f64); 4] = [(0, 1, 1.0), (1, 0, 0.5), (1, 2, 0.25), (2, 1, 0.5)];

    #[test]
    fn rows_solve_the_equations_of_the_walk() {
        let walk = Walk::new(&DRAIN, STEPS.into_iter()).expect("small");
        for start in 0..3_u32 {
            let row = walk.row(start);
            for state in 0..3_u32 {
                let arrive: f64 = STEPS
                    .iter()
                    .filter(|step| step.1 == state)
                    .map(|step| row[step.0 as usize] * step.2)
                    .sum();
                let begin = if start == state { 1.0 } else { 0.0 };
                assert!((row[state as usize] - arrive - begin).abs() < 1e-12, "{row:?}");
            }
            let ends: f64 = row.iter().zip(DRAIN).map(|(visits, drain)| visits * drain).sum();
            assert!((ends - 1.0).abs() < 1e-12);
        }
    }
}
