//! Who called the items: each gets a way.
//!
//! Whatever a way has in seconds is its items' and the time of what is between, for modules the import machinery:
//! about equally long for each item. Items are given out longest first, then moved and exchanged as long as the
//! ways' sums come out better.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::graph::Graph;
use super::super::scaling::NOBODY;
use super::reach::Reach;
use super::widest::{Widest, Widths, below};
use super::{Assignment, caller_of};
use crate::profile::home::{Home, home};
use crate::profile::{FunctionId, Functions};
use crate::sort;

/// Densities computed at most; where they are used up, items stay where they are.
const WORK: usize = 30_000_000;

/// Items times ways at most; beyond, only the longest ways are looked at.
const CELLS: usize = 2_000_000;

/// Only for a way so much likelier than others (as a logarithm) does another item make room.
const WANTED: f64 = 2.0;

/// Ways below this share of all time are none: there are very many, and what hangs there makes no difference.
const LEAST_WAY: f64 = 2e-4;

/// Rounds of moves at most.
const ROUNDS: usize = 12;

/// A way of items: an edge out of a function that was called once, and what leads from it to their caller.
#[derive(Debug, Clone, Copy)]
struct Way {
    edge: u32,
    /// Seconds below it.
    seconds: f64,
    /// Of them, in items, about.
    expected: f64,
    /// Calls of items, about.
    calls: f64,
    /// The longest that an item can last on it.
    width: f64,
    /// Seconds of the items that are on it.
    taken: f64,
    /// Items that are on it.
    count: f64,
}

/// By how much it gets better, the way to move to, and who moves out of its way, where to.
type Move = (f64, usize, Option<(usize, usize)>);

/// What hangs below one function that calls items.
#[derive(Debug, Default)]
struct Bin {
    ways: Vec<Way>,
    /// Longest first.
    items: Vec<u32>,
    /// Seconds between a way and each of its items.
    between: f64,
    /// The least that can be.
    least: f64,
    /// See [`Graph::tolerance`].
    tolerance: f64,
    /// Per item: its way, or `usize::MAX`.
    way_of: Vec<usize>,
    /// Per item: the edge of its way, if that is proven.
    forced: Vec<Option<u32>>,
    /// Per item and way: the logarithm of how much likelier the way's names make it.
    near: Vec<f32>,
}

/// Per item that has one: (way, item), by way, the longest item first; and what can be below whom, by the items' callers.
pub(super) fn assign(
    graph: &Graph<'_>,
    items: &[u32],
    forced: &[Option<u32>],
    reach: &mut Reach,
    assignment: Assignment,
) -> (Vec<(u32, u32)>, FxHashMap<u32, Widths>) {
    let known: FxHashMap<u32, u32> =
        items.iter().zip(forced).filter_map(|(&item, &way)| Some((item, way?))).collect();
    let mut bins = bins(graph, items, reach);
    let names = Names::of(graph);
    let mut result = Vec::new();
    let mut callers: Vec<u32> = bins.keys().copied().collect();
    // What has most to place comes first: what it takes of a way, no other has.
    let seconds =
        |caller: u32| -> f64 { bins[&caller].items.iter().map(|&item| graph.total[item as usize]).sum() };
    let weights: FxHashMap<u32, f64> = callers.iter().map(|&caller| (caller, seconds(caller))).collect();
    sort::by(&mut callers, |a, b| weights[b].total_cmp(&weights[a]).then(a.cmp(b)));
    let mut used: FxHashMap<u32, f64> = FxHashMap::default();
    let mut widest = Widest::new(graph);
    let mut widths = FxHashMap::default();
    for caller in callers {
        let Some(bin) = bins.get_mut(&caller) else { continue };
        for way in &mut bin.ways {
            way.seconds -= used.get(&way.edge).copied().unwrap_or(0.0);
        }
        bin.limit();
        let least = bin.items.iter().map(|&item| graph.total[item as usize]).fold(f64::INFINITY, f64::min);
        let found = widest.to(graph, caller, least);
        bin.ways.iter_mut().for_each(|way| way.width = below(graph, found.as_ref(), way.edge));
        if let Some(found) = found {
            widths.insert(caller, found);
        }
        let modules = bin.items.iter().filter(|&&item| graph.flow.profile.functions.name(item) == "<module>");
        let are_modules = 2 * modules.count() > bin.items.len();
        bin.near = (bin.items.iter())
            .flat_map(|&item| bin.ways.iter().map(move |way| (item, graph.caller[way.edge as usize])))
            .map(|(item, caller)| libm::log(names.near(graph, item, caller)) as f32)
            .collect();
        bin.forced = bin.items.iter().map(|item| known.get(item).copied()).collect();
        bin.give_out(graph);
        if assignment == Assignment::All || assignment == Assignment::Modules && are_modules {
            bin.improve(graph);
        }
        for way in &bin.ways {
            *used.entry(way.edge).or_default() += way.taken;
        }
        for (place, &item) in bin.items.iter().enumerate() {
            let way = bin.ways.get(bin.way_of[place]).map(|way| way.edge);
            if let Some(edge) = known.get(&item).copied().or(way) {
                result.push((edge, item));
            }
        }
    }
    sort::by(&mut result, |a, b| {
        let longest = graph.total[b.1 as usize].total_cmp(&graph.total[a.1 as usize]);
        a.0.cmp(&b.0).then(longest).then(a.1.cmp(&b.1))
    });
    (result, widths)
}

