//! What edges have to give: how the time below a call goes on.
//!
//! An edge's time is in two pools: that of its outermost activations, which the file gives exactly, and that of
//! activations nested in the same edge, which [`super::balance`] infers. On a stack that has not passed the edge
//! yet, time over it comes out of the first pool, else out of the second, and what was drawn is gone. So over the
//! whole tree each edge gives its outermost time once.

mod fill;

use std::ops::Range;

use super::graph::Graph;
use super::once::{Once, caller_of};
use super::scaling::NOBODY;
use crate::sort;

/// Shares below this of all time are nothing.
const NOTHING: f64 = 1e-12;

/// Fewer calls than this are equally many by accident.
const FEW: f64 = 3.0;

/// How much less likely a callee is another caller's, where one caller called as often as the callee was called.
/// Values from 30 to 100 score alike.
const MATCH: f64 = 50.0;

/// Affinities below this are of callees that get only what is left: what is written inside one function is not called for
/// another one while its own has some.
const UNLIKELY: f64 = 0.05;

/// Halvings of the interval for θ, in logarithms.
const HALVINGS: usize = 10;

/// What is taken to be above what, where functions that call each other both fill the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Nesting {
    /// The one that lasts longest in all: chains, as of middleware.
    #[default]
    Longest,
    /// Each as likely as its calls say: trees that are visited.
    Apart,
    /// Between the two.
    Between,
}

/// Time and calls of an edge that no box has yet.
#[derive(Debug, Clone, Copy, Default)]
struct Pool {
    /// Of outermost activations, and of nested ones.
    time: [f64; 2],
    calls: [f64; 2],
    /// Seconds that items will take over it, wherever they are.
    reserved: f64,
    /// Calls of the edge in all.
    all_calls: f64,
    edge: u32,
    callee: u32,
    /// Whether the callee is an item, which has its own ways.
    is_item: bool,
    /// Whether callee and caller call each other.
    in_cycle: bool,
}

/// Time and calls of all edges that no box has yet.
#[derive(Debug, Default)]
pub(super) struct Pools {
    /// By caller, so that those of one function are together: there are very many. A function's are there from when
    /// they are first asked for.
    of: Vec<Pool>,
    /// Per edge: its place and one, or nothing.
    place: Vec<u32>,
    /// Per function: where its begin and one, or nothing.
    first: Vec<u32>,
    /// Per edge: see [`Pool::reserved`].
    reserved: Vec<f64>,
    /// Per function: whether it is an item, which goes its own way.
    pub is_item: Vec<bool>,
    /// Columns looked at so far.
    pub work: u64,

    /// Whether it has made a difference what is above what.
    pub nested: bool,
    nesting: Nesting,
    columns: Vec<Column>,
    order: Vec<u32>,
}

/// A callee to which time can go on.
#[derive(Debug, Clone, Copy)]
struct Column {
    edge: u32,
    /// Of its pool.
    place: u32,
    /// Whether the stack has passed the edge.
    nested: bool,
    /// Whether it leads back to where the stack has been: within a cycle, for the first time.
    back: bool,
    /// Seconds in the pool.
    most: f64,
    /// Seconds per call.
    each: f64,

    /// How likely the two that called are to call it, by what they are.
    kin: f64,
    /// Seconds in proportion.
    guess: f64,
    /// Seconds given.
    given: f64,
}

/// Time that goes on over an edge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Onward {
    pub edge: u32,
    pub time: f64,
    pub calls: f64,
}

/// Where time is that goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit {
    pub function: u32,
    /// The edge it came by.
    pub edge: u32,
    /// Seconds below the calls.
    pub time: f64,
    pub calls: f64,
}

impl Pools {
    /// Full ones.
    pub fn of(graph: &Graph<'_>, once: &Once, nesting: Nesting) -> Self {
        Self {
            place: vec![0; graph.edges()],
            first: vec![0; graph.functions()],
            reserved: reserved(graph, once),
            is_item: once.is_item.clone(),
            nesting,
            ..Self::default()
        }
    }

    /// Where the pools of a function's edges are.
    fn of_function(&mut self, graph: &Graph<'_>, function: u32) -> Range<usize> {
        let edges = graph.out_of(function);
        if self.first[function as usize] == 0 {
            self.first[function as usize] = self.of.len() as u32 + 1;
            edges.iter().for_each(|&edge| self.fill(graph, edge));
        }
        let first = self.first[function as usize] as usize - 1;
        first..first + edges.len()
    }

