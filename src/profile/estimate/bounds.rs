//! What the file says for certain about each box: the least and the most its time can be.
//!
//! Below a function f that is never called below itself, a callee c gets its box from f's own calls of it, and from
//! nothing else: something between f and c would be on the stack, unless it was there already, and of what was
//! there already only a function r that is called below itself can run again, which would have to call c. Where no
//! such r on the stack has an edge to c, the box has of the edge f→c just what happens on this stack, and Fréchet's
//! bounds hold: of a table of which only the sums are known, a cell is at most the smaller of its two sums, and at
//! least what is left of its column when all other rows are in it. Here rows are the stacks f is on and columns its
//! callees. Everywhere else a box has at most what the one above has, and its function's total.

use rustc_hash::FxHashSet;

use super::certain::Certain;
use super::expand::Made;
use super::graph::Graph;

/// Intervals narrower than this share of all time are single values but for rounding.
pub(super) const ROUNDING: f64 = 1e-9;

/// Least and most seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    /// Least.
    pub low: f64,
    /// Most.
    pub high: f64,
    /// Whether it is the whole time of an edge or a function, so that the calls are known as well.
    pub whole: bool,
}

impl Interval {
    /// Whether it is a single value.
    pub fn is_exact(self, seconds: f64) -> bool {
        self.high - self.low <= ROUNDING * seconds
    }
}

/// Per box.
pub(super) fn bounds(graph: &Graph<'_>, certain: &Certain, made: &[Made]) -> Vec<Interval> {
    let edges = &graph.flow.profile.edges;
    let from_recursive: FxHashSet<(u32, u32)> = (0..edges.len())
        .filter(|&edge| graph.recursive[edges.caller[edge] as usize])
        .map(|edge| (edges.caller[edge], edges.callee[edge]))
        .collect();
    let mut result: Vec<Interval> = Vec::with_capacity(made.len());
    // Per box: the edge it was entered by, where it was by one only.
    let mut entered: Vec<Option<usize>> = Vec::with_capacity(made.len());
    for (index, here) in made.iter().enumerate() {
        let total = graph.total[here.function as usize];
        let parent = made.get(here.parent as usize);
        let above = parent.map_or(here.function, |parent| parent.function);
        let is_certain = certain.has(here.function)
            && certain.above[here.function as usize] == above
            && certain.is_at(here.function, stack(made, index));
        let direct = parent.and_then(|above| {
            let edge = edges.into(here.function).find(|&edge| edges.caller[edge] == above.function)?;
            let is_only = !graph.contradicts()
                && !graph.recursive[above.function as usize]
                && !is_called_again(graph, made, index, &from_recursive);
            is_only.then_some(edge)
        });
        entered.push(direct);
        let Some(above) = parent.filter(|_| !is_certain) else {
            let high = if parent.is_none() { graph.seconds() } else { total };
            result.push(if is_certain { exactly(total) } else { Interval { low: 0.0, high, whole: false } });
            continue;
        };
        let outer = result[here.parent as usize];
        let most = outer.high.min(total);
        let Some(edge) = direct else {
            result.push(Interval { low: 0.0, high: most, whole: false });
            continue;
        };
        let column = graph.outermost[edge];
        // What is below the function above, on all stacks, and on this one.
        let below = graph.total[above.function as usize] - graph.flow.function_own[above.function as usize];
        if outer.low >= graph.total[above.function as usize] - ROUNDING * graph.seconds() {
            result.push(exactly(column.min(most)));
            continue;
        }
        let (own, here_below) = match entered[here.parent as usize] {
            Some(edge) => (graph.own[edge], graph.outermost[edge] - graph.own[edge]),
            None => (graph.flow.function_own[above.function as usize], below),
        };
        let least = (outer.low - own).max(0.0);
        let high = column.min(outer.high.min(here_below)).min(most).max(0.0);
        let low = (column - (below - least).max(0.0)).clamp(0.0, high);
        result.push(Interval { low, high, whole: false });
    }
    // What boxes have at least, those around them have.
    let mut below = vec![0.0_f64; made.len()];
    for index in (0..made.len()).rev() {
        result[index].low = result[index].low.max(below[index].min(result[index].high));
        if let Some(below) = below.get_mut(made[index].parent as usize) {
            *below += result[index].low;
        }
    }
    result
}

/// In a file that contradicts itself, what is proven is so but for what that is.
pub(super) fn widen(graph: &Graph<'_>, intervals: &mut [Interval]) {
    if graph.contradicts() {
        let by = 2.0 * graph.flow.contradiction;
        for interval in intervals {
            interval.low = (interval.low - by).max(0.0);
            interval.high += by;
        }
    }
}

/// The functions of a box and those around it, from it outwards.
fn stack(made: &[Made], index: usize) -> impl Iterator<Item = u32> + '_ {
    let around = |here: &&Made| made.get(here.parent as usize);
    std::iter::successors(made.get(index), around).map(|here| here.function)
}

fn exactly(seconds: f64) -> Interval {
    Interval { low: seconds, high: seconds, whole: true }
}

/// Whether a function above that is called below itself calls the function of a box.
fn is_called_again(graph: &Graph<'_>, made: &[Made], index: usize, edges: &FxHashSet<(u32, u32)>) -> bool {
    let callee = made[index].function;
    let mut at = made[index].parent;
    while let Some(above) = made.get(at as usize) {
        if graph.recursive[above.function as usize] && edges.contains(&(above.function, callee)) {
            return true;
        }
        at = above.parent;
    }
    false
}
