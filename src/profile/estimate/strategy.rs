//! Which way of sharing out time fits a file best.
//!
//! The file leaves open what stands above what where functions call each other, and where functions that were called
//! once hang. No single guess is right for chains of middleware and for visitors of trees. But a wrong one shows: over
//! the tree that it makes, functions do not have the totals that the file has. So small trees are made first, one for
//! each guess in turn, and the large one by the guesses that miss the totals least.

use super::certain::Certain;
use super::expand::{Expansion, Grower};
use super::graph::Graph;
use super::once::{Assignment, Once, Reach};
use super::pools::Nesting;
use super::rake::misfit;

/// Boxes of the small trees, and where each takes long.
const TRIAL: usize = 1_000;
const TRIAL_OF_MANY: usize = 200;

/// In a graph of very many edges, items of less than this share of all time together are not worth a guess.
const FEW: f64 = 0.1;
pub(super) const MANY: usize = 100_000;

/// Misfit with functions that were called once spread, by that without, from which on they are.
const SPREAD: f64 = 0.5;

/// Misfits below this share of all time are rounding.
const MISSED: f64 = 1e-6;

/// Functions that were called once by others that were called more often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Single {
    /// Each has one box.
    #[default]
    All,
    /// One for which there is no room, where no cycle could lead to some, is a function like others.
    WithRoom,
    /// Only those of which the file proves where they are; all others are functions like others.
    Proven,
}

/// How time is shared out where the file leaves it open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Strategy {
    /// What is above what in cycles.
    pub nesting: Nesting,
    /// Whether items are below the longest function that leads to them and back.
    pub items_in_chains: bool,
    /// Whether items go by numbers of calls as other time does.
    pub items_matched: bool,
    /// Which functions that were called once have one box.
    pub single: Single,
    /// How items get their ways.
    pub assignment: Assignment,
}

/// The tree by the strategy that fits best, of `budget` boxes, or of so many that all is known that can be.
pub(super) fn best(graph: &Graph<'_>, certain: &Certain, budget: usize) -> Expansion {
    let mut search = Search::new(graph, certain);
    let start = Strategy::default();
    if search.is_open() {
        search.attempt(start);
        search.nestings();
        if search.has_items() {
            for items_in_chains in [true, false] {
                search.attempt(Strategy { items_in_chains, ..search.best });
            }
            for items_matched in [true, false] {
                search.attempt(Strategy { items_matched, ..search.best });
            }
            search.spread();
            for assignment in [Assignment::Once, Assignment::Modules] {
                search.attempt(Strategy { assignment, ..search.best });
            }
            search.nestings();
        }
    }
    let best = search.best;
    // Of a few boxes what is in them is known no worse.
    search.grow(best, budget.max(TRIAL))
}

struct Search<'a> {
    graph: &'a Graph<'a>,
    certain: &'a Certain,
    reach: Reach,
    /// By assignment, each made when it is first asked for.
    once: [Option<Once>; 2],
    tried: Vec<Strategy>,
    best: Strategy,
    misfit: f64,
    /// Whether it made a difference what is above what.
    nested: bool,
}

impl<'a> Search<'a> {
    fn new(graph: &'a Graph<'a>, certain: &'a Certain) -> Self {
        Self {
            graph,
            certain,
            reach: Reach::new(graph),
            once: [None, None],
            tried: Vec::new(),
            best: Strategy::default(),
            misfit: f64::INFINITY,
            nested: false,
        }
    }

    /// Whether the file leaves anything open that strategies differ in.
    fn is_open(&mut self) -> bool {
        let cycles = self.graph.flow.components.len() < self.graph.functions();
        cycles || self.has_items()
    }

    fn has_items(&mut self) -> bool {
        let total = &self.graph.total;
        let least = if self.graph.edges() < MANY { 0.0 } else { FEW * self.graph.seconds() };
        let ways = &self.once(self.best.assignment).ways;
        ways.iter().map(|&(_, item)| total[item as usize]).sum::<f64>() > least
    }

    fn once(&mut self, assignment: Assignment) -> &Once {
        let Self { graph, certain, reach, once, .. } = self;
        once[assignment as usize].get_or_insert_with(|| Once::of(graph, reach, certain, assignment))
    }

    fn grow(&mut self, strategy: Strategy, budget: usize) -> Expansion {
        let once = self.once(strategy.assignment);
        let only_proven = (strategy.single == Single::Proven).then(|| once.only_proven());
        let once = only_proven.as_ref().or(self.once[strategy.assignment as usize].as_ref());
        match once {
            Some(once) => Grower::grow(self.graph, once, &mut self.reach, strategy, budget),
            None => Expansion::default(),
        }
    }

    fn nestings(&mut self) {
        if !self.nested {
            return;
        }
        let before = self.misfit;
        let apart = self.attempt(Strategy { nesting: Nesting::Apart, ..self.best });
        // If it makes no difference, the third does not either.
        if apart != Some(before) {
            self.attempt(Strategy { nesting: Nesting::Between, ..self.best });
            self.attempt(Strategy { nesting: Nesting::Longest, ..self.best });
        }
    }

    /// That functions called once have several boxes must make very much fit.
    fn spread(&mut self) {
        let before = (self.best, self.misfit);
        self.attempt(Strategy { single: Single::WithRoom, ..self.best });
        // Without cycles and them all edges come out, so nothing need be missed.
        if !self.graph.has_cycles() && self.misfit > MISSED * self.graph.seconds() {
            self.attempt(Strategy { single: Single::Proven, ..self.best });
        }
        if self.misfit > SPREAD * before.1 {
            (self.best, self.misfit) = before;
        }
    }

    /// How badly the strategy fits, if it had not been tried.
    fn attempt(&mut self, strategy: Strategy) -> Option<f64> {
        if self.tried.contains(&strategy) {
            return None;
        }
        self.tried.push(strategy);
        let boxes = if self.graph.edges() < MANY { TRIAL } else { TRIAL_OF_MANY };
        let mut grown = self.grow(strategy, boxes);
        self.nested |= grown.nested;
        let misfit = misfit(self.graph, &mut grown);
        if misfit < self.misfit {
            (self.best, self.misfit) = (strategy, misfit);
        }
        Some(misfit)
    }
}
