//! Functions, edges and the call tree out of stacks.

use super::super::call_tree::{CallTree, Certainty, NO_PARENT, NewBox};
use super::super::children::{Children, links, twins};
use super::super::{Edges, FunctionId, Functions, UNKNOWN_CALLS};
use super::Stacks;
use super::called::Called;

/// What follows from stacks.
pub(in crate::profile) struct Derived {
    pub functions: Functions,
    pub edges: Edges,
    pub tree: CallTree,
}

impl Stacks {
    /// Functions, edges and tree of one track, or of all. Of `functions` only files, names and lines count.
    pub(in crate::profile) fn derive(&self, functions: &Functions) -> Derived {
        let nodes = self.function.len();
        let mut own = vec![0.0; nodes];
        let mut calls = vec![0_i64; if self.counted { nodes } else { 0 }];
        for weight in self.tracks.iter().flat_map(|track| &track.weights) {
            own[weight.node as usize] += weight.value;
            if let Some(calls) = calls.get_mut(weight.node as usize) {
                *calls += i64::from(weight.calls);
            }
        }
        let mut total = own.clone();
        // What is below a node that was called counts as well, though it took no time that can be measured.
        for node in (0..nodes).rev() {
            let parent = self.parent[node];
            if parent != NO_PARENT {
                total[parent as usize] += total[node];
            }
        }
        let (first, next) = links(&self.parent);
        let unknown = if self.counted { 0 } else { UNKNOWN_CALLS };
        let count = functions.len();
        let walk = Walk {
            stacks: self,
            own: &own,
            total: &total,
            calls: &calls,
            functions: Functions {
                files: functions.files.clone(),
                names: functions.names.clone(),
                file: functions.file.clone(),
                line: functions.line.clone(),
                name: functions.name.clone(),
                calls: vec![unknown; count],
                sampled: false,
                writer: functions.writer,
                primitive_calls: vec![unknown; count],
                self_time: vec![0.0; count],
                total_time: vec![0.0; count],
                cycles: Vec::new(),
            },
            active: vec![0; count],
            called: Called::new(count, nodes),
            boxes: Vec::with_capacity(nodes),
            children: Children::with_capacity(nodes),
            twins: twins(&self.function, &first, &next),
            unknown,
        };
        walk.run(&first, &next)
    }
}

/// The walk through all stacks, depth first, that knows what is active.
struct Walk<'a> {
    stacks: &'a Stacks,
    own: &'a [f64],
    total: &'a [f64],
    calls: &'a [i64],
    functions: Functions,
    /// Per function: how often it is on the stack.
    active: Vec<u32>,
    called: Called,
    boxes: Vec<NewBox>,
    children: Children,
    /// Per node: whether some of what it called are of the same function.
    twins: Vec<bool>,
    unknown: i64,
}

/// One frame of the walk's own stack.
struct Frame {
    node: u32,
    /// Who called it, if it took any time or was counted.
    caller: Option<FunctionId>,
    /// The box below which its callees' boxes are: its own, or, where it is a recursive call, the one above.
    context: u32,
    /// The child that comes next.
    next: u32,
}

impl Walk<'_> {
    fn run(mut self, first: &[u32], next: &[u32]) -> Derived {
        let mut stack: Vec<Frame> = Vec::new();
        let roots = (0..self.stacks.parent.len() as u32)
            .filter(|&node| self.stacks.parent[node as usize] == NO_PARENT);
        for root in roots.collect::<Vec<u32>>() {
            stack.push(self.enter(root, None, NO_PARENT, first));
            while let Some(top) = stack.last_mut() {
                let child = top.next;
                if child == NO_PARENT {
                    let (node, caller) = (top.node, top.caller);
                    self.leave(node, caller);
                    stack.pop();
                    continue;
                }
                top.next = next[child as usize];
                let (caller, context) = (self.stacks.function[top.node as usize], top.context);
                let frame = self.enter(child, Some(caller), context, first);
                stack.push(frame);
            }
        }
        let edges = self.called.finish(self.stacks, self.own, self.total, self.calls, self.unknown);
        let mut tree = CallTree::new(false, &self.boxes);
        tree.low.clone_from(&tree.total_time);
        tree.high.clone_from(&tree.total_time);
        Derived { tree, functions: self.functions, edges }
    }

    fn enter(&mut self, node: u32, caller: Option<FunctionId>, context: u32, first: &[u32]) -> Frame {
        let at = node as usize;
        let function = self.stacks.function[at];
        let (own, total) = (self.own[at], self.total[at]);
        let calls = self.calls.get(at).copied().unwrap_or(0);
        let happened = total > 0.0 || calls > 0;
        let index = function as usize;
        let is_recursive = self.active[index] > 0;
        self.active[index] += 1;
        self.functions.self_time[index] += own;
        if !is_recursive {
            self.functions.total_time[index] += total;
        }
        if self.stacks.counted {
            self.functions.calls[index] += calls;
            self.functions.primitive_calls[index] += if is_recursive { 0 } else { calls };
        }
        let caller = caller.filter(|_| happened);
        self.called.enter(node, caller, function, is_recursive);
        let context = match is_recursive {
            // What it calls is beside it.
            true => {
                self.children.share(context);
                if own > 0.0 {
                    self.add_box(context, function, true, own, calls);
                }
                context
            }
            false if total > 0.0 => self.add_box(context, function, false, own, calls),
            false => context,
        };
        if self.twins[at] {
            self.children.share(context);
        }
        Frame { node, caller, context, next: first[at] }
    }

    fn leave(&mut self, node: u32, caller: Option<FunctionId>) {
        let function = self.stacks.function[node as usize];
        let active = &mut self.active[function as usize];
        *active -= 1;
        self.called.leave(caller, function, *active > 0);
    }

    fn add_box(&mut self, parent: u32, function: FunctionId, recursive: bool, own: f64, calls: i64) -> u32 {
        // A function is known by its own number, or, where it is called again, by one that no function has.
        let key = if recursive { !function } else { function };
        let (place, is_new) = self.children.place(parent, key);
        if is_new {
            let (certainty, low, high) = (Certainty::Exact, 0.0, 0.0);
            self.boxes.push(NewBox {
                function,
                parent,
                recursive,
                self_time: 0.0,
                calls: 0.0,
                certainty,
                low,
                high,
            });
        } else {
            // What was below two nodes is below one.
            self.children.share(place);
        }
        let entry = &mut self.boxes[place as usize];
        entry.self_time += own;
        entry.calls += calls as f64;
        place
    }
}
