//! Inclusive time inside cycles.
//!
//! An edge that is nested in itself (fewer primitive calls than calls) has its inclusive time
//! written for the outermost activations only. The time of all activations is at least that, and
//! for every function what comes in equals what goes out. Of all times that fulfil this, those
//! nearest (in relative entropy) to the guess "a nested call lasts as long as an outermost one" are
//! taken: matrix balancing, one function at a time.

use super::components::Components;
use super::conservation::Flow;

/// Sweeps over a component at most; usually 5 to 250 are needed.
const SWEEPS: usize = 400;

/// Edge visits in one component at most, so that a huge one cannot hang.
const VISITS: usize = 20_000_000;

/// One edge inside the component between two different functions that is nested in itself.
struct Nested {
    edge: usize,
    from: u32,
    to: u32,
    /// Seconds beyond the outermost activations.
    extra: f64,
}

/// Fills in [`Flow::below`] of the inner edges of `component` and [`Flow::flow`] of its members.
/// `leaving` is, per member, the time known to go out; `entering` the time known to come in from
/// outside. Returns the seconds by which the members stay unbalanced: 0 but for rounding, unless
/// the file contradicts itself.
pub(super) fn balance(
    flow: &mut Flow<'_>,
    components: &Components,
    component: u32,
    leaving: &[f64],
    entering: &[f64],
) -> f64 {
    let edges = &flow.profile.edges;
    let members = components.members(component);
    for (&member, &out) in members.iter().zip(leaving) {
        flow.flow[member as usize] = out;
    }
    let mut nested = Vec::new();
    // What comes in minus what goes out has to become this by `extra`.
    let mut need: Vec<f64> = leaving.iter().zip(entering).map(|(out, come)| out - come).collect();
    for (from, &member) in members.iter().enumerate() {
        for &edge in edges.out_of(member) {
            let edge = edge as usize;
            let callee = edges.callee[edge];
            if components.component[callee as usize] != component {
                continue;
            }
            if callee == member {
                // How deep a function calls itself directly cancels out of everything that is asked.
                flow.below[edge] = 0.0;
                continue;
            }
            let to = components.position[callee as usize];
            need[from] += flow.below[edge];
            need[to as usize] -= flow.below[edge];
            let calls = flow.calls[edge];
            let primitive = (edges.primitive_calls[edge].max(0) as f64).min(calls);
            if primitive < calls {
                let extra = (calls - primitive) * flow.outermost[edge] / primitive.max(1.0);
                if extra > 0.0 {
                    nested.push(Nested { edge, from: from as u32, to, extra });
                }
            }
        }
    }
    if members.len() == 1 {
        return 0.0;
    }
    let scale: f64 = leaving.iter().sum();
    let unbalanced = project(&mut nested, &need, scale);
    for edge in &nested {
        flow.below[edge.edge] += edge.extra;
    }
    for &member in members {
        for &edge in edges.out_of(member) {
            let edge = edge as usize;
            if components.component[edges.callee[edge] as usize] == component {
                flow.flow[member as usize] += flow.below[edge];
            }
        }
    }
    unbalanced
}

/// Cyclic projections on "in − out = need", one member at a time: its incoming edges are multiplied
/// by t, its outgoing ones divided. Returns what is left of the error.
fn project(nested: &mut [Nested], need: &[f64], scale: f64) -> f64 {
    let size = need.len();
    let (incoming, outgoing) = (index(size, nested, |edge| edge.to), index(size, nested, |edge| edge.from));
    let sweeps = SWEEPS.min(VISITS / (nested.len() * 4 + size).max(1)).max(8);
    let mut worst = 0.0;
    for _ in 0..sweeps {
        worst = 0.0;
        for member in 0..size {
            let ins = incoming.of(member);
            let outs = outgoing.of(member);
            let a: f64 = ins.iter().map(|&edge| nested[edge as usize].extra).sum();
            let b: f64 = outs.iter().map(|&edge| nested[edge as usize].extra).sum();
            let need = need[member];
            worst += (a - b - need).abs();
            let factor = if a > 0.0 {
                let root = (need * need + 4.0 * a * b).sqrt();
                // The same root of a t² − need t − b, without cancellation for a negative need.
                if need >= 0.0 { (need + root) / (2.0 * a) } else { 2.0 * b / (root - need) }
            } else if b > 0.0 && need < 0.0 {
                -b / need
            } else {
                continue;
            };
            let factor = factor.clamp(1e-6, 1e6);
            for &edge in ins {
                nested[edge as usize].extra *= factor;
            }
            for &edge in outs {
                nested[edge as usize].extra /= factor;
            }
        }
        if worst < 1e-11 * scale {
            break;
        }
    }
    if worst < 1e-5 * scale { 0.0 } else { worst / 2.0 }
}

/// Edges by one of their ends.
struct Index {
    first: Vec<u32>,
    edges: Vec<u32>,
}

impl Index {
    fn of(&self, member: usize) -> &[u32] {
        &self.edges[self.first[member] as usize..self.first[member + 1] as usize]
    }
}

fn index(size: usize, nested: &[Nested], end: impl Fn(&Nested) -> u32) -> Index {
    let mut edges: Vec<u32> = (0..nested.len() as u32).collect();
    edges.sort_by_key(|&edge| end(&nested[edge as usize]));
    let mut first = vec![0_u32; size + 1];
    for edge in nested {
        first[end(edge) as usize + 1] += 1;
    }
    for member in 0..size {
        first[member + 1] += first[member];
    }
    Index { first, edges }
}