/// By the functions that call items: those, and the ways that lead there.
fn bins(graph: &Graph<'_>, items: &[u32], reach: &mut Reach) -> FxHashMap<u32, Bin> {
    let mut bins: FxHashMap<u32, Bin> = FxHashMap::default();
    for &item in items {
        bins.entry(caller_of(graph, item)).or_default().items.push(item);
    }
    let below: FxHashMap<u32, f64> = (bins.iter())
        .map(|(&caller, bin)| (caller, bin.items.iter().map(|&item| graph.total[item as usize]).sum()))
        .collect();
    reach.want(graph, bins.keys().copied());
    let room = |edge: u32| graph.all[edge as usize] - graph.own[edge as usize];
    let mut starts: Vec<u32> = (0..graph.edges() as u32)
        .filter(|&edge| {
            let (caller, callee) = (graph.caller[edge as usize], graph.callee[edge as usize]);
            let leads = (caller == NOBODY || graph.once[caller as usize]) && !graph.once[callee as usize];
            leads && reach.leads(callee) && room(edge) > LEAST_WAY * graph.seconds()
        })
        .collect();
    sort::by(&mut starts, |&a, &b| room(b).total_cmp(&room(a)).then(a.cmp(&b)));
    for edge in starts {
        for (&caller, &(time, calls)) in reach.row(graph, graph.callee[edge as usize]) {
            if let Some(bin) = bins.get_mut(&caller)
                && time > 0.0
            {
                let out = graph.out[caller as usize];
                let each = bin.items.len() as f64 / graph.flow.function_calls[caller as usize].max(1.0);
                bin.ways.push(Way {
                    edge,
                    seconds: room(edge),
                    expected: if out > 0.0 { room(edge) * time * below[&caller] / out } else { 0.0 },
                    calls: graph.calls[edge as usize] * calls * each,
                    width: f64::INFINITY,
                    taken: 0.0,
                    count: 0.0,
                });
            }
        }
    }
    for bin in bins.values_mut() {
        sort::by(&mut bin.items, |&a, &b| {
            graph.total[b as usize].total_cmp(&graph.total[a as usize]).then(a.cmp(&b))
        });
        let all: f64 = bin.ways.iter().map(|way| way.seconds).sum();
        let items: f64 = bin.items.iter().map(|&item| graph.total[item as usize]).sum();
        bin.least = 1e-9 * graph.seconds();
        bin.tolerance = graph.tolerance();
        bin.between = (0.1 * (all - items) / bin.items.len() as f64).max(bin.least);
        bin.way_of = vec![usize::MAX; bin.items.len()];
    }
    bins
}

impl Way {
    fn fits(&self, seconds: f64, tolerance: f64) -> bool {
        self.seconds - self.taken >= seconds * (1.0 - tolerance)
    }
}

impl Bin {
    /// Only the longest ways, if there are too many to look at all of them.
    fn limit(&mut self) {
        self.ways.truncate((CELLS / self.items.len().max(1)).max(20));
    }

    /// Every item to the way it most likely is on, the longest first: what imports lasts longer than what it
    /// imports, so no circle can arise.
    fn give_out(&mut self, graph: &Graph<'_>) {
        for place in 0..self.items.len() {
            let item = self.items[place];
            let seconds = graph.total[item as usize];
            let mut best: Option<(f64, usize)> = None;
            for (index, way) in self.ways.iter().enumerate() {
                let is_forced = self.forced[place].is_some() && graph.contradicts();
                if (is_forced || way.fits(seconds, self.tolerance)) && self.can(graph, place, index) {
                    let weight = libm::log(density(seconds, way)) + self.near(place, index);
                    if best.is_none_or(|best| weight > best.0) {
                        best = Some((weight, index));
                    }
                }
            }
            if let Some((_, index)) = best {
                self.put(place, index, seconds);
            }
        }
    }

