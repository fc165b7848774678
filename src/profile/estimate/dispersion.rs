//! Which caller's time goes to which callee, for a function with several of each.
//!
//! The file gives how much time comes from each caller and how much goes to each callee, not the
//! table between. In proportion (the maximum-entropy table) a slow caller would be slow in
//! everything. But a call lasts longer than its like because something *variable* below it did: a
//! cache that missed, a query that ran; not because `isinstance` was called more slowly. So each
//! function gets a dispersion, and callers whose calls last longer than usual get more of the
//! callees that vary.
//!
//! Numbers of calls say something as well: where one caller called 401 times, and one callee was
//! called 401 times, most likely that caller's calls called it, and the others did not (decorators
//! of one name, dispatchers).

use super::conservation::Flow;
use crate::profile::FunctionId;

/// Tables with more cells than this are left in proportion.
const CELLS: usize = 20_000;

/// Fewer calls than this are equally many by accident.
const FEW: f64 = 3.0;

/// How much more likely equal numbers of calls make it that a callee is a caller's. Values from 30 to
/// 100 score alike.
const MATCH: f64 = 50.0;

/// Mean depth of recursion beyond which time is not split by how long calls lasted: visitors of trees
/// score worse with it, from 3 on.
const DEEP: f64 = 3.0;

/// Rounds of fitting a table.
const ROUNDS: usize = 100;

/// Per function: what is known about how long its calls last.
#[derive(Debug)]
pub(super) struct Durations {
    /// Mean, seconds.
    mean: Vec<f64>,
    /// E\[T²\]/E\[T\], seconds, when own times are exponential and callees are called a
    /// Poisson number of times.
    dispersion: Vec<f64>,
}

impl Durations {
    /// Of all functions, callees first.
    pub fn of(flow: &Flow<'_>) -> Self {
        let count = flow.function_own.len();
        let mut result = Self { mean: vec![0.0; count], dispersion: vec![0.0; count] };
        for component in 0..flow.components.len() as u32 {
            let members = flow.components.members(component);
            for &member in members {
                let here = member as usize;
                let mean = (flow.flow[here] + flow.function_own[here]) / flow.function_calls[here].max(1.0);
                result.mean[here] = mean;
                result.dispersion[here] = mean;
            }
            // A member's dispersion depends on the others': a fixed point, near enough after a few.
            let rounds = if members.len() > 1 { 20 } else { 1 };
            for _ in 0..rounds {
                for &member in members {
                    result.dispersion[member as usize] = result.step(flow, component, member);
                }
            }
        }
        result
    }

    fn step(&self, flow: &Flow<'_>, component: u32, function: FunctionId) -> f64 {
        let here = function as usize;
        let mean = self.mean[here];
        if mean <= 0.0 {
            return 0.0;
        }
        let calls = flow.function_calls[here].max(1.0);
        let edges = &flow.profile.edges;
        let mut variance = (flow.function_own[here] / calls).powi(2);
        for &edge in edges.out_of(function) {
            let callee = edges.callee[edge as usize];
            let spread = if flow.components.component[callee as usize] == component {
                self.dispersion[callee as usize]
            } else {
                self.of_edge(flow, edge as usize)
            };
            variance += flow.inclusive(edge as usize) * spread / calls;
        }
        mean + variance / mean
    }

    /// Dispersion of the calls over one edge: the callee's, scaled to their mean.
    fn of_edge(&self, flow: &Flow<'_>, edge: usize) -> f64 {
        let callee = flow.profile.edges.callee[edge] as usize;
        if self.mean[callee] > 0.0 && flow.calls[edge] > 0.0 {
            self.dispersion[callee] * (flow.inclusive(edge) / flow.calls[edge]) / self.mean[callee]
        } else {
            0.0
        }
    }
}

/// Per caller and callee of one function: how many times its share in proportion a callee gets.
#[derive(Debug, Default)]
pub(super) struct Affinities {
    /// Incoming edges, ascending; roots after them as [`ROOT`].
    rows: Vec<u32>,
    columns: usize,
    /// By row, then by place in `out_of`. Empty if everything is in proportion.
    factors: Vec<f64>,
}

/// Stands for the calls nobody made, where an incoming edge is asked for.
pub(super) const ROOT: u32 = u32::MAX;

