//! What of the grown tree gets a box, and what the merged boxes stand for.

use rustc_hash::FxHashSet;

use super::bounds::{Interval, ROUNDING};
use super::expand::Expansion;
use super::graph::Graph;
use crate::profile::FunctionId;
use crate::profile::call_tree::{Certainty, Elsewhere, MERGED, MergedPart, NO_PARENT, NewBox};
use crate::sort;

/// Less than this share of all time needs no merged box.
const NOTHING: f64 = 1e-12;

/// Boxes, and what the merged ones among them hold.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub boxes: Vec<NewBox>,
    pub parts: Vec<MergedPart>,
    pub elsewhere: Vec<Elsewhere>,
}

/// What could have a box: a made one, time of recursive calls, or a callee of which nothing more is known.
#[derive(Debug, Clone, Copy)]
struct Node {
    parent: u32,
    function: FunctionId,
    own: f64,
    seconds: f64,
    calls: f64,
    /// Callees it stands for.
    count: u32,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Box,
    Recursive,
    Omitted,
}

/// Takes the largest, at most `budget` boxes with the merged ones.
pub(super) fn select(
    graph: &Graph<'_>,
    grown: &Expansion,
    intervals: &[Interval],
    budget: usize,
) -> Selection {
    let nodes = nodes(grown, NOTHING * graph.seconds());
    let (mut selection, place) = choose(graph, &nodes, intervals, budget);
    merge(graph, &nodes, intervals, &place, budget, &mut selection);
    selection.elsewhere = elsewhere(graph, &nodes);
    selection
}

/// Boxes first, so that they keep their numbers.
fn nodes(grown: &Expansion, least: f64) -> Vec<Node> {
    let mut nodes: Vec<Node> = (grown.made.iter())
        .map(|made| Node {
            parent: made.parent,
            function: made.function,
            own: 0.0,
            seconds: made.seconds,
            calls: made.calls,
            count: 1,
            kind: Kind::Box,
        })
        .collect();
    for leaf in &grown.leaves {
        let at = leaf.at as usize;
        if leaf.function == nodes[at].function || leaf.seconds <= least {
            nodes[at].own += leaf.seconds;
        } else {
            nodes.push(Node {
                parent: leaf.at,
                function: leaf.function,
                own: leaf.seconds,
                seconds: leaf.seconds,
                calls: leaf.calls,
                count: 1,
                kind: Kind::Recursive,
            });
        }
    }
    nodes.extend(grown.omitted.iter().filter(|omitted| omitted.seconds > 0.0).map(|omitted| Node {
        parent: omitted.parent,
        function: omitted.function,
        own: omitted.own.min(omitted.seconds),
        seconds: omitted.seconds,
        calls: 0.0,
        count: omitted.count,
        kind: Kind::Omitted,
    }));
    nodes
}

/// The boxes but for merged ones, and per node the place of its box.
fn choose(graph: &Graph<'_>, nodes: &[Node], intervals: &[Interval], budget: usize) -> (Selection, Vec<u32>) {
    // On equal times the earlier one: callers come before callees.
    let mut order: Vec<u32> =
        (0..nodes.len() as u32).filter(|&index| nodes[index as usize].kind != Kind::Omitted).collect();
    sort::ids(&mut order, &mut |a, b| {
        nodes[b as usize].seconds.total_cmp(&nodes[a as usize].seconds).then(a.cmp(&b))
    });
    // Per node, and last for the roots: how many nodes in it have no box.
    let mut left_out = vec![0_u32; nodes.len() + 1];
    let above = |node: &Node| (node.parent as usize).min(nodes.len());
    for node in nodes {
        left_out[above(node)] += 1;
    }
    let mut selection = Selection::default();
    let mut place = vec![NO_PARENT; nodes.len()];
    let mut partial = usize::from(left_out[nodes.len()] > 0);
    for index in order {
        let node = &nodes[index as usize];
        let parent = place.get(node.parent as usize).copied();
        if parent == Some(NO_PARENT) {
            continue;
        }
        // One more box, and one more merged box for what is in it; the last one in a box makes up for itself.
        let opens = usize::from(left_out[index as usize] > 0);
        let closes = usize::from(left_out[above(node)] == 1);
        if selection.boxes.len() + 1 + partial + opens > budget + closes {
            break;
        }
        left_out[above(node)] -= 1;
        partial = partial + opens - closes;
        place[index as usize] = selection.boxes.len() as u32;
        selection.boxes.push(own_box(
            graph,
            node,
            intervals.get(index as usize),
            parent.unwrap_or(NO_PARENT),
        ));
    }
    (selection, place)
}

