//! Items on their way to their callers: functions that were called once, of which it is known below which edge they are.

use super::super::once::caller_of;
use super::super::pools::Matched;
use super::super::strategy::Single;
use super::{Entry, Grower};
use crate::profile::FunctionId;

/// A function that can lead back, and lasts this share of the one at hand, is above what both lead to.
const ABOVE: f64 = 0.5;

/// An edge of which other numbers say that it is another caller's.
const UNLIKELY: f64 = 0.02;

impl Grower<'_> {
    /// The edge that an item below a function that is called below itself must be below, since it has no room outside of
    /// that: the edge leads back to the function and takes nearly all of its `time`.
    pub(super) fn around(
        &mut self,
        function: FunctionId,
        time: f64,
        seconds: f64,
        chain: u32,
    ) -> Option<u32> {
        let graph = self.graph;
        if !graph.recursive[function as usize] {
            return None;
        }
        let component = &graph.flow.components.component;
        let mut best: Option<(f64, u32)> = None;
        for &edge in graph.out_of(function) {
            let callee = graph.callee[edge as usize];
            let back = callee != function
                && component[callee as usize] == component[function as usize]
                && self.once.can_be_below(graph, edge, function, seconds);
            let closed = self.pools.is_item[callee as usize] || self.on.has(callee);
            if !back || closed || self.has_passed(edge, chain) {
                continue;
            }
            let room = self.pools.room(graph, edge, false);
            if room >= seconds && time - room < seconds && best.is_none_or(|best| room > best.0) {
                best = Some((room, edge));
            }
        }
        best.map(|(_, edge)| edge)
    }

    /// Sends an item on, over the edge that most likely leads to its caller and has room for it. Returns whether it
    /// did: one for which no edge has room can become a function like others.
    pub(super) fn carry(&mut self, function: FunctionId, entered: u32, item: u32, chain: u32) -> bool {
        let graph = self.graph;
        let (caller, seconds) = (caller_of(graph, item), graph.total[item as usize]);
        let component = &graph.flow.components.component;
        let route =
            self.once.routes.get(&item).and_then(|route| {
                route.iter().copied().find(|&edge| graph.caller[edge as usize] == function)
            });
        let mut best: Option<(f64, u32)> = None;
        let mut fit: Option<(f64, u32)> = None;
        let mut above: Option<(f64, u32)> = None;
        let in_cycle = graph.in_cycle[function as usize];
        for &edge in graph.out_of(function).iter().filter(|_| route.is_none()) {
            let callee = graph.callee[edge as usize];
            if self.pools.is_item[callee as usize] || self.on.has(callee) && !graph.recursive[callee as usize]
            {
                continue;
            }
            let towards = self.reach.get(graph, callee, caller).0;
            let towards = if self.strategy.items_matched {
                towards
                    * Matched::of(graph, entered).likely(graph.calls[edge as usize])
                    * graph.kin.through(graph, entered).of(callee)
            } else {
                towards
            };
            if towards <= 0.0 || !self.once.can_be_below(graph, edge, caller, seconds) {
                continue;
            }
            let nested = self.has_passed(edge, chain);
            let mut room = self.pools.room(graph, edge, nested);
            if !in_cycle {
                room = self.pools.room_below(graph, edge);
            }
            let covers = room >= ABOVE * graph.total[function as usize] && room >= seconds * (1.0 - 1e-6);
            let back = !nested && component[callee as usize] == component[function as usize];
            if self.strategy.items_in_chains
                && back
                && covers
                && towards > UNLIKELY
                && above.is_none_or(|above| room > above.0)
            {
                above = Some((room, edge));
            }
            if room >= seconds * (1.0 - 1e-6) && fit.is_none_or(|fit| room * towards > fit.0) {
                fit = Some((room * towards, edge));
            }
            let full = (room / seconds).clamp(0.1, 1.0);
            let weight = graph.all[edge as usize] * towards * full;
            if best.is_none_or(|best| weight > best.0) {
                best = Some((weight, edge));
            }
        }
        if self.strategy.single == Single::WithRoom
            && !in_cycle
            && fit.is_none()
            && !self.once.is_proven[item as usize]
        {
            self.pools.spread(graph, item);
            return false;
        }
        // One that leads nowhere is put where it is.
        let Some((_, edge)) = route.map(|edge| (1.0, edge)).or(above).or(best) else {
            let Some(edge) = graph.into(item).next() else { return true };
            self.go_on(Entry { edge, time: seconds, calls: 1.0, items: Vec::new(), chain });
            return true;
        };
        self.carry_over(edge, item, chain);
        true
    }

    pub(super) fn carry_over(&mut self, edge: u32, item: u32, chain: u32) {
        let (graph, seconds) = (self.graph, self.graph.total[item as usize]);
        let calls = if graph.all[edge as usize] > 0.0 {
            (graph.calls[edge as usize] * seconds / graph.all[edge as usize]).min(1.0)
        } else {
            1.0
        };
        self.pools.carry(graph, edge, self.has_passed(edge, chain), seconds, calls);
        self.go_on(Entry { edge, time: seconds, calls, items: vec![item], chain });
    }
}