/// A way into the function.
struct Row {
    /// The edge, or [`ROOT`].
    edge: u32,
    calls: f64,
    /// Below it.
    seconds: f64,
}

/// A callee of the function.
struct Item {
    /// In `out_of`.
    place: usize,
    calls: f64,
    seconds: f64,
    dispersion: f64,
}

impl Affinities {
    /// How many factors there are; none if everything is in proportion.
    pub fn len(&self) -> usize {
        self.factors.len()
    }

    /// The factors for time that came in over `row`, by place in `out_of`; empty if they are all 1.
    pub fn row(&self, row: u32) -> &[f64] {
        match self.rows.binary_search(&row) {
            Ok(found) => self.factors.get(found * self.columns..(found + 1) * self.columns).unwrap_or(&[]),
            Err(_) => &[],
        }
    }

    /// The factor for time that came in over `row` and goes out over the callee at `place`.
    pub fn factor(&self, row: u32, place: usize) -> f64 {
        match self.rows.binary_search(&row) {
            Ok(found) => self.factors.get(found * self.columns + place).copied().unwrap_or(1.0),
            Err(_) => 1.0,
        }
    }

    /// Of a function.
    pub fn of(flow: &Flow<'_>, durations: &Durations, function: FunctionId) -> Self {
        let edges = &flow.profile.edges;
        let mut rows: Vec<Row> = edges
            .into(function)
            .filter(|&edge| flow.below[edge] > 0.0)
            .map(|edge| Row { edge: edge as u32, calls: flow.calls[edge], seconds: flow.below[edge] })
            .collect();
        if let Ok(root) =
            flow.roots.binary_search_by_key(&order(flow, function), |root| order(flow, root.function))
            && flow.roots[root].below > 0.0
        {
            let root = &flow.roots[root];
            rows.push(Row { edge: ROOT, calls: root.calls, seconds: root.below });
        }
        let columns = edges.out_of(function);
        let mut items: Vec<Item> = columns
            .iter()
            .enumerate()
            .map(|(place, &edge)| Item {
                place,
                calls: flow.calls[edge as usize],
                seconds: flow.inclusive(edge as usize),
                dispersion: durations.of_edge(flow, edge as usize),
            })
            .filter(|item| item.seconds > 0.0)
            .collect();
        if rows.len() < 2 || items.len() < 2 || rows.len() * items.len() > CELLS {
            return Self::default();
        }
        let matches = matches(&rows, &items);
        if is_deep(flow, function) {
            // How long its calls lasted is inferred: too little to go by.
            rows.iter_mut().for_each(|row| row.calls = row.seconds);
            items.iter_mut().for_each(|item| item.dispersion = 1.0);
        }
        let table = fit(&rows, &items, &matches);
        let below: f64 = items.iter().map(|item| item.seconds).sum();
        let mut factors = vec![1.0; rows.len() * columns.len()];
        for (row, cells) in table.chunks(items.len()).enumerate() {
            for (item, &cell) in items.iter().zip(cells) {
                let proportional = rows[row].seconds * item.seconds / below;
                factors[row * columns.len() + item.place] = cell / proportional;
            }
        }
        Self { rows: rows.iter().map(|row| row.edge).collect(), columns: columns.len(), factors }
    }
}

/// Roots come in the order of components, then of members: a key to search them by.
fn order(flow: &Flow<'_>, function: FunctionId) -> (u32, u32) {
    (flow.components.component[function as usize], flow.components.position[function as usize])
}

/// Whether a function is on the stack more than [`DEEP`] times at once, on average over its time.
fn is_deep(flow: &Flow<'_>, function: FunctionId) -> bool {
    let index = function as usize;
    let all = flow.flow[index] + flow.function_own[index];
    all > DEEP * flow.profile.functions.total_time[index]
}