/// A box of one node.
fn own_box(graph: &Graph<'_>, node: &Node, interval: Option<&Interval>, parent: u32) -> NewBox {
    let (low, high) = match (node.kind, interval) {
        // The estimate keeps to the interval but for rounding, and for boxes without one.
        (Kind::Box, Some(interval)) => (interval.low.min(node.seconds), interval.high.max(node.seconds)),
        (Kind::Omitted, _) => (0.0, graph.total[node.function as usize].max(node.seconds)),
        _ => (0.0, graph.flow.function_own[node.function as usize].max(node.seconds)),
    };
    NewBox {
        function: node.function,
        parent,
        recursive: node.kind == Kind::Recursive,
        self_time: node.own,
        calls: node.calls,
        certainty: certainty(graph, (low, high), node.seconds),
        low,
        high,
    }
}

/// Adds a merged box to each box in which something has none; what is alone there has one of its own, since it takes no
/// more room than "(1 more)" would.
fn merge(
    graph: &Graph<'_>,
    nodes: &[Node],
    intervals: &[Interval],
    place: &[u32],
    budget: usize,
    selection: &mut Selection,
) {
    // Per node: the place of the nearest box above it.
    let mut holder = vec![NO_PARENT; nodes.len()];
    let mut hidden: Vec<(u32, u32)> = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let above = node.parent as usize;
        holder[index] = match place.get(above) {
            None => NO_PARENT,
            Some(&NO_PARENT) => holder[above],
            Some(&place) => place,
        };
        if place[index] == NO_PARENT {
            hidden.push((holder[index], index as u32));
        }
    }
    sort::by(&mut hidden, |a, b| {
        let function = |index: u32| nodes[index as usize].function;
        a.0.cmp(&b.0).then(function(a.1).cmp(&function(b.1))).then(a.1.cmp(&b.1))
    });
    let mut alone = Alone::of(&hidden, budget, selection);
    for of_box in hidden.chunk_by(|a, b| a.0 == b.0) {
        if let &[(parent, index)] = of_box
            && alone.has_a_box(&nodes[index as usize], parent, NOTHING * graph.seconds(), selection)
        {
            let node = &nodes[index as usize];
            let own = selection.boxes.len() as u32;
            selection.boxes.push(own_box(graph, node, intervals.get(index as usize), parent));
            let rest = if node.kind == Kind::Omitted { node.seconds - node.own } else { 0.0 };
            if rest > NOTHING * graph.seconds() {
                selection.boxes.push(more(own, rest, 0.0));
            }
            continue;
        }
        let merged = selection.boxes.len() as u32;
        let first = selection.parts.len();
        let (mut seconds, mut count) = (0.0, 0.0);
        for of_function in
            of_box.chunk_by(|a, b| nodes[a.1 as usize].function == nodes[b.1 as usize].function)
        {
            let mut part = MergedPart { merged, function: 0, self_time: 0.0, total_time: 0.0 };
            for &(_, index) in of_function {
                let node = &nodes[index as usize];
                part.function = node.function;
                part.self_time += node.own;
                part.total_time += if node.kind == Kind::Recursive { 0.0 } else { node.seconds };
                seconds += if node.kind == Kind::Omitted { node.seconds } else { node.own };
                count += f64::from(node.count);
            }
            // Of several it is not known how much is whose.
            if part.function != MERGED {
                selection.parts.push(part);
            }
        }
        sort::by(&mut selection.parts[first..], |a, b| {
            let longest = b.self_time.total_cmp(&a.self_time).then(b.total_time.total_cmp(&a.total_time));
            longest.then(a.function.cmp(&b.function))
        });
        selection.boxes.push(more(of_box[0].0, seconds, count));
    }
}