    fn pool(&mut self, graph: &Graph<'_>, edge: u32) -> &mut Pool {
        let index = edge as usize;
        if self.place[index] == 0 {
            match graph.caller[index] {
                NOBODY => self.fill(graph, edge),
                caller => _ = self.of_function(graph, caller),
            }
        }
        &mut self.of[self.place[index] as usize - 1]
    }

    fn fill(&mut self, graph: &Graph<'_>, edge: u32) {
        let index = edge as usize;
        let (caller, callee) = (graph.caller[index], graph.callee[index]);
        let component = &graph.flow.components.component;
        let rest = (graph.all[index] - graph.outermost[index]).max(0.0);
        self.of.push(Pool {
            time: [graph.outermost[index], rest],
            calls: [graph.primitive[index], graph.calls[index] - graph.primitive[index]],
            reserved: self.reserved[index],
            all_calls: graph.calls[index],
            edge,
            callee,
            is_item: self.is_item[callee as usize],
            in_cycle: component.get(caller as usize) == Some(&component[callee as usize]),
        });
        self.place[index] = self.of.len() as u32;
    }

    /// Takes what a known call over `edge` has out of the pool of outermost activations.
    pub fn take(&mut self, graph: &Graph<'_>, edge: u32, time: f64, calls: f64) {
        let pool = self.pool(graph, edge);
        pool.time[0] = (pool.time[0] - time).max(0.0);
        pool.calls[0] = (pool.calls[0] - calls).max(0.0);
    }

    /// Seconds that an item can have over `edge`.
    pub fn room(&mut self, graph: &Graph<'_>, edge: u32, nested: bool) -> f64 {
        self.pool(graph, edge).time[usize::from(nested)]
    }

    /// Of it, what is not the callee's own time.
    pub fn room_below(&mut self, graph: &Graph<'_>, edge: u32) -> f64 {
        let index = edge as usize;
        let own = if graph.calls[index] > 0.0 { graph.own[index] / graph.calls[index] } else { 0.0 };
        let pool = self.pool(graph, edge);
        pool.time[0] - own * pool.calls[0]
    }

    /// An item for which there is no room in one piece is a function like others: its calls are wherever its callers' are.
    pub fn spread(&mut self, graph: &Graph<'_>, item: u32) {
        self.is_item[item as usize] = false;
        for edge in graph.into(item) {
            self.pool(graph, edge).is_item = false;
        }
    }

    /// Takes an item over `edge`.
    pub fn carry(&mut self, graph: &Graph<'_>, edge: u32, nested: bool, seconds: f64, calls: f64) {
        let (pool, which) = (self.pool(graph, edge), usize::from(nested));
        pool.time[which] = (pool.time[which] - seconds).max(0.0);
        pool.calls[which] = (pool.calls[which] - calls).max(0.0);
        pool.reserved = (pool.reserved - seconds).max(0.0);
    }

