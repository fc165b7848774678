//! Cycles of a call graph: its strongly connected components.

use super::{FunctionId, Profile};

/// Which functions call each other in circles.
#[derive(Debug, Clone)]
pub struct Cycles {
    component: Vec<u32>,
    cyclic: Vec<bool>,
}

impl Cycles {
    /// Finds them: Tarjan's algorithm with a stack of its own, since call graphs can be deep.
    /// <https://en.wikipedia.org/wiki/Tarjan's_strongly_connected_components_algorithm>
    pub fn new(profile: &Profile) -> Self {
        const UNSEEN: u32 = u32::MAX;
        let count = profile.functions.len();
        let edges = &profile.edges;
        let mut index = vec![UNSEEN; count];
        let mut low = vec![0_u32; count];
        let mut on_stack = vec![false; count];
        let mut component = vec![UNSEEN; count];
        let mut cyclic = vec![false; count];
        let mut stack: Vec<FunctionId> = Vec::new();
        // Functions being visited, each with how many of its outgoing edges were followed.
        let mut work: Vec<(FunctionId, usize)> = Vec::new();
        let (mut next_index, mut next_component) = (0, 0);
        for start in 0..count as FunctionId {
            if index[start as usize] != UNSEEN {
                continue;
            }
            work.push((start, 0));
            while let Some((function, followed)) = work.pop() {
                let node = function as usize;
                if followed == 0 {
                    index[node] = next_index;
                    low[node] = next_index;
                    next_index += 1;
                    stack.push(function);
                    on_stack[node] = true;
                }
                if let Some(&edge) = edges.out_of(function).get(followed) {
                    work.push((function, followed + 1));
                    let callee = edges.callee[edge as usize];
                    if callee == function {
                        cyclic[node] = true;
                    } else if index[callee as usize] == UNSEEN {
                        work.push((callee, 0));
                    } else if on_stack[callee as usize] {
                        low[node] = low[node].min(index[callee as usize]);
                    }
                    continue;
                }
                if let Some(&(caller, _)) = work.last() {
                    low[caller as usize] = low[caller as usize].min(low[node]);
                }
                if low[node] == index[node] {
                    let mut size = 0;
                    while let Some(member) = stack.pop() {
                        on_stack[member as usize] = false;
                        component[member as usize] = next_component;
                        size += 1;
                        if member == function {
                            cyclic[node] |= size > 1;
                            break;
                        }
                        cyclic[member as usize] = true;
                    }
                    next_component += 1;
                }
            }
        }
        Self { component, cyclic }
    }

    /// Whether `function` can call itself, directly or through others.
    pub fn is_cyclic(&self, function: FunctionId) -> bool {
        self.cyclic[function as usize]
    }

    /// Whether each of the two can reach the other.
    pub fn same(&self, a: FunctionId, b: FunctionId) -> bool {
        self.component[a as usize] == self.component[b as usize]
    }
}