/// The table with the margins of `rows` and `items`, by rows.
fn fit(rows: &[Row], items: &[Item], matches: &[f64]) -> Vec<f64> {
    let width = items.len();
    let seconds: f64 = items.iter().map(|item| item.seconds).sum();
    let below: f64 = rows.iter().map(|row| row.seconds).sum();
    let calls: f64 = rows.iter().map(|row| row.calls).sum();
    let calls = if calls > 0.0 { calls } else { 1.0 };
    let largest = items.iter().map(|item| item.dispersion).fold(0.0, f64::max);
    let scales: Vec<f64> = items
        .iter()
        .map(|item| if largest > 0.0 { (item.dispersion / largest).max(1e-9) } else { 1.0 })
        .collect();
    let wanted: Vec<f64> = items.iter().map(|item| item.seconds / seconds * below).collect();
    let mut weights = vec![1.0; width];
    let mut table = vec![0.0; rows.len() * width];
    let mut guess = vec![0.0; width];
    // Tilt the rows, scale the columns.
    for _ in 0..ROUNDS {
        for ((row, cells), matches) in rows.iter().zip(table.chunks_mut(width)).zip(matches.chunks(width)) {
            for (column, guess) in guess.iter_mut().enumerate() {
                *guess = wanted[column] * weights[column] * matches[column] * row.calls / calls;
            }
            tilt(&guess, &scales, row.seconds, cells);
        }
        let steps = missing(&table, &wanted);
        let error = steps.iter().map(|step| (step - 1.0).abs()).fold(0.0, f64::max);
        for (weight, step) in weights.iter_mut().zip(&steps) {
            *weight *= step;
        }
        if error < 1e-9 {
            break;
        }
    }
    // What is left of the error: plain proportional fitting.
    for _ in 0..ROUNDS {
        let steps = missing(&table, &wanted);
        if steps.iter().all(|step| (step - 1.0).abs() < 1e-10) {
            break;
        }
        for (row, cells) in rows.iter().zip(table.chunks_mut(width)) {
            for (cell, step) in cells.iter_mut().zip(&steps) {
                *cell *= step;
            }
            scale_to(cells, row.seconds);
        }
    }
    table
}

/// Per column: what to multiply it by.
fn missing(table: &[f64], wanted: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; wanted.len()];
    for cells in table.chunks(wanted.len()) {
        for (sum, cell) in sums.iter_mut().zip(cells) {
            *sum += cell;
        }
    }
    wanted.iter().zip(&sums).map(|(wanted, sum)| if *sum > 0.0 { wanted / sum } else { 1.0 }).collect()
}

fn scale_to(cells: &mut [f64], total: f64) {
    let sum: f64 = cells.iter().sum();
    if sum > 0.0 {
        cells.iter_mut().for_each(|cell| *cell *= total / sum);
    } else {
        let each = total / cells.len().max(1) as f64;
        cells.fill(each);
    }
}

/// Gamma variables with means `guess` and scales `scales`, given that they sum to `total`, have
/// their mode at guess / (1 + θ scale). Newton for θ, from the side where it is monotone.
fn tilt(guess: &[f64], scales: &[f64], total: f64, cells: &mut [f64]) {
    let start = guess
        .iter()
        .zip(scales)
        .map(|(guess, scale)| (guess / total - 1.0) / scale)
        .fold(f64::NEG_INFINITY, f64::max);
    let mut theta = start.max(1e-12 - 1.0);
    for _ in 0..40 {
        let (mut sum, mut slope) = (0.0, 0.0);
        for (guess, scale) in guess.iter().zip(scales) {
            let factor = 1.0 / (1.0 + theta * scale);
            sum += guess * factor;
            slope += guess * scale * factor * factor;
        }
        if sum - total < 1e-10 * total || slope <= 0.0 {
            break;
        }
        theta += (sum - total) / slope;
    }
    for ((cell, guess), scale) in cells.iter_mut().zip(guess).zip(scales) {
        *cell = guess / (1.0 + theta * scale);
    }
    scale_to(cells, total);
}

/// A callee that was called exactly as often as one of the callers called is likely to be that
/// caller's: by row and column, how many times as likely as in proportion.
fn matches(rows: &[Row], items: &[Item]) -> Vec<f64> {
    let width = items.len();
    let mut matches = vec![1.0; rows.len() * width];
    for (column, item) in items.iter().enumerate() {
        let mut same = rows.iter().enumerate().filter(|(_, row)| row.calls == item.calls).map(|(row, _)| row);
        // Of two that called equally often, it cannot be said which.
        if let (Some(found), None) = (same.next(), same.next())
            && item.calls >= FEW
        {
            for row in 0..rows.len() {
                matches[row * width + column] = if row == found { MATCH } else { 1.0 / MATCH };
            }
        }
    }
    matches
}
