//! Which functions all ways to a function lead through: a call from below one of these is within a call of it. By
//! [Cooper, Harvey and Kennedy](https://www.cs.tufts.edu/~nr/cs257/archive/keith-cooper/dom14.pdf).

use crate::profile::Edges;

/// Place of a function no entry leads to.
const NONE: usize = usize::MAX;

/// The dominator tree of a call graph: per function the stretch of the tree's order that it and all below it take.
pub(super) struct Dominators {
    from: Vec<usize>,
    to: Vec<usize>,
}

impl Dominators {
    /// Of `count` functions, those of `entries` called by nobody or from outside.
    pub fn of(count: usize, edges: &Edges, entries: &[usize]) -> Self {
        // What calls the entries is a node of its own.
        let root = count;
        let order = order(count, edges, entries);
        let mut place = vec![NONE; count + 1];
        for (at, &node) in order.iter().enumerate() {
            place[node] = at;
        }
        let mut is_entry = vec![false; count];
        for &entry in entries {
            is_entry[entry] = true;
        }
        // By place in the order; what dominates comes earlier.
        let mut above = vec![NONE; order.len()];
        above[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for at in 1..order.len() {
                let node = order[at];
                let mut next = if is_entry[node] { 0 } else { NONE };
                for edge in edges.into(node as u32) {
                    let mut other = place[edges.caller[edge] as usize];
                    if other == NONE || above[other] == NONE {
                        continue;
                    }
                    if next == NONE {
                        next = other;
                        continue;
                    }
                    while next != other {
                        if next > other {
                            next = above[next];
                        } else {
                            other = above[other];
                        }
                    }
                }
                if above[at] != next {
                    above[at] = next;
                    changed = true;
                }
            }
        }
        // How many each has below, and with that where the stretch of each begins.
        let mut size = vec![1_usize; order.len()];
        for at in (1..order.len()).rev() {
            if above[at] != NONE {
                size[above[at]] += size[at];
            }
        }
        let mut next = vec![1_usize; order.len()];
        let (mut from, mut to) = (vec![NONE; count + 1], vec![NONE; count + 1]);
        (from[root], to[root]) = (0, size[0]);
        for at in 1..order.len() {
            if above[at] == NONE {
                continue;
            }
            let begin = next[above[at]];
            next[above[at]] += size[at];
            next[at] = begin + 1;
            (from[order[at]], to[order[at]]) = (begin, begin + size[at]);
        }
        Self { from, to }
    }

    /// Whether all ways to `other` lead through `function`; true of a function and itself.
    pub fn lead_through(&self, function: usize, other: usize) -> bool {
        self.from[function] != NONE
            && self.from[other] != NONE
            && (self.from[function]..self.to[function]).contains(&self.from[other])
    }
}

/// What the entries lead to, callers before what they call where they are not in a circle.
fn order(count: usize, edges: &Edges, entries: &[usize]) -> Vec<usize> {
    let mut seen = vec![false; count];
    let mut order = Vec::with_capacity(count + 1);
    // Functions that are gone through, and the next of their edges.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for &entry in entries.iter().rev() {
        if std::mem::replace(&mut seen[entry], true) {
            continue;
        }
        open.push((entry, 0));
        while let Some((node, next)) = open.last_mut() {
            let Some(&edge) = edges.out_of(*node as u32).get(*next) else {
                order.push(*node);
                open.pop();
                continue;
            };
            *next += 1;
            let callee = edges.callee[edge as usize] as usize;
            if !std::mem::replace(&mut seen[callee], true) {
                open.push((callee, 0));
            }
        }
    }
    order.push(count);
    order.reverse();
    order
}
