//! The walk inside one box: over edges to functions that are on the stack already, until it leaves to a callee.

use super::*;

impl Grower<'_> {
    /// Gives seconds of `function` itself to the box.
    pub(super) fn spend(&mut self, at: u32, function: FunctionId, seconds: f64, calls: f64) {
        if let Some(place) = self.leaf_of.get(function) {
            let leaf = &mut self.grown.leaves[place as usize];
            leaf.seconds += seconds;
            leaf.calls += calls;
        } else if seconds > 0.0 {
            self.leaf_of.set(function, self.grown.leaves.len() as u32);
            self.grown.leaves.push(Leaf { at, function, seconds, calls });
        }
    }

    /// Time over an edge: to a box below, or on inside this one.
    pub(super) fn go_on(&mut self, mut entry: Entry) {
        let (edge, callee) = (entry.edge, self.graph.callee[entry.edge as usize]);
        if self.plain && self.entry_of.get(edge).is_none() {
            self.entry_of.set(edge, self.entries.len() as u32);
            self.callees.push(Callee { function: callee, last: self.entries.len() as u32 });
            self.entries.push(Waiting { entry, before: NONE });
            return;
        }
        if !self.plain && self.on.has(callee) {
            let mut time = entry.time;
            if let Some(place) = self.state_of.get(edge) {
                let state = &mut self.states[place as usize];
                state.time += entry.time;
                state.calls += entry.calls;
                state.items.append(&mut entry.items);
                time = state.time;
            } else {
                self.chains.push((edge, entry.chain));
                entry.chain = self.chains.len() as u32 - 1;
                self.state_of.set(edge, self.states.len() as u32);
                self.states.push(entry);
            }
            self.turns.push(Heaviest { weight: time, item: edge });
            return;
        }
        if let Some(place) = self.entry_of.get(edge) {
            let known = &mut self.entries[place as usize].entry;
            known.time += entry.time;
            known.calls += entry.calls;
            known.items.append(&mut entry.items);
            return;
        }
        let last = self.entries.len() as u32;
        self.entry_of.set(edge, last);
        let before = match self.callee_of.get(callee) {
            Some(place) => std::mem::replace(&mut self.callees[place as usize].last, last),
            None => {
                self.callee_of.set(callee, self.callees.len() as u32);
                self.callees.push(Callee { function: callee, last });
                NONE
            }
        };
        self.entries.push(Waiting { entry, before });
    }

    pub(super) fn has_passed(&self, edge: u32, mut chain: u32) -> bool {
        if self.above.has(edge) {
            return true;
        }
        while let Some(&(passed, before)) = self.chains.get(chain as usize) {
            if passed == edge {
                return true;
            }
            chain = before;
        }
        false
    }

    /// One state of the walk in the box `place`.
    pub(super) fn step(&mut self, place: u32, state: Entry, least: f64, steps: &mut u32) {
        let graph = self.graph;
        let function = graph.callee[state.edge as usize];
        let (mut time, chain) = (state.time, state.chain);
        let mut items = state.items;
        if !items.is_empty() {
            // Items that lead around in circles are put where they are.
            *steps += 1;
            let lost = *steps > 10 * STEPS;
            let (here, further) =
                items.into_iter().partition(|&item| lost || caller_of(graph, item) == function);
            items = further;
            let here: Vec<u32> = here;
            for item in here {
                let seconds = graph.total[item as usize];
                time -= seconds;
                if let Some(edge) = self.around(function, state.time, seconds, chain).filter(|_| !lost) {
                    self.carry_over(edge, item, chain);
                    continue;
                }
                let Some(edge) = graph.into(item).next() else { continue };
                self.go_on(Entry { edge, time: seconds, calls: 1.0, items: Vec::new(), chain });
            }
        }
        if time <= 0.0 {
            return;
        }
        let mut load = 0.0;
        for item in items {
            if self.carry(function, state.edge, item, chain) {
                load += graph.total[item as usize];
            }
        }
        let calls = graph.calls[state.edge as usize];
        let each = if calls > 0.0 { graph.own[state.edge as usize] / calls } else { 0.0 };
        let own = (time - load).min(state.calls * each).max(0.0);
        // The calls that entered the box are its own; others are recursive.
        self.spend(place, function, own, if chain == NONE { 0.0 } else { state.calls });
        // What items take goes with them.
        let time = time - own - load;
        if time <= 1e-15 {
            return;
        }
        *steps += 1;
        let mut onwards = Vec::new();
        let left;
        if time < least || *steps > STEPS {
            self.pools.work += graph.out_of(function).len() as u64;
            let on = &self.on;
            left = in_proportion(
                graph,
                &self.pools.is_item,
                function,
                time,
                |callee| !on.has(callee),
                &mut onwards,
            );
        } else {
            let mut pools = std::mem::take(&mut self.pools);
            let visit = Visit { function, edge: state.edge, time, calls: state.calls };
            left = pools.share_out(
                graph,
                visit,
                |edge| self.has_passed(edge, chain),
                |function| self.on.has(function),
                &mut onwards,
            );
            self.pools = pools;
        }
        self.spend(place, function, left, 0.0);
        for onward in onwards {
            let Onward { edge, time, calls } = onward;
            self.go_on(Entry { edge, time, calls, items: Vec::new(), chain });
        }
    }
}