/// A box for `count` others, or what else is in `parent`.
fn more(parent: u32, seconds: f64, count: f64) -> NewBox {
    NewBox {
        function: MERGED,
        parent,
        recursive: false,
        self_time: seconds,
        calls: count,
        certainty: Certainty::Estimated,
        low: 0.0,
        high: seconds,
    }
}

/// Which of those that nothing else is merged with can have a box.
struct Alone {
    /// Boxes that are left of the budget.
    spare: usize,
    /// The boxes there are, by their parents and functions.
    known: FxHashSet<(u32, FunctionId)>,
}

impl Alone {
    fn of(hidden: &[(u32, u32)], budget: usize, selection: &Selection) -> Self {
        let merged = hidden.chunk_by(|a, b| a.0 == b.0).count();
        Self {
            spare: budget.saturating_sub(selection.boxes.len() + merged),
            known: selection.boxes.iter().map(|new| (new.parent, new.function)).collect(),
        }
    }

    /// Whether `node` can, below `parent`. What it called, of which nothing is known, takes another box.
    fn has_a_box(&mut self, node: &Node, parent: u32, least: f64, selection: &Selection) -> bool {
        if node.function == MERGED || node.count != 1 || self.known.contains(&(parent, node.function)) {
            return false;
        }
        if node.kind != Kind::Omitted {
            return true;
        }
        let mut above = parent;
        while let Some(new) = selection.boxes.get(above as usize) {
            if new.function == node.function {
                // Recursive calls, with what they call: that stands beside them.
                return false;
            }
            above = new.parent;
        }
        let opens = usize::from(node.seconds - node.own > least);
        let fits = opens <= self.spare;
        self.spare -= if fits { opens } else { 0 };
        fits
    }
}

fn certainty(graph: &Graph<'_>, (low, high): (f64, f64), estimate: f64) -> Certainty {
    if high - low <= ROUNDING * graph.seconds() {
        Certainty::Exact
    } else if low >= 0.8 * estimate && high <= 1.2 * estimate {
        Certainty::Bounded
    } else {
        Certainty::Estimated
    }
}

/// What is below the omitted: of each function what no node has.
fn elsewhere(graph: &Graph<'_>, nodes: &[Node]) -> Vec<Elsewhere> {
    let mut own = graph.flow.function_own.clone();
    let mut totals = graph.total.clone();
    let mut unknown = 0.0;
    for node in nodes {
        if node.function == MERGED {
            unknown += node.seconds;
            continue;
        }
        own[node.function as usize] -= node.own;
        match node.kind {
            Kind::Recursive => continue,
            Kind::Omitted => unknown += node.seconds - node.own,
            Kind::Box => {}
        }
        totals[node.function as usize] -= node.seconds;
    }
    let sum: f64 = own.iter().map(|seconds| seconds.max(0.0)).sum();
    let scale = if sum > 0.0 { unknown / sum } else { 0.0 };
    let least = NOTHING * graph.seconds();
    if unknown <= least {
        return Vec::new();
    }
    let hidden = own.iter().zip(&totals).enumerate().map(|(function, (own, total))| Elsewhere {
        function: function as FunctionId,
        self_time: own.max(0.0) * scale,
        total_time: total.clamp(0.0, unknown),
    });
    hidden.filter(|hidden| hidden.self_time > least || hidden.total_time > least).collect()
}
