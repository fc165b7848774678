//! Inclusive time inside cycles.
//!
//! An edge that is nested in itself (fewer primitive calls than calls) has its inclusive time
//! written for the outermost activations only. The time of all activations is at least that, and
//! for every function what comes in equals what goes out. Of all times that fulfil this, those
//! nearest (in relative entropy) to the guess "a nested call lasts as long as an outermost one" are
//! taken: matrix balancing ([`super::scaling`]).

use super::conservation::Flow;
use super::scaling::{NOBODY, Open, project};
use crate::profile::components::Components;

/// Fills in [`Flow::below`] of the inner edges of `component` and [`Flow::flow`] of its members, and
/// shares time among its roots, which are those from `first_root` on. `leaving` is, per member, the
/// time known to go out; `entering` the time known to come in from other components. Returns the seconds by which the members stay unbalanced: 0 but for rounding, unless
/// the file contradicts itself.
pub(super) fn balance(
    flow: &mut Flow<'_>,
    components: &Components,
    component: u32,
    leaving: &[f64],
    entering: &[f64],
    first_root: usize,
) -> f64 {
    let edges = &flow.profile.edges;
    let members = components.members(component);
    for (&member, &out) in members.iter().zip(leaving) {
        flow.flow[member as usize] = out;
    }
    if members.len() == 1 {
        for edge in edges.into(members[0]).filter(|&edge| edges.caller[edge] == members[0]) {
            flow.below[edge] = 0.0;
        }
        return 0.0;
    }
    let mut open = Vec::new();
    // What comes in minus what goes out has to become this by what is open.
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
                let extra = (calls - primitive) * flow.outermost[edge] / calls;
                if extra > 0.0 {
                    open.push(Open { place: edge, from: from as u32, to, seconds: extra });
                }
            }
        }
    }
    for (place, root) in flow.roots.iter().enumerate().skip(first_root) {
        let to = components.position[root.function as usize];
        if root.below > 0.0 {
            open.push(Open { place, from: NOBODY, to, seconds: root.below });
        }
    }
    let scale: f64 = leaving.iter().sum();
    let unbalanced = project(&mut open, &need, scale);
    // Whatever is left of the error, roots together keep their time.
    let below: f64 = flow.roots[first_root..].iter().map(|root| root.below).sum();
    let sum: f64 = open.iter().filter(|open| open.from == NOBODY).map(|open| open.seconds).sum();
    for open in &open {
        if open.from == NOBODY {
            if sum > 0.0 {
                flow.roots[open.place].below = open.seconds / sum * below;
            }
        } else {
            flow.below[open.place] += open.seconds;
        }
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