    /// Shares out the time of `visit` among its function's callees into `onwards`, and returns what nobody took.
    /// `passed` says whether the stack has passed an edge, `on` whether it has a function.
    pub fn share_out(
        &mut self,
        graph: &Graph<'_>,
        visit: Visit,
        passed: impl Fn(u32) -> bool,
        on: impl Fn(u32) -> bool,
        onwards: &mut Vec<Onward>,
    ) -> f64 {
        let total = graph.seconds();
        let here = visit.function as usize;
        let places = self.of_function(graph, visit.function);
        // Only in a cycle can a callee be on the stack.
        let can_return = graph.in_cycle[here];
        let affinity = graph.kin.through(graph, visit.edge);
        let matched = Matched::of(graph, visit.edge);
        self.work += places.len() as u64;
        self.columns.clear();
        let mut have = 0.0;
        for place in places {
            let pool = &self.of[place];
            let (edge, callee) = (pool.edge, pool.callee);
            if pool.is_item {
                continue;
            }
            // An edge that the stack has passed leads to a function on it.
            let on_stack = can_return && on(callee);
            if on_stack && !graph.recursive[callee as usize] {
                continue;
            }
            let nested = on_stack && passed(edge);
            let reserved = if nested { 0.0 } else { pool.reserved };
            let most = pool.time[usize::from(nested)] - reserved;
            if most <= NOTHING * total {
                continue;
            }
            have += most;
            let kin = affinity.of(callee);
            let calls = pool.calls[usize::from(nested)].max(1e-6);
            self.columns.push(Column {
                edge,
                place: place as u32,
                nested,
                back: !nested && pool.in_cycle,
                most,
                each: most / calls,
                kin,
                guess: most
                    * kin
                    * matched.likely(pool.all_calls)
                    * (visit.calls * pool.all_calls / graph.flow.function_calls[here].max(1.0) / calls)
                        .min(1.0),
                given: 0.0,
            });
        }
        // However long calls last, a comprehension of another function is no better for it.
        let likely: f64 =
            self.columns.iter().filter(|column| column.kin > UNLIKELY).map(|column| column.most).sum();
        if likely >= visit.time && likely < have {
            self.columns.retain(|column| column.kin > UNLIKELY);
            have = likely;
        }
        if have <= visit.time {
            return self.give_all(graph, visit, have, on, onwards);
        }
        if visit.time < 2e-5 * total || self.columns.len() == 1 {
            let sum: f64 = self.columns.iter().map(|column| column.guess).sum();
            for column in &mut self.columns {
                column.given = if sum > 0.0 { column.guess / sum } else { column.most / have } * visit.time;
            }
        } else {
            fill::fill(&mut self.columns, visit.time);
            self.work += (self.columns.len() * HALVINGS) as u64 / 4;
        }
        self.nest(graph.total[here], visit.time);
        let mut given = 0.0;
        for column in &self.columns {
            let time = column.given.min(column.most);
            if time <= 0.0 {
                continue;
            }
            let (pool, which) = (&mut self.of[column.place as usize], usize::from(column.nested));
            pool.time[which] -= time;
            pool.calls[which] = (pool.calls[which] - time / column.each).max(0.0);
            given += time;
            onwards.push(Onward { edge: column.edge, time, calls: time / column.each });
        }
        (visit.time - given).max(0.0)
    }

    /// The pools have no more than is wanted: they are emptied, and the rest goes in proportion.
    fn give_all(
        &mut self,
        graph: &Graph<'_>,
        visit: Visit,
        have: f64,
        on: impl Fn(u32) -> bool,
        onwards: &mut Vec<Onward>,
    ) -> f64 {
        for column in &self.columns {
            let (pool, which) = (&mut self.of[column.place as usize], usize::from(column.nested));
            pool.time[which] = (pool.time[which] - column.most).max(0.0);
            pool.calls[which] = (pool.calls[which] - column.most / column.each).max(0.0);
            onwards.push(Onward { edge: column.edge, time: column.most, calls: column.most / column.each });
        }
        let left = visit.time - have;
        if left <= 1e-9 * graph.seconds() && left <= 0.02 * visit.time {
            return left;
        }
        let enters = |callee: u32| !on(callee) || graph.recursive[callee as usize];
        in_proportion(graph, &self.is_item, visit.function, left, enters, onwards)
    }

    /// Edges that lead back and are passed for the first time: of two functions that both fill the time, one is
    /// above the other. How much of the time passes such edges, and which is the first, is the strategy's.
    fn nest(&mut self, total: f64, time: f64) {
        let columns = &mut self.columns;
        self.order.clear();
        self.order.extend((0..columns.len() as u32).filter(|&place| columns[place as usize].back));
        if self.order.is_empty() {
            return;
        }
        // A single one has as much whatever is taken.
        self.nested |= self.order.len() > 1;
        let part = (time / total.max(1e-12)).min(1.0);
        let (mut now, mut all, mut without, mut most) = (0.0, 0.0, 1.0, 0.0);
        for &place in &self.order {
            let column = &columns[place as usize];
            let expected = column.most * part * column.kin;
            now += column.given;
            all += expected;
            without *= 1.0 - (expected / time).min(1.0);
            most += column.most;
        }
        let wanted = if self.nesting == Nesting::Apart { (1.0 - without) * time } else { all };
        let wanted = wanted.max(now).min(time).min(most);
        if self.nesting == Nesting::Longest {
            sort::by(&mut self.order, |&a, &b| {
                let (a, b) = (&columns[a as usize], &columns[b as usize]);
                (b.most * b.kin).total_cmp(&(a.most * a.kin)).then(a.edge.cmp(&b.edge))
            });
            let mut left = wanted;
            for &place in &self.order {
                let column = &mut columns[place as usize];
                column.given = column.given.max(column.most * part * column.kin).min(left);
                left -= column.given;
            }
        } else {
            let nothing = 1e-12 * time;
            for &place in &self.order {
                let column = &mut columns[place as usize];
                column.guess = column.given.max(nothing);
                if self.nesting == Nesting::Between {
                    column.guess = (column.guess * column.most * column.kin).sqrt();
                }
            }
            pour(columns, &mut self.order, wanted);
        }
        let given: f64 = columns.iter().filter(|column| column.back).map(|column| column.given).sum();
        let others: f64 = columns.iter().filter(|column| !column.back).map(|column| column.given).sum();
        if others > 0.0 {
            let by = (time - given).max(0.0) / others;
            columns.iter_mut().filter(|column| !column.back).for_each(|column| column.given *= by);
        } else if given > 0.0 && given < time {
            columns.iter_mut().for_each(|column| column.given *= time / given);
        }
    }
}

