//! A call tree out of a call graph.
//!
//! pstats keeps functions and caller→callee edges, no stacks. This module estimates the stacks, such
//! that every number the file determines comes out again, and says of each box how far the file
//! determines it. `docs/call-trees.md` has the reasoning at length, what was tried, and how it
//! scores beside other viewers; in short:
//!
//! 1. **Conservation** (`conservation`). A function's calls less those of its incoming edges are
//!    roots, exactly; there may be several. Time that comes into a function goes out of it. Where a
//!    file contradicts itself, the smaller number is believed and the rest begins at a root of its
//!    own, so that no time is lost or invented.
//! 2. **Cycles** ([`super::components`], `balance`). Edges that are nested in themselves have their time
//!    written for outermost activations only; what they last in all is inferred from the balance.
//! 3. **What is certain** (`certain`, `bounds`). Some functions have one box whose place and time the file
//!    proves; others at least bounds.
//! 4. **Functions called once** (`once`). Each has one box of exactly its total; which way it hangs is an
//!    assignment: who imported whom.
//! 5. **Expansion** (`expand`, `pools`, `kin`). The heaviest boxes first. A frame is left out only if its
//!    function is on the stack above it. Each edge gives its outermost time once.
//! 6. **Strategies** (`strategy`). Where the file leaves open what is above what, several guesses make
//!    small trees; the one that misses the functions' totals least makes the large one.
//! 7. **Fitting** (`rake`, `fit`, `cap`). Boxes add up to total times, leaves to self times, as near to the guess as can be.
//! 8. **Selection** (`select`, `calls`). The largest have boxes, until the budget is used; the rest goes to
//!    [`MERGED`](super::call_tree::MERGED) boxes, which keep their functions' times.

mod balance;
mod bounds;
mod calls;
mod cap;
mod certain;
mod conservation;
mod expand;
mod fit;
mod graph;
mod kin;
mod margins;
mod once;
mod pools;
mod rake;
mod scaling;
mod select;
mod strategy;

use super::Profile;
use super::call_tree::{CallTree, NO_PARENT};
use super::repair::repaired;
use certain::Certain;
use conservation::Flow;
use graph::Graph;

/// Estimates the call tree of `profile` in at most `budget` boxes (at least one). Times that are
/// negative or no numbers count as zero.
pub fn estimate(profile: &Profile, budget: usize) -> CallTree {
    let budget = budget.clamp(1, NO_PARENT as usize);
    let repair = repaired(profile);
    let profile = repair.as_ref().map_or(profile, |repair| &repair.profile);
    let mut flow = Flow::of(profile);
    flow.contradiction += repair.as_ref().map_or(0.0, |repair| repair.lost.doubt);
    if flow.total <= 0.0 {
        return CallTree { estimated: true, ..CallTree::default() };
    }
    let graph = Graph::of(&flow);
    let certain = Certain::of(&graph);
    let mut grown = strategy::best(&graph, &certain, budget);
    let mut intervals = bounds::bounds(&graph, &certain, &grown.made);
    rake::rake(&graph, &intervals, &mut grown);
    bounds::widen(&graph, &mut intervals);
    let mut selection = select::select(&graph, &grown, &intervals, budget);
    calls::count(profile, &mut selection.boxes);
    let mut tree = CallTree::with_merged(true, &selection.boxes, &selection.parts, selection.elsewhere);
    tree.contradiction = flow.contradiction_share();
    tree
}