    /// Whether the caller at the head of a way lasts longer than the item, as what calls does.
    fn can(&self, graph: &Graph<'_>, place: usize, way: usize) -> bool {
        if let Some(edge) = self.forced[place] {
            return edge == self.ways[way].edge;
        }
        let (item, caller) = (self.items[place], graph.caller[self.ways[way].edge as usize]);
        let seconds = graph.total[item as usize];
        self.ways[way].width >= seconds * (1.0 - self.tolerance)
            && (caller == NOBODY || caller != item && graph.total[caller as usize] > seconds)
    }

    fn near(&self, place: usize, way: usize) -> f64 {
        f64::from(self.near[place * self.ways.len() + way])
    }

    fn put(&mut self, place: usize, to: usize, seconds: f64) {
        if let Some(from) = self.ways.get_mut(self.way_of[place]) {
            from.taken -= seconds;
            from.count -= 1.0;
        }
        self.ways[to].taken += seconds;
        self.ways[to].count += 1.0;
        self.way_of[place] = to;
    }

    /// What each item adds to its way beside itself: the middle of the ways'.
    fn measure(&mut self) {
        let mut each: Vec<f64> = (self.ways.iter())
            .filter(|way| way.count >= 1.0)
            .map(|way| ((way.seconds - way.taken) / way.count).max(0.0))
            .collect();
        sort::by(&mut each, |a, b| a.total_cmp(b));
        if let Some(&middle) = each.get(each.len() / 2) {
            self.between = middle.max(self.least);
        }
    }

    /// Moves items to other ways, and such as are in the way to others, as long as it gets better.
    fn improve(&mut self, graph: &Graph<'_>) {
        let mut work = 0;
        for _ in 0..ROUNDS {
            self.measure();
            let mut moved = false;
            for place in 0..self.items.len() {
                if self.way_of[place] < self.ways.len() && work < WORK {
                    moved |= self.improve_one(graph, place, &mut work);
                }
            }
            if !moved {
                break;
            }
        }
    }

    fn improve_one(&mut self, graph: &Graph<'_>, place: usize, work: &mut usize) -> bool {
        let from = self.way_of[place];
        let seconds = graph.total[self.items[place] as usize];
        let leave = self.change(from, -seconds, -1.0) + self.near(place, from);
        let mut best: Option<Move> = None;
        *work += self.ways.len();
        for to in 0..self.ways.len() {
            if to == from || !self.can(graph, place, to) {
                continue;
            }
            let gain = self.near(place, to);
            if self.ways[to].fits(seconds, self.tolerance) {
                let change = leave + self.change(to, seconds, 1.0) - gain;
                if change < best.map_or(-1e-6, |best| best.0) {
                    best = Some((change, to, None));
                }
            }
            if gain < WANTED || self.ways[to].seconds < seconds {
                continue;
            }
            // Another one could make room.
            for other in 0..self.items.len() {
                if self.way_of[other] != to {
                    continue;
                }
                let length = graph.total[self.items[other] as usize];
                if self.ways[to].seconds - self.ways[to].taken + length < seconds * (1.0 - self.tolerance) {
                    continue;
                }
                let swap = leave + self.change(to, seconds - length, 0.0) - gain + self.near(other, to);
                *work += self.ways.len();
                for third in 0..self.ways.len() {
                    if third == to || !self.can(graph, other, third) {
                        continue;
                    }
                    let left = if third == from { seconds } else { 0.0 };
                    let way = &self.ways[third];
                    if way.seconds - way.taken + left < length * (1.0 - self.tolerance) {
                        continue;
                    }
                    let after = if third == from {
                        swap - self.change(from, -seconds, -1.0) + self.change(from, length - seconds, 0.0)
                    } else {
                        swap + self.change(third, length, 1.0)
                    };
                    let change = after - self.near(other, third);
                    if change < best.map_or(-1e-6, |best| best.0) {
                        best = Some((change, to, Some((other, third))));
                    }
                }
            }
        }
        let Some((_, to, other)) = best else { return false };
        if let Some((other, third)) = other {
            self.put(other, third, graph.total[self.items[other] as usize]);
        }
        self.put(place, to, seconds);
        true
    }

    /// By how much less likely a way gets.
    fn change(&self, way: usize, seconds: f64, items: f64) -> f64 {
        self.cost(&self.ways[way], seconds, items) - self.cost(&self.ways[way], 0.0, 0.0)
    }