/// Gives `time` to the columns of `open` in proportion to their guesses, none more than it has.
fn pour(columns: &mut [Column], open: &mut Vec<u32>, time: f64) {
    let mut left = time;
    while !open.is_empty() {
        let sum: f64 = open.iter().map(|&place| columns[place as usize].guess).sum();
        let by = if sum > 0.0 { left / sum } else { 0.0 };
        let before = open.len();
        open.retain(|&place| {
            let column = &mut columns[place as usize];
            let fits = column.guess * by <= column.most;
            column.given = if fits { column.guess * by } else { column.most };
            if !fits {
                left -= column.most;
            }
            fits
        });
        if open.len() == before {
            break;
        }
    }
}

/// Shares `time` below `function` in proportion to its edges' times, whatever the pools have, to callees that `enters`
/// lets in. None gets more than the edge has in all. Returns what is left.
pub(super) fn in_proportion(
    graph: &Graph<'_>,
    is_item: &[bool],
    function: u32,
    time: f64,
    enters: impl Fn(u32) -> bool,
    onwards: &mut Vec<Onward>,
) -> f64 {
    let is_way = |&&edge: &&u32| {
        let callee = graph.callee[edge as usize];
        !is_item[callee as usize] && graph.all[edge as usize] > 0.0 && enters(callee)
    };
    let sum: f64 = graph.out_of(function).iter().filter(is_way).map(|&edge| graph.all[edge as usize]).sum();
    if sum <= 0.0 {
        return time;
    }
    let part = (time / sum).min(1.0);
    for &edge in graph.out_of(function).iter().filter(is_way) {
        let index = edge as usize;
        onwards.push(Onward { edge, time: graph.all[index] * part, calls: graph.calls[index] * part });
    }
    (time - sum * part).max(0.0)
}

/// Per edge: the time of items that can only come over it, since their caller, its caller and so on are called by one
/// function only.
fn reserved(graph: &Graph<'_>, once: &Once) -> Vec<f64> {
    let mut reserved = vec![0.0; graph.edges()];
    for &(_, item) in &once.ways {
        let mut function = caller_of(graph, item);
        // No longer than any stack of different functions that is drawn.
        for _ in 0..100 {
            let mut edges = graph.into(function);
            let (Some(edge), None) = (edges.next(), edges.next()) else { break };
            let caller = graph.caller[edge as usize];
            if caller == NOBODY || graph.once[caller as usize] || caller == function {
                break;
            }
            reserved[edge as usize] += graph.total[item as usize];
            function = caller;
        }
    }
    reserved
}

/// A callee called as often as one of the callers called is that caller's.
pub(super) struct Matched<'a> {
    graph: &'a Graph<'a>,
    entered: u32,
}

impl<'a> Matched<'a> {
    /// For time that entered a function over this edge.
    pub fn of(graph: &'a Graph<'a>, entered: u32) -> Self {
        Self { graph, entered }
    }

    /// How likely it goes on over an edge with so many calls.
    pub fn likely(&self, calls: f64) -> f64 {
        let Self { graph, entered } = *self;
        let callee_of = graph.callee[entered as usize];
        if calls < FEW || graph.caller[entered as usize] == NOBODY || calls == graph.calls[entered as usize] {
            return 1.0;
        }
        let other = graph.into(callee_of).any(|other| graph.calls[other as usize] == calls);
        if other { 1.0 / MATCH } else { 1.0 }
    }
}
