//! Functions that were called once, by functions that were called more often.
//!
//! Such a function has one box, of exactly its total time; what is open is where. Most are modules: the
//! interpreter calls each module's code once, through functions (`exec`, importlib's) that all imports share.
//! So they are *items*, and what a function that was itself called once spends in what it calls is a *way* with
//! room for them.

mod assign;
mod reach;
mod widest;

pub(super) use reach::Reach;
use widest::{Widths, below};

use rustc_hash::FxHashMap;

use super::certain::Certain;
use super::graph::Graph;
use super::scaling::NOBODY;

/// How items get their ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Assignment {
    /// One after the other, the longest first.
    Once,
    /// Then modules are moved as long as sums come out better.
    #[default]
    Modules,
    /// All are.
    All,
}

/// Which functions are items, and what each hangs below.
#[derive(Debug, Default)]
pub(super) struct Once {
    /// Per function: whether it is an item with a way.
    pub is_item: Vec<bool>,
    /// Items by their way, the edge of which it is known that they are somewhere below: (way, item), by way, the
    /// longest item first.
    pub ways: Vec<(u32, u32)>,
    /// Per function: whether its way is proven.
    pub is_proven: Vec<bool>,
    /// Of items whose chain of calls is proven: its edges between the way and the item's caller.
    pub routes: FxHashMap<u32, Vec<u32>>,
    /// By functions that call items: what can be how long below whom. Missing where that is not known.
    widths: FxHashMap<u32, Widths>,
}

impl Once {
    /// Of these the items whose ways are proven.
    pub fn only_proven(&self) -> Self {
        let ways = self.ways.iter().copied().filter(|&(_, item)| self.is_proven[item as usize]).collect();
        let is_proven = self.is_proven.clone();
        let (routes, widths) = (self.routes.clone(), self.widths.clone());
        Self { is_item: is_proven.clone(), is_proven, ways, routes, widths }
    }

    /// Finds them, and gives each item its way.
    pub fn of(graph: &Graph<'_>, reach: &mut Reach, certain: &Certain, assignment: Assignment) -> Self {
        let count = graph.functions();
        let once = &graph.once;
        let items: Vec<u32> = (0..count as u32)
            .filter(|&item| {
                let caller = caller_of(graph, item);
                once[item as usize] && caller != NOBODY && !once[caller as usize]
            })
            .collect();
        let mut found =
            Self { is_item: vec![false; count], is_proven: vec![false; count], ..Self::default() };
        let mut forced: Vec<Option<u32>> = Vec::with_capacity(items.len());
        for &item in &items {
            let way = certain.has(item).then(|| certain.way(graph, item)).flatten();
            found.is_proven[item as usize] = way.is_some();
            forced.push(way.as_ref().map(|(way, _)| *way));
            if let Some((_, route)) = way.filter(|_| certain.routes.contains_key(&item)) {
                found.routes.insert(item, route);
            }
        }
        (found.ways, found.widths) = assign::assign(graph, &items, &forced, reach, assignment);
        for &(_, item) in &found.ways {
            found.is_item[item as usize] = true;
        }
        found
    }

    /// Whether a call of `caller` that lasts so many seconds can be below `edge`.
    pub fn can_be_below(&self, graph: &Graph<'_>, edge: u32, caller: u32, seconds: f64) -> bool {
        below(graph, self.widths.get(&caller), edge) >= seconds * (1.0 - graph.tolerance())
    }

    /// The items of a way.
    pub fn of_way(&self, way: u32) -> impl Iterator<Item = u32> + '_ {
        let first = self.ways.partition_point(|&(other, _)| other < way);
        self.ways[first..].iter().take_while(move |&&(other, _)| other == way).map(|&(_, item)| item)
    }
}

/// The only caller of a function that was called once; [`NOBODY`] of a root.
pub(super) fn caller_of(graph: &Graph<'_>, function: u32) -> u32 {
    graph.into(function).next().map_or(NOBODY, |edge| graph.caller[edge as usize])
}