    /// How unlikely the sums of a way are, if so many more seconds and items were on it.
    fn cost(&self, way: &Way, seconds: f64, items: f64) -> f64 {
        let (taken, count) = (way.taken + seconds, way.count + items);
        let expected = count.max(way.calls.min(1.0)) * self.between;
        let noise = 0.7 * self.between * count.max(1.0).sqrt() + 0.01 * way.seconds;
        let off = (way.seconds - taken - expected) / noise;
        let more = (count - way.calls).abs();
        0.5 * libm::log1p(off * off) + 0.3 * more
    }
}

/// How likely an item of `seconds` is on a way.
fn density(seconds: f64, way: &Way) -> f64 {
    let left = way.seconds - way.taken;
    let calls = way.calls - way.count;
    let all = (way.expected - way.taken).max(0.05 * left).max(1e-12);
    let noise = 0.1 * left + 1e-9;
    // The last one must fill what is left.
    let single = libm::exp(-(all - seconds).abs() / noise) / noise;
    if calls <= 1.0 {
        return calls.max(0.05) * single;
    }
    let part = (seconds / all.max(seconds * 1.001)).min(0.999);
    let mut many = if calls < 2.0 {
        2.0 / all
    } else {
        calls * (calls - 1.0) / all * libm::pow(1.0 - part, calls - 2.0)
    };
    if seconds > all {
        many *= libm::exp(-(seconds - all) / noise);
    }
    if calls < 2.0 { (2.0 - calls) * single + (calls - 1.0) * many } else { many }
}

/// What names and calls say of who imports whom.
struct Names {
    /// Per function: the hash of nothing; its file's folder as a range of the file's text.
    folder: Vec<usize>,
    /// Per file: whether it is a package's own.
    package: Vec<bool>,
    /// Per file: 0 of Python's own, 1 of packages, 2 of the user.
    owner: Vec<u8>,
    /// (file of the caller, file of the callee) of all edges between files.
    calls: FxHashSet<(u32, u32)>,
}

impl Names {
    fn of(graph: &Graph<'_>) -> Self {
        let functions = &graph.flow.profile.functions;
        let folder = functions.files.iter().map(|file| file.rfind(['/', '\\']).unwrap_or(0)).collect();
        let package = functions.files.iter().map(|file| file.ends_with("__init__.py")).collect();
        let owner = (functions.files.iter())
            .map(|file| match home(file) {
                Home::Standard(_) => 0,
                Home::Installed(_) => 1,
                _ => 2,
            })
            .collect();
        let edges = &graph.flow.profile.edges;
        let file = |function: FunctionId| functions.file[function as usize];
        let calls = (0..edges.len())
            .map(|edge| (file(edges.caller[edge]), file(edges.callee[edge])))
            .filter(|(from, to)| from != to)
            .collect();
        Self { folder, package, owner, calls }
    }

    /// Class bodies and the like are called from their own file; a file is likelier to import files of its own
    /// folder and of folders in it, and those whose functions it calls; no file imports the package it is in; Python's own
    /// files import no others, and packages none of the user's.
    fn near(&self, graph: &Graph<'_>, item: u32, caller: u32) -> f64 {
        if caller == NOBODY {
            return 1.0;
        }
        let functions: &Functions = &graph.flow.profile.functions;
        let (to, from) = (functions.file[item as usize], functions.file[caller as usize]);
        if to == from {
            return if functions.is_built_in(item) { 1.0 } else { 1e5 };
        }
        let (file, other) = (functions.files.get(to), functions.files.get(from));
        let (folder, above) = (&file[..self.folder[to as usize]], &other[..self.folder[from as usize]]);
        if folder.is_empty() || above.is_empty() {
            return 1.0;
        }
        let inside = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '\\']))
        };
        let direct = if self.calls.contains(&(from, to)) { DIRECT } else { 1.0 };
        let upwards = self.owner[from as usize] < self.owner[to as usize];
        if self.package[to as usize] && inside(above, folder) || upwards {
            return 1e-3;
        }
        // A package is in the folder above its own.
        let folder = if self.package[to as usize] {
            &folder[..folder.rfind(['/', '\\']).unwrap_or(0)]
        } else {
            folder
        };
        if folder == above {
            30.0 * direct
        } else if inside(folder, above) {
            10.0 * direct
        } else {
            direct
        }
    }
}

/// How much likelier a file imports one whose functions it calls.
const DIRECT: f64 = 30.0;
