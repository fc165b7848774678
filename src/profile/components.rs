//! Cycles of the call graph: strongly connected components, callees first.

use super::{Edges, FunctionId};

/// Strongly connected components of a call graph. A component of one function without a call to
/// itself is no cycle; most are.
#[derive(Debug, Clone, Default)]
pub(super) struct Components {
    /// Per function: its component.
    pub component: Vec<u32>,
    /// Per function: its place among the members of its component.
    pub position: Vec<u32>,
    /// Functions, by component.
    members: Vec<FunctionId>,
    /// Per component: where its members begin; one entry more than components.
    first: Vec<u32>,
}

impl Components {
    /// Tarjan's algorithm with a stack of its own, since call graphs are deep. Components come out
    /// callees first: an edge never leads to a component of a higher number.
    pub fn of(functions: usize, edges: &Edges) -> Self {
        const UNSEEN: u32 = u32::MAX;
        let mut result = Self {
            component: vec![UNSEEN; functions],
            position: vec![0; functions],
            members: Vec::with_capacity(functions),
            first: vec![0],
        };
        let mut order = vec![UNSEEN; functions];
        let mut lowest = vec![0_u32; functions];
        let mut open: Vec<FunctionId> = Vec::new();
        let mut path: Vec<(FunctionId, u32)> = Vec::new();
        let mut seen = 0_u32;
        for start in 0..functions as u32 {
            if order[start as usize] != UNSEEN {
                continue;
            }
            path.push((start, 0));
            while let Some((function, next)) = path.pop() {
                let here = function as usize;
                if next == 0 {
                    order[here] = seen;
                    lowest[here] = seen;
                    seen += 1;
                    open.push(function);
                }
                let callees = edges.out_of(function);
                let mut descend = None;
                for (offset, &edge) in callees.iter().enumerate().skip(next as usize) {
                    let callee = edges.callee[edge as usize] as usize;
                    if order[callee] == UNSEEN {
                        descend = Some((offset as u32 + 1, callee as u32));
                        break;
                    }
                    if result.component[callee] == UNSEEN {
                        lowest[here] = lowest[here].min(order[callee]);
                    }
                }
                if let Some((resume, callee)) = descend {
                    path.push((function, resume));
                    path.push((callee, 0));
                    continue;
                }
                if lowest[here] == order[here] {
                    result.close(&mut open, function);
                }
                if let Some(&(caller, _)) = path.last() {
                    lowest[caller as usize] = lowest[caller as usize].min(lowest[here]);
                }
            }
        }
        result
    }

    /// Takes the open functions down to `root` as one component.
    fn close(&mut self, open: &mut Vec<FunctionId>, root: FunctionId) {
        let component = self.first.len() as u32 - 1;
        let begin = self.members.len();
        while let Some(member) = open.pop() {
            self.component[member as usize] = component;
            self.position[member as usize] = (self.members.len() - begin) as u32;
            self.members.push(member);
            if member == root {
                break;
            }
        }
        self.first.push(self.members.len() as u32);
    }

    /// How many components there are.
    pub fn len(&self) -> usize {
        self.first.len() - 1
    }

    /// The functions of a component.
    pub fn members(&self, component: u32) -> &[FunctionId] {
        &self.members[self.first[component as usize] as usize..self.first[component as usize + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Edge;

    fn graph(functions: usize, calls: &[(u32, u32)]) -> Components {
        let edges = calls
            .iter()
            .map(|&(caller, callee)| Edge {
                caller,
                callee,
                calls: 1,
                primitive_calls: 1,
                self_time: 0.0,
                total_time: 0.0,
            })
            .collect();
        Components::of(functions, &Edges::new(functions, edges))
    }

    #[test]
    fn callees_come_first_and_cycles_stay_together() {
        let found = graph(6, &[(0, 1), (1, 2), (2, 1), (2, 3), (3, 3), (0, 4)]);
        assert_eq!(found.len(), 5);
        assert_eq!(found.component[1], found.component[2]);
        assert!(found.component[3] < found.component[1]);
        assert!(found.component[1] < found.component[0]);
        assert_eq!(found.members(found.component[1]).len(), 2);
    }

    #[test]
    fn a_deep_chain_needs_no_deep_stack() {
        let calls: Vec<(u32, u32)> = (0..200_000).map(|caller| (caller, caller + 1)).collect();
        assert_eq!(graph(200_001, &calls).len(), 200_001);
    }
}
